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
from sensorium.experiments.model_comparison import ModelComparison, with_members
from sensorium.features.block import FeatureBlock
from sensorium.fusion.fused_scorer import FusedScorer
from sensorium.fusion.late_fusion import LateFusion
from sensorium.fusion.shared_scorer import shared_scorers
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
    what is left, and imputation from training behaviour; each beside the same treatment of all there is.

    Raises
    ------
    DataError
        If the model reads no features.
    """
    fusion = evaluation.fitted.fusion
    data = _training(evaluation, blocks, options)
    modalities = _modalities(fusion, data.blocks)
    if not modalities:
        raise DataError(
            "the model reads no features", where="robustness", remedy="Evaluate auto, or a model of content"
        )
    comparison = ModelComparison.of(evaluation.split, data, options, progress=progress)
    members = _treated_members(fusion, data, options)
    judged = comparison.results(
        {_named(WHOLE, fill): with_members(fusion, own) for fill, own in members.items()}
    )
    wholes = dict(zip(members, judged.values(), strict=True))
    metric, removals = evaluation.metric, list[Removal]()
    for modality in modalities:
        removed = {share: _without(data, modality, share, options.seed) for share in shares}
        treated = {
            (share, fill): imputed(less) if fill else less
            for share, less in removed.items()
            for fill in (False, True)
        }
        fusions = {
            _named(f"{modality} {share:.0%} removed", fill): _refitted(
                fusion, members[fill], less, _of_modality(less, modality), options.seed
            )
            for (share, fill), less in treated.items()
        }
        results = comparison.results(fusions, stage_name=f"without {modality}")
        for (share, fill), result in zip(treated, results.values(), strict=True):
            lost = paired_difference(wholes[fill], result, metric, seed=options.seed)
            removals.append(Removal(modality, share, fill, result.intervals[metric], lost))
    plain, filled = (wholes[fill].intervals[metric] for fill in (False, True))
    return Robustness(metric, plain, tuple(removals), filled)


def _named(what: str, fill: bool) -> str:
    return f"{what}, imputed" if fill else what


def _treated_members(
    fusion: LateFusion, data: TrainingData, options: EvaluationOptions
) -> dict[bool, Mapping[str, Scorer]]:
    """Return the members learnt from all there is, without imputation and with it.

    One of the two is what was evaluated; for the other, what reads a block with gaps is fitted again.
    """
    own, filled = options.impute == "neighbours", imputed(data)
    other = data if own else filled
    gaps = [name for name, block in data.blocks.items() if filled.blocks[name] is not block]
    evaluated = shared_scorers(fusion.members)
    again = _fitted_again(fusion, other, gaps, options.seed)
    return {own: evaluated, (not own): {**evaluated, **shared_scorers(again)}}


def _of_modality(data: TrainingData, modality: str) -> list[str]:
    return [name for name, block in data.blocks.items() if block.modality == modality]


def _training(
    evaluation: Evaluation, blocks: Mapping[str, FeatureBlock], options: EvaluationOptions
) -> TrainingData:
    """Return what the model was fitted on, with features as they are in the data."""
    split = evaluation.split
    events = Events.concat(split.train, split.validation) if options.refit else split.train
    return training_data(events, blocks, options.seen)


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
    changed: Sequence[str],
    seed: int,
) -> FusedScorer:
    """Return `fusion` of `members`, those that read blocks in `changed` fitted on `less`."""
    return with_members(fusion, {**members, **_fitted_again(fusion, less, changed, seed)})


def _fitted_again(
    fusion: LateFusion, data: TrainingData, changed: Sequence[str], seed: int
) -> dict[str, Scorer]:
    """Return the members of `fusion` that read blocks in `changed`, fitted on `data`."""
    return {
        name: type(member)(member.config).fit(data, FitOptions(seed=seed))
        for name, member in fusion.members.items()
        if any(member.reads(block) for block in changed)
    }
