"""OMDb: awards, certificates, box office, and IMDb's, Metacritic's and Rotten Tomatoes' scores of films and series.

Keys: `i/tt0133093`. Asked by IMDb id alone: by title OMDb gives one guess, and `matrix` is a series of 1993 there.
An episode is answered by its own id; the id of its series and its number in it are in the answer and have no column.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import ClassVar

from mwi_crawl.identity import imdb_id
from mwi_crawl.model import Credential, Parsed, Rate, Request, Response, Seed, Verdict
from mwi_crawl.source import Option, Source
from mwi_crawl.sources import _omdb_errors
from mwi_crawl.sources._omdb_json import decode
from mwi_crawl.sources._omdb_records import KINDS, details
from mwi_crawl.sources._values import positive, text

_KEY = re.compile(r"i/(tt[0-9]{7,9})", re.ASCII)
_API_KEY = re.compile(r"[0-9a-fA-F]{7,8}")
_IN_ADDRESS = re.compile(r"apikey\W{1,3}([0-9a-zA-Z]+)", re.ASCII | re.IGNORECASE)  # the e-mail has it in an address
_PASTED_ALONG = re.compile("[\\s\"'`“”‘’]+")
_FAMILIAR = "i/tt0133093"  # a film that OMDb has


class Omdb(Source):
    """The Open Movie Database."""

    name = "omdb"
    title = "OMDb"
    base_url = "https://www.omdbapi.com"
    rate = Rate(5, burst=2, concurrency=4)
    kinds = KINDS
    ttl_days = 90
    metered = True
    key_names = ("OMDB_API_KEY",)
    key_url = "https://www.omdbapi.com/apikey.aspx"
    adds = "awards, Metascore, Rotten Tomatoes, certificates, US box office"
    attribution = (
        "Awards and scores by the OMDb API (omdbapi.com), licensed CC BY-NC 4.0: not for commercial use. "
        "Not endorsed by or affiliated with IMDb.com."
    )
    options: ClassVar[Mapping[str, Option]] = {
        "daily_limit": 1000,  # requests a day: that of free keys; 0: no limit known
        "plot": "short",  # or "full", which often tells the end, and more often cannot be read
    }

    def plan(self, seed: Seed) -> Sequence[str]:
        """By IMDb's id, or not at all."""
        known = imdb_id(seed.ids.get("imdb"))
        return (f"i/{known}",) if known else ()

    def request(self, keys: Sequence[str]) -> Request:
        """One title. Raises ValueError for a key of another shape."""
        (key,) = keys
        # r and v are the defaults, said so that another default of theirs does not change the answers
        return Request("/", {"i": _asked(key), "plot": str(self.settings["plot"]), "r": "json", "v": "1"})

    def judge(self, response: Response) -> Verdict:
        """The body's own error before the HTTP status."""
        return _omdb_errors.judge(response)

    def parse(self, key: str, response: Response) -> Parsed:
        """What the answer says. Raises ValueError for an answer that is not one to this key."""
        asked, answer = _asked(key), decode(response.body)
        own = imdb_id(text(answer.get("imdbID")))
        if (text(answer.get("Response")) or "").lower() != "true":
            raise ValueError("the answer does not say that it is one")
        if own != asked:
            raise ValueError(f"asked for {asked}, the answer is about {own}")
        speaks_of, records = details(answer)
        return Parsed(speaks_of=speaks_of, records=records, ids={"imdb": own})

    def quotas(self) -> Mapping[str, int]:
        """The day's requests, which no answer tells. When the day begins is not documented."""
        limit = positive(self.settings["daily_limit"])
        return {"day": limit} if limit else {}

    def authorize(self, secrets: Mapping[str, str]) -> Credential | None:
        """The key goes in the query, which is the only way OMDb takes it."""
        pasted = _PASTED_ALONG.sub("", secrets.get(self.key_names[0], ""))
        found = _IN_ADDRESS.search(pasted)
        key = found[1] if found else pasted
        return Credential(params={"apikey": key}) if _API_KEY.fullmatch(key) else None

    def probe(self) -> Request:
        """A film OMDb has: one request of the day, like every other."""
        return self.request([_FAMILIAR])


def _asked(key: str) -> str:
    """The IMDb id in a key."""
    found = _KEY.fullmatch(key)
    if found is None:
        raise ValueError(f"not a key of OMDb: {key}")
    return found[1]
