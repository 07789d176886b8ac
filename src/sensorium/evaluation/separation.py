"""How well rows of features tell labelled media apart."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from sensorium.core.arrays import BoolVector, FloatMatrix, IntVector
from sensorium.core.errors import DataError
from sensorium.features.block import FeatureBlock
from sensorium.features.scaling import Scaling

K = 10
"""Neighbours that retrieval and kNN look at."""
LINEAR_C = 10.0
SVM_C = 10.0
"""Fixed, not tuned: rows have unit length, so that one value suits all encoders."""
GAMMAS = (1.0, 0.5, 0.25, 2.0)
"""Widths of the Gaussian kernel, as multiples of 1 / variance; of equals the first is taken."""
N_INNER = 3


@dataclass(frozen=True)
class Separation:
    """Shares in [0, 1], each over all held-out media together."""

    precision: float
    """Of the ten nearest of the other folds, the share with the same label."""
    knn_accuracy: float
    """Media whose label the ten nearest elect, each by its cosine."""
    linear_accuracy: float
    """Media whose label a logistic regression finds."""
    svm_accuracy: float
    """Media whose label a support vector machine with a Gaussian kernel finds."""


class Fold(NamedTuple):
    """Indices of the media to learn from and of those to judge on."""

    train: IntVector
    test: IntVector


class _Rows(NamedTuple):
    """One fold, scaled by what its training part is like."""

    train: FloatMatrix
    train_label: IntVector
    test: FloatMatrix
    test_label: IntVector


def folds_of(numbers: IntVector) -> list[Fold]:
    """Return one fold for each distinct number: it is judged on, all others are learned from."""
    return [
        Fold(np.flatnonzero(numbers != fold), np.flatnonzero(numbers == fold)) for fold in np.unique(numbers)
    ]


def stratified(label: IntVector, n_folds: int = 5, *, seed: int = 0) -> IntVector:
    """Return a fold for each medium [n], such that every label is spread evenly over the folds."""
    rng = np.random.default_rng(seed)
    number = np.empty(len(label), dtype=np.int64)
    dealt = 0
    for name in np.unique(label):
        members = rng.permutation(np.flatnonzero(label == name))
        number[members] = (dealt + np.arange(len(members))) % n_folds
        dealt += len(members)  # go on where the last label stopped, so that folds are of one size
    return number


def separation(block: FeatureBlock, label: IntVector, folds: Sequence[Fold]) -> Separation:
    """Return how well the present rows of `block` tell labels apart, learnt on some folds, judged on others.

    Scaling, neighbours and classifiers see the training folds alone.

    Parameters
    ----------
    block
        Raw features of n media.
    label
        [n] index of the label.
    folds
        What to learn from and to judge on, as indices of media; absent rows are left out of both.

    Raises
    ------
    DataError
        If a fold leaves fewer than two labels to learn from.
    """
    hits = np.zeros(4)
    n_judged = 0
    with threadpool_limits(1, user_api="openmp"):
        for fold in folds:
            rows = _scaled(block, label, fold)
            if len(rows.test):
                hits += _hits(rows)
                n_judged += len(rows.test)
    if not n_judged:
        raise DataError("none of the media could be encoded", where=block.name)
    return Separation(*(hits / n_judged).tolist())


def _scaled(block: FeatureBlock, label: IntVector, fold: Fold) -> _Rows:
    train, test = (part[block.present[part]] for part in fold)
    if len(np.unique(label[train])) < 2:
        raise DataError(
            "a fold leaves fewer than two labels to learn from",
            where=block.name,
            remedy="Give more media of each label, or other folds",
        )
    scaling = Scaling.fit(block.rows(train))
    return _Rows(
        scaling.apply(block.values[train]), label[train], scaling.apply(block.values[test]), label[test]
    )


def _hits(rows: _Rows) -> NDArray[np.float64]:
    """Return how many test media each of the four ways gets right [4]."""
    cosines = rows.test @ rows.train.T
    k = min(K, len(rows.train))
    nearest = np.argsort(-cosines, axis=1, kind="stable")[:, :k]
    labels = rows.train_label[nearest]  # [n_test, k]
    same = labels == rows.test_label[:, None]
    elected = _elected(labels, np.take_along_axis(cosines, nearest, axis=1))
    right: list[BoolVector] = [elected == rows.test_label, _linear(rows) == rows.test_label]
    right.append(_svm(rows) == rows.test_label)
    return np.array([same.mean(axis=1).sum(), *(answers.sum() for answers in right)])


def _elected(labels: IntVector, cosines: FloatMatrix) -> IntVector:
    """Return the label [n] with the largest sum of (1 + cosine) among the neighbours [n, k]."""
    votes = np.zeros((len(labels), int(labels.max()) + 1))
    for place in range(labels.shape[1]):
        votes[np.arange(len(labels)), labels[:, place]] += 1 + cosines[:, place]
    return votes.argmax(axis=1)


def _linear(rows: _Rows) -> IntVector:
    """Return the labels that a logistic regression gives the test media [n_test]."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=LINEAR_C, max_iter=1000).fit(rows.train, rows.train_label)
    return np.asarray(model.predict(rows.test), dtype=np.int64)


def _svm(rows: _Rows) -> IntVector:
    """Return the labels that a support vector machine gives the test media [n_test].

    The width of its kernel is chosen within the training media.
    """
    variance = max(float(rows.train.var()) * rows.train.shape[1], 1e-9)
    among = _squared_distances(rows.train, rows.train) / variance
    inner = folds_of(stratified(rows.train_label, N_INNER))
    gamma = GAMMAS[0]
    if all(len(np.unique(rows.train_label[fold.train])) > 1 for fold in inner):
        gamma = max(GAMMAS, key=lambda width: _n_right(among, rows.train_label, inner, width))
    return _svm_answers(among, rows.train_label, _squared_distances(rows.test, rows.train) / variance, gamma)


def _n_right(among: FloatMatrix, label: IntVector, folds: Sequence[Fold], gamma: float) -> int:
    """Return how many media a machine gets right that has learned from the other folds."""
    n = 0
    for train, test in folds:
        answers = _svm_answers(among[np.ix_(train, train)], label[train], among[np.ix_(test, train)], gamma)
        n += int((answers == label[test]).sum())
    return n


def _svm_answers(among: FloatMatrix, label: IntVector, between: FloatMatrix, gamma: float) -> IntVector:
    from sklearn.svm import SVC

    machine = SVC(C=SVM_C, kernel="precomputed").fit(np.exp(-gamma * among), label)
    return np.asarray(machine.predict(np.exp(-gamma * between)), dtype=np.int64)


def _squared_distances(rows: FloatMatrix, others: FloatMatrix) -> FloatMatrix:
    lengths = np.square(rows).sum(axis=1)[:, None] + np.square(others).sum(axis=1)
    return np.maximum(lengths - 2 * (rows @ others.T), 0)
