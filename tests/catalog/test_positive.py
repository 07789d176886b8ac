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


@pytest.mark.parametrize("sign", [">=", "<=", ">", "<", "==", "=", "!="])
@pytest.mark.parametrize("blank", ["", " ", "\t", "\u00a0", None])
def test_an_empty_cell_satisfies_no_operator_with_a_number(sign, blank):
    log = pl.DataFrame({"stars": ["3", blank, "5"], "kind": [blank, "a", "b"]})
    found = positive_mask(log, [f"stars {sign} 4"], kind="kind", value="stars").to_list()
    assert found[1] is False
    assert found[0] is (sign in ("<=", "<", "!="))
    assert found[2] is (sign in (">=", ">", "!="))


@pytest.mark.parametrize("sign", ["==", "=", "!="])
@pytest.mark.parametrize("blank", ["", " ", "\t", "\u00a0", None])
def test_an_empty_cell_satisfies_no_operator_with_a_word(sign, blank):
    log = pl.DataFrame({"kind": ["view", blank, "buy"]})
    for value in ("view", "'view'", '"view"'):
        found = positive_mask(log, [f"kind {sign} {value}"], kind="kind", value=None).to_list()
        assert found == [sign != "!=", False, sign == "!="]


def test_an_empty_cell_is_no_event_type():
    log = pl.DataFrame({"kind": ["view", "", None, " "]})
    assert positive_mask(log, ["view"], kind="kind", value=None).to_list() == [True, False, False, False]


@pytest.mark.parametrize("sign", ["==", "!="])
def test_a_number_that_is_none_is_no_word_either(sign):
    log = pl.DataFrame({"share": [0.5, float("nan"), None]})
    found = positive_mask(log, [f"share {sign} much"], kind=None, value=None).to_list()
    assert found == [sign == "!=", False, False]


@pytest.mark.parametrize("sign", [">=", "<=", ">", "<", "==", "!="])
def test_a_number_that_is_none_satisfies_no_operator(sign):
    log = pl.DataFrame({"share": [None, float("nan")]}, schema={"share": pl.Float64})
    assert positive_mask(log, [f"share {sign} 4"], kind=None, value=None).to_list() == [False, False]


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
