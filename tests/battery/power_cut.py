"""Cut the power at any instant, and see that all that was acknowledged is on the disk: needs apsw (PyPI).

    python tests/battery/power_cut.py [--cuts 400] [--seed 1] [--films 40] [--pages 40]

A file lives once for real: it is made, films are crawled from three sources, the tables for people are made, and both
again with more films. Its statements are recorded, and what was acknowledged after which. They are then carried out
again, pragmas among them, on a disk that keeps a log (a VFS of apsw), so that it is known what was written and what
synced. A cut leaves what was synced, and of what was written since each sector of 512 bytes or not, as the dice say; so
a page may be torn, and a removed file be there again. What is left is opened as after the next start.

With `synchronous = full` nothing may be harmed and nothing acknowledged missing. That the cuts cut is seen by lying to
the same statements: with `normal` acknowledged answers must be missed, and with `off` files must come out damaged.
Ends with 1 if something is not so.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from mwi_crawl.aggregate.making import make
from mwi_crawl.demo.upstream import FakeUpstream, serve_all
from mwi_crawl.model import JobState
from mwi_crawl.writer import Writer

sys.path.insert(0, str(Path(__file__).parent))  # it is run as a script, and imported by tests
sys.path.insert(0, str(Path(__file__).parents[1]))
import invariants
from toys import KEYS, engine_of, invented_ids, settings

SECTOR = 512
MODES = ("full", "normal", "off")
AGGREGATED = ("", "aggregate")  # acknowledged as if it were a question
_MADE = "select 1 from aggregate_tables where name = 'film_details' and rows > 0"

Acks = frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Step:
    """One thing a connection was told. `what`: open, close, execute, executemany, function; or ack, of `values`."""

    what: str
    text: str = ""
    values: Any = None


def recorded(folder: Path, films: int) -> list[Step]:
    """The statements of a real life of a file: a crawl of three sources, the tables made of it, a second crawl."""
    steps: list[Step] = []

    class Recorded(sqlite3.Connection):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            steps.append(Step("open"))

        def execute(self, text: str, values: Any = ()) -> sqlite3.Cursor:
            steps.append(Step("execute", text, _plain(values)))
            return super().execute(text, values)

        def executemany(self, text: str, values: Any) -> sqlite3.Cursor:
            rows = list(values)
            steps.append(Step("executemany", text, [_plain(row) for row in rows]))
            return super().executemany(text, rows)

        def create_function(self, name: str, narg: int, func: Any, **options: Any) -> None:
            steps.append(Step("function", name, (narg, func)))
            super().create_function(name, narg, func, **options)

        def close(self) -> None:
            steps.append(Step("close"))
            super().close()

    connect, save = sqlite3.connect, Writer.save

    async def acknowledged(self: Writer, settled: Any) -> Any:
        saved = await save(self, settled)
        jobs = [each.result.job for each in settled if each.state is not JobState.PENDING]
        steps.append(Step("ack", values=[(job.source, job.key) for job in jobs]))
        return saved

    sqlite3.connect = lambda *args, **kwargs: connect(*args, **{"factory": Recorded, **kwargs})  # type: ignore[assignment]
    Writer.save = acknowledged  # type: ignore[method-assign]
    try:
        asyncio.run(_live(folder, films, steps))
    finally:
        sqlite3.connect, Writer.save = connect, save  # type: ignore[method-assign]
    return steps


async def _live(folder: Path, films: int, steps: list[Step]) -> None:
    upstream = FakeUpstream()
    serve_all(upstream, films)
    ids = invented_ids(films)
    keys = KEYS | {"OMDB_API_KEY": "ba77e400", "DDD_API_KEY": "b" * 24}
    for asked in (ids[: films // 2], ids):
        config = settings(folder, asked, environ=keys, omdb={"daily_limit": 0}, ddd={"monthly_limit": 0})
        async with engine_of(config, upstream) as engine:
            report = await engine.full()
            assert report.exit_code == 0, report
            await make(engine.store, config)
            steps.append(Step("ack", values=[AGGREGATED]))


def _plain(values: Any) -> Any:
    """Parameters as any binding takes them."""
    if isinstance(values, Mapping):
        return {name: _plain_value(value) for name, value in values.items()}
    return tuple(map(_plain_value, values))


def _plain_value(value: Any) -> Any:
    return str(value) if isinstance(value, str) else value


@dataclass(frozen=True, slots=True)
class Event:
    """What reached the disk: a write (`data` at `at`), a cut (`at` bytes are left), a sync, a removal, or an ack."""

    what: str
    file: str = ""
    at: int = 0
    data: bytes = b""
    acks: tuple[tuple[str, str], ...] = ()


def replayed(steps: Sequence[Step], folder: Path, synchronous: str, pages: int) -> list[Event]:
    """Carry the statements out on a disk that keeps a log. `pages`: after which a checkpoint comes; 0: as it is."""
    import apsw

    events: list[Event] = []

    class File(apsw.VFSFile):  # type: ignore[misc,name-defined]
        def __init__(self, name: Any, flags: list[int]) -> None:
            super().__init__("", name, flags)
            shown = name.filename() if isinstance(name, apsw.URIFilename) else name
            self._file = Path(shown).name if shown and Path(shown).name.startswith("mwi.db") else ""

        def _note(self, what: str, at: int = 0, data: bytes = b"") -> None:
            if self._file:
                events.append(Event(what, self._file, at, data))

        def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 - named by SQLite
            super().xWrite(data, offset)
            self._note("write", offset, bytes(data))

        def xTruncate(self, size: int) -> None:  # noqa: N802
            super().xTruncate(size)
            self._note("cut", size)

        def xSync(self, flags: int) -> None:  # noqa: N802
            super().xSync(flags)
            self._note("sync")

    class Disk(apsw.VFS):  # type: ignore[misc,name-defined]
        def xOpen(self, name: Any, flags: list[int]) -> File:  # noqa: N802
            return File(name, flags)

        def xDelete(self, name: str, syncdir: bool) -> None:  # noqa: N802
            super().xDelete(name, syncdir)
            events.append(Event("remove", Path(name).name, int(syncdir)))

    disk = Disk("disk", "")
    db: Any = None
    for step in steps:
        if step.what == "open":
            db = apsw.Connection(str(folder / "mwi.db"), vfs="disk")
            db.execute("pragma locking_mode = exclusive")  # a log needs no shared memory then
        elif step.what == "close":
            db.close()
        elif step.what == "function":
            db.create_scalar_function(step.text, step.values[1], step.values[0], deterministic=True)
        elif step.what == "ack":
            events.append(Event("ack", acks=tuple(step.values)))
        else:
            text = _as_wished(step.text, synchronous, pages)
            list(db.execute(text, step.values) if step.what == "execute" else db.executemany(text, step.values))
    disk.unregister()
    return events


def _as_wished(text: str, synchronous: str, pages: int) -> str:
    if text == "pragma synchronous = full":
        return f"pragma synchronous = {synchronous}"
    return f"pragma wal_autocheckpoint = {pages}" if pages and text.startswith("pragma wal_autocheckpoint") else text


class Image:
    """The files as a disk would have them after a cut: what is certain, and what was done since the last sync."""

    def __init__(self) -> None:
        self._certain: dict[str, bytearray] = {}
        self._since: dict[str, list[Event]] = {}

    def take(self, event: Event) -> None:
        """The next thing happens."""
        if event.what == "sync":
            self._sync(event.file)
        elif event.what == "remove" and event.at:  # with its folder synced
            self._certain.pop(event.file, None)
            self._since.pop(event.file, None)
        elif event.what != "ack":
            self._since.setdefault(event.file, []).append(event)

    def _sync(self, name: str) -> None:
        since = self._since.pop(name, [])
        new = name not in self._certain or any(each.what == "remove" for each in since)
        self._certain[name] = _after(self._certain.get(name), since, lambda: True) or bytearray()
        if new and name != "mwi.db":  # SQLite syncs the folder with the first sync of a log: all removals are certain
            for other, events in self._since.items():
                removals = [at for at, each in enumerate(events) if each.what == "remove"]
                if removals:
                    del events[: removals[-1] + 1]
                    self._certain.pop(other, None)

    def left(self, random: Random, folder: Path) -> None:
        """Write what is left after a cut at this instant."""
        for name in self._certain.keys() | self._since.keys():
            content = _after(self._certain.get(name), self._since.get(name, ()), lambda: random.random() < 0.5)
            if content is not None:
                (folder / name).write_bytes(content)


def _after(content: bytearray | None, events: Sequence[Event], kept: Callable[[], bool]) -> bytearray | None:
    """A file after events, as far as they are kept; None: it is not there. A new one has nothing of the old."""
    found = None if content is None else bytearray(content)
    for event in events:
        if event.what == "remove":
            if not kept():
                return found
            found = None
        else:
            found = bytearray() if found is None else found
            _apply(found, event, kept)
    return found


def _apply(content: bytearray, event: Event, kept: Callable[[], bool]) -> None:
    """A write, sector by sector, or a cut, as far as they are kept."""
    if event.what == "cut":
        if kept():
            del content[event.at :]
        return
    start, end = event.at, event.at + len(event.data)
    while start < end:
        stop = min(end, (start // SECTOR + 1) * SECTOR)
        if kept():
            content.extend(bytes(max(0, start - len(content))))
            content[start:stop] = event.data[start - event.at : stop - event.at]
        start = stop


@dataclass
class Seen:
    """What was found after the cuts of one way to sync."""

    cuts: int = 0
    damaged: int = 0  # not even SQLite calls them sound
    forgetful: int = 0  # cuts after which something acknowledged was missing
    worst: int = 0  # answers missing after one
    acknowledged: int = 0  # answers that had to be there, of all cuts
    broken: list[str] = field(default_factory=list)  # what else was wrong
    seconds: float = 0.0


def cut(events: Sequence[Event], cuts: int, seed: int) -> Seen:
    """Cut at so many instants, and look at what is left."""
    seen, random, started = Seen(), Random(seed), time.monotonic()
    places = sorted(random.randint(1, len(events)) for _ in range(cuts))
    image, acked, done = Image(), set[tuple[str, str]](), 0
    for place in places:
        for event in events[done:place]:
            image.take(event)
            acked.update(event.acks)
        done = place
        with tempfile.TemporaryDirectory() as folder:
            image.left(random, Path(folder))
            _look(Path(folder), frozenset(acked), seen, place)
    seen.seconds = time.monotonic() - started
    return seen


def _look(folder: Path, acked: Acks, seen: Seen, place: int) -> None:
    seen.cuts += 1
    seen.acknowledged += len(acked)
    try:
        with contextlib.closing(sqlite3.connect(folder / "mwi.db")) as db:
            wrong = invariants.broken(db)
            missing = acked - _there(db) if not wrong else frozenset()
    except sqlite3.DatabaseError as error:
        wrong, missing = [f"integrity_check: {error}"], frozenset()
    if wrong and wrong[0].startswith("integrity_check"):
        seen.damaged += 1
    elif wrong:
        seen.broken.append(f"cut {place}: {'; '.join(wrong)}"[:500])
    seen.forgetful += bool(missing)
    seen.worst = max(seen.worst, len(missing))


def _there(db: sqlite3.Connection) -> Acks:
    """What is stored, in the words of what is acknowledged."""
    tables = {row[0] for row in db.execute("select name from sqlite_master where type = 'table'")}
    if "jobs" not in tables:
        return frozenset()
    found = {(row[0], row[1]) for row in db.execute("select source, key from jobs where state <> 'pending'")}
    made = "aggregate_tables" in tables and db.execute(_MADE).fetchone()
    return frozenset(found | {AGGREGATED} if made else found)


def measured(folder: Path, films: int, cuts: int, seed: int, pages: int) -> Iterator[tuple[str, int, Seen]]:
    """The ways to sync, each with the number of its events and what was seen."""
    steps = recorded(folder, films)
    for mode in MODES:
        place = folder / mode
        place.mkdir()
        events = replayed(steps, place, mode, pages)
        yield mode, len(events), cut(events, cuts, seed)


def judged(mode: str, seen: Seen) -> str:
    """What is not as it must be; empty if all is."""
    if mode == "off":
        return "" if seen.damaged else "nothing was ever damaged: the cuts do not cut"
    if seen.damaged or seen.broken:
        return f"{seen.damaged} files are damaged; {seen.broken[:2]}"
    if mode == "normal":
        return "" if seen.forgetful else "nothing was ever missing: the cuts do not cut"
    return f"after {seen.forgetful} cuts up to {seen.worst} acknowledged answers are missing" if seen.forgetful else ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--films", type=int, default=40)
    parser.add_argument("--cuts", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pages", type=int, default=40, help="after which a checkpoint comes; 0: as in the program")
    given = parser.parse_args()
    code = 0
    print(
        f"{'synchronous':<12} {'events':>7} {'cuts':>5} {'damaged':>8} {'missing':>8} {'worst':>6} {'broken':>7}  time"
    )
    with tempfile.TemporaryDirectory() as place:
        for mode, events, seen in measured(Path(place), given.films, given.cuts, given.seed, given.pages):
            print(f"{mode:<12} {events:7} {seen.cuts:5} {seen.damaged:8} {seen.forgetful:8} {seen.worst:6} "
                  f"{len(seen.broken):7} {seen.seconds:7.1f}")  # fmt: skip
            if wrong := judged(mode, seen):
                print(f"    {wrong}")
                code = 1
    return code


if __name__ == "__main__":
    sys.exit(main())
