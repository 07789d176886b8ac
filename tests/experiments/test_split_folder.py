"""What a split folder holds is read as what it is called: parts, rows of features, items in their order."""

import numpy as np
import polars as pl
import pytest

from sensorium.core.errors import DataError
from sensorium.experiments.split_folder import open_split_folder
from sensorium.workspace.workspace import is_split_folder

PARTS = {
    "train": [("u", "0", 5, 10), ("u", "3", 1, 20), ("v", "1", 4, 30)],
    "validation": [("v", "2", 3, 40)],
    "test": [("u", "2", 2, 50), ("w", "3", 5, 60)],
}


@pytest.fixture
def folder(tmp_path):
    for part, rows in PARTS.items():
        names = ["user_id", "item_id", "rating", "timestamp"]
        pl.DataFrame(rows, schema=names, orient="row").write_csv(tmp_path / f"{part}.csv")
    rows = np.asarray([[1.0, 0], [2, 1], [0, 0], [np.nan, 1], [5, 5]])
    np.save(tmp_path / "image.npy", rows)
    return tmp_path


def test_each_part_is_what_its_file_says(folder):
    split = open_split_folder(folder).split
    for part, rows in PARTS.items():
        events = getattr(split, part)
        found = zip(
            map(events.users.id, events.user),
            map(events.items.id, events.item),
            events.value.tolist(),
            events.time.tolist(),
            strict=True,
        )
        assert list(found) == [(user, item, float(value), float(time)) for user, item, value, time in rows]
        assert events.users == split.train.users
        assert events.items == split.train.items
    assert split.protocol["n_events"] == {"train": 3, "validation": 1, "test": 2}


def test_the_row_number_is_the_item_and_what_is_zero_or_no_number_is_absent(folder):
    opened = open_split_folder(folder)
    block = opened.blocks["image"]
    assert opened.catalog.items.ids.to_list() == ["0", "1", "2", "3", "4"]
    assert block.present.tolist() == [True, True, False, False, True]
    assert block.values.tolist() == [[1, 0], [2, 1], [0, 0], [0, 0], [5, 5]]


def test_rows_follow_the_items_where_these_are_listed_in_another_order(folder):
    pl.DataFrame({"item_id": [4, 1, 0, 3, 2], "title": list("abcde")}).write_csv(folder / "items.csv")
    opened = open_split_folder(folder)
    assert opened.catalog.items.ids.to_list() == ["4", "1", "0", "3", "2"]
    assert opened.blocks["image"].values.tolist() == [[5, 5], [2, 1], [1, 0], [0, 0], [0, 0]]
    assert opened.blocks["image"].present.tolist() == [True, True, True, False, False]
    assert opened.split.train.items == opened.catalog.items


def test_a_folder_with_settings_is_a_workspace(folder):
    assert is_split_folder(folder)
    (folder / "sensorium.toml").write_text("")
    assert not is_split_folder(folder)


def test_a_row_that_cannot_be_read_is_refused_and_not_passed_over(folder):
    with (folder / "test.csv").open("a") as file:
        file.write(",2,3,70\n")
    with pytest.raises(DataError, match="user id is empty"):
        open_split_folder(folder)


@pytest.mark.parametrize("value", [np.nan, np.inf, 0.0])
def test_features_of_which_every_row_is_empty_are_refused(folder, value):
    np.save(folder / "image.npy", np.full((5, 2), value))
    with pytest.raises(DataError, match="image.npy: no item has a vector"):
        open_split_folder(folder)
