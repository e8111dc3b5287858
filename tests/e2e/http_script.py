"""A scripted HTTP server for faults that real servers do not make."""

import socket
import socketserver
import struct
import threading

FEED = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//own//test//EN\r\nEND:VCALENDAR\r\n"


class Question:
    def __init__(self, method, path, fields):
        self.method, self.path, self.fields = method, path, fields

    def field(self, name):
        return self.fields.get(name.lower())


def answer(status="200 OK", body=FEED, length=True, **fields):
    """A whole answer."""
    lines = [f"HTTP/1.1 {status}"] + [f"{name.replace('_', '-')}: {value}" for name, value in fields.items()]
    if length:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\nConnection: close\r\n\r\n" + body


class HttpScript:
    """`with HttpScript(script) as server:`; script(question, wire) answers bytes, or writes to wire itself (send,
    stall, reset) and answers None."""

    def __init__(self, script=lambda question, wire: answer()):
        self.script = script
        self.questions = []
        self.stopping = threading.Event()
        outer = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                outer.serve(self.request)

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, request, client_address):
                pass  # cut connections are what this server is for

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]

    def url(self, path="/feed.ics", host="127.0.0.1"):
        return f"http://{host}:{self.port}{path}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.server.shutdown()
        self.server.server_close()

    def serve(self, sock):
        sock.settimeout(60)
        self.sock = sock
        data = b""
        while b"\r\n\r\n" not in data:
            more = sock.recv(65536)
            if not more:
                return
            data += more
        first, *rest = data.split(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
        method, path, _ = first.split(" ")
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)}
        question = Question(method, path, fields)
        self.questions.append(question)
        said = self.script(question, Wire(self, sock))
        if said is not None:
            sock.sendall(said)


class Wire:
    def __init__(self, server, sock):
        self.server, self.sock = server, sock

    def send(self, data):
        self.sock.sendall(data)

    def stall(self):
        self.server.stopping.wait(120)

    def reset(self):
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def flood(self, data):
        """Until the other end has enough; how much it took."""
        sent = 0
        try:
            while not self.server.stopping.is_set():
                self.sock.sendall(data)
                sent += len(data)
        except OSError:
            pass
        return sent
