"""`why` and `film`: what each source says of a film, whom mwi-crawl believes, and all of it on one page."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing

import pytest
from commandline import Person

from mwi_crawl.cli import words
from mwi_crawl.precedence import DEFAULTS, FIELDS

NOW = "2026-03-04T12:00:00.000Z"
LONG = "A clerk finds out that the world is a dream and has to wake up in it. " * 4

FILMS = f"""
insert into films (film_id, media_type, title, release_year, imdb_id, tmdb_id, created_at, updated_at) values
  (1, 'movie', 'The Wire Room', 1999, 'tt0000001', 603, '{NOW}', '{NOW}'),
  (2, 'movie', 'Solaris', 1972, 'tt0000002', null, '{NOW}', '{NOW}'),
  (3, 'movie', 'Solaris', 2002, 'tt0000003', null, '{NOW}', '{NOW}'),
  (4, 'movie', 'Die fabelhafte Welt der Amélie', 2001, null, null, '{NOW}', '{NOW}'),
  (5, 'movie', '2', 2007, 'tt0000005', null, '{NOW}', '{NOW}');
insert into film_aliases
  select 'imdb', imdb_id, film_id, '{NOW}' from films where imdb_id is not null
  union all select 'tmdb_movie', '603', 1, '{NOW}'
  union all select 'film', '99', 1, '{NOW}';
"""

SAID = f"""
insert into film_facts
  (film_id, source, title, original_title, release_year, runtime_minutes, budget_usd, overview) values
  (1, 'tmdb', 'The Wire Room', 'Das Kabelzimmer', 1999, 94, 63000000, '{LONG}'),
  (1, 'imdb_datasets', 'The Wire Room', null, 1999, 96, null, null),
  (1, 'omdb', 'The Wire Room', null, 1999, 93, null, 'A clerk wakes up.'),
  (1, 'toy', null, null, null, 90, null, null);
insert into scores values (1, 'imdb_datasets', 'imdb', 8.7, 10, 2100000), (1, 'omdb', 'imdb', 8.6, 10, 2000000),
  (1, 'omdb', 'metacritic', 73, 100, null), (1, 'toy', 'toy', 4.5, 5, 1);
insert into film_genres values (1, 'tmdb', 'Science Fiction', 0), (1, 'tmdb', 'Action', 1),
  (1, 'imdb_datasets', 'Sci-Fi', 0);
insert into people (person_id, name) values ('tmdb:1', 'Ann B.'), ('tmdb:2', 'Carl D.'), ('imdb:nm1', 'Ann B.');
insert into credits values (1, 'tmdb', 'tmdb:1', 'director', null, '', 0),
  (1, 'tmdb', 'tmdb:2', 'actor', null, 'Eve', 0),
  (1, 'imdb_datasets', 'imdb:nm1', 'director', null, '', 0);
insert into content_warnings values (1, 'ddd', 'a dog dies', 'Animal', 1, 80, 3),
  (1, 'ddd', 'a horse dies', 'Animal', 0, 0, 0);
insert into deaths values (1, 'cinemorgue', 'Carl D.', 'Eve', 'Falls into a well.', 'Carl D.');
insert into jobs (source, key, film_id, state, reason, ready_at, fetched_at) values
  ('tmdb', 'find/tt0000001', 1, 'done', 'lookup', '{NOW}', '2026-12-24T00:00:00.000Z'),
  ('tmdb', 'movie/603', 1, 'done', null, '{NOW}', '{NOW}'),
  ('omdb', 'tt0000001', 1, 'pending', null, '{NOW}', '2026-02-01T00:00:00.000Z'),
  ('imdb_datasets', 'tt0000001', 1, 'done', null, '{NOW}', '2026-03-01T00:00:00.000Z'),
  ('ddd', 'imdb/tt0000001', 1, 'done', null, '{NOW}', '{NOW}'),
  ('cinemorgue', 'The Wire Room', 1, 'done', null, '{NOW}', '{NOW}'),
  ('tmdb', 'find/tt0000002', 2, 'absent', 'ambiguous', '{NOW}', '{NOW}');
"""

MINE = f"""
insert into users values (1, 'ann'), (2, 'ben'), (3, 'nobody');
insert into ratings values (1, 1, 4.5, '2020-01-01', 1, 0);
insert into watches (user_id, film_id, watched_on, precision) values
  (1, 1, '2021-02-03', 'exact'), (1, 1, '2022', 'year');
insert into lists values (1, 'watchlist', 2, 'imdb_watchlist', '{NOW}'), (2, 'popular', null, 'tmdb', '{NOW}');
insert into list_items (list_id, film_id, position) values (1, 1, 3), (2, 1, 17);
"""


@pytest.fixture
def told(mwi: Person, every_source: None) -> Person:
    """A file in which five sources speak of one film, and are silent about four."""
    mwi("init")
    with closing(sqlite3.connect(mwi.folder / "mwi.db")) as db:
        for part in (FILMS, SAID, MINE):
            db.executescript(part)
    return mwi


def test_why_tells_who_is_believed_what_the_others_say_and_who_is_silent(told: Person) -> None:
    said = told("why", "tt0000001", "runtime")
    assert said.code == 0
    first, *others, silent = said.out.splitlines()
    assert re.fullmatch(
        r"96 min +chosen: imdb_datasets \(2026-03-01\) +rule: runtime = imdb_datasets > tmdb > omdb( > \w+)*", first
    )
    assert [other.strip() for other in others] == [
        "tmdb 94 min (2026-03-04)",
        "omdb 93 min (2026-02-01)",
        "toy 90 min (date unknown, not in the rule)",
    ]
    told.change("delete from film_facts where source = 'toy'")
    assert told("why", "1", "runtime").out.splitlines()[1].strip() == (
        "tmdb 94 min (2026-03-04) · omdb 93 min (2026-02-01)"
    )
    assert silent.strip() == "silent: imdb (off), letterboxd (not in this version)"


def test_a_setting_changes_whom_why_believes(told: Person) -> None:
    told.write("config.toml", '[aggregate.precedence]\nruntime = ["omdb", "tmdb"]\n')
    said = told("why", "tt0000001", "runtime").out
    assert said.startswith("93 min   chosen: omdb (2026-02-01)     rule: runtime = omdb > tmdb\n")
    assert "imdb_datasets 96 min (2026-03-01, not in the rule)" in said


def test_why_in_json(told: Person) -> None:
    found = json.loads(told("why", "tt0000001", "runtime", "--json").out)
    assert (found["value"], found["source"], found["date"]) == (96, "imdb_datasets", "2026-03-01")
    assert found["rule"] == list(DEFAULTS["runtime"])
    assert found["said"]["omdb"] == {"value": 93, "date": "2026-02-01"}
    assert found["silent"] == {"imdb": "off", "letterboxd": "not in this version"}
    assert found["film"]["film_id"] == 1
    every = json.loads(told("why", "tt0000001", "--json").out)["fields"]
    assert every.keys() == FIELDS.keys()
    assert every["genres"]["value"] == ["Science Fiction", "Action"]
    assert every["genres"]["said"]["imdb_datasets"]["value"] == ["Sci-Fi"]


def test_a_list_is_chosen_as_a_whole(told: Person) -> None:
    said = told("why", "tt0000001", "genres").out
    assert said.startswith("Science Fiction, Action   chosen: tmdb")
    assert "imdb_datasets Sci-Fi (2026-03-01)" in said
    assert told("why", "tt0000001", "directors").out.startswith("Ann B.")


def test_a_long_text_is_told_in_lines_that_fit(told: Person) -> None:
    lines = told("why", "tt0000001", "overview").out.splitlines()
    assert max(map(len, lines)) <= 100
    assert " ".join(lines[:3]) == LONG.strip()
    assert any(line.startswith("  omdb A clerk wakes up.") for line in lines)


def test_a_silent_source_says_why_it_is_silent(told: Person) -> None:
    silent = json.loads(told("why", "tt0000002", "runtime", "--json").out)["silent"]
    assert silent == {
        "imdb_datasets": "not loaded: mwi-crawl datasets fetch",
        "tmdb": "does not have the film: ambiguous",
        "omdb": "no key",
        "imdb": "off",
        "letterboxd": "not in this version",
    }
    said = told("why", "tt0000002", "runtime").out
    assert said.startswith("–        nobody says")
    assert "does not say" in told("why", "tt0000001", "homepage").out
    told.change("update jobs set state = 'failed', reason = 'http_5xx' where film_id = 2")
    assert "tmdb (gave no answer: http_5xx)" in " ".join(told("why", "tt0000002", "runtime").out.split())


def test_a_source_that_got_its_key_since_the_last_run_is_only_not_asked_yet(
    told: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    told.change(f"insert into runs (run_id, kind, status, started_at) values (1, 'full', 'SUCCESS', '{NOW}')")
    told.change("insert into run_sources (run_id, source, state) values (1, 'omdb', 'no_key')")
    assert "omdb (no key)" in told("why", "tt0000002", "runtime").out
    monkeypatch.setenv("OMDB_API_KEY", "0123abcd")
    assert "omdb (not asked yet)" in told("why", "tt0000002", "runtime").out


def test_without_a_field_each_has_a_line(told: Person) -> None:
    said = told("why", "tt0000001")
    rows = {line.split()[0]: line for line in said.out.splitlines()}
    assert re.search(r"96 min +imdb_datasets +2026-03-01 +tmdb 94 min · omdb 93 min", rows["runtime"])
    assert "omdb same" in rows["release_year"]
    assert "$63,000,000" in rows["budget"]
    assert "Nobody says: title_type, " in said.out


def test_a_mistyped_field_is_told_the_nearest(told: Person) -> None:
    said = told("why", "tt0000001", "runtme")
    assert said.code == 3
    assert 'Did you mean "runtime"?' in said.err
    assert told("why", "tt0000001", "runtime_minutes").out == told("why", "tt0000001", "Runtime").out


@pytest.mark.parametrize(
    "said",
    [
        "tt0000001",
        "https://www.imdb.com/title/tt0000001/",
        "tmdb_movie:603",
        "imdb:tt0000001",
        "film:1",
        "film:99",  # a number it had before it was merged
        "1",
        "the wire room",
        "The Wire Room (1999)",
        "Wire Room",
        "WIRE",
    ],
)
def test_a_film_may_be_named_in_many_ways(told: Person, said: str) -> None:
    assert json.loads(told("film", said, "--json").out)["film"]["film_id"] == 1


@pytest.mark.parametrize(
    ("said", "film"),
    [("Solaris (1972)", 2), ("solaris 2002", 3), ("amelie", 4), ("fabelhafte welt", 4), ("film:2", 2), ("4", 4)],
)
def test_a_title_may_be_told_apart_by_its_year_and_be_spelt_otherwise(told: Person, said: str, film: int) -> None:
    assert json.loads(told("film", said, "--json").out)["film"]["film_id"] == film


@pytest.mark.parametrize("said", ["solaris", "2"])
def test_several_films_are_listed_and_one_is_asked_for(told: Person, said: str) -> None:
    answer = told("why", said, "title")  # 2 is the number of one film and the title of another
    assert answer.code == 3
    assert f'"{said}" may mean 2 films:' in answer.err
    assert re.search(r"tt0000002 +Solaris \(1972\)", answer.err)
    assert answer.out == ""


@pytest.mark.parametrize("said", ["tt7777777", "film:77", "tmdb_movie:1", "Gone", "???", "100%", "Solaris 1999"])
def test_a_film_that_is_not_there_is_told(told: Person, said: str) -> None:
    answer = told("film", said)
    assert answer.code == 3
    assert "is known" in answer.err


def test_the_nearest_title_is_suggested(told: Person) -> None:
    assert "Did you mean The Wire Room?" in told("film", "The Wire Rom").err


def test_the_page_of_a_film_holds_all_that_is_known(told: Person) -> None:
    said = told("film", "tt0000001")
    assert said.code == 0
    lines = said.out.splitlines()
    assert lines[0] == "The Wire Room (1999) · Das Kabelzimmer"
    assert lines[1] == "96 min · movie · tt0000001 · tmdb_movie:603 · film:1"
    text = re.sub(r" +", " ", said.out)
    for part in (
        " ann 4.5 of 5 stars on 2020-01-01 · liked · seen 2 times, last on 2021-02-03\n",
        " ben on watchlist, number 3\n",
        " lists on popular (tmdb), number 17\n",
        " genres Science Fiction, Action [tmdb]\n",
        " budget $63,000,000 [tmdb]\n",
        " imdb 8.7 of 10, 2,100,000 votes [imdb_datasets]\n",
        " metacritic 73 of 100 [omdb]\n",
        " toy 4.5 of 5, 1 vote [toy]\n",
        " directors Ann B. [tmdb]\n",
        " cast Carl D. (Eve) [tmdb]\n",
        " 1 yes, 80 no a dog dies [ddd]\n",
        " 1 actor dies in it. Who and how: --spoilers\n",
        " tmdb done 2026-03-04\n",
        " imdb – – off\n",
        "not endorsed",
        "Powered by DoesTheDogDie.com",
    ):
        assert part in text, part
    assert "nobody" not in text
    assert "a horse dies" not in text


def test_the_page_fits_a_hundred_columns(told: Person) -> None:
    told.change(
        f"update film_facts set tagline = '{'字' * 200}', awards = '{'many awards ' * 30}' where source = 'omdb'"
    )
    for line in told("film", "1", "--spoilers").out.splitlines():
        assert words.columns(line) <= 100 or "字" in line


def test_how_a_film_ends_is_told_only_to_those_who_ask(told: Person) -> None:
    for command in ("film 1", "film 1 --json", "why 1", "why 1 --json", "why 1 deaths", "why 1 deaths --json"):
        said = told(*command.split())
        assert said.code == 0
        assert "well" not in said.out
        told.change("delete from credits where job = 'actor'")  # after the first, the cast does not name him either
        assert command == "film 1" or "Carl" not in said.out
    assert "Carl D. as Eve: Falls into a well. [cinemorgue]" in told("film", "1", "--spoilers").out
    assert json.loads(told("film", "1", "--spoilers", "--json").out)["deaths"]["who"][0]["actor"] == "Carl D."


def test_a_film_of_which_nothing_is_known_has_a_page(told: Person) -> None:
    said = told("film", "film:4")
    assert said.out.startswith("Die fabelhafte Welt der Amélie (2001)\nmovie · film:4\n\nsources\n")
    told.change("update films set title = null, release_year = null, followed = 0 where film_id = 4")
    assert told("film", "film:4").out.startswith("film:4 (year unknown)\nmovie · film:4 · not followed\n")


def test_the_page_in_json_holds_everything(told: Person) -> None:
    found = json.loads(told("film", "The", "Wire", "Room", "--json").out)
    assert found.keys() == {
        *("film", "people", "lists", "fields", "scores", "credits", "warnings", "deaths", "sources", "notices"),
    }
    assert found["fields"]["runtime"] == {"value": 96, "source": "imdb_datasets", "date": "2026-03-01"}
    assert found["deaths"] == {"count": 1}
    assert found["sources"]["tmdb"]["state"] == "done"
    assert len(found["warnings"]) == 2


def test_a_title_from_a_stranger_cannot_act_on_the_terminal(told: Person) -> None:
    told.change("update film_facts set title = 'A\x1b[2J B', tagline = 'x\x9b31m' where source = 'tmdb'")
    for command in ("film 1", "why 1", "why 1 title", "film 1 --json"):
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f]", told(*command.split()).out)


def test_a_film_can_be_looked_at_where_there_is_no_file(mwi: Person) -> None:
    said = mwi("film", "tt0000001")
    assert said.code == 8
    assert not (mwi.folder / "mwi.db").exists()


def test_a_field_is_completed_by_the_shell() -> None:
    from mwi_crawl.cli.asking import why

    (argument,) = [parameter for parameter in why.params if parameter.name == "field"]
    found = [item.value for item in argument.shell_complete(None, "award")]  # type: ignore[arg-type]
    assert found == ["awards", "awards_won", "award_nominations"]
