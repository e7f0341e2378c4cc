"""An IMDb page as data: which title it is about, by its own proof, and where its facts are.

Since 2021 a page carries all it shows as JSON (`script#__NEXT_DATA__`), which outlived every change of its looks; the
title page and its `/reference` have the same shape. Before, facts were marked up as microdata.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from selectolax.lexbor import LexborHTMLParser

from mwi_crawl.identity import imdb_id
from mwi_crawl.sources._html import document, linked_data, script
from mwi_crawl.sources._values import Fields, Json, decode, fields, rows, text

_TITLE_ADDRESS = re.compile(
    r"(?:https?:)?(?://[a-z.]*imdb\.com)?/title/(tt\d{7,9})/?(?:reference/?)?(?:[?#].*)?", re.ASCII
)
_PAGES = re.compile(r"/title/\[[a-z]+\](?:/reference)?")  # of the site's own names for its pages
_OWN_IDS = 'meta[property="imdb:pageConst"], meta[property="pageId"]'


@dataclass(frozen=True, slots=True)
class Title:
    """The data of a title page or of its reference page.

    `above` and `main` are the site's own halves of it, `locale` the language it is written in (`en-US`), `linked` the
    page's ld+json about the same title.
    """

    id: str
    above: Fields
    main: Fields
    locale: str | None = None
    linked: Fields = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OldTitle:
    """A title page of the microdata years."""

    id: str
    tree: LexborHTMLParser


def within(value: Json, *path: str) -> Json:
    """What lies at a path of names; None where any step of it is missing, null, or something else than an object."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def nodes(connection: Json) -> list[Fields]:
    """The objects of a list that the site wraps as edges and nodes."""
    return [fields(edge.get("node")) for edge in rows(within(connection, "edges"))]


def read(body: bytes) -> Title | OldTitle:
    """The title page in a body: HTML, or its `__NEXT_DATA__` alone. Raises ValueError if it proves to be none."""
    if is_data(body):
        return _title(fields(decode(body)), None)
    tree = document(body)
    data = script(tree, "script#__NEXT_DATA__")
    if data is not None:
        return _title(fields(decode(data.encode())), tree)
    return _old_title(tree)


def is_data(body: bytes) -> bool:
    """Whether a body is JSON and no page."""
    return body[:64].removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{"


def _title(data: Fields, tree: LexborHTMLParser | None) -> Title:
    page = fields(within(data, "props", "pageProps"))
    above, main = fields(page.get("aboveTheFoldData")), fields(page.get("mainColumnData"))
    name = text(data.get("page"))
    if (name and not _PAGES.fullmatch(name)) or (page.get("contentData") and not above):
        raise ValueError(f"not a title page: {name or 'another tab'}")
    own = {imdb_id(text(said)) for said in (page.get("tconst"), above.get("id")) if said}
    if not above or not own or None in own:
        raise ValueError("not a title page: it does not say which title it is about (layout changed?)")
    if len(own) > 1:
        raise ValueError(f"the page is about {' and '.join(sorted(map(str, own)))}")
    (id,) = own
    locale = text(data.get("locale"))
    if tree is None:
        return Title(str(id), above, main, locale)
    return Title(str(id), above, main, locale or _language(tree), _linked(tree, str(id)))


def _language(tree: LexborHTMLParser) -> str | None:
    root = tree.css_first("html")
    return text(root.attributes.get("lang")) if root else None


def _linked(tree: LexborHTMLParser, id: str) -> Fields:
    """The ld+json object about this very title; there are others, about its trailer or the site."""
    for found in linked_data(tree):
        address = _TITLE_ADDRESS.fullmatch(text(found.get("url")) or "")
        if address and imdb_id(address[1]) == id:
            return found
    return {}


def _old_title(tree: LexborHTMLParser) -> OldTitle:
    """Raises ValueError unless the page names one title, and has a title's heading."""
    said = [text(it.attributes.get("content")) for it in tree.css(_OWN_IDS)]
    canonical = [text(it.attributes.get("href")) or "" for it in tree.css('link[rel="canonical"]')]
    said += [found[1] for address in canonical if (found := _TITLE_ADDRESS.fullmatch(address))]
    own = {known for id in said if (known := imdb_id(id))}
    if tree.css_first("h1[itemprop=name]") is None or not own:
        raise ValueError("not a title page: neither its data nor its microdata are there (layout changed?)")
    if len(own) > 1:
        raise ValueError(f"the page is about {' and '.join(sorted(own))}")
    return OldTitle(own.pop(), tree)
