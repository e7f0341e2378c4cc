"""What a body must hold for anything to be read out of it, by a reading of its own: nothing of the parsers is used.

`unproved` is given a key, the body as it was parsed, and what the parser made of it, and says what has no ground: that
the body is about the film asked for, or a film, a video, a page or a person that it does not name.

    tmdb         the answer's `id`; of a list its `page`; whatever is offered is in it by its id
    omdb         `imdbID`, and `Response`
    ddd          the entry's `id`; of a look-up by id the entry's `imdbId` or `tmdbId`; a topic's name
    cinemorgue   the wiki's own host, the title of the page, the name of who dies
    imdb         the title's id, anywhere in what is kept of the page
    youtube      the channel's or playlist's id, and each video's id and title
    youtube_api  its own `kind`, the `playlistId` of a video, and each video's id
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote

import orjson

from mwi_crawl.model import Parsed

_DIGITS = re.compile(r"\d+")
_IMDB = re.compile(r"(?:.*/title/|\W*)tt0*(\d{1,9})(?:[/?#].*|\W*)", re.IGNORECASE | re.ASCII | re.DOTALL)
_IN_KEY = re.compile(r"tt0*(\d{1,9})")


def says_something(parsed: Parsed) -> bool:
    """Whether anything would be stored or asked because of it."""
    told = (
        parsed.records,
        parsed.ids,
        parsed.keys,
        parsed.listed and parsed.listed.seeds,
        parsed.changed,
        parsed.trailers,
    )
    return any(told) or bool(parsed.match and parsed.match.candidates)


def unproved(source: str, key: str, body: bytes, parsed: Parsed) -> str | None:
    """What the body has no proof of; None if all is well."""
    if not says_something(parsed):
        return None
    return next(_READERS[source](key, body, parsed), None)


def loaded(body: bytes) -> Any:
    """The data of a body as a lenient reader has it; None where there is none."""
    try:
        return json.loads(body.decode(json.detect_encoding(body), "surrogatepass"), strict=False)
    except RecursionError:
        return orjson.loads(body.removeprefix(b"\xef\xbb\xbf"))
    except ValueError:
        return None


def _whole(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    try:
        return int(float(value)) if not isinstance(value, int) else value
    except (TypeError, ValueError, OverflowError):
        return None


def _imdb(value: Any) -> str | None:
    found = _IMDB.fullmatch(value) if isinstance(value, str) else None
    return found[1] if found and int(found[1]) else None


def _in_key(key: str) -> str | None:
    found = _IN_KEY.search(key)
    return found[1] if found else None


def _ids(value: Any) -> set[int]:
    return (
        {known for row in value if isinstance(row, dict) and (known := _whole(row.get("id")))}
        if isinstance(value, list)
        else set()
    )


def _tmdb(key: str, body: bytes, parsed: Parsed) -> Iterator[str]:
    answer = loaded(body)
    if not isinstance(answer, dict):
        yield "the body is no object"
        return
    kind, _, asked = key.partition("/")
    media, *_ = asked.split("/")
    if kind in ("movie", "tv"):
        yield from _tmdb_film(asked, answer)
    elif kind == "find":
        offered = {(each, known) for each in ("movie", "tv") for known in _ids(answer.get(f"{each}_results"))}
        yield from _unknown(
            {*parsed.keys, *(f"{k[5:]}/{v}" for k, v in parsed.ids.items())}, {f"{m}/{n}" for m, n in offered}
        )
    elif kind == "search":
        assert parsed.match is not None
        named = {candidate.id for candidate in parsed.match.candidates} | {*parsed.keys}
        yield from _unknown(named, {f"{media}/{known}" for known in _ids(answer.get("results"))})
    else:
        if _whole(answer.get("page")) != int(key.rpartition("/")[2]):
            yield "the body is not the page asked for"
        named = {seed.ids["tmdb_movie"] for seed in parsed.listed.seeds.values()} if parsed.listed else set()
        named |= {each.partition("/")[2] for each in parsed.changed.keys} if parsed.changed else set()
        yield from _unknown(named, {str(known) for known in _ids(answer.get("results"))})


def _tmdb_film(asked: str, answer: Mapping[str, Any]) -> Iterator[str]:
    external = answer.get("external_ids")
    own = _imdb(answer.get("imdb_id")) or _imdb(external.get("imdb_id") if isinstance(external, dict) else None)
    if not _whole(answer.get("id")):
        yield "the body has no id"
    elif asked.startswith("tt"):
        if own not in (None, _in_key(asked)):
            yield f"the body is about tt{own}"
    elif str(_whole(answer.get("id"))) != asked:
        yield f"the body is about {answer.get('id')!r}"


def _omdb(key: str, body: bytes, parsed: Parsed) -> Iterator[str]:
    answer = loaded(body)
    if isinstance(answer, dict):
        own, true = _imdb(answer.get("imdbID")), _squashed(str(answer.get("Response"))) == "true"
    else:  # OMDb's own kind of JSON
        text = _unescaped(body)
        found = re.findall(r'"imdbID":"\s*(tt\d+)\s*"', text)
        own, true = (_imdb(found[0]) if len(found) == 1 else None), '"Response":"' in text
    if own != _in_key(key) or not true:
        yield f"the body is about {own}"


def _ddd(key: str, body: bytes, parsed: Parsed) -> Iterator[str]:
    answer = loaded(body)
    if key in ("topics", "topiccategories"):
        names = [row.get("name") for row in answer if isinstance(row, dict)] if isinstance(answer, list) else []
        said = {_squashed(str(v)) for record in parsed.records for v in record.values.values() if isinstance(v, str)}
        yield from _unknown(said, {_squashed(name) for name in names if isinstance(name, str)})
        return
    if key.startswith("item/"):
        about = answer.get("item", answer) if isinstance(answer, dict) else None
        own = _whole(about.get("id")) if isinstance(about, dict) else None
        if str(own) != key[5:].partition("#")[0]:
            yield f"the body is about entry {own}"
        return
    rows = _rows(answer.get("items") if isinstance(answer, dict) else answer)
    _, by, asked, *_ = key.partition("#")[0].split("/")
    by = {"imdb": "imdbId", "tmdb": "tmdbId", "tmdb_tv": "tmdbId"}.get(by)
    offered = parsed.match.candidates if parsed.match else ()
    for each in {*parsed.keys, *(candidate.id for candidate in offered)}:
        number = int(_DIGITS.findall(each)[0])
        named = [row for row in rows if _whole(row.get("id")) == number]
        if not named:
            yield f"the body does not name entry {number}"
        elif by and not any(_bears(row, by, asked, key) for row in named):
            yield f"entry {number} does not bear the id {asked}"


def _bears(row: Mapping[str, Any], by: str, asked: str, key: str) -> bool:
    """Whether an entry has the id it was looked up by, or the asker's other one, which stands in the fragment."""
    own = _imdb(row.get("imdbId"))
    return (own is not None and own == _in_key(key)) or (by == "tmdbId" and str(_whole(row.get(by))) == asked)


def _cinemorgue(key: str, body: bytes, parsed: Parsed) -> Iterator[str]:
    query = (loaded(body) or {}).get("query") or {}
    general = query.get("general") or {}
    if not any("cinemorgue.fandom.com" in str(general.get(name)).lower() for name in ("servername", "server", "base")):
        yield "the body does not say that it is this wiki's"
    titles = {_squashed(str(page.get("title"))) for page in query["pages"] if isinstance(page, dict)}
    asked = _squashed(key.partition("#")[0].partition("/")[2])
    moved = [*_rows(query.get("normalized")), *_rows(query.get("redirects"))]
    if asked not in titles | {_squashed(unquote(str(row.get("from")))) for row in moved} | {
        _squashed(str(row.get("from"))) for row in moved
    }:
        yield f"the body has no page {asked!r}"
    text = _squashed(" ".join(_texts(query)))
    for record in parsed.records:
        if _squashed(unquote(str(record.values["page"]).partition("/wiki/")[2])) not in titles:
            yield f"the body has no page {record.values['page']!r}"
        if _squashed(html.unescape(str(record.values["actor"]))) not in text:
            yield f"the body does not name {record.values['actor']!r}"


def _imdb_page(key: str, body: bytes, parsed: Parsed) -> Iterator[str]:
    asked = _in_key(key)
    if asked not in re.findall(r"tt0*(\d{1,9})", html.unescape(_unescaped(body))):
        yield f"the body does not name tt{asked}"


def _youtube(key: str, body: bytes, parsed: Parsed) -> Iterator[str]:
    text = html.unescape(_decoded(body))
    if key.partition("/")[2][2:] not in text:
        yield "the body does not name the channel"
    yield from _unknown({each.video_id for each in parsed.trailers if each.video_id not in text}, set())
    whole = _squashed(text)
    yield from _unknown({each.raw_title for each in parsed.trailers if _squashed(each.raw_title) not in whole}, set())


def _youtube_api(key: str, body: bytes, parsed: Parsed) -> Iterator[str]:
    answer = loaded(body)
    if not isinstance(answer, dict) or answer.get("kind") != "youtube#playlistItemListResponse":
        yield "the body is no page of a playlist"
        return
    asked = key.split("/")[1]
    snippets = [row["snippet"] for row in _rows(answer.get("items")) if isinstance(row.get("snippet"), dict)]
    named = {str(each.get("playlistId")) for each in snippets}
    if parsed.trailers and f"UU{asked[2:]}" not in named and asked not in named:
        yield f"no video of the body is said to be of {asked}"
    text = " ".join(_texts(answer))
    yield from _unknown({each.video_id for each in parsed.trailers if each.video_id not in text}, set())


def _unknown(said: set[str], there: set[str]) -> Iterator[str]:
    if said - there:
        yield f"the body does not name {min(said - there)!r}"


def _rows(value: Any) -> list[dict[str, Any]]:
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def _texts(value: Any) -> Iterator[str]:
    stack = [value]
    while stack:
        value = stack.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict | list):
            stack += value.values() if isinstance(value, dict) else value


def _decoded(body: bytes) -> str:
    for mark, encoding in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if body.startswith(mark):
            return body.decode(encoding, "replace")
    found = re.match(rb"[^>]{0,100}encoding=[\"']([\w-]+)", body)
    try:
        return body.decode(found[1].decode() if found else "utf-8", "replace")
    except LookupError:
        return body.decode("utf-8", "replace")


def _unescaped(body: bytes) -> str:
    """The text of a body of whatever kind, without the escapes of JSON."""
    return re.sub(r"\\u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), body.decode("utf-8", "replace"))


def _squashed(text: str) -> str:
    return "".join(sign for sign in text.casefold() if sign.isalnum())


_READERS: Mapping[str, Callable[[str, bytes, Parsed], Iterator[str]]] = {
    "tmdb": _tmdb,
    "omdb": _omdb,
    "ddd": _ddd,
    "cinemorgue": _cinemorgue,
    "imdb": _imdb_page,
    "youtube": _youtube,
    "youtube_api": _youtube_api,
}
