"""A model by itself, as users of sparse matrices expect it: fit, score and recommend, without a catalogue."""

import numpy as np
import pytest
from scipy import sparse

import sensorium as sn
from sensorium.core.errors import ConfigError, DataError
from sensorium.models.registry import model_types

LIKES = sparse.csr_matrix(np.maximum(np.kron(np.eye(2), np.ones((6, 4))) - np.eye(12, 8), 0))
"""Two kinds of four items; the first users lack one of their own kind each."""
NEEDS_NO_CONTENT = [
    model
    for model in model_types().values()
    if not (
        model.traits.blocks
        or model.traits.block
        or model.traits.needs_time
        or model.traits.fuses
        or model.traits.about
    )
]


@pytest.mark.parametrize("model", [sn.models.EASE(regularization=1), sn.models.IALS(factors=2)])
def test_what_somebody_lacks_of_a_kind_is_recommended(model):
    items, scores = model.fit(LIKES).recommend(LIKES[:4], 2)
    np.testing.assert_array_equal(items[:, 0], np.arange(4))
    assert (scores[:, 0] > scores[:, 1]).all()


def test_what_is_known_may_be_recommended_on_request():
    model = sn.models.ItemKNN().fit(LIKES)
    items, _ = model.recommend(LIKES[8:], 4, exclude_seen=False)
    assert (np.sort(items) == np.arange(4, 8)).all()


@pytest.mark.parametrize("model", NEEDS_NO_CONTENT)
def test_what_is_known_stands_nowhere_in_a_list_of_all_items(model):
    items, scores = model().fit(LIKES).recommend(LIKES, 8)
    for row, found in enumerate(items):
        assert not set(found) & set(LIKES[[row]].indices)
    np.testing.assert_array_equal(np.isnan(scores), items < 0)


def test_somebody_without_likes_gets_nothing_from_a_model_that_needs_them():
    nobody = sparse.csr_array((2, 8))
    for model in (sn.models.IALS(factors=2), sn.models.EASE()):
        items, scores = model.fit(LIKES).recommend(nobody, 3)
        assert (items == -1).all()
        assert np.isnan(scores).all()
    assert (sn.models.Popularity().fit(LIKES).recommend(nobody, 3)[0] >= 0).all()


def test_every_row_is_a_new_user_and_not_the_one_who_stands_there_in_the_data():
    ratings = sparse.csr_array([[5, 5, 4], [1, 2, 0], [0, 1, 2]])
    scores = sn.models.RatingBias().fit(ratings).score(ratings)
    assert (scores == scores[0]).all()
    assert scores[0, 0] == pytest.approx(20 / 7 + (6 - 2 * 20 / 7) / (2 + 5))


def test_zeros_that_are_stored_are_no_likes_but_they_are_ratings():
    stored = sparse.csr_array(([1.0, 0.0], [0, 1], [0, 2]), shape=(1, 2))
    assert np.isnan(sn.models.Popularity().fit(stored).score(stored)[0, 1])
    assert sn.models.RatingBias(item_damping=0).fit(stored).score(stored)[0].tolist() == [1.0, 0.0]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            LIKES[:, :5],
            r"ease.recommend: the matrix has 5 columns, and the model answers for 8 items. Give one",
        ),
        (LIKES.toarray(), r"ease.recommend: a ndarray of shape \(12, 8\) is no sparse matrix. Wrap it"),
    ],
)
def test_rows_that_the_model_cannot_know_are_refused(rows, message):
    with pytest.raises(DataError, match=message):
        sn.models.EASE().fit(LIKES).recommend(rows)


def test_a_misspelt_setting_is_corrected():
    with pytest.raises(ConfigError, match=r"Did you mean regularization\?"):
        sn.models.EASE(regularisation=500)


def frozen(matrix):
    """A copy whose arrays cannot be written to, as those of a memory map or of joblib's workers."""
    matrix = sparse.csr_array(matrix, dtype=np.float32, copy=True)
    for part in (matrix.data, matrix.indices, matrix.indptr):
        part.flags.writeable = False
    return matrix


@pytest.mark.parametrize("model", NEEDS_NO_CONTENT)
def test_a_matrix_that_cannot_be_written_to_is_learnt_from(model):
    items, _ = model().fit(frozen(LIKES)).recommend(frozen(LIKES), 2)
    np.testing.assert_array_equal(items, model().fit(LIKES).recommend(LIKES, 2)[0])


def test_dislikes_are_no_likes_but_they_are_ratings():
    dislikes = sparse.csr_array([[1.0, -1.0], [0.0, 1.0]])
    for model in (sn.models.EASE(), sn.models.IALS(factors=2), sn.models.ItemKNN()):
        with pytest.raises(DataError, match=f"^{model.name}.fit, row 0: a number below zero is no like"):
            model.fit(dislikes)
    assert sn.models.RatingBias().fit(dislikes).score(dislikes).shape == (2, 2)
    assert sn.models.EASE().fit(abs(dislikes)).score(dislikes).shape == (2, 2)


def test_a_matrix_without_items_is_refused():
    for model in (sn.models.EASE(), sn.models.Popularity(), sn.models.RatingBias()):
        with pytest.raises(DataError, match="the matrix has no columns. Give one for each item"):
            model.fit(sparse.csr_array((3, 0)))
