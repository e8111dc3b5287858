"""What sizes of others cost us: folders, letters, headers and feeds of any size, within bounds that are said here,
while other sources are served. LIAISON_HUGE=1 takes the sizes of a release. Then what happens when there is no memory,
when there are no descriptors left, and when nobody reads what is logged."""

import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

from daemon import BIN, RUNNING, SANITIZED, Daemon, RpcError, account, become, wait_until
from http_script import HttpScript
from imap_script import ScriptedServer, section
from letters import letter

HUGE = os.environ.get("LIAISON_HUGE") == "1"
MIB = 1024 * 1024

# MiB at the peak. The engine has SQLite's pages, its queues and what it knows of contacts and threads; fetch at most
# FRAME_CREDIT_FIRST (8 MiB) on their way to the engine, or a feed of 10 MiB while it grows; parse one item, and ICU.
BOUNDS = {"liaison-engine": 64, "liaison-fetch": 32, "liaison-parse": 96, "liaisond": 16}
RESTING = {"liaison-fetch": 16}


def status(pid, field):
    """MiB."""
    return int(re.search(rf"{field}:\s*(\d+) kB", Path(f"/proc/{pid}/status").read_text()).group(1)) / 1024


def memory(daemon, field="VmHWM"):
    return {name: max(status(pid, field) for pid in pids) for name, pids in daemon.children().items() if name in BOUNDS}


def assert_bounded(daemon):
    peaks = memory(daemon)
    print("peaks in MiB:", {name: round(peak, 1) for name, peak in peaks.items()})
    assert set(peaks) == set(BOUNDS)
    if SANITIZED:
        return
    assert all(peaks[name] <= bound for name, bound in BOUNDS.items()), peaks
    wait_until(lambda: all(memory(daemon, "VmRSS")[name] <= bound for name, bound in RESTING.items()), "its rest")


def subjects(daemon):
    return {item["subject"] for item in daemon.all("interaction.list")}


def assert_served(daemon, server, subject):
    """Mail at the other source becomes an interaction."""
    server.append("INBOX", letter("ada@x.example", "me@own.example", subject))
    began = time.monotonic()
    wait_until(lambda: any(item["subject"] == subject for item in
                           daemon.call("interaction.search", {"text": subject})["items"]), subject)
    print(f"{subject} after {time.monotonic() - began:.1f} s")


def add_ada(daemon):
    daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})


class Folder(ScriptedServer):
    """A folder of count messages that are made as they are asked for; every hundredth is of Ada's."""

    def __init__(self, count, **options):
        super().__init__(**options)
        self.count = count
        self.messages = self

    def __len__(self):
        return self.count

    def __iter__(self):
        return iter(())

    def command(self, handler, tag, rest):
        word = rest.split(" ")[0].upper()
        counts = f"UIDNEXT {self.count + 1}", f"UIDVALIDITY {self.uidvalidity}"
        if word in ("EXAMINE", "SELECT"):
            return self.send(handler, (f"* {self.count} EXISTS\r\n" + "".join(f"* OK [{c}] x\r\n" for c in counts) +
                                       f"{tag} OK [READ-ONLY] done\r\n").encode())
        if word == "STATUS":
            return self.send(handler, (f"* STATUS {rest.split(' ')[1]} (MESSAGES {self.count} {' '.join(counts)})\r\n"
                                       f"{tag} OK done\r\n").encode())
        return super().command(handler, tag, rest)

    def in_set(self, text):
        for piece in text.split(","):
            first, _, last = piece.partition(":")
            first = self.count if first == "*" else int(first)
            last = first if not last else self.count if last == "*" else int(last)
            yield from range(max(min(first, last), 1), min(max(first, last), self.count) + 1)

    def selected(self, rest):
        match = re.search(r"\bUID ([0-9:*,]+)", rest[4:])
        return self.in_set(match.group(1) if match else "1:*")

    def fetched(self, rest):
        return b"".join(self.message(uid) for uid in self.in_set(rest.split(" ")[2]))

    def message(self, uid):
        who = "ada" if uid % 100 == 0 else f"stranger{uid % 5000}"
        header = (f"From: {who}@x.example\r\nTo: me@own.example\r\nSubject: number {uid}\r\n"
                  f"Message-ID: <n{uid}@x.example>\r\n"
                  f"Date: Sat, 21 Nov 2026 07:{uid // 60 % 60:02}:{uid % 60:02} +0000\r\n\r\n")
        return (f'* {uid} FETCH (UID {uid} INTERNALDATE "21-Nov-2026 08:00:00 +0000" RFC822.SIZE 999 FLAGS () '
                f'BODYSTRUCTURE ("TEXT" "PLAIN" NIL NIL NIL "7BIT" 5 1) '
                f'BODY[HEADER] {{{len(header)}}}\r\n{header})\r\n').encode()


def test_a_folder_of_any_number_of_messages(place, server):
    count = 600_000 if HUGE else 5_000 if SANITIZED else 20_000
    with Folder(count) as folder, \
            Daemon(place / "liaison", [section(folder, since="all"), account(server)]) as daemon:
        add_ada(daemon)
        began = time.monotonic()
        wait_until(lambda: daemon.source("rogue")["last_complete"] is not None or
                   daemon.source("rogue")["state"] == "syncing", "the folder")
        assert_served(daemon, server, "beside")
        daemon.wait_complete("rogue", 3600 if HUGE else 120)
        print(f"{count} messages in {time.monotonic() - began:.0f} s")
        row = daemon.verify("rogue")
        assert row["server"] == count and row["missing"] == 0, row
        assert row["captured"] == count // 100, row
        assert_bounded(daemon)


def deliver(server, name, chunks):
    """A letter that is written past IMAP, so that it may have any size."""
    path = server.maildir() / "new" / f"{time.time_ns()}.{name}"
    part = server.maildir() / "tmp" / name
    with open(part, "wb") as file:
        for chunk in chunks:
            file.write(chunk)
    if os.getuid() == 0:
        os.chown(part, os.stat(server.maildir()).st_uid, os.stat(server.maildir()).st_gid)
    part.rename(path)


def header(subject, more=""):
    return (f"From: ada@x.example\nTo: me@own.example\nSubject: {subject}\nMessage-ID: <{subject}@x.example>\n"
            f"Date: Sat, 21 Nov 2026 07:00:00 +0000\n{more}\n").encode()


LINE = b"the engine weaves algebraical patterns as the loom weaves flowers and leaves\n"


@pytest.mark.parametrize("level", ("metadata", "text"))
def test_letters_of_any_size(place, server, level):
    size, many = (200 * MIB, 60) if HUGE else (30 * MIB, 3)
    body = LINE * (MIB // len(LINE))
    with Daemon(place / "liaison", [account(server, level=level)]) as daemon:
        add_ada(daemon)
        server.append("INBOX", letter("ada@x.example", "me@own.example", "first"))
        daemon.wait_complete()
        deliver(server, "giant", (header("giant"), *[body] * (size // MIB)))
        for n in range(many):
            deliver(server, f"big{n}", (header(f"big{n}"), *[body] * 5))
        wait_until(lambda: len(subjects(daemon)) == many + 2, "all of them", 600 if HUGE else 120)
        assert_served(daemon, server, "afterwards")
        if level == "text":
            def text():
                (giant,) = [item for item in daemon.all("interaction.list") if item["subject"] == "giant"]
                shown = daemon.call("interaction.show", {"id": giant["id"]})
                return shown["text"] and shown
            shown = wait_until(text, "its text", 120)
            assert shown["text_truncated"] and len(shown["text"]) <= 256 * 1024
        assert_bounded(daemon)


@pytest.mark.parametrize("kind", ("one line", "folded"))
def test_a_header_of_ten_megabytes(place, server, kind):
    line = "X-Long: " + ("y" * 10 * MIB if kind == "one line" else "\n ".join(["y" * 70] * (10 * MIB // 72))) + "\n"
    with Daemon(place / "liaison", [account(server)]) as daemon:
        add_ada(daemon)
        server.append("INBOX", letter("ada@x.example", "me@own.example", "first"))
        daemon.wait_complete()
        deliver(server, "long", (header("long", line), LINE))
        assert_served(daemon, server, "afterwards")
        wait_until(lambda: daemon.verify()["decided"] == 3, "a decision of each")
        assert daemon.verify()["missing"] == 0
        assert_bounded(daemon)


def test_a_feed_without_an_end(place, server):
    taken = []

    def endless(question, wire):
        wire.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/calendar\r\nTransfer-Encoding: chunked\r\n\r\n")
        wire.send(b"11\r\nBEGIN:VCALENDAR\r\n\r\n")
        taken.append(wire.flood(b"10000\r\n" + b"X-Y:" + b"z" * 65530 + b"\r\n" + b"\r\n"))

    with HttpScript(endless) as web:
        calendar = f"[calendar team]\nurl = {web.url()}\npoll = 1m\n"
        with Daemon(place / "liaison", [calendar, account(server)], expects_errors="team") as daemon:
            add_ada(daemon)
            daemon.wait_complete()
            wait_until(lambda: taken, "the end of its patience", 60)
            assert taken[0] < 32 * MIB  # what the sockets hold is counted
            wait_until(lambda: "10 MiB" in (daemon.source("team")["error"] or ""), "why")
            assert_served(daemon, server, "beside")
            assert_bounded(daemon)


@pytest.mark.skipif(SANITIZED, reason="a sanitizer keeps what is freed, and looks for leaks itself")
def test_no_message_leaves_memory_behind(place):
    """What the engine remembers of pages, addresses and threads is full after the first messages."""
    count = 20_000 if HUGE else 1500
    with Folder(40_000) as folder, Daemon(place / "liaison", [section(folder, since="all")]) as daemon:
        add_ada(daemon)
        daemon.wait_complete("rogue", 120)

        def arrive(number):
            """While the folder is watched, some at a time."""
            target = folder.count + number
            with daemon.client() as client:
                while folder.count < target:
                    folder.count += 50
                    wait_until(lambda: client.call("capture.list", {"where": f"uid = {folder.count}"})["items"],
                               folder.count)
        arrive(1000)
        before = memory(daemon, "VmRSS")
        arrive(count)
        grown = {name: resident - before[name] for name, resident in memory(daemon, "VmRSS").items()}
        print("grown by MiB:", {name: round(by, 2) for name, by in grown.items()})
        assert all(by < 0.5 for by in grown.values()), grown
        assert_bounded(daemon)


# ---- no memory ------------------------------------------------------------------------------------------------------

def limit_memory(pid):
    """It has what it has, and gets no more."""
    size = int(status(pid, "VmSize") * MIB)
    subprocess.run(["prlimit", "--pid", str(pid), f"--as={size}:"], check=True, **become())


def ask_for_much(daemon, server, number):
    """Of the engine and of what stands behind it."""
    filler = "".join(f"X-Filler-{n}: {'f' * 900}\n" for n in range(220))
    text = letter("ada@x.example", "me@own.example", f"much{number}")
    server.append("INBOX", text.replace("\n\n", f"\n{filler}\n", 1))
    try:
        daemon.call("contact.find", {"text": "x" * 900_000})
    except (RpcError, OSError, EOFError):
        pass  # it is too long a name, or nobody is there


@pytest.mark.skipif(SANITIZED, reason="a sanitizer takes all the addresses there are")
@pytest.mark.parametrize("name", ("liaison-engine", "liaison-fetch", "liaison-parse"))
def test_a_program_that_gets_no_memory_ends_and_is_replaced(place, server, name):
    with Daemon(place / "liaison", [account(server)], expects_errors="out of memory|memory|ended") as daemon:
        add_ada(daemon)
        server.append("INBOX", letter("ada@x.example", "me@own.example", "first"))
        daemon.wait_complete()
        before = only(daemon, name)
        limit_memory(before)
        asked = 0

        def replaced():
            nonlocal asked
            asked += 1
            ask_for_much(daemon, server, asked)
            return before not in daemon.children().get(name, [before])
        wait_until(replaced, "its end", 60)
        daemon.wait_ready()
        assert_served(daemon, server, "afterwards")
        wait_until(lambda: len(subjects(daemon)) == asked + 2, "all letters", 60)
        assert daemon.verify()["missing"] == 0
        assert "status 71" in daemon.tail(100_000), daemon.tail()


@pytest.mark.skipif(SANITIZED, reason="a sanitizer takes all the addresses there are")
def test_liaisond_that_gets_no_memory_takes_the_others_along(place, server):
    daemon = Daemon(place / "liaison", [account(server)]).start()
    daemon.wait_complete()
    limit_memory(daemon.process.pid)
    folders = ", ".join(f"folder{i}" for i in range(400))
    daemon.configure([account(server, f"work{n}", folders=folders) for n in range(60)])

    def ended():
        try:
            daemon.call("system.reload")
        except (RpcError, OSError, EOFError):
            pass
        return daemon.process.poll() is not None
    wait_until(ended, "its end", 60)
    assert daemon.process.returncode == 71, daemon.tail()
    wait_until(lambda: not daemon.children(), "the others' end")
    assert "out of memory" in daemon.tail()


# ---- descriptors ----------------------------------------------------------------------------------------------------

def limit_files(pid, number):
    """Of its descriptors, those at number and above stay open but get no company; returns the limit there was."""
    words = ["prlimit", "--pid", str(pid), "--nofile", "--raw", "--noheadings", "--output", "SOFT"]
    before = subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True, **become()).stdout.strip()
    subprocess.run(["prlimit", "--pid", str(pid), f"--nofile={number}:"], check=True, **become())
    return before


def busy(pid):
    """Seconds of the processor."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def only(daemon, name):
    (pid,) = daemon.children()[name]
    return pid


def test_clients_wait_while_the_engine_has_no_descriptors(daemon):
    with daemon.client() as first:
        engine = only(daemon, "liaison-engine")
        before = limit_files(engine, 5)
        crowd = [daemon.client() for _ in range(20)]
        assert first.call("system.version")
        assert daemon.tail().count("there are no descriptors left for another client") == 1
        began = busy(engine)
        time.sleep(1)
        assert busy(engine) - began < 0.5, "it spins"
        for client in crowd:
            client.close()
        limit_files(engine, before)
        wait_until(lambda: daemon.call("system.version"), "another client")
        assert daemon.tail().count("there are no descriptors left for another client") == 1


def test_a_source_waits_while_fetch_has_no_descriptors(place, server):
    with Daemon(place / "liaison", [account(server)]) as daemon:
        add_ada(daemon)
        daemon.wait_complete()
        fetch = only(daemon, "liaison-fetch")
        before = limit_files(fetch, 5)
        daemon.configure([account(server), account(server, "other", user="other@own.example")])
        daemon.call("system.reload")
        wait_until(lambda: "oo many open files" in (daemon.source("other")["error"] or ""), "why")
        assert_served(daemon, server, "beside")
        began = busy(fetch)
        time.sleep(1)
        assert busy(fetch) - began < 0.5, "it spins"
        said = daemon.tail(100_000).count("oo many open files")
        assert said == 1, daemon.tail()
        limit_files(fetch, before)
        daemon.call("source.sync", {"source": "other"})
        daemon.wait_complete("other")


def test_a_child_is_replaced_when_liaisond_has_descriptors_again(place, server):
    with Daemon(place / "liaison", [account(server)], expects_errors="parse") as daemon:
        add_ada(daemon)
        daemon.wait_complete()
        before = limit_files(daemon.process.pid, 5)
        os.kill(only(daemon, "liaison-parse"), signal.SIGKILL)
        wait_until(lambda: "oo many open files" in daemon.tail(), "why there is no other parse")
        began = busy(daemon.process.pid)
        time.sleep(1)
        assert busy(daemon.process.pid) - began < 0.5, "it spins"
        limit_files(daemon.process.pid, before)
        assert_served(daemon, server, "afterwards")


# ---- a log that nobody reads ----------------------------------------------------------------------------------------

class Mute(Daemon):
    """Its standard error is a pipe that is full and that nobody reads."""

    def start(self, wait=True):
        RUNNING.add(self)
        self.reading, writing = os.pipe()
        os.set_blocking(writing, False)
        try:
            while os.write(writing, b"x" * 4096):
                pass
        except BlockingIOError:
            os.set_blocking(writing, True)
        self.process = subprocess.Popen(
            [BIN / "liaisond", "-c", self.config], stdin=subprocess.DEVNULL, stdout=writing, stderr=writing, cwd="/",
            env={"PATH": "/usr/bin:/bin", "HOME": str(self.dir)}, start_new_session=True, **become())
        os.close(writing)
        self.log.touch()
        if wait:
            self.wait_ready()
        return self

    def read(self):
        os.set_blocking(self.reading, False)
        text = b""
        try:
            while more := os.read(self.reading, 65536):
                text += more
        except BlockingIOError:
            pass
        return text


def test_a_log_that_nobody_reads_stops_nothing(place, server):
    with Mute(place / "liaison", [account(server)], settings="log-level = debug\n") as daemon:
        add_ada(daemon)
        daemon.wait_complete()
        for n in range(3):
            assert_served(daemon, server, f"unheard{n}")
        daemon.read()
        daemon.call("source.pause", {"source": "work"})
        daemon.call("system.reload")
        text = b""

        def told():
            nonlocal text
            text += daemon.read()
            return re.search(rb"\d+ log lines could not be written", text)
        wait_until(told, "how many lines were dropped")
    os.close(daemon.reading)
