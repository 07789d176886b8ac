"""Texts that are nearly the same, in any script: a few words changed, other punctuation, other spaces."""

import re
import unicodedata
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from sensorium.core.arrays import BoolVector, IntVector
from sensorium.core.hashing import hash_bytes
from sensorium.duplicates.candidate_pairs import Pairs, equal_pairs, unite_near_pairs
from sensorium.duplicates.union_find import UnionFind

NEAR_SHARE = 0.5
"""Share of the five-letter pieces of two texts that both have: a few words in a paragraph may differ."""
SHORTEST = 60
"""Letters; shorter texts, such as titles, are the same only if their letters are."""
_LONGEST = 20_000
_PIECE = 5
_N_HASHES, _ROWS = 126, 3
_MIX = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))


def normalize_letters(text: str) -> str:
    """Return the letters and digits of `text`: case, punctuation, widths and spaces do not count."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(letter for letter in plain if unicodedata.category(letter)[0] in "LMN")


def text_fingerprint(text: str) -> bytes | None:
    """Return 126 least hashes of the five-letter pieces of `text` (Broder 1997); None if it is short.

    Ahead stands a hash of the numbers in it: texts with other numbers are not the same.
    """
    letters = normalize_letters(text)
    if len(letters) < SHORTEST:
        return None
    numbers = " ".join(sorted(set(re.findall(r"\d+", text))))
    return bytes.fromhex(hash_bytes(numbers.encode())) + _least_hashes(letters[:_LONGEST]).tobytes()


def group_near_texts(fingerprints: Sequence[bytes]) -> UnionFind:
    """Return the groups of nearly equal texts.

    Two are compared if three of their least hashes agree in any of 42 places: of the pairs at the very
    limit 1 in 270 is missed.
    """
    forest = UnionFind(len(fingerprints))
    if len(fingerprints) < 2:
        return forest
    table = np.frombuffer(b"".join(fingerprints), dtype=np.uint32).reshape(len(fingerprints), -1)
    heads, hashes = table[:, :4], table[:, 4:]

    def are_near(first: IntVector, second: IntVector) -> BoolVector:
        same = (hashes[first] == hashes[second]).mean(axis=1) >= NEAR_SHARE
        return np.asarray(same & (heads[first] == heads[second]).all(axis=1))

    unite_near_pairs(forest, _band_pairs(table), are_near)
    return forest


def _band_pairs(table: NDArray[np.uint32]) -> Iterator[Pairs]:
    """Yield pairs whose heads and one band of hashes agree."""
    head = _mix_columns(table[:, :4].astype(np.uint64))
    for start in range(4, table.shape[1], _ROWS):
        band = _mix_columns(table[:, start : start + _ROWS].astype(np.uint64))
        yield from equal_pairs(head ^ (band * _MIX[0]))


def _mix_columns(columns: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return one hash of each row of `columns` [n, d]."""
    found = np.zeros(len(columns), dtype=np.uint64)
    for column in columns.T:
        found = _scramble(found * _MIX[0] + column)
    return found


def _least_hashes(letters: str) -> NDArray[np.uint32]:
    codes = np.frombuffer(letters.encode("utf-32-le"), dtype=np.uint32).astype(np.uint64)
    pieces = np.lib.stride_tricks.sliding_window_view(codes, _PIECE)
    distinct = np.unique(_mix_columns(pieces))
    seeds = _scramble(np.arange(1, _N_HASHES + 1, dtype=np.uint64))
    least = np.full(_N_HASHES, np.iinfo(np.uint64).max, dtype=np.uint64)
    for start in range(0, len(distinct), 1024):
        hashed = _scramble(distinct[start : start + 1024, None] ^ seeds)
        least = np.minimum(least, hashed.min(axis=0))
    return (least >> np.uint64(32)).astype(np.uint32)


def _scramble(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return a hash of each value (the finaliser of splitmix64)."""
    values = (values ^ (values >> np.uint64(30))) * _MIX[1]
    values = (values ^ (values >> np.uint64(27))) * _MIX[2]
    return values ^ (values >> np.uint64(31))
