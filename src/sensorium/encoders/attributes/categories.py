"""Labels as weighted columns: what few items share says more than what most share."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from pydantic import PositiveInt

from sensorium.core.arrays import FloatVector
from sensorium.core.config import Config
from sensorium.core.roles import Role
from sensorium.encoders.base import Encoded, Encoder, EncoderTraits


class LabelsConfig(Config):
    """How many labels get a column."""

    max_labels: PositiveInt = 1024
    """The most frequent labels are kept, ties in alphabetical order; others are ignored."""


class Labels(Encoder[LabelsConfig, tuple[str, ...]]):
    """One column a label, holding the label's inverse document frequency where an item has it."""

    traits = EncoderTraits(Role.CATEGORY, learns=True, is_default=True)

    labels: list[str]
    """Kept labels, one a column."""
    weights: FloatVector
    """Inverse document frequency [n_labels]."""

    def _fit(self, inputs: Sequence[tuple[str, ...] | None]) -> None:
        """Learn the labels and their weights."""
        given = [set(labels) for labels in inputs if labels]
        counts = Counter(label for labels in given for label in labels)
        ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[: self.config.max_labels]
        self.labels = [label for label, _ in ordered]
        spread = np.array([count for _, count in ordered], dtype=np.float32)
        self.weights = (1 + np.log((1 + len(given)) / (1 + spread))).astype(np.float32)

    def encode_batch(self, inputs: Sequence[tuple[str, ...] | None]) -> Encoded:
        """Return one row for each set of labels [n, d]; unknown labels are ignored."""
        self.require_fitted()
        places = {label: place for place, label in enumerate(self.labels)}
        values = np.zeros((len(inputs), self.dimension), dtype=np.float32)
        for row, labels in enumerate(inputs):
            known = [places[label] for label in set(labels or ()) if label in places]
            values[row, known] = self.weights[known]
        return Encoded(values)

    @property
    def parts(self) -> Mapping[str, tuple[int, int]]:
        """One part."""
        self.require_fitted()
        return {"labels": (0, max(len(self.labels), 1))}
