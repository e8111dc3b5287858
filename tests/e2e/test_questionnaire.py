"""Questionnaires by a running daemon: what is live, what its clock brings, and what a check finds."""

import sqlite3

import pytest

from daemon import Daemon, RpcError, wait_until

MINUTE = 60  # is what percentages may take


@pytest.fixture
def daemon(place):
    with Daemon(place / "liaison", settings="timezone = UTC\n", expects_errors="is not classified by") as running:
        yield running


def answers(client, contact):
    return [item["answer"] for item in client.call("contact.show", {"contact": contact})["profile"]]


def holders(client, answer):
    return client.call("contact.list", {"where": f'has answer(answer = "{answer}")', "limit": 1, "count": True})["count"]


def test_the_commands_are_those_of_a_command_line(daemon):
    def run(*words):
        return daemon.liaison(*words, check=False)
    assert run("questionnaire", "add", "PERSONS", "--contact-type", "person").returncode == 0
    assert run("questionnaire", "question", "PERSONS", "Company size", "--multiple").returncode == 0
    assert run("questionnaire", "answer", "PERSONS", "comp", "1-49", "--priority", "high").returncode == 0
    assert run("questionnaire", "answer", "PERSONS", "1", "50-99").returncode == 0
    assert run("contact", "add", "Ada").returncode == 0
    assert run("contact", "answer", "Ada", "PERSONS", "company SIZE", "1-49", "2").returncode == 0
    listed = run("contact", "profile", "Ada", "--format", "tsv", "--fields", "answer,priority")
    assert listed.stdout.splitlines()[-2:] == ["1-49\thigh", "50-99\tnormal"]
    assert run("questionnaire", "question", "PERSONS", "Calls", "--source", "interaction-quantity", "--start", "-1Y",
               "--end", "1M+2D").returncode == 0
    assert run("questionnaire", "answer", "PERSONS", "Calls", "none", "--to", "0").returncode == 0
    assert run("questionnaire", "rate", "PERSONS", "Calls", "1", "1", "5").returncode == 6
    refused = run("questionnaire", "question", "PERSONS", "When", "--source", "interaction-quantity", "--start", "1X")
    assert refused.returncode == 2 and "'1X' is not right for 'start'" in refused.stderr


def test_what_few_contacts_are_classified_by_is_there_with_the_answer(daemon):
    with daemon.client() as client:
        client.call("contact.add", {"name": "Ada"})
        client.call("questionnaire.add", {"code": "ACTIVE"})
        client.call("questionnaire.question", {"questionnaire": "ACTIVE", "question": "Talks",
                                               "source": "interaction-quantity", "start": "-1M"})
        client.call("questionnaire.answer", {"questionnaire": "ACTIVE", "question": "Talks", "answer": "never", "to": 0})
        client.call("questionnaire.answer", {"questionnaire": "ACTIVE", "question": "Talks", "answer": "lately",
                                             "from": 0.5})
        assert answers(client, "Ada") == ["never"]
        client.call("interaction.add", {"contact": ["Ada"], "kind": "call", "at": "now"})
        assert answers(client, "Ada") == ["lately"]
        shown = client.call("questionnaire.show", {"questionnaire": "ACTIVE"})
        assert [one["contacts"] for one in shown["questions"][0]["answers"]] == [0, 1]
        assert shown["questions"][0]["answers"][1]["from"] == 0.5
        assert client.call("system.check", {})["ok"] is True


def test_many_are_classified_by_the_clock_and_a_check_finds_what_is_not_so(daemon):
    with daemon.client() as client:
        for number in range(60):
            client.call("contact.add", {"name": f"Customer {number}", "type": "company"})
            client.call("contact.fact.add", {"contact": f"C{number + 1:05}", "kind": "SALES", "amount": "10"})
        client.call("contact.fact.add", {"contact": "C00001", "kind": "SALES", "amount": "2410"})
        client.call("questionnaire.add", {"code": "ABC"})
        client.call("questionnaire.question", {"questionnaire": "ABC", "question": "Sales", "source": "fact-sum",
                                               "fact": "SALES", "method": "cumulative-value"})
        for answer, bounds in (("A", {"to": 80}), ("B", {"from": 81, "to": 95}), ("C", {"from": 96})):
            client.call("questionnaire.answer", {"questionnaire": "ABC", "question": "Sales", "answer": answer, **bounds})
        client.call("questionnaire.question", {"questionnaire": "ABC", "question": "Buys", "source": "fact-count",
                                               "fact": "SALES"})
        client.call("questionnaire.answer", {"questionnaire": "ABC", "question": "Buys", "answer": "once", "from": 1})
        # 2420 of 3010 are 80.4 %, rounded to 80; each of the others adds a third of one
        wait_until(lambda: [holders(client, answer) for answer in "ABC"] == [1, 45, 14], "shares", MINUTE)
        client.call("contact.edit", {"contact": "C00001", "privacy_blocked": True})
        # 59 of 10 each: 47 are 79.66 %, 56 are 94.9 %
        wait_until(lambda: [holders(client, answer) for answer in "ABC"] == [47, 9, 3], "other shares", MINUTE)
        assert client.call("questionnaire.classify", {})["contacts"] == 60
        assert client.call("system.check", {})["contacts"] == 60
    daemon.stop()
    with sqlite3.connect(daemon.database) as database:
        database.execute("DELETE FROM contact_answer WHERE contact_id = 7")
    database.close()
    daemon.start()
    with daemon.client() as client:
        with pytest.raises(RpcError) as caught:
            client.call("system.check", {})
        assert "contact 7 is not classified by what it has values of" in caught.value.data["hint"]
        client.call("questionnaire.classify", {})
        assert client.call("system.check", {})["ok"] is True
