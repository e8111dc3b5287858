"""Clients that send nonsense, that go away in the middle, and that may not: nothing half done, nobody else held up."""

import ctypes
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from daemon import SANITIZED, Client, Daemon, RpcError, wait_until
from reach import give

LINE_MIB = 64 if SANITIZED else 1024
CALL = b'{"jsonrpc":"2.0","id":1,"method":"contact.find","params":%s}'


@pytest.fixture
def alone(place):
    """A daemon without sources."""
    with Daemon(place / "liaison") as running:
        yield running


@pytest.fixture(scope="module")
def shared():
    """One daemon for all tests that leave nothing behind."""
    place = Path(tempfile.mkdtemp(prefix="liaison-e2e-"))
    os.chmod(place, 0o755)
    with Daemon(place / "liaison") as running:
        yield running
    shutil.rmtree(place)


def memory(daemon):
    """MiB of the engine."""
    text = Path(f"/proc/{daemon.children()['liaison-engine'][0]}/status").read_text()
    return int(text.split("VmRSS:")[1].split()[0]) / 1024


NONSENSE = {
    "no text": b"\xff\xfe\x00\x01",
    "a byte of zero": CALL % b'{"text":"a\x00b"}',
    "an escaped zero": CALL % b'{"text":"a\\u0000b"}',
    "an escaped zero in a name": CALL % b'{"te\\u0000xt":"a"}',
    "broken UTF-8": CALL % b'{"text":"\xc3\x28"}',
    "UTF-8 of a surrogate": CALL % b'{"text":"\xed\xa0\x80"}',
    "UTF-8 longer than needed": CALL % b'{"text":"\xc0\xaf"}',
    "half a surrogate": CALL % b'{"text":"\\ud800"}',
    "the wrong half": CALL % b'{"text":"\\udc00\\ud800"}',
    "a number beyond all": CALL % b'{"text":"a","limit":1e999}',
    "an integer beyond all": CALL % b'{"text":"a","limit":99999999999999999999}',
    "not a number": CALL % b'{"text":"a","limit":NaN}',
    "a name twice": CALL % b'{"text":"a","text":"b"}',
    "an id twice": b'{"id":1,"id":2,"jsonrpc":"2.0","method":"system.version"}',
    "a byte order mark": b"\xef\xbb\xbf" + CALL % b'{"text":"a"}',
    "two on a line": CALL % b"{}" + CALL % b"{}",
    "a list of requests": b"[" + CALL % b"{}" + b"]",
    "half an object": b'{"jsonrpc":"2.0","id":1',
    "depth": b"[" * 100_000 + b"]" * 100_000,
    "depth without an end": b'{"a":' * 100_000,
    "depth in a parameter": CALL % (b'{"text":' + b"[" * 33 + b"]" * 33 + b"}"),
    "many objects": CALL % (b'{"text":[' + b"{}," * 20_000 + b"{}]}"),
}


@pytest.mark.parametrize("what", NONSENSE)
def test_nonsense_is_an_error_and_the_connection_lives(shared, what):
    with shared.client() as client:
        client.write(NONSENSE[what] + b"\n")
        error = client.line()["error"]
        codes = (-32602,) if what == "an escaped zero" else (-32700, -32600)
        assert error["code"] in codes and error["data"]["name"] == "usage", error
        assert client.call("system.version")


@pytest.mark.parametrize("value", ("-1", "0", "1001", "1.5", "1e4", "9223372036854775807", "-9223372036854775808",
                                   '"x"', "[]", "{}", "true"))
def test_a_number_out_of_its_range_is_named(shared, value):
    with shared.client() as client:
        client.write(b'{"jsonrpc":"2.0","id":1,"method":"contact.list","params":{"limit":%s}}\n' % value.encode())
        error = client.line()["error"]
        assert error["code"] == -32602 and error["data"]["field"] == "limit", error
        assert client.call("system.version")


def test_a_line_without_an_end_takes_no_memory(alone):
    with alone.client() as client, alone.client() as other:
        other.call("system.version")
        before = memory(alone)
        piece = b"x" * (1 << 20)
        for n in range(LINE_MIB):
            client.write(piece)
            if n % 16 == 0:
                assert other.call("system.version")
        grown = memory(alone) - before
        assert SANITIZED or grown < 8, grown
        client.write(b"\n")
        assert client.line()["error"]["code"] == -32700
        assert client.call("system.version")


def test_requests_that_wait_take_little_memory(alone):
    """A file that does not come holds up what is behind it: that is not read for ever."""
    alone.call("contact.add", {"name": "Ada"})
    with alone.client() as client:
        before = memory(alone)
        number = client.send("contact.note", {"contact": "C00001", "file": "-"})
        line = json.dumps({"jsonrpc": "2.0", "id": 0, "method": "contact.find", "params": {"text": "x" * 1_000_000}})
        for _ in range(64):
            client.write(line.encode() + b"\n")
        grown = memory(alone) - before
        with pytest.raises(RpcError, match="requests of over 2097152 bytes came before the last of 'file'"):
            client.answer(number)
    assert SANITIZED or grown < 16, grown


def contacts(daemon):
    return {c["name"]: c["emails"] for c in daemon.all("contact.list")}


def test_who_goes_away_in_the_middle_leaves_nothing_half_done(alone):
    names = []
    for n in range(40):
        client = Client(alone.socket)
        for k in range(10):
            names.append(f"P{n} Q{k}")
            client.send("contact.add", {"name": names[-1], "email": [f"{n}.{k}@x.example", f"{n}-{k}@x.example"]})
        client.write(b'{"jsonrpc":"2.0","id":99,"method":"contact.add","params":{"name":"Half')
        if n % 2:
            client.line()
        client.close()
    alone.call("contact.add", {"name": "The Last"})
    found = contacts(alone)
    assert found.pop("The Last") == [] and set(found) <= set(names) and found
    assert all(len(emails) == 2 for emails in found.values())
    assert alone.call("system.check")["ok"] is True


def test_who_goes_away_in_the_middle_of_an_answer_ends_it(alone):
    with alone.client() as client:
        for n in range(300):
            client.send("contact.add", {"name": f"Somebody {n}", "street": "a long street " * 6})
        client.answer(client.next_id)
    for method, params in (("system.backup", {"output": "x"}), ("contact.list", {"limit": 1000}), ("watch", {})):
        for _ in range(20):
            client = Client(alone.socket)
            for _ in range(8):
                client.send(method, params)
            client.socket.recv(1)
            client.close()
    folder = alone.database.parent
    wait_until(lambda: not [p for p in folder.iterdir() if "backup" in p.name], "the copies' end")
    assert alone.call("system.check")["ok"] is True


@pytest.mark.skipif(os.getuid() != 0, reason="needs a second user")
def test_a_stranger_is_refused_with_a_reason_and_a_line_of_the_log(alone):
    os.chmod(alone.socket, 0o666)
    os.chmod(alone.dir, 0o755)
    program = ("import socket,sys\n"
               "for n in range(5):\n"
               "  s=socket.socket(socket.AF_UNIX)\n  s.connect(sys.argv[1])\n"
               "  s.sendall(b'{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"contact.list\"}\\n')\n  print(s.recv(65536).decode())")
    begun = time.monotonic()
    answer = subprocess.run([sys.executable, "-c", program, alone.socket], capture_output=True, text=True, user=2,
                            group=2, extra_groups=[], timeout=30)
    errors = [json.loads(line)["error"] for line in answer.stdout.split("\n") if line]
    assert [error["data"]["name"] for error in errors] == ["permission"] * 5 and "hint" in errors[0]["data"]
    seconds = time.monotonic() - begun
    told = [line for line in alone.tail().splitlines() if "(uid 2) asks and may not" in line]
    assert 1 <= len(told) <= 1 + seconds, told  # one a second, however often he asks


class Look:
    """What is opened or made in a folder, as inotify tells it."""

    OPEN, CREATE = 0x20, 0x100

    def __init__(self, folder):
        self.libc = ctypes.CDLL(None, use_errno=True)
        self.descriptor = self.libc.inotify_init1(os.O_NONBLOCK)
        assert self.libc.inotify_add_watch(self.descriptor, os.fsencode(folder), self.OPEN | self.CREATE) >= 0

    def seen(self):
        try:
            return len(os.read(self.descriptor, 65536))
        except BlockingIOError:
            return 0


def test_the_daemon_opens_no_path_that_a_client_names(alone, place):
    alone.call("contact.add", {"name": "Ada"})
    folder = place / "theirs"
    folder.mkdir()
    (folder / "file").write_text("words\n")
    give(folder)
    give(folder / "file")
    look = Look(folder)
    (folder / "file").read_text()
    assert look.seen() > 0  # it would be seen
    with alone.client() as client:
        for path in (folder / "file", f"../{folder.name}/file", f"file://{folder}/file"):
            for words in (["contact", "note", "C00001", "--file", str(path)], ["system", "backup", str(path)],
                          ["system", "backup", f"{folder}/made"]):
                number = client.send("rpc.run", words)
                client.write(b'{"jsonrpc":"2.0","method":"cancel","params":{"id":%d}}\n' % number)
                try:
                    client.answer(number)
                except RpcError as error:
                    assert error.name == "unavailable", error.error
        client.call("system.backup", {"output": f"{folder}/made"})
    assert look.seen() == 0 and [p.name for p in folder.iterdir()] == ["file"]


def test_two_names_of_one_database_are_one_database(alone, place):
    link = place / "link.db"
    link.symlink_to(alone.database)
    other = Daemon(place / "other")
    other.configure(settings=f"database = {link}")
    other.start(wait=False)
    assert other.process.wait(20) == 75 and str(alone.process.pid) in other.tail()
    other.kill()
