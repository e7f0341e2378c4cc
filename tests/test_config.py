"""Settings: where they come from, what is refused and how that reads, and that config.toml tells the truth."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest
from pydantic import ValidationError

from mwi_crawl import sources
from mwi_crawl.config import SECRETS, Config, completed, load, origins
from mwi_crawl.errors import ConfigError
from mwi_crawl.model import MediaType, Rate
from mwi_crawl.source import Option, Source

ROOT = Path(__file__).resolve().parents[1]
TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJhdWQiOiJmYWtlLWZha2UifQ.c2lnbmF0dXJl"


class Archive(Source):
    name = "archive"
    base_url = "https://archive.example"
    rate = Rate(20, burst=2, concurrency=10)
    ttl_days = 30
    max_ttl_days = 180
    key_names = ("ARCHIVE_API_KEY",)
    options: ClassVar[Mapping[str, Option]] = {"language": "en-US", "daily_limit": 1000, "share": 0.5, "pages": False}


class Museum(Source):
    name = "museum"
    base_url = "https://museum.example"
    rate = Rate(2.5)
    enabled = False


SOURCES: dict[str, type[Source]] = {"archive": Archive, "museum": Museum}


class Folder:
    """A current folder with a config.toml and a .env of our own."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def toml(self, text: str) -> Folder:
        (self.path / "config.toml").write_text(text, encoding="utf-8")
        return self

    def dotenv(self, text: str, mode: int = 0o600) -> Folder:
        (self.path / ".env").write_text(text, encoding="utf-8")
        (self.path / ".env").chmod(mode)
        return self

    def load(self, environ: Mapping[str, str] | None = None, **given: Any) -> Config:
        return load(SOURCES, environ=environ or {}, cwd=self.path, **given)

    def refused(self, environ: Mapping[str, str] | None = None, **given: Any) -> list[str]:
        with pytest.raises(ConfigError) as caught:
            self.load(environ, **given)
        assert caught.value.safe == "Nothing was fetched."
        assert caught.value.todo
        assert caught.value.exit_code == 3
        return caught.value.happened.split("\n")


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def table(config: Config) -> dict[str, tuple[str, str]]:
    return {row.key: (row.value, row.origin) for row in origins(config)}


# where values come from


def test_without_any_file_the_defaults_apply(folder: Folder) -> None:
    config = folder.load()
    assert config.file is None
    assert config.warnings == ()
    assert config.paths.db == Path("mwi.db")
    assert config.engine.max_retries == 3
    assert config.engine.user_agent.startswith("mwi-crawl/")
    assert "{" not in config.engine.user_agent
    assert config.ingest.include == (MediaType.MOVIE,)
    assert config.ranking["bayesian"] == {"m": 25, "percentile": 0, "mean_of": "ratings", "unvoted": False}
    assert config.cohorts["world"].ranking == {"bayesian": {"m": 25_000}}
    assert {row.origin for row in origins(config)} == {"default"}


def test_a_source_has_its_own_defaults_and_exactly_its_own_options(folder: Folder) -> None:
    config = folder.load()
    assert list(config.sources) == ["archive", "museum"]
    archive = config.sources["archive"]
    assert archive.rate == Archive.rate
    assert archive.ttl_days == 30
    assert archive.options == dict(Archive.options)
    assert not config.sources["museum"].enabled
    assert config.sources["museum"].options == {}
    assert "tmdb" not in config.sources


def test_each_layer_overrules_the_one_below(folder: Folder) -> None:
    name = "MWI_ENGINE__MAX_RETRIES"
    assert folder.toml("[engine]\nmax_retries = 4").load().engine.max_retries == 4
    assert folder.dotenv(f"{name}=5\n").load().engine.max_retries == 5
    assert folder.load({name: "6"}).engine.max_retries == 6
    assert folder.load({name: "6"}, overrides={"engine": {"max_retries": 7}}).engine.max_retries == 7
    assert folder.load({name: "6"}, overrides={"engine": {"max_retries": None}}).engine.max_retries == 6
    assert folder.load({name: ""}).engine.max_retries == 5


def test_a_layer_that_sets_one_value_leaves_its_neighbours(folder: Folder) -> None:
    folder.toml("[sources.archive]\nburst = 5\n[ranking.wilson]\nz = 1.5\n[profiles.quick]\npages_per_list = 4")
    config = folder.load({"MWI_SOURCES__ARCHIVE__TTL_DAYS": "9", "MWI_RANKING__WILSON__MIN_RATINGS": "2"})
    archive = config.sources["archive"]
    assert (archive.burst, archive.ttl_days, archive.concurrency) == (5, 9, 10)
    assert config.ranking["wilson"] == {"z": 1.5, "positive": 3.5, "min_ratings": 2}
    assert config.profiles["quick"].lists == ("popular", "trending")
    assert config.profiles["quick"].pages_per_list == 4


@pytest.mark.parametrize(
    ("name", "setting"),
    [
        ("MWI_DB", "db"),
        ("MWI_DATA_DIR", "data"),
        ("MWI_IMDB_DUMP_DIR", "imdb_dumps"),
        ("MWI_CACHE_DIR", "cache"),
        ("MWI_PROCESSED_DIR", "processed"),
        ("MWI_IMDB_WATCHLIST_CSV", "imdb_watchlist"),
    ],
)
def test_the_short_names_of_paths_are_understood(folder: Folder, name: str, setting: str) -> None:
    config = folder.load({name: "/somewhere/else"})
    assert getattr(config.paths, setting) == Path("/somewhere/else")
    assert table(config)[f"paths.{setting}"] == ('"/somewhere/else"', f"environment {name}")


def test_folders_below_data_move_with_it(folder: Folder) -> None:
    assert folder.load({"MWI_DATA_DIR": "/films"}).paths.cache == Path("/films/cache")


def test_a_path_may_begin_at_home(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ann")
    assert folder.load({"MWI_DB": "~/films.db"}).paths.db == Path("/home/ann/films.db")


@pytest.mark.parametrize("text", ["tt0133093, tt0068646", '["tt0133093", "tt0068646"]'])
def test_a_list_in_a_variable_is_separated_by_commas_or_is_json(folder: Folder, text: str) -> None:
    assert folder.load({"MWI_INGEST__IMDB_IDS": text}).ingest.imdb_ids == ("tt0133093", "tt0068646")


def test_variables_become_the_type_of_their_setting(folder: Folder) -> None:
    config = folder.load(
        {
            "MWI_INGEST__TMDB_IDS": "603",
            "MWI_INGEST__INCLUDE": "movie,tv",
            "MWI_ENGINE__KEEP_BODIES": "false",
            "MWI_ENGINE__TIMEOUT_SECONDS": "2.5",
            "MWI_SOURCES__ARCHIVE__PAGES": "true",
            "MWI_SOURCES__ARCHIVE__SHARE": "1",
        }
    )
    assert config.ingest.tmdb_ids == (603,)
    assert config.ingest.include == (MediaType.MOVIE, MediaType.TV)
    assert config.engine.keep_bodies is False
    assert config.engine.timeout_seconds == 2.5
    assert config.sources["archive"].options["pages"] is True
    assert config.sources["archive"].options["share"] == 1.0


def test_another_file_can_be_named_and_must_then_exist(folder: Folder) -> None:
    folder.toml("[engine]\nmax_retries = 4")
    (folder.path / "other.toml").write_text("[engine]\nmax_retries = 9", encoding="utf-8")
    assert folder.load(path=Path("other.toml")).engine.max_retries == 9
    assert folder.load({"MWI_CONFIG": "other.toml"}).engine.max_retries == 9
    assert folder.load({"MWI_CONFIG": "gone.toml"}, path=Path("other.toml")).engine.max_retries == 9
    assert "gone.toml: there is no such file" in folder.refused({"MWI_CONFIG": "gone.toml"})[0]
    assert "gone.toml" in folder.refused(path=Path("gone.toml"))[0]


def test_a_byte_order_mark_is_no_obstacle(folder: Folder) -> None:
    assert folder.toml("\ufeff[engine]\nmax_retries = 4").load().engine.max_retries == 4


def test_the_settings_cannot_be_changed(folder: Folder) -> None:
    config = folder.load()
    with pytest.raises(ValidationError):
        config.engine.max_retries = 9
    with pytest.raises(ValidationError):
        config.sources["archive"].enabled = False


# what is refused


def test_an_unknown_key_is_named_with_its_line_and_a_suggestion(folder: Folder) -> None:
    class Tmdb(Archive):
        name = "tmdb"

    folder.toml("\n" * 21 + "[sources.tmdb]\nrate_per_sec = 3\n")
    with pytest.raises(ConfigError) as caught:
        load({"tmdb": Tmdb}, environ={}, cwd=folder.path)
    assert caught.value.happened == (
        'config.toml line 23: [sources.tmdb] "rate_per_sec" is not a setting. Did you mean "requests_per_second"?'
    )


def test_every_problem_is_listed_in_the_order_of_the_file(folder: Folder) -> None:
    folder.toml(
        """
        [engine]
        max_retries = "many"
        max_retry = 3
        timeout_seconds = 0
        [enginee]
        x = 1
        [sources.archiv]
        enabled = true
        [sources.museum]
        daily_limit = 3
        burst = true
        [ingest]
        imdb_ids = [
          "tt0133093",
          "nm0000093",
        ]
        include = ["film"]
        [schedule]
        time_zone = "Mars/Olympus"
        [aggregate]
        top_n = 2.5
        keep_status = "Released"
        """
    )
    problems = folder.refused()
    assert [problem.partition(": ")[::2] for problem in problems] == [
        ("config.toml line 3", '[engine] "max_retries" must be a whole number'),
        ("config.toml line 4", '[engine] "max_retry" is not a setting. Did you mean "max_retries"?'),
        ("config.toml line 5", '[engine] "timeout_seconds" must be greater than 0'),
        ("config.toml line 6", "[enginee] is not a table of settings. Did you mean [engine]?"),
        ("config.toml line 8", "[sources.archiv] is not a table of settings. Did you mean [sources.archive]?"),
        ("config.toml line 11", '[sources.museum] "daily_limit" is not a setting.'),
        ("config.toml line 12", '[sources.museum] "burst" must be a whole number'),
        ("config.toml line 14", '[ingest] "imdb_ids" must list IMDb ids like "tt0133093"'),
        ("config.toml line 18", "[ingest] \"include\" must be 'movie', 'tv', 'episode', 'game' or 'other'"),
        ("config.toml line 20", '[schedule] "time_zone" must be a time zone like "Europe/Paris"'),
        ("config.toml line 22", '[aggregate] "top_n" must be a whole number'),
    ]


def test_a_table_in_capitals_is_another_table(folder: Folder) -> None:
    (problem,) = folder.toml("[Engine]\nmax_retries = 4\n").refused()
    assert problem == "config.toml line 1: [Engine] is not a table of settings. Did you mean [engine]?"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[engine]\n\n# max_retry = 1\nmax_retry = 1", 4),
        ('[engine]\nuser_agent = """one\nmax_retry = 1\n"""\n', 2),
        ("[paths]\ndb = 'x'\n[engine]\nkeep_bodies = true # [paths]\n  max_retry = 1", 5),
        ("engine.max_retry = 1", 1),
        ("\nengine = { max_retries = 1, max_retry = 1 }", 2),
        ('[ "engine" ]\r\n"max_retry" = 1\r\n', 2),
        ("[ingest]\ntmdb_ids = [\n 1, # ]\n 2,\n]\n[engine]\nmax_retry = 1", 7),
    ],
)
def test_the_line_is_right_however_the_file_is_written(folder: Folder, text: str, line: int) -> None:
    assert folder.toml(text).refused()[0].startswith(f"config.toml line {line}: [engine]")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[engine]\n\nmax_retries = = 3\n", 3),
        ('a = "open\n', 1),
        ("[engine\n", 1),
        ("x = 1\nx = 2\n", 2),
        ("a = '''", 1),
    ],
)
def test_a_slip_in_the_file_is_named_with_its_line(folder: Folder, text: str, line: int) -> None:
    (problem,) = folder.toml(text).refused()
    assert problem.startswith(f"config.toml line {line}: not valid TOML")


def test_an_unreadable_file_is_said_to_be_so(folder: Folder) -> None:
    (folder.path / "config.toml").write_bytes(b"\xff\xfe[\x00e\x00")
    assert "config.toml is not UTF-8 text" in folder.refused()[0]
    (folder.path / "config.toml").unlink()
    (folder.path / "config.toml").mkdir()
    assert "config.toml cannot be read" in folder.refused()[0]


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("MWI_ENGINE__MAX_RETRY", "MWI_ENGINE__MAX_RETRIES"),
        ("MWI_MAX_RETRIES", "MWI_ENGINE__MAX_RETRIES"),
        ("MWI_SOURCES__ARCHIVE__RATE_PER_SEC", "MWI_SOURCES__ARCHIVE__REQUESTS_PER_SECOND"),
        ("MWI_DBS", "MWI_DB"),
        ("MWI_CONFI", "MWI_CONFIG"),
    ],
)
def test_an_unknown_variable_is_named_with_its_place_and_a_suggestion(folder: Folder, name: str, hint: str) -> None:
    expected = f"{name} is not a setting. Did you mean {hint}?"
    assert folder.refused({name: "1"}) == [f"environment: {expected}"]
    assert folder.dotenv(f"{name}=1\n").refused() == [f".env: {expected}"]
    assert folder.refused({name: "1"}) == [f"environment: {expected}", f".env: {expected}"]


def test_a_wrong_value_in_a_variable_is_named_without_the_value(folder: Folder) -> None:
    environ = {"MWI_ENGINE__MAX_RETRIES": "hush-hush", "MWI_ENGINE": "3", "MWI_RANKING__BAYESIAN__M": "hush"}
    assert folder.refused(environ) == [
        "environment: MWI_ENGINE must be a table",
        "environment: MWI_RANKING__BAYESIAN__M must be a number",
    ]
    del environ["MWI_ENGINE"]
    assert folder.refused(environ)[0] == "environment: MWI_ENGINE__MAX_RETRIES must be a whole number"


def test_nonsense_is_refused_and_never_a_crash(folder: Folder) -> None:
    digits = "9" * 5000
    assert folder.refused({"MWI_ENGINE__MAX_RETRIES": digits}) == [
        "a variable MWI_ENGINE__… holds a number too long to be meant"
    ]
    assert "too long" in folder.toml(f"[engine]\nmax_retries = {digits}").refused()[0]
    assert 'config.toml line 1: "engine" must be a table' in folder.toml("[[engine]]\n[engine.sub]\n").refused()
    assert "too deep" in folder.toml("x = " + "[" * 9000 + "]" * 9000).refused()[0]
    assert "cannot be read" in folder.refused(path=Path("a\0b"))[0]
    assert folder.toml("").refused({"MWI_DB": "a\0b"}) == ["environment: MWI_DB must name a file or folder"]


def test_a_wrong_word_on_the_command_line_is_named_so(folder: Folder) -> None:
    folder.toml("[engine]\nmax_retries = 4")
    assert folder.refused(overrides={"engine": {"max_retries": -1}}) == [
        'command line: [engine] "max_retries" must be greater than or equal to 0'
    ]
    assert folder.refused(overrides={"engines": {"x": 1}}) == [
        "command line: [engines] is not a table of settings. Did you mean [engine]?"
    ]


@pytest.mark.parametrize(
    "url",
    [
        "https://api.example.org",
        "https://api.example.org:8443/v1",
        "http://127.0.0.1:8000",
        "http://127.9.9.9",
        "http://[::1]:8000",
        "http://localhost:1234",
    ],
)
def test_a_good_base_url_is_taken(folder: Folder, url: str) -> None:
    assert folder.load({"MWI_SOURCES__ARCHIVE__BASE_URL": url + "/"}).sources["archive"].base_url == url


@pytest.mark.parametrize(
    "url",
    [
        "http://api.example.org",
        "http://localhost.example.org",
        "http://127.0.0.1.example.org",
        "http://127.1",
        "http://10.0.0.1",
        "http://0.0.0.0:8000",
        "http://[::ffff:10.0.0.1]",
        "https://user@api.example.org",
        "http://user:hush@localhost",
        "http://127.0.0.1@api.example.org",
        "https://api.example.org?apikey=hush",
        "https://api.example.org/#x",
        "https://",
        "https://api.example.org:99999",
        "https://api.example.org:0",
        "https://api.exam ple.org",
        "https://api.example.org\\@evil.example",
        "ftp://api.example.org",
        "file:///etc/passwd",
        "api.example.org",
        "HTTPS:api.example.org",
    ],
)
def test_a_bad_base_url_is_refused_and_not_shown(folder: Folder, url: str) -> None:
    (problem,) = folder.refused({"MWI_SOURCES__ARCHIVE__BASE_URL": url})
    assert problem.startswith("environment: MWI_SOURCES__ARCHIVE__BASE_URL must be")
    assert "hush" not in problem


def test_nobody_elses_host_can_be_asked_too_fast_and_ones_own_can(folder: Folder) -> None:
    fast = "[sources.archive]\nrequests_per_second = 2000\n"
    assert folder.toml(fast).refused() == [
        'config.toml line 2: [sources.archive] "requests_per_second" must be at most 50'
    ]
    config = folder.toml(fast + 'base_url = "http://127.0.0.1:9"').load()
    assert config.sources["archive"].requests_per_second == 2000


@pytest.mark.parametrize("value", ["0", "-1", "nan", "inf"])
def test_a_rate_is_above_nothing_and_finite(folder: Folder, value: str) -> None:
    assert folder.toml(f"[sources.archive]\nrequests_per_second = {value}").refused()


def test_facts_are_not_kept_longer_than_the_terms_allow(folder: Folder) -> None:
    (problem,) = folder.toml("[sources.archive]\nttl_days = 181\n[sources.museum]\nttl_days = 181").refused()
    assert problem == 'config.toml line 2: [sources.archive] "ttl_days" must be less than or equal to 180'


# keys


@pytest.mark.parametrize(
    "text",
    [
        f'TMDB_API_READ_ACCESS_TOKEN = "{TOKEN}"',
        '[sources.archive]\napi_key = "hush-hush"',
        '[sources.archive]\nomdb_api_key = "hush-hush"',
        '[engine]\napikey = "hush-hush"',
        f'[sources.archive]\nlanguage = "{TOKEN}"',
        f'[youtube]\nchannels = ["a", "{TOKEN}"]',
        '[secrets]\nOMDB_API_KEY = "hush-hush"',
    ],
)
def test_a_key_in_the_file_is_refused_and_not_shown(folder: Folder, text: str) -> None:
    problems = folder.toml(text).refused()
    assert any("holds a key" in problem and "put it in .env" in problem for problem in problems)
    assert not any("hush" in problem or "eyJ" in problem for problem in problems)


def test_keys_come_from_the_environment_before_dotenv(folder: Folder) -> None:
    folder.dotenv("TMDB_API_KEY=from-dotenv\nOMDB_API_KEY=from-dotenv\nARCHIVE_API_KEY=its-own-key\n")
    config = folder.load({"TMDB_API_KEY": "from-environment", "OMDB_API_KEY": ""})
    assert config.reveal() == {
        "TMDB_API_KEY": "from-environment",
        "OMDB_API_KEY": "from-dotenv",
        "ARCHIVE_API_KEY": "its-own-key",
    }


@pytest.mark.parametrize("text", ["abc-123", " abc-123 ", '"abc-123"', "'abc-123'", ' " abc-123 " '])
def test_quotes_and_blanks_around_a_key_are_taken_off(folder: Folder, text: str) -> None:
    assert folder.load({"OMDB_API_KEY": text}).reveal() == {"OMDB_API_KEY": "abc-123"}
    assert folder.dotenv(f"export OMDB_API_KEY={text}\r\n").load().reveal() == {"OMDB_API_KEY": "abc-123"}


@pytest.mark.parametrize("text", ["", "  ", '""', "' '"])
def test_an_empty_key_is_not_set(folder: Folder, text: str) -> None:
    config = folder.dotenv(f"OMDB_API_KEY={text}\n").load({"OMDB_API_KEY": text})
    assert config.reveal() == {}
    assert table(config)["OMDB_API_KEY"] == ("not set", "default")


def test_a_dollar_in_a_key_is_a_dollar(folder: Folder) -> None:
    assert folder.dotenv("OMDB_API_KEY=a${HOME}b$c\n").load().reveal() == {"OMDB_API_KEY": "a${HOME}b$c"}


def test_a_key_can_lie_in_a_file_of_its_own(folder: Folder) -> None:
    (folder.path / "secret").write_text("from-a-file\n", encoding="utf-8")
    config = folder.load({"OMDB_API_KEY_FILE": str(folder.path / "secret")})
    assert config.reveal() == {"OMDB_API_KEY": "from-a-file"}
    assert table(config)["OMDB_API_KEY"] == ("set (…file)", "environment OMDB_API_KEY_FILE")
    (problem,) = folder.refused({"OMDB_API_KEY_FILE": "/nowhere/secret"})
    assert problem == "environment: OMDB_API_KEY_FILE names a file that cannot be read"


def test_a_key_with_a_line_break_is_refused_and_not_shown(folder: Folder) -> None:
    (problem,) = folder.refused({"OMDB_API_KEY": "hush\nhush"})
    assert "OMDB_API_KEY" in problem
    assert "hush" not in problem


def test_keys_are_in_nothing_that_shows_the_settings(folder: Folder) -> None:
    config = folder.load({"TMDB_API_READ_ACCESS_TOKEN": TOKEN, "OMDB_API_KEY": "hushhush"})
    shown = (
        repr(config) + str(config) + config.model_dump_json() + repr(vars(config)) + repr(config.__pydantic_private__)
    )
    assert TOKEN not in shown
    assert "hushhush" not in shown
    rows = table(config)
    assert rows["TMDB_API_READ_ACCESS_TOKEN"] == (
        f"set (…{TOKEN[-4:]})",
        "environment TMDB_API_READ_ACCESS_TOKEN",
    )
    assert not any(TOKEN in cell or "hushhush" in cell for row in origins(config) for cell in row)


def test_a_key_that_strayed_into_a_setting_is_not_shown_with_it(folder: Folder) -> None:
    config = folder.load({"OMDB_API_KEY": "hushhush", "MWI_ENGINE__USER_AGENT": "me hushhush"})
    assert table(config)["engine.user_agent"][0] == '"me ***"'


# .env as a file


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660])
def test_a_dotenv_that_others_can_read_is_warned_of(folder: Folder, mode: int) -> None:
    (warning,) = folder.dotenv("A=1\n", mode).load().warnings
    assert f"{mode:o}" in warning
    assert "chmod 600 .env" in warning


def test_a_private_dotenv_is_fine(folder: Folder) -> None:
    assert folder.dotenv("SOMETHING_ELSE=1\n").load().warnings == ()


def test_a_dotenv_of_somebody_else_is_refused(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.dotenv("A=1\n")
    owner = (folder.path / ".env").stat().st_uid
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    assert ".env belongs to another user" in folder.refused()[0]


def test_a_line_of_dotenv_that_is_none_is_named_and_not_shown(folder: Folder) -> None:
    (problem,) = folder.dotenv('A=1\nOMDB_API_KEY="hush\n').refused()
    assert problem == ".env line 2: not NAME=value"


def test_a_folder_called_dotenv_is_passed_over(folder: Folder) -> None:
    (folder.path / ".env").mkdir()
    assert folder.load().reveal() == {}


# what is shown


def test_every_setting_is_shown_with_its_origin(folder: Folder) -> None:
    folder.toml('[engine]\nkeep_bodies = false\n[cohorts."my friends".ranking.bayesian]\nm = 30\n')
    folder.dotenv("MWI_DATA_DIR=/films\nOMDB_API_KEY=0123456789\n")
    rows = table(folder.load({"MWI_ENGINE__TIMEOUT_SECONDS": "2.5"}, overrides={"paths": {"db": Path("x.db")}}))
    assert rows["paths.db"] == ('"x.db"', "command line")
    assert rows["paths.data"] == ('"/films"', ".env")
    assert rows["paths.log"] == ('"mwi-crawl.log"', "default")
    assert rows["engine.keep_bodies"] == ("false", "config.toml line 2")
    assert rows["engine.timeout_seconds"] == ("2.5", "environment MWI_ENGINE__TIMEOUT_SECONDS")
    assert rows["engine.grace_seconds"] == ("10", "default")
    assert rows['cohorts."my friends".ranking.bayesian.m'] == ("30", "config.toml line 4")
    assert rows["sources.archive.language"] == ('"en-US"', "default")
    assert rows["ingest.include"] == ('["movie"]', "default")
    assert rows["OMDB_API_KEY"] == ("set (…6789)", ".env")
    assert rows["DDD_API_KEY"] == ("not set", "default")


def test_the_shown_values_are_toml_that_gives_the_same_settings(folder: Folder) -> None:
    config = folder.toml('[cohorts."a b".ranking.hybrid]\nalpha = 1e-7\n[paths]\ndb = "ü \\"x\\".db"\n').load()
    secrets = set(SECRETS) | {"ARCHIVE_API_KEY"}
    text = "".join(f"{row.key} = {row.value}\n" for row in origins(config) if row.key not in secrets)
    assert folder.toml(text).load().model_dump() == config.model_dump()


# the two files that people edit


def defaults(folder: Folder) -> Config:
    return load(sources.discover(), environ={}, cwd=folder.path)


def test_config_toml_names_every_setting_with_its_default_once_sources_of_ones_own_are_added(folder: Folder) -> None:
    text = completed((ROOT / "config.toml").read_text(encoding="utf-8"), defaults(folder))
    uncommented = re.sub(r"(?m)^#(?=\w)", "", text)
    assert uncommented != text
    expected = defaults(folder)
    found = load(sources.discover(), environ={}, cwd=folder.toml(uncommented).path)
    rows = [row for row in origins(found) if row.key not in SECRETS]
    missing = [f"{row.key} = {row.value}" for row in rows if row.origin == "default"]
    assert not missing, "config.toml lacks these lines"
    assert [(row.key, row.value) for row in origins(expected)] == [(row.key, row.value) for row in origins(found)]


def test_a_source_of_ones_own_gets_its_commented_table(folder: Folder) -> None:
    text = completed("[sources.museum]\n", folder.load())
    assert text.count("[sources.museum]") == text.count("[sources.archive]") == 1
    assert '#base_url = "https://archive.example"\n' in text
    assert "#daily_limit = 1000\n" in text
    assert completed(text, folder.load()) == text
    assert folder.toml(text).load().model_dump() == folder.load().model_dump()


def test_config_toml_changes_nothing_as_it_is(folder: Folder) -> None:
    expected = defaults(folder)
    found = load(sources.discover(), path=ROOT / "config.toml", environ={}, cwd=folder.path)
    assert found.model_dump() == expected.model_dump()
    assert {row.origin for row in origins(found)} == {"default"}


def test_dotenv_example_names_every_key_and_holds_none(folder: Folder) -> None:
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    wanted = {*SECRETS, *(name for source in sources.discover().values() for name in source.key_names)}
    assert set(re.findall(r"(?m)^(\w+)=$", text)) == wanted
    assert folder.dotenv(text).load().reveal() == {}


def test_nothing_heavier_than_pydantic_is_imported_for_the_settings() -> None:
    code = "import sys, mwi_crawl.config; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert not {"aiohttp", "aiosqlite", "selectolax", "click", "yarl", "mwi_crawl.sources"} & set(done.stdout.split())
