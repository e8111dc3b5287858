"""contact.forget: a person is in no file any more, and comes back in no way but by contact.allow."""

import base64
import json
import os

import pytest

from calendars import event, feed, publish, section, soon
from daemon import Daemon, RpcError, account, wait_until
from letters import letter
from reach import RUNNING, give
from test_past import PNG
from test_storage import liaisond

ME = "me@own.example"
EVA, ALIAS, STRANGER = "eva.kanari@canary.example", "e.kanari@second.example", "zoltan.kanari@canary.example"
NAME, OTHER_NAME = "Evangelia Kanariopoulou", "Zoltan Kanarifogel"
NOTE, SUBJECT, TEXT = "canarynote-7", "canarysubject-7", "canarytext-7"
BEN = "ben@x.example"
CANARIES = (EVA, ALIAS, STRANGER, "kanari@", NAME, OTHER_NAME, "Kanariopoulou", "Kanarifogel", NOTE, SUBJECT, TEXT,
            "canarystreet-7", "canarytag-7", "canarycard-7", "canarybare-7")


def spellings(word):
    yield word.lower().encode()
    yield word.lower().encode("utf-16-le")
    for shift in range(3):  # wherever it stands within what was encoded
        whole = base64.b64encode(b"x" * shift + word.encode())
        yield whole[4 if shift else 0:len(whole) - 4].lower()


def found_in(path):
    """The canaries that a file's bytes show."""
    content = path.read_bytes().lower()
    return sorted({word for word in CANARIES for spelling in spellings(word) if spelling in content})


def files_of(daemon):
    beside = [path for path in daemon.dir.iterdir() if path.is_file() and path != daemon.config]
    return beside + [path for path in (daemon.dir / "files").rglob("*") if path.is_file()]


def assert_gone(daemon, *more):
    for path in [*files_of(daemon), *more]:
        assert found_in(path) == [], path


def sections(server, web, authority):
    return [account(server, level="text"), section("team", web.url("/team.ics"), ca_file=authority.ca)]


def write(daemon, name, content):
    path = daemon.dir.parent / name
    path.write_bytes(content)
    give(path)
    return path


def settle(daemon):
    for name in ("work", "team"):
        daemon.call("source.sync", {"source": name})
        daemon.wait_complete(name)


def post(server, web):
    server.append("INBOX", letter(f"{NAME} <{EVA}>", ME, SUBJECT, message_id="c1@canary.example", body=TEXT + "\n"))
    server.append("INBOX", letter(f"{NAME} <{ALIAS}>", f"{ME}, {BEN}", "the offer", message_id="c2@canary.example",
                                  body="Come on Monday.\n"))
    server.append("INBOX", letter(f"{OTHER_NAME} <{STRANGER}>", ME, "canarybare-7", message_id="c3@canary.example"))
    server.append("INBOX", letter(f"Ben <{BEN}>", f"{ME}, {NAME} <eva.kanari+shop@canary.example>", "for both",
                                  message_id="c4@x.example"))
    server.append("INBOX", letter(f"Ben <{BEN}>", ME, "for us alone", message_id="c5@x.example"))
    publish(web, "team.ics", feed(
        event("alone@m", soon(days=1), summary="canarysubject-7", organizer=ME, attendees=(EVA,)),
        event("both@m", soon(days=2), summary="all of us", organizer=ME, attendees=(EVA, BEN))))


def live(daemon, server, web):
    """Everything a person can leave traces by."""
    post(server, web)
    settle(daemon)
    wait_until(lambda: STRANGER in {item["address"] for item in daemon.all("candidate.list")}, "the stranger")
    rows = f"name,email,street,tag\n{NAME},{EVA},canarystreet-7,canarytag-7\n"
    daemon.liaison("contact", "import", write(daemon, "canary.csv", rows.encode()))
    no = daemon.all("contact.list")[0]["no"]
    daemon.call("contact.add", {"name": "Ben Bow", "email": [BEN]}, key="ben")
    daemon.call("contact.email.add", {"contact": no, "email": ALIAS}, key="alias")
    twin = daemon.call("contact.add", {"name": NAME + " too", "job_title": "canarycard-7"}, key="twin")["no"]
    daemon.call("contact.merge", {"contact": twin, "into": no}, yes=True)
    daemon.call("contact.note", {"contact": no, "note": NOTE})
    daemon.call("interaction.add", {"contact": [no], "kind": "call", "subject": SUBJECT, "note": NOTE})
    daemon.liaison("contact", "picture", "set", no, write(daemon, "canary.png", PNG + b"canarycard-7"))
    daemon.liaison("contact", "picture", "set", no, write(daemon, "other.png", PNG + b"canarycard-7, again"))
    changed = daemon.call("contact.edit", {"contact": no, "street": "canarystreet-7b"}, key="edit")
    last = daemon.call("system.audit", {"limit": 1})["items"][0]
    daemon.call("system.undo", {"audit_id": last["batch"]}, yes=True)
    assert changed["no"] == no
    settle(daemon)
    wait_until(lambda: any(TEXT in (one["snippet"] or "") for one in
                           daemon.all("contact.timeline", contact=no)), "the text")
    return no


@pytest.fixture
def lived(place, server, web, authority):
    publish(web, "team.ics", feed())
    with Daemon(place / "liaison", sections(server, web, authority)) as daemon:
        settle(daemon)
        daemon.canary = live(daemon, server, web)
        yield daemon


def forget_both(daemon, **how):
    with daemon.client(timeout=60) as client:
        first = client.call("contact.forget", {"contact": daemon.canary, **how}, yes=True)
        second = client.call("contact.forget", {"contact": STRANGER}, yes=True)
    return first, second


def test_nothing_of_a_forgotten_person_is_left(lived, place):
    assert set(found_in(lived.database)) | set(found_in(lived.dir / "liaison.db-wal")) != set()
    with pytest.raises(RpcError) as caught:
        lived.call("contact.forget", {"contact": lived.canary})
    counts = caught.value.data["counts"]
    assert caught.value.name == "refused" and counts["contacts"] == 1 and counts["addresses"] == 3
    assert counts["interactions"] == 3 and counts["shared_interactions"] == 3
    first, second = forget_both(lived)
    assert first["complete"] is True and second["complete"] is True
    assert (first["contacts"], first["interactions"], first["shared_interactions"], first["files"]) == (1, 3, 3, 2)
    assert (second["contacts"], second["messages"]) == (0, 1)
    lived.liaison("system", "backup", lived.dir.parent / "copy.db")
    assert_gone(lived, lived.dir.parent / "copy.db")
    assert lived.call("system.check")["ok"] is True
    ben = lived.all("contact.timeline", contact="Ben")
    assert sorted(one["subject"] for one in ben) == ["all of us", "for both", "for us alone", "the offer"]
    assert {contact["name"] for one in ben for contact in one["contacts"]} == {"Ben Bow"}
    for term in (SUBJECT, TEXT, "kanariopoulou"):
        assert lived.call("interaction.search", {"text": term})["items"] == []
    assert STRANGER not in {item["address"] for item in lived.all("candidate.list")}
    row = lived.verify()
    assert row["missing"] == 0 and row["forgotten"] == 2
    entry = lived.call("system.audit", {"limit": 1})["items"][0]
    assert (entry["method"], entry["noun"], entry["after"]["receipt"]) == ("contact.forget", "erasure", 2)


def test_words_that_are_indexed_and_erased_in_one_go_leave_the_index(place):
    with Daemon(place) as daemon:
        for name in ("ada", "ben"):
            daemon.call("contact.add", {"name": name, "email": [f"{name}@x.example"]})
        daemon.call("interaction.add", {"contact": ["ada@x.example"], "kind": "call",
                                        "subject": "quokkasubject", "note": "zebranote"})
        daemon.call("interaction.add", {"contact": ["ada@x.example", "ben@x.example"], "kind": "call",
                                        "subject": "wombatshared", "note": "yakshared"})
        daemon.call("contact.forget", {"contact": "ada@x.example", "shared": "redact"}, yes=True)
        daemon.stop()
        content = b"".join(path.read_bytes() for path in daemon.dir.glob("liaison.db*"))
        words = (b"quokkasubject", b"zebranote", b"wombatshared", b"ada@x")
        assert [word for word in words if word in content] == []
        assert b"yakshared" in content  # what was written of others is theirs


def test_a_redacted_one_leaves_others_no_words(lived):
    first, _ = forget_both(lived, shared="redact")
    assert first["shared"] == "redact"
    subjects = [one["subject"] for one in lived.all("contact.timeline", contact="Ben")]
    assert sorted(subject or "" for subject in subjects) == ["", "", "", "for us alone"]
    assert lived.call("interaction.search", {"text": "Monday"})["items"] == []
    assert_gone(lived)


def test_nobody_comes_back_by_mail_file_or_hand(lived, server):
    forget_both(lived)
    server.append("INBOX", letter(f"{NAME} <eva.kanari+new@canary.example>", ME, SUBJECT, body=TEXT))
    server.append("INBOX", letter(f"{OTHER_NAME} <{STRANGER}>", f"{ME}, {BEN}", "once more"))
    lived.configure([lived.accounts[0], lived.accounts[1], account(server, "again", level="text")])
    lived.call("system.reload")
    settle(lived)
    lived.wait_complete("again")
    assert_gone(lived)
    assert "once more" in [one["subject"] for one in lived.all("contact.timeline", contact="Ben")]
    assert lived.verify("again")["missing"] == 0
    for method, params in (("contact.add", {"name": "E", "email": [EVA]}),
                           ("contact.email.add", {"contact": "Ben", "email": "E.Kanari@second.example"})):
        with pytest.raises(RpcError) as caught:
            lived.call(method, params)
        assert caught.value.name == "refused" and caught.value.data["field"] == "email"
        assert "contact allow" in caught.value.data["hint"]
    lived.liaison("contact", "import", write(lived, "more.csv", f"name,email\n{NAME},{EVA}\n".encode()), check=False)
    assert [one["name"] for one in lived.all("contact.list")] == ["Ben Bow"]
    assert_gone(lived)


def restore(daemon, copy):
    daemon.stop()
    done = liaisond(daemon, "--restore", copy)
    assert done.returncode == 0, done.stderr
    for aside in daemon.dir.glob("*.before-restore*"):
        aside.unlink()
    assert found_in(daemon.database) != []
    daemon.start()


def test_an_older_backup_brings_nobody_back(lived, place):
    copy = place / "older.db"
    lived.liaison("system", "backup", copy)
    give(copy)
    forget_both(lived)
    restore(lived, copy)
    assert [one["name"] for one in lived.all("contact.list")] == ["Ben Bow"]
    assert_gone(lived)
    assert lived.call("system.check")["ok"] is True


def test_who_had_an_address_before_the_forgotten_one_stays(place, server):
    with Daemon(place / "liaison", [account(server, level="text")]) as daemon:
        daemon.call("contact.add", {"name": "Acme Sales", "email": ["sales@acme.example", EVA]})
        daemon.call("contact.note", {"contact": "sales@acme.example", "note": "pays on time"})
        twin = daemon.call("contact.add", {"name": NAME + " too", "job_title": "canarycard-7"})["no"]
        server.append("INBOX", letter(EVA, ME, SUBJECT, body=TEXT + "\n"))
        server.append("INBOX", letter("sales@acme.example", ME, "the offer"))
        daemon.call("source.sync")
        daemon.wait_complete("work")
        wait_until(lambda: daemon.call("source.show", {"source": "work"})["wants"] == 0, "the text")
        daemon.liaison("system", "backup", place / "older.db")
        give(place / "older.db")
        daemon.call("contact.email.remove", {"contact": "sales@acme.example", "email": EVA})
        whole = daemon.call("contact.add", {"name": NAME, "email": [EVA]})["no"]
        daemon.call("contact.merge", {"contact": twin, "into": whole}, yes=True)
        daemon.call("contact.forget", {"contact": whole}, yes=True)
        restore(daemon, place / "older.db")
        assert [one["name"] for one in daemon.all("contact.list")] == ["Acme Sales"]
        left = daemon.call("contact.show", {"contact": "sales@acme.example"})
        assert [one["email"] for one in left["emails"]] == ["sales@acme.example"] and left["interactions"] == 1
        assert [one["subject"] for one in daemon.all("contact.timeline", contact="Acme Sales")] == ["the offer"]
        assert "pays on time" in exported(daemon, "sales@acme.example")
        assert_gone(daemon)
        assert daemon.call("system.check")["ok"] is True


def test_who_is_allowed_again_stays_in_an_older_backup(place):
    with Daemon(place / "liaison") as daemon:
        daemon.call("contact.add", {"name": NAME, "email": [EVA]})
        daemon.liaison("system", "backup", place / "older.db")
        give(place / "older.db")
        daemon.call("contact.forget", {"contact": EVA}, yes=True)
        daemon.call("contact.allow", {"address": EVA})
        restore(daemon, place / "older.db")
        assert [one["name"] for one in daemon.all("contact.list")] == [NAME]


@pytest.mark.parametrize("when", [3, 8, 10])
def test_an_engine_killed_meanwhile_finishes_when_it_starts(place, server, web, authority, when):
    publish(web, "team.ics", feed())
    with Daemon(place / "liaison", sections(server, web, authority), expects_errors="engine") as daemon:
        settle(daemon)
        daemon.canary = live(daemon, server, web)
        daemon.stop()
        daemon.environment = {"LIAISON_TEST_KILL": f"forget:{when}"}
        daemon.start()
        with pytest.raises((EOFError, OSError, RpcError)):
            with daemon.client(timeout=20) as client:
                client.call("contact.forget", {"contact": daemon.canary}, yes=True)
                raise AssertionError("it was not killed")
        daemon.kill()
        daemon.environment = {}
        daemon.start()
        daemon.call("contact.forget", {"contact": STRANGER}, yes=True)
        assert [one["name"] for one in daemon.all("contact.list")] == ["Ben Bow"]
        assert_gone(daemon)


def test_who_is_allowed_is_captured_again(lived, server):
    forget_both(lived)
    told = lived.call("contact.forgotten", {"address": EVA.upper()})
    assert told["forgotten"] is True and told["receipt"] == 1 and len(told["digest"]) == 12
    with pytest.raises(RpcError) as caught:
        lived.call("contact.allow", {"address": EVA.replace("@", "+other@")})
    assert caught.value.name == "refused"
    assert [row for row in lived.all("system.audit") if row["method"] == "contact.allow"] == []
    lived.call("contact.allow", {"address": EVA})
    assert [row["method"] for row in lived.all("system.audit")].count("contact.allow") == 1
    assert lived.call("contact.forgotten", {"address": EVA})["forgotten"] is False
    with pytest.raises(RpcError) as caught:
        lived.call("contact.allow", {"address": EVA})
    assert caught.value.name == "not-found"
    lived.call("contact.add", {"name": NAME, "email": [EVA]})
    server.append("INBOX", letter(f"{NAME} <{EVA}>", ME, "here again"))
    settle(lived)
    assert [one["subject"] for one in lived.all("contact.timeline", contact=EVA)] == ["here again"]
    lived.stop()
    lived.start()
    assert len(lived.all("contact.timeline", contact=EVA)) == 1


def test_what_a_rule_names_and_who_we_are_is_refused(lived):
    lived.call("rule.add", {"action": "ignore", "where": f"from = {EVA}"})
    for whom, why in ((lived.canary, "is named by rule 1"), (ME, "one of our own addresses")):
        with pytest.raises(RpcError, match=why) as caught:
            lived.call("contact.forget", {"contact": whom}, yes=True)
        assert caught.value.name == "refused"
    with pytest.raises(RpcError) as caught:
        lived.call("contact.forget", {"contact": "C99999"}, yes=True)
    assert caught.value.name == "not-found"


def test_a_list_that_cannot_be_believed_keeps_the_daemon_from_starting(lived):
    forget_both(lived)
    lived.stop()
    key = lived.dir / "forgotten.key"
    assert os.stat(key).st_mode & 0o777 == 0o600
    kept = key.read_bytes()
    lived.expects_errors = "forgotten|engine"
    for spoil, why in ((key.unlink, "is missing"), (lambda: os.chmod(key, 0o640), "can be read by others"),
                       (lambda: key.write_bytes(kept[:9]), "is damaged")):
        spoil()
        lived.start(wait=False)
        assert lived.process.wait(20) == 74
        assert why in lived.tail()
        RUNNING.discard(lived)
        lived.process = None
        key.unlink(missing_ok=True)
        key.write_bytes(kept)
        os.chmod(key, 0o600)
        give(key)
    lived.start()
    assert lived.call("contact.forgotten", {"address": EVA})["forgotten"] is True


def test_copies_that_know_the_person_are_named(place, server):
    folder = place / "backups"
    folder.mkdir()
    give(folder)
    with Daemon(place / "liaison", [account(server)], settings=f"backup-directory = {folder}") as daemon:
        daemon.call("contact.add", {"name": NAME, "email": [EVA]})
        copies = lambda: [path.name for path in folder.glob("liaison-*.db")]
        wait_until(copies, "the first backup", 60)
        receipt = daemon.call("contact.forget", {"contact": EVA}, yes=True)
        assert [copy["name"] for copy in receipt["backups"]] == copies()
        assert receipt["backups"][0]["until"] > receipt["backups"][0]["at"]


def test_who_is_blocked_is_not_captured_any_more(place, server, web, authority):
    publish(web, "team.ics", feed(event("before@m", soon(days=1), summary="before", attendees=(EVA,))))
    with Daemon(place / "liaison", sections(server, web, authority)) as daemon:
        for name, address, more in (("Eva", EVA, {}), ("Kid", "kid@x.example", {"minor": True}), ("Ben", BEN, {})):
            daemon.call("contact.add", {"name": name, "email": [address], **more})
        server.append("INBOX", letter(EVA, ME, "before"))
        settle(daemon)
        wait_until(lambda: len(daemon.all("contact.timeline", contact="Eva")) == 2, "mail and meeting")
        daemon.call("contact.edit", {"contact": "Eva", "privacy_blocked": True})
        server.append("INBOX", letter(EVA, ME, "canarysubject-7", message_id="after@x.example", body=TEXT))
        server.append("INBOX", letter("kid@x.example", ME, "canarysubject-7", message_id="kid@x.example"))
        server.append("INBOX", letter(BEN, f"{ME}, {EVA}", "with Ben"))
        publish(web, "team.ics", feed(event("before@m", soon(days=1), summary="before", attendees=(EVA,)),
                                      event("after@m", soon(days=1), summary="canarysubject-7", attendees=(EVA,))))
        settle(daemon)
        daemon.call("capture.reapply", yes=True)
        wait_until(lambda: daemon.verify()["private"] == 2, "both to be decided")
        assert sorted(one["subject"] for one in daemon.all("contact.timeline", contact="Eva")) == ["before"] * 2
        assert daemon.all("contact.timeline", contact="Kid") == []
        assert [one["subject"] for one in daemon.all("contact.timeline", contact="Ben")] == ["with Ben"]
        told = daemon.call("capture.explain", {"message_id": "after@x.example"})
        assert told["captures"][0]["decision"] == "private"
        assert told["captures"][0]["reason"] == "contact C00001 is privacy-blocked"
        daemon.stop()
        assert {word for path in files_of(daemon) for word in found_in(path)} <= {EVA, "kanari@"}
        daemon.start()
        daemon.call("contact.edit", {"contact": "Kid", "parental_consent": True})
        server.append("INBOX", letter("kid@x.example", ME, "allowed"))
        settle(daemon)
        assert [one["subject"] for one in daemon.all("contact.timeline", contact="Kid")] == ["allowed"]


def exported(daemon, whom, *words):
    path = daemon.dir.parent / "export"
    daemon.liaison("contact", "export", whom, path, *words)
    return path.read_text()


def test_all_that_is_held_of_a_person_is_exported(lived):
    whole = json.loads(exported(lived, lived.canary))
    assert whole["contact"]["name"] == NAME
    assert [one["email"] for one in whole["addresses"]] == [EVA, ALIAS]
    assert whole["notes"][0]["note"] == NOTE and whole["labels"] == [
        {"kind": "tag", "code": "canarytag-7", "word": None}]
    assert any(TEXT in (one["text"] or "") for one in whole["interactions"]) and len(whole["interactions"]) == 6
    parties = {party["address"] for one in whole["captures"] for party in one["parties"]}
    assert {EVA, "eva.kanari+shop@canary.example"} <= parties
    assert {"contact.note", "contact.merge", "contact.edit"} <= {one["method"] for one in whole["journal"]}
    assert whole["imports"][0]["file"].endswith("canary.csv") and len(whole["merges"]) == 1
    bare = json.loads(exported(lived, STRANGER))
    assert bare["contact"] is None and bare["candidate"][0]["name"] == OTHER_NAME
    assert [one["subject"] for one in bare["captures"]] == ["canarybare-7"]
    words = exported(lived, lived.canary, "--type", "text")
    assert f"name: {NAME}\n" in words and f"note: {NOTE}\n" in words and "null" not in words
    lived.liaison("contact", "dump", lived.dir.parent / "all.csv")
    told = [(one["method"], one["noun"]) for one in lived.call("system.audit", {"limit": 4})["items"]]
    assert told == [("contact.dump", "dump")] + [("contact.export", "export")] * 3
    forget_both(lived)
    nothing = json.loads(exported(lived, EVA))
    assert {name for name, rows in nothing.items() if rows} == set()
