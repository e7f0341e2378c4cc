"""Which titles and ids mean the same film: ids in one spelling, and titles compared with a stated confidence.

Confidence is 0–1. What is chosen without a person must be beyond doubt, because a wrong film spoils every table made
from it while an open question costs one key press:

    1.00         the same title and the same year
    0.94         the same title one year apart (festival and general release); raised to AUTO where no other film
                 offered has that title
    0.90         the same title, and one of the two years is unknown
    0.80, 0.60   the same title two years apart; further apart (a remake, or a wrong year)
    below 0.95   any other title, however alike: the one letter that differs may be the number of a sequel
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from mwi_crawl.model import Candidate

AUTO = 0.95  # from here on a candidate may be chosen without a person
MARGIN = 0.05  # and only this far ahead of the next: two films of one title and year are a question
WORTH_DECIDING = 0.5  # below this a candidate is not worth a person's time

_NOT_EQUAL = 0.94  # the most that titles which differ can reach
_ONE_YEAR, _TWO_YEARS, _OTHER_YEAR, _NO_YEAR = 0.94, 0.80, 0.60, 0.90
_SEQUEL = 0.7  # of the similarity is left where the numbers in two titles differ
_SUBTITLE = 0.8  # of it where one title is the other with words added

_IMDB_ID = re.compile(r"(?:^|/title/)tt0*([0-9]{1,9})(?=$|[/?#])", re.ASCII | re.IGNORECASE)
_ARTICLE = re.compile(r"(?:the|an?|le|la|les|der|die|das|el|los|las|il) ")
_TRAILING_ARTICLE = re.compile(r"^(.+), (the|an?|le|la|les|der|die|das|el|los|las|il)$", re.IGNORECASE)
_OPTIONAL_MARKS = re.compile("[\u0300-\u036f\u0591-\u05c7\u064b-\u0652]")  # Latin, Greek, Cyrillic; Hebrew; Arabic
_ROMAN = re.compile(r"x{0,3}(?:ix|iv|v?i{0,3})")
_PART_WORDS = frozenset(("part", "chapter", "episode", "volume", "vol", "act"))
# letters that Unicode does not take apart, and superscripts, which stand for a number of their own ("Alien³")
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})
_SPACED = str.maketrans({"¹": " 1", "²": " 2", "³": " 3", "½": " 1 2", "&": " and "})
_JOINING = str.maketrans(dict.fromkeys("'’‘`´ʼ"))  # "Schindler's" is one word


@dataclass(frozen=True, slots=True)
class Offer:
    """A film an upstream offers for a title: its id in the upstream's words and the titles it goes by, best first."""

    id: str
    titles: Sequence[str]
    year: int | None = None


def imdb_id(text: str | None) -> str | None:
    """The IMDb title id in a text or address, in its one spelling (`tt` and at least seven digits); None if none."""
    found = _IMDB_ID.search((text or "").strip())
    return f"tt{int(found[1]):07d}" if found and int(found[1]) else None


def normalise_title(title: str) -> str:
    """A title as it is compared: case, accents, punctuation and the spelling of numbers do not count.

    No script is normalised to nothing; a title of signs only stays as it is. An article keeps its place ("Batman" and
    "The Batman" are two films), but "Matrix, The" is "the matrix".
    """
    raw = " ".join(title.casefold().split())
    raw = _TRAILING_ARTICLE.sub(r"\2 \1", raw)
    words = _words(_folded(raw))
    return " ".join(_numbered(_initials_joined(words))) or raw


def _folded(text: str) -> str:
    apart = unicodedata.normalize("NFKD", text.translate(_SPACED).translate(_JOINING))
    plain = _OPTIONAL_MARKS.sub("", apart).translate(_LETTERS)
    return unicodedata.normalize("NFC", plain).casefold()


def _words(text: str) -> list[str]:
    # marks are part of a word: without them Hindi and Thai would fall apart
    kept = (char if char.isalnum() or unicodedata.category(char)[0] == "M" else " " for char in text)
    return "".join(kept).split()


def _initials_joined(words: Iterable[str]) -> list[str]:
    """Initials are written with and without points: "s w a t" is "swat"."""
    joined: list[str] = []
    run = False
    for word in words:
        initial = len(word) == 1 and "a" <= word <= "z"
        if initial and run:
            joined[-1] += word
        else:
            joined.append(word)
        run = initial
    return joined


def _numbered(words: Sequence[str]) -> list[str]:
    return [_arabic(word, words[at - 1]) if at else word for at, word in enumerate(words)]


def _arabic(word: str, before: str) -> str:
    """The digits for a Roman number; a lone letter counts only after "part" and the like ("Malcolm X" is a name)."""
    lone = len(word) == 1 and before not in _PART_WORDS
    if lone or not _ROMAN.fullmatch(word):
        return word
    values = [{"i": 1, "v": 5, "x": 10}[letter] for letter in word]
    following = [*values[1:], 0]
    return str(sum(-value if value < after else value for value, after in zip(values, following, strict=True)))


def title_similarity(one: str, other: str) -> float:
    """How alike two titles are, 0–1; 1 only if nothing but spelling sets them apart."""
    first, second = normalise_title(one), normalise_title(other)
    if not first or not second:
        return 0.0
    if first == second:
        return 1.0
    if first.replace(" ", "") == second.replace(" ", ""):
        return 0.98
    if _ARTICLE.sub("", first, count=1) == _ARTICLE.sub("", second, count=1):
        return 0.97
    from rapidfuzz import fuzz  # here, because most processes never compare two titles

    alike = max(
        fuzz.ratio(first, second),
        fuzz.token_sort_ratio(first, second),
        fuzz.token_set_ratio(first, second) * _SUBTITLE,
    )
    return round(alike / 100 * (1.0 if _numbers(first) == _numbers(second) else _SEQUEL), 3)


def _numbers(normalised: str) -> set[str]:
    return {word for word in normalised.split() if word.isdecimal()}


def match_confidence(title: str, year: int | None, titles_offered: Iterable[str], year_offered: int | None) -> float:
    """How sure it is that a film offered under some titles is the one asked for, 0–1 (see the top of this module)."""
    alike = max((title_similarity(title, offered) for offered in titles_offered if offered), default=0.0)
    if alike < 1.0:
        alike = min(alike * alike, _NOT_EQUAL)  # squared: half alike is chance, not half a reason
    return round(alike * _years_agree(year, year_offered), 3)


def _years_agree(asked: int | None, offered: int | None) -> float:
    if asked is None or offered is None:
        return _NO_YEAR
    return {0: 1.0, 1: _ONE_YEAR, 2: _TWO_YEARS}.get(abs(asked - offered), _OTHER_YEAR)


def rank(title: str, year: int | None, offers: Iterable[Offer]) -> list[Candidate]:
    """The offers as candidates, best first; equals keep the upstream's order, and a film offered twice counts once."""
    offered = list({offer.id: offer for offer in offers if offer.titles}.values())
    candidates = [
        Candidate(offer.id, offer.titles[0], offer.year, match_confidence(title, year, offer.titles, offer.year))
        for offer in offered
    ]
    of_that_title = [
        at for at, offer in enumerate(offered) if any(title_similarity(title, name) == 1.0 for name in offer.titles)
    ]
    if len(of_that_title) == 1 and candidates[of_that_title[0]].confidence == _ONE_YEAR:
        candidates[of_that_title[0]] = replace(candidates[of_that_title[0]], confidence=AUTO)
    return sorted(candidates, key=_least_sure_last)


def choose(candidates: Iterable[Candidate]) -> Candidate | None:
    """The candidate beyond doubt: at least AUTO sure, and MARGIN ahead of every other; None if there is none."""
    ordered = sorted(candidates, key=_least_sure_last)
    if not ordered or ordered[0].confidence < AUTO:
        return None
    second = ordered[1].confidence if len(ordered) > 1 else 0.0
    return ordered[0] if round(ordered[0].confidence - second, 3) >= MARGIN else None


def _least_sure_last(candidate: Candidate) -> float:
    return -candidate.confidence
