"""The faults a scripted IMAP server commits, and where in its answer."""

import random
import socket
import struct
import time

STEPS = ("connect", "greeting", "capability", "starttls", "handshake", "login", "examine", "search", "fetch",
         "literal", "finish", "idle", "done", "logout")
FAULTS = ("refuse", "reset", "close", "stall", "drip", "garbage", "bye", "no", "bad", "wrong-tag", "oversize",
          "short", "unknown", "nul")

# 64 KiB in which there is any byte but NUL, which is a fault of its own.
GARBAGE = bytes(random.Random(1).choices(range(1, 256), k=64 * 1024)) + b"\r\n"
HELLO = b"\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03"  # where a TLS server begins
UNKNOWN = b'* XYZZY (1 2) "q" {3}\r\nabc\r\n* 7 XFOO\r\n* OK [X-NEW (a b)]\r\n* STATUS x (SIZE 5)\r\n'


def literal_of(text):
    """Where the last literal of text is."""
    start = text.rindex(b"}\r\n") + 3
    return start, start + int(text[text.rindex(b"{") + 1:start - 3])


def places(step, tag, text):
    """(how much is said before the connection breaks, before another line comes in between)."""
    if step == "handshake":
        return len(HELLO), 0
    if step == "fetch":
        at = max(text.find(b"* 2 FETCH"), 0)
        return at + 20, at
    if step == "literal":
        start, end = literal_of(text)
        return (start + end) // 2, end
    if step == "finish":
        at = text.rindex(tag.encode() + b" ")
        return at + len(tag), at
    return (len(text) + 1) // 2, 0


def line_of(fault, step, tag, rest):
    """What comes in between, and then."""
    behind = b"\r\n" if step == "literal" else b""
    if fault == "garbage":
        return GARBAGE + rest
    if fault == "bye":
        return behind + b"* BYE going down\r\n"
    if fault in ("no", "bad"):
        code = "[UNAVAILABLE] " if step == "login" and fault == "no" else ""
        return behind + f"{tag} {fault.upper()} {code}it is broken\r\n".encode()
    if fault == "wrong-tag":
        changed = rest.replace(tag.encode() + b" ", b"zz99 ")
        return changed if tag != "*" and changed != rest else b"zz99 OK what\r\n" + rest
    if fault == "oversize":
        name = b" BODY[1]" if step == "literal" else b'* LIST () "/"'
        return name + b" {4294967295}\r\n" + b"y" * 1000
    if fault == "unknown":
        return b' X-FOO (a (b) "c") X-LIT {3}\r\nabc' + rest if step == "literal" else UNKNOWN + rest
    if fault == "nul":
        return b"* 1 EX\0STS\r\n" + rest
    raise AssertionError(fault)


def hang_up(sock):
    """A FIN and no RST, which what was not read would make of it."""
    socket.socket.shutdown(sock, socket.SHUT_WR)
    sock.settimeout(5)
    while socket.socket.recv(sock, 65536):
        pass


def commit(server, handler, fault, step, tag, text):
    """False: the connection ends."""
    text = HELLO if step == "handshake" else text
    broken, between = places(step, tag, text)
    sock = handler.request
    if fault in ("refuse", "reset", "close"):
        if fault == "refuse":
            server.refuse()
        sock.sendall(text[:broken])
        if fault == "reset":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        else:
            hang_up(sock)
        return False
    if fault == "stall":
        sock.sendall(text[:broken])
        server.stopping.wait(180)
        return False
    if fault == "drip":
        for at in range(len(text)):
            sock.sendall(text[at:at + 1])
            if server.stopping.wait(1):
                return False
        return True
    if fault == "short":
        sock.sendall(too_little(step, text, between))
        time.sleep(0.3)
        return False
    if fault == "nul" and step == "literal":
        sock.sendall(text.replace(b"Subject: s", b"Subject: \0"))
        return True
    sock.sendall(text[:between] + line_of(fault, step, tag, text[between:]))
    return fault != "bye" and step != "handshake"


def too_little(step, text, between):
    """A literal that has fewer bytes than it says, and swallows what follows."""
    if step != "literal":
        return text[:between] + b'* LIST () "/" {100000}\r\nshort' + text[between:]
    start, end = literal_of(text)
    return text[:text.rindex(b"{")] + b"{%d}\r\n" % (end - start + 100000) + text[start:]
