"""[retention] while the daemon runs, what system privacy says of it, and what servers are asked at all."""

import contextlib
import re
import sqlite3
import threading
from datetime import datetime, timedelta, timezone

import pytest

from calendars import event, feed, publish, soon
from calendars import section as section_of
from daemon import Daemon, account, wait_until
from imap_script import Message, ScriptedServer, section
from letters import letter

ME = "me@own.example"


def ago(days):
    return datetime.now(timezone.utc) - timedelta(days=days)


def send(server, days, subject, sender="ada@x.example", **more):
    server.append("INBOX", letter(sender, ME, subject, at=ago(days), message_id=f"{subject}@x.example",
                                  body=f"canary-{subject} sings\n", **more), date=ago(days).timestamp())


def subjects(daemon):
    return sorted(row["subject"] for row in daemon.all("interaction.list"))


def holds(daemon, word):
    """Whether any value of any table has it, those of the search index too."""
    with contextlib.closing(sqlite3.connect(f"file:{daemon.database}?mode=ro", uri=True)) as database:
        tables = [name for name, in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND "
                                                     "sql NOT LIKE 'CREATE VIRTUAL%'")]
        return any(word in (value if isinstance(value, bytes) else str(value).encode())
                   for table in tables for row in database.execute(f'SELECT * FROM "{table}"') for value in row)


def test_what_is_old_goes_and_does_not_come_back(place, server):
    with Daemon(place / "liaison", [account(server, poll="1s", since="all", level="text")]) as daemon:
        daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
        for days, subject in ((400, "ancient"), (100, "old"), (1, "new")):
            send(server, days, subject)
        send(server, 100, "strange", sender="jo@y.example")
        daemon.call("source.sync")
        wait_until(lambda: daemon.call("interaction.search", {"text": "canary"})["items"][2:], "three texts")
        assert all(holds(daemon, b"canary-" + word) for word in (b"ancient", b"old", b"new"))
        daemon.configure(settings="[retention]\nemail = 1y\ntext = 30d\n")
        daemon.call("system.reload")
        wait_until(lambda: subjects(daemon) == ["new", "old"], "the ancient one gone")
        wait_until(lambda: len(daemon.call("interaction.search", {"text": "canary"})["items"]) == 1, "one text")
        wait_until(lambda: not holds(daemon, b"canary-ancient") and not holds(daemon, b"canary-old"), "no byte of it")
        assert holds(daemon, b"canary-new")
        row = daemon.call("capture.list", {"where": "reason = retention"})["items"]
        assert [(r["decision"], r["interaction"], r["subject"]) for r in row] == [("captured", None, None)]
        total = daemon.call("capture.verify", {"source": "work"})["items"][-1]
        assert (total["server"], total["decided"], total["missing"]) == (4, 4, 0)
        # neither a new look at all of it nor the same mail once more brings it back
        daemon.call("backfill.start", {"source": "work", "since": "all"})
        send(server, 400, "ancient")
        daemon.call("source.sync")
        wait_until(lambda: len(daemon.all("capture.list")) == 5, "the copy")
        daemon.call("capture.reapply", yes=True)
        assert subjects(daemon) == ["new", "old"]
        kept = daemon.call("system.privacy")["kept"]
        assert (kept["email"], kept["text"], kept["meeting"]) == ("1y", "1mo", None)
        assert kept["dropped"].keys() == {"mails", "meetings", "texts", "evidence", "unreadable"}
        left = datetime.fromisoformat(kept["next_email"]) - datetime.now(timezone.utc)
        assert timedelta(days=264) < left < timedelta(days=266)
        assert daemon.call("system.check")["ok"] is True


def test_old_meetings_go_and_do_not_come_back(place, web, authority):
    series = dict(rrule="FREQ=WEEKLY;COUNT=9", summary="canary-weekly")
    publish(web, "team.ics", feed(event("weekly@m", soon(days=-60), **series),
                                  event("old@m", soon(days=-50), summary="canary-old")))
    with Daemon(place / "liaison", [section_of("team", web.url("/team.ics"), ca_file=authority.ca)]) as daemon:
        daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
        daemon.call("source.sync", {"source": "team"})
        wait_until(lambda: len(subjects(daemon)) == 10, "all meetings")
        daemon.configure(settings="[retention]\nmeeting = 30d\n")
        daemon.call("system.reload")
        wait_until(lambda: subjects(daemon) == ["canary-weekly"] * 4, "the old ones gone")
        wait_until(lambda: not holds(daemon, b"canary-old"), "no byte of it")
        assert len(daemon.call("capture.list", {"where": "reason = retention"})["items"]) == 6
        publish(web, "team.ics", feed(event("weekly@m", soon(days=-60), sequence=1, location="Elsewhere", **series),
                                      event("old@m", soon(days=-50), sequence=1, summary="canary-old, again")))
        daemon.call("source.sync", {"source": "team"})
        wait_until(lambda: [one["location"] for one in daemon.all("interaction.list")] == ["Elsewhere"] * 4, "the news")
        assert not holds(daemon, b"canary-old")
        assert daemon.call("system.check")["ok"] is True


def test_what_would_go_at_once_is_not_read(place, server):
    sections = [account(server, poll="1s", since="all", level="text"), "[retention]\nemail = 90d\n"]
    for days, subject in ((400, "ancient"), (100, "old"), (1, "new")):
        send(server, days, subject)
    with Daemon(place / "liaison", sections) as daemon:
        daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
        daemon.call("source.sync")
        wait_until(lambda: daemon.call("source.show", {"source": "work"})["state"] in ("idle", "polling"), "all read")
        wait_until(lambda: subjects(daemon) == ["new"], "the new one")
        total = daemon.call("capture.verify", {"source": "work"})["items"][-1]
        assert (total["outside_window"], total["decided"], total["missing"]) == (2, 1, 0)
        send(server, 100, "late")
        daemon.call("source.sync")
        row = wait_until(lambda: daemon.call("capture.list", {"where": "decision = ignored"})["items"], "the late one")
        assert row[0]["reason"].startswith("retention") and row[0]["subject"] is None
        assert subjects(daemon) == ["new"]


def test_one_page_says_what_is_kept(place, server):
    work = account(server, level="snippet", on_delete="remove", visibility="owner", salesperson="ANN")
    settings = "staff-reports = off\nunmatched-retention = 30d\nbackup-directory = %s\nbackup-keep = 7\n" % place
    with Daemon(place / "liaison", [work], settings) as daemon:
        daemon.call("rule.add", {"action": "level", "where": "from = ada@x.example", "value": "metadata"})
        page = daemon.call("system.privacy")
        source = page["sources"][0]
        assert (source["name"], source["level"], source["on_delete"]) == ("work", "snippet", "remove")
        assert (source["visibility"], source["owner"], source["skip_keyword"]) == ("owner", "ANN", ["$Private"])
        assert source["since"] == "3mo" and "8 KiB" in source["asked"]
        assert [rule["action"] for rule in page["rules"]] == ["level"]
        assert (page["kept"]["unmatched"], page["kept"]["unmatched_retention"]) == ("headers", "1mo")
        assert page["kept"]["quarantine"] == "3mo" and page["kept"]["email"] is None
        assert page["staff_reports"] == "off" and page["forgotten"] == 0
        assert (page["backups"]["keep"], page["backups"]["gone_after"]) == (7, "1w")


# ---- what is asked of a server: all commands it got, word by word ----

STRUCTURE = '("TEXT" "PLAIN" ("CHARSET" "utf-8") NIL NIL "8BIT" 100000 900)'
PEOPLE = ("ada@x.example", "bob@x.example", "stranger@y.example", "me@own.example", "list@z.example",
          "secret@x.example")


ADA, BOB = 1, 2    # their UIDs


def mailbox():
    messages = []
    for uid, sender in enumerate(PEOPLE, 1):
        more = "List-Id: <news.z.example>\n" if sender.startswith("list") else ""
        more += "Sensitivity: private\n" if sender.startswith("secret") else ""
        messages.append(Message(uid, letter(sender, ME, f"From {sender}", headers=more).split("\n\n")[0] + "\n\n",
                                structure=STRUCTURE, size=100000))
    return messages


def bodies(server):
    """What was fetched beside headers: (UIDs, section and range)."""
    fetched = []
    for line in server.commands:
        match = re.match(r"\S+ UID FETCH (\S+) \((.*)\)$", line)
        if match and "BODY" in match.group(2) and "BODY.PEEK[HEADER]" not in match.group(2):
            fetched.append((match.group(1), re.search(r"BODY\.PEEK\S+", match.group(2)).group(0)))
    return fetched


def transcript(place, level, rule=None, blocked=None, forgets=()):
    """What a server is asked by a daemon at that level, with Ada, Bob and Secret as contacts."""
    with ScriptedServer() as server:
        with Daemon(place / "liaison", [section(server, level=level)]) as daemon:
            for name in ("ada", "bob", "secret"):
                more = (blocked or {}).get(name, {})
                daemon.call("contact.add", {"name": name.title(), "email": [f"{name}@x.example"], **more})
            for name in forgets:
                daemon.call("contact.forget", {"contact": f"{name}@x.example"}, yes=True)
            for words in rule or []:
                daemon.call("rpc.run", ["rule", "add", *words])
            daemon.call("source.sync")
            server.messages += mailbox()
            daemon.call("source.sync")
            wait_until(lambda: len(daemon.all("capture.list")) == len(PEOPLE), "all decided")
            wait_until(lambda: daemon.call("source.show", {"source": "rogue"})["wants"] == 0, "no wants")
            for line in server.commands:
                assert not re.search(r"BODY\[|RFC822[ .)](?!SIZE)|BODY\.PEEK\[\]|BODY\.PEEK\[TEXT\]", line), line
        return bodies(server)


def uids_of(fetched):
    uids = set()
    for ranges, _ in fetched:
        for piece in ranges.split(","):
            first, _, last = piece.partition(":")
            uids |= set(range(int(first), int(last or first) + 1))
    return uids


def test_metadata_asks_for_no_text(place):
    assert transcript(place, "metadata") == []


def test_a_snippet_is_the_first_piece_of_captured_mail(place):
    fetched = transcript(place, "snippet")
    assert uids_of(fetched) == {ADA, BOB}
    assert {what for _, what in fetched} == {"BODY.PEEK[1]<0.8192>"}


def test_text_is_bounded_and_of_captured_mail_alone(place):
    fetched = transcript(place, "text")
    assert uids_of(fetched) == {ADA, BOB}
    assert {what for _, what in fetched} == {"BODY.PEEK[1]<0.262144>"}


def test_rules_raise_and_lower_what_is_asked(place):
    fetched = transcript(place, "snippet", rule=[
        ["level", "from = ada@x.example", "--value", "text"],
        ["level", "from = bob@x.example", "--value", "metadata"]])
    assert fetched == [(str(ADA), "BODY.PEEK[1]<0.262144>")]


def test_what_rules_leave_out_has_no_text(place):
    fetched = transcript(place, "text", rule=[["ignore", "from = ada@x.example"],
                                              ["private", "from = bob@x.example"]])
    assert fetched == []


class Folders(ScriptedServer):
    """Has two folders with mail of their own; texts tells what was fetched in which beside headers."""

    def __init__(self):
        self.folders, self.texts, self.here = {"INBOX": [], "Archive": []}, [], threading.local()
        super().__init__(hooks={"list": lambda server, handler, tag, line: b"".join(
            b'* LIST () "/" %s\r\n' % name.encode() for name in self.folders) + f"{tag} OK done\r\n".encode()})

    @property
    def messages(self):
        return self.folders[getattr(self.here, "folder", "INBOX")]

    @messages.setter
    def messages(self, messages):
        self.folders["INBOX"] = messages

    def command(self, handler, tag, rest):
        word, _, name = rest.partition(" ")
        folder = getattr(self.here, "folder", "INBOX")
        if word in ("EXAMINE", "STATUS"):
            self.here.folder = name.split(" ")[0].strip('"')
        if "BODY.PEEK[" in rest and "BODY.PEEK[HEADER]" not in rest:
            self.texts.append((self.here.folder, re.search(r"BODY\.PEEK\S+", rest).group(0).rstrip(")")))
        goes_on = super().command(handler, tag, rest)
        if word == "STATUS":    # leaves the folder that is open
            self.here.folder = folder
        return goes_on


@pytest.mark.parametrize("level, rule, asked", [
    ("metadata", "text", [("Archive", "BODY.PEEK[1]<0.262144>")]),
    ("text", "metadata", [("INBOX", "BODY.PEEK[1]<0.262144>")]),
    ("snippet", "text", [("Archive", "BODY.PEEK[1]<0.262144>"), ("INBOX", "BODY.PEEK[1]<0.8192>")])])
def test_a_folder_has_a_level_of_its_own(place, level, rule, asked):
    with Folders() as server:
        with Daemon(place / "liaison", [section(server, level=level)]) as daemon:
            daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
            daemon.call("rule.add", {"action": "level", "where": "folder = Archive", "value": rule})
            daemon.call("source.sync")
            for folder in server.folders:
                header = letter("ada@x.example", ME, folder).split("\n\n")[0] + "\n\n"
                server.folders[folder].append(Message(1, header, structure=STRUCTURE, size=100000))
            daemon.call("source.sync")
            wait_until(lambda: len(daemon.all("capture.list")) == 2, "both decided")
            wait_until(lambda: daemon.call("source.show", {"source": "rogue"})["wants"] == 0, "no wants")
        assert sorted(server.texts) == asked


def test_of_who_is_blocked_or_forgotten_no_text_is_asked(place):
    fetched = transcript(place, "text", blocked={"ada": {"privacy_blocked": True}})
    assert uids_of(fetched) == {BOB}
    fetched = transcript(place / "minor", "text", blocked={"bob": {"minor": True}})
    assert uids_of(fetched) == {ADA}
    assert transcript(place / "gone", "text", forgets=("ada", "bob")) == []


def test_a_folder_left_out_is_not_opened(place, server):
    work = account(server, poll="1s", level="text", skip_folders="Mine*")
    server.append("Mine/Diary", letter("ada@x.example", ME, "Dear diary"))
    with Daemon(place / "liaison", [work]) as daemon:
        daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
        send(server, 0, "open")
        daemon.call("source.sync")
        wait_until(lambda: subjects(daemon) == ["open"], "the open one")
        assert [row["folder"] for row in daemon.all("capture.list")] == ["INBOX"]
        folders = {f["name"]: f for f in daemon.call("source.folders", {"source": "work"})["items"]}
        assert (folders["Mine/Diary"]["watched"], folders["INBOX"]["watched"]) == ("unwatched", "idle")
