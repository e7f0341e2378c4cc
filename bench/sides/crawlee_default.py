"""Crawlee for Python as it comes: HttpCrawler, its default HTTP client (impit), its request queue in files.

64 at a time, as least, wish and most, so that its autoscaling does not hold it back; sessions, fingerprints, retries
and statistics as it sets them, the log below errors off. Documents are read with json, pages with parsel. A handler
waits until its row is durable, by group commit (`rows`), which is before Crawlee counts the request as handled. A start
that follows another adds the requests again, without purging: the queue knows those it has handled. `--memory`: the
queue in memory. `--rate`: max_tasks_per_minute. Certificates are checked.
"""

from __future__ import annotations

import asyncio
import json
import logging

from crawlee import ConcurrencySettings, Request
from crawlee.configuration import Configuration
from crawlee.crawlers import HttpCrawler, HttpCrawlingContext
from crawlee.storage_clients import FileSystemStorageClient, MemoryStorageClient
from parsel import Selector

from bench import documents, sides
from bench.sides.rows import Rows


def of_document(body: bytes) -> documents.Row:
    answer = json.loads(body)
    answer["runtime_minutes"] = answer["runtime"]
    return tuple(answer[name] for name in documents.FIELDS)  # type: ignore[return-value]


def of_page(body: bytes) -> documents.Row:
    film = Selector(body=body, type="html").css("main#film")
    facts = film.css("dl.facts dd")
    return (
        film.css("h1::text").get(),
        facts[0].css("::text").get(),
        facts[1].css("time::attr(datetime)").get(),
        int(facts[2].css("span::attr(data-minutes)").get() or 0),
        facts[3].css("a::text").get(),
        float(facts[4].css("::text").get() or 0),
        film.css("p.tagline::text").get(),
        film.css("section.overview p::text").get(),
    )  # type: ignore[return-value]


async def main() -> None:
    given = sides.arguments("--memory")
    rows = Rows()
    per_minute = given.rate * 60 or float("inf")
    crawler = HttpCrawler(
        configuration=Configuration(storage_dir="storage", purge_on_start=False, log_level="ERROR"),
        storage_client=MemoryStorageClient() if given.memory else FileSystemStorageClient(),
        concurrency_settings=ConcurrencySettings(given.workers, given.workers, per_minute, given.workers),
        configure_logging=False,
    )

    @crawler.router.default_handler
    async def handle(context: HttpCrawlingContext) -> None:
        number = int(context.request.url.rpartition("/")[2])
        parse = of_page if number >= documents.PAGES_FROM else of_document
        await rows.put(number, parse(await context.http_response.read()))

    films = documents.numbers(given.documents, given.pages)
    await crawler.run([Request.from_url(given.url + documents.path(number)) for number in films])
    rows.close()


if __name__ == "__main__":
    logging.basicConfig(level=logging.ERROR)
    asyncio.run(main())
