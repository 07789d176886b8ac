"""Which events take an item off a user's lists."""

import numpy as np
import polars as pl
import pytest

from sensorium.catalog.events import Events
from sensorium.core.errors import ConfigError
from sensorium.core.vocabulary import Vocabulary
from sensorium.ranking.seen_items import Seen, left_out_items, parse_seen, require_seen

ITEMS = Vocabulary(list("abcde"))
LOG = pl.DataFrame(
    [
        ("ann", "a", "View"),
        ("ann", "a", "purchase"),
        ("ann", "b", "view"),
        ("ann", "c", "dislike"),
        ("ben", "d", "purchase"),
        ("ben", "d", "dislike"),
        ("ben", "e", None),
    ],
    schema=["user_id", "item_id", "type"],
    orient="row",
)


def log(frame: pl.DataFrame = LOG) -> Events:
    return Events.from_frame(frame, items=ITEMS)


@pytest.mark.parametrize(
    ("said", "rule"),
    [
        ("all", "all"),
        (" All ", "all"),
        (True, "all"),
        (np.True_, "all"),
        ("none", ()),
        (False, ()),
        ([], ()),
        (["Purchase ", "view", "purchase"], ("purchase", "view")),
        (np.asarray(["view"]), ("view",)),
        (pl.Series(["view"]), ("view",)),
    ],
)
def test_a_rule_may_be_written_in_several_ways(said: object, rule: object) -> None:
    assert parse_seen(said) == rule


@pytest.mark.parametrize("said", ["purchase", 3, None, [1], [None], {"a": 1}.items()])
def test_what_is_no_rule_is_refused(said: object) -> None:
    with pytest.raises(ConfigError, match="seen"):
        parse_seen(said)


@pytest.mark.parametrize(
    ("rule", "ann", "ben"),
    [
        ("all", "abc", "de"),
        ((), "c", "d"),
        (("purchase",), "ac", "d"),
        (("view",), "abc", "d"),
        (("dislike",), "c", "d"),
    ],
)
def test_what_a_user_is_against_is_left_out_by_every_rule(rule: Seen, ann: str, ben: str) -> None:
    left_out = left_out_items(log(), rule)
    assert (left_out.data == 1).all()
    for row, ids in enumerate((ann, ben)):
        assert "".join(ITEMS.ids_at(np.sort(left_out[[row]].indices))) == ids


def test_types_that_no_event_has_are_refused_with_those_that_there_are() -> None:
    assert require_seen(["PURCHASE"], log()) == ("purchase",)
    with pytest.raises(
        ConfigError, match="no event is of type 'bought'. Known types: dislike, purchase, view"
    ):
        require_seen(["bought"], log())
    with pytest.raises(ConfigError, match="no column that says their type"):
        require_seen(["bought"], log(LOG.drop("type")))
    assert require_seen([], log(LOG.drop("type"))) == ()
