"""What would fill a table: where nothing was told yet, who would tell it, and what stands in the way.

A column that is a field of a film (`film_facts.budget_usd`) is filled by the sources believed about it, a table by the
sources that write its kind of record, and what people say of films by an import.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from functools import cache

from mwi_crawl import sources
from mwi_crawl.config import Config
from mwi_crawl.precedence import FIELDS
from mwi_crawl.queries import names, sql

IMPORTED = {
    **dict.fromkeys(("films", "users", "ratings", "imports", "import_entries"), "mwi-crawl import FILE"),
    "watches": "mwi-crawl import FILE, of a diary or check-ins",
    "lists": "mwi-crawl import FILE, of a list",
    "list_items": "mwi-crawl import FILE, of a list",
    **dict.fromkeys(("cohorts", "cohort_members"), "mwi-crawl import ratings FILE --cohort LABEL"),
}
"""Table → the command that fills it."""


def lacking(db: sqlite3.Connection, needs: Sequence[str]) -> str | None:
    """The first of the tables and columns (`credits`, `film_facts.budget_usd`) that holds nothing; None: all do."""
    for need in needs:
        table, _, column = need.partition(".")
        there = {row[1] for row in db.execute(f'pragma table_info("{table}")')}
        if not there or (column and column not in there):
            return need
        condition = f'where "{column}" is not null' if column else ""
        question = f'select exists (select 1 from "{table}" {condition})'  # noqa: S608 - words only
        if not db.execute(question).fetchone()[0]:
            return need
    return None


def why(need: str, config: Config) -> str:
    """That a table or column holds nothing, and what would fill it, in words."""
    table = need.partition(".")[0]
    found = IMPORTED.get(table) or ", ".join(_from(need, config))
    return f"nothing in {need}" + (f"; to fill it: {found}" if found else "")


def writers(need: str) -> tuple[str, ...]:
    """The sources of this version that write a table's kind of record, or are believed about that field."""
    table, _, column = need.partition(".")
    kinds = sources.discover()
    believed = [field for field in FIELDS.values() if (field.table, field.column) == (table, column)]
    named = believed[0].sources if believed else kinds
    return tuple(name for name in named if name in kinds and table in kinds[name].kinds)


@cache
def base_tables() -> frozenset[str]:
    """The tables and views that the schema makes; what is not among them may be made by aggregate."""
    from mwi_crawl.schema import column_docs

    texts = [sql(f"{place}/{name}") for place in ("schema", "view") for name in names(place)]
    return frozenset(table for text in texts for table, _, _ in column_docs(text))


def _from(need: str, config: Config) -> Iterator[str]:
    secrets, kinds = config.reveal(), sources.discover()
    for name in writers(need):
        kind, its = kinds[name], config.sources[name]
        if not its.enabled:
            yield f"{name} (off)"
        elif kind.bulk:
            yield f"{name} (mwi-crawl datasets fetch)"
        elif kind(its.options).authorize(secrets) is None:
            yield f"{name} (no key: {kind.key_names[0]})"
        else:
            yield f"{name} (mwi-crawl full)"
