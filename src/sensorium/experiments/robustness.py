"""The robustness report: a share of each modality is removed at random, and the model judged again."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from sensorium.catalog.events import Events
from sensorium.core.errors import DataError
from sensorium.core.progress import SILENT, Progress
from sensorium.evaluation.result import paired_difference
from sensorium.experiments.evaluate import Evaluation
from sensorium.experiments.evaluation_options import EvaluationOptions
from sensorium.experiments.model_comparison import ModelComparison, cache_scores, with_members
from sensorium.features.block import FeatureBlock
from sensorium.fusion.fused_scorer import FusedScorer
from sensorium.fusion.late_fusion import LateFusion
from sensorium.insight.robustness import Removal, Robustness
from sensorium.models.base import FitOptions, Scorer, TrainingData
from sensorium.models.shared.imputation import imputed
from sensorium.training.training_data import training_data

SHARES = (0.1, 0.3, 0.5, 0.7, 0.9)
"""Of the items that have a modality, how many lose it."""
WHOLE = "nothing removed"


def measure_robustness(
    evaluation: Evaluation,
    blocks: Mapping[str, FeatureBlock],
    options: EvaluationOptions,
    *,
    shares: Sequence[float] = SHARES,
    progress: Progress = SILENT,
) -> Robustness:
    """Return how the judged model does when shares of each modality are removed at random.

    Features go missing before the fit, so they are missing from histories and from what is ranked alike;
    sources that read them are fitted again, with the settings and weights that were tuned while all was
    there. Each larger share holds the smaller ones. Both treatments are measured: weights renormalised over
    what is left, and imputation from training behaviour.

    Raises
    ------
    DataError
        If the model reads no features.
    """
    fusion = evaluation.fitted.fusion
    data = _training(evaluation, blocks, options)
    modalities = _modalities(fusion, blocks)
    if not modalities:
        raise DataError(
            "the model reads no features", where="robustness", remedy="Evaluate auto, or a model of content"
        )
    comparison = ModelComparison.of(evaluation.split, data, options, progress=progress)
    members = cache_scores(fusion.members)
    whole = comparison.results({WHOLE: with_members(fusion, members)})[WHOLE]
    metric, removals = evaluation.metric, list[Removal]()
    for modality in modalities:
        removed = {share: _without(data, modality, share, options.seed) for share in shares}
        treated = {
            (share, fill): imputed(less) if fill else less
            for share, less in removed.items()
            for fill in (False, True)
        }
        fusions = {
            f"{modality} {share:.0%} removed{', imputed' * fill}": _refitted(
                fusion, members, less, modality, options.seed
            )
            for (share, fill), less in treated.items()
        }
        results = comparison.results(fusions, stage_name=f"without {modality}")
        for (share, fill), result in zip(treated, results.values(), strict=True):
            lost = paired_difference(whole, result, metric, seed=options.seed)
            removals.append(Removal(modality, share, fill, result.intervals[metric], lost))
    return Robustness(metric, whole.intervals[metric], tuple(removals))


def _training(
    evaluation: Evaluation, blocks: Mapping[str, FeatureBlock], options: EvaluationOptions
) -> TrainingData:
    """Return what the model was fitted on, with features as they are in the data."""
    split = evaluation.split
    events = Events.concat(split.train, split.validation) if options.refit else split.train
    return training_data(events, blocks)


def _modalities(fusion: LateFusion, blocks: Mapping[str, FeatureBlock]) -> list[str]:
    """Return the modalities of the blocks that any member reads, in the order of the blocks."""
    read = [name for name in blocks if any(model.reads(name) for model in fusion.members.values())]
    return list(dict.fromkeys(blocks[name].modality for name in read))


def _without(data: TrainingData, modality: str, share: float, seed: int) -> TrainingData:
    """Return `data` with the blocks of `modality` absent for a random `share` of the items that have any."""
    own = [block for block in data.blocks.values() if block.modality == modality]
    having = np.flatnonzero(np.any([block.present for block in own], axis=0))
    order = np.random.default_rng(seed).permutation(having)
    gone = order[: round(share * len(order))]
    return replace(
        data, blocks={n: _less(b, gone) if b.modality == modality else b for n, b in data.blocks.items()}
    )


def _less(block: FeatureBlock, gone: "np.ndarray[Any, Any]") -> FeatureBlock:
    values, present = np.array(block.values, dtype=np.float32), block.present.copy()
    values[gone], present[gone] = 0.0, False
    return replace(block, values=values, present=present)


def _refitted(
    fusion: LateFusion,
    members: Mapping[str, Scorer],
    less: TrainingData,
    modality: str,
    seed: int,
) -> FusedScorer:
    """Return `fusion` with the members that read blocks of `modality` fitted on `less`."""
    changed = [name for name, block in less.blocks.items() if block.modality == modality]
    again = {
        name: type(member)(member.config).fit(less, FitOptions(seed=seed))
        for name, member in fusion.members.items()
        if any(member.reads(block) for block in changed)
    }
    return with_members(fusion, {**members, **dict[str, Scorer](again)})
