"""The tables of config.toml, which are all the settings there are, and Config, which holds them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from mwi_crawl.config.kinds import (
    BaseUrl,
    Channels,
    FilePath,
    ImdbIds,
    Many,
    MediaTypes,
    PerSecond,
    Seconds,
    Texts,
    TimeOfDay,
    TimeOfWeek,
    TimeZone,
    TmdbIds,
    UserAgent,
    is_loopback,
)
from mwi_crawl.config.layers import Layer
from mwi_crawl.config.rankings import Said
from mwi_crawl.config.secrets import Secret
from mwi_crawl.model import MediaType, Rate
from mwi_crawl.source import Option

MOST_PER_SECOND = 50  # requests; above that, somebody else's host is being harmed, not asked
MOST_TTL_DAYS = 3_650
ROTTEN_TOMATOES_TRAILERS, MUBI = "UCi8e0iOVk1fEOogdfu4YgfA", "UCb6-VM5UQ4Czj_d3m9EPGfg"


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
    user_agent: UserAgent = Field(
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
    requests_per_second: PerSecond
    burst: Many
    concurrency: Many
    ttl_days: int = Field(ge=1, le=MOST_TTL_DAYS)

    @field_validator("requests_per_second")
    @classmethod
    def _bearable(cls, value: float, info: ValidationInfo) -> float:
        if value > MOST_PER_SECOND and not is_loopback(urlsplit(info.data.get("base_url", "")).hostname):
            raise ValueError(f"must be at most {MOST_PER_SECOND}")
        return value

    @property
    def rate(self) -> Rate:
        """The limits in the engine's words."""
        return Rate(self.requests_per_second, self.burst, self.concurrency)

    @property
    def options(self) -> dict[str, Option]:
        """What only this source has, for its constructor."""
        return {name: value for name, value in vars(self).items() if name not in SourceSettings.model_fields}


class Sources(Table, Mapping[str, SourceSettings]):
    """The upstreams by name; `load` gives it one field for each."""

    def __getitem__(self, name: str) -> SourceSettings:
        settings: SourceSettings = vars(self)[name]
        return settings

    def __iter__(self) -> Iterator[str]:  # type: ignore[override]
        return iter(vars(self))

    def __len__(self) -> int:
        return len(vars(self))


class Ingest(Table):
    """Films to follow beside the imported ones, and the kinds of title that are crawled."""

    tmdb_ids: TmdbIds = ()
    imdb_ids: ImdbIds = ()
    include: MediaTypes = (MediaType.MOVIE,)


class Precedence(Table, Mapping[str, tuple[str, ...]]):
    """Whom to believe about each field of a film, best first; `load` gives it one setting for each field."""

    def __getitem__(self, field: str) -> tuple[str, ...]:
        order: tuple[str, ...] = vars(self)[field]
        return order

    def __iter__(self) -> Iterator[str]:  # type: ignore[override]
        return iter(vars(self))

    def __len__(self) -> int:
        return len(vars(self))


class Aggregate(Table):
    """What the tables for people leave out, and whom they believe."""

    top_n: int = Field(default=5, ge=1, le=1_000)
    min_budget_for_roi: float = Field(default=10, ge=0)  # millions of US dollars
    min_votes_for_rating: int = Field(default=10, ge=0)
    keep_status: Texts = ("Released",)
    precedence: Precedence = Field(default_factory=Precedence)


class Cohort(Table):
    """The ranking parameters of one group of people: the world, a cohort, a person."""

    ranking: Said = {}


class Profile(Table):
    """A way to discover films: the lists of an upstream that are read, how far, and how many films that may bring.

    `channels`: the trailer channels are read too.
    """

    lists: Texts = ()
    pages_per_list: int = Field(default=1, ge=1, le=500)
    max_enrichment: int = Field(default=100, ge=0)
    channels: bool = False


class Youtube(Table):
    """The channels whose trailers are collected."""

    channels: Channels = (ROTTEN_TOMATOES_TRAILERS, MUBI)


class Schedule(Table):
    """When `schedule print` says to run; "" is never."""

    time_zone: TimeZone = "UTC"
    quick: TimeOfDay = "00:20"
    quick_every_hours: int = Field(default=6, ge=1, le=24)
    channels: TimeOfDay = "01:10"
    enrichment: TimeOfDay = "01:40"
    weekly: TimeOfWeek = "sunday 02:00"
    daily: TimeOfDay = "03:00"


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
    ranking: Said = {}
    cohorts: dict[str, Cohort] = {}
    profiles: dict[str, Profile] = {}
    youtube: Youtube = Field(default_factory=Youtube)
    schedule: Schedule = Field(default_factory=Schedule)

    _secrets: Mapping[str, Secret] = PrivateAttr(default_factory=dict)
    _layers: tuple[Layer, ...] = PrivateAttr(())
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
