"""Does a long run stay small and count right? One process, five sources, every twentieth answer a fault.

    python -m tests.battery.soak [--films 100000] [--faults 0.05] [--seconds 3600]

A fake upstream in a process of its own answers over loopback and writes down what it was asked; the engine runs in this
one. Every second its resident memory, open files and tasks are looked at. At the end what the run says of itself is
compared with the upstream's log and with the tables. A run that is not over in time is stopped as Ctrl-C would, and
judged all the same: all but "finished" must hold. Prints the figures; ends with 1 if something is wrong.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import linear_regression

import orjson

sys.path.insert(0, str(Path(__file__).parent))  # it is run as a script, and imported by tests
import invariants
from kill_and_resume import fill
from lanes import KEYS, PLACES

from mwi_crawl import config, sources
from mwi_crawl.crawl import Engine
from mwi_crawl.demo.log import RequestLog
from mwi_crawl.demo.upstream import FakeUpstream, serve_all
from mwi_crawl.report import Report

SOURCES = ("tmdb", "omdb", "ddd", "cinemorgue", "imdb")
FAULTS = (
    "500",
    "503",
    "502_html",
    "close",
    "reset",
    "reset_mid_body",
    "cut",
    "cut_gzip",
    "bad_gzip",
    "garbage",
    "empty",
)
RARE = {"429": 2e-5, "silence": 1e-4}  # share of the answers; each stops a lane for a second or a worker for three
PER_SECOND = 5000
WORKERS = 8  # of each source
SETTLED = 0.1  # share of the run after which memory must not grow
SLOPE = 0.5  # MB per 1,000 films that it may grow by all the same
ENOUGH = 4000  # films from which on that can be told
EVERY = 1.0  # seconds between two samples


@dataclass(frozen=True)
class Sample:
    """How the process stood: films finished at all sources together, MB of resident memory, open files, tasks."""

    finished: int
    megabytes: float
    files: int
    tasks: int


@dataclass
class Outcome:
    """What was seen. `wrong` are sentences; empty if all is well."""

    report: Report
    films: int
    seconds: float
    before: Sample
    after: Sample
    samples: Sequence[Sample]
    asked: Mapping[str, Counter[str]] = field(
        default_factory=dict
    )  # at the upstream: by source, each question's number
    wrong: list[str] = field(default_factory=list)

    @property
    def slope(self) -> float:
        """MB more for each 1,000 films, from the first tenth on. Films are counted at all sources, then divided."""
        most = max((sample.finished for sample in self.samples), default=0)
        late = [sample for sample in self.samples if sample.finished >= SETTLED * most]
        if len({sample.finished for sample in late}) < 2:
            return 0.0
        films = [sample.finished / len(SOURCES) / 1000 for sample in late]
        return linear_regression(films, [sample.megabytes for sample in late]).slope


def measure(report: Report) -> Sample:
    megabytes = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    finished = sum(lane.finished for lane in report.lanes.values())
    return Sample(finished, megabytes, len(os.listdir("/proc/self/fd")), len(asyncio.all_tasks()))


async def serve(films: int, faults: float, log: Path) -> None:
    """The upstream: every source, about so many invented films, with a share of faults. Ends with its input."""
    upstream = FakeUpstream(log=RequestLog(log, remember=False))
    serve_all(upstream, films)
    for name in FAULTS:
        upstream.script(name, share=faults / len(FAULTS))
    for name, share in RARE.items():
        upstream.script(name, share=share if faults else 0.0)
    async with upstream.serve() as base_url:
        print(base_url, flush=True)
        await asyncio.to_thread(sys.stdin.read)
    upstream.log.close()


@contextmanager
def served(folder: Path, films: int, faults: float) -> Iterator[tuple[str, Path]]:
    """The upstream at work in a process of its own: its address and its log."""
    log = folder / "upstream.log"
    log.touch()
    command = [sys.executable, __file__, "--serve", str(log), "--films", str(films), "--faults", str(faults)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip(), log
        finally:
            process.kill()


def settings(folder: Path, base_url: str) -> config.Config:
    """Every source at the upstream, as fast as it can."""
    known = sources.discover()
    fast = {"base_url": base_url, "requests_per_second": PER_SECOND, "burst": 50, "concurrency": WORKERS}
    unlimited: Mapping[str, dict[str, object]] = {"omdb": {"daily_limit": 0}, "ddd": {"monthly_limit": 0}}
    words = {
        "paths": {"db": str(folder / "films" / "mwi.db"), "log": str(folder / "crawl.log")},
        "engine": {"timeout_seconds": 3},
        "sources": {name: {**fast, "enabled": name in SOURCES, **unlimited.get(name, {})} for name in known},
    }
    return config.load(known, overrides=words, environ=KEYS, cwd=folder)


async def crawl(given: config.Config, seconds: float, films: int) -> Outcome:
    """One full run, watched; stopped after so many seconds."""
    samples: list[Sample] = []
    before, started = measure(Report()), time.monotonic()
    async with Engine(given) as engine:
        work = asyncio.create_task(engine.full())
        while not work.done():
            await asyncio.wait([work], timeout=EVERY)
            samples.append(measure(engine.report))
            if time.monotonic() - started > seconds and not engine.report.interrupted:
                engine.stop()
        report = work.result()
    took = time.monotonic() - started
    await asyncio.sleep(0.5)  # what closes, has closed
    gc.collect()
    return Outcome(report, films, took, before, measure(Report()), samples)


def asked_of(log: Path) -> dict[str, Counter[str]]:
    """The upstream's log: for each source how often each question came. What robots.txt says is asked for no film."""
    asked: dict[str, Counter[str]] = {name: Counter() for name in SOURCES}
    with log.open("rb") as lines:
        for line in lines:
            hit = orjson.loads(line)
            path = hit["path"]
            if path == "/robots.txt":
                continue
            source = next((name for prefix, name in PLACES.items() if path.startswith(prefix)), "omdb")
            asked[source][f"{path}?{sorted(hit['params'].items())}"] += 1
    return asked


def judge(outcome: Outcome, path: Path) -> None:
    """Add to the outcome what is wrong."""
    wrong, report = outcome.wrong, outcome.report
    if outcome.films >= ENOUGH and outcome.slope > SLOPE:
        wrong.append(f"memory grows by {outcome.slope:.2f} MB for each 1,000 films")
    if outcome.after.files > outcome.before.files:
        wrong.append(f"{outcome.before.files} files open before, {outcome.after.files} after")
    if outcome.after.tasks != outcome.before.tasks:
        wrong.append(f"{outcome.before.tasks} tasks before, {outcome.after.tasks} after")
    if report.interrupted:
        wrong.append("not finished in time")
    with closing(sqlite3.connect(path)) as db:
        wrong += invariants.broken(db)
        for name in SOURCES:
            wrong += [f"{name}: {each}" for each in _miscounted(db, name, outcome)]


def _miscounted(db: sqlite3.Connection, name: str, outcome: Outcome) -> Iterator[str]:
    """Where the run's figures are not those of the file and of the upstream."""
    lane = outcome.report.lanes[name]
    kept = dict(
        db.execute(
            "select state, count(distinct film_id) from jobs where source = ? and film_id is not null"
            " and coalesce(reason, '') <> 'lookup' group by state",
            (name,),
        )
    )
    stored = dict(zip(*_row(db, "select * from run_sources where source = ?", name), strict=True))
    for figure in ("done", "failed", "broken"):
        found, told = kept.get(figure, 0), getattr(lane, figure)
        if not found == stored[figure] == told:
            yield f"{figure}: {found} in the tables, {stored[figure]} stored, {told} told"
    finished = sum(stored[figure] for figure in ("done", "absent", "failed", "broken"))
    if not outcome.report.interrupted and not finished == stored["planned"] == outcome.films:
        yield f"{finished} finished of {stored['planned']} planned and {outcome.films} films"
    unsent = "select count(*) from failures where source = ? and message like 'robots.txt of %'"
    hits = outcome.asked[name].total() + int(db.execute(unsent, (name,)).fetchone()[0])
    if hits != stored["requests"]:  # a page that was not asked for because robots.txt failed is counted as a request
        yield f"{hits} requests arrived, {stored['requests']} are counted"
    again = hits - len(outcome.asked[name])
    (waiting,) = db.execute(
        "select count(*) from jobs where source = ? and state = 'pending' and attempts > 0", (name,)
    ).fetchone()
    if name != "cinemorgue" and again + waiting != stored["retried"]:  # a batch asks about other films when it is again
        yield f"{again} questions arrived again, {waiting} wait, {stored['retried']} are counted as asked again"


def _row(db: sqlite3.Connection, question: str, name: str) -> tuple[list[str], Sequence[object]]:
    cursor = db.execute(question, (name,))
    return [column[0] for column in cursor.description], cursor.fetchone()


def show(outcome: Outcome) -> None:
    report, samples = outcome.report, outcome.samples
    rate = report.total("requests") / outcome.seconds
    print(
        f"{outcome.films:,} films, {report.status}, exit code {report.exit_code}, {outcome.seconds:.0f} s, {rate:.0f}/s"
    )
    for lane in report.lanes.values():
        hits = outcome.asked[lane.source].total()
        print(
            f"  {lane.source:<11}{lane.done:>8,} done {lane.absent:>7,} absent {lane.failed:>3,} failed "
            f"{lane.broken:>3,} broken {lane.waiting:>8,} waiting   "
            f"{lane.requests:>8,} requests ({hits:,} arrived), {lane.retried:,} retried"
        )
    most = max(sample.megabytes for sample in samples)
    files, tasks = max(sample.files for sample in samples), max(sample.tasks for sample in samples)
    before, after = outcome.before, outcome.after
    print(f"  memory {before.megabytes:.0f} MB before, {most:.0f} at most; {outcome.slope:+.3f} MB per 1,000 films")
    tenths = [samples[len(samples) * tenth // 10].megabytes for tenth in range(10)]
    print(f"  memory at each tenth of the time: {' '.join(f'{each:.0f}' for each in tenths)}")
    print(f"  files {before.files} before, {files} at most, {after.files} after")
    print(f"  tasks {before.tasks} before, {tasks} at most, {after.tasks} after")
    for sentence in outcome.wrong:
        print(f"  WRONG {sentence}")


def soak(films: int, faults: float, seconds: float) -> Outcome:
    """The whole proof, in a folder of its own."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        fill(folder / "films", films)
        with served(folder, films, faults) as (base_url, log):
            given = settings(folder, base_url)
            outcome = asyncio.run(crawl(given, seconds, films))
            time.sleep(0.2)
            outcome.asked = asked_of(log)
        judge(outcome, given.paths.db)
        return outcome


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--films", type=int, default=100_000)
    parser.add_argument("--faults", type=float, default=0.05)
    parser.add_argument("--seconds", type=float, default=3600.0)
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve is not None:
        asyncio.run(serve(given.films, given.faults, given.serve))
        return 0
    outcome = soak(given.films, given.faults, given.seconds)
    show(outcome)
    return 1 if outcome.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
