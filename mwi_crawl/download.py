"""Large files from an upstream onto the disk: cut downloads go on where they stopped, unchanged ones cost one request.

The second user of aiohttp's client beside `fetch`, whose answers are small and in memory; here a body goes to the disk
as it comes. A file `NAME` has its tag in `NAME.json` beside it; while it is on its way it is `NAME.part`, with
`NAME.part.json`. What the folder holds under its own name is whole: it was read to its end before it got the name.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import json
import os
import re
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, TypeAlias

import aiohttp

from mwi_crawl.errors import DiskFullError, InputError, OfflineError, StorageError, UpstreamError
from mwi_crawl.fetch import explain
from mwi_crawl.throttle import retry_after
from mwi_crawl.tsv import MAGIC, inflate

RETRIES = 3  # after the first attempt, for each file
BACKOFF = 2.0  # seconds before the first of them; doubled for each further one
PATIENCE = 60.0  # seconds; an upstream that asks for more is left for another day
CHUNK = 1 << 20  # bytes written at a time
ROOM = 64_000_000  # bytes that must be left on the disk beside the file
PASSING = (408, 425, 429, 500, 502, 503, 504)
_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+)", re.ASCII)

Tell: TypeAlias = Callable[[int, int | None], None]
"""Hears of the bytes that are there, and of how many, where that is known."""


@dataclass(frozen=True, slots=True)
class Note:
    """What the upstream said of a file: its tag, the time of its last change as sent, and its size in bytes."""

    etag: str | None = None
    modified: str | None = None
    size: int | None = None

    @property
    def validator(self) -> str | None:
        """What proves that a rest belongs to a beginning: a strong tag, else the time of change."""
        return self.etag if self.etag and not self.etag.startswith("W/") else self.modified


@dataclass(frozen=True, slots=True)
class Fetched:
    """A whole file on the disk. `changed`: it was downloaded just now; `resumed_at`: bytes that were there before."""

    name: str
    changed: bool
    size: int
    etag: str | None
    modified: str | None
    resumed_at: int = 0


class _AgainError(Exception):
    """This attempt came to nothing and another may not. `wait`: seconds before it, where the upstream says so."""

    def __init__(self, why: str, wait: float | None = None) -> None:
        super().__init__(why)
        self.wait = wait


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
            except _AgainError as problem:
                wait = max(problem.wait or 0.0, BACKOFF * 2**attempt)
                if attempt == RETRIES or wait > PATIENCE:
                    raise _left(target, str(problem)) from None
            await asyncio.sleep(wait)
        raise AssertionError("unreachable")

    async def _attempt(self, target: Path, tell: Tell) -> Fetched:
        part = _Part(target)
        if part.have and part.have == part.note.size:  # all but its name
            return await part.finish(part.have)
        asking = part.range() or _unless_changed(target)
        try:
            async with self._client.get(f"{self._base}/{target.name}", headers=asking, allow_redirects=False) as answer:
                resumed_at = self._begin(answer, part, asking)
                if resumed_at is None:
                    return _unchanged(target)
                await self._receive(answer, part, tell)
        except (aiohttp.ClientError, TimeoutError, ConnectionError, ValueError) as error:
            problem = _AgainError(explain(error)[1])
        else:
            return await part.finish(resumed_at)
        raise problem  # out here, without the other error, whose text may hold the URL

    def _begin(self, answer: aiohttp.ClientResponse, part: _Part, asking: dict[str, str]) -> int | None:
        """From which byte on the answer tells; None: what is there is the newest."""
        status, said = answer.status, _said(answer)
        if status == 304 and "Range" not in asking and asking:
            return None
        if status in PASSING:
            hint = retry_after(answer.headers.get("Retry-After"), time.time())
            raise _AgainError(f"HTTP {status}", hint)
        if status == 416 or (status == 206 and not part.fits(answer, said)):
            part.drop()
            raise _AgainError("the file has changed while it was downloaded")
        if status == 206:
            return part.have
        if status != 200 or "html" in answer.content_type:
            raise _refused(answer)
        part.begin(said)
        return 0

    async def _receive(self, answer: aiohttp.ClientResponse, part: _Part, tell: Tell) -> None:
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
            raise _AgainError(f"{part.have:,} bytes of {part.note.size:,}")


async def _send_once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """aiohttp sends a GET again by itself where a connection broke, uncounted: give it no such error."""
    try:
        return await handler(request)
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        problem = _AgainError(explain(error)[1])
    raise problem


class _Part:
    """A file on its way."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self._path = target.with_name(target.name + ".part")
        self.note = _read_note(self._path) or Note()
        self.have = self._path.stat().st_size if self._path.is_file() else 0

    def range(self) -> dict[str, str]:
        """How to ask for the rest; empty where there is none, or no proof that it would belong to what is there."""
        if not self.have or self.note.validator is None:
            return {}
        return {"Range": f"bytes={self.have}-", "If-Range": self.note.validator}

    def fits(self, answer: aiohttp.ClientResponse, said: Note) -> bool:
        """Whether a partial answer goes on where this ends, and belongs to the same version."""
        found = _RANGE.fullmatch(answer.headers.get("Content-Range", ""))
        same = said.etag in (None, self.note.etag) and self.note.size in (None, found and int(found[2]))
        return found is not None and int(found[1]) == self.have and same

    def begin(self, note: Note) -> None:
        """Start from nothing."""
        self.drop()
        self.note = note
        _write_note(self._path, note)

    def drop(self) -> None:
        """Forget what is there: bytes first, for a beginning without a note is never gone on with."""
        self._path.unlink(missing_ok=True)
        _note_path(self._path).unlink(missing_ok=True)
        self.have = 0

    def see_room(self) -> None:
        """Raises DiskFullError where the rest has no room."""
        free = shutil.disk_usage(self._path.parent).free
        if self.note.size is not None and self.note.size - self.have + ROOM > free:
            raise self._full(f"{free / 1e6:,.0f} MB are free, {(self.note.size - self.have) / 1e6:,.0f} MB are to come")

    def opened(self) -> BinaryIO:
        """For writing at the end."""
        return self._path.open("ab")

    def write(self, file: BinaryIO, chunk: bytes) -> None:
        """Add what has come."""
        try:
            file.write(chunk)
            file.flush()
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise self._full("no room left") from error
            raise StorageError(f"Cannot write {self._path} ({error.strerror}).", safe=_KEPT) from error
        self.have += len(chunk)

    async def finish(self, resumed_at: int) -> Fetched:
        """Give it its name, if it can be read to its end."""
        try:
            with self._path.open("rb") as file:
                for _ in inflate(file, self._target.name):
                    await asyncio.sleep(0)  # here Ctrl-C is heard
                os.fsync(file.fileno())
        except InputError as error:
            self.drop()
            if resumed_at:
                raise _AgainError("beginning and end do not fit together") from None
            raise UpstreamError(
                f"{self._target.name} came whole and cannot be read: {error.happened}",
                safe="What was there before is unchanged.",
                todo="Try again later: mwi-crawl datasets fetch",
            ) from None
        note = replace(self.note, size=self.have)
        self._path.replace(self._target)  # first: a new file with an old note is only downloaded once more
        _write_note(self._target, note)
        _note_path(self._path).unlink(missing_ok=True)
        return Fetched(self._target.name, True, self.have, note.etag, note.modified, resumed_at)

    def _full(self, how: str) -> DiskFullError:
        return DiskFullError(
            f"The disk is full: {how} for {self._target.name} in {self._path.parent}.",
            safe=_KEPT,
            todo="Free some space, or name another folder with --dir, then: mwi-crawl datasets fetch",
        )


_KEPT = "What has come is kept, and the download goes on from there."


def half(target: Path) -> InputError | None:
    """The problem of a file that is only half downloaded; None if nothing of it is there."""
    part = _Part(target)
    if not part.have:
        return None
    expected = f" of {part.note.size:,}" if part.note.size else ""
    return InputError(
        f"{target.name} ends early: {part.have:,} bytes{expected} are downloaded.",
        safe="They are kept for continuing, and not used.",
        todo="Go on with: mwi-crawl datasets fetch",
    )


def _unless_changed(target: Path) -> dict[str, str]:
    """How to ask for a file that is there; empty if it is not, or is not the one that was downloaded."""
    note = _read_note(target)
    if note is None or not target.is_file() or target.stat().st_size != note.size:
        return {}
    if note.etag:
        return {"If-None-Match": note.etag}
    return {"If-Modified-Since": note.modified} if note.modified else {}


def _unchanged(target: Path) -> Fetched:
    note = _read_note(target) or Note()
    return Fetched(target.name, False, target.stat().st_size, note.etag, note.modified)


def _said(answer: aiohttp.ClientResponse) -> Note:
    found = _RANGE.fullmatch(answer.headers.get("Content-Range", ""))
    size = int(found[2]) if found else answer.content_length
    return Note(answer.headers.get("ETag"), answer.headers.get("Last-Modified"), size)


def _note_path(path: Path) -> Path:
    return path.with_name(path.name + ".json")


def _read_note(path: Path) -> Note | None:
    """What was noted of a file; None where nothing was, or nothing readable."""
    with contextlib.suppress(OSError, ValueError, TypeError):
        return Note(**json.loads(_note_path(path).read_text(encoding="utf-8")))
    return None


def _write_note(path: Path, note: Note) -> None:
    draft = _note_path(path).with_suffix(".draft")
    draft.write_text(json.dumps(asdict(note)), encoding="utf-8")
    draft.replace(_note_path(path))


def _refused(answer: aiohttp.ClientResponse) -> UpstreamError:
    what = f"HTTP {answer.status}" if answer.status != 200 else f"no gzip file ({answer.content_type})"
    return UpstreamError(
        f"{answer.url.host} does not give {answer.url.name}: {what}.",
        safe="What was downloaded before is unchanged.",
        todo="Try again later: mwi-crawl datasets fetch   or look whether the address in config.toml is right.",
    )


def _left(target: Path, why: str) -> OfflineError:
    return OfflineError(
        f"{target.name} could not be downloaded: {why}.", safe=_KEPT, todo="Go on with: mwi-crawl datasets fetch"
    )
