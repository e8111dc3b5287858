"""Certificates and host names are always verified; nothing is believed before TLS."""

import subprocess

from daemon import Daemon, account, shown_by, wait_until
from dovecot import Authority, Dovecot, free_port
from letters import letter


def state(daemon, wanted, name="work"):
    def there():
        source = daemon.source(name)
        return source["state"] in wanted and source
    return wait_until(there, f"state {wanted}")


def test_starttls_and_implicit_tls_deliver(place, server):
    accounts = [account(server, "one", "one@own.example", tls="implicit"),
                account(server, "two", "two@own.example", tls="starttls"),
                account(server, "three", "three@own.example", tls="none")]
    with Daemon(place / "liaison", accounts) as daemon:
        daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
        for user in ("one", "two", "three"):
            server.append("INBOX", letter("ada@x.example", f"{user}@own.example", user),
                          user=f"{user}@own.example")
            daemon.wait_complete(user)
        wait_until(lambda: len(daemon.all("interaction.list")) == 3, "three interactions")


def test_every_way_to_log_in(place, server):
    accounts = [account(server, f"a-{auth}", f"{auth}@own.example", auth=auth) for auth in ("auto", "plain", "login")]
    with Daemon(place / "liaison", accounts) as daemon:
        for auth in ("auto", "plain", "login"):
            daemon.wait_complete(f"a-{auth}")


def test_refuses_a_wrong_host_an_unknown_authority_and_an_expired_certificate(place, authority):
    stranger = Authority(place / "stranger")
    cases = {"host": authority.certificate("wronghost", ("DNS:elsewhere.example",)),
             "authority": stranger.certificate("localhost"),
             "expired": authority.certificate("expired", days=-1)}
    for name, certificate in cases.items():
        with Dovecot(place / name, authority, certificate) as server, \
                Daemon(place / f"d-{name}", [account(server)]) as daemon:
            source = wait_until(lambda: daemon.source()["error"] and daemon.source(), "the error")
            assert "certificate" in source["error"] or "host" in source["error"], source["error"]
            logins = [line for line in (server.dir / "log").read_text().splitlines() if "Login: user=" in line]
            assert not [line for line in logins if ", TLS" in line], logins  # the others are this test's own


def test_a_pinned_fingerprint_is_believed_and_another_is_not(place, authority):
    stranger = Authority(place / "stranger")
    pem, key = stranger.certificate("localhost")
    text = subprocess.run(["openssl", "x509", "-in", pem, "-noout", "-fingerprint", "-sha256"],
                          check=True, capture_output=True, text=True).stdout
    fingerprint = text.strip().split("=")[1]
    with Dovecot(place / "dovecot", authority, (pem, key)) as server:
        accounts = [account(server, "right", ca_file=None, tls_fingerprint=fingerprint),
                    account(server, "wrong", "two@own.example", ca_file=None,
                            tls_fingerprint=fingerprint[:-2] + ("00" if fingerprint[-2:] != "00" else "11"))]
        with Daemon(place / "liaison", accounts) as daemon:
            daemon.wait_complete("right")
            assert "fingerprint" in wait_until(lambda: daemon.source("wrong")["error"], "the error")


def test_a_wrong_password_is_said_and_not_hammered(place, server):
    bad = place / "bad-secret"
    bad.write_text("not-the-password\n")
    bad.chmod(0o600)
    from dovecot import give
    give(bad)
    with Daemon(place / "liaison", [account(server, password_file=bad), account(server, "good", "two@own.example")]) as daemon:
        source = state(daemon, ("auth-failed",))
        assert "not-the-password" not in str(source)
        daemon.wait_complete("good")
        assert "not-the-password" not in daemon.tail(100000)
    tries = (server.dir / "log").read_text().count("auth failed")
    assert tries <= 2


def test_a_server_that_is_not_there_is_offline_and_others_go_on(place, server):
    gone = account(server, "gone", "x@own.example", port=free_port())
    with Daemon(place / "liaison", [gone, account(server)]) as daemon:
        daemon.wait_complete("work")
        assert wait_until(lambda: daemon.source("gone")["error"], "the error")


def test_secrets_come_from_a_command_and_stay_out_of_sight(place, server):
    section = account(server, password_file=None, password_command="printf '%s\\n' secret")
    with Daemon(place / "liaison", [section]) as daemon:
        daemon.wait_complete()
        for pids in daemon.children().values():
            for pid in pids:
                for name in ("cmdline", "environ"):
                    assert "secret\0" not in shown_by(pid, name)
