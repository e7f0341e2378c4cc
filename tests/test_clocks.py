"""Clocks that are wrong: set during a run, and times in the file that no right clock can have written."""

from __future__ import annotations

import asyncio
import datetime as datetimes
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from rows import NOW, Script, all_of, answer, at, begin, day, film, made, ready, replan, save, state
from toys import ask, engine_of, invented_ids, settings, states, tmdb_upstream, toy_upstream

from mwi_crawl import changes, checkpoint, crawl, heartbeat, lane, ledger, patience, plan, planner, throttle
from mwi_crawl.ledger import Ledger
from mwi_crawl.model import Outcome, Quota
from mwi_crawl.plan import Scope
from mwi_crawl.settle import BACKOFF_CAP, iso
from mwi_crawl.sources.tmdb import Tmdb
from mwi_crawl.throttle import retry_after

HOUR, DAY, YEARS = 3600.0, 86_400.0, 10 * 365 * 86_400.0
RATE = 40


class Clock:
    """The wall clock of the modules that read one, which can be set; the monotonic one goes on as ever."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def time(self) -> float:
        return time.time() + self.ahead

    def now(self, zone: datetimes.tzinfo | None = None) -> datetime:
        return datetime.now(zone) + timedelta(seconds=self.ahead)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    own = Clock()

    class Datetime(datetime):
        now = own.now

    for module in (crawl, lane, planner, heartbeat):
        monkeypatch.setattr(module, "datetime", Datetime)
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + own.ahead)
    monkeypatch.setattr(own, "now", lambda zone=None: datetime.fromtimestamp(real() + own.ahead, zone))
    monkeypatch.setattr(Datetime, "now", own.now)
    return own


@pytest.mark.parametrize("seconds", [-HOUR, DAY, YEARS, -YEARS])
@pytest.mark.usefixtures("quick")
async def test_a_clock_that_is_set_during_a_run_neither_holds_nor_hurries_it(tmp_path, clock, monkeypatch, seconds):
    upstream = tmdb_upstream()
    upstream.script("503", attempts=1, share=0.2)
    slow = {"requests_per_second": RATE, "burst": 2}
    async with engine_of(settings(tmp_path, invented_ids(40), tmdb=slow), upstream) as engine:
        work = asyncio.create_task(engine.full())
        while len(upstream.log.hits) < 20:
            await asyncio.sleep(0.005)
        clock.ahead = seconds
        async with asyncio.timeout(20):
            report = await work
    assert (report.exit_code, states(tmp_path)) == (0, {"done": 40})
    assert upstream.log.busiest(0.5) <= RATE * 0.5 + 3
    retried = report.lanes["tmdb"].retried
    assert len(upstream.log.hits) == 80 + retried
    assert 0 < report.seconds < 20
    assert ask(tmp_path, "select status from runs") == [("SUCCESS",)]


@pytest.mark.parametrize("seconds", [-HOUR, YEARS])
@pytest.mark.usefixtures("toy_only")
async def test_what_was_left_under_a_wrong_clock_is_done_by_the_next_run(tmp_path, clock, seconds):
    upstream = toy_upstream()
    upstream.script("503", times=9)
    given = settings(tmp_path, invented_ids(9), engine={"max_retries": 2})
    async with engine_of(given, upstream) as engine:
        clock.ahead = -seconds if seconds < 0 else seconds  # ahead of the right time either way
        work = asyncio.create_task(engine.full())
        while len(upstream.log.hits) < 9:
            await asyncio.sleep(0.005)
        engine.stop()
        await work
    assert ask(tmp_path, "select min(ready_at) from jobs") > [(iso(datetime.now(UTC) + timedelta(minutes=50)),)]
    clock.ahead = 0.0
    upstream.behave()
    async with engine_of(given, upstream) as engine, asyncio.timeout(10):
        report = await engine.full(resume=True)
    assert (report.exit_code, states(tmp_path)) == (0, {"done": 9})


@pytest.mark.usefixtures("quick")
async def test_a_closure_of_years_is_not_believed(tmp_path):
    upstream = tmdb_upstream()
    async with engine_of(settings(tmp_path, invented_ids(2)), upstream) as engine:
        for until in ("2037-01-01T00:00:00.000Z", iso(datetime.now(UTC) + timedelta(days=33))):
            await engine.store.transact(
                lambda db, until=until: db.execute(
                    "insert or replace into throttles values ('tmdb', 20, null, ?, 'blocked', '')", (until,)
                )
            )
            assert (await engine.store.read(patience.throttle, "tmdb", datetime.now(UTC))).closed_for == 0.0
        report = await engine.full()
    assert (report.exit_code, len(upstream.log.hits)) == (0, 4)
    assert ask(tmp_path, "select closed_until from throttles") == [(None,)]


# what is believed, to the second


@pytest.fixture
def db(tmp_path):
    connection = made(tmp_path / "t.db")
    yield connection
    connection.close()


def test_a_job_waits_for_the_longest_back_off_and_no_longer(db):
    source = Script()
    film(db, {"imdb": "tt0000001"})
    run_id = begin(db, source)
    longest = BACKOFF_CAP / DAY
    for later, due in ((longest, False), (longest + 0.0001, True), (3650, True), (0.0001, False), (0, True)):
        db.execute("update jobs set ready_at = ?", (at(later),))
        assert bool(ready(db, run_id)) == due, later


def test_what_was_not_there_is_asked_again_after_half_a_year_at_the_latest(db):
    source = Script()
    film(db, {"imdb": "tt0000001"})
    run_id = begin(db, source)
    (job,) = ready(db, run_id)
    save(db, run_id, answer(job, Outcome.ABSENT))
    for later, due in ((180, False), (181.1, True), (3650, True)):
        db.execute("update jobs set state = 'absent', ready_at = ?", (at(later),))
        assert len(plan._first_due(db, source, Scope(), 5, NOW)) == int(due), later
        replan(db, run_id, source)
        assert (state(db, "id/tt0000001") == "pending") == due, later


def test_what_was_heard_in_the_future_is_heard_anew(db):
    source = Script()
    film(db, {"imdb": "tt0000001"})
    run_id = begin(db, source)
    (job,) = ready(db, run_id)
    save(db, run_id, answer(job))
    for later, due in ((0, False), (0.9, False), (1.1, True), (3650, True)):
        db.execute("update jobs set state = 'done', fetched_at = ?", (at(later),))
        assert len(plan._first_due(db, source, Scope(), 5, NOW)) == int(due), later
        replan(db, run_id, source)
        assert (state(db, "id/tt0000001") == "pending") == due, later


@pytest.mark.parametrize(("period", "longest"), [("day", 2), ("month", 32)])
def test_a_quota_is_never_spent_for_longer_than_its_period(period, longest):
    def taken(resets_in: float) -> datetime | None:
        kept = Quota(period, 5, began_at=day(resets_in - 1), resets_at=day(resets_in))
        return Ledger({period: 5}, [kept]).take(NOW)

    assert taken(longest) == day(longest)
    assert taken(longest + 0.1) is None
    assert taken(3650) is None
    assert ledger.LONGEST["day"] < throttle.LONGEST * timedelta(seconds=1)


def test_days_that_are_not_over_are_no_days_of_which_changes_are_known(db):
    source = Tmdb({})
    number = film(db, {"tmdb_movie": "1"})
    run_id = begin(db, source)
    db.execute("update jobs set state = 'done', key = 'movie/1', fetched_at = ? where film_id = ?", (at(-9), number))
    db.execute("insert into change_lists values ('tmdb', 'movie/', '2036-01-01', null, ?)", (at(0),))
    gap = changes.plan(db, run_id, source, NOW)[0]
    assert (gap.since, gap.direct) == (at(-9)[:10], True)
    read_to = all_of(db, "select read_to from change_lists where prefix = 'movie/'")
    assert at(-3) < read_to[0][0] + "T" < at(0)
    assert changes.plan(db, run_id, source, NOW) == []
    assert checkpoint.next_ready(db, run_id, "tmdb") is not None


@pytest.mark.parametrize("ahead", [0, -HOUR, HOUR, YEARS])
def test_a_date_to_wait_for_is_measured_by_the_upstreams_own_clock(ahead):
    now, date = NOW.timestamp() + ahead, format_datetime(NOW, usegmt=True)
    until = format_datetime(NOW + timedelta(seconds=30), usegmt=True)
    assert retry_after(until, now, date) == 30
    assert retry_after(until, NOW.timestamp(), "nonsense") == 30
    assert retry_after("12", now, date) == 12


# what is told of it


@pytest.mark.parametrize(
    ("asleep", "wall", "told"),
    [
        (0.0, 0.0, []),
        (0.0, 59.0, []),
        (50.0, 50.0, []),
        (10_920.0, 10_920.0, ["Resumed after 3h 02m of sleep"]),
        (0.0, 86_400.0, ["The clock was set forward by 24h 00m"]),
        (0.0, -3_600.0, ["The clock was set back by 1h 00m"]),
        (7_200.0, 3_600.0, ["Resumed after 2h 00m of sleep", "The clock was set back by 1h 00m"]),
    ],
)
def test_sleep_and_a_clock_that_was_set_are_told_apart(asleep, wall, told):
    before = heartbeat.Clocks(wall=1e9, awake=500.0, whole=500.0)
    after = heartbeat.Clocks(wall=1e9 + 5 + wall, awake=505.0, whole=505.0 + asleep)
    assert heartbeat.happened(before, after) == told


async def test_a_run_that_slept_says_so(tmp_path, clock, monkeypatch):
    upstream = tmdb_upstream(latency=0.02)
    given = settings(tmp_path, invented_ids(10), engine={"heartbeat_seconds": 0.05})
    async with engine_of(given, upstream) as engine:
        work = asyncio.create_task(engine.full())
        while len(upstream.log.hits) < 4:
            await asyncio.sleep(0.005)
        clock.ahead = -2 * DAY
        report = await work
    assert [event for event in report.events if "clock" in event] == ["The clock was set back by 48h 00m"]
