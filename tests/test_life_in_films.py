"""A life in films: what counts and what is left out, for histories of any kind."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rows import all_of, film, made, reading, take

from mwi_crawl import config, sources
from mwi_crawl.aggregate import Built, build
from mwi_crawl.ingest import Owner
from mwi_crawl.model import Entry, MediaType, Precision, Seed

NOW = "2026-03-04T12:00:00.000Z"
OF_VIEWINGS = (  # tables in which a viewing counts once
    *("agg_viewings", "agg_year", "agg_month", "agg_weekday", "agg_day", "agg_year_decade", "agg_year_runtime"),
    *("agg_rewatch", "agg_rating_drift"),
)
OURS = (
    *OF_VIEWINGS,
    *("agg_year_genre", "agg_year_country", "agg_year_language", "agg_people", "agg_rating_drift_genre"),
    *("agg_milestones", "agg_day_streaks", "agg_day_gaps", "agg_left_out"),
)
FILMS = (  # runtime, year, genre, IMDb's rating, director; None: nobody says it
    (100, 1999, "Drama", 7.5, "tmdb:1"),
    (40, 2000, "Drama", 6.5, "tmdb:2"),
    (200, 2004, "Comedy", 8.0, "tmdb:1"),
    (None, 1962, None, 5.5, None),
    (90, None, "Comedy", None, "name:1"),
    (None, None, None, None, None),
)
DAYS = st.dates(date(2019, 12, 29), date(2020, 1, 3)) | st.dates(date(2018, 11, 1), date(2021, 3, 31))
STARS = st.none() | st.integers(1, 10).map(lambda half: half / 2)
WATCHES = st.tuples(
    st.integers(1, 2),  # person
    st.integers(1, len(FILMS)),  # film
    DAYS,
    st.sampled_from(["exact", "exact", "exact", "month", "year", "rated", "unknown"]),
    st.integers(0, 1),  # called a rewatch
    STARS,
)
RATINGS = st.tuples(st.integers(1, 2), st.integers(1, len(FILMS)), STARS, st.none() | DAYS)
HISTORIES = st.tuples(
    st.lists(WATCHES, min_size=1, max_size=40), st.lists(RATINGS, max_size=12, unique_by=lambda each: each[:2])
)

Watch = tuple[int, int, date, str, int, float | None]
Rating = tuple[int, int, float | None, date | None]
Histories = tuple[list[Watch], list[Rating]]


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    """Two people, and six films of which less and less is known. What a test adds, it takes back."""
    with closing(made(tmp_path_factory.mktemp("life") / "films.db")) as db:
        db.execute("insert into users values (1, 'ann'), (2, 'ben')")
        db.executemany("insert into people (person_id, name) values (?, ?)", [("tmdb:1", "A"), ("tmdb:2", "B")])
        db.execute("insert into people (person_id, name) values ('name:1', 'A')")
        for number, (runtime, year, genre, rating, director) in enumerate(FILMS, 1):
            film(db, title="Film", media_type=MediaType.MOVIE)
            for record, values in (
                ("film_facts (film_id, source, runtime_minutes, release_year)", (number, "tmdb", runtime, year)),
                ("film_genres (film_id, source, genre)", (number, "tmdb", genre)),
                ("scores (film_id, source, system, scale, value)", (number, "omdb", "imdb", 10, rating)),
                ("credits (film_id, source, job, person_id)", (number, "tmdb", "director", director)),
            ):
                if values[-1] is not None or record.startswith("film_facts"):
                    db.execute(f"insert into {record} values ({', '.join('?' * len(values))})", values)
        yield db


def told(db: sqlite3.Connection, histories: Histories) -> None:
    """Write what people told."""
    known = {"month": 7, "year": 4, "unknown": 0}
    watches, ratings = histories
    for user, film_id, day, precision, rewatch, stars in watches:
        on = day.isoformat()[: known.get(precision, 10)] or None
        values = (user, film_id, on, precision, rewatch, stars)
        question = (
            "insert into watches (user_id, film_id, watched_on, precision, rewatch, rating) values (?, ?, ?, ?, ?, ?)"
        )
        db.execute(question, values)
    for user, film_id, stars, rated_on in ratings:
        values = (user, film_id, stars, rated_on and rated_on.isoformat(), int(stars is None))
        db.execute("insert into ratings (user_id, film_id, rating, rated_at, liked) values (?, ?, ?, ?, ?)", values)


def aggregated(db: sqlite3.Connection, tables: Sequence[str] = OURS) -> list[Built]:
    return build(db, config.load(sources.discover(), environ={}, cwd=Path(__file__).parent), NOW, only=tables)


@contextmanager
def life(db: sqlite3.Connection, histories: Histories) -> Iterator[sqlite3.Connection]:
    """The tables made of some histories, taken back at the end."""
    db.execute("begin")
    try:
        told(db, histories)
        aggregated(db)
        yield db
    finally:
        db.execute("rollback")


def counts(db: sqlite3.Connection, question: str) -> Counter[tuple[Any, ...]]:
    return Counter({tuple(row[:-1]): row[-1] for row in all_of(db, question)})


@settings(max_examples=40, deadline=None)
@given(histories=HISTORIES)
def test_what_counts_and_what_is_left_out_are_together_all_that_was_told(films, histories):
    with life(films, histories) as db:
        everything = counts(db, "select user_id, dates, count(*) from agg_dates_told group by 1, 2")
        for table in OF_VIEWINGS:
            column = {"agg_viewings": "1", "agg_rating_drift": "compared"}.get(table, "viewings")
            counted = counts(db, f"select user_id, dates, sum({column}) from {table} group by 1, 2")
            question = f"select user_id, dates, sum(viewings) from agg_left_out where tbl = '{table}' group by 1, 2"
            of_table = {key: n for key, n in everything.items() if table != "agg_rewatch" or key[1] == "viewing"}
            assert counted + counts(db, question) == of_table, table
        watches = counts(db, "select user_id, count(*) from watches group by 1")
        assert watches == {key[:1]: n for key, n in everything.items() if key[1] == "viewing"}


@settings(max_examples=40, deadline=None)
@given(histories=HISTORIES)
def test_the_sums_of_finer_tables_are_those_of_the_coarser_ones(films, histories):
    def summed(db: sqlite3.Connection, table: str, columns: str, group: str) -> list[tuple[Any, ...]]:
        sums = ", ".join(f"sum({column})" for column in columns.split())
        return all_of(db, f"select {group}, {sums} from {table} group by {group} order by {group}")

    with life(films, histories) as db:
        year, measures = "user_id, dates, year", "viewings minutes without_runtime rated"
        assert summed(db, "agg_day", measures, year) == summed(db, "agg_weekday", measures, year)
        month, measures = f"{year}, month", f"{measures} discoveries rewatches"
        dated = all_of(db, "select distinct user_id, dates, year, month from agg_viewings where precision = 'month'")
        vague = {row[:3] for row in dated}
        in_days = [row for row in summed(db, "agg_day", measures, month) if row[:3] not in vague]
        assert in_days == [row for row in summed(db, "agg_month", measures, month) if row[:3] not in vague]
        dated = all_of(db, "select distinct user_id, dates, year from agg_viewings where precision = 'year'")
        vague = set(dated)
        in_months = [
            row for row in summed(db, "agg_month", measures, year) if row not in vague and row[:3] not in vague
        ]
        assert in_months == [row for row in summed(db, "agg_year", measures, year) if row[:3] not in vague]


@settings(max_examples=30, deadline=None)
@given(histories=HISTORIES)
def test_days_streaks_gaps_and_milestones_are_those_of_the_calendar(films, histories):
    with life(films, histories) as db:
        for kind in all_of(db, "select distinct user_id, dates from agg_viewings"):
            found = all_of(
                db, "select day, day_number, weekday from agg_day where user_id = ? and dates = ? order by 1", *kind
            )
            days = [date.fromisoformat(day) for day, _, _ in found]
            assert [(day.toordinal() + 1721425, day.isoweekday()) for day in days] == [tuple(row[1:]) for row in found]
            gaps = [(a.isoformat(), (b - a).days - 1) for a, b in pairwise(days) if b - a > timedelta(1)]
            question = "select last_day, days from agg_day_gaps where user_id = ? and dates = ? order by 1"
            assert all_of(db, question, *kind) == gaps
            question = "select first_day, days from agg_day_streaks where user_id = ? and dates = ? order by 1"
            assert all_of(db, question, *kind) == streaks(days)
            question = (
                "select day from agg_milestones where number = 1 and counted = 'films' and user_id = ? and dates = ?"
            )
            assert [row[0] for row in all_of(db, question, *kind)] == [day.isoformat() for day in days[:1]]


def streaks(days: Sequence[date]) -> list[tuple[str, int]]:
    """First day and length of the runs of two days and more."""
    found: list[list[date]] = []
    for day in days:
        if found and day - found[-1][-1] == timedelta(1):
            found[-1].append(day)
        else:
            found.append([day])
    return [(run[0].isoformat(), len(run)) for run in found if len(run) > 1]


@settings(max_examples=30, deadline=None)
@given(histories=HISTORIES)
def test_a_film_is_discovered_once_and_seen_in_the_order_of_the_dates(films, histories):
    with life(films, histories) as db:
        found = all_of(db, "select * from agg_viewings where dates = 'viewing'")
        firsts = {
            row[1:3] for row in all_of(db, "select known_viewing, user_id, film_id from agg_viewings") if row[0] == 1
        }
        assert firsts >= {(row[0], row[2]) for row in found}
        discovered = counts(
            db, "select user_id, film_id, sum(1 - rewatch) from agg_viewings where rewatch is not null group by 1, 2"
        )
        assert set(discovered.values()) <= {0, 1}
        places = all_of(db, "select user_id, dates, place, watched_on from agg_viewings order by 1, 2, 3")
        for one, two in pairwise(places):
            assert one[:2] != two[:2] or (one[2] + 1 == two[2] and one[3] <= two[3])
        assert {row[0] for row in all_of(db, "select rewatch from agg_viewings where dates = 'rated'")} <= {None}
        dates = all_of(db, "select user_id, dates, film_id, watched_on from agg_viewings order by 1, 2, 3, 4")
        assert not any(one[:3] == two[:3] and two[3].startswith(one[3]) for one, two in pairwise(dates))


@settings(max_examples=10, deadline=None)
@given(histories=HISTORIES)
def test_a_second_build_makes_the_same(films, histories):
    with life(films, histories) as db:
        first = {table: all_of(db, f"select * from {table}") for table in OURS}
        again = [each for each in aggregated(db) if each.name in OURS]
        assert [each.name for each in again if each.changed] == []
        assert {table: all_of(db, f"select * from {table}") for table in OURS} == first


def entry(number: int, **said: Any) -> Entry:
    seed = Seed({"imdb": f"tt{number:07}"}, title=f"Film {number}", media_type=MediaType.MOVIE)
    return Entry(line=number, key=f"{number} {said}", seed=seed, watched=True, **said)


def rated(number: int, day: str) -> Entry:
    return entry(number, stars=4.0, rated_on=day, watched_on=day, precision=Precision.RATED)


def seen(number: int, day: str, **said: Any) -> Entry:
    return entry(number, watched_on=day, precision=Precision.EXACT, **said)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(made(tmp_path / "films.db")) as found:
        yield found


def test_who_has_only_a_file_of_ratings_sees_the_days_of_rating_and_nothing_that_looks_like_viewings(db):
    take(db, reading([rated(1, "2020-01-01"), rated(2, "2020-01-02")]), owner=Owner("ann"))
    aggregated(db)
    assert all_of(db, "select dates, year, viewings, rewatches from agg_year") == [("rated", 2020, 2, None)]
    assert all_of(db, "select count(*) from agg_rewatch") == [(0,)]
    question = "select dates, reason, films from agg_left_out where tbl = 'agg_year'"
    assert all_of(db, question) == [("viewing", "day of rating, not of viewing", 2)]


def test_a_diary_and_a_rating_of_the_same_film_are_never_added_up(db):
    diary = [seen(1, "2020-01-01", stars=4.0), seen(1, "2021-05-05", rewatch=True)]
    take(db, reading([rated(1, "2020-01-01"), rated(2, "2020-03-01")]), owner=Owner("ben"))
    take(db, reading(diary, "letterboxd_diary"), owner=Owner("ben"))
    aggregated(db)
    assert all_of(db, "select dates, year, viewings, films, rewatches from agg_year") == [
        ("rated", 2020, 2, 2, None),
        ("viewing", 2020, 1, 1, 0),
        ("viewing", 2021, 1, 1, 1),
    ]


def test_a_viewing_that_two_files_tell_of_is_one(db):
    take(db, reading([seen(1, "2020-01-01")], "imdb_checkins"), owner=Owner("ben"))
    take(db, reading([seen(1, "2020-01-01", stars=3.0)], "letterboxd_diary"), owner=Owner("ben"))
    take(db, reading([entry(1, watched_on="2020-01", precision=Precision.MONTH)], "another_diary"), owner=Owner("ben"))
    aggregated(db)
    assert all_of(db, "select watched_on, rating from agg_viewings where dates = 'viewing'") == [("2020-01-01", 3.0)]
    question = (
        "select reason, films, films_missing, viewings from agg_left_out where tbl = 'agg_year' and dates = 'viewing'"
    )
    assert all_of(db, question) == [("told with a more exact date too", 1, 0, 1)]


def test_hundreds_of_raters_who_came_as_a_cohort_are_not_looked_at_one_by_one(db):
    take(db, reading([seen(1, "2020-01-01")], "letterboxd_diary"), owner=Owner("me"))
    db.execute("insert into users (name) values ('one of hundreds')")
    db.execute("insert into cohorts values (1, 'hundreds', '2020-01-01')")
    db.execute("insert into cohort_members (cohort_id, user_id) values (1, 2)")
    db.execute("insert into watches (user_id, film_id, watched_on, precision) values (2, 1, '2020-01-01', 'exact')")
    aggregated(db)
    assert all_of(db, "select distinct user_id from agg_dates_told") == [(1,)]


def test_what_a_film_has_from_several_sources_is_told_once(db):
    """The views that people ask before anything was aggregated believe one source for each film."""
    take(db, reading([seen(1, "2020-01-01", stars=3.0), seen(2, "2020-01-02", stars=4.0)]), owner=Owner("ann"))
    for person, name in (("tmdb:1", "Varda"), ("imdb:nm1", "Varda"), ("name:Varda", "Varda"), ("tmdb:2", "Demy")):
        db.execute("insert into people (person_id, name) values (?, ?)", (person, name))
    for film_id, source, person, place in (
        (1, "tmdb", "tmdb:2", 1),
        (1, "tmdb", "tmdb:1", 0),
        (1, "omdb", "name:Varda", 0),
        (1, "imdb", "imdb:nm1", 0),
        (2, "omdb", "name:Varda", 0),
    ):
        values = (film_id, source, person, place)
        db.execute(
            "insert into credits (film_id, source, person_id, job, billing) values (?, ?, ?, 'director', ?)", values
        )
    for film_id, source in ((1, "omdb"), (1, "tmdb"), (2, "imdb"), (2, "omdb")):
        db.execute(
            "insert into film_facts (film_id, source, title) values (?, ?, ?)", (film_id, source, f"By {source}")
        )
    assert all_of(db, "select director, films, mean_rating from v_directors") == [("Varda", 2, 3.5), ("Demy", 1, 3.0)]
    found = all_of(db, "select title, viewings, last_watched, directors from v_my_films order by film_id")
    assert found == [("By tmdb", 1, "2020-01-01", "Varda, Demy"), ("By omdb", 1, "2020-01-02", "Varda")]
    assert all_of(db, "select title, raters from v_top_films") == [("By omdb", 1), ("By tmdb", 1)]


def test_two_directors_of_one_name_stay_two(db):
    take(db, reading([seen(1, "2020-01-01"), seen(2, "2020-01-02")]), owner=Owner("ann"))
    for number in (1, 2):
        db.execute("insert into people (person_id, name) values (?, 'Steve McQueen')", (f"tmdb:{number}",))
        values = (number, f"tmdb:{number}")
        db.execute("insert into credits (film_id, source, person_id, job) values (?, 'tmdb', ?, 'director')", values)
    assert all_of(db, "select director, films from v_directors") == [("Steve McQueen", 1)] * 2
