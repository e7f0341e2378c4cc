"""An imported file → films, and what its people said of them, in one transaction.

Every row of a file is kept in `import_entries`; ratings, viewings and list items are made from these. A later export of
the same kind by the same person is compared with the one before: new, changed, gone.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from mwi_crawl import films
from mwi_crawl.importer import InputFile, Reading
from mwi_crawl.model import Entry, MediaType, Skipped, Value
from mwi_crawl.queries import sql

CHUNK = 1 << 20  # bytes hashed at a time


@dataclass(slots=True)
class Imported:
    """What came of one table of a file. `same_as`: the import whose content this is, nothing was done."""

    name: str
    kind: str
    description: str
    user: str
    rows: int = 0
    added: int = 0
    changed: int = 0
    gone: int = 0
    pruned: int = 0
    skipped: list[Skipped] = field(default_factory=list)
    followed: Counter[str] = field(default_factory=Counter)  # kinds of title that will be crawled
    kept: Counter[str] = field(default_factory=Counter)  # kinds of title that are kept, not crawled
    notes: tuple[str, ...] = ()
    precisions: Counter[str] = field(default_factory=Counter)
    same_as: int | None = None


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose file it is, and which kinds of title of it are crawled."""

    user: str = "me"
    cohort: str | None = None
    include: frozenset[MediaType] = frozenset({MediaType.MOVIE})
    prune: bool = False


def digest(file: InputFile) -> str:
    """SHA-256 of a file's content."""
    found = hashlib.sha256()
    with file.open() as stream:
        while chunk := stream.read(CHUNK):
            found.update(chunk)
    return found.hexdigest()


def ingest(
    db: sqlite3.Connection, file: InputFile, readings: Sequence[Reading], owner: Owner, now: str
) -> list[Imported]:
    """Store all tables of a file. Inside one transaction: a file that turns out to be damaged leaves nothing behind."""
    sha256 = digest(file)
    # a diary names its films by title alone: it is read when the tables that have their ids have told of them
    order = sorted(range(len(readings)), key=lambda at: readings[at].kind.endswith("_diary"))
    done = {at: _Table(db, file, readings[at], owner, sha256, now).store() for at in order}
    return [done[at] for at in range(len(readings))]


class _Table:
    """One table on its way into the database."""

    def __init__(
        self, db: sqlite3.Connection, file: InputFile, reading: Reading, owner: Owner, sha256: str, now: str
    ) -> None:
        self._db, self._reading, self._owner, self._sha256, self._now = db, reading, owner, sha256, now
        user = reading.person if reading.person and owner.user == "me" else owner.user
        self._user_id = _user(db, user)
        self._users = {user: self._user_id}
        self._touched: set[tuple[int, int]] = set()
        self._left: set[tuple[int, int]] = set()  # pairs that lost a row
        self._lists: set[tuple[int, str]] = set()
        self.imported = Imported(file.name, reading.kind, reading.description, user, notes=reading.notes)

    def store(self) -> Imported:
        before = self._db.execute(
            sql("checkpoint/last_import"), {"user_id": self._user_id, "kind": self._reading.kind}
        ).fetchone()
        include = ",".join(sorted(self._owner.include))
        same = before is not None and (before["sha256"], before["include"]) == (self._sha256, include)
        if same and not self._owner.prune:
            self.imported.same_as = before["import_id"]
            self._join_cohort(before["import_id"])
            return self.imported
        import_id = self._open(include)
        for row in self._reading.rows():
            self.imported.rows += 1
            if isinstance(row, Skipped):
                self.imported.skipped.append(row)
            else:
                self._take(row, import_id)
        self._find_gone(import_id)
        self._make_lists()
        self._derive()
        self._close(import_id)
        return self.imported

    def _open(self, include: str) -> int:
        cursor = self._db.execute(
            sql("checkpoint/add_import"),
            {
                "user_id": self._user_id,
                "name": self.imported.name,
                "sha256": self._sha256,
                "kind": self._reading.kind,
                "include": include,
                "now": self._now,
            },
        )
        assert cursor.lastrowid is not None
        return cursor.lastrowid

    def _take(self, entry: Entry, import_id: int) -> None:
        user_id = self._user_id if entry.user is None else self._person(entry.user)
        names: dict[str, Value] = {"user_id": user_id, "kind": self._reading.kind, "entry_key": entry.key}
        known = self._db.execute(sql("checkpoint/entry"), names).fetchone()
        film_id = self._film(entry, None if known is None else known["film_id"])
        values: dict[str, Value] = {
            **names,
            "film_id": film_id,
            "stars": entry.stars,
            "rated_on": entry.rated_on,
            "watched": int(entry.watched),
            "watched_on": entry.watched_on,
            "precision": entry.precision,
            "rewatch": int(entry.rewatch),
            "liked": int(entry.liked),
            "list_name": entry.list_name,
            "position": entry.position,
            "added_on": entry.added_on,
            "note": entry.note,
            "import_id": import_id,
        }
        if self._store(values, known, entry.line):
            self.imported.precisions[entry.precision] += entry.watched
            self._touched.add((user_id, film_id))
            if entry.list_name:
                self._lists.add((user_id, entry.list_name))

    def _store(self, values: dict[str, Value], known: sqlite3.Row | None, line: int) -> bool:
        """Whether the row says something new."""
        if known is None:
            self.imported.added += 1
            self._db.execute(sql("checkpoint/add_entry"), values)
            return True
        twice = known["last_import_id"] == values["import_id"]
        if twice:
            self.imported.skipped.append(Skipped(line, "the same title again; the row rated last counts"))
            if str(known["rated_on"] or "") > str(values["rated_on"] or ""):
                return False
        changed = any(known[name] != values[name] for name in _SAID) or known["gone_at"] is not None
        before = films.current(self._db, known["film_id"])  # the row itself may have made two films one
        if before != values["film_id"]:
            changed = True
            self._left.add((known["user_id"], before))
        self.imported.changed += changed and not twice
        self._db.execute(sql("checkpoint/change_entry"), {**values, "entry_id": known["entry_id"]})
        return changed

    def _film(self, entry: Entry, before: int | None) -> int:
        """The film of a row. One that names no id keeps the film it had `before`, whatever ids that has got since."""
        seed = entry.seed
        followed = seed.media_type is None or seed.media_type in self._owner.include
        label = entry.type_label or str(seed.media_type or "title")
        (self.imported.followed if followed else self.imported.kept)[label] += 1
        film_id = before if before is not None and not seed.ids else films.find(self._db, seed)
        if film_id is None:
            return films.add(self._db, seed, origin=self._reading.kind, followed=followed, now=self._now)
        film_id = films.learn(self._db, film_id, seed.ids, self._now)
        films.describe(self._db, film_id, seed, followed=followed, now=self._now)
        return film_id

    def _person(self, name: str) -> int:
        if name not in self._users:
            self._users[name] = _user(self._db, name)
        return self._users[name]

    def _find_gone(self, import_id: int) -> None:
        values = {"kind": self._reading.kind, "import_id": import_id, "user_id": self._user_id, "now": self._now}
        values["complete"] = int(self._reading.complete)
        gone = self._db.execute(sql("checkpoint/gone_entries"), values).fetchall()
        self.imported.gone = len(gone)
        self._touched.update((row["user_id"], row["film_id"]) for row in gone)
        self._lists.update((row["user_id"], row["list_name"]) for row in gone if row["list_name"])
        self._db.execute(sql("checkpoint/mark_gone"), values)
        if self._owner.prune:
            pruned = self._db.execute(sql("checkpoint/pruned_pairs"), values).fetchall()
            self._left.update((row["user_id"], row["film_id"]) for row in pruned)
            self._delete_derived()  # viewings point to rows
            self.imported.pruned = self._db.execute(sql("checkpoint/prune_gone"), values).rowcount

    def _delete_derived(self) -> None:
        """What was made from rows that are there no more goes with them; the rest is made anew from those that are."""
        self._db.executemany(
            "delete from watches where user_id = ? and film_id = ? and entry_id is not null", self._left
        )
        self._db.executemany("delete from ratings where user_id = ? and film_id = ? and favourite = 0", self._left)
        self._touched |= self._left
        self._left.clear()

    def _make_lists(self) -> None:
        for user_id, name in sorted(self._lists):
            values = {"user_id": user_id, "name": name, "origin": self._reading.kind, "now": self._now}
            self._db.execute(sql("checkpoint/add_list"), values)

    def _derive(self) -> None:
        self._delete_derived()
        films.touch(self._db, sorted((user_id, films.current(self._db, film)) for user_id, film in self._touched))
        films.derive(self._db)

    def _close(self, import_id: int) -> None:
        done = self.imported
        values = {"import_id": import_id, "rows": done.rows, "added": done.added, "changed": done.changed}
        values |= {"gone": done.gone, "skipped": len(done.skipped)}
        self._db.execute(sql("checkpoint/close_import"), values)
        self._db.executemany(
            sql("checkpoint/add_skip"), [(import_id, skipped.line, skipped.reason) for skipped in done.skipped]
        )
        self._join_cohort(import_id)

    def _join_cohort(self, import_id: int) -> None:
        """The people of the file join the cohort that was named."""
        if (label := self._owner.cohort) is not None:
            self._db.execute(sql("checkpoint/add_cohort"), {"label": label, "now": self._now})
            people = self._db.execute(sql("checkpoint/members"), {"import_id": import_id}).fetchall()
            self._db.executemany(sql("checkpoint/add_member"), [(row["user_id"], label) for row in people])


_SAID = (
    *("stars", "rated_on", "watched", "watched_on", "precision", "rewatch", "liked"),
    *("list_name", "position", "added_on", "note"),
)


def _user(db: sqlite3.Connection, name: str) -> int:
    db.execute(sql("checkpoint/add_user"), {"name": name})
    return int(db.execute(sql("checkpoint/user"), {"name": name}).fetchone()[0])
