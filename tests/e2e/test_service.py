"""One service: start, stop, reload, one instance, backups."""

import fcntl
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest

from daemon import BIN, SANITIZED, Client, Daemon, account, wait_until
from imap_script import ScriptedServer, section
from letters import letter
from reach import TOP, become, give, ordinary_user


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
                    f"password-file = {place}/none\nbudget = 1M\nca-file = {place}/ca\n")
    conf.chmod(0o600)
    answer = run("-c", conf, "--check-config")
    assert answer.returncode == 0
    lines = answer.stderr.splitlines()
    assert all(line.startswith("liaisond: warning: ") for line in lines)
    for word in (f"{place}/none", f"{conf}:8: 'budget' has no effect", f"{place}/ca"):
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


def hung_clients(daemon):
    """Clients that wait for ever, that do not read what they asked for, and that stopped in the middle of a word."""
    clients = [daemon.client() for _ in range(40)]
    for n, client in enumerate(clients):
        if n % 4 == 0:
            client.send("source.sync", {"source": "login"})
        elif n % 4 == 1:
            for _ in range(50):
                client.send("contact.list", {"limit": 1000})
        elif n % 4 == 2:
            client.send("system.backup", {"output": "x"})
            client.send("watch")
        else:
            client.send("contact.note", {"contact": "C00001", "file": "-"})
            client.write(b'{"jsonrpc":"2.0","id":1,"method":"con')
    return clients


def test_stops_in_time_with_hung_servers_hung_clients_and_full_queues(place, server):
    server.fill(3000)
    steps = ("greeting", "capability", "login", "list", "fetch")
    hung = [ScriptedServer(fault=lambda at, _, step=step: "stall" if at == step else None) for step in steps]
    sections = [section(one.__enter__(), name=step) for one, step in zip(hung, steps)]
    daemon = Daemon(place / "liaison", sections).start()
    try:
        with daemon.client() as client:
            for n in range(1000):
                client.send("contact.add", {"name": f"Somebody {n}", "street": "a long street " * 6})
            client.answer(client.next_id)
        wait_until(lambda: all(one.connections for one in hung), "a connection to each server")
        daemon.configure([*sections, account(server, since="all")])
        daemon.call("system.reload")
        clients = hung_clients(daemon)
        wait_until(lambda: daemon.call("capture.list", {"limit": 1})["items"], "the first decision")
        begun = time.monotonic()
        status = daemon.stop()
        seconds = time.monotonic() - begun
        print(f"stopped in {seconds:.2f} s")
        assert status == 0 and seconds < (30 if SANITIZED else 5)
        assert "not everybody stopped in time" not in daemon.tail(1 << 20)
    finally:
        for one in (*hung, *clients):
            one.__exit__()


def test_a_log_that_nobody_reads_holds_nobody_up(place, server):
    """What a full pipe does not take is counted, and told when there is room again."""
    ends = os.pipe()
    fcntl.fcntl(ends[1], fcntl.F_SETPIPE_SZ, 16384)
    if os.getuid() == 0:
        os.fchown(ends[1], ordinary_user().pw_uid, -1)  # whoever it runs as has made its pipe
    daemon = Daemon(place / "liaison", [account(server)], "log-level = debug")
    daemon.process = subprocess.Popen([BIN / "liaisond", "-c", daemon.config], env={"PATH": "/usr/bin:/bin"},
                                      stderr=ends[1], start_new_session=True, **become())
    os.close(ends[1])
    try:
        daemon.wait_ready()
        daemon.wait_complete()
        for _ in range(100):
            daemon.process.send_signal(signal.SIGUSR1)  # asks for lines of the log
            daemon.call("system.reload")
        for program, pids in daemon.children().items():
            if os.getuid() == 0:  # two that write at the same time would wait for each other's room, if they could
                flags = Path(f"/proc/{pids[0]}/fdinfo/2").read_text().split("flags:")[1].split()[0]
                assert int(flags, 8) & os.O_NONBLOCK, program
        os.set_blocking(ends[0], False)
        text = os.read(ends[0], 1 << 20).decode()
        assert 8192 < len(text) <= 16384 and text.endswith("\n")

        def told():
            nonlocal text
            daemon.call("system.reload")
            try:
                text += os.read(ends[0], 1 << 20).decode()
            except BlockingIOError:
                pass
            return "log lines could not be written" in text
        wait_until(told, "the count of what was dropped")
        begun = time.monotonic()
        assert daemon.stop() == 0 and time.monotonic() - begun < (30 if SANITIZED else 5)
    finally:
        daemon.kill()
        os.close(ends[0])


def test_a_hung_engine_is_replaced(place, server):
    """Stopped, it answers nobody; liaisond sees that it gives no sign of life. Its ticks are shortened."""
    with Daemon(place / "liaison", [account(server)], environment={"LIAISON_TEST_TICK_MS": "600"}) as daemon:
        daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
        daemon.wait_complete()
        engine = daemon.children()["liaison-engine"][0]
        os.kill(engine, signal.SIGSTOP)
        wait_until(lambda: daemon.children().get("liaison-engine", [engine]) != [engine], "another engine", 60)
        daemon.wait_ready()
        assert "it gives no sign of life" in daemon.tail(1 << 20)
        server.append("INBOX", letter("ada@x.example", "me@own.example", "after it"))
        wait_until(lambda: daemon.all("interaction.list"), "mail after it", 60)


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
    daemon = Daemon(place / "liaison", [account(server)], expects_errors="liaisond is gone").start()
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
        wait_until(lambda: [p for p in backups.glob("liaison-*Z.db") if p.stat().st_size > 0], "the first backup")


def unit_tree(place, source):
    """The units with a program in the place of ours that is there: verify looks for it."""
    tree = place / f"{source.name}-units"
    tree.mkdir()
    for unit in source.iterdir():
        if unit.suffix in (".service", ".socket"):
            (tree / unit.name).write_text(re.sub(r"(?m)^(Exec\w+=)\S*liaisond\b", r"\1/bin/true", unit.read_text()))
    return tree


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_the_units_of_users_and_the_drop_in_are_sound(place):
    """Those of the system are looked at by tests/run units."""
    def verify(*words):
        answer = subprocess.run(["systemd-analyze", "verify", "--man=no", *words], capture_output=True, text=True, timeout=60,
                                env={"PATH": "/usr/bin:/bin", "XDG_RUNTIME_DIR": str(place), "HOME": str(place)})
        assert answer.returncode == 0 and answer.stderr == "", answer.stderr

    user = unit_tree(place, TOP / "systemd/user")
    verify("--user", user / "liaisond.service", user / "liaisond.socket")
    system = unit_tree(place, TOP / "systemd")
    drop_in = system / "liaisond.service.d"
    drop_in.mkdir()
    shutil.copy(TOP / "systemd/many-mailboxes.conf", drop_in)
    verify(system / "liaisond.service")
    (drop_in / "many-mailboxes.conf").write_text("[Service]\nLimitNOFILES=1\n")
    with pytest.raises(AssertionError, match="LimitNOFILES"):  # it is read
        verify(system / "liaisond.service")


def test_the_drop_in_has_room_for_a_thousand_mailboxes():
    """Three connections each, at the 26 KiB and the one descriptor that its comment tells of."""
    text = (TOP / "systemd/many-mailboxes.conf").read_text()
    settings = dict(line.split("=") for line in text.splitlines() if "=" in line and line[0] != "#")
    unit = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
    high, most = (int(settings[key][:-1]) * unit[settings[key][-1]] for key in ("MemoryHigh", "MemoryMax"))
    assert "26 KiB" in text and "one descriptor" in text
    assert int(settings["LimitNOFILE"].split(":")[1]) >= 10_000 * 3 + 2048
    assert high < most and high >= 5 * 1000 * 3 * 26 * 1024  # the engine and parse want theirs, too


def test_the_sandboxes_refuse_what_they_must():
    """At least forty things for each program, of which each is told."""
    answer = run("--check-sandbox")
    assert answer.returncode == 0, answer.stdout
    refused = {}
    for line in answer.stdout.splitlines():
        if line.startswith("liaison-"):
            program = line
        else:
            word, what = line.split(None, 1)
            assert word in ("refused", "missing"), line
            refused.setdefault(program, set()).update({what} if word == "refused" else ())
    assert set(refused) == {"liaison-engine", "liaison-fetch", "liaison-parse"}
    assert all(len(names) >= (5 if SANITIZED else 40) for names in refused.values()), refused
