"""What is killed by kills.py: each command that writes, with a folder to begin from and the moments it comes to.

Everything is small, so that a trial takes about a second: some eighty films, three sources over real HTTP on loopback,
some that TMDb never answers and one whose answer cannot be read. The other lanes (pages, batches, feeds) are crawls of
one source each.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from mwi_crawl import queries, schema
from mwi_crawl.demo.datasets import FakeDatasets
from mwi_crawl.demo.films import INVENTED_FROM, invented
from mwi_crawl.demo.history import DATA, HISTORY
from mwi_crawl.demo.misbehaviour import Ask
from mwi_crawl.demo.youtube import CHANNELS
from mwi_crawl.sources.imdb_datasets import FILES

sys.path.insert(0, str(Path(__file__).parent))  # it is run as a script, and imported by tests
from invariants import copied
from kill_and_resume import Contents, Upstream, contents, environment, unlike, upstream_process

FILMS = 80
NEW_FILMS = 30  # that come between two runs
ROWS = 400  # of an imported file
TITLED = 300  # films that a wiki is asked about: six batches, and those of their people
SOURCES = ("tmdb", "omdb", "ddd")
WORKERS = 4  # of each
RATE = 1000
FAULTS = (
    f"503,/3/movie/{INVENTED_FROM // 100}[0-9]7,1,1000000",
    f"changed_layout,/3/movie/{INVENTED_FROM + 11},1,1000000",
    f"503,/title/tt{INVENTED_FROM // 100}[0-9]7/,1,1000000",
    f"changed_layout,/title/tt{INVENTED_FROM + 11}/,1,1000000",
)
FEEDS = [f"{kind}{channel[2:]}" for kind in ("UC", "UU", "UULF") for channel in CHANNELS]
HEAD = "Const,Your Rating,Date Rated,Title,URL,Title Type,IMDb Rating,Runtime (mins),Year,Genres,Num Votes,Release Date,Directors\n"  # noqa: E501


@dataclass(frozen=True)
class Scene:
    """A command that is killed. `base` fills the folder it begins in; `outputs` are files that it writes beside.

    `sources`: those it may ask. `batch`: questions in one request. `apart`: tables, and columns of tables, that depend
    on which questions went together. `states`: the contents that a kill may leave behind, for a command that is one
    transaction or a few; None where an answer is one. `look`: what else is wrong with a folder after a kill.
    """

    name: str
    words: tuple[str, ...]
    again: tuple[str, ...]
    base: Callable[[World, Path], None]
    moments: tuple[str, ...]
    first_run: bool = False
    crawls: bool = False
    sources: tuple[str, ...] = SOURCES
    batch: int = 1
    apart: tuple[str, ...] = ()
    codes: tuple[int, ...] = (0,)
    outputs: tuple[str, ...] = ()
    states: Callable[[World, Scene], list[Contents]] | None = None
    look: Callable[[World, Path], list[str]] = lambda _world, _folder: []


@dataclass
class Whole:
    """What an uninterrupted run left behind, how long it took, and what it asked twice (as part of two questions)."""

    contents: Contents
    twice: frozenset[str]
    files: Mapping[str, bytes]
    seconds: float


@dataclass
class World:
    """A place for folders, the upstream, and the variables to ask it."""

    place: Path
    upstream: Upstream
    environ: dict[str, str]
    _count: int = 0
    _wholes: dict[str, Whole] = field(default_factory=dict)
    _states: dict[str, list[Contents]] = field(default_factory=dict)

    def questions(self) -> list[str]:
        """What the upstream was asked so far."""
        self.upstream.asked()
        return self.upstream.questions

    def base(self, scene: Scene) -> Path:
        """The folder a command begins in; made once."""
        folder = self.place / "bases" / scene.name
        if not folder.exists():
            folder.mkdir(parents=True)
            scene.base(self, folder)
        return folder

    def fresh(self, scene: Scene) -> Path:
        """A copy of it."""
        base = self.base(scene)
        self._count += 1
        return Path(shutil.copytree(base, self.place / "runs" / str(self._count)))

    def environ_of(self, sources: Sequence[str]) -> dict[str, str]:
        """Variables for a command that may ask these sources."""
        environ = dict(self.environ)
        for name in sources:
            known = f"MWI_SOURCES__{name.upper()}__"
            environ |= {f"{known}BASE_URL": self.upstream.base_url, f"{known}ENABLED": "true"}
            environ |= {f"{known}REQUESTS_PER_SECOND": str(RATE), f"{known}CONCURRENCY": str(WORKERS)}
        return environ

    def run(self, folder: Path, *words: str, codes: Sequence[int] = (0,), sources: Sequence[str] = SOURCES) -> None:
        """A command that is left alone."""
        command, environ = [sys.executable, "-m", "mwi_crawl", *words], self.environ_of(sources)
        done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, timeout=300)
        assert done.returncode in codes, f"{words}: exit code {done.returncode}: {done.stdout}{done.stderr}"

    def whole(self, scene: Scene) -> Whole:
        """What an uninterrupted run makes of the folder."""
        if scene.name not in self._wholes:
            folder, begun, started = self.fresh(scene), len(self.questions()), time.monotonic()
            self.run(folder, *scene.words, codes=scene.codes, sources=scene.sources)
            seconds, asked = time.monotonic() - started, Counter(self.questions()[begun:])
            twice = frozenset(question for question, times in asked.items() if times > 1)
            files = {name: (folder / name).read_bytes() for name in scene.outputs}
            self._wholes[scene.name] = Whole(at_rest(folder, scene.apart), twice, files, seconds)
            if scene.name == "full":
                shutil.copytree(folder, self.place / "crawled")
        return self._wholes[scene.name]

    def states(self, scene: Scene) -> list[Contents]:
        """The contents that a kill may leave behind; the last is that of an uninterrupted run. None of a crawl."""
        if scene.states is not None and scene.name not in self._states:
            self._states[scene.name] = [*scene.states(self, scene), self.whole(scene).contents]
        return self._states.get(scene.name, [])

    def files(self, scene: Scene) -> dict[str, list[bytes]]:
        """Of each file that is written: what it may hold, the old and the new."""
        whole, base = self.whole(scene), self.base(scene)
        return {name: [(base / name).read_bytes(), whole.files[name]] for name in scene.outputs}

    def crawled(self, folder: Path) -> None:
        """Put what a whole crawl left behind into a folder."""
        self.whole(SCENES["full"])
        shutil.copytree(self.place / "crawled", folder, dirs_exist_ok=True)


@contextmanager
def world(place: Path) -> Iterator[World]:
    """A world with its upstream at work."""
    with upstream_process(place, 2 * FILMS + ROWS, 0.002, *FAULTS) as upstream:
        environ = environment(upstream.base_url, RATE) | {"OMDB_API_KEY": "ba77e400", "DDD_API_KEY": "b" * 24}
        environ["MWI_ENGINE__MAX_RETRIES"] = "0"
        environ["MWI_SOURCES__IMDB_DATASETS__ENABLED"] = "true"
        environ["MWI_YOUTUBE__CHANNELS"] = json.dumps(FEEDS)
        yield World(place, upstream, environ)


def at_rest(folder: Path, apart: Sequence[str] = ()) -> Contents:
    """The contents of a folder's file."""
    with closing(sqlite3.connect(folder / "mwi.db")) as db:
        return contents(db, apart)


def _ids(world: World, folder: Path, first: int, count: int) -> None:
    (folder / "ids.txt").write_text("".join(f"tt{INVENTED_FROM + first + number}\n" for number in range(count)))
    world.run(folder, "import", "ids", "ids.txt", "-q")


def _to_be_crawled(world: World, folder: Path) -> None:
    _ids(world, folder, 1, FILMS)


def _aged(world: World, folder: Path) -> None:
    """A crawl of long ago: half of it is stale, some was read by an older parser, and new films have come."""
    world.crawled(folder)
    now = datetime.now(UTC)
    with closing(sqlite3.connect(folder / "mwi.db")) as db:
        db.execute("update jobs set fetched_at = ? where film_id % 2 = 0", ((now - timedelta(days=100)).isoformat(),))
        db.execute("update jobs set fetched_at = ? where film_id % 2 = 1", ((now - timedelta(days=5)).isoformat(),))
        db.execute("update jobs set parser_version = 0 where source = 'omdb' and film_id % 3 = 0")
        day = (now - timedelta(days=4)).date().isoformat()
        db.execute("insert into change_lists values ('tmdb', 'movie/', ?, 2, ?)", (day, day))
        db.commit()
    _ids(world, folder, FILMS + 1, NEW_FILMS)


def _titled(world: World, folder: Path) -> None:
    """Films whose titles and years are known."""
    films = [invented(number) for number in range(1, TITLED + 1)]
    rows = "".join(
        f"{film.imdb_id},7,2021-03-01,{film.title},https://www.imdb.com/,movie,7.0,100,{film.year},Drama,1000,"
        f"{film.release_date},Ann B.\n"
        for film in films
    )
    (folder / "titled.csv").write_text(HEAD + rows)
    world.run(folder, "import", "imdb", "titled.csv", "-q")


def _followed(world: World, folder: Path) -> None:
    """The films of a person's diary, and those of the channels are still to come."""
    name, path = HISTORY[0]
    world.run(folder, "import", str(path), "--user", name, "-q")


def _ratings(path: Path, first: int, count: int, stars: int) -> None:
    rows = "".join(
        f"tt{INVENTED_FROM + number},{stars},2021-03-{number % 28 + 1:02},Film {number},https://www.imdb.com/,movie,7.0,100,"
        f"2000,Drama,1000,2000-01-01,Ann B.\n"
        for number in range(first, first + count)
    )
    path.write_text(HEAD + rows)


def _to_be_imported(world: World, folder: Path) -> None:
    """An older export is there: of the new one some rows are new, the others changed, and some are gone."""
    _ratings(folder / "old.csv", 1, ROWS, 6)
    world.run(folder, "import", "imdb", "old.csv", "-q")
    _ratings(folder / "new.csv", ROWS // 4, ROWS, 8)


def _to_be_aggregated(world: World, folder: Path) -> None:
    """The tables are there, and made of less than there is by now."""
    world.crawled(folder)
    for name, path in HISTORY[:2]:
        world.run(folder, "import", str(path), "--user", name, "-q")
    world.run(folder, "aggregate", "-q")
    world.run(folder, "import", str(DATA / "ben-letterboxd" / "diary.csv"), "--user", "ben", "-q")
    _ratings(folder / "mine.csv", 1, FILMS, 7)
    world.run(folder, "import", "imdb", "mine.csv", "-q")


def _with_datasets(world: World, folder: Path) -> None:
    world.crawled(folder)
    fake = FakeDatasets(FILMS)
    (folder / "dumps").mkdir()
    for file in FILES:
        answer = fake.answer(Ask.of("GET", f"http://x/{file.file_name}", {}))
        assert answer is not None
        (folder / "dumps" / file.file_name).write_bytes(answer.body)


def _file_by_file(world: World, scene: Scene) -> list[Contents]:
    """After none of the files, after the first, the first two …"""
    states = [at_rest(world.base(scene))]
    for count in range(1, len(FILES)):
        folder = world.fresh(scene)
        for file in FILES[count:]:
            (folder / "dumps" / file.file_name).unlink()
        world.run(folder, *scene.words)
        states.append(at_rest(folder))
        shutil.rmtree(folder)
    return states


def _old_version(world: World, folder: Path) -> None:
    """A file of the first schema, with what of a crawl it had a place for."""
    world.crawled(folder)
    crawled = (folder / "mwi.db").rename(folder / "crawled.db")
    with closing(schema.connect(folder / "mwi.db")) as db:
        schema._step(db, queries.names("schema")[0])
        db.execute("pragma foreign_keys = off")
        db.execute("attach ? as crawled", (str(crawled),))
        for name in [row[0] for row in db.execute("select name from main.sqlite_master where type = 'table'")]:
            if not name.startswith("sqlite") and name not in ("column_docs", "quotas", "deaths", "trailers"):
                columns = ", ".join(f'"{row[1]}"' for row in db.execute(f"pragma main.table_info({name})"))
                db.execute(f"insert into main.{name} ({columns}) select {columns} from crawled.{name}")
        db.execute("detach crawled")
    crawled.unlink()


def _step_by_step(world: World, scene: Scene) -> list[Contents]:
    folder = world.fresh(scene)
    states = [at_rest(folder)]
    with closing(schema.connect(folder / "mwi.db")) as db:
        for name in queries.names("schema")[1:]:
            schema._step(db, name)
            states.append(contents(db))
    shutil.rmtree(folder)
    return states


def _backup_is_whole(world: World, folder: Path) -> list[str]:
    """The copy that is put beside the file before the first step never bears its name half-made."""
    wrong = []
    for path in folder.glob("mwi.db.bak-*[0-9]"):
        with closing(sqlite3.connect(path)) as db:
            if db.execute("pragma integrity_check").fetchone()[0] != "ok":
                wrong.append(f"{path.name} is damaged")
            elif schema.version(db) != int(path.name[-1]):
                wrong.append(f"{path.name} has schema {schema.version(db)}")
            elif path.name.endswith("1") and (
                differs := unlike(contents(db), at_rest(world.base(SCENES["migration"])))
            ):
                wrong.append(f"{path.name} is no copy: {differs}")
    with copied(folder) as db:
        if schema.version(db) > 1 and not list(folder.glob("mwi.db.bak-*[0-9]")):
            wrong.append("a step was taken without a copy")
    return wrong


def _to_be_exported(world: World, folder: Path) -> None:
    world.crawled(folder)
    world.run(folder, "aggregate", "-q")
    (folder / "out.csv").write_text("older export\n" * 2000)
    (folder / "out.csv.LICENSE.txt").write_text("older notices\n")


def _old_or_new(world: World, scene: Scene) -> list[Contents]:
    return [at_rest(world.base(scene))]


_COMMIT = ("sql=begin immediate:before", "sql=commit:before", "sql=commit:after")
_AT_REST = ("sql=pragma wal_checkpoint:before", "sql=pragma wal_checkpoint:after")
_CRAWL = (
    "runs.planned:before",
    "throttle.Throttle.turn:before",  # before a request
    "fetch.Fetcher.fetch:after",  # the answer is there
    "parse.understand:after",
    "writer.Writer.save:before",
    "checkpoint.save:before",
    "checkpoint._apply:before",
    "records.replace:after",  # in the middle of an answer
    "follow.up:before",
    "checkpoint._settle_job:before",
    "checkpoint._settle_job:after",
    "checkpoint._count:before",
    "checkpoint.save:after",  # all but committed
    "crawl.Engine.on_saved:before",  # committed, and nobody has heard of it
    "writer.Writer.save:after",  # acknowledged
    "patience.remember_throttle:after",
    "runs.close_lane:after",
    "runs.end:after",
)

SCENES: Mapping[str, Scene] = {
    scene.name: scene
    for scene in (
        Scene(
            "full", ("full",), ("full", "--resume"), _to_be_crawled,
            ("runs.begin:after", "plan.page:after", "films.learn:after", "checkpoint._save_failure:after",
             *_CRAWL, *_COMMIT, *_AT_REST),
            first_run=True, crawls=True, codes=(0, 5),
        ),
        Scene(
            "incremental", ("incremental", "--lists", "popular"),
            ("incremental", "--lists", "popular", "--resume"), _aged,
            ("runs.begin:after", "plan.page:after", "plan.requeue:after", "changes.plan:after", "changes.advance:after",
             "changes.apply:before", "discover.ask:after", "discover.keep:after", "discover.follow:after",
             "losses.known:after", "news.note:after", *_CRAWL, *_COMMIT, *_AT_REST),
            crawls=True, codes=(0, 5),
        ),
        Scene(
            "pages", ("full", "--source", "imdb"), ("full", "--source", "imdb", "--resume"), _to_be_crawled,
            ("runs.begin:after", "plan.page:after", "robots.Site.rules:after", "checkpoint._save_failure:after",
             *_CRAWL, *_COMMIT, *_AT_REST),
            first_run=True, crawls=True, codes=(0, 5), sources=("imdb",),
        ),
        Scene(
            "batches", ("full", "--source", "cinemorgue"), ("full", "--source", "cinemorgue", "--resume"), _titled,
            ("runs.begin:after", "plan.page:after", *_CRAWL, *_COMMIT, *_AT_REST),
            first_run=True, crawls=True, sources=("cinemorgue",), batch=50,
            apart=("bodies", "jobs.body_hash", "run_sources.requests"),
        ),
        Scene(
            "feeds", ("incremental", "--source", "youtube"), ("incremental", "--source", "youtube", "--resume"),
            _followed,
            ("runs.begin:after", "discover.ask:after", "trailers.keep:before", "trailers.keep:after",
             "trailers.place:after", *(each for each in _CRAWL if not each.startswith("records.")), *_COMMIT,
             *_AT_REST),
            crawls=True, sources=("youtube",),
        ),
        Scene(
            "import", ("import", "imdb", "new.csv"), ("import", "imdb", "new.csv"), _to_be_imported,
            ("ingest._Table._open:after", "ingest._Table._take:before", "ingest._Table._take:after",
             "ingest._Table._find_gone:before", "ingest._Table._find_gone:after", "ingest._Table._derive:before",
             "films.derive:after", "ingest._Table._close:after", *_COMMIT, *_AT_REST),
            states=_old_or_new,
        ),
        Scene(
            "datasets", ("datasets", "load", "--dir", "dumps"), ("datasets", "load", "--dir", "dumps"), _with_datasets,
            ("datasets.loading._read:after", "datasets.loading._replace:before", "datasets.loading._add:after",
             "datasets.loading._settle:before", "datasets.loading._settle:after", "datasets.loading._replace:after",
             *_COMMIT, *_AT_REST),
            states=_file_by_file,
        ),
        Scene(
            "aggregate", ("aggregate",), ("aggregate",), _to_be_aggregated,
            ("aggregate.settings.write:after", "aggregate.build._one:before", "aggregate.build._make:after",
             "aggregate.build._digest:after", "aggregate.build._remember:before", "aggregate.build._remember:after",
             *_COMMIT, *_AT_REST),
            states=_old_or_new,
        ),
        Scene(
            "migration", ("init",), ("init",), _old_version,
            ("schema.backup:before", "sql=vacuum into:before", "sql=vacuum into:after", "schema.backup:after",
             "schema._step:before", "schema._drop_views:after", "sql=drop table:after", "sql=create table:after",
             "sql=alter table:after", "sql=create view:after", "sql=pragma user_version =:before",
             "sql=pragma user_version =:after", "sql=commit:before", "sql=commit:after", "schema._step:after",
             *_AT_REST),
            states=_step_by_step, look=_backup_is_whole,
        ),
        Scene(
            "export", ("export", "csv", "film_details", "--output", "out.csv"),
            ("export", "csv", "film_details", "--output", "out.csv"), _to_be_exported,
            ("cli.exporting._to_file:before", "cli.exporting._settle:before", "cli.exporting._settle:after",
             "cli.exporting._to_file:after", "cli.exporting._write_notices:before",
             "cli.exporting._write_notices:after"),
            states=_old_or_new, outputs=("out.csv", "out.csv.LICENSE.txt"),
        ),
    )
}  # fmt: skip
"""The commands that are killed, by name."""
