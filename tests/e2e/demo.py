"""The main job, shown: a real mailbox, the daemon, a timeline, an explanation, one mail live."""

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

from daemon import BIN, Daemon, account
from dovecot import Authority, Dovecot
from letters import letter, person

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
    with Dovecot(place / "dovecot", authority) as server:
        server.fill(MAILS, people=40)
        with Daemon(place / "liaison", [account(server, level="snippet")]) as daemon:
            watch(daemon, server)


def watch(daemon, server):
    say("The daemon watches it; three people are made contacts")
    for number in (0, 1, 2):
        name, address = person(number)
        shown(daemon, "contact", "add", name, "--email", address, "--fields", "no,name,type")
    shown(daemon, "contact", "add", "Contoso", "--type", "company", "--domain", "contoso.example", "--fields", "no,name,type")
    begun = time.monotonic()
    daemon.wait_complete()
    rows = daemon.verify()
    print(f"  {rows['decided']} of {rows['server']} messages decided, {rows['captured']} on timelines, "
          f"{rows['missing']} missing ({time.monotonic() - begun:.1f} s)")
    say("Somebody's timeline, the mail of before the contact was made included")
    shown(daemon, "contact", "timeline", "C00001", "--limit", "6")
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


def live(daemon, server):
    name, address = person(0)
    print("$ liaison watch", flush=True)
    watch = subprocess.Popen([BIN / "liaison", "--socket", daemon.socket, "watch"], text=True, bufsize=1,
                             stdout=subprocess.PIPE, env={"PATH": "/usr/bin:/bin", "HOME": str(daemon.dir), "TZ": "UTC"})
    try:
        time.sleep(1)
        begun = time.monotonic()
        server.append("INBOX", letter(f"{name} <{address}>", "me@own.example", "Are you there?",
                                      datetime.now(timezone.utc), "live@demo.example"))
        line = ""
        while "Are you there?" not in line:
            line = watch.stdout.readline()
            if not line:
                raise SystemExit("demo: watch ended")
        print("  " + line.rstrip("\n").expandtabs(2))
        print(f"  ({(time.monotonic() - begun) * 1000:.0f} ms after it was handed to the server, which itself "
              "waits half a second before it tells anybody)")
    finally:
        watch.kill()
        watch.wait()


if __name__ == "__main__":
    main()
