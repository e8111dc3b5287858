"""contact.import and contact.dump: files of contacts through the client, the engine and parse."""

import base64
import csv
import io
import json
import os
import random
import threading

import pytest

from daemon import SANITIZED, Daemon, RpcError


@pytest.fixture
def alone(place):
    """A daemon without sources."""
    with Daemon(place / "liaison") as running:
        yield running


def imported(daemon, text, *words, name="people.csv", check=True):
    """Imports a file of that text; the answer, or the client's result when it may fail."""
    path = daemon.dir.parent / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    answer = daemon.liaison("--json", "contact", "import", path, *words, check=check)
    return json.loads(answer.stdout) if check else answer


def dumped(daemon, *words, name="dump.csv"):
    path = daemon.dir.parent / name
    daemon.liaison("contact", "dump", path, *words)
    return path.read_bytes().decode()


def contact(daemon, who):
    return daemon.call("contact.show", {"contact": who})


def test_rows_become_contacts_and_companies_are_found_wherever_they_stand(alone):
    answer = imported(alone, "Name,Type,E-Mail,Company Name,Phone No.\n"
                             "Ada Lovelace,Person,ada@x.example;lovelace@home.example,Acme Ltd,+44 20 1\n"
                             "Acme Ltd,Company,,,+44 20 2\n")
    assert (answer["rows"], answer["added"], answer["refused"], answer["errors"]) == (2, 2, 0, []), answer
    ada = contact(alone, "ada@x.example")
    assert ada["company_name"] == "Acme Ltd" and ada["first_name"] == "Ada", ada
    assert [email["email"] for email in ada["emails"]] == ["ada@x.example", "lovelace@home.example"]


def test_a_dry_run_tells_what_would_be_added_changed_and_refused_and_changes_nothing(alone):
    alone.call("contact.add", {"name": "Acme", "type": "company"})
    alone.call("contact.add", {"name": "Ada Lovelace", "email": ["ada@x.example"], "city": "Paris"})
    text = ("email,name,city,company,phone\n"
            "ada@x.example,Ada Lovelace,Prague,Acme,\n"
            "bob@x.example,Bob Stone,Rome,,\n"
            "eve@x.example,Eve,Rome,,letters\n"
            "bob@x.example,Bob Stone,Rome,,\n")
    answer = imported(alone, text, "-n")
    assert (answer["added"], answer["changed"], answer["refused"], answer["batch"]) == (1, 1, 1, None), answer
    change, addition = answer["changes"]
    assert (change["action"], change["no"], change["line"]) == ("change", "C00002", 2)
    assert {"field": "city", "before": "Paris", "after": "Prague"} in change["fields"], change
    assert addition["action"] == "add" and {"field": "city", "before": None, "after": "Rome"} in addition["fields"]
    assert [(error["line"], error["field"]) for error in answer["errors"]] == [(4, "phone")], answer
    assert contact(alone, "C00002")["city"] == "Paris" and len(alone.all("contact.list")) == 2
    real = imported(alone, text)
    assert (real["added"], real["changed"], real["refused"]) == (1, 1, 1), real
    ada = contact(alone, "C00002")
    assert (ada["city"], ada["company_no"], ada["version"]) == ("Prague", "C00001", 2), ada


def test_a_dry_run_knows_what_earlier_rows_would_have_added(alone):
    rows = "".join(f"Firm {i},company,,f{i}@x.example\nPerson {i},person,Firm {i},\n" for i in range(3000))
    again = "Firm 1,company,,f1@x.example\nFirm 2 too,company,,f2@x.example\n"
    answer = imported(alone, "name,type,company,email\n" + rows + again, "-n")
    assert (answer["added"], answer["changed"], answer["refused"]) == (6000, 1, 1), answer["errors"]
    assert answer["errors"][0]["line"] == 6003 and "another name" in answer["errors"][0]["message"]
    assert alone.all("contact.list") == []


def test_a_dry_run_of_long_cells_is_answered_in_bounds(alone):
    text = "name,note\n" + "".join(f"Person {i},{'x' * 20000}\n" for i in range(200))
    answer = imported(alone, text, "-n")
    assert answer["added"] == 200 and 20 < len(answer["changes"]) < 60, len(answer["changes"])


def test_an_import_is_one_batch_of_the_journal(alone):
    alone.call("contact.add", {"name": "Ada Lovelace", "email": ["ada@x.example"]})
    answer = imported(alone, "name,email,city\nAda Lovelace,ada@x.example,Rome\n"
                      + "".join(f"P {i},p{i}@x.example,Rome\n" for i in range(2000)))
    assert answer["added"] == 2000 and answer["changed"] == 1
    entries = [entry for entry in alone.all("system.audit") if entry["method"] == "contact.import"]
    assert len(entries) == 2001 and {entry["batch"] for entry in entries} == {answer["batch"]}
    assert min(entry["id"] for entry in entries) == answer["batch"]
    change = next(entry for entry in entries if entry["before"])
    assert change["before"]["city"] is None and change["after"]["city"] == "Rome", change


def test_an_import_that_is_taken_back_may_come_again(alone):
    alone.call("contact.add", {"name": "Ada Lovelace", "email": ["ada@x.example"], "city": "Paris"})
    text = "name,email,city,tag,note\nAda Lovelace,ada@x.example;a@x.example,Rome,vip,\nBob,bob@x.example,Rome,,hi\n"
    batch = imported(alone, text)["batch"]
    alone.call("system.undo", {"audit_id": batch}, yes=True)
    ada, = alone.all("contact.list")
    assert (ada["no"], ada["city"]) == ("C00001", "Paris"), ada
    assert [email["email"] for email in ada["emails"] if email["state"] == "active"] == ["ada@x.example"]
    assert alone.all("contact.tag.list", contact="C00001") == []
    answer = imported(alone, text)
    assert (answer["added"], answer["changed"], answer["skipped"]) == (1, 1, 0), answer


def test_a_contact_is_told_by_number_else_by_address_and_never_by_name(alone):
    alone.call("contact.add", {"name": "Ada Lovelace", "email": ["ada@x.example"]})
    alone.call("contact.add", {"name": "Bob Stone", "email": ["bob@x.example"]})
    answer = imported(alone, "no,name,email,city\n"
                             "C00001,,,Rome\n"
                             ",,ADA@X.example,Paris\n"
                             ",Ada Lovelace,,Oslo\n"
                             ",Both,ada@x.example;bob@x.example,Bern\n"
                             "X-7,Nina,bob@x.example,Bern\n"
                             "X-8,Otto,otto@x.example,Bern\n")
    assert (answer["changed"], answer["added"], answer["refused"]) == (2, 2, 2), answer
    assert [error["line"] for error in answer["errors"]] == [5, 6], answer["errors"]
    assert contact(alone, "C00001")["city"] == "Paris"
    assert contact(alone, "X-8")["name"] == "Otto"


def test_blank_cells_clear_nothing_unless_it_is_asked(alone):
    alone.call("contact.add", {"name": "Ada Lovelace", "email": ["ada@x.example"], "city": "Paris", "phone": "1"})
    same = imported(alone, "email,city,phone\nada@x.example,,2\n")
    assert same["changed"] == 1
    assert (contact(alone, "C00001")["city"], contact(alone, "C00001")["phone"]) == ("Paris", "2")
    imported(alone, "email,city,phone\nada@x.example,,2\n", "--clear")
    assert (contact(alone, "C00001")["city"], contact(alone, "C00001")["phone"]) == (None, "2")
    assert imported(alone, "email,phone,city\nada@x.example,2,\n")["unchanged"] == 1


def test_the_same_file_again_passes_over_the_rows_that_are_recorded(alone):
    text = "name,email,phone\nAda,ada@x.example,1\nBob,bob@x.example,none\n"
    first = imported(alone, text)
    assert (first["added"], first["refused"], first["skipped"]) == (1, 1, 0)
    alone.call("contact.edit", {"contact": "C00001", "phone": "77"})
    second = imported(alone, text)
    assert (second["added"], second["changed"], second["skipped"], second["refused"]) == (0, 0, 1, 1), second
    assert contact(alone, "C00001")["phone"] == "77"
    assert imported(alone, text, "--again")["changed"] == 1
    assert contact(alone, "C00001")["phone"] == "1"
    alone.call("contact.remove", {"contact": "C00001"}, yes=True)
    assert imported(alone, text)["added"] == 1


def test_a_strict_import_ends_at_the_first_row_that_is_refused(alone):
    text = "name,email,phone\nAda,ada@x.example,1\nBob,bob@x.example,none\nCid,cid@x.example,3\n"
    answer = imported(alone, text, "--strict", check=False)
    assert answer.returncode == 2 and "line 3" in answer.stderr and "phone" in answer.stderr, answer.stderr
    assert alone.all("contact.list") == []


def test_companies_that_are_not_there_are_made_only_when_it_is_asked(alone):
    text = "name,company,city\nAda,Acme,Rome\nBob,Acme,Rome\n"
    answer = imported(alone, text)
    assert answer["refused"] == 2 and "'Acme'" in answer["errors"][0]["message"]
    answer = imported(alone, text, "--create")
    assert (answer["added"], answer["companies"], answer["refused"]) == (2, 1, 0)
    assert [record["company_name"] for record in alone.all("contact.list", where="type = person")] == ["Acme"] * 2
    alone.call("contact.add", {"name": "Acme", "type": "company"})
    answer = imported(alone, "name,company\nCid,Acme\n", "--create")
    assert answer["errors"][0]["error"] == "ambiguous", answer


@pytest.mark.parametrize("number", ["", "X-1"])
def test_a_company_that_comes_after_more_than_may_wait_is_one_company(alone, number):
    ballast = "x" * 60000
    rows = "".join(f",P {i},person,Acme,{ballast}\n" for i in range(640))
    text = f"no,name,type,company,ballast\n{rows}{number},Acme,company,,\n"
    answer = imported(alone, text, "--create")
    assert (answer["added"], answer["changed"], answer["unchanged"], answer["refused"], answer["companies"]) == \
        (640, 1 if number else 0, 0 if number else 1, 0, 1), answer
    companies = alone.all("contact.list", where="type = company", sort="id")
    assert [record["name"] for record in companies] == ["Acme"]
    assert not number or companies[0]["no"] == number, companies[0]["no"]
    persons = alone.all("contact.list", where=f"company_no = {companies[0]['no']} and type = person")
    assert len(persons) == 640, len(persons)
    again = imported(alone, text, "--create")
    assert again["skipped"] == 641 and len(alone.all("contact.list", where="type = company")) == 1, again


def test_persons_inherit_and_defaults_apply(alone):
    alone.call("contact.add", {"name": "Acme", "type": "company", "city": "Rome", "phone": "7", "language": "it"})
    alone.call("setup.set", {"key": "default-country", "value": "IT"})
    imported(alone, "name,company,phone\nAda,Acme,8\n")
    ada = contact(alone, "Ada")
    assert (ada["city"], ada["phone"], ada["language"], ada["country"]) == ("Rome", "8", "it", "IT"), ada
    imported(alone, "no,city\nC00001,Bern\n")
    assert contact(alone, "Ada")["city"] == "Bern"


def test_persons_follow_their_company_as_the_rows_before_left_it(alone):
    alone.call("contact.add", {"name": "Acme", "type": "company", "city": "Rome"})
    answer = imported(alone, "no,name,type,company,city\n,Ada,person,Acme,\nC00001,Acme,company,,Bern\n"
                             ",Bob,person,Acme,\nC00001,Beta,company,,\n,Cid,person,Acme,\n")
    assert (answer["added"], answer["changed"], answer["refused"]) == (2, 2, 1), answer
    assert answer["errors"][0]["line"] == 6 and "'Acme'" in answer["errors"][0]["message"], answer
    assert [contact(alone, who)["city"] for who in ("Ada", "Bob")] == ["Bern", "Bern"]


def test_columns_are_mapped_by_hand_and_the_unknown_are_reported(alone):
    answer = imported(alone, "Wer,Wo,Was\nAda,Rome,x\n", "--map", "Wer=name", "--map", "wo=city")
    assert answer["added"] == 1 and answer["unknown_columns"] == ["Was"], answer
    assert answer["columns"] == [{"column": "Wer", "field": "name"}, {"column": "Wo", "field": "city"}]
    for words, said in ((("--map", "Wer=nme"), "no field 'nme'"), (("--map", "Wann=name"), "no column 'Wann'"),
                        ((), "none of its columns is known")):
        refused = imported(alone, "Wer,Wo,Was\nBob,Rome,x\n", *words, check=False)
        assert refused.returncode == 2 and said in refused.stderr, refused.stderr
    assert len(alone.all("contact.list")) == 1


BC = ('No.,Name,Company Name,Type,Job Title,Phone No.,Mobile Phone No.,E-Mail,Salesperson Code,Territory Code,'
      'Post Code,Country/Region Code,Language Code,Correspondence Type,Search Name\r\n'
      'CT000002,Ada Lovelace,Acme Ltd,Person,Analyst,+44 1,+44 2,ada@x.example,,UK,N1 1AA,GB,ENG,Hard Copy,ADA\r\n'
      'CT000001,Acme Ltd,Acme Ltd,Company,,+44 3,,info@acme.example,,UK,N1 1AA,GB,ENG,Email,ACME\r\n')
HUBSPOT = ('Record ID,First Name,Last Name,Email,Phone Number,Contact owner,Company name,Job Title,Street Address,City,'
           'State/Region,Postal Code,Country/Region,Lead Status\r\n'
           '51,Ada,Lovelace,ada@x.example,+44 1,Bob,Acme,Analyst,1 Main St,London,Kent,N1,United Kingdom,Open\r\n')
ESPO = ('id;salutationName;firstName;lastName;accountName;emailAddress;phoneNumber;addressStreet;addressCity;'
        'addressPostalCode;addressCountry;description;title\n'
        '5f;Ms.;Ada;Lovelace;Acme;ada@x.example;+44 1;1 Main St;London;N1;GB;"likes; engines | a lot";Analyst\n')


def test_numbers_have_no_gaps_whatever_is_refused(alone):
    rows = [f"Person {i},p{i}@x.example,{'letters' if i % 37 == 5 else i},{'New ' + str(i) if i % 50 == 7 else ''}\n"
            for i in range(200)]
    answer = imported(alone, "name,email,phone,company\n" + "".join(rows), "--create")
    refused = len([i for i in range(200) if i % 37 == 5])
    assert (answer["added"], answer["refused"], answer["companies"]) == (200 - refused, refused, 4), answer
    numbers = sorted(one["no"] for one in alone.all("contact.list", limit=1000))
    assert numbers == [f"C{i:05}" for i in range(1, 200 - refused + 4 + 1)]
    assert alone.call("contact.add", {"name": "Next"})["no"] == f"C{200 - refused + 5:05}"


def test_exports_of_other_programs_are_read_by_their_own_names(alone):
    answer = imported(alone, BC, "--preset", "bc")
    assert (answer["added"], answer["refused"], answer["unknown_columns"]) == (2, 0, ["Search Name"]), answer
    ada = contact(alone, "CT000002")
    assert (ada["company_no"], ada["mobile"], ada["correspondence"], ada["territory"], ada["post_code"]) == \
        ("CT000001", "+44 2", "hard-copy", "UK", "N1 1AA"), ada


def test_exports_of_hubspot(alone):
    alone.call("code.add", {"kind": "country", "code": "GB", "text": "United Kingdom"})
    answer = imported(alone, HUBSPOT, "--preset", "hubspot", "--create")
    assert (answer["added"], answer["companies"], answer["unknown_columns"]) == (1, 1, ["Contact owner"]), answer
    ada = contact(alone, "ada@x.example")
    assert (ada["name"], ada["surname"], ada["country"], ada["county"], ada["street"], ada["lead_status"]) == \
        ("Ada Lovelace", "Lovelace", "GB", "Kent", "1 Main St", "Open"), ada


def test_countries_are_read_by_their_names(alone):
    alone.call("code.add", {"kind": "country", "code": "XN", "text": "Narnia"})
    answer = imported(alone, "Name,Country\nAda,Germany\nBob,United States\nEve,ÖSTERREICH\nLucy,narnia\nZed,Nowhere\n")
    assert (answer["added"], answer["refused"]) == (4, 1), answer
    assert [contact(alone, who)["country"] for who in ("Ada", "Bob", "Eve", "Lucy")] == ["DE", "US", "AT", "XN"]
    error = answer["errors"][0]
    assert (error["line"], error["field"]) == (6, "country") and "'Nowhere'" in error["message"], error
    assert "code add country" in error["hint"], error


def test_a_number_is_one_that_can_be_typed(alone):
    alone.call("contact.add", {"name": "Ada Lovelace", "email": ["ada@x.example"]})
    answer = imported(alone, "No.,Name\nada@x.example,Eve\na b,Bob\nq5,Low\n", "--preset", "bc")
    assert (answer["added"], answer["refused"]) == (1, 2), answer
    assert "'ADA@X.EXAMPLE' is no code" in answer["errors"][0]["message"], answer
    assert contact(alone, "ada@x.example")["name"] == "Ada Lovelace"
    assert contact(alone, "q5")["no"] == "Q5"


def test_exports_of_espocrm(alone):
    answer = imported(alone, ESPO, "--preset", "espocrm", "--create")
    assert (answer["added"], answer["delimiter"], answer["unknown_columns"]) == (1, ";", ["salutationName"]), answer
    ada = contact(alone, "ada@x.example")
    assert (ada["name"], ada["job_title"], ada["company_name"], ada["external_id"]) == \
        ("Ada Lovelace", "Analyst", "Acme", "5f"), ada
    assert [note["note"] for note in alone.all("contact.note.list", contact="ada@x.example")] == \
        ["likes; engines | a lot"]


@pytest.mark.parametrize("text, encoding", [
    ("name;city\r\nJürgen;Köln\r\n".encode("utf-8-sig"), "utf-8"),
    ("name\tcity\nJürgen\tKöln\n".encode("utf-16"), "utf-16le"),
    ("name,city\rJürgen,Köln\r".encode("utf-16-be"), "utf-16be"),
    ("name,city\nJürgen,Köln\n".encode("latin-1"), "windows-1252"),
    ('sep=;\nname;city\nJürgen;"Köln"'.encode(), "utf-8"),
], ids=["utf-8", "utf-16", "utf-16be", "latin-1", "sep"])
def test_files_are_read_in_whatever_way_they_are_written(alone, text, encoding):
    answer = imported(alone, text)
    assert (answer["added"], answer["encoding"]) == (1, encoding), answer
    assert (contact(alone, "C00001")["name"], contact(alone, "C00001")["city"]) == ("Jürgen", "Köln")
    assert (answer["remark"] is not None) == (encoding == "windows-1252"), answer


def test_rows_that_cannot_be_read_are_refused_with_their_lines(alone):
    answer = imported(alone, 'name,city\nAda,Rome\nLong,"' + "x" * 100_000 + '"\nBob,Rome,too,many\nCid,"not closed\nDan,Rome\n')
    assert (answer["added"], answer["refused"]) == (2, 3), answer
    assert [error["line"] for error in answer["errors"]] == [3, 4, 5], answer["errors"]
    assert "city" in answer["errors"][0]["message"] and "not closed" in answer["errors"][2]["message"]


def test_a_hundred_errors_are_shown_and_all_are_counted(alone):
    answer = imported(alone, "name,phone\n" + "".join(f"P{i},x\n" for i in range(250)))
    assert answer["refused"] == 250 and len(answer["errors"]) == 100


@pytest.mark.parametrize("text, said", [
    (b"PK\x03\x04spreadsheet", "spreadsheet"), (b"", "empty"), (b"\n\n", "empty"), (b"a\x00b,c", "no text"),
], ids=["xlsx", "empty", "blank", "binary"])
def test_what_is_no_file_of_contacts_is_refused(alone, text, said):
    answer = imported(alone, text, check=False)
    assert answer.returncode in (1, 2) and said in answer.stderr, answer.stderr


VCARD = ("BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCller;J=C3=BCr=\r\ngen;;\r\n"
         "FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:J=C3=BCrgen M=C3=BCller\r\nTEL;CELL;VOICE:+49 170 1\r\n"
         "TEL;WORK;FAX:+49 30 9\r\nTEL;HOME:+49 30 1\r\nEMAIL;INTERNET;HOME:jm@x.example\r\n"
         "EMAIL;INTERNET;PREF:juergen@x.example\r\nADR;WORK:;;Hauptstr. 1;Berlin;;10115;DE\r\n"
         "PHOTO;ENCODING=BASE64;JPEG:" + "\r\n ".join(["QUJD" * 18] * 4000) + "\r\n\r\n"
         "AGENT:\r\nBEGIN:VCARD\r\nVERSION:2.1\r\nFN:Nobody\r\nEND:VCARD\r\nEND:VCARD\r\n"
         "begin:vcard\nversion:3.0\nitem1.ORG:Acme\\, Ltd;Sales\nitem1.TEL;type=work;type=pref:+1 2\n"
         "X-ABShowAs:COMPANY\nCATEGORIES:Big One,client\nNOTE:first\\nsecond\\; third\nend:vcard\n"
         "BEGIN:VCARD\nVERSION:4.0\nKIND:individual\nFN:Ada Love\n lace\nN:Lovelace;Ada;;;\nORG:Acme\\, Ltd\n"
         "EMAIL;TYPE=work;PREF=1:ada@x.example\nTEL;VALUE=uri;TYPE=\"cell,voice\":tel:+44-1\nBDAY:18151210\n"
         "LANG:en\nURL:https://ada.example/a;b\nEND:VCARD\n"
         "BEGIN:VCARD\nVERSION:4.0\nFN:Half\nBEGIN:VCARD\nVERSION:4.0\nFN:Whole\nEND:VCARD\n")


def test_vcards_of_all_versions_are_read_with_their_quirks(alone):
    answer = imported(alone, VCARD, name="people.vcf")
    assert (answer["type"], answer["added"], answer["refused"]) == ("vcard", 4, 1), answer
    assert "no END" in answer["errors"][0]["message"]
    jm = contact(alone, "juergen@x.example")
    assert (jm["name"], jm["surname"], jm["mobile"], jm["phone"], jm["fax"], jm["city"]) == \
        ("Jürgen Müller", "Müller", "+49 170 1", "+49 30 1", "+49 30 9", "Berlin"), jm
    assert [email["email"] for email in jm["emails"]] == ["juergen@x.example", "jm@x.example"], jm
    ada = contact(alone, "ada@x.example")
    assert (ada["name"], ada["company_name"], ada["mobile"], ada["home_page"], ada["language"]) == \
        ("Ada Lovelace", "Acme, Ltd", "+44-1", "https://ada.example/a;b", "en"), ada
    acme = ada["company_no"]
    assert [tag["code"] for tag in alone.all("contact.tag.list", contact=acme)] == ["big-one", "client"]
    assert [note["note"] for note in alone.all("contact.note.list", contact=acme)] == ["first\nsecond; third"]


def test_a_column_for_a_field_that_nobody_declared_refuses_the_file(alone):
    text = "name,field.size\nAda,5\nBob,6\n"
    refused = imported(alone, text, check=False)
    assert refused.returncode != 0 and "field.size" in refused.stderr and "line" not in refused.stderr, refused.stderr
    assert alone.all("contact.list") == []
    assert imported(alone, text, "--map", "field.size=-")["added"] == 2
    alone.call("field.add", {"noun": "contact", "name": "size", "type": "number"})
    assert imported(alone, text)["refused"] == 0
    assert len(alone.all("contact.list", where="field.size > 4")) == 2


def test_a_file_without_a_card_is_refused_as_vcards(alone):
    refused = imported(alone, "name\nAda\n", "--type", "vcard", check=False)
    assert refused.returncode != 0 and "it has no vCard" in refused.stderr, refused.stderr


def test_cards_are_read_in_the_character_set_that_they_name(alone):
    name = "Иван".encode("windows-1251")
    answer = imported(alone, b"BEGIN:VCARD\nVERSION:2.1\nFN;CHARSET=windows-1251:" + name + b"\nX-MOOD:1\nEND:VCARD\n"
                      b"BEGIN:VCARD\nVERSION:2.1\nFN;CHARSET=x-martian:" + name + b"\nEND:VCARD\n", name="c.vcf")
    assert [record["name"] for record in alone.all("contact.list")] == ["Иван"]
    assert (answer["refused"], answer["left_out"], answer["left_out_names"]) == (1, 1, ["X-MOOD"]), answer
    assert "'x-martian'" in answer["errors"][0]["message"], answer["errors"]


def test_a_dump_that_a_spreadsheet_opens_runs_nothing(alone):
    for name in ("=1+1", "+1", "-1", "@x", "'=1", "plain"):
        alone.call("contact.add", {"name": name})
    names = [row["name"] for row in csv.DictReader(io.StringIO(dumped(alone)))]
    assert names == ["'=1+1", "'+1", "'-1", "'@x", "''=1", "plain"]
    raw = [row["name"] for row in csv.DictReader(io.StringIO(dumped(alone, "--raw")))]
    assert raw == ["=1+1", "+1", "-1", "@x", "'=1", "plain"]
    assert dumped(alone) == dumped(alone)


HOSTILE = ["=cmd|' /C calc'!A0", "'=x", "a;b|c\\d", 'say "hi", all', "\\", "|kind=x", "x=y", "Ünï — 漢字 🙂", "a,b;c\td",
           "'", "\\;", "tab\there", "-5", "@home", "+x", "a\\nb", "”“", "BEGIN:VCARD", ":;,=", "x" * 90, "é" * 90]


def fill(daemon, seed):
    """Contacts with all that they may have, and values that a file must not stumble over."""
    chosen = random.Random(seed)
    value = lambda: chosen.choice(HOSTILE)
    daemon.call("field.add", {"noun": "contact", "name": "size", "type": "number"})
    daemon.call("field.add", {"noun": "contact", "name": "motto", "type": "text"})
    daemon.call("field.add", {"noun": "contact", "name": "since", "type": "date"})
    daemon.call("field.add", {"noun": "contact", "name": "vip", "type": "flag"})
    daemon.call("code.add", {"kind": "web-source", "code": "MAP", "text": "https://map.example/%1"})
    numbers = []
    for i in range(12):
        company = i % 3 == 0
        words = {"name": f"{value()} {i}", "type": "company" if company else "person", "street": value(),
                 "city": value(), "lead_source": value()[:50], "phone": "+1 (2)", "email": [f"a{i}@x.example"],
                 "field": [f"motto={value()}", f"size={chosen.random() * 1e6}", "since=2026-02-03", "vip=true"],
                 "excluded": chosen.random() < 0.5, "home_page": "https://x.example/a,b;c"}
        if company:
            words["domain"] = [f"d{i}.example"]
        else:
            words.update(job_title=value(), middle_name=value())
            if chosen.random() < 0.7:
                words["company"] = numbers[0]
        number = daemon.call("contact.add", words)["no"]
        numbers.append(number)
        daemon.call("contact.email.add", {"contact": number, "email": f"b{i}@x.example", "kind": value(),
                                          "from": "2020-01-01", "until": "2024-01-01"})
        daemon.call("contact.email.add", {"contact": number, "email": f"gone{i}@x.example"})
        daemon.call("contact.email.remove", {"contact": number, "email": f"gone{i}@x.example"})
        daemon.call("contact.email.add", {"contact": number, "email": "all@x.example", "shared": True})
        daemon.call("contact.note", {"contact": number, "note": f"{value()}\n\n{value()} \\"})
        daemon.call("contact.note", {"contact": number, "note": f" {value()};{value()}"})
        daemon.call("contact.tag.add", {"contact": number, "code": ["a|b;c\\", f"t{i}"]})
        daemon.call("contact.mailing-group.add", {"contact": number, "code": ["NEWS"]})
        daemon.call("contact.link.add", {"contact": number, "url": f"https://x.example/{i};a|b", "description": value()})
        daemon.call("contact.relation.add", {"contact": number, "code": "CUST", "no": f"{value()[:20]}{i}"})
        daemon.call("contact.fact.add", {"contact": number, "kind": "SALES", "amount": "12.50", "date": "2026-01-02"})
        daemon.call("contact.consent.add", {"contact": number, "purpose": "NEWS", "source": value(), "date": "2025-01-01"})
        daemon.call("contact.alt-address.add", {"contact": number, "code": "SUMMER", "street": value(),
                                                "from": "2026-06-01", "until": "2026-08-31"})
        if company:
            daemon.call("contact.industry-group.add", {"contact": number, "code": ["MANUF"]})
            daemon.call("contact.web-source.add", {"contact": number, "code": "MAP", "word": value()})
        else:
            daemon.call("contact.responsibility.add", {"contact": number, "code": ["SALE"]})
        if chosen.random() < 0.3:
            daemon.call("contact.optout", {"contact": number})
        if chosen.random() < 0.3 and not company:
            daemon.call("contact.edit", {"contact": number, "minor": True})
        elif chosen.random() < 0.2:
            daemon.call("contact.edit", {"contact": number, "privacy_blocked": True})
        if chosen.random() < 0.5:
            daemon.call("contact.edit", {"contact": number, "city": None, "phone": None})


def all_of(daemon):
    """Every contact with what belongs to it, but for what is of one database alone."""
    found = {}
    for record in daemon.all("contact.list"):
        parts = {"record": record}
        for noun in ("note", "tag", "mailing-group", "industry-group", "responsibility", "web-source", "link",
                     "relation", "fact", "consent", "alt-address"):
            parts[noun] = daemon.all(f"contact.{noun}.list", contact=record["no"])
        found[record["no"]] = parts
    return [without_own(found[number]) for number in sorted(found)]


def without_own(value):
    if isinstance(value, dict):
        return {name: without_own(member) for name, member in value.items()
                if name not in ("id", "version", "learned_from")}
    return [without_own(member) for member in value] if isinstance(value, list) else value


@pytest.mark.parametrize("words", [["--type", "csv"], ["--type", "csv", "--raw"], ["--type", "vcard"],
                                   ["--type", "vcard3"]], ids=" ".join)
def test_a_dump_imported_into_an_empty_base_gives_the_same_records(place, words):
    seed = int(os.environ.get("LIAISON_SEED", random.SystemRandom().randrange(1 << 30)))
    with Daemon(place / "one") as one:
        fill(one, seed)
        text, wanted = dumped(one, *words), all_of(one)
    with Daemon(place / "two") as two:
        for name, kind in (("size", "number"), ("motto", "text"), ("since", "date"), ("vip", "flag")):
            two.call("field.add", {"noun": "contact", "name": name, "type": kind})
        two.call("code.add", {"kind": "web-source", "code": "MAP", "text": "https://map.example/%1"})
        answer = imported(two, text, *(["--raw"] if "--raw" in words else []))
        assert (answer["added"], answer["refused"], answer["left_out"]) == (12, 0, 0), (seed, answer)
        for there, here in zip(wanted, all_of(two), strict=True):
            assert here == there, f"LIAISON_SEED={seed}"
        assert dumped(two, *words) == text, f"LIAISON_SEED={seed}"
        again = imported(two, text + ("\r\n" if "csv" in words else ""), "--again",
                         *(["--raw"] if "--raw" in words else []))
        assert again["changed"] == 0 and again["unchanged"] == 12, (seed, again)


def test_a_dump_takes_a_condition_and_writes_to_standard_output(alone):
    alone.call("contact.add", {"name": "Ada", "city": "Rome"})
    alone.call("contact.add", {"name": "Bob", "city": "Oslo"})
    answer = alone.liaison("contact", "dump", "-", "--where", "city = Rome", "--type", "vcard")
    assert "FN:Ada\n" in answer.stdout and "Bob" not in answer.stdout
    assert alone.liaison("contact", "dump", "-", "--raw", "--type", "vcard", check=False).returncode == 2
    assert alone.liaison("contact", "dump", "-", "--where", "cty = x", check=False).returncode == 2
    full = alone.liaison("contact", "dump", "/dev/full", check=False)
    assert full.returncode == 74 and "'/dev/full' cannot be written" in full.stderr, full


def data(client, number, chunk, last=False):
    client.write(json.dumps({"jsonrpc": "2.0", "method": "data", "params": {
        "id": number, "chunk": base64.b64encode(chunk).decode(), "last": last}}).encode() + b"\n")


def test_a_file_may_be_cut_anywhere(alone):
    text = ("name;note\r\n" + "".join(f'"P{i}";"eins\r\nzwei ""ü"" {i}"\r\n' for i in range(40))).encode("utf-16")
    with alone.client() as client:
        number = client.send("contact.import", {"file": "-"})
        for at in range(0, len(text), 7):
            data(client, number, text[at:at + 7], at + 7 >= len(text))
        assert client.answer(number)["added"] == 40
    assert alone.all("contact.note.list", contact="P7")[0]["note"] == 'eins\nzwei "ü" 7'


@pytest.mark.skipif(SANITIZED, reason="a sanitizer keeps what is freed")
def test_more_of_a_file_than_is_worked_on_is_not_read(alone):
    """The client is held up, and what the engine has in memory of 40 MB stays small."""
    pid, = alone.children()["liaison-engine"]
    before = peak(pid)
    with alone.client() as client:
        number = client.send("contact.import", {"file": "-"})
        data(client, number, b"name,email,more\n")
        for first in range(0, 4000, 50):
            data(client, number, b"".join(b"P%d,p%d@x.example,%s\n" % (i, i, b"x" * 10_000) for i in range(first, first + 50)))
        data(client, number, b"", True)
        answer = client.answer(number)
    assert (answer["rows"], answer["added"], answer["refused"]) == (4000, 4000, 0), answer["errors"]
    assert peak(pid) - before < 24 << 10, (before, peak(pid))


def peak(pid):
    """The most memory that a process had, in KiB."""
    with open(f"/proc/{pid}/status") as file:
        return int(next(line for line in file if line.startswith("VmHWM:")).split()[1])


def test_a_connection_that_breaks_off_leaves_what_was_recorded_and_the_file_goes_on(alone):
    rows = [f"P{i},p{i}@x.example\n" for i in range(6000)]
    text = "name,email\n" + "".join(rows)
    with alone.client() as client:
        number = client.send("contact.import", {"file": "-"})
        data(client, number, text[:len(text) * 9 // 10].encode())
        client.socket.shutdown(1)
        with pytest.raises(RpcError) as caught:
            client.answer(number)
        assert caught.value.name == "unavailable", caught.value.error
    there = len(alone.all("contact.list"))
    answer = imported(alone, text)
    assert (answer["skipped"], answer["added"]) == (there, 6000 - there), answer
    assert len(alone.all("contact.list")) == 6000


def test_an_import_is_cancelled_and_tells_its_progress(alone):
    text = "name,email\n" + "".join(f"P{i},p{i}@x.example\n" for i in range(20000))
    with alone.client() as client:
        number = client.send("contact.import", {"file": "-"})
        for at in range(0, len(text), 40000):
            data(client, number, text[at:at + 40000].encode())
        note = client.notification("progress")["params"]
        assert note["unit"] == "rows" and note["done"] > 0, note
        client.write(json.dumps({"jsonrpc": "2.0", "method": "cancel", "params": {"id": number}}).encode() + b"\n")
        with pytest.raises(RpcError) as caught:
            client.answer(number)
        assert caught.value.name == "unavailable" and "cancelled" in str(caught.value.error)
    assert alone.call("contact.list", {"limit": 1, "count": True})["count"] < 20000


def test_a_file_of_more_than_a_hundred_megabytes_is_refused(alone):
    with alone.client() as client:
        number = client.send("contact.import", {"file": "-"})
        data(client, number, b'name,city\nAda,Rome\nBob,"')
        chunk = b"x" * 700_000
        for _ in range(160):
            data(client, number, chunk)
        with pytest.raises(RpcError) as caught:
            client.answer(number)
    assert "longer than" in str(caught.value.error) and len(alone.all("contact.list")) == 1


def test_a_file_that_kills_parse_is_refused_and_the_engine_goes_on(place):
    with Daemon(place / "liaison", environment={"LIAISON_TEST_POISON": "1"}, expects_errors=".*") as daemon:
        answer = imported(daemon, "name,note\nAda,x\nX-Liaison-Test: crash,\n", check=False)
        assert answer.returncode == 1 and "ended parse twice" in answer.stderr, answer.stderr
        assert imported(daemon, "name\nBob\n")["added"] == 1

