"""A person's page: what it says of one film. Entries of other films are not this answer's business."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mwi_crawl.sources._cinemorgue_deaths import DATED, Death, Spans, is_other, joined, spans, told_behind
from mwi_crawl.sources._cinemorgue_titles import Name, name_of, same_title
from mwi_crawl.sources._cinemorgue_wikitext import Article, Item

_LONGEST_RUN = 30  # years that a series may go on
_FAR = 2  # years away, or more: another film
_INNER = re.compile(r"\s*\(([^()]*)\)")
_KNOWN_AS = re.compile(r"^(?:(?:a\.?k\.?a\.?|also known as|or|original title:?|us title:?)\s+)", re.IGNORECASE)
_EPISODE = re.compile(r":\s|,\s|\s[-–—]\s")  # between the title of a series and that of an episode
_TOLD_BEFORE = re.compile(r"\]\s*:|\[[^\]]*:")  # a character and the beginning of a description
_TITLE_ENDS = re.compile(r"\s*[\[:]")


@dataclass(frozen=True, slots=True)
class _Entry:
    """An item of a person's page: the titles and years it gives, and what it says of the death."""

    depth: int
    titles: tuple[str, ...]
    years: Spans
    character: str | None
    how: str | None


def of_film(article: Article, films: Sequence[Name], actor: str) -> Death | None:
    """What a person's page says of one film, under any of its titles; None if nothing."""
    entries = [_entry(item) for item in article.items if item.text and not is_other(item.headings)]
    about = [*_about(entries, films)]
    if not about:
        return None
    return Death(actor, joined(" / ", (it.character for it in about)), joined("; ", (it.how for it in about)))


def _about(entries: Sequence[_Entry], films: Sequence[Name]) -> Iterator[_Entry]:
    """The entries about a film: of its title in its year, else a year before or after; and the lines under them."""
    distances = [min((_distance(entry, film) for film in films), default=_FAR) for entry in entries]
    nearest = min(distances, default=_FAR)
    depth = 0
    for entry, distance in zip(entries, distances, strict=True):
        if distance == nearest < _FAR:
            depth = entry.depth
            yield entry
        elif depth and entry.depth > depth:
            yield entry
        else:
            depth = 0


def _distance(entry: _Entry, film: Name) -> int:
    """How many years an entry is away from a film of its title: 0, 1, or _FAR for another film."""
    if film.year is None:
        return _FAR
    last = film.year + _LONGEST_RUN if film.series else film.year
    away = min((max(first - last, film.year - end, 0) for first, end in entry.years), default=_FAR)
    # the years first: comparing titles is what takes time
    same = away < _FAR and any(same_title(title, film.title) for title in _as_told(entry, film))
    return away if same else _FAR


def _as_told(entry: _Entry, film: Name) -> Iterator[str]:
    """The titles of an entry; for a series also that before the title of an episode."""
    yield from entry.titles
    if film.series:
        for title in entry.titles:
            yield from (title[: at.start()] for at in _EPISODE.finditer(title))


def _entry(item: Item) -> _Entry:
    """An item of a person's page, taken apart. One without a year is told apart by the page it links to."""
    dated = DATED.search(item.text)
    if dated and "game" in dated[1].casefold():
        return _Entry(item.depth, (), (), None, None)
    linked = name_of(item.links[0].target) if item.links and item.links[0].start <= 2 else None
    title = item.text[: dated.start()] if dated else _TITLE_ENDS.split(item.text, maxsplit=1)[0]
    years = spans(dated[1]) if dated else ()
    if dated and _TOLD_BEFORE.search(title):  # a year in brackets far on in the text is not the film's
        title, dated, years = _TITLE_ENDS.split(item.text, maxsplit=1)[0], None, ()
    titles = [*_titles(title)]
    if linked and linked.year:
        titles.append(linked.title)
        years = years or ((linked.year, linked.year),)
    character, more, how = told_behind(item.text[dated.end() if dated else len(title) :])
    if item.depth > 1 and not years:
        character, more, how = told_behind(item.text)
    return _Entry(item.depth, tuple(titles), (*years, *more), character, how)


def _titles(title: str) -> Iterator[str]:
    """A title, and what it is without what stands in brackets, and what stands in them."""
    title = title.strip(" \"'“”*,-–—")
    if not title:
        return
    yield title
    if inner := _INNER.findall(title):
        yield _INNER.sub("", title).strip()
        yield from (_KNOWN_AS.sub("", each).strip() for each in inner if each.strip())
