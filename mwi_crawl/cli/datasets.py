"""`datasets`: IMDb's own files, downloaded, and what they say of our films taken into the database."""

from __future__ import annotations

import asyncio
import shlex
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mwi_crawl.cli import words
from mwi_crawl.cli.options import Common, common, json_option, settings
from mwi_crawl.cli.terminal import on_terminal, print_json, say
from mwi_crawl.errors import InputError, SourceOffError, StorageError

if TYPE_CHECKING:
    from tqdm import tqdm

    from mwi_crawl.config import Config
    from mwi_crawl.datasets.loading import Loaded
    from mwi_crawl.datasets.partial import Fetched
    from mwi_crawl.datasets.tsv import Progress

NAME = 17  # columns for a file's name
SHOWN_IDS = 10  # ids printed that the datasets do not have; all of them are in --json and in the table jobs

in_folder = click.option(
    "--dir", "folder", type=click.Path(path_type=Path), help="Where the files are; else as [paths] imdb_dumps says."
)
once_more = click.option("--again", is_flag=True, help="Read also files that have not changed since they were loaded.")
silent = click.option("--no-progress", is_flag=True, help="No bars.")


@dataclass(slots=True)
class Summary:
    """What came of a command."""

    folder: str
    titles: int = 0
    fetched: list[Fetched] = field(default_factory=list)
    files: list[Loaded] = field(default_factory=list)
    not_in_dataset: list[str] = field(default_factory=list)
    grew_bytes: int = 0


@click.group()
def datasets() -> None:
    """IMDb's free files: ratings, runtimes, crew and cast without a key.

    For personal and non-commercial use only.
    """


@datasets.command()
@in_folder
@click.option("--no-load", is_flag=True, help="Only download.")
@once_more
@json_option
@silent
@common
def fetch(common: Common, folder: Path | None, no_load: bool, again: bool, as_json: bool, no_progress: bool) -> int:
    """Download the files, then load them.

    A cut download goes on where it stopped, and what has not changed is not sent again.
    """
    config = settings(common)
    voice = Voice(common, as_json=as_json, no_progress=no_progress)
    source = config.sources["imdb_datasets"]
    if not source.enabled:
        raise SourceOffError(
            'source "imdb_datasets" is off.',
            safe="Nothing was fetched; your data is unchanged.",
            todo="To switch it on: [sources.imdb_datasets] enabled = true in config.toml",
        )
    if common.db is not None and not no_load:
        _see_database(config.paths.db)  # before hours of downloading
    summary = Summary(str(folder or config.paths.imdb_dumps))
    host = source.base_url.partition("://")[2]
    voice.say(f"IMDb non-commercial datasets (personal use only), from {host}")
    Path(summary.folder).mkdir(parents=True, exist_ok=True)
    asyncio.run(fetch_files(config, summary, voice))
    if no_load or not config.paths.db.is_file():
        first = "" if config.paths.db.is_file() else f"mwi-crawl import ratings.csv{common.again}   then: "
        return voice.end(summary, f"Next: {first}mwi-crawl datasets load{_dir(folder)}{common.again}")
    return _loaded(common, config, summary, voice, again=again)


@datasets.command()
@in_folder
@once_more
@json_option
@silent
@common
def load(common: Common, folder: Path | None, again: bool, as_json: bool, no_progress: bool) -> int:
    """Take what the files say of your films into the database.

    Each file is read once, whatever its size; rows about other films stay where they are. Files that have not changed
    since they were loaded, about the same films, are passed over.
    """
    config = settings(common)
    _see_database(config.paths.db)
    voice = Voice(common, as_json=as_json, no_progress=no_progress)
    return _loaded(common, config, Summary(str(folder or config.paths.imdb_dumps)), voice, again=again)


def _loaded(given: Common, config: Config, summary: Summary, voice: Voice, *, again: bool) -> int:
    before = config.paths.db.stat().st_size
    asyncio.run(load_files(config, summary, voice, again=again))
    summary.grew_bytes = config.paths.db.stat().st_size - before
    if not summary.titles:
        return voice.end(
            summary,
            "No film with an IMDb id is known yet: nothing to look for.",
            f"Next: mwi-crawl import ratings.csv{given.again}",
        )
    code = voice.end(summary, *_ending(config.paths.db, summary), f"Next: mwi-crawl full{given.again}")
    if problems := [file.problem for file in summary.files if file.problem is not None]:
        raise InputError("\n".join(each.happened for each in problems), safe=problems[0].safe, todo=problems[0].todo)
    return code


async def fetch_files(config: Config, summary: Summary, voice: Voice) -> None:
    """Download what has changed into the summary's folder."""
    from datetime import UTC, datetime

    from mwi_crawl.datasets import loading
    from mwi_crawl.datasets.download import Downloader
    from mwi_crawl.settle import iso
    from mwi_crawl.sources.imdb_datasets import FILES
    from mwi_crawl.store import Store

    folder = Path(summary.folder)
    engine, base_url = config.engine, config.sources["imdb_datasets"].base_url
    async with Downloader(base_url, engine.user_agent, engine.timeout_seconds) as them:
        for file in FILES:
            with voice.bar(file.name) as bar:
                came = await them.fetch(folder / file.file_name, bar.bytes)
            summary.fetched.append(came)
            voice.say(_downloaded(file.name, came))
    if config.paths.db.is_file():
        async with Store(config.paths.db, busy_seconds=engine.busy_wait_seconds) as store:
            await store.transact(loading.remember, summary.fetched, iso(datetime.now(UTC)))


async def load_files(config: Config, summary: Summary, voice: Voice, *, again: bool) -> None:
    """Take what the files of the summary's folder say of our films into the database."""
    from datetime import UTC, datetime

    from mwi_crawl import plan
    from mwi_crawl.datasets import loading
    from mwi_crawl.model import Seed
    from mwi_crawl.settle import iso
    from mwi_crawl.store import Store

    async with Store(config.paths.db, busy_seconds=config.engine.busy_wait_seconds) as store:
        seeds = [Seed({"imdb": value}) for value in config.ingest.imdb_ids]
        await store.transact(plan.follow, seeds, iso(datetime.now(UTC)))
        summary.titles = len(set((await store.read(loading.films)).values()))
        if not summary.titles:
            return
        with voice.bar("") as bar:
            found = loading.load(store, Path(summary.folder), again=again, tell=bar.rows)
            voice.say(f"Reading once, keeping only rows about your {words.count(summary.titles, 'title')}:")
            async for came in found:
                bar.close()
                summary.files.append(came)
                voice.say(_line(came))
        summary.not_in_dataset = await store.read(loading.absent)


class Voice:
    """Says how things go: sentences to stdout, unless that is for JSON, and bars on a terminal."""

    def __init__(self, given: Common, *, as_json: bool, no_progress: bool) -> None:
        self._as_json, self._quiet = as_json, given.quiet
        self._bars = on_terminal("stderr") and not (given.quiet or given.logs_aloud or no_progress)

    def say(self, *lines: str) -> None:
        """Sentences for a person."""
        if not self._quiet:
            say(*lines, err=self._as_json)

    def bar(self, name: str) -> Bar:
        """A bar for one file."""
        return Bar(name, shown=self._bars)

    def end(self, summary: Summary, *lines: str) -> int:
        """The end, in words or as JSON. Returns the exit code."""
        if self._as_json:
            print_json(_as_dict(summary))
        else:
            self.say(*lines)
        return 0


class Bar:
    """How far one file is, on a terminal; made when the first is heard of it, gone when it is done."""

    def __init__(self, name: str, *, shown: bool) -> None:
        self._name, self._shown = name, shown
        self._bar: tqdm[Any] | None = None
        self._began = 0.0

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def bytes(self, have: int, size: int | None) -> None:
        """Bytes that are there, and of how many."""
        self._show(self._name, have, size)

    def rows(self, name: str, progress: Progress) -> None:
        """Rows read of a file."""
        self._show(name, progress.read, progress.size)
        have_all = progress.read == progress.size
        if self._bar is not None:
            seconds = time.monotonic() - self._began
            self._bar.set_postfix_str(f"{progress.rows / max(seconds, 0.001) / 1e6:.1f} M rows/s", refresh=have_all)

    def close(self) -> None:
        """Make room for what is said next."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def _show(self, name: str, have: int, size: int | None) -> None:
        if not self._shown:
            return
        if self._bar is None:
            from tqdm import tqdm

            tqdm.monitor_interval = 0
            self._began = time.monotonic()
            self._bar = tqdm(
                total=size, desc=f" {name:<{NAME}}", unit="B", unit_scale=True, leave=False, ascii=".#",
                file=sys.stderr, dynamic_ncols=True, initial=have,
            )  # fmt: skip
        self._bar.update(have - self._bar.n)


def _see_database(path: Path) -> None:
    if not path.is_file():
        raise StorageError(f"{path} does not exist.", safe="Nothing was changed.", todo="Make it with: mwi-crawl init")


def _downloaded(name: str, came: Fetched) -> str:
    how = "downloaded" if came.changed else "not modified"
    went_on = f", from {words.size(came.resumed_at)} on" if came.resumed_at else ""
    return f" {name:<{NAME}} {words.size(came.size):>8}   {how}{went_on}"


def _line(came: Loaded) -> str:
    said = {"missing": "not there", "damaged": "not used, see below", "unchanged": "unchanged, not read again"}
    odd = f"   {words.count(came.odd, 'row')} of another shape passed over" if came.odd else ""
    read = f"{came.rows:>13,} rows read, {came.kept:,} kept   {words.duration(came.seconds)}{odd}"
    return f" {came.name:<{NAME}} {said.get(came.state, read)}"


def _ending(path: Path, summary: Summary) -> Iterator[str]:
    ids = summary.not_in_dataset
    if summary.grew_bytes > 0:
        yield f"{path.name} grew by {words.size(summary.grew_bytes)}."
    if not ids:
        yield "All your ids are in the datasets."
    else:
        more = f" … and {len(ids) - SHOWN_IDS:,} more (--json lists all)" if len(ids) > SHOWN_IDS else ""
        are = "is" if len(ids) == 1 else "are"
        yield f"{len(ids):,} of your ids {are} not in the dataset: {', '.join(ids[:SHOWN_IDS])}{more}"


def _as_dict(summary: Summary) -> dict[str, object]:
    files = [{**_fields(file), "problem": file.problem and file.problem.happened} for file in summary.files]
    return {**_fields(summary), "fetched": [_fields(each) for each in summary.fetched], "files": files}


def _fields(each: Summary | Loaded | Fetched) -> dict[str, object]:
    """By name, and not copied: an exception among them cannot be."""
    return {one.name: getattr(each, one.name) for one in fields(each)}


def _dir(folder: Path | None) -> str:
    return "" if folder is None else f" --dir {shlex.quote(str(folder))}"
