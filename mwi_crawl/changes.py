"""What changed at an upstream since it was last asked: read from its lists of changes, or made up for by asking anew.

Plain functions inside a transaction. A list is read by whole days (UTC), each once, after it is over: a film changed
today is told tomorrow, and no film is asked about twice for one change. A day is over when no copy is left from before
its end (`Source.copy_hours`), so that a film asked about then shows the change. `change_lists.read_to` is the last day
that is known; it moves on only when every page of a day is stored, or when each film heard of before the day was over
is asked about.
"""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta

from mwi_crawl.model import Changed, Gap, JobState
from mwi_crawl.queries import sql
from mwi_crawl.settle import iso
from mwi_crawl.source import Source

UNREADABLE = (JobState.ABSENT, JobState.BROKEN)  # a day that will never be read: refused, too long, of another shape


def plan(db: sqlite3.Connection, run_id: int, source: Source, now: datetime) -> list[Gap]:
    """Give the run what makes the source's changes known: the days of its lists, or each film. To be called last: what
    is asked about for another reason needs no change to be told. Returns what was not known.
    """
    advance(db, run_id, source, now)
    found = [gap for prefix in source.changes(_day(now)) if (gap := _gap(db, source, prefix, now))]
    for gap in found:
        if gap.direct:
            _make_up(db, run_id, source, gap.prefix, _day(_today(source, now) - timedelta(days=1)), now)
        else:
            _read(db, run_id, source, gap, now)
    return found


def advance(db: sqlite3.Connection, run_id: int, source: Source, now: datetime) -> list[str]:
    """Note the days that are read by now. Returns those that cannot be: each film is asked about in their place."""
    lost: list[str] = []
    for prefix in source.changes(_day(now)):
        days = db.execute(sql("checkpoint/change_days"), {"source": source.name, "start": _start(prefix)}).fetchall()
        unreadable = [row["day"] for row in days if row["state"] in UNREADABLE]
        if unreadable:
            _make_up(db, run_id, source, prefix, max(unreadable), now)
            lost += unreadable
            days = [row for row in days if row["day"] > max(unreadable)]
        for row in days:
            if row["state"] != JobState.DONE:
                break
            _know(db, source, prefix, row["day"], now, pages=row["pages"])
    return lost


def apply(db: sqlite3.Connection, run_id: int | None, source: str, changed: Changed, now: str) -> int:
    """Ask again about what a page of a list of changes names, if it was heard before. Returns of how many films."""
    values = {"run_id": run_id, "source": source, "before": changed.before, "now": now}
    rows = [{**values, "key": key} for key in changed.keys]
    return db.executemany(sql("checkpoint/requeue_changed"), rows).rowcount if rows else 0


def _read(db: sqlite3.Connection, run_id: int, source: Source, gap: Gap, now: datetime) -> None:
    first = datetime.fromisoformat(gap.since).replace(tzinfo=UTC)
    days = [_day(first + timedelta(days=number)) for number in range(gap.days)]
    values = {"run_id": run_id, "source": source.name, "now": iso(now), "again": 0}
    rows = [{**values, "key": source.changes(day)[gap.prefix]} for day in days]
    db.executemany(sql("checkpoint/add_discovery_job"), rows)


def _gap(db: sqlite3.Connection, source: Source, prefix: str, now: datetime) -> Gap | None:
    today = _today(source, now)
    values = {"source": source.name, "prefix": prefix, "before": iso(today + timedelta(hours=source.copy_hours))}
    heard = db.execute(sql("checkpoint/heard_before"), values).fetchone()
    if not heard["films"]:
        return None
    first = _today(source, datetime.fromisoformat(heard["oldest"]))
    if heard["read_to"] is not None and heard["read_to"] < _day(now):  # no day is known that is not over
        first = max(first, datetime.fromisoformat(heard["read_to"]).replace(tzinfo=UTC) + timedelta(days=1))
    days = (today - first).days
    pages = days * (heard["pages"] or source.pages_per_day)
    if days <= 0:
        return None
    direct = heard["films"] <= pages
    return Gap(source.name, prefix, _day(first), days, pages, heard["films"], direct)


def _make_up(db: sqlite3.Connection, run_id: int, source: Source, prefix: str, day: str, now: datetime) -> None:
    """Ask about each film that was heard of before a day was over: then the changes up to it are known."""
    over = datetime.fromisoformat(day).replace(tzinfo=UTC) + timedelta(days=1, hours=source.copy_hours)
    values = {"run_id": run_id, "source": source.name, "prefix": prefix, "before": iso(over), "now": iso(now)}
    db.execute(sql("checkpoint/requeue_heard_before"), values)
    _know(db, source, prefix, day, now)


def _know(
    db: sqlite3.Connection, source: Source, prefix: str, day: str, now: datetime, pages: int | None = None
) -> None:
    """Remember that the changes up to a day are known. The pages that told them are not needed any more."""
    values = {"source": source.name, "prefix": prefix, "day": day, "now": iso(now), "pages": pages}
    db.execute(sql("checkpoint/know_changes"), values)
    db.execute(sql("checkpoint/drop_change_jobs"), {"source": source.name, "start": _start(prefix), "day": day})


def _today(source: Source, now: datetime) -> datetime:
    """When the day began that the oldest copies are from: all days before it are over."""
    oldest = now.astimezone(UTC) - timedelta(hours=source.copy_hours)
    return oldest.replace(hour=0, minute=0, second=0, microsecond=0)


def _start(prefix: str) -> str:
    return f"changes/{prefix}"


def _day(moment: datetime) -> str:
    return moment.astimezone(UTC).date().isoformat()
