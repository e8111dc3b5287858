"""Mail made to hurt whoever reads it: the same at each run, made up here and not kept as files.

A letter is (name, bytes): the name says what is wrong with it, the bytes are the message as it lies in a
mailbox. Most are of a contact, so that their text is asked for and read as well."""

import base64
import random
from pathlib import Path

CORPUS = Path(__file__).resolve().parents[1] / "fuzz/corpus"
ADA = b"ada@x.example"
WORDS = b"=?utf-8?q?=C3=A9?= "


def mail(name, fields=b"", sender=b"Ada <" + ADA + b">", to=b"me@own.example", subject=None,
         date=b"Fri, 20 Nov 2026 07:00:00 +0000", message_id=None, body=b"Good morning\n"):
    """fields: further lines, each with its end; a part that is False is left out, None: it is made of the name."""
    if subject is None:
        subject = name.encode()
    if message_id is None:
        message_id = b"<%s@x.example>" % name.replace(" ", "-").encode()
    lines = [(b"From: ", sender), (b"To: ", to), (b"Subject: ", subject), (b"Date: ", date),
             (b"Message-ID: ", message_id)]
    head = b"".join(field + value + b"\n" for field, value in lines if value is not False)
    return name, head + fields + b"\n" + body


def parts(kind, boundary, *inner, closed=True):
    """The fields and the body of a multipart."""
    body = b"".join(b"--" + boundary + b"\n" + one + b"\n" for one in inner)
    if closed:
        body += b"--" + boundary + b"--\n"
    return b"MIME-Version: 1.0\nContent-Type: multipart/%s; boundary=\"%s\"\n" % (kind, boundary), body


def nested(depth, kind):
    """Multiparts, or messages, within each other."""
    if kind == b"message":
        return b"Content-Type: message/rfc822\n\n" * depth + b"Subject: the last\n\nend\n"
    heads = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(depth))
    return heads + b"Content-Type: text/plain\n\nend\n" + b"".join(b"--b%d--\n" % n for n in reversed(range(depth)))


def long_headers():
    yield mail("300000 fields", b"X-A: b\n" * 300000)
    yield mail("2500 fields with a name of their own", b"".join(b"X-%d: b\n" % n for n in range(2500)))
    yield mail("a field of a megabyte", b"X-Long: " + b"y" * (1 << 20) + b"\n")
    yield mail("a folded field of a megabyte", b"X-Long:" + b"\n y" * (1 << 18) + b"\n")
    yield mail("a subject of a megabyte", subject=b"s" * (1 << 20))
    yield mail("60000 received", b"Received: x\n" * 60000)
    yield mail("100000 lines that are no fields", b"garbage\n" * 100000)


def comments():
    for field in (b"Date", b"To", b"Cc", b"References", b"In-Reply-To", b"Content-Type", b"List-Id", b"Sender"):
        for depth in (33, 3000, 106000):
            yield mail(f"{depth} comments in {field.decode()}", field + b": " + b"(" * depth + b"\n",
                       date=False if field == b"Date" else b"Fri, 20 Nov 2026 07:00:00 +0000",
                       to=False if field == b"To" else b"me@own.example")
    for depth in (33, 106000):
        yield mail(f"{depth} comments before the sender", sender=b"(" * depth + b" <" + ADA + b">")
        yield mail(f"{depth} comments closed again", b"X-A: " + b"(" * depth + b")" * depth + b"\n")


def nesting():
    for depth in (21, 100, 1000, 8000):
        head, body = nested(depth, b"multipart").split(b"\n\n", 1)
        yield mail(f"{depth} multiparts in each other", head + b"\n", body=body)
    for depth in (21, 1000, 5000):
        yield mail(f"{depth} messages in each other", b"Content-Type: message/rfc822\n", body=nested(depth, b"message"))
    yield mail("an empty boundary", b'Content-Type: multipart/mixed; boundary=""\n',
               body=b"--\n\none\n--\n\ntwo\n----\n")
    yield mail("no boundary", b"Content-Type: multipart/mixed\n", body=b"--x\n\none\n--x--\n")
    inner, text = parts(b"alternative", b"aa", b"Content-Type: text/plain\n\none")
    fields, body = parts(b"mixed", b"a", inner + b"\n" + text, b"Content-Type: text/plain\n\ntwo")
    yield mail("a boundary that begins another", fields, body=body)
    yield mail("20000 boundaries", b"Content-Type: multipart/mixed; boundary=b\n", body=b"--b\n" * 20000)
    fields, body = parts(b"mixed", b"b" * 3000, b"\none")
    yield mail("a boundary of 3000 letters", fields, body=body)
    fields, body = parts(b"mixed", b"open", b"Content-Type: text/plain\n\none", closed=False)
    yield mail("a multipart without an end", fields, body=body)
    yield mail("a boundary with quotes", b'Content-Type: multipart/mixed; boundary="a\\"b"\n',
               body=b'--a"b\n\none\n--a"b--\n')


ENCODED = {
    "of 8000": WORDS * 8000,
    "of an unknown charset": b"=?klingon-1?q?nuqneH?=",
    "of no charset": b"=??q?x?=",
    "of invalid base64": b"=?utf-8?b?!!!!====?=",
    "with line ends": b"=?utf-8?q?a=0D=0AInjected:_1?=",
    "with nul": b"=?utf-8?q?a=00b?=",
    "with escapes": b"=?utf-8?q?=1B]52;c;aGk=07=1B[31m?=",
    "that turn the writing": b"=?utf-8?b?" + base64.b64encode("a\u202egnp.exe\u2066".encode()) + b"?=",
    "that do not end": b"=?utf-8?q?" * 500,
    "with a cut character": b"=?utf-8?q?=E2=82?= =?utf-8?q?=AC?=",
    "in two encodings": b"=?utf-8?q?a?==?utf-8?b?Yg==?= =?iso-8859-1?Q?=E9?=",
    "of another encoding": b"=?utf-8?x?abc?=",
}


def encoded_words():
    for name, words in ENCODED.items():
        yield mail(f"words {name} in the subject", subject=words)
        yield mail(f"words {name} in the sender's name", sender=words + b" <" + ADA + b">")
        yield mail(f"words {name} in a file's name", b"Content-Type: application/pdf; name=\"" + words + b"\"\n")


def parameters():
    kind = b"Content-Type: application/pdf;"
    yield mail("50000 continuations", kind + b"".join(b" name*%d=x;\n" % n for n in range(50000)) + b" a=b\n")
    yield mail("continuations with a hole", kind + b" name*0=a; name*2=c; name*1*=%20b\n")
    yield mail("a parameter of an unknown charset", kind + b" name*=klingon''%41\n")
    yield mail("a parameter with a bad percent", kind + b" name*=utf-8''%4%zz%\n")
    yield mail("a file whose name is a path",
               kind + b' name="../../../../etc/passwd"\nContent-Disposition: attachment; filename="C:\\\\x"\n')
    yield mail("5000 parameters", kind + b"".join(b" p%d=x;" % n for n in range(5000)) + b"\n")


RAW = {
    "latin-1": b"Gr\xfc\xdfe", "overlong": b"\xc0\xaf\xe0\x80\xaf", "a surrogate": b"\xed\xa0\x80",
    "cut": b"\xf0\x9f\x98", "beyond unicode": b"\xf7\xbf\xbf\xbf", "c1": b"\xc2\x9b31m",
    "all bytes": bytes(range(128, 256)),
}


def raw_bytes():
    for name, raw in RAW.items():
        yield mail(f"{name} in the subject", subject=raw)
        yield mail(f"{name} in the sender", sender=raw + b" <" + ADA + b">")
        yield mail(f"{name} in the identifier", message_id=b"<" + raw + b"@x.example>")
        yield mail(f"{name} in the text", body=raw + b"\n")


def zeros():
    yield mail("nul in a field's name", b"X-\0A: b\n")
    yield mail("nul before the first field", sender=b"\0" + ADA)
    yield mail("nul in the subject", subject=b"a\0b")
    yield mail("nul in the text", body=b"a\0b\n" * 100)
    yield "nothing but nul", b"\0" * 5000
    yield "nul in front of it all", b"\0" + mail("nul in front of it all")[1]


CHARSETS = (b"utf-8 us-ascii iso-8859-1 iso-8859-15 windows-1252 windows-1251 koi8-r koi8-u utf-7 utf-16 utf-16le "
            b"utf-32 big5 big5-hkscs gb2312 gbk gb18030 hz-gb-2312 euc-jp euc-kr shift_jis iso-2022-jp iso-2022-kr "
            b"iso-2022-cn iso-2022-cn-ext tis-620 tcvn viscii ebcdic-us utf-8-mac unicode-1-1-utf-7 x-user-defined "
            b"../../x").split()
SHIFTS = bytes(range(32, 256)) + b"\x1b$B\x1b$A\x1b$)C\x1b$*H\x1bN\x1bO\x0e\x0f~{~}+AAA-"


def charsets():
    for charset in CHARSETS:
        words = b"=?" + charset + b"?b?" + base64.b64encode(SHIFTS[:60]) + b"?= "
        yield mail(f"charset {charset.decode()}", b"Content-Type: text/plain; charset=\"" + charset + b"\"\n",
                   subject=words * 3, body=SHIFTS * 20)


def senders():
    for name, sender in {
        "a name that is an address": b'"ceo@bank.example" <x@evil.example>',
        "a group": b"Friends: " + ADA + b", bo@y.example;", "nobody": b"<>", "a name alone": b"Ada",
        "two addresses": ADA + b", eve@evil.example", "a quoted address": b'"' + ADA + b'" <eve@evil.example>',
        "a comment that is an address": b"eve@evil.example (" + ADA + b")",
        "a route": b"<@evil.example:" + ADA + b">", "an open quote": b'"Ada <' + ADA + b">",
        "semicolons": b";" * 60000, "60000 groups": b"a:;" * 60000, "angles": b"<" * 60000,
        "a lone surrogate's name": b"\xed\xa0\x80@x.example", "a long local part": b"a" * 5000 + b"@x.example",
        "a long domain": b"a@" + b"b." * 5000 + b"example",
    }.items():
        yield mail(f"from {name}", sender=sender)
    yield mail("two from fields", b"From: eve@evil.example\n")
    yield mail("no from field", sender=False)
    yield mail("another sender", b"Sender: eve@evil.example\nReply-To: mallory@evil.example\n")
    for result in (b"x.example; dmarc=pass", b"evil; spf=pass\n smtp.mailfrom=ada", b";" * 5000):
        yield mail(f"results {len(result)}", b"Authentication-Results: " + result + b"\n")


def addresses():
    for name, address in {
        "homograph": "аda@x.example".encode(), "capitals": b"ADA@X.EXAMPLE", "a tag": b"ada+tag@x.example",
        "idn": "ada@bücher.example".encode(), "punycode": b"ada@xn--bcher-kva.example",
        "a dot at the end": b"ada@x.example.", "a quoted local part": b'"a d a"@x.example',
        "a literal": b"ada@[127.0.0.1]", "two at signs": b"ada@x@example", "blanks": b"a d a @ x . example",
        "bad punycode": b"ada@xn--\xff.example",
    }.items():
        yield mail(f"to {name}", to=address)
    yield mail("10000 recipients", to=b",\n ".join(b"u%d@y.example" % n for n in range(10000)))
    yield mail("100000 recipients in one line", to=b",".join(b"u%d@y.example" % n for n in range(100000)))
    yield mail("one recipient of 100000 letters", to=b"u" * 100000 + b"@y.example")


def identifiers():
    yield mail("no message-id", message_id=False)
    for name, value in {
        "empty": b"", "of angles": b"<>", "of 100000 letters": b"<" + b"m" * 100000 + b"@x>",
        "with blanks": b"< a b @ c >", "of another message": b"<no-message-id@x.example>",
        "twice": b"<a@x>\nMessage-ID: <b@x>", "that is a query": b"<'); DROP TABLE ledger;--@x>",
        "without an end": b"<a@x",
    }.items():
        yield mail(f"a message-id {name}", message_id=value)
    yield mail("50000 references", b"References: " + b" ".join(b"<r%d@x>" % n for n in range(50000)) + b"\n")
    yield mail("a reference to itself",
               b"References: <a-reference-to-itself@x.example>\nIn-Reply-To: <a-reference-to-itself@x.example>\n")


DATES = (
    b"Fri, 99 Feb 99999 99:99:99 +9999", b"", b"in a while", b"Thu, 1 Jan 1970 00:00:00 +0000",
    b"Tue, 19 Jan 2038 03:14:08 +0000", b"Sat, 1 Jan 99999999999999999999 00:00:00 +0000", b"-1 -1 -1",
    b"Fri, 20 Nov 2026 25:61:61 +0000", b"Fri, 20 Nov 2026 07:00:00 +99999999",
    b"Fri, 20 Nov 2026 07:00:00 (\xd0\xd1)", b"20 Nov 26 07:00 EST", b"Fri, 31 Nov 2026 07:00:00 +0000", b"9" * 10000,
    b"Fri,,,,", b"2026-11-20T07:00:00Z",
)


def dates():
    for number, date in enumerate(DATES):
        yield mail(f"date {number}", date=date)
    yield mail("1000 date fields", b"Date: Fri, 20 Nov 2026 07:00:00 +0000\n" * 1000, date=False)


def contents():
    blob = base64.encodebytes(bytes(range(256)) * 8000)
    yield mail("an attachment of two megabytes", b"Content-Type: application/zip\nContent-Transfer-Encoding: base64\n",
               body=blob)
    yield mail("base64 in one line", b"Content-Type: text/plain\nContent-Transfer-Encoding: base64\n",
               body=blob.replace(b"\n", b"")[:1 << 20])
    fields, body = parts(b"mixed", b"many", *[b"Content-Type: image/png; name=i%d.png\n\nx" % n for n in range(1500)])
    yield mail("1500 attachments", fields, body=body)
    html = b"Content-Type: text/html; charset=utf-8\n"
    for name, text in {
        "50000 elements in each other": b"<div>" * 50000, "a script": b"<script>alert(1)" * 1000,
        "a comment without an end": b"<!--" + b"x" * 50000, "entities": b"&#99999999;&#x;&amp" * 5000,
        "attributes without an end": b"<a href='" * 5000, "pictures": b"<img src=http://evil.example/x>" * 3000,
        "brackets": b"<" * 100000, "tables": b"<table><tr><td>" * 10000,
    }.items():
        yield mail(f"html with {name}", html, body=text + b"\n")
    yield mail("an encoding nobody knows", b"Content-Transfer-Encoding: x-uuencode\n", body=b"begin 644 x\n")
    yield mail("quoted-printable of nothing", b"Content-Transfer-Encoding: quoted-printable\n",
               body=b"=\n=3D=\n==ZZ=" * 500)
    yield mail("a content type that is none",
               b"Content-Type: ;;;/;=\nContent-Disposition: ;\nContent-Transfer-Encoding: ;\n")
    yield mail("a lone line of five megabytes", body=b"z" * (5 << 20))


def machines():
    for name, fields in {
        "replied": b"Auto-Submitted: auto-replied\n", "generated": b"Auto-Submitted: auto-generated\n",
        "a list": b"List-Id: <" + b"l" * 5000 + b">\n", "bulk": b"Precedence: bulk\n",
        "a bounce": b"Return-Path: <>\n", "a loop": b"Received: a\nDelivered-To: me@own.example\n" * 500,
        "suppressed answers": b"X-Auto-Response-Suppress: All\n",
        "a feedback loop": b"Feedback-ID: x:y\nList-Unsubscribe: <http://" + b"u" * 9000 + b">\n",
    }.items():
        yield mail(f"a machine that says {name}", fields)
    for method in (b"REQUEST", b"REPLY", b"CANCEL", b"PUBLISH"):
        text = (b"BEGIN:VCALENDAR\nMETHOD:%s\nBEGIN:VEVENT\nUID:x\nDTSTART:20261120T070000Z\n"
                b"ORGANIZER:mailto:boss@own.example\nEND:VEVENT\nEND:VCALENDAR\n" % method)
        yield mail(f"a meeting somebody else sends as {method.decode()}",
                   b"Content-Type: text/calendar; method=CANCEL\n", body=text)
    yield mail("winmail.dat", b"Content-Type: application/ms-tnef; name=winmail.dat\n",
               body=b"\x78\x9f\x3e\x22" + bytes(range(256)))


def shapes():
    yield "an empty file", b""
    yield "one byte", b"F"
    yield "one line end", b"\n"
    yield "a text without a header", b"\nno header\n"
    yield "a header without an end", b"From: ada@x.example\nSubject: a header without an end"
    yield "line ends of carriage returns", mail("line ends of carriage returns")[1].replace(b"\n", b"\r")
    yield "line ends of both", mail("line ends of both")[1].replace(b"\n", b"\r\r\n")
    yield "a mailbox file", b"From ada@x.example Fri Nov 20 07:00:00 2026\n" + mail("a mailbox file")[1]
    yield "a field that begins with a blank", b" From: ada@x.example\n" + mail("a field that begins with a blank")[1]
    yield "a field without a name", b": x\n" + mail("a field without a name")[1]
    yield "a byte order mark", b"\xef\xbb\xbf" + mail("a byte order mark")[1]
    yield "utf-16", mail("utf-16")[1].decode().encode("utf-16")
    yield "blanks before each colon", mail("blanks before each colon")[1].replace(b": ", b"\t : ")


def found():
    """What fuzzing keeps: whatever it is, as a header, and as a text of two kinds."""
    for room in ("message", "header"):
        for path in sorted((CORPUS / room).iterdir()):
            yield f"corpus {room} {path.name}", path.read_bytes()
    for room, kind in (("body", b"plain"), ("html", b"html")):
        for path in sorted((CORPUS / room).iterdir()):
            yield mail(f"corpus {room} {path.name}", b"Content-Type: text/%s; charset=utf-8\n" % kind,
                       body=path.read_bytes())


def broken(count=60):
    """An ordinary letter with bytes that were changed, lost or repeated."""
    rng = random.Random(4711)
    fields, body = parts(b"alternative", b"bb", b"Content-Type: text/plain; charset=utf-8\n\nGood morning",
                         b"Content-Type: text/html\n\n<p>Good <b>morning</b>")
    for number in range(count):
        text = bytearray(mail(f"broken {number}", fields, body=body)[1])
        for _ in range(rng.randrange(1, 30)):
            at = rng.randrange(len(text))
            kind = rng.randrange(4)
            if kind == 0:
                text[at] = rng.randrange(256)
            elif kind == 1:
                del text[at:at + rng.randrange(1, 9)]
            elif kind == 2:
                text[at:at] = text[at:at + rng.randrange(1, 40)] * rng.randrange(1, 20)
            else:
                text[at:at] = bytes(rng.choices(b"\r\n\t \"\\()<>,;:=?@%\0\xff", k=rng.randrange(1, 9)))
        yield f"broken {number}", bytes(text)


# What is to become of some of them, by the name; the rest may be taken in different ways.
DECIDED = {
    "from a name that is an address": "unmatched", "from a quoted address": "unmatched",
    "from a comment that is an address": "unmatched", "two from fields": "captured", "another sender": "captured",
    "to homograph": "captured", "no message-id": "captured", "1000 date fields": "captured",
    "a machine that says replied": "automatic", "a machine that says generated": "automatic",
    "a machine that says a list": "bulk", "a machine that says bulk": "bulk",
    "a machine that says suppressed answers": "captured", "winmail.dat": "captured", "300000 fields": "captured",
    "106000 comments in To": "captured", "8000 multiparts in each other": "captured", "10000 recipients": "bulk",
    "a lone line of five megabytes": "captured",
}


def letters():
    """All of them."""
    kinds = (long_headers, comments, nesting, encoded_words, parameters, raw_bytes, zeros, charsets, senders, addresses,
             identifiers, dates, contents, machines, shapes, found, broken)
    return [letter for kind in kinds for letter in kind()]
