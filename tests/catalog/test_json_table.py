"""JSON files as tables, in every way in which programs write them."""

import json

import pandas as pd
import pytest

from sensorium.catalog.datasets import find_layout
from sensorium.catalog.readers.files import read_table
from sensorium.core.errors import DataError

FRAME = pd.DataFrame({"item_id": ["007", "8"], "title": ["霸王别姬", "Heat"], "price": [4.5, 5.0]})
ROWS = [("007", "霸王别姬", 4.5), ("8", "Heat", 5.0)]


@pytest.fixture
def write(tmp_path):
    def written(text, name="items.json"):
        path = tmp_path / name
        path.write_text(text if isinstance(text, str) else json.dumps(text), encoding="utf-8")
        return path

    return written


@pytest.mark.parametrize("layout", ["records", "columns", "split", "table"])
def test_what_pandas_writes_is_read(write, layout):
    table = read_table(write(FRAME.to_json(orient=layout)))
    assert table.frame.select("item_id", "title", "price").rows() == ROWS


def test_what_pandas_writes_by_line_is_read_in_a_json_file(write):
    assert read_table(write(FRAME.to_json(orient="records", lines=True))).frame.rows() == ROWS


def test_columns_that_are_lists_are_read(write):
    assert read_table(write({name: FRAME[name].tolist() for name in FRAME})).frame.rows() == ROWS


def test_lists_of_cells_below_their_names_are_read(write):
    assert read_table(write([list(FRAME.columns), *FRAME.to_numpy().tolist()])).frame.rows() == ROWS


def test_records_under_their_ids_are_read(write):
    table = read_table(write({"a": {"title": "x"}, "b": {"title": "y", "tags": ["new", "red"]}}))
    assert table.frame.rows() == [("a", "x", None), ("b", "y", ["new", "red"])]
    assert table.frame.columns == ["item_id", "title", "tags"]


def test_the_one_list_of_records_in_an_answer_of_a_service_is_read(write):
    table = read_table(write({"status": "ok", "count": 2, "items": FRAME.to_dict("records")}))
    assert table.frame.rows() == ROWS


def test_a_single_record_is_a_table_of_one_row(write):
    assert read_table(write({"item_id": 1, "tags": ["a", "b"]})).frame.rows() == [(1, ["a", "b"])]


def test_entries_that_are_no_objects_are_set_aside_with_their_number(write):
    table = read_table(write([{"item_id": "a"}, "b", {"item_id": "c"}]))
    assert table.frame["item_id"].to_list() == ["a", "c"]
    assert table.row_numbers.to_list() == [1, 3]
    assert table.rejected.frame.select("row", "reason", "line").rows() == [(2, "not a JSON object", '"b"')]


@pytest.mark.parametrize(
    "value", [[], {}, [1, 2], "text", 3, None, {"a": [1], "b": [1, 2]}, {"a": []}, [[1], [2]]]
)
def test_json_without_a_table_is_refused(write, value):
    with pytest.raises(DataError, match="there is no table in the JSON"):
        read_table(write(json.dumps(value)))


def test_what_is_no_json_is_refused_with_the_place(write):
    with pytest.raises(DataError, match="not JSON .*line 1 column 2"):
        read_table(write("[item_id, title]"))


def test_a_folder_may_hold_its_tables_as_json(write, tmp_path):
    write([{"item_id": "a"}])
    write([{"user_id": "u", "item_id": "a"}], "events.json")
    layout = find_layout(tmp_path)
    assert (layout.items.name, layout.events.name) == ("items.json", "events.json")
