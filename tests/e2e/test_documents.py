"""What is installed beside the programs: manuals, units, completions, the example."""

import os
import shutil
import subprocess

import pytest

from daemon import BIN
from dovecot import TOP

MANUALS = sorted((TOP / "contrib/man").glob("*.[1-9]"))


@pytest.mark.skipif(not shutil.which("mandoc"), reason="there is no mandoc")
@pytest.mark.parametrize("page", MANUALS, ids=lambda page: page.name)
def test_manuals_are_lint_clean(page):
    answer = subprocess.run(["mandoc", "-T", "lint", page], capture_output=True, text=True, timeout=30)
    lines = [line for line in answer.stdout.splitlines() if "referenced manual not found" not in line]
    assert lines == []


def test_there_is_a_manual_for_everything():
    assert {page.name for page in MANUALS} == {"liaisond.8", "liaison.1", "liaison.conf.5", "liaison-protocol.7",
                                               "liaison-schema.5", "liaison-conditions.7"}


def units_in(place, folder):
    """Copies whose programs exist, as verify looks for them."""
    copies = []
    for unit in sorted(folder.glob("*.service")) + sorted(folder.glob("*.socket")):
        text = unit.read_text().replace("/usr/bin/liaisond", "/bin/true")
        copies.append(place / unit.name)
        copies[-1].write_text(text)
    return copies


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd-analyze")
@pytest.mark.parametrize("folder, mode", (("systemd", "--system"), ("systemd/user", "--user")))
def test_units_verify(place, folder, mode):
    units = units_in(place, TOP / folder)
    assert len(units) == 2
    answer = subprocess.run(["systemd-analyze", mode, "verify", "--man=no", *units], capture_output=True, text=True,
                            timeout=60, env={**os.environ, "XDG_RUNTIME_DIR": str(place)})
    assert answer.returncode == 0 and answer.stderr == "", answer.stderr


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd-analyze")
def test_the_service_is_little_exposed(place):
    service, _ = units_in(place, TOP / "systemd")
    answer = subprocess.run(["systemd-analyze", "security", "--offline=true", "--threshold=15", "--no-pager", service],
                            capture_output=True, text=True, timeout=60)
    assert answer.returncode == 0, answer.stdout


def test_the_example_is_a_valid_configuration():
    answer = subprocess.run([BIN / "liaisond", "-c", TOP / "contrib/liaison.conf.example", "--check-config"],
                            capture_output=True, text=True, timeout=30)
    assert (answer.returncode, answer.stderr) == (0, "")


@pytest.mark.parametrize("shell, file", (("bash", "liaison"), ("zsh", "_liaison"), ("fish", "liaison.fish")))
def test_completions_are_what_the_client_prints(shell, file):
    answer = subprocess.run([BIN / "liaison", "completion", shell], capture_output=True, text=True, timeout=30)
    assert answer.stdout == (TOP / "contrib/completions" / file).read_text()
    if shutil.which(shell):
        assert subprocess.run([shell, "-n"], input=answer.stdout, text=True, timeout=30).returncode == 0


def test_completes_from_what_the_daemon_tells(daemon):
    def complete(*words):
        answer = subprocess.run([BIN / "liaison", "--socket", daemon.socket, "--complete", *words],
                                capture_output=True, text=True, timeout=30)
        return [line.split("\t")[0] for line in answer.stdout.splitlines()]
    assert "contact" in complete("con")
    assert {"add", "list", "email", "timeline"} <= set(complete("contact", ""))
    assert complete("contact", "add", "--type", "") == ["person", "company"]
    assert complete("system", "backup", "") == [":files"]
