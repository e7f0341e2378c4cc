"""What an IMDb title page of the years before 2021 says: facts marked up as microdata, without any JSON."""

from __future__ import annotations

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode

from mwi_crawl.identity import imdb_id
from mwi_crawl.model import Record, Value
from mwi_crawl.sources._imdb_credits import Credit, person_id, persons, records
from mwi_crawl.sources._imdb_facts import US_CERTIFICATES, length
from mwi_crawl.sources._imdb_page import OldTitle
from mwi_crawl.sources._imdb_records import scores
from mwi_crawl.sources._values import keyed, number, positive, prose, text, year

_PERSON_ADDRESS = re.compile(r"/name/(nm\d{7,9})", re.ASCII)
_PARAMETER = r"[?&]{name}=([a-z]{{2,3}})(?=&|$)"
_COUNTRY = re.compile(_PARAMETER.format(name="country_of_origin"))
_LANGUAGE = re.compile(_PARAMETER.format(name="primary_language"))
_HEADING_YEAR = re.compile(r"\s*\(\d{4}\)\s*$")
_MONEY = re.compile(r"\$([0-9][0-9,]{0,15})(?!\d)", re.ASCII)
_REMARK = re.compile(r"\s*\((?:as |uncredited|voice|credit)[^()]*\)")
_MORE = ("See more", "See full summary", "Add a Plot")


def said(title: OldTitle) -> tuple[tuple[str, ...], tuple[Record, ...]]:
    """The kinds about which the page is complete, and its records. Raises ValueError if it has no title.

    Credits and keywords are its first few.
    """
    tree = title.tree
    named = [*_credits(tree)]
    value = number(_text(tree.css_first("span[itemprop=ratingValue]")))
    votes = positive((_text(tree.css_first("span[itemprop=ratingCount]")) or "").replace(",", ""))
    metascore = positive(_text(tree.css_first(".metacriticScore span")))
    genres = dict.fromkeys(_text(it) for it in tree.css("span[itemprop=genre]"))
    keywords = [{"keyword": _text(it)} for it in tree.css("span[itemprop=keywords]")]
    found = [
        *persons(named),
        *records(named),
        *_linked_rows(tree, "film_countries", "country", _COUNTRY),
        facts(tree),
        *keyed("film_genres", ({"genre": name, "position": at} for at, name in enumerate(genres)), ["genre"]),
        *keyed("film_keywords", keywords, ["keyword"]),
        *_linked_rows(tree, "film_languages", "language", _LANGUAGE),
        *scores(value, votes, metascore),
        *_similar(tree),
    ]
    complete = ("film_countries", "film_facts", "film_genres", "film_languages", "scores", "similar_films")
    return complete, tuple(found)


def facts(tree: LexborHTMLParser) -> Record:
    """The film_facts row."""
    shown = _HEADING_YEAR.sub("", _text(tree.css_first("h1[itemprop=name]")) or "") or None
    if shown is None:
        raise ValueError("the page has no title")
    original = tree.css_first(".originalTitle")
    certificate = _attribute(tree, "meta[itemprop=contentRating]", "content")
    poster = _attribute(tree, ".poster img[itemprop=image]", "src")
    overview = prose(_text(tree.css_first(".summary_text")))
    values: dict[str, Value] = {
        "title": shown,
        "original_title": (_own_text(original) if original is not None else None) or shown,
        "release_year": year(_text(tree.css_first("#titleYear a"))),
        "runtime_minutes": length(_attribute(tree, "time[itemprop=duration]", "datetime")),
        "certificate": certificate if certificate in US_CERTIFICATES else None,
        "overview": overview if overview and not overview.startswith(_MORE) else None,
        "poster_url": poster if poster and poster.startswith("https://") else None,
        "budget_usd": _money(tree, "Budget:"),
        "revenue_usd": _money(tree, "Cumulative Worldwide Gross:"),
        "box_office_usd": _money(tree, "Gross USA:"),
    }
    return Record("film_facts", values)


def _text(node: LexborNode | None) -> str | None:
    return text(" ".join(node.text().split())) if node is not None else None


def _own_text(node: LexborNode) -> str | None:
    """A node's text without that of the elements in it ("(original title)")."""
    return text(" ".join(node.text(deep=False).split()))


def _attribute(tree: LexborHTMLParser, selector: str, name: str) -> str | None:
    node = tree.css_first(selector)
    return text(node.attributes.get(name)) if node is not None else None


def _money(tree: LexborHTMLParser, heading: str) -> int | None:
    for block in tree.css("#titleDetails .txt-block"):
        if _text(block.css_first("h4")) == heading:
            found = _MONEY.match(_own_text(block) or "")
            return positive(found[1].replace(",", "")) if found else None
    return None


def _linked_rows(tree: LexborHTMLParser, kind: str, column: str, parameter: re.Pattern[str]) -> list[Record]:
    """Countries and languages: the code is in the link to all films of it."""
    values: dict[str, dict[str, Value]] = {}
    for link in tree.css("#titleDetails .txt-block a"):
        if found := parameter.search(link.attributes.get("href") or ""):
            code = found[1].upper() if column == "country" else found[1]
            values.setdefault(code, {column: code, "name": _text(link), "position": len(values)})
    return keyed(kind, values.values(), [column])


def _credits(tree: LexborHTMLParser) -> Iterator[Credit]:
    for itemprop, job in (("director", "director"), ("creator", "writer")):
        # under the details, creators are the production companies
        for at, it in enumerate(tree.css(f'span[itemprop={itemprop}][itemtype$="/Person"]')):
            yield from _credit(it.css_first("a"), job, at)
    cast = tree.css("table.cast_list tr td[itemprop=actor]")
    for at, it in enumerate(cast):
        row = it.parent
        character = _text(row.css_first("td.character")) if row is not None else None
        yield from _credit(it.css_first("a"), "actor", at, character)
    if not cast:
        for at, it in enumerate(tree.css("span[itemprop=actors]")):
            yield from _credit(it.css_first("a"), "actor", at)


def _credit(link: LexborNode | None, job: str, billing: int, character: str | None = None) -> Iterator[Credit]:
    found = _PERSON_ADDRESS.search(link.attributes.get("href") or "") if link is not None else None
    id, name = person_id(found[1]) if found else None, _text(link)
    if id and name:
        parts = tuple(filter(None, (part.strip() for part in _REMARK.sub("", character or "").split(" / "))))
        yield Credit(id, name, job, None, billing, parts)


def _similar(tree: LexborHTMLParser) -> list[Record]:
    ids = dict.fromkeys(imdb_id(it.attributes.get("data-tconst")) for it in tree.css("#titleRecs [data-tconst]"))
    films: Iterator[dict[str, Value]] = (
        {"scheme": "imdb", "value": id, "position": at} for at, id in enumerate(filter(None, ids))
    )
    return keyed("similar_films", films, ["value"])
