"""Every source against every fault of an upstream, over real HTTP: one film is poisoned, and nothing else is harmed.

The table of faults and of what is expected of them is tests/battery/upstream_faults.py, which runs the same with the
command line in processes of its own and measures their memory.
"""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest
from battery import upstream_faults as battery
from battery.upstream_faults import FAULTS, FEEDS, FILMS, KEYS, QUESTIONS
from toys import Toy, settings, toy_answer

from mwi_crawl import breaker, sources
from mwi_crawl.crawl import Engine
from mwi_crawl.plan import Scope
from mwi_crawl.report import Report

PATIENCE = 0.8  # seconds; what answers at all answers sooner, however busy the machine is
ASKED = {"films": [name for name in QUESTIONS if name not in FEEDS], "feeds": list(FEEDS)}
CASES = [
    pytest.param(name, [each for each in asked if fault.of(each) is not None], id=f"{name}-{about}")
    for name, fault in FAULTS.items()
    for about, asked in ASKED.items()
    if any(fault.of(each) is not None for each in asked)
]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database that follows the films."""
    path = tmp_path_factory.mktemp("filled") / "films.db"
    asyncio.run(battery.fill(path))
    return path


@pytest.fixture
def toy_beside(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is one source more, which has no part in the fault."""
    kinds = sources.discover()
    monkeypatch.setattr(sources, "discover", lambda: {**kinds, "toy": Toy})


async def run(folder: Path, names: list[str], base_url: str, away: str) -> Report:
    """All these sources at once, each with its own poisoned question, and the toy."""
    speed = 50 if away.startswith("https") else 10_000
    common = {"enabled": True, "base_url": away, "requests_per_second": speed}
    its = {name: common | battery.OPTIONS.get(name, {}) for name in names} | {"toy": {"base_url": base_url}}
    engine_settings = {"timeout_seconds": PATIENCE, "max_retries": battery.RETRIES}
    async with Engine(settings(folder, engine=engine_settings, environ=KEYS, **its)) as engine:
        feeds = any(name in FEEDS for name in names)
        return await (engine.incremental(Scope(channels=True)) if feeds else engine.full())


@pytest.mark.usefixtures("quick", "toy_beside")
@pytest.mark.parametrize(("name", "asked"), CASES)
async def test_a_fault_costs_what_it_concerns_and_nothing_else(
    name: str, asked: list[str], filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault = FAULTS[name]
    monkeypatch.setattr(breaker, "BROKEN_LIMIT", battery.BROKEN_LIMIT)
    shutil.copy(filled, tmp_path / "t.db")
    upstream = battery.upstream_of(fault, *asked)
    upstream.handle(toy_answer)
    async with upstream.serve() as base_url:
        with battery.way(fault, base_url) as away:
            report = await run(tmp_path, asked, base_url, away)
    toy = report.lanes["toy"]
    assert (toy.done, toy.absent, toy.state) == (FILMS - 2, 2, "done")
    wrong = []
    for each in asked:
        code = Report(lanes={"toy": toy, each: report.lanes[each]}).exit_code  # as if it were alone with the toy
        seen = battery.seen(tmp_path / "t.db", each, code, upstream)
        wrong += [f"{each}: {said}" for said in seen.wrong(fault)]
        told = any(said.startswith(f"{each}: ") and "could not be read" in said for said in report.events)
        assert told is (each in FEEDS and seen.state in ("failed", "broken"))
    assert wrong == []
