"""kill -9 at any instant: at most the requests under way are sent again, and the file is that of an uninterrupted run.

The same at full size, with figures: tests/battery/kill_and_resume.py.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from random import Random

import pytest
from battery import kill_and_resume as battery

FILMS = 200
MOMENTS = (
    "runs.begin:after 1",  # the run's row is not committed yet
    "plan.page:after 1",  # planned, not committed
    "runs.planned:before 1",
    "throttle.Throttle.turn:before 5",  # before a request
    "parse.understand:before 20",  # fetched, not parsed
    "checkpoint.save:before 3",
    "films.learn:after 9",  # in the middle of a transaction
    "checkpoint.save:after 4",  # all but committed
    "crawl.Engine.on_saved:before 30",  # committed, not told
    "patience.remember_throttle:after 1",  # at the end of a lane
    "runs.end:after 1",  # the run is over, and that is not committed
)


@pytest.fixture(scope="module")
def upstream(tmp_path_factory):
    with battery.upstream_process(tmp_path_factory.mktemp("upstream"), FILMS, 0.002) as started:
        yield started


@pytest.fixture(scope="module")
def environ(upstream):
    return battery.environment(upstream.base_url, 1000)


@pytest.fixture(scope="module")
def whole(tmp_path_factory, environ) -> Path:
    """The folder of an uninterrupted run."""
    folder = battery.imported(tmp_path_factory.mktemp("whole") / "films", environ, FILMS)
    battery.finish(battery.start(folder, environ, "full"))
    return folder


def test_kills_at_random_moments_lose_nothing_and_repeat_nothing(tmp_path, upstream, environ, whole):
    folder = battery.imported(tmp_path / "films", environ, FILMS)
    random = Random()
    moments = [(0, random.uniform(0.2, 0.7)), *battery.random_moments(random, 3, 2 * FILMS)]
    outcome = battery.killed_and_resumed(folder, environ, upstream, moments)
    battery.judge(outcome, folder, whole, FILMS)
    assert outcome.kills >= 3
    assert outcome.wrong == [], moments


def test_a_kill_at_each_step_of_storing_loses_nothing(tmp_path, upstream, environ, whole):
    folder = battery.imported(tmp_path / "films", environ, FILMS)
    outcome = battery.Outcome()
    first = len(upstream.asked())
    finished: set[str] = set()
    for moment in MOMENTS:
        begun = len(upstream.asked())
        process = battery.start(folder, environ, "full", "--resume", die=moment.split())
        assert battery.finish(process, -9) == ""
        since = upstream.asked()[begun:]
        outcome.finished_again += sum(path in finished for path in since)
        finished = battery.look(folder, since, outcome)
        assert outcome.wrong == [], moment
    battery.finish(battery.start(folder, environ, "full", "--resume"))
    asked_for = upstream.asked()[first:]
    outcome.again = len(asked_for) - len(set(asked_for))
    battery.judge(outcome, folder, whole, FILMS)
    assert outcome.wrong == []
    with closing(sqlite3.connect(folder / "mwi.db")) as db:
        # the first moment came before there was a run
        assert db.execute("select attempt from runs").fetchall() == [(len(MOMENTS),)]
