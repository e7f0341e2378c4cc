"""The options that many commands share, and the settings that come out of them."""

from __future__ import annotations

import logging
import os
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from mwi_crawl.config import Config

F = TypeVar("F", bound=Callable[..., Any])

TOLD = "mwi_crawl.cli"  # the logger of what a person is told in words as well


@dataclass(frozen=True, slots=True)
class Common:
    """What was said on the command line that every command understands."""

    config: Path | None = None
    db: Path | None = None
    verbose: int = 0
    quiet: bool = False
    log_format: str = "text"

    @property
    def logs_aloud(self) -> bool:
        """Whether stderr gets the log, in place of words for a person."""
        return self.verbose > 0 or self.log_format == "json"

    @property
    def again(self) -> str:
        """What a command that is to follow this one must be told again, with a blank before it."""
        said = {"--config": self.config, "--db": self.db}
        return "".join(f" {name} {shlex.quote(str(value))}" for name, value in said.items() if value is not None)

    def over(self, other: Common) -> Common:
        """These words, and the other's where nothing is said here: options may stand before or after a sub-command."""
        return Common(
            self.config or other.config,
            self.db or other.db,
            self.verbose or other.verbose,
            self.quiet or other.quiet,
            self.log_format if self.log_format != "text" else other.log_format,
        )


def gathering(
    options: Sequence[Callable[[Any], Any]], into: str, names: Sequence[str], make: Callable[..., object]
) -> Callable[[F], F]:
    """A decorator that gives a command these options, as the one argument `into` that `make(**options)` returns."""

    def decorate(command: F) -> F:
        for option in reversed(options):
            command = option(command)

        def gather(*args: Any, **given: Any) -> Any:
            made = make(**{name: given.pop(name) for name in names})
            return command(*args, **given, **{into: made})

        gather.__name__, gather.__doc__ = command.__name__, command.__doc__
        gather.__click_params__ = command.__click_params__  # type: ignore[attr-defined]
        return gather  # type: ignore[return-value]

    return decorate


common = gathering(
    (
        click.option("--config", type=click.Path(path_type=Path, dir_okay=False), help="Another config.toml."),
        click.option("--db", type=click.Path(path_type=Path, dir_okay=False), help="Another database file."),
        click.option("-v", "--verbose", count=True, help="Show the log too; twice: every detail."),
        click.option("-q", "--quiet", is_flag=True, help="Say nothing when all is well, as cron likes it."),
        click.option("--log-format", type=click.Choice(["text", "json"]), default="text", help="Shape of the log."),
    ),
    "common",
    ("config", "db", "verbose", "quiet", "log_format"),
    Common,
)

json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")


def settings(
    given: Common,
    overrides: Mapping[str, Mapping[str, object]] | None = None,
    environ: Mapping[str, str] | None = None,
    *,
    logged: bool = True,
) -> Config:
    """The configuration for a command, and its log set up. Raises ConfigError.

    `logged`: there is a log file. Commands that only look leave none behind.
    """
    from mwi_crawl import config as configuration
    from mwi_crawl import sources
    from mwi_crawl.cli import endings, logs
    from mwi_crawl.redact import Redactor

    said: dict[str, Mapping[str, object]] = {**(overrides or {})}
    if given.db is not None:
        said["paths"] = {**said.get("paths", {}), "db": str(given.db)}
    found = configuration.load(
        sources.discover(), path=given.config, overrides=said, environ=os.environ if environ is None else environ
    )
    level = "DEBUG" if given.verbose > 1 else "INFO" if given.logs_aloud and not given.quiet else "WARNING"
    file = found.paths.log if logged else None
    logs.configure(level=level, log_format=given.log_format, file=file, redactor=Redactor(found.reveal().values()))
    if not given.logs_aloud:
        for handler in logging.getLogger().handlers:
            if isinstance(handler.formatter, logs.TextFormatter) and not isinstance(handler, logging.FileHandler):
                handler.addFilter(lambda record: record.name != TOLD)
    endings.watch_for_bugs()
    return found


def look(given: Common) -> Path:
    """The database of a command that only looks."""
    return settings(given, logged=False).paths.db
