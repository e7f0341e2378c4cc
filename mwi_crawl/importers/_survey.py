"""What all rows of one person's export say together: the order of its dates, and what was odd about single cells."""

from __future__ import annotations

from collections.abc import Callable

from mwi_crawl.importers._cells import Dates, is_years, number
from mwi_crawl.importers._table import Row, Table
from mwi_crawl.importers._text import shown

_NAMED = 3  # odd cells named in a note; the rest is counted


class Survey:
    """One pass over a table. `dates` reads its dates, `rated` counts its ratings, `notes` tells the oddities."""

    def __init__(self, table: Table, dates: tuple[str, ...], fault: Callable[[float], bool], range_: str) -> None:
        """`dates` are the columns that hold any, `fault` whether a rating cannot be, `range_` what it should be."""
        self.dates = Dates()
        self.rated = 0
        self._ratings: list[str] = []
        self._years: list[str] = []
        self._bad_ratings = 0
        self._spans = 0
        self._range = range_
        columns = tuple(name for name in dates if name in table.columns)
        for row in table.rows():
            if isinstance(row, Row):
                self._look(row, columns, fault)

    def notes(self) -> tuple[str, ...]:
        """Sentences for after the counts."""
        found = list(self.dates.notes())
        if self._bad_ratings:
            found.append(_listed(self._ratings, self._bad_ratings) + f": not {self._range}; kept without a rating.")
        if self._spans:
            found.append(_listed(self._years, self._spans) + ": the first year was kept.")
        return tuple(found)

    def _look(self, row: Row, columns: tuple[str, ...], fault: Callable[[float], bool]) -> None:
        cells = row.cells
        for name in columns:
            if cells[name]:
                self.dates.learn(cells[name])
        if rating := cells.get("rating"):
            value = number(rating)
            if value is None or fault(value):
                self._bad_ratings += 1
                _remember(self._ratings, f"line {row.line} rating {shown(rating)}")
            else:
                self.rated += 1
        if is_years(cells.get("year", "")):
            self._spans += 1
            _remember(self._years, f"line {row.line} year {shown(cells['year'])}")


def _remember(found: list[str], piece: str) -> None:
    if len(found) < _NAMED:
        found.append(piece)


def _listed(named: list[str], count: int) -> str:
    more = f" and {count - len(named)} more" if count > len(named) else ""
    return "; ".join(named) + more
