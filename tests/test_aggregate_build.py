"""Building the tables for people: their order, what is skipped and why, a person's own files, and what readers see."""

from __future__ import annotations

import importlib
import re
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from rows import all_of, at, film, made, one, transaction

from mwi_crawl import config, schema, sources
from mwi_crawl.aggregate import build, needs, scripts
from mwi_crawl.aggregate.guard import guarded
from mwi_crawl.errors import InputError

BUILDING = importlib.import_module("mwi_crawl.aggregate.build")  # the package's own `build` is the function
SETTINGS = config.load(sources.discover(), environ={})

FILMS_BY_YEAR = """-- One row per year of release.
drop table if exists by_year;
create table by_year (
  release_year integer primary key,      -- the year
  films integer not null                 -- films of it
);
insert into by_year
select release_year, count(*) from films where release_year is not null group by release_year;
"""
BEST_YEAR = """-- One row: the year with most films.
drop table if exists a_best_year;
create table a_best_year (
  release_year integer primary key,      -- the year
  computed_at text not null              -- when this was made
);
insert into a_best_year
select release_year, (select value from aggregate_settings where name = 'computed_at')
from by_year order by films desc, release_year limit 1;
"""
MONEY = """-- One row per film with a budget.
-- needs: films, film_facts.budget_usd
drop table if exists money;
create table money (film_id integer primary key);  -- the film
insert into money select film_id from film_facts where budget_usd is not null;
"""
ABOUT_MONEY = """-- One row: how many films have a budget.
drop table if exists about_money;
create table about_money (films integer primary key);
insert into about_money select count(*) from money;
"""
OURS = {"by_year": FILMS_BY_YEAR, "a_best_year": BEST_YEAR, "money": MONEY, "about_money": ABOUT_MONEY}


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A file with three films, two of one year."""
    with closing(made(tmp_path / "mwi.db")) as connection:
        for title, year in (("A", 1999), ("B", 1999), ("C", 2003)):
            film(connection, title=title, year=year)
        yield connection


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """The folder for a person's own files."""
    folder = tmp_path / "data" / "sql" / "user"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture(autouse=True)
def ours(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Four small tables in place of those of sql/aggregate."""
    texts = dict(OURS)
    monkeypatch.setattr(BUILDING, "ours", lambda: [scripts.read(name, text) for name, text in texts.items()])
    monkeypatch.setattr(BUILDING, "MADE_IN_PYTHON", {})
    return texts


def make(db: sqlite3.Connection, **how: Any) -> dict[str, Any]:
    """Build in a transaction, at a time of its own: what became of each table, by name."""
    with transaction(db):
        return {each.name: each for each in build(db, SETTINGS, how.pop("now", at(1)), **how)}


def tables(db: sqlite3.Connection) -> set[str]:
    return {row[0] for row in db.execute("select name from sqlite_master where type in ('table', 'view')")}


def contents(db: sqlite3.Connection) -> Mapping[str, object]:
    """Every row of every table but the time it was made, byte for byte."""
    found = {}
    for name in sorted(tables(db)):
        columns = [row[1] for row in db.execute(f'pragma table_info("{name}")') if row[1] != "computed_at"]
        listed = ", ".join(f'"{column}"' for column in columns)
        if name not in ("aggregate_settings", "sqlite_sequence"):
            found[name] = repr(all_of(db, f'select {listed} from "{name}"'))
    return found


def test_tables_are_made_in_the_order_in_which_they_read_each_other(db):
    built = make(db)
    assert [name for name in built if built[name].skipped is None] == ["by_year", "a_best_year"]
    assert all_of(db, "select * from by_year") == [(1999, 2), (2003, 1)]
    assert one(db, "select release_year from a_best_year") == 1999
    assert (built["by_year"].rows, built["a_best_year"].rows) == (2, 1)


def test_a_table_without_its_input_is_skipped_by_name_with_what_would_fill_it_and_so_is_what_reads_it(db):
    built = make(db)
    why = "nothing in film_facts.budget_usd; to fill it: tmdb (no key: TMDB_API_READ_ACCESS_TOKEN), imdb (off)"
    assert (built["money"].skipped, built["about_money"].skipped) == (why, why)
    assert not {"money", "about_money"} & tables(db)
    assert one(db, "select skipped from aggregate_tables where name = 'money'") == why
    db.execute("insert into film_facts (film_id, source, budget_usd) values (1, 'tmdb', 5)")
    assert make(db)["about_money"].rows == 1
    db.execute("delete from film_facts")
    assert make(db)["money"].changed
    assert not {"money", "about_money"} & tables(db)


@pytest.mark.parametrize(
    ("need", "told"),
    [
        ("ratings", "mwi-crawl import FILE"),
        ("watches.watched_on", "mwi-crawl import FILE, of a diary or check-ins"),
        ("deaths", "cinemorgue (mwi-crawl full)"),
        ("content_warnings", "ddd (no key: DDD_API_KEY)"),
        ("film_facts.collection", "tmdb (no key: TMDB_API_READ_ACCESS_TOKEN)"),
        ("alternative_titles", "imdb_datasets (mwi-crawl datasets fetch)"),
        ("film_facts.awards_won", "omdb (no key: OMDB_API_KEY), imdb (off)"),
    ],
)
def test_what_would_fill_a_table_follows_from_the_sources(need, told):
    assert told in needs.why(need, SETTINGS)


def test_every_source_that_writes_a_kind_is_named():
    kinds = sources.discover()
    assert set(needs.writers("scores")) == {name for name, kind in kinds.items() if "scores" in kind.kinds}


def test_only_makes_a_table_and_what_it_reads_and_leaves_the_others_alone(db, ours):
    make(db, now=at(1))
    db.execute("insert into films (title, release_year, created_at, updated_at) values ('D', 2003, '', '')")
    ours["by_year"] += "\n-- another text"
    assert set(make(db, only=["by_year"], now=at(2))) == {"by_year"}
    known = dict(all_of(db, "select name, computed_at from aggregate_tables"))
    assert (known["by_year"], known["a_best_year"]) == (at(2), at(1))
    assert set(make(db, only=["a_best_year"])) == {"by_year", "a_best_year"}


def test_an_unknown_table_is_refused_with_the_names_there_are(db):
    with pytest.raises(InputError, match="there is no table by_yaer to make") as problem, transaction(db):
        build(db, SETTINGS, at(1), only=["by_yaer"])
    assert "by_year" in problem.value.todo
    assert "aggregate_tables" not in tables(db)


def test_changed_says_whether_rows_differ_and_not_when_they_were_made(db):
    assert all(each.changed for each in make(db, now=at(1)).values() if each.skipped is None)
    before = contents(db)
    assert not any(each.changed for each in make(db, now=at(2)).values())
    assert contents(db) == before
    db.execute("update films set release_year = 2003 where title = 'A'")
    assert {name for name, each in make(db).items() if each.changed} == {"by_year", "a_best_year"}


def test_every_column_is_explained_in_the_file_itself(db):
    make(db)
    assert one(db, "select doc from column_docs where tbl = 'by_year' and col = 'films'") == "films of it"
    for table in ("aggregate_tables", "aggregate_settings", "field_sources"):
        columns = {row[1] for row in db.execute(f"pragma table_info({table})")}
        assert columns == {col for (col,) in all_of(db, "select col from column_docs where tbl = ?", table)}


def test_a_fault_in_a_file_of_ours_changes_nothing_and_names_its_line(db, ours):
    make(db)
    before = contents(db)
    ours["a_best_year"] = ours["a_best_year"].replace("from by_year", "from nowhere")
    with pytest.raises(RuntimeError, match=r"sql/aggregate/a_best_year\.sql, line 7: no such table: nowhere"):
        make(db)
    assert contents(db) == before


def test_a_full_disk_is_never_taken_for_a_fault_of_a_file(db, own):
    (own / "big.sql").write_text(
        "create table big (word text);\ninsert into big with recursive n(i) as "
        "(select 1 union all select i + 1 from n where i < 5000) select hex(randomblob(500)) from n;"
    )
    db.execute(f"pragma max_page_count = {one(db, 'pragma page_count') + 60}")
    with pytest.raises(sqlite3.OperationalError, match="full"):
        make(db, user_folder=own)
    assert "by_year" not in tables(db)


def test_a_table_that_became_a_view_and_one_that_is_gone_leave_nothing_behind(db, ours):
    make(db)
    ours["a_best_year"] = (
        "-- x\ncreate view a_best_year as\nselect\n  max(release_year) as last -- newest\nfrom by_year;"
    )
    del ours["money"], ours["about_money"]
    ours["by_year"] = ours["by_year"].replace("by_year", "years")
    ours["a_best_year"] = ours["a_best_year"].replace("by_year", "years")
    built = make(db)
    assert (built["a_best_year"].rows, built["a_best_year"].changed) == (None, True)
    assert not make(db)["a_best_year"].changed
    assert one(db, "select type from sqlite_master where name = 'a_best_year'") == "view"
    assert "by_year" not in tables(db)
    assert all_of(db, "select * from column_docs where tbl = 'by_year'") == []


def test_what_aggregate_did_not_make_is_never_swept_away(db):
    make(db)
    for name in ("films", "v_my_films", "ratings"):
        db.execute("insert into aggregate_tables values (?, 'ours', 1, 'x', null, '2026')", (name,))
    make(db)
    assert {"films", "v_my_films", "ratings"} <= tables(db)


# a person's own files


def test_a_persons_own_file_is_built_like_ours(db, own):
    (own / "z_decades.sql").write_text(
        "create table decades (\n  decade integer primary key, -- the decade\n  films integer -- in it\n);\n"
        "insert into decades select release_year / 10 * 10, sum(films) from by_year group by 1;\n"
        "create index decades_by_films on decades (films);\n"
    )
    (own / "a_newest.sql").write_text("create view newest as select max(decade) as decade from decades;")
    for _ in range(2):  # without a `drop` of its own, too
        built = make(db, user_folder=own)
        assert [name for name, each in built.items() if each.user] == ["decades", "newest"]
        assert all_of(db, "select * from decades") == [(1990, 2), (2000, 1)]
        assert one(db, "select decade from newest") == 2000
    assert one(db, "select doc from column_docs where tbl = 'decades' and col = 'films'") == "in it"
    assert one(db, "select kind from aggregate_tables where name = 'decades'") == "user"
    (own / "z_decades.sql").unlink()
    (own / "a_newest.sql").unlink()
    make(db, user_folder=own)
    assert not {"decades", "newest"} & tables(db)


BROKEN = {
    "a slip of the pen": (
        "-- mine\n\ncreate table x (a integer);\n\n-- and now\ninsert into x\nselec 1;",
        r'near "selec": syntax error \(in the statement that begins on line 6\)',
    ),
    "a table that is not there": ("create table x as select * from nowhere;", r"no such table: nowhere .*line 1\)"),
    "rows that break its own rule": (
        "create table x (a integer primary key);\ninsert into x values (1), (1);",
        r"UNIQUE constraint failed: x\.a .*line 2\)",
    ),
    "no table at all": ("select 1;", "makes no table or view"),
    "a table in a comment only": ("-- create table x\n/*\ncreate table x (a);\n*/ select 1;", "makes no table or view"),
    "no text": (b"\xff\xfe\x00", "cannot be read as UTF-8"),
    "a table of ours": ("create table by_year (a);", "would make by_year, which another makes"),
    "a table of ours in capitals": ("create table BY_YEAR (a);", "would make BY_YEAR, which another makes"),
    "a table of the schema": ("drop table films;\ncreate table films (a);", "would make films, which another makes"),
    "a table of the builder": ("create table aggregate_tables (a);", "would make aggregate_tables"),
    "a need that is no table": ("-- needs: x; drop table films\ncreate table x (a);", "is no table or column"),
    "a nul": ("create table x (a); select '\0';", "holds a NUL"),
}


@pytest.mark.parametrize(("text", "told"), BROKEN.values(), ids=BROKEN)
def test_a_broken_file_of_a_person_fails_alone_and_says_where(db, own, text, told):
    (own / "x.sql").write_bytes(text if isinstance(text, bytes) else text.encode())
    (own / "good.sql").write_text("create table good as select count(*) as films from films;")
    before = {name: rows for name, rows in contents(db).items() if name != "column_docs"}
    built = make(db, user_folder=own)
    (fault,) = [each for each in built.values() if each.fault]
    assert fault.skipped.startswith(f"{own / 'x.sql'}: ")
    assert re.search(told, fault.skipped), fault.skipped
    assert (one(db, "select films from good"), built["by_year"].rows) == (3, 2)
    assert "x" not in tables(db)
    assert contents(db) | before == contents(db)


@pytest.mark.parametrize(
    "statement",
    [
        "insert into films (title, created_at, updated_at) values ('x', '', '')",
        "update ratings set rating = 5",
        "delete from films",
        "drop table by_year",
        "insert into by_year values (1, 1)",
        "insert into column_docs values ('films', 'title', 'hacked')",
        "delete from sqlite_sequence",
        "create table other (a)",
        "create temp table x (a)",
        "create trigger t after insert on x begin delete from films; end",
        "create index i on films (title)",
        "alter table x rename to y",
        "attach 'other.db' as o",
        "pragma user_version = 7",
        "commit",
        "rollback",
        "savepoint a",
        "vacuum into 'copy.db'",
        "create virtual table y using fts5(a)",
        "analyze",
        "update sqlite_master set sql = ''",
    ],
)
def test_a_persons_own_file_writes_nothing_but_its_own_table(db, own, statement, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (own / "x.sql").write_text(f"create table x (a integer);\n{statement};\ninsert into x values (1);")
    make(db)
    before, files = contents(db), sorted(tmp_path.iterdir())
    built = make(db, user_folder=own)
    assert built["x"].fault
    assert "line 2" in built["x"].skipped
    after = contents(db)
    assert {**after, "aggregate_tables": before["aggregate_tables"]} == before
    assert one(db, "pragma user_version") == schema.latest()
    assert sorted(tmp_path.iterdir()) == files


def test_what_a_file_was_refused_is_said_in_words(db, own):
    (own / "x.sql").write_text("create table x (a);\ndelete from films;")
    told = make(db, user_folder=own)["x"].skipped
    assert told.endswith(
        "it may make x and read the rest, not delete from films (in the statement that begins on line 2)"
    )


def test_the_guard_lasts_no_longer_than_it_should(db):
    with guarded(db, "x"), pytest.raises(sqlite3.DatabaseError):
        db.execute("delete from films")
    db.execute("delete from films")


def test_files_that_read_each_other_fail_and_a_name_like_a_word_of_ours_holds_nothing_up(db, own):
    (own / "left.sql").write_text("create table left_one as select * from right_one;")
    (own / "right.sql").write_text("create table right_one as select * from left_one;")
    (own / "release_year.sql").write_text("create table release_year as select * from by_year;")
    built = make(db, user_folder=own)
    assert "reads what reads it: " in built["left_one"].skipped
    assert built["left_one"].fault
    assert built["right_one"].fault
    assert built["release_year"].rows == 2


@pytest.mark.parametrize("need", ["nowhere", "films.nowhere", "left_out", "money"])
def test_a_file_that_needs_what_is_not_there_is_skipped(db, own, need):
    (own / "left_out.sql").write_text("-- needs: ratings\ncreate table left_out (a);")
    (own / "x.sql").write_text(f"-- needs: {need}\ncreate table x (a);")
    built = make(db, user_folder=own)["x"]
    assert (built.rows, built.fault) == (None, False)
    assert built.skipped.startswith("nothing in ")


def test_a_table_that_aggregate_did_not_make_is_left_alone(db, own):
    db.execute("create table notes (t)")
    db.execute("insert into notes values ('mine')")
    (own / "notes.sql").write_text("create table notes as select 1 as a;")
    built = make(db, user_folder=own)
    assert "is there and was not made by aggregate" in (built["notes"].skipped or "")
    assert one(db, "select t from notes") == "mine"


@pytest.mark.parametrize("name", ["sqlite_sequence", "SQLite_x"])
def test_a_name_that_sqlite_keeps_for_itself_fails_alone(db, own, name):
    (own / "seq.sql").write_text(f"create table {name} (x);")
    (own / "good.sql").write_text("create  table\n main.good as select 1 as a;")
    built = make(db, user_folder=own)
    assert "a name that SQLite keeps for itself" in next(each.skipped or "" for each in built.values() if each.fault)
    assert built["good"].rows == 1


def test_two_files_of_one_table_are_told_apart(db, own):
    (own / "a.sql").write_text("create table x as select 1 as a;")
    (own / "b.sql").write_text("create table X as select 2 as a;")
    built = make(db, user_folder=own)
    assert (built["x"].rows, one(db, "select a from x")) == (1, 1)
    assert built["b.sql"].fault


def test_a_file_that_breaks_takes_its_old_table_away_rather_than_let_it_grow_stale(db, own):
    (own / "x.sql").write_text("create table x as select 1 as a;")
    make(db, user_folder=own)
    (own / "x.sql").write_text("create table x as select 1 as;")
    built = make(db, user_folder=own)
    assert (built["x"].fault, built["x"].changed) == (True, True)
    assert "x" not in tables(db)


# files and their statements


def test_statements_know_the_line_they_begin_on():
    text = "-- one\n/* two; */\nselect ';' -- three;\n;\n\n  -- four\nselect 2; select 3;\nselect 4"
    found = scripts.read("x", text).numbered
    assert found == ((3, "select ';' -- three;\n;"), (7, "select 2;"), (7, "select 3;"), (8, "select 4"))


def test_words_in_comments_and_quotes_are_not_read():
    script = scripts.read("x", "-- needs: films\n-- from ratings\nselect 'watches' from films /* users */;")
    assert "films" in script.reads
    assert not {"ratings", "watches", "users"} & script.reads
    assert script.needs == ("films",)


def test_files_of_ours_that_read_each_other_are_refused(db, ours):
    ours["by_year"] += "-- \nselect * from a_best_year;"
    with pytest.raises(InputError, match="read each other"):
        make(db)


# what a reader sees


SLOW = """-- One row: the number of the building.
drop table if exists {name};
create table {name} (building integer primary key);
insert into {name}
with recursive counted(n) as (select 1 union all select n + 1 from counted where n < 60000)
select max(release_year) + 0 * (select max(n) from counted) from films;
"""


def test_a_reader_that_polls_during_ten_rebuilds_sees_the_old_tables_or_the_new_and_never_both(db, ours, tmp_path):
    """Three tables, made one after the other, that all must tell the same number: the one of their building."""
    ours.clear()
    ours |= {name: SLOW.format(name=name) for name in ("first", "second", "third")}
    with transaction(db):
        db.execute("update films set release_year = 0")
    make(db)
    seen: list[tuple[Any, ...]] = []
    stop = threading.Event()

    def poll() -> None:
        with closing(schema.connect_readonly(tmp_path / "mwi.db")) as reader:
            while not stop.is_set():
                found = []
                for names in (("first", "second", "third"), ("third", "first", "second")):
                    reader.execute("begin")
                    found.append(
                        tuple(reader.execute(f"select max(building) from {name}").fetchone()[0] for name in names)
                    )
                    reader.execute("commit")
                listed = "first, second, third"
                (joined,) = reader.execute(f"select first.building, second.building, third.building from {listed}")
                seen.extend((*found, tuple(joined)))

    reader = threading.Thread(target=poll, name="reader")
    reader.start()
    try:
        for number in range(1, 11):
            with transaction(db):
                db.execute("update films set release_year = ?", (number,))
            make(db, now=at(number))
    finally:
        stop.set()
        reader.join(10)
    assert len(seen) > 30
    assert {row for row in seen if len(set(row)) != 1 or row[0] is None} == set()
    assert len(set(seen)) > 3  # it did look while they were made
