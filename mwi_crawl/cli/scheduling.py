"""`schedule`: when mwi-crawl should run by itself, as text for the system's own scheduler."""

from __future__ import annotations

import os
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mwi_crawl.cli.looking import able
from mwi_crawl.cli.options import Common, common, settings
from mwi_crawl.cli.terminal import say
from mwi_crawl.errors import InputError

if TYPE_CHECKING:
    from mwi_crawl.config import Config
    from mwi_crawl.schedule import Place

PROGRAM = "mwi-crawl"
PLATFORMS = ("cron", "systemd", "launchd", "windows")


@click.group()
def schedule() -> None:
    """When to run by itself: text for cron, systemd, launchd or Windows."""


@schedule.command(name="print")
@click.option("--for", "platform", type=click.Choice(PLATFORMS), required=True, help="What starts it.")
@common
def print_(common: Common, platform: str) -> int:
    """Print a schedule that can be pasted as it is; nothing is changed.

    It is for the current folder, where .env and relative paths begin. The times are those of [schedule] in
    config.toml. With -q a run says nothing when all is well, so a mail from cron means trouble.

    \b
    quick       every 6 hours   what is new on the lists
    channels    every night     trailers, if one of their sources has a key
    enrichment  every night     what came in with them
    daily       03:00           lists, changes, what is due; then aggregate
    weekly      Sunday 02:00    everything that is due; then aggregate
    """
    from mwi_crawl.schedule import Times, cadences, text

    config = settings(common, logged=False)
    times = Times(**config.schedule.model_dump(exclude={"time_zone"}))
    found = cadences(times, _feeds(config))
    if not found:
        raise InputError(
            'every time in [schedule] is "": there is nothing to run.',
            safe="Nothing was printed.",
            todo="Give one of them a time in config.toml.",
        )
    say(text(platform, found, _place(common, config)).removesuffix("\n"))
    return 0


def _feeds(config: Config) -> list[str]:
    """The sources of trailers that would take part; none without channels to read."""
    from mwi_crawl import sources

    fit = able(config)
    kinds = sources.discover() if config.youtube.channels else {}
    return [name for name, kind in kinds.items() if kind.feeds and fit[name] == "able"]


def _place(given: Common, config: Config) -> Place:
    from mwi_crawl.config import origins
    from mwi_crawl.schedule import Place

    # what the current folder does not tell by itself: another config.toml, another database
    elsewhere = config.file if given.config or os.environ.get("MWI_CONFIG") else None
    said = {"--config": elsewhere, "--db": config.paths.db if given.db else None}
    came_from = (row.origin.split() for row in origins(config))
    return Place(
        folder=str(Path.cwd()),
        program=_program(),
        zone=config.schedule.time_zone,
        options=tuple(word for name, path in said.items() if path for word in (name, str(path.absolute()))),
        local=_keeps(config.schedule.time_zone),
        unseen=tuple(dict.fromkeys(origin[1] for origin in came_from if origin[0] == "environment")),
    )


def _program() -> tuple[str, ...]:
    """How this program is started, from any folder."""
    for name in (sys.argv[0], PROGRAM):
        if Path(name).stem == PROGRAM and (found := shutil.which(name)):
            return (str(Path(found).absolute()),)
    return (sys.executable, "-m", "mwi_crawl")


def _keeps(zone: str) -> bool:
    """Whether this machine's clock shows the time of a zone, the whole year."""
    from zoneinfo import ZoneInfo

    there = UTC if zone == "UTC" else ZoneInfo(zone)
    days = [datetime(datetime.now(UTC).year, month, 1, tzinfo=UTC) for month in range(1, 13)]
    return all(day.astimezone().utcoffset() == day.astimezone(there).utcoffset() for day in days)
