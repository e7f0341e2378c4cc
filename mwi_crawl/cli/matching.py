"""`match`: which film a title means, where only a person can tell."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

import click

from mwi_crawl.cli import words
from mwi_crawl.cli.asking import film_meant, name_of
from mwi_crawl.cli.deciding import Review, sure, tag, write
from mwi_crawl.cli.looking import ask, reading
from mwi_crawl.cli.options import Common, common, json_option, look, settings
from mwi_crawl.cli.terminal import print_json, print_table, say
from mwi_crawl.errors import InputError, MwiError

if TYPE_CHECKING:
    from mwi_crawl.config import Config
    from mwi_crawl.decisions import Decided

UNCHANGED = "Nothing was changed."
AUTO = "auto"  # in place of an id: no decision, the crawl finds out


@click.group()
def match() -> None:
    """Decide which film a title means, where the crawl cannot tell.

    A decision is kept by every later crawl. The films that need one are also in the view v_matches_open.
    """


@match.command()
@click.option("--source", help="Only at this source.")
@common
def review(common: Common, source: str | None) -> int:
    """Decide one film after another, each by one key press.

    Each decision is stored at once: Ctrl-C keeps what was decided. Where standard input is no terminal, a line stands
    for a key press.
    """
    if source is not None:
        _see_source(source)
    config = settings(common)
    rows = ask(config.paths.db, "read/match_open", {"source": source, "film_id": None})
    if not rows:
        say("No film needs your decision.")
        return 0
    reviewed = Review(config, [(row["film_id"], row["source"]) for row in rows])
    try:
        reviewed.go()
    except (KeyboardInterrupt, MwiError):
        say(*([reviewed.closing(common.again)] if reviewed.steps else []))
        raise
    say(reviewed.closing(common.again))
    return 0


@match.command("set")
@click.argument("film")
@click.argument("choice")
@click.option("--one-film", is_flag=True, help="Two rows of different IMDb ids are one film; this cannot be undone.")
@common
def set_(common: Common, film: str, choice: str, one_film: bool) -> int:
    """Say that FILM is CHOICE, whatever the crawl finds.

    FILM is an IMDb id, another id, or a title, as `mwi-crawl film` takes it. CHOICE is tmdb:movie/603, tmdb:tv/89905,
    ddd:10752, or the pasted address of the film's page there. tmdb:none: it is not there. tmdb:auto takes a decision
    back, and the next run finds out anew.
    """
    from mwi_crawl import decisions

    source, said = _choice(choice)
    key = None if said == AUTO else decisions.key_meant(source, said)
    if key is None and said != AUTO:
        raise InputError(f'"{said}" does not name a film at {source}.', safe=UNCHANGED, todo=_how(source))
    config = settings(common)
    with reading(config.paths.db) as db:
        film_id = film_meant(db, film)
        name = _named(db, film_id)
    if key is None:
        told = _set_free(config, film_id, source, name)
    else:
        decide = partial(decisions.decide, one_film=one_film)
        told = _told(write(config, decide, film_id, source, key), source, name)
    lines = [*told, f"Next: mwi-crawl incremental{common.again}"]
    say(*([] if common.quiet else lines))
    return 0


@match.command("list")
@click.option("--manual", "who", flag_value="manual", help="Only what a person decided.")
@click.option("--open", "who", flag_value="open", help="Only what awaits a decision.")
@json_option
@common
def list_(common: Common, who: str | None, as_json: bool) -> int:
    """List what was looked up by title, and who decided which film it is."""
    rows = [dict(row) for row in ask(look(common), "read/match_list", {"who": who})]
    if as_json:
        print_json([{**row, "candidates": json.loads(row["candidates"])} for row in rows])
        return 0
    if not rows:
        say({"manual": "Nothing was decided by a person.", "open": "No film needs your decision."}.get(
            who or "", "No film was looked up by its title."))  # fmt: skip
        return 0
    shown = [
        (name_of(row), words.cut(row["title"], 40), row["release_year"], row["source"], row["decided_by"],
         row["chosen"], sure(row["confidence"]), words.moment(row["decided_at"]))
        for row in rows
    ]  # fmt: skip
    print_table(shown, ("film", "title", "year", "source", "decided", "is", "sure", "at"))
    if undecided := sum(row["decided_by"] == "open" for row in rows):
        say(words.undecided(undecided, common.again))
    return 0


def _choice(said: str) -> tuple[str, str]:
    """The source and the id of a CHOICE. Raises InputError."""
    from mwi_crawl import decisions

    if (at := decisions.source_of_address(said)) is not None:
        return at, said
    source, colon, rest = said.strip().partition(":")
    if not colon or rest.startswith("//"):
        raise InputError(f'"{said}" does not name a film at a source.', safe=UNCHANGED, todo=_how("tmdb"))
    _see_source(source)
    return source, rest.strip()


def _see_source(name: str) -> None:
    from mwi_crawl import decisions, sources

    if name in decisions.SOURCES:
        return
    known = name in sources.discover()
    raise InputError(
        f"{name} is never asked by a title: there is nothing to decide." if known else f"there is no source {name}.",
        safe=UNCHANGED,
        todo=f"Matches are decided at: {', '.join(decisions.SOURCES)}",
    )


def _how(source: str) -> str:
    forms = {"ddd": "ddd:10752"}.get(source, "tmdb:movie/603, tmdb:tv/89905")
    return f"Write {forms}, {source}:none, {source}:auto, or paste the address of the film's page there."


def _named(db: sqlite3.Connection, film_id: int) -> str:
    from mwi_crawl.queries import sql

    film = db.execute(sql("read/film"), {"film_id": film_id}).fetchone()
    title = f' "{film["title"]}" ({film["release_year"] or "year unknown"})' if film["title"] else ""
    return f"{name_of(film)}{title}"


def _told(decided: Decided, source: str, name: str) -> Iterator[str]:
    from mwi_crawl import decisions

    if decided.chosen == decisions.NONE:
        yield f"{name} is not at {source}: it is not asked about there any more."
        return
    yield f"{name} is {tag(source, decided.chosen)}, and stays that in every later crawl."
    if decided.merged:
        yield "Another row was that film already: the two are one now."
    if decided.queued:
        yield "1 film queued."


def _set_free(config: Config, film_id: int, source: str, name: str) -> Iterator[str]:
    from mwi_crawl import decisions

    if not write(config, decisions.forget, film_id, source):
        raise InputError(
            f"nobody decided what {name} is at {source}.", safe=UNCHANGED, todo="See: mwi-crawl match list --manual"
        )
    yield f"{name}: the decision about {source} is taken back; rows that it made one stay one."
