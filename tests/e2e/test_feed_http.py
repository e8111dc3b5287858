"""Feeds over HTTP as liaison-fetch gets them, from a scripted server: what it asks, takes, refuses and says."""

import hashlib
import threading
import time

import pytest

from fetch_alone import Fetch, N, calendar, u64
from http_script import FEED, HttpScript, answer

TOKEN = "private-4e1f77b2c0ffee"
PATH = f"/calendar/{TOKEN}/basic.ics?key=s3cr3tkey"


@pytest.fixture
def server():
    with HttpScript() as running:
        yield running


def shown(url):
    return url.split("/calendar")[0] + "/…#" + hashlib.sha256(url.encode()).hexdigest()[:4]


def test_brings_a_feed_with_its_digest_and_tells_when_it_is_recorded(place, server):
    with Fetch(place, [calendar(1, server.url())]) as fetch:
        fetch.watch()
        body, first = fetch.feed()
        assert body == FEED
        assert first.get("DIGEST") == hashlib.sha256(FEED).digest()
        assert first.get("ETAG") is None and first.get("MODIFIED") is None
        assert fetch.silent(), "nothing is fresh before the engine has recorded it"
        fetch.record(first)
        fresh = fetch.next("FRESH")
        assert fresh.text("FOLDER") == "" and fresh.error is None
        assert abs(fresh.number("LAST_COMPLETE") - time.time()) < 5
    question = server.questions[0]
    assert question.method == "GET" and question.field("Accept-Encoding") is None
    assert question.field("Cookie") is None and question.field("Authorization") is None
    assert question.field("User-Agent").startswith("liaison/")


def test_waits_until_it_is_told_what_is_known(place, server):
    with Fetch(place, [calendar(1, server.url())]) as fetch:
        fetch.send("WATCH")
        assert fetch.silent() and server.questions == []
        fetch.send("FEED_KNOWN")
        assert fetch.feed()[0] == FEED


def test_asks_by_etag_and_date_and_takes_304_for_fresh(place):
    def script(question, wire):
        if question.field("If-None-Match") == '"one"' and question.field("If-Modified-Since") == MODIFIED:
            return answer("304 Not Modified", b"")
        return answer(ETag='"one"', Last_Modified=MODIFIED, Date="Sat, 21 Nov 2026 09:00:00 GMT")

    MODIFIED = "Sat, 21 Nov 2026 08:00:00 GMT"
    with HttpScript(script) as server, Fetch(place, [calendar(1, server.url())]) as fetch:
        fetch.watch()
        _, first = fetch.feed()
        fetch.record(first)
        fetch.next("FRESH")
        fetch.send("SYNC", token=77)
        fresh = fetch.next("FRESH")
        assert fresh.token == 77 and fresh.error is None
        assert [q.field("If-None-Match") for q in server.questions] == [None, '"one"']
        fetch.send("FEED_KNOWN")  # the whole is wanted
        fetch.send("SYNC", token=78)
        assert fetch.feed()[0] == FEED
        assert server.questions[-1].field("If-None-Match") is None


def test_an_etag_of_another_address_is_not_asked_by(place, server):
    server.script = lambda question, wire: answer(ETag='"one"')
    with Fetch(place, [calendar(1, server.url("/a"))]) as fetch:
        fetch.watch()
        known = fetch.record(fetch.feed()[1])
        fetch.next("FRESH")
    with Fetch(place, [calendar(1, server.url("/b"))]) as fetch:
        fetch.watch(known=known)
        fetch.next("FRESH")
    assert server.questions[-1].path == "/b" and server.questions[-1].field("If-None-Match") is None
    with Fetch(place, [calendar(1, server.url("/a"))]) as fetch:
        fetch.watch(known=known)
        fetch.next("FRESH")
    assert server.questions[-1].field("If-None-Match") == '"one"'


def test_the_same_bytes_again_are_fresh_without_being_sent(place, server):
    with Fetch(place, [calendar(1, server.url())]) as fetch:
        fetch.watch(known=[("DIGEST", hashlib.sha256(FEED).digest())])
        assert fetch.next("FRESH").error is None
        assert not [f for f in fetch.seen if f.kind == "FEED"]


def test_what_the_engine_does_not_believe_is_said_and_not_complete(place, server):
    with Fetch(place, [calendar(1, server.url())]) as fetch:
        fetch.watch()
        fetch.send("SYNC", token=5)
        fetch.record(fetch.feed()[1], error="it lost half of its events")
        fresh = fetch.next("FRESH")
        assert fresh.error == "it lost half of its events" and fresh.get("LAST_COMPLETE") is None


def test_a_large_feed_comes_in_pieces_under_credit(place, server):
    body = FEED[:-15] + b"X-PAD:" + b"x" * 9_000_000 + b"\r\n" + FEED[-15:]
    server.script = lambda question, wire: answer(body=body)
    with Fetch(place, [calendar(1, server.url())]) as fetch:
        fetch.watch()
        time.sleep(0.5)
        while not fetch.silent(0.2):
            pass
        waiting = sum(f.size for f in fetch.seen if f.kind == "FEED")
        assert N["FRAME_CREDIT_FIRST"] <= waiting < N["FRAME_CREDIT_FIRST"] + (1 << 20), "it stops at the credit"
        got, first = fetch.feed()
        assert got == body and first.number("SIZE") == len(body)


def test_one_feed_at_a_time_is_on_its_way(place, server):
    with Fetch(place, [calendar(n, server.url(f"/{n}")) for n in (1, 2, 3)]) as fetch:
        for n in (1, 2, 3):
            fetch.watch(n)
        done = set()
        while len(done) < 3:
            first = fetch.wait(lambda: next((f for f in fetch.seen if f.kind == "FEED"), None), "a feed")
            fetch.seen.remove(first)
            assert first.source not in done and fetch.silent(0.1), "the others wait for the engine"
            fetch.record(first, source=first.source)
            done.add(first.source)


def test_at_most_four_download_at_once(place):
    gate, most, now, lock = threading.Event(), [0], [0], threading.Lock()

    def script(question, wire):
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        gate.wait(20)
        with lock:
            now[0] -= 1
        return answer()

    with HttpScript(script) as server:
        with Fetch(place, [calendar(n, server.url(f"/{n}")) for n in range(1, 10)]) as fetch:
            for n in range(1, 10):
                fetch.watch(n, known=[("DIGEST", hashlib.sha256(FEED).digest())])
            fetch.wait(lambda: most[0] == 4, "four")
            fetch.silent(0.3)
            gate.set()
            for n in range(1, 10):
                fetch.wait(lambda: [f for f in fetch.seen if f.kind == "FRESH" and f.source == n], f"{n}")
        assert most[0] == 4


def test_sends_user_and_password_and_asks_for_them_each_time(place, server):
    with Fetch(place, [calendar(1, server.url(), secret="password", user="ada")], {1: "pa:ss wörd"}) as fetch:
        fetch.watch()
        fetch.record(fetch.feed()[1])
        fetch.send("SYNC", token=3)
        fetch.next("FRESH", where=lambda f: f.token == 3)
        assert fetch.asked == [1, 1]
    assert server.questions[0].field("Authorization") == "Basic YWRhOnBhOnNzIHfDtnJk"


def test_sends_a_token(place, server):
    with Fetch(place, [calendar(1, server.url(), secret="token")], {1: TOKEN}) as fetch:
        fetch.watch()
        fetch.feed()
    assert server.questions[0].field("Authorization") == f"Bearer {TOKEN}"


def test_without_a_secret_it_says_so_and_asks_no_server(place, server):
    with Fetch(place, [calendar(1, server.url(), secret="password", user="ada")]) as fetch:
        fetch.watch()
        state = fetch.state("no_secret")
        assert state.error == "'cal1' has no secret: it is not there" and state.number("NEXT_TRY") > time.time()
    assert server.questions == []


@pytest.mark.parametrize("status", ["401 Unauthorized", "403 Forbidden"])
def test_a_refused_password_is_no_login_storm(place, server, status):
    server.script = lambda question, wire: answer(status, b"")
    with Fetch(place, [calendar(1, server.url(), secret="password", user="ada")], {1: "secret"}) as fetch:
        fetch.watch()
        state = fetch.state("auth_failed")
        assert f"answered {status[:3]}" in state.error
        assert 55 <= state.number("NEXT_TRY") - time.time() <= 65
        fetch.send("SYNC", token=9)
        fresh = fetch.next("FRESH")
        assert fresh.token == 9 and "answered" in fresh.error
        assert fetch.silent()
    assert len(server.questions) == 1


@pytest.mark.parametrize("status,words,state", [
    ("404 Not Found", "answered 404: there is no such calendar", "error"),
    ("500 Oops", "answered 500: it has an error of its own", "error"),
    ("204 No Content", "answered 204: it has no content", "error"),
    ("206 Partial", "answered 206: which is not expected", "error"),
    ("304 Not Modified", "answered 304: unchanged, without being asked", "error"),
])
def test_says_what_a_status_means_and_tries_again_in_a_minute(place, server, status, words, state):
    server.script = lambda question, wire: answer(status, b"")
    with Fetch(place, [calendar(1, server.url())]) as fetch:
        fetch.watch()
        told = fetch.state(state)
        assert words in told.error
        assert 55 <= told.number("NEXT_TRY") - time.time() <= 65


def test_what_is_gone_for_good_is_not_asked_again_until_a_sync(place, server):
    server.script = lambda question, wire: answer("410 Gone", b"")
    with Fetch(place, [calendar(1, server.url())]) as fetch:
        fetch.watch()
        told = fetch.state("error")
        assert "gone for good" in told.error and "until a sync" in told.error and told.get("NEXT_TRY") is None
        server.script = lambda question, wire: answer()
        fetch.send("SYNC", token=4)
        fetch.record(fetch.feed()[1])
        assert fetch.next("FRESH").token == 4


@pytest.mark.parametrize("value,low,high", [
    ("600", 595, 605), ("99999999", 86395, 86405), ("Fri, 31 Dec 2099 23:59:59 GMT", 86395, 86405), ("soon", 55, 65)])
def test_takes_the_rest_a_server_asks_for_up_to_a_day(place, server, value, low, high):
    server.script = lambda question, wire: answer("503 Busy", b"", Retry_After=value)
    with Fetch(place, [calendar(1, server.url())]) as fetch:
        fetch.watch()
        told = fetch.state("error")
        assert low <= told.number("NEXT_TRY") - time.time() <= high
        fetch.send("SYNC", token=1)
        if low > 60:
            assert fetch.silent() and len(server.questions) == 1, "not even a sync disturbs it"


@pytest.mark.parametrize("name,value", [("Content-Encoding", "gzip"), ("Content-Encoding", "br"),
                                        ("Transfer-Encoding", "gzip, chunked"), ("Content-Encoding", "deflate, gzip")])
def test_refuses_a_coding_it_did_not_ask_for(place, server, name, value):
    server.script = lambda question, wire: answer(**{name.replace("-", "_"): value})
    with Fetch(place, [calendar(1, server.url())]) as fetch:
        fetch.watch()
        assert f"{name} '{value}', which was not asked for" in fetch.state("error").error


def flood_chunks(question, wire):
    wire.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    wire.flood(b"10000\r\n" + b"x" * 65536 + b"\r\n")


def flood_header(question, wire):
    wire.send(b"HTTP/1.1 200 OK\r\n")
    wire.flood(b"X-More: " + b"y" * 2000 + b"\r\n")


def flood_continue(question, wire):
    wire.flood(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)


def cut(question, wire):
    wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + FEED)


def reset(question, wire):
    wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + FEED)
    wire.reset()


def close_at_once(question, wire):
    pass


def garbage(question, wire):
    wire.send(bytes(range(256)) * 16)


def too_long(question, wire):
    wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10485761\r\n\r\n")
    wire.flood(b"x" * 65536)


@pytest.mark.parametrize("fault,words,state", [
    (flood_chunks, "answered with more than 10 MiB", "error"),
    (too_long, "answered with more than 10 MiB", "error"),
    (flood_header, "header of the answer of '127.0.0.1' is over 64 KiB long", "error"),
    (flood_continue, "header of the answer of '127.0.0.1' is over 64 KiB long", "error"),
    (cut, "was cut", "offline"), (reset, "was cut", "offline"), (close_at_once, "was cut", "offline"),
    (garbage, "cannot be taken", "error"),
])
def test_names_what_is_wrong_with_an_answer_and_sends_nothing(place, server, fault, words, state):
    server.script = fault
    with Fetch(place, [calendar(1, server.url())]) as fetch:
        fetch.watch()
        assert words in fetch.state("error", "offline").error
        assert not [f for f in fetch.seen if f.kind == "FEED"]


@pytest.mark.parametrize("after", [b"", b"HTTP/1.1 200 OK\r\nContent-", b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nBEGIN"])
def test_is_paused_at_once_while_a_server_stalls(place, server, after):
    def script(question, wire):
        wire.send(after)
        wire.stall()

    server.script = script
    with Fetch(place, [calendar(1, server.url())]) as fetch:
        fetch.watch()
        fetch.wait(lambda: server.questions, "the question")
        fetch.send("UNWATCH")
        before = time.monotonic()
        fetch.send("PING", 0, 12)
        fetch.next("PONG", 0)
        assert time.monotonic() - before < 1
        assert fetch.silent()


def test_a_server_that_is_not_there_is_offline(place):
    with HttpScript() as server:
        url = server.url()
    with Fetch(place, [calendar(1, url)]) as fetch:
        fetch.watch()
        assert "cannot be reached: Connection refused" in fetch.state("offline").error


def test_a_name_that_nobody_knows_is_offline(place):
    with Fetch(place, [calendar(1, "http://no-such-host.invalid/feed.ics")]) as fetch:
        fetch.watch()
        assert fetch.state("offline").error.startswith("'no-such-host.invalid' cannot be resolved")


def test_follows_three_redirects_and_not_a_fourth(place, server):
    def script(question, wire):
        left = int(question.path[1:])
        return answer("302 Found", b"elsewhere", Location=f"/{left - 1}") if left else answer()

    server.script = script
    with Fetch(place, [calendar(1, server.url("/3")), calendar(2, server.url("/4"))]) as fetch:
        fetch.watch(1)
        fetch.record(fetch.feed()[1])
        fetch.watch(2)
        assert "redirects more than 3 times" in fetch.state("error", source=2).error


def test_a_redirect_that_goes_on_for_ever_ends(place, server):
    server.script = lambda question, wire: answer("301 Moved", b"x" * 5_000_000, Location=question.path)
    with Fetch(place, [calendar(1, server.url())]) as fetch:
        fetch.watch()
        assert "redirects more than 3 times" in fetch.state("error").error
    assert len(server.questions) == 4


@pytest.mark.parametrize("location,words", [
    ("ftp://127.0.0.1/x", "its scheme is 'ftp'"), ("file:///etc/passwd", "to where we do not go"),
    ("http://u:p@127.0.0.1/", "it has a user within"), ("http://[", "it is no address"),
])
def test_does_not_go_where_only_a_web_server_may_be(place, server, location, words):
    server.script = lambda question, wire: answer("302 Found", b"", Location=location)
    with Fetch(place, [calendar(1, server.url())]) as fetch:
        fetch.watch()
        assert words in fetch.state("error").error
    assert len(server.questions) == 1


def test_tells_no_secret_to_another_origin(place, server):
    with HttpScript() as other:
        server.script = lambda question, wire: answer("302 Found", b"", Location=other.url("/theirs"))
        with Fetch(place, [calendar(1, server.url(), secret="password", user="ada")], {1: "secret"}) as fetch:
            fetch.watch()
            assert fetch.feed()[0] == FEED
        assert server.questions[0].field("Authorization") is not None
        assert other.questions[0].field("Authorization") is None


def test_the_environment_has_no_say(place, server):
    (place / ".netrc").write_text("machine 127.0.0.1 login ada password secret\n")
    environment = {"http_proxy": "http://127.0.0.1:1", "ALL_PROXY": "http://127.0.0.1:1", "HOME": str(place)}
    with Fetch(place, [calendar(1, server.url())], environment=environment) as fetch:
        fetch.watch()
        assert fetch.feed()[0] == FEED
    assert server.questions[0].field("Authorization") is None


def test_a_check_says_what_came(place, server):
    server.script = lambda question, wire: answer(Content_Type="text/calendar")
    url = server.url(PATH)
    with Fetch(place, [calendar(1, url)]) as fetch:
        fetch.send("CHECK", token=41)
        checked = fetch.next("CHECKED")
        assert checked.token == 41 and checked.error is None
        assert checked.text("CAPABILITIES") == (
            f"text/calendar, {len(FEED)} bytes, begins like a calendar, from {shown(url)}")
        server.script = lambda question, wire: answer(body=b"<html>log in</html>", Content_Type="text/html")
        fetch.send("CHECK", token=42)
        assert fetch.next("CHECKED").error == (
            f"it is no calendar: text/html, 19 bytes, does not begin like a calendar, from {shown(url)}")
        server.script = lambda question, wire: answer("404 No", b"")
        fetch.send("CHECK", token=43)
        assert "answered 404" in fetch.next("CHECKED").error
        fetch.send("CHECK", token=44, fields=[("NAME", "other.example")])
        assert "no other host" in fetch.next("CHECKED").error
        assert not [f for f in fetch.seen if f.kind in ("FEED", "FRESH")]


def test_a_page_in_place_of_a_calendar_is_for_the_reader_to_refuse(place, server):
    server.script = lambda question, wire: answer(body=b"<html>log in</html>", Content_Type="text/html")
    with Fetch(place, [calendar(1, server.url())]) as fetch:
        fetch.watch()
        assert fetch.feed()[0] == b"<html>log in</html>"


def test_a_sync_in_the_middle_of_a_look_is_answered_by_the_next_one(place, server):
    gate = threading.Event()

    def script(question, wire):
        gate.wait(20)
        return answer()

    server.script = script
    with Fetch(place, [calendar(1, server.url())]) as fetch:
        fetch.watch(known=[("DIGEST", hashlib.sha256(FEED).digest())])
        fetch.wait(lambda: server.questions, "the question")
        fetch.send("SYNC", token=6)
        fetch.silent(0.1)
        gate.set()
        assert fetch.next("FRESH").token == 0
        assert fetch.next("FRESH").token == 6
    assert len(server.questions) == 2


def test_a_sync_in_the_middle_of_a_look_that_fails_is_answered(place, server):
    gate = threading.Event()

    def script(question, wire):
        gate.wait(20)
        return answer("500 Oops", b"")

    server.script = script
    with Fetch(place, [calendar(1, server.url())]) as fetch:
        fetch.watch()
        fetch.wait(lambda: server.questions, "the question")
        fetch.send("SYNC", token=6)
        fetch.silent(0.1)
        gate.set()
        fresh = fetch.next("FRESH")
        assert fresh.token == 6 and "answered 500" in fresh.error


def test_an_empty_feed_is_sent_as_one(place, server):
    server.script = lambda question, wire: answer(body=b"")
    with Fetch(place, [calendar(1, server.url())]) as fetch:
        fetch.watch()
        assert fetch.feed()[0] == b""


def test_polls_by_itself(place, server):
    server.script = lambda question, wire: answer()
    with Fetch(place, [calendar(1, server.url(), poll=1)]) as fetch:
        fetch.watch(known=[("DIGEST", hashlib.sha256(FEED).digest())])
        for _ in range(3):
            fetch.next("FRESH", seconds=5)
    assert len(server.questions) >= 3


def test_another_address_is_taken_up_with_a_new_configuration(place, server):
    with Fetch(place, [calendar(1, server.url("/a"))]) as fetch:
        fetch.watch()
        _, first = fetch.feed()
        fetch.configure([calendar(1, server.url("/b"))])
        assert fetch.silent() and [q.path for q in server.questions] == ["/a"], "the engine has not answered yet"
        fetch.record(first)
        fetch.next("FRESH")
    assert [q.path for q in server.questions] == ["/a", "/b"]


def test_a_feed_is_void_when_its_source_changes_in_the_middle(place, server):
    server.script = lambda question, wire: answer(body=b"x" * 9_000_000)
    with Fetch(place, [calendar(1, server.url("/a"))]) as fetch:
        fetch.watch()
        fetch.next("FEED")
        fetch.wait(lambda: fetch.silent(0.2), "the end of the credit")
        server.script = lambda question, wire: answer()
        fetch.configure([calendar(1, server.url("/b"))])
        assert fetch.next("FEED", where=lambda f: f.error is not None)
        fetch.send("CREDIT", 0, 0, [("NUMBER", u64(4 << 20))])
        assert fetch.feed()[0] == FEED


def test_secrets_and_the_address_are_shown_nowhere(place, server):
    answers = [answer("404 No", b""), answer("302 Found", b"", Location=f"ftp://x/{TOKEN}"), answer("500 No", b""),
               answer(Content_Encoding="gzip"), answer("302 Found", b"", Location=f"http://127.0.0.1:1/{TOKEN}")]
    server.script = lambda question, wire: answers[min(len(server.questions), len(answers)) - 1]
    url = server.url(PATH)
    with Fetch(place, [calendar(1, url, secret="password", user="ada")], {1: TOKEN + "pass"}) as fetch:
        kept = fetch.seen
        fetch.watch()
        for count in range(1, len(answers) + 1):
            fetch.wait(lambda: len(server.questions) >= count, "the question")
            fetch.wait(lambda: sum(f.error is not None for f in kept if f.kind == "STATE") >= count, "its state")
            fetch.send("SYNC", token=count)
        said = " ".join(map(repr, kept)) + fetch.log.read_text()
        command = open(f"/proc/{fetch.process.pid}/cmdline").read()
    for secret in (TOKEN, "s3cr3tkey"):
        assert secret not in said and secret not in command
