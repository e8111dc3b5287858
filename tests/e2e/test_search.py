"""How mail is searched for: with ranges in the answer where the server offers them (RFC 4731), else plainly."""

import pytest

from cases import know_ada, mail, section, subjects
from daemon import Daemon, account, wait_until
from imap_script import ScriptedServer
from letters import letter

UIDS = [1, 2, 3, 5, 8, 9]


def ranges(uids):
    """The set as servers write it, in an order of their own."""
    runs = []
    for uid in sorted(uids):
        if runs and runs[-1][1] == uid - 1:
            runs[-1][1] = uid
        else:
            runs.append([uid, uid])
    return ",".join(f"{a}:{b}" if a != b else str(a) for a, b in reversed(runs))


def in_ranges(server, handler, tag, line):
    found = server.selected(line)
    told = f" ALL {ranges(found)}" if found else ""
    return f'* ESEARCH (TAG "{tag}") UID{told} MODSEQ 917\r\n{tag} OK done\r\n'.encode()


def plainly_alone(server, handler, tag, line):
    return f"{tag} BAD what is RETURN?\r\n".encode() if "RETURN" in line else None


def searches(server):
    return [line for line in server.commands if " SEARCH " in line]


@pytest.mark.parametrize("capability, answer", [
    ("IMAP4rev1 IDLE ESEARCH", in_ranges), ("IMAP4rev2", in_ranges), ("IMAP4rev1 IDLE", None),
    ("IMAP4rev1 IDLE ESEARCH", None), ("IMAP4rev1 IDLE ESEARCH", plainly_alone)],
    ids=["offered", "part of IMAP4rev2", "not offered", "offered and answered plainly", "offered and not understood"])
def test_all_mail_is_found_however_a_server_tells_of_it(place, capability, answer):
    hooks = {"search": answer} if answer else {}
    with ScriptedServer([mail(uid, f"s{uid}") for uid in UIDS], hooks=hooks, capability=capability) as rogue, \
            Daemon(place / "liaison", [section(rogue)]) as daemon:
        know_ada(daemon)
        wait_until(lambda: len(subjects(daemon)) == len(UIDS), "the mail")
        rogue.messages.append(mail(12, "s12"))
        wait_until(lambda: "s12" in subjects(daemon), "new mail")
        row = daemon.verify("rogue")
        assert (row["server"], row["decided"], row["missing"], row["gone"]) == (7, 7, 0, 0), row
        del rogue.messages[1:3]
        row = daemon.verify("rogue")
        assert (row["server"], row["decided"], row["missing"], row["gone"]) == (5, 5, 0, 2), row
        extended = ["RETURN (ALL) UID " in line for line in searches(rogue)]
        assert extended and all(extended) == ("ESEARCH" in capability and answer is not plainly_alone
                                              or "rev2" in capability)
        assert answer is not plainly_alone or extended[0] and not extended[-1]


@pytest.mark.parametrize("expunged, left", [("2,4:5", 4), ("1:*", 0)])
def test_ranges_of_dovecot_are_what_the_folder_has(place, server, expunged, left):
    for uid in range(1, 8):
        server.append("INBOX", letter("ada@x.example", "me@own.example", f"s{uid}"))
    client = server.imap()
    assert b" ESEARCH " in client.capability()[1][0]
    client.select("INBOX")
    client.store(expunged, "+FLAGS", r"(\Deleted)")
    client.expunge()
    client.logout()
    with Daemon(place / "liaison", [account(server, folders="INBOX")]) as daemon:
        daemon.wait_complete()
        row = daemon.verify("work")
        assert (row["server"], row["decided"], row["missing"]) == (left, left, 0), row
        server.append("INBOX", letter("ada@x.example", "me@own.example", "new"))
        wait_until(lambda: daemon.verify("work")["decided"] == left + 1, "new mail")
