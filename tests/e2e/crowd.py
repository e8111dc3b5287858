"""Many clients of one control socket: nine of ten say nothing, one of twenty asks for far more than it reads, the rest
ask for the status again and again. A program of its own, so that what it costs is not the tests':
crowd.py SOCKET CLIENTS SECONDS prints one line when all have come in, and a line of figures in the end, which SIGTERM
brings early. SIGUSR1 forgets the delays so far, those of everybody coming at once."""

import contextlib
import heapq
import json
import os
import select
import selectors
import signal
import socket
import sys
import time

ASK_EVERY = 0.5    # seconds
SIP_EVERY = 0.1
SIP = 10           # bytes: 100 a second
STATUS = b'{"jsonrpc":"2.0","id":1,"method":"system.status"}\n'
LIST = b'{"jsonrpc":"2.0","id":1,"method":"contact.list","params":{"limit":1000}}\n'


def is_let_go(client):
    """The other end is closed, however much of what it said is still unread."""
    look = select.poll()
    look.register(client, 0)
    return bool(look.poll(0))


def come_in(path):
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(20)
    client.connect(path)
    client.setblocking(False)
    return client


def take(client):
    """What came; nothing from one that was let go, even with something of ours unread."""
    try:
        return client.recv(1 << 16)
    except ConnectionError:
        return b""


class Active:
    def __init__(self, path):
        self.socket = come_in(path)
        self.buffer = b""
        self.asked = None


class Crowd:
    def __init__(self, path, count):
        self.path = path
        few = max(count // 20, 1)
        self.idle = [come_in(path) for _ in range(count - 2 * few)]
        self.active = [Active(path) for _ in range(few)]
        self.slow = [self.slow_reader() for _ in range(few)]
        self.figures = {"idle_lost": 0, "active_lost": 0, "slow_lost": 0, "refusals": []}
        self.delays = []
        self.over = False

    def end(self, *_):
        self.over = True

    def forget(self, *_):
        self.delays.clear()

    def slow_reader(self):
        client = come_in(self.path)
        client.send(LIST * 40)
        return client

    def answered(self, one):
        """Takes what came for an active client; False when it was let go."""
        more = take(one.socket)
        one.buffer += more
        if one.buffer.endswith(b"\n"):
            self.delays.append(time.monotonic() - one.asked)
            if b'"result"' not in one.buffer[:200]:
                self.figures["refusals"].append(one.buffer[:200].decode(errors="replace"))
            one.buffer, one.asked = b"", None
        return bool(more)

    def sip(self, place):
        client = self.slow[place]
        if is_let_go(client):
            self.figures["slow_lost"] += 1
            client.close()
            self.slow[place] = self.slow_reader()
            return
        try:
            client.recv(SIP)
        except BlockingIOError:
            pass

    def look(self, selector, key):
        if key.data is None:
            alive = bool(take(key.fileobj))
            lost = "idle_lost"
        else:
            alive = self.answered(key.data)
            lost = "active_lost"
        if not alive:
            self.figures[lost] += 1
            selector.unregister(key.fileobj)
            key.fileobj.close()

    def due(self, what):
        """Does what it is time for; the seconds until the next time."""
        if isinstance(what, int):
            self.sip(what)
            return SIP_EVERY
        if what.socket.fileno() >= 0 and what.asked is None:  # not let go; and who waits for an answer asks no more
            what.asked = time.monotonic()
            with contextlib.suppress(ConnectionError):  # who was let go just now: the next look sees it
                what.socket.send(STATUS)
        return ASK_EVERY

    def run(self, seconds):
        selector = selectors.DefaultSelector()
        for client in self.idle:
            selector.register(client, selectors.EVENT_READ, None)
        for one in self.active:
            selector.register(one.socket, selectors.EVENT_READ, one)
        begun = time.monotonic()
        members = [*self.active, *range(len(self.slow))]
        # spread over the interval, as people are
        timers = [(begun + ASK_EVERY * n / len(members), n) for n in range(len(members))]
        heapq.heapify(timers)
        while (now := time.monotonic()) < begun + seconds and not self.over:
            while timers[0][0] <= now:
                at, n = heapq.heappop(timers)
                heapq.heappush(timers, (at + self.due(members[n]), n))
            for key, _ in selector.select(max(timers[0][0] - now, 0)):
                self.look(selector, key)
        self.delays.sort()
        return {**self.figures, "samples": len(self.delays),
                **{f"p{part}_ms": round(self.delays[min(len(self.delays) * part // 100, len(self.delays) - 1)] * 1000, 2)
                   for part in (50, 99, 100) if self.delays},
                "cpu_seconds": round(sum(os.times()[:2]), 2)}


def main():
    crowd = Crowd(sys.argv[1], int(sys.argv[2]))
    signal.signal(signal.SIGTERM, crowd.end)
    signal.signal(signal.SIGUSR1, crowd.forget)
    print(json.dumps({"clients": int(sys.argv[2])}), flush=True)
    print(json.dumps(crowd.run(float(sys.argv[3]))), flush=True)


if __name__ == "__main__":
    main()
