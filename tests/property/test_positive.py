"""The rule language agrees with a plain evaluation, row by row."""

import operator

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from sensorium.catalog.positive import EventType, parse_rule, positive_mask

OPERATORS = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
    "==": operator.eq,
    "=": operator.eq,
    "!=": operator.ne,
}
NUMBERS = st.sampled_from([0, 1, 2.5, 3, 4, 5, -1])
TYPES = st.sampled_from(["play", "Play", "purchase", "加入购物车"])
SPACES = st.sampled_from(["", " ", "  "])
COMPARISONS = st.tuples(st.just("stars"), SPACES, st.sampled_from(list(OPERATORS)), SPACES, NUMBERS)
RULES = st.lists(st.one_of(COMPARISONS, TYPES), max_size=4)
ROWS = st.lists(st.tuples(st.one_of(st.none(), NUMBERS), st.one_of(st.none(), TYPES)), max_size=12)


def satisfies(row, rule):
    stars, kind = row
    if isinstance(rule, str):
        return kind is not None and kind.lower() == rule.lower()
    _, _, sign, _, number = rule
    return stars is not None and OPERATORS[sign](stars, number)


@settings(max_examples=200)
@given(RULES, ROWS)
def test_a_row_is_positive_if_any_rule_holds(rules, rows):
    schema = {"stars": pl.Float64, "kind": pl.String}
    frame = pl.DataFrame(rows, schema=schema, orient="row", strict=False)
    written = [rule if isinstance(rule, str) else "".join(map(str, rule)) for rule in rules]
    expected = [not rules or any(satisfies(row, rule) for rule in rules) for row in rows]
    assert positive_mask(frame, written, kind="kind", value="stars").to_list() == expected


@given(st.text(st.characters(exclude_characters="<>=!'\"", exclude_categories=("Cs",)), min_size=1))
def test_any_text_without_an_operator_names_a_type(text):
    if text.strip():
        assert parse_rule(text) == EventType(text.strip())
        assert parse_rule(f"'{text}'") == EventType(text)
