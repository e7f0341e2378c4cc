"""The nouns of the flow, each stage's answer to the one before: Seed → Job → Request → Response → Result → rows.

Frozen dataclasses without behaviour: they may be shared between tasks and threads, and every stage can be tested by
building its input by hand. Times are ISO-8601 text in UTC (`2026-03-04T17:20:11.000Z`), days are `YYYY-MM-DD`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

Value: TypeAlias = str | int | float | None
"""What one column of a row may hold."""


class MediaType(StrEnum):
    """What kind of title a film row stands for; a row of unknown kind has none."""

    MOVIE = "movie"  # also television films, shorts, videos and specials: one sitting
    TV = "tv"  # a series
    EPISODE = "episode"
    GAME = "game"
    OTHER = "other"  # podcasts, music videos …


class Precision(StrEnum):
    """How much a viewing's date is worth."""

    EXACT = "exact"  # the day it was watched
    MONTH = "month"
    YEAR = "year"
    RATED = "rated"  # the day it was rated or marked: watched on that day or before
    UNKNOWN = "unknown"


class Outcome(StrEnum):
    """What an answer, or the lack of one, means for its job and its lane (docs/architecture.md, Outcomes)."""

    OK = "ok"  # parsed; the job is done
    ABSENT = "absent"  # the upstream does not have it
    RETRY = "retry"  # a passing fault: asked again later, an attempt is counted
    REFUSED = "refused"  # 429: the lane pauses and slows down, no attempt is counted
    BROKEN = "broken"  # the parser could not read it; the body is kept
    SPENT = "spent"  # the quota of the day or month is gone; no attempt is counted
    DENIED = "denied"  # key rejected, bot wall, forbidden: the lane closes, no attempt is counted
    OFFLINE = "offline"  # the network is down: no attempt is counted


class JobState(StrEnum):
    """What is stored of a job. In flight is not a state: a job that was under way at a crash is still pending."""

    PENDING = "pending"  # waiting, perhaps for a later `ready_at`
    DONE = "done"
    ABSENT = "absent"  # not there; asked again after a growing time
    FAILED = "failed"  # retried to the limit
    BROKEN = "broken"  # unreadable until the parser changes


class RunStatus(StrEnum):
    """How a run stands or ended."""

    RUNNING = "RUNNING"
    SUCCESS = "SUCCESS"
    PARTIAL = "PARTIAL"  # ended, and something is left: failures, a quota, a closed source
    INTERRUPTED = "INTERRUPTED"  # stopped by a signal or a lost network; `--resume` continues it
    FAILED = "FAILED"  # a fault of the engine or of the disk
    ABORTED = "ABORTED"  # never ended, and a later run took its place


@dataclass(frozen=True, slots=True)
class Seed:
    """What is known of a film before any upstream was asked.

    `ids` maps a scheme to a value: `imdb` → `tt0133093`, `tmdb_movie` → `603`, `tmdb_tv` → `1396`,
    `letterboxd` → a film's slug, `boxd` → the code of a film's boxd.it link.
    """

    ids: Mapping[str, str] = field(default_factory=dict)
    title: str | None = None
    original_title: str | None = None
    year: int | None = None
    media_type: MediaType | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of an imported file: a film, and what a person said of it there.

    `key` names the row within (user, kind of file), so that a later export of the same kind can be compared with it.
    `stars` is 0.5–5. `on` is the date the file gives, as far as it is known (`2019-05-03`, `2019-05`, `2019`).
    """

    line: int
    key: str
    seed: Seed
    user: str | None = None  # where one file speaks of several people
    stars: float | None = None
    rated_on: str | None = None
    watched_on: str | None = None
    precision: Precision = Precision.UNKNOWN
    watched: bool = False  # the row says that the film was seen
    rewatch: bool = False
    liked: bool = False
    list_name: str | None = None  # the list the row stands in ("watchlist", …)
    position: int | None = None
    added_on: str | None = None  # the day it was put on that list
    note: str | None = None
    type_label: str | None = None  # the file's own word for the kind of title, for the summary


@dataclass(frozen=True, slots=True)
class Skipped:
    """One row of an imported file that was not taken, and why."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Job:
    """One question to one upstream: a key, in the words of its source, about a film."""

    job_id: int
    source: str
    key: str
    film_id: int | None
    attempts: int = 0  # failed attempts in a row
    absences: int = 0  # times in a row it was not there
    etag: str | None = None  # of the kept body, if the upstream gave one


@dataclass(frozen=True, slots=True)
class Request:
    """How to ask: a path below the upstream's base URL, its query and headers. Holds no secret, so it can be stored."""

    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Credential:
    """What proves who asks. Added by the fetcher as it sends, to the upstream's own host only; never stored."""

    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    params: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Response:
    """An answer as received: status, headers (names in lower case), and the whole body, decompressed."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str = ""  # without query


@dataclass(frozen=True, slots=True)
class Fault:
    """The lack of an answer: `kind` is a word for the statistics (`timeout`, `dns` …), `message` is free of secrets."""

    kind: str
    message: str
    outcome: Outcome = Outcome.RETRY


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a source makes of an answer's status and first look, before it is parsed."""

    outcome: Outcome
    reason: str | None = None  # one word, stored with the job
    message: str | None = None  # one sentence for a person
    resets_at: str | None = None  # when a spent quota returns, where that is known
    period: str | None = None  # of a spent quota: minute, day, month


@dataclass(frozen=True, slots=True)
class Allowance:
    """What an upstream tells of a quota: `left` of `limit` requests in the current `minute`, `day` or `month`."""

    period: str
    limit: int
    left: int


@dataclass(frozen=True, slots=True)
class Quota:
    """What is known of one quota of a source: a row of the table `quotas`."""

    period: str  # day, month
    used: int = 0
    limit: int | None = None
    began_at: datetime | None = None
    spent_at: datetime | None = None
    resets_at: datetime | None = None
    reset_time: str | None = None  # HH:MM, UTC


@dataclass(frozen=True, slots=True)
class Record:
    """A typed row: `kind` is the name of `sql/record/<kind>.sql`, `values` its named parameters.

    `film_id` and `source` are added by the store; a kind that is about no film (`warning_topics`) has no `film_id`.
    """

    kind: str
    values: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A film an upstream offers for a title. `id` is in the upstream's words (`movie/603`); confidence is 0–1."""

    id: str
    title: str
    year: int | None
    confidence: float


@dataclass(frozen=True, slots=True)
class Match:
    """A title that was looked up: what was offered and, only where there is no doubt, what was chosen."""

    title: str
    year: int | None
    candidates: tuple[Candidate, ...]
    chosen: str | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be discovered: an upstream's lists by name with the pages of each, and channels by id."""

    lists: tuple[str, ...] = ()
    pages: int = 1
    channels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of an upstream's list of films: the films on its places `first` to `last` (from 1), as far as it has any.

    `seeds` has the place of each. What the list held on these places before is replaced.
    """

    name: str
    first: int
    last: int
    seeds: Mapping[int, Seed] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Gap:
    """The days whose changes at an upstream are not known, and what the two ways to make up for them take in requests.

    `pages`: reading its list, as long as the list of a day usually is. `films`: asking about each film that was heard
    of before those days ended, but for those that are asked about anyway; `direct`: that is not dearer, and chosen.
    """

    source: str
    prefix: str  # of the keys that the list names: movie/, tv/
    since: str  # the first of the days
    days: int
    pages: int
    films: int
    direct: bool


@dataclass(frozen=True, slots=True)
class Trailer:
    """A video of a channel, and what its title tells: `title` and `year` of the film (None where it tells of none).

    `kind` is trailer, teaser, clip, featurette or spot; only trailers, teasers and spots say which film they are of.
    """

    video_id: str
    channel: str
    raw_title: str
    kind: str | None = None
    title: str | None = None
    year: int | None = None
    media_type: MediaType | None = None  # movie or tv
    season: int | None = None
    published_at: str | None = None


@dataclass(frozen=True, slots=True)
class Changed:
    """A page of an upstream's list of changes: keys of the same source whose answers are new, if heard `before` a time.

    `listed` counts everything on the page, films that are nobody's here and people's mistakes too.
    """

    keys: tuple[str, ...]
    before: str
    listed: int


@dataclass(frozen=True, slots=True)
class Parsed:
    """What an answer means.

    `speaks_of` are the record kinds about which this answer is complete: what the source said before of this film
    under these kinds is replaced. `keys` are further questions to the same source. `ids` were learnt for the film.
    """

    speaks_of: tuple[str, ...] = ()
    records: tuple[Record, ...] = ()
    keys: tuple[str, ...] = ()
    ids: Mapping[str, str] = field(default_factory=dict)
    listed: Listed | None = None
    changed: Changed | None = None
    trailers: tuple[Trailer, ...] = ()
    match: Match | None = None
    absent: str | None = None  # a reason, where a readable answer says that the film is not there


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one job: the verdict, and all there is to store with it."""

    job: Job
    outcome: Outcome
    reason: str | None = None
    message: str | None = None
    detail: str | None = None  # a parser's traceback
    status: int | None = None
    request: Request | None = None
    response: Response | None = None
    parsed: Parsed | None = None
    resets_at: str | None = None
    period: str | None = None
    allowances: tuple[Allowance, ...] = ()


@dataclass(frozen=True, slots=True)
class Settled:
    """A result with its consequence: the state the job takes, and when it is due again."""

    result: Result
    state: JobState
    attempts: int
    absences: int
    ready_at: str | None  # when pending or absent: not before
    at: str  # when the answer was there
    parser_version: int = 0
    shared: bool = False  # another job of the same request, counted with it, comes before
    quotas: tuple[Quota, ...] = ()  # how the source's quotas stand after it


@dataclass(frozen=True, slots=True)
class Rate:
    """An upstream's limits: starts per second, how many may start at once after a pause, how many may be under way."""

    per_second: float
    burst: int = 2
    concurrency: int = 4
