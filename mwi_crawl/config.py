"""Settings: command line over environment over `.env` over config.toml over the defaults, typed, checked and frozen.

pydantic-settings merges the layers and pydantic checks the result. This module says which settings there are, tells a
person every problem together with its place, and knows where each value came from. Keys live in the environment or in
`.env`, never in config.toml, and only `Config.reveal` gives them out.
"""

from __future__ import annotations

import difflib
import ipaddress
import json
import os
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, NamedTuple, TypeAlias, get_args
from urllib.parse import urlsplit

from dotenv.parser import parse_stream
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    SecretStr,
    ValidationError,
    ValidationInfo,
    create_model,
    field_validator,
)
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from mwi_crawl.errors import ConfigError
from mwi_crawl.model import MediaType, Rate
from mwi_crawl.redact import Redactor, looks_like_a_key, names_a_key
from mwi_crawl.source import Option, Source

SECRETS = (
    "TMDB_API_READ_ACCESS_TOKEN",
    "TMDB_API_KEY",
    "OMDB_API_KEY",
    "DDD_API_KEY",
    "YOUTUBE_API_KEY",
    "MWI_API_TOKEN",  # what `serve` asks its visitors for
)
FILE_NAME = "config.toml"
MOST_PER_SECOND = 50  # requests; above that, somebody else's host is being harmed, not asked
MOST_TTL_DAYS = 3_650

KeyPath: TypeAlias = tuple[str, ...]
"""A setting's place: its tables and its key, `("sources", "tmdb", "base_url")`."""

Place: TypeAlias = tuple[int, int]
"""A setting's rank among the problems: its layer, and its order there."""

_PREFIX = "MWI_"
_CONFIG = "MWI_CONFIG"
_ALIASES: Mapping[str, KeyPath] = {
    "MWI_DB": ("paths", "db"),
    "MWI_DATA_DIR": ("paths", "data"),
    "MWI_IMDB_DUMP_DIR": ("paths", "imdb_dumps"),
    "MWI_CACHE_DIR": ("paths", "cache"),
    "MWI_PROCESSED_DIR": ("paths", "processed"),
    "MWI_IMDB_WATCHLIST_CSV": ("paths", "imdb_watchlist"),
}
# what stands in the tables whose keys are free, until another layer says something else
_FREE_TABLES: Mapping[str, Any] = {
    "aggregate": {"precedence": {"runtime": ("imdb_datasets", "tmdb", "omdb")}},
    "ranking": {"bayesian": {"m": 25}},
    "profiles": {"quick": {"lists": ("popular", "trending")}},
}


# what pydantic's errors mean to somebody who edits a file; the others say it themselves
_EXPECTED = {
    "bool_type": "must be true or false",
    "dict_type": "must be a table",
    "finite_number": "must be a finite number",
    "float_type": "must be a number",
    "int_from_float": "must be a whole number",
    "int_type": "must be a whole number",
    "is_instance_of": "must be text in quotes",
    "model_type": "must be a table",
    "path_type": "must be text in quotes",
    "string_type": "must be text in quotes",
    "tuple_type": "must be a list",
}


# kinds of values


def _is_loopback(host: str | None) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def _base_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if not host or port == 0 or not re.fullmatch(r"[!-~]+", url) or parts.scheme not in ("http", "https"):
        raise ValueError('must be an address like "https://api.example.org"')
    if "@" in parts.netloc or "?" in url or "#" in url:
        raise ValueError("must be an address without user, password, query or fragment")
    if parts.scheme == "http" and not _is_loopback(host):
        raise ValueError("must begin with https:// (plain http only to this machine)")
    return url.rstrip("/")


def _path(value: object) -> object:
    if value == "" or "\0" in str(value):
        raise ValueError("must name a file or folder")
    try:
        return Path(value).expanduser() if isinstance(value, str | Path) else value
    except RuntimeError as error:
        raise ValueError("begins with ~ and names no known user") from error


def _listed(value: object) -> object:
    """Lists from TOML as they are, from a variable as JSON or separated by commas."""
    if isinstance(value, str):
        try:
            value = json.loads(value) if value.startswith("[") else [part.strip() for part in value.split(",")]
        except ValueError as error:
            raise ValueError("must be a list") from error
    return tuple(value) if isinstance(value, list) else value


def _number(value: object) -> object:
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError as error:
        raise ValueError("must be a number") from error


def _whole_number(value: object) -> object:
    return int(value) if isinstance(value, str) and value.isdecimal() else value


def _imdb_id(value: str) -> str:
    if not re.fullmatch(r"tt\d{7,10}", value):
        raise ValueError('must list IMDb ids like "tt0133093"')
    return value


def _time_zone(name: str) -> str:
    from zoneinfo import ZoneInfo  # here, because it is only needed where a zone was set

    try:
        return name if name == "UTC" else ZoneInfo(name).key
    except (ValueError, OSError, LookupError) as error:
        raise ValueError('must be a time zone like "Europe/Paris"') from error


def _user_agent(text: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    if not text.strip() or not text.isascii() or not text.isprintable():
        raise ValueError("must be one line of plain characters that says who asks")
    try:
        return text.replace("{version}", version("mwi-crawl"))
    except PackageNotFoundError:  # run from a checkout that is not installed
        return text.replace("{version}", "0")


BaseUrl = Annotated[str, AfterValidator(_base_url)]
FilePath = Annotated[Path, BeforeValidator(_path)]
Number = Annotated[float, BeforeValidator(_number)]
Seconds = Annotated[float, Field(ge=0, le=86_400)]
Texts = Annotated[tuple[str, ...], BeforeValidator(_listed)]
TmdbIds = Annotated[tuple[Annotated[int, BeforeValidator(_whole_number), Field(gt=0)], ...], BeforeValidator(_listed)]
ImdbIds = Annotated[tuple[Annotated[str, AfterValidator(_imdb_id)], ...], BeforeValidator(_listed)]
MediaTypes = Annotated[tuple[Annotated[MediaType, Field(strict=False)], ...], BeforeValidator(_listed)]
Parameters = dict[str, dict[str, Number]]
"""Ranking strategy → its parameters."""


# the tables of config.toml


class Table(BaseModel):
    """One table of config.toml."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        allow_inf_nan=False,
        hide_input_in_errors=True,
        protected_namespaces=(),
    )


class Paths(Table):
    """Where files are; relative ones are looked for from the current folder."""

    db: FilePath = Path("mwi.db")
    data: FilePath = Path("data")
    log: FilePath = Path("mwi-crawl.log")
    imdb_dumps: FilePath = Field(default_factory=lambda given: given.get("data", Path()) / "imdb")
    cache: FilePath = Field(default_factory=lambda given: given.get("data", Path()) / "cache")
    processed: FilePath = Field(default_factory=lambda given: given.get("data", Path()) / "processed")
    imdb_watchlist: Annotated[FilePath | None, BeforeValidator(lambda value: None if value == "" else value)] = None


class EngineSettings(Table):
    """How patient a crawl is, and what it keeps."""

    max_retries: int = Field(default=3, ge=0, le=20)
    timeout_seconds: float = Field(default=10, gt=0, le=600)
    user_agent: Annotated[str, AfterValidator(_user_agent)] = Field(
        default="mwi-crawl/{version} (+https://pypi.org/project/mwi-crawl/; personal film history)",
        validate_default=True,
    )
    grace_seconds: Seconds = 10
    keep_bodies: bool = True
    net_wait_seconds: Seconds = 600
    busy_wait_seconds: Seconds = 60
    heartbeat_seconds: float = Field(default=5, gt=0, le=30)  # a run without a sign of life for 60 s is taken for dead
    max_body_mb: float = Field(default=8, gt=0, le=64)


class SourceSettings(Table):
    """What every upstream has; `load` adds the source's defaults and its own options."""

    enabled: bool
    base_url: BaseUrl
    requests_per_second: float = Field(gt=0, le=10_000)
    burst: int = Field(ge=1, le=100)
    concurrency: int = Field(ge=1, le=100)
    ttl_days: int = Field(ge=1, le=MOST_TTL_DAYS)

    @field_validator("requests_per_second")
    @classmethod
    def _bearable(cls, value: float, info: ValidationInfo) -> float:
        if value > MOST_PER_SECOND and not _is_loopback(urlsplit(info.data.get("base_url", "")).hostname):
            raise ValueError(f"must be at most {MOST_PER_SECOND}")
        return value

    @property
    def rate(self) -> Rate:
        """The limits in the engine's words."""
        return Rate(self.requests_per_second, self.burst, self.concurrency)

    @property
    def options(self) -> dict[str, Option]:
        """What only this source has, for its constructor."""
        return {
            name: getattr(self, name) for name in type(self).model_fields if name not in SourceSettings.model_fields
        }


class Sources(Table, Mapping[str, SourceSettings]):
    """The upstreams by name; `load` gives it one field for each."""

    def __getitem__(self, name: str) -> SourceSettings:
        if name not in type(self).model_fields:
            raise KeyError(name)
        settings: SourceSettings = getattr(self, name)
        return settings

    def __iter__(self) -> Iterator[str]:  # type: ignore[override]
        return iter(type(self).model_fields)

    def __len__(self) -> int:
        return len(type(self).model_fields)


class Ingest(Table):
    """Films to follow beside the imported ones, and the kinds of title that are crawled."""

    tmdb_ids: TmdbIds = ()
    imdb_ids: ImdbIds = ()
    include: MediaTypes = (MediaType.MOVIE,)


class Aggregate(Table):
    """What the tables for people leave out, and whom they believe."""

    top_n: int = Field(default=5, ge=1, le=1_000)
    min_budget_for_roi: float = Field(default=10, ge=0)  # millions of US dollars
    min_votes_for_rating: int = Field(default=10, ge=0)
    keep_status: Texts = ("Released",)
    precedence: dict[str, Texts] = {}


class Cohort(Table):
    """One taste cohort's own ranking parameters."""

    ranking: Parameters = {}


class Profile(Table):
    """A way to discover films: the lists of an upstream that are read, how far, and how many films that may bring."""

    lists: Texts = ()
    pages_per_list: int = Field(default=1, ge=1, le=500)
    max_enrichment: int = Field(default=100, ge=0)


class Youtube(Table):
    """The channels whose trailers are collected."""

    channels: Texts = ()


class Schedule(Table):
    """When `schedule print` says to run."""

    time_zone: Annotated[str, AfterValidator(_time_zone)] = "UTC"


@dataclass(frozen=True, slots=True)
class _Secret:
    value: SecretStr
    origin: str


@dataclass(frozen=True, slots=True)
class _Layer:
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
        for part in path:
            value = value[part]
        return value


class Config(BaseSettings):
    """Every setting as `load` found it. `warnings` are sentences for `doctor`, `file` the config.toml that was read."""

    model_config = SettingsConfigDict(
        extra="forbid", frozen=True, strict=True, hide_input_in_errors=True, case_sensitive=True, enable_decoding=False
    )

    paths: Paths = Field(default_factory=Paths)
    engine: EngineSettings = Field(default_factory=EngineSettings)
    sources: Sources = Field(default_factory=Sources)
    ingest: Ingest = Field(default_factory=Ingest)
    aggregate: Aggregate = Field(default_factory=Aggregate)
    ranking: Parameters = {}
    cohorts: dict[str, Cohort] = {}
    profiles: dict[str, Profile] = {}
    youtube: Youtube = Field(default_factory=Youtube)
    schedule: Schedule = Field(default_factory=Schedule)

    _secrets: Mapping[str, _Secret] = PrivateAttr(default_factory=dict)
    _layers: tuple[_Layer, ...] = PrivateAttr(())
    _warnings: tuple[str, ...] = PrivateAttr(())
    _file: Path | None = PrivateAttr(None)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences about what is allowed and unwise."""
        return self._warnings

    @property
    def file(self) -> Path | None:
        """The config.toml that was read; None: there is none."""
        return self._file

    def reveal(self) -> dict[str, str]:
        """The keys that are set, by the name of their variable, in clear: for the fetcher and the redactor only."""
        return {name: secret.value.get_secret_value() for name, secret in self._secrets.items() if secret.value}


# reading


class _Variables(EnvSettingsSource):
    """Settings from variables: those of the environment, or those of `.env` under the same names."""

    def __init__(self, settings_cls: type[BaseSettings], layer: _Layer) -> None:
        self._layer = layer
        super().__init__(
            settings_cls, case_sensitive=False, env_prefix=_PREFIX, env_nested_delimiter="__", env_ignore_empty=True
        )

    def _load_env_vars(self) -> Mapping[str, str | None]:
        return {
            (_PREFIX + "__".join(path)).lower(): self._layer.data[name] for path, name in self._layer.places.items()
        }

    def __call__(self) -> dict[str, Any]:
        unknown = {path[0]: None for path in self._layer.places}  # the parent class passes over what it does not know
        return unknown | super().__call__()


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
    dotenv, warnings = _read_dotenv(folder / ".env")
    named = path or environ.get(_CONFIG) or dotenv.get(_CONFIG)
    text, file = _read_toml(folder / (named or FILE_NAME), must_exist=bool(named))
    secrets = dict(_secrets(sources, {"environment": environ, ".env": dotenv}, folder))
    redactor = Redactor(secret.value.get_secret_value() for secret in secrets.values())
    layers = (
        _overridden(overrides),
        _from_variables("environment", environ),
        _from_variables(".env", dotenv),
        _from_toml(str(named or FILE_NAME), text),
    )
    config = _validated(_config_class(sources, layers), layers, redactor)
    config._secrets, config._layers, config._warnings, config._file = secrets, layers, warnings, file
    return config


def _read_toml(path: Path, *, must_exist: bool) -> tuple[str, Path | None]:
    try:
        return path.read_text(encoding="utf-8-sig"), path
    except FileNotFoundError as error:
        if not must_exist:
            return "", None
        raise _error([f"{path}: there is no such file"]) from error
    except UnicodeDecodeError as error:
        raise _error([f"{path} is not UTF-8 text"]) from error
    except (OSError, ValueError) as error:  # ValueError: no name a file can have
        raise _error([f"{path} cannot be read: {getattr(error, 'strerror', error)}"]) from error


def _read_dotenv(path: Path) -> tuple[dict[str, str], tuple[str, ...]]:
    """The variables in `.env`, and what there is to say about the file."""
    try:
        status = path.stat()
        if path.is_dir():  # some people call their virtual environment so
            return {}, ()
        if hasattr(os, "geteuid") and status.st_uid != os.geteuid():
            raise _error([f"{path.name} belongs to another user, who could read or replace your keys"])
        bindings = list(parse_stream(StringIO(path.read_text(encoding="utf-8-sig"))))
    except FileNotFoundError:
        return {}, ()
    except (OSError, UnicodeDecodeError) as error:
        raise _error([f"{path.name} cannot be read: {getattr(error, 'strerror', 'it is not UTF-8 text')}"]) from error
    if broken := [f".env line {binding.original.line}: not NAME=value" for binding in bindings if binding.error]:
        raise _error(broken)
    lax = os.name == "posix" and status.st_mode & 0o077
    warning = f".env can be read by other users (mode {status.st_mode & 0o777:o}). Run: chmod 600 .env"
    return {binding.key: binding.value or "" for binding in bindings if binding.key}, (warning,) if lax else ()


def _overridden(overrides: Mapping[str, object]) -> _Layer:
    given = {path: value for path, value in _leaves(overrides) if value is not None}
    data: dict[str, Any] = {}
    for path, value in given.items():
        table = data
        for part in path[:-1]:
            table = table.setdefault(part, {})
        table[path[-1]] = value
    return _Layer("command line", data, dict.fromkeys(_tables_and_settings(data), ""))


def _from_variables(name: str, variables: Mapping[str, str]) -> _Layer:
    other = {_CONFIG, *SECRETS, *(f"{secret}_FILE" for secret in SECRETS)}
    data = {key: value for key, value in variables.items() if key.startswith(_PREFIX) and key not in other and value}
    paths = {_ALIASES.get(key) or tuple(key.removeprefix(_PREFIX).lower().split("__")): key for key in data}
    return _Layer(name, data, paths, by_variable=True)


def _from_toml(name: str, text: str) -> _Layer:
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        what, _, where = str(error).rstrip(")").rpartition(" (at ")
        line = match[1] if (match := re.match(r"line (\d+)", where)) else str(text.rstrip().count("\n") + 1)
        raise _error([f"{name} line {line}: not valid TOML: {what}"]) from error
    except (ValueError, RecursionError) as error:
        raise _error([f"{name} holds a number too long or lists too deep to be meant"]) from error
    return _Layer(name, data, {path: f"line {line}" for path, line in _lines(text).items()})


def _lines(text: str) -> dict[KeyPath, int]:
    """Each table and setting of a valid TOML text, with the line it begins on: found statement by statement."""
    lines: dict[KeyPath, int] = {}
    header, statement, start = "", "", 1
    for number, line in enumerate(text.split("\n"), 1):
        statement += line + "\n"
        if statement.lstrip().startswith("["):
            header = ""
        try:
            data = tomllib.loads(header + statement)
        except tomllib.TOMLDecodeError:
            continue  # it goes on in the next line
        header = header or (statement if statement.lstrip().startswith("[") else "")
        for path in _tables_and_settings(data):
            lines.setdefault(path, start)
        statement, start = "", number + 1
    return lines


def _tables_and_settings(data: Mapping[str, Any], above: KeyPath = ()) -> Iterator[KeyPath]:
    for key, value in data.items():
        yield (*above, key)
        if isinstance(value, dict):
            yield from _tables_and_settings(value, (*above, key))


def _leaves(value: object, path: KeyPath = ()) -> Iterator[tuple[KeyPath, Any]]:
    """Each setting below a table, with its value."""
    if isinstance(value, BaseModel):
        value = {name: getattr(value, name) for name in type(value).model_fields}
    if not isinstance(value, Mapping):
        yield path, value
        return
    for key, below in value.items():
        yield from _leaves(below, (*path, key))


def _secrets(
    sources: Mapping[str, type[Source]], layers: Mapping[str, Mapping[str, str]], folder: Path
) -> Iterator[tuple[str, _Secret]]:
    """Each secret that can be set, with its value (empty: not set) and where that was found."""
    names = [*SECRETS, *(name for source in sources.values() for name in source.key_names)]
    for name in dict.fromkeys(names):
        value, origin = next(_found(name, layers, folder), ("", "default"))
        if not value.isprintable():
            raise _error([f"{origin}: {name} holds a line break or another character no key has"])
        yield name, _Secret(SecretStr(value), origin)


def _found(name: str, layers: Mapping[str, Mapping[str, str]], folder: Path) -> Iterator[tuple[str, str]]:
    for origin, variables in layers.items():
        for variable in (name, f"{name}_FILE"):
            value = variables.get(variable, "").strip()
            if value and variable != name:
                value = _file_content(folder / value, f"{origin}: {variable}")
            if value := _unquoted(value):
                yield value, origin if origin == ".env" else f"{origin} {variable}"


def _unquoted(value: str) -> str:
    """Docker and some shells hand the quotes of `NAME="value"` on."""
    value = value.strip()
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        value = value[1:-1].strip()
    return value


def _file_content(path: Path, whose: str) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise _error([f"{whose} names a file that cannot be read"]) from error


# checking


def _config_class(sources: Mapping[str, type[Source]], layers: tuple[_Layer, ...]) -> type[Config]:
    """Config with one table for each source and with these layers, the first of which wins."""

    class Layered(Config):
        @classmethod
        def settings_customise_sources(
            cls, settings_cls: type[BaseSettings], *_: object, **__: object
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            overrides, environment, dotenv, toml = layers
            return (
                InitSettingsSource(settings_cls, dict(overrides.data)),
                _Variables(settings_cls, environment),
                _Variables(settings_cls, dotenv),
                InitSettingsSource(settings_cls, dict(toml.data)),
                InitSettingsSource(settings_cls, dict(_FREE_TABLES)),
            )

    tables: dict[str, Any] = {}
    for name, source in sources.items():
        table = _source_table(source)
        tables[name] = (table, Field(default_factory=table))
    every = create_model("Sources", __base__=Sources, **tables)
    return create_model("Config", __base__=Layered, sources=(every, Field(default_factory=every)))


def _source_table(source: type[Source]) -> type[SourceSettings]:
    fields: dict[str, Any] = {
        "enabled": (bool, source.enabled),
        "base_url": (BaseUrl, source.base_url),
        "requests_per_second": (float, Field(source.rate.per_second, gt=0, le=10_000)),
        "burst": (int, Field(source.rate.burst, ge=1, le=100)),
        "concurrency": (int, Field(source.rate.concurrency, ge=1, le=100)),
        "ttl_days": (int, Field(source.ttl_days, ge=1, le=source.max_ttl_days or MOST_TTL_DAYS)),
    }
    fields |= {name: (type(default), default) for name, default in source.options.items()}
    return create_model(source.name, __base__=SourceSettings, **fields)


def _validated(model: type[Config], layers: tuple[_Layer, ...], redactor: Redactor) -> Config:
    problems = dict(_keys_in_file(layers))
    try:
        config = model()
    except ValidationError as error:
        problems = dict(_problems(model, layers, error)) | problems
        if not problems:
            raise  # a source's own defaults are wrong: no one who edits a file can mend that
    except SettingsError as error:  # an integer of thousands of digits, which Python does not read
        table = re.sub(r'.*field "(\w+)".*', r"\1", str(error)).upper()
        raise _error([f"a variable {_PREFIX}{table}__… holds a number too long to be meant"]) from error
    if problems:
        raise _error(redactor.text(problems[place]) for place in sorted(problems))
    return config


def _problems(model: type[Config], layers: tuple[_Layer, ...], error: ValidationError) -> Iterator[tuple[Place, str]]:
    for found in error.errors(include_url=False, include_input=False, include_context=False):
        if found["type"] == "default_factory_not_called":  # a setting it is made from is wrong, and is listed itself
            continue
        loc = tuple(part for part in found["loc"] if isinstance(part, str))
        for place, path in _places(layers, loc, every=found["type"] == "extra_forbidden"):
            yield place, _problem(model, layers[place[0]], path, found["type"], found["msg"])


def _error(problems: Iterable[str]) -> ConfigError:
    todo = "Correct that and run the command again. `mwi-crawl config show` lists every setting."
    return ConfigError("\n".join(problems), safe="Nothing was fetched.", todo=todo)


def _keys_in_file(layers: tuple[_Layer, ...]) -> Iterator[tuple[Place, str]]:
    file = layers[-1]
    for order, path in enumerate(file.places):
        value = file.value(path)
        if names_a_key(path[-1]) or (not isinstance(value, dict) and looks_like_a_key(str(value))):
            yield (
                (len(layers) - 1, order),
                f"{file.subject(path)} holds a key, for which this file is no place; put it in .env",
            )


def _places(layers: tuple[_Layer, ...], loc: KeyPath, *, every: bool) -> Iterator[tuple[Place, KeyPath]]:
    """Where the setting at `loc` was set (or the nearest thing to it): where it counts, or every place."""
    for length in range(len(loc), 0, -1):
        hits = [
            ((index, order), path)
            for index, layer in enumerate(layers)
            for order, path in enumerate(layer.places)
            if path[:length] == loc[:length] and (layer.by_variable or len(path) == length)
        ]
        if hits:
            exact = [hit for hit in hits if hit[1] == loc]
            yield from hits if every else (exact or hits)[:1]
            return


def _problem(model: type[Config], layer: _Layer, path: KeyPath, kind: str, message: str) -> str:
    if kind != "extra_forbidden":
        expected = _EXPECTED.get(kind) or re.sub(r"^\w+ should", "must", message.removeprefix("Value error, "))
        return f"{layer.subject(path)} {expected}"
    if layer.by_variable:
        hint = _hint(layer.places[path], _variable_names(model), "{}", alike=0.75)  # they all begin alike
        return f"{layer.subject(path)} is not a setting.{hint}"
    if isinstance(layer.value(path), dict):
        hint = _hint(path[-1], _fields(model, path[:-1]), f"[{'.'.join((*path[:-1], '{}'))}]")
        return f"{layer.where(path)}: [{'.'.join(path)}] is not a table of settings.{hint}"
    hint = _hint(path[-1], _fields(model, path[:-1]), '"{}"')
    return f"{layer.subject(path)} is not a setting.{hint}"


def _hint(word: str, known: Iterable[str], form: str, alike: float = 0.6) -> str:
    nearest = difflib.get_close_matches(word, list(known), n=1, cutoff=alike)
    return f" Did you mean {form.replace('{}', nearest[0])}?" if nearest else ""


def _fields(annotation: Any, path: KeyPath) -> list[str]:
    """The names of the settings in one table."""
    for part in path:
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            annotation = annotation.model_fields[part].annotation
        else:  # a table whose keys are free: what stands under any of them
            annotation = get_args(annotation)[-1]
    return list(annotation.model_fields) if isinstance(annotation, type) and issubclass(annotation, BaseModel) else []


def _variable_names(model: type[BaseModel], above: str = _PREFIX) -> Iterator[str]:
    """Every variable there is, except for those of tables whose keys are free."""
    if above == _PREFIX:
        yield from (*_ALIASES, _CONFIG)
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _variable_names(field.annotation, f"{above}{name.upper()}__")
        else:
            yield above + name.upper()


# showing


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
