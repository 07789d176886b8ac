"""What absent media are filled with, and what stays unknown."""

import numpy as np
from scipy import sparse

from sensorium.features.block import FeatureBlock
from sensorium.models.base import TrainingData
from sensorium.models.shared.imputation import Neighbourhood, imputed


def training(clicks, values, present):
    values = np.asarray(values, dtype=np.float32) * np.asarray(present)[:, None]
    block = FeatureBlock("image:a", values, np.asarray(present, dtype=np.bool_), {"encoder": "test"})
    clicks = sparse.csr_array(np.asarray(clicks, dtype=np.float32))
    return TrainingData(clicks, blocks={"image:a": block})


def test_an_item_gets_the_features_of_what_is_liked_with_it():
    clicks = [[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 1]]
    data = training(clicks, np.eye(4), [True, False, True, False])
    block = imputed(data).blocks["image:a"]
    np.testing.assert_allclose(block.values[1], [1, 0, 0, 0], atol=1e-6)
    np.testing.assert_allclose(block.values[3], [0, 0, 1, 0], atol=1e-6)
    assert block.present.all()


def test_known_rows_stay_and_the_spec_tells_what_was_filled():
    data = training([[1, 1, 1, 0]], np.eye(4), [True, False, True, True])
    before = data.blocks["image:a"]
    block = imputed(data).blocks["image:a"]
    np.testing.assert_array_equal(block.values[[0, 2, 3]], before.values[[0, 2, 3]])
    assert block.spec == {"encoder": "test", "imputed": {"by": "neighbours", "steps": 3, "items": 1}}
    assert before.spec == {"encoder": "test"}
    assert before.present.tolist() == [True, False, True, True]


def test_unknown_stays_unknown_without_neighbours():
    clicks = [[1, 1, 0, 0, 0], [0, 0, 1, 1, 0]]
    data = training(clicks, np.eye(5), [True, False, False, False, False])
    block = imputed(data).blocks["image:a"]
    assert block.present.tolist() == [True, True, False, False, False]
    assert not block.values[2:].any()


def test_features_travel_as_far_as_the_steps():
    clicks = [[1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 1]]
    data = training(clicks, np.eye(4), [True, False, False, False])
    assert imputed(data, steps=1).blocks["image:a"].present.tolist() == [True, True, False, False]
    assert imputed(data, steps=3).blocks["image:a"].present.all()


def test_spreading_is_a_product_with_the_normalised_graph():
    rng = np.random.default_rng(4)
    clicks = sparse.csr_array((rng.random((20, 8)) < 0.4).astype(np.float32))
    dense = clicks.toarray() / np.sqrt(np.maximum(clicks.toarray().sum(axis=1, keepdims=True), 1))
    graph = dense.T @ dense
    np.fill_diagonal(graph, 0)
    scale = 1 / np.sqrt(graph.sum(axis=1))
    values = rng.normal(size=(8, 3)).astype(np.float32)
    expected = scale[:, None] * (graph @ (scale[:, None] * values))
    np.testing.assert_allclose(Neighbourhood.of(clicks).spread(values), expected, rtol=1e-4, atol=1e-5)


def test_whole_blocks_are_left_alone():
    data = training([[1, 1]], np.eye(2), [True, True])
    assert imputed(data) is data
