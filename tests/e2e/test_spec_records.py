"""Records and nouns as the specification names them, over mail of a real server."""

import os
import pwd
import shutil
import tempfile
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from daemon import Daemon, RpcError, account, wait_until
from dovecot import Dovecot
from letters import letter

CONTACT = ("id version no type name first_name middle_name surname company_no company_name job_title salesperson "
           "territory language country street city post_code phone mobile home_page correspondence lead_status "
           "lead_source emails domains privacy_blocked minor parental_consent excluded opted_out interactions "
           "last_interaction last_attempt next_task cost duration_min opportunities estimated_value "
           "calculated_value organizational_level format_region salutation name_2 initials street_2 county extension pager "
           "fax currency vat_no registration_no external_id picture fields profile").split()
EMAIL = "email kind primary from until learned_from state".split()
INTERACTION = ("id version kind status direction initiated_by at end all_day location subject snippet attachments "
               "message_id thread event_uid recurrence_id moves template interaction_group salesperson colleagues "
               "campaign campaign_target campaign_response segment opportunity task evaluation attempt_failed cost "
               "duration_min contacts sources").split()
PARTNER = "no name role email via ambiguous response company_no company_name".split()
CAPTURE = ("id version source folder uidvalidity uid at decision reason rule interaction error from subject date "
           "event_uid recurrence_id withheld").split()
VERIFY = ("server outside_window decided captured unmatched internal ignored bulk automatic private duplicate "
          "quarantined forgotten recognised gone missing").split()
FOLDER = "name uidvalidity cursor server decided state last_complete last_byte next_try error".split()
STATES = "idle polling syncing backfill paused offline no-secret error auth-failed retired".split()
DECISIONS = VERIFY[3:13]

MIXED = """From: Ada Lovelace <ada@x.example>
To: me@own.example
Cc: jo@contoso.example
Subject: with an attachment
Date: {date}
Message-ID: <mixed@x.example>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain

The text of it.
--b
Content-Type: application/pdf; name=offer.pdf
Content-Disposition: attachment; filename=offer.pdf
Content-Transfer-Encoding: base64

AAAAAAAA
--b--
"""


def is_time(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00")).tzinfo is not None


@pytest.fixture(scope="module")
def world(authority):
    """(daemon, server, client): a mailbox with one message of each kind of decision."""
    directory = Path(tempfile.mkdtemp(prefix="liaison-spec-"))
    os.chmod(directory, 0o755)
    with Dovecot(directory / "dovecot", authority) as server:
        me = "me@own.example"
        now = datetime.now(timezone.utc)
        server.append("INBOX", letter("ada@x.example", me, "old", at=now - timedelta(days=400), message_id="old@x"),
                      date=(now - timedelta(days=400)).timestamp())
        server.append("INBOX", letter("ada@x.example", me, "first", at=now, message_id="first@x.example"))
        server.append("INBOX", letter("jo@stranger.example", me, "stranger", message_id="stranger@x.example"))
        server.append("INBOX", letter("bo@own.example", me, "colleague", message_id="colleague@own.example"))
        server.append("INBOX", letter("news@shop.example", me, "bulk", headers="List-Unsubscribe: <https://x/>\n"
                                      "List-Id: <news.shop.example>\nPrecedence: bulk\n", message_id="bulk@shop"))
        server.append("INBOX", letter("ada@x.example", me, "away", headers="Auto-Submitted: auto-replied\n",
                                      message_id="auto@x.example"))
        server.append("INBOX", MIXED.format(date=now.strftime("%a, %d %b %Y %H:%M:%S +0200")))
        server.append("Sent", letter(me, "Ada <ada@x.example>", "answer", message_id="answer@own.example",
                                     in_reply_to="first@x.example", references="first@x.example"))
        server.append("Sent", letter(me, "ada@x.example", "an attempt", message_id="attempt@own.example"))
        server.append("Archive", letter("ada@x.example", me, "first", at=now, message_id="first@x.example"))
        with Daemon(directory / "liaison", [account(server, level="snippet")],
                    settings="own-domains = own.example\n") as daemon:
            with daemon.client() as client:
                client.call("contact.add", {"name": "Contoso", "domain": ["contoso.example"]})
                client.call("contact.add", {"name": "Ada Lovelace", "email": ["ada@x.example"]})
                daemon.wait_complete()
                daemon.call("source.sync")
                wait_until(lambda: client.call("interaction.list", {"where": 'snippet ~ "*text of it*"'})["items"],
                           "the text")
                yield daemon, server, client
    shutil.rmtree(directory, ignore_errors=True)


def by_id(client, message_id):
    return client.call("interaction.list", {"where": f'message_id = "{message_id}"'})["items"]


def test_contact(world):
    _, _, client = world
    record = client.call("contact.show", {"contact": "ada@x.example"})
    assert set(record) == set(CONTACT)
    assert (record["no"], record["type"], record["name"]) == ("C00002", "person", "Ada Lovelace")
    assert [set(e) for e in record["emails"]] == [set(EMAIL)]
    email = record["emails"][0]
    assert (email["email"], email["primary"], email["state"]) == ("ada@x.example", True, "active")
    assert email["kind"] is email["from"] is email["until"] is None
    assert isinstance(record["id"], int) and isinstance(record["version"], int)
    for key in "privacy_blocked minor parental_consent excluded opted_out".split():
        assert record[key] is False
    for key in ("cost", "estimated_value", "calculated_value"):
        assert record[key] == "0.00"
    assert record["interactions"] == len(client.call("interaction.list", {"contact": "C00002"})["items"])
    assert is_time(record["last_interaction"]) and is_time(record["last_attempt"]) and record["next_task"] is None
    for key in "middle_name company_no company_name job_title salesperson territory city phone lead_status".split():
        assert record[key] is None
    company = client.call("contact.show", {"contact": "Contoso"})
    assert (company["type"], company["company_no"], company["domains"]) == ("company", company["no"],
                                                                            ["contoso.example"])
    listed = {key: value for key, value in record.items() if key != "profile"}  # one contact's answers, shown with it
    assert client.call("contact.list", {"where": "no = C00002"})["items"] == [listed]
    why = [{"word": "lovelace", "field": "name", "how": "word"}]
    assert client.call("contact.find", {"text": "lovelace"})["items"] == [{**listed, "why": why}]


def test_interaction(world):
    _, _, client = world
    item, = by_id(client, "mixed@x.example")
    assert set(INTERACTION) <= set(item)
    assert (item["kind"], item["status"], item["direction"], item["initiated_by"]) == \
        ("email", "recorded", "inbound", "them")
    assert item["subject"] == "with an attachment" and "The text of it." in item["snippet"]
    assert [set(a) for a in item["attachments"]] == [{"name", "type", "size"}]
    assert (item["attachments"][0]["name"], item["attachments"][0]["type"]) == ("offer.pdf", "application/pdf")
    assert item["at"].endswith("+02:00") and item["end"] is None and item["all_day"] is False
    assert all(set(PARTNER) == set(c) for c in item["contacts"])
    told = {(c["name"], c["role"], c["email"], c["via"], c["ambiguous"], c["response"]) for c in item["contacts"]}
    assert told == {("Ada Lovelace", "from", "ada@x.example", "address", False, None),
                    ("Contoso", "cc", "jo@contoso.example", "domain", False, None)}
    assert [set(s) for s in item["sources"]] == [{"source", "folder", "uid"}]
    assert (item["cost"], item["duration_min"], item["moves"], item["colleagues"]) == ("0.00", 0, [], [])
    for key in "location event_uid recurrence_id template campaign segment opportunity task evaluation".split():
        assert item[key] is None
    assert item["campaign_target"] is item["campaign_response"] is item["attempt_failed"] is False
    assert client.call("interaction.show", {"id": item["id"]}) == item | {"text": None, "text_truncated": None}
    first, = by_id(client, "first@x.example")
    assert {s["folder"] for s in first["sources"]} == {"INBOX", "Archive"}
    answer, = by_id(client, "answer@own.example")
    assert (answer["direction"], answer["initiated_by"]) == ("outbound", "them")  # they began the thread
    assert by_id(client, "attempt@own.example")[0]["initiated_by"] == "us"
    assert answer["thread"] == first["thread"] and isinstance(first["thread"], int)
    assert [c["role"] for c in answer["contacts"]] == ["to"]


def test_capture(world):
    _, _, client = world
    rows = client.call("capture.list")["items"]
    assert all(set(row) == set(CAPTURE) for row in rows)
    decided = {(row["folder"], row["decision"]) for row in rows}
    assert not {("INBOX", d) for d in "captured unmatched internal bulk automatic".split()} - decided
    assert {row["decision"] for row in rows} <= set(DECISIONS)
    for row in rows:
        assert row["source"] == "work" and row["reason"] and is_time(row["at"])
        assert (row["interaction"] is not None) == (row["decision"] in ("captured", "duplicate"))
    assert client.call("capture.show", {"id": rows[0]["id"]}) == rows[0]
    for decision in DECISIONS:
        listed = client.call("capture.list", {"decision": decision})["items"]
        assert [r["id"] for r in listed] == [r["id"] for r in rows if r["decision"] == decision]
    assert len(client.call("capture.list", {"source": "work", "folder": "Sent", "since": "today-1d"})["items"]) == 2


@pytest.mark.parametrize("where, count", (
    ("from = ada@x.example and subject = first", None), ("to = me@own.example", None), ("cc = jo@contoso.example", 1),
    ("any-address ~ '*@stranger.example'", 1), ("subject ~ 'STR*'", 1), ("folder = Sent", 2), ("source = work", None),
    ("list-id ~ '*news.shop*'", 1), ("header(Subject) = stranger", 1), ("size > 10", None), ("size > 10M", 0),
    ("direction = outbound", 2), ("decision in (internal, bulk)", 2), ("not decision = captured", None)))
def test_fields_of_a_message(world, where, count):
    _, _, client = world
    found = client.call("capture.list", {"where": where})["items"]
    assert len(found) == count if count is not None else found


def test_explain(world):
    _, _, client = world
    row = client.call("capture.list", {"where": "subject = stranger"})["items"][0]
    told = client.call("capture.explain", {"thing": f"work:INBOX:{row['uid']}"})
    assert {"captures", "considered", "rules"} <= set(told) and told["captures"] == [row]
    assert all(set(c) == {"address", "role", "contact", "outcome", "why"} for c in told["considered"])
    assert {c["address"] for c in told["considered"]} == {"jo@stranger.example", "me@own.example"}
    item, = by_id(client, "answer@own.example")
    wanted = client.call("capture.explain", {"interaction": item["id"]})
    assert [c["interaction"] for c in wanted["captures"]] == [item["id"]]
    assert "C00002" in [c["contact"] for c in wanted["considered"]]
    source = item["sources"][0]
    for params in ({"thing": str(item["id"])}, {"thing": "<answer@own.example>"}, {"thing": "answer@own.example"},
                   {"message_id": "answer@own.example"}, {"thing": f"work:Sent:{source['uid']}"},
                   {"source": "work", "folder": "Sent", "uid": source["uid"]}):
        assert client.call("capture.explain", params)["captures"] == wanted["captures"], params
    for params in ({"thing": "nowhere:INBOX:1"}, {"event_uid": "x", "recurrence_id": "y"}):
        with pytest.raises(RpcError) as caught:
            client.call("capture.explain", params)
        assert caught.value.name == "not-found", params
    for params in ({}, {"source": "work"}):
        with pytest.raises(RpcError) as caught:
            client.call("capture.explain", params)
        assert caught.value.name == "usage"


def test_verify(world):
    _, _, client = world
    rows = client.call("capture.verify", {"source": "work"})["items"]
    assert {row["folder"] for row in rows} == {"INBOX", "Sent", "Archive", None}
    for row in rows:
        assert set(row) == {"folder", *VERIFY} and all(isinstance(row[key], int) for key in VERIFY)
        assert row["server"] == row["outside_window"] + row["decided"] + row["missing"]
        assert row["decided"] == sum(row[decision] for decision in DECISIONS)
    total, = [row for row in rows if row["folder"] is None]
    assert total["missing"] == total["gone"] == total["recognised"] == 0 and total["server"] == 10
    assert all(total[key] == sum(row[key] for row in rows if row["folder"]) for key in VERIFY)
    assert client.call("capture.verify", {"source": "work", "repair": True})["items"][0]["missing"] == 0


def test_source(world):
    _, _, client = world
    source = client.call("source.show", {"source": "work"})
    assert {"id", "version", "name", "kind", "state", "folders", "last_complete", "error"} <= set(source)
    assert (source["name"], source["kind"], source["error"]) == ("work", "imap", None) and source["state"] in STATES
    assert is_time(source["last_complete"])
    assert {f["name"] for f in source["folders"]} == {"INBOX", "Sent", "Archive"}
    for folder in source["folders"]:
        assert set(FOLDER) <= set(folder)
        assert folder["uidvalidity"] > 0 and folder["error"] is None and folder["next_try"] is None
        assert is_time(folder["last_complete"]) and is_time(folder["last_byte"])
        rows = client.call("capture.list", {"folder": folder["name"]})["items"]
        assert folder["decided"] == len(rows) and folder["cursor"] == max(r["uid"] for r in rows)
    assert client.call("source.list")["items"][0]["id"] == source["id"]
    status = client.call("system.status")
    assert [s["name"] for s in status["sources"]] == ["work"]
    assert client.call("system.status", {"fail_stale": True})


def test_source_verbs(world):
    daemon, _, client = world
    checked = client.call("source.check", {"source": "work"})
    assert {f["name"] for f in checked["folders"]} >= {"INBOX", "Sent", "Trash"}
    assert client.call("source.check", {"source": "work", "host": "127.0.0.1"})["ok"]
    assert {f["name"] for f in client.call("source.folders", {"source": "work"})["items"]} >= {"INBOX", "Junk"}
    assert [s["name"] for s in client.call("source.sync", {"source": "work"})["items"]] == ["work"]
    assert client.run("source", "sync")["items"] and client.run("sync", "work")["items"]
    assert client.call("source.pause", {"source": "work"})["state"] == "paused"
    with pytest.raises(RpcError) as caught:
        client.call("source.sync", {"source": "work"})
    assert caught.value.name == "refused" and "'work' is paused" in caught.value.message
    assert client.call("source.resume", {"source": "work"})["state"] not in ("paused", "retired")
    assert client.call("source.retire", {"source": "work"})["state"] == "retired"
    assert client.call("source.resume", {"source": "work"})["state"] not in ("paused", "retired")
    daemon.wait_complete()
    with pytest.raises(RpcError) as caught:
        client.call("source.remove", {"source": "work", "erase": True}, yes=True)
    assert caught.value.name == "refused"
    for method in ("show", "pause", "resume", "retire", "folders", "check", "sync"):
        with pytest.raises(RpcError) as caught:
            client.call(f"source.{method}", {"source": "nowhere"})
        assert caught.value.name == "not-found", method


def test_backfill(world):
    daemon, _, client = world
    before = client.call("capture.list", {"count": True})["count"]
    jobs = client.call("backfill.list")["items"]
    assert {job["folder"] for job in jobs} == {"INBOX", "Sent", "Archive"}
    for job in jobs:
        assert {"source", "folder", "state", "done", "total", "rate", "eta"} <= set(job)
    with daemon.client() as watcher:
        watcher.call("watch", {"kind": ["job."]})
        client.call("backfill.start", {"source": "work", "since": "3y", "folder": "INBOX"})
        event = watcher.notification("event")["params"]
        while event["kind"] != "job.done":
            assert event["kind"] == "job.progress"
            event = watcher.notification("event")["params"]
        assert (event["record"]["source"], event["record"]["folder"]) == ("work", "INBOX")
    assert by_id(client, "old@x") and client.call("capture.list", {"count": True})["count"] == before + 1
    client.run("backfill", "start", "work", "--since", "all")
    client.call("backfill.pause", {"source": "work"})
    client.call("backfill.resume", {"source": "work"})
    daemon.wait_complete()
    for params in ({"source": "nowhere"}, {"source": "work", "folder": "nowhere"}):
        with pytest.raises(RpcError) as caught:
            client.call("backfill.start", params)
        assert caught.value.name == "not-found"


def test_an_email_matches_the_past_and_says_how_many(world):
    _, _, client = world
    made = client.call("contact.add", {"name": "Jo Stranger"})
    added = client.call("contact.email.add", {"contact": made["no"], "email": "jo@stranger.example"})
    assert added["rematched"] == 1 and added["no"] == made["no"] and added["interactions"] == 1
    assert [i["subject"] for i in client.call("contact.timeline", {"contact": made["no"]})["items"]] == ["stranger"]
    removed = client.call("contact.email.remove", {"contact": made["no"], "email": "jo@stranger.example"})
    assert removed["interactions"] == 1 and [e["state"] for e in removed["emails"]] == ["removed"]
    assert client.call("capture.rematch") and client.call("capture.rematch", {"contact": made["no"]})
    assert client.call("capture.retry") and client.run("capture", "retry", "1", "2")


def test_a_shared_address_is_matched_by_both_and_ambiguous(world):
    daemon, server, client = world
    one = client.call("contact.add", {"name": "Share One", "email": ["shared@y.example"]})
    two = client.call("contact.add", {"name": "Share Two"})
    with pytest.raises(RpcError) as caught:
        client.call("contact.email.add", {"contact": two["no"], "email": "shared@y.example"})
    assert caught.value.name == "conflict"
    client.run("contact", "email", "add", two["no"], "shared@y.example", "--shared")
    with daemon.client() as watcher:
        watcher.call("watch", {"kind": ["interaction.recorded"]})
        server.append("INBOX", letter("shared@y.example", "me@own.example", "to both", message_id="both@y.example"))
        record = watcher.notification("event")["params"]["record"]
    assert {(c["no"], c["ambiguous"]) for c in record["contacts"]} == {(one["no"], True), (two["no"], True)}


def test_system(world):
    daemon, _, client = world
    assert client.call("system.health")["ok"] is True
    assert {"version", "schema"} <= set(client.call("system.version"))
    stats = client.call("system.stats")
    assert stats["contacts"] == client.call("contact.list", {"count": True})["count"]
    assert client.call("system.check")["ok"] is True
    caller = pwd.getpwuid(os.getuid()).pw_name
    rows = client.call("system.audit", {"by": caller, "contact": "C00002", "since": "today"})["items"]
    assert [row["method"] for row in rows] == ["contact.add"]
    assert {"id", "at", "user", "method", "before", "after"} <= set(rows[0]) and rows[0]["before"] is None
    assert client.call("system.audit", {"by": "nobody-else"})["items"] == []
