"""The client: words out, records in."""

import csv
import io
import json
import os
import subprocess
from pathlib import Path

import pytest

from daemon import BIN, Daemon


def start(place):
    daemon = Daemon(place / "liaison").start()
    daemon.call("contact.add", {"name": "Ada Lovelace", "email": ["ada@x.example"], "city": "London"})
    daemon.call("contact.add", {"name": "=cmd|' /C calc'!A0", "type": "company"})
    return daemon


def test_formats_and_exit_codes(place):
    daemon = start(place)
    try:
        shown = json.loads(daemon.liaison("--json", "contact", "show", "C00001").stdout)
        assert shown["name"] == "Ada Lovelace"
        listed = json.loads(daemon.liaison("--json", "contact", "list").stdout)
        assert [c["no"] for c in listed["items"]] == ["C00001", "C00002"] and listed["next"] is None
        lines = daemon.liaison("--jsonl", "contact", "list").stdout.splitlines()
        assert [json.loads(line)["no"] for line in lines] == ["C00001", "C00002"]
        assert daemon.liaison("--format", "ids", "contact", "list").stdout.split() == ["C00001", "C00002"]
        rows = list(csv.reader(io.StringIO(daemon.liaison("--format", "csv", "--fields", "no,name", "contact", "list").stdout)))
        assert rows[0] == ["no", "name"] and rows[1] == ["C00001", "Ada Lovelace"]
        assert not rows[2][1].startswith("=")
        plain = daemon.liaison("contact", "list").stdout
        assert "Ada Lovelace" in plain and "\x1b" not in plain
        for code, words in ((2, ("contact", "shew")), (2, ("contact", "add")), (3, ("contact", "show", "C00009")),
                            (6, ("contact", "remove", "C00001"))):
            answer = daemon.liaison(*words, check=False)
            assert answer.returncode == code and answer.stderr.startswith("liaison: "), (words, answer)
            assert answer.stdout == ""
        answer = daemon.liaison("--json", "contact", "show", "C00009", check=False)
        assert json.loads(answer.stderr)["data"]["name"] == "not-found" and answer.stdout == ""
        assert daemon.liaison("-y", "contact", "remove", "C00001").returncode == 0
    finally:
        daemon.stop()


def test_a_daemon_that_is_not_there_is_exit_69(place):
    daemon = Daemon(place / "liaison")
    answer = daemon.liaison("status", check=False)
    assert answer.returncode == 69 and "liaison: " in answer.stderr


@pytest.mark.skipif(Path(f"/run/user/{os.getuid()}").exists() or Path("/run/liaison/control").exists(),
                    reason="there is a place for a socket")
def test_says_what_to_set_where_no_socket_is_known(place):
    answer = subprocess.run([BIN / "liaison", "status"], capture_output=True, text=True, timeout=30,
                            env={"PATH": "/usr/bin:/bin", "HOME": str(place)})
    assert answer.returncode == 69 and "XDG_RUNTIME_DIR is not set" in answer.stderr


def test_control_characters_never_reach_a_terminal(place):
    daemon = start(place)
    try:
        daemon.call("interaction.add", {"contact": ["C00001"], "kind": "note", "subject": "plain subject",
                                        "note": "a\tb"})
        import os
        import pty
        import subprocess
        from daemon import BIN
        parent, child = pty.openpty()
        process = subprocess.Popen([BIN / "liaison", "--socket", daemon.socket, "--no-pager", "--color", "never",
                                    "contact", "list"],
                                   stdout=child, stderr=child, stdin=subprocess.DEVNULL)
        os.close(child)
        process.wait(30)
        text = os.read(parent, 65536).decode()
        os.close(parent)
        assert "Ada Lovelace" in text and "\x1b" not in text
    finally:
        daemon.stop()


def test_completion_and_help(place):
    daemon = start(place)
    try:
        for shell in ("bash", "zsh", "fish"):
            assert "liaison" in daemon.liaison("completion", shell).stdout
        assert "contact" in daemon.liaison("--help").stdout
        assert "timeline" in daemon.liaison("contact", "--help").stdout
        assert "--email" in daemon.liaison("contact", "add", "--help").stdout
    finally:
        daemon.stop()


def test_follows_next_to_the_end(place):
    daemon = start(place)
    try:
        with daemon.client() as client:
            for n in range(250):
                client.send("contact.add", {"name": f"Person {n}"})
            for n in range(250):
                client.line()
        assert len(daemon.liaison("--format", "ids", "contact", "list").stdout.split()) == 252
        assert len(daemon.liaison("--format", "ids", "contact", "list", "--limit", "7").stdout.split()) == 7
    finally:
        daemon.stop()


def test_an_unknown_field_is_named_with_those_there_are(place):
    daemon = start(place)
    try:
        for form in ("table", "json", "jsonl", "csv", "tsv"):
            answer = daemon.liaison("--format", form, "--fields", "no,nmae", "contact", "list", check=False)
            assert answer.returncode == 2 and answer.stdout == "", answer
            assert "'nmae'" in answer.stderr and "'name'" in answer.stderr and "emails" in answer.stderr
        assert daemon.liaison("--fields", "bogus", "contact", "show", "C00001", check=False).returncode == 2
        assert daemon.liaison("--format", "tsv", "--fields", "no,emails.email", "contact", "list").returncode == 0
    finally:
        daemon.stop()


def test_an_unknown_field_undoes_no_write(place):
    daemon = start(place)
    try:
        for form in ("table", "json", "csv"):
            answer = daemon.liaison("--format", form, "--fields", "bogus", "contact", "add", f"Bo {form}", check=False)
            assert answer.returncode == 0 and "'bogus'" in answer.stderr, answer
            assert f"Bo {form}" in answer.stdout and "person" in answer.stdout
        answer = daemon.liaison("-n", "--fields", "bogus", "contact", "add", "Cy", check=False)
        assert answer.returncode == 2 and answer.stdout == ""
        answer = daemon.liaison("--format", "tsv", "--fields", "no,name", "contact", "add", "Di", check=False)
        assert answer.stdout.endswith("\tDi\n") and answer.stderr == ""
        assert len(daemon.all("contact.list", where="name ~ 'Bo*'")) == 3
    finally:
        daemon.stop()


def test_a_noun_alone_tells_its_verbs(place):
    daemon = start(place)
    try:
        answer = daemon.liaison("contact", check=False)
        assert answer.returncode == 2 and answer.stdout == ""
        assert "'contact' needs a verb" in answer.stderr and "contact timeline" in answer.stderr
        answer = daemon.liaison("contact", "email", check=False)
        assert answer.returncode == 2 and "contact email remove" in answer.stderr
        assert "contact timeline" not in answer.stderr
        answer = daemon.liaison("--json", "contact", check=False)
        error = json.loads(answer.stderr)
        assert answer.returncode == 2 and "email add" in error["data"]["hint"] and error["code"] == -32601
    finally:
        daemon.stop()
