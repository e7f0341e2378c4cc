"""`incremental` and `plan incremental` as a person meets them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from commandline import Person, served
from toys import TOKEN

from mwi_crawl.demo.tmdb import FakeTmdb
from mwi_crawl.demo.upstream import FakeUpstream
from mwi_crawl.sources.tmdb import Tmdb

YESTERDAY = (datetime.now(UTC) - timedelta(days=1, hours=Tmdb.copy_hours)).date().isoformat()


@pytest.fixture
def fake(mwi: Person) -> Iterator[tuple[FakeTmdb, FakeUpstream]]:
    """A TMDb of the test's own over loopback HTTP, and the person's settings to ask it."""
    tmdb, upstream = FakeTmdb(200), FakeUpstream(key=TOKEN)
    upstream.handle(tmdb.answer)
    with served(upstream) as base_url:
        mwi.use(base_url)
        yield tmdb, upstream


def grow_older(mwi: Person, days: int) -> None:
    older = f"strftime('%Y-%m-%dT%H:%M:%fZ', fetched_at, '-{days} days')"
    mwi.change(f"update jobs set fetched_at = {older} where fetched_at is not null")
    mwi.change(f"update change_lists set read_to = date(read_to, '-{days} days')")


def test_it_says_what_is_due_and_what_it_found(mwi: Person, fake: tuple[FakeTmdb, FakeUpstream]) -> None:
    tmdb, _ = fake
    mwi.follow(*(f"tt{9_000_000 + number}" for number in range(1, 101)))
    assert mwi("full").code == 0
    grow_older(mwi, 1)
    mwi.follow("tt9000151", "tt9000152")
    tmdb.change([9_000_001, 9_000_002, 9_000_003], YESTERDAY)
    said = mwi("incremental")
    assert said.code == 0
    head, due, gap = said.err.splitlines()
    assert head.startswith("Run 2 (incremental)   2 of 102 films   sources: tmdb")
    assert due == " new films 2"
    assert gap == (
        f" changed at tmdb since {YESTERDAY}: reading the list of changes of 1 day is cheaper than asking about "
        "100 films directly (~75 against 100 requests)"
    )
    lines = said.out.splitlines()
    assert re.fullmatch(r"Run 2 finished in [\d.]+ s\. 8 requests, 0 retried, 0 failed\.", lines[0])
    assert lines[1].split() == ["tmdb", "5", "done"]
    assert lines[2].startswith("New 2: ")
    assert lines[3].startswith("Changed 3: ")
    assert lines[4] == f"Changes at tmdb are known up to {YESTERDAY}."
    assert said.last == "Next: mwi-crawl aggregate   (exit code 0)"


def test_a_second_one_says_that_nothing_is_new(mwi: Person, fake: tuple[FakeTmdb, FakeUpstream]) -> None:
    _, upstream = fake
    mwi.follow("tt9000001")
    mwi("full")
    begun = len(upstream.log.hits)
    said = mwi("incremental")
    assert (said.code, len(upstream.log.hits)) == (0, begun)
    assert re.match(r"Run 2: nothing new\. 0 requests in [\d.]+ s\.", said.out)


def test_quiet_says_nothing_when_all_is_well(mwi: Person, fake: tuple[FakeTmdb, FakeUpstream]) -> None:
    _, upstream = fake
    mwi.follow("tt9000001")
    assert mwi("incremental", "-q") == mwi("incremental", "--resume", "--ok", "6", "-q")
    assert (mwi("incremental", "-q").out, mwi("incremental", "-q").err) == ("", "")
    upstream.script("503", "/3/*")
    mwi.follow("tt9000002")
    said = mwi("incremental", "-q", "--max-failures", "1")
    assert said.code
    assert said.out


def test_the_plan_names_the_cheaper_way_and_sends_nothing(mwi: Person, fake: tuple[FakeTmdb, FakeUpstream]) -> None:
    _, upstream = fake
    mwi.follow(*(f"tt{9_000_000 + number}" for number in range(1, 11)))
    mwi("full")
    grow_older(mwi, 1)
    begun = len(upstream.log.hits)
    for words in (("plan", "incremental"), ("incremental", "--dry-run")):
        said = mwi(*words)
        assert said.code == 0
        assert "asking about 10 films directly is cheaper than reading the list of changes of 1 day" in said.out
        assert "(10 against ~75 requests)" in said.out
        assert "Start with: mwi-crawl incremental" in said.out
    found = json.loads(mwi("plan", "incremental", "--json").out)
    assert found["sources"]["tmdb"]["requests"] == 10
    assert [gap["direct"] for gap in found["sources"]["tmdb"]["changes"]] == [True]
    assert len(upstream.log.hits) == begun


def test_json_says_why_films_were_asked_about(mwi: Person, fake: tuple[FakeTmdb, FakeUpstream]) -> None:
    mwi.follow("tt9000001", "tt9000002")
    mwi("full")
    grow_older(mwi, 1)
    mwi.follow("tt9000003")
    found = json.loads(mwi("incremental", "--json").out)
    assert found["due"] == {"tmdb": {"waiting": 0, "stale": 0, "failed": 0, "absent": 0, "new": 1}}
    assert [(gap["since"], gap["films"], gap["direct"]) for gap in found["changes"]] == [(YESTERDAY, 2, True)]
    assert (found["reparsed"], found["found"], found["exit_code"]) == ({}, 0, 0)


def test_lists_bring_films_in(mwi: Person, fake: tuple[FakeTmdb, FakeUpstream]) -> None:
    mwi("init")
    said = mwi("incremental", "--lists", "popular, trending")
    assert said.code == 0
    assert "Found by lists and trailers" in said.out
    assert [name for (name,) in mwi.ask("select name from lists order by 1")] == ["popular", "trending"]
    assert mwi.ask("select count(*) from films where followed = 0") == [(0,)]
    assert "0 films" not in said.out


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("--profile", "nightly"), 3, "there is no profile nightly."),
        (("--lists", "best"), 3, "there is no list best."),
        (("--lists", "popular", "--limit", "3"), 2, "--film and --limit choose among known films"),
    ],
)
def test_what_cannot_be_is_said(
    mwi: Person, fake: tuple[FakeTmdb, FakeUpstream], words: tuple[str, ...], code: int, message: str
) -> None:
    mwi.follow("tt9000001")
    said = mwi("incremental", *words)
    assert said.code == code
    assert message in said.err
    assert fake[1].log.hits == []
