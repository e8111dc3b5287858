"""contact.find over the socket: what a caller reads of it, and that it follows what was just written."""

import pytest

from daemon import Daemon, RpcError


@pytest.fixture
def client(place):
    with Daemon(place / "liaison") as daemon, daemon.client() as client:
        for name, more in (("Ada Lovelace", {"email": ["ada@x.example"], "city": "Praha"}), ("Ada Byron", {"city": "Brno"}),
                           ("Bob Ross", {"phone": "+44 20 7946 0958", "city": "Praha"})):
            client.call("contact.add", {"name": name, **more})
        yield client


def found(client, text, **params):
    return [item["name"] for item in client.call("contact.find", {"text": text, **params})["items"]]


def test_a_connection_finds_what_it_has_just_written(client):
    client.call("contact.edit", {"contact": "C00003", "city": "Oslo"})
    assert found(client, "oslo") == ["Bob Ross"] and found(client, "bob praha") == []
    client.call("contact.email.add", {"contact": "C00003", "email": "painter@y.example"})
    assert found(client, "painter") == ["Bob Ross"]
    client.call("contact.tag.add", {"contact": "C00003", "code": ["chess"]})
    assert found(client, "chess") == ["Bob Ross"]
    client.call("contact.remove", {"contact": "C00003"}, yes=True)
    assert found(client, "ross") == found(client, "chess") == []


def test_each_hit_says_why(client):
    answer = client.call("contact.find", {"text": "lovelase praha"})
    assert answer["items"][0]["why"] == [{"word": "lovelase", "field": "name", "how": "fuzzy"},
                                         {"word": "praha", "field": "city", "how": "word"}]
    assert answer["cut"] is None and answer["next"] is None
    assert client.call("contact.find", {"text": "020 7946 0958"})["items"][0]["why"] == [
        {"word": "02079460958", "field": "phone", "how": "exact"}]


def test_hits_are_narrowed_sorted_and_paged(client):
    assert found(client, "ada") == ["Ada Lovelace", "Ada Byron"]
    assert found(client, "ada", where="city = Brno") == ["Ada Byron"]
    assert found(client, "ada", sort="name") == ["Ada Byron", "Ada Lovelace"]
    client.call("view.save", {"name": "praha", "noun": "contact", "where": "city = Praha"})
    assert found(client, "ada", view="praha") == ["Ada Lovelace"]
    first = client.call("contact.find", {"text": "ada", "limit": 1, "count": True})
    assert first["count"] == 2 and found(client, "ada", limit=1, after=first["next"]) == ["Ada Byron"]


def test_a_name_that_several_bear_lists_them_and_one_that_nobody_bears_the_likest(client):
    with pytest.raises(RpcError) as caught:
        client.call("contact.show", {"contact": "ada"})
    assert caught.value.name == "ambiguous"
    assert [c["name"] for c in caught.value.data["candidates"]] == ["Ada Byron", "Ada Lovelace"]
    with pytest.raises(RpcError) as caught:
        client.call("contact.show", {"contact": "Ada Lovelase"})
    assert caught.value.name == "not-found" and "'C00001' (Ada Lovelace)" in caught.value.data["hint"]


@pytest.mark.parametrize("text", ["a", "%", "_", '"', "* OR *", "x" * 4000, "word " * 700, "0", "\u200b", "😀"])
def test_no_text_is_too_odd(client, text):
    assert len(client.call("contact.find", {"text": text})["items"]) <= 3
