"""What servers do wrong, one thing a test: said, recovered from, and without harm to the source beside it."""

import os
import signal
import sqlite3

import pytest

from daemon import Daemon, RpcError, account, wait_until
from imap_script import Message, ScriptedServer, section
from letters import letter


def messages(count=3):
    return [Message(n, f"From: ada@x.example\nTo: me@own.example\nSubject: s{n}\n"
                       f"Date: Sat, 21 Nov 2026 07:00:0{n % 10} +0000\nMessage-ID: <s{n}@x.example>\n\n")
            for n in range(1, count + 1)]


def test_uids_that_a_no_hides_are_asked_again(place):
    tries = []

    def fetch(server, handler, tag, line):
        if "HEADER" in line.upper() and not tries:
            tries.append(line)
            whole = server.fetched(line)
            first = whole[:whole.index(b"* 2 FETCH")]
            return first + f"{tag} NO some are broken\r\n".encode() + b""
        return None

    with ScriptedServer(messages(), hooks={"fetch": fetch}) as rogue, \
            Daemon(place / "liaison", [section(rogue)]) as daemon:
        daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})

        def answered():
            return len(daemon.all("interaction.list")) == 3
        wait_until(answered, "the hidden ones", 60)


def test_unknown_untagged_data_and_items_are_passed_over(place):
    def fetch(server, handler, tag, line):
        if "HEADER" not in line.upper():
            return None
        whole = server.fetched(line).replace(b"(UID", b'(X-FOO "bar" EMAILID (M1) MODSEQ (12) UID')
        return (b"* FOO BAR\r\n* OK\r\n* STATUS x (SIZE 5)\r\n* 9 RECENT\r\n* 2 FETCH (FLAGS (\\Seen))\r\n" + whole +
                f"{tag} OK [X-NEW (a b)] done\r\n".encode())

    with ScriptedServer(messages(), hooks={"fetch": fetch}) as rogue, \
            Daemon(place / "liaison", [section(rogue)]) as daemon:
        daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
        wait_until(lambda: len(daemon.all("interaction.list")) == 3, "all three")


@pytest.mark.parametrize("uidvalidity", (0, None))
def test_uidvalidity_zero_or_absent_works_without_an_endless_reseed(place, uidvalidity):
    def examine(server, handler, tag, line):
        text = f"* {len(server.messages)} EXISTS\r\n"
        if uidvalidity is not None:
            text += f"* OK [UIDVALIDITY {uidvalidity}] v\r\n"
        return (text + f"{tag} OK done\r\n").encode()

    with ScriptedServer(messages(), hooks={"examine": examine}) as rogue, \
            Daemon(place / "liaison", [section(rogue)]) as daemon:
        daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
        wait_until(lambda: len(daemon.all("interaction.list")) == 3, "all three")
        rogue.messages.append(messages(4)[-1])
        daemon.call("source.sync", {"source": "rogue"})
        wait_until(lambda: len(daemon.all("interaction.list")) == 4, "the fourth")
        asked = len([c for c in rogue.commands if "FETCH" in c])
        daemon.call("source.sync", {"source": "rogue"})
        assert len([c for c in rogue.commands if "FETCH" in c]) - asked <= 2
        assert len(daemon.all("interaction.list")) == 4


def test_messages_that_come_twice_or_unasked_are_taken_once(place):
    def fetch(server, handler, tag, line):
        if "HEADER" not in line.upper():
            return None
        all_of_them = server.fetched("UID FETCH 1:* (HEADER)")
        return all_of_them + all_of_them.replace(b"(UID ", b"(UID 7") + all_of_them + f"{tag} OK done\r\n".encode()

    with ScriptedServer(messages(), hooks={"fetch": fetch}) as rogue, \
            Daemon(place / "liaison", [section(rogue)]) as daemon:
        daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
        wait_until(lambda: len(daemon.all("interaction.list")) == 3, "all three")
        rogue.messages.append(messages(4)[-1])
        wait_until(lambda: len(daemon.all("interaction.list")) == 4, "the fourth")
        assert sorted(row["uid"] for row in daemon.all("capture.list")) == [1, 2, 3, 4]


@pytest.mark.parametrize("idle", ("INBOX", "none"))
def test_a_uidnext_that_lies_hides_no_mail(place, idle):
    """By EXAMINE where it idles, by STATUS where it polls: as many messages have at least as high a UIDNEXT."""
    def examine(server, handler, tag, line):
        return (f"* {len(server.messages)} EXISTS\r\n* OK [UIDVALIDITY 7] v\r\n* OK [UIDNEXT 1] n\r\n"
                f"{tag} OK done\r\n").encode()

    def status(server, handler, tag, line):
        return f"* STATUS INBOX (MESSAGES {len(server.messages)} UIDNEXT 1 UIDVALIDITY 7)\r\n{tag} OK done\r\n".encode()

    with ScriptedServer(messages(), hooks={"examine": examine, "status": status}) as rogue, \
            Daemon(place / "liaison", [section(rogue, idle=idle, poll="11s")]) as daemon:
        daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
        wait_until(lambda: len(daemon.all("interaction.list")) == 3, "all three")
        rogue.messages.append(messages(4)[-1])
        wait_until(lambda: len(daemon.all("interaction.list")) == 4, "the fourth", 40)


def test_a_server_without_extensions_is_polled(place):
    with ScriptedServer(messages(), capability="IMAP4rev1") as rogue, \
            Daemon(place / "liaison", [section(rogue)]) as daemon:
        daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
        wait_until(lambda: len(daemon.all("interaction.list")) == 3, "all three")
        rogue.messages.append(messages(4)[-1])
        wait_until(lambda: len(daemon.all("interaction.list")) == 4, "the fourth", 40)
        assert daemon.source("rogue")["state"] == "polling"
        assert not any("IDLE" in line for line in rogue.commands)


def test_the_last_message_that_n_star_answers_is_not_captured_again(place):
    with ScriptedServer(messages()) as rogue, Daemon(place / "liaison", [section(rogue)]) as daemon:
        daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
        wait_until(lambda: len(daemon.all("interaction.list")) == 3, "all three")
        for _ in range(3):
            daemon.call("source.sync", {"source": "rogue"})
        assert len(daemon.all("capture.list")) == 3


def test_uid_gaps_up_to_the_top(place):
    some = messages(3)
    for message, uid in zip(some, (1, 2 ** 31, 2 ** 32 - 2)):
        message.uid = uid
    with ScriptedServer(some) as rogue, Daemon(place / "liaison", [section(rogue)]) as daemon:
        daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
        wait_until(lambda: len(daemon.all("interaction.list")) == 3, "all three")
        assert sorted(r["uid"] for r in daemon.all("capture.list")) == [1, 2 ** 31, 2 ** 32 - 2]


def test_a_poison_item_is_retried_alone_then_quarantined_and_named(place):
    some = messages(5)
    some[2].header = some[2].header.replace(b"Subject: s3", b"Subject: s3\r\nX-Liaison-Test: crash")
    daemon = Daemon(place / "liaison", [], environment={"LIAISON_TEST_POISON": "1"})
    with ScriptedServer(some) as rogue:
        daemon.configure([section(rogue)])
        with daemon:
            daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
            wait_until(lambda: len(daemon.all("capture.list")) == 5, "five decisions", 60)
            rows = {r["uid"]: r for r in daemon.all("capture.list")}
            assert rows[3]["decision"] == "quarantined" and rows[3]["error"]
            assert [rows[u]["decision"] for u in (1, 2, 4, 5)] == ["captured"] * 4
            rogue.messages.append(messages(6)[-1])
            wait_until(lambda: len(daemon.all("interaction.list")) == 5, "later mail", 60)


def test_mail_that_crashes_or_hangs_other_parsers_is_recorded(place):
    bombs = {1: "Date: " + "(" * 106000, 2: "To: " + "a;" * 60000, 3: "X-A: b\n" * 30000 + "Subject: many",
             4: "Subject: " + "=?utf-8?q?=C3=A9?= " * 8000,
             5: "To: " + ",".join(f"u{n}@y.example" for n in range(20000))}
    some = [Message(n, f"From: ada@x.example\nMessage-ID: <b{n}@x.example>\n{text}\n\n") for n, text in bombs.items()]
    some.append(messages(6)[-1])
    with ScriptedServer(some) as rogue, Daemon(place / "liaison", [section(rogue)]) as daemon:
        daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
        wait_until(lambda: len(daemon.all("capture.list")) == 6, "six decisions", 60)
        decided = {r["uid"]: r["decision"] for r in daemon.all("capture.list")}
        assert decided.pop(5) == "bulk"  # it is to very many
        assert set(decided.values()) <= {"captured", "bulk", "quarantined"}
        assert any(i["subject"] == "s6" for i in daemon.all("interaction.list"))


def test_the_probes_that_crash_libetpan_leave_the_daemon_alive_and_the_culprit_named(place, server):
    from dovecot import TOP
    inputs = sorted((TOP / "tests/data/imap").glob("*"))
    assert len(inputs) >= 10, inputs

    class Player(ScriptedServer):
        def __init__(self, data):
            super().__init__()
            self.data = data

        def serve(self, handler):
            handler.request.sendall(self.data)
            handler.request.settimeout(2)
            while handler.request.recv(4096):
                pass

    players = [Player(path.read_bytes()) for path in inputs]
    for player in players:
        player.__enter__()
    try:
        accounts = [section(player, f"p{n}") for n, player in enumerate(players)] + [account(server)]
        with Daemon(place / "liaison", accounts) as daemon:
            daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
            fetch = daemon.children()["liaison-fetch"]
            daemon.wait_complete("work")
            for n, player in enumerate(players):
                wait_until(lambda: player.connections, f"a connection to {inputs[n].name}")
                wait_until(lambda: daemon.source(f"p{n}")["error"], f"an error for {inputs[n].name}", 40)
            server.append("INBOX", letter("ada@x.example", "me@own.example", "alive"))
            wait_until(lambda: daemon.all("interaction.list"), "mail of the good source")
            assert daemon.children()["liaison-fetch"] == fetch
    finally:
        for player in players:
            player.__exit__()


def test_a_slice_that_is_cut_after_a_message_was_left_out_moves_no_cursor(place):
    """FAILED and an error together: what was not delivered is asked again."""
    some = messages(40)
    turns = []

    def fetch(server, handler, tag, line):
        if "HEADER" not in line.upper() or len(turns) >= 6:
            return None
        turns.append(line)
        whole = server.fetched(line)
        marks = [place for place in range(len(whole)) if whole.startswith(b"* ", place) and b" FETCH (UID" in whole[place:place + 30]]
        if len(marks) < 3:
            return None
        return whole[:marks[len(marks) // 2]] + b"* 1 FETCH (UID 0 ((((\r\n"

    with ScriptedServer(some, hooks={"fetch": fetch}) as rogue, \
            Daemon(place / "liaison", [section(rogue)]) as daemon:
        daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
        wait_until(lambda: sum(r["decision"] == "captured" for r in daemon.all("capture.list")) == 40,
                   "all forty", 90)


def test_a_throttled_fetch_is_put_off_and_quarantines_nothing(place):
    """Mail of a backfill, then new mail: "not now" when asked for all, and when asked for one alone."""
    later = "NO [THROTTLED] Suggested Backoff Time: 200 milliseconds"
    answers = [later, "NO in pieces please", later, "NO in pieces please", later]

    def fetch(server, handler, tag, line):
        if "HEADER" not in line.upper() or not answers:
            return None
        return f"{tag} {answers.pop(0)}\r\n".encode()

    with ScriptedServer(messages(), hooks={"fetch": fetch}) as rogue, \
            Daemon(place / "liaison", [section(rogue)]) as daemon:
        daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
        wait_until(lambda: len(daemon.all("capture.list")) == 3, "all three", 60)
        assert answers == []
        answers += ["NO in pieces please", later]
        rogue.messages.append(messages(4)[-1])
        wait_until(lambda: len(daemon.all("capture.list")) == 4, "the fourth", 60)
        assert answers == []
        assert [r["decision"] for r in daemon.all("capture.list")] == ["captured"] * 4
        wait_until(lambda: not any(f["error"] for f in daemon.source("rogue")["folders"]), "no error left")


def test_a_plain_no_to_one_message_leaves_out_that_one_alone(place):
    def fetch(server, handler, tag, line):
        if "HEADER" not in line.upper():
            return None
        wanted = server.in_set(line.split(" ")[2])
        if 2 not in wanted:
            return None
        others = [m for m in server.messages if m.uid in wanted - {2}]
        text = b""
        for m in others:
            text += server.fetched(f"UID FETCH {m.uid} (HEADER)")
        return text + f"{tag} NO cannot read it\r\n".encode()

    with ScriptedServer(messages(), hooks={"fetch": fetch}) as rogue, \
            Daemon(place / "liaison", [section(rogue)]) as daemon:
        daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
        wait_until(lambda: len(daemon.all("capture.list")) == 3, "three decisions", 60)
        rows = {r["uid"]: r["decision"] for r in daemon.all("capture.list")}
        assert rows == {1: "captured", 2: "quarantined", 3: "captured"}


def refused_message(asked):
    """A hook for a server that says NO to the second message, and notes how often."""
    def fetch(server, handler, tag, line):
        if "HEADER" not in line.upper() or 2 not in server.in_set(line.split(" ")[2]):
            return None
        asked.append(line)
        others = [m for m in server.messages if m.uid in server.in_set(line.split(" ")[2]) - {2}]
        return b"".join(server.fetched(f"UID FETCH {m.uid} (HEADER)") for m in others) + \
            f"{tag} NO cannot read it\r\n".encode()
    return fetch


def test_a_retry_is_tried_dry_and_journaled(place):
    asked = []
    with ScriptedServer(messages(), hooks={"fetch": refused_message(asked)}) as rogue, \
            Daemon(place / "liaison", [section(rogue)]) as daemon:
        wait_until(lambda: len(daemon.all("capture.list")) == 3, "three decisions", 60)
        assert len(daemon.all("capture.list", decision="quarantined")) == 1
        before = len(asked)
        tried = daemon.call("capture.retry", dry_run=True)
        assert tried == {"asked": 1, "unavailable": 0}
        assert len(asked) == before and daemon.all("system.audit") == []
        with daemon.client() as client:
            client.send("capture.retry")
            read = client.send("system.audit")
            row, = client.answer(read)["items"]
        assert len(asked) > before
        assert (row["method"], row["noun"], row["after"]) == \
            ("capture.retry", "source", {"folder": "INBOX", "asked": 1})
        assert row["user"]


def test_a_sync_that_holds_other_requests_can_be_cancelled(daemon):
    daemon.wait_complete()
    pid, = daemon.children()["liaison-fetch"]
    os.kill(pid, signal.SIGSTOP)
    try:
        with daemon.client() as client:
            sync, again = client.send("source.sync"), client.send("source.sync")
            read = client.send("system.version")
            for number in (again, sync):
                client.write(b'{"jsonrpc":"2.0","method":"cancel","params":{"id":%d}}\n' % number)
            for number in (sync, again):
                with pytest.raises(RpcError, match="cancelled") as caught:
                    client.answer(number)
                assert caught.value.name == "unavailable"
            assert client.answer(read)["version"]
    finally:
        os.kill(pid, signal.SIGCONT)


def test_a_message_at_which_the_server_hangs_up_is_left_out_in_the_end(place):
    """It keeps the rest away no longer, and an end of the line is as good as garbage."""
    asked = []

    def cut(server, handler, tag, line):
        if "HEADER" not in line.upper():
            return None
        wanted = server.in_set(line.split(" ")[2])
        asked.append(sorted(wanted))
        if 3 in wanted:
            handler.request.sendall(server.fetched("UID FETCH 1:2 (HEADER)"))
            handler.request.close()
        return None

    with ScriptedServer(messages(6), hooks={"fetch": cut}) as rogue, \
            Daemon(place / "liaison", [section(rogue)]) as daemon:
        daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
        wait_until(lambda: len(daemon.all("capture.list")) == 6, "six decisions", 120)
        rows = {r["uid"]: r["decision"] for r in daemon.all("capture.list")}
        assert rows == {n: "quarantined" if n == 3 else "captured" for n in range(1, 7)}
        assert asked.count([3]) >= 2


def test_a_new_uidvalidity_without_uidnext_begins_where_the_mailbox_does(place):
    """The old epoch's UIDNEXT says nothing, and a NO to what asks for the new one is no answer."""
    refused = []

    def examine(server, handler, tag, line):
        handler.opened = server.uidvalidity
        return (f"* {len(server.messages)} EXISTS\r\n* OK [UIDVALIDITY {server.uidvalidity}] v\r\n"
                f"{tag} OK done\r\n").encode()

    def last(server, handler, tag, line):
        if server.uidvalidity == 8 and not refused:
            refused.append(line)
            return f"{tag} NO not this time\r\n".encode()
        return None

    def search(server, handler, tag, line):
        if handler.opened != server.uidvalidity:
            handler.request.close()
        return None

    some = messages(3)
    for message in some:
        message.uid += 1000
    hooks = {"examine": examine, "last": last, "search": search}
    with ScriptedServer(some, hooks=hooks) as rogue, \
            Daemon(place / "liaison", [section(rogue)]) as daemon:
        daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
        wait_until(lambda: len(daemon.all("interaction.list")) == 3, "all three")
        rogue.messages[:] = messages(2)
        rogue.uidvalidity = 8
        wait_until(lambda: refused, "the question for the last UID", 60)
        rogue.messages.append(messages(3)[-1])
        wait_until(lambda: {r["uid"] for r in daemon.all("capture.list") if r["uidvalidity"] == 8} == {1, 2, 3}, "the new epoch", 90)


def test_folders_listed_before_login_are_not_believed(place):
    early = [b'* LIST () "/" Planted\r\n']

    def capability(server, handler, tag, line):
        return early[0] + f"* CAPABILITY {server.capability}\r\n{tag} OK done\r\n".encode()

    with ScriptedServer(messages(), hooks={"capability": capability}) as rogue, \
            Daemon(place / "liaison", [section(rogue)]) as daemon:
        daemon.wait_complete("rogue")
        assert not any("Planted" in c for c in rogue.commands)


def test_a_login_refused_in_the_secrets_own_words_shows_them_nowhere(place):
    def login(server, handler, tag, line):
        return f"{tag} NO [AUTHENTICATIONFAILED] no such thing as {line}\r\n".encode()

    with ScriptedServer(messages(), hooks={"login": login}) as rogue, \
            Daemon(place / "liaison", [section(rogue, password="hunter222222")]) as daemon:
        error = wait_until(lambda: daemon.source("rogue")["error"], "an error")
        assert "not shown" in error
        assert "hunter222222" not in daemon.log.read_text()


def test_a_check_of_another_host_asks_that_one_and_leaves_the_folders_alone(place):
    with ScriptedServer(messages()) as rogue, \
            Daemon(place / "liaison", [section(rogue, host="localhost")]) as daemon:
        daemon.wait_complete("rogue")
        before = rogue.connections
        assert daemon.call("source.check", {"source": "rogue", "host": "127.0.0.1"})["ok"]
        assert rogue.connections == before + 1
        with pytest.raises(RpcError) as caught:
            daemon.call("source.check", {"source": "rogue", "host": "127.9.9.9"})
        assert "127.9.9.9" in caught.value.message
        daemon.call("source.sync", {"source": "rogue"})
        assert daemon.source("rogue")["error"] is None


def test_a_reload_in_the_middle_of_a_slice_lets_the_source_go_on(place):
    stalled = []

    def fault(step, connection):
        if step == "fetch" and not stalled:
            stalled.append(connection)
            return "stall"
        return None

    with ScriptedServer(messages(), fault) as rogue, Daemon(place / "liaison", [section(rogue)]) as daemon:
        daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
        wait_until(lambda: stalled, "a fetch under way")
        daemon.configure([section(rogue, poll="11s")])
        daemon.call("system.reload")
        wait_until(lambda: len(daemon.all("interaction.list")) == 3, "all three", 30)


def test_a_sync_names_the_folder_that_fails_and_looks_at_the_others(place):
    def two(server, handler, tag, line):
        return f'* LIST () "/" INBOX\r\n* LIST () "/" Broken\r\n{tag} OK done\r\n'.encode()

    def refused(server, handler, tag, line):
        return f"{tag} NO the index is damaged\r\n".encode() if "Broken" in line else None

    hooks = {"list": two, "examine": refused, "status": refused}
    with ScriptedServer(messages(2), hooks=hooks) as rogue, \
            Daemon(place / "liaison", [section(rogue)]) as daemon:
        daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
        wait_until(lambda: len(daemon.all("interaction.list")) == 2, "the folder that is well")
        rogue.messages.append(messages(3)[2])
        (answer,) = daemon.call("source.sync", {"source": "rogue"})["items"]
        assert len(daemon.all("interaction.list")) == 3
        assert "'Broken'" in answer["error"] and "the index is damaged" in answer["error"]
        assert "INBOX" not in answer["error"]


def test_a_sync_outlives_its_fetch(place, server):
    with Daemon(place / "liaison", [account(server)]) as daemon:
        daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
        daemon.wait_complete()
        for n in range(3):
            with daemon.client() as client:
                server.append("INBOX", letter("ada@x.example", "me@own.example", f"n{n}"))
                (pid,) = daemon.children()["liaison-fetch"]
                os.kill(pid, signal.SIGKILL)
                asked = client.send("source.sync", {"source": "work"})
                (answer,) = client.answer(asked)["items"]
                assert answer["error"] is None
            assert len(daemon.all("interaction.list")) == n + 1


def test_a_source_that_cannot_be_noted_says_so_and_is_noted_later(place, server):
    with Daemon(place / "liaison", [account(server)], expects_errors="cannot be noted") as daemon:
        daemon.wait_complete()
        with sqlite3.connect(daemon.database, isolation_level=None) as other:
            other.execute("BEGIN IMMEDIATE")
            daemon.configure([account(server), account(server, "two", "two@own.example")])
            daemon.process.send_signal(signal.SIGHUP)

            def told():
                try:
                    return "cannot be noted" in (daemon.source("two")["error"] or "")
                except RpcError:
                    return False
            wait_until(told, "why it stands still", 30)
            assert daemon.source("two")["id"] is None
            status = daemon.call("system.status")
            assert [s["name"] for s in status["sources"]] == ["work", "two"]
            other.execute("ROLLBACK")
        daemon.wait_complete("two", 60)
        assert daemon.source("two")["error"] is None
