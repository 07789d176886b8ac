"""Labels weigh by rarity, numbers by their place among all others."""

import numpy as np
import pytest

from sensorium.encoders.attributes.categories import Labels, LabelsConfig
from sensorium.encoders.attributes.numbers import Quantity


def cosine(encoder, first, second):
    a, b = encoder.encode_batch([first, second]).values
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


def test_a_rare_label_in_common_says_more_than_a_frequent_one():
    given = [("drama",)] * 50 + [("drama", "film noir"), ("comedy", "film noir"), ("drama", "comedy")]
    encoder = Labels().fit(given)
    assert cosine(encoder, ("drama", "film noir"), ("comedy", "film noir")) > cosine(
        encoder, ("drama", "film noir"), ("drama", "comedy")
    )


def test_unknown_labels_are_ignored():
    encoder = Labels().fit([("a",), ("b",)])
    encoded = encoder.encode_batch([("a", "new"), ("new",), ()])
    np.testing.assert_array_equal(encoded.values[0], encoder.encode_batch([("a",)]).values[0])
    assert not encoded.values[1:].any()
    assert not encoded.failures


def test_the_most_frequent_labels_are_kept():
    encoder = Labels(LabelsConfig(max_labels=2)).fit([("a",), ("b",), ("b",), ("c",), ("c",), ("c",)])
    assert encoder.labels == ["c", "b"]


def test_a_column_without_labels_has_one_column_of_zeros():
    encoder = Labels().fit([None, ()])
    assert encoder.encode_batch([("a",)]).values.tolist() == [[0.0]]


def test_nearer_numbers_are_more_alike():
    encoder = Quantity().fit(list(np.linspace(0, 100, 200)))
    likeness = [cosine(encoder, 50.0, other) for other in (50.0, 52.0, 60.0, 90.0)]
    assert likeness[0] == pytest.approx(1.0)
    assert likeness == sorted(likeness, reverse=True)
    assert likeness[1] > 0.9
    assert likeness[3] < 0.1


def test_units_and_outliers_do_not_matter():
    numbers = np.linspace(1, 100, 200)
    plain = Quantity().fit(list(numbers))
    wild = Quantity().fit([*(numbers * 1000), 1e12])
    assert cosine(wild, 20_000.0, 30_000.0) == pytest.approx(cosine(plain, 20.0, 30.0), abs=0.05)


def test_numbers_beyond_the_known_ones_stand_at_the_end():
    encoder = Quantity().fit([1990.0, 1995.0, 2000.0])
    assert cosine(encoder, 2000.0, 2030.0) == pytest.approx(1.0)


def test_what_is_not_a_number_has_no_row():
    encoder = Quantity().fit([1.0, float("nan"), 2.0, None])
    assert encoder.encode_batch([float("nan"), None, float("inf")]).values.any() == np.False_


@pytest.mark.parametrize("given", [[], [float("nan")], [3.0], [3.0, 3.0]])
def test_columns_with_one_value_or_none_are_no_problem(given):
    assert np.isfinite(Quantity().fit(given).encode_batch([3.0]).values).all()
