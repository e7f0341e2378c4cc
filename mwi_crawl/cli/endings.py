"""How a command ends: a problem in its four parts and its exit code, an interruption, or a bug.

A bug is whatever nobody raised on purpose. It reaches `sys.excepthook`, the one place where every such exception
arrives: the person is told what is safe, and the traceback goes to the log.
"""

from __future__ import annotations

import logging
import sys
import traceback
from types import TracebackType

import click

from mwi_crawl.cli import logs, signals
from mwi_crawl.cli.options import TOLD
from mwi_crawl.cli.terminal import say
from mwi_crawl.errors import MwiError, StorageError
from mwi_crawl.redact import Redactor


def tell(problem: MwiError) -> int:
    """What happened, to what, what is safe, what to do. Returns the exit code."""
    notes = getattr(problem, "__notes__", [])
    what = [_redactor().text(part) for part in (problem.happened, problem.safe, *notes)]
    parts = [part for part in (*what, problem.todo) if part]  # what to do is our own words, "put KEY=... in .env"
    if _handlers():
        logging.getLogger(TOLD).error("%s", " ".join(parts), extra={"exit_code": problem.exit_code})
    _complain(*parts, code=problem.exit_code)
    return problem.exit_code


def tell_os_error(error: OSError) -> int:
    """A file, folder or stream that could not be used, at a place where no command expects it."""
    problem = StorageError(
        f"cannot read or write {error.filename or 'its output'} ({error.strerror or type(error).__name__}).",
        safe="What the database held is safe.",
        todo="Mend that and run the command again; mwi-crawl doctor looks at everything.",
    )
    for note in getattr(error, "__notes__", []):
        problem.add_note(note)
    return tell(problem)


def tell_interrupted() -> int:
    """Ctrl-C, or another signal, where no run was going on. Returns the exit code."""
    say("\nStopped. What was finished is stored; nothing is stored by halves.", err=True)
    return signals.exit_code()


def watch_for_bugs() -> None:
    """From now on an exception that nobody expected ends the program in words. To be called after the log is set up."""
    sys.excepthook = _bug


def _bug(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        tell_interrupted()
        return
    caught = (kind, error, trace)
    if _handlers():
        logging.getLogger(TOLD).critical("unexpected problem", exc_info=caught)
    else:  # too early for a log, and for -v
        say(_redactor().text("".join(traceback.format_exception(*caught))), err=True)
    files = [handler.baseFilename for handler in _handlers() if isinstance(handler, logging.FileHandler)]
    _complain(
        _redactor().text(f"unexpected problem ({kind.__name__}: {error}). This is a bug in mwi-crawl."),
        *getattr(error, "__notes__", ["All finished work is safe."]),
        f"Details: {files[0]} (no keys inside)." if files else "For the details run the command again with -v.",
        code=1,
    )


def usage(problem: click.ClickException) -> int:
    """A wrong command line, in click's words."""
    problem.show()
    return problem.exit_code


def _complain(first: str, *more: str, code: int) -> None:
    if any(isinstance(handler.formatter, logs.JsonFormatter) for handler in _handlers()):
        return  # the log has told it, and stderr holds nothing but JSON
    say(f"Error: {first}", *more, f"(exit code {code})", err=True)


def _handlers() -> list[logging.Handler]:
    """Those of our log."""
    return [handler for handler in logging.getLogger().handlers if isinstance(handler.formatter, logs.TextFormatter)]


def _redactor() -> Redactor:
    """The log's, which knows the keys; before there is a log, one that knows how keys look."""
    formatters = (handler.formatter for handler in _handlers())
    return next((each.redactor for each in formatters if isinstance(each, logs.TextFormatter)), Redactor())
