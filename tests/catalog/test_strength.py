"""What events say: by type, rating, count and share taken in, alone and together."""

import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensorium.catalog.events import Events
from sensorium.catalog.strength import EventRules, RatingScale
from sensorium.core.errors import ConfigError, DataError
from sensorium.core.vocabulary import Vocabulary

ITEMS = Vocabulary(["a", "b", "c"])
SHOP = {"view": 0.2, "cart": 0.5, "purchase": 1, "dislike": -1}


def log(*rows: tuple, **more: list) -> pl.DataFrame:
    """Events of a user with an item, by type, a second apart."""
    users, items, types = zip(*rows, strict=True)
    table = {"user_id": users, "item_id": items, "type": types, "time": list(range(len(rows)))}
    return pl.DataFrame(table | more)


def shop(*rows: tuple, strength=SHOP, **columns: str) -> Events:
    more = {name: columns.pop(name) for name in ("values",) if name in columns}
    return Events.from_frame(log(*rows, **more), items=ITEMS, strength=strength, **columns)


def test_each_type_says_what_the_table_says_in_any_case_and_types_that_are_not_named_say_nothing():
    events = shop(("u", "a", "View"), ("u", "b", " purchase "), ("u", "c", "share"), ("v", "a", None))
    assert events.strength.tolist() == pytest.approx([0.2, 1, 0, 0])
    assert events.positive.tolist() == [True, True, False, False]


def test_a_type_that_is_against_is_never_positive_also_without_strengths():
    plain = Events.from_frame(
        log(("u", "a", "view"), ("u", "b", "不感兴趣"), ("u", "c", "Dislike")), items=ITEMS
    )
    assert plain.strength.tolist() == [1, -1, -1]
    assert plain.interactions().toarray().tolist() == [[1, 0, 0]]
    assert plain.against().toarray().tolist() == [[0, 1, 1]]
    assert not plain.is_weighted


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        (["view"], 0.2),
        (["view", "view", "view"], 0.2 * math.log2(4)),
        (["view", "purchase"], 1.2),
        (["view", "purchase", "dislike"], -1),
        (["dislike", "dislike"], -1),
        (["dislike", "view"], 0.2),
        (["purchase", "dislike", "cart", "view"], 0.7),
        (["share"], 0),
    ],
)
def test_events_of_a_pair_add_up_by_type_since_the_last_one_against(kinds, expected):
    events = shop(*(("u", "a", kind) for kind in kinds))
    together = events.interactions().toarray() - events.against().toarray()
    assert together[0, 0] == pytest.approx(expected, abs=1e-6)
    assert events.interactions().nnz + events.against().nnz <= 1, "for or against, never both"


def test_the_last_word_is_by_time_and_not_by_row():
    frame = log(("u", "a", "dislike"), ("u", "a", "purchase")).with_columns(time=pl.Series([9, 5]))
    events = Events.from_frame(frame, items=ITEMS, strength=SHOP)
    assert events.against().toarray()[0, 0] == 1
    assert events.interactions().nnz == 0


def test_times_have_the_pattern_of_what_they_are_asked_for():
    events = shop(("u", "a", "view"), ("u", "b", "dislike"), ("v", "c", "cart"), ("u", "a", "view"))
    for of in (events.interactions(), events.against(), events.relevant()):
        times = events.times(of)
        assert times.indices.tolist() == of.indices.tolist()
        assert times.indptr.tolist() == of.indptr.tolist()
    assert events.times().toarray().tolist() == [[3, 0, 0], [0, 0, 2]]
    assert events.times(events.against()).toarray()[0, 1] == 1


def test_counts_weigh_by_their_logarithm_and_the_share_taken_in_as_it_is():
    frame = pl.DataFrame(
        {
            "user_id": ["u"] * 3,
            "item_id": ["a", "b", "c"],
            "plays": [1, 3, 0],
            "watched": ["50%", "100%", "9%"],
        }
    )
    events = Events.from_frame(frame, items=ITEMS, count="plays", portion="watched")
    assert events.strength.tolist() == pytest.approx([0.5, 2, 0])
    assert events.interactions().toarray()[0].tolist() == pytest.approx([0.5, 2, 0])


def test_plays_of_two_rows_count_like_those_of_one():
    rows = {"user_id": ["u", "u", "v"], "item_id": ["a", "a", "a"], "plays": [2, 5, 7]}
    events = Events.from_frame(pl.DataFrame(rows), items=ITEMS, count="plays")
    found = events.interactions().toarray()[:, 0]
    assert found[0] == pytest.approx(found[1]) == pytest.approx(3)


@pytest.mark.parametrize(
    ("given_shares", "expected"),
    [
        ([0.2, 1.0], [0.2, 1.0]),
        ([20, 100], [0.2, 1.0]),
        (["20 %", "101%"], [0.2, 1.0]),
        ([0.2, 1.03], [0.2, 1.0]),
        ([0, 0.5], [0, 0.5]),
        ([0.2, 0.4, 0.5, 0.9, 1.0, 3.5], [0.2, 0.4, 0.5, 0.9, 1.0, 1.0]),
        ([1, 1, 1, 1, 1, 100], [0.01, 0.01, 0.01, 0.01, 0.01, 1.0]),
        ([0.5, 0.7, 0.9, 55.5, 80.25, 100], [0.005, 0.007, 0.009, 0.555, 0.8025, 1.0]),
    ],
)
def test_shares_are_read_as_shares_and_as_per_cents(given_shares, expected):
    n = len(given_shares)
    columns = {"user_id": [f"u{i}" for i in range(n)], "item_id": ["a"] * n, "完播率": given_shares}
    frame = pl.DataFrame(columns, strict=False)
    events = Events.from_frame(frame, items=ITEMS, portion="完播率")
    assert events.strength.tolist() == pytest.approx(expected)


def test_a_share_below_zero_is_refused():
    frame = pl.DataFrame({"user_id": ["u", "u"], "item_id": ["a", "b"], "watched": [-0.5, 0.5]})
    with pytest.raises(DataError, match="share taken in is no share"):
        Events.from_frame(frame, items=ITEMS, portion="watched")


def ratings(values: dict[str, list[float]]) -> Events:
    """What users give to the items, from the first on."""
    rows = [
        (user, ITEMS.ids[n % 3], value) for user, given_ in values.items() for n, value in enumerate(given_)
    ]
    users, items, given_ = zip(*rows, strict=True)
    frame = pl.DataFrame({"user_id": users, "item_id": items, "rating": given_})
    return Events.from_frame(frame, items=ITEMS, strength={"rating": 1})


def test_ratings_count_about_what_their_user_mostly_gives():
    events = ratings({"mild": [5, 4, 5] * 5, "harsh": [2, 1, 2] * 5})
    mild, harsh = events.strength[:3], events.strength[15:18]
    assert mild[0] > 0 > mild[1]
    assert harsh[0] > harsh[1]
    assert mild[0] > harsh[0] > mild[1], "a little of the mean of all is in that of each"


def test_who_gives_only_fives_does_not_come_out_at_zero():
    events = ratings({"fan": [5.0] * 30, "other": [3, 4, 2, 5, 1] * 6})
    assert (events.strength[:30] > 0.05).all()


def test_where_all_ratings_are_the_same_each_says_one():
    assert ratings({"u": [5, 5], "v": [5, 5]}).strength.tolist() == [1, 1, 1, 1]


@given(st.lists(st.integers(1, 10), min_size=2, max_size=30), st.sampled_from([0.001, 1.0, 1000.0]))
def test_ratings_say_the_same_in_any_unit(values, unit):
    user, value = np.zeros(len(values), dtype=np.int64), np.array(values, dtype=np.float64)
    plain = RatingScale.of(user, value, 1).scaled(user, value, 1)
    scaled = RatingScale.of(user, value * unit, 1).scaled(user, value * unit, 1)
    np.testing.assert_allclose(scaled, plain, atol=1e-4)


def test_a_rating_again_replaces_the_former_one_rather_than_adding_to_it():
    frame = pl.DataFrame({"user_id": ["u", "u", "v"], "item_id": ["a", "a", "b"], "rating": [5.0, 5.0, 1.0]})
    events = Events.from_frame(frame, items=ITEMS, strength={"rating": 1})
    assert events.interactions().toarray()[0, 0] == pytest.approx(events.strength[1])


def test_relevant_is_what_is_at_least_as_strong_as_asked():
    rows = (("u", "a", "view"), ("u", "b", "cart"), ("u", "c", "purchase"))
    assert shop(*rows).relevant().toarray().tolist() == [[0, 1, 1]]
    assert shop(*rows, relevant=0.1).relevant().toarray().tolist() == [[1, 1, 1]]
    assert shop(*rows, relevant=0.9).relevant().toarray().tolist() == [[0, 0, 1]]


def test_models_learn_from_strengths_from_all_alike_or_from_the_relevant_alone():
    events = shop(("u", "a", "view"), ("u", "b", "cart"), ("u", "c", "dislike"))
    assert events.interactions().toarray()[0].tolist() == pytest.approx([0.2, 0.5, 0])
    assert events.weighed("plain").interactions().toarray().tolist() == [[1, 1, 0]]
    assert events.weighed("strong").interactions().toarray().tolist() == [[0, 1, 0]]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"strength": {"view": "much"}}, "strength of 'view' is 'much'"),
        ({"strength": {"view": math.nan}}, "no number"),
        ({"strength": {"dislike": -1}}, "no type of event has a strength above zero"),
        ({"strength": {"view": 1}, "positive": ["view"]}, "both say what an event means"),
        ({"strength": {"view": 10**400}}, "strength of 'view' is 1000.*, which is no number"),
        (
            {"strength": {"view": 1, "dislike": -1e39}},
            "strength of 'dislike' is -1e\\+39, which is no number",
        ),
        ({"strength": {"View": 1, " view ": 0.5}}, "two strengths are given for 'view': 1 and 0.5"),
        ({"strength": {3: -1}}, "no type of event has a strength above zero"),
        ({"strength": [("view", 1)]}, "no table of types with their strengths"),
        ({"strength": "view=1"}, "'view=1' is no table of types"),
        ({"relevant": 0}, "no strength above zero"),
        ({"relevant": math.nan}, "nan is no strength above zero"),
        ({"relevant": math.inf}, "inf is no strength above zero"),
        ({"relevant": 10**400}, "1000.* is no strength above zero"),
    ],
)
def test_strengths_that_cannot_be_are_refused(arguments, message):
    with pytest.raises(ConfigError, match=message):
        Events.from_frame(log(("u", "a", "view")), items=ITEMS, **arguments)


def test_rules_survive_json():
    rules = EventRules.parse(strength={"View": 0.2, "rating": 1}, relevant=0.3, weighting="plain")
    assert EventRules.from_json(rules.to_json()) == rules
    scaled = ratings({"u": [1, 5], "v": [2, 3]}).rules
    assert scaled.scale is not None
    assert EventRules.from_json(scaled.to_json()) == scaled
