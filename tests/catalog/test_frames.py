"""Frames in memory, whatever library made them."""

import datetime as dt
import decimal

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

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
