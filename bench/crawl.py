"""The same job by mwi-crawl and by what a person would otherwise use: 5,000 documents and 1,000 pages, 64 at once."""

from __future__ import annotations

import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from statistics import median

import zstandard

from bench import documents, process, served, tables
from bench.sides import BARE, CRAWLEE, CRAWLEE_MEMORY, HTTPX, MWI, MWI_BODIES, SCRAPY, Check, Side, lacking

SIDES = (BARE, MWI, MWI_BODIES, SCRAPY, CRAWLEE, HTTPX)
COLUMNS = ("side", "CPU-ms per document", "× bare", "wall s", "peak MB", "rows right")
SECONDS = 300  # that a side may take


@dataclass(frozen=True)
class Job:
    """How much is to be fetched, by how many workers."""

    documents: int
    pages: int
    workers: int = 64

    def films(self) -> Iterator[int]:
        return documents.numbers(self.documents, self.pages)

    @property
    def total(self) -> int:
        return self.documents + self.pages


@dataclass(frozen=True)
class Setting:
    """What the upstream is like: `tls` with gzip as well, `latency` in seconds."""

    title: str
    tls: bool = False
    latency: float = 0.0


@dataclass(frozen=True)
class Kept:
    """What mwi-crawl's own tables hold beside the rows. `bodies`: those that are byte for byte what was served."""

    done: int
    failures: int
    bodies: int

    def __str__(self) -> str:
        return f"{self.done:,} jobs done, {self.failures:,} failures, {self.bodies:,} bodies as served"


@dataclass(frozen=True)
class Run:
    """One start of one side. `kept`: of mwi-crawl alone."""

    usage: process.Usage
    check: Check
    kept: Kept | None = None


PLAIN = Setting("plain HTTP, answers at once")
TLS = Setting("TLS and gzip, answers at once", tls=True)
LATENCY = Setting("plain HTTP, 50 ms latency", latency=0.05)
IN_SETTING = {PLAIN: SIDES, TLS: SIDES, LATENCY: (*SIDES, CRAWLEE_MEMORY)}
SLOWEST = HTTPX  # a minute and more: in one round of the second and third setting

JOB = Job(5000, 1000)
QUICK = Job(60, 12, workers=16)

Runs = Mapping[Side, Sequence[Run]]
Measure = Callable[[Run], float]


def run(rounds: int, *, quick: bool) -> list[tables.Table]:
    """`quick` leaves the peers out, and measures one setting: with TLS if its package is installed."""
    if quick:
        setting = TLS if find_spec("trustme") else PLAIN
        return [table(setting, QUICK, measure(setting, QUICK, SIDES[:3], rounds))]
    need(SIDES, "trustme")
    return [table(setting, JOB, measure(setting, JOB, compared, rounds)) for setting, compared in IN_SETTING.items()]


def need(compared: Sequence[Side], *packages: str) -> None:
    """Raises ModuleNotFoundError for the first package that a side lacks, or that is needed beside them."""
    for package in (*(name for side in compared for name in side.missing()), *filter(lacking, packages)):
        raise ModuleNotFoundError(f"No package named {package!r}", name=package)


def measure(setting: Setting, job: Job, compared: Sequence[Side], rounds: int) -> Runs:
    """Every side once, then every side again: what else the machine does meets all of them. Each begins in its turn."""
    runs: dict[Side, list[Run]] = {side: [] for side in compared}
    with upstream(setting, job) as (url, environ):
        for at in range(rounds):
            for side in (*compared[at % len(compared) :], *compared[: at % len(compared)]):
                if side is SLOWEST and at and setting is not PLAIN:
                    continue
                runs[side].append(one := once(side, url, job, environ))
                spent = f"{cpu(one, job):.3f} ms, {one.usage.wall:.1f} s"
                print(f"{setting.title}, round {at + 1}: {side.title}: {spent}", file=sys.stderr)
    return runs


@contextmanager
def upstream(setting: Setting, job: Job) -> Iterator[tuple[str, dict[str, str]]]:
    """The server's address, and the environment in which its certificate is trusted."""
    size = (job.documents, job.pages)
    with served.serving(*size, latency=setting.latency, tls=setting.tls, compressed=setting.tls) as server:
        yield server.url, {"SSL_CERT_FILE": str(server.certificate)} if server.certificate else {}


def once(side: Side, url: str, job: Job, environ: Mapping[str, str]) -> Run:
    """One start, in an empty folder but for what the side has prepared there."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        prepare(side, url, job, folder)
        command = side.command(url, job.documents, job.pages, "--workers", str(job.workers))
        usage = process.run(command, folder=folder, environ=environ, seconds=SECONDS)
        return Run(usage, side.check(folder, job.films()), kept(side, folder))


def prepare(side: Side, url: str, job: Job, folder: Path) -> None:
    """Give a side its input in the form it needs. Raises RuntimeError with its words if it cannot take it."""
    if side.prepares:
        command = side.command(url, job.documents, job.pages, "--prepare")
        usage = process.run(command, folder=folder, seconds=SECONDS)
        if usage.code:
            raise RuntimeError(usage.output)


def kept(side: Side, folder: Path) -> Kept | None:
    """What mwi-crawl's checkpoint, failures and bodies hold."""
    if side.file != MWI.file or not (folder / side.file).exists():
        return None
    unpack = zstandard.ZstdDecompressor().decompress
    with closing(sqlite3.connect(folder / side.file)) as db:
        done, failures = (
            db.execute(f"select count(*) from {what}").fetchone()[0]
            for what in ("jobs where state = 'done'", "failures")
        )
        stored = db.execute("select cast(key as integer), body from jobs join bodies using (body_hash)")
        return Kept(done, failures, sum(unpack(body) == documents.body(number) for number, body in stored))


def cpu(one: Run, job: Job) -> float:
    """Milliseconds of CPU a document, of the whole process."""
    return 1000 * one.usage.cpu / job.total


def wall(one: Run) -> float:
    return one.usage.wall


def ratio(runs: Runs, side: Side, other: Side, measured: Measure) -> float:
    """The median of the ratios within each round."""
    return median(measured(one) / measured(two) for one, two in zip(runs[side], runs[other], strict=False))


def table(setting: Setting, job: Job, runs: Runs) -> tables.Table:
    of = partial(cpu, job=job)
    rows = [
        (
            side.title,
            f"{median(map(of, each)):.3f}",
            f"{ratio(runs, side, BARE, of):.2f}",
            f"{median(map(wall, each)):.2f}",
            f"{median(one.usage.peak for one in each):.0f}",
            str(worst(each)),
        )
        for side, each in runs.items()
    ]
    title = f"{job.documents:,} documents and {job.pages:,} pages, {job.workers} at once: {setting.title}"
    return tables.Table(title, COLUMNS, rows, targets(setting, job, runs), notes(runs))


def worst(each: Sequence[Run]) -> Check:
    """The rows of the round in which fewest were right."""
    return min((one.check for one in each), key=lambda check: check.right)


def notes(runs: Runs) -> list[str]:
    """What the tables of mwi-crawl tell, and which side ended otherwise than it should."""
    told = [
        f"- {side.title}: {' / '.join(sorted({str(one.kept) for one in each}))}."
        for side, each in runs.items()
        if each[0].kept
    ]
    ends = {(side.title, one.usage.code, last(one.usage.output)) for side, each in runs.items() for one in each}
    most = max(map(len, runs.values()))
    told += [f"- {side.title}: {len(each)} of {most} rounds." for side, each in runs.items() if len(each) < most]
    return told + [f"- {title} ended with exit code {code}: {said}" for title, code, said in sorted(ends) if code]


def last(output: str) -> str:
    return (output.strip().splitlines() or [""])[-1]


def targets(setting: Setting, job: Job, runs: Runs) -> list[tables.Target]:
    """That all was done, and what belongs to this setting."""
    return [*whole(job, runs), *speeds(setting, runs, partial(cpu, job=job))]


def whole(job: Job, runs: Runs) -> list[tables.Target]:
    """Of both ways to run mwi-crawl: the rows, the bodies and the failures of the worst round."""
    ours = [one for side in (MWI, MWI_BODIES) for one in runs[side]]
    rows, failures = min(one.check.right for one in ours), max(one.kept.failures if one.kept else 1 for one in ours)
    bodies = min(one.kept.bodies if one.kept else 0 for one in runs[MWI_BODIES])
    return [
        tables.Target("rows right", f"{job.total:,}", f"{rows:,}", rows == job.total),
        tables.Target("bodies as served", f"{job.total:,}", f"{bodies:,}", bodies == job.total),
        tables.Target("failures", "0", f"{failures}", failures == 0),
    ]


def speeds(setting: Setting, runs: Runs, of: Measure) -> list[tables.Target]:
    if setting is PLAIN:
        return [
            at_most("CPU per document, × the bare loop", 1.35, ratio(runs, MWI, BARE, of)),
            at_most("CPU per document with every body kept, × the bare loop", 1.8, ratio(runs, MWI_BODIES, BARE, of)),
            *(
                at_least(f"CPU per document, times less than {side.title}", least, ratio(runs, side, MWI, of))
                for side, least in ((CRAWLEE, 6), (SCRAPY, 10))
                if side in runs
            ),
        ]
    if setting is LATENCY:
        peak = median(one.usage.peak for one in runs[MWI])
        return [
            at_most("wall at 50 ms latency, × the bare loop", 1.15, ratio(runs, MWI, BARE, wall)),
            at_most("peak memory of that job, MB", 75, peak),
        ]
    return []


def at_most(what: str, most: float, measured: float) -> tables.Target:
    return tables.Target(what, f"≤ {most:g}", f"{measured:.2f}", measured <= most)


def at_least(what: str, least: float, measured: float) -> tables.Target:
    return tables.Target(what, f"≥ {least:g}", f"{measured:.2f}", measured >= least)
