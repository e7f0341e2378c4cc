"""What every source promises, checked over all of them and over every case in tests/fixtures/<source>/.

A case is `<case>.toml` (key, status, headers, options, and what is expected), `<case>.body` (the answer) and, where
records are expected, `<case>.json`: per kind its rows in order, each with as many columns as matter. A kind that is not
named there is not compared.
"""

from __future__ import annotations

import ast
import json
import re
import sqlite3
import tomllib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mwi_crawl.model import MediaType, Outcome, Parsed, Record, Response, Seed, Verdict
from mwi_crawl.queries import folder, names, sql
from mwi_crawl.source import Source
from mwi_crawl.sources import discover

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "tests" / "fixtures"
SOURCES = discover()
MODULES = sorted((ROOT / "mwi_crawl" / "sources").glob("*.py"))
IMPURE = {"aiohttp", "aiosqlite", "asyncio", "http", "io", "os", "pathlib", "random", "socket", "sqlite3", "subprocess"}
IMPURE |= {"tempfile", "threading", "time", "uuid"}
CLOCKS = {"now", "today", "utcnow"}
PYTHON_TYPES = {"text": (str,), "integer": (int,), "real": (int, float)}
SEEDS = [
    Seed({"imdb": "tt0133093", "tmdb_movie": "603"}, "The Matrix", "The Matrix", 1999, MediaType.MOVIE),
    Seed({"imdb": "tt0903747"}, "Breaking Bad", None, 2008, MediaType.TV),
    Seed({"letterboxd": "the-matrix", "boxd": "2aNK"}, "The Matrix", None, 1999),
    Seed({}, "100% #1: Wo/men\n?", None, None, MediaType.MOVIE),
    Seed({"imdb": "nonsense", "tmdb_movie": "../1", "letterboxd": ""}, " ", None, None),
    Seed({}, "half \ud83c a pair", None, 2001),
    Seed(),
]


@dataclass(frozen=True)
class Case:
    """One fixture: what was asked, what came, and what it must mean."""

    source: str
    path: Path
    key: str
    outcome: Outcome
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    expected: dict[str, Any] = field(default_factory=dict)

    @property
    def response(self) -> Response:
        return Response(self.status, self.headers, self.path.with_suffix(".body").read_bytes())

    @property
    def records(self) -> dict[str, list[dict[str, Any]]]:
        path = self.path.with_suffix(".json")
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def _case(source: str, path: Path) -> Case:
    said = tomllib.loads(path.read_text(encoding="utf-8"))
    about = {name: said.pop(name) for name in ("status", "headers", "options") if name in said}
    return Case(source, path, said.pop("key"), Outcome(said.pop("outcome")), expected=said, **about)


CASES = [_case(name, path) for name in SOURCES for path in sorted((FIXTURES / name).glob("*.toml"))]
every_source = pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
ASKED = {name: source for name, source in SOURCES.items() if not source.bulk}  # the others are read from files
every_asked_source = pytest.mark.parametrize("source", ASKED.values(), ids=ASKED)
every_case = pytest.mark.parametrize("case", CASES, ids=[f"{case.source}-{case.path.stem}" for case in CASES])


def empty_database() -> sqlite3.Connection:
    """A database of our schema with one film, in memory."""
    db = sqlite3.connect(":memory:", isolation_level=None)
    db.execute("pragma foreign_keys = on")
    for migration in names("schema"):
        db.executescript(sql(f"schema/{migration}"))
    db.execute("insert into films (film_id, created_at, updated_at) values (1, '2026-01-01', '2026-01-01')")
    return db


def parameters(kind: str) -> set[str]:
    """The columns that a record of this kind may have."""
    return set(re.findall(r":([a-z_]+)", sql(f"record/{kind}"))) - {"film_id", "source"}


def columns(db: sqlite3.Connection, kind: str) -> dict[str, tuple[str, bool]]:
    """Type of each column of a kind's table, and whether it must have a value."""
    return {row[1]: (row[2].lower(), bool(row[3] or row[5])) for row in db.execute(f"pragma table_info({kind})")}


def store(db: sqlite3.Connection, source: str, records: Sequence[Record]) -> None:
    """Put records into the tables, with the source's word for everything, and take them out again."""
    shapes = {record.kind: (columns(db, record.kind), parameters(record.kind)) for record in records}
    db.execute("begin")
    try:
        for record in sorted(records, key=lambda record: record.kind != "people"):  # as the engine does
            shape, allowed = shapes[record.kind]
            check_row(record, shape, allowed)
            row = {**dict.fromkeys(allowed), **record.values, "film_id": 1, "source": source}
            db.execute(sql(f"record/{record.kind}"), row)
        assert not db.execute("pragma foreign_key_check").fetchall()
    finally:
        db.execute("rollback")


def check_row(record: Record, shape: dict[str, tuple[str, bool]], allowed: set[str]) -> None:
    """Every value is of its column's type."""
    assert record.values.keys() <= allowed, f"{record.kind} has no {record.values.keys() - allowed}"
    for column, value in record.values.items():
        declared, needed = shape[column]
        if value is None:
            assert not needed, f"{record.kind}.{column} is missing"
        else:
            assert type(value) in PYTHON_TYPES[declared], f"{record.kind}.{column} is {value!r}"


def read(source: Source, key: str, response: Response) -> tuple[Verdict, Parsed | None]:
    """Judge and, where there is something to parse, parse. What a parser raises is `broken`, as in the engine."""
    verdict = source.judge(response)
    if verdict.outcome is not Outcome.OK or response.status == 304:
        return verdict, None
    try:
        parsed = source.parse(key, response)
    except Exception as error:  # noqa: BLE001 - a parser may raise anything
        return Verdict(Outcome.BROKEN, "parser_error", repr(error)), None
    return (Verdict(Outcome.ABSENT, parsed.absent) if parsed.absent else verdict), parsed


def rows_by_kind(records: Sequence[Record]) -> dict[str, list[dict[str, Any]]]:
    found: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for record in records:
        found[record.kind].append(dict(record.values))
    return found


@every_case
def test_a_fixture_means_what_its_case_says(case: Case) -> None:
    verdict, parsed = read(SOURCES[case.source](case.options), case.key, case.response)
    assert verdict.outcome is case.outcome, verdict
    if parsed is None:
        assert case.expected.items() <= {"reason": verdict.reason}.items()
        return
    match = parsed.match
    said = {
        "reason": verdict.reason,
        "absent": parsed.absent,
        "ids": dict(parsed.ids),
        "keys": list(parsed.keys),
        "speaks_of": list(parsed.speaks_of),
        "chosen": match and match.chosen,
        "candidates": [candidate.id for candidate in match.candidates] if match else [],
        "listed": len(parsed.listed.seeds) if parsed.listed else 0,
        "trailers": [trailer.video_id for trailer in parsed.trailers],
        "changed": list(parsed.changed.keys) if parsed.changed else [],
    }
    assert {name: said[name] for name in case.expected} == case.expected
    for unsaid in {"ids", "keys", "chosen"} - case.expected.keys():
        assert not said[unsaid], f"the case does not expect {unsaid}"


@every_case
def test_the_records_of_a_fixture_are_the_expected_ones(case: Case) -> None:
    _, parsed = read(SOURCES[case.source](case.options), case.key, case.response)
    found = rows_by_kind(parsed.records if parsed else ())
    for kind, expected in case.records.items():
        assert [{name: row.get(name) for name in want} for row, want in zip(found[kind], expected, strict=False)] == (
            expected
        )
        assert len(found[kind]) == len(expected), kind


@every_case
def test_the_records_of_a_fixture_fit_the_tables(case: Case) -> None:
    source = SOURCES[case.source]
    _, parsed = read(source(case.options), case.key, case.response)
    if parsed is not None:
        assert set(parsed.speaks_of) <= set(source.kinds)
        assert {record.kind for record in parsed.records} <= set(source.kinds)
        store(empty_database(), case.source, parsed.records)


@every_asked_source
def test_a_source_has_cases(source: type[Source]) -> None:
    assert [case for case in CASES if case.source == source.name], "a source without fixtures is not tested"


@every_source
def test_a_source_says_who_it_is(source: type[Source]) -> None:
    assert source.name.isidentifier()
    assert source.name == source.name.lower()
    assert source.title
    assert source.base_url.startswith("https://")
    assert not source.base_url.endswith("/")
    assert source.rate.per_second > 0
    assert min(source.rate.burst, source.rate.concurrency, source.batch, source.version, source.ttl_days) >= 1
    assert bool(source.key_names) == bool(source.key_url)
    assert source.enabled or source.why_off
    assert source.adds


@every_source
def test_a_source_writes_only_kinds_that_have_a_statement(source: type[Source]) -> None:
    assert source.kinds or source.feeds
    assert set(source.kinds) <= set(names("record"))
    assert len(set(source.kinds)) == len(source.kinds)


@every_source
@pytest.mark.parametrize("seed", SEEDS, ids=range(len(SEEDS)))
def test_planning_and_asking_are_deterministic(source: type[Source], seed: Seed) -> None:
    keys = source().plan(seed)
    assert list(keys) == list(source().plan(seed))
    assert len(set(keys)) == len(keys)
    for key in keys:
        assert key.isprintable(), "keys stand one per line in the checkpoint"
        key.encode()
        once, again = source().request([key]), source().request([key])
        assert (once.path, list(once.params.items())) == (again.path, list(again.params.items()))
        assert once.path.startswith("/")
        assert ".." not in once.path
        assert all(type(value) is str for value in once.params.values())


@every_source
def test_a_source_with_a_key_gives_no_credential_without_it(source: type[Source]) -> None:
    credential = source().authorize({})
    assert (credential is None) == bool(source.key_names)


@every_source
@settings(max_examples=150, deadline=None, derandomize=True)
@given(body=st.binary(max_size=400), status=st.sampled_from([200, 202, 203, 304, 400, 401, 403, 404, 429, 500, 503]))
def test_no_bytes_escape_judge_or_become_records(source: type[Source], body: bytes, status: int) -> None:
    response = Response(status, {}, body)
    assert source().judge(response).outcome in Outcome
    assert list(source().allowances(response)) == []
    assert source().recognize(body) is None
    for key in {case.key for case in CASES if case.source == source.name}:
        try:
            parsed = source().parse(key, response)
        except Exception:  # noqa: BLE001 - raising is one of the two right answers
            continue
        assert not parsed.records


@every_case
def test_a_fixture_is_read_alike_once_it_is_scrubbed_and_scrubbing_again_changes_nothing(case: Case) -> None:
    source = SOURCES[case.source](case.options)
    scrubbed = source.scrub(case.response)
    assert source.scrub(scrubbed) == scrubbed
    assert read(source, case.key, scrubbed) == read(source, case.key, case.response)


@every_source
def test_what_a_source_asks_about_no_film_can_be_asked(source: type[Source]) -> None:
    for key in source.standing:
        assert source().request([key]).path.startswith("/")


@pytest.mark.parametrize("module", MODULES, ids=[module.stem for module in MODULES])
def test_a_source_does_no_io_and_knows_no_clock(module: Path) -> None:
    tree = ast.parse(module.read_text(encoding="utf-8"))
    imported: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Attribute):
            assert node.attr not in CLOCKS
        elif isinstance(node, ast.Name):
            assert node.id != "open"
    assert not {name.partition(".")[0] for name in imported} & IMPURE
    assert not {name for name in imported if name.startswith("urllib.request")}


@pytest.mark.parametrize("module", MODULES, ids=[module.stem for module in MODULES])
def test_a_source_does_not_import_another(module: Path) -> None:
    others = {f"mwi_crawl.sources.{source.__module__.rpartition('.')[2]}" for source in SOURCES.values()}
    tree = ast.parse(module.read_text(encoding="utf-8"))
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not imported & others


def test_sources_are_found_by_being_there_and_sorted_by_name() -> None:
    public = [module.stem for module in MODULES if not module.stem.startswith("_")]
    assert list(SOURCES) == sorted(SOURCES)
    assert len(SOURCES) == len(public)
    assert all(source.name == name for name, source in SOURCES.items())


def test_the_schema_and_the_statements_lie_where_the_engine_looks() -> None:
    assert (folder() / "record").is_dir()
