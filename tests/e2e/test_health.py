"""How the daemon is: in one screen, for a monitoring check, and for Prometheus."""

import json
import os
import re
import socket
import sqlite3

from daemon import Daemon, account, wait_until
from dovecot import free_port
from letters import letter
from reach import give

HEAD = re.compile(r"# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)")
SAMPLE = re.compile(r'([a-zA-Z_:][a-zA-Z0-9_:]*)'
                    r'(?:\{((?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*",?)+)\})? (-?[0-9]+)')


def samples(text):
    """{(name, labels): value} of a text in Prometheus' format, read strictly."""
    assert text.endswith("\n")
    found, types, helps, order = {}, {}, {}, []
    for line in text[:-1].split("\n"):
        head = HEAD.fullmatch(line)
        if head:
            kept = types if head[1] == "TYPE" else helps
            assert head[2] not in kept, line
            assert head[1] == "HELP" or head[3] in ("gauge", "counter"), line
            kept[head[2]] = head[3]
            continue
        sample = SAMPLE.fullmatch(line)
        assert sample, line
        name, labels, value = sample.groups()
        assert name in types and name in helps, line
        assert (types[name] == "counter") == name.endswith("_total"), line
        if not order or order[-1] != name:
            assert name not in order, f"{name} in two places"
            order.append(name)
        assert (name, labels) not in found, line
        found[name, labels] = int(value)
    assert set(types) == set(helps) == set(order)
    return found


def test_a_status_tells_of_each_source_what_is_next(place, server):
    with Daemon(place / "liaison", [account(server)]) as daemon:
        server.append("INBOX", letter("ada@x.example", "me@own.example", "secret words"))
        daemon.wait_complete()
        wait_until(lambda: daemon.source()["state"] == "idle", "an idle source")
        status = daemon.call("system.status")
        source, = status["sources"]
        assert source["next"] == "waits for news" and source["age"] < 60
        assert (source["backlog"], source["wants"], source["quarantined"], source["next_at"]) == (0, 0, 0, None)
        assert (status["backlog"], status["wants"], status["quarantined"], status["stale"]) == (0, 0, 0, None)
        assert status["disk_free"] > 0 and status["database"]["size"] > 0
        lines = daemon.liaison("status").stdout.splitlines()
        assert len(lines) < 40 and any("work" in line for line in lines)
        health = json.loads(daemon.liaison("system", "health", "--json").stdout)
        assert health["ok"] is True and health["reasons"] == [] and health["sources"] == 1


def test_a_source_that_is_away_is_no_failure_until_it_is_long(place, server):
    """Offline, without a secret and refused are told apart."""
    bad = place / "bad"
    bad.write_text("wrong\n")
    bad.chmod(0o600)
    give(bad)
    away = account(server, name="away").replace(f"port = {server.tls_port}", f"port = {free_port()}")
    poor = account(server, name="poor", user="poor@own.example").replace(
        re.search("password-file.*", account(server))[0], "password-command = /bin/false")
    refused = account(server, name="bad", password_file=bad)
    with Daemon(place / "liaison", [away, poor, refused, account(server)]) as daemon:
        daemon.wait_complete()
        states = {"away": "offline", "poor": "no-secret", "bad": "auth-failed"}

        def told():
            return {name: daemon.source(name)["state"] for name in states} == states
        wait_until(told, "the three states")
        health = daemon.call("system.health")
        assert {one["name"]: one["reason"] for one in health["reasons"]} == {"poor": "no-secret", "bad": "auth-failed"}
        assert all(one["what"] == "source" and one["error"] for one in health["reasons"])
        for name in states:
            source = daemon.source(name)
            assert source["next"].startswith(("tries", "asks")) and source["next_at"] and source["age"] is None
        assert daemon.liaison("status", "--fail-stale", check=False).returncode == 75
        assert daemon.liaison("status", "--fail-stale", "--older-than", "1d").returncode == 0
        assert daemon.call("system.health", {"older_than": "1d"})["ok"] is True
        daemon.call("source.pause", {"source": "poor"})
        daemon.call("source.retire", {"source": "bad"})
        assert daemon.call("system.health")["ok"] is True


def test_a_daemon_that_begins_again_knows_for_how_long_a_source_is_away(place, server):
    with Daemon(place / "liaison", [account(server)]) as daemon:
        daemon.wait_complete()
        daemon.stop()
        with sqlite3.connect(daemon.database) as db:
            db.execute("UPDATE source SET last_complete = last_complete - 3 * 86400")
        daemon.configure([account(server).replace(f"port = {server.tls_port}", f"port = {free_port()}")])
        daemon.start()
        wait_until(lambda: daemon.source()["error"], "a server that is away")
        health = daemon.call("system.health", {"older_than": "1d"})
        assert [one["reason"] for one in health["reasons"]] == ["offline"]
        assert daemon.liaison("status", "--fail-stale", "--older-than", "1d", check=False).returncode == 75
        assert daemon.call("system.health", {"older_than": "4d"})["ok"] is True


def test_the_metrics_file_is_what_prometheus_reads(place, server):
    figures = place / "metrics"
    figures.mkdir()
    give(figures)
    file = figures / "liaison.prom"
    with Daemon(place / "liaison", [account(server)], settings=f"metrics-file = {file}\n") as daemon:
        server.append("INBOX", letter("Ada Canary <ada.canary@x.example>", "me@own.example", "canary words"))
        daemon.wait_complete()

        def read():
            return file.exists() and samples(file.read_text())
        wait_until(lambda: (read() or {}).get(("liaison_source_up", 'source="work"')) == 1, "the figures", 40)
        found = read()
        assert found["liaison_up", None] == 1 and found["liaison_ailing_sources", None] == 0
        assert found["liaison_items_total", None] == 1
        assert found["liaison_source_quarantined_messages", 'source="work"'] == 0
        assert found["liaison_source_last_complete_timestamp_seconds", 'source="work"'] > 1_000_000_000
        state, = [labels for name, labels in found if name == "liaison_source_state"]
        assert state.startswith('source="work",state="')
        assert "canary" not in file.read_text().lower() and "own.example" not in file.read_text()
        assert not list(figures.glob("*.part"))


def test_the_journal_gets_fields_from_inside_the_sandbox(place, server):
    """A socket stands for the journal's."""
    journal = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    journal.bind(str(place / "journal"))
    os.chmod(place / "journal", 0o777)
    journal.settimeout(20)
    away = account(server, name="away").replace(f"port = {server.tls_port}", f"port = {free_port()}")
    daemon = Daemon(place / "liaison", [away])
    daemon.log.touch()
    give(daemon.log)
    here = daemon.log.stat()
    daemon.environment = {"JOURNAL_STREAM": f"{here.st_dev}:{here.st_ino}",
                          "LIAISON_TEST_JOURNAL": str(place / "journal")}
    with daemon:
        while True:
            fields = dict(line.split("=", 1) for line in journal.recv(1 << 16).decode()[:-1].split("\n"))
            assert fields["PRIORITY"] in "34567" and fields["SYSLOG_IDENTIFIER"] == "liaisond"
            if fields.get("LIAISON_SOURCE") == "away":
                break
        assert fields["MESSAGE"].startswith("fetch: away: ") and len(fields["MESSAGE_ID"]) == 32
    assert daemon.log.read_text() == ""
    journal.close()
