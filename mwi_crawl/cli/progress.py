"""Progress of a run, watched from outside: bars on a terminal, a line per source now and then elsewhere."""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

from mwi_crawl.cli import terminal, words
from mwi_crawl.cli.options import TOLD

if TYPE_CHECKING:
    from tqdm import tqdm

    from mwi_crawl.report import LaneReport, Report

EVERY = 0.2  # seconds between two looks
LOG_EVERY = 30.0  # seconds between two lines per source in the log, and where there is no terminal

_log = logging.getLogger(TOLD)


class Voice(Protocol):
    """Somebody who shows a run."""

    def say(self, text: str) -> None:
        """A sentence."""

    def update(self, report: Report) -> None:
        """How it stands."""

    def figures(self, line: str) -> None:
        """One source's figures, now and then."""

    def close(self, report: Report) -> None:
        """The end, for now."""


class Silence:
    """Nothing is shown: all is well, or the log is shown instead."""

    def say(self, text: str) -> None:
        """Nothing."""

    def update(self, report: Report) -> None:
        """Nothing."""

    def figures(self, line: str) -> None:
        """Nothing."""

    def close(self, report: Report) -> None:
        """Nothing."""


class Lines(Silence):
    """Sentences, and `2026-03-04T17:20:11Z run=2 source=ddd done=1731 total=3000 rate=2.0 eta_s=1103`."""

    def __init__(self, *, figures: bool) -> None:
        self._figures = figures

    def say(self, text: str) -> None:
        terminal.say(text, err=True)

    def figures(self, line: str) -> None:
        if self._figures:
            now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            terminal.say(f"{now} {line}", err=True)


class Bars(Silence):
    """One bar per source, counting films, and a line for all together."""

    def __init__(self) -> None:
        self._bars: dict[str, tqdm[Any]] = {}
        self._total: tqdm[Any] | None = None
        self._pace = Pace()

    def say(self, text: str) -> None:
        with aside():
            terminal.say(text, err=True)

    def update(self, report: Report) -> None:
        if not self._bars and report.films:  # known once the plan is complete, and then of every source
            self._open(report)
        for name, bar in self._bars.items():
            lane = report.lanes[name]
            bar.total, bar.n = lane.planned, min(lane.finished, lane.planned)
            bar.set_description_str(_note(lane, self._pace.eta(lane)), refresh=True)
        if self._total is not None:
            self._total.set_description_str(_total(report), refresh=True)

    def close(self, report: Report) -> None:
        self.update(report)
        for bar in (*self._bars.values(), self._total):
            if bar is not None:
                bar.close()

    def _open(self, report: Report) -> None:
        from tqdm import tqdm

        tqdm.monitor_interval = 0  # whoever watches is monitor enough
        stream: Any = {"file": sys.stderr, "dynamic_ncols": True}
        for lane in report.lanes.values():
            if lane.planned:
                shape = f" {lane.source:<{words.NAME}}" + "{n_fmt:>6}/{total_fmt:<6} {bar:24} {desc}"
                self._bars[lane.source] = tqdm(total=lane.planned, bar_format=shape, ascii=".#", **stream)
        self._total = tqdm(bar_format="{desc}", **stream)


@contextmanager
def aside() -> Iterator[None]:
    """A time in which stderr may be written to: the bars, if there are any, step aside."""
    from tqdm import tqdm

    with tqdm.external_write_mode(file=sys.stderr):
        yield


class Pace:
    """How fast films are finished, since this was first asked about a source."""

    def __init__(self) -> None:
        self._began: dict[str, tuple[float, int]] = {}

    def eta(self, lane: LaneReport) -> float | None:
        """Seconds until a lane will be through; None as long as there is no telling."""
        now = time.monotonic()
        at, finished = self._began.setdefault(lane.source, (now, lane.finished))
        gained = lane.finished - finished
        return lane.waiting * (now - at) / gained if gained > 0 else None


class _News:
    """What was not told yet: first how the run begins, then what happens."""

    def __init__(self, voice: Voice, opening: Callable[[Report], Sequence[str]]) -> None:
        self._voice, self._opening = voice, opening
        self._opened = False
        self._told = 0

    def tell(self, report: Report) -> None:
        if not self._opened:
            self._opened = True
            for line in self._opening(report):
                _log.info(line)
                self._voice.say(line)
        for event in report.events[self._told :]:
            _log.warning(event)
            self._voice.say(f"Warning: {event}.")
        self._told = len(report.events)


async def watch(report: Callable[[], Report], voice: Voice, opening: Callable[[Report], Sequence[str]]) -> None:
    """Show a run until cancelled, and once more then. `opening` has the first sentences, once the plan is known."""
    news, pace = _News(voice, opening), Pace()
    figures_at = time.monotonic() + LOG_EVERY
    try:
        while True:
            await asyncio.sleep(EVERY)
            if report().planned or report().films:
                news.tell(report())
                voice.update(report())
            if time.monotonic() >= figures_at:
                figures_at += LOG_EVERY
                _figures(report(), voice, pace)
    finally:
        news.tell(report())
        voice.close(report())


def _figures(report: Report, voice: Voice, pace: Pace) -> None:
    for lane in report.lanes.values():
        eta = pace.eta(lane)
        figures = {"run": report.run_id, "source": lane.source, "done": lane.finished, "total": lane.planned}
        figures |= {"rate": round(lane.rate, 1)} | ({"eta_s": round(eta)} if eta is not None else {})
        _log.info("progress", extra=figures)
        voice.figures(" ".join(f"{name}={value}" for name, value in figures.items()))


def _note(lane: LaneReport, eta: float | None) -> str:
    """What stands behind a bar."""
    if lane.state == "running":
        left = f"   eta {words.duration(eta)}" if eta else ""
        return f"{lane.rate:.3g}/s{left}   {words.not_there(lane)}".rstrip()
    if lane.state == "done":
        return f"done   {words.not_there(lane)}".rstrip()
    reason = (lane.reason or "stopped").replace("_", " ") + (f" until {words.moment(lane.until)}" if lane.until else "")
    return f"{reason}   {lane.waiting:,} waiting"


def _total(report: Report) -> str:
    figures = f"{words.count(report.total('requests'), 'request')} · {report.total('retried'):,} retried"
    failed = report.total("failed") + report.total("broken")
    saved = time.monotonic() - report.last_saved if report.last_saved else None
    checkpoint = f" · checkpoint {words.duration(saved)} ago" if saved is not None else ""
    return f" {'total':<{words.NAME}}{figures} · {failed:,} failed{checkpoint}   Ctrl-C is safe"
