"""Reading IMDb's files: `mwi-crawl datasets load` of 20 million invented rows, beside the simplest count of them."""

from __future__ import annotations

import argparse
import gzip
import json
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from bench import process, tables

ROWS, QUICK = 20_000_000, 50_000
KNOWN = 3000  # films that are ours
MOST = 15  # rows of one title
MIDDLE = (1 + MOST) // 2
SLICE = 20_000  # rows written at a time
SECONDS = 900.0  # one reading may take
NAME = "title.principals.tsv.gz"
HEAD = ("tconst", "ordering", "nconst", "category", "job", "characters")
CATEGORIES = ("actor", "actress", "self", "director", "producer", "writer", "cinematographer", "archive_footage")
PARTS = ('["Neo"]', '["Zoë \\"Z\\" O\'Neil"]', '["Self - Host"]', '["Man with 5\\" knife","Twin"]', '["名無し"]', '["]')
JOBS = ("\\N", "\\N", "director of photography", 'executive producer (as "B.")')
COLUMNS = ("who", "M rows/s", "wall s", "CPU s", "peak MB")


def run(rounds: int, *, quick: bool) -> list[tables.Table]:
    count = QUICK if quick else ROWS
    loads: list[tuple[process.Usage, dict[str, float]]] = []
    counts: list[process.Usage] = []
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        make(folder / "files" / NAME, folder / "ids.txt", count)
        megabytes = (folder / "files" / NAME).stat().st_size / 1e6
        for _ in range(rounds):
            counts.append(_counted(folder))
            loads.append(_loaded(folder, count, int(counts[-1].output)))
    reading = median(count / file["seconds"] / 1e6 for _, file in loads)
    rows = [
        _row("the loop a person would write: gzip, split, a set of ids", count, counts),
        _row("mwi-crawl datasets load, from its start to the commit", count, [it for it, _ in loads]),
    ]
    kept = f"{int(loads[0][1]['kept']):,} rows are kept, as that loop counts"
    note = f"{megabytes:.1f} MB, {KNOWN:,} films are ours; {kept}. The reading alone: {reading:.2f} M rows/s."
    return [tables.Table(f"Reading {count:,} rows of {NAME}", COLUMNS, rows, notes=(note,))]


def _row(who: str, count: int, found: list[process.Usage]) -> tuple[str, ...]:
    wall, cpu, peak = (median(getattr(each, name) for each in found) for name in ("wall", "cpu", "peak"))
    return who, f"{count / wall / 1e6:.2f}", f"{wall:.1f}", f"{cpu:.1f}", f"{peak:.0f}"


def _counted(folder: Path) -> process.Usage:
    command = [sys.executable, "-m", "bench.datasets", f"files/{NAME}", "ids.txt"]
    return _well(process.run(command, folder=folder, seconds=SECONDS))


def _loaded(folder: Path, count: int, expected: int) -> tuple[process.Usage, dict[str, float]]:
    """Load into a new file. Raises RuntimeError if it kept other rows than were expected."""
    for each in folder.glob("mwi.db*"):
        each.unlink()
    program = [sys.executable, "-m", "mwi_crawl"]
    subprocess.run([*program, "import", "ids", "ids.txt", "--db", "mwi.db", "-q"], cwd=folder, check=True)
    command = [*program, "datasets", "load", "--dir", "files", "--db", "mwi.db", "--json"]
    used = _well(process.run(command, folder=folder, seconds=SECONDS))
    said = json.loads(used.output[used.output.index("{") : used.output.rindex("}") + 1])
    (file,) = [each for each in said["files"] if each["name"] == "title.principals"]
    if (file["rows"], file["kept"], file["odd"]) != (count, expected, 0):
        raise RuntimeError(f"not {count:,} rows with {expected:,} of ours: {file}")
    return used, file


def _well(used: process.Usage) -> process.Usage:
    if used.code:
        raise RuntimeError(used.output)
    return used


def make(path: Path, ids: Path, count: int) -> None:
    """Write a file of so many rows, and beside it the ids of our films."""
    known, waiting = set[str](), ["\t".join(HEAD)]
    path.parent.mkdir(exist_ok=True)
    with gzip.open(path, "wb", compresslevel=6) as file:
        for row in rows(count, known):
            waiting.append(row)
            if len(waiting) >= SLICE:
                file.write(("\n".join(waiting) + "\n").encode())
                waiting.clear()
        file.write("".join(f"{row}\n" for row in waiting).encode())
    ids.write_text("\n".join(sorted(known)))


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


def main() -> None:
    """Count the rows of our films in the simplest way."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("ids", type=Path)
    given = parser.parse_args()
    wanted = {id.encode() for id in given.ids.read_text().split()}
    with gzip.open(given.file) as file:
        print(sum(line.split(b"\t")[0] in wanted for line in file))


if __name__ == "__main__":
    main()
