"""What YouTube's feeds and its API have in common: the shapes of its ids, and what is made of a video."""

from __future__ import annotations

import re

from mwi_crawl.model import Trailer
from mwi_crawl.sources._values import Json, moment, text
from mwi_crawl.sources._youtube_titles import read_title

EXAMPLE = "UCi8e0iOVk1fEOogdfu4YgfA"  # Rotten Tomatoes Trailers: a channel that is there

_CHANNEL = re.compile(r"(?:UC)?([A-Za-z0-9_-]{22})", re.ASCII)
_PLAYLIST = re.compile(r"(?:PL|UU)[A-Za-z0-9_-]{14,62}", re.ASCII)
_VIDEO = re.compile(r"[A-Za-z0-9_-]{11}", re.ASCII)
_LONGEST = 500  # characters of a title that are kept; YouTube takes 100


def is_channel(said: str) -> bool:
    """Whether this is the id of a channel, as people know it: `UC` and 22 characters."""
    return len(said) == 24 and channel(said) == said


def is_playlist(said: str) -> bool:
    """Whether this is the id of a playlist: `PL…`, or `UU…` for what a channel has uploaded."""
    return _PLAYLIST.fullmatch(said) is not None


def channel(said: Json) -> str | None:
    """A channel's id; feeds give their own without the `UC` at its beginning. None if it is no such id."""
    found = _CHANNEL.fullmatch(text(said) or "")
    return f"UC{found[1]}" if found else None


def uploads(said: str) -> str:
    """The playlist of all that a channel has uploaded; a playlist is its own."""
    return f"UU{said[2:]}" if is_channel(said) else said


def trailer(video_id: Json, of_channel: str, title: Json, published: Json) -> Trailer | None:
    """A video as what its title tells; None without an id or a title. A date that cannot be read is not known."""
    found, raw = _VIDEO.fullmatch(text(video_id) or ""), text(title)
    if found is None or raw is None:
        return None
    told = read_title(raw := raw[:_LONGEST])
    return Trailer(
        video_id=found[0],
        channel=of_channel,
        raw_title=raw,
        kind=told.kind,
        title=told.title,
        year=told.year,
        media_type=told.media_type,
        season=told.season,
        published_at=moment(published),
    )
