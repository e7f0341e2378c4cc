"""What becomes of a job after each outcome, and when it is due again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mwi_crawl.model import Job, JobState, Outcome, Result, Settled
from mwi_crawl.settle import ABSENT_CAP, BACKOFF, BACKOFF_CAP, iso, settle

NOW = datetime(2026, 3, 4, 17, 20, 11, tzinfo=UTC)


def settled(
    outcome: Outcome, *, attempts: int = 0, absences: int = 0, dice: float = 1.0, max_retries: int = 3
) -> Settled:
    job = Job(1, "tmdb", "movie/603", 1, attempts, absences)
    return settle(Result(job, outcome), now=NOW, max_retries=max_retries, dice=dice, version=7)


def seconds(found: Settled) -> float:
    assert found.ready_at is not None
    return (datetime.fromisoformat(found.ready_at) - NOW).total_seconds()


def test_an_answer_ends_the_job() -> None:
    found = settled(Outcome.OK, attempts=2, absences=3)
    assert (found.state, found.attempts, found.absences, found.ready_at) == (JobState.DONE, 0, 0, None)
    assert (found.at, found.parser_version) == ("2026-03-04T17:20:11.000Z", 7)


def test_a_fault_is_asked_again_later_and_later_and_then_given_up() -> None:
    waits = []
    for attempts in range(3):
        found = settled(Outcome.RETRY, attempts=attempts)
        assert (found.state, found.attempts) == (JobState.PENDING, attempts + 1)
        waits.append(seconds(found))
    assert waits == [BACKOFF, 2 * BACKOFF, 4 * BACKOFF]
    last = settled(Outcome.RETRY, attempts=3)
    assert (last.state, last.attempts, last.ready_at) == (JobState.FAILED, 4, None)
    assert settled(Outcome.RETRY, max_retries=0).state is JobState.FAILED


@given(st.integers(0, 10**6), st.floats(0, 1))
def test_no_number_of_attempts_or_absences_waits_beyond_the_cap(number: int, dice: float) -> None:
    wait = seconds(settled(Outcome.RETRY, attempts=number, dice=dice, max_retries=10**7))
    assert min(BACKOFF, BACKOFF_CAP) / 2 - 0.001 <= wait <= BACKOFF_CAP
    assert 0 < seconds(settled(Outcome.ABSENT, absences=number)) <= ABSENT_CAP * 86400


def test_retries_are_spread() -> None:
    assert seconds(settled(Outcome.RETRY, dice=0.0)) == BACKOFF / 2
    assert seconds(settled(Outcome.RETRY, dice=0.5)) == BACKOFF * 0.75


@pytest.mark.parametrize("outcome", [Outcome.REFUSED, Outcome.SPENT, Outcome.DENIED, Outcome.OFFLINE])
def test_what_is_not_the_jobs_fault_counts_no_attempt(outcome: Outcome) -> None:
    found = settled(outcome, attempts=3, absences=2)
    assert (found.state, found.attempts, found.absences) == (JobState.PENDING, 3, 2)
    assert seconds(found) == 0


def test_what_is_absent_is_asked_again_after_a_growing_time() -> None:
    days = [seconds(settled(Outcome.ABSENT, absences=number)) / 86400 for number in range(8)]
    assert days == [7, 14, 28, 56, 112, 180, 180, 180]
    found = settled(Outcome.ABSENT, attempts=2, absences=4)
    assert (found.state, found.attempts, found.absences) == (JobState.ABSENT, 0, 5)


def test_what_cannot_be_read_has_no_time_of_its_own() -> None:
    found = settled(Outcome.BROKEN, attempts=1, absences=2)
    assert (found.state, found.attempts, found.absences, found.ready_at) == (JobState.BROKEN, 2, 2, None)


def test_every_outcome_has_a_consequence() -> None:
    assert {settled(outcome).state for outcome in Outcome} == {*JobState} - {JobState.FAILED}


@given(st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=45))])), st.datetimes())
def test_the_order_of_times_is_the_order_of_their_text(one: datetime, other: datetime) -> None:
    other = other.replace(tzinfo=UTC)
    if (
        abs(one - other) >= timedelta(milliseconds=1)
        and 1000 < min(one.year, other.year) <= max(one.year, other.year) < 9999
    ):
        assert (iso(one) < iso(other)) == (one < other)
    assert len(iso(other)) == 24
    assert iso(other).endswith("Z")
