"""TMDb's lists of films: what is popular, best rated, in the cinemas, soon to be, or talked about this week.

Keys: `list/popular/1`, a page of twenty films. The lists are live rankings: between two pages asked one after the other
films move, so that one may stand on both or on neither.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from mwi_crawl.model import Listed, MediaType, Parsed, Request, Seed, Wanted
from mwi_crawl.source import Option
from mwi_crawl.sources._values import Fields, positive, text, whole, year

LAST_PAGE = 500
"""TMDb shows no page beyond it, of any list, whatever the list's `total_pages` says."""

_PAGE_SIZE = 20
_PATHS = {
    "popular": "/3/movie/popular",
    "top_rated": "/3/movie/top_rated",
    "upcoming": "/3/movie/upcoming",
    "now_playing": "/3/movie/now_playing",
    "trending": "/3/trending/movie/week",
}
_OF_CINEMAS = ("upcoming", "now_playing")  # of one country; the others are the world's
_KEY = re.compile(r"list/([a-z_]+)/([1-9][0-9]{0,2})", re.ASCII)

NAMES = tuple(_PATHS)


def keys(wanted: Wanted) -> Iterator[str]:
    """The pages of the wanted lists that TMDb has."""
    for name in wanted.lists:
        if name in _PATHS:
            yield from (f"list/{name}/{page}" for page in range(1, min(wanted.pages, LAST_PAGE) + 1))


def request(key: str, settings: Mapping[str, Option]) -> Request:
    """How to ask for a page of a list. Raises ValueError for a key of another shape."""
    name, page = _page(key)
    params = {"page": str(page), "language": str(settings["language"])}
    if name in _OF_CINEMAS:
        params["region"] = str(settings["region"])
    return Request(_PATHS[name], params)


def listed(key: str, answer: Fields) -> Parsed:
    """The films of a page; none on a page beyond the end. Raises ValueError if it is not the page asked for."""
    name, page = _page(key)
    first = (page - 1) * _PAGE_SIZE + 1
    seeds = _seeds(results(answer, page), first)
    return Parsed(listed=Listed(name, first, page * _PAGE_SIZE, seeds))


def results(answer: Fields, page: int) -> Sequence[object]:
    """What stands on a page of any list. Raises ValueError if the answer is not that page."""
    found = answer.get("results")
    if not isinstance(found, list):
        raise ValueError("the answer has no results")
    if whole(answer.get("page")) != page:
        raise ValueError(f"asked for page {page}, the answer is another")
    return found


def _page(key: str) -> tuple[str, int]:
    found = _KEY.fullmatch(key)
    if found is None or found[1] not in _PATHS or int(found[2]) > LAST_PAGE:
        raise ValueError(f"not a list key of TMDb: {key}")
    return found[1], int(found[2])


def _seeds(found: Sequence[object], first: int) -> dict[int, Seed]:
    """The films by their places. What is none, or stands on the page a second time, leaves its place empty."""
    places: dict[str, int] = {}
    seeds: dict[int, Seed] = {}
    for place, row in enumerate(found[:_PAGE_SIZE], first):
        seed = _seed(row) if isinstance(row, dict) else None
        if seed and places.setdefault(seed.ids["tmdb_movie"], place) == place:
            seeds[place] = seed
    return seeds


def _seed(row: Fields) -> Seed | None:
    known = positive(row.get("id"))
    if known is None or row.get("media_type", "movie") != "movie":
        return None
    return Seed(
        ids={"tmdb_movie": str(known)},
        title=text(row.get("title")),
        original_title=text(row.get("original_title")),
        year=year(row.get("release_date")),
        media_type=MediaType.MOVIE,
    )
