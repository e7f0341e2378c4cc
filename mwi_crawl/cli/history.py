"""`runs`: the history of runs, and what one of them found."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from mwi_crawl.cli import words
from mwi_crawl.cli.looking import ask, reading
from mwi_crawl.cli.options import Common, common, json_option, look
from mwi_crawl.cli.terminal import print_json, print_table, say
from mwi_crawl.errors import InputError

STATUSES = ("RUNNING", "SUCCESS", "PARTIAL", "INTERRUPTED", "FAILED", "ABORTED")
SHOWN = 20  # films and trailers shown of each kind, without --all
# what a run may find out about a film, in the order of interest
FOUND = {
    "found": "found by a list or a trailer",
    "new": "new",
    "changed": "changed",
    "gone": "gone there; what was known is kept",
    "kept": "answers not taken, because they had lost something",
}
LANE = {  # the figures of a source
    "planned": "planned", "done": "done", "absent": "not there", "failed": "failed", "broken": "unreadable",
    "waiting": "waiting", "requests": "requests", "retried": "retried",
}  # fmt: skip
NO_PART = {"no_key": "no key", "off": "off"}


@click.group(invoke_without_command=True)
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="At most so many.")
@click.option("--status", "wanted", type=click.Choice(STATUSES, case_sensitive=False), help="Only these.")
@json_option
@common
@click.pass_context
def runs(context: click.Context, common: Common, limit: int, wanted: str | None, as_json: bool) -> int:
    """The history of runs, newest first.

    `show` tells what one of them did: mwi-crawl runs show last
    """
    context.obj = (common, as_json)
    if context.invoked_subcommand is not None:
        return 0
    rows = ask(look(common), "read/runs", {"limit": limit, "status": wanted})
    if as_json:
        print_json([dict(row) for row in rows])
        return 0
    if not rows:
        say("No runs yet." if wanted is None else f"No runs with status {wanted}.")
        return 0
    shown = [
        (row["run_id"], row["kind"], row["status"], words.moment(row["started_at"]), _lasted(row), row["attempt"],
         row["films"], row["requests"], row["exit_code"], row["sources"] or "", row["error_message"] or "")
        for row in rows
    ]  # fmt: skip
    header = ("run", "kind", "status", "started", "time", "attempt", "films", "requests", "exit", "sources", "message")
    print_table(shown, header)
    return 0


@runs.command()
@click.argument("run", metavar="N|last")
@click.option("--all", "everything", is_flag=True, help=f"Every film and trailer, not only {SHOWN} of each kind.")
@json_option
@common
@click.pass_context
def show(context: click.Context, common: Common, run: str, everything: bool, as_json: bool) -> int:
    """Show what run N did: its figures, and what was new, changed, gone, found or kept back.

    N is the number of a run, or `last`.
    """
    if run != "last" and not (run.isascii() and run.isdecimal() and len(run) < 19):
        raise click.BadParameter(f"{run!r} is neither the number of a run nor `last`.", param_hint="'N|last'")
    above, json_above = context.obj
    given = common.over(above)
    path = look(given)
    as_json = as_json or json_above
    found = _found(path, None if run == "last" else int(run), None if as_json or everything else SHOWN, given.again)
    if as_json:
        print_json(found)
    else:
        _show(found, given.again)
    return 0


def _found(path: Path, number: int | None, most: int | None, where: str) -> dict[str, Any]:
    """What a run did, as `--json` shows it. `number` None: the last; `most`: so many films of each kind, None: all."""
    from mwi_crawl.queries import sql
    from mwi_crawl.store import is_held

    held = is_held(path)  # before the run is read: one that ends between the two must not look like one that died
    with reading(path) as db:
        head = db.execute(sql("read/run"), {"run_id": number}).fetchone()
        if head is None:
            raise _unknown(db, number, where)
        mine = {"run_id": head["run_id"]}
        between = {"since": head["started_at"], "until": head["ended_by"], "most": most}
        lanes = db.execute(sql("read/run_lanes"), mine).fetchall()
        films = db.execute(sql("read/run_films"), mine | between).fetchall()
        trailers = db.execute(sql("read/run_trailers"), between).fetchall()
        failures = db.execute(sql("read/run_failures"), mine).fetchall()
        unfinished = db.execute(sql("checkpoint/unfinished_run"), {"waiting": 1}).fetchone()
    active = held and head["status"] == "RUNNING"
    resumable = not active and unfinished is not None and unfinished["run_id"] == head["run_id"]
    return {
        "run": _without(head, "ended_by"),
        "active": active,
        "resume_with": _going_on(head, lanes, resumable=resumable),
        "sources": {row["source"]: {**dict(row), "waiting": _waiting(row)} for row in lanes},
        "films": {what: _counted(row for row in films if row["what"] == what) for what in FOUND},
        "trailers": _counted(trailers),
        "failures": [dict(row) for row in failures],
    }


def _going_on(head: sqlite3.Row, lanes: Iterable[sqlite3.Row], *, resumable: bool) -> str | None:
    """The command that goes on with a run, or takes along what waits of it."""
    if resumable:
        return f"{words.resumable(head['kind'])} --resume"
    waits = head["kind"] == "incremental" and head["status"] == "PARTIAL" and any(_waiting(row) for row in lanes)
    return "incremental" if waits else None


def _counted(rows: Iterable[sqlite3.Row]) -> dict[str, Any]:
    """Rows that say how many there are in `total`, of which these may be the first."""
    found = list(rows)
    return {"count": found[0]["total"] if found else 0, "first": [_without(row, "total", "what") for row in found]}


def _without(row: sqlite3.Row, *names: str) -> dict[str, Any]:
    return {name: value for name, value in dict(row).items() if name not in names}


def _waiting(lane: sqlite3.Row) -> int:
    """Films of which something is still to be asked."""
    finished = sum(int(lane[name]) for name in ("done", "absent", "failed", "broken"))
    return max(0, int(lane["planned"]) - finished)


def _unknown(db: sqlite3.Connection, number: int | None, where: str) -> InputError:
    from mwi_crawl.queries import sql

    newest = db.execute(sql("read/run"), {"run_id": None}).fetchone()
    if newest is None:
        return InputError(
            "there is no run yet.", safe="Nothing was changed.", todo=f"Begin with: mwi-crawl full{where}"
        )
    return InputError(
        f"there is no run {number}; the newest is run {newest['run_id']}.",
        safe="Nothing was changed.",
        todo=f"See: mwi-crawl runs{where}, or: mwi-crawl runs show last{where}",
    )


def _show(found: Mapping[str, Any], where: str) -> None:
    say(*_head(found))
    if asked := [lane for lane in found["sources"].values() if lane["state"] not in NO_PART]:
        rows = [
            (lane["source"], *(f"{lane[name]:,}" for name in LANE), words.duration(lane["seconds"]), _stood(lane))
            for lane in asked
        ]
        print_table(rows, ("source", *LANE.values(), "time", "end"))
    say(*(f" {name} took no part: {NO_PART[why]}" for name, why in _left_out(found)))
    for what, title in FOUND.items():
        say(*_section(title, found["films"][what], _film))
    say(*_section("trailers met for the first time", found["trailers"], _trailer))
    if found["failures"]:
        rows = [
            (each["source"], each["class"], each["attempts"], each["questions"], each["message"] or "")
            for each in found["failures"]
        ]
        say("", "failed attempts")
        print_table(rows, ("source", "class", "attempts", "questions", "last message"))
    say(*_next(found, where))


def _head(found: Mapping[str, Any]) -> Iterator[str]:
    run = found["run"]
    code = f", exit code {run['exit_code']}" if run["exit_code"] is not None else ""
    yield f"Run {run['run_id']} ({run['kind']})   {run['status']}{code}"
    until = f" to {words.moment(run['finished_at'])}" if run["finished_at"] else ""
    attempts = f" in {words.count(run['attempt'], 'attempt')}" if run["attempt"] > 1 else ""
    yield (
        f" {words.moment(run['started_at'])}{until}, {_lasted(run)}{attempts} · {words.count(run['films'], 'film')}, "
        f"{words.count(run['requests'], 'request')}"
    )
    if run["error_message"]:
        yield f" {run['error_message']}"


def _left_out(found: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    return ((name, lane["state"]) for name, lane in found["sources"].items() if lane["state"] in NO_PART)


def _stood(lane: Mapping[str, Any]) -> str:
    """How a source ended: `done`, or why not."""
    return str(words.CLOSED.get(lane["reason"] or "", lane["reason"] or lane["state"]))


def _section(title: str, kind: Mapping[str, Any], line: Callable[[Mapping[str, Any]], str]) -> Iterator[str]:
    """A title with the number, a line each, and how many more there are; nothing where there are none."""
    if kind["count"]:
        yield from ("", f"{title} ({kind['count']:,})", *(f" {line(each)}" for each in kind["first"]))
    if more := kind["count"] - len(kind["first"]):
        yield f" … and {more:,} more (--all)"


def _film(film: Mapping[str, Any]) -> str:
    return f"{_name(film)}   {film['reason'] or film['sources']}"


def _trailer(trailer: Mapping[str, Any]) -> str:
    of = _name(trailer) if trailer["film_id"] else "no film yet"
    return f"{of}   {trailer['raw_title']}"


def _name(film: Mapping[str, Any]) -> str:
    """`Solaris (1972)`; of a film without a title its id."""
    year = f" ({film['release_year']})" if film["release_year"] else ""
    return f"{film['title']}{year}" if film["title"] else str(film["imdb_id"] or f"film:{film['film_id']}")


def _next(found: Mapping[str, Any], where: str) -> Iterator[str]:
    """What there is to do about the run."""
    run = found["run"]
    if found["active"]:
        yield f"Run {run['run_id']} is going on. Watch it with: mwi-crawl status --watch{where}"
    elif run["status"] == "RUNNING":
        last = words.age(run["heartbeat_at"])
        yield f"Run {run['run_id']} did not end: process {run['pid']} is gone, last sign of life {last} ago."
    elif run["status"] == "ABORTED":
        yield "A later run took its place. What it finished is kept and was not asked again."
    if found["resume_with"]:
        yield f"Continue with: mwi-crawl {found['resume_with']}{where}"


def _lasted(run: Mapping[str, Any] | sqlite3.Row) -> str:
    seconds = run["duration_seconds"]
    return "–" if seconds is None else words.duration(max(0.0, seconds))
