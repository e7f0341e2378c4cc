"""An IMDb page without whoever asked for it, and without what strangers wrote on it.

A page repeats the asker's network address, coordinates, session and cookies in its data and its scripts, and shows
users' reviews. So nothing is cut out: what says something about the film is picked, and the rest is not kept.
"""

from __future__ import annotations

import html
import json
import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

from mwi_crawl.sources._html import document, linked_data, script
from mwi_crawl.sources._imdb_page import is_data
from mwi_crawl.sources._values import Fields, Json, decode, fields

_MANY = 100  # a page names the asker's own values by a dozen names at most
_DATA_KEPT = ("page", "locale")
_PAGE_KEPT = ("tconst", "aboveTheFoldData", "mainColumnData", "contentData")
_PERSONAL = re.compile(
    r"session|cookie|csrf|ip_?address|forwarded|latitude|longitude|geo|postal|zip_?code|token$|request_?id|trace"
    r"|customer|user_?id|user_?name|nick_?name|e_?mail|ubid|at-(?:main|acb)|ue_?[sim]?id|user_?country|user_?region"
    r"|request_?context|sidecar|weblab|ads$|^author$|featured_?review|^review$|user_?review|headers$",
    re.IGNORECASE,
)
_HEAD_KEPT = 'title, link[rel="canonical"], meta[property], meta[name="title"], meta[name="description"]'
_BODY_DROPPED = (
    "script, noscript, style, template, iframe, object, embed, svg, form, input, button, select, textarea, nav, header"
    ", footer, #navbar, #nb20, #nb_personal, #navboxright, #footer, #sidebar, #titleUserReviewsTeaser, .user-comments"
    ", [itemprop=review], [data-testid^=review], [data-testid*=UserReviews], img[src*='//fls-'], .showtime"
)
_TRACKING = re.compile(
    r"""(?:(?<=\?)|&amp;|&)(?:pf_rd_\w+|token|rid|session[\w-]*|csrf[\w-]*)=[^"'&\s>]*""", re.IGNORECASE
)
_SESSION = re.compile(r"\b\d{3}-\d{7}-\d{7}\b", re.ASCII)
_COMMENT = re.compile(r"<!--(?:(?!-->).)*+(?:-->|\Z)", re.DOTALL)
_NAMED = re.compile(
    r"""(?<![A-Za-z])(?:ue_s?id|session-?id|request-?id|ip-?address|x-forwarded-for|x-amz-rid|latitude|longitude|ubid-main"""
    r"""|at-main|csrf-?token)["']?\s*[:=]\s*["']([^"'<>\s]{6,100})["']""",
    re.IGNORECASE,
)
_PERSONS_OWN = re.compile(r"(?=.*\d)(?:.*[A-Za-z]|(?:.*\.){2})")  # a bare number may be a fact of the film too


def scrubbed(body: bytes) -> bytes:
    """What may be kept of a page or of its data; a second time changes nothing.

    Raises ValueError for a page that is too large or too deep to be opened. Of a page that was cut off, what follows is
    cut off too.
    """
    if is_data(body):
        data = _decoded(body)
        return b"" if data is None else _SESSION.sub("", _dumped(_data(data))).encode()
    tree = document(body)
    known = _own_values(tree)
    whole = b"</html" in body[-4096:].lower()
    kept = _page(tree) + ("</body></html>" if whole else "")
    for value in known:
        kept = kept.replace(value, "")
    return _SESSION.sub("", kept).encode("utf-8", "replace")


def _own_values(tree: LexborHTMLParser) -> list[str]:
    """The asker's own session, request and place, as the page's scripts name them: they stand elsewhere too."""
    found = (match[1] for node in tree.css("script") for match in _NAMED.finditer(node.text(strip=False) or ""))
    return sorted({value for value in found if _PERSONS_OWN.match(value)}, key=len, reverse=True)[:_MANY]


def _page(tree: LexborHTMLParser) -> str:
    root = tree.css_first("html")
    language = root.attributes.get("lang") if root is not None else None
    parts = [
        f'<!DOCTYPE html><html lang="{html.escape(language)}"><head>' if language else "<!DOCTYPE html><html><head>"
    ]
    parts.append('<meta charset="utf-8">')
    parts += [node.html or "" for node in tree.css(_HEAD_KEPT) if node.parent is not None and node.parent.tag == "head"]
    personal = _Personal()
    parts += [_script('type="application/ld+json"', _without_personal(it, personal)) for it in linked_data(tree)]
    text = script(tree, "script#__NEXT_DATA__")
    data = _decoded(text.encode()) if text is not None else None
    if data is not None:
        parts.append(_script('id="__NEXT_DATA__" type="application/json"', _data(data)))
    return "".join((*parts, "</head><body>", _markup(tree.body) if data is None else ""))


def _decoded(data: bytes) -> Fields | None:
    try:
        return fields(decode(data)) or None
    except (ValueError, RecursionError):
        return None


def _data(data: Json) -> Fields:
    """The page's data about its title."""
    page = fields(fields(fields(data).get("props")).get("pageProps"))
    kept = {name: page[name] for name in _PAGE_KEPT if name in page}
    rest = {name: value for name, value in fields(data).items() if name in _DATA_KEPT}
    return fields(_without_personal({"props": {"pageProps": kept}, **rest}, _Personal()))


class _Personal(dict[str, bool]):
    """Whether what bears a name is personal. A page has few names, each by the thousand: they are read once."""

    def __missing__(self, name: str) -> bool:
        self[name] = found = _PERSONAL.search(name) is not None
        return found


def _without_personal(value: Json, personal: _Personal) -> Json:
    if isinstance(value, dict):
        return {name: _without_personal(inner, personal) for name, inner in value.items() if not personal[name]}
    return [_without_personal(inner, personal) for inner in value] if isinstance(value, list) else value


def _script(attributes: str, value: Json) -> str:
    return f"<script {attributes}>{_dumped(value)}</script>"


def _dumped(value: Json) -> str:
    """JSON that cannot end the script it stands in."""
    return json.dumps(value, separators=(",", ":")).replace("<", "\\u003c")


def _markup(body: LexborNode | None) -> str:
    """What a page without data shows about its title."""
    if body is None:
        return ""
    for node in body.css(_BODY_DROPPED):
        node.decompose()
    inner = (body.html or "").partition(">")[2].removesuffix("</body>")
    return _TRACKING.sub("", _COMMENT.sub("", inner)).strip()
