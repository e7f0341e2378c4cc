"""Tables for other programs: which there are, their rows as CSV or JSON line by line, and whose notices go with them.

A table is never held in memory. Titles and names come from strangers, so a CSV is made such that no cell of it is run
as a formula (OWASP ASVS 5.0, 1.2.10), unless a machine is to read it.
"""

from __future__ import annotations

import base64
import csv
import difflib
import itertools
import json
import math
import re
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mwi_crawl import sources
from mwi_crawl.aggregate import needs
from mwi_crawl.aggregate.build import OWN, plan
from mwi_crawl.errors import InputError
from mwi_crawl.queries import names, sql
from mwi_crawl.redact import printable

Cell = str | int | float | bytes | None
Row = Sequence[Cell]

_FORMULA = frozenset("=+-@\N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH PLUS SIGN}\N{FULLWIDTH HYPHEN-MINUS}＠")
_AT_ONCE = frozenset("\0\t\r\n")  # as the first character these are as good as a formula
_BLANK = " \t\r\n\0\u00a0\u200b\ufeff"  # what a spreadsheet may overlook before one
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_ENDS = "\r\n"  # `csv` puts quotes around a cell with a sign of these, and around no other sign that ends a line
_SOURCE = re.compile(r"=(\w+)")  # in film_details.sources: runtime=tmdb|rating=omdb


@dataclass
class Exported:
    """A question to the file and its answer: columns, rows to be read once, and who spoke in those that were read."""

    columns: tuple[str, ...]
    rows: Iterable[Row]
    speakers: set[str] = field(default_factory=set)
    count: int = 0

    def __iter__(self) -> Iterator[Row]:
        one, several = (self.columns.index(name) if name in self.columns else None for name in ("source", "sources"))
        for row in self.rows:
            self.count += 1
            if one is not None and row[one] is not None:
                self.speakers.add(str(row[one]))
            elif several is not None and row[several] is not None:
                self.speakers |= set(_SOURCE.findall(str(row[several])))
            yield row


def table(db: sqlite3.Connection, name: str, user_folder: Path | None = None) -> Exported:
    """All of a table or view of ours, in the order of its primary key. Raises InputError for any other name."""
    there = exportable(db)
    if name not in there:
        raise _unknown(name, there)
    listed = db.execute(f'pragma table_info("{name}")').fetchall()
    key = [column[1] for column in sorted(listed, key=lambda column: column[5]) if column[5]]
    order = f" order by {', '.join(map(_quoted, key))}" if key else ""
    found = _ask(db, f"select * from {_quoted(name)}{order}", {})  # noqa: S608 - a name out of the list of ours
    return _with_speakers(db, found, (name,), user_folder)


def ranking(
    db: sqlite3.Connection, strategy: str, cohort: str, min_score: float | None, user_folder: Path | None = None
) -> Exported:
    """A ranking of one cohort, best first, with what a person wants to know of each film. Raises InputError."""
    made = [(row[0], row[1]) for row in db.execute(sql("read/rankings_of"))]
    if (strategy, cohort) not in made:
        raise _no_ranking(strategy, cohort, made)
    asked = {"strategy": strategy, "cohort": cohort, "min_score": min_score}
    found = _ask(db, sql("read/export_ranking"), asked)
    return _with_speakers(db, found, ("film_rankings", "film_details"), user_folder)


def exportable(db: sqlite3.Connection) -> list[str]:
    """The tables and views of ours that are in the file: of the schema, of aggregate, and a person's own."""
    there = {row[0] for row in db.execute("select name from sqlite_master where type in ('table', 'view')")}
    made = {*OWN}
    if "aggregate_tables" in there:
        made |= {row[0] for row in db.execute("select name from aggregate_tables where skipped is null")}
    return sorted(there & (made | needs.base_tables()))


def csv_lines(exported: Exported, *, raw: bool = False, terminal: bool = False) -> Iterator[str]:
    """Lines of CSV, the first with the names of the columns. `raw`: text as it is; `terminal`: a person looks at it."""
    shown: Callable[[str], str] = str if raw else safe_cell
    writer = csv.writer(_Echo(), lineterminator=_ENDS)
    for row in itertools.chain([exported.columns], exported):
        written: str = writer.writerow([_cell(value, shown) for value in row])
        line = written.removesuffix(_ENDS) + "\n"
        yield _on_terminal(line) if terminal else line


def json_lines(exported: Exported) -> Iterator[str]:
    """A JSON list of objects, one in a line. What would act on a terminal is escaped, which changes no value."""
    before = "[\n"
    for row in exported:
        found = {name: _json_value(value) for name, value in zip(exported.columns, row, strict=True)}
        text = json.dumps(found, ensure_ascii=False, allow_nan=False)
        yield before + re.sub(r"[^ -~]", _escaped, text)
        before = ",\n"
    yield "\n]\n" if exported.count else "[]\n"


def safe_cell(text: str) -> str:
    """A text that no spreadsheet takes for a formula: with ' before it where it might. Control characters become �."""
    first = text.lstrip(_BLANK)[:1]
    risky = text[:1] in _AT_ONCE if text else False
    cleaned = _CONTROL.sub("\ufffd", text)
    return f"'{cleaned}" if risky or first in _FORMULA else cleaned


def notices(speakers: Iterable[str]) -> dict[str, str]:
    """Title of a source → the notice its terms ask for, of those that spoke and ask for one."""
    kinds = sources.discover()
    found = (kinds[name] for name in sorted(speakers) if name in kinds)
    return {kind.title: kind.attribution for kind in found if kind.attribution}


def _with_speakers(db: sqlite3.Connection, found: Exported, read: Collection[str], folder: Path | None) -> Exported:
    """Where the rows do not name their source themselves, it is everybody who spoke in what they were made from."""
    if not {"source", "sources"} & {*found.columns}:
        found.speakers |= _speakers(db, _made_from(db, read, folder))
    return found


def _made_from(db: sqlite3.Connection, start: Collection[str], folder: Path | None) -> set[str]:
    """These tables, and those they were made from, down to what was crawled."""
    _, _, reads = plan(folder)
    views = {row[0]: row[1] for row in db.execute("select name, sql from sqlite_master where type = 'view'")}
    words: Mapping[str, Iterable[str]] = {**{name: re.findall(r"\w+", text) for name, text in views.items()}, **reads}
    known, found, ahead = words.keys() | needs.base_tables(), set[str](), list(start)
    while ahead:
        name = ahead.pop()
        if name not in found:
            found.add(name)
            ahead += sorted(known & {*words.get(name, ())})
    return found


def _speakers(db: sqlite3.Connection, tables: Collection[str]) -> set[str]:
    """Who spoke in those of the tables that hold what sources say. Of people it is known by their credits."""
    kinds = {"credits" if name == "people" else name for name in tables} & {*names("record")}
    questions = (f"select distinct source from {_quoted(kind)}" for kind in sorted(kinds))  # noqa: S608 - names of ours
    return {row[0] for question in questions for row in db.execute(question)}


def _ask(db: sqlite3.Connection, question: str, values: Mapping[str, object]) -> Exported:
    db.text_factory = lambda raw: raw.decode("utf-8", "replace")  # a stranger's broken letter must not end all
    found = db.execute(question, values)
    return Exported(tuple(column[0] for column in found.description), (tuple(row) for row in found))


def _unknown(name: str, there: Sequence[str]) -> InputError:
    alike = difflib.get_close_matches(name, there, n=3, cutoff=0.5) or [each for each in there if name in each][:3]
    hint = f" Did you mean {', '.join(alike)}?" if alike else ""
    todo = "All tables and columns: mwi-crawl export csv column_docs   (many are made by: mwi-crawl aggregate)"
    return InputError(f'there is no table or view "{name}" of mwi-crawl.{hint}', safe="Nothing was written.", todo=todo)


def _no_ranking(strategy: str, cohort: str, made: Sequence[tuple[str, str]]) -> InputError:
    cohorts = [label for each, label in made if each == strategy]
    strategies = sorted({each for each, _ in made})
    todo = f"The strategies are: {', '.join(strategies) or 'none; make them with: mwi-crawl aggregate'}"
    if cohorts:
        todo = f"It was made for: {', '.join(cohorts[:20])}   (--cohort LABEL)"
    return InputError(f'there is no ranking "{strategy}" of "{cohort}".', safe="Nothing was written.", todo=todo)


def _cell(value: Cell, shown: Callable[[str], str]) -> Cell:
    if isinstance(value, str):
        return shown(value)
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def _json_value(value: Cell) -> Any:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return None if isinstance(value, float) and not math.isfinite(value) else value  # JSON has no word for infinity


def _on_terminal(line: str) -> str:
    return "\n".join(map(printable, line.split("\n")))


def _escaped(match: re.Match[str]) -> str:
    return match[0] if printable(match[0]) == match[0] else f"\\u{ord(match[0]):04x}"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


class _Echo:
    """A file that gives back what is written to it, so that `csv` makes lines."""

    def write(self, text: str) -> str:
        return text
