"""The capture commands against a running daemon: list, show, explain, rematch."""

import json
import sqlite3
from datetime import datetime

import pytest

from daemon import Daemon, RpcError, account, wait_until
from letters import letter
from test_terminal import Terminal


def three_letters(daemon, server):
    daemon.call("contact.add", {"name": "Ada Lovelace", "email": ["ada@x.example"]})
    server.append("INBOX", letter("ada@x.example", "me@own.example", "from a contact", message_id="a1@x.example"))
    server.append("INBOX", letter("jo@y.example", "me@own.example", "from a stranger", message_id="j1@y.example"))
    server.append("Sent", letter("me@own.example", "ada@x.example", "to a contact", message_id="m1@own.example"))
    daemon.call("source.sync")
    wait_until(lambda: len(daemon.all("capture.list")) == 3, "three decisions")


def test_list_answers_filters_and_conditions(daemon, server):
    three_letters(daemon, server)
    assert len(daemon.all("capture.list", decision="captured")) == 2
    assert [r["folder"] for r in daemon.all("capture.list", folder="Sent")] == ["Sent"]
    assert daemon.all("capture.list", source="elsewhere") == []
    assert len(daemon.all("capture.list", since="today-1d")) == 3
    assert daemon.all("capture.list", since="now+1d") == []
    assert len(daemon.all("capture.list", where="from = jo@y.example and decision = unmatched")) == 1
    assert len(daemon.all("capture.list", where="any-address = ada@x.example")) == 2
    assert len(daemon.all("capture.list", where="message-id = 'm1@own.example' and direction = outbound")) == 1
    with pytest.raises(RpcError) as caught:
        daemon.call("capture.list", {"decision": "perhaps"})
    assert caught.value.name == "usage"


def test_what_is_a_salespersons_is_ours_from_the_next_message_on(daemon, server):
    """Their addresses are learned while it runs, and who left was one of us all the same."""
    def decided(number, sender):
        identity = f"{number}@free.example"
        server.append("INBOX", letter(sender, "me@own.example", f"letter {number}", message_id=identity))
        daemon.call("source.sync")
        wait_until(lambda: daemon.all("capture.list", where=f"message-id = '{identity}'"), f"letter {number}")
        return daemon.all("capture.list", where=f"message-id = '{identity}'")[0]["decision"]

    bob = "bob@free.example"
    assert decided(1, bob) == "unmatched"
    daemon.call("salesperson.add", {"code": "BOB", "email": [bob]})
    assert decided(2, bob) == "internal"
    daemon.call("salesperson.block", {"salesperson": "BOB"})
    assert decided(3, bob) == "internal"
    told = daemon.call("rpc.run", ["capture", "explain", "<3@free.example>"])
    assert [c["outcome"] for c in told["considered"]] == ["ours", "ours"]
    daemon.call("salesperson.edit", {"salesperson": "BOB", "until": "2020-12-31"})
    assert decided(4, bob) == "unmatched"
    assert decided(5, "Bob <bob@") == "unmatched", "whoever that is"
    daemon.call("salesperson.add", {"code": "CAT", "email": ["cat@free.example"]})
    assert decided(6, "cat@free.example") == "internal"
    added = daemon.all("system.audit", where="noun = salesperson", sort="-id")[0]["id"]
    daemon.call("rpc.run", ["system", "undo", str(added)], yes=True)
    assert decided(7, "cat@free.example") == "unmatched"


def test_a_record_is_as_the_specification_says(daemon, server):
    three_letters(daemon, server)
    row = daemon.all("capture.list", decision="unmatched")[0]
    assert set(row) == {"id", "version", "source", "folder", "uidvalidity", "uid", "at", "decision", "reason", "rule",
                        "interaction", "error", "from", "subject", "date", "event_uid", "recurrence_id", "withheld"}
    assert (row["from"], row["subject"]) == ("jo@y.example", "from a stranger")
    assert datetime.fromisoformat(row["date"].replace("Z", "+00:00"))
    assert row["reason"] == "no contact has jo@y.example or its domain"
    assert daemon.call("capture.show", {"id": row["id"]}) == row
    with pytest.raises(RpcError) as caught:
        daemon.call("capture.show", {"id": 4711})
    assert caught.value.name == "not-found"


def test_every_why_has_an_answer(daemon, server):
    three_letters(daemon, server)
    row = daemon.all("capture.list", where="from = ada@x.example")[0]
    place = f"work:INBOX:{row['uid']}"
    for thing in (place, "<a1@x.example>", "a1@x.example", str(row["interaction"])):
        told = daemon.call("rpc.run", ["capture", "explain", thing])
        assert told["captures"] == [row]
        assert [(c["address"], c["role"], c["contact"], c["outcome"]) for c in told["considered"]] == \
            [("ada@x.example", "from", "C00001", "matched"), ("me@own.example", "to", None, "ours")]
        assert all(c["why"] for c in told["considered"])
        assert told["rules"] == []
    named = daemon.call("capture.explain", {"source": "work", "folder": "INBOX", "uid": row["uid"]})
    assert named["captures"] == [row]
    nowhere = daemon.call("capture.explain", {"source": "work", "folder": "INBOX", "uid": 99999})
    assert nowhere["captures"] == [] and nowhere["considered"] == []
    assert "was not seen yet" in nowhere["answer"]
    for unknown, why in (({"message_id": "<no@where>"}, "was seen in any folder"),
                         ({"event_uid": "no"}, "was seen in any folder"),
                         ({"source": "x", "folder": "INBOX", "uid": 1}, "there is no source 'x'"),
                         ({"interaction": 4711}, "there is no interaction '4711'")):
        with pytest.raises(RpcError, match=why) as caught:
            daemon.call("capture.explain", unknown)
        assert caught.value.name == "not-found", unknown


def test_rematch_finds_nothing_that_was_not_matched_at_once(daemon, server):
    three_letters(daemon, server)
    assert daemon.call("capture.rematch")["rematched"] == 0
    added = daemon.call("contact.add", {"name": "Jo", "email": ["jo@y.example"]})
    assert daemon.all("capture.list", decision="unmatched") == []
    assert daemon.call("capture.rematch", {"contact": added["no"]}) == {"rematched": 0, "recorded": 0, "linked": 0}
    tried = daemon.call("contact.add", {"name": "Me again", "email": ["nobody@z.example"]}, dry_run=True)
    assert tried["no"]
    assert len(daemon.all("contact.list")) == 2


def test_a_repair_is_tried_dry_and_journaled(daemon, server):
    three_letters(daemon, server)
    with sqlite3.connect(daemon.database, timeout=20) as db:
        db.execute("DELETE FROM ledger WHERE decision = 'unmatched'")
    db.close()
    assert daemon.verify()["missing"] == 1
    with daemon.client() as client:
        tried = client.call("capture.verify", {"source": "work", "repair": True}, dry_run=True)
        assert [row["missing"] for row in tried["items"] if row["folder"] is None] == [1]
        assert client.call("system.audit", {"where": "method = capture.verify"})["items"] == []
        client.send("capture.verify", {"source": "work", "repair": True})
        row, = client.answer(client.send("system.audit", {"where": "method = capture.verify"}))["items"]
    assert (row["noun"], row["after"]) == ("source", {"folder": "INBOX", "asked": 1})
    assert row["record"] == daemon.source()["id"]
    assert daemon.verify()["missing"] == 0


def test_all_captured_text_is_shown(place, server):
    with Daemon(place / "liaison", [account(server, level="text")]) as daemon:
        three_letters(daemon, server)
        interaction = daemon.all("capture.list", where="message-id = a1@x.example")[0]["interaction"]
        wait_until(lambda: daemon.call("interaction.show", {"id": interaction})["text"], "the text")
        shown = daemon.call("interaction.show", {"id": interaction})
        assert shown["text"].split() and shown["text_truncated"] is False
        assert shown["snippet"].split() == shown["text"].split()
        assert all("text" not in item for item in daemon.all("interaction.list"))
        noted = daemon.call("interaction.add", {"contact": ["C00001"], "note": "by hand"})
        assert daemon.call("interaction.show", {"id": noted["id"]})["text"] is None


def test_a_dry_run_tells_what_removing_a_source_would_erase(daemon, server):
    three_letters(daemon, server)
    told = daemon.call("source.remove", {"source": "work"}, dry_run=True)
    assert (told["decisions"], told["interactions"]) == (3, 2)
    assert len(daemon.all("capture.list")) == 3
    with pytest.raises(RpcError, match="still names") as caught:
        daemon.call("source.remove", {"source": "work", "erase": True}, yes=True)
    assert caught.value.name == "refused"


def test_dates_are_taken_as_tables_show_them(daemon, server):
    three_letters(daemon, server)
    for since, count in (("1d", 3), ("2026-01-01 14:05", 3), ("now+1d", 0)):
        assert len(daemon.all("capture.list", since=since)) == count, since
    assert len(daemon.all("interaction.list", where="at >= '2000-01-01 14:05' and at < 2h or at >= 2h")) == 2


def test_a_mistake_in_a_condition_names_the_manual(daemon, server):
    with pytest.raises(RpcError) as caught:
        daemon.call("contact.list", {"where": "nme = x"})
    assert "liaison-conditions(7)" in caught.value.data["hint"]


def test_a_piped_record_keeps_what_lies_in_it(daemon, server):
    three_letters(daemon, server)
    lines = [line.split("\t", 1) for line in daemon.liaison("source", "show", "work").stdout.splitlines()]
    folders = [json.loads(value.replace("\\\\", "\\")) for key, value in lines if key == "folders"]
    assert {folder["name"] for folder in folders} >= {"INBOX", "Sent"}
    status = dict(line.split("\t", 1) for line in daemon.liaison("status").stdout.splitlines())
    assert json.loads(status["database"])["schema"] >= 1


def test_tables_fit_a_terminal_of_100_columns(daemon, server):
    three_letters(daemon, server)
    place = "work:INBOX:1"
    for words, wanted in ((("status",), ("LAST COMPLETE",)),
                          (("source", "show", "work"), ("DECIDED", "LAST COMPLETE")),
                          (("capture", "verify", "work"), ("OUTSIDE WINDOW", "UNMATCHED", "MISSING")),
                          (("capture", "list"), ("jo@y.example", "from a stranger", "unmatched")),
                          (("capture", "explain", place), ("SUBJECT", "from a contact"))):
        terminal = Terminal(daemon, "--color", "never", *words, columns=100)
        assert terminal.end() == 0
        text = terminal.text.split("\x1b[K")[-1]
        lines = [line.rstrip() for line in text.split("\r\n")]
        assert all(len(line) <= 100 for line in lines), text
        assert all(word in text for word in wanted), text
