"""Which row a film has: ids link films together in any order, nothing said of either is lost, and titles seldom do."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from rows import all_of, at, film, made, one, sound

from mwi_crawl import films, schema
from mwi_crawl.model import MediaType, Seed

NUMBERS = {"imdb": "tt000000{}", "tmdb_movie": "{}", "tmdb_tv": "{}", "letterboxd": "film-{}", "boxd": "b{}"}


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(made(tmp_path / "films.db")) as found:
        yield found
        sound(found)


def find(db: sqlite3.Connection, **ids: str) -> int | None:
    return films.find(db, Seed(ids))


def person(db: sqlite3.Connection, name: str = "me") -> int:
    db.execute("insert into users (name) values (?) on conflict do nothing", (name,))
    return int(one(db, "select user_id from users where name = ?", name))


def entry(db: sqlite3.Connection, film_id: int, key: str, user: str = "me", **said: Any) -> None:
    """An imported row, and what is made of it."""
    user_id = person(db, user)
    db.execute(
        "insert or ignore into imports (import_id, user_id, name, sha256, kind, include, imported_at)"
        " values (1, ?, 'f', 's', 'k', 'movie', '')",
        (user_id,),
    )
    said = {"kind": "letterboxd_ratings", "precision": "unknown", **said}
    names = ["user_id", "entry_key", "film_id", "first_import_id", "last_import_id", *said]
    db.execute(
        f"insert into import_entries ({', '.join(names)}) values ({', '.join('?' * len(names))})",
        (user_id, key, film_id, 1, 1, *said.values()),
    )
    films.touch(db, [(user_id, film_id)])
    films.derive(db)


# ids


def test_a_film_is_found_by_any_of_its_ids(db: sqlite3.Connection) -> None:
    number = film(db, {"imdb": "tt0133093", "tmdb_movie": "603", "letterboxd": "the-matrix", "boxd": "2a0"})
    for scheme, value in {"imdb": "tt0133093", "tmdb_movie": "603", "letterboxd": "the-matrix", "boxd": "2a0"}.items():
        assert find(db, **{scheme: value}) == number
    assert find(db, tmdb_tv="603") is None
    assert find(db, boxd="the-matrix") is None
    row = one(db, "select media_type, imdb_id, tmdb_id, letterboxd_slug from films")
    assert row == ("movie", "tt0133093", 603, "the-matrix")


def test_a_film_and_a_series_of_the_same_number_stay_apart(db: sqlite3.Connection) -> None:
    movie, series = film(db, {"tmdb_movie": "1396"}), film(db, {"tmdb_tv": "1396"})
    films.learn(db, movie, {"imdb": "tt0000001"}, at(1))
    films.learn(db, series, {"imdb": "tt0000002"}, at(1))
    rows = all_of(db, "select media_type, tmdb_id, imdb_id from films order by film_id")
    assert rows == [("movie", 1396, "tt0000001"), ("tv", 1396, "tt0000002")]


def test_the_number_of_a_merged_row_is_never_given_to_another_film(db: sqlite3.Connection) -> None:
    # it would mean two films: the alias of the merged one, and the new row
    older, newer = film(db, {"imdb": "tt0000001"}), film(db, {"tmdb_movie": "1"})
    films.learn(db, older, {"tmdb_movie": "1"}, at(1))
    third = film(db, {"imdb": "tt0000003"})
    assert third > newer
    assert films.current(db, newer) == older
    assert find(db, imdb="tt0000003") == third != older


def test_an_id_an_upstream_gave_up_stays_an_alias(db: sqlite3.Connection) -> None:
    number = film(db, {"tmdb_movie": "1"})
    films.learn(db, number, {"tmdb_movie": "2"}, at(1))
    assert one(db, "select tmdb_id from films") == 2
    assert find(db, tmdb_movie="1") == find(db, tmdb_movie="2") == number


def test_a_film_that_turns_out_to_be_a_series_takes_its_number_with_it(db: sqlite3.Connection) -> None:
    other = film(db, {"tmdb_tv": "5"})
    number = film(db, {"tmdb_movie": "5", "imdb": "tt0000001"})
    assert films.learn(db, number, {"tmdb_tv": "5"}, at(1)) == other
    row = one(db, "select media_type, tmdb_id, imdb_id from films")
    assert row == ("tv", 5, "tt0000001")
    assert find(db, tmdb_movie="5") == other


def test_the_older_row_stays_and_takes_what_it_lacks(db: sqlite3.Connection) -> None:
    keep = film(db, {"imdb": "tt0000001"}, title="Kept", media_type=MediaType.MOVIE)
    drop = film(db, {"letterboxd": "x", "boxd": "y"}, title="Dropped", original_title="Original", year=1999)
    db.execute("update films set followed = 0 where film_id = ?", (keep,))
    assert films.learn(db, drop, {"imdb": "tt0000001"}, at(5)) == keep
    row = one(
        db, "select title, original_title, release_year, letterboxd_slug, media_type, followed, updated_at from films"
    )
    assert row == ("Kept", "Original", 1999, "x", "movie", 1, at(5))
    assert find(db, boxd="y") == keep


def test_a_kind_of_title_that_is_known_is_not_overwritten_by_a_merge(db: sqlite3.Connection) -> None:
    keep = film(db, {"imdb": "tt0000001"}, media_type=MediaType.TV)
    film(db, {"boxd": "y"}, media_type=MediaType.OTHER)
    films.learn(db, keep, {"boxd": "y"}, at(1))
    assert one(db, "select media_type from films") == "tv"


def test_a_film_is_not_merged_with_itself(db: sqlite3.Connection) -> None:
    number = film(db, {"imdb": "tt0000001"})
    with pytest.raises(ValueError, match="itself"):
        films.merge(db, number, number, at(1))


class Linking(RuleBasedStateMachine):
    """Ids, ratings and viewings arrive in any order. The model: sets of ids that are one film, and what was said."""

    def __init__(self) -> None:
        super().__init__()
        self.db = made(Path(":memory:"))
        self.groups: list[set[tuple[str, str]]] = []
        self.rows: dict[int, set[tuple[str, str]]] = {}  # every number ever given → its film's ids
        self.said: list[tuple[str, tuple[str, str], float, str | None]] = []

    IDS = st.dictionaries(st.sampled_from(sorted(NUMBERS)), st.integers(1, 4), min_size=1, max_size=3).map(
        lambda drawn: {scheme: NUMBERS[scheme].format(number) for scheme, number in drawn.items()}
    )

    def united(self, ids: dict[str, str], number: int) -> None:
        group = set(ids.items())
        touching = [each for each in self.groups if each & group]
        if number in self.rows:
            touching += [each for each in self.groups if each is self.rows[number] and each not in touching]
        for each in touching:
            group |= each
        self.groups = [each for each in self.groups if each not in touching] + [group]
        self.rows = {row: group if ids_ <= group else ids_ for row, ids_ in self.rows.items()}
        self.rows[number] = group

    @rule(ids=IDS)
    def an_input_names_a_film(self, ids: dict[str, str]) -> None:
        seed = Seed(ids)
        found = films.find(self.db, seed)
        if found is None:
            found = films.add(self.db, seed, origin="test", followed=True, now=at(0))
            assert found not in self.rows
        else:
            films.learn(self.db, found, ids, at(1))
        self.united(ids, found)

    @precondition(lambda self: self.rows)
    @rule(ids=IDS, data=st.data())
    def an_upstream_tells_ids(self, ids: dict[str, str], data: st.DataObject) -> None:
        number = data.draw(st.sampled_from(sorted(self.rows)))  # perhaps one that was merged away meanwhile
        self.united(ids, number)
        stands = films.learn(self.db, number, ids, at(2))
        assert films.current(self.db, number) == stands

    @precondition(lambda self: self.groups)
    @rule(data=st.data(), user=st.sampled_from(["me", "you"]), stars=st.sampled_from([1.0, 4.5]), dated=st.booleans())
    def somebody_rates_a_film(self, data: st.DataObject, user: str, stars: float, dated: bool) -> None:
        scheme, value = data.draw(st.sampled_from(sorted(min(self.groups, key=sorted) | self.groups[-1])))
        key = str(len(self.said))
        number = films.find(self.db, Seed({scheme: value}))
        assert number is not None
        date = f"2020-01-{len(self.said) % 28 + 1:02}" if dated else None
        entry(
            self.db,
            number,
            key,
            user,
            stars=stars,
            rated_on=f"2021-{len(self.said):04}",
            watched=1,
            watched_on=date,
            precision="exact" if dated else "unknown",
        )
        self.said.append((user, (scheme, value), stars, date))

    @invariant()
    def the_ids_fall_into_films_as_in_the_model(self) -> None:
        rows = all_of(self.db, "select film_id, scheme, value from film_aliases where scheme <> 'film'")
        found: dict[int, set[tuple[str, str]]] = {}
        for number, scheme, value in rows:
            found.setdefault(number, set()).add((scheme, value))
        assert sorted(map(sorted, found.values())) == sorted(map(sorted, self.groups))
        assert one(self.db, "select count(*) from films") == len(self.groups)
        for number, group in self.rows.items():
            assert found[films.current(self.db, number)] == group
        for number, imdb, tmdb, media_type, slug in all_of(
            self.db, "select film_id, imdb_id, tmdb_id, media_type, letterboxd_slug from films"
        ):
            shown = {("imdb", imdb), ("letterboxd", slug), (f"tmdb_{media_type}", tmdb and str(tmdb))}
            assert {pair for pair in shown if pair[1]} <= found[number]
            assert bool(imdb) == any(scheme == "imdb" for scheme, _ in found[number])

    @invariant()
    def what_people_said_is_all_there(self) -> None:
        ratings: dict[tuple[str, int], float] = {}
        dated: list[tuple[str, int, str]] = []
        seen: set[tuple[str, int]] = set()
        for user, (scheme, value), stars, date in self.said:
            number = films.find(self.db, Seed({scheme: value}))
            assert number is not None
            ratings[user, number] = stars  # the newest word
            seen.add((user, number))
            if date:
                dated.append((user, number, date))
        join = "from {} as t join users on users.user_id = t.user_id"
        assert one(self.db, "select count(*) from import_entries") == len(self.said)
        assert {
            (user, number): stars
            for user, number, stars in all_of(self.db, f"select name, film_id, rating {join.format('ratings')}")
        } == ratings
        watches = all_of(self.db, f"select name, film_id, watched_on {join.format('watches')}")
        assert sorted(each for each in watches if each[2]) == sorted(dated)
        assert {each[:2] for each in watches} == seen

    @invariant()
    def the_file_is_sound(self) -> None:
        assert schema.check(self.db) == []

    def teardown(self) -> None:
        self.db.close()


TestLinking = Linking.TestCase
TestLinking.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)


def test_the_order_in_which_links_are_learnt_does_not_matter(tmp_path: Path) -> None:
    links = [
        {"imdb": "tt0000001", "tmdb_movie": "1"},
        {"tmdb_movie": "1", "boxd": "b"},
        {"boxd": "b", "letterboxd": "x"},
    ]
    for order in permutations(links):
        with closing(made(Path(":memory:"))) as db:
            for ids in order:
                number = films.find(db, Seed(ids))
                if number is None:
                    film(db, ids)
                else:
                    films.learn(db, number, ids, at(1))
            assert one(db, "select count(*), min(film_id) from films")[0] == 1


# nothing is lost


def about_films(db: sqlite3.Connection) -> list[str]:
    tables = [name for (name,) in all_of(db, "select name from sqlite_master where type = 'table'")]
    return [name for name in tables if "film_id" in [row["name"] for row in db.execute(f"pragma table_info({name})")]]


def fill(db: sqlite3.Connection, table: str, film_id: int, **values: Any) -> None:
    """A row of any table about a film: what must be there is made up from its column's type and name."""
    made_up = {"TEXT": f"x{film_id}", "INTEGER": film_id, "REAL": 1.0, "BLOB": b"x"}
    known = {"person_id": "tmdb:1", "user_id": 1, "list_id": 1, "run_id": 1, "entry_id": None, "watch_id": None}
    known |= {"first_import_id": 1, "last_import_id": 1, "precision": "exact", "decided_by": "auto", "state": "done"}
    known |= {"ignored": 0, "watched": 1, "watched_on": "2020-01-01", "stars": 2.5, "rating": 2.5, "kind": "x"}
    known |= {"job_id": None, "failure_id": None, "conflict_id": None, "media_type": "movie", "what": "new"}
    row = {
        column["name"]: {**known, **values}.get(column["name"], made_up[column["type"]])
        for column in db.execute(f"pragma table_info({table})")
    }
    row["film_id"] = film_id
    db.execute(f"insert into {table} ({', '.join(row)}) values ({', '.join(':' + name for name in row)})", row)


def two_full_films(db: sqlite3.Connection, **values: Any) -> tuple[int, int]:
    person(db)
    db.execute("insert into people (person_id, name) values ('tmdb:1', 'One')")
    db.execute("insert into lists values (1, 'theirs', null, 'tmdb', '')")
    db.execute("insert into runs (run_id, kind, status, started_at) values (1, 'full', 'SUCCESS', '')")
    db.execute("insert into imports values (1, 1, 'f', 's', 'x', 'movie', 0, 0, 0, 0, 0, '')")
    keep, drop = film(db, {"imdb": "tt0000001"}), film(db, {"imdb": "tt0000002"})
    for number in (keep, drop):
        for table in about_films(db):
            if table not in ("films", "film_aliases"):
                fill(db, table, number, **values)
    return keep, drop


@pytest.mark.parametrize("sources", ["of one source", "of two sources"])
def test_merging_leaves_no_row_behind_in_any_table(db: sqlite3.Connection, sources: str) -> None:
    keep, drop = two_full_films(db, **({"source": "tmdb"} if sources == "of one source" else {}))
    films.merge(db, keep, drop, at(1))
    for table in about_films(db):
        assert one(db, f"select count(*) from {table} where film_id = ?", drop) == 0, table
        assert one(db, f"select count(*) from {table} where film_id = ?", keep) > 0, table
    unique = {"films", "ratings", "list_items"}
    for table in set(about_films(db)) - unique:
        of_both = table in ("import_entries", "jobs", "failures", "conflicts", "trailers", "watches", "film_aliases")
        both = of_both or sources == "of two sources"
        assert one(db, f"select count(*) from {table} where film_id = ?", keep) >= (2 if both else 1), table


def test_what_a_source_says_of_both_is_that_of_the_row_that_stays(db: sqlite3.Connection) -> None:
    keep, drop = two_full_films(db, source="tmdb")
    films.merge(db, keep, drop, at(1))
    assert all_of(db, "select genre from film_genres") == [(f"x{keep}",)]
    assert one(db, "select title from film_facts") == f"x{keep}"


def test_a_decision_made_by_a_person_wins_over_one_that_was_not(db: sqlite3.Connection) -> None:
    keep, drop = film(db), film(db)
    for number, decided_by in ((keep, "auto"), (drop, "manual")):
        db.execute("insert into matches values (?, 's', 't', 1, '[]', ?, 1, ?, '')", (number, decided_by, decided_by))
    films.merge(db, keep, drop, at(1))
    assert all_of(db, "select film_id, chosen from matches") == [(keep, "manual")]


def test_a_rating_that_no_file_brought_is_not_lost(db: sqlite3.Connection) -> None:
    keep, drop = film(db), film(db)
    person(db)
    db.execute("insert into ratings values (1, ?, null, null, 1, 0)", (keep,))
    db.execute("insert into ratings values (1, ?, 4.5, '2020-01-01', 0, 1)", (drop,))
    db.execute(
        "insert into watches (user_id, film_id, watched_on, precision) values (1, ?, '2020-01-01', 'exact')", (drop,)
    )
    films.merge(db, keep, drop, at(1))
    assert all_of(db, "select * from ratings") == [(1, keep, 4.5, "2020-01-01", 1, 1)]
    assert one(db, "select film_id, watched_on from watches") == (keep, "2020-01-01")


def test_a_favourite_stays_one_when_ratings_are_made_anew(db: sqlite3.Connection) -> None:
    keep, drop = film(db), film(db)
    entry(db, keep, "1", stars=3.0, rated_on="2020-01-01")
    db.execute("update ratings set favourite = 1")
    entry(db, drop, "2", stars=4.0, rated_on="2021-01-01")
    films.merge(db, keep, drop, at(1))
    assert all_of(db, "select film_id, rating, favourite from ratings") == [(keep, 4.0, 1)]


def test_a_film_on_a_list_twice_stands_there_once(db: sqlite3.Connection) -> None:
    keep, drop = film(db), film(db)
    db.execute("insert into lists values (1, 'watchlist', ?, 'letterboxd_watchlist', '')", (person(db),))
    for number, position in ((keep, 7), (drop, 3)):
        said = {"kind": "letterboxd_watchlist", "list_name": "watchlist", "position": position}
        entry(db, number, str(number), **said)
    assert one(db, "select count(*) from list_items") == 2
    films.merge(db, keep, drop, at(1))
    assert all_of(db, "select film_id, position from list_items") == [(keep, 3)]


# titles


def titled(db: sqlite3.Connection, ids: dict[str, str] | None = None, year: int | None = 2013, **known: Any) -> int:
    return film(db, ids, title="Carrie", year=year, **known)


def by_title(
    db: sqlite3.Connection, ids: dict[str, str] | None = None, year: int | None = 2013, **known: Any
) -> int | None:
    return films.find(db, Seed(ids or {}, title="Carrie", year=year, **known))


def test_a_title_without_an_id_is_the_film_that_has_none_either(db: sqlite3.Connection) -> None:
    number = titled(db)
    assert by_title(db) == number
    assert by_title(db, year=1976) is None
    assert by_title(db, year=None) is None
    assert films.find(db, Seed(title="carrie", year=2013)) is None
    assert films.find(db, Seed()) is None


def test_a_title_is_the_film_letterboxd_knows_by_it_if_it_is_the_only_one(db: sqlite3.Connection) -> None:
    number = titled(db, {"boxd": "a", "imdb": "tt1"})
    assert by_title(db) == number
    titled(db, {"letterboxd": "carrie-2013-1"})
    assert by_title(db) is None


def test_a_title_alone_does_not_make_a_film_with_an_id_the_same(db: sqlite3.Connection) -> None:
    titled(db, {"imdb": "tt0000001"})
    assert by_title(db) is None
    assert by_title(db, {"imdb": "tt0000002"}) is None


def test_a_film_without_an_id_takes_the_id_of_the_first_of_its_title(db: sqlite3.Connection) -> None:
    number = titled(db)
    assert by_title(db, {"imdb": "tt0000001"}) == number
    films.learn(db, number, {"imdb": "tt0000001"}, at(1))
    assert by_title(db, {"imdb": "tt0000002"}) is None


def test_a_film_without_an_id_is_nobodys_where_two_films_bear_the_title(db: sqlite3.Connection) -> None:
    titled(db, {"imdb": "tt0000001"})
    titled(db)
    assert by_title(db, {"imdb": "tt0000002"}) is None
    assert by_title(db, {"boxd": "b"}) is None


def test_a_year_that_is_not_known_tells_nothing_about_an_id(db: sqlite3.Connection) -> None:
    number = titled(db, year=None)
    assert by_title(db, {"imdb": "tt0000001"}, year=None) is None
    assert by_title(db, year=None) == number, "the same words ask the same question"
    titled(db, {"boxd": "x"}, year=None)
    assert by_title(db, year=None) == number


@pytest.mark.parametrize("kind", [MediaType.EPISODE, MediaType.GAME, MediaType.OTHER])
def test_a_film_is_not_the_episode_or_the_game_of_its_title(db: sqlite3.Connection, kind: MediaType) -> None:
    titled(db)
    assert by_title(db, {"imdb": "tt0000001"}, media_type=kind) is None
    assert by_title(db, {"imdb": "tt0000001"}, media_type=MediaType.TV) is not None
    assert by_title(db, {"imdb": "tt0000001"}, media_type=MediaType.MOVIE) is not None


def test_a_title_of_no_known_kind_is_not_the_episode_of_that_name(db: sqlite3.Connection) -> None:
    titled(db, media_type=MediaType.EPISODE)
    assert by_title(db) is None
    assert by_title(db, media_type=MediaType.EPISODE) == 1


def test_a_film_is_not_the_series_of_its_title(db: sqlite3.Connection) -> None:
    titled(db, media_type=MediaType.MOVIE)
    assert by_title(db, {"imdb": "tt0000001"}, media_type=MediaType.TV) is None
    assert by_title(db, {"imdb": "tt0000001"}) is not None


def test_what_is_not_known_yet_is_filled_from_a_later_input(db: sqlite3.Connection) -> None:
    number = film(db, {"imdb": "tt0000001"}, title="First")
    seed = Seed(title="Second", original_title="Original", year=1999, media_type=MediaType.MOVIE)
    films.describe(db, number, seed, followed=False, now=at(1))
    row = one(db, "select title, original_title, release_year, media_type, followed, updated_at from films")
    assert row == ("First", "Original", 1999, "movie", 1, at(1))
    films.describe(db, number, seed, followed=True, now=at(2))
    assert one(db, "select updated_at from films") == at(1), "nothing was new"
