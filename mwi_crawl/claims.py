"""What the sources say of one film, field by field, and whom to believe: read from the file, chosen by the precedence.

Plain functions of a connection, for one film at a time; tables of all films are made by SQL.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from mwi_crawl.model import Value
from mwi_crawl.precedence import FIELDS, Field, choose, says
from mwi_crawl.queries import sql

Row = Mapping[str, Value]
Claim = Value | tuple[str, ...]
"""What a source says of a field: a value or, of a listed field, its list in its order."""

_READS = {
    "film_facts": "read/film_facts",
    "scores": "read/film_scores",
    "credits": "read/film_credits",
    "content_warnings": "read/film_warnings",
    "deaths": "read/film_deaths",
}
_ITEMS: Mapping[str, Callable[[Row], Value]] = {  # the others' is in a column called value
    "credits": lambda row: row["name"],
    "content_warnings": lambda row: f"{row['topic']} ({row['yes']} yes, {row['no']} no)",
    "deaths": lambda row: row["actor"],
}


@dataclass(frozen=True, slots=True)
class Told:
    """All that is stored of one film: its own row, what each source said by table, and how it stands at each."""

    film: Row
    rows: Mapping[str, list[Row]]
    standing: Mapping[str, Row] = field(default_factory=dict)

    def date(self, source: str) -> str | None:
        """The day a source said what is stored of it; None if that is not known."""
        at = self.standing.get(source, {}).get("told_at")
        return None if at is None else str(at)[:10]

    @property
    def speakers(self) -> list[str]:
        """The sources that said anything at all."""
        return sorted({str(row["source"]) for rows in self.rows.values() for row in rows})


@dataclass(frozen=True, slots=True)
class Choice:
    """One field of one film: what each source says, the rule, and the source that is believed (None: none says it)."""

    field: Field
    order: tuple[str, ...]
    said: Mapping[str, Claim]
    chosen: str | None

    @property
    def value(self) -> Claim:
        """What is believed; None if nobody says anything."""
        return None if self.chosen is None else self.said[self.chosen]

    @property
    def others(self) -> list[str]:
        """The other sources that say something: as the rule has them, then those it does not name."""
        named = [source for source in self.order if source in self.said]
        return [source for source in (*named, *sorted(set(self.said) - set(named))) if source != self.chosen]

    @property
    def silent(self) -> list[str]:
        """The sources of the rule that say nothing."""
        return [source for source in self.order if source not in self.said]


def told(db: sqlite3.Connection, film_id: int) -> Told:
    """Read all that is stored of a film. The film must exist."""
    (film,) = _ask(db, "read/film", film_id)
    rows = {table: _ask(db, question, film_id) for table, question in _READS.items()}
    for row in _ask(db, "read/film_lists", film_id):
        rows.setdefault(str(row["tbl"]), []).append(row)
    standing = {str(row["source"]): row for row in _ask(db, "read/film_states", film_id)}
    return Told(film, rows, standing)


def choices(of: Told, precedence: Mapping[str, tuple[str, ...]], *, spoilers: bool = False) -> dict[str, Choice]:
    """Every field with its choice. Without `spoilers`, of a field that tells the end only the number is given."""
    return {name: _choice(of, each, precedence[name], spoilers=spoilers) for name, each in FIELDS.items()}


def _choice(of: Told, each: Field, order: tuple[str, ...], *, spoilers: bool) -> Choice:
    rows = [row for row in of.rows.get(each.table, ()) if all(row[column] == value for column, value in each.where)]
    said = {source: _claim(each, rows, source) for source in dict.fromkeys(str(row["source"]) for row in rows)}
    if each.spoiler and not spoilers:
        said = {source: len(claim) for source, claim in said.items() if isinstance(claim, tuple)}
    said = {source: claim for source, claim in said.items() if says(claim)}
    return Choice(each, order, said, choose(order, said))


def _claim(each: Field, rows: Iterable[Row], source: str) -> Claim:
    own = [row for row in rows if row["source"] == source]
    if not each.listed:
        return own[0][each.column]
    item = _ITEMS.get(each.table, _value)
    return tuple(dict.fromkeys(str(item(row)) for row in own))


def _value(row: Row) -> Value:
    return row["value"]


def _ask(db: sqlite3.Connection, question: str, film_id: int) -> list[Row]:
    return [dict(row) for row in db.execute(sql(question), {"film_id": film_id})]
