"""Kept answers read once more, by the parser as it is now. No network, and no time passes: they are as old as before.

Each answer goes the way of a new one (parse → settle → checkpoint), so that rows, ids and further questions come out as
if the better parser had been there from the start; its age, its tag and what was tried stay. Questions that it leads to
and nobody has asked wait for the next run. A page of answers is one transaction, and what is read bears the parser's
version: whoever is cut off goes on where it was.

A better parser must not make anything worse. What it reads less of than the one before (mwi_crawl.losses), takes for
absent, or cannot read at all keeps its rows and its state, and the loss is a row of `conflicts`.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import zstandard

from mwi_crawl import checkpoint, films, losses, parse
from mwi_crawl.checkpoint import Again
from mwi_crawl.model import Job, JobState, Outcome, Parsed, Request, Response, Result, Settled
from mwi_crawl.queries import sql
from mwi_crawl.settle import iso, settle
from mwi_crawl.source import Source
from mwi_crawl.store import Store

PAGE = 128  # answers read and stored in one transaction
HELD = 64 * 1024 * 1024  # bytes of bodies after which a page ends

_STATES = {Outcome.OK: JobState.DONE, Outcome.ABSENT: JobState.ABSENT, Outcome.BROKEN: JobState.BROKEN}

_Read = tuple[sqlite3.Row, Result]


@dataclass(slots=True)
class Counts:
    """What became of the kept answers of one source.

    `kept`: the parser lost something, so that the older rows stay. `asked`: questions more that wait for the next run.
    """

    version: int = 0  # of the parser now
    before: set[int] = field(default_factory=set)  # versions that had read them
    bodies: int = 0
    done: int = 0
    absent: int = 0
    broken: int = 0
    kept: int = 0
    asked: int = 0


async def reparse(
    store: Store,
    sources: Mapping[str, Source],
    *,
    everything: bool = False,
    accept_losses: bool = False,
    stop: Callable[[], bool] = lambda: False,
) -> dict[str, Counts]:
    """Read again what another version of a source's parser read, or `everything`. Raises StorageError.

    `accept_losses`: what the parser does not find any more is taken away. `stop` is asked now and then; what is read by
    then is stored. Returns the sources that had something to read.
    """
    outdated = await store.read(_outdated)
    found: dict[str, Counts] = {}
    for name, source in sources.items():
        versions = outdated.get(name, set())
        if versions and (everything or accept_losses or versions != {source.version}) and not stop():
            counts = await _Reader(store, source, everything, Again(accept_losses), stop).read()
            if counts.bodies:
                found[name] = counts
    return found


class _Reader:
    """One source's answers, a page at a time."""

    def __init__(self, store: Store, source: Source, everything: bool, again: Again, stop: Callable[[], bool]) -> None:
        self._store, self._source, self._again, self._stop = store, source, again, stop
        self._values = {"source": source.name, "version": source.version, "limit": PAGE}
        self._values |= {"everything": int(everything), "accept": int(again.accept_losses)}
        self._left = threading.Event()  # whoever waited has gone

    async def read(self) -> Counts:
        counts = Counts(self._source.version)
        waited, after = await self._store.read(_asked, self._source.name), ""
        try:
            while not self._stop():
                page = await self._store.read(_page, {**self._values, "after": after})
                if not page:
                    break
                read = await asyncio.to_thread(self._understand, page)
                fates = await self._store.transact(_take, self._source, read, self._again, iso(datetime.now(UTC)))
                for (row, _), fate in zip(read, fates, strict=True):
                    setattr(counts, fate, getattr(counts, fate) + 1)
                    counts.before |= {row["parser_version"]} - {None}
                    counts.bodies += 1
                    after = row["key"]
        finally:
            self._left.set()
        counts.asked = await self._store.read(_asked, self._source.name) - waited
        return counts

    def _understand(self, page: Sequence[sqlite3.Row]) -> list[_Read]:
        """What the answers mean now: those of the page, or its first ones. In a thread, since pages take long."""
        unpack = zstandard.ZstdDecompressor().decompress
        read: list[_Read] = []
        held = 0
        for row in page:
            if self._left.is_set() or self._stop() or held > HELD:
                break
            headers = {"content-type": row["content_type"], "etag": row["etag"]}
            given = {name: value for name, value in headers.items() if value is not None}
            answer = Response(row["status"], given, unpack(row["body"]))
            attempts = max(0, row["attempts"] - 1)  # it is the attempt that failed, once more
            job = Job(row["job_id"], self._source.name, row["key"], row["film_id"], attempts, row["absences"])
            read.append((row, parse.understand(self._source, job, Request(row["request"]), answer)))
            held += row["size"]
        return read


def _outdated(db: sqlite3.Connection) -> dict[str, set[int]]:
    """The sources that have kept answers, and the versions of the parsers that read them."""
    found: dict[str, set[int]] = {}
    for source, version in db.execute(sql("checkpoint/reparse_outdated")):
        found.setdefault(source, set()).add(version)
    return found


def _page(db: sqlite3.Connection, values: Mapping[str, object]) -> list[sqlite3.Row]:
    return db.execute(sql("checkpoint/reparse_page"), values).fetchall()


def _asked(db: sqlite3.Connection, source: str) -> int:
    return int(db.execute(sql("checkpoint/reparse_asked"), {"source": source}).fetchone()[0])


def _take(db: sqlite3.Connection, source: Source, read: Sequence[_Read], again: Again, now: str) -> list[str]:
    """Store what the answers mean now, in one transaction. Returns what became of each: a name of `Counts`."""
    return [_store(db, source, row, result, again, now) for row, result in read]


def _store(db: sqlite3.Connection, source: Source, row: sqlite3.Row, result: Result, again: Again, now: str) -> str:
    was, state = row["state"], _STATES.get(result.outcome)
    values = {"job_id": row["job_id"], "version": source.version, "now": now}
    if was == JobState.DONE and (worse := _worse(result, again)):
        return _keep(db, _settled(source, row, result, now), row, worse)
    if state is None:
        db.execute(sql("checkpoint/reparse_ask"), values)
        return "asked"
    if was == state == JobState.ABSENT:
        db.execute(sql("checkpoint/reparse_read"), values)
        return str(state)
    if was == JobState.DONE and state is JobState.ABSENT and row["reason"] != "lookup":  # its rows were another's
        result = replace(result, parsed=replace(result.parsed or Parsed(absent=result.reason), speaks_of=source.kinds))
    settled = _settled(source, row, result, now)
    (saved,) = checkpoint.save(db, None, [settled], keep_bodies=True, again=again)
    if saved.kept:
        return losses.KEPT
    if saved.settled.state is JobState.BROKEN and was == JobState.DONE:  # the tables refused what was parsed
        return _keep(db, settled, row, saved.settled.result.message or "")
    return str(saved.settled.state if saved.settled.state is JobState.BROKEN else state)


def _settled(source: Source, row: sqlite3.Row, result: Result, now: str) -> Settled:
    """The consequence of reading again: that of a new answer, but that nothing new was tried."""
    if row["contested"] and result.outcome is Outcome.OK:
        result = replace(result, reason=losses.KEPT)
    moment = datetime.fromisoformat(now)
    return settle(result, now=moment, max_retries=0, dice=0.0, version=source.version)


def _worse(result: Result, again: Again) -> str | None:
    """Why an answer that was good must not be what it is taken for now."""
    if result.outcome is Outcome.OK or (result.outcome is Outcome.ABSENT and again.accept_losses):
        return None
    if result.outcome is Outcome.ABSENT:
        return f"not there any more, as read by a newer parser ({result.reason})"
    return f"unreadable for a newer parser: {result.message or result.reason or result.outcome}"


def _keep(db: sqlite3.Connection, settled: Settled, row: sqlite3.Row, why: str) -> str:
    film_id = None if row["film_id"] is None else films.current(db, row["film_id"])
    losses.dispute(db, film_id, settled, row["body_hash"], [why])
    losses.keep(db, settled, settled.parser_version, heard=False)
    return losses.KEPT
