"""What the sources say: typed rows, stored by the statements of sql/record, replaced as a set per film and source.

Plain functions inside the transaction of the answer.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from functools import cache
from itertools import groupby

from mwi_crawl.model import Parsed, Record, Value
from mwi_crawl.queries import names, sql

_PARAMETER = re.compile(r":([a-z_]+)")


def replace(db: sqlite3.Connection, film_id: int | None, source: str, parsed: Parsed) -> None:
    """Replace what a source said of a film under the kinds its answer speaks of. ValueError: there is no such kind."""
    if unknown := {*parsed.speaks_of, *(record.kind for record in parsed.records)} - set(names("record")):
        raise ValueError(f"there is no record kind {', '.join(sorted(unknown))}")
    for kind in parsed.speaks_of:
        if kind == "people":  # shared between films; never taken away
            continue
        of_film = "film_id = :film_id and " if "film_id" in parameters(kind) else ""
        values = {"film_id": film_id, "source": source}
        db.execute(f"delete from {kind} where {of_film}source = :source", values)  # noqa: S608 - a kind is the name of one of our own files
    for kind, records in groupby(sorted(parsed.records, key=_kind_order), lambda record: record.kind):
        statement, columns = _positional(kind)
        db.executemany(statement, [_values(record, columns, film_id, source) for record in records])


def _kind_order(record: Record) -> tuple[bool, str]:
    return record.kind != "people", record.kind  # credits point to people


def _values(record: Record, columns: Sequence[str], film_id: int | None, source: str) -> list[Value]:
    known = parameters(record.kind)
    if unknown := record.values.keys() - known.keys():
        raise ValueError(f"sql/record/{record.kind}.sql has no parameter {', '.join(sorted(unknown))}")
    values = {**record.values, "film_id": film_id, "source": source}
    return [values.get(name) for name in columns]


@cache
def _positional(kind: str) -> tuple[str, tuple[str, ...]]:
    """A record kind's statement with `?` for each parameter, and their names in order: to bind by name is dear."""
    text = sql(f"record/{kind}")
    return _PARAMETER.sub("?", text), tuple(_PARAMETER.findall(text))


@cache
def parameters(kind: str) -> dict[str, Value]:
    """The named parameters of a record kind, each with null."""
    return dict.fromkeys(_PARAMETER.findall(sql(f"record/{kind}")))
