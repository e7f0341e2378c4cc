"""What the tests of the file share: a new database, films and jobs in it, and answers that were never fetched."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from mwi_crawl import checkpoint, films, plan, runs, schema
from mwi_crawl.checkpoint import Saved
from mwi_crawl.importer import InputFile, Reading
from mwi_crawl.ingest import Imported, Owner, ingest
from mwi_crawl.model import Entry, Job, Outcome, Parsed, Request, Response, Result, Seed, Settled, Skipped
from mwi_crawl.plan import Scope
from mwi_crawl.settle import iso, settle
from mwi_crawl.source import Source

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
ALL = Scope()
ME = Owner()


def day(number: float) -> datetime:
    """So many days after the first."""
    return NOW + timedelta(days=number)


def at(number: float) -> str:
    return iso(day(number))


def made(path: Path) -> sqlite3.Connection:
    """A writing connection to a new file with this program's schema."""
    db = schema.connect(path)
    schema.migrate(db, path)
    return db


@contextmanager
def transaction(db: sqlite3.Connection) -> Any:
    db.execute("begin immediate")
    try:
        yield db
        db.execute("commit")
    except BaseException:
        if db.in_transaction:
            db.execute("rollback")
        raise


def all_of(db: sqlite3.Connection, question: str, *values: Any) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in db.execute(question, values)]


def one(db: sqlite3.Connection, question: str, *values: Any) -> Any:
    (row,) = all_of(db, question, *values)
    return row[0] if len(row) == 1 else row


def dump(db: sqlite3.Connection) -> list[str]:
    return list(db.iterdump())


def sound(db: sqlite3.Connection) -> None:
    assert schema.check(db) == []


def film(db: sqlite3.Connection, ids: Mapping[str, str] | None = None, **known: Any) -> int:
    """A new followed film."""
    return films.add(db, Seed(ids or {}, **known), origin="test", followed=True, now=at(0))


class Script(Source):
    """An upstream whose keys are what the test says: by film title, else `id/<imdb id>`, best first."""

    name = "script"
    title = "Script"
    ttl_days = 30

    def __init__(self, keys: Mapping[str, Sequence[str]] | Callable[[Seed], Sequence[str]] | None = None) -> None:
        super().__init__()
        self.asked_for = keys or {}

    def plan(self, seed: Seed) -> Sequence[str]:
        if callable(self.asked_for):
            return self.asked_for(seed)
        if seed.title in self.asked_for:
            return self.asked_for[seed.title]
        return [f"id/{seed.ids['imdb']}"] if "imdb" in seed.ids else []

    def cost(self, key: str) -> int:
        return 2 if key.startswith("find") else 1


def begin(db: sqlite3.Connection, source: Source, scope: Scope = ALL, now: datetime = NOW) -> int:
    """A run with its plan and its lane, as the engine makes it."""
    run = runs.begin(db, "full", "{}", iso(now))
    replan(db, run.run_id, source, scope, now)
    runs.planned(db, run.run_id, iso(now))
    runs.open_lane(db, run.run_id, source.name, plan.due(db, run.run_id, source.name))
    return run.run_id


def replan(
    db: sqlite3.Connection,
    run_id: int,
    source: Source,
    scope: Scope = ALL,
    now: datetime = NOW,
) -> None:
    assert plan.choose(db, scope, {source.name: source}, now) == []
    plan.requeue(db, run_id, source, scope, now)
    after: int | None = 0
    while after is not None:
        after = plan.page(db, run_id, source, scope, after, iso(now))


def ready(db: sqlite3.Connection, run_id: int, source: str = "script", now: datetime = NOW) -> list[Job]:
    """The jobs of one page, all of them."""
    return [job for _, job in checkpoint.pending(db, run_id, source, (-(2**31), 0), 1000, iso(now))]


def waiting(db: sqlite3.Connection, source: str = "script") -> list[str]:
    return [
        row[0] for row in all_of(db, "select key from jobs where source = ? and state = 'pending' order by 1", source)
    ]


def answer(
    job: Job,
    outcome: Outcome = Outcome.OK,
    parsed: Parsed | None = None,
    *,
    now: datetime = NOW,
    reason: str | None = None,
    body: bytes | None = b"{}",
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    version: int = 1,
    max_retries: int = 3,
    **more: Any,
) -> Settled:
    """What comes of a job. `body` None: there was no answer."""
    reply = None if body is None else Response(status, {"content-type": "application/json", **(headers or {})}, body)
    if outcome is Outcome.OK and parsed is None and status == 200:
        parsed = Parsed()
    request = Request(f"/{job.key}", {"b": "2", "a": "1"})
    result = Result(job, outcome, reason, request=request, response=reply, parsed=parsed, status=status, **more)
    return settle(result, now=now, max_retries=max_retries, dice=0.5, version=version)


def save(db: sqlite3.Connection, run_id: int, *batch: Settled, keep_bodies: bool = True) -> list[Saved]:
    with transaction(db):
        return checkpoint.save(db, run_id, batch, keep_bodies=keep_bodies)


def lane(db: sqlite3.Connection, run_id: int, source: str = "script") -> dict[str, int]:
    row = db.execute("select * from run_sources where run_id = ? and source = ?", (run_id, source)).fetchone()
    return {name: row[name] for name in ("planned", "done", "absent", "failed", "broken")}


def state(db: sqlite3.Connection, key: str, source: str = "script") -> str:
    return str(one(db, "select state from jobs where source = ? and key = ?", source, key))


def states(db: sqlite3.Connection, source: str = "script") -> dict[str, str]:
    return dict(all_of(db, "select key, state from jobs where source = ?", source))


def reading(
    rows: Iterable[Entry | Skipped], kind: str = "imdb_ratings", *, complete: bool = True, person: str | None = None
) -> Reading:
    held = list(rows)
    return Reading(kind, f"a {kind} file", lambda: iter(held), complete=complete, person=person)


def take(
    db: sqlite3.Connection,
    *readings: Reading,
    owner: Owner = ME,
    now: str | None = None,
    content: bytes = b"",
) -> list[Imported]:
    """Import these tables as one file; its content is made of the rows if it is not told."""
    held = content or repr([list(table.rows()) for table in readings]).encode()
    with transaction(db):
        return ingest(db, InputFile.of("file.csv", held), readings, owner, now or at(0))
