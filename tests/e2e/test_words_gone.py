"""Words of whom is forgotten, and of what is private: in what others share, in older copies, in the search index."""

import pytest

from daemon import Daemon, RpcError, account, wait_until
from letters import letter
from reach import give
from test_forget import restore

ME = "me@own.example"
VERA, NAME = "vera.kanari@canary.example", "Vera Kanaripoulou"


def content(daemon):
    return b"".join(path.read_bytes() for path in daemon.dir.glob("liaison.db*")).lower()


def shared(daemon, server):
    """A mail of hers that Ada has a part in, with its text."""
    daemon.call("contact.add", {"name": "Ada", "email": ["ada@x.example"]})
    server.append("INBOX", letter(f"{NAME} <{VERA}>", ME, f"Re: {VERA}, {NAME}", cc="ada@x.example",
                                  body=f"Quokkas. On Monday \u201c{NAME.upper()}\u201d <{VERA}> wrote:\n> ({VERA}).\n",
                                  message_id="s@canary.example"))
    daemon.call("source.sync")
    daemon.wait_complete("work")
    wait_until(lambda: daemon.call("interaction.search", {"text": "quokkas"})["items"], "the text")
    return daemon.all("contact.timeline", contact="Ada")[0]["id"]


def test_words_that_others_keep_name_her_no_more(place, server):
    with Daemon(place / "liaison", [account(server, level="text")]) as daemon:
        daemon.call("contact.add", {"name": NAME, "email": [VERA]})
        one = shared(daemon, server)
        call = daemon.call("interaction.add", {"contact": ["Ada", VERA], "kind": "call", "subject": f"About {NAME}!"})
        assert daemon.call("contact.forget", {"contact": VERA}, yes=True)["complete"] is True
        left = daemon.call("interaction.show", {"id": one})
        assert left["subject"] == "Re: (forgotten), (forgotten)"
        assert daemon.call("interaction.show", {"id": call["id"]})["subject"] == "About (forgotten)!"
        added = [entry for entry in daemon.all("system.audit") if entry["method"] == "interaction.add"]
        assert added and "About (forgotten)!" in str(added)
        assert left["text"].startswith("Quokkas. On Monday \u201c(forgotten)\u201d <(forgotten)> wrote:\n> ((forgotten)).")
        assert daemon.call("interaction.search", {"text": "kanaripoulou"})["items"] == []
        assert [hit["id"] for hit in daemon.call("interaction.search", {"text": "quokkas"})["items"]] == [one]
        assert daemon.call("system.check")["ok"] is True
        daemon.stop()
        assert [word for word in (VERA, "kanaripoulou", "vera kanari") if word.encode() in content(daemon)] == []


def test_an_older_backup_brings_no_redacted_words_back(place, server):
    with Daemon(place / "liaison", [account(server, level="text")]) as daemon:
        one = shared(daemon, server)
        daemon.liaison("system", "backup", place / "older.db")
        give(place / "older.db")
        daemon.call("contact.forget", {"contact": VERA, "shared": "redact"}, yes=True)
        restore(daemon, place / "older.db")
        left = daemon.call("interaction.show", {"id": one})
        assert (left["subject"], left["snippet"], left["text"]) == (None, None, None)
        assert daemon.call("interaction.search", {"text": "quokkas"})["items"] == []
        daemon.stop()
        assert b"quokka" not in content(daemon)


def test_a_list_or_a_rule_that_names_her_is_told(place):
    with Daemon(place) as daemon:
        daemon.call("contact.add", {"name": NAME, "email": [VERA]})
        daemon.call("contact.add", {"name": "Name", "email": ["name@x.example"]})
        daemon.call("view.save", {"name": "hers", "noun": "contact", "where": f"name = '{NAME}'"})
        with pytest.raises(RpcError) as caught:
            daemon.call("contact.forget", {"contact": VERA}, yes=True)
        assert caught.value.name == "refused" and f"'{NAME}' is named by the view hers" in str(caught.value)
        assert daemon.call("contact.forget", {"contact": "name@x.example"}, yes=True)["contacts"] == 1
        daemon.call("view.remove", {"view": "hers"}, yes=True)
        assert daemon.call("contact.forget", {"contact": VERA}, yes=True)["contacts"] == 1


def test_what_becomes_private_leaves_the_search_index(place, server):
    with Daemon(place / "liaison", [account(server, level="text")]) as daemon:
        shared(daemon, server)
        daemon.call("rule.add", {"action": "private", "where": "from = " + VERA})
        assert daemon.call("capture.reapply", yes=True)["changed"] == 1
        daemon.stop()
        assert b"quokka" not in content(daemon)
