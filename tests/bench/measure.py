"""What the parts of the bench share: figures told, processes looked at, mail timed."""

import json
import os
import socket
import ssl
import sys
import threading
import time
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/e2e"))

from daemon import BIN, Client  # noqa: E402
from letters import letter, person  # noqa: E402

PROGRAMS = TOP / "build" / BIN.parent.name / "tests/bench"


def tell(what, **figures):
    print(json.dumps({"figure": what, **figures}), flush=True)


def memory(pid, field="VmHWM"):
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) / 1024
    return 0.0


def cpu_seconds(pid):
    stat = Path(f"/proc/{pid}/stat").read_text()
    fields = stat[stat.rindex(")") + 2:].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peaks(daemon):
    """{program: MiB} of the largest of each."""
    return {name.removeprefix("liaison-"): round(max(memory(pid) for pid in pids), 1)
            for name, pids in daemon.children().items()}


def add_contacts(daemon, count):
    """Every third correspondent is a contact."""
    with daemon.client(timeout=600) as client:
        sent = 0
        for number in range(0, count, 3):
            name, address = person(number)
            client.send("contact.add", {"name": name, "email": [address]})
            sent += 1
            if sent % 500 == 0:
                for _ in range(500):
                    client.line()
        for _ in range(sent % 500):
            client.line()
    return sent


def idle_client(server):
    """A bare client of the same server that waits in IDLE."""
    context = ssl.create_default_context(cafile=str(server.authority.ca))
    bare = context.wrap_socket(socket.create_connection(("127.0.0.1", server.tls_port)), server_hostname="localhost")
    bare.sendall(b"a LOGIN me@own.example secret\r\nb EXAMINE INBOX\r\nc IDLE\r\n")
    text = b""
    while b"\r\n+ " not in text:  # "LITERAL+ " stands in the greeting
        text += bare.recv(65536)
    return bare


def mail_delays(server, daemon, name, count):
    """Milliseconds from a bare IDLE client's EXISTS to the watch event, of count mails from a contact."""
    bare, watch, delays = idle_client(server), Client(daemon.socket), []
    watch.answer(watch.send("watch"))
    append = server.imap()
    for n in range(count):
        seen, number = {}, f"{name}n{n}"

        def bare_side():
            while b"EXISTS" not in bare.recv(65536):
                pass
            seen["bare"] = time.monotonic()

        def watch_side():
            while True:
                event = watch.notification("event")["params"]
                if event["kind"] == "interaction.recorded" and number in json.dumps(event):
                    break
            seen["watch"] = time.monotonic()

        threads = [threading.Thread(target=bare_side), threading.Thread(target=watch_side)]
        for thread in threads:
            thread.start()
        time.sleep(0.05)
        text = letter("ada@x.example", "me@own.example", number, message_id=f"{number}@x.example")
        append.append("INBOX", None, None, text.replace("\n", "\r\n").encode())
        for thread in threads:
            thread.join(30)
        delays.append((seen["watch"] - seen["bare"]) * 1000)
    append.logout()
    watch.close()
    bare.close()
    return sorted(delays)
