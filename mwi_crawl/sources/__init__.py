"""The upstreams, found by being there: each module of this package without a leading underscore defines one Source."""

from __future__ import annotations

import inspect
import pkgutil
from functools import cache
from importlib import import_module

from mwi_crawl.source import Source


def discover() -> dict[str, type[Source]]:
    """Every source by its name, sorted. Importing a source costs what its parser needs, so nothing is read before."""
    return dict(_found())


@cache
def _found() -> tuple[tuple[str, type[Source]], ...]:
    modules = [found.name for found in pkgutil.iter_modules(__path__) if not found.name.startswith("_")]
    classes = [source for name in modules for source in _sources_in(f"{__name__}.{name}")]
    return tuple(sorted((source.name, source) for source in classes))


def _sources_in(module_name: str) -> list[type[Source]]:
    module = import_module(module_name)
    return [
        thing
        for _, thing in inspect.getmembers(module, inspect.isclass)
        if issubclass(thing, Source) and thing.__module__ == module_name and hasattr(thing, "name")
    ]
