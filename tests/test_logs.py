"""Log lines: their shape, and that nothing secret or steering is in them, however it got into the record."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import re
import subprocess
import sys
import textwrap
import threading
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mwi_crawl.cli import logs
from mwi_crawl.redact import Redactor

KEY = "CANARY-tok en/+='\"\\-0123"
log = logging.getLogger("mwi_crawl.test")


@pytest.fixture(autouse=True)
def _logging_as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for module, name in ((sys, "excepthook"), (threading, "excepthook"), (sys, "unraisablehook")):
        monkeypatch.setattr(module, name, getattr(module, name))
    monkeypatch.setattr(logging, "raiseExceptions", logging.raiseExceptions)
    root, level, handlers = logging.getLogger(), logging.getLogger().level, list(logging.getLogger().handlers)
    yield
    logging.captureWarnings(False)
    for handler in root.handlers:
        if handler not in handlers:
            handler.close()
    root.handlers[:] = handlers
    root.setLevel(level)


def started(log_format: str = "text", level: int | str = "DEBUG", file: Path | None = None) -> io.StringIO:
    stream = io.StringIO()
    logs.configure(level=level, log_format=log_format, file=file, redactor=Redactor([KEY]), stream=stream)
    return stream


def without_key(text: str) -> str:
    assert "CANARY" not in text
    assert "0123" not in text
    return text


def fail_with(key: str) -> None:
    raise ValueError(f"https://x.example/?apikey={key}", {"X-API-KEY": key})


# shape


def test_a_text_line_has_time_level_logger_message_and_fields() -> None:
    stream = started()
    log.info("run %d ended", 2, extra={"source": "ddd", "done": 1731, "title": "The Matrix", "rate": 2.0})
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ INFO mwi_crawl\.test run 2 ended"
        r' source=ddd done=1731 title="The Matrix" rate=2\.0\n',
        stream.getvalue(),
    )


def test_a_json_line_is_one_object_with_its_fields() -> None:
    stream = started("json")
    log.info(
        "run %d\nended", 2, extra={"done": 1731, "ok": True, "path": Path("x"), "rate": float("nan"), "none": None}
    )
    (line,) = stream.getvalue().splitlines()
    found = json.loads(line)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", found.pop("at"))
    assert found == {
        "level": "INFO",
        "logger": "mwi_crawl.test",
        "message": "run 2\nended",
        "done": 1731,
        "ok": True,
        "path": "x",
        "rate": "nan",
        "none": None,
    }


@pytest.fixture
def _in_new_york(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "EST5EDT")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("_in_new_york")
def test_the_time_is_utc() -> None:
    stream = started()
    record = log.makeRecord(log.name, logging.INFO, "", 0, "hello", (), None)
    record.created = 1_772_644_811.9
    log.handle(record)
    assert stream.getvalue() == "2026-03-04T17:20:11Z INFO mwi_crawl.test hello\n"


def test_a_title_cannot_fake_a_line_or_steer_the_terminal() -> None:
    stream = started()
    title = "\x1b]0;owned\x07\x1b[2J\n2026-03-04T17:20:11Z ERROR mwi_crawl fake \u202e"
    log.info("found %s", title, extra={"title": title})
    try:
        raise ValueError(title)
    except ValueError:
        log.exception("failed")
    lines = stream.getvalue().splitlines()
    assert len([line for line in lines if not line.startswith("  ")]) == 2
    assert not set(stream.getvalue()) & set("\x1b\x07\u202e")


def test_a_slip_in_a_log_call_loses_nothing_and_shows_no_key() -> None:
    stream = started()
    log.info("%d films", KEY)
    assert "films" in without_key(stream.getvalue())


# secrets


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_a_key_is_hidden_wherever_it_is_in_the_record(log_format: str) -> None:
    stream = started(log_format)
    log.info(f"message {KEY}")
    log.info("argument %s %r", KEY, {"X-API-KEY": KEY})
    log.info(
        "field", extra={"url": f"https://x.example/?k={KEY}", "headers": {"a": KEY}, "api_key": "abc", "token": 12}
    )
    try:
        fail_with(KEY)
    except ValueError:
        log.exception("traceback", stack_info=True)
    lines = without_key(stream.getvalue())
    assert "fail_with" in lines
    assert "abc" not in lines
    if log_format == "json":
        found = [json.loads(line) for line in lines.splitlines()]
        assert len(found) == 4
        assert found[2]["api_key"] == found[2]["token"] == "***"


@given(
    secret=st.text(st.characters(codec="utf-8"), min_size=8).filter(lambda text: not text.isascii()),
    log_format=st.sampled_from(["text", "json"]),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
def test_no_random_key_survives_a_traceback(secret: str, log_format: str) -> None:
    stream = io.StringIO()
    logs.configure(level="INFO", log_format=log_format, file=None, redactor=Redactor([secret]), stream=stream)
    try:
        fail_with(secret)
    except ValueError:
        log.exception("a %s and %r", secret, [secret], extra={"also": secret})
    for line in stream.getvalue().split("\n")[:-1]:
        assert secret not in line
        assert repr(secret)[1:-1] not in line
        if log_format == "json":
            assert not any(secret in text for text in json.loads(line).values())


def test_a_secret_with_json_in_it_leaves_the_line_json() -> None:
    stream = io.StringIO()
    logs.configure(level="INFO", log_format="json", file=None, redactor=Redactor(['n", "x": "']), stream=stream)
    log.info('a\n", "x": "b')
    assert json.loads(stream.getvalue())["message"] == 'a\n", "x": "b'
    log.info('an", "x": "b')
    assert json.loads(stream.getvalue().splitlines()[1])["message"] == "a***b"


# the hooks


def test_an_uncaught_exception_goes_through_the_log() -> None:
    stream = started()
    try:
        fail_with(KEY)
    except ValueError as error:
        sys.excepthook(ValueError, error, error.__traceback__)
    assert "CRITICAL mwi_crawl unexpected problem" in without_key(stream.getvalue())
    assert "fail_with" in stream.getvalue()


def test_an_uncaught_exception_of_a_thread_goes_through_the_log() -> None:
    stream = started()
    thread = threading.Thread(target=fail_with, args=(KEY,))
    thread.start()
    thread.join()
    assert "ValueError" in without_key(stream.getvalue())


def test_what_cannot_be_raised_goes_through_the_log() -> None:
    class Failing:
        def __del__(self) -> None:
            fail_with(KEY)

    stream = started()
    failing = Failing()
    del failing
    assert "ValueError" in without_key(stream.getvalue())


async def test_what_the_loop_cannot_hand_on_goes_through_the_log() -> None:
    stream = started()
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(logs.loop_exception_handler)
    try:
        fail_with(KEY)
    except ValueError as error:
        loop.call_exception_handler({"message": "Task exception was never retrieved", "exception": error, "task": KEY})
    assert "never retrieved" in without_key(stream.getvalue())
    assert "fail_with" in stream.getvalue()


def test_a_warning_goes_through_the_log() -> None:
    stream = started()
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(False)
        logging.captureWarnings(True)
        warnings.warn(f"key {KEY}", UserWarning, stacklevel=1)
        logging.captureWarnings(False)
    assert "UserWarning" in without_key(stream.getvalue())


def test_a_process_that_dies_shows_no_key(tmp_path: Path) -> None:
    program = f"""
        import logging, pathlib
        from mwi_crawl.cli import logs
        from mwi_crawl.redact import Redactor
        key = {KEY!r}
        logs.configure(level="DEBUG", log_format="text", file=pathlib.Path({str(tmp_path / "x.log")!r}),
                       redactor=Redactor([key]))
        logging.getLogger("x").info("%d", {{"headers": key}})
        raise ValueError({{"X-API-KEY": key}})
    """
    script = tmp_path / "dies.py"
    script.write_text("\n" * 3 + textwrap.dedent(program), encoding="utf-8")
    root = Path(__file__).resolve().parents[1]
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, check=False, env={"PYTHONPATH": str(root)}
    )
    assert done.returncode == 1
    assert "unexpected problem" in without_key(done.stderr)
    assert without_key((tmp_path / "x.log").read_text(encoding="utf-8")) == done.stderr
    assert done.stdout == ""


# where lines go


def test_the_file_is_private_and_stays_so_when_it_is_put_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "FILE_BYTES", 500)
    path = tmp_path / "x.log"
    path.touch(0o644)
    started(file=path)
    for number in range(40):
        log.info("line %d", number)
    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == ["x.log", "x.log.1", "x.log.2", "x.log.3"]
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}


def test_the_file_is_never_open_to_others_even_for_a_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "chmod", lambda *_: None)
    started(file=tmp_path / "x.log")
    assert (tmp_path / "x.log").stat().st_mode & 0o777 == 0o600


def test_the_file_hears_more_than_a_quiet_terminal(tmp_path: Path) -> None:
    stream = started(level="WARNING", file=tmp_path / "x.log")
    log.debug("debug")
    log.info("info")
    log.warning("warning")
    assert [line.split()[-1] for line in stream.getvalue().splitlines()] == ["warning"]
    assert [line.split()[-1] for line in (tmp_path / "x.log").read_text(encoding="utf-8").splitlines()] == [
        "info",
        "warning",
    ]


def test_a_file_that_cannot_be_written_is_a_warning(tmp_path: Path) -> None:
    stream = started(file=tmp_path / "gone" / "x.log")
    log.info("still here")
    assert "WARNING mwi_crawl no log file" in stream.getvalue()
    assert "still here" in stream.getvalue()


def test_a_second_set_up_replaces_the_first(tmp_path: Path) -> None:
    first = started(file=tmp_path / "x.log")
    second = started()
    log.info("hello")
    assert first.getvalue() == ""
    assert second.getvalue().count("hello") == 1
    assert (tmp_path / "x.log").read_text(encoding="utf-8") == ""


@pytest.mark.parametrize("name", ["aiohttp.client", "aiohttp.access", "aiosqlite", "asyncio"])
def test_libraries_are_quiet_until_something_is_wrong(name: str) -> None:
    stream = started()
    logging.getLogger(name).info("a request")
    assert stream.getvalue() == ""
    logging.getLogger(name).warning("trouble")
    assert "trouble" in stream.getvalue()
