"""How much behaviour and each modality count in what is similar: learnt from which item users choose next.

Of users with held-back events, the last item of the history is the one asked about, and a held-back item is
to be told from items drawn at random. With s_mj the similarity of item j by source m and weights w_m >= 0:

    maximise  sum over questions of log( exp(sum_m w_m s_m,next) / sum_j exp(sum_m w_m s_mj) )

so that the weights are those of a conditional logit (McFadden 1974).
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from sensorium.core.arrays import IntVector
from sensorium.evaluation.splits import TuningView
from sensorium.features.block import FeatureBlock
from sensorium.models.base import TrainingData, ValidationData
from sensorium.serving.item_features import ItemFeatures
from sensorium.serving.similar_items import BEHAVIOUR, behaviour_similarity, blocks_of, content_similarity_to
from sensorium.training.training_data import training_data, validation_data

MOST_QUESTIONS = 500
"""Questions to learn from."""
FEWEST_QUESTIONS = 20
"""With fewer, nothing is learnt."""
N_OTHERS = 200
"""Items drawn at random beside the one that was chosen."""
_LARGEST_WEIGHT = 100.0


def similarity_weights(
    tuning: TuningView | None, blocks: Mapping[str, FeatureBlock], *, seed: int = 0
) -> dict[str, float]:
    """Return source -> weight, which add up to one; empty where there is too little to learn from."""
    if tuning is None:
        return {}
    data = training_data(tuning.train, blocks)
    pairs = _questions(validation_data(data, tuning), seed)
    features = ItemFeatures(blocks, {}, {})
    names = [BEHAVIOUR, *features.modalities()]
    if len(pairs) < FEWEST_QUESTIONS:
        return {}
    if len(names) == 1:
        return {BEHAVIOUR: 1.0}
    learnt = _conditional_logit(_similarities(features, data, pairs, names, seed))
    total = float(learnt.sum())
    if total <= 0:
        return {}
    return {name: round(float(weight) / total, 4) for name, weight in zip(names, learnt, strict=True)}


def _questions(validation: ValidationData, seed: int) -> list[tuple[int, int]]:
    """Return pairs of the last item of a history and one chosen after it, of different users."""
    rng = np.random.default_rng(seed)
    history, times = validation.queries.history, validation.queries.times
    pairs: list[tuple[int, int]] = []
    for row in rng.permutation(len(validation.queries)).tolist():
        liked = history[[row]]
        kept = liked.data > 0
        chosen = validation.relevant[[row]].indices
        if not kept.any() or not len(chosen):
            continue
        known = liked.indices[kept]
        last = int(rng.integers(len(known))) if times is None else int(times[[row]].data[kept].argmax())
        pairs.append((int(known[last]), int(rng.choice(chosen))))
        if len(pairs) == MOST_QUESTIONS:
            break
    return pairs


def _similarities(
    features: ItemFeatures, data: TrainingData, pairs: list[tuple[int, int]], names: list[str], seed: int
) -> NDArray[np.float64]:
    """Return [n_pairs, 1 + N_OTHERS, n_sources]: how similar the chosen item is, then others; 0: unknown."""
    rng = np.random.default_rng(seed)
    table = np.zeros((len(pairs), 1 + N_OTHERS, len(names)))
    for row, (asked, chosen) in enumerate(pairs):
        others: IntVector = np.concatenate([[chosen], rng.integers(0, data.n_items, N_OTHERS)])
        for column, name in enumerate(names):
            if name == BEHAVIOUR:
                values = behaviour_similarity(data, asked)
            else:
                has = blocks_of(features, asked, name)
                values = content_similarity_to(features, asked, name) if has else None
            if values is not None:
                table[row, :, column] = np.nan_to_num(values[others])
    return table


def _conditional_logit(table: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the weights [n_sources] >= 0 under which the first of each row is the likeliest."""
    from scipy.optimize import minimize

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        logits = table @ weights
        logits -= logits.max(axis=1, keepdims=True)
        shares = np.exp(logits)
        shares /= shares.sum(axis=1, keepdims=True)
        missed = -np.log(shares[:, 0]).mean()
        slope = (np.einsum("qj,qjm->qm", shares, table) - table[:, 0]).mean(axis=0)
        return float(missed), slope

    start = np.ones(table.shape[2])
    limits = [(0.0, _LARGEST_WEIGHT)] * table.shape[2]
    return minimize(loss, start, jac=True, bounds=limits, method="L-BFGS-B").x
