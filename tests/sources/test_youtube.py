"""YouTube's feeds and its Data API: how they are asked, what their answers mean, and what no damage may do."""

from __future__ import annotations

import json
import random
import re
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

import damage
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_contract import FIXTURES

from mwi_crawl.model import Job, Outcome, Request, Response, Result, Trailer, Wanted
from mwi_crawl.parse import understand
from mwi_crawl.source import Source
from mwi_crawl.sources._youtube_feed import MAX_SIZE
from mwi_crawl.sources.youtube import Youtube
from mwi_crawl.sources.youtube_api import YoutubeApi

YOUTUBE, API = Youtube(), YoutubeApi()
CHANNEL = "UCfixture-channel_00001A"
FEED = (FIXTURES / "youtube" / "feed_of_a_channel.body").read_bytes()
PAGE = (FIXTURES / "youtube_api" / "page_that_leads_on.body").read_bytes()
HOSTILE = (
    *("", "UC", "UC" + "a" * 21, "UC" + "a" * 23, "uc" + "a" * 22, "UC../../../../../../../x", "UC" + "a" * 21 + "/"),
    *(
        "UC" + "a" * 21 + "\n",
        "UC" + "a" * 22 + "\n",
        "UC" + "ä" * 22,
        "UC" + "a" * 21 + "&",
        "UC" + "a" * 20 + "%2",
        "PL",
    ),
    *(
        "PL" + "a" * 10 + "?key=x",
        "https://www.youtube.com/@mubi",
        "@mubi",
        "UC" + "a" * 21 + "\u0663",
        "PL\x00" + "a" * 20,
    ),
)
sources = pytest.mark.parametrize("source", [YOUTUBE, API], ids=["feed", "api"])


def understood(source: Source, key: str, body: bytes, status: int = 200) -> Result:
    job = Job(1, source.name, key, None)
    return understand(source, job, source.request([key]), Response(status, {}, body))


def feed(body: bytes, status: int = 200) -> Result:
    return understood(YOUTUBE, f"feed/{CHANNEL}", body, status)


def page(value: Any, status: int = 200) -> Result:
    return understood(API, f"uploads/{CHANNEL}/1", json.dumps(value).encode(), status)


def trailers(result: Result) -> Sequence[Trailer]:
    assert result.parsed is not None, result
    return result.parsed.trailers


# How they are asked


def test_a_feed_is_asked_for_each_channel_and_each_playlist_once():
    wanted = Wanted(channels=(CHANNEL, "PLfixture-playlist_0001", CHANNEL))
    keys = YOUTUBE.discover(wanted)
    assert keys == (f"feed/{CHANNEL}", "playlist/PLfixture-playlist_0001")
    assert [YOUTUBE.request([key]) for key in keys] == [
        Request("/feeds/videos.xml", {"channel_id": CHANNEL}),
        Request("/feeds/videos.xml", {"playlist_id": "PLfixture-playlist_0001"}),
    ]


def test_a_channels_history_is_asked_page_by_page():
    (first,) = API.discover(Wanted(channels=(CHANNEL, CHANNEL)))
    asked = {"part": "snippet,contentDetails", "playlistId": f"UU{CHANNEL[2:]}", "maxResults": "50"}
    assert API.request([first]) == Request("/youtube/v3/playlistItems", asked)
    result = understood(API, first, PAGE)
    assert result.parsed is not None
    (second,) = result.parsed.keys
    assert API.request([second]).params == asked | {"pageToken": "EAAaBlBUOkNESQ"}
    assert (API.cost(first), API.cost(second), YoutubeApi({"pages": 1}).cost(second)) == (20, 19, 1)


@pytest.mark.parametrize("said", HOSTILE)
def test_what_is_no_id_is_never_asked_for(said: str):
    assert YOUTUBE.discover(Wanted(channels=(said,))) == API.discover(Wanted(channels=(said,))) == ()
    for source, key in ((YOUTUBE, f"feed/{said}"), (YOUTUBE, f"playlist/{said}"), (API, f"uploads/{said}/1")):
        with pytest.raises(ValueError, match="not a key"):
            source.request([key])


@pytest.mark.parametrize(
    "key",
    [
        *(f"feed/PL{'a' * 20}", f"playlist/{CHANNEL}", f"uploads/{CHANNEL}", f"uploads/{CHANNEL}/0", "feed", ""),
        *(f"uploads/{CHANNEL}/2", f"uploads/{CHANNEL}/1/TOKEN", f"uploads/{CHANNEL}/2/a b", f"uploads/{CHANNEL}/2/a&b"),
    ],
)
def test_a_key_of_another_shape_is_refused(key: str):
    with pytest.raises(ValueError, match="not a key"):
        (API if key.startswith("uploads") else YOUTUBE).request([key])


@sources
def test_lists_are_not_theirs_and_films_are_not_asked_about(source: Source):
    assert source.feeds
    assert source.discover(Wanted(lists=("popular",), pages=3)) == ()
    assert source.request is not None
    assert source.probe().params


def test_the_key_goes_in_a_header_and_nowhere_else():
    key = "AIza" + "canary_of-the-tests" * 2
    credential = API.authorize({"YOUTUBE_API_KEY": f' "{key}"\n'})
    assert credential is not None
    assert dict(credential.headers) == {"X-Goog-Api-Key": key}
    assert not credential.params
    for pasted in ("", "short", "ä" * 30, f"{key}\r\nX-Evil: 1", f"key={key}"):
        assert API.authorize({"YOUTUBE_API_KEY": pasted}) is None or "\n" not in str(
            API.authorize({"YOUTUBE_API_KEY": pasted})
        )


def test_the_days_units_are_ten_thousand_unless_somebody_knows_better():
    assert API.quotas() == {"day": 10_000}
    assert YoutubeApi({"daily_limit": 0}).quotas() == {}
    assert YOUTUBE.quotas() == {}


# What a feed means


def test_a_feed_tells_of_trailers_and_keeps_what_is_none():
    first, second, third, fourth = trailers(feed(FEED))
    assert first == Trailer(
        video_id="aaaaaaaaaa1",
        channel=CHANNEL,
        raw_title="Harbour Light Trailer #1 (2031)",
        kind="trailer",
        title="Harbour Light",
        year=2031,
        published_at="2031-03-04T15:00:00.000Z",  # not when it was last edited
    )
    assert (second.title, second.kind, second.year) == ("Salt & Silver", "teaser", None)
    assert (third.kind, third.title, third.raw_title) == (None, None, "Ten films of this spring")
    assert (fourth.raw_title, fourth.year) == ("L’Été d’avant Official Trailer (2030) - Drama", 2030)


def test_a_date_that_cannot_be_read_costs_only_itself():
    body = (FIXTURES / "youtube" / "feed_with_videos_in_ruins.body").read_bytes()
    assert [(found.title, found.published_at) for found in trailers(feed(body))] == [
        ("Only Here", "2031-03-04T15:00:00.000Z"),
        ("Undated", None),
    ]


def test_a_channel_is_known_with_and_without_the_beginning_of_its_id():
    for said in (CHANNEL, CHANNEL[2:]):
        body = FEED.replace(f"<yt:channelId>{CHANNEL[2:]}<".encode(), f"<yt:channelId>{said}<".encode(), 1)
        assert feed(body).outcome is Outcome.OK
    without = re.sub(rb"^ <yt:channelId>.*\n", b"", FEED, count=1, flags=re.MULTILINE)
    assert feed(without).outcome is Outcome.OK  # its id says it too
    assert len(trailers(feed(without))) == 4


def test_a_video_is_the_channels_unless_it_names_another():
    other = "UCfixture-channel_00002B"
    for said, meant in ((other, other), (f"{other}x", CHANNEL), ("", CHANNEL)):
        head, _, rest = FEED.partition(b"<entry>")
        rest = rest.replace(f"<yt:channelId>{CHANNEL}<".encode(), f"<yt:channelId>{said}<".encode(), 1)
        assert trailers(feed(head + b"<entry>" + rest))[0].channel == meant


def test_a_feed_of_another_channel_is_not_taken_for_the_one_asked():
    assert feed(FEED.replace(CHANNEL[2:].encode(), CHANNEL[:1:-1].encode())).outcome is Outcome.BROKEN


@pytest.mark.parametrize("status", [404, 500, 502, 503])
def test_a_feed_that_is_not_given_leaves_the_channel_as_it_is(status: int):
    result = feed(b"<!DOCTYPE html><title>Error</title>", status)
    assert (result.outcome, result.reason) == (Outcome.RETRY, "feed_weather")
    assert "the channel is kept and asked again next time" in (result.message or "")


def test_a_feed_that_was_not_changed_is_no_fault():
    assert feed(b"", 304).outcome is Outcome.OK


# What a page of the Data API means


def test_a_page_tells_of_what_is_shown_and_when_it_was_published():
    first, second = trailers(understood(API, f"uploads/{CHANNEL}/1", PAGE))
    assert (first.title, first.year, first.channel) == ("Harbour Light", 2031, CHANNEL)
    assert second.raw_title == "Salt & Silver's End | Official Teaser"  # not escaped, and so not to be unescaped
    assert {first.published_at, second.published_at} == {"2031-03-04T15:00:00.000Z"}


def test_on_a_list_somebody_made_the_day_of_listing_is_not_the_day_of_publishing():
    playlist = "PLfixture-playlist_0001"
    sent = json.loads((FIXTURES / "youtube_api" / "page_of_a_playlist.body").read_bytes())
    del sent["items"][0]["contentDetails"]["videoPublishedAt"]
    (found,) = trailers(understood(API, f"uploads/{playlist}/1", json.dumps(sent).encode()))
    assert found.published_at is None
    (own,) = trailers(page(json.loads(json.dumps(sent).replace(playlist, f"UU{CHANNEL[2:]}"))))
    assert own.published_at == "2031-03-04T15:00:00.000Z"


def test_a_video_that_is_not_said_to_be_of_the_playlist_is_not_taken():
    sent = json.loads(PAGE)
    all_of_them = len(trailers(understood(API, f"uploads/{CHANNEL}/1", PAGE)))
    del sent["items"][0]["snippet"]["playlistId"]
    assert len(trailers(understood(API, f"uploads/{CHANNEL}/1", json.dumps(sent).encode()))) == all_of_them - 1
    for item in sent["items"]:
        item["snippet"].pop("playlistId", None)
    assert understood(API, f"uploads/{CHANNEL}/1", json.dumps(sent).encode()).outcome is Outcome.BROKEN


def test_a_refusal_never_repeats_googles_sentence():
    named = "limit 'Queries per day' of consumer 'project_number:4711'"
    result = page({"error": {"code": 429, "message": named, "errors": [{"reason": "rateLimitExceeded"}]}}, 429)
    assert (result.outcome, result.period) == (Outcome.SPENT, "day")
    assert "4711" not in (result.message or "")


def test_a_bare_403_says_nothing_about_the_key():
    assert understood(API, f"uploads/{CHANNEL}/1", b"<html>", 403).outcome is Outcome.RETRY
    assert page({"error": {"code": 403, "errors": [{"reason": "forbidden"}]}}, 403).outcome is Outcome.DENIED


@pytest.mark.parametrize("error", [None, "x", 7, [], {"errors": "x"}, {"errors": [1, {"reason": []}], "details": {}}])
def test_an_error_in_ruins_is_judged_by_its_status(error: Any):
    assert page({"error": error}, 500).outcome is Outcome.RETRY
    assert page({"error": error}, 404).outcome is Outcome.ABSENT


# Damage


BOMB = (
    b'<?xml version="1.0"?>\n<!DOCTYPE feed [<!ENTITY a "' + b"ha" * 500 + b'">'
    b'<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">' + b'<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>\n'
)
FROM_FILE = b'<?xml version="1.0"?>\n<!DOCTYPE feed [<!ENTITY c SYSTEM "file:///etc/passwd">]>\n'
FROM_WEB = b'<?xml version="1.0"?>\n<!DOCTYPE feed SYSTEM "http://127.0.0.1:1/feed.dtd">\n'


def with_title(title: bytes) -> bytes:
    return FEED.replace(b"Harbour Light Trailer #1 (2031)", title)


@pytest.mark.parametrize("start", [BOMB, FROM_FILE, FROM_WEB], ids=["bomb", "file", "web"])
def test_a_feed_that_defines_entities_is_refused_before_it_is_read(start: bytes):
    began = time.perf_counter()
    result = feed(start + with_title(b"&c;").partition(b"\n")[2])
    assert (result.outcome, result.reason) == (Outcome.BROKEN, "parser_error")
    assert "Forbidden" in (result.detail or "")
    assert time.perf_counter() - began < 1


def test_a_title_of_ten_megabytes_is_refused_and_a_long_one_is_cut():
    assert feed(with_title(b"x" * 10_000_000)).outcome is Outcome.BROKEN
    assert len(trailers(feed(with_title(b"Sea " * 20_000)))[0].raw_title) <= 500


def test_a_feed_of_ten_thousand_levels_is_read_or_refused_in_a_moment():
    began = time.perf_counter()
    deep = FEED.replace(b"</feed>", b"<x>" * 100_000 + b"</x>" * 100_000 + b"</feed>")
    assert len(deep) < MAX_SIZE
    assert feed(deep).outcome in (Outcome.OK, Outcome.BROKEN)
    assert feed(FEED.replace(b"</feed>", b"<x " + b'a="1" ' * 90_000 + b"/></feed>")).outcome is Outcome.BROKEN
    assert time.perf_counter() - began < 10


@pytest.mark.parametrize(
    "encoding", [b"utf-16", b"utf-7", b"no-such-thing", b"iso-8859-1", b"shift_jis", b"idna", b"rot13", b"\xff"]
)
def test_no_encoding_a_feed_may_claim_escapes(encoding: bytes):
    assert feed(FEED.replace(b"UTF-8", encoding, 1)).outcome in (Outcome.OK, Outcome.BROKEN)


def test_no_damage_to_a_feed_escapes_or_gives_a_trailer_without_its_needs():
    dice, outcomes = random.Random(2031), Counter[Outcome]()
    for _ in range(1500):
        result = feed(damage.damaged(FEED, dice), dice.choice((200, 200, 200, 203, 404, 500)))
        outcomes[result.outcome] += 1
        for found in trailers(result) if result.parsed else ():
            assert re.fullmatch(r"[A-Za-z0-9_-]{11}", found.video_id)
            assert re.fullmatch(r"UC[A-Za-z0-9_-]{22}", found.channel)
            assert found.raw_title.isprintable()
    assert min(outcomes[outcome] for outcome in (Outcome.OK, Outcome.RETRY, Outcome.BROKEN)) > 20


def test_no_damage_to_a_page_escapes_or_leads_astray():
    junk = (None, "", 0, True, [], {}, "xx", "\ud800", "\x00", [None], {"videoId": 5}, "a" * 5000, 2**70, "UU", "../x")
    dice, outcomes = random.Random(2032), Counter[Outcome]()
    for _ in range(1500):
        body = damage.spoilt(json.loads(PAGE), dice, junk) if dice.random() < 0.6 else damage.damaged(PAGE, dice)
        result = understood(API, f"uploads/{CHANNEL}/1", body)
        outcomes[result.outcome] += 1
        for key in result.parsed.keys if result.parsed else ():
            assert key.isprintable()
            assert API.request([key]).params["playlistId"] == f"UU{CHANNEL[2:]}"
    assert min(outcomes[outcome] for outcome in (Outcome.OK, Outcome.RETRY, Outcome.BROKEN)) > 50


@sources
@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    start=st.sampled_from([b"", b"<feed", b"<?xml version='1.0'?>", b"{", b"[[[[", b'{"error":', b"\xef\xbb\xbf"]),
    body=st.binary(max_size=300),
    end=st.sampled_from([b"", b"</feed>", b"}", b"</feed>\n\n"]),
    status=st.sampled_from([200, 203, 304, 400, 403, 404, 429, 500]),
)
def test_no_bytes_escape(source: Source, start: bytes, body: bytes, end: bytes, status: int):
    key = f"feed/{CHANNEL}" if source is YOUTUBE else f"uploads/{CHANNEL}/1"
    assert understood(source, key, start + body + end, status).outcome in Outcome


def test_a_body_nested_without_end_escapes_neither():
    for body in (b"[" * 200_000, b'{"error":' * 100_000, b"<a>" * 100_000 + b"</feed>"):
        assert feed(body).outcome in (Outcome.RETRY, Outcome.BROKEN)
        assert understood(API, f"uploads/{CHANNEL}/1", body).outcome in (Outcome.RETRY, Outcome.BROKEN)
