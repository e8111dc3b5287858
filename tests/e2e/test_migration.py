"""A mailbox that moves to another server: new UIDs, new UIDVALIDITYs, new dates of arrival, nothing doubled."""

import time
from datetime import datetime, timedelta, timezone

import pytest

from daemon import Daemon, RpcError, account, wait_until
from dovecot import Dovecot, append
from imap_script import Message, ScriptedServer, section
from letters import letter
from reach import give

ADA, BOB = "ada@x.example", "bob@y.example"
BEGAN = datetime.now(timezone.utc).replace(microsecond=0) - timedelta(days=7)
FOLDERS = {"INBOX": 14, "Sent": 6, "Customers": 5}


def mails(folder, count):
    """(Message-ID, text) of each, from a week ago on."""
    for i in range(count):
        number = f"{folder.lower()}{i}@x.example"
        sender = (ADA, BOB, "jo@stranger.example")[i % 3]
        ends = ("me@own.example", ADA) if folder == "Sent" else (sender, "me@own.example")
        yield number, letter(*ends, f"{folder} {i}", message_id=number, at=BEGAN + timedelta(hours=i))


@pytest.fixture
def another(place, authority):
    """A second server, whose UIDVALIDITYs are not those that the clock gives the first."""
    running = Dovecot(place / "another", authority)
    for number, folder in enumerate(("INBOX", "Sent")):
        directory = running.maildir(folder=folder)
        directory.mkdir(parents=True)
        (directory / "dovecot-uidlist").write_text(f"3 V{1000 + number} N1 G{number + 1:032x}\n")
        for part in ("cur", "new", "tmp") + (("maildirfolder",) if folder == "Sent" else ()):
            (directory / part).touch() if part == "maildirfolder" else (directory / part).mkdir()
    for path in [running.dir, *running.dir.rglob("*")]:
        give(path)
    with running:
        yield running


def pour(server, folders, names=None, backwards=False):
    connection = server.imap()
    for folder, count in folders.items():
        written = list(mails(folder, count))
        for i, (_, text) in enumerate(reversed(written) if backwards else written):
            age = 0 if backwards else (7 - i % 7) * 86400
            append(connection, (names or {}).get(folder, folder), text, time.time() - age)
    connection.logout()


def links(daemon):
    return {one["message_id"]: (one["id"], sorted(c["no"] for c in one["contacts"]))
            for one in daemon.all("interaction.list") if one["message_id"]}


def settled(daemon):
    """The total of a verify without anything missing, once there is one."""
    def total():
        try:
            row = daemon.verify()
        except RpcError:
            return None  # it is connected to anew
        return row["missing"] == 0 and row["server"] > 0 and row
    return wait_until(total, "a verify with nothing missing", 60)


def test_a_mailbox_on_a_new_server_loses_and_doubles_nothing(place, server, another):
    old, new = server, another
    pour(old, FOLDERS)
    with Daemon(place / "liaison", [account(old)]) as daemon:
        for name, address in (("Ada", ADA), ("Bob", BOB)):
            daemon.call("contact.add", {"name": name, "email": [address]})
        daemon.wait_complete()
        first = settled(daemon)
        assert first["recognised"] == 0
        stranger = daemon.all("capture.list", where="from = jo@stranger.example")[0]
        daemon.call("capture.link", {"id": stranger["id"], "contact": "Ada"})
        daemon.call("interaction.add", {"contact": ["Ada"], "kind": "call", "note": "she wrote from home"})
        before = links(daemon)

        pour(new, {"Sent": 6, "Customers": 5, "INBOX": 14}, {"Customers": "Clients"}, backwards=True)
        new.append("INBOX", letter(BOB, "me@own.example", "only there", message_id="fresh@y.example"))
        daemon.configure([account(new)])
        daemon.call("system.reload")

        wait_until(lambda: "fresh@y.example" in links(daemon), "what came to the new server only", 60)
        after = settled(daemon)
        fresh = links(daemon)
        fresh.pop("fresh@y.example")
        assert fresh == before
        assert (after["server"], after["decided"], after["recognised"]) == (26, 26, 25)
        assert after["duplicate"] == first["duplicate"]     # though a folder has another name
        noted, = daemon.all("interaction.list", kind=["call"])
        assert noted["note"] == "she wrote from home"
        repaired = daemon.call("capture.verify", {"source": "work", "repair": True})["items"][-1]
        assert (repaired["missing"], repaired["decided"]) == (0, 26) and len(links(daemon)) == len(before) + 1


def test_another_server_of_the_same_uidvalidity_hides_none_of_its_mail(place):
    """Other mail lies under the UIDs that were decided on the former server, and some of the same."""
    with ScriptedServer(numbered(1, 30)) as old, \
            ScriptedServer(numbered(901, 920, -900) + numbered(1, 5, 20)) as new, \
            Daemon(place / "liaison", [section(old)]) as daemon:
        assert old.uidvalidity == new.uidvalidity
        daemon.call("contact.add", {"name": "Ada", "email": [ADA]})
        daemon.wait_complete("rogue")
        before = links(daemon)
        assert len(before) == 30

        daemon.configure([section(new)])
        daemon.call("system.reload")
        wait_until(lambda: len(links(daemon)) == 50, "all mail of the new server", 30)
        row = wait_until(lambda: complete_row(daemon, 25), "a verify of the new server", 30)
        assert (row["missing"], row["decided"], row["captured"], row["recognised"], row["gone"]) == (0, 25, 25, 5, 0)
        after = links(daemon)
        assert {key: after[key] for key in before} == before
        assert {f"s{n}@x.example" for n in range(901, 921)} == set(after) - set(before)
        assert len(daemon.all("capture.list")) == 55

        daemon.configure([section(old)])
        daemon.call("system.reload")
        row = wait_until(lambda: complete_row(daemon, 30), "a verify of the former server", 30)
        assert (row["missing"], row["decided"]) == (0, 30) and links(daemon) == after


def complete_row(daemon, messages):
    """The total of a verify, once it is of a server that has so many messages."""
    try:
        row = daemon.verify("rogue")
    except RpcError:
        return None  # it is connected to anew
    return row["server"] == messages and row


class Elsewhere(ScriptedServer):
    """At another address of the loopback, and the same port."""

    HOST = "127.0.0.2"

    def __init__(self, port, *words, **options):
        self.other_port = port
        super().__init__(*words, **options)

    def listen(self):
        self.port = self.other_port
        super().listen()


def numbered(first, last, shift=0):
    return [Message(n + shift, f"From: ada@x.example\nTo: me@own.example\nSubject: s{n}\n"
                               f"Message-ID:\n <s{n}@x.example>\n\n") for n in range(first, last + 1)]


def test_a_check_of_the_new_host_tells_what_would_be_recognised_and_changes_nothing(place):
    with ScriptedServer(numbered(1, 30)) as old, \
            Elsewhere(old.port, numbered(1, 30, 100) + numbered(900, 904), uidvalidity=99) as new, \
            Daemon(place / "liaison", [section(old)]) as daemon:
        daemon.wait_complete("rogue")
        before = daemon.all("capture.list")
        told = daemon.call("source.check", {"source": "rogue", "host": Elsewhere.HOST})
        folder, = told["folders"]
        assert (folder["uidvalidity"], folder["messages"], folder["sampled"], folder["recognised"]) == (99, 35, 5, 0)
        assert (told["messages"], told["sampled"], told["recognised"], told["missing"]) == (35, 5, 0, [])
        new.messages = numbered(1, 30, 100)
        told = daemon.call("source.check", {"source": "rogue", "host": Elsewhere.HOST})
        assert (told["messages"], told["sampled"], told["recognised"]) == (30, 20, 20)
        new.hooks["list"] = lambda server, handler, tag, line: (
            f'* LIST () "/" Other\r\n{tag} OK done\r\n'.encode())
        told = daemon.call("source.check", {"source": "rogue", "host": Elsewhere.HOST})
        assert told["missing"] == ["INBOX"] and [one["name"] for one in told["folders"]] == ["Other"]
        assert daemon.all("capture.list") == before and daemon.source("rogue")["folders"][0]["uidvalidity"] == 7
        assert "folders" in daemon.call("source.check", {"source": "rogue"})


def test_a_source_is_renamed_with_its_section_and_keeps_its_history(place, server):
    pour(server, {"INBOX": 3})
    with Daemon(place / "liaison", [account(server)]) as daemon:
        daemon.call("contact.add", {"name": "Ada", "email": [ADA]})
        daemon.wait_complete()
        number, before = daemon.source()["id"], links(daemon)
        daemon.call("source.rename", {"old": "work", "new": "office"})
        daemon.configure([account(server, name="office")])
        daemon.call("system.reload")
        source = daemon.wait_complete("office")
        assert source["id"] == number and links(daemon) == before
        assert daemon.verify("office")["missing"] == 0
        with pytest.raises(RpcError):
            daemon.source("work")


def test_a_source_that_retired_keeps_its_history_without_its_section(place, server):
    pour(server, {"INBOX": 3})
    with Daemon(place / "liaison", [account(server)]) as daemon:
        daemon.call("contact.add", {"name": "Ada", "email": [ADA]})
        daemon.wait_complete()
        before = links(daemon)
        assert daemon.call("source.retire", {"source": "work"})["state"] == "retired"
        daemon.configure([])
        daemon.call("system.reload")
        assert daemon.source()["state"] == "retired" and daemon.source()["error"] is None
        assert links(daemon) == before and daemon.call("system.health")["ok"] is True


def test_an_erased_source_takes_only_what_no_other_saw(place, server):
    pour(server, {"INBOX": 9, "Customers": 5})
    server.append("INBOX", next(mails("INBOX", 1))[1], user="home@own.example")
    with Daemon(place / "liaison", [account(server), account(server, name="home", user="home@own.example")]) as daemon:
        daemon.call("contact.add", {"name": "Ada", "email": [ADA]})
        daemon.wait_complete()
        daemon.wait_complete("home")
        counts = daemon.call("source.remove", {"source": "work", "erase": True}, dry_run=True)
        assert counts["decisions"] == 14 and counts["interactions"] == len(links(daemon)) - 1
        daemon.configure([account(server, name="home", user="home@own.example")])
        daemon.call("system.reload")
        with pytest.raises(RpcError) as caught:
            daemon.call("source.remove", {"source": "work", "erase": True})
        assert caught.value.name == "refused" and caught.value.data["counts"]["decisions"] == 14
        assert daemon.call("source.remove", {"source": "work", "erase": True}, yes=True)["decisions"] == 14
        assert list(links(daemon)) == ["inbox0@x.example"]
        assert [row["decision"] for row in daemon.all("capture.list")] == ["captured"]
        assert [one["name"] for one in daemon.all("source.list")] == ["home"]
        assert daemon.call("system.check")["ok"] is True
