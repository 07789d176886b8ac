"""What a user comes back to, against a plain computation."""

import numpy as np
import pytest
from scipy import sparse

from sensorium.core.units import DAY_S
from sensorium.models.base import QueryBatch, TrainingData
from sensorium.models.personal_top_frequency import PersonalTopFrequency

ITEMS = np.asarray([0, 2, 3, 5])
SAID = np.asarray([1.0, 2.0, 1.0, -1.0])
OFTEN = np.asarray([3.0, 1.0, 8.0, 1.0])
DAYS = np.asarray([4.0, 1.0, 9.0, 2.0])
LATER = np.asarray([2, 0, 3, 1])


def row(values: np.ndarray) -> sparse.csr_array:
    return sparse.csr_array((np.asarray(values), ITEMS, np.asarray([0, len(ITEMS)])), shape=(1, 6))


def asked(*, often: bool = True, timed: bool = True) -> QueryBatch:
    times = row(1.7e9 - DAYS * DAY_S) if timed else None
    frequency = row(OFTEN.astype(np.float32)) if often else None
    return QueryBatch(row(SAID.astype(np.float32)), np.asarray([-1]), times, frequency=frequency)


def fitted(**settings: float | None) -> PersonalTopFrequency:
    everything = sparse.csr_array(np.ones((2, 6), dtype=np.float32))
    return PersonalTopFrequency(**settings).fit(TrainingData(everything))


@pytest.mark.parametrize("exponent", [0.0, 0.7, 2.0])
@pytest.mark.parametrize("items", [None, 3.0])
@pytest.mark.parametrize("days", [None, 5.0])
def test_scores_are_those_of_the_formula(exponent, items, days):
    model = fitted(frequency_exponent=exponent, half_life_items=items, half_life_days=days, power=0.5)
    fades = 2.0 ** -(LATER / items if items else 0 * LATER) * 2.0 ** -(
        (DAYS - 1) / days if days else 0 * DAYS
    )
    expected = np.zeros(6)
    expected[ITEMS] = np.sign(SAID) * (np.abs(SAID) * OFTEN**exponent * fades) ** 0.5
    np.testing.assert_allclose(model.score(asked())[0], expected, rtol=1e-5)


def test_without_counts_every_item_was_met_once_and_without_times_none_fades():
    model = fitted(half_life_items=2.0, power=1.0)
    expected = np.zeros(6)
    expected[ITEMS] = SAID
    np.testing.assert_allclose(model.score(asked(often=False, timed=False))[0], expected, rtol=1e-6)


def test_the_power_changes_no_order():
    one, other = (fitted(power=power).score(asked())[0] for power in (0.1, 1.0))
    np.testing.assert_array_equal(np.argsort(one, kind="stable"), np.argsort(other, kind="stable"))
