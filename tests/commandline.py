"""What the tests of the command line share: a person at a terminal in a folder of their own, and an upstream."""

from __future__ import annotations

import asyncio
import logging
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from toys import OTHERS_OFF, TOKEN

from mwi_crawl import cli
from mwi_crawl.demo.upstream import FakeUpstream

RATINGS = (
    "Const,Your Rating,Date Rated,Title,URL,Title Type,IMDb Rating,Runtime (mins),Year,Genres,Num Votes,"
    "Release Date,Directors\n"
)

# tests that run in the background of a shell inherit a Ctrl-C that is ignored; a person's terminal does not
ATTENTIVE = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"


@dataclass(frozen=True)
class Said:
    """What a command said, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def last(self) -> str:
        """The last line of the result."""
        return self.out.rstrip().splitlines()[-1]


class Person:
    """Somebody who types commands in a folder."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self._capsys, self._monkeypatch = folder, capsys, monkeypatch

    def __call__(self, *words: object) -> Said:
        """Type a command; it runs inside this process."""
        self._capsys.readouterr()
        code = cli.run([str(word) for word in words])
        out, err = self._capsys.readouterr()
        return Said(code, out, err)

    def start(self, *words: object, before: str = "", **options: Any) -> subprocess.Popen[str]:
        """Type a command that runs in a process of its own, after the Python statements `before`."""
        program = f"{ATTENTIVE}\n{before}\nfrom mwi_crawl.cli import main\nmain()"
        command = [sys.executable, "-W", "error", "-c", program, *map(str, words)]
        pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen(command, cwd=self.folder, **{**pipes, **options})

    def wait(self, *words: object, before: str = "", **options: Any) -> Said:
        """Type such a command and wait for its end."""
        with self.start(*words, before=before, **options) as process:
            try:
                out, err = process.communicate(timeout=60)
            finally:
                process.kill()  # one that hangs must not make the tests hang; one that has ended takes no notice
        return Said(process.returncode, out or "", err or "")

    def write(self, name: str, text: str) -> Path:
        """Put a file into the folder."""
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def rate(self, *films: tuple[str, str], name: str = "ratings.csv") -> Path:
        """An IMDb ratings export of (id, title)."""
        rest = "https://www.imdb.com/,movie,7.0,100,2000,Drama,1000,2000-01-01,Ann B."
        rows = [f'{id},8,2020-01-01,"{title}",{rest}\n' for id, title in films]
        return self.write(name, RATINGS + "".join(rows))

    def follow(self, *ids: str) -> None:
        """Import films by their ids."""
        self.write("ids.txt", "".join(f"{id}\n" for id in ids))
        assert self("import", "ids", "ids.txt").code == 0

    def use(self, base_url: str, **environ: str) -> None:
        """Have TMDb at an address, with a key and without patience."""
        fast = {"REQUESTS_PER_SECOND": "5000", "BURST": "100", "CONCURRENCY": "8", "BASE_URL": base_url}
        for name, value in fast.items():
            self._monkeypatch.setenv(f"MWI_SOURCES__TMDB__{name}", value)
        self._monkeypatch.setenv("TMDB_API_READ_ACCESS_TOKEN", TOKEN)
        for name, value in environ.items():
            self._monkeypatch.setenv(name, value)

    def ask(self, question: str, db: str = "mwi.db") -> list[tuple[Any, ...]]:
        """The answer of the file."""
        with closing(sqlite3.connect(self.folder / db)) as connection:
            return connection.execute(question).fetchall()

    def change(self, statement: str, db: str = "mwi.db") -> None:
        """Change the file behind the program's back."""
        with closing(sqlite3.connect(self.folder / db)) as connection:
            connection.execute(statement)
            connection.commit()


@contextmanager
def served(upstream: FakeUpstream) -> Iterator[str]:
    """An upstream over loopback HTTP, in a thread of its own; its base URL."""
    loop, ready, stop = asyncio.new_event_loop(), threading.Event(), asyncio.Event()
    found: list[str] = []

    async def serve() -> None:
        async with upstream.serve() as base_url:
            found.append(base_url)
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), name="upstream")
    thread.start()
    assert ready.wait(10)
    try:
        yield found[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()


@contextmanager
def logging_as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Commands set up the log of the whole process; afterwards it is as it was."""
    for module, name in ((sys, "excepthook"), (threading, "excepthook"), (sys, "unraisablehook")):
        monkeypatch.setattr(module, name, getattr(module, name))
    monkeypatch.setattr(logging, "raiseExceptions", logging.raiseExceptions)
    root, level, handlers = logging.getLogger(), logging.getLogger().level, list(logging.getLogger().handlers)
    try:
        yield
    finally:
        logging.captureWarnings(False)
        for handler in root.handlers:
            if handler not in handlers:
                handler.close()
        root.handlers[:] = handlers
        root.setLevel(level)


def without_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting and no key of whoever runs the tests, and no source but TMDb."""
    for name in list(os.environ):
        if name.startswith("MWI_") or name.endswith(("_API_KEY", "_TOKEN", "_FILE")):
            monkeypatch.delenv(name)
    for name, value in OTHERS_OFF.items():
        monkeypatch.setenv(name, value)
