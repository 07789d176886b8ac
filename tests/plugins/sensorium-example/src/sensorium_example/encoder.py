"""Text by its pairs of letters, those that few texts have weighing most."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from pydantic import PositiveInt

from sensorium.encoders import Config, Encoded, Encoder, EncoderTraits, Role


class LetterPairsConfig(Config):
    """How many pairs are kept."""

    n_letters: PositiveInt = 26
    """Letters from the beginning of the alphabet; others are passed over."""


class LetterPairs(Encoder[LetterPairsConfig, str]):
    """One column for each pair of neighbouring letters, holding its inverse document frequency."""

    traits = EncoderTraits(Role.TEXT, learns=True)

    weights: NDArray[np.float32]
    """Inverse document frequency of each pair [n_letters * n_letters]."""

    def _fit(self, inputs: Sequence[str | None]) -> None:
        """Learn the weights."""
        spread = np.zeros(self.config.n_letters**2)
        for text in inputs:
            spread[list(set(self._pairs(text)))] += 1
        self.weights = np.log((1 + len(inputs)) / (1 + spread)).astype(np.float32)

    def encode_batch(self, inputs: Sequence[str | None]) -> Encoded:
        """Return one row for each text [n, d]."""
        values = np.zeros((len(inputs), self.dimension), dtype=np.float32)
        for row, text in enumerate(inputs):
            pairs = list(self._pairs(text))
            values[row, pairs] = self.weights[pairs]
        return Encoded(values)

    @property
    def parts(self) -> Mapping[str, tuple[int, int]]:
        """One part."""
        return {"letter pairs": (0, self.config.n_letters**2)}

    def _pairs(self, text: str | None) -> Iterator[int]:
        n = self.config.n_letters
        places = [ord(letter) - ord("a") for letter in (text or "").lower()]
        for first, second in pairwise(places):
            if 0 <= first < n and 0 <= second < n:
                yield first * n + second
