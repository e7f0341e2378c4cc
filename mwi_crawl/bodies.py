"""Bodies as received: kept once each, compressed, under the hash of what they hold.

Plain functions inside the transaction of the answer.
"""

from __future__ import annotations

import hashlib
import sqlite3
import threading

import zstandard

from mwi_crawl.model import JobState, Request, Settled
from mwi_crawl.queries import sql


class _Zstd(threading.local):
    """One of each to a thread, for they are not made to be shared, and two files may be written at once."""

    def __init__(self) -> None:
        self.compress = zstandard.ZstdCompressor(level=1).compress
        self.decompress = zstandard.ZstdDecompressor().decompress


_zstd = _Zstd()


def keep(db: sqlite3.Connection, run_id: int | None, settled: Settled, keep_bodies: bool) -> str | None:
    """Keep the body of an answer that says something, and of every one that could not be read. Its hash, if kept."""
    result = settled.result
    response = result.response
    worth = settled.state is JobState.BROKEN or (keep_bodies and settled.state in (JobState.DONE, JobState.ABSENT))
    if response is None or not response.body or not worth:
        return None
    digest = hashlib.sha256(response.body).hexdigest()
    known = db.execute(sql("checkpoint/body_known"), {"body_hash": digest}).fetchone()
    if known is None:
        db.execute(
            sql("checkpoint/add_body"),
            {
                "body_hash": digest,
                "body": _zstd.compress(response.body),
                "size": len(response.body),
                "status": response.status,
                "content_type": storable(response.headers.get("content-type")),
                "request": _shown(result.request),
                "run_id": run_id,
                "now": settled.at,
            },
        )
    return digest


def read(db: sqlite3.Connection, body_hash: str) -> bytes | None:
    """A kept body, as received."""
    row = db.execute(sql("checkpoint/body"), {"body_hash": body_hash}).fetchone()
    return None if row is None else _zstd.decompress(row[0])


def _shown(request: Request | None) -> str:
    if request is None:
        return ""
    query = "&".join(f"{name}={value}" for name, value in sorted(request.params.items()))
    return f"{request.path}?{query}" if query else request.path


def storable(text: str | None) -> str | None:
    """A text as SQLite takes it: an upstream's header, or what a parser quoted, may hold half a character."""
    return None if text is None else text.encode("utf-8", "replace").decode("utf-8")
