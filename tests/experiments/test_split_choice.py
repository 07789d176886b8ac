"""A split by its name is the one of `sn.splits`, drawn with the seed that was asked for."""

import pytest
from tests.experiments.rated_world import rated_events

import sensorium as sn
from sensorium.experiments.split_choice import chosen_splits

EVENTS = rated_events()
CATALOG = sn.Catalog.from_frame(EVENTS.items.ids.alias("item_id").to_frame())
DRAWN = {
    "random": lambda seed: [sn.splits.random(EVENTS, seed=seed)],
    "folds": lambda seed: sn.splits.folds(EVENTS, seed=seed),
    "cold-items": lambda seed: [sn.splits.cold_items(EVENTS, seed=seed)],
}
IN_ORDER = {"auto": sn.splits.time, "time": sn.splits.time, "per-user": sn.splits.per_user}


def judged_on(splits):
    """The users, items and moments of each test part."""
    return [
        sorted(zip(one.test.user.tolist(), one.test.item.tolist(), one.test.time.tolist(), strict=True))
        for one in splits
    ]


@pytest.mark.parametrize("name", DRAWN)
def test_what_is_drawn_depends_on_the_seed(name):
    found = judged_on(chosen_splits(name, CATALOG, EVENTS, seed=7))
    assert found == judged_on(DRAWN[name](7))
    assert found != judged_on(DRAWN[name](0))


@pytest.mark.parametrize("name", IN_ORDER)
def test_what_goes_by_time_does_not(name):
    found = judged_on(chosen_splits(name, CATALOG, EVENTS, seed=7))
    assert found == judged_on([IN_ORDER[name](EVENTS, 0.1, 0.1)])
