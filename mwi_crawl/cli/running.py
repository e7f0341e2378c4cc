"""A run as a person sees it: how it begins, how it goes, what it came to."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mwi_crawl.cli import progress, words
from mwi_crawl.cli.answering import MARK, answered
from mwi_crawl.cli.options import TOLD, Common
from mwi_crawl.cli.terminal import on_terminal, print_json, say
from mwi_crawl.errors import MwiError, OfflineError, StorageError

if TYPE_CHECKING:
    from mwi_crawl.config import Config
    from mwi_crawl.crawl import Engine
    from mwi_crawl.report import Report
    from mwi_crawl.trailers import Met

BUSY_EVERY = 30.0  # seconds between two words about a database that is locked
TITLES = 100  # columns for the titles of what is new
WHAT = {
    "found": "Found by lists and trailers",
    "new": "New",
    "changed": "Changed",
    "gone": "Gone",
    "kept": "Kept as they were, because the answer had lost facts",
}
ALWAYS_TOLD = ("gone", "kept")  # what a full run tells too: in it most is new
REASONS = {"no_key": "no key", "off": "off"}  # why a source takes no part

_log = logging.getLogger(TOLD)


@dataclass(frozen=True, slots=True)
class Manner:
    """How a run is done and shown, beside what it is about. `accepted` are exit codes that count as success."""

    resume: bool = False
    max_failures: int | None = None
    accepted: tuple[int, ...] = ()
    as_json: bool = False
    no_progress: bool = False


@dataclass(frozen=True, slots=True)
class Before:
    """How a file stood: its films, its last run with what that finished at each source, and whether it is a demo's."""

    films: int
    run: Mapping[str, Any] | None
    finished: Mapping[str, int]
    answers: int
    demo: bool


async def crawl(
    given: Common,
    manner: Manner,
    work: Callable[[Engine], Awaitable[Report]],
    make: Callable[..., Engine] | None = None,
) -> int:
    """Do a run and tell what it came to. `make` makes another engine than the usual one. Returns the exit code."""
    from mwi_crawl import crawl as engines

    async with answered(given) as config:
        _see_file(config)
        busy = _Busy(given)
        async with (make or engines.Engine)(config, max_failures=manner.max_failures, on_busy=busy) as engine:
            before = await engine.store.read(_stand)
            report, code = await _conduct(engine, work(engine), given, manner, before)
            films = (await engine.store.read(_stand)).films
            news = await engine.store.read(_news, report)
    if manner.as_json:
        print_json({**report.as_dict(), "exit_code": code})
    elif not (given.quiet and (code == 0 or code in manner.accepted)):
        say(*_ending(report, code, config, given, films, news))
    return 0 if code in manner.accepted else code


def _see_file(config: Config) -> None:
    """A mistyped --db must not become a new, empty file about which there is nothing to do."""
    if not (config.paths.db.exists() or config.ingest.imdb_ids or config.ingest.tmdb_ids):
        raise StorageError(
            f"{config.paths.db} does not exist.",
            safe="Nothing was fetched.",
            todo="Check --db, or make it: mwi-crawl init, then mwi-crawl import FILE",
        )


async def _conduct(
    engine: Engine, work: Awaitable[Report], given: Common, manner: Manner, before: Before
) -> tuple[Report, int]:
    """Await an engine's work under signals and progress. Returns the report and the exit code."""
    from mwi_crawl.cli.logs import loop_exception_handler
    from mwi_crawl.cli.signals import Stopper

    asyncio.get_running_loop().set_exception_handler(loop_exception_handler)
    stopper = Stopper(engine.stop, engine.config.engine.grace_seconds)
    voice = _voice(given, manner)
    watcher = asyncio.create_task(progress.watch(lambda: engine.report, voice, lambda r: list(_opening(r, before))))
    try:
        report = await stopper.guard(work)
    except BaseException as error:
        _note(error, engine.report, given)
        raise
    finally:
        watcher.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watcher
    code = stopper.code if stopper.code is not None else report.exit_code
    figures = {name: report.total(name) for name in ("done", "absent", "failed", "broken", "waiting", "requests")}
    _log.info("run %s ended", report.run_id, extra={"status": str(report.status), "exit_code": code, **figures})
    return report, code


def _voice(given: Common, manner: Manner) -> progress.Voice:
    if given.quiet or given.logs_aloud:
        return progress.Silence()
    if on_terminal("stderr") and not manner.no_progress:
        return progress.Bars()
    return progress.Lines(figures=not manner.no_progress)


def _stand(db: sqlite3.Connection) -> Before:
    from mwi_crawl.queries import sql

    films = db.execute(sql("read/followed")).fetchone()[0]
    run = db.execute(sql("read/status_run")).fetchone()
    lanes = db.execute(sql("read/run_lanes"), {"run_id": run["run_id"]}).fetchall() if run else []
    finished = {row["source"]: row["done"] + row["absent"] + row["failed"] + row["broken"] for row in lanes}
    answers = sum(row["requests"] - row["retried"] for row in lanes)
    demo = db.execute(sql("read/setting"), {"name": MARK}).fetchone() is not None
    return Before(films, dict(run) if run else None, finished, answers, demo)


def _opening(report: Report, before: Before) -> Iterator[str]:
    """The first lines of a run; none of one that was refused."""
    if not report.run_id:
        return
    if report.attempt > 1:
        kept = ", ".join(f"{name} {number:,}" for name, number in before.finished.items() if number)
        kept = kept or words.count(before.answers, "answer")
        yield f"Resuming run {report.run_id} (attempt {report.attempt}). Kept: {kept}."
    else:
        if before.run and before.run["status"] in ("RUNNING", "INTERRUPTED"):
            yield _given_up(before.run)
        followed = max(before.films, report.films)
        due = f"{report.films:,} of " if report.lanes and report.films < followed else ""
        asked = ", ".join(report.lanes) or "none"
        head = f"Run {report.run_id} ({report.kind})   {due}{words.count(followed, 'film')}   sources: {asked}"
        yield head + "".join(_skipped(report))
        if report.kind == "incremental":
            yield from words.due(report)
    if before.demo:
        yield "This is a demo: a fake upstream on this machine answers, without internet."


def _skipped(report: Report) -> Iterator[str]:
    for reason, said in REASONS.items():
        names = [name for name, why in report.skipped.items() if why == reason]
        if names:
            yield f"   skipped, {said}: {', '.join(names)}"


def _given_up(run: Mapping[str, Any]) -> str:
    if run["status"] == "RUNNING":
        what = f"did not end (process {run['pid']} is gone; last sign of life {words.age(run['heartbeat_at'])} ago)"
    else:
        what = "was interrupted"
    return f"Run {run['run_id']} {what}; marked ABORTED. What it finished is kept and not asked again."


def _news(db: sqlite3.Connection, report: Report) -> list[str]:
    """What a run found: films by what they are and, of an incremental one, videos and up to when changes are known."""
    from mwi_crawl import trailers
    from mwi_crawl.queries import sql

    found = {row["what"]: row for row in db.execute(sql("read/news_of_run"), {"run_id": report.run_id})}
    said = [
        f"{title} {found[what]['films']:,}: {words.cut(found[what]['titles'] or '', TITLES)}"
        for what, title in WHAT.items()
        if what in found and (report.kind == "incremental" or what in ALWAYS_TOLD)
    ]
    if report.kind != "incremental":
        return said
    run = db.execute(sql("read/run"), {"run_id": report.run_id}).fetchone()
    said += [_met(each) for each in trailers.count(db, run["started_at"])]
    known = db.execute(sql("read/changes_known")).fetchall()
    return said + [f"Changes at {row['source']} are known up to {row['read_to']}." for row in known]


def _met(met: Met) -> str:
    others = f", {met.others:,} of them no trailers" if met.others else ""
    return f"Channel {met.channel}: {words.count(met.new, 'new video')}, {met.known:,} known before{others}"


def _ending(report: Report, code: int, config: Config, given: Common, films: int, news: Sequence[str]) -> Iterator[str]:
    """What a run came to, for stdout."""
    if report.kind == "incremental" and not report.total("requests") and not code:
        yield f"Run {report.run_id}: nothing new. 0 requests in {words.duration(report.seconds)}."
    else:
        yield from words.summary(report)
    yield from news
    if not films:
        yield f"{config.paths.db} holds no films to ask about yet."
    elif report.skipped and not report.interrupted:
        yield from _missing(report)
    if undecided := sum(lane.reasons.get("ambiguous", 0) for lane in report.lanes.values()):
        yield words.undecided(undecided, given.again)
    yield words.next_step(report, code, given.again, films=films)


def _missing(report: Report) -> Iterator[str]:
    """What the sources that took no part would add."""
    from mwi_crawl import sources

    kinds = sources.discover()
    without_key = [kinds[name] for name, reason in report.skipped.items() if reason == "no_key"]
    if without_key:
        adds = "; ".join(f"{kind.adds or 'more'} ({kind.title})" for kind in without_key)
        yield f"Still empty without keys: {adds}."
        yield f"Keys are free: {', '.join(f'{kind.key_names[0]} from {kind.key_url}' for kind in without_key)}"


def _note(error: BaseException, report: Report, given: Common) -> None:
    """Say with a fault that ends a run how far that came; what is known of a fault beside this it says itself."""
    finished = sum(lane.finished for lane in report.lanes.values())
    ours = isinstance(error, MwiError)
    if report.run_id and (finished or not ours) and not isinstance(error, OfflineError):
        error.add_note(f"Run {report.run_id} FAILED after {words.count(finished, 'film')}; all finished work is safe.")
    if report.run_id and not ours:
        error.add_note(f"Continue: mwi-crawl {words.resumable(report.kind)} --resume{given.again}")


class _Busy:
    """Says that another program holds the database: at once, and now and then."""

    def __init__(self, given: Common) -> None:
        self._aloud = not (given.quiet or given.logs_aloud)
        self._next = 0.0

    def __call__(self, waited: float) -> None:
        if waited < self._next:
            return
        self._next = waited + BUSY_EVERY
        text = f"Waiting: the database is locked by another program ({waited:.0f} s so far)..."
        _log.warning(text)
        if self._aloud:
            say(text, err=True)
