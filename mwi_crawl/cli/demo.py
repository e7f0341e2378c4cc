"""What `demo` does beside a real run: bring in a history, kill itself if asked, show what can be asked."""

from __future__ import annotations

import os
import signal
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mwi_crawl.cli import words
from mwi_crawl.cli.options import Common, settings

if TYPE_CHECKING:
    from mwi_crawl.crawl import Engine

QUESTIONS = (
    "select title, release_year, mean_rating, raters from v_top_films where raters = 2 limit 5",
    "select director, films, mean_rating from v_directors where user = 'ann' limit 5",
    "select title, mine, theirs, difference from v_against_the_crowd where user = 'ben' limit 5",
)


async def build(given: Common) -> None:
    """A new demo file with the bundled history; an older demo file is replaced, any other file is left alone."""
    from mwi_crawl import importers, ingest
    from mwi_crawl.demo.history import HISTORY
    from mwi_crawl.importer import ImportOptions, InputFile
    from mwi_crawl.settle import iso
    from mwi_crawl.store import Store

    path = settings(given).paths.db
    _clear(path)
    now = iso(datetime.now(UTC))
    async with Store(path) as store:
        await store.transact(_mark)
        for user, file in HISTORY:
            source = InputFile.at(file)
            tables = importers.sniff(source, ImportOptions(), None)[1]
            for imported in await store.transact(ingest.ingest, source, tables, ingest.Owner(user), now):
                click.echo(f"{user}: {imported.name}: {imported.description}, {words.count(imported.rows, 'row')}")


def crash(engine: Engine, after: int) -> None:
    """Make the process kill itself, as a power cut would, when so many answers are stored."""
    stored = 0
    count = engine.on_saved

    def counting(saved: object) -> None:
        nonlocal stored
        count(saved)  # type: ignore[arg-type]
        stored += 1
        if stored == after:
            click.echo(
                f"\nKilling this process after {after} answers (SIGKILL). Everything stored is safe.\n"
                f"Continue with: mwi-crawl full --resume --db {engine.config.paths.db}",
                err=True,
            )
            os.kill(os.getpid(), signal.SIGKILL)

    engine.on_saved = counting  # type: ignore[method-assign]


def show(path: Path) -> None:
    """Ask the file a few questions, with the words to ask them again."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        for question in QUESTIONS:
            found = db.execute(question)
            click.echo(f'\n$ sqlite3 {path} "{question}"')
            click.echo(words.table(found.fetchall(), [column[0] for column in found.description]))
    click.echo("\nYours next:  mkdir films && cd films && mwi-crawl init")


def _mark(db: sqlite3.Connection) -> None:
    from mwi_crawl.queries import sql

    db.execute(sql("checkpoint/remember_setting"), {"name": "upstream", "value": "demo"})


def _clear(path: Path) -> None:
    from mwi_crawl.cli.crawling import is_demo
    from mwi_crawl.errors import InputError

    if path.exists() and not is_demo(path):
        raise InputError(
            f"{path} exists and is not a demo.",
            safe="It was left alone.",
            todo="Name another: mwi-crawl demo --db x.db",
        )
    for suffix in ("", "-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)
