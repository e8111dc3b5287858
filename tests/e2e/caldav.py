"""Private CalDAV servers, unpacked under build/servers and run as an ordinary user on loopback: Radicale, which
hands out a collection as one file, and Xandikos, which hands out its events one by one."""

import base64
import functools
import http.client
import subprocess
from pathlib import Path

from dovecot import free_port
from reach import TOP, Running, give, reachable

SECRET = "let-me-in"


@functools.cache
def packages(name):
    """Where the server's own Python packages are; what it shares with the machine is the machine's."""
    subprocess.run([TOP / "tests/e2e/unpack", name, name], check=True, timeout=300)
    return reachable(TOP / "build/servers" / name, f"LIAISON_{name.upper()}") / "root/usr/lib/python3/dist-packages"


class Server(Running):
    """`with Radicale(directory) as server:`"""

    def __init__(self, directory):
        self.dir = Path(directory)
        self.port = free_port()
        self.process = None

    def url(self, path):
        return f"http://localhost:{self.port}{path}"

    def ask(self, method, path, body=None, kind="text/calendar"):
        connection = http.client.HTTPConnection("localhost", self.port, timeout=20)
        try:
            connection.request(method, path, body, {**self.headers(), "Content-Type": kind})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def answers(self):
        self.ask("GET", "/")

    def put(self, path, body):
        status, text = self.ask("PUT", path, body)
        assert status in (200, 201, 204), (status, text)

    def __enter__(self):
        self.dir.mkdir(parents=True, exist_ok=True)
        give(self.dir)
        self.launch(["/usr/bin/python3", "-B", "-m", *map(str, self.command())], cwd=self.dir, PATH="/usr/bin:/bin",
                    HOME=str(self.dir), PYTHONPATH=str(packages(self.name)))
        self.prepare()
        return self


class Radicale(Server):
    name = "radicale"
    collection = "/ada/work/"

    def headers(self):
        return {"Authorization": "Basic " + base64.b64encode(f"ada:{SECRET}".encode()).decode()}

    def command(self):
        (self.dir / "users").write_text(f"ada:{SECRET}\n")
        (self.dir / "config").write_text(
            f"[server]\nhosts = localhost:{self.port}\n[auth]\ntype = htpasswd\nhtpasswd_filename = {self.dir}/users\n"
            f"htpasswd_encryption = plain\ndelay = 0\n[storage]\nfilesystem_folder = {self.dir}/collections\n")
        return "radicale", "--config", self.dir / "config"

    def prepare(self):
        made = self.ask("MKCALENDAR", self.collection)
        assert made[0] == 201, made


class Xandikos(Server):
    name = "xandikos"
    collection = "/user/calendars/calendar/"

    def headers(self):
        return {}

    def command(self):
        return ("xandikos.web", "-d", self.dir / "dav", "-l", "localhost", "-p", self.port, "--defaults",
                "--current-user-principal", "/user/")

    def prepare(self):
        pass
