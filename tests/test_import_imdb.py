"""IMDb's exports of every generation."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from mwi_crawl.importer import ImportOptions, InputFile, Reading
from mwi_crawl.importers.imdb import ImdbImporter, media_type_of
from mwi_crawl.model import Entry, MediaType, Precision, Seed, Skipped

FOLDER = Path(__file__).parent / "fixtures" / "imports"
GEN3 = "Position,Const,Created,Modified,Description,Title,Original Title,URL,Title Type,Year,Your Rating,Date Rated\n"


def reading_of(name: str, content: bytes | None = None, options: ImportOptions | None = None) -> Reading:
    file = InputFile.at(FOLDER / name) if content is None else InputFile.of(name, content)
    (reading,) = ImdbImporter().read(file, options or ImportOptions())
    return reading


def entries(rows: Iterable[Entry | Skipped]) -> list[Entry]:
    return [row for row in rows if isinstance(row, Entry)]


def skipped(rows: Iterable[Entry | Skipped]) -> list[Skipped]:
    return [row for row in rows if isinstance(row, Skipped)]


def test_a_list_of_the_first_generation_keeps_titles_days_and_ratings() -> None:
    reading = reading_of("imdb_2013_list.csv")
    assert (reading.kind, reading.description) == ("imdb_list", "IMDb list export (16 columns, UTF-8)")
    one, two, three = entries(reading.rows())
    assert one == Entry(
        line=2,
        key="imdb_2013_list/tt0047478",
        seed=Seed({"imdb": "tt0047478"}, "I sette samurai", None, 1954, MediaType.MOVIE),
        stars=5.0,
        list_name="imdb_2013_list",
        position=1,
        added_on="2014-11-07",
        type_label="Feature Film",
    )
    assert (two.line, two.note, two.stars, two.seed.media_type) == (3, "with\nAnna", None, MediaType.TV)
    assert (three.line, three.seed.year, three.stars) == (5, None, 4.0)


def test_a_ratings_file_in_windows_1252_comes_out_row_by_row() -> None:
    reading = reading_of("imdb_2019_ratings_cp1252.csv")
    rows = list(reading.rows())
    assert (reading.kind, reading.description) == ("imdb_ratings", "IMDb ratings export (13 columns, Windows-1252)")
    assert [row.line for row in rows] == list(range(2, 12))
    assert [entry.seed.title for entry in entries(rows)][:3] == ["180° South", "Amélie – le film", "Peaky Blinders"]
    assert skipped(rows) == [
        Skipped(5, 'Const "nm0000033" is a person, not a title'),
        Skipped(8, "the same title as in line 2"),
        Skipped(9, "no Const, and no title in the URL"),
        Skipped(10, "4 cells, and the header has 13 columns"),
    ]


def test_the_day_rated_is_not_taken_for_the_day_watched() -> None:
    first, *_, last = entries(reading_of("imdb_2019_ratings_cp1252.csv").rows())
    assert (first.watched, first.watched_on, first.precision) == (True, "2020-05-21", Precision.RATED)
    assert (first.stars, first.rated_on) == (4.0, "2020-05-21")
    assert (last.watched, last.watched_on, last.precision, last.rated_on) == (True, None, Precision.UNKNOWN, None)
    assert any("not the day you watched" in note for note in reading_of("imdb_2019_ratings_cp1252.csv").notes)


def test_a_partial_day_of_rating_is_still_only_a_day_of_rating() -> None:
    (entry,) = entries(reading_of("ratings.csv", b"Const,Your Rating,Date Rated\ntt0133093,8,2011-05\n").rows())
    assert (entry.watched_on, entry.precision) == ("2011-05", Precision.RATED)


def test_a_span_of_years_and_an_impossible_rating_cost_neither_the_film_nor_silence() -> None:
    reading = reading_of("imdb_2019_ratings_cp1252.csv")
    found = {entry.key: entry for entry in entries(reading.rows())}
    assert found["tt2442560"].seed.year == 2013
    assert (found["tt0120338"].stars, found["tt0120338"].rated_on, found["tt0120338"].watched) == (None, None, True)
    assert 'line 6 rating "11": not a rating from 1 to 10; kept without a rating.' in reading.notes
    assert 'line 4 year "2013–2022": the first year was kept.' in reading.notes


def test_the_id_is_taken_from_the_address_where_const_is_missing() -> None:
    found = {entry.key: entry for entry in entries(reading_of("imdb_2019_ratings_cp1252.csv").rows())}
    assert found["tt0113277"].seed.title == "Heat"


def test_an_export_without_the_const_column_is_read_by_its_addresses() -> None:
    content = b"Title,URL,Title Type,Your Rating\nHeat,https://www.imdb.com/title/tt0113277,movie,9\n"
    (entry,) = entries(reading_of("my.csv", content).rows())
    assert entry.key == "tt0113277"


def test_a_watchlist_keeps_both_titles_and_says_nothing_of_viewings() -> None:
    reading = reading_of("imdb_2024_watchlist.csv")
    one, two, three = entries(reading.rows())
    assert (reading.kind, reading.complete) == ("imdb_watchlist", True)
    assert (one.seed.title, one.seed.original_title) == ("Жизнь других", "Das Leben der Anderen")
    assert (one.key, one.list_name, one.added_on, one.position) == ("tt0405094", "watchlist", "2016-03-03", 1)
    assert (two.key, two.note, two.stars, two.rated_on) == ("tt11280740", "for the office, later", 4.5, "2023-01-02")
    assert not any(entry.watched or entry.watched_on for entry in (one, two, three))


def test_a_file_saved_by_a_spreadsheet_tells_its_order_of_day_and_month_by_all_its_dates() -> None:
    reading = reading_of("imdb_2026_spreadsheet_watchlist.csv")
    rows = list(reading.rows())
    assert [(entry.added_on, entry.rated_on) for entry in entries(rows)] == [
        ("2024-04-01", "2026-03-02"),
        ("2022-06-09", None),
    ]
    assert skipped(rows) == [Skipped(4, "an empty row"), Skipped(5, "an empty row")]
    assert reading.notes == ()


def test_undecidable_days_keep_their_year_and_the_file_says_so() -> None:
    reading = reading_of("watchlist.csv", b"Position,Const,Created\n1,tt0133093,03-04-21\n")
    assert entries(reading.rows())[0].added_on == "2021"
    assert reading.notes == ("1 dates like 3-4-2021 could be read both ways; only their year was kept.",)


@pytest.mark.parametrize(
    ("name", "checkins", "kind"),
    [
        ("WATCHLIST (2).csv", False, "imdb_watchlist"),
        ("my_Watchlist.csv", False, "imdb_watchlist"),
        ("Check-ins.csv", False, "imdb_checkins"),
        ("CHECKINS.csv", False, "imdb_checkins"),
        ("ls012345678.csv", True, "imdb_checkins"),
        ("WATCHLIST.csv", True, "imdb_checkins"),
        ("ls012345678.csv", False, "imdb_list"),
        ("ratings.csv", False, "imdb_list"),
    ],
)
def test_the_kind_of_a_list_is_told_by_its_name_or_by_the_person(name: str, checkins: bool, kind: str) -> None:
    assert reading_of(name, GEN3.encode(), ImportOptions(checkins=checkins)).kind == kind


def test_ratings_of_the_first_generation_are_told_from_lists_by_the_name() -> None:
    content = b'"position","const","created","jo123 rated"\n"1","tt0133093","Fri Nov  7 09:07:24 2014","9"\n'
    assert reading_of("list.csv", content).kind == "imdb_list"
    reading = reading_of("ratings.csv", content)
    (entry,) = entries(reading.rows())
    assert reading.kind == "imdb_ratings"
    assert (entry.stars, entry.rated_on, entry.precision) == (4.5, "2014-11-07", Precision.RATED)


def test_check_ins_are_viewings_and_the_same_film_may_be_seen_twice() -> None:
    rows = "1,tt0133093,2019-05-03,,,The Matrix,,,movie,1999,,\n2,tt0133093,2021,,,The Matrix,,,movie,1999,,\n"
    again = "3,tt0133093,2019-05-03,,,The Matrix,,,movie,1999,,\n"
    found = list(reading_of("checkins.csv", (GEN3 + rows + again).encode()).rows())
    assert [(entry.watched, entry.watched_on, entry.precision) for entry in entries(found)] == [
        (True, "2019-05-03", Precision.EXACT),
        (True, "2021", Precision.YEAR),
    ]
    assert skipped(found) == [Skipped(4, "the same title as in line 2")]


def test_a_list_is_named_after_its_file_and_never_takes_the_place_of_another() -> None:
    content = (GEN3 + "1,tt0133093,,,,The Matrix,,,movie,1999,,\n").encode()
    one, two = reading_of("noir (1).csv", content), reading_of("western.csv", content)
    (first,), (second,) = entries(one.rows()), entries(two.rows())
    assert (first.list_name, second.list_name) == ("noir", "western")
    assert first.key != second.key
    assert not one.complete


@pytest.mark.parametrize("const", ["tt0000001", "tt10872600", "TT0133093"])
def test_an_id_keeps_its_zeros_and_its_length(const: str) -> None:
    (entry,) = entries(reading_of("ratings.csv", f"Const,Your Rating\n{const},8.0\n".encode()).rows())
    assert (entry.key, entry.stars) == (const.lower(), 4.0)


@pytest.mark.parametrize("const", ["tt1", "ttabc", "0133093", "nm0000033", "x" * 300, "tt0133093x"])
def test_what_is_no_id_of_a_title_is_skipped_by_name(const: str) -> None:
    (row,) = reading_of("ratings.csv", f"Const,Your Rating\n{const},8\n".encode()).rows()
    assert isinstance(row, Skipped)
    assert const[:30] in row.reason
    assert len(row.reason) < 100


@pytest.mark.parametrize(
    ("media_type", "labels"),
    [
        (MediaType.MOVIE, "movie|Movie|Feature Film|Documentary|TV Movie|tvMovie|short|Short Film|TV Short|tvShort"),
        (MediaType.MOVIE, "video|Video|TV Special|tvSpecial"),
        (MediaType.TV, "tvSeries|TV Series|Mini-Series|tvMiniSeries|TV Mini Series|TV Mini-Series"),
        (MediaType.EPISODE, "tvEpisode|TV Episode"),
        (MediaType.GAME, "videoGame|Video Game"),
        (MediaType.OTHER, "Podcast Series|podcastEpisode|Music Video|musicVideo"),
        (None, "video essay||tt"),
    ],
)
def test_every_generation_s_word_for_a_kind_of_title_is_known(media_type: MediaType | None, labels: str) -> None:
    assert {media_type_of(label) for label in labels.split("|")} == {media_type}


def test_an_unknown_kind_of_title_is_kept_as_a_word() -> None:
    *_, last = entries(reading_of("imdb_2019_ratings_cp1252.csv").rows())
    assert (last.seed.media_type, last.type_label) == (None, "video essay")


def test_rows_can_be_read_twice() -> None:
    reading = reading_of("imdb_2019_ratings_cp1252.csv")
    assert list(reading.rows()) == list(reading.rows())
