"""What a MediaWiki answer means before it is parsed, and the pages in it.

One answer is about a whole batch of titles, so what is wrong with it as a whole (not JSON, an error, another wiki's,
not all there) is said here and once; only what concerns one title is left to the parser. And it is decoded once,
however many keys are then read out of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import unquote, urlsplit

from mwi_crawl.model import Outcome, Response, Verdict
from mwi_crawl.source import judge_by_status
from mwi_crawl.sources._values import Fields, Json, decode, fields, rows, text, whole

HOST = "cinemorgue.fandom.com"
"""What the wiki calls itself. Its name for people is its editors' to change, and look-alikes have nearly that name."""

_HOPS = 8  # redirects of one title
_MESSAGE = 200  # characters of the upstream's own words that are kept
_LOOKED_AT = 65536  # bytes of a page that may be a wall's

_WALLS: tuple[bytes, ...] = (b"_cf_chl_opt", b"<title>just a moment...</title>", b"used cloudflare to restrict access")
_WALLS += (b"gokuprops", b"awswafcookiedomainlist", b"token.awswaf.com", b'id="challenge-container"')
_ORCHESTRATED = (b"/cdn-cgi/challenge-platform/h/", b"/orchestrate/")  # one without the other is on good pages too

_REFUSED = ("ratelimited", "toomanyrequests", "too-many-requests", "actionthrottledtext")
# the beginnings of codes
_DENIED = ("readapidenied", "permissiondenied", "blocked", "autoblocked", "apidisabled", "mustbeloggedin", "badaccess")
_WRONG = ("bad", "toomanyvalues", "unknown_", "missingparam", "invalid", "multival", "unrecognized")


@dataclass(frozen=True, slots=True)
class Page:
    """One page of an answer: `wikitext` is None where there is none, and `absent` then says why, if that is known."""

    title: str
    wikitext: str | None = None
    absent: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, decoded: its pages by their titles, and under which of them each title asked for is to be found."""

    pages: Mapping[str, Page] = field(default_factory=dict)
    renamed: Mapping[str, str] = field(default_factory=dict)
    redirects: Mapping[str, tuple[str, bool]] = field(default_factory=dict)  # to which page, and whether to a section
    elsewhere: frozenset[str] = frozenset()  # titles that mean another wiki

    def page(self, title: str) -> Page:
        """The page a title means. Raises ValueError if the answer says nothing of this title."""
        title = self.renamed.get(title, title)
        if title in self.elsewhere:
            return Page(title, absent="not_found")
        for _ in range(_HOPS):
            if title not in self.redirects:
                break
            title, of_section = self.redirects[title]
            if of_section:
                return Page(title, absent="section")
        if title not in self.pages:
            raise ValueError(f"the answer says nothing of {title!r}")
        return self.pages[title]


def judge(response: Response) -> Verdict:
    """The meaning of any answer whatever; never raises."""
    if response.status in (304, 429):
        return judge_by_status(response)
    sent = decoded(response.body)
    if not isinstance(sent, dict):
        return _unreadable(response)
    if error := _error(sent):
        return _by_code(response, *error)
    if response.status not in (200, 203):
        return _by_status(response)
    return _of_a_query(response, sent)


def _of_a_query(response: Response, sent: Fields) -> Verdict:
    query = fields(sent.get("query"))
    host = _host(fields(query.get("general")))
    if host is None or not isinstance(query.get("pages"), list):
        return Verdict(Outcome.RETRY, "bad_payload", "the answer does not say which wiki it is, or has no pages")
    if host != HOST:
        return Verdict(Outcome.DENIED, "blocked", f"the answer is another wiki's ({host[:_MESSAGE]})")
    if "continue" in sent and any(_is_undelivered(page) for page in rows(query["pages"])):
        return Verdict(Outcome.RETRY, "incomplete", "the wiki did not send all pages asked for")
    return judge_by_status(response)


def _host(general: Fields) -> str | None:
    """The host the answer says it is from."""
    if name := text(general.get("servername")):
        return name.casefold()
    for address in (text(general.get("server")), text(general.get("base"))):
        try:
            if address and (host := urlsplit(address).hostname):
                return host
        except ValueError:
            continue
    return None


def _is_undelivered(page: Fields) -> bool:
    return not page.get("revisions") and not any(name in page for name in ("missing", "invalid", "special"))


def _unreadable(response: Response) -> Verdict:
    """An answer that is not a JSON object: a wall, an error page, or half of an answer."""
    if _is_wall(response):
        return Verdict(Outcome.DENIED, "blocked", f"a bot wall answered (HTTP {response.status})")
    if response.status in (200, 203):
        return Verdict(Outcome.RETRY, "bad_payload", f"not a whole JSON answer (HTTP {response.status})")
    return _by_status(response)


def _by_status(response: Response) -> Verdict:
    verdict = judge_by_status(response)
    if response.status == 403:
        return Verdict(Outcome.DENIED, "blocked", "the wiki refused (HTTP 403)")
    if verdict.outcome is Outcome.ABSENT:
        # the API itself is not there; that says nothing of any film
        return Verdict(Outcome.RETRY, verdict.reason, f"the API was not found (HTTP {response.status})")
    return verdict


def _is_wall(response: Response) -> bool:
    if "cf-mitigated" in response.headers or "x-amzn-waf-action" in response.headers:
        return True
    page = response.body[:_LOOKED_AT].lower()
    return any(marker in page for marker in _WALLS) or all(marker in page for marker in _ORCHESTRATED)


def _error(sent: Fields) -> tuple[str, str] | None:
    """Code and words of an error, in either of the forms MediaWiki has for it."""
    for error in (fields(sent.get("error")), *rows(sent.get("errors"))):
        if code := text(error.get("code")):
            return code, (text(error.get("info")) or text(error.get("text")) or "no message")[:_MESSAGE]
    return None


def _by_code(response: Response, code: str, words: str) -> Verdict:
    code = code.casefold()[:_MESSAGE]
    sentence = f"(HTTP {response.status}, {code}: {words})"
    if code in _REFUSED:
        return Verdict(Outcome.REFUSED, "http_429", f"the wiki asks to slow down {sentence}")
    if code.startswith(_DENIED) or response.status == 403:
        return Verdict(Outcome.DENIED, "blocked", f"the wiki refused {sentence}")
    if code.startswith(_WRONG):
        return Verdict(Outcome.BROKEN, "bad_request", f"our request was wrong {sentence}")
    # maxlag, readonly, internal_api_error_… and whatever else is not about us
    return Verdict(Outcome.RETRY, "upstream_error", f"the wiki has a passing fault {sentence}")


@lru_cache(maxsize=2)
def decoded(body: bytes) -> Json:
    """The JSON value in a body, shared by all who ask: not to be changed. None if it holds none."""
    try:
        return decode(body)
    except (ValueError, RecursionError):
        return None


@lru_cache(maxsize=2)
def answer(body: bytes) -> Answer:
    """The pages in a body. Raises ValueError if it is not an answer of this wiki."""
    sent = decoded(body)
    query = fields(fields(sent).get("query"))
    if _host(fields(query.get("general"))) != HOST or not isinstance(query.get("pages"), list):
        raise ValueError("not an answer of this wiki")
    return Answer(
        pages={page.title: page for page in _pages(rows(query["pages"]))},
        renamed=dict(_renamed(rows(query.get("normalized")))),
        redirects=dict(_redirects(rows(query.get("redirects")))),
        elsewhere=frozenset(title for row in rows(query.get("interwiki")) if (title := text(row.get("title")))),
    )


def _renamed(changes: Sequence[Fields]) -> Iterator[tuple[str, str]]:
    for change in changes:
        old, new = change.get("from"), text(change.get("to"))
        if isinstance(old, str) and new:
            yield (unquote(old) if change.get("fromencoded") is True else old), new


def _redirects(found: Sequence[Fields]) -> Iterator[tuple[str, tuple[str, bool]]]:
    for redirect in found:
        old, new = text(redirect.get("from")), text(redirect.get("to"))
        if old and new:
            yield old, (new, bool(redirect.get("tofragment")))


def _pages(found: Sequence[Fields]) -> Iterator[Page]:
    for page in found:
        title = text(page.get("title"))
        if title is None:
            continue
        if _said(page, "invalid"):
            yield Page(title, absent="invalid_title")
        elif whole(page.get("ns")) != 0:
            yield Page(title, absent="not_an_article")
        elif _said(page, "missing"):
            yield Page(title, absent="not_found")
        else:
            yield Page(title, _content(page))


def _said(page: Fields, name: str) -> bool:
    """Whether a flag is up: true today, an empty text in the older format."""
    return page.get(name) is True or page.get(name) == ""


def _content(page: Fields) -> str | None:
    """The newest revision's wikitext, in the form with slots or the older one without."""
    revision = next(iter(rows(page.get("revisions"))), {})
    slot = fields(fields(revision.get("slots")).get("main")) or revision
    model = slot.get("contentmodel", "wikitext")
    content = slot.get("content")
    return content if isinstance(content, str) and model == "wikitext" else None
