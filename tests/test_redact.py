"""No key and no character that acts on a terminal gets through."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
import yarl
from hypothesis import example, given
from hypothesis import strategies as st

from mwi_crawl.redact import Redactor, encodings, looks_like_a_key, printable

TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJhdWQiOiJmYWtlLWZha2UifQ.c2lnbmF0dXJl"
HARD = "CANARY tok en/+=\"'\\&é%\n?"

secrets = st.text(st.characters(codec="utf-8"), min_size=6, max_size=40)


def in_a_yarl_query(secret: str) -> str:
    return yarl.URL.build(query={"k": secret}).raw_query_string[2:]


ENCODINGS: dict[str, Callable[[str], str]] = {
    "raw": str,
    "quote": quote,
    "quote all": lambda secret: quote(secret, safe=""),
    "quote_plus": quote_plus,
    "yarl": in_a_yarl_query,
    "repr": lambda secret: repr(secret)[1:-1],
    "bytes": lambda secret: repr(secret.encode())[2:-1],
    "json": lambda secret: json.dumps(secret)[1:-1],
    "json, not ascii": lambda secret: json.dumps(secret, ensure_ascii=False)[1:-1],
    "json of a repr": lambda secret: json.dumps(repr(secret))[2:-2],
    "lower-case escapes": lambda secret: re.sub("%..", lambda code: code[0].lower(), quote(secret, safe="")),
}


@pytest.mark.parametrize("name", ENCODINGS)
def test_a_known_secret_is_hidden_in_every_encoding(name: str) -> None:
    written = ENCODINGS[name](HARD)
    assert Redactor([HARD]).text(f"GET /?x={written}&i=1 failed") == "GET /?x=***&i=1 failed"


@given(secrets)
@example(HARD)
@example("a+b c/d?e:f@g!$'()*,;=&")
def test_the_encoding_of_yarl_is_known_without_yarl(secret: str) -> None:
    assert in_a_yarl_query(secret) in encodings(secret)


@given(secret=secrets, other=secrets, before=st.text(), after=st.text(), name=st.sampled_from(list(ENCODINGS)))
@example(secret="***abc***", other="xyzxyz", before="xyzxyzabcxyzxyz", after="", name="raw")
@example(secret="******", other="xyzxyz", before="xyzxyz", after="xyzxyz", name="raw")
def test_no_secret_survives_in_any_context(secret: str, other: str, before: str, after: str, name: str) -> None:
    redactor = Redactor([secret, other])
    written = ENCODINGS[name](secret)
    cleaned = redactor.text(f"{before}{written}{after}")
    assert not any(form in cleaned for form in (secret, other, written))
    assert redactor.text(cleaned) == cleaned


@given(st.text())
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    redactor = Redactor([HARD])
    assert redactor.text(redactor.text(text)) == redactor.text(text)


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("https://x.example/?apikey=k1&i=tt1", "https://x.example/?apikey=***&i=tt1"),
        ("?i=tt1&api_key=k1", "?i=tt1&api_key=***"),
        ("next=%3Fapikey%3Dk1%26i%3Dtt1", "next=%3Fapikey%3D***%26i%3Dtt1"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer ***"),
        ("authorization: bearer abc.def", "authorization: bearer ***"),
        ("Authorization: Basic dXNlcjpwdw==", "Authorization: Basic ***"),
        ('{"X-API-KEY": "k 1", "page": 2}', '{"X-API-KEY": "***", "page": 2}'),
        ("{'Authorization': 'Bearer abc'}", "{'Authorization': 'Bearer ***'}"),
        ("('X-API-KEY', 'k1')", "('X-API-KEY', '***')"),
        ("(b'X-API-KEY', b'k1')", "(b'X-API-KEY', b'***')"),
        (r"{\"api_key\": \"k1\"}", r"{\"api_key\": \"***\"}"),
        ("OMDB_API_KEY=k1 MWI_DB=x.db", "OMDB_API_KEY=*** MWI_DB=x.db"),
        ("accessToken=k1; tmdbApiKey: k2", "accessToken=***; tmdbApiKey: ***"),
        ("password='correct horse'", "password='***'"),
        ("sent Bearer abcdefgh.ijk", "sent Bearer ***"),
        (f"[{TOKEN}]", "[***]"),
        (f"?k%3D{TOKEN}", "?k%3D***"),
    ],
)
def test_an_unknown_secret_is_hidden_by_its_name_or_shape(text: str, cleaned: str) -> None:
    assert Redactor().text(text) == cleaned


@pytest.mark.parametrize(
    "text",
    [
        "source=tmdb key=movie/603 done=12",
        "MWI_API_TOKEN is not a setting",
        "put it in .env, then: mwi-crawl keys check",
        "key ...9d2e was refused",
        "broken: 3, tokens=5, author: Smith, passes: 2, monkey=1",
        "The Secret of NIMH (1982)",
        "token=",
    ],
)
def test_an_innocent_text_stays_as_it_is(text: str) -> None:
    assert Redactor(["0123456789abcdef"]).text(text) == text


def test_a_short_value_is_left_to_names() -> None:
    redactor = Redactor(["abc", ""])
    assert redactor.text("abcdef apikey=abc") == "abcdef apikey=***"


def test_a_secret_within_a_secret_is_no_way_out() -> None:
    assert Redactor(["abcdef", "abcdefghij"]).text("abcdefghij abcdef") == "*** ***"


def test_a_field_with_the_name_of_a_secret_is_hidden_whole() -> None:
    redactor = Redactor()
    assert redactor.field("OMDB_API_KEY", "a b c") == "***"
    assert redactor.field("x-api-key", "a") == "***"
    assert redactor.field("key", "movie/603") == "movie/603"


def test_a_redactor_does_not_show_what_it_knows() -> None:
    assert HARD[:6] not in repr(Redactor([HARD]))


def test_a_token_is_known_by_its_shape() -> None:
    assert looks_like_a_key(f"x {TOKEN}")
    assert not looks_like_a_key("eyJust a word. And another")


@pytest.mark.parametrize(
    "unit", ["a", "token=", 'token"', "token\\\\", "apikey", "a key word, a token; ", "Bearer ", "eyJ", "%3d"]
)
def test_a_long_text_is_cleaned_in_a_moment(unit: str) -> None:
    redactor = Redactor([HARD, "0123456789abcdef" * 2])
    started = time.perf_counter()
    redactor.text(unit * (300_000 // len(unit)))
    redactor.text("token" + unit[-1] * 300_000)
    assert time.perf_counter() - started < 1


@pytest.mark.parametrize(
    "character",
    ["\x00", "\x07", "\x1b", "\n", "\r", "\x7f", "\x9b", "\u202e", "\u2066", "\u200f", "\u2028", "\ufeff", "\ud800"],
)
def test_a_character_that_acts_is_made_visible(character: str) -> None:
    assert printable(f"The{character}Matrix") == "The\ufffdMatrix"


def test_a_title_of_any_language_stays_as_it_is() -> None:
    titles = "Amélie – 七人の侍 – Иди и смотри – ليلى – 🎬\tWALL·E"
    assert printable(titles) == titles


@given(st.text(st.characters(codec="utf-8", categories=["L"]), min_size=6))
def test_a_secret_is_hidden_in_json_without_breaking_it(secret: str) -> None:
    cleaned = Redactor([secret]).text(json.dumps({"k": f"{secret}1"}, ensure_ascii=False))
    assert json.loads(cleaned) == {"k": "***1"}
