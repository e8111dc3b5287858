"""A liaisond of the build under test, run as an ordinary user, and a client of its socket."""

import atexit
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from reach import RUNNING, TOP, Running, become, give, reachable

BIN = reachable(TOP / "build/plain/bin", "LIAISON_BIN")
VARIANT = BIN.parent.name
# A sanitizer's build is slower; nothing is timed against these, they only end what hangs.
SANITIZED = VARIANT in ("asan", "tsan", "cov")
PATIENCE = 60 if SANITIZED else 20


class RpcError(Exception):
    def __init__(self, error):
        super().__init__(f"{error.get('code')}: {error.get('message')}")
        self.error = error
        self.code = error.get("code")
        self.message = error.get("message")
        self.data = error.get("data") or {}
        self.name = self.data.get("name")


class Client:
    """One connection: JSON-RPC 2.0, a JSON object a line."""

    def __init__(self, path, timeout=PATIENCE * 3):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout)
        self.socket.connect(str(path))
        self.buffer = b""
        self.next_id = 0
        self.pending = []

    def send(self, method, params=None, **members):
        self.next_id += 1
        request = {"jsonrpc": "2.0", "id": self.next_id, "method": method}
        if params is not None:
            request["params"] = params
        request.update(members)
        self.write(json.dumps(request).encode() + b"\n")
        return self.next_id

    def write(self, data):
        self.socket.sendall(data)

    def line(self):
        while b"\n" not in self.buffer:
            more = self.socket.recv(1 << 16)
            if not more:
                raise EOFError("the daemon closed the connection")
            self.buffer += more
        line, self.buffer = self.buffer.split(b"\n", 1)
        return json.loads(line)

    def answer(self, number):
        """The reply to request number; notifications are kept in self.pending."""
        while True:
            message = self.line()
            if message.get("id") == number and "method" not in message:
                if "error" in message:
                    raise RpcError(message["error"])
                return message["result"]
            self.pending.append(message)

    def call(self, method, params=None, **members):
        return self.answer(self.send(method, params, **members))

    def run(self, *words, **members):
        return self.call("rpc.run", list(words), **members)

    def notification(self, method=None):
        """The next notification, a kept one first."""
        while True:
            message = self.pending.pop(0) if self.pending else self.line()
            if method is None or message.get("method") == method:
                return message

    def all(self, method, **params):
        items, after = [], None
        while True:
            page = self.call(method, {**params, **({"after": after} if after else {})})
            items += page["items"]
            after = page["next"]
            if after is None:
                return items

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def wait_until(condition, what, seconds=None):
    """The first true answer of condition, asked again and again."""
    deadline = time.monotonic() + (seconds or PATIENCE)
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"waited in vain for {what}; last answer {answer!r}")
        time.sleep(0.02)


class Daemon(Running):
    """expects_errors: a pattern of what the log may tell as an error or worse; anything else fails the test that
    ends the daemon with its `with`."""

    def __init__(self, directory, accounts=(), settings="", environment=None, expects_errors=None):
        self.dir = Path(directory)
        self.dir.mkdir(parents=True, exist_ok=True)
        give(self.dir)
        self.database = self.dir / "liaison.db"
        self.socket = self.dir / "control"
        self.config = self.dir / "liaison.conf"
        self.log = self.dir / "log"
        self.environment = environment or {}
        self.expects_errors = expects_errors
        self.process = None
        self.settings = settings
        self.accounts = list(accounts)
        self.configure()

    def configure(self, accounts=None, settings=None):
        if accounts is not None:
            self.accounts = list(accounts)
        if settings is not None:
            self.settings = settings
        text = "[liaison]\n"
        for key, value in (("database", self.database), ("socket", self.socket),
                           ("own-addresses", "me@own.example")):
            if f"{key} =" not in self.settings:
                text += f"{key} = {value}\n"
        text += self.settings + "\n" + "\n".join(self.accounts)
        self.config.write_text(text)
        os.chmod(self.config, 0o600)
        give(self.config)

    def start(self, wait=True):
        RUNNING.add(self)
        if SANITIZED and "database =" not in self.settings:
            lay_database(self)
        environment = {"PATH": "/usr/bin:/bin", "HOME": str(self.dir),
                       "ASAN_OPTIONS": "detect_leaks=1:abort_on_error=0",
                       "TSAN_OPTIONS": "halt_on_error=0", **self.environment}
        with open(self.log, "ab") as out:
            self.process = subprocess.Popen(
                [BIN / "liaisond", "-c", self.config], env=environment, stdin=subprocess.DEVNULL,
                stdout=out, stderr=out, cwd="/", start_new_session=True, **become())
        if wait:
            self.wait_ready()
        return self

    def wait_ready(self):
        def ready():
            if self.process.poll() is not None:
                raise AssertionError(f"liaisond ended with {self.process.returncode}: {self.tail()}")
            try:
                with Client(self.socket) as client:
                    client.call("system.version")
                return True
            except (OSError, EOFError, RpcError):
                return False

        try:
            wait_until(ready, "the control socket")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.tail()}") from None

    def tail(self, size=4000):
        return self.log.read_text(errors="replace")[-size:] if self.log.exists() else ""

    def unexpected_errors(self):
        """Lines of the log of priority `err` or worse that expects_errors does not name."""
        lines = self.log.read_text(errors="replace").splitlines()
        return [line for line in lines if re.match("<[0-3]>", line) and
                not (self.expects_errors and re.search(self.expects_errors, line))]

    def stop(self, seconds=10):
        """SIGTERM; the exit status."""
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(60 if SANITIZED else seconds)
        finally:
            self.kill()
        return status

    def ended(self):
        wait_until(lambda: not self.children(), "the children's end")

    def children(self):
        """{program: [pid, …]} of this daemon's session."""
        found = {}
        if self.process is None:
            return found
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                stat = (entry / "stat").read_text()
                state, _, _, session = stat[stat.rindex(")") + 2:].split()[:4]
                threads = len(os.listdir(entry / "task"))  # they may outlive their leader for a moment
                if int(session) == self.process.pid and (state != "Z" or threads > 1):
                    name = stat[stat.index("(") + 1:stat.rindex(")")]
                    found.setdefault(name, []).append(int(entry.name))
            except (OSError, ValueError):
                pass
        return found

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        status = self.stop()
        assert status in (0, None), f"liaisond ended with {status}: {self.tail()}"
        assert_clean(self)
        errors = self.unexpected_errors()
        assert not errors, f"the log tells errors that the test does not expect: {errors}"

    def client(self, **options):
        return Client(self.socket, **options)

    def call(self, method, params=None, **members):
        with self.client() as client:
            return client.call(method, params, **members)

    def all(self, method, **params):
        with self.client() as client:
            return client.all(method, **params)

    def liaison(self, *words, stdin=None, check=True, environment=None, timeout=120):
        """The client program; a CompletedProcess with text."""
        answer = subprocess.run(
            [BIN / "liaison", "--socket", self.socket, *map(str, words)], input=stdin, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=timeout,
            env={"PATH": "/usr/bin:/bin", "HOME": str(self.dir), "TZ": "UTC", **(environment or {})})
        if check and answer.returncode != 0:
            raise AssertionError(f"liaison {words}: {answer.returncode}: {answer.stderr}")
        return answer

    def source(self, name="work"):
        return self.call("source.show", {"source": name})

    def wait_complete(self, name="work", seconds=None):
        """All watched folders were looked at and no backfill is left."""
        def complete():
            source = self.source(name)
            if source["last_complete"] is None or source["state"] not in ("idle", "polling", "syncing", "backfill"):
                return False
            if not source["folders"] or any(folder["state"] == "opening" for folder in source["folders"]):
                return False  # last_complete may be of before a restart
            jobs = [job for job in self.all("backfill.list") if job["source"] == name]
            return all(job["state"] == "done" for job in jobs) and source

        try:
            return wait_until(complete, f"the first complete pass over {name}", seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.source(name)}\n{self.tail()}") from None

    def verify(self, name="work"):
        """The total row of capture.verify."""
        rows = self.call("capture.verify", {"source": name})["items"]
        return [row for row in rows if row["folder"] is None][0]


MADE = []  # of this worker: the directory of a daemon that has nothing in it yet


def lay_database(daemon):
    """Before its first start. In such a build it takes long to make one, and the plain build makes one each time."""
    if set(os.listdir(daemon.dir)) - {daemon.config.name, daemon.log.name} or daemon.dir in MADE:
        return
    if not MADE:
        MADE.append(Path(tempfile.mkdtemp(prefix="liaison-made-")) / "liaison")
        os.chmod(MADE[0].parent, 0o755)
        atexit.register(shutil.rmtree, MADE[0].parent, ignore_errors=True)
        with Daemon(MADE[0]) as made:
            made.stop()
    for path in MADE[0].iterdir():
        if path.is_file() and path.name not in (daemon.config.name, daemon.log.name):
            shutil.copy2(path, daemon.dir)
            give(daemon.dir / path.name)


def shown_by(pid, file):
    """What the system tells of a process; nothing when it is closed even to its own user, or has ended."""
    try:
        return Path(f"/proc/{pid}/{file}").read_bytes().decode(errors="replace")
    except (PermissionError, FileNotFoundError, ProcessLookupError):
        return ""


def assert_clean(daemon):
    """No sanitizer spoke in the daemon's log."""
    text = daemon.log.read_text(errors="replace")
    for word in ("AddressSanitizer", "LeakSanitizer", "ThreadSanitizer", "runtime error:"):
        assert word not in text, text[max(0, text.index(word) - 500):][:6000]


def account(server, name="work", user="me@own.example", tls="implicit", **settings):
    """An [account NAME] section for a Dovecot server."""
    secret = Path(server.dir) / "secret"
    if not secret.exists():
        secret.write_text("secret\n")
        os.chmod(secret, 0o600)
        give(secret)
    lines = {"host": "localhost", "user": user, "tls": tls,
             "port": server.tls_port if tls == "implicit" else server.port,
             "password-file": secret, "poll": "10s"}
    if tls != "none":
        lines["ca-file"] = server.authority.ca
    for key, value in settings.items():
        lines[key.replace("_", "-")] = value
    return f"[account {name}]\n" + "".join(
        f"{key} = {value}\n" for key, value in lines.items() if value is not None)
