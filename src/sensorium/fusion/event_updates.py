"""What of a fusion takes new events in at once, and what has to wait for the next fit."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from sensorium.fusion.item_ages import item_ages
from sensorium.fusion.late_fusion import LateFusion
from sensorium.models.base import Recommender, TrainingData


class RefreshedFusion(NamedTuple):
    """A fusion after new events."""

    fusion: LateFusion
    counted: tuple[str, ...]
    """Sources that know the new events: those that count, which takes one pass."""
    waiting: tuple[str, ...]
    """Sources that learn from events and know only those that they were fitted on."""


def refresh_counts(fusion: LateFusion, data: TrainingData) -> RefreshedFusion:
    """Return the fusion with its counts taken from `data`, which holds all events, old and new.

    What counts is then what a fit on `data` would give, exactly. All other members are shared.
    """
    members: dict[str, Recommender[Any]] = {}
    counted: list[str] = []
    waiting: list[str] = []
    for name, member in fusion.members.items():
        members[name] = member
        if member.traits.counts_events:
            members[name] = type(member)(member.config).fit(data)
            counted.append(name)
        elif member.traits.learns_from_events:
            waiting.append(name)
    used = _used(fusion)
    later = LateFusion.fitted(fusion.config, members, data.n_events, item_ages(data)).taking_over(fusion)
    return RefreshedFusion(
        later, tuple(name for name in counted if used[name]), tuple(name for name in waiting if used[name])
    )


def _used(fusion: LateFusion) -> Mapping[str, bool]:
    """Return whether each source has a say."""
    config = fusion.config
    return {
        member.name: member.is_heard(fusion.kind(member.name)) or member.name == config.fallback
        for member in config.members
    }
