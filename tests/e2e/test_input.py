"""Files that the client opens and the daemon reads: section 3 of the surface."""

import base64
import json
import socket
import threading

import pytest

from daemon import Daemon, RpcError


@pytest.fixture
def alone(place):
    """A daemon with a contact and without sources."""
    with Daemon(place / "liaison") as running:
        running.call("contact.add", {"name": "Ada Lovelace"})
        yield running


def notes(daemon):
    return [note["note"] for note in daemon.all("contact.note.list", contact="C00001")]


def data(client, number, chunk, last=False):
    text = chunk if isinstance(chunk, str) else base64.b64encode(chunk).decode()
    client.write(json.dumps({"jsonrpc": "2.0", "method": "data",
                             "params": {"id": number, "chunk": text, "last": last}}).encode() + b"\n")


def ask(client, **members):
    return client.send("contact.note", {"contact": "C00001", "file": "-"}, **members)


def fails(client, number, name):
    with pytest.raises(RpcError) as caught:
        client.answer(number)
    assert caught.value.name == name, caught.value.error
    return caught.value


def test_a_file_is_read_by_words(alone, place):
    path = place / "note.txt"
    text = "Zeile eins – ü\n" + "x" * 100_000 + "\nend"
    path.write_text(text + "\n")
    alone.liaison("contact", "note", "C00001", "--file", path)
    alone.liaison("contact", "note", "C00001", f"--file={path}")
    assert notes(alone) == [text, text]


def test_standard_input_is_read_by_words(alone):
    answer = alone.liaison("--json", "contact", "note", "C00001", "--file", "-", stdin="typed\n")
    assert json.loads(answer.stdout)["note"] == "typed" and notes(alone) == ["typed"]


def test_a_file_that_cannot_be_opened_is_usage_and_nothing_happens(alone, place):
    for path in (place / "none", place):
        answer = alone.liaison("contact", "note", "C00001", "--file", path, check=False)
        assert answer.returncode == 2 and f"'{path}' cannot be read" in answer.stderr, answer
    assert notes(alone) == []


def test_what_is_no_text_too_long_or_empty_is_refused(alone):
    for content, words in (("", "empty"), ("x" * (256 * 1024 + 1), "longer than 262144 bytes")):
        answer = alone.liaison("contact", "note", "C00001", "--file", "-", stdin=content, check=False)
        assert answer.returncode == 2 and words in answer.stderr and "'file'" in answer.stderr, answer
    with alone.client() as client:
        number = ask(client)
        data(client, number, b"\xff\xfe", last=True)
        assert "UTF-8" in fails(client, number, "usage").message
        number = ask(client)
        data(client, number, b"before\0after", last=True)
        assert "'file' is not text" in fails(client, number, "usage").message
    assert notes(alone) == []


def test_note_and_file_exclude_each_other(alone):
    answer = alone.liaison("contact", "note", "C00001", "words", "--file", "-", stdin="more", check=False)
    assert answer.returncode == 2 and "exclude" in answer.stderr
    answer = alone.liaison("contact", "note", "C00001", check=False)
    assert answer.returncode == 2 and "--file" in answer.stderr
    assert notes(alone) == []


def test_names_send_data_at_once_and_hold_what_comes_after(alone):
    with alone.client() as client:
        first = client.send("contact.add", {"name": "Bo"})
        number = ask(client)
        after = client.send("contact.note.list", {"contact": "C00001"})
        assert client.answer(first)["no"] == "C00002"  # what came before does not wait
        data(client, 4711, b"for nobody", last=True)
        data(client, number, b"hello ")
        data(client, number, b"", last=False)
        assert notes(alone) == []
        data(client, number, b"world", last=True)
        assert client.answer(number)["note"] == "hello world"
        assert [note["note"] for note in client.answer(after)["items"]] == ["hello world"]


def test_two_files_on_their_way_do_not_mix(alone):
    with alone.client() as client:
        one, two = ask(client), ask(client)
        data(client, two, b"b")
        data(client, one, b"a")
        data(client, two, b"b", last=True)
        data(client, one, b"a", last=True)
        assert client.answer(one)["note"] == "aa" and client.answer(two)["note"] == "bb"


def test_words_are_asked_before_anything_is_sent(alone):
    with alone.client() as client:
        number = client.send("rpc.run", ["contact", "note", "C00001", "--file", "my notes.txt"])
        asked = client.notification("open")["params"]
        assert asked == {"id": number, "param": "file", "path": "my notes.txt", "mode": "read"}
        data(client, number, b"text", last=True)
        assert client.answer(number)["note"] == "text"


def test_a_chunk_that_is_not_base64_is_refused_by_name(alone):
    for chunk in ("@@@@", "YQ=", "YQ= =", "Y Q=="):
        with alone.client() as client:
            number = ask(client)
            data(client, number, chunk)
            error = fails(client, number, "usage")
            assert error.data["field"] == "file" and "base64" in error.message
            data(client, number, b"late", last=True)
            assert client.call("system.version")
    assert notes(alone) == []


def test_a_client_that_leaves_in_the_middle_changes_nothing(alone):
    with alone.client() as client:
        data(client, ask(client), b"half")
    with alone.client() as client:
        number = ask(client)
        data(client, number, b"half")
        client.socket.shutdown(socket.SHUT_WR)
        assert "'file'" in fails(client, number, "unavailable").message
    assert notes(alone) == []


def test_a_file_behind_too_many_requests_is_refused_with_the_reason(alone):
    with alone.client() as client:
        number = ask(client)
        for _ in range(1100):
            client.send("system.version")
        data(client, number, b"late", last=True)
        assert "1024 requests" in fails(client, number, "unavailable").message
        assert client.answer(client.next_id)
    assert notes(alone) == []


def test_a_cancel_ends_the_wait(alone):
    with alone.client() as client:
        number = ask(client)
        data(client, number, b"half")
        client.write(b'{"jsonrpc":"2.0","method":"cancel","params":{"id":%d}}\n' % number)
        fails(client, number, "unavailable")
        data(client, number, b"late", last=True)
        assert client.call("system.version")
    assert notes(alone) == []


def test_a_key_knows_the_file_too(alone):
    with alone.client() as client:
        answers = []
        for content in (b"one", b"one", b"two"):
            number = ask(client, key="k")
            data(client, number, content, last=True)
            answers.append(number)
        assert client.answer(answers[0]) == client.answer(answers[1])
        fails(client, answers[2], "conflict")
    assert notes(alone) == ["one"]


def test_a_dry_run_reads_the_file_and_keeps_nothing(alone):
    answer = alone.liaison("-n", "--json", "contact", "note", "C00001", "--file", "-", stdin="tried")
    assert json.loads(answer.stdout)["note"] == "tried" and notes(alone) == []


def test_discover_and_help_tell_of_the_file(alone):
    methods = {m["name"]: m for m in alone.call("rpc.discover")["methods"]}
    file = [p for p in methods["contact.note"]["params"] if p["name"] == "file"][0]
    assert file["schema"]["x-type"] == "input" and file["schema"]["x-max-bytes"] == 256 * 1024
    assert not file["required"] and not file["x-positional"]
    assert "standard input" in alone.liaison("help", "contact", "note").stdout
    assert ":files" in alone.liaison("--complete", "contact", "note", "C00001", "--file", "").stdout


class FakeDaemon:
    """Answers the client's one request by a script: lines out, lines back."""

    def __init__(self, place, script):
        self.socket = place / "control"
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(self.socket))
        self.listener.listen(1)
        self.listener.settimeout(30)
        self.heard = []
        self.thread = threading.Thread(target=self.serve, args=(script,))
        self.thread.start()

    def serve(self, script):
        connection, _ = self.listener.accept()
        connection.settimeout(30)
        with connection, connection.makefile("rw", encoding="utf-8") as lines:
            for line in lines:
                message = json.loads(line)
                self.heard.append(message)
                if message["method"] == "rpc.discover":
                    answer = [{"id": message["id"], "result": {"methods": []}}]
                else:
                    answer = script(message)
                for one in answer:
                    lines.write(json.dumps({"jsonrpc": "2.0", **one}) + "\n")
                lines.flush()

    def liaison(self, place, *words, **options):
        client = Daemon(place / "client")
        client.socket = self.socket
        try:
            return client.liaison(*words, check=False, **options)
        finally:
            self.thread.join(30)
            self.listener.close()


def test_the_client_opens_only_what_stood_among_its_words(place):
    (place / "secret").write_text("nobody's business")

    def script(message):
        if message["method"] == "cancel":
            return [{"id": message["params"]["id"], "error": {"code": 75, "message": "cancelled",
                                                              "data": {"name": "unavailable"}}}]
        return [{"method": "open", "params": {"id": message["id"], "param": "file",
                                              "path": str(place / "secret"), "mode": "read"}}]

    fake = FakeDaemon(place, script)
    answer = fake.liaison(place, "contact", "note", "C00001", "--file", place / "other")
    assert answer.returncode == 77 and "not among the words" in answer.stderr, answer
    assert fake.heard[-1]["method"] == "cancel"
    assert not any(message["method"] == "data" for message in fake.heard)


def test_the_client_sends_a_file_in_lines_of_bounded_size(place):
    content = bytes(range(256)) * 4096  # 1 MiB, not text
    (place / "file").write_bytes(content)
    got = []

    def script(message):
        if message["method"] == "data":
            assert len(json.dumps(message)) < 1 << 20
            got.append(base64.b64decode(message["params"]["chunk"], validate=True))
            if message["params"]["last"]:
                return [{"id": message["params"]["id"], "result": {"id": 1}}]
            return []
        return [{"method": "open", "params": {"id": message["id"], "param": "file",
                                              "path": str(place / "file"), "mode": "read"}}]

    fake = FakeDaemon(place, script)
    answer = fake.liaison(place, "contact", "note", "C00001", f"--file={place / 'file'}")
    assert answer.returncode == 0, answer
    assert b"".join(got) == content
