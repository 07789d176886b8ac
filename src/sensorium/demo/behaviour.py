"""Who collects the postcards: what each user likes, and what they did over a season."""

from dataclasses import dataclass

import numpy as np

from sensorium.core.arrays import FloatMatrix, FloatVector
from sensorium.demo.traits import N_KINDS, SENSES, ItemTraits

SEASON_START_S = 1_740_816_000  # 2025-03-01
SEASON_S = 184 * 86_400

TASTE_STRENGTH = 20.0
"""What a favourite kind adds to the log-odds of a card, if only that sense counted."""
APPEAL_STRENGTH = 0.35
NOVELTY_STRENGTH = 0.8
"""What a card gains on the day that it appears: new cards stand in front."""
NOVELTY_LASTS = 0.08
"""Share of the season after which two thirds of the novelty are gone."""
SERIES_STRENGTH = 0.5
EVENNESS = 6.0
"""Concentration of the emphasis on the senses: small for specialists, large for all-rounders."""
FAVOURITES = (1.0, 0.5)
"""How much the best-liked kind of each sense counts, and the next."""
FEWEST_EVENTS, MORE_EVENTS = 6, 4
RETURN_SHARE = 0.08
"""Share of events in which a card that is not to the user's taste goes back."""


@dataclass(frozen=True)
class Tastes:
    """What users like; drawn by chance and known to nobody but the maker of the world."""

    emphasis: FloatMatrix
    """[n_users, 4], rows add to 1: how much of the user's taste lives in each of `SENSES`."""
    favourites: dict[str, FloatMatrix]
    """Sense -> [n_users, n_kinds]: 1 for a favourite kind, 0 for others."""
    series: FloatMatrix
    """[n_users, n_series]: 1 for the series that the user collects."""

    def item_log_odds(self, traits: ItemTraits) -> FloatMatrix:
        """Return [n_users, n_items]: the log-odds that a user takes a card, but for its novelty."""
        liking = np.repeat(APPEAL_STRENGTH * traits.appeal[None], len(self.emphasis), axis=0)
        for column, sense in enumerate(SENSES):
            favourite = self.favourites[sense][:, traits.kinds[sense]]
            liking += TASTE_STRENGTH * self.emphasis[:, column, None] * favourite
        return (liking + SERIES_STRENGTH * self.series[:, traits.series]).astype(np.float32)


@dataclass(frozen=True)
class DemoEvent:
    """One event: a user, an item, what was done, and when (seconds since 1970)."""

    user: int
    item: int
    type: str
    time_s: int


def draw_tastes(n_users: int, n_series: int, rng: np.random.Generator) -> Tastes:
    """Return tastes: some users have one sense that matters most, others a little of each."""
    favourites: dict[str, FloatMatrix] = {}
    for sense in SENSES:
        ranks = rng.permuted(np.tile(np.arange(N_KINDS[sense]), (n_users, 1)), axis=1)
        favourites[sense] = (np.array(FAVOURITES)[np.minimum(ranks, 1)] * (ranks < 2)).astype(np.float32)
    return Tastes(
        emphasis=rng.dirichlet(np.full(len(SENSES), EVENNESS), size=n_users).astype(np.float32),
        favourites=favourites,
        series=np.eye(n_series, dtype=np.float32)[rng.integers(n_series, size=n_users)],
    )


def simulate_events(traits: ItemTraits, tastes: Tastes, rng: np.random.Generator) -> list[DemoEvent]:
    """Return what happened in the season, in the order of time.

    A user takes cards one by one, each with odds exp(liking + novelty) among those that have
    appeared and that the user does not have.
    """
    liking = tastes.item_log_odds(traits)
    happened: list[DemoEvent] = []
    for user in range(len(liking)):
        taken = np.zeros(liking.shape[1], dtype=np.bool_)
        n_events = min(FEWEST_EVENTS + int(rng.poisson(MORE_EVENTS)), len(taken) // 2)
        for moment in np.sort(rng.uniform(0.02, 1.0, size=n_events)):
            open_to = (traits.age <= moment) & ~taken
            if not open_to.any():
                continue
            is_return = rng.uniform() < RETURN_SHARE
            odds = _log_odds(liking[user], traits.age, float(moment), is_return=is_return)
            chance = odds + rng.gumbel(size=len(odds))
            item = int(np.argmax(np.where(open_to, chance, -np.inf)))
            taken[item] = True
            kind = "return" if is_return else str(rng.choice(["keep", "keep", "send"]))
            happened.append(DemoEvent(user, item, kind, time_of_moment_s(float(moment))))
    return sorted(happened, key=lambda one: (one.time_s, one.user))


def time_of_moment_s(moment: float) -> int:
    """Return the time, in seconds since 1970, of a moment of the season in [0, 1]."""
    return SEASON_START_S + int(moment * SEASON_S)


def _log_odds(liking: FloatVector, age: FloatVector, moment: float, *, is_return: bool) -> FloatVector:
    novelty = NOVELTY_STRENGTH * np.exp(-np.maximum(moment - age, 0) / NOVELTY_LASTS)
    return (novelty - liking if is_return else novelty + liking).astype(np.float32)
