"""Trailers: kept as they are met, and placed with the one film that can be meant, or with a film of their own."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rows import all_of, at, dump, film, made, one, sound, transaction

from mwi_crawl import films, trailers
from mwi_crawl.identity import normalise_title
from mwi_crawl.model import MediaType, Seed, Trailer
from mwi_crawl.trailers import Met, Placed

ONE, OTHER = "UC" + "a" * 22, "UC" + "b" * 22
MOVIES = frozenset({MediaType.MOVIE})
TITLES = "select video_id, title, release_year, film_id from trailers order by video_id"


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(made(tmp_path / "films.db")) as found:
        yield found
        sound(found)


_number = iter(range(10**6))


def trailer(title: str | None, year: int | None = None, **said: Any) -> Trailer:
    video_id = said.pop("video_id", f"v{next(_number):010}")
    known = {
        "channel": ONE,
        "kind": "trailer",
        "published_at": "2018-06-01T15:00:00.000Z",
        "raw_title": f"{title} (video)",
    }
    return Trailer(video_id=video_id, title=title, year=year, **(known | said))


def keep(db: sqlite3.Connection, *met: Trailer, day: float = 0) -> None:
    with transaction(db):
        trailers.keep(db, met, at(day))


def place(db: sqlite3.Connection, *met: Trailer, day: float = 0) -> list[Placed]:
    keep(db, *met, day=day)
    with transaction(db):
        return trailers.place(db, at(day), MOVIES)


def film_of(db: sqlite3.Connection, met: Trailer) -> int | None:
    return one(db, "select film_id from trailers where video_id = ?", met.video_id)


def put(db: sqlite3.Connection, met: Trailer, day: float = 0) -> int | None:
    """Keep and place one trailer: its film."""
    place(db, met, day=day)
    return film_of(db, met)


def seed_of(db: sqlite3.Connection, film_id: int | None) -> tuple[Any, ...]:
    found = all_of(db, "select title, release_year, media_type, followed, origin from films where film_id = ?", film_id)
    return found[0]


# a film nobody knows


def test_a_trailer_of_a_film_nobody_knows_brings_the_film(db: sqlite3.Connection) -> None:
    (placed,) = place(db, met := trailer("The Substance", 2024))
    assert placed == Placed(met.video_id, placed.film_id, "The Substance", 2024, ONE, new=True)
    assert str(placed) == "The Substance (2024)"
    assert seed_of(db, placed.film_id) == ("The Substance", 2024, None, 1, f"youtube:{ONE}")
    assert films.is_nameless(db, placed.film_id)


def test_what_it_brings_is_followed_only_if_it_is_of_a_kind_that_is_crawled(db: sqlite3.Connection) -> None:
    series = put(db, trailer("Severance", 2022, media_type=MediaType.TV))
    movie = put(db, trailer("Tár", 2022, media_type=MediaType.MOVIE))
    assert seed_of(db, series)[2:4] == ("tv", 0)
    assert seed_of(db, movie)[2:4] == ("movie", 1)


@pytest.mark.parametrize("kind", ["clip", "featurette", None])
def test_what_is_no_trailer_brings_no_film(db: sqlite3.Connection, kind: str | None) -> None:
    assert place(db, trailer("Drive", 2011, kind=kind), trailer(None, None, kind="trailer")) == []
    assert one(db, "select count(*) from films") == 0
    assert one(db, "select count(*) from trailers") == 2


def test_two_channels_with_one_film_bring_one_film_with_two_trailers(db: sqlite3.Connection) -> None:
    shouted = trailer("THE SUBSTANCE", channel=OTHER, published_at="2024-07-11T13:00:00.000Z")
    placed = place(db, shouted, trailer("The Substance", 2024))
    assert [each.new for each in placed] == [True, False]
    assert {each.film_id for each in placed} == {one(db, "select film_id from films")}
    assert one(db, "select title from films") == "The Substance"  # of the one that tells a year


def test_a_trailer_without_a_year_is_the_same_film_on_the_next_day_too(db: sqlite3.Connection) -> None:
    shouted = put(db, trailer("THE SUBSTANCE", channel=OTHER, published_at="2024-05-01T00:00:00.000Z"))
    assert put(db, trailer("The Substance", 2024), day=1) == shouted
    assert seed_of(db, shouted)[1] == 2024
    assert put(db, trailer("The substance", channel=OTHER), day=2) == shouted


def test_years_of_one_batch_may_be_one_off_and_the_newest_wins(db: sqlite3.Connection) -> None:
    first = trailer("The Lego Movie 2", 2018, published_at="2018-06-01T00:00:00.000Z")
    second = trailer("The Lego Movie 2", 2019, published_at="2018-11-01T00:00:00.000Z")
    placed = place(db, first, second)
    assert len({each.film_id for each in placed}) == 1
    assert one(db, "select release_year from films") == 2019


def test_a_year_that_is_put_right_later_is_the_films_too(db: sqlite3.Connection) -> None:
    found = put(db, trailer("The Lego Movie 2", 2018, published_at="2018-06-01T00:00:00.000Z"))
    before = one(db, "select updated_at from films")
    newer = trailer("The Lego Movie 2", 2019, published_at="2018-11-01T00:00:00.000Z")
    assert put(db, newer, day=1) == found
    assert one(db, "select release_year from films") == 2019
    assert one(db, "select updated_at from films") > before  # so that a search that found nothing is made again


def test_a_year_is_never_changed_of_a_film_that_anybody_else_tells_of(db: sqlite3.Connection) -> None:
    found = put(db, trailer("The Lego Movie 2", 2018, published_at="2018-06-01T00:00:00.000Z"))
    assert found is not None
    with transaction(db):
        films.learn(db, found, {"tmdb_movie": "280217"}, at(0))
    assert put(db, trailer("The Lego Movie 2", 2019, published_at="2018-11-01T00:00:00.000Z"), day=1) == found
    own = film(db, {"imdb": "tt0000001"}, title="Venom", year=2019)
    assert put(db, trailer("Venom", 2018), day=2) == own
    nameless = film(db, title="Tully", year=2018)  # a diary's, which names no ids
    assert put(db, trailer("Tully", 2019), day=2) == nameless
    assert [seed_of(db, each)[1] for each in (found, own, nameless)] == [2018, 2019, 2018]


# films that are known


@pytest.mark.parametrize("year", [2017, 2018, 2019])
def test_a_trailer_finds_a_known_film_of_its_title_one_year_off_at_most(db: sqlite3.Connection, year: int) -> None:
    known = film(db, {"imdb": "tt0000001"}, title="Mission: Impossible – Fallout", year=2018)
    (placed,) = place(db, trailer("MISSION IMPOSSIBLE - FALLOUT", year))
    assert (placed.film_id, placed.new) == (known, False)


@pytest.mark.parametrize("year", [2016, 2020, 1968])
def test_a_year_further_off_is_another_film(db: sqlite3.Connection, year: int) -> None:
    known = film(db, {"imdb": "tt0000001"}, title="2001: A Space Odyssey", year=2018)
    assert put(db, trailer("2001: A Space Odyssey", year)) != known


@pytest.mark.parametrize(
    ("one_title", "other"), [("Alien", "Aliens"), ("Batman", "The Batman"), ("Rocky II", "Rocky III")]
)
def test_a_title_that_is_only_alike_is_another_film(db: sqlite3.Connection, one_title: str, other: str) -> None:
    known = film(db, title=one_title, year=2018)
    assert put(db, trailer(other, 2018)) != known


@pytest.mark.parametrize(
    ("known", "told"),
    [
        ("Rocky II", "Rocky 2"),
        ("Matrix, The", "The Matrix"),
        ("Amélie", "Amelie"),
        ("S.W.A.T.", "SWAT"),
        ("Him & Her", "Him and Her"),
    ],
)
def test_spelling_sets_no_films_apart(db: sqlite3.Connection, known: str, told: str) -> None:
    found = film(db, title=known, year=2018)
    assert put(db, trailer(told, 2018)) == found


def test_a_film_is_found_by_the_title_a_source_tells_and_by_its_original_one(db: sqlite3.Connection) -> None:
    by_id = film(db, {"imdb": "tt0000001"})
    own = film(db, title="Parasite", original_title="Gisaengchung", year=2019)
    with transaction(db):
        db.execute(
            "insert into film_facts (film_id, source, title, original_title, release_year) values (?, 'tmdb', ?, ?, ?)",
            (by_id, "The Wailing", "Goksung", 2016),
        )
    assert put(db, trailer("The Wailing", 2016)) == by_id
    assert put(db, trailer("Goksung", 2017)) == by_id
    assert put(db, trailer("GISAENGCHUNG", 2019)) == own
    assert put(db, trailer("The Wailing", 2011)) not in (by_id, own)  # the year is the source's as well


def test_a_trailer_that_may_be_of_two_known_films_gets_a_film_of_its_own(db: sqlite3.Connection) -> None:
    known = {film(db, {"imdb": f"tt000000{year - 2016}"}, title="Robin Hood", year=year) for year in (2018, 2019)}
    first, second = trailer("Robin Hood", 2018), trailer("Robin Hood", 2018, channel=OTHER)
    own = put(db, first)
    assert own not in known
    assert put(db, second, day=1) == own  # and there is one such film, not one for each trailer
    assert one(db, "select count(*) from films") == 3


def test_its_film_is_then_the_one_that_its_search_tells(db: sqlite3.Connection) -> None:
    keep_, _ = (film(db, {"tmdb_movie": str(year)}, title="Robin Hood", year=year) for year in (2018, 2019))
    own = put(db, met := trailer("Robin Hood", 2018))
    assert own is not None
    with transaction(db):
        films.learn(db, own, {"tmdb_movie": "2018"}, at(1))
    assert film_of(db, met) == keep_
    assert put(db, trailer("Robin Hood", 2018), day=2) == keep_


def test_where_trailers_of_one_title_and_year_are_of_two_films_a_third_is_left_alone(db: sqlite3.Connection) -> None:
    known = [film(db, {"imdb": f"tt000000{n}"}, title="Robin Hood", year=2018) for n in (1, 2)]
    for found in known:
        keep(db, met := trailer("Robin Hood", 2018))
        db.execute("update trailers set film_id = ? where video_id = ?", (found, met.video_id))
    assert place(db, third := trailer("Robin Hood", 2018)) == []
    assert film_of(db, third) is None
    assert one(db, "select count(*) from films") == 2


def test_a_trailer_without_a_year_is_placed_only_where_one_film_bears_the_title(db: sqlite3.Connection) -> None:
    old = film(db, title="Suspiria", year=1977)
    new = film(db, title="Suspiria", year=2018)
    assert put(db, trailer("SUSPIRIA")) not in (old, new)
    assert put(db, trailer("Suspiria", 2018)) == new


def test_a_remake_is_not_taken_for_the_film_somebody_saw_long_ago(db: sqlite3.Connection) -> None:
    old = film(db, {"imdb": "tt0076786"}, title="Suspiria", year=1977)
    own = put(db, trailer("SUSPIRIA", published_at="2018-06-01T00:00:00.000Z"))
    assert own != old
    assert seed_of(db, own)[1] is None
    assert put(db, trailer("Amour", published_at=None)) is not None


@pytest.mark.parametrize(("year", "same"), [(2015, False), (2016, True), (2018, True), (2020, True), (2021, False)])
def test_a_trailer_without_a_year_is_of_a_film_of_its_time(db: sqlite3.Connection, year: int, same: bool) -> None:
    known = film(db, title="Passages", year=year)
    assert (put(db, trailer("PASSAGES")) == known) == same


def test_a_film_without_a_year_must_be_the_only_one_of_its_title(db: sqlite3.Connection) -> None:
    known = film(db, {"imdb": "tt0000001"}, title="Drive")
    assert put(db, trailer("Drive", 2011)) == known
    film(db, title="Halloween")
    film(db, title="Halloween", year=1978)
    assert seed_of(db, put(db, trailer("Halloween", 2018)))[1] == 2018


# series


def test_a_series_and_a_film_of_one_title_are_kept_apart(db: sqlite3.Connection) -> None:
    movie = film(db, title="Fargo", year=2014, media_type=MediaType.MOVIE)
    series = film(db, title="Fargo", year=2014, media_type=MediaType.TV)
    assert put(db, trailer("Fargo", 2014, media_type=MediaType.TV)) == series
    assert put(db, trailer("Fargo", 2014, media_type=MediaType.MOVIE)) == movie
    for kind in (MediaType.EPISODE, MediaType.GAME, MediaType.OTHER):
        neither = film(db, title=f"Arrival ({kind})", year=2016, media_type=kind)
        assert put(db, trailer(f"Arrival ({kind})", 2016)) != neither


def test_a_later_season_is_the_series_whenever_that_began(db: sqlite3.Connection) -> None:
    series = film(db, title="Stranger Things", year=2016, media_type=MediaType.TV)
    said = {"media_type": MediaType.TV, "published_at": "2025-06-01T00:00:00.000Z"}
    assert put(db, trailer("Stranger Things", 2025, season=5, **said)) == series
    assert put(db, trailer("Stranger Things", 2016, season=1, **said)) == series
    unheard = put(db, trailer("Unheard Of", 2025, season=2, **said))
    assert seed_of(db, unheard)[1] is None  # 2025 is the season's year
    assert put(db, trailer("Unheard Of", 2026, season=3, **said)) == unheard
    assert seed_of(db, unheard)[1] is None


# again


def test_placing_twice_adds_nothing(db: sqlite3.Connection) -> None:
    film(db, title="Drive", year=2011)
    met = [trailer("Drive", 2011), trailer("Her", 2013), trailer("HER"), trailer("Robin Hood", 2018)]
    assert len(place(db, *met)) == 4
    before = dump(db)
    with transaction(db):
        assert trailers.place(db, at(5), MOVIES) == []
    assert dump(db) == before
    assert place(db, *met, day=5) == []
    assert all_of(db, "select distinct first_seen_at, seen_at from trailers") == [(at(0), at(5))]


def test_a_title_that_was_edited_is_placed_anew(db: sqlite3.Connection) -> None:
    first = trailer("Untitled Batman Film", 2022)
    before = put(db, first)
    (placed,) = place(db, replace(first, title="The Batman", raw_title="The Batman Trailer (2022)"), day=1)
    assert placed.film_id != before
    assert all_of(db, TITLES) == [(first.video_id, "The Batman", 2022, placed.film_id)]
    assert place(db, replace(first, title=None, kind=None), day=2) == []
    assert film_of(db, first) is None


def test_a_batch_in_any_order_brings_the_same_films(tmp_path: Path) -> None:
    met = [
        trailer(title, year, published_at=f"2018-0{month}-01T00:00:00.000Z")
        for month, (title, year) in enumerate(
            [("Her", 2013), ("HER", None), ("Her", 2014), ("Suspiria", 2018), ("SUSPIRIA", None), ("Drive", None)], 1
        )
    ]
    outcomes = set()
    for number in range(12):
        dice = Random(number)
        with closing(made(tmp_path / f"{number}.db")) as db:
            film(db, title="Suspiria", year=1977)
            place(db, *dice.sample(met, len(met)))
            films_of = {video_id: seed_of(db, film_id)[:2] for video_id, _, _, film_id in all_of(db, TITLES)}
            outcomes.add(tuple(sorted(films_of.items())))
    assert len(outcomes) == 1


def test_merged_films_keep_their_trailers(db: sqlite3.Connection) -> None:
    a, b = trailer("Birds of Prey", 2020), trailer("Harley Quinn: Birds of Prey", 2020)
    one_film, other = put(db, a), put(db, b)
    assert one_film is not None
    assert other is not None
    with transaction(db):
        films.merge(db, one_film, other, at(1))
    assert film_of(db, b) == one_film
    assert put(db, trailer("Harley Quinn: Birds of Prey", 2020), day=2) == one_film


def test_it_is_counted_what_was_new_and_what_was_known(db: sqlite3.Connection) -> None:
    old, clip = trailer("Drive", 2011), trailer("Drive", 2011, kind="clip")
    keep(db, old, trailer("Her", 2013), trailer("Amour", 2012, channel=OTHER))
    keep(db, old, clip, trailer(None, None, kind=None), day=1)
    assert trailers.count(db, at(1)) == [Met(ONE, new=2, known=1, others=2)]
    assert trailers.count(db, at(0)) == [Met(ONE, new=4, known=0, others=2), Met(OTHER, new=1, known=0, others=0)]
    assert trailers.count(db, at(2)) == []


# many


@settings(max_examples=500, deadline=None, derandomize=True)
@given(st.text(st.characters(codec="ascii"), max_size=40))
@example("Matrix, The")
@example("Part X: Vivid & ivi XXXIX")
@example("S.W.A.T. & 'round")
@example("&")
def test_the_rough_look_at_a_title_never_hides_its_film(title: str) -> None:
    assert trailers._rough(title) == trailers._rough(normalise_title(title))


def test_five_thousand_trailers_find_their_films_among_a_hundred_thousand(db: sqlite3.Connection) -> None:
    count, seconds = 100_000, 30.0  # it takes two or three; a scan for each trailer would take minutes
    words = (
        "Amber",
        "Brass",
        "Cedar",
        "Distant",
        "Early",
        "Frozen",
        "Gentle",
        "Hollow",
        "Inner",
        "Jade",
        "Last",
        "Minor",
    )
    names = [f"{words[n % 12]} {words[n // 12 % 12]} {words[n // 144 % 12]} {n // 1728}" for n in range(count)]
    with transaction(db):
        db.executemany(
            "insert into films (title, original_title, release_year, created_at, updated_at) values (?, ?, ?, '', '')",
            ((name, name, 1950 + n % 75) for n, name in enumerate(names)),
        )
    met = [trailer(names[n * 20].upper(), 1950 + n * 20 % 75) for n in range(4000)]
    met += [trailer(f"Unheard {n}", 2018) for n in range(1000)]
    began = perf_counter()
    placed = place(db, *met)
    assert perf_counter() - began < seconds
    assert (len(placed), sum(each.new for each in placed)) == (5000, 1000)
    assert one(db, "select count(*) from films") == count + 1000


def test_a_seed_of_the_same_title_finds_the_film_a_trailer_brought(db: sqlite3.Connection) -> None:
    brought = put(db, trailer("Past Lives", 2023))
    assert films.find(db, Seed({"boxd": "abcd"}, "Past Lives", None, 2023)) == brought
