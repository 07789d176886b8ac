"""How long each step of some work took."""

import time
from collections.abc import Callable, Mapping


class Stopwatch:
    """Begins when it is made; `lap` ends a step."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._begun_s = self._last_s = clock()
        self.laps: dict[str, float] = {}
        """Step -> seconds, in order."""

    @property
    def total(self) -> float:
        """Seconds since the beginning."""
        return self._clock() - self._begun_s

    def divided(self, step: str, parts: Mapping[str, float]) -> dict[str, float]:
        """Return the laps, in which `parts` stand in the place of `step`, if there are any."""
        found = dict[str, float]()
        for name, seconds in self.laps.items():
            found |= parts if name == step and parts else {name: seconds}
        return found

    def lap(self, step: str) -> float:
        """Note how long `step`, which ends now, has taken, and return it."""
        now_s = self._clock()
        self.laps[step] = round(now_s - self._last_s, 2)
        self._last_s = now_s
        return self.laps[step]
