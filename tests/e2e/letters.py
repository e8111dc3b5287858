"""Believable mail: people, companies and their letters, the same for the same seed."""

import random
from email.utils import format_datetime
from datetime import datetime, timedelta, timezone

FIRST = ("Ada Grace Edsger Barbara Niklaus Radia Donald Frances Ken Hedy Tony Lynn Alan Mary Dennis "
         "Margaret John Katherine Leslie Shafi Whitfield Joan Vint Anita Bjarne Susan").split()
LAST = ("Lovelace Hopper Dijkstra Liskov Wirth Perlman Knuth Allen Thompson Lamarr Hoare Conway Turing "
        "Shaw Ritchie Hamilton Backus Johnson Lamport Goldwasser Diffie Clarke Cerf Borg Kilby").split()
COMPANIES = ("northwind.example contoso.example fabrikam.example tailspin.example litware.example "
             "proseware.example wingtip.example adatum.example").split()
TOPICS = ("Offer for the autumn order|Minutes of our meeting|Question about the invoice|Delivery dates|"
          "Visit on Thursday|Contract, second draft|Your sample has arrived|Prices for next year|"
          "Lunch?|Specification of the pump|Complaint about lot 7|Introduction").split("|")


def letter(sender, to, subject, at=None, message_id=None, cc=None, in_reply_to=None, references=None,
           body="Good morning,\n\nas agreed.\n\nKind regards\n", headers=""):
    at = at or datetime.now(timezone.utc)
    number = message_id or f"{random.getrandbits(64):x}@{sender.rsplit('@', 1)[-1].rstrip('>')}"
    lines = [f"From: {sender}", f"To: {to}"]
    if cc:
        lines.append(f"Cc: {cc}")
    lines += [f"Subject: {subject}", f"Date: {format_datetime(at)}", f"Message-ID: <{number}>"]
    if in_reply_to:
        lines.append(f"In-Reply-To: <{in_reply_to}>")
    if references:
        lines.append("References: " + " ".join(f"<{r}>" for r in references))
    lines += ["MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8",
              "Content-Transfer-Encoding: 8bit"]
    return "\n".join(lines) + "\n" + headers + "\n" + body


def person(number):
    """The number-th correspondent: (name, address)."""
    first = FIRST[number % len(FIRST)]
    last = LAST[number // len(FIRST) % len(LAST)]
    turn = number // (len(FIRST) * len(LAST))
    company = COMPANIES[number % len(COMPANIES)]
    tail = str(turn) if turn else ""
    return f"{first} {last}", f"{first.lower()}.{last.lower()}{tail}@{company}"


def fill_maildir(directory, count, people=200, seed=1, me="me@own.example", days=60, pad=0,
                 copied=1):
    """Writes count letters into a Maildir, the oldest first; every other one has copied people in Cc.
    Returns their Message-IDs."""
    rng = random.Random(seed)
    for part in ("cur", "new", "tmp"):
        (directory / part).mkdir(parents=True, exist_ok=True)
    now = datetime.now(timezone.utc).replace(microsecond=0)
    ids = []
    for i in range(count):
        name, address = person(rng.randrange(people))
        at = now - timedelta(days=days) * (1 - (i + 1) / (count + 1))
        outbound = rng.random() < 0.4
        copies = [person(rng.randrange(people)) for _ in range(copied)] if rng.random() < 0.5 else []
        message_id = f"{seed}.{i}@{me.split('@')[1] if outbound else address.split('@')[1]}"
        text = letter(me if outbound else f"{name} <{address}>", f"{name} <{address}>" if outbound else me,
                      rng.choice(TOPICS), at, message_id, cc=", ".join(f"{n} <{a}>" for n, a in copies),
                      headers="".join(f"X-Padding-{n}: {'x' * 70}\n" for n in range(pad)))
        stamp = int(at.timestamp())
        (directory / "cur" / f"{stamp}.M{i:06}P1.liaison:2,S").write_text(text)
        ids.append(message_id)
    return ids
