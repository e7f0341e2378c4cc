"""What the engine's tests share: settings without a file, patience in milliseconds, and an upstream that is a toy."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

from mwi_crawl import config, films, sources
from mwi_crawl.crawl import Engine
from mwi_crawl.demo.misbehaviour import Ask
from mwi_crawl.demo.tmdb import FakeTmdb
from mwi_crawl.demo.upstream import FakeUpstream
from mwi_crawl.model import Outcome, Parsed, Rate, Record, Request, Response, Seed, Verdict
from mwi_crawl.source import Source, judge_by_status
from mwi_crawl.store import Store

TOKEN = "eyJhbGciOiJub25lIn0.canary-of-the-engine-tests.x"
KEYS = {"TMDB_API_READ_ACCESS_TOKEN": TOKEN}
OTHERS_OFF = {f"MWI_SOURCES__{name.upper()}__ENABLED": "false" for name in sources.discover() if name != "tmdb"}
"""Variables that leave TMDb as the only source: a test that means no other must never ask a real upstream."""


class Toy(Source):
    """An upstream without a key that answers scores for IMDb ids, as many at once as `batch` says."""

    name = "toy"
    title = "Toy"
    base_url = "http://127.0.0.1:8"
    rate = Rate(10_000, burst=100, concurrency=4)
    kinds = ("scores",)

    def plan(self, seed: Seed) -> Sequence[str]:
        return [seed.ids["imdb"]] if "imdb" in seed.ids else []

    def request(self, keys: Sequence[str]) -> Request:
        return Request("/toy", {"ids": ",".join(keys)})

    def judge(self, response: Response) -> Verdict:
        if "x-amzn-waf-action" in response.headers:
            return Verdict(Outcome.DENIED, "bot_wall", "a bot challenge")
        if response.status == 200 and not response.body.startswith(b"{"):
            return Verdict(Outcome.RETRY, "bad_payload", "not JSON")
        return judge_by_status(response)

    def parse(self, key: str, response: Response) -> Parsed:
        answer = json.loads(response.body)
        if key not in answer:
            return Parsed(absent="not_found")
        score = {"system": "toy", "value": float(answer[key]), "scale": 10.0, "votes": None}
        return Parsed(speaks_of=("scores",), records=(Record("scores", score),))


def toy_answer(ask: Ask) -> Response | None:
    """A score for every id asked for, but for those that end in 0: they are not there."""
    if ask.path != "/toy":
        return None
    known = {key: 7.5 for key in ask.params["ids"].split(",") if not key.endswith("0")}
    return Response(200, {"content-type": "application/json"}, json.dumps(known).encode())


def tmdb_upstream(count: int = 100_000, **options: Any) -> FakeUpstream:
    """TMDb with `count` invented films: tt9000001 is movie/9000001."""
    upstream = FakeUpstream(**options)
    upstream.handle(_answer(count))
    return upstream


@cache
def _answer(count: int) -> Callable[[Ask], Response | None]:
    return FakeTmdb(count).answer


def toy_upstream(**options: Any) -> FakeUpstream:
    """The toy's upstream."""
    upstream = FakeUpstream(**options)
    upstream.handle(toy_answer)
    return upstream


def invented_ids(count: int, first: int = 1) -> list[str]:
    """IMDb ids of invented films."""
    return [f"tt{9_000_000 + number}" for number in range(first, first + count)]


def settings(
    folder: Path,
    imdb_ids: Sequence[str] = (),
    *,
    engine: Mapping[str, object] | None = None,
    tmdb: Mapping[str, object] | None = None,
    environ: Mapping[str, str] = KEYS,
    **tables: Mapping[str, object],
) -> config.Config:
    """Settings for a database in `folder`, at loopback speed, that follow these films."""
    fast = {"base_url": "http://127.0.0.1:9", "requests_per_second": 10_000, "burst": 100, "concurrency": 10}
    known = sources.discover()
    own: Mapping[str, Mapping[str, object]] = {"tmdb": tmdb or {}, **tables}
    on = {"tmdb", "toy", "buggy", *tables}  # of the others, those a test speaks of
    words = {
        "paths": {"db": str(folder / "t.db"), "log": str(folder / "t.log")},
        "engine": dict(engine or {}),
        "sources": {name: {**fast, "enabled": name in on, **own.get(name, {})} for name in known},
        "ingest": {"imdb_ids": list(imdb_ids)},
    }
    return config.load(known, overrides=words, environ=environ, cwd=folder)


def engine_of(settings_: config.Config, upstream: Any, **options: Any) -> Engine:
    """An engine without sockets. `upstream`: one for all sources, or one by the name of each."""

    def transport(source: Source, _base_url: str, _limits: object) -> Any:
        return upstream[source.name] if isinstance(upstream, Mapping) else upstream

    return Engine(settings_, transport=transport, **options)


async def know(store: Store, *seeds: Seed) -> list[int]:
    """Films as an import would have brought them; their numbers."""

    def add(db: sqlite3.Connection) -> list[int]:
        now = "2026-01-01T00:00:00.000Z"
        return [films.add(db, seed, origin="test", followed=True, now=now) for seed in seeds]

    return await store.transact(add)


def ask(folder: Path, question: str, *values: object) -> list[tuple[Any, ...]]:
    """The answer of the file itself, while nobody writes."""
    with closing(sqlite3.connect(folder / "t.db")) as db:
        return db.execute(question, values).fetchall()


def states(folder: Path) -> dict[str, int]:
    """How many jobs are in which state; look-ups that led on to another question are not counted."""
    question = "select state, count(*) from jobs where coalesce(reason, '') <> 'lookup' group by state"
    return dict(ask(folder, question))
