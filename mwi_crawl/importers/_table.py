"""A CSV file as rows of named cells, one at a time: memory does not grow with the file."""

from __future__ import annotations

import csv
import re
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import NamedTuple

from mwi_crawl.importer import InputFile
from mwi_crawl.importers._text import Encoding, encoding_of, head, lines, refused, shown
from mwi_crawl.model import Skipped

CELL_LIMIT = 1 << 20  # characters
_ROW_LIMIT = 1 << 22  # characters
_DELIMITERS = ",;\t"
_AGAIN = "Export or download it again."
_NOT_A_LETTER = re.compile(r"[\W_]+")


class Row(NamedTuple):
    """One row: the line it begins in, and its cells without outer blanks, by the importer's names."""

    line: int
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class Header:
    """The line with the column names: its number, the names as they stand there, and what separates them."""

    line: int
    columns: tuple[str, ...]
    delimiter: str

    @property
    def names(self) -> tuple[str, ...]:
        """The column names squeezed to lower-case letters and digits, as generations of exports differ in the rest."""
        return tuple(_NOT_A_LETTER.sub("", column).casefold() for column in self.columns)


def header_in(line: str, number: int) -> Header:
    """The line read as a header, with the delimiter that gives most columns."""
    found = [Header(number, _columns(line, delimiter), delimiter) for delimiter in _DELIMITERS]
    return max(found, key=lambda header: len(header.columns))


def header_of(file: InputFile) -> Header:
    """The first line that is not blank, read as a header; of an empty file it has no columns."""
    for number, line in enumerate(head_lines(file), start=1):
        if line.strip():
            return header_in(line, number)
    return Header(0, (), ",")


def head_lines(file: InputFile) -> list[str]:
    """The lines at the beginning of the file; the last one may be cut."""
    return re.split(r"\r\n|\r|\n", head(file))


def columns_for_people(file: InputFile) -> str:
    """The file's columns in brackets, for a message."""
    if "\0" in head(file):
        return "(it is not a text file)"
    columns = header_of(file).columns
    named = [shown(column)[1:-1] for column in columns[:12]] + ["…"] * (len(columns) > 12)
    return f"(columns: {', '.join(named)})" if named else "(it is empty)"


class Table:
    """The rows below a header. Names the columns an importer knows in its words; the others are left out."""

    def __init__(self, file: InputFile, header: Header, known: Mapping[str, str]) -> None:
        self.file = file
        self.header = header
        self.encoding: Encoding = encoding_of(file)
        self._places = _places(header, known)

    @property
    def columns(self) -> frozenset[str]:
        """The known columns it has, in the importer's words."""
        return frozenset(self._places)

    @property
    def shape(self) -> str:
        """The number of columns and the encoding, for people."""
        return f"{len(self.header.columns)} columns, {self.encoding.label}"

    def rows(self) -> Iterator[Row | Skipped]:
        """Every row that is not a blank line. Raises InputError where the file is damaged beyond one row."""
        width = len(self.header.columns)
        places = tuple(self._places.items())
        for first, last, cells in self._records():
            fault = _fault(cells, width) if isinstance(cells, list) else cells
            if fault is None:
                yield Row(first, {name: cells[place].strip() for name, place in places})
            else:
                yield Skipped(first, f"{fault} (lines {first} to {last})" if last > first else fault)

    def _records(self) -> Iterator[tuple[int, int, list[str] | str]]:
        """First line, last line and cells of each record below the header, or what is wrong with its quotes."""
        csv.field_size_limit(CELL_LIMIT)
        feed = _Feed(lines(self.file, self.encoding), self.header.line, self.file.name)
        reader = csv.reader(feed, delimiter=self.header.delimiter, strict=True)
        first = self.header.line + 1
        with closing(feed):
            while True:
                cells: list[str] | str | None
                try:
                    cells = next(reader, None)
                except csv.Error as error:
                    cells = _broken_quotes(error, self.file.name, first)
                if cells is None:
                    return
                if cells:
                    yield first, feed.number, cells
                first = feed.number + 1
                feed.size = 0


class _Feed:
    """The lines below the header: `number` is that of the line given last, `size` the characters of this row so far."""

    def __init__(self, source: Generator[str, None, None], above: int, name: str) -> None:
        self._source = source
        self._name = name
        self.number = above
        self.size = 0
        for _ in range(above):
            next(source, None)

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._source)
        self.number += 1
        self.size += len(line)
        if self.size > _ROW_LIMIT:
            raise refused(f"{self._name}: the row that reaches line {self.number} is longer than 4 MiB.", _AGAIN)
        return line

    def close(self) -> None:
        """Close the file."""
        self._source.close()


def _broken_quotes(error: csv.Error, name: str, first: int) -> str:
    """Why one row cannot be read. Raises InputError where the rows after it cannot be told apart either."""
    if "end of data" in str(error):
        raise refused(
            f"{name} is cut off or damaged: a quote opened in the row at line {first} is never closed.", _AGAIN
        ) from None
    if "limit" in str(error):
        raise refused(f"{name} line {first}: a cell is longer than 1 MiB; is a quote never closed?", _AGAIN) from None
    return "a quote in the middle of a cell"


def _columns(line: str, delimiter: str) -> tuple[str, ...]:
    try:
        cells = next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:  # a first "line" of some megabytes
        return ()
    while cells and not cells[-1].strip():
        cells.pop()
    return tuple(" ".join(cell.replace("\ufeff", "").split()) for cell in cells)


def _places(header: Header, known: Mapping[str, str]) -> dict[str, int]:
    """Where each known column is; of two columns of one meaning the one named first in `known` counts."""
    names = header.names
    found: dict[str, int] = {}
    for name, meaning in known.items():
        if name in names:
            found.setdefault(meaning, names.index(name))
    return found


def _fault(cells: list[str], width: int) -> str | None:
    """Why a row cannot be used, or None. Empty cells beyond the last column are no fault."""
    joined = "".join(cells)
    if not joined.strip():
        return "an empty row"
    if "\0" in joined:
        return "the row holds NUL bytes"
    if len(cells) == width or (len(cells) > width and not _filled(cells[width:])):
        return None
    return f"{len(cells)} cells, and the header has {width} columns"


def _filled(cells: Iterable[str]) -> bool:
    return any(cell.strip() for cell in cells)
