"""What an answer means: scrubbed before anything else sees it, and never more than one job's harm."""

from __future__ import annotations

from dataclasses import replace

import pytest
from toys import Toy

from mwi_crawl import parse
from mwi_crawl.model import Fault, Job, Outcome, Request, Response, Verdict

JOB = Job(1, "toy", "tt0000001", 1)
ASKED = Request("/toy")
SECRET = b"ann@example.org"


class Private(Toy):
    """A toy whose answers name a stranger."""

    def scrub(self, response: Response) -> Response:
        if b"cannot" in response.body:
            raise ValueError("not to be scrubbed")
        return replace(response, body=response.body.replace(SECRET, b""))


@pytest.mark.parametrize("status", [200, 404, 500])
def test_an_answer_of_any_status_is_scrubbed_before_it_is_judged_or_kept(status: int) -> None:
    seen: list[bytes] = []

    class Judging(Private):
        def judge(self, response: Response) -> Verdict:
            seen.append(response.body)
            return Verdict(Outcome.BROKEN, "bad")

    result = parse.understand(Judging(), JOB, ASKED, Response(status, {}, b'{"by":"' + SECRET + b'"}'))
    assert result.response is not None
    assert seen == [result.response.body] == [b'{"by":""}']


def test_a_body_that_cannot_be_scrubbed_is_not_kept() -> None:
    result = parse.understand(Private(), JOB, ASKED, Response(200, {}, b"cannot " + SECRET))
    assert (result.outcome, result.reason) == (Outcome.BROKEN, "parser_error")
    assert result.response is not None
    assert result.response.body == b""


def test_what_a_parser_raises_keeps_the_scrubbed_body_for_a_better_one() -> None:
    result = parse.understand(Private(), JOB, ASKED, Response(200, {}, b'{"tt0000001": "' + SECRET + b'"}'))
    assert result.outcome is Outcome.BROKEN
    assert result.response is not None
    assert result.response.body == b'{"tt0000001": ""}'
    assert SECRET.decode() not in str(result)


def test_a_fault_is_what_it_says() -> None:
    result = parse.understand(Private(), JOB, ASKED, Fault("timeout", "too slow"))
    assert (result.outcome, result.reason, result.response) == (Outcome.RETRY, "timeout", None)
