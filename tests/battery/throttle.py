"""What the throttle really lets through, measured at a server: `python -m tests.battery.throttle` (about two minutes).

The server runs in a process of its own and notes when each request arrives, on the clock all processes share.
"""

from __future__ import annotations

import asyncio
import resource
import sys
import tempfile
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from mwi_crawl.demo.log import Hit, RequestLog
from mwi_crawl.fetch import Fetcher, HttpTransport, Limits
from mwi_crawl.model import Credential, Fault, Rate, Request
from mwi_crawl.throttle import Throttle, retry_after

FIRST = 9_000_000  # invented film n has this id + n, from 1
RATE = Rate(40.0, burst=2, concurrency=64)


@dataclass
class Server:
    """The fake upstream in another process."""

    base_url: str
    file: Path

    def log(self) -> RequestLog:
        log = RequestLog()
        log.hits = [Hit(**orjson.loads(line)) for line in self.file.read_bytes().splitlines()]
        return log


@dataclass
class Crawl:
    """A lane in small: workers that ask for documents until all are there."""

    server: Server
    rate: Rate
    workers: int
    throttle: Throttle = field(init=False)
    refused: int = 0
    arrived: int = 0

    def __post_init__(self) -> None:
        self.throttle = Throttle(self.rate)
        transport = HttpTransport(self.server.base_url, Limits(connections=self.workers))
        self.fetcher = Fetcher(self.server.base_url, Credential(), self.throttle, transport, "mwi-crawl battery")

    async def documents(self, count: int) -> None:
        waiting = deque(range(count))

        async def work() -> None:
            while waiting:
                number = waiting.popleft()
                if not await self.one(number):
                    waiting.append(number)

        await asyncio.gather(*(work() for _ in range(self.workers)))

    async def seconds(self, seconds: float) -> None:
        end = time.monotonic() + seconds

        async def work(number: int) -> None:
            while time.monotonic() < end:
                await self.one(number)

        await asyncio.gather(*(work(number) for number in range(self.workers)))

    async def one(self, number: int) -> bool:
        reply, started = await self.fetcher.fetch(Request(f"/3/movie/{FIRST + number + 1}"))
        if isinstance(reply, Fault):
            raise AssertionError(reply)
        if reply.status == 429:
            self.refused += 1
            self.throttle.refused(started, retry_after(reply.headers.get("retry-after"), time.time()))
            return False
        self.throttle.answered()
        self.arrived += 1
        return True


@asynccontextmanager
async def server(*options: str) -> AsyncIterator[Server]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "log")
        command = (sys.executable, "-m", "mwi_crawl.demo.upstream", "--log", str(file), "--films", "synthetic:700")
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(*command, *options, stdin=pipe, stdout=pipe)
        assert process.stdout is not None
        try:
            yield Server((await process.stdout.readline()).decode().strip(), file)
        finally:
            process.terminate()
            await process.wait()


async def steady(workers: int, seconds: float = 16.0) -> str:
    async with server("--latency", "0.02") as fake:
        crawl = Crawl(fake, RATE, workers)
        await crawl.seconds(seconds)
        await crawl.fetcher.close()
        return measured(fake.log(), RATE.per_second)


async def after_a_pause_and_an_idle_time() -> str:
    async with server("--latency", "0.02") as fake:
        crawl = Crawl(fake, RATE, 64)
        await crawl.seconds(3)
        crawl.throttle.pause(1.5, "upstream_down")
        await crawl.seconds(4.5)
        await asyncio.sleep(3)
        await crawl.seconds(3)
        await crawl.fetcher.close()
        return f"busiest second {fake.log().busiest()}"


async def down_and_up_again() -> str:
    """A refusal at 40/s: at every moment the last second holds no more than the rate allowed by then, and the burst."""
    async with server("--latency", "0.02") as fake:
        crawl = Crawl(fake, RATE, 64)
        rates = [(time.monotonic(), crawl.throttle.rate)]
        running = asyncio.create_task(crawl.seconds(20))
        await asyncio.sleep(2)
        refused = time.monotonic()
        crawl.throttle.refused(refused, 1.0)
        while not running.done():
            rates.append((time.monotonic(), crawl.throttle.rate))
            await asyncio.sleep(0.01)
        await crawl.fetcher.close()
        hits = [hit.at for hit in fake.log().hits if hit.at > refused + 0.1]
        excess = max(sum(1 for at in hits if hit - 1 < at <= hit) - _highest(rates, hit) for hit in hits)
        second = sum(1 for at in hits if at < hits[0] + 1)
        return (
            f"first request {hits[0] - refused:.2f} s after the refusal, {second} in the second after, "
            f"rate at the end {crawl.throttle.rate:.1f}, most above the rate of its second {excess:.1f}"
        )


def _highest(rates: list[tuple[float, float]], at: float) -> float:
    return max(rate for when, rate in rates if at - 1.1 < when <= at + 0.05)


async def unknown_limit(latency: str = "0.05", documents: int = 600) -> str:
    async with server("--latency", latency, "--limit", "40") as fake:
        crawl = Crawl(fake, Rate(100.0, burst=2, concurrency=64), 64)
        begin = time.monotonic()
        await crawl.documents(documents)
        wall = time.monotonic() - begin
        await crawl.fetcher.close()
        good = {hit.path for hit in fake.log().hits if hit.status == 200}
        return f"{len(good)} of {documents} documents in {wall:.1f} s, {crawl.refused} x 429"


async def many_waiters(count: int = 5_000) -> str:
    throttle = Throttle(RATE)
    before = resource.getrusage(resource.RUSAGE_SELF)
    tasks = [asyncio.create_task(throttle.turn()) for _ in range(count)]
    await asyncio.sleep(3)
    used = resource.getrusage(resource.RUSAGE_SELF)
    done = sum(task.done() for task in tasks)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    seconds = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
    return f"{done} of {count} started in 3 s, {seconds:.2f} s of processor"


def measured(log: RequestLog, rate: float) -> str:
    reached = log.steady_rate(RATE.burst)
    return f"{reached:.2f}/s = {100 * reached / rate:.1f} %, busiest second {log.busiest()}"


async def main() -> None:
    print(f"allowed: {RATE.per_second:.0f}/s, burst {RATE.burst}")
    print("1 worker             ", await steady(1), flush=True)
    print("64 workers           ", await steady(64), flush=True)
    print("pause, idle time     ", await after_a_pause_and_an_idle_time(), flush=True)
    print("refused, climbing    ", await down_and_up_again(), flush=True)
    for latency in ("0", "0.05", "0.2"):
        print(f"unknown limit, {latency:>4} s", await unknown_limit(latency), flush=True)
    print("waiters              ", await many_waiters(), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
