"""Telling what a file is, saying what it is not, and surviving any bytes at all."""

import csv
import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mwi_crawl.errors import InputError
from mwi_crawl.importer import ImportOptions, InputFile
from mwi_crawl.importers import discover, sniff
from mwi_crawl.importers._family import Family
from mwi_crawl.model import Entry, Skipped

FOLDER = Path(__file__).parent / "fixtures" / "imports"
OURS = ("ids", "imdb", "letterboxd", "ratings")
FILES = {
    "ids.txt": "ids",
    "ratings.csv": "ratings",
    "imdb_2013_list.csv": "imdb",
    "imdb_2019_ratings_cp1252.csv": "imdb",
    "imdb_2024_watchlist.csv": "imdb",
    "imdb_2026_spreadsheet_watchlist.csv": "imdb",
    "letterboxd/diary.csv": "letterboxd",
    "letterboxd/ratings.csv": "letterboxd",
    "letterboxd/watched.csv": "letterboxd",
    "letterboxd/watchlist.csv": "letterboxd",
    "letterboxd/likes/films.csv": "letterboxd",
    "letterboxd/lists/best-of-all.csv": "letterboxd",
}
HEADERS = (
    "Const,Your Rating,Date Rated,Title,URL,Title Type,Year",
    "Position,Const,Created,Modified,Description,Title,URL,Title Type,Year,Your Rating,Date Rated",
    "Date,Name,Year,Letterboxd URI",
    "Date,Name,Year,Letterboxd URI,Rating",
    "Date,Name,Year,Letterboxd URI,Rating,Rewatch,Tags,Watched Date",
    "user,imdb_id,tmdb_id,rating,rated_at,title,year",
)


def test_importers_are_found_by_being_there() -> None:
    found = discover()
    assert set(OURS) <= set(found)
    assert list(found)[-1] == "ids"
    assert all(importer.name == name and importer.hint for name, importer in found.items())
    assert all(isinstance(found[name], Family) for name in OURS)


@pytest.mark.parametrize(("name", "kind"), FILES.items())
def test_every_file_is_known_to_one_importer_only(name: str, kind: str) -> None:
    file = InputFile.at(FOLDER / name)
    assert [name for name in OURS if discover()[name].read(file, ImportOptions())] == [kind]
    importer, readings = sniff(file, ImportOptions())
    assert importer.name == kind
    assert len(readings) == 1


def test_a_file_of_another_kind_is_refused_by_the_column_it_lacks() -> None:
    with pytest.raises(InputError) as raised:
        sniff(InputFile.of("holiday.csv", b"Date,Place,Photo\n2024,Rome,1\n"), ImportOptions(), "imdb")
    assert str(raised.value).splitlines() == [
        'holiday.csv is not an IMDb export: no column "Const" (columns: Date, Place, Photo).',
        "Nothing was imported.",
        'IMDb exports come from "Your ratings" / "Your watchlist" / "Check-ins" -> Export.',
    ]


@pytest.mark.parametrize(
    ("content", "kind", "happened"),
    [
        (b"Date,Place\n", "letterboxd", 'no column "Name" (columns: Date, Place).'),
        (b"Date,Name\n", "letterboxd", 'no column "Letterboxd URI" (columns: Date, Name).'),
        (b"Date,Place\n", "ratings", 'no column "rating" and no column "imdb_id" or "tmdb_id" (columns: Date, Place).'),
        (b"rating\n", "ratings", 'no column "imdb_id" or "tmdb_id" (columns: rating).'),
        (b"tt0133093\nthe best\n", "ids", '"the" is not an id.'),
        (b"\n", "ids", "there is nothing in it."),
        (b"", "imdb", 'no column "Const" (it is empty).'),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "imdb", "(it is not a text file)."),
        (b"\0\x1b]0;owned\x07,b\n", "imdb", "(it is not a text file)."),
    ],
)
def test_the_message_says_what_is_missing(content: bytes, kind: str, happened: str) -> None:
    with pytest.raises(InputError) as raised:
        sniff(InputFile.of("x.csv", content), ImportOptions(), kind)
    assert raised.value.happened.endswith(happened)


def test_a_file_of_no_kind_is_refused_with_where_exports_come_from() -> None:
    with pytest.raises(InputError) as raised:
        sniff(InputFile.of("holiday.csv", b"Date,Place,Photo\n"), ImportOptions())
    assert raised.value.happened == "holiday.csv is of no kind that mwi-crawl knows (columns: Date, Place, Photo)."
    assert raised.value.safe == "Nothing was imported."
    assert "Letterboxd exports come from" in raised.value.todo


def test_a_message_obeys_no_terminal_and_stays_short() -> None:
    columns = ["\x1b[2Jclear\u202e", "x" * 500, *(f"c{number}" for number in range(100))]
    with pytest.raises(InputError) as raised:
        sniff(InputFile.of("x.csv", ",".join(columns).encode()), ImportOptions())
    assert raised.value.happened.isprintable()
    assert len(raised.value.happened) < 300


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(InputError, match='"trakt" is not a kind of file'):
        sniff(InputFile.of("x.csv", b""), ImportOptions(), "trakt")


def export_zip() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted((FOLDER / "letterboxd").rglob("*.csv")):
            archive.write(path, path.relative_to(FOLDER / "letterboxd").as_posix())
    return content.getvalue()


SEEDS = (*((FOLDER / name).read_bytes() for name in FILES), export_zip())
NAMES = st.sampled_from(["a.csv", "watchlist.csv", "watched.csv", "checkins.csv", "ratings.csv", "films.csv"])


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A good file with some of its bytes replaced, removed or repeated."""
    content = bytearray(draw(st.sampled_from(SEEDS)))
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(content)))
        end = min(len(content), start + draw(st.integers(0, 60)))
        content[start:end] = draw(st.one_of(st.binary(max_size=40), st.just(bytes(content[end : end + 200]))))
    return bytes(content)


def survives(name: str, content: bytes) -> None:
    for kind in OURS:
        try:
            for reading in discover()[kind].read(InputFile.of(name, content), ImportOptions()):
                for row in reading.rows():
                    assert isinstance(row, Entry | Skipped)
                    if isinstance(row, Entry):
                        assert row.stars is None or 0.5 <= row.stars <= 5
                        repr(row).encode()  # a lone surrogate could not be stored
        except InputError:
            pass


@settings(deadline=None, max_examples=150)
@given(name=NAMES, content=st.one_of(st.binary(max_size=400), damaged()))
def test_any_bytes_are_read_to_the_end_or_refused(name: str, content: bytes) -> None:
    survives(name, content)


@settings(deadline=None, max_examples=100)
@given(
    name=st.sampled_from(["watchlist.csv", "watched.csv"]),
    header=st.sampled_from(HEADERS),
    cells=st.lists(
        st.lists(
            st.one_of(
                st.sampled_from(
                    [
                        "",
                        "tt0133093",
                        "tt10872600",
                        "8",
                        "4.5",
                        "3/4/2021",
                        "13-4-21",
                        "2013–2023",
                        "https://boxd.it/zRm2",
                    ]
                ),
                st.text(max_size=12),
            ),
            min_size=1,
            max_size=14,
        ),
        max_size=12,
    ),
    delimiter=st.sampled_from(",;\t"),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_every_row_comes_out_once(name: str, header: str, cells: list[list[str]], delimiter: str, end: str) -> None:
    table = io.StringIO(newline="")
    writer = csv.writer(table, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerows([header.split(","), *cells])
    content = table.getvalue().encode("utf-8", "replace")
    (reading,) = sniff(InputFile.of(name, content), ImportOptions(scale=10))[1]
    rows = list(reading.rows())
    assert len(rows) == len(cells)
    assert len({row.line for row in rows}) == len(rows)
