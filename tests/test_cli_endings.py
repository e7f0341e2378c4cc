"""How commands end: problems in four parts, bugs, interruptions, readers who go away, and text that would act."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import time

import pytest
from commandline import Person
from toys import TOKEN

from mwi_crawl.cli import looking, terminal
from mwi_crawl.demo.upstream import FakeUpstream

BUG = """
from mwi_crawl.cli import looking
def survey(path):
    raise KeyError("topic?api_key=0123456789abcdef")
looking.survey = survey
"""
BUG_IN_RUN = """
from mwi_crawl import lane
def settle(*_, **__):
    raise KeyError("topic")
lane.settle = settle
"""
EARLY_BUG = """
from mwi_crawl import config
def load(*_, **__):
    raise KeyError("x")
config.load = load
"""
LONG = """
from mwi_crawl.cli import looking
real = looking.survey
looking.survey = lambda path: {**real(path), "db": "x" * 500_000}
"""
FOR_EVER = """
from mwi_crawl.cli import looking
real = looking.survey
looking.survey = lambda path: {**real(path), "run_active": True, "last_run": {
    "run_id": 1, "status": "RUNNING", "started_at": "2026-01-01T00:00:00.000Z", "heartbeat_at": None, "pid": 1}}
"""


def test_a_problem_says_what_happened_what_is_safe_what_to_do_and_its_code(mwi: Person) -> None:
    said = mwi("import", "nowhere.csv")
    assert said.code == 3
    assert said.out == ""
    happened, safe, todo, code = said.err.splitlines()
    assert happened == "Error: nowhere.csv does not exist."
    assert safe == "Nothing was imported."
    assert str(mwi.folder) in todo
    assert code == "(exit code 3)"


@pytest.mark.parametrize(
    "words",
    [
        "status",
        "runs",
        "failures",
        "failures retry",
        "failures ignore tt1",
        "plan",
        "db check",
        "db backup",
        "db vacuum",
    ],
)
def test_a_command_about_a_missing_database_says_so_and_leaves_nothing_behind(mwi: Person, words: str) -> None:
    said = mwi(*words.split())
    assert said.code == 8
    assert "mwi.db does not exist" in said.err
    assert "mwi-crawl init" in said.err
    assert list(mwi.folder.iterdir()) == []


def test_a_bug_is_named_as_one_and_its_traceback_is_kept_from_the_terminal(mwi: Person) -> None:
    mwi("init")
    said = mwi.wait("status", before=BUG)
    assert said.code == 1
    assert said.out == ""
    assert "Traceback" not in said.err
    assert "This is a bug in mwi-crawl." in said.err
    assert "KeyError" in said.err
    assert "0123456789abcdef" not in said.err
    assert said.err.endswith("(exit code 1)\n")


def test_with_v_the_traceback_of_a_bug_is_shown(mwi: Person) -> None:
    mwi("init")
    said = mwi.wait("status", "-v", before=BUG)
    assert said.code == 1
    assert "Traceback" in said.err
    assert "0123456789abcdef" not in said.err


def test_a_bug_in_a_run_says_what_is_safe_and_how_to_go_on(mwi: Person, tmdb: FakeUpstream) -> None:
    mwi.follow("tt9000001")
    said = mwi.wait("full", before=BUG_IN_RUN)
    assert said.code == 1
    assert "Traceback" not in said.err
    assert "Run 1 FAILED after 0 films; all finished work is safe." in said.err
    assert "Continue: mwi-crawl full --resume" in said.err
    log = (mwi.folder / "mwi-crawl.log").read_text()
    assert "Traceback" in log
    assert TOKEN not in log
    assert mwi.ask("select status, exit_code from runs") == [("FAILED", 1)]


def test_a_bug_while_the_log_is_json_leaves_only_json_on_stderr(mwi: Person, tmdb: FakeUpstream) -> None:
    mwi.follow("tt9000001")
    said = mwi.wait("full", "--log-format", "json", before=BUG_IN_RUN)
    assert said.code == 1
    lines = [json.loads(line) for line in said.err.splitlines()]
    assert lines[-1]["level"] == "CRITICAL"
    assert "KeyError" in lines[-1]["exception"]


def test_a_bug_before_there_is_a_log_is_told_in_full(mwi: Person) -> None:
    said = mwi.wait("status", before=EARLY_BUG)
    assert said.code == 1
    assert said.err.count("Traceback") == 1
    assert "This is a bug in mwi-crawl." in said.err


def test_a_problem_while_the_log_is_json_leaves_only_json_on_stderr(mwi: Person) -> None:
    said = mwi.wait("import", "nowhere.csv", "--log-format", "json")
    assert said.code == 3
    (line,) = [json.loads(line) for line in said.err.splitlines()]
    assert line["level"] == "ERROR"
    assert line["exit_code"] == 3
    assert "nowhere.csv does not exist. Nothing was imported." in line["message"]


def test_ctrl_c_outside_a_run_ends_with_130(mwi: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    mwi("init")

    def interrupted(_path: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(looking, "survey", interrupted)
    said = mwi("status")
    assert said.code == 130
    assert "Stopped." in said.err


def test_a_file_that_cannot_be_used_where_nobody_expected_it_is_not_called_a_bug(
    mwi: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    mwi("init")

    def broken(_path: object) -> None:
        raise OSError(errno.EIO, "Input/output error", "mwi.db")

    monkeypatch.setattr(looking, "survey", broken)
    said = mwi("status")
    assert said.code == 8
    assert "cannot read or write mwi.db (Input/output error)" in said.err


def test_an_output_without_room_is_told_and_ends_with_8(mwi: Person) -> None:
    if not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full here")
    mwi("init")
    with open("/dev/full", "w") as full:
        said = mwi.wait("status", stdout=full)
    assert said.code == 8
    assert "its output (No space left on device)" in said.err


@pytest.mark.skipif(os.name != "posix", reason="needs a shell's redirections")
def test_a_closed_output_does_not_spoil_a_command(mwi: Person) -> None:
    mwi("init")
    before = "import os\nos.close(1)\nimport sys\nsys.stdout = None"
    said = mwi.wait("status", before=before)
    assert (said.code, said.err) == (0, "")


def test_a_reader_who_goes_away_is_no_fault(mwi: Person) -> None:
    mwi("init")
    with mwi.start("status", before=LONG) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        errors = process.stderr.read()
    assert errors == ""
    assert process.returncode == 0


def test_a_terminal_that_knows_few_characters_is_no_fault(mwi: Person) -> None:
    mwi("init")
    said = mwi.wait("plan", env={**os.environ, "PYTHONIOENCODING": "latin-1"}, encoding="latin-1")
    assert said.code == 0
    assert "\\u2013" in said.out


def test_names_and_titles_cannot_act_on_the_terminal(mwi: Person) -> None:
    evil = "\x1b]0;owned\x07\x9b31m\u202e.csv"
    mwi.rate(("tt0133093", "The \x1b[2JMatrix"), name=evil)
    said = mwi("import", evil)
    assert said.code == 0
    said_in_json = mwi("import", evil, "--json", "--user", "ben")
    nowhere = mwi("import", f"nowhere{evil}")
    for text in (said.out, said_in_json.out, nowhere.err):
        assert not set(text) & set("\x1b\x07\x9b\u202e")
    assert json.loads(said_in_json.out)[0]["name"] == evil  # in JSON nothing is lost


def test_a_name_cannot_fake_a_line(mwi: Person) -> None:
    said = mwi("import", "x\nError: all is lost")
    assert "\nError: all is lost" not in said.err.replace("Error: x\n", "")


def test_wide_characters_keep_the_columns_in_line(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.print_table([("七人の侍", 1), ("Ran", 2)], ("title", "n"))
    lines = capsys.readouterr().out.splitlines()
    assert lines == [" title     n", " 七人の侍  1", " Ran       2"]


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_ctrl_c_ends_watching(mwi: Person) -> None:
    mwi("init")
    with mwi.start("status", "--watch", before=FOR_EVER) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=10)
    assert process.returncode == 130


def test_main_is_what_python_m_runs(mwi: Person) -> None:
    said = subprocess.run([sys.executable, "-m", "mwi_crawl", "--version"], capture_output=True, text=True, check=True)
    assert said.stdout.startswith("mwi-crawl")
