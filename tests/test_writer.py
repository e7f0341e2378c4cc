"""The writer: what is handed in is stored, together where it came together, and nobody waits for it in vain."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from dataclasses import replace
from random import Random

import pytest
from toys import ask, know

from mwi_crawl import checkpoint, runs, writer
from mwi_crawl.checkpoint import Saved
from mwi_crawl.errors import DiskFullError, StorageError
from mwi_crawl.model import Job, JobState, Outcome, Parsed, Record, Request, Response, Result, Seed, Settled
from mwi_crawl.store import Store
from mwi_crawl.writer import Writer

NOW = "2026-01-01T00:00:00.000Z"


def settled(number: int, body: bytes = b"") -> Settled:
    job = Job(number, "tmdb", f"movie/{number}", number)
    response = Response(200, {}, body or b"%d" % number)
    result = Result(job, Outcome.OK, status=200, request=Request(f"/3/movie/{number}"), response=response)
    return Settled(result, JobState.DONE, 0, 0, None, NOW)


async def jobs(store: Store, count: int) -> None:
    """A run with so many pending jobs."""
    await know(store, *(Seed({"tmdb_movie": str(number)}) for number in range(1, count + 1)))
    await store.transact(runs.begin, "full", "{}", NOW)
    await store.transact(runs.open_lane, 1, "tmdb", count)

    def add(db: sqlite3.Connection) -> None:
        rows = [("tmdb", f"movie/{number}", number, NOW, None, 1) for number in range(1, count + 1)]
        db.executemany(
            "insert into jobs (source, key, film_id, state, ready_at, fallback, run_id)"
            " values (?, ?, ?, 'pending', ?, ?, ?)",
            rows,
        )

    await store.transact(add)


@pytest.fixture
async def store(tmp_path):
    async with Store(tmp_path / "t.db") as opened:
        await jobs(opened, 400)
        yield opened


class Batches:
    """Counts the transactions of `checkpoint.save`; can hold or break them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sizes: list[int] = []
        self.may_go = threading.Event()
        self.may_go.set()
        self.error: Exception | None = None
        save = checkpoint.save

        def counting(db, run_id, batch, **how):
            self.may_go.wait(5)
            self.sizes.append(len(batch))
            if self.error is not None:
                raise self.error
            return save(db, run_id, batch, **how)

        monkeypatch.setattr(checkpoint, "save", counting)


@pytest.fixture
def batches(monkeypatch) -> Batches:
    return Batches(monkeypatch)


def writing(store: Store, saved: list[Saved] | None = None) -> Writer:
    return Writer(store, 1, (saved if saved is not None else []).append, keep_bodies=True)


def done(tmp_path) -> int:
    return ask(tmp_path, "select count(*) from jobs where state = 'done'")[0][0]


async def test_an_answer_is_durable_when_save_returns(store, tmp_path):
    seen: list[Saved] = []
    async with writing(store, seen) as out:
        (saved,) = await out.save([settled(1)])
        assert done(tmp_path) == 1  # another connection sees it
        assert (saved.finished, seen) == (True, [saved])


async def test_what_piles_up_during_a_commit_is_one_transaction(store, batches, tmp_path):
    batches.may_go.clear()
    async with writing(store) as out:
        waiting = [asyncio.create_task(out.save([settled(number)])) for number in range(1, 21)]
        await asyncio.sleep(0.02)
        batches.may_go.set()
        await asyncio.gather(*waiting)
    assert sum(batches.sizes) == done(tmp_path) == 20
    assert len(batches.sizes) <= 2


async def test_an_idle_writer_stores_each_answer_at_once(store, batches):
    async with writing(store) as out:
        for number in range(1, 6):
            await out.save([settled(number)])
    assert batches.sizes == [1] * 5


async def one_each_pass(out: Writer, numbers: range) -> list[asyncio.Task]:
    """Hand in one answer in each pass of the event loop."""
    waiting = []
    for number in numbers:
        waiting.append(asyncio.create_task(out.save([settled(number)])))
        await asyncio.sleep(0)
    return waiting


@pytest.mark.parametrize(("share", "sizes"), [(1.0, [5]), (0.5, [1, 4])])
async def test_only_where_the_processor_is_the_limit_a_commit_waits_for_what_the_loop_brings(
    share, sizes, store, batches, monkeypatch
):
    monkeypatch.setattr(writer._Load, "share", lambda _self: share)
    async with writing(store) as out:
        batches.may_go.clear()
        waiting = await one_each_pass(out, range(1, 6))
        await asyncio.sleep(0.02)
        batches.may_go.set()
        await asyncio.gather(*waiting)
    assert batches.sizes == sizes


def test_the_use_of_the_processor_is_measured_over_a_while(monkeypatch):
    now, used = 100.0, 7.0
    monkeypatch.setattr(writer.time, "monotonic", lambda: now)
    monkeypatch.setattr(writer.time, "process_time", lambda: used)
    load = writer._Load()
    now, used = 100.05, 7.05
    assert load.share() == 0.0  # too short a while to tell
    now, used = 100.2, 7.18
    assert load.share() == pytest.approx(0.9)
    now, used = 100.25, 7.18
    assert load.share() == pytest.approx(0.9)
    now, used = 101.2, 7.28
    assert load.share() == pytest.approx(0.1)


async def test_a_transaction_is_bounded_and_never_parts_one_request(store, batches, monkeypatch, tmp_path):
    monkeypatch.setattr(writer, "BATCH_LIMIT", 10)
    batches.may_go.clear()
    groups = [[settled(start + number) for number in range(4)] for start in range(1, 41, 4)]
    async with writing(store) as out:
        waiting = [asyncio.create_task(out.save(group)) for group in groups]
        await asyncio.sleep(0.02)
        batches.may_go.set()
        answered = await asyncio.gather(*waiting)
    assert all(size % 4 == 0 and size < 10 + 4 for size in batches.sizes)
    for group, saved in zip(groups, answered, strict=True):
        assert [each.settled for each in saved] == group
    assert done(tmp_path) == 40


async def test_leaving_stores_all_that_was_handed_in(store, batches, tmp_path):
    batches.may_go.clear()
    async with writing(store) as out:
        waiting = [asyncio.create_task(out.save([settled(number)])) for number in range(1, 301)]
        await asyncio.sleep(0.02)
        batches.may_go.set()
    assert done(tmp_path) == 300
    await asyncio.gather(*waiting)


async def test_an_answer_whose_asker_was_cancelled_is_stored_all_the_same(store, batches, tmp_path):
    batches.may_go.clear()
    seen: list[Saved] = []
    async with writing(store, seen) as out:
        waiting = [asyncio.create_task(out.save([settled(number)])) for number in range(1, 4)]
        await asyncio.sleep(0.02)
        for each in waiting:
            each.cancel()
        batches.may_go.set()
    assert (done(tmp_path), len(seen)) == (3, 3)
    assert all(
        isinstance(each, asyncio.CancelledError) for each in await asyncio.gather(*waiting, return_exceptions=True)
    )


async def test_a_cancelled_leaving_still_stores_what_was_handed_in(store, batches, tmp_path):
    # the store was closed under a writer that was still at work
    batches.may_go.clear()

    async def leave() -> None:
        async with writing(store) as out:
            for number in range(1, 4):
                others.append(asyncio.create_task(out.save([settled(number)])))
            await asyncio.sleep(0.02)

    others: list[asyncio.Task[object]] = []
    leaving = asyncio.create_task(leave())
    await asyncio.sleep(0.05)
    for _ in range(3):
        leaving.cancel()
        await asyncio.sleep(0.005)
    assert not leaving.done()
    batches.may_go.set()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    assert done(tmp_path) == 3
    await asyncio.gather(*others)


@pytest.mark.parametrize("error", [sqlite3.OperationalError("disk I/O error"), sqlite3.DatabaseError("malformed")])
async def test_a_storage_fault_reaches_everybody_who_waits_and_whoever_comes_later(store, batches, tmp_path, error):
    batches.error = error
    batches.may_go.clear()
    async with asyncio.timeout(5):
        async with writing(store) as out:
            waiting = [asyncio.create_task(out.save([settled(number)])) for number in range(1, 300)]
            await asyncio.sleep(0.02)
            batches.may_go.set()
            failed = await asyncio.gather(*waiting, return_exceptions=True)
            assert all(isinstance(each, StorageError) for each in failed)
            batches.error = None
            with pytest.raises(StorageError):  # nothing is stored after a fault: an order that has a hole is no order
                await out.save([settled(1)])
    assert (done(tmp_path), len(batches.sizes)) == (0, 1)


async def test_a_full_disk_is_called_by_its_name_and_takes_nothing_back(store, tmp_path):
    async with writing(store) as out:
        await out.save([settled(1)])
        pages = await store.read(lambda db: db.execute("pragma page_count").fetchone()[0])
        await store.transact(lambda db: db.execute(f"pragma max_page_count = {pages}").fetchone())
        incompressible = Random(1).randbytes(100_000)
        with pytest.raises(DiskFullError):
            await out.save([settled(2, incompressible)])
    assert done(tmp_path) >= 1
    assert ask(tmp_path, "pragma integrity_check") == [("ok",)]
    assert ask(
        tmp_path, "select count(*) from jobs where state = 'done' and body_hash not in (select body_hash from bodies)"
    ) == [(0,)]


async def test_a_bug_in_storing_frees_everybody_and_is_raised_where_the_writer_is_left(store, batches, tmp_path):
    batches.error = LookupError("a bug")
    out = await writing(store).__aenter__()
    async with asyncio.timeout(5):
        for number in (1, 2):
            with pytest.raises(StorageError, match="the writer has ended"):
                await out.save([settled(number)])
        with pytest.raises(LookupError):
            await out.__aexit__(None, None, None)


async def test_one_answer_the_tables_refuse_harms_no_other_of_its_batch(store, batches, tmp_path):
    odd = settled(2)
    refused = Parsed(speaks_of=("scores",), records=(Record("scores", {"no_such": 1}),))
    odd = replace(odd, result=replace(odd.result, parsed=refused))
    async with writing(store) as out:
        saved = await out.save([settled(1), odd, settled(3)])
    assert [each.settled.state for each in saved] == [JobState.DONE, JobState.BROKEN, JobState.DONE]
    assert done(tmp_path) == 2
