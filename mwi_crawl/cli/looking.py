"""`status` and `runs`: what the file tells, read beside a running crawl, without its lock."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import click

from mwi_crawl.cli import words
from mwi_crawl.cli.options import Common, common, json_option, look
from mwi_crawl.cli.terminal import on_terminal, print_json, print_table, say

WATCH_EVERY = 1.0  # seconds
STATUSES = ("RUNNING", "SUCCESS", "PARTIAL", "INTERRUPTED", "FAILED", "ABORTED")
# what is always shown of a source, and what only where there is any
USUAL = {"done": "done", "absent": "not there", "pending": "waiting", "failed": "failed"}
RARE = {"broken": "unreadable", "no_key": "no key", "off": "off"}


@click.command()
@json_option
@click.option("--watch", is_flag=True, help="Look again every second, until the run ends or Ctrl-C.")
@common
def status(common: Common, as_json: bool, watch: bool) -> int:
    """How the database stands: films, sources, the last run."""
    path = look(common)
    while True:
        found = survey(path)
        if as_json:
            print_json(found, indent=None if watch else 2)
        else:
            _show(found, common.again, clear=watch and on_terminal("stdout"))
        if not watch or not found["run_active"]:
            return 0
        time.sleep(WATCH_EVERY)


@click.command()
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="At most so many.")
@click.option("--status", "wanted", type=click.Choice(STATUSES, case_sensitive=False), help="Only these.")
@json_option
@common
def runs(common: Common, limit: int, wanted: str | None, as_json: bool) -> int:
    """The history of runs, newest first."""
    rows = ask(look(common), "read/runs", {"limit": limit, "status": wanted})
    if as_json:
        print_json([dict(row) for row in rows])
        return 0
    if not rows:
        say("No runs yet." if wanted is None else f"No runs with status {wanted}.")
        return 0
    shown = [
        (row["run_id"], row["kind"], row["status"], words.moment(row["started_at"]), row["attempt"], row["films"],
         row["requests"], row["exit_code"], row["message"] or "")
        for row in rows
    ]  # fmt: skip
    print_table(shown, ("run", "kind", "status", "started", "attempt", "films", "requests", "exit", "message"))
    return 0


def survey(path: Path) -> dict[str, Any]:
    """The state of a database, for `status` and its `--json`."""
    from mwi_crawl.store import is_held

    held = is_held(path)  # before the run is read: a run that ends between the two must not look like one that died
    films = ask(path, "read/status_films", {})[0]
    last = next(iter(ask(path, "read/status_run", {})), None)
    lanes = {row["source"]: dict(row) for row in ask(path, "read/status_sources", {})}
    for quota in ask(path, "read/quotas", {}):
        lanes.setdefault(quota["source"], {})["quota"] = {"used": quota["used"], "limit": quota["limit"]}
    running = last is not None and last["status"] == "RUNNING"
    progress = ask(path, "read/run_lanes", {"run_id": last["run_id"]}) if last is not None and running else []
    return {
        "db": str(path),
        "bytes": path.stat().st_size,
        "films": films["films"],
        "enriched": films["enriched"],
        "undecided": films["undecided"],
        "sources": lanes,
        "last_run": dict(last) if last is not None else None,
        "progress": {row["source"]: dict(row) for row in progress},
        "run_active": held and running,
        "run_died": not held and running,
    }


def ask(path: Path, question: str, values: Mapping[str, object]) -> list[sqlite3.Row]:
    """The answer of the file to a question of `sql/read`. Raises StorageError."""
    from mwi_crawl import schema
    from mwi_crawl.queries import sql

    with closing(schema.connect_readonly(path)) as db:
        try:
            return db.execute(sql(question), values).fetchall()
        except sqlite3.Error as error:
            raise schema.translate(error, path) from error


def _show(found: Mapping[str, Any], where: str, *, clear: bool) -> None:
    if clear:
        click.clear()
    run = found["last_run"]
    last = f"last run {run['run_id']} {run['status']} {words.moment(run['started_at'])}" if run else "no run yet"
    say(
        f"{found['db']}  {words.size(found['bytes'])} · {words.count(found['films'], 'film')}, "
        f"{found['enriched']:,} enriched · {last}"
    )
    if found["sources"]:
        header, rows = _table(found["sources"])
        print_table(rows, header)
    if found["undecided"]:
        say(f"{words.count(found['undecided'], 'film')} found only by title, not decided: see v_matches_open")
    say(*_standing(found, where))


def _table(lanes: Mapping[str, Mapping[str, Any]]) -> tuple[list[str], list[list[str]]]:
    rare = {name: title for name, title in RARE.items() if any(lane.get(name) for lane in lanes.values())}
    shown = USUAL | rare
    quotas = any("quota" in lane for lane in lanes.values())
    rows = [
        [name, *(f"{lane.get(column) or 0:,}" for column in shown), words.age(lane.get("oldest"))]
        + ([_quota(lane)] if quotas else [])
        for name, lane in lanes.items()
    ]
    return ["source", *shown.values(), "oldest", *(["quota"] if quotas else [])], rows


def _quota(lane: Mapping[str, Any]) -> str:
    quota = lane.get("quota")
    return f"{quota['used']:,}/{quota['limit'] or '?'}" if quota else "–"


def _standing(found: Mapping[str, Any], where: str) -> Iterator[str]:
    """Whether a run is going on, and how far it is."""
    run = found["last_run"]
    lanes = found["progress"].values()
    so_far = " · ".join(f"{lane['source']} {_finished(lane):,}/{lane['planned']:,}" for lane in lanes)
    requests = words.count(sum(lane["requests"] for lane in lanes), "request")
    beat = f"last sign of life {words.age(run['heartbeat_at'])} ago" if run else ""
    if found["run_died"]:
        yield f"Run {run['run_id']} did not end: process {run['pid']} is gone, {beat}."
        yield f"What it finished is safe: {so_far or 'nothing yet'}, {requests}."
        yield f"Continue with: mwi-crawl {words.resumable(run['kind'])} --resume{where}"
    elif found["run_active"]:
        yield f"Run {run['run_id']} active: {so_far or 'planning'}, {requests}; process {run['pid']}, {beat}"
    else:
        yield "no run active"


def _finished(lane: Mapping[str, Any]) -> int:
    return int(lane["done"] + lane["absent"] + lane["failed"] + lane["broken"])
