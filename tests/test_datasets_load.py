"""The datasets: only rows about our films, exactly as IMDb means them, replaced as a whole, and never by halves."""

from __future__ import annotations

import asyncio
import gzip
import os
import re
import sqlite3
import tracemalloc
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from dumps import NAMES, dump, put, text

from mwi_crawl import films, schema
from mwi_crawl.datasets import loading, tsv
from mwi_crawl.datasets.loading import Kept, Loaded
from mwi_crawl.datasets.tsv import Table
from mwi_crawl.errors import InputError
from mwi_crawl.model import Seed
from mwi_crawl.queries import names, script
from mwi_crawl.sources.imdb_datasets import FILES, ImdbDatasets
from mwi_crawl.store import Store

NOW = "2026-03-04T12:00:00.000Z"
IDS = ("tt0100001", "tt0100002", "tt0200001", "tt10000001", "tt7777777")


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with Store(tmp_path / "t.db") as found:
        yield found


async def know(store: Store, *ids: str, followed: bool = True) -> list[int]:
    def add(db: sqlite3.Connection) -> list[int]:
        return [films.add(db, Seed({"imdb": id}), origin="test", followed=followed, now=NOW) for id in ids]

    return await store.transact(add)


async def load(store: Store, folder: Path, **options: Any) -> dict[str, Loaded]:
    return {came.name: came async for came in loading.load(store, folder, **options)}


async def ask(store: Store, question: str) -> list[tuple[Any, ...]]:
    return await store.read(lambda db: [tuple(row) for row in db.execute(question)])


SAID = ("film_facts", "film_genres", "scores", "credits", "people", "alternative_titles")


async def said(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    """Everything the source says."""
    return {table: sorted(await ask(store, f"select * from {table}"), key=repr) for table in SAID}


async def test_facts_genres_and_scores_are_those_of_our_films(store: Store, tmp_path: Path) -> None:
    await know(store, *IDS)
    await load(store, dump(tmp_path / "d"))
    facts = await ask(
        store,
        "select title, original_title, title_type, release_year, end_year, runtime_minutes, adult, seasons, episodes "
        "from film_facts where source = 'imdb_datasets' order by film_id",
    )
    assert facts == [
        ('The "Long" Road', 'La "longue" route', "movie", 1999, None, 136, 0, None, None),
        ('"Unclosed', '"Unclosed', "movie", 2001, None, None, 0, None, None),
        ("Evenings", "Soirées", "tvSeries", 2008, 2013, 49, 0, 2, 4),
        ("Eight Digits", "八桁", "movie", 2020, None, 90, 1, None, None),
    ]
    assert await ask(store, "select film_id, genre, position from film_genres order by 1, 3") == [
        (1, "Action", 0), (1, "Sci-Fi", 1), (3, "Drama", 0), (4, "Comedy", 0),
    ]  # fmt: skip
    assert await ask(store, "select film_id, system, value, scale, votes from scores order by 1") == [
        (1, "imdb", 8.7, 10.0, 2_100_000), (3, "imdb", 9.0, 10.0, 1), (4, "imdb", 6.0, 10.0, 77),
    ]  # fmt: skip


async def test_credits_tell_parts_jobs_and_names(store: Store, tmp_path: Path) -> None:
    await know(store, *IDS)
    await load(store, dump(tmp_path / "d"))
    found = await ask(
        store,
        "select credits.film_id, people.name, job, character, billing from credits join people using (person_id) "
        "order by credits.film_id, job, billing, character",
    )
    assert found == [
        (1, "Cy Dee", "actor", 'Jo "Lightning" O\'Neil', 0),
        (1, "Ève Farge", "actor", "Her Twin", 1),
        (1, "Ève Farge", "actor", "Zoë", 1),
        (1, "nm0000023", "cinematographer", "", 3),  # name.basics does not have this one
        (1, "Ann Ågren", "director", "", 0),
        (1, 'Bo "The Pen" Ek', "director", "", 1),
        (1, "Cy Dee", "producer", "", 4),
        (1, 'Bo "The Pen" Ek', "writer", "", 0),
        (2, "Ève Farge", "actor", "", 0),
        (2, "Ann Ågren", "director", "", 0),
        (3, "Gil Host", "self", "Self - Host", 0),
        (3, "八 郎", "writer", "", 0),
        (4, "八 郎", "actor", "名無し", 0),
    ]
    assert await ask(store, "select count(*) from people where name = 'Nobody Wanted'") == [(0,)]


async def test_titles_by_country_say_what_kind_they_are(store: Store, tmp_path: Path) -> None:
    await know(store, *IDS)
    await load(store, dump(tmp_path / "d"))
    assert await ask(store, "select film_id, title, country, kind from alternative_titles order by country") == [
        (1, 'La "longue" route', "", "original"),
        (1, "Der lange Weg", "DE", "imdbDisplay"),
        (1, "Долгая дорога", "SUHH", "cut version"),
        (1, "Road", "US", "working, dvd, short title, new title"),
    ]


async def test_status_shows_which_films_are_there(store: Store, tmp_path: Path) -> None:
    await know(store, *IDS)
    await know(store, "tt0000007", followed=False)
    await load(store, dump(tmp_path / "d"))
    assert await ask(store, "select state, count(*) from film_source_state group by 1 order by 1") == [
        ("absent", 1), ("done", 4),
    ]  # fmt: skip
    assert await ask(store, "select key, film_id, reason from jobs where state = 'absent'") == [
        ("tt7777777", 5, "not_in_dataset")
    ]
    assert await store.read(loading.absent) == ["tt7777777"]
    assert await ask(store, "select value from scores where film_id = 6") == [(5.3,)]  # kept, though not followed


async def test_the_counts_are_those_of_the_files(store: Store, tmp_path: Path) -> None:
    await know(store, *IDS)
    came = await load(store, dump(tmp_path / "d"))
    assert {name: (each.state, each.rows, each.kept) for name, each in came.items()} == {
        "title.basics": ("loaded", 8, 4),
        "title.ratings": ("loaded", 4, 3),
        "title.crew": ("loaded", 5, 4),
        "title.principals": ("loaded", 9, 8),
        "title.akas": ("loaded", 5, 4),
        "title.episode": ("loaded", 5, 4),
        "name.basics": ("loaded", 7, 6),
    }
    assert await ask(store, "select rows_read, rows_kept from dataset_files where name = 'title.crew.tsv.gz'") == [
        (5, 4)
    ]


@pytest.mark.parametrize("change", [
    pytest.param(lambda content: content.replace("\n", "\r\n"), id="CRLF"),
    pytest.param(lambda content: content.removesuffix("\n"), id="no end of line at the end"),
    pytest.param(lambda content: "\ufeff" + content, id="a mark at the beginning"),
    pytest.param(lambda content: "".join(f"{line}\tmore\n" for line in content.splitlines()), id="a further column"),
    pytest.param(
        lambda content: "".join("\t".join(line.split("\t")[::-1]) + "\n" for line in content.split("\n")[:-1]),
        id="columns in another order",
    ),
    pytest.param(
        lambda content: (lambda lines: "\n".join([lines[0], *lines[:0:-1]]) + "\n")(content.split("\n")[:-1]),
        id="rows in another order",
    ),
])  # fmt: skip
async def test_what_the_files_look_like_does_not_matter(store: Store, tmp_path: Path, change: Any) -> None:
    await know(store, *IDS)
    await load(store, dump(tmp_path / "d"))
    expected = await said(store)
    came = await load(store, dump(tmp_path / "other", change=change))
    assert {each.state for each in came.values()} == {"loaded"}
    assert await said(store) == expected


@pytest.mark.parametrize("piece", [1, 7, 64])
async def test_lines_may_be_cut_anywhere(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, piece: int
) -> None:
    await know(store, *IDS)
    await load(store, dump(tmp_path / "d"))
    expected = await said(store)
    monkeypatch.setattr(tsv, "PIECE", piece)
    monkeypatch.setattr(tsv, "READ", piece)
    await load(store, tmp_path / "d", again=True)
    assert await said(store) == expected


async def test_what_was_said_before_is_replaced_and_others_words_stay(store: Store, tmp_path: Path) -> None:
    await know(store, *IDS)
    await load(store, dump(tmp_path / "d"))
    await store.transact(lambda db: db.execute("insert into scores values (1, 'other', 'imdb', 1.0, 10.0, 1)"))
    gone = ("tt0100001", "nm0000024\tself", "nm0000022")
    dump(tmp_path / "d", change=lambda content: "".join(
        line for line in content.splitlines(True) if not any(each in line for each in gone)
    ))  # fmt: skip
    await load(store, tmp_path / "d")
    assert await ask(store, "select film_id, source from scores order by 1, 2") == [
        (1, "other"), (3, "imdb_datasets"), (4, "imdb_datasets"),
    ]  # fmt: skip
    for table in ("film_facts", "film_genres", "credits", "alternative_titles"):
        assert await ask(store, f"select * from {table} where film_id = 1") == [], table
    assert await ask(store, "select job from credits where film_id = 3") == [("writer",)]
    assert await ask(store, "select state, absences from jobs where key = 'tt0100001'") == [("absent", 1)]


async def test_each_file_leaves_what_the_others_said(store: Store, tmp_path: Path) -> None:
    await know(store, *IDS)
    await load(store, dump(tmp_path / "d"))
    expected = await said(store)
    for name in NAMES:
        came = await load(store, dump(tmp_path / name, [name]), again=True)
        assert {each.name for each in came.values() if each.state == "loaded"} == {name}
        assert await said(store) == expected, name


async def test_without_crew_the_principals_name_the_directors_until_it_comes(store: Store, tmp_path: Path) -> None:
    await know(store, *IDS)
    await load(store, dump(tmp_path / "some", ["title.principals"]))
    directors = "select person_id from credits where job = 'director' order by 1"
    assert await ask(store, directors) == [("imdb:nm0000011",)]
    await load(store, dump(tmp_path / "d"))
    assert len(await ask(store, directors)) == 3


async def test_missing_files_are_named_and_the_others_loaded(store: Store, tmp_path: Path) -> None:
    await know(store, *IDS)
    came = await load(store, dump(tmp_path / "d", ["title.ratings"]))
    assert [each.name for each in came.values() if each.state == "loaded"] == ["title.ratings"]
    assert sum(each.state == "missing" for each in came.values()) == 6
    # nothing says that the others are not in the dataset
    assert dict(await ask(store, "select key, state from jobs")) == {
        "tt0100001": "done", "tt0200001": "done", "tt10000001": "done",
    }  # fmt: skip


@pytest.mark.parametrize("there", [True, False])
async def test_a_folder_without_any_is_an_error(store: Store, tmp_path: Path, there: bool) -> None:
    folder = tmp_path / "d"
    if there:
        folder.mkdir()
    with pytest.raises(InputError, match="holds none of" if there else "There is no folder"):
        await load(store, folder)


async def test_a_file_is_read_again_only_if_it_or_the_films_changed(store: Store, tmp_path: Path) -> None:
    await know(store, *IDS)
    folder = dump(tmp_path / "d")
    await load(store, folder)
    again = await load(store, folder)
    assert {each.state for each in again.values()} == {"unchanged"}
    assert again["title.basics"].kept == 4
    await know(store, "tt0000007")
    assert {name for name, each in (await load(store, folder)).items() if each.state == "loaded"} == set(NAMES)
    os.utime(folder / "title.crew.tsv.gz", (1, 1))
    assert [name for name, each in (await load(store, folder)).items() if each.state == "loaded"] == ["title.crew"]
    assert {each.state for each in (await load(store, folder, again=True)).values()} == {"loaded"}


@pytest.mark.parametrize("cut", [0, 1, 10, 11, 0.5, -1])
async def test_a_file_that_ends_early_changes_nothing(store: Store, tmp_path: Path, cut: float) -> None:
    await know(store, *IDS)
    folder = dump(tmp_path / "d")
    await load(store, folder)
    before = await said(store)
    path = folder / "title.principals.tsv.gz"
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * cut) if 0 < cut < 1 else int(cut)])
    put(folder, "title.ratings", text("title.ratings").replace("8.7", "8.8"))
    came = await load(store, folder)
    damaged = came["title.principals"]
    assert damaged.state == "damaged"
    assert str(damaged.problem).startswith(f"title.principals.tsv.gz ends early at byte {path.stat().st_size:,}.")
    assert came["title.ratings"].state == "loaded"
    after = await said(store)
    assert {table for table in SAID if after[table] != before[table]} == {"scores"}
    path.write_bytes(whole)
    assert (await load(store, folder))["title.principals"].state == "loaded"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"<!DOCTYPE html><title>Sorry</title>", "is not a gzip file"),
        (gzip.compress(b"x" * 5000)[:-8] + b"\0" * 8, "is damaged before byte"),
        (gzip.compress(text("title.crew").encode()) + b"more", "is damaged before byte"),
        (gzip.compress(b""), "has no column tconst, directors, writers"),
        (gzip.compress(b"tconst\tdirectors\n"), "has no column writers (its first line: tconst, directors)"),
        (gzip.compress(b"tt0100001\tnm0000011\t\\N\n"), "has no column tconst"),
    ],
)
async def test_what_is_not_the_file_is_told_in_words(
    store: Store, tmp_path: Path, content: bytes, problem: str
) -> None:
    await know(store, *IDS)
    folder = dump(tmp_path / "d", ["title.ratings"])
    (folder / "title.crew.tsv.gz").write_bytes(content)
    found = (await load(store, folder))["title.crew"].problem
    assert found is not None
    assert str(found).startswith(f"title.crew.tsv.gz {problem}")
    assert "mwi-crawl datasets fetch" in found.todo
    assert await ask(store, "select count(*) from credits") == [(0,)]


async def test_a_file_of_several_members_is_one_file(store: Store, tmp_path: Path) -> None:
    await know(store, *IDS)
    raw = text("title.ratings").encode()
    (tmp_path / "d").mkdir()
    whole = gzip.compress(raw[:40]) + gzip.compress(b"") + gzip.compress(raw[40:]) + b"\0" * 512
    (tmp_path / "d" / "title.ratings.tsv.gz").write_bytes(whole)
    assert (await load(store, tmp_path / "d"))["title.ratings"].kept == 3


async def test_rows_of_another_shape_are_counted_and_passed_over(store: Store, tmp_path: Path) -> None:
    await know(store, *IDS)
    put(tmp_path / "d", "title.ratings", text("title.ratings") + "tt0100002\t1.0\nshort\n\ntt0100001\t1.0\t5\t6\n")
    came = (await load(store, tmp_path / "d"))["title.ratings"]
    assert (came.rows, came.kept, came.odd) == (8, 3, 2)
    assert await ask(store, "select value from scores where film_id in (1, 2)") == [(8.7,)]


async def test_an_id_is_never_taken_for_a_longer_one(store: Store, tmp_path: Path) -> None:
    """The first ten bytes are looked up first: of an id of nine digits they are not all."""
    await know(store, "tt1000000", "tt123456789")
    rows = [
        "tt10000001\t1.0\t1",
        "tt1000000\t2.0\t1",
        "tt12345678\t3.0\t1",
        "tt123456780\t4.0\t1",
        "tt123456789\t5.0\t1",
    ]
    put(tmp_path / "d", "title.ratings", "\n".join(["tconst\taverageRating\tnumVotes", *rows, "tt1000000"]))
    await load(store, tmp_path / "d")
    assert await ask(store, "select value from scores order by film_id") == [(2.0,), (5.0,)]


async def test_odd_values_become_unknown_and_never_an_error(store: Store, tmp_path: Path) -> None:
    await know(store, "tt0100001")
    folder = tmp_path / "d"
    put(
        folder,
        "title.basics",
        text("title.basics").splitlines()[0] + "\ntt0100001\t\t\\N\tx\x00y\t2\t99999\t-\t\\N\t,,\n",
    )
    put(folder, "title.ratings", "tconst\taverageRating\tnumVotes\ntt0100001\tnan\t5\n")
    head = text("title.principals").splitlines()[0]
    rows = [
        "one\tnm0000001\tactor\t\\N\tnot json",
        "2\tnm1\tactor\t\\N\t\\N",
        "3\tnm0000002\t\\N\t\\N\t\\N",
        "4\tnm0000003\tself\t\\N\t{}",
        '5\tnm0000004\tself\t\\N\t[1, null, "", " A "]',
        "6\t\\N\tself\t\\N\t[]",
    ]
    put(folder, "title.principals", "\n".join([head, *(f"tt0100001\t{row}" for row in rows)]))
    await load(store, folder)
    assert await ask(store, "select title, original_title, release_year, runtime_minutes, adult from film_facts") == [
        (None, "x y", None, None, None)
    ]
    assert await ask(store, "select count(*) from scores") == [(0,)]
    assert await ask(store, "select person_id, character, billing from credits order by 1") == [
        ("imdb:nm0000001", "not json", None), ("imdb:nm0000003", "{}", 3), ("imdb:nm0000004", "A", 4),
    ]  # fmt: skip


async def test_a_film_of_two_ids_takes_the_rows_of_its_own(store: Store, tmp_path: Path) -> None:
    first, second = await know(store, "tt0100001", "tt0100002")
    await store.transact(lambda db: films.merge(db, first, second, NOW))
    (third,) = await know(store, "tt7777777")
    await store.transact(lambda db: films.learn(db, third, {"imdb": "tt10000001"}, NOW))
    await load(store, dump(tmp_path / "d"))
    assert await ask(store, "select film_id, title from film_facts order by 1") == [
        (first, 'The "Long" Road'), (third, "Eight Digits"),
    ]  # fmt: skip
    assert await ask(store, "select film_id, state from film_source_state order by 1") == [
        (first, "done"), (third, "done"),
    ]  # fmt: skip
    assert await store.read(loading.absent) == []  # the film is there by its other id


async def test_names_known_before_are_not_lost(store: Store, tmp_path: Path) -> None:
    await know(store, *IDS)
    await load(store, dump(tmp_path / "d"))
    await load(store, dump(tmp_path / "some", ["title.crew", "title.principals"]), again=True)
    assert await ask(store, "select name from people where person_id = 'imdb:nm0000022'") == [("Ève Farge",)]


async def test_a_reader_sees_old_or_new(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file is stored in one transaction: a fault in its middle leaves what was there."""
    await know(store, *IDS)
    folder = dump(tmp_path / "d")
    await load(store, folder)
    before = await said(store)
    add, calls = loading._add, []

    def fails(*args: Any) -> None:
        calls.append(args)
        if len(calls) == 2:
            raise RuntimeError("in the middle")
        add(*args)

    monkeypatch.setattr(loading, "_add", fails)
    with pytest.raises(RuntimeError):
        await load(store, folder, again=True)
    assert await said(store) == before


async def test_a_cancelled_load_stores_whole_files_only(store: Store, tmp_path: Path) -> None:
    await know(store, *IDS)
    folder = dump(tmp_path / "d")
    expected: list[str] = []

    def stop(name: str, _progress: object) -> None:
        if name == "title.akas":
            task.cancel()
        expected.append(name)

    task = asyncio.ensure_future(load(store, folder, tell=stop))
    with pytest.raises(asyncio.CancelledError):
        await task
    done = await ask(store, "select name from dataset_files order by rowid")
    assert [name for (name,) in done] == [f"{name}.tsv.gz" for name in NAMES[:4]]
    assert {each.state for each in (await load(store, folder)).values()} == {"unchanged", "loaded"}
    assert await ask(store, "select count(*) from alternative_titles") == [(4,)]


def test_memory_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    def peak(count: int) -> int:
        rows = "".join(f"tt{number:07d}\t{number % 9}\tnm0000001\tactor\t\\N\t\\N\n" for number in range(count))
        path = put(tmp_path, "title.principals", text("title.principals").splitlines()[0] + "\n" + rows)
        tracemalloc.start()
        for _ in Table(path, "tconst", ("nconst",)).scan({b"tt0000001": 1}, lambda *_: None):
            pass
        try:
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    few, many = peak(50_000), peak(300_000)
    assert many < few * 1.2 + 100_000


def test_what_expands_without_end_is_no_table(tmp_path: Path) -> None:
    path = tmp_path / "title.basics.tsv.gz"
    path.write_bytes(gzip.compress(b"x" * (tsv.LONGEST_LINE + tsv.PIECE + 1)))
    with pytest.raises(InputError, match="a line has no end"):
        list(Table(path, "tconst", ()).scan({}, lambda *_: None))


def test_rows_put_aside_come_back_by_key_in_their_order() -> None:
    kept = Kept()
    for number in range(2500):
        kept.add(b"b" if number % 2 else b"a", b"%d" % number)
    assert kept.keys() == {b"a", b"b"}
    found = dict(kept.groups())
    kept.close()
    assert found[b"a"] == [b"%d" % number for number in range(0, 2500, 2)]
    assert found[b"b"][-1] == b"2499"


def test_each_statement_speaks_of_columns_there_are(tmp_path: Path) -> None:
    db = schema.connect(tmp_path / "t.db")
    schema.migrate(db, tmp_path / "t.db")
    replaced = {name.removeprefix("replace_") for name in names("datasets") if name.startswith("replace_")}
    assert replaced == {file.name for file in FILES if file.about == "films"}
    for name in names("datasets"):
        for statement in script(f"datasets/{name}"):
            db.execute(re.sub(r"^(--.*\n)*", r"\g<0>explain ", statement), Nulls())
    db.close()


class Nulls(dict[str, None]):
    """Null for every parameter."""

    def __missing__(self, _name: str) -> None:
        return None


def test_the_source_is_never_asked_film_by_film() -> None:
    source = ImdbDatasets()
    assert source.bulk
    assert list(source.plan(Seed({"imdb": "tt0100001"}))) == []
    assert "IMDb" in source.attribution
    assert "non-commercial" in source.attribution
    assert source.probe().path == "/"
