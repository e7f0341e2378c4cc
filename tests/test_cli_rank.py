"""`rank`: compute, show, explain and compare, as a person sees them."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing

import pytest
from commandline import Person

from mwi_crawl.aggregate.ranking import STRATEGIES
from mwi_crawl.cli import ranking

NOW = "2026-03-04T12:00:00.000Z"
HISTORY = f"""
insert into films (film_id, media_type, title, release_year, imdb_id, created_at, updated_at) values
  (1, 'movie', 'Seven Samurai', 1954, 'tt0047478', '{NOW}', '{NOW}'),
  (2, 'movie', 'Solaris', 1972, 'tt0069293', '{NOW}', '{NOW}'),
  (3, null, null, null, 'tt0000003', '{NOW}', '{NOW}');
insert into film_aliases select 'imdb', imdb_id, film_id, '{NOW}' from films;
insert into scores values (1, 'imdb_datasets', 'imdb', 8.6, 10, 612004), (2, 'imdb_datasets', 'imdb', 7.9, 10, 99000),
  (3, 'tmdb', 'tmdb', 4, 10, 1000);
insert into users values (1, 'me'), (2, 'bo'), (3, 'cleo');
insert into cohorts values (1, 'friends', '{NOW}');
insert into cohort_members values (1, 2, 0), (1, 3, 0);
insert into ratings (user_id, film_id, rating, rated_at) values (1, 1, 5, '2020-01-01'), (1, 2, 3.5, '2020-01-02'),
  (2, 1, 3, null), (3, 1, 4, null), (2, 2, 4, null), (3, 2, 5, null), (2, 3, 2, null);
insert into watches (user_id, film_id, watched_on, precision, rating) values
  (1, 1, '2021-02-03', 'exact', 5), (1, 2, '2020-01-02', 'rated', 3.5);
"""


@pytest.fixture
def fans(mwi: Person) -> Person:
    """Somebody, and two friends as a cohort; three films that the world knows."""
    mwi("init")
    with closing(sqlite3.connect(mwi.folder / "mwi.db")) as db:
        db.executescript(HISTORY)
    return mwi


@pytest.fixture
def ranked(fans: Person) -> Person:
    """The same, with every ranking."""
    assert fans("aggregate").code == 0
    return fans


def test_the_strategies_of_the_command_are_those_there_are() -> None:
    assert ranking.STRATEGIES == STRATEGIES


@pytest.mark.parametrize(
    "words", [("show", "bayesian"), ("explain", "tt0047478"), ("compare", "hybrid", "bayesian")], ids=" ".join
)
def test_before_anything_was_computed_it_says_what_to_run(fans: Person, words: tuple[str, ...]) -> None:
    said = fans("rank", *words)
    assert said.code == 3
    assert "no ranking was computed yet" in said.err
    assert "mwi-crawl aggregate" in said.err


def test_show_gives_the_scores_of_the_world_of_ten_and_the_numbers_behind_them(ranked: Person) -> None:
    head, _, *rows = ranked("rank", "show", "bayesian").out.splitlines()
    assert head.startswith("bayesian · world · of ten, from public votes · 3 films · m 25,000, ")
    assert " ".join(rows[0].split()) == "1 8.60 Seven Samurai (1954) 10 v 612,004 · R 8.60 · C 8.50 · m 25,000"
    assert [row.split()[0] for row in rows] == ["1", "2", "3"]
    assert "tt0000003" in rows[1], "a film without a title is called by its id"


def test_show_gives_a_cohorts_scores_in_stars(ranked: Person) -> None:
    head, header, *rows = ranked("rank", "show", "bayesian", "--cohort", "friends", "--top", "2").out.splitlines()
    assert head.startswith("bayesian · friends · in stars · 3 films · m 25, ")
    assert header.split() == ["score", "film", "mine", "because"]
    assert len(rows) == 2
    assert "Solaris (1972)" in rows[0]
    assert " 3.5 " in rows[0], "mine is in stars too"


def test_show_in_json(ranked: Person) -> None:
    found = json.loads(ranked("rank", "show", "wilson", "--cohort", "friends", "--json").out)
    assert (found["cohort"], found["strategy"]) == ("friends", "wilson")
    first = found["films"][0]
    assert (first["rank"], first["film_id"], first["imdb_id"], first["mine"]) == (1, 2, "tt0069293", 3.5)
    assert first["numbers"]["positives"] == 2
    assert first["numbers"]["params"] == {"z": 1.96, "positive": 3.5, "min_ratings": 1}


def test_show_says_why_a_ranking_is_empty(ranked: Person) -> None:
    said = ranked("rank", "show", "wilson")
    assert said.code == 0
    assert said.out.startswith("wilson · world: no film is ranked, as it needs single ratings")
    assert json.loads(ranked("rank", "show", "wilson", "--json").out)["films"] == []


def test_a_group_that_is_not_there_and_a_strategy_that_is_none(ranked: Person) -> None:
    said = ranked("rank", "show", "bayesian", "--cohort", "foes")
    assert said.code == 3
    assert 'there is no ranking of "foes"' in said.err
    assert "world, friends, me" in said.err
    assert ranked("rank", "show", "best").code == 2
    assert ranked("rank", "compute", "--strategy", "bayesian", "--cohort", "foes").code == 3


def test_explain_puts_the_numbers_into_the_formulas_of_every_group(ranked: Person) -> None:
    title, *lines = ranked("rank", "explain", "Seven Samurai").out.splitlines()
    assert title == "Seven Samurai (1954)"
    first = lines[0].strip()
    assert re.match(r"bayesian 8\.\d\d = 612004/\(612004\+25000\)\*8\.6 \+ 25000/\(612004\+25000\)\*8\.\d+ ", first)
    assert first.endswith("world, place 1 of 3, of ten, from public votes")
    told = {(line.split()[0], line.split(",")[0].split()[-1]) for line in lines}
    assert told == {
        *((name, "world") for name in ("bayesian", "hybrid")),
        *((name, "friends") for name in ("bayesian", "wilson", "discovery", "hybrid")),
        *((name, "me") for name in STRATEGIES),
    }


def test_explain_can_be_narrowed_and_told_as_json(ranked: Person) -> None:
    (_, line) = ranked("rank", "explain", "1", "--strategy", "recency", "--cohort", "me").out.splitlines()
    assert line.startswith(" recency 4.62 = (5 + 1*4.25) / (1 + 1)")
    found = json.loads(ranked("rank", "explain", "1", "--cohort", "me", "--json").out)
    assert [row["strategy"] for row in found] == list(STRATEGIES)
    said = ranked("rank", "explain", "tt0000003", "--cohort", "me")
    assert said.code == 0
    assert said.out.splitlines()[1] == " in no ranking of me"
    assert ranked("rank", "explain", "Ran").code == 3


def test_compare_puts_two_strategies_side_by_side(ranked: Person) -> None:
    head, header, *rows = ranked("rank", "compare", "discovery", "bayesian", "--cohort", "friends").out.splitlines()
    assert head.startswith("discovery and bayesian · friends · the first 10 share 2 films · rank correlation 1.00")
    assert header.split() == ["discovery", "bayesian", "film"]
    assert len(rows) == 3
    found = json.loads(ranked("rank", "compare", "wilson", "hybrid", "--cohort", "friends", "--json").out)
    assert found["films_in_both"] == 3
    assert {film["film_id"]: film["wilson"] for film in found["films"]}[2] == 1
    empty = ranked("rank", "compare", "wilson", "bayesian").out
    assert "wilson · world: no film is ranked" in empty
    assert "rank correlation – (Spearman, 0 films)" in empty


def test_compute_with_another_parameter_for_one_group_leaves_the_others(ranked: Person) -> None:
    said = ranked("rank", "compute", "--strategy", "bayesian", "--cohort", "friends", "--param", "m=1")
    assert said.code == 0
    assert "friends: 3 films   m 1, " in said.out
    assert said.last.endswith("Next: mwi-crawl rank show bayesian --cohort friends")
    groups = "select distinct label, m from ranking_bayesian join ranked_cohorts using (cohort_id) order by 1"
    assert ranked.ask(groups) == [("friends", 1.0), ("me", 25.0), ("world", 25000.0)]
    assert ranked("rank", "compute", "--strategy", "bayesian", "--param", "m=7").code == 0
    assert ranked.ask(groups) == [("friends", 7.0), ("me", 7.0), ("world", 7.0)]
    assert ranked("rank", "compute", "--strategy", "bayesian", "-q").out == ""
    assert ranked.ask(groups) == [("friends", 25.0), ("me", 25.0), ("world", 25000.0)]


def test_compute_sees_the_ratings_as_they_are_now_and_works_before_any_aggregate(fans: Person) -> None:
    assert fans("rank", "compute", "--strategy", "wilson").code == 0
    before = fans("rank", "show", "wilson", "--cohort", "friends").out
    fans.change("delete from ratings where user_id = 3 and film_id = 2")
    assert fans("rank", "compute", "--strategy", "wilson").code == 0
    after = fans("rank", "show", "wilson", "--cohort", "friends").out
    assert "liked by 2 of 2" in before
    assert "liked by 2 of 2" not in after


@pytest.mark.parametrize(
    ("param", "code", "words"),
    [
        ("k=3", 3, '"k" is not a setting'),
        ("m=-1", 3, '"m" must be greater than or equal to 0'),
        ("m", 2, "is not NAME=VALUE"),
        ("m=", 2, "is not NAME=VALUE"),
    ],
)
def test_a_parameter_that_is_none_changes_nothing(ranked: Person, param: str, code: int, words: str) -> None:
    before = ranked.ask("select * from film_rankings order by 1, 2, 3")
    said = ranked("rank", "compute", "--strategy", "bayesian", "--param", param)
    assert said.code == code
    assert words in said.err
    assert ranked.ask("select * from film_rankings order by 1, 2, 3") == before


def test_reading_needs_no_lock_and_computing_does(ranked: Person) -> None:
    from filelock import FileLock

    with FileLock(f"{(ranked.folder / 'mwi.db').resolve()}.lock"):
        assert ranked("rank", "show", "bayesian").code == 0
        assert ranked("rank", "explain", "1").code == 0
        assert ranked("rank", "compare", "hybrid", "bayesian").code == 0
        assert ranked("rank", "compute", "--strategy", "bayesian").code == 8


def test_a_file_that_is_not_there_is_not_made(mwi: Person) -> None:
    assert mwi("rank", "show", "bayesian").code == 8
    assert mwi("rank", "compute", "--strategy", "bayesian").code == 8
    assert not (mwi.folder / "mwi.db").exists()


def test_of_two_people_with_files_nobody_is_me(ranked: Person) -> None:
    ranked.change("update users set name = 'ann' where user_id = 1")
    for user in (1, 2):
        ranked.change(
            "insert into imports (user_id, name, sha256, kind, include, imported_at) "
            f"values ({user}, 'x', 'x{user}', 'imdb_ratings', 'movie', '{NOW}')"
        )
    assert "mine" not in ranked("rank", "show", "bayesian").out
    ranked.change("delete from imports where user_id = 2")
    assert "mine" in ranked("rank", "show", "bayesian").out
