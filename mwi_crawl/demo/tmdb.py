"""TMDb's answers about the demo's films.

`FakeTmdb.answer` is a pure function of the request and of what was scripted before it: `change` and `remove`.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import orjson

from mwi_crawl.demo.films import Catalogue, Film
from mwi_crawl.demo.misbehaviour import Ask
from mwi_crawl.demo.tmdb_films import PARTS, Json, brief, details
from mwi_crawl.demo.tmdb_lists import ORDERS, Changes, Rankings, TmdbError, error, paged
from mwi_crawl.model import Response

MAX_APPENDED = 20

NOT_FOUND = error(404, 34, "The resource you requested could not be found.")
KEY_REJECTED = error(401, 7, "Invalid API key: You must be granted a valid key.")


class FakeTmdb:
    """A TMDb that knows the bundled films and `count` invented ones.

    `strangers`: how many films, and as many series, that nobody here knows change there every day (really about 7,000).
    """

    def __init__(self, count: int = 0, strangers: int = 7) -> None:
        self.films = Catalogue(count)
        self._rankings = Rankings(self.films)
        self._changes = Changes(strangers)
        self._edits: Counter[int] = Counter()
        self._gone: frozenset[int] = frozenset()

    def change(self, film_ids: Iterable[int], day: str) -> None:
        """From now on these films' own answers are others than before, and that day's changes name them."""
        for film_id in film_ids:
            self._edits[film_id] += 1
            self._changes.add(film_id, day)

    def remove(self, film_id: int, day: str | None = None) -> None:
        """From now on there is no such film; that day's changes name it as something that is not there."""
        self._gone |= {film_id}
        if day is not None:
            self._changes.add(film_id, day, gone=True)

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
            case ["search", "movie" | "tv" as media]:
                return self._searched(media, params)
            case ["find", id]:
                return self._found(id, params)
            case ["movie" | "tv" as media, "changes"]:
                return self._changes.page(media, params)
            case ["movie", name] if name in ORDERS and name != "trending":
                return self._rankings.page(name, params, self._gone)
            case ["trending", "movie", "week"]:
                return self._rankings.page("trending", params, self._gone)
            case ["movie", id, *part] if (film := self._film(id)) and not part[1:]:
                if not part:
                    return self._movie(film, params)
                if part[0] == "similar":
                    return self._part(film, "similar", params)
                if part[0] in PARTS:
                    return {"id": film.tmdb_id} | self._part(film, part[0], params)
        raise TmdbError(NOT_FOUND)

    def _film(self, id: str) -> Film | None:
        film = self.films.get(id)
        return None if film is None or film.tmdb_id in self._gone else film

    def _movie(self, film: Film, params: Mapping[str, str]) -> Json:
        appended = [name for name in params.get("append_to_response", "").split(",") if name]
        if len(appended) > MAX_APPENDED:
            message = "Too many append to response objects: The maximum number of remote calls is 20."
            raise TmdbError(error(400, 27, message))
        parts = {name: self._part(film, name, params) for name in appended if name in PARTS or name == "similar"}
        return self._edited(film) | parts

    def _part(self, film: Film, name: str, params: Mapping[str, str]) -> Json:
        return paged(self.films.similar(film), params, brief) if name == "similar" else PARTS[name](film, params)

    def _edited(self, film: Film) -> Json:
        """The film's facts after its changes. Other films' answers show it as it was, so that they stay the same."""
        edits = self._edits[film.tmdb_id]
        said = details(film)
        if not edits:
            return said
        changed = {"popularity": film.popularity + edits, "vote_count": film.vote_count + edits}
        return said | changed | {"tagline": f"Edited {edits} times" if edits > 1 else "Edited once"}

    def _found(self, id: str, params: Mapping[str, str]) -> Json:
        film = self._film(id) if id.startswith("tt") and params.get("external_source") == "imdb_id" else None
        found = [brief(film) | {"media_type": "movie"}] if film else []
        others = ("person", "tv", "tv_episode", "tv_season")
        return {"movie_results": found} | {f"{kind}_results": [] for kind in others}

    def _searched(self, media: str, params: Mapping[str, str]) -> Json:
        if not params.get("query", "").strip():
            raise TmdbError(error(422, 5, "Invalid parameters: Your request parameters are incorrect."))
        year = params.get("primary_release_year") or params.get("year")
        found = self.films.search(params["query"], year) if media == "movie" else []
        return paged([film for film in found if film.tmdb_id not in self._gone], params, brief)


def _ok(value: Json) -> Response:
    body = orjson.dumps(value)
    headers = {
        "content-type": "application/json; charset=utf-8",
        "cache-control": "public, max-age=28800",
        "etag": f'W/"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"',
        "vary": "Origin",
    }
    return Response(200, headers, body)


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
