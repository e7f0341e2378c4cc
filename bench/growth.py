"""Growth: what a document costs while a thousand jobs wait, and while a million do."""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench import planning, process, served, tables
from bench.sides import mwi
from mwi_crawl import config, sources
from mwi_crawl.checkpoint import Saved
from mwi_crawl.crawl import Engine
from mwi_crawl.source import Source

PENDING = (1_000, 100_000, 1_000_000)
ANSWERS = 900  # of each, so that all that differs is how many jobs wait
QUICK_PENDING, QUICK_ANSWERS = (300, 2_000), 200
SPARE = 400  # documents beyond those answered, for the requests that are under way at the end
WANTED = 1.1  # times as long as with the shortest queue
TIMES = 2  # in each round, for a run is short
SECONDS = 600.0  # a run may take

SOURCES: dict[str, type[Source]] = {"documents": mwi.Documents}


@dataclass
class Answered:
    """What an engine did until it was stopped: seconds of CPU and by the wall from the first answer stored to the last
    that counts, and the seconds from its start to the first."""

    answers: int = 0
    cpu: float = 0.0
    wall: float = 0.0
    until_first: float = 0.0


def run(rounds: int, *, quick: bool) -> list[tables.Table]:
    pending, answers = (QUICK_PENDING, QUICK_ANSWERS) if quick else (PENDING, ANSWERS)
    found: dict[int, list[Answered]] = {jobs: [] for jobs in pending}
    with tempfile.TemporaryDirectory() as place, served.serving(answers + SPARE, 0) as server:
        for jobs in pending:
            folder = Path(place) / str(jobs)
            folder.mkdir()
            planning.fill(folder / "mwi.db", jobs)
            crawl(server.url, folder, 1)  # plans
        for _ in range(rounds * TIMES):
            for jobs, each in found.items():
                folder = Path(place) / "copy"
                shutil.copytree(Path(place) / str(jobs), folder)
                each.append(crawl(server.url, folder, answers)[0])
                shutil.rmtree(folder)
    return [_table(answers, found)]


def crawl(url: str, folder: Path, answers: int) -> tuple[Answered, process.Usage]:
    """Begin or resume a run in a folder with a filled `mwi.db`, and stop it after so many answers."""
    command = [sys.executable, "-m", "bench.growth", "--url", url, "--answers", str(answers)]
    used = process.run(command, folder=folder, seconds=SECONDS)
    with suppress(ValueError):
        return Answered(**json.loads(used.output)), used
    raise RuntimeError(f"the crawl ended with {used.code}: {used.output}")


def _table(answers: int, found: dict[int, list[Answered]]) -> tables.Table:
    time_of = {jobs: median(1000 * each.wall / each.answers for each in some) for jobs, some in found.items()}
    cpu_of = {jobs: median(1000 * each.cpu / each.answers for each in some) for jobs, some in found.items()}
    least, most = min(found), max(found)
    rows = [
        (f"{jobs:,}", *(f"{of[jobs]:.3f}" for of in (time_of, cpu_of)), f"{time_of[jobs] / time_of[least]:.2f}")
        for jobs in found
    ]
    ratio = time_of[most] / time_of[least]
    what = f"time per document, {most:,} jobs pending against {least:,}"
    target = tables.Target(what, f"≤ {WANTED} ×", f"{ratio:.2f} ×", ratio <= WANTED)
    title = f"{answers:,} documents of a long queue"
    return tables.Table(title, ("jobs pending", "ms per document", "CPU-ms per document", "× time"), rows, [target])


async def answered(url: str, answers: int) -> Answered:
    """Let the engine go on until so many answers are stored."""
    lane = {"base_url": url, "concurrency": 64}
    words = {"paths": {"db": "mwi.db"}, "engine": {"keep_bodies": False}, "sources": {"documents": lane}}
    found, started, first = Answered(), time.perf_counter(), 0.0
    async with Engine(config.load(SOURCES, overrides=words, environ={})) as engine:
        count = engine.on_saved

        def seen(saved: Saved) -> None:
            nonlocal first
            count(saved)
            if not first:
                first, found.until_first = time.process_time(), time.perf_counter() - started
            if found.answers < answers:
                found.answers, found.cpu = found.answers + 1, time.process_time() - first
                found.wall = time.perf_counter() - started - found.until_first
            elif not engine.report.interrupted:
                engine.stop()

        engine.on_saved = seen  # type: ignore[method-assign] - it may be wrapped by whoever wants to know of each
        await engine.full(resume=True)
    return found


def main(given: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--answers", type=int, required=True)
    words = parser.parse_args(given)
    sources.discover = lambda: SOURCES  # type: ignore[assignment] - it stands for the upstreams there are
    print(json.dumps(vars(asyncio.run(answered(words.url, words.answers)))))


if __name__ == "__main__":
    main()
