"""TMDb: which keys a film needs, how they are asked, whose key is sent how, and what errors mean."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Mapping

import pytest

from mwi_crawl.model import MediaType, Outcome, Response, Seed, Wanted
from mwi_crawl.sources import discover
from mwi_crawl.sources._values import day, moment, number, text, whole
from mwi_crawl.sources.tmdb import Tmdb

TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJhdWQiOiJ4In0.s-i_g"
API_KEY = "0123456789abcdefABCDEF0123456789"
TMDB = Tmdb()


def plan(ids: Mapping[str, str], title: str | None = None, year: int | None = None, kind: MediaType | None = None):
    return list(TMDB.plan(Seed(ids, title, None, year, kind)))


def answer(body: object, status: int = 200) -> Response:
    return Response(status, {}, body if isinstance(body, bytes) else json.dumps(body).encode())


def test_tmdb_is_found():
    assert discover()["tmdb"] is Tmdb


def test_a_known_tmdb_id_is_asked_directly():
    assert plan({"tmdb_movie": "603"}) == ["movie/603"]
    assert plan({"tmdb_tv": "1396"}) == ["tv/1396"]


def test_a_merged_tmdb_id_is_found_again_by_the_imdb_id():
    assert plan({"imdb": "tt0133093", "tmdb_movie": "603"}) == ["movie/603", "find/tt0133093"]


def test_the_last_resort_of_an_imdb_id_names_its_asker():
    assert plan({"imdb": "tt0069293", "boxd": "2aNK"}, "Solaris", 1972, MediaType.MOVIE) == [
        "find/tt0069293",
        "search/movie/1972/Solaris#tt0069293",
        "search/movie/~1972/Solaris#tt0069293",
        "search/tv/1972/Solaris#tt0069293",
    ]


def test_two_films_of_one_title_and_year_do_not_share_a_job():
    one, other = plan({"boxd": "2aNK"}, "Alone", 2020), plan({"boxd": "9zQx"}, "Alone", 2020)
    assert {key.partition("#")[2] for key in one} == {"boxd:2aNK"}
    assert not set(one) & set(other)


def test_a_letterboxd_slug_names_the_asker_where_there_is_no_short_link():
    assert plan({"letterboxd": "alone-2020"}, "Alone", 2020)[0] == "search/movie/2020/Alone#letterboxd:alone-2020"


def test_a_film_without_ids_is_searched_without_fragment():
    assert plan({}, "The Matrix", 1999)[0] == "search/movie/1999/The Matrix"
    assert plan({}, "The Matrix") == ["search/movie//The Matrix", "search/tv//The Matrix"]


def test_a_film_that_is_not_there_in_its_year_is_looked_for_in_the_years_around_it():
    # before a series of its title, which it is not
    assert plan({}, "The Matrix", 1999, MediaType.MOVIE) == [
        "search/movie/1999/The Matrix",
        "search/movie/~1999/The Matrix",
        "search/tv/1999/The Matrix",
    ]


def test_what_may_be_a_series_is_looked_for_among_the_series_of_its_year_before_films_of_other_years():
    assert plan({}, "Chernobyl", 2019) == [
        "search/movie/2019/Chernobyl",
        "search/tv/2019/Chernobyl",
        "search/movie/~2019/Chernobyl",
    ]


def test_a_series_is_only_searched_among_series():
    assert plan({}, "Dallas", 2012, MediaType.TV) == ["search/tv/2012/Dallas", "search/tv/~2012/Dallas"]
    assert plan({}, "Dallas", None, MediaType.TV) == ["search/tv//Dallas"]


def test_an_episode_or_a_game_is_not_taken_for_a_film_of_its_title():
    assert plan({"imdb": "tt0959621"}, "Pilot", 2008, MediaType.EPISODE) == ["find/tt0959621"]
    assert plan({}, "Halo", 2001, MediaType.GAME) == []


@pytest.mark.parametrize("bad", ["", "0", "../1", "603/credits", "6o3", "-5"])
def test_an_id_that_is_none_is_not_asked(bad: str):
    assert plan({"tmdb_movie": bad, "imdb": bad}) == []


def test_an_original_title_serves_where_there_is_no_other():
    assert TMDB.plan(Seed({}, None, "Солярис", 1972, MediaType.TV))[0] == "search/tv/1972/Солярис"


@pytest.mark.parametrize("title", ["#Alive", "100% Wolf", "Face/Off", "50/50", "a%23b", "/", "What?&x=1"])
def test_a_title_survives_its_key(title: str):
    for key in plan({"boxd": "2aNK"}, title, 2020):
        assert TMDB.request([key]).params["query"] == title


def test_find_asks_by_imdb_id():
    request = TMDB.request(["find/tt0133093"])
    assert request.path == "/3/find/tt0133093"
    assert request.params == {"external_source": "imdb_id", "language": "en-US"}


def test_a_film_is_asked_for_once_with_all_its_parts():
    request = TMDB.request(["movie/603"])
    assert request.path == "/3/movie/603"
    assert request.params["append_to_response"].split(",") == [
        *("credits", "keywords", "videos", "similar"),
        *("release_dates", "external_ids", "alternative_titles", "images"),
    ]
    assert request.params["include_image_language"] == "en,null"


def test_a_series_is_asked_for_the_credits_of_all_seasons():
    parts = TMDB.request(["tv/1396"]).params["append_to_response"].split(",")
    assert {"aggregate_credits", "content_ratings"} <= set(parts)
    assert not {"credits", "release_dates"} & set(parts)
    assert len(parts) <= 20


def test_a_search_asks_for_the_year_in_the_words_of_its_kind():
    assert TMDB.request(["search/movie/1999/The Matrix#boxd:2aNK"]).params == {
        "query": "The Matrix",
        "year": "1999",
        "include_adult": "false",
        "language": "en-US",
        "page": "1",
    }
    assert TMDB.request(["search/tv/2012/Dallas"]).params["first_air_date_year"] == "2012"
    for everywhere in ("search/tv//Dallas", "search/tv/~2012/Dallas", "search/movie/~1999/The Matrix#boxd:2aNK"):
        assert not {"year", "first_air_date_year"} & TMDB.request([everywhere]).params.keys()


def test_the_settings_are_asked_for():
    german = Tmdb({"language": "de-DE", "include_adult": True})
    assert german.request(["movie/603"]).params["include_image_language"] == "de,null"
    assert german.request(["search/movie//x"]).params["include_adult"] == "true"


def test_the_certificate_is_that_of_the_region():
    body = {
        "id": 1,
        "title": "x",
        "release_dates": {
            "results": [
                {"iso_3166_1": "DE", "release_dates": [{"certification": "16", "type": 3}]},
                {"iso_3166_1": "US", "release_dates": [{"certification": "R", "type": 3}]},
            ]
        },
    }
    for region, certificate in (("US", "R"), ("DE", "16"), ("FR", None)):
        (facts,) = Tmdb({"region": region}).parse("movie/1", answer(body)).records
        assert facts.values["certificate"] == certificate


@pytest.mark.parametrize(
    "key",
    [
        *("person/62", "search/person//x", "search/movie", "nonsense", ""),
        *("list/popular/0", "list/popular/501", "list/popular", "list/nonsense/1", "list/popular/1/2"),
        *("changes/person/2026-11-20/1", "changes/movie/2026-13-20/1", "changes/movie/2026-11-20/501"),
    ],
)
def test_a_key_of_another_shape_is_refused(key: str):
    with pytest.raises(ValueError):
        TMDB.request([key])
    with pytest.raises(ValueError):
        TMDB.parse(key, answer({"id": 62, "name": "x", "title": "x", "results": []}))


@pytest.mark.parametrize("name", Tmdb.key_names)
@pytest.mark.parametrize("around", ["{}", " {}\n", '"{}"', "'{}' ", "“{}”", "Bearer {}", '"Bearer {}"'])
def test_a_token_goes_in_a_header_wherever_it_was_pasted(name: str, around: str):
    credential = TMDB.authorize({name: around.format(TOKEN)})
    assert credential is not None
    assert (credential.headers, credential.params) == ({"Authorization": f"Bearer {TOKEN}"}, {})


@pytest.mark.parametrize("name", Tmdb.key_names)
@pytest.mark.parametrize("around", ["{}", " {}\n", '"{}"'])
def test_an_api_key_goes_in_the_query_wherever_it_was_pasted(name: str, around: str):
    credential = TMDB.authorize({name: around.format(API_KEY)})
    assert credential is not None
    assert (credential.headers, credential.params) == ({}, {"api_key": API_KEY})


def test_the_token_is_preferred_because_it_stays_out_of_addresses():
    credential = TMDB.authorize({"TMDB_API_READ_ACCESS_TOKEN": API_KEY, "TMDB_API_KEY": TOKEN})
    assert credential is not None
    assert credential.headers
    assert not credential.params


@pytest.mark.parametrize("pasted", ["", "   ", '""', "changeme", API_KEY[:-1], TOKEN + "\nX: y\u00e9"])
def test_what_is_neither_token_nor_key_is_not_sent(pasted: str):
    assert TMDB.authorize({"TMDB_API_KEY": pasted}) is None


def test_the_probe_needs_a_key_and_costs_little():
    assert TMDB.probe().path == "/3/configuration"


def test_a_lookup_costs_one_request_more():
    assert [TMDB.cost(key) for key in ("movie/603", "tv/1", "find/tt0133093", "search/movie//x")] == [1, 1, 2, 2]
    assert [TMDB.cost(key) for key in ("list/popular/1", "changes/movie/2026-11-20/1")] == [1, 1]


@pytest.mark.parametrize(
    ("codes", "outcome"),
    [
        ((3, 7, 10, 14, 35), Outcome.DENIED),
        ((6, 34, 37, 21, 20), Outcome.ABSENT),
        ((25,), Outcome.REFUSED),
        ((9, 46, 11, 15, 24, 43), Outcome.RETRY),
        ((22, 23, 27, 47, 5), Outcome.BROKEN),
    ],
)
@pytest.mark.parametrize("status", [200, 400, 401, 404, 429, 500, 503])
def test_tmdbs_own_code_decides_before_the_http_status(codes: tuple[int, ...], outcome: Outcome, status: int):
    for code in codes:
        assert TMDB.judge(answer({"status_code": code, "status_message": "…"}, status)).outcome is outcome


def test_a_message_holds_tmdbs_words_and_no_control_characters():
    verdict = TMDB.judge(answer({"success": False, "status_code": 7, "status_message": "Invalid\x1b[31m key"}, 401))
    assert verdict.message == "TMDb refused the key (HTTP 401, status_code 7: Invalid [31m key)"


@pytest.mark.parametrize(
    ("status", "outcome", "reason"),
    [
        (401, Outcome.DENIED, "http_401"),
        (404, Outcome.ABSENT, "http_404"),
        (429, Outcome.REFUSED, "http_429"),
        (502, Outcome.RETRY, "http_5xx"),
        (422, Outcome.BROKEN, "http_422"),
        (200, Outcome.RETRY, "bad_payload"),
    ],
)
def test_an_empty_body_goes_by_its_status_unless_it_was_good(status: int, outcome: Outcome, reason: str):
    verdict = TMDB.judge(answer(b"", status))
    assert (verdict.outcome, verdict.reason) == (outcome, reason)


@pytest.mark.parametrize("status", [200, 301, 403, 404, 500, 503])
@pytest.mark.parametrize("size", [1, 9000])
def test_a_page_where_json_belongs_is_asked_for_again(status: int, size: int):
    verdict = TMDB.judge(answer(b"<html>" + b" x" * size, status))
    assert (verdict.outcome, verdict.reason) == (Outcome.RETRY, "bad_payload")


def test_a_page_is_believed_about_the_key_and_about_our_pace():
    assert TMDB.judge(answer(b"<html>no", 401)).outcome is Outcome.DENIED
    assert TMDB.judge(answer(b"<html>slow down", 429)).outcome is Outcome.REFUSED


def test_not_modified_is_good_news():
    assert TMDB.judge(answer(b"", 304)).reason == "not_modified"


def large() -> bytes:
    crew = [{"id": at + 1, "name": f"Person {at}", "job": "Editor", "note": "{ [ in a text"} for at in range(3000)]
    return json.dumps({"id": 1, "title": "x", "credits": {"cast": [], "crew": crew}}).encode()


def test_every_cut_of_a_large_body_is_asked_for_again():
    # where the cut falls behind an inner brace, first and last byte look right
    body = large().replace(b"{ [ in a text", b"text")
    inner = [at for at in range(5000, len(body)) if body[at - 1 : at] == b"}"][:50]
    for at in [*inner, 5000, len(body) - 1]:
        assert TMDB.judge(answer(body[:at])).reason == "bad_payload", at
    assert TMDB.judge(answer(body)).outcome is Outcome.OK


def test_brackets_in_texts_do_not_spoil_a_good_body():
    assert TMDB.judge(answer(large())).outcome is Outcome.OK


def test_a_good_body_is_looked_at_and_not_decoded():
    body = large().replace(b"{ [ in a text", b"text")
    tracemalloc.start()
    TMDB.judge(answer(body))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < len(body) * 1.2


def test_a_byte_order_mark_is_no_part_of_the_answer():
    body = b"\xef\xbb\xbf" + large()
    assert TMDB.judge(answer(body)).outcome is Outcome.OK
    assert TMDB.parse("movie/1", answer(body)).ids == {"tmdb_movie": "1"}


def test_an_answer_by_imdb_id_about_another_film_is_refused():
    with pytest.raises(ValueError, match="tt0000001"):
        TMDB.parse("movie/tt0000001", answer({"id": 1, "imdb_id": "tt0000002", "title": "x"}))


def test_credits_without_their_crew_are_not_taken_for_all_of_them():
    parsed = TMDB.parse("movie/1", answer({"id": 1, "title": "x", "credits": {"cast": [{"id": 2, "name": "A"}]}}))
    assert "credits" not in parsed.speaks_of


def test_no_more_than_ten_candidates_are_kept():
    hits = [{"id": at, "title": "Alone", "release_date": "2020-01-01"} for at in range(1, 21)]
    parsed = TMDB.parse("search/movie/2020/Alone", answer({"results": hits}))
    assert parsed.match is not None
    assert [it.id for it in parsed.match.candidates] == [f"movie/{at}" for at in range(1, 11)]
    assert parsed.absent == "ambiguous"


def test_a_candidate_is_compared_by_its_original_title_too():
    hits = [{"id": 194, "title": "Amélie", "original_title": "Le Fabuleux Destin d'Amélie Poulain"}]
    hits[0]["release_date"] = "2001-04-25"
    parsed = TMDB.parse("search/movie/2001/Le fabuleux destin d’Amelie Poulain", answer({"results": hits}))
    assert parsed.keys == ("movie/194",)


# By title, where the year may be wrong


def offered(key: str, *films: tuple[int, str, str]):
    hits = [{"id": number, "title": title, "release_date": date} for number, title, date in films]
    return TMDB.parse(key, answer({"results": hits}))


MASTER, HARBOUR, REMAKE = (
    (1, "The Harbour Master", "2022-05-01"),
    (2, "The Harbour", "2023-02-03"),
    (3, "The Harbour", "2024"),
)


@pytest.mark.parametrize(
    ("films", "absent"),
    [
        ([(5, "The Harbour", "2022-01-01"), (6, "The Harbour", "2022-09-01")], "ambiguous"),
        ([MASTER], "not_found"),
        ([(7, "The Harbour", "1987-05-01")], "not_found"),  # shown again in 2022
        ([], "not_found"),
    ],
)
def test_a_search_in_a_year_ends_the_questions_only_at_two_of_that_title_and_year(films: list, absent: str):
    assert offered("search/movie/2022/The Harbour", *films).absent == absent
    assert offered("search/tv/2022/The Harbour").absent == "not_found"


def test_the_only_film_of_the_title_one_year_off_is_the_one():
    parsed = offered("search/movie/~2022/The Harbour", MASTER, HARBOUR)
    assert parsed.keys == ("movie/2",)
    assert parsed.match is not None
    assert (parsed.match.title, parsed.match.year) == ("The Harbour", 2022)


@pytest.mark.parametrize("films", [[HARBOUR, REMAKE], [REMAKE], [MASTER]])
def test_what_the_last_search_leaves_in_doubt_a_person_decides(films: list):
    parsed = offered("search/movie/~2022/The Harbour", *films)
    assert (parsed.keys, parsed.absent) == ((), "ambiguous")
    assert parsed.match is not None
    assert len(parsed.match.candidates) == len(films)


def test_no_film_of_another_year_is_chosen_for_an_imdb_id_that_tmdb_does_not_know():
    assert offered("search/movie/~2022/The Harbour#tt0000001", HARBOUR).absent == "ambiguous"


# Lists


def test_the_wanted_lists_that_it_has_are_asked_for_page_by_page():
    wanted = Wanted(lists=("trending", "nonsense", "popular", "trending"), pages=2)
    assert TMDB.discover(wanted) == ("list/trending/1", "list/trending/2", "list/popular/1", "list/popular/2")
    assert TMDB.discover(Wanted()) == ()
    assert len(TMDB.discover(Wanted(lists=("popular",), pages=9000))) == 500


@pytest.mark.parametrize(
    ("name", "path", "of_a_country"),
    [
        ("popular", "/3/movie/popular", False),
        ("top_rated", "/3/movie/top_rated", False),
        ("upcoming", "/3/movie/upcoming", True),
        ("now_playing", "/3/movie/now_playing", True),
        ("trending", "/3/trending/movie/week", False),
    ],
)
def test_a_list_is_asked_for_by_page(name: str, path: str, of_a_country: bool):
    request = Tmdb({"language": "de-DE", "region": "AT"}).request([f"list/{name}/7"])
    assert name in TMDB.lists
    assert request.path == path
    assert request.params == {"page": "7", "language": "de-DE"} | ({"region": "AT"} if of_a_country else {})


def listed(key: str, *found: object, **more: object):
    parsed = TMDB.parse(key, answer({"page": int(key.rpartition("/")[2]), "results": found} | more))
    assert parsed.listed is not None
    return parsed.listed


def test_the_films_of_a_list_have_their_places():
    page = listed(
        "list/popular/3", {"id": 603, "title": "The Matrix", "release_date": "1999-03-31"}, {"id": None}, {"id": 7}
    )
    assert (page.name, page.first, page.last) == ("popular", 41, 60)
    assert page.seeds == {
        41: Seed({"tmdb_movie": "603"}, "The Matrix", None, 1999, MediaType.MOVIE),
        43: Seed({"tmdb_movie": "7"}, None, None, None, MediaType.MOVIE),
    }


def test_of_a_film_twice_on_a_page_the_first_place_counts():
    assert {
        place: seed.ids["tmdb_movie"]
        for place, seed in listed("list/popular/1", *[{"id": n} for n in (5, 6, 5)]).seeds.items()
    } == {1: "5", 2: "6"}


def test_no_film_stands_on_a_place_of_the_next_page():
    assert list(listed("list/popular/2", *[{"id": number} for number in range(1, 31)]).seeds) == list(range(21, 41))


@pytest.mark.parametrize("junk", [None, 5, "x", [], {}, {"id": "x"}, {"id": 0}, {"id": 5, "media_type": "tv"}])
def test_what_is_no_film_is_left_out_of_a_list(junk: object):
    assert listed("list/trending/1", junk, {"id": 6, "media_type": "movie"}).seeds.keys() == {2}


# Changes


def test_films_and_series_have_a_list_of_changes_each_by_day():
    first = TMDB.changes("2026-11-20")
    assert first == {"movie/": "changes/movie/2026-11-20/1", "tv/": "changes/tv/2026-11-20/1"}
    request = TMDB.request([first["tv/"]])
    assert request.path == "/3/tv/changes"
    assert request.params == {"start_date": "2026-11-20", "end_date": "2026-11-20", "page": "1"}


def test_what_changed_on_a_day_was_heard_too_early_if_copies_may_be_from_before_its_end():
    body = {"page": 1, "total_pages": 1, "results": [{"id": 5, "adult": False}, {"id": 6}, "junk"]}
    changed = TMDB.parse("changes/movie/2026-12-31/1", answer(body)).changed
    assert changed is not None
    assert changed.before == "2027-01-01T08:00:00.000Z", "an answer may be a copy eight hours old"
    assert (changed.keys, changed.listed) == (("movie/5", "movie/6"), 3)


@pytest.mark.parametrize(("pages", "further"), [(0, 0), (1, 0), (2, 1), (500, 499)])
def test_the_first_page_leads_to_all_others_that_tmdb_shows(pages: int, further: int):
    body = {"page": 1, "total_pages": pages, "results": [{"id": 5, "adult": False}]}
    parsed = TMDB.parse("changes/movie/2026-11-20/1", answer(body))
    assert parsed.keys == tuple(f"changes/movie/2026-11-20/{page}" for page in range(2, further + 2))


@pytest.mark.parametrize(
    ("given", "known"),
    [
        ("1999-03-31", "1999-03-31"),
        ("2013-02-14T00:00:00.000Z", "2013-02-14"),
        ("2024-12-24 09:57:34 UTC", "2024-12-24"),
        (" 1999-03-31 ", "1999-03-31"),
        ("2023-02-29", "2023-02"),
        ("1999-03-00", "1999-03"),
        ("1999-00-00", "1999"),
        ("1999-3-31", "1999"),
        ("1999", "1999"),
        ("0001-01-01", None),
        ("0000-00-00", None),
        ("19990331", None),
        ("", None),
        (None, None),
        (1999, None),
    ],
)
def test_as_much_of_a_date_is_kept_as_is_valid(given: object, known: str | None):
    assert day(given) == known


@pytest.mark.parametrize(
    ("given", "known"),
    [
        ("2016-03-01T13:03:55.000Z", "2016-03-01T13:03:55.000Z"),
        ("2024-02-22 18:00:03 UTC", "2024-02-22T18:00:03.000Z"),
        ("2016-03-01T13:03:55Z", "2016-03-01T13:03:55.000Z"),
        ("2016-03-01T13:03:55+02:00", "2016-03-01"),
        ("2016-03-01", "2016-03-01"),
        ("UTC", None),
    ],
)
def test_a_time_has_one_spelling_whatever_it_came_in(given: str, known: str | None):
    assert moment(given) == known


@pytest.mark.parametrize("junk", [None, True, "", "abc", [], {}, float("inf"), float("nan"), 10**400, "nan", "\ud83c"])
def test_what_is_no_number_is_unknown(junk: object):
    assert number(junk) is None
    assert whole(junk) is None


def test_a_number_sqlite_cannot_hold_is_unknown():
    assert whole(2**63) is None
    assert whole(float(2**63)) is None
    assert whole(2**63 - 1) == 2**63 - 1
    assert whole("104") == 104
    assert whole(104.5) is None


def test_text_can_be_stored_and_printed():
    assert text(" a\ud83cb\x00c\x9bd \n") == "a b c d"
    assert text("\ud83d") is None
    assert text("\U0001f3ac") == "\U0001f3ac"
