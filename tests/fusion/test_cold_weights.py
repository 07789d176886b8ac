import dataclasses

import numpy as np
import pytest
from scipy import sparse

from sensorium.fusion.cold_start_simulation import ColdStartScores
from sensorium.fusion.cold_weights import LEAST_SHARE
from sensorium.fusion.fusion_tuning import FusionTuning
from sensorium.fusion.history_weights import learn_by_history, weights_by_history
from sensorium.fusion.later_queries import add_later_queries
from sensorium.fusion.validation_scores import ValidationScores
from sensorium.fusion.weights import averaged_weights, dealt, learn_weights, searched_from, searched_weights
from sensorium.models.base import QueryBatch, ValidationData
from sensorium.models.registry import make_model


def matrix(rows):
    return sparse.csr_array(np.asarray(rows, dtype=np.float32))


@pytest.fixture(scope="module")
def validation(known):
    return ValidationData(known.queries, known.relevant, known.data.interactions)


@pytest.fixture(scope="module")
def members(known):
    fitted = {name: make_model(name).fit(known.data) for name in ("popularity", "ease")}
    for name in ("image:picture", "audio:sound"):
        fitted[name] = make_model("content-knn", {"block": name}).fit(known.data)
    shuffled = np.random.default_rng(5).permutation(known.data.n_items)
    noise = known.data.blocks["image:picture"].rows(shuffled)
    data = dataclasses.replace(known.data, blocks={"text:noise": noise})
    fitted["text:noise"] = make_model("content-knn", {"block": "text:noise"}).fit(data)
    return fitted


@pytest.fixture(scope="module")
def tuning(known, members, validation):
    return FusionTuning.of(members, validation, fallback="popularity", data=known.data)


def test_who_asks_later_has_the_earlier_half_of_what_was_held_back_in_the_history():
    history = matrix([[1, 0, 0, 0, 0], [0, 1, 0, 0, 0]])
    relevant = matrix([[0, 0, 1, 1, 1], [1, 0, 0, 0, 0]])
    times = sparse.csr_array(np.asarray([[0, 0, 9, 7, 8], [5, 0, 0, 0, 0]], dtype=np.float64))
    asked = ValidationData(QueryBatch(history, np.asarray([4, 6])), relevant, history, times)
    found = add_later_queries(asked)
    assert found.queries.users.tolist() == [4, 6, 4]
    assert found.queries.history.toarray().tolist() == [*history.toarray().tolist(), [1, 0, 0, 1, 0]]
    assert found.relevant.toarray().tolist() == [*relevant.toarray().tolist(), [0, 0, 1, 0, 1]]
    assert found.masked.toarray()[2].tolist() == [1, 0, 0, 1, 0]


def test_nobody_asks_later_who_liked_one_thing():
    one = matrix([[0, 1, 0]])
    asked = ValidationData(QueryBatch(matrix([[1, 0, 0]]), np.asarray([0])), one, matrix([[1, 0, 0]]))
    assert add_later_queries(asked) is asked


def test_later_histories_keep_their_times(known):
    data = dataclasses.replace(known.data, times=known.data.interactions.astype(np.float64))
    queries = QueryBatch.of_users(data, np.arange(10))
    held = known.relevant[:10]
    asked = ValidationData(queries, held, queries.history, sparse.csr_array(held * 3.0))
    found = add_later_queries(asked).queries
    assert found.times is not None
    np.testing.assert_array_equal(found.times.indices, found.history.indices)
    assert set(found.times.data) == {1.0, 3.0}


def test_hidden_items_are_all_that_is_ranked_and_known_by_content_alone(known, members, validation):
    found = ColdStartScores.of(members, known.data, validation)
    assert found is not None
    assert set(found.alone.names) == {"image:picture", "audio:sound", "text:noise"}
    hidden = np.unique(found.alone.items[found.alone.real])
    assert len(hidden) == round(0.2 * known.data.seen_items.sum())
    assert found.among is not None
    told = ~found.among.is_content
    is_hidden = np.isin(found.among.items, hidden) & found.among.real
    assert is_hidden.any()
    assert found.among.can is not None
    assert found.among.can[told][:, is_hidden].max() == 0


def test_of_many_queries_a_sample_is_asked_about_hidden_items(known, members, validation, monkeypatch):
    monkeypatch.setattr("sensorium.fusion.cold_start_simulation.MAX_ASKING", 15)
    found = ColdStartScores.of(members, known.data, validation)
    assert found is not None
    assert found.among is not None
    assert (len(found.alone), found.n_natural, len(found.among)) == (15, 15, 30)
    assert set(found.later.users) <= set(validation.queries.users)


def test_cold_weights_are_learnt_on_hidden_items(tuning):
    assert tuning.cold_weights["text:noise"] < 0.1
    assert sum(tuning.cold_weights.values()) == pytest.approx(1)
    assert tuning.fusion.config.cold_offset == tuning.cold.offset
    assert len(tuning.fusion.n_events) == tuning.data.n_items


def test_without_a_modality_cold_items_keep_their_place(tuning):
    without = tuning.without(["image"])
    assert without.config.cold_scale == tuning.cold.scale
    assert without.config.cold_offset == tuning.cold.offset
    assert without.cold_weights["audio:sound"] == max(without.cold_weights.values()) > 0.5


def test_every_content_source_keeps_its_least_share_of_the_cold_weights(tuning):
    weights = tuning.cold_weights
    assert min(weights.values()) >= LEAST_SHARE / len(weights) - 1e-9
    assert weights["text:noise"] == pytest.approx(LEAST_SHARE / len(weights), rel=0.5)


def two_kinds(n=400, swapped=True):
    """Queries of which the short histories are told by one source, the long ones by another."""
    rng = np.random.default_rng(0)
    relevant = np.tile(np.arange(60) < 3, (n, 1))
    long = np.arange(n) % 2 == 1
    values = rng.normal(size=(2, n, 60)).astype(np.float32)
    values[0][~long if swapped else long | True] += 2 * relevant[0]
    values[1][long if swapped else long | True] += 2 * relevant[0]
    return ValidationScores(
        names=("one", "another"),
        kinds=("behaviour", "behaviour"),
        values=values,
        can=None,
        real=np.ones((n, 60), dtype=np.bool_),
        relevant=relevant,
        log_count=np.zeros((n, 60), dtype=np.float32),
        n_relevant=np.full(n, 3),
        items=np.tile(np.arange(60), (n, 1)),
        askers=np.arange(n),
        lengths=np.where(long, 50, 3).astype(np.float32),
    )


def test_weights_move_with_the_history_where_that_surely_helps():
    found = learn_by_history(two_kinds(), learn_weights(two_kinds()))
    assert found is not None
    short, long = found.at(np.asarray([3, 50], dtype=np.float32)).T
    assert short[0] > 0.6
    assert long[1] > 0.6


def test_each_half_of_the_queries_moves_the_weights_half_way_to_what_suits_it():
    data, common = two_kinds(), np.asarray([0.5, 0.5])
    found = weights_by_history(data, common)
    halves = data.rows(data.lengths <= 3), data.rows(data.lengths > 3)
    expected = [(common + searched_from(common, half)) / 2 for half in halves]
    np.testing.assert_allclose(found.table, np.stack(expected, axis=1))
    assert found.lengths == (3, 50)


def test_history_weights_of_a_fold_are_learnt_on_the_others():
    data = two_kinds()
    learnt = learn_weights(data, seed=3)
    found = learn_by_history(data, learnt, seed=3)
    assert found is not None
    fold = dealt(data, 3, 3)
    for part, common, of_fold in zip(range(3), learnt.on_folds, found.on_folds, strict=True):
        alone = weights_by_history(data.rows(fold != part), np.asarray(common))
        np.testing.assert_array_equal(of_fold.table, alone.table)


def test_weights_are_the_same_for_all_where_histories_do_not_differ():
    data = dataclasses.replace(two_kinds(), lengths=np.full(400, 7, dtype=np.float32))
    assert learn_by_history(data, learn_weights(data)) is None
    few = two_kinds().rows(np.arange(50))
    assert learn_by_history(few, learn_weights(few)) is None
    assert weights_by_history(few, np.asarray([0.5, 0.5])).table.shape == (2, 2)


def test_queries_of_one_person_are_dealt_into_one_fold():
    data = dataclasses.replace(two_kinds(), askers=np.arange(400) // 2)
    fold = dealt(data, 3, 0)
    np.testing.assert_array_equal(fold[::2], fold[1::2])


def test_averaged_weights_give_zero_to_what_few_searches_use():
    data = two_kinds(swapped=False)
    noise = np.random.default_rng(1).normal(size=data.values[:1].shape).astype(np.float32)
    three = dataclasses.replace(
        data,
        names=(*data.names, "noise"),
        kinds=(*data.kinds, "content"),
        values=np.concatenate([data.values, noise]),
    )
    weights = averaged_weights(three, searched_weights)
    assert weights.sum() == pytest.approx(1)
    assert weights[2] < 0.05
