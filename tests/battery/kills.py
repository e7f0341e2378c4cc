"""Kill every command that writes, in four ways, and see that nothing is lost, halved, harmed or done twice.

    python tests/battery/kills.py [--kinds random,failpoint,syscall,checkpoint] [--commands full,…] [--trials 100]
    python tests/battery/kills.py --plants      plants bugs and counts the trials until each is found

- random: SIGKILL at a random moment of the command.
- failpoint: at a named moment, before or after a function or a statement (dying.py): among them between a commit and
  its acknowledgement. Each moment at its 1st, 2nd, middle and last time, and at random ones.
- syscall: at the n-th call of the system that writes, syncs, sends, cuts or renames (strace).
- checkpoint: at the n-th write into the database itself, which is when the log is moved into it.

Kills are chained: the next attempt goes on from what the last one left. After each kill a copy of the file is looked
at (invariants.py); what was acknowledged must be in it; a command that is one transaction must have left the old state
or the new. At the end of a chain the command runs to its end, and the file must hold what that of an uninterrupted run
holds, and nothing that was finished before a kill may have been asked again. Ends with 1 if something is wrong.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from mwi_crawl import sources

sys.path.insert(0, str(Path(__file__).parent))  # it is run as a script, and imported by tests
import invariants
from kill_and_resume import DYING, contents, singly, unlike
from scenes import SCENES, WORKERS, Scene, World, world

KINDS = ("random", "failpoint", "syscall", "checkpoint")
LINKS = 6  # kills in a chain at most
PAGES = 24  # after which a checkpoint comes, where these are to be met
SYSCALLS = ("pwrite64", "fdatasync", "sendto", "write", "ftruncate", "unlink", "rename", "fsync")
INTO_THE_FILE = ("pwrite64", "fdatasync", "ftruncate")
READ_AND_DROPPED = "changes/"  # pages that are of no use once they are known
SHARED = "person/"  # keys that may lead to a page of which another film asked before
UNCOUNTED = ("/changes?", "/robots.txt?")  # requests whose answers are not stored
PATIENCE = 60.0  # seconds after which a command hangs
HANGS = 124  # the exit code of one that does


@dataclass
class Tally:
    """What was seen of one command killed in one way. `lost`: requests without a stored answer, at each kill."""

    trials: int = 0
    kills: int = 0
    ends: int = 0  # chains that ran to their end
    acknowledged: int = 0
    lost: list[int] = field(default_factory=list)
    again: int = 0  # requests beyond one for each question
    wrong: list[str] = field(default_factory=list)
    seconds: float = 0.0


@dataclass(frozen=True)
class Way:
    """One way to be killed: a program before the command, variables, and a time; for people, `name`."""

    name: str
    program: Sequence[str] = ()  # in the place of `python -m mwi_crawl`
    environ: Mapping[str, str] = field(default_factory=dict)
    seconds: float | None = None  # after which it is killed from outside


class Chain:
    """One folder on its way through several kills to the end of its command."""

    def __init__(self, world: World, scene: Scene, tally: Tally) -> None:
        self._world, self._scene, self._tally = world, scene, tally
        self.folder = world.fresh(scene)
        self.links: list[str] = []
        world.whole(scene)
        self._runs = len(_statuses(self.folder))  # that were there before
        self._first = len(world.questions())
        self._environ = world.environ_of(scene.sources)
        self._finished: set[str] = set()  # what may not be asked again

    def attempt(self, way: Way) -> bool:
        """Run the command until it is killed or ends. Whether it was killed."""
        words = self._scene.again if self.links else self._scene.words
        self.links.append(way.name)
        begun = len(self._world.questions())
        if "BATTERY_ACKS" in way.environ:
            Path(way.environ["BATTERY_ACKS"]).unlink(missing_ok=True)
        code, told = run(self.folder, {**self._environ, **way.environ}, words, way)
        since = self._world.questions()[begun:]
        if twice := sorted(self._finished.intersection(since) - self._world.whole(self._scene).twice):
            self._say(f"finished, and asked again: {twice[:3]} ({len(twice)})")
        if code == -signal.SIGKILL:
            self._look(since, way)
        elif code not in self._scene.codes:
            self._say(f"exit code {code}: {told[-600:]}")
        return code == -signal.SIGKILL

    @property
    def over(self) -> bool:
        """Whether a run came to its end before it was killed: the next would be another one."""
        statuses = _statuses(self.folder)
        return self._scene.crawls and len(statuses) > self._runs and statuses[-1] != "RUNNING"

    def end(self) -> None:
        """Run the command to its end, and compare."""
        if not self.over:
            self.attempt(Way("to the end"))
        self.compare()

    def compare(self) -> None:
        """See that a folder whose command has ended is as if nobody had been killed."""
        self._tally.ends += 1
        with closing(sqlite3.connect(self.folder / "mwi.db")) as db:
            for wrong in invariants.broken(db, first_run=self._scene.first_run):
                self._say(f"at the end: {wrong}")
            for wrong in unlike(contents(db, self._scene.apart), self._world.whole(self._scene).contents):
                self._say(f"at the end: {wrong}")
        if {"RUNNING", "INTERRUPTED"} & {*_statuses(self.folder)}:
            self._say("at the end: a run that has not ended")
        for name, texts in self._world.files(self._scene).items():
            if _content(self.folder / name) != texts[-1]:
                self._say(f"at the end: {name} is another file")
        asked = self._world.questions()[self._first :]
        self._tally.again += len(asked) - len(set(asked))
        shutil.rmtree(self.folder)

    def _look(self, since: Sequence[str], way: Way) -> None:
        tally, scene = self._tally, self._scene
        tally.kills += 1
        with invariants.copied(self.folder) as db:
            wrong = invariants.broken(db, first_run=scene.first_run)
            if not wrong and (states := self._world.states(scene)) and contents(db) not in states:
                wrong.append(f"neither the old state nor the new: {unlike(contents(db), states[-1])[:2]}")
            finished = _finished(db, self._runs) if scene.crawls else set()
        for name, texts in self._world.files(scene).items():
            if _content(self.folder / name) not in texts:
                wrong.append(f"half a file: {name}")
        wrong += scene.look(self._world, self.folder)
        acked = _acknowledged(way)
        tally.acknowledged += len(acked)
        if missing := sorted(job for job in acked - finished if not job[1].startswith(READ_AND_DROPPED)):
            wrong.append(f"acknowledged and lost: {missing[:3]} ({len(missing)})")
        self._finished |= {_question(*job) for job in finished if not job[1].startswith(SHARED)}
        stored = {_question(*job) for job in finished}
        lost = {asked for asked in since if asked not in stored and not any(each in asked for each in UNCOUNTED)}
        tally.lost.append(len(lost))
        if len(lost) > WORKERS * scene.batch * len(scene.sources):
            wrong.append(f"{len(lost)} requests lost at once")
        for sentence in wrong:
            self._say(sentence)

    def _say(self, sentence: str) -> None:
        self._tally.wrong.append(f"{self._scene.name}, {' > '.join(self.links)}: {sentence}")


def run(folder: Path, environ: dict[str, str], words: Sequence[str], way: Way) -> tuple[int, str]:
    """A command, killed in one way or ending by itself: its exit code, and what it said."""
    program = [*way.program] or [sys.executable, "-m", "mwi_crawl"]
    process = subprocess.Popen(
        [*program, *words], cwd=folder, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        out, _ = process.communicate(timeout=way.seconds or PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        out, _ = process.communicate()
        if way.seconds is None:
            return HANGS, out
    time.sleep(0.02)  # what was sent before it died arrives
    return process.returncode, out


def _statuses(folder: Path) -> list[str]:
    """How the runs of a folder stand, in their order."""
    with invariants.copied(folder) as db:
        if db.execute("select 1 from sqlite_master where name = 'runs'").fetchone() is None:
            return []
        return [row[0] for row in db.execute("select status from runs order by run_id")]


def _finished(db: sqlite3.Connection, runs: int) -> set[tuple[str, str]]:
    """The questions (source, key) that are finished in a run that was not there before."""
    question = "select source, key from jobs where state <> 'pending' and run_id > ?"
    return {(row[0], row[1]) for row in db.execute(question, (runs,))}


_kinds = {name: kind() for name, kind in sources.discover().items()}


def _question(source: str, key: str) -> str:
    request = _kinds[source].request([key])
    (single,) = singly(request.path, request.params)
    return single


def _acknowledged(way: Way) -> set[tuple[str, str]]:
    path = Path(way.environ.get("BATTERY_ACKS", ""))
    if not path.is_file():
        return set()
    return {(source, key) for source, key in map(json.loads, path.read_text().splitlines())}


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


class Battery:
    """All kinds of kills of all commands. `plant`: a bug that is in the program all the time."""

    def __init__(self, world: World, seed: int, plant: str = "") -> None:
        self._world, self._random = world, Random(seed)
        self._acks = world.place / "acks"
        self._environ = {"BATTERY_ACKS": str(self._acks), **({"BATTERY_PLANT": plant} if plant else {})}

    def ways(self, scene: Scene, kind: str) -> Iterator[Way]:
        """Ways to be killed, as long as there are any: random ones without end."""
        yield from {
            "random": self._at_random,
            "failpoint": self._at_moments,
            "syscall": lambda scene: self._at_calls(scene, SYSCALLS, {}, None),
            "checkpoint": lambda scene: self._at_calls(scene, INTO_THE_FILE, {"BATTERY_PAGES": str(PAGES)}, "mwi.db"),
        }[kind](scene)

    def kill(
        self, scene: Scene, kind: str, trials: int, *, kills: int | None = None, until_wrong: bool = False
    ) -> Tally:
        """Try so often to kill a command in one way: it may end before. `kills`: after so many that is enough."""
        tally, started = Tally(), time.monotonic()
        chain: Chain | None = None
        for way in self.ways(scene, kind):
            if tally.trials >= trials or tally.kills == kills or (until_wrong and tally.wrong):
                break
            tally.trials += 1
            chain = chain or Chain(self._world, scene, tally)
            killed = chain.attempt(way)
            if not killed:
                chain.compare()
                chain = None
            elif len(chain.links) >= LINKS or chain.over:
                chain.end()
                chain = None
        if chain is not None and not (until_wrong and tally.wrong):
            chain.end()
        tally.seconds = time.monotonic() - started
        return tally

    def _dying(self, name: str, moment: str = "", count: int = 0, **more: str) -> Way:
        program = (sys.executable, str(DYING), moment, str(count))
        return Way(name, program, {**self._environ, **more})

    def _at_random(self, scene: Scene) -> Iterator[Way]:
        long = self._world.whole(scene).seconds
        while True:
            way, seconds = self._dying("random"), self._random.uniform(0.25, max(0.5, 1.1 * long))
            yield Way(f"{seconds:.3f} s", way.program, way.environ, seconds)

    def _at_moments(self, scene: Scene) -> Iterator[Way]:
        """Each moment at some of its times; rounds of all moments, until every time was tried."""
        times = self._times(scene)
        tried: set[tuple[str, int]] = set()
        for turn in range(1000):
            for moment, calls in times.items():
                fixed = (1, max(1, calls // 2), calls, 2)
                count = fixed[turn] if turn < len(fixed) else self._random.randint(1, calls)
                if 1 <= count <= calls and (moment, count) not in tried:
                    tried.add((moment, count))
                    yield self._dying(f"{moment} {count}", moment, count)

    def _times(self, scene: Scene) -> dict[str, int]:
        """How often each moment comes."""
        told = self._world.place / "calls"
        way = self._dying("count", ",".join(scene.moments), 0, BATTERY_CALLS=str(told))
        folder = self._world.fresh(scene)
        code, said = run(folder, {**self._world.environ_of(scene.sources), **way.environ}, scene.words, way)
        assert code in scene.codes, f"exit code {code}: {said}"
        shutil.rmtree(folder)
        found: dict[str, int] = json.loads(told.read_text())
        never = [name for name, calls in found.items() if not calls]
        assert not never or "BATTERY_PLANT" in self._environ, f"{scene.name} never comes to {never}"
        return {name: calls for name, calls in found.items() if calls}

    def _at_calls(self, scene: Scene, calls: Sequence[str], more: Mapping[str, str], only: str | None) -> Iterator[Way]:
        counts = self._counted(scene, calls, more, only)
        tried: set[tuple[str, int]] = set()
        while len(tried) < sum(counts.values()):
            call = self._random.choice(sorted(counts))
            at = self._random.randint(1, counts[call])
            if (call, at) not in tried:
                tried.add((call, at))
                yield self._traced(f"{call} {at}", call, f"--inject={call}:signal=KILL:when={at}", more, only)

    def _counted(self, scene: Scene, calls: Sequence[str], more: Mapping[str, str], only: str | None) -> dict[str, int]:
        """How often each call is made by the thread that makes it most."""
        told, folder = self._world.place / "traced", self._world.fresh(scene)
        way = self._traced("count", ",".join(calls), "", more, only, str(told))
        code, said = run(folder, {**self._world.environ_of(scene.sources), **way.environ}, scene.words, way)
        assert code in scene.codes, f"exit code {code}: {said}"
        shutil.rmtree(folder)
        found = Counter(re.findall(r"^(\d+) +(\w+)\(", told.read_text(errors="replace"), re.M))
        most: dict[str, int] = {}
        for (_, call), count in found.items():
            most[call] = max(count, most.get(call, 0))
        return most

    def _traced(
        self, name: str, calls: str, inject: str, more: Mapping[str, str], only: str | None, out: str = os.devnull
    ) -> Way:
        way = self._dying(name, **more)
        strace = ["strace", "-f", "-qq", "-o", out, f"--trace={calls}", *([inject] if inject else [])]
        return Way(name, [*strace, *(["-P", only] if only else []), *way.program], way.environ)


def show(name: str, kind: str, tally: Tally) -> None:
    lost = f"{max(tally.lost)} at most, {sum(tally.lost) / len(tally.lost):.1f} each" if any(tally.lost) else "none"
    print(
        f"{name:<12} {kind:<10} {tally.trials:6} {tally.kills:6} {tally.ends:6} {tally.acknowledged:8} "
        f"{len(tally.wrong):6}   {lost:<24} {tally.again:6} {tally.seconds:7.1f}", flush=True,
    )  # fmt: skip
    for sentence in tally.wrong[:5]:
        print(f"    {sentence}", flush=True)


FOUND_IN: Mapping[str, str] = {
    "state_first": "full",
    "two_transactions": "full",
    "early_acknowledgement": "full",
    "counted_apart": "full",
    "failure_apart": "full",
    "lease": "full",
    "import_in_two": "import",
    "stamp_first": "datasets",
    "table_by_table": "aggregate",
    "migration_in_pieces": "migration",
    "export_in_place": "export",
}
"""Where each planted bug is looked for."""


def plants(world: World, seed: int, trials: int, names: Sequence[str]) -> int:
    """Plant each bug and count the trials until it is found."""
    missed = []
    print(f"{'bug':<22} {'in':<10} trials until it is found, by kind")
    for name in names:
        scene, found = SCENES[FOUND_IN[name]], {}
        for kind in ("random", "failpoint", "syscall"):
            tally = Battery(world, seed, name).kill(scene, kind, trials, until_wrong=True)
            found[kind] = f"{tally.trials if tally.wrong else f'not in {tally.trials}'}"
            why = tally.wrong[0] if tally.wrong else ""
            print(f"{name:<22} {scene.name:<10} {kind:<10} {found[kind]:<10} {why[:230]}", flush=True)
        if all(word.startswith("not") for word in found.values()):
            missed.append(name)
    print(f"never found: {', '.join(missed)}" if missed else f"all {len(names)} bugs are found")
    return int(bool(missed))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--commands", default=",".join(SCENES))
    parser.add_argument("--trials", type=int, default=100, help="of each kind and command")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--plants", nargs="?", const=",".join(FOUND_IN), metavar="NAME,…")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place, world(Path(place)) as there:
        if given.plants:
            return plants(there, given.seed, given.trials, given.plants.split(","))
        print(f"seed {given.seed}\n{'command':<12} {'kind':<10} {'trials':>6} {'kills':>6} {'ends':>6} {'acked':>8} "
              f"{'wrong':>6}   {'requests lost':<24} {'again':>6} {'seconds':>7}")  # fmt: skip
        wrong = 0
        for name in given.commands.split(","):
            for kind in given.kinds.split(","):
                tally = Battery(there, given.seed).kill(SCENES[name], kind, given.trials)
                show(name, kind, tally)
                wrong += len(tally.wrong)
    print("nothing wrong" if not wrong else f"{wrong} things wrong")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
