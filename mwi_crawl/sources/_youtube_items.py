"""A page of a playlist, as the YouTube Data API lists it: its videos, and the token of the page after it.

Titles come as they are (those of searches are escaped as HTML, and are not read here). A video that is no longer shown
keeps its place, under a title that says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mwi_crawl.model import Trailer
from mwi_crawl.sources._values import Fields, fields, rows, text
from mwi_crawl.sources._youtube_videos import channel, trailer

_KIND = "youtube#playlistItemListResponse"
_HIDDEN = ("Private video", "Deleted video")
_TOKEN = re.compile(r"[A-Za-z0-9_.=-]{1,500}", re.ASCII)


def page(asked: str, answer: Fields) -> tuple[tuple[Trailer, ...], str | None]:
    """The videos of a page of the playlist asked for, and the token of the next; None after the last.

    A video that is not said to be of it is left out. Raises ValueError for what is no such page, or another playlist's.
    """
    if answer.get("kind") != _KIND or not isinstance(answer.get("items"), list):
        raise ValueError("the answer is no page of a playlist")
    snippets = [(item, fields(item.get("snippet"))) for item in rows(answer["items"])]
    for _, snippet in snippets:
        if snippet.get("playlistId") not in (None, asked):
            raise ValueError(f"asked for {asked}, the answer is about {snippet['playlistId']!r:.80}")
    own = [(item, snippet) for item, snippet in snippets if snippet.get("playlistId") == asked]
    if answer["items"] and not own:
        raise ValueError("the answer does not say of which playlist it is")
    found = {video.video_id: video for item, snippet in own for video in _video(asked, item, snippet)}
    return tuple(found.values()), _next(answer)


def _next(answer: Fields) -> str | None:
    token = answer.get("nextPageToken")
    if token is None:
        return None
    if not isinstance(token, str) or not _TOKEN.fullmatch(token):
        raise ValueError("the name of the next page is none")
    return token


def _video(asked: str, item: Fields, snippet: Fields) -> Iterator[Trailer]:
    """The video of an item, if it has one that is shown."""
    details = fields(item.get("contentDetails"))
    if text(snippet.get("title")) in _HIDDEN:
        return
    publisher = channel(snippet.get("videoOwnerChannelId")) or channel(snippet.get("channelId")) or asked
    video_id = details.get("videoId") or fields(snippet.get("resourceId")).get("videoId")
    # of a list that somebody put together, the snippet tells only when the video was put on it
    published = details.get("videoPublishedAt") or (snippet.get("publishedAt") if asked.startswith("UU") else None)
    found = trailer(video_id, publisher, snippet.get("title"), published)
    if found is not None:
        yield found
