"""A large gzipped table of tab-separated values → the rows about a few keys, in one pass and little memory.

The text of a piece of the file is cut into lines and the first bytes of each line are looked up, all by loops of
the interpreter's own; only lines that are wanted are ever taken apart. There is no quoting: a `"` stands for itself.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from operator import itemgetter
from pathlib import Path
from typing import BinaryIO

from mwi_crawl.errors import InputError

READ = 1 << 16  # compressed bytes read at a time
PIECE = 1 << 18  # bytes of text at a time
LONGEST_LINE = 1 << 24  # bytes; what has no end of line for so long is no table
START = 10  # bytes of a key looked at first: all of one of seven digits and its tab, or most of a longer one
MAGIC = b"\x1f\x8b"


@dataclass(slots=True)
class Progress:
    """How far a pass is: compressed bytes of how many, rows read, rows kept, rows with a wrong number of cells."""

    size: int
    read: int = 0
    rows: int = 0
    kept: int = 0
    odd: int = 0


class Table:
    """A gzipped table and what is wanted of it: the rows whose cell in the column `key` is one of some keys."""

    def __init__(self, path: Path, key: str, columns: Sequence[str]) -> None:
        self._path, self._key, self._columns = path, key, columns
        self._at: Mapping[str, int] = {}  # the place of each column, once the first line is read
        self._width = 0

    def scan(self, keys: Collection[bytes], keep: Callable[[bytes, bytes], object]) -> Iterator[Progress]:
        """Read the whole file, and `keep(key, line)` each wanted row. Yields the progress now and then.

        Raises InputError for a file that is damaged, ends early, or lacks a column.
        """
        starts = frozenset((key + b"\t")[:START] for key in keys)
        with self._path.open("rb") as stream:
            progress = Progress(self._path.stat().st_size)
            pieces = lines_in(inflate(stream, self._path.name), self._path.name)
            for lines in self._below_header(pieces):
                progress.rows += len(lines)
                found = map(starts.__contains__, self._starts(lines))
                for line in compress(lines, found):
                    self._take(line.removesuffix(b"\r"), keys, keep, progress)
                progress.read = stream.tell()
                yield progress

    def row(self, line: bytes) -> dict[str, str | None]:
        """The wanted cells of a kept line by the names of their columns; None where nothing is said."""
        cells = line.split(b"\t")
        return {name: _cell(cells[at]) for name, at in self._at.items()}

    def _below_header(self, pieces: Iterable[list[bytes]]) -> Iterator[list[bytes]]:
        """The lines behind the first one, whose names say where each column is."""
        for lines in pieces:
            if not self._at:
                self._read_header(lines.pop(0))
            yield lines
        if not self._at:
            self._read_header(b"")

    def _read_header(self, line: bytes) -> None:
        names = line.removeprefix(b"\xef\xbb\xbf").rstrip(b"\r").decode("utf-8", "replace").split("\t")
        wanted = (self._key, *self._columns)
        if missing := [name for name in wanted if name not in names]:
            raise InputError(
                f"{self._path.name} has no column {', '.join(missing)} (its first line: {', '.join(names)[:200]}).",
                safe="Nothing of it was stored.",
                todo="Download it again: mwi-crawl datasets fetch   If that does not help, upgrade mwi-crawl.",
            )
        self._at, self._width = {name: names.index(name) for name in wanted}, len(names)

    def _starts(self, lines: list[bytes]) -> Iterable[bytes]:
        """The first bytes of each line's key, with the tab behind it where it is that short."""
        at = self._at[self._key]
        if at == 0:
            return map(itemgetter(slice(START)), lines)
        # a line that is too short has no such cell
        return ((b"".join(line.split(b"\t", at + 1)[at : at + 1]).rstrip(b"\r") + b"\t")[:START] for line in lines)

    def _take(
        self, line: bytes, keys: Collection[bytes], keep: Callable[[bytes, bytes], object], progress: Progress
    ) -> None:
        cells = line.split(b"\t")
        key = cells[self._at[self._key]]
        if key not in keys:
            return
        if len(cells) != self._width:
            progress.odd += 1
            return
        progress.kept += 1
        keep(key, line)


def lines_in(pieces: Iterable[bytes], name: str) -> Iterator[list[bytes]]:
    """The lines of a text that comes in pieces, without their ends; the last may have none."""
    rest = b""
    for piece in pieces:
        lines = (rest + piece).split(b"\n")
        rest = lines.pop()
        if len(rest) > LONGEST_LINE:
            raise damaged(name, "is no table: a line has no end")
        if lines:
            yield lines
    if rest:
        yield [rest]


def inflate(stream: BinaryIO, name: str) -> Iterator[bytes]:
    """The content of a gzip file in pieces. Raises InputError where it is damaged, ends early, or is no gzip file."""
    inflater = zlib.decompressobj(wbits=31)
    begun = False
    while data := stream.read(READ):
        if not begun and not data.startswith(MAGIC[: len(data)]):
            raise damaged(name, "is not a gzip file")
        begun = True
        while data:
            if inflater.eof:  # a further member, or the zeros that some writers pad with
                data = data.lstrip(b"\0")
                if not data:
                    break
                inflater = zlib.decompressobj(wbits=31)
            try:
                piece = inflater.decompress(data, PIECE)
            except zlib.error:
                raise damaged(name, f"is damaged before byte {stream.tell():,}") from None
            data = inflater.unconsumed_tail or inflater.unused_data
            if piece:
                yield piece
    if not inflater.eof:
        raise damaged(name, f"ends early at byte {stream.tell():,}")


def damaged(name: str, what: str) -> InputError:
    """The problem of a file that cannot be used."""
    return InputError(
        f"{name} {what}.",
        safe="Nothing of it was stored; what was known before stays.",
        todo="Download it again: mwi-crawl datasets fetch",
    )


def _cell(value: bytes) -> str | None:
    return None if value == rb"\N" else value.decode("utf-8", "replace")
