"""A model by itself, as users of sparse matrices expect it: fit, score and recommend, without a catalogue."""

import numpy as np
import pytest
from scipy import sparse

import sensorium as sn
from sensorium.core.errors import ConfigError, DataError

LIKES = sparse.csr_matrix(np.kron(np.eye(2), np.ones((6, 4))) - np.eye(12, 8))
"""Two kinds of four items; the first users lack one of their own kind each."""


@pytest.mark.parametrize("model", [sn.models.EASE(regularization=1), sn.models.IALS(factors=2)])
def test_what_somebody_lacks_of_a_kind_is_recommended(model):
    items, scores = model.fit(LIKES).recommend(LIKES[:4], 2)
    np.testing.assert_array_equal(items[:, 0], np.arange(4))
    assert (scores[:, 0] > scores[:, 1]).all()


def test_what_is_known_may_be_recommended_on_request():
    model = sn.models.ItemKNN().fit(LIKES)
    items, _ = model.recommend(LIKES[8:], 4, exclude_seen=False)
    assert (np.sort(items) == np.arange(4, 8)).all()


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
