"""Many models on the same users: each source scores each user once, and nobody's numbers change by it."""

import dataclasses

import numpy as np
import polars as pl
import pytest

import sensorium as sn
from sensorium.core.errors import DataError
from sensorium.experiments.evaluation_options import EvaluationOptions
from sensorium.experiments.model_comparison import CachedScorer, ModelComparison, share_members
from sensorium.fusion.late_fusion import LateFusion
from sensorium.models.base import QueryBatch
from sensorium.models.item_knn import ItemKNN
from sensorium.models.popularity import Popularity
from sensorium.training.training_data import split_events, training_data

OPTIONS = EvaluationOptions(model="item-knn", k=5)


class CountingKnn(ItemKNN):
    """Item neighbourhoods that count the users they have scored."""

    n_scored = 0

    def score(self, queries):
        self.n_scored += len(queries)
        return super().score(queries)


@pytest.fixture(scope="module")
def split():
    """Events of two kinds of people, who like items of their own kind."""
    rng = np.random.default_rng(0)
    liked = [2 * rng.choice(20, size=8, replace=False) + user % 2 for user in range(40)]
    items = sn.Catalog.from_frame(pl.DataFrame({"item_id": [f"i{n}" for n in range(40)]})).items
    log = pl.DataFrame(
        {"user_id": np.repeat(np.arange(40), 8), "item_id": [f"i{n}" for n in np.concatenate(liked)]}
    )
    return split_events(sn.Events.from_frame(log, items=items), "random")


@pytest.fixture
def fusions(split):
    """Two fusions of the same two fitted members, by name, and the members."""
    train = training_data(split.train, {})
    members = {"item-knn": CountingKnn().fit(train), "popularity": Popularity().fit(train)}
    equal = LateFusion.from_members(members, {"item-knn": 1.0, "popularity": 1.0})
    alone = LateFusion.from_members(members, {"item-knn": 1.0})
    return {"equal": equal, "alone": alone}, members


def test_a_member_of_several_fusions_scores_each_user_once(split, fusions):
    by_name, members = fusions
    comparison = ModelComparison.of(split, training_data(split.train, {}), OPTIONS)
    comparison.results(share_members(by_name))
    assert members["item-knn"].n_scored == len(comparison.judge.rows)


def test_an_answer_is_kept_for_the_same_question_alone_and_cannot_be_written_into(split, fusions):
    model, train = fusions[1]["item-knn"], training_data(split.train, {})
    first, second = (QueryBatch.of_users(train, np.arange(start, start + 5)) for start in (0, 5))
    cached = CachedScorer(model)
    assert cached.score(first) is cached.score(first)
    np.testing.assert_array_equal(cached.score(second), model.score(second))
    with pytest.raises(ValueError, match="read-only"):
        cached.score(second)[0, 0] = 1


def test_sharing_members_changes_no_number(split, fusions):
    by_name, _ = fusions
    comparison = ModelComparison.of(split, training_data(split.train, {}), OPTIONS)
    shared, own = comparison.results(share_members(by_name)), comparison.results(by_name)
    for name in by_name:
        assert shared[name].metrics == own[name].metrics
    assert shared["equal"].metrics != shared["alone"].metrics


def test_the_mask_says_what_is_known_and_asked_about_and_stands_in_the_protocol(split):
    train = training_data(split.train, {})
    narrow, wide = (
        ModelComparison.of(split, train, dataclasses.replace(OPTIONS, mask=mask))
        for mask in ("train", "train+validation")
    )
    assert narrow.known.nnz == narrow.histories.interactions.nnz == split.train.interactions().nnz
    assert wide.known.nnz > narrow.known.nnz
    assert (narrow.protocol["mask"], wide.protocol["mask"]) == ("train", "train+validation")
    assert narrow.protocol["fingerprint"] != wide.protocol["fingerprint"]


def test_a_test_part_in_which_nobody_likes_anything_new_is_refused(split):
    known = dataclasses.replace(split, test=split.train)
    with pytest.raises(DataError, match="nobody likes anything in the test part"):
        ModelComparison.of(known, training_data(split.train, {}), OPTIONS)
