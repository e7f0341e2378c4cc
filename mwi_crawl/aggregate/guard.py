"""What a person's own file may do: make, fill and empty its one table or view, and read whatever there is.

So that a file copied from a stranger, or a slip of the pen, cannot change what was crawled or imported, nor open
another file, nor end the transaction in which all tables change at once.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

_HARMLESS = {
    sqlite3.SQLITE_SELECT,
    sqlite3.SQLITE_READ,
    sqlite3.SQLITE_FUNCTION,
    sqlite3.SQLITE_RECURSIVE,
    sqlite3.SQLITE_REINDEX,  # part of `create index`
}
_OF_THE_TABLE = {  # these name the table first
    sqlite3.SQLITE_CREATE_TABLE: "create table",
    sqlite3.SQLITE_DROP_TABLE: "drop table",
    sqlite3.SQLITE_CREATE_VIEW: "create view",
    sqlite3.SQLITE_DROP_VIEW: "drop view",
    sqlite3.SQLITE_INSERT: "insert into",
    sqlite3.SQLITE_UPDATE: "update",
    sqlite3.SQLITE_DELETE: "delete from",
}
_OF_ITS_INDEX = {  # and these behind the name of the index
    sqlite3.SQLITE_CREATE_INDEX: "create index on",
    sqlite3.SQLITE_DROP_INDEX: "drop index of",
}
_OTHER = {
    sqlite3.SQLITE_PRAGMA: "use pragma",
    sqlite3.SQLITE_ATTACH: "attach",
    sqlite3.SQLITE_DETACH: "detach",
    sqlite3.SQLITE_TRANSACTION: "begin or end a transaction:",
    sqlite3.SQLITE_SAVEPOINT: "use a savepoint:",
    sqlite3.SQLITE_CREATE_TRIGGER: "create trigger",
    sqlite3.SQLITE_CREATE_TEMP_TABLE: "create temporary table",
    sqlite3.SQLITE_CREATE_TEMP_VIEW: "create temporary view",
    sqlite3.SQLITE_CREATE_TEMP_TRIGGER: "create temporary trigger",
    sqlite3.SQLITE_CREATE_VTABLE: "create virtual table",
    sqlite3.SQLITE_ALTER_TABLE: "alter table",
}
_CATALOGUE = ("sqlite_master", "sqlite_schema")
"""Where SQLite itself writes what a `create` makes. It refuses a statement that would, whatever we say."""


@contextmanager
def guarded(db: sqlite3.Connection, table: str) -> Iterator[list[str]]:
    """A time in which statements may change this table only. The list tells what was refused, in words."""
    refused: list[str] = []

    def may(action: int, first: str | None, second: str | None, _database: str | None, _trigger: str | None) -> int:
        if _allowed(action, first, second, table):
            return sqlite3.SQLITE_OK
        refused.append(f"{_named(action)} {(second if action in _OF_ITS_INDEX else first) or ''}".rstrip())
        return sqlite3.SQLITE_DENY

    db.set_authorizer(may)
    try:
        yield refused
    finally:
        db.set_authorizer(None)


def _allowed(action: int, first: str | None, second: str | None, table: str) -> bool:
    if action in _HARMLESS:
        return True
    if action in _OF_ITS_INDEX:
        return (second or "").lower() == table.lower()
    named = (first or "").lower()
    if named in _CATALOGUE:
        return action in (sqlite3.SQLITE_INSERT, sqlite3.SQLITE_UPDATE, sqlite3.SQLITE_DELETE)
    return action in _OF_THE_TABLE and named == table.lower()


def _named(action: int) -> str:
    return (_OF_THE_TABLE | _OF_ITS_INDEX | _OTHER).get(action, "do that to")
