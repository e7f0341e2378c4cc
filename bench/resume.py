"""SIGKILL when half of the job has arrived, and a second start in the same folder; the same of 100,000 films."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench import process, served, tables
from bench.crawl import Job, at_most, need, prepare
from bench.sides import BARE, CRAWLEE, MWI, SCRAPY, Check, Side

SIDES = (BARE, MWI, SCRAPY, CRAWLEE)
LARGE_COLUMNS = ("mwi-crawl", "documents to do", "start to first request, s", "CPU-ms per document", "rows right")
COLUMNS = ("side", "rows lost", "asked for twice", "second start, s", "× bare", "rows right")
LATENCY = 0.02  # seconds
SECONDS = 900  # that a start may take
ROUNDS = 3  # of the 100,000 films, at most: each takes minutes
FLUSHED = 0.25  # seconds after which the server's log is whole

JOB = Job(1200, 0, workers=16)
QUICK = Job(60, 0, workers=4)
LARGE, LARGE_QUICK = Job(100_000, 0), Job(400, 0, workers=8)
FRESH, FRESH_QUICK = Job(50_000, 0), Job(200, 0, workers=8)  # as many documents, from the beginning


@dataclass(frozen=True)
class Resumed:
    """A job killed at half and started again. `twice`: requests for a film that was asked for before."""

    usage: process.Usage
    check: Check
    twice: int


Runs = Mapping[Side, Sequence[Resumed]]


def run(rounds: int, *, quick: bool) -> list[tables.Table]:
    """`quick` leaves the peers out."""
    if quick:
        return [compared(QUICK, SIDES[:2], rounds), large(LARGE_QUICK, FRESH_QUICK, rounds)]
    need(SIDES)
    return [compared(JOB, SIDES, rounds), large(LARGE, FRESH, min(rounds, ROUNDS))]


def compared(job: Job, started: Sequence[Side], rounds: int) -> tables.Table:
    """The side by side part."""
    runs: dict[Side, list[Resumed]] = {side: [] for side in started}
    with served.serving(job.documents, job.pages, latency=LATENCY) as server:
        for at in range(rounds):
            for side, before in runs.items():
                before.append(one := resumed(side, server, job))
                told = f"{one.check.missing} lost, {one.twice} twice, {one.usage.wall:.1f} s"
                print(f"killed at half, round {at + 1}: {side.title}: {told}", file=sys.stderr)
    return table(job, runs)


def resumed(side: Side, server: served.Server, job: Job) -> Resumed:
    """One job, killed at half, then started again in the same folder."""
    earlier = len(server.arrivals())
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        half(side, server, job, folder)
        usage = again(side, server, job, folder)
        time.sleep(FLUSHED)
        paths = [each.path for each in server.arrivals()[earlier:] if each.status == 200]
        return Resumed(usage, side.check(folder, job.films()), len(paths) - len(set(paths)))


def half(side: Side, server: served.Server, job: Job, folder: Path) -> None:
    """Start a side and SIGKILL it as soon as half of the job has arrived. Raises RuntimeError if it ends before."""
    prepare(side, server.url, job, folder)
    offset = server.log.stat().st_size
    with (folder / "first.txt").open("wb") as said:
        first = subprocess.Popen(
            command(side, server, job),
            cwd=folder,
            stdout=said,
            stderr=subprocess.STDOUT,
            preexec_fn=lambda: process.pin(process.CLIENT),
        )
    latest = time.monotonic() + SECONDS
    while first.poll() is None and arrived(server, offset) < job.total // 2:
        time.sleep(0.02)
        if time.monotonic() > latest:
            first.kill()
    if first.poll() is not None:
        raise RuntimeError(f"{side.title} ended too early: {(folder / 'first.txt').read_text()}")
    first.kill()
    first.wait()
    time.sleep(FLUSHED)


def again(side: Side, server: served.Server, job: Job, folder: Path) -> process.Usage:
    return process.run(command(side, server, job), folder=folder, seconds=SECONDS)


def command(side: Side, server: served.Server, job: Job) -> list[str]:
    return side.command(server.url, job.documents, job.pages, "--workers", str(job.workers))


def arrived(server: served.Server, offset: int) -> int:
    """How many requests have arrived since its log was so long, as far as it has written them down."""
    with server.log.open("rb") as log:
        log.seek(offset)
        return log.read().count(b"\n")


def table(job: Job, runs: Runs) -> tables.Table:
    rows = [
        (
            side.title,
            f"{median(one.check.missing for one in each):g}",
            f"{median(one.twice for one in each):g}",
            f"{median(one.usage.wall for one in each):.2f}",
            f"{slower(runs, side):.2f}",
            str(min((one.check for one in each), key=lambda check: check.right)),
        )
        for side, each in runs.items()
    ]
    title = (
        f"{job.total:,} documents, {job.workers} at once, {1000 * LATENCY:g} ms latency: SIGKILL at half, started again"
    )
    ours = runs[MWI]
    targets = [
        at_most("rows lost after SIGKILL at half and a second start", 0, max(one.check.missing for one in ours)),
        at_most("asked for twice (workers)", job.workers, max(one.twice for one in ours)),
        at_most("second start, × the bare loop", 1.5, slower(runs, MWI)),
    ]
    return tables.Table(title, COLUMNS, rows, targets)


def slower(runs: Runs, side: Side) -> float:
    """The median of the ratios to the bare loop within each round."""
    return median(one.usage.wall / two.usage.wall for one, two in zip(runs[side], runs[BARE], strict=True))


@dataclass(frozen=True)
class Start:
    """One start of mwi-crawl: documents it had to do, seconds to its first request, seconds of CPU."""

    todo: int
    first: float
    cpu: float
    check: Check


def large(job: Job, fresh: Job, rounds: int) -> tables.Table:
    """One run killed at half; each round goes on from a copy of it, and makes a fresh run to compare with."""
    rest: list[Start] = []
    whole: list[Start] = []
    with served.serving(job.documents, job.pages, lazy=True) as server, tempfile.TemporaryDirectory() as place:
        killed = Path(place, "killed")
        killed.mkdir()
        half(MWI, server, job, killed)
        for at in range(rounds):
            rest.append(one := started(server, job, Path(shutil.copytree(killed, Path(place, f"rest{at}")))))
            (folder := Path(place, f"whole{at}")).mkdir()
            prepare(MWI, server.url, fresh, folder)
            whole.append(two := started(server, fresh, folder))
            spent = f"{per_document(one):.3f} ms, beside {per_document(two):.3f} ms of {fresh.total:,}"
            print(f"half of {job.total:,}, round {at + 1}: {spent}", file=sys.stderr)
    rows = [
        line(f"{fresh.total:,} films, from the beginning", whole),
        line(f"{job.total:,} films, the rest after SIGKILL at half", rest),
    ]
    times = median(per_document(one) / per_document(two) for one, two in zip(rest, whole, strict=True))
    note = f"CPU per document of the rest, against that of the fresh run: {times:.2f} ×. {len(rest)} rounds."
    return tables.Table(f"A half-finished run of {job.total:,} films goes on", LARGE_COLUMNS, rows, (), (note,))


def started(server: served.Server, job: Job, folder: Path) -> Start:
    """Start mwi-crawl where it was, let it come to its end, and throw the folder away."""
    todo = MWI.check(folder, job.films()).missing
    offset, now = server.log.stat().st_size, time.monotonic()
    usage = again(MWI, server, job, folder)
    time.sleep(FLUSHED)
    start = Start(todo, first_arrival(server, offset) - now, usage.cpu, MWI.check(folder, job.films()))
    shutil.rmtree(folder)
    return start


def first_arrival(server: served.Server, offset: int) -> float:
    """When the first request for a film arrived after the log was so long, in monotonic seconds."""
    with server.log.open("rb") as log:
        log.seek(offset)
        return float(next(at for at, _, status in map(json.loads, log) if status == 200))


def per_document(start: Start) -> float:
    """CPU-ms for each document it had to do."""
    return 1000 * start.cpu / start.todo


def line(title: str, starts: Sequence[Start]) -> tuple[str, ...]:
    worst = min((one.check for one in starts), key=lambda check: check.right)
    first = f"{median(one.first for one in starts):.2f}"
    return title, f"{starts[0].todo:,}", first, f"{median(map(per_document, starts)):.3f}", str(worst)
