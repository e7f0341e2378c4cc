"""Values of an upstream's JSON as what a column may hold.

Unknown comes as 0, "", null or not at all, numbers come as text in old answers, dates in three formats. Each function
takes anything and returns the typed value, or None where there is none to be had; only `decode` raises.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, TypeAlias

import orjson

from mwi_crawl.model import Record, Value

Json: TypeAlias = Any  # whatever an upstream sends; made into types by the functions below
Fields: TypeAlias = dict[str, Json]

_LARGEST = 2**63 - 1  # what SQLite can hold as an integer
# lone surrogates cannot be encoded, and control characters break terminals and CSV files
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")
_UNPRINTABLE_IN_PROSE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]+")
_FIRST_YEAR = 1870  # before there were films; "0001-01-01" is another way to say unknown
_DAY = re.compile(r"(\d{4})(?!\d)(?:-(\d\d)(?!\d)(?:-(\d\d)(?!\d))?)?", re.ASCII)
_CLOCK = re.compile(r".{10}[T ]([0-2]\d:[0-5]\d:[0-5]\d)(\.\d{3})?\d*(?:Z| ?UTC|\+00:00)?", re.ASCII)


def decode(body: bytes) -> Json:
    """The JSON value in a body. Raises ValueError if it holds none."""
    try:
        return orjson.loads(body.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError:
        if rb"\ud" not in body.lower():
            raise
        return json.loads(body)  # orjson takes no half of a surrogate pair; the rest of such an answer is good


def fields(value: Json) -> Fields:
    """An object; empty if it is none."""
    return value if isinstance(value, dict) else {}


def rows(value: Json) -> list[Fields]:
    """The objects in a list; empty if it is none."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def listed(answer: Fields, part: str, *names: str) -> list[Fields] | None:
    """The rows of an appended part, under the first of the names it may have; None if the part is not there."""
    for name in names:
        found = fields(answer.get(part)).get(name)
        if isinstance(found, list):
            return rows(found)
    return None


def keyed(kind: str, values: Iterable[Mapping[str, Value]], needed: Sequence[str]) -> list[Record]:
    """The rows as records of a kind, without those that lack what their key needs."""
    return [Record(kind, row) for row in values if all(row[column] is not None for column in needed)]


def text(value: Json) -> str | None:
    """One line of text, stripped; None for an empty one."""
    return (_UNPRINTABLE.sub(" ", value).strip() or None) if isinstance(value, str) else None


def prose(value: Json) -> str | None:
    """Text that may have several lines, stripped; None for an empty one."""
    return (_UNPRINTABLE_IN_PROSE.sub("", value).strip() or None) if isinstance(value, str) else None


def number(value: Json) -> float | None:
    """A finite number, also where it is sent as text; never a boolean."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        result = float(value)
    except (ValueError, OverflowError):
        return None
    return result if math.isfinite(result) else None


def whole(value: Json) -> int | None:
    """A whole number that SQLite can hold, 0 included."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value if abs(value) <= _LARGEST else None
    known = number(value)
    return int(known) if known is not None and known.is_integer() and abs(known) < _LARGEST else None


def positive(value: Json) -> int | None:
    """A whole number above 0: 0 for a length, a count, an id or an amount of money means unknown."""
    known = whole(value)
    return known if known and known > 0 else None


def flag(value: Json) -> int | None:
    """1, 0, or None where nothing is said."""
    return int(value) if isinstance(value, bool) else None


def day(value: Json) -> str | None:
    """The day in a date of any of the three formats, or as much of it as is valid: `1999-03-31`, `1999-03`, `1999`."""
    found = _DAY.match(value.strip()) if isinstance(value, str) else None
    if found is None or int(found[1]) < _FIRST_YEAR:
        return None
    year, month, of_month = found[1], found[2], found[3]
    if month is None or not 1 <= int(month) <= 12:
        return year
    if of_month is None or not _exists(int(year), int(month), int(of_month)):
        return f"{year}-{month}"
    return f"{year}-{month}-{of_month}"


def _exists(year: int, month: int, of_month: int) -> bool:
    try:
        date(year, month, of_month)
    except ValueError:
        return False
    return True


def whole_day(value: Json) -> str | None:
    """A day that is known to the day."""
    known = day(value)
    return known if known and len(known) == len("1999-03-31") else None


def year(value: Json) -> int | None:
    """The year of a date."""
    known = day(value)
    return int(known[:4]) if known else None


def moment(value: Json) -> str | None:
    """A time as it stands in the database, `2016-03-01T13:03:55.000Z`; the day alone where no time is given."""
    known = whole_day(value)
    found = _CLOCK.fullmatch(value.strip()) if known else None
    return f"{known}T{found[1]}{found[2] or '.000'}Z" if found else known
