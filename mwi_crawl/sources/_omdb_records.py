"""The rows in an OMDb answer about one title.

A kind is spoken of where the answer has the text it is made from: "N/A" says that there is none, a text that is
missing or spoilt says nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping

from mwi_crawl.model import Record, Value
from mwi_crawl.sources import _omdb_values as values
from mwi_crawl.sources._omdb_awards import counted
from mwi_crawl.sources._omdb_values import said, several
from mwi_crawl.sources._values import Fields, rows, text

Part = list[Record] | None

_SYSTEMS = {  # OMDb's name of a score: ours, its best and its least possible value
    "internet movie database": ("imdb", 10.0, 1.0),
    "rotten tomatoes": ("rotten_tomatoes", 100.0, 0.0),
    "metacritic": ("metacritic", 100.0, 0.0),
}
_JOBS = {"Director": "director", "Writer": "writer", "Actors": "actor"}
_NOTE = re.compile(r"\(([^()]*)\)")
_SILENT = "none"  # the language of a film without words


def details(answer: Fields) -> tuple[tuple[str, ...], tuple[Record, ...]]:
    """The kinds about which the answer is complete, and its records."""
    said_of = {kind: part(answer) for kind, part in _PARTS.items()}
    said_of["film_facts"] = [facts(answer)]
    complete = tuple(sorted(kind for kind, records in said_of.items() if records is not None))
    records = [record for kind in sorted(said_of) for record in said_of[kind] or ()]
    return complete, (*(_people(answer) if "credits" in complete else ()), *records)


def facts(answer: Fields) -> Record:
    """The film_facts row. Raises ValueError if the answer names no title: then it is not about one.

    OMDb's box office is that of the United States and Canada, and has a column of its own.
    """
    title = said(answer, "Title")
    if title is None:
        raise ValueError("the answer has no title")
    kind = said(answer, "Type")
    first, last = values.years(said(answer, "Year"), series=kind == "series")
    released = values.released(said(answer, "Released"))
    won, nominations = counted(said(answer, "Awards"))
    return Record(
        "film_facts",
        {
            "title": title,
            "title_type": kind,
            "release_date": released,
            "release_year": first or (int(released[:4]) if released else None),
            "end_year": last,
            "runtime_minutes": values.minutes(said(answer, "Runtime")),
            "seasons": values.count(said(answer, "totalSeasons")),
            "overview": values.said_at_length(answer, "Plot"),
            "certificate": values.certificate(said(answer, "Rated")),
            "box_office_usd": values.dollars(said(answer, "BoxOffice")),
            "awards": said(answer, "Awards"),
            "awards_won": won,
            "award_nominations": nominations,
            "poster_url": values.poster(said(answer, "Poster")),
            "homepage": values.address(said(answer, "Website")),
        },
    )


def _scores(answer: Fields) -> Part:
    if not (isinstance(answer.get("Ratings"), list) or values.told(answer, "imdbRating")):
        return None
    found: dict[str, Record] = {}
    for source, share in _shares(answer):
        system, scale, least = _SYSTEMS.get(source, ("", 0.0, 0.0))
        if share and share[1] == scale and least <= share[0] <= scale and system not in found:
            votes = values.count(said(answer, "imdbVotes")) if system == "imdb" else None
            found[system] = Record("scores", {"system": system, "value": share[0], "scale": scale, "votes": votes})
    return list(found.values())


def _shares(answer: Fields) -> Iterator[tuple[str, tuple[float, float] | None]]:
    """The scores in the list, then IMDb's and Metacritic's where they also stand: old answers have no list."""
    for score in rows(answer.get("Ratings")):
        yield (text(score.get("Source")) or "").lower(), values.share(score.get("Value"))
    yield "internet movie database", values.share(f"{said(answer, 'imdbRating')}/10")
    yield "metacritic", values.share(f"{said(answer, 'Metascore')}/100")


def _credits(answer: Fields) -> Part:
    """People by their names alone, each once in a job; what stands in brackets behind a name is the department."""
    if not all(values.told(answer, field) for field in _JOBS):
        return None
    notes: dict[tuple[str, str], list[str]] = {}
    places: dict[tuple[str, str], int] = {}
    for job, billing, name, noted in _named(answer):
        credit = (_person_id(name), job)
        places.setdefault(credit, billing)
        notes.setdefault(credit, []).extend(noted)
    return [_credit(person_id, job, at, notes[person_id, job]) for (person_id, job), at in places.items()]


def _credit(person_id: str, job: str, billing: int, notes: list[str]) -> Record:
    department = ", ".join(dict.fromkeys(notes)) or None
    row = {"person_id": person_id, "job": job, "department": department, "character": "", "billing": billing}
    return Record("credits", row)


def _people(answer: Fields) -> list[Record]:
    known = {_person_id(name): name for _, _, name, _ in _named(answer)}
    return [Record("people", {"person_id": person_id, "name": name}) for person_id, name in known.items()]


def _named(answer: Fields) -> Iterator[tuple[str, int, str, list[str]]]:
    """Job, place, name, and what stands in brackets, of everybody the answer names."""
    for field, job in _JOBS.items():
        for at, part in enumerate(several(answer, field) or ()):
            if name := " ".join(_NOTE.sub(" ", part).split()):
                yield job, at, name, [note.strip() for note in _NOTE.findall(part) if note.strip()]


def _person_id(name: str) -> str:
    return f"name:{unicodedata.normalize('NFC', name).casefold()}"


def _genres(answer: Fields) -> Part:
    return _listed("film_genres", several(answer, "Genre"), lambda genre: {"genre": genre})


def _countries(answer: Fields) -> Part:
    return _listed("film_countries", several(answer, "Country"), lambda name: {"country": name, "name": name})


def _languages(answer: Fields) -> Part:
    spoken = several(answer, "Language")
    if spoken is not None:
        spoken = [language for language in spoken if language.lower() != _SILENT]
    return _listed("film_languages", spoken, lambda name: {"language": name, "name": name})


def _listed(kind: str, parts: list[str] | None, row: Callable[[str], dict[str, Value]]) -> Part:
    return None if parts is None else [Record(kind, row(part) | {"position": at}) for at, part in enumerate(parts)]


_PARTS: Mapping[str, Callable[[Fields], Part]] = {
    "credits": _credits,
    "film_countries": _countries,
    "film_genres": _genres,
    "film_languages": _languages,
    "scores": _scores,
}

KINDS = tuple(sorted((*_PARTS, "film_facts", "people")))
"""Every record kind an answer can give."""
