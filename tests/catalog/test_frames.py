"""Frames in memory, whatever library made them."""

import datetime as dt
import decimal
import re

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import sensorium as sn
from sensorium.catalog.catalog import Catalog
from sensorium.catalog.events import Events
from sensorium.catalog.readers.frames import as_polars
from sensorium.core.errors import DataError

COLUMNS = {
    "item_id": [1, 2],
    "title": ["霸王别姬", None],
    "price": [1.5, None],
    "tags": [["a", "b"], None],
    "at": [dt.datetime(2024, 1, 31), None],
}


@pytest.mark.parametrize("make", [pl.DataFrame, lambda c: pl.LazyFrame(c), pa.table, pd.DataFrame, dict])
def test_every_kind_of_frame_gives_the_same_catalogue(make):
    catalog = Catalog.from_frame(make(COLUMNS), text="title", number="price", category="tags", published="at")
    assert list(catalog.items) == ["1", "2"]
    assert catalog.texts("title") == ["霸王别姬", None]
    assert catalog.numbers("price")[0] == 1.5
    assert catalog.categories("tags") == [("a", "b"), None]
    assert catalog.published()[0] == dt.datetime(2024, 1, 31, tzinfo=dt.UTC).timestamp()


def test_pandas_types_of_every_kind_are_understood():
    frame = pd.DataFrame(
        {
            "category": pd.Categorical(["x", None]),
            "nullable": pd.array([1, None], dtype="Int64"),
            "string": pd.array(["s", None], dtype="string"),
            "zoned": pd.to_datetime(["2024-01-31T12:00:00+02:00", None], utc=True),
            "mixed": [1, "two"],
            "flag": [True, False],
        },
        index=["p", "q"],
    )
    read = as_polars(frame)
    assert read.columns == ["category", "nullable", "string", "zoned", "mixed", "flag"]
    assert read["category"].to_list() == ["x", None]
    assert read["nullable"].to_list() == [1, None]
    assert read["string"].to_list() == ["s", None]
    assert read["zoned"].to_list() == [dt.datetime(2024, 1, 31, 10), None]
    assert read["mixed"].to_list() == ["1", "two"]


def test_dictionary_encoded_columns_work_as_ids():
    items = Catalog.from_frame(pl.DataFrame({"item_id": ["a", "b"]})).items
    log = pa.table(
        {
            "user_id": pa.array(["u", "v"]).dictionary_encode(),
            "item_id": pa.array(["b", "a"]).dictionary_encode(),
        }
    )
    events = Events.from_frame(log, items=items)
    assert list(events.users) == ["u", "v"]
    assert events.item.tolist() == [1, 0]


@pytest.mark.parametrize(
    ("values", "plain"),
    [
        ([decimal.Decimal("1.5"), None], [1.5, None]),
        ([dt.timedelta(minutes=1), None], [60.0, None]),
        ([dt.time(12), None], ["12:00:00", None]),
        ([b"a", b"\xff"], ["a", "ff"]),
        ([{"a": "一"}, None], ['{"a": "一"}', None]),
        ([[[1]], None], ["[[1]]", None]),
        (pl.Series(["a", None], dtype=pl.Categorical), ["a", None]),
        (pl.Series([["a"], None], dtype=pl.List(pl.Categorical)), [["a"], None]),
        (pl.Series([True, None], dtype=pl.Object), ["True", None]),
    ],
)
def test_unusual_types_become_plain(values, plain):
    assert as_polars(pl.DataFrame({"x": values}))["x"].to_list() == plain


@pytest.mark.parametrize("frame", [None, 3, "items.csv", [1, 2]])
def test_what_is_no_table_is_refused(frame):
    with pytest.raises(DataError, match="is no table.*from_file"):
        as_polars(frame)


def test_a_pandas_column_that_stands_twice_is_refused():
    with pytest.raises(DataError, match="two columns are called 'a'"):
        as_polars(pd.DataFrame([[1, 2]], columns=["a", "a"]))


def test_named_levels_of_a_pandas_index_are_columns():
    frame = pd.DataFrame({"user_id": [1, 1, 2], "item_id": ["a", "b", "a"], "rating": [3.0, 4.0, 5.0]})
    plain = as_polars(frame)
    by_both = as_polars(frame.set_index(["user_id", "item_id"]))
    assert by_both.select(plain.columns).equals(plain)
    assert as_polars(frame.groupby("user_id").agg({"rating": "mean"}))["user_id"].to_list() == [1, 2]
    assert as_polars(frame.set_index("user_id", drop=False)).equals(plain)
    assert as_polars(frame.set_index(pd.Index([7, 8, 9]))).equals(plain)
    days = pd.DatetimeIndex(["2020-01-01", "2020-01-02", "2020-01-03"], name="time", tz="Asia/Tokyo")
    assert as_polars(frame.set_index(days))["time"].dt.hour().to_list() == [15, 15, 15]


def test_events_of_a_pandas_frame_with_ids_in_its_index_are_those_ids():
    items = pd.DataFrame({"item_id": range(6), "title": list("abcdef")}).set_index("item_id")
    frame = pd.DataFrame(
        {"user_id": [10, 10, 11], "item_id": [0, 1, 2], "rating": [4, 5, 1], "time": [1, 2, 3]}
    )
    catalog, events = sn.read_tables(items, frame.set_index(["user_id", "item_id"]))
    assert catalog.items.given_ids.to_list() == [0, 1, 2, 3, 4, 5]
    assert events.users.given_ids.to_list() == [10, 11]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "Asia/Tokyo"])
def test_pandas_times_of_every_unit_are_the_same_moments(unit, zone):
    moments = pd.Series(pd.to_datetime([1.6e9, None, 1.7e9], unit="s")).astype(f"datetime64[{unit}]")
    moments = moments if zone is None else moments.dt.tz_localize("UTC").dt.tz_convert(zone)
    found = as_polars(pd.DataFrame({"time": moments, "lasts": moments - moments.min()}))
    assert found["time"].dt.epoch("s").to_list() == [1_600_000_000, None, 1_700_000_000]


@pytest.mark.parametrize(
    "column", [pd.Series([1, 2]), pl.Series([1, 2]), pd.Index([1, 2]), pd.Series(["a.csv"])]
)
def test_a_single_column_is_no_table(column):
    with pytest.raises(DataError, match=f"a {type(column).__name__} is no table"):
        as_polars(column)


def test_names_of_columns_in_levels_are_refused():
    frame = pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_tuples([("a", "user_id"), ("a", "item_id")]))
    with pytest.raises(DataError, match="the names of columns have 2 levels. Join them"):
        as_polars(frame)


@pytest.mark.parametrize(
    ("column", "said"),
    [
        ({"item_id": [7, 8, 9]}, "item is unknown (row 1: '7'; row 2: '8'; row 3: '9')"),
        ({"rating": [float("inf")] * 3}, "value is not a number (row 1: 'inf'; "),
        ({"user_id": [None] * 3}, "user id is empty (row 1; row 2; row 3)"),
    ],
)
def test_a_table_of_events_without_a_usable_row_says_why(column, said):
    frame = pl.DataFrame({"user_id": [1, 1, 2], "item_id": [0, 1, 2], "rating": [4.0, 5.0, 1.0]} | column)
    items = pl.DataFrame({"item_id": [0, 1, 2], "title": list("abc")})
    with pytest.raises(
        DataError, match=f"^events: no event can be used; in 3 of 3 rows the {re.escape(said)}"
    ):
        sn.read_tables(items, frame)
