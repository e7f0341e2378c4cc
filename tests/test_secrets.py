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
from mwi_crawl.demo.youtube import FakeYoutube
from mwi_crawl.model import Response
from mwi_crawl.redact import Redactor, encodings

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


def places(folder: Path, besides: tuple[str, ...] = ()) -> Iterator[tuple[str, bytes]]:
    """Every file a crawl left behind, and what stands in the database. `besides`: where the keys were put."""
    for path in sorted(folder.iterdir()):
        if path.name not in (".env", "ids.txt", *besides):
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


# as people paste them: with quotes, with the word before it, inside of the address in an e-mail, in a file of its own
PASTED = {
    "TMDB_API_READ_ACCESS_TOKEN": ("Bearer {}", "eyJhbGciOiJIUzI1NiJ9.P4st3d-with_its.word-before==.sig-_="),
    "OMDB_API_KEY": ("https://www.omdbapi.com/?i=tt3896198&apikey={}", "deadb33f".replace("3", "e")),
    "DDD_API_KEY": ("`{}`", "CANARY-pasted-0123456789abcdef"),
    "YOUTUBE_API_KEY": ("{}", "AIzaSyCANARY-of_the-secret-tests0123456"),
}
ASKED = {"tmdb": "/3/*", "omdb": "/", "ddd": "/api/v3/*", "youtube_api": "/youtube/v3/*"}  # source: what is asked of it
KILLED = """
import sys
from mwi_crawl import checkpoint
from mwi_crawl.fetch import Fetcher
def save(*_, **__):
    raise RuntimeError(f"storing after {sent}")
async def get(self, *a, real=Fetcher.fetch, **k):
    sent.append([*self._credential.headers.values(), *self._credential.params.values()])
    return await real(self, *a, **k)
sent = []
checkpoint.save, Fetcher.fetch = save, get
from mwi_crawl.cli import main
main()
"""
NEWER = (
    "incremental --source youtube_api --source youtube -vv",
    "incremental -vv --json --refetch --log-format json",
    "incremental --dry-run",
    "reparse -vv",
    "reparse --json --accept-losses",
    "runs show 1",
    "runs show 1 --json",
    "runs",
    "match list",
    "match list --json",
    "status --json",
    "plan --json",
    "failures --json",
    "schedule print --for cron",
    "schedule print --for systemd",
    "schedule print --for launchd",
    "schedule print --for windows",
    "export csv jobs",
    "export json failures",
    "export csv runs --csv-raw",
    "export json trailers",
    "config show --origin",
    "keys check",
    "doctor",
    "db check",
)


@pytest.mark.parametrize("name", PASTED)
@pytest.mark.parametrize("around", ["{}", ' "{}" ', "‘{}’", "`{}`"])
def test_the_key_itself_is_hidden_however_it_was_pasted(name: str, around: str):
    how, key = PASTED[name]
    redactor = Redactor([around.format(how.format(key))])
    assert redactor.text(f"storing after {key}!") == "storing after ***!"
    assert redactor.text("the bearer of api keys, www.omdbapi.com") == "the bearer of api keys, www.omdbapi.com"


def everything() -> FakeUpstream:
    """Every upstream that takes a key, each sending back what it was sent now and then."""
    upstream = tmdb_upstream()
    for fake in (FakeOmdb(40), FakeDdd(40, None, None), FakeYoutube()):
        upstream.handle(fake.answer)
    for path in ASKED.values():
        for number, echo in enumerate(ECHOES):
            upstream.script(echo, path, start=2 + 3 * number, times=1)
    return upstream


def pasted(folder: Path, base_url: str) -> dict[str, str]:
    """The variables of a crawl of them, and its .env with the keys."""
    environ = battery.environment(base_url, 2000)
    del environ["TMDB_API_READ_ACCESS_TOKEN"]
    for name in (*ASKED, "youtube"):
        prefix = f"MWI_SOURCES__{name.upper()}"
        environ |= {f"{prefix}__ENABLED": "true", f"{prefix}__BASE_URL": base_url}
        environ |= {f"{prefix}__REQUESTS_PER_SECOND": "500"}
    in_file = folder / "key.txt"
    in_file.write_text(PASTED["YOUTUBE_API_KEY"][1] + "\n")
    lines = [f"{name}={how.format(key)}\n" for name, (how, key) in PASTED.items() if name != "YOUTUBE_API_KEY"]
    (folder / ".env").write_text("".join(lines) + f"YOUTUBE_API_KEY_FILE={in_file}\n")
    for path in (in_file, folder / ".env"):
        path.chmod(0o600)
    return environ


async def seen_by_others(process: asyncio.subprocess.Process) -> bytes:
    """What every user of the machine sees of a process and its children for as long as it runs."""
    seen = set()
    while process.returncode is None:
        family = {process.pid}
        for task in Path(f"/proc/{process.pid}/task").glob("*/children"):
            family |= {int(child) for child in _read(task).split()}
        seen |= {_read(Path(f"/proc/{each}/{name}")) for each in family for name in ("cmdline", "comm")}
        await asyncio.sleep(0.005)
    return b"\n".join(seen)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # it has gone meanwhile
        return b""


@pytest.mark.slow
async def test_a_pasted_key_is_nowhere_whatever_command_is_given(tmp_path):
    folder = tmp_path / "films"
    await asyncio.to_thread(battery.fill, folder, 40)
    upstream, found = everything(), []
    async with upstream.serve() as base_url:
        environ = pasted(folder, base_url)
        for arguments in NEWER:
            code, said = await run(folder, environ, *arguments.split())
            assert code not in (1, 2, 3), (arguments, said.decode()[-800:])
            found.append((arguments, said))
        code, said = await run(folder, environ, "full", "-vv", "--refetch", program=("-c", KILLED))
        found.append(("traceback", said))
        assert code == 1
        assert b"RuntimeError: storing after" in said
    echoed = {(hit.path.split("/")[1], hit.misbehaviour) for hit in upstream.log.hits}
    assert {place for place, name in echoed if name == "echo"} == {"3", "", "api", "youtube"}
    found += places(folder, besides=("key.txt",))
    assert {name: give_away(key, found) for name, (_, key) in PASTED.items() if len(key) > 20} == {
        name: set() for name in PASTED if name != "OMDB_API_KEY"
    }
    short = PASTED["OMDB_API_KEY"][1].encode()
    assert {name for name, content in found if short in content.lower()} == set()


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.slow
async def test_no_other_user_sees_a_key_while_a_crawl_runs(tmp_path):
    folder = tmp_path / "films"
    await asyncio.to_thread(battery.fill, folder, 40)
    async with everything().serve() as base_url:
        environ = pasted(folder, base_url)
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "mwi_crawl", "full", "-q"), cwd=folder, env=environ, stdout=-3, stderr=-3
        )
        seen = await seen_by_others(process)
    assert b"mwi_crawl" in seen
    assert all(give_away(key, [("ps", seen)]) == set() for _, key in PASTED.values())


def test_the_search_finds_a_key_in_whatever_form(tmp_path):
    for key in KEYS.values():
        for form in (key, key.lower(), key[8:], base64.b64encode(key.encode()).decode(), urlencode({"k": key})):
            if form == key.lower() and "." in key:
                continue  # the case of a token is part of it
            assert give_away(key, [("here", b"..." + form.encode() + b"...")]) == {"here"}, form
        assert give_away(key, [("here", b"an innocent text")]) == set()
