"""Does a lane that is paused or walled slow the others? `python -m tests.battery.lanes` (about four minutes).

3,000 films, five sources, real HTTP on loopback, each at a limit of its own. Two runs of the same work: on a good day,
and on one on which DoesTheDogDie says "slow down" for 20 seconds, OMDb's quota ends in the middle and IMDb puts up a
wall. What is measured are arrivals at the server, a process of its own that notes them on the clock all share.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from mwi_crawl import sources
from mwi_crawl.demo.films import INVENTED_FROM

LIMITS = {"tmdb": 100.0, "omdb": 50.0, "ddd": 100.0, "cinemorgue": 2.0, "imdb": 50.0}  # requests a second
PLACES = {"/3/": "tmdb", "/api/v3/": "ddd", "/api.php": "cinemorgue", "/title/": "imdb", "/robots.txt": "imdb"}
TROUBLE = ("--omdb-quota", "700", "--imdb-wall-after", "400")
PAUSE = "429_long,/api/v3/*,600,1"
KEYS = {
    "TMDB_API_READ_ACCESS_TOKEN": "eyJhbGciOiJub25lIn0.battery.x",
    "OMDB_API_KEY": "ba77e400",
    "DDD_API_KEY": "battery-battery-battery",
}


@dataclass(frozen=True)
class Arrivals:
    """When the requests of one source arrived, in seconds from its first."""

    times: Sequence[float]

    @property
    def steady(self) -> float:
        """Requests a second over the whole time it was at work."""
        return (len(self.times) - 1) / max(self.times[-1] - self.times[0], 1e-9) if len(self.times) > 1 else 0.0

    @property
    def median_gap(self) -> float:
        """Milliseconds between two arrivals, the median."""
        gaps = [later - earlier for earlier, later in zip(self.times, self.times[1:], strict=False)]
        return 1000 * median(gaps) if gaps else 0.0

    @property
    def longest_gap(self) -> float:
        """Seconds of the longest silence."""
        return max((b - a for a, b in zip(self.times, self.times[1:], strict=False)), default=0.0)


@contextmanager
def server(folder: Path, films: int, extra: Sequence[str]) -> Iterator[tuple[str, Path]]:
    """The fake upstream in a process of its own: its address and its log."""
    log = folder / "log"
    command = [sys.executable, "-m", "mwi_crawl.demo.upstream", "--films", f"synthetic:{films}", "--log", str(log)]
    with subprocess.Popen(
        [*command, "--seconds", "900", *extra], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip(), log
        finally:
            process.terminate()
            process.communicate()


def crawl(folder: Path, films: int, base_url: str) -> tuple[int, dict[str, dict[str, object]]]:
    """Import and crawl; the exit code and each lane's figures."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MWI_")}
    environ = clean | KEYS
    for name in sources.discover():
        known = f"MWI_SOURCES__{name.upper()}__"
        environ |= {f"{known}ENABLED": str(name in LIMITS).lower(), f"{known}BASE_URL": base_url}
    for name, limit in LIMITS.items():
        environ |= {f"MWI_SOURCES__{name.upper()}__REQUESTS_PER_SECOND": str(limit)}
        environ |= {f"MWI_SOURCES__{name.upper()}__CONCURRENCY": "8"}
    environ["MWI_SOURCES__OMDB__DAILY_LIMIT"] = "0"
    environ["MWI_SOURCES__DDD__MONTHLY_LIMIT"] = "0"
    ids = folder / "ids.txt"
    ids.write_text("".join(f"tt{INVENTED_FROM + number}\n" for number in range(1, films + 1)), encoding="utf-8")

    def mwi(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "mwi_crawl", *words]
        return subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, timeout=600)

    assert mwi("import", "ids", str(ids)).returncode == 0
    done = mwi("full", "--json")
    return done.returncode, json.loads(done.stdout)["sources"]


def arrivals(log: Path) -> dict[str, Arrivals]:
    """The server's log, source by source."""
    times: dict[str, list[float]] = {name: [] for name in LIMITS}
    for line in log.read_bytes().splitlines():
        hit = json.loads(line)
        found = (name for prefix, name in PLACES.items() if hit["path"].startswith(prefix))
        times[next(found, "omdb")].append(hit["at"])
    return {name: Arrivals(sorted(found)) for name, found in times.items()}


def measure(films: int, extra: Sequence[str]) -> tuple[int, dict[str, dict[str, object]], dict[str, Arrivals]]:
    """One run on a server of its own."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        with server(folder, films, extra) as (base_url, log):
            code, lanes = crawl(folder, films, base_url)
        return code, lanes, arrivals(log)


def show(title: str, code: int, lanes: dict[str, dict[str, object]], found: dict[str, Arrivals]) -> None:
    print(f"{title}: exit code {code}")
    for name, seen in found.items():
        lane = lanes[name]
        print(
            f"  {name:<11} limit {LIMITS[name]:5.1f}/s   arrived {seen.steady:6.2f}/s   {len(seen.times):5} requests   "
            f"median gap {seen.median_gap:6.1f} ms   longest {seen.longest_gap:5.2f} s   "
            f"{lane['done']} done, {lane['absent']} not there, {lane['waiting']} waiting   {lane['reason'] or ''}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--films", type=int, default=3000)
    films = parser.parse_args().films
    good = measure(films, ())
    bad = measure(films, (*TROUBLE, "--script", PAUSE))
    show("a good day", *good)
    show("a bad day", *bad)
    for name in ("tmdb", "cinemorgue"):
        ratio = bad[2][name].steady / good[2][name].steady
        print(f"{name}: rate on the bad day / on the good day = {ratio:.3f}")


if __name__ == "__main__":
    main()
