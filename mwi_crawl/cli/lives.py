"""What `stats` and `review` read: one person's life in films, asked of the tables that `aggregate` made.

A question whose tables were not made is answered by nothing, and which they are, and what would fill them, is kept.
"""

from __future__ import annotations

import difflib
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mwi_crawl.cli import words
from mwi_crawl.cli.looking import reading
from mwi_crawl.cli.options import Common, settings
from mwi_crawl.errors import InputError

if TYPE_CHECKING:
    from mwi_crawl.config import Config

WIDTH = 100  # columns
MOST = 10  # people told of one after the other where none was named
ALL = 1_000_000  # rows: no limit
BY = {
    "viewing": "by dates of viewings",
    "rated": "by the days on which films were rated, not seen",
}


@dataclass(frozen=True, slots=True)
class Life:
    """One person's: questions are asked for them, and by one kind of date (viewing, rated)."""

    db: sqlite3.Connection
    user_id: int
    name: str
    dates: str
    made: frozenset[str]
    left_out: Mapping[str, str]
    missing: dict[str, str] = field(default_factory=dict)

    def ask(self, question: str, *, year: int | None = None, top: int = ALL, **more: object) -> list[dict[str, Any]]:
        """The answer of `sql/read/life_<question>.sql`; nothing where a table of it was not made (see `missing`)."""
        found = _asked(self.db, question, self.made, self.left_out, self.missing)
        if found is None:
            return []
        values = {"user_id": self.user_id, "dates": self.dates, "year": year, "top": top, **more}
        return [dict(row) for row in self.db.execute(found, values)]

    def not_shown(self) -> Iterator[str]:
        """Which tables were asked for and are not there, and what would fill them."""
        for table, why in self.missing.items():
            yield from words.wrapped(f"Not shown: {table} ({why})", WIDTH, " ")


@contextmanager
def lives(given: Common, user: str | None, dates: str | None = None) -> Iterator[list[Life]]:
    """The person named, or everybody if they are few. Raises InputError: nobody, too many, or no tables yet."""
    config = settings(given, logged=False)
    with reading(config.paths.db) as db:
        yield _lives(db, config, given, user, dates)


def stars(value: float | None) -> str:
    """`4.5 stars`, or `–`."""
    return "–" if value is None else f"{value:g} stars"


def percent(share: float | None) -> str:
    """`4.8 %`, or `–`."""
    return "–" if share is None else f"{100 * share:.1f} %"


def titled(row: Mapping[str, Any]) -> str:
    """`Solaris (1972)`."""
    return f"{row['title'] or '–'} ({row['release_year'] or 'year unknown'})"


def _lives(db: sqlite3.Connection, config: Config, given: Common, user: str | None, dates: str | None) -> list[Life]:
    there = {row[0] for row in db.execute("select name from sqlite_master where type in ('table', 'view')")}
    if "aggregate_tables" not in there:
        raise InputError(
            f"{config.paths.db} has no tables for people yet.",
            safe="Nothing was changed.",
            todo=f"Make them: mwi-crawl aggregate{given.again}",
        )
    left_out = dict(db.execute("select name, skipped from aggregate_tables where skipped is not null").fetchall())
    missing: dict[str, str] = {}
    question = _asked(db, "people", frozenset(there), left_out, missing)
    if question is None:
        table, why = next(iter(missing.items()))
        raise InputError(
            f"nothing can be told: {table} was not made ({why}).", todo=f"Then: mwi-crawl aggregate{given.again}"
        )
    people = db.execute(question).fetchall()
    chosen = people if user is None else [row for row in people if row["name"].casefold() == user.casefold()]
    if not chosen or len(chosen) > MOST:
        raise _whom(user, [row["name"] for row in people])
    return [
        Life(db, row["user_id"], row["name"], dates or ("viewing" if row["has_viewings"] else "rated"),
             frozenset(there), left_out)
        for row in chosen
    ]  # fmt: skip


def _asked(
    db: sqlite3.Connection,
    question: str,
    made: frozenset[str],
    left_out: Mapping[str, str],
    missing: dict[str, str],
) -> str | None:
    """The text of a question; None where a table of it was not made, which is added to `missing` with the reason."""
    from mwi_crawl.aggregate.build import plan
    from mwi_crawl.aggregate.scripts import read
    from mwi_crawl.queries import sql

    text = sql(f"read/life_{question}")
    ours = {*plan()[1]} | left_out.keys()
    absent = sorted((read("", text).reads & ours) - made)
    for table in absent:
        missing.setdefault(table, left_out.get(table) or "not made yet; make it with: mwi-crawl aggregate")
    return None if absent else text


def _whom(user: str | None, names: Sequence[str]) -> InputError:
    shown = ", ".join(names[:20]) or "nobody: mwi-crawl import FILE brings a history in"
    if user is None and names:
        return InputError(f"the file holds the films of {len(names)} people.", todo=f"Name one by --user: {shown}")
    if user is None:
        return InputError("the file holds nobody's films.", todo="Bring a history in: mwi-crawl import FILE")
    nearest = difflib.get_close_matches(user, names, n=1)
    hint = f' Did you mean "{nearest[0]}"?' if nearest else ""
    return InputError(f'nobody is called "{user}".{hint}', todo=f"There are: {shown}")
