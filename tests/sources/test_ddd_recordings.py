"""DoesTheDogDie's recorded answers: they mean what they say, nobody in them is kept, and no damage to one escapes.

The recordings are others' data and lie beside the checkout; where they are not there, these tests skip. Those of
today's interface are the vendor's examples. The names of voters were taken out of them, so made-up ones are put in.
"""

from __future__ import annotations

import csv
import json
import random
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import damage
import pytest
from test_contract import empty_database, read, rows_by_kind, store

from mwi_crawl.model import Outcome, Response
from mwi_crawl.sources.ddd import Ddd

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "recordings" / "ddd"
DDD = Ddd()
PERSONAL = (
    "username",
    "UserId",
    "RatingId",
    "commentUserIds",
    "comment",
    "comments",
    "legacyUserId",
    "triggerDescription",
)
JUNK: tuple[Any, ...] = (
    *(None, "", 0, -1, True, [], {}, "xx", " ", 1e300, 2**70, "\ud800", "\x00", "Unknown", "15713", 15, 16.0),
    *([None], [[]], [{}], {"id": None}, {"items": [None, 1, {}]}, "tt", "a" * 5000, [{"id": "x", "name": 5}]),
)


def _key(request: str) -> str | None:
    """The key of ours that a recorded request, of the older site or of today's interface, answers."""
    address = urlsplit(request.partition(" ")[2])
    path, query = address.path.removeprefix("/api/v3").strip("/"), parse_qs(address.query)
    if "imdb" in query:
        return f"items/imdb/{query['imdb'][0]}"
    if "q" in query:
        return "items/title/2014/John Wick" if "dddsearch" in path else "items/title/1957/Old Yeller"
    kind, _, number = path.partition("/")
    if kind in ("media", "items") and number.isdecimal() and number != "0":
        return f"item/{number}"
    return path if path in DDD.standing else None


def _recorded() -> list[tuple[str, str | None, Response]]:
    if not FOLDER.is_dir():
        return []
    with (FOLDER / "SOURCES.tsv").open(encoding="utf-8", newline="") as table:
        rows = list(csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [
        (
            row["file"],
            _key(row["request it answers"]),
            Response(int(row["HTTP status"]), {}, (FOLDER / row["file"]).read_bytes()),
        )
        for row in rows
    ]


RECORDED = _recorded()
GOOD = [(name, key, response) for name, key, response in RECORDED if key and response.status == 200]
ITEMS = [it for it in GOOD if it[1].startswith("item/")]
JSONS = [it for it in RECORDED if not it[0].endswith(".html")]
LARGEST = max((it[2] for it in RECORDED), key=lambda response: len(response.body), default=Response(200, {}, b""))

pytestmark = pytest.mark.skipif(not RECORDED, reason="the recordings are not beside this checkout")


def each(recorded: list[Any]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("recorded", recorded, ids=[it[0] for it in recorded])


def objects(value: Any) -> Iterator[dict[str, Any]]:
    """Every object in an answer, at any depth."""
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from objects(inner)


def peopled(body: bytes) -> tuple[bytes, set[str]]:
    """A recorded answer with made-up people wherever it has a place for them, and everything that is of them in it."""
    sent = json.loads(body)
    traces: set[str] = set()
    for at, row in enumerate(objects(sent)):
        number = 660_000_000 + at * 10
        filled = {
            "username": f"voter-{at} Exämple",
            "UserId": number,
            "RatingId": number + 1,
            "commentUserIds": f"{number + 2},{number + 3}",
            "comment": f"I wept at {at} o'clock",
            "comments": [{"id": number + 4, "comment": f"I too wept, {at}", "User": {"name": f"weeper-{at}"}}],
            "legacyUserId": number + 5,
            "triggerDescription": f"It was me, at {at}",
        }
        for name in row.keys() & filled.keys():
            row[name] = filled[name]
    for row in objects(sent):
        traces |= {str(row[name]) for name in PERSONAL if isinstance(row.get(name), str | int)}
    return json.dumps(sent, ensure_ascii=False).encode(), traces - {"0", "1", ""}


def test_there_are_recordings_of_every_kind_of_key():
    assert {key.partition("/")[0] for _, key, _ in GOOD} == {"item", "items", "topics", "topiccategories"}
    assert len(ITEMS) == 3


@each(ITEMS)
def test_the_votes_of_a_recorded_film_add_up(recorded: tuple[str, str, Response]):
    _, key, response = recorded
    sent = {row.get("topicId") or row["TopicId"]: row for row in json.loads(response.body)["topicItemStats"]}
    parsed = DDD.parse(key, response)
    rows = rows_by_kind(parsed.records)["content_warnings"]
    assert len(rows) == len(sent)
    for column, name in (("yes", "yesSum"), ("no", "noSum"), ("comments", "numComments")):
        assert sum(row[column] for row in rows) == sum(row[name] for row in sent.values())
    names = {row.get("topicName") or row["topic"]["name"]: row for row in sent.values()}
    assert {row["topic"] for row in rows} == set(names)
    assert all((row["yes"], row["no"]) == (names[row["topic"]]["yesSum"], names[row["topic"]]["noSum"]) for row in rows)
    groups = {row["category"] for row in rows} - {None}
    assert groups == {row["TopicCategory"]["name"] for row in sent.values() if "TopicCategory" in row}


def test_the_largest_recording_is_read_once_though_it_says_everything_twice():
    rows = rows_by_kind(DDD.parse("item/15713", LARGEST).records)["content_warnings"]
    assert (len(rows), sum(row["yes"] for row in rows), sum(row["no"] for row in rows)) == (204, 5187, 6115)


@each(GOOD)
def test_a_recorded_answer_means_the_same_once_it_is_scrubbed(recorded: tuple[str, str, Response]):
    _, key, response = recorded
    scrubbed = DDD.scrub(response)
    assert read(DDD, key, scrubbed) == read(DDD, key, response)
    assert DDD.scrub(scrubbed) == scrubbed
    store(empty_database(), "ddd", DDD.parse(key, scrubbed).records)


@each(JSONS)
def test_of_nobody_in_a_recorded_answer_anything_is_kept(recorded: tuple[str, str | None, Response]):
    name, key, response = recorded
    body, traces = peopled(response.body)
    kept = DDD.scrub(Response(response.status, {}, body))
    assert not [trace for trace in traces if trace in kept.body.decode()]
    assert not {part for row in objects(json.loads(kept.body)) for part in row} & {*PERSONAL, "isAnonymous", "User"}
    if key and response.status == 200:
        said = repr(DDD.parse(key, Response(200, {}, body)))
        assert not [trace for trace in traces if trace in said]
    if "media_15713_john" in name:
        assert len(traces) > 1000


def test_the_largest_recording_is_scrubbed_in_a_moment_and_to_a_tenth():
    began = time.perf_counter()
    kept = DDD.scrub(LARGEST)
    assert time.perf_counter() - began < 0.5  # some 3 ms; a slow machine may take its time
    assert len(kept.body) < len(LARGEST.body) / 8


def test_the_recorded_look_ups_lead_where_they_should():
    led = {name: DDD.parse(key, response) for name, key, response in GOOD if key.startswith("items/")}
    found = {name.partition("__")[0]: parsed.keys or parsed.absent for name, parsed in led.items()}
    assert found == {
        "legacy_dddsearch_imdb=tt2911666": ("item/15713",),
        "legacy_dddsearch_imdb_no-hit": "not_found",
        "legacy_dddsearch_q=John+Wick": ("item/15713",),
        "legacy_dddsearch_q_multiple_TRIMMED": ("item/15713",),
        "v3_search": ("item/10752",),
    }


def test_each_recorded_entry_is_found_by_its_ids_and_by_no_other():
    (search,) = [response for name, _, response in GOOD if "q=John+Wick" in name]
    rows = json.loads(search.body)["items"]
    for row in rows:
        for by, value in (("imdb", row["imdbId"]), ("tmdb", row["tmdbId"])):
            if value:
                assert DDD.parse(f"items/{by}/{value}", search).keys == (f"item/{row['id']}",)
    assert DDD.parse("items/imdb/tt7181546", search).absent == "not_found"  # the entry about it has no IMDb id
    by_title = DDD.parse("items/title/2025/John Wick Presents: Ballerina#imdb:tt7181546", search)
    assert by_title.keys == ("item/1111314#imdb:tt7181546",)
    assert DDD.parse("items/title/2017/John Wick: Chapter 2#imdb:tt0000007", search).absent in (
        "ambiguous",
        "not_found",
    )


def test_a_recorded_error_has_its_outcome():
    outcomes = {name: DDD.judge(response).outcome for name, _, response in RECORDED if response.status != 200}
    assert [outcome for name, outcome in outcomes.items() if name.startswith("v3")] == [Outcome.ABSENT]
    assert [outcome for name, outcome in outcomes.items() if name.startswith("legacy")] == [Outcome.RETRY]


def _topics(sent: Any) -> set[Any]:
    return {name for row in objects(sent) for name in (row.get("topicName"), row.get("name")) if isinstance(name, str)}


def _small(sent: Any) -> Any:
    """A recorded film with its first topics only: the same shape, and quick to spoil a thousand times."""
    if isinstance(sent, dict) and "allGroups" in sent:
        return {**sent, "topicItemStats": sent["topicItemStats"][:4], "allGroups": sent["allGroups"][:1]}
    return sent


def test_damage_to_a_recorded_answer_never_escapes_and_invents_nothing():
    dice, db = random.Random(1999), empty_database()
    answers = [(key, _small(json.loads(response.body))) for _, key, response in GOOD]
    outcomes: Counter[Outcome] = Counter()
    for _ in range(3000):
        key, sent = dice.choice(answers)
        whole = json.dumps(sent).encode()
        spoilt = damage.spoilt(sent, dice, JUNK) if dice.random() < 0.7 else damage.damaged(whole, dice)
        kept = DDD.scrub(Response(200, {}, spoilt))
        verdict, parsed = read(DDD, key, kept)
        unscrubbed, parsed_of_all = read(DDD, key, Response(200, {}, spoilt))
        outcomes[verdict.outcome] += 1
        assert DDD.scrub(kept) == kept
        assert (verdict.outcome, parsed) == (unscrubbed.outcome, parsed_of_all)
        if parsed is None:
            continue
        store(db, "ddd", parsed.records)
        assert len(parsed.records) <= len(_topics(sent))
        if key.startswith("items/"):
            numbers = {f"item/{str(row.get('id')).removesuffix('.0')}" for row in objects(json.loads(kept.body))}
            assert set(parsed.keys) <= numbers
    assert outcomes[Outcome.OK] > 300
    assert outcomes[Outcome.RETRY] > 100
    assert outcomes[Outcome.BROKEN] > 50


def test_a_cut_of_a_recorded_answer_is_asked_for_again():
    dice = random.Random(7)
    for _ in range(150):
        _, _, response = dice.choice(GOOD)
        body = response.body.rstrip()
        cut = Response(200, {}, body[: dice.randrange(len(body))])
        assert DDD.judge(DDD.scrub(cut)).reason == "bad_payload"
        assert b"{" not in DDD.scrub(cut).body
