"""The main job, shown: a real mailbox and a calendar, the daemon, a timeline, explanations, one mail live, one
meeting moved."""

import fcntl
import os
import pty
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
from datetime import datetime, timezone
from pathlib import Path

from calendars import event, feed, publish, section, soon
from daemon import BIN, Daemon, account
from dovecot import Authority, Dovecot
from letters import letter, person
from nginx import Nginx

MAILS = 300
COLOUR = sys.stdout.isatty()


def say(text):
    print(f"\n\x1b[1m{text}\x1b[0m" if COLOUR else f"\n== {text}", flush=True)


def on_terminal(daemon, words):
    """The client as a person sees it: on a terminal of its own, 110 columns wide."""
    parent, child = pty.openpty()
    fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 110, 0, 0))
    process = subprocess.Popen(
        [BIN / "liaison", "--socket", daemon.socket, "--no-pager", *map(str, words)], stdin=child, stdout=child,
        stderr=child, env={"PATH": "/usr/bin:/bin", "HOME": str(daemon.dir), "TZ": "UTC", "TERM": "xterm",
                           "LANG": "C.UTF-8", **({} if COLOUR else {"NO_COLOR": "1"})})
    os.close(child)
    text = b""
    try:
        while True:
            more = os.read(parent, 65536)
            if not more:
                break
            text += more
    except OSError:  # the terminal's other end is closed
        pass
    os.close(parent)
    text = text.decode(errors="replace").replace("\r\n", "\n")
    return process.wait(60), re.sub(r"[^\n]*\r\x1b\[K", "", text)  # without the progress that was wiped away


def shown(daemon, *words, lines=24):
    print("$ liaison " + " ".join(f"'{w}'" if " " in str(w) or "<" in str(w) else str(w) for w in words), flush=True)
    status, text = on_terminal(daemon, words)
    shown_lines = text.rstrip("\n").splitlines()
    print("\n".join("  " + line for line in shown_lines[:lines]), flush=True)
    if len(shown_lines) > lines:
        print(f"  … {len(shown_lines) - lines} more lines")
    if status != 0:
        raise SystemExit(f"demo: that failed with {status}")


def main():
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # cleans up, as after Ctrl-C
    place = Path(tempfile.mkdtemp(prefix="liaison-demo-"))
    os.chmod(place, 0o755)
    try:
        show(place)
    finally:
        shutil.rmtree(place, ignore_errors=True)
    print("\nAll of it ran in a temporary directory, which is gone. Next: README.md, "
          "\"Your own mailbox in five minutes\".")


def show(place):
    say(f"A mailbox: Dovecot on loopback with {MAILS} letters, TLS from a private CA")
    authority = Authority(place / "ca")
    with Dovecot(place / "dovecot", authority) as server, Nginx(place / "nginx", authority) as web:
        server.fill(MAILS, people=40)
        publish(web, "team.ics", agenda())
        say("A calendar: a feed on nginx, over HTTPS, with a weekly series, a visit and a meeting of others")
        sections = [account(server, level="snippet"), section("team", web.url("/team.ics"), ca_file=authority.ca)]
        with Daemon(place / "liaison", sections) as daemon:
            watch(daemon, server)
            calendar(daemon, web)


def agenda(visit=None, sequence=0):
    """A series with the first contact, a visit to them, and what is between others."""
    address, stranger = person(0)[1], person(18)[1]
    monday = soon(days=-soon().weekday() - 14).replace(hour=9, minute=30)
    day = soon(days=8).replace(hour=14, minute=0)
    return feed(event("review@own.example", monday, 45, "Weekly review", attendees=[(address, "ACCEPTED")],
                      rrule="FREQ=WEEKLY;COUNT=5"),
                event("visit@own.example", visit or day, 120, "Visit to the works", sequence=sequence,
                      attendees=[(address, "TENTATIVE")], location="Hall 3"),
                event("others@own.example", day, 30, "Budget", attendees=[stranger]))


def watch(daemon, server):
    say("The daemon watches both; three people are made contacts")
    for number in (0, 1, 2):
        name, address = person(number)
        shown(daemon, "contact", "add", name, "--email", address, "--fields", "no,name,type")
    shown(daemon, "contact", "add", "Contoso", "--type", "company", "--domain", "contoso.example", "--fields", "no,name,type")
    begun = time.monotonic()
    daemon.wait_complete()
    daemon.wait_complete("team")
    rows = daemon.verify()
    print(f"  {rows['decided']} of {rows['server']} messages decided, {rows['captured']} on timelines, "
          f"{rows['missing']} missing ({time.monotonic() - begun:.1f} s)")
    say("Somebody's timeline, with the mail and the meetings of before the contact was made")
    shown(daemon, "contact", "timeline", "C00001", "--limit", "6", "--fields", "id,at,kind,status,subject")
    say("Health, and the proof that nothing is missing")
    shown(daemon, "status")
    shown(daemon, "capture", "verify", "work")
    say("Search")
    shown(daemon, "search", "invoice", "--limit", "3")
    say("One new mail is delivered, and seen to arrive")
    live(daemon, server)
    say("Why is it here? And why is that one not?")
    shown(daemon, "capture", "explain", "<live@demo.example>")
    strangers = daemon.call("capture.list", {"decision": "unmatched", "limit": 1})["items"]
    if strangers:
        row = strangers[0]
        shown(daemon, "capture", "explain", f"{row['source']}:{row['folder']}:{row['uid']}")


def calendar(daemon, web):
    say("The visit is moved by a day; the server hands out the new feed, and one event of it is read")
    with Watcher(daemon) as watcher:
        publish(web, "team.ics", agenda(soon(days=9).replace(hour=14, minute=0), 1))
        shown(daemon, "sync", "team")
        watcher.show("Visit to the works")
    visit = daemon.all("interaction.list", where="event_uid = visit@own.example")[0]
    shown(daemon, "interaction", "show", visit["id"], "--fields", "status,at,location,moves,contacts")
    say("Why is that meeting here? And why is that one not?")
    shown(daemon, "capture", "explain", "visit@own.example")
    shown(daemon, "capture", "explain", "others@own.example")
    say("Does the ledger have all that the calendar has?")
    shown(daemon, "capture", "verify", "team")


class Watcher:
    """`with Watcher(daemon) as watcher:`; shows what liaison watch says."""

    def __init__(self, daemon):
        self.daemon = daemon

    def __enter__(self):
        print("$ liaison watch &", flush=True)
        self.process = subprocess.Popen(
            [BIN / "liaison", "--socket", self.daemon.socket, "watch"], text=True, bufsize=1, stdout=subprocess.PIPE,
            env={"PATH": "/usr/bin:/bin", "HOME": str(self.daemon.dir), "TZ": "UTC"})
        time.sleep(1)
        return self

    def show(self, word):
        line = ""
        while word not in line:
            line = self.process.stdout.readline()
            if not line:
                raise SystemExit("demo: watch ended")
        print("  " + line.rstrip("\n").expandtabs(2))

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def live(daemon, server):
    name, address = person(0)
    with Watcher(daemon) as watcher:
        begun = time.monotonic()
        server.append("INBOX", letter(f"{name} <{address}>", "me@own.example", "Are you there?",
                                      datetime.now(timezone.utc), "live@demo.example"))
        watcher.show("Are you there?")
        print(f"  ({(time.monotonic() - begun) * 1000:.0f} ms after it was handed to the server, which itself "
              "waits half a second before it tells anybody)")


if __name__ == "__main__":
    main()
