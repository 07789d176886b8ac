"""The nearest of items that come later are those that are found for all at once."""

import numpy as np
import pytest

from sensorium.features.block import FeatureBlock
from sensorium.models.registry import make_model
from sensorium.models.shared.content_similarity import nearest_items
from sensorium.testing.recommender_contract import world


def some(n_items, seed=0):
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(n_items, 4)).astype(np.float32)
    present = rng.random(n_items) > 0.2
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    features[~present] = 0
    return features, present


@pytest.mark.parametrize("similarity", ["cosine", "euclidean", "jaccard"])
@pytest.mark.parametrize(("n_known", "k"), [(0, 3), (29, 3), (20, 3), (20, 100), (30, 3)])
def test_what_is_known_of_the_first_items_need_not_be_found_again(similarity, n_known, k):
    features, present = some(30)
    known = nearest_items(features[:n_known], present[:n_known], k, similarity)
    grown = nearest_items(features, present, k, similarity, known)
    whole = nearest_items(features, present, k, similarity)
    np.testing.assert_allclose(grown.toarray(), whole.toarray(), atol=1e-5)


def test_features_that_are_not_what_they_were_are_compared_anew():
    known = world()
    model = make_model("content-knn", {"block": "image:picture", "neighbours": 3}).fit(known.data)
    block = known.data.blocks["image:picture"]
    turned = FeatureBlock(block.name, block.values[:, ::-1].copy(), block.present, block.spec)
    blocks = {**known.data.blocks, block.name: turned}
    again = make_model("content-knn", {"block": block.name, "neighbours": 3}).fit(
        type(known.data)(known.data.interactions, blocks=blocks)
    )
    found, expected = model.extend(blocks).nearest, again.nearest
    np.testing.assert_allclose(found.toarray(), expected.toarray(), atol=1e-5)
