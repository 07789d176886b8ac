"""One item of a group stands for all: one that may be shown, with the most events, the first of equals."""

import numpy as np
import polars as pl
import pytest

import sensorium as sn
from sensorium.duplicates.items import Duplicates
from sensorium.duplicates.merge import merge_duplicates

EVENTS = "aaabccd"


@pytest.mark.parametrize(("hidden", "stands"), [("", "a"), ("a", "c"), ("ac", "b"), ("abc", "a")])
def test_who_stands_for_a_group_may_be_shown_and_has_the_most_events(hidden, stands):
    frame = pl.DataFrame({"item_id": list("abcd"), "gone": [item in hidden for item in "abcd"]})
    catalog = sn.Catalog.from_frame(frame, hidden="gone")
    log = pl.DataFrame({"user_id": range(len(EVENTS)), "item_id": list(EVENTS)})
    events = sn.Events.from_frame(log, items=catalog.items)
    found = Duplicates(catalog.items, np.asarray([0, 0, 0, 3]), ())
    merged, together = merge_duplicates(catalog, events, found)
    assert list(merged.items) == [stands, "d"]
    assert merged.items.aliases == dict.fromkeys(set("abc") - {stands}, stands)
    assert together.items.ids_at(together.item) == [stands] * 6 + ["d"]


def test_of_items_with_as_many_events_the_first_stands():
    catalog = sn.Catalog.from_frame(pl.DataFrame({"item_id": list("abc")}))
    log = pl.DataFrame({"user_id": ["u", "v"], "item_id": ["b", "c"]})
    events = sn.Events.from_frame(log, items=catalog.items)
    merged, _ = merge_duplicates(catalog, events, Duplicates(catalog.items, np.asarray([0, 0, 0]), ()))
    assert list(merged.items) == ["b"]
