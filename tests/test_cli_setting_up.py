"""`init`, `config`, `keys` and `doctor`: a place for a history, and whether everything is in order."""

from __future__ import annotations

import os
import re
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from commandline import Person
from filelock import FileLock
from toys import TOKEN

from mwi_crawl import schema
from mwi_crawl.demo.upstream import FakeUpstream
from mwi_crawl.sources.tmdb import Tmdb

Patch = pytest.MonkeyPatch


def test_init_makes_all_that_is_needed(mwi: Person) -> None:
    said = mwi("init")
    assert said.code == 0
    made = {path.name for path in mwi.folder.iterdir()}
    assert made >= {"config.toml", ".env.example", ".gitignore", "mwi.db"}
    assert [line.split()[1] for line in said.out.splitlines()[:2]] == ["config.toml", ".env.example"]
    assert "Created mwi.db        schema " in said.out
    assert "Keys found: none." in said.out
    assert said.last.endswith("mwi-crawl import ratings.csv")


def test_init_leaves_alone_what_exists(mwi: Person) -> None:
    mwi.write("config.toml", "[engine]\nmax_retries = 5\n")
    mwi.write(".gitignore", ".env\nmine")
    mwi("init")
    before = {path: path.read_bytes() for path in mwi.folder.iterdir() if path.suffix != ".log"}
    said = mwi("init")
    assert said.code == 0
    assert "Nothing to do." in said.out
    assert {path: path.read_bytes() for path in before} == before
    assert (mwi.folder / "config.toml").read_text() == "[engine]\nmax_retries = 5\n"
    assert (mwi.folder / ".gitignore").read_text().splitlines()[:3] == [".env", "mine", "mwi.db*"]


@pytest.mark.skipif(os.name != "posix", reason="modes")
def test_the_database_and_its_copies_are_private(mwi: Person) -> None:
    mwi("init")
    mwi("db", "backup", "copy.db")
    for name in ("mwi.db", "copy.db", "mwi-crawl.log"):
        assert (mwi.folder / name).stat().st_mode & 0o077 == 0


def test_the_configuration_that_init_makes_changes_nothing(mwi: Person) -> None:
    without = mwi("config", "show").out
    mwi("init")
    assert mwi("config", "show").out == without


def test_config_show_tells_where_each_value_comes_from(mwi: Person, monkeypatch: Patch) -> None:
    mwi.write("config.toml", "[engine]\nmax_retries = 5\n")
    monkeypatch.setenv("MWI_ENGINE__TIMEOUT_SECONDS", "7")
    said = mwi("config", "show", "--origin", "--db", "x.db")
    rows = {line.split()[0]: line.split(maxsplit=2)[1:] for line in said.out.splitlines()}
    assert rows["engine.max_retries"] == ["5", "config.toml line 2"]
    assert rows["engine.timeout_seconds"] == ["7", "environment MWI_ENGINE__TIMEOUT_SECONDS"]
    assert rows["paths.db"] == ['"x.db"', "command line"]
    assert rows["engine.keep_bodies"] == ["true", "default"]
    assert list(mwi.folder.glob("*.log")) == []


def test_a_key_is_never_shown_whole(mwi: Person, tmdb: FakeUpstream) -> None:
    for words in ("config show --origin", "keys check", "doctor", "doctor tmdb", "init", "full -v", "status --json"):
        said = mwi(*words.split())
        assert TOKEN not in said.out + said.err
        assert TOKEN[:-4] not in said.out + said.err


@pytest.mark.parametrize("words", ["full", "status", "init", "import x", "doctor", "demo", "config show", "runs"])
def test_a_wrong_setting_ends_with_3_with_its_line_and_a_suggestion(mwi: Person, words: str) -> None:
    mwi.write("config.toml", "[sources.tmdb]\nrate_per_sec = 3\n")
    said = mwi(*words.split())
    assert said.code == 3
    assert 'config.toml line 2: [sources.tmdb] "rate_per_sec" is not a setting.' in said.err
    assert 'Did you mean "requests_per_second"?' in said.err
    assert not (mwi.folder / "mwi.db").exists()
    assert not (mwi.folder / "demo.db").exists()


def test_keys_check_says_that_a_key_is_taken(mwi: Person, tmdb: FakeUpstream) -> None:
    said = mwi("keys", "check")
    assert said.code == 0
    rows = {line.split()[0]: line for line in said.out.splitlines()}
    assert rows["tmdb"].split()[1] == "ok"
    assert f"...{TOKEN[-4:]}" in rows["tmdb"]
    assert "OMDB_API_KEY is not set; without it: no awards" in rows["omdb"]
    assert len(tmdb.log.hits) == 1


def test_keys_check_tells_what_is_used_of_a_quota_where_a_file_knows(mwi: Person, tmdb: FakeUpstream) -> None:
    assert "today" not in mwi("keys", "check").out
    assert not (mwi.folder / "mwi.db").exists()
    mwi("init")
    mwi.change("insert into quotas (source, period, used, \"limit\") values ('tmdb', 'day', 1, 1000)")
    assert re.search(r"tmdb +ok .*1/1,000 today, as counted here", mwi("keys", "check").out)
    mwi.write("mwi.db", "this is no database, " * 100)
    assert mwi("keys", "check").code == 0


def test_keys_check_says_that_a_key_is_refused(mwi: Person, tmdb: FakeUpstream, monkeypatch: Patch) -> None:
    monkeypatch.setenv("TMDB_API_READ_ACCESS_TOKEN", "eyJhbGciOiJub25lIn0.refused-canary.77aa")
    said = mwi("keys", "check", "-q")
    assert said.code == 4
    assert "reject" in said.out
    assert "...77aa" in said.out
    assert "Copy it again from https://www.themoviedb.org/settings/api" in said.out
    assert "refused-canary" not in said.out


def test_keys_check_without_keys_is_well_unless_one_was_asked_about(mwi: Person) -> None:
    said = mwi("keys", "check")
    assert said.code == 0
    assert "TMDB_API_READ_ACCESS_TOKEN is not set" in said.out
    assert mwi("keys", "check", "--source", "tmdb").code == 4
    assert mwi("keys", "check", "--source", "nonsense").code == 3


def test_keys_check_names_an_upstream_out_of_reach(mwi: Person) -> None:
    mwi.use("http://127.0.0.1:9")
    said = mwi("keys", "check")
    assert said.code == 9
    assert "offline" in said.out


def test_doctor_finds_nothing_broken_in_a_new_folder(mwi: Person) -> None:
    said = mwi("doctor")
    assert said.code == 0
    assert "no config.toml here, defaults apply" in said.out
    assert "mwi.db  -> made by mwi-crawl init" in said.out
    assert "without it: no posters" in said.out
    assert said.last == "1 optional key missing, nothing broken."
    assert list(mwi.folder.iterdir()) == []


def test_doctor_finds_a_damaged_file(mwi: Person) -> None:
    mwi.write("mwi.db", "this is no database, " * 100)
    said = mwi("doctor")
    assert said.code == 8
    assert " fail  mwi.db is damaged or not a database" in said.out
    assert said.last.endswith("1 thing broken.")


def test_doctor_finds_a_folder_that_is_not_there(mwi: Person) -> None:
    said = mwi("doctor", "--db", "nowhere/x.db")
    assert said.code == 8
    assert "nowhere does not exist" in said.out
    assert not (mwi.folder / "nowhere").exists()


def test_doctor_warns_of_a_network_file_system(mwi: Person, monkeypatch: Patch) -> None:
    mounts = mwi.write("mounts", f"/dev/sda / ext4 rw 0 0\nserver:/x {mwi.folder.parent} nfs4 rw 0 0\n")
    monkeypatch.setattr(schema, "MOUNTS", mounts)
    assert "network file system (nfs4)" in mwi("doctor").out
    monkeypatch.setattr(schema, "MOUNTS", Path("nowhere"))
    assert "network file system" not in mwi("doctor").out


def test_doctor_asks_one_upstream_one_question(mwi: Person, tmdb: FakeUpstream) -> None:
    said = mwi("doctor", "tmdb")
    assert said.code == 0
    assert said.last.startswith("ok ")
    assert len(tmdb.log.hits) == 1
    assert "not endorsed" in said.out


def test_doctor_lifts_a_closure_once_the_source_answers_again(mwi: Person, tmdb: FakeUpstream) -> None:
    mwi("init")
    until = "2099-01-01T00:00:00.000Z"
    mwi.change(f"insert into throttles values ('tmdb', 1, null, '{until}', 'blocked', '2026-01-01')")
    assert " warn  tmdb: closed until 2099-01-01" in mwi("doctor").out
    tmdb.script("500", "/3/configuration")
    assert mwi("doctor", "tmdb").code == 6
    assert mwi.ask("select closed_until from throttles where source = 'tmdb'") == [(until,)]
    tmdb.behave()
    said = mwi("doctor", "tmdb")
    assert said.code == 0
    assert said.last.startswith("It was closed by an earlier run; the next one may ask it again.")
    assert " ok    tmdb:" in mwi("doctor").out
    assert "closed" not in mwi("doctor", "tmdb").out


def test_doctor_leaves_a_closure_to_a_run_that_is_at_work(mwi: Person, tmdb: FakeUpstream) -> None:
    mwi("init")
    mwi.change("insert into throttles values ('tmdb', 1, null, '2099-01-01T00:00:00.000Z', 'blocked', '2026-01-01')")
    with FileLock(mwi.folder / "mwi.db.lock"):
        said = mwi("doctor", "tmdb")
    assert said.code == 0
    assert "stays so for now" in said.out


def test_doctor_tells_of_the_files_about_all_films(mwi: Person, every_source: None) -> None:
    assert "none  imdb_datasets: no files in data/imdb  -> mwi-crawl datasets fetch brings" in mwi("doctor").out
    folder = mwi.folder / "data" / "imdb"
    folder.mkdir(parents=True)
    for number, name in enumerate(("title.basics.tsv.gz", "title.ratings.tsv.gz"), 1):
        (folder / name).write_bytes(b"")
        written = time.time() - number * 86_400 - 60
        os.utime(folder / name, (written, written))
    assert "2 files in data/imdb, the oldest 2 d old; not loaded yet: mwi-crawl datasets load" in mwi("doctor").out
    mwi("init")
    loaded = (datetime.now(UTC) - timedelta(hours=5)).isoformat()
    mwi.change(f"insert into dataset_files (name, loaded_at) values ('title.basics.tsv.gz', '{loaded}')")
    said = mwi("doctor", "imdb_datasets")
    assert said.code == 0
    assert "the oldest 2 d old; loaded 5 h ago" in said.last
    assert "courtesy of IMDb" in said.out


def test_doctor_tells_the_terms_of_a_source(mwi: Person, every_source: None) -> None:
    said = mwi("doctor", "ddd")
    assert said.code == 4
    assert "Wherever its data is shown: Powered by DoesTheDogDie.com" in said.out
    assert "more than 30 days" in said.out


def test_doctor_of_a_source_without_key_or_switched_off(mwi: Person, monkeypatch: Patch) -> None:
    assert mwi("doctor", "tmdb").code == 4
    assert mwi("doctor", "nonsense").code == 3
    monkeypatch.setenv("MWI_SOURCES__TMDB__ENABLED", "false")
    said = mwi("doctor", "tmdb")
    assert said.code == 3
    assert "off." in said.out
    assert " off   tmdb" in mwi("doctor").out


def test_doctor_says_why_a_source_is_off(mwi: Person, monkeypatch: Patch) -> None:
    monkeypatch.setattr(Tmdb, "enabled", False)
    monkeypatch.setattr(Tmdb, "why_off", "It does not permit automated access.")
    assert "It does not permit automated access." in mwi("doctor").out
    mwi("init")
    said = mwi("full", "--source", "tmdb")
    assert said.code == 3
    assert "It does not permit automated access." in said.err


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_told_and_can_still_be_looked_at(mwi: Person) -> None:
    mwi("init")
    mwi.folder.chmod(0o500)
    try:
        assert mwi("status").code == 0
        assert mwi("full").code == 8
        assert mwi("doctor").code == 8
    finally:
        mwi.folder.chmod(0o700)


def test_a_key_of_a_wrong_shape_is_said_to_be_so_and_not_shown(
    mwi: Person, every_source: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMDB_API_KEY", "secretOMDB1234")
    mwi("init")
    said = mwi("keys", "check", "--source", "omdb")
    assert said.code == 4
    assert "what OMDB_API_KEY holds is not of the shape of a key" in said.out
    refused = mwi("full", "--source", "omdb")
    assert refused.code == 4
    assert "OMDB_API_KEY holds is not of the shape" in refused.err
    assert "secretOMDB1234" not in said.out + said.err + refused.out + refused.err


def test_doctor_asks_the_fake_upstream_of_a_demo_and_lifts_its_closure(mwi: Person) -> None:
    mwi("init", "--db", "demo.db")
    mwi.change("insert into settings values ('upstream', 'demo on a bad day')", "demo.db")
    mwi.change("insert into throttles values ('imdb', 1, null, '2999-01-01', 'blocked', '2026')", "demo.db")
    said = mwi("doctor", "imdb", "--db", "demo.db")
    assert said.code == 0
    assert mwi.ask("select closed_until from throttles", "demo.db") == [(None,)]
