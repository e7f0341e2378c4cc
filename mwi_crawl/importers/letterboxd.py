"""Letterboxd's export: the zip, or one of its CSV files alone.

Every file is read for what it is worth: a diary row is a viewing, and its address names the row and never the film;
in the other files the address is the film's. A rating's day is the day rated. The day in `watched.csv` is the one on
which the film was marked: kept as the day of adding, no viewing. Reviews, comments and what was deleted are not read,
and of the profile only the user name.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from mwi_crawl.importer import ImportOptions, InputFile, Reading
from mwi_crawl.importers._archive import is_zip, members
from mwi_crawl.importers._cells import Dates, number, worth, year
from mwi_crawl.importers._family import Family, once, stem
from mwi_crawl.importers._survey import Survey
from mwi_crawl.importers._table import Header, Row, Table, columns_for_people, head_lines, header_in, header_of
from mwi_crawl.importers._text import refused, shown
from mwi_crawl.model import Entry, Precision, Seed, Skipped

_COLUMNS = {
    "name": "name",
    "year": "year",
    "letterboxduri": "uri",
    "url": "uri",
    "date": "date",
    "watcheddate": "watched",
    "rating": "rating",
    "rewatch": "rewatch",
    "tags": "tags",
    "position": "position",
    "description": "description",
}
_DATES = ("date", "watched")
_READABLE = re.compile(r"(?:diary|ratings|watched|watchlist|profile|likes/films|lists/[^/]+)\.csv")
_FOLDERS = ("likes", "lists", "deleted", "orphaned")
_LIST = "Letterboxd list export"
_LIST_COLUMNS = {"position", "name", "url"}
_BY_NAME = (
    ("letterboxd_watchlist", re.compile(r"watch[ _-]?list", re.IGNORECASE)),
    ("letterboxd_watched", re.compile(r"watched", re.IGNORECASE)),
    ("letterboxd_likes", re.compile(r"likes|liked|films", re.IGNORECASE)),
)
_BOXD = re.compile(r"(?:https?://)?boxd\.it/([A-Za-z0-9]+)/?")
_SLUG = re.compile(r"(?:https?://)?(?:www\.)?letterboxd\.com/film/([a-z0-9-]+)/?")
_USER = re.compile(r"[A-Za-z0-9_]{2,15}")
_YES = ("yes", "true", "1")


@dataclass(frozen=True, slots=True)
class _Part:
    """A table of the export: its kind, and for a list its name and what names it from one export to the next."""

    kind: str
    header: Header
    list_name: str | None = None
    list_key: str = ""


class LetterboxdImporter(Family):
    """Letterboxd's export, as the zip or file by file."""

    name = "letterboxd"
    what = "a Letterboxd export"
    hint = "Letterboxd exports come from Settings -> Data -> Export your data; a list's from the list's own page."

    def read(self, file: InputFile, options: ImportOptions) -> Sequence[Reading]:
        if is_zip(file):
            return _from_archive(file)
        part = _part(file, file.name)
        return [_reading(file, part)] if part else []

    def lack(self, file: InputFile) -> str:
        if is_zip(file):
            return "no diary.csv, ratings.csv, watched.csv or watchlist.csv of Letterboxd's is in the archive"
        missing = "Letterboxd URI" if "name" in header_of(file).names else "Name"
        return f'no column "{missing}" {columns_for_people(file)}'


def film_ids(address: str) -> dict[str, str]:
    """The ids in a film's address: the code of a boxd.it link, or the name in letterboxd.com/film/…/."""
    if found := _BOXD.fullmatch(address):
        return {"boxd": found[1]}
    found = _SLUG.fullmatch(address)
    return {"letterboxd": found[1]} if found else {}


def _from_archive(file: InputFile) -> Sequence[Reading]:
    found = members(file, _READABLE, _FOLDERS)
    profile = found.pop("profile.csv", None)
    parts = {path: _part(member, path) for path, member in found.items()}
    if not any(parts.values()):
        return []
    person = _user_name(profile) if profile else None
    return [replace(_reading(found[path], _needed(found[path], part)), person=person) for path, part in parts.items()]


def _needed(file: InputFile, part: _Part | None) -> _Part:
    if part is None:
        raise refused(f"{file.name} is not as Letterboxd exports it {columns_for_people(file)}.")
    return part


def _user_name(profile: InputFile) -> str | None:
    """The owner's user name. The profile's other columns (name, mail …) are never read."""
    table = Table(profile, header_of(profile), {"username": "username"})
    row = next((row for row in table.rows() if isinstance(row, Row)), None)
    user = row.cells.get("username", "") if row else ""
    return user if _USER.fullmatch(user) else None


def _part(file: InputFile, path: str) -> _Part | None:
    """What the table is; None if it is not Letterboxd's. Raises InputError where only the file's name could tell."""
    header = header_of(file)
    if header.columns and header.columns[0].startswith(_LIST):
        return _list_part(file, path)
    names = set(header.names)
    if not {"name", "letterboxduri"} <= names:
        return None
    if "review" in names:
        raise refused(
            f"{file.name} holds the texts of reviews, which are not read.", "Import diary.csv: it has the rest."
        )
    if "watcheddate" in names:
        return _Part("letterboxd_diary", header)
    if "rating" in names:
        return _Part("letterboxd_ratings", header)
    return _Part(_kind_by_name(file, path), header)


def _kind_by_name(file: InputFile, path: str) -> str:
    for kind, pattern in _BY_NAME:
        if pattern.search(path):
            return kind
    raise refused(
        f"{file.name} may be a list of films watched, liked, or to watch: only its name could tell.",
        "Name it as in the export (watched.csv, watchlist.csv, likes/films.csv), or import the whole zip.",
    )


def _list_part(file: InputFile, path: str) -> _Part:
    """A list: two lines about it and perhaps a long description stand before the header."""
    top = head_lines(file)
    for number_, line in enumerate(top, start=1):
        header = header_in(line, number_)
        if set(header.names) >= _LIST_COLUMNS and "date" not in header.names:
            about = _about(top[: number_ - 1])
            name = about.get("name") or stem(path)
            return _Part("letterboxd_list", header, name, about.get("url") or stem(path))
    raise refused(f'{file.name} is not as Letterboxd exports a list: no line "Position,Name,Year,URL,Description".')


def _about(top: list[str]) -> dict[str, str]:
    """What the lines before the header say of the list: its name, its address."""
    for at, line in enumerate(top):
        header = header_in(line, at)
        if {"date", "name", "url"} <= set(header.names):
            cells = next(csv.reader(top[at + 1 :], delimiter=header.delimiter), [])
            return dict(zip(header.names, (cell.strip() for cell in cells), strict=False))
    return {}


def _reading(file: InputFile, part: _Part) -> Reading:
    table = Table(file, part.header, _COLUMNS)
    survey = Survey(table, _DATES, lambda rating: not 0.5 <= rating <= 5, "a rating from 0.5 to 5")
    what = part.kind.removeprefix("letterboxd_")
    named = f" {shown(part.list_name)}" if part.list_name else ""
    return Reading(
        kind=part.kind,
        description=f"Letterboxd {what}{named} ({table.shape})",
        rows=partial(_rows, table, part, survey.dates),
        complete=part.kind != "letterboxd_list",  # another list is no newer state of this one
        notes=survey.notes(),
    )


def _rows(table: Table, part: _Part, dates: Dates) -> Iterator[Entry | Skipped]:
    read = (row if isinstance(row, Skipped) else _entry(row, part, dates) for row in table.rows())
    return once(read, "diary entry" if part.kind == "letterboxd_diary" else "film")


def _entry(row: Row, part: _Part, dates: Dates) -> Entry | Skipped:
    cells = row.cells
    diary = part.kind == "letterboxd_diary"
    ids = {} if diary else film_ids(cells.get("uri", ""))
    seed = Seed(ids=ids, title=cells["name"] or None, year=year(cells.get("year", "")))
    if not seed.ids and not seed.title:
        return Skipped(row.line, "no Name, and no address of a film")
    bare = Entry(line=row.line, key=_film_key(seed), seed=seed, stars=_stars(cells.get("rating", "")))
    day = dates.read(cells.get("date", ""))
    if diary:
        return _viewing(bare, cells, day, dates.read(cells.get("watched", "")))
    return _about_film(bare, cells, day, part)


def _viewing(bare: Entry, cells: dict[str, str], logged: str | None, watched: str | None) -> Entry:
    """A diary row. Without a day of watching it was seen on the day of logging or before."""
    return replace(
        bare,
        key=cells.get("uri") or f"{bare.key} {watched or logged}",
        rated_on=logged if bare.stars is not None else None,
        watched=True,
        watched_on=watched or logged,
        precision=worth(watched) if watched or not logged else Precision.RATED,
        rewatch=cells.get("rewatch", "").lower() in _YES,
        note=cells.get("tags") or None,
    )


def _about_film(bare: Entry, cells: dict[str, str], day: str | None, part: _Part) -> Entry:
    if part.kind == "letterboxd_ratings":
        worth_ = Precision.RATED if day else Precision.UNKNOWN
        return replace(bare, rated_on=day if bare.stars else None, watched=True, watched_on=day, precision=worth_)
    if part.kind == "letterboxd_watched":
        return replace(bare, watched=True, added_on=day)
    if part.kind == "letterboxd_likes":
        return replace(bare, liked=True, added_on=day)
    if part.kind == "letterboxd_watchlist":
        return replace(bare, list_name="watchlist", added_on=day)
    position = number(cells.get("position", ""))
    return replace(
        bare,
        key=f"{part.list_key}/{bare.key}",
        list_name=part.list_name,
        position=None if position is None else int(position),
        note=cells.get("description") or None,
    )


def _film_key(seed: Seed) -> str:
    if code := seed.ids.get("boxd"):
        return code
    if slug := seed.ids.get("letterboxd"):
        return f"film/{slug}"
    return f"{seed.title} ({seed.year or ''})"


def _stars(rating: str) -> float | None:
    value = number(rating)
    return value if value is not None and 0.5 <= value <= 5 else None
