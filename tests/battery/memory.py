"""How much memory a million waiting jobs take: the crawl's peak against that of a thousand.

    python tests/battery/memory.py [--films 1000000] [--answers 2000]

Plans and begins a full run over so many films, lets it have some answers, stops it, and prints its peak resident size.
"""

from __future__ import annotations

import argparse
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from kill_and_resume import environment, fill, start, upstream_process

FEW = 1000
TARGET = 30.0  # MB that the difference may be


def peak(process: subprocess.Popen[str]) -> float:
    """Wait for a process; the most memory it ever had, in MB."""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    unit = 1 if sys.platform == "darwin" else 1024  # ru_maxrss is in bytes there, in KB elsewhere
    return usage.ru_maxrss * unit / 1e6


def measured(place: Path, films: int, answers: int) -> tuple[float, float, int]:
    """The peak in MB, the seconds until the first request, and the number of answers stored."""
    folder = place / f"films-{films}"
    fill(folder, films)
    (place / f"upstream-{films}").mkdir()
    with upstream_process(place / f"upstream-{films}", films, 0.0) as upstream:
        started = time.monotonic()
        process = start(folder, environment(upstream.base_url, 2000), "full", "--json")
        while process.poll() is None and not upstream.asked():
            time.sleep(0.02)
        planned = time.monotonic() - started
        while process.poll() is None and len(upstream.asked()) < answers:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        megabytes = peak(process)
        assert process.returncode == 130, process.communicate()
    with sqlite3.connect(folder / "mwi.db") as db:
        stored = db.execute("select count(*) from jobs where state <> 'pending'").fetchone()[0]
        pending = db.execute("select count(*) from jobs where state = 'pending'").fetchone()[0]
    db.close()
    assert pending > films - stored
    return megabytes, planned, stored


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--films", type=int, default=1_000_000)
    parser.add_argument("--answers", type=int, default=2000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        few, *few_rest = measured(Path(place), FEW, min(given.answers, FEW))
        many, *many_rest = measured(Path(place), given.films, given.answers)
    for films, megabytes, seconds, stored in ((FEW, few, *few_rest), (given.films, many, *many_rest)):
        print(f"{films:>9,} films: peak {megabytes:6.1f} MB, first request after {seconds:5.1f} s, {stored} answers")
    print(f"difference {many - few:.1f} MB (target: at most {TARGET:.0f})")
    return 0 if many - few <= TARGET else 1


if __name__ == "__main__":
    sys.exit(main())
