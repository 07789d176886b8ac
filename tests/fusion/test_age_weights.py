import dataclasses

import numpy as np
import pytest
from scipy import sparse

from sensorium.core.units import DAY_S
from sensorium.fusion.age_weights import AgeFactors, factors_by_age, learn_by_age
from sensorium.fusion.fusion_tuning import FusionTuning
from sensorium.fusion.history_weights import HistoryWeights
from sensorium.fusion.item_ages import factors_at, item_ages
from sensorium.fusion.validation_scores import ValidationScores
from sensorium.fusion.weights import learn_weights
from sensorium.models.base import TrainingData, ValidationData
from sensorium.models.registry import make_model

N_ITEMS = 60
AGES = np.where(np.arange(N_ITEMS) < N_ITEMS // 2, 2, 200).astype(np.float32)
"""Days: the first half of the items are young, the others old."""


def matrix(rows):
    return sparse.csr_array(np.asarray(rows, dtype=np.float64))


def two_kinds(n=400, swapped=True):
    """Queries of which one source finds the young items, and another, if `swapped`, the old ones."""
    rng = np.random.default_rng(0)
    relevant = np.tile(np.arange(N_ITEMS) % 10 == 0, (n, 1))
    values = rng.normal(size=(2, n, N_ITEMS)).astype(np.float32)
    young = AGES < 100
    values[0][relevant & (young if swapped else True)] += 3
    values[1][relevant & ~(young if swapped else False)] += 3
    return ValidationScores(
        names=("one", "another"),
        kinds=("behaviour", "behaviour"),
        values=values,
        can=None,
        real=np.ones((n, N_ITEMS), dtype=np.bool_),
        relevant=relevant,
        log_count=np.zeros((n, N_ITEMS), dtype=np.float32),
        n_relevant=np.full(n, 6),
        items=np.tile(np.arange(N_ITEMS), (n, 1)),
        askers=np.arange(n),
        lengths=np.tile([3, 50], n // 2).astype(np.float32),
    )


def test_an_item_is_as_old_as_its_first_event_when_the_last_of_all_happens():
    times = matrix([[5 * DAY_S, 0, 9 * DAY_S, 0], [2 * DAY_S, 0, 0, 11 * DAY_S]])
    data = TrainingData(sparse.csr_array((times > 0).astype(np.float32)), times)
    assert item_ages(data).tolist() == [9, 0, 2, 0]


def test_items_beyond_the_known_ages_are_as_new():
    found = factors_at(np.asarray([100.0, 1.0], dtype=np.float32), 4, (1, 100), (2.0, 0.5))
    assert found.tolist() == [0.5, 2, 2, 2]
    assert factors_at(np.asarray([100.0, 1.0], dtype=np.float32), 1, (1, 100), (2.0, 0.5)).tolist() == [0.5]


def test_without_times_no_item_has_an_age(known):
    assert not len(item_ages(dataclasses.replace(known.data, times=None)))


def test_weights_move_with_the_age_of_the_item_where_that_surely_helps():
    data = two_kinds()
    learnt = learn_weights(data)
    found = learn_by_age(data, learnt, AGES)
    assert found is not None
    assert found.ages == (2, 200)
    one, another = found.table
    assert one[0] / another[0] > 3
    assert another[1] / one[1] > 3
    common = np.asarray([learnt.weights[name] for name in data.names])
    moving = data.ndcg(found.fused(data, common, AGES)).mean()
    assert moving > data.ndcg(data.fused(common)).mean() + 0.1


def test_weights_are_the_same_for_all_items_where_ages_tell_nothing():
    data = two_kinds(swapped=False)
    assert learn_by_age(data, learn_weights(data), AGES) is None


@pytest.mark.parametrize("ages", [np.zeros(0), np.full(N_ITEMS, 70), np.linspace(100, 150, N_ITEMS)])
def test_weights_are_the_same_for_all_items_where_ages_are_unknown_or_do_not_differ(ages):
    data = two_kinds()
    assert learn_by_age(data, learn_weights(data), ages.astype(np.float32)) is None


def test_few_queries_teach_nothing_about_ages():
    few = two_kinds().rows(np.arange(50))
    assert learn_by_age(few, learn_weights(few), AGES) is None
    assert factors_by_age(few, np.asarray([0.5, 0.5]), AGES).table.tolist() == [[1, 1], [1, 1]]


def test_factors_multiply_the_weights_that_move_with_the_history():
    data = two_kinds()
    of_fold = HistoryWeights((3.0, 50.0), np.asarray([[0.8, 0.4], [0.2, 0.6]]))
    by_history = dataclasses.replace(of_fold, on_folds=(of_fold,) * 3)
    found = learn_by_age(data, learn_weights(data), AGES, by_history)
    assert found is not None
    fused = found.fused(data, by_history.at(data.lengths), AGES)
    for row, column in ((0, 5), (1, 50)):
        weights = by_history.table[:, row] * found.table[:, int(AGES[column] > 100)]
        expected = weights @ data.values[:, row, column] / weights.sum()
        assert fused[row, column] == pytest.approx(expected, rel=1e-4)


def test_factors_count_only_where_a_source_can_score():
    data = two_kinds()
    can = np.ones_like(data.values)
    can[0, :, 5] = 0
    can[:, :, 6] = 0
    data = dataclasses.replace(data, can=can, values=data.values * can)
    factors = AgeFactors((2.0, 200.0), np.asarray([[2.0, 0.5], [0.01, 1.0]]))
    fused = factors.fused(data, np.asarray([0.5, 0.5]), AGES)
    np.testing.assert_allclose(fused[:, 5], data.values[1, :, 5], rtol=1e-4)
    assert (fused[:, 6] == -np.inf).all()
    found = factors_by_age(data, np.asarray([0.5, 0.5]), AGES)
    assert found.table[0, 0] > found.table[1, 0]


@pytest.fixture(scope="module")
def tuning(known):
    members = {name: make_model(name).fit(known.data) for name in ("popularity", "ease")}
    for name in ("image:picture", "audio:sound"):
        members[name] = make_model("content-knn", {"block": name}).fit(known.data)
    validation = ValidationData(known.queries, known.relevant, known.data.interactions)
    found = FusionTuning.of(members, validation, fallback="popularity", data=known.data)
    assert found is not None
    return found


def test_the_tuned_fusion_has_the_factors_and_the_ages_of_its_data(known, tuning):
    table = np.asarray([[1.0, 0.5], [2.0, 1.0], [0.5, 2.0], [1.0, 1.0]])
    ageing = dataclasses.replace(tuning, by_age=AgeFactors((1.0, 9.0), table))
    assert ageing.moving_with[-1] == "the age of the item"
    fusion = ageing.fusion
    assert fusion.config.item_ages == (1, 9)
    assert [list(member.factors_by_age) for member in fusion.config.members] == table.tolist()
    np.testing.assert_array_equal(fusion.ages, item_ages(known.data))
    assert np.abs(fusion.score(known.queries) - tuning.fusion.score(known.queries)).max() > 0.01


def test_without_a_modality_factors_are_learnt_anew_only_if_there_were_some(tuning):
    ageing = dataclasses.replace(tuning, by_age=AgeFactors((1.0, 9.0), np.ones((4, 2))))
    fewer = ageing.without(["image"]).config
    assert fewer.item_ages
    assert {len(member.factors_by_age) for member in fewer.members} == {2}
    still = dataclasses.replace(tuning, by_age=None)
    assert not still.without(["image"]).config.item_ages
