"""Limits: how near to a limit the requests come, counted as they arrive; and what refusals a crawl runs into."""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import ClassVar

from bench import documents, process, served, sides, tables
from bench.crawl import need
from bench.sides import mwi
from mwi_crawl import config, sources
from mwi_crawl.crawl import Engine
from mwi_crawl.model import Seed

RATE = 40
STEADY, REFUSED = 800, 600  # documents: of 20 s at that rate, and of 15 s
QUICK_STEADY, QUICK_REFUSED = 60, 60
BURST = 2  # of mwi-crawl: so many beyond its rate may come in any one second
KNOWN = RATE - BURST
UNKNOWN = 200  # requests a second: what the side is told where it does not know that the server allows 40
LANES = {"first": 40, "second": 20, "third": 10, "fourth": 5, "fifth": 50}  # requests a second, each for 20 s
LANE_SECONDS, QUICK_LANE_SECONDS = 20, 2
ROUNDS = 3  # at most: what goes by the clock differs little
FLUSHED = 0.3  # seconds after which the server's log is whole
SECONDS = 180.0  # a run may take


@dataclass(frozen=True)
class Seen:
    """What arrived at a server in one run: the rate, the busiest second, refusals; and what became of it.

    `span`: seconds from the first request to the last; `wall`: of the whole process.
    """

    rate: float
    busiest: int
    refusals: int
    stored: int
    span: float
    wall: float


def run(rounds: int, *, quick: bool) -> list[tables.Table]:
    steady, refused = (QUICK_STEADY, QUICK_REFUSED) if quick else (STEADY, REFUSED)
    rounds, scrapy = min(rounds, ROUNDS), [] if quick else [sides.SCRAPY]
    need(scrapy)
    at_rate: list[Case] = [(side, ("--rate", str(RATE))) for side in (sides.MWI, *scrapy)]
    known: list[Case] = [(sides.MWI, ("--rate", str(KNOWN))), *at_rate[1:]]
    unknown: list[Case] = [(sides.MWI, ("--rate", str(UNKNOWN))), *((side, ("--autothrottle",)) for side in scrapy)]
    return [
        _steady(_all(at_rate, steady, 0, rounds)),
        _known(refused, _all(known, refused, RATE, rounds)),
        _unknown(refused, _all(unknown, refused, RATE, rounds)),
        _lanes([_five(QUICK_LANE_SECONDS if quick else LANE_SECONDS) for _ in range(rounds)]),
    ]


Case = tuple[sides.Side, tuple[str, ...]]
Runs = dict[str, list[Seen]]


def _all(cases: Sequence[Case], count: int, limit: int, rounds: int) -> Runs:
    found: Runs = {side.title: [] for side, _ in cases}
    for _ in range(rounds):
        for side, words in cases:
            found[side.title].append(_one(side, words, count, limit))
    return found


def _one(side: sides.Side, words: Sequence[str], count: int, limit: int) -> Seen:
    with tempfile.TemporaryDirectory() as place, served.serving(count, 0, limit=limit) as server:
        folder = Path(place)
        if side.prepares:
            process.run(side.command(server.url, count, 0, "--prepare"), folder=folder, seconds=SECONDS)
        used = process.run(side.command(server.url, count, 0, *words), folder=folder, seconds=SECONDS)
        if used.code:
            raise RuntimeError(f"{side.title} ended with {used.code}: {used.output}")
        time.sleep(FLUSHED)
        arrivals = server.arrivals()
        times = [each.at for each in arrivals]
        refusals = sum(each.status == 429 for each in arrivals)
        stored = side.check(folder, documents.numbers(count, 0)).right
        return Seen(rate(times), busiest(times), refusals, stored, times[-1] - times[0], used.wall)


def rate(times: Sequence[float]) -> float:
    """Arrivals a second, from the first to the last."""
    return (len(times) - 1) / (times[-1] - times[0]) if len(times) > 1 else 0.0


def busiest(times: Sequence[float]) -> int:
    """The most arrivals in any one second."""
    most = first = 0
    for at, last in enumerate(times):
        while last - times[first] >= served.WINDOW:
            first += 1
        most = max(most, at - first + 1)
    return most


def _steady(found: Runs) -> tables.Table:
    rows = [
        (title, f"{_middle(each, lambda seen: seen.rate):.2f}", f"{max(seen.busiest for seen in each)}")
        for title, each in found.items()
    ]
    ours = found[sides.MWI.title]
    reached, most = _middle(ours, lambda seen: seen.rate), max(seen.busiest for seen in ours)
    targets = [
        tables.Target("arrivals a second", f"≥ {0.98 * RATE:.1f}", f"{reached:.2f}", reached >= 0.98 * RATE),
        tables.Target("most in any second", f"≤ {RATE + BURST}", f"{most}", most <= RATE + BURST),
    ]
    columns = ("side", "arrivals a second", "most in any second")
    title = f"{RATE} requests a second, 64 workers, for {STEADY // RATE} s"
    return tables.Table(title, columns, rows, targets, (f"{_rounds(ours)}, a burst of {BURST}.",))


def _known(count: int, found: Runs) -> tables.Table:
    ours = found[sides.MWI.title]
    wanted = 1.1 * count / RATE
    told = f"mwi-crawl is told {KNOWN} requests a second, for its burst of {BURST} comes on top; Scrapy is told {RATE}."
    return tables.Table(
        f"A server that allows {RATE} in any second, and the side knows",
        _REFUSED,
        _refused(count, found),
        _promises(count, ours, 0, wanted),
        (f"{told} {_rounds(ours)}.",),
    )


def _unknown(count: int, found: Runs) -> tables.Table:
    ours = found[sides.MWI.title]
    told = f"mwi-crawl is told {UNKNOWN} requests a second; Scrapy finds its delay by AutoThrottle. {_rounds(ours)}."
    return tables.Table(
        f"A server that allows {RATE} in any second, and the side does not know",
        _REFUSED,
        _refused(count, found),
        _promises(count, ours, 20, 25 * count / REFUSED),
        (told,),
    )


_REFUSED = ("side", "documents stored", "429s", "s from the first request to the last", "s of the process")


def _refused(count: int, found: Runs) -> list[tuple[str, ...]]:
    return [
        (
            title,
            f"{_middle(each, lambda seen: seen.stored):,.0f} of {count:,}",
            f"{_middle(each, lambda seen: seen.refusals):.0f}",
            f"{_middle(each, lambda seen: seen.span):.1f}",
            f"{_middle(each, lambda seen: seen.wall):.1f}",
        )
        for title, each in found.items()
    ]


def _promises(count: int, ours: Sequence[Seen], refusals: int, seconds: float) -> list[tables.Target]:
    stored, said = min(each.stored for each in ours), max(each.refusals for each in ours)
    wall = _middle(ours, lambda seen: seen.wall)
    return [
        tables.Target("documents", f"{count}", f"{stored}", stored == count),
        tables.Target("429s, in the worst round", f"≤ {refusals}", f"{said}", said <= refusals),
        tables.Target("seconds of the process", f"≤ {seconds:.1f}", f"{wall:.1f}", wall <= seconds),
    ]


def _rounds(each: Sequence[Seen]) -> str:
    return f"{len(each)} rounds" if len(each) > 1 else "1 round"


def _middle(each: Sequence[Seen], what: Callable[[Seen], float]) -> float:
    return median(what(seen) for seen in each)


# five lanes


class _Lane(mwi.Documents):
    """A source that is asked about films of its own: the numbers from `first` on, as many as `count`."""

    first: ClassVar[int]
    count: ClassVar[int]

    def plan(self, seed: Seed) -> Sequence[str]:
        number = int(seed.ids["imdb"][2:])
        return [str(number)] if self.first <= number < self.first + self.count else []


def lanes(seconds: int) -> dict[str, type[_Lane]]:
    """Five sources, each with work for so many seconds at its limit."""
    found: dict[str, type[_Lane]] = {}
    first = 1
    for name, limit in LANES.items():
        own = {"name": name, "title": name.title(), "first": first, "count": limit * seconds}
        found[name] = type(name.title(), (_Lane,), own)
        first += limit * seconds
    return found


def _five(seconds: int) -> dict[str, float]:
    """The rate at which each lane's requests arrived."""
    count = sum(LANES.values()) * seconds
    with tempfile.TemporaryDirectory() as place, served.serving(count, 0) as server:
        folder = Path(place)
        subprocess.run(
            sides.MWI.command(server.url, count, 0, "--prepare"), cwd=folder, check=True, capture_output=True
        )
        command = [sys.executable, "-m", "bench.limits", "--url", server.url, "--seconds", str(seconds)]
        used = process.run(command, folder=folder, seconds=SECONDS)
        if used.code:
            raise RuntimeError(f"five lanes ended with {used.code}: {used.output}")
        time.sleep(FLUSHED)
        arrivals = [(int(each.path.rpartition("/")[2]), each.at) for each in server.arrivals()]
    return {
        name: rate([at for number, at in arrivals if lane.first <= number < lane.first + lane.count])
        for name, lane in lanes(seconds).items()
    }


def _lanes(found: Sequence[dict[str, float]]) -> tables.Table:
    reached = {name: median(each[name] for each in found) for name in LANES}
    share = {name: reached[name] / limit for name, limit in LANES.items()}
    rows = [(str(limit), f"{reached[name]:.2f}", f"{100 * share[name]:.1f} %") for name, limit in LANES.items()]
    least = min(share.values())
    target = tables.Target("each lane", "≥ 95 % of its limit", f"{100 * least:.1f} % at least", least >= 0.95)
    columns = ("limit, requests a second", "arrivals a second", "of the limit")
    return tables.Table("Five lanes at their own limits at once", columns, rows, [target])


async def _crawl(url: str, seconds: int) -> int:
    own = lanes(seconds)
    words = {
        "paths": {"db": "mwi.db"},
        "sources": {
            name: {"base_url": url, "requests_per_second": limit, "burst": 2, "concurrency": 16}
            for name, limit in LANES.items()
        },
    }
    sources.discover = lambda: own  # type: ignore[assignment,return-value] - they stand for the upstreams there are
    async with Engine(config.load(own, overrides=words, environ={})) as engine:
        return (await engine.full()).exit_code


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--seconds", type=int, required=True)
    given = parser.parse_args()
    sys.exit(asyncio.run(_crawl(given.url, given.seconds)))


if __name__ == "__main__":
    main()
