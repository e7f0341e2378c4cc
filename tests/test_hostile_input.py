"""Hostile input: whatever a file or an upstream sends, nothing escapes, nothing is invented, and nobody's screen moves.

What spoils recorded answers a hundred thousand times is tests/battery/fuzz.py; here is its short version. What else is
hostile is tested where it belongs: damaged files (test_import_*), links in any order (test_films), cells that are run
as formulas (test_export), control characters (test_redact), pages and feeds (sources/).
"""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import sqlite3
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from battery import fuzz, mutations
from commandline import RATINGS, Person
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from rows import NOW, Script, all_of, answer, made, ready, replan, save, sound, take, transaction
from test_import_archive import archive_of

from mwi_crawl import films, plan, runs
from mwi_crawl.cli import terminal, words
from mwi_crawl.identity import normalise_title, title_similarity
from mwi_crawl.importer import ImportOptions, InputFile
from mwi_crawl.importers import sniff
from mwi_crawl.model import Job, Outcome, Parsed, Record, Response, Seed
from mwi_crawl.settle import ABSENT_CAP, ABSENT_FIRST, iso
from mwi_crawl.sources.omdb import Omdb

# Answers

HUGE = 30_000  # characters; what takes the square of that takes half a second and more
SLOW = 0.25  # seconds of the processor
UNITS = (
    "a",
    " ",
    ", ",
    "9",
    "9,",
    "(",
    "(a",
    "[[",
    "''",
    "{{a|",
    "&lt;",
    "<b",
    "function(",
    "\n*",
    "#c\n",
    "א",
    "won ",
    "-",
)


@pytest.mark.parametrize("source", fuzz.SOURCES)
def test_no_spoilt_answer_escapes_or_tells_what_it_has_no_proof_of(source: str):
    figures = fuzz.Fuzz(source, seed=7, recorded=False).run(range(250))
    assert figures.wrong == []
    assert min(figures.outcomes[Outcome.OK], figures.outcomes[Outcome.BROKEN]) > 10


@pytest.mark.parametrize("source", fuzz.SOURCES)
def test_no_text_of_an_answer_takes_longer_than_its_length(source: str):
    fuzzed = fuzz.Fuzz(source, seed=7, recorded=False)
    seen, slow = set(), []
    for sample in filter(fuzzed.tells, fuzzed.samples):
        for unit in UNITS:
            for name, body in mutations.stretched(sample.response.body, unit, HUGE):
                if (name, unit) not in seen:
                    seen.add((name, unit))
                    began = time.thread_time()
                    fuzzed.understood(sample.key, replace(sample.response, body=body))
                    slow += [(name, unit)] if time.thread_time() - began > SLOW else []
    assert slow == []
    assert len(seen) > 3 * len(UNITS)


@pytest.mark.parametrize(("field", "unit"), [("Awards", "9"), ("Awards", "9,"), ("Actors", ", "), ("Genre", "(a,")])
def test_a_field_of_omdb_of_any_length_is_read_in_a_moment(field: str, unit: str):
    said = {"Title": "A", "imdbID": "tt0000001", "Response": "True", field: unit * 100_000}
    began = time.thread_time()
    Omdb().parse("i/tt0000001", Response(200, {}, json.dumps(said).encode()))
    assert time.thread_time() - began < 2


def _raises(key: str, response: Response) -> Parsed:
    raise KeyError(key)


def _invents(key: str, response: Response) -> Parsed:
    return Parsed(
        ids={"imdb": "tt0000007"}, records=(Record("scores", {"system": "imdb", "value": 7.0, "scale": 10.0}),)
    )


def _writes_nonsense(key: str, response: Response) -> Parsed:
    return Parsed(records=(Record("scores", {"system": "imdb", "value": None, "scale": 10.0}),))


@pytest.mark.parametrize("planted", [_raises, _invents, _writes_nonsense])
def test_a_planted_fault_of_a_parser_is_found(planted: object, monkeypatch: pytest.MonkeyPatch):
    fuzzed = fuzz.Fuzz("omdb", seed=7, recorded=False)
    monkeypatch.setattr(Omdb, "parse", lambda _, key, response: planted(key, response))  # type: ignore[operator]
    assert fuzzed.run(range(60)).wrong


def test_a_spoilt_answer_is_the_same_whenever_it_is_made():
    bodies = [fuzz.Fuzz("tmdb", seed=3, recorded=False) for _ in range(2)]
    bodies[0].run(range(5))
    assert bodies[0].spoilt(17) == bodies[1].spoilt(17)


# Titles


@given(st.text(max_size=60))
def test_a_title_that_is_normalised_is_normal(title: str):
    once = normalise_title(title)
    assert normalise_title(once) == once
    assert normalise_title(f"  {title}\n".upper().lower()) == normalise_title(title.upper().lower())


@pytest.mark.parametrize("unit", [*UNITS, "a b ", "the ", ", the", "vii ", "é", "\u0301", "ｗ", "한", "part iv "])
def test_a_title_of_any_length_is_compared_in_a_moment(unit: str):
    title, began = unit * (HUGE // len(unit)), time.thread_time()
    normalise_title(title)
    title_similarity(title, "The Matrix")
    assert time.thread_time() - began < SLOW


# Files


HOSTILE = (
    *(
        '=HYPERLINK("http://evil.example")',
        "+1",
        "-1 Girl",
        "@Suicide Room",
        "=cmd|' /C calc'!A0",
        "\u202eevil\u202c",
        "שבעה",
    ),
    *(
        "'; drop table films; --",
        "<script>alert(1)</script>",
        "\x1b]0;owned\x07",
        "a\nb",
        'He said "no"',
        "NULL",
        "None",
        "🎬",
    ),
)


def ratings(*titles: str) -> bytes:
    """An IMDb ratings export of films with these titles."""
    text = io.StringIO(newline="")
    rest = ("", "Movie", 7, 90, 2000, "Drama", 1000, "2000-01-01", "Ann B.")
    rows = [(f"tt{at:07}", 8, "2020-01-01", title, *rest) for at, title in enumerate(titles, 1)]
    csv.writer(text).writerows([RATINGS.strip().split(","), *rows])
    return text.getvalue().encode()


@settings(max_examples=30, deadline=None)
@given(st.lists(st.text(max_size=30) | st.sampled_from(HOSTILE), min_size=1, max_size=8))
def test_whatever_a_title_holds_it_comes_into_the_file_as_text_and_harms_nothing(titles: list[str]):
    content = ratings(*titles).decode("utf-8").encode() if all(map(_storable, titles)) else b""
    if not content:
        return
    with closing(made(Path(":memory:"))) as db:
        take(db, *sniff(InputFile.of("ratings.csv", content), ImportOptions())[1], content=content)
        sound(db)
        kept = dict(all_of(db, "select imdb_id, title from films"))
        assert len(kept) == len([title for title in titles if "\0" not in title])
        for at, title in enumerate(titles, 1):
            assert "\0" in title or _letters(kept[f"tt{at:07}"] or "") == _letters(title)


def _storable(title: str) -> bool:
    return not re.search("[\ud800-\udfff]", title)


def _letters(title: str) -> str:
    """A title without what an import may tidy: blanks, and signs that cannot be seen."""
    return "".join(sign for sign in title if sign.isprintable() and not sign.isspace())


def test_formulas_are_kept_as_text_and_leave_the_program_harmless(mwi: Person):
    (mwi.folder / "ratings.csv").write_bytes(ratings(*HOSTILE[:5]))
    assert mwi("import", "imdb", "ratings.csv").code == 0
    assert [row[0] for row in mwi.ask("select title from films order by film_id")] == list(HOSTILE[:5])
    said = [row["title"] for row in csv.DictReader(io.StringIO(mwi("export", "csv", "films").out))]
    assert said == [f"'{title}" for title in HOSTILE[:5]]
    raw = [row["title"] for row in csv.DictReader(io.StringIO(mwi("export", "csv", "films", "--csv-raw").out))]
    as_json = [row["title"] for row in json.loads(mwi("export", "json", "films").out)]
    assert raw == as_json == list(HOSTILE[:5])


def bomb() -> bytes:
    return archive_of(("ratings.csv", b"Date,Name,Year,Letterboxd URI,Rating\n" + b"\n" * 30_000_000))


WATCHED = b"Date,Name,Year,Letterboxd URI\n2024-01-03,Perfect Days,2023,https://boxd.it/zRm2\n"
ARCHIVES = {
    "slip": lambda: archive_of(("watched.csv", WATCHED), ("../../evil.csv", WATCHED)),
    "bomb": bomb,
    "nested": lambda: archive_of(("watched.csv", WATCHED), ("inner.zip", bomb()[:1000])),
    "cut": lambda: archive_of(("watched.csv", WATCHED))[:-30],
    "no csv": lambda: archive_of(("readme.txt", b"hello")),
}


@pytest.mark.parametrize("name", ["slip", "bomb", "cut", "no csv"])
def test_a_hostile_archive_is_refused_in_words_and_leaves_nothing(mwi: Person, name: str):
    mwi("init")
    (mwi.folder / "export.zip").write_bytes(ARCHIVES[name]())
    there, began = {*mwi.folder.parent.rglob("*")}, time.thread_time()
    refused = mwi("import", "letterboxd", "export.zip")
    assert (refused.code, refused.out) == (3, "")
    assert refused.err.startswith("Error: ")
    assert "Nothing was imported." in refused.err
    assert "Traceback" not in refused.err
    assert time.thread_time() - began < 5
    assert {path.name for path in {*mwi.folder.parent.rglob("*")} - there} <= {"mwi-crawl.log", "mwi.db.lock"}
    assert mwi.ask("select count(*) from films") == [(0,)]


def test_an_archive_inside_an_archive_is_never_opened(mwi: Person):
    (mwi.folder / "export.zip").write_bytes(ARCHIVES["nested"]())
    assert mwi("import", "letterboxd", "export.zip").code == 0
    assert mwi.ask("select title from films") == [("Perfect Days",)]


FIELDS = {
    "ten megabytes": ratings("a" * 10_000_000),
    "ten megabytes without an end": ratings("A")[:-20] + b'"' + b"a," * 5_000_000,
    "nul bytes only": b"\0" * 100_000,
    "a name of ten megabytes": b"Const," + b"x" * 10_000_000 + b",Title\ntt0000001,1,A\n",
}


@pytest.mark.parametrize("name", FIELDS)
def test_a_file_that_is_no_table_is_refused_in_words_and_leaves_nothing(mwi: Person, name: str):
    mwi("init")
    (mwi.folder / "ratings.csv").write_bytes(FIELDS[name])
    refused = mwi("import", "imdb", "ratings.csv")
    assert (refused.code, refused.out) == (3, "")
    assert len(refused.err) < 1_000
    assert mwi.ask("select count(*) from films") == [(0,)]


def test_a_row_with_nul_bytes_is_skipped_by_name_and_the_others_are_taken(mwi: Person):
    (mwi.folder / "ratings.csv").write_bytes(ratings("A", "B\0C", "D"))
    taken = mwi("import", "imdb", "ratings.csv")
    assert taken.code == 0
    assert "NUL" in taken.out + taken.err
    assert mwi.ask("select title from films order by 1") == [("A",), ("D",)]


# The terminal

RTL = "שבעה סמוראים 1954"


def drawn(line: str) -> str:
    """A line as a terminal draws it that turns what runs from right to left: digits and blanks in between with it.

    As the Unicode rules have it, as far as a table needs them: neutral signs and numbers go with the letters on both
    sides of them, and a run of letters from right to left is drawn the other way.
    """
    import unicodedata

    kinds = [unicodedata.bidirectional(sign) for sign in line]
    strong = ["R" if kind in ("R", "AL") else "L" if kind == "L" else "" for kind in kinds]
    for at, kind in enumerate(kinds):
        if kind == "EN" and next((each for each in reversed(strong[:at]) if each), "L") in "RN":
            strong[at] = "N"  # a number behind such letters: drawn in its own order, counted to their run
    runs: list[str] = []
    for at, kind in enumerate(strong):
        if not kind:
            before = next((each for each in reversed(strong[:at]) if each), "L")
            after = next((each for each in strong[at:] if each), "L")
            kind = "R" if before in "RN" and after in "RN" else "L"
        runs.append("R" if kind == "R" else kind)
    return _turned(line, runs)


def _turned(line: str, runs: list[str]) -> str:
    pieces, at = [], 0
    while at < len(line):
        to = at
        while to < len(line) and (runs[to] == "L") == (runs[at] == "L"):
            to += 1
        piece = line[at:to]
        if runs[at] != "L":
            piece = "".join(reversed(re.findall(r"\d+|\D", piece)))
        pieces.append(piece)
        at = to
    return "".join(pieces)


def test_the_drawing_of_a_line_moves_columns_behind_hebrew_unless_a_sign_stands_between():
    assert drawn("1 אב  1954  8 x") == "1 8  1954  בא x"
    assert drawn(f"1 אב{words.LEFT_TO_RIGHT}  1954  8 x") == f"1 בא{words.LEFT_TO_RIGHT}  1954  8 x"
    assert drawn("1 ab  1954  8 x") == "1 ab  1954  8 x"


@pytest.mark.parametrize("title", [RTL, "الفيل الأزرق", "ab שבעה", "שבעה ab", "1954 שבעה"])
def test_a_title_from_right_to_left_does_not_move_the_columns_beside_it(
    title: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(terminal, "on_terminal", lambda _name: True)
    terminal.print_table(
        [[1, title, "1954", 8.5, "tmdb"], [2, "Seven Samurai", 1954, 8.5, "tmdb"]], ("", "title", "year", "score", "by")
    )
    header, turned, plain = capsys.readouterr().out.splitlines()
    shown = drawn(turned).replace(words.LEFT_TO_RIGHT, "")
    for cell in ("1954", "8.5", "tmdb"):
        assert shown.rindex(cell) == plain.rindex(cell)
    assert header.index("year") == plain.index("1954")
    assert words.columns(turned) == words.columns(plain)


def test_a_title_that_holds_the_sign_for_it_turns_nothing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(terminal, "on_terminal", lambda _name: True)
    terminal.print_table([["\u202eevil\u2067", "b\u200e", 1]], ("a\u202e", "b", "c"))
    said = capsys.readouterr().out
    assert not re.search("[\u200e\u200f\u202a-\u202e\u2066-\u2069]", said)


def test_where_nobody_looks_no_sign_is_put_in(capsys: pytest.CaptureFixture[str]):
    terminal.print_table([[1, RTL, 1954]], ("", "title", "year"))
    assert words.LEFT_TO_RIGHT not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("title", "width"),
    [
        ("Amélie", 6),
        ("Ame\u0301lie", 6),
        ("千と千尋", 8),
        ("ที่รัก", 3),
        ("ผู้ใหญ่", 4),
        ("שִׁבְעָה", 4),
        ("a\u200db", 2),
        ("👍", 2),
    ],
)
def test_marks_above_and_below_letters_take_no_column(title: str, width: int):
    assert words.columns(title) == width


def test_a_title_of_a_megabyte_is_cut_in_a_moment(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(terminal, "on_terminal", lambda _name: True)
    began = time.thread_time()
    assert words.cut("千" * 1_000_000, 10) == "千千千千…"
    assert words.cut("a" * 10, 10) == "a" * 10
    terminal.print_table([["a" * 1_000_000, 1954]], ("title", "year"))
    assert time.thread_time() - began < 3
    assert all(words.columns(line) < 200 for line in capsys.readouterr().out.splitlines())


@given(st.text(st.characters(codec="utf-8"), max_size=20), st.integers(1, 12))
def test_a_text_that_is_cut_fits_and_is_the_longest_that_does(text: str, width: int):
    found = words.cut(text, width)
    assert words.columns(found) <= width
    assert found == text or text.startswith(found[:-1])
    assert found == text or words.columns(text) > width


# The checkpoint


class Other(Script):
    """A second upstream."""

    name = "other"
    title = "Other"


SOURCES = {source.name: source for source in (Script(), Other())}
TTL = timedelta(days=Script.ttl_days)


@dataclass
class Known:
    """What the model knows of a job."""

    run: int
    ready: datetime
    state: str = "pending"
    attempts: int = 0
    absences: int = 0
    heard: datetime | None = None


class Checkpoint(RuleBasedStateMachine):
    """Films, answers, runs, kills and other sources in any order. The model: a dict of jobs, and their failures."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.copies = 0
        self.path = self.folder / "0.db"
        self.db = made(self.path)
        self.now, self.run_id, self.films = NOW, 0, 0
        self.enabled = {"script"}
        self.jobs: dict[tuple[str, str], Known] = {}
        self.failures = 0

    def teardown(self) -> None:
        self.db.close()
        shutil.rmtree(self.folder)

    def ready_now(self, source: str) -> list[str]:
        return sorted(
            key
            for (name, key), job in self.jobs.items()
            if name == source and job.state == "pending" and job.run == self.run_id and job.ready <= self.now
        )

    @rule(number=st.integers(1, 3))
    def films_are_added(self, number: int) -> None:
        with transaction(self.db):
            for _ in range(number):
                self.films += 1
                films.add(
                    self.db, Seed({"imdb": f"tt{self.films:07}"}), origin="test", followed=True, now=iso(self.now)
                )

    @rule()
    def a_run_begins(self) -> None:
        self.run_id = self.planned(self.db)
        for source in self.enabled:
            for number in range(1, self.films + 1):
                job = self.jobs.setdefault((source, f"id/tt{number:07}"), Known(self.run_id, self.now))
                stale = job.state == "done" and job.heard is not None and job.heard < self.now - TTL
                there = job.state == "absent" and job.ready <= self.now
                if stale or there or job.state == "failed":
                    job.state, job.attempts, job.ready = "pending", 0, self.now
                if job.state == "pending":
                    job.run = self.run_id

    def planned(self, db: sqlite3.Connection) -> int:
        with transaction(db):
            run = runs.begin(db, "full", "{}", iso(self.now))
            for source in sorted(self.enabled):
                replan(db, run.run_id, SOURCES[source], now=self.now)
                runs.open_lane(db, run.run_id, source, plan.due(db, run.run_id, source))
        return run.run_id

    @precondition(lambda self: self.run_id)
    @rule(data=st.data(), source=st.sampled_from(sorted(SOURCES)), number=st.integers(1, 4), killed=st.booleans())
    def jobs_are_claimed_and_answered(self, data: st.DataObject, source: str, number: int, killed: bool) -> None:
        jobs = ready(self.db, self.run_id, source, self.now)
        assert sorted(job.key for job in jobs) == self.ready_now(source)
        outcomes = (Outcome.OK, Outcome.ABSENT, Outcome.RETRY, Outcome.RETRY, Outcome.REFUSED, Outcome.BROKEN)
        batch = [(job, data.draw(st.sampled_from(outcomes))) for job in jobs[:number]]
        answers = [answer(job, how, self.said(job, how), now=self.now, max_retries=1) for job, how in batch]
        if killed:
            self.db.execute("begin immediate")
            save_within(self.db, self.run_id, answers)
            self.killed()
            return
        save(self.db, self.run_id, *answers)
        for job, how in batch:
            self.settled(self.jobs[source, job.key], how)

    def said(self, job: Job, how: Outcome) -> Parsed | None:
        score = Record("scores", {"system": "imdb", "value": float(job.job_id), "scale": 10.0})
        return Parsed(("scores",), (score,)) if how is Outcome.OK else None

    def settled(self, job: Known, how: Outcome) -> None:
        self.failures += how not in (Outcome.OK, Outcome.ABSENT)
        if how in (Outcome.OK, Outcome.ABSENT):
            job.heard, job.attempts = self.now, 0
            job.state, job.absences = ("done", 0) if how is Outcome.OK else ("absent", job.absences + 1)
            job.ready = self.now + timedelta(days=min(ABSENT_CAP, ABSENT_FIRST * 2 ** max(0, job.absences - 1)))
        elif how is Outcome.BROKEN:
            job.state, job.attempts = "broken", job.attempts + 1
        elif how is Outcome.RETRY:
            job.state, job.attempts = ("pending" if job.attempts < 1 else "failed"), job.attempts + 1
            job.ready = self.now + timedelta(seconds=1.5)  # 2 s, and the dice of `answer`

    @rule()
    def the_process_is_killed_while_it_plans(self) -> None:
        self.db.execute("begin immediate")
        films.add(self.db, Seed({"imdb": "tt9999999"}), origin="test", followed=True, now=iso(self.now))
        self.killed()

    def killed(self) -> None:
        """What a process leaves that is gone in the middle of a transaction: its files as they are."""
        self.copies += 1
        copy = self.folder / f"{self.copies}.db"
        for ending in ("", "-wal"):
            if Path(f"{self.path}{ending}").exists():
                shutil.copy(f"{self.path}{ending}", f"{copy}{ending}")
        self.db.close()
        self.path, self.db = copy, made(copy)

    @rule(hours=st.sampled_from([0.01, 1, 24 * 8, 24 * 31]))
    def time_passes(self, hours: float) -> None:
        self.now += timedelta(hours=hours)

    @rule(source=st.sampled_from(sorted(SOURCES)))
    def a_source_is_switched_on_or_off(self, source: str) -> None:
        self.enabled ^= {source}

    @invariant()
    def the_jobs_are_those_of_the_model(self) -> None:
        found = all_of(self.db, "select source, key, state, attempts, absences from jobs")
        model = [(*name, job.state, job.attempts, job.absences) for name, job in self.jobs.items()]
        assert sorted(found) == sorted(model)

    @invariant()
    def what_was_ever_done_has_its_rows_and_nothing_else_has_any(self) -> None:
        rows = {
            (source, key)
            for source, key in all_of(self.db, "select jobs.source, key from jobs join scores using (film_id, source)")
        }
        done = {name for name, job in self.jobs.items() if job.state == "done"}
        assert done <= rows
        assert all(self.jobs[name].heard for name in rows)

    @invariant()
    def every_failure_is_a_row_and_the_file_is_sound(self) -> None:
        assert all_of(self.db, "select count(*) from failures") == [(self.failures,)]
        sound(self.db)


def save_within(db: sqlite3.Connection, run_id: int, answers: list[object]) -> None:
    """Store answers in a transaction that is open."""
    from mwi_crawl import checkpoint

    checkpoint.save(db, run_id, answers, keep_bodies=True)  # type: ignore[arg-type]


Checkpoint.TestCase.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)
TestCheckpoint = Checkpoint.TestCase
