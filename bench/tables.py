"""What a part of the benchmark found: a table, printed as Markdown, and the targets it was held against."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Target:
    """One promise and what was measured: `met` is the verdict."""

    what: str
    wanted: str
    measured: str
    met: bool


@dataclass(frozen=True)
class Table:
    """One part's figures. `notes` are sentences below it."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    targets: Sequence[Target] = ()
    notes: Sequence[str] = field(default_factory=tuple)


def markdown(table: Table) -> str:
    """A table as it stands in docs/performance.md."""
    lines = [f"### {table.title}", "", *_lines(table.columns, table.rows)]
    if table.targets:
        verdicts = [(each.what, each.wanted, each.measured, "yes" if each.met else "**no**") for each in table.targets]
        lines += ["", *_lines(("target", "wanted", "measured", "met"), verdicts)]
    lines += ["", *table.notes] if table.notes else []
    return "\n".join([*lines, ""])


def _lines(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    head = [f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}"]
    return head + [f"| {' | '.join(row)} |" for row in rows]
