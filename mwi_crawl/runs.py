"""The run's own row: begun, resumed, alive, ended. Plain functions inside a transaction."""

from __future__ import annotations

import os
import platform
import sqlite3
from dataclasses import dataclass
from importlib.metadata import version

from mwi_crawl.model import RunStatus
from mwi_crawl.queries import sql
from mwi_crawl.report import LaneReport, Report


@dataclass(frozen=True, slots=True)
class Run:
    """A run to be done. `options` is what was asked for, as JSON; `planned`: its plan is complete."""

    run_id: int
    kind: str
    attempt: int
    options: str
    planned: bool
    resumed: bool


def begin(db: sqlite3.Connection, kind: str, options: str, now: str) -> Run:
    """A new run. One that never ended is marked ABORTED; what it finished stays finished."""
    db.execute(sql("checkpoint/abort_runs"), {"now": now})
    cursor = db.execute(sql("checkpoint/begin_run"), {"kind": kind, "options": options, "now": now, **_process()})
    assert cursor.lastrowid is not None
    return Run(cursor.lastrowid, kind, 1, options, planned=False, resumed=False)


def resume(db: sqlite3.Connection, now: str, *, waiting: bool = True) -> Run | None:
    """The last run, if it is unfinished, with one more attempt; None if there is nothing to resume.

    `waiting`: also one that came to its end and left work for later.
    """
    row = db.execute(sql("checkpoint/unfinished_run"), {"waiting": int(waiting)}).fetchone()
    if row is None:
        return None
    db.execute(sql("checkpoint/resume_run"), {"run_id": row["run_id"], "now": now, **_process()})
    planned = row["planned_at"] is not None
    return Run(row["run_id"], row["kind"], row["attempt"] + 1, row["options"], planned=planned, resumed=True)


def planned(db: sqlite3.Connection, run_id: int, now: str) -> None:
    """The run's plan is complete."""
    db.execute(sql("checkpoint/run_planned"), {"run_id": run_id, "now": now})


def beat(db: sqlite3.Connection, run_id: int, now: str) -> None:
    """A sign of life."""
    db.execute(sql("checkpoint/heartbeat"), {"run_id": run_id, "now": now})


def open_lane(db: sqlite3.Connection, run_id: int, source: str, planned: int | None = None) -> LaneReport:
    """A lane's figures, from an earlier attempt of the run where there is one. `planned`: films found due just now."""
    db.execute(sql("checkpoint/open_lane"), {"run_id": run_id, "source": source, "planned": planned})
    row = db.execute(sql("checkpoint/lane"), {"run_id": run_id, "source": source}).fetchone()
    return LaneReport(source, **{name: row[name] for name in row.keys()})  # noqa: SIM118 - a Row is no mapping


def close_lane(db: sqlite3.Connection, run_id: int, lane: LaneReport) -> None:
    """How a lane ended, with its figures made exact.

    While it runs, films are counted as answers come; two rows may turn out to be one film, and an answer may lead to
    several questions, so at the end they are counted as they stand in the file.
    """
    figures = dict(db.execute(sql("checkpoint/tally"), {"run_id": run_id, "source": lane.source}).fetchone())
    for name, value in figures.items():
        setattr(lane, name, value)
    values = {"state": lane.state, "reason": lane.reason, "seconds": lane.seconds, "source": lane.source}
    db.execute(sql("checkpoint/close_lane"), {"run_id": run_id, **values, **figures})


def end(db: sqlite3.Connection, report: Report, status: RunStatus, exit_code: int, message: str, now: str) -> None:
    """The run is over for now."""
    values = {"run_id": report.run_id, "status": status, "exit_code": exit_code, "message": message, "now": now}
    db.execute(sql("checkpoint/end_run"), values)


def _process() -> dict[str, str | int]:
    return {"pid": os.getpid(), "host": platform.node(), "version": version("mwi-crawl")}
