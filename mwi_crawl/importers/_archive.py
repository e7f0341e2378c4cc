"""A zip archive as input files: never extracted, only members of known names, and every byte of them counted."""

from __future__ import annotations

import io
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import IO, Any, BinaryIO, cast

from mwi_crawl.importer import InputFile
from mwi_crawl.importers._text import refused, shown

MAX_MEMBERS = 200
MAX_BYTES = 200_000_000  # of all members together, unpacked
MAX_RATIO = 100
RATIO_FROM = 1_000_000  # bytes; text below that packs well now and then
_LOCAL_HEADER = 30  # bytes before a member's name
_READABLE_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_HOSTILE = re.compile(r"\A[/\\]|\A[A-Za-z]:|\\|(?:\A|/)\.\.(?:/|\Z)|[\x00-\x1f]")
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OverflowError,
    OSError,
)


def is_zip(file: InputFile) -> bool:
    """Whether the file begins as a zip archive does."""
    with file.open() as stream:
        return stream.read(4) in (b"PK\x03\x04", b"PK\x05\x06")


def members(file: InputFile, readable: re.Pattern[str], folders: Sequence[str]) -> dict[str, InputFile]:
    """The readable members by their path, which may begin with one folder common to all (but none of `folders`).

    Raises InputError naming the member for anything that an honest archive does not have.
    """
    with _opened(file) as archive:
        infos = archive.infolist()
        for info in infos:
            _check_name(file, info)
        top = _common_folder([info.filename for info in infos], folders)
        inner = [(info.filename.removeprefix(top), info) for info in infos]
        known = [(path, info) for path, info in inner if readable.fullmatch(path)]
        if known:
            _check_overlaps(file, infos, archive.start_dir)
    _check_members(file, known)
    spent: dict[str, int] = {}
    return {path: InputFile(f"{file.name}: {path}", partial(_open, file, info, spent)) for path, info in known}


@contextmanager
def _opened(file: InputFile) -> Iterator[zipfile.ZipFile]:
    with file.open() as stream:
        try:
            archive = zipfile.ZipFile(stream)
        except _DAMAGED as error:
            raise refused(f"{file.name} is a damaged zip archive: {error}.", "Download the export again.") from None
        with archive:
            yield archive


def _common_folder(names: list[str], folders: Sequence[str]) -> str:
    """`name/` where everything lies in one folder (what a Mac adds beside it does not count), else nothing."""
    tops = {name.split("/", 1)[0] for name in names if not name.startswith("__MACOSX/")}
    inside = all("/" in name for name in names)
    return f"{tops.pop()}/" if inside and len(tops) == 1 and not tops & set(folders) else ""


def _check_name(file: InputFile, info: zipfile.ZipInfo) -> None:
    if _HOSTILE.search(info.orig_filename) or stat.S_ISLNK(info.external_attr >> 16):
        raise refused(f"{file.name} has a member that points outside of the archive: {shown(info.orig_filename)}.")


def _check_members(file: InputFile, known: list[tuple[str, zipfile.ZipInfo]]) -> None:
    if len(known) > MAX_MEMBERS:
        raise refused(
            f"{file.name} has {len(known)} files to read, from {shown(known[0][0])} on; {MAX_MEMBERS} is the limit."
        )
    seen: set[str] = set()
    for path, info in known:
        if path in seen:
            raise refused(f"{file.name} has two members called {shown(path)}.")
        seen.add(path)
        if info.flag_bits & 0x41:
            raise refused(f"{file.name}: {path} is encrypted.", "Unpack the archive and import the files in it.")
        if info.compress_type not in _READABLE_METHODS:
            raise refused(f"{file.name}: {path} is packed in an unusual way.", "Unpack it and import the files in it.")


def _check_overlaps(file: InputFile, infos: list[zipfile.ZipInfo], directory: int) -> None:
    """Members must lie one after the other: a bomb lets many share the same bytes."""
    end, before = 0, ""
    for info in sorted(infos, key=lambda info: info.header_offset):
        if info.header_offset < end:
            raise refused(
                f"{file.name}: {shown(info.filename)} lies over {shown(before)}; no honest archive does that."
            )
        end = info.header_offset + _LOCAL_HEADER + len(info.orig_filename) + info.compress_size
        before = info.filename
    if end > directory:
        raise refused(f"{file.name}: {shown(before)} is cut off, or lies over the archive's own list of members.")


def _open(file: InputFile, info: zipfile.ZipInfo, spent: dict[str, int]) -> BinaryIO:
    return cast(BinaryIO, io.BufferedReader(_Member(file, info, spent), 1 << 16))


class _Member(io.RawIOBase):
    """One member, unpacked as it is read. `spent` holds how far each member of the archive was ever read."""

    def __init__(self, file: InputFile, info: zipfile.ZipInfo, spent: dict[str, int]) -> None:
        super().__init__()
        self._name = f"{file.name}: {info.filename}"
        self._info = info
        self._spent = spent
        self._count = 0
        self._unpacked: IO[bytes] | None = None
        self._stream = file.open()
        try:
            self._archive = zipfile.ZipFile(self._stream)
            self._unpacked = self._archive.open(info)
        except _DAMAGED as error:
            self.close()
            raise self._damaged(error) from None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer. Raises InputError past the limits, or where the member is damaged."""
        assert self._unpacked is not None
        try:
            data = self._unpacked.read(len(buffer))
        except _DAMAGED as error:
            raise self._damaged(error) from None
        self._count += len(data)
        self._check()
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed:
            if self._unpacked is not None:
                self._unpacked.close()
            self._stream.close()
        super().close()

    def _check(self) -> None:
        name = self._info.filename
        self._spent[name] = max(self._count, self._spent.get(name, 0))
        if sum(self._spent.values()) > MAX_BYTES:
            raise refused(f"{self._name} unpacks beyond {MAX_BYTES // 1_000_000} MB; no export is that large.")
        if self._count > RATIO_FROM and self._count > MAX_RATIO * self._info.compress_size:
            raise refused(f"{self._name} unpacks to more than {MAX_RATIO} times its size: a zip bomb.")

    def _damaged(self, error: BaseException) -> Exception:
        return refused(f"{self._name} is damaged: {error}.", "Download the export again.")
