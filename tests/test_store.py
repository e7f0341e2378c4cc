"""The one writing connection: whole transactions, one writer at a time, and the file when all goes wrong."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rows import made, one

from mwi_crawl import runs, schema, store
from mwi_crawl.errors import BusyError, DiskFullError, StorageError
from mwi_crawl.settle import iso
from mwi_crawl.store import Store, is_held


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "films.db"


@pytest.fixture
async def opened(path: Path) -> AsyncIterator[Store]:
    async with Store(path) as found:
        yield found


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two tries while another program holds the file come soon after each other."""
    monkeypatch.setattr(store, "BUSY_STEP", 0.05)


def put(db: sqlite3.Connection, name: str, value: str = "x") -> None:
    db.execute("insert into settings values (?, ?)", (name, value))


def names(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as db:
        return [row[0] for row in db.execute("select name from settings order by name")]


@contextmanager
def held_by_another(path: Path) -> Iterator[sqlite3.Connection]:
    """Another program with unsaved edits."""
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("begin exclusive")
        yield other


async def test_a_transaction_that_fails_in_the_middle_leaves_nothing(opened: Store, path: Path) -> None:
    def half(db: sqlite3.Connection) -> None:
        put(db, "first")
        raise RuntimeError("in the middle")

    await opened.transact(put, "before")
    with pytest.raises(RuntimeError, match="in the middle"):
        await opened.transact(half)
    await opened.transact(put, "after")
    assert names(path) == ["after", "before"]


async def test_a_statement_that_fails_takes_its_whole_transaction_back(opened: Store, path: Path) -> None:
    def twice(db: sqlite3.Connection) -> None:
        put(db, "same")
        put(db, "same")

    with pytest.raises(StorageError):
        await opened.transact(twice)
    assert names(path) == []


async def test_a_cancelled_caller_leaves_a_whole_transaction_and_no_lock(opened: Store, path: Path) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow(db: sqlite3.Connection) -> None:
        put(db, "first")
        begun.set()
        go_on.wait(5)
        put(db, "second")

    task = asyncio.create_task(opened.transact(slow))
    await asyncio.to_thread(begun.wait, 5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    go_on.set()
    await opened.transact(put, "third")  # waits for the thread
    assert names(path) == ["first", "second", "third"]
    with closing(sqlite3.connect(path, timeout=0)) as other:
        other.execute("insert into settings values ('other', 'x')")
        other.commit()


async def test_many_callers_get_whole_transactions_one_after_the_other(opened: Store, path: Path) -> None:
    def two(db: sqlite3.Connection, number: int) -> int:
        count = int(db.execute("select count(*) from settings").fetchone()[0])
        put(db, f"{number}a")
        put(db, f"{number}b")
        return count

    tasks = [asyncio.create_task(opened.transact(two, number)) for number in range(40)]
    await asyncio.sleep(0)
    for task in tasks[::3]:
        task.cancel()
    done = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(count % 2 == 0 for count in done if isinstance(count, int))
    found = names(path)
    assert len(found) % 2 == 0
    assert {name[:-1] for name in found if name.endswith("a")} == {name[:-1] for name in found if name.endswith("b")}


async def test_a_second_store_is_refused_at_once_and_told_who_holds_the_file(path: Path) -> None:
    async with Store(path) as first:
        assert is_held(path)
        with pytest.raises(BusyError, match="another process"):
            await Store(path).__aenter__()
        run = await first.transact(runs.begin, "full", "{}", iso(datetime.now(UTC)))
        started = time.monotonic()
        with pytest.raises(BusyError, match=f"run {run.run_id}, process {os.getpid()} on host") as refused:
            async with Store(path):
                pass
        assert time.monotonic() - started < 2
        assert refused.value.safe == "Nothing was changed."
        await first.transact(put, "still writing")
    assert not is_held(path)
    async with Store(path) as third:
        assert await third.read(lambda db: db.execute("select count(*) from settings").fetchone()[0]) == 1


async def test_a_file_that_is_reached_by_another_name_is_still_the_same_file(path: Path, tmp_path: Path) -> None:
    async with Store(path):
        (tmp_path / "link.db").symlink_to(path)
        with pytest.raises(BusyError):
            async with Store(tmp_path / "link.db"):
                pass


HOLDER = """
import asyncio, sys
from pathlib import Path
from mwi_crawl.store import Store
async def main():
    async with Store(Path(sys.argv[1])) as store:
        await store.transact(lambda db: db.execute("insert into settings values ('kept', 'x')"))
        def hang(db):
            db.execute("insert into settings values ('lost', 'x')")
            print("held", flush=True)
            import time; time.sleep(60)
        await store.transact(hang)
asyncio.run(main())
"""


async def test_the_lock_is_free_as_soon_as_its_holder_was_killed(path: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", HOLDER, str(path)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    with child.stdout:
        assert child.stdout.readline() == "held\n"
        with pytest.raises(BusyError):
            await Store(path).__aenter__()
        child.send_signal(signal.SIGKILL)
        child.wait()
    async with Store(path) as mine:
        await mine.transact(put, "mine")
    assert names(path) == ["kept", "mine"]


FORGETFUL = """
import asyncio, sys
from pathlib import Path
from mwi_crawl.store import Store
kept = []
async def main():
    store = Store(Path(sys.argv[1]))
    kept.append(await store.__aenter__())
    await store.transact(lambda db: db.execute("insert into settings values ('kept', 'x')"))
asyncio.run(main())
"""


def test_a_connection_nobody_closed_does_not_keep_the_interpreter(path: Path) -> None:
    subprocess.run([sys.executable, "-c", FORGETFUL, str(path)], check=True, timeout=20)
    assert names(path) == ["kept"]


async def test_another_programs_edits_are_waited_for(path: Path, hasty: None) -> None:
    waits: list[float] = []
    async with Store(path, busy_seconds=30, on_busy=waits.append) as mine:
        with held_by_another(path) as other:
            task = asyncio.create_task(mine.transact(put, "waited"))
            while len(waits) < 3 and not task.done():
                await asyncio.sleep(0.01)
            other.execute("commit")
            await task
    assert names(path) == ["waited"]
    assert waits == sorted(waits)
    assert waits[0] > 0


async def test_another_programs_edits_are_waited_for_while_the_file_is_opened(path: Path, hasty: None) -> None:
    made(path).close()
    with closing(sqlite3.connect(path)) as other:  # some tools leave a file in SQLite's other mode
        other.execute("pragma journal_mode = delete")
    waits: list[float] = []
    with held_by_another(path) as other:

        async def open_and_write() -> None:
            async with Store(path, busy_seconds=30, on_busy=waits.append) as mine:
                await mine.transact(put, "waited")

        task = asyncio.create_task(open_and_write())
        while len(waits) < 3 and not task.done():
            await asyncio.sleep(0.01)
        other.execute("commit")
        await task
    assert names(path) == ["waited"]


async def test_another_program_that_never_lets_go_is_an_error_after_the_time_that_was_set(
    path: Path, hasty: None
) -> None:
    waits: list[float] = []
    async with Store(path, busy_seconds=0.3, on_busy=waits.append) as mine:
        await mine.transact(put, "before")
        with held_by_another(path):
            started = time.monotonic()
            with pytest.raises(BusyError, match="locked by another program"):
                await mine.transact(put, "never")
            assert 0.3 <= time.monotonic() - started < 5
        await mine.transact(put, "after")
    assert names(path) == ["after", "before"]
    assert all(wait < 0.3 for wait in waits)


async def test_a_reader_of_any_kind_holds_nobody_up(opened: Store, path: Path) -> None:
    await opened.transact(put, "first")
    with closing(schema.connect_readonly(path)) as reader:
        reader.execute("begin")
        assert one(reader, "select count(*) from settings") == 1
        await opened.transact(put, "second")
        assert one(reader, "select count(*) from settings") == 1
        reader.execute("commit")
        assert one(reader, "select count(*) from settings") == 2


async def test_a_full_disk_costs_the_last_transaction_only(opened: Store, path: Path) -> None:
    def fill(db: sqlite3.Connection) -> None:
        for number in range(1000):
            put(db, f"big {number}", "x" * 10_000)

    await opened.transact(put, "before")
    pages = await opened.read(lambda db: db.execute("pragma page_count").fetchone()[0])
    await opened.read(lambda db: db.execute(f"pragma max_page_count = {pages + 5}").fetchall())
    with pytest.raises(DiskFullError) as full:
        await opened.transact(fill)
    assert full.value.exit_code == 8
    assert names(path) == ["before"]
    with pytest.raises(DiskFullError):
        await opened.transact(fill)
    await opened.read(lambda db: db.execute("pragma max_page_count = 1000000").fetchall())
    await opened.transact(put, "after")
    assert names(path) == ["after", "before"]
    assert await opened.read(schema.check) == []


@pytest.mark.parametrize("replaced", [False, True])
async def test_a_file_deleted_or_replaced_while_in_use_is_noticed(path: Path, tmp_path: Path, replaced: bool) -> None:
    async with Store(path) as mine:
        await mine.transact(put, "before")
        path.rename(tmp_path / "old.db")
        if replaced:
            path.write_bytes(b"")
        with pytest.raises(StorageError, match="deleted or replaced"):
            await mine.transact(put, "nowhere")
        with pytest.raises(StorageError, match="deleted or replaced"):
            await mine.transact(put, "nowhere")
    assert names(tmp_path / "old.db") == ["before"]


async def test_at_rest_there_is_one_whole_file(path: Path, tmp_path: Path) -> None:
    async with Store(path) as mine:
        for number in range(50):
            await mine.transact(put, str(number))
    assert not Path(f"{path}-wal").exists() or Path(f"{path}-wal").stat().st_size == 0
    copy = tmp_path / "copy.db"
    copy.write_bytes(path.read_bytes())
    assert len(names(copy)) == 50
    assert {each.name for each in tmp_path.iterdir()} <= {"films.db", "films.db.lock", "copy.db"}


async def test_closing_is_finished_however_often_it_is_cancelled(path: Path) -> None:
    mine = await Store(path).__aenter__()
    begun, go_on = threading.Event(), threading.Event()

    def slow(db: sqlite3.Connection) -> None:
        begun.set()
        go_on.wait(5)
        put(db, "slow")

    writing = asyncio.create_task(mine.transact(slow))
    await asyncio.to_thread(begun.wait, 5)
    closing_ = asyncio.create_task(mine.__aexit__(None, None, None))
    for _ in range(3):
        await asyncio.sleep(0.01)
        closing_.cancel()
    await asyncio.sleep(0.01)
    assert is_held(path)  # not free before the connection is closed
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await closing_
    await writing
    assert not is_held(path)
    assert not Path(f"{path}-wal").exists()
    assert names(path) == ["slow"]


async def test_an_opening_that_was_cancelled_leaves_no_lock(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow(db: sqlite3.Connection, path: Path) -> tuple[int, int]:
        begun.set()
        go_on.wait(5)
        return 0, 0

    with monkeypatch.context() as patch:
        patch.setattr(schema, "migrate", slow)
        task = asyncio.create_task(Store(path).__aenter__())
        await asyncio.to_thread(begun.wait, 5)
        task.cancel()
        await asyncio.sleep(0.01)
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert not is_held(path)
    async with Store(path) as mine:
        await mine.transact(put, "fine")


def damaged(path: Path) -> None:
    path.write_bytes(b"this is a text of some length, not a database\n" * 200)


def short(path: Path) -> None:
    path.write_bytes(b"hello")


def foreign(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("create table theirs (a)")
        db.commit()


def foreign_with_our_number(path: Path) -> None:
    foreign(path)
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"pragma user_version = {schema.latest()}")


def newer(path: Path) -> None:
    with closing(made(path)) as db:
        db.execute(f"pragma user_version = {schema.latest() + 1}")
        db.execute("pragma journal_mode = delete")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (damaged, "not a database"),
        (short, "not a database"),
        (foreign, "not a database of mwi-crawl"),
        (foreign_with_our_number, "not a database of mwi-crawl"),
        (newer, "this program knows up to"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
async def test_a_file_that_is_not_ours_is_refused_and_not_touched(path: Path, make: object, words: str) -> None:
    make(path)  # type: ignore[operator]
    before = path.read_bytes()
    with pytest.raises(StorageError, match=words):
        async with Store(path):
            pass
    with pytest.raises(StorageError, match=words):
        schema.connect_readonly(path)
    assert path.read_bytes() == before
    assert not Path(f"{path}-wal").exists()
    assert not Path(f"{path}-journal").exists()
    assert not is_held(path)


async def test_an_empty_file_is_taken_for_a_new_one(path: Path) -> None:
    path.touch()
    with pytest.raises(StorageError, match="is empty"):
        schema.connect_readonly(path)
    assert path.read_bytes() == b""
    async with Store(path) as mine:
        assert mine.migrated == (0, schema.latest())


async def test_a_new_file_is_its_owners_alone_and_a_missing_folder_is_not_made(tmp_path: Path) -> None:
    async with Store(tmp_path / "films.db"):
        assert (tmp_path / "films.db").stat().st_mode & 0o777 == 0o600
    with pytest.raises(StorageError, match="no folder"):
        async with Store(tmp_path / "nowhere" / "films.db"):
            pass
    assert not (tmp_path / "nowhere").exists()


async def test_a_folder_in_the_place_of_the_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "folder.db").mkdir()
    with pytest.raises(StorageError):
        async with Store(tmp_path / "folder.db"):
            pass


READER = """
import asyncio, os, sys
from pathlib import Path
from mwi_crawl import schema
from mwi_crawl.errors import StorageError
from mwi_crawl.store import Store
path = Path(sys.argv[1])
async def main():  # the loop's own imports are made by now
    if os.geteuid() == 0:  # root may write everywhere
        os.setgid(65534)
        os.setuid(65534)
    try:
        async with Store(path):
            print("written")
    except StorageError as error:
        print(type(error).__name__, error.happened)
asyncio.run(main())
db = schema.connect_readonly(path)
print(db.execute("select count(*) from settings").fetchone()[0])
"""


async def test_a_read_only_folder_can_be_read_and_not_written() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "films.db"
        async with Store(path) as mine:
            await mine.transact(put, "there")
        Path(f"{path}.lock").unlink()
        path.chmod(0o644)  # a new file is its owner's alone
        Path(folder).chmod(0o555)
        try:
            done = subprocess.run([sys.executable, "-c", READER, str(path)], capture_output=True, text=True)
        finally:
            Path(folder).chmod(0o755)
    assert done.stdout.splitlines() == [f"StorageError Cannot write beside {path} (Permission denied).", "1"], done


async def test_a_fork_must_not_use_its_parents_connection(opened: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getpid", lambda: -1)
    with pytest.raises(AssertionError, match="fork"):
        await opened.transact(put, "x")
