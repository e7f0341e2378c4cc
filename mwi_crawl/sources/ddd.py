"""DoesTheDogDie: what is in a film that somebody may not want to see, by the documented v3 API.

A film takes two requests: a look-up by id or title (`items/…`), and the entry it leads to (`item/10752`). The keys are
written and read in `_ddd_keys`. Two standing keys, `topics` and `topiccategories`, are about no film: they group the
topics of all. Its terms want films to be looked up one by one, so ids are never counted through.

The older site's JSON is read as well as today's, but its addresses are never asked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import ClassVar

from mwi_crawl.model import Allowance, Credential, Parsed, Rate, Request, Response, Seed, Verdict
from mwi_crawl.source import Option, Source
from mwi_crawl.sources import _ddd_errors, _ddd_keys, _ddd_scrub, _ddd_search, _ddd_warnings
from mwi_crawl.sources._values import decode

_API = "/api/v3"
_API_KEY = re.compile(r"[\x21-\x7e]{8,200}")
_PASTED_ALONG = re.compile("[\\s\"'`“”‘’]+")  # no key has any of it


class Ddd(Source):
    """DoesTheDogDie.com."""

    name = "ddd"
    title = "DoesTheDogDie"
    base_url = "https://www.doesthedogdie.com"
    rate = Rate(0.45, burst=2, concurrency=2)  # 27 a minute; 30 are allowed
    kinds = _ddd_warnings.KINDS
    ttl_days = 30
    max_ttl_days = 30
    key_names = ("DDD_API_KEY",)
    key_url = "https://www.doesthedogdie.com/profile"
    adds = "content warnings"
    metered = True
    standing = _ddd_warnings.STANDING
    attribution = "Powered by DoesTheDogDie.com"  # these words and no others, as a link to base_url
    options: ClassVar[Mapping[str, Option]] = {
        "monthly_limit": 5000,  # requests a month that the key allows; 0: not known
    }

    def plan(self, seed: Seed) -> Sequence[str]:
        """By IMDb's id, by TMDb's, by title and year: many entries have only one of them."""
        return tuple(dict.fromkeys(_ddd_keys.planned(seed)))

    def cost(self, key: str) -> int:
        """A look-up leads to an entry."""
        return 2 if key.startswith("items/") else 1

    def request(self, keys: Sequence[str]) -> Request:
        """One look-up, one entry, or one part of the vocabulary. Raises ValueError for a key of another shape."""
        (key,) = keys
        if key in self.standing:
            return Request(f"{_API}/{key}")
        if key.startswith("item/"):
            return Request(f"{_API}/items/{_ddd_keys.entry(key)}")
        asked = _ddd_keys.lookup(key)
        if asked.title is None:
            by, value = key.partition("#")[0].split("/")[1:]
            return Request(f"{_API}/items", {by.removesuffix("_tv"): value})
        if asked.year is None:
            return Request(f"{_API}/items", {"q": asked.title})
        return Request(f"{_API}/items", {"name": asked.title, "releaseYear": f"{asked.year:04}"})

    def scrub(self, response: Response) -> Response:
        """Without people: only what is known to be about films and topics is kept. Raises ValueError if that fails."""
        return _ddd_scrub.scrub(response)

    def judge(self, response: Response) -> Verdict:
        """The code in the body before the HTTP status."""
        return _ddd_errors.judge(response)

    def allowances(self, response: Response) -> Sequence[Allowance]:
        """What is left of the minute and of the month: every answer says it."""
        return tuple(_ddd_errors.allowances(response))

    def quotas(self) -> Mapping[str, int]:
        """The month's requests."""
        limit = int(self.settings["monthly_limit"])
        return {"month": limit} if limit > 0 else {}

    def parse(self, key: str, response: Response) -> Parsed:
        """What the answer says. Raises ValueError for an answer that is not one to this key."""
        answer = decode(response.body)
        if key in self.standing:
            return _ddd_warnings.vocabulary(key, answer)
        if key.startswith("item/"):
            return _ddd_warnings.item(_ddd_keys.entry(key), answer)
        return _ddd_search.found(_ddd_keys.lookup(key), answer)

    def authorize(self, secrets: Mapping[str, str]) -> Credential | None:
        """The key in its own header, without what was pasted along with it."""
        key = _PASTED_ALONG.sub("", secrets.get(self.key_names[0], ""))
        return Credential(headers={"X-API-KEY": key}) if _API_KEY.fullmatch(key) else None

    def probe(self) -> Request:
        """Small, and refused without a good key."""
        return Request(f"{_API}/topicsupercategories")
