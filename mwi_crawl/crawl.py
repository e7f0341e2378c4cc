"""The engine: conducts plan → fetch → parse → store. The only module that knows their order.

    async with Engine(config) as engine:
        report = await engine.full()

does what `mwi-crawl full` does, as often as it is asked, and is safe to cancel. It prints nothing: `engine.report` is
there to be watched.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime

import orjson

from mwi_crawl import checkpoint, parse, plan, runs, sources
from mwi_crawl.breaker import Breaker
from mwi_crawl.checkpoint import Saved
from mwi_crawl.config import Config, SourceSettings
from mwi_crawl.errors import (
    DiskFullError,
    InputError,
    KeyMissingError,
    MwiError,
    OfflineError,
    SourceOffError,
    StorageError,
)
from mwi_crawl.fetch import Fetcher, HttpTransport, Limits, Transport
from mwi_crawl.lane import Lane
from mwi_crawl.model import Job, JobState, Result, RunStatus, Seed
from mwi_crawl.plan import Cost, Scope
from mwi_crawl.report import LaneReport, Report
from mwi_crawl.runs import Run
from mwi_crawl.settle import iso
from mwi_crawl.source import Source
from mwi_crawl.store import Store
from mwi_crawl.throttle import Throttle
from mwi_crawl.writer import Writer

BYTES_PER_FILM = 40_000  # in the file, per film and source: a compressed body and its rows
ROOM = 64_000_000  # bytes that must be left on the disk beside that
SLEPT = 60.0  # seconds by which the wall clock may outrun the monotonic one before it is called sleep

TransportFactory = Callable[[Source, str, Limits], Transport]


def http(source: Source, base_url: str, limits: Limits) -> Transport:
    """The real way out."""
    return HttpTransport(base_url, limits, metered=source.metered)


class Engine:
    """One database, and the runs that fill it."""

    def __init__(
        self,
        config: Config,
        *,
        transport: TransportFactory = http,
        max_failures: int | None = None,
        on_busy: Callable[[float], None] = lambda _seconds: None,
    ) -> None:
        self.config = config
        self.report = Report()
        self._transport = transport
        self._max_failures = max_failures
        engine = config.engine
        self.store = Store(config.paths.db, busy_seconds=engine.busy_wait_seconds, on_busy=on_busy)
        self._lanes: list[Lane] = []
        self._stopped = False

    async def __aenter__(self) -> Engine:
        await self.store.__aenter__()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.store.__aexit__(None, None, None)

    async def full(self, scope: Scope | None = None, *, resume: bool = False) -> Report:
        """Ask every source about every followed film for which it is due. `resume` goes on with an unfinished run.

        Raises KeyMissingError, SourceOffError or InputError before anything is fetched, OfflineError if no source can
        be reached, StorageError if the file cannot be written; all that was finished before is stored.
        """
        return await self._run("full", scope or Scope(), resume=resume)

    async def retry(self, scope: Scope | None = None) -> Report:
        """Ask again about what was given up or could not be read. Raises as `full` does."""
        return await self._run("failures", scope or Scope(), resume=False)

    async def probe(self, name: str) -> Result | None:
        """Send one source's cheapest request, to see whether it answers and takes the key. None: it has no key."""
        kind = sources.discover()[name]
        settings, engine = self.config.sources[name], self.config.engine
        source = kind(settings.options)
        if (credential := source.authorize(self.config.reveal())) is None:
            return None
        limits = Limits(engine.timeout_seconds, int(engine.max_body_mb * 1024 * 1024), 1)
        transport = self._transport(source, settings.base_url, limits)
        fetcher = Fetcher(settings.base_url, credential, Throttle(settings.rate), transport, engine.user_agent)
        try:
            request = source.probe()
            reply, _ = await fetcher.fetch(request)
            return parse.judge(source, Job(0, name, "probe", None), request, reply)
        finally:
            await fetcher.close()

    async def estimate(self, scope: Scope | None = None) -> tuple[dict[str, Cost], dict[str, str]]:
        """What `full` would do now, per source, without a request; and which sources take no part, and why."""
        scope = scope or Scope()
        taking_part, skipped = self._choose_sources(scope)
        now = datetime.now(UTC)
        costs = await self.store.transact(plan.estimate, "full", taking_part, scope, self._followed(), now)
        return costs, skipped

    def stop(self) -> int:
        """First call: send nothing more and let what is under way finish. Second: drop it too. Returns how many."""
        drop, self._stopped = self._stopped, True
        self.report.interrupted = True
        return sum(lane.halt(drop=drop) for lane in self._lanes)

    async def _run(self, kind: str, scope: Scope, *, resume: bool) -> Report:
        started = time.monotonic()
        self.report, self._stopped = Report(kind=kind), False
        taking_part, skipped = self._choose_sources(scope)
        run = await self._open_run(kind, scope, resume=resume)
        if run.resumed:
            scope = Scope(**orjson.loads(run.options))
            taking_part, skipped = self._choose_sources(scope)
        report = self.report
        report.run_id, report.kind, report.attempt, report.skipped = run.run_id, run.kind, run.attempt, skipped
        try:
            await self._conduct(run, scope, taking_part)
        except BaseException as error:
            cause = _cause(error)
            await self._end(RunStatus.FAILED, getattr(cause, "exit_code", 1), f"{type(cause).__name__}: {cause}")
            raise cause from error
        finally:
            report.seconds = time.monotonic() - started
        if report.exit_code == OfflineError.exit_code:
            await self._end(report.status, report.exit_code, "no source could be reached")
            raise _offline(report)
        await self._end(report.status, 130 if report.interrupted else report.exit_code, report.stopped or "")
        return report

    async def _conduct(self, run: Run, scope: Scope, taking_part: dict[str, Source]) -> None:
        if not run.planned:
            await self._plan(run, scope, taking_part)
        for name, source in taking_part.items():
            planned = None if run.planned else await self.store.read(plan.due, run.run_id, name)
            self.report.lanes[name] = await self.store.transact(runs.open_lane, run.run_id, name, planned)
            self.report.lanes[name].rate = self._settings(source).rate.per_second
        for name, reason in self.report.skipped.items():
            lane = await self.store.transact(runs.open_lane, run.run_id, name, 0)
            lane.state = reason
            await self.store.transact(runs.close_lane, run.run_id, lane)
        self.report.films = max((lane.planned for lane in self.report.lanes.values()), default=0)
        self._see_room()
        if not self._stopped:
            await self._crawl(run, taking_part)

    async def _crawl(self, run: Run, taking_part: dict[str, Source]) -> None:
        keep = self.config.engine.keep_bodies
        async with Writer(self.store, run.run_id, lambda saved: self.on_saved(saved), keep_bodies=keep) as writer:
            self._lanes = [await self._lane(run.run_id, source, writer) for source in taking_part.values()]
            heart = asyncio.create_task(self._beat(run.run_id), name="heartbeat")
            try:
                async with asyncio.TaskGroup() as group:
                    for lane in self._lanes:
                        group.create_task(lane.run(), name=f"lane {lane.source.name}")
            finally:
                heart.cancel()
                with contextlib.suppress(asyncio.CancelledError, StorageError):
                    await heart
        for lane in self._lanes:
            await self.store.transact(runs.close_lane, run.run_id, lane.report)

    async def _lane(self, run_id: int, source: Source, writer: Writer) -> Lane:
        settings, engine = self._settings(source), self.config.engine
        rate = self._settings(source).rate
        remembered = await self.store.read(checkpoint.throttle, source.name, datetime.now(UTC))
        throttle = Throttle(rate, remembered)
        limits = Limits(engine.timeout_seconds, int(engine.max_body_mb * 1024 * 1024), rate.concurrency)
        credential = source.authorize(self.config.reveal())
        assert credential is not None
        fetcher = Fetcher(
            settings.base_url,
            credential,
            throttle,
            self._transport(source, settings.base_url, limits),
            engine.user_agent,
        )
        return Lane(
            run_id,
            source,
            fetcher,
            throttle,
            Breaker(engine.net_wait_seconds),
            self.store,
            writer,
            self.report.lanes[source.name],
            workers=rate.concurrency,
            max_retries=engine.max_retries,
            tell=self.report.events.append,
        )

    async def _plan(self, run: Run, scope: Scope, taking_part: dict[str, Source]) -> None:
        now = datetime.now(UTC)
        await self.store.transact(plan.follow, self._followed(), iso(now))
        unknown = await self.store.transact(plan.choose, scope, taking_part, now)
        if unknown:
            raise InputError(
                f"no film with the id {', '.join(unknown)} is known.",
                safe="Nothing was fetched.",
                todo="Import it first: mwi-crawl import ids -   (reads ids from standard input)",
            )
        for source in taking_part.values():
            if run.kind == "failures":
                await self.store.transact(plan.requeue_failed, run.run_id, source, scope, now)
                continue
            await self.store.transact(plan.requeue, run.run_id, source, scope, now)
            after: int | None = 0
            while after is not None and not self._stopped:
                after = await self.store.transact(plan.page, run.run_id, source, scope, after, iso(now))
        if not self._stopped:
            await self.store.transact(runs.planned, run.run_id, iso(datetime.now(UTC)))

    def _choose_sources(self, scope: Scope) -> tuple[dict[str, Source], dict[str, str]]:
        """The sources that take part, and the others with the reason. One that was named must be able to."""
        taking_part: dict[str, Source] = {}
        skipped: dict[str, str] = {}
        secrets = self.config.reveal()
        for name, kind in sources.discover().items():
            if scope.sources and name not in scope.sources:
                continue
            settings = self.config.sources[name]
            source = kind({**settings.options, "ttl_days": settings.ttl_days})
            if not settings.enabled:
                skipped[name] = "off"
                if scope.sources:
                    raise _off(source)
            elif source.authorize(secrets) is None:
                skipped[name] = "no_key"
                if scope.sources:
                    raise _no_key(source)
            else:
                taking_part[name] = source
        if unknown := set(scope.sources) - set(sources.discover()):
            raise InputError(
                f"there is no source {', '.join(sorted(unknown))}.",
                safe="Nothing was fetched.",
                todo=f"The sources are: {', '.join(sources.discover())}",
            )
        return taking_part, skipped

    async def _open_run(self, kind: str, scope: Scope, *, resume: bool) -> Run:
        now = iso(datetime.now(UTC))
        if resume and (run := await self.store.transact(runs.resume, now)) is not None:
            return run
        return await self.store.transact(runs.begin, kind, orjson.dumps(asdict(scope)).decode(), now)

    async def _end(self, status: RunStatus, exit_code: int, message: str) -> None:
        """Write how the run ended; where the disk has no room even for that, the run stays RUNNING and is resumable."""
        with contextlib.suppress(StorageError):
            now = iso(datetime.now(UTC))
            await self.store.transact(runs.end, self.report, status, exit_code, message, now)

    async def _beat(self, run_id: int) -> None:
        wall, monotonic = time.time(), time.monotonic()
        while True:
            await asyncio.sleep(self.config.engine.heartbeat_seconds)
            await self.store.transact(runs.beat, run_id, iso(datetime.now(UTC)))
            slept = (time.time() - wall) - (time.monotonic() - monotonic)
            if slept > SLEPT:
                self.report.events.append(f"Resumed after {slept / 60:.0f} minutes of sleep")
            wall, monotonic = time.time(), time.monotonic()

    def on_saved(self, saved: Saved) -> None:
        """An answer is durable: count it. May be wrapped by whoever wants to know of each."""
        lane = self.report.lanes[saved.settled.result.job.source]
        lane.requests += 1
        lane.planned -= saved.joined
        lane.retried += saved.settled.state is JobState.PENDING
        self.report.last_saved = time.monotonic()
        if saved.finished:
            state = saved.settled.state
            setattr(lane, state, getattr(lane, state) + 1)
            if state is JobState.ABSENT:
                reason = saved.settled.result.reason or "absent"
                lane.reasons[reason] = lane.reasons.get(reason, 0) + 1
        failures = self.report.total("failed") + self.report.total("broken")
        if self._max_failures is not None and failures >= self._max_failures and not self.report.stopped:
            self.report.stopped = f"stopped after {failures} failures (limit)"
            for each in self._lanes:
                each.halt()

    def _see_room(self) -> None:
        """Refuse to start what cannot end for lack of room."""
        needed = sum(lane.waiting for lane in self.report.lanes.values()) * BYTES_PER_FILM + ROOM
        place = self.store.path.parent
        free = shutil.disk_usage(place).free
        if free < needed:
            raise DiskFullError(
                f"{free // 1_000_000} MB free at {place}, this run needs about {needed // 1_000_000} MB.",
                safe="Nothing was fetched.",
                todo="Free some space, set [paths] db elsewhere, or [engine] keep_bodies = false.",
            )

    def _settings(self, source: Source) -> SourceSettings:
        return self.config.sources[source.name]

    def _followed(self) -> Sequence[Seed]:
        ingest = self.config.ingest
        by_imdb = [Seed({"imdb": value}) for value in ingest.imdb_ids]
        return by_imdb + [Seed({"tmdb_movie": str(value)}) for value in ingest.tmdb_ids]


def _cause(error: BaseException) -> BaseException:
    """The one fault that ended a group of tasks: ours first, then any other."""
    if not isinstance(error, BaseExceptionGroup):
        return error
    causes = [_cause(each) for each in error.exceptions]
    return next((cause for cause in causes if isinstance(cause, MwiError)), causes[0])


def _off(source: Source) -> SourceOffError:
    return SourceOffError(
        f'source "{source.name}" is off. {source.why_off}'.rstrip(),
        safe="Nothing was fetched; your data is unchanged.",
        todo=f"To switch it on: [sources.{source.name}] enabled = true in config.toml",
    )


def _no_key(source: Source) -> KeyMissingError:
    return KeyMissingError(
        f'source "{source.name}" was asked for but has no key.',
        safe="Nothing was fetched; your data is unchanged.",
        todo=f"Get a free key at {source.key_url}, put {source.key_names[0]}=... in .env, then: mwi-crawl keys check",
    )


def _offline(report: Report) -> OfflineError:
    lanes: list[LaneReport] = list(report.lanes.values())
    why = next((lane.message for lane in lanes if lane.message), "no connection")
    finished = sum(lane.requests - lane.retried for lane in lanes)
    return OfflineError(
        f"none of {', '.join(lane.source for lane in lanes)} can be reached ({why}).",
        safe=f"{finished} answers of this run are safe." if finished else "Nothing was changed.",
        todo="You can still use: status, runs, failures. When the network is back: mwi-crawl full --resume",
    )
