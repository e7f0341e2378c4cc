"""The ceiling: aiohttp, orjson, selectolax and sqlite3 with group commit, and nothing else.

64 tasks share one iterator; one task writes whatever has piled up, in a thread. No limits, no retries, no states.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator

import aiohttp
import orjson
from selectolax.lexbor import LexborHTMLParser

from bench import documents, sides

Stored = tuple[int, documents.Row]


def of_document(body: bytes) -> documents.Row:
    answer = orjson.loads(body)
    return (
        answer["title"],
        answer["original_title"],
        answer["release_date"],
        answer["runtime"],
        answer["original_language"],
        answer["popularity"],
        answer["tagline"],
        answer["overview"],
    )


def of_page(body: bytes) -> documents.Row:
    film = LexborHTMLParser(body).css_first("main#film")
    facts = film.css("dl.facts dd")
    return (
        film.css_first("h1").text(),
        facts[0].text(),
        facts[1].css_first("time").attributes["datetime"],
        int(facts[2].css_first("span").attributes["data-minutes"] or 0),
        facts[3].text(),
        float(facts[4].text()),
        film.css_first("p.tagline").text(),
        film.css_first("section.overview p").text(),
    )  # type: ignore[return-value]


async def work(session: aiohttp.ClientSession, url: str, films: Iterator[int], queue: asyncio.Queue[object]) -> None:
    loop = asyncio.get_running_loop()
    for number in films:
        async with session.get(url + documents.path(number)) as answer:
            body = await answer.read()
        parse = of_page if number >= documents.PAGES_FROM else of_document
        durable = loop.create_future()
        queue.put_nowait(((number, *parse(body)), durable))
        await durable


async def write(db: sqlite3.Connection, queue: asyncio.Queue[object]) -> None:
    while True:
        batch = [await queue.get()]
        while not queue.empty():
            batch.append(queue.get_nowait())
        await asyncio.to_thread(commit, db, [row for row, _ in batch])  # type: ignore[misc]
        for _, durable in batch:  # type: ignore[misc]
            durable.set_result(None)


def commit(db: sqlite3.Connection, rows: list[tuple[object, ...]]) -> None:
    db.execute("begin immediate")
    db.executemany(sides.INSERT, rows)
    db.execute("commit")


async def main() -> None:
    given = sides.arguments()
    db = sqlite3.connect("rows.db", isolation_level=None, check_same_thread=False)
    db.execute("pragma journal_mode = wal")
    db.execute("pragma synchronous = full")
    db.execute(sides.TABLE)
    known = {number for (number,) in db.execute("select number from films")}
    films = (number for number in documents.numbers(given.documents, given.pages) if number not in known)
    queue: asyncio.Queue[object] = asyncio.Queue()
    writer = asyncio.create_task(write(db, queue))
    connector = aiohttp.TCPConnector(limit=given.workers)
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as session:
        await asyncio.gather(*(work(session, given.url, films, queue) for _ in range(given.workers)))
    writer.cancel()
    db.close()


if __name__ == "__main__":
    asyncio.run(main())
