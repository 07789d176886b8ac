"""Probes of features: the right answer is known by construction."""

import numpy as np
import pytest

from sensorium.core.errors import DataError
from sensorium.evaluation.separation import folds_of, separation, stratified
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


def test_held_out_media_cannot_change_what_is_learned(label):
    rng = np.random.default_rng(3)
    values = (np.eye(N_LABELS)[label] + rng.normal(0, 0.6, (len(label), N_LABELS))).astype(np.float32)
    first = folds(label)[:1]
    honest = separation(block_of(values), label, first)
    others = values.copy()
    judged = first[0].test
    others[judged[1:]] = 1e6  # wild media in the judged fold, which leave the first one's answer alone
    only = [type(first[0])(first[0].train, judged[:1])]
    assert separation(block_of(values), label, only) == separation(block_of(others), label, only)
    assert 0 < honest.svm_accuracy <= 1


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
