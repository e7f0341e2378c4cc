"""The layers: what the command line, the environment, `.env` and config.toml each say, and where in them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from mwi_crawl.config.files import refusal
from mwi_crawl.config.secrets import SECRETS

KeyPath: TypeAlias = tuple[str, ...]
"""A setting's place: its tables and its key, `("sources", "tmdb", "base_url")`."""

PREFIX = "MWI_"
FILE_VARIABLE = "MWI_CONFIG"  # names another config.toml
ALIASES: Mapping[str, KeyPath] = {
    "MWI_DB": ("paths", "db"),
    "MWI_DATA_DIR": ("paths", "data"),
    "MWI_IMDB_DUMP_DIR": ("paths", "imdb_dumps"),
    "MWI_CACHE_DIR": ("paths", "cache"),
    "MWI_PROCESSED_DIR": ("paths", "processed"),
    "MWI_IMDB_WATCHLIST_CSV": ("paths", "imdb_watchlist"),
}


@dataclass(frozen=True, slots=True)
class Layer:
    """What one place says. `places` has, for each setting it speaks of, its variable or its line."""

    name: str
    data: Mapping[str, Any]
    places: Mapping[KeyPath, str]
    by_variable: bool = False

    def where(self, path: KeyPath) -> str:
        """The place of a setting, as `config show --origin` words it."""
        return self.name if self.name == ".env" else f"{self.name} {self.places[path]}".strip()

    def subject(self, path: KeyPath) -> str:
        """The setting, as the beginning of a sentence about it."""
        if self.by_variable:
            return f"{self.name}: {self.places[path]}"
        table = f"[{'.'.join(path[:-1])}] " if path[1:] else ""
        return f'{self.where(path)}: {table}"{path[-1]}"'

    def value(self, path: KeyPath) -> Any:
        """What this place gives for a setting or table."""
        value: Any = self.data
        for part in path:  # of a table that is written as a list, [[engine]], the last is the one that goes on
            value = (value[-1] if isinstance(value, list) else value)[part]
        return value


def from_overrides(overrides: Mapping[str, object]) -> Layer:
    """What the command line says, nested like config.toml; None stands for an option that was not given."""
    data = _given(overrides)
    return Layer("command line", data, dict.fromkeys(_tables_and_settings(data), ""))


def _given(table: Mapping[str, object]) -> dict[str, Any]:
    below = {key: _given(value) if isinstance(value, Mapping) else value for key, value in table.items()}
    return {key: value for key, value in below.items() if value is not None and value != {}}


def from_variables(name: str, variables: Mapping[str, str]) -> Layer:
    """What the environment or `.env` says, `MWI_ENGINE__MAX_RETRIES=5`; an empty variable says nothing."""
    other = {FILE_VARIABLE, *SECRETS, *(f"{secret}_FILE" for secret in SECRETS)}
    data = {key: value for key, value in variables.items() if key.startswith(PREFIX) and key not in other and value}
    paths = {ALIASES.get(key) or tuple(key.removeprefix(PREFIX).lower().split("__")): key for key in data}
    return Layer(name, data, paths, by_variable=True)


def from_toml(name: str, text: str) -> Layer:
    """What config.toml says. Raises ConfigError for a text that is not TOML."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        what, _, where = str(error).rstrip(")").rpartition(" (at ")
        line = match[1] if (match := re.match(r"line (\d+)", where)) else str(text.rstrip().count("\n") + 1)
        raise refusal([f"{name} line {line}: not valid TOML: {what}"]) from error
    except (ValueError, RecursionError) as error:
        raise refusal([f"{name} holds a number too long or lists too deep to be meant"]) from error
    return Layer(name, data, {path: f"line {line}" for path, line in _lines(text).items()})


def _lines(text: str) -> dict[KeyPath, int]:
    """Each table and setting of a valid TOML text, with the line it begins on: found statement by statement."""
    lines: dict[KeyPath, int] = {}
    header, statement, start = "", "", 1
    for number, line in enumerate(text.split("\n"), 1):
        statement += line + "\n"
        is_header = statement.lstrip().startswith("[")
        try:
            data = tomllib.loads(statement if is_header else header + statement)
        except tomllib.TOMLDecodeError:
            continue  # it goes on in the next line
        if is_header:
            header = statement
        for path in _tables_and_settings(data):
            lines.setdefault(path, start)
        statement, start = "", number + 1
    return lines


def _tables_and_settings(data: Mapping[str, Any], above: KeyPath = ()) -> Iterator[KeyPath]:
    for key, value in data.items():
        yield (*above, key)
        if isinstance(value, dict):
            yield from _tables_and_settings(value, (*above, key))
