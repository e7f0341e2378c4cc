"""What single cells of an export mean: years, numbers, dates in all the ways spreadsheets write them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

from mwi_crawl.model import Precision

_MONTHS = "janfebmaraprmayjunjulaugsepoctnovdec"
_TIME = r"(?:[T ][0-9: ].*)?"
_YEAR_FIRST = re.compile(r"([0-9]{4})(?:([-/.])([0-9]{1,2})(?:\2([0-9]{1,2})" + _TIME + ")?)?")
_YEAR_LAST = re.compile(r"([0-9]{1,2})([-/.])([0-9]{1,2})\2([0-9]{4}|[0-9]{2})" + _TIME)
_CTIME = re.compile(r"[A-Za-z]{3} ([A-Za-z]{3}) +([0-9]{1,2}) [0-9:]+ (?:[A-Z]+ )?([0-9]{4})")
_DAY_AND_WORD = re.compile(r"([0-9]{1,2})[ -]([A-Za-z]{3})[A-Za-z]*[ -]([0-9]{4}|[0-9]{2})")
_NUMBER = re.compile(r"[+-]?[0-9]{1,12}(?:[.,][0-9]{1,12})?")
_YEARS = re.compile(r"([0-9]{4})(?:\.0|\s*[-–—]\s*(?:[0-9]{4})?)?")
_UNIX = re.compile(r"([0-9]{9,10})(?:\.[0-9]*)?|([0-9]{12,13})")  # seconds; or milliseconds
_CERTAIN = 12  # a number above it is no month


def number(value: str) -> float | None:
    """A plain number, with a point or a comma; None for anything else."""
    return float(value.replace(",", ".")) if _NUMBER.fullmatch(value) else None


def year(value: str) -> int | None:
    """The year, or the first year of `2013–2023`; None where there is none (``, `????`)."""
    found = _YEARS.fullmatch(value)
    return int(found[1]) if found and int(found[1]) else None


def is_years(value: str) -> bool:
    """Whether it is a span of years."""
    return len(value) > 4 and not value.endswith(".0") and _YEARS.fullmatch(value) is not None


def moment(value: str) -> str | None:
    """The day (UTC) of Unix seconds or milliseconds; None for anything else."""
    found = _UNIX.fullmatch(value)
    if not found:
        return None
    seconds = int(found[1]) if found[1] else int(found[2]) // 1000
    return datetime.fromtimestamp(seconds, UTC).date().isoformat()


def worth(day: str | None) -> Precision:
    """What the date of a viewing is worth, by how much of it is there."""
    if day is None:
        return Precision.UNKNOWN
    return {4: Precision.YEAR, 7: Precision.MONTH}.get(len(day), Precision.EXACT)


class Dates:
    """Reads dates of one file. Whether the day or the month comes first in `3/4/2021` the whole file tells.

    `learn` takes every date of the file first. Without any above 12, a date with slashes has the month first, and of a
    date with dashes only the year is certain; so it is also where a file contradicts itself.
    """

    def __init__(self) -> None:
        self._day_first: dict[str, set[bool]] = {"/": set(), "-": set()}
        self.seen: dict[str, int] = {"/": 0, "-": 0}
        """How many dates could be read both ways, by separator."""

    def learn(self, value: str) -> None:
        """Let this date be evidence for the order in the others."""
        found = _YEAR_LAST.fullmatch(value)
        if not found or found[2] == ".":
            return
        one, other = int(found[1]), int(found[3])
        if max(one, other) > _CERTAIN >= min(one, other):
            self._day_first[found[2]].add(one > _CERTAIN)
        elif one != other:
            self.seen[found[2]] += 1

    def day_first(self, separator: str) -> bool | None:
        """Whether the day comes first; None where that cannot be told."""
        evidence = self._day_first.get(separator)
        if evidence is None:
            return True  # dd.mm.yyyy is the only use of dots
        if len(evidence) == 1:
            return next(iter(evidence))
        return None if evidence or separator == "-" else False

    def read(self, value: str) -> str | None:
        """The date as `2019-05-03`, `2019-05` or `2019`, as far as it is certain; None if it is none."""
        if found := _YEAR_FIRST.fullmatch(value):
            return _iso(int(found[1]), int(found[3] or 0), int(found[4] or 0), found[3], found[4])
        if found := _YEAR_LAST.fullmatch(value):
            return self._year_last(int(found[1]), found[2], int(found[3]), _full_year(found[4]))
        if found := _CTIME.fullmatch(value):
            return _iso(int(found[3]), _month(found[1]), int(found[2]))
        if found := _DAY_AND_WORD.fullmatch(value):
            return _iso(_full_year(found[3]), _month(found[2]), int(found[1]))
        return None

    def notes(self) -> tuple[str, ...]:
        """What had to be assumed, in sentences."""
        found = []
        for separator, count in self.seen.items():
            example = f"3{separator}4{separator}2021"
            if count and self.day_first(separator) is None:
                found.append(f"{count} dates like {example} could be read both ways; only their year was kept.")
            elif count and not self._day_first[separator]:
                found.append(f"{count} dates like {example} could be read both ways; taken as month/day/year.")
        return tuple(found)

    def _year_last(self, one: int, separator: str, other: int, full: int) -> str | None:
        certain = one == other or max(one, other) > _CERTAIN
        day_first = one > _CERTAIN if certain else self.day_first(separator)
        if day_first is None:
            return f"{full:04d}"
        return _iso(full, other if day_first else one, one if day_first else other)


def _month(word: str) -> int:
    """The number of the month of three letters; 0 for another word."""
    at, beyond = divmod(_MONTHS.find(word.lower()), 3)
    return 0 if beyond else at + 1


def _full_year(digits: str) -> int:
    """Two digits as strptime reads them: 69 to 99 are of the last century."""
    if len(digits) == 4:
        return int(digits)
    return int(digits) + (1900 if int(digits) >= 69 else 2000)


def _iso(full: int, month: int, day: int, has_month: object = True, has_day: object = True) -> str | None:
    """The date in ISO form, cut to what it has; None where the calendar has no such date."""
    try:
        found = date(full, month if has_month else 1, day if has_day else 1).isoformat()
    except ValueError:
        return None
    return found if has_day else found[:7] if has_month else found[:4]
