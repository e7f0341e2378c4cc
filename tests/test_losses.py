"""Nothing gets worse: what counts as lost, what becomes of an answer that has lost it, and when a loss is believed."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rows import Script, all_of, answer, at, begin, day, film, lane, made, one, ready, save, sound, states

from mwi_crawl import bodies, losses, saved_pages
from mwi_crawl.model import Job, Outcome, Parsed, Record, Request, Response, Value
from mwi_crawl.plan import Scope
from mwi_crawl.queries import names, sql
from mwi_crawl.saved_files import SavedFile
from mwi_crawl.source import Source
from mwi_crawl.store import Store

FACTS = (
    "title", "original_title", "release_date", "release_year", "runtime_minutes", "status", "original_language",
    "overview", "tagline", "homepage", "poster_url", "certificate",
)  # fmt: skip
SHARED = {"people", "warning_topics", "warning_categories"}


def facts(*names: str) -> dict[str, Value]:
    return dict.fromkeys(names, "x")


def told(count: int = 0, *, kind: str = "film_keywords", **known: Value) -> Parsed:
    """An answer that tells a title, what else is said, and so many keywords."""
    record = Record("film_facts", {"title": "A", "release_year": 1999, **known})
    return Parsed(("film_facts", kind), (record, *(Record(kind, {"keyword": f"k{n}"}) for n in range(count))))


def poorer() -> Parsed:
    return told(2)


RICH = told(40)
TAG, OTHER_TAG = {"etag": '"rich"'}, {"etag": '"poor"'}


# what is lost


@pytest.mark.parametrize(
    ("gone", "come", "expected"),
    [
        ((), (), []),
        (("title",), (), ["title gone"]),
        (("title",), ("awards",), ["title gone"]),
        (("tagline", "homepage"), (), []),
        (("tagline", "homepage", "status"), (), ["facts 12 -> 9 (no homepage, status, tagline)"]),
        (("tagline", "homepage", "status"), ("awards",), []),
    ],
)
def test_facts_are_lost_where_more_are_gone_than_an_editor_takes_out(
    gone: Sequence[str], come: Sequence[str], expected: list[str]
) -> None:
    after = facts(*(set(FACTS) - set(gone)), *come)
    assert losses.lost(facts(*FACTS), {}, Parsed(("film_facts",), (Record("film_facts", after),))) == expected


def test_three_of_many_facts_are_no_loss_and_a_film_without_a_title_before_needs_none() -> None:
    many = facts(*FACTS, "awards", "awards_won", "budget_usd", "revenue_usd", "popularity", "collection")
    fewer = {name: value for name, value in many.items() if name not in ("collection", "tagline", "homepage")}
    assert losses.lost(many, {}, Parsed(("film_facts",), (Record("film_facts", fewer),))) == []
    assert losses.lost(facts("overview"), {}, Parsed(("film_facts",), (Record("film_facts", {}),))) == []


def test_facts_that_are_not_told_at_all_are_lost_only_if_the_answer_speaks_of_them() -> None:
    assert losses.lost(facts(*FACTS), {}, Parsed(("film_facts",))) == ["title gone"]
    assert losses.lost(facts(*FACTS), {}, Parsed(("scores",))) == []
    assert losses.lost(facts(*FACTS), {}, Parsed((), (Record("film_facts", {"runtime_minutes": 1}),))) == ["title gone"]


@pytest.mark.parametrize(
    ("before", "after", "gone"),
    [(41, 2, True), (4, 0, True), (4, 1, True), (3, 0, False), (10, 5, False), (0, 0, False)],
)
def test_a_list_is_lost_where_less_than_half_of_it_is_left(before: int, after: int, gone: bool) -> None:
    parsed = Parsed(("credits",), tuple(Record("credits", {"billing": n}) for n in range(after)))
    assert losses.lost({}, {"credits": before}, parsed) == ([f"credits {before} -> {after}"] if gone else [])


def test_what_is_restless_or_not_said_to_be_complete_may_shrink() -> None:
    sizes = dict.fromkeys((*losses.RESTLESS, "credits"), 100)
    assert losses.lost({}, sizes, Parsed(tuple(losses.RESTLESS))) == []
    assert set(losses.RESTLESS) <= set(names("record"))


@given(
    before=st.dictionaries(st.sampled_from(FACTS), st.sampled_from(["x", None])),
    sizes=st.dictionaries(st.sampled_from(["credits", "film_genres", "videos"]), st.integers(0, 60)),
    more=st.integers(0, 3),
)
def test_an_answer_that_says_as_much_has_lost_nothing(
    before: Mapping[str, Value], sizes: Mapping[str, int], more: int
) -> None:
    rows = tuple(Record(kind, {"n": n}) for kind, size in sizes.items() for n in range(size + more))
    parsed = Parsed(("film_facts", *sizes), (Record("film_facts", before), *rows))
    assert losses.lost(before, sizes, parsed) == []


def test_a_loss_is_confirmed_by_the_same_one_a_month_before() -> None:
    long_ago, lately = (at(0), "title gone; credits 41 -> 2"), (at(20), "film_genres 5 -> 1")
    assert losses.confirmed(["credits 41 -> 3"], [long_ago, lately], at(30))
    assert losses.confirmed(["credits 41 -> 3", "title gone"], [long_ago], at(30))
    assert not losses.confirmed(["credits 41 -> 3"], [long_ago], at(29.9))
    assert not losses.confirmed(["credits 41 -> 3", "film_genres 5 -> 0"], [long_ago, lately], at(31))
    assert not losses.confirmed(["credits 41 -> 3"], [], at(31))


# what becomes of an answer


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(made(tmp_path / "films.db")) as found:
        yield found
        sound(found)


def asked(db: sqlite3.Connection, number: float = 0) -> tuple[int, Job]:
    """A run, so many days on, that asks about the one film there is."""
    if not all_of(db, "select 1 from films"):
        film(db, {"imdb": "tt0000001"}, title="A")
    run = begin(db, Script(), Scope(refetch=True), now=day(number))
    (job,) = ready(db, run, now=day(number))
    return run, job


def rich(db: sqlite3.Connection) -> None:
    """A good answer on the first day."""
    run, job = asked(db)
    save(db, run, answer(job, parsed=RICH, body=b"rich", headers=TAG))


def again(db: sqlite3.Connection, number: float, parsed: Parsed | None = None, **more: Any) -> int:
    """Another answer, so many days on. Returns its run."""
    run, job = asked(db, number)
    more = {"body": f"poor {number}".encode(), "headers": OTHER_TAG, **more}
    save(db, run, answer(job, parsed=parsed or poorer(), now=day(number), **more))
    return run


def keywords(db: sqlite3.Connection) -> int:
    return int(one(db, "select count(*) from film_keywords"))


def found(db: sqlite3.Connection, run: int) -> list[str]:
    return [row[0] for row in all_of(db, "select what from run_films where run_id = ? order by 1", run)]


def test_an_answer_that_has_lost_what_was_known_is_not_applied_and_kept_beside_it(db: sqlite3.Connection) -> None:
    rich(db)
    before = one(db, "select body_hash, etag, parser_version from jobs")
    run = again(db, 31, version=2)
    assert keywords(db) == 40
    assert one(db, "select body_hash, etag, parser_version from jobs") == before, "the poorer body is not confirmed"
    assert one(db, "select state, reason, fetched_at, attempts from jobs") == ("done", "kept", at(31), 0)
    film_id, source, key, when, digest, reason, resolved = one(
        db, "select film_id, source, key, at, body_hash, reason, resolved_at from conflicts"
    )
    assert (film_id, source, key, when) == (1, "script", "id/tt0000001", at(31))
    assert (reason, resolved) == ("film_keywords 40 -> 2", None)
    assert bodies.read(db, digest) == b"poor 31"
    assert lane(db, run) == {"planned": 1, "done": 1, "absent": 0, "failed": 0, "broken": 0}
    assert found(db, run) == ["kept"]


def test_its_body_outlives_pruning_and_bodies_that_are_not_kept(db: sqlite3.Connection) -> None:
    rich(db)
    run, job = asked(db, 31)
    save(db, run, answer(job, parsed=poorer(), body=b"poor", now=day(31)), keep_bodies=False)
    db.execute(sql("checkpoint/prune_bodies"))
    assert bodies.read(db, one(db, "select body_hash from conflicts")) == b"poor"
    assert bodies.read(db, one(db, "select body_hash from jobs")) == b"rich"


def test_a_film_whose_rows_were_kept_is_asked_again_when_they_are_stale_with_the_tag_of_the_good_body(
    db: sqlite3.Connection,
) -> None:
    rich(db)
    again(db, 31)
    begin(db, Script(), now=day(32))
    assert states(db) == {"id/tt0000001": "done"}
    _, job = asked(db, 62)
    assert job.etag == '"rich"'


def test_a_loss_that_the_source_repeats_a_month_later_is_believed(db: sqlite3.Connection) -> None:
    rich(db)
    again(db, 31)
    again(db, 45)
    assert keywords(db) == 40, "asking again at once is no confirmation"
    run = again(db, 62)
    assert keywords(db) == 2
    assert found(db, run) == ["changed"]
    assert one(db, "select reason, etag from jobs") == (None, '"poor"')
    assert all_of(db, "select at, resolved_at from conflicts") == [(at(31), at(62))], "said twice, told once"


def test_another_loss_than_the_one_before_is_not_believed(db: sqlite3.Connection) -> None:
    rich(db)
    again(db, 31)
    no_title = Parsed(("film_facts", "film_keywords"), RICH.records[1:])
    again(db, 62, no_title)
    assert one(db, "select title from film_facts") == "A"
    again(db, 93, no_title)
    assert all_of(db, "select title from film_facts") == []


@pytest.mark.parametrize("how", ["a good answer", "not modified"])
def test_what_was_lost_before_the_last_good_answer_confirms_nothing(db: sqlite3.Connection, how: str) -> None:
    rich(db)
    again(db, 31)
    if how == "a good answer":
        again(db, 62, told(39))
    else:
        run, job = asked(db, 62)
        save(db, run, answer(job, status=304, body=b"", reason="not_modified", now=day(62)))
        assert one(db, "select etag from jobs") == '"rich"'
    assert one(db, "select state, reason from jobs") == ("done", None)
    again(db, 93)
    assert keywords(db) in (39, 40), "the first of its kind since"
    assert all_of(db, "select resolved_at from conflicts order by at") == [(at(62),), (None,)]


def test_a_parser_that_finds_less_in_the_same_body_is_never_believed(db: sqlite3.Connection) -> None:
    rich(db)
    for number in (31, 62, 93):
        again(db, number, body=b"rich", version=2)
    assert keywords(db) == 40
    assert one(db, "select parser_version, body_hash is not null from jobs") == (2, 1), "it is not read again at once"
    again(db, 124, version=2)
    assert keywords(db) == 40, "this is the first time that the source itself says less"


def test_nor_where_the_source_had_said_less_for_a_while(db: sqlite3.Connection) -> None:
    rich(db)
    again(db, 31)
    again(db, 62, body=b"rich", version=2)
    assert keywords(db) == 40


def test_an_answer_to_another_question_about_the_film_is_measured_by_the_same_rows(db: sqlite3.Connection) -> None:
    film(db, title="A")
    run = begin(db, Script({"A": ["find/1"]}))
    save(db, run, answer(ready(db, run)[0], parsed=Parsed(keys=("movie/1",))))
    save(db, run, answer(ready(db, run)[0], parsed=RICH, body=b"rich"))
    run = begin(db, Script(), now=day(31))
    save(db, run, answer(ready(db, run, now=day(31))[0], Outcome.ABSENT, reason="http_404", now=day(31)))
    assert found(db, run) == ["gone"]
    save(db, run, answer(ready(db, run, now=day(31))[0], parsed=Parsed(keys=("movie/2",)), now=day(31)))
    save(db, run, answer(ready(db, run, now=day(31))[0], parsed=poorer(), body=b"new", now=day(31)))
    assert keywords(db) == 40
    assert one(db, "select key from conflicts") == "movie/2"


def test_nothing_is_compared_with_another_source_or_another_film(db: sqlite3.Connection) -> None:
    rich(db)
    db.execute("update film_keywords set source = 'other'")
    db.execute("update film_facts set source = 'other'")
    run = again(db, 31)
    assert one(db, "select count(*) from conflicts") == 0
    assert found(db, run) == ["new"]


def test_rows_that_were_taken_back_with_their_questions_bind_nobody(db: sqlite3.Connection) -> None:
    rich(db)
    db.execute("delete from jobs")
    run, job = asked(db, 1)
    save(db, run, answer(job, parsed=poorer(), now=day(1)))
    assert keywords(db) == 2


def test_what_the_tables_refuse_is_broken_and_no_conflict(db: sqlite3.Connection) -> None:
    rich(db)
    bad = replace(RICH, records=(*RICH.records, Record("film_keywords", {"keyword": None})))
    again(db, 31, bad)
    assert one(db, "select state from jobs") == "broken"
    assert (keywords(db), one(db, "select count(*) from conflicts")) == (40, 0)


def test_a_conflict_is_told_in_a_view(db: sqlite3.Connection) -> None:
    rich(db)
    again(db, 31)
    assert one(db, "select imdb_id, title, source, lost, now from v_conflicts") == (
        *("tt0000001", "A", "script", "film_keywords 40 -> 2", "kept"),
    )
    again(db, 62)
    assert one(db, "select now, resolved_at from v_conflicts") == ("applied", at(62))


# what a run found


def test_a_run_tells_what_is_new_what_has_changed_and_what_is_as_it_was(db: sqlite3.Connection) -> None:
    run, job = asked(db)
    save(db, run, answer(job, parsed=RICH, body=b"1"))
    assert found(db, run) == ["new"]
    assert found(db, again(db, 31, RICH, body=b"1")) == []
    assert found(db, again(db, 62, RICH, body=b"2")) == [], "only the bytes are others"
    assert found(db, again(db, 93, told(40, tagline="x"), body=b"3")) == ["changed"]
    assert found(db, again(db, 124, told(39, tagline="x"), body=b"4")) == ["changed"]


def test_a_row_that_says_something_else_is_a_change_where_facts_and_numbers_are_the_same(
    db: sqlite3.Connection,
) -> None:
    rich(db)
    other = replace(RICH, records=(*RICH.records[:-1], Record("film_keywords", {"keyword": "another"})))
    assert found(db, again(db, 31, other)) == ["changed"]


def test_a_film_that_is_there_no_more_is_gone_once_and_new_with_nothing_is_nothing(db: sqlite3.Connection) -> None:
    rich(db)
    run, job = asked(db, 31)
    save(db, run, answer(job, Outcome.ABSENT, reason="http_404", now=day(31)))
    assert found(db, run) == ["gone"]
    run, job = asked(db, 60)
    save(db, run, answer(job, Outcome.ABSENT, reason="http_404", now=day(60)))
    assert found(db, run) == []
    assert keywords(db) == 40


def test_a_film_that_was_never_there_is_not_gone_and_new_when_it_comes(db: sqlite3.Connection) -> None:
    run, job = asked(db)
    save(db, run, answer(job, Outcome.ABSENT, Parsed(absent="not_found"), reason="not_found"))
    assert found(db, run) == []
    run, job = asked(db, 8)
    save(db, run, answer(job, parsed=RICH, body=b"rich", now=day(8)))
    assert found(db, run) == ["new"]


def test_a_film_with_another_number_is_not_gone(db: sqlite3.Connection) -> None:
    film(db, title="A")
    run = begin(db, Script({"A": ["find/1"]}))
    save(db, run, answer(ready(db, run)[0], parsed=Parsed(keys=("movie/1",))))
    assert found(db, run) == [], "a look-up is no news"
    save(db, run, answer(ready(db, run)[0], parsed=RICH))
    assert found(db, run) == ["new"]
    run = begin(db, Script(), now=day(31))
    save(db, run, answer(ready(db, run, now=day(31))[0], Outcome.ABSENT, reason="http_404", now=day(31)))
    save(db, run, answer(ready(db, run, now=day(31))[0], parsed=Parsed(keys=("movie/2",)), now=day(31)))
    save(db, run, answer(ready(db, run, now=day(31))[0], parsed=told(41), body=b"new", now=day(31)))
    assert found(db, run) == ["changed"]


def test_a_film_of_which_nothing_is_told_is_new_all_the_same(db: sqlite3.Connection) -> None:
    film(db, title="A")
    run = begin(db, Script({"A": ["find/1"]}))
    save(db, run, answer(ready(db, run)[0], parsed=Parsed(keys=("movie/1",))))
    save(db, run, answer(ready(db, run)[0], parsed=Parsed(("film_keywords",))))
    assert found(db, run) == ["new"]


def test_several_answers_about_a_film_that_is_new_are_one_news(db: sqlite3.Connection) -> None:
    film(db, title="A")
    run = begin(db, Script({"A": ["film/1"]}))
    save(db, run, answer(ready(db, run)[0], parsed=replace(RICH, keys=("person/1",))))
    save(db, run, answer(ready(db, run)[0], parsed=Parsed((), (Record("film_keywords", {"keyword": "more"}),))))
    assert keywords(db) == 41
    assert found(db, run) == ["new"]


def test_every_kind_of_record_counts_as_told() -> None:
    text = sql("checkpoint/is_told")
    assert all(f"from {kind} where" in text for kind in set(names("record")) - SHARED)


# a saved page


class Album(Source):
    """A source of saved pages."""

    name = "album"
    title = "Album pages"
    base_url = "https://album.example"
    kinds = ("film_facts", "film_keywords")

    def request(self, keys: Sequence[str]) -> Request:
        return Request(f"/{keys[0]}")

    def recognize(self, body: bytes) -> str | None:
        return "title/tt0000001" if body.startswith(b"<html>") else None

    def parse(self, key: str, response: Response) -> Parsed:
        count: int = json.loads(response.body.removeprefix(b"<html>"))
        return replace(told(count), ids={"imdb": "tt0000001"})


async def test_a_saved_page_takes_nothing_away_either(tmp_path: Path) -> None:
    path = tmp_path / "t.db"
    terms = saved_pages.Terms(1_000_000)
    async with Store(path) as store:
        for number, (count, when) in enumerate([(40, day(0)), (2, day(5)), (2, day(5))]):
            page = tmp_path / f"{number}.html"
            page.write_bytes(b"<html>%d" % count)
            os.utime(page, (when.timestamp(), when.timestamp()))
            taken = await saved_pages.take(store, [Album()], [SavedFile(page.name, page)], terms)
            assert taken.used == 1
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("select count(*) from film_keywords").fetchone()[0] == 40
        assert db.execute("select reason, at from conflicts").fetchall() == [("film_keywords 40 -> 2", at(5))]
