"""`import`: files in, films and what people said of them in the database."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mwi_crawl.cli import words
from mwi_crawl.cli.options import Common, common, settings
from mwi_crawl.errors import InputError

if TYPE_CHECKING:
    from mwi_crawl.config import Config
    from mwi_crawl.importer import ImportOptions, InputFile
    from mwi_crawl.ingest import Imported, Owner

KINDS = ("imdb", "letterboxd", "ratings", "ids")
SHOWN_SKIPS = 20  # skipped rows printed; all of them are in import_skips
INCLUDE = {"movie": ("movie",), "tv": ("movie", "tv"), "all": ("movie", "tv", "episode", "game", "other")}


@click.command("import")
@click.argument("paths", nargs=-1, required=True, metavar="[KIND] PATH...")
@click.option("--user", default="me", show_default=True, help="Whose file it is.")
@click.option("--cohort", help="Put the people of the file into this cohort.")
@click.option("--scale", type=click.FloatRange(min=1), help="The best possible rating of a generic ratings file.")
@click.option("--checkins", is_flag=True, help="The list is one of check-ins: its dates are days watched.")
@click.option("--include", type=click.Choice(sorted(INCLUDE)), help="Crawl series too (tv), or every kind of title.")
@click.option("--prune", is_flag=True, help="Delete what is no longer in the file, instead of marking it.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
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
    """Read IMDb and Letterboxd exports, ratings of any source, or plain ids.

    KIND is imdb, letterboxd, ratings or ids; without it each file is recognized by its content. `-` is standard input.
    Run again with a newer export, only the difference is taken.
    """
    from mwi_crawl.importer import ImportOptions
    from mwi_crawl.ingest import Owner
    from mwi_crawl.model import MediaType

    config = settings(common)
    only, names = (paths[0], paths[1:]) if paths[0] in KINDS and len(paths) > 1 else (None, paths)
    kinds = INCLUDE[include] if include else config.ingest.include
    owner = Owner(user, cohort, frozenset(MediaType(kind) for kind in kinds), prune)
    files = [_file(name) for name in names]
    done = asyncio.run(_import(config, files, only, ImportOptions(scale, checkins), owner))
    if as_json:
        _print_json(done)
    elif not common.quiet:
        click.echo("\n".join(line for imported in done for line in _lines(imported)))
        click.echo(_ending(done))
    return 0


async def _import(
    config: Config, files: Sequence[InputFile], only: str | None, options: ImportOptions, owner: Owner
) -> list[Imported]:
    from datetime import UTC, datetime

    from mwi_crawl import importers, ingest
    from mwi_crawl.settle import iso
    from mwi_crawl.store import Store

    readings = [(file, importers.sniff(file, options, only)[1]) for file in files]  # all or nothing
    async with Store(config.paths.db, busy_seconds=config.engine.busy_wait_seconds) as store:
        done: list[Imported] = []
        for file, tables in readings:
            done += await store.transact(ingest.ingest, file, tables, owner, iso(datetime.now(UTC)))
    return done


def _file(name: str) -> InputFile:
    from mwi_crawl.importer import InputFile

    if name == "-":
        return InputFile.of("standard input", sys.stdin.buffer.read())
    path = Path(name)
    if path.is_dir():
        raise _unusable(path, "is a folder", "Name the files in it, or the export's zip.")
    if not path.is_file():
        raise _unusable(path, "does not exist", "Check the path.")
    try:
        path.open("rb").close()
    except OSError as error:
        raise _unusable(path, f"cannot be read ({error.strerror})", "Check its permissions.") from error
    return InputFile.at(path)


def _unusable(path: Path, what: str, todo: str) -> InputError:
    return InputError(f"{path} {what}.", safe="Nothing was imported.", todo=todo)


def _lines(imported: Imported) -> list[str]:
    if imported.same_as is not None:
        return [f"{imported.name}: {imported.kind}: same content as import {imported.same_as}. Nothing to do."]
    lines = [f"{imported.name}: {imported.description}, {words.count(imported.rows, 'row')}"]
    for counter, what in (
        (imported.followed, "will be crawled"),
        (imported.kept, "kept, not crawled: --include tv|all"),
    ):
        if counter:
            kinds = ", ".join(f"{number:,} {kind}" for kind, number in counter.most_common())
            lines.append(f"  {counter.total():>6,} titles ({kinds})   {what}")
    lines.append(f"  {len(imported.skipped):>6,} skipped")
    lines += [f"         line {skipped.line}: {skipped.reason}" for skipped in imported.skipped[:SHOWN_SKIPS]]
    if len(imported.skipped) > SHOWN_SKIPS:
        lines.append(f"         … {len(imported.skipped) - SHOWN_SKIPS:,} more: select * from import_skips")
    lines += [f"  {note}" for note in imported.notes]
    gone = "deleted" if imported.pruned else "kept, marked; --prune to delete"
    difference = f"  {imported.added:,} new, {imported.changed:,} changed, {imported.gone:,} no longer in the file"
    return [*lines, f"{difference} ({gone})" if imported.gone or imported.pruned else difference]


def _ending(done: Sequence[Imported]) -> str:
    if all(imported.same_as is not None for imported in done):
        return "Next: mwi-crawl full"
    added, changed = sum(each.added for each in done), sum(each.changed for each in done)
    gone = sum(each.gone for each in done)
    return f"Imported {added:,} new, {changed:,} changed, {gone:,} gone.  Next: mwi-crawl full"


def _print_json(done: Sequence[Imported]) -> None:
    import json
    from dataclasses import asdict

    plain: Callable[[object], object] = str
    click.echo(json.dumps([asdict(imported) for imported in done], indent=2, ensure_ascii=False, default=plain))
