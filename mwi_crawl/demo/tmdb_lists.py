"""The fake TMDb's lists: pages of films, the rankings of its catalogue, and what changed on a day."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, TypeVar

import orjson

from mwi_crawl.demo.films import Catalogue, Film
from mwi_crawl.demo.tmdb_films import Json, brief
from mwi_crawl.model import Response

PAGE_SIZE = 20
CHANGES_PAGE_SIZE = 100
MAX_PAGE = 500
MAX_DAYS = 14
STRANGERS_FROM = 30_000_000
"""Where the ids of changed films that nobody here knows begin: beyond every film of the catalogue."""

_IN_CINEMAS = 60  # the newest films of the catalogue are upcoming, these many before them are now playing
_UPCOMING = 40
_OF_CINEMAS = ("upcoming", "now_playing")

T = TypeVar("T")


class TmdbError(Exception):
    """An answer in TMDb's own error format."""

    def __init__(self, answer: Response) -> None:
        super().__init__(answer.status)
        self.answer = answer


def error(status: int, code: int, message: str) -> Response:
    """TMDb's error JSON. As in 2026 it carries neither Cache-Control nor an ETag."""
    body = orjson.dumps({"success": False, "status_code": code, "status_message": message})
    return Response(status, {"content-type": "application/json; charset=utf-8", "vary": "Origin"}, body)


def paged(items: Sequence[T], params: Mapping[str, str], show: Callable[[T], Json], size: int = PAGE_SIZE) -> Json:
    """A page of a list, each of its items as `show` has it. `total_pages` counts also those that are never shown."""
    page = params.get("page", "1")
    if not (page.isascii() and page.isdigit() and 1 <= int(page) <= MAX_PAGE):
        message = "Invalid page: Pages start at 1 and max at 500. They are expected to be an integer."
        raise TmdbError(error(400, 22, message))
    start = (int(page) - 1) * size
    return {
        "page": int(page),
        "results": [show(item) for item in items[start : start + size]],
        "total_pages": max(1, -(-len(items) // size)),
        "total_results": len(items),
    }


class Rankings:
    """The catalogue's films in the orders of TMDb's lists, each worked out when it is first asked for."""

    def __init__(self, films: Catalogue) -> None:
        self._films = films
        self._ranked: dict[str, tuple[int, ...]] = {}

    def page(self, name: str, params: Mapping[str, str], without: frozenset[int] = frozenset()) -> Json:
        """A page of one of the lists of `ORDERS`, without some films."""
        if name not in self._ranked:
            self._ranked[name] = tuple(film.tmdb_id for film in ORDERS[name](list(self._films)))
        ids = [id for id in self._ranked[name] if id not in without]
        if name == "trending":
            # the one list whose pages that are never shown are not counted either
            return paged(ids[: MAX_PAGE * PAGE_SIZE], params, lambda id: self._brief(id) | {"media_type": "movie"})
        answer = paged(ids, params, self._brief)
        return self._dates(ids) | answer if name in _OF_CINEMAS else answer

    def _brief(self, id: int) -> Json:
        film = self._films.get(str(id))
        return brief(film) if film else {}

    def _dates(self, ids: Iterable[int]) -> Json:
        days = sorted(self._brief(id)["release_date"] for id in ids) or [""]
        return {"dates": {"maximum": days[-1], "minimum": days[0]}}


def _popular(films: Sequence[Film]) -> Sequence[Film]:
    return sorted(films, key=lambda film: (-film.popularity, film.tmdb_id))


def _top_rated(films: Sequence[Film]) -> Sequence[Film]:
    return sorted(films, key=lambda film: (-film.vote_average, -film.vote_count, film.tmdb_id))


def _trending(films: Sequence[Film]) -> Sequence[Film]:
    return sorted(films, key=lambda film: (-film.vote_count, film.tmdb_id))


def _newest(films: Sequence[Film]) -> Sequence[Film]:
    return sorted(films, key=lambda film: (film.release_date, film.tmdb_id), reverse=True)


ORDERS: Mapping[str, Callable[[Sequence[Film]], Sequence[Film]]] = {
    "popular": _popular,
    "top_rated": _top_rated,
    "upcoming": lambda films: _popular(_newest(films)[:_UPCOMING]),
    "now_playing": lambda films: _popular(_newest(films)[_UPCOMING : _UPCOMING + _IN_CINEMAS]),
    "trending": _trending,
}


class Changes:
    """What changed on which day: what a test says, and so many films and series a day that nobody here knows."""

    def __init__(self, strangers: int) -> None:
        self._strangers = strangers
        self._days: dict[date, dict[int, bool]] = {}

    def add(self, id: int, day: str, *, gone: bool = False) -> None:
        """List a film among the changes of a day (`2026-11-20`)."""
        self._days.setdefault(date.fromisoformat(day), {})[id] = gone

    def page(self, media: str, params: Mapping[str, str]) -> Json:
        """A page of the ids changed from one day to another, both included; they are in no evident order."""
        first, last = self._range(params)
        days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
        own = {id: gone for day in days for id, gone in self._days.get(day, {}).items()} if media == "movie" else {}
        ids = sorted((*own, *(id for day in days for id in self._on(day))), key=_scattered)
        return paged(ids, params, lambda id: _change(id, gone=own.get(id, False)), CHANGES_PAGE_SIZE)

    def _range(self, params: Mapping[str, str]) -> tuple[date, date]:
        """The first and the last day; a day and the one before where only its end is given."""
        latest = max(self._days, default=date(2026, 1, 1))
        last = _day(params.get("end_date")) or _day(params.get("start_date")) or latest
        first = _day(params.get("start_date")) or last - timedelta(days=1)
        if not 0 <= (last - first).days <= MAX_DAYS:
            raise TmdbError(error(422, 20, "Invalid date range: Should be a range no longer than 14 days."))
        return first, last

    def _on(self, day: date) -> Iterator[int]:
        start = STRANGERS_FROM + day.toordinal() % 10_000 * 10_000
        yield from range(start, start + self._strangers)


def _change(id: int, *, gone: bool) -> dict[str, Any]:
    """An entry. Among the strangers are what is gone, what never had an id, and what is for adults."""
    kind = id % 10_000 % 20 if id >= STRANGERS_FROM else None
    if gone or kind == 1:
        return {"id": id, "adult": None, "softcore": None}
    return {"id": None if kind == 2 else id, "adult": kind == 3, "softcore": False}


def _scattered(id: int) -> int:
    return id * 2_654_435_761 % 2**32


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise TmdbError(error(400, 23, "Invalid date: Should be formatted YYYY-MM-DD.")) from None
