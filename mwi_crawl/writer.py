"""The writer: one task that stores answers, committing whatever piled up during the commit before.

Batches grow under load and stay at one when idle, with no timer to tune. Where the processor is the limit, the event
loop may first go on for as long as each of its passes brings another answer: a commit costs as much as storing several,
and two threads that take turns cost more than one after the other. Where the upstream is the limit, that would only
keep workers waiting. A caller hears back only once its answer is durable.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from itertools import islice

from mwi_crawl import checkpoint
from mwi_crawl.checkpoint import Saved
from mwi_crawl.errors import StorageError
from mwi_crawl.model import Settled
from mwi_crawl.store import Store

BATCH_LIMIT = 128  # jobs in one transaction; those of one request are never parted
LOOK_EVERY = 0.1  # seconds over which the use of the processor is measured, at least
SATURATED = 0.85  # of a core; from there on the processor is the limit

_Item = tuple[Sequence[Settled], "asyncio.Future[Sequence[Saved]]"]


class Writer:
    """`async with Writer(…) as writer: await writer.save([settled])`. Leaving stores all that was handed in."""

    def __init__(self, store: Store, run_id: int, on_saved: Callable[[Saved], None], *, keep_bodies: bool) -> None:
        self._store = store
        self._run_id = run_id
        self._on_saved = on_saved
        self._keep_bodies = keep_bodies
        self._waiting: deque[_Item] = deque()
        self._wake = asyncio.Event()  # there is something to store, or an end to be made
        self._ending = False
        self._load = _Load()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Writer:
        self._task = asyncio.create_task(self._run(), name="writer")
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._task is not None
        self._ending = True
        self._wake.set()
        cancelled: asyncio.CancelledError | None = None
        while not self._task.done():
            try:
                await asyncio.wait([self._task])
            except asyncio.CancelledError as error:  # what was handed in is stored first
                cancelled = error
        self._task.result()
        if cancelled is not None:
            raise cancelled

    async def save(self, settled: Sequence[Settled]) -> Sequence[Saved]:
        """Returns when the jobs that one request answered are durable. Raises StorageError if they cannot be stored."""
        future: asyncio.Future[Sequence[Saved]] = asyncio.get_running_loop().create_future()
        if self._task is None or self._task.done():
            raise StorageError("the writer has ended")
        self._waiting.append((settled, future))
        self._wake.set()
        return await future

    async def _run(self) -> None:
        trouble: StorageError | None = None
        batch: list[_Item] = []
        try:
            while batch := await self._next_batch():
                if trouble is None:
                    trouble = await self._commit(batch)
                else:
                    _fail(batch, trouble)
        finally:  # whatever ends the writer, nobody may wait for it for ever
            batch.extend(self._waiting)
            self._waiting.clear()
            _fail(batch, trouble or StorageError("the writer has ended"))

    async def _next_batch(self) -> list[_Item]:
        """Whatever piled up; empty once the writer is to end."""
        await self._wake.wait()
        if self._load.share() >= SATURATED:
            await self._gather()
        batch: list[_Item] = []
        jobs = 0
        while self._waiting and jobs < BATCH_LIMIT:
            batch.append(item := self._waiting.popleft())
            jobs += len(item[0])
        if not self._waiting and not self._ending:
            self._wake.clear()
        return batch

    async def _gather(self) -> None:
        """Let the event loop go on for as long as each pass brings another answer."""
        seen = 0
        while seen < (seen := sum(len(jobs) for jobs, _ in self._waiting)) < BATCH_LIMIT:  # noqa: ASYNC110 - one pass
            await asyncio.sleep(0)

    async def _commit(self, batch: Sequence[_Item]) -> StorageError | None:
        answers = [each for settled, _ in batch for each in settled]
        try:
            saved = await self._store.transact(checkpoint.save, self._run_id, answers, keep_bodies=self._keep_bodies)
        except StorageError as error:
            _fail(batch, error)
            return error
        for each in saved:
            self._on_saved(each)
        durable = iter(saved)
        for settled, future in batch:
            own = list(islice(durable, len(settled)))
            if not future.done():
                future.set_result(own)
        return None


class _Load:
    """How much of a core this process used lately, with all its threads: storing is as dear as what the loop does."""

    def __init__(self) -> None:
        self._at, self._used, self._share = time.monotonic(), time.process_time(), 0.0

    def share(self) -> float:
        """Seconds of processor per second, over the last LOOK_EVERY or longer."""
        now = time.monotonic()
        if now - self._at >= LOOK_EVERY:
            used = time.process_time()
            self._share = (used - self._used) / (now - self._at)
            self._at, self._used = now, used
        return self._share


def _fail(batch: Sequence[_Item], error: StorageError) -> None:
    for _, future in batch:
        if not future.done():
            future.set_exception(error)
