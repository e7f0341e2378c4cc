"""python -m bench [PART ...] [--rounds 5] [--quick] [--json FILE]: the figures of docs/performance.md, as Markdown.

Without a PART all of them run, in the order of PARTS.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import sqlite3
import ssl
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from types import ModuleType

from bench import process, sides, tables

PARTS = (
    *("crawl", "resume", "limits", "memory", "growth", "parsing", "commit", "planning", "aggregate", "datasets"),
    "startup",
)
OURS = ("mwi-crawl", "aiohttp", "yarl", "aiolimiter", "aiosqlite", "orjson", "selectolax", "zstandard", "pydantic")


def main(words: Sequence[str] | None = None) -> int:
    """The exit code: 0, or 1 if a part lacks a package. A target that is missed is said, and no error."""
    given = _arguments(words)
    # the sides are modules of this checkout, and run in folders of their own
    os.environ["PYTHONPATH"] = str(Path(__file__).resolve().parents[1])
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # a person's start does not compile what the one before compiled
    process.pin(process.SERVER)  # what only waits and compares keeps off the core that is measured
    machine, versions = _machine(), _versions()
    print(_bullets({**machine, "rounds": _rounds(given)}))
    print(_bullets(versions))
    found: dict[str, list[tables.Table]] = {}
    try:
        for part, module in _modules(given.parts).items():
            started = time.monotonic()
            found[part] = module.run(given.rounds, quick=given.quick)
            print("\n".join(tables.markdown(each) for each in found[part]), flush=True)
            print(f"{part}: {time.monotonic() - started:.0f} s", file=sys.stderr)
            if given.json:  # after each part: what comes later may fail
                parts = {part: [asdict(table) for table in each] for part, each in found.items()}
                given.json.write_text(json.dumps({"machine": machine, "versions": versions, "parts": parts}, indent=1))
    except ModuleNotFoundError as error:
        print(f"python -m bench needs {error.name}: pip install -e '.[bench]'", file=sys.stderr)
        return 1
    print(tables.markdown(_summary(found)))
    return 0


def _modules(parts: Sequence[str]) -> dict[str, ModuleType]:
    """All of them before the first is run, so that a package that is missing is known at once."""
    return {part: importlib.import_module(f"bench.{part}") for part in parts}


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure mwi-crawl beside its peers.")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all of them without one")
    parser.add_argument("--rounds", type=int, default=5, help="how often each side runs; figures are medians")
    parser.add_argument("--quick", action="store_true", help="a small job, to see that it works: no figure to quote")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to a file, too")
    given = parser.parse_args(words)
    if unknown := [part for part in given.parts if part not in PARTS]:
        parser.error(f"no part is called {unknown[0]!r}; there are {', '.join(PARTS)}")
    given.parts = given.parts or list(PARTS)
    return given


def _rounds(given: argparse.Namespace) -> str:
    return f"{given.rounds}, of a small job: no figure to quote" if given.quick else str(given.rounds)


def _machine() -> dict[str, str]:
    return {
        "cores": str(os.cpu_count()),
        "processor": _processor(),
        "system": platform.platform(),
        "Python": f"{platform.python_implementation()} {platform.python_version()}",
        "SQLite": sqlite3.sqlite_version,
        "TLS": ssl.OPENSSL_VERSION,
    }


def _processor() -> str:
    """Its name as Linux tells it, elsewhere what Python knows."""
    told = Path("/proc/cpuinfo")
    lines = told.read_text().splitlines() if told.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def _versions() -> dict[str, str]:
    """Of every package that a side or mwi-crawl uses, as far as it is installed."""
    peers = [name for side in sides.ALL for name in side.packages]
    installed = {each.name.lower(): each.version for each in metadata.distributions()}
    return {name: installed.get(name.lower(), "not installed") for name in dict.fromkeys([*OURS, *peers])}


def _bullets(facts: dict[str, str]) -> str:
    return "\n".join(f"- {name}: {fact}" for name, fact in facts.items()) + "\n"


def _summary(found: dict[str, list[tables.Table]]) -> tables.Table:
    """All targets, and how many of them are met."""
    held = [(part, target) for part, each in found.items() for table in each for target in table.targets]
    rows = [(part, each.what, each.wanted, each.measured, "yes" if each.met else "**no**") for part, each in held]
    title = f"Targets: {sum(each.met for _, each in held)} of {len(held)} met"
    return tables.Table(title, ("part", "target", "wanted", "measured", "met"), rows)


if __name__ == "__main__":
    sys.exit(main())
