"""Cinemorgue's answers about the demo's films: a MediaWiki with film pages, redirects and the pages of actors.

`FakeCinemorgue.answer` is a function of the request. Who dies, and how, is made up, the same each time; three films of
five have a page. A page tells the manner itself, or only links the actors, whose pages then tell it; some films whose
title begins with an article are only reached by a redirect.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import orjson

from mwi_crawl.demo.films import INVENTED_FROM, Catalogue, Film
from mwi_crawl.demo.misbehaviour import Ask
from mwi_crawl.model import Response

MOST_TITLES = 50
HOST = "cinemorgue.fandom.com"

Json = dict[str, Any]

_MOST_DYING = 3  # of one film
_ILLEGAL = re.compile(r"[#<>\[\]{}]")
_DATED = re.compile(r"(.+) \((\d{4})\)")
_HOWS = (
    "Shot by a guard.",
    "Falls from a roof.",
    "Drowns when the boat sinks.",
    "Poisoned at dinner.",
    "Killed in a car crash.",
    "Dies of an illness; found the next morning.",
)
_PARTS = ("Captain", "Doctor", "Guard", "Driver", "Stranger", "Neighbour", "Judge")
_GENERAL: Json = {
    "mainpage": "Main Page",
    "base": f"https://{HOST}/wiki/Main_Page",
    "sitename": "Cinemorgue Wiki",
    "generator": "MediaWiki 1.43.1",
    "case": "first-letter",
    "lang": "en",
    "rights": "Creative Commons Attribution-Share Alike License",
    "articlepath": "/wiki/$1",
    "scriptpath": "",
    "server": f"https://{HOST}",
    "servername": HOST,
    "wikiid": "cinemorgue",
    "maxarticlesize": 2097152,
}


class FakeCinemorgue:
    """A Cinemorgue that knows most of the bundled films and of `count` invented ones."""

    def __init__(self, count: int = 0) -> None:
        self.films = Catalogue(count)

    def answer(self, ask: Ask) -> Response | None:
        """The API's answer; None for what is not /api.php."""
        if ask.path != "/api.php":
            return None
        if (action := ask.params.get("action")) != "query":
            return _error("badvalue", f'Unrecognized value for parameter "action": {action}.')
        if ask.params.get("format") != "json" or ask.params.get("formatversion") != "2":
            return Response(200, {"content-type": "text/html; charset=utf-8"}, b"<!DOCTYPE html><title>API</title>")
        return _sent(self._queried(ask.params))

    def _queried(self, params: Mapping[str, str]) -> Json:
        sent: Json = {"batchcomplete": True}
        query: Json = {}
        titles = list(dict.fromkeys(filter(None, params.get("titles", "").split("|"))))
        if len(titles) > MOST_TITLES:
            words = f'Too many values supplied for parameter "titles". The limit is {MOST_TITLES}.'
            sent["warnings"] = {"query": {"warnings": words}}
            titles = titles[:MOST_TITLES]
        query |= self._pages(titles, params)
        if params.get("meta") == "siteinfo":
            query["general"] = _GENERAL
        return sent | {"query": query}

    def _pages(self, titles: Sequence[str], params: Mapping[str, str]) -> Json:
        normalised = {title: _normalised(title) for title in titles}
        meant = list(dict.fromkeys(normalised.values()))
        redirects: dict[str, str] = {}
        if "redirects" in params:
            redirects = {title: to for title in meant if (to := self._redirect(title))}
        found = [self._page(title, params) for title in dict.fromkeys(redirects.get(title, title) for title in meant)]
        changed = [
            {"fromencoded": False, "from": old, "to": new} for old, new in normalised.items() if old != new and new
        ]
        moved = [{"from": old, "to": new} for old, new in redirects.items()]
        parts = {"normalized": changed, "redirects": moved, "pages": found}
        return {name: part for name, part in parts.items() if part}

    def _page(self, title: str, params: Mapping[str, str]) -> Json:
        if not title or _ILLEGAL.search(title) or len(title.encode()) > 255:
            reason = "The requested page title contains invalid characters."
            return {"title": title, "invalidreason": reason, "invalid": True}
        wikitext = self._wikitext(title)
        if wikitext is None:
            return {"ns": 0, "title": title, "missing": True}
        page: Json = {"pageid": 1 + int.from_bytes(title.encode()[-4:], "big") % 90000, "ns": 0, "title": title}
        if "revisions" in params.get("prop", ""):
            main = {"contentmodel": "wikitext", "contentformat": "text/x-wiki", "content": wikitext}
            page["revisions"] = [{"slots": {"main": main}}]
        return page

    def _wikitext(self, title: str) -> str | None:
        if title == "Main Page":
            return "Welcome."
        film = self._film(title)
        if film and _page_of(film) == title:
            return _film_page(film)
        deaths = tuple(self._deaths_of(title))
        return _person_page(title, deaths) if deaths else None

    def _redirect(self, title: str) -> str | None:
        film = self._film(title)
        return page if film and (page := _page_of(film)) != title else None

    def _film(self, title: str) -> Film | None:
        """The film a title names, if the wiki has it: by the title of its page, or by its own."""
        found = _DATED.fullmatch(title)
        if found is None:
            return None
        film = self._bundled.get(title)
        number = found[1].rpartition(" ")[2]
        if film is None and number.isdecimal() and (known := self.films.get(str(INVENTED_FROM + int(number)))):
            film = known if title in (_full_title(known), _page_of(known)) else None
        return film if film and _is_there(film) else None

    def _deaths_of(self, actor: str) -> Iterator[Film]:
        """The films of the wiki in which an actor dies."""
        yield from self._bundled_by_actor.get(actor, ())
        for film in self.films.led_by(actor, _MOST_DYING):
            if _is_there(film) and actor in _dying(film):
                yield film

    @cached_property
    def _bundled(self) -> Mapping[str, Film]:
        films = [film for film in self.films if film.tmdb_id < INVENTED_FROM]
        return {title: film for film in reversed(films) for title in (_page_of(film), _full_title(film))}

    @cached_property
    def _bundled_by_actor(self) -> Mapping[str, Sequence[Film]]:
        found: dict[str, list[Film]] = {}
        for film in {film.tmdb_id: film for film in self._bundled.values() if _is_there(film)}.values():
            for actor in _dying(film):
                found.setdefault(actor, []).append(film)
        return found


def _sent(value: Json) -> Response:
    headers = {
        "content-type": "application/json; charset=utf-8",
        "cache-control": "private, must-revalidate, max-age=0",
    }
    return Response(200, headers, orjson.dumps(value))


def _error(code: str, info: str) -> Response:
    """An error of the API: the status is 200, and a header names the code."""
    sent = _sent({"error": {"code": code, "info": info, "docref": f"See https://{HOST}/api.php for API usage."}})
    return Response(200, {**sent.headers, "mediawiki-api-error": code}, sent.body)


def _normalised(title: str) -> str:
    """A title as MediaWiki spells it."""
    plain = " ".join(title.replace("_", " ").split())
    return plain[:1].upper() + plain[1:]


def _draw(film: Film, of: int) -> int:
    """A number below `of`, the same for a film each time."""
    return (film.tmdb_id * 2654435761 >> 8) % of


def _is_there(film: Film) -> bool:
    return _draw(film, 5) < 3


def _full_title(film: Film) -> str:
    plain = _normalised(_ILLEGAL.sub(" ", film.title))
    return f"{plain} ({film.year})"


def _page_of(film: Film) -> str:
    """The title of a film's page: without its article, for some of those that have one."""
    title = _full_title(film)
    return title.removeprefix("The ") if _draw(film, 2) else title


def _dying(film: Film) -> Sequence[str]:
    """Who dies in a film: none to three of the first in its cast."""
    return film.cast[: _draw(film, 7) % (_MOST_DYING + 1)]


def _tells(film: Film) -> bool:
    """Whether a film's page tells the manner itself."""
    return _draw(film, 3) == 0


def _told(film: Film, actor: str) -> str:
    """The part an actor plays, and how that ends."""
    number = film.tmdb_id + len(actor) + film.cast.index(actor) * 5
    return f"[{_PARTS[number % len(_PARTS)]}]: {_HOWS[number % len(_HOWS)]}"


def _film_page(film: Film) -> str:
    told = _tells(film)
    dead = [f"*[[{actor}]]" + (f" {_told(film, actor)}" if told else "") for actor in _dying(film)]
    directed = ", ".join(f"[[{name}]]" for name in film.directors)
    top = (f"'''''{film.title}''''' ({film.year})", "", f"Directed by {directed}", "")
    return "\n".join((*top, "==Deaths==", *dead, "", "[[Category:Films]]"))


def _person_page(actor: str, films: Sequence[Film]) -> str:
    dead = [f"*''{film.title}'' ({film.year}) {_told(film, actor)}" for film in films]
    return "\n".join((f"'''{actor}'''", "", "==Film Deaths==", *dead, "", "==Notable Connections==", "*None known."))
