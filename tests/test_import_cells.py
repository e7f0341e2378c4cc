"""What single cells mean: dates in all the ways of spreadsheets, years, numbers."""

import pytest

from mwi_crawl.importers._cells import Dates, is_years, moment, number, worth, year
from mwi_crawl.model import Precision


def dates_of(*evidence: str) -> Dates:
    dates = Dates()
    for value in evidence:
        dates.learn(value)
    return dates


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2024-01-31", "2024-01-31"),
        ("2024-01-31T23:59:59Z", "2024-01-31"),
        ("2024-01-31 23:59", "2024-01-31"),
        ("2024/1/3", "2024-01-03"),
        ("2011-05", "2011-05"),
        ("2011", "2011"),
        ("Fri Nov  7 09:07:24 2014", "2014-11-07"),
        ("Sat Apr 23 08:36:35 2011", "2011-04-23"),
        ("Sat Apr 23 08:36:35 UTC 2011", "2011-04-23"),
        ("1/4/2024", "2024-01-04"),
        ("31/1/2024", "2024-01-31"),
        ("03.04.2021", "2021-04-03"),
        ("3-May-21", "2021-05-03"),
        ("3 May 1999", "1999-05-03"),
        ("5-5-21", "2021-05-05"),
        ("25-12-98", "1998-12-25"),
        ("3-4-21", "2021"),
        ("2024-02-30", None),
        ("2024-13-01", None),
        ("0000", None),
        ("3-foo-21", None),
        ("soon", None),
        ("", None),
        ("٣/٤/٢٠٢١", None),
    ],
)
def test_a_date_is_read_as_far_as_it_is_certain(value: str, expected: str | None) -> None:
    assert Dates().read(value) == expected


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        (["13-06-14"], "2021-04-03"),
        (["06-13-14"], "2021-03-04"),
        (["06-07-14"], "2021"),
        (["06-13-14", "13-06-14"], "2021"),
        (["13/06/2014"], "2021"),
    ],
)
def test_the_whole_file_tells_the_order_in_dates_with_dashes(evidence: list[str], expected: str) -> None:
    assert dates_of(*evidence).read("03-04-21") == expected


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        ([], "2021-03-04"),
        (["13/6/2014"], "2021-04-03"),
        (["6/13/2014"], "2021-03-04"),
        (["6/13/2014", "13/6/2014"], "2021"),
    ],
)
def test_slashes_mean_month_first_unless_the_file_says_otherwise(evidence: list[str], expected: str) -> None:
    assert dates_of(*evidence).read("3/4/2021") == expected


def test_what_had_to_be_assumed_is_said() -> None:
    assert dates_of("3/4/2021", "5/4/2021").notes() == (
        "2 dates like 3/4/2021 could be read both ways; taken as month/day/year.",
    )
    assert dates_of("3-4-21").notes() == ("1 dates like 3-4-2021 could be read both ways; only their year was kept.",)
    assert dates_of("3/4/2021", "13/4/2021", "4/4/2021", "3.4.2021").notes() == ()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("1999", 1999),
        ("2013–2023", 2013),
        ("2013-", 2013),
        ("2013– ", 2013),
        ("1999.0", 1999),
        ("????", None),
        ("", None),
    ],
)
def test_a_year_is_the_first_of_a_span_and_never_an_error(value: str, expected: int | None) -> None:
    assert year(value) == expected


def test_only_a_span_is_a_span() -> None:
    assert is_years("2013–2023")
    assert is_years("2013–")
    assert not any(map(is_years, ("2013", "2013.0", "????", "", "20134")))


@pytest.mark.parametrize(
    ("value", "expected"),
    [("8.0", 8.0), ("8,5", 8.5), ("10", 10.0), ("nan", None), ("inf", None), ("1e3", None), ("1_0", None), ("", None)],
)
def test_only_a_plain_number_is_a_number(value: str, expected: float | None) -> None:
    assert number(value) == expected


def test_unix_seconds_become_a_day_and_a_year_or_compact_date_does_not() -> None:
    assert moment("964982703") == "2000-07-30"
    assert moment("964982703.0") == "2000-07-30"
    assert moment("964982703000") == "2000-07-30"
    assert moment("2019") is None
    assert moment("20190503") is None


def test_a_partial_date_is_worth_less() -> None:
    assert [worth(day) for day in ("2011-05-01", "2011-05", "2011", None)] == [
        Precision.EXACT,
        Precision.MONTH,
        Precision.YEAR,
        Precision.UNKNOWN,
    ]
