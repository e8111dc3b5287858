"""The client: words out, records in."""

import csv
import io
import json

from daemon import Daemon


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
