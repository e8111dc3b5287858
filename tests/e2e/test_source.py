"""Sources that change: retired until resumed, renamed before or after the reload, found where nobody watches them."""

import re

import pytest

from calendars import event, feed, publish, section, soon
from daemon import Daemon, RpcError, account, wait_until
from imap_script import Message, ScriptedServer
from imap_script import section as scripted
from letters import letter
from test_terminal import Terminal

ADA, ME = "ada@x.example", "me@own.example"


def post(server, number):
    server.append("INBOX", letter(ADA, ME, f"letter {number}", message_id=f"n{number}@x.example"))


def seen(daemon):
    return sorted(one["subject"] for one in daemon.all("interaction.list"))


def begin(place, server, count):
    for number in range(count):
        post(server, number)
    return Daemon(place / "liaison", [account(server)])


def test_a_retired_source_stays_so_over_a_reload_and_a_restart(place, server):
    with begin(place, server, 1) as daemon:
        daemon.call("contact.add", {"name": "Ada", "email": [ADA]})
        daemon.wait_complete()
        daemon.call("source.retire", {"source": "work"})
        post(server, 1)
        for again in (lambda: daemon.call("system.reload"), lambda: (daemon.stop(), daemon.start())):
            again()
            wait_until(lambda: daemon.call("system.status")["sources"], "the sources")
            assert daemon.source()["state"] == "retired"
            with pytest.raises(RpcError) as caught:
                daemon.call("source.sync", {"source": "work"})
            assert caught.value.name == "refused" and "retired" in caught.value.error["message"]
        assert seen(daemon) == ["letter 0"]
        daemon.call("source.resume", {"source": "work"})
        wait_until(lambda: seen(daemon) == ["letter 0", "letter 1"], "what came meanwhile")


def test_a_source_renamed_before_its_section_is_told_of_and_goes_on_after(place, server):
    with begin(place, server, 1) as daemon:
        daemon.call("contact.add", {"name": "Ada", "email": [ADA]})
        daemon.wait_complete()
        number = daemon.source()["id"]
        daemon.call("source.rename", {"old": "work", "new": "office"})
        post(server, 1)
        for again in (lambda: None, lambda: daemon.call("system.reload"), lambda: (daemon.stop(), daemon.start())):
            again()
            wait_until(lambda: not daemon.call("system.health")["ok"], "a source that is not watched")
            reason, = daemon.call("system.health")["reasons"]
            assert (reason["name"], reason["reason"]) == ("work", "error") and "'office'" in reason["error"]
            told = {one["name"]: one for one in daemon.call("system.status")["sources"]}
            assert told["work"]["state"] == "error" and "'office'" in told["work"]["error"]
            assert daemon.liaison("status", "--fail-stale", check=False).returncode == 75
            with pytest.raises(RpcError) as caught:
                daemon.call("source.sync", {"source": "work"})
            assert caught.value.name == "refused" and "'office'" in caught.value.error["message"]
        assert seen(daemon) == ["letter 0"] and len(daemon.all("source.list")) == 1
        daemon.configure([account(server, name="office")])
        daemon.call("system.reload")
        wait_until(lambda: seen(daemon) == ["letter 0", "letter 1"], "what came meanwhile")
        assert daemon.wait_complete("office")["id"] == number and len(daemon.all("capture.list")) == 2
        assert daemon.call("system.health")["ok"] is True


def test_a_rename_that_is_taken_back_is_watched_again(place, server):
    with begin(place, server, 1) as daemon:
        daemon.wait_complete()
        daemon.call("source.rename", {"old": "work", "new": "office"})
        wait_until(lambda: not daemon.call("system.health")["ok"], "a source that is not watched")
        daemon.call("source.rename", {"old": "office", "new": "work"})
        wait_until(lambda: daemon.source()["state"] == "idle", "the source")
        assert daemon.source()["error"] is None and len(daemon.all("capture.list")) == 1


def test_a_source_renamed_after_its_section_becomes_one(place, server):
    """What the new name has decided meanwhile stays, with what people said to it."""
    with begin(place, server, 3) as daemon:
        daemon.call("contact.add", {"name": "Ada", "email": [ADA]})
        daemon.wait_complete()
        number, before = daemon.source()["id"], {one["id"] for one in daemon.all("interaction.list")}
        daemon.configure([account(server, name="office")])
        daemon.call("system.reload")
        daemon.wait_complete("office")
        post(server, 3)
        server.append("Customers", letter(ADA, ME, "letter 4", message_id="n4@x.example"))
        daemon.call("source.sync", {"source": "office"})
        wait_until(lambda: len(daemon.all("interaction.list")) == 5 and len(daemon.all("capture.list")) == 8, "new mail")
        after = {one["id"] for one in daemon.all("interaction.list")}
        tried = daemon.call("source.rename", {"old": "work", "new": "office"}, dry_run=True)
        assert tried["name"] == "work" and len(daemon.all("source.list")) == 2
        daemon.call("source.rename", {"old": "work", "new": "office"})
        source = daemon.wait_complete("office")
        assert source["id"] == number and [one["name"] for one in daemon.all("source.list")] == ["office"]
        rows = daemon.all("capture.list")
        assert sorted((row["folder"], row["uid"]) for row in rows) == [
            ("Customers", 1), ("INBOX", 1), ("INBOX", 2), ("INBOX", 3), ("INBOX", 4)]
        assert all((row["decision"], row["source"]) == ("captured", "office") for row in rows)
        assert {one["id"] for one in daemon.all("interaction.list")} == after > before
        assert daemon.call("contact.show", {"contact": "C00001"})["interactions"] == 5
        post(server, 5)
        daemon.call("source.sync", {"source": "office"})
        wait_until(lambda: len(daemon.all("interaction.list")) == 6, "mail after it")
        assert daemon.verify("office")["missing"] == 0 and len(daemon.all("capture.list")) == 6
        assert daemon.call("system.check")["ok"] is True and daemon.call("system.health")["ok"] is True


def test_another_mailbox_is_not_taken_for_the_renamed_one(place, server):
    home = account(server, name="home", user="home@own.example")
    with begin(place, server, 1) as daemon:
        server.append("INBOX", letter(ADA, "home@own.example", "letter 9"), user="home@own.example")
        daemon.wait_complete()
        daemon.configure([account(server), account(server, name="twin")])
        daemon.call("system.reload")
        daemon.wait_complete("twin")
        with pytest.raises(RpcError) as caught:
            daemon.call("source.rename", {"old": "work", "new": "twin"})
        assert caught.value.name == "conflict" and "names both" in caught.value.data["hint"]
        daemon.configure([home])
        daemon.call("system.reload")
        daemon.wait_complete("home")
        with pytest.raises(RpcError) as caught:
            daemon.call("source.rename", {"old": "work", "new": "home"})
        assert caught.value.name == "conflict" and "another mailbox" in caught.value.error["message"]
        with pytest.raises(RpcError) as caught:
            daemon.call("source.rename", {"old": "work", "new": "work"})
        assert caught.value.name == "usage"
        assert len(daemon.all("source.list")) == 3 and len(daemon.all("capture.list")) == 3


def test_a_calendar_renamed_after_its_section_becomes_one(place, web, authority):
    def calendar(name):
        return section(name, web.url("/team.ics"), ca_file=authority.ca)
    publish(web, "team.ics", feed(event("one@x", soon(days=1)), event("two@x", soon(days=2))))
    with Daemon(place / "liaison", [calendar("team")]) as daemon:
        daemon.call("contact.add", {"name": "Ada", "email": [ADA]})
        daemon.wait_complete("team")
        before = sorted(one["id"] for one in daemon.all("interaction.list"))
        daemon.configure([calendar("crew")])
        daemon.call("system.reload")
        daemon.wait_complete("crew")
        daemon.call("source.rename", {"old": "team", "new": "crew"})
        daemon.call("source.sync", {"source": "crew"})
        assert sorted(one["id"] for one in daemon.all("interaction.list")) == before and len(before) == 2
        assert [row["decision"] for row in daemon.all("capture.list")] == ["captured"] * 2
        publish(web, "team.ics", feed(event("one@x", soon(days=1)), event("three@x", soon(days=3))))
        daemon.call("source.sync", {"source": "crew"})
        assert len(daemon.all("interaction.list")) == 3 and daemon.call("system.check")["ok"] is True


def shown(daemon):
    terminal = Terminal(daemon, "status")
    terminal.end()
    return re.sub("\x1b\\[[0-9]*m", "", terminal.text)


def test_a_status_names_folders_that_need_somebody_and_counts_the_others(place):
    names = ["INBOX", "Broken", *(f"Box{number}" for number in range(14))]

    def listed(server, handler, tag, line):
        return ("".join(f'* LIST () "/" {name}\r\n' for name in names) + f"{tag} OK done\r\n").encode()

    def opened(server, handler, tag, line):
        return f"{tag} NO [NOPERM] not for you\r\n".encode() if "Broken" in line else None
    with ScriptedServer(hooks={"list": listed, "examine": opened, "status": opened}) as rogue, \
            Daemon(place / "liaison", [scripted(rogue)], expects_errors="Broken") as daemon:
        def told():
            status = daemon.call("system.status")
            return status["folders_well"] == 15 and [one["name"] for one in status["folders"]] == ["Broken"] and status
        status = wait_until(told, "one folder that is not well")
        folder, = status["folders"]
        assert (folder["source"], folder["state"]) == ("rogue", "error") and "not for you" in folder["error"]
        assert len(status["sources"][0]["folders"]) == 16
        text = shown(daemon)
        assert "Broken" in text and "Box7" not in text and re.search(r"folders_well +15\r\n", text), text


def test_a_status_shows_the_folders_of_a_small_mailbox(place, server):
    with begin(place, server, 1) as daemon:
        daemon.wait_complete()
        told = daemon.call("system.status")
        assert {one["name"] for one in told["folders"]} == {
            one["name"] for one in told["sources"][0]["folders"]} and told["folders"][0]["source"] == "work"
        text = shown(daemon)
        assert re.search(r"\nfolders\r\n  SOURCE +NAME .*\n(  work .*\n)*  work +INBOX ", text), text


def test_a_check_takes_a_port_with_the_host(place):
    message = "From: ada@x.example\nTo: me@own.example\nSubject: s\nMessage-ID: <s@x.example>\n\n"
    with ScriptedServer([Message(1, message)]) as old, ScriptedServer([Message(9, message)], uidvalidity=99) as new, \
            Daemon(place / "liaison", [scripted(old)]) as daemon:
        daemon.wait_complete("rogue")
        before = old.connections
        for host in (f"127.0.0.1:{new.port}", f"[127.0.0.1]:{new.port}"):
            told = daemon.call("source.check", {"source": "rogue", "host": host})
            assert (told["folders"][0]["uidvalidity"], told["recognised"]) == (99, 1)
        assert old.connections == before
        for bad in ("127.0.0.1:", "127.0.0.1:no", "127.0.0.1:0", "127.0.0.1:65536", "[::1]x"):
            with pytest.raises(RpcError) as caught:
                daemon.call("source.check", {"source": "rogue", "host": bad})
            assert (caught.value.name, caught.value.data["field"]) == ("usage", "host"), bad
