"""contact.import of a CSV file beside a bare loop of the same rows (bare_contact.c), which writes them with the same
tables, indexes, checks and durability."""

import json
import os
import shutil
import statistics
import subprocess
import time

from measure import PROGRAMS, cpu_seconds, tell

from daemon import Daemon


def write_rows(path, count):
    """A tenth of them companies, half of the persons in one."""
    with open(path, "w") as file:
        file.write("name,type,email,city,street,post_code,phone,company\n")
        for i in range(count):
            if i % 10 == 0:
                file.write(f"Company {i},company,info@c{i}.example,Rome,Via Roma {i},0{i},+39 {i},\n")
            else:
                company = f"Company {i // 10 * 10}" if i % 2 else ""
                file.write(f"Ada Person{i},person,p{i}@x.example,Rome,Via Roma {i},0{i},+39 {i},{company}\n")


def bare_of(database, place):
    """Contacts a second of the bare loop of the same rows, and the CPU seconds of it."""
    copy = place / "bare.db"
    out = subprocess.run([PROGRAMS / "bare_contact", database, copy], check=True, capture_output=True, text=True,
                         timeout=600).stdout.split()
    for left in place.glob("bare.db*"):
        left.unlink()
    return float(out[0]), float(out[1])


def import_once(place, count):
    with Daemon(place / "liaison") as daemon:
        engine, = daemon.children()["liaison-engine"]
        begun, spent = time.monotonic(), cpu_seconds(engine)
        answer = json.loads(daemon.liaison("--json", "contact", "import", place / "rows.csv", timeout=3600).stdout)
        seconds, spent = time.monotonic() - begun, cpu_seconds(engine) - spent
        assert answer["added"] == count, answer
    bare_rate, bare_spent = bare_of(daemon.database, place)
    shutil.rmtree(place / "liaison")
    return {"contacts_per_second": round(count / seconds), "bare_contacts_per_second": round(bare_rate),
            "ratio": round(count / seconds / bare_rate, 3), "cpu_ratio": round(bare_spent / spent, 3),
            "engine_cpu_us_each": round(spent * 1e6 / count, 1),
            "bare_cpu_us_each": round(bare_spent * 1e6 / count, 1), "load": round(os.getloadavg()[0], 1)}


def bench_contacts(place, runs, count):
    write_rows(place / "rows.csv", count)
    ratios, cpu_ratios = [], []
    for run in range(runs):
        figures = import_once(place, count)
        ratios.append(figures["ratio"])
        cpu_ratios.append(figures["cpu_ratio"])
        tell("import run", run=run, contacts=count, **figures)
    tell("import against a bare SQLite loop", ratio=round(statistics.median(ratios), 3),
         cpu_ratio=round(statistics.median(cpu_ratios), 3), must=0.6)
