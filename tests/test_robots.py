"""robots.txt: what is never asked for, what a missing or refused one means, and how often it is read."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mwi_crawl.demo.misbehaviour import Ask, redirect
from mwi_crawl.demo.upstream import FakeUpstream
from mwi_crawl.errors import TransportError
from mwi_crawl.fetch import MAX_HOPS, Fetcher, Transport
from mwi_crawl.model import Credential, Fault, Outcome, Rate, Request, Response
from mwi_crawl.robots import MAX_DELAY, MAX_RULES, MAX_SIZE, Rules, read_rules
from mwi_crawl.throttle import Throttle

RECORDING = Path(__file__).resolve().parents[2] / "shared" / "recordings" / "letterboxd" / "robots_2025-07-25.txt"
BASE = "https://www.example.org"
HOST = "www.example.org"
FAST = Rate(10_000.0, burst=100)
PAGE = b"<html>a page</html>"
LINES = (
    *(
        "User-agent: *",
        "User-agent:",
        "User agent mwi-crawl",
        "Disallow: /*$",
        "Disallow: %zz*",
        "Allow: %",
        "Allow: $$",
    ),
    *("Crawl-delay: 1e400", "Crawl-delay: -1", "Crawl-delay: nan", "Request-rate: 1/0", "Visit-time: 9999-1", "\x85"),
)


def site(robots: str | bytes | None = "User-agent: *\nDisallow: /no", status: int = 200) -> FakeUpstream:
    """A site that answers every path with a page, and has this robots.txt."""
    fake = FakeUpstream()
    fake.handle(lambda ask: None if ask.path == "/robots.txt" else Response(200, {}, PAGE))
    if robots is not None:
        fake.add("/robots.txt", robots, status, {"content-type": "text/plain"})
    return fake


def fetcher(transport: Transport, *, base: str = BASE, rate: Rate = FAST, robots: bool = True) -> Fetcher:
    return Fetcher(base, Credential(), Throttle(rate), transport, "mwi-crawl/test (+https://x)", robots=robots)


async def ask(fetcher: Fetcher, path: str = "/page", params: Mapping[str, str] | None = None) -> Response | Fault:
    return (await fetcher.fetch(Request(path, params or {})))[0]


def asked(fake: FakeUpstream) -> list[str]:
    return [hit.path for hit in fake.log.hits]


def rules(text: str | bytes) -> Rules:
    found = read_rules(Response(200, {}, text if isinstance(text, bytes) else text.encode()), HOST)
    assert isinstance(found, Rules)
    return found


def allows(text: str | bytes, path: str) -> bool:
    return rules(text).fault(BASE + path) is None


# What is allowed


@pytest.mark.parametrize(
    ("rule", "path", "allowed"),
    [
        ("/no", "/no", False),
        ("/no", "/nobody", False),
        ("/no", "/yes/no", True),
        ("/no/", "/no", True),
        ("/*/by/*", "/user/films/by/when-rated/", False),
        ("/*/by/*", "/film/x/ratings/by/rating/4/", False),
        ("/*/by/*", "/by/anybody/", True),
        ("/*/by/*", "/user/films/", True),
        ("/*.pdf$", "/a/b.pdf", False),
        ("/*.pdf$", "/a/b.pdf?x=1", True),
        ("/*.pdf$", "/a/b.pdfs", True),
        ("/a$", "/a", False),
        ("/a$", "/a/b", True),
        ("/*?q=", "/search?q=x", False),
        ("/*?q=", "/search", True),
        ("/a%20b", "/a%20b/c", False),
        ("/ü", "/%C3%BC", False),
        ("", "/anything", True),
    ],
)
def test_a_rule_means_what_its_wildcards_say(rule: str, path: str, allowed: bool) -> None:
    assert allows(f"User-agent: *\nDisallow: {rule}", path) is allowed


def test_the_longer_rule_wins() -> None:
    text = "User-agent: *\nDisallow: /film\nAllow: /film/open/\nDisallow: /film/open/not/"
    assert [allows(text, path) for path in ("/film/x", "/film/open/x", "/film/open/not/x")] == [False, True, False]


def test_our_own_name_goes_before_everybodys() -> None:
    text = "User-agent: *\nDisallow: /\n\nUser-agent: MWI-Crawl\nDisallow: /no\n\nUser-agent: GPTBot\nDisallow: /page"
    assert [allows(text, path) for path in ("/page", "/no")] == [True, False]
    assert not allows("User-agent: mwi-crawl\nDisallow: /\n\nUser-agent: *\nAllow: /", "/page")


def test_a_name_that_is_part_of_ours_is_not_ours() -> None:
    assert allows("User-agent: crawl\nDisallow: /", "/page")


async def test_a_page_that_is_not_allowed_is_never_sent() -> None:
    fake = site()
    asking = fetcher(fake)
    fault = await ask(asking, "/no/way")
    assert fault == Fault("robots", "robots.txt of www.example.org does not allow this page", Outcome.DENIED)
    assert asked(fake) == ["/robots.txt"]
    assert asking.sent == 1


async def test_the_query_counts() -> None:
    fake = site("User-agent: *\nDisallow: /*?*secret=")
    asking = fetcher(fake)
    assert isinstance(await ask(asking, params={"a": "b"}), Response)
    assert isinstance(await ask(asking, params={"a": "b", "secret": "1"}), Fault)
    assert asked(fake) == ["/robots.txt", "/page"]


async def test_a_source_that_is_no_source_of_pages_does_not_ask() -> None:
    fake = site("User-agent: *\nDisallow: /")
    assert isinstance(await ask(fetcher(fake, robots=False)), Response)
    assert asked(fake) == ["/page"]


async def test_robots_txt_lies_at_the_root_wherever_the_pages_are() -> None:
    fake = site("User-agent: *\nDisallow: /wiki/no")
    asking = fetcher(fake, base=f"{BASE}/wiki")
    assert isinstance(await ask(asking, "/no"), Fault)
    assert isinstance(await ask(asking, "/yes"), Response)
    assert asked(fake) == ["/robots.txt", "/wiki/yes"]


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/user/films/by/when-rated/", False),
        ("/user/films/rated/.5-5/by/rated-date/page/2/", False),
        ("/film/mulholland-drive/ratings/by/rating/", False),
        ("/user/friends/film/x/", False),
        ("/films/popular/this/week/", False),
        ("/films/year/2020/", False),
        ("/user/films/", True),
        ("/user/films/rated/.5-5/page/2/", True),
        ("/user/likes/films/rated/none/", True),
        ("/user/watchlist/", True),
        ("/user/diary/", True),
        ("/film/mulholland-drive/", True),
        ("/imdb/tt0166924/", True),
    ],
)
def test_a_real_one_is_read_as_its_site_means_it(path: str, allowed: bool) -> None:
    if not RECORDING.exists():
        pytest.skip("the recordings are not beside this checkout")
    assert allows(RECORDING.read_bytes(), path) is allowed


# What it is where it is none


@pytest.mark.parametrize("status", [400, 404, 405, 410, 451])
async def test_one_that_is_not_there_restricts_nothing(status: int) -> None:
    fake = site("User-agent: *\nDisallow: /", status)
    assert isinstance(await ask(fetcher(fake)), Response)


@pytest.mark.parametrize("status", [401, 403])
async def test_one_that_is_refused_is_taken_for_a_refusal(status: int) -> None:
    fake = site("go away", status)
    asking = fetcher(fake)
    fault = await ask(asking)
    assert isinstance(fault, Fault)
    assert (fault.kind, fault.outcome) == ("robots", Outcome.DENIED)
    assert f"refused (HTTP {status})" in fault.message
    await ask(asking)
    assert asked(fake) == ["/robots.txt"]


@pytest.mark.parametrize(
    ("status", "header"), [(202, "x-amzn-waf-action"), (405, "x-amzn-waf-action"), (503, "cf-mitigated")]
)
async def test_a_bot_wall_before_it_is_a_refusal_whatever_its_status(status: int, header: str) -> None:
    fake = FakeUpstream()
    fake.add("/robots.txt", b"", status, {header: "challenge"})
    fault = await ask(fetcher(fake))
    assert isinstance(fault, Fault)
    assert fault.outcome is Outcome.DENIED


@pytest.mark.parametrize("status", [202, 204, 304, 408, 429, 500, 503])
async def test_while_it_cannot_be_had_no_page_is_asked_for(status: int) -> None:
    fake = site("slow down", status)
    asking = fetcher(fake)
    fault = await ask(asking)
    assert isinstance(fault, Fault)
    assert (fault.kind, fault.outcome) == ("robots_unread", Outcome.RETRY)
    assert f"HTTP {status}" in fault.message
    fake.add("/robots.txt", "User-agent: *\nDisallow:")
    assert isinstance(await ask(asking), Response)
    assert asked(fake) == ["/robots.txt", "/robots.txt", "/page"]


@pytest.mark.parametrize("body", [b"<!DOCTYPE html><title>Home</title>", b"\xef\xbb\xbf\n <html>", b"\x1f\x8b\0\0\0"])
async def test_a_page_in_its_place_is_no_permission(body: bytes) -> None:
    fake = site(body)
    fault = await ask(fetcher(fake))
    assert isinstance(fault, Fault)
    assert (fault.kind, fault.outcome) == ("robots_unread", Outcome.RETRY)
    assert asked(fake) == ["/robots.txt"]


@pytest.mark.parametrize(("kind", "outcome"), [("dns", Outcome.OFFLINE), ("timeout", Outcome.RETRY)])
async def test_a_lost_network_is_still_one(kind: str, outcome: Outcome) -> None:
    class Lost:
        async def send(self, url: str, headers: Mapping[str, str]) -> Response:
            raise TransportError(kind, "no way")

        async def close(self) -> None: ...

    fault = await ask(fetcher(Lost()))
    assert isinstance(fault, Fault)
    assert (fault.kind, fault.outcome) == (kind, outcome)
    assert fault.message == f"robots.txt of {HOST}: no way"


def test_the_first_500_kib_are_read_and_no_rule_by_halves() -> None:
    head = "User-agent: *\nDisallow: /early\n"
    cut = "Disallow: /pa"  # the limit lies within the last rule, and what is left of it would forbid more
    filling = "#" + "x" * (MAX_SIZE - len(head) - len(cut) - 2) + "\n"
    text = head + filling + "Disallow: /page/late\n"
    assert text[:MAX_SIZE].endswith(f"\n{cut}")
    found = rules(text)
    assert found.fault(BASE + "/early")
    assert found.fault(BASE + "/page") is None
    assert found.fault(BASE + "/page/late") is None


def test_a_small_file_cannot_ask_for_gigabytes() -> None:
    count = 2 * int(MAX_RULES**0.5)
    agents = "".join(f"User-agent: a{number}\n" for number in range(count))
    begin = time.monotonic()
    found = read_rules(Response(200, {}, (agents + "Disallow: /x\n" * count).encode()), HOST)
    assert isinstance(found, Fault)
    assert time.monotonic() - begin < 1.0
    plenty = "".join(f"User-agent: a{number}\nDisallow: /\n" for number in range(200)) + "User-agent: *\nDisallow: /no"
    assert not allows(plenty, "/no")


@given(st.binary(max_size=400) | st.lists(st.sampled_from(LINES), max_size=12).map("\n".join).map(str.encode))
def test_nothing_a_site_puts_there_breaks_it(body: bytes) -> None:
    found = read_rules(Response(200, {}, body), HOST)
    if isinstance(found, Rules):
        found.fault(f"{BASE}/a/b%20c?d=%zz")
        assert 0 <= found.delay <= MAX_DELAY


# How often it is asked for, and by whom


async def test_it_is_asked_for_once_however_many_ask_at_the_same_time() -> None:
    fake = site()
    fake.latency = 0.01
    asking = fetcher(fake)
    replies = await asyncio.gather(*(ask(asking, f"/{number}") for number in range(20)))
    assert all(isinstance(reply, Response) for reply in replies)
    assert asked(fake).count("/robots.txt") == 1
    await ask(asking)
    assert asked(fake).count("/robots.txt") == 1


async def test_those_who_wait_for_it_share_a_fault_too() -> None:
    fake = site("", 503)
    fake.latency = 0.01
    asking = fetcher(fake)
    replies = await asyncio.gather(*(ask(asking, f"/{number}") for number in range(20)))
    assert {reply.kind for reply in replies if isinstance(reply, Fault)} == {"robots_unread"}
    assert asked(fake) == ["/robots.txt"]


async def test_where_the_one_who_asks_is_stopped_another_asks() -> None:
    fake = site()
    fake.latency = 0.05
    asking = fetcher(fake)
    first, second = asyncio.create_task(ask(asking)), asyncio.create_task(ask(asking))
    await asyncio.sleep(0.02)
    assert asking.under_way == set()  # nobody's answer is lost with it
    first.cancel()
    assert isinstance(await second, Response)
    assert first.cancelled()
    assert asked(fake) == ["/robots.txt", "/robots.txt", "/page"]


async def test_it_passes_the_throttle_and_shows_who_asks_but_nothing_of_the_page() -> None:
    fake, seen = FakeUpstream(), []

    def note(request: Ask) -> Response:
        seen.append(request)
        return Response(200, {}, b"User-agent: *\nDisallow:")

    fake.handle(note)
    asking = fetcher(fake, rate=Rate(20.0, burst=1))
    begin = time.monotonic()
    _, started = await asking.fetch(Request("/page", {"a": "b"}, {"Accept-Language": "en"}), etag='"v1"')
    assert started - begin >= 0.04
    first, second = seen
    assert (first.path, first.params, second.path, second.params) == ("/robots.txt", {}, "/page", {"a": "b"})
    names = {"User-Agent", "Accept-Encoding"}
    assert {name.lower() for name in names} == set(first.headers)
    assert set(second.headers) == set(first.headers) | {"accept-language", "if-none-match"}


async def test_the_time_of_a_page_that_was_not_sent_is_that_of_its_robots_txt() -> None:
    fake = site("", 503)
    before = time.monotonic()
    _, started = await fetcher(fake).fetch(Request("/page"))
    assert before <= started <= time.monotonic()


# Redirects


async def test_a_redirect_leads_to_no_page_that_is_not_allowed() -> None:
    fake = site()
    fake.script(redirect("away", "/no/way"), "/page")
    fault = await ask(fetcher(fake))
    assert isinstance(fault, Fault)
    assert (fault.kind, fault.outcome) == ("robots", Outcome.DENIED)
    assert asked(fake) == ["/robots.txt", "/page"]


class Hosts:
    """A Transport for several hosts."""

    def __init__(self, answers: Mapping[str, Response]) -> None:
        self.answers, self.urls = answers, []

    async def send(self, url: str, headers: Mapping[str, str]) -> Response:
        self.urls: list[str] = [*self.urls, url]
        return self.answers.get(url, Response(200, {}, PAGE))

    async def close(self) -> None: ...


async def test_another_host_of_the_site_is_asked_for_its_own() -> None:
    there = "https://old.www.example.org"
    hosts = Hosts(
        {
            f"{BASE}/robots.txt": Response(404, {}, b""),
            f"{there}/robots.txt": Response(200, {}, b"User-agent: *\nDisallow: /no"),
            f"{BASE}/a": Response(301, {"location": f"{there}/yes"}, b""),
            f"{BASE}/b": Response(301, {"location": f"{there}/no"}, b""),
        }
    )
    asking = fetcher(hosts)
    assert isinstance(await ask(asking, "/a"), Response)
    fault = await ask(asking, "/b")
    assert isinstance(fault, Fault)
    assert "robots.txt of old.www.example.org" in fault.message
    assert f"{there}/no" not in hosts.urls
    assert hosts.urls.count(f"{there}/robots.txt") == hosts.urls.count(f"{BASE}/robots.txt") == 1


async def test_its_own_redirects_are_followed_within_the_site() -> None:
    fake = site(None)
    fake.script(redirect("on", "/static/robots.txt"), "/robots.txt")
    fake.add("/static/robots.txt", "User-agent: *\nDisallow: /no")
    assert isinstance(await ask(fetcher(fake), "/no"), Fault)
    assert asked(fake) == ["/robots.txt", "/static/robots.txt"]


@pytest.mark.parametrize("location", ["https://evil.example/robots.txt", "/robots.txt"])
async def test_its_redirects_to_elsewhere_or_without_end_decide_nothing(location: str) -> None:
    fake = site(None)
    fake.script(redirect("on", location), "/robots.txt")
    fault = await ask(fetcher(fake))
    assert isinstance(fault, Fault)
    assert (fault.kind, fault.outcome) == ("redirect", Outcome.RETRY)
    assert len(fake.log.hits) <= MAX_HOPS + 1
    assert set(asked(fake)) == {"/robots.txt"}


# How slowly


@pytest.mark.parametrize(
    ("text", "delay"),
    [
        ("User-agent: *\nCrawl-delay: 5", 5.0),
        ("User-agent: *\nCrawl-delay: 0.5\n\nUser-agent: mwi-crawl\nCrawl-delay: 2", 2.0),
        ("User-agent: other\nCrawl-delay: 5", 0.0),
        ("User-agent: *\nCrawl-delay: 86400", MAX_DELAY),
        ("User-agent: *\nCrawl-delay: soon", 0.0),
        ("User-agent: *\nDisallow:", 0.0),
    ],
)
def test_the_delay_a_site_asks_for(text: str, delay: float) -> None:
    assert rules(text).delay == delay


async def test_the_delay_is_kept_to() -> None:
    fake = site("User-agent: *\nCrawl-delay: 0.05")
    asking = fetcher(fake, rate=Rate(1000.0, burst=10))
    await asyncio.gather(*(ask(asking, f"/{number}") for number in range(5)))
    times = [hit.at for hit in fake.log.hits]
    assert len(times) == 6
    assert min(later - earlier for earlier, later in pairwise(times)) >= 0.04
