"""IMDb's pages: what cases in files cannot say, above all what of a page is never kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mwi_crawl.model import MediaType, Outcome, Response, Seed
from mwi_crawl.sources.imdb import Imdb

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "imdb"
BODIES = sorted(FIXTURES.glob("*.body"))
IMDB = Imdb()
KEY = "title/tt9900001"
SESSION, ADDRESS = "144-1234567-7654321", "203.0.113.9"
PLANTED = ("planted", "PLANTED", SESSION, ADDRESS, "60.1699", "24.9384", "da29", "requestContext")


def body(name: str) -> bytes:
    return (FIXTURES / f"{name}.body").read_bytes()


def page(data: Any, head: str = "", foot: str = "") -> bytes:
    sent = json.dumps(data).replace("<", "\\u003c")
    return (
        f'<!DOCTYPE html><html lang="en-US"><head>{head}</head><body>{foot}'
        f'<script id="__NEXT_DATA__" type="application/json">{sent}</script></body></html>'
    ).encode()


def title(above: dict[str, Any] | None = None, main: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    half = {"id": "tt9900001", "titleText": {"text": "Glass Harbour"}, **(above or {})}
    inner = {"tconst": "tt9900001", "aboveTheFoldData": half, "mainColumnData": main or {}}
    return {"props": {"pageProps": {**inner, **more}}, "page": "/title/[tconst]"}


def facts(above: dict[str, Any] | None = None, main: dict[str, Any] | None = None) -> dict[str, Any]:
    parsed = IMDB.parse(KEY, Response(200, {}, page(title(above, main))))
    (row,) = [record.values for record in parsed.records if record.kind == "film_facts"]
    return dict(row)


def test_a_title_is_asked_for_by_its_imdb_id_and_by_nothing_else():
    assert IMDB.plan(Seed({"imdb": "tt0133093"}, "The Matrix", None, 1999)) == ("title/tt0133093",)
    assert IMDB.plan(Seed({"imdb": "tt0903747"}, media_type=MediaType.TV)) == ("title/tt0903747",)
    assert IMDB.plan(Seed({"tmdb_movie": "603"}, "The Matrix", None, 1999)) == ()
    request = IMDB.request(["title/tt0133093"])
    assert request.path == "/title/tt0133093/", "without the slash there is a redirect"
    assert request.headers == {"Accept-Language": "en-US"}
    assert IMDB.request(["title/tt0133093/reference"]).path == "/title/tt0133093/reference/"


@pytest.mark.parametrize(
    "key", ["title/", "title/nm0000206", "title/tt0133093/awards", "find/tt0133093", "title/tt0000000"]
)
def test_a_key_of_another_shape_is_refused(key: str):
    with pytest.raises(ValueError, match="not a key of IMDb"):
        IMDB.request([key])
    with pytest.raises(ValueError, match="not a key of IMDb"):
        IMDB.parse(key, Response(200, {}, body("title_page_with_everything")))


def test_it_is_off_and_says_what_to_do_instead():
    assert not IMDB.enabled
    assert "does not permit" in IMDB.why_off
    assert "datasets fetch" in IMDB.why_off
    assert "import pages" in IMDB.why_off


def test_the_page_of_another_title_is_refused_by_both_names():
    with pytest.raises(ValueError, match="asked for tt9900005, the page is about tt9900001"):
        IMDB.parse("title/tt9900005", Response(200, {}, body("title_page_with_everything")))


def test_a_page_that_names_two_titles_is_refused_by_both_names():
    with pytest.raises(ValueError, match="the page is about tt9900001 and tt9900002"):
        IMDB.parse(KEY, Response(200, {}, body("title_page_about_two_titles")))
    two = body("title_page_of_2017").replace(
        b'property="pageId" content="tt9900001"', b'property="pageId" content="tt9900002"'
    )
    with pytest.raises(ValueError, match="the page is about tt9900001 and tt9900002"):
        IMDB.parse(KEY, Response(200, {}, two))


@pytest.mark.parametrize("path", BODIES, ids=[path.stem for path in BODIES])
def test_a_saved_page_is_recognized_by_its_own_proof(path: Path):
    of_a_title = path.stem.startswith(("title_page", "reference_page"))
    expected = KEY if of_a_title and path.stem != "title_page_about_two_titles" else None
    if path.stem == "title_page_about_another_title":
        expected = "title/tt9900002"
    assert IMDB.recognize(path.read_bytes()) == expected


def test_a_page_saved_with_rewritten_addresses_is_recognized():
    saved = body("title_page_with_everything").replace(b'href="https://www.imdb.com/', b'href="./Glass_files/')
    assert IMDB.recognize(b"<!-- saved from url=(0036)https://www.imdb.com/title/tt9900001/ -->\n" + saved) == KEY


@pytest.mark.parametrize("path", BODIES, ids=[path.stem for path in BODIES])
def test_nothing_of_the_asker_and_of_strangers_is_kept_of_a_case(path: Path):
    kept = IMDB.scrub(Response(200, {}, path.read_bytes())).body.decode()
    assert not [word for word in PLANTED if word in kept]


def test_the_cases_have_the_planted_values_to_begin_with():
    everywhere = b"".join(path.read_bytes() for path in BODIES).decode()
    assert not [word for word in PLANTED if word not in everywhere]


PLACES = {
    "request context": page(title(requestContext={"ipAddress": ADDRESS, "sidecar": {"sessionId": SESSION}})),
    "campaigns": page(title(cmsContext={"x": {"symphonyMetadata": {"sessionId": SESSION, "customerId": "planted"}}})),
    "query of the page": page({**title(), "query": {"tconst": "tt9900001", "session": SESSION}}),
    "inside the title's data": page(
        title({"x": [{"sessionId": SESSION, "ipAddress": ADDRESS, "csrfToken": "planted"}]})
    ),
    "coordinates inside the title's data": page(title({"place": {"latitude": "60.1699", "longitude": "24.9384"}})),
    "headers inside the title's data": page(title({"headers": {"x-forwarded-for": ADDRESS, "cookie": "planted"}})),
    "an address inside the title's data": page(title({"link": {"url": f"https://x/?sid={SESSION}"}})),
    "a script": page(title(), foot=f"<script>var ue_sid='{SESSION}', ip='{ADDRESS}', c='at-main=planted'</script>"),
    "a script in the head": page(title(), head=f'<script>window.x={{"sessionId":"{SESSION}"}}</script>'),
    "a picture": page(title(), foot=f"<noscript><img src='//fls-na.amazon.com/1/OP/A:{SESSION}:PLANTED$'></noscript>"),
    "a form": page(title(), foot='<form><input type="hidden" name="csrf" value="planted"></form>'),
    "a meta element": page(title(), head='<meta name="csrf-token" content="planted">'),
    "the name of who is signed in": page(title(), foot='<div id="navUserMenu"><span>planted</span></div>'),
    "a review": page(title(), foot='<section data-testid="x"><a href="/user/ur1">planted</a></section>'),
    "a review in the data": page(title({"featuredReviews": {"edges": [{"node": {"text": "planted"}}]}})),
    "the author of a summary": page(title(main={"summaries": {"edges": [{"node": {"author": "planted"}}]}})),
    "a comment": page(title(), foot=f"<!-- {SESSION} planted -->"),
    "its data in ruins": page(title()).replace(b'{"props"', b'{props, "sessionId": "%s", "ip' % SESSION.encode()),
    "an unknown layout's scripts": f"<html><script>var requestId='PLANTED1', s='{SESSION}'</script>"
    f"<p data-x='PLANTED1'>Glass</p><img src='//fls-eu.amazon.de/{SESSION}'></html>".encode(),
    "an unknown layout's links": f'<html><a href="/ap/{SESSION}/x">Glass</a></html>'.encode(),
    "the data alone": json.dumps(title(requestContext={"ipAddress": ADDRESS, "requestId": "PLANTED1"})).encode(),
    "linked data": page(
        title(),
        head='<script type="application/ld+json">{"url":"/title/tt9900001/",'
        '"review":{"author":{"name":"planted"}},"author":"planted"}</script>',
    ),
}


@pytest.mark.parametrize("place", PLACES)
def test_what_is_planted_in_a_page_is_not_kept(place: str):
    sent = Response(200, {}, PLACES[place])
    assert [word for word in PLANTED if word.encode() in sent.body]
    kept = IMDB.scrub(sent)
    assert not [word for word in PLANTED if word.encode() in kept.body]
    assert IMDB.scrub(kept) == kept
    assert kept.body, "the rest of the page is there"


def test_cookies_and_ids_in_headers_are_not_kept():
    headers = {"set-cookie": f"session-id={SESSION}", "x-amz-rid": "PLANTED", "content-type": "text/html"}
    kept = IMDB.scrub(Response(200, headers, page(title())))
    assert kept.headers == {"content-type": "text/html"}


@pytest.mark.parametrize("status", [202, 401, 403, 404, 429, 500, 503])
def test_of_an_error_no_words_are_kept(status: int):
    kept = IMDB.scrub(Response(status, {}, f"<html>Your IP: {ADDRESS}</html>".encode()))
    assert kept.body == b""
    assert IMDB.judge(kept) == IMDB.judge(Response(status, {}, b"<html>"))


def test_of_a_wall_only_its_mark_is_kept_and_it_is_still_a_wall():
    for status in (200, 202, 403, 503):
        wall = Response(status, {}, body("wall_with_its_page"))
        kept = IMDB.scrub(wall)
        assert b"planted" not in kept.body
        assert IMDB.judge(kept) == IMDB.judge(wall)
        assert IMDB.judge(kept).outcome is Outcome.DENIED


def test_a_wall_is_told_with_the_header_that_showed_it():
    verdict = IMDB.judge(Response(202, {"x-amzn-waf-action": "challenge"}, b""))
    assert verdict.reason == "blocked"
    assert verdict.message == "IMDb answered with a bot challenge (HTTP 202, x-amzn-waf-action)"


def test_a_hostile_page_is_refused_whole():
    hostile = b"<html>" + b"<div>" * 300_000 + b"</html>"
    with pytest.raises(ValueError, match="hostile_html"):
        IMDB.scrub(Response(200, {}, hostile))
    with pytest.raises(ValueError, match="hostile_html"):
        IMDB.parse(KEY, Response(200, {}, hostile))
    assert IMDB.recognize(hostile) is None


@pytest.mark.parametrize(
    ("seconds", "minutes"), [(8160, 136), (89, 1), (90, 2), (20, 1), (0, None), (None, None), ("x", None)]
)
def test_seconds_become_whole_minutes_and_half_a_minute_counts(seconds: Any, minutes: int | None):
    assert facts({"runtime": {"seconds": seconds}})["runtime_minutes"] == minutes


@pytest.mark.parametrize(
    ("rating", "country", "certificate"),
    [
        ("R", "US", "R"),
        ("12", "DE", None),
        ("R", "CA", None),
        ("R", None, "R"),
        ("12A", None, None),
        ("(Banned)", "US", "(Banned)"),
    ],
)
def test_only_an_american_certificate_is_the_films(rating: str, country: str | None, certificate: str | None):
    day = {"year": 2011, "month": 3, "day": 9, "country": country and {"id": country}}
    assert facts({"certificate": {"rating": rating}}, {"releaseDate": day})["certificate"] == certificate


@pytest.mark.parametrize(
    ("day", "released"),
    [
        ({"year": 2011, "month": 3, "day": 9}, "2011-03-09"),
        ({"year": 2011, "month": 3, "day": None}, "2011-03"),
        ({"year": 2011, "month": None, "day": 9}, "2011"),
        ({"year": 2011, "month": 2, "day": 31}, "2011-02"),
        ({"year": 2012, "month": 3, "day": 9}, None),
        ({"year": None, "month": 3, "day": 9}, None),
        (None, None),
    ],
)
def test_the_day_of_release_is_taken_as_far_as_it_is_known(day: Any, released: str | None):
    assert facts({"releaseYear": {"year": 2011}, "releaseDate": day})["release_date"] == released


def test_the_shown_title_is_taken_only_from_a_page_in_american_english():
    names = {"titleText": {"text": "Shown"}, "originalTitleText": {"text": "Original"}}
    english, german = page(title(names)), page(title(names)).replace(b'lang="en-US"', b'lang="de-DE"')
    shown = [IMDB.parse(KEY, Response(200, {}, sent)).records for sent in (english, german)]
    assert [row.values["title"] for rows in shown for row in rows if row.kind == "film_facts"] == ["Shown", "Original"]


def test_money_in_other_currencies_is_not_taken_for_dollars():
    money = {
        "productionBudget": {"budget": {"amount": 5, "currency": "GBP"}},
        "worldwideGross": {"total": {"amount": 7}},
    }
    assert facts(main=money)["budget_usd"] is None
    assert facts(main=money)["revenue_usd"] is None


def test_an_unrated_title_has_no_score():
    unrated = page(title({"ratingsSummary": {"aggregateRating": None, "voteCount": 0}}))
    parsed = IMDB.parse(KEY, Response(200, {}, unrated))
    assert "scores" in parsed.speaks_of
    assert not [record for record in parsed.records if record.kind == "scores"]


def test_a_page_says_nothing_about_what_it_leaves_out():
    parsed = IMDB.parse(KEY, Response(200, {}, page(title())))
    assert parsed.speaks_of == ("film_facts",)
    assert [record.kind for record in parsed.records] == ["film_facts"]


def test_a_page_without_any_title_is_refused():
    with pytest.raises(ValueError, match="has no title"):
        IMDB.parse(KEY, Response(200, {}, page(title({"titleText": None}))))


def test_credits_in_the_manner_of_2025_are_read():
    concept = "amzn1.imdb.concept.name_credit_category.{}-4708-4238-9542-04641e7c8171"

    def person(id: str, *roles: str) -> dict[str, Any]:
        parts = {"edges": [{"node": {"name": role}} for role in roles]}
        found = {"name": {"id": id, "nameText": {"text": f"Person {id}"}}}
        return found | {"creditedRoles": {"edges": [{"node": {"characters": parts}}]}} if roles else found

    groups = [
        {"grouping": {"groupingId": concept.format("ace5cb4c"), "text": "Directors"}, "credits": [person("nm9000001")]},
        {"grouping": {"groupingId": concept.format("12345678"), "text": "Unknown"}, "credits": [person("nm9000009")]},
    ]
    above = {"principalCreditsV2": groups, "castV2": [{"credits": [person("nm9000003")]}]}
    main = {"castV2": [{"credits": [person("nm9000003", "Vera", "Old Vera"), person("nm9000004")]}]}
    parsed = IMDB.parse(KEY, Response(200, {}, page(title(above, main))))
    found = [tuple(record.values.values()) for record in parsed.records if record.kind == "credits"]
    assert found == [
        ("imdb:nm9000001", "director", "Directors", "", 0),
        ("imdb:nm9000003", "actor", "Cast", "Vera", 0),
        ("imdb:nm9000003", "actor", "Cast", "Old Vera", 0),
        ("imdb:nm9000004", "actor", "Cast", "", 1),
    ]
    assert "credits" not in parsed.speaks_of, "a title page does not show them all"
