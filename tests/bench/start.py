"""How soon a daemon with a large database is ready, after a clean end and after a kill in mid-work."""

import os
import signal
import sqlite3
import statistics
import time

from measure import memory, tell

from daemon import Client, Daemon, wait_until
from database import SCHEMA, write_database


def answers(daemon):
    try:
        with Client(daemon.socket) as client:
            return client.call("contact.timeline", {"contact": "C00001", "limit": 1})["items"]
    except (OSError, EOFError):
        return None


def seconds_to_an_answer(daemon):
    begun = time.monotonic()
    daemon.start(wait=False)
    wait_until(lambda: answers(daemon), "an answer", 60)
    return time.monotonic() - begun


def write_and_kill(daemon):
    """Leaves a log of some MiB behind."""
    with daemon.client() as client:
        for _ in range(50):
            client.call("contact.note", {"contact": "C00001", "note": "x" * 60000})
    for pid in daemon.children()["liaison-engine"]:
        os.kill(pid, signal.SIGKILL)
    daemon.kill()


def bench_start(place, runs, count):
    daemon = Daemon(place / "liaison")
    write_database(daemon.database, len(SCHEMA), count)
    with sqlite3.connect(daemon.database) as db:
        db.execute("PRAGMA journal_mode = WAL")
    clean, killed, engine = [], [], []
    for _ in range(runs):
        clean.append(seconds_to_an_answer(daemon))
        engine.append(memory(daemon.children()["liaison-engine"][0]))
        daemon.stop()
        daemon.start()
        write_and_kill(daemon)
        killed.append(seconds_to_an_answer(daemon))
        daemon.stop()
    tell("start", interactions=count, gigabytes=round(daemon.database.stat().st_size / 1e9, 2), runs=runs,
         seconds=round(statistics.median(clean), 2), after_a_kill=round(statistics.median(killed), 2),
         engine_MiB=round(max(engine), 1))
