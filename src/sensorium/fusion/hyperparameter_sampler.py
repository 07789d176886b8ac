"""Settings to try of a model: those that did well elsewhere, the defaults, then steps from the best."""

import math
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from sensorium.models.base import Recommender
from sensorium.models.search_space import LogBetween, OneOf, Space

DIGITS = 3
"""Significant digits of a drawn number: more do not change what a model does."""
REPEATS = 50
"""Draws in a row that were tried before until a space counts as exhausted."""
ANYWHERE = 0.15
"""The share of settings that are drawn from the whole space, wherever the best ones are."""
WIDTH = 0.3
"""How far the first steps go, in shares of a space; as a deviation."""
HALVED_EVERY = 20
"""Settings after which steps go half as far."""
LEAST_MOVED = 0.5
"""The share of the settings that a step moves, two at the least."""


class HyperparameterSampler:
    """A stream of settings to try for one model; what is told about one guides the next.

    A step begins at one of the best settings so far, half of the time at the very best, and moves some of
    them: an evolution strategy, whose steps become shorter. Source: Beyer and Schwefel 2002, "Evolution
    strategies: a comprehensive introduction".
    """

    def __init__(
        self,
        model: type[Recommender[Any]],
        fixed: Mapping[str, Any],
        start: Mapping[str, Any] | None = None,
        *,
        seed: int,
        useless: Collection[str] = (),
        events_per_user: float = 10.0,
    ) -> None:
        """Begin to draw for `model`: what is `fixed` is given, what is `useless` stays as by default.

        First comes `start` if given, else what did well on data with about so many `events_per_user`; then
        the defaults; then the rest of the model's portfolio, that of the most like data first.
        """
        self._fixed = dict(fixed)
        self.space = {
            name: space for name, space in model.space.items() if name not in fixed and name not in useless
        }
        self._defaults = {name: _default(model, name) for name in self.space}
        portfolio = sorted(
            model.portfolio, key=lambda one: abs(math.log(one.events_per_user / events_per_user))
        )
        known = [
            self._defaults | {name: value for name, value in one.items() if name in self.space}
            for one in (*([start] if start else ()), *(one.settings for one in portfolio))
        ]
        self._queue = [*known[:1], self._defaults, *known[1:]]
        self._told: dict[str, tuple[dict[str, Any], float]] = {}
        self._asked = self._defaults
        self._rng = np.random.default_rng(seed)

    def defaults(self) -> dict[str, Any]:
        """Return the settings that are given, all others at their defaults."""
        self._asked = self._defaults
        return dict(self._fixed)

    def next(self) -> dict[str, Any] | None:
        """Return settings that were not tried before; None once there seem to be no others."""
        for _ in range(len(self._queue) + REPEATS):
            settings = self._queue.pop(0) if self._queue else self.drawn()
            if _key(settings) not in self._told:
                self._asked = settings
                return {**self._fixed, **self._differing(settings)}
        return None

    def tell(self, reached: float) -> None:
        """Say what the settings returned last reached; larger is better."""
        reached = round(reached, 6)  # what differs by less must not decide what is tried next
        self._told[_key(self._asked)] = self._asked, reached

    @property
    def told(self) -> list[tuple[dict[str, Any], float]]:
        """All settings so far, each whole, and what they reached; the best first."""
        return sorted(self._told.values(), key=lambda one: -one[1])

    def drawn(self) -> dict[str, Any]:
        """Return a step from one of the best settings, or now and then one of the whole space."""
        told, rng = self.told, self._rng
        if not told or not self.space or rng.random() < ANYWHERE:
            return self.anywhere()
        parent = told[min(int(rng.geometric(0.5)), len(told)) - 1][0]
        moved = rng.random(len(self.space)) < max(LEAST_MOVED, 2 / len(self.space))
        moved[rng.integers(len(moved))] = True
        width = WIDTH * 0.5 ** (len(told) / HALVED_EVERY)
        return {
            name: _moved(space, parent[name], width, rng) if moves else parent[name]
            for (name, space), moves in zip(self.space.items(), moved, strict=True)
        }

    def anywhere(self) -> dict[str, Any]:
        """Return a setting of the whole space at random."""
        return {name: _at(space, self._rng.random()) for name, space in self.space.items()}

    def _differing(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in settings.items() if value != self._defaults[name]}


def _default(model: type[Recommender[Any]], name: str) -> Any:
    return model.config_type.model_fields[name].get_default(call_default_factory=True)


def _key(settings: Mapping[str, Any]) -> str:
    return repr(sorted(settings.items()))


def _moved(space: Space, value: Any, width: float, rng: np.random.Generator) -> Any:
    """Return a value near `value`, about `width` of the space away; of a choice, any."""
    if isinstance(space, OneOf):
        return _at(space, rng.random())
    return _at(space, min(max(_place(space, value) + width * rng.normal(), 0.0), 1.0))


def _place(space: Space, value: float) -> float:
    """Return where a number stands in its space, from 0 to 1; a default may lie outside."""
    assert not isinstance(space, OneOf)  # noqa: S101 - a choice has no order
    low, high = _ends(space)
    at = math.log(max(value, space.low)) if isinstance(space, LogBetween) else value
    return (at - low) / (high - low)


def _at(space: Space, place: float) -> Any:
    """Return the value at a place from 0 to 1, as a model takes it."""
    if isinstance(space, OneOf):
        return space.values[min(int(place * len(space.values)), len(space.values) - 1)]
    low, high = _ends(space)
    value = low + place * (high - low)
    value = math.exp(value) if isinstance(space, LogBetween) else value
    if space.whole:
        return min(max(_rounded(round(value)), int(space.low)), int(space.high))
    return min(max(_rounded(value), float(space.low)), float(space.high))


def _ends(space: Any) -> tuple[float, float]:
    is_log = isinstance(space, LogBetween)
    return (math.log(space.low), math.log(space.high)) if is_log else (space.low, space.high)


def _rounded(value: Any) -> Any:
    """Return a number with `DIGITS` significant digits."""
    return round(value, DIGITS - 1 - math.floor(math.log10(abs(value)))) if value else value
