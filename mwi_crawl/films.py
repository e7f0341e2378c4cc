"""Which row a film has: found by any of its ids, added if it is new, merged when two rows turn out to be one film.

Plain functions of a connection, for use inside a transaction. An id belongs to one film at a time; every id that was
ever known stays in `film_aliases`, a merged row's own number too.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping

from mwi_crawl.model import MediaType, Seed
from mwi_crawl.queries import script, sql

_TMDB = {"tmdb_movie": MediaType.MOVIE, "tmdb_tv": MediaType.TV}


def find(db: sqlite3.Connection, seed: Seed) -> int | None:
    """The film that bears one of the seed's ids or, where there is no doubt, its title and year."""
    for scheme, value in seed.ids.items():
        row = db.execute(sql("checkpoint/film_by_alias"), {"scheme": scheme, "value": value}).fetchone()
        if row is not None:
            return int(row[0])
    return _by_title(db, seed) if seed.title else None


def is_nameless(db: sqlite3.Connection, film_id: int) -> bool:
    """Whether a film is known by its title alone."""
    return not db.execute(sql("checkpoint/has_ids"), {"film_id": film_id}).fetchone()[0]


def add(db: sqlite3.Connection, seed: Seed, *, origin: str, followed: bool, now: str) -> int:
    """A new film row for a seed that `find` does not know."""
    media_type = next((kind for scheme, kind in _TMDB.items() if scheme in seed.ids), seed.media_type)
    cursor = db.execute(
        sql("checkpoint/add_film"),
        {
            "media_type": media_type,
            "title": seed.title,
            "original_title": seed.original_title,
            "release_year": seed.year,
            "followed": int(followed),
            "origin": origin,
            "now": now,
        },
    )
    assert cursor.lastrowid is not None
    return learn(db, cursor.lastrowid, seed.ids, now)


def describe(db: sqlite3.Connection, film_id: int, seed: Seed, *, followed: bool, now: str) -> None:
    """Fill what a film row does not say yet from a seed that means the same film."""
    db.execute(
        sql("checkpoint/describe_film"),
        {
            "film_id": film_id,
            "media_type": seed.media_type,
            "title": seed.title,
            "original_title": seed.original_title,
            "release_year": seed.year,
            "followed": int(followed),
            "now": now,
        },
    )


def learn(db: sqlite3.Connection, film_id: int, ids: Mapping[str, str], now: str) -> int:
    """Note that a film bears these ids. Where one of them is another row's, the two become one: the older stays.

    Returns the number of the row that stands for the film from now on.
    """
    film_id = current(db, film_id)
    for scheme, value in ids.items():
        row = db.execute(sql("checkpoint/film_by_alias"), {"scheme": scheme, "value": value}).fetchone()
        if row is None:
            db.execute(sql("checkpoint/add_alias"), {"scheme": scheme, "value": value, "film_id": film_id, "now": now})
        elif row[0] != film_id:
            keep, drop = sorted((film_id, int(row[0])))
            merge(db, keep, drop, now)
            film_id = keep
        _show(db, film_id, scheme, value, now)
    return film_id


def merge(db: sqlite3.Connection, keep: int, drop: int, now: str) -> None:
    """Make two rows one: everything said of `drop` is said of `keep`, and `drop` stays as an alias.

    Where a person decided what one of them is at a source, that source's answers about the other go.
    """
    if keep == drop:
        raise ValueError("a film cannot be merged with itself")
    for row in db.execute(sql("checkpoint/decided_of_two"), {"keep": keep, "drop": drop}).fetchall():
        overruled = drop if row["film_id"] == keep else keep
        untell(db, overruled, row["source"])
        values = {"film_id": overruled, "source": row["source"], "chosen": row["chosen"]}
        db.execute(sql("checkpoint/drop_overruled"), values)
    touch(db, ())
    for statement in script("checkpoint/merge_films"):
        db.execute(statement, {"keep": keep, "drop": drop, "now": now})
    derive(db)


def untell(db: sqlite3.Connection, film_id: int, source: str) -> None:
    """Take back every record of a source about a film."""
    for statement in script("checkpoint/untell"):
        db.execute(statement, {"film_id": film_id, "source": source})


def touch(db: sqlite3.Connection, pairs: Iterable[tuple[int, int]]) -> None:
    """Name the (user, film) pairs for `derive`."""
    for statement in script("checkpoint/touch"):
        db.execute(statement)
    db.executemany("insert or ignore into temp.touched values (?, ?)", pairs)


def derive(db: sqlite3.Connection) -> None:
    """Make ratings, viewings and list items anew from the imported rows, for the (user, film) pairs in `touched`."""
    for statement in script("checkpoint/derive"):
        db.execute(statement)


def current(db: sqlite3.Connection, film_id: int) -> int:
    """The row that stands for a film now, if it was merged since."""
    row = db.execute(sql("checkpoint/film_by_alias"), {"scheme": "film", "value": str(film_id)}).fetchone()
    return film_id if row is None else int(row[0])


def _show(db: sqlite3.Connection, film_id: int, scheme: str, value: str, now: str) -> None:
    """Put an id into the film's own columns, where it has none of that kind yet."""
    names = {"imdb": "film_imdb", "letterboxd": "film_letterboxd", "tmdb_movie": "film_tmdb", "tmdb_tv": "film_tmdb"}
    if scheme in names:
        values = {"film_id": film_id, "value": value, "media_type": _TMDB.get(scheme), "now": now}
        db.execute(sql(f"checkpoint/{names[scheme]}"), values)


def _by_title(db: sqlite3.Connection, seed: Seed) -> int | None:
    """A film without ids of the same title and year, or the only one that Letterboxd knows by them.

    Rows of a Letterboxd diary name no film id, and rows imported before their ids were known have none. Two films of
    one title and year are not rare, so anything less than this is left to an upstream, or to a person.
    """
    values = {"title": seed.title, "year": seed.year, "media_type": seed.media_type, "with_ids": int(bool(seed.ids))}
    rows = db.execute(sql("checkpoint/films_by_title"), values).fetchall()
    nameless = [int(row[0]) for row in rows if not row[1]]
    named = [int(row[0]) for row in rows if row[1]]
    if nameless:
        return nameless[0]
    return named[0] if len(named) == 1 else None
