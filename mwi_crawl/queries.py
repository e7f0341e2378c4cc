"""The text of `sql/` by name.

The folder lies at the root of the repository and, in a wheel, inside the package; an editable install has only the
first, an installed wheel only the second, so whichever exists is taken.
"""

from __future__ import annotations

import re
import sqlite3
from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).parent
_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)


@cache
def folder() -> Path:
    """Where the `.sql` files are."""
    for place in (_PACKAGE / "sql", _PACKAGE.parent / "sql"):
        if (place / "schema").is_dir():
            return place
    raise FileNotFoundError("mwi-crawl is installed without its sql folder; install it again")


@cache
def sql(name: str) -> str:
    """The statement in `sql/<name>.sql`, for example `checkpoint/pending`."""
    return (folder() / f"{name}.sql").read_text(encoding="utf-8")


@cache
def script(name: str) -> tuple[str, ...]:
    """The single statements of `sql/<name>.sql`, for a transaction (`executescript` would end the one it is in)."""
    found, piece = [], ""
    for part in re.split(r"(?<=;)", sql(name)):
        piece += part
        if sqlite3.complete_statement(piece):
            found.append(piece.strip())
            piece = ""
    if _COMMENT.sub("", piece).strip():
        raise ValueError(f"sql/{name}.sql: the last statement has no semicolon")
    return tuple(found)


@cache
def names(place: str) -> tuple[str, ...]:
    """The names of the files in one folder of `sql/`, in order."""
    return tuple(sorted(path.stem for path in (folder() / place).glob("*.sql")))


def shipped(name: str) -> str:
    """The text of a file that lies at the root of the repository and travels in the wheel (`config.toml`)."""
    inside = _PACKAGE / "shipped" / name
    return (inside if inside.is_file() else _PACKAGE.parent / name).read_text(encoding="utf-8")
