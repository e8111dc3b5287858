"""Local users of the daemon's socket: the kernel tells who connects, so another process does it for us."""

import os
import pwd
import socket
import subprocess

import pytest

from daemon import PATIENCE, Client

CONNECT = """
import socket, sys
client, back = socket.socket(socket.AF_UNIX), socket.socket(fileno=int(sys.argv[2]))
client.connect(sys.argv[1])
socket.send_fds(back, [b"."], [client.fileno()])
"""


def need_users():
    if os.getuid() != 0:
        pytest.skip("needs other local users, whom only root can play")


def reachable_by_all(daemon):
    """The socket's mode keeps strangers away before the daemon is asked; here the daemon shall decide."""
    os.chmod(daemon.socket, 0o666)
    os.chmod(daemon.dir, 0o755)


class Caller(Client):
    """A connection of a local user of that name, who is in these groups."""

    def __init__(self, daemon, name, *groups):
        user = pwd.getpwnam(name)
        ours, theirs = socket.socketpair()
        with ours, theirs:
            subprocess.run(["/usr/bin/python3", "-c", CONNECT, str(daemon.socket), str(theirs.fileno())], check=True,
                           timeout=30, cwd="/", pass_fds=[theirs.fileno()], user=user.pw_uid, group=user.pw_gid,
                           extra_groups=list(groups))
            descriptor = socket.recv_fds(ours, 1, 1)[1][0]
        self.socket = socket.socket(fileno=descriptor)
        self.socket.settimeout(PATIENCE * 3)
        self.buffer = b""
        self.next_id = 0
        self.pending = []
