"""Fetcher (policy) over Transport (mechanism): one request in, one answer or one fault out. It never retries.

The Fetcher waits its turn at the throttle, adds the credential for the upstream's own host only, and follows a redirect
only over https within the upstream's site. The Transport sends one request and raises one exception, whose message is
put together here from classes and hosts: the text of a library's exception may hold a URL, and so a key.
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
from urllib.parse import quote, urlencode, urljoin, urlsplit

import aiohttp
from yarl import URL

from mwi_crawl.errors import TransportError
from mwi_crawl.model import Credential, Fault, Outcome, Request, Response
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
    """One upstream's way out: its address, its credential, its turn."""

    def __init__(
        self, base_url: str, credential: Credential, throttle: Throttle, transport: Transport, user_agent: str
    ) -> None:
        self._base = base_url.rstrip("/")
        self._credential = credential
        self._throttle = throttle
        self._transport = transport
        self._user_agent = user_agent
        self.sent = 0
        self.under_way: set[asyncio.Task[Any]] = set()
        """The tasks whose request has left and whose answer is not there yet."""

    async def fetch(self, request: Request, etag: str | None = None) -> tuple[Response | Fault, float]:
        """The answer, or why there is none; and the monotonic time at which the last request for it started."""
        url = self._base + quote(request.path, safe="/:@!$&'()*+,;=-._~%")
        params = dict(request.params)
        for hop in range(MAX_HOPS + 1):
            started = await self._throttle.turn()
            reply = await self._send(url, params, request, etag)
            if isinstance(reply, Fault) or reply.status not in REDIRECTS:
                return reply, started
            target = _redirect_target(self._base, url, reply.headers.get("location"))
            if isinstance(target, Fault):
                return target, started
            url, params = target, {}
            if hop == MAX_HOPS:
                break
        return Fault("redirect", f"more than {MAX_HOPS} redirects", Outcome.BROKEN), started

    async def close(self) -> None:
        """Give back the transport's sockets."""
        await self._transport.close()

    async def _send(self, url: str, params: Mapping[str, str], request: Request, etag: str | None) -> Response | Fault:
        headers = {"User-Agent": self._user_agent, "Accept-Encoding": "gzip", **request.headers}
        if etag:
            headers["If-None-Match"] = etag
        if urlsplit(url).netloc == urlsplit(self._base).netloc:
            headers |= self._credential.headers
            params = {**params, **self._credential.params}
        task = asyncio.current_task()
        assert task is not None
        self.under_way.add(task)
        self.sent += 1
        try:
            return await self._transport.send(_with_query(url, params), headers)
        except TransportError as error:
            outcome = Outcome.OFFLINE if error.kind in UNREACHABLE else Outcome.RETRY
            return Fault(error.kind, str(error), outcome)
        finally:
            self.under_way.discard(task)


def _with_query(url: str, params: Mapping[str, str]) -> str:
    if not params:
        return url
    return f"{url}{'&' if '?' in url else '?'}{urlencode(params, quote_via=quote)}"


def _redirect_target(base: str, url: str, location: str | None) -> str | Fault:
    """Where a redirect may lead: the same origin, or https on the same site. Everything else is a fault."""
    if not location:
        return Fault("redirect", "a redirect that says not where to", Outcome.BROKEN)
    target, home = urlsplit(urljoin(url, location)), urlsplit(base)
    same_origin = (target.scheme, target.netloc) == (home.scheme, home.netloc)
    host, own = (target.hostname or "").lower(), (home.hostname or "").lower()
    same_site = host == own or host.endswith("." + own) or own.removeprefix("www.") == host
    plain = target.username is None and target.port in (None, 443)
    if same_origin or (target.scheme == "https" and same_site and plain):
        return target._replace(fragment="").geturl()
    return Fault("redirect", f"a redirect to {target.scheme}://{host or '?'} is not followed", Outcome.BROKEN)


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may cost: seconds to connect and between two reads, and bytes of body after decompression."""

    timeout: float = 10.0
    max_body: int = 8 * 1024 * 1024
    connections: int = 10


class HttpTransport:
    """aiohttp, with limits. `metered`: a connection serves one request, because a kept one may be re-sent unasked."""

    def __init__(self, base_url: str, limits: Limits, *, metered: bool = False) -> None:
        self._limits = limits
        own = urlsplit(base_url)
        self._loopback = (own.hostname, own.port) if is_loopback(own.hostname or "") else None
        self._metered = metered
        self._client: aiohttp.ClientSession | None = None

    async def send(self, url: str, headers: Mapping[str, str]) -> Response:
        """See Transport."""
        try:
            async with self._session().get(URL(url, encoded=True), headers=headers, allow_redirects=False) as answer:
                body = await self._body(answer)
                return Response(answer.status, _lower(answer.headers), body, url.partition("?")[0])
        except TransportError:
            raise
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError, zlib.error) as error:
            raise TransportError(*explain(error)) from None

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
                timeout=aiohttp.ClientTimeout(total=3 * seconds, sock_connect=seconds, sock_read=seconds),
            )
        return self._client

    def _socket(self, addr_info: Any) -> socket.socket:
        """A socket to an address that may be reached: public ones, and loopback only where it was configured."""
        family, kind, protocol, _, address = addr_info
        if not (is_public(address[0]) or (self._loopback and is_loopback(address[0]))):
            raise OSError(errno.EACCES, "address is not public")
        return socket.socket(family, kind, protocol)

    async def _body(self, answer: aiohttp.ClientResponse) -> bytes:
        unpack = _Unpacker(answer.headers.get("Content-Encoding", ""), self._limits.max_body)
        if (answer.content_length or 0) > self._limits.max_body:
            raise TransportError("too_large", f"an answer of {answer.content_length} bytes")
        async for chunk in answer.content.iter_chunked(CHUNK):
            unpack.feed(chunk)
        return unpack.finish()


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
    for classes, kind, message in _FAULTS:
        if isinstance(error, classes):
            return kind, message
    if isinstance(error, OSError) and error.errno == errno.EACCES:
        return "blocked", "the address is not a public one"
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

_NOT_PUBLIC = tuple(  # is_global is True for these on Python 3.11
    ipaddress.ip_network(net) for net in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "192.88.99.0/24")
)


def is_public(host: str) -> bool:
    """Whether a literal address may be reached by a crawler: globally routable, not multicast, no tunnel to others."""
    address = ipaddress.ip_address(host.split("%")[0])
    address = getattr(address, "ipv4_mapped", None) or address
    return address.is_global and not address.is_multicast and not any(address in net for net in _NOT_PUBLIC)


def is_loopback(host: str) -> bool:
    """Whether a host is this machine: `localhost` or a literal loopback address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.split("%")[0]).is_loopback
    except ValueError:
        return False


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
