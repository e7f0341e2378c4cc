"""What is stored of jobs: which are ready, and what an answer leaves behind. Plain functions inside one transaction.

An answer's body, its records, the ids learnt, the jobs it led to and the job's new state are saved together; what one
source said before of a film under the same kinds is replaced as a set.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby

import orjson

from mwi_crawl import (
    bodies,
    changes,
    decisions,
    discover,
    films,
    follow,
    losses,
    news,
    patience,
    records,
    settle,
    trailers,
)
from mwi_crawl.losses import Before
from mwi_crawl.model import Job, JobState, Match, Outcome, Parsed, Result, Settled
from mwi_crawl.queries import sql

# what a row the tables or SQLite's types do not take can raise; a fault of the file or the disk is none of these
_REFUSED = (
    sqlite3.IntegrityError,
    sqlite3.ProgrammingError,
    sqlite3.InterfaceError,
    sqlite3.DataError,
    ValueError,
    OverflowError,
    TypeError,
)


@dataclass(frozen=True, slots=True)
class Saved:
    """A stored answer. `finished`: nothing more is to be asked of this source about the film.

    `settled.state` is then the film's: absent, where the answer only led to what is known not to be there. `joined` is
    by how many films fewer the run has to ask: 1 where the answer led to a question that another row of the same film
    had led to before (the two are one film), or where the film has other questions still; -1 where it led to two
    questions instead of one. `kept`: what the answer had lost, so that the older rows stay in its place.
    """

    settled: Settled
    finished: bool
    joined: int = 0
    kept: str = ""


@dataclass(frozen=True, slots=True)
class Again:
    """Kept bodies are read once more: nothing was heard of an upstream, and what is known already is not asked anew.

    `accept_losses`: what the parser does not find any more is taken away (mwi_crawl.losses).
    """

    accept_losses: bool = False


def pending(
    db: sqlite3.Connection, run_id: int, source: str, after: tuple[int, int], limit: int, now: str
) -> list[tuple[tuple[int, int], Job]]:
    """At most `limit` ready jobs of a lane behind the place `after` = (priority, job_id), each with its own place."""
    values = {"run_id": run_id, "source": source, "priority": after[0], "job_id": after[1], "limit": limit, "now": now}
    rows = db.execute(sql("checkpoint/pending"), {**values, "latest": settle.latest(datetime.fromisoformat(now))})
    return [((row[0], row[1]), Job(row[1], source, row[2], row[3], row[4], row[5], row[6])) for row in rows]


def next_ready(db: sqlite3.Connection, run_id: int, source: str) -> str | None:
    """When the lane's next job is due; None if it has none left."""
    row = db.execute(sql("checkpoint/next_ready"), {"run_id": run_id, "source": source}).fetchone()
    return None if row[0] is None else str(row[0])


def save(
    db: sqlite3.Connection,
    run_id: int | None,
    batch: Sequence[Settled],
    *,
    keep_bodies: bool,
    again: Again | None = None,
) -> list[Saved]:
    """Store a batch of answers, of a run or (saved pages, kept bodies read `again`) of none."""
    db.execute("savepoint batch")  # one for them all: SQLite copies every page it touches for the first time in one
    try:
        saved = [_save_one(db, run_id, settled, keep_bodies, again) for settled in batch]
    except _REFUSED:
        db.execute("rollback to batch")
        saved = [_save_guarded(db, run_id, settled, keep_bodies, again) for settled in batch]
    db.execute("release batch")
    for source, group in groupby(sorted(saved, key=_source_of), _source_of):
        answers = list(group)
        _count(db, run_id, source, answers)
        patience.keep_quotas(
            db, source, next((each.settled.quotas for each in reversed(answers) if each.settled.quotas), ())
        )
    return saved


def _source_of(saved: Saved) -> str:
    return saved.settled.result.job.source


def _save_guarded(
    db: sqlite3.Connection, run_id: int | None, settled: Settled, keep_bodies: bool, again: Again | None
) -> Saved:
    """Store one answer; one whose records the tables refuse is stored as broken, and harms no other of its batch."""
    db.execute("savepoint answer")
    try:
        saved = _save_one(db, run_id, settled, keep_bodies, again)
    except _REFUSED as error:
        db.execute("rollback to answer")
        saved = _save_one(db, run_id, _refused(settled, error), keep_bodies, again)
    db.execute("release answer")
    return saved


def _refused(settled: Settled, error: Exception) -> Settled:
    result = replace(
        settled.result,
        outcome=Outcome.BROKEN,
        reason="parser_error",
        message=f"the tables do not take what was parsed ({type(error).__name__}: {error})",
        parsed=None,
    )
    return replace(settled, result=result, state=JobState.BROKEN, attempts=result.job.attempts + 1, ready_at=None)


def _save_one(
    db: sqlite3.Connection, run_id: int | None, settled: Settled, keep_bodies: bool, again: Again | None
) -> Saved:
    result = settled.result
    job, parsed = result.job, result.parsed
    film_id = None if job.film_id is None else films.current(db, job.film_id)
    if settled.state in (JobState.DONE, JobState.ABSENT):
        before: Before | None = None
        if film_id is not None:
            parsed = None if parsed is None else decisions.heed(db, film_id, job.source, job.key, parsed)
            before = losses.known(db, settled, film_id, parsed)
            lost = losses.unbelieved(db, before, settled, film_id, parsed)
            if lost and not (again and again.accept_losses):
                return _keep(db, run_id, settled, film_id, before, lost, again)
        if parsed is not None:
            film_id, parsed = _apply(db, settled, film_id, parsed)
        if film_id is not None and before is not None:
            news.note(db, run_id, settled, film_id, parsed, before)
            if before.disputed and settled.state is JobState.DONE:
                losses.resolve(db, film_id, settled, heard=again is None)
    joined = -_discover(db, run_id, settled, parsed)
    says = parsed is not None and bool(parsed.speaks_of or parsed.records)
    lookup = film_id is not None and parsed is not None and bool(parsed.keys) and not says
    if again and parsed is not None:
        parsed = replace(parsed, keys=_unasked(db, job.source, parsed.keys))
    leads_to = follow.up(db, run_id, settled, film_id, parsed)
    keep = keep_bodies and not (parsed and parsed.changed)  # what has changed is said once
    _settle_job(db, run_id, settled, keep, lookup=lookup, heard=again is None)
    if result.outcome not in (Outcome.OK, Outcome.ABSENT):
        _save_failure(db, run_id, settled, film_id)
    if film_id is None:  # a vocabulary, a list: no film to be counted
        return Saved(settled, finished=False, joined=joined)
    if leads_to is None or (says and leads_to.questions == 0):
        return _finished(db, run_id, settled, film_id)
    if leads_to.absent:
        return Saved(replace(settled, state=JobState.ABSENT), finished=True)
    return Saved(settled, finished=False, joined=1 - leads_to.questions)


def _apply(db: sqlite3.Connection, settled: Settled, film_id: int | None, parsed: Parsed) -> tuple[int | None, Parsed]:
    """Store what an answer says. Returns the film, which may be another row now, and what it leads to after a match."""
    source = settled.result.job.source
    if film_id is not None and parsed.ids:
        film_id = films.learn(db, film_id, parsed.ids, settled.at)
    records.replace(db, film_id, source, parsed)
    if parsed.match is not None and film_id is not None:
        parsed = replace(parsed, keys=_save_match(db, film_id, source, parsed.match, parsed.keys, settled.at))
    return film_id, parsed


def _keep(
    db: sqlite3.Connection,
    run_id: int | None,
    settled: Settled,
    film_id: int,
    before: Before,
    lost: Sequence[str],
    again: Again | None,
) -> Saved:
    """The older rows stay, and the answer that has lost what they say lies beside them. Its job is done."""
    losses.dispute(db, film_id, settled, bodies.keep(db, run_id, settled, keep_bodies=True), lost)
    version = settled.parser_version if before.same_body else None
    losses.keep(db, settled, version, heard=again is None)
    news.kept(db, run_id, settled.result.job.source, film_id)
    return replace(_finished(db, run_id, settled, film_id), kept="; ".join(lost))


def _unasked(db: sqlite3.Connection, source: str, keys: Sequence[str]) -> tuple[str, ...]:
    """Those of the keys that are no question yet."""
    known = {"source": source}
    return tuple(
        key for key in keys if db.execute(sql("checkpoint/job_state"), {**known, "key": key}).fetchone() is None
    )


def _discover(db: sqlite3.Connection, run_id: int | None, settled: Settled, parsed: Parsed | None) -> int:
    """Keep what an answer tells of other films. Returns how many are to be asked about again."""
    if parsed is None:
        return 0
    source = settled.result.job.source
    if parsed.listed is not None:
        discover.keep(db, source, parsed.listed, settled.at)
    if parsed.trailers:
        trailers.keep(db, parsed.trailers, settled.at)
    if parsed.changed is None:
        return 0
    return changes.apply(db, run_id, source, parsed.changed, settled.at)


def _finished(db: sqlite3.Connection, run_id: int | None, settled: Settled, film_id: int) -> Saved:
    """How far a film has got with an answer that leads to nothing: it may have other questions still, or answers."""
    if settled.state is JobState.PENDING:
        return Saved(settled, finished=False)
    values = {"film_id": film_id, "source": settled.result.job.source, "job_id": settled.result.job.job_id}
    asked, answered = db.execute(sql("checkpoint/others_of_film"), {**values, "run_id": run_id}).fetchone()
    if asked:
        return Saved(settled, finished=False, joined=1)
    if answered and settled.state is JobState.ABSENT:
        return Saved(replace(settled, state=JobState.DONE), finished=True)
    return Saved(settled, finished=True)


def _settle_job(
    db: sqlite3.Connection, run_id: int | None, settled: Settled, keep_bodies: bool, *, lookup: bool, heard: bool
) -> None:
    result, response = settled.result, settled.result.response
    done = settled.state is JobState.DONE
    body_hash = bodies.keep(db, run_id, settled, keep_bodies)
    # only an answer whose rows are stored may be confirmed by "not modified" the next time
    etag = response.headers.get("etag") if body_hash and response and done and not lookup else None
    new = body_hash is not None or (done and response is not None and response.status != 304)
    db.execute(
        sql("checkpoint/settle_job"),
        {
            "job_id": result.job.job_id,
            "state": settled.state,
            "reason": "lookup" if lookup and done else _reason(result),
            "attempts": settled.attempts,
            "absences": settled.absences,
            "ready_at": settled.ready_at or settled.at,
            "parser_version": settled.parser_version if result.parsed or settled.state is JobState.BROKEN else None,
            "heard": int(new),
            "body_hash": body_hash,
            "etag": bodies.storable(etag),
            "fetched_at": settled.at if heard and response is not None else None,
        },
    )


def _reason(result: Result) -> str | None:
    parsed = result.parsed
    tells = parsed is not None and bool(parsed.listed or parsed.changed or parsed.trailers)
    return "discovery" if tells and not result.reason else result.reason


def _save_match(
    db: sqlite3.Connection, film_id: int, source: str, match: Match, keys: tuple[str, ...], now: str
) -> tuple[str, ...]:
    """Store what was offered for a title. Returns the keys to go on with: a person's decision, where there is one."""
    offered = [{"id": c.id, "title": c.title, "year": c.year, "confidence": c.confidence} for c in match.candidates]
    db.execute(
        sql("checkpoint/save_match"),
        {
            "film_id": film_id,
            "source": source,
            "title": match.title,
            "release_year": match.year,
            "candidates": orjson.dumps(offered).decode(),
            "chosen": match.chosen,
            "confidence": match.candidates[0].confidence if match.candidates else None,
            "decided_by": "auto" if match.chosen else None,
            "now": now,
        },
    )
    row = db.execute(sql("checkpoint/decision"), {"film_id": film_id, "source": source}).fetchone()
    if row is None:
        return keys
    return () if row["chosen"] in (None, "none") else (row["chosen"],)


def _save_failure(db: sqlite3.Connection, run_id: int | None, settled: Settled, film_id: int | None) -> None:
    result = settled.result
    db.execute(
        sql("checkpoint/add_failure"),
        {
            "run_id": run_id,
            "source": result.job.source,
            "key": result.job.key,
            "film_id": film_id,
            "at": settled.at,
            "attempt": result.job.attempts + 1,
            "class": result.reason or result.outcome,
            "http_status": result.status,
            "message": bodies.storable(result.message),
            "detail": bodies.storable(result.detail),
        },
    )


def _count(db: sqlite3.Connection, run_id: int | None, source: str, saved: Iterable[Saved]) -> None:
    counts = dict.fromkeys(("done", "absent", "failed", "broken"), 0)
    requests = retried = joined = 0
    for each in saved:
        requests += not each.settled.shared
        retried += not each.settled.shared and each.settled.state is JobState.PENDING
        joined += each.joined
        if each.finished:
            counts[each.settled.state] += 1
    db.execute(
        sql("checkpoint/count"),
        {**counts, "joined": joined, "requests": requests, "retried": retried, "run_id": run_id, "source": source},
    )
