"""Spreadsheets as tables."""

import datetime as dt
import logging

import polars as pl
import pytest
import xlsxwriter

import sensorium as sn
from sensorium.catalog.readers.files import read_table
from sensorium.core.errors import DataError

DAY = dt.date(2024, 1, 31)
NOON = dt.datetime(2024, 1, 31, 12)


@pytest.fixture
def write(tmp_path):
    def written(*sheets):
        path = tmp_path / "shop.xlsx"
        with xlsxwriter.Workbook(path, {"default_date_format": "dd/mm/yy hh:mm"}) as book:
            for number, rows in enumerate(sheets):
                sheet = book.add_worksheet(f"sheet {number}")
                for position, row in enumerate(rows):
                    sheet.write_row(position, 0, row)
        return path

    return written


def test_cells_keep_their_types(write):
    rows = [
        ["item_id", "price", "released", "seen", "new"],
        ["007", 4.5, DAY, NOON, True],
        ["8", 5, DAY, DAY, False],
    ]
    table = read_table(write(rows))
    midnight = dt.datetime(2024, 1, 31)
    assert table.frame.rows() == [("007", 4.5, DAY, NOON, True), ("8", 5.0, DAY, midnight, False)]
    assert table.row_numbers.to_list() == [2, 3]


def test_a_column_of_mixed_types_is_text_as_a_person_writes_it(write):
    rows = [["item_id", "note"], [7, "x"], ["008", 3], ["b", 2.5], ["c", DAY]]
    assert read_table(write(rows)).frame.rows() == [
        ("7", "x"),
        ("008", "3"),
        ("b", "2.5"),
        ("c", "2024-01-31"),
    ]


def test_a_title_above_the_header_empty_rows_and_empty_columns_are_passed_over(write):
    rows = [
        ["Our shop"],
        [],
        ["item_id", "", "title", "", "price"],
        ["a", "", "red", "", 1],
        [],
        ["b", "", "", "x", ""],
    ]
    table = read_table(write(rows))
    assert table.frame.columns == ["item_id", "title", "column_4", "price"]
    assert table.frame.rows() == [("a", "red", None, 1.0), ("b", None, "x", None)]
    assert table.row_numbers.to_list() == [4, 6]


def test_the_first_sheet_that_is_not_empty_is_read_and_the_others_are_named(write, caplog):
    with caplog.at_level(logging.WARNING, "sensorium"):
        table = read_table(write([], [["item_id"], ["a"]], [["notes"], ["x"]]))
    assert table.frame.rows() == [("a",)]
    assert "the sheet sheet 1 was read; left out: sheet 2" in caplog.text


def test_an_empty_spreadsheet_and_a_column_that_stands_twice_are_refused(write):
    with pytest.raises(DataError, match="the spreadsheet is empty"):
        read_table(write([]))
    with pytest.raises(DataError, match="two columns are called 'a'"):
        read_table(write([["a", "a"], [1, 2]]))


def test_a_file_that_only_claims_to_be_a_spreadsheet_is_refused(tmp_path):
    (tmp_path / "t.xlsx").write_bytes(b"a,b\n1,2\n")
    with pytest.raises(DataError, match="the spreadsheet cannot be read"):
        read_table(tmp_path / "t.xlsx")


def test_items_and_events_of_spreadsheets_are_recommended_from(tmp_path):
    items = pl.DataFrame(
        {"item_id": [1, 2, 3], "title": ["red hat", "blue hat", "green kite"], "price": [1.5, 2, 3]}
    )
    sales = pl.DataFrame({"user_id": ["ann", "bob"], "item_id": [1, 2], "date": [DAY, DAY]})
    items.write_excel(tmp_path / "items.xlsx")
    sales.write_excel(tmp_path / "events.xlsx")
    catalog, events = sn.read_tables(tmp_path)
    assert list(catalog.items.given_ids) == [1, 2, 3]
    assert catalog.roles["price"] == "number"
    assert (
        events.time.astype("datetime64[s]").astype("datetime64[D]").astype(str).tolist() == ["2024-01-31"] * 2
    )
    model = sn.fit(catalog, events, model="popularity")
    assert 3 in model.recommend(user="ann").item_ids
