"""`doctor`: look at everything a crawl needs, and say what is missing and what that costs."""

from __future__ import annotations

import asyncio
import os
import platform
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mwi_crawl.cli import words
from mwi_crawl.cli.options import Common, common, settings
from mwi_crawl.cli.setting_up import judged
from mwi_crawl.cli.terminal import say

if TYPE_CHECKING:
    from mwi_crawl.config import Config

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
        return _ask(config, source)
    sources = list(_sources(config))
    findings = [*_program(config), *_database(config.paths.db), *sources]
    bad = sum(kind == "BAD" for kind, _ in findings)
    missing = sum(kind == "none" for kind, _ in sources)
    if bad or not common.quiet:
        say(*(f" {kind:<5} {said}" for kind, said in findings))
        keys = f"{words.count(missing, 'optional key')} missing" if missing else "All keys are set"
        say(f"{keys}, {'nothing' if not bad else words.count(bad, 'thing')} broken.")
    return 8 if bad else 0


def _ask(config: Config, name: str) -> int:
    from mwi_crawl import sources
    from mwi_crawl.crawl import Engine
    from mwi_crawl.errors import InputError

    kinds = sources.discover()
    if name not in kinds:
        raise InputError(
            f"there is no source {name}.", safe="No request was sent.", todo=f"The sources are: {', '.join(kinds)}"
        )
    kind, its = kinds[name], config.sources[name]
    say(f"{kind.title}: adds {kind.adds or 'facts'}; at most {its.requests_per_second:g} requests/s to {its.base_url}")
    say(*filter(None, [kind.attribution]))
    if not its.enabled:
        say(f"off. {kind.why_off or 'Switched off in the settings.'}")
        return 3
    result = asyncio.run(Engine(config).probe(name))
    if result is None:
        say(f"no key: put {kind.key_names[0]}=... in .env; a free key: {kind.key_url}")
        return 4
    code, said = judged(result)
    say(f"{said}{f'   {result.message}' if result.message else ''}   1 request   (exit code {code})")
    return code


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

    for name, kind in sources.discover().items():
        its = config.sources[name]
        if not its.enabled:
            yield "off", f"{name}  ({kind.why_off or 'switched off in the settings'})"
        elif kind().authorize(config.reveal()) is None:
            yield "none", f"{' / '.join(kind.key_names)}  -> without it: no {kind.adds or 'facts of ' + kind.title}"
        else:
            yield "ok", f"{name}: {its.requests_per_second:g}/s; ask it: mwi-crawl doctor {name}"


def _file_system(folder: Path) -> str:
    """The kind of file system a folder is on, where the machine tells (Linux)."""
    try:
        mounts = [line.split() for line in MOUNTS.read_text(encoding="utf-8", errors="replace").splitlines()]
    except OSError:
        return ""
    fitting = [(len(mount[1]), mount[2]) for mount in mounts if folder.is_relative_to(mount[1])]
    return max(fitting, default=(0, ""))[1]
