"""What the benchmark serves, and what must be found in a side's rows.

JSON documents of about 12 KB and pages of about 64 KB tell the same eight fields of a film. Everything follows from a
film's number, so that the server, the sides and the check need share nothing else.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from functools import cache

FIELDS = (
    "title",
    "original_title",
    "release_date",
    "runtime_minutes",
    "original_language",
    "popularity",
    "tagline",
    "overview",
)
PAGES_FROM = 1_000_000  # films from this number on are told of by a page, those below by a document

Row = tuple[str, str, str, int, str, float, str, str]
"""The values of FIELDS."""

_WORDS = (
    *("river", "night", "glass", "winter", "captain", "stranger", "harbour", "letter", "orchard", "signal", "empire"),
    *("garden", "silence", "mirror", "thunder", "summer", "border", "machine", "daughter", "station", "voyage"),
    *("crown", "shadow", "island", "paper", "engine", "forest", "promise", "witness", "market"),
)


def numbers(documents: int, pages: int) -> Iterator[int]:
    """The films of a job: every sixth one or so is a page, as they would come from a history."""
    page = 0
    for document in range(1, documents + 1):
        yield document
        while page < pages and page * documents < document * pages:
            page += 1
            yield PAGES_FROM + page


def path(number: int) -> str:
    """Where a film is told of."""
    return f"/page/{number}" if number >= PAGES_FROM else f"/document/{number}"


def row(number: int) -> Row:
    """What is to be parsed of a film."""
    dice = random.Random(number)
    word = [dice.choice(_WORDS) for _ in range(40)]
    day = f"{1920 + number % 105}-{1 + number % 12:02}-{1 + number % 28:02}"
    return (
        f"The {word[0].title()} & the {word[1].title()} {number}",
        f"Le {word[2].title()} d’{word[3].title()} {number}",
        day,
        60 + number % 120,
        ("en", "fr", "ja", "ko", "it")[number % 5],
        round(dice.random() * 100, 3),
        f"Every {word[4]} has its {word[5]}.",
        " ".join(word[6:]) + ".",
    )


def body(number: int) -> bytes:
    """What is served of a film."""
    return page(number) if number >= PAGES_FROM else document(number)


def document(number: int) -> bytes:
    """The JSON of a film, in the manner of a film database's answer with its credits and keywords."""
    told = dict(zip(FIELDS, row(number), strict=True))
    names = {"runtime_minutes": "runtime"}
    answer = {
        "adult": False,
        "id": number,
        **{names.get(name, name): value for name, value in told.items()},
        "genres": [{"id": 10 + at, "name": word.title()} for at, word in enumerate(_WORDS[:4])],
        "credits": {"cast": _people(number, 37), "crew": _people(number + 7, 12)},
        "keywords": {"keywords": [{"id": 900 + at, "name": word} for at, word in enumerate(_WORDS)]},
    }
    return json.dumps(answer, ensure_ascii=False).encode()


def page(number: int) -> bytes:
    """The page of a film, as a site for people has it: what is wanted lies among navigation and other films."""
    title, original, day, runtime, language, popularity, tagline, overview = (_escaped(each) for each in row(number))
    facts = {
        "Original title": original,
        "Release date": f'<time datetime="{day}">{day}</time>',
        "Runtime": f'<span data-minutes="{runtime}">{int(runtime) // 60}h {int(runtime) % 60}m</span>',
        "Language": f'<a href="/language/{language}">{language}</a>',
        "Popularity": popularity,
    }
    listed = "".join(f"<dt>{name}</dt><dd>{value}</dd>\n" for name, value in facts.items())
    return (
        f"<!doctype html><html><head><meta charset=utf-8><title>{title} - films</title></head><body>{_navigation()}"
        f'<main id="film" data-number="{number}"><h1>{title}</h1><p class="tagline">{tagline}</p>'
        f'<section class="overview"><h2>Overview</h2><p>{overview}</p></section><dl class="facts">\n{listed}</dl>'
        f"</main>{_others(number % 16)}</body></html>"
    ).encode()


def _people(seed: int, count: int) -> list[dict[str, object]]:
    dice = random.Random(seed)
    return [
        {
            "id": dice.randrange(1, 3_000_000),
            "name": f"{dice.choice(_WORDS).title()} {dice.choice(_WORDS).title()}son",
            "known_for_department": "Acting",
            "profile_path": f"/{dice.getrandbits(128):032x}.jpg",
            "character": dice.choice(_WORDS).title(),
            "credit_id": f"{dice.getrandbits(96):024x}",
            "order": at,
        }
        for at in range(count)
    ]


def _escaped(value: object) -> str:
    return str(value).replace("&", "&amp;").replace("<", "&lt;")


@cache
def _navigation() -> str:
    items = "".join(f'<li class="nav-item"><a href="/browse/{word}">{word.title()}</a></li>' for word in _WORDS)
    return f'<header><nav><ul class="nav">{items}</ul></nav></header>'


@cache
def _others(seed: int) -> str:
    dice = random.Random(seed)
    cards = "".join(
        f'<article class="card"><a href="/page/{dice.randrange(9999)}"><img src="/p/{dice.getrandbits(64):016x}.jpg" '
        f'alt="poster" loading="lazy"></a><h3>{dice.choice(_WORDS).title()}</h3><p class="year">{1950 + at % 70}</p>'
        f'<p class="plot">{" ".join(dice.choice(_WORDS) for _ in range(24))}.</p></article>\n'
        for at in range(172)
    )
    return f'<section class="others"><h2>More</h2>{cards}</section>'
