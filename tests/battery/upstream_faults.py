"""Every source against every fault of an upstream, over real HTTP: `python tests/battery/upstream_faults.py`.

Twenty films, of which one is poisoned at one source; a second source is asked beside it. Each cell of the table is a
run of the command line in a process of its own, whose waits are cut to a hundredth. Prints what became of the poisoned
question, the exit code, how often it was sent and the most memory the process took; ends with 1 where that is not what
is expected, another question of the source was lost, the second source was harmed, or a traceback was shown.

    python tests/battery/upstream_faults.py [--source NAME]… [--fault NAME]… [--at-once 3]

The table of faults and of what is expected is shared with tests/test_upstream_faults.py, which needs no processes.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import socket
import sqlite3
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path
from urllib.parse import urlencode

from mwi_crawl import films, sources
from mwi_crawl.demo.films import INVENTED_FROM, invented
from mwi_crawl.demo.log import Hit
from mwi_crawl.demo.misbehaviour import MISBEHAVIOURS, Misbehaviour, bomb, drip, instead, slow, too_many
from mwi_crawl.demo.upstream import FakeUpstream, serve_all
from mwi_crawl.model import Seed
from mwi_crawl.store import Store

FILMS = 20
POISONED = 11  # a film that every source has
RETRIES = 1
BROKEN_LIMIT = 5  # unreadable answers in a row that mean another layout; really 25
TIMEOUT = 1.0  # seconds of silence; an answer may take three times as long
MOST_MEMORY = 150.0  # MB
KEYS = {
    "TMDB_API_READ_ACCESS_TOKEN": "eyJhbGciOiJub25lIn0.battery.x",
    "OMDB_API_KEY": "ba77e400",
    "DDD_API_KEY": "battery-battery-battery",
    "YOUTUBE_API_KEY": "AIzaSyBattery-battery-battery-battery-0",
}
ID = INVENTED_FROM + POISONED
QUESTIONS = {  # which requests are about the poisoned film; Cinemorgue is asked about all of them at once
    "tmdb": f"/3/movie/{ID}",
    "omdb": f"/?i=tt{ID}*",
    "ddd": f"/api/v3/items/10000{POISONED:02}",
    "cinemorgue": f"/api.php?*Bridge+{POISONED}+*",
    "imdb": f"/title/tt{ID}/",
    "youtube": "/feeds/videos.xml?*UCb6-*",
    "youtube_api": "/youtube/v3/playlistItems?*UUb6-*",
}
FEEDS = ("youtube", "youtube_api")
SITES = {  # the requests of a source, but for robots.txt
    "tmdb": "/3/*",
    "omdb": "/",
    "ddd": "/api/v3/items*",
    "cinemorgue": "/api.php",
    "imdb": "/title/*",
    "youtube": "/feeds/*",
    "youtube_api": "/youtube/*",
}
OPTIONS: Mapping[str, Mapping[str, object]] = {"cinemorgue": {"people": False}, "youtube_api": {"pages": 1}}


@dataclass(frozen=True)
class Expected:
    """What becomes of the poisoned question: its job's state, the exit code, and how often it is sent at most."""

    state: str
    exit_code: int
    requests: int = 1


HEALED = Expected("done", 0, 2)
DONE = Expected("done", 0)
GIVEN_UP = Expected("failed", 5, RETRIES + 1)
UNREADABLE = Expected("broken", 5)
BLOCKED = Expected("pending", 7)
REJECTED = Expected("pending", 4, 5)  # three in a row, with no good answer between
SPENT = Expected("pending", 6)
REFUSED = Expected("pending", 6, 6)  # five in a row, each after a pause
LAYOUT = Expected("broken|pending", 7)
AWAY = Expected("pending", 6, 0)  # this source alone cannot be reached


HTML = "text/html; charset=utf-8"
CLOUDFLARE = b"<!DOCTYPE html><title>Just a moment...</title><script>window._cf_chl_opt={}</script>" + b"<p>x</p>" * 900
GOOGLE = '{"error":{"code":%d,"message":"no","errors":[{"domain":"usageLimits","reason":"%s"}]}}'


def _google(status: int, reason: str) -> Misbehaviour:
    return instead(reason, status, (GOOGLE % (status, reason)).encode())


def _renamed(old: bytes, new: bytes) -> Misbehaviour:
    return Misbehaviour("renamed", lambda ask, response: replace(response, body=response.body.replace(old, new)))


LAYOUTS = dict.fromkeys(QUESTIONS, MISBEHAVIOURS["changed_layout"]) | {
    "cinemorgue": _renamed(b'"revisions"', b'"versions"'),  # its envelope is looked at before any page
    "youtube": _renamed(b"yt:", b"tv:"),
}


@dataclass(frozen=True)
class Fault:
    """A way to go wrong: what the upstream does (or, by source, what each does), and what is expected to come of it.

    `times`: how often it does so (None: always); `everywhere`: towards every question of the source. `place`: it is the
    way there with which something is wrong.
    """

    does: str | Misbehaviour | Mapping[str, Misbehaviour]
    usual: Expected
    otherwise: Mapping[str, Expected] = field(default_factory=dict)
    times: int | None = None
    everywhere: bool = False
    place: bool = False

    def of(self, source: str) -> str | Misbehaviour | None:
        """What this source's upstream does; None if it knows no such fault."""
        return self.does.get(source) if isinstance(self.does, Mapping) else self.does

    def expected(self, source: str) -> Expected:
        """What is to come of it. A channel that cannot be read is told as an event, and is no film's failure."""
        expected = self.otherwise.get(source, self.usual)
        return replace(expected, exit_code=0) if source in FEEDS and expected.exit_code == 5 else expected


FAULTS: Mapping[str, Fault] = {
    "429, Retry-After in seconds": Fault("429_seconds", HEALED, times=1),
    "429, Retry-After as a date": Fault(too_many("429_date", date_in=1.0), HEALED, times=1),
    "429, Retry-After 0": Fault("429_zero", HEALED, times=1),
    "429 without Retry-After": Fault("429", HEALED, times=1),
    "429, an absurd Retry-After": Fault("429_absurd", SPENT),
    "429 for ever": Fault("429", REFUSED),
    **{f"{status} in a burst": Fault(str(status), HEALED, times=1) for status in (500, 502, 503)},
    **{f"{status} for ever": Fault(str(status), GIVEN_UP) for status in range(500, 505)},
    "502 as a page": Fault("502_html", GIVEN_UP),
    "closed without an answer": Fault("close", GIVEN_UP),
    "reset": Fault("reset", GIVEN_UP),
    "reset within the body": Fault("reset_mid_body", GIVEN_UP),
    "reset once": Fault("reset", HEALED, times=1),
    "silence": Fault("silence", GIVEN_UP),
    "slower than patience": Fault(slow(5 * TIMEOUT), GIVEN_UP),
    "slow drip of the body": Fault(drip(pause=0.2), GIVEN_UP),
    "slow drip of the header": Fault(drip("drip_header", 0.2, header=True), GIVEN_UP),
    "Content-Length too long": Fault("cut", GIVEN_UP),
    "Content-Length too short": Fault("length_too_short", GIVEN_UP),
    "chunks cut off": Fault("cut_chunked", GIVEN_UP),
    "half a body, its length matching": Fault("half_body", GIVEN_UP),
    "half a body without a length": Fault("cut_unlimited", GIVEN_UP),
    "half a gzip stream": Fault("cut_gzip", GIVEN_UP),
    "no gzip": Fault("bad_gzip", GIVEN_UP),
    "random bytes": Fault("garbage", GIVEN_UP),
    "a header of 20 kB": Fault("long_header", GIVEN_UP),
    "invalid JSON": Fault(
        "invalid_json", GIVEN_UP, {"imdb": DONE}
    ),  # two commas behind a page are none of its business
    "an empty body": Fault("empty", GIVEN_UP),
    "204": Fault("no_content", UNREADABLE, {"omdb": GIVEN_UP, "ddd": GIVEN_UP}),
    "NaN": Fault("nan", GIVEN_UP, {"omdb": UNREADABLE}),
    "JSON 100,000 deep": Fault("deep_json", GIVEN_UP, {"tmdb": UNREADABLE}),
    "a number of 5,000 digits": Fault("long_number", GIVEN_UP, {"tmdb": UNREADABLE}),
    "a page where JSON belongs": Fault("html", GIVEN_UP, {"imdb": UNREADABLE}),
    "a page that says it is JSON": Fault("html_as_json", GIVEN_UP, {"imdb": UNREADABLE}),
    "a wrong charset": Fault(
        "wrong_charset", GIVEN_UP, {"imdb": DONE, **dict.fromkeys(("tmdb", "omdb", "youtube"), UNREADABLE)}
    ),
    "an unknown charset": Fault("unknown_charset", DONE),
    "a gzip bomb": Fault(bomb(2**28), GIVEN_UP),
    "a body of 1 GB": Fault("huge", GIVEN_UP),
    "a body without end": Fault("endless", GIVEN_UP),
    "a redirect": Fault("redirect", HEALED, times=1),
    "a redirect loop": Fault("redirect_loop", replace(UNREADABLE, requests=6)),
    "a redirect to nowhere": Fault("redirect_nowhere", UNREADABLE),
    "a redirect to another host": Fault("redirect_other_host", UNREADABLE),
    "a redirect to http": Fault("redirect_http", UNREADABLE),
    "a redirect to a file": Fault("redirect_file", UNREADABLE),
    "a bot wall of Cloudflare": Fault(instead("cf", 403, CLOUDFLARE, HTML), BLOCKED),
    "a bot wall told in a header": Fault("bot_wall_cloudflare", BLOCKED),
    "a bot wall of AWS": Fault("bot_wall_aws", BLOCKED),
    "403 without a wall's mark": Fault(
        "forbidden", GIVEN_UP, dict.fromkeys(("cinemorgue", "imdb", "youtube"), BLOCKED)
    ),
    "the key rejected": Fault(
        {
            "tmdb": MISBEHAVIOURS["key_rejected"],
            "omdb": MISBEHAVIOURS["omdb_key_rejected"],
            "ddd": instead("ddd_key", 401, b'{"error":"invalid_api_key","message":"The API key is not valid."}'),
            "youtube_api": _google(400, "keyInvalid"),
        },
        REJECTED,
    ),
    "the quota spent": Fault(
        {
            "omdb": MISBEHAVIOURS["quota_spent"],
            "ddd": instead("ddd_month", 429, b'{"error":"monthly_limit_exceeded","message":"No more this month."}'),
            "youtube_api": _google(403, "quotaExceeded"),
        },
        SPENT,
    ),
    "the minute spent": Fault({"ddd": MISBEHAVIOURS["ddd_minute_spent"]}, HEALED, times=1),
    "the layout changed, of one answer": Fault(LAYOUTS, UNREADABLE, {"cinemorgue": LAYOUT}),  # one answer about 20
    "the layout changed, everywhere": Fault(
        {name: LAYOUTS[name] for name in LAYOUTS if name not in FEEDS}, LAYOUT, everywhere=True
    ),
    "no such name": Fault("dns", AWAY, place=True),
    "connection refused": Fault("refused", AWAY, place=True),
    "no connection in time": Fault("connect", AWAY, place=True),
    "no TLS": Fault("tls", AWAY, place=True),
}


@dataclass(frozen=True)
class Seen:
    """What came of a fault at a source."""

    source: str
    state: str
    exit_code: int
    requests: int
    others: Counter[str]  # the source's other questions, by the state they were left in
    reason: str

    def wrong(self, fault: Fault) -> list[str]:
        """What is not as expected, in sentences; empty if all is well."""
        expected, found = fault.expected(self.source), []
        if self.state not in expected.state.split("|") or self.exit_code != expected.exit_code:
            found.append(f"{self.state}/{self.exit_code} instead of {expected.state}/{expected.exit_code}")
        if self.requests > expected.requests:
            found.append(f"{self.requests} requests instead of {expected.requests}")
        if harmed := self.others.keys() - self._allowed(fault):
            found.append(f"others are {', '.join(f'{self.others[state]} {state}' for state in sorted(harmed))}")
        if self.others.total() < (1 if self.source in FEEDS else FILMS - 1):
            found.append(f"only {self.others.total()} other questions are left")
        return found

    def _allowed(self, fault: Fault) -> set[str]:
        """What may become of the source's other questions: where its lane closes, they wait."""
        expected = fault.expected(self.source)
        allowed = {"done", "absent"} | ({"pending"} if expected.exit_code in (4, 6, 7) else set())
        all_of_it = fault.everywhere or (self.source == "cinemorgue" and fault.does not in LAYOUTS.values())
        return allowed | ({"broken"} if "broken" in expected.state and all_of_it else set())


_STATES = """
select jobs.state, coalesce(films.imdb_id = ?, jobs.key like '%UCb6-%')
from jobs left join films using (film_id)
where jobs.source = ? and coalesce(jobs.reason, '') <> 'lookup'
  and (jobs.film_id is not null or jobs.source like 'youtube%')
order by jobs.job_id
"""
_REASON = "select class from failures where source = ? order by failure_id desc"


def states(path: Path, source: str) -> tuple[str, str, Counter[str]]:
    """The state of the poisoned question, why it last failed, and the states of all others."""
    with closing(sqlite3.connect(path)) as db:
        rows = db.execute(_STATES, (f"tt{ID}", source)).fetchall()
        said = db.execute(_REASON, (source,)).fetchone()
    poisoned = [state for state, is_poisoned in rows if is_poisoned]
    others = Counter(state for state, is_poisoned in rows if not is_poisoned)
    return poisoned[-1] if poisoned else "not asked", said[0] if said else "", others


def seen(path: Path, source: str, exit_code: int, upstream: FakeUpstream) -> Seen:
    """What a run left behind."""
    state, reason, others = states(path, source)
    pattern = QUESTIONS[source]
    asked = sum(fnmatchcase(_question(hit) if "?" in pattern else hit.path, pattern) for hit in upstream.log.hits)
    return Seen(source, state, exit_code, asked, others, reason)


def _question(hit: Hit) -> str:
    return f"{hit.path}?{urlencode(sorted(hit.params.items()))}"


def seeds() -> list[Seed]:
    """The films, as an import with titles brings them."""
    known = (invented(number) for number in range(1, FILMS + 1))
    return [Seed({"imdb": film.imdb_id}, title=film.title, year=int(film.year)) for film in known]


def upstream_of(fault: Fault, *names: str) -> FakeUpstream:
    """Everybody's upstream, which does to these sources what the fault says."""
    upstream = FakeUpstream()
    serve_all(upstream, FILMS)
    for name in names:
        if not fault.place and (does := fault.of(name)) is not None:
            upstream.script(does, SITES[name] if fault.everywhere else QUESTIONS[name], times=fault.times)
    return upstream


@contextmanager
def way(fault: Fault, base_url: str) -> Iterator[str]:
    """The address of the upstream; if the way there is the fault, one by which it cannot be reached."""
    if not fault.place:
        yield base_url
    elif fault.does == "dns":
        yield "https://nowhere.invalid"
    else:
        with ExitStack() as sockets:
            server = sockets.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
            place = server.getsockname()
            if fault.does == "refused":
                server.close()
            elif fault.does == "connect":
                for _ in range(4):  # more than its queue holds
                    other = sockets.enter_context(socket.socket())
                    other.setblocking(False)
                    other.connect_ex(place)
            else:
                threading.Thread(target=_answer_plainly, args=(server,), daemon=True).start()
                sockets.callback(server.shutdown, socket.SHUT_RDWR)
            yield f"{'https' if fault.does == 'tls' else 'http'}://127.0.0.1:{place[1]}"


def _answer_plainly(server: socket.socket) -> None:
    """What a server without TLS says to who wants it."""
    with suppress(OSError):
        while True:
            asker, _ = server.accept()
            with asker, suppress(OSError):
                asker.recv(1000)
                asker.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


# The command line in a process of its own

HASTY = f"""
import atexit, sys
from pathlib import Path
from mwi_crawl import breaker, settle, throttle
from mwi_crawl.cli import main
settle.BACKOFF, throttle.FLOOR, throttle.FIRST_BACKOFF, throttle.LEAST = 0.02, 0.01, 0.02, 100.0
breaker.FAULT_PAUSES, breaker.OFFLINE_PAUSES, breaker.BROKEN_LIMIT = (0.05,) * 5, (0.02, 0.04), {BROKEN_LIMIT}
def note():
    said = Path("/proc/self/status").read_text()
    Path("memory").write_text(said.partition("VmHWM:")[2].split()[0])
atexit.register(note)
main()
"""


def environment(source: str, beside: str, away: str, base_url: str) -> dict[str, str]:
    """Variables with which two sources are asked, and no other; none of the caller's own settings."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("MWI_")} | KEYS
    environ |= {"MWI_ENGINE__TIMEOUT_SECONDS": str(TIMEOUT), "MWI_ENGINE__MAX_RETRIES": str(RETRIES)}
    for name in sources.discover():
        place = away if name == source else base_url
        its = {"enabled": name in (source, beside), "base_url": place, "burst": 50, "concurrency": 8}
        its |= {"requests_per_second": 50 if place.startswith("https") else 2000} | OPTIONS.get(name, {})
        environ |= {f"MWI_SOURCES__{name}__{key}".upper(): str(value) for key, value in its.items()}
    return environ


async def fill(path: Path) -> None:
    """A database that follows the films."""
    now = "2026-01-01T00:00:00.000Z"
    async with Store(path) as store:
        for seed in seeds():
            await store.transact(films.add, seed, origin="battery", followed=True, now=now)


async def cell(folder: Path, name: str, source: str) -> tuple[Seen, float, list[str]]:
    """A run: what was seen, the memory it took in MB, and what is wrong."""
    fault, beside = FAULTS[name], "tmdb" if source != "tmdb" else "omdb"
    await fill(folder / "mwi.db")
    upstream = upstream_of(fault, source)
    words = ["incremental", "--source", source, "--source", beside] if source in FEEDS else ["full"]
    async with upstream.serve() as base_url:
        with way(fault, base_url) as away:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-W", "error", "-c", HASTY, *words, "--json"),
                cwd=folder,
                env=environment(source, beside, away, base_url),
                stdout=-1,
                stderr=-1,
            )
            _, said = await asyncio.wait_for(process.communicate(), 120)
    found = seen(folder / "mwi.db", source, process.returncode or 0, upstream)
    memory = int((folder / "memory").read_text()) / 1000
    return found, memory, [*found.wrong(fault), *_beside(folder, beside, said.decode(), memory)]


def _beside(folder: Path, beside: str, said: str, memory: float) -> Iterator[str]:
    """What went wrong elsewhere than at the source."""
    state, _, others = states(folder / "mwi.db", beside)
    if {state, *others} - {"done", "absent"}:
        yield f"{beside} was harmed: {dict(others)}"
    if "Traceback" in said or "bug in mwi-crawl" in said:
        yield f"a bug: {said[-300:]}"
    if memory > MOST_MEMORY:
        yield f"{memory:.0f} MB"
    with closing(sqlite3.connect(folder / "mwi.db")) as db:
        if (found := db.execute("pragma integrity_check").fetchall()) != [("ok",)]:
            yield f"integrity_check: {found}"


async def battery(faults: Sequence[str], names: Sequence[str], at_once: int) -> tuple[int, int, float]:
    """All cells; how many there were, how many went wrong, and the most memory."""
    turn, cells = asyncio.Semaphore(at_once), [(f, s) for f in faults for s in names if FAULTS[f].of(s) is not None]

    async def one(name: str, source: str) -> tuple[Seen, float, list[str]]:
        async with turn:
            with tempfile.TemporaryDirectory() as folder:
                return await cell(Path(folder), name, source)

    failed, most = 0, 0.0
    tasks = [asyncio.create_task(one(*each)) for each in cells]
    for (name, source), task in zip(cells, tasks, strict=True):
        found, memory, wrong = await task
        failed, most = failed + bool(wrong), max(most, memory)
        what = f"{found.state:<8} exit {found.exit_code} {found.requests:2} sent {memory:5.0f} MB  {found.reason}"
        print(f"{name:<34} {source:<12} {what:<54}{'  WRONG: ' + '; '.join(wrong) if wrong else ''}", flush=True)
    return len(cells), failed, most


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--source", action="append", choices=QUESTIONS)
    parser.add_argument("--fault", action="append", choices=FAULTS)
    parser.add_argument("--at-once", type=int, default=3)
    given = parser.parse_args()
    cells, failed, most = asyncio.run(battery(given.fault or [*FAULTS], given.source or [*QUESTIONS], given.at_once))
    print(f"{cells} cells, {failed} not as expected; most memory {most:.0f} MB (allowed: {MOST_MEMORY:.0f})")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
