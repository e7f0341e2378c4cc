"""Fixtures that several test files share."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from commandline import Person, logging_as_before, served, without_settings
from toys import OTHERS_OFF, TOKEN, Toy, tmdb_upstream

from mwi_crawl import breaker, settle, sources, throttle
from mwi_crawl.demo.upstream import FakeUpstream
from mwi_crawl.sources.tmdb import Tmdb

if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:  # started by nohup: the processes under test would inherit it
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every wait of the engine's own choosing lasts milliseconds."""
    monkeypatch.setattr(settle, "BACKOFF", 0.004)
    monkeypatch.setattr(throttle, "FLOOR", 0.003)
    monkeypatch.setattr(throttle, "FIRST_BACKOFF", 0.004)
    monkeypatch.setattr(throttle, "LEAST", 500.0)
    monkeypatch.setattr(breaker, "FAULT_PAUSES", (0.004, 0.004, 0.004, 0.004, 0.004))
    monkeypatch.setattr(breaker, "OFFLINE_PAUSES", (0.002, 0.004))


@pytest.fixture
def two_sources(monkeypatch: pytest.MonkeyPatch) -> None:
    """TMDb and the toy are the sources there are."""
    monkeypatch.setattr(sources, "discover", lambda: {"tmdb": Tmdb, "toy": Toy})


@pytest.fixture
def toy_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """The toy is the only source there is."""
    monkeypatch.setattr(sources, "discover", lambda: {"toy": Toy})


@pytest.fixture
def mwi(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Person]:
    """A person in an empty folder, without settings and keys."""
    without_settings(monkeypatch)
    monkeypatch.chdir(tmp_path)
    with logging_as_before(monkeypatch):
        yield Person(tmp_path, capsys, monkeypatch)


@pytest.fixture
def every_source(mwi: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """The person has every source as it is by default, not TMDb alone."""
    for name in OTHERS_OFF:
        monkeypatch.delenv(name)


@pytest.fixture
def tmdb(mwi: Person) -> Iterator[FakeUpstream]:
    """TMDb over loopback HTTP, and the person's settings to ask it."""
    upstream = tmdb_upstream(key=TOKEN)
    with served(upstream) as base_url:
        mwi.use(base_url)
        yield upstream
