"""What a TMDb answer means before it is parsed.

TMDb's own `status_code` in the body decides before the HTTP status, and never its wording, which changes from year to
year. Codes: https://developer.themoviedb.org/docs/errors
"""

from __future__ import annotations

from mwi_crawl.model import Outcome, Response, Verdict
from mwi_crawl.source import judge_by_status
from mwi_crawl.sources._html import walled
from mwi_crawl.sources._values import Fields, decode, fields, text, whole

_SMALL = 4096  # bytes; every error answer is far smaller, every details answer is larger
_MESSAGE = 200  # characters of TMDb's own words that are kept

_CODES: dict[int, tuple[Outcome, str]] = {
    **dict.fromkeys((3, 7, 10, 14, 35, 45), (Outcome.DENIED, "key_rejected")),
    **dict.fromkeys((6, 21, 34, 37, 44), (Outcome.ABSENT, "not_found")),
    20: (Outcome.ABSENT, "out_of_range"),  # days it does not tell the changes of: no other question has a range
    **dict.fromkeys((9, 11, 15, 24, 43, 46), (Outcome.RETRY, "upstream_error")),
    **dict.fromkeys((5, 22, 23, 27, 47), (Outcome.BROKEN, "bad_request")),
    25: (Outcome.REFUSED, "http_429"),
}
_SENTENCES = {
    Outcome.DENIED: "TMDb refused the key",
    Outcome.ABSENT: "TMDb does not have it",
    Outcome.RETRY: "TMDb has a passing fault",
    Outcome.BROKEN: "our request was wrong",
    Outcome.REFUSED: "TMDb asks to slow down",
}


def judge(response: Response) -> Verdict:
    """The meaning of any answer whatever; never raises. A large good body is looked at, not decoded."""
    if response.status == 304:
        return judge_by_status(response)
    body = response.body.strip()
    if response.status in (200, 203) and len(body) > _SMALL:
        return judge_by_status(response) if _whole(body) else _unreadable(response, body)
    try:
        answer = fields(decode(body))
    except (ValueError, RecursionError):
        return _unreadable(response, body)
    return _by_code(response, answer) or judge_by_status(response)


def _whole(body: bytes) -> bool:
    """Whether a large body is JSON and not cut off.

    A cut is seen from the last byte, or, where it falls behind an inner bracket, from a bracket left open. Brackets in
    texts are rare enough that only a body in which they do not add up is decoded to be sure.
    """
    if (body.removeprefix(b"\xef\xbb\xbf")[:1], body[-1:]) not in ((b"{", b"}"), (b"[", b"]")):
        return False
    if body.count(b"{") <= body.count(b"}") and body.count(b"[") <= body.count(b"]"):
        return True
    try:
        decode(body)
    except (ValueError, RecursionError):
        return False
    return True


def _unreadable(response: Response, body: bytes) -> Verdict:
    """A body that is not JSON: a wall by its marks, an empty error by its status; a page says nothing about the film.

    The status of such a page is believed where it is about us: the key (401) and our pace (429).
    """
    if verdict := walled(response, "TMDb"):
        return verdict
    good = response.status in (200, 203)
    by_status = response.status in (401, 429) or (not body and not good)
    return judge_by_status(response) if by_status else _bad_payload(response)


def _bad_payload(response: Response) -> Verdict:
    return Verdict(Outcome.RETRY, "bad_payload", f"not a whole JSON answer (HTTP {response.status})")


def _by_code(response: Response, answer: Fields) -> Verdict | None:
    code = whole(answer.get("status_code"))
    if code not in _CODES:
        return None
    outcome, reason = _CODES[code]
    words = (text(answer.get("status_message")) or "no message")[:_MESSAGE]
    sentence = f"{_SENTENCES[outcome]} (HTTP {response.status}, status_code {code}: {words})"
    return Verdict(outcome, reason, sentence)
