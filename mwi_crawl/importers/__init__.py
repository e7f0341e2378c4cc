"""The kinds of files that can be imported: every module here that defines an Importer is one, found by being there."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterable, Iterator, Sequence

from mwi_crawl.errors import InputError
from mwi_crawl.importer import Importer, ImportOptions, InputFile, Reading
from mwi_crawl.importers._family import Family
from mwi_crawl.importers._table import columns_for_people
from mwi_crawl.importers._text import refused

_LAST = "ids"  # a list of bare numbers could be nearly anything, so it is asked after all others


def discover() -> dict[str, Importer]:
    """Every importer by its name, in the order in which they are asked about a file."""
    found = sorted(_importers(), key=lambda importer: (importer.name == _LAST, importer.name))
    return {importer.name: importer for importer in found}


def sniff(file: InputFile, options: ImportOptions, only: str | None = None) -> tuple[Importer, Sequence[Reading]]:
    """The importer that knows the file, with the tables in it; `only` names the one to ask.

    Raises InputError if none knows it, or if it is damaged.
    """
    importers = discover()
    if only is not None and only not in importers:
        raise refused(f'"{only}" is not a kind of file.', f"The kinds are: {', '.join(importers)}.")
    asked = [importers[only]] if only is not None else list(importers.values())
    for importer in asked:
        if readings := importer.read(file, options):
            return importer, readings
    raise _not_of(file, asked[0]) if only is not None else _unknown(file, asked)


def _importers() -> Iterator[Importer]:
    for module in pkgutil.iter_modules(__path__):
        if module.name.startswith("_"):
            continue
        loaded = importlib.import_module(f"{__name__}.{module.name}")
        for _, member in inspect.getmembers(loaded, inspect.isclass):
            if issubclass(member, Importer) and member.__module__ == loaded.__name__:
                yield member()


def _not_of(file: InputFile, importer: Importer) -> InputError:
    if isinstance(importer, Family):
        return refused(f"{file.name} is not {importer.what}: {importer.lack(file)}.", importer.hint)
    return refused(f'{file.name} is not a file that "import {importer.name}" can read.', importer.hint)


def _unknown(file: InputFile, asked: Iterable[Importer]) -> InputError:
    hints = "\n".join(importer.hint for importer in asked if importer.hint)
    return refused(f"{file.name} is of no kind that mwi-crawl knows {columns_for_people(file)}.", hints)
