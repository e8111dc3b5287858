"""A scripted IMAP server for faults that real servers do not make."""

import re
import socket
import threading
import time
from contextlib import suppress

from imap_fault import commit

# Words of commands that change a mailbox, or could: a client that says one has failed.
WRITES = {"STORE", "SELECT", "APPEND", "EXPUNGE", "MOVE", "COPY", "CREATE", "DELETE", "RENAME", "SUBSCRIBE",
          "UNSUBSCRIBE", "CLOSE", "SETACL", "DELETEACL", "SETMETADATA", "SETQUOTA", "REPLACE", "CHECK"}


class Message:
    def __init__(self, uid, header, internaldate="21-Nov-2026 08:00:00 +0000", structure=None, size=None):
        self.uid = uid
        self.header = header.replace("\r\n", "\n").replace("\n", "\r\n").encode() if isinstance(header, str) else header
        if not self.header.endswith(b"\r\n\r\n"):
            self.header += b"\r\n"
        self.internaldate = internaldate
        self.structure = structure or '("TEXT" "PLAIN" ("CHARSET" "us-ascii") NIL NIL "7BIT" 5 1)'
        self.size = size or len(self.header) + 5


class Connection:
    """What serves one connection keeps of it."""

    def __init__(self, request, number):
        self.request, self.number = request, number
        self.buffer = b""
        self.sent = 0       # bytes
        self.refused = False    # the last command was, as a fault


class ScriptedServer:
    """Speaks enough IMAP to be watched; fault(step, connection number) may answer a fault's name.

    hooks: {step: function(server, handler, tag, line) -> bytes or None} replaces an answer.
    tls: an ssl.SSLContext for STARTTLS, or with implicit for the whole connection.
    cut: how many bytes the server says on its first connection before it hangs up."""

    HOST = "127.0.0.1"
    LOOK = 0.05     # seconds from one look for new messages to the next, during IDLE

    def __init__(self, messages=(), fault=None, hooks=None, uidvalidity=7, capability="IMAP4rev1 IDLE",
                 tls=None, implicit=False, cut=None):
        self.messages = list(messages)
        self.fault = fault or (lambda step, connection: None)
        self.hooks = hooks or {}
        self.uidvalidity = uidvalidity
        self.capability = capability
        self.tls, self.implicit, self.cut = tls, implicit, cut
        self.connections = 0
        self.times = []         # when each came
        self.commands = []      # every command line that arrived
        self.idling = 0         # connections that are
        self.said = 0           # bytes, on the first connection
        self.lock = threading.Lock()
        self.stopping, self.left = threading.Event(), threading.Event()
        self.listener = self.held = None
        self.served = set()     # connections
        self.port = 0
        self.listen()

    def bind(self):
        one = socket.socket()
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.bind((self.HOST, self.port))
        self.port = one.getsockname()[1]
        return one

    def listen(self):
        """Takes connections, at the same port as before."""
        self.listener = self.held or self.bind()
        self.held = None
        self.listener.listen(64)
        threading.Thread(target=self.accept, args=(self.listener,), daemon=True).start()

    def refuse(self):
        """Takes none any more."""
        listener, self.listener = self.listener, None
        if listener is not None:
            listener.shutdown(socket.SHUT_RDWR)  # this wakes accept()
            listener.close()
            self.held = self.bind()  # or a server of another test is found in its place

    def away(self):
        """Takes no connections, and ends those there are."""
        self.refuse()
        self.left.set()
        with self.lock:
            for handler in self.served:
                with suppress(OSError):
                    handler.request.shutdown(socket.SHUT_RDWR)
        while self.served:
            time.sleep(0.01)
        self.left.clear()

    def accept(self, listener):
        while True:
            try:
                request, _ = listener.accept()
            except OSError:
                return
            with self.lock:
                self.connections += 1
                self.times.append(time.monotonic())
                number = self.connections
                handler = Connection(request, number)
                self.served.add(handler)
            threading.Thread(target=self.attend, args=(handler,), daemon=True).start()

    def attend(self, handler):
        handler.request.settimeout(60)
        try:
            self.serve(handler)
        except OSError:
            pass  # cut connections are what this server is for
        finally:
            handler.request.close()
            with self.lock:
                self.served.discard(handler)

    def __enter__(self):
        return self

    def __exit__(self, kind=None, *_):
        self.stopping.set()
        self.refuse()
        if self.held is not None:
            self.held.close()
        if kind is None:
            assert self.writes() == []

    def writes(self):
        """The commands of which not one may ever come."""
        return [line for line in self.commands if WRITES & set(line.upper().split(" ")[1:3])]

    def serve(self, handler):
        if not self.answer(handler, "connect", "*", "", b""):
            return
        if self.implicit and not self.secure(handler):
            return
        if not self.answer(handler, "greeting", "*", "", b"* OK hello\r\n"):
            return
        while not self.stopping.is_set():
            line = self.line(handler)
            if line is None:
                return
            with self.lock:
                self.commands.append(line)
            tag, _, rest = line.partition(" ")
            if not self.command(handler, tag, rest):
                return

    def secure(self, handler):
        """The TLS handshake, or what a fault puts in its place."""
        if not self.answer(handler, "handshake", "*", "", b""):
            return False
        handler.request = self.tls.wrap_socket(handler.request, server_side=True)
        return True

    def send(self, handler, data):
        """False: the connection is to end here."""
        if self.cut is not None and handler.number == 1 and handler.sent + len(data) >= self.cut:
            handler.request.sendall(data[:self.cut - handler.sent])
            handler.sent = self.cut
            return False
        handler.request.sendall(data)
        handler.sent += len(data)
        if handler.number == 1:
            self.said = handler.sent
        return True

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

    def answer(self, handler, step, tag, line, text):
        """Sends the answer, or commits the fault; False ends the connection."""
        if step in self.hooks:
            replaced = self.hooks[step](self, handler, tag, line)
            if replaced is not None:
                text = replaced
        fault = self.fault(step, handler.number)
        handler.refused = fault in ("no", "bad")
        if fault is None:
            return self.send(handler, text)
        return commit(self, handler, fault, step, tag, text)

    def command(self, handler, tag, rest):
        word = rest.split(" ")[0].upper()
        if word == "UID":
            word = rest.split(" ")[1].upper()
        ok = f"{tag} OK done\r\n".encode()
        if word == "CAPABILITY":
            return self.answer(handler, "capability", tag, rest,
                               f"* CAPABILITY {self.capability}\r\n".encode() + ok)
        if word == "STARTTLS" and self.tls:
            return self.answer(handler, "starttls", tag, rest, ok) and self.secure(handler)
        if word in ("LOGIN", "AUTHENTICATE"):
            if word == "AUTHENTICATE" and len(rest.split(" ")) < 3:
                handler.request.sendall(b"+ \r\n")
                self.line(handler)
            return self.answer(handler, "login", tag, rest, ok)
        if word == "LIST":
            return self.answer(handler, "list", tag, rest, b'* LIST () "/" INBOX\r\n' + ok)
        if word in ("EXAMINE", "SELECT"):
            next_uid = max((m.uid for m in self.messages), default=0) + 1
            return self.answer(handler, "examine", tag, rest,
                               f"* FLAGS (\\Seen)\r\n* {len(self.messages)} EXISTS\r\n* 0 RECENT\r\n"
                               f"* OK [UIDVALIDITY {self.uidvalidity}] v\r\n* OK [UIDNEXT {next_uid}] n\r\n"
                               f"{tag} OK [READ-ONLY] done\r\n".encode())
        if word == "STATUS":
            next_uid = max((m.uid for m in self.messages), default=0) + 1
            name = rest.split(" ")[1]
            return self.answer(handler, "status", tag, rest,
                               f"* STATUS {name} (MESSAGES {len(self.messages)} UIDNEXT {next_uid} "
                               f"UIDVALIDITY {self.uidvalidity})\r\n".encode() + ok)
        if word == "SEARCH":
            uids = self.selected(rest)
            text = ("* SEARCH" + "".join(f" {u}" for u in uids) + "\r\n").encode()
            return self.answer(handler, "search", tag, rest, text + ok)
        if word == "FETCH" and not rest.upper().startswith("UID"):  # by place: only the last is asked for
            last = [f"* {len(self.messages)} FETCH (UID {m.uid})\r\n".encode() for m in self.messages[-1:]]
            return self.answer(handler, "last", tag, rest, b"".join(last) + ok)
        if word == "FETCH":
            return self.fetch(handler, tag, rest, ok)
        if word == "IDLE":
            return self.answer(handler, "idle", tag, rest, b"+ idling\r\n") and \
                (handler.refused or self.idle(handler, tag))
        if word == "NOOP":
            return self.answer(handler, "noop", tag, rest, ok)
        if word == "LOGOUT":
            self.answer(handler, "logout", tag, rest, b"* BYE bye\r\n" + ok)
            return False
        handler.request.sendall(f"{tag} BAD unknown command\r\n".encode())
        return True

    def fetch(self, handler, tag, rest, ok):
        """Faults may strike it in a line, in a literal and at its tagged end."""
        steps = [step for step in ("fetch", "literal", "finish") if "HEADER" in rest.upper() or step == "fetch"]
        text = self.fetched(rest) + ok
        if "fetch" in self.hooks:
            replaced = self.hooks["fetch"](self, handler, tag, rest)
            text = text if replaced is None else replaced
        if not text.startswith(b"* ") or b"{" not in text:
            steps = ["fetch"]
        for step in steps:
            fault = self.fault(step, handler.number)
            if fault is not None:
                return commit(self, handler, fault, step, tag, text)
        return self.send(handler, text)

    def idle(self, handler, tag):
        with self.lock:
            self.idling += 1
        handler.request.settimeout(self.LOOK)
        try:
            return self.wait_for_done(handler, tag)
        finally:
            with self.lock:
                self.idling -= 1
            handler.request.settimeout(60)

    def wait_for_done(self, handler, tag):
        known = len(self.messages)
        while not self.stopping.is_set() and not self.left.is_set():
            if len(self.messages) != known:
                known = len(self.messages)
                if not self.send(handler, f"* {known} EXISTS\r\n".encode()):
                    return False
            try:
                if b"\n" not in handler.buffer:
                    more = handler.request.recv(65536)
                    if not more:
                        return False
                    handler.buffer += more
            except TimeoutError:
                continue
            line, handler.buffer = handler.buffer.split(b"\n", 1)
            if line.strip().upper() != b"DONE":
                return False
            handler.request.settimeout(60)
            return self.answer(handler, "done", tag, "", f"{tag} OK idle done\r\n".encode())
        return False

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
