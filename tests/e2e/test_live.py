"""Mail from a real server to a contact's timeline."""

import concurrent.futures
import time

import pytest

from daemon import RpcError, Daemon, account, wait_until
from letters import letter


def timeline(daemon, contact):
    return daemon.all("contact.timeline", contact=contact)


def arrives(daemon, contact, subject):
    def there():
        found = [i for i in timeline(daemon, contact) if i["subject"] == subject]
        return found and found[0]
    return wait_until(there, f"'{subject}' on the timeline of {contact}")


def test_a_message_arrives_on_the_timeline_within_moments_and_once(daemon, server):
    ada = daemon.call("contact.add", {"name": "Ada Lovelace", "email": ["ada@x.example"]})
    daemon.wait_complete()
    begun = time.monotonic()
    server.append("INBOX", letter("Ada <ada@x.example>", "me@own.example", "live one",
                                  message_id="live1@x.example"))
    record = arrives(daemon, ada["no"], "live one")
    assert time.monotonic() - begun < 10
    assert record["kind"] == "email" and record["status"] == "recorded"
    assert record["direction"] == "inbound" and record["initiated_by"] == "them"
    assert record["message_id"] == "live1@x.example"
    assert [(c["no"], c["role"], c["email"], c["via"], c["ambiguous"]) for c in record["contacts"]] == \
        [(ada["no"], "from", "ada@x.example", "address", False)]
    assert [(s["source"], s["folder"]) for s in record["sources"]] == [("work", "INBOX")]
    time.sleep(1)
    assert len(timeline(daemon, ada["no"])) == 1
    assert daemon.call("contact.show", {"contact": ada["no"]})["interactions"] == 1


def test_sent_mail_is_outbound(daemon, server):
    daemon.call("contact.add", {"name": "Ada Lovelace", "email": ["ada@x.example"]})
    daemon.wait_complete()
    server.append("Sent", letter("me@own.example", "Ada <ADA@X.example>", "sent one"))
    record = arrives(daemon, "ada@x.example", "sent one")
    assert record["direction"] == "outbound" and record["initiated_by"] == "us"
    assert record["contacts"][0]["role"] == "to"


def test_a_stranger_is_unmatched_and_comes_with_the_contact(daemon, server):
    server.append("INBOX", letter("Bo <bo@y.example>", "me@own.example", "before", message_id="b1@y.example"))
    row = wait_until(lambda: daemon.all("capture.list", decision="unmatched"), "the decision")[0]
    assert row["source"] == "work" and row["folder"] == "INBOX" and row["interaction"] is None
    told = daemon.call("capture.explain", {"message_id": "b1@y.example"})
    assert [c["decision"] for c in told["captures"]] == ["unmatched"]
    assert any(c["address"] == "bo@y.example" and c["contact"] is None for c in told["considered"])
    bo = daemon.call("contact.add", {"name": "Bo Derek"})
    answer = daemon.call("contact.email.add", {"contact": bo["no"], "email": "bo@y.example"})
    assert answer["rematched"] == 1
    assert [i["subject"] for i in timeline(daemon, bo["no"])] == ["before"]
    told = daemon.call("capture.explain", {"thing": "<b1@y.example>"})
    assert [c["decision"] for c in told["captures"]] == ["captured"]
    assert [c["contact"] for c in told["considered"] if c["address"] == "bo@y.example"] == [bo["no"]]
    daemon.call("contact.email.remove", {"contact": bo["no"], "email": "bo@y.example"})
    assert len(timeline(daemon, bo["no"])) == 1


def test_one_message_in_two_folders_and_two_accounts_is_one_interaction(place, server):
    accounts = [account(server), account(server, "other", "two@own.example")]
    with Daemon(place / "liaison", accounts, "own-domains = own.example") as daemon:
        daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
        text = letter("ada@x.example", "me@own.example", "in many places")
        for folder in ("INBOX", "Archive/2026"):
            server.append(folder, text)
        server.append("INBOX", text, user="two@own.example")
        daemon.call("source.sync")

        def three():
            found = timeline(daemon, "ada@x.example")
            return found and len(found[0]["sources"]) == 3 and found
        found = wait_until(three, "three sightings")
        assert len(found) == 1
        decisions = sorted(row["decision"] for row in daemon.all("capture.list"))
        assert decisions == ["captured", "duplicate", "duplicate"]
        assert daemon.call("contact.show", {"contact": "ada@x.example"})["interactions"] == 1


def test_colleagues_only_is_internal(place, server):
    with Daemon(place / "liaison", [account(server)], "own-domains = own.example") as daemon:
        server.append("INBOX", letter("boss@own.example", "me@own.example, all@own.example", "internal"))
        row = wait_until(lambda: daemon.all("capture.list"), "the decision")[0]
        assert row["decision"] == "internal"
        assert daemon.all("interaction.list") == []


def test_company_by_domain_and_shared_address_to_all(daemon, server):
    company = daemon.call("contact.add", {"name": "Contoso", "type": "company", "domain": ["contoso.example"]})
    one = daemon.call("contact.add", {"name": "One", "email": ["desk@x.example"]})
    two = daemon.call("contact.add", {"name": "Two"})
    with pytest.raises(RpcError) as caught:
        daemon.call("contact.email.add", {"contact": two["no"], "email": "Desk@X.example"})
    assert caught.value.name == "conflict"
    daemon.call("contact.email.add", {"contact": two["no"], "email": "desk@x.example", "shared": True})
    server.append("INBOX", letter("clerk@sales.contoso.example", "me@own.example", "by domain"))
    server.append("INBOX", letter("desk@x.example", "me@own.example", "to both"))
    record = arrives(daemon, company["no"], "by domain")
    assert [(c["no"], c["via"]) for c in record["contacts"]] == [(company["no"], "domain")]
    record = arrives(daemon, one["no"], "to both")
    assert sorted((c["no"], c["ambiguous"]) for c in record["contacts"]) == \
        [(one["no"], True), (two["no"], True)]


def test_sync_answers_when_what_was_there_is_recorded(daemon, server):
    daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
    server.append("Archive/2026", letter("bo@x.example", "me@own.example", "makes the folder"))
    daemon.liaison("sync")
    wait_until(lambda: len(daemon.all("capture.list")) == 1, "the new folder")
    daemon.wait_complete()
    for n in range(20):
        folder = ("INBOX", "Sent", "Archive/2026")[n % 3]
        server.append(folder, letter("ada@x.example", "me@own.example", f"n{n}"))
        daemon.liaison("sync")
        assert f"n{n}" in {i["subject"] for i in timeline(daemon, "ada@x.example")}, n


def test_syncs_at_once_answer_all(daemon, server):
    daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
    daemon.wait_complete()

    def deliver_and_sync(n):
        server.append("INBOX", letter("ada@x.example", "me@own.example", f"n{n}"))
        (answer,) = daemon.call("source.sync", {"source": "work"} if n % 2 else {})["items"]
        return answer["error"], f"n{n}" in {i["subject"] for i in timeline(daemon, "ada@x.example")}

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert list(pool.map(deliver_and_sync, range(24))) == [(None, True)] * 24


def test_level_text_fetches_only_what_is_captured(place, server):
    with Daemon(place / "liaison", [account(server, level="text")]) as daemon:
        daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
        server.append("INBOX", letter("ada@x.example", "me@own.example", "with text",
                                      body="The pump is blåbær.\n\nRegards\n"))
        server.append("INBOX", letter("spy@z.example", "me@own.example", "stranger", body="secretword\n"))
        wait_until(lambda: any(i["snippet"] for i in timeline(daemon, "ada@x.example")), "the text")
        assert "blåbær" in timeline(daemon, "ada@x.example")[0]["snippet"]
        found = daemon.call("interaction.search", {"text": "pump"})["items"]
        assert [i["subject"] for i in found] == ["with text"]
        wait_until(lambda: len(daemon.all("capture.list")) == 2, "both decisions")
    assert b"secretword" not in (daemon.database).read_bytes()


def test_reads_only_and_leaves_flags_alone(daemon, server):
    daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
    for n in range(20):
        server.append("INBOX", letter("ada@x.example", "me@own.example", f"n{n}"),
                      flags="(\\Seen)" if n % 2 else None)
    before = flags(server)
    daemon.wait_complete()
    wait_until(lambda: len(daemon.all("capture.list")) == 20, "twenty decisions")
    assert flags(server) == before
    assert len([f for f in before if b"\\Seen" in f]) == 10


def flags(server):
    connection = server.imap()
    connection.select("INBOX", readonly=True)
    _, rows = connection.uid("FETCH", "1:*", "(FLAGS)")
    connection.logout()
    return [row.replace(b" \\Recent", b"").replace(b"\\Recent", b"") for row in rows]


def test_reconnects_after_the_server_was_away(daemon, server):
    daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
    daemon.wait_complete()
    server.stop()
    wait_until(lambda: daemon.source()["state"] not in ("idle", "polling", "syncing"), "the loss")
    server.start()
    server.append("INBOX", letter("ada@x.example", "me@own.example", "after"))
    daemon.call("source.sync")
    arrives(daemon, "ada@x.example", "after")


def test_a_new_uidvalidity_loses_and_doubles_nothing(daemon, server):
    daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
    for n in range(30):
        sender = "ada@x.example" if n % 3 else "who@z.example"
        server.append("INBOX", letter(sender, "me@own.example", f"n{n}", message_id=f"n{n}@x.example"))
    wait_until(lambda: len(daemon.all("capture.list")) == 30, "thirty decisions")
    daemon.call("source.pause", {"source": "work"})
    server.stop()
    maildir = server.maildir()
    (maildir / "dovecot-uidlist").unlink()
    for index in maildir.glob("dovecot.index*"):
        index.unlink()
    text = "3 V1234567890 N1 G" + "0" * 32 + "\n"
    (maildir / "dovecot-uidlist").write_text(text)
    from dovecot import give
    give(maildir / "dovecot-uidlist")
    server.start()
    daemon.call("source.resume", {"source": "work"})

    def proven():
        try:
            row = daemon.verify()
        except RpcError:
            return False
        return row["recognised"] == 30 and row["missing"] == 0 and row
    row = wait_until(proven, "all recognised", 60)
    assert row["server"] == row["decided"] == 30
    assert row["captured"] == 20 and row["unmatched"] == 10
    assert len(timeline(daemon, "ada@x.example")) == 20
    assert daemon.call("contact.show", {"contact": "ada@x.example"})["interactions"] == 20


def test_many_folders_globs_and_special_uses(place, server):
    for n in range(40):
        server.append(f"Projects/p{n}", letter("ada@x.example", "me@own.example", f"p{n}"))
    server.append("Junk", letter("ada@x.example", "me@own.example", "junk"))
    server.append("Drafts", letter("me@own.example", "ada@x.example", "draft"))
    server.append("Entw&APw-rfe", letter("ada@x.example", "me@own.example", "umlaut"))
    server.append("Private/x", letter("ada@x.example", "me@own.example", "private"))
    with Daemon(place / "liaison", [account(server, folders="*, !\\Junk, !\\Trash, !\\Drafts, !Private/*")]) as daemon:
        daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
        daemon.wait_complete()
        subjects = {i["subject"] for i in timeline(daemon, "ada@x.example")}
        assert subjects == {f"p{n}" for n in range(40)} | {"umlaut"}
        assert "Entwürfe" in {f["name"] for f in daemon.source()["folders"]}
        # new mail in a polled folder is seen within the poll interval
        server.append("Projects/p7", letter("ada@x.example", "me@own.example", "later"))
        daemon.call("source.sync", {"source": "work"})
        arrives(daemon, "ada@x.example", "later")


def test_backfill_window_and_verify_add_up(place, server):
    now = time.time()
    for days in (1, 30, 89, 95, 400):
        server.append("INBOX", letter("ada@x.example", "me@own.example", f"{days} days",
                                      at=__import__("datetime").datetime.fromtimestamp(
                                          now - days * 86400, __import__("datetime").timezone.utc)),
                      date=now - days * 86400)
    with Daemon(place / "liaison", [account(server, since="90d")]) as daemon:
        daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
        daemon.wait_complete()
        assert {i["subject"] for i in timeline(daemon, "ada@x.example")} == {"1 days", "30 days", "89 days"}
        row = daemon.verify()
        assert (row["server"], row["outside_window"], row["decided"], row["missing"]) == (5, 2, 3, 0)
        daemon.call("backfill.start", {"source": "work", "since": "2y"})
        wait_until(lambda: len(timeline(daemon, "ada@x.example")) == 5, "the older ones")
        row = daemon.verify()
        assert (row["server"], row["outside_window"], row["decided"], row["missing"]) == (5, 0, 5, 0)


def test_threads_and_who_began(daemon, server):
    daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
    server.append("Sent", letter("me@own.example", "ada@x.example", "Offer", message_id="t1@own.example"))
    server.append("INBOX", letter("ada@x.example", "me@own.example", "Re: Offer", message_id="t2@x.example",
                                  in_reply_to="t1@own.example", references=["t1@own.example"]))
    daemon.call("source.sync", {"source": "work"})
    wait_until(lambda: len(timeline(daemon, "ada@x.example")) == 2, "both")
    one, two = timeline(daemon, "ada@x.example")
    assert one["thread"] == two["thread"] is not None
    assert {i["direction"] for i in (one, two)} == {"inbound", "outbound"}
    assert {i["initiated_by"] for i in (one, two)} == {"us"}


def test_a_read_behind_a_sync_sees_what_it_brought(daemon, server):
    ada = daemon.call("contact.add", {"name": "Ada Lovelace", "email": ["ada@x.example"]})
    daemon.wait_complete()
    for n in range(5):
        server.append("Sent", letter("me@own.example", "ada@x.example", f"in order {n}"))
        with daemon.client() as client:
            client.send("source.sync")
            read = client.send("interaction.list", {"where": f"subject = 'in order {n}'"})
            assert [item["contacts"][0]["no"] for item in client.answer(read)["items"]] == [ada["no"]]
