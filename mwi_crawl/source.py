"""Source: the contract of an upstream.

A source is pure. It says which keys a film needs, how to ask for a key, and what an answer means; it does no I/O, reads
no clock and knows no database. One file in `mwi_crawl/sources/` that defines one subclass is all an upstream takes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from mwi_crawl.model import Allowance, Credential, Outcome, Parsed, Rate, Request, Response, Seed, Verdict, Wanted

Option = str | int | float | bool


class Source:
    """One upstream. Subclasses set the class attributes and override the methods below."""

    name: ClassVar[str]
    """Its name in the configuration, on the command line and in the database."""
    title: ClassVar[str]
    """Its name for people."""
    base_url: ClassVar[str]
    rate: ClassVar[Rate]
    batch: ClassVar[int] = 1
    """How many keys one request can answer."""
    kinds: ClassVar[tuple[str, ...]] = ()
    """The record kinds it writes; each is a file `sql/record/<kind>.sql`."""
    version: ClassVar[int] = 1
    """Raised when its parser changes, so that kept bodies are parsed again."""
    ttl_days: ClassVar[int] = 90
    """How old its facts may grow before they are asked for again."""
    max_ttl_days: ClassVar[int | None] = None
    """The longest time its terms allow facts to be kept without asking again; None: they name none."""
    enabled: ClassVar[bool] = True
    why_off: ClassVar[str] = ""
    """For a source that is off by default: the reason, in a sentence."""
    key_names: ClassVar[tuple[str, ...]] = ()
    """Environment variables of which one must be set; none means that no key is needed."""
    key_url: ClassVar[str] = ""
    """Where a person gets a key."""
    adds: ClassVar[str] = ""
    """What would be missing without it, for `doctor`."""
    metered: ClassVar[bool] = False
    """Whether every request counts against a quota; then a connection serves one request only."""
    pages: ClassVar[bool] = False
    """Whether its answers are pages made for people: then its robots.txt is obeyed, and parsing is done in a thread."""
    bulk: ClassVar[bool] = False
    """Whether its facts come in files about all films (`datasets`) and are never asked for film by film."""
    finds: ClassVar[bool] = False
    """Whether it tells which film a title means: where it takes part, the others wait with films without an id."""
    lists: ClassVar[tuple[str, ...]] = ()
    """Names of its lists of films, of which `discover` gives the pages."""
    feeds: ClassVar[bool] = False
    """Whether it tells what is new and is asked about no film: it takes part where its news is wanted."""
    pages_per_day: ClassVar[int] = 1
    """How many requests a day's list of changes usually takes, until one has been counted."""
    copy_hours: ClassVar[int] = 0
    """How old a copy may be that it answers with: what changed less long ago may not be in an answer yet."""
    standing: ClassVar[tuple[str, ...]] = ()
    """Keys that are about no film (a vocabulary), asked as often as everything else; their records have no film."""
    attribution: ClassVar[str] = ""
    """The notice its terms ask for, wherever its data is shown."""
    options: ClassVar[Mapping[str, Option]] = {}
    """The settings only this source has, with their defaults."""

    def __init__(self, options: Mapping[str, Option] | None = None) -> None:
        self.settings: Mapping[str, Option] = {**self.options, **(options or {})}

    def plan(self, seed: Seed) -> Sequence[str]:
        """The keys that would answer for this film, best first: the next is asked only if the one before is absent."""
        raise NotImplementedError

    def cost(self, key: str) -> int:
        """How many requests a key takes, with those it usually leads to."""
        return 1

    def discover(self, wanted: Wanted) -> Sequence[str]:
        """The keys of what is wanted, as far as this source has it: pages of lists, feeds of channels."""
        return ()

    def changes(self, day: str) -> Mapping[str, str]:
        """The first key of the list of what changed on a day (UTC), by the prefix of keys it names; {}: there is none.

        The answers to such keys, which all begin with `changes/<prefix><day>/`, hold `Parsed.changed`.
        """
        return {}

    def request(self, keys: Sequence[str]) -> Request:
        """How to ask for these keys (never more than `batch`)."""
        raise NotImplementedError

    def parse(self, key: str, response: Response) -> Parsed:
        """What a good answer says about one of the keys asked for. May raise anything: that becomes `broken`."""
        raise NotImplementedError

    def judge(self, response: Response) -> Verdict:
        """What the answer's status means; overridden where the status is not the truth."""
        return judge_by_status(response)

    def scrub(self, response: Response) -> Response:
        """The answer without what may never be kept: strangers' names and words, the asker's own address or session.

        Called before anything else sees an answer of any status. May raise: then the body is dropped.
        """
        return response

    def quotas(self) -> Mapping[str, int]:
        """How many requests are allowed per period (`day`, `month`), as far as that is documented or configured."""
        return {}

    def allowances(self, response: Response) -> Sequence[Allowance]:
        """What an answer's headers tell of what is left."""
        return ()

    def recognize(self, body: bytes) -> str | None:
        """The key to which a page saved from a browser is the answer, by the page's own proof; None: not ours."""
        return None

    def authorize(self, secrets: Mapping[str, str]) -> Credential | None:
        """What to send as proof, from the variables in `key_names`; None if a key is needed and missing."""
        return None if self.key_names else Credential()

    def probe(self) -> Request:
        """The cheapest request that shows whether the key is accepted."""
        raise NotImplementedError


def judge_by_status(response: Response) -> Verdict:
    """The meaning of a status code where nothing more is known of the upstream."""
    status = response.status
    if status in (200, 203):
        return Verdict(Outcome.OK)
    if status == 304:
        return Verdict(Outcome.OK, "not_modified")
    if status in (404, 410):
        return Verdict(Outcome.ABSENT, f"http_{status}")
    if status == 429:
        return Verdict(Outcome.REFUSED, "http_429", "the upstream asks to slow down (HTTP 429)")
    if status in (401, 403):
        return Verdict(Outcome.DENIED, f"http_{status}", f"the upstream refused (HTTP {status})")
    if status in (408, 425) or status >= 500:
        return Verdict(Outcome.RETRY, "http_5xx" if status >= 500 else f"http_{status}", f"HTTP {status}")
    return Verdict(Outcome.BROKEN, f"http_{status}", f"unexpected HTTP {status}")
