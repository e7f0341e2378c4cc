"""Cinemorgue: who dies on screen, and how; a wiki that people write, asked by MediaWiki's documented API.

Only `/api.php` is asked, which the wiki's robots.txt allows to everybody; its HTML pages are never fetched, and nothing
that robots.txt forbids (`Special:`, `User:`, `?action=` of the pages …). Fifty titles are asked for at once, one
request a second. The texts are under CC BY-SA 3.0: whoever shows them names the wiki (`attribution`).

A film's page mostly lists who dies, as links; part and manner stand on the page of each actor. So a film's page gives a
row for each, and leads on to the pages of those whose manner it does not tell (keys: _cinemorgue_titles.py). Such an
answer does not speak of all deaths: a refresh would delete what the people's pages told. And a person's page never
makes a film absent: where it is missing, or silent about the film, the row of the film's page stays as it is.

Proof before anything is read: the answer says that it is this wiki's, and of which title each page is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import ClassVar

from mwi_crawl.model import Parsed, Rate, Request, Response, Seed, Verdict
from mwi_crawl.source import Option, Source
from mwi_crawl.sources import _cinemorgue_answers, _cinemorgue_wikitext
from mwi_crawl.sources._cinemorgue_answers import Page
from mwi_crawl.sources._cinemorgue_deaths import Death, record
from mwi_crawl.sources._cinemorgue_films import is_ambiguous, is_of_a_person, listed, years_told
from mwi_crawl.sources._cinemorgue_people import of_film
from mwi_crawl.sources._cinemorgue_titles import (
    FilmKey,
    Name,
    PersonKey,
    address,
    distinct,
    film_keys,
    name_of,
    person_key,
    read_key,
    same_title,
)
from mwi_crawl.sources._cinemorgue_wikitext import Article

_PEOPLE_OF_A_FILM = 2  # pages of people a film leads to, averaged over all films: most have no page at all

_article = lru_cache(maxsize=64)(_cinemorgue_wikitext.read)  # a person's page answers for several films of a batch


class Cinemorgue(Source):
    """The Cinemorgue Wiki."""

    name = "cinemorgue"
    title = "Cinemorgue"
    base_url = "https://cinemorgue.fandom.com"
    rate = Rate(1, burst=2, concurrency=2)
    batch = 50
    kinds = ("deaths",)
    ttl_days = 90
    adds = "who dies on screen, and how"
    attribution = (
        "Deaths: Cinemorgue Wiki (https://cinemorgue.fandom.com), by its contributors, under CC BY-SA 3.0 "
        "(https://creativecommons.org/licenses/by-sa/3.0/)."
    )
    options: ClassVar[Mapping[str, Option]] = {
        "people": True,  # ask the pages of the actors for part and manner
    }

    def plan(self, seed: Seed) -> Sequence[str]:
        """By title and year; the titles without a year last."""
        return film_keys(seed)

    def cost(self, key: str) -> int:
        """A film's page leads to those of its dead."""
        return 1 + _PEOPLE_OF_A_FILM if self._with_people and key.startswith("film/") else 1

    def request(self, keys: Sequence[str]) -> Request:
        """All titles at once, each once. Raises ValueError for a key of another shape."""
        titles = dict.fromkeys(read_key(key).page for key in keys)
        return Request("/api.php", _ASKED | {"titles": "|".join(titles)})

    def judge(self, response: Response) -> Verdict:
        """What is wrong with a whole batch is found here: errors in a 200, half answers, walls, other wikis."""
        return _cinemorgue_answers.judge(response)

    def parse(self, key: str, response: Response) -> Parsed:
        """The deaths a page tells of. Raises ValueError for an answer that is not one to this key."""
        asked = read_key(key)
        page = _cinemorgue_answers.answer(response.body).page(asked.page)
        if isinstance(asked, PersonKey):
            return self._of_a_person(asked, page)
        if page.absent:
            return Parsed(absent=page.absent)
        return self._of_a_film(asked, page)

    def probe(self) -> Request:
        """Small, and says which wiki it is."""
        return Request("/api.php", _ASKED | {"titles": "Main Page", "prop": "info"})

    @property
    def _with_people(self) -> bool:
        return self.settings["people"] is True

    def _of_a_film(self, asked: FilmKey, page: Page) -> Parsed:
        wikitext = _wikitext(page)
        if _cinemorgue_wikitext.is_redirect(wikitext):
            return Parsed(absent="redirect")
        article = _article(wikitext)
        if is_ambiguous(page.title, wikitext, article):
            return Parsed(absent="ambiguous")
        own = name_of(page.title)
        if own.year is None and is_of_a_person(article):
            return Parsed(absent="not_a_film")
        agrees = _year_agrees(asked, own, article)
        if agrees is False:
            return Parsed(absent="another_film")
        deaths = [death for death in listed(article) if not same_title(death.actor, own.title)]
        return self._listed(asked, page, deaths, certain=agrees is True)

    def _listed(self, asked: FilmKey, page: Page, deaths: Sequence[Death], *, certain: bool) -> Parsed:
        """Rows for what is certain; what is not is left to the people's pages, which tell the year."""
        told = [death for death in deaths if certain and death.sure]
        open_ones = [death for death in deaths if death not in told or death.how is None] if self._with_people else []
        if not certain and not open_ones:
            return Parsed(absent="year_unknown")
        own, called = name_of(page.title), name_of(asked.page)
        titles = distinct([Name(name.title, name.year or asked.year, name.kind) for name in (own, called)])
        return Parsed(
            speaks_of=() if open_ones else self.kinds,
            records=tuple(record(death, address(self.base_url, page.title)) for death in told),
            keys=tuple(person_key(death.actor, titles, asked.asker) for death in open_ones),
        )

    def _of_a_person(self, asked: PersonKey, page: Page) -> Parsed:
        """What the page adds about the film; a page that is not there adds nothing."""
        if page.absent or _cinemorgue_wikitext.is_redirect(wikitext := _wikitext(page)):
            return Parsed()
        death = of_film(_article(wikitext), asked.films, asked.page)
        return Parsed(records=(record(death, address(self.base_url, page.title)),) if death else ())


_ASKED = {
    "action": "query",
    "format": "json",
    "formatversion": "2",
    "meta": "siteinfo",
    "siprop": "general",
    "prop": "revisions",
    "rvprop": "content",
    "rvslots": "main",
    "redirects": "1",
}


def _wikitext(page: Page) -> str:
    if page.wikitext is None:
        raise ValueError(f"the answer has {page.title!r} without its text")
    return page.wikitext


def _year_agrees(asked: FilmKey, own: Name, article: Article) -> bool | None:
    """Whether the page's title, or else its first lines, tell the film's year (±1); None: they tell no year."""
    told = ((own.year, own.year),) if own.year is not None else years_told(article)
    if not told:
        return None
    return any(first - 1 <= asked.year <= last + 1 for first, last in told)
