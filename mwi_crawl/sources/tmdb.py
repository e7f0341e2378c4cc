"""TMDb: facts, people, images, keywords and money of films and series, by the documented v3 API.

Keys: `find/tt0133093`, `movie/603`, `tv/1396`, `search/movie/1999/The Matrix`, `search/tv//Dallas` (year unknown).
A search key may end in a fragment that names the asker, so that two films of one title and year do not share a job:
`#boxd:2aNK`. After the fragment of an id TMDb did not know (`#tt0133093`) nothing is chosen without a person: a film
of that title is then more often another film than the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar
from urllib.parse import unquote

from mwi_crawl.identity import WORTH_DECIDING, Offer, choose, imdb_id, rank
from mwi_crawl.model import Credential, Match, MediaType, Parsed, Rate, Request, Response, Seed, Verdict
from mwi_crawl.source import Option, Source
from mwi_crawl.sources import _tmdb_errors
from mwi_crawl.sources._tmdb_records import KINDS, details
from mwi_crawl.sources._values import Fields, decode, fields, number, positive, rows, text, year

_APPENDED = {  # at most 20 each; no further request is needed for any of them
    "movie": "credits,keywords,videos,similar,release_dates,external_ids,alternative_titles,images",
    "tv": "aggregate_credits,keywords,videos,similar,content_ratings,external_ids,alternative_titles,images",
}
_TITLES = {"movie": ("title", "original_title"), "tv": ("name", "original_name")}
_DATES = {"movie": "release_date", "tv": "first_air_date"}
_YEAR_PARAMETERS = {"movie": "year", "tv": "first_air_date_year"}
_OFFERED = 10  # candidates kept of a search
_EPISODES = ("tv_episode_results", "tv_season_results")
_UNTITLED = (MediaType.EPISODE, MediaType.GAME, MediaType.OTHER)  # a film of that title would be another thing

_TOKEN = re.compile(r"eyJ[A-Za-z0-9_.=-]+")
_API_KEY = re.compile(r"[0-9a-fA-F]{32}")
_TMDB_ID = re.compile(r"0*([1-9][0-9]{0,9})")
_PASTED_ALONG = re.compile("^\\W*bearer\\s+|[\\s\"'`“”‘’]+", re.IGNORECASE)  # neither a token nor a key has any of it


class Tmdb(Source):
    """The Movie Database."""

    name = "tmdb"
    title = "TMDb"
    base_url = "https://api.themoviedb.org"
    rate = Rate(20, burst=2, concurrency=10)
    kinds = KINDS
    finds = True
    ttl_days = 30
    max_ttl_days = 180
    key_names = ("TMDB_API_READ_ACCESS_TOKEN", "TMDB_API_KEY")
    key_url = "https://www.themoviedb.org/settings/api"
    adds = "posters, keywords, collections, budget and revenue"
    attribution = (
        "This product uses TMDB and the TMDB APIs but is not endorsed, certified, or otherwise approved by TMDB."
    )
    options: ClassVar[Mapping[str, Option]] = {
        "language": "en-US",  # of titles, overviews and videos
        "region": "US",  # whose age rating is the certificate
        "include_adult": False,  # in searches
    }

    def plan(self, seed: Seed) -> Sequence[str]:
        """By TMDb's id, else by IMDb's, else by title."""
        return tuple(dict.fromkeys((*_by_id(seed), *_by_title(seed))))

    def cost(self, key: str) -> int:
        """A film that has to be looked up takes one request more."""
        return 1 if key.partition("/")[0] in _APPENDED else 2

    def request(self, keys: Sequence[str]) -> Request:
        """One film per request, with everything about it appended. Raises ValueError for a key of another shape."""
        (key,) = keys
        language = str(self.settings["language"])
        kind, _, rest = key.partition("/")
        if kind == "search":
            return self._search_request(key)
        if kind == "find":
            return Request(f"/3/find/{rest}", {"external_source": "imdb_id", "language": language})
        if kind not in _APPENDED:
            raise ValueError(f"not a key of TMDb: {key}")
        params = {
            "append_to_response": _APPENDED[kind],
            "language": language,
            # without this, images are only those in `language`: posters without words would be missing
            "include_image_language": f"{language.partition('-')[0]},null",
        }
        return Request(f"/3/{kind}/{rest}", params)

    def _search_request(self, key: str) -> Request:
        media, asked_year, title, _ = _searched(key)
        params = {"query": title}
        if asked_year is not None:
            params[_YEAR_PARAMETERS[media]] = str(asked_year)
        adult = "true" if self.settings["include_adult"] is True else "false"
        params |= {"include_adult": adult, "language": str(self.settings["language"]), "page": "1"}
        return Request(f"/3/search/{media}", params)

    def judge(self, response: Response) -> Verdict:
        """The body's own status_code before the HTTP status."""
        return _tmdb_errors.judge(response)

    def parse(self, key: str, response: Response) -> Parsed:
        """What the answer says. Raises ValueError for an answer that is not one to this key."""
        answer = decode(response.body)
        if not isinstance(answer, dict):
            raise ValueError("the answer is not an object")
        kind, _, asked = key.partition("/")
        if kind == "find":
            return _found(answer)
        if kind == "search":
            return _offered(key, answer)
        if kind not in _APPENDED:
            raise ValueError(f"not a key of TMDb: {key}")
        ids = _ids(kind, asked, answer)
        speaks_of, records = details(answer, kind, str(self.settings["region"]))
        return Parsed(speaks_of=speaks_of, records=records, ids=ids)

    def authorize(self, secrets: Mapping[str, str]) -> Credential | None:
        """By the shape of what was pasted, in whichever variable: a token goes in a header, a key in the query."""
        pasted = [_PASTED_ALONG.sub("", secrets.get(name, "")) for name in self.key_names]
        for value in filter(_TOKEN.fullmatch, pasted):
            return Credential(headers={"Authorization": f"Bearer {value}"})
        for value in filter(_API_KEY.fullmatch, pasted):
            return Credential(params={"api_key": value})
        return None

    def probe(self) -> Request:
        """Small, and refused without a good key."""
        return Request("/3/configuration")


def _by_id(seed: Seed) -> Iterator[str]:
    series_first = seed.media_type is MediaType.TV
    for media in ("tv", "movie") if series_first else ("movie", "tv"):
        if known := _TMDB_ID.fullmatch(seed.ids.get(f"tmdb_{media}", "").strip()):
            yield f"{media}/{known[1]}"
    if known_to_imdb := imdb_id(seed.ids.get("imdb")):
        yield f"find/{known_to_imdb}"


def _by_title(seed: Seed) -> Iterator[str]:
    title = text(seed.title) or text(seed.original_title)
    if title is None or seed.media_type in _UNTITLED:
        return
    for media in ("tv",) if seed.media_type is MediaType.TV else ("movie", "tv"):
        yield f"search/{media}/{seed.year or ''}/{_escaped(title)}{_asker(seed)}"


def _asker(seed: Seed) -> str:
    """The fragment of a search key: the id TMDb did not know, which asks for a person, or else Letterboxd's."""
    if unknown := [*_by_id(seed)]:
        return "#" + unknown[-1].removeprefix("find/")
    for scheme in ("boxd", "letterboxd"):
        if value := text(seed.ids.get(scheme)):
            return f"#{scheme}:{_escaped(value)}"
    return ""


def _escaped(value: str) -> str:
    return value.replace("%", "%25").replace("#", "%23")


def _searched(key: str) -> tuple[str, int | None, str, bool]:
    """What a search key asks: media, year, title, and whether its result needs a person."""
    question, _, asker = key.partition("#")
    parts = question.split("/", 3)
    if len(parts) != 4 or parts[0] != "search" or parts[1] not in _TITLES:
        raise ValueError(f"not a search key of TMDb: {key}")
    by_person = bool(asker) and not asker.startswith(("boxd:", "letterboxd:"))
    return parts[1], int(parts[2]) if parts[2] else None, unquote(parts[3]), by_person


def _ids(media: str, asked: str, answer: Fields) -> dict[str, str]:
    """The ids in a details answer. Raises ValueError if it is about another film than the one asked for."""
    own = positive(answer.get("id"))
    external = fields(answer.get("external_ids"))
    imdb = _imdb_id_in(answer) or _imdb_id_in(external)
    if own is None:
        raise ValueError("the answer has no id")
    # an IMDb id may stand in the place of TMDb's, and the answer may then not repeat it
    same = str(own) == asked if imdb_id(asked) is None else imdb in (None, imdb_id(asked))
    if not same:
        raise ValueError(f"asked for {asked}, the answer is about {own}")
    return {f"tmdb_{media}": str(own)} | ({"imdb": imdb} if imdb else {})


def _imdb_id_in(answer: Fields) -> str | None:
    return imdb_id(text(answer.get("imdb_id")))


def _found(answer: Fields) -> Parsed:
    """The film or series with an external id. Where TMDb has it as both, the one that more people know."""
    if not all(isinstance(answer.get(f"{kind}_results"), list) for kind in ("movie", "tv", "person")):
        raise ValueError("the answer has no results")
    films = [
        (media, known, number(row.get("vote_count")) or 0)
        for media in _TITLES
        for row in rows(answer[f"{media}_results"])
        if (known := positive(row.get("id")))
    ]
    if films:
        media, known, _ = max(films, key=lambda film: film[2])
        return Parsed(keys=(f"{media}/{known}",), ids={f"tmdb_{media}": str(known)})
    if any(answer.get(name) for name in _EPISODES):
        return Parsed(absent="tv_episode")
    return Parsed(absent="person" if answer["person_results"] else "not_found")


def _offered(key: str, answer: Fields) -> Parsed:
    """The films offered for a title, and the one that is meant where there is no doubt."""
    media, asked_year, title, by_person = _searched(key)
    if not isinstance(answer.get("results"), list):
        raise ValueError("the answer has no results")
    candidates = rank(title, asked_year, _offers(media, rows(answer["results"])))[:_OFFERED]
    chosen = None if by_person else choose(candidates)
    match = Match(title, asked_year, tuple(candidates), chosen.id if chosen else None)
    if chosen:
        return Parsed(keys=(chosen.id,), match=match)
    doubtful = any(candidate.confidence >= WORTH_DECIDING for candidate in candidates)
    return Parsed(match=match, absent="ambiguous" if doubtful else "not_found")


def _offers(media: str, results: Sequence[Fields]) -> Iterator[Offer]:
    for row in results:
        titles = [known for name in _TITLES[media] if (known := text(row.get(name)))]
        if (known_id := positive(row.get("id"))) and titles:
            yield Offer(f"{media}/{known_id}", titles, year(row.get(_DATES[media])))
