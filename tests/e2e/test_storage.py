"""The database under bad conditions: full, locked, damaged, foreign, older, restored, held by others."""

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import time

import pytest

from calendars import event, feed, meetings, section, soon
from daemon import BIN, Daemon, RpcError, account, wait_until
from database import SCHEMA, write_database
from letters import letter, person
from reach import RUNNING, become, give, ordinary_user

HINT = "liaisond --restore"


def liaisond(daemon, *words):
    return subprocess.run([BIN / "liaisond", "-c", daemon.config, *map(str, words)], capture_output=True, text=True,
                          timeout=60, env={"PATH": "/usr/bin:/bin", "HOME": str(daemon.dir)}, **become())


def subjects(daemon):
    return sorted(one["subject"] for one in daemon.all("interaction.list"))


def health(daemon):
    return daemon.call("system.health")


def trouble(daemon):
    return daemon.call("system.status")["database"]["trouble"]


def captured_once(path):
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
        rows = db.execute("SELECT m.message_id, count(*) FROM interaction i JOIN message m ON m.id = i.message_id"
                          " GROUP BY m.message_id").fetchall()
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert {count for name, count in rows if name is not None} <= {1}
    return {name for name, _ in rows}


# ---- a full disk


class OnSmallDisk(Daemon):
    """A daemon whose database lies on a disk of its own of some bytes, seen by nobody else."""

    def __init__(self, directory, size, *words, **options):
        super().__init__(directory, *words, **options)
        self.size = size
        self.disk = self.dir / "disk"
        self.disk.mkdir()
        self.database = self.disk / "liaison.db"
        self.configure()

    def start(self, wait=True):
        RUNNING.add(self)
        user = ordinary_user()
        mount = f"mount -t tmpfs -o size={self.size},mode=0700,uid={user.pw_uid},gid={user.pw_gid} tmpfs {self.disk}"
        with open(self.log, "ab") as out:
            self.process = subprocess.Popen(
                ["unshare", "-m", "sh", "-c", f"{mount} && exec setpriv --reuid {user.pw_uid} --regid {user.pw_gid} "
                 f"--clear-groups {BIN}/liaisond -c {self.config}"],
                env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(self.dir)}, stdin=subprocess.DEVNULL,
                stdout=out, stderr=out, cwd="/", start_new_session=True)
        self.wait_ready()
        return self

    def seen(self, name):
        """A file of the disk, from outside."""
        return f"/proc/{self.process.pid}/root{self.disk}/{name}"

    def room(self):
        state = os.statvfs(self.seen(""))
        return state.f_bavail * state.f_frsize


def may_mount(place):
    if os.getuid() != 0:
        return False
    (place / "try").mkdir()
    words = f"mount -t tmpfs -o size=1m tmpfs {place}/try"
    return subprocess.run(["unshare", "-m", "sh", "-c", words], capture_output=True).returncode == 0


def test_a_full_disk_pauses_capture_and_loses_nothing(place, server):
    if not may_mount(place):
        pytest.skip("a disk of its own takes mount, which is not permitted here; unit tests fill one in the file system")
    people, count, events = 60, 4000, 300
    calendar = place / "team.ics"
    calendar.write_bytes(feed(event("0@cal", soon(hours=1))))
    with OnSmallDisk(place / "liaison", 32 << 20,
                     [account(server, poll="2s"), section("team", f"file://{calendar}")],
                     expects_errors="the disk is full") as daemon:
        for n in range(people):
            name, address = person(n)
            daemon.call("contact.add", {"name": name, "email": [address]})
        daemon.wait_complete()
        ids = server.fill(count, people=people, user="stage@own.example")  # half-written files are not to be seen
        with open(daemon.seen("ballast"), "wb") as ballast:
            ballast.write(bytes(daemon.room() - (400 << 10)))
        for path in (server.maildir("stage@own.example") / "cur").iterdir():
            path.rename(server.maildir() / "cur" / path.name)
        wait_until(lambda: daemon.call("system.status")["capture_waits"] == "the disk is full", "the full disk", 60)
        answer = health(daemon)
        assert answer["ok"] is False and answer["database"] == "the disk is full"
        # What is there can be read, and what cannot be written is refused in the same words.
        assert len(daemon.all("contact.list")) == people
        assert daemon.call("system.stats")["contacts"] == people
        with pytest.raises(RpcError) as refusal:
            while True:
                daemon.call("contact.note", {"contact": "C00001", "note": "x" * 30000})
        assert refusal.value.name == "storage" and "the disk is full" in refusal.value.message
        calendar.write_bytes(feed(*(event(f"{n}@cal", soon(hours=n + 1), attendees=(person(n % people)[1],))
                                    for n in range(events))))
        asking = daemon.client()
        asking.send("source.sync", {"source": "team"})
        wait_until(lambda: "team: waits, as nothing can be written: the disk is full" in daemon.tail(), "the calendar", 30)
        os.unlink(daemon.seen("ballast"))
        wait_until(lambda: daemon.call("system.status")["capture_waits"] is None, "room again", 30)
        daemon.wait_complete(seconds=60)
        wait_until(lambda: daemon.verify()["decided"] == count, "all decided", 60)
        row = daemon.verify()
        assert row["captured"] == row["server"] == count and row["missing"] == row["quarantined"] == 0
        wait_until(lambda: len(meetings(daemon)) == events, "all meetings", 30)
        asking.close()
        assert daemon.call("system.check")["ok"] is True
        assert health(daemon)["database"] is None
        shutil.copy(daemon.seen("liaison.db"), place / "copy.db")
        shutil.copy(daemon.seen("liaison.db-wal"), place / "copy.db-wal")
        assert captured_once(place / "copy.db") - {None} == set(ids)


# ---- a lock


def test_another_program_that_holds_the_lock_is_named_and_waited_for(place, server):
    with Daemon(place / "liaison", [account(server, poll="2s")],
                expects_errors="locked by another program") as daemon:
        daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
        daemon.wait_complete()
        shell = sqlite3.connect(daemon.database, isolation_level=None)
        shell.execute("BEGIN IMMEDIATE")
        server.append("INBOX", letter("ada@x.example", "me@own.example", "held up"))
        with pytest.raises(RpcError) as refusal:
            daemon.call("contact.add", {"name": "Grace"})
        assert refusal.value.name == "unavailable" and "locked by another program" in refusal.value.message
        wait_until(lambda: "locked by another program" in (daemon.call("system.status")["capture_waits"] or ""),
                   "capture to wait", 30)
        assert health(daemon)["ok"] is False
        assert [one["name"] for one in daemon.all("contact.list")] == ["Ada"]
        shell.execute("ROLLBACK")
        wait_until(lambda: subjects(daemon) == ["held up"], "the letter", 30)
        daemon.call("contact.add", {"name": "Grace"})
        wait_until(lambda: health(daemon)["ok"], "health", 30)
        shell.close()


# ---- what is refused


def made(daemon):
    """A database of this build with something in it, nobody at work on it."""
    with daemon:
        daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})


def damaged_header(daemon):
    made(daemon)
    with open(daemon.database, "r+b") as file:
        file.seek(16)
        file.write(b"\x03\x07")


def words_of_mine(daemon):
    daemon.database.write_text("dear diary, this file has an unlucky name\n" * 40)


def zero_bytes(daemon):
    daemon.database.write_bytes(b"")


def of_another_program(daemon):
    with sqlite3.connect(daemon.database) as db:
        db.execute("CREATE TABLE bookmarks (url)")


def newer_schema(daemon):
    made(daemon)
    with sqlite3.connect(daemon.database) as db:
        db.execute("PRAGMA user_version = 999")
        db.execute("PRAGMA journal_mode = DELETE")


def log_without_database(daemon):
    (daemon.dir / "liaison.db-wal").write_bytes(b"rest" * 100)


REFUSED = {
    damaged_header: ("cannot be read", "a backup can be restored"),
    words_of_mine: ("cannot be read", "nothing was changed"),
    zero_bytes: ("empty file", "restore a backup"),
    of_another_program: ("not a database of liaison", "nothing was changed"),
    newer_schema: ("newer than this program: version 999", "install the newer liaison"),
    log_without_database: ("no database it belongs to", "put the database back"),
}


def everything_in(directory):
    return {path.name: path.read_bytes() for path in directory.glob("liaison.db*")
            if not path.name.endswith((".lock", "-shm")) and path.stat().st_size >= 0}


@pytest.mark.parametrize("what", REFUSED, ids=lambda what: what.__name__)
def test_what_is_no_sound_database_is_refused_with_advice_and_left_alone(place, what):
    daemon = Daemon(place / "liaison", expects_errors=".")
    what(daemon)
    for path in daemon.dir.glob("liaison.db*"):
        give(path)
    before = everything_in(daemon.dir)
    answer = liaisond(daemon)
    said = answer.stderr
    assert answer.returncode == 74, said
    for words in REFUSED[what]:
        assert words in said
    after = everything_in(daemon.dir)
    assert {name: text for name, text in after.items() if text or name in before} == before


def test_a_folder_that_may_not_be_written_is_refused_with_its_name(place):
    daemon = Daemon(place / "liaison")
    closed = place / "closed"
    closed.mkdir()
    daemon.database = closed / "liaison.db"
    daemon.configure()
    os.chmod(closed, 0o555)
    answer = liaisond(daemon)
    assert answer.returncode in (73, 74), answer.stderr
    assert str(closed) in answer.stderr and "ermission denied" in answer.stderr
    assert not list(closed.iterdir())


# ---- damage in mid-run


def root_page(path, table):
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
        size = db.execute("PRAGMA page_size").fetchone()[0]
        return size, db.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (table,)).fetchone()[0]


def damage(path, table):
    size, page = root_page(path, table)
    with open(path, "r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xa5" * size)


def test_a_damaged_page_is_told_of_and_a_backup_brings_all_back(place, server):
    daemon = Daemon(place / "liaison", [account(server)], expects_errors="database|damaged")
    with daemon:
        daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
        server.append("INBOX", letter("ada@x.example", "me@own.example", "one"))
        wait_until(lambda: subjects(daemon) == ["one"], "one")
        daemon.liaison("system", "backup", place / "copy.db")
        give(place / "copy.db")
        wait_until(lambda: daemon.call("system.status")["database"]["wal"] == 0, "the log to be moved")
        damage(daemon.database, "contact_note")
        engine = daemon.children()["liaison-engine"]
        os.kill(engine[0], signal.SIGKILL)  # the next one has seen nothing of it before
        daemon.wait_ready()
        with pytest.raises(RpcError) as refusal:
            daemon.call("contact.note", {"contact": "C00001", "note": "into the damage"})
        assert refusal.value.name == "storage" and "damaged" in refusal.value.message
        words = wait_until(lambda: trouble(daemon), "the trouble")
        wait_until(lambda: HINT in (trouble(daemon) or ""), "what to do about it", 10)
        assert health(daemon)["ok"] is False, words
        assert [one["name"] for one in daemon.all("contact.list")] == ["Ada"]  # what is sound is read
        with pytest.raises(RpcError) as refusal:
            daemon.call("contact.add", {"name": "Grace"})
        assert refusal.value.name == "storage"
        with pytest.raises(RpcError) as refusal:
            daemon.call("system.check")
        assert refusal.value.name == "storage"
    answer = liaisond(daemon, "--restore", place / "copy.db")
    assert answer.returncode == 0, answer.stderr
    with daemon:
        daemon.wait_complete()
        assert trouble(daemon) is None and daemon.call("system.check")["ok"] is True
        daemon.call("contact.note", {"contact": "C00001", "note": "well again"})
        assert subjects(daemon) == ["one"]


# ---- a log that something holds


def test_a_reader_from_outside_that_makes_the_log_grow_is_told_of(place):
    with Daemon(place / "liaison") as daemon, daemon.client() as client:
        client.call("contact.add", {"name": "Ada"})
        outside = sqlite3.connect(f"file:{daemon.database}?mode=ro", uri=True, isolation_level=None)
        outside.execute("BEGIN")
        assert outside.execute("SELECT count(*) FROM contact").fetchone() == (1,)
        for _ in range(360):
            client.call("contact.note", {"contact": "C00001", "note": "x" * 200000})
        words = wait_until(lambda: trouble(daemon), "the trouble", 30)
        assert "write-ahead log has grown to" in words and "MiB" in words
        answer = health(daemon)
        assert answer["ok"] is False and answer["database"] == words
        assert daemon.call("system.status")["database"]["wal"] > 64 << 20
        outside.execute("ROLLBACK")
        wait_until(lambda: trouble(daemon) is None, "the end of it", 30)
        wait_until(lambda: daemon.call("system.status")["database"]["wal"] < 17 << 20, "a short log", 30)
        outside.close()


# ---- an older schema


@pytest.mark.parametrize("version", range(1, len(SCHEMA)))
def test_an_older_schema_is_brought_up_however_often_it_is_killed(place, version):
    """LIAISON_KILLS and LIAISON_ROWS say how often, and with how much in it."""
    kills = int(os.environ.get("LIAISON_KILLS", 4))
    rows = int(os.environ.get("LIAISON_ROWS", 2000))
    seed = int(os.environ.get("LIAISON_SEED", random.randrange(1 << 30)))
    print("seed", seed)
    rng = random.Random(seed)
    daemon = Daemon(place / "liaison", expects_errors=".")
    write_database(daemon.database, version, rows)
    begun = time.monotonic()
    for _ in range(min(kills, 50)):
        daemon.start(wait=False)
        time.sleep(rng.uniform(0.001, 0.1 + rows / 100000))  # a moment by chance is what is tried here
        daemon.kill()
    with daemon:
        print("brought up after", round(time.monotonic() - begun, 1), "s")
        assert daemon.call("system.version")["schema"] == len(SCHEMA)
        assert daemon.call("contact.show", {"contact": "C00001"})["interactions"] == rows
        assert daemon.call("system.check")["ok"] is True
        assert daemon.call("system.stats")["interactions"] == rows
    backups = list(daemon.dir.glob(f"liaison.db.before-{len(SCHEMA)}*"))
    sound = [path for path in backups if not path.name.endswith((".part", "-journal", "-wal", "-shm"))]
    # a start that was killed between two steps leaves the next one to begin with a backup of where it is
    assert (version, rows) in [backed_up(path) for path in sound]


def backed_up(path):
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
        return (db.execute("PRAGMA user_version").fetchone()[0], db.execute("SELECT count(*) FROM ledger").fetchone()[0])


# ---- an older backup


def test_an_older_backup_is_caught_up_with_and_nothing_is_lost_or_doubled(place, server):
    """What mail there is comes again from the server, once; what people did since the backup is not in it."""
    daemon = Daemon(place / "liaison", [account(server)])
    with daemon:
        for name in ("Ada", "Jo"):
            daemon.call("contact.add", {"name": name, "email": [f"{name.lower()}@x.example"]})
        for subject in ("ada 1", "jo 1"):
            server.append("INBOX", letter(f"{subject.split()[0]}@x.example", "me@own.example", subject))
        wait_until(lambda: subjects(daemon) == ["ada 1", "jo 1"], "the first two")
        copy = place / "copy.db"
        daemon.liaison("system", "backup", copy)
        give(copy)
        daemon.call("contact.add", {"name": "Bo", "email": ["bo@x.example"]})
        daemon.call("contact.remove", {"contact": "C00002"}, yes=True)
        for subject in ("ada 2", "bo 1", "jo 2"):
            server.append("INBOX", letter(f"{subject.split()[0]}@x.example", "me@own.example", subject))
        wait_until(lambda: subjects(daemon) == ["ada 1", "ada 2", "bo 1", "jo 1"], "all but Jo's second")
        wait_until(lambda: daemon.verify()["decided"] == 5, "five decisions")
    assert liaisond(daemon, "--restore", copy).returncode == 0
    with daemon:
        daemon.wait_complete()
        # Jo is there again and her second letter with her, as nobody knows of the removal; Bo is not.
        wait_until(lambda: subjects(daemon) == ["ada 1", "ada 2", "jo 1", "jo 2"], "what the server has")
        row = daemon.verify()
        assert row["server"] == row["decided"] == 5 and row["missing"] == row["duplicate"] == 0
        assert (row["captured"], row["unmatched"]) == (4, 1)
        daemon.call("contact.add", {"name": "Bo", "email": ["bo@x.example"]})
        wait_until(lambda: len(subjects(daemon)) == 5, "Bo's, kept as that of a stranger")
        assert daemon.call("system.check")["ok"] is True
    assert len(captured_once(daemon.database)) == 5


def test_a_removed_contact_stays_removed_whatever_is_looked_at_again(place, server):
    with Daemon(place / "liaison", [account(server)]) as daemon:
        daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
        server.append("INBOX", letter("ada@x.example", "me@own.example", "one"))
        wait_until(lambda: subjects(daemon) == ["one"], "one")
        daemon.call("contact.remove", {"contact": "C00001"}, yes=True)
        before = [(one["uid"], one["decision"], one["interaction"]) for one in daemon.all("capture.list")]

        def unchanged():
            daemon.call("source.sync", {"source": "work"})
            daemon.wait_complete()
            return daemon.all("contact.list") == [] and subjects(daemon) == ["one"] and [
                (one["uid"], one["decision"], one["interaction"]) for one in daemon.all("capture.list")] == before
        assert unchanged()
        daemon.process.send_signal(signal.SIGHUP)
        wait_until(lambda: "a new one is in force" in daemon.tail(), "the reload")
        assert unchanged()
        daemon.kill()
        daemon.start()
        assert unchanged()
