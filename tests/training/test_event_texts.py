"""What events say in words: a feature block of the items, learnt from training events alone."""

import numpy as np
import polars as pl
import pytest

import sensorium as sn
from sensorium.catalog.event_details import MOST_OF_USER, texts_of_items
from sensorium.experiments.evaluate import evaluate_split
from sensorium.experiments.evaluation_options import EvaluationOptions
from sensorium.features.block import OF_EVENTS
from sensorium.fusion.cold_start_simulation import ColdStartScores
from sensorium.models.content_knn import ContentKNN
from sensorium.training.training_data import training_data, tuning_split, validation_data

N_USERS, N_ITEMS = 80, 24
WORDS = ("soft warm woollen cosy", "sharp shiny metal blade")


def log(seed=0):
    """Users of two kinds, who choose from two halves of the items and say what these are like."""
    rng = np.random.default_rng(seed)
    rows = []
    for user in range(N_USERS):
        for n, item in enumerate(rng.choice(N_ITEMS // 2, 6, replace=False) + user % 2 * (N_ITEMS // 2)):
            words = rng.permutation(WORDS[user % 2].split())[:3]
            rows.append((f"u{user}", f"i{item}", 1e9 + 1e5 * n + user, " ".join(words)))
    return pl.DataFrame(rows, schema=["user_id", "item_id", "timestamp", "comment"], orient="row")


def catalog():
    return sn.Catalog.from_frame(pl.DataFrame({"item_id": [f"i{item}" for item in range(N_ITEMS)]}))


def events(frame=None):
    return sn.Events.from_frame(log() if frame is None else frame, items=catalog().items, text="comment")


def test_words_of_events_find_items_and_a_saved_model_finds_the_same(tmp_path):
    model = sn.fit(catalog(), events(), seconds=0.3)
    found = model.search(text="woollen", k=12)
    assert {int(item.item_id[1:]) < N_ITEMS // 2 for item in found} == {True}
    assert "text:comment" in model.item_features.blocks
    again = sn.load(model.save(tmp_path / "model"))
    assert again.search(text="woollen", k=12).item_ids == found.item_ids
    assert again.record.events.columns.text == "comment"


def test_a_column_of_items_of_the_same_name_stays():
    frame = pl.DataFrame({"item_id": [f"i{n}" for n in range(N_ITEMS)], "comment": ["ours"] * N_ITEMS})
    items = sn.Catalog.from_frame(frame, text="comment")
    said = sn.Events.from_frame(log(), items=items.items, text="comment")
    model = sn.fit(items, said, model="popularity", seconds=0.1)
    assert set(model.item_features.blocks) == {"text:comment", "text:comment of events"}


def test_a_word_that_stands_only_in_test_events_changes_nothing():
    split = sn.splits.time(events())
    test_from = split.test.time.min()
    spied = log().with_columns(
        pl.when(pl.col("timestamp") >= test_from)
        .then(pl.lit("zebra ") + pl.col("item_id"))
        .otherwise("comment")
        .alias("comment")
    )
    options = EvaluationOptions(seconds=0)
    plain = evaluate_split(split, {}, options)
    other = evaluate_split(sn.splits.time(events(spied)), {}, options)
    assert "text:comment" in plain.fitted.fusion.members
    assert plain.result.metrics == other.result.metrics
    assert plain.fitted.fusion.weights == other.fitted.fusion.weights
    np.testing.assert_array_equal(
        plain.train.blocks["text:comment"].values, other.train.blocks["text:comment"].values
    )


def test_the_block_is_kept_by_the_part_that_it_was_learnt_from():
    split = sn.splits.time(events())
    past = training_data(split.train, {})
    later = training_data(sn.Events.concat(split.train, split.validation), past.blocks)
    assert past.blocks["text:comment"].spec[OF_EVENTS] != later.blocks["text:comment"].spec[OF_EVENTS]
    same = training_data(split.train, past.blocks)
    assert same.blocks["text:comment"] is past.blocks["text:comment"]


def test_items_whose_events_are_hidden_have_no_words_while_cold_weights_are_learnt():
    tuning = tuning_split(events())
    data = training_data(tuning.train, {})
    members = {"text:comment": ContentKNN(block="text:comment").fit(data)}
    scores = ColdStartScores.of(members, data, validation_data(data, tuning))
    hidden = ~scores.shown.seen_items & data.seen_items
    assert hidden.any()
    assert not scores.shown.blocks["text:comment"].present[hidden].any()
    assert (scores.alone.alone == 0).all()  # nothing tells what hidden items are like


def test_the_same_words_of_one_user_count_once_and_only_the_last_few_about_one_item():
    texts = pl.Series(["a", "a", *"bcdefg", "a", None])
    user = pl.Series([0] * 8 + [1, 1])
    item = pl.Series([2] * 10)
    (said,) = [text for text in texts_of_items(texts, user, item, 3) if text]
    assert said.split("\n") == [*"cdefg", "a"]
    assert MOST_OF_USER == 5


def test_texts_go_along_with_their_events():
    both = events()
    half = both.where(np.arange(len(both)) % 2 == 0)
    assert half.details["comment"].to_list() == log()["comment"].to_list()[::2]
    joined = sn.Events.concat(
        half, sn.Events.from_frame(log().head(2).drop("comment"), items=half.items, users=half.users)
    )
    assert joined.details["comment"].to_list() == [*half.details["comment"].to_list(), None, None]


@pytest.mark.parametrize("blank", ["", "  ", None])
def test_events_without_words_make_no_block(blank):
    silent = log().with_columns(comment=pl.lit(blank, dtype=pl.String))
    assert training_data(events(silent), {}).blocks == {}
