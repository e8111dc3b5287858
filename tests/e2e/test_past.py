"""What was done is taken back, what belongs to contacts lies in files, and both outlast crashes and backups."""
import hashlib
import json
import os
import sqlite3
import subprocess
import time

import pytest

from daemon import BIN, Daemon, RpcError, wait_until
from reach import become, give
from test_storage import OnSmallDisk, may_mount

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40
JPEG = b"\xff\xd8\xff\xe0" + b"picture" * 999
MANY = int(os.environ.get("LIAISON_CONTACTS", 3000))


def liaisond(daemon, *words):
    return subprocess.run([BIN / "liaisond", "-c", daemon.config, *map(str, words)], capture_output=True, text=True,
                          timeout=60, env={"PATH": "/usr/bin:/bin", "HOME": str(daemon.dir)}, **become())


def digest(content):
    return hashlib.sha256(content).hexdigest()


def put(daemon, name, content):
    path = daemon.dir / name
    path.write_bytes(content)
    path.chmod(0o644)
    return path


def folder(daemon):
    database = daemon.database
    return database.parent / ("files" if database.name == "liaison.db" else database.name + ".files")


@pytest.fixture
def daemon(place):
    with Daemon(place / "liaison") as daemon:
        yield daemon


# ---- pictures


def with_picture(daemon, content=PNG):
    daemon.call("contact.add", {"name": "Ada"})
    daemon.liaison("contact", "picture", "set", "Ada", put(daemon, "ada.png", content))


def test_a_picture_goes_in_and_comes_out(daemon):
    with_picture(daemon)
    assert daemon.call("contact.show", {"contact": "Ada"})["picture"] == {
        "type": "image/png", "size": len(PNG), "digest": digest(PNG)}
    daemon.liaison("contact", "picture", "get", "Ada", daemon.dir / "out.png")
    assert (daemon.dir / "out.png").read_bytes() == PNG
    assert [one["no"] for one in daemon.all("contact.list", where="picture = true")] == ["C00001"]
    daemon.call("contact.picture.remove", {"contact": "Ada"})
    assert daemon.call("contact.show", {"contact": "Ada"})["picture"] is None
    with pytest.raises(RpcError) as error:
        daemon.call("contact.picture.remove", {"contact": "Ada"})
    assert error.value.name == "not-found"
    daemon.call("system.check")


def test_only_pictures_are_pictures(daemon):
    daemon.call("contact.add", {"name": "Ada"})
    for content, kind in ((JPEG, "image/jpeg"), (b"GIF89a" + b"x" * 9, "image/gif"),
                          (b"RIFF\x09\0\0\0WEBPVP8 ", "image/webp")):
        daemon.liaison("contact", "picture", "set", "Ada", put(daemon, "a", content))
        assert daemon.call("contact.show", {"contact": "Ada"})["picture"]["type"] == kind
    for content in (b"", b"hello", b"RIFF\x09\0\0\0WAVE", b"<svg/>", PNG[:5]):
        done = daemon.liaison("contact", "picture", "set", "Ada", put(daemon, "b", content), check=False)
        assert done.returncode == 2, done.stderr
    done = daemon.liaison("contact", "picture", "set", "Ada", put(daemon, "c", PNG[:8] + b"x" * (5 << 20)), check=False)
    assert done.returncode == 2 and "5242880" in done.stderr
    big = PNG[:8] + b"x" * ((5 << 20) - 8)
    daemon.liaison("contact", "picture", "set", "Ada", put(daemon, "d", big))
    daemon.liaison("contact", "picture", "get", "Ada", daemon.dir / "out")
    assert (daemon.dir / "out").read_bytes() == big


def test_a_picture_is_taken_back(daemon):
    with_picture(daemon)
    daemon.liaison("contact", "picture", "set", "Ada", put(daemon, "b", JPEG))
    batch = daemon.all("system.audit")[0]["id"]
    daemon.call("system.undo", {"audit_id": batch}, yes=True)
    assert daemon.call("contact.show", {"contact": "Ada"})["picture"]["digest"] == digest(PNG)


def test_a_dry_run_writes_no_file(daemon):
    daemon.call("contact.add", {"name": "Ada"})
    daemon.liaison("contact", "picture", "set", "Ada", put(daemon, "a", PNG), "--dry-run")
    assert daemon.call("contact.show", {"contact": "Ada"})["picture"] is None
    assert not folder(daemon).exists()


def test_a_missing_or_altered_file_is_told(daemon):
    daemon.expects_errors = "file '"
    with_picture(daemon)
    path = folder(daemon) / digest(PNG)
    path.write_bytes(PNG[:-1] + b"!")
    for why in ("altered", "missing"):
        done = daemon.liaison("contact", "picture", "get", "Ada", daemon.dir / "out", check=False)
        assert done.returncode == 74 and why in done.stderr
        with pytest.raises(RpcError) as error:
            daemon.call("system.check")
        assert error.value.name == "storage" and why in str(error.value.error)
        if why == "altered":
            path.unlink()
    daemon.liaison("contact", "picture", "set", "Ada", daemon.dir / "ada.png")  # the same again mends it
    daemon.call("system.check")


def test_a_backup_has_the_files_and_restores_them(daemon):
    with_picture(daemon)
    daemon.liaison("system", "backup", daemon.dir / "copy")
    give(daemon.dir / "copy")
    done = liaisond(daemon, "--check-backup", daemon.dir / "copy")
    assert done.returncode == 0, done.stderr
    daemon.stop()
    (folder(daemon) / digest(PNG)).unlink()
    done = liaisond(daemon, "--restore", daemon.dir / "copy")
    assert done.returncode == 0, done.stderr
    assert (folder(daemon) / digest(PNG)).read_bytes() == PNG
    with sqlite3.connect(daemon.database) as db:
        assert db.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'backup_file'").fetchone() == (0,)
    daemon.start()
    daemon.liaison("contact", "picture", "get", "Ada", daemon.dir / "out.png")
    assert (daemon.dir / "out.png").read_bytes() == PNG
    daemon.call("system.check")


def test_a_backup_that_lacks_a_file_says_so(daemon):
    with_picture(daemon)
    daemon.liaison("system", "backup", daemon.dir / "copy")
    give(daemon.dir / "copy")
    for statement, why in (("UPDATE backup_file SET bytes = x'00'", "altered"), ("DELETE FROM backup_file", "missing")):
        with sqlite3.connect(daemon.dir / "copy") as db:
            db.execute(statement)
        done = liaisond(daemon, "--check-backup", daemon.dir / "copy")
        assert done.returncode == 74 and why in done.stderr and "1 of its files" in done.stderr


def test_a_picture_that_finds_no_room_is_refused_and_leaves_nothing(place):
    if not may_mount(place):
        pytest.skip("a disk of its own takes mount, which is not permitted here")
    with OnSmallDisk(place / "liaison", 16 << 20, expects_errors="the disk is full") as daemon:
        with_picture(daemon)
        with open(daemon.seen("ballast"), "wb") as ballast:
            ballast.write(bytes(daemon.room() - (300 << 10)))
        room = daemon.room()
        big = put(daemon, "b", PNG[:8] + os.urandom(1 << 20))
        done = daemon.liaison("contact", "picture", "set", "Ada", big, check=False)
        assert done.returncode == 74 and "the disk is full" in done.stderr
        assert os.listdir(daemon.seen("files")) == [digest(PNG)]
        assert abs(daemon.room() - room) < 100 << 10
        os.unlink(daemon.seen("ballast"))
        daemon.liaison("contact", "picture", "set", "Ada", big)
        daemon.call("system.check")


# ---- taking back


def add_many(daemon, count):
    with daemon.client(timeout=300) as client:
        for begin in range(0, count, 500):
            size = min(500, count - begin)
            lines = [{"jsonrpc": "2.0", "id": i, "method": "contact.add", "params": {"name": f"Person {begin + i:06d}"}}
                     for i in range(size)]
            client.write(b"".join(json.dumps(line).encode() + b"\n" for line in lines))
            for i in range(size):
                client.answer(i)


def cities(daemon):
    with sqlite3.connect(f"file:{daemon.database}?mode=ro", uri=True) as db:
        return dict(db.execute("SELECT coalesce(city, ''), count(*) FROM contact GROUP BY 1").fetchall())


def test_many_are_edited_and_taken_back_while_others_go_on(daemon):
    add_many(daemon, MANY)
    with daemon.client(timeout=300) as client, daemon.client() as other:
        batch = None
        for method in ("contact.edit", "system.undo"):
            params = {"audit_id": batch} if batch else {"where": "type = person", "city": "Ulm"}
            number = client.send(method, params, yes=True)
            slowest, since = 0, time.monotonic()
            while True:
                begun = time.monotonic()
                other.call("contact.edit", {"contact": "C00001", "job_title": str(begun)})
                slowest = max(slowest, time.monotonic() - begun)
                line = client.line()
                if line.get("id") == number:
                    break
                assert line["method"] == "progress" and 0 <= line["params"]["done"] < line["params"]["total"]
            assert line["result"]["changed"] == MANY, line
            batch = line["result"]["batch"]
            print(f"{method} of {MANY} took {time.monotonic() - since:.1f} s, the slowest command beside it "
                  f"{slowest * 1000:.0f} ms")
            assert slowest < 2
    assert cities(daemon) == {"": MANY}
    daemon.call("system.check")


def test_a_dry_run_of_many_changes_nothing(daemon):
    add_many(daemon, MANY)
    answer = daemon.call("contact.edit", {"where": "type = person", "city": "Ulm"}, dry_run=True)
    assert answer == {"matched": MANY, "changed": MANY}
    assert cities(daemon) == {"": MANY}
    assert not daemon.all("system.audit", where="method = contact.edit")


def test_an_undo_that_was_killed_goes_on(daemon):
    add_many(daemon, MANY)
    batch = daemon.call("contact.edit", {"where": "type = person", "city": "Ulm"}, yes=True)["batch"]
    client = daemon.client(timeout=60)
    client.send("system.undo", {"audit_id": batch}, yes=True)
    client.notification("progress")
    wait_until(lambda: daemon.call("contact.list", {"where": "city = ''", "limit": 1})["items"], "a first slice")
    daemon.kill()
    client.close()
    left = cities(daemon)
    assert left.get("Ulm", 0) > 0 and left.get("", 0) > 0, left
    daemon.start()
    answer = daemon.call("system.undo", {"audit_id": batch}, yes=True)
    assert answer["changed"] == MANY and answer["kept"] == 0
    assert cities(daemon) == {"": MANY}
    assert len({one["batch"] for one in daemon.all("system.audit", where="method = system.undo")}) == 1
    back = daemon.call("system.undo", {"audit_id": answer["by"]}, yes=True)
    assert back["changed"] == MANY
    assert cities(daemon) == {"Ulm": MANY}
    daemon.call("system.check")


def test_two_do_not_take_back_the_same_at_a_time(daemon):
    add_many(daemon, MANY)
    batch = daemon.call("contact.edit", {"where": "type = person", "city": "Ulm"}, yes=True)["batch"]
    with daemon.client(timeout=60) as one, daemon.client(timeout=60) as other:
        number = one.send("system.undo", {"audit_id": batch}, yes=True)
        one.notification("progress")
        answers = []
        for client, call in ((other, other.send("system.undo", {"audit_id": batch}, yes=True)), (one, number)):
            try:
                answers.append(client.answer(call))
            except RpcError as error:
                assert error.name in ("conflict", "refused"), error
    assert [answer["changed"] for answer in answers] == [MANY]
    assert cities(daemon) == {"": MANY}


def test_an_edit_of_many_is_cancelled_and_says_what_stays(daemon):
    add_many(daemon, MANY)
    with daemon.client(timeout=60) as client:
        number = client.send("contact.edit", {"where": "type = person", "city": "Ulm"}, yes=True)
        client.notification("progress")
        client.write(json.dumps({"jsonrpc": "2.0", "method": "cancel", "params": {"id": number}}).encode() + b"\n")
        while (line := client.line()).get("id") != number:
            pass
    assert line["error"]["data"]["name"] == "unavailable" and "system undo" in line["error"]["data"]["hint"], line
    done = cities(daemon)["Ulm"]
    assert 0 < done < MANY
    batch = daemon.all("system.audit", where="method = contact.edit", limit=1)[0]["batch"]
    assert daemon.call("system.undo", {"audit_id": batch}, yes=True)["changed"] == done
    assert cities(daemon) == {"": MANY}


def test_there_must_be_something_to_take_back(daemon):
    with pytest.raises(RpcError) as error:
        daemon.call("system.undo", {"audit_id": 99999}, yes=True)
    assert error.value.name == "not-found"
