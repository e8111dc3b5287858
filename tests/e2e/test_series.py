"""Numbers under many writers at once: none is lost, none is given twice."""

import threading

import pytest

from daemon import SANITIZED, Daemon, RpcError

WRITERS = 100
EACH = 5 if SANITIZED else 20


@pytest.fixture
def alone(place):
    with Daemon(place / "liaison") as daemon:
        yield daemon


def crowd(daemon, write):
    """write(client, writer) on a connection of its own for each writer, all at once; what they return, one list."""
    results, begin = [[] for _ in range(WRITERS)], threading.Barrier(WRITERS)

    def one(writer):
        with daemon.client(timeout=120) as client:
            begin.wait(60)
            results[writer] = write(client, writer)

    threads = [threading.Thread(target=one, args=(writer,)) for writer in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [number for result in results for number in result]


def test_a_hundred_writers_leave_no_gap_and_no_number_twice(alone):
    alone.call("contact.add", {"name": "Holder", "email": ["taken@x.example"]})

    def write(client, writer):
        numbers = []
        for n in range(EACH):
            if n % 4 == writer % 4:  # draws a number, fails after it, and gives it back
                with pytest.raises(RpcError):
                    client.call("contact.add", {"name": "Late", "email": ["taken@x.example"]})
            numbers.append(client.call("contact.add", {"name": f"W {writer} {n}"})["no"])
        return numbers

    numbers = crowd(alone, write)
    assert len(numbers) == WRITERS * EACH
    assert sorted(numbers) == [f"C{n:05}" for n in range(2, WRITERS * EACH + 2)]
    stored = [item["no"] for item in alone.all("contact.list", limit=1000)]
    assert sorted(stored) == ["C00001", *sorted(numbers)]


def test_a_hundred_drawers_of_one_series(alone):
    with alone.client() as client:
        client.call("series.add", {"code": "DRAWN"})
        client.call("series.line", {"code": "DRAWN", "start": "X-0001-A", "increment": 3})
    numbers = crowd(alone, lambda client, writer: [
        client.call("series.next", {"code": "DRAWN"}, key=f"{writer}-{n}")["no"] for n in range(EACH)])
    assert sorted(numbers) == [f"X-{1 + 3 * n:04}-A" for n in range(WRITERS * EACH)]


def test_the_caller_is_told_when_a_series_nears_its_end(alone):
    with alone.client() as client:
        client.call("series.line", {"code": "CONTACT", "start": "C00001", "end": "C00003", "warn": "C00002",
                                    "from": "1900-01-01"})
        assert "warning" not in client.call("contact.add", {"name": "A"})
        assert "'C00003'" in client.call("contact.add", {"name": "B"})["warning"]
        client.call("contact.add", {"name": "C"})
        with pytest.raises(RpcError) as caught:
            client.call("contact.add", {"name": "D"})
        assert caught.value.name == "refused" and "'CONTACT'" in caught.value.message
        client.call("series.line", {"code": "CONTACT", "start": "C00001", "end": "C00009", "from": "1900-01-01"})
        assert client.call("contact.add", {"name": "D"})["no"] == "C00004"
        entries = [entry for entry in client.all("system.audit") if entry["method"] == "series.line"]
        assert len(entries) == 2 and len({entry["record"] for entry in entries}) == 1 and entries[0]["before"]


def test_a_related_series_is_chosen_by_name(alone):
    with alone.client() as client:
        client.call("series.add", {"code": "VIP", "related": ["CONTACT"]})
        client.call("series.line", {"code": "VIP", "start": "VIP-1"})
        assert client.call("series.show", {"code": "CONTACT"})["related"] == ["VIP"]
        assert client.call("contact.add", {"name": "A", "series": "VIP"})["no"] == "VIP-1"
        with pytest.raises(RpcError) as caught:
            client.call("contact.add", {"name": "A", "series": "TASK"})
        assert caught.value.name == "refused"
