"""What an answer has lost of what the same source said of the same film before: the rule that nothing gets worse.

A page without its block, a record somebody emptied, a layout that a parser half understands: each is a readable answer,
and would delete good rows. So an answer that has lost what the one before had is not applied; it becomes a row of
`conflicts`. What counts as lost has margins, for whatever counts here stands still for a while:

- the title, once it was told: no film is without;
- facts, where at least 3 more are empty than newly filled, and that is a quarter of them: an editor who takes out a
  slogan and a homepage changes one or two of some twenty, an answer of another shape lacks most;
- rows of a list of at least 4, if fewer than half are left: lists are tidied up, and three genres become one.

Similar films are computed anew all the time, videos are taken down, and which images there are depends on the language
asked for: these may shrink. A kind about which an answer does not claim to be complete loses nothing either.

What a source says again a month later is the world, not an accident: then the same loss is believed, unless many films
have lost something there, for that is the source's shape and a parser's work. A month is sooner
than the 180 days for which TMDb's terms allow facts to be kept. The same body read by another parser proves nothing.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from typing import TypeAlias

from mwi_crawl.model import JobState, Parsed, Settled, Value
from mwi_crawl.queries import names, sql

FACTS = 3  # facts that may not go, net of those that come
FACTS_SHARE = 0.25  # of those that were filled
LIST = 4  # rows from which on a list is watched
LIST_SHARE = 0.5  # of its rows that must be left
RESTLESS = frozenset({"similar_films", "videos", "images"})  # kinds that may shrink
BELIEVED_AFTER = timedelta(days=30)
SHARED = 10  # films of one source with open conflicts: that is another layout, and not believed however long it lasts
KEPT = "kept"  # the reason of a job whose last answer was not applied

Facts: TypeAlias = Mapping[str, Value]
Row: TypeAlias = tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Before:
    """What was known of a film from a source when an answer came.

    `sizes` are how many rows there were of each kind that the answer is about; None where it cannot have changed them.
    `rows` are these rows, unless the facts alone show that the answer says something else.
    """

    answered: bool  # the source had been heard about the film, by this question or another
    present: bool  # by this question, and it was there
    same_body: bool  # the very body that was read before
    disputed: bool  # an answer to this question was not applied
    facts: Facts = field(default_factory=dict)  # the row of film_facts by its columns
    sizes: Mapping[str, int] | None = None
    rows: Mapping[str, Sequence[Row]] | None = None


def lost(facts: Facts, sizes: Mapping[str, int], parsed: Parsed) -> list[str]:
    """What an answer has lost of what was known: the film's facts, and how many rows there are of each other kind.

    In words that begin with what it is: `title gone`, `facts 19 -> 8 (no awards, …)`, `credits 41 -> 2`.
    """
    told = _facts(parsed)
    found = _lost_facts(facts, told or {}) if told is not None or "film_facts" in parsed.speaks_of else []
    left = Counter(record.kind for record in parsed.records)
    for kind in sorted({*parsed.speaks_of} & sizes.keys() - RESTLESS - {"film_facts"}):
        if sizes[kind] >= LIST and left[kind] < LIST_SHARE * sizes[kind]:
            found.append(f"{kind} {sizes[kind]} -> {left[kind]}")
    return found


def confirmed(losses: Sequence[str], earlier: Iterable[tuple[str, str]], at: str) -> bool:
    """Whether each loss was told long enough before `at`, by answers (time, reason) that were not applied."""
    long_ago = datetime.fromisoformat(at) - BELIEVED_AFTER
    believed = [reason for when, reason in earlier if datetime.fromisoformat(when) <= long_ago]
    told = {_subject(loss) for reason in believed for loss in reason.split("; ")}
    return {_subject(loss) for loss in losses} <= told


def known(db: sqlite3.Connection, settled: Settled, film_id: int, parsed: Parsed | None) -> Before:
    """What was known before an answer that is to be stored."""
    job, response = settled.result.job, settled.result.response
    row = db.execute(sql("checkpoint/before_losses"), {"job_id": job.job_id, "film_id": film_id}).fetchone()
    answered, version = bool(row["others"]) or row["parser_version"] is not None, row["parser_version"]
    present = version is not None and row["absences"] == 0
    same = bool(row["body_hash"] and response and row["body_hash"] == hashlib.sha256(response.body).hexdigest())
    before = Before(answered, present, same, bool(row["disputed"]))
    told_the_same = same and version == settled.parser_version and not before.disputed
    if parsed is None or not answered or told_the_same:
        return before
    return _look(db, film_id, job.source, parsed, before)


def _look(db: sqlite3.Connection, film_id: int, source: str, parsed: Parsed, before: Before) -> Before:
    kinds = {*parsed.speaks_of, *(record.kind for record in parsed.records)} & _of_films()
    row = db.execute(sql("checkpoint/facts"), {"film_id": film_id, "source": source}).fetchone()
    facts: Facts = dict(row) if row else {}
    told = _facts(parsed) or {}
    own = facts.keys() - {"film_id", "source"} if "film_facts" in kinds else ()
    if any(told.get(name) != facts[name] for name in own):
        sizes = {kind: _count(db, film_id, source, kind) for kind in kinds}
        return replace(before, facts=facts, sizes=sizes)
    rows = {kind: said(db, film_id, source, kind) for kind in kinds}
    return replace(before, facts=facts, sizes={kind: len(rows[kind]) for kind in rows}, rows=rows)


def said(db: sqlite3.Connection, film_id: int, source: str, kind: str) -> list[Row]:
    """The rows of a kind that a source gives of a film, in the order of their key."""
    cursor = db.cursor()
    cursor.row_factory = None  # plain tuples: there may be hundreds
    question = f"select * from {kind} where film_id = ? and source = ?"  # noqa: S608 - a kind is the name of one of our own files
    return cursor.execute(question, (film_id, source)).fetchall()


def _count(db: sqlite3.Connection, film_id: int, source: str, kind: str) -> int:
    question = f"select count(*) from {kind} where film_id = ? and source = ?"  # noqa: S608 - as above
    return int(db.execute(question, (film_id, source)).fetchone()[0])


def unbelieved(
    db: sqlite3.Connection, before: Before, settled: Settled, film_id: int, parsed: Parsed | None
) -> list[str]:
    """What an answer has lost, and the source has not told before: then it is not to be applied."""
    job = settled.result.job
    if parsed is None or before.sizes is None or settled.state is not JobState.DONE:
        return []
    found = lost(before.facts, before.sizes, parsed)
    if found and before.disputed and not before.same_body:
        values = {"film_id": film_id, "source": job.source, "key": job.key, "job_id": job.job_id}
        earlier = [(row["at"], row["reason"]) for row in db.execute(sql("checkpoint/open_conflicts"), values)]
        alike = db.execute(sql("checkpoint/films_in_conflict"), values).fetchone()[0]
        return [] if alike < SHARED and confirmed(found, earlier, settled.at) else found
    return found


def dispute(
    db: sqlite3.Connection, film_id: int | None, settled: Settled, body_hash: str | None, losses: Sequence[str]
) -> None:
    """Note that an answer is not applied, and why."""
    job = settled.result.job
    values = {"film_id": film_id, "source": job.source, "key": job.key, "at": settled.at, "body_hash": body_hash}
    db.execute(sql("checkpoint/add_conflict"), {**values, "reason": "; ".join(losses)})


def keep(db: sqlite3.Connection, settled: Settled, version: int | None, *, heard: bool) -> None:
    """Leave a job with what it had. `version`: of the parser that has read the applied body again; None: it has not."""
    fetched_at = settled.at if heard else None
    values = {"job_id": settled.result.job.job_id, "parser_version": version, "fetched_at": fetched_at}
    db.execute(sql("checkpoint/keep_job"), values)


def resolve(db: sqlite3.Connection, film_id: int, settled: Settled, *, heard: bool) -> None:
    """An answer is applied: those before it that were not are history; read again (not `heard`): this body's own."""
    job = settled.result.job
    values = {"film_id": film_id, "source": job.source, "key": job.key, "job_id": job.job_id, "at": settled.at}
    db.execute(sql("checkpoint/resolve_conflicts"), {**values, "heard": int(heard)})


def _lost_facts(before: Facts, after: Facts) -> list[str]:
    had, has = _filled(before), _filled(after)
    if "title" in had and "title" not in has:
        return ["title gone"]
    net = len(had - has) - len(has - had)
    if net >= FACTS and net >= FACTS_SHARE * len(had):
        return [f"facts {len(had)} -> {len(has)} (no {', '.join(sorted(had - has))})"]
    return []


def _facts(parsed: Parsed) -> Facts | None:
    return next((record.values for record in reversed(parsed.records) if record.kind == "film_facts"), None)


def _filled(facts: Facts) -> set[str]:
    return {name for name, value in facts.items() if value is not None} - {"film_id", "source"}


def _subject(loss: str) -> str:
    return loss.partition(" ")[0]


@cache
def _of_films() -> frozenset[str]:
    """The record kinds that are about a film and its own: people are shared, a vocabulary is nobody's."""
    return frozenset(kind for kind in names("record") if ":film_id" in sql(f"record/{kind}"))
