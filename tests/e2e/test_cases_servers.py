"""What servers do that has lost or blocked mail in other programs: each test is named after what must be true here."""

import os
import time

import pytest

from cases import ADA, ME, decisions, know_ada, mail, mails, section, subjects
from daemon import SANITIZED, Daemon, RpcError, account, wait_until
from imap_script import Message, ScriptedServer
from letters import letter


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
