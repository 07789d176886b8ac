"""What a user knows is not recommended again, whether it was liked or not."""

import polars as pl
import pytest

import sensorium as sn


@pytest.fixture(scope="module")
def model():
    """Do not change it."""
    items = pl.DataFrame(
        {"item_id": list("abcdef"), "title": ["red one", "red two", "red three", "x", "y", "z"]}
    )
    log = pl.DataFrame(
        {
            "user_id": ["ann", "ann", "ann", "ben", "ben", "eve", "eve"],
            "item_id": ["a", "b", "c", "a", "b", "d", "e"],
            "rating": [5, 5, 1, 5, 4, 5, 5],
        }
    )
    catalog = sn.Catalog.from_frame(items, text="title")
    return sn.fit(catalog, sn.Events.from_frame(log, items=catalog.items, positive=["rating >= 4"]))


def test_what_a_user_disliked_is_not_recommended_to_the_user(model):
    assert set(model.recommend("ann", k=6).item_ids) == {"d", "e", "f"}


def test_it_stays_so_with_a_history_in_the_request_and_after_new_items(model, tmp_path):
    assert set(model.recommend("ann", history=["d"], k=6).item_ids) == {"e", "f"}
    more = sn.load(model.save(tmp_path))
    more.add_items(pl.DataFrame({"item_id": ["new"], "title": ["red four"]}))
    assert set(more.recommend("ann", k=9).item_ids) == {"d", "e", "f", "new"}


def test_it_stays_so_in_a_bundle(model, tmp_path):
    again = sn.load(model.save(tmp_path))
    assert again.recommend("ann", k=9).item_ids == model.recommend("ann", k=9).item_ids
