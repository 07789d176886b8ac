"""Items by which members can score them: a few sets of members, and what weights make of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from sensorium.core.arrays import BoolVector, FloatVector, IntVector

MOST_PATTERNS = 62
"""So many different sets of members may score an item; with more, nothing is gained."""


@dataclass(frozen=True)
class Patterns:
    """Which members score an item: a few different sets."""

    codes: IntVector
    """[n_items]: which set it is."""
    able: NDArray[np.bool_]
    """[n_patterns, n_members]."""

    @classmethod
    def of(cls, able: Sequence[BoolVector]) -> Self:
        """Return the sets of members that score the same items; `able` [n_items] of each member."""
        distinct: list[BoolVector] = []
        which: list[int] = []
        for mask in able:
            same = (n for n, known in enumerate(distinct) if known is mask or np.array_equal(known, mask))
            which.append(next(same, len(distinct)))
            if which[-1] == len(distinct):
                distinct.append(mask)
        sets = sum(mask.astype(np.int64) << number for number, mask in enumerate(distinct[:MOST_PATTERNS]))
        _, first, codes = np.unique(sets, return_index=True, return_inverse=True)
        return cls(codes.astype(np.int64), np.stack([mask[first] for mask in distinct], axis=1)[:, which])


@dataclass(frozen=True)
class Frame:
    """What weights make of z-scores, for each pattern of members that can score an item [n_patterns]."""

    able: NDArray[np.bool_]
    """[n_patterns, n_members]: where a member scores the query at hand."""
    warm: FloatVector
    """What the sum under the weights is multiplied with; zero where only cold weights count."""
    cold: FloatVector
    """What the sum under the cold weights is multiplied with; zero where there is none."""
    shift: FloatVector
    """What is then added."""
    is_scored: BoolVector
    path: str
    """How the query is answered."""
