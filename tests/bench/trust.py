"""What rules and proof cost on 100,000 decisions and 50,000 messages of a server: the past of an address matched again
beside the bare SQL of the same rows (bare_rematch.c), drafts of rules tried beside a bare walk over what they look
at, and verify beside a bare UID SEARCH of the same server."""

import base64
import json
import os
import shutil
import socket
import sqlite3
import ssl
import statistics
import subprocess
import time

from measure import PROGRAMS, cpu_seconds, tell

from daemon import Daemon, account, wait_until
from dovecot import Authority, Dovecot
from reach import give

OF_ADA = 10000
FOLDER = 50000  # messages that are verified
MAIL = {"people": 20000, "pad": 1, "days": 80, "copied": 0}
DRAFTS = {
    "few rows": "ignore: subject ~ \"*number 777*\"\nlevel text: from ~ \"*@company7.example\"\n"
                "ignore: any-address = ada@x.example\n",
    "every row, by one rule": "ignore: size > 1\n",
    "every row, by twenty rules": "".join(f"ignore: subject ~ \"*word{n}*\" or from ~ \"*@none{n}.example\"\n"
                                          for n in range(18)) + "level snippet: size > 1\nkeep: size > 2\n",
}


def offline(place):
    """A daemon with the source that the base is of, whose server is not there."""
    secret = place / "secret"
    secret.write_text("secret\n")
    os.chmod(secret, 0o600)
    give(secret)
    return Daemon(place / "liaison", [f"[account bench]\nhost = 127.0.0.1\nport = 1\ntls = none\nuser = me\n"
                                      f"password-file = {secret}\nlevel = text\npoll = 1h\n"],
                  expects_errors="bench|refused")


def engine_of(daemon):
    engine, = daemon.children()["liaison-engine"]
    return engine


LEFT = """SELECT (SELECT max(id) FROM message) > (SELECT counted FROM candidate_state)
    OR EXISTS (SELECT 1 FROM candidate_message) OR EXISTS (SELECT 1 FROM candidate_past)"""


def settled(daemon):
    """Candidates are counted, and the engine rests."""
    engine, last = engine_of(daemon), [-1.0]

    def rests():
        with sqlite3.connect(f"file:{daemon.database}?mode=ro", uri=True) as db:
            left, = db.execute(LEFT).fetchone()
        used, last[0] = last[0], cpu_seconds(engine)
        time.sleep(0.3)
        return not left and used == last[0]

    wait_until(rests, "the engine's rest", 600)


def base(place, count):
    """The path of the ledger's database, with Ada in it, who has no address yet."""
    daemon = offline(place)
    subprocess.run([PROGRAMS / "capture_slices", daemon.database, str(count), str(OF_ADA)], check=True,
                   capture_output=True, timeout=900)
    give(daemon.database)
    daemon.start()
    daemon.call("contact.add", {"name": "Ada"})
    settled(daemon)
    daemon.stop()
    path = place / "base.db"
    shutil.copy(daemon.database, path)
    return path


def matched_once(place, before):
    """Seconds and CPU seconds of the command, rows, seconds and CPU seconds of the bare loop."""
    daemon, copy = offline(place), place / "bare.db"
    shutil.copy(before, daemon.database)
    give(daemon.database)
    shutil.copy(before, copy)
    daemon.start()
    settled(daemon)
    engine = engine_of(daemon)
    with daemon.client(timeout=600) as client:
        ada = client.call("contact.find", {"text": "Ada"})["items"][0]["no"]
        begun, spent = time.monotonic(), cpu_seconds(engine)
        client.call("contact.email.add", {"contact": ada, "email": "ada@x.example"})
        seconds, spent = time.monotonic() - begun, cpu_seconds(engine) - spent
    daemon.stop()
    out = subprocess.run([PROGRAMS / "bare_rematch", copy, daemon.database], check=True, capture_output=True, text=True,
                         timeout=600).stdout.split()
    for left in [*place.glob("bare.db*"), *place.glob("liaison/liaison.db*")]:
        left.unlink()
    assert int(out[0]) == OF_ADA, out
    return seconds, spent, float(out[1]), float(out[2])


def measure_match(place, runs, before):
    ratios, spent_ratios = [], []
    for run in range(runs):
        seconds, spent, bare, bare_spent = matched_once(place, before)
        ratios.append(seconds / bare)
        spent_ratios.append(spent / bare_spent)
        tell("rematch run", run=run, messages=OF_ADA, seconds=round(seconds, 3), cpu=round(spent, 2),
             bare_seconds=round(bare, 3), bare_cpu=round(bare_spent, 2), ratio=round(ratios[-1], 2),
             cpu_ratio=round(spent_ratios[-1], 2), load=round(os.getloadavg()[0], 1))
    tell("rematch of an address against the bare SQL of its rows", ratio=round(statistics.median(ratios), 2), must=3,
         cpu_ratio=round(statistics.median(spent_ratios), 2))


def tried(client, draft):
    number = client.send("rule.test", {"file": "draft"})
    client.write(json.dumps({"jsonrpc": "2.0", "method": "data", "params": {
        "id": number, "chunk": base64.b64encode(draft.encode()).decode(), "last": True}}).encode() + b"\n")
    return client.answer(number)


def bare_walk(database):
    """Seconds of one statement that reads what rules look at."""
    begun = time.monotonic()
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as db:
        db.execute("SELECT count(*), sum(length(m.subject)), sum(length(a.address)) FROM ledger l"
                   " JOIN message m ON m.id = l.message_id JOIN party p ON p.message_id = m.id"
                   " JOIN address a ON a.id = p.address_id").fetchone()
    return time.monotonic() - begun


def measure_trial(place, runs, before, count):
    daemon = offline(place)
    shutil.copy(before, daemon.database)
    give(daemon.database)
    daemon.start()
    settled(daemon)
    engine = engine_of(daemon)
    with daemon.client(timeout=600) as client:
        for name, draft in DRAFTS.items():
            times, used, bare = [], [], []
            for _ in range(runs):
                begun, spent = time.monotonic(), cpu_seconds(engine)
                answer = tried(client, draft)
                times.append(time.monotonic() - begun)
                used.append(cpu_seconds(engine) - spent)
                bare.append(bare_walk(before))
            assert answer["messages"] == count, answer
            tell("rule test", draft=name, rows=count, changed=answer["changed"], seconds=round(statistics.median(times), 2),
                 must=2, cpu=round(statistics.median(used), 2), bare_walk_seconds=round(statistics.median(bare), 2),
                 load=round(os.getloadavg()[0], 1))
    daemon.stop()


class Bare:
    """A logged-in TLS connection with a folder open, that only reads bytes."""

    def __init__(self, server):
        context = ssl.create_default_context(cafile=str(server.authority.ca))
        self.socket = context.wrap_socket(socket.create_connection(("127.0.0.1", server.tls_port)),
                                          server_hostname="localhost")
        self.run("LOGIN me@own.example secret")
        self.run("EXAMINE INBOX")

    def run(self, command):
        self.socket.sendall(f"t {command}\r\n".encode())
        begun, tail = time.monotonic(), b""
        while b"\r\nt OK" not in tail and not tail.startswith(b"t OK"):
            tail = tail[-20:] + self.socket.recv(1 << 18)
        return time.monotonic() - begun


def verified(client):
    begun = time.monotonic()
    row = [row for row in client.call("capture.verify", {"source": "work"})["items"] if row["folder"] is None][0]
    assert row["decided"] == row["server"] == FOLDER and row["missing"] == 0, row
    return time.monotonic() - begun


def compare_verify(server, daemon, window, runs):
    bare, ours, searches = Bare(server), [], []
    children = {name: pids[0] for name, pids in daemon.children().items()}
    used = {name: cpu_seconds(pid) for name, pid in children.items()}
    with daemon.client(timeout=600) as client:
        for _ in range(runs * 10):
            searches.append(bare.run("UID SEARCH ALL"))
            ours.append(verified(client))
    used = {name.removeprefix("liaison-"): round((cpu_seconds(pid) - used[name]) * 1000 / len(ours), 1)
            for name, pid in children.items()}
    ratios = [mine / other for mine, other in zip(ours, searches)]
    tell("verify against a bare UID SEARCH ALL", messages=FOLDER, window=window, ms=round(statistics.median(ours) * 1000, 1),
         bare_ms=round(statistics.median(searches) * 1000, 1), ratio=round(statistics.median(ratios), 2), must=2,
         cpu_ms_each=used, load=round(os.getloadavg()[0], 1))
    bare.socket.close()


def measure_verify(place, runs):
    with Dovecot(place / "dovecot", Authority(place / "ca")) as server:
        server.fill(FOLDER, **MAIL)
        for window in ("all", "90d"):
            with Daemon(place / f"verify-{window}", [account(server, since=window, level="metadata", folders="INBOX",
                                                             poll="1h")]) as daemon:
                daemon.wait_complete(seconds=900)
                settled(daemon)
                compare_verify(server, daemon, window, runs)


def bench_trust(place, runs, count):
    before = base(place, count)
    measure_match(place, runs, before)
    measure_trial(place, runs, before, count)
    measure_verify(place, runs)
