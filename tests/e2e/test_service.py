"""One service: start, stop, reload, one instance, backups."""

import os
import signal
import socket
import sqlite3
import subprocess
import time

from daemon import BIN, Client, Daemon, account, wait_until
from dovecot import become, give
from letters import letter


def run(*words, environment=None, **options):
    return subprocess.run([BIN / "liaisond", *map(str, words)], capture_output=True, text=True, timeout=60,
                          env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", **(environment or {})}, **options)


def test_says_its_version():
    answer = run("--version")
    assert answer.returncode == 0 and "liaison" in answer.stdout


def test_check_config_names_file_line_and_every_mistake(place):
    conf = place / "bad.conf"
    conf.write_text("[liaison]\ndatabse = /x\nunmatched = perhaps\n[account a]\nhost = h\nport = 99999\n"
                    "[acount b]\n")
    conf.chmod(0o600)
    answer = run("-c", conf, "--check-config")
    assert answer.returncode == 78
    for line, word in ((2, "databse"), (3, "perhaps"), (6, "99999"), (7, "acount")):
        assert any(f"{conf}:{line}:" in text and word in text for text in answer.stderr.splitlines()), answer.stderr
    assert "database" in answer.stderr  # the suggestion


def test_warns_of_what_is_right_and_may_surprise(place):
    conf = place / "odd.conf"
    conf.write_text(f"[liaison]\ndatabase = {place}/x.db\nsocket = {place}/s\n[account a]\nhost = localhost\nuser = u\n"
                    f"password-file = {place}/none\non-delete = remove\nca-file = {place}/ca\n")
    conf.chmod(0o600)
    answer = run("-c", conf, "--check-config")
    assert answer.returncode == 0
    lines = answer.stderr.splitlines()
    assert all(line.startswith("liaisond: warning: ") for line in lines)
    for word in (f"{place}/none", f"{conf}:8: 'on-delete' has no effect", f"{place}/ca"):
        assert any(word in line for line in lines), answer.stderr


def test_refuses_a_readable_file_with_a_literal_secret(place):
    conf = place / "open.conf"
    conf.write_text(f"[liaison]\ndatabase = {place}/x.db\nsocket = {place}/s\n[account a]\nhost = localhost\nuser = u\npassword = hunter2\n")
    conf.chmod(0o644)
    answer = run("-c", conf, "--check-config")
    assert answer.returncode == 78 and "hunter2" not in answer.stderr
    conf.chmod(0o600)
    assert run("-c", conf, "--check-config").returncode == 0


def test_a_second_instance_is_refused_and_names_the_pid(daemon):
    answer = subprocess.run([BIN / "liaisond", "-c", daemon.config], capture_output=True, text=True, timeout=60,
                            env={"PATH": "/usr/bin:/bin"}, **become())
    assert answer.returncode == 75
    assert str(daemon.process.pid) in answer.stderr
    assert daemon.call("system.version")


def test_stops_within_five_seconds_in_the_middle_of_a_backfill(place, server):
    server.fill(5000)
    daemon = Daemon(place / "liaison", [account(server)]).start()
    wait_until(lambda: daemon.call("capture.list", {"limit": 1})["items"], "the first decision")
    begun = time.monotonic()
    status = daemon.stop()
    assert status == 0 and time.monotonic() - begun < 5.5
    with daemon:
        daemon.wait_complete(seconds=60)
        row = daemon.verify()
        assert row["server"] == row["decided"] == 5000 and row["missing"] == 0


def test_reload_takes_a_new_source_and_keeps_the_old_configuration_when_the_new_is_bad(place, server):
    expected = r"liaison\.conf:\d+: .*'(hots|two)'|the old one stays"
    with Daemon(place / "liaison", [account(server)], expects_errors=expected) as daemon:
        daemon.wait_complete()
        daemon.configure([account(server), account(server, "two", "two@own.example")])
        daemon.process.send_signal(signal.SIGHUP)
        wait_until(lambda: {s["name"] for s in daemon.all("source.list")} == {"work", "two"}, "the new source")
        daemon.wait_complete("two")
        daemon.configure([account(server), "[account two]\nhots = x\n"])
        daemon.process.send_signal(signal.SIGHUP)
        wait_until(lambda: "hots" in daemon.tail(), "the complaint")
        assert {s["name"] for s in daemon.all("source.list")} == {"work", "two"}
        server.append("INBOX", letter("ada@x.example", "me@own.example", "still here"))
        wait_until(lambda: daemon.all("capture.list"), "capture after the bad reload")


def test_a_renamed_source_keeps_its_history(place, server):
    server.append("INBOX", letter("ada@x.example", "me@own.example", "before"))
    with Daemon(place / "liaison", [account(server)]) as daemon:
        daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
        daemon.wait_complete()
        daemon.call("source.rename", {"old": "work", "new": "office"})
        daemon.configure([account(server, "office")])
        daemon.process.send_signal(signal.SIGHUP)
        daemon.wait_complete("office")
        server.append("INBOX", letter("ada@x.example", "me@own.example", "after"))
        wait_until(lambda: len(daemon.all("interaction.list")) == 2, "the later mail")
        assert [s["name"] for s in daemon.all("source.list")] == ["office"]
        assert {r["source"] for r in daemon.all("capture.list")} == {"office"}
        row = daemon.verify("office")
        assert row["decided"] == row["server"] == 2 and row["duplicate"] == 0


def test_a_backfill_started_anew_in_mid_run_reaches_the_new_window(place, server):
    server.fill(3000, days=80)
    with Daemon(place / "liaison", [account(server, since="20d")]) as daemon:
        wait_until(lambda: daemon.call("capture.list", {"limit": 1})["items"], "the first decision")
        daemon.call("backfill.start", {"source": "work", "since": "1y"})
        daemon.call("backfill.pause", {"source": "work"})
        daemon.call("backfill.resume", {"source": "work"})
        daemon.wait_complete(seconds=60)
        row = daemon.verify()
        assert row["decided"] == row["server"] == 3000 and row["missing"] == 0 == row["outside_window"]


def test_health_is_not_ok_while_a_login_is_refused(place, server):
    bad = place / "bad"
    bad.write_text("wrong\n")
    bad.chmod(0o600)
    give(bad)
    with Daemon(place / "liaison", [account(server, password_file=bad)]) as daemon:
        wait_until(lambda: daemon.source()["state"] == "auth-failed", "the refusal")
        assert daemon.call("system.health")["ok"] is False
        assert daemon.liaison("status", "--fail-stale", check=False).returncode == 75


def test_a_reload_may_bring_a_new_ca_file(place, server):
    with Daemon(place / "liaison", []) as daemon:
        time.sleep(0.5)  # fetch is in its sandbox by now
        daemon.configure([account(server)])
        daemon.process.send_signal(signal.SIGHUP)
        wait_until(lambda: daemon.all("source.list"), "the source")
        daemon.wait_complete()


def test_speaks_sd_notify_and_takes_an_activated_socket(place, server):
    notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    notify.bind(str(place / "notify"))
    os.chmod(place / "notify", 0o666)
    notify.settimeout(30)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(place / "activated"))
    listener.listen(16)
    os.chmod(place / "activated", 0o666)
    daemon = Daemon(place / "liaison", [account(server)],
                    environment={"NOTIFY_SOCKET": str(place / "notify"), "WATCHDOG_USEC": "4000000"})
    daemon.configure(settings=f"database = {daemon.database}\nsocket = {place}/activated")
    program = ("import os,sys; os.dup2(int(sys.argv[1]),3); os.set_inheritable(3,True); "
               "os.environ.update(LISTEN_FDS='1',LISTEN_PID=str(os.getpid())); os.execv(sys.argv[2],sys.argv[2:])")
    with open(daemon.log, "ab") as out:
        daemon.process = subprocess.Popen(
            ["/usr/bin/python3", "-c", program, str(listener.fileno()), BIN / "liaisond", "-c", daemon.config],
            env={"PATH": "/usr/bin:/bin", **daemon.environment}, pass_fds=[listener.fileno()], stdout=out,
            stderr=out, start_new_session=True, **become())
    seen = ""
    while "READY=1" not in seen:
        seen += notify.recv(65536).decode() + "\n"
    with Client(place / "activated") as client:
        assert client.call("system.version")
    while seen.count("WATCHDOG=1") < 2 or "STATUS=" not in seen:
        seen += notify.recv(65536).decode() + "\n"
    daemon.socket = place / "activated"
    assert daemon.stop() == 0
    notify.setblocking(False)
    try:
        while True:
            seen += notify.recv(65536).decode() + "\n"
    except BlockingIOError:
        pass
    assert "STOPPING=1" in seen
    listener.close()


def test_a_killed_child_is_replaced_and_nothing_is_lost(daemon, server):
    daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
    daemon.wait_complete()
    for n, program in enumerate(("liaison-parse", "liaison-fetch", "liaison-engine")):
        pid = daemon.children()[program][0]
        os.kill(pid, signal.SIGKILL)
        server.append("INBOX", letter("ada@x.example", "me@own.example", f"after {program}"))

        def there():
            try:
                return any(i["subject"] == f"after {program}" for i in daemon.all("interaction.list"))
            except OSError:
                return False
            except EOFError:
                return False
        wait_until(there, f"mail after the death of {program}", 40)
        assert daemon.children()[program] != [pid]
    daemon.wait_complete()
    row = daemon.verify()
    assert row["decided"] == row["server"] == 3 and row["missing"] == 0


def test_children_end_when_liaisond_is_killed(place, server):
    daemon = Daemon(place / "liaison", [account(server)]).start()
    daemon.wait_complete()
    os.kill(daemon.process.pid, signal.SIGKILL)
    daemon.process.wait(10)
    wait_until(lambda: not daemon.children(), "the children's end")
    with daemon:
        daemon.wait_complete()


def test_backup_check_and_restore(place, server):
    with Daemon(place / "liaison", [account(server)]) as daemon:
        daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
        server.append("INBOX", letter("ada@x.example", "me@own.example", "one"))
        wait_until(lambda: daemon.all("interaction.list"), "one")
        copy = place / "copy.db"
        daemon.liaison("system", "backup", copy)
        give(copy)
        server.append("INBOX", letter("ada@x.example", "me@own.example", "two"))
        wait_until(lambda: len(daemon.all("interaction.list")) == 2, "two")
    with sqlite3.connect(f"file:{copy}?mode=ro", uri=True) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert db.execute("SELECT count(*) FROM v_interactions").fetchone() == (1,)
    assert run("-c", daemon.config, "--check-backup", copy, **become()).returncode == 0
    junk = place / "junk.db"
    junk.write_bytes(b"not a database at all" * 100)
    give(junk)
    assert run("-c", daemon.config, "--check-backup", junk, **become()).returncode != 0
    answer = run("-c", daemon.config, "--restore", copy, **become())
    assert answer.returncode == 0, answer.stderr
    assert len(list(daemon.dir.glob("liaison.db.*"))) >= 1  # the old one is kept
    with daemon:
        daemon.wait_complete()
        wait_until(lambda: len(daemon.all("interaction.list")) == 2, "two again, after capture")
        row = daemon.verify()
        assert row["decided"] == row["server"] == 2


def test_scheduled_backups_are_made_and_kept(place, server):
    backups = place / "backups"
    backups.mkdir()
    give(backups)
    settings = f"backup-directory = {backups}\nbackup-every = 60s\nbackup-keep = 2"
    with Daemon(place / "liaison", [account(server)], settings):
        wait_until(lambda: [p for p in backups.iterdir() if p.stat().st_size > 0], "the first backup")
