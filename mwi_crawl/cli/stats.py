"""`stats`: a life in films, in figures. It reads what `aggregate` made, beside a running crawl."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import click

from mwi_crawl.cli import words
from mwi_crawl.cli.lives import BY, WIDTH, Life, lives, percent, stars, titled
from mwi_crawl.cli.options import Common, common, gathering, json_option
from mwi_crawl.cli.terminal import print_json, print_table, say

DOGS = "a dog dies"
VOTES, SHARE = 20, 80  # content warnings: votes and percent of yes from which a film is certain (film_warnings)
VIEWS: Mapping[str, str] = {
    "genres": "The genres seen most, and how they were liked.",
    "countries": "The countries of the films.",
    "languages": "The languages spoken in the films.",
    "decades": "The decades the films are from.",
    "lengths": "How long the films were.",
    "months": "The months in which films were seen.",
    "weekdays": "The weekdays on which films were seen.",
    "best": "The films liked best.",
    "worst": "The films liked least.",
    "streaks": "The longest streaks of days with a film.",
    "gaps": "The longest times without one.",
    "in-a-row": "Directors and actors seen one film after the other.",
    "phases": "Times in which one person, or long or short films, dominate.",
    "milestones": "The 1st, 50th, 100th … film.",
    "rewatches": "Discoveries and films seen again, by year.",
    "drift": "Stars beside IMDb's rating, by year (of ten).",
    "taste": "Stars beside IMDb's rating, by genre (of ten).",
    "lists": "How much of each list and series of films was seen.",
    "blindspots": "Well-ranked films of favourite people, not seen yet.",
    "warnings": "What somebody may not want to see, and in how many films it happens.",
}
PEOPLE = {"directors": "director", "actors": "actor"}
PERCENT = ("share",)


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose films, of which year, by which kind of date, and how many rows."""

    user: str | None = None
    year: int | None = None
    dates: str | None = None
    top: int = 20
    as_json: bool = False


_BOUNDS = click.IntRange(1870, 2200)
whose = gathering(
    (
        click.option("--user", metavar="NAME", help="Whose films; without it everybody's, one after the other."),
        click.option("--year", type=_BOUNDS, metavar="YYYY", help="Only this year."),
        click.option("--dates", type=click.Choice(["viewing", "rated"]), help="By dates of viewings, or of ratings."),
        click.option("--top", type=click.IntRange(min=1), default=20, show_default=True, help="At most so many rows."),
        json_option,
    ),
    "whose",
    ("user", "year", "dates", "top", "as_json"),
    Whose,
)


@click.group(invoke_without_command=True)
@click.option("--person", metavar="NAME", help="What was seen of a director or actor.")
@whose
@common
@click.pass_context
def stats(context: click.Context, common: Common, whose: Whose, person: str | None) -> int:
    """Your life in films, in figures: each year, or one (--year).

    Only honest dates count: what is left out is told with its reason. Spoilers are shown only where you ask for them.
    """
    if context.invoked_subcommand is not None:
        return 0
    if person is not None:
        return _each(common, whose, lambda life: _person(life, person), _show_person)
    return _each(common, whose, lambda life: _years(life, whose), _show_years)


@stats.command()
@whose
@common
def dogs(common: Common, whose: Whose) -> int:
    """In how many of the films a dog dies (and no word about which)."""

    def asked(life: Life) -> dict[str, Any]:
        rows = life.ask("topic", year=whose.year, topic=DOGS)
        return {"topic": DOGS, "year": whose.year, "periods": {row["period"]: row for row in rows}}

    return _each(common, whose, asked, _show_dogs)


@stats.command()
@click.option("--by", "by", type=click.Choice(["actor", "film", "manner"]), default="actor", show_default=True,
              help="With --spoilers: counted by what.")  # fmt: skip
@click.option("--spoilers", is_flag=True, help="Also who dies, in which film, or how.")
@whose
@common
def deaths(common: Common, whose: Whose, by: str, spoilers: bool) -> int:
    """How many deaths were on screen; who died most often, with --spoilers."""

    def asked(life: Life) -> dict[str, Any]:
        found: dict[str, Any] = {"deaths": next(iter(life.ask("deaths")), None), "by": by}
        return found | ({"most": life.ask("deaths_by", counted_by=by, top=whose.top)} if spoilers else {})

    if whose.year is not None:
        raise click.UsageError("Deaths are counted over all films seen, not by year.")
    return _each(common, whose, asked, _show_deaths)


def _view(name: str, about: str, question: str, **more: str) -> click.Command:
    """A command that shows the answer to one question as a table."""

    @click.command(name, help=about)
    @whose
    @common
    def command(common: Common, whose: Whose) -> int:
        def asked(life: Life) -> dict[str, Any]:
            return {name: life.ask(question, year=whose.year, top=whose.top, **more)}

        return _each(common, whose, asked, lambda life, found: _show_rows(life, found[name]))

    return command


for _name, _about in VIEWS.items():
    stats.add_command(_view(_name, _about, _name.replace("-", "_")))
for _name, _job in PEOPLE.items():
    stats.add_command(_view(_name, f"The {_name} of the films seen most.", "worked_with", job=_job))


def _each(
    given: Common, whose: Whose, asked: Callable[[Life], dict[str, Any]], show: Callable[[Life, dict[str, Any]], None]
) -> int:
    """Ask for each person, and show it; as JSON an object with a member for each. Returns the exit code."""
    with lives(given, whose.user, whose.dates) as people:
        found = [(life, asked(life)) for life in people]
    if whose.as_json:
        data = {life.name: {"dates": life.dates, **answer, "not_shown": life.missing} for life, answer in found}
        print_json(data)
        return 0
    for number, (life, answer) in enumerate(found):
        if len(found) > 1:
            say(*([""] if number else []), f"{life.name}:")
        show(life, answer)
        say(*life.not_shown())
    return 0


def _years(life: Life, whose: Whose) -> dict[str, Any]:
    return {
        "years": life.ask("years", year=whose.year),
        "seen": next(iter(life.ask("not_counted")), None),
        "left_out": life.ask("left_out"),
        "year": whose.year,
    }


def _show_years(life: Life, found: dict[str, Any]) -> None:
    years, year = found["years"], found["year"]
    if not years:
        say(f"{year or 'No year'}: nothing with a usable date.")
    elif year is not None:
        say(year_line(life, years[0]))
    else:
        rows = [
            (row["year"], row["viewings"], row["films"], row["rewatches"], _hours(row), row["mean_rating"],
             row["genres"], row["countries"], row["languages"])
            for row in years
        ]  # fmt: skip
        header = ("year", watches(life), "films", "rewatches", "hours", "stars", "genres", "countries", "languages")
        print_table(rows, header)
    say(*not_counted(life, found["seen"], found["left_out"], margin="      "))


def year_line(life: Life, row: Mapping[str, Any]) -> str:
    """One year in a line."""
    again = f", {words.count(row['rewatches'], 'rewatch', 'rewatches')}" if row["rewatches"] is not None else ""
    hours = f" · {row['hours']:,.0f} h" if row["hours"] is not None else ""
    if hours and row["without_runtime"]:
        hours += f" ({row['without_runtime']:,} of unknown length)"
    seen = f"{row['viewings']:,} {watches(life, row['viewings'])}, {words.count(row['films'], 'film')}{again}"
    places = f"{words.count(row['languages'], 'language')} · {words.count(row['countries'], 'country', 'countries')}"
    return f"{row['year']}: {seen}{hours} · {places}"


def not_counted(
    life: Life, seen: Mapping[str, Any] | None, left_out: Sequence[Mapping[str, Any]], margin: str = " "
) -> Iterator[str]:
    """What no year counts, and why; and by which dates the others are counted."""
    if seen and seen["not_counted"]:
        verb = "have" if seen["not_counted"] > 1 else "has"
        what = "watch date" if life.dates == "viewing" else "date of rating"
        head = f"{seen['not_counted']:,} of {words.count(seen['films'], 'film')} {verb} no usable {what}"
        yield f"{margin}{head} and {'are' if seen['not_counted'] > 1 else 'is'} not counted here"
        why = ", ".join(f"{row['reason']} ({row['films']:,})" for row in left_out if row["films"])
        if why:
            yield from words.wrapped(f"reasons: {why}", WIDTH, margin)
    if life.dates == "rated":
        yield from words.wrapped(f"Counted {BY['rated']}.", WIDTH, margin)


def watches(life: Life, number: int = 2) -> str:
    """What is counted: watches, or ratings where only their days are known."""
    word = "watch" if life.dates == "viewing" else "rating"
    return word if number == 1 else f"{word}es" if word == "watch" else f"{word}s"


def _hours(row: Mapping[str, Any]) -> str:
    return "–" if row["hours"] is None else f"{row['hours']:,.0f}"


def _person(life: Life, said: str) -> dict[str, Any]:
    from mwi_crawl.identity import normalise_title

    names = {normalise_title(row["name"]): row["name"] for row in reversed(life.ask("names"))}
    name = names.get(normalise_title(said))
    if name is None:
        return {"person": None, "said": said, "alike": _alike(normalise_title(said), names)}
    return {
        "person": name,
        "jobs": life.ask("person", name=name),
        "films": life.ask("person_films", name=name),
        "not_seen": life.ask("person_unseen", name=name),
    }


def _alike(said: str, names: Mapping[str, str]) -> list[str]:
    """Names like the one that was said, for who has seen no film of theirs."""
    close = difflib.get_close_matches(said, names, n=3) or [name for name in names if said in name][:3]
    return [names[name] for name in close]


def _show_person(life: Life, found: dict[str, Any]) -> None:
    if found["person"] is None:
        hint = f" Did you mean {', '.join(found['alike'])}?" if found["alike"] else ""
        say(f'No film of "{found["said"]}" was seen.{hint}')
        return
    say(found["person"])
    for row in found["jobs"]:
        beside = f", {row['beside_imdb']:+.1f} beside IMDb's rating" if row["beside_imdb"] is not None else ""
        liked = f", {stars(row['mean_rating'])} ({row['rated']} rated){beside}" if row["rated"] else ""
        say(
            f" {row['job']}: {words.count(row['films'], 'film')} seen, {words.count(row['viewings'], 'viewing')}{liked}"
        )
    if found["films"]:
        rows = [(row["release_year"], row["title"], row["rating"], row["imdb_rating"]) for row in found["films"]]
        print_table(rows, ("year", "title", "stars", "IMDb"))
    if found["not_seen"]:
        films = ", ".join(f"{titled(row)} {row['score']:g}" for row in found["not_seen"])
        say(*words.wrapped(f"Not seen yet: {films}", WIDTH, " "))


def _show_dogs(life: Life, found: dict[str, Any]) -> None:
    periods, year = found["periods"], found["year"]
    every = periods.get("all")
    if not periods:
        if not life.missing:
            say(f'Nobody voted on "{DOGS}" about any film you saw.')
        return
    row = periods.get(str(year)) if year else every
    if row is None:
        say(f'Nobody voted on "{DOGS}" about the films you saw in {year}.')
    else:
        clear = f"{row['films_certain']} with >= {VOTES} votes and > {SHARE} % yes"
        films = f"{row['films_likely']} of the {words.count(row['films'], 'film')} you saw"
        say(f"A dog dies in {films}{f' in {year}' if year else ''} ({percent(row['share_likely'])}; {clear}).")
        say(f" About {row['films'] - row['films_voted']:,} of these nobody voted.")
    if year and every:
        say(f" All time: {percent(every['share_likely'])}.")
    say(" Powered by DoesTheDogDie.com")


def _show_deaths(life: Life, found: dict[str, Any]) -> None:
    row = found["deaths"]
    if row is None:
        if not life.missing:
            say("No death is known in the films you saw.")
        return
    films = f"{row['films']:,} of the {words.count(row['films_seen'], 'film')} you saw"
    say(f"{words.count(row['deaths'], 'death')} on screen, in {films}.")
    if "most" not in found:
        say(" Who and how: --spoilers")
    else:
        most = " · ".join(f"{each['what']} {each['deaths']}" for each in found["most"])
        say(*words.wrapped(f"Most deaths on your screen by {found['by']}: {most}", WIDTH, " "))
    say(" source: Cinemorgue (CC BY-SA 3.0)")


def _show_rows(life: Life, rows: Sequence[Mapping[str, Any]]) -> None:
    if not rows:
        say(*([] if life.missing else ["Nothing to show."]))
        return
    shown = [[percent(row[name]) if name in PERCENT else row[name] for name in row] for row in rows]
    print_table(shown, [name.replace("_", " ") for name in rows[0]])
