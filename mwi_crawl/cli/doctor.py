"""`doctor`: look at everything a crawl needs, and say what is missing and what that costs."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mwi_crawl.cli import findings, looking, words
from mwi_crawl.cli.answering import answered
from mwi_crawl.cli.findings import Finding, asked
from mwi_crawl.cli.options import Common, common, json_option, settings
from mwi_crawl.cli.setting_up import judged, no_key
from mwi_crawl.cli.terminal import print_json, say
from mwi_crawl.settle import iso

if TYPE_CHECKING:
    from mwi_crawl.config import Config, SourceSettings
    from mwi_crawl.source import Source

NO_KEY = 4  # exit code


@click.command()
@click.argument("source", required=False)
@json_option
@common
def doctor(common: Common, source: str | None, as_json: bool) -> int:
    """Look at everything a crawl needs; sends nothing. With SOURCE: ask that upstream one question.

    \b
    Each line begins with
      ok    as it should be
      warn  works, and will bring trouble
      fail  nothing works before it is mended (exit code 8, or 4 for a key)
      none  not there, and not needed; what it would bring
      off   a source that is switched off, and why
    """
    if source is not None:
        return asyncio.run(_ask(common, source, as_json=as_json))
    config, now = settings(common, logged=False), datetime.now(UTC)
    found = [*findings.program(config), *findings.database(config.paths.db, now), *findings.place(config)]
    found += _sources(config, now)
    return _tell(found, common, as_json=as_json)


def _tell(found: list[Finding], given: Common, *, as_json: bool) -> int:
    """Say what was found. Returns the exit code."""
    from mwi_crawl.report import PRECEDENCE

    code = next((code for code in PRECEDENCE if code in {each.code for each in found}), 0)
    broken = sum(each.kind == "fail" for each in found)
    missing = sum(each.kind == "none" and each.about == "key" for each in found)
    if as_json:
        lines = [asdict(each) for each in found]
        print_json({"findings": lines, "broken": broken, "keys_missing": missing, "exit_code": code})
    elif broken or not given.quiet:
        say(*(f" {each.kind:<5} {each.said}" for each in found))
        keys = f"{words.count(missing, 'optional key')} missing" if missing else "All keys are set"
        say(f"{keys}, {'nothing' if not broken else words.count(broken, 'thing')} broken.")
    return code


async def _ask(given: Common, name: str, *, as_json: bool) -> int:
    async with answered(given, logged=False) as config:
        found, code = await _asked(config, name)
    if as_json:
        print_json({"source": name, "findings": [asdict(each) for each in found], "exit_code": code})
    else:
        say(*(each.said if each.about == "source" else f"{each.kind:<5} {each.said}" for each in found))
    return code


async def _asked(config: Config, name: str) -> tuple[list[Finding], int]:
    """What a source is, and what came of one question to it; with the exit code."""
    from mwi_crawl import sources
    from mwi_crawl.crawl import Engine
    from mwi_crawl.errors import InputError

    kinds = sources.discover()
    if name not in kinds:
        raise InputError(
            f"there is no source {name}.", safe="No request was sent.", todo=f"The sources are: {', '.join(kinds)}"
        )
    kind, its = kinds[name], config.sources[name]
    found = [Finding("ok", "source", said) for said in _introduced(kind, its)]
    if not its.enabled:
        return [*found, Finding("off", "source", f"off. {kind.why_off or 'Switched off in the settings.'}")], 3
    if kind.bulk:
        return [*found, Finding("ok", "source", _bulk(config, kind).said)], 0
    result = await Engine(config).probe(name)
    if result is None:
        return [*found, Finding("fail", "source", no_key(config, kind), NO_KEY)], NO_KEY
    code, said = judged(result)
    date = result.response.headers.get("date") if result.response else None
    clock = findings.drift(date, datetime.now(UTC), its.base_url.partition("://")[2])
    found += [clock] if clock else []
    why = f"   {result.message}" if result.message else ""
    found.append(Finding("fail" if code else "ok", "source", f"{said}{why}   1 request   (exit code {code})", code))
    if code == 0:
        found += [Finding("ok", "source", said) for said in await _lift(config, name)]
    return found, code


def _introduced(kind: type[Source], its: SourceSettings) -> Iterator[str]:
    """What a source brings, how it is treated, and what its terms ask for."""
    pace = f"at most {its.requests_per_second:g} requests/s to {its.base_url}"
    yield f"{kind.title}: adds {kind.adds or 'facts'}; {'files from ' + its.base_url if kind.bulk else pace}"
    if kind.attribution:
        yield f"Wherever its data is shown: {kind.attribution}"
    if kind.max_ttl_days is not None:
        yield f"By its terms nothing of it may be kept for more than {kind.max_ttl_days} days without asking again."


async def _lift(config: Config, name: str) -> list[str]:
    """A source that answers again need not be left alone any longer."""
    from mwi_crawl.crawl import Engine
    from mwi_crawl.errors import BusyError

    if name not in closures(config.paths.db, datetime.now(UTC)):
        return []
    try:
        async with Engine(config) as engine:
            await engine.lift(name)
    except BusyError as busy:
        return [f"It was closed by an earlier run and stays so for now: {busy.happened}"]
    return ["It was closed by an earlier run; the next one may ask it again."]


def _sources(config: Config, now: datetime) -> Iterator[Finding]:
    from mwi_crawl import sources

    closed, quotas = closures(config.paths.db, now), _quotas(config.paths.db, now)
    able = looking.able(config)
    for name, kind in sources.discover().items():
        if able[name] == "off":
            yield Finding("off", name, f"{name}  ({kind.why_off or 'switched off in the settings'})")
        elif able[name] == "bulk":
            yield _bulk(config, kind)
        elif able[name] == "no_key":
            yield _keyless(config, kind)
        elif name in closed:
            yield _closed(name, closed[name], now)
        else:
            yield _open(config, kind, quotas.get(name))


def _keyless(config: Config, kind: type[Source]) -> Finding:
    from mwi_crawl.choice import misshapen

    if misshapen(kind, config.reveal()):
        return findings.fail("key", no_key(config, kind), NO_KEY)
    without = f"without it: no {kind.adds or 'facts of ' + kind.title}"
    return Finding("none", "key", f"{' / '.join(kind.key_names)}  -> {without}")


def _closed(name: str, row: sqlite3.Row, now: datetime) -> Finding:
    from mwi_crawl.throttle import LONGEST

    until, reason = words.moment(row["closed_until"]), row["reason"]
    why = words.CLOSED.get(reason, reason or "a run closed it")
    ask = f"ask it: mwi-crawl doctor {name}"
    if row["closed_until"] > iso(now + timedelta(seconds=LONGEST)):
        ask = "a clock was wrong then, so the next run asks it all the same"
    return Finding("warn", name, f"{name}: closed until {until} ({why}); {ask}")


def _open(config: Config, kind: type[Source], quota: dict[str, object] | None) -> Finding:
    name, pace = kind.name, config.sources[kind.name].requests_per_second
    keys = [f"{key} is set; " for key in kind.key_names if key in config.reveal()]
    used = f"{looking.quota_of(quota)} used; " if quota else ""
    said = f"{name}: adds {kind.adds or 'facts'}; {''.join(keys[:1])}{used}{pace:g}/s; ask it: mwi-crawl doctor {name}"
    if quota and isinstance(quota["limit"], int) and isinstance(quota["used"], int) and quota["used"] >= quota["limit"]:
        until = words.moment(str(quota["resets_at"])) if quota["resets_at"] else "its next period"
        return Finding("warn", name, f"{said}; nothing is left until {until}")
    return Finding("ok", name, said)


def _bulk(config: Config, kind: type[Source]) -> Finding:
    """Whether the files about all films are there, how old they are, and whether they were used."""
    folder, path = config.paths.imdb_dumps, config.paths.db
    files = sorted(folder.glob("*.tsv.gz"))
    loaded = [row["loaded_at"] for row in asked(path, "read/datasets") if row["loaded_at"]]
    used = f"; loaded {words.age(min(loaded))} ago" if loaded else "; not loaded yet: mwi-crawl datasets load"
    if not files:
        add = f"  -> mwi-crawl datasets fetch brings {kind.adds or 'facts'} without a key" if not loaded else ""
        return Finding("none", kind.name, f"{kind.name}: no files in {folder}{used if loaded else ''}{add}")
    oldest = iso(datetime.fromtimestamp(min(file.stat().st_mtime for file in files), UTC))
    there = f"{words.count(len(files), 'file')} in {folder}, the oldest {words.age(oldest)} old"
    return Finding("ok", kind.name, f"{kind.name}: {there}{used}")


def _quotas(path: Path, now: datetime) -> dict[str, dict[str, object]]:
    from mwi_crawl.errors import StorageError

    try:
        return looking.quotas(path, iso(now)) if path.is_file() else {}
    except StorageError:
        return {}


def closures(path: Path, now: datetime) -> dict[str, sqlite3.Row]:
    """The sources that earlier runs learnt to leave alone for now."""
    return {row["source"]: row for row in asked(path, "read/closed", now=iso(now))}
