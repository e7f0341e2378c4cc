"""What the deaths on a film's page and on a person's page have in common: headings, brackets, years, and the row.

a film's page      * [[Sean Bean]]      * [[Sean Bean]] [Boromir]: Shot with arrows.      * Boromir ([[Sean Bean]])
a person's page    * Title (Year) [Character]: description
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mwi_crawl.model import Record
from mwi_crawl.sources._cinemorgue_wikitext import one_line

Spans = tuple[tuple[int, int], ...]
"""Years, each as a first and a last one."""

DATED = re.compile(r"\(([^()]*(?<!\d)(?:18|19|20)\d\d(?!\d)[^()]*)\)")
"""Brackets with a year in them."""

_CHARACTER, _HOW = 300, 3000  # characters that are kept
_BRACKETED = 120  # characters of the longest name of a character; what is longer is a bracket nobody closed

_DEATHS = re.compile(r"\b(?:deaths?|dies|died|dead|dying|fatalit|victims?|casualt|body count|killed|deceased|kills)")
_OTHER = re.compile(
    r"trivia|gallery|connections?|see also|links?$|references?|sources|notes?$|videos?$|awards|filmography|crew|direct"
    r"|produc|writ|music|compos|cameo|navigation|quotes|plot"
)
_NEVER = re.compile(
    r"surviv|\b(?:non|near)[- ]?deaths?|\bfaked?\b|\bvideo ?games?\b|^games?\b"
)  # no deaths, or not on a screen
_TO_NEXT = re.compile(r"\s*(?:,|&|/|and)\s*(?=\[)", re.IGNORECASE)  # from one character to the next
_PROSE = re.compile(r":\s.*\w{3}")
_ASIDE = re.compile(
    r"\b(?:also|voiced?|uncredited|deleted|alternat\w*|scenes?|flashbacks?|version|cut|ending|dream)\b", re.IGNORECASE
)
_YEARS = re.compile(r"(?<!\d)((?:18|19|20)\d\d)(?!\d)(?:\s*[-–—]\s*((?:19|20)\d\d)(?!\d))?")
_PLAYED_AS = re.compile(r"as (?:the |a )?[A-Z\"'“][^:]{0,80}?(?=\s*(?::|\s[-–—]\s|$))")


@dataclass(frozen=True, slots=True)
class Death:
    """A death as an item tells it; `sure`: the page says by its heading or its words that it is one."""

    actor: str
    character: str | None = None
    how: str | None = None
    sure: bool = True


def tells_of_deaths(heading: str) -> bool:
    """Whether a heading says that what follows are deaths."""
    return _DEATHS.search(heading) is not None


def is_other(headings: Sequence[str]) -> bool:
    """Whether what stands under these headings are no deaths, or none on a screen."""
    return any(
        _NEVER.search(heading) or (_OTHER.search(heading) and not tells_of_deaths(heading)) for heading in headings
    )


def told_behind(rest: str) -> tuple[str | None, Spans, str | None]:
    """Character, further years and manner in what stands behind a title or a name."""
    characters: list[str] = []
    years: Spans = ()
    rest = rest.lstrip()
    while rest[:1] in ("[", "("):
        of_years = rest[0] == "("
        inside, rest = _bracketed(rest)
        if of_years and (more := spans(inside)):
            years += more
        elif not of_years or (not _ASIDE.search(inside) and not characters):
            characters.append(inside)
        rest = _TO_NEXT.sub("", rest.lstrip(), count=1) if _TO_NEXT.match(rest) else rest.lstrip()
    if played := _PLAYED_AS.match(rest):
        characters.append(played[0][3:])
        rest = rest[played.end() :]
    how = rest.lstrip(" :–—-,;])").rstrip()
    return joined(" / ", characters), years, how or None


def _bracketed(words: str) -> tuple[str, str]:
    """What stands in the brackets a text begins with, and what follows. Unclosed ones end at the first colon."""
    depth, pair = 0, {"[": "]", "(": ")"}[words[0]]
    for at, char in enumerate(words[: _BRACKETED + 2]):
        depth += (char == words[0]) - (char == pair)
        if depth == 0 and not (at + 1 == len(words) and _PROSE.search(words[:at])):  # closed where the line ends
            return words[1:at].strip(), words[at + 1 :]
    inside, colon, rest = words[1:].partition(":")
    if colon and len(inside) <= _BRACKETED:
        return inside.strip(), colon + rest
    return "", words[1:]


def spans(words: str) -> Spans:
    """The years in a text, a range as its first and last."""
    found = ((int(first), int(last or first)) for first, last in _YEARS.findall(words))
    return tuple((first, max(first, last)) for first, last in found)


def joined(sign: str, parts: Iterable[str | None]) -> str | None:
    """The different parts there are, with a sign between."""
    return sign.join(dict.fromkeys(part for part in parts if part)) or None


def record(death: Death, page: str) -> Record:
    """A death as a row."""
    character = one_line(death.character or "", _CHARACTER)
    values = {"actor": death.actor, "character": character, "how": one_line(death.how or "", _HOW), "page": page}
    return Record("deaths", values)
