"""Arguments of the wrong kind are refused in words wherever a model is asked; odd spellings are not."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

import sensorium as sn
from sensorium.core.errors import ConfigError, DataError, NewUserWarning


@pytest.fixture(scope="module")
def model():
    items = pd.DataFrame(
        {"item_id": range(8), "title": [f"film {i}" for i in range(8)], "year": [2000, 2001] * 4}
    )
    events = pd.DataFrame({"user_id": [1, 1, 2, 2, 3, 3, 4], "item_id": [0, 2, 1, 3, 0, 4, 6]})
    catalog = sn.Catalog.from_frame(items, id="item_id", text=["title"], category=["year"])
    events = sn.Events.from_frame(events, user="user_id", item="item_id", items=catalog.items)
    return sn.fit(catalog, events, model=sn.models.Popularity())


@pytest.mark.parametrize("k", [0, 2.5, "3", None, True])
def test_no_question_takes_a_length_that_is_none(model, k):
    for ask in (
        lambda: model.recommend(1, k=k),
        lambda: model.recommend_batch([1], k),
        lambda: model.similar(1, k=k),
        lambda: model.search(text="film", k=k),
        lambda: sn.metrics.ndcg({1: [2]}, {1: [2]}, k=k),
        lambda: sn.metrics.coverage({1: [2]}, [2], k=k),
    ):
        with pytest.raises(ConfigError, match="^k is "):
            ask()


@pytest.mark.parametrize("argument", ["where", "allow", "deny", "history", "disliked"])
def test_lists_are_lists(model, argument):
    for wrong in ("1", 1, pd.DataFrame({"item_id": [1]})):
        with pytest.raises(ConfigError, match=f"^{argument}: "):
            model.recommend(1, **{argument: wrong})


def test_conditions_are_texts(model):
    with pytest.raises(ConfigError, match="^where: 1 is no text"):
        model.recommend(1, where=[1])


@pytest.mark.parametrize(
    "users", [1, "1", pd.DataFrame({"user_id": [1]}), pl.DataFrame({"user_id": [1]}), [[1]]]
)
def test_users_of_a_batch_and_of_scores_are_a_list(model, users):
    for ask in (model.recommend_batch, model.score):
        with pytest.raises((ConfigError, DataError), match="no list|one text|no id"):
            ask(users)


def test_scores_and_ratings_take_lists_of_items(model):
    for ask in (lambda: model.score([1], "12"), lambda: model.predict_ratings(1, "12")):
        with pytest.raises(ConfigError, match="^items: '12' is one text"):
            ask()


@pytest.mark.parametrize("missing", [pd.NA, pd.NaT, float("nan"), True, (1,), [1], np.array([1]), {}])
def test_what_is_missing_or_several_is_no_id(model, missing):
    for ask in (
        lambda: model.recommend(missing),
        lambda: model.similar(missing),
        lambda: model.recommend_batch([missing]),
        lambda: model.recommend(1, allow=[missing]),
        lambda: sn.metrics.ndcg({1: [missing]}, {1: [2]}),
    ):
        with pytest.raises(DataError, match="is no id. Give text or a whole number"):
            ask()


def test_a_column_with_missing_users_is_refused_whatever_its_type(model):
    for users in (
        pd.Series([1, None], dtype="Int64"),
        pd.Series([1, None]),
        pd.Series(["1", None], dtype="string"),
    ):
        with pytest.raises(DataError, match="is no id"):
            model.recommend_batch(users)


@pytest.mark.parametrize("spelt", [1, "1", 1.0, np.int8(1), np.str_("1"), np.array(1), b"1"])
def test_every_spelling_of_an_id_is_the_same_user_and_item(model, spelt):
    assert model.recommend(spelt).item_ids == model.recommend(1).item_ids
    assert model.recommend_batch([spelt], 2).equals(model.recommend_batch([1], 2))
    assert model.similar(spelt).item_ids == model.similar(1).item_ids


@pytest.mark.parametrize("exclude_seen", [1, 0, 2.5])
def test_exclude_seen_is_a_truth_or_types(model, exclude_seen):
    for ask in (model.recommend, lambda user, **how: model.recommend_batch([user], **how)):
        with pytest.raises(
            ConfigError, match="^exclude_seen: .* is neither true, nor false, nor a list of types"
        ):
            ask(1, exclude_seen=exclude_seen)


def test_truths_of_numpy_are_truths(model):
    assert len(model.recommend(1, exclude_seen=np.False_)) == 8
    assert len(model.recommend(1, exclude_seen=np.True_)) == 6


def test_media_are_words_paths_or_bytes(model):
    for ask, said in (
        ({"text": 5}, "^text: a int is no text. Give words as text$"),
        ({"text": b"film"}, "^text: a bytes is no text"),
        ({"image": 5}, "^image: a int is no image. Give the path or the bytes of a file$"),
        ({"audio": np.zeros(4)}, "^audio: a ndarray is no audio"),
    ):
        for question in (model.recommend, model.search):
            with pytest.raises(ConfigError, match=said):
                question(**ask)


def test_labels_that_are_numbers_in_the_table_may_be_numbers_in_a_question(model):
    assert (
        model.recommend(like={"year": [2001]}).item_ids == model.recommend(like={"year": ["2001"]}).item_ids
    )
    assert len(model.recommend(like={"year": np.array([2000, 2001])})) == 8
    with pytest.raises(
        ConfigError, match=r"^like: no list of labels for 'year'. Write like=.'year': \['2001'\]"
    ):
        model.recommend(like={"year": 2001})


def test_a_new_user_of_a_batch_is_named_as_given(model):
    with pytest.warns(NewUserWarning, match=r"1 user is unknown \(-5\)"):
        assert model.recommend_batch([1, -5], 1)["path"].to_list()[1] == "new user"
