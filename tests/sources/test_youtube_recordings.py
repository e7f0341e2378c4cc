"""YouTube's recorded feeds and Data API answers: each means what it says, and no damage to one escapes.

The recordings are others' data and lie beside the checkout; where they are not there, these tests skip.
"""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from pathlib import Path
from typing import Any

import damage
import pytest

from mwi_crawl.model import Job, Outcome, Response, Result, Wanted
from mwi_crawl.parse import understand
from mwi_crawl.source import Source
from mwi_crawl.sources.youtube import Youtube
from mwi_crawl.sources.youtube_api import YoutubeApi

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "recordings" / "youtube"
YOUTUBE, API = Youtube(), YoutubeApi()
BODIES = {
    path.name: path.read_bytes() for path in sorted(FOLDER.glob("*")) if path.suffix in (".xml", ".html", ".json")
}
FEEDS = [name for name in BODIES if name.startswith("channel_feed_")]
PAGES = [name for name in BODIES if name.startswith("api_playlistItems_")]
SEARCHES = [name for name in BODIES if name.startswith("api_search_")]
OLD = [name for name in BODIES if name.startswith("old_gdata")]
ERRORS = [name for name in BODIES if name.startswith("error_")]
ANY = "UC80UDR9O8vDvUVossfppxHg"

pytestmark = pytest.mark.skipif(not BODIES, reason="the recordings are not beside this checkout")


def understood(source: Source, key: str, body: bytes, status: int = 200) -> Result:
    return understand(source, Job(1, source.name, key, None), source.request([key]), Response(status, {}, body))


def channel_of(name: str) -> str:
    """Read independently: the feed's link to the channel."""
    found = re.search(rb'rel="alternate" href="https://www.youtube.com/channel/(UC[\w-]{22})"', BODIES[name])
    assert found is not None
    return found[1].decode()


def playlist_of(name: str) -> str:
    return str(json.loads(BODIES[name])["items"][0]["snippet"]["playlistId"])


def test_every_recorded_answer_is_of_a_kind_that_is_tested():
    assert sorted(FEEDS + PAGES + SEARCHES + OLD + ERRORS) == sorted(BODIES)
    assert min(map(len, (FEEDS, PAGES, SEARCHES, OLD, ERRORS))) >= 1


@pytest.mark.parametrize("name", FEEDS)
def test_a_recorded_feed_gives_every_video_of_its_channel(name: str):
    (key,) = YOUTUBE.discover(Wanted(channels=(channel_of(name),)))
    result = understood(YOUTUBE, key, BODIES[name])
    assert result.parsed is not None, result
    entries = BODIES[name].decode().split("<entry>")[1:]
    sent = [(re.search(r"<yt:videoId>(.*?)<", each), re.search(r"<published>(.*?)\+00:00<", each)) for each in entries]
    assert [(found.video_id, found.published_at) for found in result.parsed.trailers] == [
        (video_id[1], f"{published[1]}.000Z") for video_id, published in sent if video_id and published
    ]
    assert {found.channel for found in result.parsed.trailers} == {channel_of(name)}
    assert all(found.raw_title in BODIES[name].decode() or "&" in found.raw_title for found in result.parsed.trailers)


@pytest.mark.parametrize("name", FEEDS + OLD + ERRORS)
def test_a_recorded_answer_is_never_taken_for_another_channels_feed(name: str):
    result = understood(YOUTUBE, f"feed/{ANY}", BODIES[name])
    assert result.outcome in (Outcome.BROKEN, Outcome.RETRY)
    assert result.parsed is None


@pytest.mark.parametrize("name", ERRORS)
def test_the_recorded_404_of_channels_that_are_there_is_weather(name: str):
    for status in (404, 500):
        assert understood(YOUTUBE, f"feed/{ANY}", BODIES[name], status).reason == "feed_weather"


@pytest.mark.parametrize("name", PAGES)
def test_a_recorded_page_gives_its_videos_and_leads_to_the_next(name: str):
    sent: dict[str, Any] = json.loads(BODIES[name])
    (key,) = API.discover(Wanted(channels=(playlist_of(name),)))
    result = understood(API, key, BODIES[name])
    assert result.parsed is not None, result
    assert [(found.video_id, found.raw_title) for found in result.parsed.trailers] == [
        (item["snippet"]["resourceId"]["videoId"], item["snippet"]["title"])
        for item in sent["items"]
        if item["snippet"]["title"] not in ("Private video", "Deleted video")
    ]
    token = sent.get("nextPageToken")
    assert result.parsed.keys == ((f"{key[:-2]}/2/{token}",) if token else ())


@pytest.mark.parametrize("name", SEARCHES)
def test_a_recorded_search_is_no_page_of_a_playlist(name: str):
    assert understood(API, f"uploads/{ANY}/1", BODIES[name]).outcome is Outcome.BROKEN


@pytest.mark.parametrize("name", list(BODIES))
def test_every_recorded_answer_to_the_other_source_is_no_answer(name: str):
    if name in PAGES + SEARCHES:
        assert understood(YOUTUBE, f"feed/{ANY}", BODIES[name]).outcome is Outcome.RETRY
    else:
        assert understood(API, f"uploads/{ANY}/1", BODIES[name]).outcome is Outcome.RETRY


def test_no_damage_to_a_recorded_answer_escapes():
    dice, outcomes = random.Random(2024), Counter[Outcome]()
    asked = {name: (YOUTUBE, f"feed/{channel_of(name)}") for name in FEEDS}
    asked |= {name: (API, f"uploads/{playlist_of(name)}/1") for name in PAGES}
    for _ in range(400):
        name = dice.choice(list(asked))
        source, key = asked[name]
        result = understood(source, key, damage.damaged(BODIES[name], dice))
        outcomes[result.outcome] += 1
        assert result.parsed is None or all(len(each.video_id) == 11 for each in result.parsed.trailers)
    assert min(outcomes[each] for each in (Outcome.OK, Outcome.RETRY, Outcome.BROKEN)) > 10
