"""Values of OMDb's answers: all are text, and unknown is the text "N/A".

Each function takes whatever was sent and returns the typed value, or None where there is none to be had.
"""

from __future__ import annotations

import html
import re

from mwi_crawl.sources._values import Fields, Json, day, number, positive, prose, text
from mwi_crawl.sources._values import year as year_of

_UNKNOWN = ("", "n/a")
_CODE = re.compile(
    r"\btypeof \w+|\bue[tx]\(|\bfunction ?\([^)]{0,100}\) ?\{|@media\b|</?(?:script|style|div|span)\b", re.I
)
_ENTITY = re.compile(r"&(?:#[0-9]{1,6}|#[xX][0-9a-fA-F]{1,5}|[a-zA-Z][a-zA-Z0-9]{1,7});")
_UP_TO_BRACKET = re.compile(r"[^()]*+[()]?+")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_RELEASED = re.compile(r"(?:(\d\d?) )?([A-Za-z]{3})[a-z]* (\d{4})", re.ASCII)
_YEARS = re.compile(r"(\d{4})(?:(\D{1,5})(\d{4})?)?", re.ASCII)  # up to five: a dash whose encoding was mistaken
_LENGTH = re.compile(r"(?:(\d+) ?h(?:\w*))? ?(?:([\d,]+) ?min(?:\w*))?", re.ASCII)
_DOLLARS = re.compile(r"\$ ?(\d[\d,]*(?:\.\d+)?) ?([KMB])?", re.ASCII)
_ADDRESS = re.compile(r"https?://[^\s/.]+\.[^\s/]\S*")
_FACTORS = {None: 1, "K": 1e3, "M": 1e6, "B": 1e9}


def told(answer: Fields, name: str) -> bool:
    """Whether the answer speaks of it at all, be it to say that nothing is known.

    The page OMDb takes its texts from sometimes leaves a piece of its own code in them; such a text says nothing.
    """
    value = answer.get(name)
    return isinstance(value, str) and not _CODE.search(value)


def said(answer: Fields, name: str) -> str | None:
    """A text of one line. Parts of it may come HTML-encoded (`&apos;`)."""
    known = text(_ENTITY.sub(_decoded, answer[name])) if told(answer, name) else None
    return None if known is None or known.lower() in _UNKNOWN else known


def said_at_length(answer: Fields, name: str) -> str | None:
    """A text that may have several lines."""
    known = prose(_ENTITY.sub(_decoded, answer[name])) if told(answer, name) else None
    return None if known is None or known.lower() in _UNKNOWN else known


def _decoded(entity: re.Match[str]) -> str:
    return html.unescape(entity[0])


def several(answer: Fields, name: str) -> list[str] | None:
    """The parts of a text that are separated by commas, each once; None where nothing is told of them."""
    if not told(answer, name):
        return None
    parts = (part.strip() for part in _parted(said(answer, name) or ""))
    return list(dict.fromkeys(part for part in parts if part.lower() not in _UNKNOWN))


def _parted(line: str) -> list[str]:
    """The text at its commas; one within brackets, which a closing one follows, parts nothing."""
    pieces = _UP_TO_BRACKET.findall(line)
    return "".join(piece if piece.endswith(")") else piece.replace(",", "\n") for piece in pieces).split("\n")


def released(value: str | None) -> str | None:
    """The day in `14 Jun 2013`, or as much of it as is valid; also the ISO days of the season lists."""
    found = _RELEASED.fullmatch(value or "")
    if found is None or found[2].lower() not in _MONTHS:
        return day(value)
    month = f"{found[3]}-{_MONTHS.index(found[2].lower()) + 1:02}"
    return day(f"{month}-{found[1]:0>2}" if found[1] else month)


def years(value: str | None, *, series: bool) -> tuple[int | None, int | None]:
    """First and last year of `2013`, `2011–` and `2007–2019`. A series with one year alone began and ended in it."""
    found = _YEARS.fullmatch(value or "")
    first = year_of(found[1]) if found else None
    if found is None or first is None:
        return None, None
    last = year_of(found[3]) if found[2] else first
    return first, last if series and last is not None and last >= first else None


def minutes(value: str | None) -> int | None:
    """The minutes in `143 min`, `1,440 min` and `2 h 23 min`."""
    found = _LENGTH.fullmatch(value or "")
    return positive(60 * int(found[1] or 0) + (count(found[2]) or 0)) if found else None


def dollars(value: str | None) -> int | None:
    """Whole US dollars in `$291,045,518` and `$292.6M`; None for other currencies."""
    found = _DOLLARS.fullmatch((value or "").upper())
    amount = number(found[1].replace(",", "")) if found else None
    return positive(round(amount * _FACTORS[found[2]])) if found and amount is not None else None


def count(value: str | None) -> int | None:
    """A number above 0 with commas between its thousands, or without."""
    return positive(value.replace(",", "")) if value else None


def address(value: str | None) -> str | None:
    """A web address."""
    return value if value and _ADDRESS.fullmatch(value) else None


def poster(value: str | None) -> str | None:
    """The address of a poster. Old answers give it without TLS, which its servers have."""
    known = address(value)
    return known and known.replace("http:", "https:", 1)


def certificate(value: str | None) -> str | None:
    """An age rating in today's spelling: `APPROVED` and `NOT RATED` of old answers are `Approved` and `Not Rated`.

    `Not Rated` and `Unrated` are kept: they say that there is none, where "N/A" says that it is not known.
    """
    words = value is not None and value.isupper() and len(value) > len("NC-17") and value.replace(" ", "").isalpha()
    return value.title() if value is not None and words else value


def share(value: Json) -> tuple[float, float] | None:
    """Value and best possible value of `7.1/10`, `57%` and `55/100`."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?) ?(?:%|/ ?(\d+))", text(value) or "", re.ASCII)
    of = number(found[1]) if found else None
    return (of, float(found[2] or 100)) if found and of is not None else None
