"""TMDb as it was in 2017, as far as tmdb-5000-facts.csv tells: 4,803 films by number, to be crawled.

The file is not ours to pass on; it lies beside the repository (../shared/data) or it is not there.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import orjson
from commandline import served
from toys import engine_of, know, settings

from mwi_crawl.crawl import Engine
from mwi_crawl.demo.misbehaviour import Ask
from mwi_crawl.demo.tmdb import NOT_FOUND
from mwi_crawl.demo.upstream import FakeUpstream
from mwi_crawl.model import Response, Seed
from mwi_crawl.report import Report

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
FACTS = SHARED / "tmdb-5000-facts.csv"
ANSWERS = SHARED / "answers"

Row = Mapping[str, str]


@cache
def films() -> Mapping[int, Row]:
    """TMDb's number → its row."""
    with FACTS.open(encoding="utf-8", newline="") as file:
        return {int(row["tmdb_id"]): row for row in csv.DictReader(file)}


def answers(name: str) -> list[Row]:
    """The rows of a file of answers."""
    with (ANSWERS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def answer(ask: Ask) -> Response | None:
    """What TMDb answers to `movie/<number>`; None for another path than its own."""
    match ask.path.strip("/").split("/"):
        case ["3", "movie", id] if id.isdecimal() and int(id) in films():
            body = orjson.dumps(_details(films()[int(id)]))
            return Response(200, {"content-type": "application/json; charset=utf-8"}, body)
        case ["3", *_]:
            return NOT_FOUND
    return None


def _details(row: Row) -> dict[str, object]:
    """A film as TMDb's API tells it: money 0 where it is unknown, no text where a date is."""
    return {
        "id": int(row["tmdb_id"]),
        "adult": False,
        "title": row["title"],
        "original_title": row["original_title"],
        "original_language": row["original_language"],
        "release_date": row["release_date"],
        "runtime": int(float(row["runtime_minutes"] or 0)),
        "status": row["status"],
        "budget": int(row["budget_usd"]),
        "revenue": int(row["revenue_usd"]),
        "popularity": float(row["popularity"]),
        "vote_average": float(row["vote_average"]),
        "vote_count": int(row["vote_count"]),
        "genres": _named("name", _parts(row["genres"])),
        "production_companies": _named("name", _parts(row["production_companies"])),
        "production_countries": _named("iso_3166_1", _parts(row["production_countries"])),
        "spoken_languages": _named("iso_639_1", _parts(row["spoken_languages"])),
        "keywords": {"keywords": _named("name", _parts(row["keywords"]))},
        "belongs_to_collection": None,
        "imdb_id": None,
    }


def _named(field: str, values: Sequence[str]) -> list[dict[str, str]]:
    return [{field: value} for value in values]


def _parts(text: str) -> list[str]:
    return [part for part in text.split("|") if part]


async def crawl(folder: Path, *, over_http: bool = False) -> Report:
    """Crawl all the films into `folder`/t.db, without sockets or over loopback; film_id rises with TMDb's number."""
    upstream = FakeUpstream()
    upstream.handle(answer)
    seeds = [Seed({"tmdb_movie": str(number)}) for number in sorted(films())]
    quietly = {"keep_bodies": False}
    if over_http:
        with served(upstream) as base_url:
            return await _crawl(Engine(settings(folder, engine=quietly, tmdb={"base_url": base_url})), seeds)
    return await _crawl(engine_of(settings(folder, engine=quietly), upstream), seeds)


async def _crawl(engine: Engine, seeds: Sequence[Seed]) -> Report:
    async with engine:
        await know(engine.store, *seeds)
        return await engine.full()
