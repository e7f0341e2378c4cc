"""`status`, `runs`, `failures`: what the file tells, read beside a running crawl, without its lock."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import click

from mwi_crawl.cli import words
from mwi_crawl.cli.options import Common, common, settings
from mwi_crawl.errors import InputError

WATCH_EVERY = 1.0  # seconds
STATUSES = ("RUNNING", "SUCCESS", "PARTIAL", "INTERRUPTED", "FAILED", "ABORTED")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.option("--watch", is_flag=True, help="Look again every second, until Ctrl-C or the end of the run.")
@common
def status(common: Common, as_json: bool, watch: bool) -> int:
    """How the database stands: films, sources, the last run."""
    path = settings(common).paths.db
    while True:
        found = look(path)
        if as_json:
            click.echo(json.dumps(found, indent=None if watch else 2, ensure_ascii=False))
        else:
            if watch:
                click.clear()
            click.echo(_status_text(found))
        if not watch or not found["run_active"]:
            return 0
        time.sleep(WATCH_EVERY)


@click.command()
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True)
@click.option("--status", "wanted", type=click.Choice(STATUSES, case_sensitive=False), help="Only these.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@common
def runs(common: Common, limit: int, wanted: str | None, as_json: bool) -> int:
    """The history of runs, newest first."""
    rows = _ask(settings(common).paths.db, "read/runs", {"limit": limit, "status": wanted})
    if as_json:
        click.echo(json.dumps([dict(row) for row in rows], indent=2, ensure_ascii=False))
        return 0
    if not rows:
        click.echo("No runs yet." if wanted is None else f"No runs with status {wanted}.")
        return 0
    shown = [
        (row["run_id"], row["kind"], row["status"], words.moment(row["started_at"]), row["attempt"], row["films"],
         row["requests"], row["exit_code"], row["message"] or "")
        for row in rows
    ]  # fmt: skip
    header = ("run", "kind", "status", "started", "attempt", "films", "requests", "exit", "")
    click.echo(words.table(shown, header))
    return 0


@click.group(invoke_without_command=True)
@click.option("--source", help="Only this source.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@common
@click.pass_context
def failures(context: click.Context, common: Common, source: str | None, as_json: bool) -> int:
    """What failed and is not answered yet; `retry` asks again, `ignore` accepts it."""
    context.obj = (common, source)
    if context.invoked_subcommand is not None:
        return 0
    rows = _ask(settings(common).paths.db, "read/failures", {"source": source})
    if as_json:
        click.echo(json.dumps([dict(row) for row in rows], indent=2, ensure_ascii=False))
        return 0
    if not rows:
        click.echo("No open failures.")
        return 0
    shown = [
        (row["imdb_id"] or row["key"], (row["title"] or "")[:32], row["source"], row["class"], row["attempts"],
         words.moment(row["next_try"]), (row["message"] or "")[:60])
        for row in rows
    ]  # fmt: skip
    click.echo(words.table(shown, ("film", "title", "source", "class", "tries", "next try", "last message")))
    click.echo(
        f"{words.count(len(rows), 'failure')}.  Retry: mwi-crawl failures retry   "
        f"Accept: mwi-crawl failures ignore FILM --source {rows[0]['source']}"
    )
    return 0


@failures.command()
@click.option("--source", "sources", multiple=True, help="Only this source (may be repeated).")
@click.option("--film", "films", multiple=True, help="Only this film, by its IMDb id (may be repeated).")
@common
@click.pass_context
def retry(context: click.Context, common: Common, sources: tuple[str, ...], films: tuple[str, ...]) -> int:
    """Ask again about what was given up or could not be read."""
    from mwi_crawl.cli.crawling import retry_failures
    from mwi_crawl.plan import Scope

    above, source = context.obj
    chosen = sources or ((source,) if source else ())
    return asyncio.run(retry_failures(_merged(common, above), Scope(chosen, films)))


@failures.command()
@click.argument("film")
@click.option("--source", help="Only at this source.")
@common
@click.pass_context
def ignore(context: click.Context, common: Common, film: str, source: str | None) -> int:
    """Accept that a film (IMDb id, or a failure's key) fails: it is not listed any more."""
    from mwi_crawl.queries import sql
    from mwi_crawl.store import Store

    above, source_above = context.obj
    values = {"film": film, "source": source or source_above}

    def accept(db: sqlite3.Connection) -> int:
        return db.execute(sql("checkpoint/ignore_failures"), values).rowcount

    async def run() -> int:
        async with Store(settings(_merged(common, above)).paths.db) as store:
            return await store.transact(accept)

    accepted = asyncio.run(run())
    if not accepted:
        raise InputError(f"no open failure of {film}.", safe="Nothing was changed.", todo="mwi-crawl failures")
    click.echo(f"{words.count(accepted, 'failed attempt')} accepted.")
    return 0


def look(path: Path) -> dict[str, Any]:
    """The state of a database, for `status` and its `--json`."""
    from mwi_crawl.store import is_held

    films = _ask(path, "read/status_films", {})[0]
    last = next(iter(_ask(path, "read/status_run", {})), None)
    lanes = {row["source"]: dict(row) for row in _ask(path, "read/status_sources", {})}
    for quota in _ask(path, "read/quotas", {}):
        lanes.setdefault(quota["source"], {})["quota"] = {"used": quota["used"], "limit": quota["limit"]}
    held = is_held(path)
    return {
        "db": str(path),
        "bytes": path.stat().st_size,
        "films": films["films"],
        "enriched": films["enriched"],
        "undecided": films["undecided"],
        "sources": lanes,
        "last_run": dict(last) if last is not None else None,
        "run_active": held and last is not None and last["status"] == "RUNNING",
        "run_died": not held and last is not None and last["status"] == "RUNNING",
    }


def _status_text(found: Mapping[str, Any]) -> str:
    run = found["last_run"]
    last = f"last run {run['run_id']} {run['status']} {words.moment(run['started_at'])}" if run else "no run yet"
    head = (
        f"{found['db']}  {words.size(found['bytes'])} · {words.count(found['films'], 'film')}, "
        f"{found['enriched']:,} enriched · {last}"
    )
    columns = ("done", "absent", "pending", "failed", "broken", "no_key", "off")
    rows = [
        (name, *(lane.get(column, 0) for column in columns), words.age(lane.get("oldest")))
        for name, lane in found["sources"].items()
    ]
    header = ("source", "done", "not there", "waiting", "failed", "unreadable", "no key", "off", "oldest")
    lines = [head, words.table(rows, header)] if rows else [head]
    if found["undecided"]:
        lines.append(f"{words.count(found['undecided'], 'film')} found only by title: select * from v_matches_open")
    if found["run_died"]:
        lines.append(
            f"Run {run['run_id']} did not end: process {run['pid']} is gone, last heartbeat {run['heartbeat_at']}. "
            f"What it finished is safe.\nContinue with: mwi-crawl {run['kind'].replace('failures', 'full')} --resume"
        )
    else:
        lines.append("run active" if found["run_active"] else "no run active")
    return "\n".join(lines)


def _ask(path: Path, question: str, values: Mapping[str, object]) -> list[sqlite3.Row]:
    from mwi_crawl import schema
    from mwi_crawl.queries import sql

    with closing(schema.connect_readonly(path)) as db:
        try:
            return db.execute(sql(question), values).fetchall()
        except sqlite3.Error as error:
            raise schema.translate(error, path) from error


def _merged(given: Common, above: Common) -> Common:
    """Shared options may stand before or after the sub-command."""
    return Common(
        given.config or above.config,
        given.db or above.db,
        given.verbose or above.verbose,
        given.quiet or above.quiet,
        given.log_format,
    )
