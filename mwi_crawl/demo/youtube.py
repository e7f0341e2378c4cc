"""YouTube's feeds and its Data API, as two channels of trailers of the demo's films.

The channels are the ones asked by default; what they publish here is made up from films.csv, the same each time. One
names the year, as `Drive Trailer #1 (2011)`, the other shouts and does not, as `DRIVE | Official Trailer | MUBI`; some
films are on both, some have two trailers, and some videos are none. As at the real ones a feed has the 15 newest videos
and no ETag, and a channel that is not there is a page of HTML.
"""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any
from xml.sax.saxutils import escape  # writes; nothing is read

import orjson

from mwi_crawl.demo.films import Film, bundled
from mwi_crawl.demo.misbehaviour import Ask
from mwi_crawl.model import Response

ROTTEN_TOMATOES = "UCi8e0iOVk1fEOogdfu4YgfA"
MUBI = "UCb6-VM5UQ4Czj_d3m9EPGfg"
CHANNELS = {ROTTEN_TOMATOES: "Rotten Tomatoes Trailers", MUBI: "MUBI"}

_NEWEST = 15  # videos in a feed
_A_PAGE = 50  # videos on a page of the Data API, at most
_HIDDEN = 11  # place of a channel's video that is private
_FEED_HEADERS = {"content-type": "text/xml; charset=UTF-8", "cache-control": "private, max-age=900"}
_JSON_HEADERS = {"content-type": "application/json; charset=UTF-8", "cache-control": "private"}
_NOT_FOUND = Response(
    404,
    {"content-type": "text/html; charset=UTF-8", "referrer-policy": "no-referrer"},
    b"<!DOCTYPE html>\n<html lang=en>\n  <title>Error 404 (Not Found)</title>\n  <p><b>404.</b> No such page.\n",
)

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Video:
    """A video of a channel."""

    id: str
    channel: str
    title: str
    published: str  # to the second, in UTC


class FakeYoutube:
    """A YouTube of two channels. After `quota` pages the Data API says that the day's quota is spent."""

    def __init__(self, quota: int | None = None) -> None:
        self.quota = quota
        self.used = 0

    def answer(self, ask: Ask) -> Response | None:
        """YouTube's answer; None for what is neither a feed nor a page of the Data API."""
        if ask.path == "/feeds/videos.xml":
            return _feed(ask.params)
        if ask.path == "/youtube/v3/playlistItems":
            return self._page(ask)
        return None

    def _page(self, ask: Ask) -> Response:
        if not ask.headers.get("x-goog-api-key"):
            return _error(403, "forbidden", "The request is missing a valid API key.", "PERMISSION_DENIED")
        if self.quota is not None and self.used >= self.quota:
            return _error(403, "quotaExceeded", "You have exceeded your quota.", None)
        self.used += 1
        asked = ask.params.get("playlistId", "")
        if (channel := _channel(asked)) is None:
            return _error(404, "playlistNotFound", "The playlist cannot be found.", None)
        first = _offset(ask.params.get("pageToken"))
        if first is None or first >= len(videos(channel)):
            return _error(400, "invalidPageToken", "The page token is not valid.", None)
        return _json(200, _listed(asked, channel, first, _size(ask.params.get("maxResults"))))


@cache
def videos(channel: str) -> Sequence[Video]:
    """What a channel has published, the newest first."""
    made = (_of_rotten_tomatoes if channel == ROTTEN_TOMATOES else _of_mubi)()
    found = [Video(_id(channel, title, published), channel, title, published) for title, published in made]
    return sorted(found, key=lambda video: (video.published, video.id), reverse=True)


def _of_rotten_tomatoes() -> Iterator[tuple[str, str]]:
    for place, film in enumerate(_newest()[::2]):
        yield f"{film.title} Trailer #1 ({film.year})", _before(film, 150)
        if place % 4 == 1:
            star = f" - {film.cast[0]} Movie HD" if film.cast else ""
            yield f"{film.title} Official Trailer #2 ({film.year}){star}", _before(film, 60)
        if place % 9 == 4:
            yield f"{film.title} Featurette - Making It ({film.year})", _before(film, 20)


def _of_mubi() -> Iterator[tuple[str, str]]:
    for place, film in enumerate(_newest()[::3]):
        yield f"{film.title.upper()} | Official Trailer | MUBI", _before(film, 45)
        if place % 6 == 2 and film.directors:
            yield f"{film.directors[0]} in conversation | MUBI", _before(film, 5)


@cache
def _newest() -> Sequence[Film]:
    return sorted(bundled(), key=lambda film: (film.release_date, film.tmdb_id), reverse=True)


def _before(film: Film, days: int) -> str:
    return f"{date.fromisoformat(film.release_date) - timedelta(days)}T16:00:{film.tmdb_id % 60:02}"


def _id(*about: str) -> str:
    """An id of the shape of YouTube's."""
    return urlsafe_b64encode(hashlib.sha256(" ".join(about).encode()).digest())[:11].decode()


def _channel(playlist: str) -> str | None:
    """The channel whose uploads (UU…), or long videos (UULF…), a playlist holds."""
    own = playlist.removeprefix("UULF" if len(playlist) == 26 else "UU")
    return f"UC{own}" if f"UC{own}" in CHANNELS and own != playlist else None


# the feed


def _feed(params: Mapping[str, str]) -> Response:
    asked = params.get("channel_id", "")
    playlist = params.get("playlist_id", "")
    channel = asked if asked in CHANNELS else _channel(playlist)
    if channel is None:
        return _NOT_FOUND
    if asked:  # without its beginning, as in the real one
        own = f" <id>yt:channel:{channel[2:]}</id>\n <yt:channelId>{channel[2:]}</yt:channelId>"
    else:
        own = f" <id>yt:playlist:{playlist}</id>\n <yt:playlistId>{playlist}</yt:playlistId>"
    parts = (_HEAD.format(own=own, channel=channel, name=CHANNELS[channel]), *map(_entry, _shown(channel)[:_NEWEST]))
    return Response(200, _FEED_HEADERS, f"{''.join(parts)}</feed>\n".encode())


def _shown(channel: str) -> Sequence[Video]:
    return [video for place, video in enumerate(videos(channel)) if place != _HIDDEN]


def _entry(video: Video) -> str:
    return _ENTRY.format(
        id=video.id,
        channel=video.channel,
        title=escape(video.title),
        name=CHANNELS[video.channel],
        published=f"{video.published}+00:00",
        # an hour later, when somebody put the description right
        updated=f"{video.published[:11]}17{video.published[13:]}+00:00",
    )


_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns:yt="http://www.youtube.com/xml/schemas/2015" xmlns:media="http://search.yahoo.com/mrss/" \
xmlns="http://www.w3.org/2005/Atom">
{own}
 <title>{name}</title>
 <link rel="alternate" href="https://www.youtube.com/channel/{channel}"/>
 <author>
  <name>{name}</name>
  <uri>https://www.youtube.com/channel/{channel}</uri>
 </author>
 <published>2010-01-01T00:00:00+00:00</published>
"""
_ENTRY = """ <entry>
  <id>yt:video:{id}</id>
  <yt:videoId>{id}</yt:videoId>
  <yt:channelId>{channel}</yt:channelId>
  <title>{title}</title>
  <link rel="alternate" href="https://www.youtube.com/watch?v={id}"/>
  <author>
   <name>{name}</name>
   <uri>https://www.youtube.com/channel/{channel}</uri>
  </author>
  <published>{published}</published>
  <updated>{updated}</updated>
  <media:group>
   <media:title>{title}</media:title>
   <media:description></media:description>
   <media:community>
    <media:statistics views="0"/>
   </media:community>
  </media:group>
 </entry>
"""


# the Data API


def _offset(token: str | None) -> int | None:
    """The place of a page's first video; None for a token that was never given."""
    own = token.removeprefix("DEMO") if token else "0"
    return int(own) if own.isascii() and own.isdecimal() and own != token else None


def _size(said: str | None) -> int:
    return min(int(said), _A_PAGE) if said and said.isdecimal() and int(said) else 5


def _listed(playlist: str, channel: str, first: int, size: int) -> Json:
    there = videos(channel)
    items = [_item(playlist, at, video) for at, video in enumerate(there[first : first + size], first)]
    following = {"nextPageToken": f"DEMO{first + size}"} if first + size < len(there) else {}
    return {
        "kind": "youtube#playlistItemListResponse",
        "etag": hashlib.sha256(repr(items).encode()).hexdigest()[:27],
        **following,
        "items": items,
        "pageInfo": {"totalResults": len(there), "resultsPerPage": size},
    }


def _item(playlist: str, place: int, video: Video) -> Json:
    hidden = place == _HIDDEN
    owner = {} if hidden else {"videoOwnerChannelTitle": CHANNELS[video.channel], "videoOwnerChannelId": video.channel}
    return {
        "kind": "youtube#playlistItem",
        "id": f"demo.{video.id}",
        "snippet": {
            "publishedAt": f"{video.published}Z",
            "channelId": video.channel,
            "title": "Private video" if hidden else video.title,
            "description": "This video is private." if hidden else "",
            "thumbnails": {},
            "channelTitle": CHANNELS[video.channel],
            "playlistId": playlist,
            "position": place,
            "resourceId": {"kind": "youtube#video", "videoId": video.id},
            **owner,
        },
        "contentDetails": {"videoId": video.id, **({} if hidden else {"videoPublishedAt": f"{video.published}Z"})},
    }


def _error(status: int, reason: str, message: str, name: str | None) -> Response:
    errors = [{"message": message, "domain": "youtube.playlistItem", "reason": reason}]
    said: Json = {"code": status, "message": message, "errors": errors}
    return _json(status, {"error": said | ({"status": name} if name else {})})


def _json(status: int, value: Json) -> Response:
    return Response(status, _JSON_HEADERS, orjson.dumps(value))
