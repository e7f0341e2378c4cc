"""`incremental`: what it asks, and above all what it does not; over the same engine and the fake TMDb."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from toys import ask, engine_of, invented_ids, know, settings, states

from mwi_crawl import changes, sources
from mwi_crawl.cli import words
from mwi_crawl.demo.misbehaviour import Ask
from mwi_crawl.demo.tmdb import FakeTmdb
from mwi_crawl.demo.upstream import FakeUpstream
from mwi_crawl.errors import InputError, KeyMissingError
from mwi_crawl.model import Response, RunStatus, Seed
from mwi_crawl.plan import Scope
from mwi_crawl.sources.tmdb import Tmdb

pytestmark = pytest.mark.usefixtures("quick")

TODAY = (datetime.now(UTC) - timedelta(hours=Tmdb.copy_hours)).date()  # the day the oldest copies are from
EVERY = ("popular", "top_rated", "upcoming", "now_playing", "trending")


@pytest.fixture(autouse=True)
def tmdb_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """TMDb is the only source there is."""
    monkeypatch.setattr(sources, "discover", lambda: {"tmdb": Tmdb})


def upstream_of(tmdb: FakeTmdb) -> FakeUpstream:
    upstream = FakeUpstream()
    upstream.handle(tmdb.answer)
    return upstream


def asked(upstream: FakeUpstream, since: int = 0) -> list[str]:
    return [hit.path.removeprefix("/3/") for hit in upstream.log.hits[since:]]


def day(back: int) -> str:
    return (TODAY - timedelta(days=back)).isoformat()


def age(folder: Path, days: int) -> None:
    """Let days pass: all that was heard and known is older by so many."""
    with closing(sqlite3.connect(folder / "t.db")) as db, db:
        shifted = f"strftime('%Y-%m-%dT%H:%M:%fZ', fetched_at, '-{days} days')"
        db.execute(f"update jobs set fetched_at = {shifted} where fetched_at is not null")
        db.execute(f"update jobs set ready_at = strftime('%Y-%m-%dT%H:%M:%fZ', ready_at, '-{days} days')")
        db.execute(f"update change_lists set read_to = date(read_to, '-{days} days')")


async def full(folder: Path, ids: Sequence[str], upstream: FakeUpstream, **options: Any) -> None:
    async with engine_of(settings(folder, ids, **options), upstream) as engine:
        assert (await engine.full()).status is RunStatus.SUCCESS


async def incremental(folder: Path, ids: Sequence[str], upstream: FakeUpstream, scope: Scope | None = None, **o: Any):
    async with engine_of(settings(folder, ids, **o), upstream) as engine:
        return await engine.incremental(scope)


# the promise


async def test_after_a_full_run_nothing_is_asked_and_then_exactly_what_changed_or_is_new(tmp_path: Path) -> None:
    tmdb, ids = FakeTmdb(3_010), invented_ids(3_000)
    upstream = upstream_of(tmdb)
    await full(tmp_path, ids, upstream)
    begun = len(upstream.log.hits)
    report = await incremental(tmp_path, ids, upstream)
    assert (asked(upstream, begun), report.status, report.exit_code) == ([], RunStatus.SUCCESS, 0)

    age(tmp_path, 1)  # the day of the full run is over
    tmdb.change(range(9_000_101, 9_000_141), day(1))
    report = await incremental(tmp_path, invented_ids(3_010), upstream)
    requests = asked(upstream, begun)
    pages = [path for path in requests if path == "movie/changes"]
    changed = {path for path in requests if path.startswith("movie/9")}
    looked_up = {path for path in requests if path.startswith("find/")}
    assert len(pages) == 1
    assert looked_up == {f"find/tt{9_003_000 + number}" for number in range(1, 11)}
    assert changed == {f"movie/{number}" for number in (*range(9_000_101, 9_000_141), *range(9_003_001, 9_003_011))}
    assert len(requests) == 1 + 10 + 50, "each exactly once"
    assert report.exit_code == 0
    assert report.lanes["tmdb"].done == 50
    edited = "select count(*) from film_facts where tagline = 'Edited once'"
    assert ask(tmp_path, edited) == [(40,)]
    what = "select what, count(*) from run_films where run_id = ? group by 1"
    assert dict(ask(tmp_path, what, report.run_id)) == {"new": 10, "changed": 40}

    begun = len(upstream.log.hits)
    report = await incremental(tmp_path, invented_ids(3_010), upstream)
    assert asked(upstream, begun) == [], "a day is read once"
    assert ask(tmp_path, "select count(*) from jobs where key like 'changes/%'") == [(0,)]


async def test_the_cheaper_of_two_ways_is_taken_and_said(tmp_path: Path) -> None:
    few, many = tmp_path / "few", tmp_path / "many"
    for folder, count in ((few, 60), (many, 200)):
        folder.mkdir()
        ids, upstream = invented_ids(count), upstream_of(FakeTmdb(count))
        await full(folder, ids, upstream)
        age(folder, 2)
        begun = len(upstream.log.hits)
        report = await incremental(folder, ids, upstream)
        (gap,) = report.gaps
        requests = asked(upstream, begun)
        if folder is few:
            assert words.gap(gap) == (
                f"changed at tmdb since {day(2)}: asking about 60 films directly is cheaper than reading the list of "
                "changes of 2 days (60 against ~150 requests)"
            )
            assert sorted(requests) == sorted(f"movie/{9_000_000 + number}" for number in range(1, 61))
        else:
            assert words.gap(gap) == (
                f"changed at tmdb since {day(2)}: reading the list of changes of 2 days is cheaper than asking about "
                "200 films directly (~150 against 200 requests)"
            )
            assert set(requests) == {"movie/changes"}
        assert ask(folder, "select read_to from change_lists") == [(day(1),)]


async def test_a_plan_names_the_cost_and_leaves_nothing_behind(tmp_path: Path) -> None:
    ids, upstream = invented_ids(200), upstream_of(FakeTmdb(200))
    await full(tmp_path, ids, upstream)
    age(tmp_path, 2)
    begun = len(upstream.log.hits)
    async with engine_of(settings(tmp_path, ids), upstream) as engine:
        costs, _ = await engine.estimate(kind="incremental")
    assert costs["tmdb"].requests == 150
    assert [gap.direct for gap in costs["tmdb"].gaps] == [False]
    assert asked(upstream, begun) == []
    assert ask(tmp_path, "select count(*) from change_lists") == [(0,)]
    assert ask(tmp_path, "select count(*) from jobs where state = 'pending'") == [(0,)]


async def test_a_gap_of_weeks_is_read_day_by_day(tmp_path: Path) -> None:
    tmdb, ids = FakeTmdb(2_000), invented_ids(2_000)
    upstream = upstream_of(tmdb)
    await full(tmp_path, ids, upstream, tmdb={"ttl_days": 180})
    age(tmp_path, 20)
    tmdb.change([9_000_007], day(17))
    tmdb.change([9_000_008], day(1))
    begun = len(upstream.log.hits)
    report = await incremental(tmp_path, ids, upstream, tmdb={"ttl_days": 180})
    assert report.gaps[0].days == 20
    requests = asked(upstream, begun)
    assert requests.count("movie/changes") == 20
    assert {path for path in requests if path != "movie/changes"} == {"movie/9000007", "movie/9000008"}


async def test_how_many_pages_a_day_takes_is_learnt(tmp_path: Path) -> None:
    tmdb, ids = FakeTmdb(300, strangers=450), invented_ids(300)
    upstream = upstream_of(tmdb)
    await full(tmp_path, ids, upstream)
    age(tmp_path, 1)
    report = await incremental(tmp_path, ids, upstream)
    assert report.gaps[0].pages == 75
    pages = ask(tmp_path, "select pages from change_lists")[0][0]
    assert pages == len([path for path in asked(upstream) if path == "movie/changes"]) > 3
    age(tmp_path, 2)
    report = await incremental(tmp_path, ids, upstream)
    assert report.gaps[0].pages == 2 * pages


async def test_a_day_that_cannot_be_read_is_made_up_for(tmp_path: Path) -> None:
    ids = invented_ids(200)
    upstream = upstream_of(FakeTmdb(200))
    await full(tmp_path, ids, upstream)
    age(tmp_path, 1)
    said = b'{"status_code": 20, "status_message": "Invalid date range: Should be a range no longer than 14 days."}'
    upstream.add("/3/movie/changes", said, status=422)
    begun = len(upstream.log.hits)
    report = await incremental(tmp_path, ids, upstream)
    assert len([path for path in asked(upstream, begun) if path.startswith("movie/9")]) == 200
    assert [event for event in report.events if "cannot be read; asking about 200 films instead" in event]
    assert ask(tmp_path, "select read_to from change_lists") == [(day(1),)]
    assert report.exit_code == 0


async def test_a_page_of_changes_that_fails_leaves_the_day_for_the_next_run(tmp_path: Path) -> None:
    ids = invented_ids(200)
    tmdb = FakeTmdb(200)
    upstream = upstream_of(tmdb)
    await full(tmp_path, ids, upstream, engine={"max_retries": 1})
    age(tmp_path, 1)
    tmdb.change([9_000_005], day(1))
    upstream.script("503", "/3/movie/changes")
    await incremental(tmp_path, ids, upstream, engine={"max_retries": 1})
    assert ask(tmp_path, "select count(*) from change_lists") == [(0,)], "the day is not known"
    upstream.behave()
    begun = len(upstream.log.hits)
    await incremental(tmp_path, ids, upstream)
    assert asked(upstream, begun) == ["movie/changes", "movie/9000005"]
    assert ask(tmp_path, "select read_to from change_lists") == [(day(1),)]


async def test_a_film_heard_of_after_the_day_of_its_change_is_not_asked_again(tmp_path: Path) -> None:
    tmdb, ids = FakeTmdb(200), invented_ids(200)
    upstream = upstream_of(tmdb)
    await full(tmp_path, ids, upstream)
    age(tmp_path, 2)
    with closing(sqlite3.connect(tmp_path / "t.db")) as db, db:
        db.execute("update jobs set fetched_at = ? where key = 'movie/9000003'", (f"{day(1)}T08:00:01.000Z",))
        db.execute("update jobs set fetched_at = ? where key = 'movie/9000005'", (f"{day(1)}T07:59:59.000Z",))
    tmdb.change([9_000_003, 9_000_004, 9_000_005], day(2))
    begun = len(upstream.log.hits)
    await incremental(tmp_path, ids, upstream)
    assert [path for path in asked(upstream, begun) if path.startswith("movie/9")] == [
        "movie/9000004",
        "movie/9000005",
    ], "an answer may be a copy eight hours old"


async def test_an_unchanged_film_is_confirmed_by_its_tag_and_not_counted_as_changed(tmp_path: Path) -> None:
    ids, upstream = invented_ids(20), upstream_of(FakeTmdb(20))
    headers: list[str | None] = []

    def noting(request: Ask) -> Response | None:
        headers.append(request.headers.get("if-none-match"))
        return None

    upstream._handlers.insert(0, noting)
    await full(tmp_path, ids, upstream)
    age(tmp_path, 31)
    headers.clear()
    report = await incremental(tmp_path, ids, upstream)
    assert len(headers) == 20
    assert all(headers)
    assert report.due["tmdb"]["stale"] == 20
    assert ask(tmp_path, "select count(*) from run_films where run_id = ?", report.run_id) == [(0,)]


async def test_what_was_not_there_is_asked_again_after_a_growing_time(tmp_path: Path) -> None:
    ids, upstream = invented_ids(3), upstream_of(FakeTmdb(2))
    await full(tmp_path, ids, upstream)
    assert states(tmp_path) == {"done": 2, "absent": 1}
    seen = []
    for _ in range(30):
        age(tmp_path, 1)
        begun = len(upstream.log.hits)
        await incremental(tmp_path, ids, upstream)
        seen.append(any("tt9000003" in path for path in asked(upstream, begun)))
    asked_on = [number + 1 for number, again in enumerate(seen) if again]
    assert asked_on == [7, 21]


# interruption


async def test_an_interrupted_incremental_goes_on_as_the_same_run_with_the_same_plan(tmp_path: Path) -> None:
    tmdb, ids = FakeTmdb(300), invented_ids(300)
    upstream = upstream_of(tmdb)
    await full(tmp_path, ids, upstream)
    age(tmp_path, 1)
    tmdb.change(range(9_000_001, 9_000_081), day(1))
    begun = len(upstream.log.hits)
    async with engine_of(settings(tmp_path, ids), upstream) as engine:
        on_saved: Callable[[Any], None] = engine.on_saved

        def stopping(saved: Any) -> None:
            on_saved(saved)
            if engine.report.lanes["tmdb"].done == 30:
                engine.stop()

        engine.on_saved = stopping  # type: ignore[method-assign]
        first = await engine.incremental(Scope(lists=("popular",)))
    assert first.status is RunStatus.INTERRUPTED
    planned = ask(tmp_path, "select key from jobs where run_id = ? order by 1", first.run_id)
    async with engine_of(settings(tmp_path, ids), upstream) as engine:
        second = await engine.incremental(resume=True)
    assert (second.run_id, second.kind, second.attempt) == (first.run_id, "incremental", 2)
    assert second.status is RunStatus.SUCCESS
    requests = asked(upstream, begun)
    films = [path for path in requests if path.startswith("movie/9") and 9_000_001 <= int(path[6:]) <= 9_000_080]
    assert len(films) == len(set(films)) == 80, "none is asked twice"
    assert requests.count("movie/changes") == 1
    assert requests.count("movie/popular") == 1
    after = ask(tmp_path, "select key from jobs where run_id = ? order by 1", first.run_id)
    assert {key for (key,) in planned if not key.startswith("changes/")} <= {key for (key,) in after}


async def test_a_run_that_took_its_place_does_not_read_again_what_was_read(tmp_path: Path) -> None:
    tmdb, ids = FakeTmdb(300, strangers=450), invented_ids(300)
    upstream = upstream_of(tmdb)
    await full(tmp_path, ids, upstream)
    age(tmp_path, 1)
    begun = len(upstream.log.hits)
    async with engine_of(settings(tmp_path, ids), upstream) as engine:
        on_saved: Callable[[Any], None] = engine.on_saved

        def stopping(saved: Any) -> None:
            on_saved(saved)
            engine.stop()

        engine.on_saved = stopping  # type: ignore[method-assign]
        await engine.incremental()
    report = await incremental(tmp_path, ids, upstream)
    assert report.run_id == 3
    pages = [hit.params["page"] for hit in upstream.log.hits[begun:] if hit.path == "/3/movie/changes"]
    assert len(pages) == len(set(pages)) > 3
    assert ask(tmp_path, "select read_to from change_lists") == [(day(1),)]


# films from lists


async def test_a_list_is_kept_whole_and_as_many_of_its_films_are_followed_as_may_be(tmp_path: Path) -> None:
    upstream = upstream_of(FakeTmdb(200))
    async with engine_of(settings(tmp_path), upstream) as engine:
        report = await engine.incremental(Scope(lists=("popular", "trending"), pages=2, most_found=25))
    assert report.exit_code == 0
    lists = "select name, origin, count(*) from lists join list_items using (list_id) group by 1, 2"
    assert ask(tmp_path, lists) == [("popular", "tmdb", 40), ("trending", "tmdb", 40)]
    assert ask(tmp_path, "select count(*) from films where followed = 1") == [(25,)]
    assert report.found == 25
    assert ask(tmp_path, "select count(*) from film_facts") == [(25,)], "what was found is crawled in the same run"
    best = "select film_id from list_items group by 1 order by min(position), 1 limit 25"
    followed = "select film_id from films where followed = 1"
    assert set(ask(tmp_path, followed)) == set(ask(tmp_path, best)), "the first places first"
    origins = {origin for (origin,) in ask(tmp_path, "select distinct origin from films")}
    assert origins <= {"tmdb:popular", "tmdb:trending"}
    # the next run follows the next films, and reads no film again
    begun = len(upstream.log.hits)
    async with engine_of(settings(tmp_path), upstream) as engine:
        await engine.incremental(Scope(lists=("popular", "trending"), pages=2, most_found=5))
    assert ask(tmp_path, "select count(*) from films where followed = 1") == [(30,)]
    assert len([path for path in asked(upstream, begun) if path.split("/")[-1].isdecimal()]) == 5


async def test_a_film_of_ones_own_is_found_in_a_list_and_not_doubled(tmp_path: Path) -> None:
    tmdb = FakeTmdb(200)
    upstream = upstream_of(tmdb)
    popular = tmdb.answer(Ask.of("GET", "http://x/3/movie/popular?page=1", {}))
    assert popular is not None
    first = [str(row["id"]) for row in json.loads(popular.body)["results"][:3]]
    async with engine_of(settings(tmp_path), upstream) as engine:
        await know(engine.store, *[Seed({"tmdb_movie": tmdb_id}) for tmdb_id in first])
        await engine.full()
        begun = len(upstream.log.hits)
        await engine.incremental(Scope(lists=("popular",), most_found=0))
    assert asked(upstream, begun) == ["movie/popular"]
    assert ask(tmp_path, "select count(*) from films where followed = 1") == [(3,)]
    assert ask(tmp_path, "select count(*), count(distinct film_id) from list_items") == [(20, 20)]
    mine = "select count(*) from list_items join films using (film_id) where followed = 1"
    assert ask(tmp_path, mine) == [(3,)]


async def test_a_list_read_again_holds_what_it_holds_now(tmp_path: Path) -> None:
    tmdb = FakeTmdb(200)
    upstream = upstream_of(tmdb)
    wanted = Scope(lists=("popular",), most_found=0)
    async with engine_of(settings(tmp_path), upstream) as engine:
        await engine.incremental(wanted)
        places = dict(ask(tmp_path, "select position, tmdb_id from list_items join films using (film_id)"))
        tmdb.remove(places[1])
        await engine.incremental(wanted)
    now = dict(ask(tmp_path, "select position, tmdb_id from list_items join films using (film_id)"))
    assert [now[place] for place in range(1, 20)] == [places[place] for place in range(2, 21)]
    assert sorted(now) == list(range(1, 21))


async def test_a_profile_says_what_is_read(tmp_path: Path) -> None:
    upstream = upstream_of(FakeTmdb(200))
    config = settings(tmp_path)
    assert {"quick", "daily", "full"} <= config.profiles.keys()
    async with engine_of(config, upstream) as engine:
        await engine.incremental(profile="quick")
        assert sorted(asked(upstream)[:2]) == ["movie/popular", "trending/movie/week"]
        begun = len(upstream.log.hits)
        await engine.incremental(profile="daily")
    pages = [(hit.path.split("/")[-1], hit.params["page"]) for hit in upstream.log.hits[begun:] if "page" in hit.params]
    names = ("popular", "top_rated", "upcoming", "now_playing", "week")
    assert sorted(pages) == sorted((name, str(page)) for name in names for page in range(1, 6))


async def test_a_profile_or_list_that_there_is_not_is_named(tmp_path: Path) -> None:
    upstream = upstream_of(FakeTmdb(0))
    async with engine_of(settings(tmp_path), upstream) as engine:
        with pytest.raises(InputError, match="there is no profile nightly") as problem:
            await engine.incremental(profile="nightly")
        assert "quick, daily, full" in problem.value.todo
        with pytest.raises(InputError, match="there is no list best") as problem:
            await engine.incremental(Scope(lists=("best",)))
        assert ", ".join(EVERY) in problem.value.todo
    async with engine_of(settings(tmp_path, environ={}), upstream) as engine:
        with pytest.raises(KeyMissingError):
            await engine.incremental(Scope(lists=("popular",)))
    assert upstream.log.hits == []
    assert ask(tmp_path, "select count(*) from runs") == [(0,)]


async def test_a_narrowed_run_reads_no_list_of_changes(tmp_path: Path) -> None:
    ids, upstream = invented_ids(200), upstream_of(FakeTmdb(200))
    await full(tmp_path, ids, upstream)
    age(tmp_path, 2)
    begun = len(upstream.log.hits)
    await incremental(tmp_path, ids, upstream, Scope(films=("tt9000001",)))
    await incremental(tmp_path, ids, upstream, Scope(limit=3))
    assert asked(upstream, begun) == []


async def test_series_have_a_list_of_their_own(tmp_path: Path) -> None:
    # the gap of a kind that nobody follows is none
    async with engine_of(settings(tmp_path, invented_ids(200)), upstream := upstream_of(FakeTmdb(200))) as engine:
        await engine.full()
        await know(engine.store, Seed({"tmdb_tv": "77"}, "A Series"))
        await engine.store.transact(
            lambda db: (
                db.execute(
                    "insert into jobs (source, key, film_id, state, ready_at, fetched_at) "
                    "values ('tmdb', 'tv/77', (select max(film_id) from films), 'done', '', ?)",
                    (f"{day(3)}T12:00:00.000Z",),
                ).rowcount
            )
        )
        gaps = await engine.store.transact(changes.plan, 1, Tmdb(), datetime.now(UTC))
    assert [(gap.prefix, gap.days, gap.films, gap.direct) for gap in gaps] == [("tv/", 3, 1, True)]
    assert date.fromisoformat(gaps[0].since) == TODAY - timedelta(days=3)
    assert asked(upstream).count("movie/changes") == 0


# what must not be taken for news


async def test_answers_that_have_all_lost_the_same_close_the_source(tmp_path: Path) -> None:
    ids, upstream = invented_ids(60), upstream_of(tmdb := FakeTmdb(60))
    await full(tmp_path, ids, upstream)

    def without_people(request: Ask) -> Response | None:
        found = tmdb.answer(request)
        if found is None or found.status != 200 or "credits" not in (body := json.loads(found.body)):
            return None
        body["credits"] = {"cast": [], "crew": []}
        return Response(200, {"content-type": "application/json"}, json.dumps(body).encode())

    upstream._handlers.insert(0, without_people)
    credits = "select count(*) from credits"
    before = ask(tmp_path, credits)
    async with engine_of(settings(tmp_path, ids), upstream) as engine:
        report = await engine.full(Scope(refetch=True))
    lane = report.lanes["tmdb"]
    assert (lane.reason, report.exit_code) == ("layout_changed", 7)
    assert "have lost what was known (credits" in (lane.message or "")
    assert 25 <= ask(tmp_path, "select count(*) from conflicts")[0][0] < 40
    assert ask(tmp_path, credits) == before
    # however long it lasts, what many films have lost is not believed
    with closing(sqlite3.connect(tmp_path / "t.db")) as db, db:
        db.execute("update conflicts set at = '2020-01-01T00:00:00.000Z', body_hash = 'another'")
    async with engine_of(settings(tmp_path, ids), upstream) as engine:
        await engine.full(Scope(refetch=True))
    assert ask(tmp_path, credits) == before


async def test_a_run_about_chosen_films_reads_no_lists(tmp_path: Path) -> None:
    upstream = upstream_of(FakeTmdb(3))
    async with engine_of(settings(tmp_path, invented_ids(3)), upstream) as engine:
        with pytest.raises(InputError, match="reads no lists"):
            await engine.incremental(Scope(limit=2), profile="quick")
    assert upstream.log.hits == []


async def test_what_waits_of_an_incremental_run_is_not_what_a_full_one_goes_on_with(tmp_path: Path) -> None:
    ids, upstream = invented_ids(3), upstream_of(FakeTmdb(3))
    upstream.script("503", "/3/movie/9000002")
    async with engine_of(settings(tmp_path, ids), upstream) as engine:
        first = await engine.incremental(Scope(lists=("popular",), most_found=0))
        assert first.status is RunStatus.PARTIAL
        upstream.behave()
        await engine.store.transact(lambda db: db.execute("update jobs set state = 'pending' where state = 'failed'"))
        second = await engine.full(resume=True)
    assert (second.run_id, second.kind, second.status) == (2, "full", RunStatus.SUCCESS)
