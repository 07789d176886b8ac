"""Several fusions fitted again on more data: what they have in common is fitted once."""

from collections.abc import Mapping
from typing import Any

from sensorium.core.hashing import canonical_json
from sensorium.fusion.item_ages import item_ages
from sensorium.fusion.late_fusion import LateFusion
from sensorium.fusion.late_fusion_config import Member, unfitted_members
from sensorium.models.base import FitOptions, Recommender, TrainingData


def refitted_fusions(
    fusions: Mapping[str, LateFusion],
    train: TrainingData,
    without: Mapping[str, str],
    options: FitOptions,
) -> dict[str, LateFusion]:
    """Return the fusions with the same members, settings and weights, learnt from `train`.

    `without` maps those that lack a block or a modality to which. Members of the same settings that read
    nothing that is lacking are one and the same model in all fusions.
    """
    lacking = {name: train.without_blocks([left_out]) for name, left_out in without.items()}
    fitted: dict[str, Recommender[Any]] = {}
    found: dict[str, LateFusion] = {}
    n_members = sum(len(fusion.config.members) for fusion in fusions.values())
    with options.progress.stage("fit", n_members, unit="models") as stage:
        for name, fusion in fusions.items():
            data, described = lacking.get(name, train), fusion.config.members
            members: dict[str, Recommender[Any]] = {}
            for member, (own, model) in zip(described, unfitted_members(described), strict=True):
                key = _key(member, [block for block in data.blocks if model.reads(block)])
                if key not in fitted:
                    fitted[key] = model.fit(data, options)
                members[own] = fitted[key]
                stage.advance(note=own)
            found[name] = LateFusion.fitted(fusion.config, members, data.n_events, item_ages(data))
    return found


def _key(member: Member, blocks: list[str]) -> str:
    """Return what a fit depends on: the model, its settings and the blocks that it reads."""
    return canonical_json([member.package, member.model, dict(member.settings), blocks])
