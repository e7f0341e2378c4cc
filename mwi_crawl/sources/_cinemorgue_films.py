"""A film's page: whether it is the film's, and the actors it lists.

An actor is only who is linked at the beginning of an item: whoever is linked behind that is more often the killer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from mwi_crawl.sources._cinemorgue_deaths import (
    DATED,
    Death,
    Spans,
    is_other,
    joined,
    spans,
    tells_of_deaths,
    told_behind,
)
from mwi_crawl.sources._cinemorgue_titles import name_of, same_title, wiki_title
from mwi_crawl.sources._cinemorgue_wikitext import Article, Item, Link

ACTORS = 200  # of one film that are taken; the longest genuine lists are shorter

_BEFORE = 120  # characters of the longest name of a character
_PERSONS = re.compile(
    r"(?:film|movie|tv|television|video ?game|anime|music video|theatre|stage|web\w*|radio)\b.*\bdeath"
)
_JOINED = re.compile(r"\s*(?:,|&|/|\+|;|and|,\s*and)\s*", re.IGNORECASE)
_PLAYED = re.compile(r"(?:[(\[–—]|\s-|\b(?:played|portrayed|voiced) by)\s*$", re.IGNORECASE)
_DOER = re.compile(r"\b(?<!played )(?<!portrayed )(?<!voiced )by\b", re.IGNORECASE)
_NAMED = re.compile(
    r"(?:[A-Z][\w'’.-]*\w|[A-Z])(?: (?:(?:the|of|de|von|van) )?(?:[A-Z][\w'’.-]*\w|[A-Z]\.?|[IVX]+)){1,4}"
)
_DISAMBIGUATION = re.compile(r"\{\{\s*(?:disambig\w*|dab)\b|__DISAMBIG__|\[\[\s*category\s*:\s*disambig", re.IGNORECASE)


def is_of_a_person(article: Article) -> bool:
    """Whether the page is about somebody's deaths in many films."""
    return any(_PERSONS.match(heading) for heading in article.headings)


def is_ambiguous(title: str, wikitext: str, article: Article) -> bool:
    """Whether the page only names others of its title."""
    if _DISAMBIGUATION.search(wikitext) or title.casefold().endswith("(disambiguation)"):
        return True
    own = name_of(title).title
    namesakes = {
        link.target
        for item in article.items
        for link in item.links[:1]
        if name_of(link.target).year and same_title(name_of(link.target).title, own)
    }
    return len(namesakes) > 1


def years_told(article: Article) -> Spans:
    """The years in brackets in the first lines of a page."""
    return tuple(span for found in DATED.finditer(article.lead) for span in spans(found[1]))


def listed(article: Article) -> list[Death]:
    """The actors a film's page lists, each once, in its order."""
    headed = any(tells_of_deaths(heading) for heading in article.headings)
    found: list[Death] = []
    parents, depth = 0, 0  # how many actors the item had under which the next ones stand, and its depth
    for item in article.items:
        sure = _tells(item.headings, headed=headed)
        if sure is None or not item.text:
            continue
        actors = _actors_of(item)
        if parents and item.depth > depth and not (actors and _is_bare(item, actors)):
            found[-parents:] = [_told_more(death, item.text) for death in found[-parents:]]
        elif actors:
            character, how = _told(item, actors)
            found += [Death(name, character, how, sure) for name in map(_name, actors)]
            parents, depth = len(actors), item.depth
        else:
            parents = 0
    return _once_each(found)[:ACTORS]


def _tells(headings: Sequence[str], *, headed: bool) -> bool | None:
    """Whether items under these headings are deaths: True, False for perhaps (a cast), None for no."""
    if is_other(headings):
        return None
    if headed:
        return True if any(tells_of_deaths(heading) for heading in headings) else None
    return not headings


def _actors_of(item: Item) -> list[Link]:
    """The links to the actors whose death the item is about: the first, and those joined to it."""
    links = [link for link in item.links if _is_a_person(link)]
    if not links or links[0] is not item.links[0] or not _may_precede(item.text[: links[0].start]):
        return []
    actors = links[:1]
    for link in links[1:]:
        if not _JOINED.fullmatch(item.text[actors[-1].end : link.start]):
            break
        actors.append(link)
    return actors


def _is_a_person(link: Link) -> bool:
    page = wiki_title(link.target)
    return page is not None and name_of(page).year is None and "{" not in link.target and ":" not in page


def _may_precede(words: str) -> bool:
    """Whether what stands before the first link is nothing, or the part that the actor plays."""
    words = words.strip(" \"'“”")
    if not words:
        return True
    return len(words) <= _BEFORE and bool(_PLAYED.search(words)) and not _DOER.search(words) and ":" not in words


def _name(link: Link) -> str:
    return wiki_title(link.target) or link.target


def _is_bare(item: Item, actors: Sequence[Link]) -> bool:
    """Whether an item is no more than its actors' names and parts: then it is not about the item above."""
    rest = item.text[actors[-1].end :].strip(" )")
    return not rest or rest[0] in "([:–—-"


def _told(item: Item, actors: Sequence[Link]) -> tuple[str | None, str | None]:
    """Character and manner in an item of a film's page."""
    before = item.text[: actors[0].start].strip(" \"'“”")
    played = _PLAYED.sub("", before).strip(" ,:(–—-")
    rest = item.text[actors[-1].end :]
    if before.endswith(("(", "[")):
        rest = rest.lstrip().removeprefix(")").removeprefix("]")
    character, _, how = told_behind(rest)
    if how and not (played or character) and _NAMED.fullmatch(how):  # "[[Actor]] - Captain Ward"
        return how, None
    return played or character, how


def _told_more(death: Death, words: str) -> Death:
    """A death with what a line under it adds."""
    character, _, how = told_behind(words)
    character = joined(" / ", (death.character, character))
    return replace(death, character=character, how=joined("; ", (death.how, how)))


def _once_each(deaths: Iterable[Death]) -> list[Death]:
    """Each actor once, several deaths of one joined."""
    by_actor: dict[str, list[Death]] = {}
    for death in deaths:
        by_actor.setdefault(death.actor, []).append(death)
    return [
        Death(
            actor,
            joined(" / ", (it.character for it in several)),
            joined("; ", (it.how for it in several)),
            any(it.sure for it in several),
        )
        for actor, several in by_actor.items()
    ]
