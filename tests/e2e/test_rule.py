"""Rules against a real server: what is ignored, private, fetched; a draft tried; the past decided again."""

import base64
import json
import sqlite3
from datetime import datetime, timedelta, timezone

import pytest

from daemon import Daemon, RpcError, account, wait_until
from letters import letter, person

ME = "me@own.example"
MESSAGES = 1500


def send(server, sender, subject, message_id, folder="INBOX", to=ME, **more):
    server.append(folder, letter(sender, to, subject, message_id=message_id, **more))


def decisions(daemon, count):
    """Subject to capture record, once there are so many."""
    daemon.call("source.sync")
    wait_until(lambda: len(daemon.all("capture.list")) == count, f"{count} decisions")
    return {row["subject"]: row for row in daemon.all("capture.list")}


def tried(daemon, draft, **params):
    with daemon.client() as client:
        number = client.send("rule.test", {"file": "draft", **params})
        client.write(json.dumps({"jsonrpc": "2.0", "method": "data", "params": {
            "id": number, "chunk": base64.b64encode(draft.encode()).decode(), "last": True}}).encode()
            + b"\n")
        return client.answer(number)


def test_a_newsletter_is_ignored_and_its_rule_is_named(daemon, server):
    daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
    rule = daemon.call("rpc.run", ["rule", "add", "ignore", "from = ada@x.example and subject ~ \"*newsletter*\""])
    assert (rule["place"], rule["hits"], rule["link"]) == (1, 0, False)
    send(server, "ada@x.example", "Our newsletter", "n1@x.example")
    send(server, "ada@x.example", "Lunch", "l1@x.example")
    rows = decisions(daemon, 2)
    assert (rows["Our newsletter"]["decision"], rows["Our newsletter"]["rule"]) == ("ignored", rule["id"])
    assert (rows["Lunch"]["decision"], rows["Lunch"]["rule"]) == ("captured", None)
    told = daemon.call("capture.explain", {"message_id": "n1@x.example"})
    assert [(r["rule"], r["outcome"]) for r in told["rules"]] == [(rule["id"], "matched")]
    assert daemon.call("capture.explain", {"message_id": "l1@x.example"})["rules"][0]["outcome"] == "not-matched"
    listed = daemon.all("rule.list")[0]
    assert listed["hits"] == 1 and listed["last_hit"] is not None
    assert len(daemon.all("capture.list", where=f"rule = {rule['id']}")) == 1


def test_one_blocked_participant_does_not_drop_the_mail_for_others(daemon, server):
    daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
    daemon.call("contact.add", {"name": "Bob", "email": ["bob@y.example"]})
    rule = daemon.call("rule.add", {"action": "ignore", "where": "any-address = bob@y.example"})
    assert rule["link"] is True
    send(server, "ada@x.example", "Both", "b@x.example", cc="bob@y.example")
    send(server, "bob@y.example", "Alone", "a@y.example")
    rows = decisions(daemon, 2)
    assert rows["Both"]["decision"] == "captured" and rows["Alone"]["decision"] == "ignored"
    interaction = daemon.call("interaction.show", {"id": rows["Both"]["interaction"]})
    assert [c["name"] for c in interaction["contacts"]] == ["Ada"]
    told = daemon.call("capture.explain", {"message_id": "b@x.example"})
    assert {c["address"]: c["outcome"] for c in told["considered"]}["bob@y.example"] == "left-out"


def test_a_private_word_leaves_nothing_behind(daemon, server):
    daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
    send(server, "ada@x.example", "Your salary", "s1@x.example")
    assert decisions(daemon, 1)["Your salary"]["decision"] == "captured"
    daemon.call("rule.add", {"action": "private", "where": 'subject ~ "*salary*"'})
    send(server, "ada@x.example", "Next salary", "s2@x.example")
    daemon.call("source.sync")
    wait_until(lambda: daemon.all("capture.list", decision="private"), "the private one")
    with pytest.raises(RpcError) as refused:
        daemon.call("capture.reapply")
    assert refused.value.name == "refused"
    assert refused.value.data["counts"]["before"] == {"captured": 1, "private": 1}
    assert refused.value.data["counts"]["after"] == {"captured": 0, "private": 2}
    assert len(daemon.all("interaction.list")) == 1
    done = daemon.call("capture.reapply", yes=True)
    assert (done["messages"], done["changed"]) == (2, 1)
    assert daemon.all("interaction.list") == []
    with sqlite3.connect(f"file:{daemon.database}?mode=ro", uri=True) as db:
        assert db.execute("SELECT count(*) FROM message WHERE subject IS NOT NULL").fetchone() == (0,)
        assert db.execute("SELECT count(*) FROM address").fetchone() == (0,)
        assert db.execute("SELECT count(*) FROM journal WHERE method = 'capture.reapply'").fetchone() == (1,)


def test_text_is_asked_for_one_domain_alone(daemon, server):
    for name, address in (("Ada", "ada@x.example"), ("Bob", "bob@y.example")):
        daemon.call("contact.add", {"name": name, "email": [address]})
    daemon.call("rule.add", {"action": "level", "value": "text", "where": 'from ~ "*@x.example"'})
    daemon.call("rule.add", {"action": "template", "value": "order", "where": "subject = Order"})
    send(server, "ada@x.example", "Order", "o@x.example", body="Twelve pumps, please.\n")
    send(server, "bob@y.example", "Gossip", "g@y.example", body="Have you heard?\n")
    rows = decisions(daemon, 2)
    shown = wait_until(lambda: (lambda i: i if i["text"] else None)(
        daemon.call("interaction.show", {"id": rows["Order"]["interaction"]})), "its text")
    assert shown["text"].strip() == "Twelve pumps, please." and shown["template"] == "ORDER"
    other = daemon.call("interaction.show", {"id": rows["Gossip"]["interaction"]})
    assert (other["text"], other["snippet"], other["template"]) == (None, None, None)
    daemon.call("rule.add", {"action": "level", "value": "snippet", "where": "from = bob@y.example"})
    assert daemon.call("capture.refetch", {"id": [rows["Gossip"]["id"]]}) == {"asked": 1, "wanted": 1}
    wait_until(lambda: daemon.call("interaction.show", {"id": rows["Gossip"]["interaction"]})["snippet"], "a snippet")


def test_a_header_that_a_rule_names_is_read_from_then_on(daemon, server):
    daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
    send(server, "ada@x.example", "Before", "h0@x.example", headers="X-Spam-Flag: YES\n")
    decisions(daemon, 1)
    daemon.call("rule.add", {"action": "ignore", "where": "header(X-Spam-Flag) = yes"})
    send(server, "ada@x.example", "Spam", "h1@x.example", headers="X-SPAM-Flag:\n  YES\n")
    send(server, "ada@x.example", "Ham", "h2@x.example")
    rows = decisions(daemon, 3)
    assert {subject: row["decision"] for subject, row in rows.items()} == \
        {"Before": "captured", "Spam": "ignored", "Ham": "captured"}
    done = daemon.call("capture.reapply", dry_run=True)
    assert (done["unknown"], done["changed"]) == (1, 0)
    daemon.stop()
    daemon.start()
    send(server, "ada@x.example", "Spam again", "h3@x.example", headers="X-Spam-Flag: yes\n")
    assert decisions(daemon, 4)["Spam again"]["decision"] == "ignored"


def test_a_draft_is_tried_and_changes_nothing(daemon, server):
    daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
    noon = datetime.now(timezone.utc) - timedelta(hours=1)
    for number in range(3):
        send(server, "ada@x.example", f"Offer {number}", f"o{number}@x.example", at=noon + timedelta(minutes=number))
    send(server, "ada@x.example", "News", "n@x.example", headers="List-Id: <news.x.example>\n", at=noon)
    send(server, "ada@x.example", "Lunch", "l@x.example")
    before = decisions(daemon, 5)
    told = tried(daemon, '# a draft\nignore: subject ~ "offer*"\n\nkeep: list-id = news.x.example\n', show=2)
    assert told["now"] == {"captured": 4, "bulk": 1, "ignored": 0}
    assert told["then"] == {"captured": 2, "bulk": 0, "ignored": 3}
    assert (told["messages"], told["changed"], told["captured"], told["dropped"]) == (5, 4, 1, 3)
    assert [(d["now"], d["then"], d["draft"]) for d in told["diff"]] == [("captured", "ignored", 1)] * 2
    assert [d["subject"] for d in told["diff"]] == ["Offer 2", "Offer 1"]  # the newest, whatever came first
    assert {row["subject"]: row for row in daemon.all("capture.list")} == before
    assert tried(daemon, "# no rules\n", since="now+1d")["messages"] == 0
    draft = daemon.dir / "draft"
    for comments in (1, 50000):
        draft.write_text("# a comment\n" * comments + 'ignore: subject ~ "offer*"\n')
        shown = json.loads(daemon.liaison("rule", "test", str(draft), "--json").stdout)
        assert (shown["messages"], shown["dropped"]) == (5, 3)
    with pytest.raises(RpcError) as caught:
        tried(daemon, "ignore: subject ~ a\nkeep: sbject = b\n")
    assert "line 2: column 1" in caught.value.message and caught.value.name == "usage"


def test_a_new_domain_of_ours_is_brought_to_the_past(place, server):
    with Daemon(place / "liaison", [account(server)]) as daemon:
        daemon.call("contact.add", {"name": "Sis", "email": ["sis@sister.example"]})
        daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
        send(server, "sis@sister.example", "From the sister", "s@sister.example")
        send(server, "sis@sister.example", "To a customer", "c@sister.example", to="ada@x.example", cc=ME)
        decisions(daemon, 2)
        daemon.configure(settings="own-domains = sister.example\n")
        told = daemon.call("system.reload")
        assert any("capture reapply" in remark for remark in told.get("remarks", [])), told
        done = daemon.call("capture.reapply", {"source": "work"}, yes=True)
        assert (done["messages"], done["changed"]) == (2, 2)
        rows = decisions(daemon, 2)
        assert rows["From the sister"]["decision"] == "internal"
        mail = daemon.call("interaction.show", {"id": rows["To a customer"]["interaction"]})
        assert (mail["direction"], [c["name"] for c in mail["contacts"]]) == ("outbound", ["Ada"])


def links(daemon, row):
    return [c["name"] for c in daemon.call("interaction.show", {"id": row["interaction"]})["contacts"]]


def test_a_draft_and_a_run_tell_the_same_of_links_templates_and_levels(daemon, server):
    daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
    daemon.call("contact.add", {"name": "Bob", "email": ["bob@y.example"]})
    for number in range(2):
        send(server, "ada@x.example", f"Both {number}", f"b{number}@x.example", cc="bob@y.example")
    send(server, "bob@y.example", "Alone", "a@y.example")
    rows = decisions(daemon, 3)
    told = tried(daemon, "ignore: any-address = bob@y.example\ntemplate tt: subject = \"Both 0\"\n"
                         "level text: subject = \"Both 1\"\n", show=3)
    assert (told["changed"], told["dropped"], told["links"], told["templates"], told["levels"]) == (3, 1, 2, 1, 1)
    shown = {d["subject"]: d for d in told["diff"]}
    assert [(d["unlinked"], d["linked"], d["draft"]) for d in (shown["Both 0"], shown["Both 1"])] == \
        [(["C00002"], [], 1)] * 2
    assert shown["Both 0"]["template"] == "TT" and "template" not in shown["Both 1"]
    assert (shown["Both 1"]["level_now"], shown["Both 1"]["level_then"]) == ("metadata", "text")
    daemon.call("rule.add", {"action": "ignore", "where": "any-address = bob@y.example"})
    daemon.call("rule.add", {"action": "template", "value": "tt", "where": 'subject = "Both 0"'})
    assert daemon.call("capture.reapply", yes=True)["changed"] == told["changed"]
    assert [rule["hits"] for rule in daemon.all("rule.list")] == [3, 1]
    assert daemon.call("interaction.show", {"id": rows["Both 0"]["interaction"]})["template"] == "TT"
    assert links(daemon, rows["Both 1"]) == ["Ada"]
    back = tried(daemon, "# no rules\n", show=3)
    assert (back["changed"], back["captured"], back["links"], back["templates"]) == (3, 1, 2, 1), back


def test_folders_that_are_skipped_later_are_brought_to_the_past(place, server):
    with Daemon(place / "liaison", [account(server)]) as daemon:
        daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
        send(server, "ada@x.example", "Seen", "s@x.example")
        send(server, "ada@x.example", "Hidden", "h@x.example", folder="Hidden")
        rows = decisions(daemon, 2)
        assert {row["decision"] for row in rows.values()} == {"captured"}

        def folder_is(watched, **setting):
            daemon.configure([account(server, **setting)])
            daemon.call("system.reload")
            wait_until(lambda: {f["name"]: f["watched"] for f in daemon.call(
                "source.folders", {"source": "work"})["items"]}["Hidden"] == watched, watched)

        folder_is("unwatched", skip_folders="Hidden")
        assert daemon.call("capture.reapply", yes=True)["changed"] == 1
        rows = {row["subject"]: row for row in daemon.all("capture.list")}
        assert (rows["Hidden"]["decision"], rows["Seen"]["decision"]) == ("ignored", "captured")
        assert rows["Hidden"]["reason"] == "it is in no folder that is read"
        assert [i["subject"] for i in daemon.all("interaction.list")] == ["Seen"]
        folder_is("polled")
        assert daemon.call("capture.reapply", yes=True)["changed"] == 1
        assert sorted(i["subject"] for i in daemon.all("interaction.list")) == ["Hidden", "Seen"]


def test_a_message_is_linked_by_hand_and_its_address_learned(daemon, server):
    daemon.call("contact.add", {"name": "Ada"})
    send(server, "ada@home.example", "From home", "a1@home.example")
    send(server, "ada@home.example", "Again", "a2@home.example")
    rows = decisions(daemon, 2)
    linked = daemon.call("rpc.run", ["capture", "link", str(rows["From home"]["id"]), "Ada", "--learn"])
    assert linked["decision"] == "captured"
    rows = decisions(daemon, 2)
    assert rows["Again"]["decision"] == "captured"
    daemon.call("capture.ignore", {"id": rows["Again"]["id"]})
    daemon.call("capture.reapply", yes=True)
    rows = decisions(daemon, 2)
    assert (rows["Again"]["decision"], rows["From home"]["decision"]) == ("ignored", "captured")
    assert [i["subject"] for i in daemon.all("interaction.list")] == ["From home"]


def test_a_mistake_is_answered_with_its_column(daemon):
    with pytest.raises(RpcError) as caught:
        daemon.call("rpc.run", ["rule", "add", "ignore", "from = a@x.example or subjct = b"])
    assert caught.value.name == "usage" and "column 23" in caught.value.message
    with pytest.raises(RpcError) as caught:
        daemon.call("rule.add", {"action": "level", "where": "size > 1", "value": "all"})
    assert caught.value.name == "usage" and caught.value.data["field"] == "value"
    rule = daemon.call("rule.add", {"action": "ignore", "where": "size > 1G"})
    with pytest.raises(RpcError) as caught:
        daemon.call("rule.remove", {"rule": rule["id"]})
    assert caught.value.name == "refused"
    daemon.call("rule.remove", {"rule": rule["id"]}, yes=True)
    assert daemon.all("rule.list") == []


def test_a_run_that_was_cancelled_goes_on_where_it_was(place, server):
    server.fill(MESSAGES, people=20)
    with Daemon(place / "liaison", [account(server)]) as daemon:
        for name, address in (person(number) for number in range(20)):
            daemon.call("contact.add", {"name": name, "email": [address]})
        daemon.wait_complete()
        wait_until(lambda: daemon.call("backfill.list")["items"][0]["state"] == "done", "the backfill")
        captured = len(daemon.all("interaction.list"))
        daemon.call("rule.add", {"action": "ignore", "where": "size > 0"})
        with daemon.client() as client:
            number = client.send("capture.reapply", yes=True)
            first = client.notification("progress")["params"]
            client.write(json.dumps({"jsonrpc": "2.0", "method": "cancel", "params": {"id": number}}).encode() + b"\n")
            with pytest.raises(RpcError) as caught:
                client.answer(number)
        assert caught.value.name == "unavailable"
        assert 0 < first["done"] < first["total"]
        left = len(daemon.all("interaction.list"))
        assert 0 < left < captured
        done = daemon.call("capture.reapply", yes=True)
        assert done["resumed"] is True and done["changed"] == left
        assert daemon.all("interaction.list") == []
        again = daemon.call("capture.reapply", dry_run=True)
        assert (again["changed"], again["resumed"], again["before"]) == (0, False, {"ignored": MESSAGES})
        assert daemon.call("system.check")["ok"] is True


def test_a_place_behind_all_is_the_last(daemon):
    numbers = [daemon.call("rule.add", {"action": "ignore", "where": f"subject = s{n}", "place": 99})["id"]
               for n in range(3)]
    assert daemon.call("rule.move", {"rule": numbers[0], "place": 99})["place"] == 3
    assert [one["id"] for one in daemon.all("rule.list")] == numbers[1:] + numbers[:1]
    for method in ("rule.add", "rule.move"):
        with pytest.raises(RpcError) as caught:
            daemon.call(method, {"rule": numbers[0], "place": 0} if method == "rule.move" else
                        {"action": "ignore", "where": "subject = s", "place": 0})
        assert (caught.value.name, caught.value.data["field"]) == ("usage", "place")


def test_a_draft_without_rules_is_a_draft(daemon, server):
    send(server, "ada@x.example", "newsletter", "a@x.example")
    assert decisions(daemon, 1)["newsletter"]["decision"] == "unmatched"
    daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
    daemon.call("rule.add", {"action": "ignore", "where": "subject = newsletter"})
    daemon.call("capture.reapply", yes=True)
    for draft in ("", "\n", "# nothing yet\n"):
        told = tried(daemon, draft)
        assert told["changed"] == 1, told
    with daemon.client() as client:
        number = client.send("contact.note", {"contact": "C00001", "file": "empty"})
        client.write(json.dumps({"jsonrpc": "2.0", "method": "data", "params": {
            "id": number, "chunk": base64.b64encode(b"\n").decode(), "last": True}}).encode() + b"\n")
        with pytest.raises(RpcError) as caught:
            client.answer(number)
        assert (caught.value.name, caught.value.data["field"]) == ("usage", "file")


def test_what_is_ignored_already_is_not_changed(daemon, server):
    send(server, "ada@x.example", "one", "a@x.example")
    row = decisions(daemon, 1)["one"]["id"]
    first = daemon.call("capture.ignore", {"id": row})
    entries = len(daemon.all("system.audit"))
    assert first["decision"] == "ignored" and daemon.call("capture.ignore", {"id": row}) == first
    assert len(daemon.all("system.audit")) == entries


def test_text_is_fetched_again_of_what_a_condition_names(place, server):
    with Daemon(place / "liaison", [account(server)]) as daemon:
        daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
        for number in range(3):
            send(server, "ada@x.example", f"letter {number}", f"n{number}@x.example")
        decisions(daemon, 3)
        daemon.configure([account(server, level="text")])
        daemon.call("system.reload")
        assert daemon.call("capture.refetch", {"where": "subject = 'letter 1'"})["wanted"] == 1
        assert daemon.call("capture.refetch", {"since": "2020-01-01"})["asked"] == 3
        with pytest.raises(RpcError) as caught:
            daemon.call("capture.refetch")
        assert caught.value.name == "usage" and "where" in caught.value.message
