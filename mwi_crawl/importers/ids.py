"""Plain lists of films: ids and addresses, one per line or several with blanks or commas between; `#` begins a comment.

`tt0133093` · `tmdb:movie/603` · `tmdb:tv/1396` · `603` (a film at TMDb) · addresses of films at IMDb, TMDb, Letterboxd.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import islice

from mwi_crawl.importer import ImportOptions, InputFile, Reading
from mwi_crawl.importers._family import Family
from mwi_crawl.importers._text import Encoding, encoding_of, head, lines, shown
from mwi_crawl.model import Entry, MediaType, Seed, Skipped

_LOOKED_AT = 50  # lines with something on them, to tell whether it is such a list
_COMMENT = re.compile(r"(?:^|\s)#.*")
_GAP = re.compile(r"[\s,;]+")
_WEB = r"(?:https?://)?(?:www\.|m\.)?"
_END = r"(?:[/?#-].*)?"
_SHAPES = (
    (
        "imdb",
        re.compile(rf"(?:imdb:|{_WEB}imdb\.com/(?:[a-z-]{{2,8}}/)?title/)?(tt[0-9]{{7,10}}){_END}", re.IGNORECASE),
    ),
    ("tmdb_movie", re.compile(rf"(?:(?:tmdb:)?movie/|{_WEB}themoviedb\.org/movie/|tmdb:)?([0-9]{{1,10}}){_END}")),
    ("tmdb_tv", re.compile(rf"(?:(?:tmdb:)?tv/|{_WEB}themoviedb\.org/tv/)([0-9]{{1,10}}){_END}")),
    ("letterboxd", re.compile(rf"(?:letterboxd:|{_WEB}letterboxd\.com/film/)([a-z0-9-]+)/?")),
    ("boxd", re.compile(rf"(?:boxd:|{_WEB}boxd\.it/)([A-Za-z0-9]+)/?")),
)
_LOOKS_LIKE = re.compile(
    r"[a-z]{2}[0-9]+|[0-9]+|(?:imdb|tmdb|letterboxd|boxd):\S+|(?:movie|tv|person)/\S+|https?://\S+"
    r"|(?:www\.|m\.)?(?:imdb\.com|themoviedb\.org|letterboxd\.com|boxd\.it)/\S+",
    re.IGNORECASE,
)
_MEDIA_TYPES = {"tmdb_movie": MediaType.MOVIE, "tmdb_tv": MediaType.TV}


class IdsImporter(Family):
    """Plain lists of ids."""

    name = "ids"
    what = "a list of ids"
    hint = "A list of ids has one film a line: tt0133093, tmdb:movie/603, or its address."

    def read(self, file: InputFile, options: ImportOptions) -> Sequence[Reading]:
        if _stranger(file) is not None:
            return []
        encoding = encoding_of(file)
        rows = partial(_rows, file, encoding)
        return [Reading("ids", f"list of ids ({encoding.label})", rows, complete=False)]

    def lack(self, file: InputFile) -> str:
        found = _stranger(file)
        return f"{shown(found)} is not an id" if found else "there is nothing in it"


def seed_of(word: str) -> Seed | None:
    """The film that an id or an address means; None if it means none."""
    for scheme, shape in _SHAPES:
        if found := shape.fullmatch(word):
            value = found[1].lower() if scheme == "imdb" else found[1]
            if scheme.startswith("tmdb"):
                value = value.lstrip("0")
            return Seed(ids={scheme: value}, media_type=_MEDIA_TYPES.get(scheme)) if value else None
    return None


def _key(seed: Seed) -> str:
    scheme, value = next(iter(seed.ids.items()))
    return f"{scheme}:{value}"


def _words(line: str) -> list[str]:
    return [word for word in _GAP.split(_COMMENT.sub("", line)) if word]


def _stranger(file: InputFile) -> str | None:
    """The first word near the beginning that does not look like an id; empty if there are no words at all."""
    text = head(file)
    meaningful = islice((words for line in text.splitlines() if (words := _words(line))), _LOOKED_AT)
    looked_at = [word for words in meaningful for word in words]
    return next((word for word in looked_at if not _LOOKS_LIKE.fullmatch(word)), None if looked_at else "")


def _rows(file: InputFile, encoding: Encoding) -> Iterator[Entry | Skipped]:
    """Each film once; of a line the words that are no ids, and the repeated ones, come out as one skipped row."""
    first: dict[str, int] = {}
    for number, line in enumerate(lines(file, encoding), start=1):
        words = _words(line)
        yield from _line(number, words, first)


def _line(number: int, words: Iterable[str], first: dict[str, int]) -> Iterator[Entry | Skipped]:
    faults = []
    for word in words:
        seed = seed_of(word)
        if seed is None:
            faults.append(f"{shown(word)} is not a film's id")
            continue
        key = _key(seed)
        if key in first:
            faults.append(f"{shown(word)} is the same title as in line {first[key]}")
            continue
        first[key] = number
        yield Entry(line=number, key=key, seed=seed)
    if faults:
        yield Skipped(number, "; ".join(faults))
