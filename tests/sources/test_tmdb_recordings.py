"""TMDb's recorded answers of 2013–2026: each to a key of ours means what it says, and no damage to one escapes.

The recordings are others' data and lie beside the checkout; where they are not there, these tests skip.
"""

from __future__ import annotations

import csv
import json
import random
import re
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import damage
import pytest
from test_contract import empty_database, read, rows_by_kind, store

from mwi_crawl.model import Outcome, Parsed, Response
from mwi_crawl.sources.tmdb import Tmdb

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "recordings" / "tmdb"
TMDB = Tmdb()
JUNK: tuple[Any, ...] = (
    *(None, "", 0, -1, True, [], {}, "xx", " ", 1e300, 2**70, "\ud800", "\x00", "2024-13-41", "603"),
    *([None], [[]], [{}], {"results": None}, {"results": [None, 1, {}]}, "tt", "a" * 5000, [{"id": "x", "name": 5}]),
)


def _key(request: str, body: bytes) -> str | None:
    """The key of ours that a recorded request answers; None for what we do not ask."""
    address = urlsplit(request.split(" ", 1)[1])
    path, query = address.path.removeprefix("/3/"), parse_qs(address.query)
    if re.fullmatch(r"(movie|tv)/(\d+|tt\d+)|find/\w+", path):
        return path
    if path in ("movie/latest", "tv/latest"):
        return f"{path.partition('/')[0]}/{json.loads(body)['id']}"
    if found := re.fullmatch(r"movie/(popular|top_rated|upcoming|now_playing)|(trending)/(?:movie|all)/week", path):
        return f"list/{found[1] or found[2]}/{query.get('page', ['1'])[0]}"
    if found := re.fullmatch(r"(movie|tv)/changes", path):
        return f"changes/{found[1]}/2026-05-23/{query['page'][0]}"
    if path in ("search/movie", "search/tv"):
        return f"{path}/{query.get('year', [''])[0]}/{query['query'][0].replace('+', ' ')}"
    return None


def _recorded() -> list[tuple[str, str | None, Response]]:
    if not FOLDER.is_dir():
        return []
    with (FOLDER / "SOURCES.tsv").open(encoding="utf-8", newline="") as table:
        rows = list(csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE))
    found = []
    for row in rows:
        body = (FOLDER / row["file"]).read_bytes()
        found.append((row["file"], _key(row["request it answers"], body), Response(int(row["HTTP status"]), {}, body)))
    return found


RECORDED = _recorded()
ASKED = [(name, key, response) for name, key, response in RECORDED if key]
GOOD = [(name, key, response) for name, key, response in ASKED if response.status == 200]
BAD = [(name, response) for name, _, response in RECORDED if response.status != 200]
DETAILS = [it for it in GOOD if it[1].startswith(("movie/", "tv/"))]
FOUND = [it for it in GOOD if it[1].startswith("find/")]
SEARCHED = [it for it in GOOD if it[1].startswith("search/")]
LISTED = [it for it in GOOD if it[1].startswith("list/")]
CHANGED = [it for it in GOOD if it[1].startswith("changes/")]

pytestmark = pytest.mark.skipif(not RECORDED, reason="the recordings are not beside this checkout")


def each(recorded: list[Any]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("recorded", recorded, ids=[it[0] for it in recorded])


def parsed_of(recorded: tuple[str, str, Response]) -> Parsed:
    _, key, response = recorded
    assert TMDB.judge(response).outcome is Outcome.OK
    return TMDB.parse(key, response)


def test_there_are_recordings_of_every_kind_of_key():
    assert len(DETAILS) >= 25
    assert len(FOUND) >= 7
    assert len(SEARCHED) >= 15
    assert len(LISTED) >= 11
    assert {key.split("/")[1] for _, key, _ in LISTED} == set(Tmdb.lists)
    assert len(CHANGED) >= 3
    assert len(BAD) >= 8


@each(DETAILS)
def test_a_recorded_film_keeps_its_facts(recorded: tuple[str, str, Response]):
    _, key, response = recorded
    sent, parsed = json.loads(response.body), parsed_of(recorded)
    kinds = rows_by_kind(parsed.records)
    media, (facts,) = key.partition("/")[0], kinds["film_facts"]
    assert parsed.ids[f"tmdb_{media}"] == str(sent["id"])
    assert parsed.ids.get("imdb") == (sent.get("imdb_id") or sent.get("external_ids", {}).get("imdb_id") or None)
    assert facts["title"] == (sent["title"] if media == "movie" else sent["name"]).strip()
    assert (facts["release_date"] or "") == (sent["release_date"] if media == "movie" else sent["first_air_date"])
    assert facts.get("runtime_minutes") == (sent.get("runtime") or next(iter(sent.get("episode_run_time", [])), None))
    assert facts.get("budget_usd") == (sent.get("budget") or None)
    assert facts.get("revenue_usd") == (sent.get("revenue") or None)
    assert (facts["overview"] or "") == (sent["overview"] or "").strip().replace("\r", "")
    assert facts["poster_url"] == (sent["poster_path"] and "https://image.tmdb.org/t/p/original" + sent["poster_path"])
    assert [row["votes"] for row in kinds["scores"]] == [sent["vote_count"]] * bool(sent["vote_count"])
    assert [row["genre"] for row in kinds["film_genres"]] == [it["name"] for it in sent["genres"]]
    assert [row["company"] for row in kinds["film_companies"]] == [it["name"] for it in sent["production_companies"]]


@each(DETAILS)
def test_a_recorded_film_keeps_every_row_of_its_parts(recorded: tuple[str, str, Response]):
    sent, parsed = json.loads(recorded[2].body), parsed_of(recorded)
    counted = Counter(record.kind for record in parsed.records)
    cast, crew = sent.get("credits", {}).get("cast", []), sent.get("credits", {}).get("crew", [])
    everybody = {person["id"] for person in [*cast, *crew, *sent.get("created_by", [])]}
    releases = sent.get("release_dates", {}).get("results", [])
    expected = {
        "credits": len(cast) + len(crew) + len(sent.get("created_by", [])),
        "people": len(everybody),
        "film_keywords": len(sent.get("keywords", {}).get("keywords", [])),
        "images": sum(len(images) for images in sent.get("images", {}).values()),
        "videos": len(sent.get("videos", {}).get("results", [])),
        "similar_films": len(sent.get("similar", {}).get("results", [])),
        "alternative_titles": len(sent.get("alternative_titles", {}).get("titles", [])),
        "release_dates": sum(len(country["release_dates"]) for country in releases),
    }
    assert {kind: counted[kind] for kind in expected} == expected


@each(DETAILS)
def test_a_recorded_film_speaks_only_of_what_was_sent(recorded: tuple[str, str, Response]):
    sent, parsed = json.loads(recorded[2].body), parsed_of(recorded)
    parts = {"credits": "credits", "images": "images", "videos": "videos", "similar": "similar_films"}
    parts |= {"keywords": "film_keywords", "release_dates": "release_dates", "alternative_titles": "alternative_titles"}
    for part, kind in parts.items():
        assert (kind in parsed.speaks_of) == (part in sent), kind


@each(DETAILS)
def test_a_recorded_film_fits_the_tables(recorded: tuple[str, str, Response]):
    store(empty_database(), "tmdb", parsed_of(recorded).records)


@each(FOUND)
def test_a_recorded_find_leads_to_what_it_names(recorded: tuple[str, str, Response]):
    sent, parsed = json.loads(recorded[2].body), parsed_of(recorded)
    named = [f"{media}/{row['id']}" for media in ("movie", "tv") for row in sent[f"{media}_results"]]
    assert list(parsed.keys) == named
    assert bool(parsed.absent) == (not named)
    assert not parsed.records
    if not named:
        assert parsed.absent == ("person" if sent["person_results"] else "tv_episode")


@each(SEARCHED)
def test_a_recorded_search_chooses_only_the_title_and_year_asked_for(recorded: tuple[str, str, Response]):
    sent, parsed = json.loads(recorded[2].body), parsed_of(recorded)
    assert parsed.match is not None
    assert len(parsed.match.candidates) == min(10, len(sent["results"]))
    assert bool(parsed.keys) == (parsed.match.chosen is not None) == (parsed.absent is None)
    if parsed.match.chosen:
        (row,) = [row for row in sent["results"] if parsed.match.chosen.endswith(f"/{row['id']}")]
        assert (row.get("title") or row["name"]).lower() == parsed.match.title.lower()
        assert (row.get("release_date") or row["first_air_date"]).startswith(str(parsed.match.year))


def test_the_recorded_searches_with_one_right_answer_are_matched_and_the_others_are_not():
    chosen = {key: parsed_of((name, key, response)).keys for name, key, response in SEARCHED}
    assert chosen["search/movie/2003/the matrix reloaded"] == ("movie/604",)
    assert chosen["search/tv/2012/dallas"] == ("tv/37759",)
    assert chosen["search/tv//Shameless"] == ()
    assert chosen["search/movie//Fargo"] == ()
    assert chosen["search/movie/2016/Jack Reacher"] == ()


@each(LISTED)
def test_a_recorded_list_has_every_film_on_its_place(recorded: tuple[str, str, Response]):
    sent, listed = json.loads(recorded[2].body), parsed_of(recorded).listed
    assert listed is not None
    _, name, page = recorded[1].split("/")
    assert (listed.name, listed.first, listed.last) == (name, int(page) * 20 - 19, int(page) * 20)
    films = {
        (sent["page"] - 1) * 20 + at: (str(row["id"]), row["title"], row["original_title"], row["release_date"][:4])
        for at, row in enumerate(sent["results"], 1)
        if "title" in row  # series and people have a name
    }
    told = {
        place: (seed.ids["tmdb_movie"], seed.title, seed.original_title, str(seed.year or ""))
        for place, seed in listed.seeds.items()
    }
    assert told == films
    assert len(films) == 20 or "trending_all" in recorded[0]


@each(CHANGED)
def test_a_recorded_list_of_changes_names_what_is_still_there(recorded: tuple[str, str, Response]):
    sent, parsed = json.loads(recorded[2].body), parsed_of(recorded)
    media = recorded[1].split("/")[1]
    assert parsed.changed is not None
    assert parsed.changed.listed == len(sent["results"]) == 100
    assert list(parsed.changed.keys) == [
        f"{media}/{row['id']}" for row in sent["results"] if row["adult"] in (True, False)
    ]
    assert len(parsed.changed.keys) > 90
    assert len(parsed.keys) == sent["total_pages"] - 1
    assert parsed.changed.before == "2026-05-24T08:00:00.000Z"


def test_the_recorded_lists_of_changes_are_about_as_long_as_is_reckoned_with():
    pages = [
        json.loads(response.body)["total_pages"] for _, key, response in CHANGED if key.startswith("changes/movie")
    ]
    assert min(pages) <= Tmdb.pages_per_day <= max(pages)


@each(BAD)
def test_a_recorded_error_has_its_outcome(recorded: tuple[str, Response]):
    name, response = recorded
    expected = {
        "movie_999999999": Outcome.ABSENT,
        "person_999999999": Outcome.ABSENT,
        "error_400": Outcome.BROKEN,
        "error_429": Outcome.REFUSED,
    }
    outcome = next((outcome for start, outcome in expected.items() if name.startswith(start)), Outcome.DENIED)
    assert TMDB.judge(response).outcome is outcome


def check_discovery(key: str, parsed: Parsed) -> None:
    """What a list tells can be asked for and stored: whole ids, on places of its page; of changes, ids of its kind."""
    if parsed.listed is not None:
        assert all(parsed.listed.first <= place <= parsed.listed.last for place in parsed.listed.seeds)
        found = [seed.ids["tmdb_movie"] for seed in parsed.listed.seeds.values()]
        assert len(set(found)) == len(found)
        assert all(re.fullmatch("[1-9][0-9]{0,18}", known) for known in found)
    if parsed.changed is not None:
        media = key.split("/")[1]
        assert all(re.fullmatch(f"{media}/[1-9][0-9]{{0,18}}", known) for known in parsed.changed.keys)
        assert len(parsed.keys) < 500


def test_damage_to_a_recorded_answer_never_escapes():
    dice, db = random.Random(1999), empty_database()
    answers = [(key, response.body, json.loads(response.body)) for _, key, response in GOOD]
    answers = [it for it in answers if len(it[1]) < 60_000]
    outcomes: Counter[Outcome] = Counter()
    for _ in range(600):
        key, body, sent = dice.choice(answers)
        spoilt = damage.spoilt(sent, dice, JUNK) if dice.random() < 0.7 else damage.damaged(body, dice)
        verdict, parsed = read(TMDB, key, Response(200, {}, spoilt))
        outcomes[verdict.outcome] += 1
        if parsed is not None:
            store(db, "tmdb", parsed.records)
            check_discovery(key, parsed)
    assert outcomes[Outcome.OK] > 50
    assert outcomes[Outcome.RETRY] > 20
    assert outcomes[Outcome.BROKEN] > 2


def test_a_cut_of_a_recorded_answer_is_asked_for_again():
    dice = random.Random(7)
    for _ in range(150):
        _, _, response = dice.choice(GOOD)
        body = response.body.rstrip()
        cut = body[: dice.randrange(len(body))]
        assert TMDB.judge(Response(200, {}, cut)).reason == "bad_payload"
