"""Loading: from everything that says something about the settings to one checked configuration."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import AfterValidator, Field, create_model
from pydantic_settings import BaseSettings, EnvSettingsSource, InitSettingsSource, PydanticBaseSettingsSource

from mwi_crawl import precedence
from mwi_crawl.config import rankings
from mwi_crawl.config.checking import checked
from mwi_crawl.config.files import read_dotenv, read_toml
from mwi_crawl.config.kinds import BaseUrl, Many, PerSecond, Texts, believable
from mwi_crawl.config.layers import FILE_VARIABLE, PREFIX, Layer, from_overrides, from_toml, from_variables
from mwi_crawl.config.secrets import SECRETS, find_secrets
from mwi_crawl.config.tables import MOST_TTL_DAYS, Aggregate, Config, Precedence, Sources, SourceSettings
from mwi_crawl.redact import Redactor
from mwi_crawl.source import Source

FILE_NAME = "config.toml"
_EVERY_LIST = ("popular", "top_rated", "upcoming", "now_playing", "trending")
# what stands in the tables whose keys are free, until another layer says something else
_FREE_TABLES: Mapping[str, Any] = {
    "ranking": rankings.DEFAULTS,
    "cohorts": rankings.COHORTS,
    "profiles": {
        "quick": {"lists": ("popular", "trending")},
        "daily": {"lists": _EVERY_LIST, "pages_per_list": 5, "max_enrichment": 250},
        "full": {"lists": _EVERY_LIST, "pages_per_list": 20, "max_enrichment": 1000, "channels": True},
    },
}


def defaults(sources: Mapping[str, type[Source]]) -> Config:
    """The settings where nobody says anything."""
    layers = (from_toml(FILE_NAME, ""),)
    return checked(_model(sources, layers), layers, Redactor(()))


def load(
    sources: Mapping[str, type[Source]],
    *,
    path: Path | None = None,
    overrides: Mapping[str, object] = MappingProxyType({}),
    environ: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> Config:
    """The settings, from everywhere they can be set. `sources` are the upstreams there are, by name.

    `path` names another config.toml, which must exist; `overrides` are the command line's words, nested like the file
    (an option that was not given is None). Raises ConfigError with every problem there is.
    """
    folder = cwd or Path()
    environ = os.environ if environ is None else environ
    dotenv, warnings = read_dotenv(folder / ".env")
    named = path or environ.get(FILE_VARIABLE) or dotenv.get(FILE_VARIABLE)
    text, file = read_toml(folder / (named or FILE_NAME), must_exist=bool(named))
    key_names = dict.fromkeys([*SECRETS, *(name for source in sources.values() for name in source.key_names)])
    secrets = find_secrets(key_names, {"environment": environ, ".env": dotenv}, folder)
    layers = (
        from_overrides(overrides),
        from_variables("environment", environ),
        from_variables(".env", dotenv),
        from_toml(str(named or FILE_NAME), text),
    )
    redactor = Redactor(secret.value.get_secret_value() for secret in secrets.values())
    config = checked(_model(sources, layers), layers, redactor)
    config._secrets, config._layers, config._warnings, config._file = secrets, layers, warnings, file
    return config


def _model(sources: Mapping[str, type[Source]], layers: tuple[Layer, ...]) -> type[Config]:
    """Config with one table for each source and with these layers, the first of which wins."""

    class Layered(Config):
        @classmethod
        def settings_customise_sources(
            cls, settings_cls: type[BaseSettings], *_: object, **__: object
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            defaults = InitSettingsSource(settings_cls, dict(_FREE_TABLES))
            return (*(_settings(settings_cls, layer) for layer in layers), defaults)

    tables: dict[str, Any] = {}
    for name, source in sources.items():
        table = _source_table(source)
        tables[name] = (table, Field(default_factory=table))
    every = create_model("Sources", __base__=Sources, **tables)
    aggregate = _aggregate(frozenset(sources) | precedence.SOURCES)
    return create_model(
        "Config",
        __base__=Layered,
        sources=(every, Field(default_factory=every)),
        aggregate=(aggregate, Field(default_factory=aggregate)),
    )


def _aggregate(known: frozenset[str]) -> type[Aggregate]:
    """The table of aggregates, with one setting for each field of a film. `known`: the sources that may be believed."""
    order = Annotated[Texts, AfterValidator(partial(believable, known))]
    fields: dict[str, Any] = {name: (order, default) for name, default in precedence.DEFAULTS.items()}
    whom = create_model("Precedence", __base__=Precedence, **fields)
    return create_model("Aggregate", __base__=Aggregate, precedence=(whom, Field(default_factory=whom)))


def _source_table(source: type[Source]) -> type[SourceSettings]:
    fields: dict[str, Any] = {
        "enabled": (bool, source.enabled),
        "base_url": (BaseUrl, source.base_url),
        "requests_per_second": (PerSecond, source.rate.per_second),
        "burst": (Many, source.rate.burst),
        "concurrency": (Many, source.rate.concurrency),
        "ttl_days": (int, Field(source.ttl_days, ge=1, le=source.max_ttl_days or MOST_TTL_DAYS)),
    }
    fields |= {name: (type(default), default) for name, default in source.options.items()}
    return create_model(source.name, __base__=SourceSettings, **fields)


def _settings(settings_cls: type[BaseSettings], layer: Layer) -> PydanticBaseSettingsSource:
    return _Variables(settings_cls, layer) if layer.by_variable else InitSettingsSource(settings_cls, dict(layer.data))


class _Variables(EnvSettingsSource):
    """Settings from variables: those of the environment, or those of `.env` under the same names."""

    def __init__(self, settings_cls: type[BaseSettings], layer: Layer) -> None:
        self._layer = layer
        super().__init__(
            settings_cls, case_sensitive=False, env_prefix=PREFIX, env_nested_delimiter="__", env_ignore_empty=True
        )

    def _load_env_vars(self) -> Mapping[str, str | None]:
        return {(PREFIX + "__".join(path)).lower(): self._layer.data[name] for path, name in self._layer.places.items()}

    def __call__(self) -> dict[str, Any]:
        unknown = {path[0]: None for path in self._layer.places}  # the parent class passes over what it does not know
        return unknown | super().__call__()
