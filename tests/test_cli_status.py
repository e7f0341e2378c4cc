"""`status` and `failures`: what the file tells a person, and what a person can do about failures."""

from __future__ import annotations

import json
import re

import pytest
from commandline import Person

from mwi_crawl.cli import terminal
from mwi_crawl.demo.upstream import FakeUpstream

pytestmark = pytest.mark.usefixtures("quick")


@pytest.fixture
def failed(mwi: Person, tmdb: FakeUpstream) -> FakeUpstream:
    """Three films: one done, one not there, one given up."""
    mwi.follow("tt9000001", "tt9000002", "tt0000404")
    tmdb.script("500", "/3/movie/9000002")
    assert mwi("full", "-q").code == 5
    return tmdb


def test_status_of_a_new_file(mwi: Person) -> None:
    mwi("init")
    said = mwi("status")
    assert said.code == 0
    assert re.match(r"mwi\.db  \d+ KB · 0 films, 0 enriched · no run yet\n", said.out)
    assert said.last == "no run active"
    rows = {line.split()[0]: line.split()[1:] for line in said.out.splitlines()[2:]}
    assert rows["tmdb"] == ["–"] * 5  # a source no run had to do with yet is listed all the same


def test_status_counts_films_by_source_and_state(mwi: Person, failed: FakeUpstream) -> None:
    said = mwi("status")
    head, columns, *lines, last = said.out.splitlines()
    assert "· 3 films, 1 enriched · last run 1 PARTIAL 20" in head
    assert columns.split()[:7] == ["source", "done", "not", "there", "waiting", "failed", "off"]
    rows = {line.split()[0]: line.split()[1:] for line in lines}
    assert rows["tmdb"][:5] == ["1", "1", "0", "1", "0"]
    assert rows["omdb"][:5] == ["0", "0", "0", "0", "3"]
    assert last == "no run active"


def test_status_shows_rare_states_only_where_there_are_any(mwi: Person) -> None:
    mwi.follow("tt9000001")
    mwi("full")
    assert "no key" in mwi("status").out


def test_status_in_json(mwi: Person, failed: FakeUpstream) -> None:
    mwi.change("insert into quotas (source, period, used, \"limit\") values ('tmdb', 'day', 14, 1000)")
    found = json.loads(mwi("status", "--json").out)
    assert (found["films"], found["enriched"], found["run_active"], found["run_died"]) == (3, 1, False, False)
    assert found["sources"]["tmdb"]["quota"] == {"used": 14, "limit": 1000, "period": "day", "resets_at": None}
    assert found["last_run"]["status"] == "PARTIAL"
    assert "14/1,000 today" in mwi("status").out


def test_the_quota_of_a_period_that_is_over_is_whole_again(mwi: Person) -> None:
    mwi("init")
    for period, used, resets_at in (("day", 412, "2020-01-01"), ("month", 812, "2099-01-01")):
        values = f"('omdb', '{period}', {used}, 1000, '{resets_at}T00:00:00.000Z')"
        mwi.change(f'insert into quotas (source, period, used, "limit", resets_at) values {values}')
    quota = json.loads(mwi("status", "--json").out)["sources"]["omdb"]["quota"]
    assert quota == {"used": 0, "limit": 1000, "period": "day", "resets_at": None}
    assert "0/1,000 today" in mwi("status").out
    mwi.change("delete from quotas where period = 'day'")
    assert "812/1,000 this month" in mwi("status").out
    mwi.change('update quotas set "limit" = null')
    assert "812/? this month" in mwi("status").out


def test_status_says_what_sources_that_take_no_part_would_add(mwi: Person, every_source: None) -> None:
    mwi("init")
    said = mwi("status").out
    assert "no key: omdb would add awards" in said
    assert "no key: ddd would add content warnings" in said
    assert "not loaded: imdb_datasets would add" in said
    assert "off: imdb   (why: mwi-crawl doctor imdb)" in said
    able = {name: lane["able"] for name, lane in json.loads(mwi("status", "--json").out)["sources"].items()}
    assert (able["cinemorgue"], able["imdb"], able["imdb_datasets"]) == ("able", "off", "bulk")
    assert {able[name] for name in ("tmdb", "omdb", "ddd")} == {"no_key"}


def test_status_says_until_when_an_upstream_is_left_alone(mwi: Person) -> None:
    mwi("init")
    for source, until in (("tmdb", "2099-01-02T03:04:05.000Z"), ("omdb", "2020-01-01T00:00:00.000Z")):
        mwi.change(f"insert into throttles values ('{source}', 1, null, '{until}', 'blocked', '{until}')")
    said = mwi("status")
    rows = {line.split()[0]: line for line in said.out.splitlines()}
    assert "until 2099-01-02 03:04 UTC" in rows["tmdb"]
    assert "until" not in rows["omdb"]
    assert "closed: tmdb, because the upstream blocks automated access" in said.out
    closed = json.loads(mwi("status", "--json").out)["sources"]["tmdb"]["closed"]
    assert closed == {"until": "2099-01-02T03:04:05.000Z", "reason": "blocked"}


def test_watching_ends_where_no_run_is_active(mwi: Person) -> None:
    mwi("init")
    assert mwi("status", "--watch").code == 0


def test_a_title_that_awaits_a_decision_is_told(mwi: Person, tmdb: FakeUpstream) -> None:
    tmdb.add("/3/search/movie", json.dumps({"results": [
        {"id": 1, "title": "Solaris", "release_date": "1972-01-01"},
        {"id": 2, "title": "Solaris", "release_date": "1972-05-01"},
    ], "total_results": 2, "page": 1}))  # fmt: skip
    mwi.write("watched.csv", "Date,Name,Year,Letterboxd URI\n2020-01-01,Solaris,1972,https://boxd.it/2a\n")
    mwi("import", "watched.csv")
    said = mwi("full")
    assert "1 ambiguous" in said.out
    assert "1 film needs your decision:  mwi-crawl match review\n" in said.out
    assert "1 film needs your decision:  mwi-crawl match review --db mwi.db\n" in mwi("status", "--db", "mwi.db").out


def test_failures_are_listed_with_what_can_be_done(mwi: Person, failed: FakeUpstream) -> None:
    said = mwi("failures")
    assert said.code == 0
    row = said.out.splitlines()[1]
    assert row.split()[0] == "tt9000002"
    assert "tmdb" in row
    assert "HTTP 500" in row
    assert said.last == (
        "1 failure.  Retry: mwi-crawl failures retry   Accept: mwi-crawl failures ignore tt9000002 --source tmdb"
    )
    assert json.loads(mwi("failures", "--json").out)[0]["imdb_id"] == "tt9000002"


def test_failures_of_a_source_that_does_not_exist(mwi: Person, failed: FakeUpstream) -> None:
    for words in ("failures --source omdbb", "failures ignore tt9000002 --source omdbb"):
        said = mwi(*words.split())
        assert said.code == 3
        assert "there is no source omdbb" in said.err


def test_retry_asks_only_what_failed(mwi: Person, failed: FakeUpstream) -> None:
    failed.behave()
    before = len(failed.log.hits)
    said = mwi("failures", "retry")
    assert said.code == 0
    assert re.search(r"tmdb +1 done", said.out)
    assert [hit.path for hit in failed.log.hits[before:]] == ["/3/movie/9000002"]
    assert mwi("failures").out == "No open failures.\n"


def test_retry_without_failures_starts_no_run(mwi: Person, tmdb: FakeUpstream) -> None:
    mwi.follow("tt9000001")
    mwi("full")
    assert mwi("failures", "retry").out == "No open failures: nothing to ask again.\n"
    assert mwi.ask("select count(*) from runs") == [(1,)]


def test_retry_that_fails_again_ends_with_5(mwi: Person, failed: FakeUpstream) -> None:
    said = mwi("failures", "retry", "--json")
    assert said.code == 5
    assert json.loads(said.out)["failed"] == 1


def test_an_accepted_failure_is_not_listed_any_more(mwi: Person, failed: FakeUpstream) -> None:
    said = mwi("failures", "ignore", "tt9000002", "--source", "tmdb")
    assert said.code == 0
    assert said.out.startswith("tt9000002 accepted")
    assert mwi("failures").out == "No open failures.\n"
    again = mwi("failures", "ignore", "tt9000002")
    assert again.code == 3
    assert "there is no open failure of tt9000002" in again.err


def test_options_may_stand_before_or_after_the_sub_command(mwi: Person, failed: FakeUpstream) -> None:
    for words in ("failures --db nowhere.db retry", "failures retry --db nowhere.db"):
        said = mwi(*words.split())
        assert said.code == 8
        assert "nowhere.db does not exist" in said.err


def test_a_table_is_cut_to_the_terminal(mwi: Person, failed: FakeUpstream, monkeypatch: pytest.MonkeyPatch) -> None:
    wide = mwi("failures").out
    monkeypatch.setattr(terminal, "on_terminal", lambda _name: True)
    monkeypatch.setenv("COLUMNS", "70")
    narrow = mwi("failures").out
    assert max(map(len, wide.splitlines()[:-1])) > 70  # whole where nobody looks
    assert max(map(len, narrow.splitlines()[:-1])) <= 70
    assert "…" in narrow
