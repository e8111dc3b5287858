"""A private Dovecot, unpacked under build/servers and run as an ordinary user on loopback."""

import functools
import grp
import imaplib
import itertools
import os
import signal
import socket
import ssl
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from letters import fill_maildir
from reach import TOP, Running, give, ordinary_user, reachable


GIVEN = itertools.count(os.getpid())


def free_port():
    """Below those that the system gives out, other ones for each of xdist's workers and each time: nobody else takes it
    before it is listened at."""
    block = 10000 + 1000 * (int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) % 16)
    for number in itertools.islice(GIVEN, 1000):
        with socket.socket() as s, suppress(OSError):
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            s.bind(("127.0.0.1", block + number % 1000))
            return block + number % 1000
    raise OSError(f"no port from {block} on is free")


def unpack():
    subprocess.run([TOP / "tests/e2e/unpack", "dovecot", "dovecot-core", "dovecot-imapd"],
                   check=True, timeout=300)


def relocate():
    """The library that lets unpacked servers find what they look for in /usr/lib; see relocate.c."""
    library = TOP / "build/servers/relocate.so"
    source = TOP / "tests/e2e/relocate.c"
    if not library.exists() or library.stat().st_mtime < source.stat().st_mtime:
        part = library.with_suffix(f".{os.getpid()}")
        subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", part, source, "-ldl"], check=True)
        part.rename(library)
    return library


@functools.cache
def servers():
    """Where the unpacked servers lie, and relocate.so with them."""
    unpack()
    relocate()
    return reachable(TOP / "build/servers", "LIAISON_SERVERS")


class Authority:
    """A private CA and the certificates it signs."""

    def __init__(self, directory):
        self.dir = Path(directory)
        self.dir.mkdir(parents=True, exist_ok=True)
        os.chmod(self.dir, 0o755)
        self.ca = self.dir / "ca.pem"
        self._openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                      "-keyout", self.dir / "ca.key", "-out", self.ca, "-days", "30",
                      "-subj", "/CN=liaison test authority")

    def _openssl(self, *words, stdin=None):
        subprocess.run(["openssl", *map(str, words)], check=True, input=stdin,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60)

    def certificate(self, name, names=("DNS:localhost", "IP:127.0.0.1"), days=30, start=None):
        key, request, pem = (self.dir / f"{name}{end}" for end in (".key", ".csr", ".pem"))
        self._openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                      "-keyout", key, "-out", request, "-subj", f"/CN={name}")
        extensions = self.dir / f"{name}.ext"
        extensions.write_text("subjectAltName=" + ",".join(names) + "\n")
        self._openssl("x509", "-req", "-in", request, "-CA", self.ca, "-CAkey", self.dir / "ca.key",
                      "-CAcreateserial", "-out", pem, "-days", str(days), "-extfile", extensions)
        for path in (key, pem):
            give(path)
        return pem, key


class Dovecot(Running):
    """`with Dovecot(directory, authority) as server:`; mail lies in directory/mail/USER."""

    name = "dovecot"

    def __init__(self, directory, authority, certificate=None, mail="maildir", extra=""):
        self.root = servers() / "dovecot/root"
        self.dir = Path(directory)
        self.authority = authority
        self.certificate = certificate or authority.certificate("localhost")
        self.port, self.tls_port = free_port(), free_port()
        self.mail = mail
        self.extra = extra
        self.process = None

    def _configuration(self):
        lib = self.root / "usr/lib/dovecot"
        user = ordinary_user()
        group = grp.getgrgid(user.pw_gid).gr_name
        pem, key = self.certificate
        services = "".join(
            f"service {name} {{\n chroot =\n user = {user.pw_name}\n}}\n"
            for name in ("anvil", "imap-login", "stats", "auth", "auth-worker", "imap", "log", "config"))
        return f"""
protocols = imap
base_dir = {self.dir}/run
state_dir = {self.dir}/state
instance_name = liaison-test-{self.tls_port}
libexec_dir = {lib}
mail_plugin_dir = {lib}/modules
login_plugin_dir = {lib}/modules/login
import_environment = TZ PATH LD_LIBRARY_PATH LD_PRELOAD RELOCATE_ROOT
auth_mechanisms = plain login xoauth2 oauthbearer
default_login_user = {user.pw_name}
default_internal_user = {user.pw_name}
default_internal_group = {group}
first_valid_uid = 1
log_path = {self.dir}/log
listen = 127.0.0.1
ssl = yes
ssl_cert = <{pem}
ssl_key = <{key}
disable_plaintext_auth = no
mail_location = {self._location()}
mail_uid = {user.pw_uid}
mail_gid = {user.pw_gid}
mail_fsync = never
mail_max_userip_connections = 4000
default_client_limit = 10000
default_process_limit = 4000
imap_idle_notify_interval = 2 mins
{services}
service imap-login {{
  inet_listener imap {{
    address = 127.0.0.1
    port = {self.port}
  }}
  inet_listener imaps {{
    address = 127.0.0.1
    port = {self.tls_port}
    ssl = yes
  }}
  process_min_avail = 1
  service_count = 0
}}
passdb {{
  driver = static
  args = password=secret
}}
userdb {{
  driver = static
  args = uid={user.pw_uid} gid={user.pw_gid} home={self.dir}/mail/%u
}}
namespace inbox {{
  inbox = yes
  separator = /
  mailbox Sent {{
    auto = create
    special_use = \\Sent
  }}
  mailbox Trash {{
    auto = create
    special_use = \\Trash
  }}
  mailbox Junk {{
    auto = create
    special_use = \\Junk
  }}
  mailbox Drafts {{
    auto = create
    special_use = \\Drafts
  }}
}}
{self.extra}
"""

    def _location(self):
        return {"maildir": "maildir:~/Maildir", "sdbox": "sdbox:~/sdbox"}[self.mail]

    def start(self):
        for path in (self.dir, self.dir / "mail", self.dir / "run", self.dir / "state"):
            path.mkdir(parents=True, exist_ok=True)
            give(path)
        for parent in self.dir.parents:  # pytest makes its directories 0700
            if parent.stat().st_uid == os.getuid() and str(parent).startswith("/tmp/"):
                os.chmod(parent, 0o755)
        conf = self.dir / "dovecot.conf"
        conf.write_text(self._configuration())
        give(conf)
        environment = {"PATH": "/usr/bin:/bin", "LD_PRELOAD": str(servers() / "relocate.so"),
                       "RELOCATE_ROOT": str(self.root), "LD_LIBRARY_PATH": ":".join(
            str(self.root / d) for d in ("usr/lib/dovecot", "usr/lib/dovecot/modules",
                                         "usr/lib/dovecot/modules/old-stats", "usr/lib/dovecot/old-stats",
                                         "usr/lib/x86_64-linux-gnu", "usr/lib/aarch64-linux-gnu"))}
        # doveconf first: dovecot would look for it in /usr/bin by itself
        self.launch([self.root / "usr/bin/doveconf", "-f", "service=master", "-c", conf, "-e",
                     self.root / "usr/sbin/dovecot", "-F", "-c", conf], **environment)
        return self

    def answers(self):
        try:
            self.imap().logout()
        except imaplib.IMAP4.error as error:
            raise OSError(str(error)) from error

    def told(self):
        log = self.dir / "log"
        return super().told() + (log.read_text() if log.exists() else "")

    def stop(self):
        if self.process is None:
            return
        try:
            os.killpg(self.process.pid, signal.SIGTERM)
            self.process.wait(10)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            pass
        self.kill()

    def restart(self):
        self.stop()
        return self.start()

    __enter__ = start

    def __exit__(self, *_):
        self.stop()

    def imap(self, user="me@own.example", tls=False):
        """A logged-in imaplib connection."""
        if tls:
            context = ssl.create_default_context(cafile=str(self.authority.ca))
            connection = imaplib.IMAP4_SSL("localhost", self.tls_port, ssl_context=context)
        else:
            connection = imaplib.IMAP4("127.0.0.1", self.port, timeout=30)
        connection.login(user, "secret")
        return connection

    def append(self, folder, message, user="me@own.example", date=None, flags=None):
        """Delivers one message over IMAP; folder is made when it is not there."""
        connection = self.imap(user)
        try:
            return append(connection, folder, message, date, flags)
        finally:
            connection.logout()

    def maildir(self, user="me@own.example", folder="INBOX"):
        base = self.dir / "mail" / user / "Maildir"
        return base if folder == "INBOX" else base / ("." + folder.replace("/", "."))

    def fill(self, count, user="me@own.example", folder="INBOX", **options):
        """Writes count letters of letters.fill_maildir into a folder, past IMAP; their Message-IDs."""
        directory = self.maildir(user, folder)
        ids = fill_maildir(directory, count, **options)
        if folder != "INBOX":
            (directory / "maildirfolder").touch()
        if os.getuid() == 0:
            user = ordinary_user()
            subprocess.run(["chown", "-R", f"{user.pw_uid}:{user.pw_gid}", self.dir / "mail"], check=True)
        return ids


def append(connection, folder, message, date=None, flags=None):
    if isinstance(message, str):
        message = message.replace("\r\n", "\n").replace("\n", "\r\n").encode()
    when = imaplib.Time2Internaldate(date if date is not None else time.time())
    answer, text = connection.append(folder, flags, when, message)
    if answer == "NO" and b"TRYCREATE" in text[0]:
        connection.create(folder)
        answer, text = connection.append(folder, flags, when, message)
    if answer != "OK":
        raise RuntimeError(f"APPEND {folder}: {text}")
    return text
