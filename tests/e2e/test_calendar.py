"""Meetings from a web server's feed, beside a real mailbox: what becomes of them on timelines."""

import time
from datetime import timedelta

import pytest

from calendars import ME, UTC, Calendar, event, meetings, publish, feed, section, soon
from daemon import Daemon, account, wait_until
from letters import letter


@pytest.fixture
def team(place, web, authority):
    """A calendar with an empty feed; Ada is a contact."""
    publish(web, "team.ics", feed())
    with Daemon(place / "liaison", [section("team", web.url("/team.ics"), ca_file=authority.ca)]) as daemon:
        daemon.call("contact.add", {"name": "Ada Lovelace", "email": ["ada@x.example"]})
        daemon.wait_complete("team")
        yield Calendar(daemon, web)


def rfc(at):
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_meetings_stand_on_the_timeline_beside_mail(place, server, web, authority):
    ahead, past = soon(days=2), soon(days=-2)
    publish(web, "team.ics", feed(event("ahead@x", ahead, summary="Review", location="Room 1"),
                                  event("past@x", past, 45, attendees=[("ada@x.example", "ACCEPTED")])))
    sections = [account(server), section("team", web.url("/team.ics"), ca_file=authority.ca)]
    server.append("INBOX", letter("ada@x.example", ME, "Agenda", message_id="m@x.example"))
    with Daemon(place / "liaison", sections) as daemon:
        daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
        daemon.wait_complete("work")
        daemon.wait_complete("team")
        line = daemon.all("contact.timeline", contact="C00001")
        assert [(i["kind"], i["status"], i["subject"]) for i in line] == [
            ("meeting", "planned", "Review"), ("email", "recorded", "Agenda"), ("meeting", "held", "Review")]
        first, _, last = line
        assert (first["at"], first["end"]) == (rfc(ahead), rfc(ahead + timedelta(hours=1)))
        assert (first["location"], first["direction"], first["initiated_by"]) == ("Room 1", "none", "us")
        assert (first["event_uid"], first["recurrence_id"], first["moves"]) == ("ahead@x", None, [])
        assert first["sources"] == [{"source": "team", "folder": None, "uid": None}]
        contact = last["contacts"][0]
        assert (contact["no"], contact["role"], contact["response"]) == ("C00001", "attendee", "accepted")
        assert last["duration_min"] == 45
        shown = daemon.call("contact.show", {"contact": "C00001"})
        assert shown["last_interaction"] != first["at"], "what is planned did not happen yet"
        assert daemon.call("system.check")["ok"] is True


def test_a_meeting_in_two_calendars_is_one_with_two_sources(place, web, authority):
    at = soon(days=1)
    for name in ("ours", "theirs"):
        publish(web, f"{name}.ics", feed(event("shared@x", at), event(f"{name}@x", at)))
    sections = [section(name, web.url(f"/{name}.ics"), ca_file=authority.ca) for name in ("ours", "theirs")]
    with Daemon(place / "liaison", sections) as daemon:
        daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
        for name in ("ours", "theirs"):
            daemon.wait_complete(name)
        found = {one["event_uid"]: one for one in meetings(daemon)}
        assert set(found) == {"shared@x", "ours@x", "theirs@x"} and len(meetings(daemon)) == 3
        assert {s["source"] for s in found["shared@x"]["sources"]} == {"ours", "theirs"}
        rows = daemon.call("capture.explain", {"event_uid": "shared@x"})["captures"]
        assert {row["source"] for row in rows} == {"ours", "theirs"}
        assert {row["interaction"] for row in rows} == {found["shared@x"]["id"]}
        ours = Calendar(daemon, web, "ours")
        publish(web, "ours.ics", feed(event("ours@x", at)))
        for _ in range(3):
            publish(web, "ours.ics", feed(event("ours@x", at), event("more@x", at)))
            ours.look()
        assert ours.one("shared@x")["status"] == "planned", "another calendar still has it"


def test_a_change_of_one_event_reads_that_one_alone(team):
    at = soon(days=1)
    events = [event(f"{n}@x", at, summary=f"s{n}") for n in range(50)]
    team.set(*events)
    read = team.daemon.call("system.status")["items"]
    assert read == 50
    events[7] = event("7@x", at, summary="another", sequence=1)
    team.set(*events)
    assert team.daemon.call("system.status")["items"] == read + 1
    assert team.one("7@x")["subject"] == "another" and team.one("8@x")["subject"] == "s8"


def test_what_did_not_change_is_not_fetched_again(team, web):
    team.set(event("one@x", soon(days=1)))
    read = team.daemon.call("system.status")["items"]
    answer = team.look()["items"][0]
    assert answer["state"] == "polling" and answer["error"] is None
    wait_until(lambda: '" 304 ' in web.lines()[-1], "a 304 in its log")
    assert team.daemon.call("system.status")["items"] == read


def test_a_move_is_kept_and_told(team):
    at, later = soon(days=1), soon(days=2)
    team.set(event("one@x", at))
    with team.daemon.client() as watcher:
        number = watcher.send("watch")
        watcher.answer(number)
        team.set(event("one@x", later, sequence=1, stamp="20260102T000000Z"))
        said = watcher.notification("event")
        while said["params"]["kind"] != "interaction.moved":
            said = watcher.notification("event")
        assert said["params"]["record"]["event_uid"] == "one@x"
        assert said["params"]["record"]["at"] == rfc(later)
    one = team.one("one@x")
    assert one["at"] == rfc(later)
    assert [(m["from"], m["to"]) for m in one["moves"]] == [(rfc(at), rfc(later))]
    team.set(event("one@x", at, sequence=0))
    assert team.one("one@x")["at"] == rfc(later), "an older version changes nothing"


def test_a_cancelled_meeting_is_cancelled_and_told_and_comes_back(team):
    at = soon(days=1)
    team.set(event("one@x", at))
    with team.daemon.client() as watcher:
        watcher.answer(watcher.send("watch"))
        team.set(event("one@x", at, sequence=1, status="CANCELLED"))
        said = watcher.notification("event")
        while said["params"]["kind"] != "interaction.cancelled":
            said = watcher.notification("event")
    assert team.one("one@x")["status"] == "cancelled"
    team.set(event("one@x", at, sequence=2, status="CONFIRMED"))
    assert team.one("one@x")["status"] == "planned"


def test_a_series_with_an_exception_a_hole_and_an_override(team):
    first = soon(days=-14)
    days = [first + timedelta(days=7 * n) for n in range(5)]
    moved = days[3] + timedelta(hours=2)
    team.set(event("w@x", first, rrule="FREQ=WEEKLY;COUNT=5", exdate=days[1]),
             event("w@x", moved, recurrence=days[3], summary="later that day"))
    found = team.meetings()
    assert set(found) == {("w@x", rfc(day)) for n, day in enumerate(days) if n != 1}
    assert found["w@x", rfc(days[3])]["at"] == rfc(moved)
    assert found["w@x", rfc(days[3])]["subject"] == "later that day"
    assert [found["w@x", rfc(days[n])]["status"] for n in (0, 3, 4)] == ["held", "planned", "planned"]
    told = team.daemon.call("capture.explain", {"event_uid": "w@x", "recurrence_id": rfc(days[4])})
    assert [row["recurrence_id"] for row in told["captures"]] == [rfc(days[4])]
    team.set(event("w@x", first, rrule="FREQ=WEEKLY;COUNT=5", exdate=[days[1], days[4]], sequence=1),
             event("w@x", moved, recurrence=days[3], summary="later that day", sequence=1))
    assert team.meetings()["w@x", rfc(days[4])]["status"] == "cancelled"


def test_what_we_declined_is_no_meeting_of_ours(team):
    at = soon(days=1)
    theirs = {"organizer": "ada@x.example"}
    team.set(event("one@x", at, attendees=[ME], **theirs))
    assert team.one("one@x")["initiated_by"] == "them"
    team.set(event("one@x", at, attendees=[(ME, "DECLINED")], sequence=1, **theirs))
    assert team.one("one@x")["status"] == "cancelled"
    row = team.decision("one@x")
    assert row["decision"] == "ignored" and "declined" in row["reason"]
    team.set(event("one@x", at, attendees=[(ME, "ACCEPTED")], sequence=2, **theirs))
    assert team.one("one@x")["status"] == "planned"


@pytest.mark.parametrize("private", ["skip", "busy"])
def test_private_meetings_are_skipped_or_only_times_and_parties(place, web, authority, private):
    publish(web, "team.ics", feed(event("p@x", soon(days=1), summary="Surgery", location="Clinic",
                                        description="secret words", **{"class": "PRIVATE"})))
    settings = section("team", web.url("/team.ics"), ca_file=authority.ca, private=private, level="text")
    with Daemon(place / "liaison", [settings]) as daemon:
        daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
        daemon.wait_complete("team")
        team = Calendar(daemon, web)
        if private == "skip":
            assert meetings(daemon) == [] and team.decision("p@x")["decision"] == "private"
        else:
            one = team.one("p@x")
            assert (one["subject"], one["location"], one["snippet"]) == (None, None, None)
            assert one["contacts"][0]["no"] == "C00001"
        stored = b"".join(path.read_bytes() for path in daemon.dir.glob("liaison.db*"))
        for word in (b"Surgery", b"Clinic", b"secret words"):
            assert word not in stored


@pytest.mark.parametrize("level", ["metadata", "snippet", "text"])
def test_as_much_text_is_kept_as_the_level_says(place, web, authority, level):
    text = "first words " + "word " * 200 + "last words"
    folded = "\r\n ".join(text[i:i + 60] for i in range(0, len(text), 60))
    publish(web, "team.ics", feed(event("one@x", soon(days=1), description=folded)))
    settings = section("team", web.url("/team.ics"), ca_file=authority.ca, level=level)
    with Daemon(place / "liaison", []) as daemon:
        daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
        daemon.configure([settings])  # now: what was a stranger's when it was read brings its text at a later look
        daemon.call("system.reload")
        daemon.wait_complete("team")
        shown = daemon.call("interaction.show", {"id": meetings(daemon)[0]["id"]})
        assert (shown["snippet"] is None) == (level == "metadata")
        assert level == "metadata" or shown["snippet"].startswith("first words")
        assert ("last words" in (shown["text"] or "")) == (level == "text")


def test_addresses_in_the_text_match_where_that_is_asked_for(place, web, authority):
    publish(web, "team.ics", feed(event("one@x", soon(days=1), attendees=[], summary="Call Ada",
                                        description="dial in\\, or write to ada@x.example")))
    url = web.url("/team.ics")
    with Daemon(place / "liaison", [section("team", url, ca_file=authority.ca)]) as daemon:
        daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
        daemon.wait_complete("team")
        assert meetings(daemon) == []
        row = Calendar(daemon, web).decision("one@x")
        assert (row["decision"], row["reason"]) == ("unmatched", "nobody is invited")
    with Daemon(place / "other", [section("team", url, ca_file=authority.ca, match="text")]) as daemon:
        daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
        daemon.wait_complete("team")
        contact = Calendar(daemon, web).one("one@x")["contacts"][0]
        assert (contact["no"], contact["role"]) == ("C00001", "mentioned")


def test_a_contact_made_later_gets_the_meetings_of_before(team):
    team.set(event("one@x", soon(days=1), attendees=[("jo@y.example", "TENTATIVE")]),
             event("two@x", soon(days=-1), attendees=["jo@y.example"]))
    assert meetings(team.daemon) == []
    assert team.decision("one@x")["decision"] == "unmatched"
    listed = team.daemon.all("capture.list", where="attendee = jo@y.example")
    assert len(listed) == 2
    team.daemon.call("contact.add", {"name": "Jo", "email": ["jo@y.example"]})
    one, two = team.one("one@x"), team.one("two@x")
    assert (one["kind"], one["status"], two["status"]) == ("meeting", "planned", "held")
    assert one["contacts"][0]["response"] == "tentative"
    assert team.decision("one@x")["decision"] == "captured"


def test_a_meeting_among_us_alone_is_internal(team):
    team.set(event("one@x", soon(days=1), attendees=[ME]))
    assert team.decision("one@x")["decision"] == "internal" and meetings(team.daemon) == []


def test_a_meeting_is_held_when_it_has_ended(team):
    start = soon() - timedelta(minutes=30)
    begun = time.time()
    end = begun + 4
    ends = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(end))
    team.set(event("one@x", start, None, dtend=ends))
    assert team.one("one@x")["status"] == "planned"
    with team.daemon.client() as watcher:
        watcher.answer(watcher.send("watch"))
        said = watcher.notification("event")["params"]
        assert (said["kind"], said["record"]["status"]) == ("interaction.changed", "held")
    assert time.time() >= int(end)
    assert team.daemon.call("contact.show", {"contact": "C00001"})["last_interaction"] == rfc(start)


def test_what_ended_while_nobody_ran_is_held_at_the_next_start(team):
    start = soon() - timedelta(minutes=30)
    end = int(time.time()) + 2
    team.set(event("one@x", start, None, dtend=time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(end))))
    assert team.one("one@x")["status"] == "planned"
    assert team.daemon.stop() == 0
    wait_until(lambda: time.time() > end + 1, "the meeting's end")
    team.daemon.start()
    wait_until(lambda: team.one("one@x")["status"] == "held", "held")


def test_verify_adds_up_and_notes_what_is_outside_the_window(team):
    team.set(event("one@x", soon(days=1)), event("far@x", soon(days=300)),
             event("jo@x", soon(days=2), attendees=["jo@y.example"]),
             event("w@x", soon(days=-14), rrule="FREQ=WEEKLY;COUNT=5"), event("p@x", soon(days=1), **{"class": "PRIVATE"}))
    row = team.daemon.verify("team")
    assert row["server"] == row["outside_window"] + row["decided"] + row["missing"]
    assert (row["missing"], row["captured"], row["unmatched"], row["private"]) == (0, 6, 1, 1)
    assert row["decided"] == 8


def test_the_commands_say_meeting(team):
    team.set(event("one@x", soon(days=1), location="Room 1"))
    answer = team.daemon.liaison("capture", "explain", "one@x").stdout
    assert "message" not in answer and "mail" not in answer and "captured" in answer
    assert "Review" in team.daemon.liaison("capture", "list", "--where", "event_uid = one@x").stdout
    line = team.daemon.liaison("interaction", "list", "--where", "location = 'Room 1'").stdout
    assert "Review" in line
    assert "meeting" in team.daemon.liaison("contact", "timeline", "C00001", "--kind", "meeting").stdout
