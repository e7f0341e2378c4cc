"""`reparse`: a better parser reads what is stored, without a request, without an age, and never for the worse."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from commandline import Person
from rows import NOW, day, made, transaction
from toys import Toy, ask, engine_of, invented_ids, settings, tmdb_upstream, toy_upstream

from mwi_crawl import checkpoint, films, parse, reparse, sources
from mwi_crawl.crawl import Engine
from mwi_crawl.demo.upstream import FakeUpstream
from mwi_crawl.model import Job, Outcome, Parsed, Record, Request, Response, Seed, Verdict
from mwi_crawl.reparse import Counts
from mwi_crawl.settle import iso, settle
from mwi_crawl.source import Source, judge_by_status
from mwi_crawl.sources.tmdb import Tmdb
from mwi_crawl.store import Store

ALWAYS = """
select
  key, state, reason, attempts, absences, body_hash, etag, fetched_at, run_id,
  case when state <> 'done' then ready_at end
from jobs
order by key
"""


class Percent(Toy):
    """The toy's parser, mended: its scores are of a hundred."""

    version = 2

    def parse(self, key: str, response: Response) -> Parsed:
        parsed = super().parse(key, response)
        records = [replace(r, values={**r.values, "value": 75.0, "scale": 100.0}) for r in parsed.records]
        return replace(parsed, records=tuple(records))


class Better(Tmdb):
    """TMDb's parser, mended: it reads titles in capitals."""

    version = Tmdb.version + 1

    def parse(self, key: str, response: Response) -> Parsed:
        parsed = super().parse(key, response)
        return replace(parsed, records=tuple(_loud(record) for record in parsed.records))


def _loud(record: Record) -> Record:
    if record.kind != "film_facts":
        return record
    return replace(record, values={**record.values, "title": str(record.values["title"]).upper()})


class Page(Source):
    """An upstream of pages that a test fills: the body is JSON of what the page says, and may say what goes wrong."""

    name = "page"
    title = "Page"
    base_url = "http://127.0.0.1:8"
    kinds = ("film_facts", "film_keywords")

    def judge(self, response: Response) -> Verdict:
        if self.version > 1 and b"wall" in response.body:
            return Verdict(Outcome.DENIED, "blocked", "a wall")
        return judge_by_status(response)

    def parse(self, key: str, response: Response) -> Parsed:
        page: dict[str, Any] = json.loads(response.body)
        said: dict[str, Any] = page | page.get(f"v{self.version}", {})
        if said.get("odd"):
            raise ValueError("an odd page")
        if said.get("absent"):
            return Parsed(absent=said["absent"])
        keys = tuple(said.get("keys", ()))
        if "title" not in said:
            return Parsed(keys=keys)
        words = tuple(Record("film_keywords", {"keyword": word}) for word in said.get("words", ()))
        return Parsed(self.kinds, (Record("film_facts", {"title": said["title"]}), *words), keys, said.get("ids", {}))


def page(version: int) -> dict[str, Source]:
    kind = type("Page", (Page,), {"version": version})
    return {"page": kind()}


async def stored(store: Store, *pages: dict[str, Any], names: Sequence[str] = ()) -> None:
    """These pages as answers that the first parser read, each about a film of its own."""

    def save(db: sqlite3.Connection) -> None:
        for number, content in enumerate(pages):
            film_id = films.add(db, Seed({}, title=f"F{number}"), origin="test", followed=True, now=iso(NOW))
            key = names[number] if names else f"p{number}"
            db.execute(
                "insert into jobs (source, key, film_id, state, ready_at) values ('page', ?, ?, 'pending', ?)",
                (key, film_id, iso(NOW)),
            )
            job = Job(db.execute("select last_insert_rowid()").fetchone()[0], "page", key, film_id)
            answer = Response(200, {"etag": f'"{key}"', "content-type": "text/html"}, json.dumps(content).encode())
            result = parse.understand(page(1)["page"], job, Request(f"/{key}"), answer)
            settled = settle(result, now=NOW, max_retries=0, dice=0.5, version=1)
            checkpoint.save(db, None, [settled], keep_bodies=True)

    await store.transact(save)


async def once_more(store: Store, version: int = 2, **how: Any) -> Counts:
    found = await reparse.reparse(store, page(version), **how)
    return found.get("page", Counts())


def counted(counts: Counts) -> dict[str, int]:
    names = ("bodies", "done", "absent", "broken", "kept", "asked")
    return {name: getattr(counts, name) for name in names if getattr(counts, name)}


def words(folder: Path) -> int:
    return int(ask(folder, "select count(*) from film_keywords")[0][0])


def toys(upstream: FakeUpstream, folder: Path, count: int = 30) -> Engine:
    return engine_of(settings(folder, invented_ids(count)), upstream)


# what a crawl left


@pytest.mark.usefixtures("toy_only")
async def test_a_mended_parser_reads_what_is_stored_without_a_request(tmp_path: Path) -> None:
    upstream = toy_upstream()
    async with toys(upstream, tmp_path) as engine:
        await engine.full()
        asked, before = len(upstream.log.hits), ask(tmp_path, ALWAYS)
        found = await reparse.reparse(engine.store, {"toy": Percent()})
        assert counted(found["toy"]) == {"bodies": 30, "done": 27, "absent": 3}
        assert (found["toy"].before, found["toy"].version) == ({1}, 2)
        assert len(upstream.log.hits) == asked
        assert ask(tmp_path, ALWAYS) == before, "it is as old as it was, and nothing was tried"
        assert ask(tmp_path, "select distinct value, scale from scores") == [(75.0, 100.0)]
        assert await reparse.reparse(engine.store, {"toy": Percent()}) == {}
        again = await reparse.reparse(engine.store, {"toy": Percent()}, everything=True)
        assert counted(again["toy"]) == {"bodies": 30, "done": 27, "absent": 3}


async def test_look_ups_are_read_again_and_stay_look_ups(tmp_path: Path) -> None:
    upstream = tmdb_upstream()
    async with engine_of(settings(tmp_path, invented_ids(12)), upstream) as engine:
        await engine.full()
        asked, before = len(upstream.log.hits), ask(tmp_path, ALWAYS)
        rows = ask(tmp_path, "select film_id, lower(title), overview from film_facts order by 1")
        counts = (await reparse.reparse(engine.store, {"tmdb": Better()}))["tmdb"]
        assert counted(counts) == {"bodies": 24, "done": 24}
        assert (len(upstream.log.hits), ask(tmp_path, ALWAYS)) == (asked, before)
        assert ask(tmp_path, "select film_id, lower(title), overview from film_facts order by 1") == rows
        assert ask(tmp_path, "select count(*) from film_facts where title <> upper(title)") == [(0,)]
        assert ask(tmp_path, "select count(*) from jobs where reason = 'lookup'") == [(12,)]


async def test_whoever_is_stopped_goes_on_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reparse, "PAGE", 4)
    async with Store(tmp_path / "t.db") as store:
        await stored(store, *({"title": f"T{n}", "v2": {"title": f"U{n}"}} for n in range(30)))
        read = 0
        for stop_at in (0, 1, 7, 13, 100):
            asked = iter(range(10_000))
            counts = await once_more(store, stop=lambda asked=asked, stop_at=stop_at: next(asked) >= stop_at)  # type: ignore[misc]
            read += counts.bodies
            mended = ask(tmp_path, "select count(*) from film_facts where title like 'U%'")[0][0]
            assert mended == read == ask(tmp_path, "select count(*) from jobs where parser_version = 2")[0][0]
        assert read == 30


async def test_a_fault_in_the_middle_leaves_whole_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reparse, "PAGE", 4)
    async with Store(tmp_path / "t.db") as store:
        await stored(store, *({"title": f"T{n}", "v2": {"title": f"U{n}"}} for n in range(10)))
        with monkeypatch.context() as patch:
            patch.setattr(checkpoint, "save", _cut(checkpoint.save, after=6))
            with pytest.raises(RuntimeError, match="cut"):
                await once_more(store)
        assert ask(tmp_path, "select count(*) from film_facts where title like 'U%'") == [(4,)]
        assert (await once_more(store)).bodies == 6


def _cut(save: Callable[..., Any], after: int) -> Callable[..., Any]:
    calls = iter(range(10_000))

    def cut(*args: Any, **more: Any) -> Any:
        if next(calls) == after:
            raise RuntimeError("cut")
        return save(*args, **more)

    return cut


async def test_a_page_ends_where_it_holds_enough_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reparse, "HELD", 50)
    async with Store(tmp_path / "t.db") as store:
        await stored(store, *({"title": "T" * 40} for _ in range(9)))
        assert counted(await once_more(store)) == {"bodies": 9, "done": 9}


# for the better


async def test_what_could_not_be_read_is_mended_and_what_is_still_odd_stays(tmp_path: Path) -> None:
    async with Store(tmp_path / "t.db") as store:
        await stored(store, {"odd": True, "v2": {"odd": False, "title": "A"}}, {"odd": True}, {"title": "B"})
        assert counted(await once_more(store)) == {"bodies": 3, "done": 2, "broken": 1}
        jobs = ask(tmp_path, "select key, state, attempts, parser_version, fetched_at from jobs order by key")
        assert jobs == [
            ("p0", "done", 0, 2, iso(NOW)),
            ("p1", "broken", 1, 2, iso(NOW)),
            ("p2", "done", 0, 2, iso(NOW)),
        ]
        assert ask(tmp_path, "select title from film_facts order by title") == [("A",), ("B",)]
        assert ask(tmp_path, "select key, state from v_failures_open") == [("p1", "broken")]
        assert counted(await once_more(store, version=3)) == {"bodies": 3, "done": 1, "broken": 1, "kept": 1}


async def test_what_is_found_now_though_it_was_absent_comes_and_a_wall_is_asked_again(tmp_path: Path) -> None:
    async with Store(tmp_path / "t.db") as store:
        found = {"absent": "not_found", "v2": {"absent": None, "title": "A"}}
        await stored(store, found, {"absent": "not_found", "x": "wall"}, {"absent": "not_found"})
        late = ask(tmp_path, "select ready_at, absences from jobs where key = 'p2'")
        assert counted(await once_more(store)) == {"bodies": 3, "done": 1, "absent": 1, "asked": 1}
        states = ask(tmp_path, "select key, state, absences, run_id from jobs order by key")
        assert states == [("p0", "done", 0, None), ("p1", "pending", 1, None), ("p2", "absent", 1, None)]
        assert ask(tmp_path, "select ready_at, absences from jobs where key = 'p2'") == late


async def test_new_questions_wait_for_the_next_run_and_known_ones_are_left_alone(tmp_path: Path) -> None:
    async with Store(tmp_path / "t.db") as store:
        led = {"keys": ["p1"], "v2": {"keys": ["p1", "more", "p2"]}}
        await stored(store, {"title": "B"}, {"title": "C"}, led, names=("p1", "p2", "p0"))

        def plan(db: sqlite3.Connection) -> None:
            db.execute("insert into runs (run_id, kind, status, started_at) values (7, 'full', 'INTERRUPTED', '')")
            db.execute("update jobs set state = 'pending', run_id = 7 where key = 'p1'")

        await store.transact(plan)
        assert counted(await once_more(store)) == {"bodies": 2, "done": 2, "asked": 1}
        jobs = ask(tmp_path, "select key, film_id, state, reason, run_id from jobs order by key")
        assert jobs == [
            ("more", 1, "pending", None, None),
            ("p0", 1, "done", "lookup", None),
            ("p1", 1, "pending", None, 7),
            ("p2", 2, "done", None, None),
        ]


async def test_ids_that_a_better_parser_learns_make_two_rows_one_film(tmp_path: Path) -> None:
    async with Store(tmp_path / "t.db") as store:
        same = {"title": "A", "v2": {"ids": {"imdb": "tt0000001"}}}
        await stored(store, same, same | {"title": "B"}, {"title": "C", "v2": {"odd": True}})
        await store.transact(lambda db: db.execute("update jobs set film_id = 2 where key = 'p2'").rowcount)
        assert counted(await once_more(store)) == {"bodies": 3, "done": 2, "kept": 1}
        assert ask(tmp_path, "select distinct film_id from jobs") == [(1,)]
        assert ask(tmp_path, "select film_id, key from conflicts") == [(1, "p2")]


async def test_an_answer_about_no_film_is_read_again_too(tmp_path: Path) -> None:
    async with Store(tmp_path / "t.db") as store:
        await stored(store, {"keys": []}, {"keys": [], "v2": {"odd": True}})
        await store.transact(lambda db: db.execute("update jobs set film_id = null").rowcount)
        assert counted(await once_more(store)) == {"bodies": 2, "done": 1, "kept": 1}
        assert ask(tmp_path, "select film_id, key from conflicts") == [(None, "p1")]


# never for the worse


MANY = [f"w{number}" for number in range(20)]
WORSE = {
    "fewer rows": {"words": MANY[:3]},
    "no title": {"title": None},
    "unreadable": {"odd": True},
    "absent": {"absent": "another_film"},
}


@pytest.mark.parametrize("how", WORSE)
async def test_a_parser_that_finds_less_takes_nothing_away_and_is_not_asked_twice(tmp_path: Path, how: str) -> None:
    async with Store(tmp_path / "t.db") as store:
        await stored(store, {"title": "A", "words": MANY, "v2": WORSE[how]})
        assert counted(await once_more(store)) == {"bodies": 1, "kept": 1}
        assert words(tmp_path) == 20
        job = ask(tmp_path, "select state, reason, parser_version, etag, fetched_at from jobs")
        assert job == [("done", "kept", 2, '"p0"', iso(NOW))]
        assert ask(tmp_path, "select source, key, body_hash is not null from conflicts") == [("page", "p0", 1)]
        assert counted(await once_more(store)) == {}
        assert counted(await once_more(store, version=3)) == {"bodies": 1, "done": 1}, "the next one is good again"
        assert ask(tmp_path, "select reason from jobs") == [(None,)]
        assert ask(tmp_path, "select now from v_conflicts") == [("applied",)]


@pytest.mark.parametrize(
    ("how", "fate", "left"),
    [("fewer rows", "done", 3), ("absent", "absent", 0), ("unreadable", "kept", 20)],
)
async def test_a_loss_that_a_person_accepts_is_applied(tmp_path: Path, how: str, fate: str, left: int) -> None:
    async with Store(tmp_path / "t.db") as store:
        await stored(store, {"title": "A", "words": MANY, "v2": WORSE[how]})
        await once_more(store)
        assert counted(await once_more(store, accept_losses=True)) == {"bodies": 1, fate: 1}
        assert words(tmp_path) == left
        if fate == "done":
            assert counted(await once_more(store, accept_losses=True)) == {}, "it is settled"


@pytest.mark.parametrize("how", ["unreadable", "absent"])
async def test_a_look_up_that_is_none_any_more_takes_nothing_from_its_film(tmp_path: Path, how: str) -> None:
    async with Store(tmp_path / "t.db") as store:
        led = {"keys": ["p1"], "v2": WORSE[how]}
        await stored(store, {"title": "A", "words": MANY}, led, names=("p1", "p0"))
        await store.transact(lambda db: db.execute("update jobs set film_id = 1").rowcount)
        assert counted(await once_more(store)) == {"bodies": 2, "done": 1, "kept": 1}
        assert ask(tmp_path, "select state, reason from jobs where key = 'p0'") == [("done", "lookup")]
        await once_more(store, accept_losses=True)
        assert words(tmp_path) == 20


async def test_an_answer_of_the_source_that_was_not_applied_stays_in_dispute(tmp_path: Path) -> None:
    async with Store(tmp_path / "t.db") as store:
        await stored(store, {"title": "A", "words": MANY})

        def poorer(db: sqlite3.Connection) -> None:
            job = Job(1, "page", "p0", 1)
            result = parse.understand(page(1)["page"], job, Request("/p0"), Response(200, {}, b'{"title": "A"}'))
            settled = settle(result, now=day(31), max_retries=0, dice=0.5, version=1)
            checkpoint.save(db, None, [settled], keep_bodies=True)

        await store.transact(poorer)
        assert counted(await once_more(store)) == {"bodies": 1, "done": 1}
        assert ask(tmp_path, "select reason, parser_version from jobs") == [("kept", 2)]
        assert ask(tmp_path, "select resolved_at from conflicts") == [(None,)]


async def test_rows_the_tables_refuse_cost_an_answer_that_was_good_nothing(tmp_path: Path) -> None:
    async with Store(tmp_path / "t.db") as store:
        await stored(store, {"title": "A", "words": MANY, "v2": {"words": [*MANY, None]}})
        assert counted(await once_more(store)) == {"bodies": 1, "kept": 1}
        assert (words(tmp_path), ask(tmp_path, "select state from jobs")) == (20, [("done",)])


# the command


def crawled(mwi: Person, count: int = 5) -> None:
    """A database at the person's place, crawled from a toy."""
    with closing(made(mwi.folder / "mwi.db")) as db, transaction(db):
        source = Toy()
        for number, imdb_id in enumerate(invented_ids(count)):
            film_id = films.add(db, Seed({"imdb": imdb_id}), origin="test", followed=True, now=iso(NOW))
            db.execute(
                "insert into jobs (source, key, film_id, state, ready_at) values ('toy', ?, ?, 'pending', '')",
                (imdb_id, film_id),
            )
            answer = Response(200, {}, json.dumps({imdb_id: number}).encode() if number else b"{...")
            job = Job(number + 1, "toy", imdb_id, film_id)
            result = parse.understand(source, job, source.request([imdb_id]), answer)
            checkpoint.save(db, None, [settle(result, now=NOW, max_retries=0, dice=0.5, version=1)], keep_bodies=True)


@pytest.fixture
def newer(monkeypatch: pytest.MonkeyPatch) -> None:
    """An upgrade has brought a better parser for a source that is off."""
    kind = type("Newer", (Percent,), {"enabled": False, "why_off": "Its terms forbid it.", "key_names": ("TOY_KEY",)})
    known = {**sources.discover(), "toy": kind}
    monkeypatch.setattr(sources, "discover", lambda: known)


@pytest.mark.usefixtures("newer")
def test_the_command_tells_what_was_read_and_that_nothing_was_asked(mwi: Person) -> None:
    crawled(mwi)
    said = mwi("reparse")
    assert said.out.splitlines()[0] == (
        "reparse: toy parser 1 -> 2, 5 stored pages, 0 requests, 4 done, 1 still odd (mwi-crawl failures)"
    )
    assert (said.code, said.last) == (5, "Next: mwi-crawl aggregate")
    assert mwi.ask("select distinct scale from scores") == [(100.0,)]
    said = mwi("reparse", "--source", "toy")
    assert (said.code, said.out) == (
        0, "reparse: nothing to read again: this version's parsers have read every stored answer.\n"
    )  # fmt: skip
    assert mwi("reparse", "-q").out == ""
    read = json.loads(mwi("reparse", "--all", "--json").out)
    assert (read["requests"], read["sources"]["toy"]["bodies"], read["exit_code"]) == (0, 5, 5)


@pytest.mark.usefixtures("newer")
def test_the_command_needs_a_file_a_source_that_exists_and_the_lock(mwi: Person) -> None:
    said = mwi("reparse")
    assert said.code == 8
    assert "does not exist" in said.err
    assert list(mwi.folder.glob("*.db")) == []
    crawled(mwi)
    said = mwi("reparse", "--source", "nonsense")
    assert said.code == 3
    assert "The sources are: " in said.err


@pytest.mark.usefixtures("newer")
def test_the_command_says_what_was_kept_and_how_to_have_it_otherwise(
    mwi: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    crawled(mwi)

    def refuse(self: Toy, key: str, response: Response) -> Parsed:
        return Parsed(absent="another_film")

    monkeypatch.setattr(Percent, "parse", refuse)
    said = mwi("reparse")
    assert "5 stored pages, 0 requests, 1 not there, 4 kept as it was" in said.out
    assert "mwi-crawl reparse --accept-losses" in said.out
    assert said.code == 0
    assert mwi.ask("select count(*) from scores") == [(4,)]
    assert "4 not there" in mwi("reparse", "--accept-losses").out
    assert mwi.ask("select count(*) from scores") == [(0,)]


@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_a_signal_stops_it_with_what_is_read_stored(mwi: Person, name: str, code: int) -> None:
    crawled(mwi, 40)
    before = f"""
import os, signal, sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from test_reparse import Percent
from mwi_crawl import reparse, sources
reparse.PAGE = 4
class Slow(Percent):
    read = 0
    def parse(self, key, response):
        Slow.read += 1
        if Slow.read == 10:
            os.kill(os.getpid(), signal.{name})
            import time
            time.sleep(0.3)
        return super().parse(key, response)
known = sources.discover() | {{"toy": Slow}}
sources.discover = lambda: known
"""
    said = mwi.wait("reparse", before=before)
    assert said.code == code, said.err
    assert "to go on: mwi-crawl reparse" in said.last
    read = mwi.ask("select count(*) from jobs where parser_version = 2")[0][0]
    assert 8 <= read < 40
    assert mwi.ask("select count(*) from scores where scale = 100") == [(read - 1,)]
