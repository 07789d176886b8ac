"""Search spaces: which values of a setting are worth trying on validation data."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from sensorium.core.errors import ConfigError


@dataclass(frozen=True)
class OneOf:
    """A choice among named values, in no order."""

    values: tuple[Hashable, ...]
    needs_times: bool = field(default=False, kw_only=True)
    """Whether the setting changes nothing where histories have no times."""
    quadratic: bool = field(default=False, kw_only=True)
    """Whether any value but the default makes a fit compare all items with one another."""

    def __post_init__(self) -> None:
        if not self.values or len(set(self.values)) < len(self.values):
            raise ConfigError(f"{self.values} is no choice", remedy="Give one value or more, each once")

    @property
    def ends(self) -> tuple[Hashable, ...]:
        """Every value: what a model must accept so that it accepts the whole space."""
        return self.values

    def __contains__(self, value: object) -> bool:
        return any(value == one and type(value) is type(one) for one in self.values)


@dataclass(frozen=True)
class Between:
    """Numbers from `low` to `high`, both included, all equally likely."""

    low: float
    high: float
    whole: bool = False
    """Whether only integers count."""
    needs_times: bool = field(default=False, kw_only=True)
    """Whether the setting changes nothing where histories have no times."""
    quadratic: bool = field(default=False, kw_only=True)
    """Whether any value but the default makes a fit compare all items with one another."""

    def __post_init__(self) -> None:
        if not self.low < self.high:
            raise ConfigError(
                f"no space between {self.low} and {self.high}", remedy="Give the lower one first"
            )
        if self.whole and (self.low % 1 or self.high % 1):
            raise ConfigError(f"{self.low} to {self.high} does not end in integers")

    @property
    def ends(self) -> tuple[float, ...]:
        """The lowest and the highest value."""
        return (int(self.low), int(self.high)) if self.whole else (self.low, self.high)

    def __contains__(self, value: object) -> bool:
        if not isinstance(value, int | float) or isinstance(value, bool):
            return False
        return self.low <= value <= self.high and not (self.whole and value % 1)


@dataclass(frozen=True)
class LogBetween(Between):
    """Positive numbers, both ends included, likely by factor: as many from 1 to 10 as from 10 to 100."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.low <= 0:
            raise ConfigError(f"{self.low} has no logarithm", remedy="Let the space start above zero")


@dataclass(frozen=True)
class KnownSettings:
    """Settings that did well on some data."""

    events_per_user: float
    """How many items a user of that data has met, on average: those of the most like data are tried first."""
    settings: Mapping[str, Any]
    """What differs from the defaults."""


Space: TypeAlias = OneOf | Between | LogBetween
"""What a setting is drawn from."""
