"""Pages that a person saved in the browser → the same rows as a crawled answer, read by the same source.

A page is taken at its own word: the source whose proof it carries names the key that it answers (`Source.recognize`),
whether that source is on or off. It is as old as its file, and never replaces what is newer. Nothing is sent, and what
the page would lead to is not planned: it is imported for what it says. One page is in memory at a time, and each has a
transaction of its own, so a long import may be stopped anywhere.
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum

from mwi_crawl import checkpoint, films, parse
from mwi_crawl.checkpoint import Saved
from mwi_crawl.importers.imdb import media_type_of
from mwi_crawl.model import Job, JobState, MediaType, Outcome, Parsed, Response, Result, Seed
from mwi_crawl.queries import sql
from mwi_crawl.saved_files import ARCHIVE, SavedFile, UnfitError, read_page
from mwi_crawl.settle import iso, settle
from mwi_crawl.source import Source
from mwi_crawl.store import Store

ORIGIN = "page"  # what brought a film in that was not known
CHALLENGE = "a challenge page: open the title in the browser again, and save it when it is there"
# the data is in scripts, and browsers leave those out
LACKING = 'single-file archives may lack the data: save it as "Webpage, HTML only"'

_IMDB_ID = re.compile(r"tt[0-9]{7,10}", re.ASCII)
_NO_PAGE = (ValueError, LookupError, TypeError, AttributeError, RecursionError)  # what looking at any bytes may raise


class Fate(StrEnum):
    """What became of a file, in the words of the summary."""

    NEW = "new"
    CHANGED = "newer than what was known"
    KNOWN = "known already"
    OLDER = "older than what is known"
    BROKEN = "unreadable, kept for a better parser"
    KEPT = "poorer than what is known, kept beside it"
    WALL = "wall"  # a bot challenge, saved in place of the page
    STRANGER = "not a page we know"
    SKIPPED = "not read"


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one file. `reason`: for a person, where it was not taken or could not be read."""

    fate: Fate
    reason: str = ""
    source: str | None = None
    key: str | None = None
    name: str = ""


@dataclass(slots=True)
class Taken:
    """What became of many files: the pages counted by source, the others, and by name those with a reason."""

    files: int = 0
    pages: dict[str, Counter[Fate]] = field(default_factory=dict)
    others: Counter[Fate] = field(default_factory=Counter)
    told: list[Told] = field(default_factory=list)

    def add(self, told: Told) -> None:
        """Count one file."""
        self.files += 1
        counter = self.others if told.source is None else self.pages.setdefault(told.source, Counter())
        counter[told.fate] += 1
        if told.reason:
            self.told.append(told)

    @property
    def used(self) -> int:
        """How many files were pages of a source."""
        return sum(counter.total() for counter in self.pages.values())

    @property
    def unchanged(self) -> bool:
        """Whether the database is as it was before."""
        return all(set(counter) <= {Fate.KNOWN, Fate.OLDER} for counter in self.pages.values())


def readers(known: Iterable[Source]) -> list[Source]:
    """The sources that can tell their own pages."""
    return [source for source in known if type(source).recognize is not Source.recognize]


@dataclass(frozen=True, slots=True)
class Terms:
    """How pages are taken: bytes of the largest one, whether bodies are kept, and which kinds of title are crawled."""

    max_body: int
    keep_bodies: bool = True
    include: frozenset[MediaType] = frozenset({MediaType.MOVIE})


async def take(store: Store, sources: Sequence[Source], files: Iterable[SavedFile], terms: Terms) -> Taken:
    """Store what these files say. Raises StorageError; nothing that a file holds ends it."""
    taken = Taken()
    for file in files:
        told = await _take(store, sources, file, terms)
        taken.add(replace(told, name=file.name))
    return taken


async def _take(store: Store, sources: Sequence[Source], file: SavedFile, terms: Terms) -> Told:
    try:
        page = read_page(file, terms.max_body)
    except UnfitError as error:
        return Told(Fate.SKIPPED, str(error))
    except OSError as error:
        return Told(Fate.SKIPPED, f"cannot be read ({error.strerror or type(error).__name__})")
    answer = Response(200, {"content-type": page.content_type}, page.body)
    found = _recognized(sources, page.body)
    if found is None:
        return _stranger(sources, file, answer)
    source, key = found
    result = parse.understand(source, Job(0, source.name, key, None), source.request([key]), answer)
    if result.outcome in (Outcome.OK, Outcome.BROKEN):
        return await store.transact(_store, source, result, page.saved_at, terms)
    fate = Fate.WALL if result.outcome is Outcome.DENIED else Fate.SKIPPED
    return Told(fate, result.message or f"is no good answer ({result.reason or result.outcome})")


def _recognized(sources: Sequence[Source], body: bytes) -> tuple[Source, str] | None:
    for source in sources:
        try:
            key = source.recognize(body)
        except _NO_PAGE:  # not a page as the source knows them, whatever it tripped over
            continue
        if key:
            return source, key
    return None


def _stranger(sources: Sequence[Source], file: SavedFile, answer: Response) -> Told:
    """Why a file is nobody's page: a challenge that was saved in its place, or something else."""
    if any(source.judge(answer).outcome is Outcome.DENIED for source in sources):
        return Told(Fate.WALL, CHALLENGE)
    return Told(Fate.STRANGER, LACKING if file.kind == ARCHIVE else Fate.STRANGER)


def _store(db: sqlite3.Connection, source: Source, result: Result, saved_at: datetime, terms: Terms) -> Told:
    """Store one page as if it had been fetched when it was saved, in one transaction."""
    key, at, now = result.job.key, iso(saved_at), iso(datetime.now(UTC))
    told = Told(Fate.NEW, source=source.name, key=key)
    names = {"source": source.name, "key": key}
    known = db.execute(sql("checkpoint/saved_page"), names).fetchone()
    since = None if known is None else known["known_since"]
    if known is not None and _is_same(known, source, result, at):
        return _broken(told, result) if result.outcome is Outcome.BROKEN else replace(told, fate=Fate.KNOWN)
    if since is not None and since > at:
        return replace(told, fate=Fate.OLDER)
    film_id = _film(db, source, result, None if known is None else known["film_id"], terms, now)
    if film_id is None and result.outcome is Outcome.OK:
        return Told(Fate.SKIPPED, "does not say which film it is about")
    db.execute(sql("checkpoint/add_saved_page"), {**names, "film_id": film_id, "ready_at": at})
    job = db.execute(sql("checkpoint/saved_page"), names).fetchone()
    saved = _settle(db, source, result, job, saved_at, keep_bodies=terms.keep_bodies)
    if saved.settled.state is JobState.BROKEN:
        return _broken(told, saved.settled.result)
    if saved.kept:
        return replace(told, fate=Fate.KEPT, reason=saved.kept)
    return told if since is None else replace(told, fate=Fate.CHANGED)


def _settle(
    db: sqlite3.Connection, source: Source, result: Result, row: sqlite3.Row, saved_at: datetime, *, keep_bodies: bool
) -> Saved:
    """Hand the page to the checkpoint. A run that had the job still to do is done with it, without a request."""
    job = Job(row["job_id"], source.name, result.job.key, row["film_id"], row["attempts"], row["absences"])
    parsed = None if result.parsed is None else replace(result.parsed, keys=())
    result = replace(result, job=job, parsed=parsed)
    settled = settle(result, now=saved_at, max_retries=0, dice=0.0, version=source.version)
    (saved,) = checkpoint.save(db, row["waits_in"], [replace(settled, shared=True)], keep_bodies=keep_bodies)
    return saved


def _is_same(known: sqlite3.Row, source: Source, result: Result, at: str) -> bool:
    """Whether this very page was read by this very parser before; where no body was kept, its age must do."""
    if known["parser_version"] != source.version or known["state"] in (JobState.ABSENT, JobState.FAILED):
        return False
    body = result.response.body if result.response else b""
    if body and known["body_hash"]:
        return bool(known["body_hash"] == hashlib.sha256(body).hexdigest())
    return bool(known["fetched_at"] == at)


def _film(
    db: sqlite3.Connection, source: Source, result: Result, before: int | None, terms: Terms, now: str
) -> int | None:
    """The film of a page: the one that its job is about, the one that bears its ids, or a new one."""
    seed = _seed(result.parsed) if result.parsed and result.parsed.ids else _seed_of_key(source, result.job.key)
    film_id = before
    if film_id is None and seed.ids:
        film_id = films.find(db, seed)
        if film_id is None:
            followed = seed.media_type is None or seed.media_type in terms.include
            return films.add(db, seed, origin=ORIGIN, followed=followed, now=now)
    if film_id is None:
        return None
    film_id = films.learn(db, film_id, seed.ids, now)  # as of now, so that other sources ask again where ids are new
    films.describe(db, film_id, seed, followed=False, now=now)
    return film_id


def _seed(parsed: Parsed) -> Seed:
    """The film that a page tells of."""
    facts = next((record.values for record in parsed.records if record.kind == "film_facts"), {})
    title, original, year = (facts.get(name) for name in ("title", "original_title", "release_year"))
    return Seed(
        parsed.ids,
        title if isinstance(title, str) else None,
        original if isinstance(original, str) else None,
        year if isinstance(year, int) else None,
        media_type_of(str(facts.get("title_type") or "")),
    )


def _seed_of_key(source: Source, key: str) -> Seed:
    """The film about which the source would ask this key, where the key shows its IMDb id."""
    seeds = (Seed({"imdb": value}) for value in _IMDB_ID.findall(key))
    return next((seed for seed in seeds if key in source.plan(seed)), Seed())


def _broken(told: Told, result: Result) -> Told:
    return replace(told, fate=Fate.BROKEN, reason=result.message or "could not be read")
