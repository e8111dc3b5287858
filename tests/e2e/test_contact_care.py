"""What contacts refuse, tell and do not claim."""

import pytest

from daemon import Daemon, RpcError


@pytest.fixture
def alone(place):
    """A daemon without sources."""
    with Daemon(place / "liaison") as running:
        yield running


def refused(client, method, params, **members):
    with pytest.raises(RpcError) as caught:
        client.call(method, params, **members)
    return caught.value


def undo_last(client, method):
    entry = next(e for e in client.call("system.audit", {"limit": 50})["items"] if e["method"] == method)
    return client.call("system.undo", {"audit_id": entry["id"]}, yes=True)


def test_an_undo_tells_what_went_with_a_field(alone):
    alone.call("field.add", {"noun": "contact", "name": "shoe", "type": "number"})
    alone.call("contact.add", {"name": "Ada Lovelace", "field": ["shoe=42"]})
    asked = refused(alone, "field.remove", {"noun": "contact", "field": "shoe"})
    assert asked.name == "refused" and asked.data["counts"]["contacts"] == 1, asked.data
    alone.call("field.remove", {"noun": "contact", "field": "shoe"}, yes=True)
    answer = undo_last(alone, "field.remove")
    assert (answer["added"], answer["kept"], answer["kept_first"][0]["field"]) == (1, 1, "contacts"), answer


def test_an_undo_tells_what_went_with_a_questionnaire(alone):
    alone.call("questionnaire.add", {"code": "Q"})
    alone.call("questionnaire.remove", {"questionnaire": "Q"}, yes=True)
    assert undo_last(alone, "questionnaire.remove")["kept"] == 0
    alone.call("questionnaire.question", {"questionnaire": "Q", "question": "Size?"})
    alone.call("questionnaire.remove", {"questionnaire": "Q"}, yes=True)
    answer = undo_last(alone, "questionnaire.remove")
    assert (answer["added"], answer["kept"], answer["kept_first"][0]["field"]) == (1, 1, "questions"), answer


def test_an_undo_tells_that_a_merge_is_not_taken_apart_any_more(alone):
    a, b = (alone.call("contact.add", {"name": name})["no"] for name in ("Ada Byron", "Ada Lovelace"))
    alone.call("contact.merge", {"contact": a, "into": b}, yes=True)
    alone.call("contact.remove", {"contact": b}, yes=True)
    answer = undo_last(alone, "contact.remove")
    assert (answer["added"], answer["kept"]) == (1, 1), answer
    assert "merged into it" in answer["kept_first"][0]["why"], answer


def test_separated_pairs_are_listed(alone):
    one, two, three = (alone.call("contact.add", {"name": "Ada Lovelace"})["no"] for _ in range(3))
    alone.call("contact.separate", {"contact": two, "other": one})
    pair, = alone.call("contact.duplicates", {"separated": True})["items"]
    assert (pair["no"], pair["other"], pair["name"], pair["score"]) == (one, two, "Ada Lovelace", None), pair
    pair, = alone.call("contact.duplicates", {"contact": two, "separated": True})["items"]
    assert (pair["no"], pair["other"]) == (two, one), pair
    assert alone.call("contact.duplicates", {"contact": three, "separated": True})["items"] == []
    assert len(alone.call("contact.duplicates")["items"]) == 2
    alone.call("contact.separate", {"contact": one, "other": two, "withdraw": True})
    assert alone.call("contact.duplicates", {"separated": True})["items"] == []


def test_a_name_must_be_seen(alone):
    for name in ("\u200b", " \u00a0\u2060 ", "\u3164"):
        assert refused(alone, "contact.add", {"name": name}).data["field"] == "name"
    assert alone.call("contact.add", {"name": "!"})["name"] == "!"


def test_a_lookalike_is_told_when_it_is_added(alone):
    alone.call("contact.add", {"name": "Paypal", "type": "company"})
    made = alone.call("contact.add", {"name": "Payp\u0430l", "type": "company"})
    assert [d["name"] for d in made["duplicates"]] == ["Paypal"], made


def test_a_consent_of_a_day_to_come_is_none(alone):
    alone.call("contact.add", {"name": "Ada Lovelace"})
    error = refused(alone, "contact.consent.add", {"contact": "Ada Lovelace", "purpose": "NEWS", "date": "2099-01-01"})
    assert (error.name, error.data["field"]) == ("usage", "date")
    alone.call("contact.consent.add", {"contact": "Ada Lovelace", "purpose": "NEWS", "date": "today"})


def test_a_line_of_a_series_does_not_give_numbers_again(alone):
    alone.call("series.add", {"code": "X"})
    alone.call("series.line", {"code": "X", "start": "X8", "end": "X11", "from": "2020-01-01"})
    assert [alone.call("series.next", {"code": "X"})["no"] for _ in range(2)] == ["X8", "X9"]
    error = refused(alone, "series.line", {"code": "X", "start": "X9", "end": "X20", "from": "2021-01-01"})
    assert error.name == "refused" and "'X8' to 'X9'" in error.message, error.message
    alone.call("series.line", {"code": "X", "start": "X12", "end": "X20", "from": "2021-01-01"})


def test_messages_name_what_was_given(alone):
    error = refused(alone, "contact.add", {"name": "Ada " + "x" * 101})
    assert error.data["field"] == "name" and error.message.startswith("in the name, the surname"), error.message
    error = refused(alone, "contact.add", {"name": "Ada", "email": ["a@x.example", "A@X.example"]})
    assert error.message == "the address 'a@x.example' is given twice", error.message
    alone.call("contact.add", {"name": "Ada Lovelace"})
    error = refused(alone, "contact.fact.add", {"contact": "Ada Lovelace", "kind": "SALES", "amount": "-5"})
    assert error.message == "the amount '-5.00' is below zero", error.message
