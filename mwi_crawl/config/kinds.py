"""Kinds of values: what a setting may be, from a TOML value or from a variable's text, and how it is refused."""

from __future__ import annotations

import difflib
import ipaddress
import json
import re
from collections.abc import Collection
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field

from mwi_crawl.model import MediaType

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def is_loopback(host: str | None) -> bool:
    """Whether this host, a name or an address, is this machine."""
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
    if parts.scheme == "http" and not is_loopback(host):
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


def _whole_number(value: object) -> object:
    return int(value) if isinstance(value, str) and value.isdecimal() else value


def _imdb_id(value: str) -> str:
    if not re.fullmatch(r"tt\d{7,10}", value):
        raise ValueError('must list IMDb ids like "tt0133093"')
    return value


def _channel(value: str) -> str:
    if not re.fullmatch(r"UC[A-Za-z0-9_-]{22}|(?:PL|UU)[A-Za-z0-9_-]{14,62}", value, re.ASCII):
        raise ValueError('must list ids of YouTube channels like "UCi8e0iOVk1fEOogdfu4YgfA", or of playlists')
    return value


def believable(known: Collection[str], order: tuple[str, ...]) -> tuple[str, ...]:
    """The sources to believe, best first. Raises ValueError for one that is not known or named twice, and for none."""
    if not order:
        raise ValueError("must name at least one source")
    for name in order:
        if name not in known:
            nearest = difflib.get_close_matches(name, sorted(known), n=1)
            hint = f'did you mean "{nearest[0]}"?' if nearest else f"the sources are {', '.join(sorted(known))}"
            raise ValueError(f'must list sources; "{name}" is none: {hint}')
    if len(set(order)) < len(order):
        raise ValueError("must name each source once")
    return order


def _time_zone(name: str) -> str:
    from zoneinfo import ZoneInfo  # here, because it is only needed where a zone was set

    try:
        return name if name == "UTC" else ZoneInfo(name).key
    except (ValueError, OSError, LookupError) as error:
        raise ValueError('must be a time zone like "Europe/Paris"') from error


def _time_of_day(value: str) -> str:
    if value and not re.fullmatch("([01][0-9]|2[0-3]):[0-5][0-9]", value):
        raise ValueError('must be a time like "03:00", or "" for never')
    return value


def _time_of_week(value: str) -> str:
    day, _, time = value.partition(" ")
    if value and (day.lower() not in _DAYS or not time):
        raise ValueError('must be a day and a time like "sunday 02:00", or "" for never')
    return f"{day} {_time_of_day(time)}".strip()


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
TimeZone = Annotated[str, AfterValidator(_time_zone)]
TimeOfDay = Annotated[str, AfterValidator(_time_of_day)]
TimeOfWeek = Annotated[str, AfterValidator(_time_of_week)]
UserAgent = Annotated[str, AfterValidator(_user_agent)]
Seconds = Annotated[float, Field(ge=0, le=86_400)]
PerSecond = Annotated[float, Field(gt=0, le=10_000)]
Many = Annotated[int, Field(ge=1, le=100)]
"""How many at once."""
Texts = Annotated[tuple[str, ...], BeforeValidator(_listed)]
TmdbIds = Annotated[tuple[Annotated[int, BeforeValidator(_whole_number), Field(gt=0)], ...], BeforeValidator(_listed)]
ImdbIds = Annotated[tuple[Annotated[str, AfterValidator(_imdb_id)], ...], BeforeValidator(_listed)]
Channels = Annotated[tuple[Annotated[str, AfterValidator(_channel)], ...], BeforeValidator(_listed)]
MediaTypes = Annotated[tuple[Annotated[MediaType, Field(strict=False)], ...], BeforeValidator(_listed)]
