"""OMDb's recorded answers of 2015–2026: each means what it says, and no damage to one escapes or becomes a film.

The recordings are others' data and lie beside the checkout; where they are not there, these tests skip.
"""

from __future__ import annotations

import copy
import csv
import json
import random
import re
from collections import Counter
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
from test_contract import empty_database, read, rows_by_kind, store

from mwi_crawl.model import Outcome, Response
from mwi_crawl.sources.omdb import Omdb

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "recordings" / "omdb"
OMDB = Omdb()
JUNK: tuple[Any, ...] = (
    *(None, "", 0, -1, True, [], {}, "xx", " ", 1e300, 2**70, "\ud800", "\x00", "N/A", "32 Jan 2013", "$", "-", "%"),
    *([None], [[]], [{}], [{"Source": 1, "Value": []}], {"Title": "x"}, "tt", "a" * 5000, "9" * 400, "(", "((,)", "\\"),
    *("1 winif(typeof uet === 'function'){ uet('be'); }", "&#xD800;&apos;", "False", "tt0133093", "1e999/10"),
)
ERRORS = {  # file: what it means
    "error__i=one+space*": (Outcome.ABSENT, "incorrect_id"),
    "error__i=tt011f8539*": (Outcome.ABSENT, "incorrect_id"),
    "error__i=tt3896198a*": (Outcome.ABSENT, "incorrect_id"),
    "error__i=tt1231230123*": (Outcome.ABSENT, "incorrect_id"),
    "error__incorrect-imdb-id*": (Outcome.ABSENT, "incorrect_id"),
    "error__i=tt9999999*": (Outcome.ABSENT, "no_data"),
    "error__invalid-api-key*": (Outcome.DENIED, "key_rejected"),
    "error__missing-required-params*": (Outcome.BROKEN, "bad_request"),
    "error__request-limit-reached*": (Outcome.SPENT, "quota_day"),
    "error__s=9__too-many-results*": (Outcome.BROKEN, "bad_request"),
    "error__s=*": (Outcome.ABSENT, "not_found"),
    "error__t=*": (Outcome.ABSENT, "not_found"),
}
AWARDS = {  # by hand: won, nominated for
    "tt0770828": (7, 46),
    "tt0052278": (None, 9),
    "tt0411008": (99, 358),
    "tt1375666": (143, 192),
    "tt2356777": (27, 56),
    "tt15398776": (None, 1),
    "tt0106062": (1, None),
}


def _recorded() -> list[tuple[str, Response]]:
    if not FOLDER.is_dir():
        return []
    with (FOLDER / "SOURCES.tsv").open(encoding="utf-8", newline="") as table:
        rows = list(csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [(row["file"], Response(int(row["HTTP status"]), {}, (FOLDER / row["file"]).read_bytes())) for row in rows]


def _titles() -> list[tuple[str, dict[str, Any], Response]]:
    """The answers about one title, with an independent reading of them."""
    read = [(name, json.loads(it.body, strict=False), it) for name, it in RECORDED if not name.startswith("error")]
    return [each for each in read if "imdbID" in each[1]]


RECORDED = _recorded()
TITLES = _titles()
BAD = [it for it in RECORDED if it[0].startswith("error")]
OTHERS = [it for it in RECORDED if it not in BAD and it[0] not in {name for name, _, _ in TITLES}]

pytestmark = pytest.mark.skipif(not RECORDED, reason="the recordings are not beside this checkout")


def each(recorded: list[Any]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("recorded", recorded, ids=[it[0] for it in recorded])


def known(value: str | None) -> str | None:
    return None if value in (None, "N/A") else value


def parts(value: str | None) -> list[str]:
    return list(dict.fromkeys((known(value) or "").split(", "))) if known(value) else []


def kinds_of(recorded: tuple[str, dict[str, Any], Response]) -> dict[str, list[dict[str, Any]]]:
    _, sent, response = recorded
    assert OMDB.judge(response).outcome is Outcome.OK
    parsed = OMDB.parse(f"i/{sent['imdbID']}", response)
    assert parsed.ids == {"imdb": sent["imdbID"]}
    assert set(parsed.speaks_of) == set(OMDB.kinds) - {"people"}
    return rows_by_kind(parsed.records)


def test_there_are_recordings_of_every_kind():
    assert len(TITLES) >= 15
    assert len(BAD) >= 14
    assert len(OTHERS) >= 12


@each(BAD)
def test_a_recorded_error_has_its_outcome(recorded: tuple[str, Response]):
    name, response = recorded
    expected = next(meaning for pattern, meaning in ERRORS.items() if fnmatchcase(name, pattern))
    verdict = OMDB.judge(response)
    assert (verdict.outcome, verdict.reason) == expected
    said = re.search(rb'"Error":"(.*)"}', response.body)
    assert said is not None
    assert said[1].decode() in (verdict.message or "")


@each(OTHERS)
def test_a_recorded_search_or_season_is_no_answer_about_a_title(recorded: tuple[str, Response]):
    verdict, parsed = read(OMDB, "i/tt0076759", recorded[1])
    assert verdict.outcome is Outcome.BROKEN
    assert parsed is None


@each(TITLES)
def test_a_recorded_title_keeps_its_facts(recorded: tuple[str, dict[str, Any], Response]):
    sent, (facts,) = recorded[1], kinds_of(recorded)["film_facts"]
    assert (facts["title"], facts["title_type"]) == (sent["Title"], sent["Type"])
    assert facts["release_year"] == int(sent["Year"][:4])
    ended = {"4": sent["Year"][:4], "5": None, "9": sent["Year"][5:]}[str(len(sent["Year"]))]
    assert facts["end_year"] == (int(ended) if ended and sent["Type"] == "series" else None)
    day, month, year = sent["Released"].split()
    assert facts["release_date"] == f"{year}-{'JanFebMarAprMayJunJulAugSepOctNovDec'.index(month) // 3 + 1:02}-{day}"
    assert facts["runtime_minutes"] == (int(sent["Runtime"].split()[0]) if known(sent["Runtime"]) else None)
    assert facts["seasons"] == (int(sent["totalSeasons"]) if known(sent.get("totalSeasons")) else None)
    assert facts["overview"] == (known(sent["Plot"]) and sent["Plot"].replace("\x1f", ""))
    assert (facts["certificate"] or "N/A").lower() == sent["Rated"].lower()
    assert (facts["poster_url"] or "N/A").removeprefix("https:") == sent["Poster"].split(":", 1)[-1]
    assert facts["homepage"] == known(sent.get("Website"))


@each(TITLES)
def test_a_recorded_title_keeps_its_awards_and_its_money(recorded: tuple[str, dict[str, Any], Response]):
    sent, (facts,) = recorded[1], kinds_of(recorded)["film_facts"]
    assert facts["awards"] == known(sent["Awards"])
    assert (facts["awards_won"], facts["award_nominations"]) == AWARDS.get(sent["imdbID"], (None, None))
    assert (facts["awards"] is not None) == (sent["imdbID"] in AWARDS)
    expected = {None: None, "$291,045,518": 291_045_518, "$292.6M": 292_600_000}
    assert facts["box_office_usd"] == expected[known(sent.get("BoxOffice"))]
    assert facts.get("revenue_usd") is None


@each(TITLES)
def test_a_recorded_title_keeps_its_lists(recorded: tuple[str, dict[str, Any], Response]):
    sent, kinds = recorded[1], kinds_of(recorded)
    assert [row["genre"] for row in kinds["film_genres"]] == parts(sent["Genre"])
    assert [row["country"] for row in kinds["film_countries"]] == parts(sent["Country"])
    assert [row["language"] for row in kinds["film_languages"]] == parts(sent["Language"])
    for field, job in {"Director": "director", "Writer": "writer", "Actors": "actor"}.items():
        names = list(dict.fromkeys(part.partition(" (")[0] for part in parts(sent[field])))
        people = {row["person_id"]: row["name"] for row in kinds["people"]}
        assert [people[row["person_id"]] for row in kinds["credits"] if row["job"] == job] == names


@each(TITLES)
def test_a_recorded_title_keeps_its_scores(recorded: tuple[str, dict[str, Any], Response]):
    sent, kinds = recorded[1], kinds_of(recorded)
    scores = {row["system"]: row for row in kinds["scores"]}
    tomatoes = [it["Value"] for it in sent.get("Ratings", []) if it["Source"] == "Rotten Tomatoes"]
    sent_as = {"imdb": known(sent["imdbRating"]), "metacritic": known(sent["Metascore"])}
    sent_as["rotten_tomatoes"] = tomatoes[0].rstrip("%") if tomatoes else None
    assert {name: row["value"] for name, row in scores.items()} == {
        name: float(value) for name, value in sent_as.items() if value
    }
    assert {name: row["scale"] for name, row in scores.items()} == {
        name: 10.0 if name == "imdb" else 100.0 for name in scores
    }
    if "imdb" in scores:
        assert scores["imdb"]["votes"] == int(sent["imdbVotes"].replace(",", ""))


@each(TITLES)
def test_a_recorded_title_fits_the_tables(recorded: tuple[str, dict[str, Any], Response]):
    parsed = OMDB.parse(f"i/{recorded[1]['imdbID']}", recorded[2])
    store(empty_database(), "omdb", parsed.records)


@each(TITLES)
def test_a_recorded_title_is_no_answer_to_another_key(recorded: tuple[str, dict[str, Any], Response]):
    verdict, parsed = read(OMDB, "i/tt0000001", recorded[2])
    assert verdict.outcome is Outcome.BROKEN
    assert parsed is None


# damage


def _places(node: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [path for name, value in inner for path in ((*here, name), *_places(value, (*here, name)))]


def _spoilt(sent: Any, dice: random.Random) -> bytes:
    """The answer with one to three of its values gone or replaced by junk."""
    spoilt = copy.deepcopy(sent)
    for _ in range(dice.randint(1, 3)):
        path = dice.choice(_places(spoilt) or [()])
        if not path:
            break
        holder = spoilt
        for step in path[:-1]:
            holder = holder[step]
        if dice.random() < 0.2:
            del holder[path[-1]]
        else:
            holder[path[-1]] = dice.choice(JUNK)
    return json.dumps(spoilt, separators=(",", ":"), ensure_ascii=dice.random() < 0.5).encode("utf-8", "replace")


def _damaged(body: bytes, dice: random.Random) -> bytes:
    """The answer cut off, or with a few bytes changed, lost or put in."""
    if dice.random() < 0.3:
        return body[: dice.randrange(len(body))]
    damaged = bytearray(body)
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(damaged))
        damaged[at : at + dice.randint(0, 2)] = dice.choice((b"", b'"', b"\\", b",", b":", b"}", bytes([at % 256])))
    return bytes(damaged)


def test_damage_to_a_recorded_answer_never_escapes():
    dice, db = random.Random(2013), empty_database()
    outcomes: Counter[Outcome] = Counter()
    for _ in range(1500):
        _, sent, response = dice.choice(TITLES)
        body = _spoilt(sent, dice) if dice.random() < 0.6 else _damaged(response.body, dice)
        verdict, parsed = read(OMDB, f"i/{sent['imdbID']}", Response(200, {}, body))
        outcomes[verdict.outcome] += 1
        if parsed is not None:
            assert parsed.ids == {"imdb": sent["imdbID"]}
            store(db, "omdb", parsed.records)
    assert outcomes[Outcome.OK] > 300
    assert outcomes[Outcome.RETRY] > 100
    assert outcomes[Outcome.BROKEN] > 50


def test_a_flipped_byte_never_moves_a_value_to_another_column():
    """What is read from a body with one damaged byte differs from what was sent in one text at the most."""
    dice = random.Random(1977)
    read_at_all = 0
    for _ in range(1500):
        _, sent, response = dice.choice(TITLES)
        damaged = bytearray(response.body)
        damaged[dice.randrange(len(damaged))] = dice.choice(b'"\\,:}{[]x\x01 ')
        verdict, parsed = read(OMDB, f"i/{sent['imdbID']}", Response(200, {}, bytes(damaged)))
        if parsed is None or verdict.outcome is not Outcome.OK:
            continue
        read_at_all += 1
        (facts,) = rows_by_kind(parsed.records)["film_facts"]
        texts = {"title": "Title", "overview": "Plot", "awards": "Awards", "title_type": "Type"}
        as_sent = {column: (known(sent[field]) or "").replace("\x1f", "") for column, field in texts.items()}
        changed = [column for column in texts if (facts[column] or "") != as_sent[column]]
        assert len(changed) <= 1
        for column in changed:  # by a character or two, or it is unknown; never by a piece of another text
            assert abs(len(facts[column] or as_sent[column]) - len(as_sent[column])) <= 3
    assert read_at_all > 500


def test_a_cut_of_a_recorded_answer_is_asked_for_again():
    dice = random.Random(7)
    for _ in range(300):
        _, _, response = dice.choice(TITLES)
        body = response.body.rstrip()
        assert OMDB.judge(Response(200, {}, body[: dice.randrange(len(body))])).reason == "bad_payload"
