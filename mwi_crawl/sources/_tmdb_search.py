"""TMDb by title: what is asked, in which order, and which of the films offered is meant.

Three shapes of key: `search/movie/1999/The Matrix` asks in a year, `search/tv//Dallas` where none is known, and
`search/movie/~1999/The Matrix` in all years, for the film nearest to one: what a trailer or a festival says is often a
year off. A key may end in a fragment that names the asker, so that two films of one title and year do not share a job:
`#boxd:2aNK`. After the fragment of an id TMDb did not know (`#tt0133093`) nothing is chosen without a person: a film
of that title is then more often another film than the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from mwi_crawl.identity import WORTH_DECIDING, Offer, choose, rank
from mwi_crawl.model import Match, MediaType, Parsed, Request, Seed
from mwi_crawl.source import Option
from mwi_crawl.sources._values import Fields, positive, rows, text, year

_TITLES = {"movie": ("title", "original_title"), "tv": ("name", "original_name")}
_DATES = {"movie": "release_date", "tv": "first_air_date"}
_YEAR_PARAMETERS = {"movie": "year", "tv": "first_air_date_year"}
_OFFERED = 10  # candidates kept of a search
_OF_THAT_YEAR = 1.0  # what a film of that very title and year reaches

# What has no entry (an episode, a game) is not looked up: a film of that title would be another thing. Of an unknown
# kind, a series of that very year is more likely meant than a film of another one.
_ORDER: Mapping[MediaType | None, tuple[str, ...]] = {
    MediaType.MOVIE: ("movie/", "movie/~", "tv/"),
    MediaType.TV: ("tv/", "tv/~"),
    None: ("movie/", "tv/", "movie/~"),
}


@dataclass(frozen=True, slots=True)
class Search:
    """What a search key asks. `near`: asked in all years, ranked by nearness to one."""

    media: str
    year: int | None
    near: bool
    title: str
    by_person: bool


def keys(seed: Seed, unknown: Sequence[str]) -> Iterator[str]:
    """The searches for a film by its title, best first. `unknown`: the keys by id that are asked before them."""
    title = text(seed.title) or text(seed.original_title)
    if title is None:
        return
    asked = f"{_escaped(title)}{_asker(seed, unknown)}"
    for where in _ORDER.get(seed.media_type, ()):
        if seed.year or not where.endswith("~"):
            yield f"search/{where}{seed.year or ''}/{asked}"


def request(key: str, settings: Mapping[str, Option]) -> Request:
    """How to ask for a search key. Raises ValueError for a key of another shape."""
    search = _search(key)
    params = {"query": search.title}
    if search.year is not None and not search.near:
        params[_YEAR_PARAMETERS[search.media]] = str(search.year)
    adult = "true" if settings["include_adult"] is True else "false"
    params |= {"include_adult": adult, "language": str(settings["language"]), "page": "1"}
    return Request(f"/3/search/{search.media}", params)


def offered(key: str, answer: Fields) -> Parsed:
    """The films offered for a title, and the one that is meant where there is no doubt.

    A search in a year ends the questions only where there are several films of that very title and year; if it has
    only other films, the next search may have the right one. All that is worth a person's time is offered by the last.
    """
    search = _search(key)
    if not isinstance(answer.get("results"), list):
        raise ValueError("the answer has no results")
    candidates = rank(search.title, search.year, _offers(search.media, rows(answer["results"])))[:_OFFERED]
    chosen = None if search.by_person else choose(candidates)
    match = Match(search.title, search.year, tuple(candidates), chosen.id if chosen else None)
    if chosen:
        return Parsed(keys=(chosen.id,), match=match)
    in_year = search.year is not None and not search.near
    least = _OF_THAT_YEAR if in_year else WORTH_DECIDING
    doubtful = any(candidate.confidence >= least for candidate in candidates)
    return Parsed(match=match, absent="ambiguous" if doubtful else "not_found")


def _search(key: str) -> Search:
    question, _, asker = key.partition("#")
    parts = question.split("/", 3)
    if len(parts) != 4 or parts[0] != "search" or parts[1] not in _TITLES:
        raise ValueError(f"not a search key of TMDb: {key}")
    media, when, title = parts[1:]
    known = when.removeprefix("~")
    by_person = bool(asker) and not asker.startswith(("boxd:", "letterboxd:"))
    return Search(media, int(known) if known else None, when != known, unquote(title), by_person)


def _asker(seed: Seed, unknown: Sequence[str]) -> str:
    """The fragment of a search key: the id TMDb did not know, which asks for a person, or else Letterboxd's."""
    if unknown:
        return "#" + unknown[-1].removeprefix("find/")
    for scheme in ("boxd", "letterboxd"):
        if value := text(seed.ids.get(scheme)):
            return f"#{scheme}:{_escaped(value)}"
    return ""


def _escaped(value: str) -> str:
    return value.replace("%", "%25").replace("#", "%23")


def _offers(media: str, results: Sequence[Fields]) -> Iterator[Offer]:
    for row in results:
        titles = [known for name in _TITLES[media] if (known := text(row.get(name)))]
        if (known_id := positive(row.get("id"))) and titles:
            yield Offer(f"{media}/{known_id}", titles, year(row.get(_DATES[media])))
