"""Importer: the contract of an input file.

An importer looks at a file, says whether it knows its kind, and reads it row by row into `Entry` or `Skipped`: every
row of the file comes out as one of the two. It writes nothing and knows no database. One file in
`mwi_crawl/importers/` that defines one subclass is all a new kind takes.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, ClassVar

from mwi_crawl.model import Entry, Skipped


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file given to `import`. `open` may be called more than once; `name` is how messages call it."""

    name: str
    open: Callable[[], BinaryIO]

    @classmethod
    def at(cls, path: Path) -> InputFile:
        """The file at a path."""
        return cls(path.name, lambda: path.open("rb"))

    @classmethod
    def of(cls, name: str, content: bytes) -> InputFile:
        """A file from memory (standard input, a member of an archive)."""
        return cls(name, lambda: io.BytesIO(content))


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What the person said about the file. `scale` is the best possible rating of a generic ratings file."""

    scale: float | None = None
    checkins: bool = False  # the list is one of check-ins: its dates are the days watched


@dataclass(frozen=True, slots=True)
class Reading:
    """One readable table of an input file.

    `kind` (`imdb_ratings`, `letterboxd_diary` …) tells which earlier import a later one is compared with.
    `complete`: a row that stood in the last import of this kind and is missing now is gone. `person` is the file's
    owner, where it says so. `rows` reads the table from its beginning each time it is called.
    """

    kind: str
    description: str  # "IMDb ratings export (13 columns, UTF-8)"
    rows: Callable[[], Iterator[Entry | Skipped]]
    complete: bool = True
    notes: tuple[str, ...] = ()  # sentences shown after the counts
    person: str | None = None


class Importer:
    """One family of input files."""

    name: ClassVar[str]
    """The word for it on the command line: `import imdb FILE`."""
    hint: ClassVar[str] = ""
    """Where a person gets such a file, for the message about one that is not."""

    def read(self, file: InputFile, options: ImportOptions) -> Sequence[Reading]:
        """The tables in this file; none if it is not of this family. Raises InputError for a damaged file of it."""
        raise NotImplementedError
