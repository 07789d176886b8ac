"""Rows that were set aside."""

import polars as pl

from sensorium.catalog.rejected import Rejected


def rejected(rows, kind, values):
    n = len(rows)
    kinds = pl.Series([kind] * n)
    return Rejected.of(pl.Series(rows), kinds, kinds + "!", pl.DataFrame(values), "x.csv")


def test_parts_are_joined_in_order_of_row_and_written_with_reasons(tmp_path):
    both = Rejected.together(
        [
            rejected([5, 9], "late", {"line": ["a", "b"]}),
            rejected([7], "early", {"row": [1.5], "tags": [["x", "y"]]}),
        ],
        "x.csv",
    )
    assert both.frame["row"].to_list() == [5, 7, 9]
    assert both.counts() == {"late": 2, "early": 1}
    both.write(tmp_path / "rejected.csv")
    written = pl.read_csv(tmp_path / "rejected.csv", infer_schema=False)
    assert written.columns == ["row", "reason", "line", "row_", "tags"]
    assert written.row(1) == ("7", "early!", None, "1.5", "x|y")


def test_no_rows_are_written_as_a_header(tmp_path):
    Rejected.none().write(tmp_path / "rejected.csv")
    assert (tmp_path / "rejected.csv").read_text(encoding="utf-8") == "row,reason\n"
