"""visibility = owner: what the owner of a mailbox or calendar, root and everybody else see of it."""

import base64
import json
import sqlite3
from datetime import datetime

import pytest

from caller import Caller, need_users, reachable_by_all
from calendars import ME, event, feed, publish, section, soon
from daemon import Daemon, RpcError, account, wait_until
from letters import letter

# Local users of any Debian: the owner, another salesperson, a web page; and their groups.
OWNER, OTHER, PAGE = "games", "news", "uucp"
SETTINGS = f"group = games\nprivacy = news\nproxies = {PAGE}\n"
SECRET = "Zanzibar"
BOSS = "other@own.example"


class House:
    """work is all's; boss, whose mail says SECRET, and the calendar plan are AB's, who is OWNER."""

    def __init__(self, daemon, server, sections):
        self.daemon, self.server, self.sections = daemon, server, sections

    def caller(self, name):
        return Caller(self.daemon, name, *({OWNER: ["games"], OTHER: ["games", "news"], PAGE: ["games"]}[name]))

    def arrange(self, **changes):
        """The boss's account with other settings, or with one less."""
        settings = {"salesperson": "AB", "visibility": "owner", **changes}
        self.daemon.configure([self.sections[0], account(self.server, "boss", BOSS, level="text",
                                                         **{k: v for k, v in settings.items() if v}),
                               self.sections[2]])
        return self.daemon.call("system.reload")


@pytest.fixture
def house(place, server, web, authority):
    need_users()
    publish(web, "plan.ics", feed(event("plan@own.example", soon(days=1), summary=f"{SECRET} plan",
                                        location=f"{SECRET} hall", description=f"{SECRET} agenda")))
    server.append("INBOX", letter("ada@x.example", ME, "Open offer", message_id="open@x.example"))
    server.append("INBOX", letter("Ada <ada@x.example>", BOSS, f"{SECRET} offer", message_id="secret@x.example",
                                  body=f"All about {SECRET}.\n"), user=BOSS)
    server.append("INBOX", letter("stranger@y.example", BOSS, f"{SECRET} for strangers",
                                  message_id="stranger@y.example"), user=BOSS)
    sections = [account(server, level="text"),
                account(server, "boss", BOSS, level="text", salesperson="AB", visibility="owner"),
                section("plan", web.url("/plan.ics"), ca_file=authority.ca, salesperson="ab", visibility="owner")]
    with Daemon(place / "liaison", sections, settings=SETTINGS) as daemon:
        reachable_by_all(daemon)
        with daemon.client() as client:
            client.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
            client.call("salesperson.add", {"code": "AB", "name": "Abby", "user": OWNER})
            client.call("salesperson.add", {"code": "CD", "user": OTHER})
            for name in ("work", "boss", "plan"):
                daemon.wait_complete(name)
            client.call("interaction.add", {"contact": ["C00001"], "kind": "call", "subject": "By hand"})
        yield House(daemon, server, sections)


def subjects(items):
    return sorted(str(item["subject"]) for item in items)


ALL = sorted(["By hand", "Open offer", f"{SECRET} offer", f"{SECRET} plan"])
OPEN = sorted(["By hand", "Open offer", "None", "None"])


def test_others_see_dates_and_parties_only(house):
    with house.daemon.client() as root, house.caller(OWNER) as owner, house.caller(OTHER) as other:
        for method, params in (("interaction.list", {}), ("contact.timeline", {"contact": "C00001"})):
            assert subjects(root.all(method, **params)) == ALL
            assert subjects(owner.all(method, **params)) == ALL
            assert subjects(other.all(method, **params)) == OPEN
        mail = root.all("interaction.list", where="subject ~ '*offer' and source = boss")[0]
        whole = owner.call("interaction.show", {"id": mail["id"]})
        assert whole["text"].strip() == f"All about {SECRET}." and whole["withheld"] is False
        assert whole == root.call("interaction.show", {"id": mail["id"]})
        seen = other.call("interaction.show", {"id": mail["id"]})
        assert seen["withheld"] is True and SECRET not in json.dumps(seen)
        for key in ("kind", "status", "direction", "at", "end", "all_day", "contacts", "sources", "salesperson"):
            assert seen[key] == whole[key], key
        for key in ("subject", "snippet", "text", "location", "note", "message_id", "thread", "event_uid"):
            assert seen[key] is None, key
        assert seen["attachments"] == [] and seen["sources"][0]["source"] == "boss"
        meeting = other.all("interaction.list", kind=["meeting"])[0]
        assert meeting["withheld"] and meeting["at"] and meeting["end"] and meeting["contacts"][0]["no"] == "C00001"
        assert SECRET not in json.dumps(meeting) and "plan@own.example" not in json.dumps(meeting)


def tried(client, draft):
    number = client.send("rule.test", {"file": "draft"})
    client.write(json.dumps({"jsonrpc": "2.0", "method": "data", "params": {
        "id": number, "chunk": base64.b64encode(draft.encode()).decode(), "last": True}}).encode() + b"\n")
    return client.answer(number)


def test_a_draft_of_rules_tells_nobody_what_mail_says(house):
    house.daemon.configure(settings=SETTINGS + "admins = news\n")
    house.daemon.call("system.reload")
    with house.daemon.client() as root, house.caller(OTHER) as other:
        everything = tried(root, f'ignore: subject ~ "*{SECRET}*"\n')
        assert everything["changed"] == len(everything["diff"]) == 3 and everything["withheld"] == 0
        for draft in (f'ignore: subject ~ "*{SECRET}*"\n', "ignore: size > 0\n", "private: from = stranger@y.example\n"):
            told = tried(other, draft)
            assert told["withheld"] == 3 and SECRET not in json.dumps(told)
            assert [d["source"] for d in told["diff"]] == (["work"] if "size" in draft else [])
            assert told["changed"] == len(told["diff"]) and told["messages"] == everything["messages"]


def test_others_find_nothing_by_what_they_do_not_see(house):
    asks = [("interaction.list", f"subject ~ '{SECRET}*'"), ("interaction.list", "message_id = 'secret@x.example'"),
            ("interaction.list", f"snippet ~ '*{SECRET}*'"), ("interaction.list", f"location ~ '{SECRET}*'"),
            ("interaction.list", "event_uid = 'plan@own.example'"),
            ("interaction.list", "thread > 0 and source = boss"),
            ("contact.list", f"has interaction(subject ~ '{SECRET}*')"),
            ("contact.list", f"has interaction(location ~ '{SECRET}*')"),
            ("capture.list", f"subject ~ '{SECRET}*'"), ("capture.list", "message-id = 'stranger@y.example'"),
            ("capture.list", f"header(subject) ~ '*{SECRET}*'"), ("capture.list", "event_uid = 'plan@own.example'"),
            ("capture.list", "reason ~ '*stranger@y.example*'"),
            ("capture.list", f"has interaction(subject ~ '{SECRET}*')")]
    with house.caller(OWNER) as owner, house.caller(OTHER) as other:
        for method, where in asks:
            found = owner.call(method, {"where": where, "count": True})
            assert found["items"] and found["count"] == len(found["items"]), where
            assert other.call(method, {"where": where, "count": True}) == {"items": [], "next": None, "count": 0}, where
        assert len(other.all("interaction.list", where="source = boss and direction = inbound")) == 1
        for words in (SECRET, f"subject:{SECRET}", f"{SECRET[:4]}*", "offer"):
            assert any(SECRET in str(i["subject"]) for i in owner.all("interaction.search", text=words)), words
            assert not any(i["withheld"] for i in other.all("interaction.search", text=words)), words
        assert other.all("interaction.search", text=SECRET) == []
        assert len(other.all("interaction.search", text="offer")) == 1
        for sort, order in (("subject", [None, None, "By hand", "Open offer"]),
                            ("-subject", ["Open offer", "By hand", None, None])):
            assert [i["subject"] for i in other.all("interaction.list", sort=sort, limit=1)] == order


def test_others_learn_of_the_ledger_whom_and_when(house):
    with house.caller(OWNER) as owner, house.caller(OTHER) as other:
        rows = owner.all("capture.list", source="boss")
        assert subjects(rows) == [f"{SECRET} for strangers", f"{SECRET} offer"]
        for row in rows:
            seen = other.call("capture.show", {"id": row["id"]})
            assert seen["withheld"] and seen["subject"] is None and seen["reason"] is None
            for key in ("source", "folder", "uid", "at", "decision", "interaction", "date", "from"):
                assert seen[key] == row[key], key
        place = f"boss:INBOX:{[r['uid'] for r in rows if r['decision'] == 'captured'][0]}"
        told = other.call("capture.explain", {"thing": place})
        assert told["considered"][0]["contact"] == "C00001" and SECRET not in json.dumps(told)
        assert "secret@x.example" not in json.dumps(told)
        answers = set()
        for name in ("secret@x.example", "plan@own.example", "never@x.example"):
            with pytest.raises(RpcError) as caught:
                other.call("capture.explain", {"thing": name})
            assert caught.value.name == "not-found"
            answers.add(caught.value.message.replace(name, ""))
        assert len(answers) == 1, "what is withheld and what never was are answered alike"
        for name in ("<secret@x.example>", "plan@own.example"):
            assert owner.call("capture.explain", {"thing": name})["captures"]


def test_a_copy_in_a_mailbox_of_all_is_seen_by_all(house):
    both = letter("ada@x.example", f"{ME}, {BOSS}", "Copied", message_id="both@x.example")
    with house.caller(OTHER) as other:
        assert len(other.all("capture.list", where="message-id = 'both@x.example'")) == 0
        house.server.append("INBOX", both, user=BOSS)
        house.server.append("INBOX", both)
        for name in ("work", "boss"):
            house.daemon.call("source.sync", {"source": name})
            house.daemon.wait_complete(name)
        seen = other.all("interaction.list", where="subject = Copied")
        assert [s["source"] for s in seen[0]["sources"]] in (["work", "boss"], ["boss", "work"])


def test_a_forged_copy_brings_no_text(house):
    """The same Message-ID, From, Date and Subject, in a mailbox that whoever sent it may read."""
    sent = house.daemon.all("interaction.list", where="message_id = 'secret@x.example'")[0]["at"]
    forged = letter("Ada <ada@x.example>", ME, f"{SECRET} offer", at=datetime.fromisoformat(sent),
                    message_id="secret@x.example", body="Nothing.\n")
    house.server.append("INBOX", forged)
    house.daemon.call("source.sync", {"source": "work"})
    house.daemon.wait_complete("work")
    with house.caller(OTHER) as other, house.caller(OWNER) as owner:
        mail = other.all("interaction.list", where="message_id = 'secret@x.example'")
        assert len(mail) == 1 and mail[0]["withheld"] and {s["source"] for s in mail[0]["sources"]} == {"work", "boss"}
        seen, whole = (who.call("interaction.show", {"id": mail[0]["id"]}) for who in (other, owner))
        assert seen["text"] is None and seen["snippet"] is None and seen["attachments"] == []
        assert whole["text"].strip() == f"All about {SECRET}."


def recorded(client, seq=0):
    """What is told of interactions up to that one, or just the first."""
    events = []
    while not events or events[-1]["seq"] < seq:
        told = client.notification("event")["params"]
        events += [told] if told["kind"].startswith("interaction.") else []
    return events


def test_watchers_are_told_what_is_theirs(house):
    with house.caller(OWNER) as owner, house.caller(OTHER) as other, house.daemon.client() as root, \
            house.caller(PAGE) as page:
        for client in (owner, other, root):
            client.answer(client.send("watch"))
        page.answer(page.send("watch", {}, **{"as": "ab"}))
        house.server.append("INBOX", letter("ada@x.example", BOSS, f"{SECRET} again"), user=BOSS)
        house.daemon.call("source.sync", {"source": "boss"})
        events = {client: recorded(client)[0] for client in (owner, other, root, page)}
        assert len({told["seq"] for told in events.values()}) == 1
        for client in (owner, root, page):
            assert events[client]["record"]["subject"] == f"{SECRET} again"
        assert events[other]["record"]["withheld"] and SECRET not in json.dumps(events[other])
        assert events[other]["record"]["contacts"][0]["no"] == "C00001"
    with house.caller(OWNER) as owner, house.caller(OTHER) as other:
        for client in (owner, other):
            client.answer(client.send("watch", {"from": 0}))
        last = events[root]["seq"]
        whole, seen = recorded(owner, last), recorded(other, last)
        assert len(whole) >= 5 and [told["seq"] for told in whole] == [told["seq"] for told in seen]
        assert SECRET in json.dumps(whole) and SECRET not in json.dumps(seen)
        assert "By hand" in json.dumps(seen) and "Open offer" in json.dumps(seen)


def test_who_may_be_nobody_else_any_more_is_told_what_all_are(house):
    with house.caller(PAGE) as page, house.caller(OWNER) as owner:
        for client, more in ((page, {"as": "ab"}), (owner, {})):
            client.answer(client.send("watch", {}, **more))
        house.daemon.configure(settings="group = games\nprivacy = news\n")
        house.daemon.call("system.reload")
        house.server.append("INBOX", letter("ada@x.example", BOSS, f"{SECRET} last"), user=BOSS)
        house.daemon.call("source.sync", {"source": "boss"})
        assert SECRET in json.dumps(recorded(owner)[0])
        told = recorded(page)[0]
        assert told["record"]["withheld"] and SECRET not in json.dumps(told)


def test_a_blocked_salesperson_is_acted_as_by_nobody(house):
    where = {"where": f"subject ~ '{SECRET}*'"}
    with house.caller(PAGE) as page:
        assert page.call("interaction.list", where, **{"as": "ab"})["items"]
        house.daemon.call("salesperson.block", {"salesperson": "AB"})
        with pytest.raises(RpcError, match="blocked"):
            page.call("interaction.list", where, **{"as": "ab"})
        page.answer(page.send("watch", {}, **{"as": "ab"}))
        house.server.append("INBOX", letter("ada@x.example", BOSS, f"{SECRET} last"), user=BOSS)
        house.daemon.call("source.sync", {"source": "boss"})
        assert SECRET not in json.dumps(recorded(page)[0])


def test_a_reload_says_when_the_sources_rows_stay_as_they_were(house):
    where = f"subject ~ '{SECRET} o*'"
    with house.caller(OTHER) as other:
        busy = sqlite3.connect(house.daemon.database, isolation_level=None)
        busy.execute("BEGIN IMMEDIATE")
        house.daemon.expects_errors = "cannot be noted"
        answer = house.arrange(salesperson="CD")
        assert any("cannot be noted" in remark for remark in answer["remarks"]), answer
        busy.execute("ROLLBACK")
        busy.close()
        wait_until(lambda: other.all("interaction.list", where=where), "the rows")


def test_a_reload_and_an_edit_change_the_past_at_once(house):
    where = f"subject ~ '{SECRET} o*'"
    with house.caller(OWNER) as owner, house.caller(OTHER) as other:
        def found():
            return len(owner.all("interaction.list", where=where)), len(other.all("interaction.list", where=where))
        assert found() == (1, 0)
        house.arrange(salesperson="CD")
        assert found() == (0, 1)
        house.arrange(salesperson=None)
        assert found() == (0, 0)
        house.arrange(visibility="all")
        assert found() == (1, 1)
        house.arrange()
        assert found() == (1, 0)
        house.daemon.call("salesperson.block", {"salesperson": "AB"})
        assert found() == (0, 0)
        house.daemon.call("salesperson.block", {"salesperson": "AB", "blocked": False})
        house.daemon.call("salesperson.edit", {"salesperson": "AB", "user": None})
        house.daemon.call("salesperson.edit", {"salesperson": "CD", "user": OWNER})
        assert found() == (0, 0)
        house.daemon.configure([house.sections[0], house.sections[2]])
        house.daemon.call("system.reload")
        house.daemon.call("salesperson.edit", {"salesperson": "CD", "user": None})
        house.daemon.call("salesperson.edit", {"salesperson": "AB", "user": OTHER})
        assert found() == (0, 1), "a section that is gone leaves its mail as it was"


def test_a_proxy_sees_as_whom_it_acts(house):
    params = {"where": f"subject ~ '{SECRET}*'"}
    with house.caller(PAGE) as page, house.caller(OTHER) as other:
        assert page.call("interaction.list", params)["items"] == []
        assert len(page.call("interaction.list", params, **{"as": "AB"})["items"]) == 2
        assert page.call("interaction.list", params, **{"as": "CD"})["items"] == []
        assert page.call("interaction.list", params, **{"as": "sender"})["items"] == []
        with pytest.raises(RpcError) as caught:
            other.call("interaction.list", params, **{"as": "AB"})
        assert caught.value.name == "permission"
        assert len(other.all("interaction.list", where="salesperson = ME")) == 0
    assert len(house.daemon.call("interaction.list", params, **{"as": "CD"})["items"]) == 2, "root sees all"


def test_the_audit_keeps_to_it(house):
    with house.caller(OTHER) as other, house.daemon.client() as root:
        rows = {row["id"]: row for row in root.all("system.audit")}
        by_hand = [row for row in rows.values() if row["noun"] == "interaction"][0]
        assert other.call("system.audit", {"where": f"id = {by_hand['id']}"})["items"] == [by_hand]
        assert {row["method"] for row in other.all("system.audit", where="noun = salesperson")} == {"salesperson.add"}
        with pytest.raises(RpcError) as caught:
            other.call("salesperson.edit", {"salesperson": "AB", "user": OTHER})
        assert caught.value.name == "permission"


def test_the_audit_withholds_the_links_of_a_removed_contact(house):
    house.daemon.call("contact.remove", {"contact": "C00001"}, yes=True)
    asked = {"where": "noun = contact-links"}
    with house.caller(OTHER) as other, house.daemon.client() as root:
        entry, = root.call("system.audit", asked)["items"]
        assert "ada@x.example" in json.dumps(entry["before"]) and not entry["withheld"]
        assert other.call("system.audit", asked)["items"] == [{**entry, "before": None, "withheld": True}]


def test_the_configuration_is_told_what_nobody_owns(house):
    house.daemon.configure([house.sections[0], account(house.server, "boss", BOSS, visibility="owner")])
    remarks = house.daemon.call("system.reload")["remarks"]
    assert [r for r in remarks if "'boss'" in r and "only root" in r] and not [r for r in remarks if "no effect" in r]


def test_others_decide_nothing_of_what_is_withheld(house):
    with house.daemon.client() as root, house.caller(OWNER) as owner, house.caller(OTHER) as other:
        root.call("rule.add", {"action": "template", "value": "X", "where": f'subject ~ "{SECRET}*"'})
        row = root.all("capture.list", where="message-id = 'secret@x.example'")[0]
        root.call("rule.add", {"action": "ignore", "where": f'any-address = ada@x.example and subject ~ "{SECRET}*"'})
        told = other.call("capture.explain", {"interaction": row["interaction"]})
        assert [rule["outcome"] for rule in told["rules"]] == ["withheld"] * 2
        assert SECRET not in json.dumps(told["considered"])
        for where, asked in ((f'subject ~ "{SECRET}*"', 0), ("from = ada@x.example", 1)):
            params = {"source": "boss", "where": where}
            assert other.call("capture.refetch", params)["asked"] == asked
        assert owner.call("capture.explain", {"interaction": row["interaction"]})["rules"][0]["outcome"] == "matched"
        for method, more in (("capture.ignore", {}), ("capture.link", {"contact": "C00001"})):
            with pytest.raises(RpcError) as caught:
                other.call(method, {"id": row["id"], **more})
            assert caught.value.name == "permission"
        for method in ("rule.add", "rule.test", "capture.reapply"):
            with pytest.raises(RpcError) as caught:
                other.call(method, {"action": "ignore", "where": "size > 1"} if method == "rule.add" else
                           {"file": "-"} if method == "rule.test" else {}, dry_run=method != "rule.test")
            assert caught.value.name == "permission", method
        assert owner.call("capture.ignore", {"id": row["id"]})["decision"] == "ignored"
