"""Aggregating: `mwi-crawl aggregate` over 20 million invented ratings, all tables and the rankings alone.

    python -m bench.aggregate FILE PEOPLE EACH

makes the file, in a process of its own: what the commands take in memory must not be hidden by what making it took.
"""

from __future__ import annotations

import argparse
import datetime
import random
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from statistics import median

from bench import process, tables
from mwi_crawl import schema

PEOPLE, EACH = 50_000, 400
QUICK = 100, 40
ROUNDS = 3  # at most
FILMS = 13_000
FIRST_DAY, DAYS = datetime.date(2000, 1, 1), 9_000
COMMANDS = {"aggregate": (), "aggregate --only film_rankings": ("--only", "film_rankings")}
SECONDS = 1800.0  # a command may take
COLUMNS = ("command", "wall s", "CPU s", "ratings/s", "peak MB")


def run(rounds: int, *, quick: bool) -> list[tables.Table]:
    people, each = QUICK if quick else (PEOPLE, EACH)
    found: dict[str, list[process.Usage]] = {name: [] for name in COMMANDS}
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "mwi.db"
        making = [sys.executable, "-m", "bench.aggregate", path.name, str(people), str(each)]
        process.run(making, folder=path.parent, seconds=SECONDS)
        megabytes = path.stat().st_size / 1e6
        for _ in range(min(rounds, ROUNDS)):
            for name, words in COMMANDS.items():
                found[name].append(_aggregated(path, people, words))
    title = f"Aggregating {people * each:,} ratings"
    file = f"Of {people:,} people, {FILMS:,} films; a file of {megabytes:,.0f} MB"
    note = f"{file}. The program's start is included. {min(rounds, ROUNDS)} rounds."
    return [tables.Table(title, COLUMNS, [_row(name, found[name], people * each) for name in COMMANDS], notes=(note,))]


def _row(name: str, found: list[process.Usage], count: int) -> tuple[str, ...]:
    wall, cpu = median(each.wall for each in found), median(each.cpu for each in found)
    return name, f"{wall:.1f}", f"{cpu:.1f}", f"{count / wall:,.0f}", f"{median(each.peak for each in found):.0f}"


def _aggregated(path: Path, people: int, words: tuple[str, ...]) -> process.Usage:
    """One run of the command. Raises RuntimeError where it fails, or does not rank the films people rated."""
    command = [sys.executable, "-m", "mwi_crawl", "aggregate", *words, "--db", path.name]
    used = process.run(command, folder=path.parent, seconds=SECONDS)
    with closing(sqlite3.connect(path)) as db:
        (ranked,) = db.execute("select count(*) from ranking_bayesian where cohort_id = 1").fetchone()
        (rated,) = db.execute("select count(distinct film_id) from ratings").fetchone() if people < 1000 else (FILMS,)
    if used.code or not 0.9 * rated <= ranked <= rated:
        raise RuntimeError(f"{used.output}\n{ranked:,} of {rated:,} films are ranked")
    return used


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


def fill(path: Path, people: int, each: int) -> None:
    """A file in which so many people rated so many films each, as one cohort.

    The index is made at the end, and nothing is safe meanwhile: the file is thrown away.
    """
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
    rows = ratings(people, each)
    db.executemany("insert into ratings (user_id, film_id, rating, rated_at) values (?, ?, ?, ?)", rows)
    db.execute(index)
    db.execute("commit")
    db.execute("pragma journal_mode = wal")
    db.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("people", type=int)
    parser.add_argument("each", type=int)
    given = parser.parse_args()
    fill(given.file, given.people, given.each)


if __name__ == "__main__":
    main()
