"""Crawl TMDb's 4,803 films of 2017 over loopback HTTP, and hold the tables of money and ratings against known answers.

    python -m tests.battery.kpis        (with ../shared/data beside the repository; about half a minute)

The same as tests/test_aggregate_money.py, but with sockets: the client, the throttle and the store of a real run.
Prints the figures; ends with 1 if a list or a year is wrong.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]


def main() -> int:
    os.environ["MWI_TESTS_OVER_HTTP"] = "1"
    return int(pytest.main(["-v", "--durations=1", str(TESTS / "test_aggregate_money.py")]))


if __name__ == "__main__":
    sys.exit(main())
