"""A recording of `capture record`, played again: what the server said, word for word, to whoever asks alike."""

import re

from imap_script import ScriptedServer


def pieces(transcript):
    """(kind, bytes) of each."""
    at = 0
    while at < len(transcript):
        end = transcript.index(b"\n", at)
        kind, size = transcript[at:end].split(b" ")
        at = end + 1 + int(size)
        yield kind.decode(), transcript[end + 1:at]


def answers(text):
    """The server's answers, a line with its literals each."""
    at = begin = 0
    while at < len(text):
        end = text.index(b"\n", at) + 1
        literal = re.search(rb"\{(\d+)\+?\}\r?\n$", text[at:end])
        at = end + (int(literal[1]) if literal else 0)
        if not literal:
            yield text[begin:at]
            begin = at


class Recording:
    """own: our addresses in it; listed: the answers to LIST;
    folders: {wire name: [answers to EXAMINE, {uid: answer}]}."""

    def __init__(self, transcript):
        self.own, self.listed, self.folders, folder, asked = [], [], {}, None, b""
        for kind, said in pieces(transcript):
            if kind == "O":
                self.own = said.decode().split()
            elif kind == "C":
                asked = said
                examined = re.search(rb" EXAMINE (.+)\r\n", said)
                if examined:
                    folder = self.folders.setdefault(examined[1].strip(b'"').decode(), [[], {}])
            elif kind == "S":
                for line in answers(said):
                    self.take(line, asked, folder)

    def take(self, line, asked, folder):
        fetched = re.match(rb"\* \d+ FETCH \(.*?UID (\d+)", line, re.S)
        if b" LIST " in asked and line.startswith(b"* LIST"):
            self.listed.append(line)
        elif fetched and folder:
            folder[1][int(fetched[1])] = line
        elif b" EXAMINE " in asked and line.startswith(b"* "):
            folder[0].append(line)


class ReplayServer(ScriptedServer):
    """Of one conversation a connection; the folder that is open is the connection's."""

    def __init__(self, recording, **options):
        self.recording = recording
        self.open = {}
        super().__init__(hooks={"list": ReplayServer.listing, "examine": ReplayServer.examined,
                                "search": ReplayServer.found, "fetch": ReplayServer.delivered,
                                "status": ReplayServer.counted}, **options)

    def listing(self, handler, tag, line):
        return b"".join(self.recording.listed) + f"{tag} OK done\r\n".encode()

    def examined(self, handler, tag, line):
        self.open[handler.number] = name = line.split(" ", 1)[1].strip().strip('"')
        return b"".join(self.recording.folders[name][0]) + f"{tag} OK [READ-ONLY] done\r\n".encode()

    def counted(self, handler, tag, line):
        name = re.match(r'STATUS ("[^"]*"|\S+) ', line)[1]
        said = b"".join(self.recording.folders[name.strip('"')][0])
        count, validity, following = (int(re.search(word, said)[1]) for word in (
            rb"\* (\d+) EXISTS", rb"UIDVALIDITY (\d+)", rb"UIDNEXT (\d+)"))
        return (f"* STATUS {name} (MESSAGES {count} UIDNEXT {following} UIDVALIDITY {validity})\r\n"
                f"{tag} OK done\r\n").encode()

    def messages_of(self, handler, line):
        kept = self.recording.folders[self.open[handler.number]][1]
        top, wanted = max(kept, default=0), set()
        for piece in re.search(r"UID (?:FETCH )?([0-9:*,]+)", line)[1].split(","):
            ends = [top if end == "*" else int(end) for end in piece.split(":")]
            wanted |= {uid for uid in kept if min(ends) <= uid <= max(ends)}
        return {uid: kept[uid] for uid in sorted(wanted)}

    def found(self, handler, tag, line):
        kept = self.recording.folders[self.open[handler.number]][1]
        some = self.messages_of(handler, line[4:]) if "UID" in line[4:] else kept
        return ("* SEARCH" + "".join(f" {uid}" for uid in sorted(some)) + f"\r\n{tag} OK done\r\n").encode()

    def delivered(self, handler, tag, line):
        if not line.upper().startswith("UID") or "HEADER" not in line:
            return f"{tag} OK nothing more was recorded\r\n".encode()
        return b"".join(self.messages_of(handler, line).values()) + f"{tag} OK done\r\n".encode()
