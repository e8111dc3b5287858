"""Feeds from a real web server, over TLS, and from files, as liaison-fetch gets them."""

import os
import time

import pytest

from daemon import wait_until
from fetch_alone import Fetch, calendar
from http_script import FEED
from nginx import Nginx
from reach import give

OTHER = FEED.replace(b"VERSION:2.0", b"VERSION:2.0\r\nX-WR-CALNAME:other")


@pytest.fixture
def server(place, authority):
    with Nginx(place / "nginx", authority) as running:
        hour_ago = time.time() - 3600
        os.utime(running.write("team.ics", FEED), (hour_ago, hour_ago))
        running.password("ada", "secret")
        yield running


def trusted(authority, number, url, **settings):
    return calendar(number, url, ca_file=authority.ca, **settings)


def statuses(server):
    return [line.split('" ')[1].split(" ")[0] for line in server.lines()]


@pytest.mark.parametrize("path,second", [("/team.ics", "304"), ("/dated/team.ics", "304"), ("/bare/team.ics", "200")])
def test_reads_once_and_then_only_asks(place, server, authority, path, second):
    with Fetch(place, [trusted(authority, 1, server.url(path))]) as fetch:
        fetch.watch()
        body, first = fetch.feed()
        assert body == FEED
        fetch.record(first)
        fetch.next("FRESH")
        fetch.send("SYNC", token=2)
        assert fetch.next("FRESH").token == 2
        wait_until(lambda: len(statuses(server)) == 2, "both lines of its log")  # it writes them afterwards
        assert statuses(server) == ["200", second]
        server.write("team.ics", OTHER)
        fetch.send("SYNC", token=3)
        assert fetch.feed()[0] == OTHER


def test_a_date_of_the_same_second_is_not_asked_by(place, server, authority):
    """RFC 9110 8.8.2.2: what was modified just now may be modified again without another date."""
    server.write("team.ics", FEED)
    with Fetch(place, [trusted(authority, 1, server.url("/dated/team.ics"))]) as fetch:
        fetch.watch()
        fetch.record(fetch.feed()[1])
        fetch.next("FRESH")
        server.write("team.ics", OTHER)
        fetch.send("SYNC", token=3)
        assert fetch.feed()[0] == OTHER


def test_refuses_a_certificate_of_an_authority_it_does_not_know(place, server):
    with Fetch(place, [calendar(1, server.url())]) as fetch:
        fetch.watch()
        state = fetch.state("error")
        assert state.error.startswith("the certificate of 'localhost' is refused: ")
    assert not server.dir.joinpath("access.log").read_text()


def test_refuses_a_certificate_of_another_name(place, authority):
    with Nginx(place / "nginx", authority, authority.certificate("other", ["DNS:other.example"])) as server:
        with Fetch(place, [trusted(authority, 1, server.url())]) as fetch:
            fetch.watch()
            assert "the certificate of 'localhost' is refused: " in fetch.state("error").error


def test_refuses_a_certificate_that_has_expired(place, authority):
    with Nginx(place / "nginx", authority, authority.certificate("old", days=-1)) as server:
        with Fetch(place, [trusted(authority, 1, server.url())]) as fetch:
            fetch.watch()
            assert "the certificate of 'localhost' is refused: " in fetch.state("error").error


def test_a_server_without_tls_is_named(place, server, authority):
    with Fetch(place, [trusted(authority, 1, f"https://localhost:{server.port}/team.ics")]) as fetch:
        fetch.watch()
        assert fetch.state("offline", "error").error.startswith("TLS with 'localhost' failed: ")


def test_takes_an_address_in_the_certificate(place, server, authority):
    with Fetch(place, [trusted(authority, 1, server.url(host="127.0.0.1"))]) as fetch:
        fetch.watch()
        assert fetch.feed()[0] == FEED


@pytest.mark.parametrize("path,kind,secret", [("/closed/team.ics", "password", "secret"),
                                              ("/token/team.ics", "token", "let-me-in")])
def test_is_let_in_by_the_right_secret_only(place, server, authority, path, kind, secret):
    sources = [trusted(authority, n, server.url(path), secret=kind, user="ada") for n in (1, 2)]
    sources.append(trusted(authority, 3, server.url(path)))
    with Fetch(place, sources, {1: secret, 2: "wrong"}) as fetch:
        fetch.watch(1)
        fetch.record(fetch.feed()[1])
        for n in (2, 3):
            fetch.watch(n)
            assert "'localhost' answered 401" in fetch.state("auth_failed", source=n).error


def test_refuses_a_packed_answer(place, server, authority):
    with Fetch(place, [trusted(authority, 1, server.url("/packed/team.ics"))]) as fetch:
        fetch.watch()
        assert "Content-Encoding 'gzip'" in fetch.state("error").error


def test_refuses_a_file_over_ten_mebibytes(place, server, authority):
    server.write("team.ics", b"x" * (10 * 1024 * 1024 + 1))
    with Fetch(place, [trusted(authority, 1, server.url())]) as fetch:
        fetch.watch()
        assert "more than 10 MiB" in fetch.state("error").error


def test_goes_up_to_tls_and_across_but_never_down(place, server, authority):
    sources = [trusted(authority, 1, server.url("/down/")), trusted(authority, 2, server.url("/up/", tls=False)),
               trusted(authority, 3, server.url("/across/")), trusted(authority, 4, server.url("/loop/"))]
    with Fetch(place, sources) as fetch:
        for n in (1, 2, 3, 4):
            fetch.watch(n)
        assert "redirects from https to http at 'localhost': it is refused" in fetch.state("error", source=1).error
        assert "redirects more than 3 times" in fetch.state("error", source=4).error
        first = fetch.wait(lambda: next((f for f in fetch.seen if f.kind == "FEED"), None), "a feed")
        assert first.source in (2, 3) and first.get("BYTES") == FEED
        fetch.record(first, source=first.source)
        assert fetch.feed(5 - first.source)[0] == FEED


def test_a_slow_server_does_not_hold_up_the_others(place, server, authority):
    server.write("big.ics", FEED * 1000)
    sources = [trusted(authority, 1, server.url("/slow/big.ics")), trusted(authority, 2, server.url())]
    with Fetch(place, sources) as fetch:
        fetch.watch(1)
        fetch.watch(2)
        before = time.monotonic()
        assert fetch.feed(2)[0] == FEED
        assert time.monotonic() - before < 5


# ---- files ----


@pytest.fixture
def folder(place):
    path = place / "export"
    path.mkdir()
    give(path)
    return path


def put(path, content):
    part = path.with_name("part")
    part.write_bytes(content)
    part.chmod(0o644)
    part.rename(path)


def test_reads_a_file_and_then_only_looks_at_it(place, folder):
    path = folder / "my cal.ics"
    put(path, FEED)
    with Fetch(place, [calendar(1, f"file://{folder}/my%20cal.ics")]) as fetch:
        fetch.watch()
        body, first = fetch.feed()
        assert body == FEED
        fetch.record(first)
        fetch.next("FRESH")
        path.chmod(0)  # who only looks at it needs no right to read it; root may anyway
        path.chmod(0o644)
        fetch.send("SYNC", token=2)
        assert fetch.next("FRESH").token == 2
        put(path, OTHER)
        fetch.send("SYNC", token=3)
        assert fetch.feed()[0] == OTHER, "a file put in its place is read through the sandbox"


def test_reads_a_file_at_the_end_of_a_link(place, folder):
    target = place / "elsewhere"
    target.mkdir()
    put(target / "real.ics", FEED)
    (folder / "cal.ics").symlink_to(target / "real.ics")
    with Fetch(place, [calendar(1, f"file://{folder}/cal.ics")]) as fetch:
        fetch.watch()
        assert fetch.feed()[0] == FEED


def test_says_why_a_file_is_not_read(place, folder):
    (folder / "dir.ics").mkdir()
    os.mkfifo(folder / "pipe.ics", 0o644)
    put(folder / "big.ics", b"x" * (10 * 1024 * 1024 + 1))
    names = ("none", "dir", "pipe", "big")
    words = ("No such file", "is not a file", "is not a file", "larger than 10 MiB")
    with Fetch(place, [calendar(n, f"file://{folder}/{name}.ics") for n, name in enumerate(names, 1)]) as fetch:
        for n, word in enumerate(words, 1):
            fetch.watch(n)
            assert word in fetch.state("error", source=n).error


def test_begins_anew_for_a_file_in_a_new_folder(place, folder):
    put(folder / "cal.ics", FEED)
    with pytest.raises(AssertionError, match="fetch ended"):
        with Fetch(place, []) as fetch:
            fetch.configure([calendar(1, f"file://{folder}/cal.ics")])
            fetch.wait(lambda: False, "its end")
    assert "a new file is configured" in fetch.log.read_text() and fetch.process.wait(5) == 0
