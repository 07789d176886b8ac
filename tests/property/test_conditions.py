"""What must hold of every condition, whichever door it comes through."""

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from sensorium.catalog.catalog import Catalog
from sensorium.catalog.conditions import (
    OPERATORS,
    Condition,
    compare_cells,
    compare_labels,
    parse_condition,
)
from sensorium.catalog.positive import positive_mask
from sensorium.core.errors import ConfigError
from sensorium.ranking.filters import eligible_items
from sensorium.serving.stated_preferences import parse_labels

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
SIGNS = st.sampled_from(["=", "==", *OPERATORS])
COLUMNS = st.text(st.characters(exclude_characters='"', exclude_categories=["Cs"]), min_size=1, max_size=8)
LABELS = st.sampled_from(["red", "blue", "green", "Rock 'n' Roll", "播放"])
NUMBERS = st.sampled_from([0.1, 1, 2.5, 3, 1000, -4])
DAYS = st.sampled_from(["1985-02-20", "1999-12-31", "2024-05-01"])


def one_of_several(values):
    return st.lists(values, min_size=1, max_size=3).map(lambda some: "|".join(map(str, some)))


@settings(deadline=None)
@given(TEXTS, SIGNS, TEXTS)
def test_a_condition_written_out_is_read_back_as_the_same(before, sign, after):
    try:
        condition = parse_condition(f"{before}{sign}{after}")
    except ConfigError:
        return
    assert parse_condition(str(condition)) == condition


@settings(deadline=None)
@given(COLUMNS, st.sampled_from(OPERATORS), LABELS)
def test_a_column_of_any_name_is_read_back(column, sign, value):
    condition = Condition(column, sign, value)
    assert parse_condition(str(condition)) == condition


def catalog_with(cells, dtype, **roles):
    ids = [str(row) for row in range(len(cells))]
    frame = pl.DataFrame({"item_id": ids, "cell": pl.Series(cells, dtype=dtype)})
    return Catalog.from_frame(frame, **roles)


def doors(catalog, text):
    """The same condition as a rule for events and as a filter of items."""
    as_rule = positive_mask(catalog.frame, [text], kind=None, value=None).to_list()
    return as_rule, eligible_items(catalog, [text]).tolist()


@settings(deadline=None)
@given(
    st.lists(st.none() | one_of_several(LABELS), max_size=8),
    st.sampled_from(["=", "!="]),
    one_of_several(LABELS),
)
def test_labels_meet_alike_as_a_rule_and_as_a_filter(cells, sign, value):
    catalog = catalog_with([*cells, value], pl.String, category="cell")
    as_rule, as_filter = doors(catalog, f"cell {sign} {value}")
    assert as_rule == as_filter
    assert as_rule == compare_labels(catalog.frame["cell"], parse_condition(f"cell{sign}{value}")).to_list()


@settings(deadline=None)
@given(st.lists(st.none() | NUMBERS, max_size=8), st.sampled_from(OPERATORS), NUMBERS, st.booleans())
def test_numbers_meet_alike_as_a_rule_and_as_a_filter(cells, sign, value, single):
    catalog = catalog_with([*cells, 3], pl.Float32 if single else pl.Float64, number="cell")
    as_rule, as_filter = doors(catalog, f"cell {sign} {value}")
    assert as_rule == as_filter


@settings(deadline=None)
@given(st.lists(st.none() | DAYS, max_size=8), st.sampled_from(OPERATORS), DAYS | st.just("1999"))
def test_days_meet_alike_as_a_rule_and_as_a_filter(cells, sign, value):
    catalog = catalog_with([*cells, "1999-12-31"], pl.String, published="cell")
    as_rule, as_filter = doors(catalog, f"cell {sign} {value}")
    assert as_rule == as_filter


@settings(deadline=None)
@given(one_of_several(LABELS))
def test_labels_to_like_are_those_of_the_filter(value):
    text = f"cell = {value}"
    assert parse_labels([text]) == {"cell": list(parse_condition(text).values)}


@settings(deadline=None)
@given(st.sampled_from(OPERATORS), st.sampled_from(["3", "2024-05-01", "'x'"]))
def test_an_empty_cell_meets_no_condition(sign, value):
    if sign in ("=", "!=") or value != "'x'":
        for cells in (
            pl.Series(["", " ", None]),
            pl.Series([None, float("nan")]),
            pl.Series([[], None, [""]]),
        ):
            assert not compare_cells(cells, Condition("cell", sign, value)).any()
