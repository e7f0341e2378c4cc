"""Signals during a run: the first lets what is under way finish, the second drops it, the third ends the process."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from typing import TypeVar

import click

T = TypeVar("T")

_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


class Stopper:
    """Turns signals into calls of `stop` (the engine's). `code` is the exit code they ask for, None without one."""

    def __init__(self, stop: Callable[[], int], grace: float) -> None:
        self._stop, self._grace = stop, grace
        self._count = 0
        self.code: int | None = None

    async def guard(self, work: Awaitable[T]) -> T:
        """Await `work` with the signals caught."""
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            loop.add_signal_handler(number, self._caught, number)
        try:
            return await work
        finally:
            for number in _SIGNALS:
                loop.remove_signal_handler(number)

    def _caught(self, number: int) -> None:
        self._count += 1
        self.code = 128 + number
        if self._count == 1:
            left = self._stop()
            click.echo(
                f"\nStopping: no new requests, letting {left} finish "
                f"({self._grace:.0f} s at most; again to drop them)...",
                err=True,
            )
            asyncio.get_running_loop().call_later(self._grace, self._drop)
        elif self._count == 2:
            self._drop()
        else:
            os._exit(self.code)

    def _drop(self) -> None:
        if dropped := self._stop():
            click.echo(f"Dropped {dropped} requests; they will be sent again.", err=True)
