"""Quotas in a crawl: spent by value, kept to over restarts, learnt from refusals, and nobody else's matter."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence

import pytest
from toys import Toy, ask, engine_of, invented_ids, know, settings, states, tmdb_upstream

from mwi_crawl import lane, sources
from mwi_crawl.demo.misbehaviour import Ask
from mwi_crawl.demo.upstream import FakeUpstream
from mwi_crawl.errors import OfflineError
from mwi_crawl.model import Allowance, Outcome, Parsed, Record, Request, Response, Seed, Verdict
from mwi_crawl.source import Source
from mwi_crawl.sources.tmdb import Tmdb

pytestmark = pytest.mark.usefixtures("quick")

QUOTAS = 'select source, period, used, "limit", spent_at is not null from quotas'


class Metered(Toy):
    """The toy, with so many requests a day."""

    allowed: Mapping[str, int] = {"day": 12}
    batch = 1

    def quotas(self) -> Mapping[str, int]:
        return self.allowed

    def judge(self, response: Response) -> Verdict:
        if response.status == 401:
            return Verdict(Outcome.SPENT, "quota", "nothing is left today", period="day")
        return super().judge(response)

    def allowances(self, response: Response) -> Sequence[Allowance]:
        left = response.headers.get("x-left")
        return () if left is None else (Allowance("minute", 30, int(left)),)


class FakeMetered:
    """The metered toy's upstream. `left`: how many more it answers today."""

    def __init__(self, left: int = 1_000_000) -> None:
        self.left = left

    def answer(self, ask: Ask) -> Response | None:
        if ask.path != "/toy":
            return None
        if self.left == 0:
            return Response(401, {}, b"{}")
        self.left -= 1
        return Response(200, {}, json.dumps({ask.params["ids"]: 7.5}).encode())


def upstream_of(fake: FakeMetered) -> FakeUpstream:
    upstream = FakeUpstream()
    upstream.handle(fake.answer)
    return upstream


@pytest.fixture
def metered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "discover", lambda: {"toy": Metered})


@pytest.mark.usefixtures("metered")
async def test_a_quota_is_used_to_its_end_and_not_beyond_and_the_rest_waits(tmp_path):
    upstream = upstream_of(FakeMetered())
    async with engine_of(settings(tmp_path, invented_ids(30)), upstream) as engine:
        report = await engine.full()
    assert len(upstream.log.hits) == 12
    assert (report.exit_code, report.lanes["toy"].reason, report.lanes["toy"].waiting) == (6, "quota", 18)
    assert ask(tmp_path, QUOTAS) == [("toy", "day", 12, 12, 0)]
    assert ask(tmp_path, "select closed_until from throttles") == [(None,)]
    assert states(tmp_path) == {"done": 12, "pending": 18}
    assert ask(tmp_path, "select max(attempts), (select count(*) from failures) from jobs") == [(0, 0)]


@pytest.mark.usefixtures("metered")
async def test_the_quota_holds_over_a_restart_and_a_run_that_may_ask_nothing_asks_nothing(tmp_path):
    upstream = upstream_of(FakeMetered())
    for _ in range(2):
        async with engine_of(settings(tmp_path, invented_ids(30)), upstream) as engine:
            report = await engine.full(resume=True)
    assert len(upstream.log.hits) == 12
    assert report.exit_code == 6
    assert report.lanes["toy"].until is not None


@pytest.mark.usefixtures("metered")
async def test_a_higher_limit_is_used_at_once_and_what_was_counted_still_counts(tmp_path, monkeypatch):
    upstream = upstream_of(FakeMetered())
    for limit in (12, 20):
        monkeypatch.setattr(Metered, "allowed", {"day": limit})
        async with engine_of(settings(tmp_path, invented_ids(30)), upstream) as engine:
            await engine.lift("toy")
            await engine.full(resume=True)
        assert len(upstream.log.hits) == limit
    assert ask(tmp_path, "select used, reset_time from quotas") == [(20, None)]


@pytest.mark.usefixtures("metered")
async def test_a_request_that_was_dropped_under_way_is_counted(tmp_path):
    upstream = upstream_of(FakeMetered())
    upstream.latency = 5.0
    async with engine_of(settings(tmp_path, invented_ids(30), toy={"concurrency": 4}), upstream) as engine:
        run = asyncio.create_task(engine.full())
        while len(upstream.log.hits) < 4:
            await asyncio.sleep(0.01)
        engine.stop()
        engine.stop()
        await run
    assert ask(tmp_path, "select used from quotas") == [(4,)]


@pytest.mark.usefixtures("metered")
async def test_a_quota_of_the_next_day_goes_on_where_the_last_one_ended(tmp_path):
    upstream = upstream_of(FakeMetered())
    async with engine_of(settings(tmp_path, invented_ids(30)), upstream) as engine:
        await engine.full()
        await engine.store.transact(
            lambda db: [
                db.execute("update quotas set began_at = '2026-01-01', resets_at = '2026-01-02T00:00:00.000Z'"),
                db.execute("update throttles set closed_until = null"),
            ]
        )
        report = await engine.full(resume=True)
    assert (report.exit_code, len(upstream.log.hits)) == (6, 24)
    assert len({hit.params["ids"] for hit in upstream.log.hits}) == 24


async def test_a_quota_reached_in_the_middle_is_learnt_and_leaves_the_other_source_at_work(tmp_path, monkeypatch):
    monkeypatch.setattr(Metered, "allowed", {"day": 1000})
    monkeypatch.setattr(sources, "discover", lambda: {"tmdb": Tmdb, "toy": Metered})
    toy = upstream_of(FakeMetered(left=7))
    tables = {"toy": {"concurrency": 1}}
    async with engine_of(
        settings(tmp_path, invented_ids(40), **tables), {"tmdb": tmdb_upstream(), "toy": toy}
    ) as engine:
        report = await engine.full()
    assert (report.exit_code, report.lanes["tmdb"].done, report.lanes["toy"].done) == (6, 40, 7)
    assert (report.lanes["toy"].reason, len(toy.log.hits)) == ("quota", 8)
    assert "after 7 requests by our count of 1,000" in str(report.lanes["toy"].message)
    assert ask(tmp_path, QUOTAS) == [("toy", "day", 7, 7, 1)]
    assert ask(tmp_path, "select max(attempts) from jobs where source = 'toy'") == [(0,)]


@pytest.mark.usefixtures("metered")
async def test_what_is_missing_and_was_seen_last_comes_first(tmp_path, monkeypatch):
    monkeypatch.setattr(Metered, "allowed", {"day": 3})
    upstream = upstream_of(FakeMetered())
    async with engine_of(settings(tmp_path), upstream) as engine:
        films = await know(engine.store, *(Seed({"imdb": f"tt000000{number}"}) for number in range(6)))
        seen = {1: "2024-05-01", 3: "2025-02-03", 4: "2026-01-01", 5: "2019-01-01"}

        def watch(db):
            db.execute("insert into users (name) values ('ann')")
            for number, on in seen.items():
                db.execute(
                    "insert into watches (user_id, film_id, watched_on, precision) values (1, ?, ?, 'exact')",
                    (films[number], on),
                )
            db.execute("insert into runs (kind, status, started_at) values ('full', 'SUCCESS', '')")
            db.execute(
                "insert into jobs (source, key, film_id, state, ready_at, fetched_at, run_id) "
                "values ('toy', 'tt0000004', ?, 'done', '', '2020-01-01', 1)",
                (films[4],),
            )

        await engine.store.transact(watch)
        await engine.full()
    assert [hit.params["ids"] for hit in upstream.log.hits] == ["tt0000003", "tt0000001", "tt0000005"]


async def test_a_minute_with_nothing_left_is_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "discover", lambda: {"toy": Metered})
    monkeypatch.setattr(lane, "MINUTE", 0.2)
    fake = FakeMetered()
    left = iter([1, 0, *range(100)])

    def answer(ask: Ask) -> Response | None:
        reply = fake.answer(ask)
        return reply and Response(200, {"x-left": str(max(0, next(left, 9)))}, reply.body)

    upstream = FakeUpstream()
    upstream.handle(answer)
    async with engine_of(settings(tmp_path, invented_ids(4), toy={"concurrency": 1}), upstream) as engine:
        report = await engine.full()
    times = [hit.at for hit in upstream.log.hits]
    assert report.exit_code == 0
    assert times[2] - times[1] >= 0.2
    assert times[1] - times[0] < 0.1


# questions about no film, several about one, and ids that come late


class Wordy(Source):
    """A source with a vocabulary and, for each film, a page that leads to as many more as the film's number has 1s."""

    name = "toy"
    title = "Wordy"
    base_url = "http://127.0.0.1:8"
    rate = Toy.rate
    kinds = ("warning_topics", "deaths")
    standing = ("words",)

    def plan(self, seed: Seed) -> Sequence[str]:
        return [f"film/{seed.ids['imdb']}"] if "imdb" in seed.ids else []

    def request(self, keys: Sequence[str]) -> Request:
        return Request(f"/{keys[0]}")

    def parse(self, key: str, response: Response) -> Parsed:
        kind, _, rest = key.partition("/")
        if kind == "words":
            topics = [Record("warning_topics", {"topic_id": 1, "topic": "a dog dies", "category_id": None})]
            return Parsed(speaks_of=("warning_topics",), records=tuple(topics))
        film, _, actor = rest.partition("#")
        if kind == "film":
            actors = [f"Actor {at}" for at in range(film.count("1"))]
            dead = tuple(Record("deaths", {"actor": name, "page": film}) for name in actors)
            return Parsed(records=dead, keys=tuple(f"person/{film}#{name}" for name in actors))
        how = Record("deaths", {"actor": actor, "how": "Shot.", "page": actor})
        return Parsed(records=(how,)) if actor != "Actor 2" else Parsed(absent="not_found")


def wordy_upstream() -> FakeUpstream:
    upstream = FakeUpstream()
    upstream.handle(lambda ask: Response(200, {}, b"{}"))
    return upstream


async def test_a_vocabulary_is_asked_for_once_and_is_no_film(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "discover", lambda: {"toy": Wordy})
    upstream = wordy_upstream()
    async with engine_of(settings(tmp_path, ["tt9000003", "tt9000002"]), upstream) as engine:
        report = await engine.full()
        again = await engine.full()
    assert [hit.path for hit in upstream.log.hits].count("/words") == 1
    assert upstream.log.hits[0].path == "/words"
    assert (report.lanes["toy"].planned, report.lanes["toy"].done, report.exit_code) == (2, 2, 0)
    assert (again.lanes["toy"].planned, again.lanes["toy"].requests) == (0, 0)
    assert ask(tmp_path, "select source, topic from warning_topics") == [("toy", "a dog dies")]


async def test_a_film_counts_once_however_many_questions_it_led_to(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "discover", lambda: {"toy": Wordy})
    async with engine_of(settings(tmp_path, ["tt1111111", "tt9000002", "tt9000011"]), wordy_upstream()) as engine:
        report = await engine.full()
    toy = report.lanes["toy"]
    assert (toy.planned, toy.done, toy.absent, toy.waiting, report.exit_code) == (3, 3, 0, 0, 0)
    assert toy.requests == 1 + 3 + 7 + 2
    assert ask(tmp_path, "select planned, done, absent from run_sources") == [(3, 3, 0)]
    rows = dict(ask(tmp_path, "select actor, how from deaths where film_id = 1"))
    assert rows == {f"Actor {at}": None if at == 2 else "Shot." for at in range(7)}
    assert ask(tmp_path, "select state, count(*) from film_source_state group by 1") == [("done", 3)]


async def test_an_id_that_one_source_tells_lets_another_be_asked_in_the_same_run(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "discover", lambda: {"tmdb": Tmdb, "toy": Toy})
    toy = FakeUpstream()
    toy.handle(lambda ask: Response(200, {}, json.dumps(dict.fromkeys(ask.params["ids"].split(","), 7)).encode()))
    async with engine_of(settings(tmp_path), {"tmdb": tmdb_upstream(), "toy": toy}) as engine:
        await know(engine.store, *(Seed({"tmdb_movie": str(9_000_000 + number)}) for number in range(1, 6)))
        report = await engine.full()
        again = await engine.full()
    assert (report.lanes["tmdb"].done, report.lanes["toy"].done, report.exit_code) == (5, 5, 0)
    assert (report.lanes["toy"].planned, report.films) == (5, 5)
    assert again.total("requests") == 0


async def test_a_closed_source_is_not_taken_up_again_for_an_id_learnt_late(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "discover", lambda: {"tmdb": Tmdb, "toy": Toy})
    toy = FakeUpstream()
    toy.script("bot_wall_aws")
    async with engine_of(settings(tmp_path), {"tmdb": tmdb_upstream(), "toy": toy}) as engine:
        seeds = [Seed({"tmdb_movie": str(9_000_000 + number)}) for number in range(1, 6)]
        await know(engine.store, Seed({"imdb": "tt9000009"}), *seeds)
        report = await engine.full()
    assert (report.exit_code, len(toy.log.hits), report.lanes["tmdb"].done) == (7, 1, 6)


async def test_a_walled_source_can_be_lifted_by_a_person(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "discover", lambda: {"toy": Toy})
    toy = FakeUpstream()
    toy.script("bot_wall_aws", times=1)
    toy.handle(lambda ask: Response(200, {}, json.dumps(dict.fromkeys(ask.params["ids"].split(","), 7)).encode()))
    async with engine_of(settings(tmp_path, invented_ids(3)), toy) as engine:
        assert (await engine.full()).exit_code == 7
        assert (await engine.full(resume=True)).exit_code == 7
        assert await engine.lift("toy")
        assert not await engine.lift("toy")
        assert (await engine.full(resume=True)).exit_code == 0


async def test_a_title_that_one_source_tells_lets_another_be_asked_by_it(tmp_path, monkeypatch):
    class ByTitle(Toy):
        def plan(self, seed: Seed) -> Sequence[str]:
            return [f"{seed.title} ({seed.year})"] if seed.title and seed.year else []

    monkeypatch.setattr(sources, "discover", lambda: {"tmdb": Tmdb, "toy": ByTitle})
    toy = FakeUpstream()
    toy.handle(lambda ask: Response(200, {}, json.dumps({ask.params["ids"]: 7}).encode()))
    async with engine_of(settings(tmp_path, invented_ids(3)), {"tmdb": tmdb_upstream(), "toy": toy}) as engine:
        report = await engine.full()
    told = {f"{title} ({year})" for title, year in ask(tmp_path, "select title, release_year from film_facts")}
    assert {hit.params["ids"] for hit in toy.log.hits} == told
    assert (report.lanes["toy"].done, report.exit_code) == (3, 0)


async def test_a_film_without_an_id_waits_for_the_source_that_finds_it_and_is_asked_about_once(tmp_path, monkeypatch):
    monkeypatch.setattr(Wordy, "plan", lambda self, seed: [f"film/{seed.title}{seed.ids.get('imdb', '')}"])
    monkeypatch.setattr(sources, "discover", lambda: {"tmdb": Tmdb, "toy": Wordy})
    toy = wordy_upstream()
    film = Seed({}, "Brass Bridge 1", None, 1981)
    async with engine_of(settings(tmp_path), {"tmdb": tmdb_upstream(), "toy": toy}) as engine:
        await know(engine.store, Seed({"imdb": "tt9000001"}, "Brass Bridge 1", None, 1981), film)
        report = await engine.full()
    asked = [hit.path for hit in toy.log.hits if hit.path.startswith("/film/")]
    assert asked == ["/film/Brass Bridge 1tt9000001"]
    assert (report.lanes["toy"].done, report.exit_code) == (1, 0)


async def test_two_rows_that_turn_out_to_be_one_film_while_another_source_asks_count_once(tmp_path, monkeypatch):
    monkeypatch.setattr(Toy, "batch", 1)
    monkeypatch.setattr(Toy, "plan", lambda self, seed: [seed.ids.get("imdb") or f"t{seed.ids['tmdb_movie']}"])
    monkeypatch.setattr(sources, "discover", lambda: {"tmdb": Tmdb, "toy": Toy})
    toy = FakeUpstream(latency=0.05)
    toy.handle(lambda ask: Response(200, {}, json.dumps({ask.params["ids"]: 7}).encode()))
    async with engine_of(settings(tmp_path), {"tmdb": tmdb_upstream(), "toy": toy}) as engine:
        await know(engine.store, Seed({"imdb": "tt9000001"}), Seed({"tmdb_movie": "9000001"}))
        report = await engine.full()
    assert ask(tmp_path, "select count(*) from films") == [(1,)]
    for lane_ in report.lanes.values():
        assert (lane_.planned, lane_.done, lane_.waiting) == (1, 1, 0)
    assert ask(tmp_path, "select planned, done from run_sources") == [(1, 1), (1, 1)]


@pytest.mark.usefixtures("toy_only")
async def test_a_source_with_nothing_to_ask_does_not_make_a_lost_network_a_success(tmp_path, monkeypatch):
    class Idle(Toy):
        name = "idle"

        def plan(self, seed: Seed) -> Sequence[str]:
            return []

    monkeypatch.setattr(sources, "discover", lambda: {"idle": Idle, "toy": Toy})
    toy = FakeUpstream()
    toy.script("dns")
    tables = {"idle": {"enabled": True}}
    async with engine_of(settings(tmp_path, invented_ids(2), **tables), toy) as engine:
        with pytest.raises(OfflineError):
            await engine.full()
