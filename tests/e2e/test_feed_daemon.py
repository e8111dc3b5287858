"""A calendar in the whole of liaison: that it comes and goes with the configuration, and that what its address
hides is shown nowhere."""

import pytest

from daemon import Daemon, wait_until
from http_script import FEED, HttpScript, answer

TOKEN = "private-4e1f77b2c0ffee"


@pytest.fixture
def server():
    def script(question, wire):
        if question.path.startswith("/fails"):
            return answer("500 No", b"")
        if question.field("If-None-Match"):
            return answer("304 Not Modified", b"")
        return answer(body=FEED, ETag='"one"')

    with HttpScript(script) as running:
        yield running


def section(name, url, **settings):
    return f"[calendar {name}]\nurl = {url}\n" + "".join(f"{k} = {v}\n" for k, v in settings.items())


def state_of(daemon, name):
    return next((s["state"] for s in daemon.all("source.list") if s["name"] == name), None)


def test_secrets_and_addresses_are_in_no_log_answer_or_database(place, server):
    accounts = [section("well", server.url(f"/{TOKEN}/basic.ics"), user="ada", password="hunter2hunter2"),
                section("ill", server.url(f"/fails/{TOKEN}?key=s3cr3tkey"))]
    with Daemon(place / "liaison", accounts) as daemon:
        wait_until(lambda: state_of(daemon, "well") == "polling", "the feed")
        wait_until(lambda: state_of(daemon, "ill") == "error", "the error")
        with daemon.client() as client:
            client.call("source.check", {"source": "well"})
        said = repr(daemon.all("source.list")) + daemon.log.read_text()
    stored = b"".join(path.read_bytes() for path in (place / "liaison").glob("liaison.db*"))
    for secret in (TOKEN, "s3cr3tkey", "hunter2hunter2"):
        assert secret not in said and secret.encode() not in stored


def test_a_calendar_comes_and_changes_its_address_with_a_reload(place, server):
    with Daemon(place / "liaison", []) as daemon:
        daemon.configure([section("team", server.url("/one"))])
        daemon.call("system.reload")
        wait_until(lambda: state_of(daemon, "team") == "polling", "the first address")
        daemon.configure([section("team", server.url("/two"))])
        daemon.call("system.reload")
        wait_until(lambda: server.questions[-1].path == "/two", "the second address")
        assert server.questions[-1].field("If-None-Match") is None
        wait_until(lambda: state_of(daemon, "team") == "polling", "the second feed")
