"""Every setting of the configuration: known, with its values, ranges and mistakes."""

import os
import re
import subprocess

import pytest

from daemon import BIN, Daemon

SPEC = r"""
[liaison]
database = {dir}/liaison.db
socket = {dir}/control
group = root                   # may read and write through the socket
readers = root
privacy = root
admins = root
proxies = root
own-addresses = me@own.example, *@sales.own.example
own-domains = own.example
unmatched = headers            # headers | addresses | none
unmatched-retention = 180d
create-contacts = never
staff-reports = team
backup-directory = {dir}
backup-every = 1d
backup-keep = 14
metrics-file = {dir}/metrics
provider-profiles = {dir}/profiles
timezone = Europe/Berlin
log-level = info
key-file = {dir}/key
connect-rate = 10/s
connect-rate-host = 5/s

[retention]
email = 3y
text = 6mo
meeting = 2d
ledger = 3w
quarantine = 90d
audit = 2y

[account *]
tls = implicit

[account work]
host = imap.own.example
port = 993
tls = implicit                 # implicit | starttls | none
ca-file = /etc/ca.pem
tls-fingerprint = {fingerprint}
user = me@own.example
auth = auto
password-command = pass show mail/work   # argv, no shell
addresses = alias@own.example
salesperson = sender
visibility = all
folders = *, !\Junk, !\Trash, !\Drafts, !\All      # globs and special uses
idle = INBOX, \Sent            # the rest is polled
poll = 5m
connections = 3
since = 90d
level = metadata
on-delete = keep
skip-keyword = $Private
skip-folders = Lists/*
only-keyword = $Client
budget = 25M
authserv-id = mx.own.example
subaddress = keep
create-contacts = sent

[account oauth]
host = imap.example
user = me
oauth2 = google
client-id = id
client-secret-file = /etc/secret

[maildir old]
path = /srv/mail/old

[calendar team]
url = https://cal.own.example/team.ics
ca-file = /etc/ca.pem
user = me
password-file = /etc/secret
poll = 15m
since = 365d
until = 90d
match = attendees
private = skip
salesperson = JS
visibility = all
"""
ACCOUNT = "[account w]\nhost = h.example\nuser = u\npassword-file = /x\n"
CALENDAR = "[calendar c]\nurl = https://h.example/x\n"


@pytest.fixture
def check(tmp_path):
    """Exit status and [(line, mistake)…] of liaisond --check-config of a text."""
    def run(text, mode=0o600):
        path = tmp_path / "liaison.conf"
        path.write_text(text)
        os.chmod(path, mode)
        answer = subprocess.run([BIN / "liaisond", "-c", path, "--check-config"], text=True, timeout=30,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                env={**os.environ, "HOME": str(tmp_path)})
        lines = [re.fullmatch(re.escape(str(path)) + r":(\d+): (.*)", line) for line in answer.stdout.splitlines()
                 if not line.startswith("liaisond: warning: ")]
        assert all(lines), answer.stdout
        return answer.returncode, [(int(line[1]), line[2]) for line in lines]
    return run


def test_every_setting_of_the_specification_is_known(check, tmp_path):
    text = SPEC.format(dir=tmp_path, fingerprint="ab" * 32)
    assert check(text) == (0, [])
    assert check(text, 0o644) == (0, [])


GOOD = {
    "[liaison]\n": (
        "unmatched = addresses|unmatched = none|unmatched-retention = 90s|create-contacts = sent|create-contacts = all|"
        "staff-reports = off|staff-reports = person|log-level = debug|log-level = warning|connect-rate = 30/m|"
        "timezone = UTC|backup-every = 2h|readers = |own-addresses = |# only this|metrics-file = ~/m"),
    "[retention]\n": "email = 15m|text = none|ledger = 1y|audit = ",
    ACCOUNT: (
        "tls = starttls|auth = plain|auth = login|auth = xoauth2|auth = oauthbearer|port = 1|port = 65535|"
        "visibility = owner|since = all|since = 3y|level = snippet|level = text|on-delete = drop-text|"
        "on-delete = remove|subaddress = fold|subaddress = own.example, x.example|budget = 2G|connections = 1|"
        "salesperson = JS|folders = INBOX|idle = |skip-keyword = |create-contacts = never"),
    "[account w]\nhost = h.example\nuser = u\n": (
        "password-command = pass 'a b'|password-file = /x|credential = mail|token-command = t|oauth2 = microsoft|"
        "oauth2 = https://login.example/|password = secret"),
    "[account w]\nhost = 127.0.0.1\nuser = u\npassword-file = /x\n": "tls = none",
    "[account *]\nuser = u\npassword-file = /x\n[account w]\n": "host = h.example",
    CALENDAR: "match = text|private = busy|until = 1y|since = all|poll = 1h|poll = 1m|level = text|addresses = a@b.example|"
              "token-command = t|salesperson = JS|visibility = owner",
    "[calendar c]\n": "url = http://h/x|url = webcal://h/x|url = file:///srv/x.ics",
}


@pytest.mark.parametrize("start", GOOD, ids=[s.split("\n")[0] + str(i) for i, s in enumerate(GOOD)])
def test_values_that_are_taken(check, start):
    for line in GOOD[start].split("|"):
        assert check(start + line + "\n") == (0, []), line


BAD = {
    "[liaison]\n": (
        "unmatched = all|unmatched-retention = 5|create-contacts = yes|staff-reports = x|backup-every = 1x|"
        "backup-keep = 0|backup-keep = x|timezone = Mars/Olympus|log-level = loud|connect-rate = 10|"
        "connect-rate = 0/s|connect-rate-host = x|backup-directory = here|database = |own-addresses = me|"
        "own-domains = a b|poll = 5m|frob = 1|no value|socket = /" + "x" * 200),
    "[retention]\n": "email = for ever|quarantine = 0d|frob = 1d",
    ACCOUNT: (
        "port = 0|port = 65536|port = x|tls = ssl|tls = none|auth = cram|tls-fingerprint = 12|level = all|"
        "on-delete = x|visibility = x|since = x|connections = 0|connections = 51|poll = 0s|budget = x|"
        "subaddress = fold x|folders = |host = other.example|password-command = x|credential = x|path = /x|"
        "url = https://h/|frob = 1|addresses = x|password-file = /y"),
    CALENDAR: "match = x|private = x|until = 11y|since = x|folders = *|host = h|level = x|poll = 59s|tls-fingerprint = 12|"
              "url = https://u:p@h.example/x",
    "[maildir m]\npath = /x\n": "host = h|level = x|path = /y",
}


@pytest.mark.parametrize("start", BAD, ids=[s.split("\n")[0] for s in BAD])
def test_values_that_are_refused(check, start):
    at = start.count("\n") + 1
    for line in BAD[start].split("|"):
        status, mistakes = check(start + line + "\n")
        # what the section lacks as a whole is told at its first line
        assert status == 78 and {number for number, _ in mistakes} <= {at, 1} and mistakes, (line, mistakes)


@pytest.mark.parametrize("text, line", (
    ("[frob]\n", 1), ("[account]\n", 1), ("[account w]\n", 1), ("[maildir m]\n", 1), ("[calendar c]\n", 1),
    ("x = 1\n", 1), ("[liaison\n", 1), ("[account a b]\n", 1),
    ("[calendar c]\nurl = ftp://h/x\n", 2), ("[calendar c]\nurl = https://u:p@h/x\n", 2),
    ("[account a]\nhost = h.example\nuser = u\npassword-file = /x\n[maildir a]\npath = /x\n", 5),
    ("[account a]\nhost = h.example\nuser = u\npassword-file = /x\n[calendar a]\nurl = https://h/\n", 5),
))
def test_sections_that_are_refused(check, text, line):
    status, mistakes = check(text)
    assert status == 78 and line in [number for number, _ in mistakes], mistakes


def test_all_mistakes_are_told_in_one_pass_with_suggestions(check):
    status, mistakes = check("[liaison]\ndatabse = /x\nlog-level = loud\n[acount w]\n[account x]\nhots = h\nuser = u\n"
                             "password-file = /x\n")
    told = {line: message for line, message in mistakes}
    assert status == 78 and {2, 3, 4, 6} <= set(told), mistakes
    assert "'database'" in told[2] and "account" in told[4] and "'host'" in told[6]


def test_comments(check):
    status, _ = check("# a\n[liaison] # b\n# c\nlog-level = info # d\n")
    assert status == 0
    assert check(ACCOUNT + "authserv-id = a#b\n")[0] == 0


def test_a_literal_secret_that_others_can_read_is_refused(check):
    text = "[account w]\nhost = h.example\nuser = u\npassword = secret\n"
    for mode in (0o640, 0o604, 0o644):
        status, mistakes = check(text, mode)
        assert status == 78 and [line for line, _ in mistakes] == [4] and "secret" not in mistakes[0][1].split(":")[-1]
    assert check(text, 0o600)[0] == 0


def test_a_bad_configuration_ends_the_start_with_78(place):
    daemon = Daemon(place / "liaison", settings="frob = 1\n")
    daemon.start(wait=False)
    assert daemon.process.wait(20) == 78 and "frob" in daemon.tail()
    daemon.kill()


def test_defaults_that_can_be_seen(place):
    """The rest of the defaults is seen in what the other tests find."""
    with Daemon(place / "liaison", ["[account w]\nhost = localhost\nport = 1\nuser = u\npassword-file = /x\n"
                                    "[maildir m]\npath = /nowhere\n"]) as daemon:
        assert [(s["name"], s["kind"]) for s in daemon.all("source.list")] == [("m", "maildir"), ("w", "imap")]


def test_a_reload_takes_a_good_file_and_refuses_a_bad_one(place):
    with Daemon(place / "liaison", expects_errors="'frob'|the old one stays") as daemon:
        daemon.configure(settings="frob = 1\n")
        answer = daemon.liaison("--json", "system", "reload", check=False)
        assert answer.returncode != 0 and "frob" in answer.stderr
        daemon.configure(settings="timezone = Asia/Tokyo\n")
        daemon.liaison("system", "reload")
        at = daemon.call("contact.note", {"contact": daemon.call("contact.add", {"name": "Ada"})["no"], "note": "x"})
        assert at["id"] == 1
        added = daemon.call("interaction.add", {"contact": "Ada", "kind": "call", "at": "2026-01-01"})
        assert added["at"] == "2026-01-01T00:00:00+09:00"


def test_a_literal_secret_is_warned_of(place):
    section = "[account w]\nhost = 127.0.0.1\nport = 1\ntls = none\nuser = u\npassword = verysecret\n"
    with Daemon(place / "liaison", [section]) as daemon:
        assert "<4>main: w: the password stands in the configuration" in daemon.tail()
        assert "verysecret" not in daemon.tail()
