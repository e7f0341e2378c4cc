"""Streaks, phases and the network: against plain Python, with other parameters, and the same each time."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from itertools import groupby
from pathlib import Path
from typing import Any

import networkx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rows import made, transaction

from mwi_crawl import config, sources
from mwi_crawl.aggregate import build, graph, scripts

NOW = "2026-03-04T12:00:00.000Z"
HERS = 3  # films 1 to 3 are hers, the others nobody's
READ = """
create table aggregate_settings (name text primary key, value);
create table agg_viewings (user_id, dates, film_id, watched_on, precision, place);
create table film_main_credits (film_id, job, person_id, name, place);
create table film_details (film_id, runtime_minutes);
create table seen_films (user_id, film_id, rating);
insert into film_main_credits values (1, 'director', 't:6', 'Varda', 1), (2, 'director', 't:6', 'Varda', 1),
  (3, 'director', 't:6', 'Varda', 1);
insert into film_details values (1, 200), (2, 100), (3, 80), (4, 150);
"""
diaries = st.lists(st.integers(1, 5), max_size=24)
Row = tuple[Any, ...]


def table(name: str, films: Sequence[int], parameters: Mapping[str, float] = {}) -> list[dict[str, Any]]:
    """The rows of a table, made of one user's films, a viewing a day."""
    with closing(sqlite3.connect(":memory:")) as db:
        db.row_factory = sqlite3.Row
        db.executescript(READ)
        db.executemany("insert into aggregate_settings values (?, ?)", parameters.items())
        days = enumerate(films, start=1)
        viewings = [(film, f"2025-01-{day:02}", day) for day, film in days]
        db.executemany("insert into agg_viewings values (1, 'viewing', ?, ?, 'exact', ?)", viewings)
        script = next(script for script in scripts.ours() if script.name == name)
        for statement in script.statements:
            db.execute(statement)
        return [dict(row) for row in db.execute(f"select * from {name} order by first_viewing")]


def streaks(films: Sequence[int], least: int) -> list[Row]:
    """First, last, different films of each run of hers."""
    numbered = enumerate(films, start=1)
    runs = [list(run) for hers, run in groupby(numbered, key=lambda each: each[1] <= HERS) if hers]
    found = [(run[0][0], run[-1][0], len({film for _, film in run})) for run in runs]
    return [streak for streak in found if streak[2] >= least]


def phases(films: Sequence[int], window: int, least: int) -> list[Row]:
    """First, last, viewings with her: each window of the diary, those with a viewing of hers in common joined."""
    hers = [number for number, film in enumerate(films, start=1) if film <= HERS]
    joined: list[set[int]] = []
    for begin in range(1 - window, len(films) + 1):
        inside = {number for number in hers if begin <= number < begin + window}
        if len(inside) >= least:
            touched = [phase for phase in joined if phase & inside]
            joined = [phase for phase in joined if not phase & inside] + [inside.union(*touched)]
    return [
        (min(phase), max(phase), len(phase))
        for phase in sorted(joined, key=min)
        if len({films[number - 1] for number in phase}) > 1
    ]


@settings(max_examples=200, deadline=None)
@given(diaries, st.integers(1, 4))
def test_streaks_are_the_runs_of_one_persons_films(films, least):
    rows = table("agg_person_streaks", films, {"streak_films": least})
    assert [(row["first_viewing"], row["last_viewing"], row["films"]) for row in rows] == streaks(films, least)
    assert all(row["viewings"] == row["last_viewing"] - row["first_viewing"] + 1 for row in rows)


@settings(max_examples=300, deadline=None)
@given(diaries, st.integers(1, 12), st.integers(2, 6))
def test_phases_are_the_windows_in_which_one_person_dominates_joined(films, window, least):
    rows = table("agg_person_phases", films, {"phase_window": window, "phase_viewings": least})
    found = [(row["first_viewing"], row["last_viewing"], row["viewings"]) for row in rows]
    assert found == phases(films, window, least)


def test_without_parameters_a_phase_is_five_of_ten():
    films = [1, 4, 2, 4, 1, 4, 2, 4, 4, 1]
    assert [row["viewings"] for row in table("agg_person_phases", films)] == [5]
    assert table("agg_person_phases", [*films[:9], 4, 1]) == []


@pytest.mark.parametrize(
    ("parameters", "kinds"),
    [
        ({}, ["long"]),
        ({"runtime_phase": 2}, ["long", "short"]),
        ({"long_minutes": 180}, []),
        ({"short_minutes": 100, "runtime_phase": 4}, ["short"]),
    ],
)
def test_what_is_long_and_how_many_make_a_phase_are_parameters(parameters, kinds):
    rows = table("agg_runtime_phases", [1, 4, 4, 3, 3, 2, 2, 4], parameters)
    assert [row["kind"] for row in rows] == kinds


def test_a_smaller_main_cast_knows_fewer_actors_and_every_director():
    script = next(script for script in scripts.ours() if script.name == "film_main_credits")
    with closing(sqlite3.connect(":memory:")) as db:
        db.executescript(
            """create table film_chosen_credits (film_id, job, source, person_id, name, character, billing);
            create table same_people (credited_id, name, person_id);
            create table aggregate_settings (name, value);
            insert into aggregate_settings values ('main_cast', 1);
            insert into film_chosen_credits values
              (1, 'actor', 's', 'a', 'A', '', 1), (1, 'actor', 's', 'b', 'B', '', 0),
              (1, 'director', 's', 'a', 'A', '', 1), (1, 'director', 's', 'b', 'B', '', 0);
            insert into same_people values ('a', 'A', 'a'), ('b', 'B', 'b');"""
        )
        for statement in script.statements:
            db.execute(statement)
        found = db.execute("select job, person_id from film_main_credits order by job, place").fetchall()
        assert found == [("actor", "b"), ("director", "b"), ("director", "a")]


# the network


NETWORK = """
import hashlib, random, sqlite3
from mwi_crawl.aggregate import graph
db = sqlite3.connect(":memory:")
db.execute("create table column_docs (tbl, col, doc, primary key (tbl, col))")
db.execute("create table agg_network_edges (user_id, director_id, director, actor_id, actor, films)")
chance = random.Random(3)
pairs = {(f"d{chance.randrange(30)}", f"a{chance.randrange(90)}") for _ in range(400)}
rows = [(1, director, director, actor, actor, 1 + len(actor) % 2) for director, actor in sorted(pairs)]
chance.shuffle(rows)
db.executemany("insert into agg_network_edges values (?, ?, ?, ?, ?, ?)", rows)
graph.communities(db)
found = db.execute("select * from agg_network_communities order by user_id, person_id").fetchall()
print(len({row[3] for row in found}), hashlib.sha256(repr(found).encode()).hexdigest())
"""


def test_communities_are_the_same_in_every_process():
    """Sets of texts lie in another order in each process; a network of texts would not fall apart in the same way."""
    told = set()
    for seed in ("0", "1", "2"):
        environ = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run([sys.executable, "-c", NETWORK], env=environ, capture_output=True, text=True, check=True)
        told.add(done.stdout)
    assert len(told) == 1
    assert int(told.pop().split()[0]) > 1


def test_networkx_is_imported_only_where_a_network_is_made():
    code = "import sys, mwi_crawl.aggregate; sys.exit('networkx' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_communities_of_nobody_are_an_empty_table(tmp_path: Path):
    with closing(made(tmp_path / "mwi.db")) as db:
        db.execute("create table agg_network_edges (user_id, director_id, director, actor_id, actor, films)")
        with transaction(db):
            graph.communities(db)
        assert db.execute("select count(*) from agg_network_communities").fetchone()[0] == 0


def test_two_who_directed_each_other_are_one_pair_with_the_films_of_both():
    edges = [(1, "a", "A", "b", "B", 2), (1, "b", "B", "a", "A", 3)]
    assert list(graph._members(edges)) == [("a", "A", 1, 2, 1, 5), ("b", "B", 1, 2, 1, 5)]


def test_who_works_often_with_one_belongs_to_them_and_not_to_the_many_of_one_film():
    ours = [(director, actor) for director in ("d1", "d2", "d3", "d4") for actor in ("a1", "a2", "a3", "a4")]
    theirs = [(director, actor) for director in ("d5", "d6") for actor in ("a5", "a6", "a7")]
    edges = [(1, director, director, actor, actor, 1) for director, actor in ours + theirs]
    edges.append((1, "d5", "d5", "a4", "a4", 20))
    label = {person: community for person, _, community, *_ in graph._members(edges)}
    assert label["a4"] == label["d5"] != label["d1"]


def test_communities_are_numbered_by_size_and_then_by_their_first_person(monkeypatch):
    monkeypatch.setattr(networkx.community, "louvain_communities", lambda *_, **__: [{4, 5}, {2, 3}, {0, 1, 6}])
    edges = [(1, "a", "A", actor, actor, 1) for actor in "bcdefg"]
    label = {person: community for person, _, community, *_ in graph._members(edges)}
    assert label == {"a": 1, "b": 1, "g": 1, "c": 2, "d": 2, "e": 3, "f": 3}


# what is not there


@pytest.mark.parametrize(
    ("tables", "need"),
    [
        (("film_warnings", "agg_warnings", "agg_warning_topics"), "content_warnings"),
        (("film_deaths", "agg_deaths"), "deaths"),
    ],
)
def test_without_warnings_or_deaths_their_tables_are_skipped_by_name(tmp_path, tables, need):
    with closing(made(tmp_path / "mwi.db")) as db, transaction(db):
        db.execute("insert into users values (1, 'Ann')")
        db.execute("insert into films (film_id, media_type, created_at, updated_at) values (1, 'movie', '', '')")
        db.execute("insert into watches (user_id, film_id, precision) values (1, 1, 'unknown')")
        built = {one.name: one for one in build(db, config.load(sources.discover(), environ={}), NOW, only=tables)}
    for name in tables:
        assert built[name].rows is None
        assert f"nothing in {need}" in (built[name].skipped or "")
