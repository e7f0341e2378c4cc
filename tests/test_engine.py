"""The engine from plan to tables, over an upstream without sockets."""

from __future__ import annotations

import asyncio
import json
import random
import sqlite3
import time
from datetime import UTC, datetime, timedelta

import pytest
from toys import TOKEN, Toy, ask, engine_of, invented_ids, know, settings, states, tmdb_upstream, toy_upstream

from mwi_crawl import bodies, checkpoint, crawl, lane, patience, runs, sources
from mwi_crawl.demo.misbehaviour import Misbehaviour, too_many
from mwi_crawl.demo.upstream import FakeUpstream
from mwi_crawl.errors import DiskFullError, InputError, KeyMissingError, OfflineError, StorageError
from mwi_crawl.model import MediaType, RunStatus, Seed
from mwi_crawl.plan import Scope
from mwi_crawl.sources.tmdb import Tmdb

pytestmark = pytest.mark.usefixtures("quick")


@pytest.fixture(autouse=True)  # before those that a test asks for, which may say otherwise
def tmdb_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """TMDb is the only source there is."""
    monkeypatch.setattr(sources, "discover", lambda: {"tmdb": Tmdb})


FACTS = "select film_id, title from film_facts order by film_id"


def paths(upstream: FakeUpstream) -> list[str]:
    return [hit.path for hit in upstream.log.hits]


def found(kind: str, tmdb_id: int) -> str:
    """The answer to a look-up by IMDb id that finds one thing."""
    lists = {f"{each}_results": [] for each in ("movie", "tv", "person", "tv_episode", "tv_season")}
    return json.dumps(lists | {f"{kind}_results": [{"id": tmdb_id, "vote_count": 1}]})


def film(tmdb_id: int, imdb_id: str, title: str) -> str:
    """The smallest details of a film that TMDb could answer."""
    return json.dumps({"id": tmdb_id, "imdb_id": imdb_id, "title": title, "release_date": "2019-11-27", "genres": []})


# what an answer leads to


async def test_films_are_finished_one_after_the_other_not_all_at_the_end(tmp_path, monkeypatch):
    # 100 look-ups and 100 films: a run that is stopped half-way has finished about as many films as it looked up
    monkeypatch.setattr(lane, "TURNS", 1)
    upstream = tmdb_upstream()
    async with engine_of(settings(tmp_path, invented_ids(100)), upstream) as engine:
        count, on_saved = 0, engine.on_saved

        def counting(saved):
            nonlocal count
            on_saved(saved)
            count += 1
            if count == 100:
                engine.stop()

        monkeypatch.setattr(engine, "on_saved", counting)
        report = await engine.full()
    assert report.lanes["tmdb"].done >= 40


async def test_a_full_run_looks_films_up_fetches_them_and_fills_the_tables(tmp_path):
    upstream = tmdb_upstream()
    async with engine_of(settings(tmp_path, invented_ids(12)), upstream) as engine:
        report = await engine.full()
    lane = report.lanes["tmdb"]
    assert (report.status, report.exit_code, report.films) == (RunStatus.SUCCESS, 0, 12)
    assert (lane.planned, lane.done, lane.waiting, lane.requests, lane.retried) == (12, 12, 0, 24, 0)
    assert states(tmp_path) == {"done": 12}
    assert len(ask(tmp_path, FACTS)) == 12
    assert ask(tmp_path, "select count(*) from credits where job = 'actor'") == [(240,)]
    assert ask(tmp_path, "select count(*) from bodies") == [(24,)]
    assert ask(tmp_path, "select status, exit_code, attempt, kind from runs") == [("SUCCESS", 0, 1, "full")]
    figures = "select planned, done, requests, retried, state, reason from run_sources"
    assert ask(tmp_path, figures) == [(12, 12, 24, 0, "done", None)]
    assert upstream.log.counts()["/3/find/tt9000001"] == upstream.log.counts()["/3/movie/9000001"] == 1


async def test_a_second_run_asks_nothing_that_is_fresh(tmp_path):
    upstream = tmdb_upstream()
    async with engine_of(settings(tmp_path, invented_ids(5)), upstream) as engine:
        await engine.full()
        asked = len(upstream.log.hits)
        report = await engine.full()
        assert (report.exit_code, report.total("planned"), len(upstream.log.hits)) == (0, 0, asked)
        await engine.full(Scope(refetch=True))
    assert len(upstream.log.hits) == asked + 5  # the details only: the way to them is known
    assert [status for (status,) in ask(tmp_path, "select status from runs")] == ["SUCCESS"] * 3


async def test_an_id_that_means_a_series_leads_to_the_series(tmp_path):
    upstream = tmdb_upstream()
    upstream.add("/3/find/tt0903747", found("tv", 1396))
    details = {"id": 1396, "name": "Breaking Bad", "external_ids": {"imdb_id": "tt0903747"}, "number_of_seasons": 5}
    upstream.add("/3/tv/1396", json.dumps(details))
    async with engine_of(settings(tmp_path, ["tt0903747"]), upstream) as engine:
        report = await engine.full()
    assert report.exit_code == 0
    assert ask(tmp_path, "select media_type, tmdb_id from films") == [("tv", 1396)]
    assert ask(tmp_path, "select title, seasons from film_facts") == [("Breaking Bad", 5)]


async def test_what_the_upstream_does_not_have_is_not_there_and_no_failure(tmp_path):
    upstream = tmdb_upstream(count=3)
    async with engine_of(settings(tmp_path, invented_ids(5)), upstream) as engine:
        report = await engine.full()
    lane = report.lanes["tmdb"]
    assert (report.exit_code, lane.done, lane.absent, lane.reasons) == (0, 3, 2, {"not_found": 2})
    assert states(tmp_path) == {"done": 3, "absent": 2}
    assert ask(tmp_path, "select count(*) from failures") == [(0,)]


async def test_a_title_that_fits_two_films_waits_for_a_person(tmp_path):
    upstream = tmdb_upstream()
    twins = [{"id": number, "title": "The Twin", "release_date": "1999-01-01"} for number in (11, 12)]
    upstream.add("/3/search/movie", json.dumps({"page": 1, "results": twins}))
    async with engine_of(settings(tmp_path), upstream) as engine:
        await know(engine.store, Seed(title="The Twin", year=1999, media_type=MediaType.MOVIE))
        report = await engine.full()
    assert (report.exit_code, report.lanes["tmdb"].reasons) == (0, {"ambiguous": 1})
    assert paths(upstream) == ["/3/search/movie"]  # a second look-up would not decide it either
    (candidates, chosen) = ask(tmp_path, "select candidates, chosen from matches")[0]
    assert ({each["id"] for each in json.loads(candidates)}, chosen) == ({"movie/11", "movie/12"}, None)


async def test_a_film_that_got_a_new_number_is_found_again_by_its_imdb_id(tmp_path):
    upstream = tmdb_upstream()
    upstream.add("/3/movie/567273", film(567273, "tt2048877", "63 Up"))
    ids = {"tmdb_movie": "567273", "imdb": "tt2048877"}
    async with engine_of(settings(tmp_path), upstream) as engine:
        await know(engine.store, Seed(ids))
        assert (await engine.full()).exit_code == 0
        upstream.add("/3/movie/567273", '{"success":false,"status_code":34,"status_message":"?"}', status=404)
        upstream.add("/3/find/tt2048877", found("movie", 698102))
        upstream.add("/3/movie/698102", film(698102, "tt2048877", "63 Up (2019)"))
        report = await engine.full(Scope(refetch=True))
    assert (report.exit_code, report.lanes["tmdb"].done, report.lanes["tmdb"].planned) == (0, 1, 1)
    assert paths(upstream)[1:] == ["/3/movie/567273", "/3/find/tt2048877", "/3/movie/698102"]
    aliases = "select value from film_aliases where scheme = 'tmdb_movie' and film_id = 1 order by value"
    assert ask(tmp_path, aliases) == [("567273",), ("698102",)]
    assert ask(tmp_path, FACTS) == [(1, "63 Up (2019)")]
    assert ask(tmp_path, "select count(*) from failures") == [(0,)]


async def test_a_film_that_was_removed_keeps_what_was_known_of_it(tmp_path):
    upstream = tmdb_upstream()
    upstream.add("/3/movie/77", film(77, "tt0000077", "Lost"))
    async with engine_of(settings(tmp_path), upstream) as engine:
        await know(engine.store, Seed({"tmdb_movie": "77", "imdb": "tt0000077"}))
        await engine.full()
        upstream.add("/3/movie/77", '{"success":false,"status_code":34,"status_message":"?"}', status=404)
        report = await engine.full(Scope(refetch=True))
    assert (report.exit_code, report.lanes["tmdb"].absent) == (0, 1)
    assert ask(tmp_path, FACTS) == [(1, "Lost")]


# retries


async def test_a_passing_fault_is_a_later_row_with_a_growing_jittered_wait(tmp_path, monkeypatch):
    upstream = tmdb_upstream()
    upstream.script("503", "/3/find/*", attempts=2)
    settled = []
    save = checkpoint.save
    monkeypatch.setattr(
        checkpoint, "save", lambda db, run, batch, **how: settled.extend(batch) or save(db, run, batch, **how)
    )
    async with engine_of(settings(tmp_path, invented_ids(4)), upstream) as engine:
        report = await engine.full()
    lane = report.lanes["tmdb"]
    assert (report.exit_code, lane.done, lane.retried, lane.requests) == (0, 4, 8, 16)
    assert ask(tmp_path, "select attempt, count(*) from failures group by attempt") == [(1, 4), (2, 4)]
    assert ask(tmp_path, "select distinct attempts from jobs") == [(0,)]  # in a row: an answer ends the row
    waits: dict[int, list[float]] = {}
    for each in settled:
        if each.state == "pending":
            wait = datetime.fromisoformat(each.ready_at) - datetime.fromisoformat(each.at)
            waits.setdefault(each.attempts, []).append(wait.total_seconds())
    assert all(0.001 <= wait <= 0.005 for wait in waits[1])
    assert all(0.003 <= wait <= 0.009 for wait in waits[2])


async def test_the_waits_of_many_retries_are_spread(tmp_path, monkeypatch):
    monkeypatch.setattr("mwi_crawl.settle.BACKOFF", 0.2)
    upstream = tmdb_upstream()
    upstream.script("503", "/3/find/*", attempts=1)
    async with engine_of(settings(tmp_path, invented_ids(9)), upstream) as engine:
        engine_task = asyncio.create_task(engine.full())
        while len(upstream.log.hits) < 9:
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.02)
        engine.stop()
        await engine_task
    assert len({ready for (ready,) in ask(tmp_path, "select ready_at from jobs where attempts = 1")}) > 5


async def test_what_fails_to_the_limit_is_given_up_and_the_rest_is_done(tmp_path):
    upstream = tmdb_upstream()
    upstream.script("503", "/3/movie/9000002")
    async with engine_of(settings(tmp_path, invented_ids(3), engine={"max_retries": 2}), upstream) as engine:
        report = await engine.full()
    assert (report.exit_code, report.status, report.lanes["tmdb"].failed) == (5, RunStatus.PARTIAL, 1)
    assert states(tmp_path) == {"done": 2, "failed": 1}
    assert upstream.log.counts()["/3/movie/9000002"] == 3
    assert ask(tmp_path, "select key, attempts from jobs where state = 'failed'") == [("movie/9000002", 3)]
    assert ask(tmp_path, "select attempt, class, http_status from failures order by attempt") == [
        (attempt, "upstream_error", 503) for attempt in (1, 2, 3)
    ]


async def test_what_was_given_up_is_asked_again_by_the_next_run_and_by_retry(tmp_path):
    upstream = tmdb_upstream()
    upstream.script("503", "/3/movie/9000002")
    async with engine_of(settings(tmp_path, invented_ids(3), engine={"max_retries": 0}), upstream) as engine:
        assert (await engine.full()).exit_code == 5
        assert (await engine.full()).exit_code == 5
        upstream.behave()
        report = await engine.retry()
    assert (report.exit_code, report.kind, report.lanes["tmdb"].done) == (0, "failures", 1)
    assert upstream.log.counts()["/3/movie/9000002"] == 3
    assert states(tmp_path) == {"done": 3}


async def test_an_answer_nobody_can_read_costs_one_film_and_its_body_is_kept(tmp_path):
    upstream = tmdb_upstream()
    upstream.script("changed_layout", "/3/movie/9000002")
    async with engine_of(settings(tmp_path, invented_ids(3)), upstream) as engine:
        report = await engine.full()
    assert (report.exit_code, report.lanes["tmdb"].broken, report.lanes["tmdb"].done) == (5, 1, 2)
    assert upstream.log.counts()["/3/movie/9000002"] == 1
    hash_, attempts = ask(tmp_path, "select body_hash, attempts from jobs where state = 'broken'")[0]
    assert attempts == 1
    with sqlite3.connect(tmp_path / "t.db") as db:
        assert bodies.read(db, hash_).startswith(b'{"apiVersion"')
    db.close()
    class_, detail = ask(tmp_path, "select class, detail from failures")[0]
    assert (class_, "Traceback" in detail) == ("parser_error", True)


# a source's patience, and ours


async def test_a_refusal_pauses_the_lane_and_spends_no_attempt(tmp_path):
    upstream = tmdb_upstream()
    upstream.script(too_many("429_nothing", "0"), start=8, times=3)
    async with engine_of(settings(tmp_path, invented_ids(10), engine={"max_retries": 0}), upstream) as engine:
        report = await engine.full()
    assert (report.exit_code, report.lanes["tmdb"].done, report.lanes["tmdb"].retried) == (0, 10, 3)
    assert ask(tmp_path, "select distinct attempts from jobs") == [(0,)]
    assert ask(tmp_path, "select distinct class, http_status from failures") == [("http_429", 429)]
    assert any('said "slow down" (429): all its workers pause' in event for event in report.events)
    assert ask(tmp_path, "select rate < 10000 from throttles") == [(1,)]


async def test_nobody_of_the_lane_asks_while_it_pauses(tmp_path):
    upstream = tmdb_upstream()
    upstream.script(too_many("429_soon", "1"), start=5, times=1)
    async with engine_of(settings(tmp_path, invented_ids(10)), upstream) as engine:
        assert (await engine.full()).exit_code == 0
    times = [hit.at for hit in upstream.log.hits]
    refused = next(hit.at for hit in upstream.log.hits if hit.status == 429)
    assert not [at for at in times if refused + 0.1 < at < refused + 0.99]


async def test_one_who_asks_for_an_hour_is_left_until_then_by_this_run_and_by_the_next(tmp_path):
    upstream = tmdb_upstream()
    upstream.script(too_many("429_hour", "3600"), start=5)
    async with engine_of(settings(tmp_path, invented_ids(30)), upstream) as engine:
        before = datetime.now(UTC)
        report = await engine.full()
        asked = len(upstream.log.hits)
        lane = report.lanes["tmdb"]
        assert (report.exit_code, lane.state, lane.reason) == (6, "waiting", "rate_limited")
        opens = datetime.fromisoformat(lane.until) - before
        assert timedelta(minutes=59) < opens <= timedelta(minutes=61)
        upstream.behave()
        async with asyncio.timeout(5):
            again = await engine.full(resume=True)
    assert asked < 20
    assert (again.exit_code, again.attempt, len(upstream.log.hits)) == (6, 2, asked)
    still = datetime.fromisoformat(again.lanes["tmdb"].until) - before
    assert timedelta(minutes=59) < still <= timedelta(minutes=61)
    assert ask(tmp_path, "select distinct attempts from jobs") == [(0,)]


@pytest.mark.parametrize("reason", ["blocked", "quota"])
async def test_a_source_closed_for_days_stays_closed_for_those_days(tmp_path, reason):
    # a later run once wrote down the hour it would wait at most, and the run after that asked again
    upstream = tmdb_upstream()
    until = (datetime.now(UTC) + timedelta(days=5)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    async with engine_of(settings(tmp_path, invented_ids(3)), upstream) as engine:
        await engine.store.transact(
            lambda db: db.execute(
                "insert into throttles (source, rate, closed_until, reason, updated_at) values ('tmdb', 20, ?, ?, '')",
                (until, reason),
            )
        )
        for _ in range(2):
            async with asyncio.timeout(5):
                report = await engine.full()
            assert report.exit_code == {"blocked": 7, "quota": 6}[reason]
            assert report.lanes["tmdb"].until[:16] == until[:16]
    assert upstream.log.hits == []
    assert ask(tmp_path, "select substr(closed_until, 1, 16), reason from throttles") == [(until[:16], reason)]


async def test_the_upstreams_own_time_wins_over_ours_where_it_is_later(tmp_path, monkeypatch):
    monkeypatch.setattr(lane, "PATIENCE", 10_000.0)
    upstream = tmdb_upstream()
    upstream.script(too_many("429_hour", "3000"), start=1)
    engine_ = engine_of(settings(tmp_path, invented_ids(10)), upstream)
    monkeypatch.setattr("mwi_crawl.breaker.REFUSAL_LIMIT", 1)
    async with engine_ as engine:
        before = datetime.now(UTC)
        report = await engine.full()
    assert datetime.fromisoformat(report.lanes["tmdb"].until) - before > timedelta(seconds=2990)


async def test_a_refused_key_closes_the_lane_and_costs_no_film_an_attempt(tmp_path):
    upstream = tmdb_upstream()
    upstream.script("key_rejected", start=9)
    async with engine_of(settings(tmp_path, invented_ids(30), tmdb={"concurrency": 2}), upstream) as engine:
        report = await engine.full()
        lane = report.lanes["tmdb"]
        assert (report.exit_code, report.status) == (4, RunStatus.PARTIAL)
        assert (lane.state, lane.reason, lane.failed, lane.waiting) == ("closed", "key_rejected", 0, 30 - lane.done)
        assert 3 <= upstream.log.statuses()[401] <= 4  # three in a row, and the other worker's
        upstream.behave()
        report = await engine.full(resume=True)
    assert (report.exit_code, report.run_id, report.attempt, states(tmp_path)) == (0, 1, 2, {"done": 30})
    assert ask(tmp_path, "select max(attempts) from jobs") == [(0,)]


async def test_one_refusal_of_the_key_among_good_answers_is_no_reason_to_stop(tmp_path):
    upstream = tmdb_upstream()
    upstream.script("key_rejected", start=9, times=2)
    async with engine_of(settings(tmp_path, invented_ids(10), tmdb={"concurrency": 1}), upstream) as engine:
        assert (await engine.full()).exit_code == 0
    assert states(tmp_path) == {"done": 10}


@pytest.mark.parametrize("wall", ["bot_wall_cloudflare", "bot_wall_aws"])
async def test_a_bot_wall_closes_the_source_at_once(tmp_path, toy_only, wall):
    upstream = toy_upstream()
    upstream.script(wall)
    async with engine_of(settings(tmp_path, invented_ids(30), toy={"concurrency": 2}), upstream) as engine:
        report = await engine.full()
    assert (report.exit_code, report.lanes["toy"].reason, report.lanes["toy"].state) == (7, "blocked", "closed")
    assert len(upstream.log.hits) <= 2
    assert states(tmp_path) == {"pending": 30}
    until = datetime.fromisoformat(report.lanes["toy"].until)
    assert timedelta(days=6) < until - datetime.now(UTC) <= timedelta(days=7)


async def test_a_changed_layout_stops_the_source_before_it_harms_older_rows(tmp_path):
    upstream = tmdb_upstream()
    async with engine_of(settings(tmp_path, invented_ids(60)), upstream) as engine:
        await engine.full()
        before = ask(tmp_path, "select * from film_facts order by film_id")
        upstream.script("changed_layout", "/3/movie/*")
        report = await engine.full(Scope(refetch=True))
    lane = report.lanes["tmdb"]
    assert (report.exit_code, lane.state, lane.reason) == (7, "closed", "layout_changed")
    assert 25 <= lane.broken <= 25 + 9  # those under way when the 25th came
    assert lane.waiting == 60 - lane.broken
    assert ask(tmp_path, "select * from film_facts order by film_id") == before
    kept = "select count(*) from jobs join bodies using (body_hash) where state = 'broken'"
    assert ask(tmp_path, kept) == [(lane.broken,)]


async def test_a_burst_of_server_errors_heals(tmp_path):
    upstream = tmdb_upstream()
    upstream.script("503", start=20, times=25)
    async with engine_of(settings(tmp_path, invented_ids(40)), upstream) as engine:
        report = await engine.full()
    assert (report.exit_code, states(tmp_path)) == (0, {"done": 40})
    assert any("keeps failing" in event for event in report.events)


async def test_one_hiccup_of_many_requests_under_way_does_not_cost_the_lane(tmp_path):
    # 64 faults at once are one event: counted each, they would use up all pauses and close the lane for 15 minutes
    upstream = tmdb_upstream(latency=0.05)
    upstream.script("503", start=65, times=64)
    many = settings(tmp_path, invented_ids(200), tmdb={"concurrency": 64, "burst": 100})
    async with engine_of(many, upstream) as engine:
        report = await engine.full()
    assert (report.exit_code, states(tmp_path)) == (0, {"done": 200})


async def test_an_upstream_that_stays_out_of_order_is_left_for_later(tmp_path):
    upstream = tmdb_upstream()
    upstream.script("503")
    async with engine_of(settings(tmp_path, invented_ids(200)), upstream) as engine:
        report = await engine.full()
    assert (report.exit_code, report.lanes["tmdb"].reason) == (6, "upstream_down")
    assert len(upstream.log.hits) < 80
    assert states(tmp_path).get("failed", 0) == 0


# no network


@pytest.mark.parametrize("how", ["dns", "refused", "tls"])
async def test_without_a_network_a_run_ends_soon_and_changes_nothing(tmp_path, how):
    upstream = tmdb_upstream()
    upstream.script(how)
    async with engine_of(settings(tmp_path, invented_ids(50)), upstream) as engine:
        with pytest.raises(OfflineError, match="can be reached") as caught:
            await engine.full()
        assert caught.value.exit_code == 9
        assert "Nothing was changed" in caught.value.safe
        assert len(upstream.log.hits) <= 4 * 10  # four looks of ten workers, not once per film
        assert ask(tmp_path, "select status, exit_code from runs") == [("INTERRUPTED", 9)]
        upstream.behave()
        report = await engine.full(resume=True)
    assert (report.exit_code, report.attempt, states(tmp_path)) == (0, 2, {"done": 50})
    assert ask(tmp_path, "select max(attempts) from jobs") == [(0,)]


async def test_a_network_lost_for_a_moment_costs_nothing(tmp_path):
    upstream = tmdb_upstream()
    upstream.script("dns", start=20, times=30)
    async with engine_of(settings(tmp_path, invented_ids(30), engine={"max_retries": 0}), upstream) as engine:
        report = await engine.full()
    assert (report.exit_code, states(tmp_path)) == (0, {"done": 30})
    assert any("cannot be reached" in event for event in report.events)


async def test_a_network_lost_for_good_ends_the_run_with_what_is_safe(tmp_path):
    upstream = tmdb_upstream()
    upstream.script("dns", start=21)
    config = settings(tmp_path, invented_ids(30), engine={"net_wait_seconds": 0.02})
    async with engine_of(config, upstream) as engine:
        with pytest.raises(OfflineError) as caught:
            await engine.full()
    assert "20 answers of this run are safe" in caught.value.safe


@pytest.mark.usefixtures("two_sources")
async def test_one_source_out_of_reach_leaves_the_other_at_work(tmp_path):
    tmdb, toy = tmdb_upstream(), toy_upstream()
    tmdb.script("dns")
    async with engine_of(settings(tmp_path, invented_ids(9)), {"tmdb": tmdb, "toy": toy}) as engine:
        report = await engine.full()
    assert (report.exit_code, report.lanes["toy"].done, report.lanes["tmdb"].reason) == (6, 9, "offline")


# resume


async def test_a_resumed_run_is_the_same_run_and_fetches_nothing_twice(tmp_path):
    upstream = tmdb_upstream()
    upstream.script("503", "/3/find/tt9000001")
    config = settings(tmp_path, invented_ids(40), tmdb={"concurrency": 2}, engine={"max_retries": 20})
    async with engine_of(config, upstream) as engine:
        stop_after(engine, 30)
        report = await engine.full()
        assert (report.status, report.interrupted) == (RunStatus.INTERRUPTED, True)
        (attempts,) = ask(tmp_path, "select attempts from jobs where key = 'find/tt9000001'")[0]
    assert attempts > 0
    finished = {key for (key,) in ask(tmp_path, "select key from jobs where state = 'done'")}
    upstream.behave()
    asked = len(upstream.log.hits)
    async with engine_of(config, upstream) as engine:
        report = await engine.full(resume=True)
    assert (report.run_id, report.attempt, report.exit_code, states(tmp_path)) == (1, 2, 0, {"done": 40})
    assert not {f"/3/{key}" for key in finished} & set(paths(upstream)[asked:])
    assert (report.lanes["tmdb"].planned, report.lanes["tmdb"].done) == (40, 40)
    assert ask(tmp_path, "select attempt, status from runs") == [(2, "SUCCESS")]
    assert ask(tmp_path, "select max(attempt) from failures")[0][0] == attempts


async def test_without_resume_the_old_run_gives_way_and_what_is_done_stays_done(tmp_path):
    upstream = tmdb_upstream()
    async with engine_of(settings(tmp_path, invented_ids(40)), upstream) as engine:
        stop_after(engine, 30)
        await engine.full()
    async with engine_of(settings(tmp_path, invented_ids(40)), upstream) as engine:
        report = await engine.full()
    assert (report.run_id, report.attempt, report.exit_code) == (2, 1, 0)
    assert ask(tmp_path, "select run_id, status from runs") == [(1, "ABORTED"), (2, "SUCCESS")]
    assert set(upstream.log.counts().values()) == {1}


async def test_resume_with_nothing_unfinished_starts_a_new_run(tmp_path):
    upstream = tmdb_upstream()
    async with engine_of(settings(tmp_path, invented_ids(2)), upstream) as engine:
        assert (await engine.full(resume=True)).run_id == 1
        report = await engine.full(resume=True)
    assert (report.run_id, report.attempt) == (2, 1)


async def test_a_run_cut_off_while_it_planned_plans_the_rest_when_resumed(tmp_path, monkeypatch):
    monkeypatch.setattr("mwi_crawl.plan.PAGE", 10)
    upstream = tmdb_upstream()
    async with engine_of(settings(tmp_path, invented_ids(60)), upstream) as engine:
        stop_when_planned(engine, 15)
        report = await engine.full(Scope(limit=35))
        assert report.status is RunStatus.INTERRUPTED
        assert ask(tmp_path, "select count(*), (select planned_at from runs) from jobs") == [(20, None)]
        assert upstream.log.hits == []
    async with engine_of(settings(tmp_path), upstream) as engine:
        report = await engine.full(resume=True)
    assert (report.run_id, report.attempt, states(tmp_path)) == (1, 2, {"done": 35})
    assert report.lanes["tmdb"].planned == 35


async def test_a_resumed_run_keeps_to_what_it_was_asked_for(tmp_path):
    upstream = tmdb_upstream()
    config = settings(tmp_path, invented_ids(30))
    async with engine_of(config, upstream) as engine:
        stop_after(engine, 3)
        await engine.full(Scope(limit=8))
        report = await engine.full(Scope(limit=20), resume=True)
    assert (report.films, states(tmp_path)) == (8, {"done": 8})


async def test_a_stop_while_the_lanes_are_made_is_not_lost(tmp_path, monkeypatch):
    # the signal came between planning and the first request, found no lane to halt, and the run went on
    upstream = tmdb_upstream()
    engine_ = engine_of(settings(tmp_path, invented_ids(50)), upstream)
    remembered = patience.throttle

    def stopping(*given):
        engine_.stop()
        return remembered(*given)

    monkeypatch.setattr(patience, "throttle", stopping)
    async with engine_ as engine:
        report = await engine.full()
    assert (report.status, upstream.log.hits) == (RunStatus.INTERRUPTED, [])


async def test_an_interrupted_lane_is_stored_as_waiting_not_as_running(tmp_path):
    async with engine_of(settings(tmp_path, invented_ids(40)), tmdb_upstream()) as engine:
        stop_after(engine, 10)
        await engine.full()
    assert ask(tmp_path, "select state from run_sources") == [("waiting",)]


async def test_the_first_stop_lets_requests_finish_and_the_second_drops_them(tmp_path):
    for calls, kept in ((1, 10), (2, 0)):
        folder = tmp_path / str(calls)
        folder.mkdir()
        upstream = tmdb_upstream(latency=0.05)
        async with engine_of(settings(folder, invented_ids(40)), upstream) as engine:
            running = asyncio.create_task(engine.full())
            while len(upstream.log.hits) < 10:
                await asyncio.sleep(0.001)
            assert [engine.stop() for _ in range(calls)] == [10] * calls
            report = await running
        assert (report.status, len(upstream.log.hits)) == (RunStatus.INTERRUPTED, 10)
        assert ask(folder, "select count(*) from jobs where state = 'done'") == [(kept,)]


# scope


async def test_a_run_can_be_narrowed_to_films_to_a_number_and_to_sources(tmp_path, two_sources):
    upstreams = {"tmdb": tmdb_upstream(), "toy": toy_upstream()}
    async with engine_of(settings(tmp_path, invented_ids(9)), upstreams) as engine:
        one = await engine.full(Scope(films=("tt9000003",), sources=("tmdb",)))
        assert (one.films, list(one.lanes)) == (1, ["tmdb"])
        assert paths(upstreams["tmdb"]) == ["/3/find/tt9000003", "/3/movie/9000003"]
        four = await engine.full(Scope(limit=4))
        assert (four.films, four.lanes["tmdb"].done) == (4, 3)  # the third film is fresh there
        assert four.lanes["toy"].done == 4
        await engine.full(Scope(films=("tmdb_movie:9000003",), refetch=True))
    assert upstreams["tmdb"].log.counts()["/3/movie/9000003"] == 2


async def test_a_limit_takes_the_next_films_each_time(tmp_path):
    upstream = tmdb_upstream()
    async with engine_of(settings(tmp_path, invented_ids(10)), upstream) as engine:
        for done in (4, 8, 10):
            await engine.full(Scope(limit=4))
            assert states(tmp_path) == {"done": done}


async def test_an_unknown_film_is_an_error_and_leaves_no_run_to_resume(tmp_path):
    # the failed run was once "unfinished": every later --resume met the same error
    upstream = tmdb_upstream()
    async with engine_of(settings(tmp_path, invented_ids(2)), upstream) as engine:
        with pytest.raises(InputError, match="tt0000001"):
            await engine.full(Scope(films=("tt0000001",)))
        assert (await engine.full(resume=True)).exit_code == 0
    assert states(tmp_path) == {"done": 2}


async def test_a_source_that_is_named_must_be_there_be_on_and_have_its_key(tmp_path):
    async with engine_of(settings(tmp_path, environ={}), tmdb_upstream()) as engine:
        with pytest.raises(KeyMissingError, match="tmdb"):
            await engine.full(Scope(sources=("tmdb",)))
        with pytest.raises(InputError, match="nosuch"):
            await engine.full(Scope(sources=("nosuch",)))
        report = await engine.full()
    assert (report.skipped, report.exit_code) == ({"tmdb": "no_key"}, 0)
    async with engine_of(settings(tmp_path, tmdb={"enabled": False}), tmdb_upstream()) as engine:
        with pytest.raises(InputError, match="is off"):
            await engine.full(Scope(sources=("tmdb",)))
        assert (await engine.full()).skipped == {"tmdb": "off"}


async def test_a_key_that_vanished_before_the_resume_leaves_the_run_resumable_and_not_running(tmp_path):
    upstream = tmdb_upstream()
    async with engine_of(settings(tmp_path, invented_ids(20)), upstream) as engine:
        stop_after(engine, 5)
        await engine.full(Scope(sources=("tmdb",)))
    async with engine_of(settings(tmp_path, invented_ids(20), environ={}), upstream) as engine:
        with pytest.raises(KeyMissingError):
            await engine.full(resume=True)
    assert ask(tmp_path, "select status, exit_code from runs") == [("INTERRUPTED", 4)]
    async with engine_of(settings(tmp_path, invented_ids(20)), upstream) as engine:
        assert (await engine.full(resume=True)).run_id == 1
    assert states(tmp_path) == {"done": 20}


async def test_an_estimate_sends_nothing_stores_nothing_and_is_right(tmp_path):
    upstream = tmdb_upstream()
    async with engine_of(settings(tmp_path, invented_ids(7)), upstream) as engine:
        costs, skipped = await engine.estimate()
        assert ask(tmp_path, "select (select count(*) from jobs), (select count(*) from runs)") == [(0, 0)]
        report = await engine.full()
    assert (costs["tmdb"].films, costs["tmdb"].requests, skipped) == (7, 14, {})
    assert report.lanes["tmdb"].requests == 14


async def test_two_runs_in_one_process_do_not_share_their_stop(tmp_path):
    upstream = tmdb_upstream()
    async with engine_of(settings(tmp_path, invented_ids(20)), upstream) as engine:
        stop_after(engine, 5)
        assert (await engine.full()).interrupted
        report = await engine.full()
    assert (report.interrupted, report.exit_code, states(tmp_path)) == (False, 0, {"done": 20})


# faults of ours


async def test_a_run_ends_after_so_many_failures_and_says_so(tmp_path):
    upstream = tmdb_upstream()
    upstream.script("changed_layout", "/3/movie/*", share=0.5)
    config = settings(tmp_path, invented_ids(60), tmdb={"concurrency": 2})
    async with engine_of(config, upstream, max_failures=3) as engine:
        report = await engine.full()
        assert (report.exit_code, report.stopped) == (5, "stopped after 3 failures (limit)")
        assert report.lanes["tmdb"].waiting > 40
        assert ask(tmp_path, "select status, message from runs") == [("PARTIAL", report.stopped)]
        # the failures of the first attempt do not count against the second
        again = await engine.full(resume=True)
    assert again.lanes["tmdb"].finished >= report.lanes["tmdb"].finished + 3


class Buggy(Toy):
    """A source with a fault of the engine's kind: it cannot say how to ask."""

    name = "buggy"

    def request(self, keys):
        if "tt9000007" in keys:
            raise KeyError("topicItemStats")
        return super().request(keys)


async def test_a_bug_in_a_source_ends_the_run_as_failed_with_everything_finished_safe(tmp_path, monkeypatch):
    monkeypatch.setattr("mwi_crawl.sources.discover", lambda: {"buggy": Buggy})
    upstream = toy_upstream()
    config = settings(tmp_path, invented_ids(9), buggy={"concurrency": 2})
    async with engine_of(config, upstream) as engine:
        with pytest.raises(KeyError, match="topicItemStats"):
            await engine.full()
        answered = len(upstream.log.hits)
        assert ask(tmp_path, "select status, exit_code from runs") == [("FAILED", 1)]
        assert ask(tmp_path, "select message like 'KeyError%' from runs") == [(1,)]
        assert states(tmp_path)["done"] >= answered - 2
        monkeypatch.setattr(Buggy, "request", Toy.request)
        report = await engine.full(resume=True)
    assert (report.run_id, report.exit_code, states(tmp_path)) == (1, 0, {"done": 9})


async def test_a_bug_in_storing_ends_the_run_as_failed_and_does_not_hang(tmp_path, monkeypatch):
    upstream = tmdb_upstream()
    save = checkpoint.save

    def failing(db, run_id, batch, **how):
        if len(upstream.log.hits) > 10:
            raise LookupError("a bug")
        return save(db, run_id, batch, **how)

    monkeypatch.setattr(checkpoint, "save", failing)
    async with engine_of(settings(tmp_path, invented_ids(30)), upstream) as engine:
        async with asyncio.timeout(5):
            with pytest.raises(LookupError):
                await engine.full()
        assert ask(tmp_path, "select status, exit_code from runs") == [("FAILED", 1)]
        monkeypatch.setattr(checkpoint, "save", save)
        assert (await engine.full(resume=True)).exit_code == 0


async def test_a_full_disk_ends_the_run_at_once_and_resume_completes_it(tmp_path):
    upstream = tmdb_upstream()
    async with engine_of(settings(tmp_path, invented_ids(60)), upstream) as engine:
        pages = await engine.store.read(lambda db: db.execute("pragma page_count").fetchone()[0])
        await engine.store.transact(lambda db: db.execute(f"pragma max_page_count = {pages + 60}").fetchone())
        async with asyncio.timeout(10):
            with pytest.raises(DiskFullError) as caught:
                await engine.full()
        assert caught.value.exit_code == 8
        stored = ask(tmp_path, "select count(*) from jobs where state = 'done'")[0][0]
        assert 0 < stored < 120
        assert len(upstream.log.hits) - stored <= 20  # nobody asks on while nothing can be stored
        assert ask(tmp_path, "pragma integrity_check") == [("ok",)]
        await engine.store.transact(lambda db: db.execute("pragma max_page_count = 1000000").fetchone())
        report = await engine.full(resume=True)
    assert (report.run_id, report.exit_code, states(tmp_path)) == (1, 0, {"done": 60})


async def test_a_file_that_takes_not_even_the_end_of_the_run_leaves_it_resumable(tmp_path, monkeypatch):
    def failing(*given, **how):
        raise sqlite3.OperationalError("first")

    def failing_too(*given):
        raise sqlite3.OperationalError("second")

    upstream = tmdb_upstream()
    with monkeypatch.context() as broken:
        broken.setattr(checkpoint, "save", failing)
        broken.setattr(runs, "end", failing_too)
        async with engine_of(settings(tmp_path, invented_ids(5)), upstream) as engine:
            with pytest.raises(StorageError, match="first"):
                await engine.full()
    assert ask(tmp_path, "select status from runs") == [("RUNNING",)]
    async with engine_of(settings(tmp_path, invented_ids(5)), upstream) as engine:
        report = await engine.full(resume=True)
    assert (report.attempt, report.exit_code) == (2, 0)


async def test_a_run_that_the_disk_has_no_room_for_is_not_begun(tmp_path, monkeypatch):
    usage = type("Usage", (), {"free": 64_500_000})
    monkeypatch.setattr(crawl.shutil, "disk_usage", lambda place: usage)
    upstream = tmdb_upstream()
    async with engine_of(settings(tmp_path, invented_ids(40)), upstream) as engine:
        with pytest.raises(DiskFullError, match="this run needs about"):
            await engine.full()
    assert upstream.log.hits == []
    # as the message advises
    async with engine_of(settings(tmp_path, invented_ids(40), engine={"keep_bodies": False}), upstream) as engine:
        assert (await engine.full()).exit_code == 0


async def test_a_message_of_a_fault_holds_no_key(tmp_path, monkeypatch):
    config = settings(tmp_path, invented_ids(2))
    (token,) = config.reveal().values()

    def failing(self, keys):
        raise RuntimeError(f"GET https://api.example.org/?api_key={token}")

    monkeypatch.setattr(Tmdb, "request", failing)
    async with engine_of(config, tmdb_upstream()) as engine:
        with pytest.raises(RuntimeError):
            await engine.full()
    (message,) = ask(tmp_path, "select message from runs")[0]
    assert token not in message
    assert "RuntimeError" in message


@pytest.mark.parametrize("pasted", ["Bearer {}", " {}\n"])
async def test_an_upstream_that_sends_the_key_back_does_not_get_it_stored(tmp_path, pasted):
    upstream = tmdb_upstream()
    echo = {"id": "?", "asked": f"GET /3/find?api_key={TOKEN}", "again": TOKEN}
    upstream.add("/3/find/tt9000001", json.dumps(echo), headers={"x-asked": TOKEN})
    refusal = {"status_code": 5, "status_message": f"your token {TOKEN} is funny"}
    upstream.add("/3/find/tt9000002", json.dumps(refusal), status=422)
    environ = {"TMDB_API_READ_ACCESS_TOKEN": pasted.format(TOKEN)}
    async with engine_of(settings(tmp_path, invented_ids(3), environ=environ), upstream) as engine:
        report = await engine.full()
        bodies = [body async for body in _bodies(engine)]
    assert (report.lanes["tmdb"].broken, report.lanes["tmdb"].done) == (2, 1)
    with sqlite3.connect(tmp_path / "t.db") as db:
        dump = "\n".join(db.iterdump())
    db.close()
    assert "your token *** is funny" in dump
    assert any(b"api_key=***" in body for body in bodies)
    assert TOKEN not in dump
    assert not any(TOKEN.encode() in body for body in bodies)


async def _bodies(engine):
    for (hash_,) in await engine.store.read(lambda db: db.execute("select body_hash from bodies").fetchall()):
        yield await engine.store.read(bodies.read, hash_)


@pytest.mark.parametrize("seed", range(12))
async def test_a_run_cancelled_at_any_moment_can_be_resumed(tmp_path, seed):
    upstream = tmdb_upstream(latency=0.002)
    config = settings(tmp_path, invented_ids(30))
    moment = random.Random(seed).uniform(0.0, 0.06)
    async with engine_of(config, upstream) as engine:
        running = asyncio.create_task(engine.full())
        await asyncio.sleep(moment)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
    assert ask(tmp_path, "pragma integrity_check") == [("ok",)]
    assert ask(tmp_path, "select status from runs") in ([("INTERRUPTED",)], [("RUNNING",)], [])
    finished = {key for (key,) in ask(tmp_path, "select key from jobs where state = 'done'")}
    asked = len(upstream.log.hits)
    async with engine_of(config, upstream) as engine:
        report = await engine.full(resume=True)
    assert (report.exit_code, states(tmp_path)) == (0, {"done": 30})
    assert not {f"/3/{key}" for key in finished} & set(paths(upstream)[asked:])
    assert len(upstream.log.hits) <= 60 + 10  # at most what was under way is sent again


async def test_a_timeout_around_a_run_is_a_timeout(tmp_path):
    upstream = tmdb_upstream(latency=0.5)
    async with engine_of(settings(tmp_path, invented_ids(30)), upstream) as engine:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await engine.full()
    assert ask(tmp_path, "select status, exit_code from runs") == [("INTERRUPTED", 130)]


async def test_a_dead_file_of_another_day_is_no_obstacle(tmp_path):
    async with engine_of(settings(tmp_path, invented_ids(2)), tmdb_upstream()) as engine:
        await engine.store.transact(runs.begin, "full", "{}", "2020-01-01T00:00:00.000Z")
        assert (await engine.full()).exit_code == 0
    assert ask(tmp_path, "select status from runs") == [("ABORTED",), ("SUCCESS",)]


# lanes side by side


@pytest.mark.usefixtures("two_sources")
@pytest.mark.parametrize("trouble", ["429_hour", "silence", "key_rejected"])
async def test_a_lane_in_trouble_does_not_slow_the_other(tmp_path, trouble):
    tmdb, toy = tmdb_upstream(), toy_upstream()
    troubles = {"429_hour": too_many("x", "3600"), "silence": Misbehaviour("x", wait=1)}
    tmdb.script(troubles.get(trouble, trouble), times=1 if trouble == "silence" else None)
    config = settings(tmp_path, invented_ids(150))
    async with engine_of(config, {"tmdb": tmdb, "toy": toy}) as engine:
        started = time.monotonic()
        report = await engine.full()
    assert report.lanes["toy"].finished == 150
    assert toy.log.hits[-1].at - started < 0.8  # the other's trouble lasts a second or longer
    assert ask(tmp_path, "select source, state from run_sources where source = 'toy'") == [("toy", "done")]


def stop_after(engine, answers):
    """Stop an engine, as the first signal does, when so many answers are stored."""
    count = engine.on_saved
    left = answers

    def counting(saved):
        nonlocal left
        count(saved)
        left -= 1
        if left == 0:
            engine.stop()

    engine.on_saved = counting


def stop_when_planned(engine, jobs):
    """Stop an engine when so many jobs are planned."""
    transact = engine.store.transact

    async def watching(work, *args, **kwargs):
        done = await transact(work, *args, **kwargs)
        if await engine.store.read(lambda db: db.execute("select count(*) from jobs").fetchone()[0]) >= jobs:
            engine.store.transact = transact
            engine.stop()
        return done

    engine.store.transact = watching
