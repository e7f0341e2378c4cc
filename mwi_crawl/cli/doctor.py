"""`doctor`: look at everything a crawl needs, and say what is missing and what that costs."""

from __future__ import annotations

import asyncio
import os
import platform
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mwi_crawl.cli import looking, words
from mwi_crawl.cli.answering import answered
from mwi_crawl.cli.options import Common, common, settings
from mwi_crawl.cli.setting_up import judged, no_key
from mwi_crawl.cli.terminal import say
from mwi_crawl.settle import iso

if TYPE_CHECKING:
    from mwi_crawl.config import Config, SourceSettings
    from mwi_crawl.source import Source

WAL_RESET_FIXED = (3, 51, 3)  # https://sqlite.org/wal.html#walresetbug
NETWORK_FILE_SYSTEMS = ("nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "9p")
LITTLE_ROOM = 500_000_000  # bytes
MOUNTS = Path("/proc/mounts")

Finding = tuple[str, str]
"""ok, note, none, off, warn or BAD; and a sentence."""


@click.command()
@click.argument("source", required=False)
@common
def doctor(common: Common, source: str | None) -> int:
    """Look at everything a crawl needs; sends nothing. With SOURCE: ask that upstream one question."""
    config = settings(common, logged=False)
    if source is not None:
        return asyncio.run(_ask(common, source))
    sources = list(_sources(config))
    findings = [*_program(config), *_database(config.paths.db), *sources]
    bad = sum(kind == "BAD" for kind, _ in findings)
    missing = sum(kind == "none" for kind, _ in sources)
    if bad or not common.quiet:
        say(*(f" {kind:<5} {said}" for kind, said in findings))
        keys = f"{words.count(missing, 'optional key')} missing" if missing else "All keys are set"
        say(f"{keys}, {'nothing' if not bad else words.count(bad, 'thing')} broken.")
    return 8 if bad else 0


async def _ask(given: Common, name: str) -> int:
    async with answered(given, logged=False) as config:
        return await _asked(config, name)


async def _asked(config: Config, name: str) -> int:
    from mwi_crawl import sources
    from mwi_crawl.crawl import Engine
    from mwi_crawl.errors import InputError

    kinds = sources.discover()
    if name not in kinds:
        raise InputError(
            f"there is no source {name}.", safe="No request was sent.", todo=f"The sources are: {', '.join(kinds)}"
        )
    kind, its = kinds[name], config.sources[name]
    say(*_introduced(kind, its))
    if not its.enabled:
        say(f"off. {kind.why_off or 'Switched off in the settings.'}")
        return 3
    if kind.bulk:
        say(_bulk(config, kind)[1])
        return 0
    result = await Engine(config).probe(name)
    if result is None:
        say(no_key(config, kind))
        return 4
    code, said = judged(result)
    say(f"{said}{f'   {result.message}' if result.message else ''}   1 request   (exit code {code})")
    if code == 0:
        await _lift(config, name)
    return code


def _introduced(kind: type[Source], its: SourceSettings) -> Iterator[str]:
    """What a source brings, how it is treated, and what its terms ask for."""
    pace = f"at most {its.requests_per_second:g} requests/s to {its.base_url}"
    yield f"{kind.title}: adds {kind.adds or 'facts'}; {'files from ' + its.base_url if kind.bulk else pace}"
    if kind.attribution:
        yield f"Wherever its data is shown: {kind.attribution}"
    if kind.max_ttl_days is not None:
        yield f"By its terms nothing of it may be kept for more than {kind.max_ttl_days} days without asking again."


async def _lift(config: Config, name: str) -> None:
    """A source that answers again need not be left alone any longer."""
    from mwi_crawl.crawl import Engine
    from mwi_crawl.errors import BusyError

    if name not in closures(config.paths.db):
        return
    try:
        async with Engine(config) as engine:
            await engine.lift(name)
    except BusyError as busy:
        say(f"It was closed by an earlier run and stays so for now: {busy.happened}")
    else:
        say("It was closed by an earlier run; the next one may ask it again.")


def _program(config: Config) -> Iterator[Finding]:
    from importlib.metadata import version

    from mwi_crawl.config import origins

    python, sqlite = platform.python_version(), sqlite3.sqlite_version
    yield "ok", f"python {python}, sqlite {sqlite}, mwi-crawl {version('mwi-crawl')}"
    if sqlite3.sqlite_version_info < WAL_RESET_FIXED:
        yield (
            "note",
            f"sqlite {sqlite} has a rare fault when two programs write at once (mended in 3.51.3): "
            "do not edit the file during a crawl",
        )
    place = config.file or "no config.toml here, defaults apply"
    yield "ok", f"settings valid ({len(origins(config))}; {place})"
    yield from (("warn", warning) for warning in config.warnings)


def _database(path: Path) -> Iterator[Finding]:
    folder = path.resolve().parent
    if path.exists():
        yield _file(path)
    else:
        yield "none", f"{path}  -> made by mwi-crawl init, or by the first import"
    if not folder.is_dir():
        yield "BAD", f"the folder {folder} does not exist"
        return
    if not os.access(folder, os.W_OK):
        yield "BAD", f"{folder} cannot be written"
    free = shutil.disk_usage(folder).free
    yield "ok" if free > LITTLE_ROOM else "warn", f"disk {words.size(free)} free (about 40 MB for 1,000 films)"
    if (kind := _file_system(folder)) in NETWORK_FILE_SYSTEMS:
        yield "warn", f"{folder} is on a network file system ({kind}), where SQLite's log is unsafe; use a local disk"


def _file(path: Path) -> Finding:
    from mwi_crawl import schema
    from mwi_crawl.errors import StorageError
    from mwi_crawl.store import is_held

    try:
        with closing(schema.connect_readonly(path)) as db:
            try:
                problems = schema.check(db)
            except sqlite3.Error as error:
                raise schema.translate(error, path) from error
    except StorageError as problem:
        return "BAD", f"{problem.happened} {problem.todo}"
    if problems:
        return "BAD", f"{path} is damaged: {problems[0]}. See: mwi-crawl db check"
    if not os.access(path, os.W_OK):
        return "BAD", f"{path} cannot be written"
    busy = ", a run is at work on it" if is_held(path) else ""
    return "ok", f"{path}: schema {schema.latest()}, integrity ok, {words.size(path.stat().st_size)}{busy}"


def _sources(config: Config) -> Iterator[Finding]:
    from mwi_crawl import sources

    closed = closures(config.paths.db)
    able = looking.able(config)
    for name, kind in sources.discover().items():
        if able[name] == "off":
            yield "off", f"{name}  ({kind.why_off or 'switched off in the settings'})"
        elif able[name] == "bulk":
            yield _bulk(config, kind)
        elif able[name] == "no_key":
            yield "none", f"{' / '.join(kind.key_names)}  -> without it: no {kind.adds or 'facts of ' + kind.title}"
        elif name in closed:
            until, reason = words.moment(closed[name]["closed_until"]), closed[name]["reason"]
            why = words.CLOSED.get(reason, reason or "a run closed it")
            yield "warn", f"{name}: closed until {until} ({why}); ask it: mwi-crawl doctor {name}"
        else:
            pace = config.sources[name].requests_per_second
            yield "ok", f"{name}: {pace:g}/s; ask it: mwi-crawl doctor {name}"


def _bulk(config: Config, kind: type[Source]) -> Finding:
    """Whether the files about all films are there, how old they are, and whether they were used."""
    folder, path = config.paths.imdb_dumps, config.paths.db
    files = sorted(folder.glob("*.tsv.gz"))
    loaded = [row["loaded_at"] for row in asked(path, "read/datasets") if row["loaded_at"]]
    used = f"; loaded {words.age(min(loaded))} ago" if loaded else "; not loaded yet: mwi-crawl datasets load"
    if not files:
        add = f"  -> mwi-crawl datasets fetch brings {kind.adds or 'facts'} without a key" if not loaded else ""
        return "note", f"{kind.name}: no files in {folder}{used if loaded else ''}{add}"
    oldest = datetime.fromtimestamp(min(file.stat().st_mtime for file in files), UTC).isoformat()
    return "ok", f"{kind.name}: {words.count(len(files), 'file')} in {folder}, the oldest {words.age(oldest)} old{used}"


def closures(path: Path) -> dict[str, sqlite3.Row]:
    """The sources that earlier runs learnt to leave alone for now."""
    return {row["source"]: row for row in asked(path, "read/closed", now=iso(datetime.now(UTC)))}


def asked(path: Path, question: str, **values: object) -> list[sqlite3.Row]:
    """The answer of the file; none where it is not there or cannot be read, which is told elsewhere."""
    from mwi_crawl.errors import StorageError

    try:
        return looking.ask(path, question, values) if path.is_file() else []
    except StorageError:
        return []


def _file_system(folder: Path) -> str:
    """The kind of file system a folder is on, where the machine tells (Linux)."""
    try:
        mounts = [line.split() for line in MOUNTS.read_text(encoding="utf-8", errors="replace").splitlines()]
    except OSError:
        return ""
    fitting = [(len(mount[1]), mount[2]) for mount in mounts if folder.is_relative_to(mount[1])]
    return max(fitting, default=(0, ""))[1]
