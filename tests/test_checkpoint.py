"""What an answer leaves behind: body, rows, state and further questions, all of it or none; and figures that add up."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rows import (
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
    save,
    sound,
    state,
    states,
    waiting,
)

from mwi_crawl import bodies, checkpoint, films, patience
from mwi_crawl.model import Candidate, Job, JobState, Match, Outcome, Parsed, Record, Seed
from mwi_crawl.plan import Scope
from mwi_crawl.settle import iso
from mwi_crawl.throttle import Remembered

START = (-(2**31), 0)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(made(tmp_path / "films.db")) as found:
        yield found
        sound(found)


def genre(name: str, **more: Any) -> Record:
    return Record("film_genres", {"genre": name, "position": 0, **more})


def score(value: float) -> Record:
    return Record("scores", {"system": "imdb", "value": value, "scale": 10.0})


def asked(db: sqlite3.Connection, number: int = 1, **known: Any) -> tuple[int, list[Job]]:
    """A run with a question about each of so many films."""
    for index in range(1, number + 1):
        film(db, {"imdb": f"tt{index:07}"}, **known)
    run = begin(db, Script())
    return run, ready(db, run)


def passes(db: sqlite3.Connection, run: int, limit: int, now: str = at(0)) -> Iterator[Job]:
    """One pass over a lane, a page at a time, as its workers make it."""
    place = START
    while page := checkpoint.pending(db, run, "script", place, limit, now):
        yield from (job for _, job in page)
        place = page[-1][0]


# which jobs are ready


@pytest.mark.parametrize("limit", [1, 3, 100])
def test_a_pass_hands_out_each_ready_job_once_while_answers_arrive(db: sqlite3.Connection, limit: int) -> None:
    run, _ = asked(db, 20)
    seen: list[str] = []
    led_to: set[str] = set()
    for number, job in enumerate(passes(db, run, limit)):
        seen.append(job.key)
        if number % 3 == 0:
            save(db, run, answer(job, Outcome.RETRY, body=None, reason="timeout"))
        elif number % 3 == 1:
            led_to.add(f"more/{job.key}")
            save(db, run, answer(job, parsed=Parsed(keys=(f"more/{job.key}",))))
        else:
            save(db, run, answer(job, Outcome.REFUSED, status=429))
    assert len(seen) == len(set(seen)) == 20
    again = [job.key for job in passes(db, run, limit)]
    assert set(again[: len(led_to)]) == led_to  # first of all, so that films get finished
    later = [job.key for job in passes(db, run, limit, at(1))]
    assert sorted(later) == sorted(set(waiting(db)))


def test_what_comes_first_is_asked_first_and_what_is_not_ready_waits(db: sqlite3.Connection) -> None:
    run, jobs = asked(db, 4)
    db.execute("update jobs set priority = -1 where job_id = ?", (jobs[3].job_id,))
    soon = at(0.002)
    db.execute("update jobs set ready_at = ? where job_id = ?", (soon, jobs[0].job_id))
    assert [job.key for job in passes(db, run, 1)] == [jobs[3].key, jobs[1].key, jobs[2].key]
    assert checkpoint.next_ready(db, run, "script") == at(0)
    assert [job.key for job in passes(db, run, 2, soon)] == [jobs[3].key, *(job.key for job in jobs[:3])]
    assert list(passes(db, run + 1, 2)) == []
    assert checkpoint.next_ready(db, run + 1, "script") is None


# what an answer leaves behind


def test_the_rows_of_a_kind_are_replaced_as_a_set_and_other_kinds_and_sources_stay(db: sqlite3.Connection) -> None:
    run, (job,) = asked(db)
    with_both = Parsed(("film_genres", "scores"), (genre("Drama"), genre("War"), score(7.0)))
    save(db, run, answer(job, parsed=with_both))
    db.execute("insert into film_genres values (?, 'other', 'Theirs', 0)", (job.film_id,))
    save(db, run, answer(job, parsed=Parsed(("film_genres",), (genre("Drama"),))))
    assert all_of(db, "select source, genre from film_genres order by 1, 2") == [
        ("other", "Theirs"),
        ("script", "Drama"),
    ]
    assert one(db, "select value from scores") == 7.0
    save(db, run, answer(job, parsed=Parsed((), (score(8.0),))))
    assert one(db, "select value from scores") == 8.0
    save(db, run, answer(job, parsed=Parsed(("film_genres", "scores"))))
    assert all_of(db, "select genre from film_genres") == [("Theirs",)]
    assert all_of(db, "select * from scores") == []


def test_people_are_stored_before_their_credits_and_never_taken_away(db: sqlite3.Connection) -> None:
    run, (job,) = asked(db)
    credit = Record(
        "credits", {"person_id": "tmdb:1", "job": "actor", "character": "A", "department": None, "billing": 0}
    )
    person = Record("people", {"person_id": "tmdb:1", "name": "One", "gender": 2, "profile_url": None})
    save(db, run, answer(job, parsed=Parsed(("credits", "people"), (credit, person))))
    unknowing = replace(person, values={"person_id": "tmdb:1", "name": "One"})
    save(db, run, answer(job, parsed=Parsed(("credits", "people"), (unknowing,))))
    assert all_of(db, "select name, gender from people") == [("One", 2)]
    assert all_of(db, "select * from credits") == []


def test_a_body_is_kept_once_as_received_with_what_was_asked(db: sqlite3.Connection) -> None:
    run, jobs = asked(db, 3)
    body = "Straße".encode() * 1000
    save(db, run, *(answer(job, body=body) for job in jobs[:2]), answer(jobs[2], body=b"other"))
    rows = all_of(db, "select body_hash, size, status, content_type, request, fetched_at, length(body) from bodies")
    assert len(rows) == 2
    digest, size, status, content_type, request, fetched_at, stored = next(row for row in rows if row[1] == len(body))
    assert (status, content_type, fetched_at) == (200, "application/json", at(0))
    assert request == f"/{jobs[0].key}?a=1&b=2"
    assert stored < size / 10
    assert bodies.read(db, digest) == body
    assert bodies.read(db, "unknown") is None
    assert {row[0] for row in all_of(db, "select body_hash from jobs")} == {row[0] for row in rows}


def test_bodies_are_not_kept_where_that_is_switched_off_except_of_what_could_not_be_read(
    db: sqlite3.Connection,
) -> None:
    run, jobs = asked(db, 3)
    save(db, run, answer(jobs[0], body=b"old", headers={"etag": '"1"'}))
    save(
        db,
        run,
        answer(jobs[0], body=b"new", headers={"etag": '"2"'}),
        answer(jobs[1], Outcome.BROKEN, body=b"unreadable"),
        answer(jobs[2], Outcome.RETRY, body=b"500", status=500),
        keep_bodies=False,
    )
    kept = dict(all_of(db, "select key, body_hash from jobs"))
    assert kept[jobs[0].key] is None, "the older body is not what the rows were read from"
    assert bodies.read(db, kept[jobs[1].key]) == b"unreadable"
    assert kept[jobs[2].key] is None
    assert one(db, "select etag from jobs where key = ?", jobs[0].key) is None


def test_not_modified_keeps_rows_body_and_tag(db: sqlite3.Connection) -> None:
    run, (job,) = asked(db)
    first = answer(job, parsed=Parsed(("scores",), (score(7.0),)), headers={"etag": '"a"'}, version=3)
    save(db, run, first)
    before = one(db, "select body_hash, etag, parser_version, reason from jobs")
    again = answer(job, status=304, body=b"", reason="not_modified", now=day(9), version=4)
    (saved,) = save(db, run, again)
    assert saved.finished
    assert one(db, "select body_hash, etag, parser_version, reason from jobs") == before == (before[0], '"a"', 3, None)
    assert one(db, "select state, fetched_at from jobs") == ("done", at(9))
    assert one(db, "select value from scores") == 7.0
    assert one(db, "select count(*) from failures") == 0


@pytest.mark.parametrize("outcome", [Outcome.BROKEN, Outcome.ABSENT])
def test_only_an_answer_whose_rows_are_stored_may_be_confirmed_unread(db: sqlite3.Connection, outcome: Outcome) -> None:
    # a broken answer's tag would turn a mended parser's question into "not modified", and its rows would never come
    run, (job,) = asked(db)
    save(db, run, answer(job, outcome, headers={"etag": '"bad"'}, reason="parser_error"))
    assert one(db, "select etag from jobs") is None
    save(db, run, answer(job, headers={"etag": '"good"'}))
    save(db, run, answer(job, outcome, headers={"etag": '"bad"'}, body=b"other", reason="parser_error"))
    assert one(db, "select etag from jobs") is None


def test_a_passing_fault_keeps_what_was_there(db: sqlite3.Connection) -> None:
    run, (job,) = asked(db)
    save(db, run, answer(job, parsed=Parsed(("scores",), (score(7.0),)), headers={"etag": '"a"'}))
    before = one(db, "select body_hash, etag from jobs")
    for outcome in (Outcome.RETRY, Outcome.REFUSED, Outcome.DENIED, Outcome.OFFLINE, Outcome.SPENT):
        save(db, run, answer(job, outcome, body=b"x", status=500, reason="r"))
        save(db, run, answer(replace(job, attempts=3), outcome, body=b"x", status=500, reason="r"))
        assert one(db, "select body_hash, etag from jobs") == before
    assert one(db, "select value from scores") == 7.0


def test_every_failed_attempt_is_a_row(db: sqlite3.Connection) -> None:
    run, (job,) = asked(db)
    save(db, run, answer(job, Outcome.RETRY, body=None, reason="timeout", message="no answer"))
    late = replace(job, attempts=3)
    save(db, run, answer(late, Outcome.RETRY, body=b"", status=503, reason="http_5xx", message="HTTP 503"))
    broken = answer(job, Outcome.BROKEN, reason="parser_error", message="unreadable", detail="Traceback")
    save(db, run, broken)
    save(db, run, answer(job))
    rows = all_of(
        db, "select run_id, source, key, film_id, at, attempt, class, message, detail from failures order by 1"
    )
    same = (run, "script", job.key, job.film_id, at(0))
    assert rows == [
        (*same, 1, "timeout", "no answer", None),
        (*same, 4, "http_5xx", "HTTP 503", None),
        (*same, 1, "parser_error", "unreadable", "Traceback"),
    ]
    assert one(db, "select state, attempts from jobs") == ("done", 0)
    assert lane(db, run) == {"planned": 1, "done": 1, "absent": 0, "failed": 1, "broken": 1}


REFUSED = {
    "a value that is missing": Record("film_genres", {"position": 0}),
    "a value the column forbids": Record("scores", {"system": "x", "value": None, "scale": 10.0}),
    "a parameter nobody knows": genre("Drama", mood="dark"),
    "a kind nobody knows": Record("film_moods", {"mood": "dark"}),
    "a number beyond 64 bits": genre("Drama", position=2**70),
    "half a character": genre("\ud800"),
    "a list": Record("film_genres", {"genre": ["Drama"]}),  # type: ignore[dict-item]
    "a person who is not there": Record("credits", {"person_id": "tmdb:9", "job": "actor", "character": ""}),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_row_the_tables_refuse_costs_its_own_job_only(db: sqlite3.Connection, what: str) -> None:
    run, jobs = asked(db, 3)
    fine = Parsed(("film_genres",), (genre("Fine"),))
    bad = Parsed(("film_genres",), (genre("Half"), REFUSED[what]), keys=("more",), ids={"imdb": "tt0000077"})
    save(db, run, answer(jobs[1], parsed=fine))
    saved = save(db, run, answer(jobs[0], parsed=fine), answer(jobs[1], parsed=bad), answer(jobs[2], parsed=fine))
    assert [each.settled.state for each in saved] == [JobState.DONE, JobState.BROKEN, JobState.DONE]
    assert all(each.finished for each in saved)
    assert all_of(db, "select genre from film_genres") == [("Fine",)] * 3, (
        "nothing of it is stored, the older rows stay"
    )
    assert one(db, "select count(*) from film_aliases where value = 'tt0000077'") == 0
    assert one(db, "select class, attempt from failures") == ("parser_error", 1)
    assert states(db) == {jobs[0].key: "done", jobs[1].key: "broken", jobs[2].key: "done"}
    assert one(db, "select parser_version from jobs where state = 'broken'") == 1
    assert bodies.read(db, one(db, "select body_hash from jobs where state = 'broken'")) == b"{}"


def test_a_kind_that_is_no_kind_is_never_part_of_a_statement(db: sqlite3.Connection) -> None:
    run, (job,) = asked(db)
    (saved,) = save(db, run, answer(job, parsed=Parsed(speaks_of=("films where 1 --",))))
    assert saved.settled.state is JobState.BROKEN
    assert one(db, "select count(*) from films") == 1


def test_half_a_character_in_a_header_or_a_message_ends_no_run(db: sqlite3.Connection) -> None:
    run, jobs = asked(db, 3)
    half = {"etag": "\udcff", "content-type": "text/\udcff"}
    match = Match("\ud800", None, (Candidate("movie/1", "\ud800", None, 0.5),))
    save(
        db,
        run,
        answer(jobs[0], headers=half),
        answer(jobs[1], Outcome.BROKEN, reason="parser_error", message="\ud800", detail="\ud800", headers=half),
        answer(jobs[2], parsed=Parsed(match=match)),
    )
    assert states(db) == {jobs[0].key: "done", jobs[1].key: "broken", jobs[2].key: "broken"}


def test_an_answer_is_stored_whole_or_not_at_all(db: sqlite3.Connection) -> None:
    run, jobs = asked(db, 2)
    parsed = Parsed(("scores",), (score(7.0),), keys=("more/1",), ids={"tmdb_movie": "603"})
    before = list(db.iterdump())
    for statement in ("jobs", "bodies", "scores", "film_aliases", "run_sources"):
        db.execute(f"create temp trigger cut before {'update' if statement in ('jobs', 'run_sources') else 'insert'} "
                   f"on main.{statement} begin select raise(rollback, 'cut'); end")  # fmt: skip
        with pytest.raises(sqlite3.Error):
            save(db, run, answer(jobs[0], parsed=parsed), answer(jobs[1]))
        db.execute("drop trigger cut")
        assert list(db.iterdump()) == before
    save(db, run, answer(jobs[0], parsed=parsed), answer(jobs[1]))
    assert waiting(db) == ["more/1"]
    assert one(db, "select tmdb_id from films where film_id = ?", jobs[0].film_id) == 603


# what an answer leads to


def by_title(**keys: list[str]) -> Script:
    return Script(keys)


def test_a_lookup_leads_to_a_question_and_the_film_counts_once(db: sqlite3.Connection) -> None:
    film(db, title="A")
    run = begin(db, by_title(A=["find/1", "search/a"]))
    (found,) = save(db, run, answer(ready(db, run)[0], parsed=Parsed(keys=("movie/1",), ids={"tmdb_movie": "1"})))
    assert not found.finished
    assert one(db, "select reason, state from jobs where key = 'find/1'") == ("lookup", "done")
    (job,) = ready(db, run)
    assert (job.key, job.film_id) == ("movie/1", 1)
    (told,) = save(db, run, answer(job))
    assert told.finished
    assert lane(db, run) == {"planned": 1, "done": 1, "absent": 0, "failed": 0, "broken": 0}


def test_an_answer_with_rows_that_has_more_to_ask_is_no_mere_lookup(db: sqlite3.Connection) -> None:
    # a lookup is not asked again when it is old; the rows of this one must be
    film(db, title="A")
    run = begin(db, by_title(A=["page/1"]))
    save(db, run, answer(ready(db, run)[0], parsed=Parsed(("scores",), (score(7.0),), keys=("page/1/cast",))))
    assert one(db, "select reason from jobs where key = 'page/1'") is None
    save(db, run, answer(ready(db, run)[0]))
    assert lane(db, run)["done"] == lane(db, run)["planned"] == 1
    begin(db, Script(), now=day(31))
    assert waiting(db) == ["page/1", "page/1/cast"]


def test_fallback_keys_are_asked_one_after_the_other_until_one_is_there(db: sqlite3.Connection) -> None:
    film(db, title="A")
    run = begin(db, by_title(A=["one", "two", "three"]))
    for key in ("one", "two"):
        (job,) = ready(db, run)
        assert job.key == key
        (saved,) = save(db, run, answer(job, Outcome.ABSENT, reason="not_found"))
        assert not saved.finished
    save(db, run, answer(ready(db, run)[0]))
    assert states(db) == {"one": "absent", "two": "absent", "three": "done"}
    assert lane(db, run) == {"planned": 1, "done": 1, "absent": 0, "failed": 0, "broken": 0}


def test_an_ambiguous_title_waits_for_a_person(db: sqlite3.Connection) -> None:
    film(db, title="A")
    run = begin(db, by_title(A=["one", "two"]))
    (saved,) = save(db, run, answer(ready(db, run)[0], Outcome.ABSENT, reason="ambiguous"))
    assert saved.finished
    assert waiting(db) == []
    assert lane(db, run)["absent"] == 1


def test_a_key_known_to_be_absent_is_passed_over_for_the_next(db: sqlite3.Connection) -> None:
    # the upstream's index still names what it has deleted: the title is all that is left to ask
    film(db, title="A")
    run = begin(db, by_title(A=["movie/1", "find/1", "search/a"]))
    save(db, run, answer(ready(db, run)[0], Outcome.ABSENT, reason="http_404"))
    save(db, run, answer(ready(db, run)[0], parsed=Parsed(keys=("movie/1",))))
    assert waiting(db) == ["search/a"]
    save(db, run, answer(ready(db, run)[0], Outcome.ABSENT, reason="not_found"))
    assert lane(db, run) == {"planned": 1, "done": 0, "absent": 1, "failed": 0, "broken": 0}


def test_a_lookup_that_leads_only_to_what_is_absent_makes_the_film_absent(db: sqlite3.Connection) -> None:
    film(db, title="A")
    run = begin(db, by_title(A=["movie/1", "find/1"]))
    save(db, run, answer(ready(db, run)[0], Outcome.ABSENT, reason="http_404"))
    (saved,) = save(db, run, answer(ready(db, run)[0], parsed=Parsed(keys=("movie/1",))))
    assert (saved.finished, saved.settled.state) == (True, JobState.ABSENT)
    assert lane(db, run) == {"planned": 1, "done": 0, "absent": 1, "failed": 0, "broken": 0}


def test_a_film_whose_number_was_given_up_is_looked_up_again(db: sqlite3.Connection) -> None:
    film(db, title="A")
    run = begin(db, by_title(A=["find/1"]))
    save(db, run, answer(ready(db, run)[0], parsed=Parsed(keys=("movie/1",), ids={"tmdb_movie": "1"})))
    save(db, run, answer(ready(db, run)[0], parsed=Parsed(("scores",), (score(7.0),))))
    run = begin(db, Script(), now=day(31))
    assert waiting(db) == ["movie/1"]
    (gone,) = save(db, run, answer(ready(db, run, now=day(31))[0], Outcome.ABSENT, reason="http_404", now=day(31)))
    assert not gone.finished
    (job,) = ready(db, run, now=day(31))
    assert (job.key, job.etag) == ("find/1", None)
    save(db, run, answer(job, parsed=Parsed(keys=("movie/2",), ids={"tmdb_movie": "2"}), now=day(31)))
    assert one(db, "select value from scores") == 7.0, "what was known stays until there is something newer"
    save(db, run, answer(ready(db, run, now=day(31))[0], now=day(31)))
    assert one(db, "select tmdb_id from films") == 2
    assert all_of(db, "select value from film_aliases where scheme = 'tmdb_movie' order by 1") == [("1",), ("2",)]
    assert lane(db, run) == {"planned": 1, "done": 1, "absent": 0, "failed": 0, "broken": 0}
    begin(db, Script(), now=day(62))
    assert waiting(db) == ["movie/2"]


def test_a_film_that_is_still_not_there_is_looked_up_once_in_a_run(db: sqlite3.Connection) -> None:
    film(db, title="A")
    run = begin(db, by_title(A=["find/1"]))
    save(db, run, answer(ready(db, run)[0], parsed=Parsed(keys=("movie/1",))))
    save(db, run, answer(ready(db, run)[0], Outcome.ABSENT, reason="http_404"))
    assert waiting(db) == [], "it was looked up a moment ago"
    run = begin(db, Script(), now=day(8))
    questions = 0
    while jobs := ready(db, run, now=day(8)):
        questions += 1
        parsed = Parsed(keys=("movie/1",)) if jobs[0].key == "find/1" else None
        outcome = Outcome.OK if parsed else Outcome.ABSENT
        save(db, run, answer(jobs[0], outcome, parsed, now=day(8), reason=None if parsed else "http_404"))
    assert questions == 2
    assert lane(db, run) == {"planned": 1, "done": 0, "absent": 1, "failed": 0, "broken": 0}


def test_two_rows_that_lead_to_one_question_are_one_film(db: sqlite3.Connection) -> None:
    film(db, {"imdb": "tt0000001"}, title="A")
    film(db, title="B")
    run = begin(db, by_title(A=["find/1"], B=["search/b"]))
    first, second = ready(db, run)
    save(db, run, answer(first, parsed=Parsed(keys=("movie/1",))))
    (saved,) = save(db, run, answer(second, parsed=Parsed(keys=("movie/1",))))
    assert (saved.finished, saved.joined) == (False, 1)
    assert films.current(db, 2) == 1
    save(db, run, answer(ready(db, run)[0], parsed=Parsed(("scores",), (score(7.0),))))
    assert one(db, "select film_id from scores") == 1
    assert lane(db, run) == {"planned": 1, "done": 1, "absent": 0, "failed": 0, "broken": 0}


def test_a_fallback_key_that_is_another_films_makes_them_not_one(db: sqlite3.Connection) -> None:
    # two films of one title and year, and an upstream that knows neither id: the title is no reason to merge them
    film(db, {"imdb": "tt0000001"}, title="A")
    film(db, {"imdb": "tt0000002"}, title="B")
    run = begin(db, by_title(A=["id/1", "title/2013/Carrie"], B=["id/2", "title/2013/Carrie", "last/b"]))
    first, second = ready(db, run)
    save(db, run, answer(first, Outcome.ABSENT), answer(second, Outcome.ABSENT))
    assert one(db, "select count(*) from films") == 2
    assert waiting(db) == ["last/b", "title/2013/Carrie"]
    for job in ready(db, run):
        save(db, run, answer(job, Outcome.ABSENT))
    assert lane(db, run) == {"planned": 2, "done": 0, "absent": 2, "failed": 0, "broken": 0}


def test_a_question_that_waits_from_another_run_joins_this_one(db: sqlite3.Connection) -> None:
    film(db, {"tmdb_movie": "1"}, title="A")
    film(db, {"imdb": "tt0000002"}, title="B")
    source = by_title(A=["movie/1"], B=["find/2"])
    begin(db, source, Scope(films=("tmdb_movie:1",)))
    run = begin(db, source, Scope(films=("tt0000002",)))
    (job,) = ready(db, run)
    save(db, run, answer(job, parsed=Parsed(keys=("movie/1",))))
    (job,) = ready(db, run)
    assert job.key == "movie/1"
    save(db, run, answer(job))
    assert lane(db, run) == {"planned": 1, "done": 1, "absent": 0, "failed": 0, "broken": 0}


def test_two_films_merged_by_an_id_while_both_are_asked_about_count_once(db: sqlite3.Connection) -> None:
    for order in (0, 1):
        one_, other = (
            film(db, {"imdb": f"tt000000{order}"}, title="A"),
            film(db, {"tmdb_movie": f"{order + 5}"}, title="B"),
        )
        run = begin(db, by_title(A=[f"find/{order}"], B=[f"movie/{order + 5}"]))
        ids = {"imdb": f"tt000000{order}", "tmdb_movie": f"{order + 5}"}
        answers = {
            f"find/{order}": Parsed(keys=(f"movie/{order + 5}",), ids={"tmdb_movie": f"{order + 5}"}),
            f"movie/{order + 5}": Parsed(("scores",), (score(7.0),), ids=ids),
        }
        jobs = ready(db, run)
        for job in reversed(jobs) if order else jobs:
            save(db, run, answer(job, parsed=answers[job.key]))
        for job in ready(db, run):
            save(db, run, answer(job, parsed=answers[job.key]))
        assert films.current(db, other) == one_
        assert lane(db, run) == {"planned": 1, "done": 1, "absent": 0, "failed": 0, "broken": 0}


def test_a_persons_decision_about_a_title_survives_every_answer(db: sqlite3.Connection) -> None:
    film(db, title="A")
    film(db, title="B")
    run = begin(db, by_title(A=["search/a"], B=["search/b"]))
    for chosen, number in (("none", 1), ("movie/9", 2)):
        db.execute(
            "insert into matches values (?, 'script', 'x', null, '[]', ?, null, 'manual', ?)", (number, chosen, at(0))
        )
    match = Match("A", 2013, (Candidate("movie/1", "A", 2013, 1.0),), "movie/1")
    for job in ready(db, run):
        save(db, run, answer(job, parsed=Parsed(keys=("movie/1",), match=match)))
    assert waiting(db) == ["movie/9"]
    assert all_of(db, "select chosen, decided_by, confidence from matches order by film_id") == [
        ("none", "manual", 1.0),
        ("movie/9", "manual", 1.0),
    ]
    save(db, run, answer(ready(db, run)[0]))
    assert lane(db, run) == {"planned": 2, "done": 2, "absent": 0, "failed": 0, "broken": 0}


def test_an_automatic_choice_is_stored_with_what_was_offered(db: sqlite3.Connection) -> None:
    film(db, title="A")
    run = begin(db, by_title(A=["search/a"]))
    match = Match("A", 2013, (Candidate("movie/1", "A", 2013, 1.0), Candidate("movie/2", "B", None, 0.4)), "movie/1")
    save(db, run, answer(ready(db, run)[0], parsed=Parsed(keys=("movie/1",), match=match)))
    assert one(db, "select title, chosen, decided_by, decided_at, confidence from matches") == (
        *("A", "movie/1", "auto", at(0), 1.0),
    )
    assert one(db, "select candidates from matches").count('"id"') == 2


OUTCOMES = st.sampled_from(
    ["done", "absent", "ambiguous", "retry", "refused", "broken", "refused row", "lead", "lead", "two", "link"]
)


@settings(max_examples=120, deadline=None)
@given(data=st.data())
def test_the_figures_of_a_lane_add_up_whatever_the_answers_are(data: st.DataObject) -> None:
    with closing(made(Path(":memory:"))) as db:
        number = data.draw(st.integers(1, 5), "films")
        details = st.sampled_from([f"m/{index}" for index in range(4)])
        keys = {
            f"F{index}": [f"k/{index}", *data.draw(st.lists(details, max_size=2, unique=True), f"fallback {index}")]
            for index in range(number)
        }
        for index in range(number):
            film(db, {"imdb": f"tt{index:07}"}, title=f"F{index}")
        source = Script(keys)
        for moment in (day(0), day(20), day(60)):
            scope = Scope(limit=data.draw(st.none() | st.integers(1, 5), "limit"))
            run = begin(db, source, scope, now=moment)
            for _ in range(200):
                jobs = ready(db, run, now=moment)
                if not jobs:
                    if (due := checkpoint.next_ready(db, run, "script")) is None:
                        break
                    moment = max(moment, type(moment).fromisoformat(due))
                    continue
                job = data.draw(st.sampled_from(jobs), "job")
                how = data.draw(OUTCOMES, "answer")
                save(db, run, _answered(job, how, data.draw(details, "leads to"), moment))
            else:  # whoever draws "slow down" for ever has not come to the end
                return
            figures = lane(db, run)
            assert figures["planned"] == sum(figures.values()) - figures["planned"]
        sound(db)
        assert waiting(db) == [] or scope.narrowed


def _answered(job: Job, how: str, other: str, now: Any) -> Any:
    simple = {
        "done": (Outcome.OK, Parsed(("scores",), (score(1.0),))),
        "refused row": (Outcome.OK, Parsed((), (score(None),))),  # type: ignore[arg-type]
        "lead": (Outcome.OK, Parsed(keys=(other,))),
        "two": (Outcome.OK, Parsed(("scores",), (), keys=(other, f"{other}/more"))),
        "link": (Outcome.OK, Parsed(("scores",), (), ids={"tmdb_movie": other.removeprefix("m/") + "1"})),
    }
    if job.key.startswith("m/") and how in ("lead", "two"):
        how = "done"  # a question that leads to itself is no chain
    if how in simple:
        return answer(job, *simple[how], now=now)
    outcome = {"retry": Outcome.RETRY, "refused": Outcome.REFUSED, "broken": Outcome.BROKEN}.get(how, Outcome.ABSENT)
    reason = "ambiguous" if how == "ambiguous" else how
    return answer(job, outcome, now=now, reason=reason, max_retries=1)


# an upstream's patience


def test_an_upstreams_patience_is_remembered(db: sqlite3.Connection) -> None:
    assert patience.throttle(db, "script", NOW) is None
    patience.remember_throttle(db, "script", Remembered(5.0, 9.0, 60.0, "http_429"), iso(day(1)), iso(NOW))
    assert patience.throttle(db, "script", NOW) == Remembered(5.0, 9.0, 86400.0, "http_429")
    assert patience.throttle(db, "script", day(3)) == Remembered(5.0, 9.0, 0.0, "http_429")
    patience.remember_throttle(db, "script", Remembered(8.0, None, 0.0, None), None, iso(NOW))
    assert patience.throttle(db, "script", NOW) == Remembered(8.0, None, 0.0, None)


def test_a_request_that_answers_several_jobs_is_counted_once(db: sqlite3.Connection) -> None:
    run, jobs = asked(db, 3)
    first, *others = (answer(job) for job in jobs)
    save(db, run, first, *(replace(each, shared=True) for each in others))
    assert one(db, "select requests, done from run_sources") == (1, 3)


def test_a_job_whose_film_was_merged_meanwhile_is_stored_with_the_film_that_stands(db: sqlite3.Connection) -> None:
    run, jobs = asked(db, 2)
    films.learn(db, 1, {"imdb": "tt0000002"}, at(0))
    save(db, run, answer(jobs[1], parsed=Parsed(("scores",), (score(7.0),))))
    assert one(db, "select film_id from scores") == 1
    assert state(db, jobs[1].key) == "done"
    save(db, run, answer(jobs[1], Outcome.RETRY, body=None, reason="timeout"))
    assert one(db, "select film_id from failures") == 1
    assert films.find(db, Seed({"imdb": "tt0000002"})) == 1


def test_an_answer_with_two_keys_of_which_the_first_merges_its_film_is_stored(db: sqlite3.Connection) -> None:
    # the second key's job must name the row that stayed, not the one that has gone
    film(db, title="A")
    film(db, title="B")
    run = begin(db, by_title(A=["a"], B=["b"]))
    first, second = ready(db, run)
    save(db, run, answer(first, parsed=Parsed(keys=("film/1",))))
    save(db, run, answer(second, parsed=Parsed(keys=("film/1", "film/2"))))
    assert all_of(db, "select key, film_id, state from jobs where key like 'film/%' order by key") == [
        ("film/1", 1, "pending"),
        ("film/2", 1, "pending"),
    ]
    sound(db)
