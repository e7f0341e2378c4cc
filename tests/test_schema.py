"""The tables: made whole or not at all, every column explained, every kind of record with its own statement."""

from __future__ import annotations

import re
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from rows import all_of, dump, made, one

from mwi_crawl import queries, records, schema
from mwi_crawl.errors import StorageError
from mwi_crawl.queries import names, script, sql

FILES = [f"{place}/{name}" for place in ("schema", "record", "checkpoint", "view", "read") for name in names(place)]
SHARED = {"people", "warning_topics", "warning_categories"}  # kinds that are no film's
NEXT = len(names("schema")) + 1  # number of the migration that may come


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "films.db"


@pytest.fixture
def db(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(made(path)) as found:
        yield found


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Callable[[str, str], None]]:
    """Another folder in the place of `sql/`, to write into."""
    place = tmp_path / "sql"
    shutil.copytree(queries.folder(), place)
    monkeypatch.setattr(queries, "folder", lambda: place)

    def forget() -> None:
        for each in (queries.sql, queries.script, queries.names, records.parameters):
            each.cache_clear()

    def write(name: str, text: str) -> None:
        (place / f"{name}.sql").write_text(text, encoding="utf-8")
        forget()

    forget()
    yield write
    monkeypatch.undo()
    forget()


class Failing(sqlite3.Connection):
    """A connection whose n-th statement after the first `begin exclusive` fails."""

    fails_at = 0
    count = -1

    def execute(self, statement: str, *values: object) -> sqlite3.Cursor:  # type: ignore[override]
        if statement == "begin exclusive":
            self.count = max(0, self.count)
        elif self.count >= 0:
            self.count += 1
            if self.count == self.fails_at:
                raise KeyboardInterrupt
        return super().execute(statement, *values)  # type: ignore[arg-type]


def columns(db: sqlite3.Connection, table: str) -> list[str]:
    return [row["name"] for row in db.execute(f'pragma table_xinfo("{table}")')]


def tables(db: sqlite3.Connection, *kinds: str) -> list[str]:
    rows = all_of(db, "select name, type from sqlite_master where name not like 'sqlite\\_%' escape '\\'")
    return [name for name, kind in rows if kind in (kinds or ("table", "view"))]


def migrating(path: Path, fails_at: int) -> Failing:
    db = sqlite3.connect(path, isolation_level=None, factory=Failing)
    db.row_factory = sqlite3.Row
    db.fails_at = fails_at
    return db


def next_schema(write: Callable[[str, str], None]) -> None:
    """A migration as one may come: it renames a column that views show, and makes a table with a documented column."""
    write(
        f"schema/{NEXT:04}_next",
        "create table second (\n  a text, -- what it is; with a semicolon\n  b text -- another\n);\n"
        "alter table ratings rename column rated_at to rated_on;\ninsert into second values ('a;b', 'c');\n",
    )
    for view in ("v_my_films",):
        write(f"view/{view}", sql(f"view/{view}").replace("ratings.rated_at", "ratings.rated_on"))


def test_every_column_of_every_table_and_view_is_explained_in_the_file(db: sqlite3.Connection) -> None:
    explained = set(all_of(db, "select tbl, col from column_docs"))
    there = {(table, column) for table in tables(db) for column in columns(db, table)}
    assert explained == there
    assert all(len(doc) > 2 for (doc,) in all_of(db, "select doc from column_docs"))


def test_migrations_are_numbered_without_a_gap() -> None:
    found = names("schema")
    assert [int(name[:4]) for name in found] == list(range(1, len(found) + 1))
    assert all(re.fullmatch(r"[0-9]{4}_[a-z0-9_]+", name) for name in found)


@pytest.mark.parametrize("name", FILES)
def test_every_statement_is_whole_and_says_what_it_is_for(name: str) -> None:
    text = sql(name)
    assert text.startswith("-- "), "the first comment says what it answers"
    assert text.endswith(";\n")
    assert all(len(line) <= 200 for line in text.splitlines())
    assert script(name)
    if name.startswith(("record/", "read/", "view/")):
        assert len(script(name)) == 1


def test_any_tool_can_read_the_tables(db: sqlite3.Connection) -> None:
    text = sql("schema/0001_initial").lower()
    assert " strict" not in text
    assert "without rowid" not in text
    types = {row["type"] for table in tables(db, "table") for row in db.execute(f"pragma table_xinfo({table})")}
    assert types == {"TEXT", "INTEGER", "REAL", "BLOB"}
    assert "json_" not in "".join(sql(f"view/{view}") for view in names("view"))


def test_every_view_has_a_file_of_its_name(db: sqlite3.Connection) -> None:
    assert sorted(tables(db, "view")) == list(names("view"))
    for view in names("view"):
        assert f"create view {view} as" in sql(f"view/{view}")


@pytest.mark.parametrize("kind", names("record"))
def test_a_record_kinds_statement_writes_exactly_the_columns_of_its_table(db: sqlite3.Connection, kind: str) -> None:
    assert list(records.parameters(kind)) == columns(db, kind)
    text = sql(f"record/{kind}")
    written = re.search(r"insert into (\w+) \(([^)]*)\)", text)
    assert written is not None
    assert written[1] == kind
    assert [name.strip() for name in written[2].split(",")] == columns(db, kind)
    if kind not in SHARED:
        assert columns(db, kind)[:2] == ["film_id", "source"]
    key = [row["name"] for row in sorted(db.execute(f"pragma table_info({kind})"), key=lambda r: r["pk"]) if row["pk"]]
    clause = re.search(r"on conflict \(([^)]*)\)", text)
    assert clause is not None
    assert [name.strip() for name in clause[1].split(",")] == key
    updated = set(re.findall(r"^  (\w+) = ", text, re.MULTILINE))
    assert updated in (set(), set(columns(db, kind)) - set(key))


def test_every_table_about_films_and_sources_is_a_record_kind_or_the_engines_own(db: sqlite3.Connection) -> None:
    about = {table for table in tables(db, "table") if columns(db, table)[:2] == ["film_id", "source"]}
    assert about - {"matches"} == set(names("record")) - SHARED


def test_every_foreign_key_to_a_film_is_found_by_an_index(db: sqlite3.Connection) -> None:
    # merging deletes a film row, and SQLite then looks for rows that point to it
    for table in tables(db, "table"):
        if "film_id" in columns(db, table):
            plan = one(db, f"explain query plan select 1 from {table} where film_id = 1")
            assert "SEARCH" in plan[3], table


def test_a_new_file_gets_the_schema_and_a_second_time_changes_nothing(path: Path) -> None:
    with closing(made(path)) as db:
        assert schema.version(db) == schema.latest()
        before = dump(db)
        assert schema.migrate(db, path) == (schema.latest(), schema.latest())
        assert dump(db) == before
        assert schema.check(db) == []


def test_a_migration_that_is_cut_off_at_any_statement_leaves_the_file_as_it_was(path: Path) -> None:
    fails_at, done = 0, False
    while not done:
        fails_at += 1
        path.write_bytes(b"")
        with closing(migrating(path, fails_at)) as db:
            try:
                schema.migrate(db, path)
                done = True
            except KeyboardInterrupt:
                pass
        with closing(sqlite3.connect(path)) as db:
            assert (schema.version(db) == schema.latest()) is done
            assert bool(tables(db)) is (schema.version(db) > 0)
        if done:
            break
    assert fails_at > sum(len(script(f"schema/{name}")) for name in names("schema")) + len(names("view"))


def test_a_later_migration_is_as_whole_and_keeps_a_copy(
    path: Path, written: Callable[[str, str], None], tmp_path: Path
) -> None:
    with closing(made(path)) as db:
        db.execute("insert into films (title, created_at, updated_at) values ('x', '', '')")
        old = dump(db)
    next_schema(written)
    with pytest.raises(StorageError, match=f"has schema {NEXT - 1}, this program reads {NEXT}"):
        schema.connect_readonly(path)
    for fails_at in range(1, 60):
        with closing(migrating(path, fails_at)) as db:
            try:
                schema.migrate(db, path)
                break
            except KeyboardInterrupt:
                assert dump(db) == old
                assert schema.version(db) == NEXT - 1
    with closing(schema.connect_readonly(path)) as db:
        assert all_of(db, "select * from second") == [("a;b", "c")]
        assert one(db, "select title from films") == "x"
        assert sorted(tables(db, "view")) == list(names("view"))
        assert one(db, "select doc from column_docs where tbl = 'second' and col = 'a'").endswith("semicolon")
        assert all_of(db, "select rated_at from v_my_films") == []
    with closing(sqlite3.connect(tmp_path / f"films.db.bak-schema{NEXT - 1}")) as copy:
        assert dump(copy) == old
    assert not (tmp_path / f"films.db.bak-schema{NEXT - 1}.part").exists()


@pytest.mark.parametrize("number", range(1, NEXT - 1))
def test_a_file_of_any_older_schema_becomes_one_of_this_and_keeps_its_rows(path: Path, number: int) -> None:
    with closing(made(path)) as db:
        now = dump(db)
    path.unlink()
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        for name in names("schema")[:number]:
            db.executescript(sql(f"schema/{name}"))
            db.executemany(
                "insert or replace into column_docs values (?, ?, ?)", schema.column_docs(sql(f"schema/{name}"))
            )
        db.execute("insert into films (title, created_at, updated_at) values ('x', '', '')")
        db.execute(f"pragma user_version = {number}")
        db.row_factory = sqlite3.Row
        assert schema.migrate(db, path) == (number, schema.latest())
        assert one(db, "select title from films") == "x"
        db.execute("delete from films")
        db.execute("delete from sqlite_sequence")
        assert sorted(dump(db)) == sorted(now)
        assert schema.check(db) == []


def test_a_column_of_a_view_that_is_no_more_is_explained_no_more(
    path: Path, written: Callable[[str, str], None]
) -> None:
    made(path).close()
    next_schema(written)
    text = sql("view/needs_enrichment").replace("films.imdb_id as imdb_id", "films.imdb_id as other")
    written("view/needs_enrichment", text)
    with closing(made(path)) as db:
        assert {"other"} == {"other", "imdb_id"} & {
            col for (col,) in all_of(db, "select col from column_docs where tbl = 'needs_enrichment'")
        }


def test_a_copy_that_could_not_be_finished_does_not_bear_the_name(db: sqlite3.Connection, tmp_path: Path) -> None:
    target = tmp_path / "copy.db"
    schema.backup(db, target)
    with closing(sqlite3.connect(target)) as copy:
        assert schema.version(copy) == schema.latest()
    before = target.read_bytes()
    db.execute("begin immediate")  # SQLite refuses to copy in the middle of a transaction
    with pytest.raises(sqlite3.OperationalError):
        schema.backup(db, target)
    db.execute("rollback")
    db.set_progress_handler(lambda: int((tmp_path / "copy.db.part").exists()), 10)  # interrupted on the way
    with pytest.raises(sqlite3.OperationalError):
        schema.backup(db, target)
    db.set_progress_handler(None, 0)
    assert target.read_bytes() == before
    assert sorted(each.name for each in tmp_path.glob("copy*")) == ["copy.db"]


@pytest.mark.skipif(shutil.which("sqlite3") is None, reason="no sqlite3 shell here")
def test_the_schema_can_be_pasted_into_the_sqlite3_shell() -> None:
    text = "".join(
        [sql(f"schema/{name}") for name in names("schema")] + [sql(f"view/{view}") for view in names("view")]
    )
    ask = "select count(*) from v_my_films; select count(*) from sqlite_master where type = 'view';\n"
    done = subprocess.run(["sqlite3", "-bail", ":memory:"], input=text + ask, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split() == ["0", str(len(names("view")))]


def test_a_damaged_row_is_told_by_the_check(db: sqlite3.Connection) -> None:
    db.execute("pragma foreign_keys = off")
    db.execute("insert into film_genres values (77, 'x', 'Drama', 0)")
    assert schema.check(db) == ["film_genres: a row points to a missing row of films"]


@pytest.mark.parametrize(
    ("text", "statements"),
    [
        ("select 1;\nselect 2;\n", 2),
        ("select 1; select 2;\n", 2),
        ("-- a; b\nselect ';' ; -- c; d\nselect 2;\n-- the end;\n", 2),
        ("select 'a;\n;b';\n", 1),
        ("/* a; b */ select 1;\n  /* the\nend; */\n   -- x\n", 1),
        ("create trigger t after insert on a begin\n  delete from b; delete from c;\nend;\nselect 1;\n", 2),
        ("select 1\n  -- it's; not the end\n;\n", 1),
        ('select "a;b", [c;d], `e;f`;', 1),
    ],
)
def test_a_script_falls_into_its_statements(written: Callable[[str, str], None], text: str, statements: int) -> None:
    written("read/case", text)
    found = script("read/case")
    assert len(found) == statements
    assert all(sqlite3.complete_statement(each) for each in found)


def test_a_script_with_a_statement_that_does_not_end_is_refused(written: Callable[[str, str], None]) -> None:
    written("read/case", "select 1;\n-- fine\nselect 2\n")
    with pytest.raises(ValueError, match=r"read/case\.sql"):
        script("read/case")
