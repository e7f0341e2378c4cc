"""Showing: every setting with its value and its origin, and of the secrets only that they are set."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import BaseModel, SecretStr

from mwi_crawl.config.layers import KeyPath
from mwi_crawl.config.tables import Config
from mwi_crawl.redact import Redactor


class Row(NamedTuple):
    """One line of `config show --origin`: the setting, its value as TOML text, and where that came from."""

    key: str
    value: str
    origin: str


def origins(config: Config) -> list[Row]:
    """Every setting of a loaded configuration with its value and origin, then the secrets without their values."""
    redactor = Redactor(config.reveal().values())
    rows = [
        Row(".".join(map(_toml_key, path)), redactor.text(_toml_text(value)), _origin(config, path))
        for path, value in _leaves(config)
    ]
    return rows + [Row(name, _set_or_not(secret.value), secret.origin) for name, secret in config._secrets.items()]


def completed(text: str, config: Config) -> str:
    """A commented config.toml with a table, commented as well, for each source it does not name yet.

    So an upstream that was added as one file is found in the file that people edit.
    """
    tables = [f"\n{_source_table(name, config)}" for name in config.sources if f"[sources.{name}]" not in text]
    return text + "".join(tables)


def _source_table(name: str, config: Config) -> str:
    lines = [f"#{key} = {_toml_text(value)}" for (key,), value in _leaves(config.sources[name])]
    return "\n".join([f"[sources.{name}]", *lines]) + "\n"


def _leaves(value: object, path: KeyPath = ()) -> Iterator[tuple[KeyPath, Any]]:
    """Each setting below a table, with its value."""
    table = vars(value) if isinstance(value, BaseModel) else value
    if not isinstance(table, Mapping):
        yield path, value
        return
    for key, below in table.items():
        yield from _leaves(below, (*path, key))


def _origin(config: Config, path: KeyPath) -> str:
    return next((layer.where(path) for layer in config._layers if path in layer.places), "default")


def _set_or_not(secret: SecretStr) -> str:
    value = secret.get_secret_value()
    if not value:
        return "not set"
    return f"set (…{value[-4:]})" if len(value) >= 8 else "set"


def _toml_key(key: str) -> str:
    return key if re.fullmatch(r"[\w-]+", key, re.ASCII) else json.dumps(key, ensure_ascii=False)


def _toml_text(value: object) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml_text, value))}]"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, Path) or value is None:
        value = str(value or "")
    return json.dumps(value, ensure_ascii=False)
