"""IMDb's datasets about the demo's films: gzipped tables in IMDb's own shape, made when they are asked for.

Titles, runtimes, genres and people are those of films.csv; people's numbers are made up, the same each time. Ratings
are TMDb's and votes forty times TMDb's, since IMDb's are not bundled. A few films are missing, as in every dataset.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache

from mwi_crawl.demo.films import Catalogue, Film
from mwi_crawl.demo.misbehaviour import Ask
from mwi_crawl.model import Response

NULL = r"\N"
MISSING = 71  # every so many films are not in the dataset
_MODIFIED = "Sat, 21 Nov 2026 00:00:00 GMT"
Row = Sequence[object]


class FakeDatasets:
    """The files about the bundled films and `count` invented ones."""

    def __init__(self, count: int = 0) -> None:
        self.films = Catalogue(count)
        self._made: dict[str, bytes] = {}

    def answer(self, ask: Ask) -> Response | None:
        """A file, whole or from where it is asked for; None for what is none of them."""
        name = ask.path.strip("/").removesuffix(".tsv.gz")
        if name not in _TABLES or not ask.path.endswith(".tsv.gz"):
            return None
        body = self._made.get(name) or self._made.setdefault(name, self._file(name))
        etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        headers = {"content-type": "binary/octet-stream", "etag": etag, "last-modified": _MODIFIED}
        begin = ask.headers.get("range", "")
        if begin.startswith("bytes=") and begin.endswith("-") and ask.headers.get("if-range", etag) == etag:
            start = int(begin[6:-1])
            return Response(
                206, headers | {"content-range": f"bytes {start}-{len(body) - 1}/{len(body)}"}, body[start:]
            )
        return Response(200, headers, body)

    def _file(self, name: str) -> bytes:
        columns, rows = _TABLES[name]
        known = sorted((film for at, film in enumerate(self.films) if at % MISSING), key=lambda film: film.imdb_id)
        lines = [columns.replace(" ", "\t"), *("\t".join(map(str, row)) for row in rows(known))]
        return gzip.compress("".join(f"{line}\n" for line in lines).encode(), mtime=0)


def _basics(films: Sequence[Film]) -> Iterator[Row]:
    for film in films:
        genres = ",".join(film.genres[:3]).replace("Science Fiction", "Sci-Fi") or NULL
        runtime = film.runtime or NULL
        yield film.imdb_id, "movie", film.title, film.original_title, 0, film.year or NULL, NULL, runtime, genres


def _ratings(films: Sequence[Film]) -> Iterator[Row]:
    yield from ((film.imdb_id, film.vote_average, film.vote_count * 40) for film in films if film.vote_count)


def _crew(films: Sequence[Film]) -> Iterator[Row]:
    yield from ((film.imdb_id, ",".join(map(_person, film.directors)) or NULL, NULL) for film in films)


def _principals(films: Sequence[Film]) -> Iterator[Row]:
    for film in films:
        people = [(name, "actor") for name in film.cast] + [(name, "director") for name in film.directors]
        for ordering, (name, category) in enumerate(people, 1):
            yield film.imdb_id, ordering, _person(name), category, NULL, NULL


def _akas(films: Sequence[Film]) -> Iterator[Row]:
    for film in films:
        yield film.imdb_id, 1, film.original_title, NULL, NULL, "original", NULL, 1
        if film.title != film.original_title:
            yield film.imdb_id, 2, film.title, "US", NULL, "imdbDisplay", NULL, 0


def _names(films: Sequence[Film]) -> Iterator[Row]:
    people = {_person(name): name for film in films for name in (*film.cast, *film.directors)}
    for person, name in sorted(people.items()):
        yield person, name, NULL, NULL, NULL, NULL


@cache
def _person(name: str) -> str:
    """A made-up number that is the same each time, beyond IMDb's own."""
    return f"nm{90_000_000 + int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], 'big') % 9_999_999}"


_TABLES: Mapping[str, tuple[str, Callable[[Sequence[Film]], Iterator[Row]]]] = {
    "title.basics": (
        "tconst titleType primaryTitle originalTitle isAdult startYear endYear runtimeMinutes genres",
        _basics,
    ),
    "title.ratings": ("tconst averageRating numVotes", _ratings),
    "title.crew": ("tconst directors writers", _crew),
    "title.principals": ("tconst ordering nconst category job characters", _principals),
    "title.akas": ("titleId ordering title region language types attributes isOriginalTitle", _akas),
    "title.episode": ("tconst parentTconst seasonNumber episodeNumber", lambda films: iter(())),
    "name.basics": ("nconst primaryName birthYear deathYear primaryProfession knownForTitles", _names),
}
