"""The throttle: how fast requests start, when none may, and what is learnt from a refusal.

Rates are measured where they matter, at a server. What follows from the clock alone is tested with one that is set.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import random
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import pairwise

import pytest

from mwi_crawl import throttle as module
from mwi_crawl.demo.log import RequestLog
from mwi_crawl.demo.misbehaviour import Misbehaviour, too_many
from mwi_crawl.demo.upstream import FakeUpstream
from mwi_crawl.fetch import Fetcher, HttpTransport, Limits
from mwi_crawl.model import Credential, Fault, Rate, Request
from mwi_crawl.throttle import CAP, FIRST_BACKOFF, FLOOR, LEAST, LONGEST, Remembered, Throttle, retry_after

RATE = Rate(40.0, burst=2, concurrency=64)
NOISE = 2  # requests by which a busy machine may bunch at the server what left in time


class Lane:
    """A lane in small: workers that ask a fake upstream over HTTP and let the throttle learn from the answers."""

    def __init__(self, base_url: str, throttle: Throttle) -> None:
        self.throttle = throttle
        self.starts: list[float] = []
        turn = throttle.turn

        async def noted() -> float:
            self.starts.append(await turn())
            return self.starts[-1]

        throttle.turn = noted  # type: ignore[method-assign]
        self.events: list[float] = []  # seconds of each pause
        transport = HttpTransport(base_url, Limits(connections=64))
        self.fetcher = Fetcher(base_url, Credential(), throttle, transport, "mwi-crawl tests")

    async def ask(self, number: int) -> bool:
        reply, started = await self.fetcher.fetch(Request(f"/{number}"))
        assert not isinstance(reply, Fault), reply
        if reply.status == 429:
            pause = self.throttle.refused(started, retry_after(reply.headers.get("retry-after"), time.time()))
            self.events += [] if pause is None else [pause]
            return False
        self.throttle.answered()
        return True

    async def seconds(self, seconds: float, workers: int = 64) -> None:
        async def work(number: int) -> None:
            while True:
                await self.ask(number)

        tasks = [asyncio.create_task(work(number)) for number in range(workers)]
        await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_EXCEPTION)
        await cancel(tasks)

    async def documents(self, count: int, workers: int = 64) -> None:
        waiting = deque(range(count))

        async def work() -> None:
            while waiting:
                number = waiting.popleft()
                if not await self.ask(number):
                    waiting.append(number)

        await asyncio.gather(*(work() for _ in range(workers)))

    def busiest(self) -> int:
        """The most starts in any one second."""
        starts = sorted(self.starts)
        return max(sum(1 for at in starts[place:] if at < start + 1) for place, start in enumerate(starts))


@asynccontextmanager
async def lane(fake: FakeUpstream, throttle: Throttle) -> AsyncIterator[Lane]:
    async with fake.serve() as base_url:
        lane = Lane(base_url, throttle)
        yield lane
        await lane.fetcher.close()


class Clock:
    """A clock that is set."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def anything() -> FakeUpstream:
    return FakeUpstream(latency=0.005)


# The rate, at the server


async def test_the_allowed_rate_is_reached_and_only_a_burst_goes_beyond_it() -> None:
    async def crawl(workers: int) -> None:
        fake = anything()
        async with lane(fake, Throttle(RATE)) as crawl:
            await crawl.seconds(2.5, workers)
        assert fake.log.steady_rate(RATE.burst) >= 0.96 * RATE.per_second
        assert crawl.busiest() <= RATE.per_second + RATE.burst
        assert fake.log.busiest() <= RATE.per_second + RATE.burst + NOISE

    await asyncio.gather(crawl(1), crawl(64))


async def test_neither_a_pause_nor_an_idle_time_saves_up_more_than_a_burst() -> None:
    fake = anything()
    async with lane(fake, Throttle(RATE)) as crawl:
        await crawl.seconds(0.7)
        crawl.throttle.pause(0.2, "upstream_down")
        await crawl.seconds(0.7)
        await asyncio.sleep(0.2)
        await crawl.seconds(0.7)
    assert crawl.busiest() <= RATE.per_second + RATE.burst
    assert fake.log.busiest() <= RATE.per_second + RATE.burst + NOISE


async def test_a_change_of_rate_hands_out_no_burst_and_costs_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CLIMB_EVERY", 0.0)
    monkeypatch.setattr(module, "QUICK_STEP", 0.0)
    monkeypatch.setattr(module, "SLOW_STEP", 1e-6)
    fake = anything()
    async with lane(fake, Throttle(RATE, Remembered(30.0, 30.0))) as crawl:  # every answer changes the rate a little
        await crawl.seconds(2.0)
    assert 30.0 < crawl.throttle.rate < 30.1
    assert crawl.busiest() <= 30 + RATE.burst + 1
    assert fake.log.steady_rate(RATE.burst) >= 0.96 * 30


@pytest.mark.parametrize(("own", "asked"), [(1000.0, 20.0), (20.0, 1000.0)])
async def test_where_a_site_names_its_pace_that_or_our_own_is_kept_to_without_a_burst(own: float, asked: float) -> None:
    throttle = Throttle(Rate(own, burst=10))
    throttle.at_most(asked)
    await asyncio.sleep(0.1)  # an idle time saves up no burst either
    starts = [await throttle.turn() for _ in range(4)]
    assert min(later - earlier for earlier, later in pairwise(starts)) >= 0.9 / 20.0


async def test_those_who_wait_keep_to_a_pace_that_is_named_meanwhile() -> None:
    throttle = Throttle(Rate(1000.0, burst=1))
    await throttle.turn()
    waiting = [asyncio.create_task(throttle.turn()) for _ in range(3)]
    throttle.at_most(20.0)
    starts = sorted(await asyncio.gather(*waiting))
    assert min(later - earlier for earlier, later in pairwise(starts)) >= 0.9 / 20.0


async def test_neither_answers_nor_refusals_lead_beyond_the_pace_of_a_site(clock: Clock) -> None:
    throttle = Throttle(Rate(10.0), clock=clock)
    throttle.at_most(0.02)
    for _ in range(50):
        clock.now += 2
        throttle.answered()
        assert throttle.rate == 0.02
    throttle.refused(clock.now, 1.0)
    assert throttle.rate <= 0.02
    throttle.at_most(5.0)  # a second site of the same lane is no reason to hurry
    clock.now += 1e6
    throttle.answered()
    assert throttle.rate <= 0.02


async def test_after_a_refusal_requests_start_at_half_the_rate() -> None:
    fake = anything()
    fake.script(too_many("once", "1"), start=20, times=1)
    async with lane(fake, Throttle(RATE)) as crawl:
        await crawl.seconds(2.5)
    refused = next(hit.at for hit in fake.log.hits if hit.status == 429)
    after = [hit.at for hit in fake.log.hits if hit.at > refused + 0.5]
    assert 0.99 <= after[0] - refused < 1.2
    # the first clean second at the new rate; at its end the first step up, at most the burst beyond
    assert 0.9 * 20 <= sum(1 for at in after if at < after[0] + 0.98) <= 20 + RATE.burst


async def test_those_who_wait_profit_from_a_higher_rate_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of them would otherwise sit out the time of the rate at which it began to wait."""
    monkeypatch.setattr(module, "CLIMB_EVERY", 0.0)
    throttle = Throttle(Rate(200.0), Remembered(0.1))

    async def work() -> None:
        await throttle.turn()
        await asyncio.sleep(0.02)  # the answer comes when the others have set their alarm already
        throttle.answered()

    async with asyncio.timeout(3):
        await asyncio.gather(*(work() for _ in range(20)))


# Refusals, at the server


async def test_a_refusal_closes_the_gate_for_all_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIRST_BACKOFF", 0.3)
    monkeypatch.setattr(module, "FLOOR", 0.3)
    monkeypatch.setattr(module, "CAP", 1.5)

    async def crawl(refusal: Misbehaviour, least: float) -> None:
        fake = anything()
        fake.script(refusal, start=10, times=1)
        async with lane(fake, Throttle(RATE)) as crawl:
            await crawl.seconds(2.5)
        refused = next(hit.at for hit in fake.log.hits if hit.status == 429)
        opens = refused + crawl.events[0]
        under_way = 0.1  # seconds: sent before the answer was read
        assert crawl.events[0] >= 0.99 * least, refusal
        assert fake.log.between(refused + under_way, opens - 0.01) == [], refusal
        assert len(fake.log.between(opens - 0.01, opens + 1)) >= 10, refusal  # and it opens again

    await asyncio.gather(
        crawl(too_many("seconds", "1"), 1.0),
        crawl(too_many("date", date_in=2.0), 1.0),  # whole seconds: what is left of it when it arrives
        crawl(too_many("zero", "0"), 0.3),
        crawl(too_many("none"), 0.3),
        crawl(too_many("nonsense", "soon"), 0.3),
        crawl(too_many("absurd", "1000000000000"), 1.5),
    )


async def test_refusals_of_requests_under_way_are_one_event() -> None:
    fake = FakeUpstream(latency=0.2)
    fake.script(too_many("all", "1"), times=8)
    async with lane(fake, Throttle(RATE)) as crawl:
        await crawl.documents(12)
    assert fake.log.statuses() == {429: 8, 404: 12}
    assert crawl.events == [1.0]
    assert 20 <= crawl.throttle.rate < 25
    assert crawl.throttle.refused_rate == 40


async def test_an_unknown_limit_is_found_with_few_refusals() -> None:
    fake = FakeUpstream(latency=0.02)
    fake.limit(40)
    async with lane(fake, Throttle(Rate(100.0, burst=2, concurrency=64))) as crawl:
        begin = time.monotonic()
        await crawl.documents(110)
        wall = time.monotonic() - begin
    assert len({hit.path for hit in fake.log.hits if hit.status == 404}) == 110
    assert fake.log.statuses()[429] <= 20
    assert wall <= 12


# Refusals, by the clock


async def test_a_later_refusal_of_the_same_event_can_only_lengthen_the_pause(clock: Clock) -> None:
    throttle = Throttle(RATE, clock=clock)
    before = clock.now
    clock.now += 0.1
    assert throttle.refused(before, 5.0) == 5.0
    assert throttle.refused(before, 2.0) is None
    assert throttle.refused(before, None) is None
    assert throttle.closed_for == pytest.approx(5.0)
    assert throttle.refused(before, 30.0) is None
    assert throttle.closed_for == pytest.approx(30.0)
    assert (throttle.rate, throttle.refused_rate) == (20.0, 40.0)


async def test_pauses_without_a_hint_double_up_to_an_hour(clock: Clock) -> None:
    throttle = Throttle(RATE, clock=clock)
    for refusals in range(14):
        clock.now += CAP * 2
        pause = throttle.refused(clock.now, None)
        expected = min(CAP, FIRST_BACKOFF * 2**refusals)
        assert pause is not None
        assert expected <= pause <= 1.25 * expected


async def test_answers_to_requests_from_before_the_pause_do_not_end_a_row_of_refusals(clock: Clock) -> None:
    throttle = Throttle(RATE, clock=clock)
    throttle.refused(clock.now, None)
    clock.now += 0.1
    throttle.answered()
    clock.now += 10
    assert (throttle.refused(clock.now, None) or 0) >= 2 * FIRST_BACKOFF
    clock.now += 20
    throttle.answered()
    assert (throttle.refused(clock.now, None) or 0) <= 1.25 * FIRST_BACKOFF


async def test_no_pause_is_shorter_than_a_second_or_longer_than_an_hour(clock: Clock) -> None:
    assert Throttle(RATE, clock=clock).refused(clock.now, 0.01) == FLOOR
    assert Throttle(RATE, clock=clock).refused(clock.now, 1e12) == CAP


async def test_a_pause_never_opens_the_gate_earlier(clock: Clock) -> None:
    throttle = Throttle(RATE, clock=clock)
    throttle.pause(60.0, "upstream_down")
    throttle.pause(5.0, "offline")
    assert throttle.closed_for == pytest.approx(60.0)
    assert throttle.remember().reason == "upstream_down"


async def test_only_willing_answers_raise_the_rate(clock: Clock) -> None:
    throttle = Throttle(RATE, Remembered(10.0), clock=clock)
    for _ in range(100):
        clock.now += 60
        throttle.pause(1.0, "upstream_down")
        throttle.remember()
    assert throttle.rate == 10
    throttle.refused(clock.now, None)
    assert throttle.rate == 5


def climb(throttle: Throttle, clock: Clock, seconds: float) -> list[float]:
    """The rates it takes, while it is answered ten times a second."""
    rates = [throttle.rate]
    end = clock.now + seconds
    while clock.now < end:
        clock.now += 0.1
        throttle.answered()
        if throttle.rate != rates[-1]:
            rates.append(throttle.rate)
    return rates


async def test_the_rate_climbs_at_most_once_a_second_and_the_first_step_waits_for_a_clean_second(clock: Clock) -> None:
    throttle = Throttle(RATE, clock=clock)
    throttle.refused(clock.now, 5.0)
    assert climb(throttle, clock, 5.9) == [20.0]
    assert len(climb(throttle, clock, 10.0)) <= 12


async def test_what_was_refused_is_approached_slowly_and_left_behind_if_it_proves_wrong(clock: Clock) -> None:
    throttle = Throttle(RATE, Remembered(10.0, refused_rate=20.0), clock=clock)
    rates = climb(throttle, clock, 600)
    steps = [(low, high - low) for low, high in pairwise(rates)]
    assert all(step > 0 for _, step in steps)
    assert all(high <= 18 for low, high in pairwise(rates) if low < 18)  # no jump over it
    assert all(step <= 0.0101 * 20 for low, step in steps if 18 <= low <= 20)
    assert rates[-1] == 40
    assert len([low for low, _ in steps if low > 20]) < 30  # not at the slow pace for ever


async def test_the_way_back_from_a_standstill_takes_minutes_not_hours(clock: Clock) -> None:
    throttle = Throttle(RATE, Remembered(0.05, refused_rate=0.1), clock=clock)
    assert climb(throttle, clock, 300)[-1] == 40


async def test_the_rate_never_falls_to_a_standstill_nor_rises_by_a_refusal(clock: Clock) -> None:
    throttle, patient = Throttle(RATE, clock=clock), Throttle(Rate(0.02), clock=clock)
    for _ in range(40):
        clock.now += 2 * CAP
        throttle.refused(clock.now, None)
        patient.refused(clock.now, None)
    assert throttle.rate == LEAST
    assert patient.rate == 0.02


# Memory


async def test_what_was_learnt_is_restored(clock: Clock) -> None:
    throttle = Throttle(RATE, clock=clock)
    throttle.refused(clock.now, 30.0)
    clock.now += 10
    memory = throttle.remember()
    assert memory == Remembered(20.0, 40.0, pytest.approx(20.0), "http_429")
    again = Throttle(RATE, memory, clock=clock)
    assert again.remember() == memory
    clock.now += 21
    assert again.closed_for == 0
    assert again.remember().reason is None


async def test_a_restored_gate_is_shut() -> None:
    begin = time.monotonic()
    await Throttle(RATE, Remembered(40.0, closed_for=0.2)).turn()
    assert time.monotonic() - begin >= 0.2


@pytest.mark.parametrize(
    ("memory", "rate", "closed_for"),
    [
        (Remembered(80.0), 40.0, 0.0),  # the allowed rate was lowered since
        (Remembered(0.0), LEAST, 0.0),
        (Remembered(-3.0, -3.0, -3.0), LEAST, 0.0),
        (Remembered(float("nan"), float("nan"), float("nan")), LEAST, 0.0),
        (Remembered(10.0, 0.0, 7 * 86400.0), 10.0, 7 * 86400.0),  # a bot wall is left alone for a week
        (Remembered(10.0, None, 1e12), 10.0, LONGEST),
    ],
)
async def test_a_strange_memory_does_no_harm(memory: Remembered, rate: float, closed_for: float, clock: Clock) -> None:
    throttle = Throttle(RATE, memory, clock=clock)
    assert throttle.rate == rate
    assert throttle.closed_for == pytest.approx(closed_for)
    clock.now += closed_for
    assert rate <= climb(throttle, clock, 5.0)[-1] <= 40


# Waiting


@pytest.mark.parametrize(("closed_for", "starts"), [(0.0, range(20, 60)), (60.0, range(1))])
async def test_thousands_wait_without_work(closed_for: float, starts: range) -> None:
    throttle = Throttle(RATE, Remembered(40.0, closed_for=closed_for))
    tasks = [asyncio.create_task(throttle.turn()) for _ in range(5_000)]
    await asyncio.sleep(0.1)
    begin = time.process_time()
    await asyncio.sleep(0.7)
    assert time.process_time() - begin < 0.35
    assert sum(task.done() for task in tasks) in starts
    await cancel(tasks)


@pytest.mark.parametrize("closed_for", [0.0, 0.3])
async def test_those_who_give_up_leave_nothing_behind(closed_for: float) -> None:
    throttle = Throttle(Rate(20.0, burst=1), Remembered(20.0, closed_for=closed_for))
    gc.collect()
    before = futures()
    tasks = [asyncio.create_task(throttle.turn()) for _ in range(500)]
    await asyncio.sleep(0.01)
    last = asyncio.create_task(throttle.turn())
    await cancel(tasks)
    async with asyncio.timeout(1.0):  # its turn comes as if the others had never been there
        await last
    tasks.clear()
    del last
    gc.collect()
    assert futures() <= before + 5


async def test_those_who_give_up_cost_the_others_no_time() -> None:
    throttle = Throttle(Rate(200.0))
    starts: list[float] = []

    async def wait() -> None:
        starts.append(await throttle.turn())

    dice = random.Random(1)
    tasks = [asyncio.create_task(wait()) for _ in range(600)]
    end = time.monotonic() + 1.0
    while time.monotonic() < end:
        await asyncio.sleep(0.003)
        dice.choice(tasks).cancel()
    await cancel(tasks)
    assert 0.9 * 200 <= len(starts) <= 1.05 * 200 + 2


async def cancel(tasks: list[asyncio.Task[float]] | list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    for task in tasks:
        with contextlib.suppress(asyncio.CancelledError):
            await task


def futures() -> int:
    kinds: tuple[type | Callable[..., object], ...] = (asyncio.Future, asyncio.TimerHandle)
    return sum(1 for each in gc.get_objects() if type(each) in kinds)


def test_the_busiest_second_is_found() -> None:
    """The measure itself: it must be able to see a burst."""
    crawl = Lane.__new__(Lane)
    crawl.starts = [0.0, 0.9, 1.0, 1.5, 1.95, 3.0]
    assert crawl.busiest() == 3
    assert RequestLog().busiest() == 0
