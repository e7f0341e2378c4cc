"""The fake IMDb datasets: real files over real HTTP, fetched and loaded by the real commands."""

from __future__ import annotations

import gzip

import pytest
from commandline import Person, served

from mwi_crawl.demo.datasets import MISSING, FakeDatasets
from mwi_crawl.demo.films import bundled
from mwi_crawl.demo.misbehaviour import Ask
from mwi_crawl.demo.upstream import FakeUpstream
from mwi_crawl.sources.imdb_datasets import FILES


@pytest.mark.parametrize("name", [file.name for file in FILES])
def test_every_file_is_there_with_the_columns_that_are_needed(name: str) -> None:
    answer = FakeDatasets(3).answer(Ask("GET", f"/{name}.tsv.gz"))
    assert answer is not None
    header, *rows = gzip.decompress(answer.body).decode().splitlines()
    needed = next(file.columns for file in FILES if file.name == name)
    assert set(needed) <= set(header.split("\t"))
    assert all(row.count("\t") == header.count("\t") for row in rows)
    assert bool(rows) == (name != "title.episode")


def test_a_download_that_was_cut_goes_on_where_it_ended() -> None:
    fake = FakeDatasets()
    whole = fake.answer(Ask("GET", "/title.basics.tsv.gz"))
    assert whole is not None
    headers = {"range": "bytes=100-", "if-range": whole.headers["etag"]}
    rest = fake.answer(Ask("GET", "/title.basics.tsv.gz", headers=headers))
    assert rest is not None
    assert (rest.status, rest.body) == (206, whole.body[100:])
    changed = fake.answer(Ask("GET", "/title.basics.tsv.gz", headers={**headers, "if-range": '"another"'}))
    assert changed is not None
    assert (changed.status, changed.body) == (200, whole.body)


def test_fetch_brings_them_and_load_keeps_what_is_about_our_films(
    mwi: Person, every_source: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    upstream = FakeUpstream()
    upstream.handle(FakeDatasets().answer)
    films = [film.imdb_id for film in bundled()][: MISSING + 1]
    mwi.follow(*films)
    with served(upstream) as base_url:
        monkeypatch.setenv("MWI_SOURCES__IMDB_DATASETS__BASE_URL", base_url)
        said = mwi("datasets", "fetch")
    assert said.code == 0
    assert len(upstream.log.hits) == len(FILES)
    there = len(films) - 2  # the first and the 72nd
    assert mwi.ask("select state, count(*) from jobs group by 1") == [("absent", 2), ("done", there)]
    assert mwi.ask("select count(*) from film_facts where runtime_minutes > 0") == [(there,)]
    assert mwi.ask("select count(*) from people where name like 'nm%'") == [(0,)]
