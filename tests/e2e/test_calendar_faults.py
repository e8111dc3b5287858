"""Feeds that are ill, empty, halved or gone, and events that kill who reads them: nothing that is recorded is
lost by it, the culprit is named, and everything else goes on."""

from pathlib import Path

import pytest

from calendars import event, feed, meetings, section, soon
from daemon import Daemon, RpcError, account, wait_until
from http_script import HttpScript, answer
from letters import letter

FEEDS = Path(__file__).resolve().parents[1] / "data/feeds"


class Script:
    """What the next question is answered with."""

    def __init__(self):
        self.next = answer(body=feed())

    def __call__(self, question, wire):
        if callable(self.next):
            return self.next(wire)
        return self.next


@pytest.fixture
def script():
    return Script()


@pytest.fixture
def feeds(script):
    with HttpScript(script) as running:
        yield running


@pytest.fixture
def daemon(place, feeds):
    with Daemon(place / "liaison", [section("team", feeds.url())]) as running:
        running.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
        running.wait_complete("team")
        yield running


@pytest.fixture
def look(daemon, script):
    """Serves these events and looks."""
    def serve(*events, **params):
        script.next = answer(body=feed(*events))
        return daemon.call("source.sync", {"source": "team", **params})["items"][0]
    return serve


def statuses(daemon):
    return {one["event_uid"]: one["status"] for one in meetings(daemon)}


def six():
    return [event(f"{n}@x", soon(days=n + 1)) for n in range(6)]


def test_an_absence_is_believed_at_the_third_look(daemon, look):
    events = six()
    look(*events)
    for n in range(2):
        look(*events[1:], event(f"other{n}@x", soon(days=1)))
        assert statuses(daemon)["0@x"] == "planned", f"look {n + 1}"
    look(*events[1:], event("other@x", soon(days=1)))
    assert statuses(daemon)["0@x"] == "cancelled"
    look(*events)
    assert statuses(daemon)["0@x"] == "planned", "it is there again"


def test_looks_between_which_nothing_changed_count_as_well(daemon, look):
    """RFC 9110 15.4.5: not modified is a complete look."""
    events = six()
    look(*events)
    look(*events[1:])
    for _ in range(3):
        look(*events[1:])
    assert statuses(daemon)["0@x"] == "cancelled"


def test_what_is_past_stays_when_the_feed_drops_it(daemon, look):
    events = six()
    past = event("past@x", soon(days=-3))
    look(past, *events)
    for n in range(4):
        look(*events, event(f"other{n}@x", soon(days=1)))
    assert statuses(daemon)["past@x"] == "held"


def poisoned(text):
    """Parse obeys this field where its environment allows it."""
    return text.replace("END:VEVENT", "X-Liaison-Test: crash\r\nEND:VEVENT")


ILL = {
    "empty": (answer(body=b""), ""),
    "no event": (answer(body=feed()), "event"),
    "a login page": (answer(body=b"<!DOCTYPE html><html><body>Log in</body></html>", Content_Type="text/html"), ""),
    "cut in the middle": (answer(body=feed(*six())[:-200]), ""),
    "fewer than half": (answer(body=feed(*six()[:2])), "accept"),
    "not found": (answer("404 Not Found", b""), "404"),
    "gone": (answer("410 Gone", b""), "410"),
    "a login": (answer("401 Unauthorized", b"", WWW_Authenticate="Basic realm=x"), "401"),
    "an error": (answer("500 Oops", b""), "500"),
    "fewer bytes than told": (answer(body=feed(*six())).replace(b"Content-Length: 1", b"Content-Length: 9"), ""),
    "a packed answer": (answer(body=b"\x1f\x8b", Content_Encoding="gzip"), "gzip"),
}


@pytest.mark.parametrize("kind", list(ILL))
def test_nothing_changes_by_a_feed_that_is(daemon, look, script, kind):
    events = six()
    look(*events)
    before = [(m["id"], m["version"], m["status"]) for m in meetings(daemon)]
    complete = daemon.source("team")["last_complete"]
    script.next, word = ILL[kind]
    for _ in range(3):
        try:
            told = daemon.call("source.sync", {"source": "team"})["items"][0]["error"]
        except RpcError as error:
            told = error.message
        assert told and word in told, "it is said at once"
    assert [(m["id"], m["version"], m["status"]) for m in meetings(daemon)] == before
    source = daemon.source("team")
    assert source["error"] and word in source["error"], source
    assert source["last_complete"] == complete
    shown = [one for one in daemon.call("system.status")["sources"] if one["name"] == "team"][0]
    assert shown["error"] == source["error"]
    assert "team" in daemon.log.read_text()
    script.next = answer(body=feed(*events))
    if kind == "a login":  # which is not tried again and again because somebody syncs again and again
        for method in ("source.pause", "source.resume"):
            daemon.call(method, {"source": "team"})
    else:
        daemon.call("source.sync", {"source": "team"})
    wait_until(lambda: daemon.source("team")["state"] == "polling", "it is well again")
    assert daemon.source("team")["error"] is None
    assert set(statuses(daemon).values()) == {"planned"}


def test_a_drop_is_believed_when_a_person_says_so(daemon, look):
    events = six()
    look(*events)
    assert look(*events[:1])["error"]
    answer = look(*events[:1], accept=True)
    assert answer["error"] is None
    assert set(statuses(daemon).values()) == {"planned"}, "an absence is believed at the third look"
    look(*events[:1], event("other1@x", soon(days=1)))
    look(*events[:1], event("other2@x", soon(days=1)))
    found = statuses(daemon)
    assert [found[f"{n}@x"] for n in range(6)] == ["planned"] + ["cancelled"] * 5
    with pytest.raises(RpcError) as caught:
        daemon.call("source.sync", {"accept": True})
    assert caught.value.name == "usage"


def test_an_event_that_kills_its_reader_is_quarantined_and_the_rest_is_read(place, feeds, script):
    events = six()
    poison = poisoned(event("poison@x", soon(days=1)))
    script.next = answer(body=feed(*events[:3], poison, *events[3:]))
    daemon = Daemon(place / "liaison", [section("team", feeds.url())], environment={"LIAISON_TEST_POISON": "1"})
    with daemon:
        daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
        daemon.wait_complete("team", 120)
        assert statuses(daemon) == {f"{n}@x": "planned" for n in range(6)}
        row = daemon.all("capture.list", decision="quarantined")[0]
        assert row["error"] and "poison@x" in daemon.log.read_text()
        told = daemon.call("capture.explain", {"event_uid": "poison@x"})
        assert [c["decision"] for c in told["captures"]] == ["quarantined"]
        assert daemon.call("system.status")["quarantined_since_start"] == 1
        verified = daemon.verify("team")
        assert (verified["missing"], verified["captured"], verified["quarantined"]) == (0, 6, 1)
        script.next = answer(body=feed(*events, event("poison@x", soon(days=1))))
        daemon.call("source.sync", {"source": "team"})
        assert daemon.all("capture.list", decision="quarantined") == []
        assert statuses(daemon)["poison@x"] == "planned"


def test_a_quarantined_event_is_read_by_a_retry(place, feeds, script):
    script.next = answer(body=feed(poisoned(event("poison@x", soon(days=1))), *six()))
    daemon = Daemon(place / "liaison", [section("team", feeds.url())], environment={"LIAISON_TEST_POISON": "1"})
    with daemon:
        daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
        daemon.wait_complete("team", 120)
        assert len(daemon.all("capture.list", decision="quarantined")) == 1
    daemon.environment = {}
    with daemon:
        daemon.wait_complete("team")
        daemon.call("capture.retry")
        wait_until(lambda: statuses(daemon).get("poison@x") == "planned", "the event")
        assert daemon.all("capture.list", decision="quarantined") == []
        assert daemon.call("system.check")["ok"] is True


def test_a_feed_that_stalls_does_not_hold_up_mail(place, server, feeds, script):
    script.next = lambda wire: wire.stall()
    with Daemon(place / "liaison", [account(server), section("team", feeds.url())]) as daemon:
        daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
        daemon.wait_complete("work")
        server.append("INBOX", letter("ada@x.example", "me@own.example", "hello", message_id="a@x.example"))
        wait_until(lambda: daemon.all("interaction.list"), "the mail")


def test_many_events_of_every_kind_of_wrong_are_named_one_by_one(daemon, look):
    at = soon(days=1)
    look(event("good@x", at), event("bad-start@x", at).replace("DTSTART:", "DTSTART:99"),
         event("no-start@x", at).replace("DTSTART", "X-START"), event("rule@x", at, rrule="FREQ=NEVER"),
         event("long@x", at, description="x" * 70000), event("good2@x", at))
    found = statuses(daemon)
    assert found["good@x"] == found["good2@x"] == "planned"
    for uid in ("bad-start@x", "no-start@x"):
        row = daemon.call("capture.explain", {"event_uid": uid})["captures"][0]
        assert row["decision"] == "quarantined" and row["error"], uid
    assert daemon.verify("team")["missing"] == 0
    assert daemon.source("team")["error"] is None


# Each hangs, crashes or misleads a reader that trusts its feed; what is to become of it, since ever: the decision
# of its event and how many occurrences are recorded.
TRAPS = {
    "nothing-right": ("quarantined", 1),  # no property has a value that can be read
    "time-out-of-range": ("quarantined", 1),  # 99 as month, day, hour, minute and second
    "endless-duration": ("unmatched", 1),  # of 99999999999 weeks
    "hourly-on-30-february": ("unmatched", 1),  # a rule without an end and without a day
    "minutely-on-30-february": ("unmatched", 1),
    "secondly-on-30-february": ("unmatched", 1),
    "two-calendars-one-uid": ("unmatched", 5),  # the same daily series of five in each of two VCALENDARs
    "zone-that-is-a-path": ("unmatched", 1),  # TZID=../../../../etc/passwd
    "zone-that-turns-each-second": ("unmatched", 3),  # a VTIMEZONE with FREQ=SECONDLY
}


def test_feeds_that_trap_other_readers_are_told_of_and_the_rest_is_served(place, server):
    folder = place / "feeds"
    folder.mkdir()
    for name in TRAPS:
        content = (FEEDS / f"{name}.ics").read_bytes()
        (folder / f"{name}.ics").write_bytes(content.replace(b"UID:u", f"UID:{name}".encode()))
    (folder / "well.ics").write_bytes(feed(event("well@x", soon(days=1))))
    sections = [section(name, f"file://{folder}/{name}.ics", since="all") for name in (*TRAPS, "well")]
    with Daemon(place / "liaison", [account(server), *sections]) as daemon:
        daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
        daemon.wait_complete("work")
        for name in (*TRAPS, "well"):
            daemon.wait_complete(name)
        assert statuses(daemon)["well@x"] == "planned"
        found = {}
        for name in TRAPS:
            rows = daemon.all("capture.list", source=name)
            found[name] = (rows[0]["decision"], len(rows))
            assert daemon.source(name)["error"] is None
            assert all(row["error"] for row in rows if row["decision"] == "quarantined")
        assert found == TRAPS
        status = daemon.call("system.status")
        assert (status["parse_restarts"], status["fetch_restarts"]) == (0, 0)
        server.append("INBOX", letter("ada@x.example", "me@own.example", "hello", message_id="a@x.example"))
        wait_until(lambda: daemon.all("interaction.list", kind=["email"]), "the mail")
