"""`aggregate --check`: what cannot be true in the file, asked by the questions of `sql/check`.

A file's first comment is the rule; each row it returns breaks it. A second line `-- notice` marks a rule that a sound
file may break (an answer grows old), so that nobody is woken by it.
"""

from __future__ import annotations

import itertools
import re
import sqlite3
from dataclasses import dataclass
from typing import Any

from mwi_crawl.aggregate import needs
from mwi_crawl.aggregate.build import plan
from mwi_crawl.aggregate.scripts import read
from mwi_crawl.queries import names, sql

SHOWN = 5  # rows kept of those that break a rule; the others are counted
_RULE = re.compile(r"-- (.+(?:\n-- (?!notice$|not portable:).+)*)", re.MULTILINE)
_NOTICE = re.compile(r"^-- notice$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Finding:
    """What one question found: how many rows break the rule, the first of them, or why it could not be asked."""

    name: str
    rule: str
    notice: bool
    broken: int
    examples: tuple[dict[str, Any], ...] = ()
    skipped: str | None = None


def check(db: sqlite3.Connection) -> list[Finding]:
    """Ask every question of `sql/check`, in the order of their names."""
    there = {name for (name,) in db.execute("select name from sqlite_master where type in ('table', 'view')")}
    ours = {*plan()[1]} | needs.base_tables()
    return [_ask(db, name, ours - there) for name in names("check")]


def _ask(db: sqlite3.Connection, name: str, missing: set[str]) -> Finding:
    text = sql(f"check/{name}")
    rule = _RULE.match(text)
    told = " ".join(line.removeprefix("-- ") for line in rule[1].splitlines()) if rule else name
    notice = _NOTICE.search(text) is not None
    if absent := sorted(read(name, text).reads & missing):
        return Finding(name, told, notice, 0, skipped=f"{absent[0]} was not made")
    found = db.execute(text)
    columns = [column[0] for column in found.description]
    first = tuple(dict(zip(columns, row, strict=True)) for row in itertools.islice(found, SHOWN))
    return Finding(name, told, notice, len(first) + sum(1 for _ in found), first)
