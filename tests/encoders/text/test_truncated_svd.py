"""The random projection agrees with the plain decomposition."""

import numpy as np
import pytest
from scipy import sparse

from sensorium.encoders.text.truncated_svd import right_singular_vectors


def test_it_agrees_with_the_plain_decomposition():
    rng = np.random.default_rng(0)
    dense = (rng.normal(size=(40, 5)) @ rng.normal(size=(5, 90))).astype(np.float32)
    vectors, strengths = right_singular_vectors(sparse.csr_array(dense), 5, rng)
    _, expected, axes = np.linalg.svd(dense)
    np.testing.assert_allclose(strengths, expected[:5], rtol=1e-3)
    np.testing.assert_allclose(np.abs((vectors * axes[:5].T).sum(axis=0)), 1, atol=1e-3)
    np.testing.assert_allclose(vectors.T @ vectors, np.eye(5), atol=1e-3)


@pytest.mark.parametrize("shape", [(1, 5), (5, 1), (3, 3)])
def test_tiny_matrices_have_their_full_rank(shape):
    vectors, strengths = right_singular_vectors(
        sparse.csr_array(np.ones(shape)), min(shape), np.random.default_rng(0)
    )
    assert vectors.shape == (shape[1], min(shape))
    assert strengths[0] == pytest.approx(np.sqrt(shape[0] * shape[1]), rel=1e-4)
