"""What has lost, doubled or blocked mail in other programs: each test is named after what must be true here."""

import itertools
import os
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

import pytest

from daemon import SANITIZED, Daemon, RpcError, account, wait_until
from imap_script import Message, ScriptedServer
from imap_script import section as scripted
from letters import letter
from reach import give

ADA, ME = "ada@x.example", "me@own.example"
MIGRATED = int(os.environ.get("LIAISON_MIGRATED", "3000"))


def section(server, **settings):
    """Of all of the mailbox: the dates of its messages are what they are."""
    return scripted(server, **{"since": "all", **settings})


def mail(uid, subject=None, sender=ADA, to=ME, headers="", **options):
    return Message(uid, f"From: {sender}\nTo: {to}\nSubject: {subject or f's{uid}'}\n"
                        f"Date: Sat, 21 Nov 2026 07:{uid // 60 % 60:02}:{uid % 60:02} +0000\n"
                        f"Message-ID: <s{uid}@x.example>\n{headers}\n", **options)


def mails(count, **options):
    return [mail(uid, **options) for uid in range(1, count + 1)]


def know_ada(daemon):
    return daemon.call("contact.add", {"name": "Ada", "email": [ADA]})["no"]


def subjects(daemon):
    return sorted(one["subject"] for one in daemon.all("interaction.list"))


def decisions(daemon, **filters):
    return {row["uid"]: row["decision"] for row in daemon.all("capture.list", **filters)}


def only(daemon):
    (one,) = daemon.all("interaction.list")
    return one


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
        assert daemon.all("capture.list", decision="quarantined")[0]["error"] == "no such luck"


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


# ---- servers -------------------------------------------------------------------------------------


def processor_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_a_server_that_hangs_up_after_each_login_is_not_stormed(place):
    ill = [True]
    with ScriptedServer(mails(1), lambda step, _: "bye" if step == "examine" and ill else None) as rogue, \
            Daemon(place / "liaison", [section(rogue)]) as daemon:
        know_ada(daemon)
        wait_until(lambda: daemon.source("rogue")["error"], "an error")
        (fetch,) = daemon.children()["liaison-fetch"]
        before, busy = rogue.connections, processor_seconds(fetch)
        time.sleep(2)
        assert rogue.connections - before <= 5
        assert SANITIZED or processor_seconds(fetch) - busy < 0.3
        ill.clear()
        wait_until(lambda: subjects(daemon) == ["s1"], "recovery", 90)


@pytest.mark.parametrize("moment", ("before idle", "within idle's answer", "during a fetch"))
def test_mail_that_comes_meanwhile_needs_no_other_to_be_seen(place, moment):
    """It is announced while something else is under way, once, and nothing follows."""
    told = []

    def announce(server):
        server.messages.append(mail(2, "meanwhile"))
        told.append(moment)
        return b"* 2 EXISTS\r\n"

    def idle(server, handler, tag, line):
        if told or moment == "during a fetch":
            return None
        said = [announce(server), b"+ idling\r\n"]
        return b"".join(said if moment == "before idle" else reversed(said))

    def fetch(server, handler, tag, line):
        if told or moment != "during a fetch":
            return None
        return server.fetched(line) + announce(server) + f"{tag} OK done\r\n".encode()

    with ScriptedServer(mails(1), hooks={"idle": idle, "fetch": fetch}) as rogue, \
            Daemon(place / "liaison", [section(rogue, poll="1h")]) as daemon:
        know_ada(daemon)
        wait_until(lambda: told, moment)
        wait_until(lambda: "meanwhile" in subjects(daemon), "the message")


def test_mail_that_comes_while_idle_is_broken_off_is_seen_soon(place):
    """A server may tell nothing of what came while the connection was at other work in that folder."""
    silent = []

    def fetch(server, handler, tag, line):
        if "HEADER" in line.upper() or silent:
            return None
        text = server.fetched(line)
        server.messages.append(mail(2, "unannounced"))
        silent.append(line)
        return text + f"{tag} OK done\r\n".encode()

    with ScriptedServer(mails(1), hooks={"fetch": fetch}) as rogue, \
            Daemon(place / "liaison", [section(rogue, poll="1h", level="text", connections=1)]) as daemon:
        know_ada(daemon)
        wait_until(lambda: silent, "the question for the text")
        wait_until(lambda: "unannounced" in subjects(daemon), "the message")


def test_mail_of_which_another_connection_knew_first_is_seen(place):
    """A search finds nothing yet, then its own connection is told as well."""
    told, behind = [], []

    def examine(server, handler, tag, line):
        told.append(handler)
        if len(told) == 2:
            server.messages.append(mail(2, "told twice"))
        count = len(server.messages)
        return (f"* {count} EXISTS\r\n* OK [UIDVALIDITY 7] v\r\n* OK [UIDNEXT {count + 1}] n\r\n"
                f"{tag} OK done\r\n").encode()

    def search(server, handler, tag, line):
        if len(server.messages) == 1 or handler is not told[0] or behind:
            return None
        behind.append(line)
        return f"* SEARCH\r\n* 2 EXISTS\r\n{tag} OK done\r\n".encode()

    def fetch(server, handler, tag, line):
        return f"{tag} OK done\r\n".encode() if handler is told[0] and len(behind) == 1 and " 2:*" in line else None

    with ScriptedServer(mails(1), hooks={"examine": examine, "search": search, "fetch": fetch}) as rogue, \
            Daemon(place / "liaison", []) as daemon:
        rogue.LOOK = 60  # idling, it tells of nothing
        know_ada(daemon)
        daemon.configure([section(rogue, poll="1h")])
        daemon.call("system.reload")
        wait_until(lambda: behind, "a search that finds nothing")
        behind.append("over")
        wait_until(lambda: "told twice" in subjects(daemon), "the message")


def test_mail_that_is_announced_before_it_can_be_fetched_is_asked_again(place):
    lagging = []

    def fetch(server, handler, tag, line):
        if "HEADER" not in line.upper() or 2 not in server.in_set(line.split(" ")[2]) or len(lagging) == 2:
            return None
        lagging.append(line)
        return f"{tag} OK nothing yet\r\n".encode()

    with ScriptedServer(mails(1), hooks={"fetch": fetch}) as rogue, \
            Daemon(place / "liaison", [section(rogue)]) as daemon:
        know_ada(daemon)
        daemon.wait_complete("rogue")
        rogue.messages.append(mail(2))
        wait_until(lambda: subjects(daemon) == ["s1", "s2"], "the message", 60)
        assert len(lagging) == 2


def test_a_retry_that_is_cut_off_is_no_success(place):
    """What could not be asked again is not told as asked."""
    cuts = []

    def fetch(server, handler, tag, line):
        if "HEADER" not in line.upper() or 2 not in server.in_set(line.split(" ")[2]):
            return None
        if cuts:
            handler.request.close()
            return None
        others = [m for m in server.messages if m.uid in server.in_set(line.split(" ")[2]) - {2}]
        text = b"".join(server.fetched(f"UID FETCH {m.uid} (HEADER)") for m in others)
        return text + f"{tag} NO cannot read it\r\n".encode()

    with ScriptedServer(mails(3), hooks={"fetch": fetch}) as rogue, \
            Daemon(place / "liaison", [section(rogue)]) as daemon:
        know_ada(daemon)
        wait_until(lambda: len(decisions(daemon)) == 3, "three decisions")
        assert decisions(daemon)[2] == "quarantined"
        cuts.append(True)
        with pytest.raises(RpcError, match="not all of it could be read again") as caught:
            daemon.call("capture.retry")
        assert caught.value.name == "unavailable"
        assert decisions(daemon)[2] == "quarantined"


def test_a_server_without_list_charsets_and_flags_loses_nothing(place):
    def search(server, handler, tag, line):
        return f"{tag} NO [BADCHARSET (US-ASCII)] no\r\n".encode() if "CHARSET" in line.upper() else None

    def fetch(server, handler, tag, line):
        return server.fetched(line).replace(b" FLAGS ()", b"") + f"{tag} OK done\r\n".encode()

    def no_lists(server, handler, tag, line):
        return f"{tag} NO no lists\r\n".encode()

    hooks = {"search": search, "fetch": fetch, "list": no_lists}
    with ScriptedServer(mails(3), hooks=hooks) as rogue, Daemon(place / "liaison", [section(rogue)]) as daemon:
        know_ada(daemon)
        daemon.wait_complete("rogue")
        assert subjects(daemon) == ["s1", "s2", "s3"]


def test_a_delimiter_of_nil_is_no_obstacle(place):
    def flat(server, handler, tag, line):
        return f'* LIST (\\HasNoChildren) NIL INBOX\r\n* LIST () NIL "Flat"\r\n{tag} OK done\r\n'.encode()

    with ScriptedServer(mails(2), hooks={"list": flat}) as rogue, Daemon(place / "liaison", [section(rogue)]) as daemon:
        know_ada(daemon)
        daemon.wait_complete("rogue")
        assert subjects(daemon) == ["s1", "s2"]
        assert {folder["name"] for folder in daemon.source("rogue")["folders"]} == {"INBOX", "Flat"}


def test_too_many_connections_is_no_refused_login(place):
    full = [b"NO [ALERT] Too many simultaneous connections. (Failure)"]

    def login(server, handler, tag, line):
        return tag.encode() + b" " + full.pop() + b"\r\n" if full else None

    def fetch(server, handler, tag, line):
        return server.fetched(line) + f"{tag} OK [THROTTLED] Success\r\n".encode()

    with ScriptedServer(mails(3), hooks={"login": login, "fetch": fetch}) as rogue, \
            Daemon(place / "liaison", [section(rogue)]) as daemon:
        know_ada(daemon)
        error = wait_until(lambda: daemon.source("rogue")["error"], "what the server says")
        assert "Too many simultaneous connections" in error
        assert daemon.source("rogue")["state"] != "auth-failed"
        wait_until(lambda: subjects(daemon) == ["s1", "s2", "s3"], "all three", 60)
        wait_until(lambda: daemon.source("rogue")["error"] is None, "recovery")


def test_a_server_that_wants_authenticate_is_not_tried_with_login(place):
    def login(server, handler, tag, line):
        return f"{tag} BAD Mate, try AUTHENTICATE\r\n".encode() if line.upper().startswith("LOGIN") else None

    capability = "IMAP4rev1 IDLE AUTH=PLAIN LOGINDISABLED"
    with ScriptedServer(mails(1), hooks={"login": login}, capability=capability) as rogue, \
            Daemon(place / "liaison", [section(rogue)]) as daemon:
        know_ada(daemon)
        daemon.wait_complete("rogue")
        assert subjects(daemon) == ["s1"]
        words = {line.split(" ")[1].upper() for line in rogue.commands if " " in line}
        assert "AUTHENTICATE" in words
        assert not words & {"LOGIN", "ID", "NAMESPACE"}, "what breaks servers and is not needed is not said"


def memory_kib(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return int(next(line for line in file if line.startswith("VmHWM:")).split()[1])


def test_a_huge_message_and_a_line_of_ten_megabytes_leave_memory_flat(place, server):
    huge = Message(2, b"From: " + ADA.encode() + b"\r\nSubject: long\r\nX-Long: " + b"y" * (10 << 20) + b"\r\n\r\n")
    with ScriptedServer([mail(1, size=200 << 20), huge, mail(3)]) as rogue, \
            Daemon(place / "liaison", [section(rogue, level="text"), account(server)]) as daemon:
        (fetch,) = daemon.children()["liaison-fetch"]
        know_ada(daemon)
        daemon.wait_complete("rogue", 60)
        assert subjects(daemon) == ["long", "s1", "s3"]
        server.append("INBOX", letter(ADA, ME, "beside"))
        wait_until(lambda: "beside" in subjects(daemon), "the other source")
        assert daemon.children()["liaison-fetch"] == [fetch]
        assert SANITIZED or memory_kib(fetch) < 40 << 10


def test_folder_names_of_any_kind_are_watched(daemon, server):
    know_ada(daemon)
    daemon.wait_complete()
    names = {'"He said \\"hi\\""': 'He said "hi"', '"A &- B"': "A & B", "&ZeVnLIqe-": "日本語",
             '"two  blanks "': "two  blanks "}
    connection = server.imap()
    for wire in names:
        assert connection.create(wire)[0] == "OK", wire
    connection.logout()
    daemon.call("source.sync")
    for wire, name in names.items():
        server.append(wire, letter(ADA, ME, f"in {name.strip()}"))

    def all_there():
        daemon.call("source.sync")
        return {f"in {name.strip()}" for name in names.values()} <= set(subjects(daemon))
    wait_until(all_there, "mail in all of them")
    assert set(names.values()) <= {row["folder"] for row in daemon.all("capture.list")}


# ---- contents ------------------------------------------------------------------------------------

SENDERS = [  # what the From field holds, and whether Ada is found in it
    ("", False), ("<>", False), ("<<<@@>>>", False), ("undisclosed-recipients:;", False), ("Ada", False),
    (f"Friends: {ADA}, bo@y.example;", True), (f'"Ada, \\"the first\\"" <{ADA}>', True),
    (f"{ADA} (Ada (really))", True), (f"=?utf-8?q?Ad=C3=A0?= <{ADA.upper()}>", True), (f"Ada <{ADA}", True),
    (f"<@route.example:{ADA}>", True),
    ("\x00\x01\x02", False), ("a@b@c@d", False),
]


def test_senders_that_cannot_be_read_hold_up_nobody(place):
    some = [mail(uid, sender=sender, to="someone@y.example") for uid, (sender, _) in enumerate(SENDERS, 1)]
    with ScriptedServer(some) as rogue, Daemon(place / "liaison", [section(rogue)]) as daemon:
        know_ada(daemon)
        daemon.wait_complete("rogue")
        found = decisions(daemon)
        assert len(found) == len(SENDERS)
        assert {SENDERS[uid - 1][0]: decision == "captured" for uid, decision in found.items()} == dict(SENDERS)


SUBJECTS = {  # bytes on the wire, and what a person reads
    b"=?unicode-1-1-utf-7?Q?+2D3eFQ-?= fun": None,
    b"=?klingon-1?Q?nuqneH?=": "nuqneH",
    b"Gr\xc3\xbc\xc3\x9fe": "Grüße",
    b"Gr\xfc\xdfe": None,
    b"=?utf-8?B?4pyT4pyT4pyTQQ==?= =?utf-8?B?8J+Y?= =?utf-8?B?gA==?=": None,
    b"=?iso-2022-jp?B?GyRCJCIkJBsoQg==?=": "あい",
    b"=?gb2312?B?xOO6ww==?=": "你好",
    b"=?koi8-r?B?8NLJ18XU?=": "Привет",
    b"=?utf-8?q?cut_=e2=82?=": None,
    b"=?utf-8?q?emoji_=f0=9f=98=80?=": "emoji 😀",
    b"0": "0",
    b"": "",
    b"x" * 5000: None,
    b"=?utf-8?q?two=0d=0alines=00=1b[31m?=": None,
}


def test_subjects_in_any_charset_are_readable_text(place):
    some = []
    for uid, subject in enumerate(SUBJECTS, 1):
        some.append(mail(uid))
        some[-1].header = some[-1].header.replace(b"Subject: s%d\r" % uid, b"Subject: " + subject + b"\r")
    with ScriptedServer(some) as rogue, Daemon(place / "liaison", [section(rogue)]) as daemon:
        know_ada(daemon)
        daemon.wait_complete("rogue")
        found = {one["message_id"]: one["subject"] for one in daemon.all("interaction.list")}
        assert len(found) == len(SUBJECTS)
        for uid, (wire, expected) in enumerate(SUBJECTS.items(), 1):
            got = found[f"s{uid}@x.example"]
            if expected is not None:
                assert (got or "") == expected, wire
            else:
                assert got.isprintable() and 0 < len(got.encode()) <= 2000, wire


DATES = ["", "Date: Fri, 99 Feb 99999 99:99:99 +9999\n", "Date: Thu, 1 Jan 1970 00:00:00 +0000\n",
         "Date: Sat, 21 Nov 2099 07:00:00 +0000\n", "Date: in a while\n"]


def test_a_date_that_cannot_be_is_the_servers(place):
    some = [Message(uid, f"From: {ADA}\nTo: {ME}\nSubject: d{uid}\nMessage-ID: <d{uid}@x.example>\n{date}",
                    internaldate="20-Nov-2026 08:30:00 +0100") for uid, date in enumerate(DATES, 1)]
    said = format_datetime(datetime(2026, 11, 19, 6, 0, tzinfo=timezone.utc)).encode()
    some.append(Message(len(some) + 1, b"From: " + ADA.encode() + b"\r\nSubject: zone\r\nMessage-ID: <z@x.example>\r\n"
                                       b"Date: " + said + b" (\xd0\xd1\xd2)\r\n"))
    with ScriptedServer(some) as rogue, Daemon(place / "liaison", [section(rogue, since="all")]) as daemon:
        know_ada(daemon)
        daemon.wait_complete("rogue")
        at = {one["subject"]: datetime.fromisoformat(one["at"]) for one in daemon.all("interaction.list")}
        assert len(at) == len(some)
        assert at.pop("zone") == datetime(2026, 11, 19, 6, 0, tzinfo=timezone.utc)
        assert set(at.values()) == {datetime(2026, 11, 20, 7, 30, tzinfo=timezone.utc)}
