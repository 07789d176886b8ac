"""A number as a soft place among all others, so that the cosine of two rows says how near they are."""

from collections.abc import Mapping, Sequence

import numpy as np
from pydantic import Field

from sensorium.core.arrays import FloatVector
from sensorium.core.config import Config
from sensorium.core.roles import Role
from sensorium.encoders.base import Encoded, Encoder, EncoderTraits

_N_KNOTS = 257


class QuantityConfig(Config):
    """How finely numbers are told apart."""

    bumps: int = Field(default=12, ge=2, le=256)
    """Gaussian bumps spread evenly over the quantiles."""


class Quantity(Encoder[QuantityConfig, float]):
    """Gaussian bumps over the quantiles: outliers and units do not matter, order and nearness do."""

    traits = EncoderTraits(Role.NUMBER, learns=True, is_default=True)

    knots: FloatVector
    """Ascending distinct values [n_knots]."""
    places: FloatVector
    """The quantile of each knot [n_knots], in [0, 1]."""

    def _fit(self, inputs: Sequence[float | None]) -> None:
        """Learn the quantiles."""
        numbers = _as_numbers(inputs)
        numbers = numbers[np.isfinite(numbers)]
        shares = np.linspace(0, 1, _N_KNOTS)
        quantiles = np.quantile(numbers, shares) if len(numbers) else np.zeros(_N_KNOTS)
        self.knots, members = np.unique(quantiles.astype(np.float32), return_inverse=True)
        # A value that many items share stands in the middle of its stretch of quantiles.
        self.places = (np.bincount(members, weights=shares) / np.bincount(members)).astype(np.float32)

    def encode_batch(self, inputs: Sequence[float | None]) -> Encoded:
        """Return one row for each number [n, d]; zeros for NaN and None."""
        self.require_fitted()
        numbers = _as_numbers(inputs)
        known = np.isfinite(numbers)
        place = np.interp(np.where(known, numbers, 0.0), self.knots, self.places)
        centres = np.linspace(0, 1, self.config.bumps)
        width = 1.0 / (self.config.bumps - 1)
        bumps = np.exp(-0.5 * np.square((place[:, None] - centres[None, :]) / width))
        return Encoded(np.where(known[:, None], bumps, 0.0).astype(np.float32))

    @property
    def parts(self) -> Mapping[str, tuple[int, int]]:
        """One part."""
        return {"place": (0, self.config.bumps)}


def _as_numbers(inputs: Sequence[float | None]) -> FloatVector:
    return np.array([np.nan if given is None else given for given in inputs], dtype=np.float32)
