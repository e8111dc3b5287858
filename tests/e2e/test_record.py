"""A conversation with a server, recorded for a report of a fault: nobody's words in it, and it can be played again."""

import pytest

from daemon import Daemon, RpcError, account, wait_until
from imap_replay import Recording, ReplayServer, pieces
from imap_script import ScriptedServer, section
from letters import letter
from test_faults import messages

CANARIES = ("canary", "quokka", "zebrafinch", "wombat", "own.example", "secret", "localhost")


def decisions(daemon, source):
    def whole():
        try:
            row = daemon.verify(source)
        except RpcError:
            return False  # not connected yet
        return row["missing"] == 0 and row["server"] > 0
    wait_until(whole, "a whole pass", 60)
    return {(row["uidvalidity"], row["uid"]): row["decision"] for row in daemon.all("capture.list")}


def test_a_recording_tells_of_nobody_and_decides_alike(place, server):
    ada = "Ada Canary <ada@canary.example>"
    server.append("INBOX", letter(ada, "me@own.example", "Quokka plans", message_id="wombat1@canary.example"),
                  flags=r"(\Seen)")
    server.append("INBOX", letter("Jo Wombat <jo@quokka.example>", "me@own.example", "=?utf-8?Q?Zebrafinch=C3=A9?="))
    server.append("INBOX", letter("list@quokka.example", "me@own.example", "News",
                                  headers="List-Id: <wombat.quokka.example>\n"))
    server.append("INBOX", letter("robot@quokka.example", "me@own.example", "Away",
                                  headers="Auto-Submitted: auto-replied\n"))
    server.append("Quokka/Zebrafinch", letter(ada, "me@own.example", "Again", message_id="wombat1@canary.example"))
    server.append("Sent", letter("me@own.example", ada, "Wombat", cc="jo@quokka.example"))
    with Daemon(place / "liaison", [account(server)]) as daemon:
        daemon.call("contact.add", {"name": "Ada Canary", "email": ["ada@canary.example"]})
        daemon.wait_complete()
        before = decisions(daemon, "work")
        assert sorted(before.values()) == ["automatic", "bulk", "captured", "captured", "captured", "unmatched"]
        file = place / "transcript"
        daemon.liaison("capture", "record", "work", file)
        assert decisions(daemon, "work") == before
    transcript = file.read_bytes()
    for canary in CANARIES:
        assert canary.encode() not in transcript.lower(), canary
    recording = Recording(transcript)
    own, = recording.own
    inbox = recording.folders["INBOX"][1]
    assert len(inbox) == 4 and sum(len(folder[1]) for folder in recording.folders.values()) == 6
    assert b"\\Seen" in inbox[1] and b"RFC822.SIZE" in inbox[1] and b"\r\nSubject: " in inbox[1]
    invented = inbox[1].split(b"From: ")[1].split(b"<")[1].split(b">")[0].decode()
    with ReplayServer(recording) as again, Daemon(
            place / "again", [section(again)], settings=f"own-addresses = {own}\n") as daemon:
        daemon.call("contact.add", {"name": "Somebody", "email": [invented]})
        assert wait_until(lambda: decisions(daemon, "rogue") == before, "the same decisions", 60)


def test_a_recording_that_fails_shows_how(place, server):
    broken = {"list": lambda *_: b"* LIST (((canary\r\n\x00\x01" + b"x" * 70000}
    with ScriptedServer(messages(), hooks=broken) as rogue, \
            Daemon(place / "liaison", [section(rogue)]) as daemon:
        wait_until(lambda: daemon.source("rogue")["error"], "an error")
        daemon.liaison("capture", "record", "rogue", place / "transcript")
        transcript = (place / "transcript").read_bytes()
        said = list(pieces(transcript))
        assert b"canary" not in transcript and any(b"* LIST (((" in text for kind, text in said if kind == "S")
        assert said[-1][0] == "E" and b" " in said[-1][1] and b"localhost" not in said[-1][1]
        for messages_asked in (0, 501):
            with pytest.raises(RpcError) as caught:
                daemon.call("capture.record", {"source": "rogue", "output": "x", "messages": messages_asked})
            assert caught.value.name == "usage"
