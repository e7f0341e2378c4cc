"""What rankings over many ratings cost: seconds and memory, and the same for DuckDB and Polars in the same run.

    python -m tests.battery.rankings [--people 50000] [--each 400] [--viewings]      (two minutes)

So many invented people rate so many of 13,000 films each, with popular and unpopular ones, as one cohort. Ours computes
every ranking from the file, as `aggregate` does, then with two more threads for sorting. The others, where they
are installed, count the same rows from a Parquet file (DuckDB's reader of SQLite files would have to be downloaded) and
compute the Bayesian and the Wilson ranking; the first fifty of each must be the same. Each in a process of its own; all
files lie in a temporary folder.
"""

from __future__ import annotations

import argparse
import datetime
import importlib.util
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from mwi_crawl import config, schema, sources

FILMS = 13_000
SECONDS, MEGABYTES = 120, 200  # that ours may take, on a machine that has other things to do
SHOWN = 50
FIRST_DAY, DAYS = datetime.date(2000, 1, 1), 9_000
NOW = "2026-03-04T12:00:00.000Z"

COUNTED = """
with counted as (
  select
    film_id, count(rating) as n, sum(rating) as total, avg(rating) as mean, min(rated_at) as first_at,
    max(rated_at) as last_at, sum(case when rating >= 3.5 then 1 else 0 end) as liked
  from {source}
  group by film_id
),
scored as (
  select
    film_id, n, n / (n + 25.0) * mean + 25 / (n + 25.0) * (select sum(total) / sum(n) from counted) as bayesian,
    (liked / n + 1.96 ** 2 / (2.0 * n) - 1.96 * sqrt((liked / n * (1 - liked / n) + 1.96 ** 2 / (4.0 * n)) / n))
      / (1 + 1.96 ** 2 / n) as wilson
  from counted
)
select film_id, {score} from scored order by {score} desc, n desc, film_id limit {shown}
"""


def ratings(people: int, each: int) -> Iterator[tuple[int, int, float, str]]:
    """Ratings by one person after the other, each film once: the first films are by far the most popular."""
    dice = random.Random(1).random
    quality = [1.5 + 3 * dice() for _ in range(FILMS + 1)]
    days = [(FIRST_DAY + datetime.timedelta(days=day)).isoformat() for day in range(DAYS + each)]
    for person in range(1, people + 1):
        start = int(dice() * DAYS)
        for number in range(each):
            film = 1 + number + int((FILMS - each) * ((number + dice()) / each) ** 2.2)
            stars = int(2 * (quality[film] + 2 * dice() - 0.5)) / 2
            yield person, film, min(5.0, max(0.5, stars)), days[start + number]


def fill(path: Path, people: int, each: int, viewings: bool) -> None:
    """A file with these ratings. The index is made at the end, and nothing is safe meanwhile: it is thrown away."""
    db = schema.connect(path)
    schema.migrate(db, path)
    db.execute("pragma journal_mode = off")
    db.execute("pragma synchronous = off")
    (index,) = db.execute("select sql from sqlite_master where name = 'ratings_by_film'").fetchone()
    db.execute("drop index ratings_by_film")
    db.execute("begin")
    everybody = [(number,) for number in range(1, people + 1)]
    films = [(number, f"Film {number}") for number in range(1, FILMS + 1)]
    db.executemany("insert into films (film_id, title, created_at, updated_at) values (?, ?, '', '')", films)
    db.executemany("insert into users values (?1, 'person ' || ?1)", everybody)
    db.execute("insert into cohorts values (1, 'everybody', '')")
    db.executemany("insert into cohort_members values (1, ?, 0)", everybody)
    db.executemany(
        "insert into ratings (user_id, film_id, rating, rated_at) values (?, ?, ?, ?)", ratings(people, each)
    )
    db.execute(index)
    if viewings:  # what an import of ratings leaves beside them
        db.execute(
            "insert into watches (user_id, film_id, watched_on, precision, rating) "
            "select user_id, film_id, rated_at, 'rated', rating from ratings"
        )
    db.execute("commit")
    db.close()


def ours(path: Path, *, threads: int | None = None) -> dict[str, Any]:
    """Every ranking, as `aggregate` makes it."""
    from mwi_crawl.aggregate import build

    settings = config.load(sources.discover(), environ={}, cwd=path.parent)
    db = schema.connect(path)
    if threads is not None:
        db.execute(f"pragma threads = {threads}")
    started, used = time.perf_counter(), time.process_time()
    db.execute("begin immediate")
    built = build(db, settings, NOW, only=["film_rankings"])
    db.execute("commit")
    seconds, cpu = time.perf_counter() - started, time.process_time() - used
    firsts = {name: first(db, name) for name in ("bayesian", "wilson")}
    steps = {one.name: round(one.seconds, 2) for one in built if one.seconds >= 0.1}
    return {"seconds": seconds, "cpu": cpu, "firsts": firsts, "steps": steps}


def first(db: Any, strategy: str) -> list[int]:
    question = f"select film_id from ranking_{strategy} where cohort_id = 1 and rank <= ? order by rank"
    return [row[0] for row in db.execute(question, (SHOWN,))]


def to_parquet(path: Path) -> dict[str, Any]:
    """The same rows for the others, through a CSV file."""
    import csv
    import sqlite3

    import duckdb

    started = time.perf_counter()
    rows = sqlite3.connect(path).execute("select user_id, film_id, rating, rated_at from ratings")
    text, parquet = path.with_suffix(".csv"), path.with_suffix(".parquet")
    with text.open("w", newline="", encoding="ascii") as file:
        csv.writer(file).writerows([("user_id", "film_id", "rating", "rated_at")])
        csv.writer(file).writerows(rows)
    duckdb.sql(f"copy (from '{text}') to '{parquet}' (format parquet)")
    text.unlink()
    return {"seconds": time.perf_counter() - started, "megabytes": parquet.stat().st_size / 1e6}


def with_duckdb(path: Path) -> dict[str, Any]:
    import duckdb

    source = f"read_parquet('{path.with_suffix('.parquet')}')"
    return _timed(
        lambda score: [row[0] for row in duckdb.sql(COUNTED.format(source=source, score=score, shown=SHOWN)).fetchall()]
    )


def with_polars(path: Path) -> dict[str, Any]:
    import polars

    def ask(score: str) -> list[int]:
        n, share = polars.col("n"), polars.col("liked") / polars.col("n")
        z = 1.96
        scores = {
            "bayesian": (polars.col("total") + 25 * polars.col("total").sum() / n.sum()) / (n + 25),
            "wilson": (share + z**2 / (2 * n) - z * ((share * (1 - share) + z**2 / (4 * n)) / n).sqrt())
            / (1 + z**2 / n),
        }
        rating = polars.col("rating")
        counted = (
            polars.scan_parquet(path.with_suffix(".parquet"))
            .group_by("film_id")
            .agg(
                n=rating.count(), total=rating.sum(), liked=(rating >= 3.5).sum(),
                first_at=polars.col("rated_at").min(), last_at=polars.col("rated_at").max(),
            )
        )  # fmt: skip
        ranked = counted.with_columns(score=scores[score]).sort(
            ["score", "n", "film_id"], descending=[True, True, False]
        )
        return [int(film) for film in ranked.collect()["film_id"].head(SHOWN)]

    return _timed(ask)


def _timed(ask: Callable[[str], list[int]]) -> dict[str, Any]:
    started, used = time.perf_counter(), time.process_time()
    firsts = {score: ask(score) for score in ("bayesian", "wilson")}
    return {"seconds": time.perf_counter() - started, "cpu": time.process_time() - used, "firsts": firsts}


STEPS: dict[str, Callable[[Path], dict[str, Any]]] = {
    "ours": ours,
    "threads": partial(ours, threads=2),
    "parquet": to_parquet,
    "duckdb": with_duckdb,
    "polars": with_polars,
}


def alone(*words: object) -> dict[str, Any]:
    """What a step found, done in a process of its own, with the most memory that took."""
    command = [sys.executable, "-m", "tests.battery.rankings", *map(str, words)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, Any] = json.loads(done.stdout or "{}")
    return found


def main(people: int, each: int, viewings: bool) -> int:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rankings.db"
        started = time.perf_counter()
        alone("fill", path, people, each, int(viewings))
        size = path.stat().st_size / 1e6
        print(f"{people * each:,} ratings in a file of {size:,.0f} MB, made in {time.perf_counter() - started:.0f} s")
        found = {name: tell(name, path) for name in ("ours", "threads")}
        others = [name for name in ("duckdb", "polars") if importlib.util.find_spec(name)]
        if "duckdb" in others:
            parquet = alone("parquet", path)
            print(f"  Parquet for the others: {parquet['megabytes']:,.0f} MB, made in {parquet['seconds']:.0f} s")
            found |= {name: tell(name, path) for name in others}
    mine = found["ours"]
    wrong = [name for name, each_one in found.items() if each_one["firsts"] != mine["firsts"]]
    failed = [f"{name} ranks otherwise" for name in wrong]
    failed += [f"more than {SECONDS} s"] if mine["seconds"] > SECONDS else []
    failed += [f"more than {MEGABYTES} MB"] if mine["peak"] > MEGABYTES else []
    print("FAILED: " + "; ".join(failed) if failed else "ok")
    return bool(failed)


def tell(name: str, path: Path) -> dict[str, Any]:
    found = alone(name, path)
    steps = f"   {found['steps']}" if "steps" in found else ""
    print(f"  {name:<7} {found['seconds']:6.2f} s ({found['cpu']:.2f} s of a core), {found['peak']:,.0f} MB{steps}")
    return found


if __name__ == "__main__":
    if sys.argv[1:2] == ["fill"]:
        fill(Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), sys.argv[5] == "1")
    elif sys.argv[1:2] and sys.argv[1] in STEPS:
        came_to = STEPS[sys.argv[1]](Path(sys.argv[2]))
        unit = 1e6 if sys.platform == "darwin" else 1024
        print(json.dumps(came_to | {"peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit}))
    else:
        parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
        parser.add_argument("--people", type=int, default=50_000)
        parser.add_argument("--each", type=int, default=400)
        parser.add_argument("--viewings", action="store_true", help="also the viewings that an import would leave")
        given = parser.parse_args()
        sys.exit(main(given.people, given.each, given.viewings))
