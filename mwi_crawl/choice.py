"""Which sources take part in a run, and why the others do not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from mwi_crawl import sources
from mwi_crawl.config import Config
from mwi_crawl.errors import InputError, KeyMissingError, SourceOffError
from mwi_crawl.plan import Scope
from mwi_crawl.source import Source


def choose_sources(
    config: Config, named: tuple[str, ...], *, channels: bool = False
) -> tuple[dict[str, Source], dict[str, str]]:
    """The sources that take part, ready to be asked, and the others with the reason (`off`, `no_key`).

    Where some are named, only they may take part, and each must be able to: raises InputError for one that does not
    exist, SourceOffError, KeyMissingError. Those that tell what is new take part only where `channels` are wanted.
    """
    known = sources.discover()
    if unknown := set(named) - set(known):
        raise InputError(
            f"there is no source {', '.join(sorted(unknown))}.",
            safe="Nothing was fetched.",
            todo=f"The sources are: {', '.join(known)}",
        )
    taking_part: dict[str, Source] = {}
    skipped: dict[str, str] = {}
    secrets = config.reveal()
    for name, kind in known.items():
        if kind.bulk and name in named:
            raise _bulk(kind)
        if kind.feeds and name in named and not channels:
            raise _feed(kind)
        if kind.bulk or (named and name not in named) or (kind.feeds and not channels):
            continue
        settings = config.sources[name]
        source = kind({**settings.options, "ttl_days": settings.ttl_days})
        able = source.authorize(secrets) is not None
        if settings.enabled and able:
            taking_part[name] = source
        elif named:
            raise _no_key(source, secrets) if settings.enabled else _off(source)
        else:
            skipped[name] = "no_key" if settings.enabled else "off"
    return taking_part, skipped


def profiled(config: Config, scope: Scope, name: str) -> Scope:
    """The scope, with what a profile of the configuration wants. Raises InputError if there is no such profile."""
    profile = config.profiles.get(name)
    if profile is None:
        raise InputError(
            f"there is no profile {name}.",
            safe="Nothing was fetched.",
            todo=f"The profiles are: {', '.join(config.profiles)}   ([profiles.{name}] in config.toml makes one)",
        )
    lists = tuple(dict.fromkeys((*scope.lists, *profile.lists)))
    channels = scope.channels or profile.channels
    return replace(
        scope, lists=lists, pages=profile.pages_per_list, most_found=profile.max_enrichment, channels=channels
    )


def see_lists(config: Config, lists: Sequence[str], taking_part: Mapping[str, Source]) -> None:
    """See that these lists can be read. Raises InputError if no source has one, KeyMissingError, SourceOffError."""
    kinds = sources.discover().values()
    for name in lists:
        having = [kind for kind in kinds if name in kind.lists]
        if not having:
            known = dict.fromkeys(each for kind in kinds for each in kind.lists)
            raise InputError(
                f"there is no list {name}.", safe="Nothing was fetched.", todo=f"The lists are: {', '.join(known)}"
            )
        if not any(kind.name in taking_part for kind in having):
            choose_sources(config, (having[0].name,))  # says what it lacks
            raise InputError(
                f"the list {name} is one of {having[0].name}, which takes no part.",
                safe="Nothing was fetched.",
                todo=f"Name it too: --source {having[0].name}",
            )


def see_news(config: Config, scope: Scope, *, named: bool) -> None:
    """See that what is to be discovered can be. `named`: a source of channels was. Raises InputError."""
    if scope.narrowed and (scope.lists or scope.channels):
        raise InputError(
            "a run about chosen films reads no lists and no channels.",
            safe="Nothing was fetched.",
            todo="Leave out the films and the limit, or the profile, the lists and the channels.",
        )
    if named and not config.youtube.channels:
        raise InputError(
            "there is no channel to read.",
            safe="Nothing was fetched.",
            todo='Name some in config.toml: [youtube] channels = ["UCi8e0iOVk1fEOogdfu4YgfA"]',
        )


def _feed(kind: type[Source]) -> InputError:
    return InputError(
        f"{kind.name} is asked about no film: it tells what is new.",
        safe="Nothing was fetched.",
        todo=f"mwi-crawl incremental --source {kind.name}",
    )


def _bulk(kind: type[Source]) -> InputError:
    return InputError(
        f"{kind.name} is not asked film by film: its facts come in files.",
        safe="Nothing was fetched.",
        todo="mwi-crawl datasets fetch   or, from files you have: mwi-crawl datasets load --dir FOLDER",
    )


def _off(source: Source) -> SourceOffError:
    return SourceOffError(
        f'source "{source.name}" is off.',
        safe="Nothing was fetched; your data is unchanged.",
        todo=source.why_off or f"To switch it on: [sources.{source.name}] enabled = true in config.toml",
    )


def misshapen(source: Source | type[Source], secrets: Mapping[str, str]) -> str | None:
    """The variable that holds something, but no key of this source, where that is why it has none."""
    return next((name for name in source.key_names if secrets.get(name)), None)


def _no_key(source: Source, secrets: Mapping[str, str]) -> KeyMissingError:
    if name := misshapen(source, secrets):
        return KeyMissingError(
            f"what {name} holds is not of the shape of a key of {source.title}.",
            safe="Nothing was fetched; your data is unchanged.",
            todo=f"Copy it again from {source.key_url}, then: mwi-crawl keys check",
        )
    return KeyMissingError(
        f'source "{source.name}" was asked for but has no key.',
        safe="Nothing was fetched; your data is unchanged.",
        todo=f"Get a free key at {source.key_url}, put {source.key_names[0]}=... in .env, then: mwi-crawl keys check",
    )
