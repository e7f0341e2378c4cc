"""mwi-crawl: a film history in, one enriched SQLite file out. How: docs/architecture.md; in scripts: docs/library.md.

Nothing is imported before it is asked for, so that `mwi-crawl --help` is there at once.
"""

TYPE_CHECKING = False  # what typing says too, without importing it
if TYPE_CHECKING:
    from mwi_crawl.library import (
        Built,
        BusyError,
        Config,
        ConfigError,
        Cost,
        Counts,
        DiskFullError,
        Engine,
        Imported,
        InputError,
        KeyMissingError,
        LaneReport,
        MediaType,
        MwiError,
        OfflineError,
        Outcome,
        Report,
        Result,
        RunStatus,
        Scope,
        SourceOffError,
        StorageError,
        build_tables,
        import_file,
        load_config,
        parse_again,
    )

__all__ = [
    "Built",
    "BusyError",
    "Config",
    "ConfigError",
    "Cost",
    "Counts",
    "DiskFullError",
    "Engine",
    "Imported",
    "InputError",
    "KeyMissingError",
    "LaneReport",
    "MediaType",
    "MwiError",
    "OfflineError",
    "Outcome",
    "Report",
    "Result",
    "RunStatus",
    "Scope",
    "SourceOffError",
    "StorageError",
    "build_tables",
    "import_file",
    "load_config",
    "parse_again",
]

if not TYPE_CHECKING:  # a type checker that saw this would take any name for a good one

    def __getattr__(name: str) -> object:
        """A name of `__all__`, from the module where it is at home."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from mwi_crawl import library

        return globals().setdefault(name, getattr(library, name))

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
