"""Ratings of any number of people: user, imdb_id or tmdb_id, rating and, if known, rated_at, title, year.

Any scale: as told, else taken from the highest rating in the file. A rating above nothing but below half a star counts
as half a star, the lowest there is. A rating of 0 is left out: in most such files it says "not rated", and a film
wrongly at the bottom is worse than one rating less. Rows are not compared with each other, as these files may have
millions: the same user and film twice is the store's to settle.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial

from mwi_crawl.importer import ImportOptions, InputFile, Reading
from mwi_crawl.importers._cells import Dates, moment, number, year
from mwi_crawl.importers._family import Family
from mwi_crawl.importers._table import Header, Row, Table, columns_for_people, header_of
from mwi_crawl.importers._text import refused, shown
from mwi_crawl.model import Entry, MediaType, Precision, Seed, Skipped

_COLUMNS = {
    **dict.fromkeys(("user", "userid", "username", "member"), "user"),
    **dict.fromkeys(("imdbid", "imdb", "tconst"), "imdb"),
    **dict.fromkeys(("tmdbid", "tmdb"), "tmdb"),
    **dict.fromkeys(("mediatype", "type"), "type"),
    **dict.fromkeys(("rating", "score", "stars"), "rating"),
    **dict.fromkeys(("ratedat", "ratedon", "daterated", "timestamp", "date"), "rated"),
    **dict.fromkeys(("title", "name"), "title"),
    **dict.fromkeys(("year", "releaseyear"), "year"),
}
_SCALES = (5.0, 10.0, 100.0)
_LOWEST = 0.5
_IMDB = re.compile(r"(?:tt)?([0-9]{1,10})(?:\.0)?")
_TMDB = re.compile(r"(?:(movie|tv)/)?([0-9]{1,10})(?:\.0)?")
_MOVIELENS = {"userid", "movieid", "rating"}
_JOIN = (
    "Join it with links.csv, which has the IMDb ids, for example with the sqlite3 shell: "
    'sqlite3 -csv -header :memory: ".import links.csv l" ".import ratings.csv r" '
    '"select userId as user, imdbId as imdb_id, rating, timestamp as rated_at from r join l using (movieId)" > all.csv'
)


class RatingsImporter(Family):
    """Plain CSV files of ratings, of one or many people."""

    name = "ratings"
    what = "a file of ratings"
    hint = "A ratings file is CSV with the columns user, imdb_id or tmdb_id, rating, rated_at."

    def read(self, file: InputFile, options: ImportOptions) -> Sequence[Reading]:
        header = header_of(file)
        if _lacks(header):
            if set(header.names) >= _MOVIELENS:
                raise refused(f"{file.name} is MovieLens' ratings.csv: its movieId is known to MovieLens alone.", _JOIN)
            return []
        table = Table(file, header, _COLUMNS)
        dates, ratings = _survey(table)
        best = max(ratings, default=0.0)
        scale = options.scale or _scale(file, best, ratings)
        source = "as told" if options.scale else f"the highest rating is {best:g}; --scale sets another"
        return [
            Reading(
                kind="ratings",
                description=f"ratings ({table.shape})",
                rows=partial(_rows, table, scale, dates),
                complete=False,  # such a file does not claim to be all there is
                notes=(f"Ratings taken as out of {scale:g} ({source}).", *dates.notes()),
            )
        ]

    def lack(self, file: InputFile) -> str:
        return f"no column {' and no column '.join(_lacks(header_of(file)))} {columns_for_people(file)}"


def _lacks(header: Header) -> list[str]:
    columns = {_COLUMNS.get(name) for name in header.names}
    lacking = [] if "rating" in columns else ['"rating"']
    return lacking if columns & {"imdb", "tmdb"} else [*lacking, '"imdb_id" or "tmdb_id"']


def _survey(table: Table) -> tuple[Dates, Counter[float]]:
    """One pass: the order of days and months, and how often each rating was given."""
    dates, ratings = Dates(), Counter[float]()
    for row in table.rows():
        if isinstance(row, Row):
            ratings[number(row.cells["rating"]) or 0.0] += 1
            dates.learn(row.cells.get("rated", ""))
    return dates, ratings


def _scale(file: InputFile, best: float, ratings: Counter[float]) -> float:
    """The usual scale that the ratings fit. One that a single slip of the pen would bring about is not taken."""
    scale = next((scale for scale in _SCALES if best <= scale), None)
    if scale is None:
        problem = f"{file.name} has a rating of {best:g}, beyond every usual scale."
        raise refused(problem, "Give the best one with --scale.")
    beyond = sum(count for rating, count in ratings.items() if rating > scale / 10)
    if scale == _SCALES[-1] and 2 * beyond < ratings.total():
        problem = f"{file.name} has a rating of {best:g}, but most are at most {scale / 10:g}: on what scale?"
        raise refused(problem, "Give the best possible rating with --scale, or correct the row.")
    return scale


def _rows(table: Table, scale: float, dates: Dates) -> Iterator[Entry | Skipped]:
    return (row if isinstance(row, Skipped) else _entry(row, scale, dates) for row in table.rows())


def _entry(row: Row, scale: float, dates: Dates) -> Entry | Skipped:
    cells = row.cells
    stars = _stars(cells["rating"], scale)
    if isinstance(stars, str):
        return Skipped(row.line, stars)
    ids = _ids(cells)
    if not ids:
        given = cells.get("imdb") or cells.get("tmdb") or ""
        return Skipped(row.line, f"{shown(given)} is no film's id" if given else "no film's id")
    user, rated = cells.get("user") or None, cells.get("rated", "")
    rated_on = moment(rated) or dates.read(rated)
    return Entry(
        line=row.line,
        key=_key(ids, user),
        seed=_seed(ids, cells),
        user=user,
        stars=stars,
        rated_on=rated_on,
        watched_on=rated_on,
        precision=Precision.RATED if rated_on else Precision.UNKNOWN,
        watched=True,
    )


def _key(ids: dict[str, str], user: str | None) -> str:
    scheme, value = next(iter(ids.items()))
    film = value if scheme == "imdb" else f"{scheme}/{value}"
    return f"{film} {user}" if user else film


def _stars(rating: str, scale: float) -> float | str:
    """Stars from 0.5 to 5, or why there are none."""
    value = number(rating)
    if value is None:
        return f"rating {shown(rating)} is not a number" if rating else "no rating"
    if value <= 0:
        return f"rating {shown(rating)} is below the lowest star"
    if value > scale:
        return f"rating {shown(rating)} is above {scale:g}"
    return max(_LOWEST, value * 5 / scale)


def _ids(cells: dict[str, str]) -> dict[str, str]:
    """The film's ids by scheme. IMDb ids may lack `tt` and leading zeros, TMDb ids may say movie/ or tv/."""
    ids = {}
    if (found := _IMDB.fullmatch(cells.get("imdb", ""))) and int(found[1]):
        ids["imdb"] = f"tt{found[1].zfill(7)}"
    if (found := _TMDB.fullmatch(cells.get("tmdb", ""))) and int(found[2]):
        series = found[1] == "tv" or (not found[1] and cells.get("type", "").lower() in ("tv", "series", "show"))
        ids["tmdb_tv" if series else "tmdb_movie"] = str(int(found[2]))
    return ids


def _seed(ids: dict[str, str], cells: dict[str, str]) -> Seed:
    media_type = MediaType.MOVIE if "tmdb_movie" in ids else MediaType.TV if "tmdb_tv" in ids else None
    return Seed(ids=ids, title=cells.get("title") or None, year=year(cells.get("year", "")), media_type=media_type)
