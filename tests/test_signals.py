"""Signals to a real crawl: it ends soon, with the right code, says how to go on, and can be resumed."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sqlite3
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing

import pytest
from battery import kill_and_resume as battery
from toys import tmdb_upstream

from mwi_crawl.cli import signals
from mwi_crawl.cli.signals import Stopper
from mwi_crawl.demo.misbehaviour import too_many

RESUME = "mwi-crawl full --resume"


@asynccontextmanager
async def crawl(folder, upstream, films: int = 60, **environ: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A crawl in a process of its own."""
    if not (folder / "films").exists():
        await asyncio.to_thread(battery.fill, folder / "films", films)
    async with upstream.serve() as base_url:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "mwi_crawl", "full", "--resume"),
            cwd=folder / "films",
            env=battery.environment(base_url, 1000) | environ,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
            await process.communicate()


async def until(upstream, asked: int) -> None:
    async with asyncio.timeout(20):
        while len(upstream.log.hits) < asked:
            await asyncio.sleep(0.005)


async def ended(process: asyncio.subprocess.Process) -> tuple[int, str, str, float]:
    """Exit code, stdout, stderr, and the seconds it took from now."""
    started = time.monotonic()
    async with asyncio.timeout(20):
        out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode(), time.monotonic() - started


def rows(folder, question: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(folder / "films" / "mwi.db")) as db:
        return db.execute(question).fetchall()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
async def test_one_signal_lets_what_is_under_way_finish_and_says_how_to_go_on(tmp_path, number, code):
    upstream = tmdb_upstream(latency=0.25)
    async with crawl(tmp_path, upstream) as process:
        await until(upstream, 15)  # ten are stored, the next ten under way
        process.send_signal(number)
        returned, out, err, seconds = await ended(process)
    asked = len(upstream.log.hits)
    assert (returned, seconds < 5) == (code, True)
    left = re.search(r"letting (\d+) finish", err)
    assert left
    assert asked - 10 <= int(left[1]) <= 10  # an answer on its way to us still counts
    assert f"INTERRUPTED at 0/60. {asked} requests, 0 retried" in out
    assert f"{RESUME}   (exit code {code})" in out.splitlines()[-1]
    assert rows(tmp_path, "select count(*) from jobs where state = 'done'") == [(asked,)]  # nothing asked in vain
    assert rows(tmp_path, "select status, exit_code from runs") == [("INTERRUPTED", code)]

    if number is signal.SIGTERM:
        upstream.latency = 0.0
        async with crawl(tmp_path, upstream) as process:
            returned, out, _, _ = await ended(process)
        assert (returned, rows(tmp_path, "select attempt, status from runs")) == (0, [(2, "SUCCESS")])
        assert set(upstream.log.counts().values()) == {1}


async def test_a_second_signal_drops_what_is_under_way(tmp_path):
    upstream = tmdb_upstream(latency=9.0)
    async with crawl(tmp_path, upstream) as process:
        await until(upstream, 10)
        process.send_signal(signal.SIGINT)
        await asyncio.sleep(0.2)
        process.send_signal(signal.SIGINT)
        code, out, err, seconds = await ended(process)
    assert (code, seconds < 4) == (130, True)
    assert "letting 10 finish" in err
    assert "Dropped 10 requests; they will be sent again." in err
    assert RESUME in out.splitlines()[-1]
    assert rows(tmp_path, "select status, (select count(*) from jobs where state <> 'pending') from runs") == [
        ("INTERRUPTED", 0)
    ]


async def test_the_patience_after_one_signal_has_an_end(tmp_path):
    upstream = tmdb_upstream(latency=9.0)
    async with crawl(tmp_path, upstream, MWI_ENGINE__GRACE_SECONDS="0.3") as process:
        await until(upstream, 10)
        process.send_signal(signal.SIGTERM)
        code, _, err, seconds = await ended(process)
    assert (code, seconds < 4, "Dropped 10 requests" in err) == (143, True, True)


async def test_a_signal_while_the_upstream_asked_for_a_minute_of_peace_ends_the_run_at_once(tmp_path):
    upstream = tmdb_upstream()
    upstream.script(too_many("429_minute", "60"), start=5)
    async with crawl(tmp_path, upstream) as process:
        await until(upstream, 5)
        await asyncio.sleep(0.4)
        process.send_signal(signal.SIGINT)
        code, out, _, seconds = await ended(process)
    assert (code, seconds < 4, RESUME in out.splitlines()[-1]) == (130, True, True)


async def test_a_signal_while_a_retry_is_waited_for_ends_the_run_at_once(tmp_path):
    upstream = tmdb_upstream()
    upstream.script("503", "/3/find/*")
    async with crawl(tmp_path, upstream, films=1) as process:
        await until(upstream, 2)  # the next wait lasts two seconds or more
        await asyncio.sleep(0.1)
        process.send_signal(signal.SIGINT)
        code, _, _, seconds = await ended(process)
    assert (code, seconds < 1.9) == (130, True)


async def test_a_signal_during_the_planning_leaves_a_run_that_plans_the_rest(tmp_path):
    upstream = tmdb_upstream(latency=9.0)
    async with crawl(tmp_path, upstream, films=40_000) as process:
        async with asyncio.timeout(20):
            while rows(tmp_path, "select count(*) from jobs") == [(0,)]:
                await asyncio.sleep(0.002)
        process.send_signal(signal.SIGINT)
        code, out, _, _ = await ended(process)
    assert (code, upstream.log.hits, RESUME in out.splitlines()[-1]) == (130, [], True)
    assert rows(tmp_path, "select status, planned_at from runs") == [("INTERRUPTED", None)]
    assert 0 < rows(tmp_path, "select count(*) from jobs")[0][0] < 40_000

    async with crawl(tmp_path, upstream) as process:
        await until(upstream, 1)
        process.kill()
    assert rows(tmp_path, "select count(*) from jobs where run_id = 1") == [(40_000,)]


async def test_a_signal_when_nobody_listens_any_more_still_ends_the_run_in_order(tmp_path):
    # the terminal was closed: what is said on the way out cannot be said
    upstream = tmdb_upstream(latency=0.4)
    terminal, of_the_child = os.openpty()
    async with upstream.serve() as base_url:
        await asyncio.to_thread(battery.fill, tmp_path / "films", 60)
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "mwi_crawl", "full"),
            cwd=tmp_path / "films",
            env=battery.environment(base_url, 1000),
            stdin=of_the_child,
            stdout=of_the_child,
            stderr=of_the_child,
            start_new_session=True,
        )
        os.close(of_the_child)
        await until(upstream, 15)
        os.close(terminal)
        process.send_signal(signal.SIGHUP)
        async with asyncio.timeout(20):
            await process.wait()
    assert rows(tmp_path, "select status, exit_code from runs") == [("INTERRUPTED", 129)]
    asked = len(upstream.log.hits)
    assert rows(tmp_path, "select count(*) from jobs where state = 'done'") == [(asked,)]
    assert "Exception in callback" not in (tmp_path / "films" / "mwi-crawl.log").read_text()


# the stopper itself


class Stops:
    """Counts the calls of an engine's `stop`."""

    def __init__(self) -> None:
        self.codes: list[int] = []

    def __call__(self, code: int) -> int:
        self.codes.append(code)
        return 3


async def test_the_third_signal_ends_the_process_without_a_word(monkeypatch):
    left = []
    monkeypatch.setattr(signals.os, "_exit", left.append)
    stop = Stops()
    stopper = Stopper(stop, 60)

    async def work() -> str:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGTERM):
            os.kill(os.getpid(), number)
            await asyncio.sleep(0.02)
        return "done"

    assert await stopper.guard(work()) == "done"
    assert (stop.codes, left, stopper.code) == ([130, 143], [143], 143)


async def test_after_the_work_signals_and_patience_are_nobodys_any_more(capsys):
    stop = Stops()
    stopper = Stopper(stop, 0.05)

    async def work() -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.sleep(0.01)

    before = signal.getsignal(signal.SIGTERM)
    await stopper.guard(work())
    assert signal.getsignal(signal.SIGTERM) == before
    await asyncio.sleep(0.1)
    assert stop.codes == [143]  # the engine may be at another run by now


async def test_work_that_fails_gives_the_signals_back_too():
    async def work() -> None:
        raise LookupError

    stopper = Stopper(Stops(), 1)
    with pytest.raises(LookupError):
        await stopper.guard(work())
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert stopper.code is None
