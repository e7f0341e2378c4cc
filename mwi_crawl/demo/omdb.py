"""OMDb's answers about the demo's films.

`FakeOmdb` knows no more than films.csv does: title, dates, length, genres, people, countries, languages. All its
scores are made up from the average in films.csv, the same each time, and are nobody's opinion; plots and posters are
not known to it. Awards and box office are made up for invented films only: of a real film they would be false claims.
"""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from typing import Any

import orjson

from mwi_crawl.demo.films import INVENTED_FROM, Catalogue, Film
from mwi_crawl.demo.history import DATA
from mwi_crawl.demo.misbehaviour import Ask
from mwi_crawl.model import Response

UNKNOWN = 1 / 70
"""The share of films OMDb is taken not to have: five of the bundled ones."""

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_BILLED = 3  # actors named, as in today's answers
_GENRES = {"Science Fiction": "Sci-Fi"}  # in IMDb's words
_COUNTRIES = {"United States of America": "United States"}
_HEADERS = {  # no ETag, and nothing that tells how many requests are left
    "content-type": "application/json; charset=utf-8",
    "cache-control": "public, max-age=3600",
    "vary": "*",
    "cf-cache-status": "DYNAMIC",
}


def error(message: str, status: int = 200) -> Response:
    """OMDb's error, put together as OMDb does it: quotes in the message are not escaped."""
    return Response(status, _HEADERS, f'{{"Response":"False","Error":"{message}"}}'.encode())


class FakeOmdb:
    """An OMDb that has the bundled films and `count` invented ones, but for a share (`unknown`) of them.

    After `quota` answers it says that the quota is spent, until `reset`. With a `key` it accepts no other.
    """

    def __init__(
        self, count: int = 0, quota: int | None = None, unknown: float = UNKNOWN, key: str | None = None
    ) -> None:
        self.films = Catalogue(count)
        self.quota = quota
        self.unknown = unknown
        self.used = 0
        self._key = key

    def reset(self) -> None:
        """A new day: the whole quota is there again."""
        self.used = 0

    def answer(self, ask: Ask) -> Response | None:
        """OMDb's answer; None for any path but its only one."""
        if ask.path != "/":
            return None
        if self._key is not None and ask.params.get("apikey") != self._key:
            return error("Invalid API key!" if ask.params.get("apikey") else "No API key provided.", 401)
        if self.quota is not None and self.used >= self.quota:
            return error("Request limit reached!", 401)
        self.used += 1
        return self._answered(ask.params)

    def has(self, film: Film) -> bool:
        """Whether the film is among those it has."""
        return _drawn(film, "here") >= self.unknown

    def _answered(self, params: Mapping[str, str]) -> Response:
        asked = params.get("i", "")
        if not asked:
            return error("Something went wrong.")
        digits = asked.removeprefix("tt")
        if not re.fullmatch("[0-9]+", digits):
            return error(f"Conversion from string \"{digits}\" to type 'Double' is not valid.")
        if not 7 <= len(digits) <= 8:
            return error("Incorrect IMDb ID.")
        film = self.films.get(f"tt{digits}")
        if film is None or not self.has(film):
            return error("Error getting data.")
        return Response(200, _HEADERS, orjson.dumps(_title(film)))


def _title(film: Film) -> dict[str, Any]:
    """A film as OMDb tells of it: every value is text."""
    imdb, tomatoes, metascore = _scores(film)
    ratings = {"Internet Movie Database": imdb and f"{imdb}/10", "Rotten Tomatoes": tomatoes and f"{tomatoes}%"}
    ratings["Metacritic"] = metascore and f"{metascore}/100"
    real = film.tmdb_id < INVENTED_FROM
    return {
        "Title": film.title,
        "Year": film.year,
        "Rated": "N/A",
        "Released": _released(film.release_date),
        "Runtime": f"{film.runtime} min" if film.runtime else "N/A",
        "Genre": _joined(_GENRES.get(genre, genre) for genre in film.genres),
        "Director": _joined(film.directors),
        "Writer": "N/A",
        "Actors": _joined(film.cast[:_BILLED]),
        "Plot": "N/A",
        "Language": _joined(_names("languages", "english_name")[code] for code in film.languages),
        "Country": _joined(_country(code) for code in film.countries),
        "Awards": "N/A" if real else _awards(film),
        "Poster": "N/A",
        "Ratings": [{"Source": source, "Value": value} for source, value in ratings.items() if value],
        "Metascore": metascore or "N/A",
        "imdbRating": imdb or "N/A",
        "imdbVotes": f"{film.vote_count * 40:,}" if imdb else "N/A",
        "imdbID": film.imdb_id,
        "Type": "movie",
        "DVD": "N/A",
        "BoxOffice": f"${film.revenue * 2 // 5:,}" if film.revenue and not real else "N/A",
        "Production": "N/A",
        "Website": "N/A",
        "Response": "True",
    }


def _scores(film: Film) -> tuple[str | None, str | None, str | None]:
    """Made-up scores by IMDb, Rotten Tomatoes and Metacritic, near the average in films.csv; not all have each."""
    if not (film.vote_count and film.vote_average):
        return None, None, None
    mean = film.vote_average
    imdb = min(9.9, max(1.0, mean + _drawn(film, "imdb") * 0.8 - 0.4))
    tomatoes = min(100, max(0, round((mean - 3.5) * 22 + _drawn(film, "tomatoes") * 30 - 15)))
    metascore = min(100, max(1, round((mean - 2.5) * 15 + _drawn(film, "metascore") * 20 - 10)))
    has_tomatoes, has_metascore = _drawn(film, "has tomatoes") < 0.9, _drawn(film, "has metascore") < 0.8
    return f"{imdb:.1f}", str(tomatoes) if has_tomatoes else None, str(metascore) if has_metascore else None


def _awards(film: Film) -> str:
    """A made-up sentence, in one of the ways OMDb has of saying it; some films have none."""
    wins, nominations = int(_drawn(film, "wins") * 12), int(_drawn(film, "nominations") * 30)
    counted = [
        f"{number} {word}{'s' * (number > 1)}"
        for number, word in ((wins, "win"), (nominations, "nomination"))
        if number
    ]
    return f"{' & '.join(counted)} total" if counted else "N/A"


def _country(code: str) -> str:
    name = _names("countries", "name")[code]
    return _COUNTRIES.get(name, name)


def _released(day: str) -> str:
    known = date.fromisoformat(day)
    return f"{known.day:02} {_MONTHS[known.month - 1]} {known.year}"


def _joined(parts: Iterable[str]) -> str:
    return ", ".join(parts) or "N/A"


def _drawn(film: Film, what: str) -> float:
    """A number from 0 to 1 that is always the same for a film and a purpose."""
    return int.from_bytes(hashlib.sha256(f"{what} {film.imdb_id}".encode()).digest()[:6], "big") / 2**48


@cache
def _names(table: str, column: str) -> Mapping[str, str]:
    with (DATA / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return {row["code"]: row[column] for row in csv.DictReader(file)}
