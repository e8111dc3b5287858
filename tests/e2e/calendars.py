"""Believable meetings: feeds built from words, and what the daemon made of them."""

import os
from datetime import date, datetime, timedelta, timezone

UTC = timezone.utc
ME = "me@own.example"


def soon(**span):
    """A whole minute, so far from now."""
    return datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(**span)


def written(at):
    if isinstance(at, datetime):
        return at.strftime("%Y%m%dT%H%M%S") + ("Z" if at.tzinfo is UTC else "")
    return at.strftime("%Y%m%d") if isinstance(at, date) else at


def event(uid, start, minutes=60, summary="Review", organizer=ME, attendees=("ada@x.example",), sequence=0,
          stamp="20260101T000000Z", recurrence=None, **properties):
    """A VEVENT. Of attendees each is an address or (address, PARTSTAT); properties are further lines, their
    underscores dashes; a property that is a list is several lines."""
    kind = ";VALUE=DATE" if not isinstance(start, datetime) and isinstance(start, date) else ""
    lines = ["BEGIN:VEVENT", f"UID:{uid}", f"DTSTAMP:{stamp}", f"DTSTART{kind}:{written(start)}"]
    if not kind and minutes is not None:
        lines.append(f"DTEND:{written(start + timedelta(minutes=minutes))}")
    if recurrence is not None:
        lines.append(f"RECURRENCE-ID:{written(recurrence)}")
    lines += [f"SUMMARY:{summary}", f"SEQUENCE:{sequence}"]
    if attendees and organizer:
        lines.append(f"ORGANIZER:mailto:{organizer}")
    for one in attendees:
        address, answer = (one, None) if isinstance(one, str) else one
        lines.append("ATTENDEE" + (f";PARTSTAT={answer}" if answer else "") + f":mailto:{address}")
    for name, value in properties.items():
        for one in value if isinstance(value, (list, tuple)) else [value]:
            lines.append(f"{name.upper().replace('_', '-')}:{written(one)}")
    return "\r\n".join(lines) + "\r\nEND:VEVENT\r\n"


def feed(*events):
    """A whole calendar, in bytes."""
    return ("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//own//e2e//EN\r\n" + "".join(events) +
            "END:VCALENDAR\r\n").encode()


def section(name, url, **settings):
    """A [calendar NAME] section."""
    lines = {"url": url, "poll": "1h", **settings}
    return f"[calendar {name}]\n" + "".join(
        f"{key.replace('_', '-')} = {value}\n" for key, value in lines.items())


class Calendar:
    """A calendar of the daemon's, whose feed a web server has."""

    stamp = 0

    def __init__(self, daemon, server, name="team", file=None):
        self.daemon, self.server, self.name = daemon, server, name
        self.file = file or f"{name}.ics"

    def put(self, *events):
        publish(self.server, self.file, feed(*events))

    def look(self, **params):
        return self.daemon.call("source.sync", {"source": self.name, **params})

    def set(self, *events):
        """The feed has these events now, and the daemon has seen it."""
        self.put(*events)
        return self.look()

    def meetings(self):
        """{(UID, recurrence): interaction}"""
        return {(one["event_uid"], one["recurrence_id"]): one for one in meetings(self.daemon)}

    def one(self, uid):
        found = [one for one in meetings(self.daemon) if one["event_uid"] == uid]
        assert len(found) == 1, found
        return found[0]

    def decisions(self, uid):
        return self.daemon.call("capture.explain", {"event_uid": uid})["captures"]

    def decision(self, uid):
        rows = self.decisions(uid)
        assert len(rows) == 1, rows
        return rows[0]

    def show(self):
        return self.daemon.source(self.name)


def publish(server, name, content):
    """A web server tells versions apart by the second and the size: each gets a second of its own."""
    Calendar.stamp += 1
    at = 1700000000 + Calendar.stamp
    os.utime(server.write(name, content), (at, at))


def meetings(daemon, **filters):
    return daemon.all("interaction.list", kind=["meeting"], **filters)
