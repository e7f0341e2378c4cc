"""How fast, and in how much memory, the rows about our films are found in one of IMDb's files.

    python tests/battery/datasets.py                          the readers one might use, on 2,000,000 rows
    python tests/battery/datasets.py --load --rows 20000000   the real `datasets load`, beside a plain count

A `title.principals.tsv.gz` of IMDb's shape is invented (`--crlf`: with CRs); 3,000 of its films are "ours".
Each reader runs in a process of its own, in turn, `--times` times; medians are printed. Those that are not installed
(duckdb, polars, isal) are left out: the program needs none of them.
"""

from __future__ import annotations

import argparse
import gzip
import importlib.util
import json
import os
import random
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import closing
from pathlib import Path

KNOWN = 3000
MOST = 15  # rows of one title
MIDDLE = (1 + MOST) // 2
SLICE = 20_000  # rows written at a time
HEAD = ("tconst", "ordering", "nconst", "category", "job", "characters")
CATEGORIES = ("actor", "actress", "self", "director", "producer", "writer", "cinematographer", "archive_footage")
PARTS = ('["Neo"]', '["Zoë \\"Z\\" O\'Neil"]', '["Self - Host"]', '["Man with 5\\" knife","Twin"]', '["名無し"]', '["]')
JOBS = ("\\N", "\\N", "director of photography", 'executive producer (as "B.")')

Reader = Callable[[Path, Collection[str]], int]


def rows(count: int, known: set[str]) -> Iterator[str]:
    """So many rows without ends of lines, half of them of ids of eight digits; the ids of our films go to `known`."""
    dice, title, left = random.Random(7), 0, count
    every = max(1, count // MIDDLE // KNOWN)
    while left:
        title += 1
        id = f"tt{title * 3:07d}" if left > count // 2 else f"tt{10_000_000 + title * 2}"
        if title % every == 0 and len(known) < KNOWN:
            known.add(id)
        cast = min(left, dice.randint(1, MOST))
        left -= cast
        for ordering in range(1, cast + 1):
            toss = dice.random()
            category = CATEGORIES[int(toss * 8)]
            part = PARTS[int(toss * 1e6) % 6] if toss < 0.375 else "\\N"
            yield f"{id}\t{ordering}\tnm{int(toss * 16e6):07d}\t{category}\t{JOBS[int(toss * 1e5) % 4]}\t{part}"


def make(path: Path, count: int, *, crlf: bool) -> list[str]:
    """Write the file, and beside it the ids of our films, which are returned."""
    end, known, waiting = "\r\n" if crlf else "\n", set[str](), ["\t".join(HEAD)]
    with gzip.open(path, "wb", compresslevel=6) as file:
        for row in rows(count, known):
            waiting.append(row)
            if len(waiting) >= SLICE:
                file.write((end.join(waiting) + end).encode())
                waiting.clear()
        if waiting:
            file.write((end.join(waiting) + end).encode())
    path.with_suffix(".ids").write_text("\n".join(sorted(known)))
    return sorted(known)


def plain(path: Path, ids: Collection[str]) -> int:
    """The count by which the others are judged: every line, split in the simplest way."""
    wanted = {id.encode() for id in ids}
    with gzip.open(path) as file:
        return sum(line.split(b"\t")[0] in wanted for line in file)


def csv_module(path: Path, ids: Collection[str]) -> int:
    """The standard library's csv."""
    import csv

    wanted = set(ids)
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return sum(row[0] in wanted for row in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def ours(path: Path, ids: Collection[str]) -> int:
    """What the program does."""
    from mwi_crawl.datasets.tsv import Table

    wanted, kept = dict.fromkeys((id.encode() for id in ids), 0), 0
    for progress in Table(path, "tconst", HEAD[1:]).scan(wanted, lambda *_: None):
        kept = progress.kept
    return kept


def ours_isal(path: Path, ids: Collection[str]) -> int:
    """The same with another decompressor in the place of zlib."""
    from isal import isal_zlib

    from mwi_crawl.datasets import tsv

    class Fast:
        error = isal_zlib.error
        decompressobj = staticmethod(isal_zlib.decompressobj)

    tsv.zlib = Fast  # type: ignore[attr-defined]
    return ours(path, ids)


def duckdb(path: Path, ids: Collection[str]) -> int:
    """DuckDB's CSV reader and a semi-join."""
    import duckdb

    with duckdb.connect(config={"memory_limit": "512MB", "threads": 2}) as db:
        db.execute("create table ids as select unnest(?) as id", [list(ids)])
        question = (
            r"select * from read_csv(?, delim='\t', header=true, quote='', escape='', nullstr='\N', all_varchar=true) "
            "semi join ids on tconst = id"
        )
        return len(db.execute(question, [str(path)]).fetchall())


def polars(path: Path, ids: Collection[str]) -> int:
    """Polars' streaming engine."""
    import polars as pl

    lazy = pl.scan_csv(path, separator="\t", quote_char=None, null_values=r"\N", infer_schema=False)
    return int(lazy.filter(pl.col("tconst").is_in(list(ids))).collect(engine="streaming").height)


READERS: dict[str, tuple[Reader, str]] = {
    "ours": (ours, "zlib"),
    "plain": (plain, "zlib"),
    "csv": (csv_module, "csv"),
    "ours-isal": (ours_isal, "isal"),
    "duckdb": (duckdb, "duckdb"),
    "polars": (polars, "polars"),
}


def measured(name: str, path: Path) -> dict[str, float]:
    """Run one reader in this process."""
    ids = path.with_suffix(".ids").read_text().split()
    started = time.perf_counter()
    kept = READERS[name][0](path, ids)
    seconds = time.perf_counter() - started
    return {"kept": kept, "seconds": seconds, "mb": peak()}


def peak() -> float:
    """The most memory this process ever had, in MB. What `getrusage` tells counts its parent's, before the `exec`."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text().partition("VmHWM:")[2].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def compare(path: Path, count: int, times: int) -> int:
    """Run the readers in turn and print medians. Returns 0 if all that took part kept the same rows."""
    names = [name for name, (_, module) in READERS.items() if importlib.util.find_spec(module)]
    found: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    for _ in range(times):
        for name in names:
            command = [sys.executable, __file__, "--reader", name, "--file", str(path)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                print(f"{name:10} fails: {done.stderr.strip().splitlines()[-1][:200]}")
            else:
                found[name].append(json.loads(done.stdout))
    base = statistics.median(each["seconds"] for each in found["ours"])
    for name, runs in found.items():
        if runs:
            seconds = statistics.median(each["seconds"] for each in runs)
            mb, kept = max(each["mb"] for each in runs), {int(each["kept"]) for each in runs}
            speed = f"{count / seconds / 1e6:5.2f} M rows/s  x{base / seconds:4.2f}"
            print(f"{name:10} {speed}  peak {mb:6.1f} MB  kept {kept}")
    return int(len({each["kept"] for runs in found.values() for each in runs}) != 1)


def load(path: Path, ids: list[str], count: int) -> int:
    """Run `datasets load` and print its figures. Returns 0 if it kept what a plain count finds."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "ids.txt").write_text("\n".join(ids))
        program = [sys.executable, "-m", "mwi_crawl"]
        subprocess.run([*program, "import", "ids", "ids.txt", "-q"], cwd=folder, check=True)
        started = time.perf_counter()
        process = subprocess.Popen(
            [*program, "datasets", "load", "--dir", str(path.parent), "--json"],
            cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        assert process.stdout is not None
        summary = json.loads(process.stdout.read())
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        assert status == 0, status
        with closing(sqlite3.connect(folder / "mwi.db")) as db:
            credits = db.execute("select count(*) from credits").fetchone()[0]
    (file,) = [each for each in summary["files"] if each["name"] == "title.principals"]
    expected = plain(path, ids)
    print(f"datasets load: {file['rows']:,} rows read, {file['kept']:,} kept (plain count {expected:,}), "
          f"{credits:,} credits")  # fmt: skip
    print(f"{count / file['seconds'] / 1e6:.2f} M rows/s reading, {count / seconds / 1e6:.2f} M rows/s all told "
          f"({seconds:.1f} s), peak {usage.ru_maxrss / 1024:.1f} MB")  # fmt: skip
    return int((file["rows"], file["kept"], file["odd"]) != (count, expected, 0))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--crlf", action="store_true")
    parser.add_argument("--load", action="store_true")
    parser.add_argument("--reader", choices=READERS)
    parser.add_argument("--file", type=Path)
    given = parser.parse_args()
    if given.reader:
        print(json.dumps(measured(given.reader, given.file)))
        return 0
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "title.principals.tsv.gz"
        started = time.perf_counter()
        ids = make(path, given.rows, crlf=given.crlf)
        seconds, megabytes = time.perf_counter() - started, path.stat().st_size / 1e6
        print(f"{given.rows:,} rows invented in {seconds:.0f} s, {megabytes:.0f} MB, {len(ids):,} films are ours")
        if given.load:
            return load(path, ids, given.rows)
        return compare(path, given.rows, given.times)


if __name__ == "__main__":
    sys.exit(main())
