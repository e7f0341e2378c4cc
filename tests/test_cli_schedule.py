"""`schedule print`: text for the folder it is typed in, which runs there what it says."""

from __future__ import annotations

import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from commandline import Person, Said

from mwi_crawl.cli import scheduling
from mwi_crawl.schedule import FORMS


@pytest.fixture
def in_zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """The machine keeps the time of UTC until a test says otherwise."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield monkeypatch
    monkeypatch.undo()
    time.tzset()


def line_of(said: Said, words: str) -> str:
    """The command of the crontab's line with these words."""
    line = next(line for line in said.out.splitlines() if words in line and not line.startswith("#"))
    return line.split(maxsplit=5)[5]


def test_it_must_be_told_what_starts_it(mwi: Person) -> None:
    said = mwi("schedule", "print")
    assert said.code == 2
    assert "--for" in said.err
    for name in ("cron", "systemd", "launchd", "windows"):
        assert name in said.err
    assert mwi("schedule", "print", "--for", "at").code == 2


def test_the_command_knows_every_form_there_is() -> None:
    assert tuple(FORMS) == scheduling.PLATFORMS


@pytest.mark.parametrize("platform", FORMS)
def test_it_prints_and_changes_nothing(mwi: Person, platform: str) -> None:
    said = mwi("schedule", "print", "--for", platform)
    assert (said.code, said.err) == (0, "")
    assert str(mwi.folder) in said.out
    for words in ("quick", "daily", "enrichment", "weekly", "incremental --resume --ok 6 -q", "aggregate -q"):
        assert words in said.out
    assert mwi("schedule", "print", "--for", platform, "-q").out == said.out
    assert list(mwi.folder.iterdir()) == []


def test_other_files_are_named_in_every_command(mwi: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    mwi.write("other.toml", "")
    words = shlex.split(line_of(mwi("schedule", "print", "--for", "cron"), "full --resume"))
    assert "--db" not in words
    assert "--config" not in words
    said = mwi("schedule", "print", "--for", "cron", "--db", "my films.db", "--config", "other.toml")
    words = shlex.split(line_of(said, "full --resume"))
    given = ["--config", f"{mwi.folder}/other.toml", "--db", f"{mwi.folder}/my films.db"]
    assert words[:2] == ["cd", str(mwi.folder)]
    assert words[words.index("full") :][:5] == ["full", "--resume", "--ok", "6", "-q"]
    assert words[words.index("-q") + 1 :][:4] == given
    assert words[-4:] == given
    monkeypatch.setenv("MWI_CONFIG", "other.toml")
    words = shlex.split(line_of(mwi("schedule", "print", "--for", "cron"), "full --resume"))
    assert words[-2:] == given[:2]


def test_what_only_this_shell_knows_is_told_without_its_value(mwi: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MWI_DB", "elsewhere.db")
    monkeypatch.setenv("OMDB_API_KEY", "canary77")
    mwi.write(".env", "DDD_API_KEY=abcdef12\n")
    (mwi.folder / ".env").chmod(0o600)
    said = mwi("schedule", "print", "--for", "cron").out
    warning = next(line for line in said.splitlines() if "set in this shell only" in line)
    assert "MWI_DB" in warning
    assert "OMDB_API_KEY" in warning
    assert "DDD_API_KEY" not in said
    assert "canary77" not in said


def test_trailers_are_read_by_the_sources_that_may_and_can(
    mwi: Person, every_source: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def said() -> str:
        return mwi("schedule", "print", "--for", "cron").out

    assert " incremental --source youtube --resume --ok 6 -q\n" in said()
    mwi.write(".env", f"YOUTUBE_API_KEY=AIza{'x' * 35}\n")
    (mwi.folder / ".env").chmod(0o600)
    assert " incremental --source youtube --source youtube_api --resume --ok 6 -q\n" in said()
    monkeypatch.setenv("MWI_SOURCES__YOUTUBE__ENABLED", "false")
    assert " incremental --source youtube_api --resume --ok 6 -q\n" in said()
    monkeypatch.setenv("MWI_YOUTUBE__CHANNELS", "[]")
    assert "No run for trailers" in said()


def test_the_machines_zone_is_compared_with_the_schedules(mwi: Person, in_zone: pytest.MonkeyPatch) -> None:
    mwi.write("config.toml", '[schedule]\ntime_zone = "Europe/Paris"\n')
    for platform in ("launchd", "windows"):
        assert "WARNING: [schedule] time_zone is Europe/Paris" in mwi("schedule", "print", "--for", platform).out
    assert "CRON_TZ=Europe/Paris" in mwi("schedule", "print", "--for", "cron").out
    assert ":00 Europe/Paris\n" in mwi("schedule", "print", "--for", "systemd").out
    in_zone.setenv("TZ", "Europe/Berlin")  # the same clock by another name
    time.tzset()
    assert "WARNING: [schedule]" not in mwi("schedule", "print", "--for", "launchd").out
    in_zone.setenv("TZ", "Africa/Lagos")  # the same in winter only
    time.tzset()
    assert "WARNING: [schedule]" in mwi("schedule", "print", "--for", "launchd").out


def test_the_times_are_those_of_the_settings(mwi: Person) -> None:
    mwi.write("config.toml", '[schedule]\ndaily = "04:30"\nweekly = "friday 02:15"\nenrichment = ""\n')
    said = mwi("schedule", "print", "--for", "cron").out
    assert "\n30 4 * * 0,1,2,3,4,6  cd " in said
    assert "\n15 2 * * 5  cd " in said
    assert "enrichment" not in said


def test_the_program_is_the_one_that_was_started(
    mwi: Person, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("bin")
    for name in ("mwi-crawl", "other"):
        (elsewhere / name).write_text("#!/bin/sh\n")
        (elsewhere / name).chmod(0o755)
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    for argv, program in (
        (f"{elsewhere}/mwi-crawl", [f"{elsewhere}/mwi-crawl"]),
        (f"{elsewhere}/other", [sys.executable, "-m", "mwi_crawl"]),
        ("/gone/mwi-crawl", [sys.executable, "-m", "mwi_crawl"]),
    ):
        monkeypatch.setattr(sys, "argv", [argv])
        words = shlex.split(line_of(mwi("schedule", "print", "--for", "cron"), "full --resume"))
        assert words[3 : 3 + len(program)] == program
    monkeypatch.setenv("PATH", f"{elsewhere}:/usr/bin:/bin")
    words = shlex.split(line_of(mwi("schedule", "print", "--for", "cron"), "full --resume"))
    assert words[3] == f"{elsewhere}/mwi-crawl"
    monkeypatch.chdir(elsewhere)
    monkeypatch.setattr(sys, "argv", ["./mwi-crawl"])
    assert Path(scheduling._program()[0]).is_absolute()


def test_a_folder_that_no_schedule_can_hold_is_refused_in_four_parts(
    mwi: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = mwi.folder / "line\nbreak"
    folder.mkdir()
    monkeypatch.chdir(folder)
    said = mwi("schedule", "print", "--for", "systemd")
    assert (said.code, said.out) == (3, "")
    first, safe, todo, code = said.err.splitlines()
    assert first.startswith("Error: no schedule for systemd can hold this path: ")
    assert (safe, code) == ("Nothing was changed.", "(exit code 3)")
    assert todo.startswith("Rename the folder")


def test_what_cron_runs_says_nothing_when_all_is_well(mwi: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = mwi.folder / "100% of 'my' films"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "argv", ["elsewhere"])
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    mwi("init")
    command = line_of(mwi("schedule", "print", "--for", "cron"), "full --resume").replace("\\%", "%")
    both = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    done = subprocess.run(["sh", "-c", command], cwd="/", text=True, timeout=60, **both)
    assert (done.returncode, done.stdout) == (0, "")
    assert (folder / "mwi.db").exists()
