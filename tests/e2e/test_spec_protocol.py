"""The control protocol as the specification names it."""

import base64
import grp
import json
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from daemon import Client, Daemon, RpcError

VIEWS = {"table", "bars", "funnel", "heat"}
ASK = """
import json, socket, sys
s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); f = s.makefile("rw")
for line in sys.argv[2:]:
    f.write(line + "\\n"); f.flush(); print(f.readline(), end="")
"""


@pytest.fixture(scope="module")
def daemon():
    directory = Path(tempfile.mkdtemp(prefix="liaison-spec-"))
    os.chmod(directory, 0o755)
    with Daemon(directory / "liaison") as running:
        running.call("contact.add", {"name": "Ada Lovelace", "email": ["ada@x.example"], "no": "ADA"})
        yield running
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def client(daemon):
    with daemon.client() as running:
        yield running


def fails(client, name, method, params=None, **members):
    with pytest.raises(RpcError) as caught:
        client.call(method, params, **members)
    assert caught.value.name == name, caught.value.error
    message = caught.value.message
    assert not message.endswith(".") and "\n" not in message and (not message[0].isalpha() or message[0].islower())
    return caught.value


def test_discover_is_the_whole_table(client):
    document = client.call("rpc.discover")
    assert document["openrpc"] and document["info"]["title"]
    methods = {method["name"]: method for method in document["methods"]}
    for noun, verbs in {
        "system": "status health version stats backup check reload audit",
        "source": "list show check sync pause resume folders rename retire remove",
        "backfill": "list start pause resume",
        "capture": "list show explain verify retry rematch",
        "contact": "add show list find edit remove timeline note email.add email.remove email.list",
        "interaction": "add show list search", "series": "add line show list next", "setup": "show set",
    }.items():
        for verb in verbs.split():
            assert f"{noun}.{verb}" in methods
    assert {"watch", "help", "status", "log", "find", "search", "sync"} <= set(methods)
    for name, method in methods.items():
        assert method["summary"] and method["x-access"] in ("reads", "writes", "privacy", "admin"), name
        assert isinstance(method["x-confirm"], bool) and method["x-view"] in VIEWS, name
        assert "x-key" in method and isinstance(method["x-columns"], list), name
        for param in method["params"]:
            assert param["name"] == param["name"].lower() and param["summary"] and param["schema"]["type"], name
            assert all(isinstance(param[key], bool) for key in ("required", "x-positional", "x-repeats")), name
            assert not param["required"] or param["x-positional"], (name, param)
    assert methods["contact.remove"]["x-confirm"] and methods["source.remove"]["x-confirm"]
    kinds = {p["name"]: p["schema"] for p in methods["contact.add"]["params"]}
    assert kinds["type"]["enum"] == ["person", "company"]
    assert {p["name"]: p["schema"].get("default") for p in methods["contact.list"]["params"]}["limit"] == 100


def test_names_words_and_run_are_one(client):
    by_name = client.call("contact.add", {"name": "Bo", "email": ["b1@x.example", "b2@x.example"], "excluded": True},
                          dry_run=True)
    words = ["Bo", "--email", "b1@x.example", "--email", "b2@x.example", "--excluded"]
    assert client.call("contact.add", words, dry_run=True)["emails"] == by_name["emails"]
    assert client.run("contact", "add", *words, dry_run=True)["excluded"] is True
    assert client.run("contact", "add", "--name=Bo", "--no-excluded", dry_run=True)["excluded"] is False
    assert client.run("contact", "add", "--", "--Bo", dry_run=True)["name"] == "--Bo"
    assert client.run("contact", "email", "add", "ADA", "a2@x.example", dry_run=True)["no"] == "ADA"
    assert client.run("status") and client.run("system", "status")


def test_members_beside_params(client):
    first = client.call("contact.add", {"name": "Key"}, key="one")
    assert client.call("contact.add", {"name": "Key"}, key="one") == first
    assert fails(client, "conflict", "contact.add", {"name": "Other"}, key="one").code == 5
    assert fails(client, "conflict", "interaction.add", {"contact": "ADA"}, key="one").code == 5
    fails(client, "usage", "contact.add", {"name": "x", "type": "cat"}, key="two")
    assert client.call("contact.add", {"name": "x"}, key="two")["name"] == "x"  # a failure keeps no key
    before = client.call("contact.list", {"count": True, "limit": 1})["count"]
    dry = client.call("contact.add", {"name": "Dry"}, dry_run=True)
    assert dry["no"] and client.call("contact.list", {"count": True, "limit": 1})["count"] == before
    assert client.call("contact.add", {"name": "For JS"}, **{"as": "JS"})["salesperson"] == "JS"
    assert client.call("contact.list", {"where": "salesperson = me"}, **{"as": "JS"})["items"][0]["name"] == "For JS"
    added = client.call("interaction.add", {"contact": "ADA", "kind": "call", "at": "2026-01-01"}, tz="Asia/Tokyo")
    assert added["at"] == "2026-01-01T00:00:00+09:00"
    assert fails(client, "usage", "system.version", tz="Mars/Olympus").data["field"] == "tz"
    for members in ({"dry_run": 1}, {"yes": "x"}, {"key": 7}, {"frob": 1}):
        assert fails(client, "usage", "system.version", **members).code == -32600


def test_ids_are_any_and_notifications_unanswered(client):
    for text, number in (('"a"', "a"), ("7", 7), ("null", None), ("1.5", 1.5)):
        client.write(b'{"jsonrpc":"2.0","id":%s,"method":"system.version"}\n' % text.encode())
        assert client.line()["id"] == number
    client.write(b'{"jsonrpc":"2.0","method":"contact.add","params":{"name":"Silent"}}\n')
    assert client.call("contact.show", {"contact": "Silent"})["name"] == "Silent"


def test_requests_of_a_connection_take_effect_in_order(client):
    numbers = []
    for n in range(20):
        client.send("contact.edit", {"contact": "ADA", "city": f"City {n}"})
        numbers.append((client.send("contact.show", {"contact": "ADA"}), n))
    shown = {}
    while len(shown) < len(numbers):
        message = client.line()
        shown[message["id"]] = message["result"]["city"]
        assert "error" not in message
        if message["id"] not in dict(numbers):
            shown.pop(message["id"])
    assert all(shown[number] == f"City {n}" for number, n in numbers)


def test_lists_where_sort_limit_after_count(client):
    for n in range(5):
        client.call("contact.add", {"name": f"List {n}", "city": "Listed"})
    page = client.call("contact.list", {"where": "city = Listed", "sort": "-name", "limit": 2, "count": True})
    assert set(page) == {"items", "next", "count"} and page["count"] == 5
    assert [c["name"] for c in page["items"]] == ["List 4", "List 3"] and isinstance(page["next"], str)
    rest = client.call("contact.list", {"where": "city = Listed", "sort": "-name", "limit": 3, "after": page["next"]})
    assert [c["name"] for c in rest["items"]] == ["List 2", "List 1", "List 0"] and rest["next"] is None
    assert "count" not in rest
    for field, value in (("limit", 0), ("limit", 1001), ("sort", "frob"), ("after", "frob"), ("where", "frob = 1")):
        assert fails(client, "usage", "contact.list", {field: value}).data["field"] == field
    fails(client, "usage", "contact.list", {"sort": "name", "after": page["next"]})


@pytest.mark.parametrize("method", ("contact.list", "interaction.list", "capture.list", "source.list", "series.list",
                                    "system.audit", "contact.email.list", "contact.note.list"))
def test_every_list_takes_them(client, method):
    params = {"contact": "ADA"} if method.startswith("contact.") and method != "contact.list" else {}
    page = client.call(method, {**params, "where": "id > 0", "sort": "-id", "limit": 1, "count": True})
    assert len(page["items"]) <= 1 and page["count"] >= len(page["items"])
    assert (page["next"] is None) == (page["count"] <= 1)


def test_an_edit_changes_what_is_given(client):
    made = client.call("contact.add", {"name": "Edit", "city": "A", "phone": "1", "email": ["e1@x.example",
                                                                                            "e2@x.example"]})
    after = client.call("contact.edit", {"contact": made["no"], "city": "B"})
    assert (after["city"], after["phone"], after["version"]) == ("B", "1", made["version"] + 1)
    assert client.call("contact.edit", {"contact": made["no"], "city": None})["city"] is None
    assert client.run("contact", "edit", made["no"], "--phone", "")["phone"] is None
    after = client.call("contact.edit", {"contact": made["no"], "email": ["e3@x.example"]})
    assert [e["email"] for e in after["emails"] if e["state"] == "active"] == ["e3@x.example"]
    error = fails(client, "conflict", "contact.edit", {"contact": made["no"], "city": "C",
                                                       "if_version": made["version"]})
    assert error.code == 5 and "city" in error.message and "phone" in error.message
    assert client.call("contact.edit", {"contact": made["no"], "city": "C", "if_version": after["version"]})


def collect(client, number):
    """(messages before the answer, the answer)."""
    before = []
    while True:
        message = client.line()
        if message.get("id") == number and "method" not in message:
            return before, message
        before.append(message)


def test_output_by_words_is_opened_by_name_it_is_not(client):
    before, answer = collect(client, client.send("rpc.run", ["system", "backup", "some/where.db"]))
    opened = [m["params"] for m in before if m["method"] == "open"]
    assert len(opened) == 1 and opened[0]["path"] == "some/where.db" and opened[0]["mode"] == "write"
    assert opened[0]["param"] == "output" and opened[0]["id"] == answer["id"]
    progress = [m["params"] for m in before if m["method"] == "progress"]
    assert progress and {"id", "done", "total", "unit"} <= set(progress[0])
    before, answer = collect(client, client.send("system.backup", {"output": "x"}))
    assert not [m for m in before if m["method"] == "open"]
    chunks = [m["params"] for m in before if m["method"] == "data"]
    assert [c["last"] for c in chunks] == [False] * (len(chunks) - 1) + [True]
    data = b"".join(base64.b64decode(c["chunk"]) for c in chunks)
    assert data.startswith(b"SQLite format 3\0") and len(data) == answer["result"]["size"]


def test_cancel_ends_long_work(client):
    for cancel in ({}, {"id": "c"}):
        number = client.send("system.backup", {"output": "x"})
        client.write(json.dumps({"jsonrpc": "2.0", **cancel, "method": "cancel", "params": {"id": number}}).encode() +
                     b"\n")
        answers = {}
        while number not in answers or (cancel and "c" not in answers):
            message = client.line()
            answers[message.get("id") if "method" not in message else None] = message
        # it may have been done already
        assert answers[number].get("error", {"data": {"name": "unavailable"}})["data"]["name"] == "unavailable"
        assert not cancel or answers["c"]["result"] == {}
    assert client.call("system.version")


def test_watch_filters_resumes_and_ends(daemon, client):
    with daemon.client() as all_of_it, daemon.client() as calls:
        number = all_of_it.send("watch")
        assert all_of_it.answer(number) == {}
        for words in ((), ("interaction.recorded",), ("interaction.",), ("interaction", "source.up")):
            with daemon.client() as one:
                assert one.run("watch", *words) == {}
                made = calls.call("interaction.add", {"contact": "ADA", "kind": "call", "subject": str(words)})
                event = one.notification("event")["params"]
                assert set(event) == {"id", "seq", "kind", "record"} and event["kind"] == "interaction.recorded"
                assert event["record"] == made
        with daemon.client() as other:
            other.call("watch", {"kind": ["candidate.new", "job."]})
            calls.call("interaction.add", {"contact": "ADA", "kind": "call"})
            assert other.call("system.version") and not [m for m in other.pending if m.get("method") == "event"]
        seqs = [all_of_it.notification("event")["params"]["seq"] for _ in range(5)]
        assert seqs == sorted(set(seqs))
        with daemon.client() as again:
            again.call("watch", {"from": seqs[1]})
            assert [again.notification("event")["params"]["seq"] for _ in range(3)] == seqs[2:]
        all_of_it.write(json.dumps({"jsonrpc": "2.0", "method": "cancel", "params": {"id": number}}).encode() + b"\n")
        all_of_it.call("system.version")
        calls.call("interaction.add", {"contact": "ADA", "kind": "call"})
        all_of_it.call("system.version")
        assert not [m for m in all_of_it.pending if m.get("method") == "event"]
    error = fails(client, "usage", "watch", {"kind": ["interaction.recordet"]})
    assert error.data["field"] == "kind" and "interaction.recorded" in error.data["hint"]
    fails(client, "usage", "watch", {"from": -1})


def test_seq_survives_a_restart(place):
    daemon = Daemon(place / "liaison").start()
    daemon.call("contact.add", {"name": "Ada"})
    daemon.call("interaction.add", {"contact": "Ada", "kind": "call"})
    with daemon.client() as client:
        client.call("watch", {"from": 0})
        first = client.notification("event")["params"]["seq"]
    assert daemon.stop() == 0
    with daemon, daemon.client() as client:
        client.call("watch", {"from": first})
        client.call("interaction.add", {"contact": "Ada", "kind": "call", "subject": "after"})
        event = client.notification("event")["params"]
        assert event["seq"] > first and event["record"]["subject"] == "after"


def test_who_does_not_read_is_told_that_it_lagged(daemon, client):
    lazy = Client(daemon.socket)
    lazy.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    lazy.call("watch")
    for n in range(24):
        client.call("interaction.add", {"contact": "ADA", "kind": "note", "note": "x" * 100_000, "subject": str(n)})
    while True:
        message = lazy.notification()
        if message["method"] == "lagged":
            assert set(message["params"]) == {"id", "seq"}
            break
    lazy.close()


def test_what_must_be_confirmed_shows_its_counts(client):
    made = client.call("contact.add", {"name": "Confirm", "email": ["c1@x.example"]})
    client.call("interaction.add", {"contact": made["no"], "kind": "call"})
    error = fails(client, "refused", "contact.remove", {"contact": made["no"]})
    counts = client.call("contact.remove", {"contact": made["no"]}, dry_run=True)
    assert error.code == 6 and error.data["counts"] == counts
    assert (counts["no"], counts["emails"], counts["interactions"]) == (made["no"], 1, 1)
    assert client.call("contact.remove", {"contact": made["no"]}, yes=True) == counts
    fails(client, "not-found", "contact.show", {"contact": made["no"]})


def test_errors(client):
    client.call("contact.add", {"name": "Twin One"})
    client.call("contact.add", {"name": "Twin Two", "type": "company"})
    error = fails(client, "ambiguous", "contact.show", {"contact": "twin"})
    assert error.code == 4 and error.data["field"] == "contact"
    assert [set(c) for c in error.data["candidates"]] == [{"no", "name", "type"}] * 2
    assert {c["type"] for c in error.data["candidates"]} == {"person", "company"}
    error = fails(client, "not-found", "contact.show", {"contact": "Nobody"})
    assert error.code == 3 and "'Nobody'" in error.message and error.data["field"] == "contact"
    assert fails(client, "usage", "frob.list").code == -32601
    assert fails(client, "usage", "contact.add", {"nam": "x"}).data["hint"]
    assert fails(client, "usage", "contact.add", {}).data["field"] == "name"
    assert fails(client, "usage", "rpc.run", ["contact", "lst"]).code == -32601
    for text, code in (("{", -32700), ('{"jsonrpc":"1.0","id":1,"method":"x"}', -32600), ("[]", -32600)):
        client.write(text.encode() + b"\n")
        assert client.line()["error"]["code"] == code


def test_remove_takes_a_number_or_a_whole_address_only(client):
    client.call("contact.add", {"name": "By Name", "email": ["byname@x.example"]})
    fails(client, "not-found", "contact.remove", {"contact": "By Name"}, yes=True)
    assert client.call("contact.remove", {"contact": "BYNAME@x.example"}, yes=True)["name"] == "By Name"


def test_groups_decide_who_may(place):
    """Who is in a group may what the configuration says of it, everybody else nothing."""
    if os.getuid() != 0:
        pytest.skip("needs other users")
    groups = {"group": "mail", "readers": "games", "privacy": "proxy", "admins": "news"}
    settings = "".join(f"{key} = {value}\n" for key, value in groups.items()) + "proxies = daemon\n"

    def ask(group, *requests):
        lines = [json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params, **members})
                 for method, params, members in requests]
        user = pwd.getpwnam("daemon" if group == "mail" else "bin").pw_uid
        number = grp.getgrnam(group).gr_gid
        answer = subprocess.run([sys.executable, "-c", ASK, daemon.socket, *lines], text=True, capture_output=True,
                                user=user, group=number, extra_groups=[number], timeout=30)
        return [json.loads(line).get("error", {}).get("data", {}).get("name") for line in answer.stdout.splitlines()]

    requests = [("contact.list", {}, {}), ("contact.add", {"name": "x"}, {}), ("system.audit", {}, {}),
                ("series.add", {"code": "X"}, {"dry_run": True}), ("contact.list", {}, {"as": "JS"})]
    with Daemon(place / "liaison", settings=settings) as daemon:
        os.chmod(daemon.socket, 0o666)
        os.chmod(daemon.dir, 0o755)
        no = "permission"
        assert ask("games", *requests) == [None, no, no, no, no]
        assert ask("mail", *requests) == [None, None, no, no, None]
        assert ask("proxy", *requests)[2:4] == [None, no]
        assert ask("news", *requests)[2:4] == [no, None]
        assert ask("audio", *requests) == [no] * 5


def test_an_edit_by_a_condition_must_be_confirmed(client):
    for n in range(3):
        client.call("contact.add", {"name": f"Bulk {n}", "city": "Bulk", "no": f"BULK{n}"})
    params = {"where": "city = Bulk", "territory": "EU"}
    error = fails(client, "refused", "contact.edit", params)
    assert error.data["counts"] == {"matched": 3, "changed": 3}
    assert client.call("contact.edit", params, dry_run=True) == {"matched": 3, "changed": 3}
    assert client.call("contact.list", {"where": "territory = EU"})["items"] == []
    assert client.run("contact", "edit", "--where", "city = Bulk", "--territory", "EU", yes=True)["changed"] == 3
    assert client.call("contact.edit", params, yes=True) == {"matched": 3, "changed": 0}
    assert len(client.call("contact.list", {"where": "territory = EU"})["items"]) == 3
    entry = client.call("system.audit", {"contact": "BULK1", "limit": 1})["items"][0]
    assert entry["method"] == "contact.edit" and entry["after"]["territory"] == "EU"
    fails(client, "usage", "contact.edit", {"contact": "BULK0", **params})
    fails(client, "usage", "contact.edit", {"territory": "EU"})
