import numpy as np
import pytest
from scipy import sparse

from sensorium.models.base import QueryBatch, TrainingData
from sensorium.models.ials import IALS, IALSConfig


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    chosen = (rng.random((200, 80)) < 0.1).astype(np.float32)
    return TrainingData.of_matrix(sparse.csr_array(chosen), rated=False, where="test")


@pytest.mark.parametrize(("regularization", "is_left"), [(5.0, True), (30.0, False), (1e6, False)])
def test_factors_that_vanish_under_the_ridge_are_zero_rather_than_almost(data, regularization, is_left):
    model = IALS(IALSConfig(factors=16, alpha=1.0, regularization=regularization)).fit(data)
    largest = np.abs(model.item_factors).max()
    assert (largest > 1e-6) == is_left
    assert is_left or largest == 0
    scores = model.score(QueryBatch.of_users(data, np.arange(5)))
    assert np.isfinite(scores).all()
