"""Where a request may go, as pure rules: how a URL is put together, which redirects are followed, what is public.

A credential belongs to one origin; a redirect stays within the site; a crawler has no business in private networks.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from urllib.parse import quote, urlencode, urljoin, urlsplit

from mwi_crawl.model import Fault, Outcome

PORTS = {"http": 80, "https": 443}
IN_PATH = "/:@!$&'()*+,;=-._~%"  # what stands in a path as it is; a % is half of an escape already there
_PLAIN = re.compile(r"[A-Za-z0-9/:@._~-]*").fullmatch  # what needs no escape anywhere
_ALLOCATED = ipaddress.ip_network("2000::/3")  # beside it are tunnels to IPv4 and worse, global to Python 3.11
_TUNNELS = tuple(ipaddress.ip_network(net) for net in ("2002::/16", "192.88.99.0/24"))  # 6to4, and its relays


def with_query(url: str, params: Mapping[str, str]) -> str:
    """The URL with these params after those it has."""
    if not params:
        return url
    return f"{url}{'&' if '?' in url else '?'}{urlencode(params, quote_via=quote, errors='replace')}"


def escape(text: str, safe: str) -> str:
    """The text as it may stand in a URL. Escapes in it stay; what cannot be encoded becomes `%3F`."""
    if _PLAIN(text):
        return text
    return quote(re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", text), safe=safe, errors="replace")


def origin(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port, in one spelling. Raises ValueError for a URL that names no place, or a user there."""
    parts = urlsplit(url)
    if parts.username is not None:
        raise ValueError("a URL with a user")
    return parts.scheme, (parts.hostname or "").removesuffix("."), parts.port or PORTS.get(parts.scheme)


def redirect_target(base: str, url: str, location: str | None) -> str | Fault:
    """Where a redirect may lead: the same origin, or https on the same site. Everything else is a fault."""
    if not location:
        return Fault("redirect", "a redirect that says not where to", Outcome.BROKEN)
    try:
        target = urljoin(url, location)
        scheme, host, port = origin(target)
    except ValueError:
        return Fault("redirect", "a redirect to no valid address", Outcome.BROKEN)
    own = origin(base)[1]
    same_site = host == own or host.endswith("." + own) or own.removeprefix("www.") == host
    if (scheme, host, port) == origin(base) or (scheme == "https" and same_site and port == PORTS["https"]):
        parts = urlsplit(target)
        path, query = escape(parts.path, IN_PATH), escape(parts.query, IN_PATH + "?")
        return parts._replace(path=path, query=query, fragment="").geturl()
    where = f"{scheme}://{host[:80]}" if scheme in PORTS and host else "another scheme"
    return Fault("redirect", f"a redirect to {where} is not followed", Outcome.BROKEN)


def is_public(host: str) -> bool:
    """Whether a literal address may be reached by a crawler: globally routable, not multicast, no tunnel to others."""
    address = ipaddress.ip_address(host.split("%")[0])
    address = getattr(address, "ipv4_mapped", None) or address
    if address.version == 6 and address not in _ALLOCATED:
        return False
    return address.is_global and not address.is_multicast and not any(address in net for net in _TUNNELS)


def is_loopback(host: str) -> bool:
    """Whether a host is this machine: `localhost` or a literal loopback address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.split("%")[0]).is_loopback
    except ValueError:
        return False
