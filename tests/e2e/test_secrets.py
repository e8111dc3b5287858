"""Secrets: where they come from, and that they go nowhere else."""

import base64
import json
import os
import resource
import signal
from pathlib import Path

import pytest

from daemon import SANITIZED, Client, Daemon, RpcError, account, shown_by, wait_until
from dovecot import give
from http_script import FEED, HttpScript, answer
from imap_script import ScriptedServer, section

CANARY = "canary-7c1f-never-written"


def command_of(place, name, body):
    """A password command: a script of its own, as there is no shell."""
    script = place / name
    script.write_text("#!/bin/sh\n" + body + "\n")
    os.chmod(script, 0o755)
    give(script)
    return script


def account_by_command(server, command, name="work", user="me@own.example"):
    return account(server, name, user, password_file=None, password_command=command)


def traces_of(daemon, word):
    """Where word stands among what others can see or what is kept."""
    found = []
    for program, pids in daemon.children().items():
        for pid in pids:
            for file in ("cmdline", "environ"):
                if word in shown_by(pid, file):
                    found.append(f"{program} {file}")
    for path in daemon.dir.rglob("*"):
        if path.is_file() and path != daemon.config and word.encode() in path.read_bytes():
            found.append(str(path))
    return found


def disguises(word):
    """The word as it is, and the middles of its base64 at each of the three places it can have in a longer text."""
    return [word] + [base64.b64encode(b"." * at + word.encode()).decode()[4:-4] for at in range(3)]


def test_a_secret_is_written_nowhere(place, server):
    (place / "kept").write_text(CANARY + "\n")
    os.chmod(place / "kept", 0o600)
    give(place / "kept")
    with Daemon(place / "liaison", [account_by_command(server, f"cat {place}/kept")], "log-level = debug") as daemon:
        source = wait_until(lambda: (s := daemon.source())["state"] in ("auth-failed", "error") and s, "the refusal")
        assert CANARY not in str(source)
        assert CANARY not in str(daemon.call("system.status")) and CANARY not in str(daemon.call("source.list"))
        assert traces_of(daemon, CANARY) == []
    assert traces_of(daemon, CANARY) == []


def test_the_command_is_run_again_at_each_login(place, server):
    runs = place / "runs"
    runs.write_text("")
    os.chmod(runs, 0o666)
    command = command_of(place, "ask", f"echo run >> {runs}\necho secret\necho 'not this' >&2")
    with Daemon(place / "liaison", [account_by_command(server, command)]) as daemon:
        daemon.wait_complete()
        before = len(runs.read_text().split())
        assert before >= 1
        server.restart()
        wait_until(lambda: len(runs.read_text().split()) > before, "another login", 60)
        assert "not this" in daemon.tail(100000)


def test_a_slow_command_holds_up_nobody_else_and_ends_with_the_daemon(place, server):
    slow = command_of(place, "slow", "exec sleep 600")
    with Daemon(place / "liaison", [account_by_command(server, slow, "slow", "two@own.example"), account(server)]) \
            as daemon:
        daemon.wait_complete("work")
        assert "sleep" in daemon.children() or any("slow" in name for name in daemon.children())
    assert not any(name in ("sleep", "slow") for name in daemon.children())


def test_a_command_that_fails_is_told_and_tried_again(place, server):
    flag = place / "works"
    command = command_of(place, "ask", f"[ -e {flag} ] || exit 3\necho secret")
    with Daemon(place / "liaison", [account_by_command(server, command)]) as daemon:
        source = wait_until(lambda: (s := daemon.source())["error"] and s, "the failure")
        assert "status 3" in source["error"] or "status 3" in daemon.tail(100000)
        flag.write_text("")
        daemon.process.send_signal(signal.SIGUSR2)  # connect anew, without waiting for the next try
        daemon.wait_complete(seconds=60)


class Sources:
    """A source for each way to a secret, each with one of its own, and servers that take them: those whose name ends
    in 'refused' are refused with the secret's own words."""

    def __init__(self, place):
        self.place = place
        self.secrets = {}
        self.sections = []
        self.mail = ScriptedServer(hooks={"login": self.judge}, capability="IMAP4rev1 IDLE AUTH=XOAUTH2 AUTH=PLAIN SASL-IR")
        self.web = HttpScript(self.feed)

    def secret(self, name):
        self.secrets[name] = f"canary-{name}-7c1f-never-written"
        return self.secrets[name]

    def judge(self, server, handler, tag, line):
        """What is refused is told in the secret's words, plain and as they came."""
        for name, secret in self.secrets.items():
            if name.endswith("refused") and any(word in line for word in disguises(secret)):
                return f"{tag} NO [ALERT] not {secret}, {line}\r\n".encode()
        return None

    def feed(self, question, wire):
        if "refused" in question.path:
            return answer("403 Forbidden " + question.path, question.path.encode())
        return answer(body=FEED)

    def used(self):
        """The names of the secrets that servers have seen."""
        seen = "\n".join([*self.mail.commands, *(question.path for question in self.web.questions),
                          *(str(question.fields) for question in self.web.questions)])
        return {name for name, secret in self.secrets.items() if any(word in seen for word in disguises(secret))}

    def kept(self, name):
        path = self.place / f"kept-{name}"
        path.write_text(self.secret(name) + "\n")
        path.chmod(0o600)
        give(path)
        return path

    def mailbox(self, name, **settings):
        lines = {"password": None, "user": f"{name}@own.example", **settings}
        text = section(self.mail, name=name, **lines)
        self.sections.append("".join(line + "\n" for line in text.splitlines() if not line.endswith("= None")))

    def calendar(self, name, **settings):
        lines = "".join(f"{key.replace('_', '-')} = {value}\n" for key, value in settings.items())
        self.sections.append(f"[calendar {name}]\nurl = {self.web.url()}?key={self.secret(name + '-address')}\n{lines}")

    def configure(self):
        credentials = self.place / "credentials"
        credentials.mkdir()
        give(credentials)
        self.kept("credential").rename(credentials / "mail")
        for kind in ("", "-refused"):
            self.mailbox(f"file{kind}", password_file=self.kept(f"file{kind}"))
            self.mailbox(f"literal{kind}", password=self.secret(f"literal{kind}"))
            command = command_of(self.place, f"command{kind}", f"echo {self.secret(f'command{kind}')}")
            self.mailbox(f"command{kind}", password_command=command)
        self.mailbox("token", token_command=f"cat {self.kept('token')}", auth="xoauth2")
        self.mailbox("credential", credential="mail")
        self.calendar("feed", user="me", password_file=self.kept("feed"))
        self.calendar("feed-refused", user="me", password_file=self.kept("feed-password"))
        return {"CREDENTIALS_DIRECTORY": str(credentials)}


def everything_said(daemon):
    """What the socket tells of itself, of the sources, and in a backup."""
    said, numbers = [], []
    with daemon.client() as watcher, daemon.client() as client:
        watcher.call("watch", {"from": 0})
        for method in client.call("rpc.discover")["methods"]:
            if not any(param.get("required") for param in method["params"]) and method["name"] not in ("watch", "system.reload"):
                numbers.append(client.send(method["name"], {"output": "x"} if method["name"] == "system.backup" else None,
                                           dry_run=method["x-access"] != "reads"))
        for source in daemon.all("source.list"):
            for method in ("source.show", "source.check", "source.folders", "capture.verify"):
                numbers.append(client.send(method, {"source": source["name"]}))
        waiting = set(numbers)
        while waiting:
            message = client.line()
            if message.get("method") == "data":
                message["params"]["chunk"] = base64.b64decode(message["params"]["chunk"]).decode(errors="replace")
            said.append(json.dumps(message))
            waiting.discard(message.get("id"))
        client.call("system.reload")
        watcher.call("system.version")
        said += [json.dumps(message) for message in watcher.pending]
    return "\n".join(said)


def test_no_way_to_a_secret_leads_out(place):
    """Whatever way it came, however it was used, and however much the log tells."""
    sources = Sources(place)
    with sources.mail, sources.web:
        environment = sources.configure()
        metrics = place / "liaison" / "metrics"
        daemon = Daemon(place / "liaison", sources.sections, f"log-level = debug\nmetrics-file = {metrics}",
                        environment=environment, expects_errors="refused")
        with daemon:
            states = {"auth-failed", "error", "idle", "polling"}
            wait_until(lambda: all(s["state"] in states for s in daemon.all("source.list")), "all sources' logins", 60)
            assert sources.used() == set(sources.secrets)  # they are what is looked for
            said = everything_said(daemon)
            found = {}
            for name, secret in sources.secrets.items():
                for word in disguises(secret):
                    found[name] = found.get(name, []) + traces_of(daemon, word) + (["socket"] if word in said else [])
        for name, secret in sources.secrets.items():
            for word in disguises(secret):
                found[name] += traces_of(daemon, word)
        assert {name: places for name, places in found.items() if places} == {}
        assert len(sources.secrets) >= 10


@pytest.mark.skipif(SANITIZED, reason="a sanitizer looks into its own process")
def test_no_core_is_left_and_nobody_looks_into_memory(place, server):
    """Even where the limit of cores allows all."""
    def allow_cores():
        hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
        resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))

    before = resource.getrlimit(resource.RLIMIT_CORE)
    allow_cores()
    try:
        daemon = Daemon(place / "liaison", [account(server)]).start()
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, before)
    try:
        daemon.wait_complete()
        children = daemon.children()
        assert set(children) == {"liaisond", "liaison-engine", "liaison-fetch", "liaison-parse"}
        for name, (pid, *_) in children.items():
            limits = Path(f"/proc/{pid}/limits").read_text()
            core = [line.split() for line in limits.splitlines() if line.startswith("Max core")][0]
            assert core[4:6] == ["0", "0"], (name, core)
            # what is not dumpable is root's to look at
            assert os.stat(f"/proc/{pid}/environ").st_uid == 0, name
        os.kill(daemon.process.pid, signal.SIGABRT)
        _, status = os.waitpid(daemon.process.pid, 0)
        assert os.WTERMSIG(status) == signal.SIGABRT and not os.WCOREDUMP(status)
    finally:
        daemon.kill()
    assert not [path for path in place.rglob("core*") if path.is_file()]
