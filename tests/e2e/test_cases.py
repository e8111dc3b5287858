"""What has lost, doubled or blocked mail in other programs: each test is named after what must be true here. Of cursors
and of one message here; of servers and of contents in the files beside this one."""

import itertools
import os
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

import pytest

from cases import ADA, ME, decisions, know_ada, mail, mails, only, section, subjects
from daemon import Daemon, RpcError, account, wait_until
from imap_script import Message, ScriptedServer
from letters import letter
from reach import give

MIGRATED = int(os.environ.get("LIAISON_MIGRATED", "3000"))


class Folders(ScriptedServer):
    """Several folders, each with its messages and UIDVALIDITY (a number, or a function that gives one)."""

    def __init__(self, folders, validities, **options):
        self.local = threading.local()
        self.folders, self.validities = folders, validities
        super().__init__(**options)

    @property
    def folder(self):
        return getattr(self.local, "folder", "INBOX")

    @property
    def messages(self):
        return self.folders[self.folder]

    @messages.setter
    def messages(self, _):
        pass

    @property
    def uidvalidity(self):
        value = self.validities[self.folder]
        return value() if callable(value) else value

    @uidvalidity.setter
    def uidvalidity(self, _):
        pass

    def command(self, handler, tag, rest):
        words = rest.split(" ")
        if words[0].upper() == "LIST":
            listed = "".join(f'* LIST () "/" "{name}"\r\n' for name in self.folders)
            handler.request.sendall(f"{listed}{tag} OK done\r\n".encode())
            return True
        if words[0].upper() in ("EXAMINE", "STATUS"):
            before, self.local.folder = self.folder, words[1].strip('"')
            goes_on = super().command(handler, tag, rest)
            if words[0].upper() == "STATUS":
                self.local.folder = before
            return goes_on
        return super().command(handler, tag, rest)


# ---- cursors -------------------------------------------------------------------------------------


def test_a_modseq_decides_nothing(place):
    """It rises while there is nothing to find, then a message has a lower one."""
    modseqs = itertools.count(900, 10)

    def examine(server, handler, tag, line):
        count = len(server.messages)
        return (f"* {count} EXISTS\r\n* OK [UIDVALIDITY 7] v\r\n* OK [UIDNEXT {count + 1}] n\r\n"
                f"* OK [HIGHESTMODSEQ {next(modseqs)}] m\r\n{tag} OK done\r\n").encode()

    def fetch(server, handler, tag, line):
        return server.fetched(line).replace(b"FETCH (UID", b"FETCH (MODSEQ (12) UID") + f"{tag} OK done\r\n".encode()

    with ScriptedServer(capability="IMAP4rev1 IDLE CONDSTORE", hooks={"examine": examine, "fetch": fetch}) as rogue, \
            Daemon(place / "liaison", [section(rogue)]) as daemon:
        know_ada(daemon)
        for _ in range(3):
            daemon.call("source.sync", {"source": "rogue"})
        rogue.messages.append(mail(1))
        daemon.call("source.sync", {"source": "rogue"})
        assert subjects(daemon) == ["s1"]
        assert not any("MODSEQ" in line or "CHANGEDSINCE" in line for line in rogue.commands)


def test_a_backfill_of_what_is_not_kept_goes_on_to_what_is(place):
    """More than a slice of mail among ourselves lies on top of a contact's."""
    some = mails(3) + [mail(uid, sender="boss@own.example") for uid in range(4, 604)]
    with ScriptedServer(some) as rogue, \
            Daemon(place / "liaison", [section(rogue)], "own-domains = own.example") as daemon:
        know_ada(daemon)
        daemon.wait_complete("rogue")
        assert subjects(daemon) == ["s1", "s2", "s3"]
        assert sorted(decisions(daemon).values()) == ["captured"] * 3 + ["internal"] * 600


def test_a_message_that_the_database_refuses_is_quarantined_alone(place):
    with ScriptedServer() as rogue, \
            Daemon(place / "liaison", [section(rogue)], expects_errors="UID 3 is quarantined: no such luck") as daemon:
        know_ada(daemon)
        daemon.wait_complete("rogue")
        with sqlite3.connect(daemon.database, timeout=20) as other:
            other.execute("CREATE TRIGGER unlucky BEFORE INSERT ON message WHEN NEW.subject = 's3' "
                          "BEGIN SELECT raise(ABORT, 'no such luck'); END")
        rogue.messages += mails(5)
        wait_until(lambda: len(daemon.all("capture.list")) == 5, "five decisions")
        assert decisions(daemon) == {uid: "quarantined" if uid == 3 else "captured" for uid in range(1, 6)}
        row, = daemon.all("capture.list", decision="quarantined")
        assert row["error"] == "no such luck"
        daemon.call("capture.retry", {"id": [row["id"]]})   # brings what the server has of it
        assert "Subject: s3" in daemon.call("capture.show", {"id": row["id"]})["header"]


def test_syncs_during_a_sync_double_nothing(place, server):
    server.fill(400)
    with Daemon(place / "liaison", [account(server)]) as daemon:
        with ThreadPoolExecutor(6) as pool:
            answers = list(pool.map(lambda _: daemon.call("source.sync"), range(12)))
        assert all(one["error"] is None for answer in answers for one in answer["items"])
        daemon.wait_complete()
        rows = daemon.all("capture.list")
        assert len(rows) == len({row["uid"] for row in rows}) == 400
        assert not [row for row in rows if row["decision"] == "duplicate"]


def set_next_uid(server, folder, uid, validity=1234567890):
    """What the folder holds is gone, and its next message gets this UID."""
    maildir = server.maildir(folder=folder)
    server.stop()
    for index in (*maildir.glob("dovecot.index*"), *maildir.glob("dovecot-uidlist"), *maildir.glob("[cn][ue][rw]/*")):
        index.unlink()
    (maildir / "dovecot-uidlist").write_text(f"3 V{validity} N{uid} G{uid:032}\n")
    give(maildir / "dovecot-uidlist")
    server.start()


def test_a_folder_is_followed_whatever_the_uids_of_another(place, server):
    for folder, uid in (("INBOX", 6806), ("Archive", 6035)):
        server.append(folder, letter(ADA, ME, "makes the folder"))
        set_next_uid(server, folder, uid)
        server.append(folder, letter(ADA, ME, f"first of {folder}"))
    with Daemon(place / "liaison", [account(server)]) as daemon:
        know_ada(daemon)
        daemon.wait_complete()
        assert decisions(daemon) == {6806: "captured", 6035: "captured"}
        for folder in ("Archive", "INBOX", "Archive"):
            server.append(folder, letter(ADA, ME, f"more of {folder}"))
            daemon.call("source.sync")
        assert decisions(daemon) == dict.fromkeys((6806, 6807, 6035, 6036, 6037), "captured")


def test_a_migrated_mailbox_loses_and_doubles_nothing_and_keeps_its_links(place):
    """Another UIDVALIDITY, other UIDs; and no question for UID 0."""
    with ScriptedServer(mails(MIGRATED)) as rogue, Daemon(place / "liaison", [section(rogue)]) as daemon:
        ada = know_ada(daemon)
        daemon.wait_complete("rogue")

        def links():
            return {one["message_id"]: (one["id"], [c["no"] for c in one["contacts"]])
                    for one in daemon.all("interaction.list")}
        before = links()
        assert len(before) == MIGRATED and all(found == [ada] for _, found in before.values())
        asked = len(rogue.commands)
        daemon.call("source.pause", {"source": "rogue"})
        for message in rogue.messages:
            message.uid += 10
        rogue.uidvalidity = 8
        daemon.call("source.resume", {"source": "rogue"})

        def recognised():
            try:
                row = daemon.verify("rogue")
            except RpcError:  # it is looked for anew
                return False
            return row["recognised"] == MIGRATED and row
        row = wait_until(recognised, "all recognised", 120)
        assert (row["server"], row["decided"], row["missing"]) == (MIGRATED, MIGRATED, 0)
        assert links() == before
        assert not [line for line in rogue.commands[asked:] if " 0:" in line or " 0 " in line]


def test_a_folder_whose_uidvalidity_changes_each_time_holds_up_no_other(place):
    turns = itertools.count(100)
    folders = {"INBOX": mails(2), "Flaky": [mail(uid, f"flaky{uid}") for uid in range(1, 4)]}
    with Folders(folders, {"INBOX": 7, "Flaky": lambda: next(turns)}) as rogue, \
            Daemon(place / "liaison", [section(rogue)]) as daemon:
        know_ada(daemon)
        wait_until(lambda: {"s1", "s2"} <= set(subjects(daemon)), "the other folder")
        for uid in range(3, 6):
            folders["INBOX"].append(mail(uid))
            wait_until(lambda: f"s{uid}" in subjects(daemon), "its new mail")
        found = subjects(daemon)
        assert len(found) == len(set(found)), "nothing is doubled"


def test_mail_is_captured_after_the_mailbox_was_emptied(daemon, server):
    know_ada(daemon)
    for n in range(3):
        server.append("INBOX", letter(ADA, ME, f"before {n}"))
    wait_until(lambda: len(subjects(daemon)) == 3, "what was there")
    connection = server.imap()
    connection.select("INBOX")
    connection.store("1:*", "+FLAGS", "\\Deleted")
    connection.expunge()
    connection.logout()
    daemon.call("source.sync")
    server.append("INBOX", letter(ADA, ME, "after"))
    wait_until(lambda: "after" in subjects(daemon), "what came then")
    assert len(subjects(daemon)) == 4
    row = daemon.verify()
    assert (row["server"], row["missing"], row["gone"]) == (1, 0, 3)


@pytest.mark.parametrize("days", (3, 40))
def test_all_mail_of_the_days_nobody_ran_is_captured(place, server, days):
    daemon = Daemon(place / "liaison", [account(server, since="7d")])
    with daemon:
        know_ada(daemon)
        daemon.wait_complete()
    for ago in range(days, -1, -1):
        at = datetime.now(timezone.utc) - timedelta(days=ago)
        server.append("INBOX", letter(ADA, ME, f"{ago} days ago", at=at), date=at.timestamp())
    with daemon:
        wait_until(lambda: len(daemon.all("capture.list")) == days + 1, "all of it")
        assert set(decisions(daemon).values()) == {"captured"}


# ---- one message, one interaction ----------------------------------------------------------------


def move(connection, source, target):
    connection.select(source)
    connection.copy("1:*", target)
    connection.store("1:*", "+FLAGS", "\\Deleted")
    connection.expunge()


def test_a_message_that_wanders_or_is_uploaded_again_is_one_interaction(daemon, server):
    know_ada(daemon)
    text = letter(ADA, ME, "wanders", message_id="wanders@x.example")
    server.append("INBOX", text)
    wait_until(lambda: subjects(daemon) == ["wanders"], "the message")
    first = only(daemon)["id"]
    connection = server.imap()
    connection.create("Archive")
    for source, target in (("INBOX", "Archive"), ("Archive", "INBOX")):
        move(connection, source, target)
        daemon.call("source.sync")
        wait_until(lambda: target in {s["folder"] for s in only(daemon)["sources"]}, f"its place in {target}")
    move(connection, "INBOX", "Trash")
    connection.logout()
    server.append("INBOX", text)
    daemon.call("source.sync")
    wait_until(lambda: len(daemon.all("capture.list")) == 4, "the upload")
    assert only(daemon)["id"] == first
    assert sorted(row["decision"] for row in daemon.all("capture.list")) == ["captured"] + ["duplicate"] * 3


def test_our_copy_to_ourselves_is_the_same_interaction_in_two_folders(daemon, server):
    know_ada(daemon)
    text = letter(ME, ADA, "to both", cc=ME)
    for folder in ("Sent", "INBOX"):
        server.append(folder, text)
    daemon.call("source.sync")
    one = wait_until(lambda: subjects(daemon) == ["to both"] and len(only(daemon)["sources"]) == 2 and only(daemon),
                     "both places")
    assert {s["folder"] for s in one["sources"]} == {"INBOX", "Sent"}
    assert one["direction"] == "outbound" and one["moves"] == []


def test_mails_without_a_message_id_or_with_a_used_one_are_told_apart(place):
    def anonymous(uid, path):
        return Message(uid, f"Received: by {path}.x.example\nFrom: {ADA}\nTo: {ME}\nSubject: same\n"
                            "Date: Sat, 21 Nov 2026 07:00:00 +0000\n")
    some = [anonymous(1, "one"), anonymous(2, "two"), mail(3), mail(4)]
    some[3].header = some[3].header.replace(b"<s4@", b"<s3@")
    with ScriptedServer(some) as rogue, Daemon(place / "liaison", [section(rogue)]) as daemon:
        know_ada(daemon)
        daemon.wait_complete("rogue")
        assert subjects(daemon) == ["s3", "s4", "same", "same"]
        reasons = [row["reason"] for row in daemon.all("capture.list") if row["uid"] in (3, 4)]
        assert sum("Message-ID is already used" in reason for reason in reasons) == 1


def test_a_draft_that_is_sent_is_one_outbound_message(daemon, server):
    know_ada(daemon)
    daemon.wait_complete()
    text = letter(ME, ADA, "dance", message_id="dance@own.example")
    for _ in range(2):
        server.append("Drafts", text)
        daemon.call("source.sync")
    connection = server.imap()
    connection.select("Drafts")
    connection.store("1:*", "+FLAGS", "\\Deleted")
    connection.expunge()
    connection.logout()
    server.append("Sent", text)
    one = wait_until(lambda: daemon.all("interaction.list"), "the message")
    assert [(i["subject"], i["direction"], i["initiated_by"]) for i in one] == [("dance", "outbound", "us")]
    assert [row["folder"] for row in daemon.all("capture.list")] == ["Sent"]


def test_our_aliases_are_us_in_any_case(place, server):
    with Daemon(place / "liaison", [account(server, addresses="sales@brand.example")]) as daemon:
        know_ada(daemon)
        for sender in ("ME@Own.Example", "Sales Team <SALES@Brand.EXAMPLE>"):
            server.append("INBOX", letter(sender, ADA, f"of {sender}"))
        wait_until(lambda: len(subjects(daemon)) == 2, "both")
        assert {one["direction"] for one in daemon.all("interaction.list")} == {"outbound"}
        assert [c["email"] for one in daemon.all("interaction.list") for c in one["contacts"]] == [ADA] * 2


def test_a_like_subject_of_somebody_else_makes_no_reply(daemon, server):
    know_ada(daemon)
    server.append("Sent", letter(ME, ADA, "Offer", message_id="offer@own.example"))
    server.append("INBOX", letter("eve@z.example", ME, "Re: Offer", message_id="eve@z.example"))
    server.append("INBOX", letter(ADA, ME, "Something else", in_reply_to="offer@own.example"))
    daemon.call("source.sync")
    wait_until(lambda: len(daemon.all("capture.list")) == 3, "three decisions")
    offer, answer = sorted(daemon.all("interaction.list"), key=lambda one: one["subject"])
    assert offer["thread"] == answer["thread"], "a new subject is a reply all the same"
    told = daemon.call("capture.explain", {"message_id": "eve@z.example"})
    assert [row["decision"] for row in told["captures"]] == ["unmatched"]
