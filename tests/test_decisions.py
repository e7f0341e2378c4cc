"""Decisions of a person about doubtful matches: what they undo, and that no crawl undoes them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from rows import all_of, answer, at, begin, day, film, made, one, ready, save, sound, take, transaction
from rows import reading as reading_of
from toys import ask, engine_of, know, settings, tmdb_upstream

from mwi_crawl import decisions, films
from mwi_crawl.demo.upstream import FakeUpstream
from mwi_crawl.errors import InputError
from mwi_crawl.model import Entry, MediaType, Outcome, Parsed, Record, Seed
from mwi_crawl.plan import Scope
from mwi_crawl.queries import names, sql
from mwi_crawl.sources.tmdb import Tmdb

pytestmark = pytest.mark.usefixtures("quick")

SOLARIS = (("593", "tt0069293", "Solaris", 1972), ("2103", "tt0307479", "Solaris", 2002))
FACT = Record("film_facts", {"title": "said"})


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(made(tmp_path / "t.db")) as connection:
        yield connection
        sound(connection)


def details(number: str, imdb: str | None, title: str, year: int) -> str:
    return json.dumps(
        {"id": int(number), "title": title, "release_date": f"{year}-01-01", "external_ids": {"imdb_id": imdb}}
    )


def found(*numbers: str) -> str:
    empty: dict[str, list[object]] = {f"{kind}_results": [] for kind in ("person", "tv", "tv_episode", "tv_season")}
    return json.dumps({"movie_results": [{"id": int(number)} for number in numbers], **empty})


def offering(*offered: tuple[str, str, int]) -> str:
    results = [{"id": int(n), "title": title, "release_date": f"{year}-01-01"} for n, title, year in offered]
    return json.dumps({"page": 1, "results": results})


def solaris() -> FakeUpstream:
    """A TMDb with two films called Solaris, which knows none of their IMDb ids until it is asked by number."""
    upstream = tmdb_upstream()
    for number, imdb, title, year in SOLARIS:
        upstream.add(f"/3/movie/{number}", details(number, imdb, title, year))
    upstream.add("/3/search/movie", offering(("593", "Solaris", 1972), ("2103", "Solaris", 1972)))
    return upstream


def paths(upstream: FakeUpstream) -> list[str]:
    return [hit.path for hit in upstream.log.hits]


def stored(folder: Path) -> list[tuple[object, ...]]:
    """Every film: its ids, and what TMDb says it is called."""
    return ask(
        folder,
        "select films.imdb_id, films.tmdb_id, film_facts.title, film_facts.release_year from films"
        " left join film_facts using (film_id) order by film_id",
    )


async def decide(engine, film_id: int, chosen: str, source: str = "tmdb", day: float = 1) -> decisions.Decided:
    return await engine.store.transact(decisions.decide, film_id, source, chosen, at(day))


# what survives a crawl


async def test_a_doubtful_film_that_was_decided_is_asked_and_stays_what_it_is(tmp_path):
    upstream = solaris()
    async with engine_of(settings(tmp_path), upstream) as engine:
        (film_id,) = await know(engine.store, Seed({"imdb": "tt0069293"}, "Solaris", year=1972))
        assert (await engine.full()).lanes["tmdb"].reasons == {"ambiguous": 1}
        assert (await decide(engine, film_id, "movie/593")).queued
        report = await engine.full()
        assert (report.exit_code, report.lanes["tmdb"].done, report.lanes["tmdb"].planned) == (0, 1, 1)
        await engine.full(Scope(refetch=True))
        await engine.full(Scope(refetch=True))
    assert paths(upstream)[2:] == ["/3/movie/593"] * 3  # neither the look-up nor the search is asked again
    assert stored(tmp_path) == [("tt0069293", 593, "Solaris", 1972)]
    assert ask(tmp_path, "select chosen, decided_by from matches") == [("movie/593", "manual")]


async def test_a_wrongly_found_film_that_was_corrected_stays_corrected(tmp_path):
    upstream = solaris()
    upstream.add("/3/find/tt0069293", found("2103"))  # TMDb's own mistake: it will always lead to the wrong film
    upstream.add("/3/movie/2103", details("2103", "tt0069293", "Solaris", 2002))
    async with engine_of(settings(tmp_path), upstream) as engine:
        (film_id,) = await know(engine.store, Seed({"imdb": "tt0069293"}))
        await engine.full()
        assert stored(tmp_path) == [("tt0069293", 2103, "Solaris", 2002)]
        await decide(engine, film_id, "movie/593")
        assert stored(tmp_path) == [("tt0069293", 593, None, None)]
        for scope in (Scope(), Scope(refetch=True), Scope(films=("tt0069293",), refetch=True)):
            assert (await engine.full(scope)).exit_code == 0
    assert paths(upstream)[2:] == ["/3/movie/593"] * 3
    assert stored(tmp_path) == [("tt0069293", 593, "Solaris", 1972)]
    aliases = "select value from film_aliases where scheme = 'tmdb_movie'"
    assert ask(tmp_path, aliases) == [("593",)]


async def test_a_film_that_is_none_of_those_offered_is_asked_about_no_more(tmp_path):
    upstream = solaris()
    async with engine_of(settings(tmp_path), upstream) as engine:
        (film_id,) = await know(engine.store, Seed(title="Solaris", year=1972))
        await engine.full()
        asked = len(upstream.log.hits)
        assert not (await decide(engine, film_id, decisions.NONE)).queued
        for scope in (Scope(), Scope(refetch=True), Scope(limit=1)):
            assert (await engine.full(scope)).exit_code == 0
    assert len(upstream.log.hits) == asked
    assert ask(tmp_path, "select * from v_matches_open") == []
    assert ask(tmp_path, "select source, state, reason from film_source_state where source = 'tmdb'") == [
        ("tmdb", "absent", "decided_none")
    ]


async def test_a_decided_id_that_is_dead_is_absent_and_leads_to_no_other_film(tmp_path):
    upstream = tmdb_upstream()
    upstream.add("/3/movie/593", '{"success":false,"status_code":34,"status_message":"?"}', status=404)
    upstream.add("/3/find/tt0069293", found("2103"))
    upstream.add("/3/movie/2103", details("2103", "tt0069293", "Solaris", 2002))
    async with engine_of(settings(tmp_path), upstream) as engine:
        (film_id,) = await know(engine.store, Seed({"imdb": "tt0069293"}, "Solaris", year=1972))
        await decide(engine, film_id, "movie/593")
        for scope in (Scope(), Scope(refetch=True)):
            report = await engine.full(scope)
            assert (report.exit_code, report.lanes["tmdb"].absent) == (0, 1)
    assert set(paths(upstream)) == {"/3/movie/593"}
    assert ask(tmp_path, "select state, reason from film_source_state where source = 'tmdb'") == [
        ("absent", "not_found")
    ]
    assert ask(tmp_path, "select chosen, decided_by from matches") == [("movie/593", "manual")]


async def test_a_decision_taken_back_lets_the_crawl_find_out_anew(tmp_path):
    upstream = solaris()
    upstream.add("/3/find/tt0069293", found("593"))
    async with engine_of(settings(tmp_path), upstream) as engine:
        (film_id,) = await know(engine.store, Seed({"imdb": "tt0069293"}))
        await decide(engine, film_id, "movie/2103")
        await engine.full()
        assert stored(tmp_path) == [("tt0069293", 2103, "Solaris", 2002)]
        assert await engine.store.transact(decisions.forget, film_id, "tmdb", at(2))
        assert stored(tmp_path) == [("tt0069293", None, None, None)]
        assert not await engine.store.transact(decisions.forget, film_id, "tmdb", at(2))
        await engine.full()
    assert stored(tmp_path) == [("tt0069293", 593, "Solaris", 1972)]
    assert ask(tmp_path, "select * from matches") == []


async def test_what_was_learnt_from_the_wrong_film_goes_with_it_at_every_source(tmp_path, two_sources):
    upstream = solaris()
    toy = FakeUpstream()
    toy.add("/toy", '{"tt0307479": 1.0, "tt0069293": 9.0}')
    async with engine_of(settings(tmp_path), {"tmdb": upstream, "toy": toy}) as engine:
        ids = {"letterboxd": "solaris", "tmdb_movie": "2103"}
        (film_id,) = await know(engine.store, Seed(ids, "Solaris", year=1972))
        await engine.full()
        score = "select value from scores where source = 'toy'"
        assert (stored(tmp_path), ask(tmp_path, score)) == ([("tt0307479", 2103, "Solaris", 2002)], [(1.0,)])
        await decide(engine, film_id, "movie/593")
        assert (stored(tmp_path), ask(tmp_path, score)) == ([(None, 593, None, None)], [])
        assert (await engine.full()).exit_code == 0
    assert (stored(tmp_path), ask(tmp_path, score)) == ([("tt0069293", 593, "Solaris", 1972)], [(9.0,)])
    assert ask(tmp_path, "select value from film_aliases order by 1") == [("593",), ("solaris",), ("tt0069293",)]


async def test_a_film_that_the_wrong_answer_names_stays_another_film(tmp_path):
    # TMDb says of 2103 that it bears the id of a film which is 593 by a person's word
    upstream = solaris()
    upstream.add("/3/movie/2103", details("2103", "tt0069293", "Solaris", 2002))
    async with engine_of(settings(tmp_path), upstream) as engine:
        first, second = await know(engine.store, Seed({"imdb": "tt0069293"}), Seed({"tmdb_movie": "2103"}))
        await decide(engine, first, "movie/593")
        await engine.full()
    assert stored(tmp_path) == [("tt0069293", 593, "Solaris", 1972), (None, 2103, "Solaris", 2002)]
    assert second == 2


async def test_two_films_that_a_person_calls_the_same_are_one_with_what_both_knew(tmp_path):
    upstream = solaris()
    async with engine_of(settings(tmp_path), upstream) as engine:
        first, second = await know(engine.store, Seed(title="Soljaris", year=1972), Seed({"tmdb_movie": "593"}))
        await engine.full(Scope(films=("tmdb_movie:593",)))
        decided = await decide(engine, first, "movie/593")
        assert (decided.film_id, decided.queued) == (first, False)  # it is answered already
        await engine.full()
    assert (second, stored(tmp_path)) == (2, [("tt0069293", 593, "Solaris", 1972)])
    assert paths(upstream) == ["/3/movie/593"]


async def test_the_answer_to_a_decided_film_may_bring_the_id_of_another_row(tmp_path):
    upstream = solaris()
    async with engine_of(settings(tmp_path), upstream) as engine:
        first, _ = await know(engine.store, Seed(title="Soljaris", year=1972), Seed({"imdb": "tt0069293"}))
        upstream.add("/3/find/tt0069293", found("2103"))  # what TMDb finds by the other row's id counts no more
        await decide(engine, first, "movie/593")
        report = await engine.full()
        await engine.full(Scope(refetch=True))
    assert report.exit_code == 0
    assert stored(tmp_path) == [("tt0069293", 593, "Solaris", 1972)]
    assert ask(tmp_path, "select chosen from matches where decided_by = 'manual'") == [("movie/593",)]


async def test_a_decision_after_an_interruption_leaves_nothing_waiting(tmp_path):
    upstream = solaris()
    one_at_a_time = settings(tmp_path, tmdb={"concurrency": 1})
    async with engine_of(one_at_a_time, upstream) as engine:
        await know(engine.store, *(Seed({"imdb": f"tt000000{number}"}) for number in range(1, 6)))
        count = engine.on_saved

        def stop(saved):
            count(saved)
            engine.stop()

        engine.on_saved = stop
        await engine.full()
        waiting = [row[0] for row in ask(tmp_path, "select film_id from jobs where state = 'pending'")]
        assert len(waiting) >= 3
        await decide(engine, waiting[0], "movie/593")
        await decide(engine, waiting[1], decisions.NONE)
    async with engine_of(one_at_a_time, upstream) as engine:
        for resume in (True, False):
            report = await engine.full(resume=resume)
            assert (report.exit_code, report.total("waiting")) == (0, 0)
    assert ask(tmp_path, "select state from jobs where key = 'movie/593'") == [("done",)]
    assert ask(tmp_path, "select count(*) from jobs where state = 'pending'") == [(0,)]


# the pieces


def decided(db: sqlite3.Connection, film_id: int, chosen: str, source: str = "tmdb") -> decisions.Decided:
    with transaction(db):
        return decisions.decide(db, film_id, source, chosen, at(1))


def test_every_table_about_films_and_sources_is_emptied_of_a_wrong_answer(db: sqlite3.Connection) -> None:
    kinds = {kind for kind in names("record") if {":film_id", ":source"} <= set(sql(f"record/{kind}").split(", "))}
    emptied = {line.split()[2] for line in sql("checkpoint/untell").splitlines() if line.startswith("delete")}
    tables = [row[0] for row in all_of(db, "select name from sqlite_master where type = 'table'")]
    about = {
        name for name in tables if {"film_id", "source"} <= {row[1] for row in all_of(db, f"pragma table_info({name})")}
    }
    assert kinds <= emptied == about - {"matches", "jobs", "failures", "conflicts", "run_films"}


def test_the_same_export_again_changes_no_decision(db: sqlite3.Connection) -> None:
    rows = [Entry(1, "tt0069293", Seed({"imdb": "tt0069293"}, "Solaris", year=1972, media_type=MediaType.MOVIE))]
    take(db, reading_of(rows), now=at(0))
    decided(db, 1, "movie/593")
    take(db, reading_of(rows), now=at(2), content=b"another day's")
    assert all_of(db, "select film_id, chosen, decided_by from matches") == [(1, "movie/593", "manual")]
    assert all_of(db, "select imdb_id, tmdb_id from films") == [("tt0069293", 593)]
    run = begin(db, Tmdb())
    assert [job.key for job in ready(db, run, "tmdb", day(3))] == ["movie/593"]


def test_ids_that_came_with_an_import_outlive_a_correction(db: sqlite3.Connection) -> None:
    film_id = film(db, {"letterboxd": "solaris"}, title="Solaris", year=1972)
    rows = [Entry(1, "x", Seed({"imdb": "tt0069293", "letterboxd": "solaris"}))]
    take(db, reading_of(rows), now=at(0.5))
    with transaction(db):
        films.learn(db, film_id, {"tmdb_movie": "2103", "imdb": "tt0307479"}, at(0.6))
    decided(db, film_id, "movie/593")
    assert all_of(db, "select value from film_aliases where scheme <> 'film' order by 1") == [
        ("593",),
        ("solaris",),
        ("tt0069293",),
    ]
    assert one(db, "select imdb_id, tmdb_id from films") == ("tt0069293", 593)


def test_the_newer_of_two_decisions_about_what_is_one_film_counts(db: sqlite3.Connection) -> None:
    first, second = film(db, title="A", year=1), film(db, title="B", year=2)
    decided(db, second, "movie/593")
    decided(db, first, "tv/7")
    assert decided(db, first, "movie/593").film_id == first
    assert all_of(db, "select film_id, chosen from matches") == [(first, "movie/593")]
    assert all_of(db, "select key, film_id, state from jobs") == [("movie/593", first, "pending")]


def test_a_question_that_is_answered_since_is_open_no_more(db: sqlite3.Connection) -> None:
    film_id = film(db, {"imdb": "tt0000001"}, title="A", year=1)
    offered = '[{"id": "movie/2", "title": "A", "year": 1, "confidence": 0.9}]'
    db.execute("insert into matches values (?, 'tmdb', 'A', 1, ?, null, 0.9, null, null)", (film_id, offered))
    assert one(db, "select count(*) from v_matches_open") == 1
    run = begin(db, Tmdb())
    save(db, run, answer(ready(db, run, "tmdb")[0], parsed=Parsed(keys=("movie/2",))))
    assert one(db, "select count(*) from v_matches_open") == 1
    save(db, run, answer(ready(db, run, "tmdb")[0]))
    assert one(db, "select count(*) from v_matches_open") == 0


def test_what_was_answered_before_is_asked_whole_where_another_answer_stood_beside_it(db: sqlite3.Connection) -> None:
    # with the tag of the kept body "not modified" would be the answer, and nothing be stored
    film_id = film(db, {"imdb": "tt0000001"})
    for key in ("movie/2", "movie/3"):
        row = (key, film_id, at(0), "tag")
        db.execute(
            "insert into jobs (source, key, film_id, state, ready_at, etag) values ('tmdb', ?, ?, 'done', ?, ?)", row
        )
    assert decided(db, film_id, "movie/3").queued
    assert all_of(db, "select key, state, etag from jobs") == [("movie/3", "pending", None)]


def test_a_decision_replaces_that_of_a_row_that_turns_out_to_be_the_same_film(db: sqlite3.Connection) -> None:
    # 593 is an old number of the other row, which is 700 by a person's word
    first, second = film(db, title="A", year=1), film(db, {"tmdb_movie": "593"})
    decided(db, second, "movie/700")
    db.execute("insert into film_aliases values ('tmdb_movie', '593', ?, '')", (second,))
    run = begin(db, Tmdb())
    for job in ready(db, run, "tmdb", day(2)):
        if job.film_id == second:
            save(db, run, answer(job, parsed=Parsed(speaks_of=("film_facts",), records=(FACT,))))
    assert decided(db, first, "movie/593") == decisions.Decided(first, "movie/593", queued=True, merged=True)
    assert all_of(db, "select key from jobs") == [("movie/593",)]
    assert all_of(db, "select * from film_facts") == []


def test_confirming_what_was_chosen_keeps_what_was_said(db: sqlite3.Connection) -> None:
    film_id = film(db, title="A", year=1)
    decided(db, film_id, "movie/593")
    run = begin(db, Tmdb())
    (job,) = ready(db, run, "tmdb", day(2))
    save(db, run, answer(job, parsed=Parsed(speaks_of=("film_facts",), records=(FACT,))))
    assert not decided(db, film_id, "movie/593").queued
    assert one(db, "select title from film_facts") == "said"


def test_a_merge_leaves_the_decided_answer_alone(db: sqlite3.Connection) -> None:
    # the older row's answer would stay; by a person's word it is not of this film
    older, newer = film(db, {"imdb": "tt0000001"}), film(db, title="A", year=1)
    run = begin(db, Tmdb())
    (job,) = [job for job in ready(db, run, "tmdb", day(2)) if job.film_id == older]
    save(db, run, answer(job, parsed=Parsed(keys=("movie/2",), ids={"tmdb_movie": "2"})))
    (job,) = [job for job in ready(db, run, "tmdb", day(2)) if job.film_id == older]
    save(db, run, answer(job, parsed=Parsed(speaks_of=("film_facts",), records=(FACT,))))
    decided(db, newer, "movie/593")
    with transaction(db):
        films.merge(db, older, newer, at(3))
    assert all_of(db, "select * from film_facts") == []
    assert all_of(db, "select key, state from jobs") == [("movie/593", "pending")]
    assert all_of(db, "select film_id, chosen from matches") == [(older, "movie/593")]


def test_an_answer_that_waited_while_films_were_merged_leads_to_the_decided_film(db: sqlite3.Connection) -> None:
    older, newer = film(db, {"imdb": "tt0000001"}), film(db, title="A", year=1)
    decided(db, newer, "movie/593")
    run = begin(db, Tmdb())
    with transaction(db):
        films.merge(db, older, newer, at(1))
    jobs = {job.key: job for job in ready(db, run, "tmdb", day(2))}
    assert set(jobs) == {"find/tt0000001", "movie/593"}
    wrong = Parsed(keys=("movie/2",), ids={"tmdb_movie": "2"})
    save(db, run, answer(jobs["movie/593"]), answer(jobs["find/tt0000001"], parsed=wrong))
    assert one(db, "select tmdb_id from films") == 593
    assert "movie/2" not in {row[0] for row in all_of(db, "select key from jobs")}
    counted = "select planned, done, absent, failed, broken from run_sources where run_id = ? and source = 'tmdb'"
    planned, *finished = one(db, counted, run)
    assert planned == sum(finished) == 1
    run = begin(db, Tmdb(), Scope(refetch=True), day(3))
    (job,) = ready(db, run, "tmdb", day(3))
    save(db, run, answer(job, Outcome.ABSENT, status=404, now=day(3)))
    assert ready(db, run, "tmdb", day(3)) == []  # what once led to it is not asked for another film


def test_an_entry_of_doesthedogdie_is_asked_as_it_was_offered(db: sqlite3.Connection) -> None:
    film_id = film(db, {"imdb": "tt0069293"})
    offered = json.dumps([{"id": "item/10752#imdb:tt0069293", "title": "Solaris", "year": 1972, "confidence": 1.0}])
    db.execute("insert into matches values (?, 'ddd', 'Solaris', 1972, ?, null, 1.0, null, null)", (film_id, offered))
    assert decided(db, film_id, "item/10752", "ddd").chosen == "item/10752#imdb:tt0069293"
    assert all_of(db, "select source, key, state from jobs") == [("ddd", "item/10752#imdb:tt0069293", "pending")]
    assert decided(db, film_id, "item/3", "ddd").chosen == "item/3"
    assert all_of(db, "select source, key from jobs") == [("ddd", "item/3")]
    assert all_of(db, "select * from v_matches_open") == []


def test_two_films_may_be_one_entry_of_doesthedogdie_and_stay_two(db: sqlite3.Connection) -> None:
    first, second = film(db, {"imdb": "tt0000001"}), film(db, {"imdb": "tt0000002"})
    decided(db, first, "item/3", "ddd")
    assert decided(db, second, "item/3", "ddd") == decisions.Decided(second, f"item/3#film:{second}", queued=True)
    assert one(db, "select count(*) from films") == 2


def test_a_decision_at_one_source_leaves_the_others_and_the_ids_alone(db: sqlite3.Connection) -> None:
    film_id = film(db, {"letterboxd": "x"}, title="A", year=1)
    with transaction(db):
        films.learn(db, film_id, {"tmdb_movie": "2", "imdb": "tt0000001"}, at(0.1))
    db.execute("insert into film_facts (film_id, source, title) values (?, 'tmdb', 'said')", (film_id,))
    decided(db, film_id, "item/3", "ddd")
    decided(db, film_id, decisions.NONE, "ddd")
    assert one(db, "select imdb_id, tmdb_id from films") == ("tt0000001", 2)
    assert one(db, "select title from film_facts") == "said"


@pytest.mark.parametrize(
    ("source", "said", "key"),
    [
        ("tmdb", "movie/603", "movie/603"),
        ("tmdb", " tv/0089905 ", "tv/89905"),
        ("tmdb", "none", "none"),
        ("tmdb", "https://www.themoviedb.org/movie/603-the-matrix", "movie/603"),
        ("tmdb", "http://themoviedb.org/tv/1396?language=de", "tv/1396"),
        ("tmdb", "603", None),
        ("tmdb", "person/287", None),
        ("tmdb", "movie/0", None),
        ("tmdb", "movie/603 OR 1", None),
        ("tmdb", "https://www.themoviedb.org/movie/603the", None),
        ("tmdb", "https://www.themoviedb.org.example/movie/603", None),
        ("ddd", "10752", "item/10752"),
        ("ddd", "item/10752", "item/10752"),
        ("ddd", "https://www.doesthedogdie.com/media/10752", "item/10752"),
        ("ddd", "movie/603", None),
    ],
)
def test_a_film_at_a_source_is_written_as_a_person_has_it(source: str, said: str, key: str | None) -> None:
    assert decisions.key_meant(source, said) == key
    if key and key != decisions.NONE:
        assert decisions.key_meant(source, key) == key


def test_every_source_that_looks_titles_up_can_be_decided_about() -> None:
    from mwi_crawl import sources

    folder = Path(sources.__file__).parent
    offering_ = {path.stem for path in folder.glob("*.py") if "Match(" in path.read_text(encoding="utf-8")}
    assert {name.removeprefix("_").partition("_")[0] for name in offering_} == set(decisions.SOURCES)


# two films of a person's are not made one by a slip


@pytest.mark.parametrize(("mine", "theirs"), [("imdb", "imdb"), ("boxd", "boxd")])
def test_another_film_of_ones_own_is_not_swallowed_without_a_word(
    db: sqlite3.Connection, mine: str, theirs: str
) -> None:
    values = {"imdb": ("tt0078748", "tt0090605"), "boxd": ("29JS", "2a9q")}[mine]
    alien, aliens = film(db, {mine: values[0]}), film(db, {theirs: values[1], "tmdb_movie": "679"})
    before = all_of(db, "select * from film_aliases order by 1, 2")
    with pytest.raises(InputError, match=f"another film of yours: {values[1]}, and this one is {values[0]}"):
        decisions.decide(db, alien, "tmdb", "movie/679", at(1))
    assert all_of(db, "select * from film_aliases order by 1, 2") == before
    assert all_of(db, "select * from matches") == []
    decided = decisions.decide(db, alien, "tmdb", "movie/679", at(1), one_film=True)
    assert decided.merged
    assert one(db, "select count(*) from films") == 1
    assert decided.film_id == min(alien, aliens)


def test_a_wrong_id_that_an_answer_brought_does_not_stand_in_the_way(db: sqlite3.Connection) -> None:
    one_row, other = film(db, {"boxd": "29JS"}), film(db, {"imdb": "tt0090605", "tmdb_movie": "679"})
    films.learn(db, one_row, {"tmdb_movie": "348", "imdb": "tt0078748"}, at(1))  # by an answer, later than the row
    decided = decisions.decide(db, one_row, "tmdb", "movie/679", at(2))
    assert decided.merged
    assert decided.film_id == min(one_row, other)
