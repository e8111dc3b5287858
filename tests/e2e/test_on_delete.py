"""on-delete and keywords against a real server: mail that leaves its mailbox, or moves, or becomes private."""

import contextlib
import sqlite3

import pytest

from daemon import Daemon, RpcError, account, wait_until
from letters import letter

ME = "me@own.example"


def begin(place, server, **settings):
    daemon = Daemon(place / "liaison", [account(server, poll="1s", **settings)])
    return daemon


def fill(daemon, server, count, folder="INBOX", flags=None, first=0):
    """count captured letters of Ada."""
    if first == 0:
        daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
    for i in range(first, first + count):
        server.append(folder, letter("ada@x.example", ME, f"Letter {i}", message_id=f"{i}@x.example",
                                     body=f"canary{i} sings\n"), flags=flags)
    daemon.call("source.sync")
    wait_until(lambda: len(daemon.all("capture.list")) >= first + count, "all decided")


def select(server, folder="INBOX"):
    connection = server.imap()
    connection.select(folder)
    return connection


def expunge(server, numbers, folder="INBOX"):
    connection = select(server, folder)
    connection.store(numbers, "+FLAGS", "\\Deleted")
    connection.expunge()
    connection.logout()


def subjects(daemon):
    return sorted(row["subject"] for row in daemon.all("interaction.list"))


def looked(daemon):
    daemon.call("source.sync", {"source": "work"})


def doubted(daemon):
    folders = daemon.call("source.show", {"source": "work"})["folders"]
    return [f["error"] for f in folders if f["error"] and "not believed" in f["error"]]


def test_what_is_deleted_is_removed(place, server):
    with begin(place, server, on_delete="remove", level="text") as daemon:
        fill(daemon, server, 4)
        wait_until(lambda: daemon.call("interaction.search", {"text": "canary1"})["items"], "the text")
        expunge(server, "2")
        looked(daemon)
        wait_until(lambda: len(subjects(daemon)) == 3, "one left")
        assert subjects(daemon) == ["Letter 0", "Letter 2", "Letter 3"]
        assert daemon.call("interaction.search", {"text": "canary1"})["items"] == []
        row = daemon.call("capture.explain", {"source": "work", "folder": "INBOX", "uid": 2})["captures"][0]
        assert (row["decision"], row["reason"], row["interaction"]) == ("captured", "it left the mailbox", None)
        assert daemon.call("contact.show", {"contact": "ada@x.example"})["interactions"] == 3
        total = daemon.call("capture.verify", {"source": "work"})["items"][-1]
        assert (total["missing"], total["gone"], total["captured"]) == (0, 1, 3)


def test_the_text_of_what_is_deleted_is_dropped(place, server):
    with begin(place, server, on_delete="drop-text", level="text") as daemon:
        fill(daemon, server, 3)
        wait_until(lambda: daemon.call("interaction.search", {"text": "canary2"})["items"], "the text")
        expunge(server, "1")
        looked(daemon)
        wait_until(lambda: not daemon.call("interaction.search", {"text": "canary0"})["items"], "no text")
        assert subjects(daemon) == ["Letter 0", "Letter 1", "Letter 2"]
        assert daemon.call("interaction.search", {"text": "canary1"})["items"]
        gone = daemon.call("interaction.list", {"where": 'subject = "Letter 0"'})["items"][0]
        assert gone["snippet"] is None


def test_what_moves_stays(place, server):
    with begin(place, server, on_delete="remove") as daemon:
        server.append("Archive", letter("ada@x.example", ME, "There", message_id="there@x.example"))
        fill(daemon, server, 8)
        wait_until(lambda: len(daemon.all("capture.list")) == 9, "both folders")
        connection = select(server)
        connection.copy("1:7", "Archive")
        connection.store("1:7", "+FLAGS", "\\Deleted")
        connection.expunge()
        # what is deleted truly tells when the looks were made
        connection.store("1", "+FLAGS", "\\Deleted")
        connection.expunge()
        connection.logout()
        looked(daemon)
        wait_until(lambda: "Letter 7" not in subjects(daemon), "the deleted one gone")
        assert subjects(daemon) == sorted([f"Letter {i}" for i in range(7)] + ["There"])
        assert doubted(daemon) == []


def test_a_bin_is_not_the_mailbox(place, server):
    with begin(place, server, on_delete="remove") as daemon:
        fill(daemon, server, 3)
        connection = select(server)
        connection.copy("1", "Trash")
        connection.store("1", "+FLAGS", "\\Deleted")
        connection.expunge()
        looked(daemon)
        wait_until(lambda: subjects(daemon) == ["Letter 1", "Letter 2"], "one left")
        # and back
        connection.select("Trash")
        connection.copy("1", "INBOX")
        connection.logout()
        wait_until(lambda: subjects(daemon) == ["Letter 0", "Letter 1", "Letter 2"], "it is back")


def test_half_of_a_folder_is_not_believed_to_be_deleted(place, server):
    with begin(place, server, on_delete="remove") as daemon:
        fill(daemon, server, 12)
        expunge(server, "1:9")
        looked(daemon)
        wait_until(lambda: doubted(daemon), "the doubt")
        assert "9 captured mails" in doubted(daemon)[0]
        assert len(subjects(daemon)) == 12
        daemon.call("source.sync", {"source": "work", "accept": True})
        wait_until(lambda: len(subjects(daemon)) == 3, "three left")
        assert doubted(daemon) == []


def test_a_folder_that_vanishes_is_not_believed_either(place, server):
    with begin(place, server, on_delete="remove") as daemon:
        fill(daemon, server, 2, folder="Customers")
        fill(daemon, server, 3, first=2)
        connection = server.imap()
        connection.delete("Customers")
        expunge(server, "1")
        looked(daemon)
        wait_until(lambda: "Letter 2" not in subjects(daemon), "the deleted one gone")
        assert subjects(daemon) == ["Letter 0", "Letter 1", "Letter 3", "Letter 4"]
        connection.logout()
        daemon.call("source.sync", {"source": "work", "accept": True})
        wait_until(lambda: subjects(daemon) == ["Letter 3", "Letter 4"], "the folder's gone")


def test_nothing_is_accepted_where_all_is_kept(place, server):
    with begin(place, server) as daemon:
        fill(daemon, server, 1)
        with pytest.raises(RpcError) as refused:
            daemon.call("source.sync", {"source": "work", "accept": True})
        assert refused.value.name == "refused"
        with pytest.raises(RpcError) as refused:
            daemon.call("source.sync", {"accept": True})
        assert refused.value.name == "usage"


def test_a_private_mail_is_none_of_ours(place, server):
    with begin(place, server, level="text") as daemon:
        fill(daemon, server, 1, flags="($Private)")
        fill(daemon, server, 2, first=1)
        assert subjects(daemon) == ["Letter 1", "Letter 2"]
        row = daemon.call("capture.list", {"where": "decision = private"})["items"][0]
        assert (row["subject"], row["from"]) == (None, None)
        wait_until(lambda: daemon.call("interaction.search", {"text": "canary1"})["items"], "the text")
        assert holds(daemon, b"canary1") and holds(daemon, b"canary2")
        connection = select(server)
        connection.store("2", "+FLAGS", "($Private)")
        connection.logout()
        looked(daemon)
        wait_until(lambda: subjects(daemon) == ["Letter 2"], "the private one gone")
        assert daemon.call("interaction.search", {"text": "canary1"})["items"] == []
        assert len(daemon.call("capture.list", {"where": "decision = private"})["items"]) == 2
        wait_until(lambda: not holds(daemon, b"canary1"), "no byte of it")
        assert holds(daemon, b"canary2")


def holds(daemon, word):
    """Whether any value of any table has it, those of the search index too."""
    with contextlib.closing(sqlite3.connect(f"file:{daemon.database}?mode=ro", uri=True)) as database:
        tables = [name for name, in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND "
                                                     "sql NOT LIKE 'CREATE VIRTUAL%'")]
        return any(word in (value if isinstance(value, bytes) else str(value).encode())
                   for table in tables for row in database.execute(f'SELECT * FROM "{table}"') for value in row)


def test_a_keyword_lets_mail_in(place, server):
    with begin(place, server, only_keyword="crm") as daemon:
        fill(daemon, server, 1, flags="(crm)")
        fill(daemon, server, 2, first=1)
        assert subjects(daemon) == ["Letter 0"]
        connection = select(server)
        connection.store("3", "+FLAGS", "(CRM)")
        connection.logout()
        looked(daemon)
        wait_until(lambda: subjects(daemon) == ["Letter 0", "Letter 2"], "the second one")
