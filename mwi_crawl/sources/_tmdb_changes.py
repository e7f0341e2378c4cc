"""TMDb's lists of changes: which films and series were edited on a day.

Keys: `changes/movie/2026-11-20/1`, a page of a hundred ids.

A day is asked for as `start_date = end_date = day`. TMDb does not say whether the end is included; that it is follows
from what was seen: with an end alone it answered 118 pages, as many as two days have, where one has 66 to 79, and
published programs read a day in this way. To ask up to the next day would be right either way, but twice as dear. Where
that day is today it is worse: the list grows while it is read, and rows move to pages already seen. The list of a day
that is over stands still. Should the end be excluded after all, the day comes out empty. No real day is: such a one is
taken for unread (`nothing_listed`), so that each film is asked about instead and no change is missed in silence.

TMDb's answers may be copies up to eight hours old (the longest max-age seen is 28,603 s): a film heard of less long
after the end of a day may not show that day's last changes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

from mwi_crawl.model import Changed, Parsed, Request
from mwi_crawl.sources._tmdb_lists import LAST_PAGE, results
from mwi_crawl.sources._values import Fields, positive, whole

PAGES_PER_DAY = 75
COPY_HOURS = 8

_KEY = re.compile(r"changes/(movie|tv)/([0-9]{4}-[0-9]{2}-[0-9]{2})/([1-9][0-9]{0,2})", re.ASCII)


def keys(day: str) -> Mapping[str, str]:
    """The first page of a day (UTC), of films and of series."""
    return {f"{media}/": _key(media, day, 1) for media in ("movie", "tv")}


def request(key: str) -> Request:
    """How to ask for a page of a day. Raises ValueError for a key of another shape."""
    media, day, page = _page(key)
    return Request(f"/3/{media}/changes", {"start_date": str(day), "end_date": str(day), "page": str(page)})


def changed(key: str, answer: Fields) -> Parsed:
    """What a page names; the first leads to the others. Raises ValueError if it is not the page asked for.

    A day that cannot be read whole is absent: one with more pages than TMDb shows, and an empty one (see above).
    """
    media, day, page = _page(key)
    found = results(answer, page)
    pages = _pages(answer) if page == 1 else page
    if page == 1 and not found:
        return Parsed(absent="nothing_listed")
    if pages > LAST_PAGE:
        return Parsed(absent="too_many_pages")
    further = tuple(_key(media, str(day), number) for number in range(page + 1, pages + 1))
    named = dict.fromkeys(f"{media}/{known}" for known in _ids(found))
    before = f"{day + timedelta(days=1)}T{COPY_HOURS:02}:00:00.000Z"
    return Parsed(keys=further, changed=Changed(tuple(named), before, len(found)))


def _pages(answer: Fields) -> int:
    """How many pages the day has. Raises ValueError where that is not told: then what is on the others is unknown."""
    pages = whole(answer.get("total_pages"))
    if pages is None or pages < 0:
        raise ValueError("the answer does not say how many pages there are")
    return pages


def _ids(found: Sequence[object]) -> Iterator[int]:
    """The ids that can be asked for. Where `adult` is null there is nothing any more, or never was anything public."""
    for row in found:
        if isinstance(row, dict) and row.get("adult", False) is not None and (known := positive(row.get("id"))):
            yield known


def _key(media: str, day: str, page: int) -> str:
    return f"changes/{media}/{day}/{page}"


def _page(key: str) -> tuple[str, date, int]:
    found = _KEY.fullmatch(key)
    if found is None or int(found[3]) > LAST_PAGE:
        raise ValueError(f"not a key of TMDb's changes: {key}")
    return found[1], date.fromisoformat(found[2]), int(found[3])
