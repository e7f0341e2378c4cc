"""Runs one side as a process of its own, pinned to a core, and tells what the whole of it took."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

CLIENT, SERVER = 0, 1  # cores


@dataclass(frozen=True)
class Usage:
    """A process from its start to its end: seconds of CPU (user and system), seconds by the wall, peak memory in MB."""

    cpu: float
    wall: float
    peak: float
    code: int
    output: str


def pin(core: int) -> None:
    """Keep this process on one core, where the system can and there is one."""
    if hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > core:
        os.sched_setaffinity(0, {core})


def run(command: Sequence[str], *, folder: Path, environ: Mapping[str, str] | None = None, seconds: float) -> Usage:
    """Run a command in a folder until it ends, at most for so long. Its words go to a file there, and are returned."""
    said = folder / "said.txt"
    started = time.monotonic()
    with said.open("wb") as out:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, **(environ or {})},
            stdout=out,
            stderr=subprocess.STDOUT,
            preexec_fn=_to_client,
        )
    return wait(process, said, started, seconds)


def wait(process: subprocess.Popen[bytes], said: Path, started: float, seconds: float) -> Usage:
    """Wait for a process started at a monotonic time."""
    peak = 0.0
    while (found := os.wait4(process.pid, os.WNOHANG))[0] == 0:
        peak = max(peak, _high_water(process.pid))
        if time.monotonic() - started > seconds:
            process.kill()
        time.sleep(0.005)
    wall = time.monotonic() - started
    _, status, usage = found
    process.returncode = os.waitstatus_to_exitcode(status)
    unit = 1 if sys.platform == "darwin" else 1024  # ru_maxrss is in bytes there, in KB elsewhere
    output = said.read_text(encoding="utf-8", errors="replace")
    return Usage(
        usage.ru_utime + usage.ru_stime, wall, peak or usage.ru_maxrss * unit / 1e6, process.returncode, output
    )


def _high_water(pid: int) -> float:
    """MB; 0.0 where the system does not tell. getrusage would count the parent's memory before the exec."""
    try:
        told = Path(f"/proc/{pid}/status").read_text(encoding="ascii").partition("VmHWM:")[2].split()
    except OSError:
        return 0.0
    return int(told[0]) * 1024 / 1e6 if told else 0.0


def _to_client() -> None:
    pin(CLIENT)
