"""liaison-fetch by itself: the test is liaisond on descriptor 3 and the engine on descriptor 4, and speaks frames."""

import fcntl
import os
import re
import select
import socket
import struct
import subprocess
import time

from daemon import BIN, PATIENCE
from reach import RUNNING, TOP, become

HEAD = struct.Struct("=IHHII")  # size, type, flags, source, token
FIELD = struct.Struct("=HHI")
CHUNK = 64 * 1024


def numbers():
    """The numbers of frames, fields and states, as frame.h counts them."""
    found = {}
    text = re.sub(r"/\*.*?\*/", "", (TOP / "include/liaison/wire/frame.h").read_text(), flags=re.S)
    for body in re.findall(r"enum \w* ?\{(.*?)\}", text, flags=re.S):
        value = -1
        for word in filter(None, (w.strip() for w in body.split(","))):
            name, _, given = word.partition("=")
            given = given.strip()
            try:
                value = eval(given, {}, dict(found)) if given else value + 1
            except NameError:
                continue
            found[name.strip()] = value
    return found


N = numbers()
NAMES = {value: name[6:] for name, value in N.items() if name.startswith("FRAME_") and name not in
         ("FRAME_CHUNK_MAX", "FRAME_MESSAGE_MAX", "FRAME_HEADER_SIZE", "FRAME_CREDIT_FIRST")}
TAGS = {value: name[4:] for name, value in N.items() if name.startswith("TAG_")}
STATES = {value: name[7:].lower() for name, value in N.items() if name.startswith("SOURCE_")}


def u64(value):
    return struct.pack("=Q", value)


def frame(kind, source=0, token=0, fields=()):
    payload = b"".join(FIELD.pack(N["TAG_" + tag], 0, len(value)) + value for tag, value in
                       ((tag, value.encode() if isinstance(value, str) else value) for tag, value in fields))
    assert len(payload) <= CHUNK
    return HEAD.pack(len(payload), N["FRAME_" + kind], 0, source, token) + payload


class Frame:
    def __init__(self, kind, source, token, payload):
        self.kind, self.source, self.token = NAMES[kind], source, token
        self.fields, self.size, at = [], len(payload), 0
        while at < len(payload):
            tag, _, size = FIELD.unpack_from(payload, at)
            self.fields.append((TAGS[tag], payload[at + FIELD.size:at + FIELD.size + size]))
            at += FIELD.size + size

    def get(self, tag):
        return next((value for name, value in self.fields if name == tag), None)

    def text(self, tag):
        value = self.get(tag)
        return None if value is None else value.decode()

    def number(self, tag):
        value = self.get(tag)
        return None if value is None else struct.unpack("=Q", value)[0]

    @property
    def state(self):
        return STATES.get(self.number("STATE"))

    @property
    def error(self):
        return self.text("ERROR")

    def __repr__(self):
        return f"{self.kind}({self.source}, {self.token}, " + ", ".join(
            f"{tag}={value[:60]!r}" for tag, value in self.fields) + ")"


class Stream:
    """Chunks put together to frames."""

    def __init__(self):
        self.buffer, self.open = b"", b""

    def feed(self, data):
        self.buffer += data
        while len(self.buffer) >= HEAD.size:
            size, kind, flags, source, token = HEAD.unpack_from(self.buffer)
            if len(self.buffer) < HEAD.size + size:
                return
            self.open += self.buffer[HEAD.size:HEAD.size + size]
            self.buffer = self.buffer[HEAD.size + size:]
            if not flags & 1:
                payload, self.open = self.open, b""
                yield Frame(kind, source, token, payload)


def calendar(number, url, secret=None, **settings):
    """A calendar's part of the configuration, as liaisond sends it."""
    kinds = {None: 0, "password": 4, "token": 5}
    fields = [("SECTION", "calendar"), ("NAME", f"cal{number}"), ("ID", u64(number)), ("STATE", u64(kinds[secret])),
              ("KEY", "url"), ("VALUE", url), ("KEY", "poll"), ("NUMBER", u64(settings.pop("poll", 3600)))]
    for key, value in settings.items():
        fields += [("KEY", key.replace("_", "-")), ("VALUE", str(value))]
    return frame("CONFIG", number, 0, fields)


class Fetch:
    """`with Fetch(directory, [calendar(1, url)]) as fetch:`; secrets: {source: what liaisond answers}."""

    def __init__(self, directory, sources, secrets=None, environment=None, rate=1000):
        self.dir, self.log = directory, directory / "fetch.log"
        self.secrets, self.asked = secrets or {}, []
        self.environment = environment or {}
        self.rate = rate
        self.sources, self.seen = sources, []
        self.crew_stream, self.stream = Stream(), Stream()
        self.process = None

    def __enter__(self):
        RUNNING.add(self)
        self.dir.mkdir(parents=True, exist_ok=True)
        crew, its_crew = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        link, its_link = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        a, b = (fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 20) for end in (its_crew, its_link))
        its_crew.close()
        its_link.close()
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                ["bash", "-c", f'exec "$0" 3<&{a} 4<&{b} {a}<&- {b}<&-', BIN / "liaison-fetch"], pass_fds=(a, b),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/",
                env={"PATH": "/usr/bin:/bin", **self.environment}, **become())
        os.close(a)
        os.close(b)
        self.crew, self.link = crew, link
        self.configure(self.sources)
        self.wait(lambda: any(f.kind == "READY" for f in self.seen), "READY")
        return self

    def __exit__(self, *_):
        try:
            self.crew.send(frame("STOP"))
        except BrokenPipeError:
            pass  # it ended by itself
        try:
            status = self.process.wait(10)
        finally:
            self.kill()
        if _[0] is None:
            assert status == 0, self.log.read_text()

    def kill(self):
        RUNNING.discard(self)
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)
        self.crew.close()
        self.link.close()

    def configure(self, sources):
        rate = u64(int(self.rate * 1e6))
        self.crew.send(frame("CONFIG", 0, 0, [
            ("SECTION", "liaison"), ("KEY", "connect-rate"), ("NUMBER", rate), ("KEY", "connect-rate-host"),
            ("NUMBER", rate), ("KEY", "log-level"), ("VALUE", "debug")]))
        for source in sources:
            self.crew.send(source)
        self.crew.send(frame("CONFIG_END"))

    def send(self, kind, source=1, token=0, fields=()):
        self.link.sendall(frame(kind, source, token, fields))

    def watch(self, source=1, known=()):
        self.send("FEED_KNOWN", source, 0, known)
        self.send("WATCH", source)

    def _answer(self, asked):
        self.asked.append(asked.source)
        secret = self.secrets.get(asked.source)
        field = ("ERROR", "it is not there") if secret is None else ("BYTES", secret)
        self.crew.send(frame("SECRET", asked.source, asked.token, [field]))

    def read(self, seconds):
        """What comes within that time; secrets are answered."""
        ready, _, _ = select.select([self.crew, self.link], [], [], seconds)
        got = []
        for end in ready:
            data = end.recv(1 << 20)
            if not data:
                raise AssertionError("fetch ended: " + self.log.read_text())
            got += (self.crew_stream if end is self.crew else self.stream).feed(data)
        for one in got:
            if one.kind == "SECRET_ASK":
                self._answer(one)
        self.seen += got

    def wait(self, condition, what, seconds=None):
        deadline = time.monotonic() + (seconds or PATIENCE)
        while True:
            found = condition()
            if found:
                return found
            left = deadline - time.monotonic()
            if left <= 0:
                raise AssertionError(f"waited in vain for {what}; seen {self.seen[-12:]}\n" + self.log.read_text())
            self.read(min(left, 0.5))

    def next(self, kind, source=1, where=lambda f: True, seconds=None):
        """The next frame of that kind about source; what came before it of that source is passed over."""
        def find():
            for place, one in enumerate(self.seen):
                if one.kind == kind and one.source == source and where(one):
                    self.seen[:place + 1] = [f for f in self.seen[:place] if f.source != source]
                    return one
            return None
        return self.wait(find, kind, seconds)

    def state(self, *wanted, source=1, seconds=None):
        return self.next("STATE", source, lambda f: f.state in wanted, seconds)

    def feed(self, source=1, seconds=None):
        """All pieces of the next feed: (its bytes, the first frame)."""
        body, first = b"", None
        while True:
            piece = self.next("FEED", source, seconds=seconds)
            first = first or piece
            assert piece.token == first.token and piece.token & 0x80000000
            if piece.error:
                return None, piece
            body += piece.get("BYTES")
            self.send("CREDIT", 0, 0, [("NUMBER", u64(piece.size))])
            if piece.get("LAST") is not None:
                assert len(body) == first.number("SIZE")
                return body, first

    def record(self, first, error=None, source=1):
        """The engine's answer to a feed: it has it now."""
        known = [(tag, first.get(tag)) for tag in ("ETAG", "MODIFIED", "DIGEST") if first.get(tag) is not None]
        self.send("FEED_KNOWN", source, first.token, known if error is None else [("ERROR", error)])
        return known

    def silent(self, seconds=0.3):
        """Nothing but states comes for a moment."""
        before = len(self.seen)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.read(0.05)
        return [f for f in self.seen[before:] if f.kind != "STATE"] == []
