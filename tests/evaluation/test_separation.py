"""Probes of features: the right answer is known by construction."""

import numpy as np
import pytest

from sensorium.core.errors import DataError
from sensorium.evaluation.separation import Fold, _elected, folds_of, separation, stratified
from sensorium.features.block import FeatureBlock

N_LABELS, N_EACH = 4, 15


def block_of(values, present=None) -> FeatureBlock:
    there = np.ones(len(values), dtype=bool) if present is None else present
    return FeatureBlock("image:x", np.asarray(values, dtype=np.float32), there)


@pytest.fixture
def label():
    return np.tile(np.arange(N_LABELS), N_EACH)


def folds(label):
    return folds_of(stratified(label))


def test_features_that_are_the_label_separate_perfectly(label):
    rng = np.random.default_rng(0)
    values = np.eye(N_LABELS)[label] + rng.normal(0, 0.01, (len(label), N_LABELS))
    found = separation(block_of(values), label, folds(label))
    assert (found.precision, found.knn_accuracy, found.linear_accuracy, found.svm_accuracy) == (1, 1, 1, 1)


def test_features_that_know_nothing_of_labels_do_not_beat_chance_by_much(label):
    values = np.random.default_rng(1).normal(size=(len(label), 30))
    found = separation(block_of(values), label, folds(label))
    shares = [found.precision, found.knn_accuracy, found.linear_accuracy, found.svm_accuracy]
    assert max(shares) < 1 / N_LABELS + 0.2


def test_a_ring_around_a_point_is_for_the_svm_and_not_for_a_line():
    rng = np.random.default_rng(2)
    angle = rng.uniform(0, 2 * np.pi, 160)
    label = np.arange(160) % 2
    radius = np.where(label == 1, 1.0, 0.35) + rng.normal(0, 0.05, 160)
    # A third column keeps the radius visible once rows have unit length.
    values = np.stack([radius * np.cos(angle), radius * np.sin(angle), rng.choice([-1, 1], 160)], axis=1)
    found = separation(block_of(values), label, folds(label))
    assert found.svm_accuracy > 0.95
    assert found.linear_accuracy < 0.75


def test_absent_media_are_left_out(label):
    values = np.eye(N_LABELS)[label] + np.random.default_rng(0).normal(0, 0.01, (len(label), N_LABELS))
    present = np.ones(len(label), dtype=bool)
    present[::7] = False
    values[~present] = 0
    assert separation(block_of(values, present), label, folds(label)).svm_accuracy == 1


def test_folds_spread_every_label_evenly_and_are_of_one_size():
    label = np.repeat([0, 1, 2], [11, 23, 7])
    fold = stratified(label)
    for name in range(3):
        counts = np.bincount(fold[label == name], minlength=5)
        assert counts.max() - counts.min() <= 1
    sizes = np.bincount(fold, minlength=5)
    assert sizes.max() - sizes.min() <= 1
    assert not np.array_equal(fold, stratified(label, seed=1))


def test_folds_of_numbers_judge_each_medium_once():
    number = np.array([3, 1, 3, 7, 1, 7])
    judged = np.concatenate([fold.test for fold in folds_of(number)])
    assert sorted(judged.tolist()) == list(range(6))
    assert all(not set(fold.train) & set(fold.test) for fold in folds_of(number))


def test_a_fold_with_one_label_left_to_learn_from_is_refused():
    label = np.array([0, 0, 0, 1, 1, 1])
    with pytest.raises(DataError, match="fewer than two labels to learn from"):
        separation(block_of(np.eye(6)), label, folds_of(label))


def test_nothing_encoded_is_refused():
    label = np.array([0, 1, 0, 1])
    with pytest.raises(DataError):
        separation(block_of(np.zeros((4, 2)), np.zeros(4, dtype=bool)), label, folds_of(label // 1))


def learnt_folds(label, rng, n_columns=6, n_noise=2):
    """Rows in which one column of large numbers says nothing and small ones say the label."""
    small = 0.01 * (np.eye(N_LABELS, n_columns)[label] + rng.normal(0, 0.3, (len(label), n_columns)))
    return np.concatenate([small, 1000 + 50 * rng.normal(size=(len(label), n_noise))], axis=1)


@pytest.mark.parametrize("wild", [1e6, -1e6, 1e-6])
def test_each_answer_is_learnt_from_the_other_folds_whatever_else_is_judged(label, wild):
    values = learnt_folds(label, np.random.default_rng(4)).astype(np.float32)
    train, judged = folds(label)[0]
    alone = [separation(block_of(values), label, [Fold(train, judged[[n]])]) for n in range(len(judged))]
    others = values.copy()
    others[judged[1:]] = wild * np.random.default_rng(5).normal(size=others[judged[1:]].shape)
    whole = separation(block_of(others), label, [Fold(train, judged)])
    rest = separation(block_of(others), label, [Fold(train, judged[1:])])
    n = len(judged)
    for name in ("precision", "knn_accuracy", "linear_accuracy", "svm_accuracy"):
        total = getattr(whole, name) * n - getattr(rest, name) * (n - 1)
        assert total == pytest.approx(getattr(alone[0], name), abs=1e-9), "the first is judged as if alone"
    together = separation(block_of(values), label, [Fold(train, judged)])
    for name in ("precision", "knn_accuracy", "linear_accuracy", "svm_accuracy"):
        assert getattr(together, name) == pytest.approx(np.mean([getattr(one, name) for one in alone]))


def test_the_width_of_the_kernel_is_that_of_what_is_learnt_from():
    rng = np.random.default_rng(8)
    values = np.concatenate([rng.normal(size=(30 + 40, 4)), np.tile([[9.0, 9, 9, 9]], (400, 1))])
    label = np.concatenate([rng.integers(0, 3, 70), np.full(400, 3)])  # nobody has learnt the last one
    learn, few = np.arange(30), np.arange(30, 70)
    alone = separation(block_of(values), label, [Fold(learn, few)])
    among = separation(block_of(values), label, [Fold(learn, np.arange(30, 470))])
    for name in ("knn_accuracy", "linear_accuracy", "svm_accuracy"):
        assert getattr(among, name) * 440 == pytest.approx(getattr(alone, name) * 40)


def test_labels_of_judged_media_are_not_learnt_from():
    rng = np.random.default_rng(6)
    label = rng.integers(0, 3, 60)
    values = rng.normal(size=(60, 5))
    train, judged = folds(label)[0]
    answers = []
    for told in (0, 1, 2):  # what is said of the judged ones does not change what is answered
        changed = label.copy()
        changed[judged] = told
        answers.append(separation(block_of(values), changed, [Fold(train, judged)]))
    for name in ("knn_accuracy", "linear_accuracy", "svm_accuracy"):
        assert sum(getattr(one, name) for one in answers) == pytest.approx(1), "each has one answer"


def test_precision_is_the_share_of_the_ten_nearest_with_the_same_label():
    label = np.asarray([0] * 6 + [1] * 24 + [0])
    angle = np.concatenate([np.linspace(0.01, 0.06, 6), np.linspace(1.5, 3.0, 24), [0.0]])
    values = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    found = separation(block_of(values), label, [Fold(np.arange(30), np.asarray([30]))])
    assert found.precision == pytest.approx(0.6)


def test_every_judged_medium_counts_once_however_large_its_fold():
    label = np.tile([0, 1], 20)
    values = np.eye(2)[label] + np.random.default_rng(0).normal(0, 0.01, (40, 2))
    swapped = label.copy()
    few, many = np.arange(36, 40), np.arange(18)
    swapped[few] = 1 - swapped[few]
    learn = np.arange(18, 36)
    found = separation(block_of(values), swapped, [Fold(learn, few), Fold(learn, many)])
    assert found.svm_accuracy == found.linear_accuracy == pytest.approx(18 / 22)


def test_few_near_neighbours_outvote_more_that_are_far():
    labels = np.asarray([[0, 0, 1, 1, 1], [0, 0, 1, 1, 1]])
    cosines = np.asarray([[0.9, 0.9, -0.5, -0.5, -0.5], [0.9, 0.9, 0.5, 0.5, 0.5]], dtype=np.float32)
    assert _elected(labels, cosines).tolist() == [0, 1]
