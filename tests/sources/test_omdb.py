"""OMDb: what is asked and with whose key, what its errors mean, and what is made of its JSON, its texts and numbers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mwi_crawl.model import MediaType, Outcome, Response, Seed
from mwi_crawl.sources import _omdb_values as values
from mwi_crawl.sources import discover
from mwi_crawl.sources._omdb_awards import counted
from mwi_crawl.sources._omdb_json import decode
from mwi_crawl.sources.omdb import Omdb

OMDB = Omdb()
KEY = "i/tt7654321"
FILM = {
    "Title": "The Harbour Clock",
    "Year": "2013",
    "Genre": "Drama",
    "Director": "Ada Thorn",
    "Writer": "Cleo Marsh",
    "Actors": "Dov Lind",
    "imdbRating": "7.1",
    "imdbID": "tt7654321",
    "Type": "movie",
    "Response": "True",
}


def answer(body: bytes | str | dict[str, Any], status: int = 200) -> Response:
    text = json.dumps(body) if isinstance(body, dict) else body
    return Response(status, {}, text if isinstance(text, bytes) else text.encode())


def error(message: str, status: int = 200) -> Response:
    return answer(f'{{"Response":"False","Error":"{message}"}}', status)


def facts(**said: Any) -> dict[str, Any]:
    parsed = OMDB.parse(KEY, answer(FILM | said))
    (row,) = [dict(record.values) for record in parsed.records if record.kind == "film_facts"]
    return row


def rows(kind: str, **said: Any) -> list[dict[str, Any]]:
    parsed = OMDB.parse(KEY, answer(FILM | said))
    return [dict(record.values) for record in parsed.records if record.kind == kind]


# what is asked


def test_omdb_is_found():
    assert discover()["omdb"] is Omdb


@pytest.mark.parametrize("kind", [None, *MediaType])
def test_everything_with_an_imdb_id_is_asked_by_it(kind: MediaType | None):
    assert OMDB.plan(Seed({"imdb": "tt0133093", "tmdb_movie": "603"}, "The Matrix", None, 1999, kind)) == (
        "i/tt0133093",
    )


def test_an_imdb_id_has_one_spelling():
    assert OMDB.plan(Seed({"imdb": "https://www.imdb.com/title/tt133093/"})) == ("i/tt0133093",)
    assert OMDB.plan(Seed({"imdb": "tt12345678"})) == ("i/tt12345678",)


def test_a_film_is_never_asked_by_its_title():
    assert OMDB.plan(Seed({"tmdb_movie": "603", "letterboxd": "the-matrix"}, "The Matrix", None, 1999)) == ()
    assert OMDB.plan(Seed({"imdb": "nm0000206"}, "The Matrix")) == ()


def test_a_request_names_the_film_and_the_length_of_the_plot():
    request = OMDB.request([KEY])
    assert (request.path, dict(request.params)) == ("/", {"i": "tt7654321", "plot": "short", "r": "json", "v": "1"})
    assert Omdb({"plot": "full"}).request([KEY]).params["plot"] == "full"


@pytest.mark.parametrize(
    "bad", ["i/", "i/tt", "i/tt12", "t/The Matrix", "i/tt7654321&apikey=x", "tt7654321", "i/nm1234567"]
)
def test_a_key_of_another_shape_is_refused(bad: str):
    with pytest.raises(ValueError, match="not a key of OMDb"):
        OMDB.request([bad])
    with pytest.raises(ValueError, match="not a key of OMDb"):
        OMDB.parse(bad, answer(FILM))


@pytest.mark.parametrize(
    "pasted",
    [
        "0a1b2c3d",
        " 0a1b2c3d\n",
        '"0a1b2c3d"',
        "“0a1b2c3d”",
        "apikey=0a1b2c3d",
        "apikey: 0a1b2c3d",
        "apikey=0a1b2c3d&",
        "?apikey=0a1b2c3d",
        "http://www.omdbapi.com/?i=tt3896198&apikey=0a1b2c3d",
        "https://www.omdbapi.com/?APIKEY=0a1b2c3d&i=tt3896198",
    ],
)
def test_a_key_is_found_in_what_was_pasted_along_with_it(pasted: str):
    credential = OMDB.authorize({"OMDB_API_KEY": pasted})
    assert credential is not None
    assert (dict(credential.params), dict(credential.headers)) == ({"apikey": "0a1b2c3d"}, {})


def test_a_key_of_seven_digits_is_one():
    credential = OMDB.authorize({"OMDB_API_KEY": "A1B2C3D"})
    assert credential is not None
    assert credential.params == {"apikey": "A1B2C3D"}


@pytest.mark.parametrize(
    "pasted",
    [
        *("", " ", "0a1b2c", "0a1b2c3d4", "0a1b2c3g", "apikey=", "apikey=0a1b2c3d4e"),
        "0123456789abcdef0123456789abcdef",
        "http://www.omdbapi.com/apikey.aspx?VERIFYKEY=0a1b2c3d-0000-4000-8000-0a1b2c3d4e5f",
    ],
)
def test_what_is_no_key_is_not_sent(pasted: str):
    assert OMDB.authorize({"OMDB_API_KEY": pasted}) is None


def test_a_key_is_not_shown():
    assert "0a1b2c3d" not in repr(OMDB.authorize({"OMDB_API_KEY": "0a1b2c3d"}))


def test_the_day_has_a_thousand_requests_unless_told_otherwise():
    assert OMDB.quotas() == {"day": 1000}
    assert Omdb({"daily_limit": 100_000}).quotas() == {"day": 100_000}
    assert Omdb({"daily_limit": 0}).quotas() == {}
    assert OMDB.metered


def test_the_probe_asks_for_one_film():
    assert OMDB.probe().params["i"] == "tt0133093"


# what an answer means before it is parsed


@pytest.mark.parametrize("status", [200, 401, 403, 429, 500, 503])
@pytest.mark.parametrize("message", ["Request limit reached!", "Daily request limit reached!", "REQUEST LIMIT REACHED"])
def test_a_spent_quota_is_one_whatever_its_status(message: str, status: int):
    verdict = OMDB.judge(error(message, status))
    assert (verdict.outcome, verdict.reason, verdict.period) == (Outcome.SPENT, "quota_day", "day")
    assert message in (verdict.message or "")


def test_a_refused_key_is_told_how_to_be_activated():
    verdict = OMDB.judge(error("Invalid API key!", 401))
    assert (verdict.outcome, verdict.reason, verdict.period) == (Outcome.DENIED, "key_rejected", None)
    assert "e-mail" in (verdict.message or "")


def test_a_miss_says_what_omdb_said():
    assert OMDB.judge(error("Error getting data.")).message == (
        'OMDb does not have it, or cannot reach its data (HTTP 200: "Error getting data.")'
    )


@pytest.mark.parametrize("status", [200, 203, 400, 401, 403, 404, 500, 502, 520, 522, 530])
def test_a_page_for_people_says_nothing_of_key_quota_or_film(status: int):
    page = b"<html><body>Invalid API key! Request limit reached! Movie not found!</body></html>"
    quoted = b'<pre>{"Response":"False","Error":"Invalid API key!"}'
    for body in (page, quoted, b"{" + page + b"}"):
        assert OMDB.judge(Response(status, {}, body)).outcome is Outcome.RETRY


@pytest.mark.parametrize("status", [200, 401, 403, 404, 500])
@pytest.mark.parametrize("body", [b"", b" ", b"{}", b"[]", b"null", b'"x"', b"\xff\xfe", b'{"message":"Forbidden"'])
def test_a_body_that_is_no_answer_is_asked_for_again(body: bytes, status: int):
    assert OMDB.judge(Response(status, {}, body)).outcome is Outcome.RETRY


def test_other_json_is_the_parsers_business_only_with_a_good_status():
    assert OMDB.judge(answer({"Error": "Not found"}, 404)).outcome is Outcome.RETRY
    body = {"message": "Forbidden"}
    assert OMDB.judge(answer(body, 403)).outcome is Outcome.RETRY
    assert OMDB.judge(answer(body)).outcome is Outcome.OK
    with pytest.raises(ValueError, match="does not say that it is one"):
        OMDB.parse(KEY, answer(body))


def test_a_film_with_the_word_error_is_a_film():
    film = FILM | {"Title": "Error getting data.", "Plot": "Movie not found! Request limit reached!"}
    assert OMDB.judge(answer(film)).outcome is Outcome.OK


def test_an_error_that_is_cut_off_is_still_known():
    body = b'{"Response":"False","Error":"Request limit reac'
    assert OMDB.judge(Response(401, {}, body)).outcome is Outcome.DENIED
    assert OMDB.judge(Response(401, {}, body + b"hed!")).outcome is Outcome.SPENT


def test_an_answer_that_cannot_be_repaired_is_kept_and_a_cut_one_is_not():
    whole = json.dumps(FILM | {"Title": "@"}).replace("@", 'a "b","c":"d" e \\x \\n').encode()
    assert OMDB.judge(Response(200, {}, whole)).outcome is Outcome.OK
    with pytest.raises(ValueError, match="not JSON"):
        OMDB.parse(KEY, Response(200, {}, whole))
    assert OMDB.judge(Response(200, {}, whole[:-1])).outcome is Outcome.RETRY
    assert OMDB.judge(Response(503, {}, whole)).outcome is Outcome.RETRY


# JSON that is not quite JSON


def read(raw: str) -> Any:
    """The plot, where it stands so between quotes in the middle of an answer."""
    body = f'{{"Title":"T","Plot":"{raw}","Ratings":[{{"Source":"S","Value":"V"}}],"Year":"2013","Response":"True"}}'
    sent = decode(body.encode())
    assert {**sent, "Plot": None} == {
        "Title": "T",
        "Plot": None,
        "Ratings": [{"Source": "S", "Value": "V"}],
        "Year": "2013",
        "Response": "True",
    }
    return sent["Plot"]


@pytest.mark.parametrize(
    ("raw", "meant"),
    [
        ("as it should be", "as it should be"),
        (r"\"as\" it \\ should\/be \u00e9\n", '"as" it \\ should/be é\n'),
        ("a\x08b\x0bc\x1ad\x1de\x1ff\tg\nh", "a\x08b\x0bc\x1ad\x1de\x1ff\tg\nh"),
        ("a \x1fb \\n c", "a \x1fb \n c"),
        (r"inner\spiritual", r"inner\spiritual"),
        (r"Miliardi\Millions", r"Miliardi\Millions"),
        (r"it\'s", "it's"),
        (r"it\'s \"so\"", 'it\'s "so"'),
        (r"a\'b \u00e9", "a'b é"),
        ("ends so\\", "ends so\\"),
        (r"ends \so" + "\\", r"ends \so" + "\\"),
        (r"C:\\", "C:\\"),
        (r"\university", r"\university"),
        (r"\u12 \s", r"\u12 \s"),
        (r"a\sb \u00e9", r"a\sb é"),
        ('from "one space" to', 'from "one space" to'),
        ('"Quoted" all "through"', '"Quoted" all "through"'),
        ('"yes", "no", "why": "because"', '"yes", "no", "why": "because"'),
        (r"\\" "twice\\" + '"' + " said", '\\twice" said'),
        ('\\\\"twice\\\\" said', '"twice" said'),
        (r"\\\"thrice\\\" said", '"thrice" said'),
        ('one \\"good\\" and one "bad"', 'one "good" and one "bad"'),
        ('a quote "at the end"', 'a quote "at the end"'),
        ("\\ud83c\\udfac \\s", "\U0001f3ac \\s"),
        ('é "ü" 漢', 'é "ü" 漢'),
        ('{"not":an object}, [1] "x"', '{"not":an object}, [1] "x"'),
        ("", ""),
    ],
)
def test_a_text_is_what_was_meant(raw: str, meant: str):
    assert read(raw) == meant


@pytest.mark.parametrize(
    "raw",
    [
        r"inner\spiritual\nature",  # a line break, or a backslash before "nature"
        r"a\sb\tc",
        'said "hi\\',  # the backslash may belong to the quote behind it
        '"a","b"',  # one text, or two members of which the second lost its name
        'x","Year:"y',
        'x":"y',
        'x "y" z","Year":"2014',  # twice
        'odd \x00 "quote\\',
    ],
)
def test_a_text_that_can_be_read_in_two_ways_is_refused(raw: str):
    with pytest.raises(ValueError):
        read(raw)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"}",
        b'{"Title":"T"',
        b'{"Title":"a "b" c"',
        b'{"Title":"a "b" c"}}',
        b'{"Title":"a "b" c"} {"Title":"d"}',
        b',"Title":"a "b" c"}',
        b'{"Title":"a "b" c",}',
        b'{"Title":"a "b" c"{"Year":"1"}',
        b'{"Title":"a "b" c","Year":2013}',
        b'{"Title":"a "b" c","Year":"2013}',
        b'{"Title":"a "b" c","Ratings":[{"Source":"x}],"Year":"2013"}',
        b'{"Title":"a "b" c \xff"}',
        b'["a "b" c"]',
        b"[" * 100_000,
        b'{"a":' * 20_000 + rb'"\ud800"' + b"}" * 20_000,
        b'{"Title":"a "b" c","Ratings":[' + b'{"a":' * 10_000 + b"]}",
        b'{"Title":"' + b'"' * 70_000 + b'"}',
        b"<html></html>",
    ],
)
def test_a_body_that_is_no_object_is_refused(body: bytes):
    with pytest.raises(ValueError):
        decode(body)


def test_an_object_may_be_spaced_if_it_is_sound_and_begin_with_a_mark():
    assert decode('\ufeff { "Title" : "T" } \n'.encode()) == {"Title": "T"}
    assert decode('\ufeff{"Title":"a "b" c"}\r\n'.encode()) == {"Title": 'a "b" c'}
    with pytest.raises(ValueError):
        decode(b'{ "Title" : "a "b" c" , "Year" : "2013" }')


@pytest.mark.parametrize("lost", [*'",:{}', "Y"])
def test_a_lost_character_between_members_never_moves_a_value(lost: str):
    """Either the body is refused, or every value that is there is one that was sent under that name."""
    sent = {"Title": "T", "Year": "2013", "Rated": "R", "Ratings": [], "Response": "True"}
    body = json.dumps(sent, separators=(",", ":"))
    for at in [at for at, char in enumerate(body) if char == lost]:
        for instead in ("", "x", '"', "\\", "\x01"):
            damaged = body[:at] + instead + body[at + 1 :]
            try:
                found = decode(damaged.encode())
            except ValueError:
                continue
            renamed = {name: value for name, value in found.items() if name not in sent}
            assert all(value == sent[name] for name, value in found.items() if name in sent), damaged
            assert len(renamed) <= 1


# awards


@pytest.mark.parametrize(
    ("sentence", "won", "nominations"),
    [
        ("Nominated for 1 BAFTA Award7 wins & 46 nominations total", 7, 46),
        ("Won 4 Oscars. 159 wins & 220 nominations total", 159, 220),
        ("Won 4 Oscars. 42 wins & 52 nominations total", 42, 52),
        ("Won 2 Primetime Emmys8 wins & 21 nominations total", 8, 21),
        ("Won 4 Oscars. Another 139 wins & 192 nominations.", 143, 192),
        ("Won 11 Oscars. Another 116 wins & 63 nominations.", 127, 63),
        ("Won 1 Golden Globe. Another 98 wins & 358 nominations.", 99, 358),
        ("Won 1 Primetime Emmy. Another 3 wins", 4, None),
        ("Nominated for 2 Oscars. Another 7 nominations.", None, 9),
        ("Nominated for 4 Golden Globes. Another 27 wins & 52 nominations.", 27, 56),
        ("Nominated for 1 Oscar. Another 21 wins & 30 nominations", 21, 31),
        ("Another 21 wins & 30 nominations", 21, 30),
        ("14 wins & 29 nominations", 14, 29),
        ("3 wins & 5 nominations.", 3, 5),
        ("1 win total", 1, None),
        ("1 win.", 1, None),
        ("2 nominations.", None, 2),
        ("1 nomination", None, 1),
        ("1 win & 1 nomination", 1, 1),
        ("Won 1 Oscar.", 1, None),
        ("Nominated for 3 Oscars.", None, 3),
        ("Won 3 Oscars. 20 nominations total", 3, 20),
        ("Won 1 Oscar. Nominated for 2 BAFTA Awards. Another 1 win & 1 nomination.", 2, 3),
        ("Top Rated Movie #1 Won 4 Oscars. 1,159 wins & 2,220 nominations total", 1159, 2220),
        ("0 wins & 0 nominations", None, None),
        ("Winner", None, None),
        ("N/A", None, None),
        ("", None, None),
        (None, None, None),
    ],
)
def test_awards_are_counted_once(sentence: str | None, won: int | None, nominations: int | None):
    assert counted(sentence) == (won, nominations)


# values


@pytest.mark.parametrize(
    ("given", "known"),
    [
        ("14 Jun 2013", "2013-06-14"),
        ("01 Apr 1958", "1958-04-01"),
        ("1 April 1958", "1958-04-01"),
        ("Jun 2013", "2013-06"),
        ("31 Feb 2013", "2013-02"),
        ("2014-01-12", "2014-01-12"),
        ("2013", "2013"),
        ("14 Jum 2013", None),
        ("14 Jun 0001", None),
        ("", None),
        (None, None),
    ],
)
def test_as_much_of_a_release_is_kept_as_is_valid(given: str | None, known: str | None):
    assert values.released(given) == known


@pytest.mark.parametrize(
    ("given", "film", "series"),
    [
        ("2013", (2013, None), (2013, 2013)),
        ("2011–", (2011, None), (2011, None)),
        ("2007–2019", (2007, None), (2007, 2019)),
        ("2007-2019", (2007, None), (2007, 2019)),
        ("2007â€“2019", (2007, None), (2007, 2019)),
        ("2019–2007", (2019, None), (2019, None)),
        ("0001", (None, None), (None, None)),
        ("20131", (None, None), (None, None)),
        ("x", (None, None), (None, None)),
        (None, (None, None), (None, None)),
    ],
)
def test_only_a_series_ends_in_a_year(given: str | None, film: tuple[Any, Any], series: tuple[Any, Any]):
    assert values.years(given, series=False) == film
    assert values.years(given, series=True) == series


@pytest.mark.parametrize(
    ("given", "known"),
    [
        ("143 min", 143),
        ("1,440 min", 1440),
        ("2 h 23 min", 143),
        ("2h", 120),
        ("0 min", None),
        ("S min", None),
        ("143", None),
        ("143 minotaurs and more", None),
        (", min", None),
        ("9" * 30 + " h", None),
        ("", None),
        (None, None),
    ],
)
def test_a_length_is_in_minutes(given: str | None, known: int | None):
    assert values.minutes(given) == known


@pytest.mark.parametrize(
    ("given", "known"),
    [
        ("$291,045,518", 291_045_518),
        ("$292.6M", 292_600_000),
        ("$1.2B", 1_200_000_000),
        ("$604k", 604_000),
        ("$ 5", 5),
        ("$0", None),
        ("£1,000", None),
        ("€1.000", None),
        ("1,000", None),
        ("$,", None),
        ("$1e9", None),
        ("$" + "9" * 40, None),
        ("$" + "9" * 400, None),
        (None, None),
    ],
)
def test_dollars_are_whole_and_nothing_else_is_taken_for_them(given: str | None, known: int | None):
    assert values.dollars(given) == known


@pytest.mark.parametrize(
    ("given", "known"),
    [
        ("PG-13", "PG-13"),
        ("TV-MA", "TV-MA"),
        ("APPROVED", "Approved"),
        ("PASSED", "Passed"),
        ("NOT RATED", "Not Rated"),
        ("Not Rated", "Not Rated"),
        ("UNRATED", "Unrated"),
        ("NC-17", "NC-17"),
        ("M/PG", "M/PG"),
        ("R", "R"),
        ("GP", "GP"),
        (None, None),
    ],
)
def test_a_certificate_has_one_spelling(given: str | None, known: str | None):
    assert values.certificate(given) == known


def test_box_office_is_not_the_whole_worlds():
    row = facts(BoxOffice="$291,045,518")
    assert row["box_office_usd"] == 291_045_518
    assert "revenue_usd" not in row


@pytest.mark.parametrize("unknown", ["N/A", "n/a", "", " ", "\x00"])
def test_unknown_is_none(unknown: str):
    row = facts(Plot=unknown, Runtime=unknown, Awards=unknown, Rated=unknown, Poster=unknown, Website=unknown)
    assert {
        row[name] for name in ("overview", "runtime_minutes", "awards", "certificate", "poster_url", "homepage")
    } == {None}


@pytest.mark.parametrize("bad", ["javascript:alert(1)", "ftp://x.example/a", "https:///a", "https://x", "a b"])
def test_an_address_that_is_none_is_unknown(bad: str):
    assert facts(Website=bad, Poster=bad)["homepage"] is None
    assert facts(Website=bad, Poster=bad)["poster_url"] is None


def test_a_poster_comes_over_tls_and_a_site_stays_where_it_is():
    row = facts(Poster="http://ia.media-imdb.com/x.jpg", Website="http://film.example/")
    assert row["poster_url"] == "https://ia.media-imdb.com/x.jpg"
    assert row["homepage"] == "http://film.example/"


def test_the_year_of_release_is_that_of_the_day_where_no_other_is_told():
    assert facts(Year="N/A", Released="14 Jun 2013")["release_year"] == 2013
    assert facts(Year="2012", Released="14 Jun 2013")["release_year"] == 2012


# scores


def scores(**said: Any) -> dict[str, tuple[Any, ...]]:
    return {row["system"]: (row["value"], row["scale"], row["votes"]) for row in rows("scores", **said)}


def test_scores_stand_in_the_list_or_beside_it_and_count_once():
    listed = [{"Source": "Internet Movie Database", "Value": "7.1/10"}, {"Source": "Metacritic", "Value": "55/100"}]
    expected = {"imdb": (7.1, 10.0, 1234), "metacritic": (55.0, 100.0, None)}
    assert scores(Ratings=listed, imdbRating="7.1", Metascore="55", imdbVotes="1,234") == expected
    assert scores(Ratings=[], imdbRating="7.1", Metascore="55", imdbVotes="1234") == expected
    assert scores(imdbRating="7.1", Metascore="55", imdbVotes="1234") == expected
    assert scores(Ratings=listed, imdbRating="N/A", Metascore="N/A", imdbVotes="1,234") == expected


def test_the_list_is_believed_where_it_differs():
    listed = [{"Source": "Internet Movie Database", "Value": "7.1/10"}]
    assert scores(Ratings=listed, imdbRating="7.2")["imdb"] == (7.1, 10.0, None)


def test_the_least_score_of_rotten_tomatoes_is_a_score():
    assert scores(Ratings=[{"Source": "Rotten Tomatoes", "Value": "0%"}])["rotten_tomatoes"] == (0.0, 100.0, None)


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("Internet Movie Database", "0.0/10"),
        ("Internet Movie Database", "11/10"),
        ("Internet Movie Database", "71/100"),
        ("Rotten Tomatoes", "101%"),
        ("Rotten Tomatoes", "-5%"),
        ("Rotten Tomatoes", "5.7/10"),
        ("Metacritic", "N/A"),
        ("Metacritic", None),
        ("Somebody", "5/10"),
        (None, "5/10"),
    ],
)
def test_a_score_beyond_its_scale_is_none(source: Any, value: Any):
    assert scores(Ratings=[{"Source": source, "Value": value}], imdbRating="N/A") == {}


def test_a_list_that_holds_other_things_is_read_as_far_as_it_goes():
    listed = [None, 1, "x", [], {}, {"Source": "Metacritic", "Value": "55/100"}]
    assert scores(Ratings=listed, imdbRating="N/A") == {"metacritic": (55.0, 100.0, None)}


# people


def test_a_person_has_one_id_however_the_name_is_written():
    found = rows("credits", Director="Gérard Pirès", Writer="GÉRARD PIRÈS, Gerard  Pires", Actors="N/A")
    assert [(row["person_id"], row["job"]) for row in found] == [
        ("name:gérard pirès", "director"),
        ("name:gérard pirès", "writer"),
        ("name:gerard pires", "writer"),
    ]


def test_what_a_writer_did_is_not_part_of_the_name():
    writers = (
        'Ada Thorn (screenplay), Bo Brook (novel "A, or B"), Ada Thorn (story), Cleo Marsh (characters) (uncredited)'
    )
    found = [row for row in rows("credits", Writer=writers) if row["job"] == "writer"]
    assert [(row["person_id"], row["billing"], row["department"]) for row in found] == [
        ("name:ada thorn", 0, "screenplay, story"),
        ("name:bo brook", 1, 'novel "A, or B"'),
        ("name:cleo marsh", 3, "characters, uncredited"),
    ]


def test_credits_are_not_spoken_of_where_a_part_of_them_is_spoilt():
    parsed = OMDB.parse(KEY, answer(FILM | {"Actors": "Doif(typeof uet === 'function'){ uet('be'); }"}))
    assert "credits" not in parsed.speaks_of
    assert not [record for record in parsed.records if record.kind in ("credits", "people")]


@pytest.mark.parametrize(
    "prose",
    [
        "The type of way",
        "A function (and a party)",
        "at the media",
        "uets",
        "He types of love",
        "x < y",
        "{so} it goes",
    ],
)
def test_prose_is_not_taken_for_code(prose: str):
    assert facts(Plot=prose)["overview"] == prose


def test_a_silent_film_has_no_language_and_says_so():
    parsed = OMDB.parse(KEY, answer(FILM | {"Language": "None"}))
    assert "film_languages" in parsed.speaks_of
    assert not [record for record in parsed.records if record.kind == "film_languages"]


def test_an_answer_about_another_film_is_refused():
    with pytest.raises(ValueError, match="about tt7654322"):
        OMDB.parse(KEY, answer(FILM | {"imdbID": "tt7654322"}))
    with pytest.raises(ValueError, match="about None"):
        OMDB.parse(KEY, answer({**FILM, "imdbID": None}))
