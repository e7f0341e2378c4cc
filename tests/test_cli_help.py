"""Help: every command and option has it, it is there at once, and the README speaks only of what exists."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from commandline import Person

from mwi_crawl.cli import cli

README = Path(__file__).resolve().parents[1] / "README.md"
HEAVY = ("pydantic", "aiohttp", "aiosqlite", "orjson", "tqdm", "zstandard", "rapidfuzz", "filelock", "sqlite_utils")


Words = tuple[str, ...]


def every_command(command: click.Command, path: Words = ()) -> Iterator[tuple[Words, click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        for name, below in command.commands.items():
            yield from every_command(below, (*path, name))


COMMANDS = dict(every_command(cli))


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_and_every_option_says_what_it_is_for(path: tuple[str, ...]) -> None:
    command = COMMANDS[path]
    assert command.help
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{' '.join(path)} {parameter.opts}"


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_help_fits_a_terminal_of_eighty_columns(mwi: Person, path: tuple[str, ...]) -> None:
    said = mwi(*path, "--help")
    assert said.code == 0
    assert max(map(len, said.out.splitlines())) <= 80


def test_the_commands_of_the_product_are_there() -> None:
    named = "init import plan full status runs failures doctor keys config demo reparse db"
    assert {path[0] for path in COMMANDS if path} >= set(named.split())
    for path in (
        "failures retry",
        "failures ignore",
        "keys check",
        "config show",
        "db check",
        "db backup",
        "db vacuum",
    ):
        assert tuple(path.split()) in COMMANDS


def test_help_needs_nothing_that_is_slow_to_import() -> None:
    program = f"import sys, mwi_crawl.cli\nprint([name for name in {HEAVY} if name in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", program], text=True).strip() == "[]"


def test_help_is_there_at_once(mwi: Person) -> None:
    took = []
    for _ in range(3):  # the best of three: another process may have the machine
        started = time.perf_counter()
        assert mwi.wait("full", "--help").code == 0
        took.append(time.perf_counter() - started)
    assert min(took) < 1.0  # 0.1 s measured on an idle machine; what is heavy takes far longer


def test_without_a_command_the_help_is_shown_and_nothing_is_made(mwi: Person) -> None:
    said = mwi()
    assert said.code == 0
    assert "First time?" in said.out
    assert "Exit codes:" in said.out
    assert list(mwi.folder.iterdir()) == []


def test_the_help_of_full_tells_what_resume_means(mwi: Person) -> None:
    said = " ".join(mwi("full", "--help").out.split())
    for word in ("one transaction", "ABORTED", "the same plan", "under way are sent again", "safe for cron"):
        assert word in said


@pytest.mark.parametrize(
    "words", ["nonsense", "full --nonsense", "full --limit 0", "full --limit x", "import", "db x", "runs --status X"]
)
def test_a_wrong_command_line_ends_with_2_and_makes_nothing(mwi: Person, words: str) -> None:
    said = mwi(*words.split())
    assert said.code == 2
    assert "Usage:" in said.err
    assert said.out == ""
    assert list(mwi.folder.iterdir()) == []


def documented() -> list[str]:
    """The command lines in the README's blocks of shell."""
    blocks = re.findall(r"```(?:console|sh)\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    lines = [line.removeprefix("$ ") for block in blocks for line in block.splitlines()]
    parts = [part.strip() for line in lines for part in re.split(r"&&|;|\|", line)]
    return [re.sub(r"^\S*/(?=mwi-crawl\b)", "", part) for part in parts if re.match(r"(\S*/)?mwi-crawl\b", part)]


def test_the_readme_shows_commands() -> None:
    assert len(documented()) >= 5


@pytest.mark.parametrize("line", dict.fromkeys(documented()))
def test_a_command_in_the_readme_exists_with_its_options(line: str) -> None:
    command: click.Command = cli
    for word in shlex.split(line, comments=True)[1:]:
        if word.startswith("-"):
            options = {option for parameter in command.params for option in parameter.opts} | {"--help", "-h"}
            assert word.partition("=")[0] in options
        elif isinstance(command, click.Group) and word in command.commands:
            command = command.commands[word]
        else:
            takes = [each for each in command.params if not (isinstance(each, click.Option) and each.is_flag)]
            assert takes, f"{word} is no command"
    assert command is not cli or line == "mwi-crawl"
