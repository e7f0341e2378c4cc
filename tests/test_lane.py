"""A lane: how it hands out jobs, asks for several at once, and ends; and what a parser's failure becomes."""

from __future__ import annotations

import asyncio
import json
import time

import pytest
from toys import Toy, ask, engine_of, invented_ids, settings, states, toy_upstream

from mwi_crawl import lane as lanes
from mwi_crawl import parse
from mwi_crawl.demo.misbehaviour import Ask, too_many
from mwi_crawl.demo.upstream import FakeUpstream
from mwi_crawl.lane import _Feed
from mwi_crawl.model import Fault, Job, Outcome, Request, Response, RunStatus, Verdict
from mwi_crawl.report import LaneReport, Report
from mwi_crawl.source import Source

pytestmark = pytest.mark.usefixtures("quick", "toy_only")


def asked_for(upstream: FakeUpstream) -> list[list[str]]:
    """The ids of each request."""
    return [hit.params["ids"].split(",") for hit in upstream.log.hits]


@pytest.fixture
def by_fifty(monkeypatch: pytest.MonkeyPatch) -> None:
    """The toy answers fifty keys at once."""
    monkeypatch.setattr(Toy, "batch", 50)


# several keys in one request


@pytest.mark.usefixtures("by_fifty")
async def test_one_request_asks_for_as_many_keys_as_the_source_can_answer(tmp_path):
    upstream = toy_upstream()
    async with engine_of(settings(tmp_path, invented_ids(220), toy={"concurrency": 2}), upstream) as engine:
        report = await engine.full()
    asked = asked_for(upstream)
    assert sorted(map(len, asked)) == [20, 50, 50, 50, 50]
    assert sorted(key for keys in asked for key in keys) == invented_ids(220)
    lane = report.lanes["toy"]
    assert (lane.done, lane.absent, lane.requests, lane.retried, report.exit_code) == (198, 22, 5, 0, 0)
    assert states(tmp_path) == {"done": 198, "absent": 22}
    assert ask(tmp_path, "select count(*), count(distinct film_id) from scores") == [(198, 198)]
    assert ask(tmp_path, "select count(*) from bodies") == [(5,)]  # one body, however many films it speaks of


@pytest.mark.usefixtures("by_fifty")
async def test_every_job_of_a_batch_knows_the_body_it_was_read_from(tmp_path):
    upstream = toy_upstream()
    async with engine_of(settings(tmp_path, invented_ids(60), toy={"concurrency": 1}), upstream) as engine:
        await engine.full()
    assert sorted(ask(tmp_path, "select count(*) from jobs group by body_hash")) == [(10,), (50,)]


@pytest.mark.usefixtures("by_fifty")
async def test_one_unreadable_key_of_a_batch_costs_only_its_own_film(tmp_path):
    upstream = FakeUpstream()

    def answer(asked: Ask) -> Response:
        scores = {key: "none at all" if key.endswith("7") else 5 for key in asked.params["ids"].split(",")}
        return Response(200, {"content-type": "application/json"}, json.dumps(scores).encode())

    upstream.handle(answer)
    async with engine_of(settings(tmp_path, invented_ids(50)), upstream) as engine:
        report = await engine.full()
    assert (report.exit_code, report.lanes["toy"].broken, report.lanes["toy"].done) == (5, 5, 45)
    assert ask(tmp_path, "select count(*) from bodies") == [(1,)]


@pytest.mark.usefixtures("by_fifty")
async def test_a_fault_of_a_batch_is_one_fault_of_the_upstream_and_an_attempt_of_each_job(tmp_path):
    upstream = toy_upstream()
    upstream.script("503", times=4)  # ten faults in a row would pause the lane
    config = settings(tmp_path, invented_ids(50), toy={"concurrency": 1}, engine={"max_retries": 20})
    async with engine_of(config, upstream) as engine:
        report = await engine.full()
    assert (report.exit_code, report.lanes["toy"].finished, report.events) == (0, 50, [])
    assert asked_for(upstream) == [invented_ids(50)] * 5  # they come back together, not one by one
    assert ask(tmp_path, "select count(*) from failures where attempt = 1") == [(50,)]


@pytest.mark.usefixtures("by_fifty")
async def test_one_key_that_breaks_every_request_it_is_in_is_alone_in_the_end(tmp_path):
    upstream = toy_upstream()
    upstream.script("500", "/toy?*tt9000007*")
    config = settings(tmp_path, invented_ids(50), toy={"concurrency": 1}, engine={"max_retries": 2})
    async with engine_of(config, upstream) as engine:
        report = await engine.full()
    assert (report.exit_code, states(tmp_path)) == (5, {"done": 44, "absent": 5, "failed": 1})
    assert ask(tmp_path, "select key from jobs where state = 'failed'") == [("tt9000007",)]
    assert sorted(map(len, asked_for(upstream))) == [1] * 50 + [50] * 2


@pytest.mark.usefixtures("by_fifty")
async def test_a_refused_batch_spends_no_attempt_of_any_job(tmp_path):
    upstream = toy_upstream()
    upstream.script(too_many("429_nothing", "0"), times=2)
    async with engine_of(settings(tmp_path, invented_ids(50), engine={"max_retries": 0}), upstream) as engine:
        report = await engine.full()
    lane = report.lanes["toy"]
    assert (report.exit_code, lane.requests, lane.retried, len(report.events)) == (0, 3, 2, 2)
    assert ask(tmp_path, "select distinct attempts from jobs") == [(0,)]


@pytest.mark.usefixtures("by_fifty")
async def test_pages_that_cannot_be_read_close_the_source_though_they_came_in_one_answer(tmp_path):
    upstream = toy_upstream()
    upstream.handle(lambda asked: None)
    upstream.add("/toy", json.dumps(dict.fromkeys(invented_ids(200), "?")))
    async with engine_of(settings(tmp_path, invented_ids(200), toy={"concurrency": 1}), upstream) as engine:
        report = await engine.full()
    assert (report.exit_code, report.lanes["toy"].reason, len(upstream.log.hits)) == (7, "layout_changed", 1)
    assert states(tmp_path) == {"broken": 50, "pending": 150}


@pytest.mark.usefixtures("by_fifty")
@pytest.mark.parametrize("seed", range(4))
async def test_no_more_requests_than_workers_are_lost_with_batches(tmp_path, seed):
    upstream = toy_upstream(latency=0.004)
    config = settings(tmp_path, invented_ids(600), toy={"concurrency": 3})
    async with engine_of(config, upstream) as engine:
        running = asyncio.create_task(engine.full())
        await asyncio.sleep(0.005 + 0.007 * seed)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        lost = len(upstream.log.hits) - ask(tmp_path, "select count(distinct body_hash) from jobs")[0][0]
        assert 0 <= lost <= 3
        assert (await engine.full(resume=True)).exit_code == 0
    assert len(upstream.log.hits) <= 12 + 3
    assert sum(states(tmp_path).values()) == 600


# handing out


async def test_a_pass_hands_out_each_ready_job_once_whatever_the_sizes(monkeypatch):
    monkeypatch.setattr(lanes, "PAGE", 7)
    jobs = [Job(number, "toy", f"k{number}", None) for number in range(1, 101)]

    class Pages:
        async def read(self, question, run_id, source, after, limit, now):
            await asyncio.sleep(0)
            return [((0, job.job_id), job) for job in jobs if (0, job.job_id) > after][:limit]

    for most in (1, 3, 7, 10, 250):
        feed = _Feed(Pages(), 1, "toy", 1000)
        handed = []

        async def take(feed=feed, handed=handed, most=most):
            while got := await feed.next(most):
                assert len(got) <= most
                handed.append(got)

        await asyncio.gather(*(take() for _ in range(4)))
        assert sorted(job.job_id for got in handed for job in got) == list(range(1, 101))
        assert len(handed) == -(-100 // most)  # no request is sent with fewer keys than there are


async def test_a_source_that_asks_for_one_key_is_not_read_ahead_of_its_page(monkeypatch):
    reads = []

    class Pages:
        async def read(self, question, run_id, source, after, limit, now):
            reads.append(after)
            return [((0, after[1] + 1 + n), Job(after[1] + 1 + n, "toy", "k", None)) for n in range(limit)]

    feed = _Feed(Pages(), 1, "toy", 1000)
    for _ in range(lanes.PAGE):
        await feed.next(1)
    assert len(reads) == 1


async def test_a_pass_ends_after_so_many_jobs(monkeypatch):
    class Pages:
        async def read(self, question, run_id, source, after, limit, now):
            return [((0, after[1] + 1 + n), Job(after[1] + 1 + n, "toy", "k", None)) for n in range(limit)]

    feed = _Feed(Pages(), 1, "toy", 25)
    assert [len(await feed.next(10)) for _ in range(4)] == [10, 10, 5, 0]


# ending


async def test_a_lane_gives_back_its_sockets_even_if_it_cannot_write_down_what_it_learnt(tmp_path, monkeypatch):
    closed = []

    class Closing(FakeUpstream):
        async def close(self):
            closed.append(True)

    def failing(*given):
        raise ValueError("a bug")

    upstream = Closing()
    upstream.handle(lambda asked: Response(200, {}, b"{}"))
    monkeypatch.setattr("mwi_crawl.patience.remember_throttle", failing)
    async with engine_of(settings(tmp_path, invented_ids(3)), upstream) as engine:
        with pytest.raises(ValueError, match="a bug"):
            await engine.full()
    assert closed == [True]


async def test_a_lane_closed_while_answers_are_on_their_way_stores_them(tmp_path):
    upstream = toy_upstream(latency=0.03)
    upstream.script("forbidden", times=1)
    async with engine_of(settings(tmp_path, invented_ids(9), toy={"concurrency": 4}), upstream) as engine:
        report = await engine.full()
    assert (report.exit_code, report.lanes["toy"].reason, len(upstream.log.hits)) == (7, "blocked", 4)
    assert states(tmp_path) == {"done": 3, "pending": 6}


async def test_an_answer_that_is_being_read_when_the_run_is_stopped_is_stored(tmp_path, monkeypatch):
    upstream, reading, understand = toy_upstream(), asyncio.Event(), lanes.Lane._understand

    async def slowly(self, *args):
        reading.set()
        await asyncio.sleep(0.05)  # a large page, in a thread
        return await understand(self, *args)

    monkeypatch.setattr(lanes.Lane, "_understand", slowly)
    async with engine_of(settings(tmp_path, invented_ids(9), toy={"concurrency": 1}), upstream) as engine:
        run = asyncio.create_task(engine.full())
        await reading.wait()
        assert engine.stop() == 1
        await run
    assert len(upstream.log.hits) == 1
    assert states(tmp_path) == {"done": 1, "pending": 8}


async def test_a_retry_that_is_due_after_hours_is_left_for_a_later_run(tmp_path, monkeypatch):
    monkeypatch.setattr("mwi_crawl.settle.BACKOFF", 5000.0)
    monkeypatch.setattr("mwi_crawl.settle.BACKOFF_CAP", 5000.0)
    upstream = toy_upstream()
    upstream.script("503", attempts=1)
    started = time.monotonic()
    async with engine_of(settings(tmp_path, invented_ids(2)), upstream) as engine:
        report = await engine.full()
    lane = report.lanes["toy"]
    assert (report.exit_code, lane.state, lane.reason, lane.waiting) == (6, "waiting", None, 2)
    assert lane.until == ask(tmp_path, "select min(ready_at) from jobs")[0][0]
    assert time.monotonic() - started < 5


async def test_a_lane_with_nothing_due_is_done_without_a_request(tmp_path):
    upstream = toy_upstream()
    async with engine_of(settings(tmp_path), upstream) as engine:
        report = await engine.full()
    assert (report.exit_code, report.lanes["toy"].state, upstream.log.hits) == (0, "done", [])


# what an answer means


def understood(reply: Response | Fault, source: Source | None = None):
    return parse.understand(source or Toy(), Job(1, "toy", "tt1", 1), Request("/toy"), reply)


def test_a_fault_a_verdict_and_a_reading_are_results():
    fault = understood(Fault("timeout", "time-out"))
    assert (fault.outcome, fault.reason, fault.response) == (Outcome.RETRY, "timeout", None)
    refused = understood(Response(429, {}, b""))
    assert (refused.outcome, refused.parsed, refused.status) == (Outcome.REFUSED, None, 429)
    good = understood(Response(200, {}, b'{"tt1": 5}'))
    assert (good.outcome, good.parsed.records[0].values["value"]) == (Outcome.OK, 5.0)
    gone = understood(Response(200, {}, b"{}"))
    assert (gone.outcome, gone.reason) == (Outcome.ABSENT, "not_found")


def test_an_unchanged_answer_is_not_parsed():
    same = understood(Response(304, {}, b""))
    assert (same.outcome, same.reason, same.parsed) == (Outcome.OK, "not_modified", None)


@pytest.mark.parametrize("error", [KeyError("x"), RecursionError(), MemoryError(), AssertionError(), StopIteration()])
@pytest.mark.parametrize("place", ["parse", "judge"])
def test_whatever_a_parser_raises_is_an_outcome_of_its_one_job(monkeypatch, error, place):
    def failing(self, *given):
        raise error

    monkeypatch.setattr(Toy, place, failing)
    broken = understood(Response(200, {}, b'{"tt1": 5}'))
    assert (broken.outcome, broken.reason, broken.status) == (Outcome.BROKEN, "parser_error", 200)
    assert type(error).__name__ in broken.message
    assert "Traceback" in broken.detail
    assert len(broken.detail) <= parse.DETAIL_LIMIT


def test_a_parser_that_gives_something_else_than_parsed_is_broken(monkeypatch):
    monkeypatch.setattr(Toy, "parse", lambda self, key, response: None)
    assert understood(Response(200, {}, b"{}")).outcome is Outcome.BROKEN


def test_a_spent_quota_keeps_its_end(monkeypatch):
    verdict = Verdict(Outcome.SPENT, "quota", "none left", resets_at="2026-01-02T00:05:00.000Z")
    monkeypatch.setattr(Toy, "judge", lambda self, response: verdict)
    assert understood(Response(200, {}, b"{}")).resets_at == "2026-01-02T00:05:00.000Z"


async def test_a_spent_quota_ends_the_lane_until_it_returns(tmp_path, monkeypatch):
    resets = "2099-01-02T00:05:00.000Z"
    verdict = Verdict(Outcome.SPENT, "quota", "none left", resets_at=resets)
    monkeypatch.setattr(Toy, "judge", lambda self, response: verdict)
    upstream = toy_upstream()
    async with engine_of(settings(tmp_path, invented_ids(9), toy={"concurrency": 1}), upstream) as engine:
        report = await engine.full()
    lane = report.lanes["toy"]
    assert (report.exit_code, lane.reason, lane.until, len(upstream.log.hits)) == (6, "quota", resets, 1)
    assert ask(tmp_path, "select closed_until, reason from throttles") == [(resets, "quota")]
    assert ask(tmp_path, "select distinct state, attempts from jobs") == [("pending", 0)]


# what it comes to


def report_of(*lanes: LaneReport, **figures: object) -> Report:
    return Report(lanes={lane.source: lane for lane in lanes}, **figures)


@pytest.mark.parametrize(
    ("lanes", "code"),
    [
        ([LaneReport("a", 1, 1)], 0),
        ([], 0),
        ([LaneReport("a", 2, 1, absent=1)], 0),
        ([LaneReport("a", 2, 1, failed=1)], 5),
        ([LaneReport("a", 2, 1, broken=1)], 5),
        ([LaneReport("a", 2, 1)], 6),
        ([LaneReport("a", 3, 1, failed=1)], 5),  # and one waits: 5 before 6
        ([LaneReport("a", 3, 1, reason="quota")], 6),
        ([LaneReport("a", 3, 1, reason="blocked")], 7),
        ([LaneReport("a", 3, 1, reason="layout_changed", broken=1)], 7),
        ([LaneReport("a", 3, 1, reason="key_rejected"), LaneReport("b", 1, 0, failed=1)], 4),
        ([LaneReport("a", 3, 1, reason="key_rejected"), LaneReport("b", 2, 0, reason="blocked")], 4),
        ([LaneReport("a", 3, 0, reason="offline")], 9),
        ([LaneReport("a", 3, 0, reason="offline"), LaneReport("b", 3, 0, reason="offline")], 9),
        ([LaneReport("a", 3, 0, reason="offline"), LaneReport("b", 3, 3)], 6),
        ([LaneReport("a", 3, 0, reason="offline"), LaneReport("b", 3, 0, failed=3)], 5),
        ([LaneReport("a", 3, 0, reason="offline"), LaneReport("b", 3, 0, reason="blocked")], 7),
        ([LaneReport("a", 3, 0, reason="offline"), LaneReport("b", 3, 0, reason="key_rejected")], 4),
    ],
)
def test_of_several_exit_codes_the_first_in_the_order_wins(lanes, code):
    assert report_of(*lanes).exit_code == code


def test_the_status_of_a_run_follows_from_its_code():
    assert report_of(LaneReport("a", 1, 1)).status is RunStatus.SUCCESS
    assert report_of(LaneReport("a", 2, 1)).status is RunStatus.PARTIAL
    assert report_of(LaneReport("a", 2, 1), interrupted=True).status is RunStatus.INTERRUPTED
    assert report_of(LaneReport("a", 2, 0, reason="offline")).status is RunStatus.INTERRUPTED
    assert report_of(LaneReport("a", 1, 1), stopped="stopped after 3 failures (limit)").exit_code == 5


def test_a_report_as_json_has_only_plain_values():
    lane = LaneReport("a", 5, 2, 1, 1, 1, 9, 3, {"not_found": 1}, "closed", "blocked", "wall", None, 2.0, 1.23456)
    told = report_of(lane, run_id=3, seconds=1.23456, skipped={"b": "no_key"}, events=["x"]).as_dict()
    assert json.loads(json.dumps(told)) == told
    assert (told["status"], told["failed"], told["requests"], told["seconds"]) == ("PARTIAL", 2, 9, 1.235)
    assert told["sources"]["a"]["waiting"] == 0
    assert told["sources"]["a"]["absent_reasons"] == {"not_found": 1}
