"""`demo`: everything on this machine, the lesson about crashes, and no harm to anybody's file."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys

import pytest
from commandline import Person

from mwi_crawl.cli import answering
from mwi_crawl.cli import demo as demonstration
from mwi_crawl.demo import history, upstream
from mwi_crawl.demo.upstream import FakeUpstream

CALM = """
from mwi_crawl.cli import answering
from mwi_crawl.demo import history, upstream
answering.DEMO_RATE = 2000
real = upstream.demo_upstream
def calm(**day):
    made = real(**day)
    made.behave()
    made.latency = 0.005
    return made
upstream.demo_upstream = calm
"""
ONE_PERSON = "history.HISTORY = history.HISTORY[:1]"


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two years of one person, and an upstream that is quick and behaves."""
    real = upstream.demo_upstream

    def quick_one(seed: int = 7, *, bad_day: bool = False) -> FakeUpstream:
        made = real(seed, bad_day=bad_day)
        made.behave()
        made.latency = 0.0
        return made

    monkeypatch.setattr(upstream, "demo_upstream", quick_one)
    monkeypatch.setattr(history, "HISTORY", history.HISTORY[:1])
    monkeypatch.setattr(answering, "DEMO_RATE", 5000)


def test_the_demo_needs_no_key_and_ends_with_questions_and_their_answers(mwi: Person, short: None) -> None:
    said = mwi("demo")
    assert said.code == 0
    assert said.out.startswith("Building demo.db from two people's bundled histories (no internet, no keys).")
    assert "This is a demo: a fake upstream on this machine answers" in said.err
    asked = [line for line in said.out.splitlines() if line.startswith('$ sqlite3 demo.db "')]
    assert len(asked) == len(demonstration.QUESTIONS)
    made = said.out.index(" tables rebuilt")
    assert said.out.index("Run 1 finished") < made < said.out.index(asked[0])
    assert said.last == "Yours next:  mkdir films && cd films && mwi-crawl init"


@pytest.mark.parametrize("question", demonstration.QUESTIONS, ids=lambda question: question[0])
def test_every_question_of_the_demo_has_an_answer(answers: sqlite3.Connection, question: tuple[str, str]) -> None:
    assert answers.execute(question[1]).fetchall()


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> sqlite3.Connection:
    """A demo file of both people, made once."""
    folder = tmp_path_factory.mktemp("demo")
    program = f"{CALM}\nfrom mwi_crawl.cli import main\nmain()"
    subprocess.run([sys.executable, "-c", program, "demo", "-q"], cwd=folder, check=True, timeout=60)
    return sqlite3.connect(folder / "demo.db")


def test_every_table_can_be_made_of_the_demo(answers: sqlite3.Connection) -> None:
    assert answers.execute("select name, skipped from aggregate_tables where skipped is not null").fetchall() == []


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_a_demo_that_kills_itself_is_finished_by_resume(mwi: Person) -> None:
    said = mwi.wait("demo", "--crash-after", "30", before=CALM + ONE_PERSON)
    assert said.code == -signal.SIGKILL
    assert "Killing this process after 30 answers (SIGKILL)" in said.err
    assert said.err.rstrip().endswith("Go on with: mwi-crawl full --db demo.db --resume")
    assert mwi.ask("select status from runs", "demo.db") == [("RUNNING",)]
    (kept,) = mwi.ask("select count(*) from jobs where state <> 'pending'", "demo.db")[0]
    assert kept >= 30
    said = mwi.wait("full", "--db", "demo.db", "--resume", "--json", before=CALM + ONE_PERSON)
    found = json.loads(said.out)
    assert said.code == 0
    assert (found["run_id"], found["attempt"], found["status"]) == (1, 2, "SUCCESS")
    assert said.err.startswith("Resuming run 1 (attempt 2). Kept: ")
    assert mwi.ask(
        "select count(*) from film_source_state where state not in ('done', 'absent', 'no_id', 'off')", "demo.db"
    ) == [(0,)]


def test_a_bad_day_ends_as_such_days_do_and_leaves_the_other_sources_whole(mwi: Person, short: None) -> None:
    said = mwi("demo", "--bad-day", "--no-progress")
    assert said.code == 7
    stood = dict(mwi.ask("select source, coalesce(reason, state) from run_sources", "demo.db"))
    assert stood == {"cinemorgue": "done", "ddd": "done", "imdb": "blocked", "omdb": "quota", "tmdb": "done"}
    assert mwi.ask("select count(*) from jobs where source in ('tmdb', 'ddd') and state = 'pending'", "demo.db") == [
        (0,)
    ]
    assert mwi.ask("select used, spent_at is not null from quotas where source = 'omdb'", "demo.db") == [(120, 1)]
    assert mwi("full", "--db", "demo.db", "--resume", "--no-progress").code == 7


def test_an_older_demo_is_replaced_and_that_is_told(mwi: Person, short: None) -> None:
    mwi("init", "--db", "demo.db")
    mwi.change("insert into settings values ('upstream', 'demo')", "demo.db")
    mwi.change("insert into runs (kind, status, started_at) values ('full', 'SUCCESS', '2026')", "demo.db")
    said = mwi("demo")
    assert said.code == 0
    assert said.out.startswith("demo.db is an older demo and is replaced.")
    assert mwi.ask("select count(*) from runs", "demo.db") == [(1,)]


@pytest.mark.parametrize("content", ["my diary", ""])
def test_a_file_that_is_no_demo_is_left_alone(mwi: Person, content: str) -> None:
    mwi.write("demo.db", content)
    said = mwi("demo")
    assert said.code == 3
    assert "demo.db exists and is not a demo." in said.err
    assert (mwi.folder / "demo.db").read_text() == content


def test_somebodys_database_is_left_alone(mwi: Person) -> None:
    mwi.follow("tt9000001")
    assert mwi("demo", "--db", "mwi.db").code == 3
    assert mwi.ask("select imdb_id from films") == [("tt9000001",)]


def test_a_demo_that_is_at_work_is_left_alone(mwi: Person) -> None:
    with mwi.start("demo") as process:
        assert process.stderr is not None
        assert process.stderr.readline().startswith("Run 1 (full)")
        second = mwi("demo")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
    assert second.code == 8
    assert "another mwi-crawl is at work on demo.db" in second.err
    assert mwi.ask("select status from runs", "demo.db") == [("INTERRUPTED",)]


def test_a_demo_asks_the_fake_upstream_whatever_the_settings_say(
    mwi: Person, short: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MWI_SOURCES__TMDB__BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("TMDB_API_KEY", "0123456789abcdef0123456789abcdef")
    said = mwi("demo")
    assert said.code == 0
    dump = b"".join(path.read_bytes() for path in mwi.folder.iterdir())
    assert b"0123456789abcdef" not in dump + said.out.encode() + said.err.encode()


def test_a_real_database_is_not_taken_for_a_demo(mwi: Person) -> None:
    mwi("init")
    assert not answering.is_demo(mwi.folder / "mwi.db")
    assert not answering.is_demo(mwi.folder / "nowhere.db")
    assert os.listdir(mwi.folder).count("nowhere.db") == 0
