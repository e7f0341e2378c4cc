"""Cinemorgue: titles and keys, the entries people write, and what is wrong with a whole batch."""

from __future__ import annotations

import json
import random
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_contract import empty_database, read, store

from mwi_crawl.model import MediaType, Outcome, Parsed, Response, Seed
from mwi_crawl.sources import _cinemorgue_answers
from mwi_crawl.sources import _cinemorgue_wikitext as wikitext
from mwi_crawl.sources._cinemorgue_titles import LONGEST, FilmKey, PersonKey, name_of, read_key, wiki_title
from mwi_crawl.sources.cinemorgue import Cinemorgue

WIKI = Cinemorgue()
FILM = "The Silver Door (1999)"
FILM_KEY = f"film/{FILM}#tt9999999"
PERSON_KEY = f"person/Ada Brook#{FILM}|tt9999999"
GENERAL = {"servername": "cinemorgue.fandom.com", "sitename": "Cinemorgue Wiki"}
WALL = b"<html><title>Just a moment...</title><script>_cf_chl_opt</script></html>"


def page(title: str, text: str) -> dict[str, Any]:
    main = {"contentmodel": "wikitext", "content": text}
    return {"pageid": 1, "ns": 0, "title": title, "revisions": [{"slots": {"main": main}}]}


def body(*pages: dict[str, Any], **query: Any) -> bytes:
    return json.dumps({"batchcomplete": True, "query": {"general": GENERAL, "pages": pages, **query}}).encode()


def parsed(key: str, text: str, title: str | None = None, source: Cinemorgue = WIKI) -> Parsed:
    response = Response(200, {}, body(page(title or read_key(key).page, text)))
    assert source.judge(response).outcome is Outcome.OK
    return source.parse(key, response)


def deaths(found: Parsed) -> list[tuple[Any, ...]]:
    return [(row.values["actor"], row.values["character"], row.values["how"]) for row in found.records]


def listed(*lines: str) -> list[tuple[Any, ...]]:
    return deaths(parsed(FILM_KEY, "\n".join(("==Deaths==", *lines))))


def said(*lines: str, key: str = PERSON_KEY) -> list[tuple[Any, ...]]:
    return [death[1:] for death in deaths(parsed(key, "\n".join(("==Film Deaths==", *lines))))]


# keys


def test_a_film_is_asked_by_title_and_year_first_and_by_its_title_alone_last():
    seed = Seed({"imdb": "tt0047478"}, "Seven Samurai", "Shichinin no samurai", 1954, MediaType.MOVIE)
    assert WIKI.plan(seed) == (
        "film/Seven Samurai (1954)#tt0047478",
        "film/Shichinin no samurai (1954)#tt0047478",
        "film/Seven Samurai (1954 film)#tt0047478",
        "film/Shichinin no samurai (1954 film)#tt0047478",
        "film/Seven Samurai#1954|tt0047478",
        "film/Shichinin no samurai#1954|tt0047478",
    )


def test_a_series_is_asked_as_a_series_first():
    seed = Seed({"tmdb_tv": "1438"}, "The Wire", None, 2002, MediaType.TV)
    assert WIKI.plan(seed)[0] == "film/The Wire (2002 series)#tmdb_tv:1438"


@pytest.mark.parametrize(
    "seed",
    [Seed({}, "Crash"), Seed({}, None, None, 1999), Seed({}, "#|<>", None, 1999), Seed({}, "x" * 300, None, 1999)],
    ids=["no year", "no title", "no letters", "too long"],
)
def test_what_cannot_be_asked_or_would_be_doubtful_has_no_keys(seed: Seed):
    assert WIKI.plan(seed) == ()


def test_two_films_of_one_title_and_year_do_not_share_a_key():
    one, other = (WIKI.plan(Seed({"imdb": id}, "Crash", None, 2004)) for id in ("tt0375679", "tt0375680"))
    assert not set(one) & set(other)


@pytest.mark.parametrize(
    ("title", "spelled"),
    [
        ("the  matrix_reloaded ", "The matrix reloaded"),
        ("[REC]", "REC"),
        ("#Alive", "Alive"),
        ("This|That {x}", "This That x"),
        ("100%41", "100% 41"),
        ("100% Wolf", "100% Wolf"),
        ("élan\u0301", "Élań"),
        ("a\u200bb\u00a0c\nd", "A b c d"),
        (":Memo", "Memo"),
        ("../x", None),
        ("~~~~", None),
        ("ß" * (LONGEST // 2), "ß" * (LONGEST // 2)),
        ("ß" * (LONGEST // 2 + 1), None),
        (" _ ", None),
        (None, None),
    ],
)
def test_titles_are_spelled_as_mediawiki_does(title: str | None, spelled: str | None):
    assert wiki_title(title) == spelled


def test_keys_are_read_back():
    assert read_key(FILM_KEY) == FilmKey(FILM, 1999, "tt9999999")
    assert read_key("film/100%25 Wolf#2020|") == FilmKey("100% Wolf", 2020, "")
    assert read_key(PERSON_KEY) == PersonKey("Ada Brook", (name_of(FILM),), "tt9999999")


@pytest.mark.parametrize(
    "key", ["", "film/", "film/Crash#tt1", "person/Ada", "film/X#nineteen|x", "movie/603", "person/#X (1999)|"]
)
def test_a_key_of_another_shape_is_refused(key: str):
    with pytest.raises(ValueError):
        WIKI.request([key])


@given(title=st.text(max_size=60), id=st.text(max_size=12))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_every_key_can_be_stored_and_read_back(title: str, id: str):
    for key in WIKI.plan(Seed({"letterboxd": id}, title, None, 1999)):
        assert key.isprintable()
        asked = read_key(key)
        assert asked.page == wiki_title(asked.page)
        assert WIKI.request([key]).params["titles"] == asked.page


def test_each_title_of_a_batch_is_asked_for_once():
    keys = [PERSON_KEY, "person/Ada Brook#Gold Door (2000)|tt9999998", FILM_KEY]
    params = WIKI.request(keys).params
    assert params["titles"] == f"Ada Brook|{FILM}"
    assert (params["formatversion"], params["redirects"], params["siprop"]) == ("2", "1", "general")


# a film's page


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("* [[Ada Brook]]", [("Ada Brook", None, None)]),
        ("*'''[[ada_Brook#Film Deaths|A. Brook]]'''", [("Ada Brook", None, None)]),
        ("* [[Ada Brook]] [Eva]: Drowns.", [("Ada Brook", "Eva", "Drowns.")]),
        ("* [[Ada Brook]] (Eva) – Drowns.", [("Ada Brook", "Eva", "Drowns.")]),
        ("* [[Ada Brook]] as The Maid: Drowns.", [("Ada Brook", "The Maid", "Drowns.")]),
        ("* [[Ada Brook]] - Eva Marsh", [("Ada Brook", "Eva Marsh", None)]),
        ("* [[Ada Brook]] - Drowns", [("Ada Brook", None, "Drowns")]),
        ("* Eva ([[Ada Brook]]): Drowns.", [("Ada Brook", "Eva", "Drowns.")]),
        ("* Eva, played by [[Ada Brook]]", [("Ada Brook", "Eva", None)]),
        ("* [[Ada Brook]] is shot by [[Jon Stone]].", [("Ada Brook", None, "is shot by Jon Stone.")]),
        ("* [[Ada Brook]] & [[Mia Tarn]]: Drown.", [("Ada Brook", None, "Drown."), ("Mia Tarn", None, "Drown.")]),
        ("* [[Ada Brook]] [Eva: Drowns.", [("Ada Brook", "Eva", "Drowns.")]),
        ("* [[Ada Brook]] [Eva [the maid]] [Ghost]: x", [("Ada Brook", "Eva [the maid] / Ghost", "x")]),
        ("* [[Ada Brook]] (deleted scene): Drowns.", [("Ada Brook", None, "Drowns.")]),
        ("* Shot by [[Jon Stone]]", []),
        ("* Eva is shot by a guard ([[Jon Stone]])", []),
        ("* Director: [[Otto Frame]]", []),
        ("* [[Gold Door (2000)]]", []),
        ("* [[File:A.jpg]] [[Category:Films]] [[w:c:x|X]] [[:Template:X]]", []),
        ("* [[File:A.jpg|20px|a door]] [[Ada Brook]]: Drowns.", [("Ada Brook", None, "Drowns.")]),
        ("* [[The Silver Door]]", []),
        ("* Ada Brook: Drowns.", []),
        ("[[Ada Brook]] drowns.", []),
        ("{{Box|x}} <!-- \n* [[Ada Brook]]: Drowns.", []),
    ],
)
def test_an_actor_is_who_is_linked_at_the_beginning_of_an_item(line: str, expected: list[tuple[Any, ...]]):
    assert listed(line) == expected


def test_lines_under_an_actor_tell_the_manner():
    lines = (
        "* [[Ada Brook]]",
        "** Drowns.",
        "** [[Jon Stone]] looks on.",
        "** [[Mia Tarn]]",
        "* [[Ada Brook]] [Ghost]",
    )
    assert listed(*lines) == [("Ada Brook", "Ghost", "Drowns.; Jon Stone looks on."), ("Mia Tarn", None, None)]


@pytest.mark.parametrize(
    "heading", ["Trivia", "Gallery[]", "Notable ConnectionsEdit", "Survivors", "Non-deaths", "Crew"]
)
def test_what_stands_under_other_headings_is_no_death(heading: str):
    found = parsed(FILM_KEY, f"=={heading}==\n* [[Ada Brook]]: x\n")
    assert not found.records
    assert not found.keys


def test_a_film_whose_page_leads_on_does_not_speak_of_all_its_deaths():
    # it would delete what the people's pages have told
    found = parsed(FILM_KEY, "* [[Ada Brook]]\n* [[Mia Tarn]]: Shot.")
    assert (found.speaks_of, found.keys) == ((), (PERSON_KEY,))
    found = parsed(FILM_KEY, "* [[Ada Brook]]: Drowns.\n* [[Mia Tarn]]: Shot.")
    assert (found.speaks_of, found.keys) == (("deaths",), ())


def test_without_people_a_films_page_is_all_there_is():
    found = parsed(FILM_KEY, "* [[Ada Brook]]", source=Cinemorgue({"people": False}))
    assert (found.speaks_of, found.keys) == (("deaths",), ())


def test_a_person_is_asked_under_the_titles_of_page_and_film():
    response = body(
        page("Door of Silver (1999)", "* [[Ada Brook]]"), redirects=[{"from": FILM, "to": "Door of Silver (1999)"}]
    )
    (key,) = WIKI.parse(FILM_KEY, Response(200, {}, response)).keys
    assert key == f"person/Ada Brook#Door of Silver (1999)|{FILM}|tt9999999"
    assert said("* ''The Silver Door'' (1999) [Eva]: Drowns.", key=key) == [("Eva", "Drowns.")]


# a person's page


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("* '''''The Silver Door''''' (1999) [Eva]: Drowns.", [("Eva", "Drowns.")]),
        ("* ''[[The Silver Door (1999)|Silver Door]]'' [Eva]: Drowns.", [("Eva", "Drowns.")]),
        ("* Silver Door, The (1999) [Eva] - Drowns.", [("Eva", "Drowns.")]),
        ("* ''The Silver Door (Die Silbertür)'' (1999): Drowns.", [(None, "Drowns.")]),
        ("* ''Die Silbertür'' (a.k.a. ''The Silver Door'') (1999): Drowns.", [(None, "Drowns.")]),
        ("* The Silver Door (1998; also 2001) [Eva: Drowns [later]", [("Eva", "Drowns [later]")]),
        (
            "* The Silver Door (1999) (also director) [Eva] / [Ann]: Drowns. (Twice.)",
            [("Eva / Ann", "Drowns. (Twice.)")],
        ),
        ("* The Silver Door (1999 TV) [Eva]", [("Eva", None)]),
        (
            "* THE SILVER DOOR(1999)[Eva]:Drowns<br>in&nbsp;a [http://x.y bog].<ref>z</ref>",
            [("Eva", "Drowns in a bog.")],
        ),
        ("* The Silver Door [Eva]: Drowns.", []),
        ("* The Silver Door (2001) [Eva]: Drowns.", []),
        ("* The Silver Door 2 (1999) [Eva]: Drowns.", []),
        ("* The Silver Door: Return (1999) [Eva]: Drowns.", []),
        ("* Gold Door (1999) [Eva]: As in The Silver Door (1999).", []),
        ("* Gold Door [Eva]: As in The Silver Door (1999).", []),
        ("* The Silver Door (1999 video game) [Eva]: Drowns.", []),
        ("The Silver Door (1999) [Eva]: Drowns.", []),
    ],
)
def test_a_person_tells_of_the_film_that_is_meant(line: str, expected: list[tuple[Any, ...]]):
    assert said(line) == expected


def test_the_exact_year_comes_before_the_one_beside_it():
    assert said("* The Silver Door (2000) [A]: x", "* The Silver Door (1999) [B]: y") == [("B", "y")]


def test_lines_under_a_film_belong_to_it_and_those_under_another_do_not():
    lines = (
        "* Gold Door (1999)",
        "** [A]: x",
        "* The Silver Door (1999)",
        "** [B]: y",
        "** [C]: z",
        "* Last (1999): w",
    )
    assert said(*lines) == [("B / C", "y; z")]


def test_a_person_who_says_nothing_of_the_film_takes_nothing_away():
    found = parsed(PERSON_KEY, "==Film Deaths==\n* Gold Door (1999): x")
    assert (found.absent, found.records, found.speaks_of) == (None, (), ())


def test_a_long_description_is_cut_at_a_word_and_stays_on_one_line():
    ((_, how),) = said("* The Silver Door (1999) [Eva]: " + "drowns " * 500 + "\u202e\x1b[2J")
    assert 2900 < len(how) <= 3010
    assert how.endswith("drowns …")


# answers


@pytest.mark.parametrize(
    ("status", "sent", "outcome", "reason"),
    [
        (429, b"", Outcome.REFUSED, "http_429"),
        (429, WALL, Outcome.REFUSED, "http_429"),
        (403, b"", Outcome.DENIED, "blocked"),
        (403, b"{}", Outcome.DENIED, "blocked"),
        (503, WALL, Outcome.DENIED, "blocked"),
        (503, b"<html>down</html>", Outcome.RETRY, "http_5xx"),
        (404, b"<html>not here</html>", Outcome.RETRY, "http_404"),
        (410, b"", Outcome.RETRY, "http_410"),
        (200, b"[]", Outcome.RETRY, "bad_payload"),
        (200, b"null", Outcome.RETRY, "bad_payload"),
        (200, b"\xff\xfe", Outcome.RETRY, "bad_payload"),
        (200, b"[" * 100_000, Outcome.RETRY, "bad_payload"),
        (200, b'{"batchcomplete": true}', Outcome.RETRY, "bad_payload"),
        (200, b'{"errors": [{"code": "ratelimited", "text": "x"}]}', Outcome.REFUSED, "http_429"),
        (503, b'{"error": {"code": "readonly", "info": "x"}}', Outcome.RETRY, "upstream_error"),
        (200, b'{"error": {"code": ["odd"], "info": 5}}', Outcome.RETRY, "bad_payload"),
        (200, b"<script src='/cdn-cgi/challenge-platform/scripts/jsd/main.js'>", Outcome.RETRY, "bad_payload"),
    ],
)
def test_what_is_wrong_with_a_whole_batch_is_said_of_the_batch(status: int, sent: bytes, outcome: Outcome, reason: str):
    verdict = WIKI.judge(Response(status, {}, sent))
    assert (verdict.outcome, verdict.reason) == (outcome, reason)


@pytest.mark.parametrize("field", ["servername", "server", "base"])
@pytest.mark.parametrize(
    "host", ["cinemorgue-fanon.fandom.com", "moviemorgue.fandom.com", "cinemorgue.fandom.com.example"]
)
def test_a_look_alike_is_refused_whatever_it_calls_itself(field: str, host: str):
    for asked, outcome in ((host, Outcome.DENIED), ("cinemorgue.fandom.com", Outcome.OK)):
        general = {
            "sitename": "Cinemorgue Wiki",
            field: asked if field == "servername" else f"//{asked}/wiki/Main_Page",
        }
        sent = json.dumps({"query": {"general": general, "pages": [page(FILM, "* [[Ada Brook]]")]}}).encode()
        assert WIKI.judge(Response(200, {}, sent)).outcome is outcome
        if outcome is Outcome.DENIED:
            with pytest.raises(ValueError):
                WIKI.parse(FILM_KEY, Response(200, {}, sent))


def test_every_cut_of_a_batch_is_asked_for_again():
    whole = body(page(FILM, "* [[Ada Brook]]: Drowns."), page("Ada Brook", "==Film Deaths==\n* X (1999): y"))
    for end in range(len(whole)):
        assert WIKI.judge(Response(200, {}, whole[:end])).reason == "bad_payload"


def test_pages_of_other_titles_in_the_batch_are_not_taken():
    response = Response(200, {}, body(page("Mia Tarn", "* [[X Y]]: Shot."), page(FILM, "* [[Ada Brook]]: Drowns.")))
    assert deaths(WIKI.parse(FILM_KEY, response)) == [("Ada Brook", None, "Drowns.")]
    with pytest.raises(ValueError):
        WIKI.parse("film/Gold Door (1999)#tt9999998", response)


def test_redirects_in_a_circle_end():
    moved = [{"from": FILM, "to": "B"}, {"from": "B", "to": FILM}]
    with pytest.raises(ValueError):
        WIKI.parse(FILM_KEY, Response(200, {}, body(redirects=moved)))


def test_a_redirect_that_was_not_followed_is_no_list_of_actors():
    assert parsed(FILM_KEY, "#REDIRECT [[Ada Brook]]").absent == "redirect"


def test_a_batch_is_decoded_once(monkeypatch: pytest.MonkeyPatch):
    count = 0
    decode = _cinemorgue_answers.decode

    def counting(sent: bytes) -> Any:
        nonlocal count
        count += 1
        return decode(sent)

    monkeypatch.setattr(_cinemorgue_answers, "decode", counting)
    names = [f"Film {number} (1999)" for number in range(50)]
    response = Response(200, {}, body(*(page(name, f"* [[Ada Brook]]: Drowns in {name}.") for name in names)))
    for name in names:
        assert WIKI.judge(response).outcome is Outcome.OK
        assert deaths(WIKI.parse(f"film/{name}#x", response)) == [("Ada Brook", None, f"Drowns in {name}.")]
    assert count == 1


# hostile pages

SIGNS = (
    "*",
    "**",
    "==",
    "[[",
    "]]",
    "{{",
    "}}",
    "'''",
    "''",
    "<ref>",
    "</ref>",
    "<br>",
    "<!--",
    "-->",
    "&amp;",
    "\n",
    " ",
)
SIGNS += (
    "|",
    "[",
    "]",
    "(",
    ")",
    ":",
    "(1999)",
    "The Silver Door",
    "Ada Brook",
    "#",
    "<b ",
    "[http://x",
    "\u202e",
    "\x00",
    "Deaths",
)


@settings(max_examples=400, deadline=None, derandomize=True)
@given(st.lists(st.sampled_from(SIGNS), max_size=40).map("".join))
def test_no_wikitext_escapes_or_breaks_the_tables(text: str):
    for key in (FILM_KEY, PERSON_KEY):
        _, found = read(WIKI, key, Response(200, {}, body(page(read_key(key).page, text))))
        assert found is not None
        store(empty_database(), "cinemorgue", found.records)
        for key in found.keys:
            assert key.isprintable()
            read_key(key)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.lists(st.sampled_from([sign for sign in SIGNS if sign not in ("*", "**", "#")]), max_size=40).map("".join))
def test_no_death_is_invented_without_a_list_item(text: str):
    for key in (FILM_KEY, PERSON_KEY):
        assert not parsed(key, text).records


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.lists(st.sampled_from([sign for sign in SIGNS if sign != "[["]), max_size=40).map("".join))
def test_no_actor_is_invented_without_a_link(text: str):
    found = parsed(FILM_KEY, "==Deaths==\n* " + text)
    assert not found.records
    assert not found.keys


@pytest.mark.parametrize(
    "sign", ["{{a|", "[[a|", "<b ", '<ref name="', "[http://x ", "''a'''b", "[", "(", "<!--", "&am", "{|"]
)
def test_a_hostile_page_takes_no_long_time(sign: str):
    # the parser of wikitext takes the square of what is left open, so that a page of it would take an hour
    text = "\n".join(["* " + sign * (20_000 // len(sign))] * 45)
    started = time.perf_counter()
    wikitext.read(text)
    assert time.perf_counter() - started < 5


def test_a_page_beyond_all_size_is_not_read():
    with pytest.raises(ValueError, match="characters"):
        parsed(FILM_KEY, "x" * (wikitext.LARGEST + 1))


def test_a_film_leads_to_no_more_people_than_a_film_can_have():
    lines = [f"* [[Actor {number}]]" for number in range(2000)]
    assert len(parsed(FILM_KEY, "\n".join(lines)).keys) == 200


def _spoilt(node: Any, dice: random.Random) -> Any:
    """The value with some of what is in it gone or replaced by junk."""
    if dice.random() < 0.06:
        return dice.choice([None, "", 0, True, [], {}, "x", "\ud800", [None], {"code": 1}, "* [[A B]]: x", 2**70])
    if isinstance(node, dict):
        return {name: _spoilt(inner, dice) for name, inner in node.items() if dice.random() > 0.02}
    return [_spoilt(inner, dice) for inner in node] if isinstance(node, list) else node


def test_damage_to_an_answer_never_escapes():
    dice, db = random.Random(1999), empty_database()
    good = {
        "batchcomplete": True,
        "query": {
            "normalized": [{"fromencoded": False, "from": "ada Brook", "to": "Ada Brook"}],
            "redirects": [{"from": FILM, "to": "Silver Door (1999)"}],
            "pages": [
                page("Silver Door (1999)", "* [[Ada Brook]]\n* [[Mia Tarn]]: x"),
                page("Ada Brook", "* X (1999): y"),
            ],
            "general": GENERAL,
        },
    }
    outcomes = set()
    for _ in range(600):
        sent = json.dumps(_spoilt(good, dice)).encode()
        if dice.random() < 0.2:
            spoilt = bytearray(sent)
            for _ in range(3):
                spoilt[dice.randrange(len(spoilt))] = dice.randrange(256)
            sent = bytes(spoilt)
        for key in (FILM_KEY, PERSON_KEY):
            verdict, found = read(WIKI, key, Response(200, {}, sent))
            outcomes.add(verdict.outcome)
            if found is not None:
                store(db, "cinemorgue", found.records)
                assert {row.values["actor"] for row in found.records} <= {"Ada Brook", "Mia Tarn", "A B"}
    assert {Outcome.OK, Outcome.RETRY, Outcome.BROKEN, Outcome.DENIED} <= outcomes
