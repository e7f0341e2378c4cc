"""`init`, `config`, `keys`: make a place for a history, and see which settings and keys are in force."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mwi_crawl.cli.looking import quota_of, quotas
from mwi_crawl.cli.options import Common, common, settings
from mwi_crawl.cli.terminal import print_table, say
from mwi_crawl.errors import InputError, StorageError
from mwi_crawl.settle import iso

if TYPE_CHECKING:
    from mwi_crawl.config import Config
    from mwi_crawl.model import Result
    from mwi_crawl.source import Source

IGNORED = (".env", "mwi.db*", "mwi-crawl.log*", "data/")
SHOWN_FROM = 8  # characters; the last four of a shorter key would tell too much of it


@click.command()
@common
def init(common: Common) -> int:
    """Make config.toml, .env.example, .gitignore and the database in this folder. Leaves alone what exists."""
    from mwi_crawl.queries import shipped

    folder = Path.cwd()
    try:
        made = [
            _create(Path("config.toml"), _settings_file(), "every setting, commented, with its default"),
            _create(Path(".env.example"), shipped(".env.example"), "names of the optional keys"),
            _ignore(Path(".gitignore")),
        ]
    except OSError as error:
        raise StorageError(
            f"cannot write into {folder} ({error.strerror}).",
            safe="No file was changed.",
            todo="Choose another folder.",
        ) from error
    config = settings(common)
    made.append(_make_database(config))
    lines = [f"{what:<22}{rest}" for what, rest in filter(None, made)]
    if not common.quiet:
        say(
            *lines or ["config.toml, .env.example, .gitignore and the database exist, left as they are. Nothing to do."]
        )
        found = ", ".join(config.reveal()) or "none. A free TMDb key brings people, posters, keywords, money"
        say(f"Keys found: {found}.")
        say("Next: export your ratings at https://www.imdb.com/list/ratings  ->  mwi-crawl import ratings.csv")
    return 0


def _settings_file() -> str:
    """The config.toml that came with the program, with the sources it does not name."""
    from mwi_crawl import sources
    from mwi_crawl.config import completed, defaults
    from mwi_crawl.queries import shipped

    return completed(shipped("config.toml"), defaults(sources.discover()))


def _make_database(config: Config) -> tuple[str, str] | None:
    from mwi_crawl.store import Store

    path = config.paths.db
    existed = path.exists()

    async def make() -> tuple[int, int]:
        async with Store(path, busy_seconds=config.engine.busy_wait_seconds) as store:
            return store.migrated

    before, after = asyncio.run(make())
    if not existed:
        return f"Created {path}", f"schema {after}"
    return (str(path), f"schema {before} -> {after}, a copy of the old file is beside it") if before != after else None


def _create(path: Path, text: str, what: str) -> tuple[str, str] | None:
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        return None
    return f"Created {path}", what


def _ignore(path: Path) -> tuple[str, str] | None:
    there = path.read_text(encoding="utf-8", errors="surrogateescape") if path.exists() else ""
    missing = [line for line in IGNORED if line not in there.splitlines()]
    if not missing:
        return None
    with path.open("a", encoding="utf-8") as file:
        file.write("".join(["\n" if there and not there.endswith("\n") else "", *(f"{line}\n" for line in missing)]))
    return str(path), f"added: {', '.join(missing)}"


@click.group()
def config() -> None:
    """The settings."""


@config.command("show")
@click.option("--origin", is_flag=True, help="Say where each value comes from.")
@common
def show(common: Common, origin: bool) -> int:
    """Every setting in force; of keys only whether they are set."""
    from mwi_crawl.config import origins

    rows = origins(settings(common, logged=False))
    if origin:
        print_table(rows, ("setting", "value", "origin"))
    else:
        say(*(f"{row.key} = {row.value}" for row in rows))
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
    from mwi_crawl.report import PRECEDENCE

    found = settings(common, logged=False)
    kinds = sources.discover()
    if unknown := set(only) - kinds.keys():
        raise InputError(
            f"there is no source {', '.join(sorted(unknown))}.",
            safe="No request was sent.",
            todo=f"The sources are: {', '.join(kinds)}",
        )
    asked = [kind for name, kind in kinds.items() if kind.key_names and (not only or name in only)]
    codes = {_check_key(common, found, kind, named=bool(only)) for kind in asked}
    return next((code for code in PRECEDENCE if code in codes), 0)


def _check_key(given: Common, config: Config, kind: type[Source], *, named: bool) -> int:
    """Say whether a key is taken. Returns the exit code; a missing one is a fault only where it was asked about."""
    from mwi_crawl.choice import misshapen
    from mwi_crawl.crawl import Engine

    result = asyncio.run(Engine(config).probe(kind.name))
    if result is None:
        wrong = misshapen(kind, config.reveal()) is not None
        if wrong or named or not given.quiet:
            say(f" {kind.name:<11}{'wrong' if wrong else 'none':<9}{no_key(config, kind)}")
        return 4 if wrong or named else 0
    code, said = judged(result)
    if code or not given.quiet:
        todo = f"   Copy it again from {kind.key_url}" if code == 4 else ""
        why = f"   {result.message}" if result.message else ""
        used = _used(config, kind.name)
        say(f" {kind.name:<11}{said:<9}{_shown_key(config, kind)}   1 request{used}{why}{todo}")
    return code


def no_key(config: Config, kind: type[Source]) -> str:
    """Why a source has no key, what that costs, and where there is one."""
    from mwi_crawl.choice import misshapen

    if name := misshapen(kind, config.reveal()):
        return f"what {name} holds is not of the shape of a key; copy it again from {kind.key_url}"
    without = f"; without it: no {kind.adds}" if kind.adds else ""
    return f"{kind.key_names[0]} is not set{without}; a free key: {kind.key_url}"


def _shown_key(config: Config, kind: type[Source]) -> str:
    """A key by its variable and its last four characters."""
    secrets = config.reveal()
    name = next(name for name in kind.key_names if name in secrets)
    key = secrets[name]
    return f"{name} {f'...{key[-4:]}' if len(key) >= SHOWN_FROM else '(short)'}"


def _used(config: Config, source: str) -> str:
    """What is used of a quota, as far as this file knows."""
    try:
        quota = quotas(config.paths.db, iso(datetime.now(UTC))).get(source) if config.paths.db.is_file() else None
    except StorageError:  # the file is not what this command is about
        return ""
    return f"   {quota_of(quota)}, as counted here" if quota else ""


def judged(result: Result) -> tuple[int, str]:
    """What a probe's answer means: the exit code, and a word."""
    from mwi_crawl.model import Outcome

    known = {Outcome.OK: (0, "ok"), Outcome.DENIED: (4, "reject"), Outcome.OFFLINE: (9, "offline")}
    known |= {Outcome.SPENT: (6, "spent"), Outcome.REFUSED: (6, "wait"), Outcome.RETRY: (6, "fault")}
    return known.get(result.outcome, (7, str(result.outcome)))
