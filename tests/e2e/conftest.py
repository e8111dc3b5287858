import os
import shutil
import signal
import ssl
import tempfile
from pathlib import Path

import pytest

from daemon import Daemon, account
from dovecot import Authority, Dovecot, servers
from nginx import Nginx
from reach import end_all


def pytest_configure(config):
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what runs is ended, as by Ctrl-C
    if not hasattr(config, "workerinput"):
        servers()  # once, here, and not in each of xdist's workers


@pytest.fixture(scope="session")
def authority():
    directory = Path(tempfile.mkdtemp(prefix="liaison-ca-"))
    os.chmod(directory, 0o755)
    yield Authority(directory)
    shutil.rmtree(directory)


@pytest.fixture(scope="session")
def speaks_tls(authority):
    """For a scripted server."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.certificate("rogue", ("DNS:localhost",)))
    return context


@pytest.fixture
def place():
    """A directory that the ordinary user can reach, gone afterwards, and whatever still runs in it too."""
    directory = Path(tempfile.mkdtemp(prefix="liaison-e2e-"))
    os.chmod(directory, 0o755)
    yield directory
    end_all(directory)
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def server(place, authority):
    with Dovecot(place / "dovecot", authority) as running:
        yield running


@pytest.fixture
def daemon(place, server):
    """A daemon that watches me@own.example on server."""
    with Daemon(place / "liaison", [account(server)]) as running:
        yield running


@pytest.fixture
def web(place, authority):
    """A web server for feeds."""
    with Nginx(place / "nginx", authority) as running:
        yield running
