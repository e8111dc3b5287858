"""What the test_cases files share: letters of Ada, and what became of them."""

from imap_script import Message
from imap_script import section as scripted

ADA, ME = "ada@x.example", "me@own.example"


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
