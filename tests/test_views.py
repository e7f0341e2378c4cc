"""The questions people ask of the file, on an empty one and on one with films, people and a run in it."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from rows import Script, all_of, answer, at, begin, day, film, made, one, reading, ready, save, take
from toys import engine_of, invented_ids, know, settings, tmdb_upstream, toy_upstream

from mwi_crawl import config, films, runs, schema, sources
from mwi_crawl.aggregate import functions, graph
from mwi_crawl.aggregate import settings as aggregate_settings
from mwi_crawl.aggregate.scripts import in_order, ours
from mwi_crawl.ingest import Owner
from mwi_crawl.model import Entry, MediaType, Outcome, Parsed, Precision, Record, Seed
from mwi_crawl.plan import Scope
from mwi_crawl.queries import names, sql
from mwi_crawl.sources.tmdb import Tmdb

PARAMETERS = {"limit": 20, "top": 5, "run_id": 1}  # the others are null


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(made(tmp_path / "films.db")) as found:
        yield found


def entry(number: int, **said: Any) -> Entry:
    seed = Seed({"imdb": f"tt{number:07}"}, title=f"Film {number}", year=2000 + number, media_type=MediaType.MOVIE)
    return Entry(line=number, key=str(number), seed=seed, **{"watched": True, **said})


def credit(job: str, number: int) -> Record:
    return Record(
        "credits", {"person_id": f"tmdb:{number}", "job": job, "character": "", "department": "", "billing": 0}
    )


def facts(number: int) -> Parsed:
    people = [Record("people", {"person_id": f"tmdb:{each}", "name": f"Person {each}"}) for each in (1, 2)]
    records = (
        Record("film_facts", {"title": f"Told {number}", "release_year": 1990 + number, "runtime_minutes": 100}),
        Record("scores", {"system": "tmdb", "value": 6.0, "scale": 10.0, "votes": 200}),
        *(credit("director", each) for each in (1, 2)),
        credit("writer", 1),
        *people,
    )
    return Parsed(("film_facts", "scores", "credits", "people"), records)


class Asked(Script):
    name = "tmdb"


@pytest.fixture
def filled(db: sqlite3.Connection) -> sqlite3.Connection:
    """Five films of two people: found, found, not there, given up, unreadable; a sixth nobody follows."""
    mine = [
        entry(1, stars=5.0, rated_on="2020-01-01"),
        entry(2, stars=1.0, rated_on="2020-01-02"),
        entry(3, stars=3.0, watched_on="2021-01-01", precision=Precision.EXACT, liked=True),
        entry(4),
    ]
    wished = [entry(5, watched=False, list_name="watchlist", position=1)]
    take(db, reading(mine), reading(wished, "imdb_watchlist"))
    take(db, reading([entry(1, stars=4.0, watched_on="2022-02-02", precision=Precision.EXACT)]), owner=Owner("you"))
    films.add(db, Seed({"imdb": "tt0000006"}, "Film 6"), origin="x", followed=False, now=at(0))
    run = begin(db, Asked())
    outcomes = [facts(1), facts(2), Outcome.ABSENT, Outcome.RETRY, Outcome.BROKEN]
    for job, outcome in zip(ready(db, run, "tmdb"), outcomes, strict=True):
        if isinstance(outcome, Parsed):
            save(db, run, answer(job, parsed=outcome))
        else:
            save(db, run, answer(job, outcome, max_retries=0, reason=f"why_{outcome}", message="a sentence"))
    report = runs.open_lane(db, run, "tmdb")
    report.state = "done"
    runs.close_lane(db, run, report)
    off = runs.open_lane(db, run, "omdb", 0)
    off.state = "no_key"
    runs.close_lane(db, run, off)
    db.execute("update runs set status = 'PARTIAL', finished_at = ?, message = 'two failed'", (at(0.5),))
    db.execute("insert into deaths values (1, 'cinemorgue', 'Person 1', 'Ann', 'Drowned.', 'Person 1')")
    db.execute("insert into content_warnings values (1, 'ddd', 'a dog dies', 'Animal', 1, 3, 0)")
    db.execute("insert into content_warnings values (1, 'ddd', 'a cat dies', 'Animal', 0, 0, 0)")
    return db


def ask(db: sqlite3.Connection, question: str) -> list[sqlite3.Row]:
    text = sql(f"read/{question}")
    values = dict.fromkeys(re.findall(r":([a-z_]+)", text)) | PARAMETERS
    return db.execute(text, values).fetchall()


def rows(db: sqlite3.Connection, view: str, *columns: str) -> list[tuple[Any, ...]]:
    return all_of(db, f"select {', '.join(columns) or '*'} from {view}")


@pytest.mark.parametrize("view", names("view"))
def test_every_view_can_be_read_when_there_is_nothing(db: sqlite3.Connection, view: str) -> None:
    assert rows(db, view) == []


def aggregated(db: sqlite3.Connection) -> None:
    """Make every table of sql/aggregate, as `aggregate` does, also those that have nothing to say."""
    functions.register(db)
    aggregate_settings.write(db, config.load(sources.discover(), environ={}), at(0))
    made = {script.name: script for script in ours()}
    for name in in_order(made.values(), {name: reads for name, (reads, _) in graph.TABLES.items()}):
        if name in graph.TABLES:
            graph.TABLES[name][1](db)
        for statement in made[name].statements if name in made else ():
            db.execute(statement)


@pytest.mark.parametrize("question", names("read"))
def test_every_question_can_be_asked_when_there_is_nothing(db: sqlite3.Connection, question: str) -> None:
    aggregated(db)
    ask(db, question)


@pytest.mark.parametrize("view", names("view"))
def test_every_view_tells_something_when_there_is_something(filled: sqlite3.Connection, view: str) -> None:
    filled.execute("insert into matches values (3, 'tmdb', 'Film 3', 2003, '[{}]', null, 0.8, null, null)")
    lost = "insert into conflicts (film_id, source, key, at, reason) values (1, 'tmdb', 'k', ?, 'title gone')"
    filled.execute(lost, (at(0),))
    assert rows(filled, view)


@pytest.mark.parametrize("question", ["failures", "runs", "status_films", "status_run", "status_sources"])
def test_every_question_has_an_answer_when_there_is_something(filled: sqlite3.Connection, question: str) -> None:
    assert ask(filled, question)


@pytest.mark.parametrize("view", names("view"))
def test_a_reader_that_cannot_write_can_read_every_view(filled: sqlite3.Connection, tmp_path: Path, view: str) -> None:
    with closing(schema.connect_readonly(tmp_path / "films.db")) as reader:
        rows(reader, view)


def test_my_films_are_each_there_once_for_each_person(filled: sqlite3.Connection) -> None:
    found = rows(filled, "v_my_films", "user", "film_id", "title", "release_year", "rating", "viewings", "last_watched")
    assert sorted(found) == [
        ("me", 1, "Told 1", 1991, 5.0, 1, None),
        ("me", 2, "Told 2", 1992, 1.0, 1, None),
        ("me", 3, "Film 3", 2003, 3.0, 1, "2021-01-01"),
        ("me", 4, "Film 4", 2004, None, 1, None),
        ("me", 5, "Film 5", 2005, None, 0, None),
        ("you", 1, "Told 1", 1991, 4.0, 1, "2022-02-02"),
    ]
    directors = dict(rows(filled, "v_my_films where user = 'me'", "film_id", "directors"))
    assert set(directors[1].split(", ")) == {"Person 1", "Person 2"}
    assert directors[3] is None


def test_each_followed_film_stands_somewhere_at_each_source(filled: sqlite3.Connection) -> None:
    found = rows(filled, "film_source_state where source = 'tmdb'", "film_id", "state", "reason")
    assert sorted(found) == [
        (1, "done", None),
        (2, "done", None),
        (3, "absent", "why_absent"),
        (4, "failed", "why_retry"),
        (5, "broken", "why_broken"),
    ]
    assert set(rows(filled, "film_source_state where source = 'omdb'", "state")) == {("no_key",)}
    film(filled, {"imdb": "tt0000009"})
    assert all_of(filled, "select state from film_source_state where film_id = 7 order by source") == [
        *(("no_key",), ("pending",)),
    ]


def test_a_film_that_was_only_looked_up_is_still_pending(db: sqlite3.Connection) -> None:
    film(db, {"imdb": "tt0000001"})
    run = begin(db, Asked())
    save(db, run, answer(ready(db, run, "tmdb")[0], parsed=Parsed(keys=("movie/1",))))
    assert rows(db, "film_source_state", "state", "reason") == [("pending", None)]
    (job,) = ready(db, run, "tmdb")
    save(db, run, answer(job, Outcome.ABSENT, reason="http_404"))
    assert rows(db, "film_source_state", "state", "reason") == [("absent", "http_404")]
    save(db, run, answer(job))
    assert rows(db, "film_source_state", "state", "reason") == [("done", None)]


def test_open_failures_are_the_last_ones_of_what_is_not_answered(filled: sqlite3.Connection) -> None:
    found = rows(filled, "v_failures_open", "imdb_id", "state", "class", "attempts", "message")
    assert sorted(found) == [
        ("tt0000004", "failed", "why_retry", 1, "a sentence"),
        ("tt0000005", "broken", "why_broken", 1, "a sentence"),
    ]
    run = begin(filled, Asked(), now=day(1))
    (job,) = ready(filled, run, "tmdb", day(1))
    assert rows(filled, "v_failures_open", "imdb_id") == [("tt0000005",)]
    save(filled, run, answer(job, Outcome.RETRY, now=day(1), reason="timeout"))
    assert sorted(rows(filled, "v_failures_open", "imdb_id", "class")) == [
        *(("tt0000004", "timeout"), ("tt0000005", "why_broken")),
    ]
    filled.execute(sql("checkpoint/ignore_failures"), {"source": None, "film": "tt0000005"})
    assert rows(filled, "v_failures_open", "imdb_id") == [("tt0000004",)]
    (job,) = ready(filled, run, "tmdb", day(2))
    save(filled, run, answer(job, now=day(2)))
    assert rows(filled, "v_failures_open") == []


def job(db: sqlite3.Connection, film_id: int, source: str, state: str, reason: str | None = None) -> None:
    """A job that no run and no lane has had to do with, as the datasets leave one."""
    values = (source, f"{film_id}/{state}/{reason}", film_id, state, reason, at(0), at(0))
    statement = (
        "insert into jobs (source, key, film_id, state, reason, ready_at, fetched_at) values (?, ?, ?, ?, ?, ?, ?)"
    )
    db.execute(statement, values)


def test_a_source_without_a_lane_stands_beside_the_others(filled: sqlite3.Connection) -> None:
    job(filled, 1, "files", "done")
    job(filled, 2, "files", "absent", "not_found")
    found = rows(filled, "film_source_state where source = 'files'", "film_id", "state", "reason")
    assert sorted(found) == [
        (1, "done", None),
        (2, "absent", "not_found"),
        *((number, "pending", None) for number in (3, 4, 5)),
    ]
    assert {source for (source,) in rows(filled, "film_source_state", "distinct source")} == {"files", "omdb", "tmdb"}


def test_the_question_that_is_furthest_from_its_end_speaks_for_the_film(db: sqlite3.Connection) -> None:
    film(db, {"imdb": "tt0000001"})
    told = [
        ("done", None),
        ("absent", "not_found"),
        ("failed", "timeout"),
        ("broken", "parser_error"),
        ("pending", None),
    ]
    expected = [("done", None), ("done", None), told[2], told[3], told[4]]
    for (state, reason), shown in zip(told, expected, strict=True):
        job(db, 1, "x", state, reason)
        assert rows(db, "film_source_state", "state", "reason") == [shown]


def test_a_standing_question_is_no_films(db: sqlite3.Connection) -> None:
    film(db, {"imdb": "tt0000001"})
    statement = "insert into jobs (source, key, state, ready_at) values ('x', 'topics', 'done', ?)"
    db.execute(statement, (at(0),))
    assert rows(db, "film_source_state", "film_id", "state") == [(1, "pending")]


SCOPES = [
    ('{"sources":[],"films":[],"limit":null,"refetch":false}', "SUCCESS", "done", "full", "no_id"),
    ('{"sources":["script"],"films":[],"limit":null,"refetch":true}', "PARTIAL", "done", "full", "no_id"),
    ('{"sources":[],"films":["tt0000001"],"limit":null,"refetch":false}', "SUCCESS", "done", "full", "pending"),
    ('{"sources":[],"films":[],"limit":10,"refetch":false}', "SUCCESS", "done", "full", "pending"),
    ('{"sources":[],"films":[],"limit":null,"refetch":false}', "INTERRUPTED", "done", "full", "pending"),
    ('{"sources":[],"films":[],"limit":null,"refetch":false}', "SUCCESS", "closed", "full", "pending"),
    ('{"sources":[],"films":[],"limit":null,"refetch":false}', "SUCCESS", "done", "failures", "pending"),
]


@pytest.mark.parametrize(("options", "status", "lane", "kind", "state"), SCOPES)
def test_a_film_without_a_question_is_told_from_one_that_waits_once_a_whole_run_has_passed_it_over(
    db: sqlite3.Connection, options: str, status: str, lane: str, kind: str, state: str
) -> None:
    film(db, {"imdb": "tt0000001"})
    film(db, {"letterboxd": "without-an-imdb-id"})
    run = begin(db, Script())
    save(db, run, answer(ready(db, run)[0]))
    db.execute("update run_sources set state = ?", (lane,))
    values = (options, status, kind, at(1))
    db.execute("update runs set options = ?, status = ?, kind = ?, finished_at = ?", values)
    assert rows(db, "film_source_state", "film_id", "state") == [(1, "done"), (2, state)]
    db.execute("update films set updated_at = ? where film_id = 2", (at(2),))  # something was learnt of it since
    assert rows(db, "film_source_state", "film_id", "state") == [(1, "done"), (2, "pending")]


async def test_the_options_of_a_real_run_are_those_the_view_understands(tmp_path: Path) -> None:
    config = settings(tmp_path, invented_ids(1))
    async with engine_of(config, {"tmdb": tmdb_upstream(), "toy": toy_upstream()}) as engine:
        await know(engine.store, Seed({"letterboxd": "nameless"}))
        await engine.full(Scope(sources=("tmdb",)))
        found = await engine.store.read(lambda db: rows(db, "film_source_state where source = 'tmdb'", "state"))
    assert sorted(found) == [("done",), ("no_id",)]


def test_the_state_of_all_films_is_found_by_the_index(filled: sqlite3.Connection) -> None:
    plan = [row[3] for row in filled.execute("explain query plan select * from film_source_state")]
    assert "SEARCH question USING INDEX jobs_by_film (film_id=? AND source=?)" in plan
    assert not any("SCAN jobs" in step or "SCAN question" in step for step in plan)


def test_enrichment_is_needed_where_nobody_has_said_anything(filled: sqlite3.Connection) -> None:
    job(filled, 4, "ddd", "done")
    job(filled, 4, "cinemorgue", "absent")
    found = rows(filled, "needs_enrichment", "film_id", "answered", "missing")
    assert sorted(found) == [
        (3, "tmdb", "cinemorgue|ddd"),
        (4, "cinemorgue|ddd", "tmdb"),
        (5, None, "cinemorgue|ddd|tmdb"),
    ]


def test_deaths_and_warnings_are_told_with_the_film(filled: sqlite3.Connection) -> None:
    assert rows(filled, "v_deaths", "film_id", "title", "release_year", "actor", "character", "how", "page") == [
        (1, "Told 1", 1991, "Person 1", "Ann", "Drowned.", "Person 1")
    ]
    found = rows(filled, "v_content_warnings", "film_id", "title", "topic", "category", "yes", "no")
    assert (1, "Told 1", "a dog dies", "Animal", 1, 3) in found


def test_the_history_of_runs_is_told_as_a_pipelines(filled: sqlite3.Connection) -> None:
    assert rows(filled, "pipeline_runs", "movies_processed", "status", "source_categories", "duration_seconds") == [
        (3, "PARTIAL", "tmdb", 43200.0)
    ]
    assert rows(filled, "pipeline_runs", "error_message") == [("two failed",)]


def test_directors_are_counted_by_film_and_rated_by_the_person(filled: sqlite3.Connection) -> None:
    found = rows(filled, "v_directors", "user", "director", "films", "mean_rating")
    assert found[:2] == [("me", "Person 1", 2, 3.0), ("me", "Person 2", 2, 3.0)]
    assert sorted(found[2:]) == [("you", "Person 1", 1, 4.0), ("you", "Person 2", 1, 4.0)]


def test_the_greatest_difference_to_the_crowd_comes_first(filled: sqlite3.Connection) -> None:
    found = rows(filled, "v_against_the_crowd", "user", "title", "mine", "theirs", "difference")
    assert found[:2] == [("me", "Told 1", 10.0, 6.0, 4.0), ("me", "Told 2", 2.0, 6.0, -4.0)]


def test_the_top_films_are_by_everybody(filled: sqlite3.Connection) -> None:
    found = rows(filled, "v_top_films", "title", "mean_rating", "raters", "tmdb_score")
    assert found[0] == ("Told 1", 4.5, 2, 6.0)
    assert [each[0] for each in found] == ["Told 1", "Film 3", "Told 2"]


def test_an_undecided_title_is_open_until_somebody_decides(filled: sqlite3.Connection) -> None:
    filled.execute("insert into matches values (3, 'tmdb', 'Film 3', 2003, '[{}]', null, 0.8, null, null)")
    filled.execute("insert into matches values (4, 'tmdb', 'Film 4', 2003, '[]', null, null, null, null)")
    assert rows(filled, "v_matches_open", "film_id", "confidence") == [(3, 0.8)]
    filled.execute("update matches set decided_by = 'manual', chosen = 'none'")
    assert rows(filled, "v_matches_open") == []


def test_the_status_adds_up(filled: sqlite3.Connection) -> None:
    found = {row["source"]: dict(row) for row in filled.execute(sql("read/status_sources"))}
    assert {name: found["tmdb"][name] for name in ("done", "absent", "pending", "failed", "broken")} == {
        "done": 2,
        "absent": 1,
        "pending": 0,
        "failed": 1,
        "broken": 1,
    }
    assert found["tmdb"]["oldest"] == at(0)
    assert found["omdb"]["no_key"] == 5
    assert dict(filled.execute(sql("read/status_films")).fetchone()) == {"films": 5, "enriched": 2, "undecided": 0}


def test_the_kinds_of_the_sources_are_kinds_of_the_file() -> None:
    assert set(Tmdb.kinds) <= set(names("record"))


def test_no_view_counts_what_another_source_says(filled: sqlite3.Connection) -> None:
    before = {view: rows(filled, view) for view in names("view")}
    filled.execute("insert into film_facts (film_id, source, title) values (1, 'omdb', 'Another')")
    filled.execute("insert into scores values (1, 'tmdb', 'imdb', 1, 10, 999)")
    filled.execute("insert into scores values (1, 'omdb', 'tmdb', 1, 10, 999)")
    filled.execute("insert into film_genres values (1, 'omdb', 'Drama', 0)")
    assert {view: rows(filled, view) for view in names("view")} == before
    assert one(filled, "select count(*) from film_facts") == 3
