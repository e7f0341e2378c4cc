"""`film`: all that is known of one film, on one page, each fact with the source it was taken from."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from mwi_crawl.cli import words
from mwi_crawl.cli.asking import WIDTH, film_meant, name_of, silence, text_of
from mwi_crawl.cli.looking import reading
from mwi_crawl.cli.options import Common, common, json_option, settings
from mwi_crawl.cli.terminal import print_json, print_table, say
from mwi_crawl.precedence import FIELDS

if TYPE_CHECKING:
    from mwi_crawl.claims import Choice, Row, Told
    from mwi_crawl.config import Config

LABEL = 18  # columns for the name of a fact
FACTS = (
    "release_date", "end_year", "seasons", "episodes", "status", "certificate", "genres", "countries", "languages",
    "original_language", "collection", "overview", "tagline", "keywords", "companies", "budget", "revenue",
    "box_office", "awards", "popularity", "homepage", "poster",
)  # fmt: skip
CREDITED = {"director": "directors", "writer": "writers", "actor": "cast"}
NAMED = 12  # people, keywords and companies named; of the others only the number
WARNED = 12  # content warnings shown


@dataclass(frozen=True, slots=True)
class Card:
    """What the page shows of a film."""

    told: Told
    fields: Mapping[str, Choice]
    people: list[sqlite3.Row]
    lists: list[sqlite3.Row]


@click.command()
@click.argument("film", nargs=-1, required=True)
@click.option("--spoilers", is_flag=True, help="Also who dies in it, and how.")
@json_option
@common
def film(common: Common, film: tuple[str, ...], spoilers: bool, as_json: bool) -> int:
    """Show all that is known of FILM, and which source each fact is from.

    FILM is an IMDb id, another id (tmdb_movie:603, film:12 for our own number), or a title, with its year if several
    films bear it: Solaris 1972.
    """
    from mwi_crawl import claims
    from mwi_crawl.queries import sql

    config = settings(common, logged=False)
    with reading(config.paths.db) as db:
        film_id = film_meant(db, " ".join(film))
        told = claims.told(db, film_id)
        people = db.execute(sql("read/film_people"), {"film_id": film_id}).fetchall()
        lists = db.execute(sql("read/film_in_lists"), {"film_id": film_id}).fetchall()
    fields = claims.choices(told, config.aggregate.precedence, spoilers=spoilers)
    card = Card(told, fields, people, lists)
    if as_json:
        print_json(_as_data(card, config, spoilers=spoilers))
    else:
        _show(card, config, spoilers=spoilers)
    return 0


def _show(card: Card, config: Config, *, spoilers: bool) -> None:
    say(*_head(card), *_people(card))
    say(*_titled("facts", (line for name in FACTS for line in _fact(card.fields[name]))))
    say(*_titled("scores", _scores(card)), *_titled("credits", _credits(card)))
    say(*_titled("content warnings", _warnings(card)), *_titled("deaths", _deaths(card, spoilers=spoilers)))
    say("", "sources")
    print_table(_sources(card, config), ("source", "state", "answered", "note"))
    notices = (line for notice in _notices(card.told) for line in words.wrapped(notice, WIDTH, " "))
    say(*_titled("notices", notices))


def _head(card: Card) -> Iterator[str]:
    fields, film = card.fields, card.told.film
    title, year = _title(card)
    original = fields["original_title"].value
    yield f"{title} ({year or 'year unknown'})" + (f" · {original}" if original not in (None, title) else "")
    kind = fields["title_type"].value or film["media_type"]
    yield " · ".join(
        part
        for part in (
            text_of("runtime", fields["runtime"].value) if fields["runtime"].chosen else "",
            str(kind or ""),
            *_ids(film),
        )
        if part
    )


def _title(card: Card) -> tuple[Any, Any]:
    """What the film is called, and its year: by the rules, else as it came in."""
    film, fields = card.told.film, card.fields
    return fields["title"].value or film["title"] or name_of(film), fields["release_year"].value or film["release_year"]


def _ids(film: Row) -> Iterator[str]:
    """The film's ids, as they may be typed."""
    if film["imdb_id"]:
        yield str(film["imdb_id"])
    if film["tmdb_id"]:
        yield f"tmdb_{'tv' if film['media_type'] == 'tv' else 'movie'}:{film['tmdb_id']}"
    if film["letterboxd_slug"]:
        yield f"letterboxd:{film['letterboxd_slug']}"
    yield f"film:{film['film_id']}"
    if not film["followed"]:
        yield "not followed"


def _people(card: Card) -> Iterator[str]:
    """What the people of this file said of it, a line each; then the lists of others."""
    users = dict.fromkeys([row["user"] for row in card.people] + [row["user"] for row in card.lists if row["user"]])
    said = {row["user"]: row for row in card.people}
    for user in users:
        lists = [_place(row) for row in card.lists if row["user"] == user]
        parts = [*(_opinion(said[user]) if user in said else ()), *lists]
        yield from _entry(user, " · ".join(parts) or "noted")
    if others := [_place(row) for row in card.lists if not row["user"]]:
        yield from _entry("lists", " · ".join(others))


def _opinion(row: sqlite3.Row) -> Iterator[str]:
    if row["rating"] is not None:
        on = f" on {row['rated_at']}" if row["rated_at"] else ""
        yield f"{row['rating']:g} of 5 stars{on}"
    if row["liked"]:
        yield "liked"
    if row["favourite"]:
        yield "a favourite"
    if row["viewings"]:
        last = f", last on {row['last_watched']}" if row["last_watched"] else ""
        yield f"seen {words.count(row['viewings'], 'time')}{last}"


def _place(row: sqlite3.Row) -> str:
    of = "" if row["user"] else f" ({row['origin']})"
    place = f", number {row['position']}" if row["position"] is not None else ""
    return f"on {row['list']}{of}{place}"


def _fact(choice: Choice) -> Iterator[str]:
    if choice.chosen is None:
        return
    value = choice.value
    shown = _some(value) if isinstance(value, tuple) else text_of(choice.field.name, value)
    yield from _entry(choice.field.name.replace("_", " "), f"{shown} [{choice.chosen}]")


def _some(names: tuple[str, ...]) -> str:
    more = f" … and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


def _entry(label: str, text: str) -> Iterator[str]:
    """A label, and a text in a column of its own beside it."""
    margin = " " * (LABEL + 1)
    first, *rest = words.wrapped(text, WIDTH, margin)
    label = words.cut(label, LABEL - 1)
    yield f" {label}{' ' * (LABEL - words.columns(label))}{first.removeprefix(margin)}"
    yield from rest


def _titled(title: str, lines: Iterator[str]) -> Iterator[str]:
    """Lines below a title; nothing where there are none."""
    if found := list(lines):
        yield from ("", title, *found)


def _scores(card: Card) -> Iterator[str]:
    """One line for each system, with the source that is believed about it."""
    systems = dict.fromkeys(row["system"] for row in card.told.rows["scores"])
    for system in systems:
        rows = {str(row["source"]): row for row in card.told.rows["scores"] if row["system"] == system}
        source = _believed(card, str(system), rows)
        row = rows[source]
        votes = f", {words.count(int(row['votes']), 'vote')}" if row["votes"] is not None else ""
        yield from _entry(str(system), f"{row['value']:g} of {row['scale']:g}{votes} [{source}]")


def _believed(card: Card, system: str, rows: Mapping[str, Row]) -> str:
    """The source that is believed about a system's score; of a system without a rule, any."""
    own = (name for name, each in FIELDS.items() if each.where == (("system", system),))
    chosen = card.fields[next(own, "rating")].chosen
    return chosen if chosen is not None and chosen in rows else min(rows)


def _credits(card: Card) -> Iterator[str]:
    for job, name in CREDITED.items():
        choice = card.fields[name]
        if choice.chosen:
            parts = dict[str, str]()
            for row in card.told.rows["credits"]:
                if row["source"] == choice.chosen and row["job"] == job:
                    parts.setdefault(str(row["name"]), str(row["character"] or ""))
            people = tuple(f"{person} ({part})" if part else person for person, part in parts.items())
            yield from _entry(name, f"{_some(people)} [{choice.chosen}]")


def _warnings(card: Card) -> Iterator[str]:
    """Those that most people voted on."""
    source = card.fields["warnings"].chosen
    rows = [row for row in card.told.rows["content_warnings"] if row["source"] == source]
    voted = [row for row in rows if row["yes"] or row["no"]]
    for row in voted[:WARNED]:
        yes, no = int(row["yes"] or 0), int(row["no"] or 0)
        yield from _entry(f"{yes} yes, {no} no", f"{row['topic']} [{source}]")
    if len(voted) > WARNED:
        yield f" … and {len(voted) - WARNED} more: see v_content_warnings"


def _deaths(card: Card, *, spoilers: bool) -> Iterator[str]:
    rows = card.told.rows["deaths"]
    if rows and not spoilers:
        yield f" {words.count(len(rows), 'actor')} {'dies' if len(rows) == 1 else 'die'} in it. Who and how: --spoilers"
        return
    for row in rows:
        part = f" as {row['character']}" if row["character"] else ""
        how = f": {row['how']}" if row["how"] else ""
        yield from words.wrapped(f"{row['actor']}{part}{how} [{row['source']}]", WIDTH, " ")


def _sources(card: Card, config: Config) -> Iterator[tuple[object, ...]]:
    for source in sorted({*config.sources, *card.told.standing}):
        standing = card.told.standing.get(source, {})
        heard = standing.get("told_at") or standing.get("heard_at")
        state = standing.get("state", "–")
        note = "" if state == "done" else silence(source, card.told, config)
        yield source, state, str(heard)[:10] if heard else "–", note


def _notices(told: Told) -> list[str]:
    """What the terms of the sources shown ask to be said."""
    from mwi_crawl import sources

    kinds = sources.discover()
    return [kinds[name].attribution for name in told.speakers if name in kinds and kinds[name].attribution]


def _as_data(card: Card, config: Config, *, spoilers: bool) -> dict[str, Any]:
    """Everything, for `--json`."""
    told = card.told
    deaths: dict[str, Any] = {"count": len(told.rows["deaths"])}
    return {
        "film": told.film,
        "people": [dict(row) for row in card.people],
        "lists": [dict(row) for row in card.lists],
        "fields": {
            name: {"value": each.value, "source": each.chosen, "date": told.date(each.chosen) if each.chosen else None}
            for name, each in card.fields.items()
        },
        "scores": told.rows["scores"],
        "credits": told.rows["credits"],
        "warnings": told.rows["content_warnings"],
        "deaths": deaths | ({"who": told.rows["deaths"]} if spoilers else {}),
        "sources": {row[0]: {"state": row[1], "answered": row[2], "note": row[3]} for row in _sources(card, config)},
        "notices": _notices(told),
    }
