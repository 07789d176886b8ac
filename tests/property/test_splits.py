"""No split leaks: the parts are disjoint, complete, and the future stays in the future."""

from collections.abc import Callable

import numpy as np
import polars as pl
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sensorium.catalog.events import Events
from sensorium.core.errors import DataError
from sensorium.core.vocabulary import Vocabulary
from sensorium.evaluation import splits
from sensorium.evaluation.splits import Split

ITEMS = Vocabulary([str(n) for n in range(8)])
SPLITS: dict[str, Callable[[Events], Split]] = {
    "time": splits.time,
    "user-time": splits.per_user,
    "user-share": lambda events: splits.per_user(events, 0.3, 0.3),
    "random": splits.random,
    "random-user": lambda events: splits.random(events, 0.3, 0.3, per_user=True),
    "fold": lambda events: splits.folds(events, 3)[0],
    "cold": splits.cold_items,
}


@st.composite
def logs(draw: st.DrawFn) -> Events:
    n = draw(st.integers(5, 40))
    users = draw(st.lists(st.sampled_from("abcd"), min_size=n, max_size=n))
    items = draw(st.lists(st.sampled_from(ITEMS.ids.to_list()), min_size=n, max_size=n))
    moments = st.integers(0, 12).map(float)
    times = draw(st.lists(moments | st.none(), min_size=n, max_size=n).filter(lambda t: any(t)))
    frame = pl.DataFrame(
        {"user_id": users, "item_id": items, "timestamp": times, "value": np.arange(n, dtype=np.float32)},
        schema_overrides={"timestamp": pl.Float64},
    )
    return Events.from_frame(frame, items=ITEMS)


def attempted(name: str, events: Events) -> Split:
    """The split, or an abandoned example where the log is too small for it."""
    try:
        return SPLITS[name](events)
    except DataError:
        assume(False)
        raise


@settings(max_examples=150)
@given(logs(), st.sampled_from(sorted(SPLITS)))
def test_parts_are_disjoint_and_complete(events: Events, name: str) -> None:
    split = attempted(name, events)
    seen = np.concatenate([split.train.value, split.validation.value, split.test.value])
    assert sorted(seen.tolist()) == list(range(len(events)))  # the value is the row number
    assert split.protocol["n_events"] == {
        "train": len(split.train),
        "validation": len(split.validation),
        "test": len(split.test),
    }


@settings(max_examples=100)
@given(logs())
def test_nothing_before_the_cut_is_tested_and_nothing_after_it_trained_on(events: Events) -> None:
    split = attempted("time", events)
    assert split.test.time.min() >= split.protocol["test_from"]
    assert np.nanmax(split.validation.time) < split.protocol["test_from"]
    assert split.validation.time.min() >= split.protocol["validation_from"]
    dated = split.train.time[~np.isnan(split.train.time)]
    assert (dated < split.protocol["validation_from"]).all()


@settings(max_examples=100)
@given(logs())
def test_no_users_own_future_is_trained_on(events: Events) -> None:
    split = attempted("user-time", events)
    for user in np.unique(split.test.user):
        past = split.train.time[split.train.user == user]
        future = split.test.time[split.test.user == user]
        assert len(past)
        assert np.nanmax(np.append(past, -np.inf)) <= np.nanmin(np.append(future, np.inf))


@settings(max_examples=50)
@given(logs())
def test_hidden_items_are_hidden_entirely(events: Events) -> None:
    split = attempted("cold", events)
    assert not set(split.train.item) & (set(split.validation.item) | set(split.test.item))
