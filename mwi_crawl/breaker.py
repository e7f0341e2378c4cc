"""When a lane must pause or stop asking: a pure count of what came back in a row.

A bad page costs one job; only a row of bad answers, or one that concerns everybody (a wall, a refused key, a spent
quota), costs the lane.
"""

from __future__ import annotations

from dataclasses import dataclass

from mwi_crawl.model import Outcome

BROKEN_LIMIT = 25  # unreadable answers in a row: the layout changed
KEY_LIMIT = 3  # refusals of the key in a row: one may be a fault of theirs
REFUSAL_LIMIT = 5  # "slow down" in a row, each after a pause
FAULTS_PER_PAUSE = 10  # 5xx, time-outs, resets in a row
FAULT_PAUSES = (5.0, 15.0, 30.0, 60.0, 60.0)  # seconds; after the last one the source is left for later
OFFLINE_PAUSES = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)  # seconds; the last one repeats
FIRST_CONTACT_TRIES = 4  # a source that never answered in this run is not waited for as long as a lost one
LATER = 900.0  # seconds until a source that was left for later may be asked again


@dataclass(frozen=True, slots=True)
class Pause:
    """Nobody of the lane asks for so many seconds."""

    seconds: float
    reason: str


@dataclass(frozen=True, slots=True)
class Close:
    """The lane ends for this run. `waits`: seconds after which the work may go on, None if a person must act."""

    reason: str  # quota, rate_limited, upstream_down, offline, key_rejected, blocked, layout_changed
    waits: float | None = None
    message: str | None = None
    resets_at: str | None = None


class Breaker:
    """Counts one lane's outcomes. `net_wait` is how many seconds a lost network is waited for."""

    def __init__(self, net_wait: float) -> None:
        self._net_wait = net_wait
        self._waited = 0.0
        self._in_a_row: Outcome | None = None
        self._count = 0
        self._pauses = 0
        self._ever = False
        self._poorer = 0

    def compared(self, lost: str) -> Close | None:
        """Count an answer that is stored; `lost`: what it had lost of what was known, so that it was not applied."""
        self._poorer = self._poorer + 1 if lost else 0
        if self._poorer < BROKEN_LIMIT:
            return None
        return Close("layout_changed", message=f"{BROKEN_LIMIT} answers in a row have lost what was known ({lost})")

    def note(self, outcome: Outcome, reason: str | None = None, message: str | None = None) -> Pause | Close | None:
        """Count one outcome; what the lane must do about it."""
        if outcome in (Outcome.OK, Outcome.ABSENT):
            self._ever = True
            self._in_a_row, self._count, self._pauses, self._waited = None, 0, 0, 0.0
            return None
        if outcome is not self._in_a_row:
            self._in_a_row, self._count = outcome, 0
        self._count += 1
        return self._consequence(outcome, reason, message)

    def _consequence(self, outcome: Outcome, reason: str | None, message: str | None) -> Pause | Close | None:
        if outcome is Outcome.SPENT:
            return Close("quota", LATER, message)
        if outcome is Outcome.DENIED:
            return self._denied(reason or "blocked", message)
        if outcome is Outcome.BROKEN and self._count >= BROKEN_LIMIT:
            return Close("layout_changed", None, message)
        if outcome is Outcome.REFUSED and self._count >= REFUSAL_LIMIT:
            return Close("rate_limited", LATER, message)
        if outcome is Outcome.RETRY and self._count % FAULTS_PER_PAUSE == 0:
            return self._faulty(message)
        if outcome is Outcome.OFFLINE:
            return self._offline(message)
        return None

    def _denied(self, reason: str, message: str | None) -> Close | None:
        if reason != "key_rejected":
            return Close("blocked", None, message)
        return Close(reason, None, message) if self._count >= KEY_LIMIT else None

    def _faulty(self, message: str | None) -> Pause | Close:
        if self._pauses >= len(FAULT_PAUSES):
            return Close("upstream_down", LATER, message)
        self._pauses += 1
        return Pause(FAULT_PAUSES[self._pauses - 1], "upstream_down")

    def _offline(self, message: str | None) -> Pause | Close:
        hopeless = self._waited >= self._net_wait or (not self._ever and self._count >= FIRST_CONTACT_TRIES)
        if hopeless:
            return Close("offline", LATER, message)
        seconds = OFFLINE_PAUSES[min(self._count, len(OFFLINE_PAUSES)) - 1]
        self._waited += seconds
        return Pause(seconds, "offline")
