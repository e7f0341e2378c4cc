"""Large files from an upstream onto the disk: cut downloads go on where they stopped, unchanged ones cost one request.

The second user of aiohttp's client beside `fetch`, whose answers are small and in memory; here a body goes to the disk
as it comes (`partial.py`).
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TypeAlias

import aiohttp

from mwi_crawl.datasets.partial import KEPT, AgainError, Fetched, Note, Part, unchanged, unless_changed
from mwi_crawl.datasets.tsv import MAGIC
from mwi_crawl.errors import OfflineError, UpstreamError
from mwi_crawl.fetch import explain
from mwi_crawl.throttle import retry_after

RETRIES = 3  # after the first attempt, for each file
BACKOFF = 2.0  # seconds before the first of them; doubled for each further one
PATIENCE = 60.0  # seconds; an upstream that asks for more is left for another day
CHUNK = 1 << 20  # bytes written at a time
PASSING = (408, 425, 429, 500, 502, 503, 504)
_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+)", re.ASCII)

Tell: TypeAlias = Callable[[int, int | None], None]
"""Hears of the bytes that are there, and of how many, where that is known."""


class Downloader:
    """One upstream's files. `async with Downloader(base_url, user_agent, timeout) as them: await them.fetch(path)`."""

    def __init__(self, base_url: str, user_agent: str, timeout: float) -> None:
        self._base = base_url.rstrip("/")
        self._headers = {"User-Agent": user_agent, "Accept-Encoding": "identity"}
        self._timeout = aiohttp.ClientTimeout(total=None, sock_connect=timeout, sock_read=timeout)

    async def __aenter__(self) -> Downloader:
        self._client = aiohttp.ClientSession(
            headers=self._headers,
            timeout=self._timeout,
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            middlewares=(_send_once,),
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.close()

    async def fetch(self, target: Path, tell: Tell = lambda _have, _size: None) -> Fetched:
        """See that `target` is the newest version of the upstream's file of that name, whole.

        Raises UpstreamError where the upstream refuses or sends something else, OfflineError where it cannot be reached
        or keeps failing, DiskFullError, StorageError. What has come stays, and the next call goes on from there.
        """
        for attempt in range(RETRIES + 1):
            try:
                return await self._attempt(target, tell)
            except AgainError as problem:
                wait = max(problem.wait or 0.0, BACKOFF * 2**attempt)
                if attempt == RETRIES or wait > PATIENCE:
                    raise _left(target, str(problem)) from None
            await asyncio.sleep(wait)
        raise AssertionError("unreachable")

    async def _attempt(self, target: Path, tell: Tell) -> Fetched:
        part = Part(target)
        if part.have and part.have == part.note.size:  # all but its name
            return await part.finish(part.have)
        asking = part.range() or unless_changed(target)
        try:
            async with self._client.get(f"{self._base}/{target.name}", headers=asking, allow_redirects=False) as answer:
                resumed_at = self._begin(answer, part, asking)
                if resumed_at is None:
                    return unchanged(target)
                await self._receive(answer, part, tell)
        except (aiohttp.ClientError, TimeoutError, ConnectionError, ValueError) as error:
            problem = AgainError(explain(error)[1])
        else:
            return await part.finish(resumed_at)
        raise problem  # out here, without the other error, whose text may hold the URL

    def _begin(self, answer: aiohttp.ClientResponse, part: Part, asking: dict[str, str]) -> int | None:
        """From which byte on the answer tells; None: what is there is the newest."""
        status, said = answer.status, _said(answer)
        if status == 304 and "Range" not in asking and asking:
            return None
        if status in PASSING:
            hint = retry_after(answer.headers.get("Retry-After"), time.time(), answer.headers.get("Date"))
            raise AgainError(f"HTTP {status}", hint)
        if status == 416 or (status == 206 and not part.fits(_start(answer), said)):
            part.drop()
            raise AgainError("the file has changed while it was downloaded")
        if status == 206:
            return part.have
        if status != 200 or "html" in answer.content_type:
            raise _refused(answer)
        part.begin(said)
        return 0

    async def _receive(self, answer: aiohttp.ClientResponse, part: Part, tell: Tell) -> None:
        part.see_room()
        with part.opened() as file:
            async for chunk in answer.content.iter_chunked(CHUNK):
                if part.have == 0 and not chunk.startswith(MAGIC[: len(chunk)]):
                    part.drop()
                    raise _refused(answer)
                part.write(file, chunk)
                tell(part.have, part.note.size)
        if part.note.size is not None and part.have != part.note.size:
            if part.have > part.note.size:
                part.drop()
            raise AgainError(f"{part.have:,} bytes of {part.note.size:,}")


async def _send_once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """aiohttp sends a GET again by itself where a connection broke, uncounted: give it no such error."""
    try:
        return await handler(request)
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        problem = AgainError(explain(error)[1])
    raise problem


def _said(answer: aiohttp.ClientResponse) -> Note:
    found = _RANGE.fullmatch(answer.headers.get("Content-Range", ""))
    size = int(found[2]) if found else answer.content_length
    return Note(answer.headers.get("ETag"), answer.headers.get("Last-Modified"), size)


def _start(answer: aiohttp.ClientResponse) -> int | None:
    """From which byte on a partial answer tells."""
    found = _RANGE.fullmatch(answer.headers.get("Content-Range", ""))
    return int(found[1]) if found else None


def _refused(answer: aiohttp.ClientResponse) -> UpstreamError:
    what = f"HTTP {answer.status}" if answer.status != 200 else f"no gzip file ({answer.content_type})"
    return UpstreamError(
        f"{answer.url.host} does not give {answer.url.name}: {what}.",
        safe="What was downloaded before is unchanged.",
        todo="Try again later: mwi-crawl datasets fetch   or look whether the address in config.toml is right.",
    )


def _left(target: Path, why: str) -> OfflineError:
    return OfflineError(
        f"{target.name} could not be downloaded: {why}.", safe=KEPT, todo="Go on with: mwi-crawl datasets fetch"
    )
