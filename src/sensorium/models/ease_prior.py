"""EASE pulled toward content: what events leave open, the similarity of items decides."""

from collections.abc import Collection, Mapping
from typing import ClassVar, Self

import numpy as np
from pydantic import PositiveFloat, PositiveInt
from scipy import sparse

from sensorium.core.arrays import BoolVector, FloatMatrix, FloatVector, IntVector
from sensorium.core.sparse import column_count_power, entry_rows
from sensorium.features.block import FeatureBlock
from sensorium.models.base import (
    EVENTS,
    BlocksConfig,
    FitOptions,
    QueryBatch,
    TrainingData,
    Traits,
)
from sensorium.models.ease import ItemRidgeConfig, damped_gram, event_unit
from sensorium.models.search_space import Between, LogBetween, OneOf, Space
from sensorium.models.shared.block_graph import BlockGraph, HoldsBlockGraph
from sensorium.models.shared.item_gram import inverse_of
from sensorium.models.shared.masking import blanked, has_any, learnt_history
from sensorium.models.shared.recency import fade_history


class EASEPriorConfig(ItemRidgeConfig, BlocksConfig):
    """EASE, and how strongly its weights are pulled toward which content."""

    pull: PositiveFloat = 50.0
    """How strongly weights are pulled toward the prior, in the unit of `regularization`."""
    scale: PositiveFloat = 1.0
    """What the prior's similarities are multiplied by; those that lead to an item sum to about one."""
    neighbours: PositiveInt = 20
    """Items with events, alike in a block, that make up the prior of each item."""


class EASEPrior(HoldsBlockGraph[EASEPriorConfig]):
    """EASE whose weights are drawn to the similarity in content where events say little.

    Formula: |X - XB|^2 + l |B|^2 + m |B - S|^2 is least, the diagonal of B zero, for
    B = I + m P S - P diag((1 + m diag PS) / diag P) with P = (G + p / (1 - p) diag G + (l + m) I)^-1, where
    G and p are those of `ease` and S = scale C' with the graph C of `smoothed-graph-filter`; weights
    D_d^-b B D_d^b. An item without events is scored by m P S alone, and so is one appended later, as a refit
    would do. Cost: n_items^3, and 4 n_items^2 bytes. Source: as Jeunen et al. 2020, "Closed-Form Models for
    Collaborative Filtering with Side-Information", RecSys, who add the side information to G instead.
    """

    traits: ClassVar[Traits] = Traits(
        additive=True, cold_items=True, blocks=True, weighs_blocks=True, dense_items=True
    )
    space: ClassVar[Mapping[str, Space]] = {
        "regularization": LogBetween(1.0, 10_000.0),
        "user_exponent": Between(0.0, 1.0),
        "item_exponent": Between(0.0, 0.6),
        "dropout": Between(0.0, 0.8),
        "pull": LogBetween(1.0, 10_000.0),
        "scale": LogBetween(0.05, 5.0),
        "neighbours": OneOf((10, 20, 40, 80)),
    }

    inverse: FloatMatrix
    """P [n_learnt, n_learnt] float32."""
    own: FloatVector
    """[n_learnt] float32: what keeps the diagonal at zero, a multiple of each column of P."""
    item_scale: FloatVector
    """[n_learnt] float32: d^-item_exponent."""
    strength: float
    """m in the unit of the Gram matrix, times the scale of the prior."""

    def _fit(self, data: TrainingData, options: FitOptions) -> None:
        """Find the nearest of each item and invert the regularised Gram matrix."""
        del options
        config = self.config
        self._content = BlockGraph.find(data, config.blocks, config.neighbours, where=self.name)
        self.item_scale = column_count_power(data.interactions, -config.item_exponent)
        gram = damped_gram(data.interactions, config.user_exponent, config.item_exponent)
        diagonal = gram.diagonal()
        unit = event_unit(data.interactions, diagonal)
        hidden = np.float32(config.dropout / (1 - config.dropout))
        ridge = np.float32((config.regularization + config.pull) * unit)
        gram[np.diag_indices_from(gram)] += hidden * diagonal + ridge
        self.strength = config.pull * unit * config.scale
        self.inverse = inverse_of(gram)
        self._keep_diagonal_zero()

    def _keep_diagonal_zero(self) -> None:
        """Set `own` for the graph and the inverse."""
        learnt = self._content.whole[: len(self.inverse)]
        targets, sources = entry_rows(learnt), learnt.indices
        through = self.inverse[targets, sources] * learnt.data
        pulled = np.bincount(targets, through, minlength=len(self.inverse)) * self.strength
        self.own = np.asarray((1 + pulled) / self.inverse.diagonal(), dtype=np.float32)

    def forget_blocks(self, names: Collection[str]) -> Self:
        """Return the model that a fit without the blocks `names` would give; it shares the inverse."""
        fewer = super().forget_blocks(names)
        fewer._keep_diagonal_zero()
        return fewer

    def weighed(self, queries: QueryBatch) -> QueryBatch:
        """Return `queries` with a history that has faded as the config says."""
        return fade_history(queries, self.config)

    @property
    def n_items(self) -> int:
        """The number of items that it answers for."""
        return len(self._content.seen)

    @property
    def able_items(self) -> BoolVector:
        """The items that events or content reach [n_items]."""
        return self._content.reached

    def _score(self, queries: QueryBatch) -> FloatMatrix:
        """Return [n_queries, n_items]; NaN for items that neither events nor content reach."""
        n_learnt = len(self.inverse)
        history = learnt_history(self.weighed(queries).history, n_learnt)
        history = sparse.csr_array(history @ sparse.diags_array(self.item_scale), dtype=np.float32)
        spread = np.asarray(history @ self.inverse)
        scores = np.ascontiguousarray((self._content.whole @ spread.T).T) * np.float32(self.strength)
        scores[:, :n_learnt] -= spread * self.own
        scores[entry_rows(history), history.indices] += history.data
        scores[:, :n_learnt] /= self.item_scale
        return blanked(scores, rows=has_any(queries.history, self._content.seen), items=self._content.reached)

    def contributions_by_block(
        self, history: FloatVector, history_items: IntVector, items: IntVector
    ) -> dict[str, FloatMatrix]:
        """Return `contributions` by what they rest on: `events`, and the prior of each block."""
        n_learnt = len(self.inverse)
        edges = self._content.edges_to(items)
        shape = len(history_items), len(items)
        parts = {name: np.zeros(shape, dtype=np.float32) for name in (EVENTS, *edges)}
        rows, columns = np.flatnonzero(history_items < n_learnt), np.flatnonzero(items < n_learnt)
        sources, targets = history_items[rows], items[columns]
        values = history[rows] * self.item_scale[sources]
        spread = self.inverse[sources] * values[:, None]
        itself = values[:, None] * (sources[:, None] == targets[None, :])
        back = np.ones(len(items), dtype=np.float32)
        back[columns] /= self.item_scale[targets]
        parts[EVENTS][np.ix_(rows, columns)] = (itself - spread[:, targets] * self.own[targets]) * back[
            columns
        ]
        for name, passed in edges.items():
            parts[name][rows] = (passed @ spread.T).T * (np.float32(self.strength) * back)
        return parts

    def extend(self, blocks: Mapping[str, FeatureBlock]) -> Self:
        """Return a model that scores the new items by their prior; the old ones keep theirs."""
        longer = type(self)(self.config)
        longer.inverse, longer.own, longer.item_scale = self.inverse, self.own, self.item_scale
        longer.strength = self.strength
        longer._content = self._content.extend(blocks, self.config.neighbours)
        return longer
