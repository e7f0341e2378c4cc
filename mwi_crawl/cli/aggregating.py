"""`aggregate`: the tables for people, made anew from what was crawled and imported."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from mwi_crawl.cli import words
from mwi_crawl.cli.options import TOLD, Common, common, json_option, settings
from mwi_crawl.cli.terminal import print_json, print_table, say
from mwi_crawl.errors import InputError

if TYPE_CHECKING:
    from mwi_crawl.aggregate.build import Built
    from mwi_crawl.aggregate.check import Finding
    from mwi_crawl.config import Config

WIDTH = 100  # columns
FOUND = 5  # exit code where a rule that every file must keep is broken
VOICE = {"ok": "ok", "notice": "look", "broken": "WRONG", "skipped": "–"}

_log = logging.getLogger(TOLD)


@dataclass(frozen=True, slots=True)
class Made:
    """What a building came to: its tables, its rankings (strategy → films), what a check found, and its seconds."""

    tables: Sequence[Built]
    rankings: Mapping[str, int]
    findings: Sequence[Finding]
    seconds: float

    @property
    def built(self) -> list[Built]:
        """The tables that are there now."""
        return [one for one in self.tables if one.skipped is None]

    @property
    def faults(self) -> list[str]:
        """The person's own files that could not be run, each with its place."""
        return [one.skipped or "" for one in self.tables if one.fault]

    @property
    def exit_code(self) -> int:
        """0; 3: a person's own file is broken; 5: the check found what cannot be true."""
        broken = any(each.broken and not each.notice for each in self.findings)
        return InputError.exit_code if self.faults else FOUND if broken else 0


@click.command()
@click.option("--only", multiple=True, metavar="TABLE", help="Only this and what it reads (may be repeated).")
@click.option("--check", "checked", is_flag=True, help="Then look for what cannot be true in the file.")
@json_option
@common
def aggregate(common: Common, only: tuple[str, ...], checked: bool, as_json: bool) -> int:
    """Make the tables for people from what was crawled and imported.

    All tables change in one transaction: whoever reads meanwhile sees the old ones or the new. The same input gives
    the same rows. A table whose input is missing is left out, by name, with what would fill it.

    \b
    Your own tables: put files into data/sql/user (the data folder of the
    settings), each with a "create table NAME (…)" and what fills it. A file
    may read everything and write only its own table; one that fails is
    named with its line, and the others are built (exit code 3).

    --check ends with exit code 5 where a rule is broken that every file must
    keep; what is only worth a look is shown and changes no exit code.
    """
    config = settings(common)
    made = asyncio.run(make_tables(config, only, checked=checked))
    if as_json:
        print_json(as_data(made))
    elif not (common.quiet and made.exit_code == 0):
        say(*summary(made))
        _show_findings(made.findings)
    if made.faults:
        raise InputError(
            "\n".join(made.faults),
            safe=f"{words.count(len(made.built), 'other table')} were made; yours were left out.",
            todo=f"Mend the file, or move it away, then: mwi-crawl aggregate{common.again}",
        )
    if not as_json and not common.quiet and not only and made.exit_code == 0:
        say(f"Next: mwi-crawl stats{common.again}   (exit code 0)")
    return made.exit_code


async def make_tables(config: Config, only: Sequence[str] = (), *, checked: bool = False, own: bool = True) -> Made:
    """Take the file's lock and make the tables, the person's `own` too. Raises InputError, StorageError."""
    from mwi_crawl import schema
    from mwi_crawl.aggregate.check import check
    from mwi_crawl.aggregate.making import make, stoppable
    from mwi_crawl.store import Store

    path, started = config.paths.db, time.monotonic()
    if not path.is_file():
        schema.connect_readonly(path)  # says what to do; one that is not there must not be made for this
    async with Store(path, busy_seconds=config.engine.busy_wait_seconds) as store:
        built = await make(store, config, only, own=own)
        seconds = time.monotonic() - started
        rankings = await store.read(_rankings)
        findings = await stoppable(store.read, check) if checked else []
    made = Made(built, rankings, findings, seconds)
    left_out = len(built) - len(made.built)
    _log.info("tables made", extra={"tables": len(made.built), "skipped": left_out, "seconds": round(seconds, 3)})
    return made


def summary(made: Made) -> Iterator[str]:
    """What a building came to, line by line."""
    skipped = [one for one in made.tables if one.skipped is not None and not one.fault]
    changed = sum(one.changed for one in made.tables)
    left_out = f", {len(skipped)} skipped" if skipped else ""
    head = f"{words.count(len(made.built), 'table')} rebuilt{left_out}."
    yield f"{head}   changed since last time: {words.count(changed, 'table') if changed else 'none'}"
    for why, names in _by_reason(skipped):
        yield from words.wrapped(f"skipped, {why}:", WIDTH, " ")
        yield from words.wrapped(", ".join(names), WIDTH, "   ")
    if made.rankings:
        figures = " · ".join(f"{strategy} {films:,}" for strategy, films in made.rankings.items())
        yield from words.wrapped(f"rankings: {figures}", WIDTH, " ")
    yield f" published atomically in {words.duration(made.seconds)}"


def as_data(made: Made) -> dict[str, Any]:
    """The same for `--json`."""
    tables = [
        {"name": one.name, "rows": one.rows, "changed": one.changed, "skipped": one.skipped, "user": one.user}
        for one in made.tables
    ]
    findings = [
        {"name": each.name, "rule": each.rule, "notice": each.notice, "broken": each.broken, "skipped": each.skipped,
         "examples": each.examples}
        for each in made.findings
    ]  # fmt: skip
    return {
        "tables": tables,
        "built": len(made.built),
        "skipped": len(made.tables) - len(made.built),
        "changed": sum(one.changed for one in made.tables),
        "rankings": made.rankings,
        "check": findings,
        "seconds": round(made.seconds, 3),
        "exit_code": made.exit_code,
    }


def _rankings(db: sqlite3.Connection) -> dict[str, int]:
    from mwi_crawl.queries import sql

    if db.execute("select 1 from sqlite_master where name = 'film_rankings'").fetchone() is None:
        return {}
    return {row[0]: row[1] for row in db.execute(sql("read/rankings_made"))}


def _by_reason(skipped: Iterable[Built]) -> list[tuple[str, list[str]]]:
    """Why → the names of the tables that were left out for that, in the order of the first."""
    found: dict[str, list[str]] = {}
    for one in skipped:
        found.setdefault(one.skipped or "", []).append(one.name)
    return list(found.items())


def _show_findings(findings: Sequence[Finding]) -> None:
    if not findings:
        return
    say("", "What was checked:")
    print_table([_row(each) for each in findings], ("", "rule", "found"))
    for each in findings:
        if each.broken:
            say("", f"{each.name}: {each.rule}")
            print_table([tuple(row.values()) for row in each.examples], tuple(each.examples[0]))
            if each.broken > len(each.examples):
                say(f" … and {each.broken - len(each.examples):,} more")


def _row(each: Finding) -> tuple[str, str, str]:
    state = "skipped" if each.skipped else "ok" if not each.broken else "notice" if each.notice else "broken"
    found = each.skipped or (f"{each.broken:,}" if each.broken else "")
    return VOICE[state], words.cut(each.rule, WIDTH - 20), found
