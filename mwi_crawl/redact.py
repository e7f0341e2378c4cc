"""What must never be shown: keys, wherever text leaves the program, and characters that act on a terminal.

Keys are found by value, in every encoding they are written in on their way through URLs, JSON and tracebacks, and by
name (`apikey=…`, `Authorization: Bearer …`), so that a key nobody told us about is hidden too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

MASK = "***"
SHORTEST = 6  # characters; a shorter value would be found all over innocent text

_NAME = r"""
    (?: (?: api | app | auth | access | private | client ) [_-]? key
      | (?: access | auth | api | refresh | bearer ) [_-]? token
      | (?: (?<! [a-z] ) | (?<= %[0-9a-f]{2} ) )  # as a word of its own: not the end of "broken"
        (?: token | session [_-]? id | pass (?: word | wd | phrase ) | (?: client [_-]? )? secret | authorization )
    )
"""
_IS_NAME = re.compile(rf".*? {_NAME}", re.VERBOSE | re.IGNORECASE | re.DOTALL)
_NAMED = re.compile(
    rf"""
    ( {_NAME}
      \\* ["']? \s{{0,3}} (?: [=:] | %3d | (?<=["']) , ) \s{{0,3}}  # apikey=  "apikey":  apikey%3D  ("apikey",
      (?: b (?=["']) )? \\* ["']?
      (?: (?: Bearer | Basic | Token ) (?: \s+ | \+ | %20 ) )?
    )
    (?: (?<=") [^"\\\n]+ | (?<=') [^'\\\n]+ | (?: (?! %26 ) [^\s&"'<>,;\\)\]}}] )+ )
    """,
    re.VERBOSE | re.IGNORECASE,
)
_BEARER = re.compile(r"(\bbearer\s+)[\w.~+/=-]{6,}", re.IGNORECASE)
# begins only where a word does: a start at every eyJ inside one long word would take the square of its length
_JWT = re.compile(r"(?:(?<![\w-])|(?<=%[0-9A-Fa-f]{2}))eyJ[\w-]{10,}\.[\w-]{10,}(?:\.[\w-]*)?")
_PASTED_ALONG = re.compile("[\\s\"'`“”‘’]+")
_BEFORE_IT = re.compile(r"^\W*bearer", re.IGNORECASE)
_IN_ADDRESS = re.compile(r"key\W{1,3}(\w+)", re.IGNORECASE)
_HINTS = ("key", "token", "session", "pass", "secret", "auth", "bearer", "eyj")  # no name without one of these

_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]"
)


def printable(text: str) -> str:
    """The text on one line, with U+FFFD for whatever would steer a terminal, fake a log line or turn its direction."""
    return _UNPRINTABLE.sub("\ufffd", text)


def names_a_key(name: str) -> bool:
    """Whether what stands under this name is a secret."""
    return _IS_NAME.fullmatch(name) is not None


def looks_like_a_key(text: str) -> bool:
    """Whether the text holds a signed token, the form of TMDb's read access token."""
    return _JWT.search(text) is not None


def encodings(secret: str) -> frozenset[str]:
    """Every way a secret is written: as it is, in URLs, in a repr, and each of these inside JSON."""
    raw = secret.encode("utf-8", "surrogatepass")
    # yarl, which writes the URLs in aiohttp's messages, leaves more characters alone than urllib does
    in_urls = {quote(raw), quote(raw, safe=""), quote_plus(raw), quote_plus(raw, safe="?/:@!$'()*,")}
    in_urls |= {re.sub("%..", lambda code: code[0].lower(), form) for form in in_urls}
    forms = {secret, *in_urls, repr(secret)[1:-1], ascii(secret)[1:-1], repr(raw)[2:-1]}
    in_json = {json.dumps(form, ensure_ascii=plain)[1:-1] for form in forms for plain in (True, False)}
    return frozenset(forms | in_json)


def meant(secret: str) -> frozenset[str]:
    """A secret as it was given, and the key itself where it came with quotes, a word before it, or in an address."""
    bare = _PASTED_ALONG.sub("", secret)
    return frozenset((secret, bare, _BEFORE_IT.sub("", bare, count=1), *_IN_ADDRESS.findall(bare)))


class Redactor:
    """Replaces secrets in text by `***`. `secrets` are the values known; those under 6 characters are left to names."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = {each for secret in secrets for each in meant(secret) if len(each) >= SHORTEST}
        forms = {form for secret in known for form in encodings(secret)}
        self._forms = tuple(sorted(forms, key=lambda form: (-len(form), form)))

    def __repr__(self) -> str:
        return f"Redactor({len(self._forms)} forms)"

    def text(self, text: str) -> str:
        """The text without secrets; a text that has none is returned as it is."""
        while (cleaned := self._once(text)) != text:  # a mask may join what stood around it to a secret again
            text = cleaned
        return text

    def field(self, name: str, value: str) -> str:
        """A value that stands under a name of its own: hidden as a whole where the name is that of a secret."""
        return MASK if names_a_key(name) else self.text(value)

    def _once(self, text: str) -> str:
        for form in self._forms:
            text = text.replace(form, MASK)
        lower = text.lower()
        if not any(hint in lower for hint in _HINTS):
            return text
        text = _NAMED.sub(rf"\g<1>{MASK}", text)
        text = _BEARER.sub(rf"\g<1>{MASK}", text)
        return _JWT.sub(MASK, text)
