"""The client at a terminal, over ssh, and with files."""

import json
import os
import pty
import select
import signal
import subprocess
import time

import pytest

from daemon import BIN, Daemon


@pytest.fixture
def running(place):
    with Daemon(place / "liaison") as daemon:
        daemon.call("contact.add", {"name": "Ada Lovelace", "email": ["ada@x.example"], "city": "London"})
        yield daemon


class Terminal:
    """The client with a terminal on all three descriptors."""

    def __init__(self, daemon, *words, columns=100):
        self.parent, child = pty.openpty()
        subprocess.run(["stty", "cols", str(columns), "rows", "40"], stdin=child, check=True)
        self.process = subprocess.Popen(
            [BIN / "liaison", "--socket", daemon.socket, *words], stdin=child, stdout=child, stderr=child,
            start_new_session=True, env={"PATH": "/usr/bin:/bin", "TERM": "xterm", "TZ": "UTC", "PAGER": "cat"})
        os.close(child)
        self.text = ""

    def read(self, until=None, seconds=20):
        """What is shown until the word, or the end."""
        deadline = time.monotonic() + seconds
        while until is None or until not in self.text:
            assert time.monotonic() < deadline, self.text
            if not select.select([self.parent], [], [], 0.2)[0]:
                continue
            try:
                more = os.read(self.parent, 65536)
            except OSError:  # the other side is closed
                break
            if not more:
                break
            self.text += more.decode()
        return self.text

    def type(self, text):
        os.write(self.parent, text.encode())

    def end(self):
        self.read()
        os.close(self.parent)
        return self.process.wait(20)


def test_a_list_is_a_table_with_a_heading(running):
    terminal = Terminal(running, "contact", "list")
    assert terminal.end() == 0
    heading, row = terminal.text.split("\r\n")[:2]
    assert heading.startswith("\x1b[1mNO") and "NAME" in heading
    assert row.startswith("C00001  Ada Lovelace  person")


def test_a_table_is_as_wide_as_the_terminal(running):
    for n in range(3):
        running.call("contact.add", {"name": f"{n} " + "long " * 18})
    terminal = Terminal(running, "--color", "never", "contact", "list", columns=70)
    assert terminal.end() == 0
    lines = [line for line in terminal.text.split("\r\n") if line]
    assert len(lines) == 5 and all(len(line) <= 70 for line in lines), lines
    assert "…" in terminal.text


def test_a_record_is_a_line_for_each_field(running):
    terminal = Terminal(running, "--color", "never", "contact", "show", "C00001")
    assert terminal.end() == 0
    assert "city" in terminal.text and "job_title" not in terminal.text
    terminal = Terminal(running, "--color", "never", "-v", "contact", "show", "C00001")
    assert terminal.end() == 0 and "job_title" in terminal.text


def test_asks_before_what_must_be_confirmed(running):
    terminal = Terminal(running, "contact", "remove", "C00001")
    assert "Ada Lovelace" in terminal.read("[y/N]")
    terminal.type("n\n")
    assert terminal.end() == 6
    assert [c["no"] for c in running.all("contact.list")] == ["C00001"]
    terminal = Terminal(running, "contact", "remove", "C00001")
    terminal.read("[y/N]")
    terminal.type("y\n")
    assert terminal.end() == 0
    assert running.all("contact.list") == []


def test_a_dry_run_changes_nothing(running):
    answer = running.liaison("-n", "contact", "add", "Nobody")
    assert "nothing was changed" in answer.stderr
    assert len(running.all("contact.list")) == 1


def test_watch_ends_well_when_it_is_interrupted(running):
    watch = subprocess.Popen([BIN / "liaison", "--socket", running.socket, "--json", "watch"], text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    time.sleep(0.5)
    running.call("interaction.add", {"contact": ["C00001"], "kind": "call", "subject": "about engines"})
    event = json.loads(watch.stdout.readline())
    assert event["kind"] == "interaction.recorded" and event["record"]["subject"] == "about engines"
    watch.send_signal(signal.SIGINT)
    assert watch.wait(20) == 0 and watch.stderr.read() == ""


def test_a_backup_goes_to_a_file_or_to_standard_output(running, place):
    copy = place / "copy.db"
    running.liaison("system", "backup", copy)
    assert copy.read_bytes().startswith(b"SQLite format 3\0")
    assert copy.stat().st_mode & 0o777 == 0o600
    assert not list(place.glob("*.part"))
    with open(place / "other.db", "wb") as out:
        assert subprocess.run([BIN / "liaison", "--socket", running.socket, "system", "backup", "-"], stdout=out,
                              timeout=60).returncode == 0
    assert (place / "other.db").read_bytes().startswith(b"SQLite format 3\0")
    assert (place / "other.db").stat().st_size == copy.stat().st_size
    answer = running.liaison("system", "backup", place / "no" / "such" / "folder", check=False)
    assert answer.returncode == 74 and not (place / "no").exists()


def test_asks_another_machine_over_ssh(running, place):
    ssh = place / "ssh"
    ssh.write_text('#!/bin/sh\n[ "$2" = ada@far ] || exit 255\nshift 2\nexec sh -c "$*"\n')
    ssh.chmod(0o755)
    environment = {"PATH": f"{place}:{BIN}:/usr/bin:/bin"}
    words = [BIN / "liaison", "--socket", running.socket, "--format", "ids", "contact", "list"]
    answer = subprocess.run([*words, "-H", "ada@far"], env=environment, capture_output=True, text=True, timeout=60)
    assert (answer.returncode, answer.stdout) == (0, "C00001\n"), answer.stderr
    assert subprocess.run([*words, "-H", "near"], env=environment, capture_output=True, timeout=60).returncode == 69
    assert subprocess.run([*words, "-H", "-oProxyCommand=x"], env=environment, capture_output=True,
                          timeout=60).returncode == 2
