"""The facts row of an IMDb title page: one film's title, dates, length, money, and what it is about.

IMDb writes a page for the country of whoever asks: the shown title, the certificate and the day of release are that
country's. They are taken where the page was written for the United States, in English; the original title, the year,
and the certificates listed by country are the same everywhere.
"""

from __future__ import annotations

import re

from mwi_crawl.model import Record, Value
from mwi_crawl.sources._imdb_page import Title, nodes, within
from mwi_crawl.sources._values import Json, day, flag, positive, prose, rows, text, whole, year

US_CERTIFICATES = {
    *("G", "PG", "PG-13", "R", "NC-17", "X", "GP", "M", "M/PG", "Approved", "Passed", "Not Rated", "Unrated"),
    *("TV-Y", "TV-Y7", "TV-Y7-FV", "TV-G", "TV-PG", "TV-14", "TV-MA"),
}
"""The ratings the Motion Picture Association and American television have given."""

_LENGTH = re.compile(r"P?T(?:(\d{1,3})H)?(?:(\d{1,4})M)?(?:\d{1,5}S)?", re.ASCII)


def first(title: Title, *path: str) -> Json:
    """What lies at a path in either half of the page."""
    found = within(title.above, *path)
    return within(title.main, *path) if found is None else found


def facts(title: Title) -> Record:
    """The film_facts row."""
    values = _names(title) | _story(title) | _money(title) | _counted(title)
    values["release_year"] = year_of(first(title, "releaseYear", "year"))
    values["end_year"] = year_of(first(title, "releaseYear", "endYear"))
    values["runtime_minutes"] = _minutes(first(title, "runtime", "seconds")) or length(title.linked.get("duration"))
    values["certificate"] = _certificate(title)
    values["release_date"] = _release_date(title, values["release_year"])
    return Record("film_facts", values)


def _names(title: Title) -> dict[str, Value]:
    original = text(first(title, "originalTitleText", "text")) or text(title.linked.get("name"))
    shown = text(first(title, "titleText", "text")) or text(title.linked.get("alternateName"))
    name = (shown or original) if for_america(title) else (original or shown)
    if name is None:
        raise ValueError(f"the page about {title.id} has no title")
    return {"title": name, "original_title": original, "title_type": text(first(title, "titleType", "id"))}


def _story(title: Title) -> dict[str, Value]:
    image = text(first(title, "primaryImage", "url")) or text(title.linked.get("image"))
    taglines = nodes(title.main.get("taglines"))
    return {
        "overview": prose(first(title, "plot", "plotText", "plainText")) or prose(title.linked.get("description")),
        "tagline": text(taglines[0].get("text")) if taglines else None,
        "status": text(first(title, "productionStatus", "currentProductionStage", "text")),
        "poster_url": image if image and image.startswith("https://") else None,
        "adult": flag(first(title, "isAdult")),
    }


def _money(title: Title) -> dict[str, Value]:
    budget = within(title.main, "productionBudget", "budget")
    takings = within(title.main, "worldwideGross", "total")
    at_home = within(title.main, "lifetimeGross", "total")  # the United States and Canada
    return {
        "budget_usd": _dollars(budget),
        "revenue_usd": _dollars(takings),
        "box_office_usd": _dollars(at_home),
    }


def _dollars(money: Json) -> int | None:
    return positive(within(money, "amount")) if within(money, "currency") == "USD" else None


def _counted(title: Title) -> dict[str, Value]:
    """Awards, and the parts of a series. The nominations IMDb counts are those that were not won."""
    nominated = whole(within(title.main, "nominationsExcludeWins", "total"))
    if nominated is None:
        nominated = whole(within(title.main, "nominations", "total"))
    episodes = title.main.get("episodes")
    total = positive(within(episodes, "totalEpisodes", "total")) or positive(within(episodes, "episodes", "total"))
    return {
        "awards_won": whole(within(title.main, "wins", "total")),
        "award_nominations": nominated,
        "seasons": len(rows(within(episodes, "seasons"))) or None,
        "episodes": total,
    }


def year_of(value: Json) -> int | None:
    """A year that is sent as a number."""
    known = positive(value)
    return year(f"{known:04}") if known and known < 10_000 else None


def _minutes(seconds: Json) -> int | None:
    """Whole minutes; half a minute counts as one."""
    known = positive(seconds)
    return max(1, (known + 30) // 60) if known else None


def length(value: Json) -> int | None:
    """The minutes in `PT2H16M`, or in the `PT112M` of 2017."""
    found = _LENGTH.fullmatch(value.strip()) if isinstance(value, str) else None
    return (int(found[1] or 0) * 60 + int(found[2] or 0)) or None if found else None


def country(title: Title) -> str | None:
    """Whose release the page shows, which is the asker's country if the film came out there."""
    inside, above = (within(half, "releaseDate", "country", "id") for half in (title.main, title.above))
    return text(inside) or text(above)


def for_america(title: Title) -> bool:
    """Whether nothing speaks against the page being written for the United States, in English."""
    locale = (title.locale or "en").lower().replace("_", "-")
    return locale in ("en", "en-us") and country(title) in ("US", None)


def _certificate(title: Title) -> str | None:
    """The American certificate: the page's own, or the one a board of its own gave among those listed by country."""
    own = text(first(title, "certificate", "rating")) or text(title.linked.get("contentRating"))
    given_in = text(first(title, "certificate", "country", "id")) or country(title)
    if own and (given_in == "US" or (given_in is None and own in US_CERTIFICATES)):
        return own
    listed = [it for it in nodes(first(title, "certificates")) if within(it, "country", "id") == "US"]
    by_board = sorted(listed, key=lambda it: within(it, "ratingsBody", "id") is None)
    return next((known for it in by_board if (known := text(it.get("rating")))), None)


def released(title: Title) -> str | None:
    """The day of release the page shows, as far as it is known."""
    for shown in (title.main.get("releaseDate"), title.above.get("releaseDate")):
        known = year_of(within(shown, "year"))
        if known:
            month, of_month = positive(within(shown, "month")), positive(within(shown, "day"))
            parts = [f"{part:02}" for part in (month, month and of_month) if part and part < 100]
            return day("-".join((f"{known:04}", *parts)))
    return None


def _release_date(title: Title, release_year: Value) -> str | None:
    """The first release: America's day, unless the film had come out elsewhere in an earlier year."""
    shown = released(title) if country(title) in ("US", None) else None
    return shown if shown and release_year in (None, int(shown[:4])) else None
