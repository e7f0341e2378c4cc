"""The fake Cinemorgue: MediaWiki's shapes, and deaths for the films of the demo."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from toys import ask, engine_of, know, settings

from mwi_crawl.demo.cinemorgue import FakeCinemorgue
from mwi_crawl.demo.films import Catalogue, Film, invented
from mwi_crawl.demo.misbehaviour import Ask
from mwi_crawl.demo.upstream import FakeUpstream
from mwi_crawl.model import MediaType, Outcome, Parsed, RunStatus, Seed
from mwi_crawl.sources.cinemorgue import Cinemorgue

COUNT = 400
SOURCE = Cinemorgue()


@pytest.fixture(scope="module")
def wiki() -> FakeCinemorgue:
    return FakeCinemorgue(COUNT)


@pytest.fixture(scope="module")
def films() -> list[Film]:
    return list(Catalogue(COUNT))


def sent(wiki: FakeCinemorgue, **params: str) -> Any:
    answer = wiki.answer(Ask("GET", "/api.php", {"action": "query", "format": "json", "formatversion": "2", **params}))
    assert answer is not None
    return json.loads(answer.body)


def queried(wiki: FakeCinemorgue, *titles: str, **params: str) -> Any:
    asked = {"prop": "revisions", "rvslots": "main", "rvprop": "content", "redirects": "1"}
    return sent(wiki, titles="|".join(titles), **asked, **params)["query"]


def seed_of(film: Film) -> Seed:
    ids = {"imdb": film.imdb_id}
    return Seed(ids, film.title, film.original_title, int(film.year), MediaType.MOVIE)


def asked(wiki: FakeCinemorgue, keys: Sequence[str]) -> dict[str, Parsed]:
    """What the source reads in the answers to these keys, asked as the engine does."""
    found = {}
    for start in range(0, len(keys), SOURCE.batch):
        batch = keys[start : start + SOURCE.batch]
        request = SOURCE.request(batch)
        response = wiki.answer(Ask("GET", request.path, request.params))
        assert response is not None
        assert SOURCE.judge(response).outcome is Outcome.OK
        found |= {key: SOURCE.parse(key, response) for key in batch}
    return found


def test_it_answers_its_own_path_only(wiki: FakeCinemorgue):
    assert wiki.answer(Ask("GET", "/3/movie/603")) is None
    assert wiki.answer(Ask("GET", "/wiki/Sean_Bean")) is None


def test_it_says_which_wiki_it_is(wiki: FakeCinemorgue):
    general = sent(wiki, meta="siteinfo", siprop="general")["query"]["general"]
    assert general["servername"] == "cinemorgue.fandom.com"
    assert "general" not in queried(wiki, "Main Page")


def test_titles_are_normalised_and_what_is_not_there_is_said(wiki: FakeCinemorgue):
    query = queried(wiki, "nothing_of the kind", "A{b}")
    assert query["normalized"] == [{"fromencoded": False, "from": "nothing_of the kind", "to": "Nothing of the kind"}]
    missing, invalid = query["pages"]
    assert missing == {"ns": 0, "title": "Nothing of the kind", "missing": True}
    assert invalid["invalid"] is True


def test_beyond_fifty_titles_there_is_a_warning_and_no_answer(wiki: FakeCinemorgue):
    answer = sent(wiki, titles="|".join(f"Title {number}" for number in range(51)))
    assert "limit is 50" in answer["warnings"]["query"]["warnings"]
    assert len(answer["query"]["pages"]) == 50


def test_another_action_is_an_error_with_a_good_status(wiki: FakeCinemorgue):
    answer = wiki.answer(Ask("GET", "/api.php", {"action": "edit", "format": "json"}))
    assert answer is not None
    assert answer.status == 200
    assert json.loads(answer.body)["error"]["code"] == "badvalue"


def test_the_same_question_has_the_same_answer(wiki: FakeCinemorgue, films: Sequence[Film]):
    request = SOURCE.request([SOURCE.plan(seed_of(film))[0] for film in films[:50]])
    question = Ask("GET", request.path, request.params)
    assert wiki.answer(question) == FakeCinemorgue(COUNT).answer(question)


def test_three_films_of_five_have_a_page(wiki: FakeCinemorgue, films: Sequence[Film]):
    found = asked(wiki, [SOURCE.plan(seed_of(film))[0] for film in films])
    reasons = Counter(parsed.absent for parsed in found.values())
    assert set(reasons) == {None, "not_found"}
    assert 0.57 < reasons[None] / len(films) < 0.63
    bundled = [parsed.absent for key, parsed in found.items() if "#tt9" not in key]
    assert 0.55 < bundled.count(None) / len(bundled) < 0.65


def test_some_pages_tell_the_manner_some_lead_on_some_are_redirects_and_some_list_nobody(
    wiki: FakeCinemorgue, films: Sequence[Film]
):
    found = [it for it in asked(wiki, [SOURCE.plan(seed_of(film))[0] for film in films]).values() if not it.absent]
    shapes = Counter((bool(parsed.records), bool(parsed.keys)) for parsed in found)
    assert min(shapes[True, False], shapes[True, True], shapes[False, False]) > 20
    request = SOURCE.request([SOURCE.plan(seed_of(film))[0] for film in films if film.title.startswith("The ")][:50])
    answer = wiki.answer(Ask("GET", request.path, request.params))
    assert answer is not None
    assert json.loads(answer.body)["query"]["redirects"]


def test_every_actor_a_page_links_has_a_page_that_tells_the_manner(wiki: FakeCinemorgue, films: Sequence[Film]):
    found = asked(wiki, [SOURCE.plan(seed_of(film))[0] for film in films])
    people = [key for parsed in found.values() for key in parsed.keys]
    assert len(people) > 100
    for key, parsed in asked(wiki, people).items():
        (row,) = parsed.records
        assert row.values["how"], key
        assert row.values["character"], key


# through the engine


@pytest.mark.usefixtures("quick")
def test_an_actor_leads_the_same_films_whichever_way_they_are_looked_for():
    count = 8_000  # more than one troupe
    leads: dict[str, list[Film]] = {}
    for film in map(invented, range(1, count + 1)):
        for actor in film.cast[:3]:
            leads.setdefault(actor, []).append(film)
    films = Catalogue(count)
    assert all(films.led_by(actor, 3) == led for actor, led in leads.items())
    assert films.led_by("Ada Q. Abel", 3) == films.led_by("Nobody", 3) == []


def test_the_page_of_an_actor_stays_small_however_many_films_there_are():
    wiki, film = FakeCinemorgue(100_000), invented(70_000)
    (page,) = queried(wiki, film.cast[0])["pages"]
    assert 1 <= page["revisions"][0]["slots"]["main"]["content"].count("[") < 40


async def test_a_run_stores_who_dies_and_how(tmp_path: Path, films: Sequence[Film]):
    chosen = [*films[:60], *films[-60:]]
    upstream = FakeUpstream()
    upstream.handle(FakeCinemorgue(COUNT).answer)
    quiet = {"tmdb": {"enabled": False}, "cinemorgue": {}}
    async with engine_of(settings(tmp_path, **quiet), upstream) as engine:
        await know(engine.store, *map(seed_of, chosen))
        report = await engine.full()
    assert report.status is RunStatus.SUCCESS
    counted = dict(
        ask(tmp_path, "select state, count(*) from film_source_state where source = 'cinemorgue' group by 1")
    )
    assert set(counted) == {"done", "absent"}
    ((rows, told, pages),) = ask(tmp_path, "select count(*), count(how), count(page) from deaths")
    assert rows == told == pages > 50
    assert ask(tmp_path, "select count(*) from films") == [(len(chosen),)]
