"""`db`: a sound file, a whole copy, and a smaller file."""

from __future__ import annotations

from pathlib import Path

import pytest
from commandline import Person

from mwi_crawl import schema
from mwi_crawl.demo.upstream import FakeUpstream


def test_a_sound_file(mwi: Person) -> None:
    mwi("init")
    said = mwi("db", "check")
    assert said.code == 0
    assert said.out.startswith("mwi.db: ok (schema ")
    assert mwi("db", "check", "-q").out == ""


def test_a_damaged_file_and_where_its_last_copy_is(mwi: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    mwi("init")
    monkeypatch.setattr(schema, "check", lambda _db: ["row 1882 missing from index x"])
    said = mwi("db", "check")
    assert said.code == 8
    assert "mwi.db is damaged: row 1882 missing from index x." in said.err
    assert "nothing was changed" in said.err
    assert "mwi-crawl db backup makes them" in said.err
    mwi.write("mwi.db.bak-2026-03-17", "")
    assert "The last copy is mwi.db.bak-2026-03-17" in mwi("db", "check").err


def test_a_backup_is_whole_and_replaces_nothing(mwi: Person) -> None:
    mwi.follow("tt9000001")
    said = mwi("db", "backup")
    assert said.code == 0
    (copy,) = mwi.folder.glob("mwi.db.bak-*")
    assert said.out.startswith(f"mwi.db -> {copy.name} (")
    assert mwi.ask("select imdb_id from films", copy.name) == [("tt9000001",)]
    before = copy.read_bytes()
    again = mwi("db", "backup")
    assert again.code == 3
    assert f"{copy.name} exists." in again.err
    assert copy.read_bytes() == before


def test_a_backup_goes_where_it_is_told(mwi: Person) -> None:
    mwi("init")
    (mwi.folder / "copies").mkdir()
    assert mwi("db", "backup", "copies").code == 0
    assert len(list(Path(mwi.folder / "copies").iterdir())) == 1
    assert mwi("db", "backup", "copies/x.db", "-q").out == ""
    said = mwi("db", "backup", "nowhere/x.db")
    assert said.code == 8
    assert "The database is unchanged." in said.err


def test_vacuum_gives_room_back(mwi: Person, tmdb: FakeUpstream) -> None:
    mwi.follow("tt9000001")
    mwi("full")
    mwi.change("update jobs set body_hash = null")
    said = mwi("db", "vacuum")
    assert said.code == 0
    assert said.out.startswith("mwi.db: 2 old answers dropped, ")
    assert mwi.ask("select count(*) from bodies") == [(0,)]
    assert mwi("db", "check").code == 0
