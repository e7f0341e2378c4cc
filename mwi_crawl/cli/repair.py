"""`db`: look after the file itself."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import click

from mwi_crawl.cli import words
from mwi_crawl.cli.options import Common, common, settings
from mwi_crawl.errors import InputError, StorageError


@click.group()
def db() -> None:
    """Check, back up, or shrink the database file."""


@db.command()
@common
def check(common: Common) -> int:
    """Is the file sound?"""
    from mwi_crawl import schema

    path = settings(common).paths.db
    with closing(schema.connect_readonly(path)) as connection:
        try:
            problems = schema.check(connection)
        except sqlite3.Error as error:
            raise schema.translate(error, path) from error
    if problems:
        raise StorageError(
            f"{path} is damaged: {'; '.join(problems[:5])}.",
            safe="It was opened read-only; nothing was changed.",
            todo="Put back a copy made by: mwi-crawl db backup",
        )
    click.echo(f"{path}: ok (schema {schema.latest()}, {words.size(path.stat().st_size)})")
    return 0


@db.command()
@click.argument("target", type=click.Path(path_type=Path), required=False)
@common
def backup(common: Common, target: Path | None) -> int:
    """A whole copy, safe while a crawl runs (copying the file is not). TARGET must not exist yet."""
    from mwi_crawl import schema

    path = settings(common).paths.db
    target = target or path.with_name(f"{path.name}.bak-{datetime.now(UTC):%Y-%m-%d}")
    if target.exists():
        raise InputError(f"{target} exists.", safe="Nothing was written.", todo="Name another file.")
    with closing(schema.connect_readonly(path)) as connection:
        try:
            schema.backup(connection, target)
        except (sqlite3.Error, OSError) as error:
            raise StorageError(f"cannot write {target} ({error}).", safe="The database is unchanged.") from error
    click.echo(f"{path} -> {target} ({words.size(target.stat().st_size)})")
    return 0


@db.command()
@common
def vacuum(common: Common) -> int:
    """Drop bodies that no answer refers to any more, and give the room back."""
    from mwi_crawl.queries import sql
    from mwi_crawl.store import Store

    path = settings(common).paths.db
    before = path.stat().st_size if path.exists() else 0

    def prune(connection: sqlite3.Connection) -> int:
        return connection.execute(sql("checkpoint/prune_bodies")).rowcount

    def shrink(connection: sqlite3.Connection) -> None:
        connection.execute("vacuum")

    async def run() -> int:
        async with Store(path) as store:
            pruned = await store.transact(prune)
            await store.read(shrink)
            return pruned

    pruned = asyncio.run(run())
    after = path.stat().st_size
    dropped = words.count(pruned, "old body", "old bodies")
    click.echo(f"{path}: {dropped} dropped, {words.size(before)} -> {words.size(after)}")
    return 0
