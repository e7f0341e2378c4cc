"""Plain lists of ids."""

from pathlib import Path

import pytest

from mwi_crawl.importer import ImportOptions, InputFile
from mwi_crawl.importers.ids import IdsImporter, seed_of
from mwi_crawl.model import Entry, MediaType, Skipped

FILE = InputFile.at(Path(__file__).parent / "fixtures" / "imports" / "ids.txt")


def rows_of(content: str) -> list[Entry | Skipped] | None:
    found = IdsImporter().read(InputFile.of("ids.txt", content.encode()), ImportOptions())
    return list(found[0].rows()) if found else None


def test_every_way_of_naming_a_film_is_understood_once() -> None:
    (reading,) = IdsImporter().read(FILE, ImportOptions())
    rows = list(reading.rows())
    assert [(row.line, row.key) for row in rows if isinstance(row, Entry)] == [
        (2, "imdb:tt0133093"),
        (2, "tmdb_movie:603"),
        (2, "tmdb_tv:1396"),
        (4, "imdb:tt0111161"),
        (5, "tmdb_movie:550"),
        (6, "tmdb_tv:1399"),
        (7, "letterboxd:perfect-days-2023"),
        (8, "boxd:zRm2"),
        (11, "imdb:tt0068646"),
    ]
    assert [row for row in rows if isinstance(row, Skipped)] == [
        Skipped(3, '"603" is the same title as in line 2'),
        Skipped(10, '"nm0000033" is not a film\'s id; "https://www.imdb.com/name/nm0000033/" is not a film\'s id'),
    ]
    assert not reading.complete


@pytest.mark.parametrize(
    ("word", "ids", "media_type"),
    [
        ("603", {"tmdb_movie": "603"}, MediaType.MOVIE),
        ("tmdb:603", {"tmdb_movie": "603"}, MediaType.MOVIE),
        ("tv/1396", {"tmdb_tv": "1396"}, MediaType.TV),
        ("imdb:tt0133093", {"imdb": "tt0133093"}, None),
        ("https://m.imdb.com/de/title/tt10872600/reviews", {"imdb": "tt10872600"}, None),
        ("www.themoviedb.org/tv/1396", {"tmdb_tv": "1396"}, MediaType.TV),
        ("https://boxd.it/zRm2", {"boxd": "zRm2"}, None),
    ],
)
def test_a_word_means_a_film(word: str, ids: dict[str, str], media_type: MediaType | None) -> None:
    seed = seed_of(word)
    assert seed is not None
    assert (seed.ids, seed.media_type) == (ids, media_type)


@pytest.mark.parametrize(
    "word",
    [
        "tt1",
        "0",
        "nm0000033",
        "tmdb:person/287",
        "https://letterboxd.com/jo/film/heat/",
        "https://letterboxd.com/jo/",
        "https://example.org/title/tt0133093/",
        "https://example.org/?u=imdb.com/title/tt0133093",
        "tt0133093x",
        "٦٠٣",
    ],
)
def test_what_is_no_film_means_none(word: str) -> None:
    assert seed_of(word) is None


def test_a_text_is_not_a_list_of_ids() -> None:
    assert rows_of("tt0133093\nthe best film\n") is None
    assert rows_of("Const,Your Rating\ntt0133093,8\n") is None
    assert rows_of("# nothing\n\n") is None
    assert rows_of("") is None


def test_a_bad_line_far_below_costs_only_itself() -> None:
    rows = rows_of("\n".join(f"tt{number:07}" for number in range(1, 61)) + "\nthe best film, 603")
    assert rows is not None
    assert len(rows) == 62
    assert isinstance(rows[60], Entry)
    assert (rows[60].line, rows[60].key) == (61, "tmdb_movie:603")
    assert isinstance(rows[61], Skipped)
    assert rows[61].reason.startswith('"the" is not a film\'s id; "best"')
