"""Fetcher (policy) over Transport (mechanism): one request in, one answer or one fault out. It never retries.

The Fetcher waits its turn at the throttle, adds the credential for the upstream's own host only, and follows a redirect
only over https within the upstream's site. Of a source of pages it asks only for what robots.txt allows.
The Transport sends one request and raises one exception, whose message is put together here from classes and hosts: the
text of a library's exception may hold a URL, and so a key.
"""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import socket
import ssl
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import unquote, unquote_plus, urlsplit

import aiohttp
from yarl import URL

from mwi_crawl.address import IN_PATH, escape, is_loopback, is_public, origin, redirect_target, with_query
from mwi_crawl.errors import TransportError
from mwi_crawl.model import Credential, Fault, Outcome, Request, Response
from mwi_crawl.robots import Rules, Site, read_rules
from mwi_crawl.throttle import Throttle

MAX_HOPS = 5  # redirects followed for one request
CHUNK = 65536  # bytes read at a time
REDIRECTS = (301, 302, 303, 307, 308)
UNREACHABLE = ("dns", "connect", "tls")  # nothing was sent: the network's fault, not the job's


class Transport(Protocol):
    """Sends one request. Raises TransportError for everything that is not a whole answer."""

    async def send(self, url: str, headers: Mapping[str, str]) -> Response:
        """The answer to a GET of `url` (with its query), body whole and decompressed; redirects are not followed."""
        ...

    async def close(self) -> None:
        """Give back sockets."""
        ...


class Fetcher:
    """One upstream's way out: its address, its credential, its turn. `robots`: robots.txt is obeyed."""

    def __init__(
        self,
        base_url: str,
        credential: Credential,
        throttle: Throttle,
        transport: Transport,
        user_agent: str,
        *,
        robots: bool = False,
    ) -> None:
        self._base = base_url.rstrip("/")
        self._home = origin(self._base)
        self._root = self._base + "/"  # what begins with it is at home; to take a URL apart is dear
        self._credential = credential
        self._throttle = throttle
        self._transport = transport
        self._user_agent = user_agent
        self._obeys = robots
        self._sites: dict[tuple[str, str, int | None], Site] = {}
        self.sent = 0
        self.under_way: set[asyncio.Task[Any]] = set()
        """The tasks whose request has left and whose answer is not there yet; robots.txt is nobody's answer."""
        self.dropped: set[asyncio.Task[Any]] = set()
        """The tasks that were cancelled when their request had left: the upstream may have answered it."""

    async def fetch(self, request: Request, etag: str | None = None) -> tuple[Response | Fault, float]:
        """The answer, or why there is none; and the monotonic time at which the last request for it started."""
        url = self._base + escape("/" + request.path.removeprefix("/"), IN_PATH)
        return await self._follow(url, request, etag, page=True)

    async def _follow(
        self, url: str, request: Request, etag: str | None = None, *, page: bool
    ) -> tuple[Response | Fault, float]:
        params = dict(request.params)
        for hop in range(MAX_HOPS + 1):
            if page and self._obeys and (refusal := await self._refusal(with_query(url, params))):
                return refusal
            started = await self._throttle.turn()
            reply = await (self._noted if page else self._send)(url, params, request, etag)
            if isinstance(reply, Fault) or reply.status not in REDIRECTS:
                return reply, started
            target = redirect_target(self._base, url, reply.headers.get("location"))
            if isinstance(target, Fault):
                return target, started
            url, params = self._without_credential(target), {}
            if hop == MAX_HOPS:
                break
        return Fault("redirect", f"more than {MAX_HOPS} redirects", Outcome.BROKEN), started

    async def _refusal(self, url: str) -> tuple[Fault, float] | None:
        """Why robots.txt keeps this URL from being asked for, and when that was learnt; None: nothing does."""
        place = self._home if url.startswith(self._root) else origin(url)
        site = self._sites.setdefault(place, Site())
        rules, asked = await site.rules(lambda: self._read_robots(url))
        fault = rules if isinstance(rules, Fault) else rules.fault(url)
        return None if fault is None else (fault, asked)

    async def _read_robots(self, url: str) -> tuple[Rules | Fault, float]:
        """The rules of the site of a URL, from now on kept to by the throttle."""
        place = urlsplit(url)._replace(path="/robots.txt", query="", fragment="").geturl()
        reply, started = await self._follow(place, Request("/robots.txt"), page=False)
        rules = read_rules(reply, origin(url)[1])
        if isinstance(rules, Rules) and rules.delay:
            self._throttle.at_most(1 / rules.delay)
        return rules, started

    async def close(self) -> None:
        """Give back the transport's sockets."""
        await self._transport.close()

    def _without_credential(self, url: str) -> str:
        """The URL of a redirect without our own credential in its query: some servers send back what they were sent."""
        names, values = self._credential.params.keys(), {*self._credential.params.values()}
        values |= {value.rpartition(" ")[2] for value in self._credential.headers.values()}

        def is_ours(pair: str) -> bool:
            name, _, value = pair.partition("=")
            return unquote_plus(name) in names or unquote(value) in values or unquote_plus(value) in values

        parts = urlsplit(url)
        return parts._replace(query="&".join(pair for pair in parts.query.split("&") if not is_ours(pair))).geturl()

    async def _send(self, url: str, params: Mapping[str, str], request: Request, etag: str | None) -> Response | Fault:
        headers = {"User-Agent": self._user_agent, "Accept-Encoding": "gzip", **request.headers}
        if etag:
            headers["If-None-Match"] = etag
        at_home = url.startswith(self._root) or origin(url) == self._home
        if at_home:
            headers |= self._credential.headers
            params = {**params, **self._credential.params}
        self.sent += 1
        try:
            return await self._transport.send(with_query(url, params), headers)
        except TransportError as error:
            outcome = Outcome.OFFLINE if at_home and error.kind in UNREACHABLE else Outcome.RETRY
            return Fault(error.kind, str(error), outcome)

    async def _noted(self, url: str, params: Mapping[str, str], request: Request, etag: str | None) -> Response | Fault:
        """Send, and note whose request is under way."""
        task = asyncio.current_task()
        assert task is not None
        self.under_way.add(task)
        try:
            return await self._send(url, params, request, etag)
        except asyncio.CancelledError:
            self.dropped.add(task)
            raise
        finally:
            self.under_way.discard(task)


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may cost: seconds to connect and between two reads, and bytes of body after decompression."""

    timeout: float = 10.0
    max_body: int = 8 * 1024 * 1024
    connections: int = 10


class HttpTransport:
    """aiohttp, with limits. `metered`: a connection serves one request, so that none is spent on a dead one."""

    def __init__(self, base_url: str, limits: Limits, *, metered: bool = False) -> None:
        self._limits = limits
        self._home = origin(base_url)[1:]
        self._metered = metered
        self._client: aiohttp.ClientSession | None = None

    async def send(self, url: str, headers: Mapping[str, str]) -> Response:
        """See Transport."""
        try:
            async with self._session().get(URL(url, encoded=True), headers=headers, allow_redirects=False) as answer:
                body = await self._body(answer)
                return Response(answer.status, _lower(answer.headers), body, url.partition("?")[0])
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError, zlib.error) as error:
            fault = TransportError(*explain(error))
        raise fault  # out here, for inside it would carry the other error, whose text may hold the URL, as its context

    async def close(self) -> None:
        """See Transport."""
        if self._client is not None:
            await self._client.close()

    def _session(self) -> aiohttp.ClientSession:
        if self._client is None:
            seconds = self._limits.timeout
            connector = aiohttp.TCPConnector(
                limit=self._limits.connections,
                force_close=self._metered,
                ttl_dns_cache=300,
                socket_factory=self._socket,
            )
            self._client = aiohttp.ClientSession(
                connector=connector,
                auto_decompress=False,  # aiohttp takes a cut gzip stream for a whole one
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(
                    total=3 * seconds,
                    connect=2 * seconds,  # a name server that says nothing is a lost network, no fault of the job's
                    sock_connect=seconds,
                    sock_read=seconds,
                ),
                middlewares=(_send_once,),
            )
        return self._client

    def _socket(self, addr_info: Any) -> socket.socket:
        """A socket to an address that may be reached: public ones, and of loopback only the place configured."""
        family, kind, protocol, _, address = addr_info
        if not is_public(address[0]) and not self._is_home(*address[:2]):
            raise _NotPublicError(errno.EACCES, "address is not public")
        return socket.socket(family, kind, protocol)

    def _is_home(self, host: str, port: int) -> bool:
        own, own_port = self._home
        if port != own_port or not is_loopback(host) or not is_loopback(own):
            return False
        return own == "localhost" or ipaddress.ip_address(host) == ipaddress.ip_address(own)

    async def _body(self, answer: aiohttp.ClientResponse) -> bytes:
        unpack = _Unpacker(answer.headers.get("Content-Encoding", ""), self._limits.max_body)
        if (answer.content_length or 0) > self._limits.max_body:
            raise TransportError("too_large", f"an answer of {answer.content_length} bytes")
        if answer.content_length is not None:  # no more than that is read, so it need not come piece by piece
            unpack.feed(await answer.content.read())
            return unpack.finish()
        async for chunk in answer.content.iter_chunked(CHUNK):
            unpack.feed(chunk)
        return unpack.finish()


async def _send_once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """aiohttp sends a GET again by itself where a connection broke, past throttle and quota: give it no such error."""
    try:
        return await handler(request)
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        fault = TransportError(*explain(error))
    raise fault


class _NotPublicError(OSError):
    """An address that a crawler has no business with; unlike a firewall's EACCES, no sign of a lost network."""


class _Unpacker:
    """Collects a body, decompressing it, and notices what is too large or ends early."""

    def __init__(self, encoding: str, limit: int) -> None:
        name = encoding.strip().lower()
        if name not in ("", "identity", "gzip", "x-gzip", "deflate"):
            raise TransportError("bad_encoding", f"an answer in the encoding {name[:20]!r}, which was not asked for")
        self._compressed = name not in ("", "identity")
        self._inflate = zlib.decompressobj(wbits=47)  # gzip or zlib, told by its header
        self._parts: list[bytes] = []
        self._room = limit
        self._any = False

    def feed(self, data: bytes) -> None:
        while data:
            self._any = True
            if not self._compressed:
                self._keep(data)
                return
            if self._inflate.eof:  # a further gzip member
                self._inflate = zlib.decompressobj(wbits=47)
            try:
                self._keep(self._inflate.decompress(data, self._room + 1))
            except zlib.error:
                raise TransportError("bad_encoding", "a compressed answer that cannot be read") from None
            data = self._inflate.unconsumed_tail or self._inflate.unused_data

    def finish(self) -> bytes:
        if self._compressed and self._any and not self._inflate.eof:
            raise TransportError("truncated", "a compressed answer that ends early")
        return b"".join(self._parts)

    def _keep(self, data: bytes) -> None:
        self._room -= len(data)
        if self._room < 0:
            raise TransportError("too_large", "an answer beyond the size limit")
        self._parts.append(data)


def explain(error: BaseException) -> tuple[str, str]:
    """The kind of a library's exception and a sentence about it that holds no URL."""
    cause = getattr(error, "os_error", error)
    if isinstance(cause, _NotPublicError):
        return "blocked", "the address is not a public one"
    if isinstance(cause, OSError) and cause.errno in (errno.EMFILE, errno.ENFILE):
        return "connect", "too many open files (ulimit -n)"
    for classes, kind, message in _FAULTS:
        if isinstance(error, classes):
            return kind, message
    return "protocol", f"no valid answer ({type(error).__name__})"


_FAULTS: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], str, str], ...] = (
    (aiohttp.ClientConnectorDNSError, "dns", "name resolution failed"),
    ((aiohttp.ClientSSLError, ssl.SSLError, ssl.CertificateError), "tls", "no trustworthy TLS connection"),
    (aiohttp.ConnectionTimeoutError, "connect", "time-out while connecting"),
    (aiohttp.ClientConnectorError, "connect", "no connection"),
    (TimeoutError, "timeout", "time-out while waiting for the answer"),
    (aiohttp.ServerDisconnectedError, "reset", "the connection was closed without an answer"),
    (aiohttp.ClientPayloadError, "truncated", "the answer ends early"),
    ((aiohttp.ClientOSError, ConnectionError), "reset", "the connection broke"),
    (aiohttp.ClientResponseError, "protocol", "not a valid HTTP answer"),
)


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
