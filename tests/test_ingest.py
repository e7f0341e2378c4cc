"""Imported files: what is new, changed, gone or the same, whose it is, and what is made of it."""

from __future__ import annotations

import csv
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from rows import Script, all_of, answer, at, begin, film, made, one, reading, ready, save, sound, take, transaction

from mwi_crawl import films, importers
from mwi_crawl.errors import InputError
from mwi_crawl.importer import ImportOptions, InputFile
from mwi_crawl.ingest import Imported, Owner, digest, ingest
from mwi_crawl.model import Entry, MediaType, Parsed, Precision, Seed, Skipped

MOVIELENS = Path(__file__).resolve().parents[2] / "shared" / "data" / "ml-latest-small"


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(made(tmp_path / "films.db")) as found:
        yield found
        sound(found)


def row(number: int, **said: Any) -> Entry:
    """One row about a film with an IMDb id."""
    seed = said.pop("seed", Seed({"imdb": f"tt{number:07}"}, title=f"Film {number}", year=2000))
    said = {"watched": True, **said}
    return Entry(line=number + 1, key=said.pop("key", f"tt{number:07}"), seed=seed, **said)


def rated(number: int, stars: float = 4.0, on: str = "2020-01-01", **said: Any) -> Entry:
    return row(number, stars=stars, rated_on=on, watched_on=on, precision=Precision.RATED, **said)


def counts(imported: Imported) -> tuple[int, int, int]:
    return imported.added, imported.changed, imported.gone


def ratings(db: sqlite3.Connection) -> list[tuple[Any, ...]]:
    return all_of(db, "select film_id, rating, rated_at, liked from ratings order by user_id, film_id")


def watches(db: sqlite3.Connection) -> list[tuple[Any, ...]]:
    return all_of(
        db, "select film_id, watched_on, precision, rewatch, rating from watches order by film_id, watched_on"
    )


# one import after the other


def test_a_first_import_is_all_new(db: sqlite3.Connection) -> None:
    skips = [Skipped(9, "no id"), Skipped(9, "no id"), Skipped(10, "a person")]
    (done,) = take(db, reading([rated(1), rated(2, 3.5), *skips]))
    assert counts(done) == (2, 0, 0)
    assert (done.rows, len(done.skipped), done.user, done.same_as) == (5, 3, "me", None)
    assert one(db, "select rows, added, changed, gone, skipped from imports") == (5, 2, 0, 0, 3)
    assert all_of(db, "select line, reason from import_skips order by 1") == [(9, "no id"), (10, "a person")]
    assert ratings(db) == [(1, 4.0, "2020-01-01", 0), (2, 3.5, "2020-01-01", 0)]
    assert one(db, "select title, release_year, origin, followed from films where film_id = 1") == (
        *("Film 1", 2000, "imdb_ratings", 1),
    )


def test_the_same_content_again_is_nothing_to_do(db: sqlite3.Connection) -> None:
    take(db, reading([rated(1)]))
    before = list(db.iterdump())
    (done,) = take(db, reading([rated(1)]), now=at(1))
    assert done.same_as == 1
    assert list(db.iterdump()) == before


def test_the_same_content_of_another_person_or_of_another_kind_is_not_the_same(db: sqlite3.Connection) -> None:
    take(db, reading([rated(1)]))
    assert take(db, reading([rated(1)]), owner=Owner("you"))[0].same_as is None
    assert take(db, reading([rated(1)], "letterboxd_ratings"))[0].same_as is None
    assert len(ratings(db)) == 2


def test_the_same_content_with_other_kinds_of_title_follows_these_too(db: sqlite3.Connection) -> None:
    series = rated(2, seed=Seed({"imdb": "tt0000002"}, "Series", media_type=MediaType.TV), type_label="tvSeries")
    (done,) = take(db, reading([rated(1), series]))
    assert (dict(done.followed), dict(done.kept)) == ({"title": 1}, {"tvSeries": 1})
    assert all_of(db, "select followed from films order by film_id") == [(1,), (0,)]
    wider = Owner(include=frozenset({MediaType.MOVIE, MediaType.TV}))
    (done,) = take(db, reading([rated(1), series]), owner=wider)
    assert (counts(done), done.same_as) == ((0, 0, 0), None)
    assert all_of(db, "select followed from films order by film_id") == [(1,), (1,)]
    assert len(ratings(db)) == 2


def test_a_newer_export_is_taken_as_the_difference(db: sqlite3.Connection) -> None:
    take(db, reading([rated(1), rated(2), rated(3)]))
    (done,) = take(db, reading([rated(1), rated(2, 2.0, "2021-01-01"), rated(4)]), now=at(1))
    assert counts(done) == (1, 1, 1)
    rows = all_of(db, "select entry_key, first_import_id, last_import_id, gone_at from import_entries order by 1")
    assert rows == [
        ("tt0000001", 1, 2, None),
        ("tt0000002", 1, 2, None),
        ("tt0000003", 1, 1, at(1)),
        ("tt0000004", 2, 2, None),
    ]
    assert [each[:3] for each in ratings(db)] == [
        *((1, 4.0, "2020-01-01"), (2, 2.0, "2021-01-01"), (3, 4.0, "2020-01-01"), (4, 4.0, "2020-01-01")),
    ]
    (again,) = take(db, reading([rated(1), rated(2, 2.0, "2021-01-01"), rated(4)]), content=b"only a blank more")
    assert counts(again) == (0, 0, 0)
    (back,) = take(db, reading([rated(1), rated(2, 2.0, "2021-01-01"), rated(3), rated(4)]))
    assert counts(back) == (0, 1, 0)
    assert one(db, "select count(*) from import_entries where gone_at is not null") == 0


CHANGES = {
    "stars": 1.0,
    "rated_on": "2022-02-02",
    "watched": False,
    "watched_on": "2022-02-02",
    "precision": Precision.EXACT,
    "rewatch": True,
    "liked": True,
    "list_name": "other",
    "position": 7,
    "added_on": "2022-02-02",
    "note": "new",
}


@pytest.mark.parametrize("what", CHANGES)
def test_whatever_a_row_says_anew_is_a_change(db: sqlite3.Connection, what: str) -> None:
    said = {"stars": 4.0, "rated_on": "2020-01-01", "watched_on": "2020-01-01", "precision": Precision.RATED}
    take(db, reading([row(1, **said)]))
    (done,) = take(db, reading([row(1, **{**said, what: CHANGES[what]})]))
    assert counts(done) == (0, 1, 0)
    assert one(db, f"select {what} from import_entries") == CHANGES[what]
    if what == "watched":
        assert watches(db) == []


def test_a_part_of_all_there_is_makes_nothing_gone(db: sqlite3.Connection) -> None:
    take(db, reading([rated(1), rated(2)], "ratings", complete=False))
    (done,) = take(db, reading([rated(3)], "ratings", complete=False))
    assert counts(done) == (1, 0, 0)
    assert len(ratings(db)) == 3


def test_a_row_that_names_another_film_now_leaves_the_first_as_it_was_without_it(db: sqlite3.Connection) -> None:
    take(db, reading([rated(1, key="a"), rated(2)]))
    (done,) = take(db, reading([rated(3, 2.0, key="a"), rated(2)]))
    assert counts(done) == (0, 1, 0)
    assert [each[:2] for each in ratings(db)] == [(2, 4.0), (3, 2.0)]
    assert [each[0] for each in watches(db)] == [2, 3]


def test_a_damaged_file_leaves_nothing_behind(db: sqlite3.Connection) -> None:
    def rows() -> Iterator[Entry]:
        yield rated(1)
        raise InputError("cut off")

    table = reading([])
    broken = type(table)(table.kind, table.description, rows)
    before = list(db.iterdump())
    with pytest.raises(InputError), transaction(db):
        ingest(db, InputFile.of("x", b"x"), [reading([rated(7)], "imdb_watchlist"), broken], Owner(), at(0))
    assert list(db.iterdump()) == before


def test_a_files_digest_is_that_of_its_content() -> None:
    assert digest(InputFile.of("a", b"x" * 3_000_000)) == digest(InputFile.of("b", b"x" * 3_000_000))
    assert digest(InputFile.of("a", b"x")) != digest(InputFile.of("a", b"y"))


# rows that are gone


def test_gone_rows_stay_ratings_but_leave_the_watchlist(db: sqlite3.Connection) -> None:
    wished = [row(number, watched=False, list_name="watchlist", position=number) for number in (1, 2)]
    take(db, reading([rated(1), rated(2)]), reading(wished, "imdb_watchlist"))
    assert all_of(db, "select film_id, position from list_items") == [(1, 1), (2, 2)]
    done = take(db, reading([rated(1)]), reading(wished[1:], "imdb_watchlist"), now=at(1))
    assert [counts(each) for each in done] == [(0, 0, 1), (0, 0, 1)]
    assert len(ratings(db)) == 2
    assert all_of(db, "select film_id, position from list_items") == [(2, 2)]
    assert one(db, "select updated_at from lists") == at(1)
    take(db, reading([], "imdb_watchlist"))
    assert all_of(db, "select film_id from list_items") == []


def test_a_film_taken_off_a_list_leaves_that_list_and_no_other(db: sqlite3.Connection) -> None:
    def listed(name: str, *numbers: int) -> Any:
        rows = [row(number, key=f"{name}/{number}", watched=False, list_name=name) for number in numbers]
        return reading(rows, "imdb_list", complete=False)

    take(db, listed("Best", 1, 2))
    (done,) = take(db, listed("Worst", 2, 3))
    assert counts(done) == (2, 0, 0)
    (done,) = take(db, listed("Best", 2))
    assert counts(done) == (0, 0, 1)
    join = "select name, film_id from list_items join lists on lists.list_id = list_items.list_id order by 1, 2"
    assert all_of(db, join) == [("Best", 2), ("Worst", 2), ("Worst", 3)]


def test_a_list_that_got_another_name_is_the_same_list(db: sqlite3.Connection) -> None:
    for name in ("Good", "Best"):
        take(db, reading([row(1, key="url/1", watched=False, list_name=name)], "letterboxd_list", complete=False))
    join = "select name, film_id from list_items join lists on lists.list_id = list_items.list_id"
    assert all_of(db, join) == [("Best", 1)]


def test_a_heart_lasts_as_long_as_it_is_in_a_file(db: sqlite3.Connection) -> None:
    liked = [row(number, liked=True, watched=False) for number in (1, 2)]
    take(db, reading(liked, "letterboxd_likes"), reading([rated(1)], "letterboxd_ratings"))
    assert ratings(db) == [(1, 4.0, "2020-01-01", 1), (2, None, None, 1)]
    take(db, reading([], "letterboxd_likes"))
    assert ratings(db) == [(1, 4.0, "2020-01-01", 0)]


def test_gone_rows_are_deleted_if_that_is_asked_for(db: sqlite3.Connection) -> None:
    seen = row(3, watched_on="2020-05-05", precision=Precision.EXACT)
    take(db, reading([rated(1), rated(2), rated(3)]), reading([seen], "imdb_checkins"), owner=Owner())
    db.execute("insert into watches (user_id, film_id, precision) values (1, 2, 'unknown')")  # not from a file
    done = take(db, reading([rated(1)]), reading([seen], "imdb_checkins"), owner=Owner(prune=True))
    assert (counts(done[0]), done[0].pruned) == ((0, 0, 2), 2)
    assert ratings(db) == [(1, 4.0, "2020-01-01", 0)]
    assert [each[:3] for each in watches(db)] == [
        *((1, "2020-01-01", "rated"), (2, None, "unknown"), (3, "2020-05-05", "exact")),
    ]
    assert one(db, "select count(*) from import_entries") == 2


def test_gone_rows_can_be_deleted_later_with_the_same_file(db: sqlite3.Connection) -> None:
    take(db, reading([rated(1), rated(2)]))
    take(db, reading([rated(1)]))
    (done,) = take(db, reading([rated(1)]), owner=Owner(prune=True))
    assert (counts(done), done.pruned) == ((0, 0, 0), 1)
    assert ratings(db) == [(1, 4.0, "2020-01-01", 0)]


# people


def test_two_people_do_not_touch_each_others_rows(db: sqlite3.Connection) -> None:
    take(db, reading([rated(1), rated(2)]))
    (done,) = take(db, reading([rated(2, 1.0), rated(3)]), owner=Owner("you"))
    assert counts(done) == (2, 0, 0)
    take(db, reading([rated(2, 1.0)]), owner=Owner("you"))
    rows = all_of(db, "select name, film_id, rating from ratings join users using (user_id) order by 1, 2")
    assert rows == [("me", 1, 4.0), ("me", 2, 4.0), ("you", 2, 1.0), ("you", 3, 4.0)]
    assert one(db, "select count(*) from import_entries where gone_at is not null") == 1


def test_a_file_that_names_its_owner_is_theirs_unless_told_otherwise(db: sqlite3.Connection) -> None:
    assert take(db, reading([rated(1)], person="ana"))[0].user == "ana"
    assert take(db, reading([rated(1)], person="ana"), owner=Owner("you"))[0].user == "you"
    assert all_of(db, "select name from users order by 1") == [("ana",), ("you",)]


def test_one_file_may_speak_of_many_people(db: sqlite3.Connection) -> None:
    many = [rated(1, 1.0, user="a", key="1 a"), rated(1, 5.0, user="b", key="1 b"), rated(2, user="b", key="2 b")]
    (done,) = take(db, reading(many, "ratings", complete=False), owner=Owner(cohort="friends"))
    assert counts(done) == (3, 0, 0)
    rows = all_of(db, "select name, film_id, rating from ratings join users using (user_id) order by 1, 2")
    assert rows == [("a", 1, 1.0), ("b", 1, 5.0), ("b", 2, 4.0)]
    members = (
        "select label, name from cohort_members join cohorts using (cohort_id) join users using (user_id) order by 2"
    )
    assert all_of(db, members) == [("friends", "a"), ("friends", "b")]


def test_a_cohort_can_be_named_for_a_file_that_was_imported_before(db: sqlite3.Connection) -> None:
    many = [rated(1, user="a", key="1 a"), rated(1, user="b", key="1 b")]
    take(db, reading(many, "ratings", complete=False))
    (done,) = take(db, reading(many, "ratings", complete=False), owner=Owner(cohort="friends"))
    assert done.same_as == 1
    assert one(db, "select count(*) from cohort_members") == 2
    take(db, reading([rated(1)]), owner=Owner("me", cohort="friends"))
    assert one(db, "select count(*) from cohort_members") == 3


# the same row twice


@pytest.mark.parametrize(
    ("first", "second", "stars"),
    [("2020-01-01", "2021-01-01", 2.0), ("2021-01-01", "2020-01-01", 4.0), ("2020-01-01", "2020-01-01", 2.0)],
)
def test_of_one_title_twice_in_a_file_the_row_rated_last_counts(
    db: sqlite3.Connection, first: str, second: str, stars: float
) -> None:
    twice = [rated(1, 4.0, first), rated(1, 2.0, second)]
    (done,) = take(db, reading(twice))
    assert counts(done) == (1, 0, 0)
    assert [each.reason for each in done.skipped] == ["the same title again; the row rated last counts"]
    assert ratings(db)[0][1] == stars
    assert one(db, "select rows, added, skipped from imports") == (2, 1, 1)
    (again,) = take(db, reading(twice), content=b"another")
    assert again.gone == 0
    assert ratings(db)[0][1] == stars


# what is made of the rows


def test_the_rating_is_the_newest_word_and_a_file_of_ratings_comes_before_a_diary(db: sqlite3.Connection) -> None:
    seen = [rated(1, 1.0, "2022-01-01"), rated(2, 1.0, "2022-01-01"), rated(3, 2.5, "2021-06-06")]
    take(db, reading([rated(1, 3.0, "2020-01-01")], "letterboxd_ratings"), reading(seen, "letterboxd_diary"))
    take(db, reading([rated(2, 4.0, "2019-01-01"), row(3)], "imdb_ratings"))
    assert [each[:3] for each in ratings(db)] == [
        *((1, 3.0, "2020-01-01"), (2, 4.0, "2019-01-01"), (3, 2.5, "2021-06-06")),
    ]
    take(db, reading([rated(1, 5.0, "2023-01-01")], "ratings", complete=False))
    assert ratings(db)[0][1] == 5.0


def test_a_rating_taken_back_in_one_place_does_not_hide_one_that_stands(db: sqlite3.Connection) -> None:
    take(db, reading([rated(1, 1.0, "2022-01-01")]), reading([rated(1, 3.0, "2020-01-01")], "letterboxd_diary"))
    assert ratings(db)[0][1] == 1.0
    take(db, reading([]))
    assert ratings(db)[0][1] == 3.0
    take(db, reading([], "letterboxd_diary"), now=at(1))
    assert ratings(db)[0][1] == 3.0, "gone from everywhere: what went last is kept"


def test_every_dated_viewing_is_one_and_the_day_rated_counts_only_without_them(db: sqlite3.Connection) -> None:
    diary = [
        row(1, key="a", watched_on="2020-05-05", precision=Precision.EXACT, stars=3.0, rewatch=False),
        row(1, key="b", watched_on="2021-05-05", precision=Precision.EXACT, rewatch=True),
        row(2, key="c", watched_on="2019", precision=Precision.YEAR),
    ]
    take(db, reading([rated(1), rated(2), rated(3), row(4)]), reading(diary, "letterboxd_diary"))
    assert watches(db) == [
        (1, "2020-05-05", "exact", 0, 3.0),
        (1, "2021-05-05", "exact", 1, None),
        (2, "2019", "year", 0, None),
        (3, "2020-01-01", "rated", 0, 4.0),
        (4, None, "unknown", 0, None),
    ]


def test_without_any_date_a_film_was_seen_once_at_some_time(db: sqlite3.Connection) -> None:
    take(db, reading([rated(1, on="2021-01-01")]), reading([rated(1, on="2020-01-01")], "letterboxd_ratings"))
    take(db, reading([row(1)], "letterboxd_watched"))
    assert [each[:3] for each in watches(db)] == [(1, "2020-01-01", "rated")]


def test_a_viewing_that_two_files_tell_of_is_one(db: sqlite3.Connection) -> None:
    def seen(key: str, **said: Any) -> Entry:
        return row(1, key=key, watched_on="2020-05-05", precision=Precision.EXACT, **said)

    take(db, reading([seen("check-in")], "imdb_checkins"), reading([seen("diary", stars=4.5)], "letterboxd_diary"))
    assert watches(db) == [(1, "2020-05-05", "exact", 0, 4.5)]
    take(db, reading([seen("diary", stars=4.5), seen("late show", stars=5.0)], "letterboxd_diary"))
    assert [each[4] for each in watches(db)] == [4.5, 5.0], "twice on one day, as one file says"


def test_a_liked_film_without_a_rating_is_liked(db: sqlite3.Connection) -> None:
    take(db, reading([row(1, liked=True, watched=False), row(2, watched=False)], "letterboxd_likes"))
    assert ratings(db) == [(1, None, None, 1)]
    assert watches(db) == []


def test_making_them_anew_changes_nothing(db: sqlite3.Connection) -> None:
    diary = [row(number % 3 + 1, key=str(number), watched_on=f"2020-05-{number:02}", precision=Precision.EXACT)
             for number in range(1, 9)]  # fmt: skip
    take(db, reading([rated(1), rated(2)]), reading(diary, "letterboxd_diary"))
    before = (ratings(db), watches(db))
    pairs = all_of(db, "select distinct user_id, film_id from import_entries")
    films.touch(db, pairs)
    films.derive(db)
    assert (ratings(db), watches(db)) == before


# titles


def named(title: str = "Carrie", year: int | None = 2013, key: str = "a", **said: Any) -> Entry:
    """A diary row: it names no film id."""
    seed = Seed(title=title, year=year)
    return row(1, seed=seed, key=key, watched_on="2020-05-05", precision=Precision.EXACT, **said)


def test_a_diary_joins_the_films_of_its_own_export(db: sqlite3.Connection) -> None:
    watched = row(1, key="b1", seed=Seed({"boxd": "b1"}, "Carrie", year=2013))
    done = take(db, reading([named()], "letterboxd_diary"), reading([watched], "letterboxd_watched"))
    assert [each.kind for each in done] == ["letterboxd_diary", "letterboxd_watched"]
    assert one(db, "select count(*) from films") == 1
    assert [each[:3] for each in watches(db)] == [(1, "2020-05-05", "exact")]


def test_a_diary_row_that_may_mean_two_films_is_neither(db: sqlite3.Connection) -> None:
    # whatever the order of the tables in the archive
    watched = [row(1, key=code, seed=Seed({"boxd": code}, "Carrie", year=2013)) for code in ("b1", "b2")]
    take(db, reading([named()], "letterboxd_diary"), reading(watched, "letterboxd_watched"))
    assert one(db, "select count(*) from films") == 3
    assert one(db, "select film_id from import_entries where kind = 'letterboxd_diary'") == 3


def test_a_row_without_an_id_keeps_its_film_once_that_has_ids(db: sqlite3.Connection) -> None:
    # found by its title at an upstream, the film is no longer one without an id: the next export must not make another
    take(db, reading([named()], "letterboxd_diary"))
    run = begin(db, Script({"Carrie": ["search/carrie"]}))
    found = Parsed(ids={"tmdb_movie": "133805", "imdb": "tt1939659"})
    save(db, run, answer(ready(db, run)[0], parsed=found))
    (done,) = take(db, reading([named(), named("Other", key="b")], "letterboxd_diary"))
    assert counts(done) == (1, 0, 0)
    assert one(db, "select count(*) from films") == 2
    assert one(db, "select film_id from import_entries where entry_key = 'a'") == 1


def test_two_rows_of_one_title_are_one_film_even_after_the_first_was_found(db: sqlite3.Connection) -> None:
    take(db, reading([named()], "letterboxd_diary"))
    source = Script({"Carrie": ["search/carrie"]})
    run = begin(db, source)
    save(db, run, answer(ready(db, run)[0], parsed=Parsed(ids={"tmdb_movie": "133805"})))
    take(db, reading([named(), named(key="b")], "letterboxd_diary"))
    assert one(db, "select count(*) from films") == 2, "not known yet"
    begin(db, source)
    assert one(db, "select count(*) from films") == 1, "it would ask the very same question"
    assert one(db, "select count(*) from import_entries where film_id = 1") == 2


def test_a_row_whose_ids_make_two_films_one_has_not_changed(db: sqlite3.Connection) -> None:
    film(db, {"tmdb_movie": "1"})
    take(db, reading([rated(1)]))
    assert one(db, "select film_id from import_entries") == 2
    both = rated(1, seed=Seed({"imdb": "tt0000001", "tmdb_movie": "1"}, "A"))
    (done,) = take(db, reading([both]))
    assert counts(done) == (0, 0, 0)
    assert one(db, "select count(*) from films") == 1
    assert ratings(db) == [(1, 4.0, "2020-01-01", 0)]


def test_a_new_film_after_a_merge_is_itself(db: sqlite3.Connection) -> None:
    film(db, {"imdb": "tt0000001"})
    film(db, {"tmdb_movie": "1"})
    both = rated(1, seed=Seed({"imdb": "tt0000001", "tmdb_movie": "1"}))
    take(db, reading([both, rated(2, 1.0), rated(3, 2.0)]))
    assert [each[1] for each in ratings(db)] == [4.0, 1.0, 2.0]
    assert all_of(db, "select imdb_id from films order by film_id") == [("tt0000001",), ("tt0000002",), ("tt0000003",)]


# many rows


@pytest.mark.skipif(not MOVIELENS.is_dir(), reason="the MovieLens ratings are not beside this checkout")
def test_a_hundred_thousand_ratings_of_six_hundred_people(db: sqlite3.Connection, tmp_path: Path) -> None:
    path = tmp_path / "all.csv"
    with (MOVIELENS / "links.csv").open() as links, (MOVIELENS / "ratings.csv").open() as given, path.open("w") as out:
        imdb = {link["movieId"]: link["imdbId"] for link in csv.DictReader(links)}
        out.write("user,imdb_id,rating,rated_at\n")
        for each in csv.DictReader(given):
            out.write(f"{each['userId']},{imdb[each['movieId']]},{each['rating']},{each['timestamp']}\n")
    file = InputFile.at(path)
    _, tables = importers.sniff(file, ImportOptions(), None)
    started = time.monotonic()
    with transaction(db):
        (done,) = ingest(db, file, tables, Owner(cohort="movielens"), at(0))
    seconds = time.monotonic() - started
    assert (counts(done), done.rows, len(done.skipped)) == ((100_836, 0, 0), 100_836, 0)
    assert one(db, "select count(*) from ratings") == one(db, "select count(*) from watches") == 100_836
    assert one(db, "select count(*) from films") == one(db, "select count(distinct film_id) from ratings") == 9_724
    assert one(db, "select count(*) from cohort_members") == 610
    print(f"100,836 rows in {seconds:.1f} s")
    assert seconds < 60
