"""From which rating on something is liked is read from the events."""

import polars as pl

import sensorium as sn
from sensorium.experiments.rating_errors import liked_from


def rated(ratings, **rules):
    catalog = sn.Catalog.from_frame(pl.DataFrame({"item_id": ["a"]}))
    users = [f"u{n}" for n in range(len(ratings))]
    values = pl.Series(ratings, dtype=pl.Float64)
    log = pl.DataFrame({"user_id": users, "item_id": ["a"] * len(users), "rating": values})
    return sn.Events.from_frame(log, items=catalog.items, **rules)


def test_it_is_the_lowest_liked_rating_where_all_others_are_below():
    assert liked_from(rated([1, 3, 4.5, 5], positive=["rating >= 4"])) == 4.5
    assert liked_from(rated([1, None, 4, 5], positive=["rating >= 4"])) == 4


def test_there_is_none_where_everything_nothing_or_the_low_ratings_count_as_liked():
    assert liked_from(rated([1, 5])) is None
    assert liked_from(rated([1, 2], positive=["rating >= 4"])) is None
    assert liked_from(rated([1, 2, 5], positive=["rating <= 2"])) is None
