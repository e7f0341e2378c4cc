"""Downloads: a cut one goes on where it stopped, an unchanged file costs one request, nothing half bears the name."""

from __future__ import annotations

import asyncio
import errno
import gzip
import random
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import pytest

from mwi_crawl.datasets import download, partial
from mwi_crawl.datasets.download import Downloader
from mwi_crawl.datasets.partial import Fetched
from mwi_crawl.errors import DiskFullError, OfflineError, UpstreamError

NAME = "title.basics.tsv.gz"
AGENT = "mwi-crawl/test"


def packed(seed: int, size: int = 400_000) -> bytes:
    """A gzip file that does not get smaller."""
    return gzip.compress(random.Random(seed).randbytes(size), mtime=0)


WHOLE, NEWER = packed(1), packed(2)


class Asked(NamedTuple):
    """A request as the server got it."""

    path: str
    headers: dict[str, str]


class Shelf:
    """A server with one file on it. `faults` are taken one for each request, before it behaves."""

    def __init__(self, body: bytes = WHOLE, etag: str | None = '"one"') -> None:
        self.body, self.etag, self.modified = body, etag, "Wed, 04 Mar 2026 12:00:00 GMT"
        self.ranges = self.if_range = self.lengths = True
        self.asked: list[Asked] = []
        self.faults: list[Callable[[Shelf, asyncio.StreamWriter, Asked], None]] = []
        self.url = ""

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
        asked = Asked(head[0].split()[1], headers)
        self.asked.append(asked)
        (self.faults.pop(0) if self.faults else answer)(self, writer, asked)
        try:
            await writer.drain()
            writer.close()
            await writer.wait_closed()
        except OSError:
            pass  # a test that hung up

    def head(self, writer: asyncio.StreamWriter, status: int, headers: dict[str, Any]) -> None:
        more = {"Connection": "close", "Last-Modified": self.modified, "Content-Type": "binary/octet-stream", **headers}
        if self.etag is not None:
            more["ETag"] = self.etag
        lines = [f"HTTP/1.1 {status} x", *(f"{name}: {value}" for name, value in more.items() if value is not None)]
        writer.write("\r\n".join([*lines, "", ""]).encode())


def answer(shelf: Shelf, writer: asyncio.StreamWriter, asked: Asked, cut: int | None = None) -> None:
    """What a good server does; `cut`: only so many bytes of the body, and then the connection ends."""
    wanted, start, status = asked.headers.get("range"), 0, 200
    if asked.headers.get("if-none-match") == shelf.etag is not None:
        shelf.head(writer, 304, {})
        return
    fresh = asked.headers.get("if-range") in (shelf.etag, shelf.modified) or not shelf.if_range
    more: dict[str, Any] = {}
    if wanted and shelf.ranges and fresh:
        start, status = int(wanted.removeprefix("bytes=").rstrip("-")), 206
        if start >= len(shelf.body):
            shelf.head(writer, 416, {"Content-Range": f"bytes */{len(shelf.body)}", "Content-Length": 0})
            return
        more["Content-Range"] = f"bytes {start}-{len(shelf.body) - 1}/{len(shelf.body)}"
    body = shelf.body[start:]
    shelf.head(writer, status, {"Content-Length": len(body) if shelf.lengths else None, **more})
    writer.write(body if cut is None else body[:cut])


def cut(at: int) -> Callable[[Shelf, asyncio.StreamWriter, Asked], None]:
    return lambda shelf, writer, asked: answer(shelf, writer, asked, at)


def status(code: int, body: bytes = b"", **headers: Any) -> Callable[[Shelf, asyncio.StreamWriter, Asked], None]:
    def reply(shelf: Shelf, writer: asyncio.StreamWriter, _asked: Asked) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        shelf.head(writer, code, {"Content-Length": len(body), **named})
        writer.write(body)

    return reply


def reset(_shelf: Shelf, writer: asyncio.StreamWriter, _asked: Asked) -> None:
    writer.transport.abort()


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "BACKOFF", 0.001)
    monkeypatch.setattr(download, "CHUNK", 10_000)


@asynccontextmanager
async def serving(shelf: Shelf) -> AsyncIterator[None]:
    server = await asyncio.start_server(shelf, "127.0.0.1", 0)
    shelf.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield


async def get(shelf: Shelf, target: Path, tell: Any = lambda *_: None) -> Fetched:
    async with serving(shelf), Downloader(shelf.url, AGENT, 5) as them:
        return await them.fetch(target, tell)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / NAME


def there(target: Path) -> set[str]:
    return {path.name for path in target.parent.iterdir()}


async def test_a_file_comes_whole_and_says_who_asks(target: Path) -> None:
    shelf, told = Shelf(), []
    came = await get(shelf, target, lambda have, size: told.append((have, size)))
    assert came == Fetched(NAME, True, len(WHOLE), '"one"', shelf.modified)
    assert target.read_bytes() == WHOLE
    assert shelf.asked[0].path == f"/{NAME}"
    assert shelf.asked[0].headers["user-agent"] == AGENT
    assert "range" not in shelf.asked[0].headers
    assert told[-1] == (len(WHOLE), len(WHOLE))
    assert there(target) == {NAME, f"{NAME}.json"}


async def test_an_unchanged_file_costs_one_request(target: Path) -> None:
    shelf = Shelf()
    await get(shelf, target)
    before = target.stat().st_mtime_ns
    came = await get(shelf, target)
    assert (came.changed, came.size, came.etag) == (False, len(WHOLE), '"one"')
    assert shelf.asked[1].headers["if-none-match"] == '"one"'
    assert len(shelf.asked) == 2
    assert target.stat().st_mtime_ns == before


async def test_not_modified_means_nothing_where_nothing_is(target: Path) -> None:
    shelf = Shelf()
    shelf.faults = [status(304)]
    with pytest.raises(UpstreamError, match="HTTP 304"):
        await get(shelf, target)


async def test_a_newer_file_takes_the_place_of_the_old(target: Path) -> None:
    shelf = Shelf()
    await get(shelf, target)
    shelf.body, shelf.etag = NEWER, '"two"'
    assert (await get(shelf, target)).etag == '"two"'
    assert target.read_bytes() == NEWER


async def test_a_file_that_is_not_the_one_downloaded_is_fetched_again(target: Path) -> None:
    shelf = Shelf()
    await get(shelf, target)
    target.write_bytes(WHOLE[:1000])
    assert (await get(shelf, target)).changed
    assert target.read_bytes() == WHOLE


async def test_a_cut_download_goes_on_where_it_stopped(target: Path) -> None:
    shelf = Shelf()
    shelf.faults = [cut(150_000)]
    came = await get(shelf, target)
    assert target.read_bytes() == WHOLE
    at = came.resumed_at
    assert 0 < at <= 150_000
    assert shelf.asked[1].headers["range"] == f"bytes={at}-"
    assert shelf.asked[1].headers["if-range"] == '"one"'
    assert there(target) == {NAME, f"{NAME}.json"}


async def test_a_later_command_goes_on_where_an_earlier_one_stopped(target: Path) -> None:
    shelf = Shelf()
    shelf.faults = [cut(150_000), reset, reset, reset]
    with pytest.raises(OfflineError) as caught:
        await get(shelf, target)
    assert "goes on from there" in caught.value.safe
    assert shelf.url.removeprefix("http://") not in str(caught.value)
    assert there(target) == {f"{NAME}.part", f"{NAME}.part.json"}
    problem = partial.half(target)
    assert problem is not None
    assert f"of {len(WHOLE):,} are downloaded" in problem.happened
    had = target.with_name(f"{NAME}.part").stat().st_size
    assert (await get(shelf, target)).resumed_at == had > 0
    assert target.read_bytes() == WHOLE
    assert partial.half(target) is None


async def test_a_file_that_changed_in_the_middle_begins_anew(target: Path) -> None:
    shelf = Shelf()

    def changes(shelf: Shelf, writer: asyncio.StreamWriter, asked: Asked) -> None:
        answer(shelf, writer, asked, 150_000)
        shelf.body, shelf.etag, shelf.modified = NEWER, '"two"', "Thu, 05 Mar 2026 12:00:00 GMT"

    shelf.faults = [changes]
    came = await get(shelf, target)
    assert (came.etag, came.resumed_at) == ('"two"', 0)
    assert target.read_bytes() == NEWER


async def test_a_server_that_sends_another_files_rest_is_noticed(target: Path) -> None:
    """If-Range is not obeyed everywhere: the tag and the size of the answer are compared."""
    shelf = Shelf()
    shelf.if_range = False

    def changes(shelf: Shelf, writer: asyncio.StreamWriter, asked: Asked) -> None:
        answer(shelf, writer, asked, 150_000)
        shelf.body, shelf.etag = NEWER, '"two"'

    shelf.faults, told = [changes], []
    await get(shelf, target, lambda have, _size: told.append(have))
    assert target.read_bytes() == NEWER
    anew = next(at for at, have in enumerate(told) if at and have < told[at - 1])
    assert max(told[:anew]) <= 150_000  # nothing of the other file was joined to the first


async def test_a_rest_that_does_not_fit_is_noticed_even_without_tags(target: Path) -> None:
    shelf = Shelf(etag=None)

    def changes(shelf: Shelf, writer: asyncio.StreamWriter, asked: Asked) -> None:
        answer(shelf, writer, asked, 150_000)
        shelf.body = NEWER  # of the same size, under the same time

    assert len(NEWER) == len(WHOLE)
    shelf.faults = [changes]
    await get(shelf, target)
    assert target.read_bytes() == NEWER


async def test_a_server_without_ranges_begins_anew(target: Path) -> None:
    shelf = Shelf()
    shelf.ranges, shelf.faults = False, [cut(150_000)]
    assert (await get(shelf, target)).resumed_at == 0
    assert target.read_bytes() == WHOLE


async def test_a_weak_tag_proves_nothing_about_bytes(target: Path) -> None:
    shelf = Shelf(etag='W/"one"')
    shelf.faults = [cut(150_000)]
    await get(shelf, target)
    assert shelf.asked[1].headers["if-range"] == shelf.modified
    assert target.read_bytes() == WHOLE


async def test_without_any_proof_a_download_begins_anew(target: Path) -> None:
    target.with_name(f"{NAME}.part").write_bytes(NEWER[:100_000])
    shelf = Shelf()
    await get(shelf, target)
    assert "range" not in shelf.asked[0].headers
    assert target.read_bytes() == WHOLE


async def test_a_part_beyond_the_end_is_dropped(target: Path) -> None:
    shelf = Shelf()
    shelf.faults = [cut(150_000), reset, reset, reset]
    with pytest.raises(OfflineError):
        await get(shelf, target)
    shelf.body, shelf.if_range, shelf.etag = packed(4, 1000), False, '"two"'
    await get(shelf, target)
    assert shelf.asked[-2].headers["range"]
    assert target.read_bytes() == shelf.body


async def test_all_but_the_name_needs_no_request(target: Path) -> None:
    """As after a crash between the last byte and the new name."""
    shelf = Shelf()
    await get(shelf, target)
    target.rename(f"{target}.part")
    target.with_name(f"{NAME}.json").rename(f"{target}.part.json")
    assert (await get(shelf, target)).changed
    assert len(shelf.asked) == 1
    assert target.read_bytes() == WHOLE


@pytest.mark.parametrize(
    "fault", [reset, status(503), status(500, b"<html>"), status(429, Retry_After="1"), status(408)]
)
async def test_passing_faults_are_tried_again(target: Path, fault: Any) -> None:
    shelf = Shelf()
    shelf.faults = [fault]
    assert (await get(shelf, target)).changed
    assert len(shelf.asked) == 2


async def test_patience_has_an_end(target: Path) -> None:
    shelf = Shelf()
    shelf.faults = [status(503)] * 10
    with pytest.raises(OfflineError, match="HTTP 503"):
        await get(shelf, target)
    assert len(shelf.asked) == 1 + download.RETRIES


async def test_an_upstream_that_asks_for_an_hour_is_left_alone(target: Path) -> None:
    shelf = Shelf()
    shelf.faults = [status(429, Retry_After="3600")] * 2
    with pytest.raises(OfflineError):
        await get(shelf, target)
    assert len(shelf.asked) == 1


@pytest.mark.parametrize(
    "fault",
    [
        status(404, b"gone"),
        status(403, b"<html>no"),
        status(302, Location="https://example.org/"),
        status(200, b"<!DOCTYPE html><h1>Sign in</h1>", Content_Type="text/html; charset=utf-8"),
        status(200, b"<!DOCTYPE html><h1>Sign in</h1>"),
        status(206, WHOLE[10:], Content_Range="bytes 10-20/30"),
    ],
)
async def test_what_is_not_the_file_is_refused_and_the_old_one_stays(target: Path, fault: Any) -> None:
    shelf = Shelf()
    await get(shelf, target)
    shelf.etag, shelf.faults = '"two"', [fault] * 9
    with pytest.raises((UpstreamError, OfflineError)) as caught:
        await get(shelf, target)
    assert NAME in str(caught.value)
    assert target.read_bytes() == WHOLE
    assert there(target) - {f"{NAME}.part.json"} == {NAME, f"{NAME}.json"}


@pytest.mark.parametrize("lengths", [True, False])
async def test_a_file_that_ends_early_at_its_origin_is_refused(target: Path, lengths: bool) -> None:
    shelf = Shelf(WHOLE[:-20])
    shelf.lengths = lengths
    with pytest.raises(UpstreamError, match="ends early"):
        await get(shelf, target)
    assert there(target) == set()


async def test_no_room_is_seen_before_the_download(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(target.parent)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage._replace(free=partial.ROOM + 1000))
    with pytest.raises(DiskFullError, match="64 MB are free"):
        await get(Shelf(), target)


async def test_a_disk_that_fills_keeps_what_has_come(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write, shelf = partial.Part.write, Shelf()

    class Full:
        def write(self, _chunk: bytes) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

    def fills(self: Any, file: BinaryIO, chunk: bytes) -> None:
        write(self, Full() if self.have > 100_000 else file, chunk)  # type: ignore[arg-type]

    monkeypatch.setattr(partial.Part, "write", fills)
    with pytest.raises(DiskFullError) as caught:
        await get(shelf, target)
    assert caught.value.exit_code == 8
    monkeypatch.undo()
    assert (await get(shelf, target)).resumed_at > 100_000
    assert target.read_bytes() == WHOLE


async def test_a_cancelled_download_keeps_what_has_come(target: Path) -> None:
    shelf = Shelf()
    task = asyncio.ensure_future(get(shelf, target, lambda have, _: have > 100_000 and task.cancel()))
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await get(shelf, target)).resumed_at > 100_000
    assert target.read_bytes() == WHOLE


@pytest.mark.parametrize("note", ["", "{", "[]", '{"other": 1}', "null"])
async def test_a_note_that_cannot_be_read_is_no_note(target: Path, note: str) -> None:
    target.write_bytes(NEWER)
    target.with_name(f"{NAME}.json").write_text(note)
    assert (await get(Shelf(), target)).changed
    assert target.read_bytes() == WHOLE
