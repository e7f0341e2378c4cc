"""YouTube's feeds of channels that publish trailers: the 15 newest videos of each, without a key.

Keys: `feed/UCi8e0iOVk1fEOogdfu4YgfA` (a channel), `playlist/UULF8e0iOVk1fEOogdfu4YgfA` (a playlist; this one is a
channel's long videos). A feed has no second page: what a channel published before is the Data API's to tell
(`youtube_api`).

YouTube's robots.txt asks crawlers to leave the feeds alone. They are published to be subscribed to, and this source is
such a subscriber: it follows no link, takes part only where a person names it or a profile wants channels, and reads
each feed once (docs/decisions/0008).
"""

from __future__ import annotations

from collections.abc import Sequence

from mwi_crawl.model import Parsed, Rate, Request, Response, Seed, Verdict, Wanted
from mwi_crawl.source import Source
from mwi_crawl.sources import _youtube_feed
from mwi_crawl.sources._youtube_videos import EXAMPLE, is_channel, is_playlist


class Youtube(Source):
    """The Atom feeds of www.youtube.com."""

    name = "youtube"
    title = "YouTube feeds"
    base_url = "https://www.youtube.com"
    rate = Rate(1, burst=1, concurrency=1)
    ttl_days = 1
    feeds = True
    adds = "new trailers of the channels you follow, and films that are still to come"
    attribution = "Trailers: YouTube (https://www.youtube.com)"

    def plan(self, seed: Seed) -> Sequence[str]:
        """Nothing: it is asked about no film."""
        return ()

    def discover(self, wanted: Wanted) -> Sequence[str]:
        """The feeds of the channels and playlists; what is the id of neither is left out."""
        channels = (f"feed/{each}" for each in wanted.channels if is_channel(each))
        playlists = (f"playlist/{each}" for each in wanted.channels if is_playlist(each))
        return tuple(dict.fromkeys((*channels, *playlists)))

    def request(self, keys: Sequence[str]) -> Request:
        """One feed. Raises ValueError for a key of another shape."""
        (key,) = keys
        asked = _asked(key)
        return Request("/feeds/videos.xml", {"channel_id" if is_channel(asked) else "playlist_id": asked})

    def judge(self, response: Response) -> Verdict:
        """What is no feed says nothing about a channel."""
        return _youtube_feed.judge(response)

    def parse(self, key: str, response: Response) -> Parsed:
        """The feed's videos, trailers or not. Raises ValueError for what is not the feed asked for."""
        return Parsed(trailers=_youtube_feed.videos(_asked(key), response.body))

    def probe(self) -> Request:
        """The feed of a channel that is there."""
        return self.request([f"feed/{EXAMPLE}"])


def _asked(key: str) -> str:
    """The channel or playlist in a key."""
    kind, _, asked = key.partition("/")
    if not ((kind == "feed" and is_channel(asked)) or (kind == "playlist" and is_playlist(asked))):
        raise ValueError(f"not a key of YouTube's feeds: {key}")
    return asked
