"""What is due: new, stale, failed, absent long enough, asked for; planned once, even after a crash in the middle."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from rows import (
    ALL,
    NOW,
    Script,
    all_of,
    answer,
    at,
    begin,
    day,
    film,
    lane,
    made,
    one,
    ready,
    replan,
    save,
    sound,
    state,
    transaction,
    waiting,
)

from mwi_crawl import films, plan, runs
from mwi_crawl.model import MediaType, Outcome, Parsed, Seed, Wanted
from mwi_crawl.plan import Cost, Scope
from mwi_crawl.queries import sql
from mwi_crawl.settle import iso
from mwi_crawl.source import Source

Db = sqlite3.Connection


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Db]:
    with closing(made(tmp_path / "films.db")) as found:
        yield found
        sound(found)


class Newer(Script):
    version = 2


def many(db: Db, number: int, first: int = 1) -> None:
    for index in range(first, first + number):
        film(db, {"imdb": f"tt{index:07}"})


def crawl(db: Db, source: Source, now: datetime = NOW, scope: Scope = ALL, **outcomes: Any) -> list[str]:
    """A run to its end: answers by the beginning of the key, else done. Returns what was asked, in order."""
    run = begin(db, source, scope, now)
    asked = []
    while jobs := ready(db, run, now=now):
        for job in jobs:
            asked.append(job.key)
            found = outcomes.get(job.key.partition("/")[0], Outcome.OK)
            if isinstance(found, Outcome):
                save(db, run, answer(job, found, now=now, max_retries=0, version=source.version))
            else:
                save(db, run, answer(job, parsed=found(job), now=now, version=source.version))
    figures = lane(db, run)
    assert figures["planned"] == sum(figures.values()) - figures["planned"]
    return asked


def test_a_new_film_is_planned_once_and_asked_once(db: Db) -> None:
    many(db, 3)
    assert crawl(db, Script()) == ["id/tt0000001", "id/tt0000002", "id/tt0000003"]
    assert crawl(db, Script(), day(1)) == []
    many(db, 1, 4)
    assert crawl(db, Script(), day(2)) == ["id/tt0000004"]


def test_films_that_are_kept_and_not_followed_are_not_asked_about(db: Db) -> None:
    films.add(db, Seed({"imdb": "tt0000001"}), origin="x", followed=False, now=at(0))
    assert crawl(db, Script()) == []
    films.describe(db, 1, Seed(), followed=True, now=at(1))
    assert crawl(db, Script()) == ["id/tt0000001"]


def test_a_film_a_source_has_no_question_for_gets_none(db: Db) -> None:
    film(db, title="Without an id")
    assert crawl(db, Script()) == []
    assert crawl(db, Script()) == []


def test_what_is_older_than_its_time_is_asked_again_with_its_tag(db: Db) -> None:
    many(db, 2)
    crawl(db, Script())
    db.execute("update jobs set etag = 'a'")
    assert crawl(db, Script(), day(29.9)) == []
    run = begin(db, Script(), now=day(30.1))
    assert [(job.key, job.etag) for job in ready(db, run, now=day(30.1))] == [
        ("id/tt0000001", "a"),
        ("id/tt0000002", "a"),
    ]


def test_the_time_is_the_settings(db: Db) -> None:
    many(db, 1)
    crawl(db, Script())
    source = Script()
    source.settings = {"ttl_days": 3}
    assert crawl(db, source, day(2)) == []
    assert crawl(db, source, day(4)) == ["id/tt0000001"]


@pytest.mark.parametrize("how", ["waits", "stale", "failed"])
def test_what_an_older_parser_read_is_fetched_whole(db: Db, how: str) -> None:
    # "not modified" would keep the rows of the older parser
    many(db, 1)
    crawl(db, Script())
    db.execute("update jobs set etag = 'a'")
    if how != "stale":
        db.execute("update jobs set state = ?", ("pending" if how == "waits" else "failed",))
    run = begin(db, Newer(), now=day(40))
    assert [job.etag for job in ready(db, run, now=day(40))] == [None]


def test_refetch_asks_for_all_again_but_for_lookups(db: Db) -> None:
    film(db, title="A")
    film(db, title="B")
    film(db, title="C")
    source = Script({"A": ["find/a"], "B": ["id/b"], "C": ["gone/c"]})
    answers = {"find": lambda job: Parsed(keys=("movie/a",)), "gone": Outcome.ABSENT}
    assert crawl(db, source, **answers) == ["find/a", "id/b", "gone/c", "movie/a"]
    assert crawl(db, source, day(1), Scope(refetch=True), **answers) == ["movie/a", "id/b", "gone/c"]
    assert crawl(db, source, day(400), **answers) == ["movie/a", "id/b", "gone/c"], (
        "a lookup does not grow stale either"
    )


def test_a_run_may_be_about_some_films_only(db: Db) -> None:
    many(db, 4)
    film(db, {"tmdb_tv": "5", "imdb": "tt0000099"})
    assert crawl(db, Script(), scope=Scope(films=("tt0000002", "tmdb_tv:5"))) == ["id/tt0000002", "id/tt0000099"]
    assert crawl(db, Script(), scope=Scope(films=("tt0000002",), refetch=True)) == ["id/tt0000002"]
    assert crawl(db, Script()) == ["id/tt0000001", "id/tt0000003", "id/tt0000004"]


def test_an_id_that_means_no_film_is_told(db: Db) -> None:
    many(db, 1)
    scope = Scope(films=("tt0000001", "tt9999999", "tmdb_movie:1", "603"))
    assert plan.choose(db, scope, {}, NOW) == ["tt9999999", "tmdb_movie:1", "603"]


def test_a_film_is_meant_by_any_id_it_ever_had(db: Db) -> None:
    many(db, 2)
    films.learn(db, 1, {"imdb": "tt0000002"}, at(0))
    assert crawl(db, Script(), scope=Scope(films=("tt0000002",))) == ["id/tt0000001"]
    assert plan.choose(db, Scope(films=("film:2",)), {}, NOW) == []


def test_limited_runs_go_on_where_the_one_before_ended(db: Db) -> None:
    many(db, 5)
    limited = Scope(limit=2)
    asked = [crawl(db, Script(), day(number), limited) for number in range(4)]
    assert [len(keys) for keys in asked] == [2, 2, 1, 0]
    assert crawl(db, Script(), day(31), limited) == asked[0], "the first to grow stale"


def test_a_limit_does_not_count_films_about_which_there_is_nothing_to_ask(db: Db) -> None:
    for _ in range(3):
        film(db, title="Without an id")
    many(db, 3)
    source = Script()
    assert len(crawl(db, source, scope=Scope(limit=2))) == 2
    assert len(crawl(db, source, scope=Scope(limit=2))) == 1


def test_a_limit_does_not_count_a_number_that_was_given_up_for_another(db: Db) -> None:
    film(db, title="A")
    film(db, {"imdb": "tt0000002"})
    source = Script({"A": ["gone/a", "id/a"]})
    assert crawl(db, source, gone=Outcome.ABSENT) == ["gone/a", "id/tt0000002", "id/a"]
    film(db, {"imdb": "tt0000003"})
    assert crawl(db, source, day(20), Scope(limit=1)) == ["id/tt0000003"]


def test_a_limit_counts_what_only_a_newer_parser_can_read(db: Db) -> None:
    many(db, 1)
    crawl(db, Script(), id=Outcome.BROKEN)
    assert crawl(db, Script(), day(1), Scope(limit=1)) == []
    assert crawl(db, Newer(), day(1), Scope(limit=1)) == ["id/tt0000001"]


def test_what_failed_is_asked_again_by_the_next_run(db: Db) -> None:
    many(db, 1)
    crawl(db, Script(), id=Outcome.RETRY)
    assert state(db, "id/tt0000001") == "failed"
    run = begin(db, Script(), now=day(1))
    assert [job.attempts for job in ready(db, run, now=day(1))] == [0]


def test_what_is_absent_is_asked_again_after_a_growing_time(db: Db) -> None:
    many(db, 1)
    moments, now = [], 0.0
    while now < 400:
        if crawl(db, Script(), day(now), id=Outcome.ABSENT):
            moments.append(now)
        now += 1
    gaps = [after - before for before, after in pairwise(moments)]
    assert gaps == [7, 14, 28, 56, 112, 180]
    crawl(db, Script(), day(2000))
    assert one(db, "select absences from jobs") == 0


def test_of_an_absent_film_the_best_key_is_asked_first_again(db: Db) -> None:
    film(db, title="A")
    source = Script({"A": ["one", "two", "three"]})
    everything = {"one": Outcome.ABSENT, "two": Outcome.ABSENT, "three": Outcome.ABSENT}
    assert crawl(db, source, **everything) == ["one", "two", "three"]
    assert crawl(db, source, day(8), **everything) == ["one", "two", "three"]
    assert crawl(db, source, day(30), one=Outcome.ABSENT) == ["one", "two"]
    assert crawl(db, source, day(40)) == [], "it is there under another key"


def test_what_cannot_be_read_waits_for_a_newer_parser(db: Db) -> None:
    many(db, 1)
    crawl(db, Script(), id=Outcome.BROKEN)
    assert crawl(db, Script(), day(400)) == []
    assert crawl(db, Newer(), day(400), id=Outcome.BROKEN) == ["id/tt0000001"]
    assert crawl(db, Newer(), day(800)) == []
    assert crawl(db, Newer(), day(801), Scope(refetch=True)) == ["id/tt0000001"]


def test_a_film_that_learnt_an_id_since_it_was_not_found_is_asked_by_that(db: Db) -> None:
    film(db, title="A")
    source = Script(lambda seed: [f"find/{seed.ids['imdb']}", "search/a"] if "imdb" in seed.ids else ["search/a"])
    assert crawl(db, source, search=Outcome.ABSENT) == ["search/a"]
    assert crawl(db, source, day(1)) == []
    films.learn(db, 1, {"imdb": "tt0000001"}, at(1))
    assert crawl(db, source, day(2), find=Outcome.ABSENT) == ["find/tt0000001"]
    assert crawl(db, source, day(3)) == []
    assert crawl(db, source, day(3), Scope(limit=1)) == []


def test_an_id_learnt_while_a_film_was_looked_for_by_another_is_asked_by_too(db: Db) -> None:
    # one lane learnt the id after the other's question was put, and before its answer came: it was never asked by it
    source = Script(lambda seed: [f"{scheme}/{value}" for scheme, value in seed.ids.items()])
    film(db, {"tmdb_movie": "1"}, title="One")
    first = begin(db, source)
    films.learn(db, 1, {"imdb": "tt0000001"}, at(1))
    save(db, first, answer(ready(db, first)[0], Outcome.ABSENT, now=day(2)))
    replan(db, first, source, now=day(2))
    assert waiting(db) == ["imdb/tt0000001"]


def test_a_film_of_which_something_else_was_learnt_is_not_asked_the_same_again(db: Db) -> None:
    film(db, {"imdb": "tt0000001"})
    crawl(db, Script(), id=Outcome.ABSENT)
    films.describe(db, 1, Seed(original_title="Original"), followed=True, now=at(1))
    assert crawl(db, Script(), day(2)) == []
    film(db, {"imdb": "tt0000002"})
    assert crawl(db, Script(), day(2), Scope(limit=1)) == ["id/tt0000002"]


def test_a_film_that_was_found_is_not_asked_by_an_id_it_learnt_later(db: Db) -> None:
    film(db, title="A")
    source = Script(lambda seed: [f"find/{seed.ids['imdb']}"] if "imdb" in seed.ids else ["search/a"])
    crawl(db, source)
    films.learn(db, 1, {"imdb": "tt0000001"}, at(1))
    assert crawl(db, source, day(2)) == []


def test_two_films_with_ids_and_one_question_are_not_made_one(db: Db) -> None:
    source = Script(lambda seed: ["search/carrie"])
    film(db, {"imdb": "tt0000001"})
    film(db, {"imdb": "tt0000002"})
    assert crawl(db, source) == ["search/carrie"]
    assert one(db, "select count(*) from films") == 2


def test_what_waits_from_an_earlier_run_is_done_by_the_next(db: Db) -> None:
    many(db, 3)
    first = begin(db, Script())
    save(db, first, answer(ready(db, first)[1]))
    second = begin(db, Script(), now=day(1))
    assert [job.key for job in ready(db, second)] == ["id/tt0000001", "id/tt0000003"]
    assert ready(db, first) == []
    assert lane(db, second)["planned"] == 2
    assert one(db, "select status from runs where run_id = ?", first) == "ABORTED"


@pytest.mark.parametrize(
    ("scope", "due"), [(Scope(), 11), (Scope(refetch=True), 16), (Scope(limit=7), 7)], ids=["all", "refetch", "limit"]
)
def test_a_plan_that_was_cut_off_in_the_middle_is_the_same_when_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scope: Scope, due: int
) -> None:
    monkeypatch.setattr(plan, "PAGE", 3)
    found = []
    for crashes in (False, True):
        with closing(made(tmp_path / f"{crashes}.db")) as db:
            many(db, 6)
            crawl(db, Script(), id=Outcome.OK)
            crawl(db, Script(), day(1), Scope(refetch=True, films=("tt0000003",)), id=Outcome.ABSENT)
            crawl(db, Script(), day(2), Scope(refetch=True, films=("tt0000004",)), id=Outcome.RETRY)
            many(db, 10, 7)
            source, now = Script(), day(3)
            run = runs.begin(db, "full", "{}", iso(now)).run_id
            if crashes:
                for pages in (0, 1, 2):
                    plan.choose(db, scope, {"script": source}, now)
                    plan.requeue(db, run, source, scope, now)
                    after: int | None = 0
                    for _ in range(pages):
                        after = after if after is None else plan.page(db, run, source, scope, after, iso(now))
            replan(db, run, source, scope, now)
            found.append([(job.key, job.film_id, job.attempts) for job in ready(db, run, now=now)])
            assert plan.due(db, run, "script") == len(found[-1])
    assert found[0] == found[1]
    assert len(found[0]) == due


def test_pages_cut_a_plan_without_losing_a_film(db: Db, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "PAGE", 4)
    many(db, 12)
    assert len(crawl(db, Script())) == 12


def test_a_page_of_a_plan_looks_through_no_whole_table(db: Db) -> None:
    """The ids of a film are found by the film: a history from Letterboxd has a boxd id for each of its films."""
    values = {"source": "script", "after": 0, "scoped": 0, "limit": 9, "finder": "", "run_id": 1}
    plan.choose(db, ALL, {}, NOW)
    steps = [row[3] for row in db.execute("explain query plan " + sql("checkpoint/unplanned_films"), values)]
    assert not [step for step in steps if step.startswith("SCAN")]
    aliases = [step for step in steps if "film_aliases" in step]
    assert any("film_aliases_by_film (film_id=?)" in step for step in aliases)
    assert all("film_id=?" in step or "COVERING" in step for step in aliases)


def test_an_estimate_is_the_run_and_changes_nothing(db: Db) -> None:
    many(db, 3)
    film(db, title="A")
    source = Script({"A": ["find/a", "search/a"]})
    crawl(db, source, id=Outcome.RETRY, find=Outcome.ABSENT, search=Outcome.ABSENT)
    many(db, 2, 10)
    begin(db, source, now=day(1))
    before = list(db.iterdump())
    now = day(9)
    with transaction(db):
        costs = plan.estimate(db, "full", {"script": source}, Scope(), [Seed({"imdb": "tt0000077"})], Wanted(), now)
    assert costs == {"script": Cost(films=7, requests=8)}
    assert list(db.iterdump()) == before
    plan.follow(db, [Seed({"imdb": "tt0000077"})], iso(now))
    assert len(ready(db, begin(db, source, now=now), now=now)) == 7


def test_an_estimate_with_a_limit_is_the_run_too(db: Db) -> None:
    many(db, 5)
    with transaction(db):
        costs = plan.estimate(db, "full", {"script": Script()}, Scope(limit=2), [], Wanted(), NOW)
    assert costs == {"script": Cost(2, 2)}


def test_films_named_in_the_configuration_are_followed(db: Db) -> None:
    films.add(db, Seed({"imdb": "tt0000001"}), origin="x", followed=False, now=at(0))
    seeds = [Seed({"imdb": "tt0000001"}), Seed({"tmdb_movie": "603"})]
    for _ in range(2):
        plan.follow(db, seeds, at(1))
    rows = all_of(db, "select imdb_id, tmdb_id, media_type, followed, origin from films order by film_id")
    assert rows == [("tt0000001", None, None, 1, "x"), (None, 603, "movie", 1, "config")]


def test_failures_can_be_asked_about_alone(db: Db) -> None:
    many(db, 4)
    crawl(db, Script(), id=Outcome.RETRY)
    db.execute("update jobs set state = 'broken' where key = 'id/tt0000002'")
    db.execute("update jobs set state = 'done' where key = 'id/tt0000003'")
    many(db, 1, 9)
    run = runs.begin(db, "failures", "{}", at(1)).run_id
    plan.choose(db, Scope(), {}, day(1))
    plan.requeue_failed(db, run, Script(), Scope(), day(1))
    assert [job.key for job in ready(db, run, now=day(1))] == ["id/tt0000001", "id/tt0000002", "id/tt0000004"]
    run = runs.begin(db, "failures", "{}", at(1)).run_id
    plan.choose(db, Scope(films=("tt0000001",)), {}, day(1))
    plan.requeue_failed(db, run, Script(), Scope(films=("tt0000001",)), day(1))
    assert waiting(db) == ["id/tt0000001", "id/tt0000002", "id/tt0000004"]
    assert ready(db, run, now=day(1)) == [], "it has not failed again since"


def test_what_is_known_of_a_film_is_what_a_source_plans_by(db: Db) -> None:
    seeds: list[Seed] = []

    def remember(seed: Seed) -> list[str]:
        seeds.append(seed)
        return []

    film(db, {"imdb": "tt0000001", "tmdb_tv": "5", "letterboxd": "x", "boxd": "b"}, title="T", year=1999)
    film(db, {"tmdb_movie": "5", "boxd": "c"}, original_title="O")
    film(db, title="U", media_type=MediaType.EPISODE)
    begin(db, Script(remember))
    assert seeds == [
        Seed({"imdb": "tt0000001", "letterboxd": "x", "boxd": "b", "tmdb_tv": "5"}, "T", None, 1999, MediaType.TV),
        Seed({"boxd": "c", "tmdb_movie": "5"}, None, "O", None, MediaType.MOVIE),
        Seed({}, "U", None, None, MediaType.EPISODE),
    ]


# the run's own row


def test_the_last_run_is_resumed_while_it_has_work_left(db: Db) -> None:
    assert runs.resume(db, at(0)) is None
    many(db, 1)
    run = begin(db, Script())
    resumed = runs.resume(db, at(1))
    assert resumed is not None
    assert (resumed.run_id, resumed.attempt, resumed.planned, resumed.resumed) == (run, 2, True, True)
    save(db, run, answer(ready(db, run)[0]))
    db.execute("update runs set status = 'PARTIAL'")
    assert runs.resume(db, at(2)) is None, "nothing waits"
    db.execute("update runs set status = 'INTERRUPTED', planned_at = null")
    assert runs.resume(db, at(3)) is not None, "its plan was not complete"
    for status in ("SUCCESS", "ABORTED"):
        db.execute("update runs set status = ?", (status,))
        assert runs.resume(db, at(4)) is None


def test_a_lanes_figures_go_on_in_a_resumed_run(db: Db) -> None:
    many(db, 3)
    run = begin(db, Script())
    save(db, run, answer(ready(db, run)[0]))
    report = runs.open_lane(db, run, "script")
    assert (report.planned, report.done, report.waiting, report.requests) == (3, 1, 2, 1)
    report.state, report.reason, report.seconds = "waiting", "quota", 7.5
    runs.close_lane(db, run, report)
    assert one(db, "select state, reason, seconds from run_sources") == ("waiting", "quota", 7.5)
