"""The files of `sql/aggregate`: what each makes, reads and needs, and the order that follows from it.

A file begins with its grain ("One row per …"), may name what must hold rows for it to say anything
(`-- needs: credits, film_facts.budget_usd`), drops what it makes, makes it, and fills it. It runs alone in any SQLite
shell once the tables it reads are there.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from mwi_crawl.errors import InputError
from mwi_crawl.queries import names, sql

_MADE = re.compile(r"^create (?:table|view) \"?(\w+)\"?", re.IGNORECASE | re.MULTILINE)
_NEEDS = re.compile(r"^-- needs: (.+)$", re.MULTILINE)
_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'", re.DOTALL)
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Script:
    """One file. `reads`: every word in it that may be a table; `needs`: tables or columns that must hold something."""

    name: str
    text: str
    reads: frozenset[str]
    needs: tuple[str, ...] = ()
    path: Path | None = None  # of a person's own file

    @property
    def statements(self) -> tuple[str, ...]:
        """Its single statements, for a transaction."""
        found, piece = [], ""
        for part in re.split(r"(?<=;)", self.text):
            piece += part
            if sqlite3.complete_statement(piece):
                found.append(piece.strip())
                piece = ""
        return (*found, piece.strip()) if _COMMENT.sub("", piece).strip() else tuple(found)


def ours() -> list[Script]:
    """The files that come with the program."""
    return [read(name, sql(f"aggregate/{name}")) for name in names("aggregate")]


def own(folder: Path) -> list[Script]:
    """A person's own files. Raises InputError for one that cannot be read as text."""
    found = []
    for path in sorted(folder.glob("*.sql")):
        try:
            text = path.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(
                f"{path} cannot be read ({type(error).__name__}).",
                safe="No table was changed.",
                todo="Save it as UTF-8 text, or move it away.",
            ) from error
        found.append(read(path.stem, text, path))
    return found


def read(name: str, text: str, path: Path | None = None) -> Script:
    """A file's text, understood."""
    made = _MADE.search(text)
    reads = frozenset(_WORD.findall(_COMMENT.sub(" ", text)))
    needs = tuple(part.strip() for line in _NEEDS.findall(text) for part in line.split(",") if part.strip())
    makes = made[1] if made else name
    return Script(makes, text, reads - {makes}, needs, path)


def in_order(scripts: Iterable[Script], made_elsewhere: Mapping[str, frozenset[str]] = {}) -> list[str]:
    """The names, each after those it reads. `made_elsewhere`: what is no file, with what that reads.

    Raises InputError where some read each other.
    """
    reads = {script.name: script.reads for script in scripts} | dict(made_elsewhere)
    sorter = TopologicalSorter({name: sorted(words & reads.keys() - {name}) for name, words in sorted(reads.items())})
    try:
        return list(_stable(sorter))
    except CycleError as error:
        ring: Sequence[str] = error.args[1]
        raise InputError(
            f"the tables {' -> '.join(ring)} read each other.",
            safe="No table was changed.",
            todo="Mend your files in sql/user.",
        ) from error


def _stable(sorter: TopologicalSorter[str]) -> Iterable[str]:
    """The order by name among those that are ready, so that it is the same each time."""
    sorter.prepare()
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        yield from ready
        sorter.done(*ready)
