"""Progress: bars on a terminal, lines elsewhere, and nothing where the log is shown."""

from __future__ import annotations

import asyncio
import os
import re
import sys
import time

import pytest
from commandline import Person

from mwi_crawl.cli import progress, words
from mwi_crawl.demo.upstream import FakeUpstream
from mwi_crawl.report import LaneReport, Report


class Notebook(progress.Silence):
    """A voice that only remembers."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.closed = 0

    def say(self, text: str) -> None:
        self.said.append(text)

    def figures(self, line: str) -> None:
        self.said.append(line)

    def close(self, report: Report) -> None:
        self.closed += 1


async def watched(report: Report, voice: progress.Voice, seconds: float = 0.05) -> None:
    watcher = asyncio.create_task(progress.watch(lambda: report, voice, lambda r: [f"Run {r.run_id}"]))
    await asyncio.sleep(seconds)
    watcher.cancel()
    await asyncio.gather(watcher, return_exceptions=True)


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "EVERY", 0.01)


async def test_the_beginning_and_each_event_are_told_once_and_the_last_ones_at_the_end() -> None:
    report, voice = Report(run_id=7, films=2, events=["a", "b"]), Notebook()
    watcher = asyncio.create_task(progress.watch(lambda: report, voice, lambda r: [f"Run {r.run_id}"]))
    await asyncio.sleep(0.05)
    report.events.append("c")
    watcher.cancel()
    await asyncio.gather(watcher, return_exceptions=True)
    assert voice.said == ["Run 7", "Warning: a.", "Warning: b.", "Warning: c."]
    assert voice.closed == 1


async def test_a_run_whose_plan_is_not_known_yet_is_not_opened() -> None:
    report, voice = Report(run_id=7), Notebook()
    watcher = asyncio.create_task(progress.watch(lambda: report, voice, lambda r: [f"{r.films} films"]))
    await asyncio.sleep(0.05)
    assert voice.said == []
    report.films = 5
    await asyncio.sleep(0.05)
    watcher.cancel()
    await asyncio.gather(watcher, return_exceptions=True)
    assert voice.said == ["5 films"]


async def test_figures_come_now_and_then_for_each_source(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "LOG_EVERY", 0.02)
    lanes = {
        "ddd": LaneReport("ddd", planned=3000, done=1731, rate=2.0),
        "tmdb": LaneReport("tmdb", planned=10, done=10),
    }
    voice = Notebook()
    await watched(Report(run_id=2, films=3000, lanes=lanes), voice, seconds=0.2)
    assert voice.said[1:3] == [
        "run=2 source=ddd done=1731 total=3000 rate=2.0",
        "run=2 source=tmdb done=10 total=10 rate=0.0",
    ]


def test_lines_bear_the_time(capsys: pytest.CaptureFixture[str]) -> None:
    progress.Lines(figures=True).figures("run=2 source=ddd")
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ run=2 source=ddd\n", capsys.readouterr().err)
    progress.Lines(figures=False).figures("run=2 source=ddd")
    assert capsys.readouterr().err == ""


def test_the_time_left_follows_from_the_pace_of_this_run(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    lane, pace = LaneReport("tmdb", planned=1000, done=500), progress.Pace()
    assert pace.eta(lane) is None
    now += 10
    lane.done += 50  # 5 a second; the 500 of an earlier attempt do not count
    assert pace.eta(lane) == pytest.approx(90)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize("size", [(110, 30), (60, 12)])
def test_on_a_terminal_there_is_a_bar_that_fits_it(mwi: Person, tmdb: FakeUpstream, size: tuple[int, int]) -> None:
    shown = on_a_terminal(mwi, size, "full")
    lines = [line for line in re.split(r"[\r\n]+", re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown)) if line.strip()]
    bars = [line for line in lines if re.match(r" tmdb +\d+/12 ", line)]
    assert bars[-1].startswith(f" {'tmdb':<{words.NAME}}    12/12     {'#' * 24} done")
    assert any("Ctrl-C is safe" in line for line in lines) is (size[0] > 100)
    assert max(map(len, [*bars, *(line for line in lines if line.startswith(" total"))])) <= size[0]
    assert any(line.startswith("Run 1 (full)   12 films   sources: tmdb   skipped, off: ") for line in lines)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_a_terminal_can_be_spared_the_bars(mwi: Person, tmdb: FakeUpstream) -> None:
    for words_ in (("full", "--no-progress"), ("full", "--refetch", "-v")):
        assert "####" not in on_a_terminal(mwi, (110, 30), *words_)


def on_a_terminal(mwi: Person, size: tuple[int, int], *words_: str) -> str:
    """What a command writes to a terminal of so many columns and lines."""
    import fcntl
    import pty
    import struct
    import termios

    mwi.follow(*(f"tt90000{number}" for number in range(10, 22)))
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
    with mwi.start(*words_, stdout=theirs, stderr=theirs, stdin=theirs) as process:
        os.close(theirs)
        shown = b""
        try:
            while part := os.read(ours, 65536):
                shown += part
        except OSError:  # Linux's way to say that the other side is closed
            pass
    os.close(ours)
    assert process.returncode == 0
    return shown.decode()
