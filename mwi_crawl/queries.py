"""The text of `sql/` by name.

The folder lies at the root of the repository and, in a wheel, inside the package; an editable install has only the
first, an installed wheel only the second, so whichever exists is taken.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).parent


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
def names(place: str) -> tuple[str, ...]:
    """The names of the files in one folder of `sql/`, in order."""
    return tuple(sorted(path.stem for path in (folder() / place).glob("*.sql")))
