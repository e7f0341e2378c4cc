"""The sides: each does the same job its own way, as a process of its own, in a folder of its own.

    python -m bench.sides.<name> --url URL --documents 5000 --pages 1000 [--workers 64] [--rate 40]

fetches every film of `documents.numbers`, `workers` at once (`rate`: at most so many a second), and stores its eight
fields. Started again in the same folder it goes on, as far as the side can. `--prepare` is called before, where a side
needs its input in a form of its own: that is not measured.
"""

from __future__ import annotations

import argparse
import sqlite3
import sys
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from bench import documents

COLUMNS = ", ".join(documents.FIELDS)
ROWS = f"select number, {COLUMNS} from films"
TABLE = f"create table if not exists films (number integer primary key, {COLUMNS})"
INSERT = f"insert or replace into films values (?{', ?' * len(documents.FIELDS)})"


@dataclass(frozen=True)
class Check:
    """What became of so many films: those with the right row, those without a row, rows that were not served."""

    total: int
    right: int
    missing: int
    wrong: int

    def __str__(self) -> str:
        faults = f" ({self.missing:,} missing, {self.wrong:,} wrong)" if self.missing or self.wrong else ""
        return f"{self.right:,} of {self.total:,}{faults}"


@dataclass(frozen=True)
class Side:
    """`name` is its module; `rows` the question to its `file` that gives a film's number and FIELDS."""

    name: str
    title: str
    packages: Sequence[str] = ()  # whose versions are printed
    options: Sequence[str] = ()
    file: str = "rows.db"
    rows: str = ROWS
    prepares: bool = False

    def command(self, url: str, count: int, pages: int, *more: str) -> list[str]:
        """What to run in the side's folder."""
        words = ["--url", url, "--documents", str(count), "--pages", str(pages), *self.options, *more]
        return [sys.executable, "-m", f"bench.sides.{self.name}", *words]

    def missing(self) -> list[str]:
        """Those of its packages that are not installed."""
        return [*filter(lacking, self.packages)]

    def check(self, folder: Path, films: Iterable[int]) -> Check:
        """Hold its rows against what was served, one by one: this process stays small."""
        wanted = set(films)
        total, right, seen = len(wanted), 0, 0
        if (folder / self.file).exists():
            place = (
                f"{(folder / self.file).as_uri()}?mode=ro"  # so that the log of a side that was killed stays as it is
            )
            with closing(sqlite3.connect(place, uri=True)) as db:
                for number, *row in db.execute(self.rows):
                    seen += 1
                    right += number in wanted and tuple(row) == documents.row(number)
                    wanted.discard(number)
        return Check(total, right, missing=len(wanted), wrong=seen - right)


def lacking(package: str) -> bool:
    """Whether a package is not installed."""
    try:
        metadata.version(package)
    except metadata.PackageNotFoundError:
        return True
    return False


def arguments(*flags: str) -> argparse.Namespace:
    """What every side is told, and the flags that only this one knows."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--documents", type=int, required=True)
    parser.add_argument("--pages", type=int, required=True)
    parser.add_argument("--workers", type=int, default=64)
    parser.add_argument("--rate", type=float, default=0.0)
    parser.add_argument("--bodies", action="store_true")
    parser.add_argument("--prepare", action="store_true")
    for flag in flags:
        parser.add_argument(flag, action="store_true")
    return parser.parse_args()


MWI_ROWS = f"""
select cast(substr(films.imdb_id, 3) as integer), {", ".join(f"film_facts.{name}" for name in documents.FIELDS)}
from film_facts join films using (film_id)
"""

MWI = Side("mwi", "mwi-crawl", file="mwi.db", rows=MWI_ROWS, prepares=True)
MWI_BODIES = Side(
    "mwi", "mwi-crawl, every body kept", options=("--bodies",), file="mwi.db", rows=MWI_ROWS, prepares=True
)
BARE = Side("bare", "bare loop: aiohttp + orjson + selectolax + sqlite3", ("aiohttp", "orjson", "selectolax"))
SCRAPY = Side("scrapy_jobdir", "Scrapy, tuned, JOBDIR", ("scrapy", "twisted", "parsel", "lxml"))
CRAWLEE = Side("crawlee_default", "Crawlee for Python, default storage", ("crawlee", "impit"))
CRAWLEE_MEMORY = Side("crawlee_default", "Crawlee for Python, in memory", ("crawlee", "impit"), options=("--memory",))
HTTPX = Side("httpx_soup", "httpx + BeautifulSoup (lxml) + sqlite3", ("httpx", "beautifulsoup4", "lxml"))

ALL = (BARE, MWI, MWI_BODIES, SCRAPY, CRAWLEE, CRAWLEE_MEMORY, HTTPX)
