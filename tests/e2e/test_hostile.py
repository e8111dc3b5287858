"""Mail and calendars made to hurt: each of them is recorded, or said to be what it is, and harms nothing else."""

import re
import time

import hostile
import hostile_feeds
from calendars import section
from daemon import SANITIZED, Daemon, account, wait_until
from letters import letter

DECISIONS = {"captured", "unmatched", "internal", "ignored", "bulk", "automatic", "private", "duplicate", "quarantined"}
QUICK = 10  # seconds, far above what is measured elsewhere: a machine that is busy fails no test
RATES = "connect-rate = 500/s\nconnect-rate-host = 500/s\n"


def fill(server, letters):
    """The letters as they are, past IMAP, in one mailbox."""
    server.append("INBOX", letter("first@y.example", "me@own.example", "makes the folder"))
    new = server.maildir() / "cur"
    for number, (_, content) in enumerate(letters):
        (new / f"1795000000.M{number:06}P1.liaison:2,S").write_bytes(content)
    server.fill(0)  # they belong to the server now


def assert_told(rows):
    """Each says what was decided, and why."""
    for row in rows:
        assert row["decision"] in DECISIONS, row
        assert row["error"] if row["decision"] == "quarantined" else row["reason"], row


def assert_unharmed(daemon, before):
    """The programs are those of the beginning; parse may have ended well to make place for a fresh one."""
    after = daemon.children()
    for name in ("liaisond", "liaison-engine", "liaison-fetch"):
        assert after[name] == before[name], name
    log = daemon.log.read_text(errors="replace")
    assert not re.search(r"was killed|is ended|too much CPU|signal \d|status [1-9]", log), daemon.tail()
    assert daemon.call("system.check")["ok"] is True


def assert_quick(daemon, server):
    """Mail that is well is recorded as if nothing were the matter."""
    begun = time.monotonic()
    server.append("INBOX", letter("bo@good.example", "me@own.example", "all is well"))
    wait_until(lambda: daemon.all("interaction.list", where="subject = 'all is well'"), "the good message")
    assert SANITIZED or time.monotonic() - begun < QUICK


def know(daemon):
    daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
    daemon.call("contact.add", {"name": "Bo", "email": ["bo@good.example"]})


def test_every_hostile_letter_is_recorded_or_quarantined_with_a_reason(place, server):
    letters = hostile.letters()
    assert len({content for _, content in letters}) >= 300
    fill(server, letters)
    with Daemon(place / "liaison", [account(server, level="text", since="all")]) as daemon:
        before = daemon.children()
        know(daemon)
        daemon.wait_complete(seconds=240)
        rows = daemon.all("capture.list")
        assert len(rows) == len({row["uid"] for row in rows}) == len(letters) + 1
        assert_told(rows)
        found = {}
        for name, expected in hostile.DECIDED.items():
            where = f"subject = '{name}'"
            found[name] = [one["decision"] for one in daemon.all("capture.list", where=where)]
        assert found == {name: [decision] for name, decision in hostile.DECIDED.items()}
        row = daemon.verify()
        assert (row["server"], row["decided"], row["missing"]) == (len(rows), len(rows), 0)
        assert row["captured"] > 200, "most are of a contact"
        assert_quick(daemon, server)
        assert_unharmed(daemon, before)


def test_every_hostile_feed_is_recorded_or_refused_with_a_reason(place, server, web, authority):
    feeds = hostile_feeds.feeds()
    assert len({content for _, content in feeds}) >= 100
    sections = [section(name, web.url(f"/{name}.ics"), ca_file=authority.ca, since="all") for name, _ in feeds]
    for name, content in feeds:
        web.write(f"{name}.ics", content)
    with Daemon(place / "liaison", [account(server), *sections], RATES) as daemon:
        before = daemon.children()
        know(daemon)

        def looked_at():
            sources = [one for one in daemon.call("system.status")["sources"] if one["name"] != "work"]
            return all(one["error"] or one["last_complete"] for one in sources) and sources
        sources = {one["name"]: one for one in wait_until(looked_at, "a look at each of them", 240)}
        assert set(sources) == {name for name, _ in feeds}
        assert_told(daemon.all("capture.list"))
        recorded = {row["source"] for row in daemon.all("capture.list")}
        silent = {name for name in sources if name not in recorded and not sources[name]["error"]}
        assert silent <= {"no-event"}, "what is neither recorded nor refused"
        assert_quick(daemon, server)
        assert_unharmed(daemon, before)


def test_every_hostile_event_is_recorded_or_quarantined_and_harms_no_other(place, server, web, authority):
    events = hostile_feeds.events()
    good = hostile_feeds.vevent("good", "SUMMARY:Good", "ATTENDEE:mailto:ada@x.example")
    assert len(events) >= 100
    web.write("events.ics", hostile_feeds.calendar(*[text for _, text in events], good))
    sections = [section("events", web.url("/events.ics"), ca_file=authority.ca, since="all", level="text")]
    with Daemon(place / "liaison", [account(server), *sections]) as daemon:
        before = daemon.children()
        know(daemon)
        daemon.wait_complete("events", 120)
        assert daemon.source("events")["error"] is None
        for uid, _ in events:
            rows = daemon.call("capture.explain", {"event_uid": uid})["captures"]
            assert rows, uid
            assert_told(rows)
        assert [row["decision"] for row in daemon.call("capture.explain",
            {"event_uid": "good"})["captures"]] == ["captured"]
        assert daemon.verify("events")["missing"] == 0
        assert_quick(daemon, server)
        assert_unharmed(daemon, before)
