"""Trailers: videos of channels, stored as they are met and placed with the film that each is of.

Plain functions inside a transaction. A trailer tells of its film a title and mostly a year, which is the one announced
and may be one off. It is placed where no other film can be meant:

    1. with the trailers of the same title and year that have a film already
    2. with the only known film of that title (identity.normalise_title) whose year is at most one off; a film of which
       no year is known must be the only one that bears the title
    3. without a year, or of a later season: with the only film that bears the title, if it is of about the time when
       the trailer was published

Else it gets a film of its own, known by its title alone. That one is looked up as every film without an id is: the
upstream that finds it gives it its ids, by which it becomes one with its twin (`films.learn`), or a person decides.
So a trailer that could be of two known films is never given to either. A name that an upstream alone knows a film by
is left to that upstream's search for the same reason.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from mwi_crawl import films
from mwi_crawl.identity import normalise_title
from mwi_crawl.model import MediaType, Seed, Trailer
from mwi_crawl.queries import sql

ORIGIN = "youtube:"  # and the channel: what brought such a film in

_YEARS_OFF = 1  # between the year announced and the film's
_YEARS_AROUND = 2  # between a film and a trailer of it that names no year; a new cut of an old film is further away
_NO_LETTERS = bytes(set(range(256)) - set(b"abcdefghjklmnopqrstuwyz"))


@dataclass(frozen=True, slots=True)
class Placed:
    """A trailer that has its film now. `new`: nobody had heard of the film."""

    video_id: str
    film_id: int
    title: str
    year: int | None
    channel: str
    new: bool

    def __str__(self) -> str:
        return f"{self.title} ({self.year})" if self.year else self.title


@dataclass(frozen=True, slots=True)
class Met:
    """Videos of a channel that were met since a time; `others` of both are no trailers."""

    channel: str
    new: int
    known: int
    others: int


@dataclass(slots=True)
class _Film:
    """A film that bears a title, as far as a trailer could contradict it. `said`: the years its trailers tell."""

    film_id: int
    media_type: str | None
    year: int | None
    said: set[int | None] = field(default_factory=set)


_Known = dict[str, list[_Film]]  # by normalised title


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


def place(db: sqlite3.Connection, now: str, include: Collection[MediaType]) -> list[Placed]:
    """Give every trailer its film, a new one where none is known; new ones are followed if of a kind in `include`.

    Where the trailers of a title and year are of several films already, a further one is left without.
    """
    waiting = db.execute(sql("checkpoint/unplaced_trailers")).fetchall()
    placed: list[Placed] = []
    if waiting:
        known = _bearing(db, {normalise_title(row["title"]) for row in waiting})
        placed = [found for row in waiting if (found := _place(db, row, known, now, include))]
    db.execute(sql("checkpoint/year_by_trailers"), {"now": now})
    return placed


def count(db: sqlite3.Connection, since: str) -> list[Met]:
    """How many videos of each channel were met since a time."""
    return [Met(*row) for row in db.execute(sql("checkpoint/count_trailers"), {"since": since})]


def _place(
    db: sqlite3.Connection, row: sqlite3.Row, known: _Known, now: str, include: Collection[MediaType]
) -> Placed | None:
    year, named = _year(row), known[normalise_title(row["title"])]
    fitting = _fitting(row, year, named)
    if len(fitting) > 1 and all(year in film.said for film in fitting):
        return None
    if new := len(fitting) != 1:
        fitting = [_add(db, row, year, now, include)]
        named += fitting
    (film,) = fitting
    film.said.add(year)
    db.execute(sql("checkpoint/place_trailer"), {"film_id": film.film_id, "video_id": row["video_id"]})
    return Placed(row["video_id"], film.film_id, row["title"], row["release_year"], row["channel"], new)


def _add(db: sqlite3.Connection, row: sqlite3.Row, year: int | None, now: str, include: Collection[MediaType]) -> _Film:
    """A film that only its trailer tells of. One that may be anything is followed, as with imported rows."""
    media_type = MediaType(row["media_type"]) if row["media_type"] else None
    seed = Seed(title=row["title"], year=year, media_type=media_type)
    followed = media_type is None or media_type in include
    film_id = films.add(db, seed, origin=f"{ORIGIN}{row['channel']}", followed=followed, now=now)
    return _Film(film_id, media_type, year)


def _fitting(row: sqlite3.Row, year: int | None, named: Iterable[_Film]) -> list[_Film]:
    """The films that a trailer may be of: exactly one is the one."""
    alike = [film for film in named if film.media_type is None or row["media_type"] in (None, film.media_type)]
    if said := [film for film in alike if year in film.said]:
        return said
    if year is None:
        return alike if len(alike) != 1 or _of_the_time(row, alike[0].year) else []
    if len(alike) == 1 and alike[0].year is None:
        return alike
    return [film for film in alike if film.year is not None and abs(film.year - year) <= _YEARS_OFF]


def _year(row: sqlite3.Row) -> int | None:
    """The year of the film a trailer tells of; the one of a later season is not the series'."""
    return None if (row["season"] or 1) > 1 else row["release_year"]


def _of_the_time(row: sqlite3.Row, year: int | None) -> bool:
    """Whether a film of that year may have had the trailer when it was published; a series has them all its life."""
    if year is None or not row["published_at"]:
        return True
    since = int(row["published_at"][:4]) - year
    return since >= -_YEARS_AROUND and (since <= _YEARS_AROUND or (row["season"] or 1) > 1)


def _bearing(db: sqlite3.Connection, wanted: Collection[str]) -> _Known:
    """The films that bear one of these titles, by title, and what their trailers say of them under it."""
    bearing: dict[str, dict[int, _Film]] = {name: {} for name in wanted}
    roughly = {_rough(name) for name in wanted}

    def named(film_id: int, title: str) -> _Film | None:
        if title.isascii() and _rough(title) not in roughly:
            return None
        found = bearing.get(normalise_title(title))
        return None if found is None else found.setdefault(film_id, _film(db, film_id))

    for film_id, title in db.execute(sql("checkpoint/titles_for_trailers")):
        named(film_id, title)
    for row in db.execute(sql("checkpoint/placed_trailers")):
        if film := named(row["film_id"], row["title"]):
            film.said.add(_year(row))
    return {name: list(found.values()) for name, found in bearing.items()}


def _rough(title: str) -> bytes:
    """The letters of an ASCII title in order, which normalising leaves alone: it costs a tenth of normalising.

    Without i, v and x: they may be a number.
    """
    return bytes(sorted(title.lower().replace("&", "and").encode().translate(None, _NO_LETTERS)))


def _film(db: sqlite3.Connection, film_id: int) -> _Film:
    return _Film(*db.execute(sql("checkpoint/film_for_trailers"), {"film_id": film_id}).fetchone())
