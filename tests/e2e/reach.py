"""Who runs servers and daemons, that whoever it is can reach them, and that all of them end: programs below a
directory that is closed to others, such as root's home, are copied out of it for the time of the run."""

import atexit
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
RUNNING = set()  # the servers and daemons that were started and have not ended
os.umask(0o022)  # what is made here is read by another user


def end_all(directory="/"):
    """Ends what a test that failed, or was interrupted in the middle of a start, has left below a directory."""
    for one in [one for one in RUNNING if one.dir.is_relative_to(directory)]:
        RUNNING.discard(one)
        one.kill()


atexit.register(end_all)


class Running:
    """A server in a directory of its own: started, waited for until it answers, and ended with all that it started.
    A server has `name`, `dir`, `process` (None at first) and `answers()`, which raises OSError until it is there."""

    seconds = 30

    def launch(self, command, cwd="/", **environment):
        RUNNING.add(self)
        with open(self.dir / "stdio", "ab") as out:
            self.process = subprocess.Popen(command, stdout=out, stderr=out, cwd=cwd, start_new_session=True,
                                            **({"env": environment} if environment else {}), **become())
        deadline = time.monotonic() + self.seconds
        while True:
            try:
                return self.answers()
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"{self.name} did not start: {self.told()}")
                time.sleep(0.05)

    def told(self):
        return (self.dir / "stdio").read_text()

    def kill(self):
        RUNNING.discard(self)
        if self.process is None:
            return
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait(20)
        self.ended()
        self.process = None

    def ended(self):
        """When the process is gone, and before it is forgotten."""

    def __exit__(self, *_):
        self.kill()


def ordinary_user():
    """Who servers and daemons run as: the caller, or nobody when the caller is root."""
    return pwd.getpwnam("nobody") if os.getuid() == 0 else pwd.getpwuid(os.getuid())


def give(path):
    """Hands a path over to the ordinary user."""
    if os.getuid() == 0:
        user = ordinary_user()
        os.chown(path, user.pw_uid, user.pw_gid)


def become():
    """For Popen: the keywords that run a command as the ordinary user."""
    if os.getuid() != 0:
        return {}
    user = ordinary_user()
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def is_reachable(path):
    return subprocess.run(["test", "-r", path, "-a", "-x", path], cwd="/", **become()).returncode == 0


if not is_reachable(tempfile.gettempdir()):
    tempfile.tempdir = "/tmp"


def reachable(path, variable):
    """The folder named by the variable, or path; a copy if the ordinary user cannot reach it. The copy is noted
    in the environment, so that the processes this one starts use it too, and ends with this one."""
    path = Path(os.environ.get(variable, path))
    if os.getuid() != 0 or not path.exists() or is_reachable(path):
        return path
    place = Path(tempfile.mkdtemp(prefix="liaison-reach-"))
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    copy = place / path.parent.name / path.name
    shutil.copytree(path, copy, symlinks=True)
    subprocess.run(["chmod", "-R", "a+rX", place], check=True)
    os.environ[variable] = str(copy)
    return copy
