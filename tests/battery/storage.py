"""Real disks, locks and processes: what a crawl does when its file is in trouble. `python tests/battery/storage.py`

Each scene is the command line against a fake upstream on loopback, in a folder of its own; those with a disk of their
own (a small tmpfs) need root and are left out without. Prints what was seen; ends with 1 if something is wrong: another
exit code than expected, a traceback, a damaged file, anything lost, or a resumed run that does not hold all.

    python tests/battery/storage.py [--scene NAME]… [--films 200]
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

from mwi_crawl import sources
from mwi_crawl.demo.upstream import FakeUpstream, serve_all

TOKEN = "eyJhbGciOiJub25lIn0.battery.x"
RATE = 150  # requests a second: a run of 200 films takes three seconds
HELD = 5.0  # seconds another program holds the file
SETTLED = 0.5  # seconds after which whoever cannot store asks no more
MB = 1_000_000
FROZEN = Path(__file__).parents[1] / "fixtures" / "schema"


@dataclass
class Scene:
    """A folder with a crawl in it, the upstream, and what is wrong so far."""

    folder: Path
    films: int
    upstream: FakeUpstream
    base_url: str
    wrong: list[str] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)

    @property
    def db(self) -> Path:
        return self.folder / "mwi.db"

    async def start(self, *words: str, **more: str) -> asyncio.subprocess.Process:
        """A command in the folder."""
        environ = {name: value for name, value in os.environ.items() if not name.startswith("MWI_")}
        environ |= {f"MWI_SOURCES__{name.upper()}__ENABLED": str(name == "tmdb") for name in sources.discover()}
        environ |= {"MWI_SOURCES__TMDB__BASE_URL": self.base_url, "TMDB_API_READ_ACCESS_TOKEN": TOKEN}
        environ |= {"MWI_SOURCES__TMDB__REQUESTS_PER_SECOND": str(RATE)} | more
        command = (sys.executable, "-W", "error", "-m", "mwi_crawl", *words)
        return await asyncio.create_subprocess_exec(*command, cwd=self.folder, env=environ, stdout=-1, stderr=-1)

    async def end(self, process: asyncio.subprocess.Process, code: int, what: str) -> str:
        """Wait for a command, which must end with a code and without a traceback. What it said to stderr."""
        _, said = await asyncio.wait_for(process.communicate(), 120)
        text = said.decode()
        self.expect(process.returncode == code, f"{what}: exit {process.returncode} instead of {code}: {text[-400:]}")
        self.expect("Traceback" not in text and "bug in" not in text, f"{what}: a bug: {text[-400:]}")
        self.seen.append(f"{what}: exit {process.returncode}")
        return text

    async def run(self, *words: str, code: int = 0, **more: str) -> str:
        """A command from its start to its end."""
        return await self.end(await self.start(*words, **more), code, " ".join(words))

    async def reach(self, requests: int) -> None:
        """Wait until so many requests have arrived."""
        async with asyncio.timeout(60):
            while len(self.upstream.log.hits) < requests:
                await asyncio.sleep(0.01)

    def expect(self, fine: bool, otherwise: str) -> None:
        if not fine:
            self.wrong.append(otherwise)

    def sound(self, path: Path | None = None) -> None:
        """The file is whole, and what is finished has its rows."""
        with closing(sqlite3.connect(path or self.db)) as db:
            said = db.execute("pragma integrity_check").fetchall()
            bare = db.execute(
                "select count(*) from jobs where state = 'done' and reason is null"
                " and film_id not in (select film_id from film_facts)"
            ).fetchone()[0]
        self.expect(said == [("ok",)], f"integrity_check: {said}")
        self.expect(bare == 0, f"{bare} done without rows")

    async def resumed(self) -> None:
        """The run goes on, and then holds all; what was finished was not asked again."""
        with closing(sqlite3.connect(self.db)) as db:
            done = {f"/3/{key}" for (key,) in db.execute("select key from jobs where state = 'done'")}
        begun = len(self.upstream.log.hits)
        await self.run("full", "--resume", "-q")
        again = sum(hit.path in done for hit in self.upstream.log.hits[begun:])
        self.expect(again == 0, f"{again} finished questions were asked again")
        self.sound()
        with closing(sqlite3.connect(self.db)) as db:
            facts = db.execute("select count(*) from film_facts").fetchone()[0]
        self.expect(facts == self.films, f"{facts} of {self.films} films in the end")
        self.seen.append(f"{len(done)} safe, all {facts} films after resuming")


async def full_disk(scene: Scene) -> None:
    """Another program fills the disk in the middle of a run."""
    process = await scene.start("full", "-q")
    await scene.reach(scene.films // 2)
    ballast = scene.folder / "ballast"
    with ballast.open("wb") as file, suppress(OSError):
        while True:
            file.write(bytes(65536))
            file.flush()
    said = await scene.end(process, 8, "full on a disk that fills up")
    scene.expect("disk is full" in said, f"it does not say so: {said}")
    scene.sound()
    await scene.run("status", "-q")
    await scene.run("db", "check", "-q")
    ballast.unlink()
    await scene.resumed()


async def small_disk(scene: Scene) -> None:
    """There is too little room from the beginning."""
    with (scene.folder / "ballast").open("wb") as file:
        file.write(bytes(70 * MB))
    said = await scene.run("full", "-q", code=8)
    scene.expect("MB free" in said and not scene.upstream.log.hits, f"it began all the same: {said}")


async def read_only(scene: Scene) -> None:
    """The disk is mounted for reading only."""
    await scene.run("full", "-q", "--limit", "5")
    before = scene.db.read_bytes()
    await shell("mount", "-o", "remount,ro", str(scene.folder))
    await scene.run("status", "-q")
    await scene.run("runs", "-q")
    said = await scene.run("full", "-q", code=8)
    scene.expect("Cannot write" in said, said)
    scene.expect(scene.db.read_bytes() == before, "the file has changed")


async def locked_for_a_while(scene: Scene) -> None:
    """Another program holds unsaved edits for some seconds."""
    process = await scene.start("full")
    await scene.reach(scene.films // 2)
    with closing(sqlite3.connect(scene.db, isolation_level=None)) as other:
        other.execute("begin immediate")
        await asyncio.sleep(SETTLED)
        asked = len(scene.upstream.log.hits)
        await asyncio.sleep(HELD - SETTLED)
        more = len(scene.upstream.log.hits) - asked
        other.execute("rollback")
    said = await scene.end(process, 0, f"full, locked for {HELD:.0f} s")
    scene.expect("Waiting: the database is locked" in said, f"it does not say that it waits: {said}")
    scene.expect(more == 0, f"{more} requests while nothing could be stored")
    scene.expect(len(scene.upstream.log.hits) == 2 * scene.films, "something was asked twice")
    scene.seen.append(f"{more} requests while locked, {len(scene.upstream.log.hits)} in all")
    scene.sound()


async def locked_for_good(scene: Scene) -> None:
    """Another program never lets go."""
    process = await scene.start("full", "-q", MWI_ENGINE__BUSY_WAIT_SECONDS="2")
    await scene.reach(scene.films // 2)
    with closing(sqlite3.connect(scene.db, isolation_level=None)) as other:
        other.execute("begin immediate")
        said = await scene.end(process, 8, "full, locked for good")
        other.execute("rollback")
    scene.expect("locked by another program" in said, said)
    await scene.resumed()


async def two_at_once(scene: Scene) -> None:
    """A second process wants the file, then the first is killed, and a third has it."""
    first = await scene.start("full", "-q")
    await scene.reach(scene.films // 2)
    started = time.monotonic()
    said = await scene.run("full", "-q", code=8)
    seconds = time.monotonic() - started
    scene.expect("another mwi-crawl is writing" in said and str(first.pid) in said, said)
    scene.seen.append(f"the second was refused after {seconds:.1f} s")
    first.kill()
    await first.wait()
    await scene.resumed()


async def copied(scene: Scene) -> None:
    """Copies are made while a run writes."""
    process, copies = await scene.start("full", "-q"), 0
    while process.returncode is None:
        target = scene.folder / f"copy{copies}.db"
        await scene.run("db", "backup", str(target), "-q")
        scene.sound(target)
        copies += 1
    await scene.end(process, 0, f"full, {copies} copies meanwhile")
    scene.sound()


async def older(scene: Scene) -> None:
    """A crawl with the file of every older program."""
    for frozen in sorted(FROZEN.glob("*.sql")):
        for left in scene.folder.glob("mwi.db*"):
            left.unlink()
        with closing(sqlite3.connect(scene.db)) as db:
            db.executescript(frozen.read_text(encoding="utf-8"))
        await scene.run("status", "-q", code=8)
        await scene.run("full", "--resume", "-q")
        scene.expect((scene.folder / f"mwi.db.bak-schema{frozen.stem}").exists(), "no copy was made")
        scene.sound()
        await scene.run("aggregate", "-q")


async def damaged(scene: Scene) -> None:
    """Bytes in the middle of the file are others than were written."""
    await scene.run("full", "-q")
    whole, dice = scene.db.read_bytes(), random.Random(7)
    codes: dict[str, list[int | None]] = {}
    for _ in range(10):
        hurt = bytearray(whole)
        for _ in range(20):
            place = dice.randrange(100, len(hurt) - 512)
            hurt[place : place + 512] = dice.randbytes(512)
        scene.db.write_bytes(hurt)
        for words in ("db check", "status", "full --refetch", "aggregate"):
            process = await scene.start(*words.split(), "-q")
            _, said = await asyncio.wait_for(process.communicate(), 120)
            codes.setdefault(words, []).append(process.returncode)
            fine = process.returncode == 8 or (words != "db check" and process.returncode in (0, 5))
            scene.expect(fine, f"{words} on a damaged file: exit {process.returncode}: {said.decode()[-300:]}")
            scene.expect(b"Traceback" not in said, f"{words} on a damaged file: {said.decode()[-300:]}")
        for left in scene.folder.glob("mwi.db-*"):
            left.unlink()
    scene.seen += [f"{words}: exit {' '.join(map(str, found))}" for words, found in codes.items()]


SCENES: Mapping[str, Callable[[Scene], Awaitable[None]]] = {
    each.__name__: each
    for each in (
        full_disk, small_disk, read_only, locked_for_a_while, locked_for_good, two_at_once, copied, older, damaged,
    )
}  # fmt: skip
ON_A_DISK = (full_disk, small_disk, read_only)
DISK = 100  # MB; a run wants 64 to be free beside what it takes


async def shell(*words: str) -> None:
    process = await asyncio.create_subprocess_exec(*words)
    assert await process.wait() == 0, words


@asynccontextmanager
async def disk(folder: Path) -> AsyncIterator[None]:
    """A small disk at this place."""
    await shell("mount", "-t", "tmpfs", "-o", f"size={DISK}m", "tmpfs", str(folder))
    try:
        yield
    finally:
        await shell("umount", str(folder))


@asynccontextmanager
async def nothing() -> AsyncIterator[None]:
    yield


async def played(name: str, films: int) -> Scene:
    """A scene, from its import on."""
    upstream = FakeUpstream(latency=0.002)
    serve_all(upstream, films)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        async with upstream.serve() as base_url, disk(folder) if SCENES[name] in ON_A_DISK else nothing():
            scene = Scene(folder, films, upstream, base_url)
            (folder / "ids.txt").write_text("".join(f"tt{9_000_000 + number}\n" for number in range(1, films + 1)))
            await scene.run("import", "ids", "ids.txt", "-q")
            scene.seen.clear()
            await SCENES[name](scene)
    return scene


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--scene", action="append", choices=SCENES)
    parser.add_argument("--films", type=int, default=200)
    given, failed = parser.parse_args(), False
    for name in given.scene or SCENES:
        if SCENES[name] in ON_A_DISK and (os.name != "posix" or os.geteuid() != 0):
            print(f"{name:<18} left out: only root can mount a disk for it")
            continue
        scene = asyncio.run(played(name, given.films))
        failed |= bool(scene.wrong)
        print(f"{name:<18} {'WRONG' if scene.wrong else 'ok   '} {'; '.join(scene.wrong or scene.seen)}", flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
