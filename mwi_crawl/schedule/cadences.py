"""Cadences: what is run when. Runs of one database exclude each other, so the times are staggered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
APART = 10  # minutes between two beginnings; closer ones are taken for a mistake

SCHEDULED = "--resume --ok 6 -q"
_AGGREGATE = "aggregate -q"
COMMANDS: Mapping[str, tuple[str, ...]] = {
    "quick": (f"incremental --profile quick {SCHEDULED}",),
    "enrichment": (f"incremental {SCHEDULED}",),
    "weekly": (f"full {SCHEDULED}", _AGGREGATE),
    "daily": (f"incremental --profile daily {SCHEDULED}", _AGGREGATE),
}
ABOUT = {
    "quick": "the lists of the profile quick, and what is new there",
    "channels": "new trailers of the channels in [youtube]",
    "enrichment": "every source about the films that came in",
    "weekly": "every source about every film that is due, then the tables; it takes the place of that day's daily run",
    "daily": "the lists of the profile daily, what is new, changed or due, then the tables",
}


@dataclass(frozen=True, slots=True)
class Times:
    """When to run what, as `[schedule]` has it: `HH:MM`, of `weekly` behind a day; empty: never."""

    quick: str = "00:20"
    quick_every_hours: int = 6
    channels: str = "01:10"
    enrichment: str = "01:40"
    weekly: str = "sunday 02:00"
    daily: str = "03:00"


@dataclass(frozen=True, slots=True)
class Cadence:
    """What is run by itself: `commands` one after the other, on these `days` (0: Monday), at `minute` past `hours`."""

    name: str
    days: tuple[int, ...]
    hours: tuple[int, ...]
    minute: int
    commands: tuple[str, ...]

    @property
    def about(self) -> str:
        """What that does, in half a sentence."""
        return ABOUT[self.name]

    @property
    def every_day(self) -> bool:
        """Whether no day is left out."""
        return len(self.days) == len(DAYS)

    @property
    def clock(self) -> tuple[str, ...]:
        """Its times of day, `HH:MM`."""
        return tuple(f"{hour:02}:{self.minute:02}" for hour in self.hours)


def cadences(times: Times, feeds: Sequence[str] = ()) -> tuple[Cadence, ...]:
    """What is to be run, in the order of the night. `feeds`: the sources of trailers that take part."""
    day, _, weekly = times.weekly.partition(" ")
    full = (DAYS.index(day.capitalize()),) if weekly else ()
    every = tuple(range(len(DAYS)))
    hour, minute = _clock(times.quick or "00:00")
    quick = sorted((hour + step) % 24 for step in range(0, 24, times.quick_every_hours)) if times.quick else ()
    read = f"incremental {' '.join(f'--source {name}' for name in feeds)} {SCHEDULED}"
    found = (
        Cadence("quick", every, tuple(quick), minute, COMMANDS["quick"]),
        _once("channels", every, times.channels if feeds else "", (read,)),
        _once("enrichment", every, times.enrichment, COMMANDS["enrichment"]),
        _once("weekly", full, weekly, COMMANDS["weekly"]),
        _once("daily", tuple(each for each in every if each not in full), times.daily, COMMANDS["daily"]),
    )
    return tuple(each for each in found if each.hours)


def clashes(found: Sequence[Cadence]) -> Iterator[str]:
    """What begins so near to something else that one of the two would find the database held."""
    for index, one in enumerate(found):
        for other in found[index + 1 :]:
            if set(one.days) & set(other.days) and any(_near(a, b) for a in _minutes(one) for b in _minutes(other)):
                yield f"{one.name} and {other.name} begin within {APART} minutes of each other"


def _once(name: str, days: tuple[int, ...], time: str, commands: tuple[str, ...]) -> Cadence:
    hour, minute = _clock(time or "00:00")
    return Cadence(name, days, (hour,) if time else (), minute, commands)


def _clock(time: str) -> tuple[int, int]:
    hour, _, minute = time.partition(":")
    return int(hour), int(minute)


def _minutes(each: Cadence) -> list[int]:
    return [60 * hour + each.minute for hour in each.hours]


def _near(one: int, other: int) -> bool:
    apart = abs(one - other)
    return min(apart, 24 * 60 - apart) < APART
