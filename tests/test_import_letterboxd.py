"""Letterboxd's export: the zip and each of its files alone."""

import io
import zipfile
from collections.abc import Iterable
from pathlib import Path

import pytest

from mwi_crawl.errors import InputError
from mwi_crawl.importer import ImportOptions, InputFile, Reading
from mwi_crawl.importers.letterboxd import LetterboxdImporter
from mwi_crawl.model import Entry, Precision, Seed, Skipped

FOLDER = Path(__file__).parent / "fixtures" / "imports" / "letterboxd"
PLAIN = b"Date,Name,Year,Letterboxd URI\n2024-01-03,Perfect Days,2023,https://boxd.it/zRm2\n"


def read(name: str, content: bytes | None = None) -> Reading:
    file = InputFile.at(FOLDER / name) if content is None else InputFile.of(name, content)
    (reading,) = LetterboxdImporter().read(file, ImportOptions())
    return reading


def entries(rows: Iterable[Entry | Skipped]) -> list[Entry]:
    return [row for row in rows if isinstance(row, Entry)]


def zipped(top: str = "", **extra: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(FOLDER.rglob("*.csv")):
            archive.write(path, f"{top}{path.relative_to(FOLDER).as_posix()}")
        for name, data in extra.items():
            archive.writestr(f"{top}{name}", data)
    return content.getvalue()


def readings_of(content: bytes) -> dict[str, Reading]:
    found = LetterboxdImporter().read(InputFile.of("export.zip", content), ImportOptions())
    return {reading.kind: reading for reading in found}


def test_a_diary_uri_is_not_taken_for_the_film() -> None:
    first, again, untitled, undated = entries(read("diary.csv").rows())
    assert first == Entry(
        line=2,
        key="https://boxd.it/5entry",
        seed=Seed({}, "Perfect Days", year=2023),
        stars=4.5,
        rated_on="2024-01-03",
        watched_on="2024-01-01",
        precision=Precision.EXACT,
        watched=True,
        note="cinema, with Jo",
    )
    assert (again.key, again.rewatch, first.rewatch) == ("https://boxd.it/6entry", True, False)
    assert (untitled.seed, untitled.stars, untitled.rated_on) == (Seed({}, 'Hello, "Goodbye"'), None, None)
    assert (undated.watched_on, undated.precision) == ("2024-02-05", Precision.RATED)


def test_ratings_carry_the_film_s_own_id_and_the_day_of_rating() -> None:
    reading = read("ratings.csv")
    one, two, three = entries(reading.rows())
    assert one == Entry(
        line=2,
        key="zRm2",
        seed=Seed({"boxd": "zRm2"}, "Perfect Days", year=2023),
        stars=4.5,
        rated_on="2024-01-03",
        watched_on="2024-01-03",
        precision=Precision.RATED,
        watched=True,
    )
    assert (two.seed.ids, two.key, two.seed.title, two.stars) == ({"letterboxd": "lodz"}, "film/lodz", "Łódź", 0.5)
    assert (three.stars, three.watched) == (None, True)
    assert reading.notes == ('line 4 rating "6": not a rating from 0.5 to 5; kept without a rating.',)


def test_the_day_a_film_was_marked_is_no_day_of_watching() -> None:
    entry, repeated = read("watched.csv").rows()
    assert isinstance(entry, Entry)
    assert (entry.watched, entry.watched_on, entry.precision) == (True, None, Precision.UNKNOWN)
    assert (entry.rated_on, entry.added_on) == (None, "2024-01-03")
    assert repeated == Skipped(3, "the same film as in line 2")


def test_a_watchlist_and_likes_say_nothing_of_viewings() -> None:
    (wish,) = entries(read("watchlist.csv").rows())
    assert (wish.watched, wish.list_name, wish.added_on, wish.seed.year) == (False, "watchlist", "2023-05-05", None)
    (liked,) = entries(read("likes/films.csv").rows())
    assert (liked.watched, liked.liked, liked.list_name) == (False, True, None)


def test_a_list_is_found_below_its_long_description() -> None:
    reading = read("lists/best-of-all.csv")
    one, two = entries(reading.rows())
    assert (reading.kind, reading.complete) == ("letterboxd_list", False)
    assert one == Entry(
        line=9,
        key="https://boxd.it/lst1/zRm2",
        seed=Seed({"boxd": "zRm2"}, "Perfect Days", year=2023),
        list_name="Best, of all",
        position=1,
        note="every day",
    )
    assert (two.line, two.position, two.note) == (10, 2, None)


def test_a_list_with_a_loose_quote_in_its_description_is_found_too() -> None:
    content = b'Letterboxd list export v7\nDate,Name,Tags,URL,Description\n2022-01-01,Mine,,,5" nails\n\n'
    content += b"Position,Name,Year,URL,Description\n1,Heat,1995,https://boxd.it/2bbi,\n"
    (entry,) = entries(read("mine.csv", content).rows())
    assert (entry.line, entry.list_name, entry.key) == (6, "Mine", "mine/2bbi")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("watched.csv", "letterboxd_watched"),
        ("watchlist (1).csv", "letterboxd_watchlist"),
        ("films.csv", "letterboxd_likes"),
        ("jo_likes_films.csv", "letterboxd_likes"),
    ],
)
def test_files_of_one_shape_are_told_apart_by_their_names(name: str, kind: str) -> None:
    assert read(name, PLAIN).kind == kind


def test_a_file_that_could_be_anything_is_asked_about() -> None:
    with pytest.raises(InputError) as raised:
        read("export.csv", PLAIN)
    assert "may be a list of films watched, liked, or to watch" in raised.value.happened
    assert "watchlist.csv" in raised.value.todo


def test_a_file_saved_by_a_spreadsheet_is_read() -> None:
    content = "Date;Name;Year;Letterboxd URI;Rating\r\n1/13/2024;Łódź;;https://boxd.it/abc;3,5\r\n".encode("utf-16")
    (entry,) = entries(read("ratings.csv", content).rows())
    assert (entry.stars, entry.rated_on, entry.seed) == (3.5, "2024-01-13", Seed({"boxd": "abc"}, "Łódź"))


def test_a_row_that_names_no_film_is_skipped_and_one_without_an_address_kept() -> None:
    content = b"Date,Name,Year,Letterboxd URI\n2024-01-03,,,\n2024-01-03,Heat,1995,https://example.org/film/heat/\n"
    nothing, named = read("watched.csv", content).rows()
    assert nothing == Skipped(2, "no Name, and no address of a film")
    assert isinstance(named, Entry)
    assert (named.key, named.seed.ids) == ("Heat (1995)", {})


def test_reviews_are_never_read() -> None:
    with pytest.raises(InputError, match="texts of reviews, which are not read"):
        read("reviews.csv")


def test_the_zip_gives_every_table_and_its_owner_and_nothing_personal() -> None:
    found = readings_of(zipped())
    assert sorted(found) == [
        "letterboxd_diary",
        "letterboxd_likes",
        "letterboxd_list",
        "letterboxd_ratings",
        "letterboxd_watched",
        "letterboxd_watchlist",
    ]
    assert {reading.person for reading in found.values()} == {"jo_films"}
    said = repr([list(reading.rows()) for reading in found.values()]) + repr(found)
    assert not any(word in said for word in ("secret", "example.org", "They"))


def test_the_zip_says_the_same_as_its_files() -> None:
    found = readings_of(zipped())
    ours = {path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.csv")}
    for path in ours - {"profile.csv", "comments.csv", "reviews.csv"}:
        alone = read(path)
        assert list(found[alone.kind].rows()) == list(alone.rows())


def test_what_was_deleted_is_not_read() -> None:
    with_deleted = zipped(**{"deleted/diary.csv": (FOLDER / "diary.csv").read_bytes(), "orphaned/ratings.csv": b"x"})
    assert len(readings_of(with_deleted)) == 6
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.write(FOLDER / "diary.csv", "deleted/diary.csv")
    assert readings_of(content.getvalue()) == {}


def test_one_folder_around_everything_is_seen_through() -> None:
    content = io.BytesIO(zipped("letterboxd-jo-2024/"))
    assert len(readings_of(content.getvalue())) == 6
    with zipfile.ZipFile(content, "a") as archive:
        archive.writestr("__MACOSX/letterboxd-jo-2024/._diary.csv", b"x")
    assert len(readings_of(content.getvalue())) == 6


def test_a_zip_with_a_file_of_other_columns_is_refused_by_its_name() -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.write(FOLDER / "diary.csv", "diary.csv")
        archive.writestr("watched.csv", b"Film,When\nHeat,1995\n")
    with pytest.raises(InputError, match=r"watched.csv is not as Letterboxd exports it \(columns: Film, When\)"):
        readings_of(content.getvalue())


def test_somebody_else_s_zip_is_not_ours() -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("ml/ratings.csv", b"userId,movieId,rating,timestamp\n")
    assert readings_of(content.getvalue()) == {}


def test_an_empty_watchlist_is_an_empty_watchlist() -> None:
    reading = read("watchlist.csv", b"Date,Name,Year,Letterboxd URI\r\n")
    assert (list(reading.rows()), reading.complete) == ([], True)
