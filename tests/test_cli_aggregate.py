"""`aggregate`: what it says, what it costs to break a file of one's own, and that its tables are the same each time."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from commandline import Person
from filelock import FileLock

from mwi_crawl import config, sources
from mwi_crawl.aggregate import check, needs, scripts
from mwi_crawl.aggregate.build import OWN, drop, plan
from mwi_crawl.queries import names, sql

QUICK = """
from mwi_crawl.cli import answering
from mwi_crawl.demo import upstream
answering.DEMO_RATE = 2000
real = upstream.demo_upstream
def calm(**day):
    made = real(**day)
    made.behave()
    made.latency = 0.0
    return made
upstream.demo_upstream = calm
"""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo's file of both people, made once, as it is before its tables are made."""
    folder = tmp_path_factory.mktemp("demo")
    program = f"{QUICK}\nfrom mwi_crawl.cli import main\nmain()"
    subprocess.run([sys.executable, "-c", program, "demo", "-q"], cwd=folder, check=True, timeout=90)
    with closing(sqlite3.connect(folder / "demo.db")) as db:
        made = [row[0] for row in db.execute("select name from aggregate_tables")]
        for name in (*made, *OWN):
            drop(db, name)
        db.commit()
    return folder / "demo.db"


@pytest.fixture
def crawled(mwi: Person, demo: Path, every_source: None) -> Person:
    """A person with that file as theirs."""
    shutil.copy(demo, mwi.folder / "mwi.db")
    return mwi


def digests(path: Path) -> Iterator[tuple[str, str]]:
    """Each table of aggregate with a digest of its rows in the order they lie in, but for the time of making."""
    with closing(sqlite3.connect(path)) as db:
        made = [row[0] for row in db.execute("select name from aggregate_tables where skipped is null order by 1")]
        for name in made:
            columns = [row[1] for row in db.execute(f'pragma table_info("{name}")') if row[1] != "computed_at"]
            listed = ", ".join(f'"{column}"' for column in columns)
            rows = repr(db.execute(f'select {listed} from "{name}"').fetchall())
            yield name, hashlib.sha256(rows.encode()).hexdigest()


def test_the_same_input_gives_the_same_tables_byte_for_byte(crawled: Person) -> None:
    assert crawled("aggregate").code == 0
    first = dict(digests(crawled.folder / "mwi.db"))
    times = crawled.ask("select value from aggregate_settings where name = 'computed_at'")
    said = crawled("aggregate")
    assert "changed since last time: none" in said.out
    assert dict(digests(crawled.folder / "mwi.db")) == first
    assert len(first) > 30
    assert crawled.ask("select value from aggregate_settings where name = 'computed_at'") != times


def test_the_tables_do_not_depend_on_the_order_of_the_rows_in_the_file(crawled: Person, tmp_path: Path) -> None:
    """What was crawled arrives in another order each time; the tables made from it must not show that."""
    crawled("aggregate", "-q")
    first = dict(crawled.ask("select name, digest from aggregate_tables where digest is not null"))
    for table in ("film_genres", "film_keywords", "credits", "ratings", "film_facts", "scores", "content_warnings"):
        crawled.change(f"create table turned as select * from {table} order by rowid desc")
        crawled.change(f"delete from {table}")
        crawled.change(f"insert into {table} select * from turned order by rowid")
        crawled.change("drop table turned")
    crawled("aggregate", "-q")
    found = dict(crawled.ask("select name, digest from aggregate_tables where digest is not null"))
    assert {name for name in first if found[name] != first[name]} == set()


def test_it_says_how_many_tables_were_made_how_many_changed_and_in_what_time(crawled: Person) -> None:
    said = crawled("aggregate")
    assert (said.code, said.err) == (0, "")
    head = said.out.splitlines()[0]
    assert (found := re.fullmatch(r"(\d+) tables rebuilt.*\.   changed since last time: (\d+) tables", head))
    assert found[1] == found[2]
    assert re.search(r"^ published atomically in [\d.]+ s$", said.out, re.MULTILINE)
    assert said.last == "Next: mwi-crawl stats   (exit code 0)"


def test_what_is_skipped_is_named_with_what_would_fill_it(crawled: Person) -> None:
    crawled.change("delete from deaths")
    crawled.change("update film_facts set budget_usd = null, revenue_usd = null")
    said = crawled("aggregate")
    assert said.code == 0
    told = " ".join(said.out.split())
    assert re.search(r"skipped, nothing in deaths; to fill it: cinemorgue \(mwi-crawl full\): .*\bagg_deaths\b", told)
    assert crawled.ask("select count(*) from sqlite_master where name = 'agg_deaths'") == [(0,)]
    why = crawled.ask("select skipped from aggregate_tables where name = 'agg_deaths'")
    assert why == [("nothing in deaths; to fill it: cinemorgue (mwi-crawl full)",)]


def test_a_file_with_nothing_in_it_has_no_tables_and_that_is_no_fault(mwi: Person, every_source: None) -> None:
    mwi("init")
    said = mwi("aggregate")
    assert said.code == 0
    assert "mwi-crawl import FILE" in said.out
    assert mwi("aggregate", "--check").code == 0


def test_a_mistyped_db_is_not_made_for_this(mwi: Person) -> None:
    said = mwi("aggregate", "--db", "mistyped.db")
    assert said.code == 8
    assert "mistyped.db does not exist." in said.err
    assert not (mwi.folder / "mistyped.db").exists()


def test_quiet_says_nothing_when_all_is_well(crawled: Person) -> None:
    said = crawled("aggregate", "-q")
    assert (said.code, said.out, said.err) == (0, "", "")


def test_json_tells_of_every_table(crawled: Person) -> None:
    found = json.loads(crawled("aggregate", "--json", "--check").out)
    by_name = {table["name"]: table for table in found["tables"]}
    assert by_name["film_details"]["rows"] == crawled.ask("select count(*) from films")[0][0]
    assert found["built"] + found["skipped"] == len(found["tables"])
    assert found["exit_code"] == 0
    assert {each["name"] for each in found["check"]} == set(names("check"))


def test_only_makes_what_is_named_and_what_that_reads(crawled: Person) -> None:
    found = json.loads(crawled("aggregate", "--only", "film_details", "--json").out)
    assert "film_details" in {table["name"] for table in found["tables"]}
    assert "agg_deaths" not in {table["name"] for table in found["tables"]}
    said = crawled("aggregate", "--only", "film_detials")
    assert said.code == 3
    assert "there is no table film_detials to make" in said.err


def test_a_broken_file_of_ones_own_is_named_with_its_line_and_the_others_are_built(crawled: Person) -> None:
    folder = crawled.folder / "data" / "sql" / "user"
    folder.mkdir(parents=True)
    (folder / "agg_noir.sql").write_text(
        "create table agg_noir as select * from film_details where genres like '%Crime%';"
    )
    (folder / "oops.sql").write_text("create table oops (a);\ninsert into films select * from films;")
    said = crawled("aggregate")
    assert said.code == 3
    place = Path("data", "sql", "user", "oops.sql")
    assert f"Error: {place}: it may make oops and read the rest, not insert into films" in said.err
    assert "(in the statement that begins on line 2)" in said.err
    assert "were made; yours were left out." in said.err
    assert crawled.ask("select count(*) > 5 from agg_noir") == [(1,)]
    assert crawled.ask("select count(*) from sqlite_master where name = 'oops'") == [(0,)]
    assert crawled("aggregate", "-q").code == 3
    (folder / "oops.sql").unlink()
    assert crawled("aggregate", "-q").code == 0


def test_a_second_process_is_refused_while_somebody_writes(crawled: Person) -> None:
    with FileLock(f"{crawled.folder / 'mwi.db'}.lock"):
        said = crawled("aggregate")
    assert said.code == 8
    assert "another mwi-crawl is writing" in said.err


def test_an_endless_file_of_ones_own_ends_with_ctrl_c_and_changes_nothing(crawled: Person) -> None:
    folder = crawled.folder / "data" / "sql" / "user"
    folder.mkdir(parents=True)
    (folder / "endless.sql").write_text(
        "create table endless as with recursive n(i) as (select 1 union all select i + 1 from n) select max(i) from n;"
    )
    with crawled.start("aggregate", start_new_session=True) as process:
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(4)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=15)
    assert process.returncode == 130
    assert crawled.ask("select count(*) from sqlite_master where name = 'film_details'") == [(0,)]


# the check


def test_a_sound_file_passes_every_rule(crawled: Person) -> None:
    said = crawled("aggregate", "--check")
    assert said.code == 0
    assert "WRONG" not in said.out
    assert "What was checked:" in said.out


BROKEN = {
    "range_money": "update film_facts set budget_usd = 0 where film_id = (select min(film_id) from film_facts)",
    "range_scores": "update scores set value = 11 where system = 'imdb'",
    "range_years": "update film_facts set release_year = 1066",
    "range_runtime": "update film_facts set runtime_minutes = 0",
    "dates_of_viewings": "update watches set watched_on = '2024-13-01' where watch_id = 1",
    "dates_in_the_future": "update ratings set rated_at = '2199-01-01'",
    "range_stars": "update watches set rating = 6 where watch_id = 1",
    "unique_ids": "update film_aliases set film_id = 2 where scheme = 'imdb' and film_id = 1",
    "orphans": "delete from people where person_id = (select min(person_id) from credits)",
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_rule_that_is_broken_is_found_and_told(crawled: Person, name: str) -> None:
    crawled.change(BROKEN[name])
    found = json.loads(crawled("aggregate", "--check", "--json").out)
    broken = {each["name"]: each for each in found["check"] if each["broken"]}
    assert name in broken
    assert broken[name]["examples"]
    assert found["exit_code"] == 5
    said = crawled("aggregate", "--check")
    assert said.code == 5
    assert f"{name}: {broken[name]['rule']}" in said.out


NOTICED = {
    "unique_titles": "update film_facts set title = 'Same', release_year = 1999; "
    "update people set name = 'Alan Smithee'",
    "plausible_money": "update film_facts set budget_usd = 60 where film_id = 1",
    "seen_before_release": "update watches set watched_on = '1901-01-01' where precision = 'exact'",
    "fresh_answers": "update jobs set fetched_at = '2001-01-01T00:00:00.000Z'",
}


@pytest.mark.parametrize("name", NOTICED)
def test_what_is_only_worth_a_look_is_shown_and_changes_no_exit_code(crawled: Person, name: str) -> None:
    for statement in NOTICED[name].split("; "):
        crawled.change(statement)
    found = json.loads(crawled("aggregate", "--check", "--json").out)
    assert [each["name"] for each in found["check"] if each["broken"] and each["name"] == name] == [name]
    assert found["exit_code"] == 0


def test_rules_about_the_tables_find_what_is_wrong_in_them(crawled: Person) -> None:
    crawled("aggregate", "-q")
    for statement in (
        "delete from film_details where film_id = 1",
        "update film_details set profit_musd = profit_musd + 1 where film_id = (select min(film_id) from film_details "
        "where profit_musd is not null)",
        "update jobs set fetched_at = '2199-01-01T00:00:00.000Z'",
    ):
        crawled.change(statement)
    with closing(sqlite3.connect(crawled.folder / "mwi.db")) as db:
        broken = {each.name for each in check.check(db) if each.broken}
    assert {"unique_film_details", "sums_of_money", "fresh_tables"} <= broken


@pytest.mark.parametrize("name", names("check"))
def test_every_rule_is_one_sentence_and_one_question(name: str) -> None:
    text = sql(f"check/{name}")
    assert re.match(r"-- [A-Z].+\.\n", text)
    assert len(scripts.read(name, text).statements) == 1


def test_every_table_of_ours_needs_what_there_is() -> None:
    settings = config.load(sources.discover(), environ={})
    for script in plan()[0].values():
        for need in script.needs:
            assert need.partition(".")[0] in needs.base_tables() | {*plan()[1]}, script.name
            assert "to fill it" in needs.why(need, settings) or need.partition(".")[0] in plan()[1], script.name
