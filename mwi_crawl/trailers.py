"""Trailers: videos of channels, stored as they are met and placed with the film that each is of.

Plain functions inside a transaction.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable

from mwi_crawl.model import MediaType, Trailer
from mwi_crawl.queries import sql


def keep(db: sqlite3.Connection, trailers: Iterable[Trailer], now: str) -> None:
    """Store videos; one that is known is brought up to date, and placed anew if its title tells of another film."""
    rows = [
        {
            "video_id": trailer.video_id,
            "channel": trailer.channel,
            "raw_title": trailer.raw_title,
            "kind": trailer.kind,
            "title": trailer.title,
            "release_year": trailer.year,
            "media_type": trailer.media_type,
            "season": trailer.season,
            "published_at": trailer.published_at,
            "now": now,
        }
        for trailer in trailers
    ]
    db.executemany(sql("checkpoint/add_trailer"), rows)


def place(db: sqlite3.Connection, now: str, include: Collection[MediaType]) -> list[str]:
    """Find the film of each trailer."""
    return []
