"""The fake upstream: what the engine's tests, the demo and the crash tests rely on."""

from __future__ import annotations

import asyncio
import csv
import json
import socket
import subprocess
import sys
import time
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from mwi_crawl.demo.films import GENRES, INVENTED_FROM, bundled, invented
from mwi_crawl.demo.history import DATA
from mwi_crawl.demo.log import Hit, RequestLog
from mwi_crawl.demo.misbehaviour import MISBEHAVIOURS, Ask, bomb, drip, huge, slow, too_many
from mwi_crawl.demo.tmdb import FakeTmdb
from mwi_crawl.demo.tmdb_lists import MAX_PAGE
from mwi_crawl.demo.upstream import FakeUpstream, demo_upstream
from mwi_crawl.errors import TransportError
from mwi_crawl.fetch import HttpTransport, Limits
from mwi_crawl.model import Outcome, Parsed, Wanted
from mwi_crawl.sources.tmdb import Tmdb

ROOT = Path(__file__).resolve().parents[1]
RECORDINGS = ROOT.parent / "shared" / "recordings" / "tmdb"
STAR_WARS = "/3/movie/11"
PARTS = "credits,keywords,videos,similar,release_dates,external_ids,alternative_titles,images"
BEFORE_THE_WIRE = {"dns", "refused", "tls"}  # the HTTP face can only hang up
KEY = "0123456789abcdef0123456789abcdef"


@pytest.fixture(scope="module")
def films() -> FakeTmdb:
    return FakeTmdb(count=3000)


@pytest.fixture
def upstream(films: FakeTmdb) -> FakeUpstream:
    fake = FakeUpstream()
    fake.handle(films.answer)
    return fake


def ask(films: FakeTmdb, path: str, **params: str) -> Any:
    response = films.answer(Ask("GET", path, params))
    assert response is not None
    return json.loads(response.body)


async def raw(base_url: str, path: str = STAR_WARS, header: str = "", limit: int = 10_000_000) -> bytes:
    """What one connection brings until the server ends it (or `limit` bytes are there, or it falls silent)."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(base_url.rpartition(":")[2]))
    writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{header}\r\n".encode())
    received = b""
    try:
        async with asyncio.timeout(0.3):
            while len(received) < limit and (data := await reader.read(65536)):
                received += data
    except TimeoutError:
        pass
    finally:
        writer.transport.abort()
    return received


def split(answer: bytes) -> tuple[str, dict[str, str], bytes]:
    top, _, body = answer.partition(b"\r\n\r\n")
    status, *lines = top.decode("latin-1").split("\r\n")
    return status, dict(line.split(": ", 1) for line in lines), body


# The films, in TMDb's shape


@pytest.mark.parametrize(
    ("recording", "path", "params"),
    [
        ("movie_47964__wm202605", STAR_WARS, {}),
        ("movie_47964_credits__wm202605", f"{STAR_WARS}/credits", {}),
        ("movie_47964_keywords__wm202605", f"{STAR_WARS}/keywords", {}),
        ("movie_47964_videos__wm202605", f"{STAR_WARS}/videos", {}),
        ("movie_47964_release_dates__wm202605", f"{STAR_WARS}/release_dates", {}),
        ("movie_335984_external_ids__wm202605", f"{STAR_WARS}/external_ids", {}),
        ("movie_47964_alternative_titles__country=US__wm202605", "/3/movie/2841/alternative_titles", {}),
        ("movie_47964_similar__wm202605", f"{STAR_WARS}/similar", {}),
        ("find_tt0088247__src=imdb_id__wm202605", "/3/find/tt0076759", {"external_source": "imdb_id"}),
        ("search_movie__query=007_page=1__wm202605", "/3/search/movie", {"query": "star wars"}),
        ("movie_popular__page=1__wm202605", "/3/movie/popular", {"page": "1"}),
        ("movie_popular__page=2__wm202605", "/3/movie/top_rated", {"page": "2"}),
        ("movie_upcoming__page=2__wm202605", "/3/movie/upcoming", {"page": "2"}),
        ("movie_now_playing__page=1__wm202605", "/3/movie/now_playing", {}),
        ("trending_movie_week__wm202605", "/3/trending/movie/week", {}),
        ("movie_changes__page=1__wm202605", "/3/movie/changes", {"start_date": "2026-05-23", "end_date": "2026-05-23"}),
        ("tv_changes__page=1__wm202605", "/3/tv/changes", {}),
        ("configuration__wm202605", "/3/configuration", {}),
        ("movie_999999999__http404__wm202605", "/3/movie/999999999", {}),
    ],
)
def test_answers_have_the_keys_of_recorded_ones(
    films: FakeTmdb, recording: str, path: str, params: dict[str, str]
) -> None:
    file = RECORDINGS / f"{recording}.json"
    if not file.exists():
        pytest.skip("the recordings are not beside this checkout")
    assert list(differences(ask(films, path, **params), json.loads(file.read_bytes()))) == []


def differences(ours: Any, recorded: Any, place: str = "") -> Iterator[str]:
    """Keys that one has and the other has not; of two lists the first items are compared, nothing with nothing."""
    if isinstance(ours, dict) and isinstance(recorded, dict):
        yield from (f"{place}.{key}" for key in ours.keys() ^ recorded.keys())
        for key in ours.keys() & recorded.keys():
            yield from differences(ours[key], recorded[key], f"{place}.{key}")
    elif isinstance(ours, list) and isinstance(recorded, list):
        if ours and recorded:
            yield from differences(ours[0], recorded[0], f"{place}[]")
    elif ours is not None and recorded is not None and not isinstance(ours, type(recorded)):
        yield f"{place}: {type(ours).__name__} is not {type(recorded).__name__}"


def test_only_what_was_asked_for_is_appended(films: FakeTmdb) -> None:
    plain = ask(films, STAR_WARS)
    more = ask(films, STAR_WARS, append_to_response="credits,nonsense,keywords")
    assert more.keys() - plain.keys() == {"credits", "keywords"}
    assert [person["name"] for person in more["credits"]["crew"]] == ["George Lucas"]
    assert more["credits"]["cast"][0]["name"] == "Mark Hamill"


def test_an_imdb_id_is_as_good_as_a_tmdb_id(films: FakeTmdb) -> None:
    assert ask(films, "/3/movie/tt0076759") == ask(films, STAR_WARS)


def test_no_two_people_companies_or_keywords_share_an_id() -> None:
    from mwi_crawl.demo.tmdb_films import _id

    names = {name for film in bundled() for name in (*film.cast, *film.directors, *film.companies, *film.keywords)}
    assert len({_id(name) for name in names}) == len(names)


def test_every_genre_country_and_language_has_a_name(films: FakeTmdb) -> None:
    for film in bundled():
        details = ask(films, f"/3/movie/{film.tmdb_id}", append_to_response=PARTS)
        assert details["imdb_id"] == film.imdb_id
        assert set(film.genres) <= GENRES.keys()
        assert film.tmdb_id not in {other["id"] for other in details["similar"]["results"]}


@pytest.mark.parametrize(
    ("query", "year", "found"),
    [
        ("star wars", "1977", 11),
        ("WALL-E", "2008", 10681),
        ("un long dimanche de fiancailles", "2004", 2841),
        ("Hross í oss", None, 217708),
        ("star wars", "1950", None),
        ("no such film", None, None),
    ],
)
def test_search_knows_titles_in_both_languages_without_accents(
    films: FakeTmdb, query: str, year: str | None, found: int | None
) -> None:
    answer = ask(films, "/3/search/movie", query=query, **({"primary_release_year": year} if year else {}))
    ids = [film["id"] for film in answer["results"]]
    assert ids[:1] == ([found] if found else [])
    assert answer["total_pages"] == 1


def test_there_are_no_series(films: FakeTmdb) -> None:
    answer = ask(films, "/3/search/tv", query="star wars")
    assert (answer["results"], answer["total_results"]) == ([], 0)


@pytest.mark.parametrize(
    ("path", "params", "status", "code"),
    [
        ("/3/movie/999999999", {}, 404, 34),
        ("/3/movie/tt9900001", {}, 404, 34),
        ("/3/movie/11/nonsense", {}, 404, 34),
        ("/3/movie/११", {}, 404, 34),
        ("/3/search/movie", {"query": "star", "page": "501"}, 400, 22),
        ("/3/search/movie", {"query": "star", "page": "0"}, 400, 22),
        ("/3/search/movie", {}, 422, 5),
        ("/3/movie/popular", {"page": "501"}, 400, 22),
        ("/3/tv/popular", {}, 404, 34),
        ("/3/movie/trending", {}, 404, 34),
        ("/3/movie/changes", {"page": "501"}, 400, 22),
        ("/3/movie/changes", {"start_date": "20-11-2026"}, 400, 23),
        ("/3/movie/changes", {"start_date": "2026-11-01", "end_date": "2026-11-16"}, 422, 20),
        ("/3/tv/changes", {"start_date": "2026-11-02", "end_date": "2026-11-01"}, 422, 20),
        (STAR_WARS, {"append_to_response": ",".join(["credits"] * 21)}, 400, 27),
    ],
)
def test_errors_are_tmdbs_own(films: FakeTmdb, path: str, params: dict[str, str], status: int, code: int) -> None:
    response = films.answer(Ask("GET", path, params))
    assert response is not None
    assert (response.status, json.loads(response.body)["status_code"]) == (status, code)
    assert "etag" not in response.headers


def test_a_language_hides_posters_in_others_unless_they_are_included(films: FakeTmdb) -> None:
    posters = [
        len(ask(films, f"{STAR_WARS}/images", **params)["posters"])
        for params in ({}, {"language": "de-DE"}, {"language": "de", "include_image_language": "en,null"})
    ]
    assert posters == [1, 0, 1]


def test_an_id_unknown_to_find_is_five_empty_lists(films: FakeTmdb) -> None:
    answer = ask(films, "/3/find/tt9900001", external_source="imdb_id")
    assert len(answer) == 5
    assert not any(answer.values())


def test_invented_films_are_the_same_each_time_and_as_large_as_real_answers(films: FakeTmdb) -> None:
    assert invented(5) == FakeTmdb(count=10).films.get("tt9000005") == films.films.get(str(INVENTED_FROM + 5))
    assert films.films.get("tt9003001") is None
    sizes = []
    for number in range(1, 3001, 100):
        response = films.answer(Ask("GET", f"/3/movie/{INVENTED_FROM + number}", {"append_to_response": PARTS}))
        assert response is not None
        sizes.append(len(response.body))
    assert 10_000 < min(sizes) < max(sizes) < 20_000
    found = ask(films, "/3/search/movie", query=invented(42).title)
    assert [film["id"] for film in found["results"]] == [INVENTED_FROM + 42]


# Its lists, and what changes


@pytest.mark.parametrize("path", ["movie/popular", "movie/top_rated", "movie/upcoming", "trending/movie/week"])
def test_the_pages_of_a_list_have_each_of_its_films_once(path: str) -> None:
    tmdb = FakeTmdb(count=30)
    first = ask(tmdb, f"/3/{path}")
    pages = [ask(tmdb, f"/3/{path}", page=str(page)) for page in range(1, first["total_pages"] + 2)]
    ids = [film["id"] for page in pages for film in page["results"]]
    assert len(set(ids)) == len(ids) == first["total_results"] > 20
    assert [page["page"] for page in pages] == list(range(1, len(pages) + 1))
    assert (pages[-1]["results"], pages[-1]["total_pages"]) == ([], first["total_pages"])
    assert path == "movie/upcoming" or max(ids) == INVENTED_FROM + 30
    assert ask(FakeTmdb(count=30), f"/3/{path}", page="2") == pages[1]


def test_the_lists_are_in_five_orders(films: FakeTmdb) -> None:
    names = ("movie/popular", "movie/top_rated", "movie/upcoming", "movie/now_playing", "trending/movie/week")
    pages = [ask(films, f"/3/{name}") for name in names]
    assert len({tuple(film["id"] for film in page["results"]) for page in pages}) == len(names)
    upcoming, playing = pages[2]["dates"], pages[3]["dates"]
    assert playing["minimum"] < playing["maximum"] <= upcoming["minimum"] < upcoming["maximum"]


def changed(tmdb: FakeTmdb, first: str, last: str | None = None, media: str = "movie") -> list[dict[str, Any]]:
    """All entries of the changes of a day, or from one day to another, page by page."""
    asked = {"start_date": first, "end_date": last or first}
    pages = ask(tmdb, f"/3/{media}/changes", **asked)["total_pages"]
    found = [ask(tmdb, f"/3/{media}/changes", page=str(page), **asked)["results"] for page in range(1, pages + 1)]
    assert [len(page) for page in found[:-1]] == [100] * (pages - 1)
    return [entry for page in found for entry in page]


def test_what_changes_is_told_on_its_day_and_its_own_answer_is_another() -> None:
    tmdb = FakeTmdb(count=5)
    path, other = f"/3/movie/{INVENTED_FROM + 1}", f"/3/movie/{INVENTED_FROM + 2}"
    before = tmdb.answer(Ask("GET", path)), tmdb.answer(Ask("GET", other, {"append_to_response": PARTS}))
    tmdb.change([INVENTED_FROM + 1, 11], "2026-11-20")
    after = tmdb.answer(Ask("GET", path)), tmdb.answer(Ask("GET", other, {"append_to_response": PARTS}))
    assert before[0] is not None
    assert after[0] is not None
    assert before[0].headers["etag"] != after[0].headers["etag"]
    assert before[1] == after[1], "what is alike has not changed"
    then, now = json.loads(before[0].body), json.loads(after[0].body)
    assert {name for name in then if then[name] != now[name]} == {"popularity", "vote_count", "tagline"}
    own = {INVENTED_FROM + 1, 11}
    assert own <= {entry["id"] for entry in changed(tmdb, "2026-11-20")}
    assert own <= {entry["id"] for entry in changed(tmdb, "2026-11-18", "2026-11-21")}
    for day, media in (("2026-11-19", "movie"), ("2026-11-21", "movie"), ("2026-11-20", "tv")):
        assert not own & {entry["id"] for entry in changed(tmdb, day, media=media)}
    tmdb.change([11], "2026-11-22")
    assert ask(tmdb, STAR_WARS)["tagline"] == "Edited 2 times"


def test_no_day_is_without_changes_of_strangers_and_some_are_not_there(films: FakeTmdb) -> None:
    for media in ("movie", "tv"):
        entries = changed(films, "2026-02-28", media=media)
        assert len(entries) == 7
        assert {entry["adult"] for entry in entries} == {True, False, None}
        assert None in {entry["id"] for entry in entries}
        assert not any(films.films.get(str(entry["id"])) for entry in entries)
    many = changed(FakeTmdb(strangers=6800), "2026-02-28")
    assert len(many) == 6800
    known = [entry["id"] for entry in many if entry["id"]]
    assert len(set(known)) == len(known)


def test_what_changed_is_spread_over_the_pages() -> None:
    tmdb = FakeTmdb(count=500, strangers=6800)
    own = range(INVENTED_FROM + 1, INVENTED_FROM + 41)
    tmdb.change(own, "2026-11-20")
    places = [place for place, entry in enumerate(changed(tmdb, "2026-11-20")) if entry["id"] in own]
    assert len(places) == 40
    assert len({place // 100 for place in places}) > 20


def test_what_is_removed_is_nowhere_any_more() -> None:
    tmdb = FakeTmdb(count=3)
    gone = tmdb.films.get(str(INVENTED_FROM + 2))
    assert gone is not None
    tmdb.remove(gone.tmdb_id, "2026-11-20")
    for path in (f"/3/movie/{gone.tmdb_id}", f"/3/movie/{gone.imdb_id}"):
        response = tmdb.answer(Ask("GET", path))
        assert response is not None
        assert response.status == 404
    assert ask(tmdb, f"/3/find/{gone.imdb_id}", external_source="imdb_id")["movie_results"] == []
    assert ask(tmdb, "/3/search/movie", query=gone.title)["results"] == []
    assert gone.tmdb_id not in {film["id"] for film in ask(tmdb, "/3/movie/upcoming")["results"]}
    entry = {"id": gone.tmdb_id, "adult": None, "softcore": None}
    assert entry in changed(tmdb, "2026-11-20")


def test_the_source_reads_what_the_fake_says() -> None:
    source, fake = Tmdb(), FakeTmdb(count=40, strangers=250)
    fake.change([INVENTED_FROM + 7, 11], "2026-11-20")
    fake.remove(INVENTED_FROM + 8, "2026-11-20")
    named = set()
    keys = [source.changes("2026-11-20")["movie/"]]
    for key in keys:
        parsed = parsed_by(source, fake, key)
        assert parsed.changed is not None
        keys += parsed.keys
        named |= set(parsed.changed.keys)
    assert len(keys) == 3
    assert {f"movie/{INVENTED_FROM + 7}", "movie/11"} <= named
    assert f"movie/{INVENTED_FROM + 8}" not in named
    for key in source.discover(Wanted(lists=source.lists, pages=2)):
        listed = parsed_by(source, fake, key).listed
        assert listed is not None
        assert list(listed.seeds) == list(range(listed.first, listed.last + 1))
    crowded = FakeTmdb(strangers=MAX_PAGE * 100 + 1)
    assert parsed_by(source, crowded, keys[0]).absent == "too_many_pages"
    assert parsed_by(source, FakeTmdb(strangers=0), keys[0]).absent == "nothing_listed"


def parsed_by(source: Tmdb, fake: FakeTmdb, key: str) -> Parsed:
    request = source.request([key])
    response = fake.answer(Ask("GET", request.path, request.params))
    assert response is not None
    assert source.judge(response).outcome is Outcome.OK
    return source.parse(key, response)


# The upstream


async def test_an_unchanged_answer_is_a_304_without_a_body(upstream: FakeUpstream) -> None:
    first = await upstream.send(f"https://tmdb.test{STAR_WARS}", {})
    again = await upstream.send(f"https://tmdb.test{STAR_WARS}", {"If-None-Match": first.headers["etag"]})
    other = await upstream.send(f"https://tmdb.test{STAR_WARS}", {"If-None-Match": 'W/"0"'})
    assert first.headers["etag"].startswith('W/"')
    assert (again.status, again.body, other.status) == (304, b"", 200)
    tmdb = FakeTmdb()
    edited = FakeUpstream()
    edited.handle(tmdb.answer)
    tmdb.change([11], "2026-11-20")
    assert (await edited.send(f"https://tmdb.test{STAR_WARS}", {"If-None-Match": first.headers["etag"]})).status == 200
    async with upstream.serve() as base_url:
        status, headers, body = split(await raw(base_url, header=f"If-None-Match: {first.headers['etag']}\r\n"))
    assert (status.split()[1], body) == ("304", b"")
    assert "content-length" not in headers


async def test_the_case_with_most_fitting_params_answers(upstream: FakeUpstream, tmp_path: Path) -> None:
    file = tmp_path / "body.html"
    file.write_text("<p>from a file</p>")
    upstream.add("/page", "any")
    upstream.add("/page", b"german", params={"language": "de"})
    upstream.add(
        "/page", file, status=203, headers={"Content-Type": "text/html"}, params={"language": "de", "page": "2"}
    )
    bodies = [(await upstream.send(f"http://x/page{query}", {})).body for query in ("", "?language=de&x=1")]
    last = await upstream.send("http://x/page?page=2&language=de", {})
    upstream.add("/page", "german again", params={"language": "de"})
    assert (await upstream.send("http://x/page?language=de", {})).body == b"german again"
    assert (await upstream.send("http://x/page?page=2&language=de", {})).body == last.body
    assert bodies == [b"any", b"german"]
    assert (last.status, last.headers["content-type"], last.body) == (203, "text/html", b"<p>from a file</p>")
    assert (await upstream.send("http://x/nowhere", {})).status == 404


@pytest.mark.parametrize("place", ["authorization", "x-api-key", "api_key", "apikey"])
async def test_the_key_opens_and_is_never_kept(films: FakeTmdb, place: str, tmp_path: Path) -> None:
    file = tmp_path / "log"
    fake = FakeUpstream(key=KEY, log=RequestLog(file))
    fake.handle(films.answer)
    bearer = f"Bearer {KEY}" if place == "authorization" else KEY
    query, headers = ("", {place: bearer}) if "-" in place or "auth" in place else (f"?{place}={KEY}", {})
    refused = await fake.send(f"http://x{STAR_WARS}?api_key=wrong", {})
    accepted = await fake.send(f"http://x{STAR_WARS}{query}", headers)
    await fake.send(f"http://x/{KEY}/x?y={KEY}&language=de", headers)
    fake.log.close()
    assert (refused.status, json.loads(refused.body)["status_code"], accepted.status) == (401, 7, 200)
    assert fake.log.hits[-1].params == {"language": "de"}
    for text in (repr(fake), repr(fake.log.hits), repr(Ask.of("GET", f"/?k={KEY}", {"a": KEY})), file.read_text()):
        assert KEY not in text
        assert "wrong" not in text


async def test_both_faces_give_the_same_answers(upstream: FakeUpstream) -> None:
    paths = (f"{STAR_WARS}?append_to_response={PARTS}", "/3/find/tt0076759?external_source=imdb_id", "/3/movie/1", "/")
    async with served(upstream) as (base_url, http):
        for path in paths:
            over_http = await http.send(base_url + path, {"Accept-Encoding": "gzip"})
            direct = await upstream.send(base_url + path, {"Accept-Encoding": "gzip"})
            assert (over_http.status, over_http.body, over_http.url) == (direct.status, direct.body, direct.url)
            on_the_way = {"content-length", "content-encoding", "vary"}
            assert {k: v for k, v in over_http.headers.items() if k not in on_the_way} == {
                k: v for k, v in direct.headers.items() if k not in on_the_way
            }


async def test_large_answers_are_gzipped_for_those_who_ask(upstream: FakeUpstream) -> None:
    path = f"{STAR_WARS}?append_to_response={PARTS}"
    async with upstream.serve() as base_url:
        _, headers, body = split(await raw(base_url, path, "Accept-Encoding: gzip\r\n"))
        _, plain_headers, plain = split(await raw(base_url, path))
    assert headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain_headers
    assert zlib.decompress(body, wbits=47) == plain


@asynccontextmanager
async def served(upstream: FakeUpstream, timeout: float = 0.25) -> AsyncIterator[tuple[str, HttpTransport]]:
    """The HTTP face, and the engine's own client for it."""
    async with upstream.serve() as base_url:
        http = HttpTransport(base_url, Limits(timeout=timeout))
        try:
            yield base_url, http
        finally:
            await http.close()


async def outcome(transport: HttpTransport | FakeUpstream, url: str) -> tuple[Any, ...]:
    try:
        answer = await transport.send(url, {"Accept-Encoding": "gzip"})
    except TransportError as error:
        return (error.kind,)
    headers = answer.headers
    return answer.status, answer.body, *map(headers.get, ("content-type", "location", "server", "cf-mitigated"))


@pytest.mark.parametrize("name", sorted(MISBEHAVIOURS.keys() - BEFORE_THE_WIRE - {"slow"}))
async def test_every_misbehaviour_looks_the_same_through_both_faces(upstream: FakeUpstream, name: str) -> None:
    upstream.script(name)
    async with served(upstream) as (base_url, http):
        over_http = await outcome(http, base_url + STAR_WARS)
        direct = await outcome(upstream, base_url + STAR_WARS)
    assert over_http == direct
    assert {hit.misbehaviour for hit in upstream.log.hits} == {name}
    if MISBEHAVIOURS[name].kind:
        assert upstream.log.hits[0].status == 0
        assert direct == (MISBEHAVIOURS[name].kind,)
    else:
        assert upstream.log.hits[0].status == direct[0]


@pytest.mark.parametrize("name", sorted(BEFORE_THE_WIRE))
async def test_what_fails_before_the_wire_is_named_by_the_transport_and_hangs_up_over_http(
    upstream: FakeUpstream, name: str
) -> None:
    upstream.script(name)
    with pytest.raises(TransportError) as raised:
        await upstream.send("http://x/", {})
    async with upstream.serve() as base_url:
        assert await raw(base_url) == b""
    assert raised.value.kind == MISBEHAVIOURS[name].kind


# Each misbehaviour on the wire


async def test_a_reset_is_a_reset_and_a_close_is_not(upstream: FakeUpstream) -> None:
    async with upstream.serve() as base_url:
        upstream.script("reset", times=1)
        with pytest.raises(ConnectionResetError):
            await raw(base_url)
        upstream.script("close", times=1)
        assert await raw(base_url) == b""
        upstream.script("reset_mid_body", times=1)
        with pytest.raises(ConnectionResetError):
            await raw(base_url)


async def test_cut_bodies_are_shorter_than_they_claim(upstream: FakeUpstream) -> None:
    async with upstream.serve() as base_url:
        _, headers, full = split(await raw(base_url))
        assert int(headers["content-length"]) == len(full)
        seen = {}
        for name in ("cut", "half_body", "length_too_short", "cut_unlimited", "cut_chunked", "reset_mid_body"):
            upstream.behave()
            upstream.script(name)
            if name != "reset_mid_body":
                seen[name] = split(await raw(base_url))[1:]
    half = len(full) // 2
    assert (int(seen["cut"][0]["content-length"]), len(seen["cut"][1])) == (len(full), len(full) - half)
    assert (int(seen["half_body"][0]["content-length"]), len(seen["half_body"][1])) == (half, half)
    assert (int(seen["length_too_short"][0]["content-length"]), seen["length_too_short"][1]) == (half, full)
    assert "content-length" not in seen["cut_unlimited"][0]
    assert seen["cut_unlimited"][1] == full[:half]
    assert seen["cut_chunked"][0]["transfer-encoding"] == "chunked"
    assert not seen["cut_chunked"][1].endswith(b"0\r\n\r\n")


async def test_a_cut_gzip_body_has_a_matching_length(upstream: FakeUpstream) -> None:
    upstream.script("cut_gzip")
    async with upstream.serve() as base_url:
        _, headers, body = split(await raw(base_url))
    inflate = zlib.decompressobj(wbits=31)
    assert int(headers["content-length"]) == len(body)
    assert inflate.decompress(body)
    assert not inflate.eof


async def test_a_cut_gzip_body_passes_a_plain_client_unnoticed(upstream: FakeUpstream) -> None:
    """The reason for the misbehaviour: half a body, status 200, and no exception."""
    upstream.script("cut_gzip")
    async with (
        upstream.serve() as base_url,
        aiohttp.ClientSession() as client,
        client.get(base_url + STAR_WARS) as answer,
    ):
        assert answer.status == 200
        with pytest.raises(ValueError, match=r"unexpected end|Unterminated|Expecting"):
            json.loads(await answer.read())


@pytest.mark.parametrize(
    ("misbehaviour", "least", "most"),
    [("429", None, None), ("429_zero", 0, 0), ("429_seconds", 1, 1), ("429_absurd", 10**12, 10**12)],
)
async def test_a_429_says_when_to_come_back_or_does_not(
    upstream: FakeUpstream, misbehaviour: str, least: int | None, most: int | None
) -> None:
    upstream.script(misbehaviour)
    answer = await upstream.send("http://x/", {})
    hint = answer.headers.get("retry-after")
    assert (answer.status, json.loads(answer.body)["status_code"]) == (429, 25)
    assert hint == (None if least is None else str(least))


async def test_a_429_can_name_a_date(upstream: FakeUpstream) -> None:
    upstream.script(too_many(date_in=30.0))
    answer = await upstream.send("http://x/", {})
    ahead = parsedate_to_datetime(answer.headers["retry-after"]).timestamp() - time.time()
    assert 28 < ahead <= 30


async def test_a_slow_answer_comes_whole_after_its_silence(upstream: FakeUpstream) -> None:
    upstream.script(slow(0.2))
    async with served(upstream, timeout=2.0) as (base_url, http):
        started = time.monotonic()
        over_http = await http.send(base_url + STAR_WARS, {})
        between = time.monotonic()
        direct = await upstream.send(base_url + STAR_WARS, {})
        ended = time.monotonic()
    assert over_http.body == direct.body
    assert between - started >= 0.2
    assert ended - between >= 0.2


async def test_a_silence_beyond_all_patience_is_a_time_out_at_once(upstream: FakeUpstream) -> None:
    upstream.script(slow(3600.0))
    with pytest.raises(TransportError) as raised:
        await asyncio.wait_for(upstream.send("http://x/", {}), 1)
    assert raised.value.kind == "timeout"


async def test_a_drip_brings_a_byte_at_a_time(upstream: FakeUpstream) -> None:
    async with upstream.serve() as base_url:
        upstream.script(drip(pause=0.05), times=1)
        _, _, body = split(await raw(base_url))
        upstream.script(drip(pause=0.05, header=True), times=1)
        top = await raw(base_url)
    assert 3 <= len(body) <= 8
    assert 3 <= len(top) <= 8
    for name, least, most in (("drip", 100, 10_000), ("drip_header", 1, 2)):
        upstream.behave()
        upstream.script(name)
        async with upstream.serve() as base_url:
            assert least <= len(await raw(base_url)) <= most


async def test_redirects_lead_where_their_name_says(upstream: FakeUpstream) -> None:
    where = {}
    for name in (
        "redirect",
        "redirect_loop",
        "redirect_nowhere",
        "redirect_other_host",
        "redirect_http",
        "redirect_file",
    ):
        upstream.behave()
        upstream.script(name)
        answer = await upstream.send(f"http://x{STAR_WARS}?language=de", {})
        assert answer.status == 302
        where[name] = answer.headers.get("location")
    assert where["redirect"] == where["redirect_loop"] == f"{STAR_WARS}?language=de&redirected=1"
    assert where["redirect_nowhere"] is None
    assert [where[f"redirect_{name}"].split(":")[0] for name in ("other_host", "http", "file")] == [
        "https",
        "http",
        "file",
    ]
    upstream.behave()
    upstream.script("redirect")
    assert (await upstream.send(f"http://x{where['redirect']}", {})).status == 200


async def test_bodies_that_are_not_what_they_should_be(upstream: FakeUpstream) -> None:
    bodies = {}
    for name in (
        "html",
        "html_as_json",
        "empty",
        "invalid_json",
        "wrong_charset",
        "nan",
        "deep_json",
        "changed_layout",
    ):
        upstream.behave()
        upstream.script(name)
        answer = await upstream.send(f"http://x{STAR_WARS}", {})
        assert answer.status == 200
        bodies[name] = (answer.headers["content-type"].split(";")[0], answer.body)
    assert bodies["html"][0] == "text/html"
    assert bodies["html_as_json"] == ("application/json", bodies["html"][1])
    assert bodies["empty"][1] == b""
    for name in ("html", "invalid_json"):
        with pytest.raises(json.JSONDecodeError):
            json.loads(bodies[name][1])
    with pytest.raises(UnicodeDecodeError):
        bodies["wrong_charset"][1].decode("utf-8")
    assert json.loads(bodies["wrong_charset"][1].decode("latin-1"))["id"] == 11
    with pytest.raises(RecursionError):
        json.loads(bodies["deep_json"][1])
    assert "id" not in json.loads(bodies["changed_layout"][1])
    upstream.add("/page", "<table></table>", headers={"content-type": "text/html"})
    assert b"<table>" not in (await upstream.send("http://x/page", {})).body


async def test_a_bomb_is_small_on_the_wire(upstream: FakeUpstream) -> None:
    upstream.script(bomb(32 * 2**20))
    async with (
        upstream.serve() as base_url,
        aiohttp.ClientSession(auto_decompress=False) as client,
        client.get(base_url) as answer,
    ):
        packed = await answer.read()
    assert len(packed) < 50_000
    assert len(zlib.decompress(packed, wbits=31)) == 32 * 2**20


@pytest.mark.parametrize("misbehaviour", ["endless", "huge"])
async def test_a_body_without_end_is_never_built_in_memory(upstream: FakeUpstream, misbehaviour: str) -> None:
    upstream.script(misbehaviour)
    async with upstream.serve() as base_url:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(base_url.rpartition(":")[2]))
        tracemalloc.start()
        try:
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            await asyncio.sleep(0.1)  # nobody reads: the server must wait, not pile up
            read = 0
            while read < 100 * 2**20:
                read += len(await reader.read(2**20))
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
            writer.transport.abort()
    assert peak < 4 * 2**20


async def test_a_huge_body_has_exactly_the_promised_length(upstream: FakeUpstream) -> None:
    upstream.script(huge(8_000_001))
    async with upstream.serve() as base_url:
        _, headers, body = split(await raw(base_url))
    assert int(headers["content-length"]) == len(body) == 8_000_001


# When it misbehaves


async def statuses(upstream: FakeUpstream, *paths: str) -> list[int]:
    return [(await upstream.send(f"http://x{path}", {})).status for path in paths]


async def test_a_rule_covers_its_paths_from_its_start_for_its_times(upstream: FakeUpstream) -> None:
    upstream.script("503", "/3/movie/*", start=2, times=2)
    paths = ("/3/movie/11", "/3/configuration", "/3/movie/12", "/3/movie/13", "/3/movie/14")
    assert await statuses(upstream, *paths) == [200, 200, 503, 503, 200]


async def test_asking_again_helps_where_only_first_attempts_fail(upstream: FakeUpstream) -> None:
    upstream.script("500", attempts=2)
    seen = await statuses(
        upstream, "/3/movie/11", "/3/movie/12", "/3/movie/11", "/3/movie/11", "/3/movie/11?language=de"
    )
    assert seen == [500, 500, 500, 200, 500]
    assert [hit.attempt for hit in upstream.log.hits] == [1, 1, 2, 3, 1]


async def test_a_share_of_the_questions_is_chosen_by_the_seed_and_not_by_their_order(films: FakeTmdb) -> None:
    async def unlucky(seed: int, ids: Iterator[int]) -> set[str]:
        fake = FakeUpstream(seed=seed)
        fake.script("500", share=0.3)
        for number in ids:
            await fake.send(f"http://x/3/movie/{number}?api_key={number}", {})
        return {hit.path for hit in fake.log.hits if hit.status == 500}

    chosen = await unlucky(1, iter(range(400)))
    assert 80 < len(chosen) < 160
    assert chosen == await unlucky(1, reversed(range(400)))
    assert chosen != await unlucky(2, iter(range(400)))


async def test_a_limit_refuses_what_is_beyond_it_in_any_second(upstream: FakeUpstream) -> None:
    upstream.limit(5, retry_after="3")
    seen = await statuses(upstream, *["/3/configuration"] * 8)
    assert seen == [200] * 5 + [429] * 3
    await asyncio.sleep(0.5)
    assert await statuses(upstream, "/3/configuration") == [429]
    await asyncio.sleep(0.52)
    assert await statuses(upstream, "/3/configuration") == [200]
    assert upstream.log.statuses() == {200: 6, 429: 4}


async def test_latency_can_jitter_within_its_bounds(films: FakeTmdb) -> None:
    fake = FakeUpstream(latency=(0.01, 0.03))
    started = time.monotonic()
    await asyncio.gather(*(fake.send("http://x/", {}) for _ in range(100)))
    assert 0.02 < time.monotonic() - started < 1.0
    waits = [fake.reply(Ask("GET", "/")).wait for _ in range(200)]
    assert 0.01 <= min(waits) < 0.015
    assert 0.025 < max(waits) <= 0.03


def test_the_log_counts_and_measures() -> None:
    log = RequestLog()
    for at in (10.0, 10.0, 10.1, 10.6, 11.0, 11.1, 11.6, 12.1):
        log.add(Hit(at, "GET", f"/{at:.0f}", {}, 200 if at < 12 else 404, 1))
    assert log.counts() == {"/10": 3, "/11": 3, "/12": 2}
    assert log.statuses() == {200: 7, 404: 1}
    assert log.busiest() == 4
    assert log.busiest(window=0.05) == 2
    assert [hit.at for hit in log.between(10.1, 11.0)] == [10.1, 10.6]
    assert log.steady_rate() == pytest.approx(7 / 2.1)
    assert log.steady_rate(skip=3) == pytest.approx(4 / 1.5)


async def test_the_log_file_has_a_line_per_request_as_soon_as_it_arrived(
    upstream: FakeUpstream, tmp_path: Path
) -> None:
    upstream.log = RequestLog(tmp_path / "log")
    await statuses(upstream, "/3/movie/11?language=de", "/3/movie/1", "/3/movie/1")
    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    upstream.log.close()
    assert [(line["path"], line["status"], line["attempt"]) for line in lines] == [
        ("/3/movie/11", 200, 1),
        ("/3/movie/1", 404, 1),
        ("/3/movie/1", 404, 2),
    ]
    assert lines[0]["params"] == {"language": "de"}
    assert lines[0]["at"] <= lines[1]["at"] <= time.monotonic()


def test_a_long_log_may_be_kept_in_the_file_alone(tmp_path: Path) -> None:
    log = RequestLog(tmp_path / "log", remember=False)
    log.add(Hit(10.0, "GET", "/3/movie/11", {}, 200, 1))
    log.close()
    assert log.hits == []
    assert json.loads((tmp_path / "log").read_text())["path"] == "/3/movie/11"


def test_a_rate_needs_two_requests() -> None:
    assert RequestLog().steady_rate() == 0
    assert RequestLog().busiest() == 0


# The server


async def test_the_server_stops_at_once_with_connections_open(upstream: FakeUpstream) -> None:
    upstream.script("silence", "/silent")
    upstream.script("endless", "/endless")
    upstream.script(slow(60.0), "/slow")
    writers = []
    async with upstream.serve() as base_url:
        for path in ("/silent", "/endless", "/slow", STAR_WARS):
            _, writer = await asyncio.open_connection("127.0.0.1", int(base_url.rpartition(":")[2]))
            writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            writers.append(writer)
        await asyncio.sleep(0.1)
        started = time.monotonic()
    assert time.monotonic() - started < 0.5
    for writer in writers:
        writer.transport.abort()
    with pytest.raises(OSError):
        await raw(base_url)


async def test_one_connection_serves_many_requests_and_nonsense_does_no_harm(upstream: FakeUpstream) -> None:
    async with upstream.serve() as base_url:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(base_url.rpartition(":")[2]))
        for _ in range(3):
            writer.write(b"POST /3/movie/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody")
            _, headers, _ = split(await reader.readuntil(b"\r\n\r\n"))
            await reader.readexactly(int(headers["content-length"]))
        writer.transport.abort()
        for nonsense in (
            b"\r\n\r\n",
            b"hello\r\n\r\n",
            b"GET /\r\n",
            b"x" * 100_000,
            b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        ):
            _, writer = await asyncio.open_connection("127.0.0.1", int(base_url.rpartition(":")[2]))
            writer.write(nonsense)
            writer.write_eof()
            await asyncio.sleep(0.01)
            writer.transport.abort()
        assert (await raw(base_url)).startswith(b"HTTP/1.1 200 OK")
    assert [hit.method for hit in upstream.log.hits if hit.path != "/"] == ["POST"] * 3 + ["GET"]


def process(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "mwi_crawl.demo.upstream", *arguments]
    return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("end", ["stdin", "sigterm", "seconds"])
def test_the_server_as_a_process_logs_each_request_and_ends_when_told(end: str, tmp_path: Path) -> None:
    file = tmp_path / "log"
    options = ["--log", str(file), "--films", "synthetic:7", "--latency", "0.01", "--limit", "2"]
    with process(*options, "--seconds", "1" if end == "seconds" else "60") as server:
        assert server.stdout is not None
        assert server.stdin is not None
        host, port = server.stdout.readline().strip().removeprefix("http://").split(":")
        for path in ("/3/movie/tt9000007", "/3/movie/tt9000008", "/3/movie/11"):
            with socket.create_connection((host, int(port))) as connection:
                connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
                assert connection.recv(100).startswith(b"HTTP/1.1 ")
        # written at once, not at the end
        assert [json.loads(line)["status"] for line in file.read_text().splitlines()] == [200, 404, 429]
        if end == "stdin":
            server.stdin.close()
        elif end == "sigterm":
            server.terminate()
        assert server.wait(timeout=5) == 0


# The demo


def rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_anns_films_are_as_in_films_csv_or_clearly_invented(films: FakeTmdb) -> None:
    known = {film.imdb_id: film for film in bundled()}
    history = rows("ann-ratings.csv")
    strangers = [row for row in history if row["Const"] not in known]
    assert len({row["Const"] for row in history}) == len(history) == 236
    assert len(strangers) == 10
    for row in history:
        assert "2017-01-01" <= row["Date Rated"] <= "2025-12-31"
        assert 1 <= int(row["Your Rating"]) <= 10
        if row in strangers:
            assert row["Const"].startswith("tt99")
            assert films.films.get(row["Const"]) is None
        else:
            film = known[row["Const"]]
            assert (row["Title"], row["Original Title"], row["Year"]) == (film.title, film.original_title, film.year)


def test_bens_films_are_found_by_name_and_year_except_his_invented_ones(films: FakeTmdb) -> None:
    watched = rows("ben-letterboxd/watched.csv")
    assert len(watched) == 185
    ids = set()
    for row in (*watched, *rows("ben-letterboxd/watchlist.csv")):
        found = films.films.search(row["Name"], row["Year"] or None)
        assert bool(found) != ("demoZ" in row["Letterboxd URI"])
        if found:
            assert row["Name"] in (found[0].title, found[0].original_title)
            ids.add(found[0].imdb_id)
    anns = {row["Const"] for row in rows("ann-ratings.csv")}
    assert len(ids & anns) >= 90


def test_bens_files_agree_with_each_other() -> None:
    watched = {(row["Name"], row["Year"]): row["Letterboxd URI"] for row in rows("ben-letterboxd/watched.csv")}
    diary = rows("ben-letterboxd/diary.csv")
    for name in ("ratings.csv", "likes/films.csv"):
        for row in rows(f"ben-letterboxd/{name}"):
            assert watched[row["Name"], row["Year"]] == row["Letterboxd URI"]
    entries = [row["Letterboxd URI"] for row in diary]
    assert len(set(entries)) == len(entries) == 182
    assert not set(entries) & set(watched.values())
    assert sum(row["Rewatch"] == "Yes" for row in diary) == 35
    for row in diary:
        assert (row["Name"], row["Year"]) in watched
        assert "2018-01-01" <= row["Watched Date"] <= row["Date"] <= "2025-12-31"


async def test_the_demos_upstream_makes_a_little_trouble_the_same_each_time() -> None:
    async def trouble() -> list[tuple[int, str]]:
        fake = demo_upstream()
        asked = [Ask("GET", f"/3/movie/{row['Const']}") for row in rows("ann-ratings.csv")]
        for each in asked:
            assert 0.015 <= fake.reply(each).wait <= 0.040
        return [(number, hit.misbehaviour or hit.path) for number, hit in enumerate(fake.log.hits) if hit.status != 200]

    seen = await trouble()
    assert seen == await trouble()
    names = [name for _, name in seen]
    assert (names.count("429_seconds"), names.count("503")) == (2, 4)
    assert 8 <= len([name for name in names if "tt99" in name]) <= 10
