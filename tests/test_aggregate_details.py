"""The master row chooses as `mwi-crawl why` does: SQL over all films and the rule for one film must never differ."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from random import Random

import pytest
from rows import film, made, transaction

from mwi_crawl import config, sources
from mwi_crawl.aggregate import build
from mwi_crawl.claims import Choice, choices, told
from mwi_crawl.precedence import FIELDS, Field

NOW = "2026-03-04T12:00:00.000Z"
FILMS = 12
SPEAKERS = ("tmdb", "omdb", "imdb_datasets", "imdb", "letterboxd", "a_plugin", "zz_gone")
JOBS = {"directors": "director", "writers": "writer", "cast": "actor"}
TABLES = ("film_fields", "film_chosen_lists", "film_chosen_credits", "film_details")
SCALARS = [field for field in FIELDS.values() if not field.listed]
LISTS = [field for field in FIELDS.values() if field.listed and field.table.startswith("film_")]


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(made(tmp_path / "films.db")) as found:
        for _ in range(FILMS):
            film(found)
        yield found


def value_of(field: Field, random: Random, source: str) -> object:
    """Something, nothing, or for a text also an empty one; never 0, which the sources do not store as money."""
    if field.column.endswith(("_usd", "_year", "_minutes", "_won", "votes", "nominations", "seasons", "episodes")):
        return random.choice((None, random.randint(1, 10**9)))
    if field.table == "scores" or field.column in ("popularity", "adult"):
        return random.choice((None, random.randint(1, 80) / 8))
    return random.choice((None, "", f"{field.name} by {source}", "10|1"))


def fill(db: sqlite3.Connection, random: Random) -> None:
    """Every source says something at random about every film."""
    facts = [field for field in SCALARS if field.table == "film_facts"]
    columns = ", ".join(field.column for field in facts)
    db.executemany(
        "insert into people (person_id, name) values (?, ?)",
        [(f"{s}:{n}", f"Person {n}") for s in SPEAKERS for n in range(5)],
    )
    for number in range(1, FILMS + 1):
        for source in random.sample(SPEAKERS, random.randint(0, len(SPEAKERS))):
            said = [value_of(field, random, source) for field in facts]
            marks = ", ".join("?" * (len(said) + 2))
            db.execute(f"insert into film_facts (film_id, source, {columns}) values ({marks})", (number, source, *said))
            _score(db, random, number, source)
            _lists(db, random, number, source)


def _score(db: sqlite3.Connection, random: Random, number: int, source: str) -> None:
    for system in random.sample(("imdb", "tmdb", "metacritic", "rotten_tomatoes", "letterboxd"), 3):
        row = (number, source, system, random.randint(1, 80) / 8, 10, random.choice((None, random.randint(1, 10**7))))
        db.execute("insert into scores values (?, ?, ?, ?, ?, ?)", row)


def _lists(db: sqlite3.Connection, random: Random, number: int, source: str) -> None:
    for field in LISTS:
        for place in range(random.choice((0, 0, 1, 3))):
            row = {"film_id": number, "source": source, field.column: f"{source} {9 - place}"}
            row |= {field.order: place} if field.order else {}
            marks = ", ".join("?" * len(row))
            db.execute(f"insert into {field.table} ({', '.join(row)}) values ({marks})", tuple(row.values()))
    for job in JOBS.values():
        for place in range(random.choice((0, 0, 1, 3))):
            row = {
                "film_id": number,
                "source": source,
                "person_id": f"{source}:{4 - place}",
                "job": job,
                "billing": place,
            }
            marks = ", ".join("?" * len(row))
            db.execute(f"insert into credits ({', '.join(row)}) values ({marks})", tuple(row.values()))


def by_sql(db: sqlite3.Connection, number: int) -> dict[str, tuple[str, object]]:
    """Field → who is believed, and what that source says."""
    question = "select field, source, value from film_fields where film_id = ?"
    found: dict[str, tuple[str, object]] = {row[0]: (row[1], row[2]) for row in db.execute(question, (number,))}
    question = "select field, source, value from film_chosen_lists where film_id = ? order by position, value"
    rows = [tuple(row) for row in db.execute(question, (number,))]
    question = "select job, source, name from film_chosen_credits where film_id = ? order by billing"
    fields = {job: field for field, job in JOBS.items()}
    rows += [(fields[job], source, name) for job, source, name in db.execute(question, (number,))]
    for field in {field for field, *_ in rows}:
        (source,) = {source for name, source, _ in rows if name == field}
        found[field] = (source, tuple(value for name, _, value in rows if name == field))
    return found


def as_stored(choice: Choice) -> tuple[str, object]:
    assert choice.chosen is not None
    return choice.chosen, choice.value if isinstance(choice.value, tuple) else str(choice.value)


def by_the_rule(
    db: sqlite3.Connection, number: int, precedence: Mapping[str, Sequence[str]]
) -> dict[str, tuple[str, object]]:
    known = choices(told(db, number), {field: tuple(order) for field, order in precedence.items()})
    tables = {"film_facts", "scores", "credits", *(field.table for field in LISTS)}
    return {name: as_stored(each) for name, each in known.items() if each.chosen and each.field.table in tables}


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(
    "changed", [{}, {"title": ["letterboxd"], "runtime": ["omdb", "imdb"], "genres": ["letterboxd"]}]
)
def test_all_films_at_once_are_chosen_as_one_film_is(db, tmp_path, seed, changed):
    fill(db, Random(seed))
    words = {"aggregate": {"precedence": changed}}
    settings = config.load(sources.discover(), overrides=words, environ={}, cwd=tmp_path)
    with transaction(db):
        assert [one.skipped for one in build(db, settings, NOW, only=TABLES) if one.skipped] == []
    for number in range(1, FILMS + 1):
        assert by_sql(db, number) == by_the_rule(db, number, settings.aggregate.precedence)
