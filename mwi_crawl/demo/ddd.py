"""DoesTheDogDie's answers about the demo's films.

Topics, groups and votes are made up, the same each time. As at the real upstream some films are not there, and of
others an entry lacks the IMDb id, or every id; in the stead of one there is nothing but two entries about others.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from mwi_crawl.demo.films import INVENTED_FROM, Catalogue, Film, bundled
from mwi_crawl.demo.misbehaviour import Ask
from mwi_crawl.identity import normalise_title
from mwi_crawl.model import Response

MINUTE = 60.0  # seconds
MONTH = 30 * 86400.0  # seconds; from the first request

_API = "/api/v3"
_MOVIE = {"itemTypeId": 15, "itemTypeName": "Movie"}
_BUNDLED_ENTRIES = 1000  # a bundled film's entry has its place above this
_INVENTED_ENTRIES = 1_000_000  # an invented film's entry has its number above this
_OTHER_ENTRIES = 900_000  # entries about what is no film of the catalogue
_MISTAKABLE = 21  # place of the film in whose stead there are only others

Json = dict[str, Any]

_SUPERCATEGORIES = ((1, "Upsetting Things", "Upsetting"), (2, "Loud Things", "Loud"))
_CATEGORIES = ((51, "Animals in Trouble", 1), (52, "Sorrow", 1), (53, "Accidents", 1), (54, "Noise and Light", 2))
_TOPICS = (  # id, name, the same denied, as a question, group
    (201, "a pony is lost", "no pony is lost", "Is a pony lost", 51),
    (202, "a dog dies", "no dog dies", "Does a dog die", 51),
    (203, "a bird flies into a window", "no bird flies into a window", "Does a bird fly into a window", 51),
    (204, "a wasp stings", "no wasp stings", "Does a wasp sting", 51),
    (205, "a grandparent is mourned", "no grandparent is mourned", "Is a grandparent mourned", 52),
    (206, "a letter is burnt", "no letter is burnt", "Is a letter burnt", 52),
    (207, "a farewell at a station", "no farewell at a station", "Is there a farewell at a station", 52),
    (208, "somebody falls from a ladder", "nobody falls from a ladder", "Does somebody fall from a ladder", 53),
    (209, "a boat leaks", "no boat leaks", "Does a boat leak", 53),
    (210, "a lift gets stuck", "no lift gets stuck", "Does a lift get stuck", 53),
    (211, "a siren wails", "no siren wails", "Does a siren wail", 54),
    (212, "lamps flicker", "no lamp flickers", "Do lamps flicker", 54),
)


class FakeDdd:
    """A DoesTheDogDie that knows most of the bundled films and of `count` invented ones.

    `per_minute`, `per_month`: requests it answers, None for any number. `clock`: seconds, for both.
    """

    def __init__(
        self,
        count: int = 0,
        per_minute: int | None = 30,
        per_month: int | None = 5000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.films = Catalogue(count)
        self._places = {film.tmdb_id: place for place, film in enumerate(bundled())}
        self._entries = {_BUNDLED_ENTRIES + place: tmdb_id for tmdb_id, place in self._places.items()}
        self._meter = _Meter(per_minute, per_month, clock)

    def answer(self, ask: Ask) -> Response | None:
        """DoesTheDogDie's answer; None for what does not lie under /api/v3/."""
        if not ask.path.startswith(f"{_API}/"):
            return None
        if not ask.headers.get("x-api-key"):
            return _error(401, "missing_api_key", "Send your API key in the X-API-KEY header")
        refusal, headers = self._meter.count()
        if refusal:
            return refusal
        found = self._resource(ask.path.removeprefix(_API).strip("/").split("/"), ask.params)
        if found is None:
            return _error(404, "not_found", "Item, topic or rating does not exist", headers)
        return _answer(200, found, headers)

    def _resource(self, path: Sequence[str], params: Mapping[str, str]) -> Json | list[Json] | None:
        match path:
            case ["items"]:
                return self._found(params)
            case ["items", number, *part] if number.isdecimal() and (film := self._film_of(int(number))):
                if not part:
                    return self._entry(film) | {"topicItemStats": self._stats(film)}
                return self._ratings(film, params) if part == ["ratings"] else None
            case [name] if name in _VOCABULARY:
                return _VOCABULARY[name]
        return None

    def _found(self, params: Mapping[str, str]) -> list[Json]:
        if "imdb" in params or "tmdb" in params:
            by = "imdb" if "imdb" in params else "tmdb"
            film = self.films.get(params[by]) if params[by].startswith("tt") == (by == "imdb") else None
            entries = [self._entry(film)] if film and self.has(film) else []
            return [entry for entry in entries if str(entry[f"{by}Id"]) == params[by]]
        title = params.get("name") or params.get("q", "")
        year = params.get("releaseYear") if params.get("name") else None
        films = self.films.search(title, year) if normalise_title(title) else []
        return [entry for film in films for entry in self._offered(film)]

    def _offered(self, film: Film) -> Iterator[Json]:
        if self.has(film):
            yield self._entry(film)
        elif self._place(film) == _MISTAKABLE:
            yield from _others(film)

    def has(self, film: Film) -> bool:
        """Whether there is an entry about a film."""
        return self._place(film) % 36 != 5 and self._place(film) != _MISTAKABLE

    def _place(self, film: Film) -> int:
        """A number of a film's own, by which it is decided how its entry is."""
        return self._places.get(film.tmdb_id, film.tmdb_id)

    def _film_of(self, entry: int) -> Film | None:
        tmdb_id = INVENTED_FROM + entry - _INVENTED_ENTRIES if entry > _INVENTED_ENTRIES else self._entries.get(entry)
        film = self.films.get(str(tmdb_id)) if tmdb_id else None
        return film if film and self.has(film) else None

    def _entry(self, film: Film) -> Json:
        invented = film.tmdb_id >= INVENTED_FROM
        start = _INVENTED_ENTRIES - INVENTED_FROM if invented else _BUNDLED_ENTRIES
        kind = self._place(film) % 12
        return _entry(
            start + self._place(film),
            film,
            film.title,
            tmdb_id=film.tmdb_id if kind != 7 else None,
            imdb_id=film.imdb_id if kind not in (2, 7) else None,
        )

    def _stats(self, film: Film) -> list[Json]:
        """One row for each topic that anybody spoke of."""
        rows = [self._stat(film, topic) for topic in _TOPICS if (self._place(film) + topic[0]) % 5]
        return sorted(rows, key=lambda row: -int(row["yesSum"]))

    def _stat(self, film: Film, topic: tuple[int, str, str, str, int]) -> Json:
        entry, (number, name, *_) = self._entry(film)["id"], topic
        lot = (self._place(film) * 37 + number * 101) % 997
        return {
            "topicItemId": entry * 1000 + number,
            "yesSum": lot % 7 * (lot % 61),
            "noSum": lot % 5 * (lot % 43),
            "numComments": lot % 4,
            "topicId": number,
            "topicName": name,
            "itemId": entry,
        }

    def _ratings(self, film: Film, params: Mapping[str, str]) -> list[Json] | None:
        topic = next((topic for topic in _TOPICS if str(topic[0]) == params.get("topicId")), None)
        return [_rating(self._stat(film, topic))] if topic else None


@dataclass
class _Window:
    """So many requests in so many seconds, from the first one on."""

    limit: int | None
    seconds: float
    name: str
    code: str
    began: float | None = None
    used: int = 0

    def left_until(self, now: float) -> float:
        """Seconds until it begins anew; a window that is over has begun anew."""
        if self.began is None or now >= self.began + self.seconds:
            self.began, self.used = now, 0
        return self.began + self.seconds - now

    @property
    def headers(self) -> dict[str, str]:
        """What every answer tells of it."""
        if self.limit is None:
            return {}
        said = {"limit": self.limit, "remaining": self.limit - self.used}
        return {f"x-ratelimit-{part}-{self.name}": str(value) for part, value in said.items()}


class _Meter:
    """Counts the requests that were answered, and refuses those beyond the limits."""

    def __init__(self, per_minute: int | None, per_month: int | None, clock: Callable[[], float]) -> None:
        self._minute = _Window(per_minute, MINUTE, "minute", "rate_limit_exceeded")
        self._month = _Window(per_month, MONTH, "month", "monthly_limit_exceeded")
        self._clock = clock

    def count(self) -> tuple[Response | None, dict[str, str]]:
        """A refusal, or none; and the headers of the answer."""
        now, windows = self._clock(), (self._month, self._minute)
        seconds = {window.name: window.left_until(now) for window in windows}
        full = next((window for window in windows if window.limit is not None and window.used >= window.limit), None)
        for window in () if full else windows:
            window.used += 1
        headers = self._minute.headers | self._month.headers
        if full is None:
            return None, headers
        headers["retry-after"] = str(math.ceil(seconds[full.name]))
        return _error(429, full.code, f"More than {full.limit} requests in a {full.name}", headers), headers


def _answer(status: int, value: Json | list[Json], headers: Mapping[str, str] | None = None) -> Response:
    fields = {"content-type": "application/json; charset=utf-8", **(headers or {})}
    return Response(status, fields, orjson.dumps(value))


def _error(status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> Response:
    return _answer(status, {"error": code, "message": message}, headers)


def _entry(number: int, film: Film, name: str, *, tmdb_id: int | None, imdb_id: str | None) -> Json:
    images = f"https://www.doesthedogdie.com/content/demo{number}"
    return {
        "id": number,
        "name": name,
        "genres": [genre.lower() for genre in film.genres[:1]],
        "releaseYear": int(film.year),
        **_MOVIE,
        "tmdbId": tmdb_id,
        "imdbId": imdb_id,
        "backgroundImage": f"{images}-background.jpg",
        "posterImage": f"{images}.jpg",
        "overview": "",
    }


def _others(film: Film) -> Iterator[Json]:
    """Entries that are easily taken for the film: one of its name and year, and one with words added."""
    for at, name in enumerate((film.title, f"{film.title}: The Ride")):
        number = _OTHER_ENTRIES + at
        yield _entry(number, film, name, tmdb_id=8_000_000 + at, imdb_id=f"tt800000{at}")


def _rating(stat: Json) -> Json:
    return {
        "id": stat["topicItemId"],
        "yes": int(stat["yesSum"] > stat["noSum"]),
        "no": int(stat["yesSum"] <= stat["noSum"]),
        "voteSum": 0,
        "triggerDescription": "As somebody saw it.",
        "isRampant": False,
        **dict.fromkeys(("index1", "index2"), -1),
        **dict.fromkeys(("position1", "position2", "position3", "safePosition1", "safePosition2", "safePosition3")),
        "cueDescription": None,
        "itemId": stat["itemId"],
        "topicId": stat["topicId"],
        "isSceneAlert": False,
    }


def _topic(number: int, name: str, denied: str, question: str, group: int) -> Json:
    return {
        "id": number,
        "name": name,
        "notName": denied,
        "keywords": "",
        "description": "",
        "doesName": question,
        "listName": f"where {name}",
        "minimalName": name,
        "topicCategoryId": group,
        "altTopicCategoryId": None,
    }


def _item_type(number: int, name: str, indexes: tuple[str | None, str | None]) -> Json:
    verbs = {"verb": "watch", "pastTenseVerb": "watched", "index1Label": indexes[0], "index2Label": indexes[1]}
    times = {"position1Label": "Hours", "position2Label": "Minutes", "position3Label": "Seconds"}
    return {"id": number, "name": name, "slug": name.lower(), **verbs, **times}


_VOCABULARY: Mapping[str, list[Json]] = {
    "topics": [_topic(*topic) for topic in _TOPICS],
    "topiccategories": [
        {"id": number, "name": name, "topicSuperCategoryId": above} for number, name, above in _CATEGORIES
    ],
    "topicsupercategories": [
        {"id": number, "name": name, "shortName": short} for number, name, short in _SUPERCATEGORIES
    ],
    "itemtypes": [_item_type(15, "Movie", (None, None)), _item_type(16, "TV", ("Season", "Episode"))],
}
