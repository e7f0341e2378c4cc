"""A key is where it must be, in the request, and nowhere else: not in output, log, file, nor what a crash leaves.

Every fault the fake upstream knows happens once over real HTTP, and upstreams that send back what they were sent. What
is searched for is the key in every encoding, and a piece of its middle, so that a key cut in two is found as well.
"""

from __future__ import annotations

import asyncio
import base64
import re
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlencode

import pytest
import zstandard
from battery import kill_and_resume as battery
from toys import tmdb_upstream

from mwi_crawl.demo.ddd import FakeDdd
from mwi_crawl.demo.misbehaviour import MISBEHAVIOURS, Ask, Misbehaviour
from mwi_crawl.demo.omdb import FakeOmdb
from mwi_crawl.demo.upstream import FakeUpstream
from mwi_crawl.model import Response
from mwi_crawl.redact import encodings

KEYS = {
    "TMDB_API_READ_ACCESS_TOKEN": "eyJhbGciOiJIUzI1NiJ9.Q4N4RY-of_the.secret-tests==.sig-_=",
    "TMDB_API_KEY": "Ab09c4n4a7e5c4f4a7e5C4F4A7E5ff01".replace("n", "e"),
}
CLOSING = {"key_rejected", "omdb_key_rejected", "quota_spent", "forbidden", "bot_wall_cloudflare", "bot_wall_aws"}
LENGTHY = {"429", "429_zero", "429_absurd", "429_date", "slow"}  # they are only waits
FAULTS = sorted(MISBEHAVIOURS.keys() - CLOSING - LENGTHY)
FILMS = 4 * len(FAULTS)


def _sent(ask: Ask) -> str:
    return f"{ask.path}?{urlencode(ask.params)} {ask.headers.get('authorization', '')}"


def _answer(status: int, text: str, **headers: str) -> Response:
    fields = {"content-type": "application/json", **headers}
    return Response(status, fields, text.encode())


ECHOES = (
    Misbehaviour("echo", lambda ask, right: _answer(200, f'{{"id": "?", "asked": "{_sent(ask)}"}}')),
    Misbehaviour("echo_name", lambda ask, right: _answer(200, f'{{"title": ["{_sent(ask)}"]}}', x_asked=_sent(ask))),
    Misbehaviour(
        "echo_refused", lambda ask, right: _answer(401, f'{{"status_code": 7, "status_message": "{_sent(ask)}"}}')
    ),
    Misbehaviour("echo_bad", lambda ask, right: _answer(422, f'{{"status_code":5,"status_message":"{_sent(ask)}"}}')),
    Misbehaviour("echo_500", lambda ask, right: _answer(500, f"<html>{_sent(ask)}</html>")),
    Misbehaviour("echo_418", lambda ask, right: _answer(418, f'{{"status_message": "{_sent(ask)}"}}')),
    Misbehaviour("echo_away", lambda ask, right: _answer(302, "", location=f"http://x.invalid/{_sent(ask)}")),
    Misbehaviour("echo_host", lambda ask, right: _answer(302, "", location="http://" + _sent(ask).split()[-1] + "/")),
)


def forms(key: str) -> set[bytes]:
    """Everything that gives the key away."""
    middle = key[len(key) // 2 - 8 : len(key) // 2 + 8]
    coded = {base64.b64encode(key.encode()).decode().strip("="), key.encode().hex(), key[::-1]}
    return {form.encode() for form in {middle, middle.lower(), middle.upper(), *coded, *encodings(key)}}


def places(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file a crawl left behind, and what stands in the database."""
    for path in sorted(folder.iterdir()):
        if path.name not in (".env", "ids.txt"):
            yield path.name, path.read_bytes()
    with closing(sqlite3.connect(battery.copy_of(folder, folder.parent))) as db:
        yield "dump", "\n".join(db.iterdump()).encode()
        for number, (body,) in enumerate(db.execute("select body from bodies")):
            yield f"body {number}", zstandard.ZstdDecompressor().decompress(body)


def give_away(key: str, found: list[tuple[str, bytes]]) -> set[str]:
    """The places in which the key stands, in whatever form."""
    return {name for name, content in found for form in forms(key) if form in content}


async def run(folder: Path, environ: dict[str, str], *arguments: str, program=("-m", "mwi_crawl")) -> tuple[int, bytes]:
    """A command; its exit code and everything it said."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, *program, *arguments), cwd=folder, env=environ, stdout=-1, stderr=-1
    )
    out, err = await process.communicate()
    return process.returncode, out + err


def script_every_fault(upstream: FakeUpstream) -> None:
    """One fault for every fourth film, so that no row of them makes the lane pause."""
    for number, name in enumerate(FAULTS, 1):
        upstream.script(name, f"/3/find/tt{9_000_000 + 4 * number}", attempts=1)


def script_every_echo(upstream: FakeUpstream) -> None:
    """What was sent comes back, from films that had no fault."""
    for number, echo in enumerate(ECHOES):
        upstream.script(echo, f"/3/movie/{9_000_001 + 4 * number}")


@pytest.mark.parametrize("name", sorted(KEYS))
async def test_a_key_is_nowhere_after_every_fault_and_a_crash(tmp_path, name):
    key = KEYS[name]
    folder = tmp_path / "films"
    await asyncio.to_thread(battery.fill, folder, FILMS)
    upstream = tmdb_upstream(key=key)
    script_every_fault(upstream)
    found: list[tuple[str, bytes]] = []
    async with upstream.serve() as base_url:
        environ = battery.environment(base_url, 2000) | {"MWI_ENGINE__TIMEOUT_SECONDS": "0.4"}
        environ |= {"MWI_ENGINE__MAX_BODY_MB": "1", "MWI_ENGINE__MAX_RETRIES": "0", "PYTHONASYNCIODEBUG": "1"}
        del environ["TMDB_API_READ_ACCESS_TOKEN"]
        if name == "TMDB_API_KEY":
            environ[name] = key
        else:
            (folder / ".env").write_text(f"{name}='{key}'\n")

        async def note(*arguments: str, **how: tuple[str, ...]) -> int:
            code, said = await run(folder, environ, *arguments, **how)
            found.append((" ".join(arguments), said))
            return code

        assert await note("full", "-vv") == 5
        misbehaved = {hit.misbehaviour for hit in upstream.log.hits}
        assert misbehaved >= set(FAULTS)
        upstream.behave()
        script_every_echo(upstream)
        await note("full", "-vv", "--json", "--log-format", "json", "--refetch")
        assert {hit.misbehaviour for hit in upstream.log.hits} >= {echo.name for echo in ECHOES}
        upstream.behave()
        dying = (str(battery.DYING), "parse.understand:before", "5")
        assert await note("full", "-vv", "--refetch", program=dying) == -9
        assert (folder / "mwi.db-wal").exists()
        found += places(folder)
        upstream.script(ECHOES[2])
        assert await note("full", "-v", "--resume") == 4
        looks = ("config show --origin", "doctor", "doctor tmdb", "keys check", "failures --json", "runs")
        await asyncio.gather(*(note(*each.split()) for each in looks))
    found += places(folder)
    assert {"mwi-crawl.log", "mwi.db", "mwi.db.lock", "mwi.db-wal", "dump"} <= {place for place, _ in found}
    assert sum(re.match(rb"<html>|{", content) is not None for _, content in found) > 10  # bodies are looked into
    assert give_away(key, found) == set()


OTHER_KEYS = {"OMDB_API_KEY": "c0ffee42", "DDD_API_KEY": "CANARY-ddd-0123456789abcdef"}


async def test_the_other_sources_keys_are_nowhere_though_they_are_sent_back(tmp_path):
    folder = tmp_path / "films"
    await asyncio.to_thread(battery.fill, folder, 60)
    upstream = FakeUpstream()
    for fake in (FakeOmdb(60), FakeDdd(60, None, None)):
        upstream.handle(fake.answer)
    for number, echo in enumerate(ECHOES):
        upstream.script(echo, "/", start=5 + 3 * number, times=1)
        upstream.script(echo, "/api/v3/items*", start=5 + 3 * number, times=1)
    upstream.script("reset_mid_body", "/", start=30, times=2)
    found: list[tuple[str, bytes]] = []
    async with upstream.serve() as base_url:
        environ = battery.environment(base_url, 2000) | OTHER_KEYS | {"MWI_SOURCES__TMDB__ENABLED": "false"}
        for name in ("OMDB", "DDD"):
            environ |= {f"MWI_SOURCES__{name}__ENABLED": "true", f"MWI_SOURCES__{name}__BASE_URL": base_url}
            environ |= {f"MWI_SOURCES__{name}__REQUESTS_PER_SECOND": "500"}
        for arguments in (
            "full -vv",
            "full -vv --refetch --json",
            "doctor",
            "keys check",
            "config show --origin",
            "status",
        ):
            _, said = await run(folder, environ, *arguments.split())
            found.append((arguments, said))
        dying = (str(battery.DYING), "parse.understand:before", "5")
        code, said = await run(folder, environ, "full", "-vv", "--refetch", program=dying)
        found.append(("crash", said))
        assert code == -9
    echoed = {(hit.path.startswith("/api"), hit.misbehaviour) for hit in upstream.log.hits}
    assert echoed >= {(ddd, echo.name) for ddd in (True, False) for echo in ECHOES}
    found += places(folder)
    assert give_away(OTHER_KEYS["DDD_API_KEY"], found) == set()
    short = OTHER_KEYS["OMDB_API_KEY"].encode()  # of which the last four characters may be shown
    assert {name for name, content in found if short in content.lower()} == set()


def test_the_search_finds_a_key_in_whatever_form(tmp_path):
    for key in KEYS.values():
        for form in (key, key.lower(), key[8:], base64.b64encode(key.encode()).decode(), urlencode({"k": key})):
            if form == key.lower() and "." in key:
                continue  # the case of a token is part of it
            assert give_away(key, [("here", b"..." + form.encode() + b"...")]) == {"here"}, form
        assert give_away(key, [("here", b"an innocent text")]) == set()
