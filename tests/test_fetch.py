"""The way out: what becomes of every way an upstream misbehaves, where a key may go, and whom a crawler may reach."""

from __future__ import annotations

import asyncio
import errno
import gc
import socket
import ssl
import time
import tracemalloc
import warnings
import zlib
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mwi_crawl.address import is_loopback, is_public, redirect_target
from mwi_crawl.demo.misbehaviour import Ask, End, Misbehaviour, bomb, drip, gzipped, head, huge, redirect, whole
from mwi_crawl.demo.upstream import FakeUpstream
from mwi_crawl.errors import TransportError
from mwi_crawl.fetch import MAX_HOPS, Fetcher, HttpTransport, Limits, explain
from mwi_crawl.model import Credential, Fault, Outcome, Rate, Request, Response
from mwi_crawl.redact import encodings
from mwi_crawl.throttle import Throttle

KEY = "CANARY 0+/=&?%é"
CREDENTIAL = Credential({"Authorization": "Bearer CANARY-in-header+/="}, {"api_key": KEY})
FILM = b'{"id":11,"title":"Star Wars","overview":"' + b"Princess Leia. " * 100 + b'"}'
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
FAST = Rate(10_000.0, burst=100)
MB = 1024 * 1024


def film() -> FakeUpstream:
    fake = FakeUpstream()
    fake.add("/film", FILM, headers={"etag": '"v1"'})
    return fake


class CountingThrottle(Throttle):
    turns = 0

    async def turn(self) -> float:
        self.turns += 1
        return await super().turn()


@asynccontextmanager
async def fetching(
    fake: FakeUpstream,
    limits: Limits | None = None,
    *,
    metered: bool = False,
    credential: Credential = CREDENTIAL,
    throttle: Throttle | None = None,
) -> AsyncIterator[Fetcher]:
    async with fake.serve() as base_url:
        transport = HttpTransport(base_url, limits or Limits(timeout=2.0), metered=metered)
        fetcher = Fetcher(base_url, credential, throttle or Throttle(FAST), transport, "mwi-crawl/test (+https://x)")
        try:
            yield fetcher
        finally:
            await fetcher.close()


async def fetch(fetcher: Fetcher, path: str = "/film", etag: str | None = None) -> Response | Fault:
    return (await fetcher.fetch(Request(path), etag))[0]


def no_key(thing: object) -> None:
    """Neither it nor anything it carries along shows a key, in whatever encoding."""
    texts = [str(thing), repr(thing), repr(vars(thing)) if hasattr(thing, "__dict__") else ""]
    if isinstance(thing, BaseException):
        texts.append(repr(thing.args))
        for other in (thing.__cause__, thing.__context__):
            if other is not None:
                no_key(other)
    for text in texts:
        assert "CANARY" not in text.upper()
        assert not any(form in text for form in encodings(KEY))


# What goes wrong


def wire(*steps: bytes | float | End) -> Misbehaviour:
    return Misbehaviour("by hand", wire=lambda response: steps)


def answer(body: bytes, encoding: str = "gzip", status: int = 200) -> Misbehaviour:
    return wire(whole(Response(status, {"content-encoding": encoding}, body)))


def raw_deflate(data: bytes) -> bytes:
    squeeze = zlib.compressobj(wbits=-15)
    return squeeze.compress(data) + squeeze.flush()


FAULTS: Mapping[str, tuple[str | Misbehaviour, str]] = {
    "no answer": ("silence", "timeout"),
    "reset before the answer": ("reset", "reset"),
    "reset within the body": ("reset_mid_body", "truncated"),
    "closed without an answer": ("close", "reset"),
    "Content-Length too long": ("cut", "truncated"),
    "chunks cut off": ("cut_chunked", "truncated"),
    "Content-Length too short": ("length_too_short", "protocol"),
    "half a gzip stream, its length matching": ("cut_gzip", "truncated"),
    "gzip without its last byte": (answer(gzipped(FILM)[:-1]), "truncated"),
    "gzip without its header": (answer(gzipped(FILM)[:3]), "truncated"),
    "a second gzip member cut off": (answer(gzipped(FILM) + gzipped(FILM)[:-9]), "truncated"),
    "no gzip": ("bad_gzip", "bad_encoding"),
    "gzip with a wrong checksum": (answer(gzipped(FILM)[:-8] + bytes(8)), "bad_encoding"),
    "deflate cut off": (answer(zlib.compress(FILM)[:-5], "deflate"), "truncated"),
    "an encoding not asked for": (answer(b"\x0b\x02\x80abc\x03", "br"), "bad_encoding"),
    "two encodings": (answer(gzipped(gzipped(FILM)), "gzip, gzip"), "bad_encoding"),
    "a slow body": (drip(pause=0.03), "timeout"),  # no wait between two reads is long
    "a slow header": (drip(pause=0.03, header=True), "timeout"),
    "a header of 20 kB": ("long_header", "protocol"),
    "5,000 headers": (wire(head(200, {f"x-{number}": "x" * 60 for number in range(5000)})), "protocol"),
    "random bytes": ("garbage", "protocol"),
    "no status": (wire(b"HTTP/1.1 abc OK\r\n\r\n"), "protocol"),
    "two lengths": (wire(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef"), "protocol"),
    "a length that is none": (wire(b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nabcdef"), "protocol"),
    "bad chunks": (wire(CHUNKED + b"zz\r\nabc\r\n0\r\n\r\n"), "protocol"),
    "deflate without its header": (answer(raw_deflate(FILM), "deflate"), "bad_encoding"),
    "a gzip bomb": (bomb(64 * MB), "too_large"),
    "a body of 1 GB": ("huge", "too_large"),
    "a body without end": ("endless", "too_large"),
}


@pytest.mark.parametrize("name", FAULTS)
async def test_what_is_no_whole_answer_becomes_a_fault_that_shows_no_key_and_spoils_nothing(name: str) -> None:
    misbehaviour, kind = FAULTS[name]
    fake = film()
    fake.script(misbehaviour)
    slow = kind == "timeout"
    async with fetching(fake, Limits(timeout=0.1 if slow else 2.0, max_body=1 * MB, connections=1)) as fetcher:
        begin = time.monotonic()
        fault = await fetch(fetcher)
        assert isinstance(fault, Fault)
        assert (fault.kind, fault.outcome) == (kind, Outcome.RETRY)
        assert fault.message
        assert time.monotonic() - begin < 2.0
        no_key(fault)
        with pytest.raises(TransportError) as raised:
            await fetcher._transport.send(f"{fetcher._base}/film?api_key=CANARY%2B+x", CREDENTIAL.headers)
        assert raised.value.kind == kind
        no_key(raised.value)
        fake.behave()
        reply = await fetch(fetcher)
        assert isinstance(reply, Response)
        assert reply.body == FILM


@pytest.mark.parametrize(
    ("misbehaviour", "status", "body"),
    [
        ("502_html", 502, None),
        ("429_date", 429, None),
        ("empty", 200, b""),
        ("no_content", 204, b""),
        ("html_as_json", 200, None),
        ("nan", 200, b'{"id":NaN}'),
        ("long_number", 200, None),
        ("cut_unlimited", 200, FILM[: len(FILM) // 2]),  # nobody can tell but the parser
        ("wrong_charset", 200, None),
        (answer(b""), 200, b""),
        (answer(b"", status=304), 304, b""),
        (answer(gzipped(FILM[:100]) + gzipped(b"") + gzipped(FILM[100:])), 200, FILM),
        (answer(gzipped(FILM), "x-gzip"), 200, FILM),
        (answer(gzipped(FILM), " GZIP "), 200, FILM),
        (answer(zlib.compress(FILM), "deflate"), 200, FILM),
        (answer(FILM, "identity"), 200, FILM),
    ],
)
async def test_what_is_a_whole_answer_is_handed_on_as_it_is(
    misbehaviour: str | Misbehaviour, status: int, body: bytes | None
) -> None:
    fake = film()
    fake.script(misbehaviour)
    async with fetching(fake) as fetcher:
        reply = await fetch(fetcher)
    assert isinstance(reply, Response)
    assert reply.status == status
    assert body is None or reply.body == body
    assert reply.url.endswith("/film")
    no_key(reply)


@pytest.mark.parametrize("pack", [lambda body: (body, "identity"), lambda body: (gzipped(body), "gzip")])
async def test_a_body_may_be_as_large_as_the_limit_and_no_larger(pack: Any) -> None:
    fake = film()
    limits = Limits(timeout=2.0, max_body=100_000)
    for size, fits in ((100_000, True), (100_001, False)):
        fake.behave()
        fake.script(answer(*pack(b"x" * size)))
        async with fetching(fake, limits) as fetcher:
            reply = await fetch(fetcher)
        assert (len(reply.body) == size) if isinstance(reply, Response) else reply.kind == "too_large"
        assert isinstance(reply, Response) is fits


def zeros(size: int) -> bytes:
    """So many MB of zeros, gzipped to a thousandth."""
    squeeze = zlib.compressobj(9, wbits=31)
    return b"".join([*(squeeze.compress(bytes(MB)) for _ in range(size)), squeeze.flush()])


@pytest.mark.parametrize(
    "misbehaviour",
    [bomb(512 * MB), answer(zeros(64)), huge(2**30), "endless"],
    ids=["a bomb in pieces", "a bomb at once", "1 GB", "endless"],
)
async def test_memory_is_bounded_whatever_is_sent(misbehaviour: str | Misbehaviour) -> None:
    fake = film()
    fake.script(misbehaviour)
    async with fetching(fake, Limits(timeout=5.0, max_body=8 * MB)) as fetcher:
        tracemalloc.start()
        try:
            fault = await fetch(fetcher)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert isinstance(fault, Fault)
    assert fault.kind == "too_large"
    assert peak < 32 * MB


async def test_a_cancelled_request_spoils_nothing() -> None:
    fake = film()
    fake.script("silence", times=1)
    async with fetching(fake, Limits(timeout=5.0, connections=1)) as fetcher:
        task = asyncio.create_task(fetch(fetcher))
        await asyncio.sleep(0.05)
        assert fetcher.under_way == {task}
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert fetcher.under_way == set()
        assert isinstance(await fetch(fetcher), Response)


# No network


def offline(fault: object, kind: str) -> None:
    assert isinstance(fault, Fault)
    assert (fault.kind, fault.outcome) == (kind, Outcome.OFFLINE)
    assert fault.message
    no_key(fault)


async def once(base_url: str, timeout: float = 0.2) -> Response | Fault:
    """What comes of asking there."""
    fetcher = Fetcher(base_url, CREDENTIAL, Throttle(FAST), HttpTransport(base_url, Limits(timeout=timeout)), "x")
    try:
        return await fetch(fetcher)
    finally:
        await fetcher.close()


async def test_a_name_that_cannot_be_resolved_is_a_lost_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_AGAIN, "no name server")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    offline(await once("https://api.example.org"), "dns")


async def test_a_name_server_that_says_nothing_is_a_lost_network(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = socket.getaddrinfo

    def slow(*place: Any, **how: Any) -> Any:
        time.sleep(0.9)  # beyond all patience
        return asked(*place, **how)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    offline(await once("https://localhost:9"), "connect")


async def test_a_refused_connection_is_a_lost_network() -> None:
    async with film().serve() as base_url:
        pass
    offline(await once(base_url), "connect")


async def test_a_connection_for_which_no_descriptor_is_left_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(HttpTransport, "_socket", full)
    fault = await once("http://127.0.0.1:9")
    offline(fault, "connect")
    assert isinstance(fault, Fault)
    assert fault.message == "too many open files (ulimit -n)"


async def test_a_connection_that_is_never_made_is_a_lost_network() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        place = full.getsockname()
        others = [socket.socket() for _ in range(4)]  # more than its queue holds
        for other in others:
            other.setblocking(False)
            other.connect_ex(place)
        try:
            offline(await once(f"http://127.0.0.1:{place[1]}"), "connect")
        finally:
            for other in others:
                other.close()


async def test_a_connection_that_is_not_safe_is_not_used() -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(plain, "127.0.0.1", 0)
    async with server:
        offline(await once(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}", 2.0), "tls")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ssl.SSLCertVerificationError("CANARY"), "tls"),
        (TimeoutError(), "timeout"),
        (ConnectionResetError("CANARY"), "reset"),
        (ValueError("CANARY"), "protocol"),
        (OSError("CANARY"), "protocol"),
    ],
)
def test_every_exception_has_a_kind_and_a_sentence_of_ours(error: BaseException, kind: str) -> None:
    found, message = explain(error)
    assert found == kind
    assert message
    assert "CANARY" not in message


# What is sent


class Recorder:
    """A Transport that remembers what it was given and answers from a list."""

    def __init__(self, *replies: Response | TransportError) -> None:
        self.replies = list(replies)
        self.urls: list[str] = []
        self.headers: list[dict[str, str]] = []

    async def send(self, url: str, headers: Mapping[str, str]) -> Response:
        self.urls.append(url)
        self.headers.append(dict(headers))
        reply = self.replies.pop(0) if self.replies else Response(200, {}, b"{}")
        if isinstance(reply, TransportError):
            raise reply
        return reply

    async def close(self) -> None: ...


def to(location: str) -> Response:
    return Response(302, {"location": location}, b"")


async def recorded(
    request: Request, *replies: Response | TransportError, base: str = "https://api.example.org"
) -> tuple[Recorder, Response | Fault]:
    recorder = Recorder(*replies)
    reply, _ = await Fetcher(base, CREDENTIAL, Throttle(FAST), recorder, "x").fetch(request)
    return recorder, reply


async def test_the_server_sees_who_asks_what_is_accepted_and_what_is_known_already() -> None:
    fake, seen = FakeUpstream(), []

    def note(ask: Ask) -> Response:
        seen.append(ask)
        return Response(200, {"etag": '"v1"'}, FILM)

    fake.handle(note)
    async with fetching(fake) as fetcher:
        first, again = await fetch(fetcher), await fetch(fetcher, etag='"v1"')
    assert isinstance(first, Response)
    assert isinstance(again, Response)
    assert (first.status, first.body, again.status, again.body) == (200, FILM, 304, b"")
    assert [ask.headers.get("if-none-match") for ask in seen] == [None, '"v1"']
    for ask in seen:
        assert ask.headers["user-agent"] == "mwi-crawl/test (+https://x)"
        assert ask.headers["accept-encoding"] == "gzip"
        assert ask.headers["authorization"] == CREDENTIAL.headers["Authorization"]
        assert ask.params == {"api_key": KEY}
        assert "cookie" not in ask.headers


async def test_a_cookie_is_not_kept() -> None:
    fake, seen = FakeUpstream(), []

    def note(ask: Ask) -> Response:
        seen.append(ask.headers.get("cookie"))
        return Response(200, {"set-cookie": "session=1; Path=/"}, b"{}")

    fake.handle(note)
    async with fetching(fake) as fetcher:
        await fetch(fetcher)
        await fetch(fetcher)
    assert seen == [None, None]


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("/3/movie/11", "/3/movie/11"),
        ("/a b", "/a%20b"),
        ("/a%20b", "/a%20b"),  # escaped already
        ("/a%2Fb", "/a%2Fb"),
        ("/100%", "/100%25"),  # a per cent sign, not an escape
        ("/%zz%4", "/%25zz%254"),
        ("/film/ümlaut", "/film/%C3%BCmlaut"),
        ("/a?b#c", "/a%3Fb%23c"),
        ("/wiki/Category:X_(actor)", "/wiki/Category:X_(actor)"),
        ("no/slash", "/no/slash"),
        ("@evil.example/x", "/@evil.example/x"),
        (".evil.example/x", "/.evil.example/x"),
        ("//evil.example/x", "//evil.example/x"),
        ("/a\r\nHost: evil", "/a%0D%0AHost:%20evil"),
        ("/half a pair \ud800", "/half%20a%20pair%20%3F"),
    ],
)
async def test_a_path_is_escaped_once_and_cannot_leave_the_host(path: str, sent: str) -> None:
    recorder, _ = await recorded(Request(path))
    assert recorder.urls[0].partition("?")[0] == f"https://api.example.org{sent}"
    assert recorder.headers[0]["Authorization"]


@pytest.mark.parametrize("value", ["a b", "a+b", "a&b=c", "100%", "%20", "é", "a/b?c#d", "", "\ud800"])
async def test_params_arrive_as_they_are(value: str) -> None:
    fake = film()
    async with fetching(fake) as fetcher:
        await fetcher.fetch(Request("/film", {"query": value}))
    assert fake.log.hits[0].params["query"] == value.replace("\ud800", "?")


@pytest.mark.parametrize("metered", [True, False])
@pytest.mark.parametrize("misbehaviour", ["close", "reset"])
async def test_no_request_is_sent_again_unasked(misbehaviour: str, metered: bool) -> None:
    fake = film()
    fake.script(misbehaviour, start=2, times=1)
    async with fetching(fake, metered=metered) as fetcher:
        replies = [await fetch(fetcher) for _ in range(3)]
        assert fetcher.sent == 3
    assert [reply.kind if isinstance(reply, Fault) else reply.status for reply in replies] == [200, "reset", 200]
    assert len(fake.log.hits) == 3


@pytest.mark.parametrize("metered", [True, False])
async def test_a_connection_to_a_metered_upstream_serves_one_request(metered: bool) -> None:
    fake, seen = FakeUpstream(), []

    def note(ask: Ask) -> Response:
        seen.append(ask.headers.get("connection"))
        return Response(200, {}, b"{}")

    fake.handle(note)
    async with fetching(fake, metered=metered) as fetcher:
        for _ in range(3):
            await fetch(fetcher)
    assert seen.count("close") == (3 if metered else 0)


async def test_the_client_beneath_would_send_it_again() -> None:
    """Why `_send_once` is there: when this fails, it may go."""
    fake = film()
    fake.script("close", times=1)
    connector = aiohttp.TCPConnector(force_close=True)
    async with (
        fake.serve() as base_url,
        aiohttp.ClientSession(connector=connector) as session,
        session.get(f"{base_url}/film") as reply,
    ):
        assert reply.status == 200
    assert len(fake.log.hits) == 2


# Redirects


async def test_a_redirect_to_the_same_origin_is_followed_with_the_credential_and_passes_the_throttle() -> None:
    fake = film()
    fake.key = KEY
    fake.script("redirect")
    throttle = CountingThrottle(FAST)
    async with fetching(fake, throttle=throttle) as fetcher:
        reply = await fetch(fetcher)
        assert fetcher.sent == 2
    assert isinstance(reply, Response)
    assert reply.body == FILM
    assert throttle.turns == 2
    assert len(fake.log.hits) == 2


async def test_a_loop_of_redirects_ends() -> None:
    fake = film()
    fake.script("redirect_loop")
    throttle = CountingThrottle(FAST)
    async with fetching(fake, throttle=throttle) as fetcher:
        fault = await fetch(fetcher)
    assert isinstance(fault, Fault)
    assert (fault.kind, fault.outcome) == ("redirect", Outcome.BROKEN)
    assert throttle.turns == len(fake.log.hits) == MAX_HOPS + 1
    no_key(fault)


async def test_the_time_of_a_redirected_request_is_that_of_its_last_hop() -> None:
    """A refusal at the end of a redirect must not be taken for one of a request from before the pause."""
    throttle = Throttle(Rate(20.0, burst=1))
    recorder = Recorder(to("/b"))
    begin = time.monotonic()
    _, started = await Fetcher("https://a.example", CREDENTIAL, throttle, recorder, "x").fetch(Request("/a"))
    assert started - begin >= 0.04


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_another_host_sees_neither_the_request_nor_the_key(scheme: str) -> None:
    fake, other = film(), film()
    async with other.serve() as elsewhere, fetching(fake) as fetcher:
        port = elsewhere.rpartition(":")[2]
        for host in ("127.0.0.1", "localhost"):
            fake.behave()
            fake.script(redirect("away", f"{scheme}://{host}:{port}/film"))
            fault = await fetch(fetcher)
            assert isinstance(fault, Fault)
            assert (fault.kind, fault.outcome) == ("redirect", Outcome.BROKEN)
            no_key(fault)
    assert other.log.hits == []


@pytest.mark.parametrize(
    "name", ["redirect_nowhere", "redirect_other_host", "redirect_http", "redirect_file", "javascript:alert(1)"]
)
async def test_a_redirect_to_nowhere_good_is_refused(name: str) -> None:
    fake = film()
    fake.script(redirect("away", name) if ":" in name else name)
    async with fetching(fake) as fetcher:
        fault = await fetch(fetcher)
    assert isinstance(fault, Fault)
    assert (fault.kind, fault.outcome) == ("redirect", Outcome.BROKEN)


API, SITE = "https://api.example.org", "https://www.example.org"


@pytest.mark.parametrize(
    ("base", "location", "target"),
    [
        (API, "/b", f"{API}/b"),
        (API, "b?x=1#part", f"{API}/a/b?x=1"),
        (API, "//api.example.org/b", f"{API}/b"),
        (API, "https://eu.api.example.org/b", "https://eu.api.example.org/b"),
        (API, "https://api.example.org:443/b", "https://api.example.org:443/b"),
        (API, "HTTPS://API.Example.ORG/b", "https://API.Example.ORG/b"),
        (API, "/b c?d e%20f=é", f"{API}/b%20c?d%20e%20f=%C3%A9"),
        (SITE, "https://example.org/b", "https://example.org/b"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000/b", "http://127.0.0.1:8000/b"),
        ("http://localhost", "http://localhost:80/b", "http://localhost:80/b"),
    ],
)
def test_redirects_within_the_site_are_followed(base: str, location: str, target: str) -> None:
    assert redirect_target(base, f"{base}/a/", location) == target


@pytest.mark.parametrize(
    "location",
    [
        "",
        "http://api.example.org/b",  # no longer safe
        "http://api.example.org:443/b",
        "https://api.example.org:8443/b",
        "https://example.org/b",  # not below the API's host
        "https://evilapi.example.org/b",
        "https://api.example.org.evil.example/b",
        "https://api.example.org@evil.example/b",
        "https://user@api.example.org/b",
        "https://:@api.example.org/b",
        "https://evil.example\\@api.example.org/b",
        "https://api.example.org\\.evil.example/b",
        "//evil.example/b",
        "ftp://api.example.org/b",
        "file:///etc/passwd",
        "data:text/html,x",
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "CANARY-key:x",
        "https://api.example.org:99999/b",
        "https://api.example.org:port/b",
        "https://[::1/b",
        "https://[evil]/b",
        "https://api.example.org\u2100/b",
    ],
)
def test_redirects_that_leave_the_site_are_refused(location: str) -> None:
    fault = redirect_target(API, f"{API}/a", location)
    assert isinstance(fault, Fault)
    assert (fault.kind, fault.outcome) == ("redirect", Outcome.BROKEN)
    no_key(fault)


@given(st.text() | st.builds("{}{}{}".format, st.sampled_from(["https://", "//", "http:", "/"]), st.text(), st.text()))
def test_no_location_breaks_it(location: str) -> None:
    target = redirect_target(API, f"{API}/a", location)
    assert isinstance(target, Fault) or (target.startswith("https://") and target.isascii())


@pytest.mark.parametrize(
    ("location", "trusted"),
    [
        ("https://api.example.org/b", True),
        ("https://API.example.org/b", True),
        ("https://api.example.org.:443/b", True),
        ("https://eu.api.example.org/b", False),
    ],
)
async def test_the_credential_goes_to_its_own_host_only_however_that_is_spelled(location: str, trusted: bool) -> None:
    recorder, _ = await recorded(Request("/a"), to(location))
    assert ("CANARY" in recorder.urls[1]) is trusted
    assert ("Authorization" in recorder.headers[1]) is trusted
    assert "Cookie" not in recorder.headers[1]


async def test_a_key_sent_back_in_a_location_is_not_sent_on() -> None:
    recorder, _ = await recorded(Request("/a", {"x": "1"}))
    query = recorder.urls[0].partition("?")[2]
    elsewhere = f"https://eu.api.example.org/b?{query}&other=CANARY-in-header%2B%2F%3D&again={query.rpartition('=')[2]}"
    recorder, _ = await recorded(Request("/a"), to(elsewhere))
    assert recorder.urls[1] == "https://eu.api.example.org/b?x=1"
    recorder, _ = await recorded(Request("/a"), to(f"/b?{query}"))
    assert recorder.urls[1].count("api_key=") == 1


@pytest.mark.parametrize("kind", ["dns", "connect", "tls"])
async def test_a_redirect_into_the_void_is_not_taken_for_a_lost_network(kind: str) -> None:
    _, home = await recorded(Request("/a"), TransportError(kind, "x"))
    _, away = await recorded(Request("/a"), to("https://eu.api.example.org/"), TransportError(kind, "x"))
    assert isinstance(home, Fault)
    assert isinstance(away, Fault)
    assert (home.outcome, away.outcome) == (Outcome.OFFLINE, Outcome.RETRY)


# Whom a crawler may reach


HOSTS = [
    "localhost",
    "LOCALHOST",
    "127.0.0.1",
    "127.0.0.2",
    "127.1",
    "2130706433",
    "0x7f.1",
    "0177.0.0.1",
    "0",
    "0.0.0.0",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[64:ff9b::7f00:1]",
    "169.254.169.254",
    "10.0.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "[fe80::1]",
    "[fd00::1]",
]


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A place on this machine that must stay alone."""
    with socket.socket(socket.AF_INET6) as server:
        server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        server.bind(("::", 0))
        server.listen()
        server.setblocking(False)
        yield server


def alone(listener: socket.socket) -> bool:
    try:
        listener.accept()[0].close()
    except BlockingIOError:
        return True
    return False


@pytest.mark.parametrize("host", HOSTS)
async def test_addresses_that_are_not_public_are_not_reached(host: str, listener: socket.socket) -> None:
    transport = HttpTransport("https://api.example.org", Limits(timeout=1.0))
    with pytest.raises(TransportError) as raised:
        await transport.send(f"http://{host}:{listener.getsockname()[1]}/?api_key=CANARY", {})
    await transport.close()
    assert alone(listener)
    assert raised.value.kind in ("blocked", "protocol", "dns")
    if host in ("localhost", "127.0.0.1", "[::1]", "169.254.169.254", "10.0.0.1"):
        assert raised.value.kind == "blocked"
    no_key(raised.value)


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_no_redirect_leads_there(scheme: str, host: str, listener: socket.socket) -> None:
    location = f"{scheme}://{host}:{listener.getsockname()[1]}/"
    recorder, fault = await recorded(Request("/a"), to(location))
    assert isinstance(fault, Fault)
    assert len(recorder.urls) == 1


async def test_a_name_that_comes_to_mean_this_machine_is_not_reached(
    monkeypatch: pytest.MonkeyPatch, listener: socket.socket
) -> None:
    place = ("127.0.0.1", listener.getsockname()[1])
    info = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", place)]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: info)
    fault = await once(f"https://api.example.org:{place[1]}")
    assert isinstance(fault, Fault)
    assert (fault.kind, fault.outcome) == ("blocked", Outcome.RETRY)
    assert alone(listener)


async def test_of_this_machine_only_the_configured_place_is_reached(listener: socket.socket) -> None:
    async with film().serve() as base_url:
        transport = HttpTransport(base_url, Limits(timeout=1.0))
        own, other = int(base_url.rpartition(":")[2]), listener.getsockname()[1]
        assert (await transport.send(f"{base_url}/film", {})).status == 200
        for place in (f"127.0.0.1:{other}", f"localhost:{other}", f"[::1]:{other}", f"127.0.0.2:{own}"):
            with pytest.raises(TransportError) as raised:
                await transport.send(f"http://{place}/film", {})
            assert raised.value.kind == "blocked"
        await transport.close()
    assert alone(listener)


async def test_localhost_may_be_configured_by_its_name() -> None:
    async with film().serve() as base_url:
        reply = await once(base_url.replace("127.0.0.1", "localhost"))
    assert isinstance(reply, Response)
    assert reply.status == 404 or reply.body == FILM


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:4700::1111", True),
        ("::ffff:93.184.216.34", True),
        ("127.0.0.1", False),
        ("0.0.0.0", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.0.1", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("192.0.2.1", False),
        ("192.88.99.1", False),
        ("198.18.0.1", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::", False),
        ("::1", False),
        ("::7f00:1", False),
        ("::ffff:10.0.0.1", False),
        ("::ffff:0:127.0.0.1", False),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b:1::1", False),
        ("2002:7f00:1::", False),
        ("2001:db8::1", False),
        ("2001::1", False),
        ("fe80::1%eth0", False),
        ("fec0::1", False),
        ("fd00::1", False),
        ("ff02::1", False),
    ],
)
def test_only_public_addresses_are_public(address: str, public: bool) -> None:
    assert is_public(address) is public


def test_loopback_is_known_by_its_literals_and_its_name_only() -> None:
    assert [host for host in ("localhost", "127.0.0.1", "127.8.8.8", "::1", "example.org", "", "10.0.0.1")
            if is_loopback(host)] == ["localhost", "127.0.0.1", "127.8.8.8", "::1"]  # fmt: skip


# The end


async def test_closing_twice_or_unused_is_fine_and_leaves_no_socket_open() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        unused = HttpTransport("https://api.example.org", Limits())
        await unused.close()
        fake = film()
        fake.script("cut", start=2, times=1)
        fake.script("endless", start=3, times=1)
        async with fetching(fake) as fetcher:
            for _ in range(5):
                await fetch(fetcher)
            await fetcher.close()
            await fetcher.close()
        del fetcher
        gc.collect()
        await asyncio.sleep(0.05)
        gc.collect()
    assert [str(each.message) for each in caught] == []
