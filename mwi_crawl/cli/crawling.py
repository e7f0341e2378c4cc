"""`full`, `plan`, `demo`: everything that sends requests about films, or says which it would send."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mwi_crawl.cli import words
from mwi_crawl.cli.options import Common, F, common, settings

if TYPE_CHECKING:
    from mwi_crawl.config import Config
    from mwi_crawl.crawl import Engine
    from mwi_crawl.plan import Cost, Scope
    from mwi_crawl.report import Report

RESUME_HELP = (
    "Go on with the last unfinished run: same run, same plan, attempts counted on; without one, start anew. "
    "Without --resume a new run begins and the old one is marked ABORTED; nothing that is done and fresh is fetched "
    "again (unless --refetch). Done means: the body, its rows and the state were stored in one transaction."
)


def scoping(command: F) -> F:
    """Options that narrow a run."""
    for option in (
        click.option("--source", "sources", multiple=True, help="Only this source (may be repeated)."),
        click.option("--film", "films", multiple=True, help="Only this film, by its IMDb id (may be repeated)."),
        click.option("--limit", type=click.IntRange(min=1), help="At most so many films."),
        click.option("--refetch", is_flag=True, help="Ask again even where the answer is fresh."),
    ):
        command = option(command)
    return command


@click.command()
@scoping
@click.option("--resume", is_flag=True, help=RESUME_HELP)
@click.option("--dry-run", is_flag=True, help="Say what would be done; send nothing.")
@click.option("--max-failures", type=click.IntRange(min=1), help="Stop when so many films failed.")
@click.option("--ok", "accepted", type=int, multiple=True, help="Exit codes that count as success, for cron.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.option("--no-progress", is_flag=True, help="No bars.")
@common
def full(
    common: Common,
    sources: tuple[str, ...],
    films: tuple[str, ...],
    limit: int | None,
    refetch: bool,
    resume: bool,
    dry_run: bool,
    max_failures: int | None,
    accepted: tuple[int, ...],
    as_json: bool,
    no_progress: bool,
) -> int:
    """Ask every source about every film for which it is due."""
    from mwi_crawl.plan import Scope

    scope = Scope(sources, films, limit, refetch)
    if dry_run:
        return asyncio.run(_estimate(common, scope, as_json=as_json))
    code = asyncio.run(
        _crawl(common, scope, resume=resume, max_failures=max_failures, as_json=as_json, bars=not no_progress)
    )
    return 0 if code in accepted else code


@click.command()
@click.argument("what", type=click.Choice(["full"]), default="full")
@scoping
@click.option("--json", "as_json", is_flag=True, help="Print the plan as JSON.")
@common
def plan(
    common: Common,
    what: str,
    sources: tuple[str, ...],
    films: tuple[str, ...],
    limit: int | None,
    refetch: bool,
    as_json: bool,
) -> int:
    """Say what a run would ask, and how long it would take. Sends nothing."""
    from mwi_crawl.plan import Scope

    return asyncio.run(_estimate(common, Scope(sources, films, limit, refetch), as_json=as_json))


@click.command()
@click.option("--db", type=click.Path(path_type=Path, dir_okay=False), default=Path("demo.db"), show_default=True)
@click.option("--crash-after", type=click.IntRange(min=1), help="Kill this process (SIGKILL) after so many answers.")
@click.option("--no-progress", is_flag=True, help="No bars.")
def demo(db: Path, crash_after: int | None, no_progress: bool) -> int:
    """Try it without keys or internet: bundled films, two people's history, and a fake upstream on this machine."""
    return asyncio.run(_demo(Common(db=db), crash_after=crash_after, bars=not no_progress))


async def _estimate(given: Common, scope: Scope, *, as_json: bool) -> int:
    from mwi_crawl.crawl import Engine

    async with _answered(given) as config, Engine(config) as engine:
        costs, skipped = await engine.estimate(scope)
    if as_json:
        shown = {name: {"films": cost.films, "requests": cost.requests} for name, cost in costs.items()}
        _print_json({"sources": shown, "skipped": skipped})
        return 0
    click.echo("Run not started, no request sent.")
    click.echo(words.table([_plan_row(config, name, cost) for name, cost in costs.items()], _PLAN_HEADER))
    for name, reason in skipped.items():
        click.echo(f" {name}: skipped ({reason.replace('_', ' ')})")
    click.echo(f"Disk: about +{words.size(_disk(costs))}. Start with: mwi-crawl full")
    return 0


_PLAN_HEADER = ("source", "films", "requests", "rate", "time")


def _plan_row(config: Config, name: str, cost: Cost) -> tuple[object, ...]:
    rate = config.sources[name].requests_per_second
    seconds = cost.requests / rate
    return name, f"{cost.films:,}", f"~{cost.requests:,}", f"{rate:g}/s", f"~{words.duration(seconds)}"


def _disk(costs: Mapping[str, Cost]) -> int:
    from mwi_crawl.crawl import BYTES_PER_FILM

    return sum(cost.films for cost in costs.values()) * BYTES_PER_FILM


async def _crawl(
    given: Common, scope: Scope, *, resume: bool, max_failures: int | None, as_json: bool, bars: bool
) -> int:
    from mwi_crawl.crawl import Engine

    async with _answered(given) as config, Engine(config, max_failures=max_failures, on_busy=_say_busy) as engine:
        report, code = await conduct(engine, engine.full(scope, resume=resume), given, bars=bars and not as_json)
    tell(report, code, config, given, as_json=as_json)
    return code


async def retry_failures(given: Common, scope: Scope) -> int:
    """A run about what failed before."""
    from mwi_crawl.crawl import Engine

    async with _answered(given) as config, Engine(config, on_busy=_say_busy) as engine:
        report, code = await conduct(engine, engine.retry(scope), given, bars=True)
    tell(report, code, config, given, as_json=False)
    return code


async def conduct(engine: Engine, work: Any, given: Common, *, bars: bool) -> tuple[Report, int]:
    """Run an engine's work under signals and progress. Returns the report and the exit code."""
    from mwi_crawl.cli import progress
    from mwi_crawl.cli.signals import Stopper

    stopper = Stopper(engine.stop, engine.config.engine.grace_seconds)
    on_terminal = bars and click.get_text_stream("stderr").isatty()
    watcher = asyncio.create_task(progress.watch(lambda: engine.report, bars=on_terminal, quiet=given.quiet))
    try:
        report: Report = await stopper.guard(work)
    finally:
        watcher.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watcher
    return report, stopper.code if stopper.code is not None else report.exit_code


def tell(report: Report, code: int, config: Config, given: Common, *, as_json: bool) -> None:
    """What a run came to, on stdout."""
    if as_json:
        _print_json({**report.as_dict(), "exit_code": code})
        return
    if given.quiet and code == 0:
        return
    undecided = sum(lane.reasons.get("ambiguous", 0) for lane in report.lanes.values())
    lines = words.summary(report)
    if report.skipped:
        skipped = ", ".join(f"{name} ({reason.replace('_', ' ')})" for name, reason in report.skipped.items())
        lines.append(f"Took no part: {skipped}.  See: mwi-crawl doctor")
    if undecided:
        lines.append(f"{words.count(undecided, 'film')} found only by title, not decided: select * from v_matches_open")
    lines.append(words.next_step(report, code, str(config.paths.db)))
    click.echo("\n".join(lines))


def _say_busy(waited: float) -> None:
    if waited in (1.0, 30.0):
        click.echo(f"Waiting: the database is locked by another program ({waited:.0f} s)...", err=True)


def _print_json(value: Any) -> None:
    import json

    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


@asynccontextmanager
async def _answered(given: Common) -> AsyncIterator[Config]:
    """The settings of a run; for a demo file with its fake upstream at work as long as the run lasts."""
    config = settings(given)
    if not is_demo(config.paths.db):
        yield config
        return
    from mwi_crawl.demo.history import TOKEN
    from mwi_crawl.demo.upstream import demo_upstream

    upstream = demo_upstream()
    async with upstream.serve() as base_url:
        click.echo(f"{config.paths.db} is a demo: a fake upstream on this machine answers, no internet.", err=True)
        environ = {name: value for name, value in os.environ.items() if not name.endswith(("_API_KEY", "_TOKEN"))}
        environ["TMDB_API_READ_ACCESS_TOKEN"] = TOKEN
        words_ = {"sources": {"tmdb": {"base_url": base_url, "requests_per_second": 40, "concurrency": 10}}}
        yield settings(given, words_, environ)


def is_demo(path: Path) -> bool:
    """Whether a file was made by `demo`: its upstream is the fake one."""
    from mwi_crawl import schema
    from mwi_crawl.queries import sql

    if not path.is_file() or path.stat().st_size == 0:
        return False
    db = schema.connect_readonly(path)
    try:
        return db.execute(sql("read/setting"), {"name": "upstream"}).fetchone() is not None
    finally:
        db.close()


async def _demo(given: Common, *, crash_after: int | None, bars: bool) -> int:
    from mwi_crawl.cli.demo import build, crash, show

    await build(given)
    async with _answered(given) as config:
        from mwi_crawl.crawl import Engine
        from mwi_crawl.plan import Scope

        async with Engine(config) as engine:
            if crash_after is not None:
                crash(engine, crash_after)
            report, code = await conduct(engine, engine.full(Scope()), given, bars=bars)
    tell(report, code, config, given, as_json=False)
    show(config.paths.db)
    return code
