"""`export`: tables, views and rankings as files for other programs."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from mwi_crawl.cli import words
from mwi_crawl.cli.looking import reading
from mwi_crawl.cli.options import Common, common, gathering, settings
from mwi_crawl.cli.terminal import on_terminal, say
from mwi_crawl.errors import InputError

if TYPE_CHECKING:
    import sqlite3

    from mwi_crawl.config import Config
    from mwi_crawl.export import Exported

WORLD = "world"  # the cohort of a ranking, unless one is named
REPLACEABLE = (".csv", ".json", ".txt", ".tsv")  # what an older export is called; .env or config.toml are none
SQLITE = b"SQLite format 3\0"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be exported, and where to. `output` None: stdout."""

    name: str | None = None
    ranking: str | None = None
    cohort: str = WORLD
    min_score: float | None = None
    output: Path | None = None


wanting = gathering(
    (
        click.argument("name", metavar="[TABLE]", required=False),
        click.option("--ranking", "--strategy", "ranking", metavar="NAME", help="A ranking in place of a table."),
        click.option("--cohort", default=WORLD, show_default=True, metavar="LABEL", help="Whose ranking."),
        click.option("--min-score", type=float, help="Of the ranking only films with at least this score."),
        click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="A file in place of stdout."),
    ),
    "wanted",
    ("name", "ranking", "cohort", "min_score", "output"),
    Wanted,
)


@click.group()
def export() -> None:
    """Write a table, a view or a ranking to a file.

    It works beside a running crawl. A file takes its place only when it is whole; beside it lies a text with the
    notices that the sources of its rows ask for.
    """


@export.command("csv")
@wanting
@click.option("--csv-raw", "raw", is_flag=True, help="For machines: no ' before what a spreadsheet would run.")
@common
def export_csv(common: Common, wanted: Wanted, raw: bool) -> int:
    """TABLE, a view, or a --ranking as CSV (UTF-8, with a header).

    A text that a spreadsheet would take for a formula ("=1+1", "-1 Girl") gets a ' before it. Numbers stay numbers.
    Nothing between two commas is an unknown value.
    """
    from mwi_crawl import export as exports

    terminal = wanted.output is None and on_terminal("stdout")
    return _export(common, wanted, lambda exported: exports.csv_lines(exported, raw=raw, terminal=terminal))


@export.command("json")
@wanting
@common
def export_json(common: Common, wanted: Wanted) -> int:
    """TABLE, a view, or a --ranking as a JSON list of objects."""
    from mwi_crawl import export as exports

    return _export(common, wanted, exports.json_lines)


def _export(given: Common, wanted: Wanted, lines: Callable[[Exported], Iterator[str]]) -> int:
    if (wanted.name is None) == (wanted.ranking is None):
        raise click.UsageError("Name a table or view, or a --ranking. All names: mwi-crawl export csv column_docs")
    if wanted.name is not None and (wanted.min_score is not None or wanted.cohort != WORLD):
        raise click.UsageError("--min-score and --cohort are about a --ranking, not about a table.")
    config = settings(given, logged=False)
    if wanted.output is not None:
        _spare(config, wanted.output)
    with reading(config.paths.db) as db:
        exported = _find(db, wanted, config)
        if wanted.output is None:
            _to_stdout(lines(exported))
            return 0
        _to_file(lines(exported), wanted.output)
    beside = _write_notices(exported, wanted.output)
    if not given.quiet:
        say(f"{words.count(exported.count, 'row')} -> {wanted.output}{beside}")
    return 0


def _find(db: sqlite3.Connection, wanted: Wanted, config: Config) -> Exported:
    from mwi_crawl import export as exports
    from mwi_crawl.aggregate.making import USER_SQL

    folder = config.paths.data / USER_SQL
    if wanted.name is not None:
        return exports.table(db, wanted.name, folder)
    made = db.execute("select count(*) from sqlite_master where name in ('film_rankings', 'film_details')").fetchone()
    if made[0] < 2:
        raise InputError(
            "the rankings were not made yet.", safe="Nothing was written.", todo="Make them: mwi-crawl aggregate"
        )
    return exports.ranking(db, wanted.ranking or "", wanted.cohort, wanted.min_score, folder)


def _spare(config: Config, output: Path) -> None:
    """No export takes the place of a database, of what lies beside ours, or of anything that is no older export."""
    ours = {Path(f"{config.paths.db}{end}").resolve() for end in ("", "-wal", "-shm", ".lock")}
    if output.resolve() in ours or _is_database(output):
        raise InputError(
            f"{output} is a database.", safe="Nothing was written.", todo="Name another file with --output."
        )
    if output.exists() and output.suffix.lower() not in REPLACEABLE:
        raise InputError(
            f"{output} exists and does not look like an older export.",
            safe="Nothing was written.",
            todo=f"Name another file ({', '.join(REPLACEABLE)} are replaced), or move it away.",
        )
    if not output.parent.is_dir():
        raise InputError(
            f"there is no folder {output.parent}.", safe="Nothing was written.", todo="Make it, or name another."
        )


def _is_database(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(SQLITE)) == SQLITE
    except OSError:
        return False


def _to_stdout(lines: Iterable[str]) -> None:
    sys.stdout.flush()
    stream = sys.stdout.buffer
    try:
        for line in lines:
            stream.write(line.encode())
        stream.flush()
    except BrokenPipeError:  # a reader who has gone (`| head`) is no fault
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())  # what is still buffered must go somewhere
        os.close(nowhere)


def _to_file(lines: Iterable[str], output: Path) -> None:
    """Write to a draft beside the file, which takes its name only when it is whole and on the disk."""
    draft = output.with_name(f".{output.name}.part")
    try:
        with draft.open("wb") as stream:
            for line in lines:
                stream.write(line.encode())
            _settle(stream)
        draft.replace(output)
    finally:
        draft.unlink(missing_ok=True)


def _settle(stream: BinaryIO) -> None:
    stream.flush()
    os.fsync(stream.fileno())


def _write_notices(exported: Exported, output: Path) -> str:
    """The notices of the sources beside a file. Returns what to say of it; nothing where none asks for one."""
    from mwi_crawl.export import notices

    found = notices(exported.speakers)
    if not found:
        return ""
    beside = output.with_name(f"{output.name}.LICENSE.txt")
    head = f"{output.name}, written by mwi-crawl on {datetime.now(UTC):%Y-%m-%d}, holds data of others, who ask to say:"
    _to_file((f"{line}\n" for line in (head, "", *(f"{title}: {text}" for title, text in found.items()))), beside)
    named = ", ".join(re.sub(r" (pages|datasets)$", "", title) for title in found)
    return f"   (+ {beside.name}: {', '.join(dict.fromkeys(named.split(', ')))} notices)"
