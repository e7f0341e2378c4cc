"""The planner: makes the plan of a run before anything is asked, and again when answers have told of more.

`full` asks what is new, waits, is stale or failed. `incremental` asks that, reads kept answers again that an older
parser read, asks what changed upstream, and takes in the films that lists and channels name.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from mwi_crawl import changes, discover, plan, reparse, runs
from mwi_crawl.config import Config
from mwi_crawl.model import Wanted
from mwi_crawl.plan import Scope
from mwi_crawl.report import Report
from mwi_crawl.runs import Run
from mwi_crawl.settle import iso
from mwi_crawl.source import Source
from mwi_crawl.store import Store

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Planner:
    """The plan of one run. `report` is told what was found due, and why."""

    store: Store
    config: Config
    run: Run
    scope: Scope
    sources: Mapping[str, Source]
    report: Report
    stopped: Callable[[], bool]

    async def begin(self) -> None:
        """Give the run all that is due by now. After a crash it may be done again: what is planned is found again."""
        if self.run.kind == "incremental":
            read = await reparse.reparse(self.store, self.sources, stop=self.stopped)
            self.report.reparsed = {name: counts.bodies for name, counts in read.items() if counts.bodies}
            if kept := sum(counts.kept for counts in read.values()):
                what = f"{kept:,} kept answers have lost facts under a newer parser"
                self.report.events.append(f"{what}; the older rows stay (v_conflicts)")
            await self._take_in()
        for source in sorted(self.sources.values(), key=lambda source: not source.finds):
            await self._due(source, datetime.now(UTC))
        if not self.stopped():
            await self.store.transact(runs.planned, self.run.run_id, iso(datetime.now(UTC)))

    async def more(self) -> dict[str, Source]:
        """The sources with more to be asked by now: an answer has told an id, a change or a film that was not known."""
        over = self.stopped() or self.report.stopped or self.run.kind == "failures"
        if over or (self.run.planned and self.scope.limit):
            return {}
        if self.run.kind == "incremental":
            await self._take_in()
        found: dict[str, Source] = {}
        for name, source in self.sources.items():
            lane = self.report.lanes[name]
            if lane.state == "done" and (new := await self._more_of(source)):
                lane.planned += new
                found[name] = source
        return found

    async def _due(self, source: Source, now: datetime) -> None:
        run_id, scope = self.run.run_id, self.scope
        if self.run.kind == "failures":
            await self.store.transact(plan.requeue_failed, run_id, source, scope, now)
            return
        due = await self.store.transact(plan.requeue, run_id, source, scope, now)
        self.report.due[source.name] = {**due, "new": await self._pages(source)}
        if self.run.kind == "incremental":
            if not (scope.narrowed or scope.refetch):
                self.report.gaps += await self.store.transact(changes.plan, run_id, source, now)
            await self.store.transact(discover.ask, run_id, source, wanted(self.config, scope), iso(now))

    async def _pages(self, source: Source) -> int:
        """Plan what the source was never asked about. Returns how many films more it has to be asked about."""
        run_id, before = self.run.run_id, await self._count(source)
        now, finder = iso(datetime.now(UTC)), plan.finder(self.sources)
        after: int | None = 0
        while after is not None and not self.stopped():
            after = await self.store.transact(plan.page, run_id, source, self.scope, after, now, finder)
        await self.store.transact(plan.complete, run_id, source, self.scope, now)
        return await self._count(source) - before

    async def _more_of(self, source: Source) -> int:
        before = await self._count(source)
        lost = await self.store.transact(changes.advance, self.run.run_id, source, datetime.now(UTC))
        await self._pages(source)
        found = await self._count(source) - before
        if lost:
            what = f"{source.title}: what changed on {', '.join(lost)} cannot be read"
            self.report.events.append(f"{what}; asking about {found:,} films instead")
        return found

    async def _count(self, source: Source) -> int:
        return await self.store.read(plan.due, self.run.run_id, source.name)

    async def _take_in(self) -> None:
        """Follow films that the run's lists name, and find the film of each trailer."""
        now, kinds = iso(datetime.now(UTC)), frozenset(self.config.ingest.include)
        if self.scope.lists:
            lists, most = self.scope.lists, self.scope.most_found
            self.report.found += await self.store.transact(discover.follow, self.run.run_id, lists, most, kinds, now)
        for placed in await self.store.transact(discover.place, self.run.run_id, kinds, now):
            _log.info("%s %s   youtube:%s", "[NEW]" if placed.new else "[SKIPPED]", placed, placed.video_id)


def wanted(config: Config, scope: Scope) -> Wanted:
    """What a run is to discover."""
    return Wanted(tuple(scope.lists), scope.pages, config.youtube.channels if scope.channels else ())
