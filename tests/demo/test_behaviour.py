"""Users choose by every sense, and nothing else gives their tastes away."""

import numpy as np
import pytest

from sensorium.demo.behaviour import draw_tastes, simulate_events
from sensorium.demo.traits import SENSES, SERIES, draw_traits


@pytest.fixture(scope="module")
def season():
    rng = np.random.default_rng(0)
    traits = draw_traits(200, rng)
    tastes = draw_tastes(300, len(SERIES), rng)
    return traits, tastes, simulate_events(traits, tastes, rng)


def matches(season, sense: str, *, returned: bool) -> float:
    """The mean liking, in one sense, of the items that were kept or returned."""
    traits, tastes, happened = season
    chosen = [one for one in happened if (one.type == "return") is returned]
    users = np.array([one.user for one in chosen])
    items = np.array([one.item for one in chosen])
    return float(tastes.favourites[sense][users, traits.kinds[sense][items]].mean())


@pytest.mark.parametrize("sense", SENSES)
def test_every_sense_decides_what_is_kept_and_what_goes_back(season, sense):
    by_chance = season[1].favourites[sense].mean()
    assert matches(season, sense, returned=False) > 2 * by_chance
    assert matches(season, sense, returned=True) < by_chance


def test_an_emphasised_sense_decides_more(season):
    traits, tastes, happened = season
    for column, sense in enumerate(SENSES):
        liked = np.zeros(len(tastes.emphasis))
        counts = np.zeros(len(tastes.emphasis))
        for one in happened:
            if one.type != "return":
                liked[one.user] += tastes.favourites[sense][one.user, traits.kinds[sense][one.item]]
                counts[one.user] += 1
        assert np.corrcoef(tastes.emphasis[:, column], liked / counts)[0, 1] > 0.3


def test_nobody_takes_an_item_twice_or_before_it_appeared(season):
    traits, _, happened = season
    pairs = [(one.user, one.item) for one in happened]
    assert len(set(pairs)) == len(pairs)
    first = min(one.time_s for one in happened)
    span = max(one.time_s for one in happened) - first
    for one in happened:
        assert (one.time_s - first) / span >= traits.age[one.item] - 0.03


def test_events_are_few_and_the_newest_items_are_cold(season):
    traits, tastes, happened = season
    assert 5 < len(happened) / len(tastes.emphasis) < 20
    counts = np.bincount([one.item for one in happened], minlength=len(traits.age))
    assert counts[traits.age > 0.9].mean() < 0.5 * counts[traits.age == 0].mean()


def test_popularity_alone_says_little(season):
    _, _, happened = season
    counts = np.sort(np.bincount([one.item for one in happened], minlength=200))[::-1]
    assert counts[:20].sum() / counts.sum() < 0.3
