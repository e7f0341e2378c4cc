"""What is kept of an upstream's patience: its throttle's rate and closure, and how its quotas stand.

Plain functions inside one transaction.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import datetime

from mwi_crawl.model import Quota
from mwi_crawl.queries import sql
from mwi_crawl.settle import iso
from mwi_crawl.throttle import LONGEST, Remembered


def keep_quotas(db: sqlite3.Connection, source: str, quotas: Iterable[Quota]) -> None:
    """Keep how a source's quotas stand."""
    for quota in quotas:
        times = {name: _time(getattr(quota, name)) for name in ("began_at", "spent_at", "resets_at")}
        values = {"source": source, "period": quota.period, "used": quota.used, "limit": quota.limit}
        db.execute(sql("checkpoint/keep_quota"), {**values, **times, "reset_time": quota.reset_time})


def quotas(db: sqlite3.Connection, source: str) -> list[Quota]:
    """How a source's quotas stood."""
    return [
        Quota(period, used, limit, _moment(began), _moment(spent), _moment(resets), reset_time)
        for period, used, limit, began, spent, resets, reset_time in db.execute(
            sql("checkpoint/quotas"), {"source": source}
        )
    ]


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else iso(moment)


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


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
        closed_for = closed_for if closed_for <= LONGEST else 0.0  # written under a wrong clock
    return Remembered(row["rate"], row["refused_rate"], closed_for, row["reason"])


def lift(db: sqlite3.Connection, source: str) -> bool:
    """Let a source be asked again that was to be left alone. Whether it was."""
    return db.execute(sql("checkpoint/lift"), {"source": source}).rowcount > 0
