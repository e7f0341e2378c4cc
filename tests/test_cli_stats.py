"""`stats` and `review`: a life in films in words, from the tables that aggregate made, with no film's end told."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing

import pytest
from commandline import Person

from mwi_crawl.cli import words
from mwi_crawl.cli.stats import PEOPLE, VIEWS
from mwi_crawl.queries import names, sql

NOW = "2026-03-04T12:00:00.000Z"

FILMS = f"""
insert into films (film_id, media_type, title, release_year, imdb_id, created_at, updated_at) values
  (1, 'movie', 'The Wire Room', 1999, 'tt0000001', '{NOW}', '{NOW}'),
  (2, 'movie', 'Low Water', 2003, 'tt0000002', '{NOW}', '{NOW}'),
  (3, 'movie', 'Solaris', 1972, 'tt0000003', '{NOW}', '{NOW}'),
  (4, 'movie', 'Not Seen', 2011, 'tt0000004', '{NOW}', '{NOW}');
insert into film_facts (film_id, source, title, release_year, runtime_minutes, original_language, collection) values
  (1, 'tmdb', 'The Wire Room', 1999, 90, 'en', 'Rooms'), (2, 'tmdb', 'Low Water', 2003, 120, 'en', null),
  (3, 'tmdb', 'Solaris', 1972, 167, 'ru', null), (4, 'tmdb', 'Not Seen', 2011, 100, 'en', 'Rooms');
insert into scores values (1, 'omdb', 'imdb', 7.0, 10, 90000), (2, 'omdb', 'imdb', 8.0, 10, 80000),
  (3, 'omdb', 'imdb', 8.1, 10, 70000), (4, 'omdb', 'imdb', 8.9, 10, 60000);
insert into film_genres values (1, 'tmdb', 'Drama', 0), (2, 'tmdb', 'Drama', 0), (3, 'tmdb', 'Mystery', 0);
insert into film_countries values (1, 'tmdb', 'US', null, 0), (2, 'tmdb', 'US', null, 0), (3, 'tmdb', 'SU', null, 0);
insert into film_languages values (1, 'tmdb', 'en', null, 0), (3, 'tmdb', 'ru', null, 0);
insert into people (person_id, name) values ('tmdb:1', 'Agnès V.'), ('tmdb:2', 'Carl D.');
insert into credits values (1, 'tmdb', 'tmdb:1', 'director', null, '', 0),
  (2, 'tmdb', 'tmdb:1', 'director', null, '', 0), (3, 'tmdb', 'tmdb:2', 'director', null, '', 0),
  (1, 'tmdb', 'tmdb:2', 'actor', null, 'Eve', 0), (2, 'tmdb', 'tmdb:2', 'actor', null, 'Al', 0);
insert into content_warnings values (1, 'ddd', 'a dog dies', null, 30, 2, 0), (2, 'ddd', 'a dog dies', null, 1, 9, 0);
insert into deaths (film_id, source, actor, how) values
  (1, 'cinemorgue', 'Zed G.', 'Shot by a guard.'), (2, 'cinemorgue', 'Zed G.', 'Drowned.');
"""
LIVES = """
insert into users values (1, 'ann'), (2, 'ben');
insert into ratings values (1, 1, 4.5, '2025-01-02', 1, 0), (1, 2, 3, '2025-01-03', 0, 0), (1, 3, 5, null, 0, 0),
  (2, 2, 2, '2024-05-05', 0, 0);
insert into watches (user_id, film_id, watched_on, precision, rewatch, rating) values
  (1, 1, '2024-12-31', 'exact', 0, 4.5), (1, 1, '2025-01-02', 'exact', 1, 4.5), (1, 2, '2025-01-03', 'exact', 0, 3),
  (1, 3, null, 'unknown', 0, 5), (2, 2, '2024-05-05', 'rated', 0, 2);
"""


@pytest.fixture
def filled(mwi: Person, every_source: None) -> Person:
    """Two people's films, before the tables are made of them."""
    mwi("init")
    with closing(sqlite3.connect(mwi.folder / "mwi.db")) as db:
        for part in (FILMS, LIVES):
            db.executescript(part)
    return mwi


@pytest.fixture
def told(filled: Person) -> Person:
    """The same with their tables."""
    assert filled("aggregate", "-q").code == 0
    return filled


def test_a_year_in_a_line_and_what_it_does_not_count(told: Person) -> None:
    said = told("stats", "--year", "2025", "--user", "ann")
    assert said.code == 0
    assert said.out.splitlines() == [
        "2025: 2 watches, 2 films, 1 rewatch · 4 h · 1 language · 1 country",
        "      1 of 3 films has no usable watch date and is not counted here",
        "      reasons: no date of a viewing (1)",
    ]


def test_every_year_has_a_row(told: Person) -> None:
    head, *rows = told("stats", "--user", "ann").out.splitlines()
    assert head.split()[:3] == ["year", "watches", "films"]
    assert [row.split()[:4] for row in rows[:2]] == [["2024", "1", "1", "0"], ["2025", "2", "2", "1"]]


def test_who_has_only_ratings_is_counted_by_their_days_and_that_is_said(told: Person) -> None:
    said = told("stats", "--user", "BEN", "--year", "2024").out
    assert said.startswith("2024: 1 rating, 1 film · 2 h")
    assert "Counted by the days on which films were rated, not seen." in said
    assert told("stats", "--user", "ann", "--dates", "rated", "--year", "2025").out.startswith(
        "2025: 2 ratings, 2 films"
    )


def test_without_a_name_everybody_is_told_of(told: Person) -> None:
    said = told("stats").out
    assert said.index("ann:") < said.index("\nben:")
    assert list(json.loads(told("stats", "--json").out)) == ["ann", "ben"]


def test_a_year_without_films_is_told(told: Person) -> None:
    assert told("stats", "--year", "1999", "--user", "ann").out.startswith("1999: nothing with a usable date.")
    said = told("review", "1999", "--user", "ann").out
    assert "Nothing with a usable date in 1999. The years there are: 2024, 2025" in said


def test_somebody_unknown_is_told_who_there_is(told: Person) -> None:
    said = told("stats", "--user", "an")
    assert said.code == 3
    assert 'nobody is called "an". Did you mean "ann"?' in said.err


@pytest.mark.parametrize("spelt", ["Agnès V.", "agnes v"])
def test_what_was_seen_of_a_person(told: Person, spelt: str) -> None:
    said = told("stats", "--person", spelt, "--user", "ann").out.splitlines()
    assert said[:2] == [
        "Agnès V.",
        " director: 2 films seen, 3 viewings, 3.75 stars (2 rated), +0.0 beside IMDb's rating",
    ]
    assert [line.split()[0] for line in said[3:]] == ["1999", "2003"]


def test_a_person_nobody_saw_anything_of(told: Person) -> None:
    assert told("stats", "--person", "Agnes W.", "--user", "ann").out == (
        'No film of "Agnes W." was seen. Did you mean Agnès V.?\n'
    )


@pytest.mark.parametrize("view", [*VIEWS, *PEOPLE])
@pytest.mark.parametrize("year", [[], ["--year", "2025"]], ids=["ever", "2025"])
def test_every_view_has_an_answer_in_words_and_in_json(told: Person, view: str, year: list[str]) -> None:
    said = told("stats", view, *year)
    assert (said.code, said.err) == (0, "")
    assert "Not shown" not in said.out
    found = json.loads(told("stats", view, *year, "--json").out)
    assert all(view in found[user] for user in ("ann", "ben"))


def test_a_view_of_a_year_counts_that_year(told: Person) -> None:
    rows = json.loads(told("stats", "genres", "--json", "--user", "ann").out)["ann"]["genres"]
    assert rows == [{"genre": "Drama", "viewings": 3, "share": 1.0, "mean_rating": 4.0}]
    rows = json.loads(told("stats", "directors", "--json", "--user", "ann", "--year", "2025").out)["ann"]["directors"]
    assert [(row["name"], row["films"], row["viewings"]) for row in rows] == [("Agnès V.", 2, 2)]
    assert told("stats", "genres", "--top", "1", "--user", "ann").out.splitlines()[1].split()[0] == "Drama"


def test_dogs_are_counted_and_no_film_is_named(told: Person) -> None:
    said = told("stats", "dogs", "--year", "2025", "--user", "ann").out
    assert said.startswith(
        "A dog dies in 1 of the 2 films you saw in 2025 (50.0 %; 1 with >= 20 votes and > 80 % yes)."
    )
    assert " All time: 33.3 %." in said
    assert "Powered by DoesTheDogDie.com" in said
    assert "Wire" not in said
    assert 'Nobody voted on "a dog dies"' in told("stats", "dogs", "--year", "1990", "--user", "ann").out


def test_deaths_are_counted_and_named_only_to_those_who_ask(told: Person) -> None:
    said = told("stats", "deaths", "--user", "ann").out
    assert said.startswith("2 deaths on screen, in 2 of the 3 films you saw.\n Who and how: --spoilers\n")
    assert "source: Cinemorgue (CC BY-SA 3.0)" in said
    assert (
        "Most deaths on your screen by actor: Zed G. 2"
        in told("stats", "deaths", "--by", "actor", "--spoilers", "--user", "ann").out
    )
    assert told("stats", "deaths", "--year", "2025").code == 2


SPOILERS = ("Zed", "Shot", "shot", "guard", "Drowned", "drowned")


@pytest.mark.parametrize(
    "line",
    ["stats", "stats --year 2025", "stats deaths", "stats deaths --json", "stats deaths --by manner", "stats dogs",
     "stats --json", "review 2025", "review 2025 --json", *(f"stats {view}" for view in VIEWS)],
)  # fmt: skip
def test_no_films_end_is_told_to_who_did_not_ask(told: Person, line: str) -> None:
    said = told(*line.split())
    assert said.code == 0
    for word in SPOILERS:
        assert word not in said.out


# review


def test_a_review_is_a_text_of_its_year(told: Person) -> None:
    said = told("review", "2025", "--user", "ann")
    assert (said.code, said.err) == (0, "")
    lines = said.out.splitlines()
    assert lines[:3] == [
        "ann's 2025 in films",
        "===================",
        " 2025: 2 watches, 2 films, 1 rewatch · 4 h · 1 language · 1 country",
    ]
    text = re.sub(r" +", " ", said.out)
    for part in (
        " On 2 days, 3.75 stars on average, made in 2001 on average.\n 1 more than the year before.\n",
        "\nBy month\n Jan ██ 2\n Feb –\n",
        " first The Wire Room (1999), 2025-01-02, 4.5 stars\n",
        " last Low Water (2003), 2025-01-03, 3 stars\n",
        " best liked The Wire Room (1999) 4.5 · Low Water (2003) 3\n",
        " seen again 1 of 2 (4.5 stars; new ones 3 stars)\n",
        " directors Agnès V. 2 (3.75 stars)\n",
        " genres Drama 2 (100 %)\n",
        " longest streak 2 days in a row, 2025-01-02 to 2025-01-03 (2 watches)\n",
        " your stars 7.5 of 10, IMDb 7.5",
        " deaths 2 in 2 of 3 films, all years together; source: Cinemorgue",
        "\nNot counted\n 1 of 3 films has no usable watch date",
    ):
        assert part in text, part
    assert "Not shown" not in said.out
    assert "who Zed G. 2" in re.sub(r" +", " ", told("review", "2025", "--user", "ann", "--spoilers").out)


def test_a_review_fits_a_hundred_columns_whatever_films_are_called(told: Person) -> None:
    told.change(f"update film_details set title = '{'字 long ' * 30}' where film_id = 1")
    told.change(f"update agg_people set name = '{'Ann-Marie ' * 12}'")
    for line in told("review", "2025").out.splitlines():
        assert words.columns(line) <= 100


def test_a_review_in_json_holds_its_parts(told: Person) -> None:
    found = json.loads(told("review", "2025", "--json").out)
    assert list(found) == ["ann", "ben"]
    assert (found["ann"]["year"], found["ann"]["dates"]) == (2025, "viewing")
    assert [row["viewings"] for row in found["ann"]["months"]] == [2]
    assert "deaths_by" not in found["ann"]


def test_a_title_from_a_stranger_cannot_act_on_the_terminal(told: Person) -> None:
    told.change("update film_details set title = 'A\x1b[2J\u202eB'")
    for line in ("review 2025", "stats best", "stats --person Agnès"):
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", told(*line.split()).out)


# what is not there


@pytest.mark.parametrize("line", ["stats", "stats --year 2025", "stats dogs", "stats genres", "review 2025"])
def test_before_aggregate_has_run_that_is_said_with_the_command(filled: Person, line: str) -> None:
    said = filled(*line.split())
    assert (said.code, said.out) == (3, "")
    assert "has no tables for people yet." in said.err
    assert "Make them: mwi-crawl aggregate" in said.err


def test_a_table_that_was_left_out_is_named_with_what_would_fill_it(filled: Person) -> None:
    for table in ("deaths", "content_warnings"):
        filled.change(f"delete from {table}")
    filled("aggregate", "-q")
    said = filled("stats", "deaths", "--user", "ann")
    assert said.code == 0
    assert "Not shown: agg_deaths (nothing in deaths; to fill it: cinemorgue (mwi-crawl full))" in said.out
    said = filled("review", "2025", "--user", "ann")
    assert said.code == 0
    text = " ".join(said.out.split())
    assert "Not shown: agg_warnings (nothing in content_warnings; to fill it: ddd (no key: DDD_API_KEY))" in text
    assert " best liked " in said.out


def test_a_file_without_anybodys_films_says_how_to_bring_them_in(mwi: Person) -> None:
    mwi("init")
    mwi("aggregate", "-q")
    said = mwi("stats")
    assert said.code == 3
    assert "mwi-crawl import FILE" in said.err


def test_a_file_that_is_not_there_is_told(mwi: Person) -> None:
    assert mwi("stats", "--db", "nowhere.db").code == 8
    assert mwi("review", "2025", "--db", "nowhere.db").code == 8


def test_raters_of_a_cohort_are_not_told_of_one_by_one(told: Person) -> None:
    told.change(f"insert into cohorts values (1, 'friends', '{NOW}')")
    told.change("insert into cohort_members values (1, 2, 0)")
    told("aggregate", "-q")
    assert list(json.loads(told("stats", "--json").out)) == ["ann"]
    assert told("stats", "--user", "ben").code == 3


def test_they_read_beside_somebody_who_writes(told: Person) -> None:
    with closing(sqlite3.connect(told.folder / "mwi.db", isolation_level=None)) as writer:
        writer.execute("begin immediate")
        writer.execute("drop table agg_year")
        assert told("stats", "--year", "2025", "--user", "ann").code == 0
        writer.execute("rollback")


@pytest.mark.parametrize("name", [name for name in names("read") if name.startswith("life_")])
def test_a_question_says_what_it_answers(name: str) -> None:
    first = sql(f"read/{name}").splitlines()[0]
    assert re.match(r"-- .*\?", first) or first.startswith("-- Spoilers: ")
