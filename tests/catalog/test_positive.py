"""The rules that say which events count."""

import polars as pl
import pytest

from sensorium.catalog.positive import parse_rule, positive_mask
from sensorium.core.errors import ConfigError

LOG = pl.DataFrame(
    {
        "rating": ["5", "4", "3.5", "", None, "x"],
        "type": ["rate", "Play", "purchase", "播放", None, "play "],
        "watch share": [0.1, 0.9, None, 0.5, 1.0, float("nan")],
    }
)


def mask(*rules):
    return positive_mask(LOG, rules, kind="type", value="rating").to_list()


def test_without_rules_every_event_counts():
    assert mask() == [True] * 6


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("rating >= 4", [1, 1, 0, 0, 0, 0]),
        ("rating>4", [1, 0, 0, 0, 0, 0]),
        ("rating <= 4", [0, 1, 1, 0, 0, 0]),
        ("rating < 4", [0, 0, 1, 0, 0, 0]),
        ("rating = 4", [0, 1, 0, 0, 0, 0]),
        ("rating == 4.0", [0, 1, 0, 0, 0, 0]),
        ("rating != 4", [1, 0, 1, 0, 0, 0]),
        ("value >= 5", [1, 0, 0, 0, 0, 0]),
        ("watch share >= 0.9", [0, 1, 0, 0, 1, 0]),
        ("play", [0, 1, 0, 0, 0, 1]),
        ("播放", [0, 0, 0, 1, 0, 0]),
        ("'purchase'", [0, 0, 1, 0, 0, 0]),
        ("type == purchase", [0, 0, 1, 0, 0, 0]),
        ('type != "rate"', [0, 1, 1, 1, 0, 1]),
        ("refund", [0, 0, 0, 0, 0, 0]),
    ],
)
def test_a_rule_selects_the_rows_that_satisfy_it_and_never_a_missing_cell(rule, expected):
    assert mask(rule) == [bool(flag) for flag in expected]


def test_any_of_several_rules_is_enough():
    assert mask("rating >= 5", "purchase") == [True, False, True, False, False, False]


@pytest.mark.parametrize(
    "rule", ["", "  ", "rating >=", ">= 4", "rating >> 4", "rating => 4", "rating >= four"]
)
def test_a_rule_that_cannot_be_understood_is_named(rule):
    with pytest.raises(ConfigError) as caught:
        parse_rule(rule)
    assert rule.strip() in str(caught.value)
    assert "positive" in str(caught.value)


def test_a_column_that_is_not_there_is_named_with_those_that_are():
    with pytest.raises(ConfigError, match="'stars'.*rating, type, watch share"):
        mask("stars >= 4")


def test_an_event_type_needs_a_type_column():
    with pytest.raises(ConfigError, match="'play' names an event type"):
        positive_mask(LOG, ["play"], kind=None, value="rating")


def test_rating_means_the_value_column_whatever_it_is_called():
    log = pl.DataFrame({"stars": [5, 1]})
    assert positive_mask(log, ["rating >= 4"], kind=None, value="stars").to_list() == [True, False]
