"""The keys of DoesTheDogDie, written and read.

    items/imdb/tt0133093                              a film or series by its IMDb id
    items/tmdb/603#imdb:tt0133093                     a film by TMDb's id, items/tmdb_tv/1396 a series
    items/title/1999/The Matrix#imdb:tt0133093,…      by title and year (the year may be empty)
    item/10752                                        what is known of an entry

The fragment is never sent. It holds what is known of the film that asks, so that no entry which denies it is taken, and
so that two films of one title and year do not share a job. An entry that is taken for its title alone keeps the asker's
ids (`item/10752#imdb:tt0133093`): a question belongs to one film, so two films with different ids that both fit such an
entry would otherwise be made one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote, unquote

from mwi_crawl.identity import imdb_id
from mwi_crawl.model import MediaType, Seed
from mwi_crawl.sources._values import text

_TMDB_KEYS = {"tmdb_movie": "tmdb", "tmdb_tv": "tmdb_tv"}  # scheme of an id → its place in a key
_MEDIA = {"tmdb_movie": MediaType.MOVIE, "tmdb_tv": MediaType.TV}
_NAMES = ("letterboxd", "boxd")  # tell askers apart, and are unknown to DoesTheDogDie
_UNTITLED = (MediaType.EPISODE, MediaType.GAME, MediaType.OTHER)  # an entry of that title would be another thing

_TMDB_ID = re.compile(r"0*([1-9][0-9]{0,9})")
_BY_ID = re.compile(r"items/(imdb|tmdb|tmdb_tv)/(tt[0-9]{7,9}|[1-9][0-9]{0,9})", re.ASCII)
_BY_TITLE = re.compile(r"items/title/([0-9]{4}|)/(.+)", re.DOTALL | re.ASCII)
_ENTRY = re.compile(r"item/([1-9][0-9]{0,9})(?:#.*)?", re.DOTALL | re.ASCII)


@dataclass(frozen=True, slots=True)
class Lookup:
    """What a look-up key asks, and what is known of the film that asks."""

    title: str | None = None  # only where it is asked by title
    year: int | None = None
    imdb: str | None = None
    tmdb: int | None = None
    media: MediaType | None = None  # movie or tv
    ids: str = ""  # the asker's ids as they stand in the fragment

    def entry(self, number: int, *, confirmed: bool) -> str:
        """The key of an entry that fits. `confirmed`: it bears an id of the film."""
        return f"item/{number}" + (f"#{self.ids}" if self.ids and not confirmed else "")


def planned(seed: Seed) -> Iterator[str]:
    """The look-ups for a film, the surest first."""
    imdb, tmdb = imdb_id(seed.ids.get("imdb")), [*_tmdb_ids(seed)]
    if imdb:
        yield f"items/imdb/{imdb}"
    for scheme, number in tmdb:
        yield f"items/{_TMDB_KEYS[scheme]}/{number}" + (f"#imdb:{imdb}" if imdb else "")
    title = text(seed.title) or text(seed.original_title)
    if title and seed.media_type not in _UNTITLED:
        fragment = ",".join(_known(seed, imdb, tmdb))
        yield f"items/title/{_year(seed)}/{_escaped(title)}" + (f"#{fragment}" if fragment else "")


def lookup(key: str) -> Lookup:
    """What a look-up key asks. Raises ValueError for a key of another shape."""
    question, _, fragment = key.partition("#")
    parts = [part for part in fragment.split(",") if part]
    known = {name: value for name, _, value in (part.partition(":") for part in parts)}
    title = year = None
    if by_title := _BY_TITLE.fullmatch(question):
        title, year = unquote(by_title[2]), int(by_title[1]) if by_title[1] else None
    elif (by_id := _BY_ID.fullmatch(question)) and (by_id[1] == "imdb") == by_id[2].startswith("tt"):
        known["tmdb_movie" if by_id[1] == "tmdb" else by_id[1]] = by_id[2]
    else:
        raise ValueError(f"not a look-up of DoesTheDogDie: {key}")
    scheme = next((scheme for scheme in _TMDB_KEYS if scheme in known), None)
    return Lookup(
        title,
        year,
        imdb=imdb_id(known.get("imdb")),
        tmdb=int(known[scheme]) if scheme else None,
        media=_MEDIA[scheme] if scheme else MediaType(known["media"]) if "media" in known else None,
        ids=",".join(part for part in parts if part.partition(":")[0] not in (*_NAMES, "media")),
    )


def entry(key: str) -> int:
    """The entry a key is about. Raises ValueError for a key of another shape."""
    found = _ENTRY.fullmatch(key)
    if found is None:
        raise ValueError(f"not an entry of DoesTheDogDie: {key}")
    return int(found[1])


def _tmdb_ids(seed: Seed) -> Iterator[tuple[str, str]]:
    series_first = seed.media_type is MediaType.TV
    for scheme in sorted(_TMDB_KEYS, reverse=series_first):
        if found := _TMDB_ID.fullmatch(seed.ids.get(scheme, "").strip()):
            yield scheme, found[1]


def _known(seed: Seed, imdb: str | None, tmdb: list[tuple[str, str]]) -> Iterator[str]:
    if imdb:
        yield f"imdb:{imdb}"
    yield from (f"{scheme}:{number}" for scheme, number in tmdb[:1])
    if not imdb and not tmdb:
        named = ((scheme, text(seed.ids.get(scheme))) for scheme in _NAMES)
        yield from (f"{scheme}:{quote(value, safe='')}" for scheme, value in named if value)
    if seed.media_type in _MEDIA.values() and not tmdb:
        yield f"media:{seed.media_type}"


def _year(seed: Seed) -> str:
    return f"{seed.year:04}" if seed.year and 0 < seed.year < 10_000 else ""


def _escaped(title: str) -> str:
    return title.replace("%", "%25").replace("#", "%23")
