"""Building: every table in its order, in the one transaction of the caller. A person's own file fails alone."""

from __future__ import annotations

import hashlib
import re
import sqlite3
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mwi_crawl.aggregate import functions, graph, settings
from mwi_crawl.aggregate.scripts import Script, in_order, ours, own
from mwi_crawl.config import Config
from mwi_crawl.errors import InputError
from mwi_crawl.schema import column_docs

MADE_IN_PYTHON: Mapping[str, tuple[frozenset[str], Callable[[sqlite3.Connection], None]]] = graph.TABLES
_TABLES = (
    "drop table if exists aggregate_tables",
    "create table aggregate_tables (name text primary key, kind text not null, rows integer, digest text, "
    "skipped text, computed_at text not null)",
)
_DOCS = (
    ("aggregate_tables", "name", "table or view made by aggregate"),
    ("aggregate_tables", "kind", "ours, or user for a file in sql/user"),
    ("aggregate_tables", "rows", "its rows; null: not made"),
    ("aggregate_tables", "digest", "SHA-256 of its rows but for computed_at: the same content, the same digest"),
    ("aggregate_tables", "skipped", "why it was not made, and what would fill it"),
    ("aggregate_tables", "computed_at", "when"),
)


@dataclass(frozen=True, slots=True)
class Built:
    """What became of one table. `rows` is None where it was not made, and `skipped` says why."""

    name: str
    user: bool
    rows: int | None
    changed: bool
    seconds: float
    skipped: str | None = None
    digest: str | None = None


def build(
    db: sqlite3.Connection, config: Config, now: str, *, only: Collection[str] = (), user_folder: Path | None = None
) -> list[Built]:
    """Make the tables; `only`: these and what they read. Raises InputError for an unknown name."""
    functions.register(db)
    before = _digests(db)
    scripts = {script.name: script for script in (*(own(user_folder) if user_folder else ()), *ours())}
    reads = {name: words for name, (words, _) in MADE_IN_PYTHON.items()}
    order = in_order(scripts.values(), reads)
    wanted = _closure(only, {name: script.reads for name, script in scripts.items()} | reads)
    settings.write(db, config, now)
    document(db, settings.DOCS)
    missing: dict[str, str] = {}
    built = []
    for name in order:
        if only and name not in wanted:
            continue
        one = _one(db, name, scripts.get(name), missing, before.get(name))
        if one.rows is None:
            missing[name] = one.skipped or ""
        built.append(one)
    _remember(db, built, now, keep=bool(only))
    return built


def document(db: sqlite3.Connection, docs: Sequence[tuple[str, str, str]]) -> None:
    """Explain columns in the file itself."""
    db.executemany("insert or replace into column_docs values (?, ?, ?)", docs)


def _one(
    db: sqlite3.Connection, name: str, script: Script | None, missing: Mapping[str, str], before: str | None
) -> Built:
    started = time.monotonic()
    user = script is not None and script.path is not None
    reads = script.reads if script else MADE_IN_PYTHON[name][0]
    why = _lacks(db, script.needs if script else (), missing, reads)
    if why is None:
        why = _make(db, name, script)
    else:
        _drop(db, name)
    if why is not None:
        return Built(name, user, None, changed=before is not None, seconds=time.monotonic() - started, skipped=why)
    rows, digest = _digest(db, name)
    return Built(name, user, rows, digest != before, time.monotonic() - started, digest=digest)


def _make(db: sqlite3.Connection, name: str, script: Script | None) -> str | None:
    """Run one file. A person's own that fails is taken back and says where; ours must not fail."""
    if script is None:
        MADE_IN_PYTHON[name][1](db)
        return None
    db.execute("delete from column_docs where tbl = ?", (name,))
    db.execute("savepoint one_table")
    statement = ""
    try:
        for statement in script.statements:
            db.execute(statement)
    except sqlite3.Error as error:
        if script.path is None:
            raise
        db.execute("rollback to one_table")
        db.execute("release one_table")
        line = script.text[: script.text.find(statement)].count("\n") + 1
        return f"{script.path}: {error} (in the statement that begins on line {line})"
    db.execute("release one_table")
    document(db, column_docs(script.text))
    return None


def _lacks(
    db: sqlite3.Connection, needs: Sequence[str], missing: Mapping[str, str], reads: frozenset[str]
) -> str | None:
    """Why a table cannot say anything: what it needs holds nothing, or what it reads was not made."""
    for need in needs:
        table, _, column = need.partition(".")
        condition = f"where {column} is not null" if column else ""
        if not re.fullmatch(r"\w+(\.\w+)?", need):
            raise InputError(f"-- needs: {need} is no table or column.", safe="No table was changed.", todo="Mend it.")
        if not db.execute(f"select exists (select 1 from {table} {condition})").fetchone()[0]:  # noqa: S608 - words only
            return f"nothing in {need}"
    absent = sorted(reads & missing.keys())
    return f"{absent[0]} is not there ({missing[absent[0]]})" if absent else None


def _drop(db: sqlite3.Connection, name: str) -> None:
    row = db.execute("select type from sqlite_master where name = ? and type in ('table', 'view')", (name,)).fetchone()
    if row is not None:
        db.execute(f'drop {row[0]} "{name}"')
    db.execute("delete from column_docs where tbl = ?", (name,))


def _digest(db: sqlite3.Connection, name: str) -> tuple[int, str]:
    """The number of rows, and a digest of them that does not depend on when they were made. A view has neither."""
    row = db.execute("select type from sqlite_master where name = ?", (name,)).fetchone()
    if row is None:
        return 0, ""
    columns = [column[1] for column in db.execute(f'pragma table_info("{name}")') if column[1] != "computed_at"]
    listed = ", ".join(f'"{column}"' for column in columns)
    digest, rows = hashlib.sha256(), 0
    if row[0] == "view":
        return 0, ""
    for values in db.execute(f'select {listed} from "{name}" order by {listed}'):  # noqa: S608 - its own columns
        digest.update(repr(tuple(values)).encode())
        rows += 1
    return rows, digest.hexdigest()


def _closure(only: Collection[str], reads: Mapping[str, frozenset[str]]) -> set[str]:
    """These tables and all that they read."""
    if unknown := sorted(set(only) - reads.keys()):
        raise InputError(
            f"there is no table {', '.join(unknown)} to make.",
            safe="No table was changed.",
            todo=f"The tables are: {', '.join(sorted(reads))}",
        )
    found: set[str] = set()
    ahead = list(only)
    while ahead:
        name = ahead.pop()
        if name not in found:
            found.add(name)
            ahead += sorted(reads[name] & reads.keys())
    return found


def _digests(db: sqlite3.Connection) -> dict[str, str]:
    there = db.execute("select 1 from sqlite_master where name = 'aggregate_tables'").fetchone()
    if there is None:
        return {}
    return dict(db.execute("select name, digest from aggregate_tables where digest is not null").fetchall())


def _remember(db: sqlite3.Connection, built: Sequence[Built], now: str, *, keep: bool) -> None:
    if not keep or db.execute("select 1 from sqlite_master where name = 'aggregate_tables'").fetchone() is None:
        for statement in _TABLES:
            db.execute(statement)
    for one in built:
        row = (one.name, "user" if one.user else "ours", one.rows, one.digest, one.skipped, now)
        db.execute("insert or replace into aggregate_tables values (?, ?, ?, ?, ?, ?)", row)
    document(db, _DOCS)
