"""The tables made in a store's file: one transaction, given up at once when nobody waits for it any more."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from mwi_crawl.aggregate.build import Built, build
from mwi_crawl.config import Config
from mwi_crawl.settle import iso

if TYPE_CHECKING:
    from mwi_crawl.store import Store

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]

USER_SQL = Path("sql", "user")  # a person's own files, below the data folder
LOOK_EVERY = 100_000  # instructions of SQLite between two looks whether to stop


async def make(store: Store, config: Config, only: Sequence[str] = (), *, own: bool = True) -> list[Built]:
    """Make all tables, or `only` these and what they read; the person's `own` files too.

    Raises InputError for an unknown name, StorageError. Cancelled, it leaves the tables as they were.
    """
    now, folder = iso(datetime.now(UTC)), config.paths.data / USER_SQL if own else None
    return await stoppable(store.transact, partial(build, config=config, now=now, only=only, user_folder=folder))


async def stoppable(run: Callable[[Work[T]], Awaitable[T]], work: Work[T]) -> T:
    """`await run(work)`, where `run` is a store's `transact` or `read`; cancelled, it ends the statement under way.

    A statement runs in a thread, which closing the file would otherwise wait for, however long that takes.
    """
    stop = threading.Event()

    def watched(db: sqlite3.Connection) -> T:
        db.set_progress_handler(stop.is_set, LOOK_EVERY)
        try:
            return work(db)
        finally:
            db.set_progress_handler(None, 0)

    try:
        return await run(watched)
    except asyncio.CancelledError:
        stop.set()
        raise
