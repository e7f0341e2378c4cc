"""Signals during a run: the first lets what is under way finish, the second drops it, the third ends the process."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Awaitable, Callable
from typing import TypeVar

from mwi_crawl.cli.progress import aside
from mwi_crawl.cli.terminal import say

T = TypeVar("T")

_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


class Stopper:
    """Turns signals into calls of `stop` (the engine's). `code` is the exit code they ask for, None without one."""

    def __init__(self, stop: Callable[[int], int], grace: float) -> None:
        self._stop, self._grace = stop, grace
        self._count = 0
        self._patience: asyncio.TimerHandle | None = None
        self.code: int | None = None

    async def guard(self, work: Awaitable[T]) -> T:
        """Await `work` with the signals caught."""
        loop = asyncio.get_running_loop()
        with contextlib.suppress(NotImplementedError):  # Windows; there Ctrl-C cancels the work
            for number in _SIGNALS:
                loop.add_signal_handler(number, self._caught, number)
        try:
            return await work
        finally:
            with contextlib.suppress(NotImplementedError):
                for number in _SIGNALS:
                    loop.remove_signal_handler(number)
            if self._patience is not None:
                self._patience.cancel()

    def _caught(self, number: int) -> None:
        self._count += 1
        self.code = 128 + number
        if self._count == 1:
            left = self._stop(self.code)
            self._patience = asyncio.get_running_loop().call_later(self._grace, self._drop, self.code)
            _tell(
                f"Stopping: no new requests, letting {left} finish ({self._grace:.0f} s at most; again to drop them)..."
            )
        elif self._count == 2:
            self._drop(self.code)
        else:
            os._exit(self.code)

    def _drop(self, code: int) -> None:
        if dropped := self._stop(code):
            _tell(f"Dropped {dropped} requests; they will be sent again.")


def _tell(text: str) -> None:
    with contextlib.suppress(OSError), aside():  # a terminal that hung up hears nothing
        say(text, err=True)
