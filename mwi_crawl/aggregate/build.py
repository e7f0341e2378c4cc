"""Building: every table in its order, in the one transaction of the caller. A person's own file fails alone."""

from __future__ import annotations

import hashlib
import sqlite3
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mwi_crawl.aggregate import functions, graph, needs, settings
from mwi_crawl.aggregate.guard import guarded
from mwi_crawl.aggregate.scripts import Script, in_order, ours, own, own_in_order
from mwi_crawl.config import Config
from mwi_crawl.errors import InputError
from mwi_crawl.schema import column_docs

MADE_IN_PYTHON: Mapping[str, tuple[frozenset[str], Callable[[sqlite3.Connection], None]]] = graph.TABLES
OWN = ("aggregate_tables", "aggregate_settings", "field_sources")
"""Tables that building itself keeps."""
_FAULTS = (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_AUTH)
"""What is wrong with a statement; any other fault of SQLite is one of the file or the disk, and ends all building."""
_TABLES = (
    "drop table if exists aggregate_tables",
    "create table aggregate_tables (name text primary key, kind text not null, rows integer, digest text, "
    "skipped text, computed_at text not null)",
)
_DOCS = (
    ("aggregate_tables", "name", "table or view made by aggregate; for a file in sql/user without a table, the file"),
    ("aggregate_tables", "kind", "ours, or user for a file in sql/user"),
    ("aggregate_tables", "rows", "its rows; null: not made, or a view"),
    ("aggregate_tables", "digest", "SHA-256 of its rows but for computed_at: the same content, the same digest"),
    ("aggregate_tables", "skipped", "why it was not made, and what would fill it; null: it was made"),
    ("aggregate_tables", "computed_at", "when"),
)


@dataclass(frozen=True, slots=True)
class Built:
    """What became of one table. Where it was not made, `skipped` says why; `rows` is None then, and for a view.

    `fault`: it was a person's own file that could not be run.
    """

    name: str
    user: bool
    rows: int | None
    changed: bool
    seconds: float
    skipped: str | None = None
    digest: str | None = None
    fault: bool = False


def build(
    db: sqlite3.Connection, config: Config, now: str, *, only: Collection[str] = (), user_folder: Path | None = None
) -> list[Built]:
    """Make the tables; `only`: these and what they read. Raises InputError for an unknown name."""
    functions.register(db)
    db.execute("pragma threads = 2")  # to sort with; a larger page cache would be each sorter's memory as well
    known = _known(db)
    scripts, order, reads = plan(user_folder)
    wanted = _closure(only, reads) if only else set(order)
    settings.write(db, config, now)
    document(db, settings.DOCS)
    if not only:
        _sweep(db, known.keys() - set(order))
    missing: dict[str, str] = {}
    built = []
    for name in order:
        if name in wanted:
            one = _one(db, name, scripts.get(name), reads[name], missing, config, known.get(name))
            if one.skipped is not None:
                missing[name] = one.skipped
            built.append(one)
    _remember(db, built, now, keep=bool(only))
    return built


def plan(user_folder: Path | None = None) -> tuple[dict[str, Script], list[str], dict[str, frozenset[str]]]:
    """The files by the names of their tables; all names in the order of making; and what each reads (words).

    Ours never read a person's own, however that is called, so no file of theirs can hold one of ours up.
    """
    scripts = {script.name: script for script in ours()}
    reads = {name: words for name, (words, _) in MADE_IN_PYTHON.items()}
    order = in_order(scripts.values(), reads)
    taken = {*order, *OWN, *needs.base_tables()}
    theirs = own_in_order(own(user_folder, taken)) if user_folder else []
    scripts |= {script.name: script for script in theirs}
    order += [script.name for script in theirs]
    return scripts, order, {name: script.reads for name, script in scripts.items()} | reads


def _is_there(db: sqlite3.Connection, name: str) -> bool:
    question = "select 1 from sqlite_master where name = ? collate nocase and type in ('table', 'view')"
    return db.execute(question, (name,)).fetchone() is not None


def document(db: sqlite3.Connection, docs: Iterable[tuple[str, str, str]]) -> None:
    """Explain columns in the file itself."""
    db.executemany("insert or replace into column_docs values (?, ?, ?)", docs)


def _one(
    db: sqlite3.Connection,
    name: str,
    script: Script | None,
    reads: frozenset[str],
    missing: Mapping[str, str],
    config: Config,
    before: str | None,
) -> Built:
    """One table: dropped, and made anew if there is something to make it of."""
    started = time.monotonic()
    user = script is not None and script.path is not None
    fault = script.fault if script else None
    if user and before is None and _is_there(db, name):
        fault = fault or f"would make {name}, which is there and was not made by aggregate"
    else:
        drop(db, name)
    why = fault or _lacks(db, script, reads, missing, config)
    if why is None and script and user:
        why = fault = _make_own(db, script)
    elif why is None:
        _make(db, name, script)
    seconds = time.monotonic() - started
    if why is not None:
        told = f"{script.path}: {why}" if fault and script else why
        return Built(name, user, None, before is not None, seconds, told, fault=fault is not None)
    rows, digest = _digest(db, name)
    return Built(name, user, rows, digest != before, time.monotonic() - started, digest=digest)


def _make(db: sqlite3.Connection, name: str, script: Script | None) -> None:
    """One of ours, which must not fail: where it does, nothing is changed and it is a bug."""
    if script is None:
        MADE_IN_PYTHON[name][1](db)
        return
    for line, statement in script.numbered:
        try:
            db.execute(statement)
        except sqlite3.Error as error:
            if _code(error) not in _FAULTS:
                raise
            raise RuntimeError(f"sql/aggregate/{name}.sql, line {line}: {error}") from error
    document(db, column_docs(script.text))


def _make_own(db: sqlite3.Connection, script: Script) -> str | None:
    """One of a person's own. Where it fails it is taken back; returns why, and where."""
    db.execute("savepoint one_table")
    why = None
    for line, statement in script.numbered:
        with guarded(db, script.name) as refused:
            try:
                db.execute(statement).close()
            except (sqlite3.Error, sqlite3.Warning) as error:
                if _code(error) not in _FAULTS:
                    raise
                may = f"it may make {script.name} and read the rest, not {refused[0]}" if refused else str(error)
                why = f"{may} (in the statement that begins on line {line})"
                break
    if why is not None:
        db.execute("rollback to one_table")
    db.execute("release one_table")
    if why is None:
        document(db, (doc for doc in column_docs(script.text) if doc[0] == script.name))
    return why


def _code(error: Exception) -> int:
    """SQLite's code of a fault, without its details; one that Python itself found is a fault of the statement."""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF


def _lacks(
    db: sqlite3.Connection, script: Script | None, reads: frozenset[str], missing: Mapping[str, str], config: Config
) -> str | None:
    """Why a table cannot say anything: what it reads was not made, or what it needs holds nothing."""
    if absent := sorted(reads & missing.keys()):
        return missing[absent[0]]
    need = needs.lacking(db, script.needs) if script else None
    return needs.why(need, config) if need else None


def drop(db: sqlite3.Connection, name: str) -> None:
    """Take a table or view away, with its documentation."""
    row = db.execute("select type from sqlite_master where name = ? and type in ('table', 'view')", (name,)).fetchone()
    if row is not None:
        db.execute(f'drop {row[0]} "{name}"')
    db.execute("delete from column_docs where tbl = ?", (name,))


def _sweep(db: sqlite3.Connection, names: Iterable[str]) -> None:
    """Take away what an older version, or a file that is gone, had made. What is not aggregate's is left alone."""
    for name in sorted(names):
        if name not in needs.base_tables():
            drop(db, name)


def _digest(db: sqlite3.Connection, name: str) -> tuple[int | None, str]:
    """The number of rows, and a digest of them that does not depend on when they were made; of a view, of its text."""
    kind, text = db.execute(
        "select type, sql from sqlite_master where name = ? collate nocase and type in ('table', 'view')", (name,)
    ).fetchone()
    if kind == "view":
        return None, hashlib.sha256(text.encode()).hexdigest()
    columns = [column[1] for column in db.execute(f'pragma table_info("{name}")') if column[1] != "computed_at"]
    listed = ", ".join(f'"{column}"' for column in columns)
    digest, rows = hashlib.sha256(), 0
    for values in db.execute(f'select {listed} from "{name}" order by {listed}'):  # noqa: S608 - its own columns
        digest.update(repr(tuple(values)).encode("utf-8", "surrogatepass"))
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


def _known(db: sqlite3.Connection) -> dict[str, str | None]:
    """The tables that are known from last time, each with its digest."""
    if not _remembered(db):
        return {}
    return dict(db.execute("select name, digest from aggregate_tables").fetchall())


def _remembered(db: sqlite3.Connection) -> bool:
    return db.execute("select 1 from sqlite_master where name = 'aggregate_tables'").fetchone() is not None


def _remember(db: sqlite3.Connection, built: Sequence[Built], now: str, *, keep: bool) -> None:
    if not keep or not _remembered(db):
        for statement in _TABLES:
            db.execute(statement)
    for one in built:
        row = (one.name, "user" if one.user else "ours", one.rows, one.digest, one.skipped, now)
        db.execute("insert or replace into aggregate_tables values (?, ?, ?, ?, ?, ?)", row)
    document(db, _DOCS)
