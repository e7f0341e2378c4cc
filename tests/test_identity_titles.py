"""When two titles are the same film, and when a person has to say so."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mwi_crawl.identity import (
    AUTO,
    MARGIN,
    WORTH_DECIDING,
    Offer,
    choose,
    imdb_id,
    match_confidence,
    normalise_title,
    rank,
    title_similarity,
)
from mwi_crawl.model import Candidate


def chosen(title: str, year: int | None, *offered: tuple[str, int | None]) -> str | None:
    """The place of the film chosen among some, as its id."""
    best = choose(rank(title, year, [Offer(str(at), [name], when) for at, (name, when) in enumerate(offered)]))
    return best.id if best else None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Amélie", "AMELIE"),
        ("Léon: The Professional", "Leon - The Professional"),
        ("WALL·E", "Wall-E"),
        ("M*A*S*H", "MASH"),
        ("S.W.A.T.", "SWAT"),
        ("Fast & Furious", "Fast and Furious"),
        ("Schindler’s List", "Schindlers List"),
        ("Rocky II", "Rocky 2"),
        ("The Godfather: Part III", "The Godfather Part 3"),
        ("Star Wars: Episode IV - A New Hope", "Star Wars Episode 4: A New Hope"),
        ("Alien³", "Alien 3"),
        ("[REC]²", "Rec 2"),
        ("Matrix, The", "The Matrix"),
        ("Straße", "STRASSE"),
        ("Sauna på Østerbro", "Sauna pa Osterbro"),
        ("Æon Flux", "Aeon Flux"),
        ("İstanbul", "Istanbul"),
        ("Ёлки", "ЕЛКИ"),
        ("Ｗａｌｌ", "wall"),
        ("مُتَمَرِّد", "متمرد"),
        ("half\u00a0 a  space", "Half a Space"),
    ],
)
def test_spelling_does_not_count(one: str, other: str):
    assert normalise_title(one) == normalise_title(other)
    assert title_similarity(one, other) == 1.0


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Batman", "The Batman"),
        ("Rocky", "Rocky II"),
        ("Rocky II", "Rocky III"),
        ("Toy Story 2", "Toy Story 3"),
        ("Malcolm X", "Malcolm 10"),
        ("The Rapist", "Therapist"),
        ("Aliens", "Alien"),
        ("1917", "1918"),
        ("か", "が"),
        ("शोले", "शल"),
        ("गीत", "गात"),
        ("Солярис", "Сталкер"),
        ("8½", "81 2"),
        ("", "Alien"),
    ],
)
def test_two_titles_that_differ_are_never_taken_for_one_without_a_person(one: str, other: str):
    assert title_similarity(one, other) < 1.0
    assert match_confidence(one, 2000, [other], 2000) < AUTO
    assert chosen(one, 2000, (other, 2000)) is None


@pytest.mark.parametrize(
    "title",
    [
        "1917",
        "9",
        "X",
        "I",
        "$",
        "???",
        "+",
        "Солярис",
        "千と千尋の神隠し",
        "백도어",
        "المتمرد",
        "शोले",
        "ฉลาดเกมส์โกง",
        "🎬",
    ],
)
def test_no_title_is_normalised_to_nothing(title: str):
    assert normalise_title(title)
    assert title_similarity(title, title) == 1.0


@settings(deadline=None)
@given(st.text(), st.text())
def test_similarity_is_a_share_and_has_no_direction(one: str, other: str):
    assert 0.0 <= title_similarity(one, other) <= 1.0
    assert title_similarity(one, other) == title_similarity(other, one)


@settings(deadline=None)
@given(st.text())
def test_no_text_but_blanks_is_normalised_to_nothing(title: str):
    if title.strip():
        assert normalise_title(title)


def test_a_missing_title_is_like_nothing():
    assert title_similarity("", "") == 0.0
    assert match_confidence("Alien", 1979, [], 1979) == 0.0
    assert match_confidence("Alien", 1979, ["", " "], 1979) == 0.0


@pytest.mark.parametrize(
    ("offered", "confidence"), [(1972, 1.0), (1971, 0.94), (1973, 0.94), (1974, 0.8), (2002, 0.6), (None, 0.9)]
)
def test_the_year_says_how_sure_an_equal_title_is(offered: int | None, confidence: float):
    assert match_confidence("Solaris", 1972, ["Solaris"], offered) == confidence


def test_the_best_of_the_offered_titles_counts():
    titles = ["Amélie", "Le Fabuleux Destin d'Amélie Poulain"]
    assert match_confidence("Le fabuleux destin d'Amelie Poulain", 2001, titles, 2001) == 1.0


def test_the_film_is_chosen_and_not_its_remake():
    assert chosen("Solaris", 1972, ("Solaris", 2002), ("Solaris", 1972), ("Solaris Rising", None)) == "1"


def test_a_film_one_year_off_is_chosen_where_no_other_has_its_title():
    assert chosen("Fargo", 1995, ("Fargo", 1996), ("Wells Fargo", 1937)) == "0"


def test_a_film_one_year_off_is_a_question_where_another_has_its_title():
    assert chosen("Fargo", 1995, ("Fargo", 1996), ("Fargo", 1952)) is None
    assert chosen("Fargo", 1995, ("Fargo", 1996), ("Fargo", 1994)) is None


def test_the_right_year_beats_the_year_beside_it():
    assert chosen("Alone", 2020, ("Alone", 2019), ("Alone", 2020)) == "1"


def test_two_films_of_one_title_and_year_are_a_question():
    assert chosen("Flatliners", 2017, ("Flatliners", 2017), ("Flatliners", 2017)) is None


def test_a_film_offered_twice_is_one_film():
    twice = [Offer("movie/1", ["Alone"], 2020), Offer("movie/1", ["Alone"], 2020)]
    assert choose(rank("Alone", 2020, twice)) == Candidate("movie/1", "Alone", 2020, 1.0)


def test_a_title_without_a_year_is_a_question():
    assert chosen("Inception", None, ("Inception", 2010)) is None
    assert match_confidence("Inception", None, ["Inception"], 2010) >= WORTH_DECIDING


def test_a_subtitle_is_worth_a_question():
    confidence = match_confidence("Jack Reacher", 2016, ["Jack Reacher: Never Go Back"], 2016)
    assert WORTH_DECIDING <= confidence < AUTO


def test_a_title_that_is_nothing_like_it_is_not_worth_a_question():
    assert match_confidence("007", 1962, ["Dr. No"], 1962) < WORTH_DECIDING


def test_a_sequel_is_not_worth_a_question():
    assert match_confidence("Toy Story 2", 1999, ["Toy Story 3"], 1999) < WORTH_DECIDING


def test_candidates_come_best_first_and_equals_in_the_upstreams_order():
    offers = [Offer("a", ["Other"], 1999), Offer("b", ["Alone"], 2020), Offer("c", ["Alone"], 2020), Offer("d", [])]
    assert [candidate.id for candidate in rank("Alone", 2020, offers)] == ["b", "c", "a"]


def test_the_margin_decides_whatever_the_order():
    def ask(*confidences: float) -> Candidate | None:
        return choose([Candidate(str(sure), "x", None, sure) for sure in confidences])

    assert ask() is None
    assert ask(AUTO) is not None
    assert ask(AUTO - 0.001) is None
    assert ask(0.61, 0.97) == Candidate("0.97", "x", None, 0.97)
    assert ask(1.0, round(1.0 - MARGIN, 3)) is not None
    assert ask(1.0, 0.96) is None


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("tt0133093", "tt0133093"),
        (" TT0133093 ", "tt0133093"),
        ("tt133093", "tt0133093"),
        ("tt00133093", "tt0133093"),
        ("tt10872600", "tt10872600"),
        ("https://www.imdb.com/title/tt0133093/", "tt0133093"),
        ("http://m.imdb.com/title/tt0133093?ref_=x", "tt0133093"),
        ("https://www.imdb.com/title/tt0133093/reviews", "tt0133093"),
        ("133093", None),
        ("nm0000206", None),
        ("tt", None),
        ("tt0000000", None),
        ("tt0133093x", None),
        ("xtt0133093", None),
        ("tt٠١٣٣٠٩٣", None),
        ("tt99999999999999", None),
        ("", None),
        (None, None),
    ],
)
def test_an_imdb_id_has_one_spelling(text: str | None, known: str | None):
    assert imdb_id(text) == known
