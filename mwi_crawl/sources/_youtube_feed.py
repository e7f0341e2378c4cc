"""A channel's feed: the proof that it is the one asked for, and its videos.

A feed is Atom with YouTube's own elements, at most the 15 newest videos of a channel or a playlist. A definition of an
entity or of a document type has no place in one and is refused before it can do harm, and so is what is far too large.

YouTube answers 404 and 500 for channels that are there, for hours and now and then for days, with the same page as for
channels that never were. So neither says anything about a channel.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError  # only the names; what reads a feed is defusedxml

from defusedxml.ElementTree import fromstring

from mwi_crawl.model import Outcome, Response, Trailer, Verdict
from mwi_crawl.source import judge_by_status
from mwi_crawl.sources._html import walled
from mwi_crawl.sources._values import text
from mwi_crawl.sources._youtube_videos import channel, trailer

MAX_SIZE = 2_000_000  # bytes; a feed of 15 videos with long descriptions has 100,000

_ATOM = "{http://www.w3.org/2005/Atom}"
_YOUTUBE = "{http://www.youtube.com/xml/schemas/2015}"
_MEDIA = "{http://search.yahoo.com/mrss/}"
_GOOD = (200, 203)
_KEPT = "the channel is kept and asked again next time"


def judge(response: Response) -> Verdict:
    """The meaning of any answer whatever; never raises."""
    status = response.status
    whole = response.body[-200:].rstrip(b"\x00 \t\r\n").endswith(b"</feed>")
    if not whole and (verdict := walled(response, "YouTube's feeds")):
        return verdict
    if status == 404 or status >= 500:
        message = f"YouTube did not give the feed (HTTP {status}), as it happens to channels that are there: {_KEPT}"
        return Verdict(Outcome.RETRY, "feed_weather", message)
    if status in _GOOD and not whole:
        message = f"a page, or a piece, where the feed belongs (HTTP {status}): {_KEPT}"
        return Verdict(Outcome.RETRY, "not_a_feed", message)
    return judge_by_status(response)


def videos(asked: str, body: bytes) -> tuple[Trailer, ...]:
    """The videos of the feed of a channel or playlist, as it orders them.

    Raises ValueError for what is no such feed, or the feed of another. A video without an id or a title is left out.
    """
    feed = _opened(body)
    whose = _whose(feed)
    if whose != asked:
        raise ValueError(f"asked for {asked}, the answer is the feed of {whose or 'nobody'}")
    found = {video.video_id: video for entry in feed.iterfind(f"{_ATOM}entry") for video in _video(asked, entry)}
    return tuple(found.values())


def _opened(body: bytes) -> Element:
    if len(body) > MAX_SIZE:
        raise ValueError(f"hostile_feed: {len(body)} bytes")
    try:
        feed = fromstring(body, forbid_dtd=True)  # its refusals are ValueErrors
    except (ParseError, LookupError) as error:
        raise ValueError(f"the feed is not well-formed XML ({error})") from None
    if feed.tag != f"{_ATOM}feed":
        raise ValueError("the answer is no Atom feed")
    return feed


def _whose(feed: Element) -> str | None:
    """The channel or playlist a feed says it is of: in an element of its own, else in the feed's id."""
    kind, _, named = (text(feed.findtext(f"{_ATOM}id")) or "").removeprefix("yt:").partition(":")
    playlist = text(feed.findtext(f"{_YOUTUBE}playlistId")) or (named if kind == "playlist" else None)
    return playlist or channel(feed.findtext(f"{_YOUTUBE}channelId") or (named if kind == "channel" else None))


def _video(asked: str, entry: Element) -> Iterator[Trailer]:
    """The video of an entry, if it has one."""
    publisher = channel(entry.findtext(f"{_YOUTUBE}channelId")) or asked
    title = text(entry.findtext(f"{_ATOM}title")) or entry.findtext(f"{_MEDIA}group/{_MEDIA}title")
    # `updated` moves with every change of the title or the description
    published = entry.findtext(f"{_ATOM}published")
    found = trailer(entry.findtext(f"{_YOUTUBE}videoId"), publisher, title, published)
    if found is not None:
        yield found
