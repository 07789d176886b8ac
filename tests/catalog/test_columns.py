"""Columns of any type: numbers, times, flags and text, null where a value cannot be read."""

import datetime as dt

import polars as pl
import pytest

from sensorium.catalog.columns import as_flags, as_numbers, as_text, as_times, is_blank_number

NOON = dt.datetime(2024, 1, 31, 12, tzinfo=dt.UTC).timestamp()
MIDNIGHT = dt.datetime(2024, 1, 31, tzinfo=dt.UTC).timestamp()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["1", " 2.5 ", "-3e2"], [1.0, 2.5, -300.0]),
        (["4,5", "1,234", "12,345.5"], [4.5, 1234.0, 12345.5]),
        (["abc", "", None, "1,2,3", "inf", "nan"], [None] * 6),
        ([1, None, 3], [1.0, None, 3.0]),
        ([1.5, float("nan"), float("inf"), 1e300], [1.5, None, None, None]),
        ([True, False, None], [1.0, 0.0, None]),
        ([[1], [2]], [None, None]),
    ],
)
def test_numbers_are_read_and_everything_else_is_null(values, expected):
    assert as_numbers(pl.Series(values, strict=False)).to_list() == expected


@pytest.mark.parametrize(
    "value",
    [
        "2024-01-31T12:00:00Z",
        "2024-01-31 12:00:00",
        "2024-01-31T12:00",
        "2024-01-31T14:00:00+02:00",
        "2024-01-31 14:00:00 +0200",
        "2024-01-31T12:00:00.000",
        "2024/1/31 12:00:00",
        "31.1.2024 12:00",
        str(int(NOON)),
        f"{NOON:.1f}",
        str(int(NOON) * 1000),
        int(NOON),
        int(NOON) * 1000,
        int(NOON) * 1_000_000,
        int(NOON) * 1_000_000_000,
        NOON,
        dt.datetime(2024, 1, 31, 12),
        dt.datetime(2024, 1, 31, 12, tzinfo=dt.UTC),
        dt.datetime(2024, 1, 31, 13, tzinfo=dt.timezone(dt.timedelta(hours=1))),
    ],
)
def test_every_way_to_write_a_moment_gives_the_same_seconds(value):
    assert as_times(pl.Series([value, value])).to_list() == [NOON, NOON]


@pytest.mark.parametrize(
    "value",
    ["2024-01-31", "2024/01/31", "31.01.2024", "31-Jan-2024", "20240131", 20240131, dt.date(2024, 1, 31)],
)
def test_a_date_is_its_first_second(value):
    assert as_times(pl.Series([value])).to_list() == [MIDNIGHT]


def test_formats_may_be_mixed_in_one_column_and_what_is_no_time_is_null():
    mixed = pl.Series(["2024-01-31", "2024-01-31 12:00", "yesterday", "2024-02-30", "", None, str(int(NOON))])
    assert as_times(mixed).to_list() == [MIDNIGHT, NOON, None, None, None, None, NOON]


def test_polars_times_in_another_zone_are_seconds_in_utc():
    moment = pl.Series([dt.datetime(2024, 1, 31, 12)]).dt.replace_time_zone("Asia/Shanghai")
    assert as_times(moment).to_list() == [NOON - 8 * 3600]


def test_whole_numbers_are_years_only_where_years_are_expected():
    assert as_times(pl.Series([1971]), years=True).to_list() == [365 * 86_400.0]
    assert as_times(pl.Series([1971])).to_list() == [1971.0]


def test_a_time_of_day_alone_is_no_time():
    assert as_times(pl.Series([dt.time(12, 0)])).to_list() == [None]


def test_flags_are_read_in_words_and_numbers():
    words = pl.Series(["yes", "FALSE", "1", "0", "是", "maybe", "", None])
    assert as_flags(words).to_list() == [True, False, True, False, True, None, None, None]
    assert as_flags(pl.Series([1, 0, 2])).to_list() == [True, False, None]
    assert as_flags(pl.Series([1.0, 0.0])).to_list() == [True, False]


def test_text_of_numbers_and_lists_is_what_a_person_would_write():
    assert as_text(pl.Series([1.0, None, 30.0])).to_list() == ["1", None, "30"]
    assert as_text(pl.Series([1.5, 2.0])).to_list() == ["1.5", "2.0"]
    assert as_text(pl.Series([["a", "b"], [], None])).to_list() == ["a|b", None, None]
    assert as_text(pl.Series(["a", " ", "", None])).to_list() == ["a", None, None, None]


def test_words_for_missing_numbers_are_no_mistakes():
    assert (
        is_blank_number(pl.Series(["", "NaN", "NULL", "n/a", "x", "1"])).to_list() == [True] * 4 + [False] * 2
    )
