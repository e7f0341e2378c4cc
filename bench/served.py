"""The upstream of the benchmark: a small HTTP/1.1 server that costs far less than any side, on a core of its own.

    with serving(documents, pages, latency=0.05) as server: … server.url …

It answers GET /document/<n> and /page/<n>, keeps connections open, compresses for who accepts gzip (if told to), can
speak TLS, wait before it answers, and keep to a limit with 429. It notes when each request arrived, and what for.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import ssl
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench import documents, process

WINDOW = 1.0  # seconds over which a limit is counted


@dataclass(frozen=True)
class Arrival:
    """One request: monotonic seconds, the path, the status it got."""

    at: float
    path: str
    status: int


@dataclass(frozen=True)
class Server:
    """A server at work: its address, the file with the certificate to trust (None without TLS), its log."""

    url: str
    certificate: Path | None
    log: Path

    def arrivals(self) -> list[Arrival]:
        """All requests so far."""
        return [Arrival(*json.loads(line)) for line in self.log.read_bytes().splitlines()]


class _Answers:
    """Every answer, ready to be sent; `lazy`: made when it is asked for, where all of them would fill the memory."""

    def __init__(self, count: int, pages: int, *, compressed: bool, lazy: bool) -> None:
        self._compressed = compressed
        self._by_path = {
            documents.path(number).encode(): b"" if lazy else self._whole(number)
            for number in documents.numbers(count, pages)
        }

    def get(self, path: bytes) -> bytes:
        """The answer to a path, MISSING where there is none."""
        return self._by_path.get(path, MISSING) or self._whole(int(path.rpartition(b"/")[2]))

    def _whole(self, number: int) -> bytes:
        is_page = number >= documents.PAGES_FROM
        body = documents.page(number) if is_page else documents.document(number)
        kind = "text/html; charset=utf-8" if is_page else "application/json"
        more = ""
        if self._compressed:
            body, more = gzip.compress(body, 6, mtime=0), "Content-Encoding: gzip\r\n"
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\n{more}Content-Length: {len(body)}\r\n\r\n"
        return head.encode() + body


MISSING = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
SLOW_DOWN = b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n"


class _Connection(asyncio.Protocol):
    """One client. Requests come whole and one after the other; nobody here sends a body."""

    def __init__(self, host: _Host) -> None:
        self._host = host
        self._pending = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._pending += data
        while (end := self._pending.find(b"\r\n\r\n")) >= 0:
            head, self._pending = self._pending[:end], self._pending[end + 4 :]
            path = head.split(b" ", 2)[1].partition(b"?")[0]
            self._host.answer(path, self._send)

    def _send(self, answer: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(answer)


class _Host:
    def __init__(self, answers: _Answers, log: Path, latency: float, limit: int) -> None:
        self._answers = answers
        self._log = log.open("ab", buffering=1 << 16)
        self._latency, self._limit = latency, limit
        self._granted: deque[float] = deque()
        self._loop = asyncio.get_running_loop()

    def answer(self, path: bytes, send: object) -> None:
        assert callable(send)
        now = time.monotonic()
        answer, status = self._answers.get(path), 200
        if answer is MISSING:
            status = 404
        elif self._limit and not self._grants(now):
            answer, status = SLOW_DOWN, 429
        self._log.write(b'[%.6f,"%s",%d]\n' % (now, path, status))
        if self._latency:
            self._loop.call_later(self._latency, send, answer)
        else:
            send(answer)

    def _grants(self, now: float) -> bool:
        """At most so many requests in any second; those refused do not count."""
        while self._granted and self._granted[0] <= now - WINDOW:
            self._granted.popleft()
        if len(self._granted) >= self._limit:
            return False
        self._granted.append(now)
        return True

    async def flush(self) -> None:
        while True:
            await asyncio.sleep(0.1)
            self._log.flush()


async def _serve(given: argparse.Namespace) -> None:
    answers = _Answers(given.documents, given.pages, compressed=given.gzip, lazy=given.lazy)
    host = _Host(answers, given.log, given.latency, given.limit)
    context = None
    if given.certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(given.certificate)
    server = await asyncio.get_running_loop().create_server(
        lambda: _Connection(host), "127.0.0.1", 0, ssl=context, backlog=512
    )
    port = server.sockets[0].getsockname()[1]
    flushing = asyncio.create_task(host.flush())
    print(f"{'https' if context else 'http'}://127.0.0.1:{port}", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    flushing.cancel()


@contextmanager
def serving(
    count: int,
    pages: int,
    *,
    latency: float = 0.0,
    limit: int = 0,
    tls: bool = False,
    compressed: bool = False,
    lazy: bool = False,
) -> Iterator[Server]:
    """The server in a process of its own.

    `latency`: seconds before each answer; `limit`: requests a second, beyond which it says 429; `lazy`: no answer is
    made before it is asked for (a document costs the server 0.3 ms then).
    """
    with tempfile.TemporaryDirectory() as place:
        log, certificate = Path(place) / "log", Path(place) / "certificate.pem" if tls else None
        log.touch()
        words = ["--documents", str(count), "--pages", str(pages), "--latency", str(latency), "--limit", str(limit)]
        words += ["--log", str(log), *(["--gzip"] if compressed else []), *(["--lazy"] if lazy else [])]
        if certificate is not None:
            words += ["--certificate", str(_with_key(certificate))]
        command = [sys.executable, "-m", "bench.served", *words]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            try:
                yield Server(server.stdout.readline().strip(), certificate, log)
            finally:
                server.kill()


def _with_key(certificate: Path) -> Path:
    """Write a certificate for this machine to trust; the file that also has its key."""
    import trustme

    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(certificate))
    both = certificate.with_name("server.pem")
    authority.issue_cert("127.0.0.1", "localhost").private_key_and_cert_chain_pem.write_to_path(str(both))
    return both


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--documents", type=int, required=True)
    parser.add_argument("--pages", type=int, required=True)
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument("--limit", type=int, default=0)
    parser.add_argument("--gzip", action="store_true")
    parser.add_argument("--lazy", action="store_true")
    parser.add_argument("--certificate", type=Path)
    parser.add_argument("--log", type=Path, required=True)
    process.pin(process.SERVER)
    asyncio.run(_serve(parser.parse_args()))


if __name__ == "__main__":
    main()
