"""`full`, `incremental` and `plan`: what sends requests about films, and what says which it would send."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from mwi_crawl.cli import words
from mwi_crawl.cli.answering import answered
from mwi_crawl.cli.options import Common, common, gathering, json_option
from mwi_crawl.cli.running import REASONS, Manner, crawl
from mwi_crawl.cli.terminal import print_json, print_table, say

if TYPE_CHECKING:
    from mwi_crawl.config import Config
    from mwi_crawl.crawl import Engine
    from mwi_crawl.plan import Cost, Scope
    from mwi_crawl.report import Report


def _scope(**given: Any) -> Scope:
    from mwi_crawl.plan import Scope

    return Scope(**given)


scoping = gathering(
    (
        click.option("--source", "sources", multiple=True, help="Only this source (may be repeated)."),
        click.option("--film", "films", multiple=True, help="Only this film, by its IMDb id (may be repeated)."),
        click.option("--limit", type=click.IntRange(min=1), help="At most so many films."),
        click.option("--refetch", is_flag=True, help="Ask again even where the answer is fresh."),
    ),
    "scope",
    ("sources", "films", "limit", "refetch"),
    _scope,
)


@dataclass(frozen=True, slots=True)
class News:
    """What is to be discovered beside the films that are followed."""

    profile: str | None = None
    lists: tuple[str, ...] = ()

    def over(self, scope: Scope) -> Scope:
        """The scope with these lists. Lists are about other films than a narrowed run."""
        if scope.narrowed and (self.profile or self.lists):
            raise click.UsageError("--film and --limit choose among known films; a profile and lists find others.")
        return replace(scope, lists=self.lists)


def _listed(_context: click.Context, _option: click.Parameter, value: str | None) -> tuple[str, ...]:
    return tuple(name for part in (value or "").split(",") if (name := part.strip()))


discovering = gathering(
    (
        click.option(
            "--profile", metavar="NAME", help="Read the lists of a profile too: quick, daily, full, or yours."
        ),
        click.option("--lists", callback=_listed, metavar="NAME,…", help="Read these lists of TMDb too: popular, …"),
    ),
    "news",
    ("profile", "lists"),
    News,
)

showing = gathering(
    (
        click.option("--resume", is_flag=True, help="Go on with the last unfinished run, if there is one."),
        click.option("--max-failures", type=click.IntRange(min=1), help="Stop when so many films failed."),
        click.option(
            "--ok", "accepted", type=int, multiple=True, metavar="CODE", help="Exit code that counts as success."
        ),
        json_option,
        click.option("--no-progress", is_flag=True, help="Neither bars nor lines on how the run goes."),
    ),
    "manner",
    ("resume", "max_failures", "accepted", "as_json", "no_progress"),
    Manner,
)


@click.command()
@scoping
@click.option("--dry-run", is_flag=True, help="Say what would be done; send nothing.")
@showing
@common
def full(common: Common, scope: Scope, manner: Manner, dry_run: bool) -> int:
    """Ask every source about every film for which it is due.

    Done means: the answer as received, the rows made from it and its new state were stored in one transaction. So a
    run can be stopped, or killed, at any instant: at most the requests that were under way are sent again.

    \b
    With --resume     the last unfinished run of any kind goes on: the same
                      run, the same plan, attempts counted on. Where there is
                      none, a new run begins: safe for cron.
    Without --resume  a new run begins, and an unfinished one is marked
                      ABORTED. What is done and fresh is still not asked
                      again, unless --refetch is given.

    For cron: mwi-crawl full --resume --ok 6 -q
    """
    if dry_run:
        return asyncio.run(_estimate(common, scope, as_json=manner.as_json))
    return asyncio.run(crawl(common, manner, lambda engine: engine.full(scope, resume=manner.resume)))


@click.command()
@discovering
@scoping
@click.option("--dry-run", is_flag=True, help="Say what would be done; send nothing.")
@showing
@common
def incremental(common: Common, scope: Scope, news: News, manner: Manner, dry_run: bool) -> int:
    """Ask only what is new, changed or due.

    \b
    That is: films that are new, work that waits (for a quota, a retry),
    facts that are too old, films that changed at TMDb since its list of
    changes was last read, and what was not there, after a growing time.
    Answers that an older parser read are read again, without a request.

    \b
    With --profile or --lists, and with --source youtube, films that lists
    and trailer channels name are added, and asked about like all others.

    \b
    With --resume     the last run goes on, of whatever kind, if it was cut
                      off. Else a new run begins, and takes along what
                      waits from before: safe for cron.
    Without --resume  a new run begins. What is done and fresh is not asked
                      again, unless --refetch is given.

    For cron: mwi-crawl incremental --resume --ok 6 -q
    """
    scope = news.over(scope)
    if dry_run:
        return asyncio.run(_estimate(common, scope, "incremental", news.profile, as_json=manner.as_json))
    work = partial(_incremental, scope, news.profile, resume=manner.resume)
    return asyncio.run(crawl(common, manner, work))


def _incremental(scope: Scope, profile: str | None, engine: Engine, *, resume: bool) -> Awaitable[Report]:
    return engine.incremental(scope, profile=profile, resume=resume)


@click.command()
@click.argument("what", type=click.Choice(["full", "incremental"]), default="full")
@discovering
@scoping
@json_option
@common
def plan(common: Common, what: str, scope: Scope, news: News, as_json: bool) -> int:
    """Say what a run would ask and how long it would take; send nothing."""
    if what == "full" and (news.profile or news.lists):
        raise click.UsageError("Lists are read by incremental: mwi-crawl plan incremental")
    return asyncio.run(_estimate(common, news.over(scope), what, news.profile, as_json=as_json))


async def _estimate(
    given: Common, scope: Scope, kind: str = "full", profile: str | None = None, *, as_json: bool
) -> int:
    from mwi_crawl import schema
    from mwi_crawl.crawl import Engine

    async with answered(given, logged=False) as config:
        if not config.paths.db.exists():
            schema.connect_readonly(config.paths.db)  # says what to do
        async with Engine(config) as engine:
            costs, skipped = await engine.estimate(scope, kind, profile=profile)
    if as_json:
        shown = {
            name: {
                "films": cost.films,
                "requests": cost.requests,
                "left": cost.quota[1] if cost.quota else None,
                "changes": [asdict(gap) for gap in cost.gaps],
            }
            for name, cost in costs.items()
        }
        print_json({"sources": shown, "skipped": skipped})
        return 0
    _show(costs, skipped, config, given, kind)
    return 0


def _show(costs: dict[str, Cost], skipped: dict[str, str], config: Config, given: Common, kind: str) -> None:
    from mwi_crawl.crawl import BYTES_PER_FILM

    due = max((cost.films for cost in costs.values()), default=0)
    say(f"{words.count(due, 'film')} to ask about. Run not started, no request sent.")
    rows = [_row(config, name, cost) for name, cost in costs.items()]
    rows += [(name, "–", "–", "–", "–", REASONS.get(why, why)) for name, why in skipped.items()]
    print_table(rows, ("source", "films", "requests", "rate", "quota", "time"))
    say(*(words.gap(gap) for cost in costs.values() for gap in cost.gaps))
    if any(cost.requests for cost in costs.values()):
        room = sum(cost.films for cost in costs.values()) * BYTES_PER_FILM
        say(f"Disk: about +{words.size(room)}. Start with: mwi-crawl {kind}{given.again}")
    elif costs:
        say("Nothing is due: all that is known is fresh, or there are no films yet.")
    else:
        say("No source has a key. What each would add: mwi-crawl doctor")


def _row(config: Config, name: str, cost: Cost) -> tuple[str, ...]:
    rate, quota = config.sources[name].requests_per_second, "–"
    if cost.quota is not None:
        period, left, _ = cost.quota
        quota = f"{left:,} left this {period}" if period != "day" else f"{left:,} left today"
    if not cost.requests:
        return name, "0", "0", f"{rate:g}/s", quota, "nothing due"
    return name, f"{cost.films:,}", f"~{cost.requests:,}", f"{rate:g}/s", quota, _time(cost, rate)


def _time(cost: Cost, rate: float) -> str:
    """How long it takes at the source's rate; in days or months where its quota is the narrower limit."""
    if cost.quota is not None and cost.requests > cost.quota[1]:
        period, left, allowed = cost.quota
        periods = 1 + -(-(cost.requests - left) // max(1, allowed))
        return f"{words.count(periods, period)} ({left:,} now, then {allowed:,} a {period})"
    return f"~{words.duration(max(1.0, cost.requests / rate))}"
