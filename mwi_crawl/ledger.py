"""One source's quotas: what is used, what is left, when it returns. Pure; the clock is given.

A limit is kept to where it is documented or told in headers, and otherwise learnt by being refused. So is the hour of
return: a refusal, and the first good answer after it, lie on its two sides. Where that is not known yet, a refused
quota is tried again with what is asked next, at most every `PROBE`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

from mwi_crawl.model import Allowance, Outcome, Quota, Result

PROBE = timedelta(minutes=15)  # between two tries of a quota of which nobody says when it returns
DAY = timedelta(days=1)
LONGEST = {"day": 2 * DAY}  # until a period is over, by a clock that was set by less than a day meanwhile
LONGEST_OTHER = 32 * DAY
_ANSWERED = (Outcome.OK, Outcome.ABSENT, Outcome.BROKEN)


class Ledger:
    """Keeps to the quotas of one source. `allowed`: requests per period; `kept`: what an earlier run left behind."""

    def __init__(self, allowed: Mapping[str, int], kept: Iterable[Quota] = ()) -> None:
        self._caps = dict(allowed)
        known = {quota.period: quota for quota in kept}
        self._quotas = {period: known.get(period, Quota(period, limit=cap)) for period, cap in allowed.items()}
        self._quotas |= {period: quota for period, quota in known.items() if period not in allowed}

    def take(self, now: datetime) -> datetime | None:
        """Count a request that is about to be sent. If it must not be: when it may, and nothing is counted."""
        for period, quota in self._quotas.items():
            quota = self._quotas[period] = self._rolled(quota, now)
            cap = self._caps.get(period)
            if cap is not None and quota.used >= cap:
                return quota.resets_at or next_reset(quota, now)
        for period, quota in self._quotas.items():
            self._quotas[period] = _counted(quota, now)
        return None

    def untake(self) -> None:
        """The request was not sent, or not answered by the upstream itself."""
        for period, quota in self._quotas.items():
            self._quotas[period] = replace(quota, used=max(0, quota.used - 1))

    def note(self, result: Result, began: datetime, now: datetime) -> datetime | None:
        """Learn from the answer to a request begun at `began`. If it says that nothing is left: when to ask again."""
        for told in result.allowances:
            self._told(told, now)
        if result.outcome is Outcome.SPENT:
            return self._spent(result.period or next(iter(self._quotas), "day"), result.resets_at, began, now)
        if result.outcome in _ANSWERED:  # one begun before the refusal says nothing about the time after
            self._quotas = {
                period: _returned(quota, now, self._caps) if quota.spent_at and began > quota.spent_at else quota
                for period, quota in self._quotas.items()
            }
        return None

    def left(self, now: datetime) -> tuple[str, int, int] | None:
        """The period, what is left of it and what it allows; None if no limit is known."""
        for period, cap in self._caps.items():
            return period, max(0, cap - self._rolled(self._quotas[period], now).used), cap
        return None

    def learnt(self) -> str:
        """What a refusal taught, for a person."""
        period, quota = max(self._quotas.items(), key=lambda pair: str(pair[1].spent_at or ""), default=("", None))
        if quota is None:
            return ""
        cap = self._caps.get(period)
        shared = cap is not None and quota.used < cap
        why = f" of {cap:,}: does another program use this key, or is it used up from before?" if shared else ""
        return f"after {quota.used:,} requests by our count{why}"

    @property
    def rows(self) -> tuple[Quota, ...]:
        """What to keep."""
        return tuple(self._quotas.values())

    def _rolled(self, quota: Quota, now: datetime) -> Quota:
        """The same quota, or a new period of it. One that would last too long was begun under a wrong clock."""
        if quota.resets_at is None or quota.began_at is None:
            return quota
        if now < quota.resets_at <= now + LONGEST.get(quota.period, LONGEST_OTHER):
            return quota
        return Quota(quota.period, limit=self._caps.get(quota.period), reset_time=quota.reset_time)

    def _told(self, told: Allowance, now: datetime) -> None:
        """The upstream's own count is better than ours."""
        if told.period == "minute":  # the throttle's business
            return
        quota = _begun(self._quotas.get(told.period, Quota(told.period)), now)
        cap = self._caps[told.period] = min(
            told.limit, self._caps.get(told.period, told.limit)
        )  # one's own may be less
        self._quotas[told.period] = replace(quota, used=told.limit - told.left, limit=cap)

    def _spent(self, period: str, told: str | None, began: datetime, now: datetime) -> datetime:
        """A refusal: the upstream does not count it, so the limit is what went before it in this period."""
        quota = self._quotas.get(period, Quota(period))
        used = max(0, quota.used - 1)
        same_event = quota.spent_at is None or began <= quota.spent_at  # several are under way at once
        resets_at = datetime.fromisoformat(told) if told else next_reset(quota, now)
        self._quotas[period] = replace(
            quota,
            used=used,
            limit=used if same_event and used else quota.limit,
            began_at=quota.began_at or now,
            spent_at=quota.spent_at if same_event and quota.spent_at else now,
            resets_at=resets_at,
        )
        known = told is not None or quota.reset_time is not None or period == "month"
        return resets_at if known else now + PROBE


def next_reset(quota: Quota, now: datetime) -> datetime:
    """When the current period ends, at the latest.

    A month: with the calendar's, in UTC. A day: at the time of day that was seen, else a day after it began, by when
    any upstream's day is over, wherever it begins.
    """
    if quota.period == "month":
        return (now.replace(day=1) + timedelta(days=32)).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    if quota.reset_time is None:
        return max(now, quota.began_at + DAY) if quota.began_at else now + DAY
    today = datetime.combine(now.date(), time.fromisoformat(quota.reset_time), UTC)
    return today if today > now else today + DAY


def _begun(quota: Quota, now: datetime) -> Quota:
    if quota.began_at is not None:
        return quota
    quota = replace(quota, began_at=now)
    return replace(quota, resets_at=next_reset(quota, now))


def _counted(quota: Quota, now: datetime) -> Quota:
    quota = _begun(quota, now)
    return replace(quota, used=quota.used + 1)


def _returned(quota: Quota, now: datetime, caps: Mapping[str, int]) -> Quota:
    """An answer from a quota that was spent: a new period began somewhere between."""
    assert quota.spent_at is not None
    seen = quota.period == "day" and now - quota.spent_at < DAY
    at = (now + timedelta(seconds=59)).strftime("%H:%M") if seen else quota.reset_time
    begun = _counted(Quota(quota.period, limit=caps.get(quota.period), reset_time=at), now)
    return replace(begun, resets_at=next_reset(begun, now + timedelta(minutes=1)))  # this minute is the one just seen
