"""Each fault of a server at each step of the protocol: told in words that name it, recovered from by the next
connection, with nothing lost or doubled, and without a fetch that dies, spins or grows."""

import os
import re
import threading
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from daemon import SANITIZED, Daemon, wait_until
from imap_fault import FAULTS, STEPS
from imap_script import Message, ScriptedServer, section

FAST = "connect-rate = 1000/s\nconnect-rate-host = 1000/s\n"

# What is told of a fault: at any step, and where it differs. None: it does no harm, and nothing is told.
TOLD = {
    "refuse": "cannot be reached: Connection refused",
    "reset": "Connection reset by peer",
    "close": "closed the connection",
    "stall": "took too long",
    "drip": None,  # most answers are short enough
    "garbage": "to nothing asked",
    "bye": "the server said: going down",
    "no": None,
    "bad": None,
    "wrong-tag": "answered 'zz99' to nothing asked",
    "oversize": "announced a literal of 4294967295 bytes",
    "short": "closed the connection",
    "unknown": None,
    "nul": "NUL byte outside a literal",
}
TOLD_AT = {
    **{("greeting", fault): "does not greet as IMAP does" for fault in
       ("garbage", "wrong-tag", "oversize", "short", "unknown", "nul")},
    **{("greeting", fault): "greeted with an error: it is broken" for fault in ("no", "bad")},
    **{("handshake", fault): "does not speak TLS" for fault in
       ("garbage", "bye", "no", "bad", "wrong-tag", "oversize", "short", "unknown", "nul")},
    ("handshake", "reset"): "Connection reset by peer|Broken pipe",
    **{("starttls", fault): "refuses TLS .STARTTLS.: it is broken" for fault in ("no", "bad")},
    **{(step, "drip"): "took too long" for step in ("capability", "examine", "fetch", "literal", "finish")},
    ("handshake", "drip"): "TLS",
    ("login", "no"): "does not let us in now: it is broken",
    **{("examine", fault): "'INBOX' cannot be opened: it is broken" for fault in ("no", "bad")},
    **{("idle", fault): "IDLE is refused here" for fault in ("no", "bad")},
    ("literal", "nul"): None,  # what is in a literal is the message's affair
    **{("logout", fault): None for fault in FAULTS},  # it is said while hanging up: nobody reads the answer
}
IMPOSSIBLE = {("connect", fault): "the server says nothing before its greeting: there it is played" for fault in FAULTS
              if fault not in ("refuse", "reset", "close", "stall")}
# The patience of a minute: tests/unit/fetch/test_rogue.c has it in simulated time, at each step.
SLOW = ("stall", "drip")
PATIENT = os.environ.get("LIAISON_PATIENT", "0") != "0"


def told(step, fault):
    return TOLD_AT.get((step, fault), TOLD[fault])


def messages(name, count):
    return [Message(n, f"From: ada@x.example\nTo: me@own.example\nSubject: s{n} of {name}\n"
                       f"Date: Sat, 21 Nov 2026 07:00:0{n} +0000\nMessage-ID: <s{n}@{name}.x.example>\n\n")
            for n in range(1, count + 1)]


class Rogue(ScriptedServer):
    """Commits its fault once; then it greets nobody before the test has heard what was told of it."""

    LOOK = 0.2

    def __init__(self, step, fault, **options):
        self.step, self.wanted, self.name = step, fault, f"{fault}-at-{step}"
        self.told = told(step, fault)
        self.committed, self.heard = threading.Event(), threading.Event()
        super().__init__(messages(self.name, 3), self.once, **options)
        if self.told is None:
            self.heard.set()
        if (step, fault) == ("connect", "refuse"):
            self.committed.set()
            self.refuse()

    def once(self, step, connection):
        if self.committed.is_set():
            if step == "greeting":
                self.heard.wait(15)
            return None
        if step != self.step or (step == "done" and len(self.messages) < 4):
            return None
        self.committed.set()
        return self.wanted

    def hear(self, source):
        """Whether the fault is told; who refused connections takes them again then."""
        if not self.heard.is_set():
            words = [source["error"]] + [folder["error"] for folder in source["folders"]]
            if any(re.search(self.told, one) for one in words if one):
                if self.listener is None:
                    self.listen()
                self.heard.set()
        return self.heard.is_set()

    def section(self, authority):
        tls = {"tls": "implicit" if self.implicit else "starttls", "host": "localhost",
               "ca_file": authority.ca} if self.tls else {}
        return section(self, self.name, connections="1", **tls)


def make(step, fault, context):
    if step == "starttls":
        return Rogue(step, fault, tls=context, capability="IMAP4rev1 IDLE STARTTLS")
    if step == "handshake":
        return Rogue(step, fault, tls=context, implicit=True)
    return Rogue(step, fault)


def cost(daemon):
    """The fetch there is: its pid, its CPU seconds and the most MiB it held."""
    (pid,) = daemon.children()["liaison-fetch"]
    stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    (held,) = re.findall(r"VmHWM:\s*(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return pid, (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK"), int(held) / 1024


def uids(daemon, rogue):
    return sorted((row["uid"], row["decision"]) for row in daemon.all("capture.list", source=rogue.name))


def captured(count):
    return [(n, "captured") for n in range(1, count + 1)]


def hear_all(daemon, rogues, patience):
    """What is told is gone when the source is well again: all are listened to at once."""
    with daemon.client() as client:
        def heard():
            return all([rogue.committed.is_set() and
                        rogue.hear(client.call("source.show", {"source": rogue.name})) for rogue in rogues])
        try:
            wait_until(heard, "all faults to be told", patience)
        except AssertionError:
            missing = [f"'{rogue.told}' of {rogue.name}" for rogue in rogues if not rogue.heard.is_set()]
            raise AssertionError(f"not told: {missing}\n{daemon.tail()}") from None


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_at_any_step_is_named_and_recovered_from(place, authority, speaks_tls, fault):
    """All steps at once: a source each, all of one fetch. The fault at DONE comes with the fourth message, that at
    LOGOUT with a check."""
    if fault in SLOW and not PATIENT:
        pytest.skip("it takes minutes: LIAISON_PATIENT=1")
    patience = 400 if fault in SLOW else 60
    with ExitStack() as stack:
        rogues = [stack.enter_context(make(step, fault, speaks_tls)) for step in STEPS
                  if (step, fault) not in IMPOSSIBLE]
        daemon = stack.enter_context(Daemon(place / "liaison", [r.section(authority) for r in rogues], FAST))
        daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
        before, begun = cost(daemon), time.monotonic()
        late = [r for r in rogues if r.step in ("done", "logout")]
        hear_all(daemon, [r for r in rogues if r not in late], patience)
        for rogue in rogues:
            wait_until(lambda: uids(daemon, rogue) == captured(3), f"recovery from {rogue.name}", patience)
        for rogue in late:
            wait_until(lambda: rogue.idling == 1, f"IDLE of {rogue.name}")
            if rogue.step == "logout":
                assert daemon.call("source.check", {"source": rogue.name})["ok"]
        for rogue in rogues:
            rogue.messages.append(messages(rogue.name, 4)[-1])
        hear_all(daemon, late, patience)
        for rogue in rogues:
            wait_until(lambda: uids(daemon, rogue) == captured(4), f"the fourth of {rogue.name}", patience)
            assert rogue.connections <= (3 if rogue.wanted == "refuse" else 2), rogue.name
        assert len(daemon.all("interaction.list")) == 4 * len(rogues)
        pid, seconds, held = cost(daemon)
        assert pid == before[0]
        if not SANITIZED:
            assert seconds - before[1] < 0.5 + (time.monotonic() - begun) / 100
            assert held < 32


def test_the_matrix_is_whole():
    assert len(STEPS) * len(FAULTS) == 196
    assert len(IMPOSSIBLE) == 10
    assert all(step in STEPS and fault in FAULTS for step, fault in TOLD_AT)
