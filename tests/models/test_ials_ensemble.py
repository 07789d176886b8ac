"""The iALS ensemble is the mean of its models, and in fewer dimensions nearly so."""

import numpy as np
from scipy import sparse

from sensorium.models.base import FitOptions, QueryBatch, TrainingData
from sensorium.models.ials import IALS
from sensorium.models.ials_ensemble import SEEDS_APART, IALSEnsemble
from sensorium.testing.two_colour import two_colour

SETTINGS = {"alpha": 20.0, "regularization": 10.0, "item_exponent": 0.3}
KNOWN = two_colour(60, 80)


def mean_of_fits(sizes: tuple[int, ...], queries: QueryBatch, seed: int) -> np.ndarray:
    fits = [
        IALS(factors=size, **SETTINGS).fit(KNOWN.data, FitOptions(seed=seed + SEEDS_APART * number))
        for number, size in enumerate(sizes)
    ]
    return np.mean([fit.score(queries) for fit in fits], axis=0)


def test_with_all_dimensions_its_scores_are_the_mean_of_its_models():
    sizes = (12, 6, 12)
    model = IALSEnsemble(factors=12, fits=3, dimensions=30, **SETTINGS).fit(KNOWN.data, FitOptions(seed=4))
    np.testing.assert_allclose(
        model.score(KNOWN.queries), mean_of_fits(sizes, KNOWN.queries, 4), rtol=1e-4, atol=1e-5
    )


def test_in_fewer_dimensions_it_orders_items_nearly_as_all_do():
    sizes = (16, 8) * 3
    exact = mean_of_fits(sizes, KNOWN.queries, 0)
    model = IALSEnsemble(factors=16, fits=6, dimensions=24, **SETTINGS).fit(KNOWN.data)
    assert model.item_factors.shape == (80, 24)
    found = model.score(KNOWN.queries)
    known = np.isfinite(exact)
    assert (known == np.isfinite(found)).all()
    assert np.corrcoef(exact[known], found[known])[0, 1] > 0.98
    coarse = IALSEnsemble(factors=16, fits=6, dimensions=2, **SETTINGS).fit(KNOWN.data).score(KNOWN.queries)
    assert np.abs(coarse - exact)[known].mean() > np.abs(found - exact)[known].mean()


def test_another_seed_moves_it_less_than_it_moves_one_model():
    history = sparse.csr_array(np.eye(1, 80, 3, dtype=np.float32))
    query = QueryBatch(history, np.asarray([-1]))

    def spread(make) -> float:
        scores = np.asarray(
            [make().fit(KNOWN.data, FitOptions(seed=seed)).score(query)[0] for seed in range(5)]
        )
        return float(np.nanmean(scores.std(axis=0)))

    one = spread(lambda: IALS(factors=16, iterations=2, **SETTINGS))
    many = spread(lambda: IALSEnsemble(factors=16, fits=8, iterations=2, **SETTINGS))
    assert many < 0.7 * one


def test_items_nobody_met_have_no_scores():
    clicks = np.zeros((6, 5), dtype=np.float32)
    clicks[:, :3] = 1
    model = IALSEnsemble(factors=2, fits=2).fit(TrainingData(sparse.csr_array(clicks)))
    scores = model.score(sparse.csr_array(clicks[:1]))
    assert np.isnan(scores[0, 3:]).all()
    assert np.isfinite(scores[0, :3]).all()
