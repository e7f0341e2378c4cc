"""`match`: a person decides by key presses, by a command, and sees what was decided."""

from __future__ import annotations

import io
import json
import os
import pty
import sys
import termios
import time
from collections.abc import Callable

import click
import pytest
from commandline import Person
from filelock import FileLock

from mwi_crawl.demo.upstream import FakeUpstream

WATCHED = "Date,Name,Year,Letterboxd URI\n"
Press = Callable[[str], None]


def offered(*films: tuple[int, str, str]) -> str:
    rows = [{"id": number, "title": title, "release_date": day} for number, title, day in films]
    return json.dumps({"results": rows, "total_results": len(rows), "page": 1})


@pytest.fixture
def doubtful(mwi: Person, tmdb: FakeUpstream) -> FakeUpstream:
    """Two films known by their titles, of which TMDb has two each; and one TMDb has never heard the id of."""
    tmdb.add("/3/search/movie", offered((593, "Solaris", "1972-01-01"), (2103, "Solaris", "1972-05-01")))
    stalker = offered((1398, "Stalker", "1979-05-13"), (7, "Stalker", "1979-01-01"))
    tmdb.add("/3/search/movie", stalker, params={"query": "Stalker"})
    for number, title in ((593, "Solaris"), (1398, "Stalker"), (7, "Stalker")):
        tmdb.add(f"/3/movie/{number}", json.dumps({"id": number, "title": title, "external_ids": {}}))
    films = "2020-01-01,Solaris,1972,https://boxd.it/2a\n2020-01-02,Stalker,1979,https://boxd.it/2b\n"
    mwi.write("watched.csv", WATCHED + films)
    assert mwi("import", "watched.csv").code == 0
    mwi.rate(("tt0069293", "Solaris"))
    mwi("full")
    return tmdb


@pytest.fixture
def press(monkeypatch: pytest.MonkeyPatch) -> Press:
    """What the person types, a key a line."""

    def type_(keys: str) -> None:
        monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{key}\n" for key in keys)))

    return type_


def chosen(mwi: Person) -> dict[str, str | None]:
    return dict(mwi.ask("select title, chosen from matches"))


def test_films_are_decided_one_after_another(mwi: Person, doubtful: FakeUpstream, press: Press) -> None:
    press("1s")
    said = mwi("match", "review")
    assert (said.code, said.err) == (0, "")
    assert '1/2  film:1  your row: "Solaris" (1972)   (TMDb was asked by its title)' in said.out
    assert next(line.split() for line in said.out.splitlines() if "[2]" in line) == [
        *("[2]", "tmdb:movie/2103", "Solaris", "1972", "1.00"),
    ]
    assert "Saved: tmdb:movie/593 (kept by every later crawl)." in said.out
    assert said.last == "Done: 1 decided, 1 skipped. 1 film queued; run: mwi-crawl incremental"
    assert chosen(mwi) == {"Solaris": "movie/593", "Stalker": None}
    assert mwi("full").code == 0
    assert mwi.ask("select title from film_facts") == [("Solaris",)]
    assert "1 film needs your decision:  mwi-crawl match review" in mwi("status").out


def test_none_of_these_is_a_decision_too(mwi: Person, doubtful: FakeUpstream, press: Press) -> None:
    press("nn")
    assert mwi("match", "review").last == "Done: 2 decided, 0 skipped."
    assert set(chosen(mwi).values()) == {"none"}
    press("")
    assert mwi("match", "review").out == "No film needs your decision.\n"
    assert "not asked about there" not in mwi("status").out


def test_the_last_decision_can_be_undone(mwi: Person, doubtful: FakeUpstream, press: Press) -> None:
    press("u1u2u12")
    said = mwi("match", "review")
    assert said.out.count("Taken back.") == 2
    assert "There is nothing to undo." in said.out
    assert said.last.startswith("Done: 2 decided, 0 skipped. 2 films queued")
    assert chosen(mwi) == {"Solaris": "movie/593", "Stalker": "movie/7"}
    assert mwi.ask("select key from jobs order by key") == [("movie/593",), ("movie/7",)]


def test_a_key_without_a_meaning_decides_nothing(mwi: Person, doubtful: FakeUpstream, press: Press) -> None:
    press("x3 Q")
    said = mwi("match", "review")
    assert "'x' means nothing here: 1, 2, s, n, u, q" in said.out
    assert "'3' means nothing here" in said.out
    assert said.last == "Done: 0 decided, 0 skipped."
    assert set(chosen(mwi).values()) == {None}


def test_ctrl_c_keeps_what_was_decided(mwi: Person, doubtful: FakeUpstream, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = iter("2")

    def getchar() -> str:
        try:
            return next(keys)
        except StopIteration:
            raise KeyboardInterrupt from None

    monkeypatch.setattr(click, "getchar", getchar)
    monkeypatch.setattr(sys, "stdin", type("Terminal", (io.StringIO,), {"isatty": lambda _: True})())
    said = mwi("match", "review", "--db", "mwi.db")
    assert said.code == 130
    assert said.last == "Done: 1 decided, 0 skipped. 1 film queued; run: mwi-crawl incremental --db mwi.db"
    assert chosen(mwi) == {"Solaris": "movie/2103", "Stalker": None}


def test_on_a_terminal_one_key_is_enough(mwi: Person, doubtful: FakeUpstream) -> None:
    ours, theirs = pty.openpty()
    with mwi.start("match", "review", stdin=theirs) as process:
        out = ""
        try:
            for key in b"2", b"q":
                while not (line := process.stdout.readline()).endswith("[q]uit\n"):
                    out += line
                    assert line, "it ended"
                while process.poll() is None and not _awaits_a_key(theirs):
                    time.sleep(0.01)
                os.write(ours, key)
            out += process.communicate(timeout=60)[0]
        finally:
            process.kill()
    os.close(ours)
    os.close(theirs)
    assert process.returncode == 0
    assert out.rstrip().endswith("Done: 1 decided, 0 skipped. 1 film queued; run: mwi-crawl incremental")
    assert chosen(mwi)["Solaris"] == "movie/2103"


def _awaits_a_key(terminal: int) -> bool:
    """Whether the terminal passes on every key; what is typed before that is thrown away."""
    return not termios.tcgetattr(terminal)[3] & termios.ICANON


def test_what_the_file_knows_of_a_candidate_is_shown(mwi: Person, doubtful: FakeUpstream, press: Press) -> None:
    mwi.follow("tt7777777")
    mwi.change("insert into film_aliases values ('tmdb_movie', '593', 3, '')")
    mwi.change("insert into film_facts (film_id, source, runtime_minutes) values (3, 'omdb', 167)")
    mwi.change("insert into people (person_id, name) values ('x:1', 'Andrei Tarkovsky')")
    mwi.change("insert into credits (film_id, source, person_id, job) values (3, 'omdb', 'x:1', 'director')")
    press("1q")
    said = mwi("match", "review")
    assert "tt7777777  167 min, dir. Andrei Tarkovsky" in said.out
    assert mwi.ask("select value from film_aliases where film_id = 1 and scheme = 'imdb'") == [("tt7777777",)]


def test_it_is_said_why_a_film_with_an_id_was_looked_up_by_its_title(
    mwi: Person, tmdb: FakeUpstream, press: Press
) -> None:
    tmdb.add("/3/search/movie", offered((593, "Solaris", "2000-01-01")))
    mwi("import", mwi.rate(("tt0069293", "Solaris")))
    mwi("full")
    press("1")
    said = mwi("match", "review")
    assert '1/1  tt0069293  your row: "Solaris" (2000)   (TMDb does not know this IMDb id; found by title)' in said.out


def test_a_film_is_set_by_a_command(mwi: Person, doubtful: FakeUpstream) -> None:
    said = mwi("match", "set", "Stalker", "https://www.themoviedb.org/movie/1398-stalker")
    assert said.out.splitlines() == [
        'film:2 "Stalker" (1979) is tmdb:movie/1398, and stays that in every later crawl.',
        "1 film queued.",
        "Next: mwi-crawl incremental",
    ]
    assert mwi("match", "set", "film:1", "tmdb:movie/593", "-q").out == ""
    mwi("full")
    assert mwi.ask("select title, tmdb_id from films order by 2") == [("Solaris", 593), ("Stalker", 1398)]
    assert "stays that" in mwi("match", "set", "Stalker", "ddd:10752").out
    assert mwi.ask("select key from jobs where source = 'ddd'") == [("item/10752",)]
    assert "is not at tmdb" in mwi("match", "set", "Stalker", "tmdb:none").out
    assert mwi.ask("select title from film_facts") == [("Solaris",)]
    assert "is taken back" in mwi("match", "set", "Stalker", "tmdb:auto").out


def test_two_rows_that_are_set_to_one_film_become_one(mwi: Person, doubtful: FakeUpstream) -> None:
    mwi("match", "set", "film:1", "tmdb:movie/593")
    refused = mwi("match", "set", "film:2", "tmdb:movie/593")
    assert (refused.code, mwi.ask("select count(*) from films")) == (3, [(2,)])
    assert "another film of yours: 2a, and this one is 2b" in refused.err
    said = mwi("match", "set", "film:2", "tmdb:movie/593", "--one-film")
    assert "Another row was that film already: the two are one now." in said.out
    assert mwi.ask("select count(*) from films") == [(1,)]


@pytest.mark.parametrize(
    ("film", "choice", "happened"),
    [
        ("tt1111111", "tmdb:movie/603", "no film with the id tt1111111 is known."),
        ("Solaris", "tmdb:603", '"603" does not name a film at tmdb.'),
        ("Solaris", "tmdb:", '"" does not name a film at tmdb.'),
        ("Solaris", "movie/603", '"movie/603" does not name a film at a source.'),
        ("Solaris", "https://example.org/movie/603", '"https://example.org/movie/603" does not name a film'),
        ("Solaris", "omdb:tt0069293", "omdb is never asked by a title: there is nothing to decide."),
        ("Solaris", "imdbb:tt0069293", "there is no source imdbb."),
        ("Solaris", "tmdb:auto", 'nobody decided what film:1 "Solaris" (1972) is at tmdb.'),
    ],
)
def test_what_cannot_be_set_is_told_and_changes_nothing(
    mwi: Person, doubtful: FakeUpstream, film: str, choice: str, happened: str
) -> None:
    before = mwi.ask("select * from jobs"), mwi.ask("select * from matches")
    said = mwi("match", "set", film, choice)
    assert (said.code, said.out) == (3, "")
    assert happened in said.err
    assert (mwi.ask("select * from jobs"), mwi.ask("select * from matches")) == before


def test_a_file_that_is_not_there_is_not_made(mwi: Person) -> None:
    for words in (("set", "tt0000001", "tmdb:none"), ("review",), ("list",)):
        assert mwi("match", *words).code == 8
    assert not (mwi.folder / "mwi.db").exists()


def test_a_source_without_matches_is_not_reviewed(mwi: Person, doubtful: FakeUpstream) -> None:
    assert mwi("match", "review", "--source", "omdb").code == 3
    assert mwi("match", "review", "--source", "ddd").out == "No film needs your decision.\n"


def test_while_another_crawl_is_at_work_nothing_can_be_decided(
    mwi: Person, doubtful: FakeUpstream, press: Press
) -> None:
    press("1")
    with FileLock(f"{os.path.realpath(mwi.folder / 'mwi.db')}.lock"):
        assert mwi("match", "set", "Solaris", "tmdb:none").code == 8
        said = mwi("match", "review")
    assert said.code == 8
    assert "another mwi-crawl is writing" in said.err
    assert set(chosen(mwi).values()) == {None}


def test_decisions_and_open_questions_are_listed(mwi: Person, doubtful: FakeUpstream) -> None:
    mwi("match", "set", "Solaris", "tmdb:movie/593")
    rows = {line.split()[1]: line for line in mwi("match", "list").out.splitlines()}
    assert "manual   movie/593" in rows["Solaris"]
    assert "open" in rows["Stalker"]
    assert mwi("match", "list").last == "1 film needs your decision:  mwi-crawl match review"
    (manual,) = json.loads(mwi("match", "list", "--manual", "--json").out)
    assert (manual["title"], manual["chosen"], manual["decided_by"]) == ("Solaris", "movie/593", "manual")
    assert [each["id"] for each in manual["candidates"]] == ["movie/593", "movie/2103"]
    (undecided,) = json.loads(mwi("match", "list", "--open", "--json").out)
    assert (undecided["title"], undecided["chosen"]) == ("Stalker", None)


def test_nothing_to_list_is_said(mwi: Person) -> None:
    mwi("init")
    assert mwi("match", "list").out == "No film was looked up by its title.\n"
    assert mwi("match", "list", "--manual").out == "Nothing was decided by a person.\n"
    assert mwi("match", "list", "--manual", "--json").out == "[]\n"
