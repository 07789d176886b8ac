"""What a model can say of one query without scoring every item: vectors, a few entries, the same for all."""

from dataclasses import dataclass, field

import numpy as np

from sensorium.core.arrays import BoolVector, FloatMatrix, FloatVector, IntVector
from sensorium.models.data import QueryBatch


@dataclass(frozen=True)
class ItemVectors:
    """The vectors of the items under which scores are products; the model's own, to be read alone."""

    factors: FloatMatrix
    """[n_learnt, d] float32."""
    bias: FloatVector | None = None
    """[n_learnt] float32: what is added to the product; None: nothing."""


def _no_items() -> IntVector:
    return np.zeros(0, dtype=np.int64)


def _no_values() -> FloatVector:
    return np.zeros(0, dtype=np.float32)


@dataclass(frozen=True)
class Product:
    """The scores of one query are products of a vector with those of the items, but for some items."""

    vector: FloatVector
    """[d] float32."""
    items: IntVector = field(default_factory=_no_items)
    """[n_others]: the items whose scores are others, each once."""
    values: FloatVector = field(default_factory=_no_values)
    """[n_others] float32: their scores."""


@dataclass(frozen=True)
class Entries:
    """The scores of one query are zero but for some items."""

    items: IntVector
    """[n_entries]: each once, in any order; all can be scored."""
    values: FloatVector
    """[n_entries] float32."""


@dataclass(frozen=True)
class Row:
    """The scores of one query; zero for the items that the model does not score."""

    values: FloatVector
    """[n_learnt] float32; items beyond its end are not scored."""


@dataclass(frozen=True)
class NoScores:
    """The model knows nothing of who asks: no item gets a score."""


class ShortForms:
    """What a model offers to whoever answers one query; of one that offers nothing, all scores are asked."""

    @property
    def able_items(self) -> BoolVector | None:
        """Which items a fitted model scores for every query that it scores at all [n_items].

        None: that differs from query to query, or is not known.
        """
        return None

    def item_vectors(self) -> ItemVectors | None:
        """Return the vectors of the items, which are the same for all queries; None: there are none."""
        return None

    def is_same_for_all(self) -> bool:
        """Return whether all queries get the same scores."""
        return False

    def short_form(self, query: QueryBatch) -> Product | Entries | Row | NoScores | None:
        """Return the scores of the one row of `query`, but for rounding; None: there is no shorter form.

        A `Product` is one with the `item_vectors`.
        """
        del query
        return None
