"""The demo's films: the bundled ones, whose facts are films.csv's, and any number of invented ones."""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache

from mwi_crawl.demo.history import DATA

INVENTED_FROM = 9_000_000
"""Invented film n has the TMDb id 9000000 + n and the IMDb id tt9000000 + n; no bundled film is near."""

GENRES: Mapping[str, int] = {
    "Action": 28,
    "Adventure": 12,
    "Animation": 16,
    "Comedy": 35,
    "Crime": 80,
    "Documentary": 99,
    "Drama": 18,
    "Family": 10751,
    "Fantasy": 14,
    "History": 36,
    "Horror": 27,
    "Music": 10402,
    "Mystery": 9648,
    "Romance": 10749,
    "Science Fiction": 878,
    "TV Movie": 10770,
    "Thriller": 53,
    "War": 10752,
    "Western": 37,
}
"""The genres there are, as films.csv names them, with TMDb's ids for them."""


ALIKE = 20
"""How many films a film is said to be like."""


@dataclass(frozen=True, slots=True)
class Film:
    """One film; money in US dollars, 0 where unknown."""

    tmdb_id: int
    imdb_id: str
    title: str
    original_title: str
    original_language: str
    release_date: str
    runtime: int
    genres: Sequence[str]
    countries: Sequence[str]
    languages: Sequence[str]
    directors: Sequence[str]
    cast: Sequence[str]
    companies: Sequence[str]
    keywords: Sequence[str]
    budget: int
    revenue: int
    popularity: float
    vote_average: float
    vote_count: int
    status: str = "Released"
    collection: tuple[int, str] | None = None

    @property
    def year(self) -> str:
        """The year of release, as text."""
        return self.release_date[:4]


def bundled() -> Iterator[Film]:
    """The films of films.csv."""
    with (DATA / "films.csv").open(encoding="utf-8", newline="") as file:
        yield from map(_from_row, csv.DictReader(file))


def _from_row(row: Mapping[str, str]) -> Film:
    def several(column: str) -> tuple[str, ...]:
        return tuple(part for part in row[column].split("|") if part)

    return Film(
        tmdb_id=int(row["tmdb_id"]),
        imdb_id=row["imdb_id"],
        title=row["title"],
        original_title=row["original_title"],
        original_language=row["original_language"],
        release_date=row["release_date"],
        runtime=int(float(row["runtime_minutes"])),
        genres=several("genres"),
        countries=several("countries"),
        languages=several("spoken_languages"),
        directors=several("director"),
        cast=several("cast"),
        companies=several("companies"),
        keywords=several("keywords"),
        budget=int(row["budget_usd"]),
        revenue=int(row["revenue_usd"]),
        popularity=float(row["popularity"]),
        vote_average=float(row["vote_average"]),
        vote_count=int(row["vote_count"]),
        status=row["status"],
        collection=(int(row["collection_id"]), row["collection_name"]) if row["collection_id"] else None,
    )


_FIRST, _LAST, _TITLE, _THING = (
    words.split()
    for words in (
        "Ada Bo Cleo Dov Edda Finn Gia Hal Ines Jon Kaja Leif Mia Nils Olga Per Rosa Sven Tove Ulla",
        "Abel Brook Crane Dorn Eller Frost Gale Holm Ivers Kast Lund Moor North Pell Quist Rand Stone Tarn Ward",
        "Amber Brass Cedar Distant Early Frozen Gentle Hollow Inner Jade Last Minor Paper Quiet Silver Winter",
        "Bridge Canal Door Evening Field Garden Harbour Island Letter Meadow Orchard River Signal Tower Window",
    )
)


_PAIRS = [f"{_FIRST[number % 20]} {_LAST[number // 20 % 19]}" for number in range(380)]
_KEYWORDS = [tuple(sorted({f"{_THING[(number + at) % 15].lower()} {at}" for at in range(20)})) for number in range(15)]
_TROUPE = 10 * len(_PAIRS)  # invented films that share their people: everybody is in the cast of 200 of them
_CAST = 20
_STEP = 11  # places from the first of a film's cast to that of the next film's
_UNSTEP = pow(_STEP, -1, len(_PAIRS))  # from a place back to the numbers of the films whose cast begins there


@cache
def _people(troupe: int) -> Sequence[str]:
    """The people of a troupe, the cast of the last place going on at the first. All but troupe 0 have initials."""
    initials = ""
    while troupe > 0:
        troupe, letter = divmod(troupe - 1, 26)
        initials = f" {chr(ord('A') + letter)}.{initials}"
    names = [pair.replace(" ", f"{initials} ") for pair in _PAIRS]
    return names + names[:_CAST]


@lru_cache(1024)  # one film is among the similar ones of twenty neighbours
def invented(number: int) -> Film:
    """The film of that number (from 1), the same each time; with its answer's size that of a real one (about 12 KB)."""
    genres = tuple(GENRES)
    people, first = _people((number - 1) // _TROUPE), number * _STEP % len(_PAIRS)
    return Film(
        tmdb_id=INVENTED_FROM + number,
        imdb_id=f"tt{INVENTED_FROM + number}",
        title=(title := f"{_TITLE[number % 16]} {_THING[number // 16 % 15]} {number}"),
        original_title=title,
        original_language="en",
        release_date=f"{1950 + number * 31 % 75}-{1 + number % 12:02}-{1 + number % 28:02}",
        runtime=75 + number * 13 % 90,
        genres=(genres[number % 19], genres[(number * 5 + 3) % 19]) if number % 19 else ("Drama",),
        countries=("US",) if number % 3 else ("GB", "FR"),
        languages=("en",),
        directors=(people[number * 3 % len(_PAIRS)],),
        cast=tuple(people[first : first + _CAST]),
        companies=(f"{_LAST[number % 19]} Pictures",),
        keywords=_KEYWORDS[number % 15],
        budget=number * 104_729 % 90 * 1_000_000,
        revenue=number * 130_363 % 300 * 1_000_000,
        popularity=number * 17 % 1000 / 10,
        vote_average=round(4 + number * 37 % 500 / 100, 1),
        vote_count=number * 7919 % 9000,
    )


class Catalogue:
    """The films there are for a fake upstream: the bundled ones and `count` invented ones, which cost no memory."""

    def __init__(self, count: int = 0) -> None:
        self.count = count
        self._by_tmdb = {film.tmdb_id: film for film in bundled()}
        self._by_imdb = {film.imdb_id: film for film in self._by_tmdb.values()}
        self._similar: dict[int, list[Film]] = {}

    def __iter__(self) -> Iterator[Film]:
        yield from self._by_tmdb.values()
        yield from map(invented, range(1, self.count + 1))

    def get(self, id: str) -> Film | None:
        """The film with a TMDb or an IMDb id."""
        digits = id.removeprefix("tt")
        if not (digits.isascii() and digits.isdigit()):
            return None
        known = self._by_tmdb.get(int(digits)) if digits == id else self._by_imdb.get(id)
        number = int(digits) - INVENTED_FROM
        return known or (invented(number) if 1 <= number <= self.count else None)

    def search(self, query: str, year: str | None) -> list[Film]:
        """Films whose title has all the words asked for: the same title first, then by popularity."""
        wanted = _words(query)
        found = [
            film
            for film in (*self._by_tmdb.values(), *self._invented_as(wanted))
            if (not year or film.year == year)
            and any(set(wanted) <= set(_words(title)) for title in (film.title, film.original_title))
        ]
        return sorted(found, key=lambda film: (_words(film.title) != wanted, -film.popularity, film.tmdb_id))

    def similar(self, film: Film) -> list[Film]:
        """The twenty films that share most genres with this one, the most popular first among equals."""
        number = film.tmdb_id - INVENTED_FROM
        if number > 0:
            others = {(number + step * 19 - 1) % self.count + 1 for step in range(1, ALIKE + 1)} - {number}
            return [invented(other) for other in sorted(others)]
        if film.tmdb_id not in self._similar:
            genres = set(film.genres)
            shared = ((len(genres & set(other.genres)), other) for other in self._by_tmdb.values() if other != film)
            ranked = sorted(shared, key=lambda pair: (-pair[0], -pair[1].popularity, pair[1].tmdb_id))
            self._similar[film.tmdb_id] = [other for count, other in ranked if count][:ALIKE]
        return self._similar[film.tmdb_id]

    def led_by(self, actor: str, most: int) -> list[Film]:
        """The invented films with an actor among the first `most` of their cast."""
        troupe, place = self._troupes.get(actor, (0, None))
        if place is None:
            return []
        first, last = troupe * _TROUPE + 1, min((troupe + 1) * _TROUPE, self.count)
        offsets = (((place - at) * _UNSTEP - first) % len(_PAIRS) for at in range(most))
        numbers = (number for offset in offsets for number in range(first + offset, last + 1, len(_PAIRS)))
        return [invented(number) for number in sorted(numbers)]

    @cached_property
    def _troupes(self) -> Mapping[str, tuple[int, int]]:
        """To which troupe everybody belongs, and at which place."""
        troupes = range(-(-self.count // _TROUPE))
        return {name: (troupe, at) for troupe in troupes for at, name in enumerate(_people(troupe)[: len(_PAIRS)])}

    def _invented_as(self, words: Sequence[str]) -> Iterator[Film]:
        if words and words[-1].isdecimal() and 1 <= int(words[-1]) <= self.count:
            yield invented(int(words[-1]))


def _words(text: str) -> list[str]:
    """The words of a title, without accents, case and punctuation."""
    plain = "".join(char for char in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(char))
    return "".join(char if char.isalnum() else " " for char in plain.replace("'", "").replace("’", "")).split()
