"""A lane: one source's workers, throttle and breaker. A slow or angry upstream holds up nobody else.

A lane makes passes over its ready jobs until none is due. A worker asks for as many keys at once as the source can
answer in one request, and its turn ends when the answer is durable: at any instant no more requests than workers can be
lost to a crash.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from mwi_crawl import checkpoint, parse, patience
from mwi_crawl.breaker import Breaker, Close, Pause
from mwi_crawl.fetch import Fetcher
from mwi_crawl.ledger import Ledger
from mwi_crawl.model import Fault, Job, JobState, Outcome, Request, Response, Result, Settled
from mwi_crawl.report import LaneReport
from mwi_crawl.settle import iso, latest, settle
from mwi_crawl.source import Source
from mwi_crawl.store import Store
from mwi_crawl.throttle import Throttle, retry_after
from mwi_crawl.writer import Writer

PATIENCE = 600.0  # seconds a lane waits for a retry or a pause; what takes longer is left for a later run
PAGE = 256  # jobs read at a time
TURNS = 32  # of each worker in a pass; then what the answers led to comes first, so that films get finished
BLOCKED_DAYS = 7  # a bot wall is not asked again for so long
LARGE_PAGE = 128 * 1024  # bytes; reading less takes no longer than asking a thread to
MINUTE = 60.0  # seconds after which a quota of the minute is certainly back

_WORDS = {
    "http_429": 'said "slow down" (429)',
    "upstream_down": "keeps failing",
    "offline": "cannot be reached",
    "quota": "has nothing left for now",
}


class Lane:
    """One source in one run."""

    def __init__(
        self,
        run_id: int,
        source: Source,
        fetcher: Fetcher,
        throttle: Throttle,
        breaker: Breaker,
        ledger: Ledger,
        store: Store,
        writer: Writer,
        report: LaneReport,
        *,
        workers: int,
        max_retries: int,
        tell: Callable[[str], None],
    ) -> None:
        self.report = report
        self.source = source
        self._run_id = run_id
        self._fetcher, self._throttle, self._breaker, self._ledger = fetcher, throttle, breaker, ledger
        self._store, self._writer = store, writer
        self._workers = workers
        self._max_retries = max_retries
        self._tell = tell
        self._tasks: set[asyncio.Task[None]] = set()
        self._answered: set[asyncio.Task[None] | None] = set()  # tasks that make something of an answer
        self._halted = asyncio.Event()
        self._capped = False  # the ledger ended it: a later run asks the ledger again, whose limit may be another then

    async def run(self) -> None:
        """Ask until nothing is due, the source must be left alone, or `halt` is called."""
        started, before = time.monotonic(), self.report.seconds
        try:
            if self._throttle.closed_for > PATIENCE:
                self._leave(Close(self._throttle.reason or "rate_limited", self._throttle.closed_for))
            while not self._halted.is_set():
                if await self._pass():
                    await self._until_due()
        finally:
            self.report.seconds = before + time.monotonic() - started
            self.report.rate = self._throttle.rate
            if self.report.state == "running":  # it was stopped
                self.report.state = "waiting" if self.report.waiting else "done"
            try:
                await self._remember()
            finally:
                await self._fetcher.close()

    def halt(self, *, drop: bool = False) -> int:
        """Send nothing more; `drop`: and wait for no answer. Returns how many requests are under way."""
        self._halted.set()
        sending = self._tasks & (self._fetcher.under_way | self._answered)
        for task in self._tasks - (set() if drop else sending) - {asyncio.current_task()}:
            task.cancel()
        return len(sending)

    async def _pass(self) -> bool:
        """Ask what is ready, as much of it as fits into a pass. Whether nothing was left behind."""
        feed = _Feed(self._store, self._run_id, self.source.name, TURNS * self._workers * self.source.batch)
        async with asyncio.TaskGroup() as group:
            for number in range(self._workers):
                task = group.create_task(self._work(feed), name=f"{self.source.name} worker {number}")
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
        return feed.dry

    async def _work(self, feed: _Feed) -> None:
        while not self._halted.is_set():
            jobs = await feed.next(self.source.batch)
            if not jobs:
                return
            for some in self._parted(jobs):
                if not self._halted.is_set():
                    await self._ask(some)

    def _parted(self, jobs: Sequence[Job]) -> list[Sequence[Job]]:
        """The jobs by requests: one that failed and is on its last try is asked alone, lest another of them is why."""
        last = [job for job in jobs if 0 < job.attempts >= self._max_retries]
        if not last:
            return [jobs]
        together = [job for job in jobs if job not in last]
        return [*([together] if together else []), *([job] for job in last)]

    async def _ask(self, jobs: Sequence[Job]) -> None:
        """One request about these jobs, if the quota allows it; returns when all that came of it is durable."""
        if not await self._allowed():
            return
        request = self.source.request([job.key for job in jobs])
        try:
            reply, started = await self._fetcher.fetch(request, jobs[0].etag if len(jobs) == 1 else None)
        except asyncio.CancelledError:
            if asyncio.current_task() not in self._fetcher.dropped:  # it never left
                self._ledger.untake()
            raise
        self._answered.add(task := asyncio.current_task())
        try:
            await self._take(jobs, request, reply, started)
        finally:
            self._answered.discard(task)

    async def _take(self, jobs: Sequence[Job], request: Request, reply: Response | Fault, started: float) -> None:
        """Make what there is of an answer, learn from it, and see it durable."""
        results = await self._understand(jobs, request, reply)
        for result in _telling(results):
            await self._heed(result, started)
        for saved in await self._writer.save(self._settle(results)):
            if saved.settled.state is JobState.DONE and (action := self._breaker.compared(saved.kept)):
                self._leave(action)

    async def _understand(self, jobs: Sequence[Job], request: Request, reply: Response | Fault) -> list[Result]:
        """What the answer means for each job. A large page is read in a thread, for meanwhile the other lanes wait."""
        if self.source.pages and isinstance(reply, Response) and len(reply.body) > LARGE_PAGE:
            return [await asyncio.to_thread(parse.understand, self.source, job, request, reply) for job in jobs]
        return [parse.understand(self.source, job, request, reply) for job in jobs]

    async def _allowed(self) -> bool:
        """Take a request from the quota, waiting for it a little; False, and the lane ends, where that takes long."""
        while (until := self._ledger.take(now := datetime.now(UTC))) is not None:
            seconds = (until - now).total_seconds()
            if seconds > PATIENCE:
                self._capped = True
                self._leave(Close("quota", seconds, "all the requests its quota allows are used"), iso(until))
                return False
            self._throttle.pause(seconds, "quota")
            await asyncio.sleep(seconds)
        return True

    def _settle(self, results: Sequence[Result]) -> list[Settled]:
        """What becomes of the jobs of one request; those asked again come back together."""
        now = datetime.now(UTC)
        dice = random.random()  # noqa: S311 - spreads retries, hides nothing
        return [
            settle(
                result,
                now=now,
                max_retries=self._max_retries,
                dice=dice,
                version=self.source.version,
                shared=at > 0,
                quotas=() if at else self._ledger.rows,
            )
            for at, result in enumerate(results)
        ]

    async def _until_due(self) -> None:
        """Wait for the next retry of this lane, or end it."""
        if self._halted.is_set():
            return
        due, now = await self._store.read(checkpoint.next_ready, self._run_id, self.source.name), datetime.now(UTC)
        wait = (datetime.fromisoformat(due) - now).total_seconds() if due and due <= latest(now) else 0.0
        if due is None or wait > PATIENCE:
            self.report.state, self.report.until = ("done", None) if due is None else ("waiting", due)
            self._halted.set()
        elif wait > 0:
            try:
                async with asyncio.timeout(wait):
                    await self._halted.wait()
            except TimeoutError:
                return

    async def _heed(self, result: Result, started: float) -> None:
        """Let the throttle, the ledger and the breaker learn from an answer, and do as they say."""
        outcome = result.outcome
        spent_until = self._note(result, started)
        if outcome is Outcome.REFUSED:
            told = result.response.headers if result.response else {}
            hint = retry_after(told.get("retry-after"), time.time(), told.get("date"))
            seconds = self._throttle.refused(started, hint)
            if seconds is None:
                return  # part of a refusal that was heeded already
            self._say_pause(seconds, "http_429", f"rate now {self._throttle.rate:.3g}/s")
            await self._remember()
        elif outcome in (Outcome.OFFLINE, Outcome.RETRY) and not self._throttle.since_pause(started):
            return  # it was under way when the gate shut: the same event
        elif result.response is not None and outcome is not Outcome.RETRY:
            self._throttle.answered()
        action = self._breaker.note(outcome, result.reason, result.message)
        if action is None and self._throttle.closed_for > PATIENCE:
            action = Close("rate_limited", self._throttle.closed_for)
        if isinstance(action, Pause):
            self._throttle.pause(action.seconds, action.reason)
            self._say_pause(action.seconds, action.reason, result.message or "")
        elif isinstance(action, Close) and spent_until is not None:
            self._leave(replace(action, message=f"{action.message} {self._ledger.learnt()}"), iso(spent_until))
        elif isinstance(action, Close):
            self._leave(action)
        self.report.rate = self._throttle.rate

    def _note(self, result: Result, started: float) -> datetime | None:
        """Keep the ledger. Returns when a quota that is spent may be tried again."""
        if result.outcome is Outcome.OFFLINE:
            self._ledger.untake()
            return None
        if not (result.allowances or self._ledger.rows or result.outcome is Outcome.SPENT):
            return None  # nothing is counted here
        minutes = [told for told in result.allowances if told.period == "minute"]
        if any(told.left <= 0 for told in minutes) and result.outcome is not Outcome.REFUSED:
            self._throttle.pause(MINUTE, "quota")
        now = datetime.now(UTC)
        return self._ledger.note(result, now - timedelta(seconds=time.monotonic() - started), now)

    def _leave(self, action: Close, resets_at: str | None = None) -> None:
        if self._halted.is_set():
            return
        report = self.report
        report.reason, report.message = action.reason, action.message
        report.state = "closed" if action.waits is None else "waiting"
        if action.waits is not None:
            seconds = max(action.waits, self._throttle.closed_for)  # the upstream may have asked for longer
            report.until = resets_at or iso(datetime.now(UTC) + timedelta(seconds=seconds))
        elif action.reason == "blocked":
            report.until = iso(datetime.now(UTC) + timedelta(days=BLOCKED_DAYS))
        self.halt()

    def _say_pause(self, seconds: float, reason: str, more: str) -> None:
        if reason != "offline" or seconds >= PATIENCE or self.report.requests:
            detail = f"; {more}" if more else ""
            self._tell(f"{self.source.title} {_WORDS[reason]}: all its workers pause {seconds:.0f} s{detail}")

    async def _remember(self) -> None:
        state = self._throttle.remember()
        ours = self._capped or self.report.reason in (None, "offline", "key_rejected")
        closed_until = None if ours else self.report.until
        if closed_until is None and state.closed_for > 0:
            closed_until = iso(datetime.now(UTC) + timedelta(seconds=state.closed_for))
        reason = self.report.reason or state.reason
        state = type(state)(state.rate, state.refused_rate, state.closed_for, reason if closed_until else None)
        now = iso(datetime.now(UTC))
        await self._store.transact(patience.remember_throttle, self.source.name, state, closed_until, now)
        await self._store.transact(patience.keep_quotas, self.source.name, self._ledger.rows)


def _telling(results: Sequence[Result]) -> Sequence[Result]:
    """What a request's results tell about its upstream: a fault or a refusal once, what was read for each key each."""
    one_by_one = results[0].parsed is not None or results[0].reason == "parser_error"
    return results if one_by_one else results[:1]


class _Feed:
    """One pass over a lane's ready jobs, at most `most` of them, each once, a page at a time."""

    def __init__(self, store: Store, run_id: int, source: str, most: int) -> None:
        self._store, self._run_id, self._source = store, run_id, source
        self._page: deque[Job] = deque()
        self._place = (-(2**31), 0)  # of the last job read
        self._left = most
        self.dry = False  # nothing more was ready when it was last looked
        self._lock = asyncio.Lock()

    async def next(self, most: int) -> list[Job]:
        """Ready jobs that were not handed out in this pass, `most` of them where there are as many; none at its end."""
        async with self._lock:
            most = min(most, self._left)
            if len(self._page) < most and not self.dry:
                size = max(PAGE, most)
                args = (self._run_id, self._source, self._place, size, iso(datetime.now(UTC)))
                found = await self._store.read(checkpoint.pending, *args)
                self.dry = len(found) < size
                self._page.extend(job for _, job in found)
                self._place = found[-1][0] if found else self._place
            jobs = [self._page.popleft() for _ in range(min(most, len(self._page)))]
            self._left -= len(jobs)
            return jobs
