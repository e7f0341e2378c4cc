"""`demo`: a bundled history, a fake upstream, a real crawl, the tables made of it, and what can be asked of them."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click

from mwi_crawl.cli import progress
from mwi_crawl.cli.aggregating import make_tables, summary
from mwi_crawl.cli.answering import BAD_DAY, GOOD_DAY, MARK, answered, is_demo
from mwi_crawl.cli.datasets import Summary, Voice, fetch_files, load_files
from mwi_crawl.cli.options import Common, common, settings
from mwi_crawl.cli.running import Manner, crawl
from mwi_crawl.cli.terminal import print_table, say
from mwi_crawl.errors import BusyError, InputError

if TYPE_CHECKING:
    from mwi_crawl.crawl import Engine
    from mwi_crawl.ingest import Imported

DEMO = Path("demo.db")

QUESTIONS = (
    (
        "Which films of this file does the world rank highest?",
        "select rank, round(score, 2) as score, title, release_year from v_rankings "
        "where cohort = 'world' and strategy = 'bayesian' order by rank limit 5",
    ),
    (
        "Which films did both like best?",
        "select title, release_year, mean_rating from v_top_films where raters = 2 limit 5",
    ),
    (
        "Whose films does Ben like best, of those he saw three of at least?",
        "select agg_people.name, films, round(mean_rating, 2) as stars from agg_people "
        "join users on users.user_id = agg_people.user_id "
        "where users.name = 'ben' and job = 'director' and films > 2 order by mean_rating desc, films desc limit 5",
    ),
    (
        "What were Ben's years in films?",
        "select year, viewings, films, rewatches, round(hours) as hours, round(mean_rating, 2) as stars, countries, "
        "languages from agg_year join users on users.user_id = agg_year.user_id "
        "where users.name = 'ben' and dates = 'viewing' order by year desc limit 5",
    ),
    (
        "Which films brought back most for what they cost?",
        "select title, release_year, budget_musd, revenue_musd, round(roi, 1) as roi from kpi_highest_roi "
        "order by rank limit 5",
    ),
    (
        "Where does Ben differ most from TMDb's voters?",
        "select title, mine, theirs, difference from v_against_the_crowd where user = 'ben' limit 5",
    ),
    (
        "What became of every question?",
        "select source, state, reason, count(*) as films from film_source_state group by 1, 2, 3",
    ),
)


@click.command()
@click.option("--crash-after", type=click.IntRange(min=1), help="Kill this process (SIGKILL) after so many answers.")
@click.option("--bad-day", is_flag=True, help="A quota ends in the middle, a minute is used up, a site puts up a wall.")
@click.option("--no-progress", is_flag=True, help="Neither bars nor lines on how the run goes.")
@common
def demo(common: Common, crash_after: int | None, bad_day: bool, no_progress: bool) -> int:
    """Try it without keys or internet, in half a minute.

    Makes demo.db (or what --db names; an older demo is replaced, anything else is left alone): two people's bundled
    histories are imported and crawled over real HTTP, from a fake upstream on this machine that now and then
    misbehaves. Then the tables for people are made, and the file is asked a few questions.

    \b
    The lesson about crashes:
      mwi-crawl demo --crash-after 30
      mwi-crawl full --db demo.db --resume
    """
    given = replace(common, db=common.db or DEMO)
    path = settings(given, logged=False).paths.db  # what is wrong with the settings is told before anything is done
    _make_room(given, path)
    if not given.quiet:
        say(f"Building {path} from two people's bundled histories (no internet, no keys).")
    draft = path.with_name(f".{path.name}.part")  # a stop on the way leaves nothing that bears the name and is no demo
    draft.unlink(missing_ok=True)
    rows = asyncio.run(_bring_in(draft, BAD_DAY if bad_day else GOOD_DAY))
    draft.replace(path)
    Path(f"{draft}.lock").unlink(missing_ok=True)
    if not given.quiet:
        print_table(rows, ("person", "file", "what", "rows"))
    make = None if crash_after is None else _crashing(crash_after)
    code = asyncio.run(crawl(given, Manner(no_progress=no_progress), lambda engine: engine.full(), make))
    if code == 0:
        asyncio.run(_read_datasets(given))
        made = asyncio.run(make_tables(settings(given), own=False))
        if not given.quiet:
            say("", *summary(made))
            _show(path)
    return code


async def _read_datasets(given: Common) -> None:
    """IMDb's datasets, as the fake upstream has them: fetched and loaded by the commands' own steps."""
    with TemporaryDirectory(prefix="mwi-crawl-demo-") as folder:
        summary, voice = Summary(folder), Voice(replace(given, quiet=True), as_json=False, no_progress=True)
        async with answered(given) as config:
            await fetch_files(config, summary, voice)
            await load_files(config, summary, voice, again=False)
    if not given.quiet:
        absent, read = len(summary.not_in_dataset), sum(file.rows for file in summary.files)
        found = f"{summary.titles - absent:,} films in them, {absent} not there"
        say(f"IMDb's datasets: {len(summary.files)} files, {read:,} rows read, {found}.")


def _make_room(given: Common, path: Path) -> None:
    """An older demo goes; any other file is left alone."""
    from mwi_crawl.store import is_held

    if not path.exists():
        return
    if not is_demo(path):
        raise InputError(
            f"{path} exists and is not a demo.",
            safe="It was left alone.",
            todo="Name another: mwi-crawl demo --db my-demo.db",
        )
    if is_held(path):
        raise BusyError(
            f"another mwi-crawl is at work on {path}.",
            safe="It was left alone.",
            todo=f"Wait for its end, or watch it: mwi-crawl status --watch{given.again}",
        )
    say(f"{path} is an older demo and is replaced.")
    for suffix in ("", "-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)


async def _bring_in(path: Path, day: str) -> list[tuple[object, ...]]:
    """A new file with the bundled history. Returns a row for each file of it."""
    from datetime import UTC, datetime

    from mwi_crawl import importers, ingest
    from mwi_crawl.demo.history import HISTORY
    from mwi_crawl.importer import ImportOptions, InputFile
    from mwi_crawl.queries import sql
    from mwi_crawl.settle import iso
    from mwi_crawl.store import Store

    def mark(db: sqlite3.Connection) -> None:
        db.execute(sql("checkpoint/remember_setting"), {"name": MARK, "value": day})

    now = iso(datetime.now(UTC))
    rows: list[tuple[object, ...]] = []
    async with Store(path) as store:
        await store.transact(mark)
        for user, file in HISTORY:
            source = InputFile.at(file)
            tables = importers.sniff(source, ImportOptions(), None)[1]
            done = await store.transact(ingest.ingest, source, tables, ingest.Owner(user), now)
            rows += [_row(user, imported) for imported in done]
    return rows


def _row(user: str, imported: Imported) -> tuple[object, ...]:
    return user, imported.name, imported.description.partition(" (")[0], imported.rows


def _crashing(after: int) -> Callable[..., Engine]:
    """An engine that ends its process as a power cut would, the moment so many answers are stored."""
    from mwi_crawl.crawl import Engine

    class CrashingEngine(Engine):
        left = after

        def on_saved(self, saved: Any) -> None:
            super().on_saved(saved)
            self.left -= 1
            if self.left == 0:
                _die(after, self.config.paths.db)

    return CrashingEngine


def _die(after: int, path: Path) -> None:
    with progress.aside():
        say(
            f"Killing this process after {after} answers (SIGKILL), as a power cut would. What is stored is safe.\n"
            f"Go on with: mwi-crawl full{Common(db=path).again} --resume",
            err=True,
        )
        os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))  # where there is none, SIGTERM is as sudden


def _show(path: Path) -> None:
    """Ask the file a few questions, with the words to ask them again."""
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as db:
        for question, statement in QUESTIONS:
            found = db.execute(statement)
            say("", question, f'$ sqlite3 {path} "{statement}"')
            print_table(found.fetchall(), [column[0] for column in found.description])
    say(*_farewell(path))


def _farewell(path: Path) -> Iterator[str]:
    yield ""
    yield f"More of it:  mwi-crawl stats{Common(db=path).again}"
    yield f"             mwi-crawl review 2025{Common(db=path).again}"
    yield "What every table and column means: select * from column_docs"
    yield "Yours next:  mkdir films && cd films && mwi-crawl init"
