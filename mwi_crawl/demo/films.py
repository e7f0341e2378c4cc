"""Films as TMDb answers about them: the bundled ones, and any number of invented ones.

`Films.answer` is a pure function of the request. The facts are films.csv's; TMDb's texts and ratings by others are not
bundled, so overviews are empty, and ids and paths of people, companies, posters and trailers are made up, the same
each time.
"""

from __future__ import annotations

import csv
import hashlib
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any

import orjson

from mwi_crawl.demo.history import DATA
from mwi_crawl.demo.misbehaviour import Ask
from mwi_crawl.model import Response

PAGE_SIZE = 20
MAX_PAGE = 500
MAX_APPENDED = 20
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

Json = dict[str, Any]


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


class TmdbError(Exception):
    """An answer in TMDb's own error format."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.answer = error(status, code, message)


def error(status: int, code: int, message: str) -> Response:
    """TMDb's error JSON. As in 2026 it carries neither Cache-Control nor an ETag."""
    body = orjson.dumps({"success": False, "status_code": code, "status_message": message})
    return Response(status, {"content-type": "application/json; charset=utf-8", "vary": "Origin"}, body)


NOT_FOUND = error(404, 34, "The resource you requested could not be found.")
KEY_REJECTED = error(401, 7, "Invalid API key: You must be granted a valid key.")


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


@lru_cache(1024)  # one film is among the similar ones of twenty neighbours
def invented(number: int) -> Film:
    """The film of that number (from 1), the same each time; with its answer's size that of a real one (about 12 KB)."""
    genres = tuple(GENRES)
    votes = number * 7919 % 9000
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
        directors=(_name(number * 3),),
        cast=tuple(_name(number * 11 + at) for at in range(20)),
        companies=(f"{_LAST[number % 19]} Pictures",),
        keywords=tuple(sorted({f"{_THING[(number + at) % 15].lower()} {at}" for at in range(20)})),
        budget=number * 104_729 % 90 * 1_000_000,
        revenue=number * 130_363 % 300 * 1_000_000,
        popularity=number * 17 % 1000 / 10,
        vote_average=round(4 + number * 37 % 500 / 100, 1),
        vote_count=votes,
    )


def _name(number: int) -> str:
    return f"{_FIRST[number % 20]} {_LAST[number // 20 % 19]}"


@dataclass(frozen=True)
class Films:
    """The films this TMDb knows: the bundled ones and `count` invented ones, which cost no memory."""

    count: int = 0
    _by_tmdb: dict[int, Film] = field(default_factory=lambda: {film.tmdb_id: film for film in bundled()}, repr=False)
    _by_imdb: dict[str, Film] = field(default_factory=dict, repr=False)
    _similar: dict[int, list[Film]] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self._by_imdb.update((film.imdb_id, film) for film in self._by_tmdb.values())

    def answer(self, ask: Ask) -> Response | None:
        """TMDb's answer; None for what does not lie under /3/."""
        match ask.path.strip("/").split("/"):
            case ["3", *rest]:
                try:
                    return _ok(self._resource(rest, ask.params))
                except TmdbError as problem:
                    return problem.answer
        return None

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
            others = {(number + step * 19 - 1) % self.count + 1 for step in range(1, PAGE_SIZE + 1)} - {number}
            return [invented(other) for other in sorted(others)]
        if film.tmdb_id not in self._similar:
            genres = set(film.genres)
            shared = ((len(genres & set(other.genres)), other) for other in self._by_tmdb.values() if other != film)
            ranked = sorted(shared, key=lambda pair: (-pair[0], -pair[1].popularity, pair[1].tmdb_id))
            self._similar[film.tmdb_id] = [other for count, other in ranked if count][:PAGE_SIZE]
        return self._similar[film.tmdb_id]

    def _invented_as(self, words: Sequence[str]) -> Iterator[Film]:
        if words and words[-1].isdecimal() and 1 <= int(words[-1]) <= self.count:
            yield invented(int(words[-1]))

    def _resource(self, path: Sequence[str], params: Mapping[str, str]) -> Json:
        match path:
            case ["configuration"]:
                return _CONFIGURATION
            case ["search", "movie"]:
                return self._searched(params)
            case ["find", id]:
                return self._found(id, params)
            case ["movie", id, *part] if (film := self.get(id)) and not part[1:]:
                if not part:
                    return self._movie(film, params)
                if part[0] in _PARTS:
                    own = {} if part[0] == "similar" else {"id": film.tmdb_id}
                    return own | _PARTS[part[0]](self, film, params)
        raise TmdbError(404, 34, "The resource you requested could not be found.")

    def _movie(self, film: Film, params: Mapping[str, str]) -> Json:
        appended = [name for name in params.get("append_to_response", "").split(",") if name]
        if len(appended) > MAX_APPENDED:
            message = "Too many append to response objects: The maximum number of remote calls is 20."
            raise TmdbError(400, 27, message)
        parts = {name: _PARTS[name](self, film, params) for name in appended if name in _PARTS}
        return _details(film) | parts

    def _found(self, id: str, params: Mapping[str, str]) -> Json:
        film = self.get(id) if id.startswith("tt") and params.get("external_source") == "imdb_id" else None
        found = [_brief(film) | {"media_type": "movie"}] if film else []
        others = ("person", "tv", "tv_episode", "tv_season")
        return {"movie_results": found} | {f"{kind}_results": [] for kind in others}

    def _searched(self, params: Mapping[str, str]) -> Json:
        if not params.get("query", "").strip():
            raise TmdbError(422, 5, "Invalid parameters: Your request parameters are incorrect.")
        year = params.get("primary_release_year") or params.get("year")
        return _paged(self.search(params["query"], year), params)


def _ok(value: Json) -> Response:
    body = orjson.dumps(value)
    headers = {
        "content-type": "application/json; charset=utf-8",
        "cache-control": "public, max-age=28800",
        "etag": f'W/"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"',
        "vary": "Origin",
    }
    return Response(200, headers, body)


def _words(text: str) -> list[str]:
    """The words of a title, without accents, case and punctuation."""
    plain = "".join(char for char in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(char))
    return "".join(char if char.isalnum() else " " for char in plain.replace("'", "").replace("’", "")).split()


def _paged(films: Sequence[Film], params: Mapping[str, str]) -> Json:
    page = params.get("page", "1")
    if not (page.isascii() and page.isdigit() and 1 <= int(page) <= MAX_PAGE):
        message = "Invalid page: Pages start at 1 and max at 500. They are expected to be an integer."
        raise TmdbError(400, 22, message)
    start = (int(page) - 1) * PAGE_SIZE
    return {
        "page": int(page),
        "results": [_brief(film) for film in films[start : start + PAGE_SIZE]],
        "total_pages": max(1, -(-len(films) // PAGE_SIZE)),
        "total_results": len(films),
    }


def _brief(film: Film) -> Json:
    """A film as lists show it."""
    return {
        "adult": False,
        "backdrop_path": None,
        "genre_ids": [GENRES[genre] for genre in film.genres],
        "id": film.tmdb_id,
        "title": film.title,
        "original_language": film.original_language,
        "original_title": film.original_title,
        "overview": "",
        "popularity": film.popularity,
        "poster_path": _poster(film),
        "release_date": film.release_date,
        "softcore": False,
        "video": False,
        "vote_average": film.vote_average,
        "vote_count": film.vote_count,
    }


def _details(film: Film) -> Json:
    countries, languages = _codes("countries"), _codes("languages")
    brief = _brief(film)
    del brief["genre_ids"]
    return brief | {
        "belongs_to_collection": _collection(film),
        "budget": film.budget,
        "genres": [{"id": GENRES[genre], "name": genre} for genre in film.genres],
        "homepage": "",
        "imdb_id": film.imdb_id,
        "origin_country": list(film.countries),
        "production_companies": [
            {"id": _id(name), "logo_path": None, "name": name, "origin_country": ""} for name in film.companies
        ],
        "production_countries": [{"iso_3166_1": code, "name": countries[code]["name"]} for code in film.countries],
        "revenue": film.revenue,
        "runtime": film.runtime,
        "spoken_languages": [
            {"english_name": languages[code]["english_name"], "iso_639_1": code, "name": languages[code]["name"]}
            for code in film.languages
        ],
        "status": film.status,
        "tagline": "",
    }


def _collection(film: Film) -> Json | None:
    if film.collection is None:
        return None
    number, name = film.collection
    return {"id": number, "name": name, "poster_path": None, "backdrop_path": None}


def _poster(film: Film) -> str:
    return f"/demo{film.tmdb_id}.jpg"


@lru_cache(65536)
def _id(name: str) -> int:
    """A stable made-up id, beyond TMDb's own."""
    return 10_000_000 + int.from_bytes(hashlib.sha256(name.encode()).digest()[:6], "big") % 1_000_000_000


@cache
def _codes(table: str) -> Mapping[str, Mapping[str, str]]:
    with (DATA / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return {row["code"]: row for row in csv.DictReader(file)}


def _person(name: str, department: str, credit: str) -> Json:
    return {
        "adult": False,
        "gender": 0,
        "id": _id(name),
        "known_for_department": department,
        "name": name,
        "original_name": name,
        "popularity": 0.0,
        "profile_path": None,
        "credit_id": credit,
    }


def _credits(films: Films, film: Film, params: Mapping[str, str]) -> Json:
    cast = [
        _person(name, "Acting", f"{film.tmdb_id:016x}{order:08x}")
        | {"cast_id": order + 1, "character": "", "order": order}
        for order, name in enumerate(film.cast)
    ]
    crew = [
        _person(name, "Directing", f"{film.tmdb_id:016x}d{order:07x}") | {"department": "Directing", "job": "Director"}
        for order, name in enumerate(film.directors)
    ]
    return {"cast": cast, "crew": crew}


def _keywords(films: Films, film: Film, params: Mapping[str, str]) -> Json:
    return {"keywords": [{"id": _id(word), "name": word} for word in film.keywords]}


def _in_language(items: Iterable[Json], params: Mapping[str, str], also: str) -> list[Json]:
    """What is left of videos or images once `language` and `include_…_language` have filtered them."""
    if "language" not in params:
        return list(items)
    wanted = {params["language"][:2], *params.get(also, "").split(",")}
    return [item for item in items if (item["iso_639_1"] or "null") in wanted]


def _videos(films: Films, film: Film, params: Mapping[str, str]) -> Json:
    if film.tmdb_id % 3 == 0:
        return {"results": []}
    trailer = {
        "iso_639_1": "en",
        "iso_3166_1": "US",
        "name": "Official Trailer",
        "key": f"demo{film.tmdb_id:07}",
        "site": "YouTube",
        "size": 1080,
        "type": "Trailer",
        "official": True,
        "published_at": f"{film.release_date}T00:00:00.000Z",
        "id": f"{film.tmdb_id:024x}",
    }
    return {"results": _in_language([trailer], params, "include_video_language")}


def _images(films: Films, film: Film, params: Mapping[str, str]) -> Json:
    poster = {
        "aspect_ratio": 0.667,
        "height": 3000,
        "iso_3166_1": "US",
        "iso_639_1": "en",
        "file_path": _poster(film),
        "vote_average": 0.0,
        "vote_count": 0,
        "width": 2000,
    }
    return {"backdrops": [], "logos": [], "posters": _in_language([poster], params, "include_image_language")}


def _release_dates(films: Films, film: Film, params: Mapping[str, str]) -> Json:
    theatrical = {
        "certification": "",
        "descriptors": [],
        "iso_639_1": "",
        "note": "",
        "release_date": f"{film.release_date}T00:00:00.000Z",
        "type": 3,
    }
    return {"results": [{"iso_3166_1": "US", "release_dates": [theatrical]}]}


def _external_ids(films: Films, film: Film, params: Mapping[str, str]) -> Json:
    nowhere = dict.fromkeys(("wikidata_id", "facebook_id", "instagram_id", "twitter_id"))
    return {"imdb_id": film.imdb_id, **nowhere}


def _alternative_titles(films: Films, film: Film, params: Mapping[str, str]) -> Json:
    if film.title == film.original_title:
        return {"titles": []}
    country = film.countries[0] if film.countries else "US"
    if params.get("country", country) != country:
        return {"titles": []}
    return {"titles": [{"iso_3166_1": country, "title": film.original_title, "type": ""}]}


def _similar(films: Films, film: Film, params: Mapping[str, str]) -> Json:
    return _paged(films.similar(film), params)


_PARTS: Mapping[str, Callable[[Films, Film, Mapping[str, str]], Json]] = {
    "credits": _credits,
    "keywords": _keywords,
    "videos": _videos,
    "similar": _similar,
    "release_dates": _release_dates,
    "external_ids": _external_ids,
    "alternative_titles": _alternative_titles,
    "images": _images,
}

_CONFIGURATION: Json = {
    "change_keys": ["budget", "cast", "genres", "images", "overview", "release_dates", "runtime", "title", "videos"],
    "images": {
        "base_url": "http://image.tmdb.org/t/p/",
        "secure_base_url": "https://image.tmdb.org/t/p/",
        "backdrop_sizes": ["w300", "w780", "w1280", "original"],
        "logo_sizes": ["w45", "w92", "w154", "w185", "w300", "w500", "original"],
        "poster_sizes": ["w92", "w154", "w185", "w342", "w500", "w780", "original"],
        "profile_sizes": ["w45", "w185", "h632", "original"],
        "still_sizes": ["w92", "w185", "w300", "original"],
    },
}
