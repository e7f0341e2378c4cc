"""What a person decided about doubtful matches: stored, made true at once, and heeded by every later answer.

Plain functions of a connection, for use inside a transaction. A decision is a row of `matches` with `decided_by`
manual: of this film, that source is asked `chosen` and nothing else. What it said of another film before is taken back,
with the ids learnt from that and what other sources were asked by them.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, replace

import orjson

from mwi_crawl import films
from mwi_crawl.errors import InputError
from mwi_crawl.model import Parsed
from mwi_crawl.queries import script, sql

NONE = "none"
"""Chosen where none of what a source offers is the film: it is not asked about it again."""

Id = tuple[str, str]
"""An id of a film: scheme and value."""

_NAMING = ("imdb", "boxd", "letterboxd")
_SCHEMES = {"tmdb": {"movie": "tmdb_movie", "tv": "tmdb_tv"}}  # source → what its keys begin with → the id that follows

# source → how a person may write one of its films → the key it means
_SHAPES: dict[str, tuple[tuple[re.Pattern[str], str], ...]] = {
    "tmdb": (
        (re.compile(r"(movie|tv)/0*([1-9][0-9]{0,9})"), r"\1/\2"),
        (
            re.compile(r"https?://(?:www\.)?themoviedb\.org/(movie|tv)/0*([1-9][0-9]{0,9})(?:[-/?#].*)?"),
            r"\1/\2",
        ),
    ),
    "ddd": (
        (re.compile(r"(?:item/)?0*([1-9][0-9]{0,9})"), r"item/\1"),
        (re.compile(r"https?://(?:www\.)?doesthedogdie\.com/media/0*([1-9][0-9]{0,9})(?:[-/?#].*)?"), r"item/\1"),
    ),
}
SOURCES = tuple(_SHAPES)
"""The sources that look films up by title, so that a match may be doubtful."""


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision as it was stored. `film_id`: the row that stands for the film now. `queued`: the next run asks it."""

    film_id: int
    chosen: str
    queued: bool
    merged: bool = False


def key_meant(source: str, said: str) -> str | None:
    """The key of one of SOURCES that a person means by an id or an address; NONE for `none`; None: it means nothing."""
    said = said.strip()
    if said == NONE:
        return NONE
    return next((found.expand(key) for shape, key in _SHAPES[source] if (found := shape.fullmatch(said))), None)


def source_of_address(said: str) -> str | None:
    """The source at which an address shows a film; None: none does."""
    addressed = said.strip().startswith(("http://", "https://"))
    return next((source for source in SOURCES if addressed and key_meant(source, said)), None)


def id_of(source: str, key: str) -> Id | None:
    """The id that a key of a source names; None where its keys are numbers of its own."""
    kind, _, value = key.partition("/")
    scheme = _SCHEMES.get(source, {}).get(kind)
    return None if scheme is None else (scheme, value)


def of(db: sqlite3.Connection, film_id: int, source: str) -> str | None:
    """What a person decided about a film at a source: a key, or NONE. None: nobody did."""
    row = db.execute(sql("checkpoint/decision"), {"film_id": film_id, "source": source}).fetchone()
    return None if row is None else str(row["chosen"] or NONE)


def decide(
    db: sqlite3.Connection, film_id: int, source: str, chosen: str, now: str, *, one_film: bool = False
) -> Decided:
    """Store what a film is at a source. A TMDb id that is another row's makes the two rows one film.

    An entry of a source whose keys are its own numbers may be about several films: there nothing is made one. Raises
    InputError where the other row is known by another IMDb id, for that cannot be undone, unless `one_film` says so.
    """
    film_id = films.current(db, film_id)
    chosen = _as_offered(db, film_id, source, chosen)
    others = _others(db, film_id, source, chosen)
    if not one_film:
        _see_one_film(db, film_id, others)
    if not _answers(db, film_id, source, chosen):
        _take_back(db, film_id, source, chosen, now)
    if chosen != NONE:
        film_id, chosen = _unite(db, film_id, source, chosen, now)
    values = {"film_id": film_id, "source": source, "chosen": chosen, "key": chosen, "now": now}
    db.execute(sql("checkpoint/save_decision"), values)
    queued = chosen != NONE and not _answers(db, film_id, source, chosen)
    if queued:
        _clear(db, film_id, source)  # what was said of the other row, where two became one
        db.execute(sql("checkpoint/decided_job"), values)
    return Decided(film_id, chosen, queued, merged=bool(others))


def forget(db: sqlite3.Connection, film_id: int, source: str, now: str) -> bool:
    """Take a decision back, with what came of it: the next run finds out anew. Whether there was one.

    Rows that the decision made one film stay one.
    """
    film_id = films.current(db, film_id)
    if of(db, film_id, source) is None:
        return False
    _take_back(db, film_id, source, None, now)
    for statement in script("checkpoint/undecide"):
        db.execute(statement, {"film_id": film_id, "source": source})
    return True


def heed(db: sqlite3.Connection, film_id: int | None, source: str, key: str, parsed: Parsed) -> Parsed:
    """What may be taken from an answer, after what persons decided.

    An answer to another question than the one decided on says nothing of the film, and leads to that one. An id that
    it names does not make its film one with a film that is something else, by a person's word.
    """
    if film_id is None:
        return parsed
    chosen = of(db, film_id, source)
    if chosen is not None and key != chosen:
        return Parsed(keys=() if chosen == NONE else (chosen,), match=parsed.match, absent=parsed.absent)
    if not parsed.ids:
        return parsed
    about = {key, *parsed.keys}
    ids = {
        scheme: value
        for scheme, value in parsed.ids.items()
        if _decided_otherwise(db, film_id, source, (scheme, value)) <= about
    }
    return replace(parsed, ids=ids)


def _decided_otherwise(db: sqlite3.Connection, film_id: int, source: str, of_id: Id) -> set[str]:
    values = {"film_id": film_id, "source": source, "scheme": of_id[0], "value": of_id[1]}
    return {str(row[0] or NONE) for row in db.execute(sql("checkpoint/decided_otherwise"), values)}


def _as_offered(db: sqlite3.Connection, film_id: int, source: str, chosen: str) -> str:
    """The chosen key as the source wrote it where it offered it: it may say whose question it is."""
    row = db.execute(sql("checkpoint/offered"), {"film_id": film_id, "source": source}).fetchone()
    offered = [str(each["id"]) for each in orjson.loads(row["candidates"])] if row else []
    return next((key for key in offered if key.partition("#")[0] == chosen), chosen)


def _others(db: sqlite3.Connection, film_id: int, source: str, chosen: str) -> set[int]:
    """The rows that the chosen film stands for already."""
    named = id_of(source, chosen)
    if named is None:
        return set()
    asked = db.execute(sql("checkpoint/job_film"), {"source": source, "key": chosen}).fetchone()
    bears = db.execute(sql("checkpoint/film_by_alias"), {"scheme": named[0], "value": named[1]}).fetchone()
    return {int(row[0]) for row in (asked, bears) if row is not None and row[0] is not None} - {film_id}


def _see_one_film(db: sqlite3.Connection, film_id: int, others: Iterable[int]) -> None:
    own = _names(db, film_id)
    for _, value in db.execute(sql("checkpoint/learnt_ids"), {"film_id": film_id}):  # may be the very mistake
        own["imdb"].discard(value)
    for other in others:
        theirs = _names(db, other)
        apart = [scheme for scheme in _NAMING if own[scheme] and theirs[scheme] and not own[scheme] & theirs[scheme]]
        if apart:
            named = f"{', '.join(sorted(theirs[apart[0]]))}, and this one is {', '.join(sorted(own[apart[0]]))}"
            raise InputError(
                f"that is another film of yours: {named}.",
                safe="Nothing was changed.",
                todo="If the two are one film, say so; it cannot be undone: mwi-crawl match set … --one-film",
            )


def _names(db: sqlite3.Connection, film_id: int) -> dict[str, set[str]]:
    """The ids of a film by which no other film is known."""
    found: dict[str, set[str]] = {scheme: set() for scheme in _NAMING}
    for scheme, value in db.execute(sql("checkpoint/ids_of_film"), {"film_id": film_id}):
        found.get(scheme, set()).add(value)
    return found


def _unite(db: sqlite3.Connection, film_id: int, source: str, chosen: str, now: str) -> tuple[int, str]:
    """See whose the chosen key is. Returns the row that stands for the film, and the key by which it is asked."""
    row = db.execute(sql("checkpoint/job_film"), {"source": source, "key": chosen}).fetchone()
    other = film_id if row is None or row[0] is None else int(row[0])
    named = id_of(source, chosen)
    if named is None:  # a question belongs to one film: this one asks it in its own name
        return film_id, chosen if other == film_id else f"{chosen.partition('#')[0]}#film:{film_id}"
    if other != film_id:
        keep, drop = sorted((film_id, other))
        films.merge(db, keep, drop, now)
        film_id = keep
    return films.learn(db, film_id, dict([named]), now), chosen


def _answers(db: sqlite3.Connection, film_id: int, source: str, key: str) -> bool:
    values = {"film_id": film_id, "source": source, "key": key}
    return bool(db.execute(sql("checkpoint/decided_answer"), values).fetchone()[0])


def _take_back(db: sqlite3.Connection, film_id: int, source: str, keep: str | None, now: str) -> None:
    """Forget what a source said and was asked of a film, and what followed from that. `keep`: a key whose id stays."""
    _clear(db, film_id, source)
    for other in sorted(_misled(db, film_id, source, _unlearn(db, film_id, source, keep, now))):
        _clear(db, film_id, other)


def _clear(db: sqlite3.Connection, film_id: int, source: str) -> None:
    films.untell(db, film_id, source)
    db.execute(sql("checkpoint/drop_questions"), {"film_id": film_id, "source": source})


def _unlearn(db: sqlite3.Connection, film_id: int, source: str, keep: str | None, now: str) -> set[Id]:
    """Take ids back that a film has from answers about another; where a key is chosen, the source's own ids too.

    Of the ids, those that came with the film stay: a person's file, a list or the configuration knows it by them.
    """
    if source not in _SCHEMES:
        return set()
    ids = {(row[0], row[1]) for row in db.execute(sql("checkpoint/learnt_ids"), {"film_id": film_id})}
    if keep is not None:
        ids |= {(row[0], row[1]) for row in db.execute(sql("checkpoint/tmdb_ids"), {"film_id": film_id})}
        ids.discard(id_of(source, keep) or ("", ""))
    db.executemany("delete from film_aliases where scheme = ? and value = ?", sorted(ids))
    if ids:
        db.execute(sql("checkpoint/show_ids"), {"film_id": film_id, "now": now})
    return ids


def _misled(db: sqlite3.Connection, film_id: int, source: str, ids: Iterable[Id]) -> set[str]:
    """The other sources that were asked about a film by one of these ids."""
    if not (values := "|".join(re.escape(value) for _, value in ids)):
        return set()
    named = re.compile(rf"(?<![0-9A-Za-z])(?:{values})(?![0-9])")
    rows = db.execute(sql("checkpoint/keys_of_film"), {"film_id": film_id, "source": source})
    return {str(row["source"]) for row in rows if named.search(row["key"])}
