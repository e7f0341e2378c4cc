"""What an IMDb title page says of a film or series, as records: its facts, and its lists of one kind each."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mwi_crawl.identity import imdb_id
from mwi_crawl.model import Record, Value
from mwi_crawl.sources._imdb_credits import credits, people
from mwi_crawl.sources._imdb_facts import country, facts, first, for_america, released, year_of
from mwi_crawl.sources._imdb_page import Title, nodes, within
from mwi_crawl.sources._values import (
    Fields,
    Json,
    keyed,
    number,
    positive,
    rows,
    text,
    whole,
    whole_day,
)

Part = list[Record] | None


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


def _releases(title: Title) -> Part:
    """The release the page shows; IMDb does not say of which kind it was."""
    if "releaseDate" not in title.main and "releaseDate" not in title.above:
        return None
    row: dict[str, Value] = {
        "country": country(title),
        "kind": "",
        "released_on": whole_day(released(title)),
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
    names = ("titleText", "originalTitleText") if for_america(title) else ("originalTitleText", "titleText")
    films = (
        {
            "scheme": "imdb",
            "value": imdb_id(text(it.get("id"))),
            "title": text(within(it, names[0], "text")) or text(within(it, names[1], "text")),
            "release_year": year_of(within(it, "releaseYear", "year")),
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
