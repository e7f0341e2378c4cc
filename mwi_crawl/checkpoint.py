"""What is stored of jobs: which are ready, and what an answer leaves behind. Plain functions inside one transaction.

An answer's body, its records, the ids learnt, the jobs it led to and the job's new state are saved together; what one
source said before of a film under the same kinds is replaced as a set.
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from itertools import groupby

import orjson
import zstandard

from mwi_crawl import films
from mwi_crawl.model import Job, JobState, Match, Outcome, Parsed, Record, Request, Settled, Value
from mwi_crawl.queries import sql
from mwi_crawl.throttle import Remembered

_REFUSED = (sqlite3.IntegrityError, sqlite3.ProgrammingError, sqlite3.InterfaceError)
_compress = zstandard.ZstdCompressor(level=3).compress
_decompress = zstandard.ZstdDecompressor().decompress


@dataclass(frozen=True, slots=True)
class Saved:
    """A stored answer. `finished`: nothing more is to be asked of this source about the film.

    `joined`: the answer led to a question that another row of the same film had led to before; the two are one film.
    """

    settled: Settled
    finished: bool
    joined: bool = False


def pending(
    db: sqlite3.Connection, run_id: int, source: str, after: tuple[int, int], limit: int, now: str
) -> list[tuple[tuple[int, int], Job]]:
    """At most `limit` ready jobs of a lane behind the place `after` = (priority, job_id), each with its own place."""
    values = {"run_id": run_id, "source": source, "priority": after[0], "job_id": after[1], "limit": limit, "now": now}
    rows = db.execute(sql("checkpoint/pending"), values)
    return [((row[0], row[1]), Job(row[1], source, row[2], row[3], row[4], row[5], row[6])) for row in rows]


def next_ready(db: sqlite3.Connection, run_id: int, source: str) -> str | None:
    """When the lane's next job is due; None if it has none left."""
    row = db.execute(sql("checkpoint/next_ready"), {"run_id": run_id, "source": source}).fetchone()
    return None if row[0] is None else str(row[0])


def save(db: sqlite3.Connection, run_id: int, batch: Sequence[Settled], *, keep_bodies: bool) -> list[Saved]:
    """Store a batch of answers."""
    saved = [_save_guarded(db, run_id, settled, keep_bodies) for settled in batch]
    for source, group in groupby(sorted(saved, key=lambda s: s.settled.result.job.source), _source_of):
        _count(db, run_id, source, list(group))
    return saved


def remember_throttle(
    db: sqlite3.Connection, source: str, state: Remembered, closed_until: str | None, now: str
) -> None:
    """Keep what an upstream taught about its patience."""
    values = {"source": source, "rate": state.rate, "refused_rate": state.refused_rate, "reason": state.reason}
    db.execute(sql("checkpoint/remember_throttle"), {**values, "closed_until": closed_until, "now": now})


def throttle(db: sqlite3.Connection, source: str, now: datetime) -> Remembered | None:
    """What an earlier run learnt of an upstream's patience."""
    row = db.execute(sql("checkpoint/throttle"), {"source": source}).fetchone()
    if row is None:
        return None
    closed_for = 0.0
    if row["closed_until"]:
        closed_for = max(0.0, (datetime.fromisoformat(row["closed_until"]) - now).total_seconds())
    return Remembered(row["rate"], row["refused_rate"], closed_for, row["reason"])


def body(db: sqlite3.Connection, body_hash: str) -> bytes | None:
    """A kept body, as received."""
    row = db.execute(sql("checkpoint/body"), {"body_hash": body_hash}).fetchone()
    return None if row is None else _decompress(row[0])


def _source_of(saved: Saved) -> str:
    return saved.settled.result.job.source


def _save_guarded(db: sqlite3.Connection, run_id: int, settled: Settled, keep_bodies: bool) -> Saved:
    """Store one answer; one whose records the tables refuse is stored as broken, and harms no other of its batch."""
    db.execute("savepoint answer")
    try:
        saved = _save_one(db, run_id, settled, keep_bodies)
    except (*_REFUSED, ValueError, OverflowError) as error:
        db.execute("rollback to answer")
        saved = _save_one(db, run_id, _refused(settled, error), keep_bodies)
    db.execute("release answer")
    return saved


def _refused(settled: Settled, error: Exception) -> Settled:
    result = replace(
        settled.result,
        outcome=Outcome.BROKEN,
        reason="parser_error",
        message=f"the tables do not take what was parsed ({error})",
        parsed=None,
    )
    return replace(settled, result=result, state=JobState.BROKEN, attempts=result.job.attempts + 1, ready_at=None)


def _save_one(db: sqlite3.Connection, run_id: int, settled: Settled, keep_bodies: bool) -> Saved:
    result = settled.result
    job, parsed = result.job, result.parsed
    film_id = None if job.film_id is None else films.current(db, job.film_id)
    if parsed is not None and film_id is not None and settled.state in (JobState.DONE, JobState.ABSENT):
        film_id = films.learn(db, film_id, parsed.ids, settled.at)
        _replace_records(db, film_id, job.source, parsed)
        if parsed.match is not None:
            _save_match(db, film_id, job.source, parsed.match, settled.at)
    follow_ups = _follow_ups(db, run_id, settled, film_id)
    body_hash = _save_body(db, run_id, settled, keep_bodies)
    db.execute(
        sql("checkpoint/settle_job"),
        {
            "job_id": job.job_id,
            "state": settled.state,
            "reason": "lookup" if follow_ups is not None and settled.state is JobState.DONE else result.reason,
            "attempts": settled.attempts,
            "absences": settled.absences,
            "ready_at": settled.ready_at or settled.at,
            "parser_version": settled.parser_version if parsed or settled.state is JobState.BROKEN else None,
            "body_hash": body_hash,
            "etag": result.response.headers.get("etag") if body_hash and result.response else None,
            "fetched_at": settled.at if result.response is not None else None,
        },
    )
    if result.outcome not in (Outcome.OK, Outcome.ABSENT):
        _save_failure(db, run_id, settled, film_id)
    joined = follow_ups == 0
    return Saved(settled, follow_ups is None and settled.state is not JobState.PENDING, joined)


def _replace_records(db: sqlite3.Connection, film_id: int, source: str, parsed: Parsed) -> None:
    for kind in parsed.speaks_of:
        if kind != "people":  # shared between films; never taken away
            db.execute(f"delete from {kind} where film_id = ? and source = ?", (film_id, source))  # noqa: S608 - a kind is the name of one of our own files
    for kind, records in groupby(sorted(parsed.records, key=_kind_order), lambda record: record.kind):
        db.executemany(sql(f"record/{kind}"), [_values(record, film_id, source) for record in records])


def _kind_order(record: Record) -> tuple[bool, str]:
    return record.kind != "people", record.kind  # credits point to people


def _values(record: Record, film_id: int, source: str) -> dict[str, Value]:
    names = parameters(record.kind)
    if unknown := record.values.keys() - names.keys():
        raise ValueError(f"sql/record/{record.kind}.sql has no parameter {', '.join(sorted(unknown))}")
    return {**names, **record.values, "film_id": film_id, "source": source}


@cache
def parameters(kind: str) -> dict[str, Value]:
    """The named parameters of a record kind, each with null."""
    return dict.fromkeys(re.findall(r":([a-z_]+)", sql(f"record/{kind}")))


def _save_match(db: sqlite3.Connection, film_id: int, source: str, match: Match, now: str) -> None:
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


def _follow_ups(db: sqlite3.Connection, run_id: int, settled: Settled, film_id: int | None) -> int | None:
    """Plan what the answer leads to: its further keys, or the next of the job's fallback keys where it was absent.

    Returns how many questions are new or due again; None if it leads to none.
    """
    job, parsed = settled.result.job, settled.result.parsed
    row = db.execute(sql("checkpoint/job_fallback"), {"job_id": job.job_id}).fetchone()
    fallback = (row["fallback"] or "").split("\n") if row["fallback"] else []
    if settled.state is JobState.DONE and parsed is not None and parsed.keys:
        keys = [(key, fallback) for key in parsed.keys]
    elif settled.state is JobState.ABSENT and fallback and settled.result.reason != "ambiguous":
        keys = [(fallback[0], fallback[1:])]
    else:
        return None
    return sum(_follow_up(db, run_id, settled, film_id, key, rest, row["priority"]) for key, rest in keys)


def _follow_up(
    db: sqlite3.Connection,
    run_id: int,
    settled: Settled,
    film_id: int | None,
    key: str,
    rest: Sequence[str],
    priority: int,
) -> bool:
    """Plan one further question. Whether that is new, or was absent and is due again.

    A question is about one film: where another row had led to it before, the two rows are one film.
    """
    source = settled.result.job.source
    known = db.execute(sql("checkpoint/job_state"), {"source": source, "key": key}).fetchone()
    if known is not None and film_id is not None and known["film_id"] not in (None, film_id):
        films.merge(db, *sorted((film_id, known["film_id"])), settled.at)
        film_id = films.current(db, film_id)
    db.execute(
        sql("checkpoint/add_follow_up"),
        {
            "source": source,
            "key": key,
            "film_id": film_id,
            "ready_at": settled.at,
            "priority": priority,
            "fallback": "\n".join(rest) or None,
            "run_id": run_id,
        },
    )
    return known is None or (known["state"] == JobState.ABSENT and known["ready_at"] <= settled.at)


def _save_body(db: sqlite3.Connection, run_id: int, settled: Settled, keep_bodies: bool) -> str | None:
    """Keep the body of an answer that says something, and of every one that could not be read. Its hash, if kept."""
    result = settled.result
    response = result.response
    worth = settled.state is JobState.BROKEN or (keep_bodies and settled.state in (JobState.DONE, JobState.ABSENT))
    if response is None or not response.body or not worth:
        return None
    digest = hashlib.sha256(response.body).hexdigest()
    known = db.execute(sql("checkpoint/body_known"), {"body_hash": digest}).fetchone()
    if known is None:
        db.execute(
            sql("checkpoint/add_body"),
            {
                "body_hash": digest,
                "body": _compress(response.body),
                "size": len(response.body),
                "status": response.status,
                "content_type": response.headers.get("content-type"),
                "request": _shown(result.request),
                "run_id": run_id,
                "now": settled.at,
            },
        )
    return digest


def _shown(request: Request | None) -> str:
    if request is None:
        return ""
    query = "&".join(f"{name}={value}" for name, value in sorted(request.params.items()))
    return f"{request.path}?{query}" if query else request.path


def _save_failure(db: sqlite3.Connection, run_id: int, settled: Settled, film_id: int | None) -> None:
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
            "message": result.message,
            "detail": result.detail,
        },
    )


def _count(db: sqlite3.Connection, run_id: int, source: str, saved: Iterable[Saved]) -> None:
    counts = dict.fromkeys(("done", "absent", "failed", "broken"), 0)
    requests = retried = joined = 0
    for each in saved:
        requests += 1
        joined += each.joined
        retried += each.settled.state is JobState.PENDING
        if each.finished:
            counts[each.settled.state] += 1
    db.execute(
        sql("checkpoint/count"),
        {**counts, "joined": joined, "requests": requests, "retried": retried, "run_id": run_id, "source": source},
    )
