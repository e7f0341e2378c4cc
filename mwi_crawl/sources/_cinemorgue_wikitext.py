"""Wikitext as list items: each a line of plain text, its links, and the heading it stands under.

MediaWiki's lists, headings and quotes end with their line, so each list line is parsed by itself: that is faster than
the whole page, one odd line spoils no other, and a parser that takes the square of a hostile line's length never gets a
long one. Templates, files, references and comments say nothing about deaths and are left out.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import mwparserfromhell
from mwparserfromhell.nodes import ExternalLink, HTMLEntity, Node, Tag, Text, Wikilink

from mwi_crawl.sources._values import text

LARGEST = 1_000_000  # characters of a page; the longest genuine ones have a tenth of it
LONGEST = 4000  # characters of a line that are read; what a person wrote about one death is far shorter
ITEMS = 3000  # list items of a page that are read

_MOST = {"<": 24, "{{": 16, "[": 150, "&": 200}  # of these in a line; with more it is not prose, and slow to parse
_HEADING = re.compile(r"^(={1,6})(.+?)\1\s*$")
_LIST_LINE = re.compile(r"^ {0,2}([*#:;]*[*#][*#:;]*)(.*)$")
_REDIRECT = re.compile(r"\s*#\s*redirect\b", re.IGNORECASE)
_QUOTES = re.compile("'{2,5}")
_BLANKS = re.compile(r"\s+")
_EDIT = re.compile(r"(?:\[\]|\[\s*edit[^\]]*\]|(?<=[a-z)])Edit)\s*$")
_UNSAID = ("ref", "references", "gallery", "math", "imagemap", "nomobile", "tabber", "youtube", "script", "style")
_TO_ANOTHER_PLACE = re.compile(r"[^:]*:\S")  # File:, Category:, w:, de: … but not "Alien: Covenant"


@dataclass(frozen=True, slots=True)
class Link:
    """A link to an article: where in the text of its line it stands, and the page it leads to."""

    start: int
    end: int
    target: str


@dataclass(frozen=True, slots=True)
class Item:
    """One list item: the headings above it (outermost first, casefolded), its depth from 1, its text and links."""

    headings: tuple[str, ...]
    depth: int
    text: str
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Article:
    """A page: its list items, its headings, and the plain text before the first heading or list."""

    items: tuple[Item, ...]
    headings: tuple[str, ...]
    lead: str


def is_redirect(wikitext: str) -> bool:
    """Whether the page only sends on to another (one that MediaWiki could not follow)."""
    return _REDIRECT.match(wikitext) is not None


def read(wikitext: str) -> Article:
    """A page. Raises ValueError for one that is larger than any genuine one, or nested beyond reason."""
    if len(wikitext) > LARGEST:
        raise ValueError(f"the page has {len(wikitext)} characters")
    try:
        return _read(_without_comments(wikitext).splitlines())
    except RecursionError:
        raise ValueError("the page is nested too deeply") from None


def _read(lines: Iterable[str]) -> Article:
    items: list[Item] = []
    above: list[tuple[int, str]] = []
    headings: list[str] = []
    lead: list[str] = []
    for line in lines:
        if heading := _HEADING.match(line.rstrip()[:LONGEST]):
            above = [outer for outer in above if outer[0] < len(heading[1])]
            above.append((len(heading[1]), _heading(heading[2])))
            headings.append(above[-1][1])
        elif found := _LIST_LINE.match(line[:LONGEST]):
            if len(items) < ITEMS:
                plain, links = _line(found[2])
                items.append(Item(tuple(name for _, name in above), len(found[1]), plain, links))
        elif not headings and not items and len(lead) < 20:  # the beginning is all that matters
            lead.append(_line(line[:LONGEST])[0])
    return Article(tuple(items), tuple(headings), " ".join(filter(None, lead)))


def _heading(wikitext: str) -> str:
    """A heading's words, without what an edit link left behind."""
    return _EDIT.sub("", _line(wikitext)[0]).strip(" :").casefold()


def _without_comments(wikitext: str) -> str:
    """The text without comments; as in MediaWiki, one without an end takes the rest with it."""
    kept, at = [], 0
    while (start := wikitext.find("<!--", at)) >= 0:
        kept.append(wikitext[at:start])
        end = wikitext.find("-->", start + 4)
        if end < 0:
            return "".join(kept)
        at = end + 3
    return "".join((*kept, wikitext[at:]))


def _line(wikitext: str) -> tuple[str, tuple[Link, ...]]:
    """One line as plain text with its links; nothing, where it holds more markup than prose has."""
    if any(wikitext.count(sign) > most for sign, most in _MOST.items()):
        return "", ()
    writer = _Writer()
    writer.write(mwparserfromhell.parse(wikitext, skip_style_tags=True).nodes)
    return writer.finished()


class _Writer:
    """Plain text as it grows, with one blank between words, and the places of the links in it."""

    def __init__(self) -> None:
        self._text = ""
        self._links: list[Link] = []

    def write(self, nodes: Sequence[Node]) -> None:
        for node in nodes:
            self._write(node)

    def finished(self) -> tuple[str, tuple[Link, ...]]:
        return self._text.rstrip(), tuple(self._links)

    def _write(self, node: Node) -> None:
        match node:
            case Text():
                self._say(_QUOTES.sub("", str(node.value)))
            case HTMLEntity():
                self._say(html.unescape(str(node)))
            case Wikilink():
                self._link(node)
            case ExternalLink():
                self.write(node.title.nodes if node.title else ())
            case Tag() if str(node.tag).strip().casefold() == "br":
                self._say(" ")
            case Tag() if str(node.tag).strip().casefold() not in _UNSAID:
                self.write(node.contents.nodes if node.contents else ())
            case _:
                return  # templates, arguments, comments

    def _link(self, link: Wikilink) -> None:
        target = _BLANKS.sub(" ", html.unescape(str(link.title)).replace("_", " ")).strip()
        page = target.partition("#")[0].strip()
        if _TO_ANOTHER_PLACE.match(target):  # a picture, a category, another wiki
            return
        start = len(self._text)
        if link.text:
            self.write(link.text.nodes)
        else:
            self._say(target)
        if page and not target.startswith(":") and len(self._text) > start:
            start += self._text[start] == " "
            self._links.append(Link(start, len(self._text.rstrip()), page))

    def _say(self, words: str) -> None:
        said = _BLANKS.sub(" ", _printable(words))
        if not self._text or self._text.endswith(" "):
            said = said.lstrip(" ")
        self._text += said


def _printable(words: str) -> str:
    """The words without control characters and such as turn the direction of what follows."""
    return "".join(char if char.isprintable() or char.isspace() else "" for char in words)


def one_line(words: str, most: int) -> str | None:
    """A text cut to a length, at a blank; None for an empty one."""
    if len(words) > most:
        words = words[:most].rpartition(" ")[0].rstrip(" ,;:") + " …"
    return text(words)
