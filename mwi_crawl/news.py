"""What a run found new, changed or gone: the rows of `run_films` that come from answers about films.

Plain functions inside the transaction of the answer. A film is new at a source that tells of it for the first time;
changed where its rows are others than before, whatever became of the bytes of an answer (one may be about fifty films,
or say the same in another order); gone where it was and is not there any more. A look-up is no news.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence

from mwi_crawl import losses
from mwi_crawl.losses import KEPT, Before, Row
from mwi_crawl.model import JobState, Parsed, Settled
from mwi_crawl.queries import sql

NEW, CHANGED, GONE = "new", "changed", "gone"


def note(
    db: sqlite3.Connection,
    run_id: int | None,
    settled: Settled,
    film_id: int,
    parsed: Parsed | None,
    before: Before,
) -> None:
    """Note what an answer that is applied was to a run; nothing outside one."""
    what = None if run_id is None else _what(db, settled, film_id, parsed, before)
    if what is None:
        return
    values = {"run_id": run_id, "source": settled.result.job.source, "film_id": film_id}
    if what == CHANGED and db.execute(sql("checkpoint/is_new_in_run"), values).fetchone()[0]:
        return  # a source may answer about one film several times
    if what != GONE and before.answered and not before.present:
        db.execute(sql("checkpoint/drop_gone"), values)  # it has another number there
    db.execute(sql("checkpoint/add_run_film"), {**values, "what": what})


def kept(db: sqlite3.Connection, run_id: int | None, source: str, film_id: int) -> None:
    """Note that a film's older rows were kept in place of an answer."""
    if run_id is not None:
        values = {"run_id": run_id, "source": source, "film_id": film_id}
        db.execute(sql("checkpoint/add_run_film"), {**values, "what": KEPT})


def _what(db: sqlite3.Connection, settled: Settled, film_id: int, parsed: Parsed | None, before: Before) -> str | None:
    source = settled.result.job.source
    if settled.state is JobState.ABSENT:
        known = before.present and db.execute(
            sql("checkpoint/is_told"), {"film_id": film_id, "source": source}
        ).fetchone()[0]  # fmt: skip
        return GONE if known else None
    if parsed is None or not (parsed.speaks_of or parsed.records):
        return None
    if not before.answered:
        return NEW
    if before.sizes is None or (before.rows is not None and not _differ(db, film_id, source, before.rows)):
        return None
    return CHANGED if any(before.sizes.values()) else NEW


def _differ(db: sqlite3.Connection, film_id: int, source: str, before: Mapping[str, Sequence[Row]]) -> bool:
    return any(losses.said(db, film_id, source, kind) != rows for kind, rows in before.items())
