"""Exact words in all that the catalogue says of its items: BM25 over texts, labels and numbers.

With w_t the weight of a word of the question, q how much a form of it counts (1: the word itself), f_ti how
often the item says it and b, k_1 those of BM25 (Robertson and Zaragoza 2009, *The Probabilistic Relevance
Framework: BM25 and Beyond*, with fields as in BM25F):

    f_ti = sum over columns c of weight_c count_tci / (1 - b + b length_ci / mean_c)
    sat_ti = f_ti / (f_ti + k_1)
    match_i = sqrt( sum_t w_t max_q q (SAID + (1 - SAID) sat_ti) / sum_t w_t )

so that an item that says all words is near 1, and one that says none is 0, whatever the catalogue.
"""

import math
from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from scipy import sparse

from sensorium.catalog.catalog import Catalog
from sensorium.core.arrays import FloatVector, IntVector, SparseMatrix
from sensorium.core.component import State
from sensorium.core.roles import Role
from sensorium.core.sparse import (
    append_columns,
    append_rows,
    csr_from_arrays,
    csr_to_arrays,
    keep_entries,
    row_counts,
)
from sensorium.serving.word_forms import asked_words, letter_pairs, other_forms, search_words

K1, B = 1.2, 0.75
"""BM25's: how soon repeats stop counting, and how much long texts are held to be long-winded."""
TITLE_WEIGHT, LABEL_WEIGHT, TEXT_WEIGHT = 2.0, 2.0, 1.0
"""What a word counts in the first column of texts, in labels and numbers, in other texts."""
SAID = np.float32(0.75)
"""What it counts that an item says a word at all; the rest is how much it says it."""
UNKNOWN = 0.5
"""What a word weighs that no item says, as a share of the weight of the rarest word."""


@dataclass(frozen=True)
class WordIndex:
    """Which words each item says, and how much."""

    places: Mapping[str, int]
    """Word -> its row in `frequencies`."""
    frequencies: SparseMatrix
    """CSR [n_words, n_items] float32: f of the formula above."""
    mean_lengths: Mapping[str, float]
    """Column -> words of an item that has some, on average; settled when the index is made."""

    @classmethod
    def of(cls, catalog: Catalog) -> Self:
        """Return the index of all texts, labels and numbers of `catalog`."""
        columns = _words_of_columns(catalog)
        lengths = {name: _mean_length(column) for name, column in columns.items()}
        return cls(*_counted({}, columns, lengths, catalog), lengths)

    @property
    def n_items(self) -> int:
        """How many items are in it."""
        return self.frequencies.shape[1]

    def extended(self, new_items: Catalog) -> Self:
        """Return the index with `new_items` appended."""
        return self.with_items(new_items, self.n_items + np.arange(len(new_items)))

    def with_items(self, items: Catalog, indices: IntVector) -> Self:
        """Return the index with `items` at `indices` [n]: in the place of others, or behind them all."""
        columns = _words_of_columns(items)
        places, added = _counted(dict(self.places), columns, self.mean_lengths, items)
        n_items = max(self.n_items, int(indices.max(initial=-1)) + 1)
        old = self.frequencies
        if (indices < self.n_items).any():
            old = keep_entries(old, ~np.isin(old.indices, indices))
        grown = append_columns(append_rows(old, len(places)), n_items)
        more = sparse.csr_array(
            (added.data, indices[added.indices], added.indptr), shape=(len(places), n_items)
        )
        return type(self)(places, sparse.csr_array(grown + more, dtype=np.float32), self.mean_lengths)

    def match(self, text: str) -> FloatVector:
        """Return how much each item says of the words of `text` [n_items], from 0 to 1."""
        total, weights = np.zeros(self.n_items, dtype=np.float32), 0.0
        for word in asked_words(text):
            forms = self._forms(word)
            weight = self._weight(forms)
            weights += weight
            total += np.float32(weight) * self._said(forms)
        return np.sqrt(total / np.float32(weights)) if weights else total

    def spelt_alike(self, text: str) -> FloatVector:
        """Return how much a word of each item is spelt like one of `text` [n_items], from 0 to 1.

        The largest share of letter pairs that two words have in common, both their ends included (Dice 1945).
        """
        columns, sizes = self._letter_pairs
        found = np.zeros(self.n_items, dtype=np.float32)
        for word in asked_words(text):
            pairs = letter_pairs(word)
            shared = np.zeros(len(self.places), dtype=np.float32)
            for pair in pairs:
                shared[columns.get(pair, [])] += 1
            alike = 2 * shared / (sizes + len(pairs))
            rows = np.flatnonzero(alike)
            said = self.frequencies[rows]
            np.maximum.at(found, said.indices, np.repeat(alike[rows], row_counts(said)))
        return found

    @cached_property
    def _letter_pairs(self) -> tuple[dict[str, list[int]], FloatVector]:
        """Return pair of letters -> the rows of the words that have it, and each word's number of pairs."""
        columns: dict[str, list[int]] = {}
        sizes = np.zeros(len(self.places), dtype=np.float32)
        for row, word in enumerate(self.places):
            pairs = letter_pairs(word)
            sizes[row] = len(pairs)
            for pair in pairs:
                columns.setdefault(pair, []).append(row)
        return columns, sizes

    def _forms(self, word: str) -> dict[int, float]:
        """Return the rows of the forms of `word` that are known, with how much each counts."""
        forms = {
            self.places[form]: share for form, share in other_forms(word, self.places, self._letters).items()
        }
        return forms | ({self.places[word]: 1.0} if word in self.places else {})

    def _weight(self, forms: Mapping[int, float]) -> float:
        """Return the inverse document frequency of a word: of its most frequent form; see `UNKNOWN`."""
        if not forms:
            return UNKNOWN * self._inverse_frequency(1)
        return self._inverse_frequency(max(self._spread[row] for row in forms))

    def _inverse_frequency(self, n: int) -> float:
        return math.log(1 + (self.n_items - n + 0.5) / (n + 0.5))

    def _said(self, forms: Mapping[int, float]) -> FloatVector:
        """Return how much each item says a word in one of its `forms` [n_items], from 0 to 1."""
        said = np.zeros(self.n_items, dtype=np.float32)
        for row, share in forms.items():
            entries = slice(self.frequencies.indptr[row], self.frequencies.indptr[row + 1])
            items, often = self.frequencies.indices[entries], self.frequencies.data[entries]
            values = np.float32(share) * (SAID + (1 - SAID) * often / (often + np.float32(K1)))
            said[items] = np.maximum(said[items], values)
        return said

    @cached_property
    def _spread(self) -> list[int]:
        """In how many items each word stands [n_words]."""
        return row_counts(self.frequencies).tolist()

    @cached_property
    def _letters(self) -> str:
        return "".join(sorted({letter for word in self.places if word.isalpha() for letter in word}))

    def state(self) -> State:
        """Return all that `from_state` needs."""
        values = {"words": list(self.places), "mean_lengths": dict(self.mean_lengths)}
        return State(csr_to_arrays(self.frequencies, "frequencies"), values)

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Return the index that `state` describes."""
        frequencies = csr_from_arrays(state.arrays, "frequencies")
        assert frequencies is not None  # noqa: S101 - `state` writes it
        places = {word: row for row, word in enumerate(state.values["words"])}
        return cls(places, frequencies, state.values["mean_lengths"])


def _words_of_columns(catalog: Catalog) -> dict[str, list[list[str]]]:
    """Return the words of each item in each column of texts, labels or numbers."""
    columns = [*catalog.columns(Role.TEXT), *catalog.columns(Role.CATEGORY), *catalog.columns(Role.NUMBER)]
    return {column: [_words(text) for text in catalog.texts(column)] for column in columns}


def _words(text: str | None) -> list[str]:
    """Return the words of a cell; a year may have come as 1995.0."""
    return search_words(text.removesuffix(".0")) if text else []


def _mean_length(column: Sequence[Sequence[str]]) -> float:
    lengths = [len(words) for words in column if words]
    return sum(lengths) / len(lengths) if lengths else 1.0


def _counted(
    places: dict[str, int],
    columns: Mapping[str, Sequence[Sequence[str]]],
    lengths: Mapping[str, float],
    catalog: Catalog,
) -> tuple[dict[str, int], SparseMatrix]:
    """Return `places` with the words of the `columns` beside them, and the frequencies of all of them."""
    rows, items, often = array("q"), array("q"), array("f")
    weights = _column_weights(catalog)
    for name, column in columns.items():
        for item, words in enumerate(column):
            longwinded = 1 - B + B * len(words) / lengths.get(name, _mean_length(column))
            for word, count in Counter(words).items():
                rows.append(places.setdefault(word, len(places)))
                items.append(item)
                often.append(weights[name] * count / longwinded)
    entries = np.asarray(often, dtype=np.float32), (np.asarray(rows), np.asarray(items))
    matrix = sparse.csr_array(sparse.coo_array(entries, shape=(len(places), len(catalog))), dtype=np.float32)
    return places, matrix


def _column_weights(catalog: Catalog) -> dict[str, float]:
    texts = catalog.columns(Role.TEXT)
    weights = {column: TITLE_WEIGHT if column == texts[0] else TEXT_WEIGHT for column in texts}
    return weights | {
        column: LABEL_WEIGHT for role in (Role.CATEGORY, Role.NUMBER) for column in catalog.columns(role)
    }
