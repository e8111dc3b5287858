"""Calendars made to hurt whoever reads them: the same at each run, made up here and not kept as files.

An event is (UID, VEVENT) and goes with the others into one feed, where it may harm none of them; a feed is
(name, bytes) and is served alone."""

import random
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
START = "DTSTART:20261201T080000Z"


def vevent(uid, *lines, start=START):
    first = ["BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20260101T000000Z"] + ([start] if start else [])
    return "\r\n".join([*first, *lines, "END:VEVENT"]) + "\r\n"


def calendar(*events, head=""):
    text = f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//own//hostile//EN\r\n{head}{''.join(events)}END:VCALENDAR\r\n"
    return text.encode("utf-8", "surrogateescape")


RULES = [
    "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=MINUTELY;BYMONTH=2;BYMONTHDAY=30",
    "FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=SECONDLY", "FREQ=MINUTELY;COUNT=99999999999", "FREQ=DAILY;COUNT=-1",
    "FREQ=DAILY;COUNT=0", "FREQ=DAILY;INTERVAL=0", "FREQ=DAILY;INTERVAL=99999999999", "FREQ=NEVER", "FREQ=",
    "COUNT=3", "FREQ=WEEKLY;BYDAY=255SU", "FREQ=YEARLY;BYWEEKNO=99", "FREQ=YEARLY;BYYEARDAY=-400",
    "FREQ=YEARLY;BYEASTER=1", "FREQ=DAILY;UNTIL=99999999T999999Z", "FREQ=DAILY;UNTIL=20201201T000000Z",
    "FREQ=DAILY;COUNT=3;UNTIL=20270101T000000Z", "RSCALE=CHINESE;FREQ=YEARLY", "FREQ=MONTHLY;BYSETPOS=0;BYDAY=MO",
    "FREQ=DAILY;FREQ=WEEKLY", "FREQ=DAILY;" * 500,
    "FREQ=DAILY;BYHOUR=" + ",".join(map(str, range(24))) + ";BYMINUTE=" + ",".join(map(str, range(60))),
    "FREQ=YEARLY;BYMONTHDAY=" + ",".join(["1"] * 5000), "FREQ=DAILY;WKST=XX", "FREQ=DAILY;X-OWN=1", "\\;\\;\\;",
]
STARTS = [
    "DTSTART:20249999T999999", "DTSTART:00000101T000000Z", "DTSTART:99991231T235959Z", "DTSTART:", "DTSTART:20261201",
    "DTSTART;VALUE=DATE:20260230", "DTSTART;VALUE=DATE-TIME:20261201", "DTSTART:20261201T080060Z",
    "DTSTART:-20261201T080000Z", "DTSTART:2026-12-01T08:00:00Z",
    "DTSTART:20261201T080000Z\r\nDTSTART:20261202T080000Z", "DTSTART;VALUE=PERIOD:20261201T080000Z/PT1H",
    "DTSTART:" + "9" * 5000, "dtstart:20261201t080000z", "DTSTART;X=Y;Z=\"a:b\":20261201T080000Z", "",
]
ZONES = [
    "../../../../etc/passwd", "/etc/passwd", "Europe/../Europe/Berlin", "W. Europe Standard Time", "Nowhere/Atall",
    "local", "UTC", "GMT+1", "", "Z" * 5000, "Europe/Berlin\x00x", "posix/Europe/Berlin",
    "(UTC+01:00) Amsterdam, Berlin", "\"Pacific Standard Time\"", "Mars/Phobos", "EST5EDT",
]
LENGTHS = [
    "P99999999999W", "-P99999999999W", "PT99999999999S", "P", "PT", "P1Y", "-PT1H", "PT0S", "P1DT", "1H", "P1W2D",
    "P" + "1D" * 500, "PT1H1H",
]
TEXTS = {
    "nul": "a\x00b", "escapes": "\x1b]52;c;aGk=\x07\x1b[31m", "bytes that are no utf-8": "\udcff\udcfe",
    "a surrogate": "\udced\udca0\udc80", "turned writing": "a\u202egnp.exe", "a long line": "x" * 60000,
    "folds": "a\r\n " * 5000, "backslashes": "\\" * 5001, "a fold within a character": "\udcc3\r\n \udca9",
}
PARTIES = {
    "no address": "ATTENDEE:", "a telephone": "ATTENDEE:tel:+1",
    "5000 of them": "\r\n".join(f"ATTENDEE:mailto:u{n}@y.example" for n in range(5000)),
    "a comment": "ATTENDEE:mailto:((((ada@x.example", "no mailto": "ATTENDEE:ada@x.example",
    "an answer nobody knows": "ATTENDEE;PARTSTAT=PERHAPS:mailto:ada@x.example",
    "a name with a quote": 'ATTENDEE;CN="a"b":mailto:ada@x.example',
    "a name of 5000 letters": f"ATTENDEE;CN={'n' * 5000}:mailto:ada@x.example",
    "two organizers": "ORGANIZER:mailto:a@x.example\r\nORGANIZER:mailto:b@x.example",
    "500 parameters": "ATTENDEE" + ";X=Y" * 500 + ":mailto:ada@x.example",
}
LINES = {
    "sequence": "SEQUENCE:99999999999999999999", "sequence-negative": "SEQUENCE:-5", "status": "STATUS:MAYBE",
    "class": "CLASS:" + "S" * 500, "exdates": "EXDATE:" + ",".join(["20261202T080000Z"] * 3000),
    "exdate-bad": "EXDATE:x,,,;",
    "rdates": "RDATE:" + ",".join(f"2026{m:02}{d:02}T080000Z" for m in range(1, 13) for d in range(1, 29)),
    "rdate-period": "RDATE;VALUE=PERIOD:20261201T080000Z/PT1H",
    "recurrence-id": "RECURRENCE-ID;RANGE=THISANDFUTURE:20261201T080000Z", "recurrence-id-bad": "RECURRENCE-ID:x",
    "uid-twice": "UID:another", "end-before": "DTEND:20251201T080000Z", "end-bad": "DTEND:x",
    "end-far": "DTEND:99991231T235959Z", "stamp-bad": "DTSTAMP:x", "garbage": "garbage\r\n" * 50 + "X-A:b",
    "no-colon": ";" * 5000, "alarms": "BEGIN:VALARM\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\n" * 300 + "X-A:b",
    "attach": "ATTACH;ENCODING=BASE64;VALUE=BINARY:" + "A" * 200000, "exrule": "EXRULE:FREQ=SECONDLY",
}


def events():
    """All that go into one feed."""
    found = []

    def add(uid, *lines, **options):
        found.append((uid, vevent(uid, *lines, **options)))
    for number, rule in enumerate(RULES):
        add(f"rule-{number}", f"RRULE:{rule}")
    for number, start in enumerate(STARTS):
        add(f"start-{number}", start=start)
    for number, zone in enumerate(ZONES):
        add(f"zone-{number}", start=f"DTSTART;TZID={zone}:20261201T080000")
    for number, length in enumerate(LENGTHS):
        add(f"length-{number}", f"DURATION:{length}")
    for name, text in TEXTS.items():
        add(f"text-{name.replace(' ', '-')}", f"SUMMARY:{text}", f"LOCATION:{text}", f"DESCRIPTION:{text}")
    for name, line in PARTIES.items():
        add(f"party-{name.replace(' ', '-')}", line)
    for name, line in LINES.items():
        add(f"line-{name}", line)
    return found


def vtimezone(*rules, name="Own"):
    parts = [f"BEGIN:STANDARD\r\nDTSTART:16010101T000000\r\n{rule}\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\n"
             "END:STANDARD\r\n" for rule in rules]
    return f"BEGIN:VTIMEZONE\r\nTZID:{name}\r\n{''.join(parts)}END:VTIMEZONE\r\n"


IN_OWN = vevent("zoned", start="DTSTART;TZID=Own:20261201T080000")
ZONE_RULES = [
    ["RRULE:FREQ=SECONDLY"], ["RRULE:FREQ=DAILY"], ["RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"],
    ["RRULE:FREQ=YEARLY"] * 500, ["RDATE:" + ",".join(["20260101T000000"] * 3000)], ["RRULE:x"], [],
]


def made_up():
    """Feeds that are wrong as a whole, or beyond one event."""
    good = vevent("good")
    yield "two-calendars", calendar(good) + calendar(vevent("other"))
    yield "same-uid-3000-times", calendar(*[vevent("same", f"SEQUENCE:{n}") for n in range(3000)])
    yield "overrides-without-end", calendar(vevent("series", "RRULE:FREQ=DAILY"), *[
        vevent("series", f"RECURRENCE-ID:2026120{n % 9 + 1}T080000Z", f"SEQUENCE:{n}") for n in range(2000)])
    yield "components-200-deep", calendar("BEGIN:X-A\r\n" * 200, "END:X-A\r\n" * 200, good)
    yield "events-in-each-other", calendar("BEGIN:VEVENT\r\nUID:deep\r\n" * 50, START + "\r\n", "END:VEVENT\r\n" * 50)
    yield "ends-without-beginnings", calendar("END:VEVENT\r\n" * 500, good)
    yield "bad-lines", calendar("garbage\r\n" * 900, good)
    yield "too-many-bad-lines", calendar("garbage\r\n" * 100000, good)
    yield "one-line-of-nine-megabytes", calendar(f"X-LONG:{'x' * (9 << 20)}\r\n", good)
    yield "folds-of-nine-megabytes", calendar("X-LONG:" + "x\r\n " * (2 << 20) + "\r\n", good)
    attendees = [f"ATTENDEE:mailto:u{n}@y.example" for n in range(100000)]
    yield "a-hundred-thousand-attendees", calendar(vevent("many", *attendees))
    yield "two-thousand-events", calendar(*[vevent(f"e{n}") for n in range(2000)])
    yield "no-uid", calendar(good.replace("UID:good\r\n", ""), good.replace("UID:good\r\n", "SUMMARY:other\r\n"))
    yield "nothing-but-nul", b"\0" * 5000
    yield "nul-within", calendar(good).replace(b"VERSION", b"VER\0SION")
    yield "empty", b""
    yield "no-event", calendar()
    yield "html", b"<!DOCTYPE html><html><body>Log in</body></html>"
    yield "cut", calendar(good)[:-20]
    yield "zip", b"PK\3\4" + bytes(range(256)) * 50
    yield "utf-16", calendar(good).decode().encode("utf-16")
    yield "byte-order-mark", b"\xef\xbb\xbf" + calendar(good)
    yield "carriage-returns", calendar(good).replace(b"\r\n", b"\r")
    yield "line-feeds", calendar(good).replace(b"\r\n", b"\n")
    yield "lower-case", calendar(good).lower()
    yield "other-components", calendar("BEGIN:VTODO\r\nUID:t\r\nEND:VTODO\r\n" * 3000,
                                       "BEGIN:VFREEBUSY\r\nEND:VFREEBUSY\r\n", good)
    for number, rules in enumerate(ZONE_RULES):
        yield f"zone-of-its-own-{number}", calendar(IN_OWN, head=vtimezone(*rules))
    zones = "".join(vtimezone("X-A:b", name=f"Zone{n}") for n in range(1000))
    yield "a-thousand-zones", calendar(IN_OWN, head=zones + vtimezone("X-A:b"))
    yield "a-zone-without-end", calendar(good, head="BEGIN:VTIMEZONE\r\nTZID:Own\r\n")
    yield "a-zone-offset-of-a-year", calendar(IN_OWN, head=vtimezone("X-A:b").replace("+0200", "+99999999"))


def wrapped(content):
    if b"BEGIN:VCALENDAR" in content.upper():
        return content
    return b"BEGIN:VCALENDAR\r\n" + content + b"\r\nEND:VCALENDAR\r\n"


def found():
    """What fuzzing keeps, and the calendars of the unit tests."""
    for room in ("feed", "meeting"):
        for path in sorted((TESTS / "fuzz/corpus" / room).iterdir()):
            content = path.read_bytes()
            yield f"corpus-{room}-{path.name.replace('_', '-')}", content if room == "feed" else wrapped(content)
    for path in sorted((TESTS / "data/feeds").glob("*.ics")):
        yield f"trap-{path.stem}", path.read_bytes()


def broken(count=30):
    """An ordinary feed with bytes that were changed, lost or repeated."""
    rng = random.Random(4711)
    whole = calendar(vevent("one", "SUMMARY:One", "RRULE:FREQ=WEEKLY;COUNT=9"),
                     vevent("two", "ATTENDEE;CN=Ada:mailto:ada@x.example"))
    for number in range(count):
        text = bytearray(whole)
        for _ in range(rng.randrange(1, 8)):
            at = rng.randrange(len(text))
            kind = rng.randrange(3)
            if kind == 0:
                text[at] = rng.randrange(256)
            elif kind == 1:
                del text[at:at + rng.randrange(1, 9)]
            else:
                text[at:at] = text[at:at + rng.randrange(1, 40)] * rng.randrange(1, 20)
        yield f"broken-{number}", bytes(text)


def feeds():
    """All that are served alone."""
    return [feed for kind in (made_up, found, broken) for feed in kind()]
