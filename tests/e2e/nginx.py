"""A private nginx, unpacked under build/servers and run as an ordinary user on loopback: a server of feeds."""

import functools
import socket
import ssl
import subprocess
from pathlib import Path

from dovecot import free_port
from reach import TOP, Running, give, reachable


@functools.cache
def program():
    subprocess.run([TOP / "tests/e2e/unpack", "nginx", "nginx"], check=True, timeout=300)
    return reachable(TOP / "build/servers/nginx", "LIAISON_NGINX") / "root/usr/sbin/nginx"


class Nginx(Running):
    """`with Nginx(directory, authority) as server:`; serves directory/feeds over http and https."""

    name = "nginx"

    def __init__(self, directory, authority, certificate=None, extra=""):
        self.dir = Path(directory)
        self.authority = authority
        self.certificate = certificate or authority.certificate("localhost")
        self.port, self.tls_port = free_port(), free_port()
        self.feeds = self.dir / "feeds"
        self.extra = extra
        self.process = None

    def url(self, path="/team.ics", tls=True, host="localhost"):
        return f"https://{host}:{self.tls_port}{path}" if tls else f"http://{host}:{self.port}{path}"

    def write(self, name, content):
        path = self.feeds / name
        part = path.with_suffix(".part")
        part.write_bytes(content)
        part.chmod(0o644)
        part.rename(path)
        return path

    def password(self, user, secret):
        """Lets user into /closed/."""
        crypted = subprocess.run(["openssl", "passwd", "-5", secret], check=True, capture_output=True, text=True).stdout
        (self.dir / "htpasswd").write_text(f"{user}:{crypted}")
        give(self.dir / "htpasswd")

    def _configuration(self):
        pem, key = self.certificate
        bodies = "".join(f"  {name}_temp_path {self.dir}/tmp;\n" for name in
                         ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        return f"""
daemon off;
master_process off;
pid {self.dir}/pid;
error_log {self.dir}/error.log;
events {{ worker_connections 200; }}
http {{
{bodies}
  access_log {self.dir}/access.log;
  default_type text/calendar;
  server {{
    listen 127.0.0.1:{self.port};
    listen 127.0.0.1:{self.tls_port} ssl;
    ssl_certificate {pem};
    ssl_certificate_key {key};
    root {self.feeds};
    location /dated/ {{ alias {self.feeds}/; etag off; }}
    location /bare/ {{ alias {self.feeds}/; etag off; add_header Last-Modified ""; }}
    location /closed/ {{
      alias {self.feeds}/; auth_basic calendars; auth_basic_user_file {self.dir}/htpasswd;
    }}
    location /token/ {{
      alias {self.feeds}/;
      if ($http_authorization != "Bearer let-me-in") {{ return 401; }}
    }}
    location /packed/ {{ alias {self.feeds}/; add_header Content-Encoding gzip; }}
    location /slow/ {{ alias {self.feeds}/; limit_rate 200; }}
    location /down/ {{ return 302 http://localhost:{self.port}/team.ics; }}
    location /up/ {{ return 302 https://localhost:{self.tls_port}/team.ics; }}
    location /across/ {{ return 301 https://127.0.0.1:{self.tls_port}/team.ics; }}
    location /loop/ {{ return 302 /loop/; }}
    {self.extra}
  }}
}}
"""

    def __enter__(self):
        for path in (self.dir, self.feeds, self.dir / "tmp"):
            path.mkdir(parents=True, exist_ok=True)
            give(path)
        conf = self.dir / "nginx.conf"
        conf.write_text(self._configuration())
        give(conf)
        self.launch([program(), "-p", self.dir, "-c", conf, "-e", self.dir / "error.log"])
        return self

    def answers(self):
        with socket.create_connection(("127.0.0.1", self.tls_port), 5) as plain:
            context = ssl.create_default_context(cafile=str(self.authority.ca))
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            context.wrap_socket(plain).close()

    def lines(self):
        """What it was asked, by its own log."""
        return (self.dir / "access.log").read_text().splitlines()
