"""What the sources say: typed rows, stored by the statements of sql/record, replaced as a set per film and source.

Plain functions inside the transaction of the answer.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from mwi_crawl.model import Parsed, Record, Value
from mwi_crawl.queries import names, sql

_PARAMETER = re.compile(r":([a-z_]+)")


@dataclass(frozen=True, slots=True)
class _Statement:
    """A record kind's statement with `?` for each parameter: to bind by name is dear.

    `ours` are the places of the parameters that no record gives: the film and the source.
    """

    text: str
    parameters: tuple[str, ...]
    known: frozenset[str]
    ours: tuple[int, ...]


def replace(db: sqlite3.Connection, film_id: int | None, source: str, parsed: Parsed) -> None:
    """Replace what a source said of a film under the kinds its answer speaks of. ValueError: there is no such kind."""
    told: dict[str, list[Record]] = {}
    for record in parsed.records:
        told.setdefault(record.kind, []).append(record)
    if unknown := {*parsed.speaks_of, *told} - _kinds():
        raise ValueError(f"there is no record kind {', '.join(sorted(unknown))}")
    values: dict[str, Value] = {"film_id": film_id, "source": source}
    for kind in parsed.speaks_of:
        if kind == "people":  # shared between films; never taken away
            continue
        of_film = "film_id = :film_id and " if "film_id" in _statement(kind).known else ""
        db.execute(f"delete from {kind} where {of_film}source = :source", values)  # noqa: S608 - a kind is the name of one of our own files
    for kind in sorted(told, key=_people_first):
        statement = _statement(kind)
        db.executemany(statement.text, [_row(statement, record, values) for record in told[kind]])


def _people_first(kind: str) -> tuple[bool, str]:
    return kind != "people", kind  # credits point to people


def _row(statement: _Statement, record: Record, ours: dict[str, Value]) -> Sequence[Value]:
    if not record.values.keys() <= statement.known:
        unknown = ", ".join(sorted(record.values.keys() - statement.known))
        raise ValueError(f"sql/record/{record.kind}.sql has no parameter {unknown}")
    row = [*map(record.values.get, statement.parameters)]
    for place in statement.ours:
        row[place] = ours[statement.parameters[place]]
    return row


@cache
def _kinds() -> frozenset[str]:
    return frozenset(names("record"))


@cache
def _statement(kind: str) -> _Statement:
    text = sql(f"record/{kind}")
    found = tuple(_PARAMETER.findall(text))
    ours = tuple(place for place, name in enumerate(found) if name in ("film_id", "source"))
    return _Statement(_PARAMETER.sub("?", text), found, frozenset(found), ours)


@cache
def parameters(kind: str) -> dict[str, Value]:
    """The named parameters of a record kind, each with null."""
    return dict.fromkeys(_PARAMETER.findall(sql(f"record/{kind}")))
