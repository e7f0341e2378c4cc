"""`init`, `doctor`, `keys`, `config`: make a place for a history, and see that everything is in order."""

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

if TYPE_CHECKING:
    from mwi_crawl.config import Config
    from mwi_crawl.model import Result

IGNORED = (".env", "mwi.db*", "mwi-crawl.log*", "data/")
WAL_RESET_FIXED = (3, 51, 3)  # https://sqlite.org/wal.html#walresetbug
NETWORK_FILE_SYSTEMS = ("nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "9p")


@click.command()
@common
def init(common: Common) -> int:
    """Make config.toml, .env.example, .gitignore and the database in this folder. Leaves alone what exists."""
    from mwi_crawl.queries import shipped
    from mwi_crawl.store import Store

    done = [
        _create(Path("config.toml"), shipped("config.toml"), "every setting, commented, with its default"),
        _create(Path(".env.example"), shipped(".env.example"), "names of the optional keys"),
        _ignore(Path(".gitignore")),
    ]
    config = settings(common)
    path = config.paths.db
    existed = path.exists()

    async def make() -> tuple[int, int]:
        async with Store(path) as store:
            return store.migrated

    before, after = asyncio.run(make())
    if not existed:
        path.chmod(0o600)
        done.append(f"Created {path}  schema {after}")
    elif before != after:
        done.append(f"{path}: schema {before} -> {after} (a copy of the old file is beside it)")
    done = [line for line in done if line]
    for line in done or [
        "config.toml, .env.example, .gitignore and the database exist, left as they are. Nothing to do."
    ]:
        click.echo(line)
    found = ", ".join(config.reveal()) or "none; a free TMDb key brings posters, people, keywords, money"
    click.echo(f"Keys found: {found}.")
    click.echo("Next: export your ratings at https://www.imdb.com/list/ratings  ->  mwi-crawl import ratings.csv")
    return 0


@click.group()
def config() -> None:
    """The settings."""


@config.command("show")
@click.option("--origin", is_flag=True, help="Say where each value comes from.")
@common
def show(common: Common, origin: bool) -> int:
    """Every setting in force."""
    from mwi_crawl.config import origins

    rows = origins(settings(common))
    if origin:
        click.echo(words.table(rows, ("setting", "value", "origin")))
    else:
        click.echo("\n".join(f"{row.key} = {row.value}" for row in rows))
    return 0


@click.group()
def keys() -> None:
    """The keys of the upstreams. They live in the environment or in .env, never in the database."""


@keys.command("check")
@click.option("--source", "only", multiple=True, help="Only this source (may be repeated).")
@common
def check_keys(common: Common, only: tuple[str, ...]) -> int:
    """Send one request for each key that is set, and say whether it is taken."""
    from mwi_crawl import sources
    from mwi_crawl.crawl import Engine
    from mwi_crawl.model import Outcome

    found = settings(common)
    code = 0
    for name, source in sources.discover().items():
        if not source.key_names or (only and name not in only):
            continue
        result = asyncio.run(Engine(found).probe(name))
        if result is None:
            click.echo(f" {name:<11}none    {source.key_names[0]} is not set; a free key: {source.key_url}")
            code = 4 if only else code
            continue
        key = next(value for key_name, value in found.reveal().items() if key_name in source.key_names)
        said = _said(result)
        click.echo(f" {name:<11}{said:<8}key ...{key[-4:]}   1 request{_why(result)}")
        code = {Outcome.DENIED: 4, Outcome.OFFLINE: 9}.get(result.outcome, code)
    return code


@click.command()
@click.argument("source", required=False)
@common
def doctor(common: Common, source: str | None) -> int:
    """Look at everything a crawl needs. With SOURCE: ask that upstream one question."""
    from mwi_crawl import sources

    found = settings(common)
    if source is not None:
        return _doctor_source(found, source)
    click.echo("\n".join(_look_round(found)))
    missing = [
        kind for kind in sources.discover().values() if kind.key_names and kind().authorize(found.reveal()) is None
    ]
    click.echo(f"{words.count(len(missing), 'optional key')} missing." if missing else "All keys are set.")
    return 0


def _doctor_source(found: Config, name: str) -> int:
    from mwi_crawl import sources
    from mwi_crawl.crawl import Engine
    from mwi_crawl.errors import InputError

    kinds = sources.discover()
    if name not in kinds:
        raise InputError(f"there is no source {name}.", todo=f"The sources are: {', '.join(kinds)}")
    kind = kinds[name]
    click.echo(
        f"{kind.title}: adds {kind.adds or 'facts'}; at most {found.sources[name].requests_per_second:g} requests/s"
    )
    if kind.attribution:
        click.echo(kind.attribution)
    if not found.sources[name].enabled:
        click.echo(f"off. {kind.why_off}".rstrip())
        return 3
    result = asyncio.run(Engine(found).probe(name))
    if result is None:
        click.echo(f"no key: put {kind.key_names[0]}=... in .env; a free key: {kind.key_url}")
        return 4
    click.echo(f"{_said(result)}{_why(result)}")
    from mwi_crawl.model import Outcome

    return {Outcome.OK: 0, Outcome.DENIED: 4, Outcome.OFFLINE: 9}.get(result.outcome, 7)


def _look_round(found: Config) -> Iterator[str]:
    from importlib.metadata import version

    from mwi_crawl.config import origins

    python, sqlite = platform.python_version(), sqlite3.sqlite_version
    yield f" ok    python {python}, sqlite {sqlite}, mwi-crawl {version('mwi-crawl')}"
    if sqlite3.sqlite_version_info < WAL_RESET_FIXED:
        yield (
            f" note  sqlite {sqlite} has a rare fault when two programs write at once (mended in 3.51.3); "
            "mwi-crawl writes through one connection only: do not edit the file during a crawl"
        )
    place = found.file or "no config.toml, defaults apply"
    yield f" ok    settings valid ({len(origins(found))} settings; {place})"
    yield from (f" warn  {warning}" for warning in found.warnings)
    yield from _look_at_file(found.paths.db)
    yield from _look_at_sources(found)


def _look_at_file(path: Path) -> Iterator[str]:
    from mwi_crawl import schema
    from mwi_crawl.errors import StorageError
    from mwi_crawl.store import is_held

    folder = path.resolve().parent
    if not path.exists():
        yield f" none  {path}  -> made by `mwi-crawl init` or by the first import"
    else:
        try:
            with closing(schema.connect_readonly(path)) as db:
                problems = schema.check(db)
            state = "integrity ok" if not problems else f"DAMAGED: {problems[0]}"
            busy = ", in use by a run" if is_held(path) else ""
            size = words.size(path.stat().st_size)
            yield f" {'ok   ' if not problems else 'BAD  '} {path}: schema {schema.latest()}, {state}, {size}{busy}"
        except StorageError as problem:
            yield f" BAD   {problem.happened} {problem.todo}"
    if not os.access(folder, os.W_OK):
        yield f" BAD   {folder} cannot be written"
    free = shutil.disk_usage(folder).free
    yield f" {'ok   ' if free > 500_000_000 else 'warn '} disk {words.size(free)} free (about 40 MB for 1,000 films)"
    if (kind := _file_system(folder)) in NETWORK_FILE_SYSTEMS:
        yield f" warn  {folder} is on a network file system ({kind}), where SQLite's log is unsafe; use a local disk"


def _look_at_sources(found: Config) -> Iterator[str]:
    from mwi_crawl import sources

    for name, kind in sources.discover().items():
        settings_ = found.sources[name]
        if not settings_.enabled:
            yield f" off   {name}  ({kind.why_off or 'switched off in the settings'})"
        elif kind().authorize(found.reveal()) is None:
            yield f" none  {' / '.join(kind.key_names)}  -> without it: no {kind.adds}"
        else:
            yield f" ok    {name}: {settings_.requests_per_second:g}/s; ask it: mwi-crawl doctor {name}"


def _file_system(folder: Path) -> str:
    """The kind of file system a folder is on, where the machine tells (Linux)."""
    try:
        mounts = [line.split() for line in Path("/proc/mounts").read_text(encoding="utf-8").splitlines()]
    except OSError:
        return ""
    fitting = [(len(mount[1]), mount[2]) for mount in mounts if folder.is_relative_to(mount[1])]
    return max(fitting, default=(0, ""))[1]


def _said(result: Result) -> str:
    from mwi_crawl.model import Outcome

    words_ = {Outcome.OK: "ok", Outcome.DENIED: "reject", Outcome.OFFLINE: "offline"}
    return words_.get(result.outcome, str(result.outcome))


def _why(result: Result) -> str:
    return f"   {result.message}" if result.message else ""


def _create(path: Path, text: str, what: str) -> str:
    if path.exists():
        return ""
    path.write_text(text, encoding="utf-8")
    return f"Created {path}  {what}"


def _ignore(path: Path) -> str:
    there = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    missing = [line for line in IGNORED if line not in there]
    if not missing:
        return ""
    path.write_text("\n".join([*there, *missing, ""]), encoding="utf-8")
    return f".gitignore  added: {', '.join(missing)}"
