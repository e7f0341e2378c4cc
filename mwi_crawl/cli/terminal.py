"""The two streams: results and questions' answers to stdout, everything else to stderr.

Titles, file names and messages of upstreams come from strangers, so all text is made harmless here, on its way out.
"""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import sys
from collections.abc import Iterable, Sequence

import click

from mwi_crawl.cli import words
from mwi_crawl.redact import printable

NOBODY = (errno.EPIPE, errno.EIO)  # the reader has gone, the terminal was closed


def say(*lines: str, err: bool = False) -> None:
    """Print lines. A reader who has gone (`| head`, a closed terminal) is no fault: the command ends as it would."""
    for text in lines:
        _write("\n".join(map(printable, text.split("\n"))), err=err)


def print_json(value: object, *, indent: int | None = 2) -> None:
    """Print a value as JSON in which no character acts on a terminal."""
    _write(re.sub(r"[^\n -~]", _escaped, json.dumps(value, indent=indent, ensure_ascii=False, default=str)))


def print_table(rows: Iterable[Sequence[object]], header: Sequence[str]) -> None:
    """Print columns side by side; on a terminal no wider than that."""
    width = shutil.get_terminal_size().columns if on_terminal("stdout") else None
    cells = [[_cell(value) for value in row] for row in rows]
    _write(words.table(cells, [*map(printable, header)], width))


def on_terminal(name: str) -> bool:
    """Whether a person looks at stdout or stderr."""
    stream = getattr(sys, name)
    return stream is not None and not stream.closed and bool(stream.isatty())


def forgiving() -> None:
    """See that no character stops the program where the terminal's encoding has no sign for it."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _write(text: str, *, err: bool = False) -> None:
    try:
        click.echo(text, err=err)
    except OSError as error:
        if error.errno not in NOBODY:
            raise
        stream = sys.stderr if err else sys.stdout
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())  # what is still buffered must go somewhere
        os.close(nowhere)


def _escaped(match: re.Match[str]) -> str:
    return match[0] if printable(match[0]) == match[0] else f"\\u{ord(match[0]):04x}"


def _cell(value: object) -> str:
    return "–" if value is None else printable(str(value))
