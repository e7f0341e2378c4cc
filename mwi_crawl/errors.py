"""Every exception raised on purpose.

    MwiError                      what happened · to what · what is safe · what to do
    ├── ConfigError               a setting or the configuration file is wrong           exit 3
    ├── InputError                a file given to `import` cannot be used                exit 3
    │   └── SourceOffError        a source was asked for that is off by default          exit 3
    ├── KeyMissingError           a source was asked for and has no key, or a refused one exit 4
    ├── StorageError              the database cannot be opened, read or written         exit 8
    │   ├── BusyError             another mwi-crawl, or another program, holds it        exit 8
    │   └── DiskFullError         no room left                                           exit 8
    ├── UpstreamError             an upstream gives something else than what it should   exit 7
    └── OfflineError              no enabled source can be reached                       exit 9

    TransportError                one request got no usable answer (becomes a Fault, never ends a run)

Grouped by what the caller does about them: the class decides the exit code, the four parts are the message.
"""

from __future__ import annotations


class MwiError(Exception):
    """A problem a person can act on. `happened` names the thing; `safe` and `todo` are whole sentences."""

    exit_code = 1

    def __init__(self, happened: str, *, safe: str = "", todo: str = "") -> None:
        super().__init__(happened)
        self.happened = happened
        self.safe = safe
        self.todo = todo

    def __str__(self) -> str:
        return "\n".join(part for part in (self.happened, self.safe, self.todo) if part)


class ConfigError(MwiError):
    """A setting is wrong; nothing was fetched."""

    exit_code = 3


class InputError(MwiError):
    """A file cannot be imported; nothing was imported."""

    exit_code = 3


class SourceOffError(InputError):
    """A source was asked for that is off until the user switches it on."""


class KeyMissingError(MwiError):
    """A source was asked for that has no key."""

    exit_code = 4


class StorageError(MwiError):
    """The database cannot be opened, read or written."""

    exit_code = 8


class BusyError(StorageError):
    """Somebody else holds the database."""


class DiskFullError(StorageError):
    """There is no room left for an answer."""


class UpstreamError(MwiError):
    """An upstream refuses, or gives something else than what was asked for."""

    exit_code = 7


class OfflineError(MwiError):
    """No enabled source can be reached."""

    exit_code = 9


class TransportError(Exception):
    """One request got no usable answer. `kind` is one word (`timeout`, `dns` …); the message holds no secret."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind
