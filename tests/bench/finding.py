"""A base of 100,000 contacts and a million interactions (base.c): how long showing, listing and finding them takes
over the socket, beside the same calls of the library; how long adding one takes, and what looks at all of them."""

import hashlib
import os
import random
import shutil
import sqlite3
import subprocess
import time

from measure import PROGRAMS, TOP, cpu_seconds, memory, tell

from daemon import Daemon, RpcError
from reach import give

INTERACTIONS_A_CONTACT = 10
SEED = int(os.environ.get("LIAISON_SEED", "4711"))
TEXTS = [  # what people type, and what no index is made for
    "a", "e", "an", "er", "%", "_", "0", "49", "171", "ann", "com", "info", "example", "berlin", "gmbh", "müller",
    "anna berlin", "gmbh berlin", "info example", "a b c d e f g h", "xyzzyq", "zzzzzzzzzzzz", "王", "小明",
    "ковалев", "παπαδοπουλος", "x" * 4000, "word " * 700, "münhcen", "eichnacher", "Novak Praha", "@", "a@", ".", "-"]
LISTS = [
    {}, {"sort": "name"}, {"sort": "-last_interaction"}, {"where": "type = company"}, {"where": "city = Praha"},
    {"where": 'name ~ "anna*"'}, {"where": 'name ~ "*ova*"'}, {"where": "type = person and interactions > 100"},
    {"where": "company_name ~ \"Berg*\"", "sort": "city"}, {"where": "last_interaction >= today-30d"},
    {"where": 'has email(email ~ "*@gmail.com")'}, {"where": "not has interaction"},
    {"where": "has interaction(kind = call and at >= today-400d)"}]


def prepared(contacts):
    """The base, made once and kept until what makes it changes."""
    digest = hashlib.sha256(str((contacts, SEED)).encode())
    for file in [TOP / "tests/bench/base.c", *sorted((TOP / "lib/store/schema").glob("*.sql")),
                 *sorted((TOP / "lib/crm").glob("find_*.c")), TOP / "lib/crm/contact_index.c"]:
        digest.update(file.read_bytes())
    path = TOP / "build/bench" / f"base-{contacts}-{digest.hexdigest()[:12]}.db"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        begun, unfinished = time.monotonic(), path.with_suffix(".new")
        for left in path.parent.glob(unfinished.name + "*"):
            left.unlink()
        subprocess.run([PROGRAMS / "base", unfinished, str(contacts), str(contacts * INTERACTIONS_A_CONTACT), str(SEED)],
                       check=True, timeout=3600)
        unfinished.rename(path)
        tell("base made", contacts=contacts, seconds=round(time.monotonic() - begun, 1))
    return path


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def timed(client, method, params):
    begun = time.monotonic()
    result = client.call(method, params)
    return (time.monotonic() - begun) * 1000, result


def bare(database, lines):
    """Milliseconds of the same calls of the library, and those of the processor: (wall, used) each."""
    out = subprocess.run([PROGRAMS / "bare_finding", database], input="".join(line + "\n" for line in lines), check=True,
                         capture_output=True, text=True, timeout=600).stdout
    return [tuple(float(figure) / 1000 for figure in line.split()) for line in out.splitlines()]


def texts_of(database, chance, count):
    """TEXTS, and words of some contacts, whole, begun, misspelt, exchanged."""
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as db:
        rows = db.execute("SELECT c.name, c.no, c.phone, (SELECT address FROM contact_email WHERE contact_id = c.id)"
                          " FROM contact c WHERE c.id % ? = 7", (max(1, 100000 // count),)).fetchall()
    texts = []
    for name, no, phone, address in rows[:count]:
        letter = chance.randrange(len(name))
        texts += [name, name[:4], name[:letter] + name[letter + 1:], " ".join(reversed(name.split())), no]
        texts += [text for text in (phone, address) if text]
    return TEXTS * 3 + texts


def compare(what, database, requests, daemon_ms, must):
    """requests: the words for bare_finding, in the order of daemon_ms."""
    alone = bare(database, requests)
    tell(what, samples=len(daemon_ms), p50_ms=round(percentile(daemon_ms, 0.5), 2), p99_ms=round(percentile(daemon_ms, 0.99), 2),
         most_ms=round(max(daemon_ms), 2), must_ms=must, library_p99_ms=round(percentile([wall for wall, _ in alone], 0.99), 2),
         library_cpu_p99_ms=round(percentile([used for _, used in alone], 0.99), 2),
         ratio=round(sum(daemon_ms) / sum(wall for wall, _ in alone), 2))


def measure_reads(daemon, copy, runs, chance, contacts):
    texts = texts_of(copy, chance, 100 * runs)
    numbers = [f"C{chance.randrange(1, contacts):05}" for _ in range(500 * runs)] + ["C00001"] * 20
    with daemon.client(timeout=600) as client:
        for what, method, param, words, must in (("contact.show", "contact.show", "contact", numbers, 2),
                                                 ("contact.timeline, first page", "contact.timeline", "contact", numbers, 2),
                                                 ("contact.find", "contact.find", "text", texts, 20)):
            times = [timed(client, method, {param: word})[0] for word in words]
            if method == "contact.find":
                slow = sorted(zip(times, words), reverse=True)[:5]
                tell("the slowest to find", texts={word[:40]: round(ms, 1) for ms, word in slow})
            compare(what, copy, [f"{method.split('.')[1]} {word}" for word in words], times, must)


def measure_lists(daemon, runs):
    engine, = daemon.children()["liaison-engine"]
    with daemon.client(timeout=600) as client:
        for params in LISTS:
            for extra in ({}, {"count": True}):
                used = cpu_seconds(engine)
                try:
                    times = [timed(client, "contact.list", {**params, **extra})[0] for _ in range(max(3, runs))]
                except RpcError as error:
                    tell("contact.list", **params, **extra, error=error.message)
                    continue
                used = (cpu_seconds(engine) - used) / len(times) * 1000
                tell("contact.list", **params, **extra, ms=round(percentile(times, 0.5), 2), cpu_ms=round(used, 1))


def measure_adding(daemon, runs, chance):
    times, (engine,) = [], daemon.children()["liaison-engine"]
    used = cpu_seconds(engine)
    with daemon.client(timeout=600) as client:
        for number in range(200 * runs):
            name = f"{chance.choice(['Anna', 'Otto', 'Zita'])} {chance.choice(['Svoboda', 'Kovářova'])} {number}"
            times.append(timed(client, "contact.add", {"name": name, "city": "Brno", "phone": f"+420 777 {number:06}",
                                                       "email": [f"n{number}@new.example"]})[0])
    tell("contact.add with its look for duplicates and its commit", samples=len(times),
         p50_ms=round(percentile(times, 0.5), 2), p99_ms=round(percentile(times, 0.99), 2), must_ms=5,
         cpu_ms_each=round((cpu_seconds(engine) - used) / len(times) * 1000, 2))


def measure_whole(daemon, methods):
    engine, = daemon.children()["liaison-engine"]
    with daemon.client(timeout=1200) as client:
        for method, params in methods:
            begun, used = time.monotonic(), cpu_seconds(engine)
            try:
                client.call(method, params)
            except RpcError as error:
                tell(method, error=error.message)
                continue
            tell(method, **params, seconds=round(time.monotonic() - begun, 2),
                 cpu_seconds=round(cpu_seconds(engine) - used, 2))


def bench_find(place, runs, count):
    chance, base = random.Random(SEED), prepared(count)
    daemon = Daemon(place / "liaison")
    shutil.copy(base, daemon.database)
    give(daemon.database)
    copy = place / "copy.db"
    shutil.copy(base, copy)
    begun = time.monotonic()
    daemon.start()
    tell("first start on it", contacts=count, megabytes=round(base.stat().st_size / 1e6),
         seconds=round(time.monotonic() - begun, 2))
    measure_reads(daemon, copy, runs, chance, count)
    measure_lists(daemon, runs)
    measure_adding(daemon, runs, chance)
    measure_whole(daemon, [("system.check", {}), ("contact.duplicates", {"limit": 10})])
    tell("engine", most_MiB=round(max(memory(pid) for pid in daemon.children()["liaison-engine"]), 1))
    daemon.stop()
