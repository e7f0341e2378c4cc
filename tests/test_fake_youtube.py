"""The fake YouTube: shaped as the real one, read by its sources, and its trailers placed with the demo's films."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree

import pytest
from rows import all_of, at, film, made, one, sound, transaction

from mwi_crawl import trailers
from mwi_crawl.demo.films import bundled
from mwi_crawl.demo.misbehaviour import Ask
from mwi_crawl.demo.upstream import FakeUpstream
from mwi_crawl.demo.youtube import CHANNELS, MUBI, ROTTEN_TOMATOES, FakeYoutube, videos
from mwi_crawl.model import Job, MediaType, Outcome, Response, Result, Trailer, Wanted
from mwi_crawl.parse import understand
from mwi_crawl.source import Source
from mwi_crawl.sources.youtube import Youtube
from mwi_crawl.sources.youtube_api import YoutubeApi

YOUTUBE, API = Youtube(), YoutubeApi()
KEY = {"X-Goog-Api-Key": "a-key-of-the-demo-for-its-upstream"}
BOTH = Wanted(channels=tuple(CHANNELS))


def send(fake: FakeYoutube, path: str, headers: dict[str, str] = KEY, **params: str) -> Response:
    response = fake.answer(Ask.of("GET", f"{path}?{urlencode(params)}", headers))
    assert response is not None
    return response


def crawled(fake: FakeYoutube, source: Source, wanted: Wanted) -> tuple[list[Trailer], list[Result]]:
    """Everything a source gets of these channels, page by page."""
    keys, found, results = list(source.discover(wanted)), [], []
    while keys:
        key = keys.pop(0)
        request = source.request([key])
        response = send(fake, request.path, **request.params)
        results.append(understand(source, Job(1, source.name, key, None), request, response))
        parsed = results[-1].parsed
        if parsed:
            keys += parsed.keys
            found += parsed.trailers
    return found, results


def test_a_feed_has_the_fifteen_newest_videos_and_no_tag():
    response = send(FakeYoutube(), "/feeds/videos.xml", channel_id=ROTTEN_TOMATOES)
    feed = ElementTree.fromstring(response.body)
    atom, yt = "{http://www.w3.org/2005/Atom}", "{http://www.youtube.com/xml/schemas/2015}"
    assert feed.findtext(f"{yt}channelId") == ROTTEN_TOMATOES[2:]
    entries = feed.findall(f"{atom}entry")
    assert len(entries) == 15
    assert {entry.findtext(f"{yt}channelId") for entry in entries} == {ROTTEN_TOMATOES}
    dates = [entry.findtext(f"{atom}published") or "" for entry in entries]
    assert dates == sorted(dates, reverse=True)
    assert "etag" not in response.headers
    assert response.headers["content-type"].startswith("text/xml")


def test_both_channels_feeds_are_read_and_share_films():
    found, results = crawled(FakeYoutube(), YOUTUBE, BOTH)
    assert {result.outcome for result in results} == {Outcome.OK}
    assert Counter(each.channel for each in found) == {ROTTEN_TOMATOES: 15, MUBI: 15}
    titles = {name: {(each.title or "").casefold() for each in found if each.channel == name} for name in CHANNELS}
    assert len(titles[MUBI] & titles[ROTTEN_TOMATOES] - {""}) >= 3
    assert {None, "trailer"} <= {each.kind for each in found}


def test_the_long_videos_of_a_channel_are_a_feed_of_their_own():
    found, _ = crawled(FakeYoutube(), YOUTUBE, Wanted(channels=(f"UULF{MUBI[2:]}",)))
    assert len(found) == 15


@pytest.mark.parametrize("params", [{}, {"channel_id": "UC" + "x" * 22}, {"playlist_id": "PL" + "x" * 20}])
def test_a_channel_that_is_not_there_is_a_page_of_html(params: dict[str, str]):
    response = send(FakeYoutube(), "/feeds/videos.xml", **params)
    assert response.status == 404
    assert response.body.startswith(b"<!DOCTYPE html>")
    assert YOUTUBE.judge(response).reason == "feed_weather"


def test_the_history_of_a_channel_is_complete_but_for_what_is_private():
    found, results = crawled(FakeYoutube(), API, BOTH)
    assert {result.outcome for result in results} == {Outcome.OK}
    assert len(results) == sum(-(-len(videos(channel)) // 50) for channel in CHANNELS) > 5
    assert len({each.video_id for each in found}) == sum(len(videos(channel)) - 1 for channel in CHANNELS)
    newest, _ = crawled(FakeYoutube(), YOUTUBE, BOTH)
    assert set(newest) <= set(found)


def test_as_many_pages_are_read_as_are_wanted():
    _, results = crawled(FakeYoutube(), YoutubeApi({"pages": 2}), Wanted(channels=(ROTTEN_TOMATOES,)))
    assert [result.job.key.split("/")[2] for result in results] == ["1", "2"]


@pytest.mark.parametrize(
    ("headers", "params", "reason"),
    [
        ({}, {}, "http_403"),
        (KEY, {"playlistId": "UU" + "x" * 22}, "not_found"),
        (KEY, {"playlistId": f"UU{MUBI[2:]}", "pageToken": "never given"}, "page_gone"),
        (KEY, {"playlistId": f"UU{MUBI[2:]}", "pageToken": "DEMO99999"}, "page_gone"),
    ],
)
def test_the_data_api_refuses_in_googles_words(headers: dict[str, str], params: dict[str, str], reason: str):
    assert API.judge(send(FakeYoutube(), "/youtube/v3/playlistItems", headers, **params)).reason == reason


def test_the_days_quota_ends():
    fake = FakeYoutube(quota=3)
    _, results = crawled(fake, API, Wanted(channels=(ROTTEN_TOMATOES,)))
    assert [result.outcome for result in results] == [Outcome.OK] * 3 + [Outcome.SPENT]
    assert fake.used == 3


@pytest.mark.parametrize("path", ["/", "/3/movie/603", "/feeds", "/youtube/v3/search", "/api/v3/items"])
def test_it_answers_nothing_but_its_own_paths(path: str):
    assert FakeYoutube().answer(Ask("GET", path, {}, {})) is None


def test_the_probes_are_answered():
    for source in (YOUTUBE, API):
        request = source.probe()
        assert source.judge(send(FakeYoutube(), request.path, **request.params)).outcome is Outcome.OK


def test_it_is_the_same_each_time_and_through_the_upstream():
    upstream = FakeUpstream()
    upstream.handle(FakeYoutube().answer)
    path = f"/feeds/videos.xml?channel_id={MUBI}"
    first, second = (upstream.reply(Ask.of("GET", path, {})).response for _ in range(2))
    assert first == second == FakeYoutube().answer(Ask.of("GET", path, {}))


def test_every_id_and_title_is_one_of_youtubes_shape():
    for channel in CHANNELS:
        assert all(len(video.id) == 11 for video in videos(channel))
        assert all(len(video.title) <= 120 for video in videos(channel))
        items: list[Any] = json.loads(
            send(FakeYoutube(), "/youtube/v3/playlistItems", playlistId=f"UU{channel[2:]}", maxResults="50").body
        )["items"]
        assert sum(item["snippet"]["title"] == "Private video" for item in items) == 1


def test_the_demos_trailers_find_the_demos_films(tmp_path: Path):
    found, _ = crawled(FakeYoutube(), API, BOTH)
    with closing(made(tmp_path / "films.db")) as db:
        films = {
            film(db, {"imdb": each.imdb_id}, title=each.title, year=int(each.year), media_type=MediaType.MOVIE): each
            for each in bundled()
        }
        with transaction(db):
            trailers.keep(db, found, at(0))
            placed = trailers.place(db, at(0), {MediaType.MOVIE})
        assert len(placed) > 250
        assert [each for each in placed if each.new] == []
        wrong = [each for each in placed if films[each.film_id].title.casefold() != each.title.casefold()]
        assert wrong == []
        of_a_film = "select count(distinct channel) from trailers where film_id is not null group by film_id"
        assert all_of(db, of_a_film).count((2,)) > 30
        left = "select count(*) from trailers where film_id is null and title is not null and kind = 'trailer'"
        assert one(db, left) == 0
        sound(db)
