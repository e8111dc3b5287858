"""Calendars: a large feed imported, asked for again, and changed, each beside what it is compared with; and live
mail while many feeds are polled."""

import itertools
import json
import multiprocessing
import random
import shutil
import sqlite3
import statistics
import subprocess
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

from measure import PROGRAMS, add_contacts, mail_delays, peaks, tell

from daemon import Daemon, account, wait_until
from dovecot import Authority, Dovecot
from letters import TOPICS, person
from nginx import Nginx

PEOPLE = 3000
RULES = ("FREQ=WEEKLY", "FREQ=WEEKLY;COUNT=12", "FREQ=MONTHLY")
ZONE = """BEGIN:VTIMEZONE\r
TZID:Europe/Berlin\r
BEGIN:DAYLIGHT\r
TZOFFSETFROM:+0100\r
TZOFFSETTO:+0200\r
TZNAME:CEST\r
DTSTART:19700329T020000\r
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r
END:DAYLIGHT\r
BEGIN:STANDARD\r
TZOFFSETFROM:+0200\r
TZOFFSETTO:+0100\r
TZNAME:CET\r
DTSTART:19701025T030000\r
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r
END:STANDARD\r
END:VTIMEZONE\r
"""


class Feed:
    """Events of the year that is watched, every tenth a series; each with an organizer, us and one more."""

    def __init__(self, name, count, seed=1):
        rng = random.Random(seed)
        self.name, self.today = name, datetime.now(timezone.utc).replace(minute=0, second=0, microsecond=0, tzinfo=None)
        self.changes = [0] * count
        self.events = [self._event(rng, n) for n in range(count)]
        self.turn = 0

    def _event(self, rng, n):
        start = self.today - timedelta(days=rng.randrange(1, 360) if n % 10 else rng.randrange(300, 360),
                                       hours=rng.randrange(8))
        (host, host_address), (guest, guest_address) = person(rng.randrange(PEOPLE)), person(rng.randrange(PEOPLE))
        rule = f"RRULE:{RULES[n // 10 % len(RULES)]}\r\n" if n % 10 == 0 else ""
        return (f"BEGIN:VEVENT\r\nUID:{self.name}-{n}@cal.example\r\n"
                f"DTSTART;TZID=Europe/Berlin:{start:%Y%m%dT%H%M%S}\r\n"
                f"DTEND;TZID=Europe/Berlin:{start + timedelta(hours=1):%Y%m%dT%H%M%S}\r\n{rule}"
                f"SUMMARY:{rng.choice(TOPICS)}".replace("Contract,", "Contract\\,") + " {turn}\r\n"
                f"LOCATION:Room {rng.randrange(40)}\r\nDESCRIPTION:Good morning\\,\\n\\n"
                "as agreed we meet to talk about what is left to\r\n  do until the end of the quarter.\\n\\n"
                "Kind regards\\n\r\n"
                f"ORGANIZER;CN={host}:mailto:{host_address}\r\n"
                f"ATTENDEE;CN=Me;PARTSTAT=ACCEPTED:mailto:me@own.example\r\n"
                f"ATTENDEE;CN={guest};ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;\r\n RSVP=TRUE:mailto:{guest_address}\r\n"
                "STATUS:CONFIRMED\r\nSEQUENCE:{turn}\r\nDTSTAMP:20260101T{stamp}Z\r\nEND:VEVENT\r\n")

    def change(self, count):
        """Another SUMMARY and SEQUENCE for count events, every tenth of them a series; how they begin now."""
        self.turn += 1
        step = len(self.events) // count
        for n in range(count):
            self.changes[n * step + (n if step % 10 == 0 else 0) % 10] = self.turn
        return self.turn

    def text(self):
        body = "".join(event.replace("{turn}", str(turn)).replace("{stamp}", f"00{turn // 60:02}{turn % 60:02}")
                       for event, turn in zip(self.events, self.changes))
        return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//own//bench//EN\r\n{ZONE}{body}END:VCALENDAR\r\n".encode()


class Server(Nginx):
    """nginx that notes when it has sent the whole of an answer."""

    def _configuration(self):
        timed = f"log_format timed '$msec $status $uri'; access_log {self.dir}/timed.log timed;"
        return super()._configuration().replace("default_type", timed + "\n  default_type", 1)

    def answers(self):
        """[(when, status, path)]"""
        log = self.dir / "timed.log"
        lines = [line.split() for line in log.read_text().splitlines()] if log.exists() else []
        return [(float(when), status, path) for when, status, path in lines]

    def answer(self, before):
        """The one answer since there were so many before."""
        got = wait_until(lambda: self.answers()[before:], "the line of its log")
        assert len(got) == 1, got
        return got[0]


def calendar(server, name, **settings):
    lines = {"url": server.url(f"/{name}.ics"), "ca-file": server.authority.ca, "poll": "7d", **settings}
    return f"[calendar {name}]\n" + "".join(f"{key} = {value}\n" for key, value in lines.items())


def ask(daemon, name):
    with daemon.client(timeout=180) as client:
        answer = client.call("source.sync", {"source": name})["items"][0]
    assert answer["error"] is None and answer["state"] == "polling", answer


def run_nanoseconds(daemon, program):
    """How long a program has run on a processor."""
    return sum(int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) for pid in daemon.children()[program])


def rows(daemon, sql, *values):
    with sqlite3.connect(f"file:{daemon.database}?mode=ro", uri=True) as db:
        return db.execute(sql, values).fetchone()[0]


def import_once(place, server, name):
    """A daemon that has read the feed for the first time; seconds from its body to all recorded."""
    directory = place / "liaison"
    shutil.rmtree(directory, ignore_errors=True)
    daemon = Daemon(directory, []).start()
    add_contacts(daemon, PEOPLE)
    before = len(server.answers())
    daemon.configure([calendar(server, name)])
    daemon.call("system.reload")
    ask(daemon, name)  # the first look may have begun before: then another one follows
    ended = time.time()
    sent, status, _ = server.answers()[before]
    assert status == "200"
    return daemon, ended - sent


def bare_import(place, daemon):
    bare = subprocess.run([PROGRAMS / "bare_sqlite", daemon.database, place / "bare.db"], check=True,
                          capture_output=True, text=True, timeout=600).stdout
    for left in place.glob("bare.db*"):
        left.unlink()
    return json.loads(bare)


def unchanged(daemon, server, name):
    """Asked again: the statuses it was answered, and how long parse ran meanwhile."""
    before, ran = len(server.answers()), run_nanoseconds(daemon, "liaison-parse")
    ask(daemon, name)
    _, status, _ = server.answer(before)
    return status, run_nanoseconds(daemon, "liaison-parse") - ran


def bare_parse(path):
    """The median of three: it is short."""
    answers = [json.loads(subprocess.run([PROGRAMS / "bare_ical", path], check=True, capture_output=True, text=True,
                                         timeout=300).stdout) for _ in range(3)]
    return statistics.median(answer["seconds"] for answer in answers), answers[0]["events"]


def changed(daemon, server, feed, count):
    """Seconds from the changed feed's body, and from the question, to all recorded; occurrences that changed."""
    turn = feed.change(count)
    server.write(f"{feed.name}.ics", feed.text())
    before, begun = len(server.answers()), time.time()
    ask(daemon, feed.name)
    ended = time.time()
    sent, status, _ = server.answer(before)
    assert status == "200"
    uids = rows(daemon, "SELECT count(DISTINCT event_uid) FROM meeting WHERE sequence = ?", turn)
    assert uids == count, (uids, count)
    return ended - sent, ended - begun, rows(daemon, "SELECT count(*) FROM meeting WHERE sequence = ?", turn)


def bench_calendar(place, runs, count):
    authority = Authority(place / "ca")
    ratios, rates = [], []
    with Server(place / "nginx", authority) as server:
        for run in range(runs):
            feed = Feed("large", count)
            path = server.write("large.ics", feed.text())
            daemon, imported = import_once(place, server, "large")
            try:
                status, ran = unchanged(daemon, server, "large")
                assert status == "304" and ran == 0, (status, ran)
                seconds, asked, occurrences = changed(daemon, server, feed, count // 100)
                peak = peaks(daemon)
            finally:
                assert daemon.stop() == 0
            parsed, events = bare_parse(path)
            assert events == count
            ratios.append(seconds / parsed)
            decided = rows(daemon, "SELECT count(*) FROM ledger")
            bare = bare_import(place, daemon)
            rates.append(bare["seconds"] / imported)
            tell("calendar run", run=run, events=count, bytes=path.stat().st_size, occurrences=decided,
                 captured=bare["interactions"], import_seconds=round(imported, 2), bare_sqlite=bare,
                 of_bare_rate=round(rates[-1], 3), unchanged_status=status, unchanged_parse_ns=ran,
                 changed_events=count // 100, changed_occurrences=occurrences, changed_seconds=round(seconds, 3),
                 changed_seconds_from_question=round(asked, 3), bare_libical_seconds=round(parsed, 3),
                 of_bare_parse=round(ratios[-1], 2), peak_rss_mib=peak)
    tell("calendar changed in a hundredth against a bare libical parse", times=round(statistics.median(ratios), 2),
         must=2, aim=1.3)
    tell("calendar's first import against a bare SQLite loop", ratio=round(statistics.median(rates), 3), must=0.6)


def wait_for_all(daemon, count):
    """Until so many sources were looked at; the list counts what each has, so it is not asked often."""
    deadline = time.monotonic() + 600
    while True:
        sources = daemon.all("source.list")
        if len(sources) == count and all(source["last_complete"] for source in sources):
            return
        assert time.monotonic() < deadline, sources
        time.sleep(2)


class Polling:
    """Feeds asked one after the other, each with a hundredth of it changed, in a process of its own."""

    def __init__(self, daemon, server, feeds):
        self.polls, self.over = multiprocessing.Value("i", 0), multiprocessing.Event()
        self.begun = time.monotonic()
        self.process = multiprocessing.Process(target=self._poll, args=(daemon, server, feeds), daemon=True)
        self.process.start()

    def _poll(self, daemon, server, feeds):
        for feed in itertools.cycle(feeds):
            if self.over.is_set():
                return
            feed.change(len(feed.events) // 100)
            server.write(f"{feed.name}.ics", feed.text())
            ask(daemon, feed.name)
            self.polls.value += 1

    def end(self):
        """How many polls there were, and how many a second."""
        self.over.set()
        self.process.join(180)
        assert self.process.exitcode == 0, self.process.exitcode
        return self.polls.value, self.polls.value / (time.monotonic() - self.begun)


def bench_feeds(place, runs, count):
    """Live mail while count feeds of 500 events are polled, and while they are not."""
    authority = Authority(place / "ca")
    feeds = [Feed(f"team{n}", 500, seed=n) for n in range(count)]
    settings = "connect-rate = 1000/s\nconnect-rate-host = 1000/s"
    with Server(place / "nginx", authority) as server, Dovecot(place / "dovecot", authority) as mail:
        for feed in feeds:
            server.write(f"{feed.name}.ics", feed.text())
        with Daemon(place / "liaison", [account(mail)], settings) as daemon:
            add_contacts(daemon, PEOPLE)
            daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
            daemon.configure([account(mail)] + [calendar(server, feed.name) for feed in feeds])
            daemon.call("system.reload")
            wait_for_all(daemon, count + 1)
            later = []
            for run in range(runs):
                for feed in feeds:
                    feed.turn += 100  # above what the last run's process came to
                quiet = mail_delays(mail, daemon, f"quiet{run}", 40)
                polling = Polling(daemon, server, feeds)
                busy = mail_delays(mail, daemon, f"busy{run}", 40)
                polls, each_second = polling.end()
                later.append(statistics.median(busy) - statistics.median(quiet))
                tell("feeds run", run=run, feeds=count, mails=len(busy), polls=polls,
                     polls_per_second=round(each_second, 1), quiet_p50_ms=round(statistics.median(quiet), 2),
                     busy_p50_ms=round(statistics.median(busy), 2), quiet_p90_ms=round(quiet[len(quiet) * 9 // 10], 2),
                     busy_p90_ms=round(busy[len(busy) * 9 // 10], 2))
    tell("live mail while feeds are polled", later_p50_ms=round(statistics.median(later), 2), must=10)
