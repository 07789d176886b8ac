"""Many models on the same users: each source scores each user once, and nobody's numbers change by it."""

import dataclasses

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sensorium as sn
from sensorium.core import side_by_side
from sensorium.core.errors import DataError
from sensorium.evaluation.judge import Judge
from sensorium.experiments import model_comparison
from sensorium.experiments.evaluation_options import EvaluationOptions
from sensorium.experiments.model_comparison import ModelComparison, member_alone, share_members
from sensorium.fusion.late_fusion import LateFusion
from sensorium.fusion.rank_fusion import RankScorer
from sensorium.fusion.shared_scorer import QueryPart, SharedScorer
from sensorium.models.base import QueryBatch
from sensorium.models.ease import EASE
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


def test_batches_judged_side_by_side_score_each_user_once_and_get_the_same_numbers(
    split, fusions, monkeypatch
):
    fused, members = fusions
    comparison = ModelComparison.of(split, training_data(split.train, {}), OPTIONS)
    monkeypatch.setattr(model_comparison, "BATCH_BYTES", 4 * comparison.histories.n_items * 3)
    found = {}
    for n_lanes in (1, 4):
        monkeypatch.setattr(model_comparison, "n_cores", lambda n=n_lanes: n)
        monkeypatch.setattr(side_by_side, "n_cores", lambda n=n_lanes: n)
        members["item-knn"].n_scored = 0
        found[n_lanes] = comparison.results(share_members(fused))
        assert members["item-knn"].n_scored == len(comparison.judge.rows)
    for name in fused:
        one, other = found[1][name], found[4][name]
        assert one.to_json() == other.to_json()
        for metric, values in one.per_user.items():
            np.testing.assert_array_equal(values, other.per_user[metric])


def test_a_fault_while_models_are_judged_is_raised_and_ends_the_rest(split, fusions, monkeypatch):
    comparison = ModelComparison.of(split, training_data(split.train, {}), OPTIONS)
    monkeypatch.setattr(model_comparison, "BATCH_BYTES", 4 * comparison.histories.n_items)

    class Failing(ItemKNN):
        n_asked = 0

        def score(self, queries):
            self.n_asked += 1
            raise FloatingPointError("no number")

    failing = Failing().fit(training_data(split.train, {}))
    with pytest.raises(FloatingPointError, match="no number"):
        comparison.results({"failing": failing})
    assert failing.n_asked < len(comparison.judge.rows)


def test_an_answer_is_kept_for_the_same_question_alone_and_cannot_be_written_into(split, fusions):
    model, train = fusions[1]["item-knn"], training_data(split.train, {})
    first, second = (QueryBatch.of_users(train, np.arange(start, start + 5)) for start in (0, 5))
    cached = SharedScorer(model)
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


def test_the_scores_of_a_part_are_those_of_the_batch(split, fusions):
    model, train = fusions[1]["item-knn"], training_data(split.train, {})
    batch = QueryBatch.of_users(train, np.arange(10))
    shared, before = SharedScorer(model), model.n_scored
    parts = [QueryPart.of(batch, start, min(start + 4, 10)) for start in (0, 4, 8)]
    found = [shared.score(part) for part in parts]
    assert model.n_scored == before + 10
    np.testing.assert_array_equal(np.concatenate(found), model.score(batch))
    assert shared.zscores(parts[2]) is shared.zscores(parts[2])


@pytest.fixture(scope="module")
def later():
    """Events in time, in which some test users have no history, and some test items no event before."""
    rng = np.random.default_rng(4)
    n = 900
    users, items, times = rng.integers(70, size=n), rng.zipf(1.3, size=n) % 60, rng.random(n)
    log = pl.DataFrame(
        {"user_id": users, "item_id": [f"i{item}" for item in items], "timestamp": (times * 1e6).astype(int)}
    )
    log = log.filter((pl.col("user_id") < 60) | (pl.col("timestamp") > 800_000))
    catalog = sn.Catalog.from_frame(pl.DataFrame({"item_id": [f"i{number}" for number in range(60)]}))
    return split_events(sn.Events.from_frame(log, items=catalog.items), "time")


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 10_000))
def test_models_judged_together_get_the_numbers_that_each_gets_alone(seed, later):
    """Shared scores and z-scores, parts of batches, users in another order: nobody's lists change."""
    rng = np.random.default_rng(seed)
    train = training_data(later.train, {})
    members = {
        "item-knn": ItemKNN().fit(train),
        "ease": EASE().fit(train),
        "popularity": Popularity().fit(train),
    }
    draw = lambda: {name: float(round(rng.random(), 1)) for name in members}  # noqa: E731
    fusions = {
        "one": LateFusion.from_members(members, draw()),
        "two": LateFusion.from_members(members, draw()),
    }
    comparison = ModelComparison.of(later, train, OPTIONS)
    judged = share_members(fusions)
    shared = judged["one"].members
    alone = {name: member_alone(name, shared, "popularity") for name in members}
    together = {**alone, **judged, "ranks": RankScorer.of(shared), "plain": members["ease"]}
    by_itself = {
        **{name: member_alone(name, members, "popularity") for name in members},
        **fusions,
        "ranks": RankScorer.of(members),
        "plain": members["ease"],
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(model_comparison, "PART_BYTES", 4 * 60 * int(rng.integers(1, 9)))
        patch.setattr(model_comparison, "BATCH_BYTES", 4 * 60 * int(rng.integers(1, 30)))
        found = comparison.results(together)
    for name, model in by_itself.items():
        judge: Judge = comparison.judge.fresh()
        queries = QueryBatch.of_users(comparison.histories, judge.rows)
        judge.add(judge.rows, model.score(queries))
        expected = judge.result(name)
        for metric, values in expected.per_user.items():
            np.testing.assert_allclose(found[name].per_user[metric], values, rtol=1e-12, err_msg=name)
        assert found[name].beyond == expected.beyond
        for part, slice_of in expected.slices.items():
            assert found[name].slices[part].metrics == pytest.approx(slice_of.metrics, rel=1e-12)


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
