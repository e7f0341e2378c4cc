"""`import` as a person meets it: what was taken, what was not and why, and how little a second import does."""

from __future__ import annotations

import io
import json
import os
import sys

import pytest
from commandline import Person


def typed(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))


def test_an_export_is_counted_and_the_next_step_named(mwi: Person) -> None:
    mwi.rate(("tt0133093", "The Matrix"), ("tt0211915", "Amélie"))
    said = mwi("import", "ratings.csv")
    assert said.code == 0
    assert said.out.startswith("ratings.csv: IMDb ratings export")
    assert "       2 will be crawled   (2 movie)" in said.out
    assert "       0 skipped" in said.out
    assert said.last == "Imported 2 new, 0 changed, 0 gone.  Next: mwi-crawl full"
    assert mwi.ask("select title from films order by title") == [("Amélie",), ("The Matrix",)]


def test_the_same_file_again_is_nothing_to_do(mwi: Person) -> None:
    mwi.rate(("tt0133093", "The Matrix"))
    mwi("import", "ratings.csv")
    said = mwi("import", "ratings.csv")
    assert said.code == 0
    assert "same content as import 1. Nothing to do." in said.out
    assert said.last == "Next: mwi-crawl full"


def test_a_newer_export_is_compared(mwi: Person) -> None:
    mwi.rate(("tt0133093", "The Matrix"), ("tt0211915", "Amélie"))
    mwi("import", "ratings.csv")
    mwi.rate(("tt0133093", "The Matrix"), ("tt0088763", "Back to the Future"))
    said = mwi("import", "ratings.csv")
    assert "1 new, 0 changed, 1 no longer in the file (kept, marked; --prune to delete)" in said.out


def test_every_skipped_row_is_named_with_its_line(mwi: Person) -> None:
    people = [(f"nm00000{number}", "A person") for number in range(10, 41)]
    mwi.rate(("tt0133093", "The Matrix"), *people)
    said = mwi("import", "ratings.csv")
    assert said.code == 0
    assert "      31 skipped:" in said.out
    assert "         line 3: " in said.out
    assert said.out.count("         line ") == 20
    assert "… 11 more, in the table import_skips" in said.out
    assert mwi.ask("select count(*) from import_skips") == [(31,)]


def test_series_are_kept_and_crawled_only_if_asked(mwi: Person) -> None:
    path = mwi.rate(("tt0133093", "The Matrix"), ("tt0903747", "Breaking Bad"))
    text = path.read_text().replace("www.imdb.com/,movie", "www.imdb.com/,tvSeries")
    path.write_text(text.replace("tvSeries", "movie", 1))
    said = mwi("import", "ratings.csv")
    assert "       1 kept, not crawled (--include tv or all)   (1 tvSeries)" in said.out
    assert "       2 will be crawled" in mwi("import", "ratings.csv", "--include", "tv").out


def test_json_is_complete(mwi: Person) -> None:
    mwi.rate(("tt0133093", "The Matrix"), ("nm0000033", "A person"))
    (found,) = json.loads(mwi("import", "ratings.csv", "--json").out)
    assert (found["name"], found["rows"], found["added"], found["same_as"]) == ("ratings.csv", 2, 1, None)
    assert found["skipped"][0]["line"] == 3
    assert found["followed"] == {"movie": 1}


def test_standard_input_is_read(mwi: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    typed(monkeypatch, "tt0133093\ntt0211915\n")
    said = mwi("import", "ids", "-")
    assert said.code == 0
    assert said.out.startswith("standard input: ")
    assert mwi.ask("select count(*) from films") == [(2,)]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes with names")
def test_a_pipe_is_read_although_it_can_be_read_only_once(mwi: Person) -> None:
    content = mwi.rate(("tt0133093", "The Matrix")).read_text()
    os.mkfifo(mwi.folder / "pipe")
    with mwi.start("import", "pipe") as process:
        descriptor = os.open(mwi.folder / "pipe", os.O_WRONLY)
        os.write(descriptor, content.encode())
        os.close(descriptor)
        try:
            out, _ = process.communicate(timeout=20)
        finally:
            process.kill()
    assert process.returncode == 0
    assert "1 will be crawled" in out


def test_quiet_says_nothing(mwi: Person) -> None:
    mwi.rate(("tt0133093", "The Matrix"))
    said = mwi("import", "-q", "ratings.csv")
    assert (said.code, said.out, said.err) == (0, "", "")


def test_one_file_that_is_no_export_leaves_all_of_them_out(mwi: Person) -> None:
    mwi.rate(("tt0133093", "The Matrix"))
    mwi.write("holiday.csv", "Date,Place,Photo\n1,2,3\n")
    said = mwi("import", "ratings.csv", "holiday.csv")
    assert said.code == 3
    assert "holiday.csv" in said.err
    assert "Date, Place, Photo" in said.err
    assert "Nothing was imported." in said.err
    assert not (mwi.folder / "mwi.db").exists()


def test_a_named_kind_says_what_the_file_lacks(mwi: Person) -> None:
    mwi.write("holiday.csv", "Date,Place,Photo\n1,2,3\n")
    said = mwi("import", "imdb", "holiday.csv")
    assert said.code == 3
    assert 'holiday.csv is not an IMDb export: no column "Const"' in said.err


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("nowhere.csv", "does not exist"),
        ("folder", "is a folder"),
        ("imdb", "is a kind of file"),
        ("x\0y", "does not exist"),
        ("empty.csv", "is empty"),
    ],
)
def test_what_cannot_be_imported_is_told(mwi: Person, words: str, why: str) -> None:
    (mwi.folder / "folder").mkdir()
    mwi.write("empty.csv", "")
    said = mwi("import", words)
    assert said.code == 3
    assert why in said.err
    assert "Nothing was imported." in said.err


def test_the_person_and_the_database_can_be_named(mwi: Person) -> None:
    mwi.rate(("tt0133093", "The Matrix"))
    said = mwi("import", "ratings.csv", "--user", "ann", "--cohort", "friends", "--db", "other.db")
    assert said.last.endswith("Next: mwi-crawl full --db other.db")
    assert mwi.ask("select name from users", "other.db") == [("ann",)]
