"""Plain files of ratings, of one or many people."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from mwi_crawl.errors import InputError
from mwi_crawl.importer import ImportOptions, InputFile, Reading
from mwi_crawl.importers.ratings import RatingsImporter
from mwi_crawl.model import Entry, MediaType, Precision, Seed, Skipped

FILE = InputFile.at(Path(__file__).parent / "fixtures" / "imports" / "ratings.csv")


def reading_of(content: str, scale: float | None = None) -> Reading:
    (reading,) = RatingsImporter().read(InputFile.of("ratings.csv", content.encode()), ImportOptions(scale=scale))
    return reading


def entries(rows: Iterable[Entry | Skipped]) -> list[Entry]:
    return [row for row in rows if isinstance(row, Entry)]


def stars_of(*ratings: str, scale: float | None = None) -> list[float | str | None]:
    content = "user,imdb_id,rating\n" + "".join(f"ada,tt0133093,{rating}\n" for rating in ratings)
    return [row.stars if isinstance(row, Entry) else row.reason for row in reading_of(content, scale).rows()]


def test_each_row_is_one_person_s_rating_of_one_film() -> None:
    (reading,) = RatingsImporter().read(FILE, ImportOptions())
    one, two, three, four = entries(reading.rows())
    assert one == Entry(
        line=2,
        key="tt0133093 ada",
        seed=Seed({"imdb": "tt0133093", "tmdb_movie": "603"}, "The Matrix", year=1999, media_type=MediaType.MOVIE),
        user="ada",
        stars=4.5,
        rated_on="2019-05-03",
        watched_on="2019-05-03",
        precision=Precision.RATED,
        watched=True,
    )
    assert (two.seed.ids, two.rated_on) == ({"imdb": "tt0114709"}, "2019-05-03")
    assert (three.key, three.seed.media_type, three.rated_on) == ("tmdb_movie/1396 bob", MediaType.MOVIE, "2000-07-30")
    assert (four.key, four.seed.media_type, four.rated_on) == ("tmdb_tv/1396 bob", MediaType.TV, "2019-01-01")
    assert (reading.kind, reading.complete) == ("ratings", False)


def test_rows_without_a_film_or_a_rating_are_skipped_by_name() -> None:
    (reading,) = RatingsImporter().read(FILE, ImportOptions())
    assert [row for row in reading.rows() if isinstance(row, Skipped)] == [
        Skipped(6, 'rating "0" is below the lowest star'),
        Skipped(7, 'rating "eleven" is not a number'),
        Skipped(8, "no film's id"),
        Skipped(9, "no rating"),
    ]


def test_half_stars_out_of_five_are_unchanged() -> None:
    halves = [step / 2 for step in range(1, 11)]
    assert stars_of(*map(str, halves)) == halves


@pytest.mark.parametrize(
    ("ratings", "scale", "stars"),
    [
        (["3", "5"], None, [3.0, 5.0]),
        (["3", "7"], None, [1.5, 3.5]),
        (["3", "50", "100"], None, [0.5, 2.5, 5.0]),
        (["3", "4"], 10, [1.5, 2.0]),
        (["1", "4"], 4, [1.25, 5.0]),
        (["0.1", "5"], None, [0.5, 5.0]),
        (["6"], 5, ['rating "6" is above 5']),
        (["-1", "0"], None, ['rating "-1" is below the lowest star', 'rating "0" is below the lowest star']),
    ],
)
def test_the_scale_is_as_told_or_taken_from_the_highest_rating(
    ratings: list[str], scale: float | None, stars: list[float | str]
) -> None:
    assert stars_of(*ratings, scale=scale) == stars


def test_the_scale_taken_is_said() -> None:
    content = "imdb_id,rating\ntt0133093,7\n"
    assert reading_of(content).notes == ("Ratings taken as out of 10 (the highest rating is 7; --scale sets another).",)
    assert reading_of(content, 20).notes == ("Ratings taken as out of 20 (as told).",)


def test_a_rating_beyond_every_scale_is_asked_about() -> None:
    with pytest.raises(InputError, match="a rating of 1000, beyond every usual scale") as raised:
        reading_of("imdb_id,rating\ntt0133093,1000\n")
    assert "--scale" in raised.value.todo


@pytest.mark.parametrize(
    ("header", "value", "ids"),
    [
        ("imdbId", "0114709", {"imdb": "tt0114709"}),
        ("imdb", "114709.0", {"imdb": "tt0114709"}),
        ("tconst", "tt10872600", {"imdb": "tt10872600"}),
        ("tmdbId", "862.0", {"tmdb_movie": "862"}),
        ("TMDB ID", "movie/862", {"tmdb_movie": "862"}),
        ("tmdb", "tv/1396", {"tmdb_tv": "1396"}),
    ],
)
def test_ids_are_understood_as_other_programs_write_them(header: str, value: str, ids: dict[str, str]) -> None:
    (entry,) = entries(reading_of(f"userId,{header},rating\n1,{value},4\n").rows())
    assert entry.seed.ids == ids


def test_a_column_for_the_kind_of_title_tells_series_from_films() -> None:
    one, two = entries(reading_of("tmdb_id,media_type,rating\n1396,tv,4\n603,movie,5\n").rows())
    assert (one.seed.ids, two.seed.ids) == ({"tmdb_tv": "1396"}, {"tmdb_movie": "603"})


def test_a_file_of_one_person_needs_no_user() -> None:
    (entry,) = entries(reading_of("imdb_id;rating\ntt0133093;4,5\n").rows())
    assert (entry.user, entry.key, entry.stars) == (None, "tt0133093", 4.5)


def test_the_raw_ratings_of_movielens_are_refused_with_the_way_to_join_them() -> None:
    with pytest.raises(InputError) as raised:
        reading_of("userId,movieId,rating,timestamp\n1,1,4.0,964982703\n")
    assert "movieId is known to MovieLens alone" in raised.value.happened
    assert "join l using (movieId)" in raised.value.todo


def test_one_slip_of_the_pen_does_not_ruin_every_rating() -> None:
    with pytest.raises(InputError, match=r"a rating of 99, but most are at most 10: on what scale\?"):
        stars_of("9", "8", "99")
    assert stars_of("9", "8", "99", scale=10)[:2] == [4.5, 4.0]
    assert stars_of("90", "80", "9") == [4.5, 4.0, 0.5]
