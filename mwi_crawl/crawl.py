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
from dataclasses import asdict, replace
from datetime import UTC, datetime

import orjson

from mwi_crawl import heartbeat, parse, patience, plan, runs, sources
from mwi_crawl.breaker import Breaker
from mwi_crawl.checkpoint import Saved
from mwi_crawl.choice import choose_sources, profiled, see_lists, see_news
from mwi_crawl.config import Config, SourceSettings
from mwi_crawl.discreet import Discreet
from mwi_crawl.errors import DiskFullError, InputError, MwiError, OfflineError, StorageError
from mwi_crawl.fetch import Fetcher, HttpTransport, Limits, Transport
from mwi_crawl.lane import Lane
from mwi_crawl.ledger import Ledger
from mwi_crawl.model import Job, JobState, Result, RunStatus, Seed
from mwi_crawl.plan import Cost, Scope
from mwi_crawl.planner import Planner, wanted
from mwi_crawl.redact import Redactor
from mwi_crawl.report import LaneReport, Report
from mwi_crawl.runs import Run
from mwi_crawl.settle import iso
from mwi_crawl.source import Source
from mwi_crawl.store import Store
from mwi_crawl.throttle import Throttle
from mwi_crawl.writer import Writer

BYTES_PER_FILM = 40_000  # in the file, per film and source: a compressed body and its rows
BYTES_WITHOUT_BODIES = 10_000  # the same where bodies are not kept
ROOM = 64_000_000  # bytes that must be left on the disk beside that

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
        self._running = False
        self._stopped = False
        self._stop_code = 130
        self._failures = 0  # of this attempt: those of an earlier one do not count against it

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

    async def incremental(
        self, scope: Scope | None = None, *, profile: str | None = None, resume: bool = False
    ) -> Report:
        """Ask what is new, waits, is stale or has changed upstream, and what is wanted of lists and channels.

        That is what `scope` says, and a profile of the configuration. `resume` goes on with a run of any kind that was
        cut off. Raises as `full` does, and InputError for a profile or a list that there is not.
        """
        return await self._run("incremental", self._with_news(scope or Scope(), profile), resume=resume)

    async def retry(self, scope: Scope | None = None) -> Report:
        """Ask again about what was given up or could not be read. Raises as `full` does."""
        return await self._run("failures", scope or Scope(), resume=False)

    async def probe(self, name: str) -> Result | None:
        """Send one source's cheapest request, to see whether it answers and takes the key. None: it has no key."""
        kind = sources.discover()[name]
        settings = self.config.sources[name]
        source = kind(settings.options)
        if source.authorize(self.config.reveal()) is None:
            return None
        fetcher = self._fetcher(source, Throttle(settings.rate))
        try:
            request = source.probe()
            reply, _ = await fetcher.fetch(request)
            return parse.judge(source, Job(0, name, "probe", None), request, reply)
        finally:
            await fetcher.close()

    async def lift(self, name: str) -> bool:
        """Forget that a source was to be left alone. Whether there was anything to forget."""
        return await self.store.transact(patience.lift, name)

    async def estimate(
        self, scope: Scope | None = None, kind: str = "full", *, profile: str | None = None
    ) -> tuple[dict[str, Cost], dict[str, str]]:
        """What `full` or `incremental` would do now, per source, without a request; and who takes no part, and why."""
        scope = self._with_news(scope or Scope(), profile) if kind == "incremental" else scope or Scope()
        taking_part, skipped = self._choose(scope)
        news, now = wanted(self.config, scope), datetime.now(UTC)
        costs = await self.store.transact(plan.estimate, kind, taking_part, scope, self._followed(), news, now)
        return costs, skipped

    def stop(self, exit_code: int = 130) -> int:
        """First call: send nothing more and let what is under way finish. Second: drop it too. Returns how many.

        `exit_code` is what the command will end with; it is stored with the run.
        """
        drop, self._stopped = self._stopped, True
        self._stop_code = exit_code
        self.report.interrupted = True
        return sum(lane.halt(drop=drop) for lane in self._lanes)

    async def _run(self, kind: str, scope: Scope, *, resume: bool) -> Report:
        if self._running:
            raise RuntimeError("this engine has a run under way; one engine does one run after the other")
        self._running = True
        try:
            return await self._do(kind, scope, resume=resume)
        finally:
            self._running = False

    async def _do(self, kind: str, scope: Scope, *, resume: bool) -> Report:
        started = time.monotonic()
        report = self.report = Report(kind=kind)
        report.events += self.store.concerns()
        self._lanes, self._stopped, self._failures = [], False, 0
        taking_part, report.skipped = self._choose(scope)
        run = await self._open_run(kind, scope, taking_part, resume=resume)
        report.run_id, report.kind, report.attempt = run.run_id, run.kind, run.attempt
        try:
            if run.resumed:  # it keeps to what it was begun for
                scope = Scope(**orjson.loads(run.options))
                taking_part, report.skipped = self._choose(scope)
            await self._conduct(run, scope, taking_part)
        except BaseException as error:
            cause = _cause(error)
            await self._end(*_ending(cause), f"{type(cause).__name__}: {cause}")
            if cause is error:
                raise
            raise cause from error
        finally:
            report.seconds = time.monotonic() - started
        if report.exit_code == OfflineError.exit_code:
            await self._end(report.status, report.exit_code, "no source could be reached")
            raise _offline(report)
        await self._end(
            report.status, self._stop_code if report.interrupted else report.exit_code, report.stopped or ""
        )
        return report

    async def _conduct(self, run: Run, scope: Scope, taking_part: dict[str, Source]) -> None:
        if run.resumed and not (run.planned and scope.limit):  # a number of films would now be other films
            await self._narrow(scope, taking_part)
        planner = Planner(self.store, self.config, run, scope, taking_part, self.report, lambda: self._stopped)
        if not run.planned:
            await planner.begin()
        for name, source in taking_part.items():
            planned = None if run.planned else await self.store.read(plan.due, run.run_id, name)
            self.report.lanes[name] = await self.store.transact(runs.open_lane, run.run_id, name, planned)
            self.report.lanes[name].rate = self._settings(source).rate.per_second
        for name, reason in self.report.skipped.items():
            lane = await self.store.transact(runs.open_lane, run.run_id, name, 0)
            lane.state = reason
            await self.store.transact(runs.close_lane, run.run_id, lane)
        self.report.films = max((lane.planned for lane in self.report.lanes.values()), default=0)
        self.report.planned = True
        self._see_room()
        asked = taking_part
        while asked and not self._stopped:
            await self._crawl(run, asked)
            asked = await planner.more()
            for name in asked:
                planned = self.report.lanes[name].planned
                self.report.lanes[name] = await self.store.transact(runs.open_lane, run.run_id, name, planned)

    def _choose(self, scope: Scope) -> tuple[dict[str, Source], dict[str, str]]:
        taking_part, skipped = choose_sources(self.config, tuple(scope.sources), channels=scope.channels)
        see_lists(self.config, scope.lists, taking_part)
        return taking_part, skipped

    def _with_news(self, scope: Scope, profile: str | None) -> Scope:
        """What a profile wants too; and who names a source that tells what is new wants its news."""
        known = sources.discover()
        named = any(known[name].feeds for name in scope.sources if name in known)
        scope = replace(scope, channels=scope.channels or named)
        scope = scope if profile is None else profiled(self.config, scope, profile)
        see_news(self.config, scope, named=named)
        return scope

    async def _crawl(self, run: Run, taking_part: dict[str, Source]) -> None:
        keep = self.config.engine.keep_bodies
        async with Writer(self.store, run.run_id, lambda saved: self.on_saved(saved), keep_bodies=keep) as writer:
            self._lanes = [await self._lane(run.run_id, source, writer) for source in taking_part.values()]
            if self._stopped:  # while they were made
                self._halt()
            beats = heartbeat.beat(
                self.store, run.run_id, self.config.engine.heartbeat_seconds, self.report.events.append
            )
            heart = asyncio.create_task(beats, name="heartbeat")
            try:
                async with asyncio.TaskGroup() as group:
                    for lane in self._lanes:
                        group.create_task(lane.run(), name=f"lane {lane.source.name}")
            finally:
                heart.cancel()
                await asyncio.wait([heart])
        for lane in self._lanes:
            await self.store.transact(runs.close_lane, run.run_id, lane.report)

    async def _lane(self, run_id: int, source: Source, writer: Writer) -> Lane:
        engine, rate = self.config.engine, self._settings(source).rate
        remembered = await self.store.read(patience.throttle, source.name, datetime.now(UTC))
        throttle = Throttle(rate, remembered)
        ledger = Ledger(source.quotas(), await self.store.read(patience.quotas, source.name))
        return Lane(
            run_id,
            source,
            self._fetcher(source, throttle),
            throttle,
            Breaker(engine.net_wait_seconds),
            ledger,
            self.store,
            writer,
            self.report.lanes[source.name],
            workers=rate.concurrency,
            max_retries=engine.max_retries,
            tell=self.report.events.append,
        )

    def _fetcher(self, source: Source, throttle: Throttle) -> Fetcher:
        """A source's way out. The source must have what it needs to prove who asks."""
        settings, engine, secrets = self._settings(source), self.config.engine, self.config.reveal()
        limits = Limits(engine.timeout_seconds, int(engine.max_body_mb * 1024 * 1024), settings.concurrency)
        credential = source.authorize(secrets)
        assert credential is not None
        sent = [value.rpartition(" ")[2] for value in (*credential.headers.values(), *credential.params.values())]
        transport = Discreet(self._transport(source, settings.base_url, limits), [*secrets.values(), *sent])
        return Fetcher(settings.base_url, credential, throttle, transport, engine.user_agent, robots=source.pages)

    async def _narrow(self, scope: Scope, taking_part: dict[str, Source]) -> None:
        """See that the films of the configuration are known, and choose those the run is about."""
        now = datetime.now(UTC)
        await self.store.transact(plan.follow, self._followed(), iso(now))
        unknown = await self.store.transact(plan.choose, scope, taking_part, now)
        if unknown:
            raise InputError(
                f"no film with the id {', '.join(unknown)} is known.",
                safe="Nothing was fetched.",
                todo="Import it first: mwi-crawl import ids -   (reads ids from standard input)",
            )

    async def _open_run(self, kind: str, scope: Scope, taking_part: dict[str, Source], *, resume: bool) -> Run:
        now = iso(datetime.now(UTC))
        # what waits for a quota may wait for days: an incremental run takes it along, and asks what is new as well
        waiting = kind != "incremental"
        if resume and (run := await self.store.transact(runs.resume, now, waiting=waiting)) is not None:
            return run
        await self._narrow(scope, taking_part)  # what cannot be begun must not be there to be resumed
        return await self.store.transact(runs.begin, kind, orjson.dumps(asdict(scope)).decode(), now)

    async def _end(self, status: RunStatus, exit_code: int, message: str) -> None:
        """Write how the run ended; where the disk has no room even for that, the run stays RUNNING and is resumable."""
        said = Redactor(self.config.reveal().values()).text(message)
        with contextlib.suppress(StorageError):
            now = iso(datetime.now(UTC))
            await self.store.transact(runs.end, self.report, status, exit_code, said, now)

    def on_saved(self, saved: Saved) -> None:
        """An answer is durable: count it. May be wrapped by whoever wants to know of each."""
        lane = self.report.lanes[saved.settled.result.job.source]
        lane.planned -= saved.joined
        if not saved.settled.shared:
            lane.requests += 1
            lane.retried += saved.settled.state is JobState.PENDING
        self.report.last_saved = time.monotonic()
        self._tell_of_no_film(saved)
        if saved.finished:
            state = saved.settled.state
            setattr(lane, state, getattr(lane, state) + 1)
            if state is JobState.ABSENT:
                reason = saved.settled.result.reason or "absent"
                lane.reasons[reason] = lane.reasons.get(reason, 0) + 1
        self._failures += saved.finished and saved.settled.state in (JobState.FAILED, JobState.BROKEN)
        if self._failures == self._max_failures and not self.report.stopped:
            self.report.stopped = f"stopped after {self._failures} failures (limit)"
            self._halt()

    def _tell_of_no_film(self, saved: Saved) -> None:
        """A list or a channel that could not be read is no film's failure, but must not go unsaid."""
        result = saved.settled.result
        if result.job.film_id is None and saved.settled.state in (JobState.FAILED, JobState.BROKEN):
            why = result.message or result.reason or "no answer"
            self.report.events.append(f"{result.job.source}: {result.job.key} could not be read now: {why.rstrip('.')}")

    def _halt(self) -> None:
        for lane in self._lanes:
            lane.halt()

    def _see_room(self) -> None:
        """Refuse to start what cannot end for lack of room."""
        films = sum(lane.waiting for lane in self.report.lanes.values())
        needed = films * (BYTES_PER_FILM if self.config.engine.keep_bodies else BYTES_WITHOUT_BODIES) + ROOM
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


def _ending(cause: BaseException) -> tuple[RunStatus, int]:
    """How a run that this ended is stored, and its exit code. FAILED: by a fault of ours or of the disk."""
    if isinstance(cause, asyncio.CancelledError | KeyboardInterrupt):
        return RunStatus.INTERRUPTED, 130
    if isinstance(cause, MwiError):
        stored = RunStatus.FAILED if isinstance(cause, StorageError) else RunStatus.INTERRUPTED
        return stored, cause.exit_code
    return RunStatus.FAILED, 1


def _offline(report: Report) -> OfflineError:
    lanes: list[LaneReport] = list(report.lanes.values())
    why = next((lane.message for lane in lanes if lane.message), "no connection")
    finished = sum(lane.requests - lane.retried for lane in lanes)
    kind = "incremental" if report.kind == "incremental" else "full"
    return OfflineError(
        f"none of {', '.join(lane.source for lane in lanes)} can be reached ({why}).",
        safe=f"{finished} answers of this run are safe." if finished else "Nothing was changed.",
        todo=f"You can still use: status, runs, failures. When the network is back: mwi-crawl {kind} --resume",
    )
