"""The parameters of sql/aggregate as rows, so that a file runs alone in any SQLite shell with what the last run used.

`aggregate_settings(name, value)`: `top_n`, `keep_status/Released` …, and per strategy and cohort
`ranking/<strategy>/<parameter>` and `ranking/<strategy>/<parameter>/<cohort label>`.
`field_sources(field, source, place)`: whom to believe about a field of a film, best first.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from mwi_crawl.config import Config
from mwi_crawl.model import Value
from mwi_crawl.precedence import FIELDS

IMPORTED = "import"
"""The last to be believed about a title, a year: what a person's own file says of the film."""

_TABLES = (
    "drop table if exists aggregate_settings",
    "create table aggregate_settings (name text primary key, value)",
    "drop table if exists field_sources",
    "create table field_sources (field text not null, source text not null, place integer not null, "
    "primary key (field, source), unique (field, place))",
)
DOCS = (
    ("aggregate_settings", "name", "parameter of the tables made by aggregate"),
    ("aggregate_settings", "value", "its value when they were made"),
    ("field_sources", "field", "field of a film"),
    ("field_sources", "source", "source that may be believed about it; import: the person's own file"),
    ("field_sources", "place", "its place among them, from 0: the first that says anything is believed"),
)


def write(db: sqlite3.Connection, config: Config, now: str) -> None:
    """Make both tables anew."""
    for statement in _TABLES:
        db.execute(statement)
    db.executemany(
        "insert into aggregate_settings values (?, ?)", sorted({**dict(_rows(config)), "computed_at": now}.items())
    )
    known = {*config.sources, *_speakers(db)}
    for field in sorted(FIELDS):
        named = config.aggregate.precedence[field]
        for place, source in enumerate((*named, *sorted(known - {*named}), IMPORTED)):
            db.execute("insert into field_sources values (?, ?, ?)", (field, source, place))


def _speakers(db: sqlite3.Connection) -> set[str]:
    """The sources that have said something, those among them too that this version cannot ask any more."""
    tables = sorted({field.table for field in FIELDS.values()})
    every = " union ".join(f"select source from {table}" for table in tables)  # noqa: S608 - our own tables
    return {source for (source,) in db.execute(every)}


def _rows(config: Config) -> Iterator[tuple[str, Value]]:
    aggregate = config.aggregate
    yield "top_n", aggregate.top_n
    yield "min_budget_for_roi", aggregate.min_budget_for_roi * 1_000_000
    yield "min_votes_for_rating", aggregate.min_votes_for_rating
    for status in aggregate.keep_status:
        yield f"keep_status/{status}", 1
    for strategy, parameters in config.ranking.items():
        for name, value in parameters.items():
            yield f"ranking/{strategy}/{name}", value
    for label, cohort in config.cohorts.items():
        for strategy, parameters in cohort.ranking.items():
            for name, value in parameters.items():
                yield f"ranking/{strategy}/{name}/{label}", value
