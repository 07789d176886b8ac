"""Batches of items that came after the table stand behind it."""

import polars as pl

from sensorium.catalog.catalog import read_catalog
from sensorium.catalog.readers.files import read_table
from sensorium.core.roles import Role
from sensorium.workspace.item_batches import item_files, keep_items, read_new_items, with_added_items


def test_added_rows_are_numbered_on_from_the_last_row_that_could_be_used(tmp_path):
    table = tmp_path / "items.csv"
    table.write_text("item_id,title\na,owl\n,nameless\nb,fox\n", encoding="utf-8")
    read = read_catalog(read_table(table), id="item_id", roles={"title": Role.TEXT})
    new = tmp_path / "new.csv"
    new.write_text("item_id,title\nb,changed\nc,hen\nd,elk\n", encoding="utf-8")
    fresh, told = read_new_items(new, read.catalog)
    assert told.known == ("b",)
    assert keep_items(tmp_path, fresh) == item_files(tmp_path)[0]
    keep_items(tmp_path, pl.DataFrame({"item_id": ["d", "e"], "title": ["twice", "ape"]}))
    whole = with_added_items(read, tmp_path)
    last = read.rows.to_list()[-1]
    assert last > len(read.rows)
    assert whole.rows.to_list() == [*read.rows, last + 1, last + 2, last + 3]
    assert list(whole.catalog.items) == ["a", "b", "c", "d", "e"]
    assert whole.catalog.titles() == ["owl", "fox", "hen", "elk", "ape"]
