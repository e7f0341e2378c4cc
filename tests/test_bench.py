"""The benchmark works: each side does the whole job, and what a side did wrong is told."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bench import crawl, documents, limits, process, served, sides
from bench.__main__ import main

ROOT = Path(__file__).resolve().parents[1]
JOB = crawl.Job(24, 6, workers=8)


def bench(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "bench", *words], cwd=ROOT, capture_output=True, text=True)


@pytest.fixture
def among_modules(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sides and the server find the modules of this checkout."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.chdir(ROOT)


def column(table: dict[str, Any], name: str) -> set[str]:
    return {row[table["columns"].index(name)] for row in table["rows"]}


@pytest.mark.slow
def test_bare_and_mwi_do_the_same_job_and_go_on_after_a_kill(tmp_path: Path) -> None:
    said = bench("crawl", "resume", "--quick", "--rounds", "1", "--json", str(tmp_path / "figures.json"))

    assert said.returncode == 0, said.stderr
    assert "no figure to quote" in said.stdout
    figures = json.loads((tmp_path / "figures.json").read_text())
    side_by_side, killed, large = figures["parts"]["crawl"] + figures["parts"]["resume"]
    assert column(side_by_side, "rows right") == {"72 of 72"}
    ours, with_bodies = side_by_side["notes"]
    assert ours.endswith("72 jobs done, 0 failures, 0 bodies as served.")
    assert with_bodies.endswith("72 jobs done, 0 failures, 72 bodies as served.")
    assert (column(killed, "rows lost"), column(killed, "rows right")) == ({"0"}, {"60 of 60"})
    assert column(large, "rows right") == {"200 of 200", "400 of 400"}


@pytest.mark.slow
@pytest.mark.parametrize("side", [sides.SCRAPY, sides.CRAWLEE, sides.HTTPX], ids=lambda side: side.name)
@pytest.mark.usefixtures("among_modules")
def test_a_peer_does_the_same_job(side: sides.Side) -> None:
    if missing := side.missing():
        pytest.skip(f"{', '.join(missing)} not installed")

    with crawl.upstream(crawl.PLAIN, JOB) as (url, environ):
        one = crawl.once(side, url, JOB, environ)

    assert one.usage.code == 0, one.usage.output
    assert str(one.check) == "30 of 30"


def test_rows_that_are_missing_or_not_what_was_served_are_told(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "rows.db")) as db:
        db.execute(sides.TABLE)
        rows = [[number, *documents.row(number)] for number in (1, 2, 3)]
        rows[1][1] = "Another title"
        db.executemany(sides.INSERT, rows)
        db.commit()

    assert str(sides.BARE.check(tmp_path, [1, 3])) == "2 of 2 (0 missing, 1 wrong)"
    assert str(sides.BARE.check(tmp_path, [1, 2, 3, 4, 5])) == "2 of 5 (2 missing, 1 wrong)"
    assert str(sides.BARE.check(tmp_path / "nowhere", [1])) == "0 of 1 (1 missing, 0 wrong)"


def ran(cpu: float, *, code: int = 0) -> crawl.Run:
    check = sides.Check(30, 30 - code, missing=code, wrong=0)
    usage = process.Usage(cpu, cpu, 50.0, code, "Traceback\nIt fell\n")
    return crawl.Run(usage, check, crawl.Kept(30 - code, code, 30 - code))


def test_a_ratio_is_the_median_of_those_within_each_round() -> None:
    # the machine was busy in the second round: it was so for both
    runs = {sides.BARE: [ran(1), ran(10), ran(1)], sides.MWI: [ran(1.2), ran(13), ran(1.4)]}

    assert crawl.ratio(runs, sides.MWI, sides.BARE, crawl.wall) == pytest.approx(1.3)


def test_a_target_that_is_missed_is_said() -> None:
    runs = {
        sides.BARE: [ran(1)],
        sides.MWI: [ran(1.5)],
        sides.MWI_BODIES: [ran(1.8)],
        sides.SCRAPY: [ran(15)],
        sides.CRAWLEE: [ran(8)],
    }

    found = crawl.table(crawl.PLAIN, JOB, runs).targets

    assert [(each.measured, each.met) for each in found] == [
        ("30", True),
        ("30", True),
        ("0", True),
        ("1.50", False),
        ("1.80", True),
        ("5.33", False),
        ("10.00", True),
    ]


def test_a_side_that_fell_in_one_round_is_told_with_its_last_words() -> None:
    table = crawl.table(crawl.PLAIN, JOB, {side: [ran(1), ran(1, code=3), ran(1)] for side in crawl.SIDES[:3]})

    assert [row[-1] for row in table.rows] == ["27 of 30 (3 missing, 0 wrong)"] * 3
    assert "- mwi-crawl ended with exit code 3: It fell" in table.notes
    assert [(each.measured, each.met) for each in table.targets[:3]] == [("27", False), ("27", False), ("3", False)]


@pytest.mark.slow
def test_the_other_parts_come_to_their_end() -> None:
    parts = ("memory", "growth", "parsing", "commit", "planning", "aggregate", "datasets")
    said = bench(*parts, "--quick", "--rounds", "1")

    assert said.returncode == 0, said.stderr
    assert [part for part in parts if f"{part}: " not in said.stderr] == []


def test_the_busiest_second_is_any_second_and_not_one_of_the_clock() -> None:
    times = [0.0, 0.9, 0.95, 1.0, 1.5, 1.85, 1.96, 5.0]

    assert limits.busiest(times) == 5  # from 0.9 to 1.85
    assert limits.rate(times) == pytest.approx(7 / 5.0)
    assert (limits.busiest([3.0]), limits.rate([3.0])) == (1, 0.0)


@pytest.mark.usefixtures("among_modules")
def test_a_lazy_server_answers_the_same() -> None:
    from urllib.error import HTTPError
    from urllib.request import urlopen

    with served.serving(1, 1, lazy=True) as server:
        for number in documents.numbers(1, 1):
            with urlopen(server.url + documents.path(number)) as answer:
                assert answer.read() == documents.body(number)
        with pytest.raises(HTTPError, match="404"):
            urlopen(server.url + documents.path(2))


def test_a_part_that_does_not_exist_is_refused_with_those_there_are() -> None:
    said = bench("speed")

    assert said.returncode == 2
    assert "no part is called 'speed'; there are crawl, resume" in said.stderr


def test_a_package_that_is_not_installed_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PYTHONPATH", "")  # main sets it: it is put back afterwards
    monkeypatch.setattr(crawl, "SIDES", [sides.Side("none", "None", packages=("no-such-package",))])

    assert main(["crawl"]) == 1
    assert capsys.readouterr().err == "python -m bench needs no-such-package: pip install -e '.[bench]'\n"


def test_a_side_whose_package_is_not_installed_is_named() -> None:
    side = sides.Side("none", "None", packages=("no-such-package",))

    assert side.missing() == ["no-such-package"]
    with pytest.raises(ModuleNotFoundError, match="no-such-package"):
        crawl.need([side])
