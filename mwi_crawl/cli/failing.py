"""`failures`: what failed, asking again, and accepting it."""

from __future__ import annotations

import asyncio
import sqlite3
from typing import Any

import click

from mwi_crawl.cli import words
from mwi_crawl.cli.looking import ask
from mwi_crawl.cli.options import Common, common, json_option, look, settings
from mwi_crawl.cli.running import Manner, crawl
from mwi_crawl.cli.terminal import print_json, print_table, say
from mwi_crawl.errors import InputError


@click.group(invoke_without_command=True)
@click.option("--source", help="Only this source.")
@json_option
@common
@click.pass_context
def failures(context: click.Context, common: Common, source: str | None, as_json: bool) -> int:
    """What failed and is not answered yet.

    `retry` asks again; `ignore` accepts a failure, so that it is not listed any more.
    """
    context.obj = (common, source)
    if context.invoked_subcommand is not None:
        return 0
    _see_source(source)
    rows = ask(look(common), "read/failures", {"source": source})
    if as_json:
        print_json([dict(row) for row in rows])
        return 0
    if not rows:
        say("No open failures.")
        return 0
    shown = [
        (row["imdb_id"] or row["key"], words.cut(row["title"] or "", 32), row["source"], row["class"], row["attempts"],
         words.moment(row["next_try"]), row["message"] or "")
        for row in rows
    ]  # fmt: skip
    print_table(shown, ("film", "title", "source", "class", "tries", "next try", "last message"))
    where, first = common.again, shown[0]
    say(
        f"{words.count(len(rows), 'failure')}.  Retry: mwi-crawl failures retry{where}   "
        f"Accept: mwi-crawl failures ignore {first[0]} --source {first[2]}{where}"
    )
    return 0


@failures.command()
@click.option("--source", "sources", multiple=True, help="Only this source (may be repeated).")
@click.option("--film", "films", multiple=True, help="Only this film, by its IMDb id (may be repeated).")
@json_option
@common
@click.pass_context
def retry(
    context: click.Context, common: Common, sources: tuple[str, ...], films: tuple[str, ...], as_json: bool
) -> int:
    """Ask again about what was given up or could not be read."""
    from mwi_crawl.plan import Scope

    above, source = context.obj
    given = common.over(above)
    scope = Scope(sources or ((source,) if source else ()), films)
    if not as_json and not ask(look(given), "read/failures", {"source": source}):
        say(*([] if given.quiet else ["No open failures: nothing to ask again."]))
        return 0
    return asyncio.run(crawl(given, Manner(as_json=as_json), lambda engine: engine.retry(scope)))


@failures.command()
@click.argument("film")
@click.option("--source", help="Only at this source.")
@common
@click.pass_context
def ignore(context: click.Context, common: Common, film: str, source: str | None) -> int:
    """Accept that FILM (an IMDb id, or a failure's key) fails: it is not listed any more."""
    above, source_above = context.obj
    given, source = common.over(above), source or source_above
    _see_source(source)
    accepted = asyncio.run(_accept(given, {"film": film, "source": source}))
    if not accepted:
        what = f"{film} at {source}" if source else film
        raise InputError(
            f"there is no open failure of {what}.", safe="Nothing was changed.", todo="See: mwi-crawl failures"
        )
    if not given.quiet:
        say(f"{film} accepted ({words.count(accepted, 'failed attempt')}): not listed any more.")
    return 0


async def _accept(given: Common, values: dict[str, Any]) -> int:
    from mwi_crawl.queries import sql
    from mwi_crawl.store import Store

    def accept(db: sqlite3.Connection) -> int:
        return db.execute(sql("checkpoint/ignore_failures"), values).rowcount

    ask(look(given), "read/followed", {})  # a file that is not there must not be made for this
    config = settings(given)
    async with Store(config.paths.db, busy_seconds=config.engine.busy_wait_seconds) as store:
        return await store.transact(accept)


def _see_source(name: str | None) -> None:
    from mwi_crawl import sources

    if name is not None and name not in sources.discover():
        raise InputError(
            f"there is no source {name}.",
            safe="Nothing was changed.",
            todo=f"The sources are: {', '.join(sources.discover())}",
        )
