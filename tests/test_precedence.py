"""Whom to believe: one table for all fields, settings that put others first, and the choice itself."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rows import made
from toys import settings

from mwi_crawl import config, sources
from mwi_crawl.errors import ConfigError
from mwi_crawl.precedence import DEFAULTS, FIELDS, SOURCES, Field, choose, rule, says
from mwi_crawl.queries import names

LATER = {"letterboxd"}  # believed about something, and asked by a later version
UNFIELDED = {  # what no field is made of, because nothing is chosen there: several sources' rows may stand side by side
    *("alternative_titles", "videos", "images", "release_dates", "similar_films", "film_histograms", "people"),
    *("warning_topics", "warning_categories"),
}


@pytest.fixture
def columns(tmp_path: Path) -> dict[str, set[str]]:
    with closing(made(tmp_path / "films.db")) as db:
        return {kind: {row["name"] for row in db.execute(f"pragma table_info({kind})")} for kind in names("record")}


@pytest.mark.parametrize("field", FIELDS.values(), ids=lambda field: field.name)
def test_a_field_is_a_column_of_what_sources_say(field: Field, columns: dict[str, set[str]]) -> None:
    assert columns[field.table] >= {"film_id", "source", field.column, *(name for name, _ in field.where)}
    assert field.order is None or (field.listed and field.order in columns[field.table])


@pytest.mark.parametrize("field", FIELDS.values(), ids=lambda field: field.name)
def test_a_field_names_each_source_once_and_says_why_in_one_sentence(field: Field) -> None:
    assert field.sources
    assert len(set(field.sources)) == len(field.sources)
    assert re.fullmatch(r"[A-Z][^.]+\.", field.reason)


@pytest.mark.parametrize("field", FIELDS.values(), ids=lambda field: field.name)
def test_every_source_that_is_believed_writes_what_it_is_believed_about(field: Field) -> None:
    kinds = sources.discover()
    for source in set(field.sources) - LATER:
        assert field.table in kinds[source].kinds, f"{source} never says anything in {field.table}"


def test_every_source_that_is_named_is_there() -> None:
    assert set(sources.discover()) | LATER >= SOURCES


def test_every_column_that_people_look_at_is_a_field(columns: dict[str, set[str]]) -> None:
    assert {kind for kind in columns if not any(each.table == kind for each in FIELDS.values())} == UNFIELDED
    facts = {each.column for each in FIELDS.values() if each.table == "film_facts"}
    assert columns["film_facts"] - facts == {"film_id", "source", "collection_id"}


def test_fields_do_not_share_a_place() -> None:
    places = [(each.table, each.column, each.where) for each in FIELDS.values()]
    assert len(set(places)) == len(places)


def test_the_first_that_says_anything_is_believed() -> None:
    order = ("a", "b", "c")
    assert choose(order, {"b": 93, "c": 94}) == "b"
    assert choose(order, {"a": None, "b": (), "c": ("Drama",)}) == "c"
    assert choose(order, {"a": 0, "b": 1}) == "a"  # zero is said, unknown is not
    assert choose(order, {"e": 1, "d": 2, "c": None}) == "d"  # nobody has named them: they come last, by name
    assert choose((), {"a": None}) is None


@given(st.permutations(["a", "b", "c", "d"]), st.dictionaries(st.sampled_from("abcd"), st.none() | st.integers()))
def test_nobody_before_the_chosen_says_anything(order: list[str], said: dict[str, int | None]) -> None:
    chosen = choose(order, said)
    before = order if chosen is None else order[: order.index(chosen)]
    assert not any(says(said.get(source)) for source in before)
    assert chosen is None or said[chosen] is not None


def test_the_rule_reads_as_the_product_shows_it() -> None:
    assert rule("runtime", ("imdb_datasets", "tmdb", "omdb")) == "runtime = imdb_datasets > tmdb > omdb"
    assert rule("runtime", DEFAULTS["runtime"]).startswith("runtime = imdb_datasets > tmdb > omdb")


# settings


def loaded(folder: Path, text: str, **environ: str) -> config.Config:
    (folder / "config.toml").write_text(f"[aggregate.precedence]\n{text}\n", encoding="utf-8")
    return config.load(sources.discover(), environ=environ, cwd=folder)


def test_without_a_setting_the_table_holds(tmp_path: Path) -> None:
    assert dict(settings(tmp_path).aggregate.precedence) == dict(DEFAULTS)


def test_a_setting_puts_others_in_the_place_of_one_field(tmp_path: Path) -> None:
    found = loaded(tmp_path, 'runtime = ["omdb", "tmdb"]').aggregate.precedence
    assert found["runtime"] == ("omdb", "tmdb")
    assert {name: order for name, order in found.items() if name != "runtime"} == {
        name: order for name, order in DEFAULTS.items() if name != "runtime"
    }


def test_a_variable_sets_it_too(tmp_path: Path) -> None:
    found = loaded(tmp_path, "", MWI_AGGREGATE__PRECEDENCE__OVERVIEW="omdb, tmdb").aggregate.precedence
    assert found["overview"] == ("omdb", "tmdb")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('runtme = ["tmdb"]', '"runtme" is not a setting. Did you mean "runtime"?'),
        ('runtime = ["tmbd"]', '"runtime" must list sources; "tmbd" is none: did you mean "tmdb"?'),
        ('runtime = ["nobody"]', '"runtime" must list sources; "nobody" is none: the sources are cinemorgue, ddd, '),
        ("runtime = []", '"runtime" must name at least one source'),
        ('runtime = ["tmdb", "tmdb"]', '"runtime" must name each source once'),
        ("runtime = 3", '"runtime" must be a list'),
    ],
)
def test_a_wrong_rule_is_refused_with_its_line_and_a_suggestion(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(ConfigError) as refused:
        loaded(tmp_path, text)
    assert f"config.toml line 2: [aggregate.precedence] {problem}" in refused.value.happened


def test_a_source_that_comes_later_may_be_named_already(tmp_path: Path) -> None:
    assert loaded(tmp_path, 'overview = ["letterboxd"]').aggregate.precedence["overview"] == ("letterboxd",)


def test_the_order_of_a_list_can_be_asked_of_the_file(tmp_path: Path) -> None:
    """What the master table will be built from is enough to read a field: table, column, condition, order."""
    with closing(made(tmp_path / "films.db")) as db:
        db.row_factory = sqlite3.Row
        for each in FIELDS.values():
            where = "".join(f" and {column} = :{column}" for column, _ in each.where)
            question = f"select source, {each.column} from {each.table} where film_id = 1{where}"
            db.execute(f"{question} order by {each.order or each.column}", dict(each.where)).fetchall()
