"""What `doctor` finds out about a machine and a file without asking anybody. Every finding is one line."""

from __future__ import annotations

import os
import platform
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from mwi_crawl.cli import looking, words
from mwi_crawl.settle import iso

if TYPE_CHECKING:
    from mwi_crawl.config import Config

WAL_RESET_FIXED = (3, 51, 3)  # https://sqlite.org/wal.html#walresetbug
SILENT = 60.0  # seconds without a sign of life after which a run is not well
OFF_BY = timedelta(minutes=5)  # that a clock may be wrong
STORAGE = 8  # exit code


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of one thing. `kind` is ok, warn, fail, none (not there, and not needed) or off.

    `code` is the exit code that a failure asks for.
    """

    kind: str
    about: str
    said: str
    code: int = 0


def fail(about: str, said: str, code: int = STORAGE) -> Finding:
    """What no crawl can do with."""
    return Finding("fail", about, said, code)


def program(config: Config) -> Iterator[Finding]:
    """The program and its settings."""
    from importlib.metadata import version

    from mwi_crawl.config import origins

    python, sqlite = platform.python_version(), sqlite3.sqlite_version
    yield Finding("ok", "program", f"python {python}, sqlite {sqlite}, mwi-crawl {version('mwi-crawl')}")
    if sqlite3.sqlite_version_info < WAL_RESET_FIXED:
        fault = f"sqlite {sqlite} has a rare fault when two programs write at once (mended in 3.51.3)"
        yield Finding("warn", "sqlite", f"{fault}: do not edit the file during a crawl")
    place = config.file or "no config.toml here, defaults apply"
    yield Finding("ok", "settings", f"settings valid ({len(origins(config))}; {place})")
    yield from (Finding("warn", "settings", warning) for warning in config.warnings)


def place(config: Config) -> Iterator[Finding]:
    """The folder of the database, and the room that is left there."""
    from mwi_crawl import schema
    from mwi_crawl.crawl import BYTES_PER_FILM, BYTES_WITHOUT_BODIES, ROOM

    path, folder = config.paths.db, config.paths.db.resolve().parent
    if not folder.is_dir():
        yield fail("folder", f"the folder {folder} does not exist")
        return
    if not os.access(folder, os.W_OK):
        yield fail("folder", f"{folder} cannot be written")
    films = sum(row[0] for row in asked(path, "read/followed")) or 1000
    able = sum(what == "able" for what in looking.able(config).values())
    needed = films * able * (BYTES_PER_FILM if config.engine.keep_bodies else BYTES_WITHOUT_BODIES) + ROOM
    free = shutil.disk_usage(folder).free
    said = f"disk {words.size(free)} free (a full run of {words.count(films, 'film')} asks for {words.size(needed)})"
    yield fail("disk", said) if free < ROOM else Finding("ok" if free >= needed else "warn", "disk", said)
    if kind := schema.network(folder):
        said = f"{folder} is on a network file system ({kind}), where SQLite's log is unsafe; use a local disk"
        yield Finding("warn", "network", said)


def database(path: Path, now: datetime) -> Iterator[Finding]:
    """The file itself: sound or not, who is at work on it, its log, its copies, its times."""
    if not path.exists():
        yield Finding("none", "database", f"{path}  -> made by mwi-crawl init, or by the first import")
        return
    whole = _file(path)
    yield whole
    if whole.kind == "ok":
        yield from _run(path, now)
        yield from _log(path)
        yield from _clock(path, now)
        yield _copies(path)


def _file(path: Path) -> Finding:
    from mwi_crawl import schema
    from mwi_crawl.errors import StorageError

    try:
        if 0 < (found := _version(path)) < schema.latest():
            said = f"{path}: schema {found}, this program writes {schema.latest()}: the next command that writes"
            return Finding("warn", "database", f"{said} brings it up to date and keeps a copy (mwi-crawl init does)")
        with closing(schema.connect_readonly(path)) as db:
            try:
                problems = schema.check(db)
            except sqlite3.Error as error:
                raise schema.translate(error, path) from error
    except StorageError as problem:
        return fail("database", f"{problem.happened} {problem.todo}")
    if problems:
        return fail("database", f"{path} is damaged: {problems[0]}. See: mwi-crawl db check")
    if not os.access(path, os.W_OK):
        return fail("database", f"{path} cannot be written")
    size = words.size(path.stat().st_size)
    return Finding("ok", "database", f"{path}: schema {schema.latest()}, integrity ok, {size}")


def _version(path: Path) -> int:
    """The schema of a file, whichever; 0 where that cannot be read."""
    from mwi_crawl import schema

    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as db:
            return schema.version(db)
    except sqlite3.Error:
        return 0


def _run(path: Path, now: datetime) -> Iterator[Finding]:
    """A run that is at work, one that hangs, and one that never ended."""
    from mwi_crawl.store import is_held

    held = is_held(path)  # before the run is read: one that ends between the two must not look like one that died
    run = next(iter(asked(path, "read/running")), None)
    if run is None:
        if held:
            yield Finding("ok", "run", "another command is writing the file just now")
        return
    what = f"run {run['run_id']}, process {run['pid']} on {run['host']}"
    beat = f"last sign of life {words.age(run['heartbeat_at'], now)} ago"
    if not held:
        go_on = f"mwi-crawl {words.resumable(run['kind'])} --resume"
        yield Finding("warn", "run", f"{what}, did not end ({beat}); what it finished is safe; go on with: {go_on}")
    elif _old(run["heartbeat_at"], now) > SILENT:
        yield Finding("warn", "run", f"{what}, holds the file and may hang: {beat}")
    else:
        yield Finding("ok", "run", f"{what}, is at work, {beat}")


def _old(at: str | None, now: datetime) -> float:
    return (now - datetime.fromisoformat(at)).total_seconds() if at else 0.0


def _log(path: Path) -> Iterator[Finding]:
    from mwi_crawl.store import LARGE_LOG

    log = Path(f"{path}-wal")
    size = log.stat().st_size if log.exists() else 0
    if size > LARGE_LOG:
        why = "another program keeps reading an old state of the file; close it"
        yield Finding("warn", "log", f"the log {log} has grown to {words.size(size)}: {why}")


def _clock(path: Path, now: datetime) -> Iterator[Finding]:
    """Whether the file knows of a later time than this machine."""
    newest = next(iter(asked(path, "read/newest")), {"at": None})["at"]
    if newest and (ahead := datetime.fromisoformat(newest) - now) > OFF_BY:
        said = f"the file speaks of {words.moment(newest)}, {words.duration(ahead.total_seconds())} from now"
        yield Finding("warn", "clock", f"{said}: this machine's clock is slow, or was fast when that was written")


def _copies(path: Path) -> Finding:
    copies = sorted(path.parent.glob(f"{path.name}.bak-*"), key=lambda copy: copy.stat().st_mtime)
    if not copies:
        return Finding("none", "copy", f"no copy of {path.name}  -> mwi-crawl db backup makes one")
    made = iso(datetime.fromtimestamp(copies[-1].stat().st_mtime, UTC))
    return Finding("ok", "copy", f"last copy: {copies[-1].name}, {words.age(made)} old")


def drift(date: str | None, now: datetime, host: str) -> Finding | None:
    """How far the clock is off, by an answer's Date header as it came; None where that tells nothing."""
    from email.utils import parsedate_to_datetime

    try:
        told = parsedate_to_datetime(date or "")
        told = told if told.tzinfo else told.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    seconds = (now - told).total_seconds()
    if abs(seconds) <= OFF_BY.total_seconds():
        return Finding("ok", "clock", f"clock within {max(1, round(abs(seconds)))} s of {host}")
    way = "fast" if seconds > 0 else "slow"
    said = f"this machine's clock is {words.duration(abs(seconds))} {way}, by {host}"
    return Finding("warn", "clock", f"{said}: quotas and what is due follow it; set it right")


def asked(path: Path, question: str, **values: object) -> list[sqlite3.Row]:
    """The answer of the file; none where it is not there or cannot be read, which is told elsewhere."""
    from mwi_crawl.errors import StorageError

    try:
        return looking.ask(path, question, values) if path.is_file() else []
    except StorageError:
        return []
