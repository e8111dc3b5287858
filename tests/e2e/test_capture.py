"""The capture commands against a running daemon: list, show, explain, rematch."""

import pytest

from daemon import RpcError, wait_until
from letters import letter


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


def test_a_record_is_as_the_specification_says(daemon, server):
    three_letters(daemon, server)
    row = daemon.all("capture.list", decision="unmatched")[0]
    assert set(row) == {"id", "version", "source", "folder", "uidvalidity", "uid", "at", "decision", "reason", "rule",
                        "interaction", "error"}
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
    assert "was seen in any folder" in daemon.call("capture.explain", {"message_id": "<no@where>"})["answer"]
    assert "there is no source 'x'" in \
        daemon.call("capture.explain", {"source": "x", "folder": "INBOX", "uid": 1})["answer"]
    with pytest.raises(RpcError) as caught:
        daemon.call("capture.explain", {"interaction": 4711})
    assert caught.value.name == "not-found"


def test_rematch_finds_nothing_that_was_not_matched_at_once(daemon, server):
    three_letters(daemon, server)
    assert daemon.call("capture.rematch")["rematched"] == 0
    added = daemon.call("contact.add", {"name": "Jo", "email": ["jo@y.example"]})
    assert daemon.all("capture.list", decision="unmatched") == []
    assert daemon.call("capture.rematch", {"contact": added["no"]}) == {"rematched": 0, "recorded": 0, "linked": 0}
    tried = daemon.call("contact.add", {"name": "Me again", "email": ["nobody@z.example"]}, dry_run=True)
    assert tried["no"]
    assert len(daemon.all("contact.list")) == 2
