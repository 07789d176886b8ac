"""The grammar of conditions, and what cells meet them."""

import polars as pl
import pytest

from sensorium.catalog.conditions import Condition, compare_cells, parse_condition
from sensorium.core.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "column", "sign", "values"),
    [
        ("genres=Comedy", "genres", "=", ["Comedy"]),
        ("genres == Comedy", "genres", "=", ["Comedy"]),
        (" watch share>=0.9 ", "watch share", ">=", ["0.9"]),
        ("genres != Horror | War|", "genres", "!=", ["Horror", "War"]),
        ("title='a|b'|\"c\"", "title", "=", ["a|b", "c"]),
        ("genres=Rock 'n' Roll", "genres", "=", ["Rock 'n' Roll"]),
        ("'a=b' < 3", "a=b", "<", ["3"]),
        ("note='>= 3'", "note", "=", [">= 3"]),
        ("similar=x>y", "similar", "=", ["x>y"]),
        ("类型=播放", "类型", "=", ["播放"]),
    ],
)
def test_a_condition_has_a_column_an_operator_and_values(text, column, sign, values):
    condition = parse_condition(text)
    assert (condition.column, condition.operator, list(condition.values)) == (column, sign, values)


@pytest.mark.parametrize(
    "text", ["", "year", "year>=", "= 3", "year => 3", "year >> 3", "genres=|", "year == =3"]
)
def test_what_is_no_condition_is_answered_with_the_operators(text):
    with pytest.raises(ConfigError, match="like: .*is not a condition.*= != >= <= > <.*genres=Comedy"):
        parse_condition(text, where="like")


def test_an_order_takes_one_value():
    with pytest.raises(ConfigError, match="several values. Give one value after >="):
        parse_condition("year >= 3|4")


CELLS = {
    "number": pl.Series(["5", "4.0", "1,000", "", None, "x"]),
    "single": pl.Series([0.1, 0.2, None, float("nan")], dtype=pl.Float32),
    "label": pl.Series(["red", " blue ", "red|blue", "|", None, "7"]),
    "list": pl.Series([["red"], ["blue", "red"], [], None]),
    "time": pl.Series(["2024-01-31", "2023-01-31 12:00", "", None]),
    "moment": pl.Series([1_706_659_200, 1_675_166_400, None]),
    "day": pl.Series(["2024-01-31", "2023-01-31", None]).str.to_date(),
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("number = 5|1000", [1, 0, 1, 0, 0, 0]),
        ("number != 5", [0, 1, 1, 0, 0, 0]),
        ("number < 5", [0, 1, 0, 0, 0, 0]),
        ("number = '4'", [0, 0, 0, 0, 0, 0]),
        ("number = '4.0'", [0, 1, 0, 0, 0, 0]),
        ("number != x", [1, 1, 1, 0, 0, 0]),
        ("single = 0.1", [1, 0, 0, 0]),
        ("single <= 0.1", [1, 0, 0, 0]),
        ("single > 0.1", [0, 1, 0, 0]),
        ("single != 0.2", [1, 0, 0, 0]),
        ("label = red", [1, 0, 1, 0, 0, 0]),
        ("label != red", [0, 1, 0, 0, 0, 1]),
        ("label = blue|green", [0, 1, 1, 0, 0, 0]),
        ("label = red|7", [1, 0, 1, 0, 0, 1]),
        ("list = blue", [0, 1, 0, 0]),
        ("list != blue", [1, 0, 0, 0]),
        ("time >= 2024-01-01", [1, 0, 0, 0]),
        ("time >= 2024", [1, 0, 0, 0]),
        ("time != 2024-01-31", [0, 1, 0, 0]),
        ("moment < 2024-01-01", [0, 1, 0]),
        ("moment < 1700000000", [0, 1, 0]),
        ("day = 2024-01-31", [1, 0, 0]),
        ("day < 2024", [0, 1, 0]),
    ],
)
def test_cells_are_compared_as_what_the_value_is_and_empty_ones_never_meet(text, expected):
    condition = parse_condition(text)
    met = compare_cells(CELLS[condition.column], condition)
    assert met.to_list() == [bool(flag) for flag in expected]


def test_an_order_of_words_is_refused():
    with pytest.raises(ConfigError, match="'four' is neither a number nor a date.*after >=.*with = or !="):
        compare_cells(CELLS["number"], Condition("number", ">=", "four"))
