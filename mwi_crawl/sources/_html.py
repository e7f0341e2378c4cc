"""Pages of HTML: opened only after a look at their size and shape, and told from the walls of bot protection.

The HTML parser takes time that grows with the square of nesting and of the attributes of one tag, and cannot be
stopped, so both are counted before, in one linear pass.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode

from mwi_crawl.model import Outcome, Response, Verdict
from mwi_crawl.sources._values import Fields, Json

MAX_SIZE = 3_000_000  # bytes
MAX_DEPTH = 1_000  # elements open at once
MAX_ATTRIBUTES = 500  # of one tag

_WALL_SIZE = 100_000  # bytes; pages of a wall are smaller, and a genuine page may speak of anything
_WALL_HEADERS = (("cf-mitigated", "challenge"), ("x-amzn-waf-action", ""))  # with what their value begins
_WALL_MARKS = re.compile(
    rb"gokuprops|awswafcookiedomainlist|token\.awswaf\.com|id=\"challenge-container\"|_cf_chl_opt"
    rb"|/cdn-cgi/challenge-platform/h/[^\"'<>\s]{0,40}/orchestrate/"
    rb"|<title>just a moment\.\.\.</title>|used cloudflare to restrict access",
    re.IGNORECASE,
)

_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([a-z0-9_.:-]{1,40})", re.IGNORECASE)
_LEGACY = re.compile(r"iso-8859-\d+|windows-125\d|koi8-[ru]|shift_jis|euc-(?:jp|kr)|gbk|gb2312|big5", re.IGNORECASE)
_LATIN = ("iso-8859-1", "latin1", "us-ascii", "ascii")  # browsers read all of these as Windows-1252

# One tag, as a browser delimits it; what is never closed reaches to the end. Possessive throughout, hence linear.
_VALUE = r"(?:\"[^\"]*+(?:\"|\Z)|'[^']*+(?:'|\Z)|[^\s\"'>][^\s>]*+)"
_ATTRIBUTE = rf"[^\s/>][^\s/>=]*+(?:\s*+=\s*+{_VALUE}?+)?+"
_TAG = re.compile(
    rf"<!--(?P<comment>)|<(?P<end>/?)(?P<name>[a-zA-Z][^\s/>]*+)(?P<rest>(?:[\s/]++|{_ATTRIBUTE})*+)(?:>|\Z)"
)
_ATTRIBUTES = re.compile(_ATTRIBUTE)
_COMMENT_END = re.compile("--!?>|(?<=<!--)-?>")
_RAW = {name: re.compile(f"</{name}(?=[\\s/>])", re.IGNORECASE) for name in ("script", "style", "textarea", "title")}
_RAW |= {name: re.compile(f"</{name}(?=[\\s/>])", re.IGNORECASE) for name in ("xmp", "iframe", "noembed", "noframes")}
_EMPTY = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr")
)
_FOREIGN = ("svg", "math")
# end tags that may be left out, and elements that a block's end tag closes in passing
_LOOSE = frozenset(
    ["p", "li", "dt", "dd", "tr", "td", "th", "tbody", "thead", "tfoot", "colgroup", "caption", "option", "optgroup"]
)
_INLINE = frozenset(
    ["a", "abbr", "b", "big", "cite", "code", "em", "font", "i", "label", "nobr", "s", "small", "span", "strong", "u"]
)
_BLOCKS = ("div", "ul", "ol", "dl", "table", "img", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "center")
_BREAKS_OUT = _LOOSE | _INLINE | {*_BLOCKS, "body", "head"}  # no part of a drawing: they end it


def document(body: bytes, max_size: int = MAX_SIZE) -> LexborHTMLParser:
    """The page, parsed. Raises ValueError ("hostile_html …") for one that is too large or too deep to be opened."""
    if len(body) > max_size:
        raise ValueError(f"hostile_html: {len(body)} bytes")
    markup = decoded(body)
    survey(markup)
    return LexborHTMLParser(markup)


def decoded(body: bytes) -> str:
    """The page as text: by its byte order mark, else by the character set it declares, else as UTF-8."""
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if body.startswith(mark):
            return body[len(mark) :].decode(encoding, "replace")
    declared = _CHARSET.search(body, 0, 4096)
    name = declared[1].decode("ascii").lower() if declared else "utf-8"
    if name in _LATIN:
        name = "windows-1252"
    try:
        return body.decode(name if _LEGACY.fullmatch(name) else "utf-8", "replace")
    except LookupError:  # a number that no character set has
        return body.decode("utf-8", "replace")


def survey(markup: str) -> None:
    """Raise ValueError ("hostile_html …") if elements nest too deep, or a tag has too many attributes."""
    opened: list[str] = []
    foreign: list[int] = []  # where in `opened` drawings and formulas begin
    at = 0
    while tag := _TAG.search(markup, at):
        at = tag.end()
        if tag["comment"] is not None:
            closing = _COMMENT_END.search(markup, at)
            at = closing.end() if closing else len(markup)
            continue
        name = tag["name"].lower()
        if len(tag["rest"]) > MAX_ATTRIBUTES * 2:  # an attribute takes two characters at least
            _count(tag["rest"])
        if tag["end"]:
            _close(opened, name)
        elif name not in _EMPTY and not (foreign and tag["rest"].endswith("/") and name not in _BREAKS_OUT):
            if foreign and name in _BREAKS_OUT:
                del opened[foreign[0] :]
                foreign.clear()
            elif name in _FOREIGN and not tag["rest"].endswith("/"):
                foreign.append(len(opened))
            if name not in _LOOSE or opened[-1:] != [name]:  # the next item of a list ends the one before
                opened.append(name)
            if len(opened) > MAX_DEPTH:
                raise ValueError(f"hostile_html: more than {MAX_DEPTH} elements inside each other")
            if name in _RAW and not foreign:  # in a drawing they hold markup like everything else
                closing = _RAW[name].search(markup, at)
                at = closing.start() if closing else len(markup)
        while foreign and foreign[-1] >= len(opened):
            foreign.pop()


def _count(rest: str) -> None:
    for number, _ in enumerate(_ATTRIBUTES.finditer(rest), 1):
        if number > MAX_ATTRIBUTES:
            raise ValueError(f"hostile_html: more than {MAX_ATTRIBUTES} attributes in a tag")


def _close(opened: list[str], name: str) -> None:
    """Take out what an end tag closes; one that stands across other elements closes nothing, as in a browser."""
    passing = _INLINE if name in _INLINE else _INLINE | _LOOSE
    for back in range(1, min(len(opened), 100) + 1):
        if opened[-back] == name:
            del opened[-back:]
            return
        if opened[-back] not in passing:
            return


def wall(response: Response) -> str | None:
    """The header or mark by which an answer is known as bot protection's, whatever its status; None: it is not."""
    for header, start in _WALL_HEADERS:
        if header in response.headers and response.headers[header].strip().lower().startswith(start):
            return header
    found = _WALL_MARKS.search(response.body) if len(response.body) <= _WALL_SIZE else None
    return found[0].decode("ascii").lower() if found else None


def walled(response: Response, whose: str) -> Verdict | None:
    """What a wall in the place of an API's answer means; None: it is none.

    A status about us, the key (401) or our pace (429), is believed where only the page looks like a wall's.
    """
    mark = wall(response)
    if mark is None or (response.status in (401, 429) and mark not in response.headers):
        return None
    return Verdict(Outcome.DENIED, "blocked", f"a bot wall stands before {whose} (HTTP {response.status}, {mark})")


def script(tree: LexborHTMLParser, selector: str) -> str | None:
    """The text of the first script that fits, as it stands in the page."""
    found = tree.css_first(selector)
    return found.text(strip=False) if found is not None else None


def linked_data(tree: LexborHTMLParser) -> Iterator[Fields]:
    """The objects in the page's ld+json scripts; entities in their texts are resolved. A script in ruins is skipped."""
    for node in tree.css('script[type="application/ld+json"]'):
        yield from _objects(_loaded(node))


def _loaded(node: LexborNode) -> Json:
    text = (node.text(strip=False) or "").strip()
    text = text.removeprefix("/*").lstrip().removeprefix("<![CDATA[").lstrip().removeprefix("*/")
    text = text.rstrip().removesuffix("*/").rstrip().removesuffix("]]>").rstrip().removesuffix("/*")
    try:
        return _resolved(json.loads(text, strict=False))  # line breaks within texts occur
    except (ValueError, RecursionError):
        return None


def _objects(value: Json) -> Iterator[Fields]:
    if isinstance(value, list):
        yield from (item for item in value if isinstance(item, dict))
    elif isinstance(value, dict):
        graph = value.get("@graph")
        yield from (item for item in graph if isinstance(item, dict)) if isinstance(graph, list) else (value,)


def _resolved(value: Json) -> Json:
    if isinstance(value, str):
        return html.unescape(value)
    if isinstance(value, list):
        return [_resolved(item) for item in value]
    return {name: _resolved(item) for name, item in value.items()} if isinstance(value, dict) else value
