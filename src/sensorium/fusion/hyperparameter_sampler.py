"""Settings to try of a model: those that did well elsewhere, the defaults, then draws by Optuna's TPE."""

import math
from collections.abc import Collection, Mapping
from typing import Any

from sensorium.models.base import Recommender
from sensorium.models.search_space import LogBetween, OneOf, Space

DIGITS = 3
"""Significant digits of a drawn number: more do not change what a model does."""
REPEATS = 20
"""Draws in a row that were tried before until a space counts as exhausted."""
FEWEST_AT_RANDOM = 6
"""Settings drawn at random, at the least, before the sampler models what is good."""


class HyperparameterSampler:
    """A stream of settings to try for one model; what is told about one guides the next."""

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
        self._known: dict[str, float] = {}
        self._given: list[tuple[Mapping[str, Any], float]] = []
        self._asked: Any = (None, self._defaults)
        self._study: Any = None
        self._seed = seed

    def defaults(self) -> dict[str, Any]:
        """Return the settings that are given, all others at their defaults."""
        self._asked = (None, self._defaults)
        return dict(self._fixed)

    def next(self) -> dict[str, Any] | None:
        """Return settings that were not tried before; None once there seem to be no others."""
        while self._queue:
            settings = self._queue.pop(0)
            if _key(settings) not in self._known:
                self._asked = (None, settings)
                return {**self._fixed, **self._differing(settings)}
        if not self.space:
            return None
        study = self._begun()
        for _ in range(REPEATS):
            trial = study.ask(_distributions(self.space))
            settings = {name: _value(self.space[name], drawn) for name, drawn in trial.params.items()}
            if (known := self._known.get(_key(settings))) is None:
                self._asked = (trial, settings)
                return {**self._fixed, **self._differing(settings)}
            study.tell(trial, known)
        return None

    def tell(self, reached: float) -> None:
        """Say what the settings returned last reached; larger is better."""
        reached = round(reached, 6)  # what differs by less must not decide what is tried next
        trial, settings = self._asked
        self._known[_key(settings)] = reached
        if trial is None:
            self._given.append((settings, reached))
        else:
            self._begun().tell(trial, reached)

    def _begun(self) -> Any:
        """Return the study, which knows the defaults and what did well elsewhere."""
        if self._study is None:
            import optuna

            optuna.logging.set_verbosity(optuna.logging.ERROR)
            at_random = max(FEWEST_AT_RANDOM, 2 * len(self.space))
            sampler = optuna.samplers.TPESampler(
                seed=self._seed, n_startup_trials=at_random, multivariate=True
            )
            self._study = optuna.create_study(direction="maximize", sampler=sampler)
            spaces = _distributions(self.space)
            for settings, reached in self._given:
                drawn = {name: _drawn(space, settings[name]) for name, space in self.space.items()}
                known = optuna.trial.create_trial(params=drawn, distributions=spaces, value=reached)
                self._study.add_trial(known)
        return self._study

    def _differing(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in settings.items() if value != self._defaults[name]}


def _default(model: type[Recommender[Any]], name: str) -> Any:
    return model.config_type.model_fields[name].get_default(call_default_factory=True)


def _key(settings: Mapping[str, Any]) -> str:
    return repr(sorted(settings.items()))


def _distributions(space: Mapping[str, Space]) -> dict[str, Any]:
    """Return the space as Optuna spells it."""
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    def spelt(one: Space) -> Any:
        if isinstance(one, OneOf):
            return CategoricalDistribution(range(len(one.values)))
        log = isinstance(one, LogBetween)
        if one.whole:
            return IntDistribution(int(one.low), int(one.high), log=log)
        return FloatDistribution(one.low, one.high, log=log)

    return {name: spelt(one) for name, one in space.items()}


def _value(space: Space, drawn: Any) -> Any:
    """Return a drawn value as a model takes it."""
    if isinstance(space, OneOf):
        return space.values[drawn]
    if not drawn:
        return drawn
    rounded = round(drawn, DIGITS - 1 - math.floor(math.log10(abs(drawn))))
    return type(drawn)(min(max(rounded, space.low), space.high))


def _drawn(space: Space, value: Any) -> Any:
    """Return the inverse of `_value`."""
    return space.values.index(value) if isinstance(space, OneOf) else value
