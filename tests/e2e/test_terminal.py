"""The client at a terminal, over ssh, and with files."""

import base64
import json
import os
import pty
import re
import select
import signal
import subprocess
import time

import pytest

from daemon import BIN, Daemon, account, wait_until
from imap_script import ScriptedServer, section
from letters import letter


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


# What would rule a terminal, or forge a line: OSC 52, CSI, the same in C1, DCS, turned writing, ends of lines.
HOSTILE = ("\x1b]52;c;ZXZpbA==\x07 \x1b[2J\x1b[31m \x9b31m \x9d0;x\x9c \x90q\x9c \u202eevil\u202c \u2066x\u2069 \u200f"
           " \x08\x08 \x7f \x00 \x0e \r\nforged: line \x85 \u2028 \u061c end")
OURS = re.compile("\x1b\\[[0-9;]*m")  # the bold of a heading
RULING = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
FORMATS = ("table", "json", "jsonl", "csv", "tsv", "ids")


def encoded(text):
    """As an encoded word of a header: nothing of it is seen before it is decoded."""
    return "=?utf-8?B?" + base64.b64encode(text.encode()).decode() + "?="


def assert_tame(text, what):
    found = RULING.search(OURS.sub("", text))
    assert found is None, f"{what}: {found[0]!r} in {text!r}"


def test_hostile_words_rule_no_terminal_and_forge_no_line(place, server):
    server.append("INBOX", letter(f"{encoded(HOSTILE)} <ada@x.example>", f"me@own.example, {encoded(HOSTILE)} <b@x.example>",
                                  encoded(HOSTILE), message_id="hostile@x.example"))
    server.append("INBOX", letter("stranger@y.example", "me@own.example", encoded("Re: " + HOSTILE)))
    with Daemon(place / "liaison", [account(server)], "log-level = debug") as daemon:
        daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
        daemon.wait_complete()
        wait_until(lambda: len(daemon.all("capture.list")) == 2, "both letters")
        taken = HOSTILE.replace("\x00", "")
        for method, params in (("contact.edit", {"contact": "C00001", "street": taken}),
                               ("contact.note", {"contact": "C00001", "note": taken}),
                               ("interaction.add", {"contact": ["C00001"], "kind": "call", "subject": taken})):
            with daemon.client() as client:
                client.send(method, params)
                client.line()  # taken as it is, taken tame, or refused: what is shown counts
        commands = [("contact", "list"), ("contact", "show", "C00001"), ("contact", "timeline", "C00001"),
                    ("contact", "note", "list", "C00001"), ("interaction", "list"), ("interaction", "show", "1"),
                    ("interaction", "search", "forged"), ("capture", "list"), ("capture", "explain", "1"),
                    ("system", "audit"), ("contact", "show", taken), (taken,), ("contact", "list", "--where", taken)]
        shown = 0
        for words in commands:
            for form in FORMATS:
                terminal = Terminal(daemon, "--format", form, *words)
                terminal.end()
                shown += "forged" in terminal.text
                assert_tame(terminal.text.replace("\r\n", "\n"), (words, form))
                assert "note" in words or "\nforged" not in terminal.text, (words, form)  # a note has lines
        assert shown > 30
        lines = daemon.log.read_bytes().decode().split("\n")
    assert_log_is_tame(lines)


def assert_log_is_tame(lines):
    for line in lines[:-1]:
        assert re.match("<[0-7]>(main|engine|fetch|parse): ", line), line
        assert_tame(line, "the log")


def test_hostile_servers_forge_no_line_of_the_log(place):
    """What a server says, what it calls its folders, and what a password command complains of."""
    raw = HOSTILE.replace("\r", "").replace("\n", "").encode()

    def login(server, handler, tag, line):
        return b"* BYE " + raw + b"\r\n" + f"{tag} NO [ALERT] ".encode() + raw + b"\r\n"

    complaint = place / "ask"
    complaint.write_bytes(b"#!/bin/sh\nprintf '" + raw.replace(b"\x00", b"") + b"\\n<0>main: forged\\n' >&2\nexit 1\n")
    complaint.chmod(0o755)
    with ScriptedServer(hooks={"login": login}) as rogue:
        other = section(rogue, name="other", password=None).replace("password = None", f"password-command = {complaint}")
        with Daemon(place / "liaison", [section(rogue), other], "log-level = debug",
                    expects_errors="rogue|other") as daemon:
            wait_until(lambda: "password command says" in daemon.tail(1 << 20), "the complaint")
            wait_until(lambda: daemon.source("rogue")["error"], "the refusal")
            terminal = Terminal(daemon, "source", "list")
            terminal.end()
            assert_tame(terminal.text.replace("\r\n", "\n"), "the sources")
            terminal = Terminal(daemon, "status")
            terminal.end()
            assert_tame(terminal.text.replace("\r\n", "\n"), "the status")
            lines = daemon.log.read_bytes().decode().split("\n")
    assert_log_is_tame(lines)
