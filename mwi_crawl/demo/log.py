"""What the fake upstream remembers: every request with its time, and the figures that follow from these."""

from __future__ import annotations

import os
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import orjson


@dataclass(frozen=True, slots=True)
class Hit:
    """One request that arrived. `at` is monotonic, in seconds; `status` is 0 where no whole answer was sent."""

    at: float
    method: str
    path: str
    params: Mapping[str, str]  # without keys
    status: int
    attempt: int  # how often this very question has come, from 1
    misbehaviour: str | None = None


class RequestLog:
    """What was asked and when, in the order of arrival; also written to a file, a JSON object per line, unbuffered.

    `remember`: whether it is kept in `hits` too. All figures here are of what is; a million requests take a gigabyte.
    """

    def __init__(self, file: Path | None = None, *, remember: bool = True) -> None:
        self.hits: list[Hit] = []
        self._remember = remember
        self._file = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644) if file else None

    def add(self, hit: Hit) -> None:
        """Remember one."""
        if self._remember:
            self.hits.append(hit)
        if self._file is not None:
            os.write(self._file, orjson.dumps(hit, option=orjson.OPT_APPEND_NEWLINE))

    def close(self) -> None:
        """Give back the file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def counts(self) -> Counter[str]:
        """Requests per path."""
        return Counter(hit.path for hit in list(self.hits))

    def statuses(self) -> Counter[int]:
        """Requests per status sent."""
        return Counter(hit.status for hit in list(self.hits))

    def between(self, start: float, end: float) -> list[Hit]:
        """Those that arrived in a span of monotonic time: start <= at < end."""
        return [hit for hit in list(self.hits) if start <= hit.at < end]

    def busiest(self, window: float = 1.0) -> int:
        """The largest number of requests within any span of `window` seconds."""
        recent: deque[float] = deque()
        most = 0
        for hit in list(self.hits):
            recent.append(hit.at)
            while recent[0] <= hit.at - window:
                recent.popleft()
            most = max(most, len(recent))
        return most

    def steady_rate(self, skip: int = 0) -> float:
        """Requests per second from first to last, leaving out the first `skip` (a burst); 0 if fewer than two."""
        times = [hit.at for hit in list(self.hits)][skip:]
        return (len(times) - 1) / (times[-1] - times[0]) if len(times) > 1 and times[-1] > times[0] else 0.0
