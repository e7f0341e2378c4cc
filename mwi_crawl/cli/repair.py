"""`db`: look after the file itself."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import click

from mwi_crawl.cli import words
from mwi_crawl.cli.options import Common, common, look, settings
from mwi_crawl.cli.terminal import say
from mwi_crawl.errors import InputError, StorageError


@click.group()
def db() -> None:
    """Check, back up, or shrink the database file."""


@db.command()
@common
def check(common: Common) -> int:
    """Is the file sound?"""
    from mwi_crawl import schema

    path = look(common)
    with closing(schema.connect_readonly(path)) as connection:
        try:
            problems = schema.check(connection)
        except sqlite3.Error as error:
            raise schema.translate(error, path) from error
    if problems:
        raise StorageError(
            f"{path} is damaged: {'; '.join(problems[:5])}.",
            safe="It was opened read-only; nothing was changed.",
            todo=_copies(path),
        )
    if not common.quiet:
        say(f"{path}: ok (schema {schema.latest()}, {words.size(path.stat().st_size)})")
    return 0


@db.command()
@click.argument("target", type=click.Path(path_type=Path), required=False)
@common
def backup(common: Common, target: Path | None) -> int:
    """A whole copy, safe while a crawl runs (copying the file is not).

    TARGET is a folder, or a file that does not exist yet; without it the copy lies beside the database.
    """
    from mwi_crawl import schema

    path = look(common)
    name = f"{path.name}.bak-{datetime.now(UTC):%Y-%m-%d}"
    target = path.with_name(name) if target is None else target / name if target.is_dir() else target
    if target.exists():
        raise InputError(f"{target} exists.", safe="It was left alone.", todo="Name another file.")
    with closing(schema.connect_readonly(path)) as connection:
        try:
            schema.backup(connection, target)
            target.chmod(path.stat().st_mode & 0o777)  # as private as the original
        except (sqlite3.Error, OSError) as error:
            raise StorageError(
                f"cannot write {target} ({getattr(error, 'strerror', None) or error}).",
                safe="The database is unchanged.",
                todo="Name another place: mwi-crawl db backup FOLDER",
            ) from error
    if not common.quiet:
        say(f"{path} -> {target} ({words.size(target.stat().st_size)})")
    return 0


@db.command()
@common
def vacuum(common: Common) -> int:
    """Drop answers that nothing refers to any more, and give the room back."""
    from mwi_crawl import schema

    path = look(common)
    schema.connect_readonly(path).close()  # one that is not there must not be made for this
    config = settings(common)
    before = path.stat().st_size
    pruned = asyncio.run(_shrink(path, config.engine.busy_wait_seconds))
    if not common.quiet:
        dropped = words.count(pruned, "old answer")
        say(f"{path}: {dropped} dropped, {words.size(before)} -> {words.size(path.stat().st_size)}")
    return 0


async def _shrink(path: Path, busy_seconds: float) -> int:
    from mwi_crawl.queries import sql
    from mwi_crawl.store import Store

    def prune(connection: sqlite3.Connection) -> int:
        return connection.execute(sql("checkpoint/prune_bodies")).rowcount

    def shrink(connection: sqlite3.Connection) -> None:
        connection.execute("vacuum")  # not possible inside a transaction

    async with Store(path, busy_seconds=busy_seconds) as store:
        pruned = await store.transact(prune)
        await store.read(shrink)
        return pruned


def _copies(path: Path) -> str:
    """Where a good copy is, as far as the folder tells."""
    copies = sorted(path.parent.glob(f"{path.name}.bak-*"), key=lambda copy: copy.stat().st_mtime)
    if copies:
        return f"The last copy is {copies[-1]}: put it in place of the file."
    return "Put back a copy, if you have one (mwi-crawl db backup makes them)."
