"""Secrets: where they come from, and that they go nowhere else."""

import os
import signal

from daemon import Daemon, account, shown_by, wait_until
from dovecot import give

CANARY = "canary-7c1f-never-written"


def command_of(place, name, body):
    """A password command: a script of its own, as there is no shell."""
    script = place / name
    script.write_text("#!/bin/sh\n" + body + "\n")
    os.chmod(script, 0o755)
    give(script)
    return script


def account_by_command(server, command, name="work", user="me@own.example"):
    return account(server, name, user, password_file=None, password_command=command)


def traces_of(daemon, word):
    """Where word stands among what others can see or what is kept."""
    found = []
    for program, pids in daemon.children().items():
        for pid in pids:
            for file in ("cmdline", "environ"):
                if word in shown_by(pid, file):
                    found.append(f"{program} {file}")
    for path in daemon.dir.rglob("*"):
        if path.is_file() and word.encode() in path.read_bytes():
            found.append(str(path))
    return found


def test_a_secret_is_written_nowhere(place, server):
    (place / "kept").write_text(CANARY + "\n")
    os.chmod(place / "kept", 0o600)
    give(place / "kept")
    with Daemon(place / "liaison", [account_by_command(server, f"cat {place}/kept")], "log-level = debug") as daemon:
        source = wait_until(lambda: (s := daemon.source())["state"] in ("auth-failed", "error") and s, "the refusal")
        assert CANARY not in str(source)
        assert CANARY not in str(daemon.call("system.status")) and CANARY not in str(daemon.call("source.list"))
        assert traces_of(daemon, CANARY) == []
    assert traces_of(daemon, CANARY) == []


def test_the_command_is_run_again_at_each_login(place, server):
    runs = place / "runs"
    runs.write_text("")
    os.chmod(runs, 0o666)
    command = command_of(place, "ask", f"echo run >> {runs}\necho secret\necho 'not this' >&2")
    with Daemon(place / "liaison", [account_by_command(server, command)]) as daemon:
        daemon.wait_complete()
        before = len(runs.read_text().split())
        assert before >= 1
        server.restart()
        wait_until(lambda: len(runs.read_text().split()) > before, "another login", 60)
        assert "not this" in daemon.tail(100000)


def test_a_slow_command_holds_up_nobody_else_and_ends_with_the_daemon(place, server):
    slow = command_of(place, "slow", "exec sleep 600")
    with Daemon(place / "liaison", [account_by_command(server, slow, "slow", "two@own.example"), account(server)]) \
            as daemon:
        daemon.wait_complete("work")
        assert "sleep" in daemon.children() or any("slow" in name for name in daemon.children())
    assert not any(name in ("sleep", "slow") for name in daemon.children())


def test_a_command_that_fails_is_told_and_tried_again(place, server):
    flag = place / "works"
    command = command_of(place, "ask", f"[ -e {flag} ] || exit 3\necho secret")
    with Daemon(place / "liaison", [account_by_command(server, command)]) as daemon:
        source = wait_until(lambda: (s := daemon.source())["error"] and s, "the failure")
        assert "status 3" in source["error"] or "status 3" in daemon.tail(100000)
        flag.write_text("")
        daemon.process.send_signal(signal.SIGUSR2)  # connect anew, without waiting for the next try
        daemon.wait_complete(seconds=60)
