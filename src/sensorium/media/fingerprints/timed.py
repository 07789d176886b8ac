"""Fingerprints of what runs in time: 32 bits for each step, compared at the best shift."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from sensorium.core.arrays import BoolVector, FloatMatrix, FloatVector, IntVector

BITS_PER_STEP = 32
_COMPARED = 64
"""So many steps of the shorter one are compared, evenly spread."""
_BATCH = 256


@dataclass(frozen=True)
class TimedFingerprint:
    """A medium as 32 bits for each step of time, and as a few numbers that do not depend on time."""

    features: FloatVector
    """[d] float32, unit length: for finding what is worth comparing."""
    words: NDArray[np.uint32]
    """[n_steps]; 0 where there is nothing to tell."""

    def to_bytes(self) -> bytes:
        """Return it as bytes, for `from_bytes`."""
        halves = self.features.astype(np.float16).tobytes()
        return np.uint32(len(self.features)).tobytes() + halves + self.words.tobytes()

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """Return what `to_bytes` wrote."""
        n = int(np.frombuffer(content[:4], np.uint32)[0])
        features = np.frombuffer(content[4 : 4 + 2 * n], np.float16).astype(np.float32)
        return cls(features, np.frombuffer(content[4 + 2 * n :], np.uint32))


@dataclass(frozen=True)
class NearnessRule:
    """When two prints are near."""

    max_shift: int
    """Steps by which one may begin later."""
    min_steps: int
    """Steps that must be comparable."""
    overlap: float
    """Share of the shorter one's steps that must be comparable."""
    max_errors: float
    """Share of the bits that may differ."""


def pack_signs(values: FloatMatrix) -> NDArray[np.uint32]:
    """Return where `values` [n_steps, 32] are above 0, as one word a step; never 0."""
    words = np.packbits(values > 0, axis=1).view(np.uint32)[:, 0]
    return np.where(words == 0, np.uint32(1), words)


def build_comparison(
    prints: Sequence[TimedFingerprint], rule: NearnessRule
) -> Callable[[IntVector, IntVector], BoolVector]:
    """Return what says which pairs of positions of `prints` are near."""
    gap = np.zeros(rule.max_shift, dtype=np.uint32)  # what is beyond an end compares with nothing
    lengths = np.asarray([len(each.words) for each in prints], dtype=np.int64)
    starts = rule.max_shift + np.concatenate([[0], np.cumsum(lengths + rule.max_shift)[:-1]])
    line = np.concatenate([gap, *(part for each in prints for part in (each.words, gap))])
    filled = np.asarray([np.count_nonzero(each.words) for each in prints], dtype=np.int64)
    picked = np.stack([_spread(each.words) for each in prints])  # [n, _COMPARED], -1 where there are fewer
    shifts = np.arange(-rule.max_shift, rule.max_shift + 1)

    def are_near(first: IntVector, second: IntVector) -> BoolVector:
        found = np.zeros(len(first), dtype=np.bool_)
        longer, shorter = (
            np.maximum(lengths[first], lengths[second]),
            np.minimum(lengths[first], lengths[second]),
        )
        worth = np.flatnonzero(shorter >= rule.overlap * longer)
        for start in range(0, len(worth), _BATCH):
            part = worth[start : start + _BATCH]
            found[part] = _errors(first[part], second[part]) <= rule.max_errors
        return found

    def _errors(first: IntVector, second: IntVector) -> FloatVector:
        """Return the share of bits that differ at the best shift [n_pairs]."""
        swapped = filled[first] > filled[second]
        short, other = np.where(swapped, second, first), np.where(swapped, first, second)
        steps = picked[short]  # [n_pairs, _COMPARED]
        own = np.where(steps >= 0, line[starts[short][:, None] + steps], 0)[:, :, None]
        places = starts[other][:, None, None] + steps[:, :, None] + shifts
        beyond = (places < starts[other][:, None, None]) | (
            places >= (starts[other] + lengths[other])[:, None, None]
        )
        theirs = np.where(beyond, 0, line[np.clip(places, 0, len(line) - 1)])
        both = (own != 0) & (theirs != 0)
        n_both = both.sum(axis=1)  # [n_pairs, n_shifts]
        n_own = np.count_nonzero(own, axis=1)
        differing = np.where(both, np.bitwise_count(own ^ theirs), 0).sum(axis=1)
        enough = (n_both >= rule.overlap * n_own) & (n_both >= np.minimum(rule.min_steps, _COMPARED))
        share = np.where(enough, differing / np.maximum(BITS_PER_STEP * n_both, 1), 1.0)
        return share.min(axis=1).astype(np.float32)

    return are_near


def _spread(words: NDArray[np.uint32]) -> IntVector:
    """Return up to 64 positions of `words` that are not 0, evenly spread, filled up with -1."""
    filled = np.flatnonzero(words)
    if len(filled) > _COMPARED:
        filled = filled[np.linspace(0, len(filled) - 1, _COMPARED).astype(np.int64)]
    return np.pad(filled, (0, _COMPARED - len(filled)), constant_values=-1)
