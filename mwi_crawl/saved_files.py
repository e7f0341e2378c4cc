"""Files that hold saved pages: which they are in a folder, and what is in one. Writes nothing, and knows no source."""

from __future__ import annotations

import email
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

ARCHIVE, JSON = "multipart/related", "application/json"
TYPES = {
    **dict.fromkeys((".html", ".htm", ".xhtml"), "text/html"),
    **dict.fromkeys((".mhtml", ".mht"), ARCHIVE),
    ".json": JSON,
}
"""The endings of saved pages, and what is in them. JSON: the data that was in a page (`__NEXT_DATA__`)."""
BESIDE = ("_files", "-Dateien", "_fichiers", "_archivos")  # browsers' folders of what a page shows
_DAMAGED = (ValueError, LookupError, TypeError, AttributeError, RecursionError)  # what email may make of one


class UnfitError(Exception):
    """A file that holds no page that could be read; the message is the reason, in a clause."""


@dataclass(frozen=True, slots=True)
class SavedFile:
    """A file that may hold a page; `name` is how messages call it."""

    name: str
    path: Path

    @property
    def kind(self) -> str:
        """The media type of its content, by its ending."""
        return TYPES.get(self.path.suffix.lower(), "text/html")


@dataclass(frozen=True, slots=True)
class SavedPage:
    """A page as it was saved, and when (never in the future)."""

    body: bytes
    content_type: str
    saved_at: datetime


def saved_in(folder: Path) -> Sequence[SavedFile]:
    """The saved pages in a folder and those below it, oldest first. Raises OSError where one cannot be looked into."""
    found: list[tuple[float, str, Path]] = []
    for place, folders, names in os.walk(folder, onerror=_raise):
        folders[:] = [name for name in folders if not name.startswith(".") and not name.endswith(BESIDE)]
        for path in (Path(place, name) for name in names if not name.startswith(".")):
            if looks_saved(path) and path.is_file():
                found.append((path.stat().st_mtime, str(path.relative_to(folder)), path))
    return [SavedFile(name, path) for _, name, path in sorted(found)]


def looks_saved(path: Path) -> bool:
    """Whether a file is called like a saved page."""
    return path.suffix.lower() in TYPES


def read_page(file: SavedFile, max_body: int) -> SavedPage:
    """What is in a file of at most `max_body` bytes. Raises UnfitError, and OSError where it cannot be read."""
    with file.path.open("rb") as stream:
        content = stream.read(max_body + 1)
        modified = os.fstat(stream.fileno()).st_mtime
    if not content.strip():
        raise UnfitError("is empty")
    if len(content) > max_body:
        raise UnfitError(f"is larger than {max_body / 2**20:.3g} MB (max_body_mb)")
    saved_at = datetime.fromtimestamp(min(max(0.0, modified), time.time()), UTC)
    if file.kind == ARCHIVE:
        return SavedPage(_page_in(content), "text/html", saved_at)
    return SavedPage(content, file.kind, saved_at)


def _page_in(archive: bytes) -> bytes:
    """The page in a browser's single-file archive: its first part that is HTML."""
    try:
        parts = email.message_from_bytes(archive).walk()
        page = next((part.get_payload(decode=True) for part in parts if part.get_content_type() == "text/html"), None)
    except _DAMAGED as error:
        raise UnfitError(f"is a damaged archive ({type(error).__name__})") from error
    if not isinstance(page, bytes) or not page.strip():
        raise UnfitError("is no archive with a page in it")
    return page


def _raise(error: OSError) -> NoReturn:
    raise error
