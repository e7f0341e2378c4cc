"""The keys: each in a variable of its own, `TMDB_API_KEY=…`, or in a file that one names, `TMDB_API_KEY_FILE=…`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from mwi_crawl.config.files import read_key, refusal

SECRETS = (
    "TMDB_API_READ_ACCESS_TOKEN",
    "TMDB_API_KEY",
    "OMDB_API_KEY",
    "DDD_API_KEY",
    "YOUTUBE_API_KEY",
    "MWI_API_TOKEN",  # what `serve` asks its visitors for
)


@dataclass(frozen=True, slots=True)
class Secret:
    """A key (empty: not set) and where it was found."""

    value: SecretStr
    origin: str


def find_secrets(names: Iterable[str], layers: Mapping[str, Mapping[str, str]], folder: Path) -> dict[str, Secret]:
    """The secrets by name. `layers` are the variables of each place; the first that has a value for one wins."""
    secrets = {}
    for name in names:
        value, origin = next(_found(name, layers, folder), ("", "default"))
        if not value.isprintable():
            raise refusal([f"{origin}: {name} holds a line break or another character no key has"])
        secrets[name] = Secret(SecretStr(value), origin)
    return secrets


def _found(name: str, layers: Mapping[str, Mapping[str, str]], folder: Path) -> Iterator[tuple[str, str]]:
    for origin, variables in layers.items():
        for variable in (name, f"{name}_FILE"):
            value = variables.get(variable, "").strip()
            if value and variable != name:
                value = read_key(folder / value, f"{origin}: {variable}")
            if value := _unquoted(value):
                yield value, origin if origin == ".env" else f"{origin} {variable}"


def _unquoted(value: str) -> str:
    """Docker and some shells hand the quotes of `NAME="value"` on."""
    value = value.strip()
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        value = value[1:-1].strip()
    return value
