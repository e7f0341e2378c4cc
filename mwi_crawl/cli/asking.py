"""`why`: what each source says of a film, whom mwi-crawl believes, and why. And which film a person means."""

from __future__ import annotations

import difflib
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from typing import TYPE_CHECKING, Any

import click

from mwi_crawl.cli import words
from mwi_crawl.cli.looking import able, reading
from mwi_crawl.cli.options import Common, common, json_option, settings
from mwi_crawl.cli.terminal import print_json, print_table, say
from mwi_crawl.errors import InputError
from mwi_crawl.precedence import FIELDS, rule

if TYPE_CHECKING:
    from mwi_crawl.claims import Choice, Claim, Told
    from mwi_crawl.config import Config

SHOWN = 20  # films named where several are meant
WIDTH = 100  # columns of a text that is wrapped
ALIKE = 20_000  # titles among which the nearest is looked for; more would take too long
SILENCE = {
    "done": "does not say",
    "absent": "does not have the film",
    "pending": "not asked yet",
    "failed": "gave no answer",
    "broken": "its answer could not be read",
    "no_id": "no id or title to ask it by yet",
    "no_key": "no key",
    "off": "off",
    "bulk": "not loaded: mwi-crawl datasets fetch",
    "able": "not asked yet",
}
_UNITS: Mapping[str, Callable[[Any], str]] = {
    "runtime": "{} min".format,
    "budget": "${:,}".format,
    "revenue": "${:,}".format,
    "box_office": "${:,}".format,
    "votes": "{:,}".format,
    "tmdb_votes": "{:,}".format,
    "adult": lambda value: "yes" if value else "no",
}
Titled = tuple[int, str, int | None]
"""A film's number, one of its titles, its year."""

_BY_ID = re.compile(r"(imdb|tmdb_movie|tmdb_tv|letterboxd|boxd|film):(.+)")
_WITH_YEAR = re.compile(r"(.+?)[ ,]+\(?((?:18|19|20)\d\d)\)?")


def _complete(_context: object, _parameter: object, incomplete: str) -> list[str]:
    return [name for name in FIELDS if name.startswith(incomplete)]


@click.command()
@click.argument("film")
@click.argument("field", required=False, shell_complete=_complete)
@json_option
@common
def why(common: Common, film: str, field: str | None, as_json: bool) -> int:
    """Say which source FIELD of FILM comes from, what the others say, and the rule.

    FILM is an IMDb id, another id (tmdb_movie:603, film:12 for our own number), or a title, with its year if several
    films bear it: "Solaris (1972)". Without FIELD: a line for each field.
    """
    from mwi_crawl import claims

    name = None if field is None else field_named(field)
    config = settings(common, logged=False)
    with reading(config.paths.db) as db:
        told = claims.told(db, film_meant(db, film))
    found = claims.choices(told, config.aggregate.precedence)
    if as_json:
        shown = {key: as_data(choice, told, config) for key, choice in found.items()}
        print_json({"film": told.film} | (shown[name] if name else {"fields": shown}))
    elif name:
        say(*_explained(found[name], told, config))
    else:
        say(f"{told.film['title'] or 'film'} ({told.film['release_year'] or 'year unknown'})")
        _overview(found, told)
    return 0


def film_meant(db: sqlite3.Connection, said: str) -> int:
    """The number of the film a person names by an id or a title. Raises InputError where it is none, or several."""
    from mwi_crawl.identity import imdb_id
    from mwi_crawl.queries import sql

    said = said.strip()
    tagged = _BY_ID.fullmatch(said)
    known = imdb_id(said)
    scheme, value = ("imdb", known) if known else tagged.groups() if tagged else ("film", said)
    by_id = [row[0] for row in db.execute(sql("read/film_by_id"), {"scheme": scheme, "value": value})]
    an_id = bool(known or tagged)
    found = by_id if an_id else [*(by_id if said.isdecimal() else []), *_titled(db, said)]
    found = list(dict.fromkeys(found))
    if len(found) != 1:
        raise _several(db, said, found) if found else _none(db, said, an_id=an_id)
    return int(found[0])


def field_named(said: str) -> str:
    """The field a person means, by its name or its column's. Raises InputError."""
    columns = {each.column: name for name, each in FIELDS.items() if each.table == "film_facts"}
    name = said.lower().replace("-", "_")
    name = columns.get(name, name)
    if name in FIELDS:
        return name
    nearest = difflib.get_close_matches(name, FIELDS, n=1)
    hint = f' Did you mean "{nearest[0]}"?' if nearest else ""
    raise InputError(f'"{said}" is not a field of a film.{hint}', todo=f"The fields are: {', '.join(FIELDS)}")


def text_of(name: str, value: Claim) -> str:
    """A field's value for a person; `–` for unknown."""
    if value is None or value == ():
        return "–"
    if isinstance(value, tuple):
        return ", ".join(value)
    if FIELDS[name].spoiler:
        return f"{value} (who: mwi-crawl film … --spoilers)"
    return _UNITS.get(name, "{:g}".format if isinstance(value, float) else str)(value)


def silence(source: str, told: Told, config: Config) -> str:
    """Why a source says nothing of a field of this film."""
    standing = told.standing.get(source, {})
    state = str(standing.get("state", "able"))
    if state in ("able", "pending", "no_key", "off"):  # how it is now counts, not how it was at the last run
        state = able(config).get(source, "")
    if state == "able" and not told.film["followed"]:
        return "not asked: the film is not followed"
    said = SILENCE.get(state, "not in this version")
    return f"{said}: {standing['reason']}" if state in ("absent", "failed") and standing.get("reason") else said


def as_data(choice: Choice, told: Told, config: Config) -> dict[str, Any]:
    """A choice for `--json`."""
    return {
        "field": choice.field.name,
        "value": choice.value,
        "source": choice.chosen,
        "date": told.date(choice.chosen) if choice.chosen else None,
        "rule": list(choice.order),
        "reason": choice.field.reason,
        "said": {source: {"value": value, "date": told.date(source)} for source, value in choice.said.items()},
        "silent": {source: silence(source, told, config) for source in choice.silent},
    }


def _explained(choice: Choice, told: Told, config: Config) -> Iterator[str]:
    """One field in words: what is believed, then what the others say, then who says nothing."""
    name = choice.field.name
    its_rule = f"rule: {rule(name, choice.order)}"
    value = text_of(name, choice.value)
    chosen = (
        f"chosen: {choice.chosen} ({told.date(choice.chosen) or 'date unknown'})" if choice.chosen else "nobody says"
    )
    short = words.columns(value) <= 30
    margin = " " * (max(9, words.columns(value) + 3) if short else 2)
    if short:
        yield f"{value}{margin[words.columns(value) :]}{chosen}     {its_rule}"
    else:
        yield from words.wrapped(value, WIDTH)
        yield f"{margin}{chosen}     {its_rule}"
    others = [_other(choice, source, told) for source in choice.others]
    if words.columns(margin + " · ".join(others)) <= WIDTH:
        others = [" · ".join(others)]
    for other in filter(None, others):
        yield from words.wrapped(other, WIDTH, margin)
    if choice.silent:
        silent = (f"{source} ({silence(source, told, config)})" for source in choice.silent)
        yield from words.wrapped(f"silent: {', '.join(silent)}", WIDTH, margin)


def _other(choice: Choice, source: str, told: Told) -> str:
    when = told.date(source) or "date unknown"
    aside = "" if source in choice.order else ", not in the rule"
    return f"{source} {text_of(choice.field.name, choice.said[source])} ({when}{aside})"


def _overview(found: Mapping[str, Choice], told: Told) -> None:
    rows = [
        (name, words.cut(text_of(name, choice.value), 44), choice.chosen, told.date(choice.chosen), _also(choice))
        for name, choice in found.items()
        if choice.chosen
    ]
    print_table(rows, ("field", "value", "chosen", "date", "others"))
    for name, choice in found.items():
        if choice.said and not choice.chosen:
            say(f"{name}: said by {', '.join(choice.said)}, whom no rule names")
    if unsaid := [name for name, choice in found.items() if not choice.said]:
        say(*words.wrapped(f"Nobody says: {', '.join(unsaid)}", WIDTH))


def _also(choice: Choice) -> str:
    """The sources that agree, and those that differ with what they say."""
    name = choice.field.name
    return " · ".join(
        f"{source} same" if choice.said[source] == choice.value
        else f"{source} {words.cut(text_of(name, choice.said[source]), 24)}"
        for source in choice.others
    )  # fmt: skip


def _titled(db: sqlite3.Connection, said: str) -> list[int]:
    """The films called so: by the whole title, with its year if one was said, else by a part of it."""
    split = _WITH_YEAR.fullmatch(said)
    asked: list[tuple[str, int | None]] = [(said, None), *([(split[1], int(split[2]))] if split else [])]
    for everywhere in (False, True):  # among all titles only where the words as typed are in none: Amelie, Amélie
        for title, year in asked:
            if exact := _called(_like(db, "" if everywhere else title), title, year):
                return exact
    parts = [(title, year) for title, year in asked if _words(title)]
    found = (_films(row for row in _like(db, title) if _of(row, year)) for title, year in parts)
    alike = (_called(_like(db, ""), title, year, whole=False) for title, year in parts)
    return next(filter(None, chain(found, alike)), [])


def _called(rows: Iterable[Titled], title: str, year: int | None, *, whole: bool = True) -> list[int]:
    """The films with this title, whatever its spelling; not `whole`: with a title that holds it."""
    from mwi_crawl.identity import normalise_title

    wanted = normalise_title(title)
    titles = ((row, normalise_title(row[1])) for row in rows if _of(row, year) and row[1])
    return _films(row for row, known in titles if known == wanted or (not whole and wanted in known))


def _like(db: sqlite3.Connection, title: str) -> list[Titled]:
    """The titles that hold these words in this order; without words, all."""
    from mwi_crawl.queries import sql

    pattern = f"%{'%'.join(_words(title))}%"
    return [(row[0], row[1], row[2]) for row in db.execute(sql("read/films_titled"), {"pattern": pattern})]


def _words(title: str) -> list[str]:
    return re.findall(r"[^\W_]+", title)


def _of(row: Titled, year: int | None) -> bool:
    return year is None or row[2] == year


def _films(rows: Iterable[Titled]) -> list[int]:
    return list(dict.fromkeys(row[0] for row in rows))


def _several(db: sqlite3.Connection, said: str, found: list[int]) -> InputError:
    from mwi_crawl.queries import sql

    films = [db.execute(sql("read/film"), {"film_id": film_id}).fetchone() for film_id in found[:SHOWN]]
    lines = [
        f"  {name_of(film):<20} {film['title'] or '–'} ({film['release_year'] or 'year unknown'})" for film in films
    ]
    more = [f"  … and {len(found) - SHOWN} more"] if len(found) > SHOWN else []
    head = f'"{said}" may mean {len(found)} films:'
    return InputError("\n".join([head, *lines, *more]), todo="Say which, by the first word of its line.")


def name_of(film: Mapping[str, Any] | sqlite3.Row) -> str:
    """A film's shortest unmistakable name on the command line."""
    return str(film["imdb_id"] or f"film:{film['film_id']}")


def _none(db: sqlite3.Connection, said: str, *, an_id: bool) -> InputError:
    if an_id:
        return InputError(f"no film with the id {said} is known.", todo="Import it first: mwi-crawl import ids -")
    titles = list({row[1] for row in _like(db, "") if row[1]})
    alike = difflib.get_close_matches(said, titles, n=3, cutoff=0.7) if len(titles) <= ALIKE else []
    hint = f" Did you mean {', '.join(alike)}?" if alike else ""
    return InputError(f'no film called "{said}" is known.{hint}', todo="Name it by its IMDb id, or import it first.")
