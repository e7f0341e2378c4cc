"""TMDb: facts, people, images, keywords and money of films and series, by the documented v3 API.

Keys: `find/tt0133093`, `movie/603`, `tv/1396`; by title, `search/movie/1999/The Matrix` and the like (_tmdb_search.py);
of lists, `list/popular/1` (_tmdb_lists.py); of what changed on a day, `changes/movie/2026-11-20/1` (_tmdb_changes.py).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import ClassVar

from mwi_crawl.identity import imdb_id
from mwi_crawl.model import Credential, MediaType, Parsed, Rate, Request, Response, Seed, Verdict, Wanted
from mwi_crawl.source import Option, Source
from mwi_crawl.sources import _tmdb_changes, _tmdb_errors, _tmdb_lists, _tmdb_search
from mwi_crawl.sources._tmdb_records import KINDS, details
from mwi_crawl.sources._values import Fields, decode, fields, number, positive, rows, text

_APPENDED = {  # at most 20 each; no further request is needed for any of them
    "movie": "credits,keywords,videos,similar,release_dates,external_ids,alternative_titles,images",
    "tv": "aggregate_credits,keywords,videos,similar,content_ratings,external_ids,alternative_titles,images",
}
_EPISODES = ("tv_episode_results", "tv_season_results")
_ONE_REQUEST = (*_APPENDED, "list", "changes")

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
    copy_hours = _tmdb_changes.COPY_HOURS
    lists = _tmdb_lists.NAMES
    pages_per_day = _tmdb_changes.PAGES_PER_DAY
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
        "region": "US",  # whose age rating is the certificate, and whose cinemas the lists are about
        "include_adult": False,  # in searches
    }

    def plan(self, seed: Seed) -> Sequence[str]:
        """By TMDb's id, else by IMDb's, else by title."""
        by_id = tuple(_by_id(seed))
        return tuple(dict.fromkeys((*by_id, *_tmdb_search.keys(seed, by_id))))

    def cost(self, key: str) -> int:
        """A film that has to be looked up takes one request more."""
        return 1 if key.partition("/")[0] in _ONE_REQUEST else 2

    def discover(self, wanted: Wanted) -> Sequence[str]:
        """Pages of lists, at most 500 of each."""
        return tuple(dict.fromkeys(_tmdb_lists.keys(wanted)))

    def changes(self, day: str) -> Mapping[str, str]:
        """Films and series have a list each."""
        return _tmdb_changes.keys(day)

    def request(self, keys: Sequence[str]) -> Request:
        """One film per request, with everything about it appended. Raises ValueError for a key of another shape."""
        (key,) = keys
        language = str(self.settings["language"])
        kind, _, rest = key.partition("/")
        if kind == "search":
            return _tmdb_search.request(key, self.settings)
        if kind == "list":
            return _tmdb_lists.request(key, self.settings)
        if kind == "changes":
            return _tmdb_changes.request(key)
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

    def judge(self, response: Response) -> Verdict:
        """The body's own status_code before the HTTP status."""
        return _tmdb_errors.judge(response)

    def parse(self, key: str, response: Response) -> Parsed:
        """What the answer says. Raises ValueError for an answer that is not one to this key."""
        answer = decode(response.body)
        if not isinstance(answer, dict):
            raise ValueError("the answer is not an object")
        kind, _, asked = key.partition("/")
        if kind in _APPENDED:
            ids = _ids(kind, asked, answer)
            speaks_of, records = details(answer, kind, str(self.settings["region"]))
            return Parsed(speaks_of=speaks_of, records=records, ids=ids)
        if kind not in _READERS:
            raise ValueError(f"not a key of TMDb: {key}")
        return _READERS[kind](key, answer)

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
        told = seed.ids.get(f"tmdb_{media}")
        if told and (known := _TMDB_ID.fullmatch(told.strip())):
            yield f"{media}/{known[1]}"
    if known_to_imdb := imdb_id(seed.ids.get("imdb")):
        yield f"find/{known_to_imdb}"


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


def _found(key: str, answer: Fields) -> Parsed:
    """The film or series with an external id. Where TMDb has it as both, the one that more people know."""
    if not all(isinstance(answer.get(f"{kind}_results"), list) for kind in ("movie", "tv", "person")):
        raise ValueError("the answer has no results")
    films = [
        (media, known, number(row.get("vote_count")) or 0)
        for media in _APPENDED
        for row in rows(answer[f"{media}_results"])
        if (known := positive(row.get("id")))
    ]
    if films:
        media, known, _ = max(films, key=lambda film: film[2])
        return Parsed(keys=(f"{media}/{known}",), ids={f"tmdb_{media}": str(known)})
    if any(answer.get(name) for name in _EPISODES):
        return Parsed(absent="tv_episode")
    return Parsed(absent="person" if answer["person_results"] else "not_found")


_READERS: Mapping[str, Callable[[str, Fields], Parsed]] = {
    "find": _found,
    "search": _tmdb_search.offered,
    "list": _tmdb_lists.listed,
    "changes": _tmdb_changes.changed,
}
