"""Contacts that may be one, made one, and two again, over the socket and on the command line."""

import json

import pytest

from daemon import Daemon, RpcError


@pytest.fixture
def alone(place):
    """A daemon without sources."""
    with Daemon(place / "liaison") as running:
        yield running


def add(daemon, name, **fields):
    return daemon.call("contact.add", {"name": name, **fields})


def pairs(daemon, *words, **members):
    return [(item["no"], item["other"], item["score"]) for item in daemon.all("contact.duplicates", *words, **members)]


def refused(daemon, method, params, name, **members):
    with pytest.raises(RpcError) as caught:
        daemon.call(method, params, **members)
    assert caught.value.name == name, caught.value.error
    return caught.value


def test_adding_and_editing_tell_what_may_be_the_same(alone):
    first = add(alone, "Jiří Dvořák", phone="+420 222 333 444", city="Praha")
    assert "duplicates" not in first
    second = add(alone, "Jiri Dvorak", phone="00420 222 333 444")
    assert [(d["no"], d["name"]) for d in second["duplicates"]] == [("C00001", "Jiří Dvořák")]
    assert second["duplicates"][0]["score"] >= 60
    assert second["duplicates"][0]["reasons"] == ["name", "phone"]
    other = add(alone, "Grace Hopper")
    assert "duplicates" not in other
    edited = alone.call("contact.edit", {"contact": "C00003", "name": "Jiří Dvořák"})
    assert [d["no"] for d in edited["duplicates"]] == ["C00002", "C00001"] or \
        [d["no"] for d in edited["duplicates"]] == ["C00001", "C00002"]
    assert "duplicates" not in alone.call("contact.show", {"contact": "C00003"})
    alone.call("setup.set", {"key": "duplicate-search", "value": "false"})
    assert "duplicates" not in add(alone, "Jiří Dvořák")
    assert len(pairs(alone)) == 6


def test_pairs_are_a_list(alone):
    for name in ("Ada Lovelace", "Lovelace, Ada", "Grace Hopper", "Grace Hopper", "Alan Turing"):
        add(alone, name)
    client = alone.client()
    number = client.send("contact.duplicates", {})
    answer = client.answer(number)
    assert answer["next"] is None
    assert sorted((i["no"], i["other"]) for i in answer["items"]) == [("C00001", "C00002"), ("C00003", "C00004")]
    assert pairs(alone, contact="C00002") == [("C00002", "C00001", answer["items"][0]["score"])]
    assert pairs(alone, contact="Alan") == []
    assert len(pairs(alone, where="score >= 60 and reason = name")) == 2
    assert pairs(alone, where="score > 99") == []
    assert [p[0] for p in pairs(alone, sort="-no")] == ["C00003", "C00001"]
    page = alone.call("contact.duplicates", {"limit": 1, "count": True})
    assert page["count"] == 2 and page["next"] is not None
    rest = alone.call("contact.duplicates", {"limit": 1, "after": page["next"]})
    assert rest["items"][0]["no"] != page["items"][0]["no"] and rest["next"] is None
    refused(alone, "contact.duplicates", {"contact": "Nobody"}, "not-found")
    refused(alone, "contact.duplicates", {"where": "nonsense = 1"}, "usage")


def test_what_was_separated_stays_so(alone):
    add(alone, "Ada Lovelace")
    add(alone, "Ada Lovelace")
    assert len(pairs(alone)) == 1
    answer = alone.call("contact.separate", {"contact": "C00001", "other": "C00002"})
    assert answer["separate"] is True
    assert pairs(alone) == []
    alone.call("setup.set", {"key": "duplicate-strings", "value": "name:first:3"})
    assert pairs(alone) == []
    assert pairs(alone, contact="C00001") == []
    alone.call("contact.separate", {"contact": "C00001", "other": "C00002", "withdraw": True})
    assert len(pairs(alone)) == 1


def test_a_search_over_many_tells_how_far_it_is(alone):
    client = alone.client()
    for hundred in range(20):  # more than one turn compares
        numbers = range(hundred * 100, hundred * 100 + 100)
        sent = [client.send("contact.add", {"name": f"Contact {chr(97 + i % 26)}{i} Number{i}"}) for i in numbers]
        for one in sent:
            client.answer(one)
    client.call("setup.set", {"key": "duplicate-hit", "value": "80"})
    client.answer(client.send("contact.duplicates", {"limit": 1}))
    told = [message["params"] for message in client.pending if message.get("method") == "progress"]
    assert told and all(t["unit"] == "contacts" and 0 <= t["done"] <= t["total"] for t in told)


def test_a_merge_must_be_confirmed_and_shows_in_what_the_two_differ(alone):
    add(alone, "Ada Lovelace", email=["ada@x.example"], city="London", phone="111111")
    add(alone, "A. Lovelace", email=["ada@y.example"], city="Paris")
    alone.call("contact.note", {"contact": "C00001", "note": "remember"})
    error = refused(alone, "contact.merge", {"contact": "C00001", "into": "C00002"}, "refused")
    counts = error.data["counts"]
    assert [(c["field"], c["into"], c["merged"], c["taken"]) for c in counts["conflicts"]] == [
        ("name", "A. Lovelace", "Ada Lovelace", False), ("city", "Paris", "London", False)]
    assert {(p["part"], p["moved"]) for p in counts["parts"]} >= {("emails", 1), ("notes", 1)}
    assert len(alone.all("contact.list")) == 2
    dry = alone.call("contact.merge", {"contact": "C00001", "into": "C00002", "take": ["city"]}, dry_run=True)
    assert dry["city"] == "London" and dry["filled"]["phone"] == "111111"
    assert len(alone.all("contact.list")) == 2
    merged = alone.call("contact.merge", {"contact": "C00001", "into": "C00002", "take": ["name"]}, yes=True)
    assert (merged["no"], merged["name"], merged["city"], merged["phone"]) == (
        "C00002", "Ada Lovelace", "Paris", "111111")
    assert [e["email"] for e in merged["emails"]] == ["ada@y.example", "ada@x.example"]
    assert [c["no"] for c in alone.all("contact.list")] == ["C00002"]
    assert [n["note"] for n in alone.all("contact.note.list", contact="C00002")] == ["remember"]
    assert alone.call("system.check")["ok"]


def test_the_number_of_a_merged_contact_is_the_others(alone):
    add(alone, "Ada Lovelace")
    add(alone, "Bob Byte")
    alone.call("contact.merge", {"contact": "C00001", "into": "C00002"}, yes=True)
    assert alone.call("contact.show", {"contact": "C00001"})["no"] == "C00002"
    error = refused(alone, "contact.remove", {"contact": "C00001"}, "not-found", yes=True)
    assert error.message == "'C00001' was merged into 'C00002'"
    refused(alone, "contact.merge", {"contact": "C00001", "into": "C00002"}, "not-found", yes=True)
    refused(alone, "contact.add", {"name": "Eve", "no": "C00001"}, "conflict")
    refused(alone, "contact.unmerge", {"merge": "C00002"}, "not-found")
    back = alone.call("contact.unmerge", {"merge": "C00001"})
    assert (back["no"], back["into"]) == ("C00001", "C00002")
    assert [c["no"] for c in alone.all("contact.list")] == ["C00001", "C00002"]
    assert alone.call("contact.show", {"contact": "C00001"})["name"] == "Ada Lovelace"
    assert alone.call("system.check")["ok"]


def test_only_a_number_or_a_whole_address_is_merged(alone):
    add(alone, "Ada Lovelace", email=["ada@x.example"])
    add(alone, "Bob Byte")
    refused(alone, "contact.merge", {"contact": "Ada Lovelace", "into": "C00002"}, "not-found", yes=True)
    refused(alone, "contact.merge", {"contact": "C00002", "into": "Ada"}, "not-found", yes=True)
    merged = alone.call("contact.merge", {"contact": "C00002", "into": "ada@x.example"}, yes=True)
    assert (merged["no"], merged["merged"]) == ("C00001", "C00002")


def test_words_do_it_too(alone):
    add(alone, "Ada Lovelace", city="Rome")
    add(alone, "Ada Lovelace", city="Oslo")
    plain = alone.liaison("contact", "merge", "C00001", "C00002", check=False)
    assert plain.returncode == 6 and "must be confirmed" in plain.stderr
    alone.liaison("--yes", "contact", "merge", "C00001", "C00002", "--take", "city")
    shown = json.loads(alone.liaison("--json", "contact", "show", "C00002").stdout)
    assert shown["city"] == "Rome"
    alone.liaison("contact", "unmerge", "C00001")
    assert json.loads(alone.liaison("--json", "contact", "show", "C00002").stdout)["city"] == "Oslo"
    out = alone.liaison("contact", "duplicates").stdout
    assert "C00001" in out and "C00002" in out
