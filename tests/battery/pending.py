"""What a long queue costs: `python -m tests.battery.pending [films]` (about a minute for a million).

A run is planned with 1,000 and with so many films, then begun: in a process each, whose memory is measured. The films
are put in by plain SQL; planned and handed out they are as the engine does it, with TMDb's own planning.
"""

from __future__ import annotations

import asyncio
import json
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mwi_crawl import checkpoint, plan, runs, schema
from mwi_crawl.model import Outcome, Parsed, Record, Response, Result
from mwi_crawl.plan import Scope
from mwi_crawl.settle import iso, settle
from mwi_crawl.sources.tmdb import Tmdb
from mwi_crawl.store import Store

FEW, MANY = 1_000, 1_000_000
PAGES, PAGE = 50, 256  # read while the run is under way; as a lane reads them
START = (-(2**31), 0)

MORE_MEMORY = 30.0  # MB that the long queue may take more
WANTED = 100_000  # jobs planned in a second
JOBS_PER_SECOND = 30_000  # and at least, on a machine that has other things to do
SLOWER = 5.0  # times that a page of the long queue may take


def fill(path: Path, films: int) -> None:
    """A file with so many followed films, each with an IMDb id."""
    db = schema.connect(path)
    schema.migrate(db, path)
    db.execute("begin immediate")
    db.execute(
        """
        with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < ?)
        insert into films (title, release_year, imdb_id, created_at, updated_at)
        select 'Film ' || n, 1900 + n % 120, 'tt' || printf('%07d', n), '2026-01-01', '2026-01-01' from numbers
        """,
        (films,),
    )
    db.execute("insert into film_aliases select 'imdb', imdb_id, film_id, created_at from films")
    db.execute("commit")
    db.close()


async def measure(path: Path) -> dict[str, Any]:
    """Plan a run and begin it; seconds, jobs and memory."""
    source, scope, now = Tmdb(), Scope(), datetime.now(UTC)
    async with Store(path) as store:
        run = (await store.transact(runs.begin, "full", "{}", iso(now))).run_id
        started = time.perf_counter()
        await store.transact(plan.choose, scope, {source.name: source}, now)
        await store.transact(plan.requeue, run, source, scope, now)
        after: int | None = 0
        while after is not None:
            after = await store.transact(plan.page, run, source, scope, after, iso(now))
        planned = time.perf_counter() - started
        jobs = await store.read(plan.due, run, source.name)
        await store.transact(runs.open_lane, run, source.name, jobs)
        pages, saves = await work(store, run, source)
        started = time.perf_counter()
        await store.read(checkpoint.next_ready, run, source.name)
        next_ready = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    times = {"plan": planned, "page": median(pages), "save": median(saves), "next_ready": next_ready}
    return {"jobs": jobs, "peak_mb": peak, **times}


async def work(store: Store, run: int, source: Tmdb) -> tuple[list[float], list[float]]:
    """Some pages of a pass, each answered in one transaction. Seconds of each page and of each answered page."""
    place, pages, saves = START, [], []
    for _ in range(PAGES):
        now = datetime.now(UTC)
        started = time.perf_counter()
        page = await store.read(checkpoint.pending, run, source.name, place, PAGE, iso(now))
        pages.append(time.perf_counter() - started)
        if not page:
            break
        place = page[-1][0]
        parsed = Parsed(("scores",), (Record("scores", {"system": "tmdb", "value": 7.0, "scale": 10.0}),))
        answers = [
            settle(
                Result(job, Outcome.OK, response=Response(200, {}, job.key.encode()), parsed=parsed),
                now=now,
                max_retries=3,
                dice=0.5,
                version=1,
            )
            for _, job in page
        ]
        started = time.perf_counter()
        await store.transact(checkpoint.save, run, answers, keep_bodies=True)
        saves.append(time.perf_counter() - started)
    return pages, saves


def median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


def child(films: int, folder: Path) -> dict[str, Any]:
    """The measure of a process of its own; the file is filled by another, so that its memory does not count."""
    path = folder / f"{films}.db"
    for what in ("fill", "measure"):
        command = [sys.executable, "-m", "tests.battery.pending", what, str(path), str(films)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def main(films: int) -> int:
    with tempfile.TemporaryDirectory() as folder:
        few, many = (child(number, Path(folder)) for number in (FEW, films))
    for found in (few, many):
        print(
            f"{found['jobs']:>9,} jobs: planned in {found['plan']:.2f} s ({found['jobs'] / found['plan']:,.0f}/s), "
            f"page of {PAGE} in {found['page'] * 1000:.2f} ms, saved in {found['save'] * 1000:.1f} ms, "
            f"next_ready in {found['next_ready'] * 1000:.1f} ms, peak {found['peak_mb']:.1f} MB"
        )
    more, rate = many["peak_mb"] - few["peak_mb"], many["jobs"] / many["plan"]
    slower = many["page"] / few["page"]
    print(f"memory {more:+.1f} MB, planning {rate:,.0f} jobs/s (wanted: {WANTED:,})")
    print(f"a page takes {slower:.2f} times as long")
    failed = [
        words
        for words, fine in (
            (f"more than {MORE_MEMORY} MB more memory", more <= MORE_MEMORY),
            (f"fewer than {JOBS_PER_SECOND:,} jobs/s planned", rate >= JOBS_PER_SECOND or films < MANY),
            (f"a page takes more than {SLOWER} times as long", slower <= SLOWER),
        )
        if not fine
    ]
    print("FAILED: " + "; ".join(failed) if failed else "ok")
    return bool(failed)


if __name__ == "__main__":
    if sys.argv[1:2] == ["fill"]:
        fill(Path(sys.argv[2]), int(sys.argv[3]))
    elif sys.argv[1:2] == ["measure"]:
        print(json.dumps(asyncio.run(measure(Path(sys.argv[2])))))
    else:
        sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else MANY))
