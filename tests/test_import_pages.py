"""`import pages`: what a person saved becomes what a crawl would have stored, and is told apart from a wall."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from commandline import Person
from hypothesis import given, settings
from hypothesis import strategies as st

from mwi_crawl import bodies, saved_pages, sources
from mwi_crawl.model import Outcome, Parsed, Rate, Record, Request, Response, Seed, Verdict
from mwi_crawl.saved_files import SavedFile, UnfitError, read_page, saved_in
from mwi_crawl.source import Source
from mwi_crawl.store import Store

SECRET = "203.0.113.7"  # what a page knows of whoever saved it
LONG_AGO = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
MB = 1024 * 1024


class Album(Source):
    """A source of pages that is off, in which a film has a title and, on another page, a cast."""

    name = "album"
    title = "The Album pages"
    base_url = "https://album.example"
    rate = Rate(1.0)
    kinds = ("film_facts", "film_genres")
    enabled = False
    why_off = "Its terms forbid it."
    pages = True

    def plan(self, seed: Seed) -> Sequence[str]:
        return [f"title/{seed.ids['imdb']}"] if "imdb" in seed.ids else []

    def request(self, keys: Sequence[str]) -> Request:
        return Request(f"/{keys[0]}/")

    def recognize(self, body: bytes) -> str | None:
        if not body.startswith((b"<album", b'{"album"')):
            return None
        return f"title/{_fields(body)['id']}"

    def judge(self, response: Response) -> Verdict:
        if b"prove that you are human" in response.body:
            return Verdict(Outcome.DENIED, "bot_wall", "a bot challenge")
        return Verdict(Outcome.OK)

    def scrub(self, response: Response) -> Response:
        return Response(response.status, response.headers, response.body.replace(SECRET.encode(), b""), response.url)

    def parse(self, key: str, response: Response) -> Parsed:
        fields = _fields(response.body)
        if fields.get("absent"):
            return Parsed(absent="not_found")
        records = [Record("film_facts", {"title": fields["title"], "release_year": fields.get("year")})]
        records[0] = Record("film_facts", {**records[0].values, "title_type": fields.get("type")})
        records += [Record("film_genres", {"genre": genre}) for genre in fields.get("genres", [])]
        ids = {} if fields.get("nameless") else {"imdb": fields["id"], **fields.get("ids", {})}
        return Parsed(("film_facts", "film_genres"), tuple(records), keys=(f"cast/{fields['id']}",), ids=ids)


def _fields(body: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(body[body.index(b"{") : body.rindex(b"}") + 1])
    return found.get("album", found)


@pytest.fixture(autouse=True)
def album(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {"album": Album, **sources.discover()}
    monkeypatch.setattr(sources, "discover", lambda: known)


def page(id: str = "tt0133093", title: str = "The Matrix", **more: Any) -> str:
    return f"<album>{json.dumps({'id': id, 'title': title, **more})}{SECRET}</album>"


WALL = "<html><title></title>please prove that you are human</html>"


def save(mwi: Person, name: str, text: str | bytes, when: datetime = LONG_AGO) -> Path:
    path = mwi.folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    os.utime(path, (when.timestamp(), when.timestamp()))
    return path


def dump(mwi: Person) -> list[Any]:
    """All that an import of pages may change."""
    tables = ("films", "film_aliases", "jobs", "failures", "film_facts", "film_genres", "bodies", "runs", "run_sources")
    return [mwi.ask(f"select * from {table} order by 1, 2") for table in tables]


def test_a_folder_is_counted_and_what_was_not_taken_is_named(mwi: Person) -> None:
    for number in range(8):
        save(mwi, f"saved/{number}.html", page(f"tt000000{number + 1}", f"Film {number}"))
    save(mwi, "saved/again.html", page("tt0000001", "Film 0"))
    save(mwi, "saved/wall 1.html", WALL)
    save(mwi, "saved/wall 2.htm", WALL)
    save(mwi, "saved/holiday.html", "<html>sun</html>")
    said = mwi("import", "pages", "saved")
    assert said.code == 0
    counts = "9 pages of The Album (8 new, 1 known already), 2 walls (saved challenge page), 1 not a page we know"
    assert said.out.splitlines()[0] == f"12 files: {counts}"
    assert "         holiday.html: not a page we know" in said.out
    assert "         wall 1.html: a challenge page" in said.out
    assert said.last == "Next: mwi-crawl full"
    assert mwi.ask("select count(*) from films") == [(8,)]


def test_a_page_is_stored_as_a_crawled_answer_is_without_a_run(mwi: Person) -> None:
    save(mwi, "matrix.html", page(year=1999, genres=["Action", "Sci-Fi"]))
    assert mwi("import", "pages", "matrix.html").code == 0
    at = "2024-05-06T07:08:09.000Z"
    assert mwi.ask("select title, release_year, imdb_id, followed, origin from films") == [
        ("The Matrix", 1999, "tt0133093", 1, "page")
    ]
    assert mwi.ask("select source, key, state, reason, run_id, parser_version, fetched_at, attempts from jobs") == [
        ("album", "title/tt0133093", "done", None, None, Album.version, at, 0)
    ]
    assert mwi.ask("select film_id, source, title from film_facts") == [(1, "album", "The Matrix")]
    assert mwi.ask("select genre from film_genres") == [("Action",), ("Sci-Fi",)]
    assert mwi.ask("select request, status, content_type, run_id, fetched_at, body_hash from bodies") == [
        ("/title/tt0133093/", 200, "text/html", None, at, mwi.ask("select body_hash from jobs")[0][0])
    ]
    assert mwi.ask("select count(*) from runs") == [(0,)]
    assert mwi.ask("select updated_at > '2026' from films") == [(1,)]  # new to us now, for the other sources


def test_what_the_page_knows_of_its_reader_is_not_kept(mwi: Person) -> None:
    save(mwi, "matrix.html", page())
    mwi("import", "pages", "matrix.html")
    assert SECRET.encode() not in (mwi.folder / "mwi.db").read_bytes()
    with closing(sqlite3.connect(mwi.folder / "mwi.db")) as db:
        body = bodies.read(db, db.execute("select body_hash from jobs").fetchone()[0])
    assert body is not None
    assert body.startswith(b"<album>")
    assert SECRET.encode() not in body


def test_the_same_file_again_changes_nothing_and_says_so(mwi: Person) -> None:
    path = save(mwi, "matrix.html", page())
    mwi("import", "pages", path)
    before = dump(mwi)
    said = mwi("import", "pages", path)
    assert said.code == 0
    assert said.out.splitlines()[0] == "1 file: 1 page of The Album (1 known already)"
    assert said.last == "Nothing has changed.  Next: mwi-crawl full"
    assert dump(mwi) == before
    os.utime(path)  # a copy of it is no newer page
    assert "known already" in mwi("import", "pages", path).out
    assert dump(mwi) == before


def test_without_kept_bodies_the_same_file_is_known_by_its_age(mwi: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MWI_ENGINE__KEEP_BODIES", "false")
    save(mwi, "matrix.html", page())
    mwi("import", "pages", "matrix.html")
    assert mwi.ask("select count(*) from bodies") == [(0,)]
    before = dump(mwi)
    assert "1 known already" in mwi("import", "pages", "matrix.html").out
    assert dump(mwi) == before


def test_a_better_parser_reads_the_same_file_again(mwi: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    save(mwi, "matrix.html", page())
    mwi("import", "pages", "matrix.html")
    monkeypatch.setattr(Album, "version", 2)
    assert "1 newer than what was known" in mwi("import", "pages", "matrix.html").out
    assert mwi.ask("select parser_version from jobs") == [(2,)]


def test_a_newer_page_replaces_what_was_said_and_an_older_one_does_not(mwi: Person) -> None:
    save(mwi, "b.html", page(title="Second", genres=["Action"]))
    mwi("import", "pages", "b.html")
    save(mwi, "a.html", page(title="First"), LONG_AGO - timedelta(days=1))
    assert "(1 older than what is known)" in mwi("import", "pages", "a.html").out
    assert mwi.ask("select title from film_facts") == [("Second",)]
    save(mwi, "c.html", page(title="Third", genres=["Drama"]), LONG_AGO + timedelta(days=1))
    assert "(1 newer than what was known)" in mwi("import", "pages", "c.html").out
    assert mwi.ask("select title, genre from film_facts join film_genres using (film_id)") == [("Third", "Drama")]


def test_of_several_pages_of_a_film_the_newest_counts(mwi: Person) -> None:
    save(mwi, "saved/1.html", page(title="Newest"), LONG_AGO + timedelta(days=2))
    save(mwi, "saved/2.html", page(title="Oldest"))
    save(mwi, "saved/3.html", page(title="Middle"), LONG_AGO + timedelta(days=1))
    said = mwi("import", "pages", "saved")
    assert "3 pages of The Album (2 newer than what was known, 1 new)" in said.out
    assert mwi.ask("select title from film_facts") == [("Newest",)]


def test_a_file_from_the_future_is_from_now(mwi: Person) -> None:
    save(mwi, "matrix.html", page(), datetime(2091, 1, 1, tzinfo=UTC))
    mwi("import", "pages", "matrix.html")
    assert mwi.ask("select fetched_at from jobs")[0][0] < "2090"


def test_a_film_that_is_known_is_found_by_its_ids(mwi: Person) -> None:
    mwi.rate(("tt0133093", "The Matrix"), ("tt0211915", "Amélie"))
    mwi("import", "ratings.csv")
    save(mwi, "matrix.html", page(ids={"tmdb_movie": "603"}))
    mwi("import", "pages", "matrix.html")
    assert mwi.ask("select count(*) from films") == [(2,)]
    assert mwi.ask("select title, tmdb_id from films where film_id = (select film_id from film_facts)") == [
        ("The Matrix", 603)
    ]


def test_ids_that_a_page_adds_are_as_new_as_the_import_so_that_other_sources_ask_again(mwi: Person) -> None:
    mwi.rate(("tt0133093", "The Matrix"))
    mwi("import", "ratings.csv")
    mwi.change("update films set updated_at = '2025-01-01T00:00:00.000Z'")
    save(mwi, "matrix.html", page(ids={"tmdb_movie": "603"}))  # itself of 2024
    mwi("import", "pages", "matrix.html")
    assert mwi.ask("select updated_at > '2026' from films") == [(1,)]
    assert mwi.ask("select since > '2026' from film_aliases where scheme = 'tmdb_movie'") == [(1,)]


def test_a_film_that_is_kept_but_not_crawled_stays_so(mwi: Person) -> None:
    mwi.rate(("tt0903747", "Breaking Bad"))
    mwi("import", "ratings.csv")
    mwi.change("update films set followed = 0")
    save(mwi, "page.html", page("tt0903747", "Breaking Bad"))
    mwi("import", "pages", "page.html")
    assert mwi.ask("select followed from films") == [(0,)]


def test_what_a_page_would_lead_to_is_not_planned(mwi: Person) -> None:
    save(mwi, "matrix.html", page())
    mwi("import", "pages", "matrix.html")
    assert mwi.ask("select key from jobs") == [("title/tt0133093",)]


def test_a_page_that_cannot_be_read_is_kept_and_named(mwi: Person) -> None:
    mwi.rate(("tt0133093", "The Matrix"))
    mwi("import", "ratings.csv")
    broken = f'<album>{{"id": "tt0133093", "name": "The Matrix"}}{SECRET}</album>'
    save(mwi, "matrix.html", broken)
    said = mwi("import", "pages", "matrix.html")
    assert said.code == 0
    assert "1 page of The Album (1 unreadable, kept for a better parser)" in said.out
    assert "         matrix.html: the answer could not be read (KeyError)" in said.out
    assert mwi.ask("select state, film_id, attempts, parser_version from jobs") == [("broken", 1, 1, Album.version)]
    assert mwi.ask("select class, film_id from failures") == [("parser_error", 1)]
    assert mwi.ask("select count(*) from bodies") == [(1,)]
    before = dump(mwi)
    assert "1 unreadable" in mwi("import", "pages", "matrix.html").out
    assert dump(mwi) == before
    save(mwi, "older.html", page(), LONG_AGO - timedelta(days=9))  # says more than nothing
    assert "(1 new)" in mwi("import", "pages", "older.html").out
    assert mwi.ask("select state from jobs") == [("done",)]


def test_records_that_the_tables_do_not_take_make_a_page_unreadable(mwi: Person) -> None:
    save(mwi, "saved/1.html", page("tt0000001", title="Fine"))
    save(mwi, "saved/2.html", page("tt0000002", title=["not", "a", "text"]))
    said = mwi("import", "pages", "saved")
    assert "2 pages of The Album (1 new, 1 unreadable, kept for a better parser)" in said.out
    assert mwi.ask("select title from film_facts") == [("Fine",)]


def test_a_page_that_says_not_which_film_it_is_about_is_told(mwi: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Album, "plan", lambda self, seed: [])
    save(mwi, "matrix.html", page(nameless=True))
    said = mwi("import", "pages", "matrix.html")
    assert said.code == 3
    assert "matrix.html: does not say which film it is about" in said.out
    assert mwi.ask("select count(*) from jobs") == mwi.ask("select count(*) from films") == [(0,)]


def test_a_page_without_ids_is_about_the_film_of_its_key(mwi: Person) -> None:
    save(mwi, "matrix.html", page(nameless=True))
    mwi("import", "pages", "matrix.html")
    assert mwi.ask("select imdb_id from films join film_facts using (film_id)") == [("tt0133093",)]


def test_a_run_that_had_the_page_to_ask_is_done_with_it(mwi: Person) -> None:
    """A run counts what it planned: without this one that is resumed would wait for ever for a page it has."""
    save(mwi, "matrix.html", page())
    mwi("import", "pages", "matrix.html")
    mwi.change("delete from film_facts")
    mwi.change("insert into runs (run_id, kind, status, started_at) values (1, 'full', 'INTERRUPTED', '2026')")
    mwi.change("insert into run_sources (run_id, source, state, planned) values (1, 'album', 'waiting', 5)")
    mwi.change("update jobs set state = 'pending', run_id = 1, body_hash = null, fetched_at = null")
    assert "(1 new)" in mwi("import", "pages", "matrix.html").out
    assert mwi.ask("select planned, done, requests from run_sources") == [(5, 1, 0)]
    assert mwi.ask("select status from runs") == [("INTERRUPTED",)]
    assert mwi.ask("select state, run_id from jobs") == [("done", 1)]
    save(mwi, "matrix.html", page(title="Newer"), LONG_AGO + timedelta(days=1))
    mwi("import", "pages", "matrix.html")  # a run that is done with it is not done with it twice
    assert mwi.ask("select planned, done, requests from run_sources") == [(5, 1, 0)]


def test_a_page_does_not_replace_a_crawled_answer_that_is_newer_and_asked_for_again(mwi: Person) -> None:
    save(mwi, "new.html", page(title="Crawled"), LONG_AGO + timedelta(days=30))
    mwi("import", "pages", "new.html")
    mwi.change("update jobs set state = 'pending'")
    save(mwi, "old.html", page(title="Saved"))
    assert "1 older" in mwi("import", "pages", "old.html").out
    assert mwi.ask("select title from film_facts") == [("Crawled",)]


# Which files


def test_the_folders_of_what_pages_show_are_left_alone(mwi: Person) -> None:
    save(mwi, "saved/Matrix.html", page())
    save(mwi, "saved/Matrix_files/frame.html", page("tt0000002"))
    save(mwi, "saved/Matrix-Dateien/frame.html", page("tt0000003"))
    save(mwi, "saved/.cache/x.html", page("tt0000004"))
    save(mwi, "saved/.x.html", page("tt0000005"))
    save(mwi, "saved/2020/Amélie.XHTML", page("tt0000006"))
    save(mwi, "saved/photo.jpg", b"\xff\xd8")
    (mwi.folder / "saved/folder.html").mkdir()
    assert sorted(file.name for file in saved_in(mwi.folder / "saved")) == ["2020/Amélie.XHTML", "Matrix.html"]
    assert mwi("import", "pages", "saved").out.startswith("2 files: 2 pages of The Album (2 new)")


def test_saved_data_of_a_page_is_a_page(mwi: Person) -> None:
    save(mwi, "data.json", json.dumps({"album": {"id": "tt0133093", "title": "The Matrix"}}))
    assert mwi("import", "pages", "data.json").out.startswith("1 file: 1 page of The Album (1 new)")
    assert mwi.ask("select content_type from bodies") == [("application/json",)]


ARCHIVE = b"""From: <Saved by Blink>
Subject: The Matrix
MIME-Version: 1.0
Content-Type: multipart/related; type="text/html"; boundary="----B--x----"


------B--x----
Content-Type: image/png
Content-Transfer-Encoding: base64

iVBORw0KGgo=

------B--x----
Content-Type: text/html
Content-Transfer-Encoding: quoted-printable

<album>{"id": "tt0133093", "title": "The M=61trix=
 Reloaded"}</album>

------B--x------
""".replace(b"\n", b"\r\n")


def test_the_page_in_a_single_file_archive_is_found(mwi: Person) -> None:
    save(mwi, "matrix.mhtml", ARCHIVE)
    assert mwi("import", "pages", "matrix.mhtml").out.startswith("1 file: 1 page of The Album (1 new)")
    assert mwi.ask("select title from film_facts") == [("The Matrix Reloaded",)]


def test_an_archive_without_the_data_says_how_to_save_it_instead(mwi: Person) -> None:
    save(mwi, "matrix.mhtml", ARCHIVE.replace(b"<album>", b"<html>"))
    said = mwi("import", "pages", "matrix.mhtml")
    assert said.code == 3
    assert 'save it as "Webpage, HTML only"' in said.out


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("empty.html", b" \n", "is empty"),
        ("large.html", b"x" * (2 * MB + 1), "is larger than 2 MB (max_body_mb)"),
        ("picture.mhtml", b"\xff\xd8\xff", "is no archive with a page in it"),
        ("absent.html", page(absent=True).encode(), "is no good answer (not_found)"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_the_reason(
    mwi: Person, monkeypatch: pytest.MonkeyPatch, name: str, content: bytes, why: str
) -> None:
    monkeypatch.setenv("MWI_ENGINE__MAX_BODY_MB", "2")
    save(mwi, f"saved/{name}", content)
    save(mwi, "saved/matrix.html", page())
    said = mwi("import", "pages", "saved")
    assert said.code == 0
    assert said.out.splitlines()[:2] == [
        "2 files: 1 page of The Album (1 new), 1 not read",
        f"         {name}: {why}",
    ]


def test_a_file_that_is_gone_or_closed_to_us_is_named(tmp_path: Path) -> None:
    with pytest.raises(OSError):
        read_page(SavedFile("gone.html", tmp_path / "gone.html"), MB)


async def test_files_that_cannot_be_read_end_nothing(mwi: Person) -> None:
    files = [SavedFile("gone.html", mwi.folder / "gone.html"), SavedFile("x.html", save(mwi, "x.html", page()))]
    async with Store(mwi.folder / "mwi.db") as store:
        taken = await saved_pages.take(store, [Album()], files, saved_pages.Terms(MB))
    assert [(told.name, told.reason) for told in taken.told] == [
        ("gone.html", "cannot be read (No such file or directory)")
    ]
    assert taken.used == 1


def test_a_wall_in_the_shape_of_a_page_is_a_wall(mwi: Person) -> None:
    save(mwi, "matrix.html", page(title="prove that you are human"))
    said = mwi("import", "pages", "matrix.html")
    assert said.code == 3
    assert said.out.startswith("1 file: 1 wall (saved challenge page)")
    assert "matrix.html: a bot challenge" in said.out


def test_a_source_that_trips_over_a_strangers_file_spoils_nothing(mwi: Person) -> None:
    save(mwi, "saved/1.html", "<album>no fields at all")
    save(mwi, "saved/2.html", page())
    said = mwi("import", "pages", "saved")
    assert said.out.startswith("2 files: 1 page of The Album (1 new), 1 not a page we know")


@settings(max_examples=60)
@given(st.binary(max_size=300), st.sampled_from([".html", ".mhtml", ".json"]))
def test_no_bytes_break_the_reading(tmp_path_factory: pytest.TempPathFactory, content: bytes, ending: str) -> None:
    path = tmp_path_factory.mktemp("x") / f"x{ending}"
    for bytes_ in (content, b"Content-Type: multipart/related; boundary=b\r\n\r\n--b\r\nContent-" + content):
        path.write_bytes(bytes_)
        with suppress(UnfitError):
            assert read_page(SavedFile("x", path), MB).body.strip()


def test_a_deeply_nested_archive_is_damaged(tmp_path: Path) -> None:
    parts = "".join(f"Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n" for n in range(5000))
    path = tmp_path / "x.mhtml"
    path.write_text(parts)
    with pytest.raises(UnfitError):
        read_page(SavedFile("x", path), MB)


# At the command line


def test_a_folder_and_a_page_are_recognized_without_their_kind(mwi: Person) -> None:
    save(mwi, "saved/matrix.html", page())
    save(mwi, "amelie.htm", page("tt0211915", "Amélie"))
    mwi.rate(("tt0133093", "The Matrix"))
    said = mwi("import", "ratings.csv", "saved", "amelie.htm")
    assert said.code == 0
    assert said.out.startswith("ratings.csv: IMDb ratings export")
    assert "2 files: 2 pages of The Album (2 new)" in said.out
    assert mwi.ask("select title from film_facts order by 1") == [("Amélie",), ("The Matrix",)]


def test_another_kind_that_is_named_is_not_overruled(mwi: Person) -> None:
    save(mwi, "saved/matrix.html", page())
    said = mwi("import", "imdb", "saved")
    assert said.code == 3
    assert "is a folder" in said.err


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["nowhere"], "nowhere does not exist"),
        (["saved", "nowhere.html"], "nowhere.html does not exist"),
        (["empty"], "empty holds no saved page"),
        (["-"], "- holds no saved page"),
        (["x\0y"], "does not exist"),
    ],
)
def test_what_is_not_there_is_told_before_anything_is_done(mwi: Person, words: list[str], why: str) -> None:
    save(mwi, "saved/matrix.html", page())
    (mwi.folder / "empty").mkdir()
    said = mwi("import", "pages", *words)
    assert said.code == 3
    assert why in said.err
    assert "Nothing was imported." in said.err
    assert not (mwi.folder / "mwi.db").exists()


def test_where_nothing_could_be_used_that_is_the_end(mwi: Person) -> None:
    save(mwi, "saved/1.html", WALL)
    save(mwi, "saved/2.html", "<html>sun</html>")
    said = mwi("import", "pages", "saved")
    assert said.code == 3
    assert said.out.startswith("2 files: 1 wall (saved challenge page), 1 not a page we know")
    assert "none of the 2 files is a page that mwi-crawl knows" in said.err


def test_json_names_everything(mwi: Person) -> None:
    for number in range(30):
        save(mwi, f"saved/{number}.html", WALL)
    save(mwi, "saved/x.html", page())
    (found,) = json.loads(mwi("import", "pages", "saved", "--json").out)
    assert {name: found[name] for name in ("kind", "files", "pages", "others")} == {
        "kind": "pages",
        "files": 31,
        "pages": {"album": {"new": 1}},
        "others": {"wall": 30},
    }
    assert len(found["told"]) == 30
    assert "… 10 more (--json names them all)" in mwi("import", "pages", "saved").out


def test_quiet_says_nothing_about_pages(mwi: Person) -> None:
    save(mwi, "saved/x.html", page())
    said = mwi("import", "pages", "saved", "-q")
    assert (said.code, said.out, said.err) == (0, "", "")


def test_a_name_that_would_steer_the_terminal_does_not(mwi: Person) -> None:
    save(mwi, "saved/\x1b[2Jx.html", "<html>sun</html>")
    assert "\x1b" not in mwi("import", "pages", "saved").out


def test_an_episode_is_kept_and_not_crawled_unless_that_is_asked_for(mwi: Person, album: None) -> None:
    save(mwi, "a.html", page("tt1628065", "Tell It to the Frogs", type="tvEpisode"))
    save(mwi, "b.html", page("tt0133093", type="movie"))
    assert mwi("import", "pages", ".").code == 0
    rows = dict(mwi.ask("select imdb_id, media_type || followed from films"))
    assert rows == {"tt1628065": "episode0", "tt0133093": "movie1"}
