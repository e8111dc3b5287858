"""contact.import: nothing of a file is lost, doubled or swallowed in silence."""

import json
import signal

import pytest

from daemon import Daemon, RpcError, wait_until
from test_import import alone, contact, data, dumped, imported  # noqa: F401


def rows(count, begin=0):
    return "".join(f"Person {i},p{i}@x.example\n" for i in range(begin, count))


def test_a_stray_quote_takes_its_own_line_and_no_other(alone):
    lines = [f"Person {i},Town\n" for i in range(3000)]
    lines[10] = '"Uq open,Town\n'
    lines[20] = '"a"b,Town\n'
    answer = imported(alone, "name,city\n" + "".join(lines))
    assert (answer["rows"], answer["added"], answer["refused"]) == (3000, 2998, 2), answer["errors"]
    assert [error["line"] for error in answer["errors"]] == [12, 22], answer["errors"]


def test_of_a_strict_import_nothing_stays_when_a_late_row_is_refused(alone):
    alone.call("contact.add", {"name": "Ada", "email": ["p1@x.example"], "city": "Rome"})
    text = "name,email\n" + rows(2500) + "Bad,no address\n"
    answer = imported(alone, text, "--strict", check=False)
    assert answer.returncode == 2 and "line 2502" in answer.stderr and "nothing of the file" in answer.stderr, answer.stderr
    assert [(one["name"], one["city"]) for one in alone.all("contact.list")] == [("Ada", "Rome")]
    again = imported(alone, text.replace("Bad,no address\n", ""), "--strict")
    assert (again["added"], again["changed"], again["skipped"]) == (2499, 1, 0), again
    assert alone.call("system.undo", {"audit_id": again["batch"]}, yes=True)["kept"] == 0


def test_a_strict_import_that_is_cancelled_is_taken_back_and_another_one_names_its_batch(alone):
    for strict in (True, False):
        with alone.client() as client:
            number = client.send("contact.import", {"file": "-", "strict": strict})
            data(client, number, ("name,email\n" + rows(20000)).encode())
            note = client.notification("progress")["params"]
            assert note["total"] is None and note["done"] > 0, note
            client.write(json.dumps({"jsonrpc": "2.0", "method": "cancel", "params": {"id": number}}).encode() + b"\n")
            with pytest.raises(RpcError) as caught:
                client.answer(number)
        there, hint = alone.all("contact.list", limit=1000), caught.value.error["data"]["hint"]
        assert (there == []) == strict, (strict, len(there))
        assert ("nothing of the file" if strict else "system undo ") in hint, hint


def test_a_strict_import_that_a_kill_ends_is_taken_back_at_the_next_start(place):
    daemon = Daemon(place / "liaison", expects_errors=".*")
    daemon.start()
    try:
        with daemon.client() as client:
            number = client.send("contact.import", {"file": "-", "strict": True})
            data(client, number, ("name,email\n" + rows(20000)).encode())
            client.notification("progress")
            wait_until(lambda: daemon.call("contact.list", {"limit": 1}), "the first rows")
            assert daemon.all("contact.list", limit=1000)
            daemon.process.send_signal(signal.SIGKILL)
            daemon.process.wait()
        daemon.start()
        assert daemon.all("contact.list", limit=1000) == []
        assert imported(daemon, "name,email\n" + rows(20), "--strict")["added"] == 20
    finally:
        daemon.stop()


@pytest.mark.parametrize("type", ["csv", "vcard", "vcard3"])
def test_long_notes_and_second_names_come_back_from_a_dump(place, type):
    notes = ["n" * 262_000, "ein;fach \\ | " * 2000, *("x" * 17_000 + str(i) for i in range(12))]
    with Daemon(place / "one") as one:
        one.call("contact.add", {"name": "Ada Lovelace", "name_2": "Countess", "email": ["ada@x.example"]})
        for note in notes:
            one.call("contact.note", {"contact": "C00001", "note": note})
        text = dumped(one, "--type", type)
    with Daemon(place / "two") as two:
        answer = imported(two, text)
        assert (answer["added"], answer["refused"], answer["left_out"]) == (1, 0, 0), answer
        ada = contact(two, "ada@x.example")
        assert (ada["name"], ada["name_2"], ada["surname"]) == ("Ada Lovelace", "Countess", "Lovelace")
        there = [note["note"] for note in two.all("contact.note.list", contact="C00001")]
        assert sorted(there) == sorted(notes)
        assert dumped(two, "--type", type) == text


def ask(daemon):
    daemon.call("questionnaire.add", {"code": "LEADS", "description": "How warm?"})
    for question, multiple in (("Warm|th", False), ("Likes", True)):
        daemon.call("questionnaire.question", {"questionnaire": "LEADS", "question": question, "multiple": multiple})
        for answer in ("hot; or so", "cold"):
            daemon.call("questionnaire.answer", {"questionnaire": "LEADS", "question": question, "answer": answer})
    daemon.call("contact.add", {"name": "Bob"})


@pytest.mark.parametrize("type", ["csv", "vcard"])
def test_answers_that_people_gave_come_back_from_a_dump(place, type):
    def profile(daemon):
        return sorted((one["question"], one["answer"], one["updated"]) for one in daemon.all("contact.profile", contact="Ada"))

    with Daemon(place / "one") as one:
        ask(one)
        one.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
        one.call("contact.answer", {"contact": "Ada", "questionnaire": "LEADS", "question": "Warm|th", "answer": ["hot; or so"]})
        one.call("contact.answer", {"contact": "Ada", "questionnaire": "LEADS", "question": "Likes", "answer": ["cold", "hot; or so"]})
        text, wanted = dumped(one, "--type", type), profile(one)
        assert len(wanted) == 3
    with Daemon(place / "two") as two:
        ask(two)
        answer = imported(two, text)
        assert (answer["added"], answer["refused"], answer["left_out"]) == (1, 0, 0), answer
        assert profile(two) == wanted
        assert imported(two, text, "--again")["changed"] == 0
        two.call("system.undo", {"audit_id": answer["batch"]}, yes=True)
        assert len(two.all("contact.list")) == 1


def test_a_person_may_have_the_address_of_its_company(alone):
    text = ("No.,Type,Name,Company No.,Company Name,E-Mail\n"
            "CT1,Company,Shared Co,CT1,Shared Co,info@shared.example\n"
            "CT2,Person,Sh Pers,CT1,Shared Co,info@shared.example\n"
            "CT3,Person,Th Pers,CT1,Shared Co,info@shared.example\n"
            "CT4,Person,Fo Pers,,,info@shared.example\n")
    answer = imported(alone, text, "--preset", "bc")
    assert (answer["added"], answer["refused"]) == (3, 1), answer["errors"]
    assert answer["errors"][0]["line"] == 5 and "2 rows, the first in line 3" in answer["remark"], answer
    assert [email["email"] for email in contact(alone, "CT2")["emails"]] == ["info@shared.example"]
    for words in (["-n"], []):
        again = imported(alone, "name,type,company,email\nSh Pers,person,Unmet Co,info@unmet.example\n"
                                "Unmet Co,company,,info@unmet.example\n", *words)
        assert (again["added"], again["refused"]) == (2, 0), again["errors"]
    late = imported(alone, "No.,Type,Name,Company No.,Company Name\n,Person,Late One,,Late Co\n"
                           "CT9,Company,Late Co,CT9,Late Co\n", "--preset", "bc", "--create")
    assert (late["refused"], contact(alone, "Late One")["company_no"]) == (0, "CT9"), late["errors"]


def test_two_of_one_address_in_one_file_do_not_become_one_in_silence(alone):
    answer = imported(alone, "name,email,city\nDup A,dupe@z.example,Rome\nDup B,dupe@z.example,\n,dupe@z.example,Oslo\n")
    assert (answer["added"], answer["changed"], answer["refused"]) == (1, 1, 1), answer
    assert answer["errors"][0]["line"] == 3 and "Dup A" in answer["errors"][0]["message"], answer
    assert (contact(alone, "dupe@z.example")["name"], contact(alone, "dupe@z.example")["city"]) == ("Dup A", "Oslo")
    assert imported(alone, "name,email\nDup C,dupe@z.example\n")["changed"] == 1


def test_minors_are_added_and_blocked(alone):
    answer = imported(alone, "name,minor,email\nM2,yes,m2@x.example\n")
    assert (answer["added"], answer["refused"]) == (1, 0), answer["errors"]
    assert (contact(alone, "C00001")["minor"], contact(alone, "C00001")["privacy_blocked"]) == (True, True)


def test_rows_that_an_import_passes_over_are_told(alone):
    first, second = ("name,email,city\nAda,ada@x.example,Rome\n", "name,email,city\nAda,ada@x.example,Oslo\n")
    imported(alone, first)
    assert imported(alone, second)["changed"] == 1
    answer = imported(alone, first)
    assert answer["skipped"] == 1 and "--again" in answer["remark"], answer
    assert imported(alone, first, "--again")["changed"] == 1


def test_a_contact_is_told_by_its_external_id(alone):
    text = "Record ID,First Name,Last Name,City\n51,Ada,Lovelace,Rome\n"
    assert imported(alone, text, "--preset", "hubspot")["added"] == 1
    answer = imported(alone, text.replace("Rome", "Oslo") + "51,Ada,Lovelace,Oslo\n", "--preset", "hubspot")
    assert (answer["added"], answer["changed"], answer["unchanged"]) == (0, 1, 1), answer
    company = "Record ID,Company name,Company Domain Name\n51,Acme,acme.example\n"
    for words in (["-n"], []):
        answer = imported(alone, company + "51,Acme,acme.example\n", "--preset", "hubspot", *words)
        assert (answer["added"], answer["refused"]) == (1, 0), answer
    assert len(alone.all("contact.list")) == 2


def test_columns_and_cells_that_would_be_lost_are_refused(alone):
    answer = imported(alone, "name,city,Name\nAda,Rome,Bob\n", check=False)
    assert answer.returncode == 2 and "two columns 'Name'" in answer.stderr, answer.stderr
    imported(alone, "no,name,type\nK1,Acme,company\n")
    answer = imported(alone, "no,name,type,company_no\nK2,Sub,company,K1\nK1,Acme Ltd,company,K1\n")
    assert (answer["changed"], answer["refused"], answer["errors"][0]["field"]) == (1, 1, "company_no"), answer
