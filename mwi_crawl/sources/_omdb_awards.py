"""How many awards and nominations OMDb's sentence about them counts.

The sentence has at most two parts. The first names the great awards, the second counts all of them, or the others:

    Won 4 Oscars. 159 wins & 220 nominations total              a total holds what was named before
    Nominated for 1 BAFTA Award7 wins & 46 nominations total    the same, glued together
    Won 4 Oscars. Another 139 wins & 192 nominations.           old: the named ones come on top
    14 wins & 29 nominations · 1 nomination · Won 1 Oscar.      one part alone

So the named ones are added only where "another" says so; otherwise they count where the second part has no such
figure. A figure that is not given is unknown, not 0: the sentence leaves out what it has nothing to say of.
"""

from __future__ import annotations

import re

from mwi_crawl.sources._values import positive

_ANOTHER = re.compile(r"\b(?:another|other)\b", re.IGNORECASE)
_NAMED = {
    "wins": re.compile(r"\bwon ([\d,]+)", re.IGNORECASE | re.ASCII),
    "nominations": re.compile(r"\bnominated for ([\d,]+)", re.IGNORECASE | re.ASCII),
}
_COUNTED = {
    "wins": re.compile(r"(?<![\d,])([\d,]++) wins?\b", re.IGNORECASE | re.ASCII),
    "nominations": re.compile(r"(?<![\d,])([\d,]++) nominations?\b", re.IGNORECASE | re.ASCII),
}


def counted(awards: str | None) -> tuple[int | None, int | None]:
    """Awards won, and nominations that were not won."""
    sentence = awards or ""
    return _figure(sentence, "wins"), _figure(sentence, "nominations")


def _figure(sentence: str, what: str) -> int | None:
    named, stated = (
        [known for each in pattern[what].findall(sentence) if (known := positive(each.replace(",", "")))]
        for pattern in (_NAMED, _COUNTED)
    )
    if _ANOTHER.search(sentence):
        return sum(named) + sum(stated) or None
    return max([sum(named), *stated]) or None
