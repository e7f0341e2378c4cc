"""Functions that some builds of SQLite lack, and that the files of sql/aggregate may use."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Callable


def register(db: sqlite3.Connection) -> None:
    """Give a connection exp, ln, sqrt and pow, as SQLite's own math functions are: null for what is not defined."""
    for name, function, arguments in (
        ("exp", math.exp, 1),
        ("ln", math.log, 1),
        ("sqrt", math.sqrt, 1),
        ("pow", math.pow, 2),
    ):
        db.create_function(name, arguments, _or_null(function), deterministic=True)


def _or_null(function: Callable[..., float]) -> Callable[..., float | None]:
    def calculate(*values: float | None) -> float | None:
        try:
            return None if None in values else function(*values)
        except (ValueError, OverflowError, TypeError):
            return None

    return calculate
