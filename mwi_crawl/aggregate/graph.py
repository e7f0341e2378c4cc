"""What SQL cannot say: communities in the network of directors and actors."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping

TABLES: Mapping[str, tuple[frozenset[str], Callable[[sqlite3.Connection], None]]] = {}
"""Name of a table → the tables it reads, and the function that makes and fills it."""
