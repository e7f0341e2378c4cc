"""Signals to a real crawl: it ends soon, with the right code, says how to go on, and can be resumed."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing

import pytest
from battery import kill_and_resume as battery
from dumps import dump
from toys import tmdb_upstream

from mwi_crawl import schema
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


async def test_a_terminal_that_is_closed_ends_the_run_in_order_and_with_its_code(tmp_path):
    # the kernel says so (SIGHUP), and whatever is written from then on fails: the bars, the last words, a warning
    upstream = tmdb_upstream(latency=0.4)
    terminal, of_the_child = os.openpty()
    async with upstream.serve() as base_url:
        await asyncio.to_thread(battery.fill, tmp_path / "films", 60)
        own = "import fcntl, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); from mwi_crawl.cli import main; main()"
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", own, "full"),
            cwd=tmp_path / "films",
            env=battery.environment(base_url, 1000),
            stdin=of_the_child,
            stdout=of_the_child,
            stderr=of_the_child,
            start_new_session=True,
        )
        os.close(of_the_child)
        await until(upstream, 15)
        await asyncio.sleep(0.3)  # the bars are there
        assert b"tmdb" in os.read(terminal, 65536)
        os.close(terminal)
        async with asyncio.timeout(20):
            code = await process.wait()
    assert (code, rows(tmp_path, "select status, exit_code from runs")) == (129, [("INTERRUPTED", 129)])
    assert rows(tmp_path, "select count(*) from jobs where state = 'done'") == [(len(upstream.log.hits),)]
    log = (tmp_path / "films" / "mwi-crawl.log").read_text()
    assert "Traceback" not in log
    assert " ERROR " not in log


async def test_a_run_that_outlives_its_terminal_goes_on(tmp_path):
    # nohup: SIGHUP is ignored, and so it must stay
    upstream = tmdb_upstream(latency=0.1)
    async with upstream.serve() as base_url:
        await asyncio.to_thread(battery.fill, tmp_path / "films", 60)
        deaf = "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN); from mwi_crawl.cli import main; main()"
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", deaf, "full"),
            cwd=tmp_path / "films",
            env=battery.environment(base_url, 1000),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        await until(upstream, 15)
        process.send_signal(signal.SIGHUP)
        async with asyncio.timeout(20):
            code = await process.wait()
    assert (code, rows(tmp_path, "select status from runs")) == (0, [("SUCCESS",)])


async def test_a_run_that_was_suspended_goes_on_without_a_burst(tmp_path):
    upstream, rate = tmdb_upstream(latency=0.02), 25
    asked = {"MWI_SOURCES__TMDB__REQUESTS_PER_SECOND": str(rate), "MWI_SOURCES__TMDB__BURST": "2"}
    async with crawl(tmp_path, upstream, **asked) as process:
        await until(upstream, 20)
        process.send_signal(signal.SIGSTOP)  # SIGTSTP does nothing where no shell waits for the tests
        await asyncio.sleep(0.2)  # what was under way arrives
        slept_from, before = time.monotonic(), len(upstream.log.hits)
        await asyncio.sleep(3)
        assert len(upstream.log.hits) == before
        woken = time.monotonic()
        process.send_signal(signal.SIGCONT)
        code, _, err, _ = await ended(process)
    assert (code, rows(tmp_path, "select status from runs")) == (0, [("SUCCESS",)])
    assert upstream.log.between(slept_from, woken) == []
    for start in (woken + 0.1 * step for step in range(10)):
        assert len(upstream.log.between(start, start + 1)) <= rate + 2
    assert len(upstream.log.between(woken, woken + 0.1)) <= 2 + rate * 0.1 + 1
    assert set(upstream.log.counts().values()) == {1}
    assert "Warning" not in err


# the other commands: each is interrupted in the middle of what it does, and leaves a file that is sound


SLOWLY = """
import pathlib, time
from importlib import import_module

def in_the_middle_of(module, name):
    owner, real = import_module(module), getattr(import_module(module), name)

    def slowed(*args, **kwargs):
        pathlib.Path("here").touch()
        time.sleep(0.7)
        return real(*args, **kwargs)

    setattr(owner, name, slowed)

"""


def interrupted(mwi, words: str, middle: tuple[str, str], number: signal.Signals) -> tuple[int, str, str]:
    """Type a command and send it a signal once it is at `middle`, a function that takes a while then."""
    (mwi.folder / "here").unlink(missing_ok=True)
    with mwi.start(*words.split(), before=f"{SLOWLY}in_the_middle_of(*{middle})") as process:
        deadline = time.monotonic() + 20
        while not (mwi.folder / "here").exists() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.005)
        time.sleep(0.1)
        process.send_signal(number)
        try:
            out, err = process.communicate(timeout=20)
        finally:
            process.kill()
    assert (mwi.folder / "here").exists(), out + err
    return process.returncode, out, err


def sound(mwi) -> None:
    with closing(sqlite3.connect(mwi.folder / "mwi.db")) as db:
        assert schema.check(db) == []
    assert [path.name for path in mwi.folder.glob("*.part")] == []
    assert mwi("status").code == 0  # nobody holds the file


COMMANDS = {
    "full": ("mwi_crawl.plan", "requeue"),
    "incremental": ("mwi_crawl.plan", "requeue"),
    "failures retry": ("mwi_crawl.plan", "requeue_failed"),
    "import ids more.txt": ("mwi_crawl.ingest", "ingest"),
    "datasets load --dir dumps": ("mwi_crawl.datasets.loading", "_replace"),
    "aggregate": ("mwi_crawl.aggregate.build", "build"),
    "reparse --all": ("mwi_crawl.reparse", "_take"),
    "db backup copy.db": ("mwi_crawl.schema", "backup"),
}


@pytest.fixture
def crawled(mwi, tmdb, monkeypatch):
    """Two films that were answered and one that failed, and what the commands need beside that."""
    monkeypatch.setenv("MWI_ENGINE__MAX_RETRIES", "0")
    monkeypatch.setenv("MWI_SOURCES__IMDB_DATASETS__ENABLED", "true")
    mwi.follow("tt9000001", "tt9000002", "tt9000003")
    tmdb.script("503", "/3/find/tt9000003")
    assert mwi("full").code == 5
    mwi.write("more.txt", "tt9000004\n")
    dump(mwi.folder / "dumps")
    return mwi


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("words", COMMANDS)
def test_a_command_that_is_interrupted_says_so_and_leaves_a_sound_file(crawled, words, number, code):
    returned, out, err = interrupted(crawled, words, COMMANDS[words], number)
    assert returned == code, out + err
    assert "Traceback" not in err
    assert "Stopped." in out + err or "Checkpoint written." in out
    sound(crawled)
    again = crawled(*words.split())
    assert again.code in (0, 5), again.err  # 5: the film that fails still does


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_question_that_nobody_answers_is_ended_by_a_signal(mwi, tmdb, number, code):
    offered = [{"id": each, "title": "Solaris", "release_date": "1972-01-01"} for each in (593, 2103)]
    tmdb.add("/3/search/movie", json.dumps({"results": offered, "total_results": 2, "page": 1}))
    mwi.write("watched.csv", "Date,Name,Year,Letterboxd URI\n2020-01-01,Solaris,1972,https://boxd.it/2a\n")
    assert mwi("import", "watched.csv").code == 0
    mwi("full")
    with mwi.start("match", "review", stdin=subprocess.PIPE) as process:
        for line in process.stdout:
            if "choose" in line:
                break
        time.sleep(0.2)
        process.send_signal(number)
        _, err = process.communicate(timeout=20)
    assert (process.returncode, "Stopped." in err, "Traceback" in err) == (code, True, False)
    assert mwi.ask("select chosen, decided_by from matches") == [(None, None)]
    sound(mwi)


def test_what_stays_ignored_and_what_was_there_before_is_there_after(monkeypatch):
    handlers = {signal.SIGINT: signal.SIG_IGN, signal.SIGTERM: signal.SIG_DFL, signal.SIGHUP: signal.SIG_IGN}
    monkeypatch.setattr(signals.signal, "getsignal", handlers.get)
    monkeypatch.setattr(signals.signal, "signal", handlers.__setitem__)
    monkeypatch.setattr(signals, "_asked", [])
    signals.as_ctrl_c()
    assert (handlers[signal.SIGINT], handlers[signal.SIGHUP]) == (signal.SIG_IGN, signal.SIG_IGN)
    with pytest.raises(KeyboardInterrupt):  # where nobody heeds Ctrl-C either
        handlers[signal.SIGTERM](signal.SIGTERM, None)
    assert signals.exit_code() == 143


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

    before = signal.getsignal(signal.SIGINT)
    stopper = Stopper(Stops(), 1)
    with pytest.raises(LookupError):
        await stopper.guard(work())
    assert signal.getsignal(signal.SIGINT) == before
    assert stopper.code is None
