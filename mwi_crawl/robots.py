"""robots.txt: what a site asks crawlers to leave alone, and how slowly it wants to be asked.

A robots.txt that is refused (401, 403, a bot wall) is taken for "leave us alone", although RFC 9309 §2.3.1.3 would
allow everything then: an engine that is polite by default reads a refusal as a refusal. One that is not there (other
4xx) restricts nothing. While it cannot be had or read, no page is asked for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from protego import Protego

from mwi_crawl.model import Fault, Outcome, Response

PRODUCT = "mwi-crawl"  # whatever the person calls the program in `user_agent`: a rule about us stays one
MAX_SIZE = 500 * 1024  # bytes that are read (RFC 9309 §2.5)
MAX_DELAY = 60.0  # seconds; a longer Crawl-delay is taken as this
MAX_RULES = 500_000  # every agent of a group gets every rule of it: a small file can ask for gigabytes
REFUSED = (401, 403)
PASSING = (408, 425, 429)  # of the 4xx, those that say nothing about the file
WALLS = ("x-amzn-waf-action", "cf-mitigated")  # headers of a bot wall, whatever its status

_EVERYTHING = Protego.parse("")
_NOTHING = Protego.parse("User-agent: *\nDisallow: /")


@dataclass(frozen=True, slots=True)
class Rules:
    """What a site allows us. `delay`: seconds it wants between two requests; 0: it names none."""

    file: Protego
    refusal: str  # a sentence about a page that is not allowed
    delay: float = 0.0

    def fault(self, url: str) -> Fault | None:
        """Why this URL (its path and query count) is not to be asked for; None: it may be."""
        return None if self.file.can_fetch(url, PRODUCT) else Fault("robots", self.refusal, Outcome.DENIED)


class Site:
    """One site's robots.txt: asked for by whoever comes first, and kept once it is decided."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._known: tuple[Rules | Fault, float] | None = None
        self._times = 0  # it was asked for

    async def rules(self, ask: Callable[[], Awaitable[tuple[Rules | Fault, float]]]) -> tuple[Rules | Fault, float]:
        """The rules, or why they are not known now; and when they were asked for.

        Those who come while it is being asked for share what comes of it; who comes after a fault asks again.
        """
        times = self._times
        async with self._lock:
            if self._known is None or (isinstance(self._known[0], Fault) and self._times == times):
                self._known = await ask()
                self._times += 1
            return self._known


def read_rules(reply: Response | Fault, host: str) -> Rules | Fault:
    """What came of asking a host for its robots.txt: its rules, or a fault where that is not decided now."""
    if isinstance(reply, Fault):
        outcome = Outcome.OFFLINE if reply.outcome is Outcome.OFFLINE else Outcome.RETRY
        return Fault(reply.kind, f"robots.txt of {host}: {reply.message}", outcome)
    status = reply.status
    if status in REFUSED or any(name in reply.headers for name in WALLS):
        return Rules(_NOTHING, f"robots.txt of {host} is refused (HTTP {status}), so no page of it is asked for")
    if 400 <= status < 500 and status not in PASSING:
        return Rules(_EVERYTHING, "")
    if status != 200:
        return _unread(host, f"HTTP {status}")
    return _parsed(reply.body, host)


def _parsed(body: bytes, host: str) -> Rules | Fault:
    if len(body) > MAX_SIZE:
        body = body[:MAX_SIZE].rpartition(b"\n")[0]  # half a rule is another rule
    text = body.decode("utf-8-sig", "replace")
    if text.lstrip().startswith("<") or "\0" in text:
        return _unread(host, "it is no text")
    lines = text.splitlines()
    if sum("agent" in line.lower() for line in lines) * len(lines) > MAX_RULES:
        return _unread(host, "it has too many rules")
    file = Protego.parse(text)
    delay = min(MAX_DELAY, file.crawl_delay(PRODUCT) or 0.0)
    return Rules(file, f"robots.txt of {host} does not allow this page", delay)


def _unread(host: str, why: str) -> Fault:
    return Fault("robots_unread", f"robots.txt of {host} cannot be read ({why})")
