"""Recurrences compared with python3-dateutil, and time zones with zoneinfo: other people's readings of
the same RFC and the same tables. LIAISON_RULES says how many rules are made up."""

import datetime as real
import os
import random
import subprocess
import sys
import types
import zoneinfo
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from daemon import SANITIZED
from reach import TOP

RULES = int(os.environ.get("LIAISON_RULES", "300" if SANITIZED else "2000"))
SEED = int(os.environ.get("LIAISON_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)
DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
LAST_YEAR = 2110
MOST = 12  # occurrences compared of each rule


@pytest.fixture(scope="module")
def rrule():
    """dateutil's, which looks for instances until LAST_YEAR instead of 9999."""
    subprocess.run([TOP / "tests/e2e/unpack", "recurrence", "python3-dateutil", "python3-recurring-ical-events"],
                   check=True, timeout=300)
    sys.path.insert(0, str(TOP / "build/servers/recurrence/root/usr/lib/python3/dist-packages"))
    import dateutil.rrule
    bounded = types.SimpleNamespace(**{name: getattr(real, name) for name in dir(real)})
    bounded.MAXYEAR = LAST_YEAR
    dateutil.rrule.datetime = bounded
    return dateutil.rrule


def expand(lines):
    program = Path(os.environ["LIAISON_BIN"]).parent / "tests/unit/calendar/test_recurrence"
    assert program.exists(), f"{program} is not built: make check-unit-calendar"
    answer = subprocess.run([program, "expand"], input="".join(lines), capture_output=True, text=True, timeout=300)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout.split("\n")[:-1]


def some(rng, numbers, most):
    return sorted(rng.sample(list(numbers), rng.randint(1, most)))


def joined(items):
    return ",".join(map(str, items))


def signed(most):
    return [n for n in range(-most, most + 1) if n]


def make_rule(rng):
    frequency = rng.choice(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"])
    yearly, rule = frequency == "YEARLY", {"FREQ": frequency}
    if rng.random() < 0.5:
        rule["INTERVAL"] = str(rng.randint(2, 6))
    if rng.random() < 0.3:
        rule["WKST"] = rng.choice(DAYS)
    if rng.random() < 0.3:
        rule["BYMONTH"] = joined(some(rng, range(1, 13), 4))
    if yearly and rng.random() < 0.15:
        rule["BYWEEKNO"] = joined(some(rng, signed(53), 4))
    if yearly and rng.random() < 0.15:
        rule["BYYEARDAY"] = joined(some(rng, signed(366), 9))
    if frequency != "WEEKLY" and rng.random() < 0.3:
        rule["BYMONTHDAY"] = joined(some(rng, signed(31), 8))
    if rng.random() < 0.5:
        days = rng.sample(DAYS, rng.randint(1, 4))
        if frequency in ("MONTHLY", "YEARLY") and "BYWEEKNO" not in rule and rng.random() < 0.6:
            most = 5 if frequency == "MONTHLY" or "BYMONTH" in rule else 53
            days = [f"{rng.choice(signed(most))}{day}" if rng.random() < 0.85 else day for day in days]
        rule["BYDAY"] = joined(days)
    for part, top, most in (("BYHOUR", 24, 3), ("BYMINUTE", 60, 3), ("BYSECOND", 60, 2)):
        if rng.random() < 0.12:
            rule[part] = joined(some(rng, range(top), most))
    if any(part.startswith("BY") and part != "BYMONTH" for part in rule) and rng.random() < 0.25:
        rule["BYSETPOS"] = joined(some(rng, [-3, -2, -1, 1, 2, 3, 4], 2))
    return rule


def text(rule):
    return ";".join(f"{name}={value}" for name, value in rule.items())


def for_dateutil(rule, start):
    """What RFC 5545 3.3.10 says and dateutil does not do, in words that dateutil understands."""
    rule = dict(rule)
    # "Information, not contained in the rule, ... derived from DTSTART": the weekday of BYWEEKNO, where
    # dateutil takes all days of the week.
    if "BYWEEKNO" in rule and not rule.keys() & {"BYDAY", "BYMONTHDAY", "BYYEARDAY"}:
        rule["BYDAY"] = DAYS[start.weekday()]
    # "If an integer modifier is not present, it means all days of this type": beside days with one,
    # dateutil takes only those that are both.
    days = rule.get("BYDAY", "").split(",")
    if any(len(day) == 2 for day in days) and any(len(day) > 2 for day in days):
        most = 5 if rule["FREQ"] == "MONTHLY" or "BYMONTH" in rule else 53
        plain = [f"{n}{day}" for day in days if len(day) == 2 for n in range(1, most + 1)]
        rule["BYDAY"] = joined(sorted(set(plain + [day for day in days if len(day) > 2])))
    return rule


def explained(rule):
    """RFC 5545 3.3.10: "Week number one of the calendar year is the first week that contains at least four
    (4) days": its days in December are of the year that it opens. dateutil counts them to the year that
    ends, which shows where years are left out or counted through. It knows them by the number 1 only, not
    by -52 or -53, and gives days of January to a week 53 of years that have 52 (2011-01-01, for one). The
    calendar of ISO 8601 is compared with below instead."""
    weeks = set(rule.get("BYWEEKNO", "").split(",")) - {""}
    return weeks and ("INTERVAL" in rule or "BYSETPOS" in rule or weeks & {"52", "53", "-52", "-53"})


def first(rrule, rule, start):
    """The first week of BYSETPOS is a whole one, as its first month is, though it begins before DTSTART; for
    dateutil it begins with DTSTART."""
    found, reference, begin = [], for_dateutil(rule, start), start
    if rule["FREQ"] == "WEEKLY" and "BYSETPOS" in rule:
        reference.setdefault("BYDAY", DAYS[start.weekday()])
        begin -= timedelta(days=(start.weekday() - DAYS.index(rule.get("WKST", "MO"))) % 7)
    for moment in rrule.rrulestr(text(reference), dtstart=begin):
        if moment < start:
            continue
        if len(found) == MOST or moment.year > start.year + 60:
            break
        found.append(moment)
    return found


def with_start(rrule, rule, start, rng):
    """DTSTART is the first instance, and is counted (3.8.5.3); dateutil knows it only if it matches."""
    found = first(rrule, rule, start)
    if found[:1] != [start]:
        found = [start] + found
    if rng.random() < 0.3:
        rule["COUNT"] = str(rng.randint(1, MOST))
        found = found[:int(rule["COUNT"])]
    elif len(found) > 1 and rng.random() < 0.3:
        rule["UNTIL"] = found[len(found) // 2].strftime("%Y%m%dT%H%M%S")
        found = found[:len(found) // 2 + 1]
    return found[:MOST]


def make_case(rrule, rng):
    while True:
        rule = make_rule(rng)
        if explained(rule):
            continue
        start = datetime(rng.randint(1970, 2040), 1, 1) + timedelta(
            days=rng.randint(0, 364), hours=rng.randint(0, 23), minutes=rng.choice([0, 15, 30]))
        found = first(rrule, rule, start)
        if found and rng.random() < 0.8 and (
                "BYWEEKNO" not in rule or found[0].weekday() == start.weekday()):
            start = found[0]  # as events have it: DTSTART is named by the rule
        return start, rule, with_start(rrule, rule, start, rng)


def test_generated_rules_recur_as_dateutil_says(rrule):
    rng = random.Random(SEED)
    print(f"seed {SEED}, {RULES} rules")
    cases = [make_case(rrule, rng) for _ in range(RULES)]
    lines = [f"{start:%Y%m%dT%H%M%S}\tUTC\t{text(rule)}\t{len(found)}\n" for start, rule, found in cases]
    answers = expand(lines)
    assert len(answers) == len(cases)
    wrong = []
    for (start, rule, found), answer in zip(cases, answers):
        expected = [f"{moment:%Y-%m-%dT%H:%M:%SZ}" for moment in found]
        got = answer.split(" ")
        if len(expected) < MOST:  # dateutil was asked about sixty years only
            got = [moment for moment in got if moment[:4].isdigit() and int(moment[:4]) <= start.year + 60]
        if got != expected:
            wrong.append(f"{start} {text(rule)}\n  expected {expected}\n  got {answer}")
    assert not wrong, f"seed {SEED}: {len(wrong)} of {RULES}\n" + "\n".join(wrong[:10])


def test_weeks_are_numbered_as_iso_8601_says():
    start, lines, expected = datetime(1990, 1, 1), [], []
    for interval in (1, 2, 3):
        for number in (1, 2, 26, 51, 52, 53, -1, -2, -26, -51, -52, -53):
            found, day = [start], start
            while day.year < 2040:
                year, week, _ = day.isocalendar()
                weeks = real.date(year, 12, 28).isocalendar()[1]
                if (year - 1990) % interval == 0 and number in (week, week - weeks - 1) and day != start:
                    found.append(day)
                day += timedelta(days=1)
            lines.append(f"{start:%Y%m%dT%H%M%S}\tUTC\tFREQ=YEARLY;INTERVAL={interval};BYWEEKNO={number};"
                         f"BYDAY={joined(DAYS)}\t{len(found)}\n")
            expected.append(" ".join(f"{moment:%Y-%m-%dT%H:%M:%SZ}" for moment in found))
    for line, answer, wanted in zip(lines, expand(lines), expected):
        assert answer == wanted, line


def changes(zone, years):
    """Moments of change, by the hour."""
    moment, known = datetime(years[0], 1, 1, tzinfo=timezone.utc), None
    while moment.year < years[1]:
        offset = moment.astimezone(zone).utcoffset()
        if known is not None and offset != known:
            yield moment, known, offset
        known = offset
        moment += timedelta(hours=6)


def test_every_zone_keeps_the_wall_clock_as_zoneinfo_says():
    names = sorted(zoneinfo.available_timezones() - {"localtime", "Factory"})
    lines, expected = [], []
    for name in names:
        zone = zoneinfo.ZoneInfo(name)
        for moment, before, after in changes(zone, (2024, 2028)):
            wall = (moment + before).replace(tzinfo=None) - timedelta(hours=9)
            for _ in range(24):  # half-hours around the change
                wall += timedelta(minutes=30)
                lines.append(f"{wall:%Y%m%dT%H%M%S}\t{name}\t\t1\n")
                expected.append((name, wall))
        for year in (1971, 1985, 1999, 2011, 2026, 2038, 2099, 2150):
            for month in (1, 7):
                wall = datetime(year, month, 15, 9)
                lines.append(f"{wall:%Y%m%dT%H%M%S}\t{name}\t\t1\n")
                expected.append((name, wall))
    wrong = []
    for (name, wall), answer in zip(expected, expand(lines)):
        utc = wall.replace(tzinfo=zoneinfo.ZoneInfo(name)).astimezone(timezone.utc)
        if answer != f"{utc:%Y-%m-%dT%H:%M:%SZ}":
            wrong.append(f"{name} {wall}: {utc} is expected, {answer} got")
    assert not wrong, f"{len(wrong)} of {len(lines)}\n" + "\n".join(wrong[:20])
