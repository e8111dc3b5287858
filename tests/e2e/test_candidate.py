"""Candidates: unknown people seen in mail, accepted, ignored, or made contacts by themselves."""

import sqlite3
import time

import pytest

from daemon import Daemon, RpcError, account, wait_until
from letters import letter

JO, BO = "Jo March <jo@y.example>", "bo@z.example"


def candidates(daemon, **params):
    return {item["address"]: item for item in daemon.all("candidate.list", **params)}


def strangers(daemon, server):
    server.append("INBOX", letter(JO, "me@own.example", "first", message_id="j1@y.example",
                                  body="The pump leaks.\n"))
    server.append("INBOX", letter(JO, "me@own.example", "second", message_id="j2@y.example", cc=BO))
    server.append("Sent", letter("me@own.example", JO, "answer", message_id="m1@own.example"))
    server.append("INBOX", letter("no-reply@shop.example", "me@own.example", "your order"))
    server.append("INBOX", letter("news@shop.example", "me@own.example", "offers",
                                  headers="List-Id: <news.shop.example>\n"))
    daemon.call("source.sync")
    wait_until(lambda: candidates(daemon).get("jo@y.example", {}).get("weight") == 112, "the weights")


def test_strangers_are_listed_by_weight(daemon, server):
    strangers(daemon, server)
    rows = daemon.all("candidate.list")
    assert [row["address"] for row in rows] == ["jo@y.example", BO]
    jo = rows[0]
    assert set(jo) == {"id", "version", "address", "domain", "name", "company", "company_name", "weight", "points",
                       "received", "sent", "copied", "meetings", "first", "last", "ignored"}
    assert (jo["name"], jo["received"], jo["sent"], jo["copied"], jo["meetings"]) == ("Jo March", 2, 1, 0, 0)
    assert (jo["points"], jo["weight"]) == (28, 112)
    assert jo["first"] <= jo["last"]
    assert candidates(daemon, where="domain = z.example and weight < 10").keys() == {BO}
    assert candidates(daemon, where="received >= 2 and last > today-1d").keys() == {"jo@y.example"}
    page = daemon.call("candidate.list", {"limit": 1})
    assert daemon.call("candidate.list", {"limit": 1, "after": page["next"]})["items"][0]["address"] == BO
    shown = daemon.liaison("candidate", "list", "--format", "ids").stdout
    assert shown.split() == ["jo@y.example", BO]


def test_accepting_makes_a_contact_with_its_past_and_its_text(place, server):
    with Daemon(place / "liaison", [account(server, level="text")]) as daemon:
        strangers(daemon, server)
        daemon.call("contact.add", {"name": "Y Ltd", "type": "company", "country": "DE", "no": "Y1"})
        daemon.call("contact.edit", {"contact": "Y1", "domain": ["y.example"]})
        assert candidates(daemon)["jo@y.example"]["company"] == "Y1"
        tried = daemon.call("candidate.accept", {"address": ["jo@y.example"]}, dry_run=True)["items"]
        assert tried[0]["rematched"] == 3 and "jo@y.example" in candidates(daemon)
        made, = daemon.call("candidate.accept", {"address": ["Jo@Y.example"], "lead_source": "mail"})["items"]
        assert (made["name"], made["first_name"], made["surname"]) == ("Jo March", "Jo", "March")
        assert (made["company_no"], made["country"], made["lead_source"]) == ("Y1", "DE", "mail")
        assert made["rematched"] == 3 and made["interactions"] == 3
        assert made["emails"][0]["learned_from"].startswith("mail, accepted by ")
        assert "jo@y.example" not in candidates(daemon)
        wait_until(lambda: any("pump" in (item["snippet"] or "") for item in
                               daemon.call("contact.timeline", {"contact": made["no"]})["items"]), "the text")
        with pytest.raises(RpcError) as caught:
            daemon.call("candidate.accept", {"address": ["jo@y.example"]})
        assert caught.value.name == "conflict"
        with pytest.raises(RpcError, match="there is no candidate 'never@seen.example'"):
            daemon.call("candidate.accept", {"address": ["never@seen.example"]})


def test_many_are_accepted_at_once_or_none(daemon, server):
    strangers(daemon, server)
    with pytest.raises(RpcError):
        daemon.call("candidate.accept", {"address": [BO, "never@seen.example"]})
    assert daemon.all("contact.list") == []
    for wrong in ({"name": "Jo"}, {"contact": "X1", "name": "Jo"}, {"contact": "X1", "lead_source": "web"}):
        with pytest.raises(RpcError) as caught:
            daemon.call("candidate.accept", {"address": [BO, "jo@y.example"], **wrong})
        assert caught.value.name == "usage"
    made = daemon.call("candidate.accept", {"address": [BO, "jo@y.example"]})["items"]
    assert [(item["name"], item["address"]) for item in made] == [("Bo", BO), ("Jo March", "jo@y.example")]
    rows = [row for row in daemon.all("system.audit") if row["method"] == "candidate.accept"]
    assert len(rows) == 2 and len({row["batch"] or row["id"] for row in rows}) == 1


def test_an_address_goes_to_a_contact_that_is_there(daemon, server):
    strangers(daemon, server)
    ada = daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
    got = daemon.call("candidate.accept", {"address": ["jo@y.example", BO], "contact": ada["no"]})["items"]
    assert [item["no"] for item in got] == [ada["no"]] * 2
    assert [item["rematched"] for item in got] == [3, 0]  # one link a contact
    assert got[1]["interactions"] == 3
    assert candidates(daemon) == {}


def test_ignoring_lasts_and_is_taken_back(daemon, server):
    strangers(daemon, server)
    ignored, = daemon.call("candidate.ignore", {"address": ["jo@y.example"]})["items"]
    assert ignored["ignored"] is True
    assert candidates(daemon).keys() == {BO}
    assert candidates(daemon, ignored=True).keys() == {"jo@y.example"}
    daemon.stop()
    daemon.start()
    server.append("INBOX", letter(JO, "me@own.example", "third"))
    daemon.call("source.sync")
    wait_until(lambda: candidates(daemon, ignored=True)["jo@y.example"]["received"] == 3, "the third")
    assert candidates(daemon).keys() == {BO}
    daemon.call("candidate.ignore", {"address": ["jo@y.example"], "withdraw": True})
    assert candidates(daemon).keys() == {BO, "jo@y.example"}
    with pytest.raises(RpcError, match="'jo@y.example' is not ignored"):
        daemon.call("candidate.ignore", {"address": ["jo@y.example"], "withdraw": True})


def test_watchers_are_told_once_of_a_person(daemon, server):
    with daemon.client() as client:
        watching = client.send("watch", {"kind": ["candidate"]})
        client.answer(watching)
        strangers(daemon, server)
        event = client.notification("event")["params"]
        assert (event["kind"], event["record"]["address"]) == ("candidate.new", "jo@y.example")
        assert event["record"]["weight"] >= 24
        server.append("INBOX", letter(JO, "me@own.example", "third"))
        daemon.call("source.sync")
        wait_until(lambda: candidates(daemon)["jo@y.example"]["received"] == 3, "the third")
        assert client.pending == []


@pytest.mark.parametrize("create, made", [("sent", {"Jo March"}), ("all", {"Jo March", "Cy"})])
def test_contacts_are_made_by_themselves(place, server, create, made):
    server.append("INBOX", letter(JO, "me@own.example", "first", message_id="j1@y.example"))
    server.append("Sent", letter("me@own.example", JO, "answer", message_id="m1@own.example"))
    server.append("INBOX", letter("cy@w.example", "me@own.example", "hello"))
    server.append("INBOX", letter("noreply@w.example", "me@own.example", "hello"))
    server.append("INBOX", letter("robot@w.example", "me@own.example", "away",
                                  headers="Auto-Submitted: auto-replied\n"))
    with Daemon(place / "liaison", [account(server)], settings=f"create-contacts = {create}\n") as daemon:
        daemon.wait_complete()
        wait_until(lambda: {c["name"]: c["interactions"] for c in daemon.all("contact.list")}.get("Jo March") == 2,
                   "both letters of Jo")
        assert {c["name"] for c in daemon.all("contact.list")} == made
        assert daemon.verify()["missing"] == 0
        row = [row for row in daemon.all("system.audit") if row["method"] == "capture.create-contacts"][0]
        assert row["user"] == "liaisond"
        learned = daemon.all("contact.email.list", contact="jo@y.example")[0]["learned_from"]
        assert learned.startswith("mail in work:")


def test_the_receiving_servers_word_is_shown(place, server):
    def mail(sender, subject, headers):
        server.append("INBOX", letter(sender, "me@own.example", subject, headers=headers))

    good, bad = (f"Authentication-Results: mx.own.example; dmarc={word} header.from=x.example\n"
                 for word in ("pass", "fail"))
    mail("Ada <ada@x.example>", "vouched", good)
    mail("Ada <ada@x.example>", "forged", bad + good)  # the topmost is the server's own
    mail("Ada <ada@x.example>", "boasting", good.replace("mx.own.example", "mx.evil.example"))
    mail('"bo@z.example" <ada@x.example>', "two-faced", "From: cy@z.example\n")
    with Daemon(place / "liaison", [account(server, authserv_id="mx.own.example")]) as daemon:
        daemon.call("contact.add", {"name": "Ada Lovelace", "email": ["ada@x.example"]})
        daemon.wait_complete()
        shown = {item["subject"]: item for item in daemon.all("interaction.list")}
        assert {subject: item["authentication"] for subject, item in shown.items()} == {
            "vouched": "verified", "forged": "failed", "boasting": "unverified", "two-faced": "unverified"}
        assert shown["two-faced"]["flags"] == ["several-from", "spoofed-name"] and shown["vouched"]["flags"] == []
        told = daemon.call("capture.explain", {"interaction": shown["forged"]["id"]})
        assert (told["authentication"], told["authentication_reason"]) == \
            ("failed", "dmarc=fail header.from=x.example")
        assert [item["subject"] for item in daemon.all("interaction.list", where="flag = spoofed-name")] == ["two-faced"]
        assert {item["subject"] for item in daemon.all("interaction.list", where="authentication != verified")} == {
            "forged", "boasting", "two-faced"}


def test_a_hundred_thousand_are_listed_at_once(place):
    with Daemon(place / "liaison") as daemon:
        pass
    with sqlite3.connect(daemon.database) as db:
        db.executemany("INSERT INTO candidate (address, received, last_at, first_at, recency) VALUES (?, ?, 1, 1, 2)",
                       ((f"p{i}@x{i % 977}.example", i * 7919 % 100 + 1) for i in range(100_000)))
    db.close()
    with daemon, daemon.client() as client:
        took, after, seen = [], None, []
        for _ in range(200):
            begun = time.monotonic()
            page = client.call("candidate.list", {"limit": 100, **({"after": after} if after else {})})
            took.append(time.monotonic() - begun)
            after = page["next"]
            seen += [item["weight"] for item in page["items"]]
        assert seen == sorted(seen, reverse=True) and len(seen) == 20_000
        took.sort()
        print(f"median {took[100] * 1000:.1f} ms, p99 {took[197] * 1000:.1f} ms")
        assert took[100] < 0.02
