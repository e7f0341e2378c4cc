"""The YouTube Data API: what channels published since they are there, 50 videos a request, with a key.

Keys: `uploads/UCi8e0iOVk1fEOogdfu4YgfA/1` for the first page of a channel's uploads (or of a playlist), and as each
page leads to the next, `uploads/UCi8e0iOVk1fEOogdfu4YgfA/2/EAAaBlBUOkNESQ`, as many pages as `pages` says. A request
costs one unit of the day's 10,000; a search would cost a hundred, and none is made.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import ClassVar

from mwi_crawl.model import Credential, Parsed, Rate, Request, Response, Seed, Verdict, Wanted
from mwi_crawl.source import Option, Source
from mwi_crawl.sources import _youtube_errors, _youtube_items
from mwi_crawl.sources._values import decode, fields, positive
from mwi_crawl.sources._youtube_videos import EXAMPLE, is_channel, is_playlist, uploads

_PATH = "/youtube/v3/playlistItems"
_A_PAGE = 50  # videos; the most there are
_KEY = re.compile(r"uploads/([A-Za-z0-9_-]+)/([1-9][0-9]{0,5})(?:/([A-Za-z0-9_.=-]+))?", re.ASCII)
_API_KEY = re.compile(r"[A-Za-z0-9_.-]{20,200}", re.ASCII)
_PASTED_ALONG = re.compile("[\\s\"'`“”‘’]+")  # no key has any of it


class YoutubeApi(Source):
    """The YouTube Data API v3, as far as it lists what a channel has uploaded."""

    name = "youtube_api"
    title = "YouTube Data API"
    base_url = "https://www.googleapis.com"
    rate = Rate(2, burst=1, concurrency=1)
    ttl_days = 30
    max_ttl_days = 30
    metered = True
    feeds = True
    key_names = ("YOUTUBE_API_KEY",)
    key_url = "https://console.cloud.google.com/apis/credentials"
    adds = "trailers of the channels you follow, the older ones too"
    attribution = "Trailers: YouTube (https://www.youtube.com), by YouTube API Services"
    options: ClassVar[Mapping[str, Option]] = {
        "daily_limit": 10_000,  # requests a day: what Google gives every project; 0: no limit known
        "pages": 20,  # of a channel's uploads, 50 videos each, the newest first
    }

    def plan(self, seed: Seed) -> Sequence[str]:
        """Nothing: it is asked about no film."""
        return ()

    def cost(self, key: str) -> int:
        """A page leads to those after it."""
        return max(1, self._pages - int(_parts(key)[1]) + 1)

    def discover(self, wanted: Wanted) -> Sequence[str]:
        """The first page of each channel or playlist; what is the id of neither is left out."""
        known = (each for each in wanted.channels if is_channel(each) or is_playlist(each))
        return tuple(dict.fromkeys(f"uploads/{each}/1" for each in known))

    def request(self, keys: Sequence[str]) -> Request:
        """One page. Raises ValueError for a key of another shape."""
        (key,) = keys
        of, _, token = _parts(key)
        params = {"part": "snippet,contentDetails", "playlistId": uploads(of), "maxResults": str(_A_PAGE)}
        return Request(_PATH, params | ({"pageToken": token} if token else {}))

    def judge(self, response: Response) -> Verdict:
        """Google's own word before the HTTP status."""
        return _youtube_errors.judge(response)

    def parse(self, key: str, response: Response) -> Parsed:
        """The page's videos, trailers or not, and the next page. Raises ValueError for what is no such page."""
        of, number, _ = _parts(key)
        trailers, token = _youtube_items.page(uploads(of), fields(decode(response.body)))
        more = token is not None and int(number) < self._pages
        return Parsed(trailers=trailers, keys=(f"uploads/{of}/{int(number) + 1}/{token}",) if more else ())

    def quotas(self) -> Mapping[str, int]:
        """The day's requests, which no answer tells."""
        limit = positive(self.settings["daily_limit"])
        return {"day": limit} if limit else {}

    def authorize(self, secrets: Mapping[str, str]) -> Credential | None:
        """The key in a header: in the query, where most put it, it would stand in other people's logs."""
        key = _PASTED_ALONG.sub("", secrets.get(self.key_names[0], ""))
        return Credential(headers={"X-Goog-Api-Key": key}) if _API_KEY.fullmatch(key) else None

    def probe(self) -> Request:
        """One video of a channel that is there: one unit, as every other page."""
        return Request(_PATH, {"part": "id", "playlistId": uploads(EXAMPLE), "maxResults": "1"})

    @property
    def _pages(self) -> int:
        return int(self.settings["pages"])


def _parts(key: str) -> tuple[str, str, str | None]:
    """The channel or playlist in a key, the number of its page, and the page's token, which only the first has not."""
    found = _KEY.fullmatch(key)
    if found is None or not (is_channel(found[1]) or is_playlist(found[1])) or (found[2] == "1") != (found[3] is None):
        raise ValueError(f"not a key of the YouTube Data API: {key}")
    return found[1], found[2], found[3]
