"""Films that come from elsewhere: what a run asks about lists and channels, and which of the films found it follows.

Plain functions inside a transaction. A list is kept whole; of its films that nobody follows yet, a run follows as many
as it may, the first places first. What a list or a trailer brought in is then crawled as every other film is.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence

import orjson

from mwi_crawl import films, trailers
from mwi_crawl.model import Listed, MediaType, Wanted
from mwi_crawl.queries import sql
from mwi_crawl.source import Source
from mwi_crawl.trailers import Placed


def ask(db: sqlite3.Connection, run_id: int, source: Source, wanted: Wanted, now: str) -> int:
    """Give the run the pages of lists and the channels that are wanted of a source. Returns how many."""
    values = {"run_id": run_id, "source": source.name, "now": now, "again": 1}
    rows = [{**values, "key": key} for key in source.discover(wanted)]
    db.executemany(sql("checkpoint/add_discovery_job"), rows)
    return len(rows)


def keep(db: sqlite3.Connection, source: str, listed: Listed, now: str) -> None:
    """Store a page of a list; a film met for the first time is known from now on, and not followed yet."""
    db.execute(sql("checkpoint/add_list"), {"name": listed.name, "user_id": None, "origin": source, "now": now})
    found = db.execute(sql("checkpoint/list"), {"name": listed.name, "origin": source}).fetchone()[0]
    page = {"list_id": found, "first": listed.first, "last": listed.last}
    db.execute(sql("checkpoint/clear_list_page"), page)
    for place, seed in listed.seeds.items():
        film_id = films.find(db, seed)
        if film_id is None:
            film_id = films.add(db, seed, origin=f"{source}:{listed.name}", followed=False, now=now)
        db.execute(sql("checkpoint/add_list_item"), {"list_id": found, "film_id": film_id, "position": place})


def place(db: sqlite3.Connection, run_id: int, include: Collection[MediaType], now: str) -> list[Placed]:
    """Give every trailer its film; new ones are films that the run has found."""
    placed = trailers.place(db, now, include)
    found = [each.film_id for each in placed if each.new]
    db.executemany(sql("checkpoint/add_run_film"), [_found(run_id, "youtube", film_id) for film_id in found])
    return placed


def follow(
    db: sqlite3.Connection,
    run_id: int,
    lists: Sequence[str],
    most: int,
    include: Collection[MediaType],
    now: str,
) -> int:
    """Follow films of these lists that nobody follows yet, at most `most` in all of the run. Returns how many now."""
    before = db.execute(sql("checkpoint/found_films"), {"run_id": run_id}).fetchone()[0]
    values = {"lists": orjson.dumps(list(lists)).decode(), "include": orjson.dumps(sorted(include)).decode()}
    rows = db.execute(sql("checkpoint/followable"), {**values, "limit": max(0, most - before)}).fetchall()
    db.executemany(sql("checkpoint/follow_film"), [{"film_id": row["film_id"], "now": now} for row in rows])
    found = [_found(run_id, row["origin"], row["film_id"]) for row in rows]
    db.executemany(sql("checkpoint/add_run_film"), found)
    return len(found)


def _found(run_id: int, source: str, film_id: int) -> dict[str, object]:
    return {"run_id": run_id, "source": source, "film_id": film_id, "what": "found"}
