"""Each table of sql/aggregate by a case that was worked out by hand: `tests/aggregate/<table>/`.

A folder holds `given.sql` and `expected.csv`; further cases of one table lie in folders of its folder.

given.sql      fills the tables of our schema. Where it makes a table that is itself an aggregate (`create table
               film_details (…)`), that is a stand-in: the case reads it as given; everything else that the table
               reads is built. A first line `-- as in <case>` puts that case's given.sql before this one.
config.toml    if there: the settings of the case ([aggregate], [ranking.…]).
expected.csv   the columns it names (others are not looked at), all rows, in order of the primary key, a view's in
               order of the columns named. Nothing between the commas is null, '' an empty text; real numbers are
               compared to 1e-9.
"""

from __future__ import annotations

import atexit
import csv
import importlib
import math
import re
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from rows import made, transaction

from mwi_crawl import config, schema, sources
from mwi_crawl.aggregate import Built, scripts
from mwi_crawl.queries import folder, names, sql

NOW = "2026-03-04T12:00:00.000Z"
PLACE = Path(__file__).parent / "aggregate"
CASES = sorted(path.parent for path in PLACE.rglob("given.sql"))
CASE_NAMES = [case.relative_to(PLACE).as_posix() for case in CASES]
BUILDING = importlib.import_module("mwi_crawl.aggregate.build")  # the package's own `build` is the function
FILES = names("aggregate")
NOT_PORTABLE = re.compile(r"\b(json\w*|strftime|julianday|unixepoch|datetime|date|rowid)\s*\(|\browid\b", re.IGNORECASE)
CLOSE = 1e-9  # relative, and absolute around 0

Row = tuple[Any, ...]


def given(case: Path) -> str:
    text = (case / "given.sql").read_text(encoding="utf-8")
    other = re.match(r"-- as in (\S+)\n", text)
    return (given(PLACE / other[1]) if other else "") + text


@cache
def _empty() -> Path:
    """A file of our schema, to be copied."""
    path = Path(tempfile.mkdtemp(prefix="mwi-cases-")) / "empty.db"
    made(path).close()
    atexit.register(shutil.rmtree, path.parent, ignore_errors=True)
    return path


def table_of(case: Path) -> str:
    return case.relative_to(PLACE).parts[0]


def build_case(case: Path, path: Path, monkeypatch: pytest.MonkeyPatch) -> Built:
    """The table of a case in a new file: what became of it."""
    settings = config.load(sources.discover(), environ={}, cwd=case)
    shutil.copy(_empty(), path)
    with closing(schema.connect(path)) as db:
        db.execute("pragma synchronous = off")  # nobody needs it after the test
        db.executescript(given(case))
        there = {name for (name,) in db.execute("select name from sqlite_master where type in ('table', 'view')")}
        read = [script for script in scripts.ours() if script.name not in there]
        python = {name: how for name, how in BUILDING.MADE_IN_PYTHON.items() if name not in there}
        monkeypatch.setattr(BUILDING, "ours", lambda: read)
        monkeypatch.setattr(BUILDING, "MADE_IN_PYTHON", python)
        with transaction(db):
            built: list[Built] = BUILDING.build(db, settings, NOW, only=[table_of(case)])
        db.execute("pragma journal_mode = delete")  # one whole file, for the shell
    return next(one for one in built if one.name == table_of(case))


def read_table(path: Path, table: str, columns: Sequence[str] = ()) -> tuple[Sequence[str], list[Row]]:
    """Columns (all but the time of making, if none are named) and rows, in order of the primary key."""
    with closing(sqlite3.connect(path)) as db:
        there = db.execute(f'pragma table_info("{table}")').fetchall()
        columns = columns or [name for _, name, *_ in there if name != "computed_at"]
        key = [name for _, name, *_, place in sorted(there, key=lambda each: each[-1]) if place] or columns
        listed, order = (", ".join(f'"{name}"' for name in some) for some in (columns, key))
        return columns, db.execute(f'select {listed} from "{table}" order by {order}').fetchall()


def expected_rows(case: Path) -> tuple[list[str], list[list[str]]]:
    with (case / "expected.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = [row for row in csv.reader(file) if row]
    return header, rows


def as_told(told: str, found: object) -> object:
    """A cell of expected.csv as a value like the one that was found; the found one itself if they agree."""
    if told in ("", "''"):
        return None if told == "" else ""
    if isinstance(found, str):
        return told
    try:
        number = float(told) if isinstance(found, float) else int(told)
    except ValueError:
        return told
    return found if isinstance(found, float) and math.isclose(number, found, rel_tol=CLOSE, abs_tol=CLOSE) else number


@pytest.mark.parametrize("case", CASES, ids=CASE_NAMES)
def test_a_table_is_what_was_worked_out_by_hand(case, tmp_path, monkeypatch):
    built = build_case(case, tmp_path / "case.db", monkeypatch)
    assert built.skipped is None
    header, told = expected_rows(case)
    _, found = read_table(tmp_path / "case.db", table_of(case), header)
    padding: list[Row] = [(None,) * len(header)] * len(told)
    expected = [
        tuple(as_told(cell, value) for cell, value in zip(row, values, strict=True))
        for row, values in zip(told, (found + padding)[: len(told)], strict=True)
    ]
    assert found == expected


def test_every_table_has_a_case_and_every_case_a_table():
    tables = {*FILES, *BUILDING.MADE_IN_PYTHON}
    assert {table_of(case) for case in CASES} == tables
    assert [case for case in CASES if not (case / "expected.csv").is_file()] == []


@pytest.mark.skipif(shutil.which("sqlite3") is None, reason="the sqlite3 shell is not on this machine")
@pytest.mark.parametrize("case", CASES, ids=CASE_NAMES)
def test_a_file_runs_alone_in_the_shell_and_makes_the_same_rows(case, tmp_path, monkeypatch):
    table, path = table_of(case), tmp_path / "case.db"
    if table not in FILES:
        pytest.skip("it is made in Python")
    assert build_case(case, path, monkeypatch).skipped is None
    before = read_table(path, table)
    command = ["sqlite3", "-batch", "-bail", str(path), f".read '{folder()}/aggregate/{table}.sql'"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert read_table(path, table) == before


@pytest.mark.parametrize("case", CASES, ids=CASE_NAMES)
def test_every_column_is_explained_in_the_file_itself(case, tmp_path, monkeypatch):
    build_case(case, tmp_path / "case.db", monkeypatch)
    with closing(sqlite3.connect(tmp_path / "case.db")) as db:
        columns = {row[1] for row in db.execute(f'pragma table_info("{table_of(case)}")')}
        explained = {col for (col,) in db.execute("select col from column_docs where tbl = ?", (table_of(case),))}
    assert columns - explained == set()


@pytest.mark.parametrize("name", FILES)
def test_a_file_makes_the_table_of_its_name_states_its_grain_and_is_portable(name):
    text = sql(f"aggregate/{name}")
    assert scripts.read("", text).name == name
    assert text.startswith("-- One row per ") or ("create view" in text and text.startswith("-- "))
    used = {found[0] for found in NOT_PORTABLE.finditer(re.sub(r"--[^\n]*", "", text))}
    assert not used or "-- not portable:" in text, "say why in a comment: -- not portable: …"
