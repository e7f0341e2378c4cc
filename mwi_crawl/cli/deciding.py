"""`match review`: one film after another, a key press each."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from mwi_crawl.cli import words
from mwi_crawl.cli.asking import name_of, text_of
from mwi_crawl.cli.looking import ask, reading
from mwi_crawl.cli.terminal import print_table, say
from mwi_crawl.errors import InputError

if TYPE_CHECKING:
    from mwi_crawl.config import Config
    from mwi_crawl.decisions import Decided

T = TypeVar("T")

KEYS = 9  # candidates that a key press can choose
SKIP, NONE, UNDO, QUIT = "s", "n", "u", "q"
HOW = "[s]kip  [n]one of these  [u]ndo the last  [q]uit"
HEADER = ("", "id", "title", "year", "sure", "known here")


@dataclass
class Review:
    """Films that await a decision, and what a person did with each so far. `steps`: place, and what was decided."""

    config: Config
    waiting: list[tuple[int, str]]
    steps: list[tuple[int, Decided | None]] = field(default_factory=list)

    def go(self) -> None:
        """Ask about each film, until the end or a key that ends it. Raises StorageError."""
        at = 0
        while at < len(self.waiting):
            row = self._open(at)
            if row is None:  # an earlier decision has settled it too
                at += 1
                continue
            offered = json.loads(row["candidates"])[:KEYS]
            say(*_film(self.config, row, f"{at + 1}/{len(self.waiting)}"))
            print_table(_offers(self.config, row["source"], offered), HEADER)
            say(f"   [1-{len(offered)}] choose  {HOW}" if len(offered) > 1 else f"   [1] choose  {HOW}")
            key = _pressed([*map(str, range(1, len(offered) + 1)), SKIP, NONE, UNDO, QUIT])
            if key == QUIT:
                return
            at = self._undo(at) if key == UNDO else self._do(at, key, offered)

    def closing(self, where: str) -> str:
        """What it came to."""
        decided = [each for _, each in self.steps if each is not None]
        queued = sum(each.queued for each in decided)
        said = f"Done: {len(decided)} decided, {len(self.steps) - len(decided)} skipped."
        return f"{said} {words.count(queued, 'film')} queued; run: mwi-crawl incremental{where}" if queued else said

    def _open(self, at: int) -> sqlite3.Row | None:
        film_id, source = self.waiting[at]
        rows = ask(self.config.paths.db, "read/match_open", {"source": source, "film_id": film_id})
        return next(iter(rows), None)

    def _do(self, at: int, key: str, offered: Sequence[Mapping[str, Any]]) -> int:
        """Skip or decide. Returns the next place."""
        from mwi_crawl import decisions

        decided = None
        if key != SKIP:
            film_id, source = self.waiting[at]
            chosen = decisions.NONE if key == NONE else str(offered[int(key) - 1]["id"])
            try:
                decided = write(self.config, decisions.decide, film_id, source, chosen)
            except InputError as problem:  # another film of the person's: this one stays undecided
                say(f"{problem.happened} {problem.safe}", problem.todo or "", "")
                return at
            self.waiting[at] = (decided.film_id, source)
            one = " Another row was that film already: the two are one now." if decided.merged else ""
            say(f"Saved: {tag(source, decided.chosen)} (kept by every later crawl).{one}", "")
        self.steps.append((at, decided))
        return at + 1

    def _undo(self, at: int) -> int:
        """Take the last step back. Returns its place."""
        from mwi_crawl import decisions

        if not self.steps:
            say("There is nothing to undo.")
            return at
        before, decided = self.steps.pop()
        if decided is not None:
            write(self.config, decisions.forget, *self.waiting[before])
            say("Taken back.", "")
        return before


def _pressed(known: Sequence[str]) -> str:
    """The next key that means something. The end of the input is `q`."""
    while True:
        try:
            key = click.getchar() if sys.stdin.isatty() else (sys.stdin.readline() or QUIT).strip()[:1]
        except EOFError:
            return QUIT
        if (key := key.lower()) in known:
            return key
        if key:
            say(f"   {key!r} means nothing here: {', '.join(known)}")


def _film(config: Config, row: sqlite3.Row, place: str) -> Iterator[str]:
    """The film that is asked about, and why it is."""
    from mwi_crawl import sources

    with reading(config.paths.db) as db:
        details = _details(db, config, row["film_id"])
    kind = sources.discover().get(row["source"])
    title = kind.title if kind else row["source"]
    why = f"{title} does not know this IMDb id; found by title" if row["imdb_id"] else f"{title} was asked by its title"
    parts = (place, name_of(row), f'your row: "{row["title"]}" ({row["release_year"] or "year unknown"})', details)
    yield "  ".join(part for part in parts if part) + f"   ({why})"


def _offers(config: Config, source: str, offered: Sequence[Mapping[str, Any]]) -> Iterator[tuple[object, ...]]:
    """The candidates, as rows of a table."""
    with reading(config.paths.db) as db:
        for number, each in enumerate(offered, 1):
            known = _known(db, config, source, str(each["id"]))
            year = each["year"] or "–"
            yield f"[{number}]", tag(source, each["id"]), each["title"], year, sure(each["confidence"]), known


def _known(db: sqlite3.Connection, config: Config, source: str, key: str) -> str:
    """What the file knows of a candidate: another of its films may be it."""
    from mwi_crawl import decisions
    from mwi_crawl.queries import sql

    named = decisions.id_of(source, key)
    if named is None:
        return ""
    row = db.execute(sql("read/film_by_id"), {"scheme": named[0], "value": named[1]}).fetchone()
    if row is None:
        return ""
    film = db.execute(sql("read/film"), {"film_id": row[0]}).fetchone()
    return "  ".join(part for part in (name_of(film), _details(db, config, row[0])) if part)


def _details(db: sqlite3.Connection, config: Config, film_id: int) -> str:
    """Length and director, as far as they are stored."""
    from mwi_crawl import claims

    found = claims.choices(claims.told(db, film_id), config.aggregate.precedence)
    runtime, directors = found["runtime"].value, found["directors"].value
    parts = (
        text_of("runtime", runtime) if runtime else "",
        f"dir. {text_of('directors', directors)}" if directors else "",
    )
    return ", ".join(part for part in parts if part)


def write(config: Config, work: Callable[..., T], *values: object) -> T:
    """Do something to the file in a transaction of its own. Raises BusyError where another mwi-crawl is at work."""
    return asyncio.run(_transact(config.paths.db, config.engine.busy_wait_seconds, work, *values))


async def _transact(path: Path, patience: float, work: Callable[..., T], *values: object) -> T:
    from datetime import UTC, datetime

    from mwi_crawl.settle import iso
    from mwi_crawl.store import Store

    async with Store(path, busy_seconds=patience) as store:
        return await store.transact(work, *values, iso(datetime.now(UTC)))


def tag(source: str, key: object) -> str:
    """A film at a source, as `match set` takes it."""
    return f"{source}:{str(key).partition('#')[0]}"


def sure(confidence: float | None) -> str:
    return "–" if confidence is None else f"{confidence:.2f}"
