"""Times of every spelling; which reading a column has follows from all its values."""

import datetime as dt

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensorium.catalog.columns import as_times, is_blank_time
from sensorium.catalog.times import read_times
from sensorium.core.errors import ConfigError

DAY = dt.datetime(2024, 1, 31, tzinfo=dt.UTC).timestamp()
NOON = DAY + 12 * 3600


def dates(values, **options):
    read = as_times(pl.Series(values), **options)
    return [None if s is None else str(dt.datetime.fromtimestamp(s, dt.UTC).date()) for s in read]


MOMENTS = """\
2024-01-31 14:00:00+02
2024-01-31 12:00:00 UTC
20240131T120000Z
20240131T1200
20240131120000+0000
2024-01-31t12:00:00z
2024-01-31 12:00:00,000
2024-01-31T14:00:00+02:00[Europe/Berlin]
2024-01-31T12:00:00.000+0000
2024-01-31 13:00 CET
31/01/2024 12:00
31.01.24 12.00
31. Januar 2024, 12:00 Uhr
Wed, 31 Jan 2024 12:00:00 GMT
Wed Jan 31 12:00:00 2024
Wed Jan 31 12:00:00 +0000 2024
Wed Jan 31 2024 14:00:00 GMT+0200 (CEST)
31/Jan/2024:14:00:00 +0200
January 31st, 2024 12:00 PM
1/31/2024 12:00:00 PM
2024年1月31日 下午12:00
2024年1月31日12时00分00秒
202401311200
20240131120000
45322.5
45322,5
"""


@pytest.mark.parametrize(
    "value",
    [
        *MOMENTS.splitlines(),
        202401311200,
        20240131120000,
        2024013112,
        45322.5,
        NOON * 1e3,
        NOON * 1e6,
        NOON * 1e9,
    ],
)
def test_a_moment_is_read_in_every_spelling(value):
    assert as_times(pl.Series([value])).to_list() == [NOON]


DAYS = """\
31.01.24
31-Jan-24
31/01/2024
31 January 2024
Jan 31, 2024
31JAN2024
2024-Jan-31
31 janv. 2024
31 de enero de 2024
31. Jan. 2024
2024년 1월 31일
2024.1.31
45322
01/31/24
31-1-2024
"""


@pytest.mark.parametrize("value", [*DAYS.splitlines(), 45322])
def test_a_day_is_read_in_every_spelling(value):
    assert as_times(pl.Series([value])).to_list() == [DAY]


def test_the_order_of_day_and_month_is_seen_from_the_column():
    assert dates(["01/02/2024", "13/02/2024"]) == ["2024-02-01", "2024-02-13"]
    assert dates(["01/02/2024", "02/13/2024"]) == ["2024-01-02", "2024-02-13"]
    assert dates(["24-01-31", "24-02-01", "24-02-02"]) == ["2024-01-31", "2024-02-01", "2024-02-02"]
    assert dates(["01/02/2024 3:00 PM"]) == ["2024-01-02"], "twelve hours go with months first"
    assert dates(["02/01/2024", "03/01/2024", "01/02/2024"]) == ["2024-01-02", "2024-01-03", "2024-02-01"], (
        "goes on"
    )
    assert dates(["01.02.2024"]) == ["2024-02-01"]


def test_a_date_that_the_order_of_its_column_does_not_have_is_no_time():
    assert dates(["13/02/2024", "14/02/2024", "02/15/2024"]) == ["2024-02-13", "2024-02-14", None]


def test_dates_of_which_two_readings_are_possible_are_told_with_both():
    doubt = read_times(pl.Series(["01/02/2024", "02/03/2024"])).doubt
    assert doubt is not None
    assert (doubt.example, doubt.as_what) == ("01/02/2024", "day-first")
    assert dt.datetime.fromtimestamp(doubt.read, dt.UTC).month == 2
    assert dt.datetime.fromtimestamp(doubt.other, dt.UTC).month == 1
    assert read_times(pl.Series(["13/02/2024", "02/03/2024"])).doubt is None


@pytest.mark.parametrize(
    ("value", "as_what"), [(45322.5, "excel"), (20240131, "date"), ("202401311200", "date")]
)
def test_numbers_that_are_no_unix_time_are_told_with_both_readings(value, as_what):
    doubt = read_times(pl.Series([value])).doubt
    assert doubt is not None
    assert doubt.as_what == as_what
    assert 0 <= doubt.read - DAY < 86_400
    assert doubt.other < DAY


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("01/31/2024 12:00", "%m/%d/%Y %H:%M"),
        ("12:00 31.01.24", "%H:%M %d.%m.%y"),
        ("31|01|2024 12:00", "%d|%m|%Y %H:%M"),
        ("2024-01-31 14:00:00.0 +0200", "%Y-%m-%d %H:%M:%S.%f %z"),
        ("2024-01-31 12:00:00,0", "%Y-%m-%d %H:%M:%S,%f"),
        (2401311200, "%y%m%d%H%M"),
        (NOON, "s"),
        (NOON * 1e3, "ms"),
        (45322.5, "excel"),
        ("01/31/2024 12:00", "month-first"),
    ],
)
def test_how_times_are_written_may_be_said(value, written):
    assert as_times(pl.Series([value]), written=written).to_list() == [NOON]
    assert as_times(pl.Series(["when?"]), written=written).to_list() == [None]


@pytest.mark.parametrize("written", ["dd/mm/yyyy", "day", "%I %p"])
def test_a_format_by_which_nothing_can_be_read_is_refused(written):
    with pytest.raises(ConfigError, match="time_format: .*is no format of times"):
        as_times(pl.Series(["31/01/2024"]), written=written)


def test_one_bad_cell_does_not_change_how_the_others_are_read():
    assert dates([20240131, 20240230, 20240201]) == ["2024-01-31", None, "2024-02-01"]
    assert dates(["45322.5", "45323", "soon", "45324"]) == ["2024-01-31", "2024-02-01", None, "2024-02-02"]
    assert dates([1706702400, 1706702400, 1706702400000]) == ["2024-01-31"] * 3


@pytest.mark.parametrize(
    "value",
    ["yesterday", "12:00", "2024-02-30", "31/02/2024", "2024-01-31 25:00", "2024-01-31 12:61", "1/31", "24"],
)
def test_what_is_no_time_stays_unread(value):
    assert as_times(pl.Series([value, "2024-01-31"])).to_list() in ([None, DAY], [24.0, DAY])


def test_no_date_is_ever_in_the_year_24():
    for value in ("31.01.24", "24-01-31", "24/01/31", "31/01/24", "0024-01-31"):
        seconds = as_times(pl.Series([value]))[0]
        assert seconds is None or seconds > 0


def test_words_and_dates_for_a_missing_time_are_no_mistakes():
    blank = pl.Series(
        ["NaT", "nan", "", None, "NULL", "0000-00-00 00:00:00", "0001-01-01T00:00:00", "2024-01-31"]
    )
    assert is_blank_time(blank).to_list() == [True] * 7 + [False]
    assert as_times(blank).to_list() == [None] * 7 + [DAY]


FORMATS = (
    "%Y-%m-%d %H:%M:%S",
    "%d.%m.%Y %H:%M:%S",
    "%d/%m/%Y %H:%M:%S",
    "%d %b %Y %H:%M:%S",
    "%b %d, %Y %I:%M:%S %p",
    "%Y%m%d%H%M%S",
    "%a %b %d %H:%M:%S %Y",
)


@given(
    st.lists(st.datetimes(dt.datetime(1971, 1, 1), dt.datetime(2099, 1, 1)), max_size=20),
    st.sampled_from(FORMATS),
)
def test_moments_are_read_back_in_every_format(moments, form):
    moments = [moment.replace(microsecond=0) for moment in moments] + [dt.datetime(2024, 1, 31)]
    read = as_times(pl.Series([moment.strftime(form) for moment in moments]))
    assert read.to_list() == [moment.replace(tzinfo=dt.UTC).timestamp() for moment in moments]
