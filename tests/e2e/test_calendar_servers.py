"""What real CalDAV servers hand out by a plain GET, as a feed."""

import pytest

from caldav import SECRET, Radicale, Xandikos
from calendars import Calendar, event, feed, meetings, section, soon
from daemon import Daemon, wait_until
from reach import give


@pytest.fixture
def radicale(place):
    with Radicale(place / "radicale") as running:
        yield running


@pytest.fixture
def xandikos(place):
    with Xandikos(place / "xandikos") as running:
        yield running


def password(place, secret=SECRET):
    path = place / "secret"
    path.write_text(secret + "\n")
    path.chmod(0o600)
    give(path)
    return path


def test_a_collection_of_radicale_is_read_with_a_password(place, radicale):
    first = soon(days=-7)
    radicale.put(radicale.collection + "one.ics", feed(event("one@x", soon(days=1))))
    radicale.put(radicale.collection + "series.ics", feed(event("series@x", first, rrule="FREQ=WEEKLY;COUNT=3")))
    settings = section("team", radicale.url(radicale.collection), user="ada", password_file=password(place))
    with Daemon(place / "liaison", [settings]) as daemon:
        daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
        daemon.wait_complete("team")
        team = Calendar(daemon, None)
        assert {uid for uid, _ in team.meetings()} == {"one@x", "series@x"} and len(meetings(daemon)) == 4
        later = soon(days=2)
        radicale.put(radicale.collection + "one.ics", feed(event("one@x", later, sequence=1)))
        radicale.put(radicale.collection + "two.ics", feed(event("two@x", soon(days=3))))
        team.look()
        assert team.one("two@x")["status"] == "planned"
        assert len(team.one("one@x")["moves"]) == 1
        items = daemon.call("system.status")["items"]
        team.look()
        assert daemon.call("system.status")["items"] == items, "nothing changed, nothing is read"
        status, _ = radicale.ask("DELETE", radicale.collection + "two.ics")
        assert status == 200
        for _ in range(3):
            assert team.look()["items"][0]["error"] is None
        assert team.one("two@x")["status"] == "cancelled"
        assert daemon.verify("team")["missing"] == 0


def test_radicale_lets_in_nobody_without_the_password(place, radicale):
    settings = section("team", radicale.url(radicale.collection), user="ada", password_file=password(place, "wrong"))
    with Daemon(place / "liaison", [settings]) as daemon:
        wait_until(lambda: daemon.source("team")["state"] == "auth-failed", "the refusal")
        assert "401" in daemon.source("team")["error"]


def test_an_event_of_xandikos_is_read_and_its_list_of_them_is_refused(place, xandikos):
    first = soon(days=-7)
    path = xandikos.collection + "series.ics"
    xandikos.put(path, feed(event("series@x", first, rrule="FREQ=WEEKLY;COUNT=3")))
    sections = [section("team", xandikos.url(path)), section("page", xandikos.url(xandikos.collection))]
    with Daemon(place / "liaison", sections) as daemon:
        daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
        daemon.wait_complete("team")
        assert len(meetings(daemon)) == 3
        wait_until(lambda: daemon.source("page")["error"], "the page's refusal")
        assert "calendar" in daemon.source("page")["error"]
        team = Calendar(daemon, None)
        items = daemon.call("system.status")["items"]
        team.look()
        assert daemon.call("system.status")["items"] == items
        xandikos.put(path, feed(event("series@x", first, rrule="FREQ=WEEKLY;COUNT=4", sequence=1)))
        team.look()
        assert len(meetings(daemon)) == 4
