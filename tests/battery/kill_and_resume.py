"""Kill a crawl at random moments, resume it each time, and see that nothing is lost, harmed or fetched again.

    python tests/battery/kill_and_resume.py [--films 3000] [--kills 20] [--seed 1]

A fake upstream in a process of its own answers and writes down what it was asked. After every SIGKILL a copy of the
file is looked at: is it sound, does every finished job have its rows, how many requests went unanswered. In the end it
must hold what the file of an uninterrupted run holds, and the upstream must not have been asked again about what was
finished before a kill. Prints the figures; ends with 1 if something is wrong. A few kills fall into the start of the
program and its planning, the rest anywhere between two requests.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from urllib.parse import urlencode

from mwi_crawl import sources
from mwi_crawl.store import Store

sys.path.insert(0, str(Path(__file__).parent))  # it is run as a script, and imported by tests
import invariants

TOKEN = "eyJhbGciOiJub25lIn0.canary-of-the-battery.x"
WORKERS = 10
BATCH = 50_000  # films put into a file in one transaction
EARLY = 0.15  # share of kills that fall into the start and the planning
DYING = Path(__file__).with_name("dying.py")
copy_of = invariants.copy_of

Contents = dict[str, Counter[tuple[object, ...]]]

# what differs between two runs that did the same
_OWN_TABLES = ("runs", "throttles")
_TIMES = {"created_at", "updated_at", "since", "fetched_at", "ready_at", "imported_at", "seconds", "computed_at"}
_TIMES |= {"at", "began_at", "resets_at", "loaded_at", "decided_at", "read_at", "seen_at", "first_seen_at"}
_TIMES |= {"resolved_at"}
_NUMBERS = {"run_id", "job_id", "attempts", "state", "reason", "priority"}
_KEPT = {"jobs": {"state", "reason"}}  # of the columns above, what counts all the same
_UNEQUAL = {"quotas": {"used"}}  # a request that was lost was asked all the same


@dataclass
class Upstream:
    """The fake upstream's address and its log."""

    base_url: str
    log: Path
    questions: list[str] = field(default_factory=list)  # of what `asked` has read: the paths with their queries
    _seen: int = 0
    _paths: list[str] = field(default_factory=list)

    def asked(self) -> list[str]:
        """The paths asked for so far, in order."""
        with self.log.open("rb") as file:
            file.seek(self._seen)
            for line in file:
                if line.endswith(b"\n"):
                    self._seen += len(line)
                    hit = json.loads(line)
                    self._paths.append(hit["path"])
                    self.questions += singly(hit["path"], hit["params"])
        return self._paths


def question(path: str, params: Mapping[str, str]) -> str:
    """What a request asks for, without the key."""
    return f"{path}?{urlencode(sorted(params.items()))}"


def singly(path: str, params: Mapping[str, str]) -> list[str]:
    """The questions of a request: of a batch of titles one for each, else itself."""
    titles = params.get("titles", "").split("|")
    return [question(path, {**params, "titles": title} if title else params) for title in titles]


@dataclass
class Outcome:
    """What was seen. `wrong` are sentences; empty if all is well."""

    kills: int = 0
    lost: list[int] = field(default_factory=list)  # requests without a stored answer, at each kill
    again: int = 0  # requests beyond one for each question
    finished_again: int = 0
    requests: int = 0
    wrong: list[str] = field(default_factory=list)


@contextmanager
def upstream_process(folder: Path, films: int, latency: float, *script: str) -> Iterator[Upstream]:
    """The fake upstream at work. `script`: how it misbehaves."""
    log = folder / "upstream.log"
    log.touch()
    command = [sys.executable, "-m", "mwi_crawl.demo.upstream", "--films", f"synthetic:{films}"]
    command += ["--latency", str(latency), "--log", str(log), "--seconds", "3600"]
    command += [word for each in script for word in ("--script", each)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield Upstream(process.stdout.readline().strip(), log)
        finally:
            process.terminate()
            process.communicate()


def environment(base_url: str, per_second: int) -> dict[str, str]:
    """Variables for a crawl of the fake upstream; none of the caller's own settings."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("MWI_", "TMDB_"))}
    others_off = {f"MWI_SOURCES__{name.upper()}__ENABLED": "false" for name in sources.discover() if name != "tmdb"}
    return (
        clean
        | others_off
        | {
            "TMDB_API_READ_ACCESS_TOKEN": TOKEN,
            "MWI_SOURCES__TMDB__BASE_URL": base_url,
            "MWI_SOURCES__TMDB__REQUESTS_PER_SECOND": str(per_second),
            "MWI_SOURCES__TMDB__CONCURRENCY": str(WORKERS),
        }
    )


def start(folder: Path, environ: dict[str, str], *arguments: str, die: Sequence[str] = ()) -> subprocess.Popen[str]:
    """A command in a folder. `die`: a named moment at which it kills itself (see dying.py)."""
    program = [str(DYING), *die] if die else ["-m", "mwi_crawl"]
    return subprocess.Popen(
        [sys.executable, *program, *arguments],
        cwd=folder,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str], *codes: int) -> str:
    """Wait for a command. Raises AssertionError if its exit code is none of these."""
    out, err = process.communicate(timeout=600)
    assert process.returncode in (codes or (0,)), f"exit code {process.returncode}: {out[-2000:]}{err[-2000:]}"
    return out


def imported(folder: Path, environ: dict[str, str], films: int) -> Path:
    """A folder with so many imported films."""
    folder.mkdir()
    ids = folder / "ids.txt"
    ids.write_text("\n".join(f"tt{9_000_000 + number}" for number in range(1, films + 1)))
    finish(start(folder, environ, "import", "ids", str(ids)))
    return folder


def fill(folder: Path, films: int) -> None:
    """A folder whose database follows so many films, without an import, and nothing was asked yet."""

    def add(db: sqlite3.Connection, first: int) -> None:
        numbers = range(first, min(first + BATCH, films + 1))
        rows = [(number, f"tt{9_000_000 + number}") for number in numbers]
        db.executemany(
            "insert into films (film_id, media_type, imdb_id, followed, origin, created_at, updated_at)"
            " values (?, 'movie', ?, 1, 'battery', '2026', '2026')",
            rows,
        )
        db.executemany("insert into film_aliases (film_id, scheme, value, since) values (?, 'imdb', ?, '2026')", rows)

    async def make() -> None:
        async with Store(folder / "mwi.db") as store:
            for first in range(1, films + 1, BATCH):
                await store.transact(add, first)

    folder.mkdir()
    asyncio.run(make())


def kill_when(process: subprocess.Popen[str], upstream: Upstream, asked: int, delay: float) -> bool:
    """Kill a crawl `delay` seconds after so many requests. False if it ended before."""
    while process.poll() is None and len(upstream.asked()) < asked:
        time.sleep(0.002)
    time.sleep(delay)
    process.kill()
    process.communicate()
    time.sleep(0.05)  # what was sent before it died arrives
    return process.returncode == -signal.SIGKILL


def look(folder: Path, since: list[str], outcome: Outcome) -> set[str]:
    """See that a killed crawl's file is sound. The paths whose answers are stored; `since`: those asked for in vain."""
    with invariants.copied(folder) as db:
        outcome.wrong += invariants.broken(db, first_run=True)
        stored = {f"/3/{key}" for (key,) in db.execute("select key from jobs where state <> 'pending'")}
    outcome.kills += 1
    outcome.lost.append(sum(path not in stored for path in set(since)))
    return stored


def contents(db: sqlite3.Connection, apart: Sequence[str] = ()) -> Contents:
    """All tables without times, numbers of order and attempts. `apart`: further tables, and table.columns, left out."""
    names = [name for (name,) in db.execute("select name from sqlite_master where type = 'table' order by name")]
    found = {name: _rows(db, name, apart) for name in names if name not in (*_OWN_TABLES, *apart)}
    return found | {"sqlite_master": Counter(map(tuple, db.execute("select type, name, sql from sqlite_master")))}


def _rows(db: sqlite3.Connection, table: str, apart: Sequence[str]) -> Counter[tuple[object, ...]]:
    columns = [row[1] for row in db.execute(f"pragma table_info({table})") if f"{table}.{row[1]}" not in apart]
    left_out = ((_TIMES | _NUMBERS) - _KEPT.get(table, set())) | _UNEQUAL.get(table, set())
    told = {"gone_at": "gone_at is null"}  # that it is, not when
    chosen = ", ".join(told.get(name, f'"{name}"') for name in columns if name not in left_out) or "1"
    where = " where name <> 'computed_at'" if table == "aggregate_settings" else ""
    return Counter(map(tuple, db.execute(f"select {chosen} from {table}{where}")))


def differences(one: Path, other: Path) -> list[str]:
    """The tables of two folders that differ, each with a row that only one side has."""
    with closing(sqlite3.connect(one / "mwi.db")) as left, closing(sqlite3.connect(other / "mwi.db")) as right:
        return unlike(contents(left), contents(right))


def unlike(left: Contents, right: Contents) -> list[str]:
    """The tables that differ, each with a row that only one side has."""
    wrong = [f"tables {left.keys() ^ right.keys()}"] if left.keys() != right.keys() else []
    return wrong + [
        f"{name} differs: {next(iter((left[name] - right[name]) or (right[name] - left[name])))}"
        for name in left.keys() & right.keys()
        if left[name] != right[name]
    ]


def killed_and_resumed(
    folder: Path, environ: dict[str, str], upstream: Upstream, moments: Sequence[tuple[int, float]]
) -> Outcome:
    """Crawl with a kill at each of the moments: (requests since the first kill's start, seconds after that)."""
    outcome = Outcome()
    first = len(upstream.asked())
    finished: set[str] = set()
    for number, (asked, delay) in enumerate(moments):
        begun = len(upstream.asked())
        process = start(folder, environ, "full", "--json", *(["--resume"] if number else []))
        if not kill_when(process, upstream, first + asked, delay):
            break
        since = upstream.asked()[begun:]
        outcome.finished_again += sum(path in finished for path in since)
        finished = look(folder, since, outcome)
    begun = len(upstream.asked())
    finish(start(folder, environ, "full", "--resume", "--json"))
    since = upstream.asked()[begun:]
    outcome.finished_again += sum(path in finished for path in since)
    asked_for = upstream.asked()[first:]
    outcome.requests, outcome.again = len(asked_for), len(asked_for) - len(set(asked_for))
    return outcome


def judge(outcome: Outcome, folder: Path, whole: Path, films: int) -> None:
    """Add to the outcome what is wrong at the end."""
    with closing(sqlite3.connect(folder / "mwi.db")) as db:
        done = db.execute("select count(*) from jobs where state = 'done' and reason is null").fetchone()[0]
        runs = db.execute("select status, count(*) from runs group by status").fetchall()
    if done != films or runs != [("SUCCESS", 1)]:
        outcome.wrong.append(f"{done} of {films} finished, runs {runs}")
    if outcome.finished_again:
        outcome.wrong.append(f"{outcome.finished_again} finished questions were asked again")
    if max(outcome.lost, default=0) > WORKERS or outcome.again > WORKERS * outcome.kills:
        outcome.wrong.append(f"more requests lost than workers: {outcome.lost}, {outcome.again} asked again")
    outcome.wrong += differences(folder, whole)


def random_moments(random: Random, kills: int, requests: int) -> list[tuple[int, float]]:
    """When to kill: at the start or in the planning, or anywhere among the requests, in order."""
    early = round(kills * EARLY)
    places = sorted(random.randint(1, requests - 20) for _ in range(kills - early))
    starts = [(0, random.uniform(0.1, 1.0)) for _ in range(early)]
    return starts + [(place, random.uniform(0.0, 0.02)) for place in places]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--films", type=int, default=3000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate", type=int, default=500)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place, upstream_process(Path(place), given.films, 0.005) as upstream:
        folder, environ = Path(place), environment(upstream.base_url, given.rate)
        whole = imported(folder / "whole", environ, given.films)
        started = time.monotonic()
        finish(start(whole, environ, "full", "--json"))
        seconds = time.monotonic() - started
        killed = imported(folder / "killed", environ, given.films)
        moments = random_moments(Random(given.seed), given.kills, 2 * given.films)
        outcome = killed_and_resumed(killed, environ, upstream, moments)
        judge(outcome, killed, whole, given.films)
    print(f"seed {given.seed}, {given.films} films, uninterrupted run {seconds:.1f} s")
    print(f"kills {outcome.kills}, requests {outcome.requests}, of them sent twice {outcome.again}")
    print(f"requests lost at each kill {outcome.lost} (at most {WORKERS} workers)")
    print(f"finished questions asked again {outcome.finished_again}")
    print("\n".join(outcome.wrong) or "every table as after an uninterrupted run; integrity ok after every kill")
    return 1 if outcome.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
