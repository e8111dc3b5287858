"""A daemon whose clocks are moved while it runs: the wall clock is set, the machine sleeps, all is stopped for a
while. No program dies of it, and mail goes on arriving."""

import os
import shutil
import signal
import struct
import subprocess
import time

import pytest

import daemon as running
from daemon import SANITIZED, Daemon, account, wait_until
from letters import letter
from reach import TOP, give

HOUR = 3600
YEAR = 365 * 24 * HOUR
PROGRAMS = ("liaison-engine", "liaison-fetch", "liaison-parse")


class Clocks:
    """Programs beside a liaisond of their own, which start with clocks.c preloaded."""

    def __init__(self, place):
        self.file = place / "clocks"
        self.bin = place / "bin"
        self.bin.mkdir()
        self.write(0, 0)
        library = self.bin / "clocks.so"
        subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", library, TOP / "tests/e2e/clocks.c", "-ldl"],
                       check=True)
        for name in ("liaisond", "liaison"):
            shutil.copy(running.BIN / name, self.bin / name)
        for name in PROGRAMS:
            script = self.bin / name
            script.write_text(f"#!/bin/sh\nexport LD_PRELOAD='{library}' LIAISON_TEST_CLOCKS='{self.file}'\n"
                              f"exec '{running.BIN / name}' \"$@\"\n")
            script.chmod(0o755)
        for path in (self.file, self.bin, *self.bin.iterdir()):
            give(path)

    def write(self, wall, slept):
        """In place: the programs have the file mapped."""
        self.wall, self.slept = wall, slept
        with open(self.file, "r+b" if self.file.exists() else "w+b") as out:
            out.write(struct.pack("qq", wall, slept))

    def sleep(self, seconds):
        self.write(self.wall + seconds, self.slept + seconds)


@pytest.fixture
def clocks(place, monkeypatch):
    if SANITIZED:
        pytest.skip("a sanitizer wants to be the first library of a program")
    made = Clocks(place)
    monkeypatch.setattr(running, "BIN", made.bin)
    return made


@pytest.fixture
def moved(place, server, clocks):
    """A daemon that watches me@own.example by IDLE and knows Ada."""
    with Daemon(place / "liaison", [account(server, poll="5m")]) as one:
        one.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
        one.wait_complete()
        yield one


def arrives(daemon, server, subject):
    server.append("INBOX", letter("ada@x.example", "me@own.example", subject))
    wait_until(lambda: subject in [i["subject"] for i in daemon.all("contact.timeline", contact="ada@x.example")],
               f"'{subject}'")


def programs(daemon):
    return {name: pids for name, pids in daemon.children().items() if name.startswith("liaison")}


def test_a_wall_clock_that_is_set_stops_nothing_and_holds_no_meeting(moved, server, clocks):
    before = programs(moved)
    assert len(before) == 4
    planned = moved.call("interaction.add", {"contact": ["ada@x.example"], "kind": "meeting", "at": "now+2d",
                                             "subject": "ahead"})
    now = int(time.time())
    for name, ahead in (("an hour", HOUR), ("an hour back", -HOUR), ("ten years", 10 * YEAR),
                        ("ten years back", -10 * YEAR), ("1970", 60 - now), ("2038", 2**31 - 5 - now),
                        ("2106", 2**32 - 5 - now), ("right", 0)):
        clocks.write(ahead, 0)
        arrives(moved, server, f"at {name}")
    wait_until(lambda: "the clock was set" in moved.tail(100000), "the engine's doubt of the clock")
    clocks.write(10 * YEAR, 0)
    time.sleep(7)  # the engine looks for meetings that have ended every five seconds
    assert moved.call("interaction.show", {"id": planned["id"]})["status"] == "planned"
    assert programs(moved) == before


def test_a_machine_that_slept_keeps_its_programs_and_looks_for_mail(moved, server, clocks):
    before = programs(moved)
    arrives(moved, server, "before")
    for hours in (8, 72):
        clocks.sleep(hours * HOUR)
        wait_until(lambda: f"slept for {hours * HOUR} s" in moved.tail(100000) or
                   f"slept for {hours * HOUR - 1} s" in moved.tail(100000), "the end of the sleep", 40)
        arrives(moved, server, f"after {hours} hours")
        wait_until(lambda: moved.source()["state"] == "idle", "IDLE")
    assert programs(moved) == before


def test_a_daemon_that_was_stopped_goes_on(moved, server):
    before = programs(moved)
    os.killpg(moved.process.pid, signal.SIGSTOP)
    server.append("INBOX", letter("ada@x.example", "me@own.example", "meanwhile"))
    time.sleep(3)  # stopped
    os.killpg(moved.process.pid, signal.SIGCONT)
    arrives(moved, server, "afterwards")
    assert {"meanwhile", "afterwards"} <= {i["subject"] for i in
                                           moved.all("contact.timeline", contact="ada@x.example")}
    assert programs(moved) == before
