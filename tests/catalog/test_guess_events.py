"""Guessing what the columns of an event table are for."""

import polars as pl
import pytest

from sensorium.catalog.event_rows import EventColumns
from sensorium.catalog.guess_events import guess_events
from sensorium.core.errors import DataError
from sensorium.core.vocabulary import Vocabulary


def log(**columns):
    return pl.DataFrame({"user_id": ["u", "v", "w", "u", "v", "w"], "item_id": list("abcabc"), **columns})


def test_the_usual_names_are_found():
    frame = log(
        rating=[1, 2, 3, 4, 5, 5],
        timestamp=[1_700_000_000] * 6,
        event=["rate"] * 6,
    ).rename({"user_id": "userId", "item_id": "movieId"})
    guess = guess_events(frame)
    assert guess.columns == EventColumns("userId", "movieId", "rating", "timestamp", "event")
    assert set(guess.reasons) == {*frame.columns, "positive"}


def test_the_item_column_is_the_one_that_holds_items():
    frame = pl.DataFrame({"who": ["u", "v"], "note": ["x", "y"], "what": ["a", "b"]})
    assert guess_events(frame, items=Vocabulary(["a", "b"])).columns == EventColumns("who", "what")
    assert guess_events(frame).columns == EventColumns("who", "note")
    named = frame.rename({"note": "item_id"})
    assert guess_events(named, items=Vocabulary(["a", "b"])).columns == EventColumns("who", "what")
    assert guess_events(named).columns == EventColumns("who", "item_id")


def test_a_column_that_only_has_the_name_of_a_time_or_value_is_left_alone():
    guess = guess_events(log(time=["noon", "night", "x", "y", "z", "w"], rating=["good"] * 6))
    assert guess.columns == EventColumns()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, 2, 3, 4, 5, 5], ("rating >= 4",)),
        (["0.5", "3.5", "4", "5.0", "1", "2"], ("rating >= 4",)),
        ([2, 8, 10, 7, 6, 1], ("rating >= 7",)),
        ([1, 1, 1, 1, 1, 1], ()),
        ([0, 1, 0, 1, 1, 1], ("rating > 0",)),
        ([0.1, 0.25, 0.5, 0.75, 0.9, 1.0], ()),
        ([1, 30, 5, 700, 2, 1], ()),
        ([-1, 0, 1, 2, 5, 5], ("rating > 0",)),
        ([-1, -1, 1, 1, 1, 1], ("rating > 0",)),
        ([-1, -2, -1, 0, 0, 0], ()),
        ([None] * 6, ()),
    ],
)
def test_a_threshold_is_suggested_by_a_rating_scale_or_by_values_on_both_sides_of_zero(values, expected):
    assert guess_events(log(rating=values)).positive == expected


def test_types_that_differ_in_what_they_say_get_strengths_by_their_names():
    guess = guess_events(log(type=["play", "play", "skip", "purchase", "play", "dislike"]))
    assert guess.positive == ()
    assert guess.strength.strength == {"purchase": 1.0, "play": 0.4, "skip": -0.5, "dislike": -1.0}
    assert guess.strength.reasons["play"] == "3 events; by its name it was taken in"
    assert guess.rules.strength["dislike"] == -1.0


@pytest.mark.parametrize(
    ("types", "strength"),
    [
        (["view", "add to cart", "Purchase"], {"Purchase": 1.0, "add to cart": 0.5, "view": 0.2}),
        (["pv", "fav", "buy"], {"buy": 1.0, "fav": 0.7, "pv": 0.2}),
        (["点击", "收藏", "购买", "不感兴趣"], {"购买": 1.0, "收藏": 0.7, "点击": 0.2, "不感兴趣": -1.0}),
        (["play", "skip"], {"play": 1.0, "skip": -0.5}),
        (["product-view", "user_purchase"], {"user_purchase": 1.0, "product-view": 0.2}),
        (["impression", "click"], {"click": 1.0, "impression": 0.0}),
        (["like", "remove_like"], {"like": 1.0, "remove_like": -0.5}),
        (["view", "ping", "buy"], {"buy": 1.0, "ping": 0.5, "view": 0.2}),
        (["view", "click"], {}),
        (["1", "2"], {}),
        (["purchase"], {}),
        (["dislike"], {}),
    ],
)
def test_strengths_are_told_in_english_and_chinese_and_only_where_names_tell(types, strength):
    kinds = [types[n % len(types)] for n in range(6)]
    assert guess_events(log(type=kinds)).strength.strength == strength


@pytest.mark.parametrize(
    ("name", "values", "role"),
    [
        ("plays", [3, 1, 2, 9, 1, 1], "count"),
        ("Quantity", ["1", "2", "1", "1", "3", "1"], "count"),
        ("播放次数", [3, 1, 2, 9, 1, 1], "count"),
        ("watch_ratio", [0.1, 0.5, 1.0, 1.0, 0.3, 0.0], "portion"),
        ("完播率", ["10%", "50%", "100%", "100%", "30%", "0%"], "portion"),
        ("progress", [30, 2000, 400, 12, 900, 1], None),
        ("played_at", ["2024-01-31"] * 6, "time"),
        ("行为", ["点击", "购买"] * 3, "type"),
        ("评分", [1, 2, 3, 4, 5, 5], "value"),
        ("评论", ["好", "不好", "很好", "", "一般", "好"], "text"),
        ("session_id", list("aabbcc"), "session"),
        ("device", ["tv", "phone"] * 3, "context"),
        ("foo", [1, 2, 3, 4, 5, 6], None),
    ],
)
def test_every_column_has_a_role_or_none_and_a_reason(name, values, role):
    guess = guess_events(log(**{name: values}))
    assert guess.roles.get(name) == role
    assert guess.left_out == (() if role else (name,))
    assert guess.reasons[name]


def test_chinese_names_are_known_for_who_what_and_when():
    frame = pl.DataFrame(
        {"用户ID": ["u", "v"], "商品ID": ["a", "b"], "下单时间": ["2024-01-31", "2024-02-01"]}
    )
    columns = guess_events(frame).columns
    assert (columns.user, columns.item, columns.time) == ("用户ID", "商品ID", "下单时间")


def test_types_without_a_negative_one_all_count():
    assert guess_events(log(type=["play", "purchase"] * 3)).positive == ()


def test_ratings_and_other_events_are_combined():
    guess = guess_events(log(rating=[1, 3, 5, None, None, None], type=["rate"] * 3 + ["play"] * 3))
    assert guess.positive == ("rating >= 4", "play")


def test_a_table_of_one_column_is_refused():
    with pytest.raises(DataError, match="a column for the user"):
        guess_events(pl.DataFrame({"item_id": ["a"]}))


DAYS = [f"2024-01-0{n}" for n in range(1, 7)]


@pytest.mark.parametrize(
    ("name", "values", "is_time"),
    [
        ("moment", DAYS, True),
        ("when", [893_286_638 + n for n in range(6)], True),
        ("order", [1_000_000_000 + n for n in range(6)], False),
        ("day", [1, 2, 3, 4, 5, 6], False),
        ("note", ["noon", "night", "x", "y", "z", "w"], False),
    ],
)
def test_a_time_of_another_name_is_known_by_its_values(name, values, is_time):
    guess = guess_events(log(**{name: values}))
    assert guess.columns.time == (name if is_time else None)
    assert guess.left_out == (() if is_time else (name,))


def test_a_user_column_of_another_name_is_not_the_time_or_the_value_before_it():
    frame = pl.DataFrame(
        {"moment": DAYS, "rating": [1] * 6, "who": list("uvwuvw"), "item_id": list("abcabc")}
    )
    guess = guess_events(frame)
    assert guess.columns == EventColumns("who", "item_id", "rating", "moment")
    assert guess.reasons["who"] == "who, as no column is called user_id or the like"


def test_an_item_column_that_hardly_holds_items_is_pointed_out():
    reasons = guess_events(log(), items=Vocabulary(["a"])).reasons
    assert reasons["item_id"] == "with which item, though only 33% are known ids"


def test_ratings_that_are_ids_of_items_too_do_not_make_their_column_the_item():
    frame = pl.DataFrame({"user_id": ["u", "v"], "film": ["x8", "x9"], "stars": [4, 2]})
    guess = guess_events(frame, items=Vocabulary(["1", "2", "3", "4"]), item_id="film")
    assert guess.columns == EventColumns("user_id", "film", "stars")
    assert guess.reasons["film"] == "with which item, though only 0% are known ids"


def test_a_column_called_as_in_the_catalogue_is_the_item_even_under_the_name_of_a_type():
    frame = pl.DataFrame({"user_id": ["u", "v"], "note": ["x", "y"], "type": ["a", "b"]})
    assert guess_events(frame, items=Vocabulary(["a", "b"]), item_id="type").columns.item == "type"


def test_columns_that_are_given_are_not_guessed():
    frame = pl.DataFrame(
        {"who": ["a", "b"], "item_id": ["1", "2"], "rating": [9, 2], "stars": [4, 5], "seen": ["x", "y"]}
    )
    given = {"user": "who", "value": "stars", "type": "seen"}
    guess = guess_events(frame, given=given)
    assert (guess.columns.user, guess.columns.item, guess.columns.value) == ("who", "item_id", "stars")
    assert guess.columns.type == "seen"
    assert {guess.reasons[column] for column in given.values()} == {"you said so"}
    assert guess.left_out == ("rating",)
