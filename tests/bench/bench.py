"""The figures of the README, measured beside what they are compared with. `make bench`, or
tests/bench/bench.py PART [--runs N] with PART of: backfill idle latency show calendar feeds
control start find contacts trust."""

import argparse
import json
import os
import platform
import shutil
import socket
import sqlite3
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from contacts import bench_contacts
from control import bench_control
from feeds import bench_calendar, bench_feeds
from finding import bench_find
from measure import PROGRAMS, TOP, add_contacts, cpu_seconds, mail_delays, peaks, tell
from start import bench_start
from trust import bench_trust

from daemon import Daemon, account, wait_until
from dovecot import Authority, Dovecot

PEOPLE = 20000
# X-Padding lines of 85 bytes: 1.5 KB of headers in all; two people in every other Cc: 3 parties on average
MAIL = {"people": PEOPLE, "pad": 14, "days": 80, "copied": 2}


def peers(place, server, count):
    """mbsync then mu index of the same mailbox; seconds of each."""
    home = place / "peer"
    shutil.rmtree(home, ignore_errors=True)
    (home / "mail").mkdir(parents=True)
    (home / "mbsyncrc").write_text(f"""
IMAPAccount a
Host localhost
Port {server.tls_port}
User me@own.example
Pass secret
SSLType IMAPS
CertificateFile {server.authority.ca}

IMAPStore far
Account a

MaildirStore near
Path {home}/mail/
Inbox {home}/mail/INBOX
SubFolders Verbatim

Channel c
Far :far:
Near :near:
Patterns INBOX
Create Near
Sync Pull
SyncState *
""")
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(home)}
    begun = time.monotonic()
    subprocess.run(["mbsync", "-c", home / "mbsyncrc", "-a", "-q"], check=True, env=environment, timeout=1800)
    synced = time.monotonic()
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": environment}
    subprocess.run(["mu", "init", "--maildir", home / "mail", "--muhome", home / "mu"], check=True, **quiet)
    subprocess.run(["mu", "index", "--muhome", home / "mu"], check=True, timeout=1800, **quiet)
    ended = time.monotonic()
    got = sum(1 for _ in (home / "mail/INBOX/new").iterdir()) + sum(1 for _ in (home / "mail/INBOX/cur").iterdir())
    assert got == count, (got, count)
    shutil.rmtree(home)
    return synced - begun, ended - synced


def backfill_once(place, server, count):
    directory = place / "liaison"
    shutil.rmtree(directory, ignore_errors=True)
    # contacts first, then the mailbox is configured and the backfill runs from nothing
    daemon = Daemon(directory, []).start()
    contacts = add_contacts(daemon, PEOPLE)
    daemon.stop()
    daemon.configure([account(server, since="all", level="metadata", folders="INBOX")])
    begun = time.monotonic()
    daemon.start()
    with daemon.client(timeout=600) as client:
        while True:
            jobs = client.all("backfill.list")
            if jobs and all(job["state"] == "done" for job in jobs):
                break
            time.sleep(0.02)
        seconds = time.monotonic() - begun
        row = [r for r in client.call("capture.verify", {"source": "work"})["items"] if r["folder"] is None][0]
    peak = peaks(daemon)
    used = {name: round(sum(cpu_seconds(pid) for pid in pids), 2) for name, pids in daemon.children().items()}
    assert daemon.stop() == 0
    assert row["decided"] == row["server"] == count and row["missing"] == 0, row
    bare = subprocess.run([PROGRAMS / "bare_sqlite", daemon.database, place / "bare.db"], check=True, capture_output=True,
                          text=True, timeout=600).stdout
    for left in place.glob("bare.db*"):
        left.unlink()
    bare = json.loads(bare)
    with sqlite3.connect(f"file:{daemon.database}?mode=ro", uri=True) as db:
        captured = db.execute("SELECT count(*) FROM interaction").fetchone()[0]
    return seconds, peak, used, bare, captured, contacts


def bench_backfill(place, runs, count):
    authority = Authority(place / "ca")
    with Dovecot(place / "dovecot", authority) as server:
        server.fill(count, **MAIL)
        # once through, so that the server's caches are alike for everybody
        connection = server.imap()
        connection.select("INBOX", readonly=True)
        connection.uid("FETCH", "1:*", "(UID INTERNALDATE RFC822.SIZE BODYSTRUCTURE BODY.PEEK[HEADER])")
        connection.logout()
        ratios, bare_ratios = [], []
        for run in range(runs):
            mbsync, mu = peers(place, server, count)
            seconds, peak, used, bare, captured, contacts = backfill_once(place, server, count)
            ratios.append((mbsync + mu) / seconds)
            rate = count / seconds
            bare_ratios.append(rate / bare["messages_per_second"])
            tell("backfill run", run=run, messages=count, contacts=contacts, captured=captured,
                 seconds=round(seconds, 2), messages_per_second=round(rate), mbsync_seconds=round(mbsync, 2),
                 mu_index_seconds=round(mu, 2), times_faster=round(ratios[-1], 2), bare_sqlite=bare,
                 of_bare_rate=round(bare_ratios[-1], 3), peak_rss_mib=peak, cpu_seconds=used)
        tell("backfill against mbsync then mu index", times_faster=round(statistics.median(ratios), 2), must=6, aim=12)
        tell("backfill against a bare SQLite loop", ratio=round(statistics.median(bare_ratios), 3), must=0.5, aim=0.8)


def bench_idle(place, runs, count):
    authority = Authority(place / "ca")
    with Dovecot(place / "dovecot", authority) as server:
        def watching(number, name):
            accounts = [account(server, f"m{n}", f"u{n}@own.example", folders="INBOX", idle="INBOX", poll="15m")
                        for n in range(number)]
            daemon = Daemon(place / name, accounts,
                            f"own-domains = own.example\nconnect-rate = 200/s\nconnect-rate-host = 200/s").start()
            wait_until(lambda: len([s for s in daemon.all("source.list") if s["state"] == "idle"]) == number,
                       f"{number} idle mailboxes", 300)
            time.sleep(3)
            return daemon

        def pss(pid):
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Private_Dirty:"):
                    return int(line.split()[1])
            return 0

        few = watching(10, "few")
        base = pss(few.children()["liaison-fetch"][0])
        few.stop()
        many = watching(count, "many")
        pids = [pid for pids in many.children().values() for pid in pids]
        each, shares = [], []
        for _ in range(runs):
            each.append((pss(many.children()["liaison-fetch"][0]) - base) / (count - 10))
            before = sum(cpu_seconds(pid) for pid in pids)
            time.sleep(30)
            shares.append((sum(cpu_seconds(pid) for pid in pids) - before) / 30 * 100)
        tell("idle mailboxes over TLS", mailboxes=count, kib_each_in_fetch=round(statistics.median(each), 1),
             must_kib=48, aim_kib=32, cpu_percent_of_all=round(statistics.median(shares), 3), must_percent=0.5)
        many.stop()


def bench_latency(place, runs, count):
    authority = Authority(place / "ca")
    with Dovecot(place / "dovecot", authority) as server, Daemon(place / "liaison", [account(server)]) as daemon:
        daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
        daemon.wait_complete()
        medians = []
        for run in range(runs):
            delays = mail_delays(server, daemon, f"r{run}", count)
            medians.append(statistics.median(delays))
            tell("latency run", run=run, mails=count, p50_ms=round(medians[-1], 2),
                 p90_ms=round(delays[int(count * 0.9)], 2))
        tell("new mail to watch event, after a bare IDLE client", p50_ms=round(statistics.median(medians), 2), must=10, aim=3)


def pump(path, requests, window):
    """Pipelined requests on one connection; per second."""
    line = b'{"jsonrpc":"2.0","id":1,"method":"contact.show","params":{"contact":"C00007"}}\n'
    sock = socket.socket(socket.AF_UNIX)
    sock.connect(str(path))
    sent = answered = 0
    begun = time.monotonic()
    while answered < requests:
        batch = min(window - (sent - answered), requests - sent)
        if batch > 0:
            sock.sendall(line * batch)
            sent += batch
        answers = sock.recv(1 << 20)
        assert b'"error"' not in answers, answers[:300]
        answered += answers.count(b"\n")
    seconds = time.monotonic() - begun
    sock.close()
    return requests / seconds


def bench_show(place, runs, count):
    authority = Authority(place / "ca")
    with Dovecot(place / "dovecot", authority) as server:
        server.fill(30000, **MAIL)
        rates, tails = [], []
        for run in range(runs):
            directory = place / f"liaison{run}"
            daemon = Daemon(directory, []).start()
            add_contacts(daemon, 3000)
            pump(daemon.socket, 5000, 128)
            rates.append(pump(daemon.socket, count, 128))
            daemon.stop()
            daemon.configure([account(server, since="all", folders="INBOX")])
            daemon.start()
            delays = []
            with daemon.client() as client, daemon.client() as other:
                wait_until(lambda: other.all("backfill.list"), "the backfill")
                while True:
                    for _ in range(200):
                        begun = time.monotonic()
                        client.call("contact.show", {"contact": "C00007"})
                        delays.append((time.monotonic() - begun) * 1000)
                    if all(job["state"] == "done" for job in other.all("backfill.list")):
                        break
            daemon.stop()
            delays.sort()
            tails.append(delays[int(len(delays) * 0.99)])
            tell("contact.show run", run=run, per_second=round(rates[-1]), samples=len(delays),
                 p50_ms=round(delays[len(delays) // 2], 3), p99_ms=round(tails[-1], 2))
        tell("contact.show pipelined on one connection", per_second=round(statistics.median(rates)), must=20000, aim=40000)
        tell("contact.show p99 while a backfill runs", ms=round(statistics.median(tails), 2), must=5)


PARTS = {"backfill": (bench_backfill, 50000), "idle": (bench_idle, 1000), "latency": (bench_latency, 60),
         "show": (bench_show, 100000), "calendar": (bench_calendar, 10000), "feeds": (bench_feeds, 200),
         "control": (bench_control, 1000), "start": (bench_start, 1000000), "find": (bench_find, 100000),
         "contacts": (bench_contacts, 100000), "trust": (bench_trust, 100000)}


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("parts", nargs="*", default=list(PARTS))
    arguments.add_argument("--runs", type=int, default=3)
    arguments.add_argument("--count", type=int)
    chosen = arguments.parse_args()
    schema = len(list((TOP / "lib/store/schema").glob("*.sql")))
    tell("machine", cpus=os.cpu_count(), kernel=platform.release(),
         settings=f"synchronous=FULL, journal_mode=WAL, schema {schema}, "
                  "database on the disk that holds the temporary directory")
    for part in chosen.parts:
        run, count = PARTS[part]
        place = Path(tempfile.mkdtemp(prefix="liaison-bench-", dir=os.environ.get("BENCH_DIR", "/var/tmp")))
        os.chmod(place, 0o755)
        try:
            run(place, chosen.runs, chosen.count or count)
        finally:
            shutil.rmtree(place, ignore_errors=True)


if __name__ == "__main__":
    main()
