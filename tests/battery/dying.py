"""The command line, killed by itself at a named moment: no hook in the program, the function is wrapped from outside.

    python tests/battery/dying.py checkpoint.save:after 3 full --resume

kills the process (SIGKILL) just after the third return of `mwi_crawl.checkpoint.save`, here before the commit. A moment
can also lie at a statement: `sql=commit:after` is when a commit is durable and nobody knows of it yet. At 0 nothing is
killed. What is asked for in the environment beside that:

    BATTERY_CALLS   a file to which is written, at the end, how often the moment came (several: `a:before,b:after`)
    BATTERY_ACKS    a file to which is added what was acknowledged to its worker, a JSON list [source, key] a line
    BATTERY_PAGES   pages after which the log is moved into the file, so that a small run does it many times
    BATTERY_PLANT   a bug that is planted first (planted.py)
"""

from __future__ import annotations

import atexit
import inspect
import json
import os
import re
import signal
import sqlite3
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

STATEMENT = "sql="
_COMMENTS = re.compile(r"\A(?:\s*--.*\n)*\s*")


class Moment:
    """A moment that comes again and again; at its `count`-th time the process dies."""

    def __init__(self, name: str, count: int) -> None:
        self.place, self.when = name.rsplit(":", 1)
        self.name, self.calls, self._count = name, 0, count

    def come(self, when: str) -> None:
        """It is before or after the thing itself."""
        if when == self.when:
            self.calls += 1
            if self.calls == self._count:
                os.kill(os.getpid(), signal.SIGKILL)

    def wrap(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function with this moment around it."""

        def plain(*args: Any, **kwargs: Any) -> Any:
            self.come("before")
            result = function(*args, **kwargs)
            self.come("after")
            return result

        async def awaited(*args: Any, **kwargs: Any) -> Any:
            self.come("before")
            result = await function(*args, **kwargs)
            self.come("after")
            return result

        return awaited if inspect.iscoroutinefunction(function) else plain


def at_function(moment: Moment) -> None:
    """Have a moment at a function of the program."""
    words = ["mwi_crawl", *moment.place.split(".")]
    end = next(end for end in range(len(words) - 1, 0, -1) if _module(words[:end]))
    owner: Any = sys.modules[".".join(words[:end])]  # a package may hide a module of its own behind a function
    for attribute in words[end:-1]:
        owner = getattr(owner, attribute)
    setattr(owner, words[-1], moment.wrap(getattr(owner, words[-1])))


def _module(words: list[str]) -> bool:
    try:
        import_module(".".join(words))
    except ModuleNotFoundError:
        return False
    return True


def at_statements(moments: list[Moment]) -> None:
    """Have moments at the statements that begin with their words, on every connection."""

    class Watched(sqlite3.Connection):
        def execute(self, statement: str, *values: Any) -> sqlite3.Cursor:
            told = _COMMENTS.sub("", statement).lower()
            near = [moment for moment in moments if told.startswith(moment.place.removeprefix(STATEMENT))]
            for moment in near:
                moment.come("before")
            result = super().execute(statement, *values)
            for moment in near:
                moment.come("after")
            return result

    connect = sqlite3.connect

    def watched(*args: Any, **kwargs: Any) -> sqlite3.Connection:
        return connect(*args, **{"factory": Watched, **kwargs})

    sqlite3.connect = watched  # type: ignore[assignment]


def acknowledge(path: str) -> None:
    """Note each answer whose worker hears that it is durable."""
    from mwi_crawl.model import JobState
    from mwi_crawl.writer import Writer

    file, save = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND), Writer.save

    async def noted(self: Writer, settled: Any) -> Any:
        saved = await save(self, settled)
        jobs = [each.result.job for each in settled if each.state is not JobState.PENDING]
        os.write(file, "".join(json.dumps([job.source, job.key]) + "\n" for job in jobs).encode())
        return saved

    Writer.save = noted  # type: ignore[method-assign]


def prepare(moments: list[Moment]) -> None:
    """Do what the environment asks for, then put the moments around that."""
    if pages := os.environ.get("BATTERY_PAGES"):
        schema = import_module("mwi_crawl.schema")
        schema._PRAGMAS = (*schema._PRAGMAS, f"pragma wal_autocheckpoint = {int(pages)}")
    if bug := os.environ.get("BATTERY_PLANT"):
        sys.path.insert(0, str(Path(__file__).parent))
        import_module("planted").PLANTS[bug]()
    if acks := os.environ.get("BATTERY_ACKS"):
        acknowledge(acks)
    if statements := [moment for moment in moments if moment.place.startswith(STATEMENT)]:
        at_statements(statements)
    for moment in moments:
        if moment not in statements:
            at_function(moment)
    if calls := os.environ.get("BATTERY_CALLS"):
        told = Path(calls)
        atexit.register(lambda: told.write_text(json.dumps({moment.name: moment.calls for moment in moments})))


def main() -> None:
    names, count = sys.argv[1].split(","), int(sys.argv[2])
    prepare([Moment(name, count) for name in names if name])
    sys.argv[1:] = sys.argv[3:]
    from mwi_crawl.cli import main as command_line

    command_line()


if __name__ == "__main__":
    main()
