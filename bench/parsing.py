"""Parsing: what scrub, judge and parse cost per answer of each source, on recorded answers where they are there.

The recordings are others' data and lie beside the checkout (`../shared/recordings`). A source of which there are none
is measured on the fixtures of its tests, which are smaller than what an upstream sends.
"""

from __future__ import annotations

import csv
import re
import time
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from urllib.parse import parse_qs, urlsplit

from bench import tables
from mwi_crawl.model import Job, Outcome, Request, Response
from mwi_crawl.parse import understand
from mwi_crawl.source import Source
from mwi_crawl.sources import cinemorgue, discover

ROOT = Path(__file__).resolve().parents[1]
RECORDINGS = ROOT.parent / "shared" / "recordings"
FIXTURES = ROOT / "tests" / "fixtures"
TIMES = 20  # each answer is read in each round
COLUMNS = ("source", "answers", "from", "size (median)", "ms per answer (median)", "ms (95th percentile)", "ms per MB")

Answer = tuple[str, bytes]
"""A key and the body that answers it, with status 200."""


@dataclass(frozen=True)
class Cost:
    """Of one answer: its size in bytes, and the seconds of CPU to understand it."""

    size: int
    seconds: float


def run(rounds: int, *, quick: bool) -> list[tables.Table]:
    rows = []
    for name, kind in discover().items():
        if kind.bulk:  # its files are read by `datasets load`
            continue
        origin, answers = _answers(kind())
        costs = measured(kind(), answers, 1 if quick else rounds * TIMES)
        rows.append((name, f"{len(costs):,}", origin, *_figures(costs)))
    notes = (
        "`parse.understand` of a body in memory, each answer by its median; only answers that tell of what was asked.",
        f"Fixtures are written by hand and small; {RECORDINGS.name} are what the upstreams sent.",
    )
    return [tables.Table("Parsing", COLUMNS, rows, notes=notes)]


def measured(source: Source, answers: Sequence[Answer], times: int) -> list[Cost]:
    """What each answer costs, in as many interleaved rounds as `times`."""
    seconds: list[list[float]] = [[] for _ in answers]
    for _ in range(times):
        for (key, body), spent in zip(answers, seconds, strict=True):
            job, request, response = Job(1, source.name, key, 1), Request("/"), Response(200, {}, body)
            cinemorgue._article.cache_clear()  # or a page would be read but once
            started = time.thread_time()
            understand(source, job, request, response)
            spent.append(time.thread_time() - started)
    return [Cost(len(body), median(spent)) for (_, body), spent in zip(answers, seconds, strict=True)]


def _figures(costs: Sequence[Cost]) -> tuple[str, str, str, str]:
    milliseconds = [1000 * each.seconds for each in costs]
    latest = quantiles(milliseconds, n=20, method="inclusive")[-1] if len(costs) > 1 else milliseconds[0]
    megabytes = sum(each.size for each in costs) / 1e6
    size = median(each.size for each in costs) / 1000
    return f"{size:.1f} KB", f"{median(milliseconds):.3f}", f"{latest:.3f}", f"{sum(milliseconds) / megabytes:.1f}"


def _answers(source: Source) -> tuple[str, list[Answer]]:
    """Where the answers of a source are from, and those that tell something."""
    if recorded := [each for each in _recorded(source.name) if _tells(source, each)]:
        return "recordings", recorded
    return "fixtures", [each for each in _fixtures(source.name) if _tells(source, each)]


def _tells(source: Source, answer: Answer) -> bool:
    result = understand(source, Job(1, source.name, answer[0], 1), Request("/"), Response(200, {}, answer[1]))
    return result.outcome is Outcome.OK


def _fixtures(source: str) -> Iterator[Answer]:
    for case in sorted((FIXTURES / source).glob("*.toml")):
        said = tomllib.loads(case.read_text(encoding="utf-8"))
        if said.get("status", 200) == 200:
            yield said["key"], case.with_suffix(".body").read_bytes()


def _recorded(source: str) -> Iterator[Answer]:
    """The recorded answers of a source whose key can be told."""
    folder = RECORDINGS / source.removesuffix("_api")
    if source not in _KEYS or not folder.is_dir():
        return
    with (folder / "SOURCES.tsv").open(encoding="utf-8", newline="") as table:
        for row in csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE):
            path = folder / row["file"]
            body = path.read_bytes() if path.is_file() else b""
            address = urlsplit((row.get("request it answers") or "").partition(" ")[2])
            if key := _KEYS[source](path.name, address.path, parse_qs(address.query), body):
                yield key, body


_Query = dict[str, list[str]]


def _of_tmdb(_name: str, path: str, query: _Query, _body: bytes) -> str | None:
    path = path.removeprefix("/3/")
    if path in ("search/movie", "search/tv") and "query" in query:
        return f"{path}/{query.get('year', [''])[0]}/{query['query'][0]}"
    if listed := re.fullmatch(r"movie/(popular|top_rated|upcoming|now_playing)|(trending)/(?:movie|all)/week", path):
        return f"list/{listed[1] or listed[2]}/{query.get('page', ['1'])[0]}"
    return path if re.fullmatch(r"(movie|tv)/(\d+|tt\d+)|find/\w+", path) else None


def _of_omdb(_name: str, _path: str, _query: _Query, body: bytes) -> str | None:
    return _found(rb'"imdbID":\s*"(tt\d+)"', body, "i/")


def _of_imdb(name: str, _path: str, _query: _Query, _body: bytes) -> str | None:
    return _found(rb"^(?:title|nextdata_reference)_(tt\d+)", name.encode(), "title/")


def _of_ddd(_name: str, path: str, query: _Query, _body: bytes) -> str | None:
    if "imdb" in query:
        return f"items/imdb/{query['imdb'][0]}"
    return _found(rb"/(?:media|items)/(\d+)$", path.encode(), "item/")


def _of_youtube(_name: str, _path: str, _query: _Query, body: bytes) -> str | None:
    return _found(rb'rel="alternate" href="https://www.youtube.com/channel/(UC[\w-]{22})"', body, "feed/")


def _of_youtube_api(_name: str, _path: str, _query: _Query, body: bytes) -> str | None:
    key = _found(rb'"playlistId":\s*"([\w-]+)"', body, "uploads/")
    return f"{key}/1" if key else None


def _found(pattern: bytes, text: bytes, before: str) -> str | None:
    found = re.search(pattern, text)
    return before + found[1].decode() if found else None


_KEYS: dict[str, Callable[[str, str, _Query, bytes], str | None]] = {
    "ddd": _of_ddd,
    "imdb": _of_imdb,
    "omdb": _of_omdb,
    "tmdb": _of_tmdb,
    "youtube": _of_youtube,
    "youtube_api": _of_youtube_api,
}
"""How the key is told from a recording's file, the path and query it answers, and its body."""
