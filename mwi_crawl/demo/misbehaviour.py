"""What is asked of the fake upstream (`Ask`), and the ways an answer can go wrong, by name (`MISBEHAVIOURS`).

A misbehaviour says what becomes of the answer (`answer`), what goes over the wire instead of a whole answer (`wire`),
and as which kind of TransportError a client must come to see it (`kind`; None: the client has an answer to judge).
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from enum import Enum
from http import HTTPStatus
from itertools import repeat
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from mwi_crawl.model import Response

CHUNK = 65536  # bytes of an endless or huge body written at a time


@dataclass(frozen=True, slots=True)
class Ask:
    """A request as the upstream sees it: path and params decoded, header names in lower case. It may hold a key."""

    method: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, method: str, target: str, headers: Mapping[str, str]) -> Ask:
        """The request for a URL or for a path with its query."""
        parts = urlsplit(target)
        params = dict(parse_qsl(parts.query, keep_blank_values=True))
        return cls(method, unquote(parts.path) or "/", params, {name.lower(): value for name, value in headers.items()})


class End(Enum):
    """How a connection ends before its time."""

    CLOSE = "close"  # an orderly end (FIN)
    RESET = "reset"  # RST


Step = bytes | float | End
"""What a server does on the wire: write these bytes, be silent for so many seconds, or end the connection."""


@dataclass(frozen=True, slots=True)
class Misbehaviour:
    """One way to go wrong. `wait` is the silence, in seconds, before the first byte."""

    name: str
    answer: Callable[[Ask, Response], Response] = lambda ask, response: response
    wire: Callable[[Response], Iterable[Step]] | None = None
    kind: str | None = None
    wait: float = 0.0


def head(status: int, headers: Mapping[str, str]) -> bytes:
    """The status line and the header lines of an HTTP/1.1 answer."""
    phrase = HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else ""
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status} {phrase}\r\n{lines}\r\n".encode("latin-1")


def whole(response: Response, length: int | None = None) -> bytes:
    """An answer with its body; `length` is what Content-Length claims, by default the truth."""
    if response.status in (204, 304):
        return head(response.status, response.headers)
    claimed = len(response.body) if length is None else length
    return head(response.status, {**response.headers, "content-length": str(claimed)}) + response.body


# Answers in place of the right one


def instead(
    name: str, status: int, body: bytes, content_type: str = "application/json; charset=utf-8", **headers: str
) -> Misbehaviour:
    """This answer in place of the right one; `_` in the name of a header stands for `-`."""
    fields = {"content-type": content_type, **{key.replace("_", "-"): value for key, value in headers.items()}}
    return Misbehaviour(name, answer=lambda ask, response: Response(status, fields, body))


def _tmdb_error(code: int, message: str) -> bytes:
    return b'{"success":false,"status_code":%d,"status_message":"%s"}' % (code, message.encode())


def too_many(name: str = "429", retry_after: str | None = None, date_in: float | None = None) -> Misbehaviour:
    """429, with a Retry-After as given, as a date so many seconds from the answer (whole seconds), or without."""

    def answer(ask: Ask, response: Response) -> Response:
        headers = {"content-type": "application/json; charset=utf-8"}
        if date_in is not None:
            headers["retry-after"] = formatdate(time.time() + date_in, usegmt=True)
        elif retry_after is not None:
            headers["retry-after"] = retry_after
        return Response(429, headers, _tmdb_error(25, "Your request count (41) is over the allowed limit of (40)."))

    return Misbehaviour(name, answer)


_TMDB_5XX = {
    500: (11, "Internal error: Something went wrong, contact TMDb."),
    501: (2, "Invalid service: this service does not exist."),
    502: (43, "Couldn't connect to the backend server."),
    503: (9, "Service offline: This service is temporarily offline, try again later."),
    504: (24, "Your request to the backend server timed out. Try again."),
}


def server_error(status: int) -> Misbehaviour:
    """500–504 with TMDb's own JSON."""
    return instead(str(status), status, _tmdb_error(*_TMDB_5XX[status]))


def redirect(name: str, location: str | None) -> Misbehaviour:
    """302 to a fixed place, or without saying where to."""
    return instead(name, 302, b"", "text/html", **({} if location is None else {"location": location}))


def _to_itself(ask: Ask, response: Response) -> Response:
    query = urlencode({**ask.params, "redirected": "1"})
    return Response(302, {"location": f"{quote(ask.path)}?{query}"}, b"")


def _once_to_itself(ask: Ask, response: Response) -> Response:
    return response if "redirected" in ask.params else _to_itself(ask, response)


def _body(change: Callable[[bytes], bytes], **headers: str) -> Callable[[Ask, Response], Response]:
    fields = {key.replace("_", "-"): value for key, value in headers.items()}
    return lambda ask, response: replace(
        response, status=200, headers={**response.headers, **fields}, body=change(response.body)
    )


_HTML = b"<!DOCTYPE html><html><head><title>Back soon</title></head><body><h1>Back soon</h1></body></html>"


def _changed_layout(ask: Ask, response: Response) -> Response:
    if "html" in response.headers.get("content-type", ""):
        return replace(response, status=200, body=b"<!DOCTYPE html><html><body><main>Welcome!</main></body></html>")
    return replace(response, status=200, body=b'{"apiVersion":"4.0","payload":{"items":[]},"links":{}}')


def _latin_1(body: bytes) -> bytes:
    return b'{"note":"caf\xe9",' + body[1:] if body[:1] == b"{" else b"caf\xe9 " + body


# Answers that do not arrive whole


def _nothing(response: Response) -> Iterator[Step]:
    yield End.CLOSE


def _reset(response: Response) -> Iterator[Step]:
    yield End.RESET


def _reset_mid_body(response: Response) -> Iterator[Step]:
    yield whole(response)[: -max(1, len(response.body) // 2)]
    yield 0.02  # a reset overtakes what the client has not read yet
    yield End.RESET


def _silence(response: Response) -> Iterator[Step]:
    yield from repeat(60.0)


def _cut(response: Response) -> Iterator[Step]:
    yield whole(response)[: -max(1, len(response.body) // 2)]
    yield End.CLOSE


def _length_too_short(response: Response) -> Iterator[Step]:
    yield whole(response, len(response.body) // 2)
    yield End.CLOSE


def _chunked(response: Response, chunks: Iterable[bytes], **headers: str) -> Iterator[bytes]:
    fields = {key.replace("_", "-"): value for key, value in headers.items()}
    yield head(response.status, {**response.headers, **fields, "transfer-encoding": "chunked"})
    for chunk in chunks:
        yield b"%x\r\n%s\r\n" % (len(chunk), chunk)


def _chunked_cut(response: Response) -> Iterator[Step]:
    yield from _chunked(response, [response.body[: len(response.body) // 2] or b" "])
    yield End.CLOSE


def _unlimited(response: Response) -> Iterator[Step]:
    """Without a length: the end of the connection is the end of the body, so nobody can tell that half is missing."""
    yield head(response.status, {**response.headers, "connection": "close"}) + response.body
    yield End.CLOSE


def gzipped(body: bytes, level: int = 1) -> bytes:
    """One gzip member."""
    squeeze = zlib.compressobj(level, wbits=31)
    return squeeze.compress(body) + squeeze.flush()


def _gzip_cut(response: Response) -> Iterator[Step]:
    half = gzipped(response.body)
    half = half[: len(half) // 2]
    yield whole(replace(response, headers={**response.headers, "content-encoding": "gzip"}, body=half))


def _gzip_bad(response: Response) -> Iterator[Step]:
    body = b"this is no gzip stream, whatever its header says"
    yield whole(replace(response, headers={**response.headers, "content-encoding": "gzip"}, body=body))


def _squeezed_zeros(size: int) -> Iterator[bytes]:
    squeeze = zlib.compressobj(9, wbits=31)
    for _ in range(size // 2**20):
        yield squeeze.compress(bytes(2**20)) + squeeze.flush(zlib.Z_SYNC_FLUSH)
    yield squeeze.flush()


def bomb(size: int = 2**30) -> Misbehaviour:
    """`size` zero bytes, gzipped to a thousandth (1 GiB of them in some 1 MB)."""

    def wire(response: Response) -> Iterator[Step]:
        yield from _chunked(response, _squeezed_zeros(size), content_encoding="gzip")
        yield b"0\r\n\r\n"

    return Misbehaviour("gzip_bomb", wire=wire, kind="too_large")


def huge(size: int = 2**30) -> Misbehaviour:
    """A body of `size` bytes that says so beforehand."""

    def wire(response: Response) -> Iterator[Step]:
        yield head(response.status, {**response.headers, "content-length": str(size)})
        yield from repeat(b" " * CHUNK, size // CHUNK)
        yield b" " * (size % CHUNK)

    return Misbehaviour("huge", wire=wire, kind="too_large")


def _endless(response: Response) -> Iterator[Step]:
    yield from _chunked(response, repeat(b" " * CHUNK))


def slow(seconds: float = 5.0) -> Misbehaviour:
    """Silence before the first byte, then the right answer."""
    return Misbehaviour("slow", wait=seconds)


def drip(name: str = "drip", pause: float = 0.5, header: bool = False) -> Misbehaviour:
    """One byte at a time, of the body or already of the header, so that no wait between two reads is ever long."""

    def wire(response: Response) -> Iterator[Step]:
        answer = whole(response)
        start = 0 if header else len(answer) - len(response.body)
        yield answer[:start]
        for at in range(start, len(answer)):
            yield answer[at : at + 1]
            yield pause

    return Misbehaviour(name, wire=wire, kind="timeout")


def _garbage(response: Response) -> Iterator[Step]:
    yield bytes(range(128, 256)) * 4 + b"\r\n\r\n"
    yield End.CLOSE


def _long_header(response: Response) -> Iterator[Step]:
    yield head(200, {**response.headers, "x-long": "x" * 20_000, "content-length": "0"})


_BOT_WALL = b"<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>Checking</body></html>"

MISBEHAVIOURS: Mapping[str, Misbehaviour] = {
    each.name: each
    for each in (
        too_many("429"),
        too_many("429_seconds", "1"),
        too_many("429_long", "20"),
        too_many("429_date", date_in=2.0),
        too_many("429_zero", "0"),
        too_many("429_absurd", "1000000000000"),
        *(server_error(status) for status in _TMDB_5XX),
        instead("502_html", 502, _HTML, "text/html"),
        instead("key_rejected", 401, _tmdb_error(7, "Invalid API key: You must be granted a valid key.")),
        instead("omdb_key_rejected", 401, b'{"Response":"False","Error":"Invalid API key!"}'),
        instead("quota_spent", 401, b'{"Response":"False","Error":"Request limit reached!"}'),
        instead(
            "ddd_minute_spent",
            429,
            b'{"error":"rate_limit_exceeded","message":"Rate limit exceeded."}',
            retry_after="2",
            x_ratelimit_limit_minute="30",
            x_ratelimit_remaining_minute="0",
        ),
        instead("forbidden", 403, b"Forbidden", "text/plain"),
        instead("bot_wall_cloudflare", 403, _BOT_WALL, "text/html", server="cloudflare", cf_mitigated="challenge"),
        instead("bot_wall_aws", 202, b"", "text/html", server="CloudFront", x_amzn_waf_action="challenge"),
        instead("html", 200, _HTML, "text/html; charset=utf-8"),
        instead("html_as_json", 200, _HTML),
        instead("empty", 200, b""),
        instead("no_content", 204, b""),
        instead("nan", 200, b'{"id":NaN}'),
        instead("deep_json", 200, b"[" * 100_000 + b"]" * 100_000),
        instead("long_number", 200, b'{"id":' + b"9" * 5_000 + b"}"),
        Misbehaviour("changed_layout", _changed_layout),
        Misbehaviour("invalid_json", _body(lambda body: body[:-1] + b",,")),
        Misbehaviour("half_body", _body(lambda body: body[: len(body) // 2])),
        Misbehaviour("wrong_charset", _body(_latin_1, content_type="application/json; charset=utf-8")),
        Misbehaviour("unknown_charset", _body(lambda body: body, content_type="application/json; charset=klingon-8")),
        Misbehaviour("redirect", _once_to_itself),
        Misbehaviour("redirect_loop", _to_itself),
        redirect("redirect_nowhere", None),
        redirect("redirect_other_host", "https://elsewhere.invalid/3/movie/550"),
        redirect("redirect_http", "http://plain.invalid/3/movie/550"),
        redirect("redirect_file", "file:///etc/hostname"),
        Misbehaviour("close", wire=_nothing, kind="reset"),
        Misbehaviour("reset", wire=_reset, kind="reset"),
        Misbehaviour("reset_mid_body", wire=_reset_mid_body, kind="truncated"),
        Misbehaviour("silence", wire=_silence, kind="timeout"),
        slow(),
        drip(),
        drip("drip_header", header=True),
        Misbehaviour("cut", wire=_cut, kind="truncated"),
        Misbehaviour("cut_chunked", wire=_chunked_cut, kind="truncated"),
        Misbehaviour("cut_unlimited", _body(lambda body: body[: len(body) // 2]), _unlimited),
        Misbehaviour("cut_gzip", wire=_gzip_cut, kind="truncated"),
        Misbehaviour("bad_gzip", wire=_gzip_bad, kind="bad_encoding"),
        Misbehaviour("length_too_short", wire=_length_too_short, kind="protocol"),
        Misbehaviour("garbage", wire=_garbage, kind="protocol"),
        Misbehaviour("long_header", wire=_long_header, kind="protocol"),
        bomb(),
        huge(),
        Misbehaviour("endless", wire=_endless, kind="too_large"),
        # On a real network these happen before a byte is exchanged; the HTTP face can only hang up.
        Misbehaviour("dns", wire=_nothing, kind="dns"),
        Misbehaviour("refused", wire=_nothing, kind="connect"),
        Misbehaviour("tls", wire=_nothing, kind="tls"),
    )
}
"""Every misbehaviour by its name, with its usual parameters."""
