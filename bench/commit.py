"""Committing: what it costs to make an answer durable, with all that is stored beside its rows.

    python -m bench.commit WHAT WHO COUNT

stores COUNT answers in mwi.db of the current folder and prints what that took.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import re
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from statistics import median

from bench import documents, process, tables
from mwi_crawl import runs, schema
from mwi_crawl.demo.misbehaviour import Ask
from mwi_crawl.demo.tmdb import FakeTmdb
from mwi_crawl.model import Job, JobState, Outcome, Parsed, Record, Request, Response, Result, Settled
from mwi_crawl.queries import sql
from mwi_crawl.sources.tmdb import Tmdb
from mwi_crawl.store import Store
from mwi_crawl.writer import Writer

COUNTS = {"facts": 20_000, "tmdb": 3_000}
QUICK = 64
TITLES = {"facts": "one row of facts, 12 KB of JSON", "tmdb": "a film of TMDb with its credits, keywords …"}
SIDES = {
    "plain": "sqlite3, executemany of the rows alone, 64 answers at once",
    "rows": "mwi-crawl, bodies not kept",
    "bodies": "mwi-crawl, every body kept",
}
WORKERS = 64  # that wait for their answer to be durable, each with one
SECONDS = 300.0  # one of them may take
NOW = "2026-03-04T12:00:00.000Z"
COLUMNS = (
    "answers",
    "who",
    "rows each",
    "CPU-µs per answer",
    "CPU-µs per row",
    "wall µs per answer",
    "answers per commit",
    "ratio",
)

_Found = dict[tuple[str, str], list[dict[str, float]]]


def run(rounds: int, *, quick: bool) -> list[tables.Table]:
    found: _Found = {(what, who): [] for what in TITLES for who in SIDES}
    for _ in range(rounds):
        for (what, who), figures in found.items():
            with tempfile.TemporaryDirectory() as place:
                count = QUICK if quick else COUNTS[what]
                command = [sys.executable, "-m", "bench.commit", what, who, str(count)]
                used = process.run(command, folder=Path(place), seconds=SECONDS)
                if used.code:
                    raise RuntimeError(used.output)
                figures.append(json.loads(used.output))
    note = f"CPU of the whole process while it stores, for {WORKERS} workers, `synchronous` is FULL. Ratio: of the CPU."
    return [tables.Table("Committing", COLUMNS, [_row(found, *which) for which in found], notes=(note,))]


def _row(found: _Found, what: str, who: str) -> tuple[str, ...]:
    def middle(name: str, who: str = who) -> float:
        return median(each[name] for each in found[what, who])

    per_row = middle("cpu") / middle("rows")
    figures = (
        f"{middle('rows'):.0f}",
        f"{middle('cpu'):.0f}",
        f"{per_row:.1f}",
        f"{middle('wall'):.0f}",
        f"{middle('batch'):.0f}",
    )
    return TITLES[what], SIDES[who], *figures, f"{middle('cpu') / middle('cpu', 'plain'):.1f}"


def answers(what: str) -> Iterator[tuple[str, Response, Parsed]]:
    """Any number of answers about different films: the key, the answer, and what it says."""
    return _facts() if what == "facts" else _films()


def _facts() -> Iterator[tuple[str, Response, Parsed]]:
    number = 0
    while number := number + 1:
        values = dict(zip(documents.FIELDS, documents.row(number), strict=True))
        parsed = Parsed(("film_facts",), (Record("film_facts", values),))
        yield f"movie/{number}", Response(200, {}, documents.document(number)), parsed


def _films() -> Iterator[tuple[str, Response, Parsed]]:
    source, upstream = Tmdb(), FakeTmdb(100_000)
    for film in upstream.films:
        key = f"movie/{film.tmdb_id}"
        request = source.request([key])
        response = upstream.answer(Ask("GET", request.path, request.params))
        assert response is not None
        yield key, response, source.parse(key, response)


def prepared(db: sqlite3.Connection, what: str, count: int) -> tuple[int, list[Settled]]:
    """A run with so many films and questions, and the answers, ready to be stored. Returns the run's id and these."""
    run_id = runs.begin(db, "full", "{}", NOW).run_id
    runs.open_lane(db, run_id, "tmdb", count)
    ready = []
    for number, (key, response, parsed) in enumerate(islice(answers(what), count), 1):
        db.execute("insert into films (film_id, created_at, updated_at) values (?, ?, ?)", (number, NOW, NOW))
        db.execute(
            "insert into jobs (job_id, source, key, film_id, state, ready_at, run_id) "
            "values (?, 'tmdb', ?, ?, 'pending', ?, ?)",
            (number, key, number, NOW, run_id),
        )
        job, request = Job(number, "tmdb", key, number), Request(f"/{key}")
        result = Result(job, Outcome.OK, status=200, request=request, response=response, parsed=parsed)
        ready.append(Settled(result, JobState.DONE, 0, 0, None, NOW, Tmdb.version))
    return run_id, ready


def plain(db: sqlite3.Connection, ready: Sequence[Settled]) -> int:
    """Store the rows and nothing else. Returns the number of commits."""
    statements: dict[str, tuple[str, list[str]]] = {}
    for first in range(0, len(ready), WORKERS):
        rows: dict[str, list[list[object]]] = {"people": []}  # credits point to people
        for settled in ready[first : first + WORKERS]:
            known = {"film_id": settled.result.job.film_id, "source": "tmdb"}
            assert settled.result.parsed is not None
            for record in settled.result.parsed.records:
                if record.kind not in statements:
                    text = sql(f"record/{record.kind}")
                    statements[record.kind] = re.sub(r":[a-z_]+", "?", text), re.findall(r":([a-z_]+)", text)
                values = {**record.values, **known}
                rows.setdefault(record.kind, []).append([values.get(name) for name in statements[record.kind][1]])
        db.execute("begin immediate")
        for kind, each in rows.items():
            if each:
                db.executemany(statements[kind][0], each)
        db.execute("commit")
    return -(-len(ready) // WORKERS)


async def written(store: Store, run_id: int, ready: Sequence[Settled], *, bodies: bool) -> int:
    """Store the answers as the engine does. Returns the number of commits."""
    commits: Counter[str] = Counter()
    transact = store.transact

    async def counted(work: Callable[..., object], *given: object, **more: object) -> object:
        commits["all"] += 1
        return await transact(work, *given, **more)

    store.transact = counted  # type: ignore[assignment, method-assign]
    waiting = iter(ready)

    async def work(writer: Writer) -> None:
        for settled in waiting:
            await writer.save([settled])

    async with Writer(store, run_id, lambda saved: None, keep_bodies=bodies) as writer:
        await asyncio.gather(*(work(writer) for _ in range(WORKERS)))
    return commits["all"]


async def stored(path: Path, what: str, who: str, count: int) -> dict[str, float]:
    """Prepare and store. What it took, per answer."""
    async with Store(path) as store:
        run_id, ready = await store.transact(prepared, what, count)
        gc.collect()
        gc.freeze()  # a run never has so many answers in memory for the collector to walk through
        wall, cpu = time.perf_counter(), time.process_time()
        if who == "plain":
            commits = await store.read(plain, ready)
        else:
            commits = await written(store, run_id, ready, bodies=who == "bodies")
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    rows = sum(len(each.result.parsed.records) for each in ready if each.result.parsed)
    return {"cpu": 1e6 * cpu / count, "wall": 1e6 * wall / count, "batch": count / commits, "rows": rows / count}


def check(path: Path, count: int) -> None:
    """Raise if not every answer left its facts."""
    db = schema.connect_readonly(path)
    (found,) = db.execute("select count(*) from film_facts").fetchone()
    db.close()
    if found != count:
        raise RuntimeError(f"{found} of {count} answers are stored")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=TITLES)
    parser.add_argument("who", choices=SIDES)
    parser.add_argument("count", type=int)
    given = parser.parse_args()
    figures = asyncio.run(stored(Path("mwi.db"), given.what, given.who, given.count))
    check(Path("mwi.db"), given.count)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
