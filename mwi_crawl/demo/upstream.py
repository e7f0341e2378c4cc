"""The fake upstream: answers from films and recorded cases, misbehaves as scripted, and remembers what was asked.

It has two faces that give the same answers: a Transport without sockets (`send`), and a real HTTP/1.1 server on
loopback (`serve`), where what goes wrong on a wire really goes wrong. As a process of its own:

    python -m mwi_crawl.demo.upstream --log FILE [--port 0] [--latency 0.05] [--limit 40] [--films synthetic:3000]

prints its address as the first line and ends on SIGTERM, when standard input closes, or after `--seconds`.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import os
import signal
import socket
import struct
import sys
import threading
import time
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path
from random import Random
from urllib.parse import urlencode

from mwi_crawl.demo.cinemorgue import FakeCinemorgue
from mwi_crawl.demo.datasets import FakeDatasets
from mwi_crawl.demo.ddd import FakeDdd
from mwi_crawl.demo.imdb import FakeImdb
from mwi_crawl.demo.log import Hit, RequestLog
from mwi_crawl.demo.misbehaviour import MISBEHAVIOURS, Ask, End, Misbehaviour, Step, gzipped, too_many, whole
from mwi_crawl.demo.omdb import FakeOmdb
from mwi_crawl.demo.tmdb import KEY_REJECTED, NOT_FOUND, FakeTmdb
from mwi_crawl.demo.youtube import FakeYoutube
from mwi_crawl.errors import TransportError
from mwi_crawl.model import Response

Handler = Callable[[Ask], Response | None]
"""Answers what it knows, and gives None for the rest."""

KEY_PARAMS = ("api_key", "apikey", "key")
GZIP_FROM = 1024  # bytes; smaller bodies are sent as they are
PATIENCE = 10.0  # seconds the Transport waits before it calls a silence a time-out
NO_LINGER = struct.pack("ii", 1, 0)  # closing sends a reset


def _random(seed: int | str) -> Random:
    return Random(seed)  # noqa: S311 - faults that come again the same, nothing secret


def _lot(text: str) -> float:
    """A number from 0 to 1, the same for a text each time; a Random seeded with it costs five times as much."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6], "big") / 2**48


@dataclass(slots=True)
class _Rule:
    """When a misbehaviour happens. `seen` counts the requests that its pattern and attempts let through."""

    misbehaviour: Misbehaviour
    pattern: str
    start: int
    times: int | None
    share: float
    attempts: int | None
    seed: str
    seen: int = 0

    def applies(self, path: str, question: str, attempt: int) -> bool:
        asked = question if "?" in self.pattern else path
        if not fnmatchcase(asked, self.pattern) or (self.attempts and attempt > self.attempts):
            return False
        self.seen += 1
        if self.seen < self.start or (self.times is not None and self.seen >= self.start + self.times):
            return False
        return self.share >= 1 or _lot(f"{self.seed} {question} {attempt}") < self.share


@dataclass(frozen=True, slots=True)
class _Case:
    body: bytes | Path
    status: int
    headers: Mapping[str, str]
    params: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Reply:
    """What will be done about one request: an answer, how it goes wrong, and the seconds before its first byte."""

    response: Response
    misbehaviour: Misbehaviour | None
    wait: float


@dataclass
class FakeUpstream:
    """An upstream that does as it is told.

    `key`: the only accepted one (without it every request is). `latency`: seconds before each answer, fixed or
    (least, most) drawn from `seed`. `log`: what has been asked.
    """

    seed: int = 0
    key: str | None = field(default=None, repr=False)
    latency: float | tuple[float, float] = 0.0
    log: RequestLog = field(default_factory=RequestLog)

    def __post_init__(self) -> None:
        self._handlers: list[Handler] = []
        self._cases: dict[str, list[_Case]] = {}
        self._rules: list[_Rule] = []
        self._asked: Counter[str] = Counter()
        self._admitted: deque[float] = deque()
        self._limit: tuple[float, Misbehaviour] | None = None
        self._jitter = _random(self.seed)
        self._lock = threading.Lock()

    def handle(self, handler: Handler) -> None:
        """Ask this function for answers too; those added first are asked first."""
        self._handlers.append(handler)

    def add(
        self,
        path: str,
        body: bytes | str | Path,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
    ) -> None:
        """Answer this path, if the query has at least `params`, with a body or a file's content, before all handlers.

        Of several cases that fit, the one with most params is taken, and the later of two alike.
        """
        content = body.encode() if isinstance(body, str) else body
        fields = {"content-type": "application/json; charset=utf-8"} | {
            name.lower(): value for name, value in (headers or {}).items()
        }
        self._cases.setdefault(path, []).append(_Case(content, status, fields, params or {}))

    def script(
        self,
        misbehaviour: Misbehaviour | str,
        path: str = "*",
        *,
        start: int = 1,
        times: int | None = None,
        share: float = 1.0,
        attempts: int | None = None,
    ) -> None:
        """Misbehave, by name or object, towards requests whose path fits a pattern (`/3/movie/*`).

        A pattern with a `?` is one of path and query, the params in alphabetical order (`/?i=tt0133093*`).
        From the `start`-th such request on, `times` in all; towards a seeded `share` of them; towards the first
        `attempts` of each question only, so that asking again helps. The first rule that applies wins.
        """
        chosen = MISBEHAVIOURS[misbehaviour] if isinstance(misbehaviour, str) else misbehaviour
        seed = f"{self.seed} {len(self._rules)}"
        self._rules.append(_Rule(chosen, path, start, times, share, attempts, seed))

    def behave(self) -> None:
        """Forget the script and the limit; the log stays."""
        self._rules.clear()
        self._limit = None

    def limit(self, per_second: float, retry_after: str | None = "1") -> None:
        """Refuse with 429 what goes beyond so many requests in any one second; refused ones do not count."""
        self._limit = (per_second, too_many("limit", retry_after))

    def reply(self, ask: Ask) -> Reply:
        """Decide about one request, and remember it."""
        params = {name: value for name, value in ask.params.items() if not self._is_key(name, value)}
        path = ask.path.replace(self.key, "***") if self.key else ask.path
        with self._lock:
            at = time.monotonic()
            question = f"{path}?{urlencode(sorted(params.items()))}"
            self._asked[question] += 1
            attempt = self._asked[question]
            wrong = self._refusal(at) or self._scripted(path, question, attempt)
            response = self._right(ask)
            if wrong:
                response = wrong.answer(ask, response)
            status = 0 if wrong and wrong.kind else response.status
            self.log.add(Hit(at, ask.method, path, params, status, attempt, wrong.name if wrong else None))
            return Reply(response, wrong, self._delay() + (wrong.wait if wrong else 0.0))

    async def send(self, url: str, headers: Mapping[str, str]) -> Response:
        """The Transport: the answer to a GET, or a TransportError of the kind a real one would raise."""
        reply = self.reply(Ask.of("GET", url, headers))
        if reply.wait > PATIENCE:
            raise TransportError("timeout", "time-out while waiting for the answer")
        await asyncio.sleep(reply.wait)
        if reply.misbehaviour and reply.misbehaviour.kind:
            raise TransportError(reply.misbehaviour.kind, f"no whole answer ({reply.misbehaviour.name})")
        return replace(reply.response, url=url.partition("?")[0])

    async def close(self) -> None:
        """The Transport's farewell; there is nothing to give back."""

    @asynccontextmanager
    async def serve(self, port: int = 0) -> AsyncIterator[str]:
        """The HTTP/1.1 server, as its base URL. Leaving drops the connections that are still open."""
        connections: set[asyncio.Task[None]] = set()

        def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.create_task(self._converse(reader, writer), name="connection of the fake upstream")
            connections.add(task)
            task.add_done_callback(connections.discard)

        server = await asyncio.start_server(connected, "127.0.0.1", port, backlog=1024)
        try:
            yield "http://{}:{}".format(*server.sockets[0].getsockname())
        finally:
            server.close()
            for task in (leftover := tuple(connections)):
                task.cancel()
            await asyncio.gather(*leftover, return_exceptions=True)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection: requests and answers in turn, until either side has enough."""
        try:
            while ask := await _read(reader):
                reply = self.reply(ask)
                if reply.wait:
                    await asyncio.sleep(reply.wait)
                wire = reply.misbehaviour.wire if reply.misbehaviour else None
                steps = wire(reply.response) if wire else (whole(_packed(ask, reply.response)),)
                if await _play(steps, writer) or ask.headers.get("connection") == "close":
                    break
            writer.close()  # unlike abort, after everything written has left
            await writer.wait_closed()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            return  # the client has gone, or talks nonsense
        finally:
            writer.transport.abort()

    def _right(self, ask: Ask) -> Response:
        """The answer of an upstream that behaves."""
        if self.key and not self._accepted(ask):
            return KEY_REJECTED
        answers = (handler(ask) for handler in (self._case, *self._handlers))
        response = next((answer for answer in answers if answer), NOT_FOUND)
        etag = response.headers.get("etag")
        if etag and response.status == 200 and ask.headers.get("if-none-match") == etag:
            headers = {name: value for name, value in response.headers.items() if name != "content-type"}
            return Response(304, headers, b"")
        return response

    def _case(self, ask: Ask) -> Response | None:
        fitting = [case for case in self._cases.get(ask.path, ()) if case.params.items() <= ask.params.items()]
        if not fitting:
            return None
        case = max(reversed(fitting), key=lambda case: len(case.params))
        body = case.body.read_bytes() if isinstance(case.body, Path) else case.body
        return Response(case.status, case.headers, body)

    def _accepted(self, ask: Ask) -> bool:
        offered = [ask.headers.get("authorization", "").removeprefix("Bearer "), ask.headers.get("x-api-key")]
        return self.key in (*offered, *(ask.params.get(name) for name in KEY_PARAMS))

    def _is_key(self, name: str, value: str) -> bool:
        return name.lower() in KEY_PARAMS or value == self.key

    def _refusal(self, at: float) -> Misbehaviour | None:
        if self._limit is None:
            return None
        per_second, refusal = self._limit
        while self._admitted and self._admitted[0] <= at - 1:
            self._admitted.popleft()
        if len(self._admitted) >= per_second:
            return refusal
        self._admitted.append(at)
        return None

    def _scripted(self, path: str, question: str, attempt: int) -> Misbehaviour | None:
        return next((rule.misbehaviour for rule in self._rules if rule.applies(path, question, attempt)), None)

    def _delay(self) -> float:
        return self._jitter.uniform(*self.latency) if isinstance(self.latency, tuple) else self.latency


async def _read(reader: asyncio.StreamReader) -> Ask | None:
    """The next request of a connection; its body, if any, is read and forgotten. None at the end."""
    lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, _, rest = lines[0].partition(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:] if line)}
    if (length := headers.get("content-length", "")).isdecimal():
        await reader.readexactly(int(length))
    return Ask.of(method, rest.rpartition(" ")[0], headers) if rest else None


def _packed(ask: Ask, response: Response) -> Response:
    """The answer as it travels: gzipped if that was asked for and is worth it."""
    wanted = "gzip" in ask.headers.get("accept-encoding", "")
    if not wanted or len(response.body) < GZIP_FROM or "content-encoding" in response.headers:
        return response
    headers = {**response.headers, "content-encoding": "gzip", "vary": "accept-encoding, Origin"}
    return replace(response, headers=headers, body=gzipped(response.body))


async def _play(steps: Iterable[Step], writer: asyncio.StreamWriter) -> bool:
    """Do on the wire what the steps say, no faster than the client reads; whether the connection has ended."""
    for step in steps:
        if isinstance(step, bytes):
            writer.write(step)
            await writer.drain()
            await asyncio.sleep(0)  # a body without end must not keep the loop to itself
        elif isinstance(step, float):
            await asyncio.sleep(step)
        else:
            if step is End.RESET:
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
                writer.transport.abort()
            return True
    return False


def serve_all(
    upstream: FakeUpstream, count: int = 0, *, quota: int | None = None, wall_after: int | None = None
) -> None:
    """Have every source answered, about the bundled films and `count` invented ones, without limits of a minute.

    `quota`: how many requests OMDb answers; `wall_after`: how many pages IMDb shows before it takes us for a robot.
    """
    fakes = (
        FakeTmdb(count),
        FakeOmdb(count, quota),
        FakeDdd(count, None, None),
        FakeCinemorgue(count),
        FakeImdb(count, wall_after),
        FakeDatasets(count),
        FakeYoutube(),
    )
    for fake in fakes:
        upstream.handle(fake.answer)


def demo_upstream(seed: int = 7, *, bad_day: bool = False) -> FakeUpstream:
    """The demo's upstream: the bundled films, a believable latency, and a little trouble, the same each time.

    Some ids of the bundled history are unknown to it. TMDb asks twice to slow down for a second and is out of order
    for a few requests. On a bad day OMDb's quota ends in the middle, DoesTheDogDie's minute has nothing left, and IMDb,
    whose pages are then asked for, takes us for a robot.
    """
    upstream = FakeUpstream(seed=seed, latency=(0.015, 0.040))
    serve_all(upstream, quota=120 if bad_day else None, wall_after=25 if bad_day else None)
    when = _random(seed)
    upstream.script("429_seconds", "/3/*", start=when.randint(50, 70), times=1)
    upstream.script("503", "/3/*", start=when.randint(110, 130), times=4)
    upstream.script("429_seconds", "/3/*", start=when.randint(190, 220), times=1)
    if bad_day:
        upstream.script("ddd_minute_spent", "/api/v3/*", start=100, times=2)
    return upstream


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m mwi_crawl.demo.upstream", description="A fake film upstream.")
    parser.add_argument("--port", type=int, default=0, help="0: any free port")
    parser.add_argument("--log", type=Path, help="append a JSON object per request to this file")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before each answer")
    parser.add_argument("--limit", type=float, help="answer 429 above so many requests a second")
    parser.add_argument("--films", default="bundled", help="'synthetic:N' adds N invented films to the bundled ones")
    parser.add_argument("--omdb-quota", type=int, help="requests OMDb answers before its quota is spent")
    parser.add_argument("--imdb-wall-after", type=int, help="pages IMDb shows before it puts up a wall")
    parser.add_argument(
        "--script", action="append", default=[], metavar="NAME,PATTERN,START,TIMES", help="misbehave so"
    )
    parser.add_argument("--seconds", type=float, default=600.0, help="end after so long")
    return parser.parse_args(arguments)


def _when_input_ends(stop: Callable[[], None]) -> None:
    """Call `stop` when standard input is at its end: whoever started this process is done with it."""

    def watch() -> None:
        while os.read(sys.stdin.fileno(), 1024):
            pass
        stop()

    threading.Thread(target=watch, name="standard input", daemon=True).start()


async def _run(options: argparse.Namespace) -> None:
    upstream = FakeUpstream(latency=options.latency, log=RequestLog(options.log))
    count = int(options.films.partition(":")[2] or 0)
    serve_all(upstream, count, quota=options.omdb_quota, wall_after=options.imdb_wall_after)
    for name, pattern, start, times in (words.split(",") for words in options.script):
        upstream.script(name, pattern, start=int(start), times=int(times))
    if options.limit:
        upstream.limit(options.limit)
    loop, stopped = asyncio.get_running_loop(), asyncio.Event()

    def stop(*_: object) -> None:
        loop.call_soon_threadsafe(stopped.set)

    signal.signal(signal.SIGTERM, stop)
    _when_input_ends(stop)
    async with upstream.serve(options.port) as base_url:
        sys.stdout.write(f"{base_url}\n")
        sys.stdout.flush()
        loop.call_later(options.seconds, stopped.set)
        await stopped.wait()
    upstream.log.close()


if __name__ == "__main__":
    asyncio.run(_run(_options(None)))
