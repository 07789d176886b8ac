"""A fusion without some of its sources: the other weights are renormalised, nothing is learnt anew."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

import numpy as np

from sensorium.fusion.late_fusion import LateFusion
from sensorium.fusion.late_fusion_config import LateFusionConfig, Member
from sensorium.fusion.score_parts import block_source
from sensorium.fusion.validation_scores import Weights
from sensorium.models.base import Recommender


def drop_sources(fusion: LateFusion, names: Collection[str]) -> LateFusion:
    """Return the fitted `fusion` in which the sources `names` have no weight; it shares what is fitted.

    The others share the weight that they had, so that scores stay on the same scale. A member that
    tells blocks apart loses only those that are named, unless it is named itself. A fallback among them
    still orders what nothing else can score. A second level, which has learnt from all sources together, is
    left out.
    """
    silent = {
        "weight": 0.0,
        "cold_weight": 0.0,
        "weights_by_history": (),
        "weight_without_history": None,
        "factors_by_age": (),
    }
    left = [
        member.model_copy(update=silent) if member.name in names else member
        for member in fusion.config.members
    ]
    members = tuple(_renormalised(left, fusion.config))
    config = fusion.config.model_copy(update={"members": members, "second_level": None})
    fewer = {name: _reading_less(name, model, names) for name, model in fusion.members.items()}
    return LateFusion.fitted(config, fewer, fusion.n_events, fusion.ages)


def _renormalised(left: Sequence[Member], before: LateFusionConfig) -> Iterator[Member]:
    """Yield the members `left` with weights that add up, at every length of a history, to those `before`."""
    n_lengths = len(before.history_lengths)
    whole, rest = (_table(members, n_lengths) for members in (before.members, left))
    total, kept = whole.sum(axis=0), rest.sum(axis=0)
    rest *= np.divide(total, kept, out=np.ones_like(total), where=kept > 0)
    alone = any(member.weight_without_history is not None for member in left)
    for member, (weight, without_history, *by_length) in zip(left, rest.tolist(), strict=True):
        changed = {"weight": weight, "weights_by_history": tuple(by_length)}
        yield member.model_copy(
            update=changed | {"weight_without_history": without_history if alone else None}
        )


def _table(members: Sequence[Member], n_lengths: int) -> Weights:
    """Return weights for all, without a history and at each length of one [n_members, 2 + n_lengths]."""
    rows = [
        (
            m.weight,
            m.weight if m.weight_without_history is None else m.weight_without_history,
            *(m.weights_by_history or (m.weight,) * n_lengths),
        )
        for m in members
    ]
    return np.asarray(rows, dtype=np.float64)


def _reading_less(name: str, model: Recommender[Any], names: Collection[str]) -> Recommender[Any]:
    left_out = [block for block in model.separable_blocks() if block_source(name, block) in names]
    return model.forget_blocks(left_out) if left_out else model
