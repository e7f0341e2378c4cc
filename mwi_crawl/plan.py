"""Which source × key is due: new, stale, failed or asked for; and what it will cost.

Plain functions inside a transaction. Planning gives jobs to a run. It is cut into pages so that a million films need
no memory, and it may be repeated after a crash: what is planned already is found again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from mwi_crawl import changes, discover, films, patience, runs
from mwi_crawl.ledger import Ledger
from mwi_crawl.model import Gap, MediaType, Seed, Wanted
from mwi_crawl.queries import script, sql
from mwi_crawl.runs import Run
from mwi_crawl.settle import iso, latest_absent, latest_heard
from mwi_crawl.source import Source

PAGE = 10_000  # films planned in one transaction: fewer would write the same pages of an index more often
WHY_DUE = ("waiting", "stale", "failed", "absent")  # the statements of sql/checkpoint/requeue.sql, in their order

_Row: TypeAlias = tuple[Any, ...]
"""A film of sql/checkpoint/unplanned_films.sql: film_id, asked, and what is known of it."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a run is about. Empty `sources` and `films` mean all; `limit` is a number of films."""

    sources: tuple[str, ...] = ()
    films: tuple[str, ...] = ()  # IMDb ids, or ids as in the database: tmdb_movie:603
    limit: int | None = None
    refetch: bool = False
    lists: tuple[str, ...] = ()  # of upstreams, to be read
    pages: int = 1  # of each list
    channels: bool = False  # whether the trailer channels of the configuration are read
    most_found: int = 100  # films that lists may bring in

    @property
    def narrowed(self) -> bool:
        """Whether only some films are meant."""
        return bool(self.films) or self.limit is not None


@dataclass(frozen=True, slots=True)
class Cost:
    """What a source's share of a plan takes. `quota`: the period, what is left of it, and what it allows.

    `gaps`: what is not known of its lists of changes; reading these, or asking about each film, is counted.
    """

    films: int
    requests: int
    quota: tuple[str, int, int] | None = None
    gaps: tuple[Gap, ...] = ()


def follow(db: sqlite3.Connection, seeds: Sequence[Seed], now: str) -> None:
    """See that the films named in the configuration are there."""
    for seed in seeds:
        film_id = films.find(db, seed)
        if film_id is None:
            films.add(db, seed, origin="config", followed=True, now=now)
        else:
            films.describe(db, film_id, seed, followed=True, now=now)


def choose(db: sqlite3.Connection, scope: Scope, sources: Mapping[str, Source], now: datetime) -> list[str]:
    """Put the films of a narrowed scope into `plan_scope`. Returns the ids that mean no film we know."""
    for statement in script("checkpoint/plan_scope"):
        db.execute(statement)
    unknown = [film for film in scope.films if not _choose_film(db, film)]
    if scope.limit is not None and not scope.films:
        due = {film for source in sources.values() for film in _first_due(db, source, scope, scope.limit, now)}
        chosen = [(film_id,) for film_id in sorted(due)[: scope.limit]]
        db.executemany("insert or ignore into temp.plan_scope values (?)", chosen)
    return unknown


def requeue(db: sqlite3.Connection, run_id: int, source: Source, scope: Scope, now: datetime) -> dict[str, int]:
    """Give the run the source's jobs that wait, are stale, failed before, or may be there by now. How many of each."""
    values = {**ages(source, scope, now), "run_id": run_id, "scoped": int(scope.narrowed), "version": source.version}
    statements = zip(WHY_DUE, script("checkpoint/requeue"), strict=True)
    return {why: db.execute(statement, values).rowcount for why, statement in statements}


def requeue_failed(db: sqlite3.Connection, run_id: int, source: Source, scope: Scope, now: datetime) -> None:
    """Give the run the source's jobs that were given up or could not be read."""
    values = {"source": source.name, "now": iso(now), "run_id": run_id, "scoped": int(scope.narrowed)}
    db.execute(sql("checkpoint/requeue_failed"), values)


def finder(sources: Mapping[str, Source]) -> str:
    """The source that tells which film a title means; '' if none takes part."""
    return next((name for name, source in sources.items() if source.finds), "")


def page(
    db: sqlite3.Connection, run_id: int, source: Source, scope: Scope, after: int, now: str, finder: str = ""
) -> int | None:
    """Plan the next films that the source was never asked about. Returns the place to go on from, None at the end.

    A film without an id waits for `finder` to tell which it is: it may be one that another row stands for already.
    """
    rows = _unplanned(db, source, after, run_id, scoped=scope.narrowed, finder=finder)
    questions = [(row[0], keys[0], "\n".join(keys[1:]) or None) for row in rows if (keys := _keys(db, source, row))]
    for statement in script("checkpoint/page_plan"):
        db.execute(statement)
    db.executemany(sql("checkpoint/add_question"), questions)
    values = {"source": source.name, "now": now, "run_id": run_id}
    if db.execute(sql("checkpoint/add_jobs"), values).rowcount < len(questions):
        for film_id, key, _ in questions:
            _join(db, source.name, key=key, film_id=film_id, now=now)
    return rows[-1][0] if len(rows) == PAGE else None


def complete(db: sqlite3.Connection, run_id: int, source: Source, scope: Scope, now: str) -> None:
    """End the planning of a source: what is about no film and, where a quota may not last, the order of worth."""
    values = {"source": source.name, "run_id": run_id}
    if source.standing and not scope.narrowed and due(db, run_id, source.name):
        rows = [{**values, "key": key, "now": now} for key in source.standing]
        db.executemany(sql("checkpoint/add_standing_job"), rows)
    if source.quotas():
        db.execute(sql("checkpoint/order_by_worth"), values)


def due(db: sqlite3.Connection, run_id: int, source: str) -> int:
    """How many films the run has to ask the source about: each has one pending job."""
    return int(db.execute(sql("checkpoint/due"), {"run_id": run_id, "source": source}).fetchone()[0])


def estimate(
    db: sqlite3.Connection,
    kind: str,
    sources: Mapping[str, Source],
    scope: Scope,
    seeds: Sequence[Seed],
    wanted: Wanted,
    now: datetime,
) -> dict[str, Cost]:
    """What a run would do now, per source, at most. Plans for real and takes it back.

    Rows that will turn out to be one film are counted each, since nobody knows that before the answers are there.
    """
    db.execute("savepoint estimate")
    try:
        run = runs.begin(db, kind, "{}", iso(now))
        follow(db, seeds, iso(now))
        choose(db, scope, sources, now)
        return {name: _cost(db, run, source, scope, wanted, now) for name, source in sources.items()}
    finally:
        if db.in_transaction:  # a full disk has already rolled back
            db.execute("rollback to estimate")
            db.execute("release estimate")


def _seed(row: _Row) -> Seed:
    """What a film's row knows, as a seed."""
    _, _, imdb, letterboxd, boxd, tmdb_id, media_type, title, original_title, year = row
    ids = {}
    if imdb is not None:
        ids["imdb"] = imdb
    if letterboxd is not None:
        ids["letterboxd"] = letterboxd
    if boxd is not None:
        ids["boxd"] = boxd
    if tmdb_id is not None:
        ids["tmdb_tv" if media_type == MediaType.TV else "tmdb_movie"] = str(tmdb_id)
    return Seed(ids, title, original_title, year, MediaType(media_type) if media_type else None)


def _cost(db: sqlite3.Connection, run: Run, source: Source, scope: Scope, wanted: Wanted, now: datetime) -> Cost:
    requeue(db, run.run_id, source, scope, now)
    after: int | None = 0
    while after is not None:
        after = page(db, run.run_id, source, scope, after, iso(now))
    complete(db, run.run_id, source, scope, iso(now))
    gaps: list[Gap] = []
    if run.kind == "incremental":
        discover.ask(db, run.run_id, source, wanted, iso(now))
        gaps = [] if scope.narrowed or scope.refetch else changes.plan(db, run.run_id, source, now)
    keys = db.execute(sql("checkpoint/planned_keys"), {"run_id": run.run_id, "source": source.name})
    requests = sum(source.cost(row[0]) for row in keys) + sum(gap.pages - gap.days for gap in gaps if not gap.direct)
    left = Ledger(source.quotas(), patience.quotas(db, source.name)).left(now)
    return Cost(due(db, run.run_id, source.name), -(-requests // source.batch), left, tuple(gaps))


def _unplanned(
    db: sqlite3.Connection, source: Source, after: int, run_id: int | None, *, scoped: bool, finder: str = ""
) -> list[_Row]:
    values = {"source": source.name, "after": after, "scoped": int(scoped), "limit": PAGE, "finder": finder}
    values["run_id"] = run_id
    cursor = db.cursor()
    cursor.row_factory = None  # plain tuples: there may be a million
    return cursor.execute(sql("checkpoint/unplanned_films"), values).fetchall()


def _keys(db: sqlite3.Connection, source: Source, row: _Row) -> Sequence[str]:
    """The keys to ask about a film; if others were asked before, only where what has been learnt since gives better."""
    keys = source.plan(_seed(row))
    if keys and row[1]:
        values = {"source": source.name, "film_id": row[0]}
        if keys[0] in {known[0] for known in db.execute(sql("checkpoint/keys_asked"), values)}:
            return ()
    return keys


def _join(db: sqlite3.Connection, source: str, *, key: str, film_id: int, now: str) -> None:
    """See whether a film's first question is another film's already. One that has but a title is then that film."""
    other = db.execute(sql("checkpoint/job_film"), {"source": source, "key": key}).fetchone()[0]
    if other not in (None, film_id) and films.current(db, film_id) == film_id and films.is_nameless(db, film_id):
        films.merge(db, min(other, film_id), max(other, film_id), now)


def _first_due(db: sqlite3.Connection, source: Source, scope: Scope, limit: int, now: datetime) -> list[int]:
    """The first films, at most `limit`, about which a source has something to be asked."""
    values = {**ages(source, scope, now), "version": source.version, "limit": limit}
    found = {int(row[0]) for row in db.execute(sql("checkpoint/films_due"), values)}
    after: int | None = 0
    new: list[int] = []
    while after is not None and len(new) < limit:
        rows = _unplanned(db, source, after, None, scoped=False)
        new += [row[0] for row in rows if _keys(db, source, row)]
        after = rows[-1][0] if len(rows) == PAGE else None
    return sorted(found | set(new))[:limit]


def _choose_film(db: sqlite3.Connection, film: str) -> bool:
    scheme, _, value = film.rpartition(":")
    values = {"scheme": scheme or "imdb", "value": value}
    return db.execute(sql("checkpoint/choose_film"), values).rowcount > 0


def ages(source: Source, scope: Scope, now: datetime) -> dict[str, str | int]:
    """What counts as stale at a source now, and which times are not believed, for the statements."""
    ttl = int(source.settings.get("ttl_days", source.ttl_days))
    return {
        "source": source.name,
        "now": iso(now),
        "stale_before": iso(now - timedelta(days=ttl)),
        "latest_heard": latest_heard(now),
        "latest_absent": latest_absent(now),
        "refetch": int(scope.refetch),
    }
