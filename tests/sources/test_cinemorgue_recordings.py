"""The one recorded piece of Cinemorgue, a page as plain text, made into the wikitext it was shown from.

The recording is others' work and lies beside the checkout; where it is not there, these tests skip.
"""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from test_contract import empty_database, read, store

from mwi_crawl.model import Outcome, Response
from mwi_crawl.sources.cinemorgue import Cinemorgue

FILE = Path(__file__).resolve().parents[3] / "shared" / "recordings" / "cinemorgue" / "Sean_Bean_page_text_excerpt.txt"
WIKI = Cinemorgue()
# film, year, character, how its text begins and ends
ENTRIES = [
    ("Caravaggio", 1986, "Ranuccio", "Throat slit by", "Tilda Swinton."),
    ("War Requiem", 1989, "German Soldier", "Stabbed in the stomach", "meeting in the afterlife."),
    ("The Field", 1990, "Tadgh McCabe", "Falls to his death", "herd of cows."),
    ("Lorna Doone", 1990, "Carver Doone", "Drowns in a bog.", "Drowns in a bog."),
    ("Patriot Games", 1992, "Sean Miller", "Accidentally impaled", "during production.)"),
    ("GoldenEye", 1995, "Alec Trevelyan", "Seemingly killed", "collapses on him."),
    ("Airborne", 1998, "Dave Toombs", "Shot by Colm Feore", "Steve Guttenberg."),
    ("Essex Boys", 2000, "Jason Locke", "Shot in the head", "Tom Wilkinson."),
    ("Don't Say a Word", 2001, "Patrick Koster", "Buried alive", "freshly-dug grave"),
]

pytestmark = pytest.mark.skipif(not FILE.is_file(), reason="the recordings are not beside this checkout")


def _wikitext(line: str) -> str:
    """A line of the page as it stands in the wiki: list items, and headings with what their edit link left."""
    line = line.strip()
    if line.startswith("•"):
        title, _, rest = line[1:].strip().partition(" (")
        return f"*'''''{title}''''' ({rest}"
    return f"=={line}==" if line.endswith("[]") else line


def _answer(text: str) -> bytes:
    main = {"contentmodel": "wikitext", "contentformat": "text/x-wiki", "content": text}
    page: dict[str, Any] = {"pageid": 1, "ns": 0, "title": "Sean Bean", "revisions": [{"slots": {"main": main}}]}
    general = {"servername": "cinemorgue.fandom.com"}
    return json.dumps({"batchcomplete": True, "query": {"general": general, "pages": [page]}}).encode()


@pytest.fixture(scope="module")
def recorded() -> str:
    return "\n".join(map(_wikitext, FILE.read_text(encoding="utf-8").splitlines()))


def asked(title: str, year: int) -> str:
    return f"person/Sean Bean#{title} ({year})|tt0000001"


@pytest.mark.parametrize(("title", "year", "character", "begins", "ends"), ENTRIES, ids=[it[0] for it in ENTRIES])
def test_a_recorded_entry_is_read(recorded: str, title: str, year: int, character: str, begins: str, ends: str):
    verdict, found = read(WIKI, asked(title, year), Response(200, {}, _answer(recorded)))
    assert verdict.outcome is Outcome.OK
    assert found is not None
    (row,) = (record.values for record in found.records)
    assert (row["actor"], row["character"]) == ("Sean Bean", character)
    assert row["page"] == "https://cinemorgue.fandom.com/wiki/Sean_Bean"
    assert str(row["how"]).startswith(begins)
    assert str(row["how"]).endswith(ends)
    store(empty_database(), "cinemorgue", found.records)


def test_there_is_nothing_else_in_the_recording(recorded: str):
    assert recorded.count("\n*") == len(ENTRIES)


@pytest.mark.parametrize(("title", "year"), [("GoldenEye", 1997), ("The Island", 2005), ("Harrison Ford", 1992)])
def test_a_film_that_is_not_in_the_recording_has_no_death(recorded: str, title: str, year: int):
    assert not WIKI.parse(asked(title, year), Response(200, {}, _answer(recorded))).records


def test_the_recorded_page_is_not_taken_for_a_films(recorded: str):
    sent = _answer(recorded)
    assert WIKI.parse("film/Sean Bean#1959|tt0000001", Response(200, {}, sent)).absent == "not_a_film"


def _damaged(text: str, dice: random.Random) -> str:
    """The wikitext cut off, or with a few characters lost, doubled or replaced by signs that mean something."""
    if dice.random() < 0.2:
        return text[: dice.randrange(len(text))]
    signs = list(text)
    for _ in range(dice.randint(1, 12)):
        signs[dice.randrange(len(signs))] = dice.choice(
            ["", "[[", "]]", "{{", "(", "]", "''", "<b", "\n", "\n*", "==", "\x00", ":"]
        )
    return "".join(signs)


def test_damage_to_the_recorded_page_never_escapes_or_tells_of_another_film(recorded: str):
    dice, db = random.Random(1959), empty_database()
    rows = 0
    for _ in range(300):
        sent = Response(200, {}, _answer(_damaged(recorded, dice)))
        for title, year, *_ in (*ENTRIES, ("The Island", 2005)):
            _, found = read(WIKI, asked(title, year), sent)
            assert found is not None
            store(db, "cinemorgue", found.records)
            assert not found.records or title != "The Island"
            rows += len(found.records)
    assert rows > 2000
