"""Which sources take part in a run, and why the others do not."""

from __future__ import annotations

from mwi_crawl import sources
from mwi_crawl.config import Config
from mwi_crawl.errors import InputError, KeyMissingError, SourceOffError
from mwi_crawl.source import Source


def choose_sources(config: Config, named: tuple[str, ...]) -> tuple[dict[str, Source], dict[str, str]]:
    """The sources that take part, ready to be asked, and the others with the reason (`off`, `no_key`).

    Where some are named, only they may take part, and each must be able to: raises InputError for one that does not
    exist, SourceOffError, KeyMissingError.
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
        if kind.bulk or (named and name not in named):
            continue
        settings = config.sources[name]
        source = kind({**settings.options, "ttl_days": settings.ttl_days})
        able = source.authorize(secrets) is not None
        if settings.enabled and able:
            taking_part[name] = source
        elif named:
            raise _no_key(source) if settings.enabled else _off(source)
        else:
            skipped[name] = "no_key" if settings.enabled else "off"
    return taking_part, skipped


def _bulk(kind: type[Source]) -> InputError:
    return InputError(
        f"{kind.name} is not asked film by film: its facts come in files.",
        safe="Nothing was fetched.",
        todo="mwi-crawl datasets fetch   or, from files you have: mwi-crawl datasets load --dir FOLDER",
    )


def _off(source: Source) -> SourceOffError:
    return SourceOffError(
        f'source "{source.name}" is off. {source.why_off}'.rstrip(),
        safe="Nothing was fetched; your data is unchanged.",
        todo=f"To switch it on: [sources.{source.name}] enabled = true in config.toml",
    )


def _no_key(source: Source) -> KeyMissingError:
    return KeyMissingError(
        f'source "{source.name}" was asked for but has no key.',
        safe="Nothing was fetched; your data is unchanged.",
        todo=f"Get a free key at {source.key_url}, put {source.key_names[0]}=... in .env, then: mwi-crawl keys check",
    )
