"""Seen items are left out, or stay in, or are left out by the type of the event, whatever came later."""

import json

import numpy as np
import polars as pl
import pytest

import sensorium as sn
from sensorium.catalog import event_types
from sensorium.core.errors import ConfigError, NotReadyError
from sensorium.ranking import seen_items

LOG = pl.DataFrame(
    [
        ("ann", "a", "view"),
        ("ann", "a", "Purchase "),
        ("ann", "b", "view"),
        ("ann", "c", "purchase"),
        ("ann", "d", None),
        ("ben", "a", "view"),
        ("ben", "e", "return"),
        ("eve", "b", "purchase"),
        ("eve", "c", "view"),
    ],
    schema=["user_id", "item_id", "type"],
    orient="row",
)
ITEMS = pl.DataFrame({"item_id": list("abcdef"), "title": ["owl"] * 6})


def tables(log: pl.DataFrame = LOG) -> tuple[sn.Catalog, sn.Events]:
    catalog = sn.Catalog.from_frame(ITEMS, text="title")
    return catalog, sn.Events.from_frame(log, items=catalog.items)


@pytest.fixture
def shop() -> sn.FittedModel:
    return sn.fit(*tables(), model="item-knn", seconds=1)


def left(model: sn.FittedModel, user: str, exclude_seen) -> str:
    """The ids of what can be recommended, in order of the alphabet; a batch must say the same."""
    alone = model.recommend(user, k=20, exclude_seen=exclude_seen)
    together = model.recommend_batch([user], 20, exclude_seen=exclude_seen)
    assert together["item_id"].sort().to_list() == sorted(alone.item_ids)
    return "".join(sorted(alone.item_ids))


def test_by_default_everything_that_was_seen_is_left_out(shop):
    assert left(shop, "ann", True) == "ef"
    assert shop.recommend("ann", k=20) == shop.recommend("ann", k=20, exclude_seen=True)


def test_nothing_is_left_out_on_request(shop):
    assert left(shop, "ann", False) == left(shop, "ann", []) == "abcdef"


@pytest.mark.parametrize(
    ("types", "rest"),
    [
        (["purchase"], "bdef"),
        ([" PURCHASE"], "bdef"),
        (("view",), "cdef"),
        (["view", "purchase"], "def"),
        (["return"], "abcdef"),
    ],
)
def test_types_leave_out_what_was_met_by_such_events_and_nothing_else(shop, types, rest):
    assert left(shop, "ann", types) == rest


def test_items_of_the_request_stay_out_only_where_all_seen_ones_do(shop):
    asked = {"history": ["f"], "k": 20}
    assert "f" not in shop.recommend("ann", **asked).item_ids
    assert "f" in shop.recommend("ann", **asked, exclude_seen=["purchase"]).item_ids
    assert "f" in shop.recommend(**asked, exclude_seen=False).item_ids
    assert len(shop.recommend(**asked, exclude_seen=["purchase"])) == 6


def test_a_type_that_there_is_not_is_refused_with_those_that_there_are(shop):
    with pytest.raises(
        ConfigError, match="no event is of type 'bought'. Known types: purchase, return, view"
    ):
        shop.recommend("ann", exclude_seen=["bought"])
    with pytest.raises(ConfigError, match="one text, no list"):
        shop.recommend_batch(exclude_seen="purchase")


def test_events_without_types_cannot_tell_them_apart():
    model = sn.fit(*tables(LOG.drop("type")), model="item-knn", seconds=1)
    with pytest.raises(ConfigError, match="The events have no column that says their type"):
        model.recommend("ann", exclude_seen=["purchase"])


def test_a_column_with_a_type_for_every_event_says_none(monkeypatch):
    monkeypatch.setattr(event_types, "MOST_TYPES", 2)
    events = tables()[1]
    assert seen_items.split_by_type(events) == {}
    assert list(seen_items.split_by_type(events, named=["purchase"])) == ["purchase"]


def test_updates_and_new_items_are_told_apart_too_and_all_of_it_is_saved(shop, tmp_path):
    shop.update(
        pl.DataFrame(
            {
                "user_id": ["ann", "new", "ann"],
                "item_id": ["b", "a", "f"],
                "type": ["purchase", "view", "gift"],
            }
        )
    )
    shop.add_items(pl.DataFrame({"item_id": ["g"], "title": ["owl"]}))
    for model in (shop, sn.load(shop.save(tmp_path / "model"))):
        assert left(model, "ann", ["purchase"]) == "defg"
        assert left(model, "ann", ["gift"]) == "abcdeg"
        assert left(model, "new", ["view"]) == "bcdefg"
        assert left(model, "ben", ["gift"]) == "abcdefg"


def test_an_update_without_types_counts_as_seen_but_as_no_type(shop):
    shop.update(pl.DataFrame({"user_id": ["ann"], "item_id": ["f"]}))
    assert left(shop, "ann", True) == "e"
    assert left(shop, "ann", ["purchase"]) == "bdef"


def test_a_bundle_from_before_types_were_kept_says_to_fit_again(shop, tmp_path):
    from sensorium.core.hashing import hash_bytes

    bundle = shop.save(tmp_path / "model")
    values = json.loads((bundle / "history" / "values.json").read_text())
    del values["seen_types"]
    (bundle / "history" / "values.json").write_text(json.dumps(values))
    manifest = json.loads((bundle / "manifest.json").read_text())
    manifest["files"]["history/values.json"] = hash_bytes((bundle / "history" / "values.json").read_bytes())
    (bundle / "manifest.json").write_text(json.dumps(manifest))
    old = sn.load(bundle)
    assert left(old, "ann", True) == "ef"
    with pytest.raises(NotReadyError, match="Fit again, or write exclude_seen=True"):
        old.recommend("ann", exclude_seen=["purchase"])
    old.update(pl.DataFrame({"user_id": ["ann"], "item_id": ["f"], "type": ["view"]}))
    assert old.seen_by_type is None


def test_types_go_with_their_events_through_parts_and_sums():
    catalog, events = tables()
    assert events.types is not None
    assert events.types.to_list()[:5] == ["view", "Purchase", "view", "purchase", None]
    part = events.where(np.arange(len(events)) >= 5)
    assert part.types is not None
    assert part.types.to_list() == ["view", "return", "purchase", "view"]
    untyped = sn.Events.from_frame(LOG.drop("type"), items=catalog.items, users=events.users)
    assert untyped.types is None
    both = sn.Events.concat(part, untyped, events)
    assert both.types is not None
    assert both.types.to_list() == [*part.types.to_list(), *[None] * len(untyped), *events.types.to_list()]
    assert sn.Events.concat(untyped, untyped).types is None
