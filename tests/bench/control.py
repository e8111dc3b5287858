"""The control socket under a crowd (tests/e2e/crowd.py): how long a status takes, and what is left of a backfill."""

import json
import shutil
import signal
import statistics
import subprocess
import sys
import time

from measure import TOP, add_contacts, cpu_seconds, peaks, tell

from daemon import Daemon, account
from dovecot import Authority, Dovecot

PEOPLE = 20000
MAIL = {"people": PEOPLE, "pad": 14, "days": 80, "copied": 2}
MESSAGES = 60000
SETTLED = 3  # seconds after which the slow readers have all they will take


class Crowd:
    """`with Crowd(daemon, clients):`; its figures afterwards."""

    def __init__(self, daemon, clients):
        self.daemon, self.clients, self.figures = daemon, clients, {}

    def __enter__(self):
        self.process = subprocess.Popen(
            [sys.executable, "-B", TOP / "tests/e2e/crowd.py", self.daemon.socket, str(self.clients), "600"],
            stdout=subprocess.PIPE, text=True)
        self.process.stdout.readline()
        time.sleep(SETTLED)
        self.process.send_signal(signal.SIGUSR1)
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.figures = json.loads(self.process.stdout.readline())
        self.process.wait()


def backfill(daemon, server):
    """Seconds from the reload that brings the mailbox to the end of its backfill."""
    daemon.configure([account(server, since="all", level="metadata", folders="INBOX")])
    begun = time.monotonic()
    daemon.call("system.reload")
    with daemon.client(timeout=600) as client:
        while True:
            jobs = client.all("backfill.list")
            if jobs and all(job["state"] == "done" for job in jobs):
                return time.monotonic() - begun
            time.sleep(0.02)


def used(daemon):
    """CPU seconds of all its programs."""
    return sum(cpu_seconds(pid) for pids in daemon.children().values() for pid in pids)


def measure(place, server, clients):
    """Messages a second, CPU microseconds a message, the crowd's figures, and the largest of each program in MiB."""
    directory = place / "liaison"
    shutil.rmtree(directory, ignore_errors=True)
    daemon = Daemon(directory, []).start()
    add_contacts(daemon, PEOPLE)
    crowd = Crowd(daemon, clients) if clients else None
    if crowd is None:
        before = used(daemon)
        seconds = backfill(daemon, server)
    else:
        with crowd:
            before = used(daemon)
            seconds = backfill(daemon, server)
    each = (used(daemon) - before) / MESSAGES * 1e6
    largest = peaks(daemon)
    row = daemon.verify()
    assert row["decided"] == row["server"] == MESSAGES and row["missing"] == 0, row
    assert daemon.stop() == 0
    return MESSAGES / seconds, round(each, 1), crowd and crowd.figures, largest


def bench_control(place, runs, count):
    authority = Authority(place / "ca")
    with Dovecot(place / "dovecot", authority) as server:
        server.fill(MESSAGES, **MAIL)
        measure(place, server, 0)  # so that the server's caches are alike for everybody
        ratios, tails = [], []
        for run in range(runs):
            alone, each_alone, _, _ = measure(place, server, 0)
            beside, each, figures, largest = measure(place, server, count)
            ratios.append(beside / alone)
            tails.append(figures["p99_ms"])
            tell("control run", run=run, clients=count, messages_per_second_alone=round(alone),
                 messages_per_second=round(beside), ratio=round(ratios[-1], 3), cpu_us_a_message_alone=each_alone,
                 cpu_us_a_message=each, crowd=figures, peak_rss_mib=largest)
        tell("status p99 in a crowd while a backfill runs", ms=round(statistics.median(tails), 2), must=50)
        tell("backfill in a crowd against the same alone", ratio=round(statistics.median(ratios), 3), must=0.9)
