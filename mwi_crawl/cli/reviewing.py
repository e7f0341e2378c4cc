"""`review`: one year in films, as a text to read. It reads what `aggregate` made, beside a running crawl."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import click

from mwi_crawl.cli import words
from mwi_crawl.cli.lives import WIDTH, Life, lives, percent, stars, titled
from mwi_crawl.cli.options import Common, common, json_option
from mwi_crawl.cli.stats import not_counted, watches, year_line
from mwi_crawl.cli.terminal import print_json, say

LABEL = 16  # columns for what a line is about
BAR = 40  # columns of the longest bar
SHOWN = 5  # films, people and places named of each kind
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
ONCE = 2  # films of one person from which on it is more than chance
Rows = Sequence[Mapping[str, Any]]


@click.command()
@click.argument("year", type=click.IntRange(1870, 2200))
@click.option("--user", metavar="NAME", help="Whose year; without it everybody's, one after the other.")
@click.option("--spoilers", is_flag=True, help="Also who died on screen.")
@json_option
@common
def review(common: Common, year: int, user: str | None, spoilers: bool, as_json: bool) -> int:
    """A YEAR in films, worth reading: months, favourites, people, places.

    It reads only the tables that `aggregate` made. What is missing is named at the end, with what would fill it.
    """
    with lives(common, user) as people:
        found = [(life, _asked(life, year, spoilers=spoilers)) for life in people]
    if as_json:
        print_json({life.name: {"year": year, "dates": life.dates, **year_of} for life, year_of in found})
        return 0
    for number, (life, year_of) in enumerate(found):
        if number:
            say("", "")
        say(*_text(life, year, year_of))
    return 0


def _asked(life: Life, year: int, *, spoilers: bool) -> dict[str, Any]:
    """Everything that is told of a year, by the part of the text."""
    few = ("best", "worst", "genres", "countries", "languages", "decades", "streaks", "gaps", "in_a_row", "phases")
    found: dict[str, Any] = {name: life.ask(name, year=year, top=SHOWN) for name in few}
    whole = ("lengths", "months", "weekdays", "milestones", "rewatches", "drift")
    found |= {name: life.ask(name, year=year) for name in (*whole, "first_and_last")}
    found |= {f"{job}s": life.ask("worked_with", year=year, job=job, top=SHOWN) for job in ("director", "actor")}
    found |= {"years": life.ask("years"), "left_out": life.ask("left_out"), "deaths": life.ask("deaths")}
    found |= {"warnings": life.ask("warnings", year=year, top=SHOWN), "seen": life.ask("not_counted")}
    if spoilers:
        found["deaths_by"] = life.ask("deaths_by", counted_by="actor", top=SHOWN)
    return {**found, "not_shown": dict(life.missing)}


def _text(life: Life, year: int, found: Mapping[str, Any]) -> Iterator[str]:
    title = f"{life.name}'s {year} in films"
    yield from (title, "=" * words.columns(title))
    this = next((row for row in found["years"] if row["year"] == year), None)
    if this is None:
        known = ", ".join(str(row["year"]) for row in found["years"])
        yield f"Nothing with a usable date in {year}." + (f" The years there are: {known}" if known else "")
    else:
        yield from _opening(life, this, found)
        yield from _part("By month", _bars(life, found["months"]))
        yield from _part("Films", _films(found))
        yield from _part("People", _people(found))
        yield from _part("What they were", _kinds(found))
        yield from _part("When", _rhythm(life, found))
        yield from _part("Beside others", _beside(found))
        yield from _part("On screen", _screen(year, found))
    yield from _part("Not counted", not_counted(life, next(iter(found["seen"]), None), found["left_out"]))
    yield from _part("Not shown", life.not_shown())


def _part(title: str, lines: Iterator[str]) -> Iterator[str]:
    """Lines under a title; nothing where there are none."""
    told = list(lines)
    if told:
        yield from ("", title, *told)


def _opening(life: Life, this: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[str]:
    yield f" {year_line(life, this)}"
    days = f"On {words.count(this['days'], 'day')}" if this["days"] else "On unknown days"
    liked = f", {stars(this['mean_rating'])} on average" if this["mean_rating"] is not None else ""
    made = f", made in {this['mean_release_year']} on average" if this["mean_release_year"] else ""
    yield f" {days}{liked}{made}."
    before = next((row for row in found["years"] if row["year"] == this["year"] - 1), None)
    if before:
        more = this["viewings"] - before["viewings"]
        than = f"{abs(more)} {'more' if more > 0 else 'fewer'} than" if more else "as many as"
        yield f" {than} the year before.".capitalize()


def _bars(life: Life, rows: Rows) -> Iterator[str]:
    """A bar for each month, the longest of the width that there is."""
    most = max((row["viewings"] for row in rows), default=0)
    by_month = {row["month"]: row["viewings"] for row in rows}
    for number, name in enumerate(MONTHS if rows else (), start=1):
        seen = by_month.get(number, 0)
        bar = "█" * (round(BAR * seen / most) if most > BAR else seen)
        yield f"  {name} {bar} {seen or '–'}".rstrip()


def _films(found: Mapping[str, Any]) -> Iterator[str]:
    for row, what in zip(found["first_and_last"], ("first", "last"), strict=False):
        yield from _line(what, f"{titled(row)}, {row['seen_on']}, {stars(row['rating'])}")
    best = [row for row in found["best"] if row["rating"] is not None]
    yield from _line("best liked", *(f"{titled(row)} {row['rating']:g}" for row in best))
    named = {row["title"] for row in best}
    worst = (row for row in found["worst"] if row["title"] not in named)
    yield from _line("least liked", *(f"{titled(row)} {row['rating']:g}" for row in worst))
    yield from _line("milestones", *(f"{row['number']:,}. of all {row['counted']}: {titled(row)}, {row['day']}"
                                     for row in found["milestones"]))  # fmt: skip
    for row in found["rewatches"]:
        if row["rewatches"]:
            again = f" ({stars(row['rewatch_rating'])}; new ones {stars(row['discovery_rating'])})"
            yield from _line("seen again", f"{row['rewatches']} of {row['viewings']}{again}")


def _people(found: Mapping[str, Any]) -> Iterator[str]:
    for job in ("directors", "actors"):
        often = (row for row in found[job] if row["films"] >= ONCE)
        yield from _line(job, *(f"{row['name']} {row['films']} ({stars(row['mean_rating'])})" for row in often))
    yield from _line("in a row", *(f"{row['viewings']} with {row['name']} from {row['started_on']}"
                                   for row in found["in_a_row"]))  # fmt: skip
    yield from _line("phases", *(f"{row['what']}, {row['started_on']} to {row['ended_on']}" for row in found["phases"]))


def _kinds(found: Mapping[str, Any]) -> Iterator[str]:
    for part, name in (("genres", "genre"), ("countries", "country"), ("languages", "language"), ("decades", "decade")):
        suffix = "s" if part == "decades" else ""
        yield from _line(part, *(f"{row[name]}{suffix} {row['viewings']} ({row['share'] * 100:.0f} %)"
                                 for row in found[part]))  # fmt: skip
    yield from _line("lengths", *(f"{row['length']} {row['viewings']}" for row in found["lengths"]))


def _rhythm(life: Life, found: Mapping[str, Any]) -> Iterator[str]:
    yield from _line("weekdays", *(f"{row['weekday']} {row['viewings']}" for row in found["weekdays"]))
    for row in found["streaks"][:1]:
        days = f"{row['days']} days in a row, {row['first_day']} to {row['last_day']}"
        yield from _line("longest streak", f"{days} ({row['viewings']} {watches(life)})")
    for row in found["gaps"][:1]:
        vague = f"; {row['may_lie_in_it']} without a day may lie in it" if row["may_lie_in_it"] else ""
        days = words.count(row["days"], "day")
        yield from _line("longest gap", f"{days}, {row['last_day']} to {row['next_day']}{vague}")


def _beside(found: Mapping[str, Any]) -> Iterator[str]:
    for row in found["drift"]:
        kind = "kinder" if row["difference"] > 0 else "harsher"
        films = words.count(row["compared"], "film")
        text = f"{row['mine']:.1f} of 10, IMDb {row['imdb']:.1f}: {abs(row['difference']):.1f} {kind} ({films})"
        yield from _line("your stars", text)


def _screen(year: int, found: Mapping[str, Any]) -> Iterator[str]:
    often = [row for row in found["warnings"] if row["films_likely"]]
    if often:
        told = (f"{row['topic']} {row['films_likely']} ({percent(row['share'])})" for row in often)
        yield from _line("happens", *told)
        yield from _line("", "Powered by DoesTheDogDie.com")
    for row in found["deaths"]:
        films = f"in {row['films']:,} of {words.count(row['films_seen'], 'film')}, all years together"
        yield from _line("deaths", f"{row['deaths']:,} {films}; source: Cinemorgue (CC BY-SA 3.0)")
    if by := found.get("deaths_by"):
        yield from _line("who", *(f"{row['what']} {row['deaths']}" for row in by))


def _line(label: str, *parts: str) -> Iterator[str]:
    """`  genres          Drama 12 · Crime 3`, in as many lines as it takes; nothing where there are no parts."""
    lines: list[str] = []
    for part in parts:
        if lines and words.columns(lines[-1]) + words.columns(part) + 3 <= WIDTH - LABEL - 2:
            lines[-1] += f" · {part}"
        else:
            lines += words.wrapped(part, WIDTH - LABEL - 2)
    for number, line in enumerate(lines):
        yield f"  {'' if number else label:<{LABEL}}{line}"
