"""Who answers a crawl: the real upstreams, or for a demo's file the fake one, for as long as the crawl lasts."""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import TYPE_CHECKING

from mwi_crawl.cli.options import TOLD, Common, settings

if TYPE_CHECKING:
    from mwi_crawl.config import Config

MARK = "upstream"  # the setting in a file that says who answers
GOOD_DAY, BAD_DAY = "demo", "demo on a bad day"
ALWAYS = ("tmdb", "omdb", "ddd", "cinemorgue", "imdb_datasets", "youtube", "youtube_api")  # who answers on every day
DEMO_RATE = 80  # requests per second: patient enough to be watched, quick enough not to bore


@asynccontextmanager
async def answered(given: Common, *, logged: bool = True) -> AsyncIterator[Config]:
    """The settings of a crawl, while somebody answers. `logged`: there is a log file."""
    config = settings(given, logged=logged)
    day = demo_day(config.paths.db)
    if day is None:
        yield config
        return
    from mwi_crawl.demo.history import KEYS
    from mwi_crawl.demo.upstream import demo_upstream

    async with demo_upstream(bad_day=day == BAD_DAY).serve() as base_url:
        logging.getLogger(TOLD).info("a fake upstream answers at %s", base_url)
        keys = ("_API_KEY", "_TOKEN", "_API_KEY_FILE", "_TOKEN_FILE")
        environ = {name: value for name, value in os.environ.items() if not name.endswith(keys)}
        asked = {name: _at(base_url) for name in ALWAYS}
        asked["imdb"] = {**_at(base_url), "enabled": day == BAD_DAY}
        yield settings(given, {"sources": asked}, environ | KEYS, logged=logged)


def _at(base_url: str) -> dict[str, object]:
    return {"enabled": True, "base_url": base_url, "requests_per_second": DEMO_RATE, "burst": 2, "concurrency": 10}


def is_demo(path: Path) -> bool:
    """Whether a file was made by `demo`."""
    return demo_day(path) is not None


def demo_keys(path: Path) -> dict[str, str]:
    """The keys with which the fake upstreams of a demo's file are asked; none for any other file."""
    from mwi_crawl.demo.history import KEYS

    return dict(KEYS) if is_demo(path) else {}


def demo_day(path: Path) -> str | None:
    """What kind of day the upstreams of a demo's file have; None: the file is no demo's."""
    from mwi_crawl.queries import sql

    if not path.is_file():
        return None
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as db:
            row = db.execute(sql("read/setting"), {"name": MARK}).fetchone()
            return None if row is None else str(row[0])
    except (sqlite3.Error, UnicodeDecodeError):  # not ours, or damaged: whoever opens it next tells that better
        return None
