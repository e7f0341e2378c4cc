"""A file on its way to the disk: `NAME.part`, what the upstream said of it in `NAME.part.json`, and its end.

What a folder holds under its own name is whole: it was read to its end before it got the name. Its note is `NAME.json`.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import json
import os
import shutil
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import BinaryIO

from mwi_crawl.datasets.tsv import inflate
from mwi_crawl.errors import DiskFullError, InputError, StorageError, UpstreamError

ROOM = 64_000_000  # bytes that must be left on the disk beside the file
KEPT = "What has come is kept, and the download goes on from there."


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


class AgainError(Exception):
    """This attempt came to nothing and another may not. `wait`: seconds before it, where the upstream says so."""

    def __init__(self, why: str, wait: float | None = None) -> None:
        super().__init__(why)
        self.wait = wait


class Part:
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

    def fits(self, start: int | None, said: Note) -> bool:
        """Whether an answer that tells of the bytes from `start` on goes on where this ends, in the same version."""
        same = said.etag in (None, self.note.etag) and self.note.size in (None, said.size)
        return start == self.have and same

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
            raise StorageError(f"Cannot write {self._path} ({error.strerror}).", safe=KEPT) from error
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
                raise AgainError("beginning and end do not fit together") from None
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
            safe=KEPT,
            todo="Free some space, or name another folder with --dir, then: mwi-crawl datasets fetch",
        )


def half(target: Path) -> InputError | None:
    """The problem of a file that is only half downloaded; None if nothing of it is there."""
    part = Part(target)
    if not part.have:
        return None
    expected = f" of {part.note.size:,}" if part.note.size else ""
    return InputError(
        f"{target.name} ends early: {part.have:,} bytes{expected} are downloaded.",
        safe="They are kept for continuing, and not used.",
        todo="Go on with: mwi-crawl datasets fetch",
    )


def unless_changed(target: Path) -> dict[str, str]:
    """How to ask for a file that is there; empty if it is not, or is not the one that was downloaded."""
    note = _read_note(target)
    if note is None or not target.is_file() or target.stat().st_size != note.size:
        return {}
    if note.etag:
        return {"If-None-Match": note.etag}
    return {"If-Modified-Since": note.modified} if note.modified else {}


def unchanged(target: Path) -> Fetched:
    """A file that is the newest already."""
    note = _read_note(target) or Note()
    return Fetched(target.name, False, target.stat().st_size, note.etag, note.modified)


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
