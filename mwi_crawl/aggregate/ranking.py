"""The rankings as they were computed: read, explained with their numbers, compared. The formulas are in sql/aggregate.

Plain functions of a connection for reading; a score is in stars for people and of ten for the world, but for `UNITS`.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from mwi_crawl.errors import InputError
from mwi_crawl.queries import sql

Numbers = Mapping[str, Any]
"""A row of ranking_<strategy>: what was put into the formula, and what came out."""

WORLD = "world"
UNITS: Mapping[str, str] = {
    "wilson": "share of people who like it, at the least",
    "discovery": "standard deviations liked more than by the world",
    "hybrid": "standard deviations",
}
NOTHING: Mapping[str, str] = {
    "bayesian": "nobody there has rated a film",
    "wilson": "it needs single ratings, and enough of them; of the world only means are known",
    "discovery": "it needs films that both have rated, the group and enough of the world",
    "recency": "it needs dates of viewings; the day of a rating is not one",
    "hybrid": "nobody there has rated a film",
}
"""Strategy → why a group may have no films in it."""


@dataclass(frozen=True, slots=True)
class Group:
    """Whose ranking: `films` has the number of films by strategy, `scale` is the best possible rating."""

    cohort_id: int
    label: str
    kind: str
    scale: int
    films: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Place:
    """A film in a ranking. `mine`: the stars that the person who asks gave it."""

    film_id: int
    rank: int
    score: float
    title: str
    year: int | None
    imdb_id: str | None
    mine: float | None
    numbers: Numbers = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Compared:
    """Two rankings side by side: films with their ranks, how many the tops share, and how alike the orders are.

    `correlation`: Spearman's, over the `both` films that stand in both; None for fewer than two.
    """

    rows: Sequence[tuple[Place, int | None, int | None]]
    shared: int
    both: int
    correlation: float | None


def groups(db: sqlite3.Connection) -> dict[str, Group]:
    """Whose rankings there are, by label: the world, cohorts, persons. Raises InputError if none were ever computed."""
    made = db.execute("select count(*) from sqlite_master where name in ('film_rankings', 'v_rankings')").fetchone()[0]
    if made < 2:
        raise InputError("no ranking was computed yet.", todo="Compute them: mwi-crawl aggregate")
    found: dict[str, Group] = {}
    for row in db.execute(sql("read/ranked_groups")):
        group = found.setdefault(row["label"], Group(row["cohort_id"], row["label"], row["kind"], row["scale"]))
        if row["strategy"]:
            group.films[row["strategy"]] = row["films"]
    return found


def group_named(found: Mapping[str, Group], label: str) -> Group:
    """The group a person means. Raises InputError."""
    if label not in found:
        first = ", ".join(list(found)[:20])
        raise InputError(
            f'there is no ranking of "{label}".', todo=f"There are rankings of: {first}   (--cohort LABEL)"
        )
    return found[label]


def top(db: sqlite3.Connection, strategy: str, group: Group, number: int | None) -> list[Place]:
    """The first films of a ranking, or all."""
    person = db.execute(sql("read/person_asking")).fetchone()
    asked = {"strategy": strategy, "cohort_id": group.cohort_id, "top": number, "user_id": person and person[0]}
    return [_place(row) for row in db.execute(sql("read/ranking"), asked)]


def with_numbers(db: sqlite3.Connection, strategy: str, group: Group, places: Iterable[Place]) -> list[Place]:
    """The same with the numbers behind each score."""
    return [replace(each, numbers=numbers(db, strategy, group, each.film_id) or {}) for each in places]


def _place(row: sqlite3.Row) -> Place:
    title = row["title"] or row["imdb_id"] or f"film:{row['film_id']}"
    return Place(row["film_id"], row["rank"], row["score"], title, row["release_year"], row["imdb_id"], row["mine"])


def numbers(db: sqlite3.Connection, strategy: str, group: Group, film_id: int) -> Numbers | None:
    """The numbers behind a film's score, `params` as a mapping; None: the film is not in the ranking."""
    question = f"select * from ranking_{_known(strategy)} where cohort_id = ? and film_id = ?"  # noqa: S608 - one of ours
    row = db.execute(question, (group.cohort_id, film_id)).fetchone()
    return None if row is None else {**dict(row), "params": json.loads(row["params"])}


def explained(strategy: str, of: Numbers) -> str:
    """The formula with its numbers, as it may be typed into a calculator."""
    return _FORMULAS[strategy]({name: _short(value) for name, value in of.items()})


def gist(strategy: str, of: Numbers) -> str:
    """The numbers behind a score in few words."""
    return _GISTS[strategy](of)


def compared(left: Sequence[Place], right: Sequence[Place], number: int) -> Compared:
    """Two whole rankings: the films that are among the first of either, in order of their better rank."""
    ranks = [{each.film_id: each.rank for each in side} for side in (left, right)]
    places = {each.film_id: each for each in (*right, *left)}
    firsts = [{film for film, rank in side.items() if rank <= number} for side in ranks]
    shown = sorted(
        firsts[0] | firsts[1],
        key=lambda film: (min(side.get(film, len(places) + 1) for side in ranks), ranks[0].get(film, 0), film),
    )
    rows = [(places[film], ranks[0].get(film), ranks[1].get(film)) for film in shown]
    both = ranks[0].keys() & ranks[1].keys()
    return Compared(rows, len(firsts[0] & firsts[1]), len(both), _spearman(both, ranks[0], ranks[1]))


def _spearman(both: Iterable[int], left: Mapping[int, int], right: Mapping[int, int]) -> float | None:
    """1 − 6 Σ d² / (n (n² − 1)): C. Spearman, "The proof and measurement of association between two things" (1904)."""
    films = sorted(both)
    n = len(films)
    if n < 2:
        return None
    orders = ({film: at for at, film in enumerate(sorted(films, key=side.__getitem__))} for side in (left, right))
    first, second = orders
    return 1 - 6 * sum((first[film] - second[film]) ** 2 for film in films) / (n * (n * n - 1))


def _known(strategy: str) -> str:
    if strategy not in _FORMULAS:
        raise InputError(f'there is no strategy "{strategy}".', todo=f"The strategies are: {', '.join(STRATEGIES)}")
    return strategy


def _short(value: object) -> object:
    return f"{value:.7g}" if isinstance(value, float) else value


def _bayesian(of: Numbers) -> str:
    return "{votes}/({votes}+{m})*{mean} + {m}/({votes}+{m})*{mean_of_all}".format_map(of)


def _wilson(of: Numbers) -> str:
    share = "{positives}/{votes}".format_map(of)
    n, z = of["votes"], of["z"]
    return f"({share} + {z}^2/(2*{n}) - {z}*sqrt(({share}*(1-{share}) + {z}^2/(4*{n}))/{n})) / (1 + {z}^2/{n})"


def _discovery(of: Numbers) -> str:
    mine = _standard("{mean}-{mean_of_films}".format_map(of), of["spread"])
    world = _standard("{world_mean}-{world_mean_of_films}".format_map(of), of["world_spread"])
    return f"{mine} - {world}"


def _recency(of: Numbers) -> str:
    return "({weighted_ratings} + {m}*{mean_of_all}) / ({weights} + {m})".format_map(of)


def _hybrid(of: Numbers) -> str:
    mean = _standard("{mean}-{mean_of_films}".format_map(of), of["spread"])
    seen = _standard("ln({watchers})-{log_mean}".format_map(of), of["log_spread"])
    return "{mean} + {alpha}*{seen} + {beta}*{freshness}".format_map({**of, "mean": mean, "seen": seen})


def _standard(difference: str, spread: object) -> str:
    """A standard score; 0 where all films are alike."""
    return f"({difference})/{spread}" if float(str(spread)) > 0 else "0"


def _z(value: float, mean: float, spread: float) -> float:
    return (value - mean) / spread if spread > 0 else 0.0


def _gist_discovery(of: Numbers) -> str:
    mine = _z(of["mean"], of["mean_of_films"], of["spread"])
    world = _z(of["world_mean"], of["world_mean_of_films"], of["world_spread"])
    return f"v {of['votes']:,} · R {of['mean']:.2f} ({mine:+.2f}) · world {of['world_mean']:.2f} ({world:+.2f})"


_FORMULAS: Mapping[str, Callable[[Numbers], str]] = {
    "bayesian": _bayesian,
    "wilson": _wilson,
    "discovery": _discovery,
    "recency": _recency,
    "hybrid": _hybrid,
}
_GISTS: Mapping[str, Callable[[Numbers], str]] = {
    "bayesian": lambda of: f"v {of['votes']:,} · R {of['mean']:.2f} · C {of['mean_of_all']:.2f} · m {of['m']:,.7g}",
    "wilson": lambda of: f"liked by {of['positives']:,} of {of['votes']:,}",
    "discovery": _gist_discovery,
    "recency": lambda of: f"dated viewings {of['votes']:,} · weight {of['weights']:.2f} · C {of['mean_of_all']:.2f}",
    "hybrid": lambda of: (
        f"R {of['mean']:.2f} ({_z(of['mean'], of['mean_of_films'], of['spread']):+.2f}) · "
        f"watchers {of['watchers']:,} · freshness {of['freshness']:.2f}"
    ),
}
STRATEGIES = tuple(_FORMULAS)
"""How films may be ranked."""
