"""What an IMDb title page says of a film or series, as records.

IMDb writes a page for the country of whoever asks: the shown title, the certificate and the day of release are that
country's. They are taken where the page was written for the United States, in English; the original title, the year,
and the certificates listed by country are the same everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from mwi_crawl.identity import imdb_id
from mwi_crawl.model import Record, Value
from mwi_crawl.sources._imdb_credits import credits, people
from mwi_crawl.sources._imdb_page import Title, nodes, within
from mwi_crawl.sources._values import (
    Fields,
    Json,
    day,
    flag,
    keyed,
    number,
    positive,
    prose,
    rows,
    text,
    whole,
    whole_day,
    year,
)

Part = list[Record] | None

US_CERTIFICATES = {
    *("G", "PG", "PG-13", "R", "NC-17", "X", "GP", "M", "M/PG", "Approved", "Passed", "Not Rated", "Unrated"),
    *("TV-Y", "TV-Y7", "TV-Y7-FV", "TV-G", "TV-PG", "TV-14", "TV-MA"),
}
"""The ratings the Motion Picture Association and American television have given."""

_LENGTH = re.compile(r"P?T(?:(\d{1,3})H)?(?:(\d{1,4})M)?(?:\d{1,5}S)?", re.ASCII)


def said(title: Title) -> tuple[tuple[str, ...], tuple[Record, ...]]:
    """The kinds about which the page is complete, and its records. Raises ValueError if it has no title.

    Of credits and keywords a page often shows only the first few; then these are added to what is known.
    """
    parts = {kind: part(title) for kind, part in _PARTS.items()}
    named, all_named = credits(title)
    parts["credits"] = named
    parts["film_facts"] = [facts(title)]
    complete = {kind for kind, records in parts.items() if records is not None}
    complete -= {kind for kind, all in (("credits", all_named), ("film_keywords", _all_keywords(title))) if not all}
    found = [record for kind in sorted(parts) for record in parts[kind] or ()]
    return tuple(sorted(complete)), (*people(title), *found)


def first(title: Title, *path: str) -> Json:
    """What lies at a path in either half of the page."""
    found = within(title.above, *path)
    return within(title.main, *path) if found is None else found


def facts(title: Title) -> Record:
    """The film_facts row."""
    values = _names(title) | _story(title) | _money(title) | _counted(title)
    values["release_year"] = _year(first(title, "releaseYear", "year"))
    values["end_year"] = _year(first(title, "releaseYear", "endYear"))
    values["runtime_minutes"] = _minutes(first(title, "runtime", "seconds")) or length(title.linked.get("duration"))
    values["certificate"] = _certificate(title)
    values["release_date"] = _release_date(title, values["release_year"])
    return Record("film_facts", values)


def _names(title: Title) -> dict[str, Value]:
    original = text(first(title, "originalTitleText", "text")) or text(title.linked.get("name"))
    shown = text(first(title, "titleText", "text")) or text(title.linked.get("alternateName"))
    name = (shown or original) if _for_america(title) else (original or shown)
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


def _year(value: Json) -> int | None:
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


def _country(title: Title) -> str | None:
    """Whose release the page shows, which is the asker's country if the film came out there."""
    return text(within(title.main, "releaseDate", "country", "id")) or text(
        within(title.above, "releaseDate", "country", "id")
    )


def _for_america(title: Title) -> bool:
    """Whether nothing speaks against the page being written for the United States, in English."""
    locale = (title.locale or "en").lower().replace("_", "-")
    return locale in ("en", "en-us") and _country(title) in ("US", None)


def _certificate(title: Title) -> str | None:
    """The American certificate: the page's own, or the one a board of its own gave among those listed by country."""
    own = text(first(title, "certificate", "rating")) or text(title.linked.get("contentRating"))
    country = text(first(title, "certificate", "country", "id")) or _country(title)
    if own and (country == "US" or (country is None and own in US_CERTIFICATES)):
        return own
    listed = [it for it in nodes(first(title, "certificates")) if within(it, "country", "id") == "US"]
    by_board = sorted(listed, key=lambda it: within(it, "ratingsBody", "id") is None)
    return next((known for it in by_board if (known := text(it.get("rating")))), None)


def _released(title: Title) -> str | None:
    """The day of release the page shows, as far as it is known."""
    for shown in (title.main.get("releaseDate"), title.above.get("releaseDate")):
        known = _year(within(shown, "year"))
        if known:
            month, of_month = positive(within(shown, "month")), positive(within(shown, "day"))
            parts = [f"{part:02}" for part in (month, month and of_month) if part and part < 100]
            return day("-".join((f"{known:04}", *parts)))
    return None


def _release_date(title: Title, release_year: Value) -> str | None:
    """The first release: America's day, unless the film had come out elsewhere in an earlier year."""
    released = _released(title) if _country(title) in ("US", None) else None
    return released if released and release_year in (None, int(released[:4])) else None


def _releases(title: Title) -> Part:
    """The release the page shows; IMDb does not say of which kind it was."""
    if "releaseDate" not in title.main and "releaseDate" not in title.above:
        return None
    row: dict[str, Value] = {
        "country": _country(title),
        "kind": "",
        "released_on": whole_day(_released(title)),
        "certificate": text(first(title, "certificate", "rating")),
        "note": "",
    }
    return keyed("release_dates", [row], ["country", "released_on"])


def _scores(title: Title) -> Part:
    if "ratingsSummary" not in title.above:
        return None
    value = number(first(title, "ratingsSummary", "aggregateRating"))
    votes = positive(first(title, "ratingsSummary", "voteCount"))
    metascore = positive(first(title, "metacritic", "metascore", "score"))
    return scores(value, votes, metascore)


def scores(value: float | None, votes: int | None, metascore: int | None) -> list[Record]:
    """What viewers and critics gave; of nobody's votes there is no score."""
    found = []
    if value is not None and 0 < value <= 10 and votes:
        found.append(Record("scores", {"system": "imdb", "value": value, "scale": 10.0, "votes": votes}))
    if metascore is not None and metascore <= 100:
        row: Mapping[str, Value] = {"system": "metacritic", "value": float(metascore), "scale": 100.0, "votes": None}
        found.append(Record("scores", row))
    return found


def _genres(title: Title) -> Part:
    plain, wrapped = first(title, "genres", "genres"), first(title, "titleGenres", "genres")
    if not isinstance(plain, list) and not isinstance(wrapped, list):
        return None
    names = [text(it.get("text")) for it in rows(plain)] or [text(within(it, "genre", "text")) for it in rows(wrapped)]
    return keyed("film_genres", ({"genre": name, "position": at} for at, name in enumerate(names)), ["genre"])


def _countries(title: Title) -> Part:
    """The list with most countries: beside the heading there is only the first."""
    lists = [within(title.main, name, "countries") for name in ("countriesDetails", "countriesOfOrigin")]
    lists.append(within(title.above, "countriesOfOrigin", "countries"))
    if not any(isinstance(found, list) for found in lists) and "countriesOfOrigin" not in title.main:
        return None
    longest = max((rows(found) for found in lists), key=len)
    countries = (
        {"country": text(it.get("id")), "name": text(it.get("text")), "position": at} for at, it in _at(longest)
    )
    return keyed("film_countries", countries, ["country"])


def _languages(title: Title) -> Part:
    if "spokenLanguages" not in title.main:
        return None
    found = rows(within(title.main, "spokenLanguages", "spokenLanguages"))
    spoken = ({"language": text(it.get("id")), "name": text(it.get("text")), "position": at} for at, it in _at(found))
    return keyed("film_languages", spoken, ["language"])


def _at(found: list[Fields]) -> list[tuple[int, Fields]]:
    return list(enumerate(found))


def _shown_keywords(title: Title) -> Json:
    return next(
        (it for it in (title.above.get("keywords"), title.main.get("storylineKeywords")) if isinstance(it, dict)), None
    )


def _keywords(title: Title) -> Part:
    shown = _shown_keywords(title)
    keywords = ({"keyword": text(it.get("text"))} for it in nodes(shown))
    return None if shown is None else keyed("film_keywords", keywords, ["keyword"])


def _all_keywords(title: Title) -> bool:
    shown = _shown_keywords(title)
    return (whole(within(shown, "total")) or 0) <= len(nodes(shown))


def _similar(title: Title) -> Part:
    if "moreLikeThisTitles" not in title.main:
        return None
    names = ("titleText", "originalTitleText") if _for_america(title) else ("originalTitleText", "titleText")
    films = (
        {
            "scheme": "imdb",
            "value": imdb_id(text(it.get("id"))),
            "title": text(within(it, names[0], "text")) or text(within(it, names[1], "text")),
            "release_year": _year(within(it, "releaseYear", "year")),
            "position": at,
        }
        for at, it in _at(nodes(title.main["moreLikeThisTitles"]))
    )
    return keyed("similar_films", films, ["value"])


_PARTS: Mapping[str, Callable[[Title], Part]] = {
    "film_countries": _countries,
    "film_genres": _genres,
    "film_keywords": _keywords,
    "film_languages": _languages,
    "release_dates": _releases,
    "scores": _scores,
    "similar_films": _similar,
}

KINDS = tuple(sorted((*_PARTS, "credits", "film_facts", "people")))
"""Every record kind a title page can give."""
