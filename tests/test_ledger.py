"""The ledger of quotas: what is used, what was learnt by being refused, and when to ask again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from mwi_crawl.ledger import PROBE, Ledger
from mwi_crawl.model import Allowance, Job, Outcome, Quota, Result

START = datetime(2026, 3, 4, 17, 20, tzinfo=UTC)
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)


def result(outcome: Outcome = Outcome.OK, **more: object) -> Result:
    return Result(Job(1, "toy", "a", 1), outcome, **more)  # type: ignore[arg-type]


def ask(ledger: Ledger, times: int, at: datetime = START, outcome: Outcome = Outcome.OK) -> list[datetime | None]:
    """So many requests, each answered a second later; when each is refused until, if it is."""
    found = []
    for _ in range(times):
        assert ledger.take(at) is None
        found.append(ledger.note(result(outcome), at, at + SECOND))
    return found


def only(ledger: Ledger) -> Quota:
    (quota,) = ledger.rows
    return quota


def test_what_is_allowed_is_sent_and_not_one_more() -> None:
    ledger = Ledger({"day": 3})
    ask(ledger, 3)
    assert ledger.take(START + HOUR) == START + timedelta(days=1)
    assert only(ledger).used == 3


def test_a_day_after_its_first_request_the_quota_is_there_again_wherever_the_upstreams_day_begins() -> None:
    ledger = Ledger({"day": 1})
    ask(ledger, 1)
    tomorrow = START + timedelta(days=1)
    assert ledger.take(tomorrow - SECOND) == tomorrow
    assert ledger.take(tomorrow) is None
    assert (only(ledger).used, only(ledger).began_at) == (1, tomorrow)


def test_a_source_without_quotas_is_never_held_up_and_leaves_no_rows() -> None:
    ledger = Ledger({})
    ask(ledger, 5)
    assert ledger.rows == ()


def test_a_restart_goes_on_counting_where_the_last_run_ended() -> None:
    before = Ledger({"day": 5})
    ask(before, 4)
    after = Ledger({"day": 5}, before.rows)
    ask(after, 1, START + HOUR)
    assert after.take(START + HOUR) is not None


def test_a_refusal_below_the_limit_teaches_it_and_is_tried_again_after_a_while() -> None:
    ledger = Ledger({"day": 1000})
    ask(ledger, 412)
    assert ledger.take(START) is None
    assert ledger.note(result(Outcome.SPENT, period="day"), START, START + SECOND) == START + SECOND + PROBE
    assert (only(ledger).used, only(ledger).limit) == (412, 412)
    assert ledger.take(START + PROBE) is None  # what the upstream says next is worth more than what was learnt


def test_refusals_of_requests_that_were_under_way_together_are_one_event() -> None:
    ledger = Ledger({"day": 1000})
    ask(ledger, 10)
    for _ in range(4):
        assert ledger.take(START) is None
    for number in range(4):
        ledger.note(result(Outcome.SPENT, period="day"), START, START + SECOND * (number + 1))
    assert (only(ledger).used, only(ledger).limit) == (10, 10)


def test_a_good_answer_that_was_under_way_before_the_refusal_does_not_mean_that_the_quota_is_back() -> None:
    ledger = Ledger({"day": 1000})
    ask(ledger, 3)
    assert ledger.take(START) is None
    assert ledger.take(START) is None
    ledger.note(result(Outcome.SPENT, period="day"), START, START + SECOND)
    ledger.note(result(), START, START + 2 * SECOND)
    assert only(ledger).spent_at == START + SECOND


def test_the_hour_at_which_a_quota_was_back_is_learnt_and_waited_for_the_next_time() -> None:
    ledger = Ledger({"day": 1000})
    ask(ledger, 2)
    ask(ledger, 1, START, Outcome.SPENT)
    back = datetime(2026, 3, 5, 5, 7, 30, tzinfo=UTC)
    ask(ledger, 1, back)
    assert (only(ledger).reset_time, only(ledger).spent_at, only(ledger).used) == ("05:08", None, 1)
    assert ledger.take(back + HOUR) is None
    again = ledger.note(result(Outcome.SPENT, period="day"), back + HOUR, back + HOUR)
    assert again == datetime(2026, 3, 6, 5, 8, tzinfo=UTC)


def test_a_cap_of_our_own_teaches_nothing_about_the_upstreams_hour() -> None:
    before = Ledger({"day": 2})
    ask(before, 2)
    assert before.take(START + HOUR) is not None
    assert only(before).spent_at is None
    after = Ledger({"day": 4}, before.rows)  # a higher limit was set: what was counted still counts
    ask(after, 2, START + 2 * HOUR)
    assert (only(after).reset_time, only(after).used) == (None, 4)
    assert after.take(START + 2 * HOUR) == START + timedelta(days=1)


def test_the_quota_that_came_back_is_counted_from_its_first_answer_on() -> None:
    ledger = Ledger({"day": 10})
    ask(ledger, 10, START)
    ledger = Ledger({"day": 12}, ledger.rows)
    ask(ledger, 1, START, Outcome.SPENT)
    back = START + 7 * HOUR + timedelta(seconds=31)
    ask(ledger, 1, back)
    ask(ledger, 11, back + timedelta(minutes=2))
    assert only(ledger).used == 12
    assert ledger.take(back + timedelta(minutes=3)) == back.replace(minute=21, second=0) + timedelta(days=1)


def test_a_month_ends_with_the_calendars() -> None:
    ledger = Ledger({"month": 2})
    ask(ledger, 2)
    assert ledger.take(START) == datetime(2026, 4, 1, tzinfo=UTC)
    december = Ledger({"month": 0})
    assert december.take(datetime(2026, 12, 31, 23, 59, tzinfo=UTC)) == datetime(2027, 1, 1, tzinfo=UTC)


def test_what_the_upstream_says_of_itself_is_believed() -> None:
    ledger = Ledger({"month": 5000})
    ask(ledger, 1)
    told = (Allowance("month", 500, 1), Allowance("minute", 30, 0))
    assert ledger.take(START) is None
    ledger.note(result(allowances=told), START, START)
    assert (only(ledger).used, only(ledger).limit) == (499, 500)
    ask(ledger, 1)
    assert ledger.take(START) is not None


def test_a_lower_limit_of_ones_own_is_kept_though_the_upstream_allows_more() -> None:
    told = (Allowance("month", 500_000, 499_999),)
    own, none = Ledger({"month": 1}), Ledger({})
    for ledger in (own, none):
        assert ledger.take(START) is None
        ledger.note(result(allowances=told), START, START)
    assert own.take(START) is not None
    assert none.take(START) is None


def test_the_upstreams_own_word_on_when_it_returns_comes_first() -> None:
    ledger = Ledger({"day": 10})
    assert ledger.take(START) is None
    until = ledger.note(result(Outcome.SPENT, resets_at="2026-03-04T18:00:00.000Z"), START, START)
    assert until == datetime(2026, 3, 4, 18, tzinfo=UTC)


@pytest.mark.parametrize("outcome", [Outcome.RETRY, Outcome.REFUSED, Outcome.DENIED])
def test_an_answer_that_says_nothing_of_the_quota_does_not_bring_it_back(outcome: Outcome) -> None:
    ledger = Ledger({"day": 10})
    ask(ledger, 1, START, Outcome.SPENT)
    ask(ledger, 1, START + HOUR, outcome)
    assert only(ledger).spent_at is not None


def test_a_request_that_never_left_is_not_counted() -> None:
    ledger = Ledger({"day": 10})
    assert ledger.take(START) is None
    ledger.untake()
    ledger.untake()
    assert only(ledger).used == 0
