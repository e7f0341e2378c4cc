"""Cinemorgue's page titles, and the keys made of them.

    film/The Matrix (1999)#tt0133093            a film's page, and the film row that asks for it
    film/The Matrix#1999|tt0133093              where the title has no year, the year is told beside it
    person/Joe Pantoliano#The Matrix (1999)|tt0133093
                                                a person's page, and the film (by its titles there) that is meant

What stands before `#` is the title asked for. The last part of what stands behind it names the row, so that two films
of one title and year share no job, and so that a person's page is asked about each film by itself.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote, unquote

from mwi_crawl.identity import imdb_id, normalise_title, title_similarity
from mwi_crawl.model import MediaType, Seed
from mwi_crawl.sources._values import text

LONGEST = 255  # bytes of a title that MediaWiki takes

_ILLEGAL = re.compile(r"[#<>\[\]{}|]+")
_ESCAPED_BYTE = re.compile(r"%(?=[0-9A-Fa-f]{2})")  # MediaWiki refuses a title that looks escaped
_BLANKS = re.compile(r"[\s_]+")
_DOTTED = re.compile(r"(?:^|/)\.{1,2}(?:/|$)|~{3,}")
_DATED = re.compile(r"^(.+?) ?\(((?:18|19|20)\d\d)(?!\d)([^()]*)\)$")
_UNASKED = (MediaType.EPISODE, MediaType.GAME, MediaType.OTHER)  # a film of that title would be another thing
_ALIKE = 0.97  # nothing but spelling or an article sets two titles apart
_SERIES = "series"
_SCHEMES = ("tmdb_movie", "tmdb_tv", "letterboxd", "boxd")


@dataclass(frozen=True, slots=True)
class Name:
    """The title of a film's page, taken apart: `The Matrix (1999)`, `The Wire (2002 series)`, `The Matrix`."""

    title: str
    year: int | None = None
    kind: str = ""  # what stands behind the year

    @property
    def series(self) -> bool:
        """Whether it is a series: its episodes have later years."""
        return _SERIES in self.kind

    def __str__(self) -> str:
        return self.title if self.year is None else f"{self.title} ({f'{self.year} {self.kind}'.strip()})"


@dataclass(frozen=True, slots=True)
class FilmKey:
    """A question for a film's page."""

    page: str
    year: int
    asker: str


@dataclass(frozen=True, slots=True)
class PersonKey:
    """A question for what a person's page says of one film. `films` are the titles the film goes by, all with year."""

    page: str
    films: tuple[Name, ...]
    asker: str


def wiki_title(title: str | None) -> str | None:
    """A title as MediaWiki spells it, without the characters it takes in none; None if it cannot be asked for."""
    plain = unicodedata.normalize("NFC", text(title) or "")
    plain = "".join(char if char.isprintable() else " " for char in plain)
    plain = _ESCAPED_BYTE.sub("% ", _ILLEGAL.sub(" ", plain))
    plain = _BLANKS.sub(" ", plain).strip(" :")
    if not plain or _DOTTED.search(plain) or len(plain.encode()) > LONGEST:
        return None
    first = plain[0].upper()
    return (first if len(first) == 1 else plain[0]) + plain[1:]


def name_of(page: str) -> Name:
    """A page's title, taken apart."""
    found = _DATED.match(page)
    return Name(found[1], int(found[2]), found[3].strip(" ,;:").casefold()) if found else Name(page)


def film_keys(seed: Seed) -> tuple[str, ...]:
    """The keys of a film, best first; none without a title and a year, for a title alone is not beyond doubt."""
    if seed.year is None or seed.media_type in _UNASKED:
        return ()
    titles = [title for title in (wiki_title(seed.title), wiki_title(seed.original_title)) if title]
    return tuple(dict.fromkeys(_film_key(page, seed) for page in _pages(titles, seed) if wiki_title(page) == page))


def _pages(titles: Sequence[str], seed: Seed) -> Iterator[str]:
    """The titles a film's page may have. Those without a year come last, for they may be another film's."""
    kinds = (" series", "") if seed.media_type is MediaType.TV else ("", " film")
    for kind in kinds:
        yield from (f"{title} ({seed.year}{kind})" for title in titles)
    yield from titles


def _film_key(page: str, seed: Seed) -> str:
    asker = _asker(seed)
    told = asker if name_of(page).year == seed.year else f"{seed.year}|{asker}"
    return f"film/{escaped(page)}#{told}"


def person_key(person: str, films: Sequence[Name], asker: str) -> str:
    """The key that asks what a person's page says of a film."""
    return f"person/{escaped(person)}#{'|'.join(escaped(str(film)) for film in films)}|{asker}"


def read_key(key: str) -> FilmKey | PersonKey:
    """What a key asks. Raises ValueError for one of another shape."""
    question, _, about = key.partition("#")
    kind, _, page = question.partition("/")
    *told, asker = about.split("|")
    page = unquote(page)
    if kind == "film" and page and len(told) <= 1:
        year = int(told[0]) if told else name_of(page).year
        if year is not None:
            return FilmKey(page, year, asker)
    if kind == "person" and page and told:
        return PersonKey(page, tuple(name_of(unquote(film)) for film in told), asker)
    raise ValueError(f"not a key of Cinemorgue: {key}")


def same_title(one: str, other: str) -> bool:
    """Whether nothing but spelling sets two titles apart."""
    return title_similarity(one, other) >= _ALIKE


def distinct(names: Sequence[Name]) -> tuple[Name, ...]:
    """The names without those that differ in spelling only."""
    return tuple({(normalise_title(name.title), name.year): name for name in reversed(names)}.values())[::-1]


def address(base_url: str, page: str) -> str:
    """The address of a page, for people."""
    return f"{base_url}/wiki/" + quote(page.replace(" ", "_"), safe="/:,()!'*;@")


def escaped(value: str) -> str:
    """A text as part of a key."""
    return value.replace("%", "%25").replace("#", "%23").replace("|", "%7C")


def _asker(seed: Seed) -> str:
    """What names the film row: the best id it has."""
    if known := imdb_id(seed.ids.get("imdb")):
        return known
    known_ids = ((scheme, text(seed.ids.get(scheme))) for scheme in _SCHEMES)
    return next((f"{scheme}:{escaped(value)}" for scheme, value in known_ids if value and value.isprintable()), "")
