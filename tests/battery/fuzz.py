"""Spoil answers at random, let each source read them, and see that nothing escapes and no record is invented.

    python -m tests.battery.fuzz [--source tmdb] [--mutations 100000] [--seed 1] [--only 4711]

What is spoilt are the recordings beside the checkout, where they are there, and the fixtures in it. Each spoilt body is
read as the answer to its own key, and to one key of every other shape the source has; what comes of it is stored, as
the engine stores it, in a database in memory. Wrong is: an exception that leaves `parse.understand`, one inside it that
no parser meant to raise, an answer told without the proof of what it is about (anchors.py), a row the tables refuse,
and a body that takes too long. A body depends on seed, source and number alone: `--only` repeats one, and shows it.
Prints the figures; ends with 1 if something is wrong.
"""

from __future__ import annotations

import argparse
import re
import signal
import sqlite3
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from random import Random
from types import FrameType, ModuleType

sys.path.insert(0, str(Path(__file__).parent))  # it is run as a script, and imported by tests
sys.path.insert(1, str(Path(__file__).parents[1]))
sys.path.insert(2, str(Path(__file__).parents[1] / "sources"))
import anchors
import mutations
from test_contract import CASES, check_row, columns, empty_database, parameters

from mwi_crawl import checkpoint, films, runs
from mwi_crawl.model import Job, Outcome, Response, Result, Seed
from mwi_crawl.parse import understand
from mwi_crawl.settle import iso, settle
from mwi_crawl.source import Source
from mwi_crawl.sources import discover

SOURCES = {name: kind for name, kind in discover().items() if not kind.bulk}
LONGEST = 3.0  # seconds of the processor for a body, and one more for each of its megabytes; more is wrong
HANGS = 120  # seconds after which a body is given up
SHOWN = 20  # of what is wrong, of each source
NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
STATUSES = (200, 200, 202, 203, 304, 400, 401, 403, 404, 408, 410, 418, 429, 500, 503)
HEADERS = ({"cf-mitigated": "challenge"}, {"retry-after": "-1"}, {"content-type": "\udcff"}, {"etag": 'W/"\udc80"'})
MEANT = {"ValueError", "JSONDecodeError", "UnicodeDecodeError", "UnicodeEncodeError", "RecursionError"}
MEANT |= {"DTDForbidden", "EntitiesForbidden", "ExternalReferenceForbidden"}
_SEVERAL_SHAPES = ("items", "search", "changes")
_ANCHOR = re.compile(r"tt\d+|(?<=/UC)[\w-]{22}|(?<=/)PL[\w-]{14,}|(?<=/)\d+(?=#|$)")


class TooLongError(BaseException):
    """A body was not read within `HANGS` seconds."""


@dataclass(frozen=True)
class Sample:
    """A whole answer, and the key it answers."""

    name: str
    key: str
    response: Response

    @property
    def anchor(self) -> bytes:
        """What in it says that it is the answer to its key."""
        if self.key.startswith(("list/", "changes/")):
            return b'"page":' + self.key.rpartition("/")[2].encode()
        found = _ANCHOR.search(self.key)
        return (found[0] if found else self.key.partition("#")[0].rpartition("/")[2]).encode()


@dataclass
class Figures:
    """What came of the spoilt bodies of a source. `wrong` are sentences; empty if all is well."""

    source: str
    bodies: int = 0
    readings: int = 0
    seconds: float = 0.0
    rows: int = 0
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    raised: Counter[str] = field(default_factory=Counter)
    told: Counter[str] = field(default_factory=Counter)  # by mutation: how many bodies still told something
    spoilt: Counter[str] = field(default_factory=Counter)
    slowest: tuple[float, str] = (0.0, "")
    wrong: list[str] = field(default_factory=list)

    def table(self) -> str:
        outcomes = ", ".join(f"{number:,} {outcome}" for outcome, number in self.outcomes.most_common())
        raised = ", ".join(f"{number:,} {name}" for name, number in self.raised.most_common()) or "nothing"
        told = ", ".join(f"{name} {self.told[name] / number:.0%}" for name, number in sorted(self.spoilt.items()))
        return (
            f"{self.source}: {self.bodies:,} bodies, {self.readings:,} readings, {self.rows:,} rows taken, "
            f"{self.bodies / max(self.seconds, 0.001):,.0f} bodies a second\n  {outcomes}\n  parsers raised {raised}\n"
            f"  slowest {self.slowest[0]:.2f} s ({self.slowest[1]})\n  still told something after: {told}\n"
            f"  wrong: {len(self.wrong):,}"
        )


class Tables:
    """The schema in memory, with a film and a run; what is stored is taken back, so each body meets it as it was."""

    def __init__(self, source: str) -> None:
        self.db = empty_database()
        self.db.row_factory = sqlite3.Row
        self.source = source
        self.film_id = films.add(self.db, Seed(title="A film", year=1999), origin="test", followed=True, now=iso(NOW))
        self.run_id = runs.begin(self.db, "full", "{}", iso(NOW)).run_id
        runs.open_lane(self.db, self.run_id, source, 1)
        self._shapes: dict[str, tuple[dict[str, tuple[str, bool]], set[str]]] = {}

    def job(self, key: str, source: Source) -> Job:
        nobodys = source.feeds or key in source.standing or key.startswith(("list/", "changes/"))
        return Job(1, self.source, key, None if nobodys else self.film_id)

    def refuse(self, result: Result) -> str | None:
        """Why the tables do not take what was understood; None if they do."""
        for record in result.parsed.records if result.parsed else ():
            if record.kind not in self._shapes:
                self._shapes[record.kind] = columns(self.db, record.kind), parameters(record.kind)
            check_row(record, *self._shapes[record.kind])
        settled = settle(result, now=NOW, max_retries=3, dice=0.5, version=1)
        job = result.job
        self.db.execute("begin")
        try:
            self.db.execute(
                "insert into jobs (job_id, source, key, film_id, state, ready_at) values (1, ?, ?, ?, 'pending', ?)",
                (self.source, job.key, job.film_id, iso(NOW)),
            )
            (saved,) = checkpoint.save(self.db, self.run_id, [settled], keep_bodies=True)
            if saved.settled.result.outcome is not result.outcome:
                return saved.settled.result.message
            if result.parsed and result.parsed.records and self.db.execute("pragma foreign_key_check").fetchone():
                return "a row points to nothing"
            return None
        finally:
            self.db.execute("rollback")


def samples(source: str, *, recorded: bool) -> list[Sample]:
    """Every whole answer there is of a source."""
    own = [(case.path.stem, case.key, case.response) for case in CASES if case.source == source]
    found = [Sample(*each) for each in (*own, *(_recorded(source) if recorded else ())) if each[2].body]
    return [each for each in found if _can_be_asked(SOURCES[source](), each.key)]


def _can_be_asked(source: Source, key: str) -> bool:
    try:
        source.request([key])
    except ValueError:
        return False
    return True


def _recorded(source: str) -> Iterator[tuple[str, str, Response]]:
    """The recordings with the keys that the tests of their source know them by."""
    tests: ModuleType = import_module(f"test_{source.removesuffix('_api')}_recordings")
    if source in ("tmdb", "ddd"):
        yield from (tests.ASKED if source == "tmdb" else tests.GOOD)
    elif source == "omdb":
        keys = {name: f"i/{sent['imdbID']}" for name, sent, _ in tests.TITLES}
        yield from ((name, keys.get(name, "i/tt0133093"), response) for name, response in tests.RECORDED)
    elif source == "imdb":
        for path in tests.FILES:
            whole, key = tests.answer(path), tests.key(path) if path in tests.TITLES else "title/tt0133093"
            yield path.name, key, whole
            yield f"{path.name}, scrubbed", key, SOURCES[source]().scrub(whole)
    elif source == "cinemorgue" and tests.FILE.is_file():
        text = "\n".join(map(tests._wikitext, tests.FILE.read_text(encoding="utf-8").splitlines()))
        sent = Response(200, {}, tests._answer(text))
        yield from ((f"Sean Bean, {title}", tests.asked(title, year), sent) for title, year, *_ in tests.ENTRIES)
    elif source == "youtube":
        yield from (
            (name, f"feed/{tests.channel_of(name)}", Response(200, {}, tests.BODIES[name])) for name in tests.FEEDS
        )
    elif source == "youtube_api":
        pages = ((name, tests.playlist_of(name)) for name in tests.PAGES)
        yield from ((name, f"uploads/{of}/1", Response(200, {}, tests.BODIES[name])) for name, of in pages)


def shape(key: str) -> str:
    """What kind of question a key is."""
    first, second, *_ = [*key.split("/"), ""]
    return f"{first}/{second}" if first in _SEVERAL_SHAPES else first


class Fuzz:
    """The spoilt bodies of one source. Without `recorded` those of the fixtures alone, which are always there."""

    def __init__(self, source: str, seed: int, *, recorded: bool = True) -> None:
        self.source, self.seed = SOURCES[source](), seed
        self.samples = samples(source, recorded=recorded)
        self.keys: defaultdict[str, list[str]] = defaultdict(list)
        for each in self.samples:
            self.keys[shape(each.key)].append(each.key)
        self.tables = Tables(source)
        self.figures = Figures(source)
        self.alarm: Callable[[int], object] = lambda seconds: None
        self.weights = [self._weight(each) for each in self.samples]

    def _weight(self, sample: Sample) -> float:
        """How often an answer is taken: one that tells something often, a large one, which takes its time, seldom."""
        return (10 if self.tells(sample) else 1) / (3_000 + len(sample.response.body))

    def tells(self, sample: Sample) -> bool:
        """Whether anything would be stored of an answer as it is."""
        parsed = self.understood(sample.key, sample.response).parsed
        return parsed is not None and anchors.says_something(parsed)

    def understood(self, key: str, response: Response) -> Result:
        """What an answer to a key means."""
        return understand(self.source, self.tables.job(key, self.source), self.source.request([key]), response)

    def spoilt(self, number: int) -> tuple[str, list[str], Response, list[str]]:
        """The body of a number: where it comes from, what was done to it, the answer, and the keys it is read for."""
        dice = Random(f"{self.seed}/{self.source.name}/{number}")
        sample, other = dice.choices(self.samples, self.weights, k=2)
        body, done = sample.response.body, []
        for _ in range(1 + (dice.random() < 0.3)):
            if dice.random() < 0.08:
                body, name = mutations.unnamed(body, dice, sample.anchor), "unnamed"
            else:
                change = dice.choice(mutations.MUTATIONS)
                body, name = change(body, dice, other.response.body), change.__name__
            done.append(name)
        headers = {**sample.response.headers, **(dice.choice(HEADERS) if dice.random() < 0.02 else {})}
        status = dice.choice(STATUSES) if dice.random() < 0.1 else sample.response.status
        others = [dice.choice(keys) for kind, keys in sorted(self.keys.items()) if kind != shape(sample.key)]
        return sample.name, done, Response(status, headers, body), [sample.key, *others]

    def run(self, numbers: Sequence[int]) -> Figures:
        """Spoil and read the bodies of these numbers."""
        began = time.monotonic()
        for number in numbers:
            self._one(number)
        self.figures.seconds += time.monotonic() - began
        return self.figures

    def _one(self, number: int) -> None:
        name, done, response, keys = self.spoilt(number)
        where = f"{self.source.name} --seed {self.seed} --only {number}: {name}, {' and '.join(done)}"
        figures, began, told = self.figures, time.thread_time(), False
        self.alarm(HANGS)
        for key in keys:
            try:
                told |= self._read(key, response, where)
            except (TooLongError, Exception) as error:  # noqa: BLE001 - that is what is looked for
                figures.wrong.append(f"{where}, as {key}: {type(error).__name__}: {error}"[:400])
        try:
            self.source.judge(response)  # not only what was scrubbed
            self.source.recognize(response.body)
        except Exception as error:  # noqa: BLE001
            figures.wrong.append(f"{where}, judged or recognized: {type(error).__name__}: {error}"[:400])
        seconds = time.thread_time() - began
        self.alarm(0)
        figures.bodies += 1
        figures.slowest = max(figures.slowest, (seconds, f"{where}, {len(response.body):,} bytes"))
        if seconds > LONGEST + len(response.body) / 1e6:
            figures.wrong.append(f"{where}: took {seconds:.1f} s")
        for change in done:
            figures.spoilt[change] += 1
            figures.told[change] += told

    def _read(self, key: str, response: Response, where: str) -> bool:
        """Read and store a body as the answer to a key. Returns whether it told anything."""
        figures = self.figures
        result = self.understood(key, response)
        figures.readings += 1
        figures.outcomes[result.outcome] += 1
        wrong = self.tables.refuse(result)
        if result.reason == "parser_error":
            raised = (result.message or "").rpartition("(")[2].rstrip(")")
            figures.raised[raised] += 1
            if raised not in MEANT:
                wrong = f"{raised} in the parser: {(result.detail or '').strip().splitlines()[-1]}"
        elif result.parsed is not None:
            figures.rows += len(result.parsed.records) + len(result.parsed.trailers)
            assert result.response is not None
            wrong = wrong or anchors.unproved(self.source.name, key, result.response.body, result.parsed)
        if wrong:
            figures.wrong.append(f"{where}, as {key}: {wrong}"[:400])
        return result.parsed is not None and anchors.says_something(result.parsed)


def _give_up(number: int, frame: FrameType | None) -> None:
    raise TooLongError


def main(arguments: Sequence[str] | None = None) -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--source", choices=list(SOURCES), action="append", help="default: each")
    options.add_argument("--mutations", type=int, default=100_000, help="bodies of each source")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--only", type=int, help="the number of one body, which is shown")
    chosen = options.parse_args(arguments)
    signal.signal(signal.SIGALRM, _give_up)
    wrong = 0
    for source in chosen.source or SOURCES:
        fuzz = Fuzz(source, chosen.seed)
        fuzz.alarm = signal.alarm
        print(
            f"{source}: seed {chosen.seed}, {len(fuzz.samples)} answers, keys {', '.join(sorted(fuzz.keys))}",
            flush=True,
        )
        if chosen.only is not None:
            sys.stdout.buffer.write(fuzz.spoilt(chosen.only)[2].body + b"\n")
        figures = fuzz.run(range(chosen.mutations) if chosen.only is None else [chosen.only])
        print(figures.table(), *figures.wrong[:SHOWN], sep="\n", flush=True)
        wrong += len(figures.wrong)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
