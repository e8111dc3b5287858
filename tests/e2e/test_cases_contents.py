"""Mail whose contents are past reading, which has lost or blocked mail in other programs."""

from datetime import datetime, timezone
from email.utils import format_datetime

from cases import ADA, ME, decisions, know_ada, mail, section
from daemon import Daemon
from imap_script import Message, ScriptedServer

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
