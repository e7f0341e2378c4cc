"""What the importers of this package share beyond the contract: saying what a file lacks, and naming a row once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import ClassVar

from mwi_crawl.importer import Importer, InputFile
from mwi_crawl.model import Entry, Skipped

_COPY = re.compile(r"\s*\([0-9]+\)$")  # what browsers add to a second download


class Family(Importer):
    """An importer that can say why a file is none of its own."""

    what: ClassVar[str]
    """The family with its article: `an IMDb export`."""

    def lack(self, file: InputFile) -> str:
        """What the file would need, in a clause: `no column "Const" (columns: Date, Place)`."""
        raise NotImplementedError


def stem(name: str) -> str:
    """A file's name without folder, ending and the number of a second download."""
    return _COPY.sub("", PurePosixPath(name.replace("\\", "/")).stem).strip()


def once(rows: Iterable[Entry | Skipped], what: str = "title") -> Iterator[Entry | Skipped]:
    """The rows, each key once: the later one is skipped. Holds the keys, so it is for one person's files only."""
    first: dict[str, int] = {}
    for row in rows:
        if isinstance(row, Entry) and first.setdefault(row.key, row.line) != row.line:
            yield Skipped(row.line, f"the same {what} as in line {first[row.key]}")
        else:
            yield row
