"""kill -9 at a dozen moments of each kind, over the commands that write: nothing is lost, halved or done twice.

The same with hundreds of kills and figures: tests/battery/kills.py.
"""

from __future__ import annotations

import shutil
import subprocess

import pytest
from battery.kills import FOUND_IN, SCENES, Battery
from battery.kills import world as made

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
SEED = 7


def _can_trace() -> bool:
    if shutil.which("strace") is None:
        return False
    return subprocess.run(["strace", "-f", "-qq", "-o", "/dev/null", "true"], check=False).returncode == 0


traced = pytest.mark.skipif(not _can_trace(), reason="strace is not there, or may not look")


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    with made(tmp_path_factory.mktemp("world")) as there:
        yield there


def kill(world, command: str, kind: str, kills: int) -> None:
    tally = Battery(world, SEED).kill(SCENES[command], kind, 10 * kills, kills=kills)
    assert tally.wrong == []
    assert tally.kills == kills


@pytest.mark.parametrize(("command", "kills"), [("full", 8), ("import", 4)])
def test_kills_at_random_moments(world, command, kills):
    kill(world, command, "random", kills)


@pytest.mark.parametrize(
    ("command", "kills"), [("full", 6), ("pages", 3), ("batches", 3), ("feeds", 3), ("import", 3), ("migration", 3)]
)
def test_kills_at_named_moments(world, command, kills):
    kill(world, command, "failpoint", kills)


@traced
@pytest.mark.parametrize(("command", "kills"), [("full", 3), ("import", 3), ("migration", 3)])
def test_kills_at_calls_of_the_system(world, command, kills):
    kill(world, command, "syscall", kills)


@traced
def test_kills_while_the_log_is_moved_into_the_file(world):
    kill(world, "full", "checkpoint", 3)


@pytest.mark.parametrize("bug", ["state_first", "early_acknowledgement", "import_in_two"])
def test_a_planted_bug_is_found(world, bug):
    scene = SCENES[FOUND_IN[bug]]
    assert Battery(world, SEED, bug).kill(scene, "failpoint", 30, until_wrong=True).wrong
