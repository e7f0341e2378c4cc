"""The rankings against answers that others worked out, and each explanation with its numbers put in again."""

from __future__ import annotations

import csv
import json
import math
import random
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from rows import made, transaction

from mwi_crawl import config, sources
from mwi_crawl.aggregate import build, ranking
from mwi_crawl.config import Config
from mwi_crawl.errors import ConfigError
from mwi_crawl.importer import ImportOptions, InputFile
from mwi_crawl.importers.ratings import RatingsImporter
from mwi_crawl.ingest import Owner, ingest

NOW, LATER = "2026-03-04T12:00:00.000Z", "2027-01-01T00:00:00.000Z"
DATA = Path(__file__).parents[2] / "shared" / "data"
MOVIELENS, ANSWERS = DATA / "ml-latest-small", DATA / "answers"
C_KIND = {"ratings": "ratings", "items": "films"}
there = pytest.mark.skipif(not DATA.is_dir(), reason="the data to check with are not on this machine")


def settings(**said: Any) -> Config:
    """The built-in settings but for what is said."""
    return config.load(sources.discover(), environ={}, cwd=Path("no such folder"), overrides=said)


def rank(db: sqlite3.Connection, strategy: str, now: str = NOW, **said: Any) -> None:
    with transaction(db):
        build(db, settings(**said), now, only=[f"ranking_{strategy}"])


def ranked(db: sqlite3.Connection, strategy: str, cohort_id: int, number: int = -1) -> list[tuple[int, float]]:
    """Films and scores in order."""
    question = f"select film_id, score from ranking_{strategy} where cohort_id = ? order by rank limit ?"
    return [(row[0], row[1]) for row in db.execute(question, (cohort_id, number))]


def answers(name: str) -> list[dict[str, str]]:
    with (ANSWERS / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# MovieLens: 610 people as a cohort


@pytest.fixture(scope="module")
def movielens(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[sqlite3.Connection, Mapping[str, int]]]:
    """The file with the cohort `ml`, and our numbers of its films by those of MovieLens."""
    folder = tmp_path_factory.mktemp("ml")
    with (MOVIELENS / "links.csv").open(encoding="utf-8") as file:
        links = {row["movieId"]: f"tt{row['imdbId']}" for row in csv.DictReader(file)}
    with (MOVIELENS / "ratings.csv").open(encoding="utf-8") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: int(row["movieId"]))  # so that ids rise in the same order
    with (folder / "ml.csv").open("w", encoding="utf-8") as file:
        file.write("user,imdb_id,rating,rated_at\n")
        file.writelines(f"{row['userId']},{links[row['movieId']]},{row['rating']},{row['timestamp']}\n" for row in rows)
    with closing(made(folder / "ml.db")) as db:
        read = InputFile.at(folder / "ml.csv")
        with transaction(db):
            ingest(db, read, RatingsImporter().read(read, ImportOptions()), Owner(cohort="ml"), NOW)
        films = dict(db.execute("select imdb_id, film_id from films"))
        yield db, {movie: films[imdb] for movie, imdb in links.items() if imdb in films}


def cohort_of(db: sqlite3.Connection, label: str) -> int:
    return int(db.execute("select cohort_id from ranked_cohorts where label = ?", (label,)).fetchone()[0])


@there
@pytest.mark.parametrize("kind", sorted(C_KIND))
@pytest.mark.parametrize("m", ["1", "5", "10", "25", "50", "100", "200"])
def test_bayesian_on_movielens_equals_the_answers(movielens, m, kind):
    db, films = movielens
    expected = [row for row in answers("bayes_mlsmall.csv") if (row["m"], row["C_kind"]) == (m, kind)]
    assert len(expected) == 50
    rank(db, "bayesian", ranking={"bayesian": {"m": m, "mean_of": C_KIND[kind]}})
    found = ranked(db, "bayesian", cohort_of(db, "ml"), 50)
    assert [film for film, _ in found] == [films[row["id"]] for row in expected]
    assert [score for _, score in found] == pytest.approx([float(row["score"]) for row in expected], abs=1e-9)


@there
@pytest.mark.parametrize("least", ["1", "10"])
def test_wilson_on_movielens_equals_the_answers(movielens, least):
    db, films = movielens
    expected = [row for row in answers("wilson_mlsmall.csv") if row["min_ratings"] == least]
    assert len(expected) == 50
    rank(db, "wilson", ranking={"wilson": {"min_ratings": least}})
    found = ranked(db, "wilson", cohort_of(db, "ml"), 50)
    assert [film for film, _ in found] == [films[row["id"]] for row in expected]
    assert [score for _, score in found] == pytest.approx([float(row["wilson"]) for row in expected], abs=1e-9)


# the 4,803 films of TMDb


@there
@pytest.mark.parametrize("zeros", [True, False], ids=["with scores of 0 for no votes", "without"])
def test_the_weighted_rating_of_tmdb_equals_what_was_published(tmp_path, zeros):
    published = json.loads((ANSWERS / "tmdb5000_weighted_rating.json").read_text(encoding="utf-8"))
    with (DATA / "tmdb-5000-facts.csv").open(encoding="utf-8", newline="") as file:
        films = [
            (int(row["tmdb_id"]), float(row["vote_average"]), int(row["vote_count"])) for row in csv.DictReader(file)
        ]
    with closing(made(tmp_path / "tmdb.db")) as db:
        with transaction(db):
            db.executemany(
                "insert into films (film_id, created_at, updated_at) values (?, '', '')", [f[:1] for f in films]
            )
            scores = [film for film in films if zeros or film[2]]
            db.executemany("insert into scores values (?, 'tmdb', 'tmdb', ?, 10, ?)", scores)
        weighted = {"percentile": 0.9, "mean_of": "films", "unvoted": True}
        rank(db, "bayesian", cohorts={"world": {"ranking": {"bayesian": weighted}}})
        found = ranked(db, "bayesian", 0)
        (m, c), *others = db.execute(
            "select distinct m, mean_of_all from ranking_bayesian where cohort_id = 0"
        ).fetchall()
    assert not others
    assert c == pytest.approx(6.092171559442016, abs=1e-12)
    assert m == pytest.approx(1838.4, abs=1e-9)
    every = answers("wr_tmdb5000_p90_all481.csv")
    assert [film for film, _ in found] == [int(row["id"]) for row in every]
    assert len(found) == published["qualified"] == 481
    assert [score for _, score in found] == pytest.approx([float(row["score"]) for row in every], abs=1e-9)
    assert [round(score, 6) for _, score in found[:10]] == [row["score"] for row in published["top10"]]


def quantile(values: list[int], q: float) -> float:
    """As numpy's, by its own definition: linear between the two values next to q · (n − 1)."""
    at = q * (len(values) - 1)
    low, high = sorted(values)[math.floor(at)], sorted(values)[math.ceil(at)]
    return low + (high - low) * (at - math.floor(at))


@pytest.mark.parametrize("q", [0.01, 0.25, 0.5, 0.6180339887, 0.9, 0.999])
@pytest.mark.parametrize("number", [1, 2, 3, 10, 101])
def test_the_percentile_of_votes_is_the_quantile_between_the_two_nearest(tmp_path, number, q):
    dice = random.Random(number)
    votes = [dice.randint(1, 50) for _ in range(number)]
    with closing(made(tmp_path / "some.db")) as db:
        give_scores(db, [(film, 7.0, count) for film, count in enumerate(votes, 1)])
        rank(db, "bayesian", cohorts={"world": {"ranking": {"bayesian": {"percentile": q}}}})
        m = {row[0] for row in db.execute("select m from ranking_bayesian")}
        count = db.execute("select count(*) from ranking_bayesian").fetchone()[0]
    assert list(m) == pytest.approx([quantile(votes, q)], abs=1e-9)
    assert count == sum(each >= quantile(votes, q) - 1e-9 for each in votes)


def give_scores(db: sqlite3.Connection, scores: list[tuple[int, float, int]]) -> None:
    """Films with TMDb's scores: (film, value, votes)."""
    with transaction(db):
        for film, value, votes in scores:
            db.execute("insert into films (film_id, created_at, updated_at) values (?, '', '')", (film,))
            db.execute("insert into scores values (?, 'tmdb', 'tmdb', ?, 10, ?)", (film, value, votes))


# a small world with three people, for what holds of every strategy


@pytest.fixture
def small(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """Sixty films with public votes; Ann alone and a cohort of four; ratings, viewings with dates of every worth."""
    dice = random.Random(7)
    with closing(made(tmp_path / "small.db")) as db:
        give_scores(db, [(film, dice.randint(20, 95) / 10, dice.randint(1, 900)) for film in range(1, 61)])
        with transaction(db):
            db.executemany("insert into users values (?, ?)", enumerate(("Ann", "Bo", "Cleo", "Dee", "Eve"), 1))
            db.execute("insert into cohorts values (3, 'friends', '')")
            db.executemany("insert into cohort_members values (3, ?, 0)", [(user,) for user in (2, 3, 4, 5)])
            for user in range(1, 6):
                for film in dice.sample(range(1, 61), 40):
                    stars = dice.choice([None, *(half / 2 for half in range(1, 11))])
                    day = f"20{dice.randint(10, 24)}-{dice.randint(1, 12):02}-{dice.randint(1, 28):02}"
                    precision = dice.choice(["exact", "month", "year", "rated", "unknown"])
                    length = {"exact": 10, "month": 7, "year": 4, "rated": 10, "unknown": 0}[precision]
                    db.execute("insert into ratings (user_id, film_id, rating) values (?, ?, ?)", (user, film, stars))
                    db.execute(
                        "insert into watches (user_id, film_id, watched_on, precision, rating) values (?, ?, ?, ?, ?)",
                        (user, film, day[:length] or None, precision, stars),
                    )
            build(db, settings(), NOW, only=["v_rankings"])
        yield db


def content(db: sqlite3.Connection) -> list[tuple[Any, ...]]:
    return [tuple(row)[:-1] for row in db.execute("select * from film_rankings order by 1, 2, 3")]


def test_each_strategy_ranks_somebody_and_only_whom_it_can(small):
    assert {(row[0], row[1]) for row in small.execute("select distinct strategy, cohort from v_rankings")} == {
        *(("bayesian", label) for label in ("world", "friends", "Ann")),
        *(("hybrid", label) for label in ("world", "friends", "Ann")),
        *((strategy, label) for strategy in ("wilson", "discovery", "recency") for label in ("friends", "Ann")),
    }


def test_ranks_have_no_gaps_and_follow_score_then_votes_then_id(small):
    for strategy in ranking.STRATEGIES:
        question = f"select cohort_id, rank, score, votes, film_id from ranking_{strategy} order by cohort_id, rank"
        rows = [tuple(row) for row in small.execute(question)]
        assert rows
        for cohort_id in {row[0] for row in rows}:
            own = [row[1:] for row in rows if row[0] == cohort_id]
            assert [row[0] for row in own] == list(range(1, len(own) + 1))
            assert own == sorted(own, key=lambda row: (-row[1], -row[2], row[3]))


def test_the_same_input_gives_the_same_rankings_at_another_time(small):
    before = content(small)
    with transaction(small):
        build(small, settings(), LATER, only=["v_rankings"])
    assert content(small) == before
    assert {row[0] for row in small.execute("select distinct computed_at from film_rankings")} == {LATER}


def test_one_strategy_computed_anew_leaves_the_others_as_they_are(small):
    before = content(small)
    rank(small, "wilson", LATER, ranking={"wilson": {"z": 1}})
    after = content(small)
    assert [row for row in after if row[1] != "wilson"] == [row for row in before if row[1] != "wilson"]
    assert [row for row in after if row[1] == "wilson"] != [row for row in before if row[1] == "wilson"]
    times = set(small.execute("select distinct strategy, computed_at from film_rankings").fetchall())
    assert {tuple(row) for row in times} == {(name, LATER if name == "wilson" else NOW) for name in ranking.STRATEGIES}


def evaluated(formula: str) -> float:
    known = {"sqrt": math.sqrt, "ln": math.log, "__builtins__": {}}
    return float(eval(formula.replace("^", "**"), known))  # our own words, put into a calculator


@pytest.mark.parametrize("strategy", ranking.STRATEGIES)
def test_the_numbers_of_an_explanation_put_into_its_formula_give_the_score(small, strategy):
    groups = ranking.groups(small)
    looked_at = 0
    for group in groups.values():
        for place in ranking.top(small, strategy, group, None):
            numbers = ranking.numbers(small, strategy, group, place.film_id)
            assert numbers is not None
            assert evaluated(ranking.explained(strategy, numbers)) == pytest.approx(place.score, abs=1e-5)
            assert ranking.gist(strategy, numbers)
            looked_at += 1
    assert looked_at >= 40


def test_a_fresh_rating_weighs_more_than_an_old_one(tmp_path):
    with closing(made(tmp_path / "two.db")) as db:
        give_scores(db, [(1, 7.0, 10), (2, 7.0, 10), (3, 7.0, 10)])
        with transaction(db):
            db.execute("insert into users values (1, 'Ann')")
            for film, day, stars in ((1, "2014-01-01", 5), (2, "2024-01-01", 5), (3, "2023-12-31", 2)):
                db.execute("insert into ratings (user_id, film_id, rating) values (1, ?, ?)", (film, stars))
                db.execute(
                    "insert into watches (user_id, film_id, watched_on, precision) values (1, ?, ?, 'exact')",
                    (film, day),
                )
        rank(db, "recency")
        assert [film for film, _ in ranked(db, "recency", -1)] == [2, 1, 3]
        rank(db, "recency", ranking={"recency": {"m": 0}})
        assert ranked(db, "recency", -1) == [(1, 5.0), (2, 5.0), (3, 2.0)]


# two rankings side by side


def place(film: int, rank: int) -> ranking.Place:
    return ranking.Place(film, rank, 1.0 / rank, f"Film {film}", 2000, None, None)


def order(*films: int) -> list[ranking.Place]:
    return [place(film, at) for at, film in enumerate(films, 1)]


def test_two_rankings_are_compared_by_their_firsts_and_by_all_they_share():
    found = ranking.compared(order(1, 2, 3, 4), order(4, 3, 2, 1), 2)
    assert [(each.film_id, left, right) for each, left, right in found.rows] == [
        (1, 1, 4),
        (4, 4, 1),
        (2, 2, 3),
        (3, 3, 2),
    ]
    assert (found.shared, found.both, found.correlation) == (0, 4, -1.0)
    same = ranking.compared(order(1, 2, 3), order(1, 2, 3), 2)
    assert (same.shared, same.both, same.correlation) == (2, 3, 1.0)


def test_films_that_only_one_ranking_has_do_not_count_for_the_correlation():
    found = ranking.compared(order(9, 1, 8, 2), order(1, 7, 2), 2)
    assert [(each.film_id, left, right) for each, left, right in found.rows] == [(9, 1, None), (1, 2, 1), (7, None, 2)]
    assert (found.shared, found.both, found.correlation) == (1, 2, 1.0)
    assert ranking.compared(order(1), [], 5).correlation is None


# the settings


def test_a_group_has_its_own_parameters_and_everybody_the_rest():
    found = settings(ranking={"bayesian": {"m": 10}}, cohorts={"old friends": {"ranking": {"wilson": {"z": 1}}}})
    assert found.ranking["bayesian"] == {"m": 10, "percentile": 0, "mean_of": "ratings", "unvoted": False}
    assert found.cohorts["old friends"].ranking == {"wilson": {"z": 1}}
    assert found.cohorts["world"].ranking == {"bayesian": {"m": 25_000}}


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"ranking": {"bayesan": {"m": 1}}}, "[ranking.bayesan] is not a table of settings. Did you mean"),
        ({"ranking": {"wilson": {"min_rating": 1}}}, 'is not a setting. Did you mean "min_ratings"?'),
        ({"ranking": {"bayesian": {"m": -1}}}, '[ranking.bayesian] "m" must be greater than or equal to 0'),
        ({"ranking": {"bayesian": {"m": "many"}}}, '[ranking.bayesian] "m" must be a number'),
        ({"ranking": {"bayesian": {"m": True}}}, '[ranking.bayesian] "m" must be a number'),
        ({"ranking": {"bayesian": {"percentile": 1}}}, '"percentile" must be less than 1'),
        ({"ranking": {"bayesian": {"mean_of": "all"}}}, "\"mean_of\" must be 'ratings' or 'films'"),
        ({"ranking": {"recency": {"tau_days": 0}}}, '"tau_days" must be greater than 0'),
        ({"cohorts": {"a": {"ranking": {"hybrid": {"gamma": 1}}}}}, '[cohorts.a.ranking.hybrid] "gamma" is not a'),
    ],
)  # fmt: skip
def test_a_parameter_that_is_none_is_refused_with_its_place(said, problem):
    with pytest.raises(ConfigError) as refused:
        settings(**said)
    assert problem in str(refused.value)
