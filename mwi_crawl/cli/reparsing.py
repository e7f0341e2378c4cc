"""`reparse`: kept answers read once more by a newer parser, without a request."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from mwi_crawl.cli import words
from mwi_crawl.cli.options import Common, common, json_option, settings
from mwi_crawl.cli.terminal import print_json, say
from mwi_crawl.errors import InputError, StorageError

if TYPE_CHECKING:
    from mwi_crawl.config import Config
    from mwi_crawl.reparse import Counts
    from mwi_crawl.source import Source

UNREADABLE = 5  # exit code where an answer could still not be read
SIGNALLED = 128  # and above: exit codes of a signal


@click.command()
@click.option("--source", "sources", multiple=True, help="Only this source (may be repeated).")
@click.option("--all", "everything", is_flag=True, help="Read what this version has read already, too.")
@click.option("--accept-losses", is_flag=True, help="Take away what the parser does not find any more.")
@json_option
@common
def reparse(common: Common, sources: tuple[str, ...], everything: bool, accept_losses: bool, as_json: bool) -> int:
    """Read stored answers again after an upgrade; nothing is fetched.

    Only what another version of a source's parser read is read again. Where the new one finds much less than the old
    one did, the older rows stay and the loss is noted in v_conflicts. Stopped at any time, it goes on where it was.
    """
    config = settings(common)
    known = _known(config, sources)
    if not config.paths.db.exists():
        raise StorageError(
            f"{config.paths.db} does not exist.", safe="Nothing was changed.", todo="Check --db: it names the file."
        )
    found, code = asyncio.run(_reparse(config, known, everything=everything, accept_losses=accept_losses))
    code = code or (UNREADABLE if any(counts.broken for counts in found.values()) else 0)
    if as_json:
        read = {name: {**asdict(counts), "before": sorted(counts.before)} for name, counts in found.items()}
        print_json({"sources": read, "requests": 0, "exit_code": code})
    elif not (common.quiet and code == 0):
        say(*_told(found, code, common.again))
    return code


def _known(config: Config, named: tuple[str, ...]) -> dict[str, Source]:
    """The sources, those that are off or have no key too: what is stored needs neither."""
    from mwi_crawl import sources

    known = sources.discover()
    if unknown := set(named) - set(known):
        raise InputError(
            f"there is no source {', '.join(sorted(unknown))}.",
            safe="Nothing was changed.",
            todo=f"The sources are: {', '.join(known)}",
        )
    chosen = {name: kind for name, kind in known.items() if not named or name in named}
    own = {name: config.sources[name] for name in chosen}
    return {name: kind({**own[name].options, "ttl_days": own[name].ttl_days}) for name, kind in chosen.items()}


async def _reparse(
    config: Config, known: Mapping[str, Source], *, everything: bool, accept_losses: bool
) -> tuple[dict[str, Counts], int]:
    """What was read again, and the exit code that a signal asks for (0: there was none)."""
    from mwi_crawl import reparse as reading
    from mwi_crawl.cli.signals import caught
    from mwi_crawl.store import Store

    came: list[int] = []
    with caught(came.append):
        async with Store(config.paths.db, busy_seconds=config.engine.busy_wait_seconds) as store:
            found = await reading.reparse(
                store, known, everything=everything, accept_losses=accept_losses, stop=lambda: bool(came)
            )
    return found, SIGNALLED + came[0] if came else 0


def _told(found: Mapping[str, Counts], code: int, where: str) -> Iterator[str]:
    if not found:
        yield "reparse: nothing to read again: this version's parsers have read every stored answer."
    for name, counts in found.items():
        yield f"reparse: {name} {_line(counts, where)}"
    if any(counts.kept for counts in found.values()):
        yield "Kept as it was: see v_conflicts. If a parser is right to find less: mwi-crawl reparse --accept-losses"
    asked = sum(counts.asked for counts in found.values())
    if code > SIGNALLED:
        yield f"Stopped. What was read is stored; to go on: mwi-crawl reparse{where}"
    elif asked:
        yield f"{words.count(asked, 'new question')} for the next run: mwi-crawl incremental{where}"
    elif found:
        yield f"Next: mwi-crawl aggregate{where}"


def _line(counts: Counts, where: str) -> str:
    """`parser 3 -> 4, 1,432 stored pages, 0 requests, 1,431 done, 1 still odd (mwi-crawl failures)`."""
    older = sorted(counts.before - {counts.version})
    versions = f"{', '.join(map(str, older))} -> {counts.version}" if older else f"{counts.version}"
    fates = [(counts.done, "done"), (counts.absent, "not there"), (counts.kept, "kept as it was")]
    said = [f"{number:,} {word}" for number, word in fates if number]
    said += [f"{counts.broken:,} still odd (mwi-crawl failures{where})"] if counts.broken else []
    return ", ".join([f"parser {versions}", words.count(counts.bodies, "stored page"), "0 requests", *said])
