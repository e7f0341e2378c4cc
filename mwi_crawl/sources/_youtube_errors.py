"""What an answer of the YouTube Data API means before it is parsed.

Google says why in one word, in one or both of two places, while a 403 may mean a spent quota, a haste, a rejected key
or a playlist that is private. Its sentences are not kept: they name the project the key belongs to.
"""

from __future__ import annotations

from mwi_crawl.model import Outcome, Response, Verdict
from mwi_crawl.source import judge_by_status
from mwi_crawl.sources._html import walled
from mwi_crawl.sources._values import Fields, decode, fields, rows, text

_SPENT = ("quotaexceeded", "dailylimitexceeded")  # Google's words in small letters, the first that is there counts
_HASTE = ("ratelimitexceeded", "userratelimitexceeded", "rate_limit_exceeded", "resource_exhausted")
_KEY = (
    *("keyinvalid", "api_key_invalid", "keyexpired", "api_key_expired", "dailylimitexceededunreg", "autherror"),
    *("accessnotconfigured", "service_disabled", "iprefererblocked", "api_key_service_blocked", "required"),
    *("api_key_http_referrer_blocked", "api_key_ip_address_blocked", "consumer_invalid", "consumer_suspended"),
)
_GONE = (
    *("playlistnotfound", "channelnotfound", "playlistitemsnotaccessible", "channelclosed", "channelsuspended"),
    "playlistoperationunsupported",
)
_MEANINGS = (
    (_SPENT, Outcome.SPENT, "quota_day", "today's quota of the YouTube Data API is used up"),
    (_HASTE, Outcome.REFUSED, "http_429", "the YouTube Data API asks to slow down"),
    (_KEY, Outcome.DENIED, "key_rejected", "Google refused the key, or the YouTube Data API is not enabled for it"),
    (_GONE, Outcome.ABSENT, "not_found", "YouTube does not have the channel or playlist, or does not show it"),
    (("invalidpagetoken",), Outcome.ABSENT, "page_gone", "the page is gone; the one before it leads to another"),
)
_GOOD = (200, 203)
_PER_DAY = "per day"  # where Google says so, what looks like haste is a spent quota


def judge(response: Response) -> Verdict:
    """The meaning of any answer whatever; never raises."""
    if response.status == 304:
        return judge_by_status(response)
    try:
        answer = fields(decode(response.body))
    except (ValueError, RecursionError):
        if verdict := walled(response, "the YouTube Data API"):
            return verdict
        answer = {}
    if error := fields(answer.get("error")):
        return _failed(response, error)
    if response.status == 403 or (response.status in _GOOD and not answer):
        # a refusal that is not in Google's words says nothing about the key
        return Verdict(Outcome.RETRY, "bad_payload", f"not a whole JSON answer (HTTP {response.status})")
    return judge_by_status(response)


def _failed(response: Response, error: Fields) -> Verdict:
    said = _words(error)
    for known, outcome, reason, sentence in _MEANINGS:
        if word := next((word for word in known if word in said), None):
            period = "day" if outcome is Outcome.SPENT else None
            return Verdict(outcome, reason, f"{sentence} (HTTP {response.status}, {word})", period=period)
    if response.status in _GOOD:
        return Verdict(Outcome.RETRY, "upstream_error", f"the YouTube Data API has a fault (HTTP {response.status})")
    return judge_by_status(response)


def _words(error: Fields) -> set[str]:
    """Why, in Google's words in small letters."""
    told = [text(row.get("reason")) for part in ("errors", "details") for row in rows(error.get(part))]
    words = {word.lower() for word in (*told, text(error.get("status"))) if word}
    if words & set(_HASTE) and _PER_DAY in (text(error.get("message")) or "").lower():
        words.add(_SPENT[0])
    return words
