"""Weights of all sources, in which what is known of who asks has a part only if that clearly helps."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from sensorium.fusion.validation_scores import ValidationScores
from sensorium.fusion.weights import CLEARLY, LearntWeights, lead, learn_weights


def learn_earned_weights(
    data: ValidationScores, *, seed: int = 0, method: str | None = None
) -> LearntWeights:
    """Return what `learn_weights` finds, without the sources of the kind `profile` unless these clearly help.

    That is, unless the weights found with them are ahead of those found without by more than `CLEARLY`
    standard errors. A weight of zero is no small one: such a source is then not served.
    """
    rest = [name for name, kind in zip(data.names, data.kinds, strict=True) if kind != "profile"]
    whole = learn_weights(data, seed=seed, method=method)
    if not rest or len(rest) == len(data.names):
        return whole
    plain = _padded(learn_weights(data.only(rest), seed=seed, method=method), rest, data.names)
    reached = [
        data.ndcg(data.fused(np.asarray([found.weights[name] for name in data.names])))
        for found in (whole, plain)
    ]
    return whole if lead(*reached) > CLEARLY else plain


def _padded(learnt: LearntWeights, known: Sequence[str], names: Sequence[str]) -> LearntWeights:
    """Return the weights of the sources `known` as those of all `names`, the others' being zero."""
    on_folds = tuple(
        tuple(dict(zip(known, found, strict=True)).get(name, 0.0) for name in names)
        for found in learnt.on_folds
    )
    return replace(learnt, weights={name: learnt.weights.get(name, 0.0) for name in names}, on_folds=on_folds)
