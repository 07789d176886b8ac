"""What an evaluation does not rank is what an answer leaves out, for every log and every rule."""

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

import sensorium as sn
from sensorium.ranking.seen_items import SeenChoice, left_out_items, parse_seen

ITEMS = pl.DataFrame({"item_id": list("abcdef"), "title": ["owl"] * 6})
CATALOG = sn.Catalog.from_frame(ITEMS, text="title")
TYPES = ("view", "purchase", "dislike")
RULES = st.sampled_from(["all", [], ["view"], ["purchase"], ["purchase", "dislike"]])


@st.composite
def logs(draw: st.DrawFn) -> pl.DataFrame:
    """A log in which every type occurs, and an event that speaks for an item."""
    rows = draw(
        st.lists(
            st.tuples(st.sampled_from("xyz"), st.sampled_from("abcdef"), st.sampled_from(TYPES)), max_size=25
        )
    )
    rows += [("w", "a", "view"), ("w", "b", "purchase"), ("w", "c", "dislike")]
    frame = pl.DataFrame(rows, schema=["user_id", "item_id", "type"], orient="row")
    if draw(st.booleans()):
        frame = frame.with_columns(timestamp=1.7e9 + 60.0 * pl.int_range(pl.len()))
    return frame


@settings(max_examples=20, deadline=None)
@given(logs(), RULES)
def test_the_mask_of_an_evaluation_is_what_answers_leave_out(log: pl.DataFrame, rule: SeenChoice) -> None:
    events = sn.Events.from_frame(log, items=CATALOG.items)
    model = sn.fit(CATALOG, events, model="popularity", seconds=0, seen=rule)
    masked = left_out_items(events, parse_seen(rule)).toarray() > 0
    batch = model.recommend_batch(k=len(ITEMS))
    for row, user in enumerate(events.users.ids):
        expected = [one for one, out in zip(ITEMS["item_id"], masked[row], strict=True) if not out]
        assert sorted(model.recommend(user, k=len(ITEMS)).item_ids) == expected
        assert batch.filter(user_id=user)["item_id"].sort().to_list() == expected


@settings(max_examples=15, deadline=None)
@given(logs(), logs(), RULES)
def test_it_stays_so_after_an_update(first: pl.DataFrame, later: pl.DataFrame, rule: SeenChoice) -> None:
    """With times, so that it is clear which word is the last."""
    both = pl.concat([first.select("user_id", "item_id", "type"), later.select("user_id", "item_id", "type")])
    both = both.with_columns(timestamp=1.7e9 + 60.0 * pl.int_range(pl.len()))
    old = sn.Events.from_frame(both[: len(first)], items=CATALOG.items)
    model = sn.fit(CATALOG, old, model="popularity", seconds=0, seen=rule)
    model.update(both[len(first) :])
    whole = sn.Events.from_frame(both, items=CATALOG.items, users=old.users)
    masked = left_out_items(whole, parse_seen(rule)).toarray() > 0
    for row, user in enumerate(whole.users.ids):
        expected = [one for one, out in zip(ITEMS["item_id"], masked[row], strict=True) if not out]
        assert sorted(model.recommend(user, k=len(ITEMS)).item_ids) == expected
    if model.data.frequency is not None:
        np.testing.assert_array_equal(model.data.frequency.toarray(), whole.frequency().toarray())
        np.testing.assert_array_equal(model.data.frequency.indices, model.data.interactions.indices)
