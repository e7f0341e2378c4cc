"""The options that many commands share, and the settings that come out of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from mwi_crawl.config import Config

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Common:
    """What was said on the command line that every command understands."""

    config: Path | None = None
    db: Path | None = None
    verbose: int = 0
    quiet: bool = False
    log_format: str = "text"


def common(command: F) -> F:
    """Give a command the shared options, as one argument `common`."""
    for option in (
        click.option("--config", type=click.Path(path_type=Path, dir_okay=False), help="Another config.toml."),
        click.option("--db", type=click.Path(path_type=Path, dir_okay=False), help="The database file."),
        click.option("-v", "--verbose", count=True, help="Say more; twice: everything."),
        click.option("-q", "--quiet", is_flag=True, help="Say nothing when all is well."),
        click.option("--log-format", type=click.Choice(["text", "json"]), default="text", help="Shape of the log."),
    ):
        command = option(command)

    def gather(*args: Any, config: Path | None, db: Path | None, **rest: Any) -> Any:
        names = ("verbose", "quiet", "log_format")
        given = Common(config, db, **{name: rest.pop(name) for name in names})
        return command(*args, common=given, **rest)

    gather.__name__, gather.__doc__ = command.__name__, command.__doc__
    gather.__click_params__ = command.__click_params__  # type: ignore[attr-defined]
    return gather  # type: ignore[return-value]


def settings(
    given: Common, overrides: Mapping[str, Mapping[str, object]] | None = None, environ: Mapping[str, str] | None = None
) -> Config:
    """The configuration for a command, and its log set up. Raises ConfigError."""
    from mwi_crawl import config as configuration
    from mwi_crawl import sources
    from mwi_crawl.cli import logs
    from mwi_crawl.redact import Redactor

    words: dict[str, Mapping[str, object]] = {**(overrides or {})}
    if given.db is not None:
        words["paths"] = {**words.get("paths", {}), "db": str(given.db)}
    found = configuration.load(
        sources.discover(), path=given.config, overrides=words, environ=os.environ if environ is None else environ
    )
    level = {0: "WARNING", 1: "INFO"}.get(given.verbose, "DEBUG")
    logs.configure(
        level=level, log_format=given.log_format, file=found.paths.log, redactor=Redactor(found.reveal().values())
    )
    return found
