"""IMDb's title pages, as saved from a browser; fetching them is off, because IMDb does not permit it.

Keys: `title/tt0133093`. A body may be the title page of any layout since 2017, its `/reference`, or the page's
`__NEXT_DATA__` alone. What a page says beyond a film's own facts (reviews, the asker's place and session) is not kept.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from mwi_crawl.identity import imdb_id
from mwi_crawl.model import Outcome, Parsed, Rate, Request, Response, Seed, Verdict
from mwi_crawl.source import Source, judge_by_status
from mwi_crawl.sources import _imdb_microdata, _imdb_records
from mwi_crawl.sources._html import wall
from mwi_crawl.sources._imdb_page import OldTitle, is_data, read
from mwi_crawl.sources._imdb_scrub import scrubbed

_KEY = re.compile(r"title/(tt\d{7,9})(/reference)?", re.ASCII)
_GOOD = (200, 203)
_REFUSALS = (202, 401, 403, 405)  # 202 is what the bot challenge comes with
_START, _END = 4096, 4096  # bytes of a page in which its first and its last tag are looked for
_OF_THE_ASKER = ("set-cookie", "x-amz-rid", "x-amz-cf-id", "x-amzn-requestid", "x-amzn-trace-id")


class Imdb(Source):
    """The title pages of www.imdb.com."""

    name = "imdb"
    title = "IMDb pages"
    base_url = "https://www.imdb.com"
    rate = Rate(0.5, burst=1, concurrency=1)
    kinds = _imdb_records.KINDS
    ttl_days = 90
    enabled = False
    why_off = (
        "IMDb does not permit automated access to its pages and answers with a bot challenge (HTTP 202). mwi-crawl "
        "does not work around such walls. Most facts are in the datasets (mwi-crawl datasets fetch), and pages you "
        "saved yourself from the browser can be imported (mwi-crawl import pages FOLDER)."
    )
    pages = True
    adds = "plots, certificates, Metascores, budgets and characters, from pages you saved yourself"
    attribution = (
        "From pages of IMDb (https://www.imdb.com), for personal and non-commercial use only; not affiliated with IMDb."
    )

    def plan(self, seed: Seed) -> Sequence[str]:
        """By IMDb's id only; films, series and episodes alike."""
        known = imdb_id(seed.ids.get("imdb"))
        return (f"title/{known}",) if known else ()

    def request(self, keys: Sequence[str]) -> Request:
        """One page; without the slash at its end IMDb would redirect. Raises ValueError for a key of another shape."""
        (key,) = keys
        _asked(key)
        return Request(f"/{key}/", headers={"Accept-Language": "en-US"})

    def judge(self, response: Response) -> Verdict:
        """The wall of bot protection first, under whatever status: none of its answers is about the film."""
        seen = wall(response)
        if seen is not None:
            message = f"IMDb answered with a bot challenge (HTTP {response.status}, {seen})"
            return Verdict(Outcome.DENIED, "blocked", message)
        if response.status in _REFUSALS:
            return Verdict(Outcome.DENIED, "blocked", f"IMDb refused the page (HTTP {response.status})")
        if response.status in _GOOD and not _whole(response.body):
            return Verdict(Outcome.RETRY, "bad_payload", f"not a whole page (HTTP {response.status})")
        return judge_by_status(response)

    def parse(self, key: str, response: Response) -> Parsed:
        """What the page says. Raises ValueError for one that is no title page, or another title's."""
        asked = _asked(key)
        page = read(response.body)
        if page.id != asked:
            raise ValueError(f"asked for {asked}, the page is about {page.id}")
        said = _imdb_microdata.said(page) if isinstance(page, OldTitle) else _imdb_records.said(page)
        speaks_of, records = said
        return Parsed(speaks_of=speaks_of, records=records, ids={"imdb": page.id})

    def scrub(self, response: Response) -> Response:
        """The page as far as it is about the title. Of an error's page nothing is kept, of a wall's only its mark."""
        headers = {name: value for name, value in response.headers.items() if name.lower() not in _OF_THE_ASKER}
        seen = wall(response)
        if seen is not None:
            body = seen.encode() if seen not in headers else b""
        elif response.status in _GOOD and _is_page(response.body):
            body = scrubbed(response.body)
        else:
            body = b""
        return replace(response, headers=headers, body=body)

    def recognize(self, body: bytes) -> str | None:
        """The title a saved page is about."""
        try:
            return f"title/{read(body).id}"
        except (ValueError, RecursionError):
            return None

    def probe(self) -> Request:
        """A page that has been there since the site's beginnings."""
        return self.request(["title/tt0111161"])


def _asked(key: str) -> str:
    found = _KEY.fullmatch(key)
    known = imdb_id(found[1]) if found else None
    if known is None:
        raise ValueError(f"not a key of IMDb: {key}")
    return known


def _is_page(body: bytes) -> bool:
    return is_data(body) or b"<html" in body[:_START].lower()


def _whole(body: bytes) -> bool:
    """Whether a body is a page, or a page's data, that is not cut off."""
    if is_data(body):
        return body.rstrip()[-1:] == b"}"
    return _is_page(body) and b"</html" in body[-_END:].lower()
