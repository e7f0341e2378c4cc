"""Scrapy as a careful user of it would set it up: JOBDIR so that it goes on where it was, an item pipeline into SQLite.

64 at a time to the one host, no delay, nothing that is not needed (telnet, cookies, robots.txt, log below errors). The
pipeline waits until its item is durable, by group commit (`rows`), which is before Scrapy counts it as scraped. A start
that follows another leaves out, by JOBDIR's record of requests seen, what has been asked for before: Scrapy's own way
to go on. `--rate`: DOWNLOAD_DELAY without jitter. `--autothrottle`: AutoThrottle finds the delay. Certificates are
checked.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import scrapy
from scrapy.crawler import CrawlerProcess
from scrapy.http import JsonResponse, Response, TextResponse

from bench import documents, sides
from bench.sides.rows import Rows

Item = dict[str, Any]


def of_document(response: JsonResponse) -> Item:
    answer = response.json()
    answer["runtime_minutes"] = answer["runtime"]
    return {name: answer[name] for name in documents.FIELDS}


def of_page(response: TextResponse) -> Item:
    film = response.css("main#film")
    facts = film.css("dl.facts dd")
    return {
        "title": film.css("h1::text").get(),
        "original_title": facts[0].css("::text").get(),
        "release_date": facts[1].css("time::attr(datetime)").get(),
        "runtime_minutes": int(facts[2].css("span::attr(data-minutes)").get()),
        "original_language": facts[3].css("a::text").get(),
        "popularity": float(facts[4].css("::text").get()),
        "tagline": film.css("p.tagline::text").get(),
        "overview": film.css("section.overview p::text").get(),
    }


class Films(scrapy.Spider):
    name = "films"

    async def start(self) -> AsyncIterator[scrapy.Request]:
        for number in documents.numbers(self.documents, self.pages):
            yield scrapy.Request(self.url + documents.path(number), cb_kwargs={"number": number})

    def parse(self, response: Response, number: int) -> Iterator[Item]:
        parse = of_page if number >= documents.PAGES_FROM else of_document
        yield {"number": number, **parse(response)}


class ToSQLite:
    rows: Rows

    async def open_spider(self) -> None:
        self.rows = Rows()

    async def process_item(self, item: Item) -> Item:
        await self.rows.put(item["number"], tuple(item[name] for name in documents.FIELDS))
        return item

    def close_spider(self) -> None:
        self.rows.close()


def settings(workers: int, rate: float, *, autothrottle: bool) -> dict[str, Any]:
    return {
        "AUTOTHROTTLE_ENABLED": autothrottle,
        "CONCURRENT_ITEMS": workers,
        "CONCURRENT_REQUESTS": workers,
        "CONCURRENT_REQUESTS_PER_DOMAIN": workers,
        "COOKIES_ENABLED": False,
        "DOWNLOAD_DELAY": 1 / rate if rate else 0,
        "DOWNLOAD_DELAY_JITTER": 0,
        "DOWNLOAD_VERIFY_CERTIFICATES": True,
        "ITEM_PIPELINES": {ToSQLite: 300},
        "JOBDIR": "job",
        "LOG_LEVEL": "ERROR",
        "ROBOTSTXT_OBEY": False,
        "TELNETCONSOLE_ENABLED": False,
    }


def main() -> None:
    given = sides.arguments("--autothrottle")
    process = CrawlerProcess(settings(given.workers, given.rate, autothrottle=given.autothrottle))
    process.crawl(Films, url=given.url, documents=given.documents, pages=given.pages)
    process.start()


if __name__ == "__main__":
    main()
