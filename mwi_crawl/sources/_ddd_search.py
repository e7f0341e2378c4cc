"""Which of the entries that DoesTheDogDie offers is the film, if any.

Entries are made by everybody: some exist twice, some are junk, and an IMDb id is missing even from well-known ones. An
entry is taken for an id of the film; else, where it was looked up by title, for the same title and year, if it denies
nothing that is known of the film. A similar title is another film.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mwi_crawl.identity import WORTH_DECIDING, Offer, imdb_id, rank
from mwi_crawl.model import Match, MediaType, Parsed
from mwi_crawl.sources._ddd_keys import Lookup
from mwi_crawl.sources._values import Fields, Json, fields, positive, rows, text, year

_TYPES = {15: MediaType.MOVIE, 16: MediaType.TV}  # the others are books, games, comics …
_OFFERED = 10  # candidates kept of a search


@dataclass(frozen=True, slots=True)
class _Entry:
    """One entry offered, of a film or series."""

    number: int
    titles: Sequence[str]
    year: int | None
    media: MediaType
    imdb: str | None
    tmdb: int | None
    votes: int

    @property
    def weight(self) -> tuple[int, bool]:
        """By which entries of the same film are compared: votes, then whether anybody cared to name an id."""
        return self.votes, bool(self.imdb or self.tmdb)


def found(asked: Lookup, answer: Json) -> Parsed:
    """Where a look-up leads. Raises ValueError for an answer that offers nothing and does not say so."""
    fitting = [entry for entry in _offered(answer) if not _denies(entry, asked)]
    confirmed = [entry for entry in fitting if _confirms(entry, asked)]
    if asked.title is not None:
        return _by_title(asked, asked.title, fitting, confirmed)
    if not confirmed:
        return Parsed(absent="not_found")
    return Parsed(keys=(asked.entry(_heaviest(confirmed).number, confirmed=True),))


def _by_title(asked: Lookup, title: str, fitting: Sequence[_Entry], confirmed: Sequence[_Entry]) -> Parsed:
    key = {entry.number: asked.entry(entry.number, confirmed=entry in confirmed) for entry in fitting}
    candidates = rank(title, asked.year, (Offer(key[entry.number], entry.titles, entry.year) for entry in fitting))
    certain = {candidate.id for candidate in candidates if candidate.confidence == 1.0}
    same = [entry for entry in fitting if key[entry.number] in certain]
    chosen = _heaviest(confirmed) if confirmed else _only(same)
    offered = tuple(candidates[:_OFFERED])
    if chosen:
        return Parsed(keys=(key[chosen.number],), match=Match(title, asked.year, offered, key[chosen.number]))
    doubtful = any(candidate.confidence >= WORTH_DECIDING for candidate in candidates)
    return Parsed(match=Match(title, asked.year, offered), absent="ambiguous" if doubtful else "not_found")


def _only(same: Sequence[_Entry]) -> _Entry | None:
    """The one among entries of one title and year; None if they are two films, or nothing tells the junk from it."""
    different = len({entry.imdb for entry in same} - {None}) > 1 or len({entry.tmdb for entry in same} - {None}) > 1
    if not same or different:
        return None
    first, *others = sorted(same, key=lambda entry: entry.weight, reverse=True)
    return None if others and others[0].weight == first.weight else first


def _heaviest(entries: Iterable[_Entry]) -> _Entry:
    return max(entries, key=lambda entry: entry.weight)  # of equals the first one offered


def _confirms(entry: _Entry, asked: Lookup) -> bool:
    if asked.imdb is not None and entry.imdb == asked.imdb:
        return True
    return asked.tmdb is not None and (entry.tmdb, entry.media) == (asked.tmdb, asked.media)


def _denies(entry: _Entry, asked: Lookup) -> bool:
    return (
        (asked.media is not None and entry.media is not asked.media)
        or (None not in (asked.imdb, entry.imdb) and asked.imdb != entry.imdb)
        or (None not in (asked.tmdb, entry.tmdb) and asked.tmdb != entry.tmdb)
    )


def _offered(answer: Json) -> list[_Entry]:
    """The films and series among the entries: a bare list, or `items` as the older site answers."""
    listed = answer if isinstance(answer, list) else fields(answer).get("items")
    if not isinstance(listed, list):
        raise ValueError("the answer is not a list of entries")
    readable = [row for row in rows(listed) if positive(row.get("id")) and _type(row)]
    if listed and not readable:
        raise ValueError("no entry has an id and a type")
    entries = [entry for row in readable if (entry := _entry(row))]
    return list({entry.number: entry for entry in reversed(entries)}.values())[::-1]


def _type(row: Fields) -> int | None:
    named = (row.get("itemTypeId"), row.get("ItemTypeId"), fields(row.get("itemType")).get("id"))
    return next(filter(None, map(positive, named)), None)


def _entry(row: Fields) -> _Entry | None:
    number, media = positive(row.get("id")), _TYPES.get(_type(row) or 0)
    if number is None or media is None:
        return None
    return _Entry(
        number,
        titles=[title for name in ("name", "altName") if (title := text(row.get(name)))],
        year=year(str(row.get("releaseYear"))),
        media=media,
        imdb=imdb_id(text(row.get("imdbId"))),
        tmdb=positive(row.get("tmdbId")),
        votes=positive(row.get("numRatings")) or 0,
    )
