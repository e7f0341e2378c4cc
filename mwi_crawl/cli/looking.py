"""`status`: what the file tells, read beside a running crawl, without its lock."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mwi_crawl.cli import words
from mwi_crawl.cli.answering import demo_keys
from mwi_crawl.cli.options import Common, common, json_option, settings
from mwi_crawl.cli.terminal import on_terminal, print_json, print_table, say
from mwi_crawl.settle import iso

if TYPE_CHECKING:
    from mwi_crawl.config import Config, SourceSettings
    from mwi_crawl.source import Source

WATCH_EVERY = 1.0  # seconds
# what is always shown of a source, and what only where there is any
USUAL = {"done": "done", "absent": "not there", "pending": "waiting", "failed": "failed"}
RARE = {"broken": "unreadable", "no_key": "no key", "off": "off", "no_id": "no id"}
PERIODS = {"day": "today", "month": "this month", "minute": "this minute"}


@click.command()
@json_option
@click.option("--watch", is_flag=True, help="Look again every second, until the run ends or Ctrl-C.")
@common
def status(common: Common, as_json: bool, watch: bool) -> int:
    """How the database stands: films, sources, the last run."""
    config = settings(common, logged=False)
    while True:
        found = survey(config)
        if as_json:
            print_json(found, indent=None if watch else 2)
        else:
            _show(found, common.again, clear=watch and on_terminal("stdout"))
        if not watch or not found["run_active"]:
            return 0
        time.sleep(WATCH_EVERY)


def survey(config: Config, now: datetime | None = None) -> dict[str, Any]:
    """The state of a database and of the sources, for `status` and its `--json`."""
    from mwi_crawl.store import is_held

    path = config.paths.db
    held = is_held(path)  # before the run is read: a run that ends between the two must not look like one that died
    films = ask(path, "read/status_films", {})[0]
    last = next(iter(ask(path, "read/status_run", {})), None)
    running = last is not None and last["status"] == "RUNNING"
    progress = ask(path, "read/run_lanes", {"run_id": last["run_id"]}) if last is not None and running else []
    return {
        "db": str(path),
        "bytes": path.stat().st_size,
        "films": films["films"],
        "enriched": films["enriched"],
        "undecided": films["undecided"],
        "sources": _lanes(config, now or datetime.now(UTC)),
        "last_run": dict(last) if last is not None else None,
        "progress": {row["source"]: dict(row) for row in progress},
        "run_active": held and running,
        "run_died": not held and running,
    }


def _lanes(config: Config, now: datetime) -> dict[str, dict[str, Any]]:
    """How each source stands: those there are, whether a run had to do with them or not, and those of the file."""
    path, at = config.paths.db, iso(now)
    lanes: dict[str, dict[str, Any]] = {name: {"source": name, "able": why} for name, why in able(config).items()}
    for row in ask(path, "read/status_sources", {}):
        lanes.setdefault(row["source"], {}).update(dict(row))
    for row in ask(path, "read/closed", {"now": at}):
        lanes.setdefault(row["source"], {})["closed"] = {"until": row["closed_until"], "reason": row["reason"]}
    for name, quota in quotas(path, at).items():
        lanes.setdefault(name, {})["quota"] = quota
    return dict(sorted(lanes.items()))


def quotas(path: Path, now: str) -> dict[str, dict[str, Any]]:
    """What is used of each source's quota: the day's, else the month's. Of a period that is over nothing is used."""
    found: dict[str, dict[str, Any]] = {}
    for row in ask(path, "read/quotas", {}):
        over = row["resets_at"] is not None and row["resets_at"] <= now
        quota = {"used": 0, "resets_at": None} if over else {"used": row["used"], "resets_at": row["resets_at"]}
        found.setdefault(row["source"], {**quota, "limit": row["limit"], "period": row["period"]})
    return found


def ask(path: Path, question: str, values: Mapping[str, object]) -> list[sqlite3.Row]:
    """The answer of the file to a question of `sql/read`. Raises StorageError."""
    from mwi_crawl.queries import sql

    with reading(path) as db:
        return db.execute(sql(question), values).fetchall()


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """The file for several questions, which all see it as it was at the first. Raises StorageError."""
    from mwi_crawl import schema

    with closing(schema.connect_readonly(path)) as db:
        try:
            db.execute("begin")
            yield db
        except sqlite3.Error as error:
            raise schema.translate(error, path) from error


def able(config: Config) -> dict[str, str]:
    """What stands in the way of each source: `off`, `no_key`; `bulk` for files about all films; `able` if nothing."""
    from mwi_crawl import sources

    secrets = config.reveal() | demo_keys(config.paths.db)
    return {name: _able(kind, config.sources[name], secrets) for name, kind in sources.discover().items()}


def _able(kind: type[Source], its: SourceSettings, secrets: Mapping[str, str]) -> str:
    if not its.enabled:
        return "off"
    if kind.bulk:
        return "bulk"
    return "no_key" if kind(its.options).authorize(secrets) is None else "able"


def _show(found: Mapping[str, Any], where: str, *, clear: bool) -> None:
    if clear:
        click.clear()
    run = found["last_run"]
    last = f"last run {run['run_id']} {run['status']} {words.moment(run['started_at'])}" if run else "no run yet"
    say(
        f"{found['db']}  {words.size(found['bytes'])} · {words.count(found['films'], 'film')}, "
        f"{found['enriched']:,} enriched · {last}"
    )
    header, rows = _table(found["sources"])
    print_table(rows, header)
    say(*_absentees(found["sources"]))
    if found["undecided"]:
        say(words.undecided(found["undecided"], where))
    say(*_standing(found, where))


def _table(lanes: Mapping[str, Mapping[str, Any]]) -> tuple[list[str], list[list[str]]]:
    rare = {name: title for name, title in RARE.items() if any(lane.get(name) for lane in lanes.values())}
    shown = USUAL | rare
    more = {"closed": _closed, "quota": quota_of}
    extra = [name for name in more if any(name in lane for lane in lanes.values())]
    rows = [
        [name, *_counts(lane, shown), words.age(lane.get("oldest")), *(more[each](lane.get(each)) for each in extra)]
        for name, lane in lanes.items()
    ]
    return ["source", *shown.values(), "oldest", *extra], rows


def _counts(lane: Mapping[str, Any], shown: Iterable[str]) -> list[str]:
    """The figures of a source; dashes for one that no run had to do with yet."""
    return [f"{lane[column] or 0:,}" if column in lane else "–" for column in shown]


def _closed(closed: Mapping[str, Any] | None) -> str:
    return f"until {words.moment(closed['until'])}" if closed else "–"


def quota_of(quota: Mapping[str, Any] | None) -> str:
    """A quota in words: `412/1,000 today`."""
    if not quota:
        return "–"
    limit = f"{quota['limit']:,}" if quota["limit"] is not None else "?"
    return f"{quota['used']:,}/{limit} {PERIODS.get(quota['period'], quota['period'])}"


def _absentees(lanes: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """The sources that take no part, and what they would add."""
    from mwi_crawl import sources

    kinds = sources.discover()
    for name, lane in lanes.items():
        if lane.get("able") == "no_key":
            yield f"no key: {name} would add {kinds[name].adds or 'more'}"
        elif lane.get("able") == "bulk" and not lane.get("done"):
            yield f"not loaded: {name} would add {kinds[name].adds or 'more'}   (mwi-crawl datasets fetch)"
    if off := [name for name, lane in lanes.items() if lane.get("able") == "off"]:
        yield f"off: {', '.join(off)}   (why: mwi-crawl doctor {off[0]})"
    for name, lane in lanes.items():
        if reason := (lane.get("closed") or {}).get("reason"):
            why = words.CLOSED.get(reason, reason)
            yield f"closed: {name}, because {why}; when that is mended: mwi-crawl doctor {name}"


def _standing(found: Mapping[str, Any], where: str) -> Iterator[str]:
    """Whether a run is going on, and how far it is."""
    run = found["last_run"]
    lanes = [lane for lane in found["progress"].values() if lane["state"] not in ("no_key", "off")]
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
