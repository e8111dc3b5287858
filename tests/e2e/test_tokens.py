"""Access tokens: a server that checks signed ones itself, and the two ways to show it one."""

import base64
import hashlib
import hmac
import json
import re
import time

import pytest

from daemon import Daemon, account, wait_until
from dovecot import Dovecot
from letters import letter
from reach import give

KEY = b"a key that only the tests' server has"


def base64url(octets):
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def token(user, lasts=3600, key=KEY):
    """A JSON Web Token (RFC 7519) signed by HS256."""
    now = int(time.time())
    head, claims = ({"alg": "HS256", "typ": "JWT"},
                    {"sub": user, "email": user, "iat": now - 7200, "exp": now + lasts})
    text = ".".join(base64url(json.dumps(part).encode()) for part in (head, claims))
    return text + "." + base64url(hmac.new(key, text.encode(), hashlib.sha256).digest())


@pytest.fixture
def bearer(place, authority):
    """A Dovecot that takes tokens signed with KEY, beside its password."""
    keys = place / "keys/default/HS256"
    keys.mkdir(parents=True)
    (keys / "default").write_bytes(base64.b64encode(KEY))
    conf = place / "oauth2.conf"
    conf.write_text("introspection_mode = local\nusername_attribute = email\n"
                    f"local_validation_key_dict = fs:posix:prefix={place}/keys/\n")
    passdb = f"passdb {{\n driver = oauth2\n mechanisms = xoauth2 oauthbearer\n args = {conf}\n}}\n"
    with Dovecot(place / "dovecot", authority, extra=passdb) as running:
        yield running


def with_token(place, server, name, text, **settings):
    """An account whose token-command prints text."""
    path = place / f"token-{name}"
    path.write_text(text + "\n")
    path.chmod(0o600)
    give(path)
    return account(server, name, f"{name}@own.example", password_file=None, token_command=f"cat {path}", **settings)




def methods(server):
    """By which way each user came in; me is the one who tried whether the server runs."""
    found = dict(re.findall(r"Login: user=<(\w+)@own.example>, method=(\w+)", (server.dir / "log").read_text()))
    found.pop("me", None)
    return found


def test_logs_in_with_a_token_by_either_way_and_by_the_better_one_when_it_may_choose(place, bearer):
    ways = {"one": "xoauth2", "two": "oauthbearer", "three": "auto"}
    accounts = [with_token(place, bearer, name, token(f"{name}@own.example"), auth=auth) for name, auth in ways.items()]
    with Daemon(place / "liaison", accounts) as daemon:
        daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
        for name in ways:
            daemon.wait_complete(name)
        assert methods(bearer) == {"one": "XOAUTH2", "two": "OAUTHBEARER", "three": "OAUTHBEARER"}
        for name in ways:
            bearer.append("INBOX", letter("ada@x.example", f"{name}@own.example", name), user=f"{name}@own.example")
        wait_until(lambda: len(daemon.all("interaction.list")) == 3, "three interactions")


@pytest.mark.parametrize("auth", ("xoauth2", "oauthbearer"))
def test_a_token_that_is_over_or_of_another_key_is_refused_and_kept_out_of_sight(place, bearer, auth):
    bad = {"over": token("over@own.example", lasts=-60), "foreign": token("foreign@own.example", key=b"another")}
    accounts = [with_token(place, bearer, name, text, auth=auth) for name, text in bad.items()]
    with Daemon(place / "liaison", accounts) as daemon:
        for name, text in bad.items():
            source = wait_until(lambda: daemon.source(name)["state"] == "auth-failed" and daemon.source(name),
                                f"{name} to be refused")
            assert f"{name}@own.example" in source["error"]
            assert text not in source["error"] and text not in daemon.tail(100000)
    assert methods(bearer) == {}
