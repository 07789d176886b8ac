"""The visual vocabulary: what is told of a picture is the gradient of how likely its descriptors are."""

import numpy as np
import pytest
from scipy.stats import norm

from sensorium.encoders.image.fisher_vector import (
    DIMENSION_OF_QUARTER,
    N_AXES,
    N_QUARTERS,
    N_WORDS,
    VisualVocabulary,
)
from sensorium.encoders.image.sift import DIMENSION, LocalFeatures


def picture(n: int, places=None, *, seed: int = 0) -> LocalFeatures:
    rng = np.random.default_rng(seed)
    rows = rng.random((n, DIMENSION)).astype(np.float32) * rng.random((1, DIMENSION)) ** 3
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return LocalFeatures(rows.astype(np.float32), rng.random((n, 2)) if places is None else places)


@pytest.fixture(scope="module")
def vocabulary() -> VisualVocabulary:
    return VisualVocabulary.fit([picture(120, seed=number) for number in range(12)], np.random.default_rng(1))


def log_likelihood(rows, words, spreads, shares) -> float:
    each = norm.logpdf(rows[:, None], words, spreads).sum(axis=2) + np.log(shares)
    top = each.max(axis=1, keepdims=True)
    return float((top[:, 0] + np.log(np.exp(each - top).sum(axis=1))).sum())


def test_it_is_the_gradient_of_the_likelihood_word_by_word(vocabulary):
    seen = picture(30, np.full((30, 2), 0.1), seed=20)
    told = vocabulary.describe(seen)[0].reshape(N_WORDS, 2, N_AXES).astype(np.float64)
    rows = ((seen.descriptors - vocabulary.middle) @ vocabulary.axes).astype(np.float64)
    words, spreads, shares = (
        part.astype(np.float64) for part in (vocabulary.words, vocabulary.spreads, vocabulary.shares)
    )
    word, step = int(np.abs(told).sum(axis=(1, 2)).argmax()), 1e-5
    gradient = np.zeros((2, N_AXES))
    for kind, parameter in enumerate((words, spreads)):
        for axis in range(N_AXES):
            both = []
            for sign in (1, -1):
                moved = parameter.copy()
                moved[word, axis] += sign * step
                given = (moved, spreads) if kind == 0 else (words, moved)
                both.append(log_likelihood(rows, *given, shares))
            slope = (both[0] - both[1]) / (2 * step)
            gradient[kind, axis] = slope * spreads[word, axis] / (1, np.sqrt(2))[kind]
    expected = np.sign(gradient) * np.sqrt(np.abs(gradient))
    found = told[word]
    cosine = (expected * found).sum() / np.linalg.norm(expected) / np.linalg.norm(found)
    assert cosine > 0.99


def test_every_quarter_tells_of_its_own_descriptors_alone(vocabulary):
    corner = picture(40, np.full((40, 2), 0.9), seed=21)
    told = vocabulary.describe(corner)
    assert told.shape == (N_QUARTERS, DIMENSION_OF_QUARTER)
    np.testing.assert_allclose(np.linalg.norm(told, axis=1), [0, 0, 0, 1], atol=1e-5)


def test_each_word_that_is_seen_has_the_same_say(vocabulary):
    lengths = np.linalg.norm(vocabulary.describe(picture(200, seed=22))[0].reshape(N_WORDS, -1), axis=1)
    seen = lengths[lengths > 0]
    np.testing.assert_allclose(seen, seen[0], rtol=1e-4)


@pytest.mark.parametrize("n", [0, 1, 5])
def test_few_descriptors_make_few_words_and_nothing_breaks(n):
    few = picture(n, seed=23)
    vocabulary = VisualVocabulary.fit([few], np.random.default_rng(0))
    assert np.count_nonzero(vocabulary.shares) == max(n, 1)
    for seen in (few, picture(50)):
        assert np.isfinite(vocabulary.describe(seen)).all()
