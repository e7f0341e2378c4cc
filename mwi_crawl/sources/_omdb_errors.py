"""What an OMDb answer means before it is parsed.

The status is not the truth: a miss is a 200, and a spent quota is a 401 like a refused key. So the text of the error
decides, by a part of it in any case of letters; only an answer that has none goes by its status. Pages of the proxy
in front of OMDb (403, 503, 520 …, also a 401) say nothing about the key or the film, and pass, unless they bear a
bot wall's mark.

`Error getting data.` is what OMDb answers today for every id it does not have, and also when it cannot reach its own
data. It is taken for absent: then it costs one request of the day's thousand, and is asked again after 7 days. As a
passing fault each film that is not there would cost all its retries, in seconds, and end as failed.
"""

from __future__ import annotations

import re

from mwi_crawl.model import Outcome, Response, Verdict
from mwi_crawl.source import judge_by_status
from mwi_crawl.sources._html import walled
from mwi_crawl.sources._omdb_json import decode
from mwi_crawl.sources._values import text

_GOOD = (200, 203)
_MESSAGE = 200  # characters of OMDb's own words that are kept
_UNREADABLE_ERROR = re.compile(r'\{"Response"\s*:\s*"False".*?"Error"\s*:\s*"(.*?)"?\s*\}?\s*\Z', re.DOTALL)

_ABOUT_US = (  # whatever the status
    ("limit reached", Outcome.SPENT, "quota_day", "OMDb says that today's requests are used up"),
    ("limit exceeded", Outcome.SPENT, "quota_day", "OMDb says that today's requests are used up"),
    (
        "api key",
        Outcome.DENIED,
        "key_rejected",
        "OMDb refused the key; a new key must be activated by the link in OMDb's e-mail",
    ),
)
_ABOUT_THE_FILM = (
    ("not found", Outcome.ABSENT, "not_found", "OMDb does not have it"),
    ("incorrect imdb", Outcome.ABSENT, "incorrect_id", "OMDb takes the id for none"),
    ("conversion from string", Outcome.ABSENT, "incorrect_id", "OMDb takes the id for none"),
    ("error getting data", Outcome.ABSENT, "no_data", "OMDb does not have it, or cannot reach its data"),
    ("something went wrong", Outcome.BROKEN, "bad_request", "our request was wrong"),
    ("too many results", Outcome.BROKEN, "bad_request", "our request was wrong"),
)


def judge(response: Response) -> Verdict:
    """The meaning of any answer whatever; never raises."""
    if response.status == 304:
        return judge_by_status(response)
    try:
        answer = decode(response.body)
    except ValueError:
        return _unreadable(response)
    if (text(answer.get("Response")) or "").lower() == "false":
        return _failed(response, text(answer.get("Error")) or "no message")
    return Verdict(Outcome.OK) if answer and response.status in _GOOD else _no_answer(response)


def _unreadable(response: Response) -> Verdict:
    """A body that is not JSON and cannot be made so. Where OMDb sent it whole, it is kept: the parser refuses it."""
    body = response.body.strip().removeprefix(b"\xef\xbb\xbf")
    if error := _UNREADABLE_ERROR.match(body[:_MESSAGE].decode("utf-8", "replace")):
        return _failed(response, text(error[1]) or "no message")
    whole = body.startswith(b"{") and body.endswith(b"}") and b'"Response"' in body
    if whole and response.status in _GOOD:
        return Verdict(Outcome.OK)
    return walled(response, "OMDb") or _no_answer(response)


def _failed(response: Response, error: str) -> Verdict:
    words = error[:_MESSAGE]
    known = _ABOUT_US if response.status == 429 or response.status >= 500 else (*_ABOUT_US, *_ABOUT_THE_FILM)
    for part, outcome, reason, sentence in known:
        if part in words.lower():
            message = f'{sentence} (HTTP {response.status}: "{words}")'
            return Verdict(outcome, reason, message, period="day" if outcome is Outcome.SPENT else None)
    if response.status == 429:
        return judge_by_status(response)
    if response.status in (401, 403):
        return Verdict(Outcome.DENIED, "key_rejected", f'OMDb refused us (HTTP {response.status}: "{words}")')
    return Verdict(Outcome.RETRY, "upstream_error", f'OMDb has a fault (HTTP {response.status}: "{words}")')


def _no_answer(response: Response) -> Verdict:
    if response.status == 429 or response.status >= 500:
        return judge_by_status(response)
    return Verdict(Outcome.RETRY, "bad_payload", f"not a whole answer of OMDb (HTTP {response.status})")
