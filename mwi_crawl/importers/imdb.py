"""IMDb's CSV exports of every generation: ratings, watchlist, check-ins and lists.

A rating that is not 1–10 costs the rating, not the film: the row is kept without stars and named in a note. Lists,
the watchlist among them, never say that a film was seen, even where they carry a rating.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial

from mwi_crawl.importer import ImportOptions, InputFile, Reading
from mwi_crawl.importers._cells import Dates, number, worth, year
from mwi_crawl.importers._family import Family, once, stem
from mwi_crawl.importers._survey import Survey
from mwi_crawl.importers._table import Header, Row, Table, columns_for_people, header_of
from mwi_crawl.importers._text import shown
from mwi_crawl.model import Entry, MediaType, Precision, Seed, Skipped

_COLUMNS = {
    "const": "const",
    "position": "position",
    "yourrating": "rating",
    "yourated": "rating",
    "daterated": "rated",
    "created": "created",
    "dateadded": "created",
    "modified": "modified",
    "description": "description",
    "title": "title",
    "originaltitle": "original",
    "titletype": "type",
    "year": "year",
    "releasedate": "released",
    "releasedatemonthdayyear": "released",
    "url": "url",
}
_DATES = ("rated", "created", "modified", "released")
_TITLE = re.compile(r"tt[0-9]{7,10}")
_IN_URL = re.compile(r"imdb\.com/(?:[a-z-]{2,8}/)?title/(tt[0-9]{7,10})(?![0-9])", re.IGNORECASE)
_NOT_TITLES = {
    "nm": "a person",
    "co": "a company",
    "ev": "an event",
    "ls": "a list",
    "ur": "a user",
    "ch": "a character",
}
_FAMILY_WORDS = {
    MediaType.MOVIE: "movie featurefilm feature film documentary tvmovie tvfilm short shortfilm tvshort video "
    "tvspecial tvdocumentary shortdocumentary tvpilot",
    MediaType.TV: "tvseries series miniseries tvminiseries tvshow",
    MediaType.EPISODE: "tvepisode episode",
    MediaType.GAME: "videogame game",
    MediaType.OTHER: "musicvideo podcast podcastseries podcastepisode audiobook radioseries radioepisode",
}
_MEDIA_TYPES = {word: media_type for media_type, words in _FAMILY_WORDS.items() for word in words.split()}
_WATCHLIST = re.compile(r"watch[ _-]?list", re.IGNORECASE)
_CHECKINS = re.compile(r"check[ _-]?ins?(?![a-z])", re.IGNORECASE)
_RATINGS = re.compile(r"ratings", re.IGNORECASE)
_NAMES = {
    "imdb_ratings": "IMDb ratings export",
    "imdb_watchlist": "IMDb watchlist export",
    "imdb_checkins": "IMDb check-ins export",
    "imdb_list": "IMDb list export",
}
_DAY_RATED = (
    'Dates: this file has the day you rated, not the day you watched. Stored as precision "rated". '
    "Add your check-ins export for real watch dates."
)


class ImdbImporter(Family):
    """IMDb's CSV exports."""

    name = "imdb"
    what = "an IMDb export"
    hint = 'IMDb exports come from "Your ratings" / "Your watchlist" / "Check-ins" -> Export.'

    def read(self, file: InputFile, options: ImportOptions) -> Sequence[Reading]:
        header = header_of(file)
        if not _is_export(header.names):
            return []
        table = Table(file, header, _known(header))
        kind = _kind(table, options)
        survey = Survey(table, _DATES, lambda rating: not 1 <= rating <= 10, "a rating from 1 to 10")
        return [
            Reading(
                kind=kind,
                description=f"{_NAMES[kind]} ({table.shape})",
                rows=partial(_rows, table, kind, survey.dates),
                complete=kind != "imdb_list",  # another list is no newer state of this one
                notes=(*survey.notes(), *((_DAY_RATED,) if kind == "imdb_ratings" else ())),
            )
        ]

    def lack(self, file: InputFile) -> str:
        return f'no column "Const" {columns_for_people(file)}'


def media_type_of(label: str) -> MediaType | None:
    """What an IMDb word for the kind of title means, in any generation's spelling; None for an unknown word."""
    return _MEDIA_TYPES.get(re.sub(r"[^a-z]", "", label.lower()))


def _is_export(names: tuple[str, ...]) -> bool:
    return "const" in names or {"url", "titletype", "title"} <= set(names)


def _known(header: Header) -> dict[str, str]:
    """The known columns; in the first generation the rating's column bears the name of whose list it is."""
    named = {name: "rating" for name in header.names if name.endswith("rated") and name not in ("rated", "daterated")}
    return {**_COLUMNS, **named}


def _kind(table: Table, options: ImportOptions) -> str:
    name, columns = stem(table.file.name), table.columns
    if "rating" in columns and "position" not in columns:
        return "imdb_ratings"
    if "rating" in columns and "rated" not in columns and _RATINGS.search(name):
        return "imdb_ratings"  # the first generation gave all its exports one shape
    if options.checkins or _CHECKINS.search(name):
        return "imdb_checkins"
    return "imdb_watchlist" if _WATCHLIST.search(name) else "imdb_list"


def _rows(table: Table, kind: str, dates: Dates) -> Iterator[Entry | Skipped]:
    list_name = {"imdb_watchlist": "watchlist", "imdb_list": stem(table.file.name)}.get(kind)
    read = (row if isinstance(row, Skipped) else _entry(row, kind, dates, list_name) for row in table.rows())
    return once(read)


def _entry(row: Row, kind: str, dates: Dates, list_name: str | None) -> Entry | Skipped:
    cells = row.cells
    imdb_id = _imdb_id(cells)
    if imdb_id is None:
        return Skipped(row.line, _no_title(cells.get("const", "")))
    created, stars = dates.read(cells.get("created", "")), _stars(cells.get("rating", ""))
    rated = dates.read(cells.get("rated", "")) or (created if kind == "imdb_ratings" else None)
    watched_on = {"imdb_ratings": rated, "imdb_checkins": created}.get(kind)
    return Entry(
        line=row.line,
        key=_key(imdb_id, kind, created, list_name),
        seed=_seed(imdb_id, cells),
        stars=stars,
        rated_on=rated if stars is not None else None,
        watched_on=watched_on,
        precision=Precision.RATED if watched_on and kind == "imdb_ratings" else worth(watched_on),
        watched=kind in ("imdb_ratings", "imdb_checkins"),
        list_name=list_name,
        position=_position(cells.get("position", "")),
        added_on=created if list_name else None,
        note=cells.get("description") or None,
        type_label=cells.get("type") or None,
    )


def _key(imdb_id: str, kind: str, created: str | None, list_name: str | None) -> str:
    """The title's id; with the day where one film may be seen twice, with the list where it may stand in several."""
    if kind == "imdb_checkins" and created:
        return f"{imdb_id}@{created}"
    return f"{list_name}/{imdb_id}" if kind == "imdb_list" else imdb_id


def _seed(imdb_id: str, cells: dict[str, str]) -> Seed:
    return Seed(
        ids={"imdb": imdb_id},
        title=cells.get("title") or None,
        original_title=cells.get("original") or None,
        year=year(cells.get("year", "")),
        media_type=media_type_of(cells.get("type", "")),
    )


def _imdb_id(cells: dict[str, str]) -> str | None:
    """The title's id as it stands there, leading zeros and all; from the address where the row has none."""
    const = cells.get("const", "").lower()
    if _TITLE.fullmatch(const):
        return const
    found = _IN_URL.search(cells.get("url", "")) if not const else None
    return found[1].lower() if found else None


def _no_title(const: str) -> str:
    if not const:
        return "no Const, and no title in the URL"
    what = _NOT_TITLES.get(const[:2].lower())
    if what and const[2:].isdigit():
        return f"Const {shown(const)} is {what}, not a title"
    return f"Const {shown(const)} is not the id of a title"


def _stars(rating: str) -> float | None:
    value = number(rating)
    return value / 2 if value is not None and 1 <= value <= 10 else None


def _position(value: str) -> int | None:
    return int(value) if re.fullmatch(r"[0-9]{1,9}", value) else None
