"""What most people write: httpx, BeautifulSoup (with lxml), json and sqlite3 with a commit for each row.

64 tasks share one iterator and one client. No limits, no retries; a second start leaves out what has a row.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator

import httpx
from bs4 import BeautifulSoup

from bench import documents, sides


def of_document(response: httpx.Response) -> documents.Row:
    answer = response.json()
    answer["runtime_minutes"] = answer["runtime"]
    return tuple(answer[name] for name in documents.FIELDS)  # type: ignore[return-value]


def of_page(response: httpx.Response) -> documents.Row:
    film = BeautifulSoup(response.text, "lxml").find("main", id="film")
    facts = film.find("dl", class_="facts").find_all("dd")
    return (
        film.h1.text,
        facts[0].text,
        facts[1].time["datetime"],
        int(facts[2].span["data-minutes"]),
        facts[3].text,
        float(facts[4].text),
        film.find("p", class_="tagline").text,
        film.find("section", class_="overview").p.text,
    )


async def work(client: httpx.AsyncClient, url: str, films: Iterator[int], db: sqlite3.Connection) -> None:
    for number in films:
        response = await client.get(url + documents.path(number))
        response.raise_for_status()
        parse = of_page if number >= documents.PAGES_FROM else of_document
        db.execute(sides.INSERT, (number, *parse(response)))
        db.commit()


async def main() -> None:
    given = sides.arguments()
    db = sqlite3.connect("rows.db")
    db.execute(sides.TABLE)
    known = {number for (number,) in db.execute("select number from films")}
    films = (number for number in documents.numbers(given.documents, given.pages) if number not in known)
    limits = httpx.Limits(max_connections=given.workers, max_keepalive_connections=given.workers)
    async with httpx.AsyncClient(limits=limits, timeout=60) as client:
        await asyncio.gather(*(work(client, given.url, films, db) for _ in range(given.workers)))
    db.close()


if __name__ == "__main__":
    asyncio.run(main())
