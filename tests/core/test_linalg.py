import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import sparse

from sensorium.core.linalg import (
    inverse_deviation,
    largest_eigenpairs,
    log_interpolate,
    randomized_svd,
    standardize,
    unit_rows,
)

ROWS = arrays(np.float32, st.tuples(st.integers(0, 5), st.integers(1, 4)), elements=st.integers(-9, 9))
KNOTS, VALUES = (2.0, 8.0, 50.0), (1.0, 3.0, 0.0)


@given(ROWS)
def test_rows_have_length_one_or_stay_zeros(rows):
    for row, found in zip(rows, unit_rows(rows), strict=True):
        length = np.sqrt(sum(float(number) ** 2 for number in row))
        np.testing.assert_allclose(found, row / length if length else row, rtol=1e-6)


def test_rows_without_length_stay_zeros():
    np.testing.assert_array_equal(unit_rows(np.float32([[3, 4], [0, 0]])), np.float32([[0.6, 0.8], [0, 0]]))


def test_rows_no_longer_than_rounding_stay_as_they_are():
    rows = np.float32([[1e-7, 0], [1, 0]])
    np.testing.assert_array_equal(unit_rows(rows, tiny=1e-6), rows)


@given(arrays(np.float32, st.integers(0, 8), elements=st.sampled_from([np.nan, 0, 1, 2.5, -3])))
def test_standardised_values_have_mean_zero_and_deviation_one(values):
    found = standardize(values)
    np.testing.assert_array_equal(np.isnan(found), np.isnan(values))
    known = [float(value) for value in values if not np.isnan(value)]
    spread = np.std(known) if known else 0.0
    expected = [(value - np.mean(known)) / spread if spread else 0.0 for value in known]
    np.testing.assert_allclose(found[~np.isnan(values)], np.asarray(expected), atol=1e-5)


def test_columns_that_do_not_vary_are_not_stretched():
    mean, deviation = np.asarray([0.0, 5.0, 1e9]), np.asarray([2.0, 0.0, 1.0])
    assert inverse_deviation(mean, deviation).tolist() == [0.5, 0, 0]


@given(ROWS, st.integers(1, 5))
def test_eigenpairs_are_the_largest_and_solve_the_equation(rows, k):
    gram = (rows.T @ rows).astype(np.float64)
    values, vectors = largest_eigenpairs(gram, k)
    np.testing.assert_allclose(values, sorted(np.linalg.eigvalsh(gram), reverse=True)[:k], atol=1e-8)
    np.testing.assert_allclose(gram @ vectors, vectors * values, atol=1e-8)
    np.testing.assert_allclose(vectors.T @ vectors, np.eye(len(values)), atol=1e-8)


def test_the_randomised_decomposition_is_near_the_exact_one():
    rng = np.random.default_rng(0)
    matrix = (rng.normal(size=(60, 8)) * 2.0 ** -np.arange(8)) @ rng.normal(size=(8, 40))
    sizes, vectors = randomized_svd(sparse.csr_array(matrix.astype(np.float32)), 3, seed=0)
    _, exact, right = np.linalg.svd(matrix)
    np.testing.assert_allclose(sizes, exact[:3], rtol=1e-4)
    np.testing.assert_allclose(np.abs(np.sum(vectors * right[:3].T, axis=0)), 1, atol=1e-4)


def test_between_two_knots_values_move_with_the_logarithm():
    assert log_interpolate(np.asarray([2, 4, 8, 20, 50]), KNOTS, VALUES) == pytest.approx([1, 2, 3, 1.5, 0])


def test_beyond_the_knots_values_stay_and_zero_is_no_exception():
    assert log_interpolate(np.asarray([[0, 1], [60, 1e9]]), KNOTS, VALUES).tolist() == [[1, 1], [0, 0]]


@given(st.floats(0, 1e6), st.floats(0.01, 1e3), st.floats(1.01, 1e3))
def test_what_is_between_two_values_is_one_part_of_each(asked, low, ratio):
    knots = (low, low * ratio)
    part = np.clip(np.log(max(asked, low) / low) / np.log(ratio), 0, 1)
    found = log_interpolate(np.asarray([asked]), knots, (5.0, 7.0))
    assert found == pytest.approx([5 + 2 * part], abs=1e-6)


def test_where_the_quick_decomposition_does_not_converge_the_steady_one_is_asked(monkeypatch):
    from sklearn.utils import extmath

    matrix = np.random.default_rng(0).normal(size=(40, 30)).astype(np.float32)
    expected = randomized_svd(matrix, 5, seed=1)
    whole, asked = extmath.randomized_svd, []

    def not_converging(*given, **how):
        asked.append(how.get("svd_lapack_driver", "gesdd"))
        if asked[-1] == "gesdd":
            raise np.linalg.LinAlgError("SVD did not converge")
        return whole(*given, **how)

    monkeypatch.setattr(extmath, "randomized_svd", not_converging)
    found = randomized_svd(matrix, 5, seed=1)
    assert asked == ["gesdd", "gesvd"]
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(np.abs(one), np.abs(other), rtol=1e-3, atol=1e-4)
