"""A scripted IMAP server for faults that real servers do not make."""

import re
import socket
import socketserver
import struct
import threading
import time

STEPS = ("greeting", "capability", "login", "list", "examine", "search", "fetch", "idle")
FAULTS = ("cut", "reset", "stall", "garbage", "no", "bad", "wrong-tag", "bye", "flood", "oversize")


class Message:
    def __init__(self, uid, header, internaldate="21-Nov-2026 08:00:00 +0000", structure=None, size=None):
        self.uid = uid
        self.header = header.replace("\r\n", "\n").replace("\n", "\r\n").encode() if isinstance(header, str) else header
        if not self.header.endswith(b"\r\n\r\n"):
            self.header += b"\r\n"
        self.internaldate = internaldate
        self.structure = structure or '("TEXT" "PLAIN" ("CHARSET" "us-ascii") NIL NIL "7BIT" 5 1)'
        self.size = size or len(self.header) + 5


class ScriptedServer:
    """Speaks enough IMAP to be watched; fault(step, connection number) may answer a fault's name.

    hooks: {step: function(server, handler, tag, line) -> bytes or None} replaces an answer."""

    def __init__(self, messages=(), fault=None, hooks=None, uidvalidity=7, capability="IMAP4rev1 IDLE"):
        self.messages = list(messages)
        self.fault = fault or (lambda step, connection: None)
        self.hooks = hooks or {}
        self.uidvalidity = uidvalidity
        self.capability = capability
        self.connections = 0
        self.commands = []      # every command line that arrived
        self.lock = threading.Lock()
        self.stopping = threading.Event()
        outer = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                outer.serve(self)

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True

            def handle_error(self, request, client_address):
                pass  # cut connections are what this server is for

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.server.shutdown()
        self.server.server_close()

    def serve(self, handler):
        with self.lock:
            self.connections += 1
            number = self.connections
        sock = handler.request
        sock.settimeout(60)
        self.buffer = b""
        handler.buffer = b""
        if not self.answer(handler, number, "greeting", "*", "", b"* OK hello\r\n"):
            return
        while not self.stopping.is_set():
            line = self.line(handler)
            if line is None:
                return
            with self.lock:
                self.commands.append(line)
            tag, _, rest = line.partition(" ")
            if not self.command(handler, number, tag, rest):
                return

    def line(self, handler):
        while b"\n" not in handler.buffer:
            try:
                more = handler.request.recv(65536)
            except OSError:
                return None
            if not more:
                return None
            handler.buffer += more
        line, handler.buffer = handler.buffer.split(b"\n", 1)
        return line.rstrip(b"\r").decode("latin-1")

    def answer(self, handler, number, step, tag, line, text):
        """Sends the answer, or does the fault; False ends the connection."""
        if step in self.hooks:
            replaced = self.hooks[step](self, handler, tag, line)
            if replaced is not None:
                text = replaced
        fault = self.fault(step, number)
        sock = handler.request
        try:
            if fault is None:
                sock.sendall(text)
                return True
            if fault == "cut":
                sock.sendall(text[:max(1, len(text) // 2)])
                return False
            if fault == "reset":
                sock.sendall(text[:max(1, len(text) // 2)])
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return False
            if fault == "stall":
                sock.sendall(text[:max(1, len(text) // 2)])
                self.stopping.wait(120)
                return False
            if fault == "garbage":
                sock.sendall(bytes(range(256)) * 256 + b"\r\n" + text)
                return True
            if fault == "no":
                sock.sendall(f"{tag} NO [UNAVAILABLE] not now\r\n".encode())
                return True
            if fault == "bad":
                sock.sendall(f"{tag} BAD what\r\n".encode())
                return True
            if fault == "wrong-tag":
                sock.sendall(text.replace(tag.encode() + b" ", b"zz99 ") if tag != "*" else b"zz99 OK\r\n")
                return True
            if fault == "bye":
                sock.sendall(b"* BYE going down\r\n")
                return False
            if fault == "flood":
                for _ in range(200):
                    sock.sendall(b"* OK flood " + b"x" * 8000 + b"\r\n")
                sock.sendall(text)
                return True
            if fault == "oversize":
                sock.sendall(b"* 1 FETCH (UID 1 BODY[HEADER] {999999999999}\r\n" + b"y" * 1000)
                return False
        except OSError:
            return False
        raise AssertionError(fault)

    def command(self, handler, number, tag, rest):
        word = rest.split(" ")[0].upper()
        if word == "UID":
            word = rest.split(" ")[1].upper()
        ok = f"{tag} OK done\r\n".encode()
        if word == "CAPABILITY":
            return self.answer(handler, number, "capability", tag, rest,
                               f"* CAPABILITY {self.capability}\r\n".encode() + ok)
        if word in ("LOGIN", "AUTHENTICATE"):
            if word == "AUTHENTICATE" and len(rest.split(" ")) < 3:
                handler.request.sendall(b"+ \r\n")
                self.line(handler)
            return self.answer(handler, number, "login", tag, rest, ok)
        if word == "LIST":
            return self.answer(handler, number, "list", tag, rest, b'* LIST () "/" INBOX\r\n' + ok)
        if word in ("EXAMINE", "SELECT"):
            next_uid = max((m.uid for m in self.messages), default=0) + 1
            return self.answer(handler, number, "examine", tag, rest,
                               f"* FLAGS (\\Seen)\r\n* {len(self.messages)} EXISTS\r\n* 0 RECENT\r\n"
                               f"* OK [UIDVALIDITY {self.uidvalidity}] v\r\n* OK [UIDNEXT {next_uid}] n\r\n"
                               f"{tag} OK [READ-ONLY] done\r\n".encode())
        if word == "STATUS":
            next_uid = max((m.uid for m in self.messages), default=0) + 1
            name = rest.split(" ")[1]
            return self.answer(handler, number, "status", tag, rest,
                               f"* STATUS {name} (MESSAGES {len(self.messages)} UIDNEXT {next_uid} "
                               f"UIDVALIDITY {self.uidvalidity})\r\n".encode() + ok)
        if word == "SEARCH":
            uids = self.selected(rest)
            text = ("* SEARCH" + "".join(f" {u}" for u in uids) + "\r\n").encode()
            return self.answer(handler, number, "search", tag, rest, text + ok)
        if word == "FETCH" and not rest.upper().startswith("UID"):  # by place: only the last is asked for
            last = [f"* {len(self.messages)} FETCH (UID {m.uid})\r\n".encode() for m in self.messages[-1:]]
            return self.answer(handler, number, "last", tag, rest, b"".join(last) + ok)
        if word == "FETCH":
            return self.answer(handler, number, "fetch", tag, rest, self.fetched(rest) + ok)
        if word == "IDLE":
            if not self.answer(handler, number, "idle", tag, rest, b"+ idling\r\n"):
                return False
            return self.idle(handler, tag)
        if word == "NOOP":
            return self.answer(handler, number, "noop", tag, rest, ok)
        if word == "LOGOUT":
            handler.request.sendall(b"* BYE bye\r\n" + ok)
            return False
        handler.request.sendall(f"{tag} BAD unknown command\r\n".encode())
        return True

    def idle(self, handler, tag):
        known = len(self.messages)
        handler.request.settimeout(0.05)
        try:
            while not self.stopping.is_set():
                if len(self.messages) != known:
                    known = len(self.messages)
                    handler.request.sendall(f"* {known} EXISTS\r\n".encode())
                try:
                    if b"\n" not in handler.buffer:
                        more = handler.request.recv(65536)
                        if not more:
                            return False
                        handler.buffer += more
                except TimeoutError:
                    continue
                except OSError:
                    return False
                line, handler.buffer = handler.buffer.split(b"\n", 1)
                if line.strip().upper() == b"DONE":
                    handler.request.sendall(f"{tag} OK idle done\r\n".encode())
                    return True
                return False
            return False
        finally:
            handler.request.settimeout(60)

    def in_set(self, text):
        top = max((m.uid for m in self.messages), default=0)
        wanted = set()
        for piece in text.split(","):
            first, _, last = piece.partition(":")
            first = top if first == "*" else int(first)
            last = first if not last else top if last == "*" else int(last)
            low, high = min(first, last), max(first, last)
            wanted |= {m.uid for m in self.messages if low <= m.uid <= high}
        return wanted

    def selected(self, rest):
        match = re.search(r"\bUID ([0-9:*,]+)", rest[4:])
        return sorted(self.in_set(match.group(1))) if match else sorted(m.uid for m in self.messages)

    def fetched(self, rest):
        wanted = self.in_set(rest.split(" ")[2])
        out = b""
        for place, m in enumerate(self.messages, 1):
            if m.uid not in wanted:
                continue
            if "HEADER" in rest.upper():
                out += (f'* {place} FETCH (UID {m.uid} INTERNALDATE "{m.internaldate}" RFC822.SIZE {m.size} FLAGS () '
                        f"BODYSTRUCTURE {m.structure} BODY[HEADER] {{{len(m.header)}}}\r\n").encode() + m.header + b")\r\n"
            else:
                part = re.search(r"BODY\.PEEK\[([^]]*)\](<[0-9]+)?", rest)
                name = part.group(1) if part else ""
                out += f"* {place} FETCH (UID {m.uid} BODY[{name}]<0> {{5}}\r\nhello)\r\n".encode()
        return out


def section(server, name="rogue", **settings):
    lines = {"host": "127.0.0.1", "port": server.port, "tls": "none", "user": "me@own.example",
             "password": "secret", "poll": "10s", **{k.replace("_", "-"): v for k, v in settings.items()}}
    return f"[account {name}]\n" + "".join(f"{k} = {v}\n" for k, v in lines.items())
