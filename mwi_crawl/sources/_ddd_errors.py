"""What an answer of DoesTheDogDie means before it is parsed, and what it tells of the quotas.

The code in the body decides before the status. A page where JSON belongs says nothing about a film or a key: the
site's protection answers 403 to some clients whatever their key, and is a wall only where it bears a wall's own mark.
"""

from __future__ import annotations

from collections.abc import Iterator

from mwi_crawl.model import Allowance, Outcome, Response, Verdict
from mwi_crawl.source import judge_by_status
from mwi_crawl.sources._html import walled
from mwi_crawl.sources._values import Json, decode, fields, text, whole

_CODES = {
    **dict.fromkeys(("missing_api_key", "invalid_api_key", "upgrade_required"), (Outcome.DENIED, "key_rejected")),
    "not_found": (Outcome.ABSENT, "not_found"),
    "rate_limit_exceeded": (Outcome.REFUSED, "http_429"),
    "monthly_limit_exceeded": (Outcome.SPENT, "quota"),
}
_SENTENCES = {
    Outcome.DENIED: "DoesTheDogDie refused the key",
    Outcome.ABSENT: "DoesTheDogDie does not have it",
    Outcome.REFUSED: "DoesTheDogDie asks to slow down",
    Outcome.SPENT: "this month's requests to DoesTheDogDie are used up",
}
_CODE_LENGTH = 40  # characters of a code that are shown


def judge(response: Response) -> Verdict:
    """The meaning of any answer whatever; never raises."""
    if response.status == 304:
        return judge_by_status(response)
    try:
        answer = decode(response.body)
    except (ValueError, RecursionError):
        return _unreadable(response)
    code = text(fields(answer).get("error"))
    if code in _CODES:
        return _verdict(*_CODES[code], response, code)
    return _by_status(response, answer, code)


def allowances(response: Response) -> Iterator[Allowance]:
    """What is left of the minute's and the month's requests, where the headers say so."""
    for period in ("minute", "month"):
        limit, left = (whole(response.headers.get(f"x-ratelimit-{part}-{period}")) for part in ("limit", "remaining"))
        if limit is not None and left is not None and 0 <= left <= limit and limit > 0:
            yield Allowance(period, limit, left)


def _verdict(outcome: Outcome, reason: str, response: Response, code: str) -> Verdict:
    sentence = f"{_SENTENCES[outcome]} (HTTP {response.status}, {code})"
    return Verdict(outcome, reason, sentence, period="month" if outcome is Outcome.SPENT else None)


def _by_status(response: Response, answer: Json, code: str | None) -> Verdict:
    """A JSON answer without a code that we know."""
    if response.status in (401, 429):
        return _refused(response)
    if response.status in (200, 203):
        if code:
            return Verdict(Outcome.RETRY, "upstream_error", f"DoesTheDogDie has a fault ({code[:_CODE_LENGTH]})")
        return judge_by_status(response) if isinstance(answer, list | dict) else _bad_payload(response)
    return judge_by_status(response)


def _unreadable(response: Response) -> Verdict:
    """A body that is not JSON: a wall by its marks, an empty error by its status, any other page is a passing fault.

    The status is believed where it is about us: the key (401) and our pace (429).
    """
    if verdict := walled(response, "DoesTheDogDie"):
        return verdict
    if response.status in (401, 429):
        return _refused(response)
    if response.body.strip() or response.status < 400 or response.status == 403:
        return _bad_payload(response)
    return judge_by_status(response)


def _refused(response: Response) -> Verdict:
    if response.status == 401:
        return _verdict(Outcome.DENIED, "key_rejected", response, "no reason given")
    if any(told.period == "month" and told.left == 0 for told in allowances(response)):
        return _verdict(Outcome.SPENT, "quota", response, "nothing left of the month")
    return judge_by_status(response)


def _bad_payload(response: Response) -> Verdict:
    return Verdict(Outcome.RETRY, "bad_payload", f"not a whole JSON answer (HTTP {response.status})")
