"""How things are said to a person: counts, sizes, times, tables, and what a run came to."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from mwi_crawl.report import LaneReport, Report

NOT_THERE = {"ambiguous": "ambiguous"}  # reasons that are not simply "not there"
CLOSED = {
    "key_rejected": "the key was refused",
    "blocked": "the upstream blocks automated access",
    "layout_changed": "the answers have another shape than before",
    "quota": "the quota is used up",
    "rate_limited": "the upstream asks to come back later",
    "upstream_down": "the upstream keeps failing",
    "offline": "it cannot be reached",
}


def count(number: int, word: str, plural: str | None = None) -> str:
    """`1 film`, `2,000 films`."""
    return f"{number:,} {word if number == 1 else plural or word + 's'}"


def duration(seconds: float) -> str:
    """`0.4 s`, `34 s`, `43m 31s`, `6h 45m`."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h {minutes:02}m"
    return f"{minutes}m {rest:02}s" if minutes else f"{rest} s"


def size(number: float) -> str:
    """`212 KB`, `118 MB`, `48.2 GB`."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("KB", 1e3)):
        if number >= factor:
            return f"{number / factor:.1f} {unit}" if number < 100 * factor else f"{number / factor:,.0f} {unit}"
    return f"{number:.0f} bytes"


def moment(text: str | None) -> str:
    """A stored time for a person, in UTC to the minute: `2026-03-05 00:05 UTC`."""
    return "–" if not text else f"{text[:10]} {text[11:16]} UTC"


def age(text: str | None, now: datetime | None = None) -> str:
    """How long ago a stored time was: `3 min`, `14 d`."""
    if not text:
        return "–"
    seconds = ((now or datetime.now(UTC)) - datetime.fromisoformat(text)).total_seconds()
    for unit, factor in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= factor:
            return f"{seconds // factor:.0f} {unit}"
    return f"{max(0.0, seconds):.0f} s"


def table(rows: Iterable[Sequence[object]], header: Sequence[str]) -> str:
    """Columns side by side, each as wide as it needs to be."""
    cells = [list(header), *[["–" if value is None else str(value) for value in row] for row in rows]]
    widths = [max(len(row[column]) for row in cells) for column in range(len(header))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]
    return "\n".join(" " + line for line in lines)


def lane(report: LaneReport) -> str:
    """What one source came to: `tmdb 2,968 done, 27 not there, 5 ambiguous`."""
    special = {reason: number for reason, number in report.reasons.items() if reason in NOT_THERE}
    parts = [(report.done, "done"), (report.absent - sum(special.values()), "not there")]
    parts += [(number, NOT_THERE[reason]) for reason, number in special.items()]
    parts += [(report.failed, "failed"), (report.broken, "unreadable"), (report.waiting, "waiting")]
    said = ", ".join(f"{number:,} {word}" for number, word in parts if number) or "nothing to ask"
    why = f"   {CLOSED[report.reason]}" if report.reason in CLOSED else ""
    until = f" (until {moment(report.until)})" if report.until and report.waiting else ""
    return f" {report.source:<11}{said}{why}{until}"


def summary(report: Report) -> list[str]:
    """What a run came to, line by line."""
    requests, failed = report.total("requests"), report.total("failed") + report.total("broken")
    if report.interrupted:
        done = report.total("done") + report.total("absent") + failed
        head = f"Checkpoint written. Run {report.run_id} INTERRUPTED at {done:,}/{report.total('planned'):,}."
    else:
        ended = "finished for now" if report.total("waiting") else "finished"
        head = f"Run {report.run_id} {report.stopped or ended} in {duration(report.seconds)}."
    figures = f"{count(requests, 'request')}, {report.total('retried'):,} retried, {failed:,} failed."
    return [f"{head} {figures}", *[lane(each) for each in report.lanes.values()]]


def next_step(report: Report, code: int, database: str) -> str:
    """The exit code, and the one command to run next."""
    where = "" if database == "mwi.db" else f" --db {shlex.quote(database)}"
    resume = f"mwi-crawl {report.kind if report.kind != 'failures' else 'full'} --resume{where}"
    closed = next((lane.source for lane in report.lanes.values() if lane.state == "closed"), "SOURCE")
    steps: Mapping[int, str] = {
        0: f"mwi-crawl status{where}",
        4: f"put the new key in .env, then: {resume}",
        5: f"mwi-crawl failures{where}",
        6: resume,
        7: f"mwi-crawl doctor {closed}{where}",
        130: resume,
        143: resume,
    }
    return f"Next: {steps.get(code, resume)}   (exit code {code})"
