"""The files of `sql/aggregate`: what each makes, reads and needs, and the order that follows from it.

A file begins with its grain ("One row per …"), may name what must hold rows for it to say anything
(`-- needs: credits, film_facts.budget_usd`), drops what it makes, makes it, and fills it. It runs alone in any SQLite
shell once the tables it reads are there.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from mwi_crawl.errors import InputError
from mwi_crawl.queries import names, sql

_MADE = re.compile(
    r"^\s*create\s+(?:table|view)\s+(?:if\s+not\s+exists\s+)?(?:main\.)?[\"\[`]?(\w+)(?![\w ]*[\"\]`]?\.)",
    re.IGNORECASE | re.MULTILINE,
)
_NEEDS = re.compile(r"^-- needs: (.+)$", re.MULTILINE)
_NEED = re.compile(r"\w+(\.\w+)?")
_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_NO_WORDS = re.compile(rf"{_COMMENT.pattern}|'(?:[^']|'')*'", re.DOTALL)
_BEFORE = re.compile(rf"(?:\s+|{_COMMENT.pattern})*", re.DOTALL)  # what may stand before a statement
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Script:
    """One file. `reads`: every word in it that may be a table; `needs`: tables or columns that must hold something.

    `path` is that of a person's own file, `fault` why such a file cannot be run.
    """

    name: str
    text: str
    reads: frozenset[str]
    needs: tuple[str, ...] = ()
    path: Path | None = None
    fault: str | None = None

    @property
    def statements(self) -> tuple[str, ...]:
        """Its single statements, for a transaction."""
        return tuple(statement for _, statement in self.numbered)

    @property
    def numbered(self) -> tuple[tuple[int, str], ...]:
        """Its single statements, each with the line it begins on."""
        found, piece, line = [], "", 1
        for part in (*re.split(r"(?<=;)", self.text), None):
            piece += part or ""
            if part is None or sqlite3.complete_statement(piece):
                before = _BEFORE.match(piece)
                statement = piece[before.end() if before else 0 :].strip()
                if statement:
                    found.append((line + piece[: piece.find(statement)].count("\n"), statement))
                line += piece.count("\n")
                piece = ""
        return tuple(found)


def ours() -> list[Script]:
    """The files that come with the program."""
    return [read(name, sql(f"aggregate/{name}")) for name in names("aggregate")]


def own(folder: Path, taken: Collection[str] = ()) -> list[Script]:
    """A person's own files, in the order of their names. One that cannot be run bears its file's name and its fault.

    `taken`: the names of tables that are not theirs to make.
    """
    found: list[Script] = []
    for path in sorted(folder.glob("*.sql")):
        try:
            script = read(path.stem, path.read_text(encoding="utf-8-sig"), path)
        except (OSError, UnicodeDecodeError) as error:
            script = Script(path.name, "", frozenset(), (), path, f"cannot be read as UTF-8 ({type(error).__name__})")
        others = {name.lower() for name in (*taken, *(other.name for other in found))}
        found.append(_with_its_fault(script, others))
    return found


def read(name: str, text: str, path: Path | None = None) -> Script:
    """A file's text, understood."""
    made = _MADE.search(_COMMENT.sub("", text))
    reads = frozenset(_WORD.findall(_NO_WORDS.sub(" ", text)))
    needs = tuple(part.strip() for line in _NEEDS.findall(text) for part in line.split(",") if part.strip())
    reads |= {need.partition(".")[0] for need in needs}
    if path is not None and made is None:
        return Script(path.name, text, reads, needs, path, "makes no table or view (create table NAME …)")
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
        raise RingError(error.args[1]) from error


def own_in_order(scripts: Sequence[Script]) -> list[Script]:
    """A person's own files, each after those it reads; those that read each other have that as their fault."""
    by_name = {script.name: script for script in scripts}
    while True:
        try:
            return [by_name[name] for name in in_order(by_name.values())]
        except RingError as error:
            fault = f"reads what reads it: {' -> '.join(error.ring)}"
            for name in set(error.ring):
                by_name[name] = replace(by_name[name], reads=frozenset(), fault=fault)


class RingError(InputError):
    """Tables read each other, so that none can be made first."""

    def __init__(self, ring: Sequence[str]) -> None:
        super().__init__(f"the tables {' -> '.join(ring)} read each other.", safe="No table was changed.")
        self.ring = ring


def _with_its_fault(script: Script, others: Collection[str]) -> Script:
    path = script.path
    if script.fault or path is None:
        return script
    if "\0" in script.text:
        return replace(script, fault="holds a NUL, which no text does")
    if script.name.lower().startswith("sqlite_"):
        return replace(script, name=path.name, fault=f"would make {script.name}, a name that SQLite keeps for itself")
    if script.name.lower() in others:
        return replace(script, name=path.name, fault=f"would make {script.name}, which another makes")
    if wrong := [need for need in script.needs if not _NEED.fullmatch(need)]:
        return replace(script, fault=f"-- needs: {wrong[0]} is no table or column")
    return script


def _stable(sorter: TopologicalSorter[str]) -> Iterable[str]:
    """The order by name among those that are ready, so that it is the same each time."""
    sorter.prepare()
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        yield from ready
        sorter.done(*ready)
