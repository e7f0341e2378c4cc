"""Ways to spoil an answer: the same for the same dice, and able to hit whatever a parser looks at.

Each takes a body, the dice and another body of the same source, and gives back bytes. Data is changed in place, also
where it lies inside a page; what is no data is changed as text or as bytes.
"""

from __future__ import annotations

import copy
import html
import json
import re
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import orjson

Mutation = Callable[[bytes, Random, bytes], bytes]

LONGEST = 10_000_000  # bytes of a field; seldom, for it takes its time
_HERE = "\ue000 here \ue000"  # stands where bytes are put that no encoder would write
_SCRIPT = re.compile(rb"<script[^>]{0,200}json[^>]{0,200}>(.*?)</script>", re.DOTALL)
_NAME = re.compile(rb'"([A-Za-z_]\w{0,40})"\s*:')
_TEXTS = re.compile(r"""(<\w[\w:-]*|[\w:-]+(?==["']))(?:[^<>]*>|=["'])([^<>"']+)(?=[<"'])""")
_SIGNS = (
    *("[[", "]]", "{{", "}}", "''", "'''''", "\n*", "\n==", "(", ")", "[", "]", "{", "}", "|", ":", ",", ";", "%"),
    *("#", "/"),
    *("<b", "<!--", "-->", "<nowiki>", "\\", '"', "'", "..", "//", "&amp;", "&#0;", "&#xD800;", "\x00", "\x1b[2J"),
    "\u202e",
    *("\u2067", "\u200b", "\ufeff", "\U000e0001", "\n", "\r\n", "\t", "=1+1", "@", "-1", "N/A", "tt0133093", "🎬"),
    *("א", "ا"),
    *("http://127.0.0.1/", "javascript:", "' or 1=1 --", "é", "ß", "İ", "1999", "(2001)", "10/10"),
)
_JUNK: tuple[Any, ...] = (
    *(None, "", 0, -1, 1, True, False, [], {}, " ", 1e300, -1e300, 0.1, 2**31, 2**53 + 1, 2**63 - 1, 2**63, 2**70),
    *([None], [[]], [{}], {"": None}, {"id": {}}, [1, "1", None, {}], "\x00", "NaN", "Infinity", "0x1F", "1e5", "٣"),
    "１",
    *("2024-13-41", "0000-00-00", "99999-01-01", "2024-02-30", "32 Jan 2013", "tt", "nm0000001", "tt0000000", "-0"),
    "12,5",
    *("$1,000,000", "1h 30min", "100%", "10/10", "1e999/10", "../..", "%00", "a#b", "\u202eevil", "a" * 5000),
    "9" * 400,
)
_NUMBERS = (
    b"9" * 400,
    b"1e999",
    b"-1e999",
    b"-0",
    b"0.1e-400",
    b"NaN",
    b"Infinity",
    b"00",
    b"1_0",
    b"0x10",
    b"1" * 5000,
)
_ENCODINGS = ("utf-16", "utf-16-le", "utf-32", "cp1252", "latin-1", "utf-7", "shift_jis", "koi8-r", "utf-8-sig")
_MARKUP = (
    *(b"<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'>]>", b"<![CDATA[", b"]]>", b"&b;"),
    b"&a;",
    *(b"<!ENTITY % x SYSTEM 'file:///etc/passwd'>", b"<?xml version='1.0' encoding='utf-16'?>", b"<script>"),
    b"</script>",
    *(b"<svg>", b"<template>", b"<html>", b"</html>", b"<title>", b"<plaintext>", b"<!--", b"</feed>", b"<entry>"),
    b"<base href=//x>",
)


def cut(body: bytes, dice: Random, other: bytes) -> bytes:
    """Cut off, at its end or at its beginning."""
    at = dice.randrange(len(body) + 1)
    return body[:at] if dice.random() < 0.8 else body[at:]


def flip(body: bytes, dice: Random, other: bytes) -> bytes:
    """A few bytes changed, lost or put in."""
    changed = bytearray(body)
    for _ in range(dice.randint(1, 6)):
        at = dice.randrange(len(changed) + 1)
        changed[at : at + dice.randint(0, 2)] = dice.choice(
            (b"", b'"', b"\\", b",", b"}", b"<", bytes([dice.randrange(256)]))
        )
    return bytes(changed)


def splice(body: bytes, dice: Random, other: bytes) -> bytes:
    """The beginning of one and the end of another, cut anywhere or between two parts."""
    sign = dice.choice((b"", b"", b',"', b"{", b"<", b"\n"))
    at, to = (_place(each, sign, dice) for each in (body, other))
    return body[:at] + other[to:]


def value(body: bytes, dice: Random, other: bytes) -> bytes:
    """One to three values gone, of another type, or junk."""
    return _changed(body, dice, lambda old: dice.choice((_another_type(old, dice), _junk(dice), _GONE)))


def graft(body: bytes, dice: Random, other: bytes) -> bytes:
    """Values of another answer in the place of its own."""
    span = _data(other)
    try:
        theirs = orjson.loads(other[span[0] : span[1]]) if span else None
    except ValueError:
        theirs = None
    if not isinstance(theirs, dict | list):
        return splice(body, dice, other)
    return _changed(body, dice, lambda old: _alike(theirs, old, dice))


def signs(body: bytes, dice: Random, other: bytes) -> bytes:
    """Signs that mean something put into texts; into any place of what is no data."""
    if _data(body) is None or dice.random() < 0.2:
        text = body.decode("utf-8", "surrogateescape")
        return _sprinkled(text, dice).encode("utf-8", "surrogateescape")
    return _changed(body, dice, lambda old: _sprinkled(old, dice) if isinstance(old, str) else dice.choice(_SIGNS))


def twice(body: bytes, dice: Random, other: bytes) -> bytes:
    """A name twice in an object, the second time with junk."""
    names, ends = _NAME.findall(body), [found.start() for found in re.finditer(rb"\}", body)]
    if not names or not ends:
        return flip(body, dice, other)
    at = dice.choice(ends[-3:] if dice.random() < 0.5 else ends)
    junk = json.dumps(_junk(dice)).encode("utf-8", "surrogatepass")
    return body[:at] + b',"' + dice.choice(names) + b'":' + junk + body[at:]


def nest(body: bytes, dice: Random, other: bytes) -> bytes:
    """Something nested far too deep."""
    depth = dice.choice((20, 400, 1100, 3000, 30_000))
    if _data(body) is not None:
        opening, closing = dice.choice(((b"[", b"]"), (b'{"a":', b"}")))
        return _with(body, dice, opening * depth + b"1" + closing * dice.choice((depth, depth, 0)))
    at, tag = _place(body, b"<", dice), dice.choice((b"div", b"b", b"ul><li", b"table", b"svg", b"entry", b"a:b"))
    return body[:at] + (b"<" + tag + b">") * depth + body[at:]


def giant(body: bytes, dice: Random, other: bytes) -> bytes:
    """A number or a text far too large."""
    length = LONGEST if dice.random() < 0.002 else dice.choice((600, 70_000, 300_000))
    long = dice.choice((b"a", b"( ", b"9", b"\xd7\x90", b" ", b"[[", b"'", b"&lt;", b"\\u0000", b", "))
    long = (long * (length // len(long))).replace(b'"', b"")
    if _data(body) is not None:
        return _with(body, dice, dice.choice(_NUMBERS) if dice.random() < 0.5 else b'"' + long + b'"')
    at = _place(body, dice.choice((b">", b'"', b"")), dice)
    return body[: at + 1] + long + body[at + 1 :]


def encoding(body: bytes, dice: Random, other: bytes) -> bytes:
    """In another encoding, or in a broken one."""
    way = dice.randrange(4)
    if way == 0:
        return body.decode("utf-8", "replace").encode(dice.choice(_ENCODINGS), "replace")
    if way == 1:
        return dice.choice((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\x00", b"\x1f\x8b\x08")) + body
    if way == 2:
        at = dice.randrange(len(body) + 1)
        return (
            body[:at]
            + dice.choice((b"\xc0\x80", b"\xed\xa0\x80", b"\xff", b"\x00" * 50, b"\xe2\x82", rb"\ud800"))
            + body[at:]
        )
    return re.sub(rb"[a-z]", lambda found: b"\\u%04x" % found[0][0] if dice.random() < 0.02 else found[0], body)


def markup(body: bytes, dice: Random, other: bytes) -> bytes:
    """Tags moved, doubled, lost, or such as have no place there."""
    if body.count(b"<") < 4:
        return signs(body, dice, other)
    first, last = sorted((_place(body, b"<", dice), _place(body, b"<", dice)))
    last = min(last, first + 20_000)
    part, way = body[first:last], dice.randrange(4)
    if way == 0:
        return body[:first] + body[last:]
    if way == 1:
        return body[:last] + part + body[last:]
    if way == 2:
        to = _place(body, b"<", dice)
        return body[:to] + dice.choice(_MARKUP) + body[to:]
    tags = [found.span() for found in re.finditer(rb"<[^<>]{1,200}>", part)] or [(0, 0)]
    start, end = dice.choice(tags)
    return body[: first + start] + body[first + end :]


MUTATIONS: tuple[Mutation, ...] = (
    *(cut, flip, splice, graft, value, value, value, signs, signs, twice, nest, giant, encoding, markup),
)


def unnamed(body: bytes, dice: Random, anchor: bytes) -> bytes:
    """Without what says which film it is about: another's in its place, or nothing."""
    changed = bytearray(anchor)
    if changed:
        at = dice.randrange(len(changed))
        changed[at : at + 1] = dice.choice((b"7", b"8", b"x", b"", b"\\u0030", b" "))
    new = dice.choice((bytes(changed), b"", b"null", b"0", anchor[::-1]))
    return body.replace(anchor, new) if anchor else body


def stretched(body: bytes, unit: str, length: int) -> Iterator[tuple[str, bytes]]:
    """The body with one text after the other grown to a length in characters, in its middle; and the text's name."""
    more = unit * (length // len(unit))
    span = _data(body)
    if span is None:
        text = body.decode("utf-8", "replace")
        places = {found[1]: found for found in _TEXTS.finditer(text)}
        for name, found in places.items():
            middle = (found.start(2) + found.end(2) + 1) // 2
            yield name, (text[:middle] + html.escape(more) + text[middle:]).encode()
        return
    try:
        answer = json.loads(body[span[0] : span[1]], strict=False)
    except ValueError:  # what a source mends has another fixture that need not be mended
        return
    for name, (holder, step) in _named(answer).items():
        old = holder[step]
        holder[step] = old[: len(old) // 2] + more + old[len(old) // 2 :]
        yield (
            name,
            body[: span[0]]
            + json.dumps(answer, separators=(",", ":")).replace("<", "\\u003c").encode()
            + body[span[1] :],
        )
        holder[step] = old


_GONE = object()


def _named(answer: Any) -> dict[str, tuple[Any, Any]]:
    """The places of the longest text under each name."""
    found: dict[str, tuple[Any, Any]] = {}
    waiting = [("", answer)]
    while waiting:
        name, holder = waiting.pop()
        for step, inner in holder.items() if isinstance(holder, dict) else enumerate(holder):
            called = step if isinstance(step, str) else name
            if isinstance(inner, dict | list):
                waiting.append((called, inner))
            elif isinstance(inner, str) and (
                called not in found or len(inner) > len(found[called][0][found[called][1]])
            ):
                found[called] = holder, step
    return found


def _data(body: bytes) -> tuple[int, int] | None:
    """Where the data of a body lies: all of it, or that of a script in a page."""
    if body[:64].lstrip()[:1] in (b"{", b"["):
        return 0, len(body)
    scripts = [found.span(1) for found in _SCRIPT.finditer(body)]
    return max(scripts, key=lambda span: span[1] - span[0]) if scripts else None


def _changed(body: bytes, dice: Random, change: Callable[[Any], Any]) -> bytes:
    """The body with one to three of its values changed; with some bytes changed where it holds none."""
    span = _data(body)
    try:
        answer = orjson.loads(body[span[0] : span[1]]) if span else None
    except ValueError:
        span = None
    if span is None or not isinstance(answer, dict | list):
        return flip(body, dice, b"")
    for _ in range(dice.randint(1, 3)):
        holder, step = _anywhere(answer, dice)
        if holder is None:
            break
        new = change(holder[step])
        if new is _GONE:
            del holder[step]
        else:
            holder[step] = new
    return body[: span[0]] + _written(answer, span, body, dice) + body[span[1] :]


def _written(answer: Any, span: tuple[int, int], body: bytes, dice: Random) -> bytes:
    blanks = None if dice.random() < 0.3 else (",", ":")
    sent = json.dumps(answer, ensure_ascii=dice.random() < 0.5, separators=blanks).encode("utf-8", "surrogatepass")
    return sent.replace(b"<", b"\\u003c") if span != (0, len(body)) else sent


def _with(body: bytes, dice: Random, raw: bytes) -> bytes:
    """The body with these bytes in the place of a value."""
    changed = _changed(body, dice, lambda old: _HERE)
    here = json.dumps(_HERE).encode()
    return changed.replace(here, raw).replace(json.dumps(_HERE, ensure_ascii=False).encode(), raw)


def _alike(theirs: Any, old: Any, dice: Random) -> Any:
    """One of their values, one of the same type if that can be had."""
    found = None
    for _ in range(8):
        holder, step = _anywhere(theirs, dice)
        found = holder[step] if holder is not None else None
        if type(found) is type(old):
            break
    return copy.deepcopy(found)


def _anywhere(answer: Any, dice: Random) -> tuple[Any, Any]:
    """A holder and a place in it, as likely high up as deep down; None where there is nothing in it."""
    holder, step = None, None
    while isinstance(answer, dict | list) and answer and (holder is None or dice.random() < 0.8):
        holder = answer
        step = dice.choice([*answer]) if isinstance(answer, dict) else dice.randrange(len(answer))
        answer = holder[step]
    return holder, step


def _junk(dice: Random) -> Any:
    return copy.deepcopy(dice.choice(_JUNK))  # what is put in may be changed in its turn


def _another_type(old: Any, dice: Random) -> Any:
    if isinstance(old, str):
        return dice.choice(
            ([old], {"value": old}, len(old), True, old * 3, old[:3], old.swapcase(), f" {old}\n", old + "\x00")
        )
    if isinstance(old, int | float):
        return dice.choice((str(old), f"{old}.0", [old], -old, old * 10**18, float(old), {"$": old}, not old))
    return dice.choice(([old], str(old), 1, {"0": old}, [old, old], list(old) if isinstance(old, dict) else {}))


def _sprinkled(text: str, dice: Random) -> str:
    for _ in range(dice.randint(1, 8)):
        at = dice.randrange(len(text) + 1)
        text = text[:at] + dice.choice(_SIGNS) + text[at + dice.randint(0, 2) :]
    return text


def _place(body: bytes, sign: bytes, dice: Random) -> int:
    """Anywhere; where a sign is given, at one of those that follow."""
    at = dice.randrange(len(body) + 1)
    found = body.find(sign, at)
    return found if found >= 0 else at
