"""`rank`: films ranked by what the world, a cohort or a person thinks of them; and why a film stands where it does."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from mwi_crawl.cli import words
from mwi_crawl.cli.asking import film_meant
from mwi_crawl.cli.looking import reading
from mwi_crawl.cli.options import Common, common, json_option, look, settings
from mwi_crawl.cli.terminal import print_json, print_table, say
from mwi_crawl.errors import InputError

if TYPE_CHECKING:
    from mwi_crawl.aggregate.ranking import Compared, Group, Place
    from mwi_crawl.config import Config

STRATEGIES = ("bayesian", "wilson", "discovery", "recency", "hybrid")  # as aggregate has them, which is heavy to import
READ_BY = {"recency": ("hybrid",)}  # what is computed from a ranking, and would be older than it
MOST_GROUPS = 12  # groups named by compute

_strategy = click.Choice(STRATEGIES)
_cohort = click.option(
    "--cohort", default="world", show_default=True, metavar="LABEL", help="Whose: a cohort, a person."
)


@click.group()
def rank() -> None:
    """Films by what the world, a cohort or a person thinks of them.

    \b
    bayesian   mean rating, drawn towards the mean of all where votes are few
    wilson     share of people who like it, at the least
    discovery  liked more by the group than by the world
    recency    mean rating in which the newest viewings weigh most
    hybrid     how good, how many have seen it, how lately

    `aggregate` computes them all; their parameters are in config.toml,
    [ranking.STRATEGY] and [cohorts.LABEL.ranking.STRATEGY].
    """


@rank.command()
@click.option("--strategy", type=_strategy, required=True, help="Which ranking.")
@click.option("--cohort", metavar="LABEL", help="Whom --param is for; without it, everybody.")
@click.option("--param", "said", multiple=True, metavar="NAME=VALUE", help="Another parameter (may be repeated).")
@common
def compute(common: Common, strategy: str, cohort: str | None, said: tuple[str, ...]) -> int:
    """Compute one ranking anew, from the ratings as they are now.

    A --param holds until the ranking is computed again, here or by `aggregate`; to keep it, put it into config.toml.
    """
    from mwi_crawl.cli.aggregating import make_tables

    config = _with_parameters(common, strategy, cohort, said)
    with reading(config.paths.db) as db:
        _see_group(db, cohort)
        whole = _is_made(db)
    anew = [f"ranking_{strategy}", *(f"ranking_{other}" for other in READ_BY.get(strategy, ()))]
    made = asyncio.run(make_tables(config, anew if whole else ["v_rankings"]))
    with reading(config.paths.db) as db:
        if not common.quiet:
            say(*_computed(db, strategy, cohort, made.seconds, common.again))
    return 0


@rank.command()
@click.argument("strategy", type=_strategy)
@_cohort
@click.option("--top", type=click.IntRange(min=1), default=10, show_default=True, help="So many films.")
@json_option
@common
def show(common: Common, strategy: str, cohort: str, top: int, as_json: bool) -> int:
    """The best films by STRATEGY, with the numbers behind their scores.

    Scores of the world are of ten, those of people in stars, 0.5 to 5; the head of the list says which.
    """
    from mwi_crawl.aggregate import ranking

    with reading(look(common)) as db:
        known = ranking.groups(db)
        group = ranking.group_named(known, cohort)
        places = ranking.with_numbers(db, strategy, group, ranking.top(db, strategy, group, top))
    if as_json:
        print_json({"cohort": cohort, "strategy": strategy, "scale": _scale(strategy, group),
                    "films": [_as_data(each) for each in places]})  # fmt: skip
    elif not places:
        say(f"{strategy} · {cohort}: no film is ranked, as {ranking.NOTHING[strategy]}.")
        if others := [label for label in known if label != cohort][:MOST_GROUPS]:
            say(
                f"For others: mwi-crawl rank show {strategy} --cohort {others[0]}{common.again}   ({', '.join(others)})"
            )
    else:
        say(_head(strategy, group, places[0]))
        rows = [_shown(strategy, group, each) for each in places]
        mine = any(row[3] for row in rows)
        header = ("", "score", "film", "mine", "because")
        print_table([row if mine else (*row[:3], row[4]) for row in rows], header if mine else (*header[:3], header[4]))
    return 0


@rank.command()
@click.argument("film")
@click.option("--strategy", type=_strategy, help="Only this one.")
@click.option("--cohort", metavar="LABEL", help="Only this group's; without it, everybody's.")
@json_option
@common
def explain(common: Common, film: str, strategy: str | None, cohort: str | None, as_json: bool) -> int:
    """Why FILM has its scores: each formula with its numbers.

    FILM is an IMDb id, another id (tmdb_movie:603, film:12 for our own number), or a title, with its year if several
    films bear it: "Solaris (1972)".
    """
    from mwi_crawl.aggregate import ranking

    with reading(look(common)) as db:
        found = ranking.groups(db)
        film_id = film_meant(db, film)
        asked = [ranking.group_named(found, cohort)] if cohort else list(found.values())
        title = db.execute("select title, release_year from film_details where film_id = ?", (film_id,)).fetchone()
        told = [
            (group, name, numbers)
            for group in asked
            for name in ([strategy] if strategy else STRATEGIES)
            if (numbers := ranking.numbers(db, name, group, film_id)) is not None
        ]
    if as_json:
        print_json([{"cohort": group.label, "strategy": name, **numbers} for group, name, numbers in told])
        return 0
    say(f"{title[0] or '–'} ({title[1] or 'year unknown'})" if title else f"film:{film_id}")
    for group, name, numbers in told:
        formula = ranking.explained(name, numbers)
        place = f"{numbers['rank']:,} of {group.films[name]:,}"
        say(f" {name} {numbers['score']:.2f} = {formula}   {group.label}, place {place}, {_scale(name, group)}")
    if not told:
        say(f" in no ranking of {cohort or 'anybody'}{f' by {strategy}' if strategy else ''}")
    return 0


@rank.command()
@click.argument("one", metavar="A", type=_strategy)
@click.argument("other", metavar="B", type=_strategy)
@_cohort
@click.option("--top", type=click.IntRange(min=1), default=10, show_default=True, help="The first so many of each.")
@json_option
@common
def compare(common: Common, one: str, other: str, cohort: str, top: int, as_json: bool) -> int:
    """Two strategies side by side: the films that either puts first."""
    from mwi_crawl.aggregate import ranking

    with reading(look(common)) as db:
        group = ranking.group_named(ranking.groups(db), cohort)
        sides = [ranking.top(db, name, group, None) for name in (one, other)]
    found = ranking.compared(sides[0], sides[1], top)
    if as_json:
        films = [{**_film(place), one: left, other: right} for place, left, right in found.rows]
        print_json({"cohort": cohort, "shared": found.shared, "films_in_both": found.both,
                    "spearman": found.correlation, "films": films})  # fmt: skip
        return 0
    for name, side in zip((one, other), sides, strict=True):
        if not side:
            say(f"{name} · {cohort}: no film is ranked, as {ranking.NOTHING[name]}.")
    _show_compared(found, one, other, cohort, top)
    return 0


def _show_compared(found: Compared, one: str, other: str, cohort: str, number: int) -> None:
    alike = "–" if found.correlation is None else f"{found.correlation:.2f}"
    say(
        f"{one} and {other} · {cohort} · the first {number} share {words.count(found.shared, 'film')} · "
        f"rank correlation {alike} (Spearman, {words.count(found.both, 'film')})"
    )
    if found.rows:
        print_table(
            [(left, right, _move(left, right), _titled(place)) for place, left, right in found.rows],
            (one, other, "", "film"),
        )


def _move(left: int | None, right: int | None) -> str:
    """How far the second ranking moves a film, up or down."""
    if left is None or right is None or left == right:
        return ""
    return f"{'▲' if right < left else '▼'} {abs(left - right):,}"


def _with_parameters(given: Common, strategy: str, cohort: str | None, said: Sequence[str]) -> Config:
    """The settings with the command line's parameters for one group, or for everybody. Raises ConfigError."""
    parameters: dict[str, Any] = {}
    for each in said:
        name, mark, value = each.partition("=")
        if not (name and mark and value):
            raise click.BadParameter(f"{each} is not NAME=VALUE, like m=25.", param_hint="--param")
        parameters[name.strip()] = value.strip()
    if not parameters:
        return settings(given)
    own: Mapping[str, object] = {"ranking": {strategy: parameters}}
    if cohort is not None:
        return settings(given, {"cohorts": {cohort: own}})
    labels = settings(given).cohorts
    return settings(given, {**own, "cohorts": dict.fromkeys(labels, own)})  # type: ignore[dict-item]


def _see_group(db: sqlite3.Connection, cohort: str | None) -> None:
    from mwi_crawl.queries import sql

    labels = [row[0] for row in db.execute(sql("read/groups_to_rank"))]
    if cohort is not None and cohort not in labels:
        raise InputError(
            f'there is no cohort or person "{cohort}".',
            safe="Nothing was computed.",
            todo=f"There are: {', '.join(labels[:20])}",
        )


def _is_made(db: sqlite3.Connection) -> bool:
    return db.execute("select 1 from sqlite_master where name = 'v_rankings'").fetchone() is not None


def _computed(db: sqlite3.Connection, strategy: str, cohort: str | None, seconds: float, where: str) -> Iterator[str]:
    from mwi_crawl.aggregate import ranking

    groups = ranking.groups(db)
    shown = [groups[cohort]] if cohort in groups else list(groups.values())[:MOST_GROUPS]
    for group in shown:
        places = ranking.with_numbers(db, strategy, group, ranking.top(db, strategy, group, 1))
        params = f"   {_params(places[0])}" if places else f"   ({ranking.NOTHING[strategy]})"
        yield f" {group.label}: {words.count(group.films.get(strategy, 0), 'film')}{params}"
    if cohort not in groups and len(groups) > len(shown):
        yield f" … and {len(groups) - len(shown)} more"
    whose = f" --cohort {cohort}" if cohort in groups else ""
    yield f"{strategy} computed in {words.duration(seconds)}.   Next: mwi-crawl rank show {strategy}{whose}{where}"


def _head(strategy: str, group: Group, first: Place) -> str:
    computed = words.moment(str(first.numbers["computed_at"]))
    films = words.count(group.films[strategy], "film")
    return f"{strategy} · {group.label} · {_scale(strategy, group)} · {films} · {_params(first)} · computed {computed}"


def _params(place: Place) -> str:
    return ", ".join(
        f"{name} {value:,.7g}" if isinstance(value, int | float) else f"{name} {value}"
        for name, value in place.numbers["params"].items()
    )


def _scale(strategy: str, group: Group) -> str:
    """What the scores are."""
    from mwi_crawl.aggregate.ranking import UNITS

    return UNITS.get(strategy) or ("of ten, from public votes" if group.kind == "world" else "in stars")


def _shown(strategy: str, group: Group, place: Place) -> tuple[object, ...]:
    from mwi_crawl.aggregate.ranking import gist

    mine = "" if place.mine is None else f"{place.mine * group.scale / 5:g}"
    score = f"{place.score:+.2f}" if strategy in ("discovery", "hybrid") else f"{place.score:.2f}"
    return place.rank, score, _titled(place), mine, gist(strategy, place.numbers)


def _titled(place: Place) -> str:
    return f"{place.title} ({place.year})" if place.year else place.title


def _film(place: Place) -> dict[str, Any]:
    return {"film_id": place.film_id, "imdb_id": place.imdb_id, "title": place.title, "year": place.year}


def _as_data(place: Place) -> dict[str, Any]:
    """A place for `--json`; `mine` in stars."""
    return {"rank": place.rank, "score": place.score, **_film(place), "mine": place.mine, "numbers": place.numbers}
