"""The fake IMDb: pages in IMDb's shape about the demo's films, a wall, and both kinds of robots.txt."""

from __future__ import annotations

from mwi_crawl.demo.films import bundled
from mwi_crawl.demo.imdb import ASKER, FakeImdb
from mwi_crawl.demo.misbehaviour import Ask
from mwi_crawl.model import Outcome, Response
from mwi_crawl.sources.imdb import Imdb

MATRIX = "tt0133093"
IMDB = Imdb()


def ask(imdb: FakeImdb, path: str) -> Response:
    answer = imdb.answer(Ask("GET", path))
    assert answer is not None
    return answer


def page(imdb: FakeImdb, id: str = MATRIX) -> Response:
    return ask(imdb, IMDB.request([f"title/{id}"]).path)


def test_every_bundled_film_has_a_page_that_says_what_is_known_of_it():
    imdb = FakeImdb()
    for film in bundled():
        answer = page(imdb, film.imdb_id)
        assert IMDB.judge(answer).outcome is Outcome.OK
        assert len(answer.body) > 3000
        parsed = IMDB.parse(f"title/{film.imdb_id}", answer)
        (facts,) = [record.values for record in parsed.records if record.kind == "film_facts"]
        assert (facts["title"], facts["original_title"]) == (film.title, film.original_title)
        assert (facts["release_date"], facts["runtime_minutes"]) == (film.release_date, film.runtime or None)
        cast = [record for record in parsed.records if record.kind == "credits" and record.values["job"] == "actor"]
        assert len(cast) == len(set(film.cast))


def test_invented_films_have_pages_too_and_no_others():
    imdb = FakeImdb(count=20)
    assert page(imdb, "tt9000020").status == 200
    assert page(imdb, "tt9000021").status == 404
    assert IMDB.judge(page(imdb, "tt9000021")).outcome is Outcome.ABSENT
    assert b"<html" in page(imdb, "tt9000021").body


def test_the_same_page_is_given_each_time():
    assert page(FakeImdb(5), "tt9000003") == page(FakeImdb(5), "tt9000003")


def test_a_page_holds_the_asker_as_the_real_ones_do_and_is_read_alike_without():
    answer = page(FakeImdb())
    kept = IMDB.scrub(answer)
    assert ASKER.encode() in answer.body
    assert ASKER.encode() not in kept.body
    assert "set-cookie" not in kept.headers
    assert IMDB.parse(f"title/{MATRIX}", kept) == IMDB.parse(f"title/{MATRIX}", answer)


def test_without_the_slash_the_page_is_elsewhere():
    answer = ask(FakeImdb(), f"/title/{MATRIX}")
    assert (answer.status, answer.headers["location"]) == (308, f"/title/{MATRIX}/")


def test_after_so_many_pages_there_is_a_wall_for_good():
    imdb = FakeImdb(count=9, wall_after=2)
    answers = [page(imdb, f"tt900000{number}") for number in range(1, 5)]
    assert [answer.status for answer in answers] == [200, 200, 202, 202]
    assert answers[2].headers["x-amzn-waf-action"] == "challenge"
    assert IMDB.judge(answers[2]).reason == "blocked"
    assert IMDB.judge(Response(202, {}, answers[2].body)).reason == "blocked"
    assert ask(imdb, "/robots.txt").status == 200


def test_a_wall_may_stand_from_the_first_page_on():
    assert page(FakeImdb(wall_after=0)).status == 202


def test_robots_txt_is_the_real_one_only_if_wished():
    assert b"Disallow: /\n" in ask(FakeImdb(forbidden=True), "/robots.txt").body
    assert b"Disallow: /\n" not in ask(FakeImdb(), "/robots.txt").body


def test_what_is_not_imdbs_is_left_to_others():
    assert FakeImdb().answer(Ask("GET", "/3/movie/603")) is None
    assert FakeImdb().answer(Ask("GET", "/film/the-matrix/")) is None
