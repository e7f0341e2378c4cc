"""Planning: how many jobs a second the planner makes of films nobody was asked about."""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from bench import process, tables
from bench.sides import mwi
from mwi_crawl import config, plan, runs, schema
from mwi_crawl.plan import Scope
from mwi_crawl.planner import Planner
from mwi_crawl.report import Report
from mwi_crawl.settle import iso
from mwi_crawl.source import Source
from mwi_crawl.sources.tmdb import Tmdb
from mwi_crawl.store import Store

FILMS = 1_000_000
QUICK = 2_000
WANTED = 100_000  # jobs a second
SECONDS = 600.0  # a plan may take
PAGE = 2_000  # rows in a transaction of the plain loop

SOURCES: dict[str, type[Source]] = {"documents": mwi.Documents, "tmdb": Tmdb}
CASES = (
    ("plain", "executemany of ready rows into `jobs`", ""),
    ("documents", "planner, a source with one key for a film", ""),
    ("tmdb", "planner, TMDb", ""),
    ("tmdb", "planner, TMDb, films in no order", "shuffled"),
)
"""Who plans, in words, and how the films are ordered: by their IMDb ids, as in IMDb's own files, or as in a history."""


def run(rounds: int, *, quick: bool) -> list[tables.Table]:
    films = QUICK if quick else FILMS
    found: dict[str, list[dict[str, float]]] = {title: [] for _, title, _ in CASES}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for order in ("", "shuffled"):
            fill(folder / f"films{order}.db", films, shuffled=bool(order))
        for _ in range(rounds):
            for who, title, order in CASES:
                shutil.copy(folder / f"films{order}.db", folder / "mwi.db")
                used = process.run([sys.executable, "-m", "bench.planning", who], folder=folder, seconds=SECONDS)
                if used.code:
                    raise RuntimeError(f"{title} ended with {used.code}: {used.output}")
                found[title].append(json.loads(used.output))
                for name in ("mwi.db", "mwi.db-wal", "mwi.db-shm"):
                    (folder / name).unlink(missing_ok=True)
    return [_table(films, found)]


def fill(path: Path, films: int, *, shuffled: bool = False) -> None:
    """A file with so many followed films, each with an IMDb id; by plain SQL, as that is not what is measured."""
    db = schema.connect(path)
    schema.migrate(db, path)
    number = "(n * 7368787) % 9999991" if shuffled else "n"  # of a prime's multiples no two are alike
    db.execute("begin immediate")
    db.execute(
        f"""
        with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < ?)
        insert into films (title, release_year, imdb_id, created_at, updated_at)
        select 'Film ' || n, 1900 + n % 120, 'tt' || printf('%07d', {number}), '2026-01-01', '2026-01-01' from numbers
        where n <= ?
        """,
        (films, films),
    )
    db.execute("insert into film_aliases select 'imdb', imdb_id, film_id, created_at from films")
    db.execute("commit")
    db.execute("pragma wal_checkpoint(truncate)")
    db.close()


def _table(films: int, found: dict[str, list[dict[str, float]]]) -> tables.Table:
    def middle(title: str, what: str) -> float:
        return median(each[what] for each in found[title])

    rows = [
        (
            title,
            f"{middle(title, 'jobs') / middle(title, 'wall'):,.0f}",
            f"{1e6 * middle(title, 'cpu') / middle(title, 'jobs'):.1f}",
            f"{middle(title, 'wall'):.1f}",
        )
        for _, title, _ in CASES
    ]
    targets = [
        tables.Target(title, f"≥ {WANTED:,} jobs/s", f"{rate:,.0f}", rate >= WANTED)
        for who, title, _ in CASES
        if who != "plain" and (rate := middle(title, "jobs") / middle(title, "wall"))
    ]
    columns = ("who", "jobs/s", "CPU-µs per job", "wall s")
    return tables.Table(f"Planning {films:,} films", columns, rows, targets)


def plain(path: Path, films: int) -> int:
    """The rows a planner would write, ready made, a statement for each: what SQLite lets through."""
    db = schema.connect(path)
    now = iso(datetime.now(UTC))
    run_id = runs.begin(db, "full", "{}", now).run_id
    words = "insert into jobs (source, key, film_id, state, ready_at, run_id) values (?, ?, ?, 'pending', ?, ?)"
    for first in range(1, films + 1, PAGE):
        rows = [("plain", str(film), film, now, run_id) for film in range(first, min(first + PAGE, films + 1))]
        db.execute("begin immediate")
        db.executemany(words, rows)
        db.execute("commit")
    db.close()
    return films


async def planned(path: Path, source: Source) -> int:
    """Plan a run as the engine does; the number of its jobs."""
    settings = config.load(SOURCES, overrides={"paths": {"db": str(path)}}, environ={})
    async with Store(path) as store:
        now, sources = datetime.now(UTC), {source.name: source}
        run = await store.transact(runs.begin, "full", "{}", iso(now))
        await store.transact(plan.choose, Scope(), sources, now)
        await Planner(store, settings, run, Scope(), sources, Report(), lambda: False).begin()
        return await store.read(plan.due, run.run_id, source.name)


def _films(path: Path) -> int:
    with sqlite3.connect(path) as db:
        found = int(db.execute("select count(*) from films").fetchone()[0])
    db.close()
    return found


def main(given: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("who", choices=["plain", *SOURCES])
    who, path = parser.parse_args(given).who, Path("mwi.db")
    films = _films(path)
    wall, cpu = time.perf_counter(), time.process_time()
    jobs = plain(path, films) if who == "plain" else asyncio.run(planned(path, SOURCES[who]({})))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(json.dumps({"jobs": jobs, "wall": wall, "cpu": cpu}))


if __name__ == "__main__":
    main()
