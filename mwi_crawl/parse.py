"""Response → result: what an answer means, and the only place where a parser's failure becomes data."""

from __future__ import annotations

import traceback
from dataclasses import replace

from mwi_crawl.model import Fault, Job, Outcome, Parsed, Request, Response, Result, Verdict
from mwi_crawl.source import Source

DETAIL_LIMIT = 4000  # characters of a traceback that are kept


def understand(source: Source, job: Job, request: Request, reply: Response | Fault) -> Result:
    """What came of a job. Never raises: whatever a parser does is an outcome of this one job."""
    if isinstance(reply, Fault):
        return Result(job, reply.outcome, reply.kind, reply.message, request=request)
    scrubbed: Response | None = None
    try:
        scrubbed = source.scrub(reply)
        return _read(source, job, request, scrubbed)
    except Exception as error:  # noqa: BLE001 - a parser may fail in any way, and must cost only its own job
        message = f"the answer could not be read ({type(error).__name__})"
        detail = traceback.format_exc()[-DETAIL_LIMIT:]
        kept = scrubbed or replace(reply, body=b"")  # a body is kept only once persons are out of it
        return Result(job, Outcome.BROKEN, "parser_error", message, detail, reply.status, request, kept)


def judge(source: Source, job: Job, request: Request, reply: Response | Fault) -> Result:
    """What an answer's status means, without reading further: for a probe, whose answer is about no film."""
    if isinstance(reply, Fault):
        return Result(job, reply.outcome, reply.kind, reply.message, request=request)
    verdict = source.judge(reply)
    return Result(
        job, verdict.outcome, verdict.reason, verdict.message, status=reply.status, request=request, response=reply
    )


def _read(source: Source, job: Job, request: Request, reply: Response) -> Result:
    verdict = source.judge(reply)
    parsed: Parsed | None = None
    if verdict.outcome is Outcome.OK and reply.status != 304:
        parsed = source.parse(job.key, reply)
        if parsed.absent:
            verdict = Verdict(Outcome.ABSENT, parsed.absent)
    return Result(
        job,
        verdict.outcome,
        verdict.reason,
        verdict.message,
        status=reply.status,
        request=request,
        response=reply,
        parsed=parsed,
        resets_at=verdict.resets_at,
        period=verdict.period,
        allowances=tuple(source.allowances(reply)),
    )
