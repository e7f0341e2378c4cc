"""A real person's IMDb export, crawled over HTTP: what the upstream knows is enriched, the rest is "not there".

The upstream on loopback answers from recorded TMDb bodies, from the bundled films, and otherwise as TMDb does for what
it does not know. The export and the recordings lie beside the checkout; where they are not there, this test skips.
"""

from __future__ import annotations

import asyncio
import csv
import json
import os
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from toys import OTHERS_OFF

from mwi_crawl.demo.films import bundled
from mwi_crawl.demo.tmdb import FakeTmdb
from mwi_crawl.demo.upstream import FakeUpstream

SHARED = Path(__file__).resolve().parents[2] / "shared" / "recordings"
EXPORT = SHARED / "exports" / "imdb_ratings_2024_utf8_1355rows.csv"
CRAWLED = {"movie", "short", "tvMovie", "video"}
TOKEN = "eyJhbGciOiJub25lIn0.canary-of-the-real-export.x"

pytestmark = pytest.mark.skipif(not EXPORT.is_file(), reason="the recordings are not beside this checkout")


def upstream_of_recordings() -> tuple[FakeUpstream, set[str]]:
    """The fake upstream with every recorded GET, and the paths it has recordings for."""
    upstream = FakeUpstream()
    upstream.handle(FakeTmdb().answer)
    paths = set()
    with (SHARED / "tmdb" / "SOURCES.tsv").open(encoding="utf-8", newline="") as table:
        for row in csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE):
            address = urlsplit(row["request it answers"].split(" ", 1)[1])
            query = {name: value for name, value in parse_qsl(address.query) if name in ("query", "year", "page")}
            status = int(row["HTTP status"])
            if address.path.startswith("/3/") and status in (200, 404):
                upstream.add(address.path, SHARED / "tmdb" / row["file"], status, params=query)
                paths.add(address.path)
    return upstream, paths


def rows_of_export() -> list[dict[str, str]]:
    with EXPORT.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


async def mwi_crawl(*arguments: str, cwd: Path, base_url: str) -> tuple[int, str, str]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("MWI_", "TMDB_"))}
    environ |= OTHERS_OFF
    environ |= {"TMDB_API_READ_ACCESS_TOKEN": TOKEN, "MWI_SOURCES__TMDB__BASE_URL": base_url}
    environ |= {"MWI_SOURCES__TMDB__REQUESTS_PER_SECOND": "1000", "MWI_SOURCES__TMDB__BURST": "20"}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "mwi_crawl", *arguments), cwd=cwd, env=environ, stdout=-1, stderr=-1
    )
    out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def test_a_real_export_is_imported_and_crawled_to_the_end(tmp_path):
    rows = rows_of_export()
    upstream, recorded = upstream_of_recordings()
    async with upstream.serve() as base_url:
        code, said, complaint = await mwi_crawl("import", str(EXPORT), cwd=tmp_path, base_url=base_url)
        assert (code, complaint) == (0, "")
        assert f"{len(rows):,} rows" in said
        code, said, complaint = await mwi_crawl("full", "--json", cwd=tmp_path, base_url=base_url)
    report = json.loads(said)
    crawled = [row for row in rows if row["Title Type"] in CRAWLED]
    known = {film.imdb_id for film in bundled()} | {path.rpartition("/")[2] for path in recorded if "/find/tt" in path}
    expected = sum(row["Const"] in known for row in crawled)

    lane = report["sources"]["tmdb"]
    assert (code, report["status"], complaint.count("Traceback")) == (0, "SUCCESS", 0)
    assert (lane["planned"], lane["done"], lane["absent"]) == (len(crawled), expected, len(crawled) - expected)
    assert (lane["failed"], lane["broken"], lane["waiting"]) == (0, 0, 0)
    assert expected > 150  # the bundled films are really asked about

    with closing(sqlite3.connect(tmp_path / "mwi.db")) as db:
        assert db.execute("pragma integrity_check").fetchone() == ("ok",)
        assert db.execute("select count(*) from ratings").fetchone() == (len(rows),)
        assert db.execute("select count(*) from film_facts").fetchone() == (expected,)
        titles = dict(db.execute("select films.imdb_id, film_facts.title from films join film_facts using (film_id)"))
        dump = "\n".join(db.iterdump())
    assert titles["tt0133093"] == "The Matrix"
    for place in (dump, said, complaint, (tmp_path / "mwi-crawl.log").read_text()):
        assert TOKEN not in place
    assert {hit.path.split("/")[2] for hit in upstream.log.hits} <= {"find", "movie", "tv", "search"}


async def test_the_last_line_says_how_it_ended_and_what_to_do_next(tmp_path):
    upstream, _ = upstream_of_recordings()
    async with upstream.serve() as base_url:
        await mwi_crawl("import", str(EXPORT), cwd=tmp_path, base_url=base_url)
        code, said, _ = await mwi_crawl("full", "--limit", "40", cwd=tmp_path, base_url=base_url)
    assert code == 0
    assert said.splitlines()[-1] == "Next: mwi-crawl aggregate   (exit code 0)"
