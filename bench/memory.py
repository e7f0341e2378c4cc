"""Memory: the peak of a whole run, planning and all, with no film, a thousand and a million."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from statistics import median

from bench import growth, planning, served, tables

FILMS = (0, 1_000, 1_000_000)
ANSWERS = 900  # of each, before it is stopped
QUICK_FILMS, QUICK_ANSWERS = (0, 200, 2_000), 100
WANTED = 30.0  # MB above the empty run


def run(rounds: int, *, quick: bool) -> list[tables.Table]:
    films, answers = (QUICK_FILMS, QUICK_ANSWERS) if quick else (FILMS, ANSWERS)
    found: dict[int, list[tuple[float, float]]] = {many: [] for many in films}
    with tempfile.TemporaryDirectory() as place, served.serving(answers + growth.SPARE, 0) as server:
        for many in films:
            planning.fill(Path(place) / f"{many}.db", many)
        for _ in range(rounds):
            for many, each in found.items():
                folder = Path(place) / "run"
                folder.mkdir()
                shutil.copy(Path(place) / f"{many}.db", folder / "mwi.db")
                begun, used = growth.crawl(server.url, folder, answers)
                each.append((used.peak, begun.until_first))
                shutil.rmtree(folder)
    return [_table(found)]


def _table(found: dict[int, list[tuple[float, float]]]) -> tables.Table:
    peaks = {many: median(peak for peak, _ in each) for many, each in found.items()}
    rows = [(f"{many:,}", f"{peaks[many]:.1f}", f"{median(first for _, first in found[many]):.1f}") for many in found]
    least, most = min(peaks), max(peaks)
    more = peaks[most] - peaks[least]
    target = tables.Target(
        f"{most:,} films pending, above an empty run", f"≤ {WANTED:.0f} MB", f"{more:.1f} MB", more <= WANTED
    )
    return tables.Table("Memory of a long queue", ("films", "peak MB", "s to the first answer"), rows, [target])
