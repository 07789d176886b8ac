"""Numbers in text: what marks decimals is told by the whole column."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensorium.catalog.columns import as_numbers
from sensorium.catalog.number_text import read_number_text

NARROW, HARD = "\u202f", "\xa0"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["0,250", "9,5", "12,25", "1,125"], [0.25, 9.5, 12.25, 1.125]),
        (["0,875"], [0.875]),
        (["3,1415"], [3.1415]),
        (["1.299,99", "1.299"], [1299.99, 1299.0]),
        (["1,299.99", "1,299"], [1299.99, 1299.0]),
        (["1.299", "9,5"], [1299.0, 9.5]),
        (["1.234.567", "1.299"], [1234567.0, 1299.0]),
        (["1,299", "9.5"], [1299.0, 9.5]),
        (["0.250", "1,125"], [0.25, 1125.0]),
        ([",5", "-,25"], [0.5, -0.25]),
        (["1,23,456.78", "12,34,567"], [123456.78, 1234567.0]),
        (["1,5e3", "2,0E-1"], [1500.0, 0.2]),
    ],
)
def test_the_decimal_sign_is_that_which_the_values_of_the_column_can_have(values, expected):
    assert as_numbers(pl.Series(values)).to_list() == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["€37.68", "$1,299.00", "£5", "¥1,200"], [37.68, 1299.0, 5.0, 1200.0]),
        (["37,68 €", f"1.299,00{HARD}€"], [37.68, 1299.0]),
        (["EUR 12.50", "12.50 USD", "R$ 7.25", "kr 5", "199 元"], [12.5, 12.5, 7.25, 5.0, 199.0]),
        (["CHF 1'200.-", "1’299.50"], [1200.0, 1299.5]),
        (["1.299,-", "49,-"], [1299.0, 49.0]),
        ([f"1{NARROW}234,50", f"1{HARD}234{HARD}567", "1 000"], [1234.5, 1234567.0, 1000.0]),
        (["1 234,567"], [1234.567]),
        (["12 %", "12.5%"], [0.12, 0.125]),
        (["(1,234.50)", "($5.00)", "5.00-", "−5", "-€5", "€ -5"], [-1234.5, -5.0, -5.0, -5.0, -5.0, -5.0]),
        (["1.2万", "3亿", "800"], [12000.0, 3e8, 800.0]),
        (["１２，５", "٣"], [12.5, 3.0]),
    ],
)
def test_what_stands_around_a_number_is_understood(values, expected):
    assert as_numbers(pl.Series(values)).to_list() == pytest.approx(expected)


@pytest.mark.parametrize(
    "value",
    ["abc", "1,2,3", "12:30", "2024-01-31", "31.01.24", "1 2", "ABC123", "5 kg", "1,23,45", "--5", "()"],
)
def test_what_is_no_number_stays_unread(value):
    assert as_numbers(pl.Series([value, "1,5"])).to_list() == [None, 1.5]


def test_a_value_that_can_be_read_in_one_way_alone_is_read_so_in_any_column():
    read = read_number_text(pl.Series(["1,234.5", "2,345.5", "4,5", "1,125"]))
    assert read.numbers.to_list() == [1234.5, 2345.5, 4.5, 1125.0]
    assert read.is_settled
    assert read.is_mixed
    assert read.unsure.to_list() == ["1,125"]


@pytest.mark.parametrize(
    ("values", "expected"), [(["1,125", "2,250"], [1125.0, 2250.0]), (["1.125"], [1.125])]
)
def test_where_no_value_tells_a_comma_marks_thousands_and_a_point_decimals(values, expected):
    read = read_number_text(pl.Series(values))
    assert read.numbers.to_list() == expected
    assert not read.is_settled
    assert read.unsure.to_list() == values


def test_a_decimal_sign_that_is_known_is_not_asked_of_the_values():
    assert as_numbers(pl.Series(["1,125"]), decimal=",").to_list() == [1.125]
    assert as_numbers(pl.Series(["1.125"]), decimal=",").to_list() == [1125.0]
    assert as_numbers(pl.Series(["1,125", "9,5"]), decimal=".").to_list() == [1125.0, 9.5]


@given(
    st.lists(st.integers(-10_000_000, 10_000_000), min_size=1),
    st.sampled_from([(",", "."), (".", ","), (" ", ","), ("'", ".")]),
)
def test_amounts_with_cents_are_read_back_in_every_spelling(cents, signs):
    thousands, decimal = signs
    written = [
        f"{value / 100:,.2f}".translate(str.maketrans({",": thousands, ".": decimal})) for value in cents
    ]
    assert as_numbers(pl.Series(written)).to_list() == pytest.approx([value / 100 for value in cents])
