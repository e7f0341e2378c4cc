"""`import`: files in, films and what people said of them in the database."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mwi_crawl.cli import words
from mwi_crawl.cli.options import Common, common, json_option, settings
from mwi_crawl.cli.terminal import print_json, say
from mwi_crawl.errors import InputError

if TYPE_CHECKING:
    from mwi_crawl.config import Config
    from mwi_crawl.importer import ImportOptions, InputFile
    from mwi_crawl.ingest import Imported, Owner
    from mwi_crawl.saved_files import SavedFile
    from mwi_crawl.saved_pages import Fate, Taken
    from mwi_crawl.source import Source

PAGES = "pages"
KINDS = ("imdb", "letterboxd", "ratings", "ids", PAGES)
SHOWN_SKIPS = 20  # skipped rows printed (all of them are in import_skips), or files
READABLE = "Check its permissions."
INCLUDE = {"movie": ("movie",), "tv": ("movie", "tv"), "all": ("movie", "tv", "episode", "game", "other")}


@click.command("import")
@click.argument("paths", nargs=-1, required=True, metavar="[KIND] PATH...")
@click.option("--user", default="me", show_default=True, help="Whose file it is.")
@click.option("--cohort", metavar="LABEL", help="Put the people of the file into this cohort.")
@click.option("--scale", type=click.FloatRange(min=1), help="The best possible rating of a ratings file.")
@click.option("--checkins", is_flag=True, help="The list is one of check-ins: its dates are days watched.")
@click.option("--include", type=click.Choice(sorted(INCLUDE)), help="Crawl series too (tv), or every kind of title.")
@click.option("--prune", is_flag=True, help="Delete what is no longer in the file, instead of marking it.")
@json_option
@common
def import_(
    common: Common,
    paths: tuple[str, ...],
    user: str,
    cohort: str | None,
    scale: float | None,
    checkins: bool,
    include: str | None,
    prune: bool,
    as_json: bool,
) -> int:
    """Read IMDb and Letterboxd exports, ratings of any source, plain ids, or pages saved in the browser.

    KIND is imdb, letterboxd, ratings, ids or pages; without it each file is recognized by its content. `-` is standard
    input. Pages may be named by their folder. Import a newer export at any time: only the difference is taken.
    """
    from mwi_crawl.importer import ImportOptions
    from mwi_crawl.ingest import Owner
    from mwi_crawl.model import MediaType

    config = settings(common)
    only, names = (paths[0], paths[1:]) if paths[0] in KINDS and len(paths) > 1 else (None, paths)
    kinds = INCLUDE[include] if include else config.ingest.include
    owner = Owner(user, cohort, frozenset(MediaType(kind) for kind in kinds), prune)
    saved = {name: found for name in names if (found := _saved(name, only)) is not None}
    files = [_file(name) for name in names if name not in saved]
    pages = [file for found in saved.values() for file in found]
    done, taken = asyncio.run(_import(config, files, pages, only, ImportOptions(scale, checkins), owner))
    if as_json:
        print_json([*map(_as_dict, done), *([_pages_as_dict(taken)] if pages else [])])
    elif not common.quiet:
        say(*_summary(done, taken, common))
    if not done and not taken.used:
        raise _no_page(taken.files)
    return 0


async def _import(
    config: Config,
    files: Sequence[InputFile],
    pages: Sequence[SavedFile],
    only: str | None,
    options: ImportOptions,
    owner: Owner,
) -> tuple[list[Imported], Taken]:
    from datetime import UTC, datetime

    from mwi_crawl import importers, ingest, saved_pages
    from mwi_crawl.settle import iso
    from mwi_crawl.store import Store

    readings = [(file, importers.sniff(file, options, only)[1]) for file in files]  # all or nothing
    async with Store(config.paths.db, busy_seconds=config.engine.busy_wait_seconds) as store:
        done: list[Imported] = []
        for file, tables in readings:
            done += await store.transact(ingest.ingest, file, tables, owner, iso(datetime.now(UTC)))
        engine = config.engine
        terms = saved_pages.Terms(int(engine.max_body_mb * 1024 * 1024), engine.keep_bodies, owner.include)
        taken = await saved_pages.take(store, _readers(config), pages, terms)
    return done, taken


def _readers(config: Config) -> Sequence[Source]:
    from mwi_crawl import saved_pages, sources

    return saved_pages.readers(kind(config.sources[name].options) for name, kind in sources.discover().items())


def _saved(name: str, only: str | None) -> Sequence[SavedFile] | None:
    """The saved pages that a path names; None where it names something else, or `only` another kind is meant."""
    from mwi_crawl.saved_files import JSON, SavedFile, looks_saved, saved_in

    if only not in (None, PAGES):
        return None
    path = Path(name).expanduser()
    try:
        found = saved_in(path) if path.is_dir() else [SavedFile(path.name, path)] if path.is_file() else []
    except OSError as error:
        raise _unusable(str(error.filename or name), f"cannot be read ({error.strerror})", READABLE) from error
    if only is None:  # JSON may be anything
        return found if any(looks_saved(file.path) and file.kind != JSON for file in found) else None
    if not found and (name == "-" or path.exists()):
        raise _unusable(name, "holds no saved page", "Name pages (.html, .htm, .xhtml, .mhtml, .json) or their folder.")
    return found or None


def _file(name: str) -> InputFile:
    from mwi_crawl.importer import InputFile

    if name == "-":
        return InputFile.of("standard input", sys.stdin.buffer.read())
    path = Path(name).expanduser()
    try:
        if path.is_file():
            path.open("rb").close()
            return InputFile.at(path)
        if path.exists() and not path.is_dir():  # a pipe, such as the shell's <(...): it can be read only once
            return InputFile.of(path.name, path.read_bytes())
    except (OSError, ValueError) as error:  # ValueError: no name a file can have
        why = getattr(error, "strerror", None) or str(error)
        raise _unusable(name, f"cannot be read ({why})", READABLE) from error
    if path.is_dir():
        raise _unusable(name, "is a folder", "Name the files in it, or the export's zip.")
    if name in KINDS:
        raise _unusable(name, "is a kind of file, and no file is named", f"Name one: mwi-crawl import {name} FILE")
    raise _unusable(name, "does not exist", f"Check the name; this folder is {Path.cwd()}")


def _unusable(name: str, what: str, todo: str) -> InputError:
    return InputError(f"{name} {what}.", safe="Nothing was imported.", todo=todo)


def _as_dict(imported: Imported) -> dict[str, object]:
    """For `--json`. Field by field: `asdict` copies a Counter as if it were a list of pairs."""
    plain = {field.name: getattr(imported, field.name) for field in fields(imported)}
    return {**plain, "skipped": [asdict(skipped) for skipped in imported.skipped]}


def _summary(done: Sequence[Imported], taken: Taken, given: Common) -> Iterator[str]:
    yield from (line for imported in done for line in _lines(imported))
    yield from _page_lines(taken)
    if done or taken.used:
        yield _ending(done, taken, given)


def _lines(imported: Imported) -> Iterator[str]:
    if imported.same_as is not None:
        kind = imported.kind.replace("_", " ")
        yield f"{imported.name}: {kind}: same content as import {imported.same_as}. Nothing to do."
        return
    yield f"{imported.name}: {imported.description}, {words.count(imported.rows, 'row')}"
    yield from _counted(imported.followed, "will be crawled")
    yield from _counted(imported.kept, "kept, not crawled (--include tv or all)")
    yield f"  {len(imported.skipped):>6,} skipped{':' if imported.skipped else ''}"
    yield from (f"         line {skipped.line}: {skipped.reason}" for skipped in imported.skipped[:SHOWN_SKIPS])
    if len(imported.skipped) > SHOWN_SKIPS:
        yield f"         … {len(imported.skipped) - SHOWN_SKIPS:,} more, in the table import_skips"
    yield from (f"  {note}" for note in imported.notes)
    yield f"  {imported.added:,} new, {imported.changed:,} changed, {_gone(imported)}"


def _counted(titles: Counter[str], what: str) -> Iterator[str]:
    if titles:
        kinds = ", ".join(f"{number:,} {kind}" for kind, number in titles.most_common())
        said = f"   ({kinds})" if set(titles) != {"title"} else ""
        yield f"  {titles.total():>6,} {what}{said}"


def _gone(imported: Imported) -> str:
    if imported.pruned:
        return f"{imported.gone:,} no longer in the file ({imported.pruned:,} deleted)"
    return f"{imported.gone:,} no longer in the file{' (kept, marked; --prune to delete)' if imported.gone else ''}"


def _page_lines(taken: Taken) -> Iterator[str]:
    """`12 files: 9 pages of IMDb (8 new, 1 known already), 2 walls (saved challenge page), 1 not a page we know`."""
    from mwi_crawl import sources
    from mwi_crawl.saved_pages import Fate

    if not taken.files:
        return
    known = sources.discover()
    said = [
        f"{words.count(counter.total(), 'page')} of {known[name].title.removesuffix(' pages')} ({_fates(counter)})"
        for name, counter in taken.pages.items()
    ]
    walls = taken.others[Fate.WALL]
    said += [f"{words.count(walls, 'wall')} (saved challenge page)"] if walls else []
    said += [f"{taken.others[fate]:,} {fate}" for fate in (Fate.STRANGER, Fate.SKIPPED) if taken.others[fate]]
    yield f"{words.count(taken.files, 'file')}: {', '.join(said)}"
    yield from (f"         {told.name}: {told.reason}" for told in taken.told[:SHOWN_SKIPS])
    if len(taken.told) > SHOWN_SKIPS:
        yield f"         … {len(taken.told) - SHOWN_SKIPS:,} more (--json names them all)"


def _fates(counter: Counter[Fate]) -> str:
    return ", ".join(f"{number:,} {fate}" for fate, number in counter.most_common())


def _pages_as_dict(taken: Taken) -> dict[str, Any]:
    return {
        "kind": PAGES,
        "files": taken.files,
        "pages": {source: dict(counter) for source, counter in taken.pages.items()},
        "others": dict(taken.others),
        "told": [asdict(told) for told in taken.told],
    }


def _no_page(files: int) -> InputError:
    which = "the file is no page" if files == 1 else f"none of the {files:,} files is a page"
    return InputError(
        f"{which} that mwi-crawl knows.",
        safe="Nothing was imported.",
        todo='Open the title\'s page in the browser and save it as "Webpage, HTML only".',
    )


def _ending(done: Sequence[Imported], taken: Taken, given: Common) -> str:
    following = f"Next: mwi-crawl full{given.again}"
    if not done:
        return f"Nothing has changed.  {following}" if taken.unchanged else following
    if all(imported.same_as is not None for imported in done):
        return following
    added, changed = sum(each.added for each in done), sum(each.changed for each in done)
    return f"Imported {added:,} new, {changed:,} changed, {sum(each.gone for each in done):,} gone.  {following}"
