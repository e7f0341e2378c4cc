"""`export`: tables, views and rankings for other programs, whole, harmless in a spreadsheet, with their notices."""

from __future__ import annotations

import csv
import io
import json
import resource
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from typing import Any

import pytest
from commandline import Person
from hypothesis import given
from hypothesis import strategies as st

from mwi_crawl import export, sources
from mwi_crawl.export import Exported

NOW = "2026-03-04T12:00:00.000Z"
NASTY = ("=1+1", "+1", "-1 Girl", "@Suicide Room", "\t=1", "\r=1", "\n=1", " =1", "\u00a0=1", "\ufeff=1", "\u200b@x",
         "＝1+1", "＠sum", "\0=1", "=cmd|' /C calc'!A0", "  \u200b -2")  # fmt: skip
GOOD = (
    "Amélie",
    "8½",
    "2001: A Space Odyssey",
    'He said "no"',
    "a, b; c",
    "two\nlines",
    "'71",
    " Leading",
    "",
    "千と千尋",
    "M",
)

FILMS = f"""
insert into films (film_id, media_type, title, release_year, imdb_id, created_at, updated_at) values
  (1, 'movie', '=HYPERLINK("http://evil.example")', 1999, 'tt0000001', '{NOW}', '{NOW}'),
  (2, 'movie', 'Sol,"aris"', 1972, null, '{NOW}', '{NOW}');
insert into film_facts (film_id, source, title, popularity) values (1, 'tmdb', '-1 Girl', -2.5),
  (2, 'omdb', 'B', 1e400);
insert into deaths (film_id, source, actor, how) values (1, 'cinemorgue', 'Ann B.', 'Falls.');
insert into bodies values ('x', x'00ff', 2, 200, null, '/x', null, '{NOW}');
create table strangers (a text);
create view v_strangers as select * from films;
"""


@pytest.fixture
def filled(mwi: Person) -> Person:
    mwi("init")
    with closing(sqlite3.connect(mwi.folder / "mwi.db")) as db:
        db.executescript(FILMS)
    return mwi


def lines(columns: Sequence[str], *rows: Sequence[Any], **how: Any) -> str:
    return "".join(export.csv_lines(Exported(tuple(columns), rows), **how))


def read(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


@pytest.mark.parametrize("text", NASTY)
def test_no_text_is_taken_for_a_formula(text):
    assert export.safe_cell(text).startswith("'")
    assert "\0" not in export.safe_cell(text)


@pytest.mark.parametrize("text", GOOD)
def test_every_other_text_is_as_it_was(text):
    assert export.safe_cell(text) == text
    assert read(lines(["a", "b"], [text, 1])) == [["a", "b"], [text, "1"]]


@given(st.text())
def test_whatever_a_cell_holds_it_begins_with_no_sign_of_a_formula(text):
    cell = export.safe_cell(text)
    assert cell.strip(" \t\r\n\u00a0\u200b\ufeff")[:1] not in set("=+-@＝＋－＠")
    assert not {chr(code) for code in (*range(9), 11, 12, *range(14, 32), *range(127, 160))} & set(cell)


@given(
    st.lists(st.tuples(st.text(st.characters(codec="utf-8"), min_size=1), st.integers(), st.floats(allow_nan=False)))
)
def test_raw_csv_gives_back_what_was_in_the_table(rows):
    rows = [row for row in rows if "\0" not in row[0]]  # the reader's own limit
    found = read(lines(["a", "b", "c"], *rows, raw=True))[1:]
    assert [(text, int(whole), float(real)) for text, whole, real in found] == rows


def test_numbers_stay_numbers_and_unknown_is_nothing():
    text = lines(["a", "b", "c", "d"], [-1, -2.5, None, "-1"])
    assert text == "a,b,c,d\n-1,-2.5,,'-1\n"


def test_the_names_of_columns_are_cells_too():
    assert lines(["=1", "b"], [1, 2]).startswith("'=1,b\n")


def test_a_table_goes_to_stdout_as_csv(filled: Person) -> None:
    said = filled("export", "csv", "films")
    assert (said.code, said.err) == (0, "")
    header, first, second = read(said.out)
    assert header[:4] == ["film_id", "media_type", "title", "original_title"]
    assert first[:3] == ["1", "movie", '\'=HYPERLINK("http://evil.example")']
    assert second[2] == 'Sol,"aris"'
    assert filled("export", "csv", "film_facts", "--csv-raw").out.count(",-1 Girl,") == 1


def test_a_table_goes_to_stdout_as_json(filled: Person) -> None:
    filled.change("update films set title = 'A\x1b[2J\u202eB\U0001f600' where film_id = 2")
    said = filled("export", "json", "films")
    assert said.out.isascii() or "😀" in said.out
    assert "\x1b" not in said.out
    assert [row["title"] for row in json.loads(said.out)] == ['=HYPERLINK("http://evil.example")', "A\x1b[2J\u202eB😀"]
    assert json.loads(filled("export", "json", "film_facts").out)[1]["popularity"] is None  # infinity
    assert json.loads(filled("export", "json", "bodies").out)[0]["body"] == "AP8="
    assert json.loads(filled("export", "json", "ratings").out) == []


def test_a_broken_letter_in_the_file_does_not_end_an_export(filled: Person) -> None:
    filled.change("update films set title = cast(x'41ff42' as text) where film_id = 2")
    assert "A\ufffdB" in filled("export", "csv", "films").out


@pytest.mark.parametrize("name", ["strangers", "v_strangers", "sqlite_master", "film", "films; drop table films", '"'])
def test_a_name_that_is_no_table_of_ours_is_refused(filled: Person, name: str) -> None:
    said = filled("export", "csv", name, "--output", "x.csv")
    assert (said.code, said.out) == (3, "")
    assert "there is no table or view" in said.err
    assert not (filled.folder / "x.csv").exists()


def test_similar_names_are_listed(filled: Person) -> None:
    assert "Did you mean films, " in filled("export", "csv", "film").err


@pytest.mark.parametrize("words", ["csv", "csv films --ranking bayesian", "xml films", "csv films --min-score x"])
def test_a_wrong_command_line_is_refused(filled: Person, words: str) -> None:
    assert filled("export", *words.split()).code == 2


def test_a_file_has_the_notices_of_its_sources_beside_it(filled: Person) -> None:
    said = filled("export", "csv", "deaths", "--output", "deaths.csv")
    assert said.out == "1 row -> deaths.csv   (+ deaths.csv.LICENSE.txt: Cinemorgue notices)\n"
    notice = (filled.folder / "deaths.csv.LICENSE.txt").read_text()
    assert sources.discover()["cinemorgue"].attribution in notice
    assert "TMDB" not in notice
    assert filled("export", "csv", "users", "--output", "users.csv").out == "0 rows -> users.csv\n"
    assert sorted(path.name for path in filled.folder.glob("*.csv*")) == [
        "deaths.csv", "deaths.csv.LICENSE.txt", "users.csv",
    ]  # fmt: skip


def test_the_notices_of_a_view_are_those_of_what_it_was_made_from(filled: Person) -> None:
    filled("export", "json", "v_top_films", "--output", "top.json")
    notice = (filled.folder / "top.json.LICENSE.txt").read_text()
    assert "TMDB" in notice
    assert "OMDb" in notice  # film_facts speaks with both voices
    assert "Cinemorgue" not in notice


def test_nothing_of_an_export_to_stdout_is_written_beside(filled: Person) -> None:
    filled("export", "csv", "deaths")
    assert [path.name for path in filled.folder.iterdir() if "deaths" in path.name or path.suffix == ".csv"] == []


def test_a_file_is_replaced_whole_or_not_at_all(filled: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    filled.write("films.csv", "as it was")
    real = export.csv_lines

    def cut_short(*args: Any, **how: Any) -> Any:
        yield next(iter(real(*args, **how)))
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(export, "csv_lines", cut_short)
    said = filled("export", "csv", "films", "--output", "films.csv")
    assert said.code == 8
    assert "No space left on device" in said.err
    assert (filled.folder / "films.csv").read_text() == "as it was"
    assert not list(filled.folder.glob(".*part"))
    monkeypatch.undo()


def test_an_export_never_takes_the_place_of_the_database(filled: Person) -> None:
    for name in ("mwi.db", "./mwi.db", "mwi.db-wal"):
        assert filled("export", "csv", "films", "--db", "mwi.db", "--output", name).code == 3
    assert filled("export", "csv", "films", "--output", "nowhere/x.csv").code == 3
    assert filled.ask("select count(*) from films") == [(2,)]


@pytest.mark.parametrize("name", ["config.toml", ".env", "notes"])
def test_only_an_older_export_is_replaced(filled: Person, name: str) -> None:
    filled.write(name, "# mine\n")
    said = filled("export", "csv", "films", "--output", name)
    assert said.code == 3
    assert "does not look like an older export" in said.err
    assert (filled.folder / name).read_text() == "# mine\n"
    assert filled("export", "csv", "films", "--output", "films.csv").code == 0
    assert filled("export", "csv", "films", "--output", "films.csv").code == 0


def test_no_export_takes_the_place_of_any_database(filled: Person) -> None:
    filled("init", "--db", "other.csv")
    before = (filled.folder / "other.csv").read_bytes()
    assert filled("export", "csv", "films", "--output", "other.csv").code == 3
    assert (filled.folder / "other.csv").read_bytes() == before


def test_what_is_about_a_ranking_is_refused_for_a_table(filled: Person) -> None:
    assert filled("export", "csv", "films", "--min-score", "3").code == 2
    assert filled("export", "csv", "films", "--cohort", "ann").code == 2


def test_a_reader_who_has_gone_is_no_fault(filled: Person) -> None:
    filled.change(
        "insert into settings with recursive n(i) as (select 1 union all select i + 1 from n where i < 50000) "
        "select 'x' || i, hex(randomblob(40)) from n"
    )
    with filled.start("export", "csv", "settings") as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(20) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_it_works_beside_somebody_who_writes(filled: Person) -> None:
    with closing(sqlite3.connect(filled.folder / "mwi.db", isolation_level=None)) as writer:
        writer.execute("begin immediate")
        writer.execute("delete from films")
        assert len(read(filled("export", "csv", "films").out)) == 3
        writer.execute("rollback")


def test_the_memory_does_not_grow_with_the_table(filled: Person) -> None:
    filled.change(
        "insert into settings with recursive n(i) as (select 1 union all select i + 1 from n where i < 150000) "
        "select 'x' || i, hex(zeroblob(250)) from n"
    )
    peak = (
        "import resource, atexit, sys\natexit.register(lambda: "
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr))"
    )
    few = filled.wait("export", "csv", "films", "--output", "a.csv", before=peak)
    many = filled.wait("export", "csv", "settings", "--output", "b.csv", before=peak)
    assert (filled.folder / "b.csv").stat().st_size > 75_000_000
    unit = 1024 if resource.getpagesize() else 1  # Linux counts in KB
    assert (int(many.err) - int(few.err)) * unit < 30_000_000


# rankings, in the shape that aggregate gives them

RANKED = f"""
create table aggregate_tables (name text, kind text, rows integer, digest text, skipped text, computed_at text);
insert into aggregate_tables values
  ('film_rankings', 'ours', 3, 'x', null, '{NOW}'), ('kpi_x', 'ours', null, null, 'no', '');
create table ranked_cohorts (cohort_id integer, label text, kind text, members integer);
insert into ranked_cohorts values (0, 'world', 'world', 0), (-1, 'ann', 'person', 1);
create table film_rankings (
  cohort_id integer, strategy text, film_id integer, score real, rank integer, params text, computed_at text);
insert into film_rankings values
  (0, 'bayesian', 1, 8.5, 1, 'm=25', '{NOW}'), (0, 'bayesian', 2, 7.25, 2, 'm=25', '{NOW}'),
  (-1, 'wilson', 2, 0.5, 1, 'z=1.96', '{NOW}');
create table film_details (
  film_id integer, title text, release_year integer, directors text, genres text, countries text,
  runtime_minutes integer, rating real, votes integer, tmdb_rating real, tmdb_votes integer, imdb_id text,
  tmdb_id integer);
insert into film_details (film_id, title, release_year) values (1, '+1', 1999), (2, 'Solaris', 1972);
"""


@pytest.fixture
def ranked(filled: Person) -> Person:
    with closing(sqlite3.connect(filled.folder / "mwi.db")) as db:
        db.executescript(RANKED)
    return filled


def test_a_ranking_is_exported_best_first_with_its_films(ranked: Person) -> None:
    header, *rows = read(ranked("export", "csv", "--ranking", "bayesian").out)
    assert header[:4] == ["rank", "score", "title", "release_year"]
    assert [row[:4] for row in rows] == [["1", "8.5", "'+1", "1999"], ["2", "7.25", "Solaris", "1972"]]
    said = ranked("export", "csv", "--ranking", "bayesian", "--min-score", "7.5", "--output", "best.csv")
    assert said.out == "1 row -> best.csv   (+ best.csv.LICENSE.txt: OMDb, TMDb notices)\n"
    found = json.loads(ranked("export", "json", "--strategy", "wilson", "--cohort", "ann").out)
    assert [(row["film_id"], row["cohort"], row["params"]) for row in found] == [(2, "ann", "z=1.96")]


def test_a_ranking_that_was_not_made_is_told_whose_there_are(ranked: Person) -> None:
    said = ranked("export", "csv", "--ranking", "wilson")
    assert said.code == 3
    assert 'there is no ranking "wilson" of "world".' in said.err
    assert "It was made for: ann" in said.err
    assert "The strategies are: bayesian, wilson" in ranked("export", "csv", "--ranking", "bayes").err


def test_before_aggregate_has_run_a_ranking_says_so(filled: Person) -> None:
    said = filled("export", "csv", "--ranking", "bayesian")
    assert said.code == 3
    assert "Make them: mwi-crawl aggregate" in said.err


def test_a_table_of_aggregate_is_exported_and_one_that_was_not_made_is_not(ranked: Person) -> None:
    assert ranked("export", "csv", "film_rankings").code == 0
    assert ranked("export", "csv", "kpi_x").code == 3
