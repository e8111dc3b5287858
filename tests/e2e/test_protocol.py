"""Section 3 of the surface: the control socket."""

import base64
import json
import os
import socket
import subprocess

import pytest

from daemon import BIN, Client, Daemon, RpcError, wait_until
from letters import letter
from reach import become


@pytest.fixture
def alone(place):
    """A daemon without sources."""
    with Daemon(place / "liaison") as running:
        yield running


def fails(client, name, method, params=None, **members):
    with pytest.raises(RpcError) as caught:
        client.call(method, params, **members)
    assert caught.value.name == name, caught.value.error
    return caught.value


def test_discover_describes_every_method(alone):
    document = alone.call("rpc.discover")
    assert document["openrpc"]
    methods = {m["name"]: m for m in document["methods"]}
    for name in ("system.status", "system.health", "system.version", "system.stats", "system.backup", "system.check",
                 "system.reload", "system.audit", "source.list", "source.show", "source.check", "source.sync",
                 "source.pause", "source.resume", "source.folders", "source.rename", "source.retire",
                 "source.remove", "backfill.list", "backfill.start", "backfill.pause", "backfill.resume",
                 "capture.list", "capture.show", "capture.explain", "capture.verify", "capture.retry",
                 "capture.rematch", "contact.add", "contact.show", "contact.list", "contact.find", "contact.edit",
                 "contact.remove", "contact.timeline", "contact.note", "contact.email.add",
                 "contact.email.remove", "contact.email.list", "interaction.add", "interaction.show",
                 "interaction.list", "interaction.search", "series.add", "series.line", "series.show",
                 "series.list", "series.next", "setup.init", "setup.show", "setup.set", "watch", "help"):
        assert name in methods, name
    for method in methods.values():
        assert method["summary"] and method["x-access"] in ("reads", "writes", "privacy", "admin")
        for param in method["params"]:
            assert param["name"] and param["schema"] and param["summary"]
    add = {p["name"]: p for p in methods["contact.add"]["params"]}
    assert add["name"]["required"] and add["name"]["x-positional"] and add["email"]["x-repeats"]
    assert add["type"]["schema"]["enum"] == ["person", "company"]
    assert methods["contact.remove"]["x-confirm"] is True


def test_by_name_by_position_and_by_words_are_the_same(alone):
    with alone.client() as client:
        one = client.call("contact.add", {"name": "Ada Lovelace", "email": ["ada@x.example"]})
        two = client.call("contact.add", ["Grace Hopper", "--email", "grace@x.example", "--city", "New York"])
        three = client.run("contact", "add", "Ken Thompson", "--email", "ken@x.example")
        assert [c["no"] for c in (one, two, three)] == ["C00001", "C00002", "C00003"]
        assert (two["first_name"], two["surname"], two["city"]) == ("Grace", "Hopper", "New York")
        client.run("contact", "email", "add", "C00001", "a@x.example")
        emails = client.call("contact.email.list", {"contact": "C00001"})["items"]
        assert [e["email"] for e in emails] == ["ada@x.example", "a@x.example"]
        assert client.run("find", "grace")["items"][0]["no"] == "C00002"
        assert client.run("status")["sources"] == []


def test_errors_have_names_codes_and_subjects(alone):
    with alone.client() as client:
        client.call("contact.add", {"name": "Ada Lovelace", "email": ["ada@x.example"]})
        client.call("contact.add", {"name": "Ada Byron"})
        error = fails(client, "not-found", "contact.show", {"contact": "C99999"})
        assert error.code == 3 and "'C99999'" in error.message
        error = fails(client, "ambiguous", "contact.show", {"contact": "Ada"})
        assert error.code == 4 and {c["no"] for c in error.data["candidates"]} == {"C00001", "C00002"}
        error = fails(client, "conflict", "contact.email.add", {"contact": "C00002", "email": "ADA@x.example"})
        assert error.code == 5 and "ada@x.example" in error.message.lower()
        error = fails(client, "usage", "contact.add", {"nmae": "x"})
        assert error.code == -32602 and "nmae" in error.message
        error = fails(client, "usage", "contact.add", {"name": "x", "type": "cat"})
        assert error.code == -32602 and error.data["field"] == "type"
        error = fails(client, "usage", "contact.frobnicate")
        assert error.code == -32601
        assert fails(client, "usage", "contact.list", {"where": "city ="}).code == -32602


def test_bad_lines_are_answered_and_the_connection_lives(alone):
    with alone.client() as client:
        for text, code in ((b"{nonsense}", -32700), (b'{"jsonrpc":"2.0","id":1}', -32600), (b"[]", -32600),
                           (b'"x"', -32600), (b'{"id":1,"id":2,"method":"x"}', -32700), (b'{"a":"\\u0000"}', -32600),
                           (b"\xff\xfe", -32700), (b"[" * 100 + b"]" * 100, -32700),
                           (b'{"jsonrpc":"2.0","id":1,"method":"system.version","params":"x"}', -32600)):
            client.write(text + b"\n")
            answer = client.line()
            assert answer["error"]["code"] == code, (text, answer)
            assert answer["error"]["data"]["name"] == "usage"
        assert client.call("system.version")


def test_a_line_over_a_megabyte_is_refused(alone):
    with alone.client() as client:
        client.write(b'{"jsonrpc":"2.0","id":1,"method":"contact.find","params":{"text":"' + b"x" * (1 << 20) + b'"}}\n')
        assert client.line()["error"]["code"] == -32700
    assert alone.call("system.version")


def test_pipelined_requests_take_effect_in_order(alone):
    with alone.client() as client:
        sent = []
        for n in range(200):
            sent.append((client.send("contact.add", {"name": f"Person Number{n}"}), n))
            sent.append((client.send("contact.list", {"count": True, "limit": 1}), None))
        answers = {}
        while len(answers) < len(sent):
            message = client.line()
            answers[message["id"]] = message
        count = 0
        for number, n in sent:
            result = answers[number]["result"]
            if n is not None:
                count += 1
            else:
                assert result["count"] == count


def test_a_connection_has_at_most_sixteen_long_commands_under_way(alone):
    with alone.client() as client:
        request = {"jsonrpc": "2.0", "method": "system.check"}
        client.write(b"".join(json.dumps({**request, "id": n}).encode() + b"\n" for n in range(20)))
        answers = [client.line() for _ in range(20)]
        refused = [answer["error"]["data"]["name"] for answer in answers if "error" in answer]
        assert refused == ["unavailable"] * 4
        assert client.call("system.check")["ok"] is True


def test_a_last_line_needs_no_newline(alone):
    with alone.client() as client:
        client.write(b'{"jsonrpc":"2.0","id":7,"method":"contact.add","params":{"name":"Ada"}}')
        client.socket.shutdown(socket.SHUT_WR)
        assert client.answer(7)["no"] == "C00001"


def test_setup_init_makes_nothing_twice(alone):
    first = alone.call("setup.init")
    assert first["series"] == [] and "NEWS" in first["mailing-group"] and "F de formal" in first["salutation-formula"]
    assert not any(alone.call("setup.init").values())
    assert len(alone.all("series.list")) == 5


def test_an_idempotency_key_answers_the_first_result(alone):
    with alone.client() as client:
        one = client.call("contact.add", {"name": "Ada"}, key="k1")
        assert client.call("contact.add", {"name": "Ada"}, key="k1") == one
        fails(client, "conflict", "contact.add", {"name": "Bo"}, key="k1")
        assert len(client.all("contact.list")) == 1


def test_a_dry_run_changes_nothing(alone):
    with alone.client() as client:
        client.call("contact.add", {"name": "Ada"}, dry_run=True)
        assert client.all("contact.list") == []
        client.call("contact.add", {"name": "Bo"})
        assert [c["no"] for c in client.all("contact.list")] == ["C00001"]


def test_remove_wants_a_yes(alone):
    with alone.client() as client:
        client.call("contact.add", {"name": "Ada"})
        assert fails(client, "refused", "contact.remove", {"contact": "C00001"}).code == 6
        assert len(client.all("contact.list")) == 1
        client.call("contact.remove", {"contact": "C00001"}, yes=True)
        assert client.all("contact.list") == []


def test_a_stale_version_names_the_fields_that_changed(alone):
    with alone.client() as client:
        first = client.call("contact.add", {"name": "Ada", "city": "London"})
        client.call("contact.edit", {"contact": "C00001", "city": "Paris", "if_version": first["version"]})
        error = fails(client, "conflict", "contact.edit",
                      {"contact": "C00001", "city": "Rome", "if_version": first["version"]})
        assert "city" in error.message
        client.call("contact.edit", {"contact": "C00001", "city": None})
        assert client.call("contact.show", {"contact": "C00001"})["city"] is None


def test_lists_page_with_cursors_while_rows_are_added(alone):
    with alone.client() as client:
        for n in range(25):
            client.call("contact.add", {"name": f"Person {n:02}"})
        seen, after = [], None
        while True:
            page = client.call("contact.list", {"limit": 10, "sort": "-name", **({"after": after} if after else {})})
            seen += [c["name"] for c in page["items"]]
            client.call("contact.add", {"name": f"Zed {len(seen)}"})
            after = page["next"]
            if after is None:
                break
        assert seen == sorted((f"Person {n:02}" for n in range(25)), reverse=True)


def test_conditions(alone):
    with alone.client() as client:
        client.call("contact.add", {"name": "Ada Lovelace", "city": "Prague", "email": ["ada@x.example"]})
        client.call("contact.add", {"name": "Bo Derek", "city": "Praha"})
        client.call("contact.add", {"name": "Contoso", "type": "company", "city": "Berlin"})
        client.call("interaction.add", {"contact": ["C00001"], "kind": "call", "at": "now", "subject": "hello"})

        def names(where):
            return [c["name"] for c in client.all("contact.list", where=where)]
        assert names('type = person and city ~ "pra*"') == ["Ada Lovelace", "Bo Derek"]
        assert names("has interaction(kind = call and at >= today-90d)") == ["Ada Lovelace"]
        assert names("type = person and not has interaction") == ["Bo Derek"]
        assert names("city in (Berlin, 'Praha') or email = ada@x.example") == ["Ada Lovelace", "Bo Derek", "Contoso"]
        assert names("email is blank and type != company") == ["Bo Derek"]
        error = fails(client, "usage", "contact.list", {"where": "city = Prague and citty = x"})
        assert "column 19" in error.message and "city" in str(error.error)


def test_watch_tells_and_resumes(daemon, server):
    daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
    daemon.wait_complete()
    with daemon.client() as client:
        number = client.send("watch")
        assert client.answer(number) == {}
        server.append("INBOX", letter("ada@x.example", "me@own.example", "watched"))
        while True:
            event = client.notification("event")["params"]
            if event["kind"] == "interaction.recorded":
                break
        assert event["record"]["subject"] == "watched" and event["id"] == number
    with daemon.client() as client:
        client.answer(client.send("watch", {"from": event["seq"]}))
        server.append("INBOX", letter("ada@x.example", "me@own.example", "watched two"))
        while True:
            later = client.notification("event")["params"]
            if later["kind"] == "interaction.recorded":
                break
        assert later["seq"] > event["seq"] and later["record"]["subject"] == "watched two"
    with daemon.client() as client:
        client.answer(client.send("watch", {"from": event["seq"] - 1}))
        while True:
            again = client.notification("event")["params"]
            if again["kind"] == "interaction.recorded":
                break
        assert again["seq"] in (event["seq"], later["seq"])


def test_a_backup_travels_as_data(alone):
    alone.call("contact.add", {"name": "Ada"})
    with alone.client() as client:
        number = client.send("system.backup", {"output": "-"})
        data = b""
        while True:
            message = client.line()
            if message.get("method") == "data":
                data += base64.b64decode(message["params"]["chunk"])
            elif message.get("id") == number:
                assert "result" in message, message
                break
        assert data.startswith(b"SQLite format 3\0")


def test_who_may_not(place):
    if os.getuid() != 0:
        pytest.skip("needs a second user")
    with Daemon(place / "liaison") as daemon:
        os.chmod(daemon.socket, 0o666)
        os.chmod(daemon.dir, 0o755)
        program = ("import socket,sys\ns=socket.socket(socket.AF_UNIX)\ns.connect(sys.argv[1])\n"
                   "s.sendall(b'{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"contact.list\"}\\n')\nprint(s.recv(65536).decode())")
        answer = subprocess.run(["/usr/bin/python3", "-c", program, daemon.socket], capture_output=True, text=True,
                                user=2, group=2, extra_groups=[], timeout=30)
        error = json.loads(answer.stdout)["error"]
        assert error["code"] == 77 and error["data"]["name"] == "permission"


def test_help_on_every_level(alone):
    document = alone.call("rpc.discover")
    text = str(alone.call("help"))
    nouns = {m["name"].split(".")[0] for m in document["methods"]} - {"rpc"}
    assert all(noun in text for noun in nouns)
    for method in document["methods"]:
        if not method["name"].startswith("rpc."):
            words = method["name"].split(".")
            assert alone.call("rpc.run", ["help", *words]), method["name"]


def test_series_number_contacts(alone):
    with alone.client() as client:
        client.call("series.add", {"code": "CUST", "default": True})
        client.call("series.line", {"code": "CUST", "start": "CU-0098X"})
        client.call("setup.set", {"key": "contact-series", "value": "CUST"})
        assert client.call("series.next", {"code": "CUST", "peek": True})["no"] == "CU-0098X"
        numbers = [client.call("contact.add", {"name": f"P {n}"})["no"] for n in range(3)]
        assert numbers == ["CU-0098X", "CU-0099X", "CU-0100X"]


def test_audit_says_who_did_what(alone):
    with alone.client() as client:
        client.call("contact.add", {"name": "Ada"})
        client.call("contact.edit", {"contact": "C00001", "city": "Paris"})
        rows = client.all("system.audit")
        assert {r["method"] for r in rows} == {"contact.add", "contact.edit"}
        assert all(r["user"] for r in rows)


def test_a_reload_tells_every_mistake_and_remark(place):
    with Daemon(place / "liaison", expects_errors=r"frobnicate-|the old one stays") as daemon:
        daemon.configure(settings="\n".join(f"frobnicate-{n} = 1" for n in range(300)) + "\n")
        with pytest.raises(RpcError) as caught:
            daemon.call("system.reload")
        mistakes = caught.value.data["mistakes"]
        assert "300 mistakes" in caught.value.message and len(mistakes) == 300
        assert all(f"frobnicate-{n}'" in mistakes[n] and f"liaison.conf:{n + 5}: " in mistakes[n] for n in range(300))
        told = daemon.liaison("system", "reload", check=False)
        assert told.returncode == 78 and "frobnicate-299" in told.stderr
        daemon.configure(settings="key-file = /k\nprovider-profiles = /p\n")
        answer = daemon.call("system.reload")
        assert answer["reloaded"] and len(answer["remarks"]) == 2 and "key-file" in answer["remarks"][0]
        daemon.configure(settings="")
        assert daemon.call("system.reload") == {"reloaded": True, "remarks": []}


def test_a_retry_of_what_is_not_there_is_not_found(alone):
    with alone.client() as client:
        error = fails(client, "not-found", "capture.retry", {"id": [4711]})
        assert "'4711'" in error.message and client.call("capture.retry") == {"asked": 0, "unavailable": 0}
    assert alone.liaison("capture", "retry", "4711", check=False).returncode == 3
