"""What could not be read: shown, kept, and tried again."""

import sqlite3

import pytest

from daemon import Daemon, wait_until
from imap_script import Message, ScriptedServer, section


def quarantine_one(daemon):
    return wait_until(lambda: daemon.all("capture.list", decision="quarantined"), "the quarantine", 60)[0]


@pytest.fixture
def poisoned(place):
    """A server one of whose messages ends parse, and a daemon that does not run yet."""
    bad = Message(2, "From: ada@x.example\nTo: me@own.example\nSubject: red \x1b[31m\nX-Liaison-Test: crash\n"
                     "Date: Sat, 21 Nov 2026 07:00:00 +0000\nMessage-ID: <bad@x.example>\n\n", size=4321)
    daemon = Daemon(place / "liaison", [], environment={"LIAISON_TEST_POISON": "1"})
    with ScriptedServer([bad]) as rogue:
        daemon.configure([section(rogue)])
        yield daemon, rogue


def test_a_quarantined_message_is_shown_with_its_raw_header(poisoned):
    daemon, _ = poisoned
    with daemon:
        row = quarantine_one(daemon)
        assert row["error"] and (row["tries"], row["size"]) == (1, 4321) and "header" not in row
        shown = daemon.call("capture.show", {"id": row["id"]})
        assert "Message-ID: <bad@x.example>\n" in shown["header"] and "X-Liaison-Test: crash" in shown["header"]
        assert "\x1b" not in shown["header"] and "\r" not in shown["header"]
        assert "\x1b" not in daemon.liaison("capture", "show", row["id"]).stdout
        daemon.call("capture.retry", {"id": [row["id"]]})
        again = daemon.call("capture.show", {"id": row["id"]})
        assert (again["decision"], again["tries"]) == ("quarantined", 2)


def test_what_another_version_could_not_read_is_tried_again_once(poisoned):
    daemon, rogue = poisoned
    with daemon:
        quarantine_one(daemon)
    with daemon:  # of the same version: it is left alone
        daemon.wait_complete("rogue")
        assert quarantine_one(daemon)["tries"] == 1
    with sqlite3.connect(daemon.database) as db:
        db.execute("UPDATE quarantine SET reader = '0.0.1'")
    db.close()
    with daemon:
        daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
        wait_until(lambda: quarantine_one(daemon)["tries"] == 2, "another try", 60)
    with sqlite3.connect(daemon.database) as db:
        db.execute("UPDATE quarantine SET reader = '0.0.1'")
    db.close()
    daemon.environment = {}  # a release that can read it
    with daemon:
        wait_until(lambda: len(daemon.all("interaction.list")) == 1, "the message", 60)
        assert daemon.all("capture.list", decision="quarantined") == []
        assert daemon.verify("rogue")["missing"] == 0
