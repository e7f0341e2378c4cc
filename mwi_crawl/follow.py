"""What an answer leads to: the questions that come after it, and the films that turn out to be one.

Plain functions inside the transaction of the answer. A question belongs to one film; asked once in a run, it is counted
once.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from mwi_crawl import decisions, films
from mwi_crawl.model import JobState, Parsed, Settled
from mwi_crawl.queries import sql
from mwi_crawl.settle import latest_absent

DECIDED = ("ambiguous", "tv_episode", "person")  # reasons after which no other key is asked: it is known what it is


@dataclass(frozen=True, slots=True)
class Next:
    """What an answer leads to: how many questions of this run, and whether it leads only to what is absent."""

    questions: int
    absent: bool = False


def up(
    db: sqlite3.Connection, run_id: int | None, settled: Settled, film_id: int | None, parsed: Parsed | None
) -> Next | None:
    """Plan what the answer leads to; None if that is nothing.

    Found: its further keys. Not there: what had led to the key is asked again, if that was in an earlier run (an
    upstream gives films other numbers), then the film's next key.
    """
    job = settled.result.job
    keys = parsed.keys if parsed is not None and settled.state is JobState.DONE else ()
    lost = settled.state is JobState.ABSENT and settled.result.reason not in DECIDED
    if not keys and not lost:
        return None
    row = db.execute(sql("checkpoint/job_fallback"), {"job_id": job.job_id}).fetchone()
    if row is None:  # the answer made two films one, and about that one a person has decided
        return None
    fallback = row["fallback"].split("\n") if row["fallback"] else []
    if keys:
        asked = [_ask(db, run_id, settled, film_id, [key, *fallback], row["priority"], leads=True) for key in keys]
        return Next(sum(each or 0 for each in asked), absent=all(each is None for each in asked))
    if film_id is not None and decisions.of(db, film_id, job.source) is not None:
        return None
    values = {"film_id": film_id, "source": job.source, "job_id": job.job_id, "run_id": run_id}
    lookups = [found[0] for found in db.execute(sql("checkpoint/lookups"), values)]
    one = _ask(db, run_id, settled, film_id, [*lookups, *fallback], row["priority"], leads=False)
    return None if one is None else Next(one)


def _ask(
    db: sqlite3.Connection,
    run_id: int | None,
    settled: Settled,
    film_id: int | None,
    keys: Sequence[str],
    priority: int,
    *,
    leads: bool,
) -> int | None:
    """Put the first of `keys` that may be asked to this run; the others are its fallback.

    1: this run has one question more. 0: it was there already. None: none is left, they are known to be absent.
    It comes before what is asked first about other films, so that films get finished one after the other. `leads`: the
    answer says that the film is what the first key names. Where another row had led to that before, the two are one
    film; a fallback key, which may be no more than a title, never says so.
    """
    source = settled.result.job.source
    film_id = None if film_id is None else films.current(db, film_id)  # an answer's key before may have merged it
    for at, key in enumerate(keys):
        known = db.execute(sql("checkpoint/job_state"), {"source": source, "key": key}).fetchone()
        if known is not None and film_id is not None and known["film_id"] not in (None, film_id):
            if not leads or at > 0:
                continue
            film_id, other = sorted((film_id, known["film_id"]))
            films.merge(db, film_id, other, settled.at)
            if _rests(known, settled.at):
                return 0
        if known is not None and _rests(known, settled.at):
            continue
        new = _is_new(known, run_id, leads and film_id is not None)
        if new:
            values = {
                "source": source,
                "key": key,
                "film_id": film_id,
                "ready_at": settled.at,
                "priority": priority - 1,
            }
            rest = "\n".join(keys[at + 1 :]) or None
            db.execute(sql("checkpoint/add_follow_up"), {**values, "fallback": rest, "run_id": run_id})
        return int(new)
    return None


def _rests(known: sqlite3.Row, now: str) -> bool:
    """Whether it was not there, and is not to be asked for again yet."""
    until = latest_absent(datetime.fromisoformat(now))
    return bool(known["state"] == JobState.ABSENT and now < known["ready_at"] <= until)


def _is_new(known: sqlite3.Row | None, run_id: int | None, leads: bool) -> bool:
    """Whether a question that is not at rest is new to this run."""
    if known is None or known["state"] == JobState.ABSENT:
        return True
    if known["state"] == JobState.PENDING:
        return bool(known["run_id"] != run_id)
    return not leads and known["reason"] == "lookup" and known["run_id"] != run_id
