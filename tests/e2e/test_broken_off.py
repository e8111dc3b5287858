"""What takes several transactions and is killed within comes to its end at the next start, or was not begun."""
import base64
import json
import os
import random
import time
from contextlib import ExitStack

import pytest

from daemon import SANITIZED, Daemon, RpcError
from reach import give

MANY = int(os.environ.get("LIAISON_CONTACTS", 2000 if SANITIZED else 6000))
KILLS = min(int(os.environ.get("LIAISON_KILLS", 4)), 100)
CALLS = 300


def make(daemon):
    for name in ("Acme", "Bolt"):
        daemon.call("contact.add", {"name": name, "type": "company", "city": "Bonn"})
    people = daemon.dir / "people.csv"
    people.write_text("name,company_name,city\n" + "".join(f"Person {n},Acme,Bonn\n" for n in range(MANY)))
    people.chmod(0o644)
    daemon.liaison("contact", "import", people)
    with daemon.client() as client:
        numbers = [client.send("interaction.add", {"contact": ["C00001"], "kind": "call", "subject": f"call {n}"})
                   for n in range(CALLS)]
        for number in numbers:
            client.answer(number)


@pytest.fixture(scope="module")
def made():
    return {}


@pytest.fixture
def daemon(place, made):
    """With a company of many, which is made once."""
    daemon = Daemon(place / "liaison")
    if "database" in made:
        daemon.database.write_bytes(made["database"])
        give(daemon.database)
    with daemon:
        if "database" not in made:
            make(daemon)
            assert daemon.stop() == 0
            made["database"] = daemon.database.read_bytes()
            daemon.start()
        yield daemon


def slices(daemon, client, method, params):
    """Runs it and answers its result, its progress, and how long others' writes beside it took."""
    number, told, slowest = client.send(method, params, yes=True), [], 0
    with daemon.client() as other:
        while True:
            begun = time.monotonic()
            other.call("contact.edit", {"contact": "C00002", "job_title": None, "phone": str(len(told))})
            slowest = max(slowest, time.monotonic() - begun)
            line = client.line()
            if line.get("id") == number and "method" not in line:
                return line, told, slowest
            told.append(line["params"])


def of(daemon, company):
    return len(daemon.all("contact.list", where=f"type = person and company = '{company}'", limit=1000))


def sound(daemon):
    check = daemon.call("system.check")
    assert check["ok"] is True, check


def kill_within(daemon, method, params):
    """Kills liaisond, and all with it, when the first transaction was told of."""
    client = daemon.client()
    client.send(method, params, yes=True)
    assert client.line().get("method") == "progress", "it was too little for several transactions"
    daemon.kill()
    client.close()


def test_a_company_with_many_goes_up_in_another_in_slices(daemon):
    with daemon.client(timeout=120) as client:
        before = daemon.call("contact.show", {"contact": "C00001"})
        line, told, slowest = slices(daemon, client, "contact.merge", {"contact": "C00001", "into": "C00002"})
        result = line["result"]
        print(f"{len(told) + 1} transactions, the slowest command beside them {slowest * 1000:.0f} ms")
        assert len(told) > 0 and all(0 < one["done"] <= one["total"] for one in told), told
        assert slowest < 2
        counts = {part["part"]: part for part in result["parts"]}
        assert counts["persons"]["moved"] == MANY and counts["interactions"]["moved"] == CALLS
        assert result["interactions"] == CALLS and of(daemon, "C00002") == MANY
        sound(daemon)
        line, told, _ = slices(daemon, client, "contact.unmerge", {"merge": "C00001"})
        counts = {part["part"]: part for part in line["result"]["parts"]}
        assert counts["persons"] == {"part": "persons", "restored": MANY, "stayed": 0}
        assert len(told) > 0 and of(daemon, "C00001") == MANY and of(daemon, "C00002") == 0
        after = daemon.call("contact.show", {"contact": "C00001"})
        assert {key for key in before if before[key] != after[key]} <= {"version"}
    sound(daemon)


def test_a_dry_run_counts_what_one_transaction_does_not_move(daemon):
    dry = daemon.call("contact.merge", {"contact": "C00001", "into": "C00002"}, dry_run=True)
    assert of(daemon, "C00001") == MANY
    done = daemon.call("contact.merge", {"contact": "C00001", "into": "C00002"}, yes=True)
    counts = [{part["part"]: (part["moved"], part["dropped"]) for part in one["parts"]} for one in (dry, done)]
    for part in ("persons", "interactions"):
        assert counts[0][part] == counts[1][part], part


def test_a_merge_that_was_killed_ends_at_the_next_start(daemon):
    kill_within(daemon, "contact.merge", {"contact": "C00001", "into": "C00002"})
    daemon.start()
    assert [row["no"] for row in daemon.all("contact.list", where="type = company")] == ["C00002"]
    assert of(daemon, "C00002") == MANY
    assert daemon.call("contact.show", {"contact": "C00002"})["interactions"] == CALLS
    assert "1 merge that was broken off is finished" in daemon.tail()
    sound(daemon)
    kill_within(daemon, "contact.unmerge", {"merge": "C00001"})
    daemon.start()
    assert (of(daemon, "C00001"), of(daemon, "C00002")) == (MANY, 0)
    assert daemon.call("contact.show", {"contact": "C00001"})["interactions"] == CALLS
    sound(daemon)


def test_who_is_being_merged_is_not_merged_removed_or_taken_back_beside_it(daemon):
    expected = (("contact.merge", {"contact": "C00002", "into": "C00001"}, "unavailable"),
                ("contact.unmerge", {"merge": "C00001"}, "unavailable"),
                ("contact.remove", {"contact": "C00002"}, "refused"))
    with ExitStack() as stack:
        client, *others = [stack.enter_context(daemon.client(timeout=120)) for _ in range(1 + len(expected))]
        for other in others:
            other.call("system.version")
        number = client.send("contact.merge", {"contact": "C00001", "into": "C00002"}, yes=True)
        client.notification("progress")
        asked = [other.send(method, params, yes=True) for other, (method, params, _) in zip(others, expected)]
        client.write(json.dumps({"jsonrpc": "2.0", "method": "cancel", "params": {"id": number}}).encode() + b"\n")
        for other, one, (*_, name) in zip(others, asked, expected):
            with pytest.raises(RpcError) as caught:
                other.answer(one)
            assert caught.value.name == name, caught.value
        assert client.answer(number)["no"] == "C00002"
    sound(daemon)


def test_an_undo_takes_a_merge_of_many_back_in_slices(daemon):
    daemon.call("contact.merge", {"contact": "C00001", "into": "C00002"}, yes=True)
    entry = daemon.all("system.audit", where="method = contact.merge")[0]
    with daemon.client(timeout=120) as client:
        line, told, _ = slices(daemon, client, "system.undo", {"audit_id": entry["id"]})
    assert len(told) > 1 and of(daemon, "C00001") == MANY, line
    sound(daemon)


def test_persons_follow_their_company_though_the_edit_was_killed(daemon):
    kill_within(daemon, "contact.edit", {"contact": "C00001", "city": "Ulm", "territory": "SOUTH"})
    daemon.start()
    assert len(daemon.all("contact.list", where="type = person and city = Ulm and territory = SOUTH")) == MANY
    assert "1 change that was broken off is finished" in daemon.tail()
    sound(daemon)
    entry = daemon.all("system.audit", where="method = contact.edit", limit=1)[0]
    answer = daemon.call("system.undo", {"audit_id": entry["id"]}, yes=True)
    assert answer["changed"] == MANY + 1 and answer["kept"] == 0
    assert daemon.all("contact.list", where="city = Ulm") == []


def test_kills_at_any_moment_leave_nothing_half_done(daemon):
    seed = int(os.environ.get("LIAISON_SEED", random.randrange(1 << 30)))
    rng = random.Random(seed)
    for n in range(KILLS):
        what, client = rng.choice(["merge", "edit", "import"]), daemon.client()
        merged = len(daemon.all("contact.list", where="type = company")) == 1
        if what == "merge" and merged:
            client.send("contact.unmerge", {"merge": "C00001"}, yes=True)
        elif what == "merge":
            client.send("contact.merge", {"contact": "C00001", "into": "C00002"}, yes=True)
        elif what == "edit":
            client.send("contact.edit", {"contact": "C00002" if merged else "C00001", "city": f"City {n}"}, yes=True)
        else:
            rows = "name,city\n" + "".join(f"New {i},Batch {n} {i // 50}\n" for i in range(2000))
            number = client.send("contact.import", {"file": "-"}, yes=True)
            client.write(json.dumps({"jsonrpc": "2.0", "method": "data", "params": {
                "id": number, "chunk": base64.b64encode(rows.encode()).decode(), "last": True}}).encode() + b"\n")
        for _ in range(rng.randrange(6)):
            if client.line().get("method") != "progress":
                break
        daemon.kill()
        client.close()
        daemon.start()
        people = daemon.all("contact.list", where='name ~ "Person *"', limit=1000)
        homes = {(row["city"], row["company_no"]) for row in people}
        assert len(people) == MANY and len(homes) == 1, f"LIAISON_SEED={seed}: kill {n} of {what} leaves {homes}"
        assert daemon.all("contact.list", where='name ~ "New *" and city is blank') == []
        sound(daemon)
