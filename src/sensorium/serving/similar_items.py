"""Items like one item: by behaviour without popularity, by content, or by both.

By behaviour, with x_ui what user u of n is for, and w_u = 1 / sqrt(items of u), so that who chooses all says
little:

    y_ui = w_u x_ui,  c_ij = sum_u y_ui y_uj - (sum_u y_ui) (sum_u y_uj) / n
    sim_ij = c_ij / (sqrt(c_ii c_jj) + SHRINKAGE mean_u w_u^2)

a correlation: what two items have in common beyond their popularity. By a modality: the mean cosine of the
blocks that both items have. By all: the sum of the sources' similarities times weights that add up to one,
over the sources that are known of the item asked about; what is not known of the other one adds nothing. The
weights are learnt from which item users choose after one (`training.similarity_weights`).

On MovieLens-100K the correlation tells the next film better than the plain cosine (NDCG@20 .175 and .171),
and its neighbours are less popular (164 and 167 users) and more alike (mean cosine of genres .463 and .446).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sensorium.core.arrays import FloatVector, IntVector, SparseMatrix
from sensorium.core.block_name import BlockName
from sensorium.core.deadline import require_time
from sensorium.core.errors import ConfigError, DataError
from sensorium.core.item_list import Part, Reason
from sensorium.core.roles import Role
from sensorium.core.source_kind import SourceKind
from sensorium.core.sparse import row_counts
from sensorium.core.vocabulary import Id
from sensorium.features.block import FeatureBlock
from sensorium.models.base import TrainingData
from sensorium.models.shared.content_similarity import cosine_by_part
from sensorium.serving.item_features import ItemFeatures

BEHAVIOUR = "behaviour"
"""The source that is what the same users chose."""
SHRINKAGE = 5.0
"""What keeps items apart that one user chose together by chance."""
_ROUNDING = 1e-6
_OF_BEHAVIOUR = 0.5
"""The weight of behaviour where none was learnt; the modalities share the rest."""


@dataclass(frozen=True)
class SimilarItems:
    """How similar every item is to one, by source."""

    index: int
    """The item asked about."""
    item_id: Id
    item_features: ItemFeatures
    sources: Mapping[str, FloatVector]
    """Modality, block or `behaviour` -> similarities [n_items]; NaN where unknown."""
    weights: Mapping[str, float]
    """Source -> its weight; they add up to one."""

    @property
    def path(self) -> str:
        """The sources that count, joined by `+`."""
        return "+".join(name for name, weight in self.weights.items() if weight > 0)

    @property
    def scores(self) -> FloatVector:
        """The weighted similarities [n_items]; NaN where no source that counts knows the item."""
        table = np.stack([self.sources[name] for name in self.weights])
        weights = np.asarray(list(self.weights.values()), dtype=np.float32)
        known = np.isfinite(table) & (weights[:, None] > 0)
        total = weights @ np.where(known, table, np.float32(0))
        return np.where(known.any(axis=0), total, np.float32(np.nan)).astype(np.float32)

    def reasons(self, items: IntVector) -> Iterator[tuple[Reason, ...]]:
        """Yield the parts of the scores of `items`; they add up to them."""
        for other in items.tolist():
            parts: list[Reason] = []
            for name, weight in self.weights.items():
                value = float(self.sources[name][other])
                if weight <= 0 or not np.isfinite(value):
                    continue
                if name == BEHAVIOUR:
                    parts.append(Reason(name, SourceKind.BEHAVIOUR, weight * value, self.item_id))
                else:
                    parts.extend(self._content_reasons(name, other, weight))
            yield tuple(parts)

    def _content_reasons(self, by: str, other: int, weight: float) -> Iterator[Reason]:
        names = blocks_of(self.item_features, self.index, by)
        shared = [block for name in names if (block := self.item_features.blocks[name]).present[other]]
        for block in shared:
            share = weight / len(shared)
            cosine = float(block.values[self.index] @ block.values[other])
            kind, parts = SourceKind.of_modality(block.modality), _parts(block, self.index, other, share)
            yield Reason(block.name, kind, cosine * share, self.item_id, parts, block.column)


def similar_by(
    item_features: ItemFeatures, data: TrainingData, item: tuple[int, Id], by: str
) -> SimilarItems:
    """Return the similarities to `item`, an index and an id, by one modality, block or `behaviour`.

    Raises
    ------
    ConfigError
        If there is no such modality or block; the message names those there are.
    DataError
        If the item itself lacks it.
    """
    index, item_id = item
    where = f"item {item_id}"
    if by == BEHAVIOUR:
        values = behaviour_similarity(data, index)
        if values is None:
            raise DataError(
                "nobody has used it", where=where, remedy="Choose another item, or leave `by` out"
            )
        values = _of_all(values, item_features)
    else:
        known_of(item_features, index, by, where)
        values = content_similarity_to(item_features, index, by)
    return SimilarItems(index, item_id, item_features, {by: values}, {by: 1.0})


def similar_by_all(
    item_features: ItemFeatures, data: TrainingData, item: tuple[int, Id], learnt: Mapping[str, float]
) -> SimilarItems | None:
    """Return the similarities to `item` by all that is known of it, weighted as `learnt`; None if nothing.

    `OutOfTimeError` if a deadline is past before all was compared.
    """
    index, item_id = item
    sources: dict[str, FloatVector] = {}
    require_time()
    behaviour = behaviour_similarity(data, index)
    if behaviour is not None:
        sources[BEHAVIOUR] = _of_all(behaviour, item_features)
    for modality in item_features.modalities():
        require_time()
        if blocks_of(item_features, index, modality):
            sources[modality] = content_similarity_to(item_features, index, modality)
    if not sources:
        return None
    weights = {name: learnt.get(name, 0.0) for name in sources}
    if not sum(weights.values()):
        weights = usual_weights(sources)
    total = sum(weights.values())
    return SimilarItems(
        index, item_id, item_features, sources, {name: weight / total for name, weight in weights.items()}
    )


def quickest_source(item_features: ItemFeatures, index: int) -> str | None:
    """Return the modality of item `index` that is compared in least time; None if it has none."""
    blocks = item_features.blocks
    sizes = {
        modality: sum(blocks[name].dimension for name in names)
        for modality, names in item_features.modalities().items()
        if blocks_of(item_features, index, modality)
    }
    return min(sizes, key=lambda modality: sizes[modality], default=None)


def _of_all(behaviour: FloatVector, item_features: ItemFeatures) -> FloatVector:
    """Return similarities by behaviour of all items, also of those that came after the events."""
    n_items = max((len(block) for block in item_features.blocks.values()), default=len(behaviour))
    missing = np.full(n_items - len(behaviour), np.nan, dtype=np.float32)
    return np.concatenate([behaviour, missing]) if len(missing) else behaviour


def usual_weights(sources: Mapping[str, object]) -> dict[str, float]:
    """Return the weights of `sources` where none were learnt."""
    content = [name for name in sources if name != BEHAVIOUR]
    each = (1 - _OF_BEHAVIOUR) / max(len(content), 1)
    return {name: _OF_BEHAVIOUR if name == BEHAVIOUR else each for name in sources}


class _ItemMoments(NamedTuple):
    """What is the same for every item that is asked about."""

    user_weights: NDArray[np.float64]
    """w^2 of the formula above [n_users]."""
    sums: NDArray[np.float64]
    """Of each item's y [n_items]."""
    variances: NDArray[np.float64]
    """c_ii [n_items]; zero where nobody, or everybody alike, chose the item."""


def behaviour_similarity(data: TrainingData, index: int) -> FloatVector | None:
    """Return how much the same users chose each item [n_items]; NaN: unknown; None: it is of `index`."""
    events = data.interactions
    if index >= data.n_items:
        return None
    moments = data.memo.of("moments of items", lambda: _item_moments(events))
    if not moments.variances[index]:
        return None
    places = np.flatnonzero(events.indices == index)
    users = np.searchsorted(events.indptr, places, side="right") - 1
    theirs = events[users]
    own = events.data[places] * moments.user_weights[users]
    values = theirs.data * np.repeat(own, np.diff(theirs.indptr))
    together = np.bincount(theirs.indices, weights=values, minlength=data.n_items)
    together -= moments.sums * moments.sums[index] / max(data.n_users, 1)
    spread = np.sqrt(moments.variances * moments.variances[index])
    similar = together / (spread + SHRINKAGE * moments.user_weights.mean())
    return np.where(moments.variances > 0, similar, np.nan).astype(np.float32)


def _item_moments(events: SparseMatrix) -> _ItemMoments:
    n_users, n_items = events.shape
    weights = 1 / np.maximum(row_counts(events), 1)
    of_entries = np.repeat(weights, np.diff(events.indptr))
    once, twice = events.data * np.sqrt(of_entries), np.square(events.data) * of_entries
    sums = np.bincount(events.indices, weights=once, minlength=n_items).astype(np.float64)
    squares = np.bincount(events.indices, weights=twice, minlength=n_items)
    variances = squares - np.square(sums) / max(n_users, 1)
    return _ItemMoments(weights, sums, np.where(variances > _ROUNDING * squares, variances, 0.0))


def content_similarity_to(item_features: ItemFeatures, index: int, by: str) -> FloatVector:
    """Return each item's mean cosine with item `index` [n_items] over the blocks of `by`; NaN: unknown."""
    table: list[FloatVector] = []
    for name in blocks_of(item_features, index, by):
        block = item_features.blocks[name]
        cosines = block.values @ block.values[index]
        table.append(np.where(block.present, cosines, np.float32(np.nan)).astype(np.float32))
    if len(table) == 1:
        return table[0]
    rows = np.stack(table)
    known = np.isfinite(rows)
    total, count = np.where(known, rows, 0).sum(axis=0), known.sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan).astype(np.float32)


def blocks_of(item_features: ItemFeatures, index: int, by: str) -> list[str]:
    """Return the blocks that `by`, a modality or a block, names and that item `index` has."""
    names = (by,) if by in item_features.blocks else item_features.modalities().get(by, ())
    return [name for name in names if item_features.blocks[name].present[index]]


def known_of(item_features: ItemFeatures, index: int, by: str, where: str) -> list[str]:
    """Return the blocks that `by` names and that item `index` has; errors as for `similar_by`."""
    modalities = item_features.modalities()
    if by not in item_features.blocks and by not in modalities:
        names = [*modalities, *(name for name in item_features.blocks if BlockName(name).column), BEHAVIOUR]
        remedy = f"Choose one of: {', '.join(names)}"
        raise ConfigError(f"nothing is known by {by!r}", where="by", remedy=remedy)
    usable = blocks_of(item_features, index, by)
    if not usable:
        raise DataError(f"it has no {by}", where=where, remedy="Choose another item, or leave `by` out")
    return usable


def modality_of(item_features: ItemFeatures, by: str) -> Role | None:
    """Return the medium that `by`, a modality or a block, compares; None for attributes and behaviour."""
    modality = BlockName(by).modality if by in item_features.blocks else by
    media = (Role.TEXT, Role.IMAGE, Role.AUDIO, Role.VIDEO)
    return next((role for role in media if role.value == modality), None)


def _parts(block: FeatureBlock, index: int, other: int, share: float) -> tuple[Part, ...]:
    """Return what each named part adds to the cosine of two items; nothing for an undivided block."""
    if len(block.parts) < 2:
        return ()
    divided = cosine_by_part(block.values[[index]], block.values[[other]], block.parts)
    return tuple(Part(name, float(values[0, 0]) * share) for name, values in divided.items())
