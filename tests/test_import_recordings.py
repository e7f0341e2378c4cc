"""Real exports of all generations, where they lie beside the checkout."""

import csv
from collections import Counter
from pathlib import Path

import pytest

from mwi_crawl.importer import ImportOptions, InputFile, Reading
from mwi_crawl.importers import sniff
from mwi_crawl.model import Entry, MediaType, Precision

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "recordings" / "exports"
FILES = sorted(path.name for path in FOLDER.glob("*.csv"))

pytestmark = pytest.mark.skipif(not FILES, reason="the recordings are not beside this checkout")


def reading_of(name: str) -> Reading:
    (reading,) = sniff(InputFile.at(FOLDER / name), ImportOptions())[1]
    return reading


def entries_of(name: str) -> list[Entry]:
    return [row for row in reading_of(name).rows() if isinstance(row, Entry)]


def counted(name: str) -> list[list[str]]:
    """The rows below the header, by nothing but the standard library."""
    encoding = "cp1252" if "cp1252" in name else "utf-8-sig"
    with (FOLDER / name).open(encoding=encoding, newline="") as file:
        return list(csv.reader(file))[1:]


@pytest.mark.parametrize("name", FILES)
def test_every_row_of_a_real_export_comes_out_once(name: str) -> None:
    rows = list(reading_of(name).rows())
    assert len(rows) == len(counted(name))
    assert len({row.line for row in rows}) == len(rows)
    assert all(isinstance(row, Entry) for row in rows)  # none of these files has a bad row


@pytest.mark.parametrize("name", FILES)
def test_a_real_export_is_told_by_its_columns_and_name(name: str) -> None:
    site, kind, *_ = name.split("_")
    assert reading_of(name).kind == f"{site}_{kind}"


@pytest.mark.parametrize("name", [name for name in FILES if name.startswith("imdb")])
def test_titles_ids_and_kinds_of_titles_are_those_of_the_file(name: str) -> None:
    found = entries_of(name)
    text = {cell.strip() for row in counted(name) for cell in row}
    assert all(entry.seed.title in text and entry.seed.ids["imdb"] in text for entry in found)
    assert all(entry.seed.media_type for entry in found)


@pytest.mark.parametrize("name", [name for name in FILES if name.startswith("letterboxd")])
def test_names_years_and_stars_are_those_of_the_file(name: str) -> None:
    for entry, row in zip(entries_of(name), counted(name), strict=True):
        assert entry.seed.title == row[1].strip()
        assert str(entry.seed.year or "") == row[2]
        assert entry.stars == (float(row[4]) if len(row) > 4 and row[4] else None)


@pytest.mark.parametrize(
    ("name", "imdb_id", "title"),
    [
        ("imdb_watchlist_2020_cp1252_175rows.csv", "tt1407927", "180° South"),
        ("imdb_watchlist_2026_cyrillic_440rows.csv", "tt0405094", "Жизнь других"),
        ("imdb_watchlist_2026_cyrillic_440rows.csv", "tt0095765", "Новый кинотеатр «Парадизо»"),
        ("imdb_list_2017_lowercase_headers_888rows_rated.csv", "tt0434409", "V per Vendetta"),
        ("imdb_watchlist_2024_original_title_1550rows.csv", "tt0070904", "World on a Wire"),
    ],
)
def test_accents_and_scripts_survive(name: str, imdb_id: str, title: str) -> None:
    assert {entry.seed.ids["imdb"]: entry.seed.title for entry in entries_of(name)}[imdb_id] == title


@pytest.mark.parametrize(
    ("name", "rated"),
    [
        ("imdb_list_2017_lowercase_headers_888rows_rated.csv", 812),
        ("imdb_watchlist_2013_lowercase_headers_457rows.csv", 89),
        ("imdb_watchlist_2020_cp1252_175rows.csv", 10),
        ("imdb_watchlist_2026_us_dates_627rows.csv", 3),
        ("imdb_ratings_2024_utf8_1355rows.csv", 1355),
        ("imdb_ratings_2026_original_title_980rows.csv", 980),
        ("letterboxd_diary_2024_908rows.csv", 502),
        ("letterboxd_ratings_2026_1249rows.csv", 1249),
        ("letterboxd_watched_2026_2338rows.csv", 0),
    ],
)
def test_every_rating_is_found(name: str, rated: int) -> None:
    assert sum(entry.stars is not None for entry in entries_of(name)) == rated


def test_american_dates_are_read_as_such() -> None:
    first, *_ = found = entries_of("imdb_watchlist_2026_us_dates_627rows.csv")
    assert (first.added_on, first.rated_on) == ("2024-01-04", "2026-02-15")
    assert all(entry.added_on and len(entry.added_on) == 10 for entry in found)


def test_dates_with_day_names_are_read() -> None:
    found = entries_of("imdb_watchlist_2013_lowercase_headers_457rows.csv")
    assert all(entry.added_on and len(entry.added_on) == 10 for entry in found)


def test_a_mixed_ratings_file_has_its_kinds_of_titles() -> None:
    kinds = Counter(entry.seed.media_type for entry in entries_of("imdb_ratings_2024_utf8_1355rows.csv"))
    assert kinds == {MediaType.MOVIE: 1082, MediaType.EPISODE: 136, MediaType.TV: 123, MediaType.GAME: 14}


def test_every_diary_entry_has_its_day_and_no_film_id() -> None:
    found = entries_of("letterboxd_diary_2026_1297rows.csv")
    assert all(entry.precision is Precision.EXACT and not entry.seed.ids for entry in found)
    assert len({entry.key for entry in found}) == len(found)
