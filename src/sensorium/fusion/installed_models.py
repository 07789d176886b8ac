"""The installed models in words: what each reads, can do and costs `auto`."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sensorium.core.source_kind import SourceKind
from sensorium.fusion.late_fusion import LateFusion
from sensorium.fusion.rank_fusion import RankFusion
from sensorium.fusion.source_origins import model_origin
from sensorium.models.base import Recommender, Traits
from sensorium.models.registry import is_installed, model_types, package_of

OWN_PACKAGE = "sensorium"


@dataclass(frozen=True)
class InstalledModel:
    """One model in words, all of them from what it declares."""

    name: str
    summary: str
    """The first line of its documentation."""
    kind: str
    """What reasons call it: `behaviour`, `content` or `popularity`; two where its blocks stand apart."""
    reads: tuple[str, ...]
    """What it learns from."""
    traits: tuple[str, ...]
    """What it can do, and what it cannot."""
    auto: bool
    """Whether `auto` takes it where the data suits it."""
    why_not: str
    """Why not; empty if it does."""
    package: str
    """The package that brings it."""

    def to_json(self) -> dict[str, Any]:
        """Return the model as JSON."""
        return asdict(self)


class InstalledModels(tuple[InstalledModel, ...]):
    """Every model that is built in or that an installed package brings, by name."""

    __slots__ = ()

    def to_json(self) -> dict[str, Any]:
        """Return what `sensorium models --json` prints."""
        return {"models": [model.to_json() for model in self]}


def installed_models() -> InstalledModels:
    """Return every model that is built in or that an installed package brings, by name."""
    known = {name: model for name, model in model_types().items() if is_installed(model)}
    models = {**known, LateFusion.name: LateFusion, RankFusion.name: RankFusion}
    return InstalledModels(installed_model(models[name]) for name in sorted(models))


def installed_model(model: type[Recommender[Any]]) -> InstalledModel:
    """Return `model` in words."""
    why_not = model.auto.left_out
    if model.traits.needs_ratings:
        why_not = "it predicts ratings rather than ranks"
    return InstalledModel(
        name=model.name,
        summary=(model.__doc__ or "").partition("\n")[0],
        kind=_kind(model),
        reads=_reads(model.traits),
        traits=_traits(model.traits),
        auto=not why_not,
        why_not=why_not,
        package=package_of(model) or OWN_PACKAGE,
    )


def _kind(model: type[Recommender[Any]]) -> str:
    """Return what reasons call the model under its defaults; content stands for every modality."""
    if model.separable_blocks is not Recommender.separable_blocks:
        return f"{SourceKind.BEHAVIOUR} and {SourceKind.CONTENT}"
    block = {"block": "content:any"} if model.traits.block else {}
    return str(model_origin(model(model.config_type.parse(block, where=model.name))).kind)


def _reads(traits: Traits) -> tuple[str, ...]:
    if traits.fuses:
        return ("what its members read",)
    events = "events with times" if traits.needs_time else "events"
    found = {
        events: traits.learns_from_events and not traits.needs_ratings,
        _ABOUT.get(traits.about, traits.about): bool(traits.about),
        "ratings": traits.needs_ratings,
        "one feature block": traits.block,
        "feature blocks": traits.blocks,
    }
    return tuple(name for name, holds in found.items() if holds)


_ABOUT: Mapping[str, str] = {
    "attributes": "the attributes of users",
    "follows": "whom users follow",
    "searches": "what users searched for",
    "circumstances": "circumstances",
}
"""What a model reads about users, in words."""


def _traits(traits: Traits) -> tuple[str, ...]:
    found = {
        "scores new users": traits.cold_users,
        "scores users without a history": not traits.needs_history,
        "scores new items": traits.cold_items,
        "splits over the history": traits.additive,
        "weighs blocks": traits.weighs_blocks,
        "takes events in at once": traits.counts_events,
        "recommends what users have met": traits.needs_repeats,
        "holds a matrix of items by items": traits.dense_items,
    }
    return tuple(name for name, holds in found.items() if holds)
