"""The fake DoesTheDogDie: shaped and limited as the real one, and found through by the source as films are there."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any
from urllib.parse import urlencode

import pytest

from mwi_crawl.demo.ddd import MINUTE, MONTH, FakeDdd
from mwi_crawl.demo.films import INVENTED_FROM, Film, bundled, invented
from mwi_crawl.demo.misbehaviour import Ask
from mwi_crawl.demo.upstream import FakeUpstream
from mwi_crawl.model import MediaType, Outcome, Parsed, Response, Seed
from mwi_crawl.sources.ddd import Ddd

DDD = Ddd()
KEY = {"X-API-KEY": "demo-key-demo"}
VENDOR_ITEM = {  # the names in the vendor's own example
    *("id", "name", "genres", "releaseYear", "itemTypeId", "itemTypeName", "tmdbId", "imdbId"),
    *("backgroundImage", "posterImage", "overview"),
}
VENDOR_STAT = {"topicItemId", "yesSum", "noSum", "numComments", "topicId", "topicName", "itemId"}


class Clock:
    """Seconds that pass when they are told to."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def fake() -> FakeDdd:
    return FakeDdd(count=500, per_minute=None, per_month=None)


def send(fake: FakeDdd, path: str, key: dict[str, str] = KEY, **params: str) -> Response:
    response = fake.answer(Ask.of("GET", f"{path}?{urlencode(params)}", key))
    assert response is not None
    return response


def ask(fake: FakeDdd, path: str, **params: str) -> Any:
    return json.loads(send(fake, f"/api/v3/{path}", **params).body)


def seed_of(film: Film) -> Seed:
    ids = {"imdb": film.imdb_id, "tmdb_movie": str(film.tmdb_id)}
    return Seed(ids, film.title, film.original_title, int(film.year), MediaType.MOVIE)


def crawled(fake: FakeDdd, keys: list[str]) -> tuple[list[str], Parsed | None]:
    """Ask as the engine does: the next key only if the one before is absent, and what an answer leads to."""
    path = []
    while keys:
        path.append(key := keys.pop(0))
        request = DDD.request([key])
        response = DDD.scrub(send(fake, request.path, **request.params))
        parsed = DDD.parse(key, response) if DDD.judge(response).outcome is Outcome.OK else None
        if parsed and parsed.keys:
            keys = list(parsed.keys)
        elif parsed and not parsed.absent:
            return path, parsed
    return path, None


def test_the_bundled_films_are_found_by_every_way_there_is_and_eleven_are_not_there(fake: FakeDdd):
    ways: Counter[str] = Counter()
    for film in bundled():
        path, parsed = crawled(fake, list(DDD.plan(seed_of(film))))
        assert (parsed is not None) == fake.has(film), film.title
        ways[path[-2].split("/")[1] if parsed else "nowhere"] += 1
        assert not parsed or len(parsed.records) > 5
    assert ways["nowhere"] == 11
    assert min(ways["imdb"], ways["tmdb"], ways["title"]) > 20


def test_a_wrong_entry_of_the_same_title_and_year_is_not_taken(fake: FakeDdd):
    (film,) = [film for film in bundled() if film.title == "Back to the Future"]
    offered = ask(fake, "items", name=film.title, releaseYear=film.year)
    assert [entry["name"] for entry in offered] == [film.title, f"{film.title}: The Ride"]
    _, parsed = crawled(fake, list(DDD.plan(seed_of(film))))
    assert parsed is None


def test_an_invented_film_is_answered_like_a_bundled_one(fake: FakeDdd):
    found = [crawled(fake, list(DDD.plan(seed_of(invented(number)))))[1] for number in range(1, 200)]
    assert 180 < sum(parsed is not None for parsed in found) < 200
    assert ask(fake, "items", imdb=f"tt{INVENTED_FROM + 501}") == []


def test_an_answer_has_the_vendors_shape(fake: FakeDdd):
    (brief,) = ask(fake, "items", imdb="tt0133093")
    item = ask(fake, f"items/{brief['id']}")
    assert brief.keys() == VENDOR_ITEM
    assert item.keys() == VENDOR_ITEM | {"topicItemStats"}
    assert {name for row in item["topicItemStats"] for name in row} == VENDOR_STAT
    assert ask(fake, f"items/{brief['id']}") == item
    topic = item["topicItemStats"][0]["topicId"]
    assert {row["topicId"] for row in ask(fake, f"items/{brief['id']}/ratings", topicId=str(topic))} == {topic}
    assert ask(fake, "items", q="matrix") != []
    assert ask(fake, "items", tmdb="tt0133093") == ask(fake, "items", name="") == []


def test_the_vocabulary_names_every_topic_and_its_group(fake: FakeDdd):
    kinds = {key: DDD.parse(key, send(fake, f"/api/v3/{key}")).records for key in DDD.standing}
    groups = {record.values["category_id"] for record in kinds["topiccategories"]}
    assert {record.values["category_id"] for record in kinds["topics"]} == groups
    named = {record.values["topic"] for record in kinds["topics"]}
    assert len(named) == 12
    (brief,) = ask(fake, "items", imdb="tt0133093")
    assert {row["topicName"] for row in ask(fake, f"items/{brief['id']}")["topicItemStats"]} <= named


@pytest.mark.parametrize("path", ["items/1", "items/999999999", "items/x", "items/1075/other", "x", "items/1075/x/y"])
def test_what_is_not_there_is_a_404_in_the_vendors_words(fake: FakeDdd, path: str):
    response = send(fake, f"/api/v3/{path}")
    assert response.status == 404
    assert DDD.judge(response).reason == "not_found"


@pytest.mark.parametrize("path", ["/3/movie/603", "/", "/api/v3", "/dddsearch", "/media/15713", "/api/v30/items"])
def test_it_answers_nothing_but_its_own_paths(fake: FakeDdd, path: str):
    assert fake.answer(Ask("GET", path, {}, {"x-api-key": "x"})) is None


def test_a_request_without_a_key_is_refused_and_not_counted(clock: Clock):
    fake = FakeDdd(per_minute=1, clock=clock)
    for _ in range(3):
        verdict = DDD.judge(send(fake, "/api/v3/topics", key={}))
        assert (verdict.outcome, verdict.reason) == (Outcome.DENIED, "key_rejected")
    assert send(fake, "/api/v3/topics").status == 200


def test_the_probe_is_answered(fake: FakeDdd):
    assert DDD.judge(send(fake, DDD.probe().path)).outcome is Outcome.OK


def test_every_answer_tells_truthfully_what_is_left(clock: Clock):
    fake = FakeDdd(per_minute=30, per_month=5000, clock=clock)
    for used, path in enumerate(["topics", "items/1", "items"], start=1):
        minute, month = DDD.allowances(send(fake, f"/api/v3/{path}"))
        assert (minute.limit, minute.left, month.limit, month.left) == (30, 30 - used, 5000, 5000 - used)
    assert DDD.allowances(send(FakeDdd(per_minute=None, per_month=None), "/api/v3/topics")) == ()


def test_beyond_the_minute_it_asks_to_slow_down_until_the_minute_is_over(clock: Clock):
    fake = FakeDdd(per_minute=2, clock=clock)
    assert [send(fake, "/api/v3/topics").status for _ in range(3)] == [200, 200, 429]
    clock.now = 20.5
    refused = send(fake, "/api/v3/topics")
    assert DDD.judge(refused).outcome is Outcome.REFUSED
    assert refused.headers["retry-after"] == "40"
    assert refused.headers["x-ratelimit-remaining-minute"] == "0"
    clock.now = MINUTE
    answered = send(fake, "/api/v3/topics")
    assert answered.status == 200
    assert answered.headers["x-ratelimit-remaining-month"] == "4997", "what was refused is not counted"


def test_beyond_the_month_nothing_is_answered_until_the_next(clock: Clock):
    fake = FakeDdd(per_minute=None, per_month=2, clock=clock)
    assert [send(fake, "/api/v3/topics").status for _ in range(2)] == [200, 200]
    clock.now = MONTH - 1
    verdict = DDD.judge(send(fake, "/api/v3/topics"))
    assert (verdict.outcome, verdict.period) == (Outcome.SPENT, "month")
    clock.now = MONTH
    assert send(fake, "/api/v3/topics").status == 200


def test_it_stands_in_the_one_server_of_the_demo():
    upstream = FakeUpstream(key="demo-key-demo")
    upstream.handle(FakeDdd().answer)
    good = upstream.reply(Ask.of("GET", "/api/v3/items?imdb=tt0133093", KEY)).response
    assert DDD.parse("items/imdb/tt0133093", good).keys
    refused = upstream.reply(Ask.of("GET", "/api/v3/items?imdb=tt0133093", {"X-API-KEY": "another"})).response
    assert DDD.judge(refused).reason == "key_rejected"
