"""The fake OMDb: it answers in OMDb's shapes, knows the demo's films but for a few, and runs out of requests."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from typing import Any

import pytest

from mwi_crawl.demo.films import bundled
from mwi_crawl.demo.misbehaviour import Ask
from mwi_crawl.demo.omdb import FakeOmdb
from mwi_crawl.demo.upstream import FakeUpstream
from mwi_crawl.model import Outcome, Response
from mwi_crawl.sources.omdb import Omdb

MATRIX = "tt0133093"
NOT_THERE = "tt0094625"
OMDB = Omdb()
KEYS = (
    "Title Year Rated Released Runtime Genre Director Writer Actors Plot Language Country Awards Poster Ratings "
    "Metascore imdbRating imdbVotes imdbID Type DVD BoxOffice Production Website Response"
)  # of an answer of 2026, in its order


@pytest.fixture
def omdb() -> FakeOmdb:
    return FakeOmdb(count=300)


def ask(omdb: FakeOmdb, id: str = MATRIX, **params: str) -> Response:
    answer = omdb.answer(Ask("GET", "/", {"i": id, **params}))
    assert answer is not None
    return answer


def sent(omdb: FakeOmdb, id: str = MATRIX) -> dict[str, Any]:
    return json.loads(ask(omdb, id).body)


def test_a_title_has_every_member_of_a_real_answer_as_text(omdb: FakeOmdb):
    answer = sent(omdb)
    assert list(answer) == KEYS.split()
    assert all(isinstance(value, str) for name, value in answer.items() if name != "Ratings")
    assert all(isinstance(it["Value"], str) for it in answer["Ratings"])
    assert answer["Response"] == "True"
    assert ask(omdb).headers["content-type"] == "application/json; charset=utf-8"
    assert "etag" not in ask(omdb).headers


def test_its_facts_are_those_of_the_bundled_films(omdb: FakeOmdb):
    answer = sent(omdb)
    assert (answer["Title"], answer["Year"], answer["Released"]) == ("The Matrix", "1999", "30 Mar 1999")
    assert (answer["Genre"], answer["Runtime"]) == ("Action, Sci-Fi", "136 min")
    assert answer["Actors"] == "Keanu Reeves, Laurence Fishburne, Carrie-Anne Moss"


def test_nothing_is_claimed_of_a_real_film_that_is_not_known(omdb: FakeOmdb):
    for film in bundled():
        if omdb.has(film):
            answer = sent(omdb, film.imdb_id)
            assert {answer[name] for name in ("Awards", "BoxOffice", "Rated", "Plot", "Writer")} == {"N/A"}


def test_five_of_the_bundled_films_are_not_there(omdb: FakeOmdb):
    missing = [film for film in bundled() if not omdb.has(film)]
    assert len(missing) == 5
    assert NOT_THERE not in {film.imdb_id for film in bundled()}
    for id in (missing[0].imdb_id, NOT_THERE, "tt9999999"):
        assert ask(omdb, id).body == b'{"Response":"False","Error":"Error getting data."}'
    assert all(FakeOmdb(unknown=0).has(film) for film in bundled())


def test_every_film_is_read_by_the_source_or_absent(omdb: FakeOmdb):
    outcomes: Counter[Outcome] = Counter()
    for film in omdb.films:
        answer = ask(omdb, film.imdb_id)
        outcomes[OMDB.judge(answer).outcome] += 1
        if omdb.has(film):
            parsed = OMDB.parse(f"i/{film.imdb_id}", answer)
            assert set(parsed.speaks_of) == set(OMDB.kinds) - {"people"}
            (facts,) = [record.values for record in parsed.records if record.kind == "film_facts"]
            assert (facts["title"], facts["release_date"]) == (film.title, film.release_date)
            assert facts["runtime_minutes"] == film.runtime
    assert outcomes == {
        Outcome.OK: sum(map(omdb.has, omdb.films)),
        Outcome.ABSENT: sum(not omdb.has(film) for film in omdb.films),
    }


def test_the_made_up_scores_are_near_the_average_and_not_all_there(omdb: FakeOmdb):
    seen: Counter[str] = Counter()
    for film in bundled():
        for record in OMDB.parse(f"i/{film.imdb_id}", ask(omdb, film.imdb_id)).records if omdb.has(film) else ():
            if record.kind == "scores":
                seen[str(record.values["system"])] += 1
                if record.values["system"] == "imdb":
                    assert abs(float(record.values["value"] or 0) - film.vote_average) <= 0.5
    assert seen["imdb"] > seen["rotten_tomatoes"] > seen["metacritic"] > 200


def test_invented_films_have_awards_in_more_than_one_wording(omdb: FakeOmdb):
    sentences = {sent(omdb, film.imdb_id)["Awards"] for film in omdb.films if omdb.has(film)}
    assert len(sentences) > 50
    assert {"N/A"} < sentences


@pytest.mark.parametrize(
    ("id", "outcome", "reason"),
    [
        ("tt9999999", Outcome.ABSENT, "no_data"),
        ("tt123", Outcome.ABSENT, "incorrect_id"),
        ("tt1231230123", Outcome.ABSENT, "incorrect_id"),
        ("tt011f8539", Outcome.ABSENT, "incorrect_id"),
        ("", Outcome.BROKEN, "bad_request"),
    ],
)
def test_a_miss_is_a_200_and_what_it_means_stands_in_the_body(omdb: FakeOmdb, id: str, outcome: Outcome, reason: str):
    answer = ask(omdb, id)
    verdict = OMDB.judge(answer)
    assert (answer.status, verdict.outcome, verdict.reason) == (200, outcome, reason)


def test_letters_in_an_id_are_answered_by_what_is_not_json(omdb: FakeOmdb):
    with pytest.raises(ValueError):
        json.loads(ask(omdb, "tt011f8539").body)


def test_a_spent_quota_is_a_401_until_the_next_day():
    omdb = FakeOmdb(quota=2)
    assert [ask(omdb).status, ask(omdb, "tt9999999").status] == [200, 200]
    refused = ask(omdb)
    assert (refused.status, refused.body) == (401, b'{"Response":"False","Error":"Request limit reached!"}')
    assert OMDB.judge(refused).outcome is Outcome.SPENT
    omdb.reset()
    assert ask(omdb).status == 200


def test_a_wrong_key_costs_nothing_and_is_a_401_too():
    omdb = FakeOmdb(quota=1, key="0a1b2c3d")
    for params, error in (({"apikey": "ffffffff"}, "Invalid API key!"), ({}, "No API key provided.")):
        refused = ask(omdb, **params)
        assert (refused.status, json.loads(refused.body)["Error"]) == (401, error)
        assert OMDB.judge(refused).outcome is Outcome.DENIED
    assert ask(omdb, apikey="0a1b2c3d").status == 200


def test_other_paths_are_others_business(omdb: FakeOmdb):
    assert omdb.answer(Ask("GET", "/3/movie/603", {"i": MATRIX})) is None
    assert omdb.answer(Ask("GET", "/api.php", {})) is None


def test_it_answers_the_same_each_time_and_in_each_process(omdb: FakeOmdb):
    assert [ask(omdb, film.imdb_id) for film in omdb.films] == [
        ask(FakeOmdb(count=300), film.imdb_id) for film in omdb.films
    ]
    assert sent(omdb)["imdbRating"] == "8.0"


def test_the_source_asks_it_through_the_upstream(omdb: FakeOmdb):
    upstream = FakeUpstream()
    upstream.handle(omdb.answer)
    request = OMDB.request([f"i/{MATRIX}"])
    url = (
        "http://upstream.example" + request.path + "?" + "&".join(f"{name}={it}" for name, it in request.params.items())
    )
    answer = asyncio.run(upstream.send(url, {}))
    assert OMDB.parse(f"i/{MATRIX}", answer).ids == {"imdb": MATRIX}
