"""DoesTheDogDie: how it is asked, which entry is the film, what its answers mean, and what is never kept of them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_contract import FIXTURES, empty_database

from mwi_crawl.model import Allowance, Job, MediaType, Outcome, Request, Response, Seed
from mwi_crawl.parse import understand
from mwi_crawl.queries import sql
from mwi_crawl.sources.ddd import Ddd

DDD = Ddd()
MATRIX = Seed({"imdb": "tt0133093", "tmdb_movie": "603"}, "The Matrix", None, 1999, MediaType.MOVIE)


def answer(value: Any, status: int = 200, **headers: str) -> Response:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return Response(status, {name.replace("_", "-"): said for name, said in headers.items()}, body)


def entry(number: int = 7, **known: Any) -> dict[str, Any]:
    return {
        "id": number,
        "name": "The Matrix",
        "releaseYear": 1999,
        "itemTypeId": 15,
        "imdbId": None,
        "tmdbId": None,
        **known,
    }


def asked(key: str, *entries: dict[str, Any]) -> tuple[str, ...] | str | None:
    parsed = DDD.parse(key, answer(list(entries)))
    return parsed.absent or parsed.keys


# How it is asked


def test_a_film_is_looked_up_by_imdbs_id_then_tmdbs_then_its_title():
    assert DDD.plan(MATRIX) == (
        "items/imdb/tt0133093",
        "items/tmdb/603#imdb:tt0133093",
        "items/title/1999/The Matrix#imdb:tt0133093,tmdb_movie:603",
    )


def test_a_series_is_never_asked_as_a_film():
    seed = Seed({"tmdb_tv": "1396"}, "Breaking Bad", None, 2008, MediaType.TV)
    assert DDD.plan(seed) == ("items/tmdb_tv/1396", "items/title/2008/Breaking Bad#tmdb_tv:1396")
    assert DDD.request([DDD.plan(seed)[0]]) == Request("/api/v3/items", {"tmdb": "1396"})


@pytest.mark.parametrize("kind", [MediaType.EPISODE, MediaType.GAME, MediaType.OTHER])
def test_what_is_neither_film_nor_series_is_not_looked_up_by_title(kind: MediaType):
    assert DDD.plan(Seed({"imdb": "tt0000001"}, "Pilot", None, 2001, kind)) == ("items/imdb/tt0000001",)


def test_a_title_is_asked_with_its_year_and_without_one_as_words():
    (by_name,) = DDD.plan(Seed({"boxd": "2aNK"}, "100% #1: Wo/men", None, 1999))
    assert by_name == "items/title/1999/100%25 %231: Wo/men#boxd:2aNK"
    assert DDD.request([by_name]) == Request("/api/v3/items", {"name": "100% #1: Wo/men", "releaseYear": "1999"})
    assert DDD.request(["items/title//Dallas"]) == Request("/api/v3/items", {"q": "Dallas"})


def test_a_fragment_is_never_sent():
    assert DDD.request(["items/tmdb/603#imdb:tt0133093"]).params == {"tmdb": "603"}
    assert DDD.request(["item/10752#imdb:tt0133093"]) == Request("/api/v3/items/10752")


def test_the_vocabulary_is_asked_whole():
    assert [DDD.request([key]).path for key in DDD.standing] == ["/api/v3/topics", "/api/v3/topiccategories"]


@pytest.mark.parametrize(
    "key",
    [
        *("item/0", "item/../topics", "items/603", "items/imdb/603", "items/tmdb/tt0133093", "items/tmdb/603/x"),
        *("items/title/1999", "items/title/99/x", "media/5", "dddsearch", "", "itemtypes"),
    ],
)
def test_a_key_of_another_shape_is_neither_asked_nor_read(key: str):
    with pytest.raises(ValueError, match="DoesTheDogDie"):
        DDD.request([key])
    with pytest.raises(ValueError, match="DoesTheDogDie"):
        DDD.parse(key, answer([]))


def test_a_look_up_costs_two_requests():
    assert [DDD.cost(key) for key in (*DDD.plan(MATRIX), "item/7", "topics")] == [2, 2, 2, 1, 1]


def test_the_key_goes_in_its_own_header_without_what_was_pasted_along():
    credential = DDD.authorize({"DDD_API_KEY": ' "0123456789abcdef"\n'})
    assert credential is not None
    assert (credential.headers, credential.params) == ({"X-API-KEY": "0123456789abcdef"}, {})
    for unusable in ("", " ", "short", "ключ-ключ-ключ"):
        assert DDD.authorize({"DDD_API_KEY": unusable}) is None


def test_its_terms_are_kept():
    assert DDD.attribution == "Powered by DoesTheDogDie.com"
    assert (DDD.ttl_days, DDD.max_ttl_days) == (30, 30)
    assert DDD.rate.per_second * 60 <= 27
    assert DDD.metered


# Which entry is the film


def test_an_entry_is_taken_for_its_id_alone():
    assert asked("items/imdb/tt0133093", entry(imdbId="tt0133093", name="Matrix (junk)", releaseYear=None)) == (
        "item/7",
    )
    assert asked("items/imdb/tt0133093", entry()) == "not_found"
    assert asked("items/tmdb/603", entry(tmdbId="603")) == ("item/7",)
    assert asked("items/tmdb/603", entry(tmdbId=603, itemTypeId=16)) == "not_found"


def test_an_entry_with_another_id_of_the_film_is_not_taken():
    assert asked("items/tmdb/603#imdb:tt0133093", entry(tmdbId=603, imdbId="tt0000005")) == "not_found"
    key = DDD.plan(MATRIX)[-1]
    assert asked(key, entry(imdbId="tt0000005")) == "not_found"
    assert asked(key, entry(tmdbId=604)) == "not_found"
    assert asked(key, entry(tmdbId=603, itemTypeId=16)) == "not_found"


def test_an_entry_that_is_only_of_the_same_title_keeps_the_askers_ids():
    # two films of one title and year would else be made one by the question they share
    key = DDD.plan(MATRIX)[-1]
    assert asked(key, entry()) == ("item/7#imdb:tt0133093,tmdb_movie:603",)
    assert asked(key, entry(tmdbId=603)) == ("item/7",)
    other = DDD.plan(Seed({"imdb": "tt0000005"}, "The Matrix", None, 1999, MediaType.MOVIE))[-1]
    assert asked(other, entry()) == ("item/7#imdb:tt0000005",)


def test_a_film_known_by_its_title_alone_asks_for_the_entry_itself():
    key = DDD.plan(Seed({"boxd": "2aNK"}, "The Matrix", None, 1999))[-1]
    assert asked(key, entry(imdbId="tt0133093")) == ("item/7",)


@pytest.mark.parametrize(
    "other", [{"name": "The Matrix Reloaded"}, {"releaseYear": 2000}, {"releaseYear": None}, {"releaseYear": "Unknown"}]
)
def test_a_similar_title_is_not_the_title(other: dict[str, Any]):
    assert asked("items/title/1999/The Matrix", entry(**other)) in ("ambiguous", "not_found")


def test_of_entries_about_one_film_the_one_with_most_votes_is_taken():
    one, two = entry(7, numRatings=5), entry(8, numRatings=900)
    assert asked("items/title/1999/The Matrix", one, two) == ("item/8",)
    assert asked("items/title/1999/The Matrix", entry(7), entry(8, tmdbId=603)) == ("item/8",)
    assert asked("items/title/1999/The Matrix", entry(7), entry(8)) == "ambiguous"
    assert asked("items/title/1999/The Matrix", entry(7, tmdbId=1), entry(8, tmdbId=2, numRatings=9)) == "ambiguous"
    assert asked("items/title/1999/The Matrix", one, one) == ("item/7",)


def test_what_a_person_has_to_decide_is_offered_by_the_key_it_leads_to():
    parsed = DDD.parse(DDD.plan(MATRIX)[-1], answer([entry(7), entry(8)]))
    assert parsed.match is not None
    assert parsed.match.chosen is None
    offered = [candidate.id for candidate in parsed.match.candidates]
    assert offered == [f"item/{number}#imdb:tt0133093,tmdb_movie:603" for number in (7, 8)]
    assert [DDD.request([key]).path for key in offered] == ["/api/v3/items/7", "/api/v3/items/8"]


# What an answer means


def warnings(key: str, *stats: dict[str, Any], **about: Any) -> list[tuple[Any, ...]]:
    parsed = DDD.parse(key, answer(entry(**about) | {"topicItemStats": list(stats)}))
    return [tuple(record.values[name] for name in ("topic", "yes", "no")) for record in parsed.records]


def test_an_answer_about_another_entry_is_no_answer():
    stat = {"topicName": "a pony is lost", "yesSum": 1, "noSum": 2}
    assert warnings("item/7", stat, number=7) == [("a pony is lost", 1, 2)]
    with pytest.raises(ValueError, match="not about entry 8"):
        warnings("item/8", stat, number=7)


def test_of_a_topic_that_comes_twice_the_row_with_more_votes_is_taken():
    few, many = ({"topicName": "a pony is lost", "yesSum": votes, "noSum": 0} for votes in (2, 90))
    assert warnings("item/7", few, many) == warnings("item/7", many, few) == [("a pony is lost", 90, 0)]


def test_a_refusal_without_words_goes_by_the_month_that_is_left():
    spent = {"x_ratelimit_limit_month": "5000", "x_ratelimit_remaining_month": "0"}
    verdict = DDD.judge(answer(b"Too Many Requests", 429, **spent))
    assert (verdict.outcome, verdict.period) == (Outcome.SPENT, "month")
    assert DDD.judge(answer(b"Too Many Requests", 429)).outcome is Outcome.REFUSED
    minute = {"error": "rate_limit_exceeded"}
    assert DDD.judge(answer(minute, 429, **spent)).outcome is Outcome.REFUSED


def test_a_spent_month_says_that_it_is_the_month():
    verdict = DDD.judge(answer({"error": "monthly_limit_exceeded", "message": "x"}, 429))
    assert (verdict.outcome, verdict.period) == (Outcome.SPENT, "month")


@pytest.mark.parametrize(
    ("response", "outcome", "reason"),
    [
        (answer(b"", 403), Outcome.RETRY, "bad_payload"),
        (answer(b"Forbidden", 403), Outcome.RETRY, "bad_payload"),
        (answer(b"<html>1020: used Cloudflare to restrict access</html>", 403), Outcome.DENIED, "blocked"),
        (answer(b"", 403, cf_mitigated="challenge"), Outcome.DENIED, "blocked"),
        (answer(b"", 202, x_amzn_waf_action="challenge"), Outcome.DENIED, "blocked"),
        (answer(b"<html>used cloudflare to restrict access</html>", 429), Outcome.REFUSED, "http_429"),
        (answer(b"", 429, cf_mitigated="challenge"), Outcome.DENIED, "blocked"),
        (answer(b"<html>", 401), Outcome.DENIED, "key_rejected"),
        (answer({"message": "Unauthorized"}, 401), Outcome.DENIED, "key_rejected"),
        (answer({"oops": 1}, 500), Outcome.RETRY, "http_5xx"),
        (answer(b"<html>502</html>", 502), Outcome.RETRY, "bad_payload"),
        (answer(b"", 503), Outcome.RETRY, "http_5xx"),
        (answer(b"null"), Outcome.RETRY, "bad_payload"),
        (answer(b'"fine"'), Outcome.RETRY, "bad_payload"),
        (answer(b"", 304), Outcome.OK, "not_modified"),
        (answer({"error": {"code": 1}}, 400), Outcome.BROKEN, "http_400"),
    ],
)
def test_an_error_has_its_outcome_scrubbed_or_not(response: Response, outcome: Outcome, reason: str):
    for each in (response, DDD.scrub(response)):
        verdict = DDD.judge(each)
        assert (verdict.outcome, verdict.reason) == (outcome, reason)


def test_what_is_left_is_told_by_every_answer():
    headers = {"x_ratelimit_limit_minute": "30", "x_ratelimit_remaining_minute": "28"}
    headers |= {"x_ratelimit_limit_month": "5000", "x_ratelimit_remaining_month": "4711"}
    assert DDD.allowances(answer([], 200, **headers)) == (Allowance("minute", 30, 28), Allowance("month", 5000, 4711))


@pytest.mark.parametrize(
    ("limit", "left"), [("", "1"), ("30", "x"), ("30", "31"), ("30", "-1"), ("0", "0"), ("∞", "1")]
)
def test_nonsense_about_what_is_left_is_not_believed(limit: str, left: str):
    told = {"x_ratelimit_limit_month": limit, "x_ratelimit_remaining_month": left}
    assert DDD.allowances(answer([], 200, **told)) == ()


def test_the_months_limit_is_a_setting_and_0_means_unknown():
    assert DDD.quotas() == {"month": 5000}
    assert Ddd({"monthly_limit": 500_000}).quotas() == {"month": 500_000}
    assert Ddd({"monthly_limit": 0}).quotas() == {}


# What is never kept

WORDS = "I wept all day."
NAMES_AND_IDS: dict[str, Any] = {"username": "Wanda Example", "UserId": 660661, "userId": 660661, "author": "Wanda"}
SAID = {"comment": WORDS, "triggerDescription": WORDS, "cueDescription": WORDS, "review": WORDS, "RatingId": 660664}
PERSON = {
    **NAMES_AND_IDS,
    **SAID,
    "isAnonymous": 0,
    "commentUserIds": "660662,660663",
    "legacyUserId": 660665,
    "comments": [{"id": 660664, "name": "Wanda Example", **SAID, **NAMES_AND_IDS}],
    "User": {"id": 660661, "name": "Wanda Example", "email": "wanda@example.org"},
}
TRACES = (b"Wanda", b"66066", b"wept", b"example.org", b"isAnonymous", b"sailor_of", b"9001", b"4711", b"88020")
ALL_BODIES = sorted((FIXTURES / "ddd").glob("*.body"))


def everywhere(value: Any) -> Any:
    """The same answer with a person in every object of it."""
    if isinstance(value, list):
        return [everywhere(each) for each in value]
    return {name: everywhere(part) for name, part in value.items()} | PERSON if isinstance(value, dict) else value


def without_trace(response: Response) -> bool:
    return not any(trace in DDD.scrub(response).body for trace in TRACES)


@pytest.mark.parametrize("path", ALL_BODIES, ids=[path.stem for path in ALL_BODIES])
def test_a_person_anywhere_in_an_answer_is_not_kept(path: Any):
    body = path.read_bytes()
    try:
        sent = json.loads(body)
    except ValueError:
        sent = None
    assert without_trace(answer(body))
    if sent is not None:
        assert without_trace(answer(everywhere(sent)))
        assert DDD.scrub(answer(everywhere(sent))) == DDD.scrub(answer(sent)), (
            "a person, and nothing else, is taken out"
        )


def test_of_peoples_ratings_nothing_but_what_they_are_about_is_kept():
    rating = {"id": 660664, "yes": 1, "no": 0, "voteSum": 3, "itemId": 501, "topicId": 201, **PERSON}
    assert DDD.scrub(answer([rating])).body == b'[{"itemId":501,"topicId":201}]'
    assert DDD.scrub(answer(rating)).body == b'{"itemId":501,"topicId":201}'


def test_a_person_in_the_place_of_a_value_is_not_kept():
    odd = entry(name={"first": "Wanda"}, genres=["drama", {"by": "Wanda"}, ["Wanda"]]) | {"topicItemStats": "Wanda"}
    assert without_trace(answer([odd, "Wanda", ["Wanda"]]))
    assert without_trace(answer("Wanda Example"))
    assert without_trace(answer({"data": {"items": [PERSON]}, "id": 660661, "name": "Wanda Example"}))


def test_of_a_page_nothing_but_the_mark_of_a_wall_is_kept():
    page = b"<html>Wanda Example wept <script>window._cf_chl_opt={}</script></html>"
    assert DDD.scrub(answer(page, 403)).body == b"(not JSON: nothing of it was kept) _cf_chl_opt"
    assert DDD.scrub(answer(b'{"username": "Wanda Exam')).body == b"(not JSON: nothing of it was kept)"


def test_an_answer_that_cannot_be_taken_apart_is_not_kept_at_all():
    deep = b'"\\ud83c",' + b"[" * 100_000 + b"]" * 100_000
    with pytest.raises(ValueError, match="nested"):
        DDD.scrub(answer(b"[" + deep + b"]"))
    result = understand(DDD, Job(1, "ddd", "item/501", 1), DDD.request(["item/501"]), answer(b"[" + deep + b"]"))
    assert result.outcome is Outcome.BROKEN
    assert result.response is not None
    assert result.response.body == b""


NAMES = ("id", "name", "item", "items", "topics", "topic", "topicItemStats", "TopicCategory", "itemTypeId", "topicId")
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None), max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from((*NAMES, "username")), inner, max_size=5)
    ),
    max_leaves=20,
)


@settings(max_examples=400, deadline=None, derandomize=True)
@given(sent=VALUES)
def test_scrubbing_again_changes_nothing(sent: Any):
    once = DDD.scrub(answer(sent))
    assert DDD.scrub(once) == once
    assert b"username" not in once.body


# What people see


def test_the_view_tells_the_share_of_votes_and_the_group_of_a_topic():
    db = empty_database()
    db.executescript(sql("view/v_content_warnings"))
    db.execute("update films set title = 'The Quiet Harbour', release_year = 1987")
    rows = [("a pony is lost", None, 3, 1), ("lamps flicker", "Light", 0, 0), ("a boat leaks", None, 0, 4)]
    for topic, category, yes, no in rows:
        values = {"film_id": 1, "source": "ddd", "topic": topic, "category": category, "yes": yes, "no": no}
        db.execute(sql("record/content_warnings"), values | {"comments": 2})
    for number, topic, category in (
        (201, "a pony is lost", 51),
        (209, "a pony is lost", 51),
        (202, "lamps flicker", 51),
    ):
        values = {"source": "ddd", "topic_id": number, "topic": topic, "category_id": category}
        db.execute(sql("record/warning_topics"), values)
    db.execute(sql("record/warning_categories"), {"source": "ddd", "category_id": 51, "category": "Creatures"})
    shown = db.execute(
        "select title, release_year, topic, category, yes, no, yes_share from v_content_warnings"
    ).fetchall()
    film = ("The Quiet Harbour", 1987)
    assert sorted(shown) == [
        (*film, "a boat leaks", None, 0, 4, 0.0),
        (*film, "a pony is lost", "Creatures", 3, 1, 0.75),
        (*film, "lamps flicker", "Light", 0, 0, None),
    ]
