"""What an entry of DoesTheDogDie says, and its vocabulary of topics, as records.

Today's interface names a topic flat (`topicName`); the older site sends the same with capital letters, the topic as an
object, and everything a second time in `allGroups`, which is not read.
"""

from __future__ import annotations

from collections.abc import Mapping

from mwi_crawl.model import Parsed, Record, Value
from mwi_crawl.sources._values import Fields, Json, fields, keyed, positive, rows, text, whole

STANDING = ("topics", "topiccategories")
KINDS = ("content_warnings", "warning_categories", "warning_topics")


def item(asked: int, answer: Json) -> Parsed:
    """The warnings about a film. Raises ValueError if the answer is about another entry, or none can be read."""
    about = fields(answer).get("item", answer)
    if positive(fields(about).get("id")) != asked:
        raise ValueError(f"the answer is not about entry {asked}")
    stats = fields(answer).get("topicItemStats")
    if not isinstance(stats, list):
        raise ValueError("the answer has no topics")
    records = _warnings(asked, rows(stats))
    if stats and not records:
        raise ValueError("none of the topics can be read")
    return Parsed(speaks_of=("content_warnings",), records=records)


def vocabulary(key: str, answer: Json) -> Parsed:
    """The topics, or their groups. Raises ValueError if there are none: a vocabulary is never empty."""
    listed = rows(answer)
    if key == "topics":
        mark, kind, named = "topicCategoryId", "warning_topics", map(_topic, listed)
    else:
        mark, kind, named = "topicSuperCategoryId", "warning_categories", map(_category, listed)
    id_column, name_column, *_ = _COLUMNS[kind]
    records = keyed(kind, named, [id_column, name_column])
    if not records or not any(mark in row for row in listed):
        raise ValueError(f"the answer is no list of {key}")
    return Parsed(speaks_of=(kind,), records=tuple(records))


_COLUMNS = {"warning_topics": ("topic_id", "topic"), "warning_categories": ("category_id", "category")}


def _topic(row: Fields) -> Mapping[str, Value]:
    group = positive(row.get("topicCategoryId"))
    return {"topic_id": positive(row.get("id")), "topic": text(row.get("name")), "category_id": group}


def _category(row: Fields) -> Mapping[str, Value]:
    return {"category_id": positive(row.get("id")), "category": text(row.get("name"))}


def _warnings(asked: int, stats: list[Fields]) -> tuple[Record, ...]:
    """One record per topic; of a topic that comes twice, the row with more votes."""
    best: dict[Value, tuple[int, Record]] = {}
    for row in stats:
        topic, yes, no = _name(row), _count(row.get("yesSum")), _count(row.get("noSum"))
        if topic is None or yes is None or no is None or _entry(row) not in (asked, None):
            continue
        if topic not in best or best[topic][0] < yes + no:
            values = {"topic": topic, "category": _group(row), "yes": yes, "no": no}
            best[topic] = (
                yes + no,
                Record("content_warnings", values | {"comments": _count(row.get("numComments")) or 0}),
            )
    return tuple(record for _, record in best.values())


def _name(row: Fields) -> str | None:
    return text(row.get("topicName")) or text(fields(row.get("topic")).get("name"))


def _group(row: Fields) -> str | None:
    own, of_topic = row.get("TopicCategory"), fields(row.get("topic")).get("TopicCategory")
    return text(fields(own).get("name")) or text(fields(of_topic).get("name"))


def _entry(row: Fields) -> int | None:
    """The entry a row is about, where it says so."""
    return positive(row.get("itemId")) or positive(row.get("ItemId"))


def _count(value: Json) -> int | None:
    known = whole(value)
    return known if known is not None and known >= 0 else None
