"""The programs as the specification names them: options, exit codes, formats, help, completion."""

import csv
import io
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from daemon import BIN, Daemon


@pytest.fixture(scope="module")
def daemon():
    directory = Path(tempfile.mkdtemp(prefix="liaison-spec-"))
    os.chmod(directory, 0o755)
    with Daemon(directory / "liaison") as running:
        with running.client() as client:
            client.call("contact.add", {"name": "Ada Lovelace", "email": ["ada@x.example", "a@x.example"],
                                        "city": "London"})
            client.call("contact.add", {"name": "Ada Byron"})
            client.call("contact.add", {"name": "Contoso", "domain": ["contoso.example"]})
            client.call("interaction.add", {"contact": "C00001", "kind": "call", "subject": "hello"})
        yield running
    shutil.rmtree(directory, ignore_errors=True)


def liaisond(*words, **options):
    return subprocess.run([BIN / "liaisond", *map(str, words)], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=60, **options)


def test_liaisond_options(daemon, tmp_path):
    assert liaisond("--version").stdout.startswith("liaisond ")
    assert liaisond("-c", daemon.config, "--check-config").returncode == 0
    wrong = tmp_path / "wrong.conf"
    wrong.write_text("[liaison]\nfrob = 1\n")
    answer = liaisond("-c", wrong, "--check-config")
    assert answer.returncode == 78 and f"{wrong}:2: " in answer.stderr + answer.stdout
    assert liaisond("-c", tmp_path / "none.conf", "--check-config").returncode == 78
    answer = liaisond("--frob")
    assert answer.returncode == 2 and answer.stderr.startswith("liaisond: ")
    for option in ("-c", "--check-backup", "--restore"):
        assert liaisond(option).returncode == 2
    assert liaisond("--check-backup", wrong).returncode == 74
    environment = {**os.environ, "LIAISON_CONFIG": str(wrong)}
    assert liaisond("--check-config", env=environment).returncode == 78
    assert liaisond("-c", daemon.config, "--check-config", env=environment).returncode == 0


def test_a_second_instance_names_the_first(daemon):
    answer = liaisond("-c", daemon.config, env={"PATH": "/usr/bin:/bin", "HOME": str(daemon.dir)})
    assert answer.returncode == 75 and str(daemon.process.pid) in answer.stderr


def test_a_backup_is_written_and_checked(daemon, tmp_path):
    target = tmp_path / "backup.db"
    daemon.liaison("system", "backup", target)
    assert liaisond("--check-backup", target).returncode == 0
    piped = subprocess.run([BIN / "liaison", "--socket", daemon.socket, "system", "backup", "-"],
                           stdout=subprocess.PIPE, timeout=60)
    assert piped.returncode == 0 and piped.stdout.startswith(b"SQLite format 3\0")
    assert daemon.liaison("system", "backup", tmp_path / "no/such", check=False).returncode == 74


def test_the_client_finds_the_socket_by_flag_then_environment(daemon, tmp_path):
    environment = {"PATH": "/usr/bin:/bin", "LIAISON_SOCKET": str(daemon.socket)}
    run = [BIN / "liaison"]
    assert subprocess.run([*run, "status"], env=environment, stdout=subprocess.DEVNULL).returncode == 0
    assert subprocess.run([*run, "--socket", tmp_path / "x", "status"], env=environment,
                          stderr=subprocess.DEVNULL).returncode == 69


def test_json_is_the_result_as_one_document(daemon):
    record = json.loads(daemon.liaison("contact", "show", "C00001", "--json").stdout)
    assert record == daemon.call("contact.show", {"contact": "C00001"})
    listed = json.loads(daemon.liaison("--json", "contact", "list").stdout)
    assert set(listed) == {"items", "next"} and listed["next"] is None and len(listed["items"]) == 3
    assert json.loads(daemon.liaison("--format", "json", "contact", "list").stdout) == listed
    lines = daemon.liaison("--jsonl", "contact", "list").stdout.splitlines()
    assert [json.loads(line) for line in lines] == listed["items"]
    assert daemon.liaison("--format", "jsonl", "contact", "list").stdout.splitlines() == lines


def test_ids_print_the_key_that_discover_names(daemon):
    assert daemon.liaison("--format", "ids", "contact", "list").stdout.split() == ["C00001", "C00002", "C00003"]
    assert daemon.liaison("--format", "ids", "interaction", "list").stdout.split() == ["1"]
    assert "CONTACT" in daemon.liaison("--format", "ids", "series", "list").stdout.split()
    assert daemon.liaison("-n", "-q", "--format", "ids", "contact", "add", "X").stdout == "C00004\n"
    added = daemon.liaison("-n", "-q", "--format", "ids", "contact", "email", "add", "C00002", "x@x.example")
    assert added.stdout == "C00002\n"


def test_csv_joins_arrays_and_tsv_has_tabs(daemon):
    rows = list(csv.DictReader(io.StringIO(daemon.liaison("--format", "csv", "contact", "list").stdout)))
    assert rows[0]["emails"] == "ada@x.example;a@x.example" and rows[0]["middle_name"] == ""
    assert rows[2]["domains"] == "contoso.example"
    lines = daemon.liaison("--format", "tsv", "--fields", "no,city", "contact", "list").stdout.splitlines()
    assert lines[:2] == ["no\tcity", "C00001\tLondon"]
    assert daemon.liaison("--fields", "no,name", "contact", "list").stdout.splitlines()[1] == "C00002\tAda Byron"


@pytest.mark.parametrize("option", (["--color", "always"], ["--color", "auto"], ["--color", "never"], ["--no-pager"],
                                    ["-v"], ["-q"], ["--as", "JS"]))
def test_options_of_the_client_are_known(daemon, option):
    assert daemon.liaison(*option, "--format", "ids", "contact", "show", "C00001").stdout == "C00001\n"


def test_dry_run_and_yes(daemon):
    for option in ("-n", "--dry-run"):
        assert daemon.liaison(option, "contact", "add", "Nobody").returncode == 0
    assert "Nobody" not in daemon.liaison("contact", "list").stdout
    number = daemon.liaison("--format", "ids", "contact", "add", "Gone").stdout.strip()
    answer = daemon.liaison("--json", "contact", "remove", number, check=False)
    assert answer.returncode == 6 and json.loads(answer.stderr)["data"]["counts"]["no"] == number
    assert daemon.liaison("--yes", "contact", "remove", number).returncode == 0


def test_exit_codes(daemon, tmp_path):
    for code, words in ((2, ["contact", "frob"]), (2, ["contact", "add"]), (2, ["contact", "add", "x", "--frob"]),
                        (2, ["--format", "frob", "status"]), (2, ["contact", "list", "--where", "city ="]),
                        (3, ["contact", "show", "C99999"]), (4, ["contact", "show", "Ada"]),
                        (5, ["contact", "add", "X", "--email", "ada@x.example"]), (6, ["contact", "remove", "C00001"])):
        answer = daemon.liaison(*words, check=False)
        assert answer.returncode == code, (words, answer)
        assert answer.stderr.startswith("liaison: ") and answer.stdout == ""
        answer = daemon.liaison("--json", *words, check=False)
        error = json.loads(answer.stderr)
        assert answer.returncode == code and answer.stdout == "" and error["message"] and error["data"]["name"]
    gone = Daemon(tmp_path / "gone")
    answer = gone.liaison("status", check=False)
    assert answer.returncode == 69 and answer.stderr.startswith("liaison: ")
    assert json.loads(gone.liaison("--json", "status", check=False).stderr)["code"] == 69


def test_candidates_are_shown(daemon):
    error = json.loads(daemon.liaison("--json", "contact", "show", "Ada", check=False).stderr)
    assert sorted(error["data"]["candidates"], key=lambda c: c["no"]) == [
        {"no": "C00001", "name": "Ada Lovelace", "type": "person"},
        {"no": "C00002", "name": "Ada Byron", "type": "person"}]


def test_lists_are_followed_unless_a_limit_is_given(daemon):
    with daemon.client() as client:
        for n in range(120):
            client.call("interaction.add", {"contact": "C00003", "kind": "note", "subject": f"n{n}"})
    words = ("--format", "ids", "interaction", "list", "--contact", "C00003")
    assert len(set(daemon.liaison(*words).stdout.split())) == 120
    assert len(daemon.liaison(*words, "--limit", "7").stdout.split()) == 7
    assert len(daemon.liaison("--format", "ids", "contact", "timeline", "C00003").stdout.split()) == 120


def test_the_bridge_over_ssh(daemon, tmp_path):
    ssh = tmp_path / "ssh"
    ssh.write_text('#!/bin/sh\nfor word; do last=$word; done\necho "$@" > "$HOME/words"\nexec sh -c "$last"\n')
    ssh.chmod(0o755)
    environment = {"PATH": f"{tmp_path}:{BIN}:/usr/bin:/bin", "HOME": str(tmp_path), "TZ": "UTC"}
    answer = subprocess.run([BIN / "liaison", "-H", "me@far.example", "--socket", daemon.socket, "--json", "contact",
                             "show", "C00001"], env=environment, text=True, capture_output=True, timeout=30)
    assert answer.returncode == 0 and json.loads(answer.stdout)["no"] == "C00001", answer
    assert "me@far.example" in (tmp_path / "words").read_text()
    target = tmp_path / "far.db"
    assert subprocess.run([BIN / "liaison", "-H", "far", "--socket", daemon.socket, "system", "backup", target],
                          env=environment, capture_output=True, timeout=30).returncode == 0
    assert target.read_bytes().startswith(b"SQLite format 3\0")
    ssh.write_text("#!/bin/sh\nexit 255\n")
    assert subprocess.run([BIN / "liaison", "-H", "far", "status"], env=environment, capture_output=True,
                          timeout=30).returncode == 69


def test_help_at_every_level(daemon):
    document = daemon.call("rpc.discover")
    for words in (["--help"], ["help"]):
        text = daemon.liaison(*words).stdout
        assert all(noun in text for noun in ("contact", "interaction", "capture", "source", "system", "series"))
    for method in document["methods"]:
        words = method["name"].split(".")
        if words[0] == "rpc" or "x-shorthand" in method:
            continue
        assert words[-1] in daemon.liaison("help", words[0]).stdout if len(words) > 1 else True
    for words in (["contact", "add"], ["contact", "email", "add"], ["status"]):
        for ask in (["help", *words], [*words, "--help"]):
            assert " ".join(words) in daemon.liaison(*ask).stdout or words == ["status"]
    text = daemon.liaison("help", "interaction", "add").stdout
    for method in document["methods"]:
        if method["name"] == "interaction.add":
            assert all(p["name"].replace("_", "-") in text for p in method["params"])
    assert daemon.liaison("help", "frob", check=False).returncode == 2


def test_shorthands(daemon):
    assert "version" in json.loads(daemon.liaison("status", "--json").stdout)
    logged = json.loads(daemon.liaison("--json", "log", "C00002", "--kind", "letter", "--subject", "zebra").stdout)
    assert logged["kind"] == "letter"
    assert [c["no"] for c in json.loads(daemon.liaison("--json", "find", "byron").stdout)["items"]] == ["C00002"]
    found = json.loads(daemon.liaison("--json", "search", "zebra").stdout)["items"]
    assert [i["id"] for i in found] == [logged["id"]]
    assert json.loads(daemon.liaison("--json", "sync").stdout)["items"] == []


def test_completion(daemon):
    for shell in ("bash", "zsh", "fish"):
        assert "liaison" in daemon.liaison("completion", shell).stdout
    assert daemon.liaison("completion", "frob", check=False).returncode == 2
    script = daemon.liaison("completion", "bash").stdout + (
        'COMP_WORDS=(liaison contact ""); COMP_CWORD=2; _liaison ' + str(BIN / "liaison") +
        '; printf "%s\\n" "${COMPREPLY[@]}"\n')
    answer = subprocess.run(["bash", "-c", script], env={"PATH": "/usr/bin:/bin", "LIAISON_SOCKET": str(daemon.socket)},
                            text=True, capture_output=True, timeout=30)
    assert {"add", "show", "list", "timeline", "email"} <= set(answer.stdout.split()), answer


def test_nothing_of_a_color_when_it_is_not_wanted(daemon):
    assert "\x1b" not in daemon.liaison("--color", "never", "contact", "list").stdout
    assert "\x1b" not in daemon.liaison("contact", "list", environment={"NO_COLOR": "1"}).stdout
    assert "\x1b" not in daemon.liaison("--color", "always", "--json", "contact", "list").stdout
