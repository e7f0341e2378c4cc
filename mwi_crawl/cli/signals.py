"""Signals. In a run the first lets what is under way finish, the second drops it, the third ends the process.

Outside a run every one of them does what Ctrl-C does: the command gives up, closes what is open, and says so.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Awaitable, Callable, Iterator
from types import FrameType
from typing import TypeVar

from mwi_crawl.cli.progress import aside
from mwi_crawl.cli.terminal import say

T = TypeVar("T")

INTERRUPTED = 128 + signal.SIGINT  # exit code
_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
_asked: list[int] = []  # exit codes of what came outside a run; a process has its signals once


def as_ctrl_c() -> None:
    """From now on SIGTERM and SIGHUP interrupt a command as Ctrl-C does. One that is ignored (nohup) stays so."""
    for number in _SIGNALS:
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _interrupt)


def exit_code() -> int:
    """What a command that was interrupted ends with."""
    return _asked[-1] if _asked else INTERRUPTED


def _interrupt(number: int, frame: FrameType | None) -> None:
    _asked.append(128 + number)
    as_usual = signal.getsignal(signal.SIGINT)  # the event loop's own, while there is one
    if not callable(as_usual):
        raise KeyboardInterrupt
    as_usual(signal.SIGINT, frame)


@contextlib.contextmanager
def caught(handler: Callable[[int], None]) -> Iterator[None]:
    """A time in which the running loop calls `handler` with each signal. Where there is none, Ctrl-C cancels the work.

    SIGHUP stays ignored where it was: `nohup` means that a run outlives its terminal.
    """
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    heard = [number for number in _SIGNALS if number == signal.SIGINT or before[number] is not signal.SIG_IGN]
    with contextlib.suppress(NotImplementedError):  # Windows
        for number in heard:
            loop.add_signal_handler(number, handler, number)
    try:
        yield
    finally:
        with contextlib.suppress(NotImplementedError):
            for number in heard:
                loop.remove_signal_handler(number)
                signal.signal(number, before[number])


class Stopper:
    """Turns signals into calls of `stop` (the engine's). `code` is the exit code they ask for, None without one."""

    def __init__(self, stop: Callable[[int], int], grace: float) -> None:
        self._stop, self._grace = stop, grace
        self._count = 0
        self._patience: asyncio.TimerHandle | None = None
        self.code: int | None = None

    async def guard(self, work: Awaitable[T]) -> T:
        """Await `work` with the signals caught."""
        with caught(self._caught):
            try:
                return await work
            finally:
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
