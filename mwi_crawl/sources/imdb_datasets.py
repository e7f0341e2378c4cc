"""IMDb's non-commercial datasets: seven files about all titles, of which only the rows about our films are kept.

They are never asked film by film: `mwi_crawl.datasets` reads the files, and here stands what is in them. A row is a
mapping from the column names of the file's first line to text, None for IMDb's `\\N`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from mwi_crawl.model import Parsed, Rate, Record, Request, Response, Seed
from mwi_crawl.source import Source
from mwi_crawl.sources._values import decode, number, positive, text, whole, year

Row: TypeAlias = Mapping[str, str | None]

CREW_JOBS = ("director", "writer")  # title.crew is complete about them; title.principals is not always
_ACTORS = ("actor", "actress")
_PERSON = re.compile(r"nm[0-9]{7,10}")
_SEPARATOR = "\x02"  # between several types or attributes of one title


@dataclass(frozen=True, slots=True)
class Dataset:
    """One of the files: the column that says what a row is about, the columns needed, and what rows mean.

    `about` is what that column holds: films (tt…) or people (nm…). `records` takes all rows about one key.
    """

    name: str
    key: str
    columns: tuple[str, ...]
    records: Callable[[Sequence[Row]], Iterator[Record]]
    about: str = "films"

    @property
    def file_name(self) -> str:
        """Its name on the upstream and on the disk."""
        return f"{self.name}.tsv.gz"


class ImdbDatasets(Source):
    """IMDb, by the files it gives away for personal use."""

    name = "imdb_datasets"
    title = "IMDb datasets"
    base_url = "https://datasets.imdbws.com"
    rate = Rate(1, burst=1, concurrency=1)
    kinds = ("film_facts", "scores", "film_genres", "credits", "people", "alternative_titles")
    ttl_days = 30
    bulk = True
    adds = "ratings, runtimes, genres, crew, cast, titles by country"
    attribution = (
        "Information courtesy of IMDb (https://www.imdb.com). Used with permission. "
        "For personal and non-commercial use only."
    )

    def plan(self, seed: Seed) -> Sequence[str]:
        """Nothing: a film is looked for in the files, not asked for."""
        return ()

    def parse(self, key: str, response: Response) -> Parsed:
        """Raises ValueError: no single answer is about one film."""
        raise ValueError("the datasets are read by: mwi-crawl datasets load")

    def probe(self) -> Request:
        """The page that lists the files."""
        return Request("/")


def _basics(rows: Sequence[Row]) -> Iterator[Record]:
    row = rows[-1]
    yield Record(
        "film_facts",
        {
            "title": text(row["primaryTitle"]),
            "original_title": text(row["originalTitle"]),
            "title_type": text(row["titleType"]),
            "adult": {"0": 0, "1": 1}.get(row["isAdult"] or ""),
            "release_year": year(row["startYear"]),
            "end_year": year(row["endYear"]),
            "runtime_minutes": positive(row["runtimeMinutes"]),
        },
    )
    for position, genre in enumerate(_listed(row["genres"])):
        yield Record("film_genres", {"genre": genre, "position": position})


def _ratings(rows: Sequence[Row]) -> Iterator[Record]:
    value, votes = number(rows[-1]["averageRating"]), whole(rows[-1]["numVotes"])
    if value is not None and 0 < value <= 10:
        yield Record("scores", {"system": "imdb", "value": value, "scale": 10.0, "votes": votes})


def _crew(rows: Sequence[Row]) -> Iterator[Record]:
    row = rows[-1]
    for job, column in zip(CREW_JOBS, ("directors", "writers"), strict=True):
        for position, person in enumerate(_listed(row[column])):
            yield from _credit(person, job, "", position)


def _principals(rows: Sequence[Row]) -> Iterator[Record]:
    for row in rows:
        job = (text(row["category"]) or "").lower()
        ordering = positive(row["ordering"])
        for character in _characters(row["characters"]):
            billing = None if ordering is None else ordering - 1
            yield from _credit(row["nconst"] or "", "actor" if job in _ACTORS else job, character, billing)


def _credit(person: str, job: str, character: str, billing: int | None) -> Iterator[Record]:
    """A credit, after the person it points at, who is named by the id until name.basics tells the name."""
    if _PERSON.fullmatch(person) and job:
        person_id = f"imdb:{person}"
        yield Record("people", {"person_id": person_id, "name": person})
        yield Record("credits", {"person_id": person_id, "job": job, "character": character, "billing": billing})


def _characters(value: str | None) -> list[str]:
    """The parts played, from a JSON list; one empty name for none. What is no JSON is taken as it stands."""
    try:
        found = decode((value or "[]").encode())
    except ValueError:
        found = [value]
    names = [name for each in (found if isinstance(found, list) else [value]) if (name := text(each))]
    return list(dict.fromkeys(names)) or [""]


def _akas(rows: Sequence[Row]) -> Iterator[Record]:
    for row in rows:
        if title := text(row["title"]):
            said = [*_listed(row["types"], _SEPARATOR), *_listed(row["attributes"], _SEPARATOR)]
            country = text(row["region"]) or ""
            yield Record("alternative_titles", {"title": title, "country": country, "kind": ", ".join(said)})


def _episodes(rows: Sequence[Row]) -> Iterator[Record]:
    seasons = {season for row in rows if (season := whole(row["seasonNumber"])) is not None}
    yield Record("film_facts", {"seasons": len(seasons) or None, "episodes": len(rows)})


def _names(rows: Sequence[Row]) -> Iterator[Record]:
    row = rows[-1]
    if name := text(row["primaryName"]):
        yield Record("people", {"person_id": f"imdb:{row['nconst']}", "name": name})


def _listed(value: str | None, separator: str = ",") -> list[str]:
    return [item for part in (value or "").split(separator) if (item := text(part))]


FILES = (
    Dataset(
        "title.basics",
        "tconst",
        ("titleType", "primaryTitle", "originalTitle", "isAdult", "startYear", "endYear", "runtimeMinutes", "genres"),
        _basics,
    ),
    Dataset("title.ratings", "tconst", ("averageRating", "numVotes"), _ratings),
    Dataset("title.crew", "tconst", ("directors", "writers"), _crew),
    Dataset(
        "title.principals",
        "tconst",
        ("ordering", "nconst", "category", "characters"),
        _principals,
    ),
    Dataset("title.akas", "titleId", ("title", "region", "types", "attributes"), _akas),
    Dataset("title.episode", "parentTconst", ("seasonNumber",), _episodes),
    # last: whose names are wanted is known from the credits
    Dataset("name.basics", "nconst", ("primaryName",), _names, about="people"),
)
"""The files, in the order in which they are read."""
