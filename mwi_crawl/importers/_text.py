"""A file's bytes as lines of text; the encoding is decided over the whole file, in chunks, before the first line."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass

from mwi_crawl.errors import InputError
from mwi_crawl.importer import InputFile

NOTHING_IMPORTED = "Nothing was imported."
HEAD = 1 << 16  # bytes looked at to tell what a file is
LINE_LIMIT = 1 << 22  # characters
_CHUNK = 1 << 20  # bytes
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_ESCAPED = re.compile("[\udc80-\udcff]")  # how `surrogateescape` marks a byte that is not UTF-8
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")
_AS_CP1252 = {0xDC00 + byte: bytes([byte]).decode("cp1252", "ignore") or None for byte in range(0x80, 0x100)}
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]+")


@dataclass(frozen=True, slots=True)
class Encoding:
    """How a file is decoded. `label` is its name for people."""

    label: str
    codec: str
    mixed: bool = False  # UTF-8 in which single bytes are Windows-1252


def refused(happened: str, todo: str = "") -> InputError:
    """The error about a file that cannot be used."""
    return InputError(happened, safe=NOTHING_IMPORTED, todo=todo)


def shown(value: str, limit: int = 40) -> str:
    """A piece of a file in quotes, fit for a message: one line, nothing a terminal would obey, not too long."""
    plain = _UNPRINTABLE.sub("\ufffd", value[: limit + 1])
    return f'"{plain[:limit]}…"' if len(plain) > limit else f'"{plain}"'


def head(file: InputFile) -> str:
    """The beginning of the file, decoded as far as that is possible; of a picture it is nonsense, not an error."""
    with file.open() as stream:
        data = stream.read(HEAD)
    if data[:2] in _UTF16:
        return data.decode("utf-16", "replace")
    try:
        return codecs.getincrementaldecoder("utf-8-sig")().decode(data)  # a character cut in two at the end is no error
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def encoding_of(file: InputFile) -> Encoding:
    """UTF-8 or, with a mark at the beginning, UTF-16; else Windows-1252. Raises InputError naming the byte.

    One stray byte must not turn all titles of a UTF-8 file into nonsense: where most of what is not ASCII is good
    UTF-8, only the bytes that are not are taken for Windows-1252.
    """
    with file.open() as stream:
        if stream.read(2) in _UTF16:
            return _strict(file, Encoding("UTF-16", "utf-16"))
    good, stray, unknown = _evidence(file)
    if not stray:
        return Encoding("UTF-8", "utf-8-sig")
    if unknown or good < stray:
        return _strict(file, Encoding("Windows-1252", "cp1252"))
    return Encoding("UTF-8 with stray Windows-1252", "utf-8-sig", mixed=True)


def lines(file: InputFile, encoding: Encoding) -> Generator[str, None, None]:
    """The lines with their ends (LF, CR or CRLF). Raises InputError for a line longer than any real one."""
    errors = "surrogateescape" if encoding.mixed else "strict"
    with file.open() as stream, io.TextIOWrapper(stream, encoding.codec, errors, newline="") as text:
        number = 0
        while line := text.readline(LINE_LIMIT):
            number += 1
            if len(line) == LINE_LIMIT and line[-1] not in "\r\n":
                raise refused(f"{file.name} line {number} is longer than 4 MiB: this is not a text file.")
            yield line.translate(_AS_CP1252) if encoding.mixed and not line.isascii() else line


def _evidence(file: InputFile) -> tuple[int, int, int]:
    """How many characters beyond ASCII are UTF-8, how many bytes are not, and how many of those mean nothing at all."""
    good = stray = unknown = 0
    for _, text in _decoded(file, "utf-8-sig", "surrogateescape"):
        if text.isascii():
            continue
        escaped = _ESCAPED.findall(text)
        stray += len(escaped)
        unknown += sum(_AS_CP1252[ord(mark)] is None for mark in escaped)
        good += len(_BEYOND_ASCII.findall(text)) - len(escaped)
    return good, stray, unknown


def _strict(file: InputFile, encoding: Encoding) -> Encoding:
    """The encoding, once the whole file was found to be in it."""
    read = 0
    try:
        for chunk, _ in _decoded(file, encoding.codec, "strict"):
            read += len(chunk)
    except UnicodeDecodeError as error:
        known = "UTF-16" if encoding.codec == "utf-16" else "UTF-8 or Windows-1252"
        byte = f"byte 0x{error.object[error.start]:02x} at position {read + error.start}"
        raise refused(
            f"{file.name} is not {known} text: {byte}.",
            "Export it again, or save it as UTF-8.",
        ) from None
    return encoding


def _decoded(file: InputFile, codec: str, errors: str) -> Iterator[tuple[bytes, str]]:
    """The file in chunks, with what each adds to the text."""
    decoder = codecs.getincrementaldecoder(codec)(errors)
    with file.open() as stream:
        while chunk := stream.read(_CHUNK):
            yield chunk, decoder.decode(chunk)
        yield b"", decoder.decode(b"", final=True)
