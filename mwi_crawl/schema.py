"""The file itself: how it is opened, which schema it has, and the steps from an older one to this program's.

Plain `sqlite3`: used by the store for its one writing connection and by readers for theirs.
"""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

from mwi_crawl.errors import BusyError, DiskFullError, StorageError
from mwi_crawl.queries import names, script, sql

UNCHANGED = "Nothing was changed."
NETWORK_FILE_SYSTEMS = ("nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "ceph", "9p", "fuse.sshfs", "fuse.rclone")
MOUNTS = Path("/proc/self/mounts")
_PRAGMAS = (
    "pragma synchronous = full",  # an acknowledged answer survives a power cut
    "pragma foreign_keys = on",
    "pragma wal_autocheckpoint = 1000",
    "pragma journal_size_limit = 67108864",
    "pragma trusted_schema = off",
)


def latest() -> int:
    """The schema version of this program."""
    return int(names("schema")[-1][:4])


def connect(path: Path, *, busy_seconds: float = 10.0) -> sqlite3.Connection:
    """A writing connection in explicit transactions (`begin immediate`), made if need be. No schema is applied.

    A file that is not ours is refused before anything is written to it: even the journal mode is kept in the file.
    """
    try:
        db = sqlite3.connect(path, timeout=busy_seconds, isolation_level=None, check_same_thread=False)
    except sqlite3.Error as error:
        raise translate(error, path) from error
    try:
        db.row_factory = sqlite3.Row
        _known(db, path)
        # processes on two machines do not share the memory in which the log's readers and writers agree
        db.execute(f"pragma journal_mode = {'delete' if network(path) else 'wal'}")
        for pragma in _PRAGMAS:
            db.execute(pragma)
    except sqlite3.Error as error:
        db.close()
        raise translate(error, path) from error
    except StorageError:
        db.close()
        raise
    return db


def connect_readonly(path: Path) -> sqlite3.Connection:
    """A connection that cannot write; it works beside a running crawl. The file must exist."""
    if not path.is_file():
        raise StorageError(f"{path} does not exist.", safe=UNCHANGED, todo="Make it with: mwi-crawl init")
    try:
        return _reader(path, "mode=ro")
    except sqlite3.OperationalError as error:
        # where SQLite may not write beside the file, it reads it only if it is told that nobody else writes
        if Path(f"{path}-wal").exists():
            raise translate(error, path) from error
    except sqlite3.Error as error:
        raise translate(error, path) from error
    try:
        return _reader(path, "mode=ro&immutable=1")
    except sqlite3.Error as error:
        raise translate(error, path) from error


def network(path: Path) -> str | None:
    """The kind of network file system a path is on, as far as the machine tells (Linux); None: it is on none."""
    try:
        lines = MOUNTS.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return None
    here, found = path.resolve(), (0, "")
    for line in lines:
        _, place, kind, *_ = f"{line}   ".split(" ")
        place = re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), place)
        if here.is_relative_to(place) and len(place) >= found[0]:  # of two at one place the later lies on top
            found = len(place), kind
    return found[1] if found[1] in NETWORK_FILE_SYSTEMS else None


def version(db: sqlite3.Connection) -> int:
    """The schema version of a file; 0 for a new one."""
    return int(db.execute("pragma user_version").fetchone()[0])


def migrate(db: sqlite3.Connection, path: Path) -> tuple[int, int]:
    """Bring the file to this program's schema, each step in one transaction with its number. Returns (from, to).

    Before a step is taken on a file that holds something, a whole copy is put beside it.
    """
    try:
        found = _known(db, path)
        if 0 < found < latest():
            backup(db, copy_of(path, found))
        for name in names("schema"):
            if int(name[:4]) > found:
                _step(db, name)
        return found, latest()
    except sqlite3.Error as error:
        raise translate(error, path) from error


def copy_of(path: Path, number: int) -> Path:
    """Where a file is kept as it was before it left this schema."""
    return path.with_name(f"{path.name}.bak-schema{number}")


def backup(db: sqlite3.Connection, target: Path) -> None:
    """A whole, compact copy in a new file, safe while others write. A half-made copy never bears the name."""
    draft = target.with_name(target.name + ".part")
    draft.unlink(missing_ok=True)
    try:
        db.execute("vacuum into ?", (str(draft),))
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


def check(db: sqlite3.Connection) -> list[str]:
    """What is wrong with the file, as SQLite sees it; empty for a sound one."""
    found = [str(row[0]) for row in db.execute("pragma integrity_check(20)") if row[0] != "ok"]
    return found + [
        f"{row[0]}: a row points to a missing row of {row[2]}" for row in db.execute("pragma foreign_key_check")
    ]


def translate(error: sqlite3.Error, path: Path) -> StorageError:
    """What a fault of SQLite means to a person."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return BusyError(
            f"{path} is locked by another program (it holds unsaved edits?).",
            safe="Everything stored before is safe.",
            todo="Close the other program and run the command again.",
        )
    if code == sqlite3.SQLITE_FULL:
        return DiskFullError(
            f"The disk is full (SQLite: {error}).",
            safe="The last answer was rolled back; everything before it is safe.",
            todo="Free some space and run the command again; a crawl goes on with: mwi-crawl full --resume",
        )
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
        return StorageError(
            f"Cannot write {path} ({error}).",
            safe=UNCHANGED,
            todo="Choose another place with --db or [paths] db, or make this one writable.",
        )
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return _damaged(path, str(error))
    return StorageError(f"{path}: {error}.", safe="Everything stored before is safe.", todo="mwi-crawl db check")


def column_docs(text: str) -> list[tuple[str, str, str]]:
    """(table or view, column, documentation) from the comments behind the columns of a schema script."""
    docs, table = [], ""
    for line in text.splitlines():
        if made := re.match(r"(?:create (?:table|view)|alter table) (\w+)", line):
            table = made[1]
        elif column := re.match(r"  (?:.*\bas )?\"?(\w+)\"?[ ,].*-- (.+)$", line):
            docs.append((table, column[1], column[2].strip()))
    return docs


def _step(db: sqlite3.Connection, name: str) -> None:
    scripts = [f"schema/{name}"]
    if name == names("schema")[-1]:
        scripts += [f"view/{view}" for view in names("view")]
    db.execute("begin exclusive")
    try:
        _drop_views(db)
        for each in scripts:
            for statement in script(each):
                db.execute(statement)
            db.executemany("insert or replace into column_docs values (?, ?, ?)", column_docs(sql(each)))
        db.execute(f"pragma user_version = {int(name[:4])}")
        db.execute("commit")
    except BaseException:
        if db.in_transaction:
            db.execute("rollback")
        raise


def _drop_views(db: sqlite3.Connection) -> None:
    """Views are not data: they are made anew for the newest tables, and never stand in the way of a change to these."""
    for (view,) in db.execute("select name from sqlite_master where type = 'view'").fetchall():
        db.execute(f'drop view "{view}"')
        db.execute("delete from column_docs where tbl = ?", (view,))


def _reader(path: Path, how: str) -> sqlite3.Connection:
    db = sqlite3.connect(f"file:{_uri(path)}?{how}", uri=True, timeout=10.0, check_same_thread=False)
    try:
        db.row_factory = sqlite3.Row
        db.execute("pragma trusted_schema = off")
        found = _known(db, path)
        if found != latest():
            raise _wrong_version(path, found)
    except BaseException:
        db.close()
        raise
    return db


def _known(db: sqlite3.Connection, path: Path) -> int:
    """The schema version of a file of ours, 0 for an empty one. Raises StorageError for any other; writes nothing."""
    found = version(db)
    try:
        tables = {row[0] for row in db.execute("select name from sqlite_master")}
    except UnicodeDecodeError as error:  # the message of SQLite's error, which quotes what it could not read
        raise _damaged(path, "its tables cannot be made out") from error
    if (tables or found) and ("column_docs" not in tables or found == 0):
        raise StorageError(f"{path} is not a database of mwi-crawl.", safe=UNCHANGED, todo="Name another with --db.")
    if found > latest():
        raise _wrong_version(path, found)
    return found


def _damaged(path: Path, why: str) -> StorageError:
    return StorageError(
        f"{path} is damaged or not a database ({why}).",
        safe=UNCHANGED,
        todo="Look at it with: mwi-crawl db check   or put back a copy made by: mwi-crawl db backup",
    )


def _wrong_version(path: Path, found: int) -> StorageError:
    if found == 0:
        return StorageError(f"{path} is empty.", safe=UNCHANGED, todo="Make it a database with: mwi-crawl init")
    if found > latest():
        return StorageError(
            f"{path} has schema {found}, this program knows up to {latest()}.",
            safe=UNCHANGED,
            todo="Upgrade: pipx upgrade mwi-crawl",
        )
    return StorageError(
        f"{path} has schema {found}, this program reads {latest()}.",
        safe=UNCHANGED,
        todo="Bring it up to date (a copy is kept): mwi-crawl init",
    )


def _uri(path: Path) -> str:
    return str(path.resolve()).replace("%", "%25").replace("?", "%3f").replace("#", "%23")
