"""The files settings and keys are read from, and the error that says what is wrong with them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from io import StringIO
from pathlib import Path

from dotenv.parser import parse_stream

from mwi_crawl.errors import ConfigError


def refusal(problems: Iterable[str]) -> ConfigError:
    """The error for these problems, a line each."""
    todo = "Correct that and run the command again. `mwi-crawl config show` lists every setting."
    return ConfigError("\n".join(problems), safe="Nothing was fetched.", todo=todo)


def read_toml(path: Path, *, must_exist: bool) -> tuple[str, Path | None]:
    """The text of config.toml and where it was; nothing and None where there is none and none is needed."""
    try:
        return path.read_text(encoding="utf-8-sig"), path
    except FileNotFoundError as error:
        if not must_exist:
            return "", None
        raise refusal([f"{path}: there is no such file"]) from error
    except UnicodeDecodeError as error:
        raise refusal([f"{path} is not UTF-8 text"]) from error
    except (OSError, ValueError) as error:  # ValueError: no name a file can have
        raise refusal([f"{path} cannot be read: {getattr(error, 'strerror', error)}"]) from error


def read_dotenv(path: Path) -> tuple[dict[str, str], tuple[str, ...]]:
    """The variables in `.env`, and what there is to say about the file."""
    try:
        status = path.stat()
        if path.is_dir():  # some people call their virtual environment so
            return {}, ()
        if hasattr(os, "geteuid") and status.st_uid != os.geteuid():
            raise refusal([f"{path.name} belongs to another user, who could read or replace your keys"])
        bindings = list(parse_stream(StringIO(path.read_text(encoding="utf-8-sig"))))
    except FileNotFoundError:
        return {}, ()
    except (OSError, UnicodeDecodeError) as error:
        raise refusal([f"{path.name} cannot be read: {getattr(error, 'strerror', 'it is not UTF-8 text')}"]) from error
    if broken := [f".env line {binding.original.line}: not NAME=value" for binding in bindings if binding.error]:
        raise refusal(broken)
    lax = os.name == "posix" and status.st_mode & 0o077
    warning = f".env can be read by other users (mode {status.st_mode & 0o777:o}). Run: chmod 600 .env"
    return {binding.key: binding.value or "" for binding in bindings if binding.key}, (warning,) if lax else ()


def read_key(path: Path, whose: str) -> str:
    """What is in the file that the variable `whose` names."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise refusal([f"{whose} names a file that cannot be read"]) from error
