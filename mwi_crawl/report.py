"""How a run stands, lane by lane: what progress shows while it goes on, and what exit code and words it ends with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from mwi_crawl.model import Gap, RunStatus

# Why a lane ended early → the exit code (product: 1, 8, 3, 4, 9, 7, 5, 6; the first that applies wins).
CLOSED = {
    "key_rejected": 4,
    "offline": 9,
    "blocked": 7,
    "layout_changed": 7,
    "quota": 6,
    "rate_limited": 6,
    "upstream_down": 6,
}
PRECEDENCE = (1, 8, 3, 4, 9, 7, 5, 6)


@dataclass(slots=True)
class LaneReport:
    """One source's figures in a run. Films, not requests, except where it says so."""

    source: str
    planned: int = 0
    done: int = 0
    absent: int = 0
    failed: int = 0
    broken: int = 0
    requests: int = 0
    retried: int = 0  # requests that must be sent again
    reasons: dict[str, int] = field(default_factory=dict)  # why films are absent: not_found, ambiguous …
    state: str = "running"  # running, done, waiting (for a time), closed (a person must act)
    reason: str | None = None
    message: str | None = None
    until: str | None = None  # when waiting work may go on
    rate: float = 0.0  # starts per second allowed now
    seconds: float = 0.0

    @property
    def finished(self) -> int:
        """Films of which nothing more is to be asked."""
        return self.done + self.absent + self.failed + self.broken

    @property
    def waiting(self) -> int:
        """Films still to be finished."""
        return max(0, self.planned - self.finished)


@dataclass(slots=True)
class Report:
    """One run. Filled by the engine, read by whoever shows it."""

    run_id: int = 0
    kind: str = "full"
    attempt: int = 1
    films: int = 0
    planned: bool = False  # whether it is known by now what it has to do
    lanes: dict[str, LaneReport] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)  # source → why it took no part: no_key, off
    due: dict[str, dict[str, int]] = field(default_factory=dict)  # source → why films are asked about → how many
    gaps: list[Gap] = field(default_factory=list)  # what was not known of lists of changes
    reparsed: dict[str, int] = field(default_factory=dict)  # source → kept answers that were read again
    found: int = 0  # films followed because a list names them
    events: list[str] = field(default_factory=list)  # sentences for a person, oldest first
    seconds: float = 0.0
    interrupted: bool = False
    stopped: str | None = None  # why the run was ended early: "50 failures"
    last_saved: float = 0.0  # monotonic time of the last commit

    def total(self, name: str) -> int:
        """The sum of one figure over all lanes."""
        return sum(getattr(lane, name) for lane in self.lanes.values())

    @property
    def exit_code(self) -> int:
        """What the run amounts to, apart from signals and faults of the engine."""
        codes = {CLOSED[lane.reason] for lane in self.lanes.values() if lane.reason in CLOSED}
        if codes >= {9} and any(lane.reason != "offline" and lane.planned for lane in self.lanes.values()):
            codes = (codes - {9}) | {6}  # only some sources are out of reach: their work waits
        if self.total("failed") or self.total("broken") or self.stopped:
            codes.add(5)
        if self.total("waiting"):
            codes.add(6)
        return next((code for code in PRECEDENCE if code in codes), 0)

    @property
    def status(self) -> RunStatus:
        """How the run is stored."""
        if self.interrupted or self.exit_code == 9:
            return RunStatus.INTERRUPTED
        return RunStatus.SUCCESS if self.exit_code == 0 else RunStatus.PARTIAL

    def as_dict(self) -> Mapping[str, object]:
        """The run for `--json`."""
        lanes = {
            lane.source: {
                "planned": lane.planned,
                "done": lane.done,
                "absent": lane.absent,
                "absent_reasons": lane.reasons,
                "failed": lane.failed,
                "broken": lane.broken,
                "waiting": lane.waiting,
                "requests": lane.requests,
                "retried": lane.retried,
                "state": lane.state,
                "reason": lane.reason,
                "until": lane.until,
                "seconds": round(lane.seconds, 3),
            }
            for lane in self.lanes.values()
        }
        return {
            "run_id": self.run_id,
            "kind": self.kind,
            "attempt": self.attempt,
            "status": str(self.status),
            "films": max((lane.planned for lane in self.lanes.values()), default=0),
            "requests": self.total("requests"),
            "retried": self.total("retried"),
            "failed": self.total("failed") + self.total("broken"),
            "seconds": round(self.seconds, 3),
            "sources": lanes,
            "skipped": dict(self.skipped),
            "due": {name: dict(why) for name, why in self.due.items()},
            "changes": [asdict(gap) for gap in self.gaps],
            "reparsed": dict(self.reparsed),
            "found": self.found,
            "events": list(self.events),
        }
