"""The package for scripts: what the commands do, as functions of an open Engine (docs/library.md).

    config = load_config(paths={"db": "films.db"})
    async with Engine(config) as engine:
        await import_file(engine, "ratings.csv")
        report = await engine.full()
        await build_tables(engine)

Everything here is imported from `mwi_crawl` itself, which loads it when it is first asked for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from mwi_crawl import config, ingest, reparse, sources
from mwi_crawl.aggregate import Built, making
from mwi_crawl.config import Config
from mwi_crawl.crawl import Engine
from mwi_crawl.errors import (
    BusyError,
    ConfigError,
    DiskFullError,
    InputError,
    KeyMissingError,
    MwiError,
    OfflineError,
    SourceOffError,
    StorageError,
)
from mwi_crawl.importer import ImportOptions, InputFile
from mwi_crawl.ingest import Imported, Owner
from mwi_crawl.model import MediaType, Outcome, Result, RunStatus
from mwi_crawl.plan import Cost, Scope
from mwi_crawl.reparse import Counts
from mwi_crawl.report import LaneReport, Report
from mwi_crawl.settle import iso

__all__ = [
    "Built",
    "BusyError",
    "Config",
    "ConfigError",
    "Cost",
    "Counts",
    "DiskFullError",
    "Engine",
    "Imported",
    "InputError",
    "KeyMissingError",
    "LaneReport",
    "MediaType",
    "MwiError",
    "OfflineError",
    "Outcome",
    "Report",
    "Result",
    "RunStatus",
    "Scope",
    "SourceOffError",
    "StorageError",
    "build_tables",
    "import_file",
    "load_config",
    "parse_again",
]


def load_config(
    path: str | Path | None = None, *, environ: Mapping[str, str] | None = None, **tables: Mapping[str, object]
) -> Config:
    """The settings as a command would find them in the current folder; no file is needed.

    `tables` win over everything else and are named and nested as in config.toml: `paths={"db": "films.db"}`,
    `sources={"tmdb": {"enabled": False}}`. Below them come the environment (`MWI_…` and the keys), `.env`, config.toml
    and the defaults. `path` names another config.toml, which must exist; `environ` takes the place of the environment.
    Raises ConfigError with every problem there is.
    """
    named = None if path is None else Path(path)
    return config.load(sources.discover(), path=named, overrides=tables, environ=environ)


async def import_file(
    engine: Engine,
    path: str | Path,
    *,
    user: str = "me",
    cohort: str | None = None,
    scale: float | None = None,
    include: Iterable[MediaType] | None = None,
) -> list[Imported]:
    """Read one file of any kind that `mwi-crawl import` recognizes but for saved pages: exports, ratings, plain ids.

    `user`: whose file it is, where it does not say so itself. `cohort`: a group that the people of the file join.
    `scale`: the best possible rating (5, 10 …) of a file of ratings that does not show it. `include`: the kinds of
    title that are crawled, as `[ingest] include` of the settings if None.

    Returns one Imported for each table of the file. All of the file is stored, or nothing: raises OSError if it cannot
    be opened, InputError if it is of no known kind or damaged, StorageError.
    """
    from mwi_crawl import importers  # here, because a script that only crawls needs none of them

    file = InputFile.at(Path(path))
    kinds = engine.config.ingest.include if include is None else include
    owner = Owner(user, cohort, frozenset(MediaType(kind) for kind in kinds))
    _, tables = await asyncio.to_thread(importers.sniff, file, ImportOptions(scale))
    return await engine.store.transact(ingest.ingest, file, tables, owner, iso(datetime.now(UTC)))


async def build_tables(engine: Engine, only: Sequence[str] = ()) -> list[Built]:
    """Make the tables for people, as `mwi-crawl aggregate` does: all, or `only` these and what they read.

    All change in one transaction: whoever reads meanwhile sees the old tables or the new, and cancelling leaves the
    old. Returns what became of each: where `skipped` is not None, that is why a table was left out, and where `fault`
    is true too, it was a file of one's own in `sql/user` (below the data folder) that could not be run.
    Raises InputError if there is no such table, StorageError.
    """
    return await making.make(engine.store, engine.config, only)


async def parse_again(engine: Engine, *, everything: bool = False, accept_losses: bool = False) -> dict[str, Counts]:
    """Read kept answers again, as `mwi-crawl reparse` does: what another version of a parser read, or `everything`.

    Sends nothing. Rows that the parser does not find any more stay, unless `accept_losses`. Returns what became of the
    answers of each source that had any to read; cancelled, it has stored what was read by then. Raises StorageError.
    """
    own = engine.config.sources
    known = {
        name: kind({**own[name].options, "ttl_days": own[name].ttl_days}) for name, kind in sources.discover().items()
    }
    return await reparse.reparse(engine.store, known, everything=everything, accept_losses=accept_losses)
