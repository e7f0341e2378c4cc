"""`full` and `plan` as a person meets them: how a run begins, what it says at its end, and with which code."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import time
from contextlib import closing

import pytest
from commandline import Person
from toys import TOKEN

from mwi_crawl import sources, store
from mwi_crawl.demo.upstream import FakeUpstream

ASKED = {name: source for name, source in sources.discover().items() if not (source.bulk or source.feeds)}
OFF = [name for name in ASKED if name != "tmdb"]
KEY_REFUSED = '{"status_code":7,"status_message":"Invalid API key: You must be granted a valid key.","success":false}'


def wait_for_requests(upstream: FakeUpstream, count: int) -> None:
    deadline = time.monotonic() + 20
    while len(upstream.log.hits) < count:
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_a_run_says_how_it_begins_and_what_it_came_to(mwi: Person, tmdb: FakeUpstream) -> None:
    mwi.follow("tt9000001", "tt9000002", "tt0000404")
    said = mwi("full")
    assert said.code == 0
    assert said.err == f"Run 1 (full)   3 films   sources: tmdb   skipped, off: {', '.join(OFF)}\n"
    first, tmdb_line, last = said.out.splitlines()
    assert re.fullmatch(r"Run 1 finished in [\d.]+ s\. 5 requests, 0 retried, 0 failed\.", first)
    assert tmdb_line.split() == ["tmdb", "2", "done,", "1", "not", "there"]
    assert last == "Next: mwi-crawl aggregate   (exit code 0)"


def test_a_second_run_asks_nothing_and_says_so(mwi: Person, tmdb: FakeUpstream) -> None:
    mwi.follow("tt9000001")
    mwi("full")
    asked = len(tmdb.log.hits)
    said = mwi("full")
    assert said.code == 0
    assert "Run 2 (full)   0 of 1 film   sources: tmdb" in said.err
    assert "nothing to ask" in said.out
    assert len(tmdb.log.hits) == asked


def test_json_has_what_a_script_asks_for_and_stdout_has_nothing_else(mwi: Person, tmdb: FakeUpstream) -> None:
    mwi.follow("tt9000001", "tt0000404")
    said = mwi("full", "--json")
    found = json.loads(said.out)
    assert {name: found[name] for name in ("run_id", "status", "requests", "failed", "exit_code", "skipped")} == {
        "run_id": 1,
        "status": "SUCCESS",
        "requests": 3,
        "failed": 0,
        "exit_code": 0,
        "skipped": dict.fromkeys(OFF, "off"),
    }
    assert found["sources"]["tmdb"]["done"] == 1
    assert found["sources"]["tmdb"]["absent_reasons"] == {"not_found": 1}


def test_a_mistyped_db_does_not_become_a_new_file(mwi: Person, tmdb: FakeUpstream) -> None:
    said = mwi("full", "--db", "typo.db")
    assert (said.code, (mwi.folder / "typo.db").exists()) == (8, False)
    assert "typo.db does not exist.\nNothing was fetched.\n" in said.err


def test_without_films_it_says_what_to_do(mwi: Person, tmdb: FakeUpstream) -> None:
    mwi("init")
    said = mwi("full")
    assert said.code == 0
    assert "holds no films to ask about yet" in said.out
    assert said.last == "Next: mwi-crawl import ratings.csv   (exit code 0)"


def test_without_any_key_it_says_who_took_no_part_and_what_that_costs(mwi: Person) -> None:
    mwi.follow("tt9000001")
    said = mwi("full")
    assert said.code == 0
    off = f"skipped, off: {', '.join(OFF)}"
    assert said.err == f"Run 1 (full)   1 film   sources: none   skipped, no key: tmdb   {off}\n"
    assert re.search(r"Still empty without keys: .*posters.* \(TMDb\)\.", said.out)
    assert "TMDB_API_READ_ACCESS_TOKEN from https://www.themoviedb.org/settings/api" in said.out
    assert mwi.ask("select state from film_source_state where source = 'tmdb'") == [("no_key",)]


def test_a_source_that_is_asked_for_and_has_no_key_ends_with_4(mwi: Person) -> None:
    mwi.follow("tt9000001")
    said = mwi("full", "--source", "tmdb")
    assert said.code == 4
    assert 'source "tmdb" was asked for but has no key.' in said.err
    assert "put TMDB_API_READ_ACCESS_TOKEN=... in .env" in said.err
    assert said.out == ""
    assert mwi("full", "--source", "nonsense").code == 3


def test_a_refused_key_ends_with_4_and_counts_no_attempt(mwi: Person, tmdb: FakeUpstream) -> None:
    mwi.follow(*(f"tt900000{number}" for number in range(1, 9)))
    mwi.use(os.environ["MWI_SOURCES__TMDB__BASE_URL"], TMDB_API_READ_ACCESS_TOKEN="eyJhbGciOiJub25lIn0.other-key.x")
    said = mwi("full")
    assert said.code == 4
    assert "the key was refused" in said.out
    assert said.last == "Next: put the new key in .env, then: mwi-crawl full --resume   (exit code 4)"
    assert mwi.ask("select sum(attempts) from jobs") == [(0,)]


def test_failures_end_with_5_and_name_the_command_that_shows_them(mwi: Person, tmdb: FakeUpstream, quick: None) -> None:
    mwi.follow("tt9000001", "tt9000002")
    tmdb.script("500", "/3/movie/9000002")
    said = mwi("full")
    assert said.code == 5
    assert re.search(r"tmdb +1 done, 1 failed", said.out)
    assert said.last == "Next: mwi-crawl failures   (exit code 5)"
    assert mwi("full", "--refetch", "--ok", "5", "-q") == type(said)(0, "", "")


def test_ok_speaks_of_the_named_code_only(mwi: Person, tmdb: FakeUpstream, quick: None) -> None:
    mwi.follow("tt9000001")
    tmdb.script("500", "/3/movie/*")
    said = mwi("full", "--ok", "6", "-q")
    assert said.code == 5
    assert "1 failed" in said.out  # what is not well is told, however quiet
    assert said.err == ""


def test_too_many_failures_stop_the_run(mwi: Person, tmdb: FakeUpstream) -> None:
    mwi.follow(*(f"tt90000{number}" for number in range(10, 40)))
    for number in range(10, 40):
        tmdb.add(f"/3/movie/90000{number}", "[]")
    said = mwi("full", "--max-failures", "2")
    assert said.code == 5
    assert re.search(r"Run 1 stopped after \d+ failures", said.out)
    assert "unreadable" in said.out


def test_quiet_says_nothing_when_all_is_well(mwi: Person, tmdb: FakeUpstream, quick: None) -> None:
    mwi.follow("tt9000001")
    tmdb.script("429", times=1)
    said = mwi("full", "-q")
    assert (said.code, said.out, said.err) == (0, "", "")
    assert mwi.ask("select done from run_sources where source = 'tmdb'") == [(1,)]


def test_pauses_are_told_as_they_happen(mwi: Person, tmdb: FakeUpstream, quick: None) -> None:
    mwi.follow("tt9000001")
    tmdb.script("429", times=1)
    said = mwi("full")
    assert said.code == 0
    assert 'Warning: TMDb said "slow down" (429)' in said.err


def test_a_dry_run_and_a_plan_send_nothing_and_start_nothing(mwi: Person, tmdb: FakeUpstream) -> None:
    mwi.follow("tt9000001", "tt9000002")
    plan, dry = mwi("plan", "full"), mwi("full", "--dry-run")
    assert plan.out == dry.out
    assert "2 films to ask about. Run not started, no request sent." in plan.out
    assert re.search(r"tmdb +2 +~4 +5000/s +– +~1.0 s", plan.out)
    assert "Start with: mwi-crawl full" in plan.out
    assert json.loads(mwi("plan", "--json").out)["sources"] == {
        "tmdb": {"films": 2, "requests": 4, "left": None, "changes": []}
    }
    assert tmdb.log.hits == []
    assert mwi.ask("select count(*) from runs") == [(0,)]
    assert not (mwi.folder / "plan.log").exists()


def test_a_plan_where_all_is_fresh_says_so(mwi: Person, tmdb: FakeUpstream) -> None:
    mwi.follow("tt9000001")
    mwi("full")
    said = mwi("plan")
    assert "nothing due" in said.out
    assert "Nothing is due" in said.out


def test_what_follows_is_told_with_the_options_that_were_given(mwi: Person, tmdb: FakeUpstream) -> None:
    mwi.write("my settings.toml", '[ingest]\nimdb_ids = ["tt9000001"]\n')
    said = mwi("full", "--config", "my settings.toml", "--db", "other.db")
    assert said.code == 0
    assert said.last.startswith("Next: mwi-crawl aggregate --config 'my settings.toml' --db other.db ")


def test_an_unknown_film_is_a_problem_of_input(mwi: Person, tmdb: FakeUpstream) -> None:
    mwi.follow("tt9000001")
    said = mwi("full", "--film", "tt9999999")
    assert said.code == 3
    assert "tt9999999" in said.err
    assert tmdb.log.hits == []


def test_no_source_in_reach_ends_with_9(mwi: Person, quick: None) -> None:
    mwi.follow("tt9000001")
    mwi.use("http://127.0.0.1:9", MWI_ENGINE__NET_WAIT_SECONDS="0.1")
    said = mwi("full")
    assert said.code == 9
    assert "none of tmdb can be reached" in said.err
    assert "Traceback" not in said.err


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_a_run_with_a_checkpoint_and_resume_finishes_it(
    mwi: Person, tmdb: FakeUpstream, number: int, code: int
) -> None:
    mwi.follow(*(f"tt90000{number}" for number in range(10, 40)))
    tmdb.latency = 0.05
    with mwi.start("full") as process:
        wait_for_requests(tmdb, 40)
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
    assert process.returncode == code
    assert "Stopping: no new requests" in err
    assert re.search(r"Checkpoint written\. Run 1 INTERRUPTED at \d+/30\.", out)
    assert out.splitlines()[-1] == f"Next: mwi-crawl full --resume   (exit code {code})"
    (finished,) = mwi.ask("select done + absent from run_sources where source = 'tmdb'")[0]
    tmdb.latency = 0.0
    said = mwi("full", "--resume")
    assert said.code == 0
    assert said.err.startswith("Resuming run 1 (attempt 2). Kept: ")
    if finished:
        assert f"Kept: tmdb {finished}." in said.err
    assert mwi.ask("select status, attempt from runs") == [("SUCCESS", 2)]
    assert mwi.ask("select done from run_sources where source = 'tmdb'") == [(30,)]


def test_a_run_that_died_is_noticed_by_status_and_given_up_by_a_new_one(mwi: Person, tmdb: FakeUpstream) -> None:
    mwi.follow(*(f"tt90000{number}" for number in range(10, 40)))
    tmdb.latency = 0.05
    with mwi.start("full") as process:
        wait_for_requests(tmdb, 30)
        process.kill()
    status = mwi("status")
    assert f"Run 1 did not end: process {process.pid} is gone, last sign of life" in status.out
    assert re.search(r"What it finished is safe: tmdb \d+/30, \d+ requests", status.out)
    assert status.last == "Continue with: mwi-crawl full --resume"
    tmdb.latency = 0.0
    said = mwi("full")
    assert said.code == 0
    first, second = said.err.splitlines()
    assert first.startswith(f"Run 1 did not end (process {process.pid} is gone; ")
    assert "marked ABORTED" in first
    assert second.startswith("Run 2 (full) ")
    assert mwi.ask("select run_id, status from runs") == [(1, "ABORTED"), (2, "SUCCESS")]


def test_resume_without_anything_to_resume_begins_a_run(mwi: Person, tmdb: FakeUpstream) -> None:
    mwi.follow("tt9000001")
    said = mwi("full", "--resume")
    assert said.code == 0
    assert said.err.startswith("Run 1 (full)   1 film ")


def test_a_second_process_is_refused_and_told_who_is_at_work(mwi: Person, tmdb: FakeUpstream) -> None:
    mwi.follow(*(f"tt{9_000_000 + number}" for number in range(1, 601)))
    tmdb.latency = 0.1  # twelve seconds of work, of which it is given as many as the others need to start
    with mwi.start("full") as process:
        wait_for_requests(tmdb, 10)
        second = mwi.wait("full")
        status, watched = mwi("status"), mwi.start("status", "--watch", "--json")
        assert watched.stdout is not None
        assert json.loads(watched.stdout.readline())["run_active"] is True
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
        rest, _ = watched.communicate(timeout=30)
    assert second.code == 8
    assert f"run 1, process {process.pid}" in second.err
    assert re.search(r"Run 1 active: tmdb \d+/600, \d+ requests", status.out)
    assert watched.returncode == 0  # it ends with the run
    if rest:
        assert json.loads(rest.splitlines()[-1])["last_run"]["status"] == "INTERRUPTED"


def test_the_log_file_tells_of_the_run_and_holds_no_key(mwi: Person, tmdb: FakeUpstream, quick: None) -> None:
    mwi.follow("tt9000001")
    tmdb.script("429", times=1)
    mwi("full")
    log = (mwi.folder / "mwi-crawl.log").read_text(encoding="utf-8")
    assert "INFO mwi_crawl.cli Run 1 (full)   1 film   sources: tmdb" in log
    assert 'WARNING mwi_crawl.cli TMDb said "slow down"' in log
    assert re.search(r"run 1 ended status=SUCCESS exit_code=0 done=1 .*requests=3", log)
    assert TOKEN not in log


def test_a_json_log_is_json_line_by_line(mwi: Person, tmdb: FakeUpstream) -> None:
    mwi.follow("tt9000001")
    said = mwi("full", "--log-format", "json", "--json", "--no-progress")
    assert said.code == 0
    assert json.loads(said.out)["status"] == "SUCCESS"
    lines = [json.loads(line) for line in said.err.splitlines()]
    assert lines[-1]["message"] == "run 1 ended"
    assert lines[-1]["requests"] == 2


def test_v_shows_the_log_in_place_of_words(mwi: Person, tmdb: FakeUpstream) -> None:
    mwi.follow("tt9000001")
    said = mwi("full", "-v")
    assert said.err.count("Run 1 (full)") == 1
    assert all(re.match(r"\d{4}-\d\d-\d\dT[\d:]+Z [A-Z]+ ", line) for line in said.err.splitlines())


def test_a_damaged_file_is_refused_with_8(mwi: Person) -> None:
    mwi.write("mwi.db", "this is no database, " * 100)
    for words in (["full"], ["status"], ["db", "check"], ["import", "ids", "ids.txt"]):
        mwi.write("ids.txt", "tt9000001\n")
        said = mwi(*words)
        assert said.code == 8
        assert "mwi.db" in said.err
    assert (mwi.folder / "mwi.db").read_text().startswith("this is no database")


def test_a_file_of_a_newer_program_is_refused_with_8(mwi: Person) -> None:
    mwi("init")
    mwi.change("pragma user_version = 999")
    for words in ("full", "status", "plan", "demo --db mwi.db"):
        said = mwi(*words.split())
        assert said.code in (8, 3)
        assert "999" in said.err or "is not a demo" in said.err


def test_a_locked_database_is_waited_for_and_told(
    mwi: Person, tmdb: FakeUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    mwi.follow("tt9000001")
    monkeypatch.setattr(store, "BUSY_STEP", 0.1)
    monkeypatch.setenv("MWI_ENGINE__BUSY_WAIT_SECONDS", "0.3")
    with closing(sqlite3.connect(mwi.folder / "mwi.db")) as other:
        other.execute("begin immediate")
        said = mwi("full")
        other.rollback()
    assert said.code == 8
    assert said.err.count("Waiting: the database is locked by another program") == 1
    assert said.err.splitlines()[-1] == "(exit code 8)"


def test_a_plan_says_how_many_days_a_quota_makes_of_it(
    mwi: Person, every_source: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMDB_API_KEY", "abcdef12")
    monkeypatch.setenv("MWI_SOURCES__OMDB__DAILY_LIMIT", "2")
    mwi.follow(*(f"tt{1_000_000 + number}" for number in range(5)))
    mwi.change("insert into quotas (source, period, used, \"limit\") values ('omdb', 'day', 1, 2)")
    said = mwi("plan", "full")
    assert re.search(r"omdb +5 +~5 +5/s +1 left today +3 days \(1 now, then 2 a day\)", said.out)
    assert json.loads(mwi("plan", "full", "--json").out)["sources"]["omdb"]["left"] == 1
