"""Bugs that are planted to see that the batteries find them. Each changes the program in the process that asks for it.

    BATTERY_PLANT=state_first python tests/battery/dying.py "" 0 full

They are what an engine of this kind gets wrong: what belongs together is stored apart, or is acknowledged too early.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

from mwi_crawl import checkpoint, ingest, queries, schema
from mwi_crawl.checkpoint import Saved
from mwi_crawl.settle import iso
from mwi_crawl.writer import Writer


def _end_transaction(db: sqlite3.Connection) -> None:
    """What was done so far is durable; the rest is another transaction."""
    inside = db.in_transaction
    try:
        db.execute("release batch")
        batch = True
    except sqlite3.OperationalError:
        batch = False
    if inside:
        db.execute("commit")
        db.execute("begin immediate")
    if batch:
        db.execute("savepoint batch")


def _before(owner: Any, name: str, first: Callable[..., object]) -> None:
    """Have a function do something else first, with the same arguments."""
    function = getattr(owner, name)

    def planted(*args: Any, **kwargs: Any) -> Any:
        first(*args, **kwargs)
        return function(*args, **kwargs)

    setattr(owner, name, planted)


def _apart(owner: Any, name: str) -> None:
    """Have a function begin in a transaction of its own."""
    _before(owner, name, lambda db, *_args, **_kwargs: _end_transaction(db))


def state_first() -> None:
    """The job is done, and then its rows are stored."""
    settle = checkpoint._settle_job

    def first(db: sqlite3.Connection, settled: Any, _film_id: int | None, parsed: Any) -> None:
        lookup = bool(parsed.keys) and not (parsed.speaks_of or parsed.records)
        settle(db, None, settled, keep_bodies=True, lookup=lookup, heard=True)
        _end_transaction(db)

    _before(checkpoint, "_apply", first)


def two_transactions() -> None:
    """The rows are stored, and then the job is done."""
    _apart(checkpoint, "_settle_job")


def early_acknowledgement() -> None:
    """The worker hears that its answer is durable before it is."""
    commit = Writer._commit

    async def early(self: Writer, batch: Sequence[Any]) -> Any:
        for settled, future in batch:
            future.set_result([Saved(each, finished=False) for each in settled])
        return await commit(self, batch)

    Writer._commit = early  # type: ignore[method-assign]


def counted_apart() -> None:
    """The figures of the run are stored after the answers they count."""
    _apart(checkpoint, "_count")


def failure_apart() -> None:
    """The job has failed, and then why is stored."""
    _apart(checkpoint, "_save_failure")


def lease() -> None:
    """A job that is handed out is put off for minutes, and nobody takes it back from the dead."""
    pending = checkpoint.pending

    def leased(db: sqlite3.Connection, *args: Any) -> Any:
        found = pending(db, *args)
        until = iso(datetime.now(UTC) + timedelta(minutes=4))
        db.executemany("update jobs set ready_at = ? where job_id = ?", [(until, job.job_id) for _, job in found])
        return found

    checkpoint.pending = leased


def import_in_two() -> None:
    """The rows of a file are stored, and then what is made of them."""
    _before(ingest._Table, "_find_gone", lambda table, *_args: _end_transaction(table._db))


def stamp_first() -> None:
    """A dataset is said to be loaded, and then its rows are stored."""
    from mwi_crawl.datasets import loading

    def first(db: sqlite3.Connection, reading: Any, came: Any) -> None:
        values = {"name": reading.file.file_name, "size": reading.stamp.size, "stamp": str(reading.stamp)}
        values |= {"now": "2026", "rows_read": came.rows, "rows_kept": came.kept, "seconds": 0.0}
        db.execute(queries.sql("datasets/loaded"), values)
        _end_transaction(db)

    _before(loading, "_replace", first)


def table_by_table() -> None:
    """Each table for people is a transaction of its own."""
    _apart(import_module("mwi_crawl.aggregate.build"), "_one")  # its package hides it behind a function


def migration_in_pieces() -> None:
    """A step to a newer schema is run as a script, which is no transaction."""

    def step(db: sqlite3.Connection, name: str) -> None:
        schema._drop_views(db)
        last = name == queries.names("schema")[-1]
        for each in [f"schema/{name}", *(f"view/{view}" for view in queries.names("view") if last)]:
            db.executescript(queries.sql(each))
            db.executemany("insert or replace into column_docs values (?, ?, ?)", schema.column_docs(queries.sql(each)))
        db.execute(f"pragma user_version = {int(name[:4])}")

    schema._step = step


def export_in_place() -> None:
    """An export is written over the one before."""
    from mwi_crawl.cli import exporting

    def to_file(lines: Any, output: Path) -> None:
        with output.open("wb", buffering=0) as stream:
            for line in lines:
                stream.write(line.encode())
            exporting._settle(stream)  # type: ignore[arg-type]

    exporting._to_file = to_file


PLANTS: Mapping[str, Callable[[], None]] = {
    plant.__name__: plant
    for plant in (
        *(state_first, two_transactions, early_acknowledgement, counted_apart, failure_apart, lease),
        *(import_in_two, stamp_first, table_by_table, migration_in_pieces, export_in_place),
    )
}

if __name__ == "__main__":
    print(json.dumps({name: plant.__doc__ for name, plant in PLANTS.items()}, indent=1))
