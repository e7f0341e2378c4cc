"""TMDb's answers about the demo's films.

`FakeTmdb.answer` is a pure function of the request. TMDb's texts and ratings by others are not bundled, so overviews
are empty, and ids and paths of people, companies, posters and trailers are made up, the same each time.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any

import orjson

from mwi_crawl.demo.films import GENRES, Catalogue, Film
from mwi_crawl.demo.history import DATA
from mwi_crawl.demo.misbehaviour import Ask
from mwi_crawl.model import Response

PAGE_SIZE = 20
MAX_PAGE = 500
MAX_APPENDED = 20

Json = dict[str, Any]


class TmdbError(Exception):
    """An answer in TMDb's own error format."""

    def __init__(self, answer: Response) -> None:
        super().__init__(answer.status)
        self.answer = answer


def error(status: int, code: int, message: str) -> Response:
    """TMDb's error JSON. As in 2026 it carries neither Cache-Control nor an ETag."""
    body = orjson.dumps({"success": False, "status_code": code, "status_message": message})
    return Response(status, {"content-type": "application/json; charset=utf-8", "vary": "Origin"}, body)


NOT_FOUND = error(404, 34, "The resource you requested could not be found.")
KEY_REJECTED = error(401, 7, "Invalid API key: You must be granted a valid key.")


class FakeTmdb:
    """A TMDb that knows the bundled films and `count` invented ones."""

    def __init__(self, count: int = 0) -> None:
        self.films = Catalogue(count)

    def answer(self, ask: Ask) -> Response | None:
        """TMDb's answer; None for what does not lie under /3/."""
        match ask.path.strip("/").split("/"):
            case ["3", *rest]:
                try:
                    return _ok(self._resource(rest, ask.params))
                except TmdbError as problem:
                    return problem.answer
        return None

    def _resource(self, path: Sequence[str], params: Mapping[str, str]) -> Json:
        match path:
            case ["configuration"]:
                return _CONFIGURATION
            case ["search", "movie"]:
                return self._searched(params)
            case ["find", id]:
                return self._found(id, params)
            case ["movie", id, *part] if (film := self.films.get(id)) and not part[1:]:
                if not part:
                    return self._movie(film, params)
                if part[0] in _PARTS:
                    own = {} if part[0] == "similar" else {"id": film.tmdb_id}
                    return own | _PARTS[part[0]](self, film, params)
        raise TmdbError(NOT_FOUND)

    def _movie(self, film: Film, params: Mapping[str, str]) -> Json:
        appended = [name for name in params.get("append_to_response", "").split(",") if name]
        if len(appended) > MAX_APPENDED:
            message = "Too many append to response objects: The maximum number of remote calls is 20."
            raise TmdbError(error(400, 27, message))
        parts = {name: _PARTS[name](self, film, params) for name in appended if name in _PARTS}
        return _details(film) | parts

    def _found(self, id: str, params: Mapping[str, str]) -> Json:
        film = self.films.get(id) if id.startswith("tt") and params.get("external_source") == "imdb_id" else None
        found = [_brief(film) | {"media_type": "movie"}] if film else []
        others = ("person", "tv", "tv_episode", "tv_season")
        return {"movie_results": found} | {f"{kind}_results": [] for kind in others}

    def _searched(self, params: Mapping[str, str]) -> Json:
        if not params.get("query", "").strip():
            raise TmdbError(error(422, 5, "Invalid parameters: Your request parameters are incorrect."))
        year = params.get("primary_release_year") or params.get("year")
        return _paged(self.films.search(params["query"], year), params)


def _ok(value: Json) -> Response:
    body = orjson.dumps(value)
    headers = {
        "content-type": "application/json; charset=utf-8",
        "cache-control": "public, max-age=28800",
        "etag": f'W/"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"',
        "vary": "Origin",
    }
    return Response(200, headers, body)


def _paged(films: Sequence[Film], params: Mapping[str, str]) -> Json:
    page = params.get("page", "1")
    if not (page.isascii() and page.isdigit() and 1 <= int(page) <= MAX_PAGE):
        message = "Invalid page: Pages start at 1 and max at 500. They are expected to be an integer."
        raise TmdbError(error(400, 22, message))
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


def _credits(tmdb: FakeTmdb, film: Film, params: Mapping[str, str]) -> Json:
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


def _keywords(tmdb: FakeTmdb, film: Film, params: Mapping[str, str]) -> Json:
    return {"keywords": [{"id": _id(word), "name": word} for word in film.keywords]}


def _in_language(items: Iterable[Json], params: Mapping[str, str], also: str) -> list[Json]:
    """What is left of videos or images once `language` and `include_…_language` have filtered them."""
    if "language" not in params:
        return list(items)
    wanted = {params["language"][:2], *params.get(also, "").split(",")}
    return [item for item in items if (item["iso_639_1"] or "null") in wanted]


def _videos(tmdb: FakeTmdb, film: Film, params: Mapping[str, str]) -> Json:
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


def _images(tmdb: FakeTmdb, film: Film, params: Mapping[str, str]) -> Json:
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


def _release_dates(tmdb: FakeTmdb, film: Film, params: Mapping[str, str]) -> Json:
    theatrical = {
        "certification": "",
        "descriptors": [],
        "iso_639_1": "",
        "note": "",
        "release_date": f"{film.release_date}T00:00:00.000Z",
        "type": 3,
    }
    return {"results": [{"iso_3166_1": "US", "release_dates": [theatrical]}]}


def _external_ids(tmdb: FakeTmdb, film: Film, params: Mapping[str, str]) -> Json:
    nowhere = dict.fromkeys(("wikidata_id", "facebook_id", "instagram_id", "twitter_id"))
    return {"imdb_id": film.imdb_id, **nowhere}


def _alternative_titles(tmdb: FakeTmdb, film: Film, params: Mapping[str, str]) -> Json:
    if film.title == film.original_title:
        return {"titles": []}
    country = film.countries[0] if film.countries else "US"
    if params.get("country", country) != country:
        return {"titles": []}
    return {"titles": [{"iso_3166_1": country, "title": film.original_title, "type": ""}]}


def _similar(tmdb: FakeTmdb, film: Film, params: Mapping[str, str]) -> Json:
    return _paged(tmdb.films.similar(film), params)


_PARTS: Mapping[str, Callable[[FakeTmdb, Film, Mapping[str, str]], Json]] = {
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
