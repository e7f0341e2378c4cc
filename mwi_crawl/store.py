"""The one writing connection: everything that changes the file goes through `transact`, one transaction at a time.

A transaction is a plain function of a `sqlite3.Connection`, run whole in the connection's own thread. So a cancelled
caller can never leave a transaction half open: the function ends, or is rolled back, whoever waits for it.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import TracebackType
from typing import Concatenate, ParamSpec, TypeVar

import aiosqlite
from filelock import FileLock, Timeout

from mwi_crawl import schema
from mwi_crawl.errors import BusyError, StorageError
from mwi_crawl.queries import sql

P = ParamSpec("P")
T = TypeVar("T")

LOCK_PATIENCE = 0.3  # seconds; `is_held` takes the lock for an instant to look
BUSY_STEP = 1.0  # seconds between two tries while another program holds the file
LARGE_LOG = 64 * 1024 * 1024  # bytes; SQLite keeps its log far smaller where nobody hinders it


class _Connection(aiosqlite.Connection):
    """aiosqlite's connection, whose thread can also run a whole function: one hop for a batch, not one for each row."""

    def __init__(self, connector: Callable[[], sqlite3.Connection]) -> None:
        super().__init__(connector, iter_chunk_size=64)
        self._thread.daemon = True  # one that nobody closed must not keep the interpreter from ending

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        result: T = await self._execute(lambda: work(self._conn))  # type: ignore[no-untyped-call]
        return result

    def join(self) -> None:
        """Wait until the thread has ended; one that outlives the event loop would complain."""
        self._thread.join()


class Store:
    """The checkpoint's file, locked for this process. `async with Store(path) as store: await store.transact(…)`."""

    def __init__(
        self, path: Path, *, busy_seconds: float = 60.0, on_busy: Callable[[float], None] = lambda _seconds: None
    ) -> None:
        self.path = path
        self.migrated: tuple[int, int] = (0, 0)
        self._busy_seconds = busy_seconds
        self._on_busy = on_busy
        self._lock = FileLock(_lock_path(path), timeout=0)
        self._db: _Connection | None = None
        self._file: tuple[int, int] | None = None
        self._told: set[str] = set()
        self._pid = os.getpid()

    async def __aenter__(self) -> Store:
        self._take_lock()
        try:
            await self._patiently(self._open)
        except BaseException:
            await self._close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._close()

    async def transact(
        self, work: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run `work(db, …)` in one transaction: all of it is stored when this returns, or none of it.

        Raises BusyError if another program holds the file for too long, DiskFullError, StorageError.
        """
        return await self._waiting(lambda db: self._in_transaction(db, lambda: work(db, *args, **kwargs)))

    async def read(self, work: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `work(db, …)` outside a transaction, for a question."""
        return await self._waiting(lambda db: work(db, *args, **kwargs))

    def concerns(self) -> list[str]:
        """What a person should know of the file, its place and its log, in sentences, each once."""
        found, (before, after) = dict[str, str](), self.migrated
        if 0 < before < after:
            copy = schema.copy_of(self.path, before)
            found["schema"] = f"{self.path} was brought from schema {before} to {after}; as it was it is kept as {copy}"
        if kind := schema.network(self.path):
            found["place"] = (
                f"{self.path} is on a network file system ({kind}), where SQLite's log is unsafe: "
                "a rollback journal is used; run on a local disk if you can"
            )
        if (size := _size(Path(f"{self.path}-wal"))) > LARGE_LOG:
            found["log"] = (
                f"the log beside {self.path} has grown to {size // 1_000_000} MB: another program keeps reading an old "
                "state of the file; close it"
            )
        new = [said for what, said in found.items() if what not in self._told]
        self._told |= found.keys()
        return new

    async def _open(self) -> None:
        if not self.path.exists():  # a history is its owner's business
            os.close(os.open(self.path, os.O_CREAT | os.O_WRONLY, 0o600))
        db = _Connection(lambda: schema.connect(self.path, busy_seconds=BUSY_STEP))
        try:
            await db
        except BaseException:
            await _to_the_end(asyncio.to_thread(db.join))
            raise
        try:
            self.migrated = await db.run(lambda raw: schema.migrate(raw, self.path))
        except BaseException:
            await _to_the_end(db.close())
            raise
        self._db, self._file = db, _identity(self.path)

    async def _waiting(self, work: Callable[[sqlite3.Connection], T]) -> T:
        db = self._db
        assert db is not None, "the store is not open"
        assert self._pid == os.getpid(), "a database connection must not cross a fork"
        return await self._patiently(lambda: db.run(work))

    async def _patiently(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """Try again for as long as another program holds the file and patience lasts."""
        started = time.monotonic()
        while True:
            tried = time.monotonic()
            try:
                return await attempt()
            except (sqlite3.Error, BusyError) as error:
                problem = error if isinstance(error, BusyError) else schema.translate(error, self.path)
                waited = time.monotonic() - started
                if not isinstance(problem, BusyError) or waited >= self._busy_seconds:
                    raise problem from error.__cause__ or error
            self._on_busy(waited)
            await asyncio.sleep(max(0.0, tried + BUSY_STEP - time.monotonic()))  # mostly SQLite itself waited that long

    def _in_transaction(self, db: sqlite3.Connection, work: Callable[[], T]) -> T:
        if _identity(self.path) != self._file:
            raise StorageError(
                f"{self.path} was deleted or replaced while in use.",
                safe="Answers stored before that are in the old file.",
                todo="Put the file back and run: mwi-crawl full --resume",
            )
        db.execute("begin immediate")
        try:
            result = work()
            db.execute("commit")
        except BaseException:
            if db.in_transaction:  # a full disk has already rolled back
                db.execute("rollback")
            raise
        return result

    def _take_lock(self) -> None:
        if not self.path.parent.is_dir():
            raise StorageError(
                f"There is no folder {self.path.parent}.", safe=schema.UNCHANGED, todo="Make it, or name another --db."
            )
        try:
            self._lock.acquire(timeout=LOCK_PATIENCE)
        except Timeout:
            raise _held(self.path) from None
        except OSError as error:
            raise StorageError(
                f"Cannot write beside {self.path} ({error.strerror}).",
                safe=schema.UNCHANGED,
                todo="status, runs and failures still work; choose another place with --db to write.",
            ) from error

    async def _close(self) -> None:
        db, self._db = self._db, None
        try:
            if db is not None:
                await _to_the_end(_shut(db))
        finally:
            self._lock.release()


def is_held(path: Path) -> bool:
    """Whether a process holds the file for writing just now."""
    place = _lock_path(path)
    if not Path(place).exists():
        return False
    lock = FileLock(place, timeout=0)
    try:
        lock.acquire()
    except (Timeout, OSError):
        return True
    lock.release()
    return False


def _lock_path(path: Path) -> str:
    return f"{os.path.realpath(path)}.lock"  # a file that is reached by two names has one lock


def _identity(path: Path) -> tuple[int, int] | None:
    """Which file bears the name now; None if there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _size(path: Path) -> int:
    """Its bytes; 0 if it is not there."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


async def _shut(db: _Connection) -> None:
    try:
        await db.run(_checkpoint)  # one whole file at rest
    finally:
        await db.close()


async def _to_the_end(work: Awaitable[None]) -> None:
    """Wait until `work` is over, however often the waiting is cancelled; only then let the cancellation go on."""
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is None:
        return task.result()
    if not task.cancelled():
        task.exception()  # seen; the cancellation is what counts
    raise cancelled


def _checkpoint(db: sqlite3.Connection) -> None:
    try:
        db.execute("pragma wal_checkpoint(truncate)")
    except sqlite3.Error:
        return  # a full disk or a busy reader: the log is kept, and nothing is lost


def _held(path: Path) -> BusyError:
    """Who holds the file, as far as the file itself tells."""
    who = "another process"
    try:
        db = schema.connect_readonly(path)
        row = db.execute(sql("read/running")).fetchone()
        db.close()
        if row is not None:
            who = f"run {row['run_id']}, process {row['pid']} on host {row['host']}, started {row['started_at']}"
    except StorageError:
        pass
    return BusyError(
        f"another mwi-crawl is writing {path}: {who}.",
        safe=schema.UNCHANGED,
        todo="Watch it with: mwi-crawl status --watch",
    )
