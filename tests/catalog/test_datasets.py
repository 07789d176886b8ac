"""Folders with a known layout."""

import polars as pl
import pytest

from sensorium.catalog.catalog import read_catalog
from sensorium.catalog.datasets import find_layout, read_dataset
from sensorium.catalog.event_rows import EventColumns
from sensorium.catalog.events import read_events
from sensorium.core.errors import DataError
from sensorium.core.roles import Role


def fill(folder, **files):
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text, encoding="utf-8")


def test_movielens_1m_becomes_items_and_events_with_roles(tmp_path):
    fill(
        tmp_path,
        movies__dat="1::Toy Story (1995)::Animation|Comedy\n2::Big Heat (1953)::Crime\n"
        "3::Sad Clown (1990)::Comedy|Crime\n",
        ratings__dat="1::1::5::978300760\n1::2::3::978302109\n2::3::4::978301968\n2::1::1::978301968\n",
    )
    dataset = read_dataset(tmp_path)
    assert dataset.layout.name == "MovieLens 1M"
    assert dataset.roles.id == "item_id"
    assert dataset.roles.roles["genres"] == Role.CATEGORY
    assert dataset.roles.roles["year"] == Role.NUMBER
    assert dataset.event_roles.columns == EventColumns(value="rating", time="timestamp")
    assert dataset.event_roles.positive == ("rating >= 4",)


def test_recbole_files_of_one_name_belong_together(tmp_path):
    fill(
        tmp_path,
        x__item="item_id:token\tname:token_seq\n1\tToy Story\n2\tHeat\n",
        x__inter="user_id:token\titem_id:token\ttimestamp:float\nu\t1\t10\n",
        a__inter="user_id:token\titem_id:token\nu\t1\n",
    )
    layout = find_layout(tmp_path)
    assert (layout.name, layout.items.name, layout.events.name) == ("RecBole", "x.item", "x.inter")


def test_files_called_items_and_events_are_found_in_any_format(tmp_path):
    fill(tmp_path, items__jsonl='{"item_id": 1}\n')
    pl.DataFrame({"user_id": ["u"], "item_id": [1]}).write_parquet(tmp_path / "events.parquet")
    layout = find_layout(tmp_path)
    assert (layout.items.name, layout.events.name) == ("items.jsonl", "events.parquet")


def test_a_folder_of_media_may_hold_the_events_too(tmp_path):
    (tmp_path / "shoes").mkdir()
    for name in "ab":
        (tmp_path / "shoes" / f"{name}.jpg").write_bytes(b"x")
    fill(tmp_path, events__csv="user_id,item_id\nu,shoes/a\n")
    dataset = read_dataset(tmp_path)
    assert dataset.layout.name == "folder of media"
    assert dataset.roles.roles["image"] == Role.IMAGE
    catalog = read_catalog(dataset.items, id=dataset.roles.id, roles=dataset.roles.roles).catalog
    assert len(read_events(dataset.events, dataset.event_roles.columns, items=catalog.items).events) == 1


def test_items_alone_are_a_dataset_without_events(tmp_path):
    fill(tmp_path, items__csv="item_id,title\n1,x\n")
    dataset = read_dataset(tmp_path)
    assert dataset.events is None
    assert dataset.event_roles is None


def test_recbole_events_without_items_ask_for_the_items(tmp_path):
    fill(tmp_path, shop__inter="user_id:token\titem_id:token\nu\t1\n")
    with pytest.raises(DataError, match=r"shop.inter stands there without the items.*shop.item"):
        find_layout(tmp_path)


def test_a_folder_of_no_known_layout_says_what_to_do(tmp_path):
    with pytest.raises(DataError, match="none of the known layouts.*items.csv"):
        find_layout(tmp_path)
    with pytest.raises(DataError, match="no such folder"):
        find_layout(tmp_path / "absent")


def test_movielens_100k_is_read_without_a_rejected_row(real_data):
    dataset = read_dataset(real_data / "movielens-100k")
    items = read_catalog(dataset.items, id=dataset.roles.id, roles=dataset.roles.roles)
    events = read_events(
        dataset.events,
        dataset.event_roles.columns,
        items=items.catalog.items,
        rules=dataset.event_roles.rules,
    )
    assert len(items.rejected) == len(events.rejected) == 0
    assert events.events.shape == (943, 1682)
    assert len(events.events) == events.events.ratings().nnz == 100_000
    assert events.events.interactions().nnz == 55_375
    assert sum(reference is not None for reference in items.catalog.media("poster")) == 1_483
