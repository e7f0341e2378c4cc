"""IMDb's saved pages of 2017–2026: each means what it shows, is read alike once scrubbed, and no damage to one escapes.

The recordings are others' data and lie beside the checkout; where they are not there, these tests skip.
"""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import damage
import pytest
from test_contract import empty_database, read, rows_by_kind, store
from test_tmdb_recordings import JUNK

from mwi_crawl.model import Outcome, Parsed, Response
from mwi_crawl.sources._html import document, linked_data
from mwi_crawl.sources.imdb import Imdb

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "recordings" / "imdb"
FILES = sorted(FOLDER.glob("*")) if FOLDER.is_dir() else []
IMDB = Imdb()
DATA = re.compile(rb'(<script id="__NEXT_DATA__" type="application/json">)(.*?)(</script>)', re.DOTALL)

# fixture: title, original, year, minutes, rating, votes, type, certificate; name, alternate name and day of the ld+json
CHECKED: dict[str, tuple[Any, ...]] = {
    "title_tt0086425_2022": ("Terms of Endearment", 1983, 132, 7.4, 60851, "movie", "PG", "1983-12-09"),
    "title_tt0133093_2023": ("The Matrix", 1999, 136, 8.7, 1956171, "movie", "R", "1999-03-31"),
    "title_tt0387564_2022": ("Saw", 2004, 103, 7.6, 420806, "movie", "R", "2004-10-29"),
    "title_tt0936501_2022": ("Taken", 2008, 90, 7.8, 602040, "movie", "PG-13", "2009-01-30"),
    "title_tt2294629_2022": ("Frozen", 2013, 102, 7.4, 622311, "movie", "PG", "2013-11-27"),
    "title_tt2503944_2022": ("Burnt", 2015, 101, 6.6, 119182, "movie", "R", "2015-10-30"),
    "title_tt7462422_2023": ("Quality of Life", None, None, None, None, "tvMovie", None, None),
    "title_tt0114478_2017": ("Smoke", 1995, 112, 7.4, 29751, None, "R", None),
}
DIRECTORS = {
    "title_tt0086425_2022": {"James L. Brooks"},
    "title_tt0133093_2023": {"Lana Wachowski", "Lilly Wachowski"},
    "title_tt0114478_2017": {"Wayne Wang", "Paul Auster"},
    "nextdata_reference_tt0133093_movie_2025": {"Lana Wachowski", "Lilly Wachowski"},
}
TITLES = [path for path in FILES if re.match(r"title_|nextdata_reference_", path.name)]
OTHERS = [path for path in FILES if path not in TITLES]

pytestmark = pytest.mark.skipif(not FILES, reason="the recordings are not beside this checkout")


def each(paths: list[Path]) -> Callable[..., Any]:
    return pytest.mark.parametrize("path", paths, ids=[path.stem for path in paths])


def key(path: Path) -> str:
    found = re.search(r"tt\d+", path.name)
    assert found is not None
    return f"title/{found[0]}"


def answer(path: Path) -> Response:
    return Response(200, {}, path.read_bytes())


def parsed_of(path: Path) -> Parsed:
    verdict, parsed = read(IMDB, key(path), answer(path))
    assert verdict.outcome is Outcome.OK, verdict
    assert parsed is not None
    return parsed


@pytest.mark.parametrize("name", CHECKED)
def test_a_recorded_title_page_has_its_known_values(name: str):
    title, year, minutes, rating, votes, kind, certificate, _ = CHECKED[name]
    parsed = parsed_of(FOLDER / f"{name}.html")
    rows = rows_by_kind(parsed.records)
    (facts,) = rows["film_facts"]
    assert (facts["title"], facts["original_title"]) == (title, title)
    assert (facts["release_year"], facts["runtime_minutes"], facts["certificate"]) == (year, minutes, certificate)
    assert facts.get("title_type") == kind
    scores = [(row["value"], row["votes"]) for row in rows["scores"] if row["system"] == "imdb"]
    assert scores == ([(rating, votes)] if votes else [])
    assert parsed.ids == {"imdb": key(FOLDER / name).removeprefix("title/")}


@pytest.mark.parametrize("name", [name for name in CHECKED if "2017" not in name])
def test_a_recorded_title_pages_linked_data_is_read(name: str):
    (linked,) = linked_data(document((FOLDER / f"{name}.html").read_bytes()))
    assert linked["name"] == CHECKED[name][0]
    assert linked.get("datePublished") == CHECKED[name][7]
    assert "alternateName" not in linked
    assert "&" not in linked.get("description", "")


def test_the_page_of_taken_does_not_take_americas_day_for_the_first():
    rows = rows_by_kind(parsed_of(FOLDER / "title_tt0936501_2022.html").records)
    assert (rows["film_facts"][0]["release_year"], rows["film_facts"][0]["release_date"]) == (2008, None)
    assert [(row["country"], row["released_on"]) for row in rows["release_dates"]] == [("US", "2009-01-30")]


def test_the_reference_fetched_from_italy_is_not_italian():
    rows = rows_by_kind(parsed_of(FOLDER / "nextdata_reference_tt0133093_movie_2025.json").records)
    (facts,) = rows["film_facts"]
    assert (facts["title"], facts["original_title"], facts["certificate"]) == ("The Matrix", "The Matrix", "R")
    assert (facts["release_year"], facts["release_date"], facts["runtime_minutes"]) == (1999, None, 136)
    assert (facts["budget_usd"], facts["revenue_usd"]) == (63_000_000, 467_845_851)
    released = [(row["country"], row["released_on"], row["certificate"]) for row in rows["release_dates"]]
    assert released == [("IT", "1999-05-07", "T")]
    assert [row["value"] for row in rows["scores"]] == [8.7, 73.0]
    assert [row["country"] for row in rows["film_countries"]] == ["US", "AU"]
    jobs = Counter(row["job"] for row in rows["credits"])
    assert (jobs["director"], jobs["writer"], jobs["producer"], jobs["composer"], jobs["editor"]) == (2, 2, 10, 1, 1)
    cast = {row["person_id"] for row in rows["credits"] if row["job"] == "actor"}
    assert len(cast) == 41
    assert ("imdb:nm0000206", "Neo", 0) in {
        (row["person_id"], row["character"], row["billing"]) for row in rows["credits"] if row["job"] == "actor"
    }


def test_the_reference_of_an_episode_is_read():
    rows = rows_by_kind(parsed_of(FOLDER / "nextdata_reference_tt1628065_tvEpisode_2025.json").records)
    (facts,) = rows["film_facts"]
    assert (facts["title"], facts["title_type"], facts["release_year"]) == ("Tell It to the Frogs", "tvEpisode", 2010)
    assert (facts["certificate"], facts["release_date"], facts["runtime_minutes"]) == ("TV-14", "2010-11-14", 45)
    assert [(row["value"], row["votes"]) for row in rows["scores"]] == [(8.2, 19434)]
    assert [row["genre"] for row in rows["film_genres"]] == ["Drama", "Horror", "Thriller"]
    jobs = Counter(row["job"] for row in rows["credits"])
    assert (jobs["director"], jobs["writer"], jobs["casting director"]) == (1, 6, 2), "three write twice"


@pytest.mark.parametrize("name", DIRECTORS)
def test_a_recorded_film_has_its_directors(name: str):
    (path,) = [path for path in TITLES if path.stem == name]
    rows = rows_by_kind(parsed_of(path).records)
    people = {row["person_id"]: row["name"] for row in rows["people"]}
    assert {people[row["person_id"]] for row in rows["credits"] if row["job"] == "director"} == DIRECTORS[name]


@each([path for path in TITLES if path.suffix == ".html" and "2017" not in path.name])
def test_a_recorded_title_page_gives_every_row_it_was_sent(path: Path):
    found = DATA.search(path.read_bytes())
    assert found is not None
    main = json.loads(found[2])["props"]["pageProps"]["mainColumnData"]
    rows = rows_by_kind(parsed_of(path).records)
    cast = [edge["node"] for edge in main["cast"]["edges"]]
    assert len({row["person_id"] for row in rows["credits"] if row["job"] == "actor"}) == len(cast)
    assert len([row for row in rows["credits"] if row["job"] == "actor"]) == sum(
        len(node["characters"] or [""]) for node in cast
    )
    similar = [edge["node"]["id"] for edge in main["moreLikeThisTitles"]["edges"]]
    assert [row["value"] for row in rows["similar_films"]] == similar


@each(TITLES)
def test_a_recorded_title_fits_the_tables(path: Path):
    store(empty_database(), "imdb", parsed_of(path).records)


@each(TITLES)
def test_a_recorded_title_is_recognized_and_refused_for_another(path: Path):
    assert IMDB.recognize(path.read_bytes()) == key(path)
    with pytest.raises(ValueError, match="asked for tt0000001, the page is about"):
        IMDB.parse("title/tt0000001", answer(path))


@each(OTHERS)
def test_what_is_no_title_page_raises_only_a_value_error_and_is_not_recognized(path: Path):
    assert IMDB.recognize(path.read_bytes()) is None
    for asked in ("title/tt0133093", "title/tt0034583", "title/tt0133093/reference"):
        with pytest.raises(ValueError, match=r"not a title page|unexpected|JSON"):
            IMDB.parse(asked, answer(path))


@each([path for path in OTHERS if re.match(r"nextdata_|parentalguide", path.name)])
def test_another_tab_says_that_it_is_no_title_page(path: Path):
    with pytest.raises(ValueError, match="not a title page"):
        IMDB.parse("title/tt0133093", answer(path))


def test_the_recorded_walls_close_the_lane():
    body = (FOLDER / "error_waf_challenge_202_body.html").read_bytes()
    head = (FOLDER / "error_waf_challenge_202_empty.http").read_text().splitlines()
    headers = dict(line.lower().split(": ", 1) for line in head[1:] if ": " in line)
    forbidden = (FOLDER / "error_graphql_403_body.html").read_bytes()
    for wall in (
        Response(202, headers, b""),
        Response(202, {}, body),
        Response(200, {}, body),
        Response(403, {}, forbidden),
    ):
        for seen in (wall, IMDB.scrub(wall)):
            assert IMDB.judge(seen).outcome is Outcome.DENIED
            assert IMDB.judge(seen).reason == "blocked"


@each(FILES)
def test_a_recorded_body_is_read_alike_once_scrubbed_and_scrubbing_again_changes_nothing(path: Path):
    asked = key(path) if path in TITLES else "title/tt0133093"
    sent = answer(path)
    kept = IMDB.scrub(sent)
    assert IMDB.scrub(kept) == kept
    (verdict, parsed), (verdict_of_kept, parsed_of_kept) = (read(IMDB, asked, it) for it in (sent, kept))
    assert parsed_of_kept == parsed
    assert IMDB.recognize(kept.body) == IMDB.recognize(sent.body)
    if path in TITLES:
        assert verdict_of_kept == verdict


@each(TITLES)
def test_of_a_recorded_page_nothing_of_the_asker_is_kept(path: Path):
    kept = IMDB.scrub(answer(path)).body
    for word in (b"requestContext", b"sessionId", b"ipAddress", b"nickName", b"ue_id", b"fls-na", b"000-0000000"):
        assert word not in kept, word
    found = re.search(rb"\"requestId\":\s*\"([A-Z0-9]{20})\"", path.read_bytes())
    assert found is None or found[1] not in kept


def _spoilt_page(body: bytes, dice: random.Random) -> bytes:
    """The page with some of its data gone or replaced by junk."""
    found = DATA.search(body)
    data = json.loads(found[2] if found else body)
    page = data["props"]["pageProps"]
    half = dice.choice(("aboveTheFoldData", "mainColumnData"))
    if dice.random() < 0.1:
        page[half] = dice.choice(JUNK)
    else:
        for _ in range(dice.randint(1, 30)):
            page[half][dice.choice([*page[half]])] = dice.choice(JUNK)
        page[half] = json.loads(damage.spoilt(page[half], dice, JUNK))
    spoilt = json.dumps(data).encode().replace(b"<", b"\\u003c")
    return body[: found.start(2)] + spoilt + body[found.end(2) :] if found else spoilt


def test_damage_to_a_recorded_page_never_escapes():
    dice, db = random.Random(1999), empty_database()
    # scrubbed pages are a twentieth of the size, and have all that is read
    sent = [(key(path), path.name, IMDB.scrub(answer(path)).body) for path in TITLES if "reference" not in path.name]
    outcomes: Counter[Outcome] = Counter()
    for _ in range(250):
        asked, name, body = dice.choice(sent)
        spoilt = _spoilt_page(body, dice) if dice.random() < 0.7 and "2017" not in name else damage.damaged(body, dice)
        response = Response(200, {}, spoilt)
        try:
            parsed: Parsed | None = IMDB.parse(asked, response)
        except ValueError:
            parsed = None
        outcomes[read(IMDB, asked, response)[0].outcome] += 1
        IMDB.judge(IMDB.scrub(response))
        IMDB.recognize(spoilt)
        if parsed is not None:
            assert parsed.ids == {"imdb": asked.removeprefix("title/")}
            store(db, "imdb", parsed.records)
    assert outcomes[Outcome.OK] > 50
    assert outcomes[Outcome.RETRY] > 10
    assert outcomes[Outcome.BROKEN] > 10


@each([path for path in TITLES if path.suffix == ".html"])
def test_a_recorded_page_that_is_cut_is_asked_for_again(path: Path):
    dice, body = random.Random(7), path.read_bytes().rstrip()
    for _ in range(10):
        cut = Response(200, {}, body[: dice.randrange(len(body) - len(b"</html>"))])
        assert IMDB.judge(cut).reason == "bad_payload"
        assert IMDB.judge(IMDB.scrub(cut)).reason == "bad_payload"
