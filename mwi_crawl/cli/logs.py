"""Log set-up: text or JSON lines to stderr and to a private file, redacted as the last thing before they are written.

The formatter cleans what it is about to put out, not the record it was given: a filter would miss the arguments, the
traceback and the extra fields.
"""

from __future__ import annotations

import json
import logging
import math
import os
import sys
import threading
import time
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, TextIO

from mwi_crawl.redact import Redactor, printable

if TYPE_CHECKING:
    import asyncio

FILE_BYTES = 5_000_000  # of one log file, before it is put aside
FILES_KEPT = 3
# they speak of every request or statement, with its arguments
NOISY = ("aiohttp", "aiohttp.access", "aiosqlite", "asyncio")

_ORDINARY = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_log = logging.getLogger("mwi_crawl")


def configure(
    *,
    level: int | str,
    log_format: str,  # text or json
    file: Path | None,
    redactor: Redactor,
    stream: TextIO | None = None,
) -> None:
    """Send every log line of the process to `stream` (stderr if None) and to `file`, and uncaught exceptions with them.

    The file hears from INFO on even where the terminal is quieter. A file that cannot be written is a warning, not an
    error: reading commands work in a read-only folder. May be called again; the last call counts.
    """
    formatter = JsonFormatter(redactor) if log_format == "json" else TextFormatter(redactor)
    to_stream = logging.StreamHandler(stream or sys.stderr)
    to_stream.setLevel(level)
    handlers: list[logging.Handler] = [to_stream]
    trouble = None
    if file is not None:
        try:
            handlers.append(PrivateFile(file))
        except OSError as error:
            trouble = error
    _install(handlers, formatter)
    if trouble is not None:
        _log.warning("no log file: %s cannot be written (%s)", file, trouble.strerror)


def _install(handlers: list[logging.Handler], formatter: logging.Formatter) -> None:
    root = logging.getLogger()
    for old in [handler for handler in root.handlers if isinstance(handler.formatter, TextFormatter)]:
        root.removeHandler(old)
        old.close()
    for handler in handlers:
        handler.setFormatter(formatter)
        root.addHandler(handler)
    root.setLevel(min(handler.level or logging.INFO for handler in handlers))
    for name in NOISY:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.raiseExceptions = False  # a handler in trouble would print the record's arguments to stderr as they are
    logging.captureWarnings(True)
    sys.excepthook = _uncaught
    threading.excepthook = _uncaught_in_thread
    sys.unraisablehook = _unraisable


class TextFormatter(logging.Formatter):
    """`2026-03-04T17:20:11Z LEVEL logger message key=value`, then the traceback, indented."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__()
        self.redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        """One record as its line, and indented lines for what follows it."""
        extras = " ".join(f"{name}={_word(value)}" for name, value in _extras(record).items())
        line = f"{_at(record)} {record.levelname} {record.name} {_message(record)} {extras}".rstrip()
        below = self.redactor.text(self._below(record)).split("\n")
        return "\n".join([printable(self.redactor.text(line)), *(f"  {printable(part)}" for part in below if part)])

    def _below(self, record: logging.LogRecord) -> str:
        """The traceback, and the stack where one was asked for."""
        exception = self.formatException(record.exc_info) if record.exc_info else record.exc_text
        stack = self.formatStack(record.stack_info) if record.stack_info else None
        return "\n".join(part for part in (exception, stack) if part)


class JsonFormatter(TextFormatter):
    """One JSON object a line: at, level, logger, message, exception where there is one, and the extra fields."""

    def format(self, record: logging.LogRecord) -> str:
        """One record as one line. Cleaned value by value: JSON cut open by a redactor would not be JSON any more."""
        fields: dict[str, object] = {
            **{name: self._clean(name, value) for name, value in _extras(record).items()},
            "at": _at(record),
            "level": record.levelname,
            "logger": record.name,
            "message": self.redactor.text(_message(record)),
        }
        if below := self._below(record):
            fields["exception"] = self.redactor.text(below)
        return json.dumps(fields)

    def _clean(self, name: str, value: object) -> object:
        text = self.redactor.field(name, str(value))
        plain = value is None or isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value))
        return value if plain and text == str(value) else text


class PrivateFile(RotatingFileHandler):
    """A log file that only its owner can read, put aside when it has grown large."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, maxBytes=FILE_BYTES, backupCount=FILES_KEPT, encoding="utf-8", errors="backslashreplace")

    def _open(self) -> TextIOWrapper:
        path = Path(self.baseFilename)
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
        path.chmod(0o600)  # it may be older than this rule
        return super()._open()


def _at(record: logging.LogRecord) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created))


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError, KeyError):  # a slip in a log call is no reason to lose the line
        return f"{record.msg} {record.args!r}"


def _extras(record: logging.LogRecord) -> dict[str, object]:
    return {name: value for name, value in vars(record).items() if name not in _ORDINARY}


def _word(value: object) -> str:
    """A value that reads as one word: quoted where it has blanks or signs of its own."""
    text = str(value)
    return text if text and not set(text) & set(" \"'=\t\n") else json.dumps(text, ensure_ascii=False)


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        _log.warning("interrupted")
    else:
        _log.critical("unexpected problem", exc_info=(kind, error, trace))


def _uncaught_in_thread(problem: threading.ExceptHookArgs) -> None:
    if problem.exc_value is not None and not isinstance(problem.exc_value, SystemExit):
        _uncaught(problem.exc_type, problem.exc_value, problem.exc_traceback)


def _unraisable(problem: Any) -> None:
    said = problem.err_msg or "ignored"
    _log.error("%s: %r", said, problem.object, exc_info=(problem.exc_type, problem.exc_value, problem.exc_traceback))


def loop_exception_handler(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """For `loop.set_exception_handler`: what asyncio could not hand to anybody goes to the log like the rest."""
    rest = {name: value for name, value in context.items() if name not in ("message", "exception")}
    _log.error("%s %s", context["message"], rest or "", exc_info=context.get("exception"))
