"""`runs`: the history of runs, and what one of them found."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from typing import Any

import pytest
from commandline import Person
from filelock import FileLock

from mwi_crawl import store
from mwi_crawl.demo.upstream import FakeUpstream

pytestmark = pytest.mark.usefixtures("quick")


def run(mwi: Person, run_id: int, status: str = "SUCCESS", **more: Any) -> None:
    """A run of 40 seconds that began at `run_id` o'clock."""
    values: dict[str, Any] = {
        "run_id": run_id, "kind": "incremental", "status": status, "started_at": at(run_id),
        "heartbeat_at": at(run_id, 40), "finished_at": at(run_id, 40), "exit_code": 0, "pid": 4711,
    }  # fmt: skip
    fill(mwi, "runs", [values | more])


def lane(mwi: Person, run_id: int, source: str, state: str = "done", **figures: Any) -> None:
    fill(mwi, "run_sources", [{"run_id": run_id, "source": source, "state": state, **figures}])


def film(mwi: Person, film_id: int, title: str | None, year: int | None = 2001) -> None:
    values = {"film_id": film_id, "title": title, "release_year": year, "imdb_id": f"tt{film_id:07}"}
    fill(mwi, "films", [{**values, "created_at": at(0), "updated_at": at(0)}])


def met(mwi: Person, run_id: int, what: str, film_id: int, *sources: str) -> None:
    fill(mwi, "run_films", [{"run_id": run_id, "source": each, "film_id": film_id, "what": what} for each in sources])


def at(hour: int, second: int = 0) -> str:
    return f"2026-03-04T{hour:02}:00:{second:02}.000Z"


def fill(mwi: Person, table: str, rows: Iterable[dict[str, Any]]) -> None:
    with closing(sqlite3.connect(mwi.folder / "mwi.db")) as db:
        for row in rows:
            marks = ", ".join(f":{name}" for name in row)
            db.execute(f"insert into {table} ({', '.join(row)}) values ({marks})", row)
        db.commit()


def section(out: str, title: str) -> list[str]:
    """The lines below a title, to the next empty one."""
    lines = iter(out.splitlines())
    next(line for line in lines if line.startswith(title))
    found = []
    for line in lines:
        if not line.startswith(" "):
            break
        found.append(line.strip())
    return found


@pytest.fixture
def file(mwi: Person) -> Person:
    """A new file, to be filled by hand."""
    mwi("init")
    return mwi


@pytest.fixture
def failed(mwi: Person, tmdb: FakeUpstream) -> FakeUpstream:
    """Three films: one done, one not there, one given up."""
    mwi.follow("tt9000001", "tt9000002", "tt0000404")
    tmdb.script("500", "/3/movie/9000002")
    assert mwi("full", "-q").code == 5
    return tmdb


def pipeline(mwi: Person, run_id: int, *columns: str) -> tuple[Any, ...]:
    return mwi.ask(f"select {', '.join(columns)} from pipeline_runs where id = {run_id}")[0]


# --- the list


def test_no_runs_yet(mwi: Person) -> None:
    mwi("init")
    assert mwi("runs").out == "No runs yet.\n"


def test_runs_are_listed_newest_first(mwi: Person, failed: FakeUpstream) -> None:
    failed.behave()
    mwi("failures", "retry")
    lines = mwi("runs").out.splitlines()
    assert lines[0].split() == [
        "run", "kind", "status", "started", "time", "attempt", "films", "requests", "exit", "sources", "message"
    ]  # fmt: skip
    assert [line.split()[:3] for line in lines[1:]] == [["2", "failures", "SUCCESS"], ["1", "full", "PARTIAL"]]
    assert lines[2].endswith("tmdb     tmdb 1 failed")
    rows = json.loads(mwi("runs", "--json").out)
    assert [(row["run_id"], row["sources"], row["error_message"]) for row in rows] == [
        (2, "tmdb", None),
        (1, "tmdb", "tmdb 1 failed"),
    ]
    assert all(row["duration_seconds"] >= 0 for row in rows)
    assert len(mwi("runs", "--limit", "1").out.splitlines()) == 2
    assert "full" in mwi("runs", "--status", "partial").out
    assert mwi("runs", "--status", "FAILED").out == "No runs with status FAILED.\n"


# --- the view


def test_a_source_that_took_no_part_is_no_source_of_the_run(file: Person) -> None:
    run(file, 1)
    for source, state in (("tmdb", "done"), ("ddd", "closed"), ("omdb", "no_key"), ("imdb", "off")):
        lane(file, 1, source, state, done=3, absent=2)
    assert pipeline(file, 1, "source_categories", "movies_processed") == ("ddd, tmdb", 5)


def test_a_resumed_run_lasts_from_its_first_start_to_its_last_end(file: Person) -> None:
    run(file, 1, attempt=2, finished_at=at(3))
    assert pipeline(file, 1, "duration_seconds", "error_message") == (7200.0, None)


def test_a_run_that_is_going_on_lasts_until_its_last_sign_of_life(file: Person) -> None:
    run(file, 1, "RUNNING", finished_at=None, exit_code=None)
    assert pipeline(file, 1, "duration_seconds", "error_message") == (40.0, None)


@pytest.mark.parametrize(
    ("status", "more", "said"),
    [
        ("SUCCESS", {}, None),
        ("FAILED", {"message": "KeyError: 'x'"}, "KeyError: 'x'"),
        ("ABORTED", {"exit_code": None}, "it never ended: the process was killed, or the machine went off"),
        ("ABORTED", {"exit_code": 130, "message": ""}, "it was stopped before its end"),
        ("INTERRUPTED", {"exit_code": 143, "message": ""}, "it was stopped before its end"),
        ("INTERRUPTED", {"exit_code": 9, "message": "no source could be reached"}, "no source could be reached"),
        ("PARTIAL", {"exit_code": 5, "message": "stopped after 50 failures"}, "stopped after 50 failures"),
        ("PARTIAL", {"exit_code": 6, "message": ""}, "ddd 3 failed closed, omdb quota, tmdb 2 failed"),
    ],
)
def test_what_did_not_end_well_says_why(file: Person, status: str, more: dict[str, Any], said: str | None) -> None:
    run(file, 1, status, **more)
    if "quota" in str(said):
        lane(file, 1, "tmdb", failed=1, broken=1)
        lane(file, 1, "omdb", "waiting", reason="quota")
        lane(file, 1, "ddd", "closed", failed=3)
        lane(file, 1, "cinemorgue")
    assert pipeline(file, 1, "error_message") == (said,)


def test_a_run_that_was_killed_says_so_after_the_next(mwi: Person, tmdb: FakeUpstream) -> None:
    mwi.follow("tt9000001")
    run(mwi, 1, "RUNNING", finished_at=None, exit_code=None, kind="full")
    assert mwi("full", "-q").code == 0
    assert pipeline(mwi, 1, "status", "duration_seconds", "error_message") == (
        "ABORTED",
        40.0,
        "it never ended: the process was killed, or the machine went off",
    )


# --- one run


def test_a_run_is_shown_with_its_figures(mwi: Person, failed: FakeUpstream) -> None:
    said = mwi("runs", "show", "1")
    assert said.code == 0
    head, times, message, columns, row, *_ = said.out.splitlines()
    assert head == "Run 1 (full)   PARTIAL, exit code 5"
    assert "2 films, " in times
    assert message == " tmdb 1 failed"
    assert columns.split()[:7] == ["source", "planned", "done", "not", "there", "failed", "unreadable"]
    assert row.split()[:7] == ["tmdb", "3", "1", "1", "1", "0", "0"]
    (failures,) = section(said.out, "failed attempts")[1:]
    assert failures.split()[:4] == ["tmdb", "upstream_error", "4", "1"]
    assert "HTTP 500" in failures


def test_the_last_run_has_a_name(file: Person) -> None:
    run(file, 1)
    run(file, 2)
    assert mwi_head(file, "last") == mwi_head(file, "2") == "Run 2 (incremental)   SUCCESS, exit code 0"
    assert mwi_head(file, "1").startswith("Run 1 ")


def mwi_head(mwi: Person, number: str) -> str:
    return mwi("runs", "show", number).out.splitlines()[0]


def test_what_a_run_found_is_told_by_film_with_its_sources(file: Person) -> None:
    run(file, 1)
    for number, title in ((1, "Anora"), (2, "Perfect Days"), (3, "Solaris"), (4, None), (5, "Gone")):
        film(file, number, title, None if number == 5 else 2000 + number)
    met(file, 1, "new", 2, "tmdb", "omdb")
    met(file, 1, "new", 1, "tmdb")
    met(file, 1, "found", 4, "youtube")
    met(file, 1, "changed", 3, "tmdb")
    met(file, 1, "gone", 5, "tmdb")
    said = mwi_out(file)
    assert section(said, "new (2)") == ["Anora (2001)   tmdb", "Perfect Days (2002)   omdb, tmdb"]
    assert section(said, "found by a list or a trailer (1)") == ["tt0000004   youtube"]
    assert section(said, "changed (1)") == ["Solaris (2003)   tmdb"]
    assert section(said, "gone there; what was known is kept (1)") == ["Gone   tmdb"]
    assert "answers not taken" not in said
    assert "trailers" not in said


def mwi_out(mwi: Person, *more: str) -> str:
    said = mwi("runs", "show", "1", *more)
    assert said.code == 0
    return said.out


def test_a_films_title_is_what_a_source_says_before_what_a_file_said(file: Person) -> None:
    run(file, 1)
    film(file, 1, "as imported", 1999)
    facts = {"film_id": 1, "release_year": 2024}
    fill(file, "film_facts", [{**facts, "source": name, "title": f"by {name}"} for name in ("omdb", "tmdb")])
    met(file, 1, "new", 1, "tmdb")
    assert section(mwi_out(file), "new (1)") == ["by tmdb (2024)   tmdb"]


def test_other_runs_finds_are_not_shown(file: Person) -> None:
    for number in (1, 2):
        run(file, number)
        film(file, number, f"Film {number}")
        met(file, number, "new", number, "tmdb")
    assert section(mwi_out(file), "new (1)") == ["Film 1 (2001)   tmdb"]


def test_an_answer_that_was_kept_back_says_what_it_had_lost(file: Person) -> None:
    run(file, 1)
    run(file, 2)
    film(file, 1, "Solaris")
    met(file, 1, "kept", 1, "tmdb", "omdb")
    conflict = {"film_id": 1, "key": "movie/593"}
    fill(file, "conflicts", [
        {**conflict, "source": "tmdb", "at": at(1, 10), "reason": "no runtime any more"},
        {**conflict, "source": "tmdb", "at": at(1, 11), "reason": "no runtime any more"},
        {**conflict, "source": "omdb", "at": at(1, 40), "reason": "no awards any more"},
        {**conflict, "source": "tmdb", "at": at(0, 59), "reason": "an earlier run"},
        {**conflict, "source": "tmdb", "at": at(2, 1), "reason": "a later run"},
    ])  # fmt: skip
    assert section(mwi_out(file), "answers not taken") == [
        "Solaris (2001)   omdb: no awards any more; tmdb: no runtime any more"
    ]


def test_thousands_of_films_are_a_number_and_the_first_titles(file: Person) -> None:
    run(file, 1)
    for number in range(1, 58):
        film(file, number, f"Film {number:03}")
        met(file, 1, "new", number, "tmdb")
    lines = section(mwi_out(file), "new (57)")
    assert (len(lines), lines[0], lines[-1]) == (21, "Film 001 (2001)   tmdb", "… and 37 more (--all)")
    lines = section(mwi_out(file, "--all"), "new (57)")
    assert (len(lines), lines[-1]) == (57, "Film 057 (2001)   tmdb")
    found = json.loads(mwi_out(file, "--json"))["films"]["new"]
    assert (found["count"], len(found["first"])) == (57, 57)


def test_trailers_that_were_first_met_in_the_run_are_shown_with_their_film(file: Person) -> None:
    run(file, 1)
    run(file, 2)
    film(file, 1, "Dune: Part Two", 2024)
    video = {"channel": "c", "seen_at": at(2)}
    fill(file, "trailers", [
        {**video, "video_id": "a", "raw_title": "Dune | Official", "film_id": 1, "first_seen_at": at(1, 5)},
        {**video, "video_id": "b", "raw_title": "Who knows", "film_id": None, "first_seen_at": at(1, 5)},
        {**video, "video_id": "c", "raw_title": "known before", "film_id": 1, "first_seen_at": at(0)},
        {**video, "video_id": "d", "raw_title": "later", "film_id": 1, "first_seen_at": at(2, 5)},
    ])  # fmt: skip
    assert section(mwi_out(file), "trailers met for the first time (2)") == [
        "Dune: Part Two (2024)   Dune | Official",
        "no film yet   Who knows",
    ]


def test_what_a_killed_run_wrote_after_its_last_sign_of_life_is_its_own(file: Person) -> None:
    run(file, 1, "ABORTED", exit_code=None)  # its end is its last sign of life
    run(file, 2)
    row = {"video_id": "a", "channel": "c", "raw_title": "x", "first_seen_at": at(1, 43), "seen_at": at(1, 43)}
    fill(file, "trailers", [row])
    assert "trailers met for the first time (1)" in mwi_out(file)


def test_sources_without_a_part_are_named_apart(file: Person) -> None:
    run(file, 1)
    lane(file, 1, "tmdb", planned=10, done=6, absent=1, requests=1200, retried=2, seconds=61)
    lane(file, 1, "omdb", "waiting", reason="quota", planned=10, done=4)
    lane(file, 1, "ddd", "no_key")
    said = mwi_out(file)
    rows = {line.split()[0]: line.split()[1:] for line in said.splitlines()[2:]}
    assert rows["tmdb"] == ["10", "6", "1", "0", "0", "3", "1,200", "2", "1m", "01s", "done"]
    assert " ".join(rows["omdb"]).endswith("the quota is used up")
    assert " ddd took no part: no key" in said.splitlines()


def test_an_interrupted_run_says_how_it_goes_on(file: Person) -> None:
    run(file, 1, "INTERRUPTED", kind="full", exit_code=130)
    assert mwi_out(file).splitlines()[-1] == "Continue with: mwi-crawl full --resume"
    said = file("runs", "show", "1", "--db", "mwi.db")
    assert said.last == "Continue with: mwi-crawl full --resume --db mwi.db"
    run(file, 2, kind="full")  # a later run took its place
    assert "Continue" not in mwi_out(file)


def test_a_run_whose_process_is_gone_says_so(file: Person) -> None:
    run(file, 1, "RUNNING", kind="failures", finished_at=None, exit_code=None)
    *_, told, go_on = mwi_out(file).splitlines()
    assert told.startswith("Run 1 did not end: process 4711 is gone, last sign of life")
    assert go_on == "Continue with: mwi-crawl full --resume"


def test_a_run_that_is_going_on_can_be_watched(file: Person) -> None:
    run(file, 1, "RUNNING", finished_at=None, exit_code=None)
    with FileLock(store._lock_path(file.folder / "mwi.db")):
        said = mwi_out(file)
    assert said.splitlines()[-1] == "Run 1 is going on. Watch it with: mwi-crawl status --watch"
    assert "Continue" not in said


def test_a_run_that_has_nothing_left_does_not_go_on(file: Person) -> None:
    run(file, 1, "PARTIAL", exit_code=5, planned_at=at(1), kind="full")
    assert "Continue" not in mwi_out(file)
    job = {"source": "omdb", "key": "i/tt0000001", "state": "pending", "ready_at": at(9), "run_id": 1}
    fill(file, "jobs", [job])
    assert "Continue with: mwi-crawl full --resume" in mwi_out(file)


def test_what_waits_of_an_incremental_run_is_taken_along_by_the_next(file: Person) -> None:
    run(file, 1, "PARTIAL", exit_code=6, planned_at=at(1))
    lane(file, 1, "omdb", "waiting", reason="quota", planned=10, done=4)
    assert "Continue with: mwi-crawl incremental\n" in mwi_out(file)


def test_a_run_in_json(file: Person) -> None:
    run(file, 1, "PARTIAL", exit_code=6)
    lane(file, 1, "omdb", "waiting", reason="quota", planned=10, done=4)
    film(file, 1, "Solaris")
    met(file, 1, "kept", 1, "tmdb")
    found = json.loads(mwi_out(file, "--json"))
    assert list(found) == ["run", "active", "resume_with", "sources", "films", "trailers", "failures"]
    assert (found["run"]["status"], found["run"]["duration_seconds"]) == ("PARTIAL", 40.0)
    assert "ended_by" not in found["run"]
    assert found["sources"]["omdb"]["waiting"] == 6
    assert found["films"]["new"] == {"count": 0, "first": []}
    assert found["films"]["kept"]["first"][0] == {
        "film_id": 1, "imdb_id": "tt0000001", "title": "Solaris", "release_year": 2001, "sources": "tmdb",
        "reason": None,
    }  # fmt: skip
    assert found["trailers"] == {"count": 0, "first": []}
    assert json.loads(file("runs", "--json", "show", "last").out) == found


def test_a_run_that_does_not_exist_names_the_newest(file: Person) -> None:
    run(file, 1)
    run(file, 7)
    said = file("runs", "show", "9")
    assert (said.code, said.out) == (3, "")
    assert said.err.splitlines() == [
        "Error: there is no run 9; the newest is run 7.",
        "Nothing was changed.",
        "See: mwi-crawl runs, or: mwi-crawl runs show last",
        "(exit code 3)",
    ]


@pytest.mark.parametrize("number", ["last", "1"])
def test_where_there_is_no_run_the_first_step_is_told(file: Person, number: str) -> None:
    said = file("runs", "show", number)
    assert (said.code, said.out) == (3, "")
    assert said.err.splitlines()[0] == "Error: there is no run yet."
    assert "mwi-crawl full" in said.err


@pytest.mark.parametrize("number", ["first", "-1", "1.5", "²", "9" * 30, ""])
def test_what_is_no_number_is_a_wrong_command_line(file: Person, number: str) -> None:
    said = file("runs", "show", number)
    assert said.code == 2
    assert said.out == ""


def test_options_may_stand_before_or_after_show(file: Person) -> None:
    for words in ("runs --db nowhere.db show 1", "runs show 1 --db nowhere.db"):
        said = file(*words.split())
        assert said.code == 8
        assert "nowhere.db does not exist" in said.err


def test_titles_of_strangers_do_not_steer_the_terminal(file: Person) -> None:
    run(file, 1)
    film(file, 1, "\x1b[31mred\nnew (99)")
    met(file, 1, "new", 1, "tmdb")
    said = mwi_out(file)
    assert "\x1b" not in said
    assert len(section(said, "new (1)")) == 1
