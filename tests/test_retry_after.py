"""What a Retry-After header is taken to mean."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mwi_crawl.throttle import CAP, retry_after

NOW = datetime(1994, 11, 6, 8, 49, 0, tzinfo=UTC).timestamp()


@pytest.fixture
def far_from_greenwich(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("2", 2.0),
        (" 2 ", 2.0),
        ("\t120", 120.0),
        ("007", 7.0),
        ("00000000000000007", 7.0),
        ("3600", CAP),
        ("3601", CAP),
        ("86400", CAP),
        ("1000000000000", CAP),
        ("9" * 5_000, CAP),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 37.0),  # the form of today
        ("Sunday, 06-Nov-94 08:49:37 GMT", 37.0),  # RFC 850
        ("Sun Nov  6 08:49:37 1994", 37.0),  # asctime, which names no zone
        ("Sun, 06 Nov 1994 08:49:37 -0000", 37.0),  # a zone that says it does not know
        ("Sun, 06 Nov 1994 09:49:37 +0100", 37.0),
        ("Mon, 07 Nov 1994 08:49:37 GMT", CAP),
        ("Fri, 31 Dec 9999 23:59:59 GMT", CAP),
    ],
)
@pytest.mark.usefixtures("far_from_greenwich")
def test_seconds_and_dates_are_understood_and_no_wish_is_longer_than_an_hour(value: str, seconds: float) -> None:
    assert retry_after(value, NOW) == seconds


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "   ",
        "0",
        "0" * 20,
        "-1",
        "+5",
        "1.5",
        "1e9",
        "0x10",
        "1_000",
        "٣",
        "²",
        "soon",
        "2 seconds",
        "inf",
        "nan",
        "2, 3",
        "Sun, 06 Nov 1994 08:48:37 GMT",  # past
        "Sun, 06 Nov 1994 08:49:00 GMT",  # now
        "Fri, 31 Dec 99999 23:59:59 GMT",
        f"Sun, 06 Nov {'9' * 30} 08:49:37 GMT",
        "Sun, 99 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 +9999999999",
        ",",
        "\x00",
    ],
)
def test_nothing_past_dates_and_nonsense_are_no_hint(value: str | None) -> None:
    assert retry_after(value, NOW) is None


@given(st.text() | st.from_regex(r"\w{3}, \d{1,2} \w{3} \d{1,5} \d\d:\d\d:\d\d [+-]?\w{1,6}", fullmatch=True))
def test_no_header_breaks_it(value: str) -> None:
    seconds = retry_after(value, NOW)
    assert seconds is None or 0 < seconds <= CAP
