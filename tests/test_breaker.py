"""When a lane pauses or ends: rows of outcomes, and what must follow from each."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mwi_crawl.breaker import (
    BROKEN_LIMIT,
    FAULT_PAUSES,
    FAULTS_PER_PAUSE,
    FIRST_CONTACT_TRIES,
    KEY_LIMIT,
    LATER,
    OFFLINE_PAUSES,
    REFUSAL_LIMIT,
    Breaker,
    Close,
    Pause,
)
from mwi_crawl.model import Outcome

OK, ABSENT, RETRY, REFUSED = Outcome.OK, Outcome.ABSENT, Outcome.RETRY, Outcome.REFUSED
BROKEN, OFFLINE, DENIED, SPENT = Outcome.BROKEN, Outcome.OFFLINE, Outcome.DENIED, Outcome.SPENT


def run(breaker: Breaker, outcomes: Iterable[Outcome], reason: str | None = None) -> list[Pause | Close | None]:
    return [breaker.note(outcome, reason) for outcome in outcomes]


def actions(breaker: Breaker, outcomes: Iterable[Outcome], reason: str | None = None) -> list[Pause | Close]:
    return [action for action in run(breaker, outcomes, reason) if action is not None]


@pytest.mark.parametrize(
    ("outcome", "reason", "limit", "close"),
    [
        (BROKEN, None, BROKEN_LIMIT, Close("layout_changed")),
        (REFUSED, "http_429", REFUSAL_LIMIT, Close("rate_limited", LATER)),
        (DENIED, "key_rejected", KEY_LIMIT, Close("key_rejected")),
        (DENIED, "bot_wall", 1, Close("blocked")),
        (DENIED, None, 1, Close("blocked")),
        (SPENT, "quota", 1, Close("quota", LATER)),
    ],
)
def test_a_lane_ends_at_the_limit_of_a_row_and_not_before(
    outcome: Outcome, reason: str | None, limit: int, close: Close
) -> None:
    assert run(Breaker(600), [outcome] * limit, reason) == [None] * (limit - 1) + [close]


@pytest.mark.parametrize("good", [OK, ABSENT])
@pytest.mark.parametrize(("outcome", "limit"), [(BROKEN, BROKEN_LIMIT), (REFUSED, REFUSAL_LIMIT)])
def test_a_good_answer_ends_a_row(good: Outcome, outcome: Outcome, limit: int) -> None:
    breaker = Breaker(600)
    assert actions(breaker, ([outcome] * (limit - 1) + [good]) * 3) == []
    assert len(actions(breaker, [outcome] * limit)) == 1


def test_a_row_is_of_one_kind() -> None:
    assert actions(Breaker(600), [REFUSED, BROKEN] * 30) == []
    assert actions(Breaker(600), ([RETRY] * (FAULTS_PER_PAUSE - 1) + [BROKEN]) * 5) == []


def test_faults_in_a_row_lead_to_longer_pauses_and_then_to_later() -> None:
    row = actions(Breaker(600), [RETRY] * FAULTS_PER_PAUSE * (len(FAULT_PAUSES) + 1))
    assert row == [*(Pause(seconds, "upstream_down") for seconds in FAULT_PAUSES), Close("upstream_down", LATER)]
    assert list(FAULT_PAUSES) == sorted(FAULT_PAUSES)


@pytest.mark.parametrize("good", [OK, ABSENT])
def test_after_a_good_answer_the_pauses_begin_small_again(good: Outcome) -> None:
    breaker = Breaker(600)
    actions(breaker, [RETRY] * FAULTS_PER_PAUSE * 3 + [good])
    assert actions(breaker, [RETRY] * FAULTS_PER_PAUSE) == [Pause(FAULT_PAUSES[0], "upstream_down")]


def test_a_source_that_never_answered_is_left_after_a_few_tries() -> None:
    row = actions(Breaker(600), [OFFLINE] * FIRST_CONTACT_TRIES)
    assert row[:-1] == [Pause(seconds, "offline") for seconds in OFFLINE_PAUSES[: FIRST_CONTACT_TRIES - 1]]
    assert row[-1] == Close("offline", LATER)


@pytest.mark.parametrize("net_wait", [0.0, 10.0, 600.0])
def test_a_lost_network_is_waited_for_as_long_as_configured(net_wait: float) -> None:
    breaker = Breaker(net_wait)
    row = actions(breaker, [OK] + [OFFLINE] * 100)
    first_close = next(place for place, action in enumerate(row) if isinstance(action, Close))
    waited = [action.seconds for action in row[:first_close]]
    assert sum(waited[:-1], 0.0) < net_wait or not waited
    assert sum(waited) >= net_wait
    assert max(waited, default=0) <= OFFLINE_PAUSES[-1]


def test_a_network_that_returns_is_waited_for_anew() -> None:
    breaker = Breaker(sum(OFFLINE_PAUSES[:3]))
    assert actions(breaker, [OK, OFFLINE, OFFLINE, OFFLINE, OK, OFFLINE]) == [
        *(Pause(seconds, "offline") for seconds in OFFLINE_PAUSES[:3]),
        Pause(OFFLINE_PAUSES[0], "offline"),
    ]


def test_the_sentence_for_a_person_is_handed_on() -> None:
    assert Breaker(600).note(SPENT, "quota", "1,000 of 1,000 used") == Close("quota", LATER, "1,000 of 1,000 used")


@given(st.lists(st.sampled_from(Outcome)))
def test_good_answers_never_stop_anything_and_no_row_of_bad_ones_goes_on_for_ever(outcomes: list[Outcome]) -> None:
    breaker = Breaker(600)
    run(breaker, outcomes)
    assert actions(breaker, [OK, ABSENT] * 5) == []
    for bad in set(Outcome) - {OK, ABSENT}:
        assert any(isinstance(action, Close) for action in run(breaker, [bad] * 100, "key_rejected"))
