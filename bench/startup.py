"""Start-up: how soon a command answers, beside Scrapy's and Crawlee's `--help`; and what an import costs."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from statistics import median

from bench import planning, process, tables

FILMS, QUICK = 10_000, 100  # in the file that `status` looks at
TIMES = 3  # in each round
SECONDS = 60.0
WANTED = 0.3  # seconds
HELP = "mwi-crawl --help"
PEERS = ("scrapy --help", "crawlee --help")
COLUMNS = ("command", "wall ms (median)", "wall ms (longest)", "CPU ms", "peak MB")

Commands = dict[str, list[str]]


def run(rounds: int, *, quick: bool) -> list[tables.Table]:
    films = QUICK if quick else FILMS
    commands = _commands()
    with tempfile.TemporaryDirectory() as place:
        planning.fill(Path(place) / "mwi.db", films)
        for name, command in _commands().items():  # the first time files are read, and compiled where they were not
            if process.run(command, folder=Path(place), seconds=SECONDS).code and name in PEERS:
                del commands[name]  # installed without what its command line needs
        found: dict[str, list[process.Usage]] = {name: [] for name in commands}
        for _ in range(rounds * TIMES):
            for name, command in commands.items():
                used = process.run(command, folder=Path(place), seconds=SECONDS)
                if used.code:
                    raise RuntimeError(f"{name}: {used.output}")
                found[name].append(used)
    seconds = median(each.wall for each in found[HELP])
    target = tables.Target(HELP, f"≤ {WANTED} s", f"{seconds:.2f} s", seconds <= WANTED)
    note = f"`status` looks at a file with {films:,} films. Compiled modules are kept, as an installation has them."
    if left_out := [name for name in PEERS if name not in commands]:
        note += f" Not installed with its command line, so left out: {', '.join(left_out)}."
    return [tables.Table("Start-up", COLUMNS, [_row(name, found[name]) for name in commands], [target], (note,))]


def _commands() -> Commands:
    """What is run: ours as a module, which finds the same code as the script does; the peers' where they are."""
    python, ours = [sys.executable], [sys.executable, "-m", "mwi_crawl"]
    peers = {name: shutil.which(name.split()[0], path=Path(sys.executable).parent) for name in PEERS}
    return {
        HELP: [*ours, "--help"],
        "mwi-crawl --version": [*ours, "--version"],
        "mwi-crawl status": [*ours, "status", "--db", "mwi.db"],
        **{name: [found, "--help"] for name, found in peers.items() if found},
        "python -c pass": [*python, "-c", "pass"],
        "import what the bare loop needs": [*python, "-c", "import bench.sides.bare"],
        "import mwi_crawl.crawl": [*python, "-c", "import mwi_crawl.crawl"],
    }


def _row(name: str, found: list[process.Usage]) -> tuple[str, ...]:
    wall, cpu = [1000 * each.wall for each in found], median(1000 * each.cpu for each in found)
    return name, f"{median(wall):.0f}", f"{max(wall):.0f}", f"{cpu:.0f}", f"{median(each.peak for each in found):.0f}"
