"""What is TMDb's own among the values: codes of languages, addresses of images."""

from __future__ import annotations

from mwi_crawl.sources._values import Json, text

IMAGE_BASE = "https://image.tmdb.org/t/p/original"

_NO_LANGUAGE = ("", "xx")


def language(value: Json) -> str | None:
    """A language code; None for "no language", which TMDb writes in three ways."""
    code = text(value)
    return None if code is None or code.lower() in _NO_LANGUAGE else code


def image_url(value: Json) -> str | None:
    """The address of an image in its original size."""
    path = text(value)
    return IMAGE_BASE + path if path and path.startswith("/") else None
