"""What the fake TMDb says about one film: as lists show it, as its own page does, and the parts to append to that.

TMDb's texts and ratings by others are not bundled, so overviews are empty, and ids and paths of people, companies,
posters and trailers are made up, the same each time.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Callable, Iterable, Mapping
from functools import cache, lru_cache
from typing import Any

from mwi_crawl.demo.films import GENRES, Film
from mwi_crawl.demo.history import DATA

Json = dict[str, Any]


def brief(film: Film) -> Json:
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


def details(film: Film) -> Json:
    """A film as its own page shows it, with nothing appended."""
    countries, languages = _codes("countries"), _codes("languages")
    common = brief(film)
    del common["genre_ids"]
    return common | {
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


def _credits(film: Film, params: Mapping[str, str]) -> Json:
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


def _keywords(film: Film, params: Mapping[str, str]) -> Json:
    return {"keywords": [{"id": _id(word), "name": word} for word in film.keywords]}


def _in_language(items: Iterable[Json], params: Mapping[str, str], also: str) -> list[Json]:
    """What is left of videos or images once `language` and `include_…_language` have filtered them."""
    if "language" not in params:
        return list(items)
    wanted = {params["language"][:2], *params.get(also, "").split(",")}
    return [item for item in items if (item["iso_639_1"] or "null") in wanted]


def _videos(film: Film, params: Mapping[str, str]) -> Json:
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


def _images(film: Film, params: Mapping[str, str]) -> Json:
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


def _release_dates(film: Film, params: Mapping[str, str]) -> Json:
    theatrical = {
        "certification": "",
        "descriptors": [],
        "iso_639_1": "",
        "note": "",
        "release_date": f"{film.release_date}T00:00:00.000Z",
        "type": 3,
    }
    return {"results": [{"iso_3166_1": "US", "release_dates": [theatrical]}]}


def _external_ids(film: Film, params: Mapping[str, str]) -> Json:
    nowhere = dict.fromkeys(("wikidata_id", "facebook_id", "instagram_id", "twitter_id"))
    return {"imdb_id": film.imdb_id, **nowhere}


def _alternative_titles(film: Film, params: Mapping[str, str]) -> Json:
    if film.title == film.original_title:
        return {"titles": []}
    country = film.countries[0] if film.countries else "US"
    if params.get("country", country) != country:
        return {"titles": []}
    return {"titles": [{"iso_3166_1": country, "title": film.original_title, "type": ""}]}


PARTS: Mapping[str, Callable[[Film, Mapping[str, str]], Json]] = {
    "credits": _credits,
    "keywords": _keywords,
    "videos": _videos,
    "release_dates": _release_dates,
    "external_ids": _external_ids,
    "alternative_titles": _alternative_titles,
    "images": _images,
}
"""What can be appended, or asked for by itself; what needs other films (`similar`) is not here."""
