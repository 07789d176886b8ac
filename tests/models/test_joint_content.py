"""Fusion at the level of features, against plain computations."""

import numpy as np
import pytest
from scipy import sparse

from sensorium.core.errors import ConfigError
from sensorium.features.block import FeatureBlock
from sensorium.models.base import QueryBatch, TrainingData
from sensorium.models.registry import make_model
from sensorium.models.shared.joint_space import whitened
from sensorium.testing.two_colour import two_colour

RNG = np.random.default_rng(2)
N_ITEMS = 30


def block(name, d, absent=()):
    values = RNG.normal(size=(N_ITEMS, d))
    values /= np.linalg.norm(values, axis=1, keepdims=True)
    present = ~np.isin(np.arange(N_ITEMS), absent)
    return FeatureBlock(name, (values * present[:, None]).astype(np.float32), present)


BLOCKS = {"image:a": block("image:a", 5, absent=[3, 4]), "audio:b": block("audio:b", 4, absent=[4, 7])}
CLICKS = sparse.csr_array((RNG.random((40, N_ITEMS)) < 0.3).astype(np.float32))
DATA = TrainingData(CLICKS, blocks=BLOCKS)
QUERIES = QueryBatch.of_users(DATA, np.arange(40))


def fitted(data=DATA, **settings):
    return make_model("joint-content", settings).fit(data)


def test_concatenation_is_the_weighted_sum_of_cosines_over_the_blocks_that_are_there():
    model = fitted(fusion="concatenation", blocks={"image:a": 2, "audio:b": 1})
    asked = QueryBatch(sparse.csr_array(np.eye(N_ITEMS, dtype=np.float32)[[0]]), np.asarray([-1]))
    scores = model.score(asked)[0]
    a, b = BLOCKS["image:a"].values, BLOCKS["audio:b"].values
    both, one, other = 8, 3, 7
    np.testing.assert_allclose(scores[both], (2 * a[0] @ a[both] + b[0] @ b[both]) / 3, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(scores[one], b[0] @ b[one] / np.sqrt(3), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(scores[other], np.sqrt(2) * a[0] @ a[other] / np.sqrt(3), rtol=1e-4, atol=1e-5)
    assert np.isnan(scores[4])


def test_concatenation_splits_over_its_blocks():
    model = fitted(fusion="concatenation")
    items = np.arange(N_ITEMS)
    asked = np.asarray([1, 2], dtype=np.int64)
    whole = model.contributions(np.ones(2, np.float32), asked, items)
    parts = model.contributions_by_part(np.ones(2, np.float32), asked, items)
    assert set(parts) == set(BLOCKS)
    np.testing.assert_allclose(sum(parts.values()), whole, atol=1e-5)


def test_whitening_gives_every_direction_the_same_spread():
    values = np.random.default_rng(3).normal(size=(N_ITEMS, 4)) * [9, 3, 1, 0.3]
    stretched = FeatureBlock("image:s", values.astype(np.float32), np.ones(N_ITEMS, dtype=np.bool_))
    entry = whitened(stretched, 1.0, dimensions=4, ridge=0, seed=0)
    rows = (values - entry.mean) @ entry.matrix
    np.testing.assert_allclose(rows.T @ rows / N_ITEMS, np.eye(4), atol=1e-3)


def test_many_columns_are_whitened_like_few():
    values = np.zeros((N_ITEMS, 2000), dtype=np.float32)
    values[:, :6] = np.random.default_rng(4).normal(size=(N_ITEMS, 6))
    narrow = FeatureBlock("image:s", values[:, :6], np.ones(N_ITEMS, dtype=np.bool_))
    wide = FeatureBlock("image:s", values, np.ones(N_ITEMS, dtype=np.bool_))
    few, many = (whitened(one, 1.0, dimensions=4, ridge=0.1, seed=0) for one in (narrow, wide))
    few_rows, many_rows = few.rows(narrow), many.rows(wide)
    np.testing.assert_allclose(few_rows @ few_rows.T, many_rows @ many_rows.T, atol=1e-4)


@pytest.mark.parametrize("fusion", ["cca", "contrastive"])
def test_a_learnt_space_finds_the_taste_that_noise_hides(fusion):
    world = two_colour(seed=1)
    rng = np.random.default_rng(0)
    noisy = {}
    for name, one in world.data.blocks.items():
        noise = rng.normal(scale=3.0, size=(len(one), 20)).astype(np.float32)
        values = np.concatenate([one.values, noise * one.present[:, None]], axis=1)
        noisy[name] = FeatureBlock(name, values, one.present)
    data = TrainingData(world.data.interactions, blocks=noisy)
    learnt, plain = fitted(data, fusion=fusion), fitted(data, fusion="concatenation")
    reached = [np.nanmean(world.colour_auc(model.score(world.queries))) for model in (learnt, plain)]
    assert reached[0] > 0.9
    assert reached[0] > reached[1] + 0.1


def test_a_learnt_space_is_the_same_for_one_seed():
    first, second = (fitted(fusion="contrastive").score(QUERIES) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_a_block_that_is_not_there_is_named():
    with pytest.raises(ConfigError, match="video:c"):
        fitted(blocks={"video:c": 1})


def test_weights_of_zero_leave_nothing():
    with pytest.raises(ConfigError, match="no feature block has a weight"):
        fitted(blocks={"image:a": 0})
