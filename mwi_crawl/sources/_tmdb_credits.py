"""Who made a film, and who plays in it, from a TMDb details answer.

A film has `credits`. Of a series those are of the last season only; all seasons are in its `aggregate_credits`, where
a person's parts and jobs are lists.
"""

from __future__ import annotations

from mwi_crawl.model import Record, Value
from mwi_crawl.sources._tmdb_values import image_url
from mwi_crawl.sources._values import Fields, keyed, listed, positive, rows, text, whole


def credits(answer: Fields) -> list[Record] | None:
    """One record per person and part or job; None if the answer does not have both cast and crew."""
    both = _cast_and_crew(answer)
    if both is None:
        return None
    played = (_part_played(person, at, role) for at, person in enumerate(both[0]) for role in _each(person, "roles"))
    worked = (_work_done(person, at, job) for at, person in enumerate(both[1]) for job in _each(person, "jobs"))
    return keyed("credits", [*played, *worked], ["person_id", "job"])


def creators(answer: Fields) -> list[Record]:
    """The people a series is created by, as credits."""
    created = (
        {"person_id": _person_id(it), "job": "creator", "department": "Creator", "character": "", "billing": at}
        for at, it in enumerate(rows(answer.get("created_by")))
    )
    return keyed("credits", created, ["person_id"])


def people(answer: Fields) -> list[Record]:
    """Everybody the credits name, once."""
    cast, crew = _cast_and_crew(answer) or ([], [])
    known: dict[str, dict[str, Value]] = {}
    for person in [*cast, *crew, *rows(answer.get("created_by"))]:
        person_id = _person_id(person)
        if person_id and person_id not in known:
            known[person_id] = _person(person_id, person)
    return [Record("people", values) for values in known.values()]


def _person(person_id: str, person: Fields) -> dict[str, Value]:
    gender = whole(person.get("gender"))
    return {
        "person_id": person_id,
        "name": _name(person),
        "gender": gender if gender in (1, 2, 3) else None,
        "profile_url": image_url(person.get("profile_path")),
    }


def _cast_and_crew(answer: Fields) -> tuple[list[Fields], list[Fields]] | None:
    part = "aggregate_credits" if isinstance(answer.get("aggregate_credits"), dict) else "credits"
    cast, crew = listed(answer, part, "cast"), listed(answer, part, "crew")
    return None if cast is None or crew is None else (cast, crew)


def _each(person: Fields, name: str) -> list[Fields]:
    """The roles or jobs of a person in an aggregate; elsewhere the row itself is the one role."""
    return rows(person.get(name)) or [person]


def _part_played(person: Fields, at: int, role: Fields) -> dict[str, Value]:
    billing = whole(person.get("order"))
    return {
        "person_id": _person_id(person),
        "job": "actor",
        "department": "Acting",
        "character": text(role.get("character")) or "",
        "billing": at if billing is None else billing,
    }


def _work_done(person: Fields, at: int, job: Fields) -> dict[str, Value]:
    name = text(job.get("job"))
    return {
        "person_id": _person_id(person),
        "job": name.lower() if name else None,
        "department": text(person.get("department")),
        "character": "",
        "billing": at,
    }


def _person_id(person: Fields) -> str | None:
    """None for a person without id or without a name: there would be nothing for the credit to point at."""
    known = positive(person.get("id"))
    return f"tmdb:{known}" if known and _name(person) else None


def _name(person: Fields) -> str | None:
    return text(person.get("name")) or text(person.get("original_name"))
