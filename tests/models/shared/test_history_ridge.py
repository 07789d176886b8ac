"""Users solved for together, by items or by factors, are those of the plain formula."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from sensorium.models.registry import make_model
from sensorium.models.shared.history_ridge import HistoryRidge
from sensorium.testing.two_colour import two_colour

N_ITEMS = 60


def plain(history, factors, gram, alpha):
    """Return the solution for one dense history, term by term."""
    left, right = gram.copy(), np.zeros(len(gram))
    for value, vector in zip(history, factors.astype(np.float64), strict=True):
        if value:
            left += (alpha * abs(value) - 1) * np.outer(vector, vector)
        if value > 0:
            right += alpha * value * vector
    return np.linalg.solve(left, right)


@given(
    lengths=st.lists(st.integers(0, N_ITEMS), max_size=12),
    sizes=st.sampled_from([(1,), (3,), (16,), (40,), (16, 16), (5, 5, 5)]),
    alpha=st.sampled_from([0.5, 1.0, 40.0]),
    ridge=st.sampled_from([1.0, 100.0]),
    seed=st.integers(0, 1000),
)
def test_users_are_those_of_the_plain_formula_whatever_the_lengths(lengths, sizes, alpha, ridge, seed):
    rng = np.random.default_rng(seed)
    n_models, d = len(sizes), sizes[0]
    factors = rng.normal(size=(N_ITEMS, n_models * d)).astype(np.float32)
    columns = rng.permutation(n_models * d).reshape(n_models, d)
    grams = np.stack(
        [factors[:, own].T.astype(float) @ factors[:, own] + ridge * np.eye(d) for own in columns]
    )
    histories = np.zeros((len(lengths), N_ITEMS), dtype=np.float32)
    for history, length in zip(histories, lengths, strict=True):
        history[rng.permutation(N_ITEMS)[:length]] = rng.choice([1.0, 1.0, 0.3, -1.0, 2.5], length)
    found = HistoryRidge(factors, columns, grams, alpha).users(sparse.csr_array(histories))
    assert (found.shape, found.dtype) == ((len(lengths), n_models * d), np.float32)
    for user, history in zip(found, histories, strict=True):
        expected = [
            plain(history, factors[:, own], gram, alpha) for own, gram in zip(columns, grams, strict=True)
        ]
        np.testing.assert_allclose(user, np.concatenate(expected), rtol=2e-3, atol=2e-5)


@pytest.mark.parametrize("n", [0, 1, 4, 30])
def test_the_parts_of_a_history_add_up_to_its_user(n):
    rng = np.random.default_rng(n)
    factors = rng.normal(size=(N_ITEMS, 12)).astype(np.float32)
    gram = factors.T.astype(float) @ factors + 5 * np.eye(12)
    ridge = HistoryRidge.of_one(factors, gram, 10.0)
    items = rng.permutation(N_ITEMS)[:n]
    values = rng.choice([1.0, -1.0, 2.0], n).astype(np.float32)
    history = sparse.csr_array((values, (np.zeros(n, int), items)), shape=(1, N_ITEMS))
    np.testing.assert_allclose(ridge.parts(values, items).sum(axis=0), ridge.users(history)[0], atol=1e-5)


@pytest.mark.parametrize("name", ["ials", "ials-ensemble", "content-factors"])
def test_nothing_is_kept_of_what_was_learnt_before(name):
    first, second = two_colour(60, 80, seed=1), two_colour(60, 80, seed=2)
    model = make_model(name, {"factors": 8})
    model.fit(first.data).score(first.queries)
    anew = make_model(name, {"factors": 8}).fit(second.data)
    np.testing.assert_array_equal(model.fit(second.data).score(second.queries), anew.score(second.queries))
    model.fit(first.data).score(first.queries)
    np.testing.assert_array_equal(
        model.restore(anew.state()).score(second.queries), anew.score(second.queries)
    )
