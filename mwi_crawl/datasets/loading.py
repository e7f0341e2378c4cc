"""The IMDb datasets → what they say of the films we know: one pass over each file.

A file is read whole before anything of it is stored, so a damaged one changes nothing; what is kept of it waits in
a file of its own, sorted there, so memory does not grow with it. Then one transaction takes the place of what the file
said before. A file that was loaded already, about the same films, is not read again.
"""

from __future__ import annotations

import asyncio
import hashlib
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import TypeAlias

from mwi_crawl import records
from mwi_crawl.datasets import partial
from mwi_crawl.datasets.tsv import Progress, Table
from mwi_crawl.errors import InputError
from mwi_crawl.model import JobState
from mwi_crawl.queries import names, script, sql
from mwi_crawl.settle import iso
from mwi_crawl.sources.imdb_datasets import CREW_JOBS, FILES, Dataset, ImdbDatasets, Row
from mwi_crawl.store import Store

BATCH = 1000  # kept rows put aside at a time
SOURCE = ImdbDatasets.name

Asked: TypeAlias = Mapping[bytes, int]
"""The ids that are wanted of a file → the film that bears each; of several of one film, the best first. People: 0."""

# what a file adds is not always all there is of a record: the others' share of it stays
_STATEMENTS = {
    ("title.basics", "film_facts"): "datasets/add_facts",
    ("title.episode", "film_facts"): "datasets/add_episodes",
    ("title.crew", "people"): "datasets/add_person",
    ("title.principals", "people"): "datasets/add_person",
}


@dataclass(frozen=True, slots=True)
class Loaded:
    """What came of one file. `state`: loaded, unchanged (since it was loaded), missing, damaged.

    `odd` rows were about our films, but had too many or too few cells.
    """

    name: str
    state: str
    rows: int = 0
    kept: int = 0
    odd: int = 0
    seconds: float = 0.0
    problem: InputError | None = None


async def load(
    store: Store,
    folder: Path,
    *,
    again: bool = False,
    tell: Callable[[str, Progress], None] = lambda _name, _progress: None,
) -> AsyncIterator[Loaded]:
    """Load every file there is in `folder`, one after the other; `again`: also those that have not changed.

    A damaged file is reported and the others are loaded. Raises InputError if there is none at all. `tell` hears now
    and then how far the pass over a file is.
    """
    if not any((folder / file.file_name).is_file() or partial.half(folder / file.file_name) for file in FILES):
        raise _nothing_in(folder)
    for file in FILES:
        yield await _load(store, folder / file.file_name, file, again=again, tell=tell)


def films(db: sqlite3.Connection) -> dict[bytes, int]:
    """Every IMDb id that is known, and its film."""
    return {str(row["imdb_id"]).encode(): int(row["film_id"]) for row in db.execute(sql("datasets/films"))}


def absent(db: sqlite3.Connection) -> list[str]:
    """The known ids that are not in the datasets."""
    return [str(row[0]) for row in db.execute(sql("datasets/absent"), {"source": SOURCE})]


def remember(db: sqlite3.Connection, fetched: Iterable[partial.Fetched], now: str) -> None:
    """Note what was downloaded."""
    for each in fetched:
        values = {"name": each.name, "etag": each.etag, "modified_at": each.modified, "size": each.size, "now": now}
        db.execute(sql("datasets/fetched"), values)


async def _load(
    store: Store, path: Path, file: Dataset, *, again: bool, tell: Callable[[str, Progress], None]
) -> Loaded:
    if (gap := _gap(path, file)) is not None:
        return gap
    asked = await store.read(films if file.about == "films" else _people)
    stamp = Stamp.of(path, asked)
    before = await store.read(_before, file)
    if before is not None and before["loaded_stamp"] == str(stamp) and not again:
        return Loaded(file.name, "unchanged", before["rows_read"], before["rows_kept"])
    started = time.monotonic()
    with closing(Kept()) as kept:
        table = Table(path, file.key, file.columns)
        try:
            progress = await _read(table, asked, kept, lambda progress: tell(file.name, progress))
        except InputError as problem:
            return Loaded(file.name, "damaged", problem=problem)
        seconds = round(time.monotonic() - started, 1)
        came = Loaded(file.name, "loaded", progress.rows, progress.kept, progress.odd, seconds)
        await _to_the_end(store.transact(_replace, _Reading(file, table, asked, kept, stamp), came))
    return came


async def _to_the_end(work: Awaitable[None]) -> None:
    """Wait for a transaction even if cancelled: it goes on in its own thread, and needs what was kept."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    finally:
        await asyncio.wait([task])


async def _read(table: Table, asked: Asked, kept: Kept, tell: Callable[[Progress], None]) -> Progress:
    progress = Progress(0)
    for progress in table.scan(asked, kept.add):
        tell(progress)
        await asyncio.sleep(0)  # here Ctrl-C is heard
    return progress


def _gap(path: Path, file: Dataset) -> Loaded | None:
    """What stands for a file that is not there."""
    if path.is_file():
        return None
    problem = partial.half(path)
    return Loaded(file.name, "damaged" if problem else "missing", problem=problem)


@dataclass(frozen=True, slots=True)
class Stamp:
    """What is loaded, exactly: size and time of the file, and a digest of whom it is asked about."""

    size: int
    time_ns: int
    whom: str

    @classmethod
    def of(cls, path: Path, asked: Asked) -> Stamp:
        """The stamp of a file and of those it is asked about."""
        stat = path.stat()
        digest = hashlib.sha256()
        for key, film_id in sorted(asked.items()):
            digest.update(b"%s=%d\n" % (key, film_id))
        return cls(stat.st_size, stat.st_mtime_ns, digest.hexdigest()[:20])

    @property
    def at(self) -> str:
        """When the file was last changed."""
        return iso(datetime.fromtimestamp(self.time_ns / 1e9, UTC))

    def __str__(self) -> str:
        return f"{self.size}-{self.time_ns}-{self.whom}-v{ImdbDatasets.version}"


class Kept:
    """Rows put aside, on the disk, to be given back by their keys, whatever order they came in."""

    def __init__(self) -> None:
        self._db = sqlite3.connect("", isolation_level=None, check_same_thread=False)  # a file without a name
        self._db.execute("create table kept (key blob, line blob)")
        self._db.execute("begin")
        self._waiting: list[tuple[bytes, bytes]] = []

    def add(self, key: bytes, line: bytes) -> None:
        """Put a row aside."""
        self._waiting.append((key, line))
        if len(self._waiting) == BATCH:
            self._put()

    def keys(self) -> set[bytes]:
        """The keys that any row has."""
        self._put()
        return {row[0] for row in self._db.execute("select distinct key from kept")}

    def groups(self) -> Iterator[tuple[bytes, list[bytes]]]:
        """The rows of each key, in the order in which they came."""
        self._put()
        rows = self._db.execute("select key, line from kept order by key, rowid")
        for key, group in groupby(rows, lambda row: row[0]):
            yield key, [line for _, line in group]

    def close(self) -> None:
        """Give the room back."""
        self._db.close()

    def _put(self) -> None:
        self._db.executemany("insert into kept values (?, ?)", self._waiting)
        self._waiting.clear()


@dataclass(frozen=True, slots=True)
class _Reading:
    """A file that was read to its end, and what was kept of it."""

    file: Dataset
    table: Table
    asked: Asked
    kept: Kept
    stamp: Stamp


def _replace(db: sqlite3.Connection, reading: _Reading, came: Loaded) -> None:
    """Put what a file says in the place of what it said before. Inside one transaction."""
    file, now = reading.file, iso(datetime.now(UTC))
    crew = any(each.name == "title.crew" and _before(db, each) for each in FILES)
    if f"replace_{file.name}" in names("datasets"):
        for statement in script(f"datasets/replace_{file.name}"):
            db.execute(statement, {"source": SOURCE, "crew": int(crew)})
    seen = reading.kept.keys()
    meant = _meant(reading.asked, seen)
    for key, lines in reading.kept.groups():
        if key in meant:
            rows = [reading.table.row(line) for line in lines]
            if file.name == "title.principals" and crew:
                rows = [row for row in rows if row["category"] not in CREW_JOBS]
            _add(db, file, rows, reading.asked[key])
    if file.about == "films":
        _settle(db, reading, seen, now)
    values = {"name": file.file_name, "size": reading.stamp.size, "now": now, "stamp": str(reading.stamp)}
    values |= {"rows_read": came.rows, "rows_kept": came.kept, "seconds": came.seconds}
    db.execute(sql("datasets/loaded"), values)


def _add(db: sqlite3.Connection, file: Dataset, rows: Sequence[Row], film_id: int) -> None:
    for record in file.records(rows):
        statement = _STATEMENTS.get((file.name, record.kind), f"record/{record.kind}")
        known = records.parameters(record.kind)
        db.execute(sql(statement), {**known, **record.values, "film_id": film_id, "source": SOURCE})


def _settle(db: sqlite3.Connection, reading: _Reading, seen: set[bytes], now: str) -> None:
    """Note which films are there. Only title.basics lists every title: not to be in another file says nothing."""
    common = {"source": SOURCE, "now": now, "version": ImdbDatasets.version, "fetched_at": min(reading.stamp.at, now)}
    there = {**common, "state": JobState.DONE, "reason": None}
    not_there = {**common, "state": JobState.ABSENT, "reason": "not_in_dataset"}
    ids = reading.asked if reading.file.name == "title.basics" else seen
    rows = (
        {**(there if key in seen else not_there), "key": key.decode(), "film_id": reading.asked[key]} for key in ids
    )
    db.executemany(sql("datasets/settle"), rows)


def _meant(asked: Asked, seen: set[bytes]) -> set[bytes]:
    """The ids whose rows are taken: all people; for each film one, the best that the file has."""
    best: dict[int, bytes] = {}
    for key, film_id in asked.items():
        if key in seen and film_id:
            best.setdefault(film_id, key)
    return set(best.values()) or seen


def _people(db: sqlite3.Connection) -> dict[bytes, int]:
    return {str(row[0]).encode(): 0 for row in db.execute(sql("datasets/people"), {"source": SOURCE})}


def _before(db: sqlite3.Connection, file: Dataset) -> sqlite3.Row | None:
    """What was loaded of a file before; None if nothing was."""
    row: sqlite3.Row | None = db.execute(sql("datasets/known"), {"name": file.file_name}).fetchone()
    return row


def _nothing_in(folder: Path) -> InputError:
    return InputError(
        f"{folder} holds none of IMDb's datasets (title.basics.tsv.gz …)."
        if folder.is_dir()
        else f"There is no folder {folder}.",
        safe="Nothing was changed.",
        todo="Download them: mwi-crawl datasets fetch   or name their folder: mwi-crawl datasets load --dir FOLDER",
    )
