"""The tables of money, ratings and years on TMDb's 4,803 films of 2017, whose answers are known.

The films are crawled through the engine from the fake upstream. The answers count every film and end ties of money by
TMDb's number; by our own rules a film counts once it is released, and ties end by votes first. So here every status
counts, and where the order of ties differs the lists are sorted as the answers are. Everything else must agree.
`python -m tests.battery.kpis` does the same over loopback HTTP.
"""

from __future__ import annotations

import asyncio
import math
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import tmdb5000
from rows import transaction

from mwi_crawl import config, sources
from mwi_crawl.aggregate import build, scripts, settings
from mwi_crawl.queries import sql

pytestmark = pytest.mark.skipif(not tmdb5000.FACTS.is_file(), reason="../shared/data/tmdb-5000-facts.csv is not there")

NOW = "2026-03-04T12:00:00.000Z"
ANY_STATUS = ["Released", "Rumored", "Post Production"]
MILLION = 1_000_000
MONEY = {  # list of answers: table, figure, the lowest first
    "revenue_high": ("kpi_highest_revenue", "revenue_musd", False),
    "budget_high": ("kpi_highest_budget", "budget_musd", False),
    "profit_high": ("kpi_highest_profit", "profit_musd", False),
    "profit_low": ("kpi_highest_profit", "profit_musd", True),  # its other end
    "popularity_high": ("kpi_most_popular", "popularity", False),
    "most_voted": ("kpi_films", "votes", False),
}
ROI = {  # list of answers: table, least budget in millions, the lowest first
    "roi_high_budget_ge_10M": ("kpi_highest_roi", 10, False),
    "roi_low_budget_ge_10M": ("kpi_lowest_roi", 10, True),
    "roi_high_budget_ge_1M": ("kpi_highest_roi", 1, False),
    "roi_high_no_budget_floor": ("kpi_highest_roi", 0, False),
}
LEAST_VOTES = (10, 50, 100, 500, 1000)

Row = dict[str, Any]


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    """The crawled films, and the tables as they are when every status counts."""
    folder = tmp_path_factory.mktemp("tmdb5000")
    report = asyncio.run(tmdb5000.crawl(folder, over_http="MWI_TESTS_OVER_HTTP" in os.environ))
    assert (report.exit_code, report.lanes["tmdb"].done) == (0, 4803)
    with closing(sqlite3.connect(folder / "t.db", isolation_level=None)) as found:
        found.row_factory = sqlite3.Row
        with transaction(found):
            built = build(found, config.load(sources.discover(), environ={}, cwd=folder), NOW, only=["film_details"])
        assert [one.skipped for one in built if one.skipped] == []
        aggregate(found, ["agg_release_year", *sorted({table for table, *_ in MONEY.values()} - {"kpi_films"})])
        yield found


def aggregate(db: sqlite3.Connection, tables: Sequence[str], **told: object) -> None:
    """Make these tables, which read no other than film_details and kpi_films, anew with other settings."""
    words = {"aggregate": {"keep_status": ANY_STATUS, **told}}
    with transaction(db):
        settings.write(db, config.load(sources.discover(), overrides=words, environ={}, cwd=Path("/")), NOW)
        for table in ("kpi_films", *tables):
            for statement in scripts.read(table, sql(f"aggregate/{table}")).statements:
                db.execute(statement)


def listed(db: sqlite3.Connection, table: str, figure: str) -> list[Row]:
    """A table's rows, in its order, with TMDb's number as the id and the figure as the value."""
    rows = db.execute(f"select {table}.*, films.tmdb_id from {table} join films using (film_id) order by 1")
    return [dict(row) | {"id": row["tmdb_id"], "value": row[figure]} for row in rows]


def answers(kpi: str) -> list[tuple[int, str, int, int]]:
    return [
        (int(row["id"]), row["title"], int(row["vote_count"]), int(row["year"]))
        for row in tmdb5000.answers("kpi_tmdb5000")
        if row["kpi"] == kpi
    ]


def values(kpi: str) -> list[float]:
    return [float(row["value"]) for row in tmdb5000.answers("kpi_tmdb5000") if row["kpi"] == kpi]


def told(rows: Sequence[Row]) -> list[tuple[int, str, int, int]]:
    return [(row["id"], row["title"], row["votes"], row["release_year"]) for row in rows]


def agrees(kpi: str, rows: Sequence[Row], scale: float = 1) -> None:
    assert told(rows[:10]) == answers(kpi)
    assert [row["value"] * scale for row in rows[:10]] == pytest.approx(values(kpi), rel=1e-9)


def ends_ties_by_votes(rows: Sequence[Row], *, lowest_first: bool) -> bool:
    sign = 1 if lowest_first else -1
    return [row["film_id"] for row in rows] == [
        row["film_id"] for row in sorted(rows, key=lambda row: (sign * row["value"], -row["votes"], row["film_id"]))
    ]


@pytest.mark.parametrize("kpi", MONEY)
def test_money_and_popularity_are_the_known_ones(db, kpi):
    table, figure, lowest_first = MONEY[kpi]
    rows = listed(db, table, figure)
    assert table == "kpi_films" or ends_ties_by_votes(rows, lowest_first=False)
    sign = 1 if lowest_first else -1
    agrees(kpi, sorted(rows, key=lambda row: (sign * row["value"], row["id"])), MILLION if "_musd" in figure else 1)


@pytest.mark.parametrize("kpi", ROI)
def test_returns_on_investment_are_the_known_ones(db, kpi):
    table, least, lowest_first = ROI[kpi]
    aggregate(db, [table], min_budget_for_roi=least)
    rows = listed(db, table, "roi")
    agrees(kpi, rows)
    assert ends_ties_by_votes(rows, lowest_first=lowest_first)


@pytest.mark.parametrize("votes", LEAST_VOTES)
def test_ratings_are_the_known_ones_in_their_order(db, votes):
    aggregate(db, ["kpi_highest_rated", "kpi_lowest_rated"], min_votes_for_rating=votes)
    for end in ("high", "low"):
        table = "kpi_highest_rated" if end == "high" else "kpi_lowest_rated"
        agrees(f"rating_{end}_votes_ge_{votes}", listed(db, table, "rating"))


def test_release_years_are_the_known_ones(db):
    # where nothing is known the answers say 0, we null; and they count a film without votes as rated 0, we leave it out
    years = {row["release_year"]: dict(row) for row in db.execute("select * from agg_release_year")}
    known = {int(row["year"]): row for row in tmdb5000.answers("yearly_tmdb5000")}
    assert years.keys() == known.keys()
    for year, row in years.items():
        rating = (row["mean_rating"] or 0) * row["rated_films"] / row["films"]
        ours = {
            "films": row["films"],
            "total_revenue": (row["revenue_musd"] or 0) * MILLION,
            "total_budget": (row["budget_musd"] or 0) * MILLION,
            "mean_rating": rating,
            "median_budget_pos": row["median_budget_musd"] and row["median_budget_musd"] * MILLION,
            "median_roi": row["median_roi"],
            "films_with_profit_data": row["films_with_profit"],
            "total_profit": (row["profit_musd"] or 0) * MILLION,
        }
        told = {name: float(known[year][name]) if known[year][name] else None for name in ours}
        assert {name: told[name] if _same(ours[name], told[name]) else ours[name] for name in ours} == told, year


def _same(one: float | None, other: float | None) -> bool:
    return one is other or (None not in (one, other) and math.isclose(one or 0, other or 0, rel_tol=1e-9, abs_tol=1e-9))


def test_only_released_films_count_unless_another_status_is_set(db):
    aggregate(db, [], keep_status=["Released"])
    assert db.execute("select count(*) from kpi_films").fetchone()[0] == 4795
    assert db.execute("select count(*) from film_details").fetchone()[0] == 4803
    aggregate(db, [])
    assert db.execute("select count(*) from kpi_films").fetchone()[0] == 4803


def test_the_weighted_rating_of_the_crawled_films_is_the_published_one(db: sqlite3.Connection, tmp_path: Path) -> None:
    weighted = {"percentile": 0.9, "mean_of": "films", "unvoted": True}
    words = {"cohorts": {"world": {"ranking": {"bayesian": weighted}}}}
    found = config.load(sources.discover(), overrides=words, environ={}, cwd=tmp_path)
    with transaction(db):
        build(db, found, NOW, only=["ranking_bayesian"])
    rows = db.execute(
        "select films.tmdb_id, score, m, mean_of_all from ranking_bayesian join films using (film_id) "
        "where cohort_id = 0 order by rank"
    ).fetchall()
    published = tmdb5000.answers("wr_tmdb5000_p90_all481")
    assert rows[0]["mean_of_all"] == pytest.approx(6.092171559442016, abs=1e-12)
    assert rows[0]["m"] == pytest.approx(1838.4, abs=1e-9)
    assert [row["tmdb_id"] for row in rows] == [int(row["id"]) for row in published]
    assert [row["score"] for row in rows] == pytest.approx([float(row["score"]) for row in published], abs=1e-9)
