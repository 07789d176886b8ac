"""A fusion without some of its sources: the other weights are renormalised, nothing is learnt anew."""

from collections.abc import Collection

from sensorium.fusion.late import LateFusion


def without(fusion: LateFusion, names: Collection[str]) -> LateFusion:
    """Return the fitted `fusion` in which the sources `names` have no weight; it shares the fitted members.

    A fallback among them still orders what nothing else can score.
    """
    members = tuple(
        member.model_copy(update={"weight": 0.0, "cold_weight": 0.0}) if member.name in names else member
        for member in fusion.config.members
    )
    fewer = LateFusion(fusion.config.model_copy(update={"members": members}))
    fewer.members = fusion.members
    return fewer
