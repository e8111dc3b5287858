"""Parameters, conditions, series and setup as the specification names them."""

import os
import shutil
import tempfile
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from daemon import Daemon, RpcError

# method: parameters; * required, ^ optional and positional, + repeats
PARAMETERS = {
    "contact.add": "name* type company first_name middle_name surname job_title email+ domain+ phone mobile street city "
                   "post_code country language territory salesperson correspondence home_page lead_status lead_source "
                   "excluded privacy_blocked minor parental_consent no",
    "contact.edit": "contact* name type company first_name middle_name surname job_title email+ domain+ phone mobile "
                    "street city post_code country language territory salesperson correspondence home_page "
                    "lead_status lead_source excluded privacy_blocked minor parental_consent if_version",
    "contact.show": "contact*", "contact.remove": "contact*", "contact.note": "contact* note^ file",
    "contact.list": "where sort limit after count", "contact.find": "text* where sort limit after count",
    "contact.email.add": "contact* email* from until kind shared", "contact.email.remove": "contact* email*",
    "contact.email.list": "contact*", "contact.timeline": "contact* since until kind+ limit after",
    "interaction.add": "contact*+ kind template at end subject direction initiated_by cost duration_min campaign "
                       "campaign_target campaign_response opportunity salesperson evaluation attempt_failed note",
    "interaction.list": "kind+ contact source status direction salesperson campaign opportunity since until where limit "
                        "after sort count",
    "interaction.search": "text* kind+ contact since until limit after", "interaction.show": "id*",
    "series.add": "code* default manual date_order", "series.line": "code* start* end warn increment from",
    "series.next": "code* date peek", "series.show": "code*", "setup.set": "key* value*", "setup.show": "key^",
    "system.status": "fail_stale", "system.audit": "by contact since", "system.backup": "output*",
    "source.show": "source*", "source.check": "source* host", "source.sync": "source^", "source.pause": "source*",
    "source.rename": "old* new*", "source.remove": "source* erase", "backfill.start": "source* since folder",
    "capture.list": "decision source folder since where", "capture.show": "id*",
    "capture.explain": "thing^ interaction message_id source folder uid event_uid recurrence_id",
    "capture.verify": "source* repair", "capture.retry": "id^+", "capture.rematch": "contact",
    "capture.reapply": "source since where", "capture.refetch": "id^+ source since", "capture.ignore": "id*",
    "capture.link": "id* contact* learn", "capture.record": "source* output* messages",
    "system.health": "older_than", "rule.add": "action* where* place value link", "rule.move": "rule* place*",
    "rule.remove": "rule*", "rule.list": "where sort limit after count", "rule.test": "file* since", "watch": "from kind^+",
    "help": "noun^ verb^+",
}


@pytest.fixture(scope="module")
def client():
    directory = Path(tempfile.mkdtemp(prefix="liaison-spec-"))
    os.chmod(directory, 0o755)
    with Daemon(directory / "liaison", settings="timezone = UTC\n") as daemon, daemon.client() as running:
        running.call("contact.add", {"name": "Ada Lovelace", "email": ["ada@x.example"], "city": "Prague",
                                     "salesperson": "JS"})
        running.call("contact.add", {"name": "Contoso", "domain": ["contoso.example"], "city": "Praha"})
        running.call("contact.add", {"name": "Bo Derek", "company": "Contoso", "phone": "12", "excluded": True})
        running.call("interaction.add", {"contact": ["Ada"], "kind": "call", "at": "now", "cost": "12.50",
                                         "subject": "one"})
        running.call("interaction.add", {"contact": ["Bo"], "kind": "letter", "at": "today-200d", "subject": "two"})
        yield running
    shutil.rmtree(directory, ignore_errors=True)


def fails(client, name, method, params=None, **members):
    with pytest.raises(RpcError) as caught:
        client.call(method, params, **members)
    assert caught.value.name == name, caught.value.error
    return caught.value


@pytest.mark.parametrize("method", PARAMETERS)
def test_parameters(client, method):
    params = {m["name"]: m["params"] for m in client.call("rpc.discover")["methods"]}[method]
    names = [p["name"] for p in params]
    positional = []
    for word in PARAMETERS[method].split():
        name = word.strip("*^+")
        assert name in names, name
        param = params[names.index(name)]
        assert param["required"] == ("*" in word) and param["x-repeats"] == ("+" in word), word
        assert param["x-positional"] == ("*" in word or "^" in word), word
        positional += [name] * ("*" in word or "^" in word)
    assert [p["name"] for p in params if p["x-positional"]] == positional


FULL = {"name": "Full Person", "type": "person", "company": "Contoso", "first_name": "Full", "middle_name": "M",
        "surname": "Person", "job_title": "CTO", "email": ["f1@y.example", "f2@y.example"], "phone": "+49 30 1",
        "mobile": "+49 1", "street": "Street 1", "city": "Bonn", "post_code": "53111", "country": "DE",
        "language": "de", "territory": "EU", "salesperson": "JS", "correspondence": "email",
        "home_page": "https://x.example", "lead_status": "new", "lead_source": "fair", "excluded": True,
        "privacy_blocked": True, "minor": False, "parental_consent": False, "no": "M-007"}


def test_contact_add_takes_all(client):
    made = client.call("contact.add", FULL, dry_run=True)
    for key, value in FULL.items():
        if key == "email":
            assert [e["email"] for e in made["emails"]] == value
        elif key == "company":
            assert (made["company_name"], made["company_no"]) == ("Contoso", "C00002")
        else:
            assert made[key] == value, key
    words = [FULL["name"]]
    for key, value in FULL.items():
        flag = "--" + key.replace("_", "-")
        if isinstance(value, bool):
            words.append(flag if value else flag.replace("--", "--no-", 1))
        elif key != "name":
            for one in value if isinstance(value, list) else [value]:
                words += [flag, one]
    again = client.call("contact.add", words, dry_run=True)
    assert {**again, "id": 0} == {**made, "id": 0}
    assert client.run("contact", "add", "--name", "As Flag", dry_run=True)["name"] == "As Flag"


def test_interaction_add_takes_all(client):
    params = {"contact": ["C00001", "Bo Derek"], "kind": "meeting", "at": "2026-05-01T10:00:00+02:00",
              "end": "2026-05-01T11:30:00+02:00", "subject": "s", "direction": "outbound", "initiated_by": "us",
              "cost": "10", "duration_min": "45m", "salesperson": "JS", "evaluation": "positive",
              "attempt_failed": True, "note": "n", "template": "T", "campaign": "K1", "campaign_target": True,
              "campaign_response": True, "opportunity": "O1"}
    made = client.call("interaction.add", params, dry_run=True)
    for key, value in params.items():
        if key not in ("contact", "cost", "duration_min"):
            assert made[key] == value, key
    assert (made["cost"], made["duration_min"]) == ("10.00", 45)
    assert [c["no"] for c in made["contacts"]] == ["C00001", "C00003"]
    for value, minutes in (("90", 90), (30, 30), ("45m", 45), ("1h30m", 90), ("2h", 120)):
        assert client.call("interaction.add", {"contact": "Ada", "duration_min": value},
                           dry_run=True)["duration_min"] == minutes
    rest = client.run("interaction", "add", "C00001", "ada@x.example", "Bo", "--kind", "call", dry_run=True)
    assert [c["no"] for c in rest["contacts"]] == ["C00001", "C00003"]
    assert client.run("log", "--contact", "C00001", "--contact", "Bo", dry_run=True)["kind"]
    for field, value in (("duration_min", "45x"), ("cost", "abc"), ("at", "2026-02-30"), ("direction", "up"),
                         ("evaluation", "good")):
        assert fails(client, "usage", "interaction.add", {"contact": "Ada", field: value}).data["field"] == field


@pytest.mark.parametrize("written, days", (("today", 0), ("today-90d", -90), ("today+7d", 7)))
def test_relative_dates(client, written, days):
    today = datetime.now(timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0)
    made = client.call("interaction.add", {"contact": "Ada", "at": written}, dry_run=True)
    assert datetime.fromisoformat(made["at"].replace("Z", "+00:00")) - today - timedelta(days=days) in (
        timedelta(0), timedelta(days=1))
    assert made["status"] == ("planned" if days > 0 else "recorded")


def test_a_contact_is_a_number_an_address_or_a_name(client):
    for words in ("C00001", "c00001", "ada@x.example", "ADA@X.example", "Ada Lovelace", "ada lov", "Ada"):
        assert client.call("contact.show", {"contact": words})["no"] == "C00001", words
    client.call("contact.add", {"name": "Exact", "no": "EX1"})
    client.call("contact.add", {"name": "Exact Longer", "no": "EX2"})
    assert client.call("contact.show", {"contact": "exact"})["no"] == "EX1"
    assert fails(client, "ambiguous", "contact.show", {"contact": "exac"}).code == 4


def test_lists_of_interactions(client):
    def ids(**params):
        return [i["subject"] for i in client.call("interaction.list", params)["items"]]
    assert ids(kind=["call"]) == ["one"] and ids(kind="letter") == ["two"] and ids(kind=["call", "letter"]) == \
        ["one", "two"]
    assert ids(contact="Ada") == ["one"] and ids(contact="Contoso") == ["two"]
    assert ids(since="today-90d") == ["one"] and ids(until="today-90d") == ["two"]
    assert ids(status="recorded", direction="none") == ["one", "two"] and ids(status="planned") == []
    assert ids(source="nowhere") == ids(campaign="K1") == ids(opportunity="O1") == []
    assert ids(salesperson="JS") == ["one"] and ids(where="cost > 10") == ["one"]
    assert [i["subject"] for i in client.call("contact.timeline", {"contact": "Contoso", "kind": ["letter"],
                                                                   "since": "today-300d", "until": "now",
                                                                   "limit": 1})["items"]] == ["two"]
    assert [i["subject"] for i in client.call("interaction.search", {"text": "two", "kind": ["letter"], "limit": 5,
                                                                     "contact": "Bo"})["items"]] == ["two"]


CONDITIONS = {
    "no = C00001": "Ada", "no != C00001": "Bo Contoso", "name ~ '*LOVE*'": "Ada", "interactions < 1": "",
    "interactions <= 1": "Ada Bo Contoso", "interactions > 0": "Ada Bo Contoso", "interactions >= 2": "",
    "no in (C00001, 'C00003')": "Ada Bo", "phone is blank": "Ada Contoso", "not phone is blank": "Bo",
    'name = "Bo Derek"': "Bo", "name = 'Bo Derek'": "Bo", "city = praha": "Bo Contoso",
    'type = person and city ~ "Pra*" and not has interaction(kind = email and at >= today-90d)': "Ada Bo",
    "has interaction(kind = call and at >= today-90d)": "Ada", "has interaction": "Ada Bo Contoso",
    "(type = company or excluded = yes) and interactions >= 0": "Bo Contoso",
    "not (type = company or excluded = yes)": "Ada", "has email": "Ada", "has email(primary = true)": "Ada",
    "has company": "Bo", "has company(city = Praha)": "Bo", "has person": "Contoso",
    "has person(has interaction(kind = letter))": "Contoso", "domain = contoso.example": "Contoso",
    "email = ada@x.example": "Ada", "company_name = Contoso and type = person": "Bo", "cost = 12.50": "Ada",
    "last_interaction >= today": "Ada", "last_interaction < today": "Bo Contoso", "salesperson = JS": "Ada",
    "next_task is blank": "Ada Bo Contoso", "opportunities = 0": "Ada Bo Contoso", "estimated_value > 0": "",
    "calculated_value <= 0": "Ada Bo Contoso", "minor = no": "Ada Bo Contoso", "lead-status is blank": "Ada Bo Contoso",
    **{f"has {relation}": "" for relation in ("mailing-group industry-group responsibility relation answer opportunity "
                                              "task campaign consent").split()},
    "not has opportunity": "Ada Bo Contoso",
}


@pytest.mark.parametrize("where", CONDITIONS)
def test_conditions(client, where):
    found = client.call("contact.list", {"where": f"({where}) and not no in (EX1, EX2)", "sort": "name"})["items"]
    assert " ".join(c["name"].split()[0] for c in found) == CONDITIONS[where]


@pytest.mark.parametrize("where, column", (
    ("city =", 7), ("frob = 1", 1), ("city = a and frob = 1", 14), ("has frob", 5), ("city = a b", 10), ("(city = a", 10),
    ("city ~", 7), ("interactions = many", 16), ("excluded > yes", 10), ("last_interaction = frob", 20),
    ("has interaction(frob = 1)", 17), ("has task(frob = 1)", 10), ("city = 'a", 8), ("and", 1), ("salesperson = me", 15)))
def test_a_mistake_is_answered_with_its_column(client, where, column):
    error = fails(client, "usage", "contact.list", {"where": where})
    assert error.code == -32602 and f"column {column}: " in error.message and error.data["field"] == "where"
    assert "expected" in error.message or "'me'" in error.message


def test_default_series_number_a_new_database(client):
    starts = {line["start"] for series in client.call("series.list")["items"] for line in series["lines"]}
    assert {"C00001", "S00001", "K00001", "O00001", "T00001"} <= starts
    for code, first in (("SEGMENT", "S00001"), ("CAMPAIGN", "K00001"), ("OPPORTUNITY", "O00001"), ("TASK", "T00001")):
        assert client.call("series.next", {"code": code, "peek": True})["no"] == first
    before = client.call("series.next", {"code": "CONTACT", "peek": True})["no"]
    fails(client, "conflict", "contact.add", {"name": "x", "email": ["ada@x.example"]})
    assert client.call("contact.add", {"name": "By Hand", "no": "HAND-1"})["no"] == "HAND-1"
    fails(client, "conflict", "contact.add", {"name": "By Hand", "no": "HAND-1"})
    assert client.call("contact.add", {"name": "Gapless"})["no"] == before


def test_series(client):
    made = client.call("series.add", {"code": "NEW", "default": False, "manual": True, "date_order": False})
    assert (made["code"], made["default"], made["manual"], made["date_order"]) == ("NEW", False, True, False)
    client.call("series.line", {"code": "NEW", "start": "N10", "end": "N30", "warn": "N20", "increment": 10,
                                "from": "2026-01-01"})
    client.run("series", "line", "NEW", "P1", "--from", "2030-01-01")
    assert [line["start"] for line in client.call("series.show", {"code": "NEW"})["lines"]] == ["N10", "P1"]
    peeked = client.call("series.next", {"code": "NEW", "peek": True})["no"]
    drawn = [client.call("series.next", {"code": "NEW"}) for _ in range(3)]
    assert [d["no"] for d in drawn] == [peeked, "N20", "N30"] and [d["warning"] for d in drawn] == [False, True, True]
    fails(client, "refused", "series.next", {"code": "NEW"})
    assert client.call("series.next", {"code": "NEW", "date": "2030-02-01"})["no"] == "P1"
    fails(client, "refused", "series.next", {"code": "NEW", "date": "2020-01-01"})
    assert fails(client, "conflict", "series.add", {"code": "NEW"}).code == 5
    assert fails(client, "not-found", "series.show", {"code": "NONE"}).code == 3


@pytest.mark.parametrize("key, value", (
    ("contact-series", "CONTACT"), ("segment-series", "SEGMENT"), ("campaign-series", "CAMPAIGN"),
    ("opportunity-series", "OPPORTUNITY"), ("task-series", "TASK"), ("default-salesperson", "JS"),
    ("default-cycle", "STD"), ("currency", None), ("duplicate-hit", "50"), ("inherit-salesperson", "false")))
def test_setup(client, key, value):
    shown, = client.call("setup.show", {"key": key})["items"]
    assert shown["key"] == key
    if value is None:  # frozen: an amount is stored
        assert fails(client, "refused", "setup.set", {"key": key, "value": "USD"}).code == 6
        return
    assert client.call("setup.set", {"key": key, "value": value}, dry_run=True)["value"] == value
    assert client.call("setup.set", {"key": key, "value": ""}, dry_run=True)["value"] == shown["default"]
    assert client.call("setup.set", {"key": key, "value": None}, dry_run=True)["value"] == shown["default"]
    fails(client, "usage", "setup.set", {"key": key})
    fails(client, "usage", "setup.set", {"key": key + "x", "value": value})


def test_an_address_belongs_to_a_time(client):
    a = client.call("contact.add", {"name": "Time One"})["no"]
    b = client.call("contact.add", {"name": "Time Two"})["no"]
    client.call("contact.email.add", {"contact": a, "email": "role@z.example", "until": "2025-12-31", "kind": "work"})
    added = client.call("contact.email.add", {"contact": b, "email": "role@z.example", "from": "2026-01-01"})
    email, = added["emails"]
    assert email["from"] == "2026-01-01T00:00:00Z" and email["until"] is None
    listed, = client.call("contact.email.list", {"contact": a})["items"]
    assert (listed["kind"], listed["until"][:10]) == ("work", "2025-12-31")
    fails(client, "conflict", "contact.email.add", {"contact": a, "email": "role@z.example", "from": "2026-02-01"})
    fails(client, "not-found", "contact.email.remove", {"contact": a, "email": "none@z.example"})
