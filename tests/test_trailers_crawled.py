"""Trailers from channels to films, by the engine: two stages, each of which can be done again alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest
from toys import ask, engine_of, settings

from mwi_crawl import sources
from mwi_crawl.crawl import Engine
from mwi_crawl.demo.misbehaviour import Ask
from mwi_crawl.demo.tmdb import FakeTmdb
from mwi_crawl.demo.upstream import FakeUpstream
from mwi_crawl.errors import InputError
from mwi_crawl.model import Response, RunStatus
from mwi_crawl.plan import Scope
from mwi_crawl.sources.tmdb import Tmdb
from mwi_crawl.sources.youtube import Youtube

pytestmark = pytest.mark.usefixtures("quick")

ONE, OTHER = "UC" + "o" * 22, "UC" + "p" * 22
CHANNELS = Scope(sources=("youtube",))


@pytest.fixture(autouse=True)
def two(monkeypatch: pytest.MonkeyPatch) -> None:
    """TMDb and YouTube's feeds are the sources there are."""
    monkeypatch.setattr(sources, "discover", lambda: {"tmdb": Tmdb, "youtube": Youtube})


class Feeds:
    """Channels and what they have published."""

    def __init__(self, **videos: list[tuple[str, str]]) -> None:
        self.videos = {ONE: videos.get("one", []), OTHER: videos.get("other", [])}

    def answer(self, request: Ask) -> Response | None:
        if request.path != "/feeds/videos.xml":
            return None
        channel = request.params["channel_id"]
        entries = "".join(
            f"<entry><yt:videoId>{video}</yt:videoId><yt:channelId>{channel}</yt:channelId>"
            f"<title>{escape(title)}</title><published>2026-11-01T10:00:00+00:00</published></entry>"
            for video, title in self.videos[channel]
        )
        body = (
            '<?xml version="1.0" encoding="UTF-8"?><feed xmlns:yt="http://www.youtube.com/xml/schemas/2015" '
            f'xmlns="http://www.w3.org/2005/Atom"><yt:channelId>{channel[2:]}</yt:channelId>{entries}</feed>'
        )
        return Response(200, {"content-type": "text/xml; charset=UTF-8"}, body.encode())


def engine(folder: Path, feeds: Feeds) -> tuple[Engine, FakeUpstream]:
    upstream = FakeUpstream()
    upstream.handle(FakeTmdb(100).answer)
    upstream.handle(feeds.answer)
    fast = {"base_url": "http://127.0.0.1:9", "requests_per_second": 10_000, "burst": 100}
    config = settings(folder, youtube=fast)
    chosen = config.model_copy(update={"youtube": config.youtube.model_copy(update={"channels": (ONE, OTHER)})})
    return engine_of(chosen, upstream), upstream


def table(folder: Path, question: str) -> list[tuple[Any, ...]]:
    return ask(folder, question)


async def test_two_channels_with_trailers_of_one_film_make_one_film_and_two_trailers(tmp_path: Path) -> None:
    film = FakeTmdb(100).films.get("9000016")
    assert film is not None
    feeds = Feeds(
        one=[("aaaaaaaaaaa", f"{film.title} Trailer #1 ({film.year})")],
        other=[("bbbbbbbbbbb", f"{film.title.upper()} ({film.year}) | Official Trailer | Studio")],
    )
    crawler, upstream = engine(tmp_path, feeds)
    async with crawler:
        assert (await crawler.incremental(CHANNELS)).status is RunStatus.SUCCESS
        assert {hit.path for hit in upstream.log.hits} == {"/feeds/videos.xml"}, "the first stage asks nobody else"
        assert table(tmp_path, "select count(*), count(distinct film_id) from trailers") == [(2, 1)]
        assert (await crawler.incremental()).status is RunStatus.SUCCESS
        known = table(tmp_path, "select count(*), max(tmdb_id) from films")
        assert known == [(1, 9_000_016)]
        begun = len(upstream.log.hits)
        await crawler.incremental(CHANNELS)
        again = await crawler.incremental()
    assert [hit.path for hit in upstream.log.hits[begun:]] == ["/feeds/videos.xml"] * 2
    assert again.total("requests") == 0
    assert table(tmp_path, "select count(*), count(distinct film_id) from trailers") == [(2, 1)]
    assert table(tmp_path, "select count(*) from films") == [(1,)]
    assert table(tmp_path, "select count(*) from film_facts") == [(1,)]
    assert table(tmp_path, "select distinct source from film_source_state") == [("tmdb",)]


async def test_a_trailer_of_a_film_one_knows_adds_no_film(tmp_path: Path) -> None:
    film = FakeTmdb(100).films.get("9000021")
    assert film is not None
    feeds = Feeds(one=[("aaaaaaaaaaa", f"{film.title} Official Trailer 2 ({int(film.year) - 1}) HD")])
    crawler, _ = engine(tmp_path, feeds)
    config = crawler.config
    chosen = config.model_copy(update={"ingest": config.ingest.model_copy(update={"imdb_ids": (film.imdb_id,)})})
    crawler.config = chosen
    async with crawler:
        await crawler.full()
        await crawler.incremental(CHANNELS)
    assert table(tmp_path, "select count(*) from films") == [(1,)]
    assert table(tmp_path, "select films.tmdb_id from trailers join films using (film_id)") == [(9_000_021,)]


async def test_a_channel_that_is_not_there_today_is_weather(tmp_path: Path) -> None:
    feeds = Feeds(one=[("aaaaaaaaaaa", "Quiet River Trailer #1 (2026)")], other=[("bbbbbbbbbbb", "Teaser")])
    crawler, upstream = engine(tmp_path, feeds)
    page = "<!DOCTYPE html><html lang=en><title>Error 404 (Not Found)!!1</title>"
    upstream.add("/feeds/videos.xml", page, status=404, params={"channel_id": OTHER})
    async with crawler:
        report = await crawler.incremental(CHANNELS)
        assert report.exit_code == 0
        assert [event for event in report.events if OTHER in event]
        assert table(tmp_path, "select video_id from trailers") == [("aaaaaaaaaaa",)]
        upstream._cases.clear()
        report = await crawler.incremental(CHANNELS)
    assert report.events == []
    assert len(table(tmp_path, "select video_id from trailers")) == 2


async def test_what_was_stored_is_enriched_later_even_if_no_channel_answers_any_more(tmp_path: Path) -> None:
    film = FakeTmdb(100).films.get("9000031")
    assert film is not None
    crawler, upstream = engine(tmp_path, Feeds(one=[("aaaaaaaaaaa", f"{film.title} Trailer ({film.year})")]))
    async with crawler:
        await crawler.incremental(CHANNELS)
        upstream.script("503", "/feeds/*")
        report = await crawler.incremental()
    assert report.exit_code == 0
    assert table(tmp_path, "select tmdb_id from films") == [(9_000_031,)]


async def test_a_full_run_is_about_films_and_reads_no_channel(tmp_path: Path) -> None:
    crawler, upstream = engine(tmp_path, Feeds())
    async with crawler:
        report = await crawler.full()
        assert "youtube" not in report.lanes
        assert "youtube" not in report.skipped
        with pytest.raises(InputError, match="youtube is asked about no film") as problem:
            await crawler.full(CHANNELS)
    assert "mwi-crawl incremental --source youtube" in problem.value.todo
    assert upstream.log.hits == []
