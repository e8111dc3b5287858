"""What rogue servers do harms nobody else, locks no account and learns no secret."""

import os
import re
import signal
import statistics
import time
from contextlib import ExitStack

import pytest

from daemon import SANITIZED, Daemon, account, wait_until
from dovecot import give
from imap_script import ScriptedServer, section
from letters import letter
from test_rogue import FAST, cost, messages


def endless(piece):
    """A hook that sends piece for as long as anybody reads."""
    def send(server, handler, tag, line):
        while not server.stopping.is_set():
            handler.request.sendall(piece)
        return b""
    return send


HOOKS = {
    "flood": ("search", endless(b"* OK flood " + b"x" * 8000 + b"\r\n")),
    "answers": ("search", endless(b"* 1 EXISTS\r\n" * 1000)),
    "line": ("examine", endless(b"* LONG " + b"x" * 65536)),
    "list": ("list", endless(b'* LIST () "/" "' + b"x" * 900 + b'"\r\n')),
}


def rogues(stack):
    """One of each kind that goes on and on."""
    some = {name: ScriptedServer(messages(name, 3), hooks={step: hook}) for name, (step, hook) in HOOKS.items()}
    for step, fault in (("greeting", "stall"), ("fetch", "stall"), ("finish", "drip"), ("search", "garbage"),
                        ("login", "reset"), ("idle", "reset"), ("literal", "oversize"), ("idle", "no")):
        some[f"{fault}-at-{step}"] = ScriptedServer(
            messages(f"{fault}-{step}", 3), lambda at, _, step=step, fault=fault: fault if at == step else None)
    for one in some.values():
        stack.enter_context(one)
    return some


def delivery_times(daemon, server, name, count=7):
    """How long mail takes from the server to its interaction, one after the other."""
    times = []
    for n in range(count):
        subject = f"{name} {n}"
        begun = time.monotonic()
        server.append("INBOX", letter("ada@x.example", "me@own.example", subject))
        wait_until(lambda: any(i["subject"] == subject for i in daemon.all("interaction.list")), subject)
        times.append(time.monotonic() - begun)
        time.sleep(0.1)
    return times


def test_mail_beside_rogue_servers_is_as_quick_as_alone(place, server):
    with Daemon(place / "liaison", [account(server)], FAST) as daemon, ExitStack() as stack:
        daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
        daemon.wait_complete()
        alone = delivery_times(daemon, server, "alone")
        some = rogues(stack)
        daemon.configure([account(server)] + [section(one, name) for name, one in some.items()])
        daemon.call("system.reload")
        wait_until(lambda: all(one.connections for one in some.values()), "all rogues at work")
        before = cost(daemon)
        beside = delivery_times(daemon, server, "beside")
        bound = max(4 * statistics.median(alone), 3 if SANITIZED else 0.75)
        assert statistics.median(beside) <= bound, (alone, beside)
        pid, _, held = cost(daemon)
        assert pid == before[0]
        assert SANITIZED or held < 48
        begun = time.monotonic()
        daemon.stop()  # none of them is waited for
        assert SANITIZED or time.monotonic() - begun < 5


TOLD = {"flood": "does not stop", "answers": "does not stop answering", "line": "an endless line|a line over",
        "list": "does not stop|took too long"}


@pytest.mark.parametrize("name", HOOKS)
def test_a_server_without_an_end_is_cut_off(place, name):
    step, hook = HOOKS[name]
    with ScriptedServer(messages(name, 3), hooks={step: hook}) as rogue, \
            Daemon(place / "liaison", [section(rogue, connections="1")], FAST) as daemon:
        wait_until(lambda: re.search(TOLD[name], daemon.source("rogue")["error"] or ""), TOLD[name], 90)
        assert SANITIZED or cost(daemon)[2] < 48


def refused(server, handler, tag, line):
    return f"{tag} NO [AUTHENTICATIONFAILED] wrong password\r\n".encode()


def logins(server):
    return [line for line in server.commands if re.match(r"\S+ (LOGIN|AUTHENTICATE) ", line, re.I)]


def test_a_refused_password_is_not_tried_again_by_a_new_fetch_or_a_reload(place):
    secret = place / "secret"
    secret.write_text("wrong\n")
    secret.chmod(0o600)
    give(secret)
    with ScriptedServer(messages("locked", 3), hooks={"login": refused}) as locked:
        entry = section(locked, "locked").replace("password = secret\n", f"password-file = {secret}\n")
        with Daemon(place / "liaison", [entry], FAST) as daemon:
            def failed():
                return daemon.source("locked")["state"] == "auth-failed"
            wait_until(failed, "the refusal")
            for n in range(3):
                (pid,) = daemon.children()["liaison-fetch"]
                reached = locked.connections
                os.kill(pid, signal.SIGKILL)
                wait_until(lambda: locked.connections > reached, "the next fetch", 30)
                wait_until(failed, "the refusal again")
                daemon.configure([entry.replace("poll = 10s", f"poll = {11 + n}s")])
                reached = locked.connections
                daemon.call("system.reload")
                wait_until(lambda: locked.connections > reached, "the question whether it is another", 30)
            assert len(logins(locked)) == 1
            assert "wrong password" in daemon.source("locked")["error"] or "this password" in daemon.source("locked")["error"]
            secret.write_text("right\n")
            del locked.hooks["login"]
            daemon.call("system.reload")
            daemon.wait_complete("locked", 30)
            assert len([line for line in logins(locked) if "wrong" in line]) == 1


def test_after_an_outage_all_come_back_at_the_configured_rate(place):
    """tests/unit/fetch/test_rogue.c has hundreds of sources and an hour, in simulated time."""
    a_second, count = 4, 12
    with ExitStack() as stack:
        servers = [stack.enter_context(ScriptedServer(messages(f"m{n}", 3))) for n in range(count)]
        daemon = stack.enter_context(Daemon(
            place / "liaison", [section(one, f"m{n}", connections="1") for n, one in enumerate(servers)],
            f"connect-rate = 100/s\nconnect-rate-host = {a_second}/s\n"))
        daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
        for one in servers:
            wait_until(lambda: one.idling == 1, "IDLE")
        for one in servers:
            one.away()
        wait_until(lambda: all("refused" in (daemon.source(f"m{n}")["error"] or "") for n in range(count)),
                   "an outage", 60)
        for n, one in enumerate(servers):
            one.messages.append(messages(f"m{n}", 4)[-1])
            one.listen()
        wait_until(lambda: len(daemon.all("interaction.list")) == 4 * count, "all mail", 90)
        times = sorted(moment for one in servers for moment in one.times)
        # what is measured is when connects were accepted: a little later, and not evenly so
        crowded = [b - a for a, b in zip(times, times[2 * a_second:]) if b - a < 1]
        assert crowded == []


def byte_by_byte(server, handler, data):
    for at in range(len(data)):
        handler.request.sendall(data[at:at + 1])
        time.sleep(0.002)


def injected(slowly):
    """Answers that an attacker puts behind the OK, to be taken for ones that came through TLS."""
    def starttls(server, handler, tag, line):
        data = f"{tag} OK go\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\nA3 OK [CAPABILITY IMAP4rev1] in\r\n".encode()
        if not slowly:
            return data
        byte_by_byte(server, handler, data)
        return b""
    return starttls


def test_before_tls_nothing_is_said_that_matters(place, authority, speaks_tls):
    """CVE-2020-15953 and its like (nostarttls.secvuln.info): injection, stripping, PREAUTH."""
    cases = {
        "injected": ("starttls", dict(hooks={"starttls": injected(False)}), "between its STARTTLS answer|speak TLS"),
        "dripped": ("starttls", dict(hooks={"starttls": injected(True)}), "between its STARTTLS answer|speak TLS"),
        "stripped": ("starttls", dict(capability="IMAP4rev1 IDLE"), "does not offer TLS"),
        "preauth": ("starttls", dict(hooks={"greeting": lambda *_: b"* PREAUTH welcome\r\n"}), "PREAUTH"),
        "preauth-tls": ("implicit", dict(hooks={"greeting": lambda *_: b"* PREAUTH welcome\r\n"}), "PREAUTH"),
        "banner": ("implicit", dict(implicit=False, hooks={"greeting": lambda *_: b"220 mail ESMTP\r\n"}), "TLS"),
    }
    with ExitStack() as stack:
        servers, entries = {}, []
        for name, (tls, options, _) in cases.items():
            options = {"capability": "IMAP4rev1 IDLE STARTTLS", "tls": speaks_tls, "implicit": tls == "implicit",
                       **options}
            servers[name] = stack.enter_context(ScriptedServer(messages(name, 3), **options))
            entries.append(section(servers[name], name, host="localhost", tls=tls, ca_file=authority.ca))
        daemon = stack.enter_context(Daemon(place / "liaison", entries, FAST))
        for name, (_, _, told) in cases.items():
            wait_until(lambda: re.search(told, daemon.source(name)["error"] or ""), f"{told} of {name}")
        for name, server in servers.items():
            assert logins(server) == [], name


def test_names_that_the_server_lists_put_nothing_onto_the_wire(place):
    hostile = (b'* LIST () "/" {20}\r\nx\r\nA9 DELETE "INBOX"\r\n'
               b'* LIST () "/" {3}\r\na\0b\r\n'
               b'* LIST () "/" "quote\\" and \\\\ back"\r\n'
               b'* LIST () "/" "../../etc/passwd"\r\n'
               b'* LIST () "/" "esc\x1b[31m red"\r\n'
               b'* LIST () "/" "&AAoA-A9 DELETE x"\r\n'
               b'* LIST () "/" {0}\r\n\r\n'
               b'* LIST () "/" {1200}\r\n' + b"n" * 1200 + b"\r\n"
               b'* LIST () "')

    def listed(server, handler, tag, line):
        return b'* LIST () "/" INBOX\r\n' + hostile + f"\r\n{tag} OK done\r\n".encode()

    def opened(server, handler, tag, line):
        return None if "INBOX" in line else f"{tag} NO there is none\r\n".encode()

    with ScriptedServer(messages("names", 3), hooks={"list": listed, "examine": opened, "status": opened}) as rogue, \
            Daemon(place / "liaison", [section(rogue)], FAST) as daemon:
        daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
        wait_until(lambda: len(daemon.all("interaction.list")) == 3, "the mail of INBOX")
        names = [folder["name"] for folder in daemon.source("rogue")["folders"]]
        assert 'quote" and \\ back' in names and "../../etc/passwd" in names
        assert not any(ord(c) < 32 for name in names for c in name)
        verbs = {line.split(" ")[1].upper() for line in rogue.commands}
        assert verbs <= {"CAPABILITY", "LOGIN", "LIST", "EXAMINE", "STATUS", "UID", "IDLE"}, verbs
