"""Groups that grow by pairs."""

import numpy as np

from sensorium.core.arrays import BoolVector, IntVector


class UnionFind:
    """`n` positions, each in a group of its own until `unite` puts groups together.

    Parameters
    ----------
    n
        How many positions there are.
    """

    group: IntVector
    """[n] int64: the first position of the group that each belongs to."""

    def __init__(self, n: int) -> None:
        self.group = np.arange(n, dtype=np.int64)

    def __len__(self) -> int:
        return len(self.group)

    def are_apart(self, first: IntVector, second: IntVector) -> BoolVector:
        """Return for which pairs the two stand in different groups."""
        return np.asarray(self.group[first] != self.group[second])

    def unite(self, first: IntVector, second: IntVector) -> None:
        """Put the groups of each pair `first[i]`, `second[i]` together."""
        for one, other in zip(first.tolist(), second.tolist(), strict=True):
            low, high = sorted((self._root(one), self._root(other)))
            self.group[high] = low
        if len(first):
            self._flatten()

    def _root(self, position: int) -> int:
        while (above := int(self.group[position])) != position:
            self.group[position] = self.group[above]
            position = above
        return position

    def _flatten(self) -> None:
        while not np.array_equal(above := self.group[self.group], self.group):
            self.group = above
