"""What the tests of the datasets share: IMDb's files as small ones of our own, packed as they come."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Sequence
from pathlib import Path

from mwi_crawl.sources.imdb_datasets import FILES

FIXTURES = Path(__file__).resolve().parent / "fixtures" / "imdb_datasets"
NAMES = tuple(file.name for file in FILES)


def text(name: str) -> str:
    """The text of one of our files."""
    return (FIXTURES / f"{name}.tsv").read_bytes().decode()


def put(folder: Path, name: str, content: str) -> Path:
    """A packed file with this text."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.tsv.gz"
    path.write_bytes(gzip.compress(content.encode(), mtime=0))
    return path


def dump(folder: Path, names: Sequence[str] = NAMES, change: Callable[[str], str] = str) -> Path:
    """A folder with our files, each with its text changed."""
    for name in names:
        put(folder, name, change(text(name)))
    folder.mkdir(exist_ok=True)
    return folder
