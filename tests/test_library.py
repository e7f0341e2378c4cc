"""The package in a script: its names, its functions, and every block of docs/library.md over the fake upstream."""

from __future__ import annotations

import ast
import asyncio
import inspect
import logging
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from commandline import RATINGS, Person, served
from toys import KEYS, TOKEN, invented_ids, tmdb_upstream

import mwi_crawl
from mwi_crawl import (
    BusyError,
    Config,
    ConfigError,
    Engine,
    InputError,
    KeyMissingError,
    MediaType,
    MwiError,
    RunStatus,
    Scope,
    build_tables,
    errors,
    import_file,
    library,
    load_config,
    parse_again,
    sources,
)
from mwi_crawl.demo.upstream import FakeUpstream
from mwi_crawl.sources.tmdb import Tmdb

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "library.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
FAST = {"base_url": "http://127.0.0.1:9", "requests_per_second": 5000, "burst": 100, "concurrency": 8}

# in the words of each block's output
TOLD = {
    "As a library": ["SUCCESS"],
    "A whole script": [
        "ratings.csv: 2 rows, 2 new, 0 skipped",
        "SUCCESS: ",
        "The Godfather · 1972 · Francis Ford Coppola",
    ],
    "Settings": ["films.db 5000", 'Did you mean "max_retries"?'],
    "Which films, which sources": ["{'tmdb': 4}", "\n0\n"],
    "Watching a run": ["'status': 'SUCCESS'"],
    "Stopping and cancelling": ["SUCCESS"],
    "What is raised, and what is safe then": [],
    "The log": [],
    "In your own tests": [],
}


def blocks() -> Iterator[tuple[str, str]]:
    """The code of the page and of the README, by the heading it stands under."""
    for section in re.split(r"^## ", f"{PAGE}\n{README}", flags=re.MULTILINE):
        for code in re.findall(r"^```python\n(.*?)^```", section, re.DOTALL | re.MULTILINE):
            yield section.partition("\n")[0], code


BLOCKS = list(blocks())


@pytest.fixture
def folder(mwi: Person) -> Iterator[Path]:
    """A folder with a file of ratings, and TMDb over loopback."""
    mwi.rate(("tt0111161", "The Shawshank Redemption"), ("tt0068646", "The Godfather"))
    with served(tmdb_upstream(0, key=TOKEN)) as base_url:
        mwi.use(base_url)
        yield mwi.folder
    logging.getLogger("mwi_crawl").setLevel(logging.NOTSET)


@pytest.fixture
def tmdb_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """TMDb is the only source there is, and the current folder has no settings."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sources, "discover", lambda: {"tmdb": Tmdb})


def settings(folder: Path, *ids: str, **tables: Any) -> Config:
    """Settings for a file in the folder that follow these films, at the speed of this machine."""
    said = {"paths": {"db": folder / "t.db", "data": folder / "data"}, "ingest": {"imdb_ids": list(ids)}}
    return load_config(environ=KEYS, **{**said, "sources": {"tmdb": FAST}, **tables})


def engine_of(config: Config, upstream: FakeUpstream) -> Engine:
    return Engine(config, transport=lambda _source, _base_url, _limits: upstream)


def ask(path: Path, question: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as db:
        return db.execute(question).fetchall()


def after(engine: Engine, answers: int, act: Callable[[], object]) -> None:
    """Do something in the middle of a run: when so many answers are stored."""
    count = engine.on_saved
    left = answers

    def counting(saved: Any) -> None:
        nonlocal left
        count(saved)
        left -= 1
        if left == 0:
            act()

    engine.on_saved = counting  # type: ignore[method-assign]


# the page


@pytest.mark.parametrize(("heading", "code"), BLOCKS, ids=[heading for heading, _ in BLOCKS])
def test_a_block_of_the_page_does_what_it_says(
    folder: Path, capsys: pytest.CaptureFixture[str], heading: str, code: str
) -> None:
    names: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(code, heading, "exec", dont_inherit=True), names)
    for name, thing in names.items():
        if name.startswith("test_"):
            thing(folder)
    assert names.get("code", 0) == 0
    out, err = capsys.readouterr()
    for words in TOLD[heading]:
        assert words in out
    assert err == ""


def test_every_section_that_is_told_of_here_has_its_block() -> None:
    assert sorted(heading for heading, _ in BLOCKS) == sorted(TOLD)


def test_every_name_has_its_place_on_the_page() -> None:
    table = PAGE.partition("## The names")[2]
    assert set(re.findall(r"`(\w+)`", table)) >= set(mwi_crawl.__all__)
    methods = {name for name, _ in inspect.getmembers(Engine, inspect.isfunction) if name[0] != "_"} - {"on_saved"}
    assert set(re.findall(r"`(\w+)`", table)) >= methods


# the names


def test_importing_the_package_imports_nothing_else() -> None:
    program = "import sys; before = set(sys.modules); import mwi_crawl; print(sorted(set(sys.modules) - before))"
    said = subprocess.check_output([sys.executable, "-c", program], text=True, cwd=ROOT)
    assert said.strip() == "['mwi_crawl']"


def test_the_package_has_the_library_s_names_and_a_type_checker_sees_the_same() -> None:
    tree = ast.parse(Path(str(mwi_crawl.__file__)).read_text(encoding="utf-8"))
    seen = [alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names]
    assert mwi_crawl.__all__ == library.__all__ == sorted(mwi_crawl.__all__)
    assert sorted(name for name in seen if name != "library") == mwi_crawl.__all__
    for name in mwi_crawl.__all__:
        assert getattr(mwi_crawl, name) is getattr(library, name)
        assert getattr(mwi_crawl, name).__doc__
    assert set(dir(mwi_crawl)) >= set(mwi_crawl.__all__)


def test_a_name_that_there_is_not_is_said_to_be_missing_and_modules_are_still_found() -> None:
    with pytest.raises(ImportError, match="Motor"):
        from mwi_crawl import Motor  # type: ignore[attr-defined]  # noqa: F401
    with pytest.raises(AttributeError, match="has no attribute 'Motor'"):
        mwi_crawl.Motor  # type: ignore[attr-defined]  # noqa: B018
    assert inspect.ismodule(errors)


def test_all_that_a_run_raises_can_be_caught() -> None:
    kinds = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, MwiError)]
    only_downloads = {"UpstreamError"}
    assert {kind.__name__ for kind in kinds} - only_downloads <= set(mwi_crawl.__all__)


# settings


def test_settings_need_no_file_and_a_script_s_words_win(mwi: Person) -> None:
    mwi.write("config.toml", '[paths]\ndb = "file.db"\nlog = "file.log"\n[engine]\nmax_retries = 7\n')
    mwi.write("other.toml", "[engine]\nmax_retries = 9\n")
    found = load_config(environ={"MWI_DB": "environment.db", "MWI_PATHS__LOG": "environment.log"}, paths={"db": "x.db"})
    assert (str(found.paths.db), str(found.paths.log), found.engine.max_retries) == ("x.db", "environment.log", 7)
    assert load_config("other.toml").engine.max_retries == 9
    with pytest.raises(ConfigError, match=r"nowhere\.toml"):
        load_config("nowhere.toml")
    (mwi.folder / "config.toml").unlink()
    assert load_config(paths={"db": Path("y.db")}).paths.db == Path("y.db")


def test_an_environment_that_is_given_takes_the_place_of_the_real_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MWI_DB", "real.db")
    monkeypatch.setenv("OMDB_API_KEY", "abcd1234")
    found = load_config(environ=KEYS)
    assert (str(found.paths.db), found.reveal().get("OMDB_API_KEY")) == ("mwi.db", None)
    assert load_config().reveal()["OMDB_API_KEY"] == "abcd1234"


# files


@pytest.mark.usefixtures("tmdb_only")
async def test_a_file_is_recognized_and_belongs_to_whom_it_is_said_to(tmp_path: Path) -> None:
    series = 'tt0903747,9,2020-01-01,"Breaking Bad",https://www.imdb.com/,TV Series,9.5,49,2008,Drama,9,2008-01-20,\n'
    (tmp_path / "ratings.csv").write_text(RATINGS + series, encoding="utf-8")
    (tmp_path / "crowd.csv").write_text("user,imdb_id,rating\nbo,tt0111161,3\nbo,tt0068646,2\n", encoding="utf-8")
    async with Engine(settings(tmp_path)) as engine:
        (first,) = await import_file(engine, tmp_path / "ratings.csv", user="ann")
        assert (first.kind, first.user, first.rows, first.added) == ("imdb_ratings", "ann", 1, 1)
        assert (first.followed.total(), first.kept.total()) == (0, 1)
        (again,) = await import_file(engine, str(tmp_path / "ratings.csv"), user="ann", include=list(MediaType))
        assert again.followed.total() == 1
        await import_file(engine, tmp_path / "crowd.csv", scale=3, cohort="crowd")
    stars = "select name, rating from ratings join users using (user_id) order by rating desc"
    assert ask(tmp_path / "t.db", stars)[:2] == [("bo", 5.0), ("ann", 4.5)]
    members = "select name from cohort_members join users using (user_id) join cohorts using (cohort_id)"
    assert ("bo",) in ask(tmp_path / "t.db", members)


@pytest.mark.usefixtures("tmdb_only")
async def test_a_file_that_cannot_be_used_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8\xff\xe0 not a list of films \x00\x01")
    async with Engine(settings(tmp_path)) as engine:
        with pytest.raises(FileNotFoundError):
            await import_file(engine, tmp_path / "nowhere.csv")
        with pytest.raises(IsADirectoryError):
            await import_file(engine, tmp_path)
        with pytest.raises(InputError, match=r"photo\.jpg"):
            await import_file(engine, tmp_path / "photo.jpg")
    assert ask(tmp_path / "t.db", "select (select count(*) from films), (select count(*) from imports)") == [(0, 0)]


# runs


@pytest.mark.usefixtures("tmdb_only")
@pytest.mark.parametrize("kind", ["full", "incremental"])
async def test_a_run_whose_task_is_cancelled_in_the_middle_goes_on_where_it_ended(tmp_path: Path, kind: str) -> None:
    upstream = tmdb_upstream(latency=0.002)
    async with engine_of(settings(tmp_path, *invented_ids(40)), upstream) as engine:
        running = asyncio.create_task(getattr(engine, kind)())
        after(engine, 30, running.cancel)
        with pytest.raises(asyncio.CancelledError):
            await running
        assert ask(tmp_path / "t.db", "select status, exit_code from runs") == [("INTERRUPTED", 130)]
        done = {f"/3/{key}" for (key,) in ask(tmp_path / "t.db", "select key from jobs where state = 'done'")}
        asked = len(upstream.log.hits)
        report = await getattr(engine, kind)(resume=True)
    assert len(done) >= 29
    assert not done & {hit.path for hit in upstream.log.hits[asked:]}
    assert len(upstream.log.hits) <= 80 + FAST["concurrency"]
    assert (report.status, report.attempt, report.total("done")) == (RunStatus.SUCCESS, 2, 40)
    assert ask(tmp_path / "t.db", "select kind, status, attempt from runs") == [(kind, "SUCCESS", 2)]


@pytest.mark.usefixtures("tmdb_only")
async def test_an_engine_does_one_run_after_the_other_and_may_be_opened_again(tmp_path: Path) -> None:
    upstream = tmdb_upstream()
    engine = engine_of(settings(tmp_path, *invented_ids(6)), upstream)
    async with engine:
        first = await engine.full(Scope(limit=2))
        second = await engine.full()
        assert engine.report is second is not first
    assert not (tmp_path / "t.db-wal").exists(), "one whole file at rest"
    async with engine:
        third = await engine.incremental()
    assert [report.total("done") for report in (first, second, third)] == [2, 4, 0]
    assert [report.run_id for report in (first, second, third)] == [1, 2, 3]
    assert len(upstream.log.hits) == 12, "nothing twice"


@pytest.mark.usefixtures("tmdb_only")
async def test_a_run_that_is_stopped_returns_its_report_and_a_stop_before_it_stops_nothing(tmp_path: Path) -> None:
    async with engine_of(settings(tmp_path, *invented_ids(40)), tmdb_upstream(latency=0.002)) as engine:
        assert engine.stop() == 0
        after(engine, 60, engine.stop)  # 40 are look-ups
        report = await engine.full()
        assert (report.interrupted, report.status) == (True, RunStatus.INTERRUPTED)
        assert 0 < report.total("done") < 40
        report = await engine.full(resume=True)
    assert (report.interrupted, report.total("done"), report.attempt) == (False, 40, 2)


@pytest.mark.usefixtures("tmdb_only")
async def test_a_second_engine_for_a_file_is_refused(tmp_path: Path) -> None:
    config = settings(tmp_path)
    async with Engine(config):
        with pytest.raises(BusyError):
            await Engine(config).__aenter__()
    async with Engine(config):
        pass


@pytest.mark.usefixtures("tmdb_only")
async def test_a_source_without_its_key_is_refused_before_there_is_a_run(tmp_path: Path) -> None:
    config = load_config(environ={}, paths={"db": tmp_path / "t.db"}, ingest={"imdb_ids": invented_ids(1)})
    async with engine_of(config, upstream := tmdb_upstream()) as engine:
        with pytest.raises(KeyMissingError) as caught:
            await engine.full(Scope(sources=("tmdb",)))
    assert caught.value.exit_code == 4
    assert "TMDB_API_READ_ACCESS_TOKEN" in caught.value.todo
    assert (upstream.log.hits, ask(tmp_path / "t.db", "select count(*) from runs")) == ([], [(0,)])


@pytest.mark.usefixtures("tmdb_only")
async def test_kept_answers_are_read_again_by_a_newer_parser_without_a_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with engine_of(settings(tmp_path, *invented_ids(3)), upstream := tmdb_upstream()) as engine:
        await engine.full()
        assert await parse_again(engine) == {}
        monkeypatch.setattr(Tmdb, "version", Tmdb.version + 1)
        read = await parse_again(engine)
        assert (list(read), read["tmdb"].bodies, read["tmdb"].version) == (["tmdb"], 6, Tmdb.version)
        assert await parse_again(engine) == {}
        assert (await parse_again(engine, everything=True))["tmdb"].bodies == 6
    assert len(upstream.log.hits) == 6


# tables


ENDLESS = (
    "create table endless as with recursive n(i) as (select 1 union all select i + 1 from n) select max(i) from n;"
)


@pytest.mark.usefixtures("tmdb_only")
async def test_tables_are_made_by_name_and_a_broken_one_of_one_s_own_is_told(tmp_path: Path) -> None:
    own = tmp_path / "data" / "sql" / "user"
    own.mkdir(parents=True)
    (own / "mine.sql").write_text("create table mine (n integer);\ninsert into mine values (1, 2);\n", encoding="utf-8")
    async with engine_of(settings(tmp_path, *invented_ids(2)), tmdb_upstream()) as engine:
        await engine.full()
        some = await build_tables(engine, ["film_details"])
        assert {"film_details", "film_fields"} <= {built.name for built in some if built.rows}
        assert "mine" not in {built.name for built in some}
        (mine,) = (built for built in await build_tables(engine) if built.user)
        assert mine.fault
        assert "mine.sql" in str(mine.skipped)
        with pytest.raises(InputError, match="no table film_detials"):
            await build_tables(engine, ["film_detials"])


@pytest.mark.usefixtures("tmdb_only")
async def test_tables_that_take_too_long_can_be_given_up_and_the_old_ones_stay(tmp_path: Path) -> None:
    config = settings(tmp_path, *invented_ids(2))
    made = "select name, digest, computed_at from aggregate_tables order by name"
    async with engine_of(config, tmdb_upstream()) as engine:
        await engine.full()
        await build_tables(engine)
        before = ask(tmp_path / "t.db", made)
        own = config.paths.data / "sql" / "user"
        own.mkdir(parents=True)
        (own / "endless.sql").write_text(ENDLESS, encoding="utf-8")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1.5):
                await build_tables(engine)
        started = time.monotonic()
        (own / "endless.sql").unlink()
        assert ask(tmp_path / "t.db", made) == before
        assert (await engine.full()).status is RunStatus.SUCCESS, "the engine goes on"
        assert time.monotonic() - started < 10
