"""Who made a film, and who plays in it, from an IMDb page.

A title page has the principal credits and a first cast list; `/reference` has every category of the credits. Their ids
were words (`director`) and are long numbers since 2025, so both are known here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from mwi_crawl.model import Record, Value
from mwi_crawl.sources._imdb_page import Title, nodes, within
from mwi_crawl.sources._values import Fields, Json, rows, text, whole

_PERSON = re.compile(r"nm\d{7,9}", re.ASCII)
_CONCEPT = re.compile(r"amzn1\.imdb\.concept\.name_credit_(?:category|group)\.([0-9a-f]{8})-[0-9a-f-]+")
_CONCEPTS = {
    "ace5cb4c": "director",
    "c84ecaff": "writer",
    "7caf7d16": "cast",
    "a9ab2a8b": "actor",
    "0af123ce": "producer",
    "00f5faa0": "composer",
    "e2bf7217": "cinematographer",
    "63b1f9c6": "editor",
    "67b6990c": "casting_director",
    "ce558628": "production_designer",
    "60a44752": "art_director",
    "359a8a76": "set_decorator",
    "a2d21716": "costume_designer",
    "306aa45f": "assistant_director",
    "b3eac1a6": "production_manager",
}
_PLAYED = ("cast", "actor", "actress")
_GROUPS = {
    "directors": "director",
    "writers": "writer",
    "creators": "creator",
    "directorsPageTitle": "director",
    "creatorsPageTitle": "creator",
}
_SUMMARIES = ("principalCredits", "principalCreditsV2", "crewV2")


@dataclass(frozen=True, slots=True)
class Credit:
    """One person's work on the film, or their parts in it. `billing` counts from 0 within the list it stands in."""

    person_id: str
    name: str
    job: str
    department: str | None
    billing: int
    characters: tuple[str, ...] = ()
    portrait: str | None = None


def credits(title: Title) -> tuple[list[Record] | None, bool]:
    """One record per person and part or job, None if the page has no credits; and whether these are all there are."""
    if isinstance(title.main.get("categories"), list):
        found = [*_categories(title)]
        sections = [within(it, "section") for it in rows(title.main["categories"])]
        complete = all((whole(within(it, "total")) or 0) <= len(rows(within(it, "items"))) for it in sections)
        return records(found), complete
    lists = ("cast", "castV2", *_SUMMARIES)
    if not any(name in half for half in (title.above, title.main) for name in lists):
        return None, False
    found = [*_principal(title)]
    total = whole(within(title.above, "credits", "total"))
    return records(found), total is not None and total <= len(found)


def people(title: Title) -> list[Record]:
    """Everybody the credits name, once."""
    named = _categories(title) if isinstance(title.main.get("categories"), list) else _principal(title)
    return persons([*named])


def records(found: list[Credit]) -> list[Record]:
    """The credits as records; where a list repeats somebody, the first place counts."""
    kept: dict[tuple[str, str, str], Record] = {}
    for it in found:
        for character in it.characters or ("",):
            row: dict[str, Value] = {"person_id": it.person_id, "job": it.job, "department": it.department}
            values = row | {"character": character, "billing": it.billing}
            kept.setdefault((it.person_id, it.job, character), Record("credits", values))
    return list(kept.values())


def persons(found: list[Credit]) -> list[Record]:
    """The people of some credits, once each, with a portrait if any of the credits has one."""
    known: dict[str, Credit] = {}
    for it in found:
        if it.person_id not in known or (it.portrait and not known[it.person_id].portrait):
            known[it.person_id] = it
    return [
        Record("people", {"person_id": it.person_id, "name": it.name, "profile_url": it.portrait})
        for it in known.values()
    ]


def person_id(value: Json) -> str | None:
    """A person's id as it stands in the database."""
    known = text(value)
    return f"imdb:{known}" if known and _PERSON.fullmatch(known) else None


def _categories(title: Title) -> Iterator[Credit]:
    for category in rows(title.main.get("categories")):
        name = text(category.get("name"))
        kind = _kind(category.get("id")) or (name.lower() if name else None)
        for at, it in enumerate(rows(within(category, "section", "items"))):
            id, person = person_id(it.get("id")), text(it.get("rowTitle"))
            if kind and id and person:
                said = it.get("characters")
                parts = tuple(part for one in said if (part := text(one))) if isinstance(said, list) else ()
                portrait = _portrait(within(it, "imageProps", "imageModel"))
                yield Credit(id, person, _job(kind), name, at, parts if kind in _PLAYED else (), portrait)


def _kind(value: Json) -> str | None:
    """What a category of credits is, in one word; None for a number that is not known here."""
    id = text(value)
    concept = _CONCEPT.fullmatch(id) if id else None
    return _CONCEPTS.get(concept[1]) if concept else id


def _job(kind: str) -> str:
    return "actor" if kind in _PLAYED else kind.replace("_", " ")


def _principal(title: Title) -> Iterator[Credit]:
    """The people a title page names: its groups first, then the summary of them, then its cast list."""
    cast = _cast(title)
    for half in (title.main, title.above):
        for name, kind in _GROUPS.items():
            for group in rows(half.get(name)):
                yield from _group(group, kind)
    for half in (title.above, title.main):
        for group in (it for name in _SUMMARIES for it in rows(half.get(name))):
            of = _kind(within(group, "category", "id") or within(group, "grouping", "groupingId"))
            if of and not (cast and of in _PLAYED):  # the cast list knows their parts too
                yield from _group(group, of)
    for at, it in enumerate(cast):
        yield from _credit(it, "cast", "Cast", at)


def _cast(title: Title) -> list[Fields]:
    """The longest cast list of the page: beside the heading there are only the first few, without their parts."""
    lists = [nodes(title.main.get("cast"))]
    for half in (title.main, title.above):
        lists.append([it for group in rows(half.get("castV2")) for it in rows(group.get("credits"))])
    return max(lists, key=len)


def _group(group: Fields, kind: str) -> Iterator[Credit]:
    heading = text(within(group, "category", "text")) or text(within(group, "grouping", "text"))
    for at, it in enumerate(rows(group.get("credits"))):
        yield from _credit(it, kind, heading, at)


def _credit(it: Fields, kind: str, department: str | None, billing: int) -> Iterator[Credit]:
    id, name = person_id(within(it, "name", "id")), text(within(it, "name", "nameText", "text"))
    if id and name:
        parts = tuple(part for one in _characters(it) if (part := text(one.get("name"))))
        portrait = _portrait(within(it, "name", "primaryImage"))
        yield Credit(id, name, _job(kind), department, billing, parts, portrait)


def _characters(it: Fields) -> list[Fields]:
    """The parts somebody plays; since 2025 each of their roles in the film has a list of them."""
    roles = nodes(it.get("creditedRoles"))
    return rows(it.get("characters")) or [one for role in roles for one in nodes(role.get("characters"))]


def _portrait(image: Json) -> str | None:
    address = text(within(image, "url"))
    return address if address and address.startswith("https://") else None
