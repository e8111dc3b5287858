"""A calendar as a source like any other: paused, renamed, retired, removed, reloaded, killed; its secrets unseen."""

import json
import os
import random
import signal
import sqlite3

import pytest

from calendars import Calendar, event, feed, meetings, publish, section, soon
from daemon import SANITIZED, Daemon, RpcError, assert_clean, shown_by, wait_until
from letters import person
from reach import give

EVENTS = 600 if SANITIZED else 2000
KILLS = 4 if SANITIZED else 15
TOKEN = "private-8c1d9f0e77aa"


@pytest.fixture
def team(place, web, authority):
    publish(web, "team.ics", feed(event("one@x", soon(days=1)), event("past@x", soon(days=-1))))
    with Daemon(place / "liaison", [section("team", web.url("/team.ics"), ca_file=authority.ca)]) as daemon:
        daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
        daemon.wait_complete("team")
        yield Calendar(daemon, web)


def test_a_paused_calendar_is_not_looked_at_until_it_is_resumed(team, web):
    daemon = team.daemon
    daemon.call("source.pause", {"source": "team"})
    assert team.show()["state"] == "paused"
    asked = len(web.lines())
    team.put(event("two@x", soon(days=1)), event("one@x", soon(days=1)), event("past@x", soon(days=-1)))
    with pytest.raises(RpcError, match="is paused"):
        team.look()
    assert len(web.lines()) == asked
    daemon.call("source.resume", {"source": "team"})
    wait_until(lambda: len(meetings(daemon)) == 3, "the new meeting")


def test_a_renamed_calendar_keeps_its_meetings(team, web, authority):
    daemon = team.daemon
    before = [m["id"] for m in meetings(daemon)]
    daemon.configure([section("crew", web.url("/team.ics"), ca_file=authority.ca)])
    daemon.call("source.rename", {"old": "team", "new": "crew"})
    daemon.call("system.reload")
    daemon.wait_complete("crew")
    crew = Calendar(daemon, web, "crew", "team.ics")
    assert [m["id"] for m in meetings(daemon)] == before
    assert crew.one("one@x")["sources"] == [{"source": "crew", "folder": None, "uid": None}]
    assert daemon.verify("crew")["missing"] == 0


def test_a_retired_calendar_leaves_its_history(team):
    daemon = team.daemon
    daemon.configure([])
    daemon.call("system.reload")
    daemon.call("source.retire", {"source": "team"})
    assert team.show()["state"] == "retired"
    assert len(meetings(daemon)) == 2
    assert team.decision("past@x")["decision"] == "captured"


def test_an_erased_calendar_leaves_nothing(team):
    daemon = team.daemon
    daemon.configure([])
    daemon.call("system.reload")
    told = daemon.call("source.remove", {"source": "team", "erase": True}, dry_run=True)
    assert (told["decisions"], told["interactions"]) == (2, 2)
    daemon.call("source.remove", {"source": "team", "erase": True}, yes=True)
    assert meetings(daemon) == [] and daemon.all("capture.list") == []
    assert daemon.call("contact.show", {"contact": "C00001"})["interactions"] == 0
    assert daemon.call("system.check")["ok"] is True
    with sqlite3.connect(f"file:{daemon.database}?mode=ro", uri=True) as db:
        for table in ("feed", "feed_item", "occurrence", "meeting", "ledger", "party"):
            assert db.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,), table


def test_what_two_calendars_had_outlives_one_of_them(place, web, authority):
    for name in ("ours", "theirs"):
        publish(web, f"{name}.ics", feed(event("shared@x", soon(days=1)), event(f"{name}@x", soon(days=1))))
    both = [section(name, web.url(f"/{name}.ics"), ca_file=authority.ca) for name in ("ours", "theirs")]
    with Daemon(place / "liaison", both) as daemon:
        daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
        daemon.wait_complete("ours")
        daemon.wait_complete("theirs")
        daemon.configure(both[1:])
        daemon.call("system.reload")
        daemon.call("source.remove", {"source": "ours", "erase": True}, yes=True)
        left = {m["event_uid"]: m for m in meetings(daemon)}
        assert set(left) == {"shared@x", "theirs@x"}
        assert [s["source"] for s in left["shared@x"]["sources"]] == ["theirs"]
        assert daemon.call("system.check")["ok"] is True


def test_a_reload_widens_the_window_and_the_match(team, web, authority):
    daemon = team.daemon
    team.set(event("one@x", soon(days=1)), event("past@x", soon(days=-1)), event("far@x", soon(days=120)),
             event("called@x", soon(days=2), attendees=[], description="ada@x.example"))
    assert {m["event_uid"] for m in meetings(daemon)} == {"one@x", "past@x"}
    daemon.configure([section("team", web.url("/team.ics"), ca_file=authority.ca, until="200d", match="text")])
    daemon.call("system.reload")
    wait_until(lambda: len(meetings(daemon)) == 4, "all four")
    assert {m["event_uid"] for m in meetings(daemon)} == {"one@x", "past@x", "far@x", "called@x"}


def test_a_private_address_and_its_secrets_are_seen_nowhere(place, web, authority):
    secret = place / "secret"
    secret.write_text("hunter2hunter2\n")
    secret.chmod(0o600)
    give(secret)
    web.password("ada", "hunter2hunter2")
    publish(web, f"{TOKEN}.ics", feed(event("one@x", soon(days=1))))
    sections = [section(name, web.url(f"/closed/{TOKEN}{end}"), ca_file=authority.ca, user="ada", password_file=secret)
                for name, end in (("well", ".ics"), ("ill", "-other.ics"))]
    with Daemon(place / "liaison", sections) as daemon:
        daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
        daemon.wait_complete("well")
        wait_until(lambda: daemon.source("ill")["state"] == "error", "the 404")
        said = "".join(daemon.liaison(*words, "--json", check=False).stdout for words in (
            ["status"], ["source", "list"], ["source", "show", "ill"], ["source", "check", "well"],
            ["system", "health"], ["capture", "list"], ["interaction", "list"], ["system", "audit"], ["source", "check", "ill"]))
        assert "one@x" in said and "#" in said, "the address is shown by its digest"
        for pids in daemon.children().values():
            for pid in pids:
                said += shown_by(pid, "cmdline") + shown_by(pid, "environ")
        said += daemon.log.read_text()
        stored = b"".join(path.read_bytes() for path in daemon.dir.glob("liaison.db*"))
        for word in (TOKEN, "hunter2hunter2"):
            assert word not in said and word.encode() not in stored, word


def big_feed(rng):
    """Of its events a tenth are weekly for three weeks; and how many occurrences that makes."""
    events, count = [], 0
    for n in range(EVENTS):
        rule = {"rrule": "FREQ=WEEKLY;COUNT=3"} if n % 10 == 0 else {}
        count += 3 if rule else 1
        events.append(event(f"{n}@x", soon(days=rng.randrange(-100, 30), minutes=n % 600),
                            attendees=[person(rng.randrange(60))[1]], **rule))
    return feed(*events), count


def recorded(database):
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=20) as db:
        return db.execute("SELECT count(*) FROM ledger").fetchone()[0]


def test_kills_of_any_program_in_the_first_import_lose_and_double_nothing(place, web, authority):
    seed = int(os.environ.get("LIAISON_SEED", random.randrange(1 << 30)))
    print("seed", seed)
    rng = random.Random(seed)
    content, count = big_feed(rng)
    publish(web, "team.ics", content)
    daemon = Daemon(place / "liaison", []).start()
    for n in range(60):
        name, address = person(n)
        daemon.call("contact.add", {"name": name, "email": [address]})
    daemon.configure([section("team", web.url("/team.ics"), ca_file=authority.ca)])
    daemon.call("system.reload")
    midst = 0
    # Moments of the import: each kill waits until so many occurrences are recorded.
    for moment in sorted(rng.sample(range(count * 9 // 10), KILLS)):
        wait_until(lambda: recorded(daemon.database) >= moment, f"{moment} occurrences", 90)
        midst += recorded(daemon.database) < count
        program = rng.choice(["liaisond", "liaison-engine", "liaison-fetch", "liaison-parse"])
        pids = daemon.children().get(program)
        if pids:
            try:
                os.kill(rng.choice(pids), signal.SIGKILL)
            except ProcessLookupError:
                pass
        if program == "liaisond" and pids:
            daemon.kill()
            daemon.start()
    print(midst, "of", KILLS, "kills in the midst of the import")
    try:
        daemon.wait_ready()
        wait_until(lambda: recorded(daemon.database) >= count - KILLS * 2, f"{count} occurrences", 120)
        daemon.wait_complete("team", 120)

        def proven():
            try:
                row = daemon.verify("team")
            except RpcError:  # a child that was killed last is just coming back
                return False
            return row["missing"] == 0 and row["gone"] == 0 and row

        # An event at which parse was killed twice is quarantined, as if it had been its fault.
        if wait_until(proven, "verify", 90)["quarantined"]:
            daemon.call("capture.retry")
        row = wait_until(lambda: (row := proven()) and row["captured"] == count and row, "all of it", 90)
        assert row["captured"] == count and row["quarantined"] == 0
        assert daemon.call("system.check")["ok"] is True
    finally:
        assert daemon.stop() == 0
    assert_clean(daemon)
    with sqlite3.connect(f"file:{daemon.database}?mode=ro", uri=True) as db:
        found = db.execute("SELECT count(*), count(DISTINCT event_uid || ' ' || coalesce(recurrence_id, ''))"
                           " FROM interaction WHERE kind = 'meeting'").fetchone()
        assert found == (count, count), f"seed {seed}"
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []


# Of the transactions that record a feed and note its end.
STEPS = ("begin", "message", "parties", "interaction", "ledger", "absent", "gone", "look", "end")


@pytest.mark.parametrize("step", STEPS)
def test_each_step_of_recording_a_feed_killed_once(place, web, authority, step):
    events = [event(f"{n}@x", soon(days=n + 1)) for n in range(6)]
    publish(web, "team.ics", feed(*events))
    daemon = Daemon(place / "liaison", [section("team", web.url("/team.ics"), ca_file=authority.ca)]).start()
    daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
    daemon.wait_complete("team")
    team = Calendar(daemon, web)
    team.set(*events[1:])
    team.set(*events[1:], event("a@x", soon(days=1)))
    assert daemon.stop() == 0
    publish(web, "team.ics", feed(*events[1:], event("b@x", soon(days=1)), event("c@x", soon(days=1))))
    daemon.environment = {"LIAISON_TEST_KILL": f"{step}:1"}
    daemon.start(wait=False)
    wait_until(lambda: "signal 9" in daemon.tail(), f"death at {step}")
    daemon.kill()
    daemon.environment = {}
    with daemon:
        daemon.wait_complete("team")
        wait_until(lambda: daemon.call("interaction.list", {"status": "cancelled"})["items"], "the third look's end")
        found = {m["event_uid"]: m["status"] for m in meetings(daemon)}
        assert found.pop("0@x") == "cancelled"
        assert len(meetings(daemon)) == 9 and set(found.values()) == {"planned"}
        row = daemon.verify("team")
        assert (row["missing"], row["decided"]) == (0, 7)
        assert daemon.call("system.check")["ok"] is True


def test_health_tells_of_a_calendar_that_is_stale(place, web, authority):
    publish(web, "team.ics", feed(event("one@x", soon(days=1))))
    daemon = Daemon(place / "liaison", [section("team", web.url("/closed/team.ics"), ca_file=authority.ca)])
    with daemon:
        wait_until(lambda: daemon.source("team")["state"] == "auth-failed", "the refusal")
        answer = daemon.liaison("status", "--fail-stale", check=False)
        assert answer.returncode == 75
        assert json.loads(daemon.liaison("status", "--json").stdout)["sources"][0]["state"] == "auth-failed"
