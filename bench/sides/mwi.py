"""mwi-crawl: two sources of its contract, and its engine as it is. Nothing is switched off.

Throttle, breaker, ledger, robots.txt, checkpoint, never-worse rule, failures, follow-up questions: all of it runs. The
limits are set beyond reach, unless `--rate` says otherwise. The films are imported before, as a person's history is.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import orjson
from selectolax.lexbor import LexborHTMLParser

from bench import documents, sides
from mwi_crawl import config, sources
from mwi_crawl.crawl import Engine
from mwi_crawl.model import Parsed, Rate, Record, Request, Response, Seed
from mwi_crawl.source import Source

UNLIMITED = 100_000.0  # requests a second


class _Told(Source):
    """What both have in common: a film is asked for by the number in its IMDb id."""

    base_url = "http://127.0.0.1:9"
    rate = Rate(UNLIMITED, burst=64, concurrency=64)
    kinds = ("film_facts",)

    def plan(self, seed: Seed) -> Sequence[str]:
        number = int(seed.ids["imdb"][2:])
        return [str(number)] if (number >= documents.PAGES_FROM) is self.pages else []

    def request(self, keys: Sequence[str]) -> Request:
        return Request(documents.path(int(keys[0])))

    def parse(self, key: str, response: Response) -> Parsed:
        return Parsed(("film_facts",), (Record("film_facts", self.facts(response.body)),))

    def facts(self, body: bytes) -> dict[str, str | int | float | None]:
        raise NotImplementedError

    def probe(self) -> Request:
        return Request("/document/1")


class Documents(_Told):
    name = "documents"
    title = "Documents"

    def facts(self, body: bytes) -> dict[str, str | int | float | None]:
        answer = orjson.loads(body)
        return {
            "title": answer["title"],
            "original_title": answer["original_title"],
            "release_date": answer["release_date"],
            "runtime_minutes": answer["runtime"],
            "original_language": answer["original_language"],
            "popularity": answer["popularity"],
            "tagline": answer["tagline"],
            "overview": answer["overview"],
        }


class Pages(_Told):
    name = "pages"
    title = "Pages"
    pages: ClassVar[bool] = True

    def facts(self, body: bytes) -> dict[str, str | int | float | None]:
        film = LexborHTMLParser(body).css_first("main#film")
        facts = film.css("dl.facts dd")
        return {
            "title": film.css_first("h1").text(),
            "original_title": facts[0].text(),
            "release_date": facts[1].css_first("time").attributes["datetime"],
            "runtime_minutes": int(facts[2].css_first("span").attributes["data-minutes"] or 0),
            "original_language": facts[3].text(),
            "popularity": float(facts[4].text()),
            "tagline": film.css_first("p.tagline").text(),
            "overview": film.css_first("section.overview p").text(),
        }


SOURCES: dict[str, type[Source]] = {"documents": Documents, "pages": Pages}


def settings(url: str, count: int, pages: int, workers: int, rate: float, *, bodies: bool) -> config.Config:
    """The workers are shared out as the work is. Nothing of the machine's own settings is read."""
    few = max(1, round(workers * pages / max(1, count + pages))) if pages else 1
    shares = {"documents": max(1, workers - few), "pages": few}
    lanes = {
        name: {
            "base_url": url,
            "concurrency": share,
            **({"requests_per_second": rate, "burst": 2} if rate else {}),
        }
        for name, share in shares.items()
    }
    words = {"paths": {"db": "mwi.db"}, "engine": {"keep_bodies": bodies}, "sources": lanes}
    return config.load(SOURCES, overrides=words, environ={})


async def crawl(given: config.Config) -> int:
    async with Engine(given) as engine:
        return (await engine.full(resume=True)).exit_code


def prepare(count: int, pages: int) -> None:
    """Import the films."""
    Path("ids.txt").write_text("".join(f"tt{number:07}\n" for number in documents.numbers(count, pages)))
    command = [sys.executable, "-m", "mwi_crawl", "import", "ids", "ids.txt", "--db", "mwi.db"]
    subprocess.run(command, check=True)


def main() -> None:
    given = sides.arguments()
    if given.prepare:
        prepare(given.documents, given.pages)
        return
    sources.discover = lambda: SOURCES  # type: ignore[assignment] - these two stand for the upstreams there are
    words = settings(given.url, given.documents, given.pages, given.workers, given.rate, bodies=given.bodies)
    sys.exit(asyncio.run(crawl(words)))


if __name__ == "__main__":
    main()
