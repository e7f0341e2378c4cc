"""What may be kept of an answer of DoesTheDogDie: facts about films and topics, and nothing of people.

Answers bear the names and ids of voters and what they wrote. So only what stands in the shapes below survives,
wherever else the same name may occur; what a shape does not know is gone with all it holds. The overall layout of
an answer stays, so that one that was kept is read by the same parser as one that comes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import TypeAlias

import orjson

from mwi_crawl.model import Response
from mwi_crawl.sources._html import wall
from mwi_crawl.sources._values import Fields, Json, decode

Shape: TypeAlias = Mapping[str, "Shape | None"]
"""The parts of an object, or of each object in a list, that are kept; None: a value, or a list of values."""

_LARGEST = 2**63 - 1
_NO_JSON = "(not JSON: nothing of it was kept)"

_CATEGORY: Shape = dict.fromkeys(("id", "name", "topicSuperCategoryId"))
_TOPIC: Shape = {
    **dict.fromkeys(("id", "name", "notName", "doesName", "listName", "minimalName", "isSpoiler", "isSensitive")),
    **dict.fromkeys(("topicCategoryId", "altTopicCategoryId", "TopicCategoryId")),
    "TopicCategory": _CATEGORY,
}
_STAT: Shape = {  # without its id: in a list of ratings that is a person's rating
    **dict.fromkeys(("yesSum", "noSum", "numComments", "topicId", "TopicId", "topicName", "itemId", "ItemId")),
    "topic": _TOPIC,
    "TopicCategory": _CATEGORY,
}
_ITEM: Shape = {
    **dict.fromkeys(("id", "name", "altName", "genre", "genres", "releaseYear", "tmdbId", "imdbId", "numRatings")),
    **dict.fromkeys(("itemTypeId", "ItemTypeId", "itemTypeName", "verified", "staffVerified", "adult")),
    "itemType": dict.fromkeys(("id", "name")),
    "topicItemStats": _STAT,
}
_ENVELOPE: Shape = {"error": None, "item": _ITEM, "items": _ITEM, "topics": _TOPIC}

_MARKS: tuple[tuple[frozenset[str], Shape], ...] = (  # an object with one of these names is of that shape
    (frozenset(("topicId", "TopicId")), _STAT),
    (frozenset(("itemTypeId", "ItemTypeId", "topicItemStats")), _ITEM),
    (frozenset(("topicCategoryId", "TopicCategoryId", "notName", "doesName")), _TOPIC),
    (frozenset(("topicSuperCategoryId",)), _CATEGORY),
)


def scrub(response: Response) -> Response:
    """An answer without anything personal. Scrubbing it again changes nothing.

    Of a body that is not JSON no more is kept than the mark by which it is known as a bot wall's. Raises ValueError
    for one that is JSON and yet cannot be taken apart.
    """
    if not response.body.strip():
        return response
    try:
        answer = decode(response.body)
    except ValueError:
        return replace(response, body=" ".join(filter(None, (_NO_JSON, wall(response)))).encode())
    except RecursionError as error:
        raise ValueError("the answer is nested too deeply to be scrubbed") from error
    return replace(response, body=_encoded(_kept_of(answer)))


def _encoded(kept: Json) -> bytes:
    try:
        return orjson.dumps(kept)
    except TypeError:  # half of a surrogate pair, which orjson takes no more than UTF-8 does
        return json.dumps(kept).encode()


def _kept_of(answer: Json) -> Json:
    if isinstance(answer, list):
        shapes = [_shape(row) for row in answer]
        of_the_list = next(filter(None, shapes), {})  # a row that lacks its mark is what the others are
        return [_object(row, shape or of_the_list) for row, shape in zip(answer, shapes, strict=True)]
    return _object(answer, {**_ENVELOPE, **_shape(answer)})


def _shape(row: Json) -> Shape:
    """The shape of an object at the top of an answer; one of nobody's shape keeps nothing."""
    if isinstance(row, dict):
        for marks, shape in _MARKS:
            if not marks.isdisjoint(row):
                return shape
    return {}


def _object(value: Json, shape: Shape) -> Json:
    """An object with what its shape knows; null for anything else, so that lists keep their length."""
    if not isinstance(value, dict):
        return None
    kept: Fields = {}
    for name, part in value.items():
        if name in shape:
            inner = shape[name]
            kept[name] = _plain(part) if inner is None else _inner(part, inner)
    return kept


def _inner(value: Json, shape: Shape) -> Json:
    return [_object(row, shape) for row in value] if isinstance(value, list) else _object(value, shape)


def _plain(value: Json) -> Json:
    """A value, or the values in a list."""
    if isinstance(value, list):
        return [_value(each) for each in value if not isinstance(each, list)]
    return _value(value)


def _value(value: Json) -> Json:
    if isinstance(value, dict | list) or (isinstance(value, int) and not -_LARGEST <= value <= _LARGEST):
        return None  # nothing in an answer is so large a number, and not every reader takes it
    return value
