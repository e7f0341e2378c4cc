"""Result → what becomes of the job: its next state and when it is due again. Pure; the clock and the dice are given."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from mwi_crawl.model import JobState, Outcome, Quota, Result, Settled

BACKOFF = 2.0  # seconds after the first failed attempt; doubled for each further one
BACKOFF_CAP = 300.0  # seconds
ABSENT_FIRST = 7.0  # days until something absent is asked for again; doubled each time
ABSENT_CAP = 180.0  # days
DOUBLINGS = 16  # beyond both caps; more of them would only overflow
DAY = timedelta(days=1)

_UNCOUNTED = (Outcome.REFUSED, Outcome.SPENT, Outcome.DENIED, Outcome.OFFLINE)


def settle(
    result: Result,
    *,
    now: datetime,
    max_retries: int,
    dice: float,
    version: int,
    shared: bool = False,
    quotas: tuple[Quota, ...] = (),
) -> Settled:
    """The consequence of a result. `dice` is uniform in 0–1 and spreads retries over half to all of the back-off.

    `shared` and `quotas` are as in Settled.
    """
    state, attempts, absences, ready = _consequence(result, now, max_retries, dice)
    ready_at = iso(ready) if ready else None
    return Settled(result, state, attempts, absences, ready_at, iso(now), version, shared, quotas)


def _consequence(
    result: Result, now: datetime, max_retries: int, dice: float
) -> tuple[JobState, int, int, datetime | None]:
    job, outcome = result.job, result.outcome
    if outcome is Outcome.OK:
        return JobState.DONE, 0, 0, None
    if outcome is Outcome.ABSENT:
        days = min(ABSENT_CAP, ABSENT_FIRST * 2 ** min(job.absences, DOUBLINGS))
        return JobState.ABSENT, 0, job.absences + 1, now + timedelta(days=days)
    if outcome is Outcome.BROKEN:
        return JobState.BROKEN, job.attempts + 1, job.absences, None
    if outcome in _UNCOUNTED:
        return JobState.PENDING, job.attempts, job.absences, now
    if job.attempts >= max_retries:
        return JobState.FAILED, job.attempts + 1, job.absences, None
    seconds = min(BACKOFF_CAP, BACKOFF * 2 ** min(job.attempts, DOUBLINGS)) * (0.5 + dice / 2)
    return JobState.PENDING, job.attempts + 1, job.absences, now + timedelta(seconds=seconds)


def latest(now: datetime) -> str:
    """The latest time at which a job that waits can be due. A later one was written under a wrong clock: it is due."""
    return iso(now + timedelta(seconds=BACKOFF_CAP))


def latest_absent(now: datetime) -> str:
    """The same of a job whose film was not there."""
    return iso(now + timedelta(days=ABSENT_CAP) + DAY)


def latest_heard(now: datetime) -> str:
    """The latest time at which anything can have been heard. Of what was heard later nobody knows how old it is."""
    return iso(now + DAY)


def iso(moment: datetime) -> str:
    """A time as it stands in the database: ISO-8601, UTC, milliseconds, so that text order is time order."""
    utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return utc.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
