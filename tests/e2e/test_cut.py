"""A connection that ends after any byte of a session loses and doubles nothing. All bytes: LIAISON_CUTS=all; the
unit test of the same kind, tests/unit/fetch/test_rogue.c, has them always."""

import os
from contextlib import ExitStack

from daemon import Daemon, wait_until
from imap_script import Message, ScriptedServer, section
from test_rogue import FAST, captured, cost, uids

AT_ONCE = 150   # sources of one daemon
STEP = 1 if os.environ.get("LIAISON_CUTS") == "all" else 20


class Cut(ScriptedServer):
    LOOK = 1

    def __init__(self, cut):
        self.name = f"cut-at-{cut}"
        super().__init__([Message(n, f"From: ada@x.example\nTo: me@own.example\nSubject: s{n}\n"
                                     f"Message-ID: <s{n}@cut-{cut}.x.example>\nX-Long: {'long ' * 120}\n\n")
                          for n in range(1, 4)], cut=cut)

    def section(self):
        return section(self, self.name, connections="1")


def session_size(place):
    """How much is said until IDLE."""
    with Cut(None) as whole, Daemon(place / "whole", [whole.section()], FAST) as daemon:
        daemon.wait_complete(whole.name)
        wait_until(lambda: whole.idling == 1, "IDLE")
        return whole.said


def lose_connections_at(place, cuts):
    with ExitStack() as stack:
        servers = [stack.enter_context(Cut(cut)) for cut in cuts]
        daemon = stack.enter_context(Daemon(place, [one.section() for one in servers], FAST))
        daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
        (pid, *_) = cost(daemon)
        for one in servers:
            wait_until(lambda: uids(daemon, one) == captured(3), f"three decisions, {one.name}", 60)
        for one in servers:
            wait_until(lambda: one.connections == 2 and one.idling == 1, f"the second connection, {one.name}", 60)
        assert len(daemon.all("interaction.list")) == 3 * len(servers)
        assert cost(daemon)[0] == pid


def test_nothing_is_lost_or_doubled_wherever_a_connection_ends(place):
    size = session_size(place)
    assert 2500 < size < 4000
    cuts = list(range(1, size, STEP))
    for at in range(0, len(cuts), AT_ONCE):
        lose_connections_at(place / f"from-{at}", cuts[at:at + AT_ONCE])
