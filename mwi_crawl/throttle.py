"""One upstream's patience: a token bucket for the rate, a gate for its wish to be left alone, and a memory of refusals.

Every start passes here: first tries, retries and redirects. Waiting is a future in the limiter, so thousands may wait.
All times are monotonic seconds; only `Remembered` speaks of the wall clock, because it outlives the process.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime

from aiolimiter import AsyncLimiter

from mwi_crawl.model import Rate

FLOOR = 1.0  # seconds; the shortest pause after a refusal, whatever the upstream says
CAP = 3600.0  # seconds; the longest pause taken at an upstream's word
LONGEST = 32 * 86400.0  # seconds; a remembered closure may last a month (a quota), not for ever (a wrong clock)
FIRST_BACKOFF = 4.0  # seconds; doubled for each further refusal that comes without a usable hint
CLIMB_EVERY = 1.0  # seconds without a refusal between two steps up
NEAR = 0.9  # share of a refused rate that is approached quickly; beyond it, slowly
QUICK_STEP, SLOW_STEP = 0.25, 0.01  # of the distance to `NEAR`, or beyond the refused rate; of the rate itself
LEAST = 0.05  # starts per second; below this a rate is a standstill


@dataclass(frozen=True, slots=True)
class Remembered:
    """What is kept of a throttle between runs: starts per second, and for how many seconds it is still closed."""

    rate: float
    refused_rate: float | None = None
    closed_for: float = 0.0
    reason: str | None = None


class Throttle:
    """Lets requests start at `rate.per_second`, at most `rate.burst` at once, and none while the gate is shut."""

    def __init__(
        self, rate: Rate, remembered: Remembered | None = None, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self._top = rate.per_second
        self._burst = float(max(1, rate.burst))
        self._least = min(LEAST, self._top)
        self.rate = self._top
        self.refused_rate: float | None = None
        self.reason: str | None = None
        self._opens_at = self._paused_at = self._climbed_at = clock()
        self.refusals = 0  # in a row
        if remembered is not None:
            self.rate = min(self._top, max(self._least, remembered.rate))
            self.refused_rate, self.reason = remembered.refused_rate, remembered.reason
            self._opens_at += min(LONGEST, max(0.0, remembered.closed_for))
        self._bucket = _Bucket(self._burst, self._burst / self.rate)

    async def turn(self) -> float:
        """Wait until a request may start; the time at which it does."""
        while True:
            await self._gate()
            await self._bucket.acquire()
            if (now := self._clock()) >= self._opens_at:
                return now

    def answered(self) -> None:
        """The upstream answered willingly: forget the refusals in a row, and climb a step if it is time.

        While the gate is shut this is the answer to a request from before, and says nothing about the time after.
        """
        now = self._clock()
        if now < self._opens_at:
            return
        self.refusals = 0
        if self.rate < self._top and now - self._climbed_at >= CLIMB_EVERY:
            self._climbed_at = now
            self._set_rate(self._next_rate())

    def refused(self, started: float, hint: float | None) -> float | None:
        """The upstream said "slow down" to a request begun at `started`; seconds of pause if this is a new event.

        Refusals of requests that were already under way when the gate shut belong to the same event; they can only
        lengthen the pause. `hint` is the upstream's Retry-After in seconds, None for none that can be used.
        """
        new = started >= self._paused_at
        if new:
            self.refusals += 1
            self.refused_rate = self.rate
            self._set_rate(max(self._least, self.rate / 2))
        elif hint is None:
            return None
        seconds = self._patience(hint)
        self.pause(seconds, "http_429")
        return seconds if new else None

    def pause(self, seconds: float, reason: str) -> None:
        """Shut the gate for everybody; never opens earlier than it already would."""
        now = self._clock()
        self._paused_at = now
        if now + seconds > self._opens_at:
            self._opens_at, self.reason = now + seconds, reason
        self._climbed_at = self._opens_at

    def at_most(self, rate: float) -> None:
        """Never start faster than so many a second from now on, and never two at once: a site named its pace."""
        self._top = min(self._top, rate)
        self._least = min(self._least, self._top)
        self._bucket.max_rate = 1.0
        self._set_rate(min(self.rate, self._top))

    def since_pause(self, started: float) -> bool:
        """Whether a request begun at `started` began after the gate last shut."""
        return started >= self._paused_at

    @property
    def closed_for(self) -> float:
        """Seconds until the gate opens; 0 if it is open."""
        return max(0.0, self._opens_at - self._clock())

    def remember(self) -> Remembered:
        """What a later run must know."""
        return Remembered(self.rate, self.refused_rate, self.closed_for, self.reason if self.closed_for else None)

    async def _gate(self) -> None:
        while (wait := self._opens_at - self._clock()) > 0:  # noqa: ASYNC110 - the time may move on while it sleeps
            await asyncio.sleep(wait)

    def _patience(self, hint: float | None) -> float:
        if hint is not None:
            return min(CAP, max(FLOOR, hint))
        backoff: float = FIRST_BACKOFF * 2.0 ** (self.refusals - 1)
        return min(CAP, backoff) * random.uniform(1.0, 1.25)  # noqa: S311 - spreads clients, hides nothing

    def _next_rate(self) -> float:
        """Quickly up to near what was refused, slowly past it, and faster again the more it proves to be forgotten."""
        refused = self._top / NEAR if self.refused_rate is None else self.refused_rate
        near = min(self._top, NEAR * refused)
        slow = SLOW_STEP * max(self.rate, LEAST)
        if self.rate < near:
            return min(near, self.rate + max(QUICK_STEP * (near - self.rate), slow))
        return min(self._top, self.rate + max(QUICK_STEP * (self.rate - refused), slow))

    def _set_rate(self, rate: float) -> None:
        self.rate = rate
        self._bucket.change(rate)


class _Bucket(AsyncLimiter):
    """A leaky bucket whose rate can change: what is in it stays, so that a change hands out no fresh burst."""

    __slots__ = ()

    def change(self, rate: float) -> None:
        """Leak at so many a second from now on, also for those who wait already."""
        self._leak()
        self.time_period = self.max_rate / rate
        self._rate_per_sec = rate
        self._wake_next()


def retry_after(value: str | None, now: float, date: str | None = None) -> float | None:
    """Seconds a Retry-After header asks for, at wall-clock time `now`; None if it says nothing usable.

    Whole seconds or an HTTP date (RFC 9110 §10.2.3). Zero, a past date and nonsense are no hint; beyond an hour it is
    taken as an hour, because an absurd value must not silence a source for good. `date` is the answer's own Date
    header: between two times of the upstream's clock lies the right span, whatever ours says.
    """
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        seconds = CAP if len(text.lstrip("0")) > 9 else float(text)
    else:
        until, told = _timestamp(text), _timestamp(date)
        if until is None:
            return None
        seconds = until - (now if told is None else told)
    return min(seconds, CAP) if seconds > 0 else None


def _timestamp(text: str | None) -> float | None:
    """An HTTP date in seconds; None if it is none."""
    try:
        moment = parsedate_to_datetime(text or "")
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError, TypeError):
        return None
