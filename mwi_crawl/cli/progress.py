"""Progress of a run, watched from outside: bars on a terminal, a line per source now and then elsewhere."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from mwi_crawl.redact import printable

if TYPE_CHECKING:
    from tqdm import tqdm

    from mwi_crawl.report import LaneReport, Report

EVERY = 0.2  # seconds between two looks
PLAIN_EVERY = 30.0  # seconds between two lines where there is no terminal


async def watch(report: Callable[[], Report], *, bars: bool, quiet: bool) -> None:
    """Show a run until cancelled, and once more then."""
    show = _Bars() if bars and not quiet else _Lines(quiet=quiet)
    told = 0
    try:
        while True:
            await asyncio.sleep(EVERY)
            told = _tell(report(), told, show)
            show.update(report())
    finally:
        _tell(report(), told, show)
        show.close(report())


def _tell(report: Report, told: int, show: _Bars | _Lines) -> int:
    for event in report.events[told:]:
        show.say(f"Warning: {printable(event)}.")
    return len(report.events)


class _Lines:
    """`2026-03-04T17:20:11Z run=2 source=ddd done=1731 total=3000 rate=2.0 eta_s=1103`."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._next = time.monotonic() + PLAIN_EVERY

    def say(self, text: str) -> None:
        click.echo(text, err=True)

    def update(self, report: Report) -> None:
        if time.monotonic() < self._next or self._quiet:
            return
        self._next = time.monotonic() + PLAIN_EVERY
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        for lane in report.lanes.values():
            eta = f" eta_s={lane.waiting / lane.rate:.0f}" if lane.rate else ""
            figures = f"done={lane.finished} total={lane.planned} rate={lane.rate:.3g}{eta}"
            click.echo(f"{now} run={report.run_id} source={lane.source} {figures}", err=True)

    def close(self, report: Report) -> None:
        """Nothing is left open."""


class _Bars:
    """One bar per source, counting films."""

    def __init__(self) -> None:
        self._bars: dict[str, tqdm[None]] = {}

    def say(self, text: str) -> None:
        from tqdm import tqdm

        tqdm.write(text, file=click.get_text_stream("stderr"))

    def update(self, report: Report) -> None:
        for lane in list(report.lanes.values()):
            if lane.source not in self._bars and lane.planned:
                self._bars[lane.source] = self._bar(lane)
            if lane.source in self._bars:
                bar = self._bars[lane.source]
                bar.total, bar.n = lane.planned, lane.finished
                bar.set_postfix_str(_note(lane), refresh=True)

    def close(self, report: Report) -> None:
        self.update(report)
        for bar in self._bars.values():
            bar.close()

    def _bar(self, lane: LaneReport) -> tqdm[None]:
        from tqdm import tqdm

        shape = " {desc:<11}{n_fmt}/{total_fmt} |{bar:24}| {postfix}"
        return tqdm(total=lane.planned, desc=lane.source, bar_format=shape, ascii=".#", leave=True)


def _note(lane: LaneReport) -> str:
    if lane.state != "running":
        return lane.reason or lane.state
    return f"{lane.requests} requests, {lane.rate:.3g}/s allowed"
