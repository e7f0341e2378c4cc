"""`datasets` as a person meets it: what is said, what is stored, and how each trouble ends."""

from __future__ import annotations

import asyncio
import json
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from commandline import Person
from dumps import NAMES, dump, put, text

from mwi_crawl.datasets import download
from mwi_crawl.store import Store

IDS = ("tt0100001", "tt0100002", "tt0200001", "tt10000001", "tt7777777")


@pytest.fixture(autouse=True)
def switched_on(mwi: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests of other commands have TMDb alone."""
    monkeypatch.setenv("MWI_SOURCES__IMDB_DATASETS__ENABLED", "true")


@pytest.fixture
def mine(mwi: Person) -> Person:
    mwi.follow(*IDS)
    return mwi


class Site:
    """IMDb's site over loopback: the files of a folder, without ranges, each under a tag."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.asked = folder, list[str]()
        self.status = 200

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        name = head.split()[1].removeprefix("/")
        self.asked.append(name)
        body = (self.folder / name).read_bytes()
        tag = f'"{len(body)}"'
        status = 304 if f"If-None-Match: {tag}" in head else self.status
        body = body if status == 200 else b""
        writer.write(f"HTTP/1.1 {status} x\r\nETag: {tag}\r\nConnection: close\r\n".encode())
        writer.write(f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
        await writer.drain()
        writer.close()


@pytest.fixture
def site(mwi: Person, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setattr(download, "BACKOFF", 0.001)
    found = Site(dump(mwi.folder / "site"))
    loop, ready = asyncio.new_event_loop(), threading.Event()
    servers: list[asyncio.Server] = []

    async def serve() -> None:
        servers.append(await asyncio.start_server(found, "127.0.0.1", 0))
        ready.set()

    def run() -> None:
        loop.create_task(serve())
        loop.run_forever()

    thread = threading.Thread(target=run)
    thread.start()
    assert ready.wait(10)
    address = f"http://127.0.0.1:{servers[0].sockets[0].getsockname()[1]}"
    monkeypatch.setenv("MWI_SOURCES__IMDB_DATASETS__BASE_URL", address)
    try:
        yield found
    finally:
        loop.call_soon_threadsafe(servers[0].close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


def test_load_says_what_was_read_and_kept(mine: Person) -> None:
    said = mine("datasets", "load", "--dir", dump(mine.folder / "d"))
    assert said.code == 0
    lines = said.out.splitlines()
    assert lines[0] == "Reading once, keeping only rows about your 5 titles:"
    assert lines[1].startswith(" title.basics                  8 rows read, 4 kept   0.")
    assert lines[-2] == "1 of your ids is not in the dataset: tt7777777"
    assert lines[-1] == "Next: mwi-crawl full"
    assert mine.ask("select state, count(*) from film_source_state group by 1 order by 1") == [
        ("absent", 1), ("done", 4),
    ]  # fmt: skip
    assert "imdb_datasets" in mine("status").out


def test_the_folder_may_be_configured(mine: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MWI_IMDB_DUMP_DIR", str(dump(mine.folder / "dumps", ["title.ratings"])))
    said = mine("datasets", "load")
    assert said.code == 0
    assert " title.crew        not there" in said.out
    assert mine.ask("select count(*) from scores") == [(3,)]


def test_a_second_load_reads_nothing_again(mine: Person) -> None:
    folder = dump(mine.folder / "d")
    mine("datasets", "load", "--dir", folder)
    said = mine("datasets", "load", "--dir", folder)
    assert said.out.count("unchanged, not read again") == len(NAMES)
    assert mine("datasets", "load", "--dir", folder, "--again").out.count("rows read") == len(NAMES)


def test_a_file_cut_in_the_middle_is_told_and_the_others_are_loaded(mine: Person) -> None:
    folder = dump(mine.folder / "d")
    path = folder / "title.principals.tsv.gz"
    path.write_bytes(path.read_bytes()[:100])
    said = mine("datasets", "load", "--dir", folder)
    assert said.code == 3
    assert "Error: title.principals.tsv.gz ends early at byte 100." in said.err
    assert "mwi-crawl datasets fetch" in said.err
    assert " title.principals  not used, see below" in said.out
    assert mine.ask("select count(*) from scores") == [(3,)]


def test_half_a_download_is_not_used(mine: Person) -> None:
    folder = dump(mine.folder / "d", NAMES[:2])
    (folder / "title.crew.tsv.gz.part").write_bytes(b"\x1f\x8b" * 100)
    (folder / "title.crew.tsv.gz.part.json").write_text('{"etag": "\\"a\\"", "modified": null, "size": 1000}')
    said = mine("datasets", "load", "--dir", folder)
    assert said.code == 3
    assert "title.crew.tsv.gz ends early: 200 bytes of 1,000 are downloaded." in said.err
    assert "kept for continuing" in said.err


@pytest.mark.parametrize("there", [True, False])
def test_a_folder_without_files_is_an_error(mine: Person, there: bool) -> None:
    if there:
        (mine.folder / "empty").mkdir()
    said = mine("datasets", "load", "--dir", "empty")
    assert said.code == 3
    assert "mwi-crawl datasets fetch" in said.err


def test_a_missing_column_is_named(mine: Person) -> None:
    put(mine.folder / "d", "title.ratings", text("title.ratings").replace("numVotes", "votes"))
    said = mine("datasets", "load", "--dir", "d")
    assert said.code == 3
    assert "title.ratings.tsv.gz has no column numVotes (its first line: tconst, averageRating, votes)" in said.err


def test_without_a_database_nothing_is_made(mwi: Person) -> None:
    said = mwi("datasets", "load", "--dir", dump(mwi.folder / "d"), "--db", "mistyped.db")
    assert said.code == 8
    assert "mwi-crawl init" in said.err
    assert not (mwi.folder / "mistyped.db").exists()


def test_without_films_there_is_nothing_to_look_for(mwi: Person) -> None:
    mwi("init")
    said = mwi("datasets", "load", "--dir", dump(mwi.folder / "d"))
    assert said.code == 0
    assert said.last == "Next: mwi-crawl import ratings.csv"


def test_films_of_the_configuration_are_looked_for(mwi: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    mwi("init")
    monkeypatch.setenv("MWI_INGEST__IMDB_IDS", "tt0100001")
    assert mwi("datasets", "load", "--dir", dump(mwi.folder / "d")).code == 0
    assert mwi.ask("select title from film_facts") == [('The "Long" Road',)]


async def test_while_another_writes_nothing_is_changed(mine: Person) -> None:
    folder = dump(mine.folder / "d")
    async with Store(mine.folder / "mwi.db"):
        said = await asyncio.to_thread(mine, "datasets", "load", "--dir", folder)
    assert said.code == 8
    assert "another mwi-crawl is writing" in said.err
    assert mine.ask("select count(*) from film_facts") == [(0,)]


def test_json_is_complete(mine: Person) -> None:
    put(dump(mine.folder / "d", ["title.basics"]), "title.crew", "x\n")
    said = mine("datasets", "load", "--dir", "d", "--json")
    assert said.code == 3
    found = json.loads(said.out)
    assert (found["titles"], found["not_in_dataset"], found["fetched"]) == (5, ["tt7777777"], [])
    basics, crew = (
        next(each for each in found["files"] if each["name"] == f"title.{name}") for name in ("basics", "crew")
    )
    assert (basics["state"], basics["rows"], basics["kept"], basics["problem"]) == ("loaded", 8, 4, None)
    assert crew["problem"].startswith("title.crew.tsv.gz has no column")


def test_quiet_says_nothing_when_all_is_well(mine: Person) -> None:
    said = mine("datasets", "load", "--dir", dump(mine.folder / "d"), "-q")
    assert (said.code, said.out, said.err) == (0, "", "")


def test_fetch_downloads_and_loads(mine: Person, site: Site) -> None:
    said = mine("datasets", "fetch", "--dir", "imdb")
    assert said.code == 0, said.err
    assert said.out.startswith("IMDb non-commercial datasets (personal use only), from 127.0.0.1")
    assert said.out.count("downloaded") == len(NAMES)
    assert site.asked == [f"{name}.tsv.gz" for name in NAMES]
    assert mine.ask("select count(*) from scores") == [(3,)]
    (row,) = mine.ask("select etag, fetched_at is null, loaded_at is null from dataset_files where name like '%crew%'")
    assert row[1:] == (0, 0)
    assert row[0].startswith('"')
    again = mine("datasets", "fetch", "--dir", "imdb")
    assert again.out.count("not modified") == len(NAMES)
    assert again.out.count("unchanged, not read again") == len(NAMES)
    assert len(site.asked) == 2 * len(NAMES)


def test_fetch_without_a_database_only_downloads(mwi: Person, site: Site) -> None:
    said = mwi("datasets", "fetch")
    assert said.code == 0, said.err
    assert said.last == "Next: mwi-crawl import ratings.csv   then: mwi-crawl datasets load"
    assert (mwi.folder / "data" / "imdb" / "name.basics.tsv.gz").is_file()
    assert not (mwi.folder / "mwi.db").exists()


def test_fetch_can_leave_loading_for_later(mine: Person, site: Site) -> None:
    said = mine("datasets", "fetch", "--no-load", "--dir", "a b")
    assert said.last == "Next: mwi-crawl datasets load --dir 'a b'"
    assert mine.ask("select count(*) from film_facts") == [(0,)]
    assert mine.ask("select count(*) from dataset_files where fetched_at is not null") == [(7,)]


def test_a_terminal_sees_how_far_each_file_is(mine: Person, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mwi_crawl.cli.datasets.on_terminal", lambda _name: True)
    said = mine("datasets", "fetch")
    assert said.code == 0
    assert " title.basics     : 100%" in said.err
    assert "rows/s" in said.err
    assert mine("datasets", "fetch", "--again", "--no-progress").err == ""


def test_a_refusal_ends_in_words(mine: Person, site: Site) -> None:
    site.status = 403
    said = mine("datasets", "fetch")
    assert said.code == 7
    assert "127.0.0.1 does not give title.basics.tsv.gz: HTTP 403." in said.err


def test_nobody_there_is_no_network(mine: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "BACKOFF", 0.001)
    monkeypatch.setenv("MWI_SOURCES__IMDB_DATASETS__BASE_URL", "http://127.0.0.1:9")
    said = mine("datasets", "fetch")
    assert said.code == 9
    assert "title.basics.tsv.gz could not be downloaded" in said.err
    assert "Traceback" not in said.err


def test_a_source_that_is_off_is_not_asked(mine: Person, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MWI_SOURCES__IMDB_DATASETS__ENABLED", "false")
    assert mine("datasets", "fetch").code == 3
    assert site.asked == []


def test_ctrl_c_ends_a_load_between_two_rows(mine: Person) -> None:
    rows = "".join(f"tt{number:07d}\t5.0\t10\n" for number in range(3_000_000))
    put(mine.folder / "d", "title.ratings", "tconst\taverageRating\tnumVotes\n" + rows)
    before = """
import os, signal
from mwi_crawl.datasets import tsv
tsv.Progress.__setattr__ = lambda self, name, value, set=object.__setattr__: (
    set(self, name, value), name == 'read' and value > 1000 and os.kill(os.getpid(), signal.SIGINT)
)
"""
    said = mine.wait("datasets", "load", "--dir", "d", before=before)
    assert said.code == 128 + signal.SIGINT, said.err
    assert "Stopped. What was finished is stored" in said.err
    assert mine.ask("select count(*) from scores") == [(0,)]
    assert mine("datasets", "load", "--dir", "d").code == 0
