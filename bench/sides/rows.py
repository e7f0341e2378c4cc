"""Rows made durable by group commit, for peers whose own habit would be one commit a row: the cheapest we know of.

Whatever has piled up is one transaction (WAL, `synchronous = full`), in a thread, so that their loop does not wait for
the disk either. What a peer costs here is then its own doing, not that of a slow way to store.
"""

from __future__ import annotations

import asyncio
import sqlite3

from bench import documents, sides


class Rows:
    """`rows.db`, opened for writing inside a running loop."""

    def __init__(self) -> None:
        self._db = sqlite3.connect("rows.db", isolation_level=None, check_same_thread=False)
        self._db.execute("pragma journal_mode = wal")
        self._db.execute("pragma synchronous = full")
        self._db.execute(sides.TABLE)
        self._queue: asyncio.Queue[tuple[tuple[object, ...], asyncio.Future[None]]] = asyncio.Queue()
        self._writer = asyncio.create_task(self._write())

    async def put(self, number: int, row: documents.Row) -> None:
        """Store a row; it is durable when this returns."""
        durable = asyncio.get_running_loop().create_future()
        self._queue.put_nowait(((number, *row), durable))
        await durable

    def close(self) -> None:
        self._writer.cancel()
        self._db.close()

    async def _write(self) -> None:
        while True:
            batch = [await self._queue.get()]
            while not self._queue.empty():
                batch.append(self._queue.get_nowait())
            await asyncio.to_thread(self._commit, [row for row, _ in batch])
            for _, durable in batch:
                durable.set_result(None)

    def _commit(self, rows: list[tuple[object, ...]]) -> None:
        self._db.execute("begin immediate")
        self._db.executemany(sides.INSERT, rows)
        self._db.execute("commit")
