"""Whole events with exceptions, extra dates and moved occurrences compared with
python3-recurring-ical-events: another reading of the same RFC. LIAISON_EVENTS says how many."""

import os
import random
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from reach import TOP

EVENTS = int(os.environ.get("LIAISON_EVENTS", "400"))
SEED = int(os.environ.get("LIAISON_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)
HOME = ZoneInfo("Europe/Berlin")
ZONES = ["Europe/Berlin", "America/New_York", "Europe/London", "Asia/Kolkata", "Australia/Sydney", "America/Sao_Paulo"]
FROM, UNTIL = datetime(2026, 1, 1, tzinfo=timezone.utc), datetime(2027, 1, 1, tzinfo=timezone.utc)


@pytest.fixture(scope="module")
def other():
    subprocess.run([TOP / "tests/e2e/unpack", "recurrence", "python3-dateutil", "python3-recurring-ical-events"],
                   check=True, timeout=300)
    sys.path.insert(0, str(TOP / "build/servers/recurrence/root/usr/lib/python3/dist-packages"))
    import icalendar
    import recurring_ical_events
    return lambda text: recurring_ical_events.of(icalendar.Calendar.from_ical(text))


def ours(text):
    program = Path(os.environ["LIAISON_BIN"]).parent / "tests/unit/calendar/test_meeting"
    assert program.exists(), f"{program} is not built: make check-unit-calendar"
    answer = subprocess.run([program, "read"], input=text, capture_output=True, text=True, timeout=120)
    assert answer.returncode == 0, answer.stderr
    return {tuple(line.split()) for line in answer.stdout.splitlines() if in_window(int(line.split()[1]))}


def in_window(start):
    return FROM.timestamp() <= start < UNTIL.timestamp()


def rule(rng):
    """Rules both sides agree on by themselves: here it is the events around them that is compared."""
    frequency = rng.choice(["DAILY", "WEEKLY", "WEEKLY", "MONTHLY"])
    parts = [f"FREQ={frequency}"]
    if rng.random() < 0.4:
        parts.append(f"INTERVAL={rng.randint(2, 4)}")
    if rng.random() < 0.6:
        parts.append(f"COUNT={rng.randint(2, 30)}")
    return ";".join(parts)


class Event:
    """One UID: a series, and what is different about some of its occurrences. Times are by day, so that
    none falls into a change of the clock, where RFC 5545 and others differ about the end."""

    def __init__(self, rng, number, dates):
        self.rng, self.uid = rng, f"event-{number}@example.com"
        self.kind = rng.choice(["zone", "zone", "zone", "utc", "floating", "day"])
        self.zone = ZoneInfo(rng.choice(ZONES)) if self.kind == "zone" else \
            timezone.utc if self.kind == "utc" else HOME
        self.start = datetime(2025, 11, 1) + timedelta(days=rng.randint(0, 300), hours=rng.randint(8, 15),
                                                       minutes=15 * rng.randint(0, 3))
        if self.kind == "day":
            self.start = self.start.replace(hour=0, minute=0)
        self.rule = rule(rng)
        self.instances = dates(self.start, self.rule)

    def written(self, moment, name):
        if self.kind == "day":
            return f"{name};VALUE=DATE:{moment:%Y%m%d}"
        if self.kind == "zone":
            return f"{name};TZID={self.zone.key}:{moment:%Y%m%dT%H%M%S}"
        return f"{name}:{moment:%Y%m%dT%H%M%S}{'Z' if self.kind == 'utc' else ''}"

    def utc(self, moment, name):
        return f"{name}:{moment.replace(tzinfo=self.zone).astimezone(timezone.utc):%Y%m%dT%H%M%SZ}"

    def elsewhere(self, moment, name):
        there = moment.replace(tzinfo=self.zone).astimezone(ZoneInfo("America/New_York"))
        return f"{name};TZID=America/New_York:{there:%Y%m%dT%H%M%S}"

    def named(self, moment, name):
        """The occurrence at moment in one of the ways feeds write it. The other program takes one that is of
        another date elsewhere for another occurrence, so those are left to the cases worked out by hand; of an
        hour that comes twice, a wall clock names the first."""
        ways = [self.written] * 2
        for way, zone in ((self.utc, timezone.utc), (self.elsewhere, ZoneInfo("America/New_York"))):
            there = moment.replace(tzinfo=self.zone).astimezone(zone)
            if self.kind in ("zone", "utc") and there.date() == moment.date() and not there.fold:
                ways.append(way)
        return self.rng.choice(ways)(moment, name)

    def length(self):
        return f"DURATION:P{self.rng.randint(1, 3)}D" if self.kind == "day" else \
            f"DURATION:PT{15 * self.rng.randint(1, 12)}M"

    def component(self, start, summary, lines):
        return ["BEGIN:VEVENT", f"UID:{self.uid}", "DTSTAMP:20260101T000000Z", self.written(start, "DTSTART"),
                self.length(), f"SUMMARY:{summary}", *lines, "END:VEVENT"]

    def lines(self):
        rng, instances = self.rng, self.instances
        picked = rng.sample(instances, min(len(instances), rng.randint(0, 4)))
        gone, moved = picked[:len(picked) // 2], picked[len(picked) // 2:]
        extra = [self.start + timedelta(days=rng.randint(1, 200), hours=0 if self.kind == "day" else 1)
                 for _ in range(rng.randint(0, 2))]
        days = {moment.date() for moment in instances}  # the other program knows one occurrence a day
        extra = [moment for moment in extra if moment.date() not in days]
        series = [f"RRULE:{self.rule}"] + [self.named(moment, "EXDATE") for moment in gone] + \
            [self.written(moment, "RDATE") for moment in extra]
        out = self.component(self.start, "series", series)
        for moment in moved:
            to = moment + timedelta(days=rng.randint(-40, 40), minutes=0 if self.kind == "day" else 5)
            status = rng.choice([["STATUS:CANCELLED"], []])
            out += self.component(to, "moved", [self.named(moment, "RECURRENCE-ID"), *status])
        return out


def seconds(moment):
    if not isinstance(moment, datetime):
        moment = datetime(moment.year, moment.month, moment.day)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=HOME)).timestamp())


def theirs(calendar):
    found = set()
    for event in calendar.between(FROM - timedelta(days=5), UNTIL + timedelta(days=5)):
        start, end = event["DTSTART"].dt, event["DTEND"].dt
        if in_window(seconds(start)):
            found.add((str(event["UID"]), str(seconds(start)), str(seconds(end)),
                       str(event.get("STATUS", "CONFIRMED")).lower(), str(event["SUMMARY"])))
    return found


def test_exceptions_extra_dates_and_moves_are_read_as_others_read_them(other):
    from dateutil.rrule import rrulestr
    rng = random.Random(SEED)

    def dates(start, text):
        return rrulestr(text, dtstart=start).between(start, datetime(2027, 3, 1), inc=True)

    events = [Event(rng, number, dates) for number in range(EVENTS)]
    texts = {event.uid: "\r\n".join(event.lines()) for event in events}
    wrap = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//liaison//test//EN\r\n{}\r\nEND:VCALENDAR\r\n".format
    read, expected = ours(wrap("\r\n".join(texts.values()))), set()
    for text in texts.values():
        expected |= theirs(other(wrap(text)))
    wrong = sorted(read ^ expected)
    assert len(read) > EVENTS
    assert not wrong, f"seed {SEED}: {len(wrong)} differ, the first {wrong[:6]}\n{texts[wrong[0][0]]}\n" + \
        "\n".join(map(str, sorted(line for line in read if line[0] == wrong[0][0])))
