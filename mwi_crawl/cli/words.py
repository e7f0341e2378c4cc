"""How things are said to a person: counts, sizes, times, tables, and what a run came to. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mwi_crawl.model import Gap
    from mwi_crawl.report import LaneReport, Report

NAME = 13  # columns for a source's name
NARROWEST = 8  # columns a cell keeps, however narrow the terminal is
LEFT_TO_RIGHT = "\u200e"  # takes no column, and keeps a terminal from drawing what stands around it the other way
SPECIAL = ("ambiguous",)  # reasons that are more than "not there"
DUE = {"waiting": "waiting from before", "stale": "too old", "failed": "failed before", "absent": "not there before"}
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
    """`0.4 s`, `34 s`, `43m 31s`, `6h 45m`, `4 d 03h`."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours >= 48:
        return f"{hours // 24} d {hours % 24:02}h"
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


def columns(text: str) -> int:
    """How many columns of a terminal a text takes: two for an ideograph, none for an accent that joins a letter."""
    return sum(map(_columns, text))


def cut(text: str, width: int) -> str:
    """The text in at most so many columns; `…` stands for what is left out."""
    used, kept = 0, 0  # columns so far, characters that leave room for the sign
    for at, sign in enumerate(text, 1):
        used += _columns(sign)
        if used > width:
            return text[:kept] + "…"
        if used < width:
            kept = at
    return text


def wrapped(text: str, width: int, margin: str = "") -> list[str]:
    """The text in lines of at most so many columns, each after the margin; a word that is too long stays whole."""
    lines: list[str] = []
    for word in text.split():
        if lines and columns(lines[-1]) + 1 + columns(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(margin + word)
    return lines or [margin]


def table(rows: Iterable[Sequence[str]], header: Sequence[str], width: int | None = None) -> str:
    """Columns side by side, each as wide as it needs to be; with a width, the widest are cut until all fits.

    A width means a terminal: there a row with a title that runs from right to left is kept from turning others around.
    """
    cells = [list(header), *map(list, rows)]
    most = [max(columns(row[column]) for row in cells) for column in range(len(header))]
    widths = [min(each, width or each) for each in most]
    while width is not None and sum(widths) + 2 * len(widths) - 1 > width and max(widths) > NARROWEST:
        widths[widths.index(max(widths))] -= 1
    return "\n".join(_row(row, widths, LEFT_TO_RIGHT if width and _turns(row) else "") for row in cells)


def due(report: Report) -> list[str]:
    """Why films are asked about in a run: `new films 13 · waiting from before: omdb 2 · too old: tmdb 75`."""
    parts = [f"new films {max((why.get('new', 0) for why in report.due.values()), default=0):,}"]
    for why, said in DUE.items():
        of = ", ".join(f"{name} {each[why]:,}" for name, each in report.due.items() if each.get(why))
        parts += [f"{said}: {of}"] if of else []
    if report.reparsed:
        read = ", ".join(f"{name} {bodies:,}" for name, bodies in report.reparsed.items())
        parts.append(f"read again from kept answers: {read}")
    return [" " + " · ".join(parts), *(" " + gap(each) for each in report.gaps)]


def gap(gap: Gap) -> str:
    """What was chosen to learn what changed at a source, and why: its list of changes, or each film."""
    what = f"changed at {gap.source} since {gap.since}" + ("" if gap.prefix == "movie/" else f" ({gap.prefix[:-1]})")
    days, films = count(gap.days, "day"), count(gap.films, "film")
    if gap.direct:
        cheaper = "cheaper" if gap.films < gap.pages else "no dearer"
        return (
            f"{what}: asking about {films} directly is {cheaper} than reading the list of changes of {days} "
            f"({gap.films:,} against ~{gap.pages:,} requests)"
        )
    return (
        f"{what}: reading the list of changes of {days} is cheaper than asking about {films} directly "
        f"(~{gap.pages:,} against {gap.films:,} requests)"
    )


def lane(report: LaneReport) -> str:
    """What one source came to: `tmdb 2,968 done, 27 not there, 5 ambiguous`."""
    left = _figures((report.failed, "failed"), (report.broken, "unreadable"), (report.waiting, "waiting"))
    parts = (_figures((report.done, "done")), not_there(report), left)
    nothing = count(report.requests, "request") if report.requests else "nothing to ask"
    said = ", ".join(part for part in parts if part) or nothing
    why = f"   {CLOSED[report.reason]}" if report.reason in CLOSED else ""
    until = f" (until {moment(report.until)})" if report.until and report.waiting else ""
    return f" {report.source:<{NAME}}{said}{why}{until}"


def not_there(report: LaneReport) -> str:
    """What a source did not find: `27 not there, 5 ambiguous`."""
    special = [(number, reason) for reason, number in report.reasons.items() if reason in SPECIAL]
    return _figures((report.absent - sum(number for number, _ in special), "not there"), *special)


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


def next_step(report: Report, code: int, where: str, *, films: int) -> str:
    """The exit code, and the one command to run next. `where`: the options that it must be given again."""
    from mwi_crawl.report import CLOSED

    if not code and not (films and report.lanes):
        first = f"put a key in .env, then: mwi-crawl full{where}" if films else f"mwi-crawl import ratings.csv{where}"
        return f"Next: {first}   (exit code {code})"
    go_on = f"mwi-crawl {resumable(report.kind)} --resume{where}"
    closed = next((each.source for each in report.lanes.values() if CLOSED.get(each.reason or "") == 7), "SOURCE")
    until = min((each.until for each in report.lanes.values() if each.until and each.waiting), default=None)
    steps: Mapping[int, str] = {
        0: f"mwi-crawl aggregate{where}",
        4: f"put the new key in .env, then: {go_on}",
        5: f"mwi-crawl failures{where}",
        6: f"{go_on}   (after {moment(until)})" if until else go_on,
        7: f"mwi-crawl doctor {closed}{where}",
    }
    return f"Next: {steps.get(code, go_on)}   (exit code {code})"


def undecided(films: int, where: str) -> str:
    """That films await a person's decision. `where`: the options that the next command must be given again."""
    return f"{count(films, 'film')} need{'s' if films == 1 else ''} your decision:  mwi-crawl match review{where}"


def resumable(kind: str) -> str:
    """The command that goes on with a run of this kind."""
    return "full" if kind == "failures" else kind


def _figures(*parts: tuple[int, str]) -> str:
    return ", ".join(f"{number:,} {word}" for number, word in parts if number)


def _columns(sign: str) -> int:
    if unicodedata.category(sign) in ("Mn", "Me", "Cf"):  # vowels above a letter, joiners
        return 0
    return 2 if unicodedata.east_asian_width(sign) in "WF" else 1


def _turns(row: Sequence[str]) -> bool:
    """Whether a cell holds letters that run from right to left; a terminal then draws its neighbours that way too."""
    return any(unicodedata.bidirectional(sign) in ("R", "AL", "AN") for cell in row for sign in cell)


def _row(row: Sequence[str], widths: Sequence[int], mark: str) -> str:
    cells = [cut(text, width) for text, width in zip(row, widths, strict=True)]
    padded = (text + mark + " " * (width - columns(text)) for text, width in zip(cells, widths, strict=True))
    return (f" {mark}" + "  ".join(padded)).rstrip()
