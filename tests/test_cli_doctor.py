"""What `doctor` sees coming: room, clock, rights, a run that died, schema, keys, quotas, copies, and each source."""

from __future__ import annotations

import json
import os
import shutil
from collections import namedtuple
from datetime import UTC, datetime, timedelta

import pytest
from commandline import Person
from filelock import FileLock
from toys import TOKEN

from mwi_crawl import schema, store
from mwi_crawl.cli.findings import drift
from mwi_crawl.demo.upstream import FakeUpstream
from mwi_crawl.settle import iso

Patch = pytest.MonkeyPatch
Usage = namedtuple("Usage", "total used free")
NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


def from_now(**parts: float) -> str:
    return iso(datetime.now(UTC) + timedelta(**parts))


def said_of(mwi: Person, about: str, *words: str) -> list[tuple[str, str]]:
    """The kind and the sentence of each finding about something."""
    found = json.loads(mwi("doctor", "--json", *words).out)["findings"]
    return [(each["kind"], each["said"]) for each in found if each["about"] == about]


def only(mwi: Person, about: str) -> tuple[str, str]:
    (one,) = said_of(mwi, about)
    return one


def test_every_finding_is_one_line_that_begins_with_its_kind(mwi: Person, every_source: None) -> None:
    mwi("init")
    mwi("db", "backup")
    said = mwi("doctor")
    *lines, last = said.out.splitlines()
    assert {line.split()[0] for line in lines} <= {"ok", "warn", "fail", "none", "off"}
    assert (said.code, said.err) == (0, "")
    assert last == "4 optional keys missing, nothing broken."
    found = json.loads(mwi("doctor", "--json").out)
    assert (found["broken"], found["keys_missing"], found["exit_code"]) == (0, 4, 0)
    assert [f" {each['kind']:<5} {each['said']}" for each in found["findings"]] == lines


def test_a_disk_without_room_is_told_before_a_crawl_is_begun(
    mwi: Person, tmdb: FakeUpstream, monkeypatch: Patch
) -> None:
    mwi.follow(*(f"tt{9_000_000 + number}" for number in range(1, 101)))
    for free, kind, code in ((10**12, "ok", 0), (66_000_000, "warn", 0), (10_000_000, "fail", 8)):
        monkeypatch.setattr(shutil, "disk_usage", lambda _place, free=free: Usage(10**12, 0, free))
        assert only(mwi, "disk")[0] == kind
        assert mwi("doctor").code == code
    assert "a full run of 100 films asks for 68" in only(mwi, "disk")[1]
    assert mwi("full").code == 8  # as it was told


def test_a_run_that_died_is_told_with_how_to_go_on(mwi: Person) -> None:
    mwi("init")
    assert said_of(mwi, "run") == []
    mwi.change(
        "insert into runs (kind, status, started_at, heartbeat_at, pid, host) values"
        f" ('incremental', 'RUNNING', '{from_now(minutes=-9)}', '{from_now(minutes=-3)}', 4711, 'here')"
    )
    kind, said = only(mwi, "run")
    assert kind == "warn"
    assert said.startswith("run 1, process 4711 on here, did not end (last sign of life 3 min ago)")
    assert said.endswith("mwi-crawl incremental --resume")
    with FileLock(mwi.folder / "mwi.db.lock"):
        assert only(mwi, "run") == (
            "warn",
            "run 1, process 4711 on here, holds the file and may hang: last sign of life 3 min ago",
        )
        mwi.change(f"update runs set heartbeat_at = '{from_now(seconds=-1)}'")
        assert only(mwi, "run")[0] == "ok"
        mwi.change("update runs set status = 'SUCCESS'")
        assert only(mwi, "run") == ("ok", "another command is writing the file just now")


def test_an_older_schema_is_brought_up_to_date_and_a_newer_one_is_left_alone(mwi: Person) -> None:
    mwi("init")
    mwi.change(f"pragma user_version = {schema.latest() - 1}")
    kind, said = only(mwi, "database")
    assert (kind, mwi("doctor").code) == ("warn", 0)
    assert f"schema {schema.latest() - 1}, this program writes {schema.latest()}" in said
    mwi.change(f"pragma user_version = {schema.latest() + 1}")
    kind, said = only(mwi, "database")
    assert (kind, mwi("doctor").code) == ("fail", 8)
    assert "Upgrade: pipx upgrade mwi-crawl" in said


def test_a_file_that_speaks_of_the_future_tells_of_a_wrong_clock(mwi: Person) -> None:
    mwi("init")
    mwi.change("insert into jobs (source, key, state, ready_at) values ('tmdb', 'movie/1', 'done', '2026')")
    for minutes, told in ((4, False), (7, True), (60 * 24 * 3650, True)):
        mwi.change(f"update jobs set fetched_at = '{from_now(minutes=minutes)}'")
        assert bool(said_of(mwi, "clock")) == told
    kind, said = only(mwi, "clock")
    assert (kind, "clock is slow, or was fast when that was written" in said) == ("warn", True)


def test_a_closure_that_was_written_under_a_wrong_clock_is_told_as_that(mwi: Person, tmdb: FakeUpstream) -> None:
    mwi("init")
    for days, believed in ((31, True), (33, False)):
        mwi.change(f"insert or replace into throttles values ('tmdb', 1, null, '{from_now(days=days)}', 'blocked', '')")
        assert ("the next run asks it all the same" in only(mwi, "tmdb")[1]) != believed


def test_a_log_that_nobody_lets_shrink_is_told(mwi: Person, monkeypatch: Patch) -> None:
    mwi("init")
    assert said_of(mwi, "log") == []
    monkeypatch.setattr(store, "LARGE_LOG", -1)
    kind, said = only(mwi, "log")
    assert (kind, "another program keeps reading" in said) == ("warn", True)


def test_copies_are_told_with_their_age(mwi: Person) -> None:
    mwi("init")
    assert only(mwi, "copy") == ("none", "no copy of mwi.db  -> mwi-crawl db backup makes one")
    mwi("db", "backup")
    (copy,) = mwi.folder.glob("mwi.db.bak-*")
    two_days = datetime.now(UTC).timestamp() - 2 * 86_400 - 60
    os.utime(copy, (two_days, two_days))
    assert only(mwi, "copy") == ("ok", f"last copy: {copy.name}, 2 d old")


def test_quotas_are_told_and_one_that_is_used_up_is_a_warning(mwi: Person, tmdb: FakeUpstream) -> None:
    mwi("init")
    assert "used" not in only(mwi, "tmdb")[1]
    until = from_now(hours=3)
    values = f"('tmdb', 'day', 412, 1000, '{until}')"
    mwi.change(f'insert into quotas (source, period, used, "limit", resets_at) values {values}')
    kind, said = only(mwi, "tmdb")
    assert (kind, "412/1,000 today used" in said, "TMDB_API_READ_ACCESS_TOKEN is set" in said) == ("ok", True, True)
    mwi.change("update quotas set used = 1000")
    assert (only(mwi, "tmdb")[0], "nothing is left until" in only(mwi, "tmdb")[1]) == ("warn", True)
    assert TOKEN[-4:] not in said


def test_what_each_source_adds_is_told_with_and_without_its_key(
    mwi: Person, every_source: None, tmdb: FakeUpstream
) -> None:
    assert only(mwi, "tmdb")[1].startswith("tmdb: adds posters")
    keys = dict(said.split("  -> ", 1) for _, said in said_of(mwi, "key"))
    assert keys["OMDB_API_KEY"].startswith("without it: no awards")


def test_a_key_of_a_wrong_shape_is_broken_and_is_not_shown(mwi: Person, every_source: None, monkeypatch: Patch) -> None:
    monkeypatch.setenv("OMDB_API_KEY", "secretOMDB1234")
    said = mwi("doctor")
    assert said.code == 4
    assert " fail  what OMDB_API_KEY holds is not of the shape of a key" in said.out
    assert "secretOMDB" not in said.out + said.err


@pytest.mark.skipif(os.name != "posix", reason="modes")
def test_keys_that_others_can_read_are_told(mwi: Person) -> None:
    mwi.write(".env", "").chmod(0o644)
    assert ("warn", ".env can be read by other users (mode 644). Run: chmod 600 .env") in said_of(mwi, "settings")
    mwi.write(".env", "").chmod(0o600)
    assert [kind for kind, _ in said_of(mwi, "settings")] == ["ok"]


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="rights")
def test_a_place_that_cannot_be_written_is_told(mwi: Person, monkeypatch: Patch) -> None:
    mwi("init")
    access = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK and access(path, mode))
    assert (only(mwi, "folder")[0], only(mwi, "database")[0], mwi("doctor").code) == ("fail", "fail", 8)


def test_the_clock_is_compared_only_with_an_upstream_that_was_asked(mwi: Person, tmdb: FakeUpstream) -> None:
    assert said_of(mwi, "clock") == []
    assert tmdb.log.hits == []
    found = json.loads(mwi("doctor", "tmdb", "--json").out)
    assert (found["source"], found["exit_code"], found["findings"][-1]["kind"]) == ("tmdb", 0, "ok")
    slow = "Mon, 01 Jan 2035 00:00:00 GMT"
    tmdb.add("/3/configuration", "{}", headers={"Date": slow})
    said = mwi("doctor", "tmdb")
    assert (said.code, "warn  this machine's clock is" in said.out, "slow, by 127.0.0.1" in said.out) == (0, True, True)


@pytest.mark.parametrize(
    ("date", "kind", "said"),
    [
        ("Wed, 04 Mar 2026 12:00:00 GMT", "ok", "clock within 1 s of x"),
        ("Wed, 04 Mar 2026 12:04:59 GMT", "ok", "clock within 299 s of x"),
        ("Wed, 04 Mar 2026 12:10:00 GMT", "warn", "10m 00s slow, by x"),
        ("Wed, 04 Mar 2026 10:00:00 GMT", "warn", "fast, by x"),
        ("Wed, 04 Mar 2026 12:00:00", "ok", "clock within 1 s of x"),
    ],
)
def test_a_date_tells_how_far_the_clock_is_off(date: str, kind: str, said: str) -> None:
    found = drift(date, NOW, "x")
    assert found is not None
    assert (found.kind, said in found.said) == (kind, True)


@pytest.mark.parametrize("date", [None, "", "yesterday", "Wed, 99 Mar 2026 12:00:00 GMT", "٣", "0"])
def test_a_date_that_is_none_tells_nothing(date: str | None) -> None:
    assert drift(date, NOW, "x") is None
