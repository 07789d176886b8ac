"""Racing finds the same best as asking everybody everything, with fewer questions."""

from dataclasses import replace

import numpy as np
import pytest

from sensorium.fusion import race
from sensorium.fusion.race import Race, Track
from sensorium.fusion.tuning_metric import ndcg_of_queries
from sensorium.models.base import ValidationData
from sensorium.models.popularity import Popularity
from sensorium.models.rp3 import RP3


@pytest.fixture(scope="module")
def validation(known):
    whole = ValidationData(known.queries, known.relevant, known.data.interactions)
    return whole.rows(np.arange(len(whole)).repeat(30))


def test_every_query_is_in_one_part_and_no_part_is_small(validation):
    for n in (1, 299, 300, 599, 600, 700, 899, 900, 1_199):
        parts = Track(validation.rows(np.arange(n)), 3).parts
        assert sum(map(len, parts)) == n
        assert all(len(part) >= min(n, 300) for part in parts)
        assert len(parts[0]) < 600
        asked = np.concatenate([part.queries.users for part in parts])
        np.testing.assert_array_equal(np.sort(asked), np.sort(validation.queries.users[:n]))


def test_the_order_is_random_and_follows_the_seed(validation):
    one, same, other = (Track(validation, seed).parts[0].queries.users for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)


def test_whoever_falls_behind_is_asked_no_more(known, validation):
    run = Race(Track(validation, 0))
    best, worse = RP3().fit(known.data), Popularity().fit(known.data)
    first = run.run(best)
    assert len(first.reached) == len(validation)
    assert first.mean == pytest.approx(ndcg_of_queries(best, validation).mean())
    second = run.run(worse)
    assert len(second.reached) == race.FIRST
    assert second.mean < first.mean
    assert run.best is first
    whole = ndcg_of_queries(worse, validation).mean()
    assert second.mean == pytest.approx(whole, abs=0.2 * first.mean), "the distance is estimated"


def test_who_is_ahead_at_the_end_is_the_best_and_an_equal_is_not(known, validation):
    run = Race(Track(validation, 0))
    first = run.run(Popularity().fit(known.data))
    second = run.run(RP3().fit(known.data))
    assert len(first.reached) == len(second.reached) == len(validation)
    assert run.best is second
    run.run(RP3().fit(known.data))
    assert run.best is second


def test_without_queries_nobody_reaches_anything(known, validation):
    nobody = replace(validation.rows(np.arange(0)))
    assert Race(Track(nobody, 0)).run(RP3().fit(known.data)).mean == 0.0
