"""The heartbeat of a run: a sign of life in its row, and a word where the machine slept or its clock was set.

Nothing of a run depends on the wall clock but what is due; whoever reads the log should know of it all the same.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from mwi_crawl import runs
from mwi_crawl.errors import StorageError
from mwi_crawl.settle import iso
from mwi_crawl.store import Store

NOTABLE = 60.0  # seconds by which two clocks may part between two beats before that is told


@dataclass(frozen=True, slots=True)
class Clocks:
    """Three clocks in seconds: the wall's; one that stands still while the machine sleeps; one that does not."""

    wall: float
    awake: float
    whole: float


def read() -> Clocks:
    """The clocks now. Where nothing counts sleep, the wall clock's going ahead is taken for it."""
    wall, awake = time.time(), time.monotonic()
    boot = getattr(time, "CLOCK_BOOTTIME", None)
    return Clocks(wall, awake, wall if boot is None else time.clock_gettime(boot))


def happened(before: Clocks, after: Clocks) -> list[str]:
    """What befell the clocks between two beats, a sentence each."""
    slept = (after.whole - before.whole) - (after.awake - before.awake)
    set_by = (after.wall - before.wall) - (after.whole - before.whole)
    told = [f"Resumed after {_duration(slept)} of sleep"] if slept > NOTABLE else []
    if abs(set_by) > NOTABLE:
        told.append(f"The clock was set {'forward' if set_by > 0 else 'back'} by {_duration(abs(set_by))}")
    return told


async def beat(store: Store, run_id: int, every: float, tell: Callable[[str], None]) -> None:
    """Beat every so many seconds until cancelled."""
    before = read()
    while True:
        await asyncio.sleep(every)
        with contextlib.suppress(StorageError):  # the writer will say it
            await store.transact(runs.beat, run_id, iso(datetime.now(UTC)))
        after = read()
        for sentence in (*store.concerns(), *happened(before, after)):
            tell(sentence)
        before = after


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes // 60}h {minutes % 60:02}m" if minutes >= 60 else f"{minutes} min"
