"""The file in trouble: of another time, not ours, locked, full, gone, on a network, held open by a reader, or copied.

What one transaction does about it is told in test_store.py, how the schema is brought up to date in test_schema.py,
a full disk (max_page_count) in test_engine.py, two processes in test_cli_full.py; here it is the rest, with whole runs
and commands. The same with real disks and processes: tests/battery/storage.py.
"""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from commandline import Person
from filelock import FileLock
from rows import all_of, dump, made
from toys import ask, engine_of, invented_ids, settings, states, tmdb_upstream

from mwi_crawl import schema, store
from mwi_crawl.checkpoint import Saved
from mwi_crawl.crawl import Engine
from mwi_crawl.demo.upstream import FakeUpstream
from mwi_crawl.errors import BusyError, StorageError
from mwi_crawl.model import RunStatus
from mwi_crawl.store import Store

FROZEN = Path(__file__).parent / "fixtures" / "schema"
OLDER = sorted(int(path.stem) for path in FROZEN.glob("*.sql"))
REPLACED = {"column_docs", "sqlite_sequence"}  # what a step may write anew


def thaw(number: int, path: Path) -> None:
    """The database of an older schema as a file."""
    with closing(sqlite3.connect(path)) as db:
        db.executescript((FROZEN / f"{number}.sql").read_text(encoding="utf-8"))


def rows_of(path: Path, like: Path | None = None) -> dict[str, list[tuple[object, ...]]]:
    """All rows of all tables; of a newer file only in the tables and columns that another has."""
    with closing(sqlite3.connect(path)) as db, closing(sqlite3.connect(like or path)) as other:
        tables = [name for (name,) in other.execute("select name from sqlite_master where type = 'table'")]
        found = {}
        for table in set(tables) - REPLACED:
            columns = ", ".join(f'"{row[1]}"' for row in other.execute(f"pragma table_info({table})"))
            found[table] = sorted(db.execute(f"select {columns} from {table}").fetchall(), key=repr)
        return found


# older schemas


def test_there_is_a_frozen_database_of_every_older_schema() -> None:
    assert list(range(1, schema.latest())) == OLDER


@pytest.mark.parametrize("number", OLDER)
async def test_a_file_of_an_older_program_keeps_every_row_and_a_copy_of_itself(number: int, tmp_path: Path) -> None:
    path, old = tmp_path / "films.db", tmp_path / "old.db"
    thaw(number, path)
    shutil.copy(path, old)
    async with Store(path) as mine:
        assert mine.migrated == (number, schema.latest())
        assert await mine.read(schema.check) == []
    assert rows_of(path, old) == rows_of(old)
    copy = tmp_path / f"films.db.bak-schema{number}"
    with closing(sqlite3.connect(copy)) as kept, closing(sqlite3.connect(old)) as was:
        assert (dump(kept), schema.version(kept)) == (dump(was), number)
    with closing(sqlite3.connect(path)) as now, closing(made(tmp_path / "new.db")) as new:
        objects = "select type, name, tbl_name from sqlite_master order by 1, 2"
        assert all_of(now, objects) == all_of(new, objects)
        again = dump(now)
    copied = copy.read_bytes(), copy.stat().st_mtime_ns
    async with Store(path) as mine:
        assert mine.migrated == (schema.latest(), schema.latest())
    with closing(sqlite3.connect(path)) as now:
        assert dump(now) == again
    assert (copy.read_bytes(), copy.stat().st_mtime_ns) == copied


@pytest.mark.parametrize("number", OLDER)
async def test_a_run_of_an_older_program_is_resumed_by_this_one(number: int, tmp_path: Path) -> None:
    thaw(number, tmp_path / "t.db")
    facts = ask(tmp_path, "select title, runtime_minutes, budget_usd from film_facts where film_id = 1")
    upstream = tmdb_upstream(10)
    async with engine_of(settings(tmp_path), upstream) as engine:
        report = await engine.full(resume=True)
    assert (report.run_id, report.attempt, report.status) == (2, 2, RunStatus.SUCCESS)
    first, *further = [hit.path for hit in upstream.log.hits]
    assert first == "/3/find/tt9500002"
    # of that film alone, which is not there by its IMDb id: by the TMDb id that was learnt meanwhile, then by its title
    assert further == ["/3/tv/9500002", "/3/search/tv", "/3/search/tv"], "what was done is not asked again"
    (told,) = report.events
    assert f"was brought from schema {number} to {schema.latest()}" in told
    assert (tmp_path / f"t.db.bak-schema{number}").is_file()
    assert ask(tmp_path, "select title, runtime_minutes, budget_usd from film_facts where film_id = 1") == facts
    decided = "select chosen, decided_by from matches where film_id = 4"
    assert ask(tmp_path, decided) == [("none", "manual")]


# files that are not ours to change


def newer(path: Path) -> None:
    with closing(made(path)) as db:
        db.execute(f"pragma user_version = {schema.latest() + 3}")
        db.execute("pragma journal_mode = delete")


def foreign(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("create table theirs (a)")
        db.commit()


def text(path: Path) -> None:
    path.write_text("a text of some length, and no database\n" * 200, encoding="utf-8")


def short(path: Path) -> None:
    path.write_bytes(b"SQLite")


def cut(path: Path) -> None:
    """The first half of one of ours."""
    made(path).close()
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def hurt(path: Path) -> None:
    """One of ours whose own description of its tables is damaged."""
    made(path).close()
    path.write_bytes(path.read_bytes().replace(b"CREATE TABLE films (", b"CREATE T\xc3\xc3\xff\x80 films ("))


STRANGE = {kind.__name__: kind for kind in (newer, foreign, text, short, cut, hurt)}
LOOKING = (
    "status", "runs", "failures", "film tt9000001", "why tt9000001 runtime", "stats", "review 2025", "match list",
    "rank show bayesian", "export csv v_my_films --output out.csv", "db check", "db backup",
)  # fmt: skip
CHANGING = (
    "plan full", "full", "full --resume", "incremental", "aggregate", "import ids ids.txt", "init", "db vacuum",
    "reparse", "failures retry", "failures ignore tt9000001", "datasets load --dir .",
)  # fmt: skip


@pytest.mark.parametrize("kind", STRANGE)
def test_no_command_touches_a_file_that_is_not_ours(mwi: Person, kind: str) -> None:
    path = mwi.folder / "mwi.db"
    STRANGE[kind](path)
    mwi.write("ids.txt", "tt9000001\n")
    before = path.read_bytes()
    for words in LOOKING + CHANGING:
        said = mwi(*words.split())
        what = (words, said)
        assert said.code == 8, what
        *parts, code = said.err.splitlines()
        assert code == "(exit code 8)", what
        assert parts[0].startswith("Error: mwi.db "), what
        assert len(parts) == 3, what
        assert "changed" in parts[1] or "safe" in parts[1], what
        assert "Traceback" not in said.err, what
        assert path.read_bytes() == before, words
    beside = {each.name for each in mwi.folder.iterdir()} - {"mwi.db", "ids.txt", "mwi-crawl.log"}
    settings_of_init = {"config.toml", ".env.example", ".gitignore"}
    assert beside <= settings_of_init | {"mwi.db.lock", "mwi.db-wal", "mwi.db-shm"}, "no half of anything is left"


def test_an_empty_file_is_told_by_who_looks_and_filled_by_who_changes(mwi: Person) -> None:
    path = mwi.folder / "mwi.db"
    path.touch()
    for words in LOOKING:
        said = mwi(*words.split())
        assert said.code == 8, words
        assert "mwi-crawl init" in said.err, words
        assert path.read_bytes() == b"", words
    assert mwi("init").code == 0
    assert mwi("status").code == 0


def test_looking_needs_no_lock_and_changing_says_who_has_it(mwi: Person) -> None:
    mwi.follow("tt9000001")
    with FileLock(mwi.folder / "mwi.db.lock"):
        for words in LOOKING:
            assert mwi(*words.split()).code in (0, 3), words  # 3: there is no such film or ranking yet
        for words in ("full", "incremental", "aggregate", "import ids ids.txt", "db vacuum", "reparse"):
            said = mwi(*words.split())
            assert (said.code, "another mwi-crawl is writing mwi.db" in said.err) == (8, True), words
            assert "Nothing was changed." in said.err, words


# held by another program


def at_answer(engine: Engine, number: int, then: Callable[[], None]) -> None:
    """Have something done at the `number`-th stored answer of the next run."""
    count, saved = 0, engine.on_saved

    def note(answer: Saved) -> None:
        nonlocal count
        count += 1
        saved(answer)
        if count == number:
            then()

    engine.on_saved = note  # type: ignore[method-assign]


@pytest.mark.usefixtures("quick")
async def test_nobody_is_asked_while_another_program_holds_the_file_and_then_it_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "BUSY_STEP", 0.05)
    upstream = tmdb_upstream(latency=0.002)
    asked: list[int] = []
    with closing(sqlite3.connect(tmp_path / "t.db", isolation_level=None)) as other:

        def hold() -> None:
            other.execute("begin immediate")
            loop.call_later(0.3, lambda: asked.append(len(upstream.log.hits)))
            loop.call_later(0.8, lambda: (asked.append(len(upstream.log.hits)), other.execute("rollback")))

        loop = asyncio.get_running_loop()
        waits: list[float] = []
        async with engine_of(settings(tmp_path, invented_ids(60)), upstream, on_busy=waits.append) as engine:
            at_answer(engine, 20, hold)
            report = await engine.full()
    assert asked[0] == asked[1], "who cannot store must not ask"
    assert (report.exit_code, states(tmp_path), bool(waits)) == (0, {"done": 60}, True)
    assert len(upstream.log.hits) == 120, "nothing was asked twice"


@pytest.mark.usefixtures("quick")
async def test_a_file_that_stays_locked_ends_the_run_and_costs_what_was_under_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "BUSY_STEP", 0.05)
    upstream = tmdb_upstream(latency=0.002)
    config = settings(tmp_path, invented_ids(60), engine={"busy_wait_seconds": 0.3})
    with closing(sqlite3.connect(tmp_path / "t.db", isolation_level=None)) as other:
        async with engine_of(config, upstream) as engine:
            at_answer(engine, 20, lambda: other.execute("begin immediate"))
            with pytest.raises(BusyError) as caught:
                await engine.full()
            assert (caught.value.exit_code, bool(caught.value.safe), bool(caught.value.todo)) == (8, True, True)
        other.execute("rollback")
        lost = len(upstream.log.hits) - other.execute("select count(*) from jobs where state = 'done'").fetchone()[0]
    assert lost <= 10, "as many as there are workers"
    async with engine_of(config, upstream) as engine:
        report = await engine.full(resume=True)
    assert (report.run_id, report.exit_code, states(tmp_path)) == (1, 0, {"done": 60})
    assert len(upstream.log.hits) == 120 + lost


async def test_a_log_that_a_reader_keeps_from_shrinking_is_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "LARGE_LOG", 5_000_000)  # beside a usual one of 4 MB
    upstream = tmdb_upstream(latency=0.002)
    config = settings(tmp_path, invented_ids(300), engine={"heartbeat_seconds": 0.05})
    with closing(sqlite3.connect(tmp_path / "t.db", isolation_level=None)) as reader:
        async with engine_of(config, upstream) as engine:
            reader.execute("begin")
            reader.execute("select count(*) from films").fetchone()
            report = await engine.full()
            assert (report.exit_code, states(tmp_path)) == (0, {"done": 300})
            told = [event for event in report.events if "has grown to" in event]
            assert len(told) == 1, report.events
            reader.execute("rollback")
            await engine.full()
    assert not (tmp_path / "t.db-wal").exists(), "one whole file at rest"


# gone, copied, far away


async def test_a_file_taken_away_under_a_run_ends_it_and_put_back_is_resumed(tmp_path: Path) -> None:
    upstream = tmdb_upstream(latency=0.002)
    config = settings(tmp_path, invented_ids(60))
    async with engine_of(config, upstream) as engine:
        at_answer(engine, 20, lambda: (tmp_path / "t.db").rename(tmp_path / "away.db"))  # type: ignore[func-returns-value]
        with pytest.raises(StorageError, match="deleted or replaced") as caught:
            await engine.full()
        assert caught.value.exit_code == 8
    assert not (tmp_path / "t.db").exists(), "no other is made in its place"
    (tmp_path / "away.db").rename(tmp_path / "t.db")
    (tmp_path / "away.db-wal").unlink(missing_ok=True)
    async with engine_of(config, upstream) as engine:
        report = await engine.full(resume=True)
    assert (report.run_id, report.exit_code, states(tmp_path)) == (1, 0, {"done": 60})


async def test_a_copy_made_while_a_run_writes_is_whole(tmp_path: Path) -> None:
    upstream = tmdb_upstream(latency=0.002)
    copies: list[Path] = []

    def copy() -> None:
        copies.append(tmp_path / "copy.db")
        with closing(schema.connect_readonly(tmp_path / "t.db")) as db:
            schema.backup(db, copies[0])

    async with engine_of(settings(tmp_path, invented_ids(60)), upstream) as engine:
        at_answer(engine, 50, copy)
        assert (await engine.full()).exit_code == 0
    with closing(schema.connect_readonly(copies[0])) as db:
        assert schema.check(db) == []
        finished = "select count(*) from jobs where state = 'done'"
        assert 50 <= db.execute(finished).fetchone()[0] < 120
        without_rows = f"{finished} and reason is null and film_id not in (select film_id from film_facts)"
        assert db.execute(without_rows).fetchone()[0] == 0


# nothing left to open a file with, and nowhere to write

FEW_FILES = """
import resource
import mwi_crawl.crawl, mwi_crawl.cli.running
resource.setrlimit(resource.RLIMIT_NOFILE, ({0}, {0}))
"""


@pytest.mark.slow
@pytest.mark.parametrize("most", [8, 10, 14])
def test_out_of_file_descriptors_is_told_and_costs_nothing(mwi: Person, tmdb: FakeUpstream, most: int) -> None:
    mwi.follow(*invented_ids(5))
    mwi("full", "--limit", "1")
    said = mwi.wait("full", before=FEW_FILES.format(most))
    assert said.code == 8, said
    assert said.err.splitlines()[-1] == "(exit code 8)"
    assert "safe" in said.err or "Nothing was changed." in said.err
    assert "Traceback" not in said.err
    assert mwi.ask("pragma integrity_check") == [("ok",)]
    assert mwi("full", "--resume").code == 0
    assert mwi.ask("select count(*) from film_facts") == [(5,)]


NOBODY = """
import importlib, os, pkgutil
import mwi_crawl
for module in pkgutil.walk_packages(mwi_crawl.__path__, "mwi_crawl."):  # Python itself may lie where nobody may read
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
if os.geteuid() == 0:  # root may write everywhere
    os.setgid(65534)
    os.setuid(65534)
"""


@pytest.mark.slow
@pytest.mark.parametrize("writable", ["neither", "folder"])
def test_a_read_only_place_can_be_looked_at(mwi: Person, writable: str) -> None:
    with tempfile.TemporaryDirectory() as place:  # not in pytest's own folder, which is nobody else's
        path = Path(place) / "films.db"
        mwi.write("ids.txt", "tt9000001\n")
        assert mwi("import", "ids", "ids.txt", "--db", path).code == 0
        Path(f"{path}.lock").unlink(missing_ok=True)
        path.chmod(0o444)
        Path(place).chmod(0o777 if writable == "folder" else 0o555)
        before = path.read_bytes()
        mwi.folder = Path(place)
        try:
            looked = mwi.wait("status", "--db", path, before=NOBODY)
            for words in ("full", "aggregate", "db vacuum"):
                said = mwi.wait(*words.split(), "--db", path, before=NOBODY)
                assert (said.code, said.err.splitlines()[-1]) == (8, "(exit code 8)"), said
                assert "Cannot write" in said.err, said
                assert "Traceback" not in said.err
        finally:
            Path(place).chmod(0o755)
        assert looked.code == 0, looked
        assert path.read_bytes() == before


def mounted(folder: Path, monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    (folder / "mounts").write_text("".join(f"{line} rw 0 0\n" for line in lines), encoding="utf-8")
    monkeypatch.setattr(schema, "MOUNTS", folder / "mounts")


async def test_on_a_network_file_system_there_is_a_journal_in_place_of_the_log_and_a_word_about_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounted(tmp_path, monkeypatch, "/dev/sda / ext4", f"server:/x {tmp_path} nfs4")
    logs: list[bool] = []
    async with engine_of(settings(tmp_path, invented_ids(20)), tmdb_upstream()) as engine:
        at_answer(engine, 10, lambda: logs.append((tmp_path / "t.db-wal").exists()))
        report = await engine.full()
        assert ask(tmp_path, "pragma journal_mode") == [("delete",)]
        again = await engine.full()
    assert (report.exit_code, states(tmp_path), logs) == (0, {"done": 20}, [False])
    (told,) = report.events
    assert "on a network file system (nfs4)" in told
    assert again.events == []
    mounted(tmp_path, monkeypatch, "/dev/sda / ext4")  # it was moved to a local disk
    async with engine_of(settings(tmp_path, invented_ids(20)), tmdb_upstream()) as engine:
        assert (await engine.full()).events == []
        assert ask(tmp_path, "pragma journal_mode") == [("wal",)]


@pytest.mark.parametrize(
    ("lines", "kind"),
    [
        (["/dev/sda / ext4"], None),
        (["x / nfs"], "nfs"),
        (["/dev/sda / ext4", "x {} cifs"], "cifs"),
        (["x / nfs", "/dev/sdb {} ext4"], None),
        (["x {} nfs4", "/dev/sdb {} ext4"], None),  # what was mounted last lies on top
        (["/dev/sdb {} ext4", "x {} nfs4"], "nfs4"),
        (["/dev/sda / ext4", "x {}x nfs4"], None),  # a neighbour's name begins alike
        (["/dev/sda / ext4", "", "nonsense", "a b"], None),
        ([], None),
    ],
)
def test_the_file_system_of_a_place_is_that_of_its_nearest_mount(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: list[str], kind: str | None
) -> None:
    place = tmp_path / "with a blank"
    place.mkdir()
    mounted(tmp_path, monkeypatch, *(line.replace("{}", str(place).replace(" ", "\\040")) for line in lines))
    assert schema.network(place / "films.db") == kind
    (tmp_path / "link.db").symlink_to(place / "films.db")
    assert schema.network(tmp_path / "link.db") == kind
    monkeypatch.setattr(schema, "MOUNTS", tmp_path / "nowhere")  # another system than Linux
    assert schema.network(place) is None
