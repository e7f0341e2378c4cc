r"""OMDb's JSON, which it puts together by hand and sometimes gets wrong.

What is wrong, and what is made of it:

    a raw control character          stays in the text (the values are cleaned of it later)
    `inner\spiritual`                a backslash that was not escaped: it is part of the text
    `\'`                             an apostrophe
    `"Title":"Miliardi\","Year":`    a backslash that was not escaped, at the end of a text
    `string "one space" to`          quotes that were not escaped
    `\\"quoted\\"`, `\\\"quoted\\\"`  quotes that were escaped twice

Where a text ends is told by what follows it: the next member, or the end of the object. Whatever could be read in two
ways is refused, never guessed.
"""

from __future__ import annotations

import json
import re

from mwi_crawl.sources import _values
from mwi_crawl.sources._values import Fields, Json

_LARGEST = 65_536  # bytes; a whole answer has 1 to 6 KB, and longer ones are not worth repairing

# as OMDb writes it, without blanks; with them, `"yes", "no"` in a text could be a member too
_MEMBER = re.compile(
    r"""(?P<before>[{,]) "(?P<name>\w+)":
        (?: "(?P<text>.*?)" | (?P<list>\[[^\[\]]*\]) )
        (?= ,"\w+":["\[] | \}\Z )""",
    re.DOTALL | re.VERBOSE,
)
_SEVERAL_MEMBERS = re.compile(r'":"|","')  # no text has these; a text that seems to has swallowed a damaged member
_ESCAPE = re.compile(r'\\+"|\\u[0-9a-fA-F]{4}|\\.|"|\\\Z', re.DOTALL)
_ESCAPED_QUOTE = re.compile(r"\\+([\"'])")
_DOUBTFUL = ("\\b", "\\f", "\\n", "\\r", "\\t")  # escapes, or bare backslashes before a word that begins so
_MEANT = (*_DOUBTFUL, r"\\", r"\/", r"\'")


def decode(body: bytes) -> Fields:
    """The object in a body. Raises ValueError where there is none, or none that can be read with certainty."""
    try:
        answer = _read(body)
    except RecursionError:
        raise ValueError("the answer is nested too deeply") from None
    if not isinstance(answer, dict):
        raise ValueError("the answer is not an object")
    return {name: _unquoted(value) for name, value in answer.items()}


def _unquoted(value: Json) -> Json:
    """A text whose quotes were escaped twice has a backslash left before each of them."""
    return _ESCAPED_QUOTE.sub(r"\1", value) if isinstance(value, str) else value


def _read(body: bytes) -> Json:
    try:
        return _values.decode(body)
    except (ValueError, RecursionError):
        if len(body) > _LARGEST:
            raise
    text = body.decode("utf-8-sig").strip()
    try:
        return json.loads(text, strict=False)  # as it stands, but for control characters
    except ValueError:
        return _members(text)


def _members(text: str) -> Fields:
    """The members of the object, one after the other; each must begin where the one before ends."""
    found: Fields = {}
    at = 0
    while member := _MEMBER.match(text, at):
        name = member["name"]
        if name in found or (member["before"] == "{") != (at == 0):
            raise ValueError(f"the answer is not JSON: {name} has no certain place in it")
        found[name] = _text(member["text"]) if member["list"] is None else json.loads(member["list"], strict=False)
        at = member.end()
    if not found or text[at:] != "}":
        raise ValueError(f"the answer is not JSON, and cannot be repaired from character {at} on")
    return found


def _text(raw: str) -> str:
    """The text that was meant by what stands between two quotes."""
    if _SEVERAL_MEMBERS.search(raw):
        raise ValueError("the answer is not JSON: a text in it has no certain end")
    found = _ESCAPE.findall(raw)
    if any(each in _DOUBTFUL for each in found) and any(map(_is_bare, found)):
        raise ValueError("the answer is not JSON: a backslash in it may be an escape or a part of the text")
    if found and found[-1] == "\\" and any(each.endswith('"') for each in found):
        raise ValueError("the answer is not JSON: a quote in it may be the end or a part of the text")
    return str(json.loads(f'"{_ESCAPE.sub(_as_meant, raw)}"', strict=False))


def _is_bare(found: str) -> bool:
    """Whether it is a backslash that was not escaped and does not escape anything."""
    return len(found) < 3 and found[0] == "\\" and found[-1] != '"' and found not in _MEANT


def _as_meant(found: re.Match[str]) -> str:
    each = found[0]
    if each.endswith('"'):
        return '\\"'
    if each == r"\'":
        return "'"
    return "\\" + each if _is_bare(each) else each
